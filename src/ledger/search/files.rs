//! The text index's files, as tantivy wants a directory.
//!
//! Read with `pread`, not mapped: what a search holds in memory is what it asked for, and a file
//! that was cut or cannot be read is an error, where a mapping would end the process. Its two locks
//! are this process's own, since the journal's keeps every other process out.

use std::collections::HashSet;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use tantivy::directory::error::{DeleteError, LockError, OpenReadError, OpenWriteError};
use tantivy::directory::{
    AntiCallToken, Directory, DirectoryLock, FileHandle, Lock, OwnedBytes, TerminatingWrite,
    WatchCallback, WatchHandle, WritePtr,
};
use tantivy::error::DataCorruption;
use tantivy::{HasLen, Index};

/// The file without which there is no index.
pub(super) const META: &str = "meta.json";
/// What follows the text of a file's footer: its length, and a number that is always the same.
const TAIL_BYTES: usize = 8;
const BUFFER_BYTES: usize = 64 << 10;

/// A folder.
#[derive(Clone)]
pub(super) struct Files {
    folder: Arc<Path>,
    locks: Arc<Locks>,
}

#[derive(Default)]
struct Locks {
    held: Mutex<HashSet<PathBuf>>,
    freed: Condvar,
}

/// Frees a lock when it goes.
struct Held(PathBuf, Arc<Locks>);

impl Files {
    /// Makes the folder if there is none.
    pub(super) fn new(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        Ok(Self {
            folder: folder.into(),
            locks: Arc::default(),
        })
    }
}

impl fmt::Debug for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Files").field(&self.folder).finish()
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut held = self.1.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.remove(&self.0);
        self.1.freed.notify_all();
    }
}

impl Directory for Files {
    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        let open = || {
            let file = File::open(self.folder.join(path))?;
            let len = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
            let opened: Arc<dyn FileHandle> = Arc::new(Opened { file, len });
            Ok(opened)
        };
        open().map_err(|error| unread(error, path))
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        fs::remove_file(self.folder.join(path)).map_err(|error| {
            if error.kind() == io::ErrorKind::NotFound {
                return DeleteError::FileDoesNotExist(path.to_owned());
            }
            DeleteError::IoError {
                io_error: Arc::new(error),
                filepath: path.to_owned(),
            }
        })
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        let found = self.folder.join(path).try_exists();
        found.map_err(|error| unread(error, path))
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        match File::create_new(self.folder.join(path)) {
            Ok(file) => Ok(BufWriter::with_capacity(
                BUFFER_BYTES,
                Box::new(Written(file)),
            )),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(OpenWriteError::FileAlreadyExists(path.to_owned()))
            }
            Err(error) => Err(OpenWriteError::wrap_io_error(error, path.to_owned())),
        }
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        fs::read(self.folder.join(path)).map_err(|error| unread(error, path))
    }

    fn atomic_write(&self, path: &Path, data: &[u8]) -> io::Result<()> {
        let path = self.folder.join(path);
        let fresh = path.with_extension("new");
        let mut file = File::create(&fresh)?;
        file.write_all(data)?;
        file.sync_all()?;
        fs::rename(&fresh, &path)?;
        self.sync_directory()
    }

    fn sync_directory(&self) -> io::Result<()> {
        File::open(&self.folder)?.sync_all()
    }

    fn acquire_lock(&self, lock: &Lock) -> Result<DirectoryLock, LockError> {
        let locks = &self.locks;
        let mut held = locks.held.lock().unwrap_or_else(PoisonError::into_inner);
        while !held.insert(lock.filepath.clone()) {
            if !lock.is_blocking {
                return Err(LockError::LockBusy);
            }
            let freed = locks.freed.wait(held);
            held = freed.unwrap_or_else(PoisonError::into_inner);
        }
        let guard = Held(lock.filepath.clone(), Arc::clone(locks));
        Ok(DirectoryLock::from(Box::new(guard)))
    }

    fn watch(&self, _told: WatchCallback) -> tantivy::Result<WatchHandle> {
        Ok(WatchHandle::empty())
    }
}

fn unread(error: io::Error, path: &Path) -> OpenReadError {
    if error.kind() == io::ErrorKind::NotFound {
        return OpenReadError::FileDoesNotExist(path.to_owned());
    }
    OpenReadError::wrap_io_error(error, path.to_owned())
}

/// A file that is read.
#[derive(Debug)]
struct Opened {
    file: File,
    len: usize,
}

impl HasLen for Opened {
    fn len(&self) -> usize {
        self.len
    }
}

impl FileHandle for Opened {
    fn read_bytes(&self, range: Range<usize>) -> io::Result<OwnedBytes> {
        let mut bytes = vec![0; range.len()];
        self.file.read_exact_at(&mut bytes, range.start as u64)?;
        Ok(OwnedBytes::new(bytes))
    }
}

/// A file that is written.
struct Written(File);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl TerminatingWrite for Written {
    fn terminate_ref(&mut self, _: AntiCallToken) -> io::Result<()> {
        self.0.sync_data()
    }
}

/// Removes an index, if there is one; a part that is left is none.
pub(super) fn remove(folder: &Path) -> io::Result<()> {
    let there = |removed: io::Result<()>| match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    };
    there(fs::remove_file(folder.join(META)))?;
    there(fs::remove_dir_all(folder))
}

/// Reads all that the last commit of an index consists of and holds it against the checksums.
pub(super) fn check(index: &Index, folder: &Path) -> tantivy::Result<()> {
    for file in index.load_metas()?.list_segment_files() {
        let path = folder.join(file);
        match sound(&path) {
            Ok(true) => {}
            // A segment need not have a file of every sort.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Ok(false) => {
                let why = "it is not what was written".to_owned();
                return Err(DataCorruption::new(path, why).into());
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Whether a file is what its footer says: `body | {"crc": ...} | length u32 | number u32`.
fn sound(path: &Path) -> io::Result<bool> {
    let file = File::open(path)?;
    let len = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
    let Some(end) = len.checked_sub(TAIL_BYTES) else {
        return Ok(false);
    };
    let mut footer_len = [0; 4];
    file.read_exact_at(&mut footer_len, end as u64)?;
    let Some(body) = end.checked_sub(u32::from_le_bytes(footer_len) as usize) else {
        return Ok(false);
    };
    let mut footer = vec![0; end - body];
    file.read_exact_at(&mut footer, body as u64)?;
    let footer: serde_json::Value = serde_json::from_slice(&footer).unwrap_or_default();
    let mut sum = crc32fast::Hasher::new();
    let mut rest = file.take(body as u64);
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        match rest.read(&mut buffer)? {
            0 => break,
            read => sum.update(buffer.get(..read).unwrap_or_default()),
        }
    }
    let crc = footer.get("crc").and_then(serde_json::Value::as_u64);
    Ok(crc == Some(u64::from(sum.finalize())))
}
