//! One line at a time: what a line looks like before anything around it is known.
//!
//! Documents are read line by line and not by a Markdown grammar, because what must be found are
//! spans, and because the texts met break the grammar: a table right under a list, rows without
//! pipes at the ends, headings without marks. `blocks` puts the lines together.

use super::foreign::foreign_line;
use super::span::Span;

/// Blanks that a tab stands for.
const TAB_COLUMNS: usize = 4;

/// The blanks that part columns where nothing else does.
pub(super) const COLUMN_GAP: &str = "   ";

/// Marks that begin an item.
const BULLETS: &str = "-*+•‣◦▪●○■·–—→";

/// A line and what it looks like.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    /// Without the line end and without blanks at either end.
    pub(super) span: Span,
    /// Columns before the text.
    pub(super) indent: usize,
    pub(super) shape: Shape,
}

/// What a line looks like on its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Nothing but blanks.
    Blank,
    /// Three or more backticks or tildes, with how many, and whether nothing follows.
    Fence { mark: u8, marks: usize, bare: bool },
    /// `# text`.
    Heading { level: i32, text: Span },
    /// `---`, `===`: a rule, or the underline of a heading.
    Rule { mark: u8 },
    /// A tag or a picture alone on its line.
    Tag,
    /// Words of the page and not of the text.
    Foreign,
    /// `- text`, `1. text`, `• text`; `columns` up to the text.
    Item {
        text: Span,
        ordered: bool,
        columns: usize,
        pipes: bool,
    },
    /// Has pipes, tabs or runs of blanks that part cells.
    Row,
    /// Anything else.
    Text,
}

/// The lines of a text.
pub(super) fn lines(text: &str) -> Vec<Line> {
    let mut start = 0;
    let mut lines = Vec::new();
    for piece in text.split('\n') {
        let whole = Span::new(start, start + piece.len());
        start = whole.end + 1;
        let span = unquoted(text, whole.trimmed(text));
        let indent = columns(piece);
        lines.push(Line {
            span,
            indent,
            shape: shape(span.of(text), span),
        });
    }
    lines
}

/// Without the marks of a quotation.
fn unquoted(text: &str, mut span: Span) -> Span {
    while span.of(text).starts_with('>') {
        span = Span::new(span.start + 1, span.end).trimmed(text);
    }
    span
}

fn columns(line: &str) -> usize {
    let blanks = line.chars().take_while(|c| c.is_whitespace());
    blanks
        .map(|c| if c == '\t' { TAB_COLUMNS } else { 1 })
        .sum()
}

fn shape(line: &str, span: Span) -> Shape {
    if line.is_empty() {
        return Shape::Blank;
    }
    for mark in ['`', '~'] {
        let rest = line.trim_start_matches(mark);
        let marks = line.len() - rest.len();
        if marks >= 3 && !rest.contains(mark) {
            return Shape::Fence {
                mark: mark as u8,
                marks,
                bare: rest.trim().is_empty(),
            };
        }
    }
    heading(line, span)
        .or_else(|| rule(line))
        .or_else(|| lone(line))
        .or_else(|| item(line, span))
        .unwrap_or(
            if pipes(line) || ruled(line) || line.contains('\t') || aligned(line) {
                Shape::Row
            } else {
                Shape::Text
            },
        )
}

fn heading(line: &str, span: Span) -> Option<Shape> {
    let rest = line.trim_start_matches('#');
    let level = line.len() - rest.len();
    if !(1..=6).contains(&level) || !rest.starts_with(char::is_whitespace) {
        return None;
    }
    let text = rest.trim().trim_end_matches('#').trim_end();
    let start = line.len() - rest.trim_start().len();
    let level = i32::try_from(level).unwrap_or(6);
    (!text.is_empty()).then(|| Shape::Heading {
        level,
        text: span.part(start, start + text.len()),
    })
}

fn rule(line: &str) -> Option<Shape> {
    let mark = line
        .chars()
        .next()
        .filter(|c| matches!(c, '-' | '=' | '*' | '_'))?;
    let marks = line.chars().filter(|c| *c == mark).count();
    let only = line.chars().all(|c| c == mark || c.is_whitespace());
    (only && marks >= 3).then_some(Shape::Rule { mark: mark as u8 })
}

fn lone(line: &str) -> Option<Shape> {
    if !pipes(line) && foreign_line(line) {
        return Some(Shape::Foreign);
    }
    let tag = line.starts_with('<') && line.ends_with('>') && !line.contains("> ");
    let picture = line.starts_with("![") && line.ends_with(')');
    ((tag && line.matches('<').count() == 1) || picture).then_some(Shape::Tag)
}

fn item(line: &str, span: Span) -> Option<Shape> {
    let (ordered, marker) = marker(line)?;
    let rest = line.get(marker..)?;
    if !rest.starts_with(char::is_whitespace) {
        return None;
    }
    let text = rest.trim_start();
    let text = ["[ ] ", "[x] ", "[X] "]
        .iter()
        .find_map(|tick| text.strip_prefix(tick))
        .unwrap_or(text);
    let start = line.len() - text.len();
    let pipes = pipes(text);
    let text = span.part(start, line.len());
    (!text.is_empty()).then_some(Shape::Item {
        text,
        ordered,
        columns: start,
        pipes,
    })
}

/// Bytes of the marker of a list item, and whether it numbers.
fn marker(line: &str) -> Option<(bool, usize)> {
    let first = line.chars().next()?;
    if BULLETS.contains(first) {
        return Some((false, first.len_utf8()));
    }
    let open = usize::from(first == '(');
    let rest = line.get(open..)?;
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let letter = digits == 0 && rest.starts_with(|c: char| c.is_ascii_lowercase());
    let label = if letter { 1 } else { digits };
    let close = rest.get(label..)?.chars().next()?;
    // "a. An exchange of fire": a letter and a full stop number a line that begins anew.
    let anew = rest
        .get(label + 1..)
        .is_some_and(|rest| rest.trim_start().starts_with(char::is_uppercase));
    let closed = close == ')' || (close == '.' && open == 0 && (digits > 0 || anew));
    ((1..=3).contains(&label) && closed).then_some((true, open + label + 1))
}

/// `+----+----+`: a line of a drawn table.
fn ruled(line: &str) -> bool {
    let drawn = |c: char| matches!(c, '+' | '-' | '=' | ':' | ' ');
    line.starts_with('+') && line.matches('+').count() > 1 && line.chars().all(drawn)
}

/// Whether runs of blanks part a line into columns.
fn aligned(line: &str) -> bool {
    line.contains(COLUMN_GAP)
}

/// Whether a pipe parts the line; `\|` does not.
fn pipes(line: &str) -> bool {
    let mut before = ' ';
    line.chars().any(|c| {
        let parts = c == '|' && before != '\\';
        before = c;
        parts
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(line: &str) -> String {
        let shape = shape(line, Span::new(0, line.len()));
        if let Shape::Heading { level, text } = shape {
            return format!("h{level} {}", text.of(line));
        }
        if let Shape::Item { text, ordered, .. } = shape {
            return format!("{} {}", if ordered { "ol" } else { "ul" }, text.of(line));
        }
        format!("{shape:?}")
    }

    #[test]
    fn lines_are_told_apart() {
        for (line, expected) in [
            ("## The talks ##", "h2 The talks"),
            ("#hashtag", "Text"),
            ("- one", "ul one"),
            ("* one", "ul one"),
            ("**bold** text", "Text"),
            ("•  one", "ul one"),
            ("12. one", "ol one"),
            ("(2) one", "ol one"),
            ("a) one", "ol one"),
            ("b. One", "ol One"),
            ("e. g. one", "Text"),
            ("2026. A year", "Text"),
            ("-5 degrees", "Text"),
            ("| a | b |", "Row"),
            ("a \\| b", "Text"),
            ("---|---", "Row"),
            ("- [ ] open", "ul open"),
            ("<excerpt/>", "Tag"),
            ("ADVERTISEMENT", "Foreign"),
            ("_____", "Rule { mark: 95 }"),
        ] {
            assert_eq!(shown(line), expected, "{line}");
        }
    }
}
