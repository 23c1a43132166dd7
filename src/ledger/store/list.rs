//! Lists: a page of what a query asks for, in the order it asks for.
//!
//! Without an order the newest rows come first, which is the order they lie in: stretches of rows
//! are taken from the end until the page is full; `sort` has the other orders. What no index knows
//! is asked of rows and bodies one by one, in batches, so that nobody waits long for the index's
//! lock, and never of more than the limits say. Only what the caller sees counts for them.

use bytes::Bytes;
use roaring::RoaringBitmap;

use super::fit::ask;
use super::index::{Index, Row};
use super::plan::{self, Plan};
use super::read;
use super::view::{Found, View};
use crate::error::Error;
use crate::model::Revision;
use crate::model::kind::{self, Kind};
use crate::model::name::Name;
use crate::query::filter::{Criterion, Expr, Key, Place};
use crate::query::order::Order;

/// Bodies that are read between two looks at the index.
const BATCH: usize = 256;

/// Rows that are looked at before the index's lock is given back.
pub(super) const LOCKED_ROWS: usize = 4_096;

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
    /// Whether the latest change comes first, then the name: the order that rows lie in.
    fn newest_first(&self) -> bool {
        match self.order.as_slice() {
            [] => true,
            [
                (Key::Place(Place::UpdateTime | Place::Revision), true),
                rest @ ..,
            ] => {
                // Within one revision nothing but the name is left to order by.
                matches!(rest, [] | [(Key::Name, false), ..])
            }
            _ => false,
        }
    }

    /// Whether a page is found in the bitmaps alone, so that looking for it takes no time.
    pub fn light(&self) -> bool {
        !self.total && self.newest_first() && plan::light(&self.filter)
    }

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
        let total = match query.total {
            true => Some(walk.newest(u32::MAX, usize::MAX)?.len()),
            false => None,
        };
        walk.tally = Tally::default();
        let (found, more) = walk.page(query)?;
        let (items, cut) = self.read_page(&found)?;
        let last = items.len().checked_sub(1).and_then(|last| found.get(last));
        let next = last.filter(|_| more || cut).map(|last| Cursor {
            revision: last.position.revision,
            name: last.name.to_string(),
        });
        Ok(Page {
            items,
            next,
            total,
            touched: walk.tally.touched,
        })
    }

    /// The names of the first page of what the query asks for.
    pub fn names(&self, query: &Query) -> Result<Vec<String>, Error> {
        let (found, _) = Walk::new(self, query)?.page(query)?;
        Ok(found.into_iter().map(|found| found.name.into()).collect())
    }
}

/// What looking for a page has cost.
#[derive(Debug, Default)]
struct Tally {
    /// Versions that were looked at.
    touched: usize,
    /// Versions in sight that were compared one by one.
    compared: usize,
    /// Bodies that were read.
    bodies: usize,
}

/// A way through the rows that a query asks for.
pub(super) struct Walk<'q> {
    pub(super) view: &'q View,
    pub(super) plan: Plan<'q>,
    sight: Sight<'q>,
    tally: Tally,
}

impl<'q> Walk<'q> {
    pub(super) fn new(view: &'q View, query: &'q Query) -> Result<Self, Error> {
        let parents = plan::parents(&query.filter).into_iter();
        let assessments = parents.map(|parent| assessments(view, parent));
        let assessments = assessments.collect::<Result<Vec<_>, _>>()?;
        let index = read(&view.store.index);
        Ok(Self {
            view,
            plan: plan::plan(query, assessments, (view, &index))?,
            sight: Sight::new(view, query),
            tally: Tally::default(),
        })
    }

    /// A page, and whether there is more.
    pub(super) fn page(&mut self, query: &Query) -> Result<(Vec<Found>, bool), Error> {
        let wanted = query.size.saturating_add(1);
        let ids = if query.newest_first() {
            let start = query.after.as_ref().map_or(u32::MAX, |after| {
                read(&self.view.store.index).cursor(after.revision, &after.name)
            });
            self.newest(start, wanted)?
        } else {
            self.sorted(query, wanted)?
        };
        let index = read(&self.view.store.index);
        let rows = ids.iter().filter_map(|id| index.row(*id));
        let found = rows
            .take(query.size)
            .map(|row| Found::of(&index, row))
            .collect();
        Ok((found, ids.len() > query.size))
    }

    /// The rows below `start` that match, newest first, as many as are wanted.
    pub(super) fn newest(&mut self, start: u32, wanted: usize) -> Result<Vec<u32>, Error> {
        let mut found = Vec::new();
        let stretches = self.plan.stretches(&read(&self.view.store.index), start);
        for chunk in stretches {
            let rows = self.plan.rows(&read(&self.view.store.index), chunk);
            self.sift(&mut rows.range(..start).rev(), wanted, &mut found)?;
            if found.len() >= wanted {
                break;
            }
        }
        Ok(found)
    }

    /// Adds those of the plan's rows that match, in their order, until there are as many as wanted.
    pub(super) fn sift(
        &mut self,
        ids: &mut dyn Iterator<Item = u32>,
        wanted: usize,
        found: &mut Vec<u32>,
    ) -> Result<(), Error> {
        let bodies = !self.plan.criteria.is_empty();
        let mut more = true;
        while more && found.len() < wanted {
            let room = if bodies { BATCH } else { wanted - found.len() };
            let mut likely = Vec::new();
            more = self.likely(ids, room, &mut likely)?;
            found.extend(if bodies {
                self.answered(likely)?
            } else {
                likely
            });
        }
        found.truncate(wanted);
        Ok(())
    }

    /// The next rows that match as far as the index knows; whether there may be more of them.
    fn likely(
        &mut self,
        ids: &mut dyn Iterator<Item = u32>,
        room: usize,
        likely: &mut Vec<u32>,
    ) -> Result<bool, Error> {
        let allowed = self.view.limits().filter_rows_max;
        let index = read(&self.view.store.index);
        for _ in 0..LOCKED_ROWS {
            let Some(id) = ids.next() else {
                return Ok(false);
            };
            self.tally.touched += 1;
            let Some(row) = index.row(id) else { continue };
            if !index.current_at(row, self.plan.revision()) || !self.sight.shows(&index, row) {
                continue;
            }
            self.tally.compared += usize::from(self.plan.compares);
            if self.tally.compared > allowed {
                return Err(broad("names or times", allowed));
            }
            if self.plan.holds(&index, (id, row), None) {
                likely.push(id);
            }
            if likely.len() >= room {
                break;
            }
        }
        Ok(true)
    }

    /// Those of the rows whose bodies answer as the filter asks.
    fn answered(&mut self, ids: Vec<u32>) -> Result<Vec<u32>, Error> {
        let mut matching = Vec::with_capacity(ids.len());
        for id in ids {
            self.tally.bodies += 1;
            let allowed = self.view.limits().filter_bodies_max;
            if self.tally.bodies > allowed {
                return Err(broad("bodies", allowed));
            }
            let body = self.body(id)?;
            let ask = |criterion: &&Criterion| ask(self.plan.kind, criterion, &body);
            let answers = self.plan.criteria.iter().map(ask);
            let answers = answers.collect::<Result<Vec<bool>, Error>>()?;
            let index = read(&self.view.store.index);
            let row = index.row(id);
            if row.is_some_and(|row| self.plan.holds(&index, (id, row), Some(&answers))) {
                matching.push(id);
            }
        }
        Ok(matching)
    }

    /// The body of a row.
    pub(super) fn body(&self, id: u32) -> Result<Bytes, Error> {
        let found = {
            let index = read(&self.view.store.index);
            index
                .row(id)
                .map(|row| (Box::<str>::from(index.name(row)), row.body))
        };
        let (name, at) = found.ok_or_else(|| Error::Internal(format!("there is no row {id}")))?;
        self.view.body_at(&name, at)
    }
}

fn broad(what: &str, allowed: usize) -> Error {
    let text = format!(
        "more than {allowed} {what} would have to be compared one by one, {allowed} allowed; add a \
         term on an indexed field: an enum, a flag, a link, update_time, or the assessment's"
    );
    Error::invalid("filter", "FILTER_TOO_BROAD", text)
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
    let ids = walk.newest(u32::MAX, usize::MAX)?;
    let index = read(&view.store.index);
    let rows = ids.into_iter().filter_map(|id| index.row(id));
    Ok(rows.map(|row| row.assessment).collect())
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
