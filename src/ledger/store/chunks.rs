//! Sets of row ids in stretches of 64 Ki, so that a list works on the newest stretch first and
//! stops when its page is full.
//!
//! ```text
//! rows     0 ........ 65535 | 65536 .... 131071 | 131072 ...
//! Chunks   a bitmap         | -                 | a bitmap      of those that have some value;
//!                                                               a list while they are few
//! Live     now, and states of the past: one whenever a quarter of the last one has died
//! ```
//! A past state is a superset of what was live at any later revision that it stands for, by at most
//! a third and the stretch that was being filled: dead history is never walked.

use std::borrow::Cow;

use bytes::Buf;
use roaring::RoaringBitmap;

/// Rows of one stretch.
const SPAN: u32 = 1 << 16;

/// The stretch that a row lies in.
pub(super) fn chunk_of(id: u32) -> u16 {
    (id / SPAN) as u16
}

/// The first row of a stretch.
pub(super) fn begin(chunk: u16) -> u32 {
    u32::from(chunk) * SPAN
}

/// A set of this many rows or fewer is a list: most values are those of few rows, and a bitmap for
/// each would take ten times the memory.
const FEW: usize = 32;
/// What stands in a file before a set by stretch, where a list has its length.
const BY_STRETCH: u8 = u8::MAX;

/// A set of rows.
#[derive(Debug)]
pub(super) enum Chunks {
    /// In order.
    Few(Vec<u32>),
    /// By stretch, in order. Boxed, so that a set takes no more room than a list.
    #[expect(
        clippy::box_collection,
        reason = "most sets are small, and there are millions"
    )]
    Many(Box<Vec<(u16, RoaringBitmap)>>),
}

impl Default for Chunks {
    fn default() -> Self {
        Self::Few(Vec::new())
    }
}

impl Chunks {
    /// A set of one row.
    pub(super) fn one(id: u32) -> Self {
        Self::Few(vec![id])
    }

    /// Adds a row; cheapest in ascending order.
    pub(super) fn insert(&mut self, id: u32) {
        match self {
            Self::Few(ids) => {
                let at = match ids.last() {
                    Some(last) if *last >= id => ids.binary_search(&id),
                    _ => Err(ids.len()),
                };
                match at {
                    Ok(_) => {}
                    Err(at) if ids.len() < FEW => ids.insert(at, id),
                    Err(_) => {
                        let mut chunks = Vec::new();
                        let ids = ids.iter().copied().chain([id]);
                        ids.for_each(|id| put(&mut chunks, id));
                        *self = Self::Many(Box::new(chunks));
                    }
                }
            }
            Self::Many(chunks) => put(chunks, id),
        }
    }

    /// The rows of one stretch; `None` when there are none.
    pub(super) fn chunk(&self, chunk: u16) -> Option<Cow<'_, RoaringBitmap>> {
        if let Self::Many(chunks) = self {
            let at = chunks
                .binary_search_by_key(&chunk, |(number, _)| *number)
                .ok()?;
            return chunks.get(at).map(|(_, bitmap)| Cow::Borrowed(bitmap));
        }
        let of_chunk = self.list().iter().filter(|id| chunk_of(**id) == chunk);
        let bitmap: RoaringBitmap = of_chunk.collect();
        (!bitmap.is_empty()).then_some(Cow::Owned(bitmap))
    }

    /// Whether there are rows in a stretch.
    pub(super) fn touches(&self, chunk: u16) -> bool {
        match self {
            Self::Few(_) => self.list().iter().any(|id| chunk_of(*id) == chunk),
            Self::Many(chunks) => chunks
                .binary_search_by_key(&chunk, |(number, _)| *number)
                .is_ok(),
        }
    }

    pub(super) fn contains(&self, id: u32) -> bool {
        match self {
            Self::Few(_) => self.list().binary_search(&id).is_ok(),
            Self::Many(_) => self
                .chunk(chunk_of(id))
                .is_some_and(|chunk| chunk.contains(id)),
        }
    }

    /// The stretches that there are rows in, newest first.
    pub(super) fn numbers(&self) -> Vec<u16> {
        match self {
            Self::Few(_) => {
                let numbers = self.list().iter().rev().map(|id| chunk_of(*id));
                let mut numbers: Vec<u16> = numbers.collect();
                numbers.dedup();
                numbers
            }
            Self::Many(chunks) => chunks.iter().rev().map(|(number, _)| *number).collect(),
        }
    }

    /// All rows, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        let many = match self {
            Self::Few(_) => [].as_slice(),
            Self::Many(chunks) => chunks.as_slice(),
        };
        let few = self.list().iter().copied();
        few.chain(many.iter().flat_map(|(_, bitmap)| bitmap))
    }

    /// Writes it so that `read` makes the same one again.
    pub(super) fn write(&self, out: &mut Vec<u8>) -> std::io::Result<()> {
        match self {
            Self::Few(ids) => {
                out.push(ids.len() as u8);
                for id in ids {
                    out.extend_from_slice(&id.to_le_bytes());
                }
            }
            Self::Many(chunks) => {
                out.push(BY_STRETCH);
                out.extend_from_slice(&(chunks.len() as u32).to_le_bytes());
                for (number, bitmap) in chunks.iter() {
                    out.extend_from_slice(&number.to_le_bytes());
                    bitmap.serialize_into(&mut *out)?;
                }
            }
        }
        Ok(())
    }

    /// The set that was written here; `None` when none was.
    pub(super) fn read(from: &mut &[u8]) -> Option<Self> {
        let length = from.try_get_u8().ok()?;
        if length != BY_STRETCH {
            let ids = (0..length).map(|_| from.try_get_u32_le().ok());
            return ids.collect::<Option<_>>().map(Self::Few);
        }
        let count = from.try_get_u32_le().ok()?;
        let stretch = |_| {
            let number = from.try_get_u16_le().ok()?;
            Some((number, RoaringBitmap::deserialize_from(&mut *from).ok()?))
        };
        let chunks = (0..count).map(stretch).collect::<Option<Vec<_>>>()?;
        Some(Self::Many(Box::new(chunks)))
    }

    /// The rows of a set that is not by stretch.
    fn list(&self) -> &[u32] {
        match self {
            Self::Few(ids) => ids,
            Self::Many(_) => &[],
        }
    }
}

/// Adds a row to a set by stretch.
fn put(chunks: &mut Vec<(u16, RoaringBitmap)>, id: u32) {
    let chunk = chunk_of(id);
    let at = match chunks.last() {
        Some((last, _)) if *last < chunk => Err(chunks.len()),
        _ => chunks.binary_search_by_key(&chunk, |(number, _)| *number),
    };
    match at {
        Ok(at) => {
            if let Some((_, bitmap)) = chunks.get_mut(at) {
                bitmap.insert(id);
            }
        }
        Err(at) => chunks.insert(at, (chunk, RoaringBitmap::from_iter([id]))),
    }
}

/// Which rows are the newest of their name, now and in the past.
#[derive(Debug, Default)]
pub(super) struct Live {
    chunks: Vec<Stretch>,
}

#[derive(Debug, Default)]
struct Stretch {
    now: RoaringBitmap,
    /// What was live once the row of that id had been added; once it was full, never before.
    past: Vec<(u32, RoaringBitmap)>,
    /// How many there are in the last of those.
    noted: u64,
}

impl Stretch {
    fn note(&mut self, by: u32) {
        self.noted = self.now.len();
        self.past.push((by, self.now.clone()));
    }
}

impl Live {
    /// Adds the next row, which may replace an earlier one.
    pub(super) fn add(&mut self, id: u32, replaced: Option<u32>) {
        if let Some(replaced) = replaced {
            self.end(replaced, id);
        }
        let chunk = usize::from(chunk_of(id));
        if self.chunks.len() <= chunk {
            // The stretch before is full: from now on its rows only die.
            if let Some(full) = self.chunks.last_mut() {
                full.note(id);
            }
            self.chunks.resize_with(chunk + 1, Stretch::default);
        }
        if let Some(stretch) = self.chunks.get_mut(chunk) {
            stretch.now.insert(id);
        }
    }

    fn end(&mut self, id: u32, by: u32) {
        let chunk = usize::from(chunk_of(id));
        let full = chunk + 1 < self.chunks.len();
        let Some(stretch) = self.chunks.get_mut(chunk) else {
            return;
        };
        stretch.now.remove(id);
        if full && stretch.now.len() * 4 < stretch.noted * 3 {
            stretch.note(by);
        }
    }

    /// What is live now in a stretch.
    pub(super) fn now(&self, chunk: u16) -> Option<&RoaringBitmap> {
        self.chunks
            .get(usize::from(chunk))
            .map(|stretch| &stretch.now)
    }

    /// A superset of what was live in a stretch when the rows below `end` had been added; `None`
    /// when nothing is known but that.
    pub(super) fn before(&self, chunk: u16, end: u32) -> Option<&RoaringBitmap> {
        let past = &self.chunks.get(usize::from(chunk))?.past;
        let after = past.partition_point(|(by, _)| *by < end);
        past.get(after.checked_sub(1)?).map(|(_, bitmap)| bitmap)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

        /// A set is what was put into it, in whatever order and however large it became.
        #[test]
        fn a_set_holds_what_was_put_into_it(
            ids in proptest::collection::vec(0u32..200_000, 1..80),
            others in proptest::collection::vec(0u32..200_000, 20),
        ) {
            let mut set = Chunks::one(ids[0]);
            ids.iter().for_each(|id| set.insert(*id));
            let wanted: BTreeSet<u32> = ids.iter().copied().collect();
            prop_assert!(set.iter().eq(wanted.iter().copied()));
            let mut written = Vec::new();
            set.write(&mut written).unwrap();
            let set = Chunks::read(&mut written.as_slice()).unwrap();
            prop_assert!(set.iter().eq(wanted.iter().copied()));
            let cut = &mut written.get(..written.len() - 1).unwrap();
            prop_assert!(Chunks::read(cut).is_none());
            for id in ids.iter().chain(&others) {
                prop_assert_eq!(set.contains(*id), wanted.contains(id));
            }
            for chunk in 0..=chunk_of(200_000) {
                let inside = wanted.iter().copied().filter(|id| chunk_of(*id) == chunk);
                let inside: RoaringBitmap = inside.collect();
                prop_assert_eq!(set.touches(chunk), !inside.is_empty());
                prop_assert_eq!(set.numbers().contains(&chunk), !inside.is_empty());
                prop_assert_eq!(set.chunk(chunk).unwrap_or_default().into_owned(), inside);
            }
        }

        /// Whatever was live at an earlier moment is in the state noted for it, and not much else.
        #[test]
        fn the_past_is_a_superset_and_not_a_large_one(seed in any::<u64>()) {
            let mut state = seed | 1;
            let mut next = |bound: u32| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (state >> 33) as u32 % bound
            };
            let mut live = Live::default();
            let mut names: Vec<u32> = Vec::new();
            let mut ended: Vec<u32> = Vec::new();
            for id in 0..300_000u32 {
                ended.push(u32::MAX);
                if id < 40_000 {
                    live.add(id, None);
                    names.push(id);
                } else {
                    let name = next(40_000) as usize;
                    let before = std::mem::replace(&mut names[name], id);
                    ended[before as usize] = id;
                    live.add(id, Some(before));
                }
            }
            for _ in 0..20 {
                let end = 1 + next(300_000);
                for chunk in 0..=chunk_of(end - 1) {
                    let rows = begin(chunk)..end.min(begin(chunk).saturating_add(SPAN));
                    let then: Vec<u32> = rows.filter(|id| ended[*id as usize] >= end).collect();
                    let full = u32::from(chunk) + 1 < end.div_ceil(SPAN);
                    let Some(noted) = live.before(chunk, end) else {
                        prop_assert!(!full, "chunk {chunk} before {end}");
                        continue;
                    };
                    prop_assert!(then.iter().all(|id| noted.contains(*id)));
                    prop_assert!(noted.len() <= then.len() as u64 * 4 / 3 + 1);
                }
            }
        }
    }
}
