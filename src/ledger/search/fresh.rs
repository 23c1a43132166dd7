//! The versions that the text index has not written yet, taken apart and held in memory.
//!
//! What was acknowledged can be found at once, without a file being written for it. Each version is
//! its tokens as numbers, in their order, and is looked through one after the other: there are at
//! most `search_fresh_max` of them.

use std::collections::{BTreeMap, HashMap};

use roaring::RoaringBitmap;

use super::score;
use super::tokens::{self, Term, Terms};
use super::{Kinds, Match};
use crate::model::kind::Kind;
use crate::wire::prose::Passage;

/// Between texts, and where a word was left out: nothing is side by side across it.
const GAP: u32 = u32::MAX;

/// Versions in memory, in the order of their rows.
#[derive(Default)]
pub(super) struct Fresh {
    versions: Vec<Version>,
    stems: HashMap<Box<str>, u32>,
    words: BTreeMap<Box<str>, u32>,
    tokens: usize,
}

struct Version {
    row: u32,
    kind: u8,
    norm: u8,
    stems: Box<[u32]>,
    /// In ascending order, each once.
    words: Box<[u32]>,
}

/// What is looked for, as numbers.
enum Wanted {
    Phrase(Vec<u32>),
    /// In ascending order.
    Any(Vec<u32>),
}

impl Fresh {
    /// Takes in a version, later than all before.
    pub(super) fn add(&mut self, (row, kind): (u32, &Kind), passages: &[Passage<'_>]) {
        let (mut stems, mut words) = (Vec::new(), Vec::new());
        let (mut by_stem, mut by_word) = (tokens::stems(), tokens::words());
        let mut length = 0;
        for text in texts(passages) {
            stems.push(GAP);
            let mut next = None;
            let mut stream = by_stem.token_stream(text);
            while let Some(token) = stream.next() {
                if next.is_some_and(|next| next != token.position) {
                    stems.push(GAP);
                }
                next = Some(token.position + 1);
                let number = self.stems.len() as u32;
                let number = match self.stems.get(token.text.as_str()) {
                    Some(known) => *known,
                    None => *self
                        .stems
                        .entry(token.text.as_str().into())
                        .or_insert(number),
                };
                stems.push(number);
                length += 1;
            }
            let mut stream = by_word.token_stream(text);
            while let Some(token) = stream.next() {
                let number = self.words.len() as u32;
                let number = match self.words.get(token.text.as_str()) {
                    Some(known) => *known,
                    None => *self
                        .words
                        .entry(token.text.as_str().into())
                        .or_insert(number),
                };
                words.push(number);
            }
        }
        words.sort_unstable();
        words.dedup();
        self.tokens += stems.len() + words.len();
        self.versions.push(Version {
            row,
            kind: kind.ordinal,
            norm: score::norm(length),
            stems: stems.into(),
            words: words.into(),
        });
    }

    /// How many versions there are.
    pub(super) fn len(&self) -> usize {
        self.versions.len()
    }

    /// About how many bytes they take.
    pub(super) fn bytes(&self) -> usize {
        self.tokens * 4
    }

    /// Forgets versions.
    pub(super) fn forget(&mut self, rows: &RoaringBitmap) {
        self.versions.retain(|version| !rows.contains(version.row));
        let left = self.versions.iter();
        self.tokens = left.map(|one| one.stems.len() + one.words.len()).sum();
    }

    /// Gives every match to `take`.
    pub(super) fn matches(
        &self,
        (terms, kinds): (&Terms, &Kinds),
        take: &mut impl FnMut(Match) -> u32,
    ) {
        let Some(wanted) = self.numbers(&terms.wanted).into_iter().collect() else {
            return;
        };
        let wanted: Vec<Wanted> = wanted;
        let absent: Vec<Wanted> = self.numbers(&terms.absent).into_iter().flatten().collect();
        for version in &self.versions {
            let weight = kinds.weight(version.kind);
            if weight == 0 || absent.iter().any(|one| version.times(one) > 0) {
                continue;
            }
            let times = wanted.iter().map(|one| version.times(one));
            let parts = times.map(|times| (times > 0).then(|| score::part(times, version.norm)));
            if let Some(sum) = parts.sum::<Option<u32>>() {
                take(Match {
                    score: sum * weight,
                    row: version.row,
                    kind: version.kind,
                });
            }
        }
    }

    /// `None` for what no version has.
    fn numbers(&self, terms: &[Term]) -> Vec<Option<Wanted>> {
        let number = |term: &Term| match term {
            Term::Phrase(stems) => {
                let stems = stems
                    .iter()
                    .map(|stem| self.stems.get(stem.as_str()).copied());
                stems.collect::<Option<Vec<u32>>>().map(Wanted::Phrase)
            }
            Term::Prefix(start) => {
                let from = self.words.range(Box::from(start.as_str())..);
                let all = from.take_while(|(word, _)| word.starts_with(start.as_str()));
                let mut numbers: Vec<u32> = all.map(|(_, number)| *number).collect();
                numbers.sort_unstable();
                Some(Wanted::Any(numbers))
            }
        };
        terms.iter().map(number).collect()
    }
}

/// The texts of a version as they are indexed: what heads it counts twice.
pub(super) fn texts<'a>(passages: &'a [Passage<'_>]) -> impl Iterator<Item = &'a str> {
    let heads = passages.iter().filter(|passage| passage.heads());
    heads.chain(passages).map(|passage| passage.text)
}

impl Version {
    fn times(&self, wanted: &Wanted) -> u32 {
        match wanted {
            Wanted::Phrase(stems) if stems.is_empty() => 0,
            Wanted::Phrase(stems) => {
                let windows = self.stems.windows(stems.len());
                windows.filter(|window| window == stems).count() as u32
            }
            Wanted::Any(words) => {
                let among = |word: &u32| words.binary_search(word).is_ok();
                u32::from(self.words.iter().any(among))
            }
        }
    }
}
