//! Counts: how many resources a query asks for, by the values of one or two indexed fields.

use std::collections::BTreeMap;

use super::list::{Query, Walk};
use super::read;
use super::rows::Rows;
use super::view::View;
use crate::error::Error;
use crate::model::kind::{Kind, Value};
use crate::model::limits::exceeded;

/// Values that are looked up before the index's lock is given back.
const LOCKED_VALUES: usize = 1_024;

/// How many resources have these values, one for each field; `None` is not stated.
pub type Count = (Vec<Option<Value>>, u64);

/// Counts of what a query asks for.
#[derive(Debug, Default)]
pub struct Counts {
    /// All of them. The others do not add up to it where a field has several values.
    pub total: u64,
    /// By value, what is not zero, the greatest first.
    pub counts: Vec<Count>,
}

/// Rows that have the same values of the fields before.
type Group = (Vec<Option<Value>>, Rows);

impl View {
    /// Counts what a query asks for, by the values of indexed fields, at most two.
    pub fn count(&self, query: &Query, facets: &[u16]) -> Result<Counts, Error> {
        let ids = Walk::new(self, query)?.newest(u32::MAX, usize::MAX)?;
        let total = ids.len() as u64;
        let mut groups: Vec<Group> = vec![(Vec::new(), ids.into_iter().collect())];
        for facet in facets {
            groups = self.finer(groups, (query.kind, *facet))?;
        }
        let mut counts: Vec<Count> = groups
            .into_iter()
            .map(|(values, rows)| (values, rows.len()))
            .filter(|(_, count)| *count > 0)
            .collect();
        counts.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
        Ok(Counts { total, counts })
    }

    /// Divides groups by the values of another field. Groups with more rows than there are values
    /// are divided one by one; the small ones together, so that many groups and many values do not
    /// multiply.
    fn finer(&self, groups: Vec<Group>, (kind, field): (&Kind, u16)) -> Result<Vec<Group>, Error> {
        let values: Vec<Value> = {
            let index = read(&self.store.index);
            let known = index.sets.values(kind.ordinal, field);
            known
                .into_iter()
                .flat_map(|known| known.iter().map(|(value, _)| value))
                .collect()
        };
        let large = |group: &Group| group.1.len() > values.len() as u64;
        let (large, small): (Vec<Group>, Vec<Group>) = groups.into_iter().partition(large);
        let mut finer = Vec::new();
        for (before, rows) in large {
            for (value, part) in self.divided(&rows, &values, (kind, field)) {
                finer.push((named(&before, value), part));
            }
            self.few_enough(&finer)?;
        }
        let owners = Owners::of(&small);
        for (value, part) in self.divided(&owners.rows(), &values, (kind, field)) {
            for (owner, rows) in owners.share(&part) {
                let before = small.get(owner).map(|(before, _)| before.as_slice());
                finer.push((named(before.unwrap_or_default(), value.clone()), rows));
            }
            self.few_enough(&finer)?;
        }
        Ok(finer)
    }

    fn few_enough(&self, groups: &[Group]) -> Result<(), Error> {
        let (given, allowed) = (groups.len(), self.limits().counts_max);
        if given > allowed {
            return Err(exceeded("facets", "FACET_TOO_BROAD", given, allowed));
        }
        Ok(())
    }

    /// Rows by the value of a field, and those without one.
    fn divided(
        &self,
        rows: &Rows,
        values: &[Value],
        (kind, field): (&Kind, u16),
    ) -> Vec<(Option<Value>, Rows)> {
        let mut rest = rows.clone();
        let mut parts = Vec::new();
        for values in values.chunks(LOCKED_VALUES) {
            let index = read(&self.store.index);
            for value in values {
                let having = index.sets.having(kind.ordinal, field, value);
                let part = having.map_or_else(Rows::default, |having| rows.among(having));
                if !part.is_empty() {
                    rest.without(&part);
                    parts.push((Some(value.clone()), part));
                }
            }
        }
        if !rest.is_empty() {
            parts.push((None, rest));
        }
        parts
    }
}

fn named(before: &[Option<Value>], value: Option<Value>) -> Vec<Option<Value>> {
    before.iter().cloned().chain([value]).collect()
}

/// Which groups a row is in: in several where a field has several values.
struct Owners {
    /// By row, then by group.
    of: Vec<(u32, usize)>,
}

impl Owners {
    fn of(groups: &[Group]) -> Self {
        let each = groups.iter().enumerate();
        let pairs = each.flat_map(|(at, (_, rows))| rows.iter().map(move |id| (id, at)));
        let mut of: Vec<(u32, usize)> = pairs.collect();
        of.sort_unstable();
        Self { of }
    }

    fn rows(&self) -> Rows {
        let mut ids: Vec<u32> = self.of.iter().map(|(id, _)| *id).collect();
        ids.dedup();
        ids.into_iter().collect()
    }

    /// What each group has of some rows.
    fn share(&self, rows: &Rows) -> Vec<(usize, Rows)> {
        let mut shares: BTreeMap<usize, Vec<u32>> = BTreeMap::new();
        for id in rows.iter() {
            let first = self.of.partition_point(|(row, _)| *row < id);
            let mine = self.of.get(first..).unwrap_or_default();
            for (_, owner) in mine.iter().take_while(|(row, _)| *row == id) {
                shares.entry(*owner).or_default().push(id);
            }
        }
        let shares = shares.into_iter();
        shares
            .map(|(owner, ids)| (owner, ids.into_iter().collect()))
            .collect()
    }
}
