//! The ledger through its three verbs: what was committed is there, in order, for good.

use std::path::{Path, PathBuf};

use chancery::error::Error;
use chancery::ledger::change::{Change, Committed, Effect};
use chancery::ledger::{At, Ledger, Query, View};
use chancery::model::caller::{Caller, Clearance, Role};
use chancery::model::kind::{self, Kind};
use chancery::model::limits::Limits;
use chancery::model::name::Name;
use chancery::model::v1;
use prost::Message;
use tempfile::TempDir;

/// Bytes of a segment before its first frame.
const HEADER_BYTES: usize = 128;
pub(crate) const NOW_US: i64 = 1_767_225_600_000_000;

pub(crate) fn caller() -> Caller {
    Caller::new("test", Role::Operator, Clearance::FULL)
}

pub(crate) fn limits() -> Limits {
    Limits {
        segment_bytes: 1 << 20,
        image_rows_min: 1,
        ..Limits::default()
    }
}

pub(crate) fn open(folder: &Path) -> Ledger {
    Ledger::open(folder, limits(), NOW_US).expect("open the ledger")
}

pub(crate) fn kind(message: &str) -> &'static Kind {
    kind::of(message).expect("a kind")
}

pub(crate) fn name(text: &str) -> Name {
    Name::parse(text, "name").expect("a name")
}

pub(crate) async fn latest(ledger: &Ledger) -> View {
    ledger
        .read(caller(), At::Latest, NOW_US)
        .await
        .expect("a view")
}

fn effect(name: &str, message: &impl Message) -> Effect {
    Effect {
        name: name.to_owned(),
        body: message.encode_to_vec(),
        tombstone: false,
    }
}

pub(crate) fn header(id: &str, state: v1::AssessmentState) -> Effect {
    let name = format!("assessments/{id}");
    let header = v1::Assessment {
        name: name.clone(),
        id: id.to_owned(),
        title: format!("Assessment {id}"),
        state: state.into(),
        ..Default::default()
    };
    effect(&name, &header)
}

pub(crate) fn line(assessment: &str, id: &str, actor: &str, posture: v1::Posture) -> Effect {
    let name = format!("assessments/{assessment}/redLines/{id}");
    let line = v1::RedLine {
        name: name.clone(),
        id: id.to_owned(),
        title: format!("Line {id}"),
        actor: actor.to_owned(),
        stance: "Absolute rejection. ".repeat(20),
        posture: posture.into(),
        ..Default::default()
    };
    effect(&name, &line)
}

pub(crate) fn change(effects: Vec<Effect>) -> Change {
    Change {
        author: "test".to_owned(),
        proposed_us: NOW_US,
        effects,
        ..Default::default()
    }
}

pub(crate) async fn commit(ledger: &Ledger, effects: Vec<Effect>) -> Committed {
    ledger.commit(change(effects)).await.expect("commit")
}

pub(crate) async fn digest(ledger: &Ledger) -> [u8; 32] {
    latest(ledger).await.digest().expect("digest")
}

pub(crate) fn published() -> v1::AssessmentState {
    v1::AssessmentState::Published
}

/// Names of a list, all pages, with pages of `size`.
pub(crate) fn walk(view: &View, mut query: Query, size: usize) -> Vec<String> {
    query.size = size;
    let mut names = Vec::new();
    loop {
        let page = view.list(&query).expect("a page");
        assert!(page.items.len() <= size);
        for item in &page.items {
            names.push(v1::RedLine::decode(item.clone()).expect("an item").name);
        }
        match page.next {
            Some(next) => query.after = Some(next),
            None => return names,
        }
    }
}

/// Copies what is on disk while the ledger is open: what a crash leaves behind.
pub(crate) fn crashed(folder: &Path) -> TempDir {
    let copy = TempDir::new().expect("a folder");
    copy_into(folder, copy.path());
    copy
}

pub(crate) fn copy_into(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("create");
    for entry in std::fs::read_dir(from).expect("read") {
        let path = entry.expect("entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy_into(&path, &target);
        } else {
            std::fs::copy(&path, &target).expect("copy");
        }
    }
}

pub(crate) async fn filled(folder: &Path, commits: usize) -> Ledger {
    let ledger = open(folder);
    commit(&ledger, vec![header("talks", published())]).await;
    for at in 0..commits {
        let actor = ["actors/russia", "actors/ukraine"][at % 2];
        let posture = [v1::Posture::Prohibits, v1::Posture::Requires][at % 2];
        commit(
            &ledger,
            vec![line("talks", &format!("l{}", at % 17), actor, posture)],
        )
        .await;
    }
    ledger
}

#[tokio::test]
async fn a_commit_is_visible_at_once_and_survives_a_restart() {
    let folder = TempDir::new().unwrap();
    let ledger = filled(folder.path(), 40).await;
    let before = digest(&ledger).await;
    let head = latest(&ledger).await.revision();
    ledger.close();
    drop(ledger);

    let ledger = open(folder.path());
    assert_eq!(latest(&ledger).await.revision(), head);
    assert_eq!(digest(&ledger).await, before);
    let again = commit(
        &ledger,
        vec![line("talks", "new", "actors/x", v1::Posture::Claims)],
    )
    .await;
    assert_eq!(again.revision, head + 1);
    assert_ne!(
        digest(&ledger).await,
        before,
        "the digest tells a difference"
    );
}

#[tokio::test]
async fn without_its_store_a_ledger_is_the_same() {
    let folder = TempDir::new().unwrap();
    let ledger = filled(folder.path(), 40).await;
    let mut tombstone = line("talks", "l3", "actors/x", v1::Posture::Claims);
    tombstone.tombstone = true;
    let mut asked = change(vec![tombstone]);
    asked.request_id = "once".to_owned();
    let first = ledger.commit(asked.clone()).await.unwrap();
    let mut history = Vec::new();
    for revision in 2..=first.revision {
        let view = ledger
            .read(caller(), At::Exact(revision), NOW_US)
            .await
            .unwrap();
        history.push(view.digest().unwrap());
    }
    ledger.close();
    drop(ledger);
    std::fs::remove_dir_all(folder.path().join("store")).unwrap();

    let ledger = open(folder.path());
    for (digest, revision) in history.iter().zip(2..) {
        let view = ledger
            .read(caller(), At::Exact(revision), NOW_US)
            .await
            .unwrap();
        assert_eq!(view.digest().unwrap(), *digest, "revision {revision}");
    }
    let again = ledger.commit(asked).await.unwrap();
    assert_eq!(
        (again.revision, again.repeated),
        (first.revision, true),
        "requests are replayed"
    );
}

#[tokio::test]
async fn a_store_with_a_missing_row_is_noticed_and_rebuilt() {
    let folder = TempDir::new().unwrap();
    let ledger = filled(folder.path(), 40).await;
    let before = digest(&ledger).await;
    ledger.close();
    drop(ledger);
    let sled_folder = folder.path().join("store/sled");
    {
        let db = sled::open(&sled_folder).unwrap();
        let rows = db.open_tree("rows").unwrap();
        let (key, _) = rows.iter().nth(7).unwrap().unwrap();
        assert!(rows.remove(key).unwrap().is_some());
        db.flush().unwrap();
    }
    let ledger = open(folder.path());
    assert_eq!(digest(&ledger).await, before);
    assert!(
        folder.path().join("store/broken").exists(),
        "it was moved aside"
    );
    assert!(!sled_folder.join("blobs").exists() || empty(&sled_folder.join("blobs")));
}

fn empty(folder: &Path) -> bool {
    std::fs::read_dir(folder).unwrap().next().is_none()
}

#[tokio::test]
async fn a_crash_loses_nothing_that_was_acknowledged() {
    let folder = TempDir::new().unwrap();
    let ledger = filled(folder.path(), 40).await;
    let copy = crashed(folder.path());
    let after = open(copy.path());
    assert_eq!(digest(&after).await, digest(&ledger).await);
}

/// The newest segment and the place where its last frame begins and ends, after a crash.
pub(crate) fn last_frame(folder: &Path) -> (PathBuf, usize, usize) {
    let mut segments: Vec<PathBuf> = std::fs::read_dir(folder.join("journal"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "seg"))
        .collect();
    segments.sort();
    let path = segments.pop().unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let end = bytes.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    let commits_before = &bytes[..end];
    let mut at = HEADER_BYTES;
    let mut last = at;
    while at < commits_before.len() {
        last = at;
        let len = u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
        at = (at + 8 + len).next_multiple_of(8);
    }
    (path, last, end)
}

#[tokio::test]
async fn a_torn_last_frame_is_cut_and_everything_before_it_kept() {
    let folder = TempDir::new().unwrap();
    let ledger = filled(folder.path(), 40).await;
    let head = latest(&ledger).await.revision();
    let view = ledger
        .read(caller(), At::Exact(head - 1), NOW_US)
        .await
        .unwrap();
    let expected = view.digest().unwrap();
    for truncate in [true, false] {
        let copy = crashed(folder.path());
        let (path, start, end) = last_frame(copy.path());
        let half = start + (end - start) / 2;
        let mut bytes = std::fs::read(&path).unwrap();
        if truncate {
            bytes.truncate(half);
        } else {
            bytes[half..end].fill(0);
        }
        std::fs::write(&path, bytes).unwrap();
        let after = open(copy.path());
        assert_eq!(latest(&after).await.revision(), head - 1);
        assert_eq!(digest(&after).await, expected);
        // What the store had of the lost revision must not come back under the next one.
        commit(&after, vec![header("next", published())]).await;
        let next = digest(&after).await;
        after.close();
        drop(after);
        std::fs::remove_dir_all(copy.path().join("store")).unwrap();
        assert_eq!(digest(&open(copy.path())).await, next);
    }
}

#[tokio::test]
async fn a_flipped_byte_in_an_earlier_frame_is_refused_by_name() {
    let folder = TempDir::new().unwrap();
    let ledger = filled(folder.path(), 40).await;
    let copy = crashed(folder.path());
    drop(ledger);
    let (path, start, _) = last_frame(copy.path());
    let sound = std::fs::read(&path).unwrap();
    let mut random = 0x2545_F491_4F6C_DD1D_u64;
    for _ in 0..100 {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let at = (random >> 33) as usize % start;
        let mut bytes = sound.clone();
        bytes[at] ^= 1 << ((random >> 20) % 8);
        std::fs::write(&path, bytes).unwrap();
        match Ledger::open(copy.path(), limits(), NOW_US) {
            Err(Error::Internal(text)) => {
                let file = path.file_name().unwrap().to_str().unwrap();
                assert!(text.contains(file) && text.contains("offset"), "{text}");
            }
            Err(other) => panic!("byte {at}: {other:?}"),
            Ok(_) => panic!("byte {at} was flipped and nobody noticed"),
        }
    }
}

#[tokio::test]
async fn of_two_changes_made_on_the_same_version_one_wins() {
    let folder = TempDir::new().unwrap();
    let ledger = filled(folder.path(), 1).await;
    let target = "assessments/talks/redLines/l0";
    let revision = latest(&ledger)
        .await
        .revision_of(&name(target))
        .unwrap()
        .unwrap();
    let mut attempts = Vec::new();
    for actor in ["actors/a", "actors/b", "actors/c", "actors/d"] {
        let mut change = change(vec![line("talks", "l0", actor, v1::Posture::Claims)]);
        change.reads = vec![(target.to_owned(), revision)];
        let ledger = ledger.clone();
        attempts.push(tokio::spawn(async move { ledger.commit(change).await }));
    }
    let mut won = 0;
    for attempt in attempts {
        match attempt.await.unwrap() {
            Ok(committed) => {
                won += 1;
                assert!(committed.revision > revision);
            }
            Err(Error::Aborted { name, current }) => {
                assert_eq!(name, target);
                assert!(current > revision);
            }
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(won, 1);
    let mut stale = change(vec![line("talks", "l0", "actors/x", v1::Posture::Claims)]);
    stale.reads = vec![("assessments/talks/".to_owned(), revision)];
    assert!(
        matches!(ledger.commit(stale).await, Err(Error::Aborted { .. })),
        "the aggregate"
    );
}

#[tokio::test]
async fn a_repeated_request_is_answered_and_not_written_again() {
    let folder = TempDir::new().unwrap();
    let ledger = filled(folder.path(), 1).await;
    let mut asked = change(vec![line("talks", "once", "actors/a", v1::Posture::Claims)]);
    asked.request_id = "r-1".to_owned();
    asked.request_hash = vec![1];
    let copies: Vec<_> = (0..8)
        .map(|_| {
            let (ledger, asked) = (ledger.clone(), asked.clone());
            tokio::spawn(async move { ledger.commit(asked).await })
        })
        .collect();
    let mut revisions = Vec::new();
    let mut written = 0;
    for copy in copies {
        let committed = copy.await.unwrap().unwrap();
        revisions.push(committed.revision);
        written += usize::from(!committed.repeated);
    }
    revisions.dedup();
    assert_eq!((revisions.len(), written), (1, 1));
    asked.request_hash = vec![2];
    match ledger.commit(asked.clone()).await {
        Err(Error::Invalid(violations)) => assert_eq!(violations[0].reason, "REQUEST_ID_REUSED"),
        other => panic!("{other:?}"),
    }
    asked.author = "somebody else".to_owned();
    let theirs = ledger.commit(asked).await.unwrap();
    assert!(!theirs.repeated, "ids belong to their caller");
}

#[tokio::test]
async fn reads_in_the_past_answer_what_was_there() {
    let folder = TempDir::new().unwrap();
    let ledger = filled(folder.path(), 30).await;
    let mut deleted = line("talks", "l5", "actors/x", v1::Posture::Claims);
    deleted.tombstone = true;
    let committed = commit(&ledger, vec![deleted]).await;
    let target = name("assessments/talks/redLines/l5");
    let view = ledger
        .read(caller(), At::Exact(committed.revision - 1), NOW_US)
        .await
        .unwrap();
    assert!(view.get(&target).is_ok());
    assert!(matches!(
        latest(&ledger).await.get(&target),
        Err(Error::NotFound { .. })
    ));

    let at = ledger
        .read(caller(), At::Time(committed.time_us - 1), NOW_US * 2)
        .await
        .unwrap();
    assert_eq!(at.revision(), committed.revision - 1);
    let future = ledger
        .read(caller(), At::Exact(committed.revision + 1), NOW_US)
        .await;
    assert!(matches!(
        future,
        Err(Error::OutOfRange {
            reason: "REVISION_IN_FUTURE",
            ..
        })
    ));
    let future = ledger.read(caller(), At::Time(NOW_US + 1), NOW_US).await;
    assert!(matches!(
        future,
        Err(Error::OutOfRange {
            reason: "TIME_IN_FUTURE",
            ..
        })
    ));
    let before = ledger.read(caller(), At::Time(NOW_US - 1), NOW_US).await;
    assert!(matches!(
        before,
        Err(Error::OutOfRange {
            reason: "TIME_BEFORE_FIRST",
            ..
        })
    ));
}

#[tokio::test]
async fn nothing_is_stamped_at_or_before_a_time_that_was_read() {
    let folder = TempDir::new().unwrap();
    let ledger = filled(folder.path(), 1).await;
    let served = NOW_US + 1_000_000;
    let view = ledger
        .read(caller(), At::Time(served), served)
        .await
        .unwrap();
    let committed = commit(&ledger, vec![header("late", published())]).await;
    assert!(committed.time_us > served);
    let again = ledger
        .read(caller(), At::Time(served), served)
        .await
        .unwrap();
    assert_eq!(again.revision(), view.revision());
}

#[tokio::test]
async fn a_feed_gives_every_commit_once_and_in_order() {
    let folder = TempDir::new().unwrap();
    let ledger = filled(folder.path(), 3).await;
    let mut feed = ledger.watch(0);
    let writer = {
        let ledger = ledger.clone();
        tokio::spawn(async move {
            for at in 0..300 {
                commit(&ledger, vec![header(&format!("a{at}"), published())]).await;
            }
            latest(&ledger).await.revision()
        })
    };
    let mut seen = 0;
    while seen < 300 + 5 {
        let commit = feed.next().await.unwrap().unwrap();
        assert_eq!(commit.revision, seen + 1);
        seen = commit.revision;
    }
    assert_eq!(writer.await.unwrap(), seen);
    let mut resumed = ledger.watch(seen - 1);
    assert_eq!(
        resumed.next().await.unwrap().unwrap().names,
        ["assessments/a299"]
    );
}

#[tokio::test]
async fn clearance_narrows_every_read_path() {
    let folder = TempDir::new().unwrap();
    let ledger = open(folder.path());
    let mut secret = v1::Assessment {
        name: "assessments/secret".to_owned(),
        state: published().into(),
        marking: Some(v1::Marking {
            tlp: v1::Tlp::Amber.into(),
            ..Default::default()
        }),
        ..Default::default()
    };
    let red = v1::RedLine {
        name: "assessments/talks/redLines/red".to_owned(),
        marking: Some(v1::Marking {
            tlp: v1::Tlp::Red.into(),
            ..Default::default()
        }),
        ..Default::default()
    };
    commit(
        &ledger,
        vec![
            header("talks", published()),
            line("talks", "open", "actors/a", v1::Posture::Claims),
            effect("assessments/talks/redLines/red", &red),
            effect("assessments/secret", &secret),
            line("secret", "inside", "actors/a", v1::Posture::Claims),
        ],
    )
    .await;
    let green = || {
        let clearance = Clearance {
            tlp: chancery::model::caller::Tlp::Green,
            groups: Some(vec![]),
        };
        Caller::new("green", Role::Reader, clearance)
    };
    let view = ledger.read(green(), At::Latest, NOW_US).await.unwrap();
    let all = Query {
        total: true,
        ..Query::of(kind("RedLine"), 10)
    };
    assert_eq!(
        walk(&view, all.clone(), 10),
        ["assessments/talks/redLines/open"]
    );
    assert_eq!(view.list(&all).unwrap().total, Some(1));
    for hidden in [
        "assessments/secret",
        "assessments/secret/redLines/inside",
        "assessments/talks/redLines/red",
    ] {
        assert!(
            matches!(view.get(&name(hidden)), Err(Error::NotFound { .. })),
            "{hidden}"
        );
    }
    let full = v1::Assessment::decode(view.full(&name("assessments/talks")).unwrap()).unwrap();
    assert_eq!(full.red_lines.len(), 1);

    // Opened up later: the past stays closed to him by its marking then.
    let closed = latest(&ledger).await.revision();
    secret.marking = None;
    commit(&ledger, vec![effect("assessments/secret", &secret)]).await;
    let view = ledger.read(green(), At::Latest, NOW_US).await.unwrap();
    assert!(
        view.get(&name("assessments/secret/redLines/inside"))
            .is_ok()
    );
    let past = ledger
        .read(green(), At::Exact(closed), NOW_US)
        .await
        .unwrap();
    assert!(
        past.get(&name("assessments/secret/redLines/inside"))
            .is_err()
    );
}
