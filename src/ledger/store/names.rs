//! Names, each once whatever its versions, by their slots and by themselves.
//!
//! A million names in boxes of their own would take half as much again, and as many pieces.

use std::hash::{BuildHasher, RandomState};

use hashbrown::HashTable;

/// Bits of a place that hold a name's length; the others say where it begins.
const LENGTH_BITS: u32 = 16;

/// Names by slot.
#[derive(Debug, Default)]
pub(super) struct Names {
    all: String,
    /// By slot, where a name begins and how long it is; 0 for one that is not there yet.
    places: Vec<u64>,
    slots: HashTable<u32>,
    hasher: RandomState,
}

impl Names {
    /// Puts the name of a slot, unless it is there.
    pub(super) fn put(&mut self, slot: u32, name: &str) {
        let at = slot as usize;
        if self.places.len() <= at {
            self.places.resize(at + 1, 0);
        }
        let Self {
            all,
            places,
            slots,
            hasher,
        } = self;
        let Some(place) = places.get_mut(at).filter(|place| **place == 0) else {
            return;
        };
        *place = (all.len() as u64) << LENGTH_BITS | name.len() as u64;
        all.push_str(name);
        let hash = |slot: &u32| hasher.hash_one(name_at(all, places, *slot));
        slots.insert_unique(hash(&slot), slot, hash);
    }

    /// The name of a slot.
    pub(super) fn get(&self, slot: u32) -> &str {
        name_at(&self.all, &self.places, slot)
    }

    /// The slot of a name.
    pub(super) fn slot(&self, name: &str) -> Option<u32> {
        let same = |slot: &u32| self.get(*slot) == name;
        self.slots.find(self.hasher.hash_one(name), same).copied()
    }
}

fn name_at<'n>(all: &'n str, places: &[u64], slot: u32) -> &'n str {
    let place = places.get(slot as usize).copied().unwrap_or(0);
    let (begin, length) = (place >> LENGTH_BITS, place & ((1 << LENGTH_BITS) - 1));
    let begin = begin as usize;
    all.get(begin..begin + length as usize).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_whatever_order_they_come_in() {
        let mut names = Names::default();
        for slot in (0..2_000).rev().chain(0..2_000) {
            names.put(slot, &format!("actors/x{slot}"));
        }
        for slot in 0..2_000 {
            let name = format!("actors/x{slot}");
            assert_eq!((names.get(slot), names.slot(&name)), (&*name, Some(slot)));
        }
        assert_eq!((names.get(2_000), names.slot("actors/x2000")), ("", None));
    }
}
