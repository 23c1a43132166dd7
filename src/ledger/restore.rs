//! A data folder from backups and archives: one that begins at the beginning, then any number that
//! continue it or overlap with it, up to a revision or a time.
//!
//! It writes into an empty folder only, and checks while it writes all that a backup is checked for
//! when it is made; then it builds the store and holds it to the digest that the backup ends with.
//! A half restore never looks like a whole one: a mark stands in the folder from before the first
//! byte until after the last one is durable, and a ledger does not open where it stands.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use super::backup::{Check, sound};
use super::committer::random;
use super::erased::{Erased, asks};
use super::journal::copy::{Piece, Trailer};
use super::journal::local::Local;
use super::journal::{Entry, Journal, Position, Stamped, archive};
use super::opening::journal_options;
use super::{Ledger, Progress, disk, retention};
use crate::error::Error;
use crate::model::Revision;
use crate::model::limits::Limits;
use crate::wire::record;

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
        seen: Position::START,
        at: Position::START,
        end: None,
        erased: Erased::default(),
        asked: false,
        reach: Reach::Wanted,
    };
    for backup in backups {
        if writing.reach != Reach::Done {
            match backup.is_dir() {
                true => writing.archive(backup)?,
                false => writing.file(backup, &limits)?,
            }
        }
    }
    writing.complete()?;
    let Writing {
        mut journal,
        records,
        end,
        asked,
        ..
    } = writing;
    let head = journal.head();
    journal.seal().map_err(told)?;
    drop(journal);
    if asked {
        // The backup may have been made between a purge and its erasing.
        retention::mark(folder)?;
    }
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
    /// Where the last record stands that has come from any source.
    seen: Position,
    /// Where the last record stands that has come from this backup.
    at: Position,
    /// What the last backup ended with.
    end: Option<Trailer>,
    erased: Erased,
    /// Whether a record asks for bodies to be erased.
    asked: bool,
    reach: Reach,
}

/// How far the reading is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// What comes is written.
    Wanted,
    /// All is written. In what comes, up to this revision so far, is looked for the record that
    /// asked for what was found to be erased.
    Beyond(Revision),
    /// Nothing more need be read.
    Done,
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
            if self.reach == Reach::Done {
                return Ok(());
            }
        }
        let checked = check.finish()?;
        self.end = Some(checked.trailer);
        Ok(())
    }

    /// What stands in an archive behind what has come so far.
    fn archive(&mut self, dir: &Path) -> Result<(), Error> {
        let name = dir.display().to_string();
        let reader = archive::reader(dir).map_err(told)?;
        let (mut records, mut bytes) = (Vec::new(), 0);
        for entry in reader.entries(self.seen.revision).map_err(told)? {
            let Entry {
                position, record, ..
            } = entry.map_err(told)?;
            sound(&record).map_err(|why| {
                let revision = position.revision;
                Error::Internal(format!("archive \"{name}\": revision {revision}: {why}"))
            })?;
            let bodies = record.bodies.iter().map(|body| body.bytes.len());
            bytes += record.envelope.len() + bodies.sum::<usize>();
            let time_us = position.time_us;
            records.push((position, Stamped { time_us, record }));
            if bytes >= READ_BYTES {
                bytes = 0;
                self.follow(std::mem::take(&mut records), &name)?;
            }
            if self.reach == Reach::Done {
                return Ok(());
            }
        }
        self.follow(records, &name)
    }

    fn piece(&mut self, piece: Piece, name: &str) -> Result<(), Error> {
        match piece {
            Piece::Begins(position) if position.revision > self.seen.revision => {
                let text = format!(
                    "backup \"{name}\" continues revision {}, and what stands before it {}",
                    position.revision,
                    match self.seen.revision {
                        0 => "is nothing".to_owned(),
                        seen => format!("ends with revision {seen}"),
                    }
                );
                Err(Error::Internal(text))
            }
            Piece::Begins(position) => {
                self.at = position;
                self.same(&position, name)
            }
            Piece::Group(group) => {
                let mut at = self.at;
                let records = group.into_iter().map(|stamped| {
                    at = at.next(stamped.time_us, &stamped.record.envelope);
                    (at, stamped)
                });
                let records = records.collect();
                self.at = at;
                self.follow(records, name)
            }
            Piece::Ends(_) => Ok(()),
        }
    }

    /// Takes records that begin where those that have come so far end, or before.
    fn follow(&mut self, records: Vec<(Position, Stamped)>, name: &str) -> Result<(), Error> {
        let mut fresh = Vec::with_capacity(records.len());
        for (position, stamped) in records {
            self.same(&position, name)?;
            if position.revision > self.seen.revision {
                self.seen = position;
                fresh.push(stamped);
            }
        }
        self.group(fresh)
    }

    /// Where two sources overlap they must be of one store.
    fn same(&self, position: &Position, name: &str) -> Result<(), Error> {
        if position.revision != self.seen.revision || *position == self.seen {
            return Ok(());
        }
        let text = format!(
            "\"{name}\" is of another store than what stands before it: revision {} differs",
            position.revision
        );
        Err(Error::Internal(text))
    }

    fn group(&mut self, mut group: Vec<Stamped>) -> Result<(), Error> {
        if self.reach != Reach::Wanted {
            return group.iter().try_for_each(|record| self.look_beyond(record));
        }
        let head = self.journal.head().revision;
        let wanted = match self.until {
            Until::End => group.len(),
            Until::Revision(last) => usize::try_from(last - head).unwrap_or(0),
            Until::Time(last_us) => group.partition_point(|record| record.time_us <= last_us),
        };
        let rest = group.split_off(wanted.min(group.len()));
        for (record, revision) in group.iter().zip(head + 1..) {
            self.asked |= self.pass(revision, record)?;
        }
        self.records += group.len() as u64;
        self.journal.append(group).map_err(told)?;
        if !rest.is_empty() {
            self.reach = match self.erased.unasked() {
                Some(_) => Reach::Beyond(self.journal.head().revision),
                None => Reach::Done,
            };
        }
        rest.iter().try_for_each(|record| self.look_beyond(record))
    }

    /// Takes note of what a record says was erased; whether it asks for more.
    fn pass(
        &mut self,
        revision: Revision,
        Stamped { record, .. }: &Stamped,
    ) -> Result<bool, Error> {
        let envelope = record::decode(&record.envelope)?;
        let bodies = record.bodies.iter();
        let bodies = bodies.map(|body| (body.salt.as_slice(), body.bytes.as_ref()));
        self.erased.pass(revision, &envelope, bodies);
        Ok(asks(&envelope))
    }

    /// A record after those that are wanted: once it has been asked for all that is found to be
    /// erased, it is the earliest up to which can be restored.
    fn look_beyond(&mut self, record: &Stamped) -> Result<(), Error> {
        let Reach::Beyond(before) = self.reach else {
            return Ok(());
        };
        self.reach = Reach::Beyond(before + 1);
        if self.pass(before + 1, record)? && self.erased.unasked().is_none() {
            return Err(self.refused(before + 1));
        }
        Ok(())
    }

    fn refused(&self, earliest: Revision) -> Error {
        Error::OutOfRange {
            reason: "REVISION_ERASED",
            requested: format!("revision {}", self.journal.head().revision),
            available: format!(
                "some of what could be read there has been purged or compacted since; revision \
                 {earliest} is the earliest that can be restored"
            ),
        }
    }

    /// Refuses what is not what was wanted, or not whole.
    fn complete(&self) -> Result<(), Error> {
        let head = self.journal.head().revision;
        if let Until::Revision(revision) = self.until
            && head != revision
        {
            return Err(Error::OutOfRange {
                reason: "REVISION_NOT_IN_BACKUP",
                requested: format!("revision {revision}"),
                available: format!("the backups reach revision {head}"),
            });
        }
        if head == 0 {
            return Err(Error::Internal("the backups hold nothing".to_owned()));
        }
        match self.erased.unasked() {
            Some((_, why)) => Err(Error::Internal(format!("the backups are not sound: {why}"))),
            None => Ok(()),
        }
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
    let marked = disk::at("restore.mark")
        .and_then(|()| File::create(folder.join(MARK)))
        .and_then(|mark| {
            disk::write("restore.write_mark", &mark, MARK_TEXT, 0)?;
            disk::sync_all("restore.sync_mark", &mark)
        });
    marked.map_err(&failed)?;
    let parent = std::path::absolute(folder).map_err(&failed)?;
    // The folder's own name, too.
    disk::sync_dir("restore.sync_dir", folder)
        .and_then(|()| disk::sync_dir("restore.sync_parent", parent.parent().unwrap_or(&parent)))
        .map_err(&failed)
}

/// Takes the mark away: all that it stood for is durable.
fn finish(folder: &Path) -> Result<(), Error> {
    disk::sync_dir("restore.sync_whole", folder)
        .and_then(|()| disk::at("restore.unmark"))
        .and_then(|()| fs::remove_file(folder.join(MARK)))
        .and_then(|()| disk::sync_dir("restore.sync_unmarked", folder))
        .map_err(failed(folder, "complete"))
}

fn failed(folder: &Path, doing: &'static str) -> impl Fn(std::io::Error) -> Error {
    let folder = folder.display().to_string();
    move |error| Error::Internal(format!("{doing} \"{folder}\": {error}"))
}

fn told(error: super::journal::Error) -> Error {
    Error::Internal(error.to_string())
}
