//! A view: who asks, as of which revision, and of which time in the world. There is no other way
//! to read.
//!
//! Its revision is fixed when it is opened and its clearance is asked at every step, so all that
//! one view answers belongs together. What the caller may not see is not found, not counted and
//! not paged over. Bodies are read from the journal's segments and copied, never decoded.

pub(in crate::ledger) mod changes;
pub(in crate::ledger) mod difference;
pub(in crate::ledger) mod search;
pub(in crate::ledger) mod versions;

use std::sync::Arc;

use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::super::journal::Locator;
use super::chunks::Chunks;
use super::index::{Index, Row};
use super::values::Having;
use super::{Store, erasure, read};
use crate::error::Error;
use crate::model::Revision;
use crate::model::caller::{Caller, Marking};
use crate::model::kind::{self, Kind};
use crate::model::limits::Limits;
use crate::model::name::Name;
use crate::wire::body::{self, Position};

/// Who asks, as of which revision, and of which time in the world.
#[derive(Clone)]
pub struct View {
    pub(super) store: Arc<Store>,
    caller: Caller,
    revision: Revision,
    valid_us: Option<i64>,
    limits: Limits,
}

/// A stored version, for those who are about to write the next one.
#[derive(Debug, Clone)]
pub struct Stored {
    /// Its body, without what its position decides.
    pub body: Bytes,
    /// Its revision.
    pub revision: Revision,
    /// Whether it is deleted.
    pub deleted: bool,
    /// What it is marked with, its assessment's marking included.
    pub marking: Marking,
}

/// A version as it is answered.
#[derive(Debug, Clone)]
pub struct Shown {
    /// Its bytes.
    pub bytes: Bytes,
    /// Its revision.
    pub revision: Revision,
    /// What it is marked with, its assessment's marking included.
    pub marking: Marking,
}

/// By which markings it is judged what a caller knows of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Markings {
    /// Those of the view's revision, and those of now as well.
    Present,
    /// Those of the view's revision alone: what was in sight then.
    Then,
}

/// A version, found and not yet read.
pub(super) struct Found {
    pub(super) name: Box<str>,
    kind: u8,
    born: (i64, u32),
    pub(super) position: Position,
    at: Locator,
}

impl View {
    pub(in crate::ledger) fn new(
        store: Arc<Store>,
        caller: Caller,
        revision: Revision,
        limits: Limits,
    ) -> Self {
        Self {
            store,
            caller,
            revision,
            valid_us: None,
            limits,
        }
    }

    /// The same, without the elements that do not hold at a time in the world, in microseconds
    /// since 1970; `None` leaves out none.
    #[must_use]
    pub fn valid_at(self, valid_us: Option<i64>) -> Self {
        Self { valid_us, ..self }
    }

    /// The revision that this view reads at.
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// The time in the world that is asked about, in microseconds since 1970.
    pub(super) fn valid_us(&self) -> Option<i64> {
        self.valid_us
    }

    /// Whether the caller knows of a row.
    pub(super) fn knows(&self, index: &Index, row: &Row, markings: Markings) -> bool {
        let clearance = self.caller.clearance();
        match markings {
            Markings::Present => index.covers(clearance, row, self.revision),
            Markings::Then => index.marked(clearance, row, self.revision),
        }
    }

    /// When its revision was committed, in microseconds since 1970.
    pub fn committed_us(&self) -> i64 {
        let index = read(&self.store.index);
        index.time(self.revision).unwrap_or_default()
    }

    /// Who asks.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// The bounds this view keeps to.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// One resource as it is answered; of an assessment, the header.
    pub fn get(&self, name: &Name) -> Result<Bytes, Error> {
        let found = self
            .find(name)?
            .ok_or_else(|| Error::not_found(name.as_str()))?;
        self.answer(&found)
    }

    /// The same with its marking; `None` when the caller sees no such resource.
    pub fn shown(&self, name: &Name) -> Result<Option<Shown>, Error> {
        let Some(id) = self.store.row_at(name.as_str(), self.revision)? else {
            return Ok(None);
        };
        let (found, marking) = {
            let index = read(&self.store.index);
            let Some(row) = index.row(id).filter(|row| self.sees(&index, id, row)) else {
                return Ok(None);
            };
            (Found::of(&index, row), index.marking_of(row, self.revision))
        };
        Ok(Some(Shown {
            bytes: self.answer(&found)?,
            revision: found.position.revision,
            marking,
        }))
    }

    /// One resource as it is answered, although it is deleted.
    pub fn get_deleted(&self, name: &Name) -> Result<Option<Bytes>, Error> {
        let Some(id) = self.store.row_at(name.as_str(), self.revision)? else {
            return Ok(None);
        };
        let found = {
            let index = read(&self.store.index);
            let row = index.row(id);
            row.filter(|row| index.covers(self.caller.clearance(), row, self.revision))
                .map(|row| Found::of(&index, row))
        };
        found.map(|found| self.answer(&found)).transpose()
    }

    /// Whether a name has ever been used, whoever may see it: a new resource needs one that has
    /// not. That a name is taken is no secret, what it names is.
    pub fn taken(&self, name: &Name) -> Result<bool, Error> {
        Ok(self.store.row_at(name.as_str(), self.revision)?.is_some())
    }

    /// Whether the caller can see such a resource.
    pub fn has(&self, name: &Name) -> Result<bool, Error> {
        Ok(self.find(name)?.is_some())
    }

    /// The revision of the version that this view sees; `None` when it sees none.
    pub fn revision_of(&self, name: &Name) -> Result<Option<Revision>, Error> {
        Ok(self.find(name)?.map(|found| found.position.revision))
    }

    /// The stored body of a resource and its revision, also of one that is deleted; for writers.
    pub fn stored(&self, name: &Name) -> Result<Option<Stored>, Error> {
        let clearance = self.caller.clearance();
        self.body_of(name, |index, row| {
            index.covers(clearance, row, self.revision)
        })
    }

    /// The same, whoever may see it: to move a link that it holds, never to tell.
    pub fn unseen(&self, name: &Name) -> Result<Option<Stored>, Error> {
        self.body_of(name, |_, _| true)
    }

    fn body_of(
        &self,
        name: &Name,
        seen: impl Fn(&Index, &Row) -> bool,
    ) -> Result<Option<Stored>, Error> {
        let Some(id) = self.store.row_at(name.as_str(), self.revision)? else {
            return Ok(None);
        };
        let (found, marking) = {
            let index = read(&self.store.index);
            let Some(row) = index.row(id).filter(|row| seen(&index, row)) else {
                return Ok(None);
            };
            (Found::of(&index, row), index.marking_of(row, self.revision))
        };
        let body = self.body_at(&found.name, found.at)?;
        let Position {
            revision, deleted, ..
        } = found.position;
        Ok(Some(Stored {
            body,
            revision,
            deleted,
            marking,
        }))
    }

    /// The newest revision of an assessment or of anything in it.
    pub fn aggregate(&self, assessment: &Name) -> Revision {
        read(&self.store.index).aggregate(assessment.as_str())
    }

    /// Everything that links to a resource and that the caller may see, by name.
    pub fn referrers(&self, target: &Name) -> Vec<String> {
        self.linking(target, |index, row| {
            index.covers(self.caller.clearance(), row, self.revision)
        })
    }

    /// Everything that links to a resource, whoever may see it: for changes that must not leave a
    /// link dangling. The names are never told.
    pub fn all_referrers(&self, target: &Name) -> Vec<String> {
        self.linking(target, |_, _| true)
    }

    fn linking(&self, target: &Name, seen: impl Fn(&Index, &Row) -> bool) -> Vec<String> {
        let index = read(&self.store.index);
        let mut names: Vec<String> = index
            .linking(target.as_str())
            .into_iter()
            .filter_map(|id| index.row(id))
            .filter(|row| !row.tombstone && index.name(row) != target.as_str())
            .filter(|row| index.current_at(row, self.revision) && seen(&index, row))
            .map(|row| index.name(row).to_owned())
            .collect();
        names.sort();
        names
    }

    /// The revisions in which an assessment, or anything in it that the caller may see, changed;
    /// newest first.
    pub fn revisions(&self, assessment: &Name) -> Vec<Revision> {
        let index = read(&self.store.index);
        let rows = index
            .of_assessment(assessment.as_str())
            .into_iter()
            .flat_map(Chunks::iter);
        let mut revisions: Vec<Revision> = rows
            .filter(|id| index.holds(*id, self.valid_us))
            .filter_map(|id| index.row(id))
            .filter(|row| (self.store.earliest()..=self.revision).contains(&row.from))
            .filter(|row| index.covers(self.caller.clearance(), row, row.from))
            .map(|row| row.from)
            .collect();
        revisions.dedup();
        revisions.reverse();
        revisions
    }

    /// Whether the caller may see a resource, deleted or not.
    pub fn may_see(&self, name: &Name) -> Result<bool, Error> {
        let Some(id) = self.store.row_at(name.as_str(), self.revision)? else {
            return Ok(false);
        };
        let index = read(&self.store.index);
        let row = index.row(id);
        Ok(row.is_some_and(|row| index.covers(self.caller.clearance(), row, self.revision)))
    }

    /// The number of the state an assessment was in at a revision; 0 for none.
    pub fn state_at(&self, assessment: &Name, revision: Revision) -> i32 {
        read(&self.store.index).state_at(assessment.as_str(), revision.min(self.revision))
    }

    /// How many elements an assessment has and their bytes with the header, whoever may see them.
    pub fn size(&self, assessment: &Name) -> (usize, u64) {
        let index = read(&self.store.index);
        let Some(rows) = index.of_assessment(assessment.as_str()) else {
            return (0, 0);
        };
        // An assessment that is written often has many rows that are no longer current.
        let rows = index
            .current(Having::Rows(rows), self.revision)
            .filter(|(_, row)| !row.tombstone);
        rows.fold((0, 0), |(count, bytes), (_, row)| {
            let element = kind::at(row.kind).is_some_and(Kind::is_element);
            (
                count + usize::from(element),
                bytes + u64::from(row.body.len),
            )
        })
    }

    /// The names of an assessment's elements, in the order they are shown in.
    pub fn element_names(&self, assessment: &Name) -> Result<Vec<String>, Error> {
        let elements = self.elements(assessment)?.into_iter();
        Ok(elements.map(|found| found.name.to_string()).collect())
    }

    /// An assessment with all its elements that the caller may see.
    pub fn full(&self, name: &Name) -> Result<Bytes, Error> {
        let header = self.get(name)?;
        let elements = self.elements(name)?;
        let read = elements
            .iter()
            .map(|found| self.answer(found))
            .collect::<Result<Vec<_>, _>>()?;
        let tags = elements
            .iter()
            .map(|found| kind::at(found.kind).map_or(0, |kind| kind.tag));
        let tags: Vec<u32> = tags.collect();
        Ok(body::assemble(
            &header,
            tags.iter().copied().zip(read.iter()),
        ))
    }

    /// Every resource at this revision that the caller may see, as one SHA-256: over name, revision
    /// and bytes, in the order of the names.
    pub fn digest(&self) -> Result<[u8; 32], Error> {
        let mut found: Vec<Found> = {
            let index = read(&self.store.index);
            let rows = index.rows().iter().filter(|row| {
                index.current_at(row, self.revision)
                    && index.covers(self.caller.clearance(), row, self.revision)
            });
            rows.map(|row| Found::of(&index, row)).collect()
        };
        found.sort_by(|a, b| a.name.cmp(&b.name));
        let mut hash = Sha256::new();
        for version in found {
            let bytes = self.answer(&version)?;
            hash.update(version.name.as_bytes());
            hash.update([0]);
            hash.update(version.position.revision.to_be_bytes());
            hash.update((bytes.len() as u64).to_be_bytes());
            hash.update(&bytes);
        }
        Ok(hash.finalize().into())
    }

    fn find(&self, name: &Name) -> Result<Option<Found>, Error> {
        let Some(id) = self.store.row_at(name.as_str(), self.revision)? else {
            return Ok(None);
        };
        let index = read(&self.store.index);
        let row = index.row(id).filter(|row| self.sees(&index, id, row));
        Ok(row.map(|row| Found::of(&index, row)))
    }

    /// Whether a row is there, holds, and is in the caller's sight.
    fn sees(&self, index: &Index, id: u32, row: &Row) -> bool {
        !row.tombstone
            && index.stands(row, self.revision)
            && index.holds(id, self.valid_us)
            && index.covers(self.caller.clearance(), row, self.revision)
    }

    fn elements(&self, name: &Name) -> Result<Vec<Found>, Error> {
        let index = read(&self.store.index);
        let rows = index.of_assessment(name.as_str());
        let mut found: Vec<Found> = rows
            .into_iter()
            .flat_map(|rows| index.current(Having::Rows(rows), self.revision))
            .filter(|(id, _)| index.holds(*id, self.valid_us))
            .map(|(_, row)| row)
            .filter(|row| kind::at(row.kind).is_some_and(Kind::is_element) && !row.tombstone)
            .filter(|row| index.covers(self.caller.clearance(), row, self.revision))
            .map(|row| Found::of(&index, row))
            .collect();
        found.sort_by_key(|found| (found.kind, found.born));
        Ok(found)
    }

    /// The bodies of a page, and whether it ended early because of its size.
    pub(super) fn read_page(&self, found: &[Found]) -> Result<(Vec<Bytes>, bool), Error> {
        let mut items: Vec<Bytes> = Vec::with_capacity(found.len());
        let mut size = 0;
        for version in found {
            let bytes = self.answer(version)?;
            size += bytes.len();
            if size > self.limits.page_bytes_max && !items.is_empty() {
                return Ok((items, true));
            }
            items.push(bytes);
        }
        Ok((items, false))
    }

    /// The body of a version of a name, if it has not been erased since this view was made.
    pub(super) fn body_at(&self, name: &str, at: Locator) -> Result<Bytes, Error> {
        let read = self.store.bodies.body(at);
        if let Ok(body) = &read
            && !erasure::gone(body)
        {
            return read.map_err(unread);
        }
        self.store.readable(self.revision)?;
        if self.store.purged(name) {
            return Err(Error::not_found(name));
        }
        let unasked = || Error::Internal(format!("the body of \"{name}\" was erased unasked"));
        read.map_err(unread).and_then(|_zeros| Err(unasked()))
    }

    fn answer(&self, found: &Found) -> Result<Bytes, Error> {
        let stored = self.body_at(&found.name, found.at)?;
        Ok(body::answer(&stored, &found.position))
    }
}

fn unread(error: crate::ledger::journal::Error) -> Error {
    Error::Internal(format!("read a body: {error}"))
}

impl Found {
    pub(super) fn of(index: &Index, row: &Row) -> Self {
        Self {
            name: index.name(row).into(),
            kind: row.kind,
            born: (row.created_us, row.born),
            position: row.position(),
            at: row.body,
        }
    }
}
