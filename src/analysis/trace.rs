//! What a resource rests on and what rests on it, link by link, within bounds.
//!
//! The walk is breadth first and meets each resource once each way, so that a cycle ends it; what
//! lies on one is both a foundation and a consequence, and cycles are told. What cannot be seen and
//! what is not there are the same here. Resources are fetched by the caller's own reading, handed
//! in: this room reads nothing.

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
    /// The resources, by distance and name; one that lies both ways stands there for each.
    pub nodes: Vec<v1::TraceNode>,
    /// The links between them.
    pub links: Vec<v1::TraceLink>,
    /// Resources that rest on each other.
    pub cycles: Vec<v1::TraceCycle>,
    /// Whether there may be more.
    pub truncated: bool,
}

/// Which way a walk goes.
#[derive(Debug, Clone, Copy)]
enum Way {
    /// To what it rests on.
    Down,
    /// To what rests on it.
    Up,
}

impl Way {
    fn sign(self) -> i32 {
        match self {
            Self::Down => -1,
            Self::Up => 1,
        }
    }

    /// What rests on what, of where the walk is and what it meets.
    fn ends<'a>(self, end: &'a str, met: &'a str) -> (&'a str, &'a str) {
        match self {
            Self::Down => (end, met),
            Self::Up => (met, end),
        }
    }
}

/// A walk under way.
struct Walk<'r, R> {
    reading: &'r mut R,
    known: BTreeMap<String, Option<Known>>,
    /// Links from the start, which is in neither: towards foundations, towards consequences.
    distances: [BTreeMap<String, i32>; 2],
    /// Everything met either way, the start too.
    met: BTreeSet<String>,
    links: BTreeSet<(String, String, String)>,
    truncated: bool,
    resources: usize,
}

/// Traces from `start`.
pub fn trace(start: &str, reach: Reach, reading: &mut impl Reading) -> Result<Findings, Error> {
    let mut walk = Walk {
        reading,
        known: BTreeMap::new(),
        distances: [BTreeMap::new(), BTreeMap::new()],
        met: BTreeSet::from([start.to_owned()]),
        links: BTreeSet::new(),
        truncated: false,
        resources: reach.resources,
    };
    if walk.look(start)?.is_none() {
        return Err(Error::not_found(start));
    }
    if reach.direction != TraceDirection::Consequences {
        walk.go(start, reach.links, Way::Down)?;
    }
    if reach.direction != TraceDirection::Foundations {
        walk.go(start, reach.links, Way::Up)?;
    }
    Ok(walk.told(start))
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

    /// Goes one way, link by link.
    fn go(&mut self, start: &str, links: usize, way: Way) -> Result<(), Error> {
        let mut ends = vec![start.to_owned()];
        for far in (1..).take(links) {
            let mut next = Vec::new();
            for end in ends {
                for met in self.neighbours(&end, way)? {
                    let Some(fields) = self.fields(&end, &met, way)? else {
                        continue;
                    };
                    if met != start && !self.distances(way).contains_key(&met) {
                        self.met.insert(met.clone());
                        self.distances(way).insert(met.clone(), way.sign() * far);
                        next.push(met.clone());
                    }
                    let (from, to) = way.ends(&end, &met);
                    let each = fields.into_iter();
                    let each = each.map(|field| (from.to_owned(), to.to_owned(), field));
                    self.links.extend(each);
                }
            }
            ends = next;
        }
        for end in ends {
            for met in self.neighbours(&end, way)? {
                if self.truncated {
                    return Ok(());
                }
                let new = !self.met.contains(&met);
                self.truncated = new && self.fields(&end, &met, way)?.is_some();
            }
        }
        Ok(())
    }

    fn distances(&mut self, way: Way) -> &mut BTreeMap<String, i32> {
        let [down, up] = &mut self.distances;
        match way {
            Way::Down => down,
            Way::Up => up,
        }
    }

    /// What one resource rests on, or what may rest on it.
    fn neighbours(&mut self, name: &str, way: Way) -> Result<BTreeSet<String>, Error> {
        Ok(match way {
            Way::Down => {
                let known = self.look(name)?.unwrap_or_default();
                known.rests_on.into_iter().map(|(_, to)| to).collect()
            }
            Way::Up => self.reading.resting_on(name)?.into_iter().collect(),
        })
    }

    /// The fields that link two resources, as far as they are followed; `None` when there are none,
    /// or when the other is one more than may be met: then it is not even read.
    fn fields(
        &mut self,
        end: &str,
        met: &str,
        way: Way,
    ) -> Result<Option<BTreeSet<String>>, Error> {
        if !self.met.contains(met) && self.met.len() >= self.resources {
            self.truncated = true;
            return Ok(None);
        }
        let (from, to) = way.ends(end, met);
        let resting = self.look(from)?.unwrap_or_default().rests_on.into_iter();
        let fields = resting.filter(|(_, on)| on == to).map(|(field, _)| field);
        let fields: BTreeSet<String> = fields.collect();
        Ok((!fields.is_empty()).then_some(fields))
    }

    fn told(self, start: &str) -> Findings {
        let mut links: Links<'_> = BTreeMap::new();
        for (from, to, _) in &self.links {
            links.entry(from).or_default().insert(to);
        }
        let cycles = cycles(&links).into_iter().map(|cycle| v1::TraceCycle {
            names: cycle.into_iter().map(ToOwned::to_owned).collect(),
        });
        let cycles = cycles.collect();
        let [down, up] = self.distances;
        let mut nodes: Vec<v1::TraceNode> = std::iter::once((start.to_owned(), 0))
            .chain(down)
            .chain(up)
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

    /// A hub on which thousands rest, that counts what is read.
    struct Hub(usize);

    impl Reading for Hub {
        fn known(&mut self, asked: &str) -> Result<Option<Known>, Error> {
            self.0 += 1;
            let rests = asked != "n0";
            let rests_on = rests.then(|| ("rests_on".to_owned(), "n0".to_owned()));
            Ok(Some(Known {
                rests_on: rests_on.into_iter().collect(),
                ..Known::default()
            }))
        }

        fn resting_on(&mut self, asked: &str) -> Result<Vec<String>, Error> {
            let many = if asked == "n0" { 5_000 } else { 0 };
            Ok((1..=many).map(name).collect())
        }
    }

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
        let told: Vec<(&str, i32)> = found
            .nodes
            .iter()
            .map(|node| (node.name.as_str(), node.distance))
            .collect();
        let both = [("n0", 0), ("n1", -1), ("n2", 1), ("n2", -2), ("n1", 2)];
        assert_eq!(told, both, "each is a foundation and a consequence");
        assert!(!found.truncated);
    }

    #[test]
    fn what_is_beyond_the_limit_is_not_read() {
        let mut hub = Hub(0);
        let reach = Reach {
            direction: TraceDirection::Consequences,
            links: 5,
            resources: 10,
        };
        let found = trace("n0", reach, &mut hub).unwrap();
        assert_eq!((found.nodes.len(), found.truncated), (10, true));
        assert_eq!(hub.0, 10);
    }
}
