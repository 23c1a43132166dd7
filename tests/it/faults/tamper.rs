//! Forgery: somebody who knows the format changes, removes, swaps or cuts records, and makes the
//! checksums right again. With a head that was exported before, every forgery is found and named;
//! without one all but those that rewrite or cut the end.
//!
//! `CHANCERY_TEST_FORGERIES=10000 cargo test --test it faults::tamper -- --nocapture`
//!
//! The forger writes frames by his own hand, from the layout in `ledger::journal::segment`.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Instant;

use chancery::ledger::Ledger;
use chancery::ledger::verify::{Head, verify};
use crc32c::{crc32c, crc32c_append};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::program::Plan;
use super::{Dice, rounds};
use crate::ledger::{NOW_US, commit, copy_into, header, line, published};
use chancery::model::v1::Posture;

const PLAN: Plan = Plan {
    writers: 1,
    commits: 0,
    segment_bytes: 16 << 10,
    checkpoint_revisions: 1_000_000,
    keeping: false,
};
const HEADER: usize = 128;
const COMMITS: usize = 90;

/// A journal as files, and where its frames are: (file, bytes).
struct Journal {
    folder: TempDir,
    files: Vec<PathBuf>,
    bytes: Vec<Vec<u8>>,
    frames: Vec<(usize, Range<usize>)>,
    seed: u32,
    head: Head,
}

impl Journal {
    /// A journal as a kill leaves it, with nothing beside it that vouches for it.
    async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let (live, home) = (TempDir::new().unwrap(), folder.path());
        let ledger = Ledger::open(live.path(), PLAN.limits(), NOW_US).unwrap();
        commit(&ledger, vec![header("talks", published())]).await;
        for number in 0..COMMITS {
            let id = format!("n{}", number % 23);
            commit(
                &ledger,
                vec![line("talks", &id, "actors/x", Posture::Claims)],
            )
            .await;
        }
        copy_into(&live.path().join("journal"), &home.join("journal"));
        std::fs::remove_file(home.join("journal/LOCK")).unwrap();
        let head = ledger.exported();
        let mut files: Vec<_> = std::fs::read_dir(home.join("journal"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        let bytes: Vec<_> = files
            .iter()
            .map(|file| std::fs::read(file).unwrap())
            .collect();
        let seed = crc32c(&bytes[0][16..32]);
        let frames = bytes.iter().enumerate();
        let frames = frames.flat_map(|(file, bytes)| frames_of(bytes).map(move |at| (file, at)));
        let frames = frames.collect();
        Self {
            folder,
            files,
            bytes,
            frames,
            seed,
            head,
        }
    }

    fn home(&self) -> &Path {
        self.folder.path()
    }

    fn frame(&self, at: usize) -> &[u8] {
        let (file, range) = &self.frames[at];
        &self.bytes[*file][range.clone()]
    }

    /// Puts other bytes where frames were, to the end of the file.
    fn with(&self, at: usize, frames: &[Vec<u8>]) -> (usize, Vec<u8>) {
        let (file, range) = &self.frames[at];
        let mut bytes = self.bytes[*file][..range.start].to_vec();
        frames.iter().for_each(|frame| bytes.extend(frame));
        bytes.resize(bytes.len().max(self.bytes[*file].len()), 0);
        (*file, bytes)
    }

    /// The frames of the same file from one on.
    fn rest(&self, at: usize) -> Vec<Vec<u8>> {
        let file = self.frames[at].0;
        let rest = (at..self.frames.len()).filter(|at| self.frames[*at].0 == file);
        rest.map(|at| self.frame(at).to_vec()).collect()
    }
}

/// Frames stand one behind the other, each at a multiple of 8.
fn frames_of(bytes: &[u8]) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = HEADER;
    std::iter::from_fn(move || {
        let len = u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().unwrap()) as usize;
        let start = at;
        at = (at + 8 + len).next_multiple_of(8);
        (len > 0).then_some(start..at)
    })
}

/// Makes both checksums of a frame right.
fn sealed(mut frame: Vec<u8>, seed: u32) -> Vec<u8> {
    let len: [u8; 4] = frame[..4].try_into().unwrap();
    let end = 8 + u32::from_le_bytes(len) as usize;
    let head = crc32c_append(crc32c_append(seed, &len), &frame[8..56]);
    frame[56..60].copy_from_slice(&head.to_le_bytes());
    let all = crc32c_append(crc32c_append(seed, &len), &frame[8..end]);
    frame[4..8].copy_from_slice(&all.to_le_bytes());
    frame
}

/// Of a frame's one record: its envelope, and its first body with the salt before it.
fn parts(frame: &[u8]) -> (Range<usize>, Range<usize>) {
    let number = |at: usize| u32::from_le_bytes(frame[at..at + 4].try_into().unwrap()) as usize;
    let envelope = 80..80 + number(72);
    let body = envelope.end + 20;
    (
        envelope.clone(),
        envelope.end..body + number(envelope.end + 16),
    )
}

/// The chain behind a frame of one record.
fn chained(frame: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(&frame[24..56]);
    hash.update(i64::from_le_bytes(frame[16..24].try_into().unwrap()).to_be_bytes());
    hash.update(i64::from_le_bytes(frame[64..72].try_into().unwrap()).to_be_bytes());
    hash.update(&frame[parts(frame).0]);
    hash.finalize().into()
}

/// One forgery: the file and its new bytes; and its name.
fn forged(journal: &Journal, dice: &mut Dice) -> (&'static str, usize, Vec<u8>) {
    // Neither the first record nor, but for those that are about it, the last.
    let count = journal.frames.len() as u64;
    let at = 1 + dice.below(count - 2) as usize;
    let seed = journal.seed;
    let mut rest = journal.rest(at);
    let (envelope, body) = parts(&rest[0]);
    let within = |range: Range<usize>, dice: &mut Dice| {
        range.start + dice.below(range.len() as u64) as usize
    };
    let name = match dice.below(7) {
        0 => {
            let place = within(envelope, dice);
            rest[0][place] ^= 1 + dice.below(255) as u8;
            rest[0] = sealed(rest[0].clone(), seed);
            "changed: an envelope"
        }
        1 => {
            let place = within(body, dice);
            // Not the length of the body, which would be no frame any more.
            let place = if (16..20).contains(&(place - parts(&rest[0]).0.end)) {
                place - 8
            } else {
                place
            };
            rest[0][place] ^= 1 + dice.below(255) as u8;
            rest[0] = sealed(rest[0].clone(), seed);
            "changed: a body or its salt"
        }
        2 => {
            let removed = rest.remove(0);
            for (frame, number) in rest.iter_mut().zip(number_of(&removed)..) {
                frame[16..24].copy_from_slice(&number.to_le_bytes());
                *frame = sealed(frame.clone(), seed);
            }
            "removed, and those after it numbered anew"
        }
        3 => {
            let other = rest.len() > 1;
            let last = if other {
                1 + dice.below(rest.len() as u64 - 1) as usize
            } else {
                0
            };
            let (one, two) = (number_of(&rest[0]), number_of(&rest[last]));
            rest.swap(0, last);
            rest[0][16..24].copy_from_slice(&one.to_le_bytes());
            rest[last][16..24].copy_from_slice(&two.to_le_bytes());
            rest[0] = sealed(rest[0].clone(), seed);
            rest[last] = sealed(rest[last].clone(), seed);
            if !other {
                rest[0][30] ^= 1;
                rest[0] = sealed(rest[0].clone(), seed);
            }
            "swapped, and numbered anew"
        }
        4 => {
            rest[0][64] ^= 1 + dice.below(255) as u8;
            rest[0] = sealed(rest[0].clone(), seed);
            "changed: a time"
        }
        5 => {
            // From the last file only, or the next one would tell.
            let last = journal.frames.last().unwrap().0;
            let first = journal
                .frames
                .iter()
                .position(|(file, _)| *file == last)
                .unwrap();
            let kept = first + dice.below(journal.frames.len() as u64 - first as u64) as usize;
            let (file, bytes) = journal.with(kept, &[]);
            return ("end: cut off", file, bytes);
        }
        _ => {
            let last = journal.frames.last().unwrap().0;
            let first = journal
                .frames
                .iter()
                .position(|(file, _)| *file == last)
                .unwrap();
            let from = first + dice.below(journal.frames.len() as u64 - first as u64) as usize;
            let mut rest = journal.rest(from);
            let (envelope, _) = parts(&rest[0]);
            // The author's name: four letters after its key and length.
            let author = rest[0][envelope.clone()]
                .windows(4)
                .position(|letters| letters == b"test")
                .unwrap();
            rest[0][envelope.start + author] = b'T' + dice.below(5) as u8;
            let mut chain: [u8; 32] = rest[0][24..56].try_into().unwrap();
            for frame in &mut rest {
                frame[24..56].copy_from_slice(&chain);
                *frame = sealed(frame.clone(), seed);
                chain = chained(frame);
            }
            let (file, bytes) = journal.with(from, &rest);
            return ("end: rewritten with all its hashes", file, bytes);
        }
    };
    let (file, bytes) = journal.with(at, &rest);
    (name, file, bytes)
}

fn number_of(frame: &[u8]) -> i64 {
    i64::from_le_bytes(frame[16..24].try_into().unwrap())
}

#[tokio::test]
async fn a_forger_is_found_out() {
    let each = rounds("CHANCERY_TEST_FORGERIES", 200);
    let journal = Journal::new().await;
    let sound = verify(journal.home(), Some(&journal.head)).unwrap();
    assert_eq!(
        (sound.finding, sound.revision),
        (None, journal.head.revision)
    );
    let mut dice = Dice(3);
    let mut tally: BTreeMap<&str, (usize, usize, usize)> = BTreeMap::new();
    for _ in 0..each {
        let (name, file, bytes) = forged(&journal, &mut dice);
        std::fs::write(&journal.files[file], bytes).unwrap();
        let with = verify(journal.home(), Some(&journal.head)).unwrap();
        let without = verify(journal.home(), None).unwrap();
        std::fs::write(&journal.files[file], &journal.bytes[file]).unwrap();
        let entry = tally.entry(name).or_default();
        entry.0 += 1;
        entry.1 += usize::from(with.finding.is_some());
        entry.2 += usize::from(without.finding.is_some());
        if let Some(finding) = &with.finding {
            assert!(finding.file.starts_with(journal.home()), "{finding:?}");
            assert!(!finding.why.is_empty() && finding.after < journal.head.revision);
        }
    }
    println!("{each} forgeries of records");
    for (name, (all, with, without)) in &tally {
        println!("  {name}: {all}, found with a head {with}, without {without}");
        assert_eq!(all, with, "{name}");
        assert!(name.starts_with("end:") || all == without, "{name}");
    }
}

/// Whole files, and a head of another store.
#[tokio::test]
async fn files_that_are_missing_or_swapped_are_found() {
    let journal = Journal::new().await;
    assert!(journal.files.len() > 3);
    for (one, path) in journal.files.iter().enumerate() {
        std::fs::remove_file(path).unwrap();
        let found = verify(journal.home(), Some(&journal.head)).unwrap().finding;
        assert!(found.is_some(), "without file {one}");
        std::fs::write(path, &journal.bytes[one]).unwrap();
        let other = (one + 1) % journal.files.len();
        std::fs::write(path, &journal.bytes[other]).unwrap();
        assert!(verify(journal.home(), None).unwrap().finding.is_some());
        std::fs::write(path, &journal.bytes[one]).unwrap();
    }
    let mut other = journal.head.clone();
    other.store_uuid = "another".to_owned();
    let found = verify(journal.home(), Some(&other)).unwrap().finding;
    assert!(found.unwrap().why.contains("another"));
}

/// How fast: a figure of the debug build says little.
#[tokio::test]
async fn verifying_has_a_speed() {
    let folder = TempDir::new().unwrap();
    let limits = Plan {
        segment_bytes: 4 << 20,
        ..PLAN
    }
    .limits();
    let ledger = Ledger::open(folder.path(), limits, NOW_US).unwrap();
    for number in 0..rounds("CHANCERY_TEST_VERIFY_COMMITS", 40) {
        let lines = (0..40).map(|line_| {
            line(
                &format!("talks{number}"),
                &format!("n{line_}"),
                "actors/x",
                Posture::Claims,
            )
        });
        let effects = std::iter::once(header(&format!("talks{number}"), published())).chain(lines);
        commit(&ledger, effects.collect()).await;
    }
    let head = ledger.exported();
    let started = Instant::now();
    let report = ledger.verify(Some(&head)).unwrap();
    let seconds = started.elapsed().as_secs_f64();
    assert_eq!((report.finding, report.revision), (None, head.revision));
    let megabytes = report.bytes as f64 / 1e6;
    println!(
        "verified {megabytes:.1} MB at {:.0} MB/s, online",
        megabytes / seconds
    );
}
