//! The note beside sled that says what a sound store must hold.
//!
//! Sled is never the truth: it can lose keys without noticing. The note {revision, chain, entries,
//! XOR of a hash of each} is written only after sled's file is durable; start-up counts again. It
//! is also a witness for the journal: what it says was durable must still be there.

use std::fs::{self, File};
use std::path::Path;

use crc32c::crc32c;
use serde::{Deserialize, Serialize};
use tracing::warn;

use crate::ledger::disk;
use crate::ledger::journal::{Witness, hash_of};
use crate::model::Revision;

const FILE: &str = "checkpoint.json";

/// What a sound store holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Note {
    /// Format of keys and rows, and of the table of kinds they follow.
    pub(super) format: String,
    /// Everything up to here is in the store.
    pub(super) revision: Revision,
    /// The chain hash of that revision.
    chain: String,
    /// Entries of all trees up to that revision.
    pub(super) entries: u64,
    /// XOR of their fingerprints, in hexadecimal digits.
    pub(super) xor: String,
    /// The earliest revision that can be read.
    #[serde(default)]
    pub(super) earliest: Revision,
    /// What stands in sled's files has been erased from the journal: they must be made anew.
    #[serde(default)]
    pub(super) rebuild: bool,
    /// crc32c of all the others: a damaged note must not accuse a sound journal.
    #[serde(default)]
    crc: u32,
}

impl Note {
    pub(super) fn new(
        format: String,
        revision: Revision,
        chain: &[u8; 32],
        entries: u64,
        xor: u64,
    ) -> Self {
        let chain = chain.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut note = Self {
            format,
            revision,
            chain,
            entries,
            xor: format!("{xor:016x}"),
            earliest: 0,
            rebuild: false,
            crc: 0,
        };
        note.crc = note.sum();
        note
    }

    /// The same, of a store that reads so far back and whose files may have to be made anew.
    pub(super) fn keeping(mut self, earliest: Revision, rebuild: bool) -> Self {
        self.earliest = earliest;
        self.rebuild = rebuild;
        self.crc = self.sum();
        self
    }

    fn sum(&self) -> u32 {
        let Self {
            format,
            revision,
            chain,
            entries,
            xor,
            earliest,
            rebuild,
            crc: _,
        } = self;
        crc32c(
            format!("{format} {revision} {chain} {entries} {xor} {earliest} {rebuild}").as_bytes(),
        )
    }

    /// The note of this folder; `None` when there is none that can be read, which is said when
    /// there is one: with it goes what it proves about the journal.
    pub(crate) fn read(folder: &Path) -> Option<Self> {
        let bytes = fs::read(folder.join(FILE)).ok()?;
        let damaged = "it does not match its crc".to_owned();
        serde_json::from_slice(&bytes)
            .map_err(|error| error.to_string())
            .and_then(|note: Self| (note.crc == note.sum()).then_some(note).ok_or(damaged))
            .inspect_err(
                |error| warn!(%error, "the checkpoint cannot be read; the store is rebuilt"),
            )
            .ok()
    }

    /// Writes the note so that it is there whole or not at all.
    pub(super) fn write(&self, folder: &Path) -> std::io::Result<()> {
        let fresh = folder.join("checkpoint.new");
        disk::at("note.create")?;
        let file = File::create(&fresh)?;
        disk::write("note.write", &file, &serde_json::to_vec_pretty(self)?, 0)?;
        disk::sync_all("note.sync", &file)?;
        disk::at("note.rename")?;
        fs::rename(&fresh, folder.join(FILE))?;
        disk::sync_dir("note.sync_dir", folder)
    }

    /// What it proves about the journal.
    pub(crate) fn witness(&self) -> Option<Witness> {
        Some(Witness {
            revision: self.revision,
            chain: hash_of(&self.chain)?,
        })
    }
}
