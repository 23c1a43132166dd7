//! Where the words of a search stand in a resource: paths, and pieces of text around them.
//!
//! Made for the hits of one page from their bodies, which are taken apart again as they were when
//! they were indexed. Of a long text no more is looked at than it takes to find good places.

use tantivy::tokenizer::TextAnalyzer;

use super::tokens::{self, Term, Terms};
use crate::error::Error;
use crate::model::kind::Kind;
use crate::model::limits::Limits;
use crate::query::words::Words;
use crate::wire::prose::{self, Passage};

/// Places of one text that are looked at.
const PLACES_MAX: usize = 64;
/// Text before the first word of a snippet, at most.
const LEAD_BYTES: usize = 60;

/// A piece of a text around the words that were found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snippet {
    /// The path of its field.
    pub path: &'static str,
    /// The piece.
    pub text: String,
    /// Where the words stand in it, each with its first byte and the one after it.
    pub highlights: Vec<(usize, usize)>,
}

/// Where words stand in a resource.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// The paths of all fields they stand in.
    pub paths: Vec<&'static str>,
    /// The best places.
    pub snippets: Vec<Snippet>,
}

/// Finds where words stand.
pub(in crate::ledger) struct Finder {
    terms: Terms,
    stems: TextAnalyzer,
    words: Option<TextAnalyzer>,
}

/// Words of a text that belong to a term: the number of the term, the bytes.
type Place = (usize, usize, usize);

struct Token {
    start: usize,
    end: usize,
    position: usize,
    stem: String,
    word: String,
}

impl Finder {
    pub(in crate::ledger) fn new(words: &Words) -> Self {
        let none = || Terms {
            wanted: Vec::new(),
            absent: Vec::new(),
        };
        let terms = Terms::of(words).unwrap_or_else(none);
        Self {
            words: terms.begins().then(tokens::words),
            stems: tokens::stems(),
            terms,
        }
    }

    /// Where the words stand in a body.
    pub(in crate::ledger) fn stand(
        &mut self,
        (kind, body): (&Kind, &[u8]),
        limits: &Limits,
    ) -> Result<Standing, Error> {
        let passages = prose::passages(kind, body)?;
        let mut found: Vec<(&Passage<'_>, Vec<Place>)> = Vec::new();
        for passage in &passages {
            let places = self.places(passage.text);
            if !places.is_empty() {
                found.push((passage, places));
            }
        }
        let mut paths = Vec::new();
        for (passage, _) in &found {
            if !paths.contains(&passage.path) {
                paths.push(passage.path);
            }
        }
        found.sort_by_key(|(passage, places)| {
            let quoted = passage.path.starts_with("citations");
            (
                std::cmp::Reverse(terms_of(places)),
                quoted,
                !passage.heads(),
            )
        });
        // A quote often is the title again.
        let mut told: Vec<&str> = Vec::new();
        found.retain(|(passage, _)| {
            let again = told.contains(&passage.text);
            told.push(passage.text);
            !again
        });
        found.truncate(limits.search_snippets_max);
        let snippets = found.into_iter().map(|(passage, places)| {
            let (text, highlights) = piece(passage.text, &places, limits.search_snippet_bytes_max);
            Snippet {
                path: passage.path,
                text,
                highlights,
            }
        });
        Ok(Standing {
            snippets: snippets.collect(),
            paths,
        })
    }

    /// The words of a text that were looked for, in their order.
    fn places(&mut self, text: &str) -> Vec<Place> {
        let Self {
            terms,
            stems,
            words,
        } = self;
        let longest = terms.wanted.iter().map(|term| match term {
            Term::Phrase(stems) => stems.len(),
            Term::Prefix(_) => 1,
        });
        let Some(longest) = longest.max() else {
            return Vec::new();
        };
        let mut places = Vec::new();
        let mut last: Vec<Token> = Vec::new();
        let mut stems = stems.token_stream(text);
        let mut words = words.as_mut().map(|words| words.token_stream(text));
        while places.len() < PLACES_MAX && stems.advance() {
            let token = stems.token();
            let word = words.as_mut().and_then(|words| words.next());
            if last.len() == longest {
                last.remove(0);
            }
            last.push(Token {
                start: token.offset_from,
                end: token.offset_to,
                position: token.position,
                stem: token.text.clone(),
                word: word.map_or_else(String::new, |word| word.text.clone()),
            });
            for (number, term) in terms.wanted.iter().enumerate() {
                let here = ending(term, &last).unwrap_or_default();
                places.extend(here.iter().map(|token| (number, token.start, token.end)));
            }
        }
        places.sort_by_key(|(_, start, end)| (*start, *end));
        places
    }
}

/// The last tokens, if they are a term.
fn ending<'t>(term: &Term, last: &'t [Token]) -> Option<&'t [Token]> {
    match term {
        Term::Prefix(start) => {
            let from = last.len().checked_sub(1)?;
            let here = last.get(from..)?;
            here.iter()
                .all(|token| token.word.starts_with(start))
                .then_some(here)
        }
        Term::Phrase(stems) => {
            let from = last.len().checked_sub(stems.len())?;
            let here = last.get(from..)?;
            let first = here.first()?.position;
            let mut pairs = here.iter().zip(stems).zip(first..);
            let fits = pairs.all(|((token, stem), at)| token.stem == *stem && token.position == at);
            fits.then_some(here)
        }
    }
}

/// How many different terms there are among places.
fn terms_of(places: &[Place]) -> usize {
    let mut numbers: Vec<usize> = places.iter().map(|(number, _, _)| *number).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers.len()
}

/// The piece of a text with the most terms in it, cut at words, and the places in it.
fn piece(text: &str, places: &[Place], bytes_max: usize) -> (String, Vec<(usize, usize)>) {
    let (mut from, mut to) = (0, text.len());
    if text.len() > bytes_max {
        let room = bytes_max - LEAD_BYTES;
        let within = |at: usize| {
            let rest = places.get(at..).unwrap_or_default();
            let first = rest.first().map_or(0, |(_, start, _)| *start);
            let inside = rest.iter().take_while(|(_, _, end)| *end <= first + room);
            let inside: Vec<Place> = inside.copied().collect();
            (terms_of(&inside), inside.len(), first)
        };
        let best = (0..places.len()).map(within);
        let first =
            best.max_by_key(|(terms, count, first)| (*terms, *count, std::cmp::Reverse(*first)));
        let first = first.map_or(0, |(_, _, first)| first);
        from = after_blank(text, first.saturating_sub(LEAD_BYTES), first);
        to = before_blank(text, first, from + bytes_max);
    }
    let mut highlights: Vec<(usize, usize)> = Vec::new();
    for (_, start, end) in places {
        let inside = from <= *start && *end <= to;
        let place = (start.saturating_sub(from), end.saturating_sub(from));
        if inside && highlights.last() != Some(&place) {
            highlights.push(place);
        }
    }
    (
        text.get(from..to).unwrap_or_default().to_owned(),
        highlights,
    )
}

/// Where the first whole word begins between two places, of which the later is one.
fn after_blank(text: &str, from: usize, word: usize) -> usize {
    if from == 0 {
        return 0;
    }
    let from = text.ceil_char_boundary(from);
    let lead = text.get(from..word).unwrap_or_default();
    let blank = lead
        .char_indices()
        .find(|(_, letter)| letter.is_whitespace());
    blank.map_or(word, |(at, blank)| from + at + blank.len_utf8())
}

/// Where the last whole word ends between two places.
fn before_blank(text: &str, word: usize, to: usize) -> usize {
    if to >= text.len() {
        return text.len();
    }
    let to = text.floor_char_boundary(to);
    let tail = text.get(word..to).unwrap_or_default();
    tail.rfind(char::is_whitespace).map_or(to, |at| word + at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::words;

    fn found(query: &str, text: &str) -> Vec<String> {
        let words = words::parse(query, &Limits::default()).unwrap();
        let places = Finder::new(&words).places(text);
        let (piece, highlights) = piece(text, &places, 80);
        assert!(piece.len() <= 80, "{piece}");
        let marked = highlights
            .iter()
            .map(|(start, end)| piece[*start..*end].to_owned());
        std::iter::once(piece.clone()).chain(marked).collect()
    }

    #[test]
    fn the_piece_is_where_most_of_the_words_are() {
        let text = "Grain prices rose in spring, as every year before the harvest, and nobody \
                    spoke of it. Then the corridor for grain ships was closed for a week.";
        assert_eq!(
            found("grain corridor", text),
            [
                "year before the harvest, and nobody spoke of it. Then the corridor for grain",
                "corridor",
                "grain"
            ]
        );
        assert_eq!(
            found("\"grain ship\" clos*", "The grain, ships: closing."),
            ["The grain, ships: closing.", "grain", "ships", "closing"]
        );
        assert!(found("\"ships grain\"", "grain ships").len() == 1);
    }
}
