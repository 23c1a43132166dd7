//! What differs between two views: pairs of versions, one of each side.
//!
//! Only what was written between the two revisions, and what stands under a header whose state,
//! marking or deletion changed, can differ; so the cost follows the changes, not the store. A
//! resource is compared with the one of the same name; what is on one side only is matched by its
//! line (the uid of its first predecessor), so that a later product is compared with the one it
//! superseded. The fields are compared by `wire::fields`.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use super::super::chunks::Chunks;
use super::super::index::Index;
use super::super::list::Query;
use super::super::read;
use super::{Found, View};
use crate::error::Error;
use crate::model::Revision;
use crate::model::kind::{self, Kind};
use crate::model::name::{Name, assessment_of};
use crate::wire::body;

const UID: u32 = 2;
const LINEAGE: u32 = 9;

/// A resource on one side.
#[derive(Debug, Clone)]
pub struct Side {
    /// Its name.
    pub name: Name,
    /// As it is answered.
    pub body: Bytes,
}

/// A resource on both sides, or on one.
#[derive(Debug, Clone)]
pub struct Pair {
    /// Its kind.
    pub kind: &'static Kind,
    /// The line it belongs to.
    pub lineage: String,
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
            candidates(&index, scope, (base.revision, self.revision))
        };
        let allowed = self.limits.diff_resources_max;
        if names.len() > allowed {
            let given = names.len();
            return Err(Error::Exhausted {
                reason: "DIFF_TOO_LARGE",
                description: format!(
                    "{given} resources changed, {allowed} are compared at once; \
                     name an assessment or revisions closer to each other"
                ),
            });
        }
        let (earlier, later) = match scope {
            Scope::All => (None, None),
            Scope::Of(base, target) => (Some(base), Some(target)),
        };
        let mut pairs = Vec::new();
        let (mut gone, mut come) = (Lines::new(), Lines::new());
        for name in names {
            let was = base.side(&name, queries, earlier)?;
            let is = self.side(&name, queries, later)?;
            match (was, is) {
                (None, None) => {}
                (Some(was), None) => line_up(&mut gone, &mut pairs, was, pair_of_base)?,
                (None, Some(is)) => line_up(&mut come, &mut pairs, is, pair_of_target)?,
                (Some(was), Some(is)) => pairs.push(pair(Some(was), Some(is))?),
            }
        }
        for (line, was) in gone {
            let is = come.remove(&line);
            pairs.push(pair(Some(was), is)?);
        }
        for is in come.into_values() {
            pairs.push(pair(None, Some(is))?);
        }
        pairs.sort_by(|a, b| a.order().cmp(&b.order()));
        Ok(pairs)
    }

    /// A resource as this view sees it, if one of the queries selects it.
    fn side(
        &self,
        name: &str,
        queries: &[Query],
        within: Option<&Name>,
    ) -> Result<Option<Side>, Error> {
        if within.is_some_and(|within| assessment_of(name) != Some(within.as_str())) {
            return Ok(None);
        }
        let Some(id) = self.store.row_at(name, self.revision)? else {
            return Ok(None);
        };
        let found = {
            let index = read(&self.store.index);
            let row = index.row(id).filter(|row| {
                !row.tombstone && index.covers(self.caller.clearance(), row, self.revision)
            });
            row.map(Found::from)
        };
        let query = |kind| queries.iter().find(|query| query.kind.ordinal == kind);
        let Some((query, found)) = found.and_then(|one| Some((query(one.kind)?, one))) else {
            return Ok(None);
        };
        if !self.selects(query, id)? {
            return Ok(None);
        }
        Ok(Some(Side {
            name: Name::parse(name, "name")?,
            body: self.answer(&found)?,
        }))
    }
}

impl Pair {
    /// The name of the later side, or else of the earlier one.
    pub fn name(&self) -> Option<&Name> {
        let side = self.target.as_ref().or(self.base.as_ref());
        side.map(|side| &side.name)
    }

    /// Places of kinds and names: how pairs are ordered.
    pub fn order(&self) -> (u8, &str) {
        (self.kind.ordinal, self.name().map_or("", Name::as_str))
    }
}

fn pair(base: Option<Side>, target: Option<Side>) -> Result<Pair, Error> {
    let side = target.as_ref().or(base.as_ref());
    let side = side.ok_or_else(|| Error::Internal("a pair of nothing".to_owned()))?;
    Ok(Pair {
        kind: side.name.kind(),
        lineage: line(side)?,
        base,
        target,
    })
}

fn pair_of_base(side: Side) -> Result<Pair, Error> {
    pair(Some(side), None)
}

fn pair_of_target(side: Side) -> Result<Pair, Error> {
    pair(None, Some(side))
}

/// Notes a resource by its line; a second one of the same line stands for itself.
fn line_up(
    lines: &mut Lines,
    pairs: &mut Vec<Pair>,
    side: Side,
    alone: impl Fn(Side) -> Result<Pair, Error>,
) -> Result<(), Error> {
    let line = (side.name.kind().ordinal, line(&side)?);
    if line.1.is_empty() || lines.contains_key(&line) {
        pairs.push(alone(side)?);
    } else {
        lines.insert(line, side);
    }
    Ok(())
}

fn line(side: &Side) -> Result<String, Error> {
    let lineage = body::text(&side.body, LINEAGE)?.filter(|line| !line.is_empty());
    Ok(match lineage {
        Some(lineage) => lineage,
        None => body::text(&side.body, UID)?.unwrap_or_default(),
    })
}

/// The names of what can differ.
fn candidates(index: &Index, scope: &Scope, (then, now): (Revision, Revision)) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut under = BTreeSet::new();
    match scope {
        Scope::All => {
            for row in index.written_between(then, now) {
                names.insert(row.name.to_string());
                let element = kind::at(row.kind).is_some_and(Kind::is_element);
                if !element && index.stands_differently(row.assessment, then, now) {
                    under.extend(assessment_of(&row.name));
                }
            }
        }
        Scope::Of(base, target) => under.extend([base.as_str(), target.as_str()]),
    }
    for assessment in under {
        let rows = index.of_assessment(assessment).into_iter();
        let rows = rows.flat_map(Chunks::iter);
        let rows = rows.filter_map(|id| index.row(id));
        let there = rows.filter(|row| index.current_at(row, then) || index.current_at(row, now));
        names.extend(there.map(|row| row.name.to_string()));
    }
    names
}
