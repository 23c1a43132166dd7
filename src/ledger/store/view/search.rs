//! What a view sees of what is searched for, the best match first.
//!
//! The text index tells every version in which the words are; here stays what the queries show at
//! this revision to this caller, by the bitmaps that lists are made of. Only what would enter the
//! page is looked at, in batches, so that the index's lock is held briefly. Where a body must be
//! asked, all matches counted, or another order kept, they become a condition of a list instead.
//!
//! ```text
//! order    score descending, then latest change first, then name: (score, row) backwards
//! page     ends at (score, name); the next one goes on below it, at the same revision
//! ```

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use bytes::Bytes;
use roaring::RoaringBitmap;

use super::super::chunks::chunk_of;
use super::super::list::{Cursor, Query, Walk};
use super::super::read;
use super::{Found, View};
use crate::error::Error;
use crate::ledger::search::{Finder, Kinds, Match, Search, Standing};
use crate::model::kind::{self, Kind};
use crate::query::words::Words;
use crate::wire::body;

/// Matches that are gathered between two looks at the index.
const BATCH: usize = 1_024;
/// Matches up to this number are looked at one by one; of more, whole stretches of rows are.
const ONE_BY_ONE: usize = 256;

/// What is searched for.
#[derive(Debug, Clone)]
pub struct Sought {
    /// The words.
    pub words: Words,
    /// A query for each kind that is searched. With an order there is only one, and its cursor is
    /// where the page before ended; without, their cursors mean nothing.
    pub queries: Vec<Query>,
    /// Hits of the page.
    pub size: usize,
    /// Where the page before ended.
    pub after: Option<Rank>,
    /// Whether all hits are counted.
    pub total: bool,
    /// Fields that are left out of hits, by message.
    pub brief: &'static [(&'static str, &'static [u32])],
}

/// Where a page ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rank {
    /// The score of the last hit, as it is compared.
    pub score: u32,
    /// Where it stands in a list.
    pub cursor: Cursor,
}

/// One resource that was found.
#[derive(Debug, Clone)]
pub struct Hit {
    /// Its kind.
    pub kind: &'static Kind,
    /// How well it matches.
    pub score: f64,
    /// Where the words stand in it.
    pub standing: Standing,
    /// As it is answered.
    pub body: Bytes,
}

/// A page of hits.
#[derive(Debug, Default)]
pub struct Hits {
    /// The hits.
    pub hits: Vec<Hit>,
    /// The last one, when there are more.
    pub next: Option<Rank>,
    /// How many there are on all pages, when asked.
    pub total: Option<usize>,
}

impl View {
    /// A page of what is searched for. All that this view reads must be in the text index.
    pub(in crate::ledger) fn search(&self, text: &Search, sought: &Sought) -> Result<Hits, Error> {
        let kinds = Kinds::new(sought.queries.iter().map(|query| query.kind));
        let mut sieve = Sieve::new(self, &sought.queries)?;
        let after = sought.after.as_ref();
        let before = after.map(|rank| self.before(rank)).transpose()?;
        let ordered = sought.queries.iter().any(|query| !query.order.is_empty());
        let (mut found, total) = if sought.total || ordered || sieve.asks_bodies() {
            let mut matches = Vec::new();
            text.matches(self.revision, (&sought.words, &kinds), |one| {
                matches.push(one);
                0
            })?;
            if ordered {
                sieve.ordered(matches)?
            } else {
                sieve.all(matches, (before, sought.size))?
            }
        } else {
            let mut best = Best::new(sought.size + 1, before);
            text.matches(self.revision, (&sought.words, &kinds), |one| {
                best.offer(one, &mut sieve)
            })?;
            (best.finish(&mut sieve)?, None)
        };
        let mut more = found.len() > sought.size;
        found.truncate(sought.size);
        let hits = self.hits(sought, &found)?;
        more |= hits.len() < found.len();
        let last = hits.len().checked_sub(1).and_then(|last| found.get(last));
        let next = last.filter(|_| more).and_then(|last| self.rank(last));
        Ok(Hits {
            hits,
            next,
            total: total.filter(|_| sought.total),
        })
    }

    /// The place that a page goes on below.
    fn before(&self, rank: &Rank) -> Result<(u32, u32), Error> {
        let name = &rank.cursor.name;
        let row = self.store.row_at(name, self.revision)?;
        let gone = || Error::Internal(format!("a page ended with \"{name}\""));
        Ok((rank.score, row.ok_or_else(gone)?))
    }

    fn rank(&self, last: &Match) -> Option<Rank> {
        let index = read(&self.store.index);
        let row = index.row(last.row)?;
        Some(Rank {
            score: last.score,
            cursor: Cursor {
                revision: row.from,
                name: index.name(row).to_owned(),
            },
        })
    }

    /// The bodies of a page; fewer than were found when they are too large.
    fn hits(&self, sought: &Sought, found: &[Match]) -> Result<Vec<Hit>, Error> {
        let mut finder = Finder::new(&sought.words);
        let mut hits = Vec::with_capacity(found.len());
        let mut size = 0;
        for one in found {
            let version = {
                let index = read(&self.store.index);
                index.row(one.row).map(|row| Found::of(&index, row))
            };
            let (Some(version), Some(kind)) = (version, kind::at(one.kind)) else {
                return Err(Error::Internal(format!("no row {}", one.row)));
            };
            let body = self.answer(&version)?;
            // What is left out of the hit has been read all the same.
            size += body.len();
            if size > self.limits.page_bytes_max && !hits.is_empty() {
                break;
            }
            let standing = finder.stand((kind, &body), &self.limits)?;
            let brief = sought.brief.iter().find(|(of, _)| *of == kind.message);
            let body = match brief {
                Some((_, left_out)) => body::without(&body, left_out)?,
                None => body,
            };
            hits.push(Hit {
                kind,
                score: one.told(),
                standing,
                body,
            });
        }
        Ok(hits)
    }
}

/// Lets through what the queries show.
struct Sieve<'q> {
    view: &'q View,
    queries: &'q [Query],
    walks: Vec<Walk<'q>>,
    /// By ordinal of the kind, the place of its walk.
    by_kind: HashMap<u8, usize>,
    /// How many matches have been looked at.
    looked: usize,
    /// By kind and stretch.
    stretches: HashMap<(u8, u16), RoaringBitmap>,
}

impl<'q> Sieve<'q> {
    fn new(view: &'q View, queries: &'q [Query]) -> Result<Self, Error> {
        let walks = queries.iter().map(|query| Walk::new(view, query));
        let kinds = queries.iter().map(|query| query.kind.ordinal).zip(0..);
        Ok(Self {
            view,
            queries,
            walks: walks.collect::<Result<_, _>>()?,
            by_kind: kinds.collect(),
            looked: 0,
            stretches: HashMap::new(),
        })
    }

    fn asks_bodies(&self) -> bool {
        let mut walks = self.walks.iter();
        walks.any(|walk| !walk.plan.criteria.is_empty())
    }

    fn shows(&mut self, one: &Match) -> Result<bool, Error> {
        let walk = self.by_kind.get(&one.kind);
        let Some(walk) = walk.and_then(|at| self.walks.get_mut(*at)) else {
            return Ok(false);
        };
        self.looked += 1;
        let admitted = {
            let index = read(&self.view.store.index);
            let chunk = chunk_of(one.row);
            if self.looked <= ONE_BY_ONE {
                let row = index.row(one.row);
                row.is_some_and(|row| walk.plan.admits(&index, (one.row, row)))
            } else {
                let rows = || walk.plan.rows(&index, chunk);
                let stretch = self.stretches.entry((one.kind, chunk));
                stretch.or_insert_with(rows).contains(one.row)
            }
        };
        if !admitted {
            return Ok(false);
        }
        let mut shown = Vec::new();
        walk.sift(&mut std::iter::once(one.row), 1, &mut shown)?;
        Ok(!shown.is_empty())
    }

    /// The rows among matches that each query shows.
    fn narrowed(&mut self, matches: &[Match]) -> Result<RoaringBitmap, Error> {
        let mut shown = RoaringBitmap::new();
        for (query, walk) in self.queries.iter().zip(&mut self.walks) {
            let of_kind = matches.iter().filter(|one| one.kind == query.kind.ordinal);
            walk.plan.narrow(of_kind.map(|one| one.row).collect());
            shown.extend(walk.newest(u32::MAX, usize::MAX)?);
        }
        Ok(shown)
    }

    /// What is shown of all matches below a place, and one more than fit; how many there are.
    fn all(
        &mut self,
        mut matches: Vec<Match>,
        (before, size): (Option<(u32, u32)>, usize),
    ) -> Result<(Vec<Match>, Option<usize>), Error> {
        let shown = self.narrowed(&matches)?;
        let below = |one: &Match| before.is_none_or(|before| (one.score, one.row) < before);
        matches.retain(|one| shown.contains(one.row) && below(one));
        matches.sort_unstable_by_key(|one| Reverse(*one));
        matches.truncate(size + 1);
        Ok((matches, Some(shown.len() as usize)))
    }

    /// The same in the order that the one query asks for.
    fn ordered(&mut self, matches: Vec<Match>) -> Result<(Vec<Match>, Option<usize>), Error> {
        let shown = self.narrowed(&matches)?;
        let total = Some(shown.len() as usize);
        let Some(query) = self.queries.first() else {
            return Ok((Vec::new(), total));
        };
        // Its own walk: what counting has cost is not the page's.
        let mut walk = Walk::new(self.view, query)?;
        walk.plan.narrow(shown);
        let (page, _) = walk.page(&Query {
            size: query.size + 1,
            ..query.clone()
        })?;
        let by_row: HashMap<u32, Match> = matches.iter().map(|one| (one.row, *one)).collect();
        let mut found = Vec::with_capacity(page.len());
        for one in page {
            let row = self.view.store.row_at(&one.name, self.view.revision)?;
            found.extend(row.and_then(|row| by_row.get(&row)));
        }
        Ok((found, total))
    }
}

/// The best matches so far.
struct Best {
    size: usize,
    before: Option<(u32, u32)>,
    kept: BinaryHeap<Reverse<Match>>,
    /// Those that nobody has looked at yet.
    waiting: Vec<Match>,
    failed: Option<Error>,
}

impl Best {
    fn new(size: usize, before: Option<(u32, u32)>) -> Self {
        Self {
            size,
            before,
            kept: BinaryHeap::new(),
            waiting: Vec::with_capacity(BATCH),
            failed: None,
        }
    }

    /// Takes a match; answers how good the next must be.
    fn offer(&mut self, one: Match, sieve: &mut Sieve<'_>) -> u32 {
        let below = |before| (one.score, one.row) < before;
        if self.before.is_none_or(below) && self.worst().is_none_or(|worst| one > worst) {
            self.waiting.push(one);
            if self.waiting.len() == BATCH {
                self.failed = self.failed.take().or(self.settle(sieve).err());
            }
        }
        match &self.failed {
            Some(_) => u32::MAX,
            None => self.worst().map_or(0, |worst| worst.score),
        }
    }

    /// The last of a full page.
    fn worst(&self) -> Option<Match> {
        let full = self.kept.len() == self.size;
        self.kept.peek().filter(|_| full).map(|Reverse(one)| *one)
    }

    fn settle(&mut self, sieve: &mut Sieve<'_>) -> Result<(), Error> {
        let mut waiting = std::mem::replace(&mut self.waiting, Vec::with_capacity(BATCH));
        waiting.sort_unstable_by_key(|one| Reverse(*one));
        for one in waiting {
            if self.worst().is_some_and(|worst| one < worst) {
                break;
            }
            if sieve.shows(&one)? {
                if self.kept.len() == self.size {
                    self.kept.pop();
                }
                self.kept.push(Reverse(one));
            }
        }
        Ok(())
    }

    /// The best first.
    fn finish(mut self, sieve: &mut Sieve<'_>) -> Result<Vec<Match>, Error> {
        match self.failed.take() {
            Some(failed) => return Err(failed),
            None => self.settle(sieve)?,
        }
        let sorted = self.kept.into_sorted_vec();
        Ok(sorted.into_iter().map(|Reverse(one)| one).collect())
    }
}
