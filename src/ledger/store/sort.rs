//! Lists in another order than the latest change.
//!
//! An order by an indexed field divides the rows that may match by its values, one after another,
//! until the page is full: what lies before the page or after it is never looked at. A part that is
//! small, and an order that no index has, is sorted, by keys from the rows or from the bodies; only
//! the best of what was seen so far are kept.

use std::cmp::Ordering;

use super::index::Index;
use super::list::{LOCKED_ROWS, Query, Walk};
use super::read;
use super::rows::Rows;
use crate::error::Error;
use crate::model::kind::{Raw, Value};
use crate::query::filter::{Key, Read};
use crate::wire::body::{self, microseconds};

/// Fields, each with whether the greatest comes first.
type Keys<'q> = &'q [(Key, bool)];

impl Walk<'_> {
    /// The rows of a page and one more, in the query's order.
    pub(super) fn sorted(&mut self, query: &Query, wanted: usize) -> Result<Vec<u32>, Error> {
        let after = match &query.after {
            None => None,
            Some(after) => {
                let row = self.view.store.row_at(&after.name, self.view.revision())?;
                let gone = || Error::Internal(format!("a page ended with \"{}\"", after.name));
                Some(row.ok_or_else(gone)?)
            }
        };
        let candidates = self.plan.candidates(&read(&self.view.store.index));
        let mut found = Vec::new();
        self.divided(&candidates, &query.order, (after, wanted), &mut found)?;
        Ok(found)
    }

    /// Adds what comes after a row, in the order of the first key, then of the others.
    fn divided(
        &mut self,
        rows: &Rows,
        order: Keys<'_>,
        (mut after, wanted): (Option<u32>, usize),
        found: &mut Vec<u32>,
    ) -> Result<(), Error> {
        let few = self.view.limits().order_part_rows as u64;
        let values = match order.first() {
            Some((Key::Indexed(field, ranks), descending)) if rows.len() > few => {
                let all = self.values(*field)?;
                Some((*field, in_order(all, ranks, *descending)))
            }
            Some(_) | None => None,
        };
        let (Some((field, values)), Some((_, rest))) = (values, order.split_first()) else {
            return self.best(rows, order, (after, wanted), found);
        };
        let mut unstated = rows.clone();
        for value in values {
            let (part, here) = {
                let index = read(&self.view.store.index);
                let Some(having) = index.sets.having(self.plan.kind.ordinal, field, &value) else {
                    continue;
                };
                (
                    rows.among(having),
                    after.is_none_or(|after| having.contains(after)),
                )
            };
            unstated.without(&part);
            if !here || part.is_empty() {
                continue;
            }
            self.divided(&part, rest, (after.take(), wanted), found)?;
            if found.len() >= wanted {
                return Ok(());
            }
        }
        self.divided(&unstated, rest, (after, wanted), found)
    }

    fn values(&self, field: u16) -> Result<Vec<Value>, Error> {
        let allowed = self.view.limits().filter_values_max;
        let index = read(&self.view.store.index);
        let values = self.view.values(&index, (self.plan.kind, field), allowed);
        values.ok_or_else(|| {
            let text = format!("it has more than {allowed} values, {allowed} allowed");
            Error::invalid("order_by", "ORDER_TOO_BROAD", text)
        })
    }

    /// Adds the first of some rows after a row.
    fn best(
        &mut self,
        rows: &Rows,
        order: Keys<'_>,
        (after, wanted): (Option<u32>, usize),
        found: &mut Vec<u32>,
    ) -> Result<(), Error> {
        let bodies = order.iter().any(|(key, _)| from_body(key));
        let limits = self.view.limits();
        let allowed = if bodies {
            limits.order_bodies_max
        } else {
            limits.order_rows_max
        };
        let wanted = wanted - found.len();
        let last = after.map(|id| self.keyed(id, order)).transpose()?;
        let mut ids = Vec::new();
        self.sift(&mut rows.iter(), allowed.saturating_add(1), &mut ids)?;
        if ids.len() > allowed {
            let text = format!(
                "more than {allowed} resources would be sorted by what no index has in order, \
                 {allowed} allowed; add a filter on an indexed field"
            );
            return Err(Error::invalid("order_by", "ORDER_TOO_BROAD", text));
        }
        let mut best: Vec<Keyed> = Vec::new();
        for ids in ids.chunks(LOCKED_ROWS) {
            let keyed = ids.iter().map(|id| self.keyed(*id, order));
            let keyed = keyed.collect::<Result<Vec<_>, Error>>()?;
            let index = read(&self.view.store.index);
            let by = |one: &Keyed, other: &Keyed| compare(&index, order, one, other);
            let follows = |one: &Keyed| last.as_ref().is_none_or(|last| by(one, last).is_gt());
            best.extend(keyed.into_iter().filter(follows));
            if best.len() > wanted {
                best.select_nth_unstable_by(wanted, by);
                best.truncate(wanted);
            }
        }
        let index = read(&self.view.store.index);
        best.sort_unstable_by(|one, other| compare(&index, order, one, other));
        found.extend(best.into_iter().map(|keyed| keyed.id));
        Ok(())
    }

    /// A row with those of its keys that the index does not have.
    fn keyed(&self, id: u32, order: Keys<'_>) -> Result<Keyed, Error> {
        let mut keys = Vec::new();
        if order.iter().any(|(key, _)| from_body(key)) {
            let body = self.body(id)?;
            let indexed = body::indexed(self.plan.kind, &body)?;
            for (key, _) in order {
                match key {
                    Key::Indexed(field, ranks) => keys.push(ranked(&indexed, *field, ranks)),
                    Key::Body(path, how) => keys.push(Sortable::read(&body, path, *how)?),
                    Key::Place(_) | Key::Name => {}
                }
            }
        }
        Ok(Keyed { id, keys })
    }
}

/// A row with its keys that come from its body.
struct Keyed {
    id: u32,
    keys: Vec<Sortable>,
}

fn from_body(key: &Key) -> bool {
    match key {
        Key::Indexed(..) | Key::Body(..) => true,
        Key::Place(_) | Key::Name => false,
    }
}

/// Values in their order; those without a place in it come after, whichever way.
fn in_order(mut values: Vec<Value>, ranks: &[Value], descending: bool) -> Vec<Value> {
    let rank = |value: &Value| {
        let rank = ranks.iter().position(|ranked| ranked == value);
        rank.unwrap_or(if ranks.is_empty() { 0 } else { usize::MAX })
    };
    values.sort_by(|one, other| (rank(one), one).cmp(&(rank(other), other)));
    if descending {
        let placed = values.partition_point(|value| rank(value) < usize::MAX);
        if let Some(placed) = values.get_mut(..placed) {
            placed.reverse();
        }
    }
    values
}

/// What a row is sorted by where the index has no order.
#[derive(Debug, Clone, PartialEq, PartialOrd)]
enum Sortable {
    Int(i64),
    Float(f64),
    Text(String),
    Value(Value),
    /// A value without a place in the order of the others.
    Unranked(Value),
    Unstated,
}

fn ranked(indexed: &[(u16, Value)], field: u16, ranks: &[Value]) -> Sortable {
    let Some((_, value)) = indexed.iter().find(|(at, _)| *at == field) else {
        return Sortable::Unstated;
    };
    match ranks.iter().position(|ranked| ranked == value) {
        Some(rank) => Sortable::Int(rank as i64),
        None if ranks.is_empty() => Sortable::Value(value.clone()),
        None => Sortable::Unranked(value.clone()),
    }
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

    fn compare(&self, other: &Self, descending: bool) -> Ordering {
        let placed = |key: &Self| !matches!(key, Self::Unranked(_) | Self::Unstated);
        let ordering = self.partial_cmp(other).unwrap_or(Ordering::Equal);
        if descending && placed(self) && placed(other) {
            ordering.reverse()
        } else {
            ordering
        }
    }
}

/// What has no place in the order, and then what is not stated, comes last, whichever way.
fn compare(index: &Index, order: Keys<'_>, one: &Keyed, other: &Keyed) -> Ordering {
    let (Some(a), Some(b)) = (index.row(one.id), index.row(other.id)) else {
        return Ordering::Equal;
    };
    let mut keys = one.keys.iter().zip(&other.keys);
    for (key, descending) in order {
        let ordering = match key {
            Key::Name if *descending => index.name(b).cmp(index.name(a)),
            Key::Name => index.name(a).cmp(index.name(b)),
            Key::Place(place) => {
                let key = |at: Option<i64>| at.map_or(Sortable::Unstated, Sortable::Int);
                key(a.at(*place)).compare(&key(b.at(*place)), *descending)
            }
            Key::Indexed(..) | Key::Body(..) => {
                keys.next().map_or(Ordering::Equal, |(one, other)| {
                    one.compare(other, *descending)
                })
            }
        };
        if ordering.is_ne() {
            return ordering;
        }
    }
    index.name(a).cmp(index.name(b))
}
