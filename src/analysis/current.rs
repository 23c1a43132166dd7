//! Which elements count at a time in the world, and why the others do not.
//!
//! An element whose validity is over, or has not begun, says nothing of that time. Of one lineage
//! the newest that holds counts: an element and the one that carries it on are one statement, not
//! two. What does not count is named with its reason, never dropped in silence. Used by `service`
//! for every analysis that counts elements; what looks for the stale looks at everything instead.

use std::collections::BTreeMap;

use prost_types::Timestamp;

use super::span::{self, Instant, instant};
use crate::model::v1::{TimeSpan, UncountedReason};

/// An element, as far as it decides whether it counts.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known<'a> {
    /// Its resource name.
    pub name: &'a str,
    /// The uid that it shares with what it carries on; empty for one that is alone.
    pub lineage: &'a str,
    /// The name of the element it carries on; empty for none.
    pub continues: &'a str,
    /// When it was first committed.
    pub created: Option<&'a Timestamp>,
    /// The time for which it holds.
    pub valid: Option<&'a TimeSpan>,
}

/// Why an element does not count.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Uncounted {
    /// It held until before this time.
    Ended(Timestamp),
    /// It holds from this time on.
    NotBegun(Timestamp),
    /// The element at this place carries it on.
    CarriedOn(usize),
}

impl Uncounted {
    /// The reason as the contract has it.
    pub fn reason(self) -> UncountedReason {
        match self {
            Self::Ended(_) => UncountedReason::Ended,
            Self::NotBegun(_) => UncountedReason::NotBegun,
            Self::CarriedOn(_) => UncountedReason::CarriedOn,
        }
    }
}

/// By element, in the order given: why it does not count at a time; `None` where it does.
pub fn uncounted(elements: &[Known<'_>], at: &Timestamp) -> Vec<Option<Uncounted>> {
    let at = instant(at);
    let mut told: Vec<Option<Uncounted>> =
        elements.iter().map(|one| outside(one.valid, at)).collect();
    let mut newest: BTreeMap<&str, usize> = BTreeMap::new();
    let holding = elements.iter().enumerate().zip(&told);
    for ((place, one), _) in
        holding.filter(|((_, one), why)| why.is_none() && !one.lineage.is_empty())
    {
        let kept = newest.entry(one.lineage).or_insert(place);
        if elements.get(*kept).is_some_and(|kept| newer(one, kept)) {
            *kept = place;
        }
    }
    for (place, (one, why)) in elements.iter().zip(&mut told).enumerate() {
        let kept = newest.get(one.lineage).copied();
        *why = why.or(kept.filter(|kept| *kept != place).map(Uncounted::CarriedOn));
    }
    told
}

/// Whether one of a lineage takes the place of another: it carries that one on, or came later.
fn newer(one: &Known<'_>, other: &Known<'_>) -> bool {
    let time = |known: &Known<'_>| known.created.map(instant);
    let directly = |one: &Known<'_>, other: &Known<'_>| one.continues == other.name;
    let key = |known, against| (time(known), directly(known, against), known.name);
    key(one, other) > key(other, one)
}

fn outside(valid: Option<&TimeSpan>, at: Instant) -> Option<Uncounted> {
    let valid = valid?;
    if span::over(Some(valid), at) {
        return valid.end.map(Uncounted::Ended);
    }
    let begins = valid.start.filter(|start| instant(start) > at);
    begins.map(Uncounted::NotBegun)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(seconds: i64) -> Timestamp {
        Timestamp { seconds, nanos: 0 }
    }

    fn span(start: Option<i64>, end: Option<i64>) -> TimeSpan {
        TimeSpan {
            start: start.map(time),
            end: end.map(time),
            ..Default::default()
        }
    }

    #[test]
    fn a_span_holds_its_start_and_not_its_end() {
        let valid = span(Some(10), Some(20));
        let known = Known {
            valid: Some(&valid),
            ..Known::default()
        };
        let at = |seconds| uncounted(&[known], &time(seconds))[0];
        assert_eq!(at(9), Some(Uncounted::NotBegun(time(10))));
        assert_eq!(at(10), None);
        assert_eq!(at(19), None);
        assert_eq!(at(20), Some(Uncounted::Ended(time(20))));
        let open = span(None, None);
        let known = Known {
            valid: Some(&open),
            ..Known::default()
        };
        assert_eq!(uncounted(&[known], &time(0)), [None], "words alone");
    }

    #[test]
    fn of_a_lineage_the_newest_that_holds_counts() {
        let (first, second, third) = (time(1), time(2), time(2));
        let later = span(Some(100), None);
        let one = |name, continues, created| Known {
            name,
            continues,
            lineage: "uid",
            created: Some(created),
            valid: None,
        };
        let mut elements = [
            one("c", "a", &third),
            one("a", "", &first),
            // Committed with the one that carries it on, which takes its place all the same.
            one("d", "a", &second),
            one("b", "d", &second),
        ];
        let at = |elements: &[Known<'_>], seconds| uncounted(elements, &time(seconds));
        let by = |place| Some(Uncounted::CarriedOn(place));
        assert_eq!(at(&elements[1..], 0), [by(2), by(2), None]);
        assert_eq!(at(&elements[..2], 0), [None, by(0)]);
        // What has not begun takes nobody's place yet.
        elements[3].valid = Some(&later);
        assert_eq!(
            at(&elements[1..], 0)[2],
            Some(Uncounted::NotBegun(time(100)))
        );
        assert_eq!(at(&elements[1..], 0)[..2], [by(1), None]);
        assert_eq!(at(&elements[1..], 100), [by(2), by(2), None]);
        let alone = Known::default();
        assert_eq!(uncounted(&[alone, alone], &time(0)), [None, None]);
    }
}
