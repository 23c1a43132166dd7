//! How far the outcome moves when the inputs move within the intervals their sources give them.
//!
//! Each input with an interval is drawn uniformly and on its own, positions kept on their scales
//! and weights at 0 or above; the election is run for each draw. The answer is order statistics,
//! never one number, and repeats its seed. An input without a stated interval does not move: it
//! is fixed, not certain, and `varied` says which did.

use super::election::elect;
use super::field::{Field, part};
use super::{Input, Measure, Setting};
use crate::analysis::draws::Draws;
use crate::error::Error;
use crate::model::limits::{Limits, exceeded};

/// How the inputs are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sampling {
    /// How many draws, at least 1.
    pub samples: usize,
    /// The seed they start from.
    pub seed: u64,
}

/// An input that was drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Varied {
    /// The actor.
    pub actor: String,
    /// The issue; `None` for its capability.
    pub issue: Option<String>,
    /// Which input.
    pub input: Input,
    /// The least that was possible.
    pub low: f64,
    /// The greatest that was possible.
    pub high: f64,
}

/// Order statistics of one figure over all draws.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Range {
    /// What it is of: an actor's win probability or an issue's expected outcome.
    pub of: String,
    /// The least.
    pub least: f64,
    /// One in twenty was at or below this.
    pub low: f64,
    /// Half were at or below this.
    pub median: f64,
    /// Nineteen in twenty were at or below this.
    pub high: f64,
    /// The greatest.
    pub most: f64,
}

/// What the draws came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Spread {
    /// How the inputs were drawn.
    pub sampling: Sampling,
    /// What was drawn; where nothing has an interval every draw is the same.
    pub varied: Vec<Varied>,
    /// By actor: win probability.
    pub actors: Vec<Range>,
    /// By issue: expected outcome, in the units of the scale.
    pub issues: Vec<Range>,
}

/// Draws the inputs from their intervals and runs the election for each draw.
///
/// # Errors
/// As [`super::simulate`], NO_SAMPLES and TOO_MANY_SAMPLES.
pub fn spread(setting: &Setting, sampling: Sampling, limits: &Limits) -> Result<Spread, Error> {
    if sampling.samples == 0 {
        return Err(Error::invalid(
            "samples",
            "NO_SAMPLES",
            "\"0\" is less than 1",
        ));
    }
    if sampling.samples > limits.analysis_samples_max {
        let allowed = limits.analysis_samples_max;
        let reason = "TOO_MANY_SAMPLES";
        return Err(exceeded("samples", reason, sampling.samples, allowed));
    }
    let field = Field::read(setting, limits)?;
    let mut draws = Draws::new(sampling.seed);
    let mut wins = vec![Vec::with_capacity(sampling.samples); field.actors.len()];
    let mut expected = vec![Vec::with_capacity(sampling.samples); field.issues.len()];
    for _ in 0..sampling.samples {
        let drawn = draw(&field, &mut draws);
        let outcome = elect(&drawn.positions, &drawn.saliences, &drawn.capabilities);
        let probabilities = &outcome.forecast.probabilities;
        for (win, candidate) in wins.iter_mut().zip(&outcome.candidate_of) {
            win.push(probabilities[*candidate]);
        }
        for (at, (sum, (low, high))) in expected.iter_mut().zip(&field.ends).enumerate() {
            let candidates = outcome.holders.iter().zip(probabilities);
            let parts = candidates.filter_map(|(held, probability)| {
                Some(probability * drawn.positions[*held.first()?][at])
            });
            sum.push(low + (high - low) * parts.sum::<f64>());
        }
    }
    Ok(Spread {
        sampling,
        varied: varied(&field),
        actors: ranges(&field.actors, wins),
        issues: ranges(&field.issues, expected),
    })
}

struct Drawn {
    capabilities: Vec<f64>,
    positions: Vec<Vec<f64>>,
    saliences: Vec<Vec<f64>>,
}

fn draw(field: &Field, draws: &mut Draws) -> Drawn {
    let mut drawn = Drawn {
        capabilities: Vec::new(),
        positions: Vec::new(),
        saliences: Vec::new(),
    };
    for measures in &field.measures {
        let capability = kept(measures.capability, (0.0, f64::INFINITY));
        drawn.capabilities.push(one(capability, draws));
        let ideals = measures.ideals.iter().zip(&field.ends);
        let position = ideals.map(|(ideal, ends)| part(one(kept(*ideal, *ends), draws), *ends));
        drawn.positions.push(position.collect());
        let saliences = measures.saliences.iter();
        let salience = saliences.map(|s| one(kept(*s, (0.0, f64::INFINITY)), draws));
        drawn.saliences.push(salience.collect());
    }
    drawn
}

/// One draw. What has no interval is taken as it is, to the last bit, so that actors at one
/// position stay at one position.
fn one(measure: Measure, draws: &mut Draws) -> f64 {
    if measure.low < measure.high {
        draws.between(measure.low, measure.high)
    } else {
        measure.best
    }
}

fn kept(measure: Measure, (low, high): (f64, f64)) -> Measure {
    Measure {
        best: measure.best,
        low: measure.low.max(low),
        high: measure.high.min(high),
    }
}

fn varied(field: &Field) -> Vec<Varied> {
    let mut found = Vec::new();
    for (actor, measures) in field.actors.iter().zip(&field.measures) {
        let mut add = |issue: Option<&String>, input: Input, measure: Measure| {
            if measure.low < measure.high {
                found.push(Varied {
                    actor: actor.clone(),
                    issue: issue.cloned(),
                    input,
                    low: measure.low,
                    high: measure.high,
                });
            }
        };
        let weight = (0.0, f64::INFINITY);
        add(None, Input::Capability, kept(measures.capability, weight));
        for (at, issue) in field.issues.iter().enumerate() {
            let ideal = kept(measures.ideals[at], field.ends[at]);
            add(Some(issue), Input::Ideal, ideal);
            let salience = kept(measures.saliences[at], weight);
            add(Some(issue), Input::Salience, salience);
        }
    }
    found
}

fn ranges(names: &[String], figures: Vec<Vec<f64>>) -> Vec<Range> {
    let named = names.iter().zip(figures);
    named
        .map(|(name, mut figures)| {
            figures.sort_by(f64::total_cmp);
            let at = |share: f64| {
                let place = (share * figures.len() as f64).ceil() as usize;
                let figure = figures.get(place.max(1) - 1);
                figure.copied().unwrap_or_default()
            };
            Range {
                of: name.clone(),
                least: at(0.0),
                low: at(0.05),
                median: at(0.5),
                high: at(0.95),
                most: at(1.0),
            }
        })
        .collect()
}
