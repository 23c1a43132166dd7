//! The lines of one list: which items, how deep, and where the list ends.
//!
//! Copied lists are wrapped without indentation, parted by blank lines, and followed by a heading
//! without a mark. A line goes on with an item when it is indented under it, begins in lower case,
//! or when the item stops in the middle of a phrase; anything else ends the list.

use super::blocks::{Item, ends_sentence};
use super::lines::{Line, Shape};
use super::span::Span;

/// What a list needs to know of the text around it.
pub(super) struct Around<'a> {
    pub(super) text: &'a str,
    /// The lines from the present one on.
    pub(super) lines: &'a [Line],
    pub(super) depth_max: usize,
    pub(super) items_max: usize,
}

/// A list while its lines come in.
#[derive(Default)]
pub(super) struct ListReader {
    pub(super) items: Vec<Item>,
    /// Columns of the markers that are open.
    open: Vec<usize>,
    /// Whether the outermost items are numbered.
    ordered: bool,
    /// Columns of the text of the last item.
    columns: usize,
    /// A blank line came after the last text.
    gap: bool,
    /// Items past the limit.
    pub(super) cut: Option<Span>,
    /// The first item nested too deep.
    pub(super) deep: Option<Span>,
}

impl ListReader {
    /// Takes an item; false when it belongs to another list.
    pub(super) fn item(
        &mut self,
        line: &Line,
        text: Span,
        kind: (bool, usize),
        around: &Around,
    ) -> bool {
        let (ordered, columns) = kind;
        let base = self.open.first().copied();
        let mut indent = line.indent;
        if base.is_some_and(|base| indent <= base) && ordered != self.ordered {
            let label = |item: &Item| {
                item.text
                    .of(around.text)
                    .trim_end_matches('*')
                    .ends_with(':')
            };
            let top = self.items.iter().rev().find(|item| item.depth == 0);
            if ordered || !top.is_some_and(label) {
                return false;
            }
            indent = base.unwrap_or(0) + 1;
        }
        if base.is_none() {
            self.ordered = ordered;
        }
        while self.open.last().is_some_and(|open| *open > indent) && self.open.len() > 1 {
            self.open.pop();
        }
        if self.open.last().is_none_or(|open| *open < indent) {
            self.open.push(indent);
        }
        let mut depth = self.open.len() - 1;
        if depth > around.depth_max {
            self.open.pop();
            depth = around.depth_max;
            self.deep.get_or_insert(text);
        }
        self.gap = false;
        self.columns = line.indent + columns;
        if self.items.len() < around.items_max {
            self.items.push(Item {
                text,
                depth,
                body: Vec::new(),
            });
        } else {
            self.cut = Some(self.cut.map_or(text, |cut| cut.join(text)));
        }
        true
    }

    /// Passes a blank line when the list goes on after it.
    pub(super) fn blank(&mut self, around: &Around) -> bool {
        self.gap = true;
        let rest = around.lines;
        let next = rest.iter().find(|line| line.shape != Shape::Blank);
        next.is_some_and(|line| match line.shape {
            Shape::Item { .. } => true,
            Shape::Text | Shape::Row => self.under(line),
            Shape::Blank
            | Shape::Fence { .. }
            | Shape::Heading { .. }
            | Shape::Rule { .. }
            | Shape::Tag
            | Shape::Foreign => false,
        })
    }

    /// Whether a line is indented under the items.
    fn under(&self, line: &Line) -> bool {
        line.indent >= self.open.first().map_or(2, |open| open + 2)
    }

    /// Takes a line of text as part of the last item; false when it is none.
    pub(super) fn text(&mut self, line: &Line, text: &str) -> bool {
        let (gap, under) = (self.gap, self.under(line));
        let Some(item) = self.items.last_mut() else {
            return false;
        };
        if self.cut.is_some() {
            return under || !gap;
        }
        if gap {
            self.gap = false;
            if under {
                item.body.push(line.span);
            }
            return under;
        }
        if let Some(body) = item.body.last_mut() {
            *body = body.join(line.span);
            return true;
        }
        if line.indent >= self.columns.max(2) && explains(item.text.of(text), line.span.of(text)) {
            item.body.push(line.span);
            return true;
        }
        let goes_on =
            line.indent >= self.columns.max(2) || goes_on(item.text.of(text), line.span.of(text));
        if goes_on {
            item.text = item.text.join(line.span);
        }
        goes_on
    }

    /// The text of a list that is only one short numbered line: a numbered heading.
    pub(super) fn heading(&self, text: &str) -> Option<Span> {
        let [only] = self.items.as_slice() else {
            return None;
        };
        let line = only.text.of(text);
        let short = line.split_whitespace().count() <= 10 && !line.contains('\n');
        let plain = !line.ends_with(['.', ';', ',', '!']);
        (self.ordered && only.body.is_empty() && short && plain).then_some(only.text)
    }
}

/// Whether a line under an item begins anew: the item ended its sentence, or had room for more.
fn explains(item: &str, line: &str) -> bool {
    const ROOM_BYTES: usize = 60;
    let own = item.lines().next_back().unwrap_or(item).trim_end();
    let first = line.split_whitespace().next().unwrap_or("");
    let room = own.len() + first.len() < ROOM_BYTES;
    let label = own.trim_end_matches('*').ends_with(':');
    let begins = line.starts_with(|c: char| c.is_uppercase() || c == '“');
    begins && !label && !unfinished(own) && (room || ends_sentence(own))
}

/// Whether a line that is not indented still goes on with the item before it.
fn goes_on(item: &str, line: &str) -> bool {
    line.starts_with(|c: char| c.is_lowercase()) || unfinished(item)
}

/// Whether a line stops in the middle of a phrase.
fn unfinished(item: &str) -> bool {
    const UNFINISHED: [&str; 28] = [
        "the", "a", "an", "of", "to", "and", "or", "with", "in", "for", "by", "on", "from", "that",
        "its", "their", "as", "at", "into", "than", "under", "between", "over", "against", "is",
        "are", "will", "which",
    ];
    let last = item.split_whitespace().next_back().unwrap_or("");
    item.ends_with(',') || UNFINISHED.contains(&last)
}
