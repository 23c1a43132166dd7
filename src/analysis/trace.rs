//! What a resource rests on and what rests on it, link by link, within bounds.
//!
//! The walk is breadth first and meets each resource once, so that a cycle ends it; cycles are
//! told. What cannot be seen and what is not there are the same here. Resources are fetched by the
//! caller's own reading, handed in: this room reads nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::cycles::{Links, cycles};
use crate::error::Error;
use crate::model::v1::{self, TraceDirection};

/// The name of the method, for the basis of an answer.
pub const METHOD: &str = "breadth-first trace over links of support";
/// Where it is published.
pub const SOURCE: &str = "Chancery's own; the fields followed stand in `FIELDS`";

/// The fields by which one thing rests on another.
pub const FIELDS: [&str; 13] = [
    "rests_on",
    "continues",
    "document",
    "source",
    "derives_from",
    "caused_by",
    "focus_area",
    "addresses",
    "tools",
    "members",
    "commitments",
    "indicators",
    "documents",
];

/// What is known of a resource.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Known {
    /// The revision of its version.
    pub revision: i64,
    /// Its title, or the beginning of its statement.
    pub title: String,
    /// The words it was taken from.
    pub quote: String,
    /// What it rests on: the field, and the name of the other.
    pub rests_on: Vec<(String, String)>,
}

/// How far a trace goes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reach {
    /// Which way.
    pub direction: TraceDirection,
    /// Links followed one after the other.
    pub links: usize,
    /// Resources met at most.
    pub resources: usize,
}

/// How the caller reads: one resource, and the names of what rests on one.
pub trait Reading {
    /// What is known of a resource; `None` when it is not there, or hidden.
    fn known(&mut self, name: &str) -> Result<Option<Known>, Error>;
    /// The names of the resources that link to it.
    fn resting_on(&mut self, name: &str) -> Result<Vec<String>, Error>;
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Findings {
    /// The resources, by distance and name.
    pub nodes: Vec<v1::TraceNode>,
    /// The links between them.
    pub links: Vec<v1::TraceLink>,
    /// Resources that rest on each other.
    pub cycles: Vec<v1::TraceCycle>,
    /// Whether there is more.
    pub truncated: bool,
}

/// A walk under way.
struct Walk<'r, R> {
    reading: &'r mut R,
    known: BTreeMap<String, Option<Known>>,
    distances: BTreeMap<String, i32>,
    links: BTreeSet<(String, String, String)>,
    truncated: bool,
    resources: usize,
}

/// Traces from `start`.
pub fn trace(start: &str, reach: Reach, reading: &mut impl Reading) -> Result<Findings, Error> {
    let mut walk = Walk {
        reading,
        known: BTreeMap::new(),
        distances: BTreeMap::from([(start.to_owned(), 0)]),
        links: BTreeSet::new(),
        truncated: false,
        resources: reach.resources,
    };
    if walk.look(start)?.is_none() {
        return Err(Error::not_found(start));
    }
    if reach.direction != TraceDirection::Consequences {
        walk.go(start, reach.links, -1)?;
    }
    if reach.direction != TraceDirection::Foundations {
        walk.go(start, reach.links, 1)?;
    }
    Ok(walk.told())
}

impl<R: Reading> Walk<'_, R> {
    fn look(&mut self, name: &str) -> Result<Option<Known>, Error> {
        if let Some(known) = self.known.get(name) {
            return Ok(known.clone());
        }
        let known = self.reading.known(name)?;
        self.known.insert(name.to_owned(), known.clone());
        Ok(known)
    }

    /// Goes one way, link by link; `sign` is -1 towards the foundations.
    fn go(&mut self, start: &str, links: usize, sign: i32) -> Result<(), Error> {
        let mut ends = vec![start.to_owned()];
        for far in (1..).take(links) {
            let mut next = Vec::new();
            for end in ends {
                for (from, to, field) in self.steps(&end, sign)? {
                    let met = if sign < 0 { to.clone() } else { from.clone() };
                    if !self.distances.contains_key(&met) {
                        if self.distances.len() >= self.resources {
                            self.truncated = true;
                            continue;
                        }
                        self.distances.insert(met.clone(), sign * far);
                        next.push(met);
                    }
                    self.links.insert((from, to, field));
                }
            }
            ends = next;
        }
        for end in ends {
            self.truncated |= !self.steps(&end, sign)?.is_empty();
        }
        Ok(())
    }

    /// The links of one resource in one direction: what rests, what it rests on, the field.
    fn steps(&mut self, name: &str, sign: i32) -> Result<Vec<(String, String, String)>, Error> {
        let mut found = Vec::new();
        if sign < 0 {
            let known = self.look(name)?.unwrap_or_default();
            let links = known.rests_on.into_iter();
            found.extend(links.map(|(field, to)| (name.to_owned(), to, field)));
            return Ok(found);
        }
        for from in self.reading.resting_on(name)? {
            let known = self.look(&from)?.unwrap_or_default();
            let links = known.rests_on.into_iter().filter(|(_, to)| to == name);
            found.extend(links.map(|(field, to)| (from.clone(), to, field)));
        }
        Ok(found)
    }

    fn told(self) -> Findings {
        let mut links: Links<'_> = BTreeMap::new();
        for (from, to, _) in &self.links {
            links.entry(from).or_default().insert(to);
        }
        let cycles = cycles(&links).into_iter().map(|cycle| v1::TraceCycle {
            names: cycle.into_iter().map(ToOwned::to_owned).collect(),
        });
        let cycles = cycles.collect();
        let mut nodes: Vec<v1::TraceNode> = self
            .distances
            .into_iter()
            .map(|(name, distance)| {
                let known = self.known.get(&name).and_then(Option::as_ref);
                let Known {
                    revision,
                    title,
                    quote,
                    ..
                } = known.cloned().unwrap_or_default();
                v1::TraceNode {
                    missing: known.is_none(),
                    name,
                    revision,
                    distance,
                    title,
                    quote,
                }
            })
            .collect();
        nodes.sort_by(|a, b| {
            let key = |node: &v1::TraceNode| (node.distance.abs(), node.distance);
            key(a).cmp(&key(b)).then(a.name.cmp(&b.name))
        });
        let links = self
            .links
            .into_iter()
            .map(|(from, to, field)| v1::TraceLink { from, to, field });
        Findings {
            nodes,
            links: links.collect(),
            cycles,
            truncated: self.truncated,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Links between numbered things.
    struct Web(Vec<(usize, usize)>);

    fn name(at: usize) -> String {
        format!("n{at}")
    }

    impl Reading for Web {
        fn known(&mut self, asked: &str) -> Result<Option<Known>, Error> {
            let links = self.0.iter().filter(|(from, _)| name(*from) == asked);
            let rests_on = links.map(|(_, to)| ("rests_on".to_owned(), name(*to)));
            Ok(Some(Known {
                rests_on: rests_on.collect(),
                ..Known::default()
            }))
        }

        fn resting_on(&mut self, asked: &str) -> Result<Vec<String>, Error> {
            let links = self.0.iter().filter(|(_, to)| name(*to) == asked);
            let names: BTreeSet<String> = links.map(|(from, _)| name(*from)).collect();
            Ok(names.into_iter().collect())
        }
    }

    /// The distance from 0 by going along the links, one way.
    fn distances(links: &[(usize, usize)], back: bool) -> BTreeMap<usize, i32> {
        let mut found = BTreeMap::from([(0, 0)]);
        for far in 1..=12 {
            for (a, b) in links {
                let (from, to) = if back { (*b, *a) } else { (*a, *b) };
                if found.get(&from) == Some(&(far - 1)) && !found.contains_key(&to) {
                    found.insert(to, far);
                }
            }
        }
        found
    }

    proptest! {
        /// Any web, cycles included: the walk ends, meets exactly what can be reached, each once
        /// and at its least distance.
        #[test]
        fn a_trace_meets_everything_once_at_its_least_distance(
            links in proptest::collection::vec((0usize..8, 0usize..8), 0..24),
            consequences in any::<bool>(),
        ) {
            let direction = match consequences {
                true => TraceDirection::Consequences,
                false => TraceDirection::Foundations,
            };
            let reach = Reach { direction, links: 12, resources: 100 };
            let found = trace("n0", reach, &mut Web(links.clone())).unwrap();
            let sign = if consequences { 1 } else { -1 };
            let met: BTreeMap<String, i32> = found.nodes.iter()
                .map(|node| (node.name.clone(), node.distance * sign)).collect();
            let expected: BTreeMap<String, i32> = distances(&links, consequences).into_iter()
                .map(|(at, far)| (name(at), far)).collect();
            prop_assert_eq!(met.len(), found.nodes.len());
            prop_assert_eq!(met, expected);
            prop_assert!(!found.truncated);
        }
    }

    #[test]
    fn bounds_are_kept_and_told() {
        let chain: Vec<(usize, usize)> = (0..50).map(|at| (at, at + 1)).collect();
        let reach = |links, resources| Reach {
            direction: TraceDirection::Unspecified,
            links,
            resources,
        };
        let found = trace("n0", reach(3, 100), &mut Web(chain.clone())).unwrap();
        assert_eq!((found.nodes.len(), found.truncated), (4, true));
        let found = trace("n0", reach(20, 5), &mut Web(chain)).unwrap();
        assert_eq!((found.nodes.len(), found.truncated), (5, true));
        let ring = vec![(0, 1), (1, 2), (2, 0)];
        let found = trace("n0", reach(5, 100), &mut Web(ring)).unwrap();
        assert_eq!(found.cycles[0].names, ["n0", "n1", "n2"]);
    }
}
