//! Many writers at once. `benches/writers.rs` does the same for longer and prints figures.

use std::time::{Duration, Instant};

use chancery::model::v1::{self, element::Kind as Arm};
use tonic::Code;

use super::{Desk, edition, remove, risk, tool, upsert, with_risks};

const WRITERS: usize = 16;

/// How long the writers write: a short cut, unless told otherwise.
fn until() -> Instant {
    let told = std::env::var("CHANCERY_TEST_SECONDS").ok();
    let seconds = told.and_then(|told| told.parse().ok()).unwrap_or(2);
    Instant::now() + Duration::from_secs(seconds)
}

fn numbered(id: &str, number: usize) -> v1::ElementEdit {
    upsert(Arm::Risk(v1::Risk {
        title: number.to_string(),
        ..risk(id)
    }))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writers_of_different_elements_never_conflict_and_lose_nothing() {
    let desk = Desk::open().await;
    let ids: Vec<String> = (0..WRITERS).map(|writer| format!("r{writer}")).collect();
    let borrowed: Vec<&str> = ids.iter().map(String::as_str).collect();
    let created = desk.create("talks", with_risks(&borrowed)).await;
    let until = until();
    let writers: Vec<_> = ids
        .iter()
        .cloned()
        .map(|id| {
            let mut calls = desk.calls();
            let mut etag = created.etag.clone();
            tokio::spawn(async move {
                let mut number = 0;
                while Instant::now() < until {
                    number += 1;
                    let mut edit = numbered(&id, number);
                    edit.etag.clone_from(&etag);
                    let asked = edition("assessments/talks", vec![edit]);
                    let answer = calls.edit_assessment(asked).await.expect("no conflict");
                    etag = format!("\"{}\"", answer.into_inner().revision);
                }
                number
            })
        })
        .collect();
    let mut acknowledged = Vec::new();
    for writer in writers {
        acknowledged.push(writer.await.unwrap());
    }
    let full = desk.full("assessments/talks").await;
    let written: Vec<usize> = full
        .risks
        .iter()
        .map(|risk| risk.title.parse().unwrap())
        .collect();
    assert_eq!(written, acknowledged, "the last of each is there");
    let total: usize = acknowledged.iter().sum();
    let revisions = desk.revision() - created.revision;
    assert_eq!(revisions, total as i64, "and every one was a commit");
    assert!(
        acknowledged.iter().all(|count| *count > 1),
        "{acknowledged:?}"
    );
    println!("{WRITERS} writers of different elements: {total} edits, no conflict");
    desk.running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_writers_of_one_element_exactly_one_wins_each_round() {
    let desk = Desk::open().await;
    let created = desk.create("talks", with_risks(&["one"])).await;
    let until = until();
    let mut etag = created.etag.clone();
    let mut rounds = 0;
    while Instant::now() < until {
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let mut calls = desk.calls();
                let mut edit = numbered("one", rounds * WRITERS + writer);
                edit.etag.clone_from(&etag);
                let asked = edition("assessments/talks", vec![edit]);
                tokio::spawn(async move { calls.edit_assessment(asked).await })
            })
            .collect();
        let mut won = Vec::new();
        for (writer, call) in writers.into_iter().enumerate() {
            match call.await.unwrap() {
                Ok(answer) => won.push((writer, answer.into_inner().revision)),
                Err(status) => assert_eq!(status.code(), Code::Aborted, "{status}"),
            }
        }
        let [(winner, revision)] = won.as_slice() else {
            panic!("round {rounds}: {won:?}");
        };
        let full = desk.full("assessments/talks").await;
        assert_eq!(full.risks[0].title, (rounds * WRITERS + winner).to_string());
        assert_eq!(full.risks[0].revision, *revision);
        etag = format!("\"{revision}\"");
        rounds += 1;
    }
    assert_eq!(desk.revision() - created.revision, rounds as i64);
    assert!(rounds > 1, "{rounds}");
    println!("{WRITERS} writers of one element: {rounds} rounds, one winner each");
    desk.running.stop().await;
}

/// Some link to a risk while others remove it and bring it back: whoever is told "ok" was right.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_link_comes_to_dangle_because_two_were_written_at_once() {
    let desk = Desk::open().await;
    desk.create("talks", with_risks(&["one"])).await;
    let (name, target) = ("assessments/talks", "assessments/talks/risks/one");
    let until = until();
    let linkers: Vec<_> = (0..8)
        .map(|writer| {
            let mut calls = desk.calls();
            tokio::spawn(async move {
                let mut linked = 0;
                while Instant::now() < until {
                    for addresses in [vec![target.to_owned()], Vec::new()] {
                        let tool = v1::Tool {
                            addresses,
                            ..tool(&format!("t{writer}"))
                        };
                        let asked = edition(name, vec![upsert(Arm::Tool(tool))]);
                        linked += usize::from(calls.edit_assessment(asked).await.is_ok());
                    }
                }
                linked
            })
        })
        .collect();
    let mut calls = desk.calls();
    let mut removed = 0;
    while Instant::now() < until {
        let removal = v1::ElementEdit {
            unlink: true,
            ..remove(target)
        };
        let asked = edition(name, vec![removal]);
        calls.edit_assessment(asked).await.expect("never too late");
        removed += 1;
        let full = desk.full(name).await;
        let dangling = full.tools.iter().filter(|tool| !tool.addresses.is_empty());
        assert_eq!(dangling.count(), 0, "after removal {removed}");
        desk.edit(name, vec![upsert(Arm::Risk(risk("one")))]).await;
    }
    let mut linked = 0;
    for linker in linkers {
        linked += linker.await.unwrap();
    }
    assert!(
        removed > 0 && linked > 0,
        "{removed} removals, {linked} links"
    );
    desk.running.stop().await;
}
