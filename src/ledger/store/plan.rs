//! A query, planned onto the index: what bitmaps answer, and what is left to ask row by row.
//!
//! The condition becomes a tree of `Node`s, whose wildcards, memberships and assessments have been
//! looked up. For each stretch of 64 Ki rows the tree gives a bitmap that holds all that match; it
//! is exact unless something must be asked of the row (`Node::Row`, `Within`) or of its body
//! (`Body`). Nothing here borrows the index, so that its lock need not be held while bodies are
//! read.

use std::borrow::Cow;
use std::ops::RangeBounds;

use roaring::RoaringBitmap;

use super::chunks::{Chunks, begin};
use super::fit::{asks, like};
use super::index::{Index, Row};
use super::list::Query;
use super::rows::Rows;
use super::values::Having;
use super::view::{Markings, View};
use crate::error::Error;
use crate::model::Revision;
use crate::model::kind::{Kind, Value};
use crate::model::name::Name;
use crate::query::filter::{Criterion, Expr, Pattern, Place, Range, Through};

/// Assessments up to this number are looked up one by one; of more, each row is asked for its own.
const WITHIN_FEW: u64 = 256;

/// A condition, looked up.
#[derive(Debug, Clone)]
pub(super) enum Node<'q> {
    Every,
    And(Vec<Node<'q>>),
    Or(Vec<Node<'q>>),
    Not(Box<Node<'q>>),
    /// The indexed field has one of these values.
    Values(u16, Cow<'q, [Value]>),
    /// The field of that number is set.
    Stated(u32),
    /// Rows from one up to another.
    Rows(u32, u32),
    /// One of these rows.
    Among(RoaringBitmap),
    Row(OfRow<'q>),
    /// In one of these assessments.
    Within(RoaringBitmap),
    /// The answer of the body to the question of that number.
    Body(usize),
}

/// What is asked of a row in memory.
#[derive(Debug, Clone)]
pub(super) enum OfRow<'q> {
    Created(Range<i64>),
    Deleted(Range<i64>),
    Named(&'q Pattern),
}

/// A query, planned.
#[derive(Debug, Clone)]
pub(super) struct Plan<'q> {
    pub(super) kind: &'static Kind,
    parent: Option<&'q Name>,
    deleted: bool,
    rejected: bool,
    node: Node<'q>,
    /// What is asked of bodies.
    pub(super) criteria: Vec<&'q Criterion>,
    exact: bool,
    /// Whether each row is asked by itself, which there is a limit for.
    pub(super) compares: bool,
    revision: Revision,
    valid_us: Option<i64>,
    /// The rows that had been added at that revision: those below this one.
    end: u32,
}

/// The conditions on assessments in a condition, in the order in which it is planned.
pub(super) fn parents(expr: &Expr) -> Vec<&Expr> {
    match expr {
        Expr::And(parts) | Expr::Or(parts) => parts.iter().flat_map(parents).collect(),
        Expr::Not(part) => parents(part),
        Expr::Parent(part) => vec![part],
        Expr::Every
        | Expr::Values(..)
        | Expr::Like(..)
        | Expr::Stated(_)
        | Expr::Place(..)
        | Expr::Named(_)
        | Expr::Through(_)
        | Expr::Body(_) => Vec::new(),
    }
}

/// Plans a condition. The assessments that its `parents` ask for have been found before.
pub(super) fn plan<'q>(
    query: &'q Query,
    assessments: Vec<RoaringBitmap>,
    (view, index): (&View, &Index),
) -> Result<Plan<'q>, Error> {
    let mut planner = Planner {
        kind: query.kind,
        index,
        view,
        assessments: assessments.into_iter(),
        criteria: Vec::new(),
    };
    let node = planner.node(&query.filter)?;
    let criteria = planner.criteria;
    Ok(Plan {
        kind: query.kind,
        parent: query.parent.as_ref(),
        deleted: query.deleted,
        rejected: query.rejected,
        exact: exact(&node),
        compares: compares(&node),
        node,
        criteria,
        revision: view.revision(),
        valid_us: view.valid_us(),
        end: index.end(view.revision()),
    })
}

/// Whether bitmaps answer a condition, without looking at rows, bodies, or other resources.
pub(super) fn light(expr: &Expr) -> bool {
    !asks(expr, &|expr| {
        matches!(
            expr,
            Expr::Like(..)
                | Expr::Parent(_)
                | Expr::Through(_)
                | Expr::Body(_)
                | Expr::Named(_)
                | Expr::Place(Place::CreateTime | Place::DeleteTime, _)
        )
    })
}

/// The names of what a link must lead to: what is stored and has the value, and the built-in
/// resources that have it, unless the caller sees a stored one in their place.
pub(super) fn holders(
    view: &View,
    index: &Index,
    (through, markings): (&Through, Markings),
) -> Result<Vec<Value>, Error> {
    let stands = |row: &Row| !row.tombstone && view.knows(index, row, markings);
    let rows = index
        .sets
        .having(through.kind, through.field, &through.value);
    let rows = rows
        .into_iter()
        .flat_map(|rows| index.current(rows, view.revision()));
    let stored = rows.filter(|(_, row)| stands(row));
    let mut names: Vec<Value> = stored
        .map(|(_, row)| Value::Text(index.name(row).into()))
        .collect();
    for name in &through.besides {
        let row = view.store.row_in(index, name, view.revision())?;
        if !row.and_then(|id| index.row(id)).is_some_and(stands) {
            names.push(Value::Text(name.as_str().into()));
        }
    }
    Ok(names)
}

struct Planner<'q, 'i> {
    kind: &'static Kind,
    index: &'i Index,
    view: &'i View,
    assessments: std::vec::IntoIter<RoaringBitmap>,
    criteria: Vec<&'q Criterion>,
}

impl<'q> Planner<'q, '_> {
    fn node(&mut self, expr: &'q Expr) -> Result<Node<'q>, Error> {
        Ok(match expr {
            Expr::Every => Node::Every,
            Expr::And(parts) => {
                let mut nodes = self.nodes(parts)?;
                // What is looked up in a bitmap comes first: it may leave nothing to be asked.
                nodes.sort_by_key(|node| !matches!(node, Node::Values(..)));
                Node::And(nodes)
            }
            Expr::Or(parts) => Node::Or(self.nodes(parts)?),
            Expr::Not(part) => Node::Not(Box::new(self.node(part)?)),
            Expr::Values(field, values) => Node::Values(*field, Cow::Borrowed(values)),
            Expr::Like(field, pattern) => Node::Values(*field, self.like(*field, pattern)?.into()),
            Expr::Stated(tag) => Node::Stated(*tag),
            Expr::Place(Place::Revision, range) => {
                let (from, to) = self.index.added(range);
                Node::Rows(from, to)
            }
            Expr::Place(Place::UpdateTime, range) => {
                let (from, to) = self.index.written(range);
                Node::Rows(from, to)
            }
            Expr::Place(Place::CreateTime, range) => Node::Row(OfRow::Created(*range)),
            Expr::Place(Place::DeleteTime, range) => Node::Row(OfRow::Deleted(*range)),
            Expr::Named(pattern) => Node::Row(OfRow::Named(pattern)),
            Expr::Parent(_) => Node::Within(self.assessments.next().unwrap_or_default()),
            Expr::Through(through) => {
                let asked = (through, Markings::Present);
                let names = holders(self.view, self.index, asked)?;
                let links = through.links.iter();
                let any = links.map(|link| Node::Values(*link, names.clone().into()));
                Node::Or(any.collect())
            }
            Expr::Body(criterion) => {
                self.criteria.push(criterion);
                Node::Body(self.criteria.len() - 1)
            }
        })
    }

    fn nodes(&mut self, parts: &'q [Expr]) -> Result<Vec<Node<'q>>, Error> {
        parts.iter().map(|part| self.node(part)).collect()
    }

    fn like(&self, field: u16, pattern: &Pattern) -> Result<Vec<Value>, Error> {
        let allowed = self.view.limits().filter_values_max;
        let values = self.view.values(self.index, (self.kind, field), allowed);
        let mut values = values.ok_or_else(|| {
            let text = format!(
                "a wildcard would be compared with more than {allowed} values, {allowed} allowed; \
                 write one out"
            );
            Error::invalid("filter", "FILTER_TOO_BROAD", text)
        })?;
        values.retain(|value| like(pattern, value));
        Ok(values)
    }
}

impl View {
    /// The values of an indexed field, in no order; where there are too many, those that the
    /// caller sees somewhere, and `None` where these are too many as well.
    pub(super) fn values(
        &self,
        index: &Index,
        (kind, field): (&Kind, u16),
        allowed: usize,
    ) -> Option<Vec<Value>> {
        let Some(all) = index.sets.values(kind.ordinal, field) else {
            return Some(Vec::new());
        };
        if all.len() <= allowed {
            return Some(all.iter().map(|(value, _)| value).collect());
        }
        let seen = |rows: Having<'_>| {
            let rows = rows.iter().filter_map(|id| index.row(id));
            let mut rows = rows.take_while(|row| row.from <= self.revision());
            rows.any(|row| self.knows(index, row, Markings::Present))
        };
        let seen = all.iter().filter(|(_, rows)| seen(*rows));
        let values: Vec<Value> = seen.map(|(value, _)| value).take(allowed + 1).collect();
        (values.len() <= allowed).then_some(values)
    }
}

fn compares(node: &Node<'_>) -> bool {
    match node {
        Node::And(nodes) | Node::Or(nodes) => nodes.iter().any(compares),
        Node::Not(node) => compares(node),
        Node::Row(_) => true,
        Node::Every
        | Node::Values(..)
        | Node::Stated(_)
        | Node::Rows(..)
        | Node::Among(_)
        | Node::Within(_)
        | Node::Body(_) => false,
    }
}

fn exact(node: &Node<'_>) -> bool {
    match node {
        Node::Every | Node::Values(..) | Node::Stated(_) | Node::Rows(..) | Node::Among(_) => true,
        Node::And(nodes) | Node::Or(nodes) => nodes.iter().all(exact),
        Node::Not(node) => exact(node),
        Node::Row(_) | Node::Within(_) | Node::Body(_) => false,
    }
}

impl<'q> Plan<'q> {
    /// The rows that may match, all stretches of them.
    pub(super) fn candidates(&self, index: &Index) -> Rows {
        let mut rows = Rows::default();
        for chunk in self.stretches(index, u32::MAX) {
            rows.push(chunk, self.rows(index, chunk));
        }
        rows
    }

    /// Leaves nothing but some rows.
    pub(super) fn narrow(&mut self, rows: RoaringBitmap) {
        let node = std::mem::replace(&mut self.node, Node::Every);
        self.node = Node::And(vec![Node::Among(rows), node]);
    }

    /// The stretches that may hold something below `start`, newest first.
    pub(super) fn stretches(&self, index: &Index, start: u32) -> Vec<u16> {
        let rows = match self.parent {
            Some(parent) => index.of_assessment(parent.as_str()),
            None => index.of_kind(self.kind.ordinal),
        };
        let mut numbers = rows.map(Chunks::numbers).unwrap_or_default();
        numbers.retain(|chunk| begin(*chunk) < start.min(self.end));
        numbers
    }

    /// The rows of a stretch that may match.
    pub(super) fn rows(&self, index: &Index, chunk: u16) -> RoaringBitmap {
        if self.certainly_empty(index, &self.node, chunk) {
            return RoaringBitmap::new();
        }
        let Some(all) = self.all(index, chunk) else {
            return RoaringBitmap::new();
        };
        let found = self.bitmap(index, (chunk, &all), (&self.node, true));
        found.as_ref() & &all
    }

    /// Whether a row is one of those that `rows` gives. Of a few rows this is told faster.
    pub(super) fn admits(&self, index: &Index, (id, row): (u32, &Row)) -> bool {
        let kind = self.kind.ordinal;
        let within = |parent: &Name| {
            let rows = index.of_assessment(parent.as_str());
            rows.is_some_and(|rows| rows.contains(id))
        };
        let rejected = || index.rejected(kind).is_some_and(|rows| rows.contains(id));
        row.kind == kind
            && id < self.end
            && (self.deleted || !row.tombstone)
            && self.parent.is_none_or(within)
            && (self.rejected || !rejected())
            && self.asked(index, &self.node, (id, row, None)) != Some(false)
    }

    /// The rows of a stretch that the query could ask for.
    fn all(&self, index: &Index, chunk: u16) -> Option<RoaringBitmap> {
        let of_kind = index.of_kind(self.kind.ordinal)?.chunk(chunk)?;
        let mut all = match index.live_at(chunk, (self.revision, self.end)) {
            Some(live) => of_kind.as_ref() & live,
            None => of_kind.into_owned(),
        };
        all.remove_range(self.end..);
        if let Some(parent) = self.parent {
            all &= index.of_assessment(parent.as_str())?.chunk(chunk)?.as_ref();
        }
        let excluded = [
            (!self.deleted).then(|| Having::Rows(index.tombstones())),
            index.rejected(self.kind.ordinal).filter(|_| !self.rejected),
        ];
        for excluded in excluded.into_iter().flatten() {
            if let Some(excluded) = excluded.chunk(chunk) {
                all -= excluded.as_ref();
            }
        }
        Some(all)
    }

    fn certainly_empty(&self, index: &Index, node: &Node<'_>, chunk: u16) -> bool {
        let kind = self.kind.ordinal;
        match node {
            Node::Values(field, values) => {
                let touches = |value| {
                    let rows = index.sets.having(kind, *field, value);
                    rows.is_some_and(|rows| rows.touches(chunk))
                };
                !values.iter().any(touches)
            }
            Node::And(nodes) => nodes
                .iter()
                .any(|node| self.certainly_empty(index, node, chunk)),
            Node::Or(nodes) => nodes
                .iter()
                .all(|node| self.certainly_empty(index, node, chunk)),
            Node::Rows(from, to) => from >= to || *to <= begin(chunk),
            Node::Within(few) | Node::Among(few) => few.is_empty(),
            Node::Every | Node::Not(_) | Node::Stated(_) | Node::Row(_) | Node::Body(_) => false,
        }
    }

    /// The rows of a stretch that satisfy a node: all that may, or all that must.
    fn bitmap<'i>(
        &self,
        index: &'i Index,
        (chunk, all): (u16, &'i RoaringBitmap),
        (node, may): (&Node<'_>, bool),
    ) -> Cow<'i, RoaringBitmap> {
        let kind = self.kind.ordinal;
        let none = || Cow::Owned(RoaringBitmap::new());
        let within = |node, may| self.bitmap(index, (chunk, all), (node, may));
        match node {
            Node::Every => Cow::Borrowed(all),
            Node::And(nodes) => {
                let mut found = Cow::Borrowed(all);
                for node in nodes {
                    found = Cow::Owned(found.as_ref() & within(node, may).as_ref());
                    if found.is_empty() {
                        break;
                    }
                }
                found
            }
            Node::Or(nodes) => union(nodes.iter().map(|node| within(node, may))),
            Node::Not(node) => Cow::Owned(all - within(node, !may).as_ref()),
            Node::Values(field, values) => {
                let rows = values
                    .iter()
                    .filter_map(|value| index.sets.having(kind, *field, value));
                union(rows.filter_map(|rows| rows.chunk(chunk)))
            }
            Node::Stated(tag) => {
                let rows = index.sets.stated(kind, *tag);
                rows.and_then(|rows| rows.chunk(chunk)).unwrap_or_else(none)
            }
            Node::Rows(from, to) => {
                let mut rows = all.clone();
                rows.remove_range(..*from);
                rows.remove_range(*to..);
                Cow::Owned(rows)
            }
            Node::Among(some) => Cow::Owned(some & all),
            Node::Within(few) if may && few.len() <= WITHIN_FEW => {
                let rows = few
                    .iter()
                    .filter_map(|ordinal| index.in_assessment(ordinal));
                union(rows.filter_map(|rows| rows.chunk(chunk)))
            }
            Node::Row(_) | Node::Within(_) | Node::Body(_) if may => Cow::Borrowed(all),
            Node::Row(_) | Node::Within(_) | Node::Body(_) => none(),
        }
    }

    /// Whether a row of the plan's bitmaps can match; with the answers of its body, whether it
    /// does.
    pub(super) fn holds(
        &self,
        index: &Index,
        (id, row): (u32, &Row),
        answers: Option<&[bool]>,
    ) -> bool {
        index.holds(id, self.valid_us)
            && (self.exact || self.asked(index, &self.node, (id, row, answers)) != Some(false))
    }

    /// `None` when only the body knows.
    fn asked(
        &self,
        index: &Index,
        node: &Node<'_>,
        of: (u32, &Row, Option<&[bool]>),
    ) -> Option<bool> {
        let (id, row, answers) = of;
        let kind = self.kind.ordinal;
        match node {
            Node::Every => Some(true),
            Node::And(nodes) => all(nodes.iter().map(|node| self.asked(index, node, of)), false),
            Node::Or(nodes) => all(nodes.iter().map(|node| self.asked(index, node, of)), true),
            Node::Not(node) => self.asked(index, node, of).map(|holds| !holds),
            Node::Values(field, values) => Some(index.has(id, (kind, *field), values)),
            Node::Stated(tag) => Some(
                index
                    .sets
                    .stated(kind, *tag)
                    .is_some_and(|r| r.contains(id)),
            ),
            Node::Rows(from, to) => Some((*from..*to).contains(&id)),
            Node::Row(OfRow::Created(range)) => Some(range.contains(&row.created_us)),
            Node::Row(OfRow::Deleted(range)) => {
                Some(row.tombstone && range.contains(&row.updated_us))
            }
            Node::Row(OfRow::Named(pattern)) => Some(pattern.fits(index.name(row))),
            Node::Among(some) => Some(some.contains(id)),
            Node::Within(some) => Some(some.contains(row.assessment)),
            Node::Body(number) => answers?.get(*number).copied(),
        }
    }

    /// The revision it reads at.
    pub(super) fn revision(&self) -> Revision {
        self.revision
    }
}

/// Three-valued: one part that is `decides` decides; else one that is not known leaves it open.
fn all(parts: impl Iterator<Item = Option<bool>>, decides: bool) -> Option<bool> {
    let mut open = false;
    for part in parts {
        match part {
            Some(part) if part == decides => return Some(decides),
            Some(_) => {}
            None => open = true,
        }
    }
    (!open).then_some(!decides)
}

fn union<'i>(parts: impl Iterator<Item = Cow<'i, RoaringBitmap>>) -> Cow<'i, RoaringBitmap> {
    let both = |one: Cow<'i, RoaringBitmap>, other: Cow<'i, RoaringBitmap>| {
        let mut union = one.into_owned();
        union |= other.as_ref();
        Cow::Owned(union)
    };
    parts.reduce(both).unwrap_or_default()
}
