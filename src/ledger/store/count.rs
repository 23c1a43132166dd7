//! Counts: how many resources a query asks for, by the values of one or two indexed fields.

use roaring::RoaringBitmap;

use super::chunks::{begin, chunk_of};
use super::list::{Query, Walk};
use super::read;
use super::view::View;
use crate::error::Error;
use crate::model::kind::Value;
use crate::model::limits::exceeded;

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

/// Rows by stretch.
type Rows = Vec<(u16, RoaringBitmap)>;

impl View {
    /// Counts what a query asks for, by the values of indexed fields, at most two.
    pub fn count(&self, query: &Query, facets: &[u16]) -> Result<Counts, Error> {
        let mut walk = Walk::new(self, query)?;
        let ids = walk.all(&walk.plan.clone())?;
        let total = ids.len() as u64;
        let mut groups: Vec<(Vec<Option<Value>>, Rows)> = vec![(Vec::new(), by_stretch(&ids))];
        for facet in facets {
            let (values, _) = walk.values(*facet, &[])?;
            let mut finer = Vec::new();
            for (before, rows) in groups {
                for (value, rows) in self.divided(&rows, (query, *facet), &values) {
                    let mut named = before.clone();
                    named.push(value);
                    finer.push((named, rows));
                }
                let (given, allowed) = (finer.len(), self.limits().counts_max);
                if given > allowed {
                    return Err(exceeded("facets", "FACET_TOO_BROAD", given, allowed));
                }
            }
            groups = finer;
        }
        let mut counts: Vec<Count> = groups
            .into_iter()
            .map(|(values, rows)| (values, rows.iter().map(|(_, rows)| rows.len()).sum()))
            .filter(|(_, count)| *count > 0)
            .collect();
        counts.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
        Ok(Counts { total, counts })
    }

    /// Rows by the value of a field, and those without one.
    fn divided(
        &self,
        rows: &Rows,
        (query, facet): (&Query, u16),
        values: &[Value],
    ) -> Vec<(Option<Value>, Rows)> {
        let index = read(&self.store.index);
        let mut rest = rows.clone();
        let mut parts = Vec::new();
        for value in values {
            let Some(having) = index.having(query.kind.ordinal, facet, value) else {
                continue;
            };
            let mut part = Vec::new();
            for ((chunk, rows), (_, rest)) in rows.iter().zip(&mut rest) {
                let Some(having) = having.chunk(*chunk) else {
                    continue;
                };
                let both = rows & having.as_ref();
                *rest -= &both;
                if !both.is_empty() {
                    part.push((*chunk, both));
                }
            }
            if !part.is_empty() {
                parts.push((Some(value.clone()), part));
            }
        }
        parts.push((None, rest));
        parts
    }
}

fn by_stretch(ids: &[u32]) -> Rows {
    let mut ids = ids.to_vec();
    ids.reverse();
    let parts = ids.chunk_by(|one, other| chunk_of(*one) == chunk_of(*other));
    parts
        .filter_map(|part| {
            let chunk = chunk_of(*part.first()?);
            debug_assert!(part.iter().all(|id| *id >= begin(chunk)));
            Some((chunk, part.iter().copied().collect()))
        })
        .collect()
}
