//! From the files of a data folder to a ledger: the journal is read and checked, the store brought
//! up to it or made anew, what an earlier process left half done is ended, the committer starts.
//!
//! It never repairs anything that was acknowledged: a damaged journal is refused by `journal`, a
//! store that is not what its note says is made again from the journal. It takes no requests; who
//! waits is told how far it is by `progress`.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use tokio::sync::{mpsc, watch};
use tracing::{error, info, warn};

use super::archive::Archiving;
use super::committer::{Clock, Committer, random};
use super::journal::erase::Eraser;
use super::journal::local::{Local, Options};
use super::journal::{Body, Journal, Position, Reader, Record, Stamped};
use super::search::Search;
use super::store::checkpoint::Note;
use super::store::{Found, Store};
use super::{Inner, Ledger, Progress, disk, restore, retention};
use crate::error::Error;
use crate::model::Revision;
use crate::model::limits::Limits;
use crate::wire::record;

/// A store that has all the journal has.
struct Built {
    store: Store,
    /// Everything in it was put there by this process.
    anew: bool,
    /// The revision of its newest note that holds; 0 for none.
    checkpointed: Revision,
}

impl Ledger {
    /// Opens the ledger of a data folder, creating it when there is none, and brings the store up
    /// to the journal's head. `now_us` stamps the first record of a new one.
    pub fn open(folder: &Path, limits: Limits, now_us: i64) -> Result<Self, Error> {
        Self::open_telling(folder, limits, now_us, &Progress::default())
    }

    /// The same; says how far it is, and stops when it is told to.
    pub fn open_telling(
        folder: &Path,
        limits: Limits,
        now_us: i64,
        progress: &Progress,
    ) -> Result<Self, Error> {
        restore::refuse_half(folder)?;
        Self::open_marked(folder, limits, (now_us, progress))
    }

    /// The same, also while the folder is being restored.
    pub(super) fn open_marked(
        folder: &Path,
        limits: Limits,
        (now_us, progress): (i64, &Progress),
    ) -> Result<Self, Error> {
        progress.doing("reading the journal");
        let note = Note::read(&folder.join("store"));
        let opened = Local::open(
            &folder.join("journal"),
            journal_options(&limits),
            random()?,
            note.as_ref().and_then(Note::witness),
        )
        .map_err(|error| Error::Internal(error.to_string()))?;
        if let Some(torn) = &opened.torn {
            warn!(
                file = %torn.file.display(), offset = torn.offset, bytes = torn.bytes,
                last_revision = torn.last_revision,
                "the last write was cut short by a crash and has been removed"
            );
        }
        let eraser = opened.journal.eraser();
        let mut journal: Box<dyn Journal> = Box::new(opened.journal);
        if journal.head().revision == 0 {
            begin(journal.as_mut(), now_us)?;
        }
        let mut built = built((folder, note.as_ref()), journal.as_ref(), progress)?;
        if retention::marked(folder) {
            progress.doing("erasing what was purged or compacted");
            let erased = retention::resume(&eraser, journal.as_mut(), &built.store)?;
            if erased > 0 || !built.anew {
                built.store.rebuild_next()?;
                drop(built);
                let note = Note::read(&folder.join("store"));
                built = self::built((folder, note.as_ref()), journal.as_ref(), progress)?;
            }
            Search::remove(&folder.join("search"))?;
            retention::unmark(folder)?;
        }
        built.store.keep_sets(limits.image_rows_min);
        Self::start(journal, built, limits, (folder.to_owned(), eraser))
    }

    fn start(
        journal: Box<dyn Journal>,
        built: Built,
        limits: Limits,
        (folder, eraser): (PathBuf, Eraser),
    ) -> Result<Self, Error> {
        let reader = journal.reader();
        let genesis = genesis(reader.as_ref())?;
        let store = Arc::new(built.store);
        let (head, seen) = watch::channel(journal.head().revision);
        let (failed, failure) = watch::channel(None);
        let (sender, receiver) = mpsc::channel(limits.commit_queue_max);
        let clock = Arc::new(Clock::default());
        let newest = Arc::new(Mutex::new(journal.head()));
        let committer = Committer {
            journal,
            store: Arc::clone(&store),
            limits,
            head,
            clock: Arc::clone(&clock),
            newest: Arc::clone(&newest),
            checkpointed: built.checkpointed,
            folder: Some(folder.clone()),
            failed,
        };
        let thread = std::thread::Builder::new()
            .name("committer".to_owned())
            .spawn(move || {
                let failed = committer.failed.clone();
                let run = std::panic::AssertUnwindSafe(|| committer.run(receiver));
                if std::panic::catch_unwind(run).is_err() {
                    error!("the writer panicked; nothing is acknowledged until a restart");
                    failed.send_replace(Some("the writer panicked".to_owned()));
                }
            })
            .map_err(|error| Error::Internal(format!("start the committer: {error}")))?;
        let search = Search::start(
            Arc::clone(&store),
            genesis.store_uuid.clone(),
            Some(folder.join("search")),
            (limits, seen.clone()),
        )?;
        let inner = Inner {
            store,
            journal: reader,
            proposals: Mutex::new(Some(sender)),
            head: seen,
            failed: failure,
            clock,
            newest,
            genesis,
            limits,
            committer: Mutex::new(Some(thread)),
            search,
            folder: Some(folder),
            eraser: Some(eraser),
            keeping: retention::Keeping::default(),
            archiving: Archiving::default(),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }
}

/// How the journal of a ledger with these bounds is kept.
pub(super) fn journal_options(limits: &Limits) -> Options {
    Options {
        segment_bytes: limits.segment_bytes,
        group_bytes_max: (limits.group_bytes_max + limits.change_bytes_max) as u64,
    }
}

/// The store of a folder with its note, brought up to the journal.
fn built(
    (folder, note): (&Path, Option<&Note>),
    journal: &dyn Journal,
    progress: &Progress,
) -> Result<Built, Error> {
    progress.doing("checking the store");
    let folder = folder.join("store");
    let (reader, head) = (journal.reader(), journal.head());
    let (store, found) = Store::open(&folder, &reader, note)?;
    let (anew, checkpointed) = match found {
        Found::Sound(revision) => (false, revision),
        Found::Fresh => (true, 0),
        Found::Broken(why) => {
            warn!(
                why,
                "the store is not sound; it is rebuilt from the journal"
            );
            (true, 0)
        }
    };
    let replayed = replay((reader.as_ref(), head.revision), &store, progress)?;
    if replayed > 1 {
        info!(
            records = replayed,
            "the store was brought up to the journal"
        );
    }
    let checkpointed = match replayed {
        0 => checkpointed,
        _ => first_checkpoint(&store, &head).unwrap_or(checkpointed),
    };
    Ok(Built {
        store,
        anew,
        checkpointed,
    })
}

/// Writes the record a store is born with.
fn begin(journal: &mut dyn Journal, now_us: i64) -> Result<(), Error> {
    let genesis = record::Genesis {
        store_uuid: uuid::Builder::from_random_bytes(random()?)
            .into_uuid()
            .to_string(),
        page_token_key: random::<32>()?.to_vec().into(),
    };
    let envelope = record::Envelope {
        change_id: random::<16>()?.to_vec().into(),
        proposed_time_us: now_us,
        author: "chanceryd".to_owned(),
        genesis: Some(genesis),
        ..Default::default()
    };
    let record = Record {
        envelope: record::encode(envelope),
        bodies: Vec::<Body>::new(),
    };
    journal
        .append(vec![Stamped {
            time_us: now_us.max(1),
            record,
        }])
        .map_err(|error| Error::Internal(error.to_string()))?;
    Ok(())
}

fn genesis(journal: &dyn Reader) -> Result<record::Genesis, Error> {
    let damaged = |error| Error::Internal(format!("read the journal: {error}"));
    let first = journal.entries(1).map_err(damaged)?.next();
    let first = first.ok_or_else(|| Error::Internal("the journal is empty".to_owned()))?;
    record::decode(&first.map_err(damaged)?.record.envelope)?
        .genesis
        .ok_or_else(|| Error::Internal("the journal does not begin with a genesis".to_owned()))
}

/// Applies what the store does not have yet; answers how many records that were.
fn replay(
    (journal, head): (&dyn Reader, Revision),
    store: &Store,
    progress: &Progress,
) -> Result<u64, Error> {
    let damaged = |error| Error::Internal(format!("read the journal: {error}"));
    let mut replayed = 0;
    let begun = store.head().0;
    for entry in journal.entries(begun + 1).map_err(damaged)? {
        let entry = entry.map_err(damaged)?;
        progress.replaying(entry.position.revision - begun, head - begun)?;
        let envelope = record::decode(&entry.record.envelope)?;
        let bodies = entry.record.bodies.into_iter().map(|body| body.bytes);
        let located: Vec<_> = entry.bodies.into_iter().zip(bodies).collect();
        disk::at("rebuild.replay").map_err(|error| Error::Internal(error.to_string()))?;
        store.apply(&entry.position, &envelope, &located)?;
        replayed += 1;
    }
    Ok(replayed)
}

/// Spares the next start the replay; without it nothing is lost.
fn first_checkpoint(store: &Store, head: &Position) -> Option<Revision> {
    store
        .checkpoint(head)
        .inspect_err(|failure| warn!(%failure, "no checkpoint could be written"))
        .is_ok()
        .then_some(head.revision)
}
