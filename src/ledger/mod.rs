//! Everything durable, behind three verbs: read (`View`), commit (`Change`), watch (`Feed`).
//!
//! `journal`    the truth: ordered, append-only, chained
//! `store`      what follows from it: rows in sled, indices in memory; rebuilt at will
//! `committer`  the one thread that writes
//! `change`     what is committed       `feed`  commits as they happen
//! `opening`    from files to a ledger  `progress`  how far that is
//! `search`     the text index
//! `verify`     whether the journal is what it was
//! `disk`       writes and syncs, each step under a name at which tests make it fail
//! `archive`    closed segments, copied as they come
//! `backup`     all of it as one stream `restore` and back
//! `follow`     commits as they change what a caller sees: a watch
//! `retention`  less history, and what must be gone for good   `erased` and what proves it
//!
//! The ledger knows resources by their names and the kinds' table only. It never reads the clock:
//! times come with the changes and the reads.

pub mod archive;
pub mod backup;
pub mod change;
mod committer;
mod disk;
mod erased;
pub mod feed;
pub mod follow;
pub mod journal;
mod opening;
mod progress;
pub mod restore;
pub mod retention;
mod search;
mod store;
pub mod verify;

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};

use self::archive::Archiving;
use self::change::{Change, Committed};
use self::committer::{Clock, Proposal, remembers, repeat, short_of_space, stopped};
use self::feed::Feed;
use self::follow::Watch;
use self::journal::erase::Eraser;
use self::journal::{Position, Reader};
use self::retention::Keeping;
use self::search::Search;
use self::store::Store;
use crate::error::Error;
use crate::model::Revision;
use crate::model::caller::Caller;
use crate::model::kind::Kind;
use crate::model::limits::Limits;
use crate::wire::record;

#[cfg(feature = "failpoints")]
pub use self::disk::reached;
pub use self::progress::Progress;
pub use self::search::{Snippet, Standing};
pub use self::store::count::{Count, Counts};
pub use self::store::fit::satisfies;
pub use self::store::list::{Cursor, Page, Query};
pub use self::store::view::changes::{Changed, Images, Wanted, assessments};
pub use self::store::view::difference::{Pair, Scope, Side, lineage};
pub use self::store::view::search::{Hit, Hits, Rank, Sought};
pub use self::store::view::versions::Version;
pub use self::store::view::{Stored, View};

/// As of when a read is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// The newest revision.
    Latest,
    /// The newest revision, which must be this one or a later one; waits for it.
    AtLeast(Revision),
    /// That revision.
    Exact(Revision),
    /// The newest revision at that time, in microseconds since 1970.
    Time(i64),
}

/// The ledger. Clones are handles to the same one.
#[derive(Clone)]
pub struct Ledger {
    inner: Arc<Inner>,
}

struct Inner {
    store: Arc<Store>,
    journal: Arc<dyn Reader>,
    proposals: Mutex<Option<mpsc::Sender<Proposal>>>,
    head: watch::Receiver<Revision>,
    failed: watch::Receiver<Option<String>>,
    clock: Arc<Clock>,
    newest: Arc<Mutex<Position>>,
    genesis: record::Genesis,
    limits: Limits,
    committer: Mutex<Option<JoinHandle<()>>>,
    search: Search,
    folder: Option<PathBuf>,
    eraser: Option<Eraser>,
    keeping: Keeping,
    archiving: Archiving,
}

/// What the operator asks about.
#[derive(Debug, Clone)]
pub struct Status {
    /// The store's identity.
    pub store_uuid: String,
    /// The newest revision.
    pub revision: Revision,
    /// Its effective time, in microseconds since 1970.
    pub time_us: i64,
    /// The earliest revision that can be read.
    pub earliest: Revision,
    /// The chain hash of that revision.
    pub chain: [u8; 32],
    /// Files of the journal.
    pub segments: u32,
    /// Bytes of the journal.
    pub journal_bytes: u64,
    /// Why writes are refused, if they are.
    pub failed: Option<String>,
    /// What an operator should look at, a sentence each.
    pub alarms: Vec<String>,
    /// What goes on besides reads and writes and how far it is, a sentence each.
    pub activities: Vec<String>,
    /// The folder that holds it all.
    pub folder: Option<PathBuf>,
}

impl Ledger {
    /// Opens a view. `now_us` is the present; what lies after it cannot be read.
    pub async fn read(&self, caller: Caller, at: At, now_us: i64) -> Result<View, Error> {
        let revision = match at {
            At::Latest => *self.inner.head.borrow(),
            At::AtLeast(revision) => self.wait_for(revision).await?,
            At::Exact(revision) => self.exact(revision)?,
            At::Time(time_us) => self.at_time(time_us, now_us).await?,
        };
        self.view(caller, revision)
    }

    /// A view of a revision that an earlier one had: for later pages.
    pub fn view(&self, caller: Caller, revision: Revision) -> Result<View, Error> {
        let revision = revision.min(*self.inner.head.borrow());
        self.readable(revision)?;
        let store = Arc::clone(&self.inner.store);
        Ok(View::new(store, caller, revision, self.inner.limits))
    }

    /// Makes a change durable and visible; answers only then.
    pub async fn commit(&self, change: Change) -> Result<Committed, Error> {
        change.check(&self.inner.limits)?;
        let (answer, answered) = oneshot::channel();
        let sender = lock(&self.inner.proposals).clone();
        let closing = || Error::Unavailable {
            reason: "STOPPING",
            description: "the server is stopping".to_owned(),
        };
        let sender = sender.ok_or_else(closing)?;
        sender
            .send(Proposal { change, answer })
            .await
            .map_err(|_closed| closing())?;
        drop(sender);
        answered
            .await
            .map_err(|_gone| stopped("the writer stopped"))?
    }

    /// The commit that made a revision.
    pub fn commit_at(&self, revision: Revision) -> Result<Option<feed::Commit>, Error> {
        feed::read(self.inner.journal.as_ref(), revision)
    }

    /// What became of an earlier copy of the same request, if there was one.
    pub fn repeated(&self, change: &Change) -> Result<Option<Committed>, Error> {
        if change.request_id.is_empty() {
            return Ok(None);
        }
        let before = self
            .inner
            .store
            .request(&change.author, &change.request_id)?;
        let before = before.filter(|before| remembers(&self.inner.limits, before, change));
        before.map(|before| repeat(change, &before)).transpose()
    }

    /// Commits from after a revision on.
    pub fn watch(&self, after: Revision) -> Feed {
        Feed {
            journal: Arc::clone(&self.inner.journal),
            head: self.inner.head.clone(),
            after,
            read: VecDeque::new(),
        }
    }

    /// What changes in a caller's sight from after a revision on, which must be one that has been.
    pub fn follow(&self, caller: Caller, wanted: Wanted, after: Revision) -> Result<Watch, Error> {
        let head = *self.inner.head.borrow();
        if !(0..=head).contains(&after) {
            return Err(Error::OutOfRange {
                reason: "REVISION_IN_FUTURE",
                requested: format!("revision {after}"),
                available: format!("revisions 1 to {head} can be watched from"),
            });
        }
        follow::followable(&self.inner.store, after)?;
        let store = Arc::clone(&self.inner.store);
        let (limits, head) = (self.inner.limits, self.inner.head.clone());
        Ok(Watch::new((store, limits, head), caller, wanted, after))
    }

    /// What the operator asks about.
    pub fn status(&self) -> Status {
        // One value, so that a revision never stands beside the hash of another.
        let Position {
            revision,
            time_us,
            chain,
        } = *lock(&self.inner.newest);
        let (segments, journal_bytes) = self.inner.journal.size();
        let failed = self.inner.failed.borrow().clone();
        let (keeping, archiving) = (&self.inner.keeping, &self.inner.archiving);
        let alarms = [
            failed.clone(),
            self.short_of_space(),
            keeping.left(),
            archiving.failure(),
        ];
        let activities = [keeping.doing(), archiving.doing()];
        Status {
            store_uuid: self.inner.genesis.store_uuid.clone(),
            revision,
            time_us,
            earliest: self.inner.store.earliest(),
            chain,
            segments,
            journal_bytes,
            failed,
            alarms: alarms.into_iter().flatten().collect(),
            activities: activities.into_iter().flatten().collect(),
            folder: self.inner.folder.clone(),
        }
    }

    fn short_of_space(&self) -> Option<String> {
        let free = disk::free_bytes(self.inner.folder.as_deref()?).ok()?;
        short_of_space(&self.inner.limits, free, 0)
    }

    /// How many resources of a kind there are now, whoever may see them.
    pub fn count(&self, kind: &Kind) -> u64 {
        self.inner.store.count(kind)
    }

    /// The bounds this ledger keeps to.
    pub fn limits(&self) -> &Limits {
        &self.inner.limits
    }

    /// The key under which page tokens are authenticated.
    pub fn page_token_key(&self) -> &[u8] {
        &self.inner.genesis.page_token_key
    }

    /// Tells when writes come to be refused.
    pub fn failed(&self) -> watch::Receiver<Option<String>> {
        self.inner.failed.clone()
    }

    /// Takes no more changes, finishes those it has, writes a checkpoint and seals the journal.
    /// Blocks; reads go on working afterwards.
    pub fn close(&self) {
        drop(lock(&self.inner.proposals).take());
        if let Some(thread) = lock(&self.inner.committer).take() {
            let _panicked = thread.join();
            let rows_min = self.inner.limits.image_rows_min;
            self.inner.store.keep_sets(rows_min);
        }
        self.inner.search.join();
    }

    fn exact(&self, revision: Revision) -> Result<Revision, Error> {
        let head = *self.inner.head.borrow();
        if (1..=head).contains(&revision) {
            return Ok(revision);
        }
        let reason = if revision > head {
            "REVISION_IN_FUTURE"
        } else {
            "REVISION_BEFORE_FIRST"
        };
        Err(Error::OutOfRange {
            reason,
            requested: format!("revision {revision}"),
            available: format!(
                "revisions {} to {head} can be read",
                self.inner.store.earliest()
            ),
        })
    }

    async fn at_time(&self, time_us: i64, now_us: i64) -> Result<Revision, Error> {
        if time_us > now_us {
            return Err(Error::OutOfRange {
                reason: "TIME_IN_FUTURE",
                requested: "a time after now".to_owned(),
                available: "use \"latest\" for the present".to_owned(),
            });
        }
        let clock = &self.inner.clock;
        clock.served_us.fetch_max(time_us, Ordering::SeqCst);
        let mut head = self.inner.head.clone();
        let mut failed = self.inner.failed.clone();
        let reached = |head: &Revision| *head >= clock.claimed.load(Ordering::SeqCst);
        let settled = tokio::select! {
            settled = head.wait_for(reached) => settled,
            _ = failed.wait_for(Option::is_some) => {
                return Err(stopped("what was written last is not known"));
            }
        };
        let head = settled
            .map(|head| *head)
            .map_err(|_gone| stopped("the writer stopped"));
        let revision = self.inner.store.revision_at(time_us).min(head?);
        if revision > 0 {
            self.readable(revision)?;
            return Ok(revision);
        }
        Err(Error::OutOfRange {
            reason: "TIME_BEFORE_FIRST",
            requested: "a time before the first revision".to_owned(),
            available: "the store did not exist then".to_owned(),
        })
    }

    async fn wait_for(&self, revision: Revision) -> Result<Revision, Error> {
        let mut head = self.inner.head.clone();
        let wait = Duration::from_secs(self.inner.limits.read_wait_seconds);
        let found = tokio::time::timeout(wait, head.wait_for(|head| *head >= revision)).await;
        if let Ok(Ok(head)) = found {
            return Ok(*head);
        }
        let head = *self.inner.head.borrow();
        Err(Error::Unavailable {
            reason: "REVISION_NOT_REACHED",
            description: format!("revision {revision} is not here yet; the newest is {head}"),
        })
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        drop(lock(&self.proposals).take());
        if let Some(thread) = lock(&self.committer).take() {
            let _panicked = thread.join();
        }
        self.search.join();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
