//! Elements that cannot both be right, by type.
//!
//! Lines of one actor on one issue with opposed postures; lines, or positions, of one actor on one
//! issue that accept nothing in common; forecasts of one question and one window with different
//! probabilities; scenario sets with the same probabilities for other outcomes. Only where both
//! hold at some time; never between versions of one lineage, which replace each other, nor between
//! what is declared and what is estimated, which may well differ. What does not state whom, or
//! what, or when it is about is compared with nothing, and told.

use std::collections::{BTreeMap, BTreeSet};

use super::lines::said_in;
use super::span::{Instant, instant, shared};
use crate::model::v1::{self, Bound, ContradictionKind as Kind, Posture, RedLineStatus, TimeSpan};

/// The name of the method, for the basis of an answer.
pub const METHOD: &str = "typed contradictions";
/// Where it is published.
pub const SOURCE: &str = "Chancery's own; the types stand with ContradictionKind in the contract";

/// What is compared.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    /// Declared lines.
    pub lines: &'a [v1::RedLine],
    /// Estimated positions.
    pub positions: &'a [v1::Position],
    /// Forecasts.
    pub forecasts: &'a [v1::Forecast],
    /// Scenario sets.
    pub sets: &'a [v1::ScenarioSet],
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Findings {
    /// The contradictions, by kind and names.
    pub contradictions: Vec<v1::Contradiction>,
    /// Whether there may be more: more were found than are told, or not every pair was compared.
    pub truncated: bool,
    /// What could not be compared because it states too little.
    pub gaps: Vec<v1::basis::Gap>,
}

/// Every contradiction of the kinds asked for (empty is all), up to `most`.
pub fn find(record: Record<'_>, kinds: &[Kind], most: usize) -> Findings {
    let asked = |kind: Kind| kinds.is_empty() || kinds.contains(&kind);
    let mut found = Findings::default();
    if asked(Kind::DisjointBounds) || asked(Kind::OpposedPosture) {
        lines(record.lines, most, &mut found);
    }
    if asked(Kind::DisjointBounds) {
        positions(record.positions, most, &mut found);
    }
    if asked(Kind::DifferentProbability) {
        forecasts(record.forecasts, most, &mut found);
    }
    if asked(Kind::RepeatedNumbers) {
        sets(record, most, &mut found);
    }
    let told = &mut found.contradictions;
    told.retain(|one| asked(one.kind()));
    told.sort_by(|a, b| {
        let names = |one: &v1::Contradiction| {
            let name = |side: &Option<v1::ContradictionSide>| {
                side.as_ref()
                    .map(|side| side.name.clone())
                    .unwrap_or_default()
            };
            (one.kind, name(&one.first), name(&one.second))
        };
        names(a).cmp(&names(b))
    });
    found.truncated |= told.len() > most;
    told.truncate(most);
    found
}

impl Findings {
    fn gap(&mut self, name: &str, field: &str) {
        self.gaps.push(v1::basis::Gap {
            name: name.to_owned(),
            field: field.to_owned(),
            treatment: "compared with nothing".to_owned(),
        });
    }
}

fn lines(all: &[v1::RedLine], most: usize, found: &mut Findings) {
    let mut told = Vec::new();
    for line in all {
        match (line.actor.is_empty(), line.issue.is_empty()) {
            _ if line.status() == RedLineStatus::Abandoned => {}
            (true, _) => found.gap(&line.name, "actor"),
            (_, true) => found.gap(&line.name, "issue"),
            (false, false) => told.push(line),
        }
    }
    let key = |line: &v1::RedLine| (line.actor.clone(), line.issue.clone());
    let (pairs, cut) = pairs(told.into_iter(), key, most);
    found.truncated |= cut;
    for (one, other) in pairs {
        if same(&one.lineage, &other.lineage) {
            continue;
        }
        let Some(overlap) = shared(one.valid.as_ref(), other.valid.as_ref()) else {
            continue;
        };
        let kind = if disjoint(one.acceptable.as_ref(), other.acceptable.as_ref()) {
            Kind::DisjointBounds
        } else if opposed(one, other) {
            Kind::OpposedPosture
        } else {
            continue;
        };
        let sides = (line_side(one), line_side(other));
        found.contradictions.push(told_of(kind, sides, overlap));
    }
}

fn positions(all: &[v1::Position], most: usize, found: &mut Findings) {
    let key = |position: &v1::Position| (position.actor.clone(), position.issue.clone());
    let (pairs, cut) = pairs(all.iter(), key, most);
    found.truncated |= cut;
    for (one, other) in pairs {
        let apart = disjoint(one.acceptable.as_ref(), other.acceptable.as_ref());
        if !apart || same(&one.lineage, &other.lineage) {
            continue;
        }
        if let Some(overlap) = shared(one.valid.as_ref(), other.valid.as_ref()) {
            let sides = (position_side(one), position_side(other));
            let contradiction = told_of(Kind::DisjointBounds, sides, overlap);
            found.contradictions.push(contradiction);
        }
    }
}

fn forecasts(all: &[v1::Forecast], most: usize, found: &mut Findings) {
    let mut told = Vec::new();
    for forecast in all {
        match window(forecast) {
            Some(window) => told.push((question(&forecast.statement), window, forecast)),
            // Two that name no window need not mean the same one.
            None => found.gap(&forecast.name, "window"),
        }
    }
    let key = |(question, (_, end), _): &(String, Window, &v1::Forecast)| (question.clone(), *end);
    let (pairs, cut) = pairs(told.iter(), key, most);
    found.truncated |= cut;
    for ((_, (a, _), one), (_, (b, _), other)) in pairs {
        let differ = one
            .likelihood
            .as_ref()
            .zip(other.likelihood.as_ref())
            .is_some_and(|(one, other)| apart(one, other));
        if !differ || same(&one.lineage, &other.lineage) || !together((*a, one), (*b, other)) {
            continue;
        }
        if let Some(overlap) = shared(one.valid.as_ref(), other.valid.as_ref()) {
            let sides = (forecast_side(one), forecast_side(other));
            let mut contradiction = told_of(Kind::DifferentProbability, sides, overlap);
            if a != b {
                contradiction.reason = "the same question up to the same end, with different \
                                        probabilities; one does not state the start"
                    .to_owned();
            }
            found.contradictions.push(contradiction);
        }
    }
}

/// Whether two windows that end together are one. What may happen "by 30 June" may from the day on
/// which that was said: it is the window from 1 June unless it was said before.
fn together(
    (a, one): (Option<Instant>, &v1::Forecast),
    (b, other): (Option<Instant>, &v1::Forecast),
) -> bool {
    let since = |forecast: &v1::Forecast, start| {
        let made = forecast.made_at.as_ref().map(instant);
        made.is_none_or(|made| made >= start)
    };
    match (a, b) {
        (Some(start), None) => since(other, start),
        (None, Some(start)) => since(one, start),
        (a, b) => a == b,
    }
}

/// Probabilities that repeat by chance are few, or round, or of another time; this many different
/// ones do not.
const REPEATED_NUMBERS_MIN: usize = 3;
/// Five percent in billionths: figures that are all multiples of it repeat by chance.
const ROUND: i64 = 50_000_000;
/// Seconds between the first commits of two sets that may be one run of figures: fourteen days.
const NEAR_SECONDS_MAX: u64 = 14 * 86_400;

fn sets(record: Record<'_>, most: usize, found: &mut Findings) {
    let forecasts = record.forecasts.iter();
    let by_name: BTreeMap<&str, &v1::Forecast> = forecasts
        .map(|forecast| (forecast.name.as_str(), forecast))
        .collect();
    let mut told: Vec<(Vec<i64>, BTreeSet<String>, &v1::ScenarioSet)> = Vec::new();
    for set in record.sets {
        let members = set.members.iter().map(|name| by_name.get(name.as_str()));
        let members: Option<Vec<&v1::Forecast>> = members.map(|member| member.copied()).collect();
        let stated = members.and_then(|members| Some((numbers(&members)?, members)));
        let Some((numbers, members)) = stated else {
            found.gap(&set.name, "members");
            continue;
        };
        let different: BTreeSet<&i64> = numbers.iter().collect();
        let odd = numbers.iter().any(|number| number % ROUND != 0);
        if odd && different.len() >= REPEATED_NUMBERS_MIN {
            let outcomes = members.iter().map(|one| question(&one.statement));
            told.push((numbers, outcomes.collect(), set));
        }
    }
    let (pairs, cut) = pairs(told.iter(), |(numbers, _, _)| numbers.clone(), most);
    found.truncated |= cut;
    for ((_, outcomes, one), (_, others, other)) in pairs {
        if outcomes == others || !near(one, other) || same(&one.lineage, &other.lineage) {
            continue;
        }
        if let Some(overlap) = shared(one.valid.as_ref(), other.valid.as_ref()) {
            let sides = (set_side(one), set_side(other));
            let contradiction = told_of(Kind::RepeatedNumbers, sides, overlap);
            found.contradictions.push(contradiction);
        }
    }
}

/// Whether two sets were first committed within days of each other; what has no such time is not
/// of the record and is compared.
fn near(one: &v1::ScenarioSet, other: &v1::ScenarioSet) -> bool {
    let times = one.create_time.as_ref().zip(other.create_time.as_ref());
    times.is_none_or(|(one, other)| one.seconds.abs_diff(other.seconds) <= NEAR_SECONDS_MAX)
}

/// The probabilities of forecasts in billionths, the greatest first; `None` when one states none.
fn numbers(members: &[&v1::Forecast]) -> Option<Vec<i64>> {
    let best = |forecast: &&v1::Forecast| forecast.likelihood.as_ref()?.best;
    let numbers: Option<Vec<f64>> = members.iter().map(best).collect();
    let mut numbers: Vec<i64> = numbers?
        .iter()
        .map(|number| (number * 1e9).round() as i64)
        .collect();
    numbers.sort_unstable_by(|one, other| other.cmp(one));
    Some(numbers)
}

/// The ends of a window.
type Window = (Option<Instant>, Option<Instant>);

/// The window of a forecast; `None` when it states neither end.
fn window(forecast: &v1::Forecast) -> Option<Window> {
    let window = forecast.window.as_ref()?;
    let ends = (
        window.start.as_ref().map(instant),
        window.end.as_ref().map(instant),
    );
    (ends != (None, None)).then_some(ends)
}

/// Pairs with the same key, the one with the lesser place first; never many more than are told,
/// and whether any were left out.
fn pairs<'a, T, K: Ord>(
    each: impl Iterator<Item = &'a T>,
    key: impl Fn(&T) -> K,
    most: usize,
) -> (Vec<(&'a T, &'a T)>, bool) {
    let mut groups: BTreeMap<K, Vec<&T>> = BTreeMap::new();
    for one in each {
        groups.entry(key(one)).or_default().push(one);
    }
    let mut found = Vec::new();
    let enough = most.saturating_mul(100);
    for group in groups.values() {
        for (at, one) in group.iter().enumerate() {
            for other in group.iter().skip(at + 1) {
                // A group of thousands has millions of pairs; enough of them show that it is one.
                if found.len() == enough {
                    return (found, true);
                }
                found.push((*one, *other));
            }
        }
    }
    (found, false)
}

/// Whether two versions belong to one lineage, of which the later replaces the earlier.
fn same(one: &str, other: &str) -> bool {
    !one.is_empty() && one == other
}

/// Whether one line insists on what the other rejects.
pub(super) fn opposed(one: &v1::RedLine, other: &v1::RedLine) -> bool {
    let rejects =
        |line: &v1::RedLine| matches!(line.posture(), Posture::Prohibits | Posture::Refuses);
    let insists =
        |line: &v1::RedLine| matches!(line.posture(), Posture::Requires | Posture::Claims);
    let bounded = one.acceptable.is_some() && other.acceptable.is_some();
    !bounded && (rejects(one) && insists(other) || insists(one) && rejects(other))
}

/// Whether two stated bounds have nothing in common.
pub(super) fn disjoint(one: Option<&Bound>, other: Option<&Bound>) -> bool {
    let Some((one, other)) = one.zip(other) else {
        return false;
    };
    let above = |one: &Bound, other: &Bound| one.min.zip(other.max).is_some_and(|(a, b)| a > b);
    let options = !one.options.is_empty()
        && !other.options.is_empty()
        && !one
            .options
            .iter()
            .any(|option| other.options.contains(option));
    above(one, other) || above(other, one) || options
}

/// Whether two likelihoods differ: their numbers, or intervals that do not touch.
fn apart(one: &v1::Likelihood, other: &v1::Likelihood) -> bool {
    let interval = |likelihood: &v1::Likelihood| {
        let low = likelihood.best.or(likelihood.low)?;
        let high = likelihood.best.or(likelihood.high)?;
        Some((low, high))
    };
    let Some(((a, b), (c, d))) = interval(one).zip(interval(other)) else {
        return false;
    };
    b + 1e-9 < c || d + 1e-9 < a
}

/// A statement without letter case, blanks and marks.
fn question(statement: &str) -> String {
    let words = statement.split(|c: char| !c.is_alphanumeric());
    let words: Vec<String> = words
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    words.join(" ")
}

type Sides = (v1::ContradictionSide, v1::ContradictionSide);

fn told_of(kind: Kind, (one, other): Sides, overlap: TimeSpan) -> v1::Contradiction {
    let reason = match kind {
        Kind::OpposedPosture => "one insists on what the other rejects",
        Kind::DisjointBounds => "what one accepts and what the other accepts do not meet",
        Kind::DifferentProbability => "the same question and window, with different probabilities",
        Kind::RepeatedNumbers => "the same probabilities, given to other outcomes",
        Kind::Unspecified => "",
    };
    let (first, second) = if one.name <= other.name {
        (one, other)
    } else {
        (other, one)
    };
    let stated = overlap.start.is_some() || overlap.end.is_some();
    v1::Contradiction {
        kind: kind.into(),
        first: Some(first),
        second: Some(second),
        overlap: stated.then_some(overlap),
        reason: reason.to_owned(),
    }
}

fn line_side(line: &v1::RedLine) -> v1::ContradictionSide {
    let text = if line.stance.is_empty() {
        &line.title
    } else {
        &line.stance
    };
    v1::ContradictionSide {
        name: line.name.clone(),
        revision: line.revision,
        text: text.clone(),
        citation: line.citations.get(said_in(line)).cloned(),
        attribution: line.attribution.clone(),
        posture: line.posture,
        acceptable: line.acceptable.clone(),
        likelihood: None,
    }
}

fn position_side(position: &v1::Position) -> v1::ContradictionSide {
    v1::ContradictionSide {
        name: position.name.clone(),
        revision: position.revision,
        text: position.title.clone(),
        citation: position.citations.first().cloned(),
        attribution: position.attribution.clone(),
        acceptable: position.acceptable.clone(),
        ..Default::default()
    }
}

fn forecast_side(forecast: &v1::Forecast) -> v1::ContradictionSide {
    v1::ContradictionSide {
        name: forecast.name.clone(),
        revision: forecast.revision,
        text: forecast.statement.clone(),
        citation: forecast.citations.first().cloned(),
        attribution: forecast.attribution.clone(),
        likelihood: forecast.likelihood.clone(),
        ..Default::default()
    }
}

fn set_side(set: &v1::ScenarioSet) -> v1::ContradictionSide {
    v1::ContradictionSide {
        name: set.name.clone(),
        revision: set.revision,
        text: set.title.clone(),
        citation: set.citations.first().cloned(),
        attribution: set.attribution.clone(),
        ..Default::default()
    }
}

#[cfg(test)]
mod tests {
    use prost_types::Timestamp;

    use super::*;

    fn line(name: &str, posture: Posture, from: i64, to: i64) -> v1::RedLine {
        let at = |seconds| Some(Timestamp { seconds, nanos: 0 });
        v1::RedLine {
            name: name.into(),
            lineage: name.into(),
            actor: "actors/a".into(),
            issue: "issues/x".into(),
            posture: posture.into(),
            valid: Some(TimeSpan {
                start: at(from),
                end: at(to),
                ..Default::default()
            }),
            ..Default::default()
        }
    }

    fn kinds(lines: &[v1::RedLine], forecasts: &[v1::Forecast]) -> Vec<Kind> {
        let record = Record {
            lines,
            positions: &[],
            forecasts,
            sets: &[],
        };
        let found = find(record, &[], 1000).contradictions;
        found.iter().map(v1::Contradiction::kind).collect()
    }

    #[test]
    fn opposed_lines_contradict_while_both_hold() {
        let rejects = line("a", Posture::Prohibits, 0, 10);
        let insists = line("b", Posture::Requires, 9, 20);
        assert_eq!(
            kinds(&[rejects.clone(), insists], &[]),
            [Kind::OpposedPosture]
        );
        let later = line("b", Posture::Requires, 10, 20);
        assert_eq!(kinds(&[rejects.clone(), later], &[]), []);
        let mut carried = line("b", Posture::Requires, 0, 20);
        carried.lineage = "a".into();
        assert_eq!(kinds(&[rejects, carried], &[]), []);
    }

    #[test]
    fn bounds_contradict_when_they_do_not_meet() {
        let bounded = |name: &str, min, max| v1::RedLine {
            acceptable: Some(Bound {
                min,
                max,
                options: Vec::new(),
            }),
            ..line(name, Posture::Prohibits, 0, 10)
        };
        let (low, high) = (bounded("a", None, Some(2.0)), bounded("b", Some(3.0), None));
        assert_eq!(kinds(&[low.clone(), high], &[]), [Kind::DisjointBounds]);
        assert_eq!(kinds(&[low, bounded("b", Some(2.0), None)], &[]), []);
    }

    #[test]
    fn the_same_question_has_one_probability() {
        let forecast = |name: &str, statement: &str, best| v1::Forecast {
            name: name.into(),
            statement: statement.into(),
            likelihood: Some(v1::Likelihood {
                best: Some(best),
                ..Default::default()
            }),
            window: line(name, Posture::Claims, 0, 10).valid,
            ..Default::default()
        };
        let one = forecast("a", "A ceasefire holds.", 0.3);
        let other = forecast("b", "a ceasefire holds", 0.6);
        assert_eq!(
            kinds(&[], &[one.clone(), other]),
            [Kind::DifferentProbability]
        );
        let mut open = forecast("b", "A ceasefire holds.", 0.6);
        open.window = None;
        let mut both = one.clone();
        both.window = None;
        let record = Record {
            lines: &[],
            positions: &[],
            forecasts: &[both, open],
            sets: &[],
        };
        let found = find(record, &[], 1000);
        assert_eq!((found.contradictions.len(), found.gaps.len()), (0, 2));
        assert_eq!(found.gaps[0].field, "window");
        // "By the tenth" is the window from 0 unless it was said before that.
        let mut by = forecast("b", "A ceasefire holds.", 0.6);
        by.window.as_mut().unwrap().start = None;
        let mut early = by.clone();
        early.made_at = Some(Timestamp {
            seconds: -1,
            nanos: 0,
        });
        assert_eq!(
            kinds(&[], &[one.clone(), by.clone()]),
            [Kind::DifferentProbability]
        );
        assert_eq!(kinds(&[], &[one.clone(), early]), []);
        let mut later = one.clone();
        later.window = line("l", Posture::Claims, 5, 10).valid;
        assert_eq!(kinds(&[], &[one.clone(), later]), []);
        assert_eq!(
            kinds(&[], &[one, forecast("b", "A ceasefire fails", 0.6)]),
            []
        );
    }

    #[test]
    fn one_run_of_figures_does_not_answer_two_questions() {
        let forecasts = |prefix: &str, outcomes: [&str; 3], numbers: [f64; 3]| {
            let each = outcomes.into_iter().zip(numbers).zip(0..);
            each.map(|((statement, best), at)| v1::Forecast {
                name: format!("{prefix}{at}"),
                statement: statement.into(),
                likelihood: Some(v1::Likelihood {
                    best: Some(best),
                    ..Default::default()
                }),
                ..Default::default()
            })
            .collect::<Vec<_>>()
        };
        let set = |name: &str, day: i64| v1::ScenarioSet {
            name: name.into(),
            members: (0..3).map(|at| format!("{name}{at}")).collect(),
            create_time: Some(Timestamp {
                seconds: day * 86_400,
                nanos: 0,
            }),
            ..Default::default()
        };
        let found = |first, (outcomes, numbers), day| {
            let war = forecasts("a", ["war", "talks", "peace"], first);
            let mut forecasts = [war, forecasts("b", outcomes, numbers)].concat();
            // A set of which one member states no number is compared with nothing.
            let mut open = forecasts[5].clone();
            (open.name, open.likelihood) = ("c0".into(), None);
            forecasts.push(open);
            let mut third = set("c", 0);
            third.members.truncate(1);
            let record = Record {
                lines: &[],
                positions: &[],
                forecasts: &forecasts,
                sets: &[set("a", 0), set("b", day), third],
            };
            let found = find(record, &[Kind::RepeatedNumbers], 1000);
            let gaps: Vec<&str> = found.gaps.iter().map(|gap| gap.name.as_str()).collect();
            assert_eq!(gaps, ["c"]);
            found.contradictions.len()
        };
        let other = ["embargo", "quota", "free trade"];
        let odd = [0.51, 0.3, 0.19];
        assert_eq!(found(odd, (other, [0.19, 0.51, 0.3]), 14), 1);
        assert_eq!(found(odd, (other, [0.19, 0.51, 0.3]), 15), 0, "weeks apart");
        assert_eq!(found(odd, (other, [0.2, 0.4, 0.4]), 0), 0);
        assert_eq!(found(odd, (["War", "Talks", "Peace"], odd), 0), 0);
        let round = [0.6, 0.3, 0.1];
        assert_eq!(found(round, (other, round), 0), 0, "round figures");
    }

    #[test]
    fn pairs_that_were_not_compared_are_owned_up_to() {
        let lines: Vec<v1::RedLine> = (0..16)
            .map(|at| line(&format!("l{at}"), Posture::Prohibits, 0, 10))
            .collect();
        let found = |lines: &[v1::RedLine]| {
            let record = Record {
                lines,
                positions: &[],
                forecasts: &[],
                sets: &[],
            };
            find(record, &[], 1)
        };
        assert!(found(&lines).truncated, "120 pairs, 100 of them compared");
        assert!(!found(&lines[..14]).truncated, "91 pairs, all compared");
    }
}
