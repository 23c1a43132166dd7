//! A backup: everything up to a revision as one stream, made while the ledger goes on.
//!
//! It is a copy of the journal's records (the layout is in `journal::copy`), so a restored ledger
//! has the same revisions, times, chain and page tokens. One that continues another holds only
//! what came after. Writing one, taking it in at the other end and restoring it all check the same:
//! every crc, every link of the chain, and every body against the salted hash that the chain
//! covers. It ends with the digest of what can be read at its head.
//!
//! What is purged or compacted meanwhile would leave it with bodies erased and no record that says
//! so. It waits for no such work and holds none up: it goes on up to that record as well.

use std::path::Path;

use super::Ledger;
use super::committer::random;
use super::journal::copy::{Pack, Piece, Trailer, Unpack};
use super::journal::{self, Body, Entry, Position, Reader, Record, Stamped};
use crate::error::Error;
use crate::model::Revision;
use crate::model::limits::Limits;
use crate::wire::record;

/// Bytes of records that one frame of a backup gathers before it is written.
const FRAME_BYTES: usize = 512 << 10;

/// How often a backup goes on because of what was purged or compacted meanwhile.
const EXTENSIONS_MAX: usize = 16;

/// A backup that is about to be written.
pub struct Backup {
    ledger: Ledger,
    from: Revision,
    revision: Revision,
}

/// Takes a backup in and checks it; believes nothing.
pub struct Check {
    name: String,
    unpack: Unpack,
    begins: Option<Position>,
    trailer: Option<Trailer>,
    records: u64,
}

/// What a checked backup holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checked {
    /// What it continues; revision 0 for a backup of everything.
    pub begins: Position,
    /// Its end.
    pub trailer: Trailer,
    /// Its records.
    pub records: u64,
}

impl Ledger {
    /// A backup of everything after a revision, 0 for all, as of now.
    pub fn backup(&self, from: Revision) -> Result<Backup, Error> {
        let revision = *self.inner.head.borrow();
        if !(0..=revision).contains(&from) {
            return Err(Error::OutOfRange {
                reason: "REVISION_IN_FUTURE",
                requested: format!("revision {from}"),
                available: format!("a backup can continue one of revision 1 to {revision}"),
            });
        }
        Ok(Backup {
            ledger: self.clone(),
            from,
            revision,
        })
    }

    /// One hash over everything that can be read at a revision, whoever may see it.
    pub fn digest(&self, revision: Revision) -> Result<[u8; 32], Error> {
        self.inner.store.digest(revision)
    }
}

impl Backup {
    /// The revision that it will hold at least.
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// About how many bytes it will have.
    pub fn bytes_estimate(&self) -> u64 {
        let (_, bytes) = self.ledger.inner.journal.size();
        let part = (self.revision - self.from).unsigned_abs();
        let all = self.revision.unsigned_abs().max(1);
        let estimate = u128::from(bytes) * u128::from(part) / u128::from(all);
        u64::try_from(estimate).unwrap_or(bytes)
    }

    /// Writes it, in pieces of any size; blocks. An error of the sink ends it.
    pub fn write(&self, sink: Sink<'_>) -> Result<Trailer, Error> {
        let reader = self.ledger.inner.journal.as_ref();
        let mut out = Out {
            pack: Pack::new(random()?),
            gathered: Vec::new(),
            bytes: 0,
            sink,
        };
        let mut head = position(reader, self.from)?;
        (out.sink)(out.pack.header(head))?;
        let mut last = self.revision;
        for _ in 0..EXTENSIONS_MAX {
            head = out.entries(reader, head, last)?;
            if head.revision != last {
                return Err(of_revision(last, "the journal ends before it"));
            }
            let digest = self.ledger.digest(last);
            if self.ledger.inner.store.decided() <= last {
                let trailer = Trailer {
                    head,
                    digest: digest?,
                };
                (out.sink)(out.pack.trailer(&trailer))?;
                return Ok(trailer);
            }
            last = *self.ledger.inner.head.borrow();
        }
        Err(Error::Unavailable {
            reason: "HISTORY_CHANGES",
            description: "history was purged or compacted again and again during the backup; make \
                          it anew afterwards"
                .to_owned(),
        })
    }
}

/// Where the bytes of a backup go.
pub type Sink<'a> = &'a mut dyn FnMut(&[u8]) -> Result<(), Error>;

/// Gathers records into frames.
struct Out<'a> {
    pack: Pack,
    gathered: Vec<Stamped>,
    bytes: usize,
    sink: Sink<'a>,
}

impl Out<'_> {
    /// What follows a position, up to a revision; answers where it ends.
    fn entries(
        &mut self,
        reader: &dyn Reader,
        mut head: Position,
        last: Revision,
    ) -> Result<Position, Error> {
        for entry in reader.entries(head.revision + 1).map_err(unreadable)? {
            let Entry {
                position, record, ..
            } = entry.map_err(unreadable)?;
            if position.revision > last {
                break;
            }
            sound(&record).map_err(|why| of_revision(position.revision, &why))?;
            if self.gather(position.time_us, record) {
                self.flush_group(&mut head)?;
            }
        }
        self.flush_group(&mut head)?;
        Ok(head)
    }

    /// Whether there is enough for a frame.
    fn gather(&mut self, time_us: i64, mut record: Record) -> bool {
        // Of what was erased only the place is left, which a backup need not carry.
        let erased = |body: &&mut Body| record::erased(&body.salt, &body.bytes);
        for body in record.bodies.iter_mut().filter(erased) {
            body.bytes.clear();
        }
        let bodies = record.bodies.iter();
        let bodies: usize = bodies.map(|body| body.bytes.len() + 20).sum();
        self.bytes += record.envelope.len() + 16 + bodies;
        self.gathered.push(Stamped { time_us, record });
        self.bytes >= FRAME_BYTES
    }

    fn flush_group(&mut self, head: &mut Position) -> Result<(), Error> {
        if self.gathered.is_empty() {
            return Ok(());
        }
        self.bytes = 0;
        let group = std::mem::take(&mut self.gathered);
        let (frame, last) = self.pack.group(head, &group);
        *head = last;
        (self.sink)(frame)
    }
}

/// Where a revision stands.
pub(super) fn position(reader: &dyn Reader, revision: Revision) -> Result<Position, Error> {
    if revision == 0 {
        return Ok(Position::START);
    }
    let entry = reader.entries(revision).map_err(unreadable)?.next();
    let entry = entry.ok_or_else(|| of_revision(revision, "it is not there"))?;
    Ok(entry.map_err(unreadable)?.position)
}

/// Whether every body is the one that the envelope speaks of, or why not.
pub(super) fn sound(record: &Record) -> Result<(), String> {
    let envelope = record::decode(&record.envelope)
        .map_err(|error| format!("its envelope cannot be read: {error:?}"))?;
    if envelope.effects.len() != record.bodies.len() {
        return Err("it has another number of bodies than effects".to_owned());
    }
    let mut pairs = envelope.effects.iter().zip(&record.bodies);
    match pairs.find(|(effect, body)| !record::holds(effect, &body.salt, &body.bytes)) {
        Some((effect, _)) => Err(format!("the body of \"{}\" is not its own", effect.name)),
        None => Ok(()),
    }
}

fn of_revision(revision: Revision, why: &str) -> Error {
    Error::Internal(format!("revision {revision}: {why}"))
}

/// What an error of the journal is to a reader.
pub(super) fn unreadable(error: journal::Error) -> Error {
    Error::Internal(format!("read the journal: {error}"))
}

impl Check {
    /// Checks a backup; its name is for errors.
    pub fn new(name: &str, limits: &Limits) -> Self {
        // The writer puts a record into a frame before it looks at the size.
        let frame_bytes_max = FRAME_BYTES as u64
            + 2 * (limits.change_bytes_max as u64 + (limits.change_effects_max as u64) * 512);
        Self {
            name: name.to_owned(),
            unpack: Unpack::new(Path::new(name), frame_bytes_max),
            begins: None,
            trailer: None,
            records: 0,
        }
    }

    /// Takes the next bytes.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.unpack.feed(bytes);
    }

    /// The next part, checked; none until more bytes are fed.
    pub fn piece(&mut self) -> Result<Option<Piece>, Error> {
        let before = self.unpack.position().revision;
        let piece = self
            .unpack
            .piece()
            .map_err(|error| Error::Internal(error.to_string()))?;
        match &piece {
            None => {}
            Some(Piece::Begins(position)) => self.begins = Some(*position),
            Some(Piece::Group(group)) => {
                for (stamped, revision) in group.iter().zip(before + 1..) {
                    sound(&stamped.record)
                        .map_err(|why| self.wrong(&format!("revision {revision}: {why}")))?;
                    self.records += 1;
                }
            }
            Some(Piece::Ends(trailer)) => self.trailer = Some(*trailer),
        }
        Ok(piece)
    }

    /// What it holds; an error when it was cut off.
    pub fn finish(&self) -> Result<Checked, Error> {
        match (self.begins, self.trailer) {
            (Some(begins), Some(trailer)) => Ok(Checked {
                begins,
                trailer,
                records: self.records,
            }),
            _ => Err(self.wrong("it ends before its trailer, so it is not whole")),
        }
    }

    fn wrong(&self, why: &str) -> Error {
        Error::Internal(format!("backup \"{}\": {why}", self.name))
    }
}
