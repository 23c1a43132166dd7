//! What a collective decision would come to, if positions, salience and capability were all.
//!
//! The Spatial Model of Politics as KTAB computes it: a one-turn probabilistic Condorcet election
//! (KAPSARC, "KTAB: a toolkit for analytical decision-making", 2015; formulae in `election`),
//! beside the weighted mean and the weighted median. A simulation is a model's output: it is no
//! estimate, has no word of estimation and models one collective decision, not a war.
//!
//! An actor of whom something needed is not stated is left out and named, unless the caller says
//! what to assume. `compare` tells what changed inputs change, `spread` draws the inputs from their
//! stated intervals. Used by `service`.

mod election;
mod field;
mod spread;

#[cfg(test)]
mod tests;

use super::scale::Issue;
use crate::error::Error;
use crate::model::limits::Limits;
pub use election::Round;
use field::Field;
pub use spread::{Range, Sampling, Spread, Varied, spread};

/// The method's name, for every answer.
pub const METHOD: &str = "spatial model of politics, one-turn probabilistic Condorcet election";
/// Where the method comes from.
pub const SOURCE: &str = "KAPSARC Toolkit for Behavioral Analysis (KTAB)";

/// A number with the interval its source gives it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measure {
    /// The number that is computed with.
    pub best: f64,
    /// The least it may be; `best` when no interval is stated.
    pub low: f64,
    /// The greatest it may be; `best` when no interval is stated.
    pub high: f64,
}

impl Measure {
    /// A number without an interval.
    pub fn exact(best: f64) -> Self {
        Self {
            best,
            low: best,
            high: best,
        }
    }

    /// A number with a half-width around it.
    pub fn around(best: f64, half_width: f64) -> Self {
        Self {
            best,
            low: best - half_width,
            high: best + half_width,
        }
    }
}

/// Where an actor stands on one issue.
#[derive(Debug, Clone, PartialEq)]
pub struct Stand {
    /// The issue, `issues/{issue}`.
    pub issue: String,
    /// What it wants most, in the units of the scale; `None` is "not stated".
    pub ideal: Option<Measure>,
    /// How much the issue matters to it; only the ratios between an actor's issues count in the
    /// election. `None` is "not stated".
    pub salience: Option<Measure>,
}

/// One that takes part.
#[derive(Debug, Clone, PartialEq)]
pub struct Actor {
    /// The resource name, `actors/{actor}`.
    pub name: String,
    /// Its weight on the outcome, at least 0; `None` is "not stated".
    pub capability: Option<Measure>,
    /// At most one for each issue.
    pub stands: Vec<Stand>,
}

/// Everything a simulation starts from.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Setting {
    /// The dimensions: quantities with both ends, or yes-or-no.
    pub issues: Vec<Issue>,
    /// Who takes part.
    pub actors: Vec<Actor>,
    /// What to take for a capability that is not stated; `None` leaves the actor out.
    pub capability_assumed: Option<f64>,
    /// What to take for a salience that is not stated; `None` leaves the actor out.
    pub salience_assumed: Option<f64>,
}

/// An input by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// What an actor wants most.
    Ideal,
    /// How much an issue matters to it.
    Salience,
    /// Its weight.
    Capability,
}

/// An actor that was left out because something needed is not stated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Omission {
    /// The actor.
    pub actor: String,
    /// The issue; `None` for its capability.
    pub issue: Option<String>,
    /// What is not stated.
    pub missing: Input,
}

/// A number that is not stated and was taken from the caller.
#[derive(Debug, Clone, PartialEq)]
pub struct Assumption {
    /// The actor.
    pub actor: String,
    /// The issue; `None` for its capability.
    pub issue: Option<String>,
    /// What is not stated.
    pub missing: Input,
    /// The number that was used.
    pub value: f64,
}

/// What became of one actor.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// The actor.
    pub actor: String,
    /// Its weight.
    pub capability: f64,
    /// Its position, by issue, in the units of the scales.
    pub position: Vec<f64>,
    /// The same as the model has it, 0 to 100 between the ends of each scale.
    pub scaled: Vec<f64>,
    /// How much each issue matters to it.
    pub salience: Vec<f64>,
    /// The share its position gets when nobody's attitude to risk counts.
    pub neutral_probability: f64,
    /// Its attitude to risk, -0.5 (averse) to 1 (seeking).
    pub risk_attitude: f64,
    /// Its place among the candidates.
    pub candidate: usize,
    /// The probability that its position is the outcome, shared with all who hold it.
    pub win_probability: f64,
}

/// One position that may become the outcome.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// By issue, in the units of the scales.
    pub position: Vec<f64>,
    /// Who holds it.
    pub holders: Vec<String>,
    /// The probability that it is the outcome; those of all candidates sum to 1.
    pub probability: f64,
}

/// What simpler methods say about one issue, in the units of its scale.
#[derive(Debug, Clone, PartialEq)]
pub struct Baseline {
    /// The issue.
    pub issue: String,
    /// `sum c s x / sum c s`; `None` when every weight is 0.
    pub mean: Option<f64>,
    /// The least x at which half of `sum c s` is reached; `None` when every weight is 0.
    pub median: Option<f64>,
    /// The mean of the candidates by their probability.
    pub expected: f64,
}

/// A simulation with every intermediate figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Simulation {
    /// The dimensions, in the order of every vector.
    pub issues: Vec<String>,
    /// The actors that took part, in the order given.
    pub standings: Vec<Standing>,
    /// The distinct positions, in the order of their first holder.
    pub candidates: Vec<Candidate>,
    /// The round without attitudes to risk, over every actor's position.
    pub neutral: Round,
    /// The round with them, over the candidates.
    pub forecast: Round,
    /// Whether attitudes to risk differ; where every share is the same they are taken as 0.
    pub risk_defined: bool,
    /// Mean and median, by issue.
    pub baselines: Vec<Baseline>,
    /// Who was left out, and why.
    pub left_out: Vec<Omission>,
    /// What was assumed, on the caller's word.
    pub assumed: Vec<Assumption>,
}

/// A simulation beside one with changed inputs.
#[derive(Debug, Clone, PartialEq)]
pub struct Counterfactual {
    /// With the inputs as they are.
    pub actual: Simulation,
    /// With the inputs as asked.
    pub altered: Simulation,
    /// By actor that takes part in both: altered less actual win probability.
    pub differences: Vec<(String, f64)>,
    /// By issue: altered less actual.
    pub shifts: Vec<Shift>,
}

/// How far the outcome on one issue moves, in the units of its scale.
#[derive(Debug, Clone, PartialEq)]
pub struct Shift {
    /// The issue.
    pub issue: String,
    /// Of the mean of the candidates by their probability.
    pub expected: f64,
    /// Of the weighted mean; `None` where either has none.
    pub mean: Option<f64>,
    /// Of the weighted median; `None` where either has none.
    pub median: Option<f64>,
}

/// Runs the election.
///
/// # Errors
/// [`Error::Invalid`] with everything that is wrong: NO_ISSUES, NO_POSITIONS, TOO_MANY_ACTORS,
/// TOO_MANY_ISSUES, ISSUE_UNKNOWN, DUPLICATE, SCALE_NOT_NUMERIC, SCALE_WITHOUT_ENDS,
/// VALUE_OFF_SCALE, NUMBER_NOT_FINITE, WEIGHT_NEGATIVE, BOUNDS_CONTRADICT.
pub fn simulate(setting: &Setting, limits: &Limits) -> Result<Simulation, Error> {
    Ok(simulated(Field::read(setting, limits)?))
}

/// Two simulations of the same issues, and what lies between them.
pub fn compare(actual: Simulation, altered: Simulation) -> Counterfactual {
    let by_actor = actual.standings.iter().filter_map(|before| {
        let mut standings = altered.standings.iter();
        let after = standings.find(|after| after.actor == before.actor)?;
        let difference = after.win_probability - before.win_probability;
        Some((before.actor.clone(), difference))
    });
    let differences = by_actor.collect();
    let by_issue = actual.baselines.iter().zip(&altered.baselines);
    let less = |after: Option<f64>, before| Some(after? - before?);
    let shifts = by_issue.map(|(before, after)| Shift {
        issue: before.issue.clone(),
        expected: after.expected - before.expected,
        mean: less(after.mean, before.mean),
        median: less(after.median, before.median),
    });
    let shifts = shifts.collect();
    Counterfactual {
        actual,
        altered,
        differences,
        shifts,
    }
}

fn simulated(field: Field) -> Simulation {
    let outcome = election::elect(&field.positions, &field.saliences, &field.capabilities);
    let candidates: Vec<Candidate> = outcome
        .holders
        .iter()
        .zip(&outcome.forecast.probabilities)
        .map(|(holders, probability)| Candidate {
            position: holders
                .first()
                .map_or_else(Vec::new, |first| field.in_units(*first)),
            holders: holders.iter().map(|at| field.actors[*at].clone()).collect(),
            probability: *probability,
        })
        .collect();
    let standings = (0..field.actors.len())
        .map(|at| Standing {
            actor: field.actors[at].clone(),
            capability: field.capabilities[at],
            position: field.in_units(at),
            scaled: field.positions[at]
                .iter()
                .map(|part| part * 100.0)
                .collect(),
            salience: field.saliences[at].clone(),
            neutral_probability: outcome.neutral.probabilities[at],
            risk_attitude: outcome.risk_attitudes[at],
            candidate: outcome.candidate_of[at],
            win_probability: candidates[outcome.candidate_of[at]].probability,
        })
        .collect();
    Simulation {
        baselines: field.baselines(&candidates),
        issues: field.issues,
        standings,
        candidates,
        neutral: outcome.neutral,
        forecast: outcome.forecast,
        risk_defined: outcome.risk_defined,
        left_out: field.left_out,
        assumed: field.assumed,
    }
}
