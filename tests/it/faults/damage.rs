//! Files changed at random, of the journal and of the store: nothing is lost in silence, nothing
//! damaged is served, nothing crashes.
//!
//! `CHANCERY_TEST_DAMAGES=1000 cargo test --test it faults::damage -- --nocapture`
//!
//! ```text
//! refused    the journal is not opened; the message names file and offset
//! warned     what cannot be told from a write that a crash cut short: the end of a journal that
//!            was not stopped cleanly is cut off, with a warning
//! harmless   bytes that nothing is kept in
//! rebuilt    the store was moved aside and made again from the journal
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chancery::ledger::Ledger;
use chancery::ledger::verify::verify;
use tempfile::TempDir;

use super::program::Plan;
use super::{Dice, rounds};
use crate::ledger::{NOW_US, change, commit, copy_into, digest, header, latest, line, published};
use chancery::model::v1::Posture;

const PLAN: Plan = Plan {
    writers: 1,
    commits: 0,
    segment_bytes: 16 << 10,
    checkpoint_revisions: 50,
    keeping: false,
};

const COMMITS: usize = 120;

/// A folder with some history, and the digest at each revision.
struct Scene {
    folder: TempDir,
    digests: Vec<[u8; 32]>,
}

async fn scene(clean: bool) -> Scene {
    let folder = TempDir::new().unwrap();
    let home = folder.path().join("home");
    let ledger = Ledger::open(&home, PLAN.limits(), NOW_US).unwrap();
    commit(&ledger, vec![header("talks", published())]).await;
    let mut digests = vec![[0; 32]; 2];
    for number in 0..COMMITS {
        digests.push(digest(&ledger).await);
        let id = format!("n{}", number % 23);
        let mut change = change(vec![line("talks", &id, "actors/x", Posture::Claims)]);
        change.request_id = format!("r{number}");
        ledger.commit(change).await.unwrap();
    }
    digests.push(digest(&ledger).await);
    if clean {
        ledger.close();
    } else {
        // What is on the disk now is what a kill would leave.
        let after = folder.path().join("after");
        copy_into(&home, &after);
        ledger.close();
        drop(ledger);
        std::fs::remove_dir_all(&home).unwrap();
        std::fs::rename(after, home).unwrap();
    }
    Scene { folder, digests }
}

fn files(folder: &Path, ends: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => found.push(path),
            }
        }
    }
    let named = |path: &Path| ends.iter().any(|end| path.to_str().unwrap().ends_with(end));
    found.retain(|path| path.metadata().unwrap().len() > 0 && (ends.is_empty() || named(path)));
    found.sort();
    found
}

/// Changes one file in one of several ways; answers which.
fn damage(files: &[PathBuf], dice: &mut Dice) -> &'static str {
    let path = &files[dice.below(files.len() as u64) as usize];
    let mut bytes = std::fs::read(path).unwrap();
    let used = bytes.iter().rposition(|byte| *byte != 0).unwrap_or(0) as u64 + 1;
    let at = dice.below(used) as usize;
    let end = (at + 1 + dice.below(600) as usize).min(bytes.len());
    let way = match dice.below(8) {
        0 | 1 => {
            bytes[at] ^= 1 << dice.below(8);
            "bit flipped"
        }
        2 => {
            bytes[at..end].fill(0);
            "range zeroed"
        }
        3 => {
            let noise = bytes[at..end].iter_mut();
            noise.for_each(|byte| *byte = dice.below(256) as u8);
            "range overwritten"
        }
        4 => {
            bytes.truncate(at);
            "truncated"
        }
        5 => {
            let from = dice.below(used) as usize;
            let piece = bytes[from..(from + end - at).min(bytes.len())].to_vec();
            bytes[at..at + piece.len().min(end - at)]
                .copy_from_slice(&piece[..piece.len().min(end - at)]);
            "range copied over another"
        }
        6 => {
            std::fs::remove_file(path).unwrap();
            return "file removed";
        }
        _ => {
            let other = &files[dice.below(files.len() as u64) as usize];
            let theirs = std::fs::read(other).unwrap();
            std::fs::write(other, &bytes).unwrap();
            bytes = theirs;
            "files swapped"
        }
    };
    std::fs::write(path, bytes).unwrap();
    way
}

/// What became of a journal that was damaged.
async fn judged(home: &Path, digests: &[[u8; 32]]) -> &'static str {
    // Read first, since opening cuts what is torn.
    let torn = verify(home, None).is_ok_and(|report| report.torn_bytes > 0);
    match Ledger::open(home, PLAN.limits(), NOW_US) {
        Err(error) => {
            let told = format!("{error:?}");
            assert!(told.contains("offset") && told.contains(".seg"), "{told}");
            "refused"
        }
        Ok(ledger) => {
            let head = latest(&ledger).await.revision() as usize;
            assert_eq!(digest(&ledger).await, digests[head], "revision {head}");
            match head + 1 == digests.len() {
                true if torn => "harmless, and warned of",
                true => "harmless",
                false if torn => "warned",
                false => "LOST IN SILENCE",
            }
        }
    }
}

#[tokio::test]
async fn damage_of_the_journal_is_refused_or_said() {
    let each = rounds("CHANCERY_TEST_DAMAGES", 40);
    let mut tally: BTreeMap<(&str, &str, &str), usize> = BTreeMap::new();
    for (stop, clean) in [("clean stop", true), ("kill", false)] {
        let scene = scene(clean).await;
        let mut dice = Dice(7);
        for _ in 0..each / 2 {
            let copy = TempDir::new().unwrap();
            copy_into(&scene.folder.path().join("home"), copy.path());
            let way = damage(&files(&copy.path().join("journal"), &[".seg"]), &mut dice);
            let end = judged(copy.path(), &scene.digests).await;
            assert_ne!(end, "LOST IN SILENCE", "{stop}, {way}");
            assert!(
                !clean || end != "warned",
                "{way}: a clean stop leaves no torn end"
            );
            *tally.entry((stop, end, way)).or_default() += 1;
        }
    }
    println!("{each} damages of the journal: 0 lost in silence, 0 crashes");
    for ((stop, end, way), count) in tally {
        println!("  after a {stop}: {end}: {way}: {count}");
    }
}

#[tokio::test]
async fn damage_of_the_store_is_rebuilt() {
    let each = rounds("CHANCERY_TEST_DAMAGES", 40);
    let scene = scene(true).await;
    let whole = scene.digests.last().unwrap();
    let mut dice = Dice(11);
    let mut tally: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for _ in 0..each {
        let copy = TempDir::new().unwrap();
        copy_into(&scene.folder.path().join("home"), copy.path());
        let way = damage(&files(&copy.path().join("store"), &[]), &mut dice);
        let before = copy.path().join("store/broken").exists();
        let ledger = Ledger::open(copy.path(), PLAN.limits(), NOW_US);
        let ledger = ledger.unwrap_or_else(|error| panic!("{way}: {error:?}"));
        assert_eq!(digest(&ledger).await, *whole, "{way}");
        assert!(
            ledger
                .commit(change(vec![header("next", published())]))
                .await
                .is_ok()
        );
        let moved = copy.path().join("store/broken").exists() && !before;
        let end = if moved {
            "moved aside and rebuilt"
        } else {
            "read as it was, or made again"
        };
        *tally.entry((end, way)).or_default() += 1;
    }
    println!("{each} damages of the store: 0 wrong answers, 0 crashes");
    for ((end, way), count) in tally {
        println!("  {end}: {way}: {count}");
    }
}
