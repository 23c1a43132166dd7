//! Every verb in every state of an assessment, and what a change of state leaves to be read.

use chancery::model::v1::{self, AssessmentState as State, element::Kind as Arm};

use super::{Desk, edition, outcome, risk, titled, upsert, with_risks};

const STATES: [&str; 5] = ["draft", "published", "superseded", "withdrawn", "deleted"];

/// Verbs, and what becomes of them in each of `STATES`. Everything is only asked for, not done.
const TABLE: [(&str, [&str; 5]); 9] = [
    (
        "edit",
        ["ok", "reason", "forbidden", "forbidden", "missing"],
    ),
    (
        "edit, with a reason",
        ["ok", "ok", "forbidden", "forbidden", "missing"],
    ),
    (
        "update",
        ["ok", "reason", "forbidden", "forbidden", "missing"],
    ),
    (
        "rollback",
        ["ok", "reason", "forbidden", "forbidden", "missing"],
    ),
    (
        "publish",
        ["ok", "forbidden", "forbidden", "forbidden", "missing"],
    ),
    (
        "withdraw",
        ["forbidden", "ok", "forbidden", "forbidden", "missing"],
    ),
    (
        "revise",
        ["forbidden", "ok", "forbidden", "forbidden", "missing"],
    ),
    ("delete", ["ok", "reason", "reason", "reason", "missing"]),
    ("undelete", ["alive", "alive", "alive", "alive", "ok"]),
];

fn word(outcome: &str) -> &str {
    match outcome {
        "ok" => "ok",
        "InvalidArgument: reason REASON_REQUIRED" => "reason",
        "FailedPrecondition: STATE_FORBIDS" => "forbidden",
        "NotFound: NOT_FOUND" => "missing",
        "FailedPrecondition: NOT_DELETED" => "alive",
        other => other,
    }
}

/// One assessment in each of `STATES`.
async fn all_states(desk: &Desk) {
    for id in STATES.into_iter().chain(["successor"]) {
        desk.create(id, with_risks(&["one"])).await;
    }
    for id in ["published", "superseded", "withdrawn"] {
        desk.publish(&format!("assessments/{id}")).await;
    }
    let publish = v1::PublishAssessmentRequest {
        name: "assessments/successor".into(),
        supersedes: "assessments/superseded".into(),
        ..Default::default()
    };
    let published = desk
        .calls()
        .publish_assessment(publish)
        .await
        .expect("publish");
    let superseded = desk.full("assessments/superseded").await;
    assert_eq!(
        superseded.revision,
        published.into_inner().revision,
        "in one commit"
    );
    let withdraw = v1::WithdrawAssessmentRequest {
        name: "assessments/withdrawn".into(),
        reason: "the source recanted".into(),
        ..Default::default()
    };
    desk.calls()
        .withdraw_assessment(withdraw)
        .await
        .expect("withdraw");
    let delete = v1::DeleteAssessmentRequest {
        name: "assessments/deleted".into(),
        ..Default::default()
    };
    desk.calls()
        .delete_assessment(delete)
        .await
        .expect("delete");
}

async fn asked(desk: &Desk, verb: &str, name: &str, first: i64) -> String {
    let mut calls = desk.calls();
    let name = name.to_owned();
    let validate_only = true;
    macro_rules! ask {
        ($call:ident($Request:ident { $($rest:tt)* })) => {{
            let request = v1::$Request { name, validate_only, $($rest)* ..Default::default() };
            outcome(calls.$call(request).await)
        }};
    }
    match verb {
        "edit" | "edit, with a reason" => {
            let reason = if verb == "edit" { "" } else { "a slip" };
            let request = v1::EditAssessmentRequest {
                reason: reason.into(),
                validate_only,
                ..edition(&name, vec![upsert(Arm::Risk(risk("two")))])
            };
            outcome(calls.edit_assessment(request).await)
        }
        "update" => {
            let request = v1::UpdateAssessmentRequest {
                assessment: Some(v1::Assessment {
                    name,
                    ..titled("Other")
                }),
                validate_only,
                ..Default::default()
            };
            outcome(calls.update_assessment(request).await)
        }
        "rollback" => ask!(rollback_assessment(RollbackAssessmentRequest {
            revision: first,
        })),
        "publish" => ask!(publish_assessment(PublishAssessmentRequest {})),
        "withdraw" => ask!(withdraw_assessment(WithdrawAssessmentRequest {
            reason: "r".into(),
        })),
        "revise" => ask!(revise_assessment(ReviseAssessmentRequest {})),
        "delete" => ask!(delete_assessment(DeleteAssessmentRequest {})),
        "undelete" => ask!(undelete_assessment(UndeleteAssessmentRequest {})),
        other => panic!("no verb \"{other}\""),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_verb_in_every_state_is_allowed_or_refused_as_the_table_says() {
    let desk = Desk::open().await;
    all_states(&desk).await;
    let before = desk.revision();
    let mut wrong = Vec::new();
    for (verb, expected) in TABLE {
        for (state, expected) in STATES.iter().zip(expected) {
            let told = asked(&desk, verb, &format!("assessments/{state}"), before).await;
            if word(&told) != expected {
                wrong.push(format!("{verb} of {state}: {told}, not {expected}"));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(desk.revision(), before, "asking writes nothing");
    let missing = asked(&desk, "undelete", "assessments/never", before).await;
    assert_eq!(word(&missing), "missing");
    desk.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_can_be_read_with_its_reason() {
    let desk = Desk::open().await;
    all_states(&desk).await;
    let withdrawn = desk.full("assessments/withdrawn").await;
    assert_eq!(withdrawn.state(), State::Withdrawn);
    assert_eq!(withdrawn.state_reason, "the source recanted");
    assert_eq!(withdrawn.risks.len(), 1, "it stays readable");
    let superseded = desk.full("assessments/superseded").await;
    assert_eq!(superseded.superseded_by, "assessments/successor");

    let edit = v1::EditAssessmentRequest {
        reason: "a slip of the pen".into(),
        ..edition(
            "assessments/published",
            vec![upsert(Arm::Risk(risk("two")))],
        )
    };
    desk.calls()
        .edit_assessment(edit)
        .await
        .expect("edit with a reason");
    let history = v1::ListAssessmentRevisionsRequest {
        name: "assessments/published".into(),
        ..Default::default()
    };
    let history = desk.calls().list_assessment_revisions(history).await;
    let history = history.expect("the history").into_inner().revisions;
    let told: Vec<(State, &str, &[String])> = history
        .iter()
        .map(|one| (one.state(), one.reason.as_str(), one.changed.as_slice()))
        .collect();
    let header = "assessments/published".to_owned();
    let (one, two) = (format!("{header}/risks/one"), format!("{header}/risks/two"));
    let expected: [(State, &str, &[String]); 3] = [
        (State::Published, "a slip of the pen", &[two]),
        (State::Published, "", std::slice::from_ref(&header)),
        (State::Draft, "", &[header.clone(), one]),
    ];
    assert_eq!(told, expected);
    desk.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_published_work_is_superseded_and_a_reason_is_kept() {
    let desk = Desk::open().await;
    all_states(&desk).await;
    let publish = |supersedes: &str| v1::PublishAssessmentRequest {
        name: "assessments/draft".into(),
        supersedes: supersedes.into(),
        reason: "agreed on Tuesday".into(),
        ..Default::default()
    };
    let before = desk.revision();
    for (supersedes, expected) in [
        ("assessments/withdrawn", "FailedPrecondition: STATE_FORBIDS"),
        (
            "assessments/superseded",
            "FailedPrecondition: STATE_FORBIDS",
        ),
        ("assessments/deleted", "NotFound: NOT_FOUND"),
        ("assessments/never", "NotFound: NOT_FOUND"),
        (
            "assessments/draft",
            "InvalidArgument: supersedes SUPERSEDES_CYCLE",
        ),
        (
            "actors/russia",
            "InvalidArgument: supersedes NAME_MALFORMED",
        ),
    ] {
        let told = outcome(desk.calls().publish_assessment(publish(supersedes)).await);
        assert_eq!(told, expected, "{supersedes}");
    }
    assert_eq!(desk.revision(), before, "nothing was written");
    let published = desk
        .calls()
        .publish_assessment(publish("assessments/published"))
        .await;
    let published = published.expect("publish").into_inner();
    assert_eq!(published.state_reason, "agreed on Tuesday");
    let lineage = desk.full("assessments/published").await;
    assert_eq!(lineage.state(), State::Superseded);
    assert_eq!(lineage.revision, published.revision);
    assert_eq!(lineage.state_reason, "agreed on Tuesday");
    desk.running.stop().await;
}
