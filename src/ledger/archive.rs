//! The continuous archive: every closed segment of the journal is copied into a directory, soon
//! after it is closed, and at start what is missing there.
//!
//! It never holds up a write, and nothing depends on it: what is in its way is said in `Status` and
//! in the log, and tried again. What is purged or compacted is replaced in the archive as well. The
//! newest segment is not in it; a backup that continues the archive has the rest. `restore` takes
//! the directory as it takes a backup, `verify` checks it.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tracing::{info, warn};

use super::journal::archive::Archiver;
use super::{Ledger, lock};
use crate::error::Error;

/// How far it is.
#[derive(Default)]
pub(super) struct Archiving {
    state: Mutex<Option<State>>,
}

/// Of a ledger that has an archive.
struct State {
    into: PathBuf,
    /// Segments copied of those that are closed.
    copied: usize,
    closed: usize,
    failure: Option<String>,
}

/// Ends the copying when it is dropped.
#[derive(Default)]
struct Stop(Arc<AtomicBool>);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Ledger {
    /// Copies what closes into a directory, for as long as this is waited for.
    pub async fn archive(&self, into: PathBuf) -> Result<(), Error> {
        let pause = Duration::from_secs(self.inner.limits.archive_retry_seconds);
        let stop = Stop::default();
        let mut archiver = self.archiver()?;
        loop {
            let (ledger, dir) = (self.clone(), into.clone());
            let stop = Arc::clone(&stop.0);
            let pass = move || {
                let done = ledger.pass(&mut archiver, &dir, &stop);
                (archiver, done)
            };
            let done = match tokio::task::spawn_blocking(pass).await {
                Ok((back, done)) => {
                    archiver = back;
                    done
                }
                Err(panicked) => {
                    archiver = self.archiver()?;
                    Err(self.lags(&into, panicked.to_string()))
                }
            };
            match done {
                Ok(()) => archiver.more().await,
                Err(failure) => {
                    warn!(%failure, "the archive lags behind; it is tried again");
                    let _whichever = tokio::time::timeout(pause, archiver.more()).await;
                }
            }
        }
    }

    /// Copies what is closed and not in the directory; blocks.
    pub fn archive_now(&self, into: &Path) -> Result<(), Error> {
        self.pass(&mut self.archiver()?, into, &AtomicBool::new(false))
    }

    fn archiver(&self) -> Result<Archiver, Error> {
        let eraser = self.inner.eraser.as_ref();
        let eraser = eraser.ok_or_else(|| Error::Internal("there are no segments".to_owned()))?;
        Ok(eraser.archiver())
    }

    fn pass(&self, archiver: &mut Archiver, into: &Path, stop: &AtomicBool) -> Result<(), Error> {
        let wanted = archiver.wanted(into);
        let closed = wanted.len();
        let (mut copied, mut failure) = (0, None);
        // One that cannot be read keeps none of the others out of the archive.
        for number in wanted {
            self.archived(into, (copied, closed), failure.clone());
            match archiver.copy(number, into, stop) {
                Ok(()) => copied += 1,
                Err(error) => failure = failure.or(Some(error.to_string())),
            }
        }
        self.archived(into, (copied, closed), failure.clone());
        if let Some(failure) = failure {
            return Err(Error::Internal(failure));
        }
        info!(segments = closed, "the archive has every closed segment");
        Ok(())
    }

    fn archived(&self, into: &Path, (copied, closed): (usize, usize), failure: Option<String>) {
        *lock(&self.inner.archiving.state) = Some(State {
            into: into.to_owned(),
            copied,
            closed,
            failure,
        });
    }

    /// Notes why a pass ended before its end.
    fn lags(&self, into: &Path, failure: String) -> Error {
        let done = lock(&self.inner.archiving.state)
            .as_ref()
            .map_or((0, 0), |state| (state.copied, state.closed));
        self.archived(into, done, Some(failure.clone()));
        Error::Internal(failure)
    }
}

impl Archiving {
    pub(super) fn doing(&self) -> Option<String> {
        let state = lock(&self.state);
        let State {
            into,
            copied,
            closed,
            ..
        } = state.as_ref()?;
        let into = into.display();
        Some(format!(
            "archive \"{into}\" has {copied} of {closed} closed segments"
        ))
    }

    pub(super) fn failure(&self) -> Option<String> {
        let state = lock(&self.state);
        let State { into, failure, .. } = state.as_ref()?;
        let (into, why) = (into.display(), failure.as_ref()?);
        Some(format!(
            "archive \"{into}\" lags behind: {why}; it is tried again"
        ))
    }
}
