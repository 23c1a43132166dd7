//! Is the journal what it was? Reads every byte of it and changes nothing.
//!
//! Each frame's crc, each record's place in the chain of hashes, and each body against the hash in
//! its envelope; what the store's checkpoint and an exported head say was durable must be there.
//! It needs no lock, so that it works beside a running server and on a disk mounted read-only.
//!
//! What it cannot tell by itself: whoever rewrites the end of a journal, with all crcs and hashes,
//! or cuts it at the end of a frame, leaves a journal that is sound. A head that was exported
//! before, and kept elsewhere, tells: "the journal I see still contains what I saw".

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use serde::Deserialize;

use super::Ledger;
use super::backup::position;
use super::erased::Erased;
use super::journal::{Position, Reader, Witness, hash_of, local};
use super::store::checkpoint::Note;
use crate::error::Error;
use crate::model::Revision;
use crate::wire::record;

/// What a journal once contained, as `chancery head` exports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The store it was exported from.
    pub store_uuid: String,
    /// Its newest revision then.
    pub revision: Revision,
    /// The chain hash of that revision.
    pub chain: [u8; 32],
}

/// The first thing that is not as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The segment file.
    pub file: PathBuf,
    /// The first byte of what is wrong; 0 when it concerns the file.
    pub offset: u64,
    /// The last revision before it, which is sound like all before.
    pub after: Revision,
    /// What is wrong.
    pub why: String,
}

/// What was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The newest revision that is sound.
    pub revision: Revision,
    /// The chain hash there.
    pub chain: [u8; 32],
    /// Files read.
    pub segments: u32,
    /// Bytes of frames in them.
    pub bytes: u64,
    /// Whether the journal ends with the seal of a clean stop.
    pub sealed: bool,
    /// The revision up to which the store's checkpoint vouches for the journal.
    pub checkpoint: Option<Revision>,
    /// Bytes at the end that are no record: a write that a crash cut short, unless somebody
    /// changed what was the last group.
    pub torn_bytes: u64,
    /// What is wrong; nothing after it was read.
    pub finding: Option<Finding>,
}

impl Head {
    /// Reads a head from the JSON that `chancery head` prints.
    pub fn parse(text: &str) -> Result<Self, Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Exported {
            store_uuid: String,
            revision: serde_json::Value,
            chain_hash: String,
        }
        let malformed = |why: String| Error::invalid("head", "HEAD_MALFORMED", why);
        let read: Exported =
            serde_json::from_str(text).map_err(|error| malformed(error.to_string()))?;
        // 64-bit numbers are texts in the JSON of protobuf.
        let text = read.revision.as_str();
        let revision = text
            .map_or_else(|| read.revision.as_i64(), |text| text.parse().ok())
            .ok_or_else(|| malformed(format!("\"{}\" is not a revision", read.revision)))?;
        Self::new(read.store_uuid, revision, &read.chain_hash)
    }

    /// A head whose chain hash stands in hexadecimal digits.
    pub fn new(store_uuid: String, revision: Revision, chain: &str) -> Result<Self, Error> {
        let chain = hash_of(chain).ok_or_else(|| {
            let why = format!("\"{chain}\" is not a chain hash");
            Error::invalid("head", "HEAD_MALFORMED", why)
        })?;
        Ok(Self {
            store_uuid,
            revision,
            chain,
        })
    }
}

impl Ledger {
    /// What the journal contains now.
    pub fn exported(&self) -> Head {
        let status = self.status();
        Head {
            store_uuid: status.store_uuid,
            revision: status.revision,
            chain: status.chain,
        }
    }

    /// Reads the whole journal while it is in use. Blocks for as long as the disk takes.
    pub fn verify(&self, head: Option<&Head>) -> Result<Report, Error> {
        let status = self.status();
        let folder = status.folder.ok_or_else(|| {
            Error::Internal("a journal that is not in files cannot be verified".to_owned())
        })?;
        let now = Witness {
            revision: status.revision,
            chain: status.chain,
        };
        read(&folder.join("journal"), Some(&folder), (head, Some(now)))
    }
}

/// Reads the journal of a data folder that nobody need have open.
pub fn verify(folder: &Path, head: Option<&Head>) -> Result<Report, Error> {
    read(&folder.join("journal"), Some(folder), (head, None))
}

/// Reads an archive. A copy is whole before it has its name: nothing in it is ever torn.
pub fn verify_archive(dir: &Path, head: Option<&Head>) -> Result<Report, Error> {
    let mut report = read(dir, None, (head, None))?;
    if report.finding.is_none() && report.torn_bytes > 0 {
        report.finding = Some(Finding {
            file: dir.to_owned(),
            offset: 0,
            after: report.revision,
            why: format!("{} bytes at the end are no record", report.torn_bytes),
        });
    }
    Ok(report)
}

/// Reads the segments of a directory; a data folder has a checkpoint beside them.
fn read(
    journal: &Path,
    folder: Option<&Path>,
    (head, now): (Option<&Head>, Option<Witness>),
) -> Result<Report, Error> {
    let note = folder.and_then(|folder| Note::read(&folder.join("store")));
    let noted = note.as_ref().and_then(Note::witness);
    let wanted = head.map(|head| Witness {
        revision: head.revision,
        chain: head.chain,
    });
    let witnesses = [noted, wanted, now].into_iter().flatten().collect();
    let seen = Rc::new(RefCell::new(Seen::default()));
    let look = Rc::clone(&seen);
    let inspect = Rc::new(
        move |position: &Position, envelope: &[u8], bodies: &[(&[u8], &[u8])]| {
            sound(position.revision, envelope, bodies, &mut look.borrow_mut())
        },
    );
    let read = local::inspect(journal, witnesses, inspect)
        .map_err(|error| Error::Internal(error.to_string()))?;
    let mut report = Report {
        revision: read.head.revision,
        chain: read.head.chain,
        segments: read.segments,
        bytes: read.bytes,
        sealed: read.sealed,
        checkpoint: noted.map(|noted| noted.revision),
        torn_bytes: read.torn_bytes,
        finding: read.damage.map(|(file, offset, why)| Finding {
            file,
            offset,
            after: read.head.revision,
            why,
        }),
    };
    let seen = seen.borrow();
    let of_journal = |(revision, why): (Revision, String)| Finding {
        file: journal.to_owned(),
        offset: 0,
        after: revision - 1,
        why,
    };
    if report.finding.is_none() {
        report.finding = seen.erased.unasked().map(of_journal);
    }
    if report.finding.is_none() {
        report.finding = seen.wrong_manifest(read.reader.as_ref())?.map(of_journal);
    }
    if let (None, Some(head)) = (&report.finding, head) {
        report.finding = another_store(journal, &read.first, head)?;
    }
    Ok(report)
}

/// What later records say of earlier ones.
#[derive(Default)]
struct Seen {
    erased: Erased,
    /// Compactions and the revisions of their records.
    compactions: Vec<(Revision, record::Compaction)>,
}

impl Seen {
    /// The first compaction whose manifest names another hash than the chain has there.
    fn wrong_manifest(&self, reader: &dyn Reader) -> Result<Option<(Revision, String)>, Error> {
        for (revision, compaction) in &self.compactions {
            let there = position(reader, compaction.revision)?;
            if there.chain.as_slice() != compaction.chain.as_ref() {
                let why = format!(
                    "the compaction at revision {revision} names another hash of revision {}",
                    compaction.revision
                );
                return Ok(Some((*revision, why)));
            }
        }
        Ok(None)
    }
}

/// Whether the head is one of another store.
fn another_store(journal: &Path, first: &[u8], head: &Head) -> Result<Option<Finding>, Error> {
    let genesis = record::decode(first)?.genesis.unwrap_or_default();
    Ok((genesis.store_uuid != head.store_uuid).then(|| Finding {
        file: journal.to_owned(),
        offset: 0,
        after: 0,
        why: format!(
            "this is store \"{}\", the head is one of \"{}\"",
            genesis.store_uuid, head.store_uuid
        ),
    }))
}

/// Each body is the one that its envelope speaks of, or has been erased.
fn sound(
    revision: Revision,
    envelope: &[u8],
    bodies: &[(&[u8], &[u8])],
    seen: &mut Seen,
) -> Result<(), String> {
    let envelope = record::decode(envelope)
        .map_err(|_unreadable| format!("revision {revision} has an envelope nobody can read"))?;
    if envelope.effects.len() != bodies.len() {
        return Err(format!("revision {revision} lacks a body"));
    }
    for (effect, (salt, body)) in envelope.effects.iter().zip(bodies) {
        if !record::holds(effect, salt, body) {
            let name = &effect.name;
            return Err(format!(
                "the body of \"{name}\" is not the one written at revision {revision}"
            ));
        }
    }
    let bodies = bodies.iter().copied();
    seen.erased.pass(revision, &envelope, bodies);
    let compaction = envelope.compaction.map(|compaction| (revision, compaction));
    seen.compactions.extend(compaction);
    Ok(())
}
