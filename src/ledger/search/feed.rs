//! The one thread that feeds the text index, with every version in the order of the journal.
//!
//! ```text
//! rows     0 ............... written ............... next ........ end
//!          in files, with the last row's place       not read yet
//!                            in memory: `fresh`
//! ```
//! A round takes what has been committed since: a few versions into memory, where they are found at
//! once; many, or many in all, into files. The commit of the files says which rows it holds, of
//! which store, and what has been taken out; a start that finds it true goes on from there, one
//! that does not (another store, a cut journal, a damaged file) removes the index and begins anew.
//! So nothing is lost by a crash, and nothing that is wrong is kept. It never writes anything else.

use std::io::ErrorKind;
use std::panic::resume_unwind;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};
use tantivy::directory::error::{OpenReadError, OpenWriteError};
use tantivy::indexer::IndexWriterOptions;
use tantivy::{
    Index, IndexReader, IndexSettings, IndexWriter, ReloadPolicy, TantivyDocument, TantivyError,
};
use tracing::{info, warn};

use super::files::{self, Files};
use super::fresh::{Fresh, texts};
use super::lost::{Lost, squeeze};
use super::tokens::{self, Fields};
use super::written::{Written, key};
use super::{Board, Parts};
use crate::error::Error;
use crate::ledger::store::Store;
use crate::ledger::store::searched::{Losses, Place};
use crate::model::Revision;
use crate::model::limits::Limits;
use crate::wire::prose;

/// Changes when texts are taken apart otherwise; what the contract calls a text adds to it.
const FORMAT: u32 = 1;
/// Versions between two commits while many are read.
const COMMIT_ROWS: u32 = 131_072;
/// Versions between two looks at whether to stop.
const STEP_ROWS: u32 = 1_024;

/// What a commit says of itself.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Note {
    format: String,
    store: String,
    /// The last row it holds; rows up to it are in its files, as far as they have texts.
    last: Place,
    /// What has been taken out.
    losses: Losses,
}

/// What the feed is made from.
pub(super) struct Source {
    pub(super) store: Arc<Store>,
    /// The store's identity.
    pub(super) uuid: String,
    /// Where the files lie; without one everything stays in memory.
    pub(super) folder: Option<PathBuf>,
    pub(super) limits: Limits,
    pub(super) board: Arc<Board>,
}

/// The state of the thread.
pub(super) struct Feed<'a> {
    source: &'a Source,
    files: Option<Open>,
    /// Rows below this one are in files.
    written: u32,
    /// Rows below this one can be found.
    next: u32,
    losses: Losses,
}

/// The index in its files.
struct Open {
    index: Index,
    fields: Fields,
    writer: IndexWriter,
    reader: IndexReader,
}

impl<'a> Feed<'a> {
    /// Goes on from what the files hold, or begins anew.
    pub(super) fn open(source: &'a Source) -> Result<Self, Error> {
        let mut feed = Self {
            source,
            files: None,
            written: 0,
            next: 0,
            losses: Losses::default(),
        };
        if source.board.damaged.load(Ordering::SeqCst) {
            feed.clear()?;
            source.board.damaged.store(false, Ordering::SeqCst);
        }
        match feed.found() {
            Ok(true) => {
                // What was in memory goes, and is read again.
                source.board.reached(0);
                feed.show()?;
            }
            Ok(false) => feed.clear()?,
            Err(failure) if passing(&failure) => return Err(broken(failure)),
            Err(failure) => {
                warn!(
                    %failure,
                    "the text index is not sound; it is made anew from the journal"
                );
                feed.clear()?;
            }
        }
        Ok(feed)
    }

    /// Opens the files; false when there are none, or they are of something else.
    fn found(&mut self) -> tantivy::Result<bool> {
        let Some(folder) = &self.source.folder else {
            return Ok(false);
        };
        if !folder.join(files::META).try_exists()? {
            return Ok(false);
        }
        let mut index = Index::open(Files::new(folder)?)?;
        index.set_tokenizers(tokens::tokenizers());
        let (schema, fields) = tokens::schema();
        let payload = index.load_metas()?.payload;
        let note: Option<Note> = payload.and_then(|note| serde_json::from_str(&note).ok());
        let note = note.filter(|note| index.schema() == schema && self.holds(note));
        let Some(note) = note else {
            info!("the text index is of another store or format; it is made anew");
            return Ok(false);
        };
        files::check(&index, folder)?;
        let mut open = Open::new(index, fields, &self.source.limits)?;
        squeeze(&open.index, &mut open.writer)?;
        self.files = Some(open);
        self.losses = note.losses;
        self.written = note.last.row + 1;
        Ok(true)
    }

    fn holds(&self, note: &Note) -> bool {
        note.format == format_now()
            && note.store == self.source.uuid
            && self.source.store.place(note.last.row).as_ref() == Some(&note.last)
    }

    fn clear(&mut self) -> Result<(), Error> {
        (self.files, self.written, self.next) = (None, 0, 0);
        self.losses = Losses::default();
        self.source.board.reached(0);
        *self.source.board.parts() = Parts::default();
        let folder = self.source.folder.as_deref();
        folder.map_or(Ok(()), files::remove).map_err(broken)
    }

    /// Takes in what has been committed; `more` waits for more. False when the ledger closes
    /// meanwhile.
    pub(super) fn round(
        &mut self,
        closing: &dyn Fn() -> bool,
        more: &mut dyn FnMut() -> bool,
    ) -> Result<bool, Error> {
        let source = self.source;
        let (revision, end) = source.store.end();
        self.read((revision, end))?;
        if (self.next < end || self.full()) && !self.write(end, closing)? {
            return Ok(false);
        }
        source.board.reached(revision);
        self.forget(more)?;
        source.board.forgotten(revision);
        Ok(true)
    }

    /// Reads versions into memory, if they are few: they are found from here on, however long it
    /// takes to write files or to forget.
    fn read(&mut self, (revision, end): (Revision, u32)) -> Result<(), Error> {
        if (end - self.next) as usize > self.source.limits.search_fresh_max {
            return Ok(());
        }
        for row in self.next..end {
            let Some((kind, body)) = self.source.store.text(row)? else {
                continue;
            };
            let passages = prose::passages(kind, &body)?;
            self.source.board.parts().fresh.add((row, kind), &passages);
        }
        self.next = end;
        self.source.board.reached(revision);
        Ok(())
    }

    /// Whether so much is in memory that it must be written.
    fn full(&self) -> bool {
        let (limits, parts) = (&self.source.limits, self.source.board.parts());
        parts.fresh.len() > limits.search_fresh_max
            || parts.fresh.bytes() > limits.search_heap_bytes
    }

    /// Writes everything below a row into files. False when the ledger closes meanwhile.
    fn write(&mut self, end: u32, closing: &dyn Fn() -> bool) -> Result<bool, Error> {
        let mut since = self.written;
        for row in self.written..end {
            if row % STEP_ROWS == 0 {
                self.source.board.read(row, end);
                if closing() {
                    return Ok(false);
                }
            }
            if let Some((kind, body)) = self.source.store.text(row)? {
                let passages = prose::passages(kind, &body)?;
                let open = self.opened()?;
                let mut document = TantivyDocument::new();
                document.add_u64(open.fields.key, key(row, kind.ordinal));
                for text in texts(&passages) {
                    document.add_text(open.fields.stems, text);
                    document.add_text(open.fields.words, text);
                }
                open.writer.add_document(document).map_err(broken)?;
            }
            if row + 1 - since >= COMMIT_ROWS {
                self.commit(row)?;
                since = row + 1;
            }
        }
        if let Some(last) = end.checked_sub(1).filter(|_| since < end) {
            self.commit(last)?;
        }
        self.next = self.next.max(end);
        self.show()?;
        Ok(true)
    }

    /// The files, made when there are none.
    fn opened(&mut self) -> Result<&mut Open, Error> {
        if self.files.is_none() {
            let (schema, fields) = tokens::schema();
            let builder = Index::builder()
                .schema(schema)
                .tokenizers(tokens::tokenizers())
                .settings(IndexSettings {
                    docstore_compress_dedicated_thread: false,
                    ..IndexSettings::default()
                });
            let index = match &self.source.folder {
                Some(folder) => builder.open_or_create(Files::new(folder).map_err(broken)?),
                None => builder.create_in_ram(),
            };
            let index = index.map_err(broken)?;
            let open = Open::new(index, fields, &self.source.limits).map_err(broken)?;
            self.files = Some(open);
        }
        let none = || Error::Internal("text index: it is not open".to_owned());
        self.files.as_mut().ok_or_else(none)
    }

    /// Makes durable what has been given to the writer, up to a row.
    fn commit(&mut self, last: u32) -> Result<(), Error> {
        let note = self.note(last)?;
        self.opened()?.commit(&note).map_err(broken)?;
        self.written = last + 1;
        Ok(())
    }

    /// What a commit of everything up to a row says of itself.
    fn note(&self, last: u32) -> Result<String, Error> {
        let none = || Error::Internal(format!("text index: there is no row {last}"));
        let note = Note {
            format: format_now(),
            store: self.source.uuid.clone(),
            last: self.source.store.place(last).ok_or_else(none)?,
            losses: self.losses,
        };
        serde_json::to_string(&note).map_err(broken)
    }

    /// Lets searches see what has been written, and no longer what of it was in memory.
    fn show(&mut self) -> Result<(), Error> {
        let Some(open) = &self.files else {
            return Ok(());
        };
        open.reader.reload().map_err(broken)?;
        let written = Written::new(&open.reader.searcher(), open.fields).map_err(broken)?;
        {
            let mut parts = self.source.board.parts();
            parts.written = Some(Arc::new(written));
            parts.fresh = Fresh::default();
        }
        self.next = self.next.max(self.written);
        Ok(())
    }

    /// Takes out what nobody may read any more. The files are written anew by another thread, which
    /// may take long; what is committed meanwhile is found all the same.
    fn forget(&mut self, more: &mut dyn FnMut() -> bool) -> Result<(), Error> {
        let losses = self.source.store.losses();
        if losses == self.losses {
            return Ok(());
        }
        self.losses = losses;
        let lost = self.source.store.lost_rows();
        self.source.board.parts().fresh.forget(&lost);
        let last = self.written.checked_sub(1);
        let (Some(last), Some(open)) = (last, self.files.take()) else {
            return Ok(());
        };
        let (note, limits, source) = (self.note(last)?, self.source.limits, self.source);
        let done = AtomicBool::new(false);
        let opened = std::thread::scope(|scope| {
            let anew = scope.spawn(|| {
                let _told = Done(&done, &source.board);
                open.without(lost, &note, &limits)
            });
            while !done.load(Ordering::SeqCst) && more() {
                if !self.full() {
                    self.read(source.store.end())?;
                }
            }
            let opened = anew.join().unwrap_or_else(|panic| resume_unwind(panic));
            opened.map_err(broken)
        });
        self.files = Some(opened?);
        // What was too much to be read meanwhile has been told of already.
        source.board.wake.notify_one();
        self.swept()
    }

    /// Removes the files of segments that have been written anew, once no search reads them.
    fn swept(&mut self) -> Result<(), Error> {
        let Some(open) = &self.files else {
            return Ok(());
        };
        open.reader.reload().map_err(broken)?;
        let written = Written::new(&open.reader.searcher(), open.fields).map_err(broken)?;
        let before = self.source.board.parts().written.replace(Arc::new(written));
        while before
            .as_ref()
            .is_some_and(|before| Arc::strong_count(before) > 1)
        {
            std::thread::yield_now();
        }
        drop(before);
        open.writer.garbage_collect_files().wait().map_err(broken)?;
        Ok(())
    }
}

/// Tells the feed, when it goes, that something is done.
struct Done<'b>(&'b AtomicBool, &'b Board);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
        self.1.wake.notify_one();
    }
}

impl Open {
    /// Makes durable what has been given to the writer.
    fn commit(&mut self, note: &str) -> tantivy::Result<()> {
        let mut prepared = self.writer.prepare_commit()?;
        prepared.set_payload(note);
        prepared.commit().map(|_stamp| ())
    }

    /// The same without some rows, of which nothing is left in the files of its last commit.
    fn without(self, lost: RoaringBitmap, note: &str, limits: &Limits) -> tantivy::Result<Self> {
        // Merges that are under way would bring back segments that hold it.
        self.writer.wait_merging_threads()?;
        let mut open = Self::new(self.index, self.fields, limits)?;
        open.writer.delete_query(Box::new(Lost(Arc::new(lost))))?;
        open.commit(note)?;
        squeeze(&open.index, &mut open.writer)?;
        Ok(open)
    }

    fn new(index: Index, fields: Fields, limits: &Limits) -> tantivy::Result<Self> {
        let options = IndexWriterOptions::builder()
            .num_worker_threads(1)
            .memory_budget_per_thread(limits.search_heap_bytes)
            .num_merge_threads(1)
            .build();
        let writer = index.writer_with_options(options)?;
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual);
        Ok(Self {
            reader: reader.try_into()?,
            writer,
            index,
            fields,
        })
    }
}

/// The format of the index, with the texts that the contract has.
fn format_now() -> String {
    let mut sum = 0;
    for path in prose::paths() {
        sum = crc32c::crc32c_append(sum, path.as_bytes());
    }
    format!("{FORMAT}-{sum:08x}")
}

/// Whether the files may be sound all the same: the system could not open or read them just now.
fn passing(failure: &TantivyError) -> bool {
    let (TantivyError::IoError(error)
    | TantivyError::OpenReadError(OpenReadError::IoError {
        io_error: error, ..
    })
    | TantivyError::OpenWriteError(OpenWriteError::IoError {
        io_error: error, ..
    })) = failure
    else {
        return false;
    };
    !matches!(
        error.kind(),
        ErrorKind::NotFound | ErrorKind::UnexpectedEof | ErrorKind::InvalidData
    )
}

fn broken(error: impl std::fmt::Display) -> Error {
    Error::Internal(format!("text index: {error}"))
}

/// The revision a search of which can be answered, and that of which what was lost is gone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Reached {
    pub(super) revision: Revision,
    pub(super) forgotten: Revision,
    /// Versions read so far, and how many there are, while many are read.
    pub(super) read: (u32, u32),
    /// Counts the times it could not go on.
    pub(super) failures: u32,
    /// It never goes on.
    pub(super) ended: bool,
}
