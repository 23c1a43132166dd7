//! Lists -> elements: the words above a list say what it is of, each outermost item is one.
//!
//! What is nested under an item belongs to it and is cited with it, unless the item is only a
//! label ("For Washington:"), which then speaks for what stands under it. An item into which words
//! of the page ran is a doubt.

use super::above::{Above, owner};
use super::blocks::Item;
use super::chances::Grades;
use super::codes::{self, Code};
use super::collect::{Collector, Value, median, sentence_ends};
use super::declared::read_declared;
use super::elements::{Line, Owner};
use super::foreign::foreign_within;
use super::holders::{Holder, duty, principal};
use super::labelled::{read_note, read_profile};
use super::prose::reports;
use super::sentences::sentences;
use super::span::Span;
use super::subjects::{Subject, subject};
use super::words::words;
use crate::model::names::Resolution;
use crate::model::v1::{Citation, DoubtKind};

/// Longest label before a colon.
const LABEL_WORDS_MAX: usize = 8;
/// Longest phrase that may only be the title of a judgment.
const PHRASE_WORDS_MAX: usize = 6;
/// Common verbs that make a phrase a sentence.
const VERBS: [&str; 32] = [
    "is",
    "are",
    "was",
    "were",
    "has",
    "have",
    "had",
    "will",
    "would",
    "can",
    "could",
    "may",
    "might",
    "must",
    "should",
    "remains",
    "remain",
    "seeks",
    "wants",
    "needs",
    "fails",
    "holds",
    "shows",
    "suggests",
    "indicates",
    "faces",
    "risks",
    "makes",
    "means",
    "does",
    "do",
    "cannot",
];

/// Reads the elements of a list.
pub(super) fn read_list(c: &mut Collector, items: &[Item], above: &Above) {
    let told = match above.subject(c) {
        // "X claimed that ...": the items report who said what, and are read as sentences.
        Ok(Some(told)) if told.subject == Subject::Claim && reported(c, items) => return,
        Ok(Some(told)) if told.subject == Subject::Recommendation && forbids(c, told.at, above) => {
            let reason = "The list below says what should not be done; it was not read.";
            c.doubts.add(told.at, DoubtKind::UnclearValue, reason);
            return;
        }
        Ok(Some(told)) => told,
        Ok(None) => {
            if !read_declared(c, items, above) {
                self_told(c, items, above);
            }
            return;
        }
        Err(at) => {
            let reason = "These words do not say what the list below is of; it was not read.";
            c.doubts.add(at, DoubtKind::UnknownHeader, reason);
            return;
        }
    };
    let labels = labels_are_actors(c, items);
    let owner = match told.subject {
        Subject::Intention(_) | Subject::RedLine | Subject::Claim if labels => Owner::default(),
        Subject::Claim => match above.claimant(c) {
            Some(owner) => owner,
            None => return,
        },
        Subject::Intention(_) | Subject::RedLine => {
            let owner = above.owner(c, &[], told.at);
            // Only a heading, and nobody named: too little to say that these are lines or aims.
            if owner.actor.is_empty() && above.only_headed(&told) {
                return;
            }
            owner
        }
        Subject::Recommendation => above.addressee(c),
        Subject::Challenge
        | Subject::Risk
        | Subject::Tool
        | Subject::Judgment
        | Subject::Indicator
        | Subject::Outside => Owner::default(),
    };
    let usual = median(
        items
            .iter()
            .map(|item| item.text.of(c.text).len())
            .collect(),
    );
    read_items(
        c,
        items,
        &Reading {
            subject: told.subject,
            owner,
            labels,
            usual,
            above,
        },
    );
}

/// Whether words of advice are turned round: "What NATO should not do".
fn forbids(c: &Collector, told: Span, above: &Above) -> bool {
    let mut near = above.lead.into_iter().chain(above.headings.iter().copied());
    let Some(whole) = near.find(|span| span.contains(told)) else {
        return false;
    };
    let rest = Span::new(told.end, whole.end);
    let next = words(rest.of(c.text)).into_iter().next();
    next.is_some_and(|word| matches!(word.text.as_str(), "not" | "never" | "avoid"))
}

/// Whether some item tells who says something.
fn reported(c: &Collector, items: &[Item]) -> bool {
    items.iter().any(|item| reports(item.text.of(c.text)))
}

/// Whether each outermost item is labelled with an actor: only then a label says whose an item
/// is. Among other labels ("Domestic: ...", "Iran: ...") it may say what the item is about.
fn labels_are_actors(c: &Collector, items: &[Item]) -> bool {
    let outermost = items.iter().map(|item| item.depth).min().unwrap_or(0);
    let mut top = items.iter().filter(|item| item.depth == outermost);
    !items.is_empty() && top.all(|item| labelled_actor(c, item.text).is_some())
}

/// A list whose items are labels that say for themselves what stands under them.
fn self_told(c: &mut Collector, items: &[Item], above: &Above) {
    for (item, under) in groups(items) {
        let alone = under.is_empty();
        if alone && (read_note(c, item.text) || read_profile(c, item.text, above)) {
            continue;
        }
        if under.is_empty() || !is_label(item.text.of(c.text)) {
            continue;
        }
        if subject(c.text, item.text).is_some() {
            let mut above = above.clone();
            above.lead = Some(item.text);
            read_list(c, under, &above);
        }
    }
}

struct Reading<'a> {
    subject: Subject,
    owner: Owner,
    /// The labels of the items are the actors they speak of.
    labels: bool,
    usual: usize,
    above: &'a Above,
}

/// The outermost items, each with what is nested under it.
fn groups(items: &[Item]) -> Vec<(&Item, &[Item])> {
    let mut groups = Vec::new();
    let mut rest = items;
    while let Some((item, after)) = rest.split_first() {
        let under = after
            .iter()
            .take_while(|other| other.depth > item.depth)
            .count();
        let (under, next) = after.split_at(under);
        groups.push((item, under));
        rest = next;
    }
    groups
}

fn read_items(c: &mut Collector, items: &[Item], reading: &Reading) {
    let scale = |item: &Item| point_of_scale(item.text.of(c.text));
    if reading.subject == Subject::Outside || (!items.is_empty() && items.iter().all(scale)) {
        return;
    }
    for (item, under) in groups(items) {
        let text = item.text.of(c.text);
        let prose = sentence_ends(text) >= 3 && text.len() > 400 && text.len() > 6 * reading.usual;
        if foreign_within(text) || prose {
            let reason = "Text that belongs elsewhere ran into this item; it was left out.";
            c.doubts.add(item.text, DoubtKind::ForeignText, reason);
            continue;
        }
        if !under.is_empty() && is_label(text) {
            read_under(c, item, under, reading);
            continue;
        }
        let mut more: Vec<Citation> = item.body.iter().map(|body| c.cite(*body, &[])).collect();
        more.extend(under.iter().map(|item| c.cite(item.text, &[])));
        read_item(c, item.text, more, reading);
    }
}

/// Items under one that is only a label: an actor, another subject, or a group of the same.
fn read_under(c: &mut Collector, item: &Item, under: &[Item], reading: &Reading) {
    let mut below = Reading {
        subject: reading.subject,
        owner: reading.owner.clone(),
        labels: labels_are_actors(c, under),
        usual: reading.usual,
        above: reading.above,
    };
    if let Some(named) = labelled_actor(c, item.text) {
        below.owner = named;
    } else if let Some(told) = subject(c.text, item.text).filter(|t| t.subject != reading.subject) {
        let mut above = reading.above.clone();
        above.lead = Some(item.text);
        let owner = match told.subject {
            Subject::Intention(_) | Subject::RedLine | Subject::Claim => {
                above.owner(c, &[], told.at)
            }
            Subject::Recommendation => above.addressee(c),
            Subject::Challenge
            | Subject::Risk
            | Subject::Tool
            | Subject::Judgment
            | Subject::Indicator
            | Subject::Outside => Owner::default(),
        };
        below.subject = told.subject;
        below.owner = owner;
    }
    read_items(c, under, &below);
}

fn read_item(c: &mut Collector, at: Span, more: Vec<Citation>, reading: &Reading) {
    let (label, rest) = split(c.text, at);
    let own = |label: &Span| {
        let label = label.of(c.text);
        reading.labels || label.starts_with("For ") || label.starts_with("To ")
    };
    let named = label.filter(own).and_then(|label| actor_of(c, label));
    let (own, at) = match (named, rest) {
        (Some(named), Some(rest)) => (named, rest),
        _ => (reading.owner.clone(), at),
    };
    let (at, more) = led(c, at, more, reading.subject);
    let value = c.value(at);
    if value.text.is_empty() {
        return;
    }
    match reading.subject {
        Subject::Challenge => c.challenge(&value, more),
        Subject::Intention(kind) => c.intention(&value, &own, kind, more),
        Subject::Recommendation => {
            let to = told_in(c, at).unwrap_or(own);
            c.recommendation(&value, &to, more);
        }
        Subject::Risk => risk(c, &value, label, rest, more),
        Subject::RedLine => {
            let (issue, stance) = match (label, rest) {
                (Some(label), Some(rest)) if label.end <= at.start || label.start == at.start => {
                    let issue = if rest == at { value } else { c.value(label) };
                    (issue, c.value(rest))
                }
                _ => (value.clone(), value),
            };
            let implication = Value::default();
            c.red_line(Line {
                owner: own,
                issue,
                stance,
                implication,
                further: more,
            });
        }
        Subject::Tool => {
            let (title, purpose) = match (label, rest) {
                (Some(label), Some(rest)) => (c.value(label), c.value(rest)),
                _ => (value, Value::default()),
            };
            c.tool(&title, &purpose, &Value::default());
        }
        Subject::Judgment => judgment(c, at, more),
        Subject::Indicator => c.watched(&value),
        Subject::Claim => c.claim(&value, &own, more),
        Subject::Outside => {}
    }
}

/// "**Send an envoy.** The two there are compete.": a sentence in bold is what an item says, the
/// words after it bear it out.
fn led(
    c: &Collector,
    at: Span,
    mut more: Vec<Citation>,
    subject: Subject,
) -> (Span, Vec<Citation>) {
    let leads = matches!(
        subject,
        Subject::Recommendation | Subject::Risk | Subject::Challenge
    );
    let Some(end) = lead_in_bold(at.of(c.text)).filter(|_| leads) else {
        return (at, more);
    };
    let rest = Span::new(at.start + end, at.end).trimmed(c.text);
    more.insert(0, c.cite(rest, &[]));
    (at.part(0, end), more)
}

/// Where a sentence in bold ends that others follow.
fn lead_in_bold(text: &str) -> Option<usize> {
    const WORDS_MIN: usize = 3;
    let mark = ["**", "__"]
        .into_iter()
        .find(|mark| text.starts_with(mark))?;
    let inner = text.get(2..)?;
    let close = inner.find(mark)?;
    let said = inner.get(..close)?;
    let rest = inner.get(close + 2..)?;
    let stop = usize::from(rest.starts_with('.'));
    let ended = stop == 1 || said.ends_with(['.', '!']);
    let follows = rest
        .get(stop..)?
        .trim_start()
        .starts_with(char::is_uppercase);
    (ended && follows && words(said).len() >= WORDS_MIN).then_some(close + 4 + stop)
}

/// A judgment is the leading sentence of its item, what follows bears it out; a leading phrase in
/// bold without a verb ("The spring window.") is its title and goes with the sentence after it.
fn judgment(c: &mut Collector, at: Span, more: Vec<Citation>) {
    if parameter(c.value(at).text.as_str()) {
        return;
    }
    let sentences = sentences(c.text, at);
    let Some(first) = sentences.first() else {
        return;
    };
    let phrase =
        words(first.of(c.text)).len() <= PHRASE_WORDS_MAX && first.of(c.text).contains("**");
    let statement = match sentences
        .get(1)
        .filter(|_| phrase && !states(first.of(c.text)))
    {
        Some(second) => first.join(*second),
        None => *first,
    };
    let mut further: Vec<Citation> = Vec::new();
    let rest = Span::new(statement.end, at.end).trimmed(c.text);
    if rest.of(c.text).contains(char::is_alphanumeric) {
        further.push(c.cite(rest, &[]));
    }
    further.extend(more);
    let value = c.value(statement);
    c.judgment(&value, further);
}

/// Whether a phrase has a verb, as far as common ones tell.
fn states(text: &str) -> bool {
    words(text).iter().any(|word| {
        let raw = word.at.of(text).to_lowercase();
        VERBS.contains(&raw.as_str()) || (raw.ends_with("ed") && raw.len() > 4)
    })
}

/// "Stockpile: 408 kg": a figure and no judgment.
fn parameter(text: &str) -> bool {
    text.split_once(": ").is_some_and(|(label, rest)| {
        let rest = rest.trim_start_matches(['~', '≈', '<', '>', '$', '€', '+', '-']);
        label.split_whitespace().count() <= 4 && rest.starts_with(|c: char| c.is_ascii_digit())
    })
}

/// A risk; "Escalation: HIGH" is a risk with a stated rating.
fn risk(
    c: &mut Collector,
    value: &Value,
    label: Option<Span>,
    rest: Option<Span>,
    more: Vec<Citation>,
) {
    let rating = |part: Option<Span>| {
        part.map(|part| c.value(part))
            .filter(|part| rated(&part.text))
    };
    let (statement, rating) = match (label, rest) {
        (Some(label), Some(rest)) => match (rating(Some(label)), rating(Some(rest))) {
            (Some(rating), None) => (Some(rest), Some(rating)),
            (None, Some(rating)) => (Some(label), Some(rating)),
            (None, None) | (Some(_), Some(_)) => (None, None),
        },
        (None, _) | (_, None) => (None, None),
    };
    match (statement, rating) {
        (Some(statement), Some(rating)) => {
            if let Some(link) = c.risk(&c.value(statement), "", more) {
                c.grade(
                    &link,
                    Grades {
                        rating,
                        ..Grades::default()
                    },
                );
            }
        }
        _ => {
            c.risk(value, "", more);
        }
    }
}

/// Whether a piece begins with a word of a scale of risks.
fn rated(text: &str) -> bool {
    let mut words = text
        .split(|c: char| !c.is_alphabetic())
        .filter(|word| !word.is_empty());
    let first = words.next().unwrap_or("");
    let short = words.count() == 0 || first.chars().all(char::is_uppercase);
    let scaled = matches!(
        first.to_lowercase().as_str(),
        "critical" | "severe" | "elevated"
    );
    short && (scaled || codes::level(first) != Code::Unstated)
}

/// Who an item itself tells to act: "Washington should ...".
fn told_in(c: &Collector, at: Span) -> Option<Owner> {
    let first = sentences(c.text, at).into_iter().next()?;
    match duty(c.text, first, c.names) {
        Holder::One { actor, .. } => Some(owner(c.text, actor, first)),
        Holder::None | Holder::Unclear { .. } => None,
    }
}

/// The actor that an item's label is.
fn labelled_actor(c: &Collector, at: Span) -> Option<Owner> {
    actor_of(c, split(c.text, at).0?)
}

fn actor_of(c: &Collector, label: Span) -> Option<Owner> {
    let words = c.value(label).text;
    let bare = ["For ", "To "]
        .iter()
        .find_map(|start| words.strip_prefix(start))
        .unwrap_or(&words);
    match c.names.actor(bare) {
        Resolution::One(actor) => Some(owner(c.text, principal(actor), label)),
        Resolution::Unknown | Resolution::Ambiguous(_) => None,
    }
}

/// "3 = visible tension": a point of a scale is defined, nothing is said of the world.
fn point_of_scale(text: &str) -> bool {
    let bare = text.trim_start_matches(['*', '_', '+', '-', '−']);
    let digits = bare.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '*' | '_'));
    digits.len() < bare.len() && digits.trim_start().starts_with('=')
}

fn is_label(text: &str) -> bool {
    let bare = text.trim_end_matches(['*', '_']);
    let bold = text.starts_with("**") && text.trim_end_matches(':').ends_with("**");
    bare.ends_with(':') || (bold && text.matches("**").count() == 2)
}

/// The label before a colon or dash, and what follows it.
fn split(text: &str, at: Span) -> (Option<Span>, Option<Span>) {
    let part = at.of(text);
    let marks = [":** ", "**: ", ":__ ", ": ", " — ", "** – ", " – "];
    let found = marks
        .iter()
        .filter_map(|mark| Some((part.find(mark)?, mark.len())))
        .min_by_key(|(start, length)| (*start, std::cmp::Reverse(*length)));
    let (label, rest) = match found {
        Some((start, length)) => (at.part(0, start), at.part(start + length, part.len())),
        None if is_label(part) => (at, Span::new(at.end, at.end)),
        None => return (None, None),
    };
    let edges = |c: char| matches!(c, '*' | '_' | ':' | '`') || c.is_whitespace();
    let bare = label.of(text).trim_matches(edges);
    let head = label.of(text).len() - label.of(text).trim_start_matches(edges).len();
    let label = label.part(head, head + bare.len());
    let rest = rest.trimmed(text);
    let short = bare.split_whitespace().count() <= LABEL_WORDS_MAX && !bare.is_empty();
    let whole = !bare.contains(['.', '\n']) || bare.len() < 8;
    if short && whole {
        (Some(label), Some(rest).filter(|rest| !rest.is_empty()))
    } else {
        (None, None)
    }
}
