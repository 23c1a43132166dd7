//! The Nash point and the Pareto frontier of an open zone, on request and for quantities only.
//!
//! ```text
//! u_i(x) = sum_k s_ik (1 - |x_k - ideal_ik| / |bound_ik - ideal_ik|) / sum_k s_ik
//! ```
//!
//! with the bound on the side of x; no agreement is worth 0 to everybody. Each issue's zone is cut
//! into a grid. The Nash point (Nash, 1950) is the outcome with the greatest product of utilities:
//! every outcome is tried where they are few enough, else some are drawn and the best is improved
//! issue by issue. The frontier is exact for two parties on at most three issues: what is
//! dominated on one issue is dominated as a whole, so each issue is thinned before they are added
//! up. Otherwise it is that of the outcomes drawn. The finding says which.

use super::{IssueZone, Question, Status, Wish, agree};
use crate::analysis::draws::Draws;
use crate::analysis::scale;
use crate::error::{Error, Problems, Violation};
use crate::model::limits::Limits;
use crate::model::v1::issue::Scale;

/// What is asked beside the zone.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Search {
    /// What each party wants, by issue.
    pub wishes: Vec<Wish>,
    /// What to take for a salience that is not stated; `None` refuses.
    pub salience_assumed: Option<f64>,
    /// Whether the frontier is wanted.
    pub frontier: bool,
    /// The seed of what is drawn.
    pub seed: u64,
}

/// What a party's utility was computed from, by issue.
#[derive(Debug, Clone, PartialEq)]
pub struct Terms {
    /// The party.
    pub party: String,
    /// What it wants most.
    pub ideal: Vec<f64>,
    /// The least it accepts.
    pub minimum: Vec<f64>,
    /// The greatest it accepts.
    pub maximum: Vec<f64>,
    /// How much each issue matters to it.
    pub salience: Vec<f64>,
    /// Which of the saliences are the caller's assumption.
    pub salience_assumed: Vec<bool>,
    /// What no agreement is worth to it.
    pub disagreement: f64,
}

/// The outcomes that are considered on one issue.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    /// The least.
    pub low: f64,
    /// The greatest.
    pub high: f64,
    /// How many, evenly spaced; 1 where the zone is a single value.
    pub points: usize,
}

/// An outcome.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// By issue, in the units of the scales.
    pub outcome: Vec<f64>,
    /// By party, 0 to 1.
    pub utilities: Vec<f64>,
}

/// Outcomes of which none is better for one party without being worse for another.
#[derive(Debug, Clone, PartialEq)]
pub struct Frontier {
    /// From the best for the first party; evenly thinned where there are more than may be shown.
    pub points: Vec<Point>,
    /// How many there are.
    pub total: usize,
    /// How many outcomes were drawn; `None` when every one of the grid was considered.
    pub sampled: Option<usize>,
}

/// A Nash point, a frontier, and what they were computed from.
#[derive(Debug, Clone, PartialEq)]
pub struct Solution {
    /// The issues, in the order of every vector.
    pub issues: Vec<String>,
    /// The parties' terms.
    pub terms: Vec<Terms>,
    /// By issue.
    pub grid: Vec<Grid>,
    /// The Nash point; of several the first, by the least values.
    pub nash: Point,
    /// The product of its utilities.
    pub product: f64,
    /// How many outcomes that were tried have that product.
    pub ties: usize,
    /// How many outcomes were drawn; `None` when every one of the grid was tried.
    pub sampled: Option<usize>,
    /// The frontier, where it was asked for.
    pub frontier: Option<Frontier>,
    /// The seed of what was drawn.
    pub seed: u64,
}

/// Computes the Nash point and, if asked, the frontier.
///
/// # Errors
/// As [`agree`], and [`Error::Invalid`] with TOO_FEW_PARTIES, SCALE_NOT_QUANTITY, ZONE_NOT_OPEN,
/// IDEAL_NOT_STATED, IDEAL_OUTSIDE_BOUNDS, SALIENCE_NOT_STATED, WEIGHT_NEGATIVE, WEIGHTS_ZERO,
/// NUMBER_NOT_FINITE, NUMBER_TOO_LARGE.
pub fn solve(question: &Question, search: &Search, limits: &Limits) -> Result<Solution, Error> {
    let table = Table::read(question, search, limits)?;
    let (best, sampled) = table.nash(search.seed, limits);
    let frontier = search.frontier.then(|| table.frontier(search.seed, limits));
    let nash = table.point(&best.places);
    Ok(Solution {
        issues: question
            .issues
            .iter()
            .map(|issue| issue.name.clone())
            .collect(),
        product: nash.utilities.iter().product(),
        ties: best.ties,
        nash,
        sampled,
        frontier,
        grid: table.grid(),
        terms: table.terms,
        seed: search.seed,
    })
}

/// Products whose logarithms differ by less than this differ by rounding.
const ROUNDING: f64 = 1e-12;

/// Every party's part of every grid point.
struct Table {
    terms: Vec<Terms>,
    /// `[issue][point]`: the values.
    values: Vec<Vec<f64>>,
    /// `[issue][point][party]`: the parts of the utilities.
    parts: Vec<Vec<Vec<f64>>>,
}

/// The best outcome so far.
struct Best {
    logarithm: f64,
    places: Vec<usize>,
    ties: usize,
}

impl Best {
    fn offer(&mut self, utilities: &[f64], places: &[usize]) {
        let logarithm: f64 = utilities.iter().map(|utility| utility.max(0.0).ln()).sum();
        if self.places.is_empty() || logarithm > self.logarithm + ROUNDING {
            self.logarithm = logarithm;
            self.places = places.to_vec();
            self.ties = 1;
        } else if logarithm >= self.logarithm - ROUNDING {
            self.ties += 1;
        }
    }
}

impl Table {
    fn read(question: &Question, search: &Search, limits: &Limits) -> Result<Self, Error> {
        let zone = agree(question, limits)?;
        refuse(question, &zone.issues)?;
        let terms = terms(question, search, &zone.issues, limits)?;
        let values: Vec<Vec<f64>> = zone
            .issues
            .iter()
            .map(|issue| {
                let (low, high) = (
                    issue.low.unwrap_or_default(),
                    issue.high.unwrap_or_default(),
                );
                spaced(low, high, limits.zone_grid_points)
            })
            .collect();
        let parts = values.iter().enumerate().map(|(issue, values)| {
            let of = |value: &f64| {
                terms
                    .iter()
                    .map(|terms| terms.part(issue, *value))
                    .collect()
            };
            values.iter().map(of).collect()
        });
        Ok(Self {
            parts: parts.collect(),
            terms,
            values,
        })
    }

    fn grid(&self) -> Vec<Grid> {
        let issues = self.values.iter();
        issues
            .map(|values| Grid {
                low: values.first().copied().unwrap_or_default(),
                high: values.last().copied().unwrap_or_default(),
                points: values.len(),
            })
            .collect()
    }

    fn utilities(&self, places: &[usize]) -> Vec<f64> {
        let mut sums = vec![0.0; self.terms.len()];
        for (points, place) in self.parts.iter().zip(places) {
            for (sum, part) in sums.iter_mut().zip(&points[*place]) {
                *sum += part;
            }
        }
        sums
    }

    fn point(&self, places: &[usize]) -> Point {
        let values = self.values.iter().zip(places);
        Point {
            outcome: values.map(|(values, place)| values[*place]).collect(),
            utilities: self.utilities(places),
        }
    }

    fn nash(&self, seed: u64, limits: &Limits) -> (Best, Option<usize>) {
        let sizes = self.values.iter().map(Vec::len);
        let outcomes = sizes.fold(1_usize, usize::saturating_mul);
        let mut best = Best {
            logarithm: f64::NEG_INFINITY,
            places: Vec::new(),
            ties: 0,
        };
        if outcomes <= limits.zone_outcomes_max {
            self.each(&mut Vec::new(), &vec![0.0; self.terms.len()], &mut best);
            return (best, None);
        }
        for places in self.drawn(seed, limits.zone_samples_max) {
            best.offer(&self.utilities(&places), &places);
        }
        while self.improve(&mut best) {}
        (best, Some(limits.zone_samples_max))
    }

    /// Every outcome that begins with these places.
    fn each(&self, places: &mut Vec<usize>, sums: &[f64], best: &mut Best) {
        let Some(points) = self.parts.get(places.len()) else {
            best.offer(sums, places);
            return;
        };
        for (place, parts) in points.iter().enumerate() {
            let sums: Vec<f64> = sums
                .iter()
                .zip(parts)
                .map(|(sum, part)| sum + part)
                .collect();
            places.push(place);
            self.each(places, &sums, best);
            places.pop();
        }
    }

    fn drawn(&self, seed: u64, count: usize) -> impl Iterator<Item = Vec<usize>> {
        let mut draws = Draws::new(seed);
        (0..count).map(move |_| {
            let issues = self.values.iter();
            issues.map(|values| draws.place(values.len())).collect()
        })
    }

    /// Moves one issue after the other to where the product is greatest; whether any moved.
    fn improve(&self, best: &mut Best) -> bool {
        let before = best.logarithm;
        for issue in 0..self.values.len() {
            let mut places = best.places.clone();
            for place in 0..self.values[issue].len() {
                places[issue] = place;
                let ties = best.ties;
                best.offer(&self.utilities(&places), &places);
                // The same outcome comes by again and again.
                best.ties = ties.min(best.ties);
            }
        }
        best.logarithm > before
    }

    fn frontier(&self, seed: u64, limits: &Limits) -> Frontier {
        let two = self.terms.len() == 2;
        let (found, sampled) = if two && self.values.len() <= 3 {
            (self.exact(), None)
        } else {
            let most = if two {
                limits.zone_samples_max
            } else {
                limits.zone_frontier_points_max
            };
            let drawn = self.drawn(seed, most);
            let drawn = drawn
                .map(|places| (self.utilities(&places), places))
                .collect();
            let found = if two {
                thinned(drawn)
            } else {
                undominated(drawn)
            };
            (found, Some(most))
        };
        let total = found.len();
        let shown = total.min(limits.zone_frontier_points_max);
        let points = (0..shown).filter_map(|at| {
            let at = if shown < 2 {
                at
            } else {
                at * (total - 1) / (shown - 1)
            };
            found.get(at).map(|(_, places)| self.point(places))
        });
        Frontier {
            points: points.collect(),
            total,
            sampled,
        }
    }

    /// Issue by issue, keeping of the sums only what may still be on the frontier.
    fn exact(&self) -> Vec<Candidate> {
        let mut found: Vec<Candidate> = vec![(vec![0.0; self.terms.len()], Vec::new())];
        for points in &self.parts {
            let mut sums = Vec::with_capacity(found.len() * points.len());
            for (utilities, places) in &found {
                for (place, parts) in points.iter().enumerate() {
                    let sum = utilities.iter().zip(parts).map(|(sum, part)| sum + part);
                    let places = places.iter().copied().chain([place]);
                    sums.push((sum.collect(), places.collect()));
                }
            }
            found = thinned(sums);
        }
        found
    }
}

/// Utilities and where on the grid they are.
type Candidate = (Vec<f64>, Vec<usize>);

/// Of two parties: sorted by the first, whatever the second does not like better is dominated.
fn thinned(mut candidates: Vec<Candidate>) -> Vec<Candidate> {
    let of =
        |candidate: &Candidate, party: usize| candidate.0.get(party).copied().unwrap_or_default();
    candidates.sort_by(|a, b| {
        let first = of(b, 0).total_cmp(&of(a, 0));
        first.then(of(b, 1).total_cmp(&of(a, 1)))
    });
    let mut kept: Vec<Candidate> = Vec::new();
    for candidate in candidates {
        let second = of(&candidate, 1);
        if kept
            .last()
            .is_some_and(|last| second <= of(last, 1) + ROUNDING)
        {
            continue;
        }
        // Equal for the first but for rounding, and better for the second.
        while kept
            .last()
            .is_some_and(|last| of(last, 0) <= of(&candidate, 0) + ROUNDING)
        {
            kept.pop();
        }
        kept.push(candidate);
    }
    kept
}

/// Of any number of parties, each against each.
fn undominated(mut candidates: Vec<Candidate>) -> Vec<Candidate> {
    candidates.sort_by(|a, b| b.0.partial_cmp(&a.0).unwrap_or(std::cmp::Ordering::Equal));
    candidates.dedup_by(|a, b| a.1 == b.1);
    let worse = |one: &Candidate, other: &Candidate| {
        let mut pairs = one.0.iter().zip(&other.0);
        let no_better = pairs.clone().all(|(one, other)| *one <= other + ROUNDING);
        no_better && pairs.any(|(one, other)| *one < other - ROUNDING)
    };
    let dominated = |one: &Candidate| candidates.iter().any(|other| worse(one, other));
    candidates
        .iter()
        .filter(|one| !dominated(one))
        .cloned()
        .collect()
}

impl Terms {
    /// A party's share of its utility that one issue gives at a value.
    fn part(&self, issue: usize, value: f64) -> f64 {
        let ideal = self.ideal[issue];
        let bound = if value < ideal {
            self.minimum[issue]
        } else {
            self.maximum[issue]
        };
        let width = (bound - ideal).abs();
        // Nothing but the ideal itself lies between the ideal and a bound at the ideal.
        let away = if width > 0.0 {
            (value - ideal).abs() / width
        } else {
            0.0
        };
        let whole: f64 = self.salience.iter().sum();
        self.salience[issue] * (1.0 - away) / whole
    }
}

/// Evenly spaced values, the ends exactly.
fn spaced(low: f64, high: f64, points: usize) -> Vec<f64> {
    if low >= high || points < 2 {
        return vec![low];
    }
    let last = points - 1;
    let at = |place: usize| {
        if place == last {
            high
        } else {
            low + (high - low) * place as f64 / last as f64
        }
    };
    (0..points).map(at).collect()
}

fn refuse(question: &Question, zones: &[IssueZone]) -> Result<(), Error> {
    let mut problems = Problems::default();
    if question.parties.len() < 2 {
        let text = "it takes two parties";
        problems.add(Violation::new("parties", "TOO_FEW_PARTIES", text));
    }
    for (at, (issue, zone)) in question.issues.iter().zip(zones).enumerate() {
        let field = format!("issues[{at}]");
        if !matches!(issue.scale, Some(Scale::Quantity(_))) {
            let kind = scale::kind(issue.scale.as_ref());
            let text = format!(
                "\"{}\" has {kind}, and utilities need a quantity",
                issue.name
            );
            problems.add(Violation::new(field, "SCALE_NOT_QUANTITY", text));
        } else if zone.status != Status::Open {
            let text = format!("the zone on \"{}\" is not open", issue.name);
            problems.add(Violation::new(field, "ZONE_NOT_OPEN", text));
        }
    }
    problems.finish()
}

fn terms(
    question: &Question,
    search: &Search,
    zones: &[IssueZone],
    limits: &Limits,
) -> Result<Vec<Terms>, Error> {
    let mut problems = Problems::default();
    if let Some(salience) = search.salience_assumed {
        scale::weight(&mut problems, "salience_assumed", salience, limits);
    }
    let mut found = Vec::new();
    for (at, party) in question.parties.iter().enumerate() {
        let mut terms = Terms {
            party: party.name.clone(),
            ideal: Vec::new(),
            minimum: Vec::new(),
            maximum: Vec::new(),
            salience: Vec::new(),
            salience_assumed: Vec::new(),
            disagreement: 0.0,
        };
        for zone in zones {
            let mut wishes = search.wishes.iter();
            let wish = wishes.find(|wish| wish.party == party.name && wish.issue == zone.issue);
            if let Some(violation) = terms.take(wish, search.salience_assumed, zone, at) {
                problems.add(violation);
            }
        }
        for salience in &terms.salience {
            let field = format!("wishes of {}", party.name);
            scale::weight(&mut problems, &field, *salience, limits);
        }
        if terms.salience.len() == zones.len() && terms.salience.iter().all(|s| *s == 0.0) {
            let text = format!("no issue matters to \"{}\"", party.name);
            problems.add(Violation::new("wishes", "WEIGHTS_ZERO", text));
        }
        found.push(terms);
    }
    problems.finish()?;
    Ok(found)
}

impl Terms {
    /// Takes in one issue; what is missing or wrong is the answer.
    fn take(
        &mut self,
        wish: Option<&Wish>,
        assumed: Option<f64>,
        zone: &IssueZone,
        party: usize,
    ) -> Option<Violation> {
        let range = zone.ranges.get(party)?;
        let (minimum, maximum) = (range.minimum.as_ref()?.value, range.maximum.as_ref()?.value);
        let wrong = |reason, text: String| Some(Violation::new("wishes", reason, text));
        let of = format!("of \"{}\" on \"{}\"", self.party, zone.issue);
        let Some(ideal) = wish.and_then(|wish| wish.ideal) else {
            return wrong("IDEAL_NOT_STATED", format!("the ideal {of} is not stated"));
        };
        let salience = wish.and_then(|wish| wish.salience);
        let Some(weight) = salience.or(assumed) else {
            return wrong(
                "SALIENCE_NOT_STATED",
                format!("the salience {of} is not stated"),
            );
        };
        if !(minimum <= ideal && ideal <= maximum) {
            let text = format!("the ideal \"{ideal}\" {of} lies outside {minimum} to {maximum}");
            return wrong("IDEAL_OUTSIDE_BOUNDS", text);
        }
        self.ideal.push(ideal);
        self.minimum.push(minimum);
        self.maximum.push(maximum);
        self.salience.push(weight);
        self.salience_assumed.push(salience.is_none());
        None
    }
}
