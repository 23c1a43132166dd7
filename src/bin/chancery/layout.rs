//! Rows into lines: as a table that fits the terminal, or one that awk can read.
//!
//! Fitted, cells wrap at blanks, hyphens and slashes; columns get the widths at which the tallest
//! row is least tall; rows stand apart once one of them wraps; and where not even the longest
//! words fit side by side each row becomes a paragraph of its own. Plain, nothing wraps. Either
//! way columns are at least two blanks apart and no cell holds two blanks in a row.
//!
//! Written here because tables of crates break ids and words wherever the width ends.

use std::iter::repeat_n;

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// Blanks between two columns.
const GAP: usize = 2;

/// The widest that a single word may make a column; longer ones are broken.
const WORD_COLUMNS_MAX: usize = 20;

/// Columns up to this width are not wrapped: codes and "not stated" stay on one line.
const CODE_COLUMNS_MAX: usize = 10;

/// The narrowest that text beside a label may become before it is not wrapped at all.
const TEXT_COLUMNS_MIN: usize = 16;

/// The tallest a row may become; what is taller is better read as a paragraph.
const ROW_LINES_MAX: usize = 8;

/// How wide a table may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// As wide as it is.
    Plain,
    /// So many columns of the terminal.
    Fitted(u16),
}

/// A table as lines: the headers, and what stands under them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Grid {
    pub(crate) headers: Vec<String>,
    pub(crate) lines: Vec<String>,
}

/// Rows under headers.
pub(crate) fn grid(headers: &[&str], rows: &[Vec<String>], layout: Layout) -> Grid {
    let natural = widths(headers, rows, |cell| cell.width());
    let widths = match layout {
        Layout::Plain => Some(natural),
        Layout::Fitted(room) => fitted(headers, rows, &natural, usize::from(room)),
    };
    let Some(widths) = widths else {
        return Grid {
            headers: Vec::new(),
            lines: paragraphs(headers, rows, layout),
        };
    };
    let rows: Vec<Vec<String>> = rows.iter().map(|row| beside(row, &widths)).collect();
    let apart = rows.iter().any(|lines| lines.len() > 1);
    let mut lines = Vec::new();
    for row in rows {
        if apart && !lines.is_empty() {
            lines.push(String::new());
        }
        lines.extend(row);
    }
    Grid {
        headers: beside(headers, &widths),
        lines,
    }
}

/// Labels and what they label; the labels are never broken.
pub(crate) fn facts<L: AsRef<str>>(facts: &[(L, String)], layout: Layout) -> Vec<String> {
    let label = facts
        .iter()
        .map(|(label, _)| label.as_ref().width())
        .max()
        .unwrap_or_default();
    let text = match layout {
        Layout::Plain => usize::MAX,
        Layout::Fitted(room) => match usize::from(room).saturating_sub(label + GAP) {
            room if room < TEXT_COLUMNS_MIN => usize::MAX,
            room => room,
        },
    };
    let lines = facts
        .iter()
        .flat_map(|(name, fact)| beside(&[name.as_ref(), fact], &[label, text]));
    lines.collect()
}

/// Every row as facts of its own, where there is no room for columns.
fn paragraphs(headers: &[&str], rows: &[Vec<String>], layout: Layout) -> Vec<String> {
    let mut lines = Vec::new();
    for row in rows {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        let labelled: Vec<(&str, String)> =
            headers.iter().copied().zip(row.iter().cloned()).collect();
        lines.extend(facts(&labelled, layout));
    }
    lines
}

/// The widest cell of each column, by some measure.
fn widths(headers: &[&str], rows: &[Vec<String>], measure: impl Fn(&str) -> usize) -> Vec<usize> {
    let columns = headers.iter().enumerate().map(|(at, header)| {
        let cells = rows
            .iter()
            .filter_map(|row| row.get(at))
            .map(String::as_str);
        cells
            .chain([*header])
            .map(&measure)
            .max()
            .unwrap_or_default()
    });
    columns.collect()
}

/// The widths at which the tallest row is least tall; none if not even the words fit.
fn fitted(
    headers: &[&str],
    rows: &[Vec<String>],
    natural: &[usize],
    room: usize,
) -> Option<Vec<usize>> {
    let room = room.checked_sub(GAP * natural.len().saturating_sub(1))?;
    let words = widths(headers, rows, |cell| {
        pieces(cell)
            .map(|piece| piece.trim_end().width())
            .max()
            .unwrap_or_default()
    });
    let words = words.into_iter().map(|word| word.min(WORD_COLUMNS_MAX));
    let codes = natural.iter().zip(words.clone()).map(|(natural, word)| {
        if *natural <= CODE_COLUMNS_MAX {
            *natural
        } else {
            word
        }
    });
    let mut widths = least_tall(natural, &codes.collect::<Vec<_>>(), room)
        .or_else(|| least_tall(natural, &words.collect::<Vec<_>>(), room))?;
    for _column in widths.iter().sum()..room {
        // What is left goes, one by one, to the column that would be the tallest.
        let wrapped = widths
            .iter_mut()
            .zip(natural)
            .filter(|(width, natural)| **width < **natural);
        match wrapped.max_by_key(|(width, natural)| **natural * 100 / (**width).max(1)) {
            Some((width, _)) => *width += 1,
            None => break,
        }
    }
    Some(widths)
}

/// The widths of the fewest lines a row, none of them less than its `least`.
fn least_tall(natural: &[usize], least: &[usize], room: usize) -> Option<Vec<usize>> {
    (1..=ROW_LINES_MAX).find_map(|height| {
        let columns = natural
            .iter()
            .zip(least)
            .map(|(natural, least)| match height {
                1 => *natural,
                // Lines end between words, so that text needs a little more than its share.
                _ => (natural + natural / 8)
                    .div_ceil(height)
                    .clamp(*least, (*natural).max(*least)),
            });
        let widths: Vec<usize> = columns.collect();
        (widths.iter().sum::<usize>() <= room).then_some(widths)
    })
}

/// Cells beside each other, as many lines as the tallest has.
fn beside<C: AsRef<str>>(cells: &[C], widths: &[usize]) -> Vec<String> {
    let wrapped: Vec<Vec<String>> = cells
        .iter()
        .zip(widths)
        .map(|(cell, width)| wrap(cell.as_ref(), *width))
        .collect();
    let height = wrapped.iter().map(Vec::len).max().unwrap_or_default();
    let lines = (0..height).map(|at| {
        let mut line = String::new();
        let mut blanks = 0;
        for (cell, width) in wrapped.iter().zip(widths) {
            let text = cell.get(at).map_or("", String::as_str);
            if !text.is_empty() {
                line.extend(repeat_n(' ', blanks));
                line.push_str(text);
                blanks = 0;
            }
            blanks = blanks
                .saturating_add(width.saturating_sub(text.width()))
                .saturating_add(GAP);
        }
        line
    });
    lines.collect()
}

/// A cell in lines of at most `width` columns.
fn wrap(cell: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for piece in pieces(cell) {
        if line.width() + piece.trim_end().width() <= width {
            line.push_str(piece);
            continue;
        }
        lines.push(std::mem::take(&mut line));
        for letter in piece.chars() {
            if line.width() + letter.width().unwrap_or_default() > width && letter != ' ' {
                lines.push(std::mem::take(&mut line));
            }
            line.push(letter);
        }
    }
    lines.push(line);
    let lines = lines.into_iter().map(|line| line.trim_end().to_owned());
    let lines: Vec<String> = lines.filter(|line| !line.is_empty()).collect();
    if lines.is_empty() {
        vec![String::new()]
    } else {
        lines
    }
}

/// A cell cut after each place where a line may end: a blank, or a hyphen or slash inside words.
/// Dates stay whole.
fn pieces(cell: &str) -> impl Iterator<Item = &str> {
    let mut rest = cell;
    std::iter::from_fn(move || {
        let mut letters = rest.char_indices().peekable();
        while let Some((at, letter)) = letters.next() {
            let next = letters.peek().map(|(_, next)| *next);
            let ends = match letter {
                ' ' => true,
                '-' | '/' => next.is_some_and(char::is_alphabetic),
                _ => false,
            };
            if ends {
                let (piece, after) = rest.split_at(at + letter.len_utf8());
                rest = after;
                return Some(piece);
            }
        }
        let last = std::mem::take(&mut rest);
        (!last.is_empty()).then_some(last)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADERS: [&str; 3] = ["ID", "STANCE", "POSTURE"];

    fn rows() -> Vec<Vec<String>> {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        vec![
            row([
                "nato-membership",
                "Absolute rejection of membership in any form",
                "prohibits",
            ]),
            row(["gas", "Open", "not stated"]),
        ]
    }

    fn lines(grid: Grid) -> Vec<String> {
        grid.headers.into_iter().chain(grid.lines).collect()
    }

    #[test]
    fn plain_tables_never_wrap() {
        assert_eq!(
            lines(grid(&HEADERS, &rows(), Layout::Plain)),
            [
                "ID               STANCE                                        POSTURE",
                "nato-membership  Absolute rejection of membership in any form  prohibits",
                "gas              Open                                          not stated",
            ]
        );
    }

    #[test]
    fn fitted_tables_break_between_words_and_stay_within_the_width() {
        assert_eq!(
            lines(grid(&HEADERS, &rows(), Layout::Fitted(46))),
            [
                "ID          STANCE                  POSTURE",
                "nato-       Absolute rejection of   prohibits",
                "membership  membership in any form",
                "",
                "gas         Open                    not stated",
            ]
        );
    }

    #[test]
    fn what_fits_is_not_wrapped() {
        let natural = grid(&HEADERS, &rows(), Layout::Plain);
        assert_eq!(grid(&HEADERS, &rows(), Layout::Fitted(80)), natural);
    }

    #[test]
    fn without_room_rows_become_paragraphs() {
        let lines = lines(grid(&HEADERS, &rows(), Layout::Fitted(28)));
        assert_eq!(
            lines.first().map(String::as_str),
            Some("ID       nato-membership")
        );
        assert!(lines.iter().all(|line| line.width() <= 28), "{lines:#?}");
        assert!(
            lines.contains(&"POSTURE  not stated".to_owned()),
            "{lines:#?}"
        );
    }

    #[test]
    fn no_width_loses_a_letter_or_is_exceeded() {
        let cell = "Verifiable, step-by-step relief/中文字 of an-incrediblyunbreakableword";
        let letters = |text: &str| {
            text.chars()
                .filter(|letter| *letter != ' ')
                .collect::<String>()
        };
        for width in 2..80 {
            let lines = wrap(cell, width);
            assert!(
                lines.iter().all(|line| line.width() <= width),
                "{width}: {lines:#?}"
            );
            assert_eq!(letters(&lines.concat()), letters(cell), "{width}");
        }
    }

    #[test]
    fn lines_end_inside_ids_and_never_inside_dates() {
        let cut = |cell| pieces(cell).collect::<Vec<_>>();
        assert_eq!(
            cut("nato-membership of all"),
            ["nato-", "membership ", "of ", "all"]
        );
        assert_eq!(cut("2026-11-22T18:33Z 12-"), ["2026-11-22T18:33Z ", "12-"]);
        assert!(cut("").is_empty());
    }

    #[test]
    fn labels_stand_beside_their_facts() {
        let told = [
            ("actor", "russia".to_owned()),
            ("stance", "one two three four".to_owned()),
        ];
        assert_eq!(
            facts(&told, Layout::Fitted(25)),
            ["actor   russia", "stance  one two three", "        four"]
        );
    }
}
