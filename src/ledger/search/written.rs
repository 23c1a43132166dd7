//! What has been written of the text index, searched: the documents in which all terms meet.
//!
//! Every list of places is walked in step with the rarest one; a single list, block by block. Only
//! what a match is worth is worked out here, from the match alone; whether anybody may see it is
//! the caller's to ask, who tells after each how good the next must be. So what cannot be as good
//! is passed over before anything else is asked of it: its row, its kind, where its words stand.

use roaring::RoaringBitmap;
use tantivy::columnar::Column;
use tantivy::fieldnorm::FieldNormReader;
use tantivy::postings::{Postings, SegmentPostings};
use tantivy::query::BitSetDocSet;
use tantivy::schema::IndexRecordOption;
use tantivy::{BitSet, DocId, DocSet, Searcher, SegmentReader, TERMINATED};

use super::score;
use super::tokens::{Fields, KEY, Term, Terms};
use super::{Kinds, Match};

/// A row and its kind as one number.
pub(super) fn key(row: u32, kind: u8) -> u64 {
    u64::from(row) << 8 | u64::from(kind)
}

fn unkey(key: u64) -> (u32, u8) {
    ((key >> 8) as u32, key as u8)
}

/// The rows of a segment that are among some, by their numbers in it.
pub(super) fn among(segment: &SegmentReader, rows: &RoaringBitmap) -> tantivy::Result<BitSet> {
    let keys = segment.fast_fields().u64(KEY)?;
    let mut found = BitSet::with_max_value(segment.max_doc());
    for doc in 0..segment.max_doc() {
        if keys
            .first(doc)
            .is_some_and(|key| rows.contains(unkey(key).0))
        {
            found.insert(doc);
        }
    }
    Ok(found)
}

/// Everything up to the last commit.
pub(super) struct Written {
    segments: Vec<Segment>,
    fields: Fields,
}

struct Segment {
    reader: SegmentReader,
    keys: Column<u64>,
    norms: FieldNormReader,
}

impl Written {
    pub(super) fn new(searcher: &Searcher, fields: Fields) -> tantivy::Result<Self> {
        let segments = searcher.segment_readers().iter().map(|reader| {
            Ok(Segment {
                keys: reader.fast_fields().u64(KEY)?,
                norms: reader.get_fieldnorms_reader(fields.stems)?,
                reader: reader.clone(),
            })
        });
        Ok(Self {
            segments: segments.collect::<tantivy::Result<_>>()?,
            fields,
        })
    }

    /// Gives every match that is good enough to `take`, which answers how good the next must be.
    pub(super) fn matches(
        &self,
        (terms, kinds): (&Terms, &Kinds),
        take: &mut impl FnMut(Match) -> u32,
    ) -> tantivy::Result<()> {
        let mut least = 0;
        for segment in &self.segments {
            let mut absent = Vec::new();
            for term in &terms.absent {
                absent.extend(part(segment, term, self.fields)?);
            }
            let mut run = Run {
                segment,
                kinds,
                absent,
                positions: Positions::default(),
                least: &mut least,
            };
            match terms.wanted.as_slice() {
                [Term::Phrase(stems)] if stems.len() == 1 => {
                    run.blocks(stems, self.fields, take)?;
                }
                wanted => run.meetings(parts(segment, wanted, self.fields)?, take),
            }
        }
        Ok(())
    }
}

/// The documents that one token stands in.
enum List {
    Token(Box<SegmentPostings>),
    /// That one of several tokens stands in.
    Any(BitSetDocSet, u32),
}

impl List {
    fn doc(&self) -> DocId {
        match self {
            Self::Token(postings) => postings.doc(),
            Self::Any(docs, _) => docs.doc(),
        }
    }

    fn seek(&mut self, target: DocId) -> DocId {
        match self {
            Self::Token(postings) => postings.seek(target),
            Self::Any(docs, _) => docs.seek(target),
        }
    }

    fn len(&self) -> u32 {
        match self {
            Self::Token(postings) => postings.doc_freq(),
            Self::Any(_, len) => *len,
        }
    }
}

/// The lists of a term: they must meet, and stand side by side where there are several.
struct Part(Vec<List>);

/// Where the words of a phrase stand, of one document: those so far, and the next word's.
type Positions = (Vec<u32>, Vec<u32>);

/// A search in one segment.
struct Run<'s> {
    segment: &'s Segment,
    kinds: &'s Kinds,
    absent: Vec<Part>,
    positions: Positions,
    /// How good the next must be.
    least: &'s mut u32,
}

impl Run<'_> {
    /// Gives the documents of one word.
    fn blocks(
        &mut self,
        stems: &[String],
        fields: Fields,
        take: &mut impl FnMut(Match) -> u32,
    ) -> tantivy::Result<()> {
        let inverted = self.segment.reader.inverted_index(fields.stems)?;
        for stem in stems {
            let term = tantivy::Term::from_field_text(fields.stems, stem);
            let option = IndexRecordOption::WithFreqs;
            let Some(mut blocks) = inverted.read_block_postings(&term, option)? else {
                continue;
            };
            while !blocks.docs().is_empty() {
                for (doc, times) in blocks.docs().iter().zip(blocks.freqs()) {
                    let norm = self.segment.norms.fieldnorm_id(*doc);
                    self.offer(*doc, score::part(*times, norm), take);
                }
                blocks.advance();
            }
        }
        Ok(())
    }

    /// Gives the documents in which all lists meet.
    fn meetings(&mut self, mut wanted: Vec<Part>, take: &mut impl FnMut(Match) -> u32) {
        let order = shortest_first(&wanted);
        let mut doc = meet(&mut wanted, &order, 0);
        while doc != TERMINATED {
            let norm = self.segment.norms.fieldnorm_id(doc);
            let most = wanted
                .iter()
                .map(|part| score::part(part.times_max(), norm));
            if self.enough(most.sum()) {
                let times = |part: &mut Part| part.times(&mut self.positions);
                let parts = wanted.iter_mut().map(times);
                let parts = parts.map(|times| (times > 0).then(|| score::part(times, norm)));
                if let Some(sum) = parts.sum() {
                    self.offer(doc, sum, take);
                }
            }
            doc = meet(&mut wanted, &order, doc + 1);
        }
    }

    /// Whether a sum of parts can be good enough, whatever kind it is of.
    fn enough(&self, sum: u32) -> bool {
        sum * self.kinds.weight_max() >= *self.least
    }

    /// Gives a document, if it is good enough and nothing is in it that must be absent.
    fn offer(&mut self, doc: DocId, sum: u32, take: &mut impl FnMut(Match) -> u32) {
        if !self.enough(sum) {
            return;
        }
        let Some((row, kind)) = self.segment.keys.first(doc).map(unkey) else {
            return;
        };
        let score = sum * self.kinds.weight(kind);
        if score == 0 || score < *self.least || self.segment.reader.is_deleted(doc) {
            return;
        }
        if self.lacks(doc) {
            *self.least = take(Match { score, row, kind });
        }
    }

    /// Whether none of what must be absent is there. Documents are asked about in their order.
    fn lacks(&mut self, doc: DocId) -> bool {
        let positions = &mut self.positions;
        let mut absent = self.absent.iter_mut();
        !absent.any(|part| {
            let there = part.0.iter_mut().all(|list| reach(list, doc) == doc);
            there && part.times(positions) > 0
        })
    }
}

/// The places of all lists, the shortest first.
fn shortest_first(wanted: &[Part]) -> Vec<(usize, usize)> {
    let parts = wanted.iter().enumerate();
    let lists = parts.flat_map(|(part, lists)| {
        let lists = lists.0.iter().enumerate();
        lists.map(move |(at, list)| (list.len(), part, at))
    });
    let mut order: Vec<(u32, usize, usize)> = lists.collect();
    order.sort_unstable();
    order
        .into_iter()
        .map(|(_, part, list)| (part, list))
        .collect()
}

/// The first document from `doc` on that every list has.
fn meet(wanted: &mut [Part], order: &[(usize, usize)], mut doc: DocId) -> DocId {
    let mut agreed = 0;
    if order.is_empty() {
        return TERMINATED;
    }
    while let Some((part, list)) = order.get(agreed).filter(|_| doc != TERMINATED) {
        let list = wanted.get_mut(*part).and_then(|part| part.0.get_mut(*list));
        let reached = list.map_or(TERMINATED, |list| reach(list, doc));
        agreed = if reached == doc { agreed + 1 } else { 0 };
        doc = reached;
    }
    doc
}

fn reach(list: &mut List, doc: DocId) -> DocId {
    match list.doc() {
        at if at >= doc => at,
        _ => list.seek(doc),
    }
}

impl Part {
    /// How often it stands there at most: no phrase more often than the rarest of its words.
    fn times_max(&self) -> u32 {
        let times = self.0.iter().map(|list| match list {
            List::Token(postings) => postings.term_freq(),
            List::Any(..) => 1,
        });
        times.min().unwrap_or(0)
    }

    /// How often the term stands in a document that all its lists are at.
    fn times(&mut self, (before, here): &mut Positions) -> u32 {
        match self.0.as_mut_slice() {
            [List::Token(postings)] => postings.term_freq(),
            [List::Any(..)] => 1,
            lists => {
                let mut offset = lists.len() as u32;
                for (at, list) in lists.iter_mut().enumerate() {
                    let List::Token(postings) = list else {
                        return 0;
                    };
                    // Each word is moved back to where the first one stands.
                    postings.positions_with_offset(offset, here);
                    offset -= 1;
                    if at == 0 {
                        std::mem::swap(before, here);
                    } else {
                        before.retain(|place| here.binary_search(place).is_ok());
                    }
                }
                before.len() as u32
            }
        }
    }
}

/// The lists of terms that must all be there; nothing when one of them is nowhere.
fn parts(segment: &Segment, terms: &[Term], fields: Fields) -> tantivy::Result<Vec<Part>> {
    let parts = terms.iter().map(|term| part(segment, term, fields));
    let parts: Option<Vec<Part>> = parts.collect::<tantivy::Result<_>>()?;
    Ok(parts.unwrap_or_default())
}

/// The lists of a term; `None` when one of them would be empty.
fn part(segment: &Segment, term: &Term, fields: Fields) -> tantivy::Result<Option<Part>> {
    match term {
        Term::Phrase(stems) => {
            let inverted = segment.reader.inverted_index(fields.stems)?;
            let option = match stems.len() {
                1 => IndexRecordOption::WithFreqs,
                _ => IndexRecordOption::WithFreqsAndPositions,
            };
            let mut lists = Vec::with_capacity(stems.len());
            for stem in stems {
                let term = tantivy::Term::from_field_text(fields.stems, stem);
                match inverted.read_postings(&term, option)? {
                    Some(postings) => lists.push(List::Token(Box::new(postings))),
                    None => return Ok(None),
                }
            }
            Ok((!lists.is_empty()).then_some(Part(lists)))
        }
        Term::Prefix(start) => {
            let inverted = segment.reader.inverted_index(fields.words)?;
            let mut docs = BitSet::with_max_value(segment.reader.max_doc());
            let mut stream = inverted.terms().range().ge(start).into_stream()?;
            while stream.advance() && stream.key().starts_with(start.as_bytes()) {
                let option = IndexRecordOption::Basic;
                let mut postings = inverted.read_postings_from_terminfo(stream.value(), option)?;
                let mut doc = postings.doc();
                while doc != TERMINATED {
                    docs.insert(doc);
                    doc = postings.advance();
                }
            }
            let len = docs.len() as u32;
            Ok((len > 0).then(|| Part(vec![List::Any(BitSetDocSet::from(docs), len)])))
        }
    }
}
