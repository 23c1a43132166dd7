//! How long the methods of `analysis` take at their goals' sizes: `cargo bench --bench analysis`.
//!
//! A check of a proposal against 10,000 red lines has 10 ms, a simulation of 100 actors on 5 issues
//! 50 ms, a zone of 10 parties on 10 issues without a Nash point 20 ms. Others are printed for
//! comparison. Everything is made from a fixed seed, so
//! that two runs do the same work; the median of the runs counts. When a goal was missed the run
//! ends with an error, after everything has been printed.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::error::Error;
use std::hint::black_box;
use std::io::Write;
use std::time::{Duration, Instant};

use chancery::analysis::bargaining::{self, Actor, Measure, Sampling, Setting, Stand};
use chancery::analysis::proposal;
use chancery::analysis::scale::Issue;
use chancery::analysis::zone::{self, Acceptance, Basis, Party, Question, Search, Wish};
use chancery::model::limits::Limits;
use chancery::model::v1::issue::Scale;
use chancery::model::v1::proposal_term::Place;
use chancery::model::v1::{self, Bound, Citation, Posture, QuantityScale};

const RUNS: usize = 11;

fn main() -> Result<(), Box<dyn Error>> {
    let limits = Limits::default();
    let check = check(10_000, 10, &limits);
    let mut missed = Vec::new();
    missed.extend(goal(
        "check of a proposal with 10 terms, 10000 red lines",
        check,
        10,
    )?);
    let setting = setting(100, 5);
    let simulation = median(|| {
        bargaining::simulate(&setting, &limits)
            .map(black_box)
            .is_ok()
    });
    missed.extend(goal("simulation, 100 actors x 5 issues", simulation, 50)?);
    let sampling = Sampling {
        samples: 100,
        seed: 1,
    };
    let spread = median(|| {
        bargaining::spread(&setting, sampling, &limits)
            .map(black_box)
            .is_ok()
    });
    print("the same with 100 draws", spread)?;
    let (question, _) = question(10, 10);
    let zone = median(|| zone::agree(&question, &limits).map(black_box).is_ok());
    missed.extend(goal("zone, 10 parties x 10 issues", zone, 20)?);
    let (two, search) = self::question(2, 3);
    let solution = median(|| zone::solve(&two, &search, &limits).map(black_box).is_ok());
    print(
        "Nash point and exact frontier, 2 parties x 3 issues",
        solution,
    )?;
    let (question, search) = self::question(10, 10);
    let solution = median(|| {
        zone::solve(&question, &search, &limits)
            .map(black_box)
            .is_ok()
    });
    print(
        "Nash point and frontier, sampled, 10 parties x 10 issues",
        solution,
    )?;
    if missed.is_empty() {
        return Ok(());
    }
    Err(format!("missed: {}", missed.join("; ")).into())
}

/// The time of a check of some terms against red lines on a hundred issues. The lines are handed
/// over; that they are made anew for each run is not part of its time.
fn check(count: usize, terms: usize, limits: &Limits) -> Option<Duration> {
    let known: BTreeMap<String, v1::Issue> = issues(100)
        .into_iter()
        .map(|issue| {
            let whole = v1::Issue {
                name: issue.name.clone(),
                scale: issue.scale,
                ..Default::default()
            };
            (issue.name, whole)
        })
        .collect();
    let terms = known.keys().take(terms).map(|name| v1::ProposalTerm {
        issue: name.clone(),
        place: Some(Place::Amount(50.0)),
        ..Default::default()
    });
    let terms: Vec<v1::ProposalTerm> = terms.collect();
    let names = known.keys().cycle().enumerate().take(count);
    let lines: Vec<v1::RedLine> = names.map(|(at, issue)| red_line(at, issue)).collect();
    let copies = RefCell::new(vec![lines; RUNS]);
    median(|| {
        let lines = copies.borrow_mut().pop().unwrap_or_default();
        proposal::check(&terms, &known, lines, limits)
            .map(black_box)
            .is_ok_and(|told| told.lines.len() == count)
    })
}

/// A line with a bound of its own, in words as long as those of an article.
fn red_line(at: usize, issue: &str) -> v1::RedLine {
    v1::RedLine {
        // In the order of their names, as they are read.
        name: format!("assessments/a/redLines/l{at:05}"),
        actor: "actors/estmark".into(),
        issue: issue.to_owned(),
        posture: Posture::Prohibits.into(),
        stance: "No withdrawal beyond the river under any circumstances".into(),
        acceptable: Some(Bound {
            max: Some((at % 90) as f64),
            ..Default::default()
        }),
        citations: vec![Citation {
            document: "documents/d".into(),
            quote: "under no circumstances".into(),
            ..Default::default()
        }],
        ..Default::default()
    }
}

/// The median time of a call that must succeed; nothing when it does not.
fn median(call: impl Fn() -> bool) -> Option<Duration> {
    let mut times = Vec::new();
    for _ in 0..RUNS {
        let start = Instant::now();
        if !call() {
            return None;
        }
        times.push(start.elapsed());
    }
    times.sort();
    times.get(RUNS / 2).copied()
}

fn print(what: &str, time: Option<Duration>) -> Result<Duration, Box<dyn Error>> {
    let time = time.ok_or_else(|| format!("{what}: it was refused"))?;
    let milliseconds = time.as_secs_f64() * 1e3;
    writeln!(std::io::stdout(), "{milliseconds:9.3} ms  {what}")?;
    Ok(time)
}

/// Prints a time beside its goal; answers what it is of when the goal was missed.
fn goal(
    what: &str,
    time: Option<Duration>,
    allowed: u64,
) -> Result<Option<String>, Box<dyn Error>> {
    let what = format!("{what} (goal {allowed} ms)");
    let took = print(&what, time)?;
    Ok((took > Duration::from_millis(allowed)).then_some(what))
}

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

fn issues(count: usize) -> Vec<Issue> {
    let scale = QuantityScale {
        unit: "points".to_owned(),
        min: Some(0.0),
        max: Some(100.0),
    };
    let issue = |at: usize| Issue {
        name: format!("issues/i{at}"),
        scale: Some(Scale::Quantity(scale.clone())),
    };
    (0..count).map(issue).collect()
}

fn setting(actors: usize, count: usize) -> Setting {
    let mut numbers = Numbers(1);
    let issues = issues(count);
    let actors = (0..actors).map(|at| Actor {
        name: format!("actors/a{at}"),
        capability: Some(Measure::exact(numbers.next())),
        stands: issues
            .iter()
            .map(|issue| Stand {
                issue: issue.name.clone(),
                ideal: Some(Measure::around(100.0 * numbers.next(), 5.0)),
                salience: Some(Measure::exact(numbers.next())),
            })
            .collect(),
    });
    Setting {
        actors: actors.collect(),
        issues,
        ..Setting::default()
    }
}

/// Parties that all accept 40 to 60 and want something else.
fn question(parties: usize, count: usize) -> (Question, Search) {
    let mut numbers = Numbers(2);
    let issues = issues(count);
    let (mut acceptances, mut wishes) = (Vec::new(), Vec::new());
    let parties: Vec<Party> = (0..parties)
        .map(|at| Party {
            name: format!("actors/a{at}"),
            veto: None,
        })
        .collect();
    for party in &parties {
        for issue in &issues {
            let (min, max) = (40.0 * numbers.next(), 60.0 + 40.0 * numbers.next());
            acceptances.push(Acceptance {
                party: party.name.clone(),
                issue: issue.name.clone(),
                source: String::new(),
                basis: Basis::Estimated,
                bound: Bound {
                    min: Some(min),
                    max: Some(max),
                    options: Vec::new(),
                },
            });
            wishes.push(Wish {
                party: party.name.clone(),
                issue: issue.name.clone(),
                ideal: Some(min + (max - min) * numbers.next()),
                salience: Some(numbers.next()),
            });
        }
    }
    let question = Question {
        issues,
        parties,
        acceptances,
    };
    let search = Search {
        wishes,
        frontier: true,
        ..Search::default()
    };
    (question, search)
}
