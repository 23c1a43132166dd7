//! What the files say when a journal is opened: every frame of every segment, checked, and a
//! verdict on the first bytes that are no frame. Never writes: a journal that is refused is left as
//! it was found. Used by `local`, which then repairs what may be repaired.
//!
//! The verdict rests on two habits of the writer: a frame is begun only after the sync of the frame
//! before it, and a segment only after the sync of the last frame of the segment before it. So of
//! all that was ever acknowledged nothing can be torn by a crash, and at most one frame, the last
//! one, can be torn at all:
//!
//! ```text
//! only zeros follow, up to the end of the file          clean end
//! a later segment, a later frame head, or a witness
//! shows that more was durable                           damage: refuse
//! neither                                               torn: cut
//! ```
//! What it cannot tell without a witness or a seal: a last frame that was durable and then damaged
//! looks like a torn one, and zeros where the last frames were look like a shorter journal.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use super::local::{LOCK, Torn};
use super::reader::{Extent, Found, Window, segment_path};
use super::segment::{self, ALIGN, Flaw, HEAD_BYTES, HEADER_BYTES, Head, Header, Kind, Place};
use super::{Error, Position, Witness};

/// What was found.
pub(super) struct Scan {
    /// Of the first segment; none when there is none.
    pub(super) journal_id: Option<[u8; 16]>,
    pub(super) extent: Extent,
    /// The last thing written to the newest segment, padded: its last frame, or else its header.
    pub(super) last_write: (u64, u64),
    pub(super) torn: Option<Torn>,
    /// A newest segment whose creation was cut short.
    pub(super) leftover: Option<PathBuf>,
    /// Whether the last frame is a seal.
    pub(super) sealed: bool,
    dir: PathBuf,
    witnesses: Vec<Witness>,
    inspect: Option<Inspect>,
    seed: u32,
}

/// What else is asked of a record: its position, its envelope, its bodies with their salts before
/// them; or what is wrong with it.
pub(super) type Inspect = Rc<dyn Fn(&Position, &[u8], &Bodies<'_>) -> Result<(), String>>;
/// Salts and bodies, in the record's order.
pub(super) type Bodies<'a> = [(&'a [u8], &'a [u8])];

/// Reads everything below a journal's directory.
pub(super) fn scan(dir: &Path, witness: Option<Witness>) -> Result<Scan, Error> {
    let (scan, ended) = inspected(dir, witness.into_iter().collect(), None);
    ended.map(|()| scan)
}

/// The same, with more to hold it against; also what was read before an error.
pub(super) fn inspected(
    dir: &Path,
    witnesses: Vec<Witness>,
    inspect: Option<Inspect>,
) -> (Scan, Result<(), Error>) {
    let mut scan = Scan {
        journal_id: None,
        extent: Extent::new(),
        last_write: (0, HEADER_BYTES),
        torn: None,
        leftover: None,
        sealed: false,
        dir: dir.to_path_buf(),
        witnesses,
        inspect,
        seed: 0,
    };
    let ended = scan.read();
    (scan, ended)
}

/// The number of the newest segment that the writer says it has begun, in the file `LOCK`: a newest
/// segment that is missing leaves no other trace.
fn begun(dir: &Path) -> Option<u32> {
    let text = fs::read_to_string(dir.join(LOCK)).ok()?;
    text.trim_end().parse().ok()
}

/// The numbers of the segments there are, in order. Files with other names are not the journal's.
fn numbers(dir: &Path) -> Result<Vec<u32>, Error> {
    let list = |source| Error::io(dir, "list", source);
    let mut numbers = Vec::new();
    for entry in fs::read_dir(dir).map_err(list)? {
        let name = entry.map_err(list)?.file_name();
        let stem = name.to_str().and_then(|name| name.strip_suffix(".seg"));
        let number = stem.and_then(|stem| stem.parse().ok());
        numbers
            .extend(number.filter(|number| segment_path(dir, *number).file_name() == Some(&name)));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

impl Scan {
    fn read(&mut self) -> Result<(), Error> {
        self.check_witness(&Position::START, (&segment_path(&self.dir, 1), 0))?;
        let numbers = numbers(&self.dir)?;
        let newest = numbers.last().copied();
        for (number, expected) in numbers.into_iter().zip(1..) {
            if number != expected {
                return Err(Error::damaged(
                    &segment_path(&self.dir, expected),
                    0,
                    "the segment is missing",
                ));
            }
            self.segment(number, Some(number) == newest)?;
        }
        self.check_begun(newest.unwrap_or_default())?;
        self.check_end()
    }

    /// The newest segment that was begun is there.
    fn check_begun(&self, newest: u32) -> Result<(), Error> {
        match begun(&self.dir) {
            Some(begun) if begun > newest => Err(Error::damaged(
                &segment_path(&self.dir, begun),
                0,
                "the segment is missing",
            )),
            Some(_) | None => Ok(()),
        }
    }

    fn segment(&mut self, number: u32, newest: bool) -> Result<(), Error> {
        let path = segment_path(&self.dir, number);
        let read = |source| Error::io(&path, "read", source);
        let file = File::open(&path).map_err(|source| Error::io(&path, "open", source))?;
        let file = Arc::new(file);
        let limit = file.metadata().map_err(read)?.len();
        let mut window = Window::new(Arc::clone(&file), limit);
        if !self.header(&mut window, number, newest)? {
            self.leftover = Some(path);
            return Ok(());
        }
        self.last_write = (0, HEADER_BYTES);
        let mut place = Place {
            segment: number,
            offset: HEADER_BYTES,
        };
        loop {
            match window.frame(place.offset, self.seed).map_err(read)? {
                Found::Frame(head) => {
                    let frame = window.get(place.offset, head.frame_bytes()).map_err(read)?;
                    self.frame(&head, frame, place)?;
                    place.offset += head.padded_bytes();
                }
                Found::Nothing(why) => {
                    let Some(used) = window.used_to(place.offset).map_err(read)? else {
                        break;
                    };
                    if !newest {
                        let why = format!("{why}, and a later segment exists");
                        return Err(Error::damaged(&path, place.offset, why));
                    }
                    self.judge(&mut window, place, used, why)?;
                    break;
                }
            }
        }
        // Of the padding behind the last frame the file may hold less than it should.
        self.extent.begin(file, place.offset.min(limit));
        Ok(())
    }

    /// Whether there is a header; none is the mark of a newest segment that was never begun.
    fn header(&mut self, window: &mut Window, number: u32, newest: bool) -> Result<bool, Error> {
        let path = segment_path(&self.dir, number);
        let read = |source| Error::io(&path, "read", source);
        let bytes = window.get(0, HEADER_BYTES).map_err(read)?;
        // Noted only once its header was durable.
        let noted = begun(&self.dir).is_some_and(|begun| number <= begun);
        let header = match bytes.first_chunk() {
            // The header is synced before the first frame, so in a file this short there was none.
            None if newest && !noted => return Ok(false),
            None => return Err(Error::damaged(&path, 0, "the segment header is cut off")),
            Some(header) if *header == [0; HEADER_BYTES as usize] && newest && !noted => {
                let Some(used) = window.used_to(0).map_err(read)? else {
                    return Ok(false);
                };
                let why = format!("frames up to offset {used} without a segment header");
                return Err(Error::damaged(&path, 0, why));
            }
            Some(header) => Header::parse(header),
        };
        let header = header.map_err(|flaw| match flaw {
            Flaw::Bad(why) => Error::damaged(&path, 0, why),
            Flaw::TooNew(given) => Error::TooNew {
                file: path.clone(),
                given,
                allowed: segment::FORMAT,
            },
        })?;
        if header.number != number {
            let why = format!(
                "this is segment {}, under the name of {number}",
                header.number
            );
            return Err(Error::damaged(&path, 12, why));
        }
        let id = *self.journal_id.get_or_insert(header.journal_id);
        self.seed = segment::seed(&id);
        if header.journal_id != id {
            return Err(Error::damaged(
                &path,
                16,
                "the segment belongs to another journal",
            ));
        }
        self.check_link(&header, &path)?;
        Ok(true)
    }

    /// A segment begins where the one before it ends.
    fn check_link(&self, header: &Header, path: &Path) -> Result<(), Error> {
        let (head, begins) = (&self.extent.head, header.before.revision + 1);
        if header.before == *head {
            return Ok(());
        }
        let Some(last) = self
            .extent
            .segments
            .last()
            .filter(|_| header.before.revision > head.revision)
        else {
            let why = format!(
                "does not continue revision {}: begins at {begins}",
                head.revision
            );
            return Err(Error::damaged(path, 32, why));
        };
        let why = format!(
            "ends with revision {}, but the next begins at {begins}",
            head.revision
        );
        Err(Error::damaged(
            &segment_path(&self.dir, header.number - 1),
            last.end,
            why,
        ))
    }

    fn frame(&mut self, head: &Head, frame: &[u8], place: Place) -> Result<(), Error> {
        let path = segment_path(&self.dir, place.segment);
        let damaged = |why: String| Error::damaged(&path, place.offset, why);
        head.follows(&self.extent.head).map_err(damaged)?;
        for record in head.records(frame) {
            let before = self.extent.head;
            let record = record.ok_or_else(|| damaged("the frame holds no such record".into()))?;
            if record.time_us <= before.time_us {
                return Err(damaged(format!(
                    "time goes back after revision {}",
                    before.revision
                )));
            }
            let envelope = frame.get(record.envelope).unwrap_or_default();
            let position = before.next(record.time_us, envelope);
            if let Some(inspect) = self.inspect.clone() {
                let bodies = record.bodies.iter().map(|body| {
                    let bytes = frame.get(body.bytes.clone()).unwrap_or_default();
                    (body.salt.as_slice(), bytes)
                });
                let bodies: Vec<_> = bodies.collect();
                inspect(&position, envelope, &bodies).map_err(damaged)?;
            }
            self.check_witness(&position, (&path, place.offset))?;
            self.extent.head = position;
        }
        self.last_write = (place.offset, head.padded_bytes());
        self.sealed = head.kind == Kind::Seal;
        if head.kind == Kind::Group {
            self.extent.mark(head.revision, place);
        }
        Ok(())
    }

    /// The chain at the witness's revision is the witness's.
    fn check_witness(&self, head: &Position, (path, offset): (&Path, u64)) -> Result<(), Error> {
        let contradicts =
            |witness: &Witness| witness.revision == head.revision && witness.chain != head.chain;
        if self.witnesses.iter().any(contradicts) {
            let why = format!(
                "revision {} is not the one that was witnessed",
                head.revision
            );
            return Err(Error::damaged(path, offset, why));
        }
        Ok(())
    }

    /// What was witnessed is there.
    fn check_end(&self) -> Result<(), Error> {
        let (held, end) = (
            self.extent.head.revision,
            self.last_write.0 + self.last_write.1,
        );
        let witnessed = self.witnesses.iter().map(|witness| witness.revision).max();
        match witnessed {
            Some(witnessed) if witnessed > held => {
                let path = segment_path(&self.dir, self.extent.segments.len().max(1) as u32);
                let why = format!("ends with revision {held}, but {witnessed} was durable");
                Err(Error::damaged(&path, end, why))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Bytes in the newest segment that are no frame, the last of them before `used`: damage, or a
    /// tear to be cut.
    fn judge(
        &mut self,
        window: &mut Window,
        place: Place,
        used: u64,
        why: &'static str,
    ) -> Result<(), Error> {
        let file = segment_path(&self.dir, place.segment);
        let later = self.later_head(window, place.offset + ALIGN, used);
        let later = later.map_err(|source| Error::io(&file, "read", source))?;
        if let Some((offset, revision)) = later {
            let why = format!("{why}, yet revision {revision} follows at offset {offset}");
            return Err(Error::damaged(&file, place.offset, why));
        }
        self.torn = Some(Torn {
            file,
            offset: place.offset,
            bytes: used - place.offset,
            last_revision: self.extent.head.revision,
        });
        Ok(())
    }

    /// The first head of a frame that shows a revision beyond the last good one: proof that the
    /// bytes before it were durable, even if that later frame is itself torn. One look at each
    /// multiple of [`ALIGN`], each of a bounded cost.
    fn later_head(
        &self,
        window: &mut Window,
        from: u64,
        used: u64,
    ) -> std::io::Result<Option<(u64, i64)>> {
        let mut offset = from;
        while offset < used {
            let piece = window.get(offset, HEAD_BYTES)?;
            let found = Head::parse(piece, self.seed).map(|head| head.last_revision());
            if let Some(revision) = found.filter(|revision| *revision > self.extent.head.revision) {
                return Ok(Some((offset, revision)));
            }
            offset += ALIGN;
        }
        Ok(None)
    }
}
