//! A watch: commits, one after the other, as they change what a caller sees.
//!
//! It is a cursor in the order of the journal, not a queue: it holds the last revision that it
//! looked at and nothing else, so a slow reader costs nothing and loses nothing, a thousand of them
//! share one store, and one may begin anywhere. What a commit changed is worked out when the
//! reader gets there, as the difference between two of his views. It never decides how long to wait
//! for a reader; `service::watch` does.

use std::sync::Arc;

use tokio::sync::watch;

use super::store::Store;
use super::store::view::View;
use super::store::view::changes::{Changed, Look, Wanted};
use crate::error::Error;
use crate::model::caller::Caller;
use crate::model::limits::Limits;
use crate::model::{Revision, mutant};

/// Commits looked at in one step, so that a step is short also when none of them is wanted.
const STEP_COMMITS: Revision = 256;

/// Resources looked at in one step, so that it is short also when a commit touched many.
const STEP_RESOURCES: usize = 128;

/// A commit that changed something.
#[derive(Debug, Clone)]
pub struct Commit {
    /// Its revision.
    pub revision: Revision,
    /// Its effective time, in microseconds since 1970.
    pub time_us: i64,
    /// What it changed, by name.
    pub changes: Vec<Changed>,
}

/// Refuses to go on after a revision which the next one can no longer be compared with. Before the
/// first one there is nothing to compare with, and nothing lost while that one can be read.
pub(super) fn followable(store: &Store, after: Revision) -> Result<(), Error> {
    if after == 0 && store.earliest() <= 1 {
        return Ok(());
    }
    store.readable(after)
}

/// A cursor in the order of the journal.
pub struct Watch {
    store: Arc<Store>,
    limits: Limits,
    head: watch::Receiver<Revision>,
    caller: Caller,
    wanted: Wanted,
    after: Revision,
    /// The next commit, when a part of it has been looked at.
    begun: Option<Look>,
}

impl Watch {
    pub(super) fn new(
        (store, limits, head): (Arc<Store>, Limits, watch::Receiver<Revision>),
        caller: Caller,
        wanted: Wanted,
        after: Revision,
    ) -> Self {
        Self {
            store,
            limits,
            head,
            caller,
            wanted,
            after,
            begun: None,
        }
    }

    /// The last revision that was looked at: another watch would go on after it.
    pub fn position(&self) -> Revision {
        self.after
    }

    /// Whether there is nothing more to look at for now.
    pub fn caught_up(&self) -> bool {
        self.after >= *self.head.borrow()
    }

    /// The next commit that changed something; `None` when enough has been looked at for one step
    /// without finding all of one, or there are no more for now.
    pub fn step(&mut self) -> Result<Option<Commit>, Error> {
        let last = (*self.head.borrow()).min(self.after.saturating_add(STEP_COMMITS));
        let mut room = STEP_RESOURCES;
        while self.after < last {
            followable(&self.store, self.after)?;
            let revision = self.after + 1;
            let mut look = match self.begun.take() {
                Some(begun) => begun,
                None => self.view(revision).look(&self.wanted),
            };
            if !look.more(&self.wanted, &mut room)? {
                self.begun = Some(look);
                return Ok(None);
            }
            self.after = revision;
            let time_us = look.view().time_us();
            let changes = look.changes();
            let skips = mutant::active("watch_skips_a_commit") && revision % 7 == 0;
            if !changes.is_empty() && !skips {
                return Ok(Some(Commit {
                    revision,
                    time_us,
                    changes,
                }));
            }
        }
        Ok(None)
    }

    fn view(&self, revision: Revision) -> View {
        let store = Arc::clone(&self.store);
        View::new(store, self.caller.clone(), revision, self.limits)
    }

    /// Waits until there is more to look at. False when the ledger has closed.
    pub async fn more(&mut self) -> bool {
        let after = self.after;
        self.head.wait_for(|head| *head > after).await.is_ok()
    }
}
