//! Bad input, one table: the code, the reason and the exact path of everything that is wrong, and
//! nothing half written.

use chancery::model::v1::{self, element::Kind as Arm};

use super::{
    Desk, creation, current_etag, edition, line, outcome, remove, risk, titled, tool, upsert,
    with_risks,
};

fn likely(low: f64, best: f64, high: f64, term: &str) -> Option<v1::Likelihood> {
    Some(v1::Likelihood {
        low: Some(low),
        best: Some(best),
        high: Some(high),
        term: term.into(),
        scheme: v1::LikelihoodScheme::Icd203.into(),
        ..Default::default()
    })
}

/// A risk with a long quote.
fn quoting(id: &str, quote_bytes: usize) -> v1::Risk {
    v1::Risk {
        citations: vec![v1::Citation {
            quote: "x".repeat(quote_bytes),
            ..Default::default()
        }],
        ..risk(id)
    }
}

/// Assessments that must not come into being, and everything that is told about them.
fn bad_assessments() -> Vec<(&'static str, v1::Assessment, &'static str)> {
    let risks = |third: v1::Risk| v1::Assessment {
        risks: vec![risk("one"), risk("two"), third],
        ..titled("Harbour talks")
    };
    let judged = |likelihood| {
        risks(v1::Risk {
            likelihood,
            ..risk("three")
        })
    };
    vec![
        ("no title", v1::Assessment::default(), "title REQUIRED"),
        (
            "an id twice",
            with_risks(&["one", "two", "one"]),
            "risks[2].id ID_DUPLICATE",
        ),
        (
            "an id that is none",
            with_risks(&["One Two"]),
            "risks[0].id NAME_MALFORMED",
        ),
        (
            "low above best",
            judged(likely(0.7, 0.6, 0.8, "")),
            "risks[2].likelihood.low PROBABILITY_ORDER",
        ),
        (
            "best above high",
            judged(likely(0.1, 0.9, 0.8, "")),
            "risks[2].likelihood.best PROBABILITY_ORDER",
        ),
        (
            "no probability",
            judged(likely(-0.1, 0.5, 1.1, "")),
            "risks[2].likelihood.high PROBABILITY_OUT_OF_RANGE, \
             risks[2].likelihood.low PROBABILITY_OUT_OF_RANGE",
        ),
        (
            "no number",
            judged(likely(0.1, f64::NAN, 0.8, "")),
            "risks[2].likelihood.best NOT_FINITE, \
             risks[2].likelihood.best PROBABILITY_OUT_OF_RANGE",
        ),
        (
            "another number than the term",
            judged(likely(0.1, 0.2, 0.3, "likely")),
            "risks[2].likelihood.term TERM_MISMATCH",
        ),
        (
            "a term of its own",
            judged(likely(0.1, 0.2, 0.3, "perchance")),
            "risks[2].likelihood.term TERM_UNKNOWN",
        ),
        (
            "unknown actors and issues",
            v1::Assessment {
                red_lines: vec![v1::RedLine {
                    actor: "actors/atlantis".into(),
                    issue: "issues/unheard-of".into(),
                    ..line("one")
                }],
                ..titled("Harbour talks")
            },
            "red_lines[0].actor LINK_DANGLING, red_lines[0].issue LINK_DANGLING",
        ),
        (
            "a reference to nothing",
            v1::Assessment {
                tools: vec![v1::Tool {
                    addresses: vec!["assessments/bad/risks/never".into()],
                    ..tool("one")
                }],
                ..titled("Harbour talks")
            },
            "tools[0].addresses[0] LINK_DANGLING",
        ),
        (
            "an over-long text",
            risks(v1::Risk {
                statement: "x".repeat(8_193),
                ..risk("three")
            }),
            "risks[2].statement TEXT_TOO_LONG",
        ),
        (
            "an over-long element",
            risks(quoting("three", 65 << 10)),
            "risks[2] ELEMENT_TOO_LARGE",
        ),
        (
            "a bound upside down, a span that ends before it begins",
            v1::Assessment {
                red_lines: vec![v1::RedLine {
                    acceptable: Some(v1::Bound {
                        min: Some(3.0),
                        max: Some(1.0),
                        ..Default::default()
                    }),
                    citations: vec![v1::Citation {
                        start: Some(9),
                        end: Some(4),
                        ..Default::default()
                    }],
                    ..line("one")
                }],
                ..titled("Harbour talks")
            },
            "red_lines[0].acceptable.min BOUND_ORDER, red_lines[0].citations[0].start SPAN_ORDER",
        ),
        (
            "a value that is none",
            v1::Assessment {
                tools: vec![v1::Tool {
                    kind: 4711,
                    ..tool("one")
                }],
                ..titled("Harbour talks")
            },
            "tools[0].kind ENUM_UNKNOWN",
        ),
        (
            "somebody else's name",
            risks(v1::Risk {
                name: "assessments/other/risks/three".into(),
                ..risk("three")
            }),
            "risks[2].name NAME_ELSEWHERE",
        ),
        (
            "everything at once",
            v1::Assessment {
                risks: vec![
                    risk("one"),
                    risk("one"),
                    v1::Risk {
                        statement: String::new(),
                        ..risk("No Id")
                    },
                    v1::Risk {
                        likelihood: likely(0.9, 0.2, 1.3, ""),
                        statement: String::new(),
                        focus_area: "actors/russia".into(),
                        ..risk("four")
                    },
                ],
                ..Default::default()
            },
            "risks[1].id ID_DUPLICATE, risks[2].id NAME_MALFORMED, \
             risks[2].statement REQUIRED, \
             risks[3].focus_area LINK_MALFORMED, \
             risks[3].likelihood.high PROBABILITY_OUT_OF_RANGE, \
             risks[3].likelihood.low PROBABILITY_ORDER, risks[3].statement REQUIRED, \
             title REQUIRED",
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_assessments_are_refused_with_every_path_and_written_not_even_in_part() {
    let desk = Desk::open().await;
    desk.create("other", with_risks(&["one"])).await;
    let before = desk.revision();
    let mut wrong = Vec::new();
    for (what, given, expected) in bad_assessments() {
        let told = outcome(desk.calls().create_assessment(creation("bad", given)).await);
        if told != format!("InvalidArgument: {expected}") {
            wrong.push(format!("{what}: {told}, not {expected}"));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    let taken = desk
        .calls()
        .create_assessment(creation("other", titled("x")))
        .await;
    assert_eq!(outcome(taken), "AlreadyExists: ALREADY_EXISTS");
    let id = desk
        .calls()
        .create_assessment(creation("Not an id", titled("x")))
        .await;
    assert_eq!(outcome(id), "InvalidArgument: assessment_id NAME_MALFORMED");
    assert_eq!(desk.revision(), before, "nothing was written");
    desk.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_edits_are_refused_with_every_path_and_written_not_even_in_part() {
    let desk = Desk::open().await;
    desk.create("talks", with_risks(&["one", "two"])).await;
    desk.create("other", with_risks(&["one"])).await;
    let before = desk.revision();
    let good = || upsert(Arm::Risk(risk("good")));
    let masked = |paths: &[&str]| v1::ElementEdit {
        update_mask: Some(prost_types::FieldMask {
            paths: paths.iter().map(ToString::to_string).collect(),
        }),
        ..upsert(Arm::Risk(risk("one")))
    };
    let nothing = || v1::ElementEdit::default();
    let table = [
        (
            "nothing asked",
            vec![good(), nothing()],
            "InvalidArgument: edits[1] REQUIRED",
        ),
        ("no edits", vec![], "InvalidArgument: edits REQUIRED"),
        (
            "unknown paths",
            vec![good(), masked(&["nope", "likelihood.depth", "risks[0]"])],
            "InvalidArgument: edits[1].update_mask MASK_UNKNOWN_PATH, \
             edits[1].update_mask MASK_UNKNOWN_PATH, edits[1].update_mask MASK_UNKNOWN_PATH",
        ),
        (
            "missing",
            vec![good(), remove("assessments/talks/risks/never")],
            "NotFound: NOT_FOUND",
        ),
        (
            "elsewhere, and no name",
            vec![
                good(),
                remove("assessments/other/risks/one"),
                remove("risks/one"),
                nothing(),
            ],
            "InvalidArgument: edits[1].remove NAME_ELSEWHERE, \
             edits[2].remove NAME_MALFORMED, edits[3] REQUIRED",
        ),
    ];
    for (what, edits, expected) in table {
        let edit = edition("assessments/talks", edits);
        let told = outcome(desk.calls().edit_assessment(edit).await);
        assert_eq!(told, expected, "{what}");
    }
    let long = v1::EditAssessmentRequest {
        request_id: "r".repeat(65),
        reason: "r".repeat(4097),
        ..edition("assessments/talks", vec![good()])
    };
    assert_eq!(
        outcome(desk.calls().edit_assessment(long.clone()).await),
        "InvalidArgument: reason REASON_TOO_LONG, request_id REQUEST_ID_TOO_LONG"
    );
    let asked = v1::EditAssessmentRequest {
        validate_only: true,
        ..long
    };
    assert_eq!(
        outcome(desk.calls().edit_assessment(asked).await),
        "InvalidArgument: reason REASON_TOO_LONG, request_id REQUEST_ID_TOO_LONG"
    );
    assert_eq!(desk.revision(), before, "nothing was written");
    desk.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assessment_holds_so_many_elements_and_so_many_bytes() {
    let desk = Desk::open().await;
    let name = "assessments/talks";
    let ids: Vec<String> = (0..2_001).map(|number| format!("r{number}")).collect();
    let all: Vec<&str> = ids.iter().map(String::as_str).collect();
    let told = desk
        .calls()
        .create_assessment(creation("talks", with_risks(&all)))
        .await;
    assert_eq!(
        outcome(told),
        "InvalidArgument: assessment TOO_MANY_ELEMENTS"
    );
    desk.create("talks", with_risks(&all[..1_999])).await;
    let add = |id: &str| edition(name, vec![upsert(Arm::Risk(risk(id)))]);
    let told = outcome(desk.calls().edit_assessment(add("last")).await);
    assert_eq!(told, "ok", "the last one");
    let told = outcome(desk.calls().edit_assessment(add("one-more")).await);
    assert_eq!(told, "InvalidArgument: assessments/talks TOO_MANY_ELEMENTS");
    let told = outcome(desk.calls().edit_assessment(add("last")).await);
    assert_eq!(told, "ok", "those that are there can be edited");
    let swap = vec![
        remove("assessments/talks/risks/last"),
        upsert(Arm::Risk(risk("one-more"))),
    ];
    desk.edit(name, swap).await;
    desk.create("large", with_risks(&all[..1])).await;
    let grow = |number: usize| {
        let large = quoting(&format!("large{number}"), 60 << 10);
        edition("assessments/large", vec![upsert(Arm::Risk(large))])
    };
    let mut told = String::new();
    for number in 0..60 {
        told = outcome(desk.calls().edit_assessment(grow(number)).await);
        if told != "ok" {
            break;
        }
    }
    assert_eq!(
        told,
        "InvalidArgument: assessments/large ASSESSMENT_TOO_LARGE"
    );
    let full = desk.full("assessments/large").await;
    assert!(full.risks.len() > 45, "{} fit into 3 MiB", full.risks.len());
    desk.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mask_ignores_what_only_the_server_writes() {
    let desk = Desk::open().await;
    let before = desk.create("talks", with_risks(&["one"])).await;
    let given = v1::Assessment {
        name: before.name.clone(),
        uid: "mine".into(),
        state: v1::AssessmentState::Withdrawn.into(),
        summary: "As of Tuesday.".into(),
        ..Default::default()
    };
    let update = |paths: &[&str]| v1::UpdateAssessmentRequest {
        assessment: Some(given.clone()),
        update_mask: Some(prost_types::FieldMask {
            paths: paths.iter().map(ToString::to_string).collect(),
        }),
        ..Default::default()
    };
    let after = desk
        .calls()
        .update_assessment(update(&["uid", "state", "summary"]))
        .await;
    let after = after.expect("update").into_inner();
    assert_eq!(after.summary, "As of Tuesday.");
    let kept = (&after.uid, after.state(), &after.title);
    assert_eq!(kept, (&before.uid, before.state(), &before.title));
    let unknown = desk.calls().update_assessment(update(&["sumary"])).await;
    assert_eq!(
        outcome(unknown),
        "InvalidArgument: update_mask MASK_UNKNOWN_PATH"
    );
    desk.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_etag_is_told_the_current_one() {
    let desk = Desk::open().await;
    let created = desk.create("talks", with_risks(&["one"])).await;
    let stale = created.etag.clone();
    let edit = |etag: &str| v1::ElementEdit {
        etag: etag.to_owned(),
        ..upsert(Arm::Risk(v1::Risk {
            title: format!("After {etag}"),
            ..risk("one")
        }))
    };
    let name = "assessments/talks";
    let answer = desk.edit(name, vec![edit(&stale)]).await;
    let current = format!("\"{}\"", answer.revision);
    let told = desk
        .calls()
        .edit_assessment(edition(name, vec![edit(&stale)]))
        .await;
    assert_eq!(current_etag(told), current, "of the element");
    let updated = v1::UpdateAssessmentRequest {
        assessment: Some(v1::Assessment {
            name: name.into(),
            ..titled("Renamed")
        }),
        ..Default::default()
    };
    let updated = desk
        .calls()
        .update_assessment(updated)
        .await
        .expect("update")
        .into_inner();
    let header = updated.etag;
    macro_rules! stale {
        ($($call:ident($Request:ident { $($rest:tt)* });)+) => {$(
            let request = v1::$Request { etag: stale.clone(), $($rest)* ..Default::default() };
            let told = desk.calls().$call(request).await;
            assert_eq!(current_etag(told), header, stringify!($call));
        )+};
    }
    let before = desk.revision();
    stale! {
        edit_assessment(EditAssessmentRequest { name: name.into(), edits: vec![edit("")], });
        update_assessment(UpdateAssessmentRequest {
            assessment: Some(v1::Assessment { name: name.into(), ..titled("x") }),
        });
        publish_assessment(PublishAssessmentRequest { name: name.into(), });
        delete_assessment(DeleteAssessmentRequest { name: name.into(), });
        rollback_assessment(RollbackAssessmentRequest {
            name: name.into(), revision: created.revision,
        });
    }
    desk.publish(name).await;
    let request = v1::WithdrawAssessmentRequest {
        name: name.into(),
        etag: stale,
        reason: "r".into(),
        ..Default::default()
    };
    let published = desk.full(name).await.etag;
    let told = desk.calls().withdraw_assessment(request).await;
    assert_eq!(current_etag(told), published);
    assert_eq!(
        desk.revision(),
        before + 1,
        "only the publication was written"
    );
    desk.running.stop().await;
}
