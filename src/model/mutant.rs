//! Deliberate mistakes. A property that is hard to test has one wrong version of the code beside
//! the right one, asked for by name; its test must fail when that version runs.
//!
//! In every build but the one with the feature `mutants` the answer is a constant `false` and the
//! wrong version is compiled out. It lives on the lowest floor so that each room may ask.

/// Whether the mistake of this name is switched on, by `CHANCERY_MUTANT` in the environment.
#[cfg(feature = "mutants")]
#[must_use]
pub fn active(name: &str) -> bool {
    static CHOSEN: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
    let chosen = CHOSEN.get_or_init(|| std::env::var("CHANCERY_MUTANT").ok());
    chosen.as_deref() == Some(name)
}

/// Whether the mistake of this name is switched on: never, in this build.
#[cfg(not(feature = "mutants"))]
#[must_use]
#[inline(always)]
pub const fn active(_name: &str) -> bool {
    false
}
