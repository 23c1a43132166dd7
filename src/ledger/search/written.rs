//! What has been written of the text index, searched: the documents in which all terms meet.
//!
//! Every list of places is walked in step with the rarest one. Only what a match is worth is worked
//! out here, from the match alone; whether anybody may see it is the caller's to ask, who tells
//! after each how good the next must be.

use roaring::RoaringBitmap;
use tantivy::columnar::Column;
use tantivy::fieldnorm::FieldNormReader;
use tantivy::postings::{Postings, SegmentPostings};
use tantivy::query::BitSetDocSet;
use tantivy::schema::IndexRecordOption;
use tantivy::{BitSet, DocId, DocSet, Searcher, SegmentReader, TERMINATED};

use super::score::{self, WEIGHT_MAX};
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
            if let Some(mut meeting) = Meeting::new(segment, terms, self.fields)? {
                meeting.run((segment, kinds), &mut least, take);
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

    fn advance(&mut self) -> DocId {
        match self {
            Self::Token(postings) => postings.advance(),
            Self::Any(docs, _) => docs.advance(),
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

/// A search in one segment.
struct Meeting {
    wanted: Vec<Part>,
    absent: Vec<Part>,
    /// The places of the wanted lists, the shortest first.
    order: Vec<(usize, usize)>,
    positions: (Vec<u32>, Vec<u32>),
}

impl Meeting {
    /// `None` when there is nothing to be found.
    fn new(segment: &Segment, terms: &Terms, fields: Fields) -> tantivy::Result<Option<Self>> {
        let mut wanted = Vec::with_capacity(terms.wanted.len());
        for term in &terms.wanted {
            match part(segment, term, fields)? {
                Some(part) => wanted.push(part),
                None => return Ok(None),
            }
        }
        let mut absent = Vec::new();
        for term in &terms.absent {
            absent.extend(part(segment, term, fields)?);
        }
        let places = wanted.iter().enumerate();
        let mut order: Vec<(usize, usize)> = places
            .flat_map(|(at, part)| (0..part.0.len()).map(move |list| (at, list)))
            .collect();
        order.sort_by_key(|(part, list)| {
            let part = wanted.get(*part).and_then(|part| part.0.get(*list));
            part.map_or(0, List::len)
        });
        Ok(Some(Self {
            wanted,
            absent,
            order,
            positions: (Vec::new(), Vec::new()),
        }))
    }

    fn run(
        &mut self,
        (segment, kinds): (&Segment, &Kinds),
        least: &mut u32,
        take: &mut impl FnMut(Match) -> u32,
    ) {
        let mut doc = self.next(None);
        while doc != TERMINATED {
            let score = self.score(doc, segment.norms.fieldnorm_id(doc));
            if let Some(score) = score.filter(|score| score * WEIGHT_MAX >= *least)
                && let Some(key) = segment.keys.first(doc)
                && !segment.reader.is_deleted(doc)
                && self.lacks(doc)
            {
                let (row, kind) = unkey(key);
                let score = score * kinds.weight(kind);
                if score > 0 && score >= *least {
                    *least = take(Match { score, row, kind });
                }
            }
            doc = self.next(Some(doc));
        }
    }

    fn list(&mut self, (part, list): (usize, usize)) -> Option<&mut List> {
        self.wanted.get_mut(part)?.0.get_mut(list)
    }

    /// The next document after one in which all wanted lists meet.
    fn next(&mut self, after: Option<DocId>) -> DocId {
        let order = std::mem::take(&mut self.order);
        let first = order.first().and_then(|first| self.list(*first));
        let start = first.map_or(TERMINATED, |list| match after {
            Some(_) => list.advance(),
            None => list.doc(),
        });
        let met = meet(start, order.len(), |at, doc| {
            let list = order.get(at).and_then(|place| self.list(*place));
            list.map_or(TERMINATED, |list| reach(list, doc))
        });
        self.order = order;
        met
    }

    /// The sum of the parts; `None` when words are there and not side by side.
    fn score(&mut self, doc: DocId, norm: u8) -> Option<u32> {
        let mut sum = 0;
        for part in &mut self.wanted {
            let times = part.times(doc, &mut self.positions);
            if times == 0 {
                return None;
            }
            sum += score::part(times, norm);
        }
        Some(sum)
    }

    /// Whether none of what must be absent is there.
    fn lacks(&mut self, doc: DocId) -> bool {
        let positions = &mut self.positions;
        let mut absent = self.absent.iter_mut();
        !absent.any(|part| {
            let there = part.0.iter_mut().all(|list| reach(list, doc) == doc);
            there && part.times(doc, positions) > 0
        })
    }
}

/// The first document from `doc` on that every one of `count` lists reaches.
fn meet(mut doc: DocId, count: usize, mut reach: impl FnMut(usize, DocId) -> DocId) -> DocId {
    let mut agreed = 0;
    while doc != TERMINATED && agreed < count {
        let reached = reach(agreed, doc);
        if reached == doc {
            agreed += 1;
        } else {
            (doc, agreed) = (reached, 0);
        }
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
    /// How often the term stands in a document that all its lists are at.
    fn times(&mut self, _doc: DocId, (before, here): &mut (Vec<u32>, Vec<u32>)) -> u32 {
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
