//! What import finds in labelled articles.
//!
//! Labels were written by people who did not see the importer. What tables and lists of the
//! articles of `tests/articles` say is compared exactly: texts are trimmed and curly quotes
//! folded, nothing more; optional labels count neither way. Where a development set lies beside
//! the checkout, `score` measures precision and recall on it, and `sample` draws from the rest.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test says what it read and stops where it cannot"
)]

mod corpus;
mod found;
mod hostile;
mod hostile_inputs;
mod sample;
mod score;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use chancery::import::{Draft, draft};
use chancery::model::limits::Limits;
use chancery::model::names::{Names, Resolution};
use chancery::model::v1;
use serde_json::Value;

/// One entry per element, so that an element found twice shows.
type Facts = Vec<Vec<String>>;

#[test]
fn own_articles_are_read_exactly() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/articles");
    let mut labels: Vec<PathBuf> = fs::read_dir(&folder)
        .expect("tests/articles")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.to_string_lossy().ends_with(".expected.json"))
        .collect();
    labels.sort();
    assert!(labels.len() >= 5, "{} labelled articles", labels.len());
    let problems: String = labels.iter().map(|path| check(path)).collect();
    assert!(problems.is_empty(), "\n{problems}");
}

/// Compares one article with its labels; the answer lists what differs, one line each.
fn check(path: &Path) -> String {
    let labels = fs::read_to_string(path).expect("labels");
    let labels: Value = serde_json::from_str(&labels).expect("labels are JSON");
    let stem = path
        .to_string_lossy()
        .trim_end_matches(".expected.json")
        .to_owned();
    let article = ["md", "txt"]
        .iter()
        .map(|end| PathBuf::from(format!("{stem}.{end}")));
    let article = article
        .into_iter()
        .find(|path| path.exists())
        .expect("an article");
    let media_type = if article.extension().is_some_and(|end| end == "md") {
        "text/markdown"
    } else {
        "text/plain"
    };
    let bytes = fs::read(&article).expect("the article");
    let found = draft(&bytes, media_type, Names::builtin(), &Limits::default()).expect("a draft");
    let mut problems = String::new();
    for (kind, facts) in facts(&found) {
        compare(kind, &facts, &labels, &mut problems);
    }
    words_that_must_not_be(&found, &labels, &mut problems);
    damage(&found, &labels, &mut problems);
    citations(&found, &mut problems);
    let title = article
        .file_name()
        .map(|name| name.to_string_lossy().into_owned());
    println!(
        "{}: {} red lines, {} focus areas, {} risks, {} tools, {} intentions, {} challenges, {} \
         recommendations, {} doubts",
        title.clone().unwrap_or_default(),
        found.assessment.red_lines.len(),
        found.assessment.focus_areas.len(),
        found.assessment.risks.len(),
        found.assessment.tools.len(),
        found.assessment.intentions.len(),
        found.assessment.challenges.len(),
        found.assessment.recommendations.len(),
        found.doubts.len(),
    );
    for doubt in &found.doubts {
        println!(
            "  doubt: {} <{}>",
            doubt.reason,
            doubt.quote.chars().take(80).collect::<String>()
        );
    }
    if problems.is_empty() {
        problems
    } else {
        format!("{}\n{problems}", title.unwrap_or_default())
    }
}

/// What the draft says from tables and lists, in the fields that labels have.
fn facts(found: &Draft) -> Vec<(&'static str, Facts)> {
    let a = &found.assessment;
    let listed = |citations: &[v1::Citation]| !found::in_prose(&found.text, citations);
    let focus = |link: &str| {
        let id = link.trim_start_matches("focusAreas/");
        a.focus_areas
            .iter()
            .find(|area| area.id == id)
            .map_or("", |area| area.title.as_str())
    };
    let risk = |link: &String| {
        let id = link.trim_start_matches("risks/");
        a.risks
            .iter()
            .find(|risk| risk.id == id)
            .map_or("", |risk| risk.statement.as_str())
    };
    let fact = |texts: &[&str]| -> Vec<String> { texts.iter().map(|text| fold(text)).collect() };
    vec![
        (
            "redLines",
            a.red_lines
                .iter()
                .filter(|e| listed(&e.citations))
                .map(|e| fact(&[&e.actor, &e.title, &e.stance, &e.implications.join("; ")]))
                .collect(),
        ),
        (
            "focusAreas",
            a.focus_areas
                .iter()
                .filter(|e| listed(&e.citations))
                .map(|e| {
                    let risks: Vec<&str> = e.risks.iter().map(risk).collect();
                    fact(&[
                        &e.title,
                        &e.potential_outcomes.join("; "),
                        &risks.join("; "),
                    ])
                })
                .collect(),
        ),
        (
            "risks",
            a.risks
                .iter()
                .filter(|e| listed(&e.citations))
                .map(|e| fact(&[&e.statement, focus(&e.focus_area)]))
                .collect(),
        ),
        (
            "tools",
            a.tools
                .iter()
                .filter(|e| listed(&e.citations))
                .map(|e| fact(&[&e.title, &e.purpose, &e.expected_outcomes.join("; ")]))
                .collect(),
        ),
        (
            "intentions",
            a.intentions
                .iter()
                .filter(|e| listed(&e.citations))
                .map(|e| fact(&[&e.actor, &e.statement]))
                .collect(),
        ),
        (
            "challenges",
            a.challenges
                .iter()
                .filter(|e| listed(&e.citations))
                .map(|e| fact(&[&e.statement]))
                .collect(),
        ),
        (
            "recommendations",
            a.recommendations
                .iter()
                .filter(|e| listed(&e.citations))
                .map(|e| fact(&[&e.addressee, &e.statement]))
                .collect(),
        ),
    ]
}

/// The fields of a label, in the order of `facts`; `None` where the label says nothing.
fn label(kind: &str, label: &Value) -> Vec<Option<String>> {
    let fields: &[&str] = match kind {
        "redLines" => &["actor", "issue", "stance", "implication"],
        "focusAreas" => &["focus", "outcome", "risk"],
        "risks" => &["text", "focus"],
        "tools" => &["tool", "purpose", "expectedOutcome"],
        "intentions" => &["actor", "text"],
        "recommendations" => &["addressee", "text"],
        _ => &["text"],
    };
    fields
        .iter()
        .map(|field| {
            let text = label.get(*field).and_then(Value::as_str);
            match *field {
                "actor" | "addressee" => text.map(|name| fold(&resource(name))),
                // A label without an outcome or a stance says that the text has none.
                "focus" | "stance" | "implication" | "outcome" | "risk" | "purpose"
                | "expectedOutcome" => Some(fold(text.unwrap_or(""))),
                _ => text.map(fold),
            }
        })
        .collect()
}

fn resource(name: &str) -> String {
    if name.starts_with("actors/") {
        return name.to_owned();
    }
    match Names::builtin().actor(name) {
        Resolution::One(resource) => resource.to_owned(),
        Resolution::Unknown | Resolution::Ambiguous(_) => name.to_owned(),
    }
}

fn compare(kind: &str, facts: &[Vec<String>], labels: &Value, problems: &mut String) {
    let empty = Vec::new();
    let labels = labels.get(kind).and_then(Value::as_array).unwrap_or(&empty);
    let fits = |wanted: &[Option<String>], fact: &[String]| {
        wanted
            .iter()
            .zip(fact)
            .all(|(wanted, have)| wanted.as_ref().is_none_or(|w| w == have))
    };
    let mut left = facts.to_vec();
    for item in labels {
        let wanted = label(kind, item);
        let optional = item
            .get("optional")
            .and_then(Value::as_bool)
            .unwrap_or(false);
        match left.iter().position(|fact| fits(&wanted, fact)) {
            Some(at) => {
                left.remove(at);
            }
            None if optional => {}
            None => {
                let wanted: Vec<String> =
                    wanted.into_iter().map(Option::unwrap_or_default).collect();
                let _ = writeln!(problems, "  {kind} missing: {}", wanted.join(" | "));
            }
        }
    }
    for fact in left {
        let _ = writeln!(problems, "  {kind} not in the labels: {}", fact.join(" | "));
    }
}

fn strings<'v>(labels: &'v Value, field: &str) -> impl Iterator<Item = &'v str> {
    labels
        .get(field)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
}

fn words_that_must_not_be(found: &Draft, labels: &Value, problems: &mut String) {
    // The header or sentence that names the actor is cited beside an element, not said by it.
    let mut said = found.assessment.clone();
    let names_only = |citation: &v1::Citation| {
        citation
            .supports
            .iter()
            .any(|path| path == "actor" || path == "addressee")
    };
    said.red_lines
        .iter_mut()
        .for_each(|e| e.citations.retain(|c| !names_only(c)));
    said.intentions
        .iter_mut()
        .for_each(|e| e.citations.retain(|c| !names_only(c)));
    said.recommendations
        .iter_mut()
        .for_each(|e| e.citations.retain(|c| !names_only(c)));
    let all = fold(&format!("{said:?}"));
    for words in strings(labels, "mustNotContain") {
        if all.contains(&fold(words)) {
            let _ = writeln!(problems, "  the draft contains: {words}");
        }
    }
}

/// Exactly one doubt covers each damaged piece, and no other overlaps it.
fn damage(found: &Draft, labels: &Value, problems: &mut String) {
    let text = &found.text;
    let mut damaged: Vec<(usize, usize)> = Vec::new();
    for piece in strings(labels, "damaged") {
        let piece = piece.trim().replace("\r\n", "\n");
        match text.find(&piece) {
            Some(start) => damaged.push((start, start + piece.len())),
            None => {
                let _ = writeln!(problems, "  the text has no: {piece}");
            }
        }
    }
    if text.contains("To Conclude As talks") {
        let start = text.find("To Conclude As talks").unwrap_or(0);
        let word = "ADVERTISEMENT";
        let end = text
            .get(start..)
            .and_then(|rest| rest.find(word))
            .unwrap_or(0);
        damaged.push((start, start + end + word.len()));
    }
    let at = |place: Option<i32>| place.and_then(|at| usize::try_from(at).ok()).unwrap_or(0);
    for (start, end) in damaged {
        let spans = found.doubts.iter().filter_map(|doubt| doubt.span.as_ref());
        let over = spans.filter(|span| at(span.start) < end && at(span.end) > start);
        let over: Vec<bool> = over
            .map(|span| at(span.start) <= start && at(span.end) >= end)
            .collect();
        if over != [true] {
            let piece = text.get(start..end).unwrap_or("");
            let _ = writeln!(
                problems,
                "  {} doubts touch the damaged: {piece}",
                over.len()
            );
        }
    }
}

fn citations(found: &Draft, problems: &mut String) {
    let a = &found.assessment;
    let mut cited: Vec<(&str, &[v1::Citation])> = Vec::new();
    cited.extend(
        a.red_lines
            .iter()
            .map(|e| (e.id.as_str(), e.citations.as_slice())),
    );
    cited.extend(
        a.focus_areas
            .iter()
            .map(|e| (e.id.as_str(), e.citations.as_slice())),
    );
    cited.extend(
        a.risks
            .iter()
            .map(|e| (e.id.as_str(), e.citations.as_slice())),
    );
    cited.extend(
        a.tools
            .iter()
            .map(|e| (e.id.as_str(), e.citations.as_slice())),
    );
    cited.extend(
        a.intentions
            .iter()
            .map(|e| (e.id.as_str(), e.citations.as_slice())),
    );
    cited.extend(
        a.challenges
            .iter()
            .map(|e| (e.id.as_str(), e.citations.as_slice())),
    );
    cited.extend(
        a.recommendations
            .iter()
            .map(|e| (e.id.as_str(), e.citations.as_slice())),
    );
    cited.extend(
        a.judgments
            .iter()
            .map(|e| (e.id.as_str(), e.citations.as_slice())),
    );
    for (id, citations) in cited {
        if citations.is_empty() {
            let _ = writeln!(problems, "  {id} cites nothing");
        }
        for citation in citations {
            let start = citation.start.and_then(|at| usize::try_from(at).ok());
            let end = citation.end.and_then(|at| usize::try_from(at).ok());
            let quoted = start
                .zip(end)
                .and_then(|(start, end)| found.text.get(start..end));
            if quoted != Some(citation.quote.as_str()) || citation.quote.is_empty() {
                let _ = writeln!(problems, "  {id} misquotes: {}", citation.quote);
            }
        }
    }
}

fn fold(text: &str) -> String {
    let quotes = |c: char| match c {
        '\u{2018}' | '\u{2019}' => '\'',
        '\u{201c}' | '\u{201d}' => '"',
        other => other,
    };
    text.trim().chars().map(quotes).collect()
}
