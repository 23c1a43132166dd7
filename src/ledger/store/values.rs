//! Which rows of a kind have which value of a field.
//!
//! ```text
//! texts    nato  x003  x003-2 ...     each once, whatever fields of whatever kinds have it
//! values   number of the text, or the enum's -> its rows
//! ```
//! Ids and lineages are as many as the elements are, and nobody asks for most of them: they may not
//! take more memory than the rows themselves.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use roaring::RoaringBitmap;

use super::chunks::{Chunks, chunk_of};
use super::row::Held;
use crate::model::kind::Value;

/// Texts by number, each once.
#[derive(Debug, Default)]
pub(super) struct Texts {
    all: String,
    /// Where each ends.
    ends: Vec<usize>,
    numbers: HashTable<u32>,
    hasher: RandomState,
}

impl Texts {
    /// The number of a text, new if need be.
    pub(super) fn number(&mut self, text: &str) -> u32 {
        let Self {
            all,
            ends,
            numbers,
            hasher,
        } = self;
        let same = |number: &u32| text_at(all, ends, *number) == text;
        let hash = |number: &u32| hasher.hash_one(text_at(all, ends, *number));
        let place = match numbers.entry(hasher.hash_one(text), same, hash) {
            Entry::Occupied(known) => return *known.get(),
            Entry::Vacant(place) => place,
        };
        let number = ends.len() as u32;
        place.insert(number);
        all.push_str(text);
        ends.push(all.len());
        number
    }

    /// Makes room for so many texts of so many bytes in all.
    pub(super) fn reserve(&mut self, (count, bytes): (usize, usize)) {
        self.all.reserve_exact(bytes);
        self.ends.reserve_exact(count);
        let (all, ends, hasher) = (&self.all, &self.ends, &self.hasher);
        let hash = |number: &u32| hasher.hash_one(text_at(all, ends, *number));
        self.numbers.reserve(count, hash);
    }

    /// How many there are, and how many bytes they have.
    pub(super) fn size(&self) -> (usize, usize) {
        (self.ends.len(), self.all.len())
    }

    /// All of them, in the order of their numbers.
    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len()).map(|number| self.text(number as u32))
    }

    fn find(&self, text: &str) -> Option<u32> {
        let same = |number: &u32| self.text(*number) == text;
        self.numbers.find(self.hasher.hash_one(text), same).copied()
    }

    fn text(&self, number: u32) -> &str {
        text_at(&self.all, &self.ends, number)
    }
}

fn text_at<'t>(all: &'t str, ends: &[usize], number: u32) -> &'t str {
    let number = number as usize;
    let begin = number.checked_sub(1).and_then(|before| ends.get(before));
    let end = ends.get(number).copied().unwrap_or_default();
    all.get(begin.copied().unwrap_or_default()..end)
        .unwrap_or_default()
}

/// The values of one field, with their rows.
#[derive(Debug, Default)]
pub(super) struct Values {
    numbers: BTreeMap<i32, Chunks>,
    /// Texts that several rows have.
    shared: HashTable<(u32, Chunks)>,
    /// Texts that one row has, and that row: ids and lineages, by the million.
    single: HashTable<(u32, u32)>,
}

impl Values {
    /// Notes that a row has a value.
    pub(super) fn note(&mut self, texts: &mut Texts, value: &Held, id: u32) {
        match value {
            Held::Number(number) => self.numbers.entry(*number).or_default().insert(id),
            Held::Text(text) => self.note_text(texts.number(text), id),
        }
    }

    fn note_text(&mut self, text: u32, id: u32) {
        let of = |(number, _): &(u32, Chunks)| *number == text;
        if let Some((_, rows)) = self.shared.find_mut(spread(text), of) {
            return rows.insert(id);
        }
        let place = self.single.entry(
            spread(text),
            |(number, _)| *number == text,
            |(number, _)| spread(*number),
        );
        match place {
            Entry::Vacant(place) => {
                place.insert((text, id));
            }
            Entry::Occupied(known) if known.get().1 == id => {}
            Entry::Occupied(known) => {
                let ((_, first), _) = known.remove();
                let mut rows = Chunks::one(first);
                rows.insert(id);
                self.put_text(text, rows);
            }
        }
    }

    /// Puts back all rows of a number.
    pub(super) fn put_number(&mut self, number: i32, rows: Chunks) {
        self.numbers.insert(number, rows);
    }

    /// Puts back all rows of a text that several have.
    pub(super) fn put_text(&mut self, text: u32, rows: Chunks) {
        let hash = |(number, _): &(u32, Chunks)| spread(*number);
        self.shared.insert_unique(spread(text), (text, rows), hash);
    }

    /// Puts back the one row of a text.
    pub(super) fn put_single(&mut self, text: u32, id: u32) {
        let hash = |(number, _): &(u32, u32)| spread(*number);
        self.single.insert_unique(spread(text), (text, id), hash);
    }

    /// Makes room for texts that one row each has.
    pub(super) fn reserve(&mut self, single: usize) {
        self.single.reserve(single, |(number, _)| spread(*number));
    }

    /// The numbers with their rows.
    pub(super) fn numbers(&self) -> &BTreeMap<i32, Chunks> {
        &self.numbers
    }

    /// Numbers of texts that several rows have, with these.
    pub(super) fn shared(&self) -> impl ExactSizeIterator<Item = &(u32, Chunks)> {
        self.shared.iter()
    }

    /// Numbers of texts that one row has, with it.
    pub(super) fn single(&self) -> impl ExactSizeIterator<Item = &(u32, u32)> {
        self.single.iter()
    }

    /// The values, to be asked.
    pub(super) fn known<'i>(&'i self, texts: &'i Texts) -> Known<'i> {
        Known { of: self, texts }
    }

    fn having(&self, text: u32) -> Option<Having<'_>> {
        let shared = self
            .shared
            .find(spread(text), |(number, _)| *number == text);
        if let Some((_, rows)) = shared {
            return Some(Having::Rows(rows));
        }
        let single = self
            .single
            .find(spread(text), |(number, _)| *number == text);
        single.map(|(_, id)| Having::One(*id))
    }
}

/// A hash of a text's number. Numbers are given here, one after the other: nobody can choose them
/// so that they collide.
fn spread(number: u32) -> u64 {
    u64::from(number).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// The rows that have a value.
#[derive(Debug, Clone, Copy)]
pub(super) enum Having<'i> {
    One(u32),
    Rows(&'i Chunks),
}

impl<'i> Having<'i> {
    /// Those of one stretch; `None` when there are none.
    pub(super) fn chunk(self, chunk: u16) -> Option<Cow<'i, RoaringBitmap>> {
        match self {
            Self::One(id) => (chunk_of(id) == chunk).then(|| Cow::Owned([id].into())),
            Self::Rows(rows) => rows.chunk(chunk),
        }
    }

    /// Whether there are any in a stretch.
    pub(super) fn touches(self, chunk: u16) -> bool {
        match self {
            Self::One(id) => chunk_of(id) == chunk,
            Self::Rows(rows) => rows.touches(chunk),
        }
    }

    pub(super) fn contains(self, id: u32) -> bool {
        match self {
            Self::One(one) => one == id,
            Self::Rows(rows) => rows.contains(id),
        }
    }

    /// The stretches that there are any in, newest first.
    pub(super) fn numbers(self) -> Vec<u16> {
        match self {
            Self::One(id) => vec![chunk_of(id)],
            Self::Rows(rows) => rows.numbers(),
        }
    }

    /// All of them, in order.
    pub(super) fn iter(self) -> impl Iterator<Item = u32> + 'i {
        let (one, rows) = match self {
            Self::One(id) => (Some(id), None),
            Self::Rows(rows) => (None, Some(rows)),
        };
        one.into_iter()
            .chain(rows.into_iter().flat_map(Chunks::iter))
    }
}

/// The values that a field has ever had.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known<'i> {
    of: &'i Values,
    texts: &'i Texts,
}

impl<'i> Known<'i> {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.of.numbers.len() + self.of.shared.len() + self.of.single.len()
    }

    /// The rows that have a value.
    pub(super) fn rows(&self, value: &Value) -> Option<Having<'i>> {
        match value {
            Value::Number(number) => self.of.numbers.get(number).map(Having::Rows),
            Value::Text(text) => self.of.having(self.texts.find(text)?),
        }
    }

    /// Each with its rows.
    pub(super) fn iter(self) -> impl Iterator<Item = (Value, Having<'i>)> {
        let text = move |number: u32| Value::Text(self.texts.text(number).into());
        let numbers = self.of.numbers.iter();
        let numbers = numbers.map(|(number, rows)| (Value::Number(*number), Having::Rows(rows)));
        let shared = self.of.shared.iter();
        let shared = shared.map(move |(number, rows)| (text(*number), Having::Rows(rows)));
        let single = self.of.single.iter();
        let single = single.map(move |(number, id)| (text(*number), Having::One(*id)));
        numbers.chain(shared).chain(single)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn what_was_noted_is_known(
            noted in proptest::collection::vec(("[a-zä]{0,3}", 0..4i32, 0u32..100), 0..200)
        ) {
            let (mut texts, mut values) = (Texts::default(), Values::default());
            let mut wanted: BTreeMap<Value, BTreeSet<u32>> = BTreeMap::new();
            for (text, number, id) in noted {
                for (value, held) in [
                    (Value::Text(text.as_str().into()), Held::Text(text)),
                    (Value::Number(number), Held::Number(number)),
                ] {
                    values.note(&mut texts, &held, id);
                    wanted.entry(value).or_default().insert(id);
                }
            }
            let known = values.known(&texts);
            prop_assert_eq!(known.len(), wanted.len());
            for (value, rows) in known.iter() {
                let ids = &wanted[&value];
                prop_assert!(rows.iter().eq(ids.iter().copied()));
                prop_assert!((0..100).all(|id| rows.contains(id) == ids.contains(&id)));
                prop_assert_eq!(rows.numbers(), [0]);
                prop_assert!(rows.touches(0) && !rows.touches(1) && rows.chunk(1).is_none());
                prop_assert!(rows.chunk(0).unwrap().iter().eq(ids.iter().copied()));
            }
            for (value, ids) in &wanted {
                let rows = known.rows(value);
                prop_assert!(rows.is_some_and(|rows| rows.iter().eq(ids.iter().copied())));
            }
            prop_assert!(known.rows(&Value::Text("none of them".into())).is_none());
        }
    }
}
