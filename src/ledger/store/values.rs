//! Which rows of a kind have which value of a field.
//!
//! ```text
//! texts    nato  x003  x003-2 ...     each once, whatever fields of whatever kinds have it
//! values   number of the text, or the enum's -> its rows
//! ```
//! Ids and lineages are as many as the elements are, and nobody asks for most of them: they may not
//! take more memory than the rows themselves.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use hashbrown::HashTable;

use super::chunks::Chunks;
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
    fn number(&mut self, text: &str) -> u32 {
        if let Some(number) = self.find(text) {
            return number;
        }
        let number = self.ends.len() as u32;
        self.all.push_str(text);
        self.ends.push(self.all.len());
        let Self {
            all,
            ends,
            numbers,
            hasher,
        } = self;
        let hash = |number: &u32| hasher.hash_one(text_at(all, ends, *number));
        numbers.insert_unique(hasher.hash_one(text), number, hash);
        number
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
    numbers: HashMap<i32, Chunks>,
    texts: HashMap<u32, Chunks>,
}

impl Values {
    /// Notes that a row has a value.
    pub(super) fn note(&mut self, texts: &mut Texts, value: &Value, id: u32) {
        let one = || Chunks::one(id);
        let rows = match value {
            Value::Number(number) => self.numbers.entry(*number).or_insert_with(one),
            Value::Text(text) => {
                let number = texts.number(text);
                self.texts.entry(number).or_insert_with(one)
            }
        };
        rows.insert(id);
    }

    /// The values, to be asked.
    pub(super) fn known<'i>(&'i self, texts: &'i Texts) -> Known<'i> {
        Known { of: self, texts }
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
        self.of.numbers.len() + self.of.texts.len()
    }

    /// The rows that have a value.
    pub(super) fn rows(&self, value: &Value) -> Option<&'i Chunks> {
        match value {
            Value::Number(number) => self.of.numbers.get(number),
            Value::Text(text) => self.of.texts.get(&self.texts.find(text)?),
        }
    }

    /// Each with its rows.
    pub(super) fn iter(self) -> impl Iterator<Item = (Value, &'i Chunks)> {
        let numbers = self.of.numbers.iter();
        let numbers = numbers.map(|(number, rows)| (Value::Number(*number), rows));
        let text = move |number: &u32| Value::Text(self.texts.text(*number).into());
        let texts = self.of.texts.iter();
        numbers.chain(texts.map(move |(number, rows)| (text(number), rows)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};

    proptest! {
        #[test]
        fn what_was_noted_is_known(
            noted in proptest::collection::vec(("[a-zä]{0,3}", 0..4i32, 0u32..100), 0..200)
        ) {
            let (mut texts, mut values) = (Texts::default(), Values::default());
            let mut wanted: BTreeMap<Value, BTreeSet<u32>> = BTreeMap::new();
            for (text, number, id) in noted {
                for value in [Value::Text(text.into()), Value::Number(number)] {
                    values.note(&mut texts, &value, id);
                    wanted.entry(value).or_default().insert(id);
                }
            }
            let known = values.known(&texts);
            prop_assert_eq!(known.len(), wanted.len());
            let are = |rows: &Chunks, ids: &BTreeSet<u32>| rows.iter().eq(ids.iter().copied());
            for (value, rows) in known.iter() {
                prop_assert!(wanted.get(&value).is_some_and(|ids| are(rows, ids)));
            }
            for (value, ids) in &wanted {
                prop_assert!(known.rows(value).is_some_and(|rows| are(rows, ids)));
            }
            prop_assert!(known.rows(&Value::Text("none of them".into())).is_none());
        }
    }
}
