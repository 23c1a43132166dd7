//! The journal in files of a local directory: `0000000001.seg` and on, and `LOCK`, held while open,
//! which also says which segment was begun last.
//! The layout of a file is in `segment`, the verdict on what is found at open in `scan`.
//!
//! A group is one frame, one positioned write, one `fdatasync`; only then do the head and the
//! readers move. Nothing is ever written before the sync of what stands before it, nothing already
//! durable is ever changed, and no file is mapped into memory. Only zeros are written ahead.
//!
//! A full segment is left at its preallocated length: beyond the zeros the unused end is a hole,
//! and leaving it saves a write that a crash could fall into. A group larger than a segment gets
//! one of its own size. An error of the disk stops the journal for good, since after a failed sync
//! nobody knows what the disk holds, least of all the page cache; "no space left" is different,
//! there the begun frame is cut off again and the journal goes on. When it is opened, the last
//! frame is written once more and synced, because an earlier process may have died, or may have
//! been told of an error, between its write and its sync.
//!
//! Only so many files stay open at a time, see `reader`; the newest segment and the directory do.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::erase::Eraser;
use super::reader::{Durable, Segment, segment_path};
use super::scan::{Scan, inspected, scan};
use super::segment::{self, HEADER_BYTES, Header, Place};
use super::{Appended, Error, Journal, Position, Reader, Stamped, Witness};
use crate::ledger::disk;
use crate::model::{Revision, mutant};

#[cfg(test)]
mod failure;

/// The bounds of a local journal.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Bytes of a segment file. May change from one open to the next.
    pub segment_bytes: u64,
    /// The most bytes that one group may take. Larger groups written earlier are still read.
    pub group_bytes_max: u64,
}

/// A journal in files.
pub struct Local {
    dir: PathBuf,
    options: Options,
    journal_id: [u8; 16],
    seed: u32,
    head: Position,
    tail: Tail,
    durable: Arc<Durable>,
    /// The directory, kept open so that its names can be synced when no file can be opened.
    names: File,
    /// The last frame is a seal.
    sealed: bool,
    /// An error stopped the journal.
    failed: bool,
    /// Kept from frame to frame for its capacity.
    frame: Vec<u8>,
    /// Held until the journal is dropped; says which segment was begun last.
    lock: File,
}

/// The newest segment.
struct Tail {
    number: u32,
    file: Arc<File>,
    path: PathBuf,
    /// Where the next frame goes.
    end: u64,
    /// The length of the file.
    bytes: u64,
    /// Up to where its blocks are there.
    filled: u64,
}

/// The least and the most that is filled with zeros ahead of the frames.
const FILL_BYTES: (u64, u64) = (256 << 10, 4 << 20);

/// What is filled in.
static ZEROS: [u8; 64 << 10] = [0; 64 << 10];

/// An opened journal, and what opening it found.
pub struct Opened {
    /// The journal, ready to append.
    pub journal: Local,
    /// What was cut off the end, if anything was.
    pub torn: Option<Torn>,
    /// Whether the journal was stopped cleanly and not appended to since; false for a new one.
    pub sealed: bool,
}

/// The remains of a write that a crash cut short; never part of what was acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Torn {
    /// The segment file.
    pub file: PathBuf,
    /// The first byte that was cut.
    pub offset: u64,
    /// From there to the last byte that was not zero.
    pub bytes: u64,
    /// The last revision that was kept.
    pub last_revision: Revision,
}

/// What was found in a journal that was read and not opened.
pub struct Inspected {
    /// The last sound position.
    pub head: Position,
    /// Segments read.
    pub segments: u32,
    /// Bytes of frames in them.
    pub bytes: u64,
    /// Whether the last frame is a seal.
    pub sealed: bool,
    /// Bytes behind the last frame that are no frame and are not zero.
    pub torn_bytes: u64,
    /// The first record's envelope; empty when there is none.
    pub first: Bytes,
    /// What is damaged: the file, the offset, and why. Nothing behind it was read.
    pub damage: Option<(PathBuf, u64, String)>,
    /// Reads what is sound.
    pub reader: Arc<dyn Reader>,
}

/// What is asked of each record besides that it stands in its place: its position, its envelope,
/// its bodies, each with its salt before it.
pub type Inspect = super::scan::Inspect;

/// Reads every byte of a journal and changes nothing; takes no lock.
pub fn inspect(dir: &Path, witnesses: Vec<Witness>, inspect: Inspect) -> Result<Inspected, Error> {
    if !dir.is_dir() {
        let source = io::Error::from(io::ErrorKind::NotFound);
        return Err(Error::io(dir, "read", source));
    }
    let (found, ended) = inspected(dir, witnesses, Some(inspect));
    let damage = match ended {
        Ok(()) => None,
        Err(Error::Damaged { file, offset, why }) => Some((file, offset, why)),
        Err(error) => return Err(error),
    };
    let (head, sealed) = (found.extent.head, found.sealed);
    let torn_bytes = found.torn.map_or(0, |torn| torn.bytes);
    let durable = Durable::new(
        dir,
        found.journal_id.map_or(0, |id| segment::seed(&id)),
        found.extent,
    );
    let (segments, bytes) = durable.size();
    let first = match damage {
        // The damage may be where it stands.
        Some(_) => None,
        None => durable.entries(1)?.next().transpose()?,
    };
    Ok(Inspected {
        head,
        segments,
        bytes,
        sealed,
        torn_bytes,
        first: first.map_or_else(Bytes::new, |entry| entry.record.envelope),
        damage,
        reader: Arc::new(durable),
    })
}

/// The file that is locked while the journal is open.
pub(super) const LOCK: &str = "LOCK";

/// A frame buffer larger than this is not kept.
const FRAME_KEPT_BYTES: usize = 4 << 20;

impl Journal for Local {
    fn head(&self) -> Position {
        self.head
    }

    fn append(&mut self, group: Vec<Stamped>) -> Result<Vec<Appended>, Error> {
        if self.failed {
            return Err(Error::Failed);
        }
        let given = segment::measure(&group, &self.head, self.options.group_bytes_max)?;
        if group.is_empty() {
            return Ok(Vec::new());
        }
        let fits = self.tail.end == HEADER_BYTES || self.tail.end + given <= self.tail.bytes;
        if !fits {
            self.next_segment(given)?;
        }
        let place = Place {
            segment: self.tail.number,
            offset: self.tail.end,
        };
        let mut frame = self.take_buffer();
        let appended = segment::encode_group(&mut frame, self.seed, &self.head, place, &group);
        self.write(frame)?;
        let first = self.head.revision + 1;
        self.head = appended.last().map_or(self.head, |last| last.position);
        self.sealed = false;
        let (head, end) = (self.head, self.tail.end);
        self.durable.publish(|extent| {
            extent.advance(head, end);
            extent.mark(first, place);
        });
        Ok(appended)
    }

    fn reader(&self) -> Arc<dyn Reader> {
        Arc::clone(&self.durable) as Arc<dyn Reader>
    }

    fn roll(&mut self) -> Result<(), Error> {
        if self.failed {
            return Err(Error::Failed);
        }
        if self.tail.end == HEADER_BYTES {
            return Ok(());
        }
        self.next_segment(0)
    }

    /// A seal may reach beyond the preallocated length: it is no reason to begin a segment.
    fn seal(&mut self) -> Result<(), Error> {
        if self.failed {
            return Err(Error::Failed);
        }
        if self.sealed {
            return Ok(());
        }
        let mut frame = self.take_buffer();
        segment::encode_seal(&mut frame, self.seed, &self.head);
        self.write(frame)?;
        self.sealed = true;
        let (head, end) = (self.head, self.tail.end);
        self.durable.publish(|extent| extent.advance(head, end));
        Ok(())
    }
}

impl Local {
    /// Opens the journal below a directory, or begins one there under the given id, and makes sure
    /// that all of what it then says it holds is durable. Reads every byte. Refuses damage, and a
    /// journal that lacks or contradicts what was witnessed, without touching a file.
    pub fn open(
        dir: &Path,
        options: Options,
        journal_id_if_new: [u8; 16],
        witness: Option<Witness>,
    ) -> Result<Opened, Error> {
        let parents = make_dir(dir)?;
        let lock = lock(dir)?;
        let names = File::open(dir).map_err(|source| Error::io(dir, "open", source))?;
        let mut found = scan(dir, witness)?;
        if let Some(leftover) = &found.leftover {
            disk::at("open.remove")
                .and_then(|()| fs::remove_file(leftover))
                .map_err(|source| Error::io(leftover, "remove", source))?;
        }
        let journal_id = found.journal_id.unwrap_or(journal_id_if_new);
        let tail = match settle(dir, options, &mut found)? {
            Some(tail) => tail,
            None => {
                let header = Header {
                    journal_id,
                    number: 1,
                    before: Position::START,
                };
                let tail = create((dir, &names), &header, options.segment_bytes)?;
                found.extent.begin(Arc::clone(&tail.file), tail.end);
                tail
            }
        };
        // Also after a removal, and for a segment whose creator died before it came to this.
        for named in std::iter::once(&dir.to_path_buf()).chain(&parents) {
            disk::sync_dir("open.sync_dir", named)
                .map_err(|source| Error::io(named, "sync", source))?;
        }
        let seed = segment::seed(&journal_id);
        let journal = Self {
            dir: dir.to_path_buf(),
            options,
            journal_id,
            seed,
            head: found.extent.head,
            tail,
            durable: Arc::new(Durable::new(dir, seed, found.extent)),
            names,
            sealed: found.sealed,
            failed: false,
            frame: Vec::new(),
            lock,
        };
        let sealed = found.sealed && found.torn.is_none();
        Ok(Opened {
            journal,
            torn: found.torn,
            sealed,
        })
    }

    /// What erases from closed segments.
    pub fn eraser(&self) -> Eraser {
        Eraser::new(&self.dir, &self.durable, self.seed)
    }

    /// The id that the journal was begun under.
    pub fn id(&self) -> [u8; 16] {
        self.journal_id
    }

    fn take_buffer(&mut self) -> Vec<u8> {
        let mut frame = std::mem::take(&mut self.frame);
        frame.clear();
        frame
    }

    /// Writes a frame behind the last one and syncs it.
    fn write(&mut self, frame: Vec<u8>) -> Result<(), Error> {
        let filled = self.tail.fill(frame.len() as u64);
        let (file, path) = (&self.tail.file, &self.tail.path);
        let written = filled
            .and_then(|()| disk::write("journal.write", file, &frame, self.tail.end))
            .map_err(|source| Error::io(path, "write", source))
            .and_then(|()| {
                if mutant::active("ack_before_sync") {
                    return Ok(());
                }
                disk::sync_data("journal.sync", file)
                    .map_err(|source| Error::io(path, "sync", source))
            });
        let bytes = frame.len() as u64;
        if frame.capacity() <= FRAME_KEPT_BYTES {
            self.frame = frame;
        }
        if let Err(error) = written {
            return Err(self.stopped(error, |journal| journal.tail.cut()));
        }
        self.tail.end += bytes;
        self.tail.bytes = self.tail.bytes.max(self.tail.end);
        Ok(())
    }

    /// Begins a segment that a frame of the given size fits into.
    fn next_segment(&mut self, given: u64) -> Result<(), Error> {
        let number = self.tail.number.saturating_add(1);
        let header = Header {
            journal_id: self.journal_id,
            number,
            before: self.head,
        };
        let bytes = self.options.segment_bytes.max(HEADER_BYTES + given);
        match create((&self.dir, &self.names), &header, bytes) {
            Ok(tail) => {
                let (file, end) = (Arc::clone(&tail.file), tail.end);
                self.tail = tail;
                self.durable.publish(|extent| extent.begin(file, end));
                self.durable.changed.notify_one();
                note_begun(&self.lock, number)
                    .map_err(|source| Error::io(&self.dir.join(LOCK), "write", source))
                    .map_err(|error| self.stopped(error, |_| Ok(())))
            }
            Err(error) => Err(self.stopped(error, |journal| {
                uncreate((&journal.dir, &journal.names), number)
            })),
        }
    }

    /// What an error on the disk leaves behind: a journal that goes on if there was no space left
    /// and what was begun is durably undone, else one that has failed.
    fn stopped(&mut self, error: Error, undo: impl FnOnce(&Self) -> Result<(), Error>) -> Error {
        let undone = matches!(error, Error::Full { .. }).then(|| undo(self));
        self.failed = !matches!(undone, Some(Ok(())));
        match undone {
            Some(Err(worse)) => worse,
            Some(Ok(())) | None => error,
        }
    }
}

impl Tail {
    /// Gives the next frames blocks, as zeros: the sync of a frame need not find any for it then.
    /// The further a segment is, the more at a time.
    fn fill(&mut self, frame: u64) -> io::Result<()> {
        let needed = self.end + frame;
        if needed <= self.filled {
            return Ok(());
        }
        let (least, most) = FILL_BYTES;
        let to = (needed + self.end.clamp(least, most)).min(self.bytes);
        let mut from = std::mem::replace(&mut self.filled, to).max(self.end);
        while from < to {
            let zeros = ZEROS.get(..(to - from) as usize).unwrap_or(&ZEROS);
            match disk::write("journal.fill", &self.file, zeros, from) {
                // The frame itself may fit yet.
                Err(error) if error.kind() == io::ErrorKind::StorageFull => return Ok(()),
                written => written?,
            }
            from += zeros.len() as u64;
        }
        Ok(())
    }

    /// Makes everything behind the last frame zeros again, durably.
    fn cut(&self) -> Result<(), Error> {
        let cut = disk::at("undo.cut")
            .and_then(|()| self.file.set_len(self.end))
            .and_then(|()| self.file.set_len(self.bytes));
        cut.and_then(|()| disk::sync_all("undo.sync", &self.file))
            .map_err(|source| undo_failed(&self.path, source))
    }
}

/// Repairs what a crash left of the newest segment and makes all of it durable; none if there is
/// none.
fn settle(dir: &Path, options: Options, found: &mut Scan) -> Result<Option<Tail>, Error> {
    let number = found.extent.segments.len() as u32;
    let Some(newest) = found.extent.segments.last_mut() else {
        return Ok(None);
    };
    let path = segment_path(dir, number);
    let failed = |doing| {
        let path = path.as_path();
        move |source| Error::io(path, doing, source)
    };
    let file = File::options()
        .read(true)
        .write(true)
        .open(&path)
        .map_err(failed("open"))?;
    let (offset, len) = found.last_write;
    let end = offset + len;
    if found.torn.is_some() {
        disk::at("open.truncate")
            .and_then(|()| file.set_len(end))
            .map_err(failed("truncate"))?;
    }
    let length = file.metadata().map_err(failed("read"))?.len();
    let bytes = options.segment_bytes.max(length).max(end);
    disk::at("open.extend")
        .and_then(|()| file.set_len(bytes))
        .map_err(failed("extend"))?;
    let mut last = vec![0; len as usize];
    file.read_exact_at(&mut last, offset)
        .map_err(failed("read"))?;
    disk::write("open.write", &file, &last, offset).map_err(failed("write"))?;
    disk::sync_all("open.sync", &file).map_err(failed("sync"))?;
    let file = Arc::new(file);
    *newest = Segment::of(Arc::clone(&file), end);
    Ok(Some(Tail {
        number,
        file,
        path,
        end,
        bytes,
        filled: end,
    }))
}

/// Creates a segment: its header and its name are durable before any frame can be written to it.
fn create((dir, names): (&Path, &File), header: &Header, bytes: u64) -> Result<Tail, Error> {
    let path = segment_path(dir, header.number);
    let bytes = bytes.max(HEADER_BYTES);
    let mut options = File::options();
    // What is in here is marked, some of it RED: for nobody but the owner.
    options.read(true).write(true).create_new(true).mode(0o600);
    let failed = |doing| {
        let path = path.as_path();
        move |source| Error::io(path, doing, source)
    };
    let file = disk::at("segment.create")
        .and_then(|()| options.open(&path))
        .map_err(failed("create"))?;
    disk::write("segment.write", &file, &header.encode(), 0).map_err(failed("write"))?;
    disk::at("segment.extend")
        .and_then(|()| file.set_len(bytes))
        .map_err(failed("extend"))?;
    disk::sync_all("segment.sync", &file).map_err(failed("sync"))?;
    disk::sync_all("segment.sync_dir", names).map_err(|source| Error::io(dir, "sync", source))?;
    let (number, file) = (header.number, Arc::new(file));
    Ok(Tail {
        number,
        file,
        path,
        end: HEADER_BYTES,
        bytes,
        filled: HEADER_BYTES,
    })
}

/// Says which segment was begun last; only once that segment is durable.
fn note_begun(lock: &File, number: u32) -> io::Result<()> {
    disk::write(
        "segment.note",
        lock,
        format!("{number:010}\n").as_bytes(),
        0,
    )?;
    disk::sync_data("segment.sync_note", lock)
}

/// Takes a segment away again whose creation failed. Its name must be gone for good: were it to
/// come back, it would not continue what has been appended to the segment before it since.
fn uncreate((dir, names): (&Path, &File), number: u32) -> Result<(), Error> {
    let path = segment_path(dir, number);
    match disk::at("undo.remove").and_then(|()| fs::remove_file(&path)) {
        // There never was such a name.
        Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(undo_failed(&path, source)),
        Ok(()) => disk::sync_all("undo.sync_dir", names).map_err(|source| undo_failed(dir, source)),
    }
}

/// Never [`Error::Full`], which would promise that the journal goes on.
fn undo_failed(file: &Path, source: io::Error) -> Error {
    Error::Io {
        file: file.to_path_buf(),
        doing: "undo a write to",
        source,
    }
}

/// How often the lock is tried. A process that was begun while it was held has it too until it
/// becomes another program, and one that is ending holds it for a moment more.
const LOCK_ATTEMPTS: u32 = 20;

/// The pause between two attempts.
const LOCK_PAUSE: Duration = Duration::from_millis(25);

/// Makes a directory; answers the directories to sync for its name to last: its parent, even if it
/// is not new, since its creator may have died before that, and the parents of all that are.
fn make_dir(dir: &Path) -> Result<Vec<PathBuf>, Error> {
    let dir = std::path::absolute(dir).map_err(|source| Error::io(dir, "find", source))?;
    let missing = dir.ancestors().take_while(|each| !each.exists()).count();
    fs::create_dir_all(&dir).map_err(|source| Error::io(&dir, "create", source))?;
    Ok(dir
        .ancestors()
        .skip(1)
        .take(missing.max(1))
        .map(Path::to_path_buf)
        .collect())
}

fn lock(dir: &Path) -> Result<File, Error> {
    let path = dir.join(LOCK);
    let mut options = File::options();
    options.create(true).truncate(false).write(true);
    let file = disk::at("open.lock").and_then(|()| options.open(&path));
    let file = file.map_err(|source| Error::io(&path, "open", source))?;
    for _ in 0..LOCK_ATTEMPTS {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => std::thread::park_timeout(LOCK_PAUSE),
            Err(TryLockError::Error(source)) => return Err(Error::io(&path, "lock", source)),
        }
    }
    Err(Error::Locked {
        dir: dir.to_path_buf(),
    })
}
