//! For which time in the world each version holds, of those that say so.
//!
//! Most elements state no span, and one without either end holds at any time, so only the others
//! stand here: in the order of their rows, found by halving.

/// From when, and until before when, in microseconds since 1970; an open end is the end of time.
pub(super) type Span = (i64, i64);

/// The spans that are stated, by row.
#[derive(Debug, Default)]
pub(super) struct Spans {
    rows: Vec<(u32, Span)>,
}

impl Spans {
    /// Notes the span of the next row that has one; of any row, when they are sorted afterwards.
    pub(super) fn add(&mut self, id: u32, span: Span) {
        self.rows.push((id, span));
    }

    /// Brings them in the order of their rows.
    pub(super) fn sort(&mut self) {
        self.rows.sort_unstable_by_key(|(row, _)| *row);
    }

    /// Whether a row holds at a time.
    pub(super) fn holds(&self, id: u32, us: i64) -> bool {
        let found = self.rows.binary_search_by_key(&id, |(row, _)| *row);
        let span = found.ok().and_then(|at| self.rows.get(at));
        span.is_none_or(|(_, (from, to))| (*from..*to).contains(&us))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_holds_its_beginning_and_not_its_end() {
        let mut spans = Spans::default();
        spans.add(3, (10, 20));
        spans.add(7, (i64::MIN, 5));
        let held = |id, us| spans.holds(id, us);
        assert_eq!(
            [9, 10, 19, 20].map(|us| held(3, us)),
            [false, true, true, false]
        );
        assert!(held(7, 4) && !held(7, 5));
        assert!(held(5, 0), "what states no span holds at any time");
    }
}
