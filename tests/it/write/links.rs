//! What points to what: checked when it is written, followed back when a target goes, moved when
//! entries are merged.

use chancery::model::v1::{self, element::Kind as Arm};

use super::{Desk, edition, line, outcome, remove, risk, titled, tool, upsert, with_risks};

fn addressing(id: &str, risks: &[&str]) -> v1::Tool {
    v1::Tool {
        addresses: risks.iter().map(ToString::to_string).collect(),
        ..tool(id)
    }
}

fn unlinking(name: &str) -> v1::ElementEdit {
    v1::ElementEdit {
        unlink: true,
        ..remove(name)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_to_nothing_is_refused_where_it_stands() {
    let desk = Desk::open().await;
    desk.create("talks", with_risks(&["one"])).await;
    desk.create("other", with_risks(&["there"])).await;
    let before = desk.revision();
    let tool = v1::Tool {
        wielder: "actors/nobody-knows".into(),
        rests_on: vec!["assessments/other/risks/there".into()],
        attribution: Some(v1::Attribution {
            speaker: "risks/one".into(),
            ..Default::default()
        }),
        ..addressing(
            "t",
            &[
                "assessments/talks/risks/one",
                "assessments/talks/risks/two",
                "assessments/other/risks/never",
                "assessments/talks/tools/t",
            ],
        )
    };
    let edit = edition("assessments/talks", vec![upsert(Arm::Tool(tool))]);
    let told = outcome(desk.calls().edit_assessment(edit).await);
    assert_eq!(
        told,
        "InvalidArgument: edits[0].upsert.addresses[1] LINK_DANGLING, \
         edits[0].upsert.addresses[2] LINK_DANGLING, \
         edits[0].upsert.addresses[3] LINK_MALFORMED, \
         edits[0].upsert.attribution.speaker LINK_MALFORMED, \
         edits[0].upsert.wielder LINK_DANGLING"
    );
    assert_eq!(desk.revision(), before, "nothing was written");
    // What one edit brings may be linked to by another one of the same request, in either order.
    let edits = vec![
        upsert(Arm::Tool(addressing("t", &["assessments/talks/risks/two"]))),
        upsert(Arm::Risk(risk("two"))),
    ];
    assert_eq!(
        desk.edit("assessments/talks", edits).await.elements.len(),
        2
    );
    desk.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_linked_to_stays_unless_its_links_go_too() {
    let desk = Desk::open().await;
    let given = v1::Assessment {
        tools: vec![addressing(
            "t",
            &["assessments/talks/risks/one", "assessments/talks/risks/two"],
        )],
        ..with_risks(&["one", "two"])
    };
    desk.create("talks", given).await;
    let (one, two) = ("assessments/talks/risks/one", "assessments/talks/risks/two");
    let both = edition("assessments/talks", vec![remove(one), remove(two)]);
    let told = outcome(desk.calls().edit_assessment(both).await);
    assert_eq!(
        told,
        "InvalidArgument: edits[0].remove LINKED, edits[1].remove LINKED"
    );

    let answer = desk.edit("assessments/talks", vec![unlinking(one)]).await;
    let full = desk.full("assessments/talks").await;
    assert_eq!(full.tools[0].addresses, [two]);
    assert_eq!(full.tools[0].revision, answer.revision, "in one commit");
    // Who lets go in the same request, or goes himself, is no obstacle.
    let edits = vec![remove(two), upsert(Arm::Tool(addressing("t", &[])))];
    desk.edit("assessments/talks", edits).await;
    let full = desk.full("assessments/talks").await;
    assert_eq!((full.risks.len(), full.tools.len()), (0, 1));
    desk.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_must_be_there_is_not_taken_out() {
    let desk = Desk::open().await;
    let forecast = v1::Forecast {
        id: "f".into(),
        statement: "The ferries run again".into(),
        ..Default::default()
    };
    let set = v1::ScenarioSet {
        id: "s".into(),
        title: "Ferries".into(),
        members: vec!["assessments/talks/forecasts/f".into()],
        ..Default::default()
    };
    let given = v1::Assessment {
        forecasts: vec![forecast],
        scenario_sets: vec![set],
        ..titled("Ferry talks")
    };
    desk.create("talks", given).await;
    let edit = edition(
        "assessments/talks",
        vec![unlinking("assessments/talks/forecasts/f")],
    );
    assert_eq!(
        outcome(desk.calls().edit_assessment(edit).await),
        "InvalidArgument: assessments/talks/scenarioSets/s.members REQUIRED"
    );
    desk.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn links_between_assessments_may_come_to_dangle() {
    let desk = Desk::open().await;
    desk.create("there", with_risks(&["one"])).await;
    desk.create("here", with_risks(&["mine"])).await;
    let there = "assessments/there/risks/one";
    let resting = v1::Risk {
        rests_on: vec![there.into()],
        ..risk("mine")
    };
    desk.edit("assessments/here", vec![upsert(Arm::Risk(resting.clone()))])
        .await;
    desk.edit("assessments/there", vec![remove(there)]).await;
    let full = desk.full("assessments/here").await;
    assert_eq!(
        full.risks[0].rests_on,
        [there],
        "it still says what it rested on"
    );
    // It can still be edited as it is, but nobody can link to the lost one anew.
    let again = v1::Risk {
        statement: "The contract was let lapse".into(),
        ..resting
    };
    desk.edit("assessments/here", vec![upsert(Arm::Risk(again))])
        .await;
    let never = v1::Risk {
        rests_on: vec!["assessments/there/risks/never".into()],
        ..risk("fresh")
    };
    let edit = edition("assessments/here", vec![upsert(Arm::Risk(never))]);
    let told = outcome(desk.calls().edit_assessment(edit).await);
    assert_eq!(
        told,
        "InvalidArgument: edits[0].upsert.rests_on[0] LINK_DANGLING"
    );
    desk.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_of_predecessors_never_closes() {
    let desk = Desk::open().await;
    for id in ["first", "second", "third"] {
        desk.create(id, with_risks(&["one"])).await;
    }
    let continuing = |assessment: &str, predecessor: &str| {
        let risk = v1::Risk {
            continues: format!("assessments/{predecessor}/risks/one"),
            ..risk("one")
        };
        let edit = edition(
            &format!("assessments/{assessment}"),
            vec![upsert(Arm::Risk(risk))],
        );
        let mut calls = desk.calls();
        async move { calls.edit_assessment(edit).await }
    };
    assert_eq!(outcome(continuing("second", "first").await), "ok");
    assert_eq!(outcome(continuing("third", "second").await), "ok");
    let lineage = |full: v1::Assessment| full.risks[0].lineage.clone();
    let first = desk.full("assessments/first").await.risks[0].uid.clone();
    assert_eq!(lineage(desk.full("assessments/third").await), first);
    let before = desk.revision();
    let cycle = "InvalidArgument: edits[0].upsert.continues CONTINUES_CYCLE";
    assert_eq!(outcome(continuing("first", "third").await), cycle);
    assert_eq!(outcome(continuing("first", "second").await), cycle);
    assert_eq!(outcome(continuing("first", "first").await), cycle);
    assert_eq!(desk.revision(), before, "nothing was written");
    desk.running.stop().await;
}

async fn actor(desk: &Desk, id: &str, title: &str, aliases: &[&str]) {
    let request = v1::CreateActorRequest {
        actor: Some(v1::Actor {
            title: title.into(),
            aliases: aliases.iter().map(ToString::to_string).collect(),
            kind: v1::ActorKind::Company.into(),
            ..Default::default()
        }),
        actor_id: id.into(),
        ..Default::default()
    };
    desk.registry()
        .create_actor(request)
        .await
        .expect("create an actor");
}

fn merge(name: &str, duplicates: &[&str]) -> v1::MergeActorsRequest {
    v1::MergeActorsRequest {
        name: name.into(),
        duplicates: duplicates.iter().map(ToString::to_string).collect(),
        ..Default::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn merged_entries_take_every_link_along_in_one_commit() {
    let desk = Desk::open().await;
    actor(&desk, "port-authority", "Port Authority", &["the Port"]).await;
    actor(&desk, "harbour-board", "Harbour Board", &["the Board"]).await;
    let (kept, gone) = ("actors/port-authority", "actors/harbour-board");
    let drawn = |id: &str| v1::Assessment {
        red_lines: vec![v1::RedLine {
            actor: gone.into(),
            attribution: Some(v1::Attribution {
                asserter: gone.into(),
                ..Default::default()
            }),
            ..line(id)
        }],
        ..titled("Berths")
    };
    desk.create("draft", drawn("d")).await;
    desk.create("published", drawn("p")).await;
    desk.publish("assessments/published").await;
    let before = desk.revision();
    let delete = v1::DeleteActorRequest {
        name: gone.into(),
        ..Default::default()
    };
    let told = outcome(desk.registry().delete_actor(delete).await);
    assert_eq!(
        told, "InvalidArgument: name LINKED, name LINKED",
        "by two lines"
    );
    for (name, duplicates, expected) in [
        (kept, [kept], "InvalidArgument: duplicates MERGE_CYCLE"),
        (
            kept,
            ["issues/x"],
            "InvalidArgument: duplicates[0] NAME_MALFORMED",
        ),
        (kept, ["actors/never"], "NotFound: NOT_FOUND"),
        ("actors/never", [gone], "NotFound: NOT_FOUND"),
    ] {
        let told = outcome(desk.registry().merge_actors(merge(name, &duplicates)).await);
        assert_eq!(told, expected, "{duplicates:?} into {name}");
    }
    let none = outcome(desk.registry().merge_actors(merge(kept, &[])).await);
    assert_eq!(none, "InvalidArgument: duplicates REQUIRED");
    assert_eq!(desk.revision(), before, "nothing was written");

    let merged = desk.registry().merge_actors(merge(kept, &[gone])).await;
    let merged = merged.expect("merge").into_inner();
    assert_eq!(desk.revision(), before + 1, "one commit");
    assert_eq!(merged.title, "Port Authority");
    assert_eq!(merged.aliases, ["the Port", "Harbour Board", "the Board"]);
    for name in ["assessments/draft", "assessments/published"] {
        let line = desk.full(name).await.red_lines.remove(0);
        assert_eq!(line.actor, kept, "{name}");
        assert_eq!(line.attribution.unwrap().asserter, kept, "{name}");
        assert_eq!(line.revision, before + 1);
    }
    let found = desk.client.resolve_actor("Harbour Board").await.unwrap();
    let found: Vec<&str> = found.iter().map(|actor| actor.name.as_str()).collect();
    assert_eq!(found, [kept]);
    // Back into what was merged away: there is nothing left to merge into.
    let back = outcome(desk.registry().merge_actors(merge(gone, &[kept])).await);
    assert_eq!(back, "NotFound: NOT_FOUND");
    desk.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scale_that_is_measured_on_is_fixed() {
    let desk = Desk::open().await;
    let quantity = |unit: &str| {
        v1::issue::Scale::Quantity(v1::QuantityScale {
            unit: unit.into(),
            min: Some(0.0),
            max: Some(100.0),
        })
    };
    let issue = |unit: &str| v1::Issue {
        name: "issues/draught".into(),
        title: "Draught".into(),
        scale: Some(quantity(unit)),
        ..Default::default()
    };
    let create = v1::CreateIssueRequest {
        issue: Some(issue("m")),
        issue_id: "draught".into(),
        ..Default::default()
    };
    desk.registry().create_issue(create).await.expect("create");
    let update = |unit: &str| v1::UpdateIssueRequest {
        issue: Some(issue(unit)),
        ..Default::default()
    };
    let told = outcome(desk.registry().update_issue(update("ft")).await);
    assert_eq!(told, "ok", "nobody measures on it yet");
    let position = v1::Position {
        id: "p".into(),
        actor: "actors/russia".into(),
        issue: "issues/draught".into(),
        ideal: Some(40.0),
        ..Default::default()
    };
    let given = v1::Assessment {
        positions: vec![position],
        ..titled("Draught talks")
    };
    desk.create("talks", given).await;
    let told = outcome(desk.registry().update_issue(update("m")).await);
    assert_eq!(told, "InvalidArgument: scale SCALE_FIXED");
    let mut words = update("ft");
    words.issue.as_mut().unwrap().summary = "How deep a ship may lie.".into();
    assert_eq!(
        outcome(desk.registry().update_issue(words).await),
        "ok",
        "the words may change"
    );
    desk.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_successor_of_some_kinds_lets_go_of_the_others() {
    let desk = Desk::open().await;
    let given = v1::Assessment {
        tools: vec![addressing("t", &["assessments/talks/risks/one"])],
        ..with_risks(&["one"])
    };
    desk.create("talks", given).await;
    desk.publish("assessments/talks").await;
    let revise = v1::ReviseAssessmentRequest {
        name: "assessments/talks".into(),
        assessment_id: "next".into(),
        collections: vec!["tools".into()],
        ..Default::default()
    };
    desk.calls()
        .revise_assessment(revise)
        .await
        .expect("revise");
    let next = desk.full("assessments/next").await;
    assert_eq!((next.tools.len(), next.risks.len()), (1, 0));
    assert_eq!(next.tools[0].addresses, Vec::<String>::new());
    assert_eq!(next.tools[0].continues, "assessments/talks/tools/t");
    desk.running.stop().await;
}
