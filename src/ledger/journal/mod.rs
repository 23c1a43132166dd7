//! The journal: the ordered, append-only, durable list of records. It is the truth; everything else
//! the ledger keeps can be built again from it.
//!
//! To the journal a record is opaque bytes: one envelope and the bodies it speaks of. It never
//! looks into either, never decides whether a change is allowed, never reads the clock and never
//! draws a random number: the committer stamps the time, the caller of `open` brings the journal's
//! id.
//!
//! [`Journal`] is the one writer, owned by the committer thread. [`Reader`] is what everybody else
//! shares while it appends. `local` keeps segment files, `memory` keeps nothing; both pass one
//! conformance suite and, given the same groups, answer the same positions.
//!
//! The chain of hashes starts from 32 zeros and depends on the records alone, not on the journal's
//! id, the grouping or the segments: a copy of the records under another id or in another kind of
//! journal has the same chain, so a head exported from one can be checked against the other. What
//! makes two stores differ from their first hash on is the genesis record, which is the caller's.
//! Bodies are covered by hashes inside the envelope and so are left out of the chain.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::model::Revision;

pub mod archive;
#[cfg(test)]
mod conformance;
pub mod copy;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod damage;
pub mod erase;
pub mod local;
pub mod memory;
mod reader;
mod scan;
#[cfg(test)]
mod scene;
mod segment;

/// One change as the journal keeps it: an envelope, covered by the chain, and its bodies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// What the chain covers; opaque here.
    pub envelope: Bytes,
    /// The bodies the envelope speaks of, in its order.
    pub bodies: Vec<Body>,
}

/// One body and the salt that its hash in the envelope was taken with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// 16 random bytes, so that an erased body cannot be guessed from its hash.
    pub salt: [u8; 16],
    /// The body; may be empty.
    pub bytes: Bytes,
}

/// A record with its effective time, which the committer has decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamped {
    /// Microseconds since 1970-01-01 UTC, later than the time of the record before.
    pub time_us: i64,
    /// What to append.
    pub record: Record,
}

/// Where a record stands: known only once it stands there, and never part of its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// 1 for the first record, then without a gap; 0 before it.
    pub revision: Revision,
    /// Effective time in microseconds since 1970-01-01 UTC, strictly increasing; 0 before the
    /// first.
    pub time_us: i64,
    /// The hash over this record and all before it; zeros before the first.
    pub chain: [u8; 32],
}

/// Where the bytes of one body lie. Stays true as long as the journal exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Locator {
    /// The segment's number, from 1.
    pub segment: u32,
    /// Bytes from the start of the segment.
    pub offset: u64,
    /// The body's length in bytes.
    pub len: u32,
    /// crc32c of the body alone.
    pub crc: u32,
}

/// What became of one record of an appended group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Where it stands.
    pub position: Position,
    /// Where its bodies lie, in the record's order.
    pub bodies: Vec<Locator>,
}

/// One record read back. Its bytes share one allocation with the rest of its group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where it stands.
    pub position: Position,
    /// The record, byte for byte as appended.
    pub record: Record,
    /// Where its bodies lie, in the record's order.
    pub bodies: Vec<Locator>,
}

/// "This much was durable": kept outside the journal, shown to it when it is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Witness {
    /// A revision that was acknowledged.
    pub revision: Revision,
    /// The chain at that revision.
    pub chain: [u8; 32],
}

/// The writing side; one per journal.
pub trait Journal: Send {
    /// The last durable record's position, or [`Position::START`].
    fn head(&self) -> Position;

    /// Appends a group and makes it durable as a whole before it answers: revisions from `head +
    /// 1`. An error leaves the head where it was; after [`Error::Full`], [`Error::TooLarge`] or
    /// [`Error::TimeBack`] nothing of the group remains and the journal goes on, after any other it
    /// answers [`Error::Failed`] until it is opened again, which decides what became of the group.
    fn append(&mut self, group: Vec<Stamped>) -> Result<Vec<Appended>, Error>;

    /// A reader, which sees every later append too and outlives the journal.
    fn reader(&self) -> Arc<dyn Reader>;

    /// Ends the newest segment, if anything stands in it: what is in closed segments can be erased.
    fn roll(&mut self) -> Result<(), Error>;

    /// Marks a clean stop. Nothing is lost without it; with it, the next open can tell a stop from
    /// a crash, and can tell damage to the last group from a torn write.
    fn seal(&mut self) -> Result<(), Error>;
}

/// The reading side, shared by all while the journal appends.
pub trait Reader: Send + Sync {
    /// The bytes of one body: one positioned read, crc checked.
    fn body(&self, at: Locator) -> Result<Bytes, Error>;

    /// Every entry from a revision on, up to the head at the time of the call; nothing when it lies
    /// beyond. Ends after the first error.
    fn entries(&self, from: Revision) -> Result<Entries<'_>, Error>;

    /// The number of segments and the bytes used in them.
    fn size(&self) -> (u32, u64);
}

/// Entries in the order of their revisions.
pub type Entries<'a> = Box<dyn Iterator<Item = Result<Entry, Error>> + Send + 'a>;

impl Position {
    /// Where a journal stands before its first record.
    pub const START: Self = Self {
        revision: 0,
        time_us: 0,
        chain: [0; 32],
    };

    /// Where the record after this one stands: `h_n = SHA-256(h_{n-1} ++ revision ++ time_us ++
    /// envelope)`, both numbers as 8 bytes, big end first (a revision is never negative, so it
    /// reads the same signed or not).
    pub fn next(&self, time_us: i64, envelope: &[u8]) -> Self {
        let revision = self.revision.saturating_add(1);
        let mut hash = Sha256::new();
        hash.update(self.chain);
        hash.update(revision.to_be_bytes());
        hash.update(time_us.to_be_bytes());
        hash.update(envelope);
        Self {
            revision,
            time_us,
            chain: hash.finalize().into(),
        }
    }
}

/// Why the journal cannot do what it was asked.
#[derive(Debug)]
pub enum Error {
    /// The file system answered an error.
    Io {
        /// The file or directory.
        file: PathBuf,
        /// What was being done to it, as a verb.
        doing: &'static str,
        /// The system's answer.
        source: io::Error,
    },
    /// Of space, of a quota or of files to open nothing is left. What was begun is undone; try
    /// again when there is some.
    Full {
        /// The file or directory.
        file: PathBuf,
        /// What was being done to it, as a verb.
        doing: &'static str,
        /// The system's answer.
        source: io::Error,
    },
    /// What was once durable is gone or changed. Nothing was repaired and no file was touched.
    Damaged {
        /// The segment file.
        file: PathBuf,
        /// The first byte of what is wrong.
        offset: u64,
        /// What is wrong with it.
        why: String,
    },
    /// Another process, or another part of this one, has the journal open.
    Locked {
        /// The journal's directory.
        dir: PathBuf,
    },
    /// A newer program wrote this.
    TooNew {
        /// The segment file.
        file: PathBuf,
        /// The format it has.
        given: u32,
        /// The newest format this program reads.
        allowed: u32,
    },
    /// An earlier error on write or sync stopped this journal until it is opened again.
    Failed,
    /// The group is larger than a group may be.
    TooLarge {
        /// Bytes of the group as it would be written.
        given: u64,
        /// The most it may have.
        allowed: u64,
    },
    /// A record's effective time is not later than the one before it.
    TimeBack {
        /// The time given, in microseconds.
        given: i64,
        /// The time before it, in microseconds.
        previous: i64,
    },
}

impl Error {
    fn io(file: &Path, doing: &'static str, source: io::Error) -> Self {
        let file = file.to_path_buf();
        let kind = source.kind();
        let full = matches!(
            kind,
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
        );
        if full || out_of_files(&source) {
            return Self::Full {
                file,
                doing,
                source,
            };
        }
        Self::Io {
            file,
            doing,
            source,
        }
    }

    fn damaged(file: &Path, offset: u64, why: impl Into<String>) -> Self {
        Self::Damaged {
            file: file.to_path_buf(),
            offset,
            why: why.into(),
        }
    }
}

/// A hash from its hexadecimal digits.
pub(super) fn hash_of(digits: &str) -> Option<[u8; 32]> {
    let mut hash = [0; 32];
    for (at, byte) in hash.iter_mut().enumerate() {
        *byte = u8::from_str_radix(digits.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    (digits.len() == 64).then_some(hash)
}

/// Whether the process or the system has as many files open as it may.
pub(super) fn out_of_files(error: &io::Error) -> bool {
    const ENFILE: i32 = 23;
    const EMFILE: i32 = 24;
    matches!(error.raw_os_error(), Some(ENFILE | EMFILE))
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io {
                file,
                doing,
                source,
            } => {
                write!(f, "cannot {doing} \"{}\": {source}", file.display())
            }
            Self::Full {
                file,
                doing,
                source,
            } => {
                write!(
                    f,
                    "nothing left to {doing} \"{}\" with: {source}",
                    file.display()
                )
            }
            Self::Damaged { file, offset, why } => {
                write!(
                    f,
                    "journal damaged in \"{}\" at offset {offset}: {why}",
                    file.display()
                )
            }
            Self::Locked { dir } => {
                write!(
                    f,
                    "journal \"{}\" is open in another process",
                    dir.display()
                )
            }
            Self::TooNew {
                file,
                given,
                allowed,
            } => write!(
                f,
                "\"{}\" has format {given}, this program reads up to {allowed}",
                file.display()
            ),
            Self::Failed => write!(f, "journal stopped by an earlier error, restart to go on"),
            Self::TooLarge { given, allowed } => {
                write!(
                    f,
                    "group of {given} bytes is larger than the {allowed} allowed"
                )
            }
            Self::TimeBack { given, previous } => {
                write!(
                    f,
                    "time \"{given}\" is not later than \"{previous}\" before it"
                )
            }
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } | Self::Full { source, .. } => Some(source),
            Self::Damaged { .. }
            | Self::Locked { .. }
            | Self::TooNew { .. }
            | Self::Failed
            | Self::TooLarge { .. }
            | Self::TimeBack { .. } => None,
        }
    }
}
