//! A simulated collective decision.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{Answer, Door};
use super::gather::{Gathering, answer};
use super::weigh::draws;
use crate::analysis::bargaining::{
    self, Actor, Counterfactual, Input, Measure, Sampling, Setting, Simulation, Spread, Stand,
};
use crate::analysis::scale::{self, Issue};
use crate::error::{Error, Problems, Violation};
use crate::model::caller::Caller;
use crate::model::v1 as plain;

const DRAWS: usize = 100;

pub(super) async fn simulate_bargaining(
    door: Door,
    caller: Caller,
    request: plain::SimulateBargainingRequest,
) -> Answer<plain::SimulateBargainingResponse> {
    answer(door, caller, request.read, move |gathering| {
        gathering.supposes(&request.overrides)?;
        let mut problems = Problems::default();
        gathering.all_known(&mut problems, "issues", &request.issues)?;
        gathering.all_known(&mut problems, "actors", &request.actors)?;
        let samples = problems.note(draws("draws", request.draws, DRAWS))?;
        problems.finish()?;
        let record = Record::read(gathering, &request)?;
        let recorded = record.setting(&request.issues);
        let supposed = supposed(&recorded, &request.overrides)?;
        let limits = gathering.limits();
        let sampling = Sampling {
            samples: samples.unwrap_or(DRAWS),
            seed: request.seed.unsigned_abs(),
        };
        let found = bargaining::simulate(&supposed, &limits)?;
        let spread = bargaining::spread(&supposed, sampling, &limits)?;
        let mut gaps = gaps(&found, &record, &request.overrides);
        let mut baseline = Vec::new();
        let mut compared = None;
        if !request.overrides.is_empty() {
            match bargaining::spread(&recorded, sampling, &limits) {
                Ok(spread) => {
                    let actual = bargaining::simulate(&recorded, &limits)?;
                    baseline = outcomes(&actual, &spread);
                    compared = Some(bargaining::compare(actual, found.clone()));
                }
                Err(error) if ["NO_POSITIONS", "WEIGHTS_ZERO"].contains(&error.reason()) => {
                    gaps.push(alone());
                }
                Err(error) => return Err(error),
            }
        }
        let mut outcomes = outcomes(&found, &spread);
        let setting = (&supposed, request.overrides.as_slice());
        let mut actors = actors(&found, &record, setting, &spread);
        if let Some(compared) = &compared {
            differ(&mut outcomes, &mut actors, compared);
        }
        let basis = gathering.basis((bargaining::METHOD, bargaining::SOURCE), gaps)?;
        let left_out: BTreeSet<String> =
            found.left_out.iter().map(|one| one.actor.clone()).collect();
        Ok(plain::SimulateBargainingResponse {
            basis: Some(basis),
            origin: plain::LikelihoodOrigin::ModelOutput.into(),
            actors,
            outcomes,
            baseline,
            pairs: if request.show_pairs {
                pairs(&found)
            } else {
                Vec::new()
            },
            draws: i32::try_from(sampling.samples).unwrap_or(i32::MAX),
            left_out: left_out.into_iter().collect(),
        })
    })
    .await
}

/// What is recorded: of several positions of one actor on one issue the newest counts.
struct Record {
    issues: BTreeMap<String, plain::Issue>,
    positions: BTreeMap<(String, String), plain::Position>,
    influences: BTreeMap<String, plain::Participant>,
    actors: Vec<String>,
    passed_over: Vec<String>,
}

impl Record {
    fn read(
        gathering: &mut Gathering,
        request: &plain::SimulateBargainingRequest,
    ) -> Result<Self, Error> {
        let issues = gathering.issues()?;
        gathering.used(request.issues.iter().map(String::as_str))?;
        let mut scope = gathering.scope(request.scope.clone())?;
        scope.actors = request.actors.clone();
        scope.issues = request.issues.clone();
        let mut record = Self {
            issues,
            positions: BTreeMap::new(),
            influences: BTreeMap::new(),
            actors: request.actors.clone(),
            passed_over: Vec::new(),
        };
        for one in gathering.elements::<plain::Position>(&scope)? {
            let key = (one.actor.clone(), one.issue.clone());
            let newer = record
                .positions
                .get(&key)
                .is_none_or(|kept| one.revision > kept.revision);
            let over = if newer {
                record.positions.insert(key, one)
            } else {
                Some(one)
            };
            record.passed_over.extend(over.map(|over| over.name));
        }
        if request.actors.is_empty() {
            let named = record.positions.keys().map(|(actor, _)| actor.clone());
            let named: BTreeSet<String> = named.collect();
            scope.actors = named.iter().cloned().collect();
            record.actors.clone_from(&scope.actors);
        }
        if !scope.actors.is_empty() {
            for one in gathering.elements::<plain::Participant>(&scope)? {
                let kept = record.influences.get(&one.actor);
                let better = kept.is_none_or(|kept| {
                    (one.influence.is_some(), one.revision)
                        > (kept.influence.is_some(), kept.revision)
                });
                if better {
                    record.influences.insert(one.actor.clone(), one);
                }
            }
        }
        Ok(record)
    }

    fn setting(&self, issues: &[String]) -> Setting {
        let actors = self.actors.iter().map(|actor| {
            let stands = issues.iter().filter_map(|issue| {
                let one = self.positions.get(&(actor.clone(), issue.clone()))?;
                let around = one.uncertainty.unwrap_or_default();
                Some(Stand {
                    issue: issue.clone(),
                    ideal: one.ideal.map(|ideal| Measure::around(ideal, around)),
                    salience: one.salience.map(Measure::exact),
                })
            });
            let influence = self.influences.get(actor).and_then(|one| one.influence);
            Actor {
                name: actor.clone(),
                capability: influence.map(Measure::exact),
                stands: stands.collect(),
            }
        });
        Setting {
            issues: issues
                .iter()
                .filter_map(|name| self.issues.get(name).map(Issue::from))
                .collect(),
            actors: actors.collect(),
            capability_assumed: None,
            salience_assumed: None,
        }
    }
}

/// The setting with the request's overrides put in.
fn supposed(recorded: &Setting, overrides: &[plain::PositionOverride]) -> Result<Setting, Error> {
    let mut setting = recorded.clone();
    let mut problems = Problems::default();
    for (at, one) in overrides.iter().enumerate() {
        let refuse = |field: &str, reason, what: &str| {
            let text = format!("\"{what}\" is not part of the simulation");
            Err::<(), _>(Error::invalid(
                format!("overrides[{at}].{field}"),
                reason,
                text,
            ))
        };
        let Some(actor) = setting
            .actors
            .iter_mut()
            .find(|actor| actor.name == one.actor)
        else {
            problems.note(refuse("actor", "ACTOR_UNKNOWN", &one.actor))?;
            continue;
        };
        for (field, bound) in [("min", one.min), ("max", one.max)] {
            if bound.is_some() {
                let text = "a simulation knows no bounds; suppose what the actor wants most";
                let field = format!("overrides[{at}].{field}");
                problems.add(Violation::new(field, "BOUND_NOT_USED", text));
            }
        }
        actor.capability = one.influence.map(Measure::exact).or(actor.capability);
        if one.ideal.is_none() && one.salience.is_none() {
            continue;
        }
        if !setting.issues.iter().any(|issue| issue.name == one.issue) {
            problems.note(refuse("issue", "ISSUE_UNKNOWN", &one.issue))?;
            continue;
        }
        if !actor.stands.iter().any(|stand| stand.issue == one.issue) {
            actor.stands.push(Stand {
                issue: one.issue.clone(),
                ideal: None,
                salience: None,
            });
        }
        for stand in actor
            .stands
            .iter_mut()
            .filter(|stand| stand.issue == one.issue)
        {
            stand.ideal = one.ideal.map(Measure::exact).or(stand.ideal);
            stand.salience = one.salience.map(Measure::exact).or(stand.salience);
        }
    }
    problems.finish()?;
    Ok(setting)
}

/// Whether it is supposed what an actor wants on an issue.
fn wants(overrides: &[plain::PositionOverride], actor: &str, issue: &str) -> bool {
    let mut given = overrides.iter();
    given.any(|one| one.actor == actor && one.issue == issue && one.ideal.is_some())
}

/// Nobody takes part but for what is supposed.
fn alone() -> plain::basis::Gap {
    plain::basis::Gap {
        name: "the outcome without the overrides".to_owned(),
        field: "baseline".to_owned(),
        treatment: "nobody takes part without them; there is nothing to compare with".to_owned(),
    }
}

/// Puts what the overrides change beside the figures.
fn differ(
    outcomes: &mut [plain::BargainingOutcome],
    actors: &mut [plain::BargainingActor],
    compared: &Counterfactual,
) {
    for (outcome, shift) in outcomes.iter_mut().zip(&compared.shifts) {
        outcome.mean_difference = Some(shift.expected);
        outcome.weighted_mean_difference = shift.mean;
        outcome.weighted_median_difference = shift.median;
    }
    for actor in actors {
        let mut known = compared.differences.iter();
        let known = known.find(|(name, _)| *name == actor.actor);
        actor.probability_difference = known.map(|(_, difference)| *difference);
    }
}

fn actors(
    found: &Simulation,
    record: &Record,
    (setting, overrides): (&Setting, &[plain::PositionOverride]),
    spread: &Spread,
) -> Vec<plain::BargainingActor> {
    let told = found.standings.iter().map(|one| {
        let mut ranges = spread.actors.iter();
        let range = ranges.find(|range| range.of == one.actor);
        let each = found.issues.iter().zip(&one.position).zip(&one.salience);
        let positions = each.map(|((issue, value), salience)| {
            let known = setting.issues.iter().find(|known| known.name == *issue);
            let ends = scale::ends(known.and_then(|known| known.scale.as_ref()));
            let scaled = match ends {
                Some((Some(low), Some(high))) if high > low => (value - low) / (high - low) * 100.0,
                Some(_) | None => *value,
            };
            let recorded = record.positions.get(&(one.actor.clone(), issue.clone()));
            let recorded = recorded.filter(|_| !wants(overrides, &one.actor, issue));
            plain::bargaining_actor::IssuePosition {
                issue: issue.clone(),
                value: *value,
                scaled,
                salience: *salience,
                from: recorded
                    .map(|recorded| recorded.name.clone())
                    .unwrap_or_default(),
            }
        });
        plain::BargainingActor {
            actor: one.actor.clone(),
            influence: one.capability,
            positions: positions.collect(),
            first_probability: one.neutral_probability,
            risk_attitude: one.risk_attitude,
            probability: one.win_probability,
            probability_low: range.map(|range| range.least),
            probability_high: range.map(|range| range.most),
            probability_difference: None,
        }
    });
    told.collect()
}

fn outcomes(found: &Simulation, spread: &Spread) -> Vec<plain::BargainingOutcome> {
    let told = found.baselines.iter().enumerate().map(|(at, baseline)| {
        let mut values: Vec<plain::bargaining_outcome::Weight> = Vec::new();
        for candidate in &found.candidates {
            let value = candidate.position.get(at).copied().unwrap_or_default();
            let holders = candidate.holders.iter().cloned();
            match values.iter_mut().find(|known| known.value == value) {
                Some(known) => {
                    known.probability += candidate.probability;
                    known.actors.extend(holders);
                }
                None => values.push(plain::bargaining_outcome::Weight {
                    value,
                    probability: candidate.probability,
                    actors: holders.collect(),
                }),
            }
        }
        values.sort_by(|a, b| a.value.total_cmp(&b.value));
        let mode = values.iter().reduce(|most, one| {
            let more = one.probability > most.probability;
            if more { one } else { most }
        });
        let range = spread.issues.get(at);
        plain::BargainingOutcome {
            issue: baseline.issue.clone(),
            mean: baseline.expected,
            mode: mode.map(|mode| mode.value).unwrap_or_default(),
            weighted_mean: baseline.mean,
            weighted_median: baseline.median,
            distribution: values,
            mean_low: range.map(|range| range.least),
            mean_high: range.map(|range| range.most),
            ..Default::default()
        }
    });
    told.collect()
}

fn pairs(found: &Simulation) -> Vec<plain::BargainingPair> {
    let figure = |table: &[Vec<f64>], row: usize, column: usize| {
        let cell = table.get(row).and_then(|row| row.get(column));
        cell.copied().unwrap_or_default()
    };
    let mut pairs = Vec::new();
    for (a, one) in found.standings.iter().enumerate() {
        for (b, other) in found.standings.iter().enumerate().filter(|(b, _)| *b != a) {
            pairs.push(plain::BargainingPair {
                actor: one.actor.clone(),
                other: other.actor.clone(),
                value: figure(&found.neutral.utilities, b, a),
                utility: figure(&found.forecast.utilities, other.candidate, a),
                beats: figure(&found.forecast.beats, one.candidate, other.candidate),
            });
        }
    }
    pairs
}

fn gaps(
    found: &Simulation,
    record: &Record,
    overrides: &[plain::PositionOverride],
) -> Vec<plain::basis::Gap> {
    let left_out = found.left_out.iter().map(|one| plain::basis::Gap {
        name: match &one.issue {
            Some(issue) => format!("{} on {issue}", one.actor),
            None => one.actor.clone(),
        },
        field: match one.missing {
            Input::Ideal => "ideal",
            Input::Salience => "salience",
            Input::Capability => "influence",
        }
        .to_owned(),
        treatment: "the actor is left out".to_owned(),
    });
    let over = record.passed_over.iter().map(|name| plain::basis::Gap {
        name: name.clone(),
        field: "ideal".to_owned(),
        treatment: "a newer position of the actor on the issue counts instead".to_owned(),
    });
    let fixed = found.standings.iter().flat_map(|one| {
        let stands = found.issues.iter().filter_map(|issue| {
            let known = record.positions.get(&(one.actor.clone(), issue.clone()))?;
            let still = known.uncertainty.is_none() && !wants(overrides, &one.actor, issue);
            still.then(|| plain::basis::Gap {
                name: known.name.clone(),
                field: "uncertainty".to_owned(),
                treatment: "it stays where it is in every draw".to_owned(),
            })
        });
        stands.collect::<Vec<_>>()
    });
    let attitudes = (!found.risk_defined).then(|| plain::basis::Gap {
        name: "the attitudes to risk".to_owned(),
        field: "risk_attitude".to_owned(),
        treatment: "the first round gives every position the same share; taken as 0".to_owned(),
    });
    left_out.chain(over).chain(fixed).chain(attitudes).collect()
}
