//! The state that follows from the journal: rows in sled, indices in memory, bodies in segments.
//!
//! `row`         keys and rows as sled holds them
//! `index`       rows, timelines and bitmaps in memory, made at the start by `load`
//! `chunks`      sets of rows, by 64 Ki   `values`  who has which value   `spans`  what holds when
//! `sets`        all of those, which `image` keeps in a file of their own      `names`   each once
//! `checkpoint`  the note that says what a sound store must hold
//! `erasure`     what may no longer be read, and where it lies
//! `digest`      one hash over everything, to compare two stores by
//! `searched`    what the text index reads
//! `view`        the only way to read
//! `plan`, `rows`, `fit`, `list`, `sort`, `count`   how it answers queries
//!
//! `apply` reads the record and the store, nothing else, and only puts. Whatever is wrong with sled
//! (a panic, an error, a missing key) is answered by moving it aside and replaying the journal: it
//! is never the truth. One thread writes; readers share it.

pub(super) mod checkpoint;
mod chunks;
pub(super) mod count;
mod digest;
mod erasure;
pub(super) mod fit;
mod image;
pub(super) mod index;
pub(super) mod list;
mod load;
mod names;
mod plan;
mod row;
mod rows;
pub(super) mod searched;
mod sets;
mod sort;
mod spans;
mod values;
pub(super) mod view;

use std::fs::{self, File};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use bytes::Bytes;
use prost::Message;
use tracing::warn;

use self::checkpoint::Note;
use self::index::Index;
use self::load::Loaded;
use self::row::{Has, Row, RowId, fingerprint, key, split};
use super::disk;
use super::journal::{Locator, Position, Reader};
use crate::error::Error;
use crate::model::Revision;
use crate::model::kind::{Kind, kinds};
use crate::model::mutant;
use crate::model::name::Name;
use crate::wire::{body, record};

const ROWS: u8 = 0;
const REQUESTS: u8 = 1;
/// Little is read from sled while the store is up: versions that were replaced, requests.
const CACHE_BYTES: u64 = 16 << 20;
/// The image is written anew when it lacks this part of the rows.
const IMAGE_SHARE: u32 = 16;
/// Fields up to this number are set in whatever is stored: name, uid, times, id.
const ALWAYS_SET: u32 = 7;

/// The store. Shared by all readers; written by the committer alone.
pub(crate) struct Store {
    folder: PathBuf,
    rows: sled::Tree,
    requests: sled::Tree,
    db: sled::Db,
    index: RwLock<Index>,
    bodies: Arc<dyn Reader>,
    sums: RwLock<Sums>,
    /// The earliest revision that can be read.
    earliest: AtomicI64,
    /// The newest revision that purged or compacted.
    decided: AtomicI64,
    /// The files hold what has been erased from the journal; the next start makes them anew.
    rebuild: AtomicBool,
    /// Held while the note is written: the committer and a purge both do.
    noting: Mutex<()>,
    /// How many rows are in the image.
    imaged: AtomicU32,
}

/// What the checkpoint will say.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    entries: u64,
    xor: u64,
    /// XOR of the rows alone.
    rows: u64,
}

/// A request that was committed.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Request {
    #[prost(int64, tag = "1")]
    pub(crate) revision: Revision,
    #[prost(int64, tag = "2")]
    pub(crate) time_us: i64,
    #[prost(bytes = "vec", tag = "3")]
    pub(crate) hash: Vec<u8>,
}

/// How the store came up.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// As the checkpoint said; the journal continues it from there.
    Sound(Revision),
    /// There was none.
    Fresh,
    /// It was not what the checkpoint said, or would not open, and has been moved aside.
    Broken(String),
}

impl Store {
    /// Opens the store of `folder`; replaying the journal onto it is the caller's next step.
    pub(crate) fn open(
        folder: &Path,
        bodies: &Arc<dyn Reader>,
        note: Option<&Note>,
    ) -> Result<(Self, Found), Error> {
        let sled_folder = folder.join("sled");
        if !sled_folder.exists() {
            return Ok((Self::fresh(folder, bodies)?, Found::Fresh));
        }
        let Some(note) = note.filter(|note| !note.rebuild) else {
            // Nothing says what it should hold, so nothing in it can be believed.
            fs::remove_dir_all(&sled_folder).map_err(internal)?;
            return Ok((Self::fresh(folder, bodies)?, Found::Fresh));
        };
        let opened = catch_unwind(AssertUnwindSafe(|| -> Result<Self, String> {
            let store = Self::at(folder, bodies).map_err(|error| error.to_string())?;
            store.fill(note)?;
            Ok(store)
        }));
        match opened {
            Ok(Ok(store)) => Ok((store, Found::Sound(note.revision))),
            Ok(Err(why)) => Self::instead(folder, bodies, why),
            Err(_) => Self::instead(folder, bodies, "sled panicked while opening".to_owned()),
        }
    }

    fn instead(
        folder: &Path,
        bodies: &Arc<dyn Reader>,
        why: String,
    ) -> Result<(Self, Found), Error> {
        let aside = folder.join("broken");
        let moved = || -> std::io::Result<()> {
            disk::at("rebuild.aside")?;
            if aside.exists() {
                fs::remove_dir_all(&aside)?;
            }
            fs::rename(folder.join("sled"), &aside)
        };
        moved()
            .map_err(|error| Error::Internal(format!("move the broken store aside: {error}")))?;
        Ok((Self::fresh(folder, bodies)?, Found::Broken(why)))
    }

    fn fresh(folder: &Path, bodies: &Arc<dyn Reader>) -> Result<Self, Error> {
        disk::at("rebuild.fresh")
            .and_then(|()| fs::create_dir_all(folder))
            .and_then(|()| image::remove(folder))
            .map_err(|error| Error::Internal(format!("create {}: {error}", folder.display())))?;
        Self::at(folder, bodies).map_err(internal)
    }

    fn at(folder: &Path, bodies: &Arc<dyn Reader>) -> sled::Result<Self> {
        disk::at("store.open")?;
        let db = sled::Config::new()
            .path(folder.join("sled"))
            .cache_capacity(CACHE_BYTES)
            .flush_every_ms(None)
            .open()?;
        Ok(Self {
            folder: folder.to_owned(),
            rows: db.open_tree("rows")?,
            requests: db.open_tree("requests")?,
            db,
            index: RwLock::new(Index::new()),
            bodies: Arc::clone(bodies),
            sums: RwLock::default(),
            earliest: AtomicI64::new(1),
            decided: AtomicI64::new(0),
            rebuild: AtomicBool::new(false),
            noting: Mutex::default(),
            imaged: AtomicU32::new(0),
        })
    }

    /// Reads every entry up to the checkpoint into the index, and counts it against the note.
    fn fill(&self, note: &Note) -> Result<(), String> {
        if note.format != format_now() {
            return Err("the store has another format".to_owned());
        }
        let genesis = self.bodies.entries(1).map_err(|error| error.to_string())?;
        let genesis = genesis.into_iter().next().ok_or("the journal is empty")?;
        let genesis = genesis.map_err(|error| error.to_string())?;
        let trees = (&self.rows, &self.requests);
        let Loaded {
            index,
            sums,
            later,
            imaged,
        } = load::load(&self.folder, trees, note, genesis.position.time_us)?;
        forget(&self.rows, later.rows)?;
        forget(&self.requests, later.requests)?;
        self.imaged.store(imaged, Ordering::SeqCst);
        self.earliest.fetch_max(note.earliest, Ordering::SeqCst);
        *write(&self.sums) = sums;
        *write(&self.index) = index;
        Ok(())
    }

    /// Puts what a record did. Everything it needs stands in the record and in the store.
    pub(crate) fn apply(
        &self,
        position: &Position,
        envelope: &record::Envelope,
        bodies: &[(Locator, Bytes)],
    ) -> Result<(), Error> {
        let mut index = write(&self.index);
        if position.revision <= index.head() {
            return Ok(());
        }
        let mut rows = Vec::new();
        let mut order: Vec<usize> = (0..envelope.effects.len()).collect();
        order.sort_by(|a, b| {
            let name = |at: &usize| envelope.effects.get(*at).map(|effect| effect.name.as_str());
            name(b).cmp(&name(a))
        });
        let mut next = Next {
            index: &index,
            position,
            id: index.next_id(),
            slot: index.next_slot(),
        };
        for at in order {
            let (Some(effect), Some((locator, bytes))) = (envelope.effects.get(at), bodies.get(at))
            else {
                return Err(Error::Internal("an effect without a body".to_owned()));
            };
            let bytes = erasure::left(bytes);
            let (mut row, has) = self.row(&mut next, (at, effect), (*locator, bytes))?;
            row.purged = envelope.purge;
            rows.push((effect.name.as_str(), row, has));
        }
        if envelope.purge || envelope.compaction.is_some() {
            self.decided.store(position.revision, Ordering::SeqCst);
        }
        if let Some(compaction) = &envelope.compaction {
            self.earliest
                .fetch_max(compaction.revision, Ordering::SeqCst);
        }
        self.put(position, envelope, &rows)?;
        for (name, row, has) in &rows {
            index.add(name, position.revision, (row, has));
        }
        index.close(position.time_us);
        Ok(())
    }

    fn row(
        &self,
        next: &mut Next<'_>,
        (at, effect): (usize, &record::Effect),
        (locator, bytes): (Locator, &[u8]),
    ) -> Result<(Row, Has), Error> {
        let Next {
            index, position, ..
        } = *next;
        let name = Name::parse(&effect.name, "name")
            .map_err(|error| Error::Internal(format!("journal: {error}")))?;
        let before = index.named(&effect.name).map(|(_, row)| row);
        let born = u32::try_from(at).unwrap_or(u32::MAX);
        let id = next.id;
        next.id += 1;
        let slot = before.map_or_else(|| next.take_slot(), |before| before.slot);
        let has = Has {
            fields: body::indexed(name.kind(), bytes)?
                .into_iter()
                .map(Into::into)
                .collect(),
            stated: body::stated(bytes)?
                .into_iter()
                .filter(|tag| *tag > ALWAYS_SET)
                .collect(),
        };
        let row = Row {
            id,
            slot,
            kind: name.kind().ordinal.into(),
            created_us: before.map_or(position.time_us, |before| before.created_us),
            updated_us: position.time_us,
            born: before.map_or(born, |before| before.born),
            tombstone: effect.tombstone,
            segment: locator.segment,
            offset: locator.offset,
            len: locator.len,
            crc: locator.crc,
            has: has.encode_to_vec(),
            marking: body::marking(bytes)?.map(|marking| marking.encode_to_vec()),
            purged: false,
            valid: body::valid(bytes)?.map(Into::into),
        };
        Ok((row, has))
    }

    fn put(
        &self,
        position: &Position,
        envelope: &record::Envelope,
        rows: &[(&str, Row, Has)],
    ) -> Result<(), Error> {
        let mut sums = write(&self.sums);
        for (name, row, _) in rows {
            let (key, value) = (key(name, position.revision), row.encode_to_vec());
            sums.add_row(fingerprint(ROWS, &key, &value));
            // One by one: a batch makes sled write to the disk, beside the journal's sync.
            disk::at("store.rows").map_err(internal)?;
            self.rows.insert(key, value).map_err(internal)?;
        }
        if envelope.request_id.is_empty() {
            return Ok(());
        }
        let key = request_key(&envelope.author, &envelope.request_id);
        let value = Request {
            revision: position.revision,
            time_us: position.time_us,
            hash: envelope.request_hash.to_vec(),
        }
        .encode_to_vec();
        if let Some(before) = self.requests.get(&key).map_err(internal)? {
            sums.remove(fingerprint(REQUESTS, &key, &before));
        }
        sums.add(fingerprint(REQUESTS, &key, &value));
        disk::at("store.requests").map_err(internal)?;
        self.requests.insert(key, value).map_err(internal)?;
        Ok(())
    }

    /// The row of a name as of a revision. Whoever holds the index asks `row_in`.
    fn row_at(&self, name: &str, revision: Revision) -> Result<Option<u32>, Error> {
        let newest = read(&self.index)
            .named(name)
            .map(|(id, row)| (id, row.from));
        self.row_of(newest, name, revision)
    }

    fn row_in(&self, index: &Index, name: &str, revision: Revision) -> Result<Option<u32>, Error> {
        let newest = index.named(name).map(|(id, row)| (id, row.from));
        self.row_of(newest, name, revision)
    }

    /// The newest row of a name, or if that is too new a seek for the one before.
    fn row_of(
        &self,
        newest: Option<(u32, Revision)>,
        name: &str,
        revision: Revision,
    ) -> Result<Option<u32>, Error> {
        match newest {
            None => return Ok(None),
            Some((id, from)) if from <= revision => return Ok(Some(id)),
            Some(_) => {}
        }
        let entry = self.rows.range(key(name, revision)..).next();
        let Some((found, value)) = entry.transpose().map_err(internal)? else {
            return Ok(None);
        };
        if split(&found).is_none_or(|(found, _)| found != name) {
            return Ok(None);
        }
        let row = RowId::decode(value.as_ref()).map_err(internal)?;
        Ok(Some(row.id))
    }

    /// The revision of a name's newest version; of an assessment with everything in it when the
    /// name ends in `/`; 0 for none.
    pub(crate) fn revision_of(&self, name: &str) -> Revision {
        let index = read(&self.index);
        if let Some(assessment) = name.strip_suffix('/') {
            return index.aggregate(assessment);
        }
        index.named(name).map_or(0, |(_, row)| row.from)
    }

    /// A committed request of that author and id.
    pub(crate) fn request(&self, author: &str, id: &str) -> Result<Option<Request>, Error> {
        let value = self
            .requests
            .get(request_key(author, id))
            .map_err(internal)?;
        value
            .map(|value| Request::decode(value.as_ref()).map_err(internal))
            .transpose()
    }

    /// Makes the store durable and writes the note that says what is in it.
    pub(crate) fn checkpoint(&self, position: &Position) -> Result<(), Error> {
        let folder = self.folder.join("sled");
        disk::at("checkpoint.flush").map_err(internal)?;
        self.db.flush().map_err(internal)?;
        if !mutant::active("checkpoint_without_sync") {
            sync_files(&folder).map_err(internal)?;
        }
        let sums = *read(&self.sums);
        let note = Note::new(
            format_now(),
            position.revision,
            &position.chain,
            sums.entries,
            sums.xor,
        );
        let _one = self.noting.lock().unwrap_or_else(PoisonError::into_inner);
        let rebuild = self.rebuild.load(Ordering::SeqCst);
        let note = note.keeping(self.earliest(), rebuild);
        note.write(&self.folder).map_err(internal)
    }

    /// Keeps the sets of the index in a file for the next start, when enough rows have come since
    /// they last were that this pays. Without it nothing is lost.
    pub(crate) fn keep_sets(&self, rows_min: u32) {
        let index = read(&self.index);
        let (rows, imaged) = (index.next_id(), self.imaged.load(Ordering::SeqCst));
        let erased = self.rebuild.load(Ordering::SeqCst);
        if erased || rows - imaged < rows_min.max(rows / IMAGE_SHARE) {
            return;
        }
        let head = image::Head {
            format: format_now(),
            revision: index.head(),
            rows,
            xor: format!("{:016x}", read(&self.sums).rows),
        };
        match image::write(&self.folder, &head, &index.sets) {
            Ok(()) => self.imaged.store(rows, Ordering::SeqCst),
            Err(error) => warn!(%error, "what the rows have could not be kept for the next start"),
        }
    }

    /// How many resources of a kind there are now.
    pub(crate) fn count(&self, kind: &Kind) -> u64 {
        read(&self.index).count(kind)
    }

    /// The greatest revision whose effective time is not after `us`.
    pub(crate) fn revision_at(&self, us: i64) -> Revision {
        read(&self.index).revision_at(us)
    }

    /// The newest applied revision and its time.
    pub(crate) fn head(&self) -> (Revision, i64) {
        let index = read(&self.index);
        let head = index.head();
        (head, index.time(head).unwrap_or(0))
    }
}

fn forget(tree: &sled::Tree, keys: Vec<sled::IVec>) -> Result<(), String> {
    for key in keys {
        tree.remove(key).map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// What the rows of one record are made from: the store before it, and ids for rows and names.
struct Next<'a> {
    index: &'a Index,
    position: &'a Position,
    id: u32,
    slot: u32,
}

impl Next<'_> {
    fn take_slot(&mut self) -> u32 {
        self.slot += 1;
        self.slot - 1
    }
}

impl Sums {
    fn add_row(&mut self, fingerprint: u64) {
        self.add(fingerprint);
        self.rows ^= fingerprint;
    }

    fn add(&mut self, fingerprint: u64) {
        self.entries += 1;
        self.xor ^= fingerprint;
    }

    fn remove(&mut self, fingerprint: u64) {
        self.entries -= 1;
        self.xor ^= fingerprint;
    }
}

/// Changes with the rows' format and with the table of kinds that they follow.
fn format_now() -> String {
    let mut sum = 0;
    for kind in kinds() {
        for (field, at) in kind.fields.iter().zip(0u8..) {
            sum ^= fingerprint(at, kind.collection.as_bytes(), field.path.as_bytes());
        }
    }
    format!("{}-{sum:016x}", row::FORMAT)
}

fn request_key(author: &str, id: &str) -> Vec<u8> {
    [author.as_bytes(), &[0], id.as_bytes()].concat()
}

/// Sled's own flush ends in `sync_file_range`, which a power cut does not respect.
fn sync_files(folder: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_file() {
            disk::sync_data("checkpoint.sync", &File::open(path)?)?;
        }
    }
    disk::sync_dir("checkpoint.sync_dir", folder)
}

fn internal(error: impl std::fmt::Display) -> Error {
    Error::Internal(format!("store: {error}"))
}

/// A poisoned lock means that a thread panicked while it held it; the committer has stopped then,
/// and what is there is what was applied.
fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}
