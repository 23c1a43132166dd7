//! Questions that cannot be answered: each is refused by a name that says why, or answered with an
//! honest "undecidable". None is answered with a number that nothing stands behind.

use chancery::client::{Client, Error, Query, Write};
use chancery::model::v1::interpret_likelihood_request::Given;
use chancery::model::v1::issue::Scale;
use chancery::model::v1::proposal_term::Place;
use chancery::model::v1::{self, ZoneState};
use tempfile::TempDir;

use super::{served, typed};

const OVERRIDES: usize = 1_001;

const RECORD: &str = "\
name: assessments/talks
title: Talks on the strait
participants:
- {id: russia, actor: actors/russia, influence: 0.6}
- {id: ukraine, actor: actors/ukraine, influence: 0.4}
positions:
- {id: a, actor: actors/russia, issue: issues/withdrawal, ideal: 0,
    acceptable: {max: 30}, salience: 0.9}
- {id: b, actor: actors/ukraine, issue: issues/withdrawal, ideal: 90,
    acceptable: {min: 20}, salience: 1}
redLines:
- {id: line, title: No membership, actor: actors/russia, issue: issues/membership,
    posture: POSTURE_PROHIBITS}
tools:
- {id: envoy, title: An envoy, addresses: [assessments/talks/redLines/line],
    ratings: [{criterion: speed, score: 4}]}
";

/// Issues of every sort that a question may be about, and more than one simulation may have.
async fn issues(client: &Client) {
    let quantity = Scale::Quantity(v1::QuantityScale {
        unit: "percent".into(),
        min: Some(0.0),
        max: Some(100.0),
    });
    let step = |(value, label): (i32, &str)| v1::ordinal_scale::Point {
        value: Some(f64::from(value)),
        label: label.into(),
    };
    let ordinal = Scale::Ordinal(v1::OrdinalScale {
        points: [(0, "none"), (1, "talks"), (2, "membership")]
            .map(step)
            .to_vec(),
    });
    let mut scales = vec![
        ("withdrawal".to_owned(), Some(quantity.clone())),
        ("membership".to_owned(), Some(ordinal)),
        ("silence".to_owned(), None),
    ];
    scales.extend((0..33).map(|at| (format!("i{at}"), Some(quantity.clone()))));
    for (id, scale) in scales {
        let issue = v1::Issue {
            title: id.clone(),
            scale,
            ..Default::default()
        };
        client.create(issue, &id, &Write::once()).await.unwrap();
    }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn offers(issue: &str, place: Place) -> Vec<v1::ProposalTerm> {
    vec![v1::ProposalTerm {
        issue: issue.to_owned(),
        place: Some(place),
        ..Default::default()
    }]
}

fn check(terms: Vec<v1::ProposalTerm>) -> v1::CheckProposalRequest {
    v1::CheckProposalRequest {
        terms,
        ..Default::default()
    }
}

fn zone(parties: &[&str], issues: &[&str]) -> v1::FindAgreementZoneRequest {
    v1::FindAgreementZoneRequest {
        parties: owned(parties),
        issues: owned(issues),
        ..Default::default()
    }
}

fn simulation(issues: &[&str]) -> v1::SimulateBargainingRequest {
    v1::SimulateBargainingRequest {
        issues: owned(issues),
        ..Default::default()
    }
}

/// Russia's stand on the withdrawal, supposed.
fn suppose(change: impl FnOnce(&mut v1::PositionOverride)) -> Vec<v1::PositionOverride> {
    let mut one = v1::PositionOverride {
        actor: "actors/russia".into(),
        issue: "issues/withdrawal".into(),
        ..Default::default()
    };
    change(&mut one);
    vec![one]
}

/// Questions and how each was refused: one that was answered is a failure of the test.
#[derive(Default)]
struct Refusals(Vec<String>);

impl Refusals {
    /// Notes what is wrong with an answer: none was due, and the refusal names this reason, at
    /// this field.
    fn expect<T>(&mut self, field: &str, reason: &str, answer: Result<T, Error>) {
        let told = match answer {
            Ok(_answered) => "it was answered".to_owned(),
            Err(error) => {
                let mut violations = error.violations().iter();
                if violations.any(|one| one.reason == reason && one.field.starts_with(field)) {
                    return;
                }
                format!("{error:?}")
            }
        };
        self.0.push(format!("{reason} at {field}: {told}"));
    }
}

const BOTH: [&str; 2] = ["actors/russia", "actors/ukraine"];
const WITHDRAWAL: [&str; 1] = ["issues/withdrawal"];

async fn proposals(client: &Client, refusals: &mut Refusals) {
    let wrong = [
        ("terms", "TERMS_MISSING", Vec::new()),
        (
            "terms[0].issue",
            "ISSUE_UNKNOWN",
            offers("issues/nowhere", Place::Amount(1.0)),
        ),
        (
            "terms[0].amount",
            "VALUE_OFF_SCALE",
            offers("issues/withdrawal", Place::Amount(101.0)),
        ),
        (
            "terms[0].amount",
            "NUMBER_NOT_FINITE",
            offers("issues/withdrawal", Place::Amount(f64::NAN)),
        ),
        (
            "terms[0].amount",
            "VALUE_OFF_SCALE",
            offers("issues/membership", Place::Amount(1.5)),
        ),
        (
            "terms[0].amount",
            "SCALE_MISMATCH",
            offers("issues/silence", Place::Amount(1.0)),
        ),
        (
            "terms[0].step",
            "STEP_UNKNOWN",
            offers("issues/membership", Place::Step("observer".into())),
        ),
        (
            "terms[0].step",
            "SCALE_MISMATCH",
            offers("issues/withdrawal", Place::Step("half".into())),
        ),
        (
            "terms",
            "TERMS_TOO_MANY",
            vec![offers("issues/withdrawal", Place::Amount(1.0)); 1_001].concat(),
        ),
    ];
    for (field, reason, terms) in wrong {
        refusals.expect(field, reason, client.check_proposal(check(terms)).await);
    }
}

async fn zones(client: &Client, actors: &[&str], issues: &[&str], refusals: &mut Refusals) {
    let supposed = |overrides| v1::FindAgreementZoneRequest {
        overrides,
        ..zone(&BOTH, &WITHDRAWAL)
    };
    let crossed = suppose(|one| (one.min, one.max) = (Some(60.0), Some(40.0)));
    let wrong = [
        ("parties", "NO_PARTIES", zone(&[], &WITHDRAWAL)),
        (
            "parties[0]",
            "ACTOR_UNKNOWN",
            zone(&["actors/nobody", "actors/russia"], &WITHDRAWAL),
        ),
        (
            "issues[0]",
            "ISSUE_UNKNOWN",
            zone(&BOTH, &["issues/nowhere"]),
        ),
        ("parties", "TOO_MANY_PARTIES", zone(actors, &WITHDRAWAL)),
        ("issues", "TOO_MANY_ISSUES", zone(&BOTH, issues)),
        ("", "BOUNDS_CONTRADICT", supposed(crossed)),
        (
            "",
            "VALUE_OFF_SCALE",
            supposed(suppose(|one| one.max = Some(130.0))),
        ),
        (
            "",
            "NUMBER_NOT_FINITE",
            supposed(suppose(|one| one.min = Some(f64::NAN))),
        ),
        (
            "overrides[0].actor",
            "PARTY_UNKNOWN",
            supposed(suppose(|one| one.actor = "actors/nato".into())),
        ),
        (
            "overrides",
            "OVERRIDES_TOO_MANY",
            supposed(vec![suppose(|one| one.min = Some(1.0)); OVERRIDES].concat()),
        ),
    ];
    for (field, reason, request) in wrong {
        refusals.expect(field, reason, client.find_agreement_zone(request).await);
    }
}

async fn simulations(client: &Client, actors: &[&str], issues: &[&str], refusals: &mut Refusals) {
    let supposed = |overrides| v1::SimulateBargainingRequest {
        overrides,
        ..simulation(&WITHDRAWAL)
    };
    let drawn = |draws| v1::SimulateBargainingRequest {
        draws,
        ..simulation(&WITHDRAWAL)
    };
    let crowd = v1::SimulateBargainingRequest {
        actors: owned(actors),
        ..simulation(&WITHDRAWAL)
    };
    let wrong = [
        ("issues", "NO_ISSUES", simulation(&[])),
        (
            "issues[0]",
            "ISSUE_UNKNOWN",
            simulation(&["issues/nowhere"]),
        ),
        ("actors", "NO_POSITIONS", simulation(&["issues/i0"])),
        (
            "issues[0]",
            "SCALE_NOT_NUMERIC",
            simulation(&["issues/membership"]),
        ),
        (
            "issues[0]",
            "SCALE_NOT_NUMERIC",
            simulation(&["issues/silence"]),
        ),
        ("issues", "TOO_MANY_ISSUES", simulation(issues)),
        ("actors", "TOO_MANY_ACTORS", crowd),
        ("draws", "DRAWS_NEGATIVE", drawn(-1)),
        ("", "TOO_MANY_SAMPLES", drawn(1_001)),
        (
            "",
            "VALUE_OFF_SCALE",
            supposed(suppose(|one| one.ideal = Some(-1.0))),
        ),
        (
            "",
            "NUMBER_NOT_FINITE",
            supposed(suppose(|one| one.ideal = Some(f64::INFINITY))),
        ),
        (
            "",
            "WEIGHT_NEGATIVE",
            supposed(suppose(|one| one.salience = Some(-0.5))),
        ),
        (
            "",
            "WEIGHT_NEGATIVE",
            supposed(suppose(|one| one.influence = Some(-1.0))),
        ),
        (
            "",
            "NUMBER_NOT_FINITE",
            supposed(suppose(|one| one.influence = Some(f64::NAN))),
        ),
        (
            "overrides[0].actor",
            "ACTOR_UNKNOWN",
            supposed(suppose(|one| one.actor = "actors/nato".into())),
        ),
        (
            "overrides",
            "OVERRIDES_TOO_MANY",
            supposed(vec![suppose(|one| one.ideal = Some(1.0)); OVERRIDES].concat()),
        ),
    ];
    for (field, reason, request) in wrong {
        refusals.expect(field, reason, client.simulate_bargaining(request).await);
    }
}

async fn rankings(client: &Client, refusals: &mut Refusals) {
    let rank = |targets: &[&str], weights: &[(&str, f64)]| v1::RankToolsRequest {
        targets: owned(targets),
        weights: weights
            .iter()
            .map(|(criterion, weight)| ((*criterion).to_owned(), *weight))
            .collect(),
        ..Default::default()
    };
    let line = ["assessments/talks/redLines/line"];
    let wrong = [
        ("targets", "NO_TARGETS", rank(&[], &[])),
        (
            "targets[0]",
            "TARGET_UNKNOWN",
            rank(&["assessments/talks/risks/none"], &[]),
        ),
        (
            "weights",
            "WEIGHT_NEGATIVE",
            rank(&line, &[("speed", -1.0)]),
        ),
        (
            "weights",
            "NUMBER_NOT_FINITE",
            rank(&line, &[("speed", f64::NAN)]),
        ),
        ("weights", "WEIGHTS_ZERO", rank(&line, &[("speed", 0.0)])),
        (
            "weights",
            "CRITERION_UNKNOWN",
            rank(&line, &[("charm", 1.0)]),
        ),
    ];
    for (field, reason, request) in wrong {
        refusals.expect(field, reason, client.rank_tools(request).await);
    }
}

async fn maps_and_words(client: &Client, refusals: &mut Refusals) {
    let map = |perspective: &str, matrix| v1::RiskMatrixRequest {
        perspective: perspective.into(),
        matrix,
        ..Default::default()
    };
    let bare = v1::MatrixDefinition {
        name: "bare".into(),
        ..Default::default()
    };
    let wrong = [
        ("perspective", "PERSPECTIVE_MISSING", map("", None)),
        ("perspective", "ACTOR_UNKNOWN", map("actors/nobody", None)),
        ("matrix", "MATRIX_MALFORMED", map("actors/-", Some(bare))),
    ];
    for (field, reason, request) in wrong {
        refusals.expect(field, reason, client.risk_matrix(request).await);
    }
    let read = |given| v1::InterpretLikelihoodRequest {
        scheme: v1::LikelihoodScheme::Icd203.into(),
        given,
    };
    let wrong = [
        ("", "NOTHING_GIVEN", read(None)),
        (
            "term",
            "TERM_UNKNOWN",
            read(Some(Given::Term("perhaps".into()))),
        ),
        (
            "probability",
            "PROBABILITY_OUT_OF_RANGE",
            read(Some(Given::Probability(1.5))),
        ),
        (
            "probability",
            "PROBABILITY_OUT_OF_RANGE",
            read(Some(Given::Probability(f64::NAN))),
        ),
    ];
    for (field, reason, request) in wrong {
        refusals.expect(field, reason, client.interpret_likelihood(request).await);
    }
    let trace = |depth| v1::TraceRequest {
        name: "assessments/talks/redLines/line".into(),
        depth,
        ..Default::default()
    };
    for (reason, depth) in [("DEPTH_NEGATIVE", -1), ("DEPTH_TOO_LARGE", 21)] {
        refusals.expect("depth", reason, client.trace(trace(depth)).await);
    }
}

#[tokio::test]
async fn a_question_that_cannot_be_answered_is_refused_by_name() {
    let folder = TempDir::new().unwrap();
    let (running, client) = served(&folder).await;
    issues(&client).await;
    std::fs::write(folder.path().join("talks.yaml"), RECORD).unwrap();
    let apply = ["apply", "-f", "talks.yaml"];
    typed(&running, folder.path(), &apply).await;
    let _published = typed(&running, folder.path(), &["publish", "talks"]).await;
    let actors = client.all::<v1::Actor>(Query::default()).await.unwrap();
    let actors: Vec<&str> = actors
        .iter()
        .map(|actor| actor.name.as_str())
        .take(129)
        .collect();
    assert_eq!(actors.len(), 129);
    let numbered: Vec<String> = (0..33).map(|at| format!("issues/i{at}")).collect();
    let numbered: Vec<&str> = numbered.iter().map(String::as_str).collect();

    let mut refusals = Refusals::default();
    proposals(&client, &mut refusals).await;
    zones(&client, &actors, &numbered, &mut refusals).await;
    simulations(&client, &actors, &numbered, &mut refusals).await;
    rankings(&client, &mut refusals).await;
    maps_and_words(&client, &mut refusals).await;
    assert!(refusals.0.is_empty(), "{:#?}", refusals.0);
    running.stop().await;
}

#[tokio::test]
async fn what_nobody_stated_is_undecidable_and_an_empty_scope_says_so() {
    let folder = TempDir::new().unwrap();
    let (running, client) = served(&folder).await;
    issues(&client).await;
    let request = check(offers("issues/withdrawal", Place::Amount(50.0)));
    let told = client.check_proposal(request).await.unwrap();
    assert!(told.lines.is_empty() && told.counts.is_empty(), "{told:?}");

    let told = client
        .find_agreement_zone(v1::FindAgreementZoneRequest {
            bargaining_solution: true,
            ..zone(&BOTH, &["issues/withdrawal", "issues/silence"])
        })
        .await
        .unwrap();
    let states: Vec<ZoneState> = told.issues.iter().map(v1::IssueZone::state).collect();
    assert_eq!(states, [ZoneState::Conditional, ZoneState::Undecidable]);
    let ends = told.issues[0].zone.clone().unwrap_or_default();
    assert_eq!((ends.min, ends.max), (None, None));
    let conditions = &told.issues[0].conditions;
    assert!(conditions.len() == 4 && conditions.iter().all(|one| one.threshold.is_none()));
    assert_eq!(told.nash_point, None);
    assert!(!told.no_solution_reason.is_empty(), "{told:?}");

    let nowhere = v1::CheckProposalRequest {
        scope: Some(v1::AnalysisScope {
            assessments: owned(&["assessments/nowhere"]),
            ..Default::default()
        }),
        ..check(offers("issues/withdrawal", Place::Amount(50.0)))
    };
    let error = client.check_proposal(nowhere).await.unwrap_err();
    assert_eq!(error.code_name(), "NOT_FOUND");
    running.stop().await;
}
