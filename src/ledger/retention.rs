//! Less history, and what must be gone for good.
//!
//! ```text
//! mark the folder -> record the decision in the journal -> close the segment it stands in
//! -> write each segment that holds such bodies anew, with zeros -> unmark
//! ```
//! The decision is a record, which the chain covers and every backup carries; from then on nothing
//! that it ends can be read. What is left to erase follows from it, so whoever finds the mark takes
//! the last two steps again: the next start, the next of these calls. Envelopes stay: the chain
//! still verifies from the first record on, and an exported head of any age can still be checked.
//!
//! One at a time has the right to this, a [`Keeper`]. What he has begun goes on to its end also
//! when its caller has gone, and keeps the right until then.

use std::fs::{self, File};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex};

use tokio::sync::OwnedMutexGuard;
use tracing::warn;

use super::backup::{position, unreadable};
use super::change::{Change, Committed};
use super::journal::Journal;
use super::journal::erase::Eraser;
use super::store::Store;
use super::{Ledger, Revision, disk, lock};
use crate::error::Error;
use crate::wire::record;

/// Stands in a folder while there may be something left to erase.
const MARK: &str = "ERASING";

/// What a compaction left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compacted {
    /// The earliest revision that can be read.
    pub earliest: Revision,
    /// The chain hash of that revision.
    pub chain: [u8; 32],
    /// The digest of what can be read at that revision.
    pub digest: [u8; 32],
    /// Bytes that were erased.
    pub bytes_erased: u64,
}

/// The right to compact and to erase, and how far that is.
#[derive(Default)]
pub(super) struct Keeping {
    one: Arc<tokio::sync::Mutex<()>>,
    state: Mutex<State>,
}

#[derive(Default)]
enum State {
    #[default]
    Idle,
    /// Erasing from the segment of this place among so many.
    Erasing(usize, usize),
    /// Something is left to erase, and why.
    Left(String),
}

/// Compacts or purges, once.
pub struct Keeper {
    ledger: Ledger,
    _one: OwnedMutexGuard<()>,
}

impl Ledger {
    /// Refuses a revision that can no longer be read.
    pub fn readable(&self, revision: Revision) -> Result<(), Error> {
        self.inner.store.readable(revision)
    }

    /// The greatest revision whose effective time is not after `us`; 0 for none.
    pub fn revision_at(&self, us: i64) -> Revision {
        self.inner.store.revision_at(us)
    }

    /// A name with all that was ever in it, and the number of versions of each.
    pub fn names_under(&self, name: &str) -> Vec<(String, usize)> {
        self.inner.store.names_under(name).into_iter().collect()
    }

    /// Waits for what is being compacted or erased, then has the right to do so.
    pub async fn keeper(&self) -> Keeper {
        let one = Arc::clone(&self.inner.keeping.one).lock_owned().await;
        Keeper {
            ledger: self.clone(),
            _one: one,
        }
    }
}

impl Keeping {
    fn set(&self, state: State) {
        *lock(&self.state) = state;
    }

    /// How far it is, while it goes on.
    pub(super) fn doing(&self) -> Option<String> {
        match &*lock(&self.state) {
            State::Erasing(at, of) => Some(format!("erasing from segment {at} of {of}")),
            State::Idle | State::Left(_) => None,
        }
    }

    /// What to do about something that is left to erase.
    pub(super) fn left(&self) -> Option<String> {
        match &*lock(&self.state) {
            State::Left(why) => Some(format!(
                "something that was purged or compacted is not erased yet: {why}; compact again, \
                 or restart the server"
            )),
            State::Idle | State::Erasing(..) => None,
        }
    }
}

impl Keeper {
    /// Ends the reading of every revision before one, 0 for the newest, and erases what only they
    /// could read. `change` says who, why and when.
    pub async fn compact(self, to: Revision, change: Change) -> Result<Compacted, Error> {
        to_its_end(self.compacting(to, change)).await
    }

    /// Erases every version of what a change names, which it replaces by what it holds. Lets go of
    /// what is `held` once that is recorded.
    pub async fn purge(
        self,
        change: Change,
        held: impl Send + 'static,
    ) -> Result<Committed, Error> {
        let change = Change {
            purge: true,
            ..change
        };
        let (committed, _) = to_its_end(self.decided(change, held)).await?;
        Ok(committed)
    }

    /// Erases what an earlier attempt left, if there is anything; the bytes erased.
    pub async fn finish(self) -> Result<u64, Error> {
        if !self.marked() {
            return Ok(0);
        }
        to_its_end(blocking(move || self.erase(true))).await
    }

    async fn compacting(self, to: Revision, change: Change) -> Result<Compacted, Error> {
        let inner = Arc::clone(&self.ledger.inner);
        let head = *inner.head.borrow();
        if !(0..=head).contains(&to) {
            return Err(Error::OutOfRange {
                reason: "REVISION_IN_FUTURE",
                requested: format!("revision {to}"),
                available: format!("revisions 1 to {head} can be compacted"),
            });
        }
        let wanted = if to == 0 { head } else { to };
        let (before, ledger) = (inner.store.earliest(), self.ledger.clone());
        let earliest = wanted.max(before);
        let (chain, digest) = blocking(move || {
            let chain = position(ledger.inner.journal.as_ref(), earliest)?.chain;
            Ok((chain, ledger.digest(earliest)?))
        })
        .await?;
        let bytes_erased = if earliest > before {
            let compaction = record::Compaction {
                revision: earliest,
                chain: chain.to_vec().into(),
                digest: digest.to_vec().into(),
            };
            let change = Change {
                compaction: Some(compaction),
                ..change
            };
            self.decided(change, ()).await?.1
        } else {
            self.finish().await?
        };
        Ok(Compacted {
            earliest,
            chain,
            digest,
            bytes_erased,
        })
    }

    /// Records a decision and erases what follows from it; the bytes erased.
    async fn decided(self, change: Change, held: impl Send) -> Result<(Committed, u64), Error> {
        let left = self.marked();
        let rebuild = change.purge || left;
        let folder = self.ledger.inner.folder.clone().filter(|_| !left);
        folder.as_deref().map_or(Ok(()), mark)?;
        let committed = match self.ledger.commit(change).await {
            Ok(committed) => committed,
            // Of these alone nobody knows whether it was recorded.
            Err(unknown @ (Error::Unavailable { .. } | Error::Internal(_))) => return Err(unknown),
            Err(refused) => {
                folder.as_deref().map_or(Ok(()), unmark)?;
                return Err(refused);
            }
        };
        drop(held);
        let erased = blocking(move || self.erase(rebuild)).await?;
        Ok((committed, erased))
    }

    /// Erases whatever may be read no more; the bytes erased. What is in the way, a panic too, is
    /// told until the next attempt.
    fn erase(self, rebuild: bool) -> Result<u64, Error> {
        let erased = catch_unwind(AssertUnwindSafe(|| self.erase_all(rebuild)))
            .unwrap_or_else(|_panic| Err(Error::Internal("erasing panicked".to_owned())));
        self.ledger.inner.keeping.set(match &erased {
            Ok(_) => State::Idle,
            Err(failure) => State::Left(failure.to_string()),
        });
        if let Err(failure) = &erased {
            warn!(%failure, "not everything has been erased; the mark in the folder stays");
        }
        erased
    }

    /// The same, and unmarks the folder. After a purge the store's files hold what is gone, and are
    /// made anew by the next start.
    fn erase_all(&self, rebuild: bool) -> Result<u64, Error> {
        let inner = &self.ledger.inner;
        let (Some(folder), Some(eraser)) = (&inner.folder, &inner.eraser) else {
            return Ok(0);
        };
        let told = |at, of| inner.keeping.set(State::Erasing(at, of));
        let erased = erase(eraser, &inner.store, told)?;
        if rebuild {
            inner.store.rebuild_next()?;
        }
        inner.search.forget(inner.store.head().0)?;
        unmark(folder)?;
        Ok(erased)
    }

    fn marked(&self) -> bool {
        self.ledger.inner.folder.as_deref().is_some_and(marked)
    }
}

/// Whether there may be something left to erase.
pub(super) fn marked(folder: &Path) -> bool {
    folder.join(MARK).exists()
}

/// Erases what an earlier process left; the bytes erased.
pub(super) fn resume(
    eraser: &Eraser,
    journal: &mut dyn Journal,
    store: &Store,
) -> Result<u64, Error> {
    eraser.tidy_up().map_err(unreadable)?;
    if store.doomed().is_empty() {
        return Ok(0);
    }
    journal.roll().map_err(unreadable)?;
    erase(eraser, store, |_, _| {})
}

fn erase(eraser: &Eraser, store: &Store, told: impl Fn(usize, usize)) -> Result<u64, Error> {
    let mut erased = 0;
    let doomed = store.doomed();
    for (at, (segment, offsets)) in doomed.iter().enumerate() {
        told(at + 1, doomed.len());
        erased += eraser.erase(*segment, offsets).map_err(unreadable)?;
    }
    Ok(erased)
}

/// Says durably that there may be something to erase.
pub(super) fn mark(folder: &Path) -> Result<(), Error> {
    let marked = disk::at("erase.mark")
        .and_then(|()| File::create(folder.join(MARK)))
        .and_then(|mark| disk::sync_all("erase.mark_sync", &mark))
        .and_then(|()| disk::sync_dir("erase.mark_sync_dir", folder));
    marked.map_err(|error| Error::Internal(format!("mark {}: {error}", folder.display())))
}

/// Takes the mark away: nothing is left.
pub(super) fn unmark(folder: &Path) -> Result<(), Error> {
    let removed = disk::at("erase.unmark").and_then(|()| fs::remove_file(folder.join(MARK)));
    removed.map_err(|error| Error::Internal(format!("unmark {}: {error}", folder.display())))
}

/// In a task of its own, which nobody has to wait for.
async fn to_its_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<T, Error> {
    let done = tokio::spawn(work).await;
    done.map_err(|error| Error::Internal(format!("long work: {error}")))?
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Error::Internal(format!("long work: {error}")))?
}
