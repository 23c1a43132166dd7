//! The continuous archive: what is closed is there, whatever is erased is replaced there, and it is
//! restored as a backup is. And history that is older than is kept.

use std::path::Path;
use std::time::Duration;

use chancery::client::{Client, Options};
use chancery::ledger::Ledger;
use chancery::ledger::restore::{Restored, Until, restore};
use chancery::ledger::verify::verify_archive;
use chancery::model::limits::Limits;
use chancery::server::{self, Config};
use tempfile::TempDir;

use crate::keeping::{QUAY, SPILL, backed_up, compact, found_in, purge, spilled};
use crate::ledger::{NOW_US, change, commit, header, line, published};
use chancery::model::v1::Posture;

const DAY_US: i64 = 24 * 3_600 * 1_000_000;

fn limits() -> Limits {
    Limits {
        segment_bytes: 8 << 10,
        archive_retry_seconds: 0,
        ..Limits::default()
    }
}

/// A ledger of several segments, and a place for its archive.
async fn archived() -> (TempDir, Ledger) {
    let folder = TempDir::new().unwrap();
    std::fs::create_dir(folder.path().join("archive")).unwrap();
    let ledger = Ledger::open(&folder.path().join("data"), limits(), NOW_US).unwrap();
    commit(&ledger, vec![header("talks", published())]).await;
    spilled(&ledger).await;
    for number in 0..40 {
        more(&ledger, number).await;
    }
    ledger.archive_now(&folder.path().join("archive")).unwrap();
    (folder, ledger)
}

async fn more(ledger: &Ledger, number: usize) {
    let id = format!("n{}", number % 9);
    commit(
        ledger,
        vec![line("talks", &id, "actors/x", Posture::Claims)],
    )
    .await;
}

fn restored(from: &[&Path], into: &Path, until: Until) -> Restored {
    let from: Vec<_> = from.iter().map(|path| path.to_path_buf()).collect();
    restore(&from, into, until, limits()).unwrap()
}

#[tokio::test]
async fn an_archive_is_restored_and_a_backup_adds_what_is_newer() {
    let (folder, ledger) = archived().await;
    let (archive, into) = (folder.path().join("archive"), |n: &str| {
        folder.path().join(n)
    });
    let head = ledger.exported().revision;
    let alone = restored(&[&archive], &into("alone"), Until::End);
    assert!(alone.head.revision > 20 && alone.head.revision < head && !alone.compared);
    assert_eq!(alone.digest, ledger.digest(alone.head.revision).unwrap());
    let (all, late) = (into("all"), into("late"));
    backed_up(&ledger, 0, &all);
    backed_up(&ledger, alone.head.revision - 3, &late);
    // They overlap, each with what stands before it, in any order that leaves no gap.
    for (at, sources) in [[&archive, &late], [&archive, &all], [&all, &archive]]
        .into_iter()
        .enumerate()
    {
        let sources = sources.map(|path| path.as_path());
        let both = restored(&sources, &into(&format!("both-{at}")), Until::End);
        assert_eq!(both.head.revision, head);
        assert_eq!(both.head.chain, ledger.exported().chain);
        assert_eq!(both.digest, ledger.digest(head).unwrap());
    }
    let early = restored(&[&archive, &late], &into("early"), Until::Revision(10));
    assert_eq!(early.digest, ledger.digest(10).unwrap());
    // Another store's backup does not continue it.
    let other = Ledger::open(&into("other"), limits(), NOW_US).unwrap();
    for number in 0..60 {
        commit(&other, vec![header(&format!("t{number}"), published())]).await;
    }
    backed_up(&other, 0, &into("others"));
    let mixed = [archive, into("others")];
    let refused = restore(&mixed, &into("mixed"), Until::End, limits()).unwrap_err();
    assert!(
        format!("{refused:?}").contains("another store"),
        "{refused:?}"
    );
}

#[tokio::test]
async fn what_is_purged_or_compacted_is_gone_from_the_archive_too() {
    let (folder, ledger) = archived().await;
    let archive = folder.path().join("archive");
    assert!(!found_in(&archive, SPILL).is_empty());
    assert_eq!(verify_archive(&archive, None).unwrap().finding, None);
    purge(&ledger, QUAY).await.unwrap();
    compact(&ledger, 0).await.unwrap();
    ledger.archive_now(&archive).unwrap();
    assert!(found_in(&archive, SPILL).is_empty());
    let head = ledger.exported();
    let report = verify_archive(&archive, Some(&head)).unwrap();
    assert_eq!((report.finding, report.revision), (None, head.revision));
    let copy = folder.path().join("copy");
    let done = restored(&[&archive], &copy, Until::End);
    assert_eq!(done.digest, ledger.digest(head.revision).unwrap());
    let copied = Ledger::open(&copy, limits(), NOW_US).unwrap();
    assert_eq!(copied.status().earliest, ledger.status().earliest);
    // A copy that is as its original is left alone; one that is damaged is found.
    let first = archive.join("0000000001.seg");
    let mut bytes = std::fs::read(&first).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&first, bytes).unwrap();
    assert!(verify_archive(&archive, None).unwrap().finding.is_some());
    assert!(
        restore(
            std::slice::from_ref(&archive),
            &folder.path().join("no"),
            Until::End,
            limits()
        )
        .is_err()
    );
    ledger.archive_now(&archive).unwrap();
    assert_eq!(
        verify_archive(&archive, None).unwrap().finding,
        None,
        "its time had changed"
    );
    // And an archive is for one journal.
    let other = Ledger::open(&copy.with_file_name("other"), limits(), NOW_US).unwrap();
    for number in 0..40 {
        more(&other, number).await;
    }
    let refused = other.archive_now(&archive).unwrap_err();
    assert!(
        format!("{refused:?}").contains("another journal"),
        "{refused:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_that_is_away_is_said_and_caught_up_with() {
    let (folder, ledger) = archived().await;
    let archive = folder.path().join("away");
    let archiving = tokio::spawn({
        let (ledger, archive) = (ledger.clone(), archive.clone());
        async move { ledger.archive(archive).await }
    });
    while ledger.status().alarms.is_empty() {
        tokio::task::yield_now().await;
    }
    assert!(ledger.status().alarms[0].contains("lags behind"));
    more(&ledger, 0).await;
    std::fs::create_dir(&archive).unwrap();
    let caught_up = |ledger: &Ledger| {
        let status = ledger.status();
        let told = format!("{0} of {0} closed", status.segments - 1);
        status.alarms.is_empty() && status.activities.iter().any(|it| it.contains(&told))
    };
    while !caught_up(&ledger) {
        tokio::task::yield_now().await;
    }
    let before = ledger.status().segments;
    while ledger.status().segments < before + 2 {
        more(&ledger, 1).await;
    }
    while !caught_up(&ledger) {
        tokio::task::yield_now().await;
    }
    assert_eq!(verify_archive(&archive, None).unwrap().segments, before + 1);
    archiving.abort();
}

#[tokio::test]
async fn a_compaction_that_names_another_hash_is_found() {
    let (folder, ledger) = archived().await;
    compact(&ledger, 10).await.unwrap();
    assert_eq!(ledger.verify(None).unwrap().finding, None);
    let mut false_one = change(Vec::new());
    false_one.compaction = Some(chancery::wire::record::Compaction {
        revision: 12,
        chain: vec![7; 32].into(),
        digest: vec![7; 32].into(),
    });
    let at = ledger.commit(false_one).await.unwrap().revision;
    let found = ledger.verify(None).unwrap().finding.unwrap();
    assert!(
        found.why.contains("names another hash of revision 12"),
        "{found:?}"
    );
    assert_eq!(found.after, at - 1);
    drop(folder);
}

#[tokio::test(flavor = "multi_thread")]
async fn history_is_kept_as_long_as_the_setting_says() {
    kept_ten_days(|| NOW_US).await;
}

/// As on a machine that starts before it has asked anybody for the time.
#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_years_ahead_erases_nothing_more() {
    kept_ten_days(|| NOW_US + 3_650 * DAY_US).await;
}

async fn kept_ten_days(clock: fn() -> i64) {
    let folder = TempDir::new().unwrap();
    let ledger = Ledger::open(folder.path(), limits(), NOW_US - 30 * DAY_US).unwrap();
    for day in (0..20).rev() {
        let mut dated = change(vec![header(&format!("d{day}"), published())]);
        dated.proposed_us = NOW_US - day * DAY_US;
        ledger.commit(dated).await.unwrap();
    }
    let kept = ledger.revision_at(NOW_US - 10 * DAY_US);
    ledger.close();
    drop(ledger);
    let config = Config {
        data_dir: folder.path().to_owned(),
        listen: "127.0.0.1:0".parse().unwrap(),
        history_keep: Some(Duration::from_secs(10 * 24 * 3_600)),
        clock,
        ..Config::default()
    };
    let running = server::start(config).await.unwrap();
    let address = format!("http://{}", running.address);
    let client = Client::connect(&address, Options::default()).await.unwrap();
    let earliest = loop {
        let status = client.status().await.unwrap();
        if status.earliest_revision > 1 && status.activities.is_empty() {
            break status.earliest_revision;
        }
    };
    assert_eq!((earliest, kept), (11, 11));
    let head = running.ledger.exported().revision;
    assert_eq!(head, 22, "the record that says so");
    running.stop().await;
}
