//! Less history, and what must be gone for good.
//!
//! ```text
//! mark the folder -> record the decision in the journal -> close the segment it stands in
//! -> write each segment that holds such bodies anew, with zeros -> unmark
//! ```
//! The decision is a record, which the chain covers and every backup carries; from then on nothing
//! that it ends can be read. What is left to erase follows from it, so a start that finds the mark
//! takes the last two steps again. Envelopes stay: the chain still verifies from the first record
//! on, and an exported head of any age can still be checked.

use std::fs::{self, File};
use std::path::Path;

use super::backup::{position, unreadable};
use super::change::{Change, Committed};
use super::disk;
use super::journal::Journal;
use super::journal::erase::Eraser;
use super::store::Store;
use super::{Ledger, Revision};
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

impl Ledger {
    /// Refuses a revision that can no longer be read.
    pub fn readable(&self, revision: Revision) -> Result<(), Error> {
        self.inner.store.readable(revision)
    }

    /// The greatest revision whose effective time is not after `us`; 0 for none.
    pub fn revision_at(&self, us: i64) -> Revision {
        self.inner.store.revision_at(us)
    }

    /// Ends the reading of every revision before one, 0 for the newest, and erases what only they
    /// could read. `change` says who, why and when.
    pub async fn compact(&self, to: Revision, change: Change) -> Result<Compacted, Error> {
        let _one = self.inner.keeping.lock().await;
        let head = *self.inner.head.borrow();
        if !(0..=head).contains(&to) {
            return Err(Error::OutOfRange {
                reason: "REVISION_IN_FUTURE",
                requested: format!("revision {to}"),
                available: format!("revisions 1 to {head} can be compacted"),
            });
        }
        let wanted = if to == 0 { head } else { to };
        let earliest = wanted.max(self.inner.store.earliest());
        let ledger = self.clone();
        let (chain, digest) = blocking(move || {
            let chain = position(ledger.inner.journal.as_ref(), earliest)?.chain;
            Ok((chain, ledger.digest(earliest)?))
        })
        .await?;
        let mut bytes_erased = 0;
        if earliest > self.inner.store.earliest() {
            let compaction = record::Compaction {
                revision: earliest,
                chain: chain.to_vec().into(),
                digest: digest.to_vec().into(),
            };
            let change = Change {
                compaction: Some(compaction),
                ..change
            };
            (_, bytes_erased) = self.decided(change).await?;
        }
        Ok(Compacted {
            earliest,
            chain,
            digest,
            bytes_erased,
        })
    }

    /// Erases every version of what a change names, which it replaces by what it holds.
    pub async fn purge(&self, change: Change) -> Result<Committed, Error> {
        let _one = self.inner.keeping.lock().await;
        let change = Change {
            purge: true,
            ..change
        };
        let (committed, _) = self.decided(change).await?;
        let store = std::sync::Arc::clone(&self.inner.store);
        blocking(move || store.rebuild_next()).await?;
        self.unmark()?;
        Ok(committed)
    }

    /// A name with all that was ever in it, and the number of versions of each.
    pub fn names_under(&self, name: &str) -> Vec<(String, usize)> {
        self.inner.store.names_under(name).into_iter().collect()
    }

    /// Records a decision and erases what follows from it; the bytes erased.
    async fn decided(&self, change: Change) -> Result<(Committed, u64), Error> {
        let purge = change.purge;
        if let Some(folder) = &self.inner.folder {
            mark(folder)?;
        }
        let committed = self.commit(change).await?;
        let ledger = self.clone();
        let erased = blocking(move || match &ledger.inner.eraser {
            Some(eraser) => erase(eraser, &ledger.inner.store),
            None => Ok(0),
        })
        .await?;
        if !purge {
            self.unmark()?;
        }
        Ok((committed, erased))
    }

    fn unmark(&self) -> Result<(), Error> {
        self.inner.folder.as_deref().map_or(Ok(()), unmark)
    }
}

/// Erases what an earlier process left, if the folder is marked.
pub(super) fn resume(
    folder: &Path,
    eraser: &Eraser,
    journal: &mut dyn Journal,
    store: &Store,
) -> Result<(), Error> {
    if !folder.join(MARK).exists() {
        return Ok(());
    }
    eraser.tidy_up().map_err(unreadable)?;
    if !store.doomed().is_empty() {
        journal.roll().map_err(unreadable)?;
        if erase(eraser, store)? > 0 {
            store.rebuild_next()?;
        }
    }
    unmark(folder)
}

fn erase(eraser: &Eraser, store: &Store) -> Result<u64, Error> {
    let mut erased = 0;
    for (segment, offsets) in store.doomed() {
        erased += eraser.erase(segment, &offsets).map_err(unreadable)?;
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

fn unmark(folder: &Path) -> Result<(), Error> {
    let removed = disk::at("erase.unmark").and_then(|()| fs::remove_file(folder.join(MARK)));
    removed.map_err(|error| Error::Internal(format!("unmark {}: {error}", folder.display())))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Error::Internal(format!("long work: {error}")))?
}
