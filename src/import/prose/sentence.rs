//! One sentence, by its words: what it names, who its subjects are, where its parts end.
//!
//! Positions are word numbers; a gap is the text between two words, which is where commas, dashes
//! and quote marks stand. Nothing here knows what a sentence means.

use super::lexicon::OPENERS;
use crate::import::span::Span;
use crate::import::words::{Word, words};
use crate::model::names::{Form, Mention};

/// Words before an opening name is looked for behind them.
const LEAD_WORDS_MAX: usize = 18;

/// Words that open a part which tells when, while or although.
const SUBORDINATES: [&str; 7] = [
    "while", "although", "though", "as", "since", "because", "whereas",
];
/// Words that open what leads to a sentence.
const ADVERBIALS: [&str; 18] = [
    "in",
    "by",
    "with",
    "after",
    "following",
    "despite",
    "amid",
    "at",
    "on",
    "for",
    "from",
    "under",
    "besides",
    "beyond",
    "irrespective",
    "contrary",
    "building",
    "to",
];

/// Words before the verb that shows a clause to be one.
const CLAUSE_WORDS_MAX: usize = 7;
/// Verbs that no list of nouns has.
const FINITES: [&str; 23] = [
    "is", "are", "was", "were", "has", "have", "had", "will", "would", "must", "may", "might",
    "can", "cannot", "could", "should", "want", "wants", "says", "say", "said", "remains", "ought",
];

/// A sentence of a text.
pub(super) struct Sentence<'t, 'n> {
    pub(super) text: &'t str,
    pub(super) span: Span,
    pub(super) words: Vec<Word>,
    /// In order, without overlap.
    pub(super) named: Vec<Named<'n>>,
}

/// Words that name actors.
#[derive(Debug, Clone)]
pub(super) struct Named<'n> {
    pub(super) first: usize,
    pub(super) after: usize,
    /// More than one where the name is borne by several.
    pub(super) actors: Vec<&'n str>,
    /// "Russian": an adjective or a people.
    pub(super) demonym: bool,
}

/// A run of words, half-open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) from: usize,
    pub(super) to: usize,
}

/// How a part of a sentence is tied to the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tie {
    /// It stands for itself.
    Own,
    /// It is joined by a word such as "but".
    Joined,
    /// It tells when, while or although.
    Aside,
    /// It explains something before it.
    Tail,
}

/// A part of a sentence with a verb of its own, or a tail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) run: Run,
    pub(super) tie: Tie,
}

impl<'t, 'n> Sentence<'t, 'n> {
    /// The sentence at `span`; `mentions` are those of a piece that begins at `base`.
    pub(super) fn new(text: &'t str, span: Span, mentions: &[Mention<'n>], base: usize) -> Self {
        let words: Vec<Word> = words(span.of(text));
        let mut named = Vec::new();
        for mention in mentions {
            let (start, end) = (base + mention.start, base + mention.end);
            if start < span.start || end > span.end {
                continue;
            }
            let (start, end) = (start - span.start, end - span.start);
            let first = words.partition_point(|word| word.at.end <= start);
            let after = words.partition_point(|word| word.at.start < end);
            if first < after {
                named.push(Named {
                    first,
                    after,
                    actors: mention.candidates.clone(),
                    demonym: mention.form == Form::Demonym,
                });
            }
        }
        Self {
            text,
            span,
            words,
            named,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.words.len()
    }

    /// A word, folded; empty beyond the end.
    pub(super) fn word(&self, at: usize) -> &str {
        self.words.get(at).map_or("", |word| word.text.as_str())
    }

    /// A word as it stands.
    pub(super) fn raw(&self, at: usize) -> &'t str {
        let span = self.words.get(at).map_or(Span::default(), |word| word.at);
        self.span
            .of(self.text)
            .get(span.start..span.end)
            .unwrap_or("")
    }

    pub(super) fn capital(&self, at: usize) -> bool {
        self.raw(at).starts_with(char::is_uppercase)
    }

    /// What stands between a word and the one before it.
    pub(super) fn gap(&self, at: usize) -> &'t str {
        let part = self.span.of(self.text);
        let start = at
            .checked_sub(1)
            .and_then(|before| self.words.get(before))
            .map_or(0, |word| word.at.end);
        let end = self.words.get(at).map_or(part.len(), |word| word.at.start);
        let gap = part.get(start..end).unwrap_or("");
        gap.strip_prefix("'s")
            .or(gap.strip_prefix("’s"))
            .unwrap_or(gap)
    }

    pub(super) fn whole(&self) -> Run {
        Run {
            from: 0,
            to: self.len(),
        }
    }

    /// Whether a word that may be a verb is a noun here: it has an owner, an article or an
    /// adjective.
    pub(super) fn noun(&self, at: usize) -> bool {
        let Some(before) = at.checked_sub(1) else {
            return true;
        };
        let owned = self.words.get(before).is_some_and(|word| word.possessive)
            && self.gap(at).trim().is_empty();
        owned
            || matches!(
                self.word(before),
                "the"
                    | "a"
                    | "an"
                    | "its"
                    | "their"
                    | "his"
                    | "her"
                    | "this"
                    | "these"
                    | "any"
                    | "core"
                    | "main"
                    | "key"
                    | "of"
                    | "in"
                    | "for"
                    | "such"
                    | "new"
                    | "no"
                    | "false"
                    | "repeated"
                    | "longstanding"
            )
    }

    /// The name that a word is part of.
    pub(super) fn named_at(&self, at: usize) -> Option<&Named<'n>> {
        self.named
            .iter()
            .find(|named| named.first <= at && at < named.after)
    }

    /// Where a run of words stands, with the mark that ends the sentence, and with the closing
    /// quote mark or bracket of one that it opens.
    pub(super) fn place(&self, run: Run) -> Span {
        let part = self.span.of(self.text);
        let Some((first, last)) = self
            .words
            .get(run.from)
            .zip(run.to.checked_sub(1).and_then(|last| self.words.get(last)))
        else {
            return Span::new(self.span.start, self.span.start);
        };
        let mut start = first.at.start;
        let lead = self.gap(run.from);
        if let Some(mark) = lead.chars().next_back().filter(|c| "“\"([".contains(*c)) {
            start -= mark.len_utf8();
        }
        let mut end = last.at.end;
        if run.to >= self.len() {
            end = part.len();
        } else {
            let own = part.get(start..end).unwrap_or("");
            let opened =
                |open: char, close: char| own.matches(open).count() > own.matches(close).count();
            let wanted = |c: char| match c {
                '”' => opened('“', '”'),
                '"' => own.matches('"').count() % 2 == 1,
                ')' => opened('(', ')'),
                ',' | '.' => opened('“', '”') || own.matches('"').count() % 2 == 1,
                _ => false,
            };
            let rest = part.get(end..).unwrap_or("");
            let closing: usize = rest
                .chars()
                .take_while(|c| wanted(*c))
                .map(char::len_utf8)
                .sum();
            // Nothing after the mark that closes the quotation belongs to it.
            let tail = rest.get(..closing).unwrap_or("");
            let mark = tail.char_indices().find(|(_, c)| matches!(c, '”' | '"'));
            end += mark.map_or(closing, |(at, c)| at + c.len_utf8());
        }
        self.span.part(start, end).trimmed(self.text)
    }

    pub(super) fn question(&self) -> bool {
        let part = self.span.of(self.text);
        part.trim_end_matches(['"', '”', '*', '_', ')', ' '])
            .ends_with('?')
    }

    /// The parts of a run of words, in order.
    pub(super) fn parts(&self, run: Run) -> Vec<Part> {
        let dashes = self.dashes(run);
        let mut parts: Vec<Part> = Vec::new();
        let mut from = run.from;
        let mut tie = Tie::Own;
        let mut depth = 0_usize;
        for at in run.from..run.to {
            let gap = self.gap(at);
            depth = (depth + gap.matches('(').count()).saturating_sub(gap.matches(')').count());
            if at == run.from || depth > 0 {
                continue;
            }
            let next = if dashes.contains(&at) {
                Some(Tie::Own)
            } else {
                self.tie(at)
            };
            if let Some(next) = next {
                self.part(&mut parts, Run { from, to: at }, tie);
                (from, tie) = (at, next);
            }
        }
        self.part(&mut parts, Run { from, to: run.to }, tie);
        parts
    }

    /// Where a part begins after a single dash: between two dashes stands an aside.
    fn dashes(&self, run: Run) -> Vec<usize> {
        let dash = |at: &usize| {
            let gap = self.gap(*at);
            gap.contains('—') || gap.contains(" – ")
        };
        let found: Vec<usize> = (run.from + 1..run.to).filter(dash).collect();
        if found.len() % 2 == 1 {
            found.last().copied().into_iter().collect()
        } else {
            Vec::new()
        }
    }

    /// How a part that begins at a word would be tied to the words before.
    fn tie(&self, at: usize) -> Option<Tie> {
        let gap = self.gap(at);
        if gap.contains([';', ':']) && !self.raw(at).starts_with(|c: char| c.is_ascii_digit()) {
            return Some(Tie::Own);
        }
        let word = self.word(at);
        let comma = gap.contains(',');
        match word {
            "as" if self.word(at + 1) == "well" => None,
            "but" | "though" | "although" | "while" | "whereas" | "yet" | "however"
                if comma || matches!(word, "whereas") =>
            {
                Some(Tie::Joined)
            }
            "which" | "who" | "whom" | "whose" | "where" | "thus" | "thereby" | "despite"
            | "including" | "such" | "because" | "since" | "given" | "as" | "a" | "an"
            | "citing" | "led" | "likely" | "possibly" | "probably" | "especially"
            | "particularly" | "even" | "not" | "making" | "leaving" | "rather"
                if comma =>
            {
                Some(Tie::Tail)
            }
            "because" => Some(Tie::Tail),
            "and" if self.word(at + 1) == "that" => Some(Tie::Own),
            "and" | "or" | "so" if comma && self.clause(at + 1) => Some(Tie::Own),
            _ => None,
        }
    }

    /// Whether a clause with a subject and a verb of its own begins at a word, and not the last
    /// item of a list.
    fn clause(&self, at: usize) -> bool {
        let subject = self.capital(at)
            || self.named_at(at).is_some()
            || matches!(
                self.word(at),
                "the" | "a" | "an" | "its" | "their" | "it" | "they" | "he" | "she" | "we" | "this"
            );
        let open = |verb: &usize| (at + 1..=*verb).all(|at| !self.gap(at).contains([',', ';']));
        let mut verb = (at + 1..at + CLAUSE_WORDS_MAX).take_while(open);
        // "..., and water shortages might ...": any noun, with a modal verb right after it.
        let modal = || {
            let near = (at + 1..at + 4).take_while(open);
            let enumerates = (at.saturating_sub(8).max(2)..at.saturating_sub(1))
                .any(|before| self.gap(before).contains(','));
            !enumerates
                && near.into_iter().any(|at| {
                    matches!(self.word(at), "may" | "might" | "could" | "must" | "should")
                })
        };
        subject && verb.any(|at| FINITES.contains(&self.word(at))) || modal()
    }

    /// Adds a part, its leading aside apart from it and the words that open it left out.
    fn part(&self, parts: &mut Vec<Part>, run: Run, tie: Tie) {
        let mut from = run.from;
        // "third-party talks" opens with no "third".
        let opens = |at: usize| {
            OPENERS.contains(&self.word(at)) && !self.gap(at + 1).starts_with(['-', '‑'])
        };
        while from + 1 < run.to && opens(from) {
            from += 1;
        }
        if tie == Tie::Tail {
            from = run.from;
        }
        let subordinate = SUBORDINATES.contains(&self.word(from));
        let adverbial = ADVERBIALS.contains(&self.word(from));
        if tie != Tie::Tail && (subordinate || adverbial) {
            let reach = LEAD_WORDS_MAX + if subordinate { 12 } else { 0 };
            let near = run.to.min(from + reach);
            let main = |at: &usize| self.ends_lead(*at) && !self.bracketed(from, *at);
            if let Some(main) = (from + 2..near).find(main) {
                if subordinate {
                    parts.push(Part {
                        run: Run {
                            from: from + 1,
                            to: main,
                        },
                        tie: Tie::Aside,
                    });
                }
                if adverbial {
                    let run = Run {
                        from: main,
                        to: run.to,
                    };
                    return self.part(parts, run, tie);
                }
                from = main;
            } else if subordinate && tie == Tie::Own && matches!(self.word(from), "as" | "since") {
                parts.push(Part {
                    run: Run { from, to: run.to },
                    tie: Tie::Tail,
                });
                return;
            }
        }
        if from < run.to {
            parts.push(Part {
                run: Run { from, to: run.to },
                tie,
            });
        }
    }
    /// Whether a bracket that opens after one word is open before another.
    fn bracketed(&self, from: usize, at: usize) -> bool {
        let marks = |mark: char| -> usize {
            let gaps = (from + 1..=at).map(|at| self.gap(at));
            gaps.map(|gap| gap.matches(mark).count()).sum()
        };
        marks('(') > marks(')')
    }

    /// Whether a comma before a word ends what leads to a sentence, rather than an enumeration.
    fn ends_lead(&self, at: usize) -> bool {
        self.gap(at).contains(',')
            && !matches!(self.word(at), "and" | "or")
            && !self.gap(at + 1).contains(',')
            && !matches!(self.word(at + 1), "and" | "or")
    }
}
