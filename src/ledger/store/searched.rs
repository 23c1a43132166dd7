//! What the text index reads of the store: versions by their rows, and what has been lost.

use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};

use super::{Store, erasure, read};
use crate::error::Error;
use crate::ledger::journal;
use crate::model::Revision;
use crate::model::kind::{self, Kind};
use bytes::Bytes;

/// A row, with what no row of another history has in its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    pub(crate) row: u32,
    revision: Revision,
    time_us: i64,
    name: String,
}

/// How much can no longer be read: another state of it means that there is more.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Losses {
    /// The earliest revision that can be read.
    earliest: Revision,
    /// How many rows have erased what was before them.
    purges: u32,
}

/// Whether resources of a kind are searched.
pub(crate) fn searched(kind: &Kind) -> bool {
    kind.is_element() || ["Assessment", "Document"].contains(&kind.message.as_str())
}

impl Store {
    /// The newest revision, and the row after the last one.
    pub(crate) fn end(&self) -> (Revision, u32) {
        let index = read(&self.index);
        (index.head(), index.next_id())
    }

    /// What a row can be told by; `None` when there is no such row.
    pub(crate) fn place(&self, id: u32) -> Option<Place> {
        let index = read(&self.index);
        index.row(id).map(|row| Place {
            row: id,
            revision: row.from,
            time_us: row.updated_us,
            name: index.name(row).to_owned(),
        })
    }

    /// The body of a version that is searched; `None` for what is not, a deletion, and what nobody
    /// may read any more.
    pub(crate) fn text(&self, id: u32) -> Result<Option<(&'static Kind, Bytes)>, Error> {
        let found = {
            let index = read(&self.index);
            let row = index.row(id).filter(|row| !row.tombstone);
            let row = row.filter(|row| !index.lost(row, self.earliest()));
            row.and_then(|row| Some((kind::at(row.kind)?, row.body)))
        };
        let Some((kind, at)) = found.filter(|(kind, _)| searched(kind)) else {
            return Ok(None);
        };
        let unread = |error: journal::Error| Error::Internal(format!("read a body: {error}"));
        let body = self.bodies.body(at).map_err(unread)?;
        Ok((!erasure::gone(&body)).then_some((kind, body)))
    }

    /// How much can no longer be read.
    pub(crate) fn losses(&self) -> Losses {
        Losses {
            earliest: self.earliest(),
            purges: read(&self.index).purges(),
        }
    }

    /// The rows that nobody may read any more.
    pub(crate) fn lost_rows(&self) -> RoaringBitmap {
        let earliest = self.earliest();
        let index = read(&self.index);
        let rows = (0u32..).zip(index.rows());
        let lost = rows.filter(|(_, row)| index.lost(row, earliest));
        lost.map(|(id, _)| id).collect()
    }
}
