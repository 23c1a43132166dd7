//! Article text -> a draft with spans, and the list of doubts.
//!
//! [`draft`] is a pure function: bytes, the names known and the limits in; an assessment's content
//! and everything it is unsure of out. It never reads a store, a clock or a file, never guesses,
//! and never drops anything in silence: what is malformed or unclear becomes a doubt with its
//! place. Malformed input is normal input.
//!
//! ```text
//! bytes -> canonical (text) -> lines -> blocks (headings, paragraphs, lists, tables)
//!   table -> rows (by roles of the columns)  -+
//!   list  -> items (by subject of the words   +-> elements -> collect (ids, merging, links)
//!            above: holders, subjects)       -+
//! ```
//!
//! The rules are about meaning (lexicons of folded phrases in `roles`, `subjects`, `codes`), never
//! about one document. Every value carries its bytes; coded values are set only where a listed
//! word stands in them. `service` calls it and fills what only the caller knows: the document's
//! and the assessment's names, before which links of the form `risks/{id}` are put.

mod above;
mod bind;
mod blocks;
mod canonical;
mod chance_items;
mod chances;
mod codes;
mod collect;
mod dates;
mod declared;
mod doubts;
mod elements;
mod flattened;
mod forecasts;
mod foreign;
mod headers;
mod headings;
mod holders;
mod indicators;
mod inline;
mod items;
mod labelled;
mod line_rows;
mod lines;
mod list_lines;
mod odds;
mod outline;
mod outlook;
mod plain;
mod prose;
mod roles;
mod rows;
mod sentences;
mod series;
mod span;
mod statements;
mod subjects;
mod table;
mod windows;
mod words;
mod yardstick;

#[cfg(test)]
mod tests;

use crate::error::Error;
use crate::model::limits::Limits;
use crate::model::names::Names;
use crate::model::v1;
pub use bind::{bind, identify};
pub use series::carry_on;

use above::Above;
use blocks::{Block, Blocks};
use collect::Collector;
use sentences::sentences;
use span::Span;

/// What a document says, as far as it could be read.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// The canonical UTF-8 rendition: no byte-order mark, LF line ends. All spans are byte
    /// offsets into it.
    pub text: String,
    /// Title, summary, sections, proposed actors and issues, and the elements. Their `id`s are
    /// set, their `name`s are not; links between them are `{collection}/{id}`; citations have no
    /// document yet.
    pub assessment: v1::Assessment,
    /// What import is unsure of, in the order of the text.
    pub doubts: Vec<v1::Doubt>,
}

/// Reads a document of one of the media types `text/markdown` and `text/plain`.
///
/// # Errors
/// [`Error::Invalid`] with UNSUPPORTED_MEDIA_TYPE, EMPTY_DOCUMENT, NOT_UTF8 (naming the byte) or
/// DOCUMENT_TOO_LARGE (naming given and allowed).
pub fn draft(
    bytes: &[u8],
    media_type: &str,
    names: &Names,
    limits: &Limits,
) -> Result<Draft, Error> {
    let text = canonical::canonical(bytes, media_type, limits)?;
    let mut collector = Collector::new(&text, names, limits);
    collector.doubts.controls(&text);
    let blocks = blocks::blocks(&text, limits, &mut collector.doubts, &|cells| {
        roles::heads(cells, names)
    });
    outline::frame(&mut collector, &blocks);
    read(&mut collector, &blocks);
    let (mut assessment, doubts) = collector.finish();
    yardstick::yardstick(&text).apply(&mut assessment);
    Ok(Draft {
        text,
        assessment,
        doubts,
    })
}

/// Reads a paragraph: what it labels, what it enumerates, and its sentences.
fn paragraph<'n>(
    c: &mut Collector<'n>,
    prose: &mut prose::Reader<'n>,
    span: Span,
    above: &mut Above,
) {
    let labelled = labelled::read_labelled(c, span, above);
    let listed = inline::enumeration(c.text, span).filter(|listed| {
        let mut above = above.clone();
        above.lead = Some(listed.lead);
        let before = c.elements();
        items::read_list(c, &listed.items, &above);
        c.elements() > before
    });
    match listed {
        Some(listed) => {
            prose.paragraph(c, listed.before, above, &labelled);
            prose.paragraph(c, listed.after, above, &labelled);
        }
        None => prose.paragraph(c, span, above, &labelled),
    }
    let sentences = sentences(c.text, span);
    above.lead = sentences.last().copied();
    above.section.extend(sentences);
}

/// Walks the blocks, keeping what stands above each list and table.
fn read<'n>(c: &mut Collector<'n>, blocks: &Blocks) {
    let mut prose = prose::Reader::default();
    let mut headings: Vec<(i32, Span)> = Vec::new();
    let mut above = Above::default();
    let mut scenarios = chance_items::Headed::default();
    for (at, block) in blocks.blocks.iter().enumerate() {
        match block {
            Block::Heading { span, level } => {
                while headings.last().is_some_and(|(open, _)| open >= level) {
                    headings.pop();
                }
                let next = blocks.blocks.get(at + 1);
                if blocks::is_bold(*level)
                    && matches!(next, None | Some(Block::Heading { .. } | Block::Break))
                {
                    let above =
                        Above::under(headings.iter().rev().map(|(_, span)| *span).collect());
                    labelled::read_bold(c, *span, &above);
                }
                let parents: Vec<Span> = headings.iter().rev().map(|(_, span)| *span).collect();
                scenarios.heading(c, *span, &parents);
                headings.push((*level, *span));
                above = Above::under(headings.iter().rev().map(|(_, span)| *span).collect());
            }
            Block::Paragraph(span) => paragraph(c, &mut prose, *span, &mut above),
            Block::List(items) => {
                let before = (c.elements(), c.draft.judgments.len());
                items::read_list(c, items, &above);
                chance_items::read_chances(c, items, &above);
                prose.list(c, items, &above, prose::Read::since(c, before));
                above.lead = None;
            }
            Block::Table(rows) => {
                rows::read_table(c, rows, &above);
                above.lead = None;
            }
            Block::Break => above.lead = None,
        }
    }
    scenarios.sets(c, blocks);
}
