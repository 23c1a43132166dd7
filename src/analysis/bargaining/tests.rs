//! The election against figures worked out by hand, and against KTAB's published run.
//!
//! The run SOE-Pol-Comp and our recomputation of it are read from beside the checkout and the test
//! says so where they are missing; the cases by hand always run.

use std::path::{Path, PathBuf};

use super::*;
use crate::model::v1::issue::Scale;
use crate::model::v1::{OrdinalScale, QuantityScale};

fn quantity(name: &str, min: f64, max: f64) -> Issue {
    Issue {
        name: name.to_owned(),
        scale: Some(Scale::Quantity(QuantityScale {
            unit: "points".to_owned(),
            min: Some(min),
            max: Some(max),
        })),
    }
}

fn actor(name: &str, capability: f64, stands: &[(&str, f64, f64)]) -> Actor {
    let stands = stands.iter().map(|(issue, ideal, salience)| Stand {
        issue: (*issue).to_owned(),
        ideal: Some(Measure::exact(*ideal)),
        salience: Some(Measure::exact(*salience)),
    });
    Actor {
        name: name.to_owned(),
        capability: Some(Measure::exact(capability)),
        stands: stands.collect(),
    }
}

/// Two actors at 0, one at 50, one at 100, all of one weight.
fn four() -> Setting {
    let at = |name, ideal| actor(name, 1.0, &[("issues/x", ideal, 1.0)]);
    Setting {
        issues: vec![quantity("issues/x", 0.0, 100.0)],
        actors: vec![at("a", 0.0), at("b", 0.0), at("c", 50.0), at("d", 100.0)],
        ..Setting::default()
    }
}

fn run(setting: &Setting) -> Simulation {
    simulate(setting, &Limits::default()).unwrap()
}

#[track_caller]
fn close(found: f64, expected: f64, tolerance: f64) {
    assert!(
        (found - expected).abs() <= tolerance,
        "{found} is not {expected}"
    );
}

/// The reasons of everything that is wrong, in order.
fn reasons(setting: &Setting) -> Vec<&'static str> {
    let Err(Error::Invalid(violations)) = simulate(setting, &Limits::default()) else {
        panic!("it was accepted");
    };
    violations
        .iter()
        .map(|violation| violation.reason)
        .collect()
}

#[test]
fn duplicates_count_in_the_attitudes_to_risk() {
    let simulation = run(&four());
    // x(0>50) = x(50>0) = 1; x(0>100) = 2, x(100>0) = 1; x(50>100) = 1.5, x(100>50) = 0.5; so the
    // products are 1/2 1/2 2/3 (twice), 1/2 1/2 3/4 and 1/3 1/3 1/4: 24, 24, 27 and 4 of 79.
    let neutral = [24.0, 24.0, 27.0, 4.0].map(|part| part / 79.0);
    let risk = [37.0 / 46.0, 37.0 / 46.0, 1.0, -0.5];
    // With them x(0>50) is 55/92 to 57.5/92 and x(50>100) 152/92 to 57.5/92.
    let products = [
        22.0 / 45.0 * 2.0 / 3.0,
        23.0 / 45.0 * 304.0 / 419.0,
        115.0 / 419.0 / 3.0,
    ];
    let sum: f64 = products.iter().sum();
    for (at, standing) in simulation.standings.iter().enumerate() {
        close(standing.neutral_probability, neutral[at], 1e-12);
        close(standing.risk_attitude, risk[at], 1e-12);
        close(
            standing.win_probability,
            products[standing.candidate] / sum,
            1e-12,
        );
    }
    assert_eq!(simulation.candidates.len(), 3);
    assert_eq!(simulation.candidates[0].holders, ["a", "b"]);
    close(simulation.neutral.support[0][3], 2.0, 0.0);
    close(simulation.forecast.beats[1][2], 304.0 / 419.0, 1e-12);
}

#[test]
fn mean_and_median_are_those_of_the_published_car_emission_case() {
    let states = [
        ("netherlands", 0.08, 4.0, 80.0),
        ("belgium", 0.08, 7.0, 40.0),
        ("luxembourg", 0.03, 4.0, 20.0),
        ("germany", 0.16, 4.0, 80.0),
        ("france", 0.16, 10.0, 60.0),
        ("italy", 0.16, 10.0, 60.0),
        ("uk", 0.16, 10.0, 90.0),
        ("ireland", 0.05, 7.0, 10.0),
        ("denmark", 0.05, 4.0, 100.0),
        ("greece", 0.08, 7.0, 70.0),
    ];
    let of = |(name, capability, years, salience): &(&str, f64, f64, f64)| {
        actor(name, *capability, &[("issues/years", *years, *salience)])
    };
    let setting = Setting {
        issues: vec![quantity("issues/years", 0.0, 10.0)],
        actors: states.iter().map(of).collect(),
        ..Setting::default()
    };
    let baseline = &run(&setting).baselines[0];
    close(baseline.mean.unwrap(), 7.389_955_687, 1e-9);
    close(baseline.median.unwrap(), 7.0, 0.0);
}

#[test]
fn the_median_is_reached_at_exactly_half() {
    let weighted = [(3.0, 0.1), (1.0, 0.1), (2.0, 0.1), (4.0, 0.1)];
    assert_eq!(field::median(&weighted), Some(2.0));
    assert_eq!(field::mean(&weighted), Some(2.5));
    assert_eq!(field::median(&[(1.0, 0.0)]), None);
    assert_eq!(field::mean(&[]), None);
}

#[test]
fn equal_positions_have_no_attitudes_to_risk() {
    let mut setting = four();
    setting.actors.truncate(2);
    let simulation = run(&setting);
    assert!(!simulation.risk_defined);
    assert_eq!(simulation.standings[1].risk_attitude, 0.0);
    assert_eq!(simulation.standings[1].neutral_probability, 0.5);
    assert_eq!(simulation.candidates[0].probability, 1.0);
}

#[test]
fn many_actors_do_not_vanish_in_small_numbers() {
    let mut setting = four();
    setting.actors = (0..128)
        .map(|at| {
            let weight = if at == 0 { 1e9 } else { 1e-3 };
            let ideal = f64::from(at) / 1.28;
            actor(&at.to_string(), weight, &[("issues/x", ideal, 1.0)])
        })
        .collect();
    let simulation = run(&setting);
    let sum: f64 = simulation.candidates.iter().map(|c| c.probability).sum();
    close(sum, 1.0, 1e-9);
    assert!(simulation.candidates[0].probability > 0.99);
}

#[test]
fn what_is_not_stated_leaves_out_or_is_assumed_aloud() {
    let mut setting = four();
    setting.actors[3].capability = None;
    setting.actors[1].stands[0].salience = None;
    let simulation = run(&setting);
    assert_eq!(simulation.standings.len(), 2);
    let missing: Vec<(&str, Input)> = simulation
        .left_out
        .iter()
        .map(|omission| (omission.actor.as_str(), omission.missing))
        .collect();
    assert_eq!(missing, [("b", Input::Salience), ("d", Input::Capability)]);
    setting.salience_assumed = Some(1.0);
    setting.capability_assumed = Some(1.0);
    let assumed = run(&setting);
    assert_eq!(assumed.left_out, []);
    assert_eq!(assumed.assumed.len(), 2);
    assert_eq!(assumed.candidates, run(&four()).candidates);
    setting.actors[0].stands.clear();
    assert_eq!(run(&setting).left_out[0].missing, Input::Ideal);
}

#[test]
fn what_is_wrong_is_named_all_at_once() {
    let mut setting = four();
    setting.actors[0].capability = Some(Measure::exact(-1.0));
    setting.actors[1].stands[0].salience = Some(Measure::exact(f64::NAN));
    setting.actors[2].stands[0].ideal = Some(Measure::exact(101.0));
    setting.actors[3].stands[0].issue = "issues/y".to_owned();
    setting.actors[3].name = "a".to_owned();
    assert_eq!(
        reasons(&setting),
        [
            "DUPLICATE",
            "WEIGHT_NEGATIVE",
            "NUMBER_NOT_FINITE",
            "VALUE_OFF_SCALE",
            "ISSUE_UNKNOWN"
        ]
    );
    setting = four();
    setting.actors[0].stands[0].ideal = Some(Measure {
        best: 10.0,
        low: 20.0,
        high: 5.0,
    });
    assert_eq!(reasons(&setting), ["BOUNDS_CONTRADICT"]);
    assert_eq!(reasons(&Setting::default()), ["NO_ISSUES"]);
    setting = four();
    setting.actors.clear();
    assert_eq!(reasons(&setting), ["NO_POSITIONS"]);
    setting.actors = vec![actor("a", 1.0, &[]); 1_000];
    assert_eq!(reasons(&setting)[0], "TOO_MANY_ACTORS");
}

#[test]
fn scales_without_distances_are_refused() {
    let mut setting = four();
    setting.issues[0].scale = Some(Scale::Ordinal(OrdinalScale::default()));
    assert_eq!(reasons(&setting), ["SCALE_NOT_NUMERIC"]);
    setting.issues[0].scale = None;
    assert_eq!(reasons(&setting), ["SCALE_NOT_NUMERIC"]);
    for (min, max) in [
        (None, Some(1.0)),
        (Some(1.0), Some(1.0)),
        (Some(-1e308), Some(1e308)),
    ] {
        setting.issues[0].scale = Some(Scale::Quantity(QuantityScale {
            unit: "points".to_owned(),
            min,
            max,
        }));
        assert_eq!(reasons(&setting)[0], "SCALE_WITHOUT_ENDS");
    }
}

#[test]
fn a_counterfactual_shows_both_and_the_difference() {
    let mut altered = four();
    altered.actors[3].stands[0].ideal = Some(Measure::exact(0.0));
    let answer = compare(run(&four()), run(&altered));
    assert_eq!(answer.altered.candidates.len(), 2);
    let (name, difference) = &answer.differences[3];
    assert_eq!(name, "d");
    let expected =
        answer.altered.candidates[0].probability - answer.actual.candidates[2].probability;
    close(*difference, expected, 0.0);
    let shift = &answer.shifts[0];
    assert!(shift.expected < 0.0);
    assert_eq!((shift.mean, shift.median), (Some(-25.0), Some(0.0)));
}

#[test]
fn the_spread_repeats_with_its_seed() {
    let mut setting = four();
    setting.actors[2].stands[0].ideal = Some(Measure::around(50.0, 20.0));
    setting.actors[3].stands[0].ideal = Some(Measure::around(100.0, 10.0));
    let sampling = Sampling {
        samples: 200,
        seed: 42,
    };
    let limits = Limits::default();
    let found = spread(&setting, sampling, &limits).unwrap();
    assert_eq!(found, spread(&setting, sampling, &limits).unwrap());
    let other = Sampling {
        seed: 43,
        ..sampling
    };
    assert_ne!(
        found.actors,
        spread(&setting, other, &limits).unwrap().actors
    );
    assert_eq!(found.varied.len(), 2);
    assert_eq!(found.varied[1].high, 100.0);
    for range in &found.actors {
        assert!(
            range.least <= range.low && range.low <= range.median,
            "{range:?}"
        );
        assert!(
            range.median <= range.high && range.high <= range.most,
            "{range:?}"
        );
    }
    assert!(found.actors[2].least < found.actors[2].most);
    assert!(found.issues[0].least < found.issues[0].most);
    // Nothing to draw: every draw is the simulation itself.
    let fixed = spread(&four(), sampling, &limits).unwrap();
    assert_eq!(fixed.varied, []);
    assert_eq!(fixed.actors[0].least, fixed.actors[0].most);
    assert_eq!(
        fixed.actors[0].most,
        run(&four()).standings[0].win_probability
    );
    let none = Sampling {
        samples: 0,
        seed: 1,
    };
    assert_eq!(
        spread(&four(), none, &limits).unwrap_err().reason(),
        "NO_SAMPLES"
    );
}

/// Where published runs of KTAB lie: `NAME.csv` with `NAME_turn0_chain.csv`, `NAME_winprob.csv` or
/// both beside it.
fn data() -> PathBuf {
    std::env::var_os("CHANCERY_TEST_KTAB").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/ktab"),
        PathBuf::from,
    )
}

/// The cells of each line that is not blank; commas within quotation marks separate nothing.
fn rows(text: &str) -> Vec<Vec<String>> {
    let cells = |line: &str| {
        let mut cells = vec![String::new()];
        let mut quoted = false;
        for letter in line.chars() {
            match letter {
                '"' => quoted = !quoted,
                ',' if !quoted => cells.push(String::new()),
                letter => cells.last_mut().unwrap().push(letter),
            }
        }
        let mut cells: Vec<String> = cells.iter().map(|cell| cell.trim().to_owned()).collect();
        while cells.len() > 1 && cells.last().is_some_and(String::is_empty) {
            cells.pop();
        }
        cells
    };
    let lines = text.trim_start_matches('\u{feff}').lines();
    lines
        .filter(|line| !line.trim().is_empty())
        .map(cells)
        .collect()
}

/// KTAB's own format: a line about the scenario that ends with the numbers of actors and of
/// dimensions, one of headings, then name, description, influence, and position and salience for
/// each dimension. Figures are counted from the end, for a description may hold commas.
fn setting(text: &str) -> Setting {
    let rows = rows(text);
    let number = |cell: &String| cell.parse::<f64>().unwrap();
    let [.., count, dimensions] = rows[0].as_slice() else {
        panic!("{:?} names no numbers of actors and dimensions", rows[0]);
    };
    let (count, dimensions) = (number(count) as usize, number(dimensions) as usize);
    let names: Vec<String> = (0..dimensions).map(|k| format!("issues/{k}")).collect();
    let actors = rows[2..].iter().map(|row| {
        let figures: Vec<f64> = row[row.len() - 1 - 2 * dimensions..]
            .iter()
            .map(number)
            .collect();
        let stands: Vec<(&str, f64, f64)> = figures[1..]
            .chunks(2)
            .zip(&names)
            .map(|(pair, name)| (name.as_str(), pair[0], pair[1]))
            .collect();
        actor(&row[0], figures[0], &stands)
    });
    let setting = Setting {
        actors: actors.collect(),
        issues: names
            .iter()
            .map(|name| quantity(name, 0.0, 100.0))
            .collect(),
        ..Setting::default()
    };
    assert_eq!(setting.actors.len(), count);
    setting
}

/// The greatest differences from what a run of KTAB printed: of win probabilities, of attitudes to
/// risk. Columns are found by their headings, for not every run has all.
fn against_chain(simulation: &Simulation, chain: &str) -> (f64, f64) {
    let chain = rows(chain);
    assert_eq!(chain.len(), simulation.standings.len() + 1);
    let (mut worst_win, mut worst_risk) = (0.0_f64, 0.0_f64);
    for (standing, row) in simulation.standings.iter().zip(&chain[1..]) {
        assert_eq!(standing.actor, row[0]);
        let figure = |heading: &str| {
            let at = chain[0].iter().position(|known| known == heading)?;
            row.get(at)?.parse::<f64>().ok()
        };
        // Where it was recomputed to the last digit, so must this be.
        for (heading, found) in [
            ("pce_risk_neutral", standing.neutral_probability),
            ("risk_attitude", standing.risk_attitude),
            ("win_probability", standing.win_probability),
        ] {
            close(found, figure(heading).unwrap_or(found), 1e-12);
        }
        let off = |heading: &str, found: f64| {
            figure(heading).map_or(0.0, |printed| (printed - found).abs())
        };
        worst_win = worst_win.max(off("printed_win_probability", standing.win_probability));
        worst_risk = worst_risk.max(off("printed_risk", standing.risk_attitude));
    }
    (worst_win, worst_risk)
}

/// The greatest difference from the win probabilities that were printed for the first turn.
fn against_turns(simulation: &Simulation, turns: &str) -> f64 {
    let turns = rows(turns);
    let printed = |actor: &str| {
        let row = turns.iter().find(|row| row[0] == actor);
        row.unwrap_or_else(|| panic!("{actor}"))[1]
            .parse::<f64>()
            .unwrap()
    };
    let standings = simulation.standings.iter();
    standings
        .map(|one| (one.win_probability - printed(&one.actor)).abs())
        .fold(0.0, f64::max)
}

#[test]
fn the_published_runs_of_ktab_are_met() {
    let Ok(folder) = std::fs::read_dir(data()) else {
        println!("skipped: the published runs of KTAB are not beside this checkout");
        return;
    };
    let mut met = 0;
    for file in folder {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let Some(run_of) = name.strip_suffix(".csv") else {
            continue;
        };
        let beside = |what: &str| {
            std::fs::read_to_string(path.with_file_name(format!("{run_of}_{what}.csv"))).ok()
        };
        let (chain, turns) = (beside("turn0_chain"), beside("winprob"));
        if chain.is_none() && turns.is_none() {
            continue;
        }
        let simulation = run(&setting(&std::fs::read_to_string(&path).unwrap()));
        let (mut win, risk) = chain.map_or((0.0, 0.0), |it| against_chain(&simulation, &it));
        win = turns.map_or(win, |turns| win.max(against_turns(&simulation, &turns)));
        println!("{run_of}: worst error: win probability {win:.1e}, risk attitude {risk:.1e}");
        assert!(win <= 1e-4 && risk <= 5e-4, "{run_of}");
        met += 1;
    }
    assert!(met > 0, "no run of KTAB in {}", data().display());
}

#[test]
fn the_format_of_ktab_is_read_whatever_its_size() {
    let text = "Three,a \"small, quoted\" case, 2, 3, \n\
                Actor,Description,Influence,A Position,A Salience,B Position,B Salience,C,C\n\
                \n\
                X,\"first, of two\", 1, 0, 0.5, 10, 0.25, 20, 0.25,\n\
                Y,second, of two, 2.5, 100, 50, 90, 25, 80, 25\n";
    let read = setting(text);
    assert_eq!(read.issues.len(), 3);
    let told: Vec<(&str, f64, f64)> = read
        .actors
        .iter()
        .map(|one| {
            let last = one.stands[2].ideal.unwrap().best;
            (one.name.as_str(), one.capability.unwrap().best, last)
        })
        .collect();
    assert_eq!(told, [("X", 1.0, 20.0), ("Y", 2.5, 80.0)]);
    // Saliences of 0 to 1 and of 0 to 100 are the same: only their ratios count.
    let mut hundredfold = read.clone();
    for stand in &mut hundredfold.actors[0].stands {
        stand.salience = stand.salience.map(|one| Measure::exact(one.best * 100.0));
    }
    let (one, other) = (run(&read), run(&hundredfold));
    close(
        one.candidates[0].probability,
        other.candidates[0].probability,
        1e-12,
    );
}

mod numbers {
    use proptest::prelude::*;

    use super::*;

    /// From nothing to far beyond what may be computed with.
    fn weight() -> impl Strategy<Value = f64> {
        prop_oneof![
            Just(0.0),
            Just(f64::MIN_POSITIVE / 4.0),
            Just(f64::MAX),
            (-320.0..308.0_f64).prop_map(|power| 10_f64.powf(power)),
        ]
    }

    proptest! {
        /// Whatever the weights and the scale: refused by name, or every figure is a number.
        #[test]
        fn no_figure_is_ever_not_a_number(
            actors in proptest::collection::vec((weight(), weight(), 0.0..=1.0_f64), 1..6),
            top in 1e-300..1e300_f64,
        ) {
            let all = actors.iter().enumerate().map(|(at, (capability, salience, part))| {
                actor(&at.to_string(), *capability, &[("issues/x", part * top, *salience)])
            });
            let setting = Setting {
                issues: vec![quantity("issues/x", 0.0, top)],
                actors: all.collect(),
                ..Setting::default()
            };
            let sampling = Sampling { samples: 3, seed: 1 };
            let limits = Limits::default();
            match (simulate(&setting, &limits), spread(&setting, sampling, &limits)) {
                (Ok(found), Ok(drawn)) => {
                    let told = format!("{found:?}{drawn:?}");
                    prop_assert!(!told.contains("NaN") && !told.contains("inf"), "{told}");
                }
                (Err(error), Err(_)) => prop_assert_eq!(error.reason(), "NUMBER_TOO_LARGE"),
                (one, other) => prop_assert!(false, "{one:?} {other:?}"),
            }
        }
    }
}

#[test]
fn where_nobody_has_weight_nothing_is_expected() {
    let mut setting = four();
    for actor in &mut setting.actors {
        actor.capability = Some(Measure::exact(0.0));
    }
    assert_eq!(reasons(&setting), ["WEIGHTS_ZERO"]);
    let mut indifferent = four();
    for actor in &mut indifferent.actors {
        actor.stands[0].salience = Some(Measure::exact(0.0));
    }
    assert_eq!(reasons(&indifferent), ["WEIGHTS_ZERO"]);
    setting.actors[0].capability = Some(Measure::exact(1.0));
    close(run(&setting).baselines[0].mean.unwrap(), 0.0, 1e-12);
}
