//! Errors of the disk, made by handing the journal a file that the system refuses to write to.

use super::*;
use crate::ledger::journal::conformance::{GROUP_BYTES_MAX, ID, check, expected, numbered};
use crate::ledger::journal::{Entry, Reader};

const OPTIONS: Options = Options {
    segment_bytes: 4096,
    group_bytes_max: GROUP_BYTES_MAX,
};

fn open(dir: &Path) -> Local {
    Local::open(dir, OPTIONS, ID, None).unwrap().journal
}

fn append(journal: &mut Local, revisions: std::ops::RangeInclusive<i64>) -> Vec<Entry> {
    let group: Vec<_> = revisions.map(numbered).collect();
    expected(&group, &journal.append(group.clone()).unwrap())
}

fn stopped(journal: &mut Local, entries: &[Entry]) {
    assert!(matches!(
        journal.append(vec![numbered(90)]),
        Err(Error::Failed)
    ));
    assert!(matches!(journal.append(Vec::new()), Err(Error::Failed)));
    assert!(matches!(journal.seal(), Err(Error::Failed)));
    check(journal, entries);
}

#[test]
fn an_error_on_write_stops_the_journal_and_not_its_readers() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = open(dir.path());
    let mut entries = append(&mut journal, 1..=3);
    // Open for reading only: EBADF.
    journal.tail.file = Arc::new(File::open(&journal.tail.path).unwrap());
    let error = journal.append(vec![numbered(4)]).unwrap_err();
    let told =
        matches!(&error, Error::Io { file, doing: "write", .. } if *file == journal.tail.path);
    assert!(told, "{error}");
    stopped(&mut journal, &entries);
    drop(journal);
    let mut journal = open(dir.path());
    entries.extend(append(&mut journal, 4..=5));
    check(&journal, &entries);
}

#[test]
fn an_error_on_beginning_a_segment_stops_the_journal() {
    let dir = tempfile::tempdir().unwrap();
    let (home, away) = (dir.path().join("journal"), dir.path().join("away"));
    let mut journal = open(&home);
    let mut entries = append(&mut journal, 1..=16);
    fs::rename(&home, &away).unwrap();
    let group = (17..=32).map(numbered).collect();
    let error = journal.append(group).unwrap_err();
    assert!(
        matches!(
            error,
            Error::Io {
                doing: "create",
                ..
            }
        ),
        "{error}"
    );
    fs::rename(&away, &home).unwrap();
    stopped(&mut journal, &entries);
    drop(journal);
    let mut journal = open(&home);
    entries.extend(append(&mut journal, 17..=32));
    check(&journal, &entries);
}

#[test]
fn no_space_that_cannot_be_undone_stops_the_journal_and_does_not_promise_otherwise() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = open(dir.path());
    let entries = append(&mut journal, 1..=3);
    // Answers ENOSPC to a write, and EINVAL to the truncation that should undo it.
    let full = File::options()
        .read(true)
        .write(true)
        .open("/dev/full")
        .unwrap();
    journal.tail.file = Arc::new(full);
    let error = journal.append(vec![numbered(4)]).unwrap_err();
    assert!(
        matches!(
            error,
            Error::Io {
                doing: "undo a write to",
                ..
            }
        ),
        "{error}"
    );
    stopped(&mut journal, &entries);
}

#[test]
fn no_space_that_is_undone_leaves_a_journal_that_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = open(dir.path());
    let mut entries = append(&mut journal, 1..=3);
    // Half of a frame has reached the file when the system says there is no space.
    let full = || io::Error::from(io::ErrorKind::StorageFull);
    let end = journal.tail.end;
    journal.tail.file.write_all_at(&[7; 300], end).unwrap();
    let error = Error::io(&journal.tail.path, "write", full());
    let error = journal.stopped(error, |journal| journal.tail.cut());
    assert!(
        matches!(error, Error::Full { doing: "write", .. }),
        "{error}"
    );
    let rest = &fs::read(&journal.tail.path).unwrap()[end as usize..];
    assert_eq!(rest, vec![0; (4096 - end) as usize]);
    // The same for a segment that was begun.
    let header = Header {
        journal_id: ID,
        number: 2,
        before: journal.head,
    };
    let begun = create((dir.path(), &journal.names), &header, 4096).unwrap();
    let error = Error::io(&begun.path, "sync", full());
    let error = journal.stopped(error, |journal| uncreate((&journal.dir, &journal.names), 2));
    assert!(
        matches!(error, Error::Full { doing: "sync", .. }),
        "{error}"
    );
    assert!(!begun.path.exists());
    entries.extend(append(&mut journal, 4..=5));
    entries.extend(append(&mut journal, 6..=30));
    assert_eq!(journal.durable.size().0, 2);
    check(&journal, &entries);
    drop(journal);
    check(&open(dir.path()), &entries);
}

#[test]
fn an_undo_cuts_nothing_durable_from_a_group_larger_than_its_segment() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = open(dir.path());
    let entries = append(&mut journal, 1..=40);
    assert!(journal.tail.number == 1 && journal.tail.end > OPTIONS.segment_bytes);
    let full = io::Error::from(io::ErrorKind::StorageFull);
    let error = Error::io(&journal.tail.path, "write", full);
    journal.stopped(error, |journal| journal.tail.cut());
    check(&journal, &entries);
    drop(journal);
    check(&open(dir.path()), &entries);
}

#[test]
fn directories_on_the_way_are_made() {
    let dir = tempfile::tempdir().unwrap();
    let deep = dir.path().join("a/b/journal");
    let entries = append(&mut open(&deep), 1..=3);
    check(&open(&deep), &entries);
    // A file in the way is an error that names it.
    let blocked = dir.path().join("file/journal");
    fs::write(dir.path().join("file"), b"x").unwrap();
    let error = Local::open(&blocked, OPTIONS, ID, None).err().unwrap();
    assert!(
        matches!(&error, Error::Io { file, .. } if *file == blocked),
        "{error}"
    );
}

#[test]
fn no_file_to_open_is_no_end_and_leaves_a_journal_that_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = open(dir.path());
    let mut entries = append(&mut journal, 1..=3);
    let none = Error::io(
        &journal.tail.path,
        "create",
        io::Error::from_raw_os_error(24),
    );
    let error = journal.stopped(none, |journal| uncreate((&journal.dir, &journal.names), 2));
    assert!(
        matches!(
            error,
            Error::Full {
                doing: "create",
                ..
            }
        ),
        "{error}"
    );
    entries.extend(append(&mut journal, 4..=30));
    check(&journal, &entries);
}

#[test]
fn only_so_many_files_stay_open_and_every_body_can_be_read() {
    use crate::ledger::journal::reader::FILES_OPEN_MAX;
    let dir = tempfile::tempdir().unwrap();
    let open_here = || {
        let links = fs::read_dir("/proc/self/fd").unwrap();
        let targets = links.filter_map(|link| fs::read_link(link.unwrap().path()).ok());
        let here = targets.filter(|path| path.starts_with(dir.path()));
        here.filter(|path| path.extension().is_some_and(|ext| ext == "seg"))
            .count()
    };
    let mut entries = Vec::new();
    for again in 0..2 {
        let mut journal = open(dir.path());
        for first in 0..i64::from(again == 0) * 3 * FILES_OPEN_MAX as i64 {
            entries.extend(append(&mut journal, first * 12 + 1..=first * 12 + 12));
        }
        assert!(journal.durable.size().0 as usize > 2 * FILES_OPEN_MAX);
        let reader = journal.reader();
        std::thread::scope(|scope| {
            for step in [1, 7, 31, 97] {
                let (reader, entries) = (&reader, &entries);
                scope.spawn(move || {
                    for at in 0..entries.len() {
                        let entry = &entries[at * step % entries.len()];
                        let body = reader.body(entry.bodies[0]).unwrap();
                        assert_eq!(body, entry.record.bodies[0].bytes);
                    }
                });
            }
        });
        assert!(open_here() <= FILES_OPEN_MAX + 2, "{}", open_here());
        check(&journal, &entries);
    }
}
