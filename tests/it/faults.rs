//! What kills, power cuts, failing disks, damage and forgery do to a ledger: nothing that was
//! acknowledged is ever lost, and nothing that is damaged is ever served.
//!
//! `program`  the writer that is killed and the judge that counts what it acknowledged
//! `kills`    kill -9, again and again          `power`    power cuts, by a recorder and a replayer
//! `sweep`    every named step fails            `refusals` one step fails, and what must not follow
//! `erasing`  purges and compactions that fail on the way
//! `damage`   files changed at random           `tamper`   records changed with care
//! `order`    linearizability, feed, waiting    `space`    a full disk, a read-only one
//! `serving`  the server without files to open, at a stop, while the store is rebuilt
//!
//! Each suite prints its figures. `cargo test` runs a short cut of each; the settings
//! `CHANCERY_TEST_...` named at their heads ask for the long runs.

mod damage;
#[cfg(feature = "failpoints")]
mod erasing;
mod kills;
mod order;
mod power;
pub(crate) mod program;
#[cfg(feature = "failpoints")]
mod refusals;
mod serving;
mod space;
#[cfg(feature = "failpoints")]
mod sweep;
mod tamper;

/// How often a suite goes round: what the setting says, or the short cut.
pub(crate) fn rounds(setting: &str, short: usize) -> usize {
    match std::env::var(setting) {
        Ok(text) => text.parse().expect("a number"),
        Err(_) => short,
    }
}

/// Numbers that look random and are the same in each run.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % bound.max(1)
    }
}
