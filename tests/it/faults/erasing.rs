//! What becomes of a purge or a compaction that is given up, fails on the way, or is cut off: it is
//! done to its end, by whoever comes next, and nothing of what it erases is left in any file.

use chancery::error::Error;
use chancery::ledger::reached;
use tempfile::TempDir;

use super::refusals::alone_in;
use crate::keeping::{QUAY, SPILL, compact, found_in, purge, spilled};
use crate::ledger::{change, commit, crashed, filled, line, open, published};
use chancery::model::v1::Posture;

fn alone(test: &str, body: impl Future<Output = ()>) {
    alone_in(&format!("erasing::{test}"), || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(body);
    });
}

async fn reach(point: &str) {
    while !reached::points().contains(&point) {
        tokio::task::yield_now().await;
    }
}

#[test]
fn a_compaction_given_up_goes_on_and_nobody_else_begins() {
    let body = async {
        let folder = TempDir::new().unwrap();
        let ledger = filled(folder.path(), 10).await;
        spilled(&ledger).await;
        fail::cfg("erase.sync", "pause").unwrap();
        let given_up = ledger.clone();
        let asked = tokio::spawn(async move { compact(&given_up, 0).await });
        reach("erase.sync").await;
        asked.abort();
        assert!(asked.await.unwrap_err().is_cancelled());
        let second = tokio::select! {
            biased;
            _keeper = ledger.keeper() => true,
            () = std::future::ready(()) => false,
        };
        let activities = ledger.status().activities;
        fail::remove("erase.sync");
        assert!(!second, "two at once");
        assert_eq!(activities, ["erasing from segment 1 of 1"]);
        drop(ledger.keeper().await);
        assert!(found_in(folder.path(), SPILL).is_empty());
        assert!(!folder.path().join("ERASING").exists());
        assert!(ledger.status().activities.is_empty());
    };
    alone("a_compaction_given_up_goes_on_and_nobody_else_begins", body);
}

#[test]
fn what_could_not_be_erased_is_erased_by_the_next_attempt() {
    let body = async {
        for point in [
            "erase.write",
            "erase.sync",
            "erase.rename",
            "erase.sync_dir",
        ] {
            let folder = TempDir::new().unwrap();
            let ledger = filled(folder.path(), 10).await;
            spilled(&ledger).await;
            fail::cfg(point, "1*return(EIO)").unwrap();
            compact(&ledger, 0).await.unwrap_err();
            let left = std::fs::read_dir(folder.path().join("journal")).unwrap();
            let mut left = left.map(|entry| entry.unwrap().path());
            assert!(left.all(|path| path.extension().is_none_or(|it| it != "new")));
            assert!(folder.path().join("ERASING").exists(), "{point}");
            assert!(
                ledger.status().alarms[0].contains("not erased yet"),
                "{point}"
            );
            let head = ledger.status().revision;
            let done = compact(&ledger, 0).await;
            assert!(done.unwrap().earliest >= head - 1);
            assert_eq!(
                found_in(folder.path(), SPILL),
                [""; 0].map(std::path::PathBuf::from)
            );
            assert!(!folder.path().join("ERASING").exists(), "{point}");
            assert!(ledger.status().alarms.is_empty(), "{point}");
            let again = ledger.keeper().await.finish().await;
            assert_eq!(again.unwrap(), 0);
            assert!(ledger.verify(None).unwrap().finding.is_none());
        }
    };
    alone(
        "what_could_not_be_erased_is_erased_by_the_next_attempt",
        body,
    );
}

/// The store holds values of what is purged, too: a crash at any step of it leaves none of them
/// once the next start is done.
#[test]
fn a_crash_during_a_purge_leaves_nothing_in_the_store() {
    let body = async {
        const ACTOR: &str = "actors/whose-name-is-the-secret";
        let points = [
            "erase.create",
            "erase.rename",
            "erase.sync_dir",
            "erase.rebuild",
            "note.write",
            "erase.unmark",
        ];
        for point in points {
            let folder = TempDir::new().unwrap();
            let ledger = filled(folder.path(), 10).await;
            spilled(&ledger).await;
            let secret = line("spill", "quay", ACTOR, Posture::Claims);
            commit(&ledger, vec![secret]).await;
            ledger.close();
            drop(ledger);
            let ledger = open(folder.path());
            let held = found_in(folder.path(), ACTOR);
            assert!(
                held.iter().any(|path| path.ends_with("sled/db")),
                "{held:?}"
            );
            fail::cfg(point, "return(EIO)").unwrap();
            let failed = purge(&ledger, QUAY).await;
            assert!(
                matches!(failed, Err(Error::Internal(_))),
                "{point}: {failed:?}"
            );
            let crash = crashed(folder.path());
            fail::remove(point);
            assert!(crash.path().join("ERASING").exists(), "{point}");
            let again = open(crash.path());
            assert_eq!(
                found_in(crash.path(), ACTOR),
                [""; 0].map(std::path::PathBuf::from)
            );
            assert!(!crash.path().join("ERASING").exists(), "{point}");
            assert!(again.verify(None).unwrap().finding.is_none());
            assert_eq!(again.status().chain, ledger.status().chain);
        }
    };
    alone("a_crash_during_a_purge_leaves_nothing_in_the_store", body);
}

/// A purge is refused: nothing was decided, so nothing is left to do.
#[test]
fn a_purge_that_is_refused_leaves_no_mark() {
    let body = async {
        let folder = TempDir::new().unwrap();
        let ledger = filled(folder.path(), 3).await;
        spilled(&ledger).await;
        let mut late = change(vec![crate::ledger::header("spill", published())]);
        late.reads.push((QUAY.to_owned(), 1));
        let refused = ledger.keeper().await.purge(late, ()).await;
        assert!(matches!(refused, Err(Error::Aborted { .. })), "{refused:?}");
        assert!(!folder.path().join("ERASING").exists());
    };
    alone("a_purge_that_is_refused_leaves_no_mark", body);
}

/// A revision and its hash are of the same record, whenever somebody asks.
#[test]
fn a_head_is_never_told_with_the_hash_of_another() {
    let body = async {
        let folder = TempDir::new().unwrap();
        let ledger = open(folder.path());
        let before = ledger.exported();
        fail::cfg("commit.publish", "pause").unwrap();
        let writer = ledger.clone();
        let writing = tokio::spawn(async move { filled_with(&writer).await });
        // Applied, and not yet published.
        reach("commit.publish").await;
        let told = ledger.exported();
        fail::remove("commit.publish");
        assert_eq!(told, before);
        writing.await.unwrap();
        assert_eq!(ledger.exported().revision, before.revision + 1);
    };
    alone("a_head_is_never_told_with_the_hash_of_another", body);
}

async fn filled_with(ledger: &chancery::ledger::Ledger) {
    commit(ledger, vec![crate::ledger::header("talks", published())]).await;
}
