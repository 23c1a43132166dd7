//! The index, made from the rows that sled holds, and from the image of what they have.
//!
//! ```text
//! this thread   reads sled, counts what it finds against the checkpoint's note, decodes it
//! a second      places the rows
//! a third       reads the image; notes what the rows have that are not in it
//! ```
//! Sled gives rows by name, which within a commit is the reverse of their ids, so they are taken in
//! batches by id: sets of rows grow at their end.

use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use prost::Message;
use tracing::warn;

use super::checkpoint::Note;
use super::image::{self, Head, In};
use super::index::Index;
use super::row::{Has, Row, fingerprint, split};
use super::sets::Sets;
use super::{REQUESTS, ROWS, Request, Sums};
use crate::model::Revision;

/// Rows that are handed over at once, and batches that may wait.
const BATCH: usize = 2048;
const WAITING: usize = 1;

/// A row to be placed: its name, its revision, what stands in sled.
type Placed = (String, Revision, Row);
/// A row to be noted: its kind, its id, and what it has, encoded.
type Noted = (u8, u32, Vec<u8>);

/// What stands in sled, as far as the note goes.
pub(super) struct Loaded {
    pub(super) index: Index,
    pub(super) sums: Sums,
    /// Keys newer than the note: they were never made durable; the journal says them again.
    pub(super) later: Later,
    /// How many rows were in the image.
    pub(super) imaged: u32,
}

/// Keys newer than the note, by tree.
#[derive(Default)]
pub(super) struct Later {
    pub(super) rows: Vec<sled::IVec>,
    pub(super) requests: Vec<sled::IVec>,
}

/// Reads every entry up to the note. `genesis_us` is the time of the first record.
pub(super) fn load(
    folder: &Path,
    trees: (&sled::Tree, &sled::Tree),
    note: &Note,
    genesis_us: i64,
) -> Result<Loaded, String> {
    let fits = |head: &Head| head.format == note.format && head.revision <= note.revision;
    if let Some(image) = image::open(folder).filter(|(head, _)| fits(head)) {
        match with(trees, note, Some(image), genesis_us) {
            Ok(loaded) => return Ok(loaded),
            Err(why) => warn!(
                why,
                "what the rows have is read from them, not from its file"
            ),
        }
    }
    with(trees, note, None, genesis_us)
}

fn with(
    (rows, requests): (&sled::Tree, &sled::Tree),
    note: &Note,
    image: Option<(Head, In)>,
    genesis_us: i64,
) -> Result<Loaded, String> {
    let entries = usize::try_from(note.entries).map_err(|error| error.to_string())?;
    let (head, file) = image.unzip();
    let (place, placed) = sync_channel(WAITING);
    let (note_sets, noted) = sync_channel(WAITING);
    let reading = Reading {
        note,
        head: head.as_ref(),
        place: Batches::to(place),
        sets: Batches::to(note_sets),
        sums: Sums::default(),
        imaged: Sums::default(),
        later: Later::default(),
    };
    let (read, index, sets) = thread::scope(|scope| {
        let index = scope.spawn(move || place_all(Index::sized(entries), placed));
        let sets = scope.spawn(move || note_all(file, noted));
        (reading.all(rows, requests), index.join(), sets.join())
    });
    let sets = sets.map_err(|_panic| "what the rows have could not be noted")??;
    let (sums, later) = read?;
    let mut index = index.map_err(|_panic| "the rows could not be placed")?;
    index.sets = sets;
    index
        .settle_all(note.revision, genesis_us)
        .ok_or("a row is missing")?;
    let imaged = head.map_or(0, |head| head.rows);
    Ok(Loaded {
        index,
        sums,
        later,
        imaged,
    })
}

fn place_all(mut index: Index, batches: Receiver<Vec<Placed>>) -> Index {
    for mut batch in batches {
        batch.sort_unstable_by_key(|(_, _, row)| row.id);
        for (name, revision, row) in &batch {
            index.place((name, *revision), row);
        }
    }
    index
}

fn note_all(image: Option<In>, batches: Receiver<Vec<Noted>>) -> Result<Sets, String> {
    let mut sets = match image {
        Some(mut image) => Sets::read(&mut image).ok_or("the file of what rows have is damaged")?,
        None => Sets::default(),
    };
    for mut batch in batches {
        batch.sort_unstable_by_key(|(_, id, _)| *id);
        for (kind, id, has) in &batch {
            let has = Has::decode(has.as_slice()).map_err(|error| error.to_string())?;
            sets.note((*kind, *id), &has);
        }
    }
    Ok(sets)
}

/// What is handed to another thread.
struct Batches<T> {
    batch: Vec<T>,
    to: SyncSender<Vec<T>>,
}

impl<T> Batches<T> {
    fn to(to: SyncSender<Vec<T>>) -> Self {
        let batch = Vec::with_capacity(BATCH);
        Self { batch, to }
    }

    fn push(&mut self, one: T) -> Result<(), String> {
        self.batch.push(one);
        if self.batch.len() < BATCH {
            return Ok(());
        }
        self.send()
    }

    fn send(&mut self) -> Result<(), String> {
        let full = std::mem::replace(&mut self.batch, Vec::with_capacity(BATCH));
        self.to.send(full).map_err(|error| error.to_string())
    }
}

/// The state of the thread that reads sled.
struct Reading<'n> {
    note: &'n Note,
    /// Which rows are in the image.
    head: Option<&'n Head>,
    place: Batches<Placed>,
    sets: Batches<Noted>,
    sums: Sums,
    /// Of the rows that are in the image.
    imaged: Sums,
    later: Later,
}

impl Reading<'_> {
    /// Reads both trees; then the other threads have everything.
    fn all(mut self, rows: &sled::Tree, requests: &sled::Tree) -> Result<(Sums, Later), String> {
        self.rows(rows)?;
        self.requests(requests)?;
        Ok((self.sums, self.later))
    }

    fn rows(&mut self, rows: &sled::Tree) -> Result<(), String> {
        let imaged = self.head.map_or(0, |head| head.revision);
        for entry in rows {
            let (key, value) = entry.map_err(|error| error.to_string())?;
            let (name, revision) = split(&key).ok_or("a key is malformed")?;
            if revision > self.note.revision {
                self.later.rows.push(key);
                continue;
            }
            let fingerprint = fingerprint(ROWS, &key, &value);
            self.sums.add_row(fingerprint);
            let mut row = Row::decode(value.as_ref()).map_err(|error| error.to_string())?;
            if u64::from(row.id) >= self.note.entries {
                return Err(format!("row {} is out of place", row.id));
            }
            let has = std::mem::take(&mut row.has);
            if revision <= imaged {
                self.imaged.add_row(fingerprint);
            } else {
                self.sets.push((row.kind as u8, row.id, has))?;
            }
            self.place.push((name.to_owned(), revision, row))?;
        }
        self.sets.send()?;
        self.place.send()?;
        let made_of = (self.imaged.entries, format!("{:016x}", self.imaged.rows));
        match self.head {
            Some(head) if (u64::from(head.rows), &head.xor) != (made_of.0, &made_of.1) => {
                Err("the file of what rows have was made of other rows".to_owned())
            }
            Some(_) | None => Ok(()),
        }
    }

    fn requests(&mut self, requests: &sled::Tree) -> Result<(), String> {
        for entry in requests {
            let (key, value) = entry.map_err(|error| error.to_string())?;
            let request = Request::decode(value.as_ref()).map_err(|error| error.to_string())?;
            if request.revision > self.note.revision {
                self.later.requests.push(key);
                continue;
            }
            self.sums.add(fingerprint(REQUESTS, &key, &value));
        }
        let (has, should) = (self.sums.entries, self.note.entries);
        if has == should && format!("{:016x}", self.sums.xor) == self.note.xor {
            return Ok(());
        }
        Err(format!(
            "{has} entries, the checkpoint says {should}, or they differ"
        ))
    }
}
