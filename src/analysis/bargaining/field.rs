//! A setting made into plain numbers, once everything that is wrong with it has been named.
//!
//! Positions become parts of their scales, 0 to 1; actors of whom something is missing are left
//! out and listed. Nothing is filled in but what the caller told to assume.

use super::{Actor, Assumption, Baseline, Candidate, Input, Measure, Omission, Setting, Stand};
use crate::analysis::scale::{self, Issue};
use crate::error::{Error, Problems, Violation};
use crate::model::limits::{Limits, exceeded};
use crate::model::v1::issue::Scale;

/// The numbers of those who take part.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Field {
    pub(super) issues: Vec<String>,
    /// The ends of each issue's scale.
    pub(super) ends: Vec<(f64, f64)>,
    pub(super) actors: Vec<String>,
    pub(super) capabilities: Vec<f64>,
    /// `[actor][issue]`, parts of the scale.
    pub(super) positions: Vec<Vec<f64>>,
    /// `[actor][issue]`.
    pub(super) saliences: Vec<Vec<f64>>,
    /// `[actor]`: everything with its interval, positions in units.
    pub(super) measures: Vec<Measures>,
    pub(super) left_out: Vec<Omission>,
    pub(super) assumed: Vec<Assumption>,
}

/// Of a setting in which nobody takes part, how much of what is missing its error names.
const OMISSIONS_SHOWN: usize = 3;

fn told(one: &Omission) -> String {
    let missing = match one.missing {
        Input::Ideal => "an ideal",
        Input::Salience => "a salience",
        Input::Capability => "an influence",
    };
    let issue = one.issue.as_ref();
    let on = issue.map_or_else(String::new, |issue| format!(" on \"{issue}\""));
    format!("; \"{}\" lacks {missing}{on}", one.actor)
}

/// What is known of one actor, by issue.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Measures {
    pub(super) capability: Measure,
    pub(super) ideals: Vec<Measure>,
    pub(super) saliences: Vec<Measure>,
}

impl Field {
    pub(super) fn read(setting: &Setting, limits: &Limits) -> Result<Self, Error> {
        let mut problems = Problems::default();
        counts(setting, limits, &mut problems)?;
        let ends = ends(setting, &mut problems);
        check(setting, limits, &mut problems);
        problems.finish()?;
        let mut field = Self {
            issues: setting
                .issues
                .iter()
                .map(|issue| issue.name.clone())
                .collect(),
            ends,
            actors: Vec::new(),
            capabilities: Vec::new(),
            positions: Vec::new(),
            saliences: Vec::new(),
            measures: Vec::new(),
            left_out: Vec::new(),
            assumed: Vec::new(),
        };
        for actor in &setting.actors {
            field.take(setting, actor);
        }
        if field.actors.is_empty() {
            let missing = field.left_out.iter().take(OMISSIONS_SHOWN).map(told);
            let missing: String = missing.collect();
            let text = format!(
                "no actor has an influence, and an ideal and a salience on every issue{missing}"
            );
            return Err(Error::invalid("actors", "NO_POSITIONS", text));
        }
        let weights = field.capabilities.iter().zip(&field.saliences);
        let mut weights =
            weights.flat_map(|(one, each)| each.iter().map(move |salience| one * salience));
        if !weights.any(|weight| weight > 0.0) {
            let text = "nobody has both an influence and a salience above 0";
            return Err(Error::invalid("actors", "WEIGHTS_ZERO", text));
        }
        Ok(field)
    }

    /// Takes an actor in, or lists what is missing.
    fn take(&mut self, setting: &Setting, actor: &Actor) {
        let mut gaps = Gaps {
            actor: &actor.name,
            left_out: Vec::new(),
            assumed: Vec::new(),
        };
        let capability = gaps.found(
            None,
            Input::Capability,
            actor.capability,
            setting.capability_assumed,
        );
        let (mut ideals, mut saliences) = (Vec::new(), Vec::new());
        for issue in &setting.issues {
            let stand = actor.stands.iter().find(|stand| stand.issue == issue.name);
            let name = Some(&issue.name);
            let ideal = stand.and_then(|stand| stand.ideal);
            ideals.extend(gaps.found(name, Input::Ideal, ideal, None));
            let salience = stand.and_then(|stand| stand.salience);
            let instead = setting.salience_assumed;
            saliences.extend(gaps.found(name, Input::Salience, salience, instead));
        }
        let Some(capability) = capability.filter(|_| gaps.left_out.is_empty()) else {
            self.left_out.append(&mut gaps.left_out);
            return;
        };
        self.assumed.append(&mut gaps.assumed);
        self.actors.push(actor.name.clone());
        self.capabilities.push(capability.best);
        let parts = ideals.iter().zip(&self.ends);
        self.positions
            .push(parts.map(|(ideal, ends)| part(ideal.best, *ends)).collect());
        self.saliences
            .push(saliences.iter().map(|salience| salience.best).collect());
        self.measures.push(Measures {
            capability,
            ideals,
            saliences,
        });
    }

    /// An actor's position, as it was given.
    pub(super) fn in_units(&self, actor: usize) -> Vec<f64> {
        let measures = self.measures.get(actor).into_iter();
        measures
            .flat_map(|measures| measures.ideals.iter().map(|ideal| ideal.best))
            .collect()
    }

    pub(super) fn baselines(&self, candidates: &[Candidate]) -> Vec<Baseline> {
        let issues = self.issues.iter().enumerate();
        issues
            .map(|(at, issue)| {
                let weighted: Vec<(f64, f64)> = (0..self.actors.len())
                    .map(|actor| {
                        let weight = self.capabilities[actor] * self.saliences[actor][at];
                        (self.measures[actor].ideals[at].best, weight)
                    })
                    .collect();
                let parts = candidates.iter();
                Baseline {
                    issue: issue.clone(),
                    mean: mean(&weighted),
                    median: median(&weighted),
                    expected: parts.map(|c| c.probability * c.position[at]).sum(),
                }
            })
            .collect()
    }
}

/// What is missing of one actor, and what was assumed instead.
struct Gaps<'a> {
    actor: &'a str,
    left_out: Vec<Omission>,
    assumed: Vec<Assumption>,
}

impl Gaps<'_> {
    fn found(
        &mut self,
        issue: Option<&String>,
        missing: Input,
        given: Option<Measure>,
        instead: Option<f64>,
    ) -> Option<Measure> {
        let (actor, issue) = (self.actor.to_owned(), issue.cloned());
        if given.is_some() {
            return given;
        }
        let Some(value) = instead else {
            self.left_out.push(Omission {
                actor,
                issue,
                missing,
            });
            return None;
        };
        self.assumed.push(Assumption {
            actor,
            issue,
            missing,
            value,
        });
        Some(Measure::exact(value))
    }
}

/// Where a value lies between the ends of its scale.
pub(super) fn part(value: f64, (low, high): (f64, f64)) -> f64 {
    (value - low) / (high - low)
}

/// `sum w x / sum w` over (x, w); `None` when every weight is 0.
pub(super) fn mean(weighted: &[(f64, f64)]) -> Option<f64> {
    let whole: f64 = weighted.iter().map(|(_, weight)| weight).sum();
    let sum: f64 = weighted.iter().map(|(x, weight)| x * weight).sum();
    (whole > 0.0).then(|| sum / whole)
}

/// The least x at which half of the weight is reached; `None` when every weight is 0.
pub(super) fn median(weighted: &[(f64, f64)]) -> Option<f64> {
    let mut sorted = weighted.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let whole: f64 = sorted.iter().map(|(_, weight)| weight).sum();
    let mut reached = 0.0;
    let mut steps = sorted.into_iter();
    let found = steps.find(|(_, weight)| {
        reached += weight;
        // Sums of decimal weights miss the exact half by rounding.
        reached >= whole / 2.0 * (1.0 - 1e-12)
    });
    found.filter(|_| whole > 0.0).map(|(x, _)| x)
}

fn counts(setting: &Setting, limits: &Limits, problems: &mut Problems) -> Result<(), Error> {
    if setting.issues.is_empty() {
        let text = "no issue is given";
        problems.add(Violation::new("issues", "NO_ISSUES", text));
    }
    let given = [
        (
            "actors",
            "TOO_MANY_ACTORS",
            setting.actors.len(),
            limits.bargaining_actors_max,
        ),
        (
            "issues",
            "TOO_MANY_ISSUES",
            setting.issues.len(),
            limits.analysis_issues_max,
        ),
    ];
    for (field, reason, given, allowed) in given {
        if given > allowed {
            problems.note::<()>(Err(exceeded(field, reason, given, allowed)))?;
        }
    }
    Ok(())
}

fn ends(setting: &Setting, problems: &mut Problems) -> Vec<(f64, f64)> {
    let issues = setting.issues.iter().enumerate();
    let mut found = Vec::new();
    for (at, issue) in issues {
        match numeric(issue) {
            Ok(ends) => found.push(ends),
            Err((reason, text)) => {
                problems.add(Violation::new(format!("issues[{at}]"), reason, text));
            }
        }
    }
    found
}

/// The ends of a scale that distances can be measured on.
fn numeric(issue: &Issue) -> Result<(f64, f64), (&'static str, String)> {
    let scale = issue.scale.as_ref();
    if !matches!(scale, Some(Scale::Quantity(_) | Scale::Binary(_))) {
        let text = format!(
            "\"{}\" has {}, and distances need a quantity or a yes-or-no scale",
            issue.name,
            scale::kind(scale)
        );
        return Err(("SCALE_NOT_NUMERIC", text));
    }
    match scale::ends(scale) {
        Some((Some(low), Some(high))) if low < high && (high - low).is_finite() => Ok((low, high)),
        _ => {
            let text = format!(
                "the scale of \"{}\" needs a least and a greatest value",
                issue.name
            );
            Err(("SCALE_WITHOUT_ENDS", text))
        }
    }
}

fn check(setting: &Setting, limits: &Limits, problems: &mut Problems) {
    let assumed = [
        ("capability_assumed", setting.capability_assumed),
        ("salience_assumed", setting.salience_assumed),
    ];
    for (field, value) in assumed {
        if let Some(value) = value {
            scale::weight(problems, field, value, limits);
        }
    }
    twice(
        problems,
        "issues",
        setting.issues.iter().map(|issue| issue.name.as_str()),
    );
    twice(
        problems,
        "actors",
        setting.actors.iter().map(|actor| actor.name.as_str()),
    );
    for actor in &setting.actors {
        let field = format!("actors[{}]", actor.name);
        if let Some(capability) = actor.capability {
            weight(problems, &format!("{field}.influence"), capability, limits);
        }
        let issues = actor.stands.iter().map(|stand| stand.issue.as_str());
        twice(problems, &format!("{field}.positions"), issues);
        for stand in &actor.stands {
            let field = format!("{field}.positions[{}]", stand.issue);
            check_stand(setting, stand, &field, limits, problems);
        }
    }
}

fn check_stand(
    setting: &Setting,
    stand: &Stand,
    field: &str,
    limits: &Limits,
    problems: &mut Problems,
) {
    if let Some(salience) = stand.salience {
        weight(problems, &format!("{field}.salience"), salience, limits);
    }
    let Some(issue) = setting
        .issues
        .iter()
        .find(|issue| issue.name == stand.issue)
    else {
        let text = format!("\"{}\" is not among the issues", stand.issue);
        problems.add(Violation::new(field, "ISSUE_UNKNOWN", text));
        return;
    };
    if let Some(ideal) = stand.ideal {
        let field = format!("{field}.ideal");
        scale::on_scale(problems, &field, issue, ideal.best, limits);
        interval(problems, &field, ideal, limits);
    }
}

fn weight(problems: &mut Problems, field: &str, measure: Measure, limits: &Limits) {
    scale::weight(problems, field, measure.best, limits);
    interval(problems, field, measure, limits);
}

/// An interval holds its best value. Its ends may lie off the scale; draws are kept on it.
fn interval(problems: &mut Problems, field: &str, measure: Measure, limits: &Limits) {
    if scale::not_computable(field, measure.best, limits).is_some() {
        return;
    }
    for end in [measure.low, measure.high] {
        if let Some(violation) = scale::not_computable(field, end, limits) {
            problems.add(violation);
            return;
        }
    }
    if measure.low > measure.best || measure.best > measure.high {
        let text = format!(
            "\"{}\" does not lie in \"{}\" to \"{}\"",
            measure.best, measure.low, measure.high
        );
        problems.add(Violation::new(field, "BOUNDS_CONTRADICT", text));
    }
}

fn twice<'a>(problems: &mut Problems, field: &str, names: impl Iterator<Item = &'a str>) {
    let mut seen = std::collections::BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            let text = format!("\"{name}\" is given twice");
            problems.add(Violation::new(field, "DUPLICATE", text));
        }
    }
}
