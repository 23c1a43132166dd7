//! The bytes of a segment file, and nothing but bytes: written into a buffer, parsed from a slice.
//! Never touches a file. Used by `local` to write, by `scan` and `reader` to read.
//!
//! ```text
//! header   0 magic 8 | format 4 | segment number 4 | journal id 16 | first revision 8
//!         40 time before 8 | chain before 32 | zeros 44 | crc32c of all that 4      = 128 bytes
//! frame    0 len 4 | crc 4 | kind 1 | zeros 3 | count 4 | revision 8
//!         24 chain before 32 | head crc 4 | zeros 4                                 =  64 bytes
//!         64 records, then zeros up to a multiple of 8
//! record   time 8 | envelope len 4 | body count 4 | envelope | per body: salt 16, len 4, bytes
//! ```
//! A backup is a file of the same frames under the number 0. It ends with a trailer (3), whose 40
//! bytes are the time of the head and the digest of what can be read there.
//!
//! An erased body is zeros, its salt too, and `crc` fits them; nothing else here ever changes.
//!
//! Numbers are little end first. `len` counts what follows `crc` without the padding and is never
//! 0, so zeros never parse. `crc` covers `len` and what `len` counts, `head crc` covers `len` and
//! `kind` to `chain before`; both are seeded with the journal id, so no bytes of another journal or
//! of a client parse. A group (kind 1) has its first revision, a seal (2) the head's and no record.
//!
//! A head has its own crc because a frame is only begun once the one before it is durable: a true
//! head later in the file proves that what stood before it was acknowledged, even if the rest of
//! that frame is torn, and looking for one costs 52 bytes of crc a place, whatever stands there. It
//! repeats the chain so that a lost write shows at the next frame, and a reader may begin at any.

use std::ops::Range;

use crc32c::{crc32c, crc32c_append};

use super::{Appended, Error, Locator, Position, Stamped};
use crate::model::Revision;

/// The segment header's length, and so the offset of its first frame.
pub(super) const HEADER_BYTES: u64 = 128;
/// A frame head's length; a seal is nothing else.
pub(super) const HEAD_BYTES: u64 = 64;
/// Frames begin at multiples of this.
pub(super) const ALIGN: u64 = 8;
/// The newest format this program reads, and the one it writes.
pub(super) const FORMAT: u32 = 1;

const MAGIC: [u8; 8] = *b"CHANCJNL";
/// The frame's bytes that `len` does not count: `len` itself and `crc`.
const PREFIX_BYTES: u64 = 8;
const RECORD_BYTES: u64 = 16;
const BODY_BYTES: u64 = 20;
const KIND_GROUP: u8 = 1;
const KIND_SEAL: u8 = 2;
const KIND_TRAILER: u8 = 3;
/// What a trailer holds: a time and a digest.
const TRAILER_BYTES: u64 = 40;

/// What the first bytes of a segment say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) journal_id: [u8; 16],
    pub(super) number: u32,
    /// The position of the last record before this segment.
    pub(super) before: Position,
}

/// Why a segment header cannot be used.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    Bad(&'static str),
    TooNew(u32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Group,
    Seal,
    Trailer,
}

/// The head of a frame, true to its own crc; of the records behind it nothing is known yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) kind: Kind,
    pub(super) count: u32,
    /// Of a group the first, of a seal the last there is.
    pub(super) revision: Revision,
    /// The chain before the frame.
    pub(super) chain: [u8; 32],
    len: u32,
    crc: u32,
}

/// One record inside a frame; ranges count from the frame's first byte.
pub(super) struct RecordAt {
    pub(super) time_us: i64,
    pub(super) envelope: Range<usize>,
    pub(super) bodies: Vec<BodyAt>,
}

pub(super) struct BodyAt {
    pub(super) salt: [u8; 16],
    pub(super) bytes: Range<usize>,
}

/// Where a frame begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) segment: u32,
    pub(super) offset: u64,
}

/// What the crcs of a journal start from.
pub(super) fn seed(journal_id: &[u8; 16]) -> u32 {
    crc32c(journal_id)
}

impl Header {
    pub(super) fn encode(&self) -> [u8; HEADER_BYTES as usize] {
        let mut out = [0; HEADER_BYTES as usize];
        out[0..8].copy_from_slice(&MAGIC);
        out[8..12].copy_from_slice(&FORMAT.to_le_bytes());
        out[12..16].copy_from_slice(&self.number.to_le_bytes());
        out[16..32].copy_from_slice(&self.journal_id);
        out[32..40].copy_from_slice(&self.before.revision.saturating_add(1).to_le_bytes());
        out[40..48].copy_from_slice(&self.before.time_us.to_le_bytes());
        out[48..80].copy_from_slice(&self.before.chain);
        let crc = crc32c(&out[..124]);
        out[124..128].copy_from_slice(&crc.to_le_bytes());
        out
    }

    /// The crc stays where it is in every format to come, so that a flipped bit in the format is
    /// damage and not a newer program.
    pub(super) fn parse(bytes: &[u8; HEADER_BYTES as usize]) -> Result<Self, Flaw> {
        let crc = crc32c(&bytes[..124]);
        if bytes[124..128] != crc.to_le_bytes() {
            return Err(Flaw::Bad("the crc of the segment header does not match"));
        }
        let short = Flaw::Bad("the segment header is short");
        let mut fields = Fields(bytes);
        if fields.array::<8>() != Some(MAGIC) {
            return Err(Flaw::Bad("this is not a segment of a journal"));
        }
        let format = fields.u32().ok_or(short)?;
        if format != FORMAT {
            return Err(if format > FORMAT {
                Flaw::TooNew(format)
            } else {
                Flaw::Bad("no such format")
            });
        }
        Self::parse_rest(&mut fields).ok_or(Flaw::Bad("the segment header makes no sense"))
    }

    fn parse_rest(fields: &mut Fields<'_>) -> Option<Self> {
        let number = fields.u32()?;
        let journal_id = fields.array()?;
        let revision = fields.i64()?.checked_sub(1).filter(|before| *before >= 0)?;
        let time_us = fields.i64()?;
        let chain = fields.array()?;
        Some(Self {
            journal_id,
            number,
            before: Position {
                revision,
                time_us,
                chain,
            },
        })
    }
}

impl Head {
    /// The head at the start of these bytes, if there is one: linear in nothing, so it may be tried
    /// at every offset.
    pub(super) fn parse(bytes: &[u8], seed: u32) -> Option<Self> {
        let head: &[u8; HEAD_BYTES as usize] = bytes.first_chunk()?;
        let mut fields = Fields(head);
        let len = fields.u32()?;
        let crc = fields.u32()?;
        let kind = match fields.array()? {
            [KIND_GROUP, 0, 0, 0] => Kind::Group,
            [KIND_SEAL, 0, 0, 0] => Kind::Seal,
            [KIND_TRAILER, 0, 0, 0] => Kind::Trailer,
            _ => return None,
        };
        let count = fields.u32()?;
        let revision = fields.i64()?;
        let chain = fields.array()?;
        let records = u64::from(len).checked_sub(HEAD_BYTES - PREFIX_BYTES)?;
        let plausible = match kind {
            Kind::Group => count > 0 && revision > 0 && u64::from(count) * RECORD_BYTES <= records,
            Kind::Seal => count == 0 && revision >= 0 && records == 0,
            Kind::Trailer => count == 0 && revision >= 0 && records == TRAILER_BYTES,
        };
        let true_to_itself = fields.u32()? == head_crc(head, seed) && fields.u32()? == 0;
        (plausible && true_to_itself).then_some(Self {
            kind,
            count,
            revision,
            chain,
            len,
            crc,
        })
    }

    /// The frame's bytes without its padding.
    pub(super) fn frame_bytes(&self) -> u64 {
        PREFIX_BYTES + u64::from(self.len)
    }

    /// The frame's bytes with its padding.
    pub(super) fn padded_bytes(&self) -> u64 {
        self.frame_bytes().next_multiple_of(ALIGN)
    }

    /// The last revision that the journal had once this frame was written.
    pub(super) fn last_revision(&self) -> Revision {
        match self.kind {
            Kind::Group => self.revision.saturating_add(i64::from(self.count) - 1),
            Kind::Seal | Kind::Trailer => self.revision,
        }
    }

    /// Whether these are the bytes that were written: the frame without its padding.
    pub(super) fn holds(&self, frame: &[u8], seed: u32) -> bool {
        frame.get(PREFIX_BYTES as usize..).is_some_and(|payload| {
            payload.len() as u64 == u64::from(self.len)
                && crc32c_append(crc32c_append(seed, &self.len.to_le_bytes()), payload) == self.crc
        })
    }

    /// Whether the frame continues the journal from a position, or why not.
    pub(super) fn follows(&self, before: &Position) -> Result<(), String> {
        let expected = match self.kind {
            Kind::Group => before.revision.saturating_add(1),
            Kind::Seal | Kind::Trailer => before.revision,
        };
        if self.revision != expected {
            return Err(format!(
                "revision {} stands where {expected} belongs",
                self.revision
            ));
        }
        if self.chain != before.chain {
            return Err(format!("the chain is broken before revision {expected}"));
        }
        Ok(())
    }

    /// The records of a frame whose crc held. `None` stands for bytes that are no record, which
    /// only a fault of the program that wrote them can cause.
    pub(super) fn records(&self, frame: &[u8]) -> impl Iterator<Item = Option<RecordAt>> {
        let end = frame.len();
        let mut at = HEAD_BYTES as usize;
        let mut left = self.count;
        std::iter::from_fn(move || {
            left = left.checked_sub(1)?;
            let record = record_at(frame, &mut at);
            let whole = record.is_some() && (left > 0 || at == end);
            if !whole {
                left = 0;
            }
            Some(record.filter(|_| whole))
        })
    }
}

fn record_at(frame: &[u8], at: &mut usize) -> Option<RecordAt> {
    let mut fields = Fields(frame.get(*at..)?);
    let time_us = fields.i64()?;
    let envelope_len = fields.u32()?;
    let body_count = fields.u32()?;
    let envelope = fields.range(frame.len(), envelope_len)?;
    // A count that the bytes left cannot hold must not allocate.
    let most = fields.0.len() / BODY_BYTES as usize;
    let mut bodies = Vec::with_capacity(most.min(body_count as usize));
    for _ in 0..body_count {
        let salt = fields.array()?;
        let len = fields.u32()?;
        bodies.push(BodyAt {
            salt,
            bytes: fields.range(frame.len(), len)?,
        });
    }
    *at = frame.len() - fields.0.len();
    Some(RecordAt {
        time_us,
        envelope,
        bodies,
    })
}

/// Checks a group against a head and the limit; answers the bytes it takes in a segment.
pub(super) fn measure(group: &[Stamped], head: &Position, allowed: u64) -> Result<u64, Error> {
    // `len` is 32 bits wide, whatever the limit says.
    let allowed = allowed.min(u64::from(u32::MAX));
    let mut given = HEAD_BYTES;
    let mut previous = head.time_us;
    for stamped in group {
        if stamped.time_us <= previous {
            return Err(Error::TimeBack {
                given: stamped.time_us,
                previous,
            });
        }
        previous = stamped.time_us;
        given += RECORD_BYTES + stamped.record.envelope.len() as u64;
        for body in &stamped.record.bodies {
            given += BODY_BYTES + body.bytes.len() as u64;
        }
    }
    if given > allowed {
        return Err(Error::TooLarge { given, allowed });
    }
    Ok(given.next_multiple_of(ALIGN))
}

/// Writes a trailer; `out` is empty before.
pub(super) fn encode_trailer(out: &mut Vec<u8>, seed: u32, head: &Position, digest: &[u8; 32]) {
    begin(out, KIND_TRAILER, 0, head);
    out.extend_from_slice(&head.time_us.to_le_bytes());
    out.extend_from_slice(digest);
    finish(out, seed);
}

/// The time and the digest of a trailer whose crc held.
pub(super) fn trailer(frame: &[u8]) -> Option<(i64, [u8; 32])> {
    let mut fields = Fields(frame.get(HEAD_BYTES as usize..)?);
    Some((fields.i64()?, fields.array()?))
}

/// Writes a measured group as one frame that will begin at a place; `out` is empty before.
pub(super) fn encode_group(
    out: &mut Vec<u8>,
    seed: u32,
    before: &Position,
    place: Place,
    group: &[Stamped],
) -> Vec<Appended> {
    begin(out, KIND_GROUP, group.len() as u32, before);
    // The revision a group carries is its first, not the head's.
    out[16..24].copy_from_slice(&before.revision.saturating_add(1).to_le_bytes());
    let mut appended = Vec::with_capacity(group.len());
    let mut position = *before;
    for stamped in group {
        position = position.next(stamped.time_us, &stamped.record.envelope);
        let bodies = put(out, place, stamped);
        appended.push(Appended { position, bodies });
    }
    finish(out, seed);
    appended
}

/// Writes a record behind what stands in `out`; answers where its bodies will lie.
fn put(out: &mut Vec<u8>, place: Place, stamped: &Stamped) -> Vec<Locator> {
    let Stamped { time_us, record } = stamped;
    out.extend_from_slice(&time_us.to_le_bytes());
    out.extend_from_slice(&(record.envelope.len() as u32).to_le_bytes());
    out.extend_from_slice(&(record.bodies.len() as u32).to_le_bytes());
    out.extend_from_slice(&record.envelope);
    let mut bodies = Vec::with_capacity(record.bodies.len());
    for body in &record.bodies {
        let len = body.bytes.len() as u32;
        out.extend_from_slice(&body.salt);
        out.extend_from_slice(&len.to_le_bytes());
        bodies.push(Locator {
            segment: place.segment,
            offset: place.offset + out.len() as u64,
            len,
            crc: crc32c(&body.bytes),
        });
        out.extend_from_slice(&body.bytes);
    }
    bodies
}

/// Writes a seal; `out` is empty before.
pub(super) fn encode_seal(out: &mut Vec<u8>, seed: u32, head: &Position) {
    begin(out, KIND_SEAL, 0, head);
    finish(out, seed);
}

fn begin(out: &mut Vec<u8>, kind: u8, count: u32, before: &Position) {
    out.extend_from_slice(&[0; PREFIX_BYTES as usize]);
    out.extend_from_slice(&[kind, 0, 0, 0]);
    out.extend_from_slice(&count.to_le_bytes());
    out.extend_from_slice(&before.revision.to_le_bytes());
    out.extend_from_slice(&before.chain);
    out.extend_from_slice(&[0; 8]);
}

/// Fills in `len` and both crcs, and pads.
fn finish(out: &mut Vec<u8>, seed: u32) {
    let len = (out.len() as u32)
        .saturating_sub(PREFIX_BYTES as u32)
        .to_le_bytes();
    out[0..4].copy_from_slice(&len);
    if let Some(head) = out.first_chunk() {
        let crc = head_crc(head, seed);
        out[56..60].copy_from_slice(&crc.to_le_bytes());
    }
    let crc = crc32c_append(crc32c_append(seed, &len), &out[PREFIX_BYTES as usize..]);
    out[4..8].copy_from_slice(&crc.to_le_bytes());
    out.resize(out.len().next_multiple_of(ALIGN as usize), 0);
}

fn head_crc(head: &[u8; HEAD_BYTES as usize], seed: u32) -> u32 {
    crc32c_append(crc32c_append(seed, &head[0..4]), &head[8..56])
}

/// Bytes taken from the front, never beyond their end.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*first)
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    fn i64(&mut self) -> Option<i64> {
        self.array().map(i64::from_le_bytes)
    }

    /// Where the next `len` bytes lie in a whole whose end is the end of these.
    fn range(&mut self, whole: usize, len: u32) -> Option<Range<usize>> {
        let start = whole - self.0.len();
        self.0 = self.0.get(len as usize..)?;
        Some(start..start + len as usize)
    }
}
