//! A copy of records beside the journal: a segment's header, frames as in a segment, and a trailer;
//! what ends without its trailer is no copy. The layout is in `segment`.
//!
//! [`Unpack`] takes bytes as they come and believes none of them: every crc, every link of the
//! chain and every bound is checked before a record is handed on. So the same code checks a backup
//! while it is made and while it is read back. Nothing here touches a file.

use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::segment::{self, Flaw, HEAD_BYTES, HEADER_BYTES, Head, Header, Kind, Place};
use super::{Body, Error, Position, Record, Stamped};

/// No segment has it.
const NUMBER: u32 = 0;

/// Writes the frames of one copy.
pub struct Pack {
    journal_id: [u8; 16],
    offset: u64,
    frame: Vec<u8>,
}

/// What a copy says at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trailer {
    /// The position of the last record.
    pub head: Position,
    /// The digest of everything that can be read there.
    pub digest: [u8; 32],
}

/// A part of a copy that has been checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// It continues from here.
    Begins(Position),
    /// Records that follow.
    Group(Vec<Stamped>),
    /// It is whole.
    Ends(Trailer),
}

/// Takes a copy apart.
pub struct Unpack {
    /// What it is called in errors.
    name: PathBuf,
    frame_bytes_max: u64,
    bytes: Vec<u8>,
    /// How much of `bytes` has been handed on.
    used: usize,
    /// Bytes of the copy before `bytes`.
    offset: u64,
    header: Option<Header>,
    /// Where the last record stood.
    position: Position,
    ended: bool,
}

impl Pack {
    /// A copy whose crcs start from this id.
    pub fn new(journal_id: [u8; 16]) -> Self {
        Self {
            journal_id,
            offset: 0,
            frame: Vec::new(),
        }
    }

    /// The first bytes of a copy that continues from a position.
    pub fn header(&mut self, before: Position) -> &[u8] {
        let header = Header {
            journal_id: self.journal_id,
            number: NUMBER,
            before,
        };
        self.frame.clear();
        self.frame.extend_from_slice(&header.encode());
        self.out()
    }

    /// Records that follow a position, and where the last of them stands.
    pub fn group(&mut self, before: &Position, group: &[Stamped]) -> (&[u8], Position) {
        self.frame.clear();
        let place = Place {
            segment: NUMBER,
            offset: self.offset,
        };
        let seed = segment::seed(&self.journal_id);
        let appended = segment::encode_group(&mut self.frame, seed, before, place, group);
        let last = appended.last().map_or(*before, |last| last.position);
        (self.out(), last)
    }

    /// The end.
    pub fn trailer(&mut self, trailer: &Trailer) -> &[u8] {
        self.frame.clear();
        let seed = segment::seed(&self.journal_id);
        segment::encode_trailer(&mut self.frame, seed, &trailer.head, &trailer.digest);
        self.out()
    }

    fn out(&mut self) -> &[u8] {
        self.offset += self.frame.len() as u64;
        &self.frame
    }
}

impl Unpack {
    /// Takes apart a copy with frames of up to so many bytes; its name is for errors.
    pub fn new(name: &Path, frame_bytes_max: u64) -> Self {
        Self {
            name: name.to_path_buf(),
            frame_bytes_max,
            bytes: Vec::new(),
            used: 0,
            offset: 0,
            header: None,
            position: Position::START,
            ended: false,
        }
    }

    /// Takes the next bytes.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.used);
        self.offset += self.used as u64;
        self.used = 0;
        self.bytes.extend_from_slice(bytes);
    }

    /// Where the last record that was handed on stands.
    pub fn position(&self) -> Position {
        self.position
    }

    /// Whether the trailer has come.
    pub fn ended(&self) -> bool {
        self.ended
    }

    /// The next part; none until more bytes have been fed.
    pub fn piece(&mut self) -> Result<Option<Piece>, Error> {
        let Some(header) = self.header else {
            return self.begin();
        };
        let seed = segment::seed(&header.journal_id);
        let rest = self.bytes.get(self.used..).unwrap_or_default();
        if self.ended && !rest.is_empty() {
            return Err(self.damaged("bytes follow the trailer"));
        }
        if (rest.len() as u64) < HEAD_BYTES {
            return Ok(None);
        }
        let Some(head) = Head::parse(rest, seed) else {
            return Err(self.damaged("no frame begins here"));
        };
        if head.padded_bytes() > self.frame_bytes_max {
            return Err(self.damaged("the frame is larger than a frame may be"));
        }
        let Some(padded) = rest.get(..head.padded_bytes() as usize) else {
            return Ok(None);
        };
        let (frame, padding) = padded.split_at(head.frame_bytes() as usize);
        if !head.holds(frame, seed) || padding.iter().any(|byte| *byte != 0) {
            return Err(self.damaged("the crc of the frame does not match"));
        }
        let frame = Bytes::copy_from_slice(frame);
        let piece = self.unpack(&head, &frame)?;
        self.used += head.padded_bytes() as usize;
        Ok(Some(piece))
    }

    fn begin(&mut self) -> Result<Option<Piece>, Error> {
        let Some(bytes) = self.bytes.first_chunk::<{ HEADER_BYTES as usize }>() else {
            return Ok(None);
        };
        let header = Header::parse(bytes).map_err(|flaw| match flaw {
            Flaw::Bad(why) => self.damaged(why),
            Flaw::TooNew(given) => Error::TooNew {
                file: self.name.clone(),
                given,
                allowed: segment::FORMAT,
            },
        })?;
        if header.number != NUMBER {
            return Err(self.damaged("this is a segment of a journal and no backup"));
        }
        self.used = HEADER_BYTES as usize;
        self.position = header.before;
        self.header = Some(header);
        Ok(Some(Piece::Begins(header.before)))
    }

    fn unpack(&mut self, head: &Head, frame: &Bytes) -> Result<Piece, Error> {
        match head.kind {
            Kind::Seal => Err(self.damaged("a copy holds no seal")),
            Kind::Group => self.group(head, frame),
            Kind::Trailer => {
                self.follows(head)?;
                let (time_us, digest) =
                    segment::trailer(frame).ok_or_else(|| self.damaged("the trailer is short"))?;
                if time_us != self.position.time_us {
                    return Err(self.damaged("the trailer has another time"));
                }
                self.ended = true;
                Ok(Piece::Ends(Trailer {
                    head: self.position,
                    digest,
                }))
            }
        }
    }

    fn group(&mut self, head: &Head, frame: &Bytes) -> Result<Piece, Error> {
        self.follows(head)?;
        let mut group = Vec::with_capacity(head.count as usize);
        for at in head.records(frame) {
            let at = at.ok_or_else(|| self.damaged("the frame holds no such record"))?;
            if at.time_us <= self.position.time_us {
                return Err(self.damaged("time goes back"));
            }
            let record = Self::record(&at, frame);
            self.position = self.position.next(at.time_us, &record.envelope);
            group.push(Stamped {
                time_us: at.time_us,
                record,
            });
        }
        Ok(Piece::Group(group))
    }

    fn record(at: &segment::RecordAt, frame: &Bytes) -> Record {
        let bodies = at.bodies.iter().map(|body| Body {
            salt: body.salt,
            bytes: frame.slice(body.bytes.clone()),
        });
        Record {
            envelope: frame.slice(at.envelope.clone()),
            bodies: bodies.collect(),
        }
    }

    fn follows(&self, head: &Head) -> Result<(), Error> {
        head.follows(&self.position)
            .map_err(|why| self.damaged(&why))
    }

    fn damaged(&self, why: &str) -> Error {
        Error::damaged(&self.name, self.offset + self.used as u64, why)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::journal::conformance::numbered;

    const ID: [u8; 16] = [7; 16];
    const TRAILER: [u8; 32] = [9; 32];

    fn copy() -> (Vec<u8>, Vec<Stamped>, Position) {
        let mut pack = Pack::new(ID);
        let mut bytes = pack.header(Position::START).to_vec();
        let records: Vec<_> = (1..=9).map(numbered).collect();
        let mut head = Position::START;
        for group in records.chunks(4) {
            let (frame, last) = pack.group(&head, group);
            bytes.extend_from_slice(frame);
            head = last;
        }
        let trailer = Trailer {
            head,
            digest: TRAILER,
        };
        bytes.extend_from_slice(pack.trailer(&trailer));
        (bytes, records, head)
    }

    fn unpacked(bytes: &[u8], step: usize) -> Result<(Vec<Stamped>, Option<Trailer>), Error> {
        let mut unpack = Unpack::new(Path::new("copy"), 1 << 20);
        let (mut records, mut trailer) = (Vec::new(), None);
        for part in bytes.chunks(step) {
            unpack.feed(part);
            while let Some(piece) = unpack.piece()? {
                match piece {
                    Piece::Begins(_) => {}
                    Piece::Group(group) => records.extend(group),
                    Piece::Ends(found) => trailer = Some(found),
                }
            }
        }
        Ok((records, trailer))
    }

    #[test]
    fn a_copy_reads_back_whatever_the_pieces_it_comes_in() {
        let (bytes, records, head) = copy();
        for step in [1, 7, 64, 1000, bytes.len()] {
            let (found, trailer) = unpacked(&bytes, step).unwrap();
            assert_eq!(found, records);
            let expected = Trailer {
                head,
                digest: TRAILER,
            };
            assert_eq!(trailer, Some(expected));
        }
    }

    #[test]
    fn a_copy_that_was_changed_or_cut_is_never_whole() {
        let (bytes, _, _) = copy();
        for cut in 0..bytes.len() {
            let whole = unpacked(&bytes[..cut], 512).is_ok_and(|(_, trailer)| trailer.is_some());
            assert!(!whole, "cut at {cut}");
        }
        for at in 0..bytes.len() {
            let mut bytes = bytes.clone();
            bytes[at] ^= 1;
            let whole = unpacked(&bytes, 512).is_ok_and(|(_, trailer)| trailer.is_some());
            assert!(!whole, "changed at {at}");
        }
        let longer = [bytes.as_slice(), &[0; 64]].concat();
        assert!(unpacked(&longer, 512).is_err());
    }
}
