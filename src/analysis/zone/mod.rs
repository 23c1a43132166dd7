//! What every party accepts: per issue, over the package, and which bound opens or closes it.
//!
//! A bound that is not stated never counts as "anything goes": the zone is then conditional, and
//! the condition says which bound would have to be where. On an ordinal scale the zone is a set of
//! named steps, on an option scale a set of options, and differences are never numbers there. A
//! Nash point and a frontier are given on request for quantities only. A zone is not a prediction
//! of a deal.

use crate::analysis::scale::Issue;
use crate::model::v1;

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
    /// Whether nothing can be agreed against it; `None` is "not stated".
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
    /// Bounds that replace everything known of that party on that issue.
    pub overrides: Vec<Acceptance>,
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
    /// Whether its own bounds leave nothing.
    pub contradictory: bool,
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
    /// The value a minimum may be at most, a maximum must be at least; `None` where any would do
    /// as far as is stated.
    pub threshold: Option<f64>,
    /// The label of its step.
    pub label: Option<String>,
    /// On an option scale: the options of which it must accept one.
    pub options: Vec<String>,
    /// It in words, as "open if actors/russia's minimum is at most 40".
    pub text: String,
}

/// A single bound that opens or closes the zone.
#[derive(Debug, Clone, PartialEq)]
pub struct Hinge {
    /// The party.
    pub party: String,
    /// Which bound.
    pub side: Side,
    /// Where it is.
    pub from: f64,
    /// Where the zone opens, or beyond which it closes.
    pub to: f64,
    /// `to - from` on a quantity scale; `None` on steps.
    pub by: Option<f64>,
    /// How many steps, on a scale of steps.
    pub steps: Option<usize>,
    /// The label of the step at `to`.
    pub label: Option<String>,
    /// Whether moving it there opens the zone; otherwise any further closes it.
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
