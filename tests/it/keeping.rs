//! What an operator has kept and made to be gone: backups, restores, purges, compactions.

use std::path::{Path, PathBuf};

use chancery::error::Error;
use chancery::ledger::restore::{Until, restore};
use chancery::ledger::{At, Images, Ledger, Wanted};
use chancery::model::limits::Limits;
use chancery::model::v1::{Posture, RedLine};
use prost::Message;
use tempfile::TempDir;

use crate::ledger::{
    NOW_US, caller, change, commit, digest, filled, header, line, name, open, published,
};

/// What must be gone.
const SPILL: &str = "what was said in confidence on the quay";

/// A backup of a ledger in a file.
fn backed_up(ledger: &Ledger, from: i64, file: &Path) -> i64 {
    let backup = ledger.backup(from).unwrap();
    let mut bytes = Vec::new();
    backup
        .write(&mut |more| {
            bytes.extend_from_slice(more);
            Ok(())
        })
        .unwrap();
    std::fs::write(file, bytes).unwrap();
    backup.revision()
}

/// Whether any file below a folder holds a text.
fn found_in(folder: &Path, text: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(found_in(&path, text));
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        let holds = bytes
            .windows(text.len())
            .any(|window| window == text.as_bytes());
        found.extend(holds.then_some(path));
    }
    found
}

/// A red line whose title is a text, and its header; then once more with another title.
async fn spilled(ledger: &Ledger) {
    let mut effect = line("spill", "quay", "actors/x", Posture::Claims);
    let mut body = RedLine::decode(effect.body.as_slice()).unwrap();
    body.title = SPILL.to_owned();
    effect.body = body.encode_to_vec();
    commit(ledger, vec![header("spill", published()), effect]).await;
    let later = line("spill", "quay", "actors/x", Posture::Claims);
    commit(ledger, vec![later]).await;
}

#[tokio::test]
async fn a_restored_ledger_answers_as_the_first_one_did() {
    let folder = TempDir::new().unwrap();
    let ledger = filled(&folder.path().join("data"), 40).await;
    let (full, more) = (folder.path().join("full"), folder.path().join("more"));
    let revision = backed_up(&ledger, 0, &full);
    let early = ledger.digest(revision).unwrap();
    spilled(&ledger).await;
    backed_up(&ledger, revision, &more);
    let whole = folder.path().join("whole");
    let done = restore(
        &[full.clone(), more.clone()],
        &whole,
        Until::End,
        Limits::default(),
    )
    .unwrap();
    assert!(done.compared);
    let restored = open(&whole);
    assert_eq!(digest(&restored).await, digest(&ledger).await);
    assert_eq!(restored.status().chain, ledger.status().chain);
    assert_eq!(restored.page_token_key(), ledger.page_token_key());
    assert_eq!(restored.digest(revision).unwrap(), early);
    // Every cut of the second file is refused, and what it left is no data folder.
    let bytes = std::fs::read(&more).unwrap();
    for cut in (0..bytes.len()).step_by(bytes.len() / 7) {
        std::fs::write(&more, &bytes[..cut]).unwrap();
        let half = folder.path().join(format!("half-{cut}"));
        let files = [full.clone(), more.clone()];
        restore(&files, &half, Until::End, Limits::default()).unwrap_err();
        assert!(Ledger::open(&half, Limits::default(), NOW_US).is_err());
    }
    let until = folder.path().join("until");
    let done = restore(
        &[full],
        &until,
        Until::Revision(revision / 2),
        Limits::default(),
    )
    .unwrap();
    assert_eq!(
        done.digest,
        ledger.digest(revision / 2).unwrap(),
        "at {}",
        revision / 2
    );
}

#[tokio::test]
async fn what_is_purged_is_in_no_file() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let ledger = filled(&data, 10).await;
    spilled(&ledger).await;
    assert!(!found_in(&data, SPILL).is_empty());
    let mut gone = change(vec![chancery::ledger::change::Effect {
        name: "assessments/spill/redLines/quay".to_owned(),
        body: Vec::new(),
        tombstone: true,
    }]);
    gone.reason = "a spill".to_owned();
    let purged = ledger.purge(gone).await.unwrap().revision;
    assert_eq!(found_in(&data, SPILL), Vec::<PathBuf>::new());
    let file = folder.path().join("after");
    backed_up(&ledger, 0, &file);
    let after = ledger.digest(purged).unwrap();
    let report = ledger.verify(None).unwrap();
    assert!(report.finding.is_none(), "{report:?}");
    ledger.close();
    drop(ledger);
    for reopened in 0..2 {
        let ledger = open(&data);
        assert_eq!(ledger.digest(purged).unwrap(), after, "{reopened}");
        for revision in 1..=purged {
            let view = ledger.read(caller(), At::Exact(revision), NOW_US).await;
            let got = view.unwrap().get(&name("assessments/spill/redLines/quay"));
            assert!(matches!(got, Err(Error::NotFound { .. })), "{got:?}");
        }
        drop(ledger);
        assert_eq!(found_in(&data, SPILL), Vec::<PathBuf>::new());
        std::fs::remove_dir_all(data.join("store")).unwrap();
    }
    let copy = folder.path().join("copy");
    restore(&[file], &copy, Until::End, Limits::default()).unwrap();
    assert_eq!(found_in(folder.path(), SPILL), Vec::<PathBuf>::new());
    assert_eq!(open(&copy).digest(purged).unwrap(), after);
}

#[tokio::test]
async fn compacted_history_cannot_be_read_and_the_rest_stays_as_it_was() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let ledger = filled(&data, 10).await;
    spilled(&ledger).await;
    let head = ledger.status().revision;
    let before = ledger.digest(head).unwrap();
    let done = ledger.compact(head, change(Vec::new())).await.unwrap();
    assert_eq!((done.earliest, done.digest), (head, before));
    assert!(done.bytes_erased > 0);
    let again = ledger.compact(head, change(Vec::new())).await.unwrap();
    assert_eq!((again.earliest, again.bytes_erased), (head, 0));
    assert_eq!(found_in(&data, SPILL), Vec::<PathBuf>::new());
    assert!(ledger.verify(None).unwrap().finding.is_none());
    drop(ledger);
    for _ in 0..2 {
        let ledger = open(&data);
        assert_eq!(ledger.status().earliest, head);
        assert_eq!(ledger.digest(head).unwrap(), before);
        let view = ledger.read(caller(), At::Exact(head - 1), NOW_US).await;
        assert!(matches!(
            view.err(),
            Some(Error::Compacted { requested, earliest })
                if requested == head - 1 && earliest == head
        ));
        assert!(ledger.view(caller(), head - 1).is_err());
        for (after, refused) in [(0, true), (head - 1, true), (head, false)] {
            let wanted = Wanted {
                queries: Vec::new(),
                assessments: Default::default(),
                images: Images::None,
            };
            let watch = ledger.follow(caller(), wanted, after);
            assert_eq!(watch.is_err(), refused, "after {after}");
        }
        drop(ledger);
        std::fs::remove_dir_all(data.join("store")).unwrap();
    }
}
