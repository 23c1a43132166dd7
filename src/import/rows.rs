//! Tables -> elements: the columns' roles decide what a row is, cells are values with places.
//!
//! A cell into which prose ran is never a value: it becomes one doubt, and the rest of its row is
//! still read. A row that has more cells than its header, or lacks the cell that names it, is not
//! guessed at either.

use super::above::Above;
use super::chances::Grades;
use super::collect::{Collector, Value, median, overrun};
use super::elements::Owner;
use super::headers::{Role, role};
use super::holders::{Holder, holder};
use super::plain::{plain, says_nothing};
use super::roles::{Roles, Shape};
use super::span::Span;
use super::subjects::Subject;
use super::table::{Grid, Row, grids, sums_up};
use crate::model::names::Resolution;
use crate::model::v1::{DoubtKind, IntentionKind};

/// Reads the elements of a run of rows.
pub(super) fn read_table(c: &mut Collector, rows: &[Row], above: &Above) {
    let red_lines = above.speaks_of(c.text, Subject::RedLine);
    let means = |row: &Row| {
        let (mut roles, several) = roles(c, row);
        endangered(c, &mut roles, above);
        keyed(c, row, &mut roles);
        roles.shape(red_lines || several).is_some()
    };
    for grid in grids(c.text, rows, means) {
        read_grid(c, &grid, above, red_lines);
    }
}

/// The roles of the columns, and whether several of them are the stances of several actors. A
/// column named by nothing but an actor holds its stances, beside a column that can name issues.
fn roles(c: &Collector, header: &Row) -> (Roles, bool) {
    let mut roles: Vec<Role> = header
        .cells
        .iter()
        .map(|cell| role(&plain(cell.of(c.text))))
        .collect();
    let named = |cell: &Span| match c.names.actor(&plain(cell.of(c.text))) {
        Resolution::One(actor) => Some(actor.to_owned()),
        Resolution::Unknown | Resolution::Ambiguous(_) => None,
    };
    let columns = || header.cells.iter().zip(&roles);
    let actors = columns().filter(|(cell, role)| **role == Role::Unknown && named(cell).is_some());
    let open = actors.count() > 1 && roles.first() == Some(&Role::Unknown);
    let open = open && header.cells.first().and_then(named).is_none();
    let issues = [Role::Issue, Role::RedLine, Role::Focus];
    if let Some(first) = roles.first_mut().filter(|_| open) {
        *first = Role::Issue;
    }
    let mut holders: Vec<String> = Vec::new();
    if roles.iter().any(|role| issues.contains(role)) {
        for (role, cell) in roles.iter_mut().zip(&header.cells) {
            if *role == Role::Unknown
                && let Some(actor) = named(cell)
            {
                *role = Role::Stance;
                holders.push(actor);
            } else if *role == Role::Stance
                && let Holder::One { actor, .. } = holder(c.text, *cell, &[], c.names)
            {
                holders.push(actor.to_owned());
            }
        }
    }
    holders.sort_unstable();
    holders.dedup();
    (Roles(roles), holders.len() > 1)
}

/// Where the words above speak of risks, an event with a likelihood and an impact is one.
fn endangered(c: &Collector, roles: &mut Roles, above: &Above) {
    let graded = [Role::Likelihood, Role::Effect]
        .iter()
        .all(|role| roles.0.contains(role));
    if graded && above.speaks_of(c.text, Subject::Risk) {
        for role in roles.0.iter_mut().filter(|role| **role == Role::Scenario) {
            *role = Role::Risk;
        }
    }
}

/// Beside forecasts, or former and present probabilities, a column of ids holds their keys.
fn keyed(c: &Collector, header: &Row, roles: &mut Roles) {
    let likely = roles.0.iter().filter(|role| **role == Role::Likelihood);
    let changes = roles.0.first() == Some(&Role::Timing) && likely.clone().count() > 1;
    let foresees = roles.0.contains(&Role::Scenario) && likely.count() > 0;
    if roles.0.contains(&Role::Key) || !(changes || foresees) {
        return;
    }
    let columns = roles.0.iter_mut().zip(&header.cells);
    let mut ids = columns.filter(|(_, cell)| {
        let name = plain(cell.of(c.text)).to_lowercase();
        matches!(name.as_str(), "id" | "key" | "code" | "ref" | "forecast")
    });
    if let Some((role, _)) = ids.find(|(role, _)| **role == Role::Aside || changes) {
        *role = Role::Key;
    }
}

fn read_grid(c: &mut Collector, grid: &Grid, above: &Above, red_lines: bool) {
    let (mut roles, several) = roles(c, &grid.header);
    endangered(c, &mut roles, above);
    keyed(c, &grid.header, &mut roles);
    let Some(shape) = roles.shape(red_lines || several) else {
        half_known(c, grid, &roles);
        return;
    };
    if let Some(cut) = grid.header.cut {
        let reason = "The table has more columns than are read; these were left out.";
        c.doubts.add(cut, DoubtKind::Limit, reason);
    }
    let above = captioned(above, grid.caption);
    let reader = GridReader {
        grid,
        roles: &roles,
        usual: usual(c, grid),
        above: &above,
    };
    if reader.figures(c, &shape) {
        return;
    }
    reader.read(c, &shape);
}

/// A table that seems to be about the subject and cannot be read is a doubt.
fn half_known(c: &mut Collector, grid: &Grid, roles: &Roles) {
    let ours = [
        Role::RedLine,
        Role::Stance,
        Role::Tool,
        Role::Recommendation,
    ];
    if !grid.rows.is_empty()
        && roles.column(&[Role::Other]).is_none()
        && roles.column(&ours).is_some()
    {
        let reason = "The columns of this table make no known set; its rows were not read.";
        c.doubts
            .add(grid.header.span, DoubtKind::UnknownHeader, reason);
    }
}

fn captioned(above: &Above, caption: Option<Span>) -> Above {
    let mut above = above.clone();
    if let Some(caption) = caption {
        above.headings.insert(0, caption);
    }
    above
}

/// The usual length of the cells of each column.
fn usual(c: &Collector, grid: &Grid) -> Vec<usize> {
    let lengths = |column: Option<usize>| -> Vec<usize> {
        let cells = grid.rows.iter().flat_map(Row::filled);
        let cells = cells.filter(|(at, _)| column.is_none_or(|column| *at == column));
        cells.map(|(_, cell)| cell.of(c.text).len()).collect()
    };
    let all = median(lengths(None));
    (0..grid.header.cells.len())
        .map(|column| {
            let own = lengths(Some(column));
            if own.len() < 2 { all } else { median(own) }
        })
        .collect()
}

/// A table with the roles of its columns.
pub(super) struct GridReader<'g> {
    pub(super) grid: &'g Grid,
    pub(super) roles: &'g Roles,
    usual: Vec<usize>,
    pub(super) above: &'g Above,
}

impl GridReader<'_> {
    fn read(&self, c: &mut Collector, shape: &Shape) {
        match shape {
            Shape::RedLines {
                actor,
                issue,
                stances,
                implication,
            } => self.red_lines(c, (*actor, *issue, *implication), stances),
            Shape::Focus {
                focus,
                outcome,
                risk,
            } => {
                for row in self.rows(c, *focus) {
                    self.focus(c, &row, (*focus, *outcome, *risk));
                }
            }
            Shape::Risks { risk, effect } => {
                for row in self.rows(c, *risk) {
                    self.risk(c, &row, *risk, *effect);
                }
            }
            Shape::Tools {
                tool,
                purpose,
                outcome,
            } => {
                for row in self.rows(c, *tool) {
                    let Some(title) = self.key(c, &row, *tool) else {
                        continue;
                    };
                    let purpose = self.value(c, &row, *purpose);
                    let outcome = self.value(c, &row, *outcome);
                    let effect = self.value(c, &row, self.roles.column(&[Role::Risk]));
                    c.tool(&title, &purpose, &outcome);
                    c.side_effect(&title, &effect);
                }
            }
            Shape::Positions { actor, columns } => self.positions(c, *actor, columns),
            Shape::Forecasts { .. } | Shape::Revisions { .. } | Shape::Indicators { .. } => {
                self.outlook(c, shape);
            }
            Shape::Recommendations { statement, .. }
            | Shape::Challenges { statement }
            | Shape::Intentions { statement, .. } => {
                for row in self.rows(c, *statement) {
                    if let Some(value) = self.key(c, &row, *statement) {
                        self.statement(c, &row, &value, shape);
                    }
                }
            }
        }
    }

    fn risk(&self, c: &mut Collector, row: &Row, risk: usize, effect: Option<usize>) {
        let Some(statement) = self.key(c, row, risk) else {
            return;
        };
        if let Some(link) = c.risk(&statement, "", Vec::new()) {
            self.grades(c, row, effect, &link);
        }
    }

    /// A row that is one statement and perhaps whose it is or to whom it is given.
    fn statement(&self, c: &mut Collector, row: &Row, value: &Value, shape: &Shape) {
        match shape {
            Shape::Recommendations { addressee, .. } => {
                let to = match addressee {
                    Some(column) => self.party(c, row, *column),
                    None => self.above.addressee(c),
                };
                c.recommendation(value, &to, Vec::new());
            }
            Shape::Intentions { actor, .. } => {
                let party = self.party(c, row, *actor);
                c.intention(value, &party, IntentionKind::Unspecified, Vec::new());
            }
            Shape::Challenges { .. } => c.challenge(value, Vec::new()),
            Shape::RedLines { .. }
            | Shape::Focus { .. }
            | Shape::Risks { .. }
            | Shape::Tools { .. }
            | Shape::Positions { .. }
            | Shape::Forecasts { .. }
            | Shape::Revisions { .. }
            | Shape::Indicators { .. } => {}
        }
    }

    /// Whether the column that should hold words holds figures: then it is another sort of table.
    fn figures(&self, c: &Collector, shape: &Shape) -> bool {
        let column = match shape {
            Shape::RedLines { issue, .. } => *issue,
            Shape::Focus { focus, risk, .. } => risk.unwrap_or(*focus),
            Shape::Risks { risk, .. } => *risk,
            Shape::Tools {
                tool,
                purpose,
                outcome,
            } => purpose.or(*outcome).unwrap_or(*tool),
            Shape::Recommendations { statement, .. }
            | Shape::Challenges { statement }
            | Shape::Intentions { statement, .. }
            | Shape::Forecasts { statement, .. } => *statement,
            Shape::Revisions { key, .. } => *key,
            Shape::Positions { actor, .. } => *actor,
            Shape::Indicators { observable } => *observable,
        };
        // Where each actor has a column, the figures of a comparison stand in those.
        let mut columns = vec![column];
        if let Shape::RedLines { stances, .. } = shape
            && stances.len() > 1
        {
            columns.clone_from(stances);
        }
        let rows = self.grid.rows.iter();
        let cells = rows.flat_map(|row| columns.iter().filter_map(|at| row.cells.get(*at)));
        let (mut wordy, mut bare) = (0, 0);
        for cell in cells.filter(|cell| !cell.is_empty()) {
            let text = cell.of(c.text);
            let letters = text.chars().filter(|c| c.is_alphabetic()).count();
            let figures = text.chars().filter(char::is_ascii_digit).count();
            if letters > figures {
                wordy += 1
            } else {
                bare += 1
            }
        }
        bare > wordy
    }

    /// The rows that can be read, cells under their headers; `column` is the one that names what a
    /// row is about.
    pub(super) fn rows(&self, c: &mut Collector, column: usize) -> Vec<Row> {
        let named = self.columns();
        let mut rows = Vec::new();
        for row in &self.grid.rows {
            let filled: Vec<(usize, Span)> = row.filled().collect();
            let under = filled.iter().all(|(at, _)| named.contains(at));
            let sums = |(_, cell): &(usize, Span)| sums_up(&plain(cell.of(c.text)));
            if filled.first().is_some_and(sums) {
                continue;
            }
            if named.len() > 1 && filled.len() == 1 {
                self.lone(c, row, column);
            } else if row.cut.is_none() && under {
                rows.push(row.clone());
            } else if row.cut.is_none() && filled.len() == named.len() {
                // Runs of empty columns in header or row only: the cells follow in order.
                let mut cells = vec![Span::default(); self.grid.header.cells.len()];
                for (at, (_, cell)) in named.iter().zip(filled) {
                    if let Some(slot) = cells.get_mut(*at) {
                        *slot = cell;
                    }
                }
                rows.push(Row {
                    cells,
                    ..row.clone()
                });
            } else {
                let reason = "The cells of this row do not fit its header; it was not read.";
                c.doubts.add(row.span, DoubtKind::MalformedTable, reason);
            }
        }
        rows
    }

    /// The columns that have a name, or without one hold something in most rows.
    fn columns(&self) -> Vec<usize> {
        let header = &self.grid.header.cells;
        let filled = |column: usize| {
            let rows = self.grid.rows.iter();
            rows.filter(|row| row.cells.get(column).is_some_and(|cell| !cell.is_empty()))
                .count()
        };
        let most = |column: usize| filled(column) * 2 > self.grid.rows.len();
        let names = header.iter().filter(|cell| !cell.is_empty()).count();
        let spread = header.iter().take(names).any(Span::is_empty);
        let columns = header.iter().enumerate();
        columns
            .filter(|(at, cell)| !cell.is_empty() || (*at == 0 || !spread) && most(*at))
            .map(|(at, _)| at)
            .collect()
    }

    /// A row with only one cell is a cut row or foreign text.
    fn lone(&self, c: &mut Collector, row: &Row, column: usize) {
        let usual = self.usual.get(column).copied().unwrap_or(0);
        if overrun(row.span.of(c.text), usual) {
            let reason = "Text that belongs elsewhere ran into this row; it was not read.";
            c.doubts.add(row.span, DoubtKind::DamagedCell, reason);
        } else {
            let reason = "The row has only one cell; it was not read.";
            c.doubts.add(row.span, DoubtKind::MalformedTable, reason);
        }
    }

    /// The cell that names what the row is about; a row without a sound one is a doubt.
    pub(super) fn key(&self, c: &mut Collector, row: &Row, column: usize) -> Option<Value> {
        match self.cell(c, row, column) {
            Cell::Sound(value) => Some(value),
            Cell::Damaged(_) => {
                let reason = "Text that belongs elsewhere ran into the cell that names this row.";
                c.doubts.add(row.span, DoubtKind::DamagedCell, reason);
                None
            }
            Cell::Empty => {
                let reason = "The cell that names this row is empty; the row was not read.";
                c.doubts.add(row.span, DoubtKind::MalformedTable, reason);
                None
            }
        }
    }

    /// A further value of the row; empty where there is none or it is damaged.
    pub(super) fn value(&self, c: &mut Collector, row: &Row, column: Option<usize>) -> Value {
        match column.map_or(Cell::Empty, |column| self.cell(c, row, column)) {
            Cell::Sound(value) => value,
            Cell::Empty => Value::default(),
            Cell::Damaged(at) => {
                let reason = "Text that belongs elsewhere ran into this cell; it was left out.";
                c.doubts.add(at, DoubtKind::DamagedCell, reason);
                Value::default()
            }
        }
    }

    fn cell(&self, c: &Collector, row: &Row, column: usize) -> Cell {
        let Some(at) = row.cells.get(column).copied() else {
            return Cell::Empty;
        };
        let value = c.value(at);
        if says_nothing(&value.text) {
            return Cell::Empty;
        }
        let usual = self.usual.get(column).copied().unwrap_or(0);
        if overrun(at.of(c.text), usual) {
            Cell::Damaged(at)
        } else {
            Cell::Sound(value)
        }
    }

    /// The actor named in a cell.
    pub(super) fn party(&self, c: &mut Collector, row: &Row, column: usize) -> Owner {
        let value = self.value(c, row, Some(column));
        if value.text.is_empty() {
            return Owner::default();
        }
        let actor = c.actor(value.at).unwrap_or_default();
        Owner {
            actor,
            at: Some(value.at),
            mode: None,
        }
    }

    fn focus(
        &self,
        c: &mut Collector,
        row: &Row,
        (focus, outcome, risk): (usize, Option<usize>, Option<usize>),
    ) {
        let named = match self.cell(c, row, focus) {
            Cell::Empty => {
                let reason = "The row does not name what its values belong to.";
                c.doubts.add(row.span, DoubtKind::MalformedTable, reason);
                None
            }
            Cell::Sound(_) | Cell::Damaged(_) => match self.key(c, row, focus) {
                Some(named) => Some(named),
                None => return,
            },
        };
        let outcome = self.value(c, row, outcome);
        let statement = self.value(c, row, risk);
        let area = named
            .as_ref()
            .and_then(|named| c.focus_area(named, &outcome));
        if statement.text.is_empty() {
            return;
        }
        let more = match (&named, &area) {
            (Some(named), Some(_)) => vec![c.cite(named.at, &["focus_area"])],
            _ => Vec::new(),
        };
        let link = area.clone().unwrap_or_default();
        let Some(risk) = c.risk(&statement, &link, more) else {
            return;
        };
        self.grades(c, row, None, &risk);
        if let Some(area) = area {
            c.link_risk(&area, risk, statement.at);
        }
    }

    fn grades(&self, c: &mut Collector, row: &Row, effect: Option<usize>, link: &str) {
        let likelihood = self.value(c, row, self.roles.column(&[Role::Likelihood]));
        let rating = self.value(c, row, self.roles.column(&[Role::Rating]));
        let effect = self.value(c, row, effect);
        if [&likelihood, &rating, &effect]
            .iter()
            .any(|value| !value.text.is_empty())
        {
            c.grade(
                link,
                Grades {
                    likelihood,
                    effect,
                    rating,
                },
            );
        }
    }
}

/// A cell as it can be used.
enum Cell {
    Empty,
    Sound(Value),
    Damaged(Span),
}
