//! One step of the ledger fails, and what must not follow does not: each with the mistake in
//! `mutants` that it is there to notice.
//!
//! Failpoints hold for a whole process, so each test runs itself again in a process of its own.

use std::path::Path;
use std::process::Command;

use chancery::error::Error;
use chancery::ledger::Ledger;
use tempfile::TempDir;

use super::program::{Plan, acknowledged, judged};
use crate::ledger::{NOW_US, change, commit, digest, header, latest, line, name, published};
use chancery::model::v1::Posture;

/// Set in the process that a test has for itself.
const ALONE: &str = "CHANCERY_TEST_ALONE";

const PLAN: Plan = Plan {
    writers: 1,
    commits: 40,
    segment_bytes: 16 << 10,
    checkpoint_revisions: 10,
    keeping: false,
};

/// Runs the body in a process of its own: this binary again, with this one test of this file.
fn alone(test: &str, body: impl FnOnce()) {
    alone_in(&format!("refusals::{test}"), body);
}

/// The same for a test of another file.
pub(super) fn alone_in(test: &str, body: impl FnOnce()) {
    if std::env::var_os(ALONE).is_some() {
        let scenario = fail::FailScenario::setup();
        body();
        return scenario.teardown();
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("faults::{test}"), "--nocapture"])
        .env(ALONE, "1")
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
}

fn on_one_thread<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap()
        .block_on(future)
}

fn open(folder: &Path) -> Ledger {
    Ledger::open(folder, PLAN.limits(), NOW_US).unwrap()
}

fn numbered(number: usize) -> chancery::ledger::change::Change {
    let id = format!("n{number}");
    let mut change = change(vec![line("talks", &id, "actors/x", Posture::Claims)]);
    change.reason = id;
    change
}

/// The writer in a process of its own, with these failpoints: what it acknowledged and said.
fn written(folder: &Path, failpoints: &str) -> (Vec<i64>, String) {
    let output = PLAN
        .command(folder)
        .env("FAILPOINTS", failpoints)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    (acknowledged(&told), told)
}

#[test]
fn a_failed_sync_is_never_acknowledged() {
    let folder = TempDir::new().unwrap();
    let (acks, told) = written(folder.path(), "journal.sync=5*off->return(EIO)");
    // The first sync is that of the record a store is born with.
    assert_eq!(acks.len(), 4, "{told}");
    assert!(told.contains("stopped") && !told.contains("done"), "{told}");
    assert_eq!(judged(folder.path(), &acks).0, Some(0));
    let (more, told) = written(folder.path(), "");
    assert!(
        more.len() == PLAN.commits && told.contains("done"),
        "{told}"
    );
}

#[test]
fn short_writes_and_signals_are_no_errors() {
    let folder = TempDir::new().unwrap();
    let interrupted = "return(EINTR)";
    let failpoints =
        format!("disk.write=40%{interrupted};disk.sync=40%{interrupted};disk.short=50%return(17)");
    let (acks, told) = written(folder.path(), &failpoints);
    assert!(
        acks.len() == PLAN.commits && told.contains("done"),
        "{told}"
    );
    assert_eq!(judged(folder.path(), &acks).0, Some(0));
}

#[test]
fn what_was_not_written_is_never_read() {
    alone("what_was_not_written_is_never_read", || {
        let folder = TempDir::new().unwrap();
        let ledger = open(folder.path());
        on_one_thread(async {
            commit(&ledger, vec![header("talks", published())]).await;
            let target = |number| name(&format!("assessments/talks/redLines/n{number}"));
            // One that finds no space leaves nothing behind; the next takes its revision.
            fail::cfg("journal.write", "1*return(ENOSPC)").unwrap();
            ledger.commit(numbered(9)).await.unwrap_err();
            commit(&ledger, numbered(0).effects).await;
            let view = latest(&ledger).await;
            assert!(view.get(&target(0)).is_ok());
            assert!(matches!(view.get(&target(9)), Err(Error::NotFound { .. })));
            let (before, head) = (digest(&ledger).await, ledger.status().revision);
            fail::cfg("journal.write", "return(EIO)").unwrap();
            for number in 1..4 {
                let refused = ledger.commit(numbered(number)).await;
                assert!(
                    matches!(
                        refused,
                        Err(Error::Unavailable {
                            reason: "NOT_WRITABLE",
                            ..
                        })
                    ),
                    "{refused:?}"
                );
            }
            fail::remove("journal.write");
            let view = latest(&ledger).await;
            assert_eq!((view.revision(), digest(&ledger).await), (head, before));
            assert!(matches!(view.get(&target(1)), Err(Error::NotFound { .. })));
            assert!(ledger.status().failed.is_some());
            // It does not come back by itself: only a start tells what the disk holds.
            assert!(ledger.commit(numbered(4)).await.is_err());
            ledger.close();
            drop((view, ledger));
            let ledger = open(folder.path());
            assert_eq!(digest(&ledger).await, before);
            assert_eq!(ledger.commit(numbered(1)).await.unwrap().revision, head + 1);
        });
    });
}

#[test]
fn no_space_is_said_and_passes_without_a_restart() {
    alone("no_space_is_said_and_passes_without_a_restart", || {
        let folder = TempDir::new().unwrap();
        let ledger = open(folder.path());
        on_one_thread(async {
            commit(&ledger, vec![header("talks", published())]).await;
            // A write, its sync, the sync of a segment, no file to open for one.
            let causes = [
                ("journal.write", "ENOSPC", "DISK_FULL"),
                ("journal.sync", "ENOSPC", "DISK_FULL"),
                ("segment.sync", "ENOSPC", "DISK_FULL"),
                ("segment.create", "EMFILE", "FILES_EXHAUSTED"),
            ];
            let mut number = 0;
            for (point, error, expected) in causes {
                fail::cfg(point, &format!("return({error})")).unwrap();
                let refused = loop {
                    number += 1;
                    match ledger.commit(numbered(number)).await {
                        Ok(_) => assert!(number < 1_000, "{point} was not reached"),
                        Err(refused) => break refused,
                    }
                };
                let told =
                    matches!(&refused, Error::Exhausted { reason, .. } if *reason == expected);
                assert!(told, "{point}: {refused:?}");
                assert!(latest(&ledger).await.digest().is_ok());
                fail::remove(point);
                ledger.commit(numbered(number)).await.unwrap();
                assert_eq!(ledger.status().failed, None);
            }
            let before = digest(&ledger).await;
            ledger.close();
            drop(ledger);
            assert_eq!(digest(&open(folder.path())).await, before);
        });
    });
}

#[test]
fn no_checkpoint_without_its_sync() {
    alone("no_checkpoint_without_its_sync", || {
        let folder = TempDir::new().unwrap();
        let noted = || {
            let note = std::fs::read(folder.path().join("store/checkpoint.json")).unwrap();
            let note: serde_json::Value = serde_json::from_slice(&note).unwrap();
            note["revision"].as_i64().unwrap()
        };
        let ledger = open(folder.path());
        on_one_thread(async {
            let before = noted();
            fail::cfg("checkpoint.sync", "return(EIO)").unwrap();
            for number in 0..25 {
                ledger.commit(numbered(number)).await.unwrap();
            }
            assert_eq!(noted(), before, "nothing says that the store is durable");
            fail::remove("checkpoint.sync");
            for number in 25..50 {
                ledger.commit(numbered(number)).await.unwrap();
            }
            assert!(noted() > before + 25, "the next one is written");
            let before = digest(&ledger).await;
            ledger.close();
            drop(ledger);
            assert_eq!(digest(&open(folder.path())).await, before);
        });
    });
}

#[test]
fn each_commit_is_answered_with_its_own_revision() {
    alone("each_commit_is_answered_with_its_own_revision", || {
        let folder = TempDir::new().unwrap();
        let ledger = open(folder.path());
        on_one_thread(async {
            // While the first is held at its sync, the others gather to one group.
            fail::cfg("journal.sync", "pause").unwrap();
            let mut commits = tokio::task::JoinSet::new();
            for number in 0..40 {
                let ledger = ledger.clone();
                commits.spawn(async move { (number, ledger.commit(numbered(number)).await) });
            }
            tokio::task::yield_now().await;
            fail::remove("journal.sync");
            while let Some(done) = commits.join_next().await {
                let (number, committed) = done.unwrap();
                let revision = committed.unwrap().revision;
                let found = ledger.commit_at(revision).unwrap().unwrap();
                assert_eq!(found.reason, format!("n{number}"), "revision {revision}");
            }
        });
    });
}

#[test]
fn a_panic_of_the_writer_stops_it_and_not_the_readers() {
    alone("a_panic_of_the_writer_stops_it_and_not_the_readers", || {
        let folder = TempDir::new().unwrap();
        let ledger = open(folder.path());
        on_one_thread(async {
            commit(&ledger, vec![header("talks", published())]).await;
            let before = digest(&ledger).await;
            fail::cfg("store.rows", "panic").unwrap();
            assert!(ledger.commit(numbered(1)).await.is_err());
            fail::remove("store.rows");
            let mut failed = ledger.failed();
            failed.wait_for(Option::is_some).await.unwrap();
            assert_eq!(digest(&ledger).await, before);
            ledger.close();
            drop(ledger);
            // It was durable before the store came to it: it may be there, and nothing is broken.
            let ledger = open(folder.path());
            assert!(ledger.commit(numbered(2)).await.is_ok());
        });
    });
}
