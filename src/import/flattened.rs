//! Tables that lost everything but their words: one cell to a line.
//!
//! Copying from a page often leaves a table as a run of short lines, header cells first. Which
//! lines are the header is asked of a closure; then every so many lines make a row. A line that is
//! long, or ends a sentence, ends the table, and so does a blank line where the cells had none.

use super::lines::{Line, Shape};
use super::span::Span;
use super::table::{Row, of_cells};

/// Columns of such a table.
const COLUMNS: std::ops::RangeInclusive<usize> = 2..=6;
/// Longest cell.
const CELL_BYTES_MAX: usize = 160;
/// Longest cell of a header.
const HEADER_WORDS_MAX: usize = 5;

/// The rows of the table that begins with the first of `lines`, and how many lines it takes.
pub(super) fn flattened(
    text: &str,
    lines: &[Line],
    rows_max: usize,
    heads: &dyn Fn(&[&str]) -> bool,
) -> Option<(Vec<Row>, usize)> {
    let head: Vec<(usize, Span)> = cells(text, lines, *COLUMNS.end()).collect();
    let short =
        |(_, cell): &(usize, Span)| cell.of(text).split_whitespace().count() <= HEADER_WORDS_MAX;
    let columns = COLUMNS.rev().find(|columns| {
        let Some(head) = head.get(..*columns) else {
            return false;
        };
        let words: Vec<&str> = head.iter().map(|(_, cell)| cell.of(text)).collect();
        head.iter().all(short) && heads(&words)
    })?;
    let all: Vec<(usize, Span)> = cells(text, lines, columns * (rows_max + 1)).collect();
    let rows: Vec<&[(usize, Span)]> = all.chunks_exact(columns).collect();
    let (last, _) = rows.last().and_then(|row| row.last())?;
    (rows.len() > 1).then(|| (rows.into_iter().map(row).collect(), last + 1))
}

/// The lines that can be cells, up to the first that cannot.
fn cells<'a>(
    text: &'a str,
    lines: &'a [Line],
    most: usize,
) -> impl Iterator<Item = (usize, Span)> + 'a {
    let parted = lines.get(1).is_some_and(|line| line.shape == Shape::Blank);
    let cell = move |line: &Line| {
        let words = line.span.of(text);
        line.shape == Shape::Text
            && words.len() <= CELL_BYTES_MAX
            && !words.ends_with([':', '!', '?'])
            && !(words.ends_with('.') && words.split_whitespace().count() > 8)
    };
    lines
        .iter()
        .enumerate()
        .take_while(move |(_, line)| cell(line) || (parted && line.shape == Shape::Blank))
        .filter(|(_, line)| line.shape != Shape::Blank)
        .map(|(at, line)| (at, line.span))
        .take(most)
}

fn row(cells: &[(usize, Span)]) -> Row {
    of_cells(cells.iter().map(|(_, cell)| *cell).collect())
}
