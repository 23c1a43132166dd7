//! What every journal must do, as one suite of plain functions: each takes a maker of empty
//! journals whose groups may have [`GROUP_BYTES_MAX`] bytes. What only files can do is in `damage`.

use std::fmt::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::local::{Local, Options};
use super::memory::Memory;
use super::*;

pub(super) const GROUP_BYTES_MAX: u64 = 16 << 10;
pub(super) const ID: [u8; 16] = *b"a journal's id..";

/// A local journal and the directory that lives as long.
struct Housed {
    journal: Local,
    _dir: TempDir,
}

impl Journal for Housed {
    fn head(&self) -> Position {
        self.journal.head()
    }
    fn append(&mut self, group: Vec<Stamped>) -> Result<Vec<Appended>, Error> {
        self.journal.append(group)
    }
    fn reader(&self) -> Arc<dyn Reader> {
        self.journal.reader()
    }
    fn roll(&mut self) -> Result<(), Error> {
        self.journal.roll()
    }
    fn seal(&mut self) -> Result<(), Error> {
        self.journal.seal()
    }
}

fn housed(segment_bytes: u64) -> Housed {
    let dir = TempDir::new().unwrap();
    let options = Options {
        segment_bytes,
        group_bytes_max: GROUP_BYTES_MAX,
    };
    let journal = Local::open(dir.path(), options, ID, None).unwrap().journal;
    Housed { journal, _dir: dir }
}

#[test]
fn memory() {
    suite(|| Memory::new(GROUP_BYTES_MAX));
}

#[test]
fn local() {
    suite(|| housed(1 << 20));
}

#[test]
fn local_with_segments_smaller_than_a_group() {
    suite(|| housed(4 << 10));
}

/// All of it.
fn suite<J: Journal>(make: impl Fn() -> J) {
    begins_empty(make());
    keeps_what_it_is_given(make());
    the_chain_is_the_one_written_down(make());
    the_chain_does_not_depend_on_groups_or_seals(make(), make());
    refuses_a_group_too_large(make());
    refuses_time_that_does_not_advance(make());
    refuses_locators_that_are_not_its_own(make());
    a_walk_ends_at_the_head_it_began_with(make());
    a_reader_outlives_the_journal(make());
    readers_follow_while_it_appends(make());
    random_groups_read_back_from_anywhere(&make);
}

pub(super) fn record(envelope: &[u8], bodies: &[&[u8]]) -> Record {
    let body = |bytes: &&[u8]| Body {
        salt: [7; 16],
        bytes: Bytes::copy_from_slice(bytes),
    };
    let bodies = bodies.iter().map(body).collect();
    Record {
        envelope: Bytes::copy_from_slice(envelope),
        bodies,
    }
}

/// The n-th of a row of records that all differ, in bytes that are never zero.
pub(super) fn numbered(n: i64) -> Stamped {
    let bytes = |salt: i64, len: i64| -> Vec<u8> {
        (0..len)
            .map(|at| ((n * 31 + salt * 7 + at) % 251 + 1) as u8)
            .collect()
    };
    let (envelope, first, second) = (
        bytes(1, 40 + n % 7),
        bytes(2, 60 + n % 11),
        bytes(3, 1 + n % 3),
    );
    Stamped {
        time_us: 1_000 * n,
        record: record(&envelope, &[&first, &second]),
    }
}

pub(super) fn read(reader: &dyn Reader, from: Revision) -> Vec<Entry> {
    reader.entries(from).unwrap().map(Result::unwrap).collect()
}

/// The entries that an append must lead to.
pub(super) fn expected(group: &[Stamped], appended: &[Appended]) -> Vec<Entry> {
    assert_eq!(group.len(), appended.len());
    let both = group.iter().zip(appended);
    both.map(|(stamped, appended)| Entry {
        position: appended.position,
        record: stamped.record.clone(),
        bodies: appended.bodies.clone(),
    })
    .collect()
}

fn append(journal: &mut impl Journal, group: Vec<Stamped>) -> Vec<Entry> {
    let appended = journal.append(group.clone()).unwrap();
    expected(&group, &appended)
}

/// Everything that can be said about a journal that should hold these entries.
pub(super) fn check(journal: &impl Journal, entries: &[Entry]) {
    let reader = journal.reader();
    assert_eq!(read(reader.as_ref(), 1), entries);
    let mut before = Position::START;
    for entry in entries {
        let mut hash = Sha256::new();
        hash.update(before.chain);
        hash.update((before.revision as u64 + 1).to_be_bytes());
        hash.update(entry.position.time_us.to_be_bytes());
        hash.update(&entry.record.envelope);
        let chain: [u8; 32] = hash.finalize().into();
        assert_eq!(entry.position.chain, chain);
        assert_eq!(entry.position.revision, before.revision + 1);
        assert_eq!(entry.record.bodies.len(), entry.bodies.len());
        for (body, at) in entry.record.bodies.iter().zip(&entry.bodies) {
            assert_eq!(reader.body(*at).unwrap(), body.bytes);
        }
        before = entry.position;
    }
    assert_eq!(journal.head(), before);
}

fn begins_empty(mut journal: impl Journal) {
    assert_eq!(journal.head(), Position::START);
    assert_eq!(journal.append(Vec::new()).unwrap(), Vec::new());
    assert_eq!(journal.head(), Position::START);
    let reader = journal.reader();
    for from in [i64::MIN, -1, 0, 1, 2, i64::MAX] {
        assert_eq!(read(reader.as_ref(), from), Vec::new());
    }
    assert_eq!(reader.size().0, 1);
}

fn keeps_what_it_is_given(mut journal: impl Journal) {
    let mut entries = Vec::new();
    let mut next = 1;
    for size in [1, 2, 1, 5, 40, 1, 3] {
        let used = journal.reader().size().1;
        entries.extend(append(
            &mut journal,
            (next..next + size).map(numbered).collect(),
        ));
        assert!(journal.reader().size().1 > used);
        next += size;
    }
    check(&journal, &entries);
    let reader = journal.reader();
    for from in 1..=next {
        assert_eq!(
            read(reader.as_ref(), from),
            entries[from as usize - 1..],
            "from {from}"
        );
    }
    for from in [i64::MIN, -1, 0] {
        assert_eq!(read(reader.as_ref(), from), entries);
    }
    assert_eq!(read(reader.as_ref(), i64::MAX), Vec::new());
}

/// Computed by another program, so that the formula cannot change unnoticed.
fn the_chain_is_the_one_written_down(mut journal: impl Journal) {
    let given = [(1_000_000, "first"), (1_000_001, ""), (5_000_000, "third")];
    let mut said = String::new();
    for (time_us, envelope) in given {
        let record = record(envelope.as_bytes(), &[b"a body is not in the chain"]);
        journal.append(vec![Stamped { time_us, record }]).unwrap();
        for byte in journal.head().chain {
            write!(said, "{byte:02x}").unwrap();
        }
        said.push('\n');
    }
    assert_eq!(
        said,
        "1c9106688de7471301e773ce22e6a55679f6e849bec456364a6843139e6464c0\n\
         64997e7c6d79e9866d6f6b3795c04eb79651136a2986bedba2da5262a96e5562\n\
         705e315477f27ca6f281d450f2efa8da302ebec1382f89b4b461ff932b65f92c\n"
    );
}

fn the_chain_does_not_depend_on_groups_or_seals(mut one: impl Journal, mut other: impl Journal) {
    one.append((1..=12).map(numbered).collect()).unwrap();
    other.seal().unwrap();
    for n in 1..=12 {
        other.append(vec![numbered(n)]).unwrap();
        if n % 4 == 0 {
            other.seal().unwrap();
            other.seal().unwrap();
        }
    }
    assert_eq!(one.head(), other.head());
    let positions = |journal: &dyn Reader| -> Vec<_> {
        read(journal, 1)
            .into_iter()
            .map(|entry| (entry.position, entry.record))
            .collect()
    };
    assert_eq!(
        positions(one.reader().as_ref()),
        positions(other.reader().as_ref())
    );
}

fn refuses_a_group_too_large(mut journal: impl Journal) {
    let of = |len: usize, time_us| Stamped {
        time_us,
        record: record(&vec![1; len], &[]),
    };
    // A frame's head and a record's lengths count too.
    let most = GROUP_BYTES_MAX as usize - 64 - 16;
    let mut entries = append(&mut journal, vec![of(most, 1)]);
    let error = journal.append(vec![of(most + 1, 2)]).unwrap_err();
    let Error::TooLarge { given, allowed } = error else {
        panic!("{error}")
    };
    assert_eq!((given, allowed), (GROUP_BYTES_MAX + 1, GROUP_BYTES_MAX));
    let two = vec![of(most / 2, 2), of(most / 2 + 1, 3)];
    assert!(matches!(journal.append(two), Err(Error::TooLarge { .. })));
    check(&journal, &entries);
    entries.extend(append(&mut journal, vec![of(most, 2)]));
    check(&journal, &entries);
}

fn refuses_time_that_does_not_advance(mut journal: impl Journal) {
    let at = |time_us| Stamped {
        time_us,
        record: record(b"x", &[]),
    };
    let refused = |journal: &mut dyn Journal, group| {
        let error = journal.append(group).unwrap_err();
        let Error::TimeBack { given, previous } = error else {
            panic!("{error}")
        };
        (given, previous)
    };
    assert_eq!(refused(&mut journal, vec![at(0)]), (0, 0));
    let mut entries = append(&mut journal, vec![at(10), at(11)]);
    assert_eq!(refused(&mut journal, vec![at(11)]), (11, 11));
    assert_eq!(
        refused(&mut journal, vec![at(12), at(13), at(13)]),
        (13, 13)
    );
    entries.extend(append(&mut journal, vec![at(12)]));
    check(&journal, &entries);
}

fn refuses_locators_that_are_not_its_own(mut journal: impl Journal) {
    let entries = append(&mut journal, vec![numbered(1), numbered(2)]);
    let reader = journal.reader();
    let good = entries[1].bodies[0];
    assert_eq!(
        reader.body(good).unwrap(),
        entries[1].record.bodies[0].bytes
    );
    for bad in [
        Locator {
            crc: good.crc ^ 1,
            ..good
        },
        Locator {
            len: good.len - 1,
            ..good
        },
        Locator {
            len: u32::MAX,
            ..good
        },
        Locator {
            offset: good.offset + 1,
            ..good
        },
        Locator {
            offset: u64::MAX,
            ..good
        },
        Locator { segment: 0, ..good },
        Locator {
            segment: good.segment + 1,
            ..good
        },
        Locator {
            segment: u32::MAX,
            ..good
        },
    ] {
        let error = reader.body(bad).unwrap_err();
        let Error::Damaged { file, offset, .. } = error else {
            panic!("{error}")
        };
        assert_ne!(file, PathBuf::new());
        assert_eq!(offset, bad.offset);
    }
}

fn a_walk_ends_at_the_head_it_began_with(mut journal: impl Journal) {
    let entries = append(&mut journal, (1..=3).map(numbered).collect());
    let reader = journal.reader();
    let begun = reader.entries(2).unwrap();
    let never = reader.entries(4).unwrap();
    append(&mut journal, (4..=9).map(numbered).collect());
    assert_eq!(begun.map(Result::unwrap).collect::<Vec<_>>(), entries[1..]);
    assert_eq!(never.count(), 0);
    assert_eq!(read(reader.as_ref(), 4).len(), 6);
}

fn a_reader_outlives_the_journal(mut journal: impl Journal) {
    let reader = journal.reader();
    let entries = append(&mut journal, (1..=3).map(numbered).collect());
    // The housing goes as well, so that for a local journal even the names are gone.
    drop(journal);
    assert_eq!(read(reader.as_ref(), 1), entries);
    assert_eq!(
        reader.body(entries[2].bodies[0]).unwrap(),
        entries[2].record.bodies[0].bytes
    );
}

fn readers_follow_while_it_appends(mut journal: impl Journal) {
    const LAST: i64 = 150;
    let done = AtomicBool::new(false);
    let follow = |reader: Arc<dyn Reader>| {
        let mut seen = 0;
        loop {
            // Read before the walk: what was there by then must be found.
            let last_round = done.load(Ordering::Acquire);
            for entry in reader.entries(seen + 1).unwrap() {
                let entry = entry.unwrap();
                seen += 1;
                assert_eq!(entry.position.revision, seen);
                assert_eq!(entry.record, numbered(seen).record);
                let (at, body) = (entry.bodies[0], &entry.record.bodies[0]);
                assert_eq!(reader.body(at).unwrap(), body.bytes);
            }
            if last_round {
                return seen;
            }
        }
    };
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..3)
            .map(|_| {
                let reader = journal.reader();
                scope.spawn(|| follow(reader))
            })
            .collect();
        for n in (1..=LAST).step_by(3) {
            journal.append((n..n + 3).map(numbered).collect()).unwrap();
        }
        done.store(true, Ordering::Release);
        for reader in readers {
            assert_eq!(reader.join().unwrap(), LAST);
        }
    });
}

/// Groups of records of random sizes, zero included, with times that only grow.
pub(super) fn groups() -> impl Strategy<Value = Vec<Vec<Record>>> {
    let bytes = || vec(any::<u8>(), 0..300).prop_map(Bytes::from);
    let body = (any::<[u8; 16]>(), bytes()).prop_map(|(salt, bytes)| Body { salt, bytes });
    let record = (bytes(), vec(body, 0..4));
    let record = record.prop_map(|(envelope, bodies)| Record { envelope, bodies });
    vec(vec(record, 1..8), 1..14)
}

/// Stamps a group so that it follows a head.
pub(super) fn stamp(group: Vec<Record>, head: &Position) -> Vec<Stamped> {
    let times = (head.time_us + 1)..;
    group
        .into_iter()
        .zip(times)
        .map(|(record, time_us)| Stamped { time_us, record })
        .collect()
}

pub(super) fn runner(cases: u32) -> TestRunner {
    TestRunner::new(Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    })
}

fn random_groups_read_back_from_anywhere<J: Journal>(make: &impl Fn() -> J) {
    let given = (groups(), any::<prop::sample::Index>());
    let ran = runner(24).run(&given, |(groups, from)| {
        let mut journal = make();
        let mut entries = Vec::new();
        for group in groups {
            let group = stamp(group, &journal.head());
            entries.extend(append(&mut journal, group));
        }
        check(&journal, &entries);
        let from = from.index(entries.len());
        let rest = read(journal.reader().as_ref(), from as i64 + 1);
        prop_assert_eq!(rest, &entries[from..]);
        Ok(())
    });
    ran.unwrap();
}
