//! The text index: which versions hold which words. It follows from the journal, like the store.
//!
//! `feed`    the thread that feeds it      `lost`   what must be gone from it
//! `fresh`   versions not written yet, in memory
//! `written` the others, in `files`, searched      `tokens`  texts and searches taken apart
//! `score`   how well a text matches       `snippet` where the words stand
//!
//! It knows versions by their rows and holds all of them, the old ones too; which of them a caller
//! may see at his revision is decided by the store (`store::view::search`), match by match. Scores
//! depend on the text and the search alone, so nothing hidden moves them. A search waits until
//! everything its view reads is in it. Whatever is wrong with it is answered by making it anew.

mod feed;
mod files;
mod fresh;
mod lost;
mod score;
mod snippet;
mod tokens;
mod written;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockWriteGuard};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};
use tracing::{error, warn};

use self::feed::{Feed, Reached, Source};
use self::fresh::Fresh;
use self::tokens::Terms;
use self::written::Written;
use super::Ledger;
use super::store::Store;
use super::store::view::View;
use super::store::view::search::{Hits, Sought};
use crate::error::Error;
use crate::model::kind::{self, Kind};
use crate::model::limits::Limits;
use crate::model::{Revision, mutant};
use crate::query::words::Words;

pub(super) use self::snippet::Finder;
pub use self::snippet::{Snippet, Standing};

/// A version in which all words are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Match {
    /// How well it matches, in units of `score`.
    pub(super) score: u32,
    pub(super) row: u32,
    pub(super) kind: u8,
}

impl Match {
    /// Its score as it is answered.
    pub(super) fn told(&self) -> f64 {
        score::told(self.score)
    }
}

/// The kinds that are searched, with their weights by ordinal, 0 being not searched; and the
/// greatest of these.
pub(super) struct Kinds(Vec<u32>, u32);

impl Kinds {
    pub(super) fn new<'k>(among: impl Iterator<Item = &'k Kind>) -> Self {
        let mut weights = vec![0; kind::kinds().len()];
        for kind in among {
            if let Some(weight) = weights.get_mut(usize::from(kind.ordinal)) {
                *weight = score::weight(kind);
            }
        }
        let greatest = weights.iter().max().copied().unwrap_or(0);
        Self(weights, greatest)
    }

    /// The greatest of them.
    fn weight_max(&self) -> u32 {
        self.1
    }

    fn weight(&self, kind: u8) -> u32 {
        self.0.get(usize::from(kind)).copied().unwrap_or(0)
    }
}

/// What searches read and the feed writes.
struct Board {
    parts: RwLock<Parts>,
    reached: watch::Sender<Reached>,
    /// Has the feed try again.
    wake: Notify,
    /// The files are not what they should be.
    damaged: AtomicBool,
}

#[derive(Default)]
struct Parts {
    /// All that this revision reads is in them.
    revision: Revision,
    written: Option<Arc<Written>>,
    fresh: Fresh,
}

impl Board {
    fn parts(&self) -> RwLockWriteGuard<'_, Parts> {
        self.parts.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn reached(&self, revision: Revision) {
        self.parts().revision = revision;
        self.reached
            .send_modify(|reached| reached.revision = revision);
    }

    fn forgotten(&self, revision: Revision) {
        self.reached
            .send_modify(|reached| reached.forgotten = revision);
    }

    fn read(&self, row: u32, end: u32) {
        self.reached
            .send_modify(|reached| reached.read = (row, end));
    }

    fn failed(&self) {
        self.reached.send_modify(|reached| reached.failures += 1);
    }

    fn ended(&self) {
        self.reached.send_modify(|reached| reached.ended = true);
    }
}

/// The text index of a ledger.
pub(super) struct Search {
    board: Arc<Board>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Search {
    /// Begins to feed the index; it ends when nobody sends `head` any more.
    pub(super) fn start(
        store: Arc<Store>,
        uuid: String,
        folder: Option<PathBuf>,
        (limits, head): (Limits, watch::Receiver<Revision>),
    ) -> Result<Self, Error> {
        let board = Arc::new(Board {
            parts: RwLock::default(),
            reached: watch::Sender::new(Reached::default()),
            wake: Notify::new(),
            damaged: AtomicBool::new(false),
        });
        let source = Source {
            store,
            uuid,
            folder,
            limits,
            board: Arc::clone(&board),
        };
        let thread = std::thread::Builder::new()
            .name("search".to_owned())
            .spawn(move || {
                work(&source, head);
                source.board.ended();
            })
            .map_err(|error| Error::Internal(format!("start the text index: {error}")))?;
        Ok(Self {
            board,
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Waits until all that a revision reads can be found.
    async fn reach(&self, revision: Revision, wait: Duration) -> Result<(), Error> {
        let mut reached = self.board.reached.subscribe();
        if reached.borrow().revision >= revision {
            return Ok(());
        }
        self.board.wake.notify_one();
        let there = reached.wait_for(|reached| reached.revision >= revision || reached.ended);
        if let Ok(Ok(now)) = tokio::time::timeout(wait, there).await
            && now.revision >= revision
        {
            return Ok(());
        }
        let (read, all) = self.board.reached.borrow().read;
        Err(Error::Unavailable {
            reason: "SEARCH_BEHIND",
            description: format!(
                "the text index is being brought up to revision {revision}, {read} of {all} \
                 versions are read; search again later"
            ),
        })
    }

    /// Waits until what a revision took away is gone from the files; for a thread that may.
    pub(super) fn forget(&self, revision: Revision) -> Result<(), Error> {
        let mut reached = self.board.reached.subscribe();
        let failures = reached.borrow().failures;
        self.board.wake.notify_one();
        let done =
            |now: &Reached| now.forgotten >= revision || now.failures > failures || now.ended;
        let waited = Handle::current().block_on(reached.wait_for(done));
        match waited {
            Ok(now) if now.forgotten >= revision => Ok(()),
            Ok(_) | Err(_) => Err(Error::Internal(
                "the text index could not be rid of what is gone".to_owned(),
            )),
        }
    }

    /// Removes the files that lie in a folder; what they held follows from the journal.
    pub(super) fn remove(folder: &Path) -> Result<(), Error> {
        let removed = files::remove(folder);
        removed.map_err(|error| Error::Internal(format!("remove {}: {error}", folder.display())))
    }

    /// Gives every match to `take`, which answers how good the next must be; refuses while not all
    /// that a revision reads is there.
    pub(super) fn matches(
        &self,
        revision: Revision,
        (words, kinds): (&Words, &Kinds),
        mut take: impl FnMut(Match) -> u32,
    ) -> Result<(), Error> {
        let Some(terms) = Terms::of(words) else {
            return Ok(());
        };
        let asked = (&terms, kinds);
        let written = {
            let parts = self.board.parts.read();
            let parts = parts.unwrap_or_else(PoisonError::into_inner);
            // It may have been emptied since the view waited for it.
            if parts.revision < revision {
                return Err(made_anew());
            }
            if !mutant::active("search_misses_fresh") {
                parts.fresh.matches(asked, &mut take);
            }
            parts.written.clone()
        };
        let Some(written) = written else {
            return Ok(());
        };
        let searched = AssertUnwindSafe(|| written.matches(asked, &mut take));
        let why = match catch_unwind(searched) {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "it panicked".to_owned(),
        };
        warn!(
            why,
            "the text index cannot be searched; it is made anew from the journal"
        );
        self.board.damaged.store(true, Ordering::SeqCst);
        self.board.wake.notify_one();
        Err(made_anew())
    }

    /// Waits for the thread, once nobody sends revisions any more.
    pub(super) fn join(&self) {
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = thread {
            let _panicked = thread.join();
        }
    }
}

fn made_anew() -> Error {
    Error::Unavailable {
        reason: "SEARCH_BEHIND",
        description: "the text index is being made anew; search again later".to_owned(),
    }
}

impl Ledger {
    /// Waits until all that a view reads can be found.
    pub async fn findable(&self, view: &View) -> Result<(), Error> {
        let wait = Duration::from_secs(self.inner.limits.read_wait_seconds);
        self.inner.search.reach(view.revision(), wait).await
    }

    /// What a view sees of what is searched for, once that is `findable`.
    pub fn search(&self, view: &View, sought: &Sought) -> Result<Hits, Error> {
        view.search(&self.inner.search, sought)
    }
}

/// The life of the thread.
fn work(source: &Source, mut head: watch::Receiver<Revision>) {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let Ok(runtime) = runtime.inspect_err(|error| error!(%error, "nothing can be searched")) else {
        return;
    };
    let seen = head.clone();
    let closing = || seen.has_changed().is_err();
    let mut more = || {
        runtime.block_on(async {
            tokio::select! {
                changed = head.changed() => changed.is_ok(),
                () = source.board.wake.notified() => true,
            }
        })
    };
    loop {
        let fed = catch_unwind(AssertUnwindSafe(|| fed(source, &closing, &mut more)));
        match fed {
            Ok(Ok(())) => return,
            Ok(Err(failure)) => warn!(%failure, ?failure, "the text index could not be fed"),
            Err(_) => {
                error!("the text index panicked; it is made anew from the journal");
                source.board.damaged.store(true, Ordering::SeqCst);
            }
        }
        source.board.failed();
        if !more() {
            return;
        }
    }
}

/// Feeds until the ledger closes.
fn fed(
    source: &Source,
    closing: &dyn Fn() -> bool,
    more: &mut dyn FnMut() -> bool,
) -> Result<(), Error> {
    let mut feed = Feed::open(source)?;
    while feed.round(closing, more)? && more() {
        if source.board.damaged.load(Ordering::SeqCst) {
            // Its writer ends before another begins in the same folder.
            drop(feed);
            feed = Feed::open(source)?;
        }
    }
    Ok(())
}
