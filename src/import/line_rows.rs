//! Tables of red lines and stances: one actor's, a row's own, or a column for each actor.

use super::above::Above;
use super::collect::{Collector, Value};
use super::elements::{Line, Owner};
use super::headers::{Role, role};
use super::roles::Held;
use super::rows::GridReader;
use super::span::Span;
use super::words::words;
use crate::model::names::Resolution;
use crate::model::v1::IntentionKind;

impl GridReader<'_> {
    /// Rows of actors: what each wants, fears and will not have.
    pub(super) fn positions(&self, c: &mut Collector, actor: usize, columns: &[(usize, Held)]) {
        for row in self.rows(c, actor) {
            let owner = self.party(c, &row, actor);
            if owner.actor.is_empty() {
                continue;
            }
            for (column, held) in columns {
                let value = self.value(c, &row, Some(*column));
                if !value.text.is_empty() {
                    self.position(c, &owner, value, (*column, *held));
                }
            }
        }
    }

    fn position(&self, c: &mut Collector, owner: &Owner, value: Value, column: (usize, Held)) {
        let owner = owner.clone();
        let line = |issue: Value, stance: Value| Line {
            owner: owner.clone(),
            issue,
            stance,
            ..Line::default()
        };
        match column {
            (column, Held::Says) => c.red_line(line(self.headed(c, column), value)),
            (_, Held::Refuses) => c.red_line(line(value.clone(), value)),
            (_, Held::Wants(kind)) => c.intention(&value, &owner, kind, Vec::new()),
            (column, Held::Dreads) if self.feared(c, column) => {
                c.intention(&value, &owner, IntentionKind::Fear, Vec::new());
            }
            (_, Held::Dreads) => {
                c.risk(&value, "", Vec::new());
            }
        }
    }

    /// The issue that a header names: "On direct talks".
    fn headed(&self, c: &Collector, column: usize) -> Value {
        let header = self.grid.header.cells.get(column).copied();
        let named = c.value(header.unwrap_or_default());
        let bare = named
            .text
            .strip_prefix("On ")
            .or(named.text.strip_prefix("on "));
        match bare {
            Some(bare) => Value {
                text: bare.to_owned(),
                at: named.at,
            },
            None => named,
        }
    }

    /// Whether a column holds what somebody is afraid of.
    fn feared(&self, c: &Collector, column: usize) -> bool {
        let header = self.grid.header.cells.get(column);
        dreads(header.map_or("", |cell| cell.of(c.text)))
    }

    pub(super) fn red_lines(
        &self,
        c: &mut Collector,
        (actor, issue, implication): (Option<usize>, usize, Option<usize>),
        stances: &[usize],
    ) {
        let columns = match actor {
            Some(_) => vec![(stances.first().copied(), Owner::default())],
            None => self.owners(c, issue, stances),
        };
        for row in self.rows(c, issue) {
            let Some(issue) = self.key(c, &row, issue) else {
                continue;
            };
            // Actors against actors: a matrix of relations, not of stances on issues.
            let dyad = matches!(c.names.actor(&issue.text), Resolution::One(_));
            if dyad && columns.len() > 1 {
                continue;
            }
            // A row may itself say what its cells are: "Main goal | ... | ...".
            let held = if columns.len() > 1 {
                held(&issue.text)
            } else {
                Some(Held::Says)
            };
            let Some(held) = held else { continue };
            let implication = self.value(c, &row, implication);
            for (stance, owner) in &columns {
                let stance = self.value(c, &row, *stance);
                if stance.text.is_empty() && columns.len() > 1 {
                    continue;
                }
                let owner = match actor {
                    Some(column) => self.party(c, &row, column),
                    None => owner.clone(),
                };
                let (issue, implication) = (issue.clone(), implication.clone());
                let further = Vec::new();
                match held {
                    Held::Says => c.red_line(Line {
                        owner,
                        issue,
                        stance,
                        implication,
                        further,
                    }),
                    Held::Refuses => c.red_line(Line {
                        owner,
                        issue: stance.clone(),
                        stance,
                        implication,
                        further,
                    }),
                    Held::Wants(kind) => c.intention(&stance, &owner, kind, further),
                    Held::Dreads => c.intention(&stance, &owner, IntentionKind::Fear, further),
                }
            }
        }
    }

    /// The columns of stances with whose they are: one column, or one for each actor.
    fn owners(
        &self,
        c: &mut Collector,
        issue: usize,
        stances: &[usize],
    ) -> Vec<(Option<usize>, Owner)> {
        let header = |column: usize| self.grid.header.cells.get(column).copied();
        let alone = Above::default();
        let mut columns = Vec::new();
        if stances.len() > 1 {
            for column in stances {
                let Some(cell) = header(*column) else {
                    continue;
                };
                let owner = alone.owner(c, &[cell], cell);
                if !owner.actor.is_empty() {
                    columns.push((Some(*column), owner));
                }
            }
        }
        if columns.is_empty() {
            let stance = stances.first().copied();
            let own: Vec<Span> = stance
                .into_iter()
                .chain([issue])
                .filter_map(header)
                .collect();
            let owner = self.above.owner(c, &own, self.grid.header.span);
            columns.push((stance, owner));
        }
        columns
    }
}

/// What the cells of a row hold, told by the words that name it, where each column is an actor's;
/// none where they are about something else than stands and aims.
fn held(name: &str) -> Option<Held> {
    const LABEL_WORDS_MAX: usize = 3;
    let role = match words(name).len() {
        0..=LABEL_WORDS_MAX => role(name),
        _ => Role::Issue,
    };
    let beside = [
        Role::Other,
        Role::Aside,
        Role::Rating,
        Role::Likelihood,
        Role::Confidence,
        Role::Tool,
    ];
    if beside.contains(&role) {
        return None;
    }
    Some(if role == Role::RedLine {
        Held::Refuses
    } else if role == Role::Aim {
        Held::Wants(IntentionKind::Goal)
    } else if role == Role::Intention {
        Held::Wants(IntentionKind::Unspecified)
    } else if role == Role::Risk && dreads(name) {
        Held::Dreads
    } else {
        Held::Says
    })
}

/// Whether words name what somebody is afraid of.
fn dreads(name: &str) -> bool {
    words(name)
        .iter()
        .any(|word| matches!(word.text.as_str(), "fear" | "worry" | "concern" | "afraid"))
}
