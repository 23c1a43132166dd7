//! Rows and cells, and which rows belong under which header.
//!
//! It knows the shapes tables take in copied articles: no pipes at the ends, separators met again
//! among the rows, headers repeated, runs of empty columns, captions in a merged cell, two tables
//! without a line between them. What a header means is asked of a closure, so that this file
//! knows no word of the subject.

use super::span::Span;
use super::words::folded;

/// A row as it stands.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) span: Span,
    /// Without blanks at their ends; without the empty ones that outer pipes make.
    pub(super) cells: Vec<Span>,
    /// Begins with a pipe.
    pub(super) opened: bool,
    /// Ends with a pipe.
    pub(super) closed: bool,
    /// Consists of dashes.
    pub(super) separator: bool,
    /// Blank lines or words of the page stand between it and the row before.
    pub(super) gap: bool,
    /// The cells past the limit of columns, which were not read.
    pub(super) cut: Option<Span>,
}

impl Row {
    /// The cells with text, by column.
    pub(super) fn filled(&self) -> impl Iterator<Item = (usize, Span)> {
        self.cells
            .iter()
            .copied()
            .enumerate()
            .filter(|(_, cell)| !cell.is_empty())
    }

    fn width(&self) -> usize {
        self.filled().last().map_or(0, |(column, _)| column + 1)
    }
}

/// A header and the rows under it.
#[derive(Debug)]
pub(super) struct Grid {
    /// A row with one cell above the header.
    pub(super) caption: Option<Span>,
    pub(super) header: Row,
    /// A separator stands under the header.
    underlined: bool,
    pub(super) rows: Vec<Row>,
}

/// The cells of a row of at most `columns_max` columns.
pub(super) fn row(text: &str, span: Span, columns_max: usize) -> Row {
    let line = span.of(text);
    let opened = line.starts_with('|');
    let closed = line.len() > 1 && line.ends_with('|') && !line.ends_with("\\|");
    let pipes = line.contains('|');
    let (cells, cut) = if pipes || line.contains('\t') {
        marked(text, span, if pipes { b'|' } else { b'\t' }, columns_max)
    } else {
        aligned(text, span, columns_max)
    };
    let dash = |c: char| matches!(c, '-' | ':' | '=' | '—' | '–' | '_' | '+' | ' ');
    let dashes = cells.iter().all(|cell| cell.of(text).chars().all(dash));
    let drawn = |cell: &Span| cell.of(text).contains(['-', '—', '–', '=']);
    let parted = cells.len() > 1 || opened || line.starts_with('+');
    let separator = dashes && cells.iter().any(drawn) && parted;
    Row {
        span,
        cells,
        opened,
        closed,
        separator,
        gap: false,
        cut,
    }
}

/// The cells between marks, and what stands past the limit of columns.
fn marked(text: &str, span: Span, mark: u8, columns_max: usize) -> (Vec<Span>, Option<Span>) {
    let line = span.of(text);
    let closed = mark == b'|' && line.len() > 1 && line.ends_with('|') && !line.ends_with("\\|");
    let (mut cells, mut cut) = (Vec::new(), None);
    let mut start = usize::from(line.starts_with('|'));
    let mut escaped = false;
    for (at, byte) in line.bytes().enumerate().skip(start) {
        if byte == mark && !escaped {
            if cells.len() == columns_max {
                let rest = span
                    .part(start, line.len() - usize::from(closed))
                    .trimmed(text);
                cut = rest
                    .of(text)
                    .contains(char::is_alphanumeric)
                    .then_some(rest);
                start = line.len();
                break;
            }
            cells.push(span.part(start, at).trimmed(text));
            start = at + 1;
        }
        escaped = byte == b'\\' && !escaped;
    }
    if start < line.len() {
        cells.push(span.part(start, line.len()).trimmed(text));
    }
    (cells, cut)
}

/// The cells between runs of two blanks or more.
fn aligned(text: &str, span: Span, columns_max: usize) -> (Vec<Span>, Option<Span>) {
    let mut cells = Vec::new();
    let mut start = 0;
    for piece in span.of(text).split("  ") {
        let cell = span.part(start, start + piece.len()).trimmed(text);
        start += piece.len() + 2;
        if cell.is_empty() {
            continue;
        }
        if cells.len() == columns_max {
            return (cells, Some(Span::new(cell.start, span.end)));
        }
        cells.push(cell);
    }
    (cells, None)
}

/// The rows of a table that ran into one line: header, dashes and rows one after the other.
pub(super) fn unfolded(text: &str, row: &Row) -> Option<Vec<Row>> {
    let dashes = |cell: &Span| {
        let cell = cell.of(text);
        cell.len() >= 3 && cell.chars().all(|c| matches!(c, '-' | ':')) && cell.contains("--")
    };
    let first = row.cells.iter().position(dashes)?;
    let columns = row
        .cells
        .iter()
        .skip(first)
        .take_while(|cell| dashes(cell))
        .count();
    let (head, rest) = row.cells.split_at(first);
    let head: Vec<Span> = head
        .iter()
        .copied()
        .filter(|cell| !cell.is_empty())
        .collect();
    if columns < 2 || head.len() != columns || row.cut.is_some() {
        return None;
    }
    let mut rows = vec![of_cells(head)];
    // Between two rows that ran together stands an empty cell.
    let mut rest = rest.get(columns..).unwrap_or(&[]);
    while rest.len() > columns {
        let (cells, after) = rest.split_at(columns + 1);
        let (gap, cells) = cells.split_first()?;
        if !gap.is_empty() {
            return None;
        }
        rows.push(of_cells(cells.to_vec()));
        rest = after;
    }
    (rows.len() > 1).then_some(rows)
}

/// A row of the cells given.
pub(super) fn of_cells(cells: Vec<Span>) -> Row {
    let first = cells.first().copied().unwrap_or_default();
    Row {
        span: cells.iter().fold(first, |all, cell| all.join(*cell)),
        cells,
        opened: false,
        closed: false,
        separator: false,
        gap: false,
        cut: None,
    }
}

/// Whether a run of lines with pipes is a table and not prose that uses a pipe.
pub(super) fn is_table(rows: &[Row]) -> bool {
    let [first, rest @ ..] = rows else {
        return false;
    };
    if rest.is_empty() {
        return first.opened && first.closed && first.cells.len() > 1;
    }
    let same = rest
        .iter()
        .filter(|row| row.cells.len() == first.cells.len())
        .count();
    let opened = rows.iter().filter(|row| row.opened).count();
    rows.iter().any(|row| row.separator)
        || opened * 2 > rows.len()
        || (first.cells.len() >= 3 && same * 2 >= rest.len())
        || (first.cells.len() == 2 && same == rest.len() && same >= 2)
}

/// Parts the rows of a run into tables; `means` says whether a row reads as a header.
pub(super) fn grids(text: &str, rows: &[Row], means: impl Fn(&Row) -> bool) -> Vec<Grid> {
    let mut grids: Vec<Grid> = Vec::new();
    let mut caption: Option<Span> = None;
    for (at, row) in rows.iter().enumerate() {
        if row.separator || row.filled().next().is_none() {
            continue;
        }
        let next = rows.get(at + 1);
        let underlined = next.is_some_and(|next| next.separator);
        let Some(grid) = grids.last_mut() else {
            let lone = row.filled().nth(1).is_none();
            if lone && caption.is_none() && rows.iter().any(|row| row.filled().nth(1).is_some()) {
                caption = row.filled().next().map(|(_, cell)| cell);
            } else {
                grids.push(Grid {
                    caption,
                    header: row.clone(),
                    underlined,
                    rows: Vec::new(),
                });
            }
            continue;
        };
        if same_cells(text, &grid.header, row) {
            continue;
        }
        let fits = next.is_some_and(|next| next.cells.len() == row.cells.len());
        let wider = fits && row.width() != grid.header.width();
        let starts = (underlined || row.gap) && (means(row) || wider);
        let unsure = grid.rows.is_empty() && !grid.underlined && !means(&grid.header);
        let late = unsure && means(row);
        if starts || late {
            grids.push(Grid {
                caption: None,
                header: row.clone(),
                underlined,
                rows: Vec::new(),
            });
        } else {
            grid.rows.push(row.clone());
        }
    }
    grids
}

fn same_cells(text: &str, one: &Row, other: &Row) -> bool {
    let cells = |row: &Row| -> Vec<String> {
        row.filled()
            .map(|(_, cell)| folded(cell.of(text)))
            .collect()
    };
    cells(one) == cells(other)
}

/// Whether the name of a row says that it sums up others.
pub(super) fn sums_up(name: &str) -> bool {
    const TOTALS: [&str; 12] = [
        "total",
        "sum",
        "composite",
        "overall",
        "mean",
        "average",
        "all",
        "subtotal",
        "sum check",
        "total probability",
        "grand total",
        "rtp total",
    ];
    TOTALS.contains(&folded(name).as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Row> {
        let mut start = 0;
        text.split('\n')
            .map(|line| {
                let span = Span::new(start, start + line.len());
                start = span.end + 1;
                row(text, span, 8)
            })
            .collect()
    }

    fn shown(text: &str) -> Vec<String> {
        let rows = read(text);
        assert!(is_table(&rows));
        let show = |row: &Row| {
            let cells: Vec<&str> = row.cells.iter().map(|cell| cell.of(text)).collect();
            cells.join("/")
        };
        grids(text, &rows, |row| row.span.of(text).contains("Risk"))
            .iter()
            .map(|grid| {
                let rows: Vec<String> = grid.rows.iter().map(&show).collect();
                format!("{} <- {}", show(&grid.header), rows.join(" "))
            })
            .collect()
    }

    #[test]
    fn rows_find_their_header() {
        assert_eq!(
            shown("A | Risk\n---|---\na | b\n---|---\nc | d"),
            ["A/Risk <- a/b c/d"]
        );
        assert_eq!(
            shown(
                "| A | Risk | ||\n|---|---|---|---|\n| a | b | ||\n| A | Risk |\n|---|---|\n| c |"
            ),
            ["A/Risk// <- a/b// c"]
        );
        assert_eq!(
            shown("| A | B |\n|--|--|\n| e | f |\n| X | Risk |\n|--|--|\n| c | d |"),
            ["A/B <- e/f", "X/Risk <- c/d"]
        );
        assert_eq!(
            shown("| Table 1 | |\n|--|--|\n| A | Risk |\n| c | d |"),
            ["A/Risk <- c/d"]
        );
    }

    #[test]
    fn escaped_pipes_and_too_many_columns() {
        let rows = read("| a \\| b | c |");
        assert_eq!(rows.first().map(|row| row.cells.len()), Some(2));
        let rows = read("|1|2|3|4|5|6|7|8|9|10|");
        let row = rows.first();
        assert_eq!(row.map(|row| row.cells.len()), Some(8));
        assert!(row.is_some_and(|row| row.cut.is_some()));
    }

    #[test]
    fn prose_with_a_pipe_is_no_table() {
        assert!(!is_table(&read("Restricted | version 2")));
        assert!(!is_table(&read("a | b\nc and d")));
    }
}
