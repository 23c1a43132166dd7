//! What differs between two views: pairs of versions, one of each side.
//!
//! Only what was written between the two revisions, and what stands under a header whose state,
//! marking or deletion changed, can differ; so the cost follows the changes, not the store. A
//! resource is compared with the one of the same name; what is on one side only is matched by its
//! line (the uid of its first predecessor), so that a later product is compared with the one it
//! superseded. Bodies are read when a pair is told, not before: a page needs few of them. The
//! fields are compared by `wire::fields`.

use std::collections::BTreeMap;

use bytes::Bytes;
use roaring::RoaringBitmap;

use super::super::chunks::Chunks;
use super::super::fit::{asks_above, asks_through};
use super::super::index::{Index, Row};
use super::super::list::{LOCKED_ROWS, Query};
use super::super::read;
use super::{Found, Markings, View};
use crate::error::Error;
use crate::model::Revision;
use crate::model::name::{Name, assessment_of};
use crate::query::filter::Expr;
use crate::wire::body;

const UID: u32 = 2;
const LINEAGE: u32 = 9;

/// A resource on one side, which `View::read` reads.
pub struct Side {
    /// Its name.
    pub name: Name,
    found: Found,
}

/// A resource on both sides, or on one.
pub struct Pair {
    /// The earlier side.
    pub base: Option<Side>,
    /// The later side.
    pub target: Option<Side>,
}

/// What is compared.
#[derive(Debug, Clone)]
pub enum Scope {
    /// Everything.
    All,
    /// An assessment with itself, or with another one.
    Of(Name, Name),
}

/// A version that a side sees, with its row.
type Seen = (u32, Found);

/// What either side sees of a name.
type Sides = (Option<Seen>, Option<Seen>);

/// Resources of one side that have no partner of their name, by kind and line.
type Lines = BTreeMap<(u8, String), Side>;

impl View {
    /// What may differ between an earlier view and this one, by kind and name.
    pub fn differing(
        &self,
        base: &Self,
        queries: &[Query],
        scope: &Scope,
    ) -> Result<Vec<Pair>, Error> {
        let (mut pairs, mut alone) = (Vec::new(), (Vec::new(), Vec::new()));
        let (mut gone, mut come) = (Lines::new(), Lines::new());
        for (was, is) in self.compared(base, queries, scope)?.into_values() {
            let (was, is) = (base.side(was, queries)?, self.side(is, queries)?);
            match (was, is) {
                (None, None) => {}
                (Some(was), None) => {
                    let line = base.line(&was)?;
                    line_up(&mut gone, &mut alone.0, line, was);
                }
                (None, Some(is)) => {
                    let line = self.line(&is)?;
                    line_up(&mut come, &mut alone.1, line, is);
                }
                (Some(was), Some(is)) => pairs.push(Pair::of(Some(was), Some(is))),
            }
        }
        for (line, was) in gone {
            let is = come.remove(&line);
            pairs.push(Pair::of(Some(was), is));
        }
        let come = come.into_values().chain(alone.1);
        pairs.extend(come.map(|is| Pair::of(None, Some(is))));
        pairs.extend(alone.0.into_iter().map(|was| Pair::of(Some(was), None)));
        pairs.sort_by(|a, b| a.order().cmp(&b.order()));
        Ok(pairs)
    }
}

impl View {
    /// What is seen, on either side, of what can differ, by name.
    fn compared(
        &self,
        base: &Self,
        queries: &[Query],
        scope: &Scope,
    ) -> Result<BTreeMap<String, Sides>, Error> {
        let (earlier, later) = match scope {
            Scope::All => (None, None),
            Scope::Of(base, target) => (Some(base), Some(target)),
        };
        let asks = |by: fn(&Expr) -> bool| queries.iter().any(|query| by(&query.filter));
        let asked = (asks(asks_above), asks(asks_through));
        let mut compared = BTreeMap::new();
        let candidates: Vec<u32> = self.candidates(base, scope, asked).into_iter().collect();
        for slots in candidates.chunks(LOCKED_ROWS) {
            let names: Vec<Box<str>> = {
                let index = read(&self.store.index);
                let named = slots.iter().filter_map(|slot| index.newest(*slot));
                named.map(|row| index.name(row).into()).collect()
            };
            for name in names {
                let (was, is) = (base.seen(&name, earlier)?, self.seen(&name, later)?);
                if was.is_some() || is.is_some() {
                    compared.insert(name.into_string(), (was, is));
                }
                let allowed = self.limits.diff_resources_max;
                if compared.len() > allowed {
                    return Err(too_large(allowed));
                }
            }
        }
        Ok(compared)
    }

    /// The slots of what can differ. Where a condition asks for the assessment's fields, all under
    /// a header that was written can; where it asks for what a link leads to, all that links to
    /// that.
    fn candidates(
        &self,
        base: &Self,
        scope: &Scope,
        (above, through): (bool, bool),
    ) -> RoaringBitmap {
        let (then, now) = (base.revision, self.revision);
        let (mut slots, mut under) = (RoaringBitmap::new(), RoaringBitmap::new());
        let written: Vec<u32> = {
            let index = read(&self.store.index);
            match scope {
                Scope::All => (index.end(then)..index.end(now)).collect(),
                Scope::Of(base, target) => {
                    let both = [base, target].into_iter();
                    under.extend(both.filter_map(|name| index.ordinal(name.as_str())));
                    Vec::new()
                }
            }
        };
        for ids in written.chunks(LOCKED_ROWS) {
            let index = read(&self.store.index);
            for row in ids.iter().filter_map(|id| index.row(*id)) {
                slots.insert(row.slot);
                let name = index.name(row);
                let header = assessment_of(name).filter(|header| *header == name);
                if header.is_some()
                    && (above || index.stands_differently(row.assessment, then, now))
                {
                    under.insert(row.assessment);
                }
                if through && assessment_of(name).is_none() {
                    let linking = index.linking(name).into_iter();
                    slots.extend(there(&index, linking, (then, now)));
                }
            }
        }
        for assessment in under {
            let index = read(&self.store.index);
            let rows = index.in_assessment(assessment).into_iter();
            slots.extend(there(&index, rows.flat_map(Chunks::iter), (then, now)));
        }
        slots
    }

    /// A resource of a pair, as it is answered on this side.
    pub fn read(&self, side: &Side) -> Result<Bytes, Error> {
        self.answer(&side.found)
    }

    /// A resource as this view sees it, within an assessment if one is named.
    fn seen(&self, name: &str, within: Option<&Name>) -> Result<Option<Seen>, Error> {
        if within.is_some_and(|within| assessment_of(name) != Some(within.as_str())) {
            return Ok(None);
        }
        let Some(id) = self.store.row_at(name, self.revision)? else {
            return Ok(None);
        };
        let index = read(&self.store.index);
        let row = index.row(id).filter(|row| {
            !row.tombstone
                && index.holds(id, self.valid_us)
                && self.knows(&index, row, Markings::Present)
        });
        Ok(row.map(|row| (id, Found::of(&index, row))))
    }

    /// The same, if one of the queries selects it.
    fn side(&self, seen: Option<Seen>, queries: &[Query]) -> Result<Option<Side>, Error> {
        let Some((id, found)) = seen else {
            return Ok(None);
        };
        let mut queries = queries.iter();
        let Some(query) = queries.find(|query| query.kind.ordinal == found.kind) else {
            return Ok(None);
        };
        if !self.selects(query, id, Markings::Present)? {
            return Ok(None);
        }
        let name = Name::parse(&found.name, "name")?;
        Ok(Some(Side { name, found }))
    }

    /// What a resource without a partner of its name is matched by.
    fn line(&self, side: &Side) -> Result<(u8, String), Error> {
        Ok((side.found.kind, lineage(&self.read(side)?)?))
    }
}

impl Pair {
    fn of(base: Option<Side>, target: Option<Side>) -> Self {
        Self { base, target }
    }

    /// The name of the later side, or else of the earlier one.
    pub fn name(&self) -> Option<&Name> {
        let side = self.target.as_ref().or(self.base.as_ref());
        side.map(|side| &side.name)
    }

    /// Places of kinds and names: how pairs are ordered.
    pub fn order(&self) -> (u8, &str) {
        let name = self.name();
        let kind = name.map_or(u8::MAX, |name| name.kind().ordinal);
        (kind, name.map_or("", Name::as_str))
    }
}

fn too_large(allowed: usize) -> Error {
    Error::Exhausted {
        reason: "DIFF_TOO_LARGE",
        description: format!(
            "more than {allowed} resources changed, {allowed} are compared at once; \
             name an assessment or revisions closer to each other"
        ),
    }
}

/// Notes a resource by its line; a second one of the same line stands for itself.
fn line_up(lines: &mut Lines, alone: &mut Vec<Side>, line: (u8, String), side: Side) {
    if line.1.is_empty() || lines.contains_key(&line) {
        alone.push(side);
    } else {
        lines.insert(line, side);
    }
}

/// The line of a resource: the uid of its first predecessor, or its own.
pub fn lineage(body: &[u8]) -> Result<String, Error> {
    let lineage = body::text(body, LINEAGE)?.filter(|line| !line.is_empty());
    Ok(match lineage {
        Some(lineage) => lineage,
        None => body::text(body, UID)?.unwrap_or_default(),
    })
}

/// The slots of those of the rows that were live at either revision.
fn there(
    index: &Index,
    ids: impl Iterator<Item = u32>,
    (then, now): (Revision, Revision),
) -> impl Iterator<Item = u32> {
    let rows = ids.filter_map(|id| index.row(id));
    let live = move |row: &&Row| index.current_at(row, then) || index.current_at(row, now);
    rows.filter(live).map(|row| row.slot)
}
