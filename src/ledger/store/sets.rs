//! Which rows have which values, of every field of every kind, and in which a field is set.
//!
//! They follow from the rows, and take most of the time in which an index is made: so `image` keeps
//! them in a file, in the order in which `write` gives them.

use std::collections::BTreeMap;
use std::io;

use super::chunks::Chunks;
use super::image::{In, Out};
use super::row::Has;
use super::values::{Having, Known, Texts, Values};
use crate::model::kind::{self, Value};

/// Sets of rows by what they have.
#[derive(Debug)]
pub(super) struct Sets {
    texts: Texts,
    /// By kind, by the position of the field.
    by_value: Vec<Vec<Values>>,
    /// By kind and number of the field: where it is set.
    stated: BTreeMap<(u8, u32), Chunks>,
}

impl Default for Sets {
    fn default() -> Self {
        let fields = |kind: &kind::Kind| kind.fields.iter().map(|_| Values::default()).collect();
        Self {
            texts: Texts::default(),
            by_value: kind::kinds().iter().map(fields).collect(),
            stated: BTreeMap::new(),
        }
    }
}

impl Sets {
    /// Notes what a row of a kind has.
    pub(super) fn note(&mut self, (kind, id): (u8, u32), has: &Has) {
        let Some(of_kind) = self.by_value.get_mut(usize::from(kind)) else {
            return;
        };
        for indexed in &has.fields {
            let values = of_kind.get_mut(indexed.field as usize);
            if let (Some(values), Some(held)) = (values, &indexed.value) {
                values.note(&mut self.texts, held, id);
            }
        }
        for tag in &has.stated {
            self.stated.entry((kind, *tag)).or_default().insert(id);
        }
    }

    /// The rows of a kind whose indexed field has a value.
    pub(super) fn having(&self, kind: u8, field: u16, value: &Value) -> Option<Having<'_>> {
        self.values(kind, field)?.rows(value)
    }

    /// The values that an indexed field has ever had, with their rows.
    pub(super) fn values(&self, kind: u8, field: u16) -> Option<Known<'_>> {
        let of_kind = self.by_value.get(usize::from(kind))?;
        let of_field = of_kind.get(usize::from(field))?;
        Some(of_field.known(&self.texts))
    }

    /// The rows of a kind in which the field of that number is set.
    pub(super) fn stated(&self, kind: u8, tag: u32) -> Option<&Chunks> {
        self.stated.get(&(kind, tag))
    }

    /// Gives everything to a file.
    pub(super) fn write(&self, out: &mut Out) -> io::Result<()> {
        let (count, bytes) = self.texts.size();
        out.numbers([count as u64, bytes as u64])?;
        for text in self.texts.iter() {
            out.text(text)?;
        }
        for values in self.by_value.iter().flatten() {
            let counts = [values.numbers().len(), values.shared().len()];
            out.numbers(counts.map(|count| count as u64))?;
            for (number, rows) in values.numbers() {
                out.set(number.cast_unsigned(), rows)?;
            }
            for (text, rows) in values.shared() {
                out.set(*text, rows)?;
            }
            out.numbers([values.single().len() as u64])?;
            for (text, id) in values.single() {
                out.numbers([u64::from(*text), u64::from(*id)])?;
            }
        }
        out.numbers([self.stated.len() as u64])?;
        for ((kind, tag), rows) in &self.stated {
            out.numbers([u64::from(*kind)])?;
            out.set(*tag, rows)?;
        }
        Ok(())
    }

    /// Takes everything from a file; `None` when it is not all there.
    pub(super) fn read(from: &mut In) -> Option<Self> {
        let mut sets = Self::default();
        let [count, bytes] = from.numbers()?;
        sets.texts.reserve((count as usize, bytes as usize));
        for _ in 0..count {
            from.text(|text| sets.texts.number(text))?;
        }
        for values in sets.by_value.iter_mut().flatten() {
            let [numbers, shared] = from.numbers()?;
            for _ in 0..numbers {
                let (number, rows) = from.set()?;
                values.put_number(number.cast_signed(), rows);
            }
            for _ in 0..shared {
                let (text, rows) = from.set()?;
                values.put_text(text, rows);
            }
            let [single] = from.numbers()?;
            values.reserve(single as usize);
            for _ in 0..single {
                let [text, id] = from.numbers()?;
                values.put_single(text as u32, id as u32);
            }
        }
        let [stated] = from.numbers()?;
        for _ in 0..stated {
            let [kind] = from.numbers()?;
            let (tag, rows) = from.set()?;
            sets.stated.insert((kind as u8, tag), rows);
        }
        Some(sets)
    }
}
