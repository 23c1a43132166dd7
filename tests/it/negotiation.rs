//! Two hundred random negotiations of two parties: the Nash point and the frontier of each.
//!
//! Here every outcome of the grid is tried against them with the formula written a second time.
//! With `CHANCERY_TEST_PROBLEMS=FILE` the problems and the answers are written to the file, for
//! `tests/interop/negmas` to compare with an implementation that is not ours.

#![allow(
    clippy::float_cmp,
    reason = "numbers that are passed through stay what they are"
)]

use chancery::analysis::scale::Issue;
use chancery::analysis::zone::{self, Acceptance, Basis, Party, Question, Search, Solution, Wish};
use chancery::model::limits::Limits;
use chancery::model::v1::issue::Scale;
use chancery::model::v1::{Bound, QuantityScale};
use serde_json::{Value, json};

const PROBLEMS: usize = 200;
const ROUNDING: f64 = 1e-9;

/// Numbers of 0 to 1, the same in each run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> f64 {
        // The multiplier of Knuth's MMIX generator.
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// A problem with an open zone on one to three issues: each party accepts the middle and more to
/// either side, and wants something inside. Every fourth wish lies at the bound itself.
fn problem(numbers: &mut Numbers, count: usize) -> (Question, Search) {
    let names: Vec<String> = (0..count).map(|at| format!("issues/i{at}")).collect();
    let issues = names.iter().map(|name| Issue {
        name: name.clone(),
        scale: Some(Scale::Quantity(QuantityScale {
            unit: "points".to_owned(),
            min: Some(0.0),
            max: Some(100.0),
        })),
    });
    let (mut acceptances, mut wishes) = (Vec::new(), Vec::new());
    for party in ["a", "b"] {
        for issue in &names {
            let (min, max) = (45.0 * numbers.next(), 55.0 + 45.0 * numbers.next());
            let within = numbers.next();
            let ideal = if numbers.next() < 0.25 {
                if within < 0.5 { min } else { max }
            } else {
                min + (max - min) * within
            };
            acceptances.push(Acceptance {
                party: party.to_owned(),
                issue: issue.clone(),
                source: String::new(),
                basis: Basis::Estimated,
                bound: Bound {
                    min: Some(min),
                    max: Some(max),
                    options: Vec::new(),
                },
            });
            wishes.push(Wish {
                party: party.to_owned(),
                issue: issue.clone(),
                ideal: Some(ideal),
                salience: Some(0.05 + numbers.next()),
            });
        }
    }
    let parties = ["a", "b"].map(|name| Party {
        name: name.to_owned(),
        veto: None,
    });
    let question = Question {
        issues: issues.collect(),
        parties: parties.to_vec(),
        acceptances,
    };
    let search = Search {
        wishes,
        frontier: true,
        ..Search::default()
    };
    (question, search)
}

/// As fine as another implementation, and this test, can try one by one.
fn limits(issues: usize) -> Limits {
    Limits {
        zone_grid_points: [101, 31, 11][issues - 1],
        zone_frontier_points_max: 100_000,
        ..Limits::default()
    }
}

/// Every outcome of the grid.
fn outcomes(solution: &Solution) -> Vec<Vec<f64>> {
    let mut all = vec![Vec::new()];
    for grid in &solution.grid {
        let last = grid.points - 1;
        let value = |at: usize| grid.low + (grid.high - grid.low) * at as f64 / last as f64;
        let longer = all.iter().flat_map(|outcome: &Vec<f64>| {
            (0..grid.points).map(|at| {
                let mut longer = outcome.clone();
                longer.push(value(at));
                longer
            })
        });
        all = longer.collect();
    }
    all
}

/// The formula, written a second time.
fn utilities(solution: &Solution, outcome: &[f64]) -> Vec<f64> {
    let of = |party: usize| {
        let terms = &solution.terms[party];
        let (mut sum, mut whole) = (0.0, 0.0);
        for (issue, x) in outcome.iter().enumerate() {
            let ideal = terms.ideal[issue];
            let reach = if *x > ideal {
                terms.maximum[issue] - ideal
            } else {
                ideal - terms.minimum[issue]
            };
            let lost = if *x == ideal {
                0.0
            } else {
                (x - ideal).abs() / reach
            };
            sum += terms.salience[issue] * (1.0 - lost);
            whole += terms.salience[issue];
        }
        sum / whole
    };
    vec![of(0), of(1)]
}

#[track_caller]
fn check(solution: &Solution) {
    let all: Vec<Vec<f64>> = outcomes(solution)
        .iter()
        .map(|outcome| utilities(solution, outcome))
        .collect();
    let greatest = all.iter().map(|of| of[0] * of[1]).fold(0.0, f64::max);
    assert!(
        (solution.product - greatest).abs() < ROUNDING,
        "{solution:?}"
    );
    let frontier = solution.frontier.as_ref().unwrap();
    assert_eq!(
        (frontier.total, frontier.sampled),
        (frontier.points.len(), None)
    );
    // Sorted by the first party the second only rises, so that none of them dominates another.
    let falls = |pair: &[zone::Point]| {
        let [one, next] = pair else { return false };
        one.utilities[0] > next.utilities[0] && one.utilities[1] < next.utilities[1]
    };
    assert!(frontier.points.windows(2).all(falls));
    // And every outcome is at most as good as one of them: nothing is missing.
    for of in &all {
        let covered = frontier.points.iter().any(|point| {
            point.utilities[0] >= of[0] - ROUNDING && point.utilities[1] >= of[1] - ROUNDING
        });
        assert!(covered, "{of:?} of {solution:?}");
    }
}

fn told(solution: &Solution) -> Value {
    let frontier = solution.frontier.as_ref().unwrap();
    let terms = solution.terms.iter().map(|terms| {
        json!({
            "ideal": terms.ideal,
            "minimum": terms.minimum,
            "maximum": terms.maximum,
            "salience": terms.salience,
        })
    });
    let grid = solution.grid.iter();
    json!({
        "terms": terms.collect::<Vec<Value>>(),
        "grid": grid.map(|g| json!([g.low, g.high, g.points])).collect::<Vec<Value>>(),
        "nash": solution.nash.utilities,
        "frontier": frontier.points.iter().map(|p| json!(p.utilities)).collect::<Vec<Value>>(),
    })
}

#[test]
fn nash_points_and_frontiers_of_random_negotiations() {
    let mut numbers = Numbers(7);
    let mut all = Vec::new();
    for at in 0..PROBLEMS {
        let issues = 1 + at % 3;
        let (question, search) = problem(&mut numbers, issues);
        let solution = zone::solve(&question, &search, &limits(issues)).unwrap();
        check(&solution);
        all.push(told(&solution));
    }
    if let Some(path) = std::env::var_os("CHANCERY_TEST_PROBLEMS") {
        std::fs::write(path, Value::from(all).to_string()).unwrap();
    }
}
