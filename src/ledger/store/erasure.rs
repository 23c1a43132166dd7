//! What may no longer be read, and where it lies in the journal.
//!
//! Two things end reading for good: a purge, of a name at every revision; a compaction, of every
//! revision before one. Both are decided by the record in the journal; what is told here follows
//! from the rows, so that erasing can be begun anew at any time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use super::index::Row;
use super::{Note, Store, image, internal, read};
use crate::error::Error;
use crate::ledger::disk;
use crate::model::Revision;

/// Where bodies begin, by segment.
pub(crate) type Places = BTreeMap<u32, BTreeSet<u64>>;

/// Whether a body has been erased: none begins with a zero, since no field has that number.
pub(super) fn gone(bytes: &[u8]) -> bool {
    bytes.first() == Some(&0)
}

/// What is left of a body.
pub(super) fn left(bytes: &[u8]) -> &[u8] {
    if gone(bytes) { &[] } else { bytes }
}

impl Store {
    /// The earliest revision that can be read.
    pub(crate) fn earliest(&self) -> Revision {
        self.earliest.load(Ordering::SeqCst)
    }

    /// The newest revision that purged or compacted since this store was opened.
    pub(crate) fn decided(&self) -> Revision {
        self.decided.load(Ordering::SeqCst)
    }

    /// Whether nobody may read a name at any revision.
    pub(crate) fn purged(&self, name: &str) -> bool {
        let index = read(&self.index);
        let newest = index.named(name);
        newest.is_some_and(|(_, row)| index.purged(row))
    }

    /// Refuses a revision that can no longer be read.
    pub(crate) fn readable(&self, revision: Revision) -> Result<(), Error> {
        let earliest = self.earliest();
        if revision >= earliest {
            return Ok(());
        }
        Err(Error::Compacted {
            requested: revision,
            earliest,
        })
    }

    /// Every body that nobody may read again, whether it has been erased yet or not.
    pub(crate) fn doomed(&self) -> Places {
        let earliest = self.earliest();
        let index = read(&self.index);
        let mut places = Places::new();
        for row in index.rows().iter().filter(|row| row.body.len > 0) {
            if index.lost(row, earliest) {
                let segment = places.entry(row.body.segment).or_default();
                segment.insert(row.body.offset);
            }
        }
        places
    }

    /// A name and, if it is an assessment, every name that was ever in it, with the number of their
    /// versions; nothing when there never was such a name, or when it has been purged.
    pub(crate) fn names_under(&self, name: &str) -> BTreeMap<String, usize> {
        let index = read(&self.index);
        let mut names = BTreeMap::new();
        let mut count = |row: &Row| {
            if !index.purged(row) {
                *names.entry(index.name(row).to_owned()).or_default() += 1;
            }
        };
        match (index.of_assessment(name), index.named(name)) {
            (Some(within), _) => {
                let rows = within.iter().filter_map(|id| index.row(id));
                rows.for_each(count);
            }
            (None, Some((_, newest))) => {
                let rows = index.rows().iter();
                rows.filter(|row| row.slot == newest.slot)
                    .for_each(&mut count);
            }
            (None, None) => {}
        }
        names
    }

    /// Has the next start make the store's files anew, since they hold what was erased: at once in
    /// the note that there is, and in every later one.
    pub(crate) fn rebuild_next(&self) -> Result<(), Error> {
        self.rebuild.store(true, Ordering::SeqCst);
        disk::at("erase.rebuild").map_err(internal)?;
        let _one = self.noting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(note) = Note::read(&self.folder) {
            let note = note.keeping(self.earliest(), true);
            note.write(&self.folder).map_err(internal)?;
        }
        image::remove(&self.folder).map_err(internal)?;
        match std::fs::remove_dir_all(self.folder.join("broken")) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(internal(error)),
            Ok(()) | Err(_) => Ok(()),
        }
    }
}
