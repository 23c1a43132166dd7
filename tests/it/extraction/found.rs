//! The elements of a draft in the terms that labels have.

use chancery::import::Draft;
use chancery::model::names::Names;
use chancery::model::v1::{self, Citation};

/// The kinds that are labelled.
pub(super) const KINDS: [&str; 10] = [
    "redLines",
    "risks",
    "focusAreas",
    "tools",
    "intentions",
    "challenges",
    "recommendations",
    "judgments",
    "forecasts",
    "indicators",
];

/// The construct of the text that says something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Construct {
    Table,
    List,
    Prose,
}

/// Further fields of an element: name and text.
pub(super) type Fields = Vec<(&'static str, String)>;

/// One element of a draft.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) kind: &'static str,
    pub(super) construct: Construct,
    /// The actor's resource name, or the title of one that the draft proposes.
    pub(super) actor: String,
    pub(super) texts: Vec<String>,
    pub(super) probability: Option<f64>,
    pub(super) fields: Fields,
    /// The line of the text, from 1.
    pub(super) line: usize,
    pub(super) id: String,
    pub(super) citations: Vec<Citation>,
}

/// Every element of the labelled kinds.
pub(super) fn found(draft: &Draft) -> Vec<Found> {
    let a = &draft.assessment;
    let mut all: Vec<Found> = Vec::new();
    let mut add = |kind, id: &str, actor: &str, citations: &[Citation], texts: Vec<String>| {
        let at = first(citations);
        all.push(Found {
            kind,
            construct: construct(&draft.text, at),
            actor: titled(a, actor),
            texts,
            probability: None,
            fields: Vec::new(),
            line: draft.text.get(..at).unwrap_or("").matches('\n').count() + 1,
            id: id.to_owned(),
            citations: citations.to_vec(),
        });
        all.len() - 1
    };
    let mut fields: Vec<(usize, Fields, Option<f64>)> = Vec::new();
    for e in &a.red_lines {
        let texts = vec![together(&e.title, &e.stance), e.stance.clone()];
        let at = add("redLines", &e.id, &e.actor, &e.citations, texts);
        fields.push((at, vec![("implication", e.implications.join("; "))], None));
    }
    for e in &a.risks {
        let at = add("risks", &e.id, "", &e.citations, vec![e.statement.clone()]);
        let best = e.likelihood.as_ref().and_then(|l| l.best);
        fields.push((at, vec![("focus", focus(a, &e.focus_area))], best));
    }
    for e in &a.focus_areas {
        let at = add("focusAreas", &e.id, "", &e.citations, vec![e.title.clone()]);
        let risks: Vec<&str> = e.risks.iter().map(|link| risk(a, link)).collect();
        let own = vec![
            ("outcome", e.potential_outcomes.join("; ")),
            ("risk", risks.join("; ")),
        ];
        fields.push((at, own, None));
    }
    for e in &a.tools {
        let texts = vec![e.title.clone(), together(&e.title, &e.purpose)];
        let at = add("tools", &e.id, "", &e.citations, texts);
        let outcome = e.expected_outcomes.join("; ");
        fields.push((
            at,
            vec![("purpose", e.purpose.clone()), ("outcome", outcome)],
            None,
        ));
    }
    for e in &a.intentions {
        add(
            "intentions",
            &e.id,
            &e.actor,
            &e.citations,
            vec![e.statement.clone()],
        );
    }
    for e in &a.challenges {
        add(
            "challenges",
            &e.id,
            "",
            &e.citations,
            vec![e.statement.clone()],
        );
    }
    for e in &a.recommendations {
        let at = add(
            "recommendations",
            &e.id,
            "",
            &e.citations,
            vec![e.statement.clone()],
        );
        fields.push((at, vec![("addressee", titled(a, &e.addressee))], None));
    }
    for e in &a.judgments {
        add(
            "judgments",
            &e.id,
            "",
            &e.citations,
            vec![e.statement.clone()],
        );
    }
    for e in &a.forecasts {
        let at = add(
            "forecasts",
            &e.id,
            "",
            &e.citations,
            vec![e.statement.clone()],
        );
        let best = e.likelihood.as_ref().and_then(|l| l.best);
        let window = e.window.as_ref().map_or(String::new(), |w| w.text.clone());
        fields.push((at, vec![("window", window)], best));
    }
    for e in &a.indicators {
        let at = add(
            "indicators",
            &e.id,
            "",
            &e.citations,
            vec![e.observable.clone()],
        );
        let window = e.window.as_ref().map_or(String::new(), |w| w.text.clone());
        fields.push((
            at,
            vec![("window", window), ("threshold", e.threshold.clone())],
            None,
        ));
    }
    for (at, own, best) in fields {
        if let Some(found) = all.get_mut(at) {
            found.fields = own;
            found.probability = best;
        }
    }
    all
}

fn together(title: &str, rest: &str) -> String {
    if title == rest {
        title.to_owned()
    } else {
        format!("{title} {rest}")
    }
}

fn titled(a: &v1::Assessment, actor: &str) -> String {
    let id = actor.strip_prefix("actors/").unwrap_or(actor);
    let known = Names::builtin().title(actor).is_some();
    let proposed = a.proposed_actors.iter().find(|proposed| proposed.id == id);
    match proposed.filter(|_| !known) {
        Some(proposed) => proposed.title.to_lowercase(),
        None => actor.to_owned(),
    }
}

fn focus(a: &v1::Assessment, link: &str) -> String {
    let id = link.trim_start_matches("focusAreas/");
    let area = a.focus_areas.iter().find(|area| area.id == id);
    area.map_or(String::new(), |area| area.title.clone())
}

fn risk<'a>(a: &'a v1::Assessment, link: &str) -> &'a str {
    let id = link.trim_start_matches("risks/");
    let risk = a.risks.iter().find(|risk| risk.id == id);
    risk.map_or("", |risk| risk.statement.as_str())
}

/// Whether an element is said in running text.
pub(super) fn in_prose(text: &str, citations: &[Citation]) -> bool {
    construct(text, first(citations)) == Construct::Prose
}

/// Where an element is first said: not where only its actor is named.
fn first(citations: &[Citation]) -> usize {
    let names_only = |citation: &&Citation| {
        let mut paths = citation.supports.iter();
        let only = paths.all(|path| matches!(path.as_str(), "actor" | "addressee" | "window"));
        only && !citation.supports.is_empty()
    };
    let said = citations
        .iter()
        .find(|c| !names_only(c))
        .or(citations.first());
    let start = said.and_then(|citation| citation.start);
    start.and_then(|at| usize::try_from(at).ok()).unwrap_or(0)
}

/// What sort of line a place is on.
fn construct(text: &str, at: usize) -> Construct {
    let start = text
        .get(..at)
        .and_then(|before| before.rfind('\n'))
        .map_or(0, |at| at + 1);
    let rest = text.get(start..).unwrap_or("");
    let line = rest.lines().next().unwrap_or("");
    if line.matches('|').count() >= 2 || line.trim().contains(" | ") || line.trim().contains('\t') {
        return Construct::Table;
    }
    if item(line) {
        return Construct::List;
    }
    // A line that goes on with the item above it.
    let above = text.get(..start).unwrap_or("").trim_end_matches('\n');
    let indented = line.starts_with([' ', '\t']);
    let parted = text.get(..start).unwrap_or("").ends_with("\n\n");
    if above.is_empty() || (parted && !indented) || line.starts_with('#') {
        return Construct::Prose;
    }
    let start = above.rfind('\n').map_or(0, |at| at + 1);
    let own = above.get(start..).unwrap_or("").trim_end();
    if own.is_empty() || own.starts_with('#') || own.ends_with(['.', ':']) && !indented {
        return Construct::Prose;
    }
    construct(text, start)
}

fn item(line: &str) -> bool {
    let line = line.trim_start_matches([' ', '\t', '>']);
    let digits = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let numbered = digits.len() < line.len() && digits.starts_with([')', '.']);
    let marks = [
        '-', '*', '+', '•', '‣', '◦', '▪', '●', '○', '■', '·', '–', '—', '→',
    ];
    let bullet = line.starts_with(marks) && line.chars().nth(1).is_some_and(char::is_whitespace);
    bullet || (numbered && digits.chars().nth(1).is_some_and(char::is_whitespace))
}
