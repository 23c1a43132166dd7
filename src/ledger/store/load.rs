//! The index, made from the rows that sled holds.
//!
//! This thread reads sled, counts what it finds against the checkpoint's note and decodes it;
//! another places the rows. Sled gives them by name, which within a commit is the reverse of their
//! ids, so they are placed in batches by id: sets of rows grow at their end.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use prost::Message;

use super::checkpoint::Note;
use super::index::Index;
use super::row::{Row, fingerprint, split};
use super::{REQUESTS, ROWS, Request, Sums};
use crate::model::Revision;

/// Rows that are handed over at once, and batches that may wait.
const BATCH: usize = 2048;
const WAITING: usize = 1;

type Placed = (String, Revision, Row);

/// What stands in sled, as far as the note goes.
pub(super) struct Loaded {
    pub(super) index: Index,
    pub(super) sums: Sums,
    /// Keys newer than the note: they were never made durable; the journal says them again.
    pub(super) later: Later,
}

/// Keys newer than the note, by tree.
#[derive(Default)]
pub(super) struct Later {
    pub(super) rows: Vec<sled::IVec>,
    pub(super) requests: Vec<sled::IVec>,
}

/// Reads every entry up to the note. `genesis_us` is the time of the first record.
pub(super) fn load(
    rows: &sled::Tree,
    requests: &sled::Tree,
    note: &Note,
    genesis_us: i64,
) -> Result<Loaded, String> {
    let entries = usize::try_from(note.entries).map_err(|error| error.to_string())?;
    let (send, batches) = sync_channel::<Vec<Placed>>(WAITING);
    let (read, placed) = thread::scope(|scope| {
        let placing = scope.spawn(move || placed(Index::sized(entries), batches));
        (read(rows, requests, note, send), placing.join())
    });
    let (sums, later) = read?;
    let mut index = placed.map_err(|_panic| "the rows could not be placed")?;
    index
        .settle_all(note.revision, genesis_us)
        .ok_or("a row is missing")?;
    Ok(Loaded { index, sums, later })
}

fn placed(mut index: Index, batches: Receiver<Vec<Placed>>) -> Index {
    for mut batch in batches {
        batch.sort_unstable_by_key(|(_, _, row)| row.id);
        for (name, revision, row) in &batch {
            index.place((name, *revision), row);
        }
    }
    index
}

fn read(
    rows: &sled::Tree,
    requests: &sled::Tree,
    note: &Note,
    send: SyncSender<Vec<Placed>>,
) -> Result<(Sums, Later), String> {
    let (mut sums, mut later) = (Sums::default(), Later::default());
    let mut batch = Vec::with_capacity(BATCH);
    for entry in rows {
        let (key, value) = entry.map_err(|error| error.to_string())?;
        let (name, revision) = split(&key).ok_or("a key is malformed")?;
        if revision > note.revision {
            later.rows.push(key);
            continue;
        }
        sums.add(fingerprint(ROWS, &key, &value));
        let row = Row::decode(value.as_ref()).map_err(|error| error.to_string())?;
        if u64::from(row.id) >= note.entries {
            return Err(format!("row {} is out of place", row.id));
        }
        batch.push((name.to_owned(), revision, row));
        if batch.len() == BATCH {
            let full = std::mem::replace(&mut batch, Vec::with_capacity(BATCH));
            send.send(full).map_err(|error| error.to_string())?;
        }
    }
    send.send(batch).map_err(|error| error.to_string())?;
    for entry in requests {
        let (key, value) = entry.map_err(|error| error.to_string())?;
        let request = Request::decode(value.as_ref()).map_err(|error| error.to_string())?;
        if request.revision > note.revision {
            later.requests.push(key);
            continue;
        }
        sums.add(fingerprint(REQUESTS, &key, &value));
    }
    if sums.entries != note.entries || format!("{:016x}", sums.xor) != note.xor {
        let (has, should) = (sums.entries, note.entries);
        return Err(format!(
            "{has} entries, the checkpoint says {should}, or they differ"
        ));
    }
    Ok((sums, later))
}
