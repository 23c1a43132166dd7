//! Every named step of the ledger, made to fail, to panic and to wait, each in a process of its
//! own: the writer stops acknowledging or goes on, the next start is clean, nothing is lost.
//!
//! `CHANCERY_TEST_SWEEP=1 CHANCERY_TEST_EIO=300 cargo test --all-features --test it faults::sweep
//! -- --nocapture`: all three ways for each point, and an error at the n-th write and the n-th sync
//! for n up to 300. The names are found in the source; one that no run comes to fails the suite.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use tempfile::TempDir;

use super::program::{Plan, acknowledged, judged};
use super::{Dice, rounds};
use crate::ledger::{NOW_US, copy_into, last_frame};
use chancery::ledger::Ledger;

const PLAN: Plan = Plan {
    writers: 2,
    commits: 24,
    segment_bytes: 16 << 10,
    checkpoint_revisions: 10,
    keeping: false,
};

/// What is done at a point.
const WAYS: [(&str, &str); 3] = [
    ("error", "return(EIO)"),
    ("panic", "panic"),
    ("delay", "sleep(5)"),
];

/// The names of all points, as they stand in the source.
fn points() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src/ledger")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let code = text
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"));
            let code: String = code.flat_map(str::split_whitespace).collect();
            for call in [
                "at(\"",
                "write(\"",
                "sync_data(\"",
                "sync_all(\"",
                "sync_dir(\"",
                "step(\"",
            ] {
                let names = code.split(call).skip(1);
                let names = names
                    .filter_map(|rest| rest.split_once('"'))
                    .map(|(name, _)| name);
                found.extend(names.filter(|name| point(name)).map(ToOwned::to_owned));
            }
        }
    }
    found
}

/// `room.step`, both of small letters.
fn point(name: &str) -> bool {
    let word =
        |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    name.split_once('.')
        .is_some_and(|(room, step)| word(room) && word(step))
}

/// What must go wrong first for the writer to come to a point.
fn cause(point: &str) -> &'static str {
    match point {
        "undo.cut" | "undo.sync" => "journal.write=4*off->1*return(ENOSPC)",
        "undo.remove" | "undo.sync_dir" => "segment.sync=1*return(ENOSPC)",
        _ => "",
    }
}

/// What a crash left: several segments, a torn tail, and a store that is not sound.
fn scene() -> (TempDir, Vec<i64>) {
    let (folder, acks) = crashed();
    let (path, start, end) = last_frame(folder.path());
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[(start + end) / 2..end].fill(0);
    std::fs::write(&path, bytes).unwrap();
    let db = sled::open(folder.path().join("store/sled")).unwrap();
    let rows = db.open_tree("rows").unwrap();
    let (key, _) = rows.iter().next().unwrap().unwrap();
    rows.remove(key).unwrap();
    db.flush().unwrap();
    (folder, acks)
}

/// What a crash left in the middle of beginning a segment.
fn leftover() -> (TempDir, Vec<i64>) {
    let (folder, mut acks) = crashed();
    let (path, _, _) = last_frame(folder.path());
    let number: u32 = path.file_stem().unwrap().to_str().unwrap().parse().unwrap();
    std::fs::write(path.with_file_name(format!("{:010}.seg", number + 1)), []).unwrap();
    acks.sort_unstable();
    (folder, acks)
}

/// A journal that is not sealed, and what was acknowledged before its last group.
fn crashed() -> (TempDir, Vec<i64>) {
    let folder = TempDir::new().unwrap();
    // More than it comes to, also when both writers always share a sync: nothing is erased here.
    let plan = Plan {
        commits: 40,
        ..PLAN
    };
    let output = plan
        .command(folder.path())
        .env("FAILPOINTS", "journal.sync=36*off->return(EIO)")
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    let mut acks = acknowledged(&told);
    assert!(acks.len() > 20, "{told}");
    // The last group was written and not synced: it is what the tear will cut.
    acks.sort_unstable();
    (folder, acks)
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    WentOn,
    Stopped,
    RefusedToOpen,
    Died,
}

/// Runs the writer on a copy of a scene; whatever becomes of it, the judge finds everything that
/// was acknowledged before and meanwhile.
fn ran(scene: &(TempDir, Vec<i64>), failpoints: &str) -> (End, BTreeSet<String>) {
    let (folder, mut acks) = (TempDir::new().unwrap(), scene.1.clone());
    copy_into(scene.0.path(), folder.path());
    let copies = TempDir::new().unwrap();
    let output = PLAN
        .command(folder.path())
        .env("FAILPOINTS", failpoints)
        .env("CHANCERY_TEST_COPIES", copies.path())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    acks.extend(acknowledged(&told));
    let (code, why) = judged(folder.path(), &acks);
    assert_eq!(code, Some(0), "{failpoints}: {why}{told}");
    half_or_whole(&copies.path().join("restored"), failpoints);
    let begins = |word: &str| told.lines().any(|line| line.starts_with(word));
    let end = match () {
        () if begins("refused") => End::RefusedToOpen,
        () if begins("stopped") || begins("ended") => End::Stopped,
        () if begins("done") => End::WentOn,
        () => End::Died,
    };
    let reached = told.lines().find_map(|line| line.strip_prefix("reached "));
    let reached = reached.unwrap_or_default().split(' ');
    (end, reached.map(ToOwned::to_owned).collect())
}

/// What a restore left, if it came to one: nothing that opens and is not what was backed up.
fn half_or_whole(folder: &Path, failpoints: &str) {
    if folder.exists()
        && let Ok(ledger) = Ledger::open(folder, PLAN.limits(), NOW_US)
    {
        let report = ledger.verify(None).unwrap();
        assert_eq!(report.finding, None, "{failpoints}");
    }
}

#[test]
fn every_point_may_fail_panic_and_wait() {
    let ways = if rounds("CHANCERY_TEST_SWEEP", 0) > 0 {
        3
    } else {
        1
    };
    let names = points();
    assert!(names.len() > 30, "{names:?}");
    let (torn, begun) = (scene(), leftover());
    let mut tally: BTreeMap<(&str, End), usize> = BTreeMap::new();
    let mut missed = Vec::new();
    for name in &names {
        let scene = if name == "open.remove" { &begun } else { &torn };
        for (way, action) in WAYS.iter().take(ways) {
            let failpoints = format!("{};{name}={action}", cause(name));
            let (end, reached) = ran(scene, failpoints.trim_start_matches(';'));
            if !reached.contains(name) {
                missed.push(name.clone());
            }
            if ways > 1 {
                println!("{name} {way}: {end:?}");
            }
            *tally.entry((way, end)).or_default() += 1;
        }
    }
    println!(
        "{} points, each in its own process: {tally:?}; 0 lost",
        names.len()
    );
    println!("{}", names.into_iter().collect::<Vec<_>>().join(" "));
    assert_eq!(missed, [""; 0], "never reached");
}

#[test]
fn an_error_at_any_write_or_sync_loses_nothing() {
    let most = rounds("CHANCERY_TEST_EIO", 4);
    let torn = scene();
    let mut dice = Dice(most as u64);
    let mut tally: BTreeMap<(&str, End), usize> = BTreeMap::new();
    for n in 0..most {
        // The short cut tries a few places of the three hundred.
        let at = if most < 300 { dice.below(60) } else { n as u64 };
        for step in ["disk.write", "disk.sync"] {
            let failpoints = match at {
                0 => format!("{step}=return(EIO)"),
                at => format!("{step}={at}*off->return(EIO)"),
            };
            let (end, _) = ran(&torn, &failpoints);
            *tally.entry((step, end)).or_default() += 1;
        }
    }
    println!("an error at the n-th write and the n-th sync, {most} places each: {tally:?}; 0 lost");
}
