//! A journal in memory: for tests, and for nothing that must last. It answers exactly as the local
//! journal does, limits and errors included, so a test that passes with it means something.

use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;
use crc32c::crc32c;

use super::{
    Appended, Entries, Entry, Error, Journal, Locator, Position, Reader, Stamped, segment,
};
use crate::model::Revision;

/// The journal; dropping it drops what no reader holds.
pub struct Memory {
    kept: Arc<Kept>,
    group_bytes_max: u64,
}

#[derive(Default)]
struct Kept(RwLock<Contents>);

#[derive(Default)]
struct Contents {
    entries: Vec<Entry>,
    bodies: Vec<Bytes>,
    used: u64,
}

/// There is one segment, and it is no file.
const SEGMENT: u32 = 1;
const NAME: &str = "memory";

impl Memory {
    /// An empty journal that takes groups of up to so many bytes.
    pub fn new(group_bytes_max: u64) -> Self {
        Self {
            kept: Arc::default(),
            group_bytes_max,
        }
    }
}

impl Kept {
    fn look<T>(&self, at: impl FnOnce(&Contents) -> T) -> T {
        at(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Contents {
    fn head(&self) -> Position {
        self.entries
            .last()
            .map_or(Position::START, |entry| entry.position)
    }

    /// Keeps one record; a body's offset is its index among all bodies.
    fn keep(&mut self, stamped: Stamped) -> Appended {
        let Stamped { time_us, record } = stamped;
        let position = self.head().next(time_us, &record.envelope);
        let mut bodies = Vec::with_capacity(record.bodies.len());
        for body in &record.bodies {
            let offset = self.bodies.len() as u64;
            let (len, crc) = (body.bytes.len() as u32, crc32c(&body.bytes));
            bodies.push(Locator {
                segment: SEGMENT,
                offset,
                len,
                crc,
            });
            self.bodies.push(body.bytes.clone());
        }
        self.entries.push(Entry {
            position,
            record,
            bodies: bodies.clone(),
        });
        Appended { position, bodies }
    }
}

impl Journal for Memory {
    fn head(&self) -> Position {
        self.kept.look(Contents::head)
    }

    fn append(&mut self, group: Vec<Stamped>) -> Result<Vec<Appended>, Error> {
        if group.is_empty() {
            return Ok(Vec::new());
        }
        let mut contents = self.kept.0.write().unwrap_or_else(PoisonError::into_inner);
        contents.used += segment::measure(&group, &contents.head(), self.group_bytes_max)?;
        Ok(group
            .into_iter()
            .map(|stamped| contents.keep(stamped))
            .collect())
    }

    fn reader(&self) -> Arc<dyn Reader> {
        Arc::clone(&self.kept) as Arc<dyn Reader>
    }

    fn roll(&mut self) -> Result<(), Error> {
        Ok(())
    }

    fn seal(&mut self) -> Result<(), Error> {
        Ok(())
    }
}

impl Reader for Kept {
    fn body(&self, at: Locator) -> Result<Bytes, Error> {
        let damaged = |why| Error::damaged(NAME.as_ref(), at.offset, why);
        let index = usize::try_from(at.offset)
            .ok()
            .filter(|_| at.segment == SEGMENT);
        let bytes = self
            .look(|contents| index.and_then(|index| contents.bodies.get(index).cloned()))
            .ok_or_else(|| damaged("a body is said to lie beyond the durable end"))?;
        if bytes.len() as u64 != u64::from(at.len) || crc32c(&bytes) != at.crc {
            return Err(damaged("the crc of a body does not match"));
        }
        Ok(bytes)
    }

    fn entries(&self, from: Revision) -> Result<Entries<'_>, Error> {
        let skipped = usize::try_from(from.saturating_sub(1)).unwrap_or_default();
        let last = self.look(|contents| contents.entries.len());
        Ok(Box::new((skipped..last).filter_map(|index| {
            self.look(|contents| contents.entries.get(index).cloned())
                .map(Ok)
        })))
    }

    fn size(&self) -> (u32, u64) {
        self.look(|contents| (SEGMENT, contents.used))
    }
}
