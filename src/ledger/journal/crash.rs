//! What a local journal makes of files that a stop or a crash has left: everything that was
//! acknowledged is there, at most the last write is cut, and it goes on.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::FileExt;

use proptest::collection::vec;
use proptest::prelude::*;

use super::conformance::{check, expected, groups, read, runner, stamp};
use super::local::{Opened, Torn};
use super::scene::{SMALL, Scene, edit, flip, restore, snapshot, zero};
use super::segment::HEADER_BYTES;
use super::*;

#[test]
fn reopened_it_is_the_same() {
    for segment_bytes in [SMALL, 1 << 20] {
        let mut scene = Scene::new(segment_bytes, &[1, 3, 40, 2, 9]);
        for n in 0..3 {
            let Opened {
                mut journal,
                torn,
                sealed,
            } = scene.open();
            assert_eq!((torn, sealed), (None, n == 2));
            check(&journal, &scene.entries);
            scene.append(&mut journal, 2);
            if n == 1 {
                journal.seal().unwrap();
            }
        }
        assert_eq!(scene.holds(scene.entries.len()), (None, false));
    }
}

#[test]
fn random_groups_seals_and_reopenings() {
    let given = (groups(), vec(0..4_u8, 14), 0..9_000_u64);
    let ran = runner(60).run(&given, |(groups, stops, segment_bytes)| {
        let mut scene = Scene::new(segment_bytes, &[]);
        let mut journal = scene.open().journal;
        let mut frames = 0;
        for (group, stop) in groups.into_iter().zip(stops) {
            let group = stamp(group, &journal.head());
            scene
                .entries
                .extend(expected(&group, &journal.append(group.clone()).unwrap()));
            frames += 1;
            if stop >= 2 {
                if stop == 3 {
                    journal.seal().unwrap();
                }
                let id = journal.id();
                drop(journal);
                let last = scene.entries.len();
                let opened = scene.try_open(Some(scene.witness(last))).unwrap();
                assert_eq!((opened.torn, opened.sealed), (None, stop == 3));
                journal = opened.journal;
                assert_eq!(journal.id(), id);
                check(&journal, &scene.entries);
            }
        }
        let last = scene.entries.len();
        for from in 1..=last {
            assert_eq!(
                read(journal.reader().as_ref(), from as i64),
                scene.entries[from - 1..]
            );
        }
        let (segments, used) = journal.reader().size();
        prop_assert!(segments <= 1 + frames);
        prop_assert!(used > last as u64 * 16);
        Ok(())
    });
    ran.unwrap();
}

#[test]
fn a_tail_torn_at_any_byte_is_cut_and_everything_before_it_kept() {
    let scene = Scene::new(SMALL, &[2, 1, 3, 2]);
    let whole = snapshot(scene.path());
    let last = scene.frames.last().unwrap().clone();
    let (kept, all) = (last.entries_before, scene.entries.len());
    // No record of the fixture ends in zeros, so only padding may be missing from a whole frame.
    let bytes = &whole[&last.file][last.start as usize..last.end as usize];
    let data_end = last.start + bytes.iter().rposition(|byte| *byte != 0).unwrap() as u64 + 1;
    for cut in last.start..=last.end {
        restore(&whole, scene.path());
        edit(&last.file).set_len(cut).unwrap();
        let torn = Torn {
            file: last.file.clone(),
            offset: last.start,
            bytes: cut - last.start,
            last_revision: kept as i64,
        };
        match cut {
            _ if cut == last.start => assert_eq!(scene.holds(kept), (None, false)),
            _ if cut < data_end => {
                let used = bytes[..(cut - last.start) as usize]
                    .iter()
                    .rposition(|byte| *byte != 0);
                let torn = used.map(|used| Torn {
                    bytes: used as u64 + 1,
                    ..torn
                });
                assert_eq!(scene.holds(kept), (torn, false), "cut at {cut}");
            }
            _ => assert_eq!(scene.holds(all), (None, false), "cut at {cut}"),
        }
    }
}

#[test]
fn a_tail_with_any_part_lost_is_cut_and_everything_before_it_kept() {
    let scene = Scene::new(SMALL, &[9, 9, 9, 9, 9]);
    let whole = snapshot(scene.path());
    let last = scene.frames.last().unwrap().clone();
    let middle = last.start + (last.end - last.start) / 2;
    let parts = [
        (middle, last.end),
        (last.start, middle),
        (middle - 30, middle + 30),
    ];
    let heads = [(0, 4), (4, 8), (8, 64), (64, 72)];
    let heads = heads.map(|(from, to)| (last.start + from, last.start + to));
    for (from, to) in parts.into_iter().chain(heads) {
        restore(&whole, scene.path());
        zero(&last.file, from, to);
        let (torn, sealed) = scene.holds(last.entries_before);
        let torn = torn.expect("it is torn");
        assert_eq!(
            (torn.offset, torn.file.as_path(), sealed),
            (last.start, &*last.file, false)
        );
        assert_eq!(torn.last_revision, last.entries_before as i64);
        assert!(torn.bytes > 0 && torn.bytes <= last.end - last.start);
    }
}

#[test]
fn a_durable_frame_before_a_torn_one_is_damage_even_if_only_the_later_head_is_left() {
    let scene = Scene::new(SMALL, &[2, 2, 2]);
    let [_, middle, last] = &scene.frames[..] else {
        panic!()
    };
    zero(&last.file, last.start + 64, last.end);
    let whole = snapshot(scene.path());
    assert_eq!(scene.holds(4).0.map(|torn| torn.offset), Some(last.start));
    restore(&whole, scene.path());
    for offset in [
        middle.start,
        middle.start + 20,
        middle.start + 100,
        middle.end - 9,
    ] {
        flip(&middle.file, offset, 4);
        let (named, why) = scene.refuses(None, &middle.file);
        assert_eq!(named, middle.start);
        assert!(
            why.contains(&format!("revision 6 follows at offset {}", last.start)),
            "{why}"
        );
        flip(&middle.file, offset, 4);
    }
}

#[test]
fn a_seal_torn_after_a_clean_stop_costs_no_record() {
    let scene = Scene::new(SMALL, &[2, 3]);
    let end = scene.frames[1].end;
    scene.open().journal.seal().unwrap();
    let whole = snapshot(scene.path());
    for cut in end..=end + 64 {
        restore(&whole, scene.path());
        edit(&scene.file(1)).set_len(cut).unwrap();
        let (torn, sealed) = scene.holds(5);
        // A seal ends in four zero bytes, which a shorter file only seems to lack; but it is the
        // frame's length that counts, so a seal is whole or torn.
        assert_eq!(sealed, cut == end + 64);
        assert_eq!(torn.is_some(), cut > end && cut < end + 64);
        if let Some(torn) = torn {
            assert_eq!((torn.offset, torn.last_revision), (end, 5));
        }
    }
}

#[test]
fn a_seal_is_written_once_and_reaches_beyond_a_full_segment() {
    let mut scene = Scene::new(300, &[2]);
    let mut journal = scene.open().journal;
    journal.seal().unwrap();
    let size = journal.reader().size();
    assert_eq!(size, (1, scene.frames[0].end + 64));
    journal.seal().unwrap();
    drop(journal);
    let Opened {
        mut journal,
        sealed,
        ..
    } = scene.open();
    journal.seal().unwrap();
    assert_eq!((journal.reader().size(), sealed), (size, true));
    scene.append(&mut journal, 1);
    assert_eq!(journal.reader().size().0, 2);
    drop(journal);
    assert_eq!(scene.holds(3), (None, false));
}

#[test]
fn a_second_open_is_refused_until_the_first_is_dropped() {
    let scene = Scene::new(SMALL, &[1]);
    let first = scene.open();
    let error = scene.try_open(None).err().unwrap();
    assert!(
        matches!(&error, Error::Locked { dir } if dir == scene.path()),
        "{error}"
    );
    let reader = first.journal.reader();
    drop(first);
    let second = scene.open();
    assert_eq!(
        read(reader.as_ref(), 1),
        read(second.journal.reader().as_ref(), 1)
    );
}

#[test]
fn a_segment_whose_creation_was_cut_short_is_begun_again() {
    let scene = Scene::new(SMALL, &[16, 16]);
    let whole = snapshot(scene.path());
    let leftovers = [
        vec![],
        vec![0; 100],
        vec![1; 100],
        vec![0; 128],
        vec![0; 4096],
    ];
    for leftover in &leftovers {
        restore(&whole, scene.path());
        fs::write(scene.file(3), leftover).unwrap();
        assert_eq!(scene.holds(32), (None, false));
        // And a torn tail before it is none: the file would not be there without its sync.
        restore(&whole, scene.path());
        fs::write(scene.file(3), leftover).unwrap();
        zero(
            &scene.file(2),
            scene.frames[1].end - 50,
            scene.frames[1].end,
        );
        assert_eq!(scene.refuses(None, &scene.file(2)).0, scene.frames[1].start);
        // Nor does it help where more was durable.
        restore(&BTreeMap::new(), scene.path());
        fs::write(scene.file(1), leftover).unwrap();
        scene.refuses(Some(scene.witness(1)), &scene.file(1));
        assert_eq!(scene.open().journal.head(), Position::START);
    }
    restore(&whole, scene.path());
    fs::write(scene.file(3), [vec![0; 4000], vec![1]].concat()).unwrap();
    assert_eq!(scene.refuses(None, &scene.file(3)).0, 0);
    // Complete, and only its frame was never written.
    restore(&whole, scene.path());
    zero(&scene.file(2), HEADER_BYTES, SMALL);
    assert_eq!(scene.holds(16), (None, false));
}

#[test]
fn bytes_behind_the_last_frame_are_cut() {
    let scene = Scene::new(SMALL, &[3, 1]);
    let whole = snapshot(scene.path());
    let end = scene.frames[1].end;
    let old = whole[&scene.file(1)][scene.frames[1].start as usize..end as usize].to_vec();
    // A frame of length 0, bytes that are nothing, a part of a head; and an old frame further on,
    // which proves nothing, since it was there before.
    let again = [&[9; 16], &old[..]].concat();
    let used = again.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    let garbage: [&[u8]; 6] = [
        &[0, 0, 0, 0, 1, 2, 3, 4],
        &[1],
        &[255; 64],
        &old[..60],
        &[0, 0, 0, 0, 0, 0, 0, 9],
        &again[..used],
    ];
    for bytes in garbage {
        restore(&whole, scene.path());
        edit(&scene.file(1)).write_all_at(bytes, end).unwrap();
        let (torn, _) = scene.holds(4);
        let torn = torn.expect("it is torn");
        assert_eq!(
            (torn.offset, torn.bytes, torn.last_revision),
            (end, bytes.len() as u64, 4)
        );
    }
    // Behind a seal it means that somebody began to write again and was not stopped cleanly.
    restore(&whole, scene.path());
    scene.open().journal.seal().unwrap();
    edit(&scene.file(1)).write_all_at(&[1], end + 64).unwrap();
    let (torn, sealed) = scene.holds(4);
    assert_eq!(
        (torn.map(|torn| torn.offset), sealed),
        (Some(end + 64), false)
    );
    // Nothing is no garbage, however much of it there is.
    restore(&whole, scene.path());
    edit(&scene.file(1)).set_len(3 << 20).unwrap();
    assert_eq!(scene.holds(4), (None, false));
    // A whole frame that does not continue the journal cannot come from a crash.
    restore(&whole, scene.path());
    edit(&scene.file(1)).write_all_at(&old, end).unwrap();
    assert_eq!(scene.refuses(None, &scene.file(1)).0, end);
}
