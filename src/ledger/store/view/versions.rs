//! The versions of one resource, newest first, back into the products it continues.
//!
//! A resource has a version for each commit that wrote it. Where its first one names a predecessor
//! (`continues`, of an assessment `supersedes`), the predecessor's last version before that is the
//! next one back. Versions that the caller may not see are passed over, as if they had not been;
//! those that were compacted away end it.

use bytes::Bytes;

use super::super::read;
use super::{Found, View};
use crate::error::Error;
use crate::model::Revision;
use crate::model::name::Name;
use crate::wire::body;

/// Field numbers of what a resource continues: of an element, of an assessment.
const CONTINUES: u32 = 10;
const SUPERSEDES: u32 = 31;

/// One version.
#[derive(Debug, Clone)]
pub struct Version {
    /// The name it had.
    pub name: String,
    /// The revision that wrote it.
    pub revision: Revision,
    /// Whether it deleted the resource.
    pub deleted: bool,
    /// Whether the one before it was compacted away.
    pub cut: bool,
    /// As it is answered.
    pub body: Bytes,
}

impl View {
    /// Up to `count` versions, from the newest one of `name` that is not newer than `from`.
    pub fn versions(
        &self,
        name: &Name,
        from: Revision,
        count: usize,
    ) -> Result<Vec<Version>, Error> {
        let mut versions: Vec<Version> = Vec::new();
        let mut next = Some((name.clone(), from.min(self.revision)));
        while let Some((name, at)) = next.take().filter(|_| versions.len() < count) {
            let Some((found, seen)) = self.version(&name, at)? else {
                if let Some(last) = versions
                    .last_mut()
                    .filter(|last| *last.name == *name.as_str())
                {
                    last.cut = self.compacted(&name, at)?;
                }
                continue;
            };
            let revision = found.position.revision;
            let body = self.answer(&found)?;
            next = match self.store.row_at(name.as_str(), revision - 1)? {
                Some(_) => Some((name.clone(), revision - 1)),
                None => predecessor(&name, &body)?.map(|before| (before, revision - 1)),
            };
            if seen {
                versions.push(Version {
                    name: name.to_string(),
                    revision,
                    deleted: found.position.deleted,
                    cut: false,
                    body,
                });
            }
        }
        Ok(versions)
    }

    /// The revisions after `after` that wrote a resource, newest first, at most `count`.
    pub fn written(
        &self,
        name: &Name,
        after: Revision,
        count: usize,
    ) -> Result<Vec<Revision>, Error> {
        let mut revisions = Vec::new();
        let mut at = self.revision;
        while let Some((found, seen)) = self.version(name, at)? {
            at = found.position.revision - 1;
            if at < after || revisions.len() == count {
                break;
            }
            if seen {
                revisions.push(at + 1);
            }
        }
        Ok(revisions)
    }

    /// Whether there was a version that the caller might see, had it not been compacted away.
    fn compacted(&self, name: &Name, at: Revision) -> Result<bool, Error> {
        let Some(id) = self.store.row_at(name.as_str(), at)? else {
            return Ok(false);
        };
        let index = read(&self.store.index);
        let covered = |row| index.covers(self.caller.clearance(), row, self.revision);
        Ok(index.row(id).is_some_and(covered))
    }

    /// The version as of a revision, and whether the caller may see it.
    fn version(&self, name: &Name, at: Revision) -> Result<Option<(Found, bool)>, Error> {
        let Some(id) = self.store.row_at(name.as_str(), at)? else {
            return Ok(None);
        };
        let index = read(&self.store.index);
        // History ends where what was before has been erased.
        let earliest = self.store.earliest();
        let row = index.row(id).filter(|row| !index.lost(row, earliest));
        Ok(row.map(|row| {
            let covered = index.covers(self.caller.clearance(), row, row.from);
            let seen = covered && index.holds(id, self.valid_us);
            (Found::of(&index, row), seen)
        }))
    }
}

/// What a resource continues.
fn predecessor(name: &Name, body: &[u8]) -> Result<Option<Name>, Error> {
    let tag = if name.kind().is_element() {
        CONTINUES
    } else {
        SUPERSEDES
    };
    let continued = body::text(body, tag)?;
    // A name that does not parse was never a name.
    Ok(continued.and_then(|name| Name::parse(&name, "continues").ok()))
}
