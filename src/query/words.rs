//! The words of a search, read: which must be there, which must not.
//!
//! ```text
//! grain corridor      both, in any inflection, anywhere
//! "grain corridor"    side by side          step-by-step   the same: a hyphen joins
//! nego*               begins a word         -naval         must be absent
//! ```
//! A word is a run of letters and digits; everything else separates. All that is wrong is told at
//! once, each with its byte. What a word's inflections are is not known here.

use crate::error::{Error, Violation};
use crate::model::limits::{Limits, exceeded};

const FIELD: &str = "query";

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// All of these must be there.
    pub wanted: Vec<Clause>,
    /// None of these may.
    pub absent: Vec<Clause>,
}

/// A part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Clause {
    /// Words side by side, or one.
    Phrase(Vec<String>),
    /// What a word begins with.
    Prefix(String),
}

/// Reads the words of a search.
pub fn parse(text: &str, limits: &Limits) -> Result<Words, Error> {
    let (given, allowed) = (text.len(), limits.search_bytes_max);
    if given > allowed {
        return Err(exceeded(FIELD, "QUERY_TOO_LONG", given, allowed));
    }
    let mut reader = Reader {
        text,
        at: 0,
        words: 0,
        letters_min: limits.search_prefix_letters_min,
        problems: Vec::new(),
    };
    let mut words = Words {
        wanted: Vec::new(),
        absent: Vec::new(),
    };
    while let Some((absent, clause)) = reader.next() {
        let part = if absent {
            &mut words.absent
        } else {
            &mut words.wanted
        };
        part.push(clause);
    }
    let mut problems = reader.problems;
    let (given, allowed) = (reader.words, limits.search_words_max);
    if given > allowed {
        let text = format!("{given} words given, {allowed} allowed");
        problems.push(Violation::new(FIELD, "QUERY_TOO_MANY_WORDS", text));
    }
    if words.wanted.is_empty() && problems.is_empty() {
        let text = match words.absent.is_empty() {
            true => "there is no word to look for",
            false => "there are only words that must be absent; name one that must be there",
        };
        problems.push(Violation::new(FIELD, "QUERY_EMPTY", text));
    }
    if problems.is_empty() {
        Ok(words)
    } else {
        Err(Error::Invalid(problems))
    }
}

/// The words of a text: runs of letters and digits.
pub fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    words: usize,
    letters_min: usize,
    problems: Vec<Violation>,
}

impl Reader<'_> {
    /// The next part that says something, and whether it must be absent.
    fn next(&mut self) -> Option<(bool, Clause)> {
        loop {
            let rest = self.text.get(self.at..)?;
            let blanks = rest.len() - rest.trim_start().len();
            let rest = rest.get(blanks..).filter(|rest| !rest.is_empty())?;
            self.at += blanks;
            let absent = rest.starts_with('-');
            let begin = self.at + usize::from(absent);
            let body = self.text.get(begin..).unwrap_or_default();
            let clause = match body.strip_prefix('"') {
                Some(quoted) => self.quoted(begin, quoted),
                None => self.bare(begin, body),
            };
            if let Some(clause) = clause {
                return Some((absent, clause));
            }
        }
    }

    /// Words up to the closing quote.
    fn quoted(&mut self, begin: usize, quoted: &str) -> Option<Clause> {
        let Some(len) = quoted.find('"') else {
            self.at = self.text.len();
            self.broken(begin, "this quote is not closed");
            return None;
        };
        self.at = begin + len + 2;
        let inside = quoted.get(..len).unwrap_or_default();
        if let Some(star) = inside.find('*') {
            self.broken(begin + 1 + star, "a * within quotes has no meaning");
            return None;
        }
        self.phrase(inside)
    }

    /// One word up to the next blank or quote.
    fn bare(&mut self, begin: usize, body: &str) -> Option<Clause> {
        let end = |letter: char| letter.is_whitespace() || letter == '"';
        let word = body.get(..body.find(end).unwrap_or(body.len()));
        let word = word.unwrap_or_default();
        self.at = begin + word.len();
        let Some(star) = word.find('*') else {
            return self.phrase(word);
        };
        let prefix = word.get(..star).unwrap_or_default();
        if star + 1 != word.len() {
            self.broken(begin + star, "a * stands at the end of a word");
            return None;
        }
        let mut parts = split(prefix);
        let (Some(only), None) = (parts.next(), parts.next()) else {
            let text = format!("\"{word}\" is not the beginning of one word");
            self.broken(begin, &text);
            return None;
        };
        let (given, least) = (only.chars().count(), self.letters_min);
        if given < least {
            let text = format!("at byte {begin}: \"{word}\" has {given} letters, {least} needed");
            let reason = "QUERY_PREFIX_TOO_SHORT";
            self.problems.push(Violation::new(FIELD, reason, text));
            return None;
        }
        self.words += 1;
        Some(Clause::Prefix(only.to_owned()))
    }

    /// Words side by side; nothing where there are none.
    fn phrase(&mut self, text: &str) -> Option<Clause> {
        let words: Vec<String> = split(text).map(ToOwned::to_owned).collect();
        self.words += words.len();
        (!words.is_empty()).then_some(Clause::Phrase(words))
    }

    fn broken(&mut self, at: usize, text: &str) {
        let text = format!("at byte {at}: {text}");
        self.problems
            .push(Violation::new(FIELD, "QUERY_MALFORMED", text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Words {
        parse(text, &Limits::default()).unwrap()
    }

    fn phrase(text: &str) -> Clause {
        Clause::Phrase(text.split(' ').map(ToOwned::to_owned).collect())
    }

    fn wrong(text: &str) -> Vec<(&'static str, String)> {
        match parse(text, &Limits::default()) {
            Err(Error::Invalid(problems)) => problems
                .into_iter()
                .map(|problem| (problem.reason, problem.description))
                .collect(),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn words_phrases_beginnings_and_what_must_be_absent() {
        assert_eq!(
            read("Grain \"the corridor\" nego* -naval -\"war ships\" step-by-step – !"),
            Words {
                wanted: vec![
                    phrase("Grain"),
                    phrase("the corridor"),
                    Clause::Prefix("nego".into()),
                    phrase("step by step"),
                ],
                absent: vec![phrase("naval"), phrase("war ships")],
            }
        );
        assert_eq!(read("a\"b c\"d").wanted.len(), 3);
    }

    #[test]
    fn all_that_is_wrong_is_told_with_its_byte() {
        assert_eq!(
            wrong("corr*dor n* \"open"),
            [
                (
                    "QUERY_MALFORMED",
                    "at byte 4: a * stands at the end of a word".into()
                ),
                (
                    "QUERY_PREFIX_TOO_SHORT",
                    "at byte 9: \"n*\" has 1 letters, 2 needed".into()
                ),
                (
                    "QUERY_MALFORMED",
                    "at byte 12: this quote is not closed".into()
                ),
            ]
        );
        assert_eq!(
            wrong("\"a* b\"")[0].1,
            "at byte 2: a * within quotes has no meaning"
        );
        assert_eq!(wrong("* x")[0].0, "QUERY_MALFORMED");
        assert_eq!(wrong(" \"\" — ")[0].0, "QUERY_EMPTY");
        assert_eq!(wrong("-peace")[0].0, "QUERY_EMPTY");
        assert_eq!(wrong(&"a ".repeat(33))[0].0, "QUERY_TOO_MANY_WORDS");
        assert_eq!(wrong(&"a".repeat(1025))[0].0, "QUERY_TOO_LONG");
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in "[a-z\"*\\- \u{e9}\u{2014}]{0,60}") {
            if let Ok(words) = parse(&text, &Limits::default()) {
                prop_assert!(!words.wanted.is_empty());
            }
        }
    }
}
