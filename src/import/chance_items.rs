//! Items that state a probability -> forecasts.
//!
//! "War risk: 18.7%", "Negotiated settlement (74.4% probability)", "A stalled round — probability
//! 0.42". A figure counts where a word such as "probability" stands beside it, or where the words
//! above the items say that they are probabilities. What is left of the item when the figure and
//! its bracket are taken away is what may come true.

use super::above::Above;
use super::blocks::{Block, Blocks, Item};
use super::collect::{Collector, Value};
use super::dates::month;
use super::forecasts::{Foreseen, STATEMENT_BYTES_MAX, stated_in};
use super::odds::{Odds, beside_chance, chance_words_only, odds};
use super::sentences::sentences;
use super::span::Span;
use super::subjects::Subject;
use super::windows::window_in;
use super::words::{Word, words};
use crate::model::v1::{DoubtKind, Likelihood};

/// Longest label before a colon.
const LABEL_WORDS_MAX: usize = 8;

/// Reads the forecasts among the items of a list.
pub(super) fn read_chances(c: &mut Collector, items: &[Item], above: &Above) {
    let told = above.subject(c).ok().flatten().map(|told| told.subject);
    // What is told to be done, and risks with their likelihood, are read as such.
    if matches!(told, Some(Subject::Recommendation | Subject::Risk)) {
        return;
    }
    let near = above
        .lead
        .into_iter()
        .chain(above.headings.first().copied());
    let near: Vec<Span> = near.collect();
    let announced = near.iter().any(|span| announces(span.of(c.text)));
    let foreseen = near.iter().any(|span| foresees(span.of(c.text)));
    let window = near.iter().find_map(|span| window_in(c.text, *span));
    let window = window.map_or_else(Value::default, |at| c.value(at));
    // The depths of labels that announce probabilities below them.
    let mut open: Vec<usize> = Vec::new();
    for item in items
        .iter()
        .filter(|item| item.text.of(c.text).len() <= STATEMENT_BYTES_MAX)
    {
        open.retain(|depth| *depth < item.depth);
        let told = Told {
            chances: announced || !open.is_empty(),
            scenarios: foreseen || foresees(item.text.of(c.text)),
        };
        let value = c.value(item.text);
        if announces(&value.text) && value.text.trim_end().ends_with(':') {
            open.push(item.depth);
        }
        read_item(c, &value, told, &window);
    }
}

/// What the words above an item say of its figures.
#[derive(Debug, Clone, Copy)]
struct Told {
    /// That they are probabilities.
    chances: bool,
    /// That the items may come true.
    scenarios: bool,
}

fn read_item(c: &mut Collector, value: &Value, told: Told, window: &Value) {
    let text = value.text.as_str();
    if !text.contains(|c: char| c.is_ascii_digit()) {
        return;
    }
    let all = odds(text);
    let asked = predicted(text, &all);
    let fits = |one: &&Odds| {
        let apart = one.at.start > 0 && (after_label(text, one) || bracketed(text, one));
        let announced = told.chances && after_label(text, one) && one.at.start > 0;
        let scenario = told.scenarios && one.percent && apart;
        one.share && (announced || scenario)
    };
    let one = asked.as_ref().map(|(one, _)| one);
    let stated = |one: &&Odds| one.share && beside_chance(text, one);
    let one = one.or_else(|| all.iter().find(stated));
    let Some(one) = one.or_else(|| all.iter().find(fits)) else {
        return;
    };
    if !one.possible() {
        let reason = "This is no probability that can be read; it was left out.";
        c.doubts.add(value.at, DoubtKind::UnclearValue, reason);
        return;
    }
    let words = match &asked {
        Some((_, words)) => Some(words.clone()),
        None => foreseen(text, one),
    };
    let Some(words) = words else { return };
    let next = all.iter().find(|other| other.at.start >= one.at.end);
    let Some(likelihood) = stated_in(text, one, next) else {
        return;
    };
    let seen = Foreseen {
        statement: Value {
            text: words,
            at: value.at,
        },
        chance: Some((likelihood, value.at)),
        condition: Value {
            text: condition(text).to_owned(),
            at: value.at,
        },
        past_made: former(text, one, &all).map_or_else(Value::default, |(_, rest)| Value {
            text: rest.to_owned(),
            at: value.at,
        }),
        past: former(text, one, &all).map(|(past, _)| (past, value.at)),
        criterion: after_word(value, one, &["resolves ", "true if ", "false if "]),
        verdict: after_word(value, one, &["resolved "]),
        window: window.clone(),
        whole: value.at,
        ..Foreseen::default()
    };
    c.forecast(&seen);
}

/// "Will X happen by June? 40%", "X by June: forecast 40%": the figure, and what it is of. A
/// figure further from the question is of something else, and a quantity is no event.
fn predicted(text: &str, all: &[Odds]) -> Option<(Odds, String)> {
    const ASKS: [&str; 8] = [
        "Will ", "Does ", "Do ", "Is ", "Are ", "Has ", "Can ", "Would ",
    ];
    if let Some(asked) = text
        .find('?')
        .filter(|_| ASKS.iter().any(|ask| text.starts_with(ask)))
    {
        let one = all.iter().find(|one| one.at.start > asked)?;
        let between = part(text, asked + 1, one.at.start);
        let near = !between.contains(char::is_alphanumeric);
        return (one.share && near).then(|| (*one, part(text, 0, asked + 1).to_owned()));
    }
    let marks = [' ', ':', '—', '–', '-', ',', ';', '(', '.'];
    all.iter().find_map(|one| {
        let before = part(text, 0, one.at.start).trim_end_matches([' ', ':', '~', '≈']);
        let lower = before.to_lowercase();
        let word = ["forecast", "our estimate", "estimate"]
            .iter()
            .find(|word| lower.ends_with(*word))?;
        let said = before.get(..before.len() - word.len())?.trim_end();
        let apart = said.ends_with(marks);
        let said = said.trim_end_matches(marks);
        (one.percent && apart && is_event(said)).then(|| (*one, said.to_owned()))
    })
}

/// Whether words tell what will be, or has a day by which it is: "growth in 2026" is neither.
fn is_event(said: &str) -> bool {
    let words = words(said);
    let told = words.windows(2).any(|two| {
        let [one, next] = two else { return false };
        let raw = next.at.of(said);
        let day = raw.starts_with(|c: char| c.is_ascii_digit()) || month(raw).is_some();
        let bound = matches!(one.text.as_str(), "by" | "before" | "until" | "within");
        one.text == "will" || bound && (day || matches!(next.text.as_str(), "the" | "end"))
    });
    told && words.len() > 2 && !measures(&words)
}

/// Whether words speak of a quantity, of which a share is no probability: "GDP forecast".
fn measures(words: &[Word]) -> bool {
    const QUANTITIES: [&str; 22] = [
        "growth",
        "inflation",
        "unemployment",
        "turnout",
        "deficit",
        "output",
        "gdp",
        "share",
        "rate",
        "revenue",
        "debt",
        "price",
        "export",
        "import",
        "budget",
        "spending",
        "population",
        "poll",
        "polling",
        "economic",
        "economy",
        "production",
    ];
    words
        .iter()
        .any(|word| QUANTITIES.contains(&word.text.as_str()))
}

/// On what an item says that its figure depends: "If the dam holds, ...", "... if the dam holds".
pub(super) fn condition(text: &str) -> &str {
    let opening = text
        .strip_prefix("If ")
        .and_then(|rest| Some((rest, rest.find(", ")?)));
    if let Some((rest, comma)) = opening {
        return part(rest, 0, comma);
    }
    let marks = ["conditional on ", "provided that ", "on condition that "];
    let found = marks
        .iter()
        .find_map(|mark| Some(text.find(mark)? + mark.len()));
    found.map_or("", |at| {
        let rest = part(text, at, text.len());
        let end = rest.find([')', ';', ',']).unwrap_or(rest.len());
        part(rest, 0, end).trim_end_matches(['.', ' '])
    })
}

/// The probability that stood before, and the words after it: "(was 55% on 6 January)".
fn former<'t>(text: &'t str, one: &Odds, all: &[Odds]) -> Option<(Likelihood, &'t str)> {
    let past = all.iter().find(|other| {
        let between = part(text, one.at.end, other.at.start).to_lowercase();
        let said = ["was ", "from ", "previously ", "before: ", "last month "]
            .iter()
            .any(|word| between.ends_with(word));
        other.at.start >= one.at.end && said && other.share && other.percent == one.percent
    })?;
    let rest = part(text, past.at.end, text.len());
    let rest = part(rest, 0, rest.find([')', ';']).unwrap_or(rest.len()));
    Some((stated_in(text, past, None)?, rest))
}

/// What follows one of some words after a figure; empty where none stands there.
fn after_word(value: &Value, one: &Odds, words: &[&str]) -> Value {
    let rest = part(&value.text, one.at.end, value.text.len());
    let lower = rest.to_ascii_lowercase();
    let found = words
        .iter()
        .find_map(|word| Some((lower.find(word)?, word.len())));
    found.map_or_else(Value::default, |(at, length)| {
        // What makes it true or false is told apart by these very words.
        let from = if words.len() > 1 { at } else { at + length };
        let said = rest.get(from..).unwrap_or("");
        let said = said.strip_prefix("Resolves ").unwrap_or(said);
        Value {
            text: said.trim_end_matches([')', '.', ' ']).to_owned(),
            at: value.at,
        }
    })
}

/// Headings that give what they name a probability, by the heading above them.
#[derive(Debug, Default)]
pub(super) struct Headed {
    sets: Vec<(Span, Vec<String>)>,
}

impl Headed {
    /// Reads a heading such as "Scenario 2: A long truce (35%)".
    pub(super) fn heading(&mut self, c: &mut Collector, heading: Span, parents: &[Span]) {
        let value = c.value(heading);
        let text = value.text.as_str();
        let all = odds(text);
        let fits = |one: &&Odds| {
            let apart = one.percent && (after_label(text, one) || bracketed(text, one));
            // "(P ≥ 0.25)" says of which scenarios a section is.
            let stated = one.best.is_some() || one.low.is_some() && one.high.is_some();
            one.share && stated && one.possible() && (apart || beside_chance(text, one))
        };
        let mut fitting = all.iter().filter(fits);
        let (Some(one), None) = (fitting.next(), fitting.next()) else {
            return;
        };
        let told = foresees(text) || parents.iter().any(|above| foresees(above.of(c.text)));
        let (Some(words), Some(likelihood)) = (foreseen(text, one), stated_in(text, one, None))
        else {
            return;
        };
        // "Scenarios of low probability (5-10%)" names a class of them.
        if !told || words.to_lowercase().ends_with("scenarios") {
            return;
        }
        let link = c.forecast(&Foreseen {
            statement: Value {
                text: words,
                at: heading,
            },
            chance: Some((likelihood, heading)),
            whole: heading,
            ..Foreseen::default()
        });
        let (Some(above), Some(link)) = (parents.first(), link) else {
            return;
        };
        match self.sets.iter_mut().find(|(known, _)| known == above) {
            Some((_, members)) => members.push(link),
            None => self.sets.push((*above, vec![link])),
        }
    }

    /// Scenarios that stand under one heading are one set.
    pub(super) fn sets(self, c: &mut Collector, blocks: &Blocks) {
        let mut said = Vec::new();
        for (title, members) in self.sets.into_iter().filter(|(_, all)| all.len() > 1) {
            if said.is_empty() {
                said = structures(c, blocks);
            }
            c.scenario_set(title, members, &said);
        }
    }
}

/// The sentences that speak of scenarios as a whole.
fn structures(c: &Collector, blocks: &Blocks) -> Vec<Span> {
    let paragraphs = blocks.blocks.iter().filter_map(|block| match block {
        Block::Paragraph(span) => Some(*span),
        Block::Heading { .. } | Block::List(_) | Block::Table(_) | Block::Break => None,
    });
    paragraphs
        .filter(|span| span.of(c.text).contains("scenarios"))
        .flat_map(|span| sentences(c.text, span))
        .filter(|span| span.of(c.text).contains("scenarios"))
        .collect()
}

/// Whether words say that what they name may come true; an outcome can be one that came.
fn foresees(text: &str) -> bool {
    let words = words(text);
    let says = |list: &[&str]| words.iter().any(|word| list.contains(&word.text.as_str()));
    let told = says(&["scenario", "forecast", "prediction", "pathway"])
        || says(&["outcome", "future"]) && says(&["likely", "possible", "probable", "plausible"]);
    told && !measures(&words)
}

/// Whether the figure stands alone in brackets.
fn bracketed(text: &str, one: &Odds) -> bool {
    let before = part(text, 0, one.at.start).trim_end_matches([' ', '~', '≈']);
    let after = part(text, one.at.end, text.len());
    before.ends_with(['(', '[']) && after.starts_with([')', ']'])
}

/// Whether words say that figures below them are probabilities.
fn announces(text: &str) -> bool {
    const PLURALS: [&str; 4] = ["probabilities", "likelihoods", "chances", "odds"];
    let words = words(text);
    // "Probability board": a heading, not a sentence that speaks of one.
    let board = words.len() <= 4
        && words
            .iter()
            .any(|word| matches!(word.text.as_str(), "probability" | "likelihood" | "odd"));
    board
        || words
            .iter()
            .any(|word| PLURALS.contains(&word.at.of(text).to_lowercase().as_str()))
}

/// Whether nothing but a label stands before the figure.
fn after_label(text: &str, one: &Odds) -> bool {
    let before = text
        .get(..one.at.start)
        .unwrap_or("")
        .trim_end_matches([' ', '~', '≈', '(']);
    before.ends_with([':', '–', '—', '-', '='])
}

/// What may come true: the item without its figure.
fn foreseen(text: &str, one: &Odds) -> Option<String> {
    let label = text.find(": ").filter(|at| *at < one.at.start);
    let label = label.filter(|at| {
        text.get(..*at)
            .is_some_and(|label| label.split_whitespace().count() <= LABEL_WORDS_MAX)
    });
    let start = label.map_or(0, |at| at + 2);
    let rest = Span::new(start, text.len());
    let mut clause = clause(text, rest, one.at);
    let inner = bracket(text, clause, one.at);
    if let Some(open) = inner {
        clause = Span::new(clause.start, open);
    }
    let before = part(text, clause.start, one.at.start.min(clause.end));
    let after = if inner.is_some() {
        ""
    } else {
        part(text, one.at.end, clause.end)
    };
    let left = joined(before, after);
    let label = label.map(|at| text.get(..at).unwrap_or("").trim());
    // The key that a series gives says all.
    if let Some(key) = label.filter(|label| label.contains('_') && !label.contains(' ')) {
        return Some(key.to_owned());
    }
    let label = label.filter(|label| !label.contains(|c: char| c.is_ascii_digit() || c == '%'));
    let bare = chance_words_only(&left);
    let said = if bare {
        // The figure stands apart: what it is the probability of stands before it.
        let marks = [' ', '—', '–', '-', ';', ',', '(', ':'];
        part(text, start, clause.start)
            .trim_end_matches(marks)
            .trim()
            .to_owned()
    } else if label.is_none() && inner.is_none() {
        phrase(text, one, clause).unwrap_or(left)
    } else {
        left
    };
    let said = plain_degree(&said);
    let whole = match label {
        Some(label) if said.is_empty() => label.to_owned(),
        Some(label) => format!("{label}: {said}"),
        None => said,
    };
    (whole.contains(char::is_alphabetic) && !chance_words_only(&whole)).then_some(whole)
}

/// "with 74.4% success probability": the words from the figure to the word of chance.
fn phrase(text: &str, one: &Odds, clause: Span) -> Option<String> {
    let before = part(text, clause.start, one.at.start).trim_end();
    let hangs = [" with", " at", " a", " an"]
        .iter()
        .any(|end| before.ends_with(end));
    let after = part(text, one.at.end, clause.end).trim();
    let said = !after.is_empty() && !chance_words_only(after);
    (hangs && said).then(|| after.to_owned())
}

/// The clause of `rest` in which the figure stands.
fn clause(text: &str, rest: Span, figure: Span) -> Span {
    const MARKS: [&str; 8] = ["; ", ", ", ". ", " — ", " – ", " but ", " while ", " and "];
    let part = rest.of(text);
    let (from, to) = (
        figure.start - rest.start.min(figure.start),
        figure.end - rest.start.min(figure.end),
    );
    let mut found = (0, part.len());
    for mark in MARKS {
        for (at, _) in part.match_indices(mark) {
            let enclosed = inside_brackets(part, at);
            if at + mark.len() <= from && !enclosed {
                // "A ceasefire, with talks: 40%" is one event; a comma does not part it.
                if !matches!(mark, ", " | " and ") {
                    found.0 = found.0.max(at + mark.len());
                }
            } else if at >= to && !enclosed {
                found.1 = found.1.min(at);
            }
        }
    }
    rest.part(found.0, found.1)
}

fn inside_brackets(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or("");
    before.matches('(').count() > before.matches(')').count()
}

/// Where the bracket opens in which the figure stands, or that follows it at once.
fn bracket(text: &str, clause: Span, figure: Span) -> Option<usize> {
    let before = part(text, clause.start, figure.start);
    let open = before.rfind('(')?;
    (!part(before, open, before.len()).contains(')')).then_some(clause.start + open)
}

fn part(text: &str, start: usize, end: usize) -> &str {
    text.get(start..end.max(start)).unwrap_or("")
}

fn joined(before: &str, after: &str) -> String {
    let after = after.split('(').next().unwrap_or("");
    let marks =
        |c: char| c.is_whitespace() || matches!(c, ',' | ';' | '~' | '≈' | '(' | ')' | '=' | '.');
    let parts = [before.trim_matches(marks), after.trim_matches(marks)];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(" ")
}

/// Without a word that only compares: "Highest war risk".
fn plain_degree(text: &str) -> String {
    const DEGREES: [&str; 6] = ["highest", "lowest", "high", "low", "higher", "lower"];
    let (first, rest) = text.split_once(' ').unwrap_or((text, ""));
    let compares = DEGREES.contains(&first.to_lowercase().as_str()) && !rest.is_empty();
    if compares {
        rest.to_owned()
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentage_is_predicted_only_of_an_event() {
        for (text, statement) in [
            (
                "Will the ferry sail by June? **40%**",
                Some("Will the ferry sail by June?"),
            ),
            ("Will the ferry sail? (40%)", Some("Will the ferry sail?")),
            (
                "Crews return to port by 3 May: forecast 30%",
                Some("Crews return to port by 3 May"),
            ),
            (
                "The port will open again: our estimate ~20%",
                Some("The port will open again"),
            ),
            ("Wage growth this year: forecast 3.2%", None),
            ("Wage growth by the end of 2026: forecast 3.2%", None),
            ("Cement exports by sea: forecast 12%", None),
            (
                "Is the harbour losing trade? Cargo fell 0.5% in spring.",
                None,
            ),
        ] {
            let found = predicted(text, &odds(text)).map(|(_, statement)| statement);
            assert_eq!(found.as_deref(), statement, "{text}");
        }
    }

    #[test]
    fn an_outcome_or_a_future_alone_foresees_nothing() {
        for (text, told) in [
            ("Scenarios for the strait", true),
            ("Most likely outcomes", true),
            ("Possible futures", true),
            ("GDP forecast for the islands", false),
            ("Election outcome", false),
            ("The future of energy", false),
        ] {
            assert_eq!(foresees(text), told, "{text}");
        }
    }

    #[test]
    fn what_may_come_true_is_left_when_the_figure_goes() {
        for (text, expected) in [
            (
                "Negotiated settlement (74% probability)",
                Some("Negotiated settlement"),
            ),
            ("War risk: 18.7% (acceptable)", Some("War risk")),
            (
                "Deal probability: 74% chance of a treaty",
                Some("Deal probability: chance of a treaty"),
            ),
            (
                "Pressure and talks: 82% deal probability but slower",
                Some("Pressure and talks: deal probability"),
            ),
            (
                "Blockade: Highest war risk (49%), lowest success",
                Some("Blockade: war risk"),
            ),
            (
                "Tier I (>25%): A pact, then a stall — probability 0.42 (likely)",
                Some("A pact, then a stall"),
            ),
            (
                "A balance of both with 74% success probability",
                Some("success probability"),
            ),
            ("LGN_TRUCE_60D: P=0.24 → FALSE", Some("LGN_TRUCE_60D")),
            ("A 40% probability", None),
        ] {
            let one = odds(text).into_iter().find(|one| beside_chance(text, one));
            let one = one.unwrap_or_else(|| panic!("{text}"));
            assert_eq!(foreseen(text, &one).as_deref(), expected, "{text}");
        }
    }
}
