//! One hash over everything that is stored at a revision, whoever may see it: two stores that
//! answer the same have the same one. A backup carries it, a restore is held to it.

use sha2::{Digest, Sha256};

use super::erasure::gone;
use super::{Store, read};
use crate::error::Error;
use crate::model::Revision;
use crate::wire::body;

/// Rows looked up under one lock, so that neither the memory nor the wait of a writer grows with
/// the store.
const ROWS_MAX: usize = 1_024;

impl Store {
    /// SHA-256 over name, revision and answer of every resource at a revision, deleted ones
    /// included, in the order of the names.
    pub(crate) fn digest(&self, revision: Revision) -> Result<[u8; 32], Error> {
        let mut hash = Sha256::new();
        for ids in self.current(revision).chunks(ROWS_MAX) {
            let found: Vec<(Box<str>, _, _)> = {
                let index = read(&self.index);
                let rows = ids.iter().filter_map(|id| index.row(*id));
                rows.map(|row| (Box::from(index.name(row)), row.position(), row.body))
                    .collect()
            };
            for (name, position, at) in found {
                let body = self.bodies.body(at);
                let body =
                    body.map_err(|error| Error::Internal(format!("read a body: {error}")))?;
                if gone(&body) {
                    return Err(Error::Internal(format!(
                        "the body of \"{name}\" was erased"
                    )));
                }
                let bytes = body::answer(&body, &position);
                hash.update(name.as_bytes());
                hash.update([0]);
                hash.update(position.revision.to_be_bytes());
                hash.update((bytes.len() as u64).to_be_bytes());
                hash.update(&bytes);
            }
        }
        Ok(hash.finalize().into())
    }

    /// The rows that are current at a revision, in the order of their names.
    pub(super) fn current(&self, revision: Revision) -> Vec<u32> {
        let index = read(&self.index);
        let rows = index.rows().iter().zip(0u32..);
        let mut ids: Vec<u32> = rows
            .filter(|(row, _)| index.current_at(row, revision) && !index.purged(row))
            .map(|(_, id)| id)
            .collect();
        let name = |id: &u32| index.row(*id).map(|row| index.name(row));
        ids.sort_unstable_by(|a, b| name(a).cmp(&name(b)));
        ids
    }
}
