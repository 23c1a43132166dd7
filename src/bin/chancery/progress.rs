//! How far a long call has come, on stderr and only on a terminal: it is for the eye, and gone
//! when the answer comes.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How often the sign of life moves.
const TICK: Duration = Duration::from_millis(120);

/// A line that says how far something has come; it vanishes when dropped.
pub(crate) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// Of something whose length nobody knows.
    pub(crate) fn open(told: impl Into<String>) -> Self {
        Self::shown(
            ProgressBar::with_draw_target(None, target()),
            "{spinner} {msg} {elapsed}",
            told.into(),
        )
    }

    /// Of `total` pieces.
    pub(crate) fn pieces(total: usize, told: impl Into<String>) -> Self {
        let total = u64::try_from(total).unwrap_or(u64::MAX);
        Self::shown(
            ProgressBar::with_draw_target(Some(total), target()),
            "{msg} {wide_bar} {pos}/{len} {elapsed}",
            told.into(),
        )
    }

    /// Of about so many bytes.
    pub(crate) fn bytes(estimate: u64, told: impl Into<String>) -> Self {
        Self::shown(
            ProgressBar::with_draw_target(Some(estimate), target()),
            "{msg} {wide_bar} {bytes} {bytes_per_sec} {elapsed}",
            told.into(),
        )
    }

    /// So much is there now.
    pub(crate) fn came_to(&self, position: u64) {
        self.bar.set_position(position);
    }

    fn shown(bar: ProgressBar, template: &str, told: String) -> Self {
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(told);
        bar.enable_steady_tick(TICK);
        Self { bar }
    }

    /// One piece more.
    pub(crate) fn step(&self) {
        self.bar.inc(1);
    }

    /// What it has come to.
    pub(crate) fn tell(&self, told: impl Into<String>) {
        self.bar.set_message(told.into());
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// indicatif draws nothing where stderr is no terminal; a dumb one is none.
fn target() -> ProgressDrawTarget {
    if std::env::var_os("TERM").is_some_and(|term| term == "dumb") {
        return ProgressDrawTarget::hidden();
    }
    ProgressDrawTarget::stderr()
}
