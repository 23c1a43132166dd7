//! The blocks of a text with their places: headings, paragraphs, lists, tables.
//!
//! A reader of its own rather than a Markdown parser: it keeps byte spans, finds tables wherever
//! a run of rows stands (also right under a list), takes short lines without marks for the
//! headings they are in copied articles, and reads on as text where a fence never closes. It
//! knows no word of the subject; what blocks mean is decided by the rooms that read them.

use super::doubts::Doubts;
use super::flattened::flattened;
use super::headings::heading_like;
use super::lines::{Line, Shape, lines};
use super::list_lines::{Around, ListReader};
use super::span::Span;
use super::table::{Row, is_table, row, unfolded};
use crate::model::limits::Limits;
use crate::model::v1::DoubtKind;

/// How many lines a broken row may run on before it is taken for a row without its last pipe.
const ROW_TAIL_LINES_MAX: usize = 20;
/// How many lines the front matter may have.
const FRONT_LINES_MAX: usize = 60;
/// A line this long that ends a sentence is a paragraph of its own: the text is not wrapped.
const UNWRAPPED_BYTES: usize = 160;
/// The level of a heading that is only a line in bold.
const BOLD_LEVEL: i32 = 7;

/// Whether a heading of this level is only a line in bold.
pub(super) fn is_bold(level: i32) -> bool {
    level == BOLD_LEVEL
}

/// A piece of the text.
#[derive(Debug)]
pub(super) enum Block {
    /// A heading; deeper ones have higher levels.
    Heading { span: Span, level: i32 },
    /// Running text.
    Paragraph(Span),
    /// Items with their nesting.
    List(Vec<Item>),
    /// Rows as they stand, header, separators and all.
    Table(Vec<Row>),
    /// A rule, code or picture: what stands before it does not introduce what follows.
    Break,
}

/// One item of a list.
#[derive(Debug)]
pub(super) struct Item {
    /// Its first paragraph, without the marker.
    pub(super) text: Span,
    /// 0 for the outermost.
    pub(super) depth: usize,
    /// Further paragraphs under it.
    pub(super) body: Vec<Span>,
}

/// The blocks of a text.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    pub(super) blocks: Vec<Block>,
    /// The title that the front matter states.
    pub(super) front_title: Option<Span>,
}

/// Reads the blocks of `text`; `heads` says whether the words of some cells together read as the
/// header of a table.
pub(super) fn blocks(
    text: &str,
    limits: &Limits,
    doubts: &mut Doubts,
    heads: &dyn Fn(&[&str]) -> bool,
) -> Blocks {
    let found = Blocks::default();
    let lines = lines(text);
    let mut reader = Reader {
        text,
        lines,
        at: 0,
        limits,
        doubts,
        heads,
        found,
        open: [usize::MAX; 2],
    };
    reader.front_matter();
    reader.read();
    reader.found
}

struct Reader<'a> {
    text: &'a str,
    lines: Vec<Line>,
    at: usize,
    limits: &'a Limits,
    doubts: &'a mut Doubts,
    heads: &'a dyn Fn(&[&str]) -> bool,
    found: Blocks,
    /// Fewest marks of a fence (backticks, tildes) known never to close from here on.
    open: [usize; 2],
}

impl Reader<'_> {
    fn read(&mut self) {
        while let Some(line) = self.line(self.at) {
            match line.shape {
                Shape::Blank => self.at += 1,
                Shape::Fence { mark, marks, .. } => self.fence(line.span, mark, marks),
                Shape::Heading { level, text } => {
                    self.at += 1;
                    self.found.blocks.push(Block::Heading { span: text, level });
                }
                Shape::Rule { .. } | Shape::Tag => {
                    self.at += 1;
                    self.found.blocks.push(Block::Break);
                }
                Shape::Foreign => self.foreign(line.span),
                Shape::Item { pipes, .. } => {
                    if !(pipes && self.table()) {
                        self.list();
                    }
                }
                Shape::Row => {
                    if !self.table() {
                        self.paragraph();
                    }
                }
                Shape::Text => {
                    if !self.flattened() {
                        self.paragraph();
                    }
                }
            }
        }
    }

    fn line(&self, at: usize) -> Option<Line> {
        self.lines.get(at).copied()
    }

    fn shape(&self, at: usize) -> Shape {
        self.line(at).map_or(Shape::Blank, |line| line.shape)
    }

    fn front_matter(&mut self) {
        let fenced = |line: &Line| line.span.of(self.text) == "---";
        if !self.lines.first().is_some_and(fenced) {
            return;
        }
        let near = self.lines.iter().enumerate().skip(1).take(FRONT_LINES_MAX);
        let Some(end) = near
            .clone()
            .find(|(_, line)| fenced(line))
            .map(|(at, _)| at)
        else {
            return;
        };
        for (_, line) in near.take(end - 1) {
            let text = line.span.of(self.text);
            let Some((key, value)) = text.split_once(':') else {
                continue;
            };
            if key.trim().eq_ignore_ascii_case("title") {
                let value = value.trim().trim_matches(['"', '\'']);
                let start = text.len() - text.trim_end_matches(['"', '\'']).len();
                let end = text.len() - start;
                let span = line.span.part(end.saturating_sub(value.len()), end);
                self.found.front_title = (!value.is_empty()).then_some(span);
            }
        }
        self.at = end + 1;
    }

    fn foreign(&mut self, span: Span) {
        self.at += 1;
        let reason = "This line belongs to a page and not to the text; it was passed over.";
        self.doubts.add(span, DoubtKind::ForeignText, reason);
    }

    fn fence(&mut self, span: Span, mark: u8, marks: usize) {
        let begin = self.at + 1;
        self.at = begin;
        let known = usize::from(mark == b'~');
        let hopeless = self.open.get(known).is_some_and(|fewest| marks >= *fewest);
        let closes = |line: &Line| match line.shape {
            Shape::Fence {
                mark: other,
                marks: many,
                bare,
            } => bare && other == mark && many >= marks,
            Shape::Blank
            | Shape::Heading { .. }
            | Shape::Rule { .. }
            | Shape::Tag
            | Shape::Foreign
            | Shape::Item { .. }
            | Shape::Row
            | Shape::Text => false,
        };
        let rest = self.lines.get(begin..).unwrap_or(&[]);
        let length = if hopeless {
            None
        } else {
            rest.iter().position(closes)
        };
        match length {
            Some(length) => {
                self.at = begin + length + 1;
                self.found.blocks.push(Block::Break);
            }
            None => {
                if let Some(fewest) = self.open.get_mut(known) {
                    *fewest = marks.min(*fewest);
                }
                let reason = "A fence opens here and never closes; what follows is read as text.";
                self.doubts.add(span, DoubtKind::Other, reason);
            }
        }
    }

    /// Reads a table here, or marks its lines as text when they are none.
    fn table(&mut self) -> bool {
        let begin = self.at;
        let mut rows: Vec<Row> = Vec::new();
        let mut cut: Option<Span> = None;
        while let Some(line) = self.line(self.at) {
            let cells = matches!(line.shape, Shape::Row | Shape::Item { pipes: true, .. });
            if !cells {
                break;
            }
            let closed = rows.first().is_some_and(|row| row.opened && row.closed);
            let (span, after) = self.row_span(line.span, closed);
            self.at = after;
            if rows.len() < self.limits.table_rows_max {
                let row = row(self.text, span, self.limits.table_columns_max);
                match unfolded(self.text, &row) {
                    Some(many) => rows.extend(many),
                    None => rows.push(row),
                }
            } else {
                cut = Some(cut.map_or(span, |cut| cut.join(span)));
            }
        }
        if !is_table(&rows) {
            let run = self.lines.get_mut(begin..self.at).unwrap_or(&mut []);
            for line in run.iter_mut().filter(|line| line.shape == Shape::Row) {
                line.shape = Shape::Text;
            }
            self.at = begin;
            return false;
        }
        let allowed = self.limits.table_rows_max;
        if let Some(cut) = cut {
            let reason = format!("The table has more than {allowed} rows; these were not read.");
            self.doubts.add(cut, DoubtKind::Limit, reason);
        }
        self.push_table(rows);
        true
    }

    /// Reads a table here that is only its cells, one to a line.
    fn flattened(&mut self) -> bool {
        let rest = self.lines.get(self.at..).unwrap_or(&[]);
        let rows_max = self.limits.table_rows_max;
        let Some((rows, lines)) = flattened(self.text, rest, rows_max, self.heads) else {
            return false;
        };
        self.at += lines;
        self.found.blocks.push(Block::Table(rows));
        true
    }

    /// Rows without any separator, right after a table, go on with it.
    fn push_table(&mut self, mut rows: Vec<Row>) {
        let ruled = rows.iter().any(|row| row.separator);
        let Some(Block::Table(table)) = self.found.blocks.last_mut().filter(|_| !ruled) else {
            self.found.blocks.push(Block::Table(rows));
            return;
        };
        let free = self.limits.table_rows_max.saturating_sub(table.len());
        if let Some(first) = rows.first_mut() {
            first.gap = true;
        }
        let cut = rows.split_off(free.min(rows.len()));
        table.append(&mut rows);
        if let (Some(first), Some(last)) = (cut.first(), cut.last()) {
            let reason = "The table has more rows than are read; these were left out.";
            self.doubts
                .add(first.span.join(last.span), DoubtKind::Limit, reason);
        }
    }

    /// The row that begins here with the lines it runs on over: in a table whose rows begin and
    /// end with pipes, a row without its last pipe goes on to the next line that has one.
    fn row_span(&self, span: Span, closed: bool) -> (Span, usize) {
        let text = span.of(self.text);
        let next = self.at + 1;
        if !closed || !text.starts_with('|') || text.ends_with('|') {
            return (span, next);
        }
        for at in next..next + ROW_TAIL_LINES_MAX {
            let Some(line) = self.line(at) else { break };
            let tail = line.span.of(self.text);
            if tail.starts_with('|') {
                break;
            }
            if tail.ends_with('|') {
                return (span.join(line.span), at + 1);
            }
        }
        (span, next)
    }

    fn list(&mut self) {
        let first = self.at;
        let mut list = ListReader::default();
        while let Some(line) = self.line(self.at) {
            let goes_on = match line.shape {
                Shape::Item {
                    text,
                    ordered,
                    columns,
                    pipes,
                } => {
                    let heads_table = pipes && self.heads_table(self.at);
                    !heads_table && list.item(&line, text, (ordered, columns), &self.around())
                }
                Shape::Blank => {
                    let goes_on = list.blank(&self.around());
                    while goes_on && self.shape(self.at + 1) == Shape::Blank {
                        self.at += 1;
                    }
                    goes_on
                }
                Shape::Text | Shape::Row => {
                    !(line.shape == Shape::Row && self.heads_table(self.at))
                        && list.text(&line, self.text)
                }
                Shape::Foreign => {
                    self.foreign(line.span);
                    continue;
                }
                Shape::Fence { .. } | Shape::Heading { .. } | Shape::Rule { .. } | Shape::Tag => {
                    false
                }
            };
            if !goes_on {
                break;
            }
            self.at += 1;
        }
        if self.at == first {
            self.at += 1;
        }
        let followed = self.lines.get(self.at..).unwrap_or(&[]);
        let followed = followed.iter().any(|line| line.shape != Shape::Blank);
        match list.heading(self.text).filter(|_| followed) {
            Some(span) => self.found.blocks.push(Block::Heading { span, level: 2 }),
            None => self.found.blocks.push(Block::List(list.items)),
        }
        if let Some(cut) = list.cut {
            let reason = "The list has more items than are read; these were left out.";
            self.doubts.add(cut, DoubtKind::Limit, reason);
        }
        if let Some(deep) = list.deep {
            let allowed = self.limits.list_depth_max;
            let reason = format!("The list is nested deeper than {allowed} levels.");
            self.doubts.add(deep, DoubtKind::Limit, reason);
        }
    }

    fn around(&self) -> Around<'_> {
        Around {
            text: self.text,
            lines: self.lines.get(self.at..).unwrap_or(&[]),
            depth_max: self.limits.list_depth_max,
            items_max: self.limits.table_rows_max,
        }
    }

    /// Whether a row here stands before another one, so that it is no part of a sentence.
    fn heads_table(&self, at: usize) -> bool {
        let opens = self
            .line(at)
            .is_some_and(|line| line.span.of(self.text).starts_with('|'));
        opens || matches!(self.shape(at + 1), Shape::Row)
    }

    fn paragraph(&mut self) {
        let begin = self.at;
        while self.shape(self.at) == Shape::Text {
            self.at += 1;
        }
        let underline = match self.shape(self.at) {
            Shape::Rule { mark: b'=' } => Some(1),
            Shape::Rule { mark: b'-' } => Some(2),
            Shape::Rule { .. }
            | Shape::Blank
            | Shape::Fence { .. }
            | Shape::Heading { .. }
            | Shape::Tag
            | Shape::Foreign
            | Shape::Item { .. }
            | Shape::Row
            | Shape::Text => None,
        };
        let run: Vec<Span> = self
            .lines
            .get(begin..self.at)
            .unwrap_or(&[])
            .iter()
            .map(|line| line.span)
            .collect();
        let mut whole: Option<Span> = None;
        for (k, span) in run.iter().enumerate() {
            let last = k + 1 == run.len();
            let level = match underline.filter(|_| last && underlined(span.of(self.text))) {
                Some(level) => {
                    self.at += 1;
                    Some((*span, level))
                }
                None => self.heading(&run, k),
            };
            if let Some((span, level)) = level {
                self.flush(&mut whole);
                self.found.blocks.push(Block::Heading { span, level });
                continue;
            }
            whole = Some(whole.map_or(*span, |whole| whole.join(*span)));
            let text = span.of(self.text);
            if text.len() > UNWRAPPED_BYTES && ends_sentence(text) {
                self.flush(&mut whole);
            }
        }
        self.flush(&mut whole);
    }

    fn flush(&mut self, whole: &mut Option<Span>) {
        if let Some(span) = whole.take() {
            self.found.blocks.push(Block::Paragraph(span));
        }
    }

    /// The heading that the `k`th line of a run of text is, when it is one.
    fn heading(&self, run: &[Span], k: usize) -> Option<(Span, i32)> {
        let span = *run.get(k)?;
        let before = k
            .checked_sub(1)
            .and_then(|k| run.get(k))
            .map(|span| span.of(self.text));
        if let Some(bold) = bold_line(span, self.text).filter(|_| before.is_none_or(ends_sentence))
        {
            return Some((bold, BOLD_LEVEL));
        }
        let ends_text = k + 1 == run.len()
            && self
                .lines
                .get(self.at..)
                .unwrap_or(&[])
                .iter()
                .all(|l| l.shape == Shape::Blank);
        let alone = run.len() == 1;
        let like = !ends_text && heading_like(span.of(self.text), before, alone);
        let headed = || {
            self.found
                .blocks
                .iter()
                .any(|b| matches!(b, Block::Heading { .. }))
        };
        like.then(|| (span, if headed() { 2 } else { 1 }))
    }
}

fn underlined(line: &str) -> bool {
    line.len() <= 120 && !line.ends_with(['.', ';', ',', ':'])
}

pub(super) fn ends_sentence(line: &str) -> bool {
    let line = line.trim_end_matches(['"', '\u{201d}', '\u{2019}', '\'', ')', '*', '_']);
    line.ends_with(['.', '!', '?', ':', '…'])
}

/// The text of a line that is all in bold.
fn bold_line(span: Span, text: &str) -> Option<Span> {
    let line = span.of(text);
    let mark = ["**", "__"]
        .into_iter()
        .find(|mark| line.starts_with(mark))?;
    let inner = line
        .trim_end_matches(':')
        .strip_suffix(mark)?
        .strip_prefix(mark)?;
    let fits = !inner.is_empty() && inner.len() <= 120 && !inner.contains(mark);
    fits.then(|| span.part(mark.len(), mark.len() + inner.len()))
}
