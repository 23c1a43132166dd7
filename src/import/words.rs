//! Folded words and tables of phrases: how a rule about meaning meets the words of a text.
//!
//! A rule is a phrase of folded words ("red line", "reject*", "what .. means"), so that case,
//! plural, possessive, hyphens and curly quotes do not matter. A [`Lexicon`] holds the phrases of
//! one question and finds the longest at each word. It decides nothing: the rooms that ask do.

use std::collections::HashMap;

use super::span::Span;

/// How many words `..` in a phrase may stand for.
const GAP_WORDS_MAX: usize = 4;

/// One word, folded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    /// In lower case, straight quotes, singular, without a possessive ending.
    pub(super) text: String,
    /// Where it stands in the text given, the possessive ending included.
    pub(super) at: Span,
    /// It ended in a possessive.
    pub(super) possessive: bool,
}

/// The words of `text`; a hyphen parts words.
pub(super) fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut start = None;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let inside = c.is_alphanumeric()
            || (start.is_some()
                && apostrophe(c)
                && chars.peek().is_some_and(|(_, next)| next.is_alphanumeric()));
        match (inside, start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                start = None;
                let owned = apostrophe(c) && text.get(..at).is_some_and(|all| all.ends_with('s'));
                words.push(word(text, Span::new(from, at), owned));
            }
            _ => {}
        }
    }
    if let Some(from) = start {
        words.push(word(text, Span::new(from, text.len()), false));
    }
    words
}

fn apostrophe(c: char) -> bool {
    matches!(c, '\'' | '\u{2019}' | '\u{2018}' | '\u{2bc}')
}

fn word(text: &str, at: Span, owned: bool) -> Word {
    let lower: String = at
        .of(text)
        .chars()
        .map(|c| if apostrophe(c) { '\'' } else { c })
        .collect();
    let lower = lower.to_lowercase();
    match lower.strip_suffix("'s") {
        Some(stem) => Word {
            text: singular(stem),
            at,
            possessive: true,
        },
        None => Word {
            text: singular(&lower),
            at,
            possessive: owned,
        },
    }
}

/// The singular of a folded word, near enough to compare two of them.
fn singular(word: &str) -> String {
    if word.len() <= 3 || ["ss", "us", "is"].iter().any(|end| word.ends_with(end)) {
        return word.to_owned();
    }
    match (word.strip_suffix("ies"), word.strip_suffix('s')) {
        (Some(stem), _) if stem.len() > 1 => format!("{stem}y"),
        (_, Some(stem)) => stem.to_owned(),
        _ => word.to_owned(),
    }
}

/// `text` folded to be compared with another text: words only.
pub(super) fn folded(text: &str) -> String {
    let words = words(text);
    words
        .iter()
        .map(|word| word.text.as_str())
        .collect::<Vec<_>>()
        .join(" ")
}

/// A phrase that was met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hit<T> {
    pub(super) meaning: T,
    /// Position of its first word.
    pub(super) first: usize,
    /// Position after its last word.
    pub(super) after: usize,
}

/// The phrases of one question, each with its meaning.
pub(super) struct Lexicon<T> {
    by_start: HashMap<[u8; 2], Vec<(Vec<Piece>, T)>>,
}

#[derive(Debug, Clone)]
enum Piece {
    Word(String),
    Start(String),
    Gap,
}

impl<T: Copy> Lexicon<T> {
    /// Phrases are parted by commas; `*` at the end of a word stands for any ending, `..` for up
    /// to four words.
    pub(super) fn new(table: &[(T, &str)]) -> Self {
        let mut by_start: HashMap<[u8; 2], Vec<(Vec<Piece>, T)>> = HashMap::new();
        for (meaning, phrases) in table {
            for phrase in phrases.split(',') {
                let pieces: Vec<Piece> = phrase.split_whitespace().map(piece).collect();
                let Some(Piece::Word(start) | Piece::Start(start)) = pieces.first() else {
                    continue;
                };
                by_start
                    .entry(key(start))
                    .or_default()
                    .push((pieces.clone(), *meaning));
            }
        }
        Self { by_start }
    }

    /// The longest phrase at each place, from the left, without overlap.
    pub(super) fn hits(&self, words: &[Word]) -> Vec<Hit<T>> {
        let mut hits = Vec::new();
        let mut at = 0;
        while let Some(word) = words.get(at) {
            let entries = self
                .by_start
                .get(&key(&word.text))
                .map_or(&[][..], Vec::as_slice);
            let longest = entries
                .iter()
                .filter_map(|(pieces, meaning)| Some((reach(pieces, words, at)?, *meaning)))
                .max_by_key(|(after, _)| *after);
            match longest {
                Some((after, meaning)) => {
                    hits.push(Hit {
                        meaning,
                        first: at,
                        after,
                    });
                    at = after;
                }
                None => at += 1,
            }
        }
        hits
    }
}

fn piece(word: &str) -> Piece {
    match word.strip_suffix('*') {
        _ if word == ".." => Piece::Gap,
        Some(start) => Piece::Start(start.to_owned()),
        None => Piece::Word(singular(word)),
    }
}

fn key(word: &str) -> [u8; 2] {
    let mut bytes = word.bytes();
    [bytes.next().unwrap_or(0), bytes.next().unwrap_or(0)]
}

/// Position after the phrase when it stands at `at`.
fn reach(pieces: &[Piece], words: &[Word], at: usize) -> Option<usize> {
    let Some((piece, rest)) = pieces.split_first() else {
        return Some(at);
    };
    match piece {
        Piece::Gap => (0..=GAP_WORDS_MAX).find_map(|skip| reach(rest, words, at + skip)),
        Piece::Word(word) => (words.get(at)?.text == *word)
            .then(|| reach(rest, words, at + 1))
            .flatten(),
        Piece::Start(start) => {
            let met = words.get(at)?.text.starts_with(start.as_str());
            met.then(|| reach(rest, words, at + 1)).flatten()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_folded() {
        let text = "Ukraine’s Non-Negotiable policies, the allies' stance";
        let folded: Vec<String> = words(text).into_iter().map(|w| w.text).collect();
        assert_eq!(
            folded,
            [
                "ukraine",
                "non",
                "negotiable",
                "policy",
                "the",
                "ally",
                "stance"
            ]
        );
        let owners: Vec<&str> = words("Ukraine’s and allies' x")
            .iter()
            .filter(|w| w.possessive)
            .map(|_| "x")
            .collect();
        assert_eq!(owners.len(), 2);
    }

    #[test]
    fn the_longest_phrase_wins() {
        let lexicon = Lexicon::new(&[(1, "line, reject*"), (2, "red line"), (3, "what .. mean*")]);
        let hits = |text: &str| -> Vec<(i32, usize, usize)> {
            let hits = lexicon.hits(&words(text));
            hits.into_iter()
                .map(|hit| (hit.meaning, hit.first, hit.after))
                .collect()
        };
        assert_eq!(hits("The red lines"), [(2, 1, 3)]);
        assert_eq!(hits("line rejected"), [(1, 0, 1), (1, 1, 2)]);
        assert_eq!(hits("What this line means"), [(3, 0, 4)]);
        assert_eq!(hits(""), []);
    }
}
