//! Title, summary and sections: the frame of the draft.
//!
//! The title is the one the front matter states, else the first heading. The summary is the first
//! paragraph under a heading that says so, else the first paragraph of prose. Both are verbatim;
//! a text without a heading has no title, and a doubt says so.

use super::blocks::{Block, Blocks};
use super::collect::{Collector, label_of};
use super::foreign::foreign_within;
use super::plain::plain;
use super::sentences::sentences;
use super::span::{Span, offset};
use super::words::{folded, words};
use crate::model::v1::{DoubtKind, assessment::Section};

/// Words that prose has at least.
const PROSE_WORDS_MIN: usize = 12;
/// Sections that are listed at most.
const SECTIONS_MAX: usize = 500;
/// The summary at most.
const SUMMARY_BYTES_MAX: usize = 16 << 10;
const SUMMARIES: [&str; 7] = [
    "summary",
    "executive summary",
    "abstract",
    "overview",
    "lead",
    "in brief",
    "at a glance",
];

/// Fills title, summary and sections.
pub(super) fn frame(c: &mut Collector, blocks: &Blocks) {
    title(c, blocks);
    c.draft.summary = summary(c.text, &blocks.blocks).unwrap_or_default();
    sections(c, &blocks.blocks);
}

fn title(c: &mut Collector, blocks: &Blocks) {
    let headings = || {
        blocks.blocks.iter().filter_map(|block| match block {
            Block::Heading { span, level } => Some((*span, *level)),
            Block::Paragraph(_) | Block::List(_) | Block::Table(_) | Block::Break => None,
        })
    };
    let first = headings()
        .find(|(_, level)| *level == 1)
        .or(headings().next());
    match blocks.front_title.or(first.map(|(span, _)| span)) {
        Some(span) => c.draft.title = label_of(&plain(span.of(c.text))),
        None => {
            let all = Span::new(0, c.text.len()).trimmed(c.text);
            let line = all.of(c.text).lines().next().unwrap_or("").len();
            let reason = "No heading names the text; the draft has no title.";
            c.doubts.add(all.part(0, line), DoubtKind::Other, reason);
        }
    }
}

fn summary(text: &str, blocks: &[Block]) -> Option<String> {
    let mut first = None;
    let mut named = false;
    for (at, block) in blocks.iter().enumerate() {
        match block {
            Block::Heading { span, .. } => {
                named = SUMMARIES.contains(&folded(span.of(text)).as_str());
            }
            Block::Paragraph(span) => {
                let list = matches!(blocks.get(at + 1), Some(Block::List(_) | Block::Table(_)));
                let Some(prose) = prose(text, *span, list) else {
                    continue;
                };
                if named {
                    return Some(prose);
                }
                first.get_or_insert(prose);
            }
            Block::List(_) | Block::Table(_) | Block::Break => {}
        }
    }
    first
}

/// The words of a paragraph of prose, without the sentence that introduces a list.
fn prose(text: &str, span: Span, before_list: bool) -> Option<String> {
    if span.of(text).len() > SUMMARY_BYTES_MAX || foreign_within(span.of(text)) {
        return None;
    }
    let mut sentences = sentences(text, span);
    if before_list
        && sentences
            .last()
            .is_some_and(|last| last.of(text).ends_with(':'))
    {
        sentences.pop();
    }
    let (first, last) = (sentences.first()?, sentences.last()?);
    let prose = first.join(*last);
    let enough = words(prose.of(text)).len() >= PROSE_WORDS_MIN;
    let whole = prose
        .of(text)
        .trim_end_matches(['*', '_', '"', '”'])
        .ends_with(['.', '!', '?']);
    (enough && whole).then(|| plain(prose.of(text)))
}

/// Sections reach to the next heading of the same or a higher rank.
fn sections(c: &mut Collector, blocks: &[Block]) {
    let mut sections: Vec<Section> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    for block in blocks {
        let Block::Heading { span, level } = block else {
            continue;
        };
        while let Some(last) = open.last().and_then(|at| sections.get_mut(*at)) {
            if last.level < *level {
                break;
            }
            last.end = Some(offset(span.start));
            open.pop();
        }
        if sections.len() == SECTIONS_MAX {
            let reason = format!("Only the first {SECTIONS_MAX} sections are listed.");
            c.doubts.add(*span, DoubtKind::Limit, reason);
            break;
        }
        open.push(sections.len());
        sections.push(Section {
            title: label_of(&plain(span.of(c.text))),
            level: *level,
            start: Some(offset(span.start)),
            end: Some(offset(c.text.len())),
        });
    }
    c.draft.sections = sections;
}
