//! Running text -> elements: sentences that demand, refuse, aim, warn, advise or judge.
//!
//! Each sentence is read by its parts. Who speaks is asked first (`voice`), then what the part
//! does (`lines`, `aims`, `dangers`, `advice`, `verdicts`, `figures`), and who its subject is
//! (`who`).
//! A part that does not name its actor, that speaks for somebody else, asks, or refers to words
//! outside it yields nothing: a wrong element costs more than a missing one. Nothing here knows
//! tables or lists; `items` hands over what stands under an item.

mod advice;
mod aims;
mod dangers;
mod figures;
mod found;
mod lexicon;
mod lines;
mod refusals;
mod sentence;
mod verdicts;
mod voice;
mod who;

#[cfg(test)]
mod tests;

use super::above::Above;
use super::blocks::Item;
use super::collect::Collector;
use super::elements::Owner;
use super::sentences::sentences;
use super::span::Span;
use sentence::{Part, Sentence, Tie};
use voice::{Frame, frames, voice};
use who::People;

/// Longest sentence that is read; a longer one is a list without its marks, or no text at all.
const SENTENCE_BYTES_MAX: usize = 1_500;
/// Fewest words of a part that says something.
const PART_WORDS_MIN: usize = 5;

/// Reads the running text of one document, in its order.
#[derive(Debug, Default)]
pub(super) struct Reader<'n> {
    people: People<'n>,
}

/// What a list was read as before its sentences are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Read {
    Nothing,
    Judgments,
    Elements,
}

impl Read {
    /// What became of a draft that had so many elements, judgments among them.
    pub(super) fn since(c: &Collector, (elements, judgments): (usize, usize)) -> Self {
        let new = c.elements() - elements;
        match (new, c.draft.judgments.len() - judgments) {
            (0, _) => Self::Nothing,
            (all, judged) if all == judged => Self::Judgments,
            _ => Self::Elements,
        }
    }
}

/// One sentence on its way to the rules.
struct Reading<'r, 't, 'n> {
    s: &'r Sentence<'t, 'n>,
    frames: &'r [Frame<'n>],
    people: &'r People<'n>,
    /// To whom advice is given here.
    addressee: &'r Owner,
    /// Judgments are read elsewhere.
    judged: bool,
}

impl<'n> Reader<'n> {
    /// Reads a paragraph; the first sentence of a line in `labelled` was read by its label.
    pub(super) fn paragraph(
        &mut self,
        c: &mut Collector<'n>,
        span: Span,
        above: &Above,
        labelled: &[Span],
    ) {
        for line in lines(c.text, span) {
            let told = labelled
                .iter()
                .any(|known| known.contains(line) || line.contains(*known));
            let mut rest = line;
            if told {
                let own = sentences(c.text, line).into_iter().next();
                rest.start = own.map_or(line.end, |own| own.end);
            }
            self.read(c, rest.trimmed(c.text), above, false);
        }
    }

    /// Reads a piece of running text; `judged` when it is itself an element that judges.
    pub(super) fn read(&mut self, c: &mut Collector<'n>, span: Span, above: &Above, judged: bool) {
        let raw = span.of(c.text);
        if raw.len() < 20 || outside(c, raw, above) {
            return;
        }
        self.people.forget();
        let body = unlabelled(c.text, span);
        let mentions = c.names.mentions(body.of(c.text));
        let mut addressee: Option<Owner> = None;
        let mut quoted = false;
        for at in sentences(c.text, body) {
            // What a quotation says beyond its first sentence is not taken apart.
            let within = quoted;
            quoted = open_quote(at.of(c.text), quoted);
            if within {
                continue;
            }
            if at.end - at.start > SENTENCE_BYTES_MAX {
                continue;
            }
            let s = Sentence::new(c.text, at, &mentions, body.start);
            self.people.meet(&s);
            let frames = frames(&s, &self.people);
            let introduces = at.of(c.text).trim_end_matches(['*', '_']).ends_with(':');
            if !s.question() && !introduces && s.len() + 1 >= PART_WORDS_MIN {
                let addressee = addressee.get_or_insert_with(|| above.addressee(c));
                let reading = Reading {
                    s: &s,
                    frames: &frames,
                    people: &self.people,
                    addressee,
                    judged,
                };
                reading.read(c);
            }
            self.follow(&s, &frames);
        }
    }

    /// Reads what stands under the items of a list, and items that were not read as anything but
    /// judgments.
    pub(super) fn list(
        &mut self,
        c: &mut Collector<'n>,
        items: &[Item],
        above: &Above,
        read: Read,
    ) {
        for item in items {
            if read != Read::Elements && item.text.of(c.text).ends_with(['.', '”', '*']) {
                self.read(c, item.text, above, read == Read::Judgments);
            }
            for body in &item.body {
                self.read(c, *body, above, false);
            }
        }
    }

    /// Keeps whom the pronouns of the next sentence mean.
    fn follow(&mut self, s: &Sentence<'_, 'n>, frames: &[Frame<'n>]) {
        if let Some(frame) = frames.first() {
            self.people.remember(&frame.who);
            return;
        }
        let opening = s.named.first().filter(|named| named.first <= 2);
        let verb = opening.and_then(|named| self.people.subject(s, named.after, 0));
        if let Some(subject) = verb {
            self.people.remember(&subject);
        }
    }
}

impl<'n> Reading<'_, '_, 'n> {
    fn read(&self, c: &mut Collector<'n>) {
        let parts = self.parts();
        for part in &parts {
            if self.figure(c, part) {
                continue;
            }
            let done = self.line(c, part) | self.aim(c, part);
            let advised = self.advice(c, part);
            if !(done || advised) {
                self.danger(c, part);
            }
        }
        if !self.judged {
            self.verdicts(c, &parts);
        }
    }

    /// The parts of the sentence, none of which reaches into what another one says.
    fn parts(&self) -> Vec<Part> {
        let mut cuts: Vec<usize> = self.frames.iter().map(|frame| frame.said.from).collect();
        cuts.extend(self.frames.iter().map(|frame| frame.said.to));
        cuts.push(self.s.len());
        cuts.sort_unstable();
        cuts.dedup();
        let mut parts = Vec::new();
        let mut from = 0;
        for to in cuts.into_iter().filter(|to| *to > 0) {
            let mut own = self.s.parts(sentence::Run { from, to });
            // "..., but did not say when" goes on with what stands before the words said.
            if from > 0
                && voice(self.frames, from).is_none()
                && let Some(first) = own.first_mut()
            {
                // "..., while Zagreb wants ..." speaks of somebody else.
                let other = matches!(self.s.word(from), "while" | "whereas");
                first.tie = if other { Tie::Joined } else { Tie::Tail };
            }
            parts.append(&mut own);
            from = to;
        }
        parts
    }

    fn voice(&self, part: &Part) -> Option<&Frame<'n>> {
        voice(self.frames, part.run.from)
    }
}

/// Whether a text tells that somebody says or denies something.
pub(super) fn reports(text: &str) -> bool {
    let words = super::words::words(text);
    lexicon::SAYS.hits(&words).iter().any(|hit| {
        let raw = words.get(hit.first).map_or("", |word| word.at.of(text));
        // "The people were promised a vote" reports what was done to them.
        let before = hit.first.checked_sub(1).and_then(|at| words.get(at));
        let passive = before.is_some_and(|word| {
            matches!(word.text.as_str(), "was" | "were" | "been" | "is" | "are")
        });
        !passive
            && (hit.meaning.states() || hit.meaning == lexicon::Say::Deny)
            && (raw.ends_with("ed") || matches!(raw, "said" | "told" | "says" | "claims"))
    })
}

/// Whether a quotation is open after a sentence.
fn open_quote(sentence: &str, open: bool) -> bool {
    sentence.chars().fold(open, |open, c| match c {
        '“' => true,
        '”' => false,
        '"' => !open,
        _ => open,
    })
}

/// Whether a paragraph is no part of what the document says: captions, notes on the author,
/// sections on method and sources.
fn outside(c: &Collector, raw: &str, above: &Above) -> bool {
    const SECTIONS: [&str; 14] = [
        "method",
        "source",
        "reference",
        "about the",
        "disclaimer",
        "glossary",
        "acknowledg",
        "further reading",
        "appendix",
        "how to read",
        "legend",
        "template",
        "deliverable",
        "prior state",
    ];
    const NOTES: [&str; 8] = [
        "![", "_▲", "▲", "<", "Figure ", "Table ", "*Source", "Source:",
    ];
    let headed = above.headings.first().is_some_and(|heading| {
        let words = heading.of(c.text).to_lowercase();
        SECTIONS.iter().any(|section| words.contains(section))
    });
    headed || NOTES.iter().any(|note| raw.starts_with(note)) || on_an_author(raw)
}

/// "__Jane Roe__ is a senior fellow at ...".
fn on_an_author(raw: &str) -> bool {
    const POSTS: [&str; 12] = [
        "fellow",
        "researcher",
        "research associate",
        "professor",
        "analyst",
        "journalist",
        "editor",
        "director of",
        "lecturer",
        "correspondent",
        "specialis",
        "her research",
    ];
    let named = raw.starts_with("__") || raw.starts_with("**") || raw.starts_with('_');
    let near: String = raw.chars().take(200).collect();
    let is = near.contains(" is a ") || near.contains(" is the ") || near.contains(" is an ");
    named && is && POSTS.iter().any(|post| near.contains(post))
}

/// The pieces of a paragraph that begin with a label in bold each; else the whole of it.
fn lines(text: &str, span: Span) -> Vec<Span> {
    let mut pieces: Vec<Span> = Vec::new();
    let mut start = span.start;
    for line in span.of(text).split('\n') {
        let own = Span::new(start, start + line.len()).trimmed(text);
        start += line.len() + 1;
        let begins = own.of(text).starts_with("**") || own.of(text).starts_with("__");
        match pieces.last_mut() {
            Some(last) if !begins => *last = last.join(own),
            _ => pieces.push(own),
        }
    }
    pieces
}

/// Without a label such as "**SITUATION**:".
fn unlabelled(text: &str, span: Span) -> Span {
    const LABEL_WORDS_MAX: usize = 6;
    let raw = span.of(text);
    // "A: ...", "COMMENT: ...": who speaks, or what sort of words these are.
    let shouted = raw.split_once(": ").filter(|(label, _)| {
        let bare = label.trim_matches(['*', '_']);
        let few = bare.len() <= 20 && bare.split_whitespace().count() <= 2;
        few && bare.starts_with(char::is_uppercase) && !bare.contains(char::is_lowercase)
    });
    if let Some((_, rest)) = shouted {
        return Span::new(span.end - rest.len(), span.end);
    }
    let bold = raw.strip_prefix("**").or(raw.strip_prefix("__"));
    let Some(rest) = bold else { return span };
    let Some(label) = rest.find("**").or(rest.find("__")) else {
        return span;
    };
    let words = rest.get(..label).unwrap_or("");
    let after = rest.get(label + 2..).unwrap_or("");
    let colon = words.ends_with(':') || after.starts_with(':');
    if !colon || words.split_whitespace().count() > LABEL_WORDS_MAX {
        return span;
    }
    let body = after.trim_start_matches([':', ' ']);
    Span::new(span.end - body.len(), span.end)
}
