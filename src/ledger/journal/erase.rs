//! Bodies made to be gone from segments that are closed: what a purge and a compaction ask for.
//!
//! A segment is written anew beside itself, with zeros where a body and its salt were, and takes
//! its own place by a rename: whenever a crash comes, the file under the name is whole. Lengths
//! and places stay as they are, and so does everything the chain covers. Once erased, a body cannot
//! be told even by guessing: the salt of its hash is gone too. Doing it again changes nothing.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crc32c::crc32c_append;

use super::Error;
use super::archive::Archiver;
use super::reader::{Durable, segment_path};
use super::segment::{HEADER_BYTES, Head, Kind};
use crate::ledger::disk;

/// The salt and the length that stand before a body.
const SALT_BYTES: usize = 16;
const LEN_BYTES: usize = 4;
/// What a file system gives space to at a time.
const BLOCK_BYTES: usize = 4 << 10;
/// The bytes of a frame before what its crc covers.
const PREFIX_BYTES: usize = 8;

/// Erases from closed segments.
#[derive(Clone)]
pub struct Eraser {
    dir: PathBuf,
    durable: Arc<Durable>,
    seed: u32,
}

impl Eraser {
    pub(super) fn new(dir: &Path, durable: &Arc<Durable>, seed: u32) -> Self {
        Self {
            dir: dir.to_path_buf(),
            durable: Arc::clone(durable),
            seed,
        }
    }

    /// What copies the same segments.
    pub fn archiver(&self) -> Archiver {
        Archiver::new(&self.dir, &self.durable)
    }

    /// Leaves zeros of the bodies that begin at these offsets of a closed segment; answers how many
    /// bytes of them were anything else.
    pub fn erase(&self, number: u32, offsets: &BTreeSet<u64>) -> Result<u64, Error> {
        let path = segment_path(&self.dir, number);
        let Some(end) = self.durable.look(|extent| extent.closed_end(number)) else {
            return Err(Error::damaged(&path, 0, "the segment is not closed"));
        };
        let read = |source| Error::io(&path, "read", source);
        let file = File::open(&path).map_err(|source| Error::io(&path, "open", source))?;
        let length = file.metadata().map_err(read)?.len();
        let mut bytes = vec![0; end as usize];
        file.read_exact_at(&mut bytes, 0).map_err(read)?;
        let erased = self.blank(&mut bytes, offsets, &path)?;
        let file = if erased > 0 {
            self.write_beside(&path, &bytes, length)
                .and_then(|file| self.take_place(&path).map(|()| file))
                .inspect_err(|_| drop(fs::remove_file(beside(&path))))?
        } else {
            file
        };
        // Also when all was erased before: that attempt may have come no further than the rename.
        disk::sync_dir("erase.sync_dir", &self.dir)
            .map_err(|source| Error::io(&self.dir, "sync", source))?;
        self.durable
            .publish(|extent| extent.replace(number, Arc::new(file)));
        self.durable.changed.notify_one();
        Ok(erased)
    }

    /// Removes what an earlier attempt left half done.
    pub fn tidy_up(&self) -> Result<(), Error> {
        let failed = |source| Error::io(&self.dir, "list", source);
        for entry in fs::read_dir(&self.dir).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path.extension().is_some_and(|extension| extension == "new") {
                fs::remove_file(&path).map_err(|source| Error::io(&path, "remove", source))?;
            }
        }
        Ok(())
    }

    fn blank(&self, bytes: &mut [u8], offsets: &BTreeSet<u64>, path: &Path) -> Result<u64, Error> {
        let mut at = HEADER_BYTES as usize;
        let mut erased = 0;
        while let Some(rest) = bytes.get_mut(at..).filter(|rest| !rest.is_empty()) {
            let damaged = |why| Error::damaged(path, at as u64, why);
            let head =
                Head::parse(rest, self.seed).ok_or_else(|| damaged("no frame begins here"))?;
            let frame = rest
                .get_mut(..head.frame_bytes() as usize)
                .ok_or_else(|| damaged("the frame is cut off"))?;
            if !head.holds(frame, self.seed) {
                return Err(damaged("the crc of the frame does not match"));
            }
            if head.kind == Kind::Group {
                erased +=
                    self.blank_frame(&head, frame, |body| offsets.contains(&((at + body) as u64)));
            }
            at += head.padded_bytes() as usize;
        }
        Ok(erased)
    }

    /// Leaves zeros of the bodies in a frame, and gives it its new crc.
    fn blank_frame(&self, head: &Head, frame: &mut [u8], wanted: impl Fn(usize) -> bool) -> u64 {
        let records: Vec<_> = head.records(frame).flatten().collect();
        let mut erased = 0;
        for body in records.iter().flat_map(|record| &record.bodies) {
            let start = body.bytes.start;
            if !wanted(start) {
                continue;
            }
            let salt = start.saturating_sub(SALT_BYTES + LEN_BYTES)..start - LEN_BYTES;
            for range in [salt, body.bytes.clone()] {
                let part = frame.get_mut(range).unwrap_or_default();
                erased += part.iter().filter(|byte| **byte != 0).count() as u64;
                part.fill(0);
            }
        }
        if erased > 0 {
            let (prefix, payload) = frame.split_at_mut(PREFIX_BYTES);
            let (len, crc) = prefix.split_at_mut(LEN_BYTES);
            let sum = crc32c_append(crc32c_append(self.seed, len), payload);
            crc.copy_from_slice(&sum.to_le_bytes());
        }
        erased
    }

    /// Writes a file beside another one, durably. Blocks of zeros become holes, which take no
    /// space.
    fn write_beside(&self, path: &Path, bytes: &[u8], length: u64) -> Result<File, Error> {
        let fresh = beside(path);
        let failed = |doing| {
            let fresh = fresh.as_path();
            move |source| Error::io(fresh, doing, source)
        };
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(true);
        let file = disk::at("erase.create")
            .and_then(|()| options.mode(0o600).open(&fresh))
            .map_err(failed("create"))?;
        for (block, at) in bytes.chunks(BLOCK_BYTES).zip((0u64..).step_by(BLOCK_BYTES)) {
            if block.iter().any(|byte| *byte != 0) {
                disk::write("erase.write", &file, block, at).map_err(failed("write"))?;
            }
        }
        file.set_len(length).map_err(failed("extend"))?;
        disk::sync_all("erase.sync", &file).map_err(failed("sync"))?;
        Ok(file)
    }

    /// Puts the file beside another one into that one's place.
    fn take_place(&self, path: &Path) -> Result<(), Error> {
        disk::at("erase.rename")
            .and_then(|()| fs::rename(beside(path), path))
            .map_err(|source| Error::io(path, "replace", source))
    }
}

/// Where a segment is written anew.
fn beside(path: &Path) -> PathBuf {
    path.with_extension("seg.new")
}
