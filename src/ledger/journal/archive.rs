//! Copies of closed segments in another directory, one file each under the same name.
//!
//! A copy gets its name once it is whole and durable, so whatever stands under such a name is. It
//! has the time of change of its original: a segment from which something has been erased since
//! has another, and is copied again in the place of the copy. What stands in the directory is read
//! by the same code as a journal; nothing here takes a lock, and nothing waits for it.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use super::reader::{Durable, segment_path};
use super::scan::inspected;
use super::segment::{self, HEADER_BYTES};
use super::{Error, Reader};
use crate::ledger::disk;

/// Read and written at a time.
const PIECE_BYTES: usize = 1 << 20;

/// Copies closed segments.
pub struct Archiver {
    dir: PathBuf,
    durable: Arc<Durable>,
    /// The times of change of what has been copied, also where the directory keeps none so exact.
    copied: HashMap<u32, SystemTime>,
}

impl Archiver {
    pub(super) fn new(dir: &Path, durable: &Arc<Durable>) -> Self {
        Self {
            dir: dir.to_path_buf(),
            durable: Arc::clone(durable),
            copied: HashMap::new(),
        }
    }

    /// Waits until a segment is closed, or something is erased from one.
    pub async fn more(&self) {
        self.durable.changed.notified().await;
    }

    fn closed(&self) -> u32 {
        self.durable
            .look(|extent| extent.segments.len().saturating_sub(1) as u32)
    }

    /// The closed segments, those that the directory lacks first: what was erased from a segment
    /// is asked for by a record in a later one.
    pub fn wanted(&self, into: &Path) -> Vec<u32> {
        let mut numbers: Vec<u32> = (1..=self.closed()).collect();
        numbers.sort_by_key(|number| segment_path(into, *number).exists());
        numbers
    }

    /// Copies a closed segment unless the same stands there. Ends early when it is told to stop.
    pub fn copy(&mut self, number: u32, into: &Path, stop: &AtomicBool) -> Result<(), Error> {
        let Some(end) = self.durable.look(|extent| extent.closed_end(number)) else {
            return Ok(());
        };
        let (path, copy) = (segment_path(&self.dir, number), segment_path(into, number));
        let failed = |source| Error::io(&path, "read", source);
        let file = File::open(&path).map_err(failed)?;
        // Of this very file: another one may take its place meanwhile, and is copied after it.
        let changed = file.metadata().and_then(|found| found.modified());
        let changed = changed.map_err(failed)?;
        if self.copied.get(&number) == Some(&changed) {
            return Ok(());
        }
        if !same(&copy, end, changed, &header(&file).map_err(failed)?)? {
            let part = copy.with_extension("seg.part");
            let written = write((&file, end), &part, changed, stop)
                .and_then(|()| disk::at("archive.rename"))
                .and_then(|()| fs::rename(&part, &copy))
                .and_then(|()| disk::sync_dir("archive.sync_dir", into));
            written.map_err(|source| Error::io(&copy, "copy a segment to", source))?;
        }
        self.copied.insert(number, changed);
        Ok(())
    }
}

/// Reads what stands in copies of segments.
pub fn reader(dir: &Path) -> Result<Arc<dyn Reader>, Error> {
    let (found, ended) = inspected(dir, Vec::new(), None);
    ended?;
    if let Some(torn) = found.torn {
        return Err(Error::damaged(
            &torn.file,
            torn.offset,
            "no frame begins here",
        ));
    }
    let seed = found.journal_id.map_or(0, |id| segment::seed(&id));
    Ok(Arc::new(Durable::new(dir, seed, found.extent)))
}

/// Whether the copy is one of this very state of a segment; an error if it is of another journal.
fn same(copy: &Path, end: u64, changed: SystemTime, original: &[u8]) -> Result<bool, Error> {
    let failed = |source| Error::io(copy, "read", source);
    let file = match File::open(copy) {
        Err(missing) if missing.kind() == io::ErrorKind::NotFound => return Ok(false),
        opened => opened.map_err(failed)?,
    };
    let found = file.metadata().map_err(failed)?;
    if header(&file).map_err(failed)? != original {
        return Err(Error::damaged(
            copy,
            0,
            "this is a segment of another journal; an archive is for one",
        ));
    }
    Ok(found.len() == end && found.modified().map_err(failed)? == changed)
}

fn header(file: &File) -> io::Result<[u8; HEADER_BYTES as usize]> {
    let mut header = [0; HEADER_BYTES as usize];
    file.read_exact_at(&mut header, 0).map(|()| header)
}

/// Writes a file with the first bytes of another, durably.
fn write(
    (from, end): (&File, u64),
    part: &Path,
    changed: SystemTime,
    stop: &AtomicBool,
) -> io::Result<()> {
    let mut options = File::options();
    options.write(true).create(true).truncate(true).mode(0o600);
    let file = disk::at("archive.create").and_then(|()| options.open(part))?;
    let mut piece = vec![0; PIECE_BYTES];
    for at in (0..end).step_by(PIECE_BYTES) {
        if stop.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let some = usize::try_from(end - at).map_or(PIECE_BYTES, |rest| rest.min(PIECE_BYTES));
        let piece = piece.get_mut(..some).unwrap_or_default();
        from.read_exact_at(piece, at)?;
        disk::write("archive.write", &file, piece, at)?;
    }
    file.set_modified(changed)?;
    disk::sync_all("archive.sync", &file)
}
