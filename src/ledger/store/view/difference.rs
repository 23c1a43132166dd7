//! What differs between two views: pairs of versions, one of each side.
//!
//! Only what was written between the two revisions, and what stands under a header whose state,
//! marking or deletion changed, can differ; so the cost follows the changes, not the store. A
//! resource is compared with the one of the same name; what is on one side only is matched by its
//! line (the uid of its first predecessor), so that a later product is compared with the one it
//! superseded. Bodies are read when a pair is told, not before: a page needs few of them. The
//! fields are compared by `wire::fields`.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use super::super::chunks::Chunks;
use super::super::fit::{asks_above, asks_through};
use super::super::index::{Index, Row};
use super::super::list::Query;
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
        let names = {
            let index = read(&self.store.index);
            let asks = |by: fn(&Expr) -> bool| queries.iter().any(|query| by(&query.filter));
            let asked = (asks(asks_above), asks(asks_through));
            candidates(&index, scope, (base.revision, self.revision), asked)
        };
        let (earlier, later) = match scope {
            Scope::All => (None, None),
            Scope::Of(base, target) => (Some(base), Some(target)),
        };
        let (mut pairs, mut seen) = (Vec::new(), 0);
        let (mut gone, mut come) = (Lines::new(), Lines::new());
        let mut alone = (Vec::new(), Vec::new());
        for name in names {
            let (was, is) = (base.seen(&name, earlier)?, self.seen(&name, later)?);
            seen += usize::from(was.is_some() || is.is_some());
            let allowed = self.limits.diff_resources_max;
            if seen > allowed {
                return Err(too_large(allowed));
            }
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
    /// A resource of a pair, as it is answered on this side.
    pub fn read(&self, side: &Side) -> Result<Bytes, Error> {
        self.answer(&side.found)
    }

    /// A resource as this view sees it, within an assessment if one is named.
    fn seen(&self, name: &str, within: Option<&Name>) -> Result<Option<(u32, Found)>, Error> {
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
        Ok(row.map(|row| (id, Found::from(row))))
    }

    /// The same, if one of the queries selects it.
    fn side(&self, seen: Option<(u32, Found)>, queries: &[Query]) -> Result<Option<Side>, Error> {
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

/// The names of what can differ. Where a condition asks for the assessment's fields, all under a
/// header that was written can; where it asks for what a link leads to, all that links to that.
fn candidates(
    index: &Index,
    scope: &Scope,
    (then, now): (Revision, Revision),
    (above, through): (bool, bool),
) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut under = BTreeSet::new();
    let there = |row: &&Row| index.current_at(row, then) || index.current_at(row, now);
    let written = match scope {
        Scope::All => index.written_between(then, now),
        Scope::Of(base, target) => {
            under.extend([base.as_str(), target.as_str()]);
            &[]
        }
    };
    for row in written {
        names.insert(row.name.to_string());
        let header = assessment_of(&row.name).filter(|header| **header == *row.name);
        if above || header.is_some() && index.stands_differently(row.assessment, then, now) {
            under.extend(header);
        }
        if through && assessment_of(&row.name).is_none() {
            let linking = index.linking(&row.name).into_iter();
            let linking = linking.filter_map(|id| index.row(id)).filter(there);
            names.extend(linking.map(|row| row.name.to_string()));
        }
    }
    for assessment in under {
        let rows = index.of_assessment(assessment).into_iter();
        let rows = rows.flat_map(Chunks::iter).filter_map(|id| index.row(id));
        names.extend(rows.filter(there).map(|row| row.name.to_string()));
    }
    names
}
