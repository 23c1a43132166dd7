//! How well a text matches, from the text and the search alone.
//!
//! BM25 (Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009) with every word
//! taken for equally rare and the average text for 64 words long: what the index holds besides,
//! and what the caller may not see of it, moves no score. Each word's part is a whole number of
//! thousandths, so that sums are exact, whatever the order they are made in.
//!
//! ```text
//! part = 1000 * tf * (k1 + 1) / (tf + k1 * (1 - b + b * length / 64))       k1 = 1.2, b = 0.75
//! ```

use std::sync::LazyLock;

use tantivy::fieldnorm::FieldNormReader;

use crate::model::kind::Kind;

const K1: f64 = 1.2;
const B: f64 = 0.75;
const LENGTH: f64 = 64.0;
/// From here on another occurrence adds nothing.
const TIMES_MAX: u32 = 64;

/// Hundredths of a score, by kind: an assessment is the whole its elements are parts of; a document
/// is the raw text they were taken from.
const WEIGHTS: [(&str, u32); 2] = [("Assessment", 120), ("Document", 50)];
const WEIGHT: u32 = 100;

/// By the number of times less one and by the length's number, in thousandths.
static PARTS: LazyLock<Vec<[u32; 256]>> = LazyLock::new(|| {
    let part = |times: u32, norm: u8| {
        let (times, length) = (f64::from(times), f64::from(length(norm)));
        let share = times * (K1 + 1.0) / (times + K1 * (1.0 - B + B * length / LENGTH));
        (1000.0 * share).round() as u32
    };
    let row = |times: u32| {
        let mut row = [0; 256];
        for (norm, place) in (0..=u8::MAX).zip(&mut row) {
            *place = part(times, norm);
        }
        row
    };
    (1..=TIMES_MAX).map(row).collect()
});

/// The number that stands for a length, which is kept in one byte.
pub(super) fn norm(words: u32) -> u8 {
    FieldNormReader::fieldnorm_to_id(words)
}

fn length(norm: u8) -> u32 {
    FieldNormReader::id_to_fieldnorm(norm)
}

/// What a word adds that stands so many times in a text of that length.
pub(super) fn part(times: u32, norm: u8) -> u32 {
    let row = PARTS.get(times.clamp(1, TIMES_MAX) as usize - 1);
    row.and_then(|row| row.get(usize::from(norm)))
        .copied()
        .unwrap_or(0)
}

/// What the parts of a kind are multiplied by, in hundredths.
pub(super) fn weight(kind: &Kind) -> u32 {
    let own = WEIGHTS.iter().find(|(message, _)| *message == kind.message);
    own.map_or(WEIGHT, |(_, weight)| *weight)
}

/// A weighted sum of parts as it is answered.
pub(super) fn told(score: u32) -> f64 {
    f64::from(score) / 100_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_often_is_better_and_longer_is_worse() {
        assert!(part(2, norm(20)) > part(1, norm(20)));
        assert!(part(1, norm(20)) > part(1, norm(200)));
        assert_eq!(part(1, norm(64)), 1000);
    }
}
