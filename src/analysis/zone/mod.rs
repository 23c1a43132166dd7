//! What every party accepts: per issue, over the package, and which bound opens or closes it.
//!
//! A bound that is not stated never counts as "anything goes": the zone is then conditional, and
//! the condition says which bound would have to be where. On an ordinal scale the zone is a set of
//! named steps, on an option scale a set of options, and differences are never numbers there. A
//! Nash point and a frontier are given on request for quantities only (`solution`). A zone is not
//! a prediction of a deal. Used by `service`.

mod overlap;
mod request;
mod solution;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::analysis::scale::Issue;
use crate::error::Error;
use crate::model::limits::Limits;
use crate::model::v1;
pub use solution::{Frontier, Grid, Point, Search, Solution, Terms, solve};

/// Whose word a bound rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// The actor declares it: a red line.
    Declared,
    /// The author estimates it: a position.
    Estimated,
    /// The caller asks "what if".
    Supposed,
}

/// What one element says a party accepts on an issue.
#[derive(Debug, Clone, PartialEq)]
pub struct Acceptance {
    /// The party, `actors/{actor}`.
    pub party: String,
    /// The issue, `issues/{issue}`.
    pub issue: String,
    /// The element that says so; empty for the caller.
    pub source: String,
    /// Whose word it is.
    pub basis: Basis,
    /// The accepted part of the scale; an end that is unset is "not stated".
    pub bound: v1::Bound,
}

/// What a party wants, which a Nash point and a frontier need.
#[derive(Debug, Clone, PartialEq)]
pub struct Wish {
    /// The party.
    pub party: String,
    /// The issue.
    pub issue: String,
    /// What it wants most; `None` is "not stated".
    pub ideal: Option<f64>,
    /// How much the issue matters to it; `None` is "not stated".
    pub salience: Option<f64>,
}

/// A party to the deal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// The actor.
    pub name: String,
    /// Whether nothing can be agreed against it; `None` is "not stated". It is reported and
    /// changes nothing: every party must accept.
    pub veto: Option<bool>,
}

/// What is asked. Several acceptances of one party on one issue hold together: the strictest end
/// of each counts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Question {
    /// What is negotiated.
    pub issues: Vec<Issue>,
    /// Who must accept.
    pub parties: Vec<Party>,
    /// What they accept; of other parties or issues is an error.
    pub acceptances: Vec<Acceptance>,
}

/// A side of an acceptable range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The least that is accepted.
    Minimum,
    /// The greatest that is accepted.
    Maximum,
}

/// An end of a party's range and who says so.
#[derive(Debug, Clone, PartialEq)]
pub struct End {
    /// The value.
    pub value: f64,
    /// The label of its step, on a scale of steps.
    pub label: Option<String>,
    /// The element that says so.
    pub source: String,
    /// Whose word it is.
    pub basis: Basis,
}

/// What one party accepts on one issue, all its bounds together.
#[derive(Debug, Clone, PartialEq)]
pub struct Range {
    /// The party.
    pub party: String,
    /// The least it accepts; `None` is "not stated".
    pub minimum: Option<End>,
    /// The greatest it accepts; `None` is "not stated".
    pub maximum: Option<End>,
    /// On an option scale: what it accepts; `None` is "not stated".
    pub options: Option<Vec<String>>,
    /// Whether the scale has options rather than an order.
    pub of_options: bool,
    /// Whether its own bounds leave nothing.
    pub contradictory: bool,
}

impl Range {
    /// How many of its ends are stated, and how many it has.
    fn stated(&self) -> (usize, usize) {
        if self.of_options {
            return (usize::from(self.options.is_some()), 1);
        }
        let ends = [self.minimum.is_some(), self.maximum.is_some()];
        (ends.iter().filter(|stated| **stated).count(), 2)
    }
}

/// How it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// All bounds are stated and something respects them all.
    Open,
    /// The stated bounds leave nothing, whatever those not stated are.
    Closed,
    /// The stated bounds leave something and others are not stated.
    Conditional,
    /// It cannot be said: the scale is not stated or a party contradicts itself.
    Undecidable,
}

/// What would have to hold for the zone to be open.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// The party whose bound is not stated.
    pub party: String,
    /// Which bound; `None` on an option scale.
    pub side: Option<Side>,
    /// The value a minimum may be at most, a maximum must be at least; `None` where nothing that
    /// is stated restricts it.
    pub threshold: Option<f64>,
    /// The label of its step.
    pub label: Option<String>,
    /// On an option scale: the options of which it must accept one.
    pub options: Vec<String>,
    /// It in words, as "actors/russia's minimum is at most 40".
    pub text: String,
}

/// A single bound that opens or closes the zone.
#[derive(Debug, Clone, PartialEq)]
pub struct Hinge {
    /// The party.
    pub party: String,
    /// Which bound; `None` on an option scale.
    pub side: Option<Side>,
    /// Where it is; `None` on an option scale.
    pub from: Option<f64>,
    /// Where the zone opens, or beyond which it closes; `None` on an option scale.
    pub to: Option<f64>,
    /// `to - from` on a quantity scale; `None` on steps and options.
    pub by: Option<f64>,
    /// How many steps lie between, on a scale of steps.
    pub steps: Option<usize>,
    /// The label of the step at `to`, or the option it would have to accept or to refuse.
    pub label: Option<String>,
    /// Whether moving it there opens the zone; otherwise moving it any further closes it.
    pub opens: bool,
}

/// The overlap on one issue.
#[derive(Debug, Clone, PartialEq)]
pub struct IssueZone {
    /// The issue.
    pub issue: String,
    /// How it stands.
    pub status: Status,
    /// Why it cannot be said; empty otherwise.
    pub undecidable_because: String,
    /// What each party accepts.
    pub ranges: Vec<Range>,
    /// The greatest stated minimum.
    pub low: Option<f64>,
    /// The least stated maximum.
    pub high: Option<f64>,
    /// The parties whose stated bounds those are: of `low`, of `high`.
    pub binding: [Vec<String>; 2],
    /// The steps in the zone, on a scale of steps.
    pub steps: Vec<String>,
    /// The options all stated parties accept, on an option scale.
    pub options: Vec<String>,
    /// Where bounds are not stated: what would have to hold, all of it.
    pub conditions: Vec<Condition>,
    /// Whether, besides, bounds that are not stated would have to leave room for each other: a
    /// minimum and a maximum are both not stated.
    pub mutual: bool,
    /// Single bounds that open or close it, the nearest first.
    pub hinges: Vec<Hinge>,
    /// Of a closed zone: parties without any one of whom it would not be closed.
    pub blockers: Vec<String>,
    /// Parties of whom nothing is stated here.
    pub silent: Vec<String>,
}

/// The zone over all issues: an outcome that respects every bound has a place in each.
#[derive(Debug, Clone, PartialEq)]
pub struct Zone {
    /// By issue.
    pub issues: Vec<IssueZone>,
    /// Over the package.
    pub status: Status,
    /// The issues that close it.
    pub closed_by: Vec<String>,
    /// The issues that leave it conditional.
    pub conditional_on: Vec<String>,
    /// The issues of which it cannot be said.
    pub undecidable_on: Vec<String>,
    /// Parties that have a veto.
    pub vetoes: Vec<String>,
    /// Parties of which it is not stated whether they have one.
    pub veto_not_stated: Vec<String>,
    /// Parties without any one of whom the package would not be closed.
    pub blockers: Vec<String>,
    /// How many ends of ranges are stated, and how many there would be.
    pub stated: (usize, usize),
}

/// Overlaps what the parties accept.
///
/// # Errors
/// [`Error::Invalid`] with everything that is wrong: NO_ISSUES, NO_PARTIES, TOO_MANY_ISSUES,
/// TOO_MANY_PARTIES, DUPLICATE, PARTY_UNKNOWN, ISSUE_UNKNOWN, NUMBER_NOT_FINITE, VALUE_OFF_SCALE,
/// BOUNDS_CONTRADICT, BOUND_OF_OTHER_SCALE, OPTION_UNKNOWN.
pub fn agree(question: &Question, limits: &Limits) -> Result<Zone, Error> {
    request::check(question, limits)?;
    let mut said: BTreeMap<(&str, &str), Vec<&Acceptance>> = BTreeMap::new();
    for acceptance in &question.acceptances {
        let key = (acceptance.issue.as_str(), acceptance.party.as_str());
        said.entry(key).or_default().push(acceptance);
    }
    let issues = question.issues.iter().map(|issue| {
        let parties = question.parties.iter();
        let ranges = parties.map(|party| {
            let said = said.get(&(issue.name.as_str(), party.name.as_str()));
            overlap::range(issue, &party.name, said.map_or(&[], Vec::as_slice))
        });
        overlap::overlap(issue, ranges.collect())
    });
    Ok(package(&question.parties, issues.collect()))
}

/// Puts a bound in the place of what is known. An end that it states replaces every one of that
/// party on that issue; the other end stays.
pub fn suppose(acceptances: &mut Vec<Acceptance>, supposed: Acceptance) {
    let of =
        |known: &&mut Acceptance| known.party == supposed.party && known.issue == supposed.issue;
    for known in acceptances.iter_mut().filter(of) {
        let bound = &mut known.bound;
        bound.min = bound.min.filter(|_| supposed.bound.min.is_none());
        bound.max = bound.max.filter(|_| supposed.bound.max.is_none());
        if !supposed.bound.options.is_empty() {
            bound.options.clear();
        }
    }
    acceptances.push(supposed);
}

fn package(parties: &[Party], issues: Vec<IssueZone>) -> Zone {
    let of = |status: Status| -> Vec<String> {
        let issues = issues.iter().filter(|issue| issue.status == status);
        issues.map(|issue| issue.issue.clone()).collect()
    };
    let closed_by = of(Status::Closed);
    let conditional_on = of(Status::Conditional);
    let undecidable_on = of(Status::Undecidable);
    let status = if !closed_by.is_empty() {
        Status::Closed
    } else if !undecidable_on.is_empty() {
        Status::Undecidable
    } else if !conditional_on.is_empty() {
        Status::Conditional
    } else {
        Status::Open
    };
    let named = |veto: Option<bool>| -> Vec<String> {
        let parties = parties.iter().filter(|party| party.veto == veto);
        parties.map(|party| party.name.clone()).collect()
    };
    let blocks = |party: &&Party| {
        let mut closed = issues.iter().filter(|issue| issue.status == Status::Closed);
        status == Status::Closed && closed.all(|issue| issue.blockers.contains(&party.name))
    };
    let blockers = parties
        .iter()
        .filter(blocks)
        .map(|party| party.name.clone());
    let ends = issues
        .iter()
        .flat_map(|issue| &issue.ranges)
        .map(Range::stated);
    Zone {
        status,
        closed_by,
        conditional_on,
        undecidable_on,
        vetoes: named(Some(true)),
        veto_not_stated: named(None),
        blockers: blockers.collect(),
        stated: ends.fold((0, 0), |sum, (some, all)| (sum.0 + some, sum.1 + all)),
        issues,
    }
}
