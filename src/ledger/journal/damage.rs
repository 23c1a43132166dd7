//! What a local journal makes of files that a disk or a hand has changed: never a panic, never a
//! silent loss, and a refusal that names file and offset and touches nothing.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::FileExt;

use proptest::collection::vec;
use proptest::prelude::*;
use tempfile::TempDir;

use super::conformance::{ID, check, numbered, read, runner};
use super::local::{Local, Opened, Options};
use super::scene::{Frame, SMALL, Scene, edit, flip, restore, snapshot, zero};
use super::segment::{FORMAT, HEADER_BYTES};
use super::*;

/// More than the 100 random places asked for: every byte of every frame but the last, padding
/// included, in segments closed and open.
#[test]
fn a_flipped_bit_in_any_earlier_frame_is_refused_with_file_and_offset() {
    let scene = Scene::new(SMALL, &[1, 2, 16, 4, 1, 1]);
    assert!(scene.frames.iter().any(|frame| frame.file == scene.file(1)));
    let last = scene.frames.len() - 1;
    assert_eq!(scene.frames[last - 1].file, scene.frames[last].file);
    let mut places = 0;
    for frame in &scene.frames[..last] {
        for offset in frame.start..frame.end {
            let mask = 1 << (offset % 8);
            flip(&frame.file, offset, mask);
            let (named, why) = scene.refuses(None, &frame.file);
            assert_eq!(named, frame.start, "{why}");
            flip(&frame.file, offset, mask);
            places += 1;
        }
    }
    assert!(places > 3_500, "{places}");
    assert_eq!(scene.holds(scene.entries.len()), (None, false));
}

#[test]
fn a_flipped_bit_in_the_last_frame_is_refused_behind_a_seal_or_a_witness() {
    for sealed in [true, false] {
        let scene = Scene::new(SMALL, &[2, 3]);
        let mut journal = scene.open().journal;
        if sealed {
            journal.seal().unwrap();
        }
        drop(journal);
        let witness = (!sealed).then(|| scene.witness(scene.entries.len()));
        let last = scene.frames.last().unwrap();
        for offset in last.start..last.end {
            flip(&last.file, offset, 0x40);
            assert_eq!(scene.refuses(witness, &last.file).0, last.start);
            flip(&last.file, offset, 0x40);
        }
        assert_eq!(scene.holds(scene.entries.len()), (None, sealed));
    }
}

#[test]
fn a_flipped_bit_in_any_header_is_refused() {
    let scene = Scene::new(SMALL, &[16, 16, 16]);
    for number in 1..=3 {
        for offset in 0..HEADER_BYTES {
            flip(&scene.file(number), offset, 0x10);
            assert_eq!(scene.refuses(None, &scene.file(number)).0, 0);
            flip(&scene.file(number), offset, 0x10);
        }
    }
    assert_eq!(scene.holds(scene.entries.len()), (None, false));
}

#[test]
fn a_flipped_bit_in_the_unused_end_is_refused_in_a_closed_segment_and_cut_in_the_newest() {
    let scene = Scene::new(SMALL, &[16, 16, 1]);
    let closed = &scene.frames[0];
    flip(&closed.file, SMALL - 1, 1);
    assert_eq!(scene.refuses(None, &closed.file).0, closed.end);
    flip(&closed.file, SMALL - 1, 1);
    let newest = &scene.frames[2];
    flip(&newest.file, SMALL - 1, 1);
    let (torn, _) = scene.holds(scene.entries.len());
    assert_eq!(
        torn.map(|torn| (torn.offset, torn.bytes)),
        Some((newest.end, SMALL - newest.end))
    );
}

#[test]
fn a_newer_format_is_refused_as_such() {
    let scene = Scene::new(SMALL, &[16, 16]);
    let file = edit(&scene.file(2));
    let mut header = [0; HEADER_BYTES as usize];
    file.read_exact_at(&mut header, 0).unwrap();
    header[8..12].copy_from_slice(&(FORMAT + 1).to_le_bytes());
    let crc = crc32c::crc32c(&header[..124]);
    header[124..].copy_from_slice(&crc.to_le_bytes());
    file.write_all_at(&header, 0).unwrap();
    let error = scene.try_open(None).err().unwrap();
    assert!(
        matches!(
            &error,
            Error::TooNew {
                given: 2,
                allowed: 1,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn a_missing_or_swapped_segment_is_refused() {
    let scene = Scene::new(SMALL, &[16; 5]);
    let whole = snapshot(scene.path());
    for number in 1..=4 {
        fs::remove_file(scene.file(number)).unwrap();
        assert_eq!(
            scene.refuses(None, &scene.file(number)).1,
            "the segment is missing"
        );
        restore(&whole, scene.path());
    }
    for (one, other) in [(1, 2), (2, 4), (4, 5), (1, 5)] {
        fs::write(scene.file(one), &whole[&scene.file(other)]).unwrap();
        fs::write(scene.file(other), &whole[&scene.file(one)]).unwrap();
        scene.refuses(None, &scene.file(one));
        restore(&whole, scene.path());
    }
    // The newest leaves no trace in the files before it: only a witness knows.
    fs::remove_file(scene.file(5)).unwrap();
    scene.refuses(Some(scene.witness(scene.entries.len())), &scene.file(4));
    assert_eq!(scene.holds(64), (None, false));
    // All of them.
    restore(&BTreeMap::new(), scene.path());
    scene.refuses(Some(scene.witness(1)), &scene.file(1));
    assert_eq!(scene.open().journal.head(), Position::START);
}

#[test]
fn a_newest_segment_that_was_noted_is_missed() {
    let damaged = |scene: &Scene| {
        let error = scene.try_open_noted(None).err().expect("refused");
        let Error::Damaged { file, why, .. } = error else {
            panic!("{error}")
        };
        (file, why)
    };
    let scene = Scene::new(SMALL, &[16; 5]);
    let whole = snapshot(scene.path());
    assert!(scene.try_open_noted(None).is_ok());
    for cut in [0, 60] {
        edit(&scene.file(5)).set_len(cut).unwrap();
        assert_eq!(damaged(&scene).0, scene.file(5));
        restore(&whole, scene.path());
    }
    zero(&scene.file(5), 0, SMALL);
    assert_eq!(damaged(&scene).0, scene.file(5));
    fs::remove_file(scene.file(5)).unwrap();
    assert_eq!(
        damaged(&scene),
        (scene.file(5), "the segment is missing".to_owned())
    );
}

/// The files of a journal of its own, under an id and with these groups.
fn elsewhere(id: [u8; 16], segment_bytes: u64, groups: Vec<Vec<Stamped>>) -> (TempDir, Position) {
    let dir = TempDir::new().unwrap();
    let options = Options {
        segment_bytes,
        group_bytes_max: SMALL,
    };
    let mut journal = Local::open(dir.path(), options, id, None).unwrap().journal;
    for group in groups {
        journal.append(group).unwrap();
    }
    (dir, journal.head())
}

#[test]
fn a_segment_of_another_journal_is_refused() {
    let scene = Scene::new(SMALL, &[16, 16, 16]);
    let groups = (0..3).map(|n| (n * 16 + 1..n * 16 + 17).map(numbered).collect());
    let (other, head) = elsewhere([9; 16], SMALL, groups.collect());
    assert_eq!(head, scene.entries[47].position);
    fs::copy(other.path().join("0000000002.seg"), scene.file(2)).unwrap();
    assert_eq!(scene.refuses(None, &scene.file(2)).0, 16);
}

#[test]
fn frames_of_another_journal_prove_nothing() {
    let scene = Scene::new(SMALL, &[3, 3]);
    let groups = (0..4).map(|n| (n * 3 + 1..n * 3 + 4).map(numbered).collect());
    let (other, _) = elsewhere([9; 16], SMALL, groups.collect());
    let frames = fs::read(other.path().join("0000000001.seg")).unwrap();
    let end = scene.frames[1].end;
    edit(&scene.file(1))
        .write_all_at(&frames[end as usize..], end)
        .unwrap();
    let (torn, _) = scene.holds(6);
    assert_eq!(
        torn.map(|torn| (torn.offset, torn.last_revision)),
        Some((end, 6))
    );
}

/// What a disk leaves that acknowledged a write and lost it, where an older one had stood.
#[test]
fn a_frame_that_follows_another_past_is_refused() {
    let scene = Scene::new(SMALL, &[1, 1, 1]);
    let mut first = numbered(1);
    first.record.envelope = first
        .record
        .envelope
        .iter()
        .map(|byte| byte ^ 128)
        .collect();
    let groups = vec![vec![first], vec![numbered(2)], vec![numbered(3)]];
    let (other, head) = elsewhere(ID, SMALL, groups);
    assert_ne!(head.chain, scene.entries[2].position.chain);
    let frames = fs::read(other.path().join("0000000001.seg")).unwrap();
    let Frame { start, end, .. } = scene.frames[1];
    edit(&scene.file(1))
        .write_all_at(&frames[start as usize..end as usize], start)
        .unwrap();
    let (offset, why) = scene.refuses(None, &scene.file(1));
    assert_eq!(
        (offset, why.as_str()),
        (start, "the chain is broken before revision 2")
    );
}

#[test]
fn frames_lost_from_the_end_of_a_closed_segment_are_refused() {
    let scene = Scene::new(SMALL, &[8, 7, 16]);
    let lost = &scene.frames[1];
    assert_eq!(lost.file, scene.file(1));
    let whole = snapshot(scene.path());
    zero(&lost.file, lost.start, lost.end);
    assert_eq!(scene.refuses(None, &lost.file).0, lost.start);
    restore(&whole, scene.path());
    edit(&lost.file).set_len(lost.start).unwrap();
    assert_eq!(scene.refuses(None, &lost.file).0, lost.start);
    // But the unused end of a closed segment may be gone, to the last byte.
    restore(&whole, scene.path());
    let bytes = &whole[&lost.file];
    let used = bytes.iter().rposition(|byte| *byte != 0).unwrap() as u64 + 1;
    edit(&lost.file).set_len(used).unwrap();
    assert_eq!(scene.holds(scene.entries.len()), (None, false));
}

#[test]
fn a_witness_is_held_against_the_chain() {
    let scene = Scene::new(SMALL, &[16, 16, 3]);
    let all = scene.entries.len();
    for revision in 1..=all {
        let witness = scene.witness(revision);
        assert_eq!(
            scene
                .try_open(Some(witness))
                .unwrap()
                .journal
                .head()
                .revision,
            all as i64
        );
        let mut forged = witness;
        forged.chain[31] ^= 1;
        let frame = scene
            .frames
            .iter()
            .rfind(|frame| frame.entries_before < revision)
            .unwrap();
        assert_eq!(scene.refuses(Some(forged), &frame.file).0, frame.start);
    }
    let beyond = Witness {
        revision: all as i64 + 1,
        chain: [3; 32],
    };
    let last = scene.frames.last().unwrap();
    assert_eq!(scene.refuses(Some(beyond), &last.file).0, last.end);
    // What would be a torn tail is damage if it is known to have been durable.
    edit(&last.file).set_len(last.end - 20).unwrap();
    assert_eq!(
        scene.refuses(Some(scene.witness(all)), &last.file).0,
        last.start
    );
    let empty = Witness {
        revision: 0,
        chain: [1; 32],
    };
    assert_eq!(scene.refuses(Some(empty), &scene.file(1)).0, 0);
    assert!(scene.holds(32).0.is_some());
}

#[test]
fn damage_met_while_running_is_an_error_and_no_more() {
    let mut scene = Scene::new(SMALL, &[16, 3, 3]);
    let mut journal = scene.open().journal;
    let reader = journal.reader();
    let at = scene.entries[16].bodies[0];
    flip(&scene.file(at.segment), at.offset + 2, 1);
    assert!(matches!(reader.body(at), Err(Error::Damaged { offset, .. }) if offset == at.offset));
    // What lies behind the durable end is zeros, and nobody's body.
    let beyond = Locator {
        segment: journal.reader().size().0,
        offset: scene.frames[2].end,
        len: 4,
        crc: crc32c::crc32c(&[0; 4]),
    };
    let error = reader.body(beyond).unwrap_err();
    assert!(
        error.to_string().contains("beyond the durable end"),
        "{error}"
    );
    let mut walk = reader.entries(17).unwrap();
    let error = walk.next().unwrap().unwrap_err();
    assert!(matches!(error, Error::Damaged { .. }), "{error}");
    assert!(walk.next().is_none());
    assert_eq!(reader.entries(1).unwrap().filter(Result::is_ok).count(), 16);
    assert_eq!(read(reader.as_ref(), 20), scene.entries[19..]);
    flip(&scene.file(at.segment), at.offset + 2, 1);
    scene.append(&mut journal, 1);
    check(&journal, &scene.entries);
}

/// Files changed at random in several places at once. What opens holds a prefix of what was there,
/// and with a witness all of it.
#[test]
fn random_damage_is_never_a_panic_and_never_a_silent_loss() {
    let scene = Scene::new(SMALL, &[5, 1, 9, 2, 7, 1, 1, 12, 1]);
    let whole = snapshot(scene.path());
    let files = scene.open().journal.reader().size().0;
    let change = (1..=files, 0..4_u8, 0..SMALL, 1..400_u64, any::<u8>());
    let (refused, opened) = (Cell::new(0), Cell::new(0));
    let given = (vec(change, 1..4), any::<bool>());
    let ran = runner(600).run(&given, |(changes, witnessed)| {
        restore(&whole, scene.path());
        for (number, what, offset, len, byte) in changes {
            let file = edit(&scene.file(number));
            match what {
                0 => flip(&scene.file(number), offset, byte),
                1 => file.set_len(offset).unwrap(),
                2 => file.write_all_at(&vec![0; len as usize], offset).unwrap(),
                _ => file
                    .write_all_at(&vec![byte; len as usize], offset)
                    .unwrap(),
            }
            file.set_len(SMALL).unwrap();
        }
        let witness = witnessed.then(|| scene.witness(scene.entries.len()));
        match scene.try_open(witness) {
            Ok(Opened { journal, .. }) => {
                let held = read(journal.reader().as_ref(), 1);
                prop_assert!(!witnessed || held.len() == scene.entries.len());
                check(&journal, &scene.entries[..held.len()]);
                opened.set(opened.get() + 1);
            }
            Err(Error::Damaged { .. }) => refused.set(refused.get() + 1),
            Err(error) => panic!("{error}"),
        }
        Ok(())
    });
    ran.unwrap();
    let (refused, opened) = (refused.get(), opened.get());
    assert!(
        refused > 100 && opened > 20,
        "{refused} refused, {opened} opened"
    );
}
