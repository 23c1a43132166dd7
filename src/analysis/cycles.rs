//! Things that lead back to themselves, among links that may form any graph.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Where each thing leads.
pub(super) type Links<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

/// One shortest cycle through each thing that lies on one and on none told before, in order: the
/// first of its things by name comes first.
pub(super) fn cycles<'a>(links: &Links<'a>) -> Vec<Vec<&'a str>> {
    let mut told: BTreeSet<&str> = BTreeSet::new();
    let mut found = Vec::new();
    for start in links.keys() {
        if told.contains(start) {
            continue;
        }
        if let Some(cycle) = shortest(links, start) {
            told.extend(&cycle);
            found.push(cycle);
        }
    }
    found
}

fn shortest<'a>(links: &Links<'a>, start: &str) -> Option<Vec<&'a str>> {
    let (own, first) = links.get_key_value(start)?;
    let mut came_from: BTreeMap<&str, &str> = BTreeMap::new();
    let mut queue: VecDeque<&str> = VecDeque::new();
    for next in first {
        came_from.entry(next).or_insert(own);
        queue.push_back(next);
    }
    while let Some(at) = queue.pop_front() {
        if at == *own {
            return Some(path(&came_from, own));
        }
        for next in links.get(at).into_iter().flatten() {
            if !came_from.contains_key(next) {
                came_from.insert(next, at);
                queue.push_back(next);
            }
        }
    }
    None
}

/// The way back from the start to itself.
fn path<'a>(came_from: &BTreeMap<&'a str, &'a str>, own: &'a str) -> Vec<&'a str> {
    let mut path = vec![own];
    let mut at = came_from.get(own).copied();
    while let Some(step) = at.filter(|step| *step != own) {
        path.push(step);
        at = came_from.get(step).copied();
    }
    if let Some((_, rest)) = path.split_first_mut() {
        rest.reverse();
    }
    path
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NAMES: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];

    /// Whether `to` can be reached from `from` by at least one link.
    fn reaches(links: &[(usize, usize)], from: usize, to: usize) -> bool {
        let mut reached = vec![false; NAMES.len()];
        for _round in 0..NAMES.len() {
            for (a, b) in links {
                if *a == from || reached[*a] {
                    reached[*b] = true;
                }
            }
        }
        reached[to]
    }

    proptest! {
        #[test]
        fn every_cycle_told_is_one_and_everything_on_one_is_found(
            pairs in proptest::collection::vec((0usize..8, 0usize..8), 0..20),
        ) {
            let mut links: Links<'_> = BTreeMap::new();
            for (a, b) in &pairs {
                links.entry(NAMES[*a]).or_default().insert(NAMES[*b]);
            }
            for (at, name) in NAMES.iter().enumerate() {
                let on_one = shortest(&links, name).is_some();
                prop_assert_eq!(on_one, reaches(&pairs, at, at), "{}", name);
            }
            let told = cycles(&links);
            for cycle in &told {
                let next = cycle.iter().cycle().skip(1);
                for (from, to) in cycle.iter().zip(next) {
                    prop_assert!(links[from].contains(to), "{cycle:?}");
                }
            }
            let on_one = NAMES.iter().filter(|name| shortest(&links, name).is_some());
            for name in on_one {
                prop_assert!(told.iter().flatten().any(|told| told == name), "{}", name);
            }
        }
    }
}
