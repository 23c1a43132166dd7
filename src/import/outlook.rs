//! Tables that look ahead -> forecasts, their revisions, indicators.
//!
//! A column of probabilities whose cells are none (a scale of 1 to 5, counts) makes the table
//! another sort and yields nothing; so do rows of totals and rows that are still to be filled.

use super::codes;
use super::collect::{Collector, Value};
use super::forecasts::{Foreseen, outcome, same, stated};
use super::headers::{Era, Role, era};
use super::indicators::Watched;
use super::odds::odds;
use super::plain::plain;
use super::roles::Shape;
use super::rows::GridReader;
use super::span::Span;
use super::table::Row;
use super::windows::window_in;
use super::words::folded;
use crate::model::v1::{DoubtKind, Likelihood, LikelihoodOrigin, LikelihoodScheme};

/// Sentences above a table that may say how its scenarios stand to each other.
const SENTENCES_MAX: usize = 12;
/// A row that tells from what to what a probability was changed, and when.
struct Change {
    named: Value,
    past: (Likelihood, Span),
    now: Option<(Likelihood, Span)>,
    made: Value,
    trigger: Value,
    whole: Span,
}

impl Change {
    /// What the row says of its forecast; the row that gave the former value tells when that was.
    fn seen(&self, all: &[Self]) -> Foreseen {
        let gave = |other: &&Self, chance: &Likelihood| {
            let now = other.now.as_ref().is_some_and(|(now, _)| same(now, chance));
            now && other.named.text == self.named.text
        };
        let before = all.iter().find(|other| gave(other, &self.past.0));
        let last = self.now.as_ref().filter(|(now, _)| {
            !all.iter()
                .any(|other| other.named.text == self.named.text && same(&other.past.0, now))
        });
        Foreseen {
            statement: self.named.clone(),
            key: self.named.clone(),
            past: Some(self.past.clone()),
            past_made: before.map_or_else(Value::default, |row| row.made.clone()),
            trigger: self.trigger.clone(),
            made: last.map_or_else(Value::default, |_| self.made.clone()),
            whole: self.whole,
            ..Foreseen::default()
        }
    }
}

impl GridReader<'_> {
    /// Reads a table that looks ahead.
    pub(super) fn outlook(&self, c: &mut Collector, shape: &Shape) {
        match shape {
            Shape::Forecasts {
                statement,
                key,
                chances,
            } => self.forecasts(c, *statement, *key, chances),
            Shape::Revisions { key, chances } => self.revisions(c, *key, chances),
            Shape::Indicators { observable } => self.indicators(c, *observable),
            Shape::RedLines { .. }
            | Shape::Focus { .. }
            | Shape::Risks { .. }
            | Shape::Tools { .. }
            | Shape::Recommendations { .. }
            | Shape::Challenges { .. }
            | Shape::Positions { .. }
            | Shape::Intentions { .. } => {}
        }
    }

    fn forecasts(&self, c: &mut Collector, statement: usize, key: Option<usize>, all: &[usize]) {
        let chances: Vec<usize> = all
            .iter()
            .copied()
            .filter(|at| self.likely(c, *at))
            .collect();
        if chances.is_empty() {
            return;
        }
        let header = |column: usize| {
            let cell = self.grid.header.cells.get(column);
            plain(cell.map_or("", |cell| cell.of(c.text)))
        };
        let eras: Vec<(usize, Era)> = chances.iter().map(|at| (*at, era(&header(*at)))).collect();
        let scenarios = self.roles.column(&[Role::Scenario, Role::Key]).is_some();
        // Values of one thing at several times, or probabilities of several things?
        let timed = eras.len() == 1 || eras.iter().any(|(_, era)| *era != Era::Unsaid);
        let mut members = Vec::new();
        for row in self.rows(c, statement) {
            let Some(name) = self.named(c, &row, statement) else {
                continue;
            };
            let key = self.value(c, &row, key);
            if timed {
                members.extend(self.forecast(c, &row, (&name, &key), &eras));
                continue;
            }
            for column in &chances {
                let what = header(*column);
                let mut named = name.clone();
                named.text = format!("{}: {what}", name.text);
                self.forecast(c, &row, (&named, &key), &[(*column, Era::Now)]);
            }
        }
        let title = self.above.headings.first();
        if let Some(title) = title.filter(|_| scenarios && members.len() > 1) {
            let near = self.above.section.iter().rev().take(SENTENCES_MAX);
            let said: Vec<Span> = near
                .chain(self.above.headings.iter().take(2))
                .copied()
                .collect();
            c.scenario_set(*title, members, &said);
        }
    }

    /// One forecast of a row, from the columns of its probability.
    fn forecast(
        &self,
        c: &mut Collector,
        row: &Row,
        (name, key): (&Value, &Value),
        eras: &[(usize, Era)],
    ) -> Option<String> {
        let present = eras.iter().find(|(_, era)| *era == Era::Now);
        let present = present.or_else(|| eras.iter().find(|(_, era)| *era == Era::Unsaid));
        let present = present.or_else(|| eras.last());
        let past = eras
            .iter()
            .find(|one| present != Some(*one) && one.1 == Era::Past);
        let chance = self.stated(c, row, present?.0);
        let verdict = [Role::Verdict, Role::Outcome, Role::Status]
            .iter()
            .find_map(|role| {
                let value = self.value(c, row, Some(self.roles.column(&[*role])?));
                outcome(&value.text).map(|_| value)
            });
        let mut window = self.value(c, row, self.roles.column(&[Role::Timing]));
        if window.text.is_empty() {
            window = self.above_window(c);
        }
        let blank = chance.is_none() && (window.text.is_empty() || verdict.is_none());
        if blank {
            return None;
        }
        let seen = Foreseen {
            statement: name.clone(),
            key: key.clone(),
            chance,
            past: past.and_then(|(column, _)| self.stated(c, row, *column)),
            trigger: self.value(c, row, self.roles.column(&[Role::Trigger, Role::Purpose])),
            window,
            confidence: self.value(c, row, self.roles.column(&[Role::Confidence])),
            condition: self.value(c, row, self.condition(c)),
            criterion: self.value(c, row, self.roles.column(&[Role::Criterion])),
            verdict: verdict.unwrap_or_default(),
            resolved: self.value(c, row, self.roles.column(&[Role::Resolved])),
            whole: extent(row),
            ..Foreseen::default()
        };
        c.forecast(&seen)
    }

    /// The column of what a forecast depends on.
    fn condition(&self, c: &Collector) -> Option<usize> {
        const NAMES: [&str; 6] = [
            "condition",
            "conditional on",
            "conditioned on",
            "depends on",
            "given",
            "provided",
        ];
        let mut header = self.grid.header.cells.iter();
        header.position(|cell| {
            let words = plain(cell.of(c.text)).to_lowercase();
            NAMES.contains(&words.trim_end_matches('s')) || NAMES.contains(&words.as_str())
        })
    }

    /// The window that the nearest words above state.
    fn above_window(&self, c: &Collector) -> Value {
        let near = self
            .above
            .lead
            .into_iter()
            .chain(self.above.headings.first().copied());
        let found = near.filter_map(|span| window_in(c.text, span)).next();
        found.map_or_else(Value::default, |at| c.value(at))
    }

    fn revisions(&self, c: &mut Collector, key: usize, chances: &[usize]) {
        let header = |column: usize| {
            let cell = self.grid.header.cells.get(column);
            era(&plain(cell.map_or("", |cell| cell.of(c.text))))
        };
        let Some(old) = chances.iter().copied().find(|at| header(*at) == Era::Past) else {
            return;
        };
        let new = chances.iter().copied().find(|at| header(*at) == Era::Now);
        let mut changes: Vec<Change> = Vec::new();
        for row in self.rows(c, key) {
            let named = self.value(c, &row, Some(key));
            let known = ["", "key"].iter().any(|sort| {
                c.known(&("forecasts", (*sort).to_owned(), folded(&named.text)))
                    .is_some()
            });
            let Some(past) = self.stated(c, &row, old).filter(|_| known) else {
                continue;
            };
            changes.push(Change {
                named,
                past,
                now: new.and_then(|new| self.stated(c, &row, new)),
                made: self.value(c, &row, self.roles.column(&[Role::Timing])),
                trigger: self.value(c, &row, self.roles.column(&[Role::Trigger, Role::Purpose])),
                whole: extent(&row),
            });
        }
        for change in &changes {
            c.forecast(&change.seen(&changes));
        }
    }

    fn indicators(&self, c: &mut Collector, observable: usize) {
        for row in self.rows(c, observable) {
            let Some(name) = self.named(c, &row, observable) else {
                continue;
            };
            if row.filled().nth(1).is_none() {
                continue;
            }
            let value =
                |c: &mut Collector, role: Role| self.value(c, &row, self.roles.column(&[role]));
            let seen = Watched {
                observable: name,
                threshold: value(c, Role::Threshold),
                significance: value(c, Role::Implication),
                affected: value(c, Role::Affected),
                window: value(c, Role::Timing),
                status: value(c, Role::Status),
                observed: value(c, Role::Resolved),
                whole: extent(&row),
            };
            c.indicator(&seen);
        }
    }

    /// The cell that names a row; none for totals and for rows that are still to be filled.
    fn named(&self, c: &mut Collector, row: &Row, column: usize) -> Option<Value> {
        let name = self.key(c, row, column)?;
        let open =
            |text: &str| text.starts_with(['(', '[', '<']) && text.ends_with([')', ']', '>']);
        // A row of a yardstick gives a word its range and foresees nothing.
        let term = codes::estimate(&name.text).is_some_and(|(_, at)| at == (0, name.text.len()));
        (!term && !open(&name.text)).then_some(name)
    }

    /// The probability in a cell, or a doubt where it cannot be one.
    fn stated(&self, c: &mut Collector, row: &Row, column: usize) -> Option<(Likelihood, Span)> {
        let cell = self.value(c, row, Some(column));
        let figures = cell.text.contains(|c: char| c.is_ascii_digit());
        if cell.text.is_empty() {
            return None;
        }
        if let Some(stated) = stated(&cell) {
            return Some((stated, cell.at));
        }
        if figures {
            let reason = "This is no probability that can be read; it was left out.";
            c.doubts.add(cell.at, DoubtKind::UnclearValue, reason);
            return None;
        }
        let words = Likelihood {
            text: cell.text.clone(),
            scheme: LikelihoodScheme::Undeclared.into(),
            origin: LikelihoodOrigin::StatedWord.into(),
            ..Likelihood::default()
        };
        let said = super::chances::likelihood(&cell.text).map(|said| Likelihood {
            term: said.term,
            ..words.clone()
        });
        let few = cell.text.split_whitespace().count() <= 4;
        few.then(|| (said.unwrap_or(words), cell.at))
    }

    /// Whether most cells of a column can be probabilities.
    fn likely(&self, c: &Collector, column: usize) -> bool {
        let risk = self.roles.0.get(column) == Some(&Role::Risk);
        let (mut can, mut cannot) = (0, 0);
        for cell in self
            .grid
            .rows
            .iter()
            .filter_map(|row| row.cells.get(column))
        {
            let text = plain(cell.of(c.text));
            let fits = match odds(&text).first() {
                Some(one) => {
                    // "140%" is written as a probability, and is doubted.
                    (one.possible() || one.percent)
                        && (one.share || text == "0" || text == "1")
                        && (one.percent || !risk)
                }
                None => !risk && text.contains(char::is_alphabetic),
            };
            if text.contains(char::is_alphanumeric) {
                if fits { can += 1 } else { cannot += 1 }
            }
        }
        can > cannot
    }
}

/// The place of a row without the pipes at its ends.
fn extent(row: &Row) -> Span {
    let mut cells = row.filled().map(|(_, cell)| cell);
    let first = cells.next().unwrap_or(row.span);
    cells.fold(first, |all, cell| all.join(cell))
}
