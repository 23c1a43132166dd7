//! How the ledger touches files: whole writes, syncs that are checked, and a name for every step.
//!
//! Each step of a commit, a checkpoint, a segment change and a rebuild passes one point here under
//! a name of its own. In the build with the feature `failpoints` a test makes the step fail with an
//! error of its choice, be cut short, panic or wait (`FAILPOINTS=journal.sync=return(EIO)`); in
//! every other build a point is nothing. The suite in `tests/it` finds the names in the source.
//!
//! Writes and syncs are repeated when the system says that a signal came between (EINTR), and a
//! short write is carried on. No other error is ever repeated: after a failed sync nobody knows
//! what the disk holds.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Passes a named step, unless a test says otherwise.
#[cfg(feature = "failpoints")]
pub(super) fn at(point: &'static str) -> io::Result<()> {
    reached::note(point);
    fail::fail_point!(point, |told| Err(told_error(told.as_deref())));
    Ok(())
}

/// Passes a named step.
#[cfg(not(feature = "failpoints"))]
#[inline(always)]
#[allow(
    clippy::unnecessary_wraps,
    reason = "in the build with failpoints it may fail"
)]
pub(super) const fn at(_point: &'static str) -> io::Result<()> {
    Ok(())
}

/// Writes all of it at an offset.
pub(super) fn write(point: &'static str, file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    let mut rest = bytes;
    let mut offset = offset;
    while !rest.is_empty() {
        let piece = rest.get(..permitted(rest.len())).unwrap_or(rest);
        let written = at(point)
            .and_then(|()| at("disk.write"))
            .and_then(|()| file.write_at(piece, offset));
        match written {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => {
                rest = rest.get(written..).unwrap_or_default();
                offset += written as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Makes a file's bytes durable.
pub(super) fn sync_data(point: &'static str, file: &File) -> io::Result<()> {
    uninterrupted(point, || file.sync_data())
}

/// Makes a file's bytes and its length durable.
pub(super) fn sync_all(point: &'static str, file: &File) -> io::Result<()> {
    uninterrupted(point, || file.sync_all())
}

/// Makes the names in a directory durable.
pub(super) fn sync_dir(point: &'static str, dir: &Path) -> io::Result<()> {
    uninterrupted(point, || File::open(dir)?.sync_all())
}

/// Bytes free to this process on the file system that holds a path.
pub(super) fn free_bytes(path: &Path) -> io::Result<u64> {
    let found = rustix::fs::statvfs(path)?;
    Ok(found.f_bavail.saturating_mul(found.f_frsize))
}

fn uninterrupted(point: &'static str, sync: impl Fn() -> io::Result<()>) -> io::Result<()> {
    loop {
        match at(point)
            .and_then(|()| at("disk.sync"))
            .and_then(|()| sync())
        {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}

/// How much one write may take: all of it, or as much as a test allows.
#[cfg(feature = "failpoints")]
fn permitted(bytes: usize) -> usize {
    reached::note("disk.short");
    fail::fail_point!("disk.short", |told| {
        let most = told.and_then(|told| told.parse().ok()).unwrap_or(1);
        bytes.min(most)
    });
    bytes
}

#[cfg(not(feature = "failpoints"))]
#[inline(always)]
const fn permitted(bytes: usize) -> usize {
    bytes
}

/// The error a test asks for by the name the system has for it.
#[cfg(feature = "failpoints")]
fn told_error(told: Option<&str>) -> io::Error {
    let number = match told {
        Some("EINTR") => 4,
        Some("EMFILE") => 24,
        Some("ENOSPC") => 28,
        Some("EROFS") => 30,
        Some(_) | None => 5,
    };
    io::Error::from_raw_os_error(number)
}

/// Which points this process has passed, so that a suite can tell one that it never came to.
#[cfg(feature = "failpoints")]
pub mod reached {
    use std::collections::BTreeSet;
    use std::sync::{Mutex, PoisonError};

    static POINTS: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());

    pub(super) fn note(point: &'static str) {
        let mut points = POINTS.lock().unwrap_or_else(PoisonError::into_inner);
        points.insert(point);
    }

    /// Their names, in order.
    #[must_use]
    pub fn points() -> Vec<&'static str> {
        let points = POINTS.lock().unwrap_or_else(PoisonError::into_inner);
        points.iter().copied().collect()
    }
}
