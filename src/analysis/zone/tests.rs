//! Zones worked out by hand: open, closed, conditional, undecidable, on every kind of scale.

use super::*;
use crate::model::v1::issue::Scale;
use crate::model::v1::ordinal_scale::Point as Step;
use crate::model::v1::{BinaryScale, Bound, OptionScale, OrdinalScale, QuantityScale};

fn quantity(name: &str) -> Issue {
    Issue {
        name: name.to_owned(),
        scale: Some(Scale::Quantity(QuantityScale {
            unit: "percent".to_owned(),
            min: Some(0.0),
            max: Some(100.0),
        })),
    }
}

fn ordinal(name: &str) -> Issue {
    let labels = ["none", "partner", "member", "member with bases"];
    let points = labels
        .iter()
        .zip([0.0, 1.0, 2.0, 3.0])
        .map(|(label, value)| Step {
            value: Some(value),
            label: (*label).to_owned(),
        });
    Issue {
        name: name.to_owned(),
        scale: Some(Scale::Ordinal(OrdinalScale {
            points: points.collect(),
        })),
    }
}

fn options(name: &str) -> Issue {
    Issue {
        name: name.to_owned(),
        scale: Some(Scale::Options(OptionScale {
            ids: ["un", "osce", "nato"].map(ToOwned::to_owned).to_vec(),
        })),
    }
}

fn said(party: &str, issue: &str, min: Option<f64>, max: Option<f64>) -> Acceptance {
    Acceptance {
        party: party.to_owned(),
        issue: issue.to_owned(),
        source: format!("{party} says"),
        basis: Basis::Declared,
        bound: Bound {
            min,
            max,
            options: Vec::new(),
        },
    }
}

fn chooses(party: &str, accepted: &[&str]) -> Acceptance {
    let mut said = said(party, "o", None, None);
    said.bound.options = accepted.iter().map(|option| (*option).to_owned()).collect();
    said
}

fn question(issues: Vec<Issue>, parties: &[&str], acceptances: Vec<Acceptance>) -> Question {
    let parties = parties.iter().map(|name| Party {
        name: (*name).to_owned(),
        veto: None,
    });
    Question {
        issues,
        parties: parties.collect(),
        acceptances,
    }
}

fn run(question: &Question) -> Zone {
    agree(question, &Limits::default()).unwrap()
}

fn one(issue: Issue, parties: &[&str], acceptances: Vec<Acceptance>) -> IssueZone {
    run(&question(vec![issue], parties, acceptances))
        .issues
        .remove(0)
}

#[track_caller]
fn reasons<T: std::fmt::Debug>(answer: Result<T, Error>) -> Vec<&'static str> {
    let Err(Error::Invalid(violations)) = answer else {
        panic!("{answer:?}");
    };
    violations
        .iter()
        .map(|violation| violation.reason)
        .collect()
}

/// Party, side, from, to, opens: as told in one line.
fn hinges(zone: &IssueZone) -> Vec<String> {
    let told = zone.hinges.iter().map(|hinge| {
        let to = hinge.label.clone().or(hinge.to.map(|to| to.to_string()));
        let far = hinge.steps.map(|steps| format!("{steps} steps"));
        let far = far
            .or(hinge.by.map(|by| format!("by {by}")))
            .unwrap_or_default();
        let side = hinge
            .side
            .map(|side| format!(" {side:?}"))
            .unwrap_or_default();
        let effect = if hinge.opens { "opens" } else { "closes" };
        format!(
            "{}{side} to {} {far} {effect}",
            hinge.party,
            to.unwrap_or_default()
        )
    });
    told.collect()
}

#[test]
fn an_overlap_of_quantities_is_open() {
    let zone = one(
        quantity("q"),
        &["a", "b"],
        vec![
            said("a", "q", Some(0.0), Some(60.0)),
            said("b", "q", Some(20.0), Some(100.0)),
        ],
    );
    assert_eq!(zone.status, Status::Open);
    assert_eq!((zone.low, zone.high), (Some(20.0), Some(60.0)));
    assert_eq!(zone.binding, [vec!["b".to_owned()], vec!["a".to_owned()]]);
    assert_eq!(
        hinges(&zone),
        [
            "a Maximum to 20 by -40 closes",
            "b Minimum to 60 by 40 closes",
            "a Minimum to 60 by 60 closes",
            "b Maximum to 20 by -80 closes",
        ]
    );
}

#[test]
fn a_gap_is_closed_and_names_what_opens_it() {
    let zone = one(
        quantity("q"),
        &["a", "b", "c"],
        vec![
            said("a", "q", Some(0.0), Some(30.0)),
            said("b", "q", Some(50.0), Some(100.0)),
            said("c", "q", Some(10.0), Some(80.0)),
        ],
    );
    assert_eq!(zone.status, Status::Closed);
    assert_eq!(
        hinges(&zone),
        [
            "a Maximum to 50 by 20 opens",
            "b Minimum to 30 by -20 opens"
        ]
    );
    assert_eq!(zone.blockers, ["a", "b"]);
    // Two that stand against one: only that one can open it alone.
    let zone = one(
        quantity("q"),
        &["a", "b", "c"],
        vec![
            said("a", "q", Some(0.0), Some(30.0)),
            said("b", "q", Some(50.0), Some(100.0)),
            said("c", "q", Some(40.0), Some(100.0)),
        ],
    );
    assert_eq!(hinges(&zone), ["a Maximum to 50 by 20 opens"]);
    assert_eq!(zone.blockers, ["a"]);
}

#[test]
fn a_bound_that_is_not_stated_makes_it_conditional() {
    let zone = one(
        quantity("q"),
        &["moscow", "kyiv"],
        vec![
            said("moscow", "q", None, Some(70.0)),
            said("kyiv", "q", Some(10.0), Some(40.0)),
        ],
    );
    assert_eq!(zone.status, Status::Conditional);
    let texts: Vec<&str> = zone.conditions.iter().map(|c| c.text.as_str()).collect();
    assert_eq!(texts, ["moscow's minimum is at most 40"]);
    assert!(!zone.mutual);
    // One that says nothing: both ends, which must leave room for each other too.
    let zone = one(
        quantity("q"),
        &["moscow", "kyiv"],
        vec![said("kyiv", "q", Some(10.0), None)],
    );
    let texts: Vec<&str> = zone.conditions.iter().map(|c| c.text.as_str()).collect();
    assert_eq!(
        texts,
        [
            "moscow's minimum leaves room for the others",
            "moscow's maximum is at least 10",
            "kyiv's maximum is at least 10",
        ]
    );
    assert!(zone.mutual);
    assert_eq!(zone.silent, ["moscow"]);
    // What is stated may close it, whatever the rest is.
    let zone = one(
        quantity("q"),
        &["moscow", "kyiv"],
        vec![
            said("moscow", "q", None, Some(5.0)),
            said("kyiv", "q", Some(10.0), None),
        ],
    );
    assert_eq!(zone.status, Status::Closed);
    assert_eq!(zone.conditions, []);
}

#[test]
fn an_ordinal_scale_has_steps_and_no_differences() {
    let zone = one(
        ordinal("n"),
        &["a", "b"],
        vec![
            said("a", "n", Some(0.0), Some(1.0)),
            said("b", "n", Some(2.0), Some(3.0)),
        ],
    );
    assert_eq!(zone.status, Status::Closed);
    assert_eq!(
        hinges(&zone),
        [
            "a Maximum to member 1 steps opens",
            "b Minimum to partner 1 steps opens"
        ]
    );
    assert!(zone.hinges.iter().all(|hinge| hinge.by.is_none()));
    let zone = one(
        ordinal("n"),
        &["a", "b"],
        vec![
            said("a", "n", Some(0.0), Some(2.0)),
            said("b", "n", Some(1.0), None),
        ],
    );
    assert_eq!(zone.steps, ["partner", "member"]);
    assert_eq!(
        zone.conditions[0].text,
        "b's maximum is at least \"partner\""
    );
    // Between two steps there is nothing.
    let zone = one(
        ordinal("n"),
        &["a", "b"],
        vec![
            said("a", "n", Some(0.0), Some(1.7)),
            said("b", "n", Some(1.2), Some(3.0)),
        ],
    );
    assert_eq!(zone.status, Status::Closed);
    assert_eq!(hinges(&zone).len(), 2);
    assert!(hinges(&zone).contains(&"b Minimum to partner 1 steps opens".to_owned()));
}

#[test]
fn a_yes_or_no_question_has_two_steps() {
    let issue = Issue {
        name: "b".to_owned(),
        scale: Some(Scale::Binary(BinaryScale {})),
    };
    let refuses = said("a", "b", Some(0.0), Some(0.0));
    let zone = one(
        issue,
        &["a", "c"],
        vec![refuses, said("c", "b", Some(0.0), Some(1.0))],
    );
    assert_eq!(zone.status, Status::Open);
    assert_eq!(zone.steps, ["no"]);
}

#[test]
fn options_are_shared_or_not() {
    let both = vec![
        chooses("a", &["un", "osce"]),
        chooses("b", &["osce", "nato"]),
    ];
    let zone = one(options("o"), &["a", "b"], both.clone());
    assert_eq!(
        (zone.status, zone.options.as_slice()),
        (Status::Open, &["osce".to_owned()][..])
    );
    assert_eq!(hinges(&zone), ["a to osce  closes", "b to osce  closes"]);
    let zone = one(options("o"), &["a", "b", "c"], both);
    assert_eq!(zone.status, Status::Conditional);
    assert_eq!(zone.conditions[0].text, "c accepts one of osce");
    let apart = vec![chooses("a", &["un"]), chooses("b", &["nato"])];
    let zone = one(options("o"), &["a", "b"], apart);
    assert_eq!(zone.status, Status::Closed);
    assert_eq!(hinges(&zone), ["b to un  opens", "a to nato  opens"]);
    assert_eq!(zone.blockers, ["a", "b"]);
}

#[test]
fn what_cannot_be_said_is_said_to_be_so() {
    let mut issue = quantity("q");
    issue.scale = None;
    let zone = one(issue, &["a"], vec![said("a", "q", Some(1.0), Some(2.0))]);
    assert_eq!(zone.status, Status::Undecidable);
    let own = vec![
        said("a", "q", Some(50.0), Some(100.0)),
        said("a", "q", Some(0.0), Some(40.0)),
        said("b", "q", Some(0.0), Some(100.0)),
    ];
    let zone = one(quantity("q"), &["a", "b"], own.clone());
    assert_eq!(zone.status, Status::Undecidable);
    assert_eq!(
        zone.undecidable_because,
        "a contradicts itself: its minimum 50 by a says and its maximum 40 by a says leave nothing"
    );
    let mut closed = own;
    closed.push(said("c", "q", Some(0.0), Some(0.0)));
    closed.push(said("b", "q", Some(10.0), None));
    let zone = one(quantity("q"), &["a", "b", "c"], closed);
    assert_eq!(zone.status, Status::Closed);
    assert_eq!(zone.undecidable_because, "");
}

#[test]
fn the_package_is_as_closed_as_its_worst_issue() {
    let acceptances = vec![
        said("a", "q", Some(0.0), Some(30.0)),
        said("b", "q", Some(50.0), Some(100.0)),
        said("a", "n", Some(0.0), Some(1.0)),
        said("b", "n", Some(1.0), None),
    ];
    let mut question = question(vec![quantity("q"), ordinal("n")], &["a", "b"], acceptances);
    question.parties[0].veto = Some(true);
    let zone = run(&question);
    assert_eq!(zone.status, Status::Closed);
    assert_eq!(
        (zone.closed_by, zone.conditional_on),
        (vec!["q".to_owned()], vec!["n".to_owned()])
    );
    assert_eq!(
        (zone.vetoes, zone.veto_not_stated),
        (vec!["a".to_owned()], vec!["b".to_owned()])
    );
    assert_eq!(zone.blockers, ["a", "b"]);
    assert_eq!(zone.stated, (7, 8));
    question.acceptances[0].bound.max = Some(60.0);
    assert_eq!(run(&question).status, Status::Conditional);
    question.acceptances[3].bound.max = Some(3.0);
    assert_eq!(run(&question).status, Status::Open);
}

#[test]
fn what_is_supposed_replaces_the_ends_it_states() {
    let mut question = question(
        vec![quantity("q")],
        &["a", "b"],
        vec![
            said("a", "q", Some(0.0), Some(30.0)),
            said("b", "q", Some(50.0), Some(100.0)),
        ],
    );
    assert_eq!(run(&question).status, Status::Closed);
    let mut change = said("b", "q", Some(25.0), None);
    change.basis = Basis::Supposed;
    suppose(&mut question.acceptances, change);
    let altered = run(&question);
    assert_eq!(altered.status, Status::Open);
    let range = &altered.issues[0].ranges[1];
    assert_eq!(range.minimum.as_ref().unwrap().basis, Basis::Supposed);
    assert_eq!(range.maximum.as_ref().unwrap().value, 100.0);
    suppose(&mut question.acceptances, said("c", "q", Some(25.0), None));
    assert_eq!(
        reasons(agree(&question, &Limits::default())),
        ["PARTY_UNKNOWN"]
    );
}

#[test]
fn what_is_wrong_is_named_all_at_once() {
    let mut mixed = said("a", "q", None, None);
    mixed.bound.options = vec!["un".to_owned()];
    let question = question(
        vec![quantity("q"), options("o"), quantity("q")],
        &["a", "a"],
        vec![
            said("b", "p", None, None),
            said("a", "q", Some(60.0), Some(40.0)),
            said("a", "q", Some(-1.0), Some(f64::INFINITY)),
            mixed,
            chooses("a", &["eu"]),
            said("a", "o", Some(1.0), None),
        ],
    );
    assert_eq!(
        reasons(agree(&question, &Limits::default())),
        [
            "DUPLICATE",
            "DUPLICATE",
            "PARTY_UNKNOWN",
            "ISSUE_UNKNOWN",
            "BOUNDS_CONTRADICT",
            "VALUE_OFF_SCALE",
            "NUMBER_NOT_FINITE",
            "BOUND_OF_OTHER_SCALE",
            "OPTION_UNKNOWN",
            "BOUND_OF_OTHER_SCALE",
        ]
    );
    assert_eq!(
        reasons(agree(&Question::default(), &Limits::default())),
        ["NO_ISSUES", "NO_PARTIES"]
    );
    let names: Vec<String> = (0..1_000).map(|at| at.to_string()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let many = self::question(vec![quantity("q")], &names, Vec::new());
    assert_eq!(
        reasons(agree(&many, &Limits::default())),
        ["TOO_MANY_PARTIES"]
    );
}

fn wish(party: &str, issue: &str, ideal: f64, salience: f64) -> Wish {
    Wish {
        party: party.to_owned(),
        issue: issue.to_owned(),
        ideal: Some(ideal),
        salience: Some(salience),
    }
}

/// One quantity: u_a = 1 - x / 60, u_b = (x - 20) / 80, open from 20 to 60.
fn facing() -> (Question, Search) {
    let question = question(
        vec![quantity("q")],
        &["a", "b"],
        vec![
            said("a", "q", Some(0.0), Some(60.0)),
            said("b", "q", Some(20.0), Some(100.0)),
        ],
    );
    let search = Search {
        wishes: vec![wish("a", "q", 0.0, 1.0), wish("b", "q", 100.0, 0.5)],
        frontier: true,
        seed: 3,
        ..Search::default()
    };
    (question, search)
}

#[test]
fn the_nash_point_halves_what_there_is_to_share() {
    let (question, search) = facing();
    let found = solve(&question, &search, &Limits::default()).unwrap();
    // (60 - x)(x - 20) is greatest at 40.
    assert!((found.nash.outcome[0] - 40.0).abs() < 1e-9);
    assert!((found.nash.utilities[0] - 1.0 / 3.0).abs() < 1e-12);
    assert!((found.nash.utilities[1] - 1.0 / 4.0).abs() < 1e-12);
    assert!((found.product - 1.0 / 12.0).abs() < 1e-12);
    assert_eq!((found.ties, found.sampled), (1, None));
    let frontier = found.frontier.unwrap();
    assert_eq!((frontier.total, frontier.sampled), (101, None));
    assert!((frontier.points[0].utilities[0] - 2.0 / 3.0).abs() < 1e-12);
    assert_eq!(frontier.points[100].outcome, [60.0]);
}

#[test]
fn what_one_cares_for_little_is_given_away() {
    let issues = vec![quantity("q"), quantity("r")];
    let acceptances = ["q", "r"]
        .iter()
        .flat_map(|issue| ["a", "b"].map(|party| said(party, issue, Some(0.0), Some(100.0))));
    let question = question(issues, &["a", "b"], acceptances.collect());
    let search = Search {
        wishes: vec![
            wish("a", "q", 0.0, 3.0),
            wish("a", "r", 0.0, 1.0),
            wish("b", "q", 100.0, 1.0),
            wish("b", "r", 100.0, 3.0),
        ],
        frontier: true,
        ..Search::default()
    };
    let found = solve(&question, &search, &Limits::default()).unwrap();
    // Each gets all of what matters to it: 3/4 and 3/4.
    assert_eq!(found.nash.outcome, [0.0, 100.0]);
    assert_eq!(found.nash.utilities, [0.75, 0.75]);
    // The frontier against every outcome tried, without the thinning.
    let frontier = found.frontier.unwrap();
    let all: Vec<(f64, f64)> = (0..=100)
        .flat_map(|q| (0..=100).map(move |r| (f64::from(q), f64::from(r))))
        .map(|(q, r)| {
            let a = (3.0 * (100.0 - q) + (100.0 - r)) / 400.0;
            (a, (q + 3.0 * r) / 400.0)
        })
        .collect();
    let dominated = |point: &(f64, f64)| {
        all.iter().any(|other| {
            let as_good = other.0 >= point.0 - 1e-9 && other.1 >= point.1 - 1e-9;
            as_good && (other.0 > point.0 + 1e-9 || other.1 > point.1 + 1e-9)
        })
    };
    let mut expected: Vec<i64> = all
        .iter()
        .filter(|point| !dominated(point))
        .map(|point| (point.0 * 400.0).round() as i64)
        .collect();
    expected.sort_unstable();
    expected.dedup();
    let mut shown: Vec<i64> = frontier
        .points
        .iter()
        .map(|point| (point.utilities[0] * 400.0).round() as i64)
        .collect();
    shown.sort_unstable();
    assert_eq!(shown, expected);
}

#[test]
fn where_outcomes_are_too_many_they_are_drawn_and_it_is_said() {
    let (question, search) = facing();
    let limits = Limits {
        zone_outcomes_max: 100,
        zone_samples_max: 50,
        ..Limits::default()
    };
    let found = solve(&question, &search, &limits).unwrap();
    assert_eq!(found.sampled, Some(50));
    assert!((found.nash.outcome[0] - 40.0).abs() < 1e-9);
    // Three parties: the frontier is that of the outcomes drawn.
    let (mut question, mut search) = facing();
    question.parties.push(Party {
        name: "c".to_owned(),
        veto: None,
    });
    question
        .acceptances
        .push(said("c", "q", Some(0.0), Some(100.0)));
    search.wishes.push(wish("c", "q", 50.0, 1.0));
    let limits = Limits {
        zone_frontier_points_max: 20,
        ..Limits::default()
    };
    let found = solve(&question, &search, &limits).unwrap();
    assert_eq!(found.sampled, None);
    let frontier = found.frontier.unwrap();
    assert_eq!(frontier.sampled, Some(20));
    assert!(frontier.total <= 20 && !frontier.points.is_empty());
}

#[test]
fn a_solution_needs_quantities_bounds_and_wishes() {
    let limits = Limits::default();
    let (mut question, mut search) = facing();
    search.wishes[1].salience = None;
    search.wishes[0].ideal = None;
    assert_eq!(
        reasons(solve(&question, &search, &limits)),
        ["IDEAL_NOT_STATED", "SALIENCE_NOT_STATED"]
    );
    search = facing().1;
    search.wishes[1].salience = None;
    search.salience_assumed = Some(1.0);
    let found = solve(&question, &search, &limits).unwrap();
    assert_eq!(found.terms[1].salience_assumed, [true]);
    search.wishes[0].ideal = Some(70.0);
    search.salience_assumed = Some(0.0);
    assert_eq!(
        reasons(solve(&question, &search, &limits)),
        ["IDEAL_OUTSIDE_BOUNDS", "WEIGHTS_ZERO"]
    );
    question.acceptances[0].bound.max = None;
    assert_eq!(
        reasons(solve(&question, &search, &limits)),
        ["ZONE_NOT_OPEN"]
    );
    question.issues[0] = ordinal("q");
    question.acceptances.clear();
    question.parties.pop();
    assert_eq!(
        reasons(solve(&question, &search, &limits)),
        ["TOO_FEW_PARTIES", "SCALE_NOT_QUANTITY"]
    );
}
