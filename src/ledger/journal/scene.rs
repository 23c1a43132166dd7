//! A fixture for the tests of `crash` and `damage`: a local journal in a directory of its own, and
//! what is known about every byte of it.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::conformance::{ID, check, expected, numbered, record, stamp};
use super::local::{LOCK, Local, Opened, Options, Torn};
use super::segment::HEADER_BYTES;
use super::*;

pub(super) const SMALL: u64 = 4 << 10;

/// A journal's directory and what it must hold.
pub(super) struct Scene {
    pub(super) dir: TempDir,
    pub(super) segment_bytes: u64,
    pub(super) entries: Vec<Entry>,
    /// Every frame in order: file, first byte, byte after the last, first entry's index.
    pub(super) frames: Vec<Frame>,
}

#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub(super) file: PathBuf,
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) entries_before: usize,
}

impl Scene {
    /// One group for each size, then closed without a seal.
    pub(super) fn new(segment_bytes: u64, sizes: &[i64]) -> Self {
        let dir = TempDir::new().unwrap();
        let mut scene = Self {
            dir,
            segment_bytes,
            entries: Vec::new(),
            frames: Vec::new(),
        };
        let mut journal = scene.open().journal;
        for size in sizes {
            scene.append(&mut journal, *size);
        }
        scene
    }

    pub(super) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(super) fn file(&self, number: u32) -> PathBuf {
        self.path().join(format!("{number:010}.seg"))
    }

    /// Opens it without the note of the segment that was begun last, which would tell more.
    pub(super) fn try_open(&self, witness: Option<Witness>) -> Result<Opened, Error> {
        if self.path().join(LOCK).exists() {
            fs::write(self.path().join(LOCK), []).unwrap();
        }
        self.try_open_noted(witness)
    }

    pub(super) fn try_open_noted(&self, witness: Option<Witness>) -> Result<Opened, Error> {
        let options = Options {
            segment_bytes: self.segment_bytes,
            group_bytes_max: 16 << 10,
        };
        Local::open(self.path(), options, ID, witness)
    }

    pub(super) fn open(&self) -> Opened {
        self.try_open(None).unwrap()
    }

    pub(super) fn append(&mut self, journal: &mut Local, size: i64) {
        let (segments, used) = journal.reader().size();
        let next = journal.head().revision + 1;
        let group: Vec<_> = (next..next + size).map(numbered).collect();
        let appended = journal.append(group.clone()).unwrap();
        let (after, used_after) = journal.reader().size();
        let (mut start, mut len) = (HEADER_BYTES, used_after - used);
        match self.frames.last() {
            Some(last) if after == segments => start = last.end,
            Some(_) => len -= HEADER_BYTES,
            None => {}
        }
        self.frames.push(Frame {
            file: self.file(after),
            start,
            end: start + len,
            entries_before: self.entries.len(),
        });
        self.entries.extend(expected(&group, &appended));
    }

    pub(super) fn witness(&self, revision: usize) -> Witness {
        let position = self.entries[revision - 1].position;
        Witness {
            revision: position.revision,
            chain: position.chain,
        }
    }

    /// Opens, expects so many entries, appends one more and reopens: whatever was found, the
    /// journal goes on, and what it says it holds is really there.
    pub(super) fn holds(&self, count: usize) -> (Option<Torn>, bool) {
        let Opened {
            mut journal,
            torn,
            sealed,
        } = self.open();
        let mut entries = self.entries[..count].to_vec();
        check(&journal, &entries);
        let group = stamp(vec![record(b"one more", &[b"body"])], &journal.head());
        entries.extend(expected(&group, &journal.append(group.clone()).unwrap()));
        check(&journal, &entries);
        drop(journal);
        let again = self.open();
        assert_eq!(again.torn, None);
        check(&again.journal, &entries);
        (torn, sealed)
    }

    /// Opening refuses, names this file, and leaves every file as it is.
    pub(super) fn refuses(&self, witness: Option<Witness>, file: &Path) -> (u64, String) {
        let before = snapshot(self.path());
        let error = self.try_open(witness).err().expect("must be refused");
        let Error::Damaged {
            file: named,
            offset,
            why,
        } = error
        else {
            panic!("{error}")
        };
        assert_eq!(named, file, "{why}");
        assert!(
            before == snapshot(self.path()),
            "a refused journal was changed"
        );
        (offset, why)
    }
}

pub(super) fn snapshot(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let paths = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let segments = paths.filter(|path| path.extension().is_some_and(|ext| ext == "seg"));
    segments
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect()
}

pub(super) fn restore(files: &BTreeMap<PathBuf, Vec<u8>>, dir: &Path) {
    for path in snapshot(dir)
        .into_keys()
        .filter(|path| !files.contains_key(path))
    {
        fs::remove_file(path).unwrap();
    }
    for (path, bytes) in files {
        fs::write(path, bytes).unwrap();
    }
}

pub(super) fn edit(path: &Path) -> File {
    OpenOptions::new()
        .read(true)
        .write(true)
        .open(path)
        .unwrap()
}

pub(super) fn flip(path: &Path, offset: u64, mask: u8) {
    let file = edit(path);
    let mut byte = [0];
    file.read_exact_at(&mut byte, offset).unwrap();
    file.write_all_at(&[byte[0] ^ mask], offset).unwrap();
}

pub(super) fn zero(path: &Path, from: u64, to: u64) {
    edit(path)
        .write_all_at(&vec![0; (to - from) as usize], from)
        .unwrap();
}
