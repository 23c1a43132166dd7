//! A data folder from backups: a backup of everything, then any number that continue it, up to a
//! revision or a time.
//!
//! It writes into an empty folder only, and checks while it writes all that a backup is checked for
//! when it is made; then it builds the store and holds it to the digest that the backup ends with.
//! A half restore never looks like a whole one: a mark stands in the folder from before the first
//! byte until after the last one is durable, and a ledger does not open where it stands.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use super::backup::Check;
use super::committer::random;
use super::journal::copy::{Piece, Trailer};
use super::journal::local::Local;
use super::journal::{Journal, Position, Stamped};
use super::{Ledger, Progress, journal_options, retention};
use crate::error::Error;
use crate::model::Revision;
use crate::model::limits::Limits;

/// Stands in a folder while it is being restored.
const MARK: &str = "RESTORING";
const MARK_TEXT: &[u8] =
    b"A restore into this folder has not ended. If none is running, empty the \
folder and restore again.\n";
/// Read from a backup at a time.
const READ_BYTES: usize = 1 << 20;

/// How far to restore.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// All there is.
    End,
    /// Up to a revision, which must be there.
    Revision(Revision),
    /// What there was at a time, in microseconds since 1970.
    Time(i64),
}

/// What was restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Restored {
    /// The newest record.
    pub head: Position,
    /// The digest of what can be read there.
    pub digest: [u8; 32],
    /// Records that were written.
    pub records: u64,
    /// Whether that is where a backup ends, and so its digest is known to be right.
    pub compared: bool,
}

/// Refuses a folder in which a restore was cut short.
pub(super) fn refuse_half(folder: &Path) -> Result<(), Error> {
    if !folder.join(MARK).exists() {
        return Ok(());
    }
    let folder = folder.display();
    let text = format!("a restore into \"{folder}\" was cut short; empty it and restore again");
    Err(Error::Internal(text))
}

/// Writes what the backups hold into an empty folder.
pub fn restore(
    backups: &[PathBuf],
    folder: &Path,
    until: Until,
    limits: Limits,
) -> Result<Restored, Error> {
    begin(folder)?;
    let opened = Local::open(
        &folder.join("journal"),
        journal_options(&limits),
        random()?,
        None,
    );
    let mut writing = Writing {
        journal: opened.map_err(told)?.journal,
        until,
        records: 0,
        end: None,
        reached: false,
    };
    for backup in backups {
        if !writing.reached {
            writing.file(backup, &limits)?;
        }
    }
    let Writing {
        mut journal,
        records,
        end,
        ..
    } = writing;
    let head = journal.head();
    if let Until::Revision(revision) = until
        && head.revision != revision
    {
        return Err(Error::OutOfRange {
            reason: "REVISION_NOT_IN_BACKUP",
            requested: format!("revision {revision}"),
            available: format!("the backups reach revision {}", head.revision),
        });
    }
    if head.revision == 0 {
        return Err(Error::Internal("the backups hold nothing".to_owned()));
    }
    journal.seal().map_err(told)?;
    drop(journal);
    // The backup may have been made between a purge and its erasing.
    retention::mark(folder)?;
    let ledger = Ledger::open_marked(folder, limits, (0, &Progress::default()))?;
    let digest = ledger.digest(head.revision)?;
    ledger.close();
    drop(ledger);
    let end = end.filter(|end| end.head == head);
    if end.is_some_and(|end| end.digest != digest) {
        let text = format!(
            "what was restored is not what was backed up at revision {}: the digests differ",
            head.revision
        );
        return Err(Error::Internal(text));
    }
    finish(folder)?;
    Ok(Restored {
        head,
        digest,
        records,
        compared: end.is_some(),
    })
}

/// A journal that is being written.
struct Writing {
    journal: Local,
    until: Until,
    records: u64,
    /// What the last backup ended with.
    end: Option<Trailer>,
    /// There is no more to write.
    reached: bool,
}

impl Writing {
    fn file(&mut self, path: &Path, limits: &Limits) -> Result<(), Error> {
        let name = path.display().to_string();
        let read = |error| Error::Internal(format!("read \"{name}\": {error}"));
        let mut file = File::open(path).map_err(read)?;
        let mut check = Check::new(&name, limits);
        let mut bytes = vec![0; READ_BYTES];
        loop {
            let some = file.read(&mut bytes).map_err(read)?;
            if some == 0 {
                break;
            }
            check.feed(bytes.get(..some).unwrap_or_default());
            while let Some(piece) = check.piece()? {
                self.piece(piece, &name)?;
            }
            if self.reached {
                return Ok(());
            }
        }
        let checked = check.finish()?;
        self.end = Some(checked.trailer);
        Ok(())
    }

    fn piece(&mut self, piece: Piece, name: &str) -> Result<(), Error> {
        match piece {
            Piece::Begins(position) if position == self.journal.head() => Ok(()),
            Piece::Begins(position) => {
                let text = format!(
                    "backup \"{name}\" continues revision {}, and what stands before it {}",
                    position.revision,
                    match self.journal.head().revision {
                        0 => "is nothing".to_owned(),
                        head if head == position.revision => "is of another store".to_owned(),
                        head => format!("ends with revision {head}"),
                    }
                );
                Err(Error::Internal(text))
            }
            Piece::Group(group) => self.group(group),
            Piece::Ends(_) => Ok(()),
        }
    }

    fn group(&mut self, mut group: Vec<Stamped>) -> Result<(), Error> {
        let head = self.journal.head().revision;
        let wanted = match self.until {
            Until::End => group.len(),
            Until::Revision(last) => usize::try_from(last - head).unwrap_or(0),
            Until::Time(last_us) => group.partition_point(|record| record.time_us <= last_us),
        };
        self.reached = wanted < group.len();
        group.truncate(wanted);
        self.records += group.len() as u64;
        self.journal.append(group).map_err(told)?;
        Ok(())
    }
}

/// Makes the folder if need be, and marks it.
fn begin(folder: &Path) -> Result<(), Error> {
    let failed = failed(folder, "prepare");
    fs::create_dir_all(folder).map_err(&failed)?;
    if fs::read_dir(folder).map_err(&failed)?.next().is_some() {
        refuse_half(folder)?;
        let folder = folder.display();
        let text = format!("\"{folder}\" is not empty; restore into a folder of its own");
        return Err(Error::Internal(text));
    }
    let mut mark = File::create(folder.join(MARK)).map_err(&failed)?;
    mark.write_all(MARK_TEXT).map_err(&failed)?;
    mark.sync_all().map_err(&failed)?;
    sync_dir(folder).map_err(&failed)
}

/// Takes the mark away: all that it stood for is durable.
fn finish(folder: &Path) -> Result<(), Error> {
    let failed = failed(folder, "complete");
    sync_dir(folder).map_err(&failed)?;
    fs::remove_file(folder.join(MARK)).map_err(&failed)?;
    sync_dir(folder).map_err(&failed)
}

fn sync_dir(folder: &Path) -> std::io::Result<()> {
    File::open(folder)?.sync_all()
}

fn failed(folder: &Path, doing: &'static str) -> impl Fn(std::io::Error) -> Error {
    let folder = folder.display().to_string();
    move |error| Error::Internal(format!("{doing} \"{folder}\": {error}"))
}

fn told(error: super::journal::Error) -> Error {
    Error::Internal(error.to_string())
}
