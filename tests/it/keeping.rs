//! What an operator has kept and made to be gone: backups, restores, purges, compactions.

use std::path::{Path, PathBuf};

use chancery::error::Error;
use chancery::ledger::change::Effect;
use chancery::ledger::restore::{Until, restore};
use chancery::ledger::retention::Compacted;
use chancery::ledger::{At, Images, Ledger, Query, Wanted};
use chancery::model::limits::Limits;
use chancery::model::v1::{Posture, RedLine};
use chancery::query::filter;
use prost::Message;
use tempfile::TempDir;

use crate::ledger::{
    NOW_US, caller, change, commit, digest, filled, header, kind, line, name, open, published,
};

/// What must be gone.
pub(crate) const SPILL: &str = "what was said in confidence on the quay";
/// Where it stands.
pub(crate) const QUAY: &str = "assessments/spill/redLines/quay";

/// A backup of a ledger in a file.
pub(crate) fn backed_up(ledger: &Ledger, from: i64, file: &Path) -> i64 {
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
pub(crate) fn found_in(folder: &Path, text: &str) -> Vec<PathBuf> {
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
pub(crate) async fn spilled(ledger: &Ledger) {
    let mut effect = line("spill", "quay", "actors/x", Posture::Claims);
    let mut body = RedLine::decode(effect.body.as_slice()).unwrap();
    body.title = SPILL.to_owned();
    effect.body = body.encode_to_vec();
    commit(ledger, vec![header("spill", published()), effect]).await;
    let later = line("spill", "quay", "actors/x", Posture::Claims);
    commit(ledger, vec![later]).await;
}

/// Erases every version of a name; the revision that says so.
pub(crate) async fn purge(ledger: &Ledger, name: &str) -> Result<i64, Error> {
    let mut gone = change(vec![Effect {
        name: name.to_owned(),
        body: Vec::new(),
        tombstone: true,
    }]);
    gone.reason = "a spill".to_owned();
    let purged = ledger.keeper().await.purge(gone, ()).await?;
    Ok(purged.revision)
}

pub(crate) async fn compact(ledger: &Ledger, to: i64) -> Result<Compacted, Error> {
    let keeper = ledger.keeper().await;
    keeper.compact(to, change(Vec::new())).await
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
    let purged = purge(&ledger, QUAY).await.unwrap();
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
    let done = compact(&ledger, head).await.unwrap();
    assert_eq!((done.earliest, done.digest), (head, before));
    assert!(done.bytes_erased > 0);
    let again = compact(&ledger, head).await.unwrap();
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

/// What is asked of a restore: nothing that was erased may look as if it had never been.
#[tokio::test]
async fn nothing_is_restored_up_to_before_the_record_that_erased_some_of_it() {
    let folder = TempDir::new().unwrap();
    let ledger = filled(&folder.path().join("data"), 20).await;
    spilled(&ledger).await;
    let before = ledger.status().revision;
    let purged = purge(&ledger, QUAY).await.unwrap();
    commit(&ledger, vec![header("later", published())]).await;
    let compacted = compact(&ledger, before).await.unwrap();
    assert_eq!(compacted.earliest, before);
    let head = ledger.status().revision;
    let file = folder.path().join("all");
    backed_up(&ledger, 0, &file);
    let to = |revision: i64| {
        let into = folder.path().join(format!("to-{revision}"));
        restore(
            std::slice::from_ref(&file),
            &into,
            Until::Revision(revision),
            Limits::default(),
        )
    };
    // The compaction erased what nobody could read at `before`, and says so at the head.
    for revision in [before, purged, head - 1] {
        let refused = to(revision).unwrap_err();
        assert!(
            matches!(&refused, Error::OutOfRange { reason: "REVISION_ERASED", available, .. }
                if available.contains(&format!("revision {head} is the earliest"))),
            "{refused:?}"
        );
    }
    assert_eq!(to(head).unwrap().digest, ledger.digest(head).unwrap());
    // Before anything that was erased there is nothing to refuse.
    assert_eq!(to(2).unwrap().head.revision, 2);
}

/// Somebody erases while a backup is being written.
#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_which_something_is_erased_meanwhile_can_be_restored() {
    let folder = TempDir::new().unwrap();
    let ledger = filled(&folder.path().join("data"), 10).await;
    spilled(&ledger).await;
    let (backup, file) = (ledger.backup(0).unwrap(), folder.path().join("overlapped"));
    let purged = purge(&ledger, QUAY).await.unwrap();
    assert!(purged > backup.revision());
    let compacted = compact(&ledger, 0).await.unwrap();
    let mut bytes = Vec::new();
    let ended = backup.write(&mut |more| {
        bytes.extend_from_slice(more);
        Ok(())
    });
    assert!(ended.unwrap().head.revision > compacted.earliest);
    std::fs::write(&file, bytes).unwrap();
    let copy = folder.path().join("copy");
    let done = restore(&[file], &copy, Until::End, Limits::default()).unwrap();
    assert!(done.compared);
    assert_eq!(open(&copy).status().earliest, compacted.earliest);
}

/// A view that was opened before what it reads was erased.
#[tokio::test]
async fn a_view_is_told_what_was_erased_under_it() {
    let folder = TempDir::new().unwrap();
    let ledger = filled(folder.path(), 20).await;
    spilled(&ledger).await;
    let head = ledger.status().revision;
    let view = |revision| ledger.view(caller(), revision).unwrap();
    // Of what the older one sees two are replaced later.
    let (older, newest) = (view(6), view(head));
    let mut query = Query::of(kind("RedLine"), 10);
    query.filter = filter::parse("stance = \"Absolute*\"", query.kind, &Limits::default()).unwrap();
    purge(&ledger, QUAY).await.unwrap();
    let gone = |got: Error| assert!(matches!(got, Error::NotFound { .. }), "{got:?}");
    gone(newest.get(&name(QUAY)).unwrap_err());
    assert!(newest.stored(&name(QUAY)).unwrap().is_none());
    compact(&ledger, 0).await.unwrap();
    for got in [
        older
            .get(&name("assessments/talks/redLines/l1"))
            .unwrap_err(),
        older.list(&query).err().unwrap(),
    ] {
        assert!(matches!(got, Error::Compacted { .. }), "{got:?}");
    }
}
