//! Lists: a page of what a query asks for, in the order it asks for.
//!
//! Without an order the newest rows come first, which is the order they lie in: stretches of rows
//! are taken from the end until the page is full. An order by an indexed field takes its values one
//! after another, each as a list of its own; only what remains is sorted. What no index knows is
//! asked of bodies, in batches, without the index's lock, and never of more than the limit says.

use std::cmp::Ordering;

use bytes::Bytes;
use roaring::RoaringBitmap;

use super::index::{Index, Row};
use super::plan::{self, Lookup, Node, Plan};
use super::read;
use super::view::{Found, View};
use crate::error::Error;
use crate::model::Revision;
use crate::model::kind::{self, Kind, Raw, Value};
use crate::model::name::Name;
use crate::query::filter::{Criterion, Expr, Key, Place, Read};
use crate::query::order::Order;
use crate::wire::body::{self, microseconds};

/// Bodies that are read between two looks at the index.
const BATCH: usize = 256;

/// What a list asks for.
#[derive(Debug, Clone)]
pub struct Query {
    /// The kind of what is listed.
    pub kind: &'static Kind,
    /// The assessment that elements are listed of; `None` is all.
    pub parent: Option<Name>,
    /// What they must be.
    pub filter: Expr,
    /// What comes first; nothing is the latest change, then the name.
    pub order: Order,
    /// Numbers of the states an assessment may be in; empty is any.
    pub states: Vec<i32>,
    /// Also what is deleted.
    pub deleted: bool,
    /// Also what its author rejects.
    pub rejected: bool,
    /// Items of the page.
    pub size: usize,
    /// The last item of the page before.
    pub after: Option<Cursor>,
    /// Whether all matches are counted.
    pub total: bool,
}

impl Query {
    /// Everything of a kind, in pages of this size.
    pub fn of(kind: &'static Kind, size: usize) -> Self {
        Self {
            kind,
            parent: None,
            filter: Expr::Every,
            order: Order::new(),
            states: Vec::new(),
            deleted: false,
            rejected: true,
            size,
            after: None,
            total: false,
        }
    }
}

/// Where a page ended: the item's revision and its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// The revision of the item's version.
    pub revision: Revision,
    /// Its name.
    pub name: String,
}

/// A page of a list.
#[derive(Debug)]
pub struct Page {
    /// The items, as they are answered.
    pub items: Vec<Bytes>,
    /// The last item, when there are more.
    pub next: Option<Cursor>,
    /// How many there are on all pages, when asked.
    pub total: Option<usize>,
    /// How many versions were looked at to find them.
    pub touched: usize,
}

impl View {
    /// A page of what the query asks for.
    pub fn list(&self, query: &Query) -> Result<Page, Error> {
        let mut walk = Walk::new(self, query)?;
        let total = query
            .total
            .then(|| walk.all(&walk.plan.clone()).map(|ids| ids.len()))
            .transpose()?;
        (walk.touched, walk.bodies) = (0, 0);
        let (found, more) = walk.page(query)?;
        let (items, cut) = self.read_page(&found)?;
        let last = items.len().checked_sub(1).and_then(|last| found.get(last));
        let next = last.filter(|_| more || cut).map(|last| Cursor {
            revision: last.position.revision,
            name: last.name.to_string(),
        });
        let touched = walk.touched;
        Ok(Page {
            items,
            next,
            total,
            touched,
        })
    }

    /// The names of the first page of what the query asks for.
    pub fn names(&self, query: &Query) -> Result<Vec<String>, Error> {
        let (found, _) = Walk::new(self, query)?.page(query)?;
        Ok(found.into_iter().map(|found| found.name.into()).collect())
    }
}

impl View {
    /// Whether one version satisfies a query's condition; nothing else is asked of it.
    pub(super) fn fits(&self, query: &Query, id: u32) -> Result<bool, Error> {
        if matches!(query.filter, Expr::Every) {
            return Ok(true);
        }
        let walk = Walk::new(self, query)?;
        let body = read(&self.store.index).row(id).map(|row| row.body);
        let answers = match body.filter(|_| !walk.plan.criteria.is_empty()) {
            Some(at) => answered(&walk.plan, &self.body_at(at)?)?,
            None => Vec::new(),
        };
        let index = read(&self.store.index);
        let row = index.row(id);
        Ok(row.is_some_and(|row| walk.plan.fits(&index, (id, row), &answers)))
    }
}

/// Whether a condition asks for something of the assessment that a resource lies in.
pub(super) fn asks_above(query: &Query) -> bool {
    !plan::parents(&query.filter).is_empty()
}

/// A way through the rows that a query asks for.
pub(super) struct Walk<'q> {
    view: &'q View,
    pub(super) plan: Plan<'q>,
    sight: Sight<'q>,
    touched: usize,
    bodies: usize,
}

impl<'q> Walk<'q> {
    pub(super) fn new(view: &'q View, query: &'q Query) -> Result<Self, Error> {
        let parents = plan::parents(&query.filter).into_iter();
        let assessments = parents.map(|parent| assessments(view, parent));
        let assessments = assessments.collect::<Result<Vec<_>, _>>()?;
        let index = read(&view.store.index);
        let index = &index;
        let given = (view.limits(), view.revision());
        let plan = plan::plan(query, assessments, (index, &Above { view, index }), given)?;
        Ok(Self {
            view,
            plan,
            sight: Sight::new(view, query),
            touched: 0,
            bodies: 0,
        })
    }

    /// A page, and whether there is more.
    fn page(&mut self, query: &Query) -> Result<(Vec<Found>, bool), Error> {
        let latest = match query.order.as_slice() {
            [] => true,
            [(Key::Place(Place::UpdateTime | Place::Revision), true), ..] => {
                // Within one revision nothing but the name is left to order by.
                matches!(query.order.get(1..), Some([] | [(Key::Name, false), ..]))
            }
            _ => false,
        };
        let mut found = if latest {
            let start = query.after.as_ref().map_or(u32::MAX, |after| {
                read(&self.view.store.index).cursor(after.revision, &after.name)
            });
            self.latest(&self.plan.clone(), start, query.size + 1)?
        } else {
            let after = query
                .after
                .as_ref()
                .map(|after| self.passed(after))
                .transpose()?;
            let mut found = Vec::new();
            let plan = self.plan.clone();
            self.ordered(
                (&plan, &query.order),
                after.as_ref(),
                query.size + 1,
                &mut found,
            )?;
            found
        };
        let more = found.len() > query.size;
        found.truncate(query.size);
        Ok((found, more))
    }

    /// The newest rows of a plan below `start`.
    fn latest(&mut self, plan: &Plan<'q>, start: u32, size: usize) -> Result<Vec<Found>, Error> {
        let mut below = start;
        let mut found = Vec::new();
        while below > 0 && found.len() < size {
            let wanted = size - found.len();
            let ids = self.next(plan, &mut below, wanted)?;
            let index = read(&self.view.store.index);
            found.extend(
                ids.into_iter()
                    .filter_map(|id| index.row(id))
                    .map(Found::from),
            );
        }
        found.truncate(size);
        Ok(found)
    }

    /// Every row of a plan, newest first.
    pub(super) fn all(&mut self, plan: &Plan<'q>) -> Result<Vec<u32>, Error> {
        let mut below = u32::MAX;
        let mut all = Vec::new();
        while below > 0 {
            all.extend(self.next(plan, &mut below, usize::MAX)?);
        }
        Ok(all)
    }

    /// Some more rows below a row, newest first; moves it, to 0 at the end.
    fn next(&mut self, plan: &Plan<'q>, below: &mut u32, wanted: usize) -> Result<Vec<u32>, Error> {
        let bodies = !plan.criteria.is_empty();
        let wanted = if bodies { BATCH } else { wanted };
        let (mut ids, mut read_from) = (Vec::new(), Vec::new());
        {
            let index = read(&self.view.store.index);
            'full: for chunk in plan.stretches(&index, *below) {
                let rows = plan.rows(&index, chunk);
                for id in rows.range(..*below).rev() {
                    self.touched += 1;
                    *below = id;
                    let Some(row) = index.row(id) else { continue };
                    let fits = index.current_at(row, plan.revision())
                        && plan.holds(&index, (id, row), None)
                        && self.sight.shows(&index, row);
                    if fits {
                        ids.push(id);
                        read_from.extend(bodies.then_some(row.body));
                    }
                    if ids.len() == wanted {
                        break 'full;
                    }
                }
            }
            if ids.len() < wanted {
                *below = 0;
            }
        }
        if !bodies {
            return Ok(ids);
        }
        let mut answers = Vec::with_capacity(ids.len());
        for at in read_from {
            self.bodies += 1;
            let allowed = self.view.limits().filter_bodies_max;
            if self.bodies > allowed {
                return Err(broad(allowed));
            }
            let body = self.view.body_at(at)?;
            answers.push(answered(plan, &body)?);
        }
        let index = read(&self.view.store.index);
        let told = ids.into_iter().zip(answers);
        let holds = told.filter(|(id, answers)| {
            let row = index.row(*id);
            row.is_some_and(|row| plan.holds(&index, (*id, row), Some(answers)))
        });
        Ok(holds.map(|(id, _)| id).collect())
    }

    /// Rows by the first key, then by the others; those that come after `after`.
    fn ordered(
        &mut self,
        (plan, order): (&Plan<'q>, &[(Key, bool)]),
        after: Option<&Passed>,
        size: usize,
        found: &mut Vec<Found>,
    ) -> Result<(), Error> {
        let Some(((Key::Indexed(field, ranks), descending), rest)) = order.split_first() else {
            return self.sorted((plan, order), after, size, found);
        };
        let kind = plan.kind;
        let (mut values, ranked) = self.values(*field, ranks)?;
        if *descending && let Some(ranked) = values.get_mut(..ranked) {
            ranked.reverse();
        }
        let unstated = Node::Not(Box::new(Node::Values(*field, values.clone().into())));
        let mut groups: Vec<(Option<Value>, Node<'q>)> = values
            .into_iter()
            .map(|value| {
                (
                    Some(value.clone()),
                    Node::Values(*field, vec![value].into()),
                )
            })
            .collect();
        groups.push((None, unstated));
        let mut after = after;
        for (value, node) in groups {
            if let Some(passed) = after {
                let index = read(&self.view.store.index);
                let here = match &value {
                    Some(value) => index
                        .having(kind.ordinal, *field, value)
                        .is_some_and(|rows| rows.contains(passed.id)),
                    None => true,
                };
                if !here {
                    continue;
                }
            }
            self.ordered((&plan.narrowed(node), rest), after, size, found)?;
            after = None;
            if found.len() >= size {
                return Ok(());
            }
        }
        Ok(())
    }

    /// The values of an indexed field in their order.
    pub(super) fn values(&self, field: u16, ranks: &[Value]) -> Result<Values, Error> {
        let index = read(&self.view.store.index);
        let known = index.values(self.plan.kind.ordinal, field);
        let known = known.into_iter().flatten().map(|(value, _)| value);
        let mut values: Vec<Value> = known.cloned().collect();
        let allowed = self.view.limits().filter_values_max;
        if values.len() > allowed {
            let text = format!("it has {} values, {allowed} allowed", values.len());
            return Err(Error::invalid("order_by", "ORDER_TOO_BROAD", text));
        }
        let rank = |value: &Value| {
            let rank = ranks.iter().position(|ranked| ranked == value);
            rank.unwrap_or(usize::MAX)
        };
        values.sort_by(|one, other| (rank(one), one).cmp(&(rank(other), other)));
        let ranked = values
            .iter()
            .filter(|value| ranks.is_empty() || ranks.contains(value));
        let ranked = ranked.count();
        Ok((values, ranked))
    }

    /// Rows sorted by what the index does not have in order.
    fn sorted(
        &mut self,
        (plan, order): (&Plan<'q>, &[(Key, bool)]),
        after: Option<&Passed>,
        size: usize,
        found: &mut Vec<Found>,
    ) -> Result<(), Error> {
        let ids = self.all(plan)?;
        let allowed = self.view.limits().order_bodies_max;
        if ids.len() > allowed && order.iter().any(|(key, _)| dear(key)) {
            let text = format!(
                "{} resources would be sorted by what no index holds, {allowed} allowed; add a \
                 filter on an indexed field",
                ids.len()
            );
            return Err(Error::invalid("order_by", "ORDER_TOO_BROAD", text));
        }
        let mut values = Vec::with_capacity(order.len());
        for (key, _) in order {
            values.push(match key {
                Key::Indexed(field, ranks) => self.values(*field, ranks)?,
                Key::Place(_) | Key::Name | Key::Body(..) => (Vec::new(), 0),
            });
        }
        let mut rows: Vec<Sorted> = Vec::with_capacity(ids.len());
        for id in ids {
            rows.extend(self.sortable(id, (order, &values))?);
        }
        if let Some(passed) = after {
            let last = self.sortable(passed.id, (order, &values))?;
            rows.retain(|row| {
                last.as_ref()
                    .is_none_or(|last| compare(row, last, order).is_gt())
            });
        }
        let wanted = size - found.len();
        if rows.len() > wanted {
            rows.select_nth_unstable_by(wanted, |one, other| compare(one, other, order));
            rows.truncate(wanted);
        }
        rows.sort_unstable_by(|one, other| compare(one, other, order));
        found.extend(rows.into_iter().map(|row| row.found));
        Ok(())
    }

    /// A row with its keys. `values` has, for each indexed one, its values in their order.
    fn sortable(
        &self,
        id: u32,
        (order, values): (&[(Key, bool)], &[Values]),
    ) -> Result<Option<Sorted>, Error> {
        let index = read(&self.view.store.index);
        let Some(row) = index.row(id) else {
            return Ok(None);
        };
        let found = Found::from(row);
        let place = |place: &Place| match place {
            Place::Revision => Some(row.from),
            Place::CreateTime => Some(row.created_us),
            Place::UpdateTime => Some(row.updated_us),
            Place::DeleteTime => row.tombstone.then_some(row.updated_us),
        };
        let mut keys = Vec::with_capacity(order.len());
        for ((key, _), (values, ranked)) in order.iter().zip(values) {
            keys.push(match key {
                Key::Place(which) => place(which).map_or(Sortable::Unstated, Sortable::Int),
                Key::Name => Sortable::Text(row.name.to_string()),
                Key::Indexed(field, _) => {
                    let has = |value: &Value| {
                        let rows = index.having(row.kind, *field, value);
                        rows.is_some_and(|rows| rows.contains(id))
                    };
                    match values.iter().position(has) {
                        Some(at) if at < *ranked => Sortable::Int(at as i64),
                        Some(at) => Sortable::Unranked(at),
                        None => Sortable::Unstated,
                    }
                }
                Key::Body(path, how) => Sortable::read(&self.view.body_at(row.body)?, path, *how)?,
            });
        }
        Ok(Some(Sorted { keys, found }))
    }

    /// The row that a page ended with.
    fn passed(&self, after: &Cursor) -> Result<Passed, Error> {
        let id = self.view.store.row_at(&after.name, self.view.revision())?;
        let gone = || Error::Internal(format!("a page ended with \"{}\"", after.name));
        Ok(Passed {
            id: id.ok_or_else(gone)?,
        })
    }
}

/// The values of an indexed field in their order, and how many of them have a place in it: the
/// others follow.
type Values = (Vec<Value>, usize);

/// The row that the page before ended with.
struct Passed {
    id: u32,
}

fn dear(key: &Key) -> bool {
    matches!(key, Key::Body(..) | Key::Indexed(..))
}

fn broad(allowed: usize) -> Error {
    let text = format!(
        "more than {allowed} bodies would have to be read, {allowed} allowed; add a term on an \
         indexed field: an enum, a flag, a link, update_time, or the assessment's"
    );
    Error::invalid("filter", "FILTER_TOO_BROAD", text)
}

/// A row with what it is sorted by.
struct Sorted {
    keys: Vec<Sortable>,
    found: Found,
}

#[derive(Debug, Clone, PartialEq, PartialOrd)]
enum Sortable {
    Int(i64),
    Float(f64),
    Text(String),
    /// A value without a place in the order of the others.
    Unranked(usize),
    Unstated,
}

impl Sortable {
    fn read(bytes: &[u8], path: &[u32], how: Read) -> Result<Self, Error> {
        let mut found = Self::Unstated;
        let at = |bytes: &[u8]| {
            let time = prost::Message::decode(bytes).ok();
            time.as_ref().and_then(microseconds)
        };
        body::each(bytes, path, &mut |raw| {
            let read = match (how, raw) {
                (Read::Int, Raw::Number(number)) => Some(Self::Int(number.cast_signed())),
                (Read::Float, Raw::Double(number)) => Some(Self::Float(number)),
                (Read::Text, Raw::Bytes(text)) => std::str::from_utf8(text)
                    .ok()
                    .map(|text| Self::Text(text.to_owned())),
                (Read::Time, Raw::Bytes(time)) => at(time).map(Self::Int),
                (Read::Span, Raw::Bytes(span)) => {
                    let mut start = None;
                    let _unread = body::each(span, &[1], &mut |raw| {
                        if let Raw::Bytes(time) = raw {
                            start = at(time);
                        }
                    });
                    start.map(Self::Int)
                }
                (_, _) => None,
            };
            if let Some(read) = read {
                found = read;
            }
        })?;
        Ok(found)
    }
}

/// What has no place in the order, and then what is not stated, comes last, whichever way.
fn compare(one: &Sorted, other: &Sorted, order: &[(Key, bool)]) -> Ordering {
    let ranked = |key: &Sortable| !matches!(key, Sortable::Unranked(_) | Sortable::Unstated);
    let keys = one.keys.iter().zip(&other.keys).zip(order);
    for ((one, other), (_, descending)) in keys {
        let ordering = one.partial_cmp(other).unwrap_or(Ordering::Equal);
        let both = ranked(one) && ranked(other);
        let ordering = if both && *descending {
            ordering.reverse()
        } else {
            ordering
        };
        if ordering.is_ne() {
            return ordering;
        }
    }
    one.found.name.cmp(&other.found.name)
}

/// What a body answers to each question of a plan.
fn answered(plan: &Plan<'_>, bytes: &[u8]) -> Result<Vec<bool>, Error> {
    let ask = |criterion: &&Criterion| ask(plan.kind, criterion, bytes);
    plan.criteria.iter().map(ask).collect()
}

fn ask(kind: &Kind, criterion: &Criterion, bytes: &[u8]) -> Result<bool, Error> {
    let mut holds = false;
    if criterion.path.is_empty() {
        body::texts(&kind.descriptor()?, bytes, &mut |text| {
            holds |= criterion.test.holds(Raw::Bytes(text));
        })?;
    } else {
        body::each(bytes, &criterion.path, &mut |raw| {
            holds |= criterion.test.holds(raw);
        })?;
    }
    Ok(holds)
}

/// Whether a resource that is not stored satisfies a condition: its indexed values and its body
/// decide, it has no place in the journal and no assessment.
pub fn satisfies(
    expr: &Expr,
    (kind, name): (&Kind, &str),
    values: &[(u16, Value)],
    bytes: &[u8],
) -> Result<bool, Error> {
    let part = |expr: &Expr| satisfies(expr, (kind, name), values, bytes);
    let of = |field: u16| values.iter().filter(move |(at, _)| *at == field);
    Ok(match expr {
        Expr::Every => true,
        Expr::And(parts) => {
            for one in parts {
                if !part(one)? {
                    return Ok(false);
                }
            }
            true
        }
        Expr::Or(parts) => {
            for one in parts {
                if part(one)? {
                    return Ok(true);
                }
            }
            false
        }
        Expr::Not(one) => !part(one)?,
        Expr::Values(field, values) => of(*field).any(|(_, value)| values.contains(value)),
        Expr::Like(field, pattern) => of(*field).any(|(_, value)| match value {
            Value::Text(text) => pattern.fits(text),
            Value::Number(_) => false,
        }),
        Expr::Stated(tag) => body::stated(bytes)?.contains(tag),
        Expr::Named(pattern) => pattern.fits(name),
        Expr::Body(criterion) => ask(kind, criterion, bytes)?,
        Expr::Place(..) | Expr::Parent(_) | Expr::Through { .. } => false,
    })
}

/// The assessments, by ordinal, whose headers satisfy a condition.
fn assessments(view: &View, expr: &Expr) -> Result<RoaringBitmap, Error> {
    let none = || Error::Internal("the contract has no Assessment".to_owned());
    let query = Query {
        filter: expr.clone(),
        deleted: true,
        ..Query::of(kind::of("Assessment").ok_or_else(none)?, usize::MAX)
    };
    let mut walk = Walk::new(view, &query)?;
    let ids = walk.all(&walk.plan.clone())?;
    let index = read(&view.store.index);
    let rows = ids.into_iter().filter_map(|id| index.row(id));
    Ok(rows.map(|row| row.assessment).collect())
}

/// What a plan looks up.
struct Above<'a> {
    view: &'a View,
    index: &'a Index,
}

impl Lookup for Above<'_> {
    fn holders(&self, kind: u8, field: u16, value: &Value) -> Result<Vec<Value>, Error> {
        let rows = self.index.having(kind, field, value);
        let rows = rows
            .into_iter()
            .flat_map(|rows| self.index.current(rows, self.view.revision()));
        let seen = rows.filter(|row| {
            let clearance = self.view.caller().clearance();
            !row.tombstone && self.index.covers(clearance, row, self.view.revision())
        });
        Ok(seen.map(|row| Value::Text(row.name.clone())).collect())
    }

    fn stored(&self, name: &str) -> Result<bool, Error> {
        let id = self.view.store.row_at(name, self.view.revision())?;
        let row = id.and_then(|id| self.index.row(id));
        Ok(row.is_some_and(|row| !row.tombstone))
    }
}

/// What the caller may see and the query shows; what it depends on the assessment for is
/// remembered.
struct Sight<'q> {
    view: &'q View,
    states: Vec<i32>,
    deleted: bool,
    /// By ordinal: 0 not asked yet, 1 shown, 2 not.
    assessments: Vec<u8>,
}

impl<'q> Sight<'q> {
    fn new(view: &'q View, query: &Query) -> Self {
        Self {
            view,
            states: query.states.clone(),
            deleted: query.deleted,
            assessments: Vec::new(),
        }
    }

    fn shows(&mut self, index: &Index, row: &Row) -> bool {
        index.unmarked(self.view.caller().clearance(), row) && self.within(index, row)
    }

    fn within(&mut self, index: &Index, row: &Row) -> bool {
        let Some(places) = index.assessment_count(row.assessment) else {
            return true;
        };
        if self.assessments.len() < places {
            self.assessments.resize(places, 0);
        }
        let Some(known) = self.assessments.get_mut(row.assessment as usize) else {
            return false;
        };
        if *known == 0 {
            let revision = self.view.revision();
            let shown = index
                .header_at(row.assessment, revision)
                .is_some_and(|header| {
                    let stated = self.states.is_empty() || self.states.contains(&header.state);
                    stated && (self.deleted || !header.tombstone)
                });
            let clearance = self.view.caller().clearance();
            let shown = shown && index.covers_assessment(clearance, row.assessment, revision);
            *known = if shown { 1 } else { 2 };
        }
        *known == 1
    }
}
