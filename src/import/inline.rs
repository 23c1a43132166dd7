//! Enumerations within a sentence: "The next steps are: (a) ...; (b) ...; and (c) ...".
//!
//! The words up to the colon introduce the items as they would a list below them, and the items
//! are read by the same rules.

use super::blocks::Item;
use super::sentences::sentences;
use super::span::Span;
use super::words::{Word, words};

/// A sentence that enumerates: what stands before it, its lead-in, its items, what follows.
#[derive(Debug)]
pub(super) struct Enumeration {
    pub(super) before: Span,
    pub(super) lead: Span,
    pub(super) items: Vec<Item>,
    pub(super) after: Span,
}

const MARKS: [[&str; 6]; 4] = [
    ["(a)", "(b)", "(c)", "(d)", "(e)", "(f)"],
    ["(1)", "(2)", "(3)", "(4)", "(5)", "(6)"],
    ["(i)", "(ii)", "(iii)", "(iv)", "(v)", "(vi)"],
    ["1)", "2)", "3)", "4)", "5)", "6)"],
];

/// The first enumeration of a paragraph.
pub(super) fn enumeration(text: &str, paragraph: Span) -> Option<Enumeration> {
    marked(text, paragraph).or_else(|| counted(text, paragraph))
}

/// "Three problems stand out: no list, no money, and no trust.": as many items as were counted.
fn counted(text: &str, paragraph: Span) -> Option<Enumeration> {
    const NUMBERS: [&str; 5] = ["two", "three", "four", "five", "six"];
    for sentence in sentences(text, paragraph) {
        let part = sentence.of(text);
        let Some((lead, rest)) = part.split_once(": ") else {
            continue;
        };
        let words = words(lead);
        let number = |word: &Word| NUMBERS.iter().position(|name| *name == word.text);
        let Some(count) = words.iter().find_map(number) else {
            continue;
        };
        let mut items = Vec::new();
        let mut from = lead.len() + 2;
        let marked = rest.replace(", and ", ",     ").replace(", or ", ",    ");
        let marked = marked.replace(" and ", ",    ").replace(';', ",");
        for piece in marked.split(',') {
            let own = sentence.part(from, from + piece.len());
            from += piece.len() + 1;
            items.push(item(text, own));
        }
        let said = |item: &Item| item.text.of(text).len() > 3;
        if items.len() == count + 2 && items.iter().all(said) {
            let lead = sentence.part(0, lead.len() + 1);
            return Some(Enumeration {
                before: Span::new(paragraph.start, lead.start).trimmed(text),
                lead,
                items,
                after: Span::new(sentence.end, paragraph.end).trimmed(text),
            });
        }
    }
    None
}

fn marked(text: &str, paragraph: Span) -> Option<Enumeration> {
    let part = paragraph.of(text);
    let (marks, first) = MARKS.iter().find_map(|marks| {
        let [one, ..] = marks;
        let at = part.find(&format!(": {one} "))?;
        Some((marks, at + 2))
    })?;
    let mut starts = vec![first];
    let mut ends = Vec::new();
    let mut from = first;
    for pair in marks.windows(2) {
        let [mark, next] = pair else { break };
        from += mark.len();
        let found = part.get(from..)?.find(&format!(" {next} "));
        let Some(at) = found.map(|at| from + at) else {
            break;
        };
        ends.push(at);
        starts.push(at + 1);
        from = at + 1;
    }
    let last = Span::new(paragraph.start + from, paragraph.end);
    let end = sentences(text, last).first()?.end;
    ends.push(end - paragraph.start);
    let items: Vec<Item> = starts
        .iter()
        .zip(&ends)
        .zip(marks)
        .map(|((start, end), mark)| item(text, paragraph.part(start + mark.len(), *end)))
        .collect();
    let lead = sentences(text, paragraph.part(0, first)).pop()?;
    (items.len() > 1).then_some(Enumeration {
        before: Span::new(paragraph.start, lead.start).trimmed(text),
        lead,
        items,
        after: Span::new(end, paragraph.end).trimmed(text),
    })
}

/// One item, without what joins it to the next.
fn item(text: &str, at: Span) -> Item {
    let part = at.of(text);
    let bare = part.trim_end();
    let bare = bare
        .strip_suffix(" and")
        .or(bare.strip_suffix(" or"))
        .unwrap_or(bare);
    let bare = bare.trim_end_matches([';', ',', '.']);
    let start = part.len() - part.trim_start().len();
    let joined = ["and ", "or "]
        .iter()
        .find(|word| part.trim_start().starts_with(*word));
    Item {
        text: at
            .part(start + joined.map_or(0, |word| word.len()), bare.len())
            .trimmed(text),
        depth: 0,
        body: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Option<Vec<&str>> {
        let found = enumeration(text, Span::new(0, text.len()))?;
        let items = found.items.iter().map(|item| item.text.of(text));
        let around = [found.before.of(text), found.lead.of(text)].into_iter();
        Some(around.chain(items).chain([found.after.of(text)]).collect())
    }

    #[test]
    fn enumerations_are_taken_apart() {
        assert_eq!(
            shown("It held. Three steps: (a) pay; (b) wait, and (c) leave. Then rest."),
            Some(vec![
                "It held.",
                "Three steps:",
                "pay",
                "wait",
                "leave",
                "Then rest."
            ])
        );
        assert_eq!(
            shown("Two risks stand out: a coup in the north and a drought."),
            Some(vec![
                "",
                "Two risks stand out:",
                "a coup in the north",
                "a drought",
                ""
            ])
        );
        assert_eq!(
            shown("Three risks: a coup, a drought, and a flood."),
            Some(vec![
                "",
                "Three risks:",
                "a coup",
                "a drought",
                "a flood",
                ""
            ])
        );
        assert_eq!(shown("Three risks: a coup, and worse."), None);
        assert_eq!(shown("Under article 5: (a) is void."), None);
        assert_eq!(shown("They paid (a) and (b)."), None);
    }
}
