//! Reading of segments: [`Window`] reads one file forward in large pieces, [`Durable`] is what the
//! local journal shares with all its readers.
//!
//! Closed segments are opened when they are read and only so many stay open: which ones, the clock
//! algorithm says, so that a journal may have any number of segments.
//!
//! A reader sees only what is durable: the journal publishes a frame after its sync, never before,
//! so a read needs no coordination with a write beyond one short lock. Nothing here writes.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;
use crc32c::crc32c;
use tokio::sync::Notify;

use super::segment::{self, HEAD_BYTES, HEADER_BYTES, Head, Kind, Place};
use super::{Body, Entries, Entry, Error, Locator, Position, Reader, Record};
use crate::model::Revision;

/// How much is read at once: little at first, for the many who want one entry, soon more.
const READ_BYTES_MIN: u64 = 32 << 10;
const READ_BYTES_MAX: u64 = 1 << 20;
/// Compared with instead of looking at byte after byte: most of a new segment is zeros.
static ZEROS: [u8; 4096] = [0; 4096];
/// So many segments stay open, besides the newest.
pub(super) const FILES_OPEN_MAX: usize = 64;
/// At least this many bytes of frames lie between two marks.
const MARK_BYTES: u64 = 64 << 10;

/// The path of a segment; names sort as numbers do.
pub(super) fn segment_path(dir: &Path, number: u32) -> PathBuf {
    dir.join(format!("{number:010}.seg"))
}

/// A file read forward through one buffer, up to a limit.
pub(super) struct Window {
    file: Arc<File>,
    limit: u64,
    start: u64,
    bytes: Vec<u8>,
    read_bytes: u64,
}

/// What stands at an offset where a frame may begin.
pub(super) enum Found {
    /// A frame whose crc holds and whose padding is zero.
    Frame(Head),
    /// Anything else, and why it is no frame.
    Nothing(&'static str),
}

impl Window {
    /// Reads from `file`, never at or beyond `limit`, which the file must reach.
    pub(super) fn new(file: Arc<File>, limit: u64) -> Self {
        Self {
            file,
            limit,
            start: 0,
            bytes: Vec::new(),
            read_bytes: READ_BYTES_MIN,
        }
    }

    pub(super) fn limit(&self) -> u64 {
        self.limit
    }

    /// The bytes at an offset: as many as asked for, or fewer where the limit cuts them off.
    pub(super) fn get(&mut self, offset: u64, len: u64) -> io::Result<&[u8]> {
        let end = offset.saturating_add(len).min(self.limit);
        let offset = offset.min(end);
        if offset < self.start || end > self.start + self.bytes.len() as u64 {
            let piece = (end - offset).max(self.read_bytes).min(self.limit - offset);
            self.read_bytes = (self.read_bytes * 4).min(READ_BYTES_MAX);
            self.bytes.clear();
            self.bytes.resize(piece as usize, 0);
            self.start = offset;
            if let Err(error) = self.file.read_exact_at(&mut self.bytes, offset) {
                self.bytes.clear();
                return Err(error);
            }
        }
        let from = (offset - self.start) as usize;
        Ok(self
            .bytes
            .get(from..from + (end - offset) as usize)
            .unwrap_or_default())
    }

    /// The head of a frame, if one begins here.
    pub(super) fn head(&mut self, offset: u64, seed: u32) -> io::Result<Option<Head>> {
        Ok(Head::parse(self.get(offset, HEAD_BYTES)?, seed))
    }

    /// The frame that begins here, checked as a whole; its bytes are at `get(offset, frame_bytes)`.
    pub(super) fn frame(&mut self, offset: u64, seed: u32) -> io::Result<Found> {
        let Some(head) = self.head(offset, seed)? else {
            return Ok(Found::Nothing("no frame begins here"));
        };
        let padded = self.get(offset, head.padded_bytes())?;
        // Padding that the file is too short for is as good as zeros: a shorter file is extended.
        let (frame, padding) = padded.split_at(padded.len().min(head.frame_bytes() as usize));
        if (frame.len() as u64) < head.frame_bytes() {
            return Ok(Found::Nothing("the frame is cut off"));
        }
        if !head.holds(frame, seed) {
            return Ok(Found::Nothing("the crc of the frame does not match"));
        }
        if padding.iter().any(|byte| *byte != 0) {
            return Ok(Found::Nothing("the padding of the frame is not zero"));
        }
        Ok(Found::Frame(head))
    }

    /// The end of the last byte that is not zero, from an offset to the limit.
    pub(super) fn used_to(&mut self, from: u64) -> io::Result<Option<u64>> {
        let mut used = None;
        let mut at = from;
        while at < self.limit {
            let piece = self.get(at, ZEROS.len() as u64)?;
            if !ZEROS.starts_with(piece) {
                let last = piece
                    .iter()
                    .rposition(|byte| *byte != 0)
                    .unwrap_or_default();
                used = Some(at + last as u64 + 1);
            }
            at += piece.len() as u64;
        }
        Ok(used)
    }
}

/// What is durable, and where.
pub(super) struct Durable {
    dir: PathBuf,
    seed: u32,
    extent: RwLock<Extent>,
    /// Told when a segment is closed, or something is erased from one.
    pub(super) changed: Notify,
}

/// How far the durable reaches.
pub(super) struct Extent {
    /// By number, from 1.
    pub(super) segments: Vec<Segment>,
    /// One place for at least [`MARK_BYTES`] of frames, so that a reader need not begin at the
    /// start.
    pub(super) marks: Vec<Mark>,
    pub(super) head: Position,
    /// How many segments are open.
    open: usize,
    /// Where the clock's hand stands: the segment to be looked at next for closing.
    hand: usize,
}

pub(super) struct Segment {
    /// Open for now.
    file: Option<Arc<File>>,
    /// Read since the hand went by.
    used: AtomicBool,
    /// The end of its last durable frame.
    pub(super) end: u64,
}

impl Segment {
    pub(super) fn of(file: Arc<File>, end: u64) -> Self {
        Self {
            file: Some(file),
            used: AtomicBool::new(true),
            end,
        }
    }
}

/// A frame and its first revision.
pub(super) struct Mark {
    revision: Revision,
    place: Place,
}

impl Extent {
    pub(super) const fn new() -> Self {
        Self {
            segments: Vec::new(),
            marks: Vec::new(),
            head: Position::START,
            open: 0,
            hand: 0,
        }
    }

    /// Reads a segment from another file from now on, which holds the same but for what was erased.
    pub(super) fn replace(&mut self, number: u32, file: Arc<File>) {
        let at = (number as usize).checked_sub(1);
        let Some(segment) = at.and_then(|at| self.segments.get_mut(at)) else {
            return;
        };
        if segment.file.replace(file).is_none() {
            self.open += 1;
            self.close_some();
        }
    }

    /// The end of the last durable frame of a segment that is closed.
    pub(super) fn closed_end(&self, number: u32) -> Option<u64> {
        let closed = (number as usize) < self.segments.len();
        self.segment(number)
            .filter(|_| closed)
            .map(|found| found.end)
    }

    /// Takes note of a newer segment, whose last durable frame ends here.
    pub(super) fn begin(&mut self, file: Arc<File>, end: u64) {
        self.segments.push(Segment::of(file, end));
        self.open += 1;
        self.close_some();
    }

    /// Keeps a segment open that was opened to be read.
    fn keep(&mut self, number: u32, file: &Arc<File>) {
        let Some(segment) = (number as usize)
            .checked_sub(1)
            .and_then(|at| self.segments.get_mut(at))
        else {
            return;
        };
        if segment.file.is_none() {
            segment.file = Some(Arc::clone(file));
            self.open += 1;
            self.close_some();
        }
    }

    /// Closes segments until no more than the bound are open: never the newest, and one that was
    /// read lately only when the hand comes by again. Who still reads one keeps it until he is
    /// done.
    fn close_some(&mut self) {
        let closed = self.segments.len().saturating_sub(1);
        let mut looks = 2 * closed;
        while self.open > FILES_OPEN_MAX + 1 && looks > 0 {
            looks -= 1;
            self.hand = (self.hand + 1) % closed.max(1);
            let Some(segment) = self.segments.get_mut(self.hand) else {
                return;
            };
            let used = segment.used.swap(false, Ordering::Relaxed);
            if !used && segment.file.take().is_some() {
                self.open -= 1;
            }
        }
    }

    /// Takes note of a group of this first revision at a place.
    pub(super) fn mark(&mut self, revision: Revision, place: Place) {
        let near = self.marks.last().is_some_and(|mark| {
            mark.place.segment == place.segment && place.offset - mark.place.offset < MARK_BYTES
        });
        if !near {
            self.marks.push(Mark { revision, place });
        }
    }

    /// Takes note of a frame that ends here and of the head it brought.
    pub(super) fn advance(&mut self, head: Position, end: u64) {
        self.head = head;
        if let Some(newest) = self.segments.last_mut() {
            newest.end = end;
        }
    }

    fn segment(&self, number: u32) -> Option<&Segment> {
        self.segments.get((number as usize).checked_sub(1)?)
    }
}

impl Durable {
    pub(super) fn new(dir: &Path, seed: u32, extent: Extent) -> Self {
        Self {
            dir: dir.to_path_buf(),
            seed,
            extent: RwLock::new(extent),
            changed: Notify::new(),
        }
    }

    /// Lets readers see more.
    pub(super) fn publish(&self, change: impl FnOnce(&mut Extent)) {
        change(&mut self.extent.write().unwrap_or_else(PoisonError::into_inner));
    }

    /// Looks at the extent; the lock is held for as long as the look takes, so it must be short.
    pub(super) fn look<T>(&self, at: impl FnOnce(&Extent) -> T) -> T {
        at(&self.extent.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn window(&self, number: u32) -> Result<Option<Window>, Error> {
        let end = self.look(|extent| extent.segment(number).map(|found| found.end));
        end.map(|end| Ok(Window::new(self.file(number)?, end)))
            .transpose()
    }

    /// A segment's file, opened when it is not.
    fn file(&self, number: u32) -> Result<Arc<File>, Error> {
        let open = self.look(|extent| {
            let segment = extent.segment(number)?;
            segment.used.store(true, Ordering::Relaxed);
            segment.file.clone()
        });
        if let Some(file) = open {
            return Ok(file);
        }
        let path = segment_path(&self.dir, number);
        let file = File::open(&path).map_err(|source| Error::io(&path, "open", source))?;
        let file = Arc::new(file);
        self.publish(|extent| extent.keep(number, &file));
        Ok(file)
    }
}

impl Reader for Durable {
    fn body(&self, at: Locator) -> Result<Bytes, Error> {
        let damaged = |why| Error::damaged(&segment_path(&self.dir, at.segment), at.offset, why);
        let durable = self.look(|extent| {
            let end = at.offset.checked_add(u64::from(at.len));
            let found = extent.segment(at.segment).zip(end);
            found.is_some_and(|(found, end)| end <= found.end)
        });
        if !durable {
            return Err(damaged("a body is said to lie beyond the durable end"));
        }
        let file = self.file(at.segment)?;
        let mut bytes = vec![0; at.len as usize];
        file.read_exact_at(&mut bytes, at.offset)
            .map_err(|source| Error::io(&segment_path(&self.dir, at.segment), "read", source))?;
        if crc32c(&bytes) != at.crc {
            return Err(damaged("the crc of a body does not match"));
        }
        Ok(bytes.into())
    }

    fn entries(&self, from: Revision) -> Result<Entries<'_>, Error> {
        let from = from.max(1);
        let (last, start) = self.look(|extent| {
            let after = extent.marks.partition_point(|mark| mark.revision <= from);
            let mark = after
                .checked_sub(1)
                .and_then(|index| extent.marks.get(index));
            (extent.head.revision, mark.map(|mark| mark.place))
        });
        let place = start.unwrap_or(Place {
            segment: 1,
            offset: HEADER_BYTES,
        });
        let window = self.window(place.segment)?;
        Ok(Box::new(Walk {
            durable: self,
            place,
            window,
            from,
            last,
            before: None,
            ready: VecDeque::new(),
            ended: from > last,
        }))
    }

    fn size(&self) -> (u32, u64) {
        self.look(|extent| {
            let used = extent.segments.iter().map(|segment| segment.end).sum();
            (extent.segments.len() as u32, used)
        })
    }
}

/// From a mark to the head of the moment the walk began.
struct Walk<'a> {
    durable: &'a Durable,
    place: Place,
    window: Option<Window>,
    from: Revision,
    last: Revision,
    /// Where the last frame that was read in full ended.
    before: Option<Position>,
    ready: VecDeque<Entry>,
    ended: bool,
}

impl Iterator for Walk<'_> {
    type Item = Result<Entry, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(entry) = self.ready.pop_front() {
                return Some(Ok(entry));
            }
            if self.ended {
                return None;
            }
            if let Err(error) = self.advance() {
                self.ended = true;
                self.ready.clear();
                return Some(Err(error));
            }
        }
    }
}

impl Walk<'_> {
    /// One frame, or the change to the next segment.
    fn advance(&mut self) -> Result<(), Error> {
        let file = segment_path(&self.durable.dir, self.place.segment);
        let read = |source| Error::io(&file, "read", source);
        let damaged = |why: &str| Error::damaged(&file, self.place.offset, why);
        let Some(window) = &mut self.window else {
            return Err(damaged("the segment is missing"));
        };
        if self.place.offset >= window.limit() {
            let segment = self.place.segment.saturating_add(1);
            self.place = Place {
                segment,
                offset: HEADER_BYTES,
            };
            self.window = self.durable.window(segment)?;
            return Ok(());
        }
        let head = window
            .head(self.place.offset, self.durable.seed)
            .map_err(read)?;
        let head = head.ok_or_else(|| damaged("no frame begins here"))?;
        if head.kind == Kind::Group && head.last_revision() >= self.from {
            match window
                .frame(self.place.offset, self.durable.seed)
                .map_err(read)?
            {
                Found::Frame(head) => self.unpack(&head, &file)?,
                Found::Nothing(why) => return Err(damaged(why)),
            }
        }
        self.place.offset += head.padded_bytes();
        Ok(())
    }

    fn unpack(&mut self, head: &Head, file: &Path) -> Result<(), Error> {
        let damaged = |why: &str| Error::damaged(file, self.place.offset, why);
        let Some(window) = &mut self.window else {
            return Err(damaged("the segment is missing"));
        };
        let bytes = window
            .get(self.place.offset, head.frame_bytes())
            .map_err(|source| Error::io(file, "read", source))?;
        let bytes = Bytes::copy_from_slice(bytes);
        // A walk that begins here has nothing to compare the chain with but the frame's own word.
        let start = Position {
            revision: head.revision - 1,
            time_us: 0,
            chain: head.chain,
        };
        let mut position = self.before.unwrap_or(start);
        head.follows(&position).map_err(|why| damaged(&why))?;
        for record in head.records(&bytes) {
            let record = record.ok_or_else(|| damaged("the frame holds no such record"))?;
            let entry = entry(&position, &record, &bytes, self.place);
            position = entry.position;
            if position.revision >= self.from {
                self.ready.push_back(entry);
            }
        }
        self.before = Some(position);
        self.ended = position.revision >= self.last;
        Ok(())
    }
}

fn entry(before: &Position, at: &segment::RecordAt, frame: &Bytes, place: Place) -> Entry {
    let envelope = frame.slice(at.envelope.clone());
    let mut record = Record {
        envelope,
        bodies: Vec::with_capacity(at.bodies.len()),
    };
    let mut bodies = Vec::with_capacity(at.bodies.len());
    for body in &at.bodies {
        let bytes = frame.slice(body.bytes.clone());
        let offset = place.offset + body.bytes.start as u64;
        let (len, crc) = (bytes.len() as u32, crc32c(&bytes));
        bodies.push(Locator {
            segment: place.segment,
            offset,
            len,
            crc,
        });
        record.bodies.push(Body {
            salt: body.salt,
            bytes,
        });
    }
    Entry {
        position: before.next(at.time_us, &record.envelope),
        record,
        bodies,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_sparse_and_begin_anew_with_each_segment() {
        let mut extent = Extent::new();
        for number in 0..2_048 {
            let (segment, offset) = (1 + number / 1_024, u64::from(number % 1_024) << 10);
            extent.mark(i64::from(number) + 1, Place { segment, offset });
        }
        let revisions: Vec<_> = extent.marks.iter().map(|mark| mark.revision).collect();
        let expected: Vec<_> = (0..32).map(|mark| mark * 64 + 1).collect();
        assert_eq!(revisions, expected);
    }
}
