//! Lines that begin with a label which says what they are: "RECOMMENDATION: ...", "Bottom line:
//! ...", "Analyst note: ...".
//!
//! The label is short, in bold or in capitals or alone before the colon, and its words are those
//! that introduce lists; the first sentence after it is the element. A label that only names a
//! topic ("Date:", "Economy:") makes nothing.

use super::above::{Above, owner};
use super::collect::{Collector, Value};
use super::elements::{Line, Owner};
use super::holders::principal;
use super::sentences::sentences;
use super::span::Span;
use super::subjects::{Subject, headed_subject, subject};
use super::words::words;
use crate::model::names::{Names, Resolution};

/// Longest label.
const LABEL_WORDS_MAX: usize = 5;
/// Longest line that says for whom a document is written.
const READERS_BYTES_MAX: usize = 200;
/// Labels of such a line.
const READERS: [&str; 7] = [
    "distribution",
    "audience",
    "prepared for",
    "addressed to",
    "submitted to",
    "recipient",
    "recipients",
];
/// Fewest words of a statement.
const STATEMENT_WORDS_MIN: usize = 4;

/// Reads the labelled lines of a paragraph; the answer is where they stand.
pub(super) fn read_labelled(c: &mut Collector, paragraph: Span, above: &Above) -> Vec<Span> {
    let mut read = Vec::new();
    for line in labelled_lines(c.text, paragraph) {
        let Some((label, rest)) = parts(c.text, line) else {
            continue;
        };
        if read_one(c, label, rest, above) {
            read.push(line);
        }
    }
    read
}

fn read_one(c: &mut Collector, label: Span, rest: Span, above: &Above) -> bool {
    if held(c, label, rest, above) {
        return true;
    }
    if profiled(c, label, rest, above) {
        return true;
    }
    let Some(kind) = kind(c.text, label) else {
        return false;
    };
    let Some(statement) = first_sentence(c, rest) else {
        return false;
    };
    match kind {
        Subject::Recommendation => {
            let to = above.addressee(c);
            c.recommendation(&statement, &to, Vec::new());
        }
        Subject::Risk => {
            c.risk(&statement, "", Vec::new());
        }
        Subject::Challenge => c.challenge(&statement, Vec::new()),
        Subject::Judgment => c.judgment(&statement, Vec::new()),
        Subject::Indicator => {
            for observable in semicolons(c, rest) {
                c.watched(&observable);
            }
        }
        Subject::Intention(_)
        | Subject::RedLine
        | Subject::Tool
        | Subject::Claim
        | Subject::Outside => return false,
    }
    true
}

/// A party's aim or line under a heading that announces them: "**Ankara**: the treaty ratified".
fn held(c: &mut Collector, label: Span, rest: Span, above: &Above) -> bool {
    let Resolution::One(actor) = c.names.actor(label.of(c.text)) else {
        return false;
    };
    let announced = above
        .headings
        .first()
        .and_then(|heading| headed_subject(c.text, *heading));
    let Some(told) = announced else { return false };
    let owner = owner(c.text, principal(actor), label);
    let value = c.value(rest);
    match told.subject {
        Subject::Intention(kind) => c.intention(&value, &owner, kind, Vec::new()),
        Subject::RedLine => c.red_line(Line {
            owner,
            issue: value.clone(),
            stance: value,
            ..Line::default()
        }),
        Subject::Claim => c.claim(&value, &owner, Vec::new()),
        Subject::Challenge
        | Subject::Recommendation
        | Subject::Risk
        | Subject::Tool
        | Subject::Judgment
        | Subject::Indicator
        | Subject::Outside => return false,
    }
    true
}

/// Labels of what a party makes of the matter.
const VIEWS: [&str; 7] = [
    "view",
    "position",
    "stance",
    "narrative",
    "reading",
    "perspective",
    "posture",
];

/// A line of a party's profile: "**Greatest fear:** ..." under a heading that names the party.
pub(super) fn profiled(c: &mut Collector, label: Span, rest: Span, above: &Above) -> bool {
    let heading = above.headings.first().copied();
    // "**Chinese interest:** ..." under "Greenland" is not Greenland's.
    let other = !c.names.mentions(label.of(c.text)).is_empty();
    let Some(heading) = heading.filter(|heading| !other && names_party(c, *heading)) else {
        return false;
    };
    let named = words(label.of(c.text));
    let last = named.last().map_or("", |word| word.text.as_str());
    let view = named.len() <= 2 && VIEWS.contains(&last);
    let told = headed_subject(c.text, label).map(|told| told.subject);
    let held = matches!(told, Some(Subject::Intention(_) | Subject::RedLine));
    if !(view || held) {
        return false;
    }
    let Some(owner) = above.told(c, heading) else {
        return false;
    };
    let value = c.value(rest);
    match told.filter(|_| !view) {
        Some(Subject::Intention(kind)) => c.intention(&value, &owner, kind, Vec::new()),
        Some(Subject::RedLine) => c.red_line(Line {
            owner,
            issue: value.clone(),
            stance: value,
            ..Line::default()
        }),
        _ if words(&value.text).len() >= STATEMENT_WORDS_MIN => {
            c.claim(&value, &owner, Vec::new());
        }
        _ => return false,
    }
    true
}

/// Whether a heading names one party and nothing else than its side of the matter.
fn names_party(c: &Collector, heading: Span) -> bool {
    const BESIDE: [&str; 16] = [
        "the",
        "view",
        "position",
        "stance",
        "side",
        "perspective",
        "profile",
        "calculu",
        "posture",
        "government",
        "actor",
        "party",
        "of",
        "s",
        "from",
        "for",
    ];
    let part = heading.of(c.text);
    let named = c.names.mentions(part);
    let [only] = named.as_slice() else {
        return false;
    };
    words(part).iter().all(|word| {
        let within = only.start <= word.at.start && word.at.start < only.end;
        let number = word.text.chars().all(|c| c.is_ascii_digit()) || word.text.len() == 1;
        within || number || BESIDE.contains(&word.text.as_str())
    })
}

/// A line of a party's profile that is an item of a list.
pub(super) fn read_profile(c: &mut Collector, item: Span, above: &Above) -> bool {
    parts(c.text, item).is_some_and(|(label, rest)| profiled(c, label, rest, above))
}

/// What stands between the semicolons of a line.
fn semicolons(c: &Collector, rest: Span) -> Vec<Value> {
    let mut from = 0;
    let parts = rest.of(c.text).split(';').map(|part| {
        let own = rest.part(from, from + part.len()).trimmed(c.text);
        from += part.len() + 1;
        c.value(own)
    });
    parts.filter(|value| !value.text.is_empty()).collect()
}

/// A judgment that an item's label announces: "Analyst note: ...".
pub(super) fn read_note(c: &mut Collector, item: Span) -> bool {
    let Some((label, rest)) = parts(c.text, item) else {
        return false;
    };
    let noted = words(label.of(c.text));
    let noted = noted.last().is_some_and(|word| {
        matches!(
            word.text.as_str(),
            "note" | "comment" | "assessment" | "judgment" | "judgement" | "assess"
        )
    });
    let Some(statement) = first_sentence(c, rest).filter(|_| noted) else {
        return false;
    };
    c.judgment(&statement, Vec::new());
    true
}

/// A line in bold with nothing under it, below a heading of recommendations: it is one.
pub(super) fn read_bold(c: &mut Collector, line: Span, above: &Above) {
    let announced = above
        .headings
        .first()
        .and_then(|heading| headed_subject(c.text, *heading));
    let advice = announced.is_some_and(|told| told.subject == Subject::Recommendation);
    let value = c.value(line);
    let enough = words(&value.text).len() >= STATEMENT_WORDS_MIN;
    if advice && enough && headed_subject(c.text, line).is_none() {
        let to = above.addressee(c);
        c.recommendation(&value, &to, Vec::new());
    }
}

/// The one actor named by a line that says for whom the document is written.
pub(super) fn readers(text: &str, names: &Names) -> Option<Owner> {
    let mut start = 0;
    for piece in text.split('\n') {
        let line = Span::new(start, start + piece.len());
        start = line.end + 1;
        if piece.len() > READERS_BYTES_MAX {
            continue;
        }
        let Some((label, rest)) = parts(text, line.trimmed(text)) else {
            continue;
        };
        if !READERS.contains(&label.of(text).to_lowercase().as_str()) {
            continue;
        }
        let mut named: Vec<&str> = names
            .mentions(rest.of(text))
            .into_iter()
            .flat_map(|found| found.candidates)
            .collect();
        named.sort_unstable();
        named.dedup();
        if let [only] = named.as_slice() {
            return Some(Owner {
                actor: (*only).to_owned(),
                at: Some(rest),
                mode: None,
            });
        }
    }
    None
}

/// What a label says of the words after it.
fn kind(text: &str, label: Span) -> Option<Subject> {
    let words = words(label.of(text));
    let last = words.last()?.text.as_str();
    let told = subject(text, label)?;
    // "Risk score: 4" and "Recommended reading: ..." are about something else.
    let heads = told.at.end >= label.end || matches!(last, "line" | "up" | "forward" | "required");
    heads.then_some(told.subject)
}

fn first_sentence(c: &Collector, rest: Span) -> Option<Value> {
    let first = sentences(c.text, rest).into_iter().next()?;
    let value = c.value(first);
    (words(&value.text).len() >= STATEMENT_WORDS_MIN).then_some(value)
}

/// The lines of a paragraph that begin with a label; each with the lines that go on with it.
fn labelled_lines(text: &str, paragraph: Span) -> Vec<Span> {
    let mut lines: Vec<Span> = Vec::new();
    let mut start = paragraph.start;
    for piece in paragraph.of(text).split('\n') {
        let line = Span::new(start, start + piece.len()).trimmed(text);
        start += piece.len() + 1;
        if line.is_empty() {
            continue;
        }
        match lines.last_mut() {
            Some(last) if parts(text, line).is_none() => *last = last.join(line),
            _ => lines.push(line),
        }
    }
    lines
}

/// The label of a line, and what follows it.
fn parts(text: &str, line: Span) -> Option<(Span, Span)> {
    let part = line.of(text);
    let end = part.find(':')?;
    let rest = part.get(end + 1..).unwrap_or("");
    let rest = rest.trim_start_matches(['*', '_']);
    if !rest.starts_with(char::is_whitespace) {
        return None;
    }
    let rest = Span::new(line.end - rest.len(), line.end).trimmed(text);
    let bare = |c: char| !c.is_alphanumeric();
    let label = part.get(..end).unwrap_or("");
    let inner = label.trim_matches(bare);
    let head = label.len() - label.trim_start_matches(bare).len();
    let label = line.part(head, head + inner.len());
    let count = inner.split_whitespace().count();
    let fits = (1..=LABEL_WORDS_MAX).contains(&count) && !inner.contains(['.', ',', ';']);
    (fits && !rest.is_empty()).then_some((label, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_say_what_a_line_is() {
        for (text, expected) in [
            (
                "**RECOMMENDATION**: Open the port.",
                Some(Subject::Recommendation),
            ),
            ("Bottom line: the truce holds.", Some(Subject::Judgment)),
            ("**Failure risk:** A stall.", Some(Subject::Risk)),
            ("Risk score: 4 of 5", None),
            ("**Date**: 3 May", None),
        ] {
            let line = Span::new(0, text.len());
            let found = parts(text, line).and_then(|(label, _)| kind(text, label));
            assert_eq!(found, expected, "{text}");
        }
    }
}
