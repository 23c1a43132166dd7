//! The feed: a cursor in the journal, not a queue.
//!
//! It holds nothing but the last revision it gave out, so a slow reader costs nothing and loses
//! nothing, and a new one may start anywhere. Internal for now: the public watch will turn each
//! commit into the difference between two of the caller's views.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::watch;

use super::journal::{Entry, Reader};
use crate::error::Error;
use crate::model::Revision;
use crate::wire::record;

/// Commits read from the journal at a time.
const BATCH: usize = 256;

/// A commit, as far as a watcher needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its revision.
    pub revision: Revision,
    /// Its effective time, in microseconds since 1970.
    pub time_us: i64,
    /// Who made it.
    pub author: String,
    /// Why, in his words.
    pub reason: String,
    /// The names it wrote, in the order of the change.
    pub names: Vec<String>,
    /// Those among them that it deleted.
    pub deleted: Vec<String>,
}

/// A reader of commits, in their order, each once.
pub struct Feed {
    pub(super) journal: Arc<dyn Reader>,
    pub(super) head: watch::Receiver<Revision>,
    pub(super) after: Revision,
    pub(super) read: VecDeque<Commit>,
}

impl Feed {
    /// The next commit; waits for it. `None` when the ledger has closed.
    pub async fn next(&mut self) -> Option<Result<Commit, Error>> {
        loop {
            if let Some(commit) = self.read.pop_front() {
                self.after = commit.revision;
                return Some(Ok(commit));
            }
            let after = self.after;
            let head = *self.head.wait_for(|head| *head > after).await.ok()?;
            if let Err(error) = self.fill(head) {
                return Some(Err(error));
            }
        }
    }

    /// The revision from which another feed would go on.
    pub fn position(&self) -> Revision {
        self.after
    }

    fn fill(&mut self, head: Revision) -> Result<(), Error> {
        let damaged = |error| Error::Internal(format!("read the journal: {error}"));
        for entry in self
            .journal
            .entries(self.after + 1)
            .map_err(damaged)?
            .take(BATCH)
        {
            let entry = entry.map_err(damaged)?;
            if entry.position.revision > head {
                break;
            }
            self.read.push_back(commit(&entry)?);
        }
        Ok(())
    }
}

/// The commit of one revision.
pub(super) fn read(journal: &dyn Reader, revision: Revision) -> Result<Option<Commit>, Error> {
    let damaged = |error| Error::Internal(format!("read the journal: {error}"));
    let entry = journal
        .entries(revision)
        .map_err(damaged)?
        .next()
        .transpose()
        .map_err(damaged)?;
    entry
        .filter(|entry| entry.position.revision == revision)
        .map(|entry| commit(&entry))
        .transpose()
}

fn commit(entry: &Entry) -> Result<Commit, Error> {
    let envelope = record::decode(&entry.record.envelope)?;
    let deleted = envelope.effects.iter().filter(|effect| effect.tombstone);
    Ok(Commit {
        revision: entry.position.revision,
        time_us: entry.position.time_us,
        deleted: deleted.map(|effect| effect.name.clone()).collect(),
        names: envelope
            .effects
            .into_iter()
            .map(|effect| effect.name)
            .collect(),
        author: envelope.author,
        reason: envelope.reason,
    })
}
