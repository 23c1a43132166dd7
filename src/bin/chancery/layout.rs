//! Rows into lines: as a table that fits the terminal, or one that awk can read.
//!
//! Fitted, long words of a cell wrap, rows that wrapped stand apart, and where even the longest
//! words do not fit side by side each row becomes a paragraph of its own. Plain, nothing wraps.
//! Either way columns are at least two blanks apart and no cell holds two blanks in a row.

use comfy_table::presets::NOTHING;
use comfy_table::{ColumnConstraint, ContentArrangement, Row, Table, Width};

/// Blanks between two columns.
const GAP: u16 = 2;

/// The widest that a single word may make a column; longer ones are broken.
const WORD_COLUMNS_MAX: u16 = 20;

/// The narrowest a column of wrapped text may become.
const TEXT_COLUMNS_MIN: u16 = 12;

/// How wide a table may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// As wide as it is.
    Plain,
    /// So many columns of the terminal.
    Fitted(u16),
}

/// Rows under headers, as lines.
pub(crate) fn grid(headers: &[&str], rows: &[Vec<String>], layout: Layout) -> Vec<String> {
    let mut table = bare(layout);
    table.set_header(headers.iter().copied());
    table.add_rows(rows.iter().map(Row::from));
    spaced(&mut table);
    let Layout::Fitted(width) = layout else {
        return trimmed(&table);
    };
    let least = narrowest(&table, headers, rows);
    if least.iter().map(|column| column + GAP).sum::<u16>() > width {
        return paragraphs(headers, rows, layout);
    }
    table.set_constraints(lower_bounds(&least));
    let lines = trimmed(&table);
    if lines.len() == rows.len() + 1 {
        return lines;
    }
    let apart = rows
        .iter()
        .flat_map(|row| [Row::from(row), Row::from(vec![""])]);
    let mut table = bare(layout);
    table.set_header(headers.iter().copied());
    table.add_rows(apart.take((rows.len() * 2).saturating_sub(1)));
    spaced(&mut table);
    table.set_constraints(lower_bounds(&least));
    trimmed(&table)
}

/// Labels and what they label, as lines; the labels are never broken.
pub(crate) fn facts(facts: &[(String, String)], layout: Layout) -> Vec<String> {
    let mut table = bare(layout);
    table.add_rows(
        facts
            .iter()
            .map(|(label, text)| Row::from(vec![label, text])),
    );
    spaced(&mut table);
    if let Some(column) = table.column_mut(0) {
        column.set_constraint(ColumnConstraint::ContentWidth);
    }
    trimmed(&table)
}

/// Every row as facts of its own, where there is no room for columns.
fn paragraphs(headers: &[&str], rows: &[Vec<String>], layout: Layout) -> Vec<String> {
    let mut lines = Vec::new();
    for row in rows {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        let labelled = headers.iter().zip(row);
        let labelled: Vec<(String, String)> = labelled
            .map(|(header, cell)| ((*header).to_owned(), cell.clone()))
            .collect();
        lines.extend(facts(&labelled, layout));
    }
    lines
}

fn bare(layout: Layout) -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING).force_no_tty();
    if let Layout::Fitted(width) = layout {
        table
            .set_width(width)
            .set_content_arrangement(ContentArrangement::Dynamic);
    }
    table
}

fn spaced(table: &mut Table) {
    for column in table.column_iter_mut() {
        column.set_padding((0, GAP));
    }
}

/// The least width of each column: its header, its longest word, and some room for text.
fn narrowest(table: &Table, headers: &[&str], rows: &[Vec<String>]) -> Vec<u16> {
    let natural = table.column_max_content_widths();
    let columns = headers.iter().enumerate().zip(natural);
    columns
        .map(|((at, header), natural)| {
            let cells = rows.iter().filter_map(|row| row.get(at));
            let words = cells.flat_map(|cell| cell.split(' ')).map(columns_of);
            let word = words.max().unwrap_or_default().min(WORD_COLUMNS_MAX);
            word.max(columns_of(header))
                .max(natural.min(TEXT_COLUMNS_MIN))
        })
        .collect()
}

fn lower_bounds(least: &[u16]) -> impl Iterator<Item = ColumnConstraint> {
    least
        .iter()
        .map(|width| ColumnConstraint::LowerBoundary(Width::Fixed(width + GAP)))
}

fn columns_of(word: &str) -> u16 {
    u16::try_from(word.chars().count()).unwrap_or(u16::MAX)
}

fn trimmed(table: &Table) -> Vec<String> {
    table
        .lines()
        .map(|line| line.trim_end().to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Vec<String>> {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        vec![
            row([
                "nato",
                "Absolute rejection of membership in any form",
                "prohibits",
            ]),
            row(["gas", "Open", "not stated"]),
        ]
    }

    const HEADERS: [&str; 3] = ["ID", "STANCE", "POSTURE"];

    #[test]
    fn plain_tables_never_wrap() {
        assert_eq!(
            grid(&HEADERS, &rows(), Layout::Plain),
            [
                "ID    STANCE                                        POSTURE",
                "nato  Absolute rejection of membership in any form  prohibits",
                "gas   Open                                          not stated",
            ]
        );
    }

    #[test]
    fn fitted_tables_wrap_and_stay_within_the_width() {
        let lines = grid(&HEADERS, &rows(), Layout::Fitted(40));
        assert_eq!(
            lines,
            [
                "ID    STANCE                POSTURE",
                "nato  Absolute rejection    prohibits",
                "      of membership in any",
                "      form",
                "",
                "gas   Open                  not stated",
            ]
        );
        assert!(lines.iter().all(|line| line.chars().count() <= 40));
    }

    #[test]
    fn what_fits_is_not_wrapped() {
        assert_eq!(grid(&HEADERS, &rows(), Layout::Fitted(80)).len(), 3);
    }

    #[test]
    fn without_room_rows_become_paragraphs() {
        let lines = grid(&HEADERS, &rows(), Layout::Fitted(24));
        assert_eq!(lines.first().map(String::as_str), Some("ID       nato"));
        assert!(
            lines.iter().all(|line| line.chars().count() <= 24),
            "{lines:#?}"
        );
        assert!(
            lines.contains(&"POSTURE  not stated".to_owned()),
            "{lines:#?}"
        );
    }
}
