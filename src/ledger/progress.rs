//! How far the opening of a ledger is: a store that is rebuilt from a long journal takes a while,
//! and whoever waits wants to know for how long. The one who opens writes, others read, and may
//! call it off.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{PoisonError, RwLock};

use tracing::info;

use crate::error::Error;

/// Records between two looks at whether a tenth is done.
const RECORDS_PER_LOOK: i64 = 64;

/// How far the opening of a ledger is.
#[derive(Debug, Default)]
pub struct Progress {
    doing: RwLock<&'static str>,
    done: AtomicI64,
    of: AtomicI64,
    stop: AtomicBool,
}

impl Progress {
    /// A sentence, such as "applying record 200 of 1000 to the store".
    pub fn told(&self) -> String {
        let (done, of) = (
            self.done.load(Ordering::Relaxed),
            self.of.load(Ordering::Relaxed),
        );
        if of > 0 {
            return format!("applying record {done} of {of} to the store");
        }
        let doing = *self.doing.read().unwrap_or_else(PoisonError::into_inner);
        if doing.is_empty() { "starting" } else { doing }.to_owned()
    }

    /// Calls the opening off; it ends soon.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    pub(super) fn doing(&self, what: &'static str) {
        *self.doing.write().unwrap_or_else(PoisonError::into_inner) = what;
    }

    /// One more record; says so in the log at every tenth of a long way.
    pub(super) fn replaying(&self, done: i64, of: i64) -> Result<(), Error> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(Error::Unavailable {
                reason: "STOPPING",
                description: "the server is stopping".to_owned(),
            });
        }
        self.done.store(done, Ordering::Relaxed);
        self.of.store(of, Ordering::Relaxed);
        let tenth = (of / 10).max(RECORDS_PER_LOOK);
        if done % tenth == 0 {
            info!(
                records = done,
                of, "the store is being brought up to the journal"
            );
        }
        Ok(())
    }
}
