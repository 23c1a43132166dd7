//! Tools against chosen risks, red lines or challenges.
//!
//! The coverage matrix and its gaps come first: a ranking of tools none of which addresses a
//! target must not hide that. Then a weighted sum of criteria, each 0 to 1, with every
//! contribution; the weights are the caller's. A tool without the ratings that are weighted stands
//! in a list of its own, unranked. Stability is the share of weights drawn around the caller's
//! that keep the leader.

use std::collections::{BTreeMap, BTreeSet};

use super::draws::Draws;
use super::scale;
use crate::error::{Error, Problems, Violation};
use crate::model::limits::Limits;
use crate::model::v1;

/// The share of the targets that the tool addresses.
pub const COVERAGE: &str = "coverage";
/// The share of its preconditions that the caller says are met; 1 where none is stated.
pub const PRECONDITIONS: &str = "preconditions";
/// 1 where no side effect is stated, 1/2 for one, 1/3 for two.
pub const SIDE_EFFECTS: &str = "side_effects";
/// 1 where the tool is not said to cross a red line, 1/2 for one, 1/3 for two.
pub const LINES: &str = "lines";

/// What is asked.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Question {
    /// Names of the risks, red lines and challenges to address.
    pub targets: Vec<String>,
    /// The tools to choose from.
    pub tools: Vec<v1::Tool>,
    /// The recommendations that may use them.
    pub recommendations: Vec<v1::Recommendation>,
    /// By criterion: one of the constants here or the criterion of a rating. Empty weighs the four
    /// constants and every criterion that all rated tools have alike.
    pub weights: BTreeMap<String, f64>,
    /// By tool: the preconditions, word for word, that the caller says are met.
    pub met: BTreeMap<String, Vec<String>>,
    /// How the weights are drawn.
    pub stability: Stability,
}

/// How weights are drawn around the caller's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stability {
    /// How many draws; 0 asks for none.
    pub samples: usize,
    /// The seed they start from.
    pub seed: u64,
    /// How close they stay: the parameters of the Dirichlet distribution sum to this.
    pub concentration: f64,
}

impl Default for Stability {
    fn default() -> Self {
        Self {
            samples: 1_000,
            seed: 1,
            concentration: 20.0,
        }
    }
}

/// A criterion's part in a score.
#[derive(Debug, Clone, PartialEq)]
pub struct Contribution {
    /// The criterion.
    pub criterion: String,
    /// Its weight, all weights together being 1.
    pub weight: f64,
    /// The tool's value, 0 to 1.
    pub value: f64,
    /// `weight * value`.
    pub contribution: f64,
    /// Whether the value stands for "none stated" rather than for something stated.
    pub none_stated: bool,
}

/// What is known of a tool, ranked or not.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// The tool.
    pub name: String,
    /// The targets it addresses.
    pub addresses: Vec<String>,
    /// Preconditions that the caller did not say are met.
    pub unmet: Vec<String>,
    /// What it does besides.
    pub side_effects: Vec<String>,
    /// Red lines it may cross.
    pub may_cross: Vec<String>,
    /// Red lines among the targets that it both addresses and may cross.
    pub crosses_targets: Vec<String>,
    /// Recommendations that use it.
    pub recommended_by: Vec<String>,
}

/// A ranked tool.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranked {
    /// 1 for the best; tools of the same score share a rank.
    pub rank: usize,
    /// What is known of it.
    pub profile: Profile,
    /// The sum of the contributions, 0 to 1.
    pub score: f64,
    /// In the order of `weights`.
    pub contributions: Vec<Contribution>,
    /// The share of drawn weights under which it leads; `None` when none were drawn.
    pub leads: Option<f64>,
}

/// A tool that cannot be ranked.
#[derive(Debug, Clone, PartialEq)]
pub struct Unranked {
    /// What is known of it.
    pub profile: Profile,
    /// The weighted criteria it has no rating for; empty when it has no rating at all and none is
    /// weighted.
    pub not_rated: Vec<String>,
}

/// A ranking and what must be read before it.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranking {
    /// The columns of `coverage`: the tools, in the order given.
    pub tools: Vec<String>,
    /// By target, in the order given: whether each tool addresses it.
    pub coverage: Vec<(String, Vec<bool>)>,
    /// Targets that no tool addresses.
    pub gaps: Vec<String>,
    /// The weights, all together being 1.
    pub weights: Vec<(String, f64)>,
    /// From the best.
    pub ranked: Vec<Ranked>,
    /// Tools without the ratings that are weighted, in the order given.
    pub unranked: Vec<Unranked>,
    /// The share of drawn weights that keep the leader; `None` when none were drawn or fewer than
    /// two tools are ranked.
    pub leader_kept: Option<f64>,
    /// How they were drawn.
    pub stability: Stability,
}

/// Covers, ranks and tests the ranking.
///
/// # Errors
/// [`Error::Invalid`] with everything that is wrong: NO_TARGETS, NO_TOOLS, DUPLICATE,
/// TOO_MANY_TARGETS, TOO_MANY_TOOLS, TOO_MANY_CRITERIA, TOO_MANY_SAMPLES, CRITERION_UNKNOWN,
/// WEIGHT_NEGATIVE, NUMBER_NOT_FINITE, NUMBER_TOO_LARGE, WEIGHTS_ZERO, RATING_OFF_SCALE,
/// TOOL_UNKNOWN,
/// PRECONDITION_UNKNOWN, CONCENTRATION_NOT_POSITIVE.
pub fn rank(question: &Question, limits: &Limits) -> Result<Ranking, Error> {
    check(question, limits)?;
    let weights = weights(question);
    let (mut ranked, mut unranked) = (Vec::new(), Vec::new());
    for tool in &question.tools {
        let profile = profile(question, tool);
        match contributions(question, tool, &profile, &weights) {
            Ok(contributions) => ranked.push(Ranked {
                rank: 0,
                profile,
                score: contributions.iter().map(|part| part.contribution).sum(),
                contributions,
                leads: None,
            }),
            Err(not_rated) => unranked.push(Unranked { profile, not_rated }),
        }
    }
    let leader_kept = steady(question, &weights, &mut ranked);
    ranked.sort_by(|a, b| b.score.total_cmp(&a.score));
    let scores: Vec<f64> = ranked.iter().map(|tool| tool.score).collect();
    for tool in &mut ranked {
        tool.rank = 1 + scores
            .iter()
            .filter(|score| above(**score, tool.score))
            .count();
    }
    let coverage: Vec<(String, Vec<bool>)> = question
        .targets
        .iter()
        .map(|target| {
            let tools = question.tools.iter();
            (
                target.clone(),
                tools.map(|tool| tool.addresses.contains(target)).collect(),
            )
        })
        .collect();
    let uncovered = coverage.iter().filter(|(_, tools)| !tools.contains(&true));
    Ok(Ranking {
        tools: question
            .tools
            .iter()
            .map(|tool| tool.name.clone())
            .collect(),
        gaps: uncovered.map(|(target, _)| target.clone()).collect(),
        coverage,
        weights,
        ranked,
        unranked,
        leader_kept,
        stability: question.stability,
    })
}

impl Ranking {
    /// What the tools do not state, and how that was treated.
    pub fn unstated(&self) -> Vec<v1::basis::Gap> {
        let gap = |name: &str, field: &str, treatment: String| v1::basis::Gap {
            name: name.to_owned(),
            field: field.to_owned(),
            treatment,
        };
        let counted = self.ranked.iter().flat_map(|tool| {
            let parts = tool.contributions.iter().filter(|part| part.none_stated);
            parts.map(|part| {
                let field = match part.criterion.as_str() {
                    COVERAGE => "addresses",
                    LINES => "may_cross",
                    same => same,
                };
                let text = format!("none stated; counts as {}", part.value);
                gap(&tool.profile.name, field, text)
            })
        });
        let unranked = self.unranked.iter().map(|tool| {
            let text = match tool.not_rated.join(", ") {
                none if none.is_empty() => "no rating at all; not ranked".to_owned(),
                which => format!("not rated by {which}; not ranked"),
            };
            gap(&tool.profile.name, "ratings", text)
        });
        counted.chain(unranked).collect()
    }
}

/// Scores that differ by rounding alone are the same.
const ROUNDING: f64 = 1e-12;

fn above(score: f64, other: f64) -> bool {
    score > other + ROUNDING
}

fn profile(question: &Question, tool: &v1::Tool) -> Profile {
    let met = question.met.get(&tool.name);
    let unmet = |text: &&String| !met.is_some_and(|met| met.contains(text));
    let targets = |names: &[String]| -> Vec<String> {
        let targets = question.targets.iter();
        targets
            .filter(|name| names.contains(name))
            .cloned()
            .collect()
    };
    let addresses = targets(&tool.addresses);
    let used_by = question.recommendations.iter();
    let used_by = used_by.filter(|recommendation| recommendation.tools.contains(&tool.name));
    Profile {
        name: tool.name.clone(),
        unmet: tool.preconditions.iter().filter(unmet).cloned().collect(),
        side_effects: tool.side_effects.clone(),
        may_cross: tool.may_cross.clone(),
        crosses_targets: targets(&tool.may_cross)
            .into_iter()
            .filter(|name| addresses.contains(name))
            .collect(),
        addresses,
        recommended_by: used_by
            .map(|recommendation| recommendation.name.clone())
            .collect(),
    }
}

/// The score of the analyst's rating, 1..5 as 0..1.
fn rating(tool: &v1::Tool, criterion: &str) -> Option<f64> {
    let rating = tool
        .ratings
        .iter()
        .find(|rating| rating.criterion == criterion)?;
    rating.score.map(|score| f64::from(score - 1) / 4.0)
}

/// The value of a criterion and whether it stands for "none stated"; `None` is "not rated".
fn value(
    question: &Question,
    tool: &v1::Tool,
    profile: &Profile,
    criterion: &str,
) -> Option<(f64, bool)> {
    let fewer = |names: &[String]| (1.0 / (1 + names.len()) as f64, names.is_empty());
    match criterion {
        COVERAGE => {
            let share = profile.addresses.len() as f64 / question.targets.len() as f64;
            Some((share, tool.addresses.is_empty()))
        }
        PRECONDITIONS if tool.preconditions.is_empty() => Some((1.0, true)),
        PRECONDITIONS => {
            let share = profile.unmet.len() as f64 / tool.preconditions.len() as f64;
            Some((1.0 - share, false))
        }
        SIDE_EFFECTS => Some(fewer(&tool.side_effects)),
        LINES => Some(fewer(&tool.may_cross)),
        _ => rating(tool, criterion).map(|value| (value, false)),
    }
}

/// The parts of a tool's score, or the weighted criteria it has no rating for.
fn contributions(
    question: &Question,
    tool: &v1::Tool,
    profile: &Profile,
    weights: &[(String, f64)],
) -> Result<Vec<Contribution>, Vec<String>> {
    let mut contributions = Vec::new();
    let mut not_rated = Vec::new();
    for (criterion, weight) in weights {
        match value(question, tool, profile, criterion) {
            Some((value, none_stated)) => contributions.push(Contribution {
                criterion: criterion.clone(),
                weight: *weight,
                value,
                contribution: weight * value,
                none_stated,
            }),
            // What has no weight need not be known.
            None if *weight > 0.0 => not_rated.push(criterion.clone()),
            None => {}
        }
    }
    if !not_rated.is_empty() || tool.ratings.iter().all(|rating| rating.score.is_none()) {
        return Err(not_rated);
    }
    Ok(contributions)
}

/// The caller's weights made to sum to 1, or equal ones over everything comparable.
fn weights(question: &Question) -> Vec<(String, f64)> {
    let mut given = question.weights.clone();
    if given.is_empty() {
        given.extend([COVERAGE, PRECONDITIONS, SIDE_EFFECTS, LINES].map(|c| (c.to_owned(), 1.0)));
        let tools = question.tools.iter();
        let rated: Vec<&v1::Tool> = tools
            .filter(|tool| tool.ratings.iter().any(|rating| rating.score.is_some()))
            .collect();
        for criterion in criteria(question) {
            if rated.iter().all(|tool| rating(tool, criterion).is_some()) {
                given.insert(criterion.to_owned(), 1.0);
            }
        }
    }
    let whole: f64 = given.values().sum();
    let shares = given.into_iter();
    shares
        .map(|(criterion, weight)| (criterion, weight / whole))
        .collect()
}

/// The criteria of all ratings.
fn criteria(question: &Question) -> BTreeSet<&str> {
    let ratings = question.tools.iter().flat_map(|tool| &tool.ratings);
    ratings.map(|rating| rating.criterion.as_str()).collect()
}

/// Draws weights, counts who leads under each, and answers how many keep the leader. Tools that
/// lead together share the draw.
fn steady(question: &Question, weights: &[(String, f64)], ranked: &mut [Ranked]) -> Option<f64> {
    let Stability {
        samples,
        seed,
        concentration,
    } = question.stability;
    if samples == 0 || ranked.is_empty() {
        return None;
    }
    let parameters: Vec<f64> = weights
        .iter()
        .map(|(_, weight)| weight * concentration)
        .collect();
    let mut draws = Draws::new(seed);
    let mut leads = vec![0.0; ranked.len()];
    for _ in 0..samples {
        let drawn = draws.dirichlet(&parameters);
        let scores: Vec<f64> = ranked
            .iter()
            .map(|tool| weighed(tool, weights, &drawn))
            .collect();
        let leaders = leaders(&scores);
        for at in &leaders {
            leads[*at] += 1.0 / leaders.len() as f64;
        }
    }
    for (tool, leads) in ranked.iter_mut().zip(&leads) {
        tool.leads = Some(leads / samples as f64);
    }
    let scores: Vec<f64> = ranked.iter().map(|tool| tool.score).collect();
    let kept: f64 = leaders(&scores)
        .iter()
        .filter_map(|at| ranked[*at].leads)
        .sum();
    (ranked.len() > 1).then_some(kept)
}

fn weighed(tool: &Ranked, weights: &[(String, f64)], drawn: &[f64]) -> f64 {
    let of = |criterion: &str| {
        let mut named = weights.iter().zip(drawn);
        named
            .find(|((name, _), _)| name == criterion)
            .map_or(0.0, |(_, weight)| *weight)
    };
    let parts = tool.contributions.iter();
    parts.map(|part| of(&part.criterion) * part.value).sum()
}

fn leaders(scores: &[f64]) -> Vec<usize> {
    let greatest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let places = scores.iter().enumerate();
    places
        .filter(|(_, score)| !above(greatest, **score))
        .map(|(at, _)| at)
        .collect()
}

fn check(question: &Question, limits: &Limits) -> Result<(), Error> {
    let mut problems = Problems::default();
    let mut add = |field: &str, reason, text: String| {
        problems.add(Violation::new(field, reason, text));
    };
    if question.targets.is_empty() {
        add("targets", "NO_TARGETS", "no target is given".to_owned());
    }
    if question.tools.is_empty() {
        add("tools", "NO_TOOLS", "no tool is given".to_owned());
    }
    let given = [
        (
            "targets",
            "TOO_MANY_TARGETS",
            question.targets.len(),
            limits.ranking_targets_max,
        ),
        (
            "tools",
            "TOO_MANY_TOOLS",
            question.tools.len(),
            limits.ranking_tools_max,
        ),
        (
            "weights",
            "TOO_MANY_CRITERIA",
            question.weights.len(),
            limits.ranking_criteria_max,
        ),
        (
            "stability.samples",
            "TOO_MANY_SAMPLES",
            question.stability.samples,
            limits.analysis_samples_max,
        ),
    ];
    for (field, reason, given, allowed) in given {
        if given > allowed {
            add(field, reason, format!("{given} given, {allowed} allowed"));
        }
    }
    let concentration = question.stability.concentration;
    if !concentration.is_finite() || concentration <= 0.0 {
        let text = format!("\"{concentration}\" is not greater than 0");
        add(
            "stability.concentration",
            "CONCENTRATION_NOT_POSITIVE",
            text,
        );
    }
    let tools = question.tools.iter().map(|tool| &tool.name);
    for (field, twice) in [
        ("targets", twice(question.targets.iter())),
        ("tools", twice(tools)),
    ] {
        if let Some(name) = twice {
            add(field, "DUPLICATE", format!("\"{name}\" is given twice"));
        }
    }
    check_weights(question, limits, &mut problems);
    check_tools(question, &mut problems);
    problems.finish()
}

fn twice<'a>(names: impl Iterator<Item = &'a String>) -> Option<&'a String> {
    let mut seen = BTreeSet::new();
    let mut names = names;
    names.find(|name| !seen.insert(*name))
}

fn check_weights(question: &Question, limits: &Limits, problems: &mut Problems) {
    let known = criteria(question);
    let own = [COVERAGE, PRECONDITIONS, SIDE_EFFECTS, LINES];
    for (criterion, weight) in &question.weights {
        let field = format!("weights[{criterion}]");
        scale::weight(problems, &field, *weight, limits);
        if !own.contains(&criterion.as_str()) && !known.contains(criterion.as_str()) {
            let text = format!("no tool is rated by \"{criterion}\"");
            problems.add(Violation::new(field, "CRITERION_UNKNOWN", text));
        }
    }
    if !question.weights.is_empty() && question.weights.values().all(|weight| *weight == 0.0) {
        let text = "every weight is 0";
        problems.add(Violation::new("weights", "WEIGHTS_ZERO", text));
    }
}

fn check_tools(question: &Question, problems: &mut Problems) {
    for (at, tool) in question.tools.iter().enumerate() {
        for rating in &tool.ratings {
            if let Some(score) = rating.score.filter(|score| !(1..=5).contains(score)) {
                let text = format!("\"{score}\" for \"{}\" is not 1 to 5", rating.criterion);
                let field = format!("tools[{at}].ratings");
                problems.add(Violation::new(field, "RATING_OFF_SCALE", text));
            }
        }
    }
    for (name, met) in &question.met {
        let field = format!("met[{name}]");
        let Some(tool) = question.tools.iter().find(|tool| tool.name == *name) else {
            let text = format!("\"{name}\" is not among the tools");
            problems.add(Violation::new(field, "TOOL_UNKNOWN", text));
            continue;
        };
        for text in met.iter().filter(|text| !tool.preconditions.contains(text)) {
            let text = format!("\"{name}\" has no precondition \"{text}\"");
            problems.add(Violation::new(&field, "PRECONDITION_UNKNOWN", text));
        }
    }
}

#[cfg(test)]
mod tests;
