//! All twelve questions, asked of one record: every answer says what it rests on, and none is
//! given to, or coloured for, a caller by what he may not see.

use std::fmt::Debug;

use chancery::client::{Client, Error, Write};
use chancery::model::v1::{self, interpret_likelihood_request::Given};
use chancery::wire::json;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{brings_about, served, typed};

const SHELLING: &str = "assessments/talks/risks/shelling";
const MEMBERSHIP: &str = "issues/membership";
const WITHDRAWAL: &str = "issues/withdrawal";
/// The revision after the issues: nothing is assessed yet.
const BEFORE: i64 = 3;

/// Lines, positions and all else that a question may look at; much is left open on purpose.
fn talks() -> Value {
    json!({
        "title": "Talks",
        "participants": [
            {"id": "russia", "actor": "actors/russia", "influence": 0.5, "veto": true},
            {"id": "ukraine", "actor": "actors/ukraine", "influence": 0.4},
        ],
        "positions": [
            {"id": "a", "actor": "actors/russia", "issue": WITHDRAWAL, "ideal": 0,
             "acceptable": {"max": 30}, "salience": 0.9},
            {"id": "b", "actor": "actors/ukraine", "issue": WITHDRAWAL, "ideal": 100,
             "salience": 1},
            {"id": "c", "actor": "actors/ukraine", "issue": MEMBERSHIP},
        ],
        "redLines": [
            {"id": "one", "title": "No membership", "actor": "actors/russia",
             "issue": MEMBERSHIP, "posture": "POSTURE_PROHIBITS"},
            {"id": "two", "title": "The districts", "actor": "actors/russia"},
        ],
        "risks": [{"id": "shelling", "statement": "The shelling resumes.",
                   "borneBy": ["actors/ukraine"]}],
        "tools": [{"id": "envoy", "title": "An envoy", "addresses": [SHELLING],
                   "ratings": [{"criterion": "cost", "score": 4}]}],
        "recommendations": [{"id": "send", "statement": "Send an envoy.",
                             "tools": ["assessments/talks/tools/envoy"]}],
        "commitments": [{"id": "guns", "title": "Guns", "party": "actors/russia",
                         "obligation": "Draw the guns back.",
                         "reports": [{"kind": "COMMITMENT_REPORT_KIND_VIOLATION",
                                      "standing": "REPORT_STANDING_VERIFIED"}]}],
        "forecasts": [{"id": "truce", "statement": "The truce holds.",
                       "likelihood": {"best": 0.6}}],
    })
}

/// The opposite of it, resting on it: whoever may not see it must not notice it.
#[cfg(feature = "test-policy")]
fn opposite() -> Value {
    json!({
        "title": "Secret",
        "participants": [
            {"id": "russia", "actor": "actors/russia", "influence": 9, "veto": false},
            {"id": "ukraine", "actor": "actors/ukraine", "influence": 9, "veto": true},
        ],
        "positions": [
            {"id": "a", "actor": "actors/russia", "issue": WITHDRAWAL, "ideal": 90,
             "acceptable": {"min": 80}, "salience": 0.1, "uncertainty": 9},
            {"id": "b", "actor": "actors/russia", "issue": MEMBERSHIP, "ideal": 1},
        ],
        "redLines": [
            {"id": "one", "title": "Membership", "actor": "actors/russia",
             "issue": MEMBERSHIP, "posture": "POSTURE_REQUIRES"},
            {"id": "hidden", "title": "Bases", "actor": "actors/ukraine",
             "issue": "issues/hidden", "posture": "POSTURE_PROHIBITS"},
        ],
        "risks": [{"id": "war", "statement": "War.", "borneBy": ["actors/ukraine"],
                   "likelihood": {"best": 0.9}, "impacts": [{"level": "IMPACT_LEVEL_HIGH"}],
                   "restsOn": [SHELLING]}],
        "tools": [{"id": "force", "title": "Force", "addresses": [SHELLING],
                   "ratings": [{"criterion": "cost", "score": 5}]}],
        "recommendations": [{"id": "strike", "statement": "Strike.",
                             "tools": ["assessments/talks/tools/envoy"]}],
        "commitments": [{"id": "silence", "title": "Silence", "party": "actors/russia",
                         "obligation": "Fire no shell.",
                         "requires": {"mode": "REQUIREMENT_MODE_ALL",
                                      "commitments": ["assessments/talks/commitments/guns"]}}],
        "forecasts": [{"id": "truce", "statement": "The truce holds.",
                       "likelihood": {"best": 0.1}}],
    })
}

async fn write(client: &Client, id: &str, mut value: Value, marking: Value) {
    value["marking"] = marking;
    let assessment: v1::Assessment = json::decode("Assessment", value).unwrap();
    let create = v1::CreateAssessmentRequest {
        assessment: Some(assessment),
        assessment_id: id.to_owned(),
        ..Default::default()
    };
    let mut writer = client.assessments();
    writer.create_assessment(create).await.unwrap();
    let publish = v1::PublishAssessmentRequest {
        name: format!("assessments/{id}"),
        ..Default::default()
    };
    writer.publish_assessment(publish).await.unwrap();
}

async fn issue(client: &Client, id: &str, value: Value) {
    let issue: v1::Issue = json::decode("Issue", value).unwrap();
    client.create(issue, id, &Write::once()).await.unwrap();
}

async fn issues(client: &Client) {
    issue(client, "membership", json!({"title": "Membership"})).await;
    let scale =
        json!({"title": "Withdrawal", "quantity": {"unit": "percent", "min": 0, "max": 100}});
    issue(client, "withdrawal", scale).await;
}

/// The basis and everything of an answer, or the reason for which it was refused.
type Told = Result<(v1::Basis, String), String>;

fn told<A: Debug>(answer: Result<A, Error>, basis: impl Fn(&A) -> Option<v1::Basis>) -> Told {
    match answer {
        Ok(answer) => Ok((basis(&answer).expect("a basis"), format!("{answer:?}"))),
        Err(error) => Err(error.reason().to_owned()),
    }
}

/// Asks all twelve, in the order of the service.
async fn asked(client: &Client) -> Vec<(&'static str, Told)> {
    let parties = ["actors/russia", "actors/ukraine"]
        .map(ToOwned::to_owned)
        .to_vec();
    let check = v1::CheckProposalRequest {
        terms: vec![brings_about(MEMBERSHIP)],
        ..Default::default()
    };
    let zone = v1::FindAgreementZoneRequest {
        parties,
        bounds: v1::ZoneBounds::Both.into(),
        bargaining_solution: true,
        ..Default::default()
    };
    let simulate = v1::SimulateBargainingRequest {
        issues: vec![WITHDRAWAL.to_owned()],
        ..Default::default()
    };
    let rank = v1::RankToolsRequest {
        targets: vec![SHELLING.to_owned()],
        ..Default::default()
    };
    let matrix = v1::RiskMatrixRequest {
        perspective: "actors/ukraine".into(),
        compare_revision: BEFORE,
        ..Default::default()
    };
    let words = v1::InterpretLikelihoodRequest {
        scheme: v1::LikelihoodScheme::Phia.into(),
        given: Some(Given::Probability(0.3)),
    };
    let lint = v1::LintAssessmentRequest {
        name: "assessments/talks".into(),
        ..Default::default()
    };
    let trace = v1::TraceRequest {
        name: SHELLING.into(),
        ..Default::default()
    };
    let lines = v1::ConsolidateRedLinesRequest {
        actor: "actors/russia".into(),
        ..Default::default()
    };
    macro_rules! each {
        ($($name:literal $call:ident($request:expr);)+) => {
            vec![$(($name, told(client.$call($request).await, |one| one.basis.clone()))),+]
        };
    }
    each! {
        "CheckProposal" check_proposal(check);
        "FindAgreementZone" find_agreement_zone(zone);
        "SimulateBargaining" simulate_bargaining(simulate);
        "RankTools" rank_tools(rank);
        "RiskMatrix" risk_matrix(matrix);
        "InterpretLikelihood" interpret_likelihood(words);
        "LintAssessment" lint_assessment(lint);
        "GetCommitmentLadder" get_commitment_ladder(v1::GetCommitmentLadderRequest::default());
        "Trace" trace(trace);
        "FindContradictions" find_contradictions(v1::FindContradictionsRequest::default());
        "ConsolidateRedLines" consolidate_red_lines(lines);
        "GetPositionMatrix" get_position_matrix(v1::GetPositionMatrixRequest::default());
    }
}

/// Answers that rest on nothing of the record, or of which the record states everything.
const WITHOUT_INPUTS: [&str; 1] = ["InterpretLikelihood"];
const WITHOUT_GAPS: [&str; 2] = ["InterpretLikelihood", "Trace"];

#[tokio::test]
async fn every_answer_says_what_it_rests_on() {
    let folder = TempDir::new().unwrap();
    let (running, client) = served(&folder).await;
    issues(&client).await;
    write(&client, "talks", talks(), json!({"tlp": "TLP_GREEN"})).await;
    for (name, told) in asked(&client).await {
        let (basis, _) = told.unwrap_or_else(|reason| panic!("{name}: {reason}"));
        assert_eq!(basis.read_revision, 5, "{name}");
        assert!(!basis.method.is_empty(), "{name}");
        assert!(!basis.method_source.is_empty(), "{name}");
        let nothing = WITHOUT_INPUTS.contains(&name);
        assert_eq!(basis.inputs.is_empty(), nothing, "{name}: {basis:?}");
        assert!(
            basis.inputs.iter().all(|input| input.revision > 0),
            "{name}: {basis:?}"
        );
        let tlp = if nothing {
            v1::Tlp::Clear
        } else {
            v1::Tlp::Green
        };
        let marking = basis.marking.as_ref().unwrap();
        assert_eq!(marking.tlp(), tlp, "{name}");
        let silent = WITHOUT_GAPS.contains(&name);
        assert_eq!(basis.gaps.is_empty(), silent, "{name}: {basis:?}");
        let full = |gap: &v1::basis::Gap| {
            !gap.name.is_empty() && !gap.field.is_empty() && !gap.treatment.is_empty()
        };
        assert!(basis.gaps.iter().all(full), "{name}: {basis:?}");
    }
    running.stop().await;
}

#[tokio::test]
async fn a_comparison_rests_on_both_versions() {
    let folder = TempDir::new().unwrap();
    let (running, client) = served(&folder).await;
    issues(&client).await;
    write(&client, "talks", talks(), json!({"tlp": "TLP_CLEAR"})).await;
    let set = ["set", "talks/risks/shelling", "likelihood.best=0.9"];
    let words = [&set[..], &["--reason", "it got worse"]].concat();
    typed(&running, folder.path(), &words).await;
    let request = v1::RiskMatrixRequest {
        perspective: "actors/ukraine".into(),
        compare_revision: 5,
        ..Default::default()
    };
    let told = client.risk_matrix(request).await.unwrap();
    assert_eq!(told.movements.len(), 1, "{told:?}");
    let versions: Vec<i64> = told
        .basis
        .unwrap()
        .inputs
        .into_iter()
        .filter(|input| input.name == SHELLING)
        .map(|input| input.revision)
        .collect();
    assert_eq!(versions, [4, 6]);
    let scope = v1::AnalysisScope {
        assessments: vec!["assessments/talks".into()],
        ..Default::default()
    };
    let early = v1::RiskMatrixRequest {
        perspective: "actors/ukraine".into(),
        scope: Some(scope),
        compare_revision: BEFORE,
        ..Default::default()
    };
    let told = client.risk_matrix(early).await.unwrap();
    assert_eq!(told.movements[0].before, [""; 0], "it was not there yet");
    running.stop().await;
}

/// The names of what an answer rests on.
fn inputs(basis: Option<v1::Basis>) -> Vec<String> {
    let inputs = basis.unwrap().inputs.into_iter();
    inputs.map(|input| input.name).collect()
}

#[tokio::test]
async fn what_lies_on_the_way_is_an_input_too() {
    let folder = TempDir::new().unwrap();
    let (running, client) = served(&folder).await;
    issues(&client).await;
    for (id, above) in [("bases", "membership"), ("radars", "bases")] {
        let relation = json!({"issue": format!("issues/{above}"),
                              "kind": "ISSUE_RELATION_KIND_SUBISSUE_OF"});
        issue(&client, id, json!({"title": id, "relations": [relation]})).await;
    }
    let clear = json!({"tlp": "TLP_CLEAR"});
    let report = json!({"kind": "COMMITMENT_REPORT_KIND_COMPLIANCE",
                        "standing": "REPORT_STANDING_VERIFIED",
                        "observed": {"start": "2025-01-01T00:00:00Z"}});
    let other = json!({
        "title": "Other",
        "assumptions": [{"id": "thaw", "statement": "The thaw is late.",
                         "status": "ASSUMPTION_STATUS_BROKEN"}],
        "commitments": [{"id": "first", "title": "First", "obligation": "Stop.",
                         "reports": [report]}],
    });
    write(&client, "other", other, clear.clone()).await;
    let mut value = talks();
    value["recommendations"][0]["restsOn"] = json!(["assessments/other/assumptions/thaw"]);
    value["commitments"][0]["requires"] = json!({
        "mode": "REQUIREMENT_MODE_ALL",
        "commitments": ["assessments/other/commitments/first"],
    });
    write(&client, "talks", value, clear).await;

    let check = v1::CheckProposalRequest {
        terms: vec![brings_about("issues/radars")],
        ..Default::default()
    };
    let told = client.check_proposal(check).await.unwrap();
    assert!(inputs(told.basis).contains(&"issues/bases".to_owned()));

    let lint = v1::LintAssessmentRequest {
        name: "assessments/talks".into(),
        ..Default::default()
    };
    let told = client.lint_assessment(lint).await.unwrap();
    let mut rules = told.findings.iter().map(v1::LintFinding::rule);
    assert!(rules.any(|rule| rule == v1::LintRule::PremiseGone));
    let read = inputs(told.basis);
    for name in ["assessments/other", "assessments/other/assumptions/thaw"] {
        assert!(read.contains(&name.to_owned()), "{read:?}");
    }

    let ladder = v1::GetCommitmentLadderRequest {
        scope: Some(v1::AnalysisScope {
            assessments: vec!["assessments/talks".into()],
            ..Default::default()
        }),
        ..Default::default()
    };
    let told = client.get_commitment_ladder(ladder).await.unwrap();
    assert_eq!(
        told.steps.len(),
        1,
        "what the scope leaves out is not shown"
    );
    let outside = "assessments/other/commitments/first".to_owned();
    assert_eq!(
        told.steps[0].conditions_met,
        [outside.as_str()],
        "nor is it missing"
    );
    assert!(inputs(told.basis).contains(&outside));
    running.stop().await;
}

/// What is named twice is looked at once.
#[tokio::test]
async fn an_assessment_named_twice_is_one_record() {
    let folder = TempDir::new().unwrap();
    let (running, client) = served(&folder).await;
    issues(&client).await;
    write(&client, "talks", talks(), json!({"tlp": "TLP_CLEAR"})).await;
    let of = async |times: usize| {
        let scope = v1::AnalysisScope {
            assessments: vec!["assessments/talks".into(); times],
            ..Default::default()
        };
        let request = v1::CheckProposalRequest {
            terms: vec![brings_about(MEMBERSHIP)],
            scope: Some(scope),
            ..Default::default()
        };
        client.check_proposal(request).await.unwrap()
    };
    assert_eq!(of(1).await, of(2).await);
    running.stop().await;
}

#[tokio::test]
async fn a_difference_stands_beside_what_was_supposed() {
    let folder = TempDir::new().unwrap();
    let (running, client) = served(&folder).await;
    issues(&client).await;
    write(&client, "talks", talks(), json!({"tlp": "TLP_CLEAR"})).await;
    let request = v1::SimulateBargainingRequest {
        issues: vec![WITHDRAWAL.to_owned()],
        overrides: vec![v1::PositionOverride {
            actor: "actors/ukraine".into(),
            issue: WITHDRAWAL.into(),
            ideal: Some(60.0),
            ..Default::default()
        }],
        ..Default::default()
    };
    let told = client.simulate_bargaining(request).await.unwrap();
    let (with, without) = (&told.outcomes[0], &told.baseline[0]);
    assert_eq!(with.mean_difference, Some(with.mean - without.mean));
    let mean = with.weighted_mean.zip(without.weighted_mean);
    assert_eq!(with.weighted_mean_difference, mean.map(|(a, b)| a - b));
    assert_eq!(without.mean_difference, None);
    assert!(without.mean_low.is_some() && without.mean_high.is_some());
    let changes: Vec<f64> = told
        .actors
        .iter()
        .map(|actor| actor.probability_difference.unwrap())
        .collect();
    assert!(changes.iter().sum::<f64>().abs() < 1e-9, "{changes:?}");
    assert!(told.actors.iter().all(|one| one.probability_low.is_some()));
    running.stop().await;
}

#[cfg(feature = "test-policy")]
mod hidden {
    use chancery::client::Options;
    use chancery::server::Running;

    use super::*;

    async fn client_as(running: &Running, caller: &str) -> Client {
        let options = Options {
            caller: Some(caller.to_owned()),
            ..Options::default()
        };
        let address = running.address.to_string();
        Client::connect(&address, options).await.unwrap()
    }

    /// Two stores of the same revisions; only one keeps anything behind the marking.
    async fn seen(secret: bool) -> Vec<(&'static str, Told)> {
        let folder = TempDir::new().unwrap();
        let (running, client) = served(&folder).await;
        issues(&client).await;
        write(&client, "talks", talks(), json!({"tlp": "TLP_GREEN"})).await;
        let red = json!({"tlp": "TLP_RED"});
        let relation = json!({"issue": MEMBERSHIP, "kind": "ISSUE_RELATION_KIND_OVERLAPS"});
        let relations = if secret { json!([relation]) } else { json!([]) };
        let hidden = json!({"title": "Bases", "marking": red, "relations": relations});
        issue(&client, "hidden", hidden).await;
        let value = if secret {
            opposite()
        } else {
            json!({"title": "Secret"})
        };
        write(&client, "secret", value, red).await;
        let told = asked(&client_as(&running, "reader-green").await).await;
        if secret {
            let all = asked(&client).await;
            let same: Vec<&str> = told
                .iter()
                .zip(&all)
                .filter(|(one, other)| one == other)
                .map(|((name, _), _)| *name)
                .collect();
            let untouched = ["InterpretLikelihood", "LintAssessment"];
            assert_eq!(
                same, untouched,
                "what is hidden matters to those who see it"
            );
        }
        running.stop().await;
        told
    }

    #[tokio::test]
    async fn what_may_not_be_seen_changes_no_answer() {
        let (with, without) = (seen(true).await, seen(false).await);
        assert_eq!(with.len(), 12);
        for (with, without) in with.iter().zip(&without) {
            assert!(with.1.is_ok(), "{with:?}");
            assert_eq!(with, without);
        }
    }

    /// Two audiences that have nobody in common: a caller in both may read either, and is given no
    /// answer made from the two.
    #[tokio::test]
    async fn no_answer_is_given_that_its_inputs_keep_from_everybody() {
        let folder = TempDir::new().unwrap();
        let (running, client) = served(&folder).await;
        issues(&client).await;
        let only = |group: &str| json!({"tlp": "TLP_GREEN", "audience": {"groups": [group]}});
        write(&client, "talks", talks(), only("a")).await;
        let mut other = talks();
        let text = other
            .to_string()
            .replace("assessments/talks/", "assessments/other/");
        other = text.parse().unwrap();
        other["tools"][0]["addresses"] = json!([]);
        write(&client, "other", other, only("b")).await;
        let one = asked(&client_as(&running, "reader-green-a").await).await;
        for (name, told) in &one {
            let (basis, _) = told
                .as_ref()
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            let audience = basis.marking.clone().unwrap().audience;
            let groups = audience.map(|audience| audience.groups);
            let expected = (!WITHOUT_INPUTS.contains(name)).then(|| vec!["a".to_owned()]);
            assert_eq!(groups, expected, "{name}");
        }
        let both = asked(&client_as(&running, "reader-green-a-b").await).await;
        let given: Vec<&str> = both
            .iter()
            .filter(|(_, told)| told.is_ok())
            .map(|(name, _)| *name)
            .collect();
        let of_one = ["InterpretLikelihood", "LintAssessment", "Trace"];
        assert_eq!(given, of_one, "these look into one assessment or none");
        let refused = both.iter().filter_map(|(_, told)| told.as_ref().err());
        assert!(
            refused
                .into_iter()
                .all(|reason| reason == "MARKINGS_EXCLUDE"),
            "{both:?}"
        );
        running.stop().await;
    }
}
