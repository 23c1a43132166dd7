//! What one commit changed in a caller's sight: the difference between his view of the revision
//! before and his view of the revision, over what the commit touched.
//!
//! A commit touches the versions it wrote; with a header whose state, marking or deletion changed
//! all that stands under it; with an actor, where a condition asks what actors are members of, all
//! that links to it. What came into sight or changed is upserted, what went out of
//! sight is removed, and the reason is not told. Whether something goes out of sight is judged by
//! the markings of the two revisions alone: a caller who follows late must hear of it too. Whether
//! a body is shown is judged by the present marking as well, so that nothing is shown late that may
//! no longer be seen. Used by `ledger::watch`; it never waits and never looks ahead.

use std::collections::HashSet;

use bytes::Bytes;

use super::super::fit::{asks_above, asks_through};
use super::super::index::{Index, Row};
use super::super::list::Query;
use super::super::read;
use super::super::values::Having;
use super::{Found, Markings, View};
use crate::error::Error;
use crate::model::Revision;
use crate::model::kind::{self, Kind};
use crate::model::name::{Name, assessment_of};
use crate::query::filter::Expr;

/// What a change is told with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Images {
    /// Its name.
    None,
    /// The resource as it is.
    After,
    /// The resource as it is, and as it was.
    BeforeAndAfter,
}

/// What somebody follows.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// A query for each kind; its parent, size and cursor mean nothing here.
    pub queries: Vec<Query>,
    /// The names of the assessments that are followed; none is all.
    pub assessments: HashSet<String>,
    /// What is told of a change.
    pub images: Images,
}

/// One resource that changed in the caller's sight.
#[derive(Debug, Clone)]
pub struct Changed {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: &'static Kind,
    /// It is no longer in sight.
    pub removed: bool,
    /// As it is, where that is asked for.
    pub after: Option<Bytes>,
    /// As it was, where that is asked for.
    pub before: Option<Bytes>,
}

/// A resource that the commit touched: its version at the revision, and whether it is a new one.
struct Touched {
    id: u32,
    kind: u8,
    name: Box<str>,
    written: bool,
}

/// What became of one, before its bodies are read.
struct Fate {
    name: Box<str>,
    kind: &'static Kind,
    after: Option<Found>,
    before: Option<Found>,
}

/// A commit that is being looked at, some of what it touched at a time.
pub(in crate::ledger) struct Look {
    view: View,
    then: View,
    /// By name, the last first.
    touched: Vec<Touched>,
    changes: Vec<Changed>,
}

impl Look {
    /// The revision of the commit.
    pub(in crate::ledger) fn view(&self) -> &View {
        &self.view
    }

    /// Looks at up to `room` of what is left and takes it off; whether nothing is left.
    pub(in crate::ledger) fn more(
        &mut self,
        wanted: &Wanted,
        room: &mut usize,
    ) -> Result<bool, Error> {
        while *room > 0 {
            let Some(one) = self.touched.pop() else {
                return Ok(true);
            };
            *room -= 1;
            if let Some(fate) = self.view.fate(&self.then, wanted, &one)? {
                self.changes.push(self.view.told(wanted.images, fate)?);
            }
        }
        Ok(self.touched.is_empty())
    }

    /// What the commit changed, by name.
    pub(in crate::ledger) fn changes(self) -> Vec<Changed> {
        self.changes
    }
}

impl View {
    /// Begins to look at what the commit of this view's revision changed.
    pub(in crate::ledger) fn look(self, wanted: &Wanted) -> Look {
        let touched = touched(&read(&self.store.index), wanted, self.revision);
        let then = Self {
            revision: self.revision - 1,
            ..self.clone()
        };
        Look {
            view: self,
            then,
            touched,
            changes: Vec::new(),
        }
    }

    /// The effective time of this view's revision, in microseconds since 1970.
    pub fn time_us(&self) -> i64 {
        read(&self.store.index).time(self.revision).unwrap_or(0)
    }

    fn fate(&self, then: &Self, wanted: &Wanted, touched: &Touched) -> Result<Option<Fate>, Error> {
        let Touched { id, written, .. } = *touched;
        let Some(query) = wanted.of(touched.kind) else {
            return Ok(None);
        };
        // What was purged cannot be asked any more: whoever may have seen it is told that it went.
        let purged = {
            let index = read(&self.store.index);
            index.row(id).is_some_and(|row| index.purged(row))
        };
        let is = !purged && self.in_sight(query, id)?;
        let both = wanted.images == Images::BeforeAndAfter;
        let earlier = match (is && written && !both, written) {
            (true, _) => None,
            (false, false) => Some(id),
            (false, true) => self.store.row_at(&touched.name, then.revision)?,
        };
        let was = match earlier {
            Some(earlier) if purged && then.is_clear(earlier) => Some(earlier),
            Some(earlier) if !purged && then.in_sight(query, earlier)? => Some(earlier),
            Some(_) | None => None,
        };
        let changed = if is {
            written || was.is_none()
        } else {
            was.is_some()
        };
        if !changed || is && !self.may_show(query, id)? {
            return Ok(None);
        }
        let was = match was.filter(|_| both) {
            Some(earlier) if then.may_show(query, earlier)? => Some(earlier),
            Some(_) | None => None,
        };
        let index = read(&self.store.index);
        let found = |id: u32| index.row(id).map(|row| Found::of(&index, row));
        Ok(kind::at(touched.kind).map(|kind| Fate {
            name: touched.name.clone(),
            kind,
            after: found(id).filter(|_| is),
            before: was.and_then(found),
        }))
    }

    /// Whether a version may be shown: by the markings of this revision, and by those of now, also
    /// of what it is selected by.
    fn may_show(&self, query: &Query, id: u32) -> Result<bool, Error> {
        let covered = {
            let index = read(&self.store.index);
            let covered = |row| self.knows(&index, row, Markings::Present);
            index.row(id).is_some_and(covered)
        };
        let through = asks_through(&query.filter);
        Ok(covered && (!through || self.fits(&query.filter, id, Markings::Present)?))
    }

    /// Whether the query selects a version and the markings of this revision let it be seen.
    fn in_sight(&self, query: &Query, id: u32) -> Result<bool, Error> {
        Ok(self.is_clear(id) && self.selects(query, id, Markings::Then)?)
    }

    /// Whether a version is there and the markings of this revision let it be seen.
    fn is_clear(&self, id: u32) -> bool {
        let index = read(&self.store.index);
        let clear = |row: &Row| !row.tombstone && self.knows(&index, row, Markings::Then);
        index.row(id).is_some_and(clear)
    }

    /// Whether the query selects a version, whoever may see it.
    pub(super) fn selects(
        &self,
        query: &Query,
        id: u32,
        markings: Markings,
    ) -> Result<bool, Error> {
        let stands = {
            let index = read(&self.store.index);
            let Some(row) = index.row(id) else {
                return Ok(false);
            };
            let header = index.header_at(row.assessment, self.revision);
            let shown = header.is_none_or(|header| {
                let stated = query.states.is_empty() || query.states.contains(&header.state);
                stated && (query.deleted || !header.tombstone)
            });
            let rejected = index.rejected(row.kind).filter(|_| !query.rejected);
            shown && !rejected.is_some_and(|rows| rows.contains(id))
        };
        Ok(stands && self.fits(&query.filter, id, markings)?)
    }

    fn told(&self, images: Images, fate: Fate) -> Result<Changed, Error> {
        let image = |found: Option<&Found>| match images {
            Images::None => Ok(None),
            Images::After | Images::BeforeAndAfter => {
                found.map(|found| self.answer(found)).transpose()
            }
        };
        Ok(Changed {
            removed: fate.after.is_none(),
            after: image(fate.after.as_ref())?,
            before: image(fate.before.as_ref())?,
            name: fate.name.into_string(),
            kind: fate.kind,
        })
    }
}

impl Wanted {
    /// The query of a kind, if it is followed.
    fn of(&self, kind: u8) -> Option<&Query> {
        self.queries.iter().find(|query| query.kind.ordinal == kind)
    }

    fn follows(&self, index: &Index, row: &Row) -> bool {
        let among = |name| self.assessments.contains(name);
        let named =
            self.assessments.is_empty() || assessment_of(index.name(row)).is_some_and(among);
        named && self.of(row.kind).is_some()
    }
}

/// What is followed of what a commit wrote, of what stands under a header that it changed (the
/// standing of, or anything of, where a condition asks for the assessment's fields), and of what
/// links to an entry of a registry that it wrote, where a condition asks for that. The last name
/// comes first.
fn touched(index: &Index, wanted: &Wanted, revision: Revision) -> Vec<Touched> {
    let mut touched = Vec::new();
    let asked = |by: fn(&Expr) -> bool| wanted.queries.iter().any(|query| by(&query.filter));
    let (above, through) = (asked(asks_above), asked(asks_through));
    let earlier = |(id, row): (u32, &Row)| {
        let moved = row.from < revision && wanted.follows(index, row);
        moved.then(|| Touched::new(index, (id, row), false))
    };
    for id in index.written_at(revision) {
        let Some(row) = index.row(id) else { continue };
        let name = index.name(row);
        let header = assessment_of(name).filter(|above| *above == name);
        if let Some(header) = header
            && (above || index.stands_differently(row.assessment, revision - 1, revision))
        {
            let rows = index.of_assessment(header).into_iter();
            let under = rows.flat_map(|rows| index.current(Having::Rows(rows), revision));
            let elements =
                under.filter(|(_, row)| kind::at(row.kind).is_some_and(Kind::is_element));
            touched.extend(elements.filter_map(earlier));
        }
        if through && assessment_of(name).is_none() {
            let linking = index.linking(name).into_iter();
            let linking = linking.filter_map(|id| Some((id, index.row(id)?)));
            let current = linking.filter(|(_, row)| index.current_at(row, revision));
            touched.extend(current.filter_map(earlier));
        }
        if wanted.follows(index, row) {
            touched.push(Touched::new(index, (id, row), true));
        }
    }
    touched.sort_by(|a, b| b.name.cmp(&a.name));
    touched.dedup_by(|a, b| a.id == b.id);
    touched
}

impl Touched {
    fn new(index: &Index, (id, row): (u32, &Row), written: bool) -> Self {
        Self {
            id,
            kind: row.kind,
            name: index.name(row).into(),
            written,
        }
    }
}

/// The names of assessments as a set to follow.
pub fn assessments(names: &[Name]) -> HashSet<String> {
    names.iter().map(|name| name.as_str().to_owned()).collect()
}
