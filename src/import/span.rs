//! A place in the canonical text. Spans are the product: every value of a draft can be followed
//! back to the bytes it came from.
//!
//! A span never holds text of its own, so that a quote can only ever be what stands there.

use crate::model::v1;

/// Bytes `start..end` of the canonical text; both ends on char boundaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Span {
    pub(super) fn new(start: usize, end: usize) -> Self {
        Self {
            start,
            end: end.max(start),
        }
    }

    /// The text at this place.
    pub(super) fn of<'t>(&self, text: &'t str) -> &'t str {
        text.get(self.start..self.end).unwrap_or("")
    }

    /// Without blanks at either end.
    pub(super) fn trimmed(&self, text: &str) -> Self {
        let all = self.of(text);
        let head = all.len() - all.trim_start_matches(blank).len();
        Self::new(
            self.start + head,
            self.start + head + all.trim_matches(blank).len(),
        )
    }

    pub(super) fn is_empty(&self) -> bool {
        self.start >= self.end
    }

    pub(super) fn contains(&self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// The smallest span that holds both.
    pub(super) fn join(&self, other: Self) -> Self {
        Self::new(self.start.min(other.start), self.end.max(other.end))
    }

    /// A part of this span, given in bytes from its start.
    pub(super) fn part(&self, start: usize, end: usize) -> Self {
        Self::new(self.start + start, (self.start + end).min(self.end))
    }

    /// The citation of this place for the fields named; `document` is the caller's to fill.
    pub(super) fn cite(&self, text: &str, supports: &[&str]) -> v1::Citation {
        v1::Citation {
            start: Some(offset(self.start)),
            end: Some(offset(self.end)),
            quote: self.of(text).to_owned(),
            supports: supports.iter().map(|path| (*path).to_owned()).collect(),
            ..v1::Citation::default()
        }
    }
}

/// White space, and the marks of no width that copied cells hold instead of nothing.
pub(super) fn blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}')
}

/// Documents are far below 2 GiB, so nothing is ever cut here.
pub(super) fn offset(bytes: usize) -> i32 {
    i32::try_from(bytes).unwrap_or(i32::MAX)
}
