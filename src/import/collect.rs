//! The draft as it grows: ids, merging, limits, proposals and links.
//!
//! The same element met twice is one element with several citations; a second value that differs
//! from the first is never taken over, it becomes a doubt. Links between elements are written as
//! `{collection}/{id}`; the caller puts the assessment's name before them. Ids are slugs of the
//! words found, unique within their kind, so that the same text always gives the same draft.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};

use super::doubts::Doubts;
use super::elements::Owner;
use super::foreign::foreign_within;
use super::holders::principal;
use super::labelled::readers;
use super::plain::plain;
use super::span::Span;
use super::words::{Lexicon, folded, words};
use crate::model::limits::Limits;
use crate::model::names::{Names, Resolution};
use crate::model::slug::{numbered, slug};
use crate::model::v1::{self, Citation, DoubtKind};

/// Longest title; longer words are cut, and stand whole in the quote.
const TITLE_BYTES_MAX: usize = 512;
/// How many words of a statement make its title.
const TITLE_WORDS_MAX: usize = 12;

/// Values of one list field of an element at most.
pub(super) const VALUES_MAX: usize = 256;
/// Citations of one element at most.
const CITATIONS_MAX: usize = 64;

/// What an element is merged by: its collection, whose it is, what it says.
type Key = (&'static str, String, String);

/// The draft so far.
pub(super) struct Collector<'a> {
    pub(super) text: &'a str,
    pub(super) names: &'a Names,
    pub(super) doubts: Doubts,
    pub(super) draft: v1::Assessment,
    limits: &'a Limits,
    places: HashMap<Key, usize>,
    ids: HashSet<(&'static str, String)>,
    /// The last number given to a slug.
    numbers: HashMap<(&'static str, String), usize>,
    elements: usize,
    /// What the last word of a name of several words means in this document.
    short_forms: OnceCell<HashMap<String, Option<&'a str>>>,
    /// For whom the document says that it is written.
    readers: OnceCell<Option<Owner>>,
    /// What did not fit any more.
    beyond: Option<Span>,
}

/// A value with its place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Value {
    pub(super) text: String,
    pub(super) at: Span,
}

impl<'a> Collector<'a> {
    pub(super) fn new(text: &'a str, names: &'a Names, limits: &'a Limits) -> Self {
        Self {
            text,
            names,
            doubts: Doubts::default(),
            draft: v1::Assessment::default(),
            limits,
            places: HashMap::new(),
            ids: HashSet::new(),
            numbers: HashMap::new(),
            elements: 0,
            short_forms: OnceCell::new(),
            readers: OnceCell::new(),
            beyond: None,
        }
    }

    /// How many elements the draft has.
    pub(super) fn elements(&self) -> usize {
        self.elements
    }

    /// The words at a place, without markup.
    pub(super) fn value(&self, at: Span) -> Value {
        Value {
            text: plain(at.of(self.text)),
            at,
        }
    }

    pub(super) fn cite(&self, at: Span, supports: &[&str]) -> Citation {
        at.cite(self.text, supports)
    }

    /// Where the element of this key stands, or would: none when it does not fit into the draft.
    pub(super) fn place(&mut self, key: Key, next: usize, at: Span) -> Option<Place> {
        if let Some(index) = self.places.get(&key) {
            return Some(Place::Known(*index));
        }
        if self.elements >= self.limits.elements_max {
            self.beyond = Some(self.beyond.map_or(at, |beyond| beyond.join(at)));
            return None;
        }
        // Quotes, statement and title are three times the words at most.
        if (at.end - at.start).saturating_mul(3) > self.limits.element_bytes_max {
            let allowed = self.limits.element_bytes_max;
            let reason =
                format!("What stands here is longer than an element may be ({allowed} bytes).");
            self.doubts.add(at, DoubtKind::Limit, reason);
            return None;
        }
        self.elements += 1;
        self.places.insert(key, next);
        Some(Place::New)
    }

    /// Where the element of this key stands.
    pub(super) fn known(&self, key: &Key) -> Option<usize> {
        self.places.get(key).copied()
    }

    /// Lets a second key find the same element.
    pub(super) fn alias(&mut self, key: Key, index: usize) {
        self.places.insert(key, index);
    }

    /// A new id in a collection, after the words of a title.
    pub(super) fn id(&mut self, collection: &'static str, title: &str) -> String {
        let base = slug(title).unwrap_or_else(|| collection.to_lowercase());
        let mut id = base.clone();
        while !self.ids.insert((collection, id.clone())) {
            let number = self.numbers.entry((collection, base.clone())).or_insert(1);
            *number += 1;
            id = numbered(&base, *number);
        }
        id
    }

    /// The issue of that title: a known one, or one proposed with the draft.
    pub(super) fn issue(&mut self, title: &str) -> String {
        if let Resolution::One(name) = self.names.issue(title) {
            return name.to_owned();
        }
        let key = ("issues", String::new(), folded(title));
        if let Some(issue) = self
            .places
            .get(&key)
            .and_then(|at| self.draft.proposed_issues.get(*at))
        {
            return format!("issues/{}", issue.id);
        }
        let id = self.id("issues", title);
        let name = format!("issues/{id}");
        self.places.insert(key, self.draft.proposed_issues.len());
        let issue = v1::Issue {
            id,
            title: label_of(title),
            ..v1::Issue::default()
        };
        self.draft.proposed_issues.push(issue);
        name
    }

    /// The actor that a short form in the text at `span` means: "the army", where every name of
    /// the document that ends in that word is one actor's ("Sudanese army").
    pub(super) fn short_form(&self, span: Span) -> Option<&'a str> {
        let forms = self.short_forms.get_or_init(|| {
            let mut forms: HashMap<String, Option<&'a str>> = HashMap::new();
            for mention in self.names.mentions(self.text) {
                let named = words(self.text.get(mention.start..mention.end).unwrap_or(""));
                let (Some(last), [actor]) = (named.last(), mention.candidates.as_slice()) else {
                    continue;
                };
                if named.len() > 1 {
                    let actor = &principal(actor);
                    let form = forms.entry(last.text.clone()).or_insert(Some(*actor));
                    *form = form.filter(|known| known == actor);
                }
            }
            forms
        });
        words(span.of(self.text))
            .iter()
            .find_map(|word| *forms.get(&word.text)?)
    }

    /// The one actor for whom a line of the document says that it is written.
    pub(super) fn readers(&self) -> Option<&Owner> {
        self.readers
            .get_or_init(|| readers(self.text, self.names))
            .as_ref()
    }

    /// The actor that a cell or label names; unknown ones are proposed with a doubt.
    pub(super) fn actor(&mut self, at: Span) -> Option<String> {
        let title = plain(at.of(self.text));
        match self.names.actor(&title) {
            Resolution::One(name) => return Some(principal(name).to_owned()),
            Resolution::Ambiguous(candidates) => {
                self.ambiguous(at, &candidates);
                return None;
            }
            Resolution::Unknown => {}
        }
        let mut named: Vec<&str> = Vec::new();
        for mention in self.names.mentions(&title) {
            named.extend(mention.candidates.into_iter().map(principal));
        }
        named.sort_unstable();
        named.dedup();
        match named.as_slice() {
            [] => self.propose_actor(&title, at),
            [only] if words(&title).len() <= 4 => Some((*only).to_owned()),
            [_] => {
                let reason = "Whether this names one known actor cannot be told.";
                self.doubts.add(at, DoubtKind::UnknownActor, reason);
                None
            }
            several => {
                self.ambiguous(at, several);
                None
            }
        }
    }

    /// The actor that is called so, or one proposed by that name with a doubt at `at`.
    pub(super) fn named_or_proposed(&mut self, name: &str, at: Span) -> Option<String> {
        match self.names.actor(name) {
            Resolution::One(known) => Some(known.to_owned()),
            Resolution::Unknown => self.propose_actor(name, at),
            Resolution::Ambiguous(_) => None,
        }
    }

    fn propose_actor(&mut self, title: &str, at: Span) -> Option<String> {
        let key = ("actors", String::new(), folded(title));
        if let Some(actor) = self
            .places
            .get(&key)
            .and_then(|at| self.draft.proposed_actors.get(*at))
        {
            return Some(format!("actors/{}", actor.id));
        }
        let reason = format!("\"{title}\" is no known actor; it is proposed as a new one.");
        self.doubts.add(at, DoubtKind::UnknownActor, reason);
        slug(title)?;
        let mut id = self.id("actors", title);
        // An id that the registry knows under another title must not take its place.
        while self.names.title(&format!("actors/{id}")).is_some() {
            id = self.id("actors", title);
        }
        self.places.insert(key, self.draft.proposed_actors.len());
        let name = format!("actors/{id}");
        let actor = v1::Actor {
            id,
            title: label_of(title),
            ..v1::Actor::default()
        };
        self.draft.proposed_actors.push(actor);
        Some(name)
    }

    /// A doubt about a name that several actors bear, or about several names.
    pub(super) fn ambiguous(&mut self, at: Span, candidates: &[&str]) {
        let titles: Vec<&str> = candidates
            .iter()
            .map(|name| self.names.title(name).unwrap_or(name))
            .collect();
        let reason = format!("This may speak of {}; none was chosen.", titles.join(", "));
        self.doubts.add(at, DoubtKind::AmbiguousActor, reason);
    }

    /// A doubt about a second value for something that the text states differently before.
    pub(super) fn differs(&mut self, known: &str, value: &Value, what: &str) {
        let (first, second) = (folded(known), folded(&value.text));
        if first == second || second.is_empty() {
            return;
        }
        if first.starts_with(&second) {
            let reason = format!("This {what} looks cut off; it stands complete elsewhere.");
            self.doubts.add(value.at, DoubtKind::DamagedCell, reason);
            return;
        }
        let reason = format!("The text states another {what} before: \"{known}\".");
        self.doubts.add(value.at, DoubtKind::Conflict, reason);
    }

    /// The draft and its doubts, links written.
    pub(super) fn finish(mut self) -> (v1::Assessment, Vec<v1::Doubt>) {
        self.link_recommendations();
        self.link_indicators();
        self.cut_citations();
        if let Some(beyond) = self.beyond {
            let allowed = self.limits.elements_max;
            let reason =
                format!("The document has more than {allowed} elements; these are left out.");
            self.doubts.add(beyond, DoubtKind::Limit, reason);
        }
        let doubts = self.doubts.finish(self.text, self.limits.doubts_max);
        (self.draft, doubts)
    }

    /// Keeps the first citations of an element that the text repeats over and over.
    fn cut_citations(&mut self) {
        let draft = &mut self.draft;
        let all = (draft.red_lines.iter_mut().map(|e| &mut e.citations))
            .chain(draft.focus_areas.iter_mut().map(|e| &mut e.citations))
            .chain(draft.risks.iter_mut().map(|e| &mut e.citations))
            .chain(draft.tools.iter_mut().map(|e| &mut e.citations))
            .chain(draft.intentions.iter_mut().map(|e| &mut e.citations))
            .chain(draft.challenges.iter_mut().map(|e| &mut e.citations))
            .chain(draft.recommendations.iter_mut().map(|e| &mut e.citations))
            .chain(draft.judgments.iter_mut().map(|e| &mut e.citations))
            .chain(draft.forecasts.iter_mut().map(|e| &mut e.citations))
            .chain(draft.scenario_sets.iter_mut().map(|e| &mut e.citations))
            .chain(draft.indicators.iter_mut().map(|e| &mut e.citations));
        let bytes_max = self.limits.element_bytes_max / 2;
        for citations in all {
            let mut bytes = 0;
            let mut fits = |citation: &Citation| {
                bytes += citation.quote.len();
                bytes <= bytes_max
            };
            let kept = citations
                .iter()
                .take(CITATIONS_MAX)
                .take_while(|c| fits(c))
                .count();
            let Some(cut) = citations.get(kept) else {
                continue;
            };
            let at = |place: Option<i32>| place.and_then(|at| usize::try_from(at).ok());
            let span = Span::new(at(cut.start).unwrap_or(0), at(cut.end).unwrap_or(0));
            let reason = format!("More belongs to one element than can be cited; {kept} are.");
            self.doubts.add(span, DoubtKind::Limit, reason);
            citations.truncate(kept);
        }
    }

    /// A recommendation that names a tool by its title is linked to it.
    fn link_recommendations(&mut self) {
        let titles: Vec<(usize, String)> = self
            .draft
            .tools
            .iter()
            .enumerate()
            .map(|(at, tool)| (at, folded(&tool.title)))
            .filter(|(_, title)| title.contains(' '))
            .collect();
        let table: Vec<(usize, &str)> = titles
            .iter()
            .map(|(at, title)| (*at, title.as_str()))
            .collect();
        let lexicon = Lexicon::new(&table);
        for recommendation in &mut self.draft.recommendations {
            for hit in lexicon.hits(&words(&recommendation.statement)) {
                let Some(tool) = self.draft.tools.get(hit.meaning) else {
                    continue;
                };
                let link = format!("tools/{}", tool.id);
                if !recommendation.tools.contains(&link) {
                    recommendation.tools.push(link);
                }
            }
        }
    }
}

/// Whether an element is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Known(usize),
    New,
}

/// Adds citations that are not there yet, up to one more than are kept.
pub(super) fn merge(into: &mut Vec<Citation>, citations: Vec<Citation>) {
    for citation in citations {
        if into.len() > CITATIONS_MAX {
            return;
        }
        let known = into
            .iter_mut()
            .find(|c| (c.start, c.end) == (citation.start, citation.end));
        match known {
            Some(known) => {
                for path in citation.supports {
                    if !known.supports.contains(&path) {
                        known.supports.push(path);
                    }
                }
            }
            None => into.push(citation),
        }
    }
}

/// The first words of a statement.
pub(super) fn title_of(statement: &str) -> String {
    let few = statement.split_whitespace().nth(TITLE_WORDS_MAX).is_none();
    if few && statement.len() <= TITLE_BYTES_MAX {
        return statement.to_owned();
    }
    let mut title = String::new();
    for word in statement.split_whitespace().take(TITLE_WORDS_MAX) {
        let mut cut = word.len().min(TITLE_BYTES_MAX / 2);
        while !word.is_char_boundary(cut) {
            cut -= 1;
        }
        if title.len() + cut + 5 > TITLE_BYTES_MAX {
            break;
        }
        title.push_str(word.get(..cut).unwrap_or(""));
        title.push(' ');
    }
    title.push('…');
    title
}

/// A text as a title: whole where it fits.
pub(super) fn label_of(text: &str) -> String {
    if text.len() <= TITLE_BYTES_MAX {
        text.to_owned()
    } else {
        title_of(text)
    }
}

/// Whether prose, or words of the page, ran into a piece that is otherwise `usual` bytes long.
pub(super) fn overrun(text: &str, usual: usize) -> bool {
    if foreign_within(text) {
        return true;
    }
    let sentences = sentence_ends(text);
    let usual = usual.max(12);
    (sentences >= 2 && text.len() > 100 && text.len() > 3 * usual)
        || (text.len() > 240 && text.len() > 6 * usual)
}

/// How many sentences end within or at the end of `text`.
pub(super) fn sentence_ends(text: &str) -> usize {
    let within = text.match_indices(['.', '!', '?']).filter(|(at, _)| {
        let rest = text.get(at + 1..).unwrap_or("");
        let next = rest.trim_start();
        rest.starts_with(char::is_whitespace) && next.starts_with(char::is_uppercase)
    });
    within.count() + usize::from(text.ends_with(['.', '!', '?']))
}

/// The middle one of the lengths, the lower of two.
pub(super) fn median(mut lengths: Vec<usize>) -> usize {
    lengths.sort_unstable();
    lengths
        .get(lengths.len().saturating_sub(1) / 2)
        .copied()
        .unwrap_or(0)
}
