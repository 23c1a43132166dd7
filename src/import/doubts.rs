//! What import is unsure of: said with its place instead of guessed.
//!
//! One place has one doubt: a doubt within another says nothing more and goes. Nothing is dropped
//! in silence: past the limit, the last doubt counts the rest.

use super::span::{Span, offset};
use crate::model::v1::{Doubt, DoubtKind, Span as Place};

/// Quotes longer than this are cut; the span still covers all of it.
const QUOTE_BYTES_MAX: usize = 16 << 10;

/// Doubts as they come up.
#[derive(Debug, Default)]
pub(super) struct Doubts {
    found: Vec<(Span, DoubtKind, String)>,
}

impl Doubts {
    /// A doubt about `span`; `reason` is a sentence.
    pub(super) fn add(&mut self, span: Span, kind: DoubtKind, reason: impl Into<String>) {
        self.found.push((span, kind, reason.into()));
    }

    /// One doubt for the control characters of a text, at the first of them.
    pub(super) fn controls(&mut self, text: &str) {
        let control = |c: &char| c.is_control() && !matches!(c, '\n' | '\t' | '\u{c}');
        let Some(first) = text.find(|c: char| control(&c)) else {
            return;
        };
        let count = text.chars().filter(control).count();
        let length = text.get(first..).and_then(|rest| rest.chars().next());
        let length = length.map_or(1, char::len_utf8);
        let reason = format!(
            "The text holds {count} control characters, the first here; they were kept as they are."
        );
        self.add(Span::new(first, first + length), DoubtKind::Other, reason);
    }

    /// In the order of the text, at most `doubts_max`.
    pub(super) fn finish(mut self, text: &str, doubts_max: usize) -> Vec<Doubt> {
        self.found
            .sort_by_key(|(span, _, _)| (span.start, std::cmp::Reverse(span.end)));
        let mut widest: Option<Span> = None;
        self.found.retain(|(span, _, _)| {
            let within = widest.is_some_and(|widest| widest.contains(*span));
            if !within {
                widest = Some(*span);
            }
            !within
        });
        let rest = self
            .found
            .len()
            .saturating_sub(doubts_max.saturating_sub(1));
        if rest > 1 {
            let cut = self.found.split_off(self.found.len() - rest);
            let spans = cut.into_iter().map(|(span, _, _)| span);
            let all = spans.reduce(|all, span| all.join(span)).unwrap_or_default();
            let reason = format!("{rest} further doubts in this part of the text are not listed.");
            self.found.push((all, DoubtKind::Limit, reason));
        }
        self.found
            .into_iter()
            .map(|(span, kind, reason)| doubt(text, span, kind, reason))
            .collect()
    }
}

fn doubt(text: &str, span: Span, kind: DoubtKind, reason: String) -> Doubt {
    let whole = span.of(text);
    let mut cut = whole.len().min(QUOTE_BYTES_MAX);
    while !whole.is_char_boundary(cut) {
        cut -= 1;
    }
    Doubt {
        span: Some(Place {
            start: Some(offset(span.start)),
            end: Some(offset(span.end)),
        }),
        quote: whole.get(..cut).unwrap_or("").to_owned(),
        reason,
        kind: kind.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finish(spans: &[(usize, usize)], doubts_max: usize) -> Vec<(i32, i32)> {
        let mut doubts = Doubts::default();
        for (start, end) in spans {
            doubts.add(Span::new(*start, *end), DoubtKind::Other, "Unclear.");
        }
        let places = doubts
            .finish("0123456789", doubts_max)
            .into_iter()
            .filter_map(|d| d.span);
        places
            .map(|place| (place.start.unwrap(), place.end.unwrap()))
            .collect()
    }

    #[test]
    fn one_place_has_one_doubt() {
        assert_eq!(
            finish(&[(4, 6), (2, 8), (2, 8), (7, 9)], 10),
            [(2, 8), (7, 9)]
        );
    }

    #[test]
    fn past_the_limit_the_rest_is_counted() {
        assert_eq!(
            finish(&[(0, 1), (2, 3), (4, 5), (6, 7)], 3),
            [(0, 1), (2, 3), (4, 7)]
        );
        assert_eq!(
            finish(&[(0, 1), (2, 3), (4, 5)], 3),
            [(0, 1), (2, 3), (4, 5)]
        );
    }
}
