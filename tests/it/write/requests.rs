//! Requests that come twice, and requests that only ask whether they could.

use chancery::model::v1::{self, element::Kind as Arm};

use super::{Desk, creation, edition, outcome, risk, titled, upsert, with_risks};

fn create() -> v1::CreateAssessmentRequest {
    v1::CreateAssessmentRequest {
        request_id: "create-1".into(),
        // Without an id a second creation would come out as "harbour-talks-2".
        ..creation("", with_risks(&["one"]))
    }
}

fn edit() -> v1::EditAssessmentRequest {
    v1::EditAssessmentRequest {
        request_id: "edit-1".into(),
        // Without an id a second edit would write a second risk.
        ..edition(
            "assessments/harbour-talks",
            vec![upsert(Arm::Risk(risk("")))],
        )
    }
}

fn publish() -> v1::PublishAssessmentRequest {
    v1::PublishAssessmentRequest {
        name: "assessments/harbour-talks".into(),
        request_id: "publish-1".into(),
        ..Default::default()
    }
}

type Answers = (v1::Assessment, v1::EditAssessmentResponse, v1::Assessment);

async fn all(desk: &Desk) -> Answers {
    let mut calls = desk.calls();
    let created = calls.create_assessment(create()).await.expect("create");
    let edited = calls.edit_assessment(edit()).await.expect("edit");
    let published = calls.publish_assessment(publish()).await.expect("publish");
    (
        created.into_inner(),
        edited.into_inner(),
        published.into_inner(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_gets_the_first_answer_also_after_a_restart() {
    let desk = Desk::open().await;
    let first = all(&desk).await;
    let revision = desk.revision();
    assert_eq!(first.1.elements.len(), 1);
    let changed = v1::UpdateAssessmentRequest {
        assessment: Some(v1::Assessment {
            name: first.0.name.clone(),
            ..titled("Renamed since")
        }),
        reason: "a better title".into(),
        ..Default::default()
    };
    desk.calls()
        .update_assessment(changed)
        .await
        .expect("update");
    assert_eq!(all(&desk).await, first, "not what it is now");
    assert_eq!(
        desk.revision(),
        revision + 1,
        "and nothing is written again"
    );
    let desk = desk.replayed().await;
    assert_eq!(all(&desk).await, first, "after a restart too");
    assert_eq!(desk.revision(), revision + 1);

    let mut other = create();
    other.assessment.as_mut().unwrap().title = "Something else".into();
    let reused = "InvalidArgument: request_id REQUEST_ID_REUSED";
    assert_eq!(outcome(desk.calls().create_assessment(other).await), reused);
    let mut other = publish();
    other.request_id = "edit-1".into();
    let told = outcome(desk.calls().publish_assessment(other).await);
    assert_eq!(told, reused, "an id is used once, whatever the method");
    desk.running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_storm_of_repeats_has_each_effect_once() {
    let desk = Desk::open().await;
    desk.create("harbour-talks", titled("Harbour talks")).await;
    let before = desk.revision();
    let copies: Vec<_> = (0..32)
        .map(|_| {
            let mut calls = desk.calls();
            tokio::spawn(async move { calls.edit_assessment(edit()).await })
        })
        .collect();
    let mut answers = Vec::new();
    for copy in copies {
        answers.push(copy.await.unwrap().expect("edit").into_inner());
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "all get one answer");
    assert_eq!(desk.revision(), before + 1);
    assert_eq!(desk.full("assessments/harbour-talks").await.risks.len(), 1);
    desk.running.stop().await;
}

/// Half of the requests were acknowledged when the server was killed; whoever does not know sends
/// all of them again, several times.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_storm_across_a_crash_has_each_effect_once() {
    const REQUESTS: usize = 24;
    let numbered = |number: usize| v1::EditAssessmentRequest {
        request_id: format!("edit-{number}"),
        ..edit()
    };
    let desk = Desk::open().await;
    desk.create("harbour-talks", titled("Harbour talks")).await;
    let mut first = Vec::new();
    for number in 0..REQUESTS / 2 {
        let answer = desk.calls().edit_assessment(numbered(number)).await;
        first.push(answer.expect("edit").into_inner());
    }
    let left_behind = crate::ledger::crashed(desk.folder.path());
    desk.running.stop().await;
    let desk = Desk::on(left_behind).await;
    let copies: Vec<_> = (0..REQUESTS * 4)
        .map(|copy| {
            let mut calls = desk.calls();
            let request = numbered(copy % REQUESTS);
            tokio::spawn(async move { calls.edit_assessment(request).await })
        })
        .collect();
    let mut answers = Vec::new();
    for copy in copies {
        answers.push(copy.await.unwrap().expect("edit").into_inner());
    }
    assert_eq!(
        answers[..first.len()],
        first,
        "what was acknowledged stays so"
    );
    for (copy, answer) in answers.iter().enumerate() {
        assert_eq!(answer, &answers[copy % REQUESTS], "copy {copy}");
    }
    let risks = desk.full("assessments/harbour-talks").await.risks;
    assert_eq!(risks.len(), REQUESTS);
    desk.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn validation_runs_every_check_and_writes_nothing() {
    let desk = Desk::open().await;
    desk.create("talks", with_risks(&["one"])).await;
    desk.create("gone", with_risks(&["one"])).await;
    let delete = v1::DeleteAssessmentRequest {
        name: "assessments/gone".into(),
        ..Default::default()
    };
    desk.calls()
        .delete_assessment(delete)
        .await
        .expect("delete");
    let before = desk.revision();
    let digest = crate::ledger::latest(&desk.running.ledger)
        .await
        .digest()
        .unwrap();
    let mut calls = desk.calls();
    let validate_only = true;

    let asked = v1::CreateAssessmentRequest {
        validate_only,
        ..creation("new", with_risks(&["a"]))
    };
    let answer = calls
        .create_assessment(asked)
        .await
        .expect("could be created")
        .into_inner();
    assert_eq!(answer.title, "Harbour talks");
    let asked = v1::CreateAssessmentRequest {
        validate_only,
        ..creation("new", with_risks(&["a", "a"]))
    };
    let told = outcome(calls.create_assessment(asked).await);
    assert_eq!(told, "InvalidArgument: risks[1].id ID_DUPLICATE");
    let asked = v1::CreateAssessmentRequest {
        validate_only,
        ..creation("talks", titled("x"))
    };
    assert_eq!(
        outcome(calls.create_assessment(asked).await),
        "AlreadyExists: ALREADY_EXISTS"
    );

    let mut bad = risk("two");
    bad.focus_area = "assessments/talks/focusAreas/never".into();
    for (risk, expected) in [
        (risk("two"), "ok"),
        (
            bad,
            "InvalidArgument: edits[0].upsert.focus_area LINK_DANGLING",
        ),
    ] {
        let asked = v1::EditAssessmentRequest {
            validate_only,
            ..edition("assessments/talks", vec![upsert(Arm::Risk(risk))])
        };
        assert_eq!(outcome(calls.edit_assessment(asked).await), expected);
    }
    for (allow_missing, expected) in [(true, "ok"), (false, "NotFound: NOT_FOUND")] {
        let asked = v1::UpdateAssessmentRequest {
            assessment: Some(v1::Assessment {
                name: "assessments/new".into(),
                ..titled("New")
            }),
            allow_missing,
            validate_only,
            ..Default::default()
        };
        assert_eq!(outcome(calls.update_assessment(asked).await), expected);
    }
    let asked = v1::UndeleteAssessmentRequest {
        name: "assessments/gone".into(),
        validate_only,
        ..Default::default()
    };
    assert_eq!(outcome(calls.undelete_assessment(asked).await), "ok");
    let asked = v1::UpdateActorRequest {
        actor: Some(v1::Actor {
            name: "actors/russia".into(),
            summary: "Mine.".into(),
            ..Default::default()
        }),
        validate_only,
        ..Default::default()
    };
    assert_eq!(
        outcome(desk.registry().update_actor(asked).await),
        "ok",
        "also a built-in one"
    );

    assert_eq!(desk.revision(), before, "nothing was written");
    let after = crate::ledger::latest(&desk.running.ledger)
        .await
        .digest()
        .unwrap();
    assert_eq!(after, digest);
    desk.running.stop().await;
}
