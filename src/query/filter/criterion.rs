//! A question to a body that no index answers: which field, and what its values must be.

use std::ops::RangeBounds;

use prost::Message;

use super::literal::{Pattern, Range};
use super::tree::Sign;
use crate::model::kind::Raw;
use crate::model::v1::{Likelihood, TimeSpan};

/// A question to a body.
#[derive(Debug, Clone, PartialEq)]
pub struct Criterion {
    /// Field numbers from the resource down; empty is every text of it.
    pub path: Vec<u32>,
    /// What one of the values must be.
    pub test: Test,
}

/// What a value must be.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// Anything but empty.
    Stated,
    /// One of these numbers of an enum, or a bool.
    OneOf(Vec<i32>),
    /// A whole number in a range.
    Int(Range<f64>),
    /// A number in a range.
    Float(Range<f64>),
    /// A text that fits.
    Like(Pattern),
    /// A text that holds these words, in lower case.
    Holds(String),
    /// A time in a range, in microseconds since 1970.
    Time(Range<i64>),
    /// A duration in a range, in seconds.
    Duration(Range<f64>),
    /// A span that stands so to a stretch of time.
    Span(Stands, i64, i64),
    /// A likelihood that stands so to a probability.
    Likelihood(Stands, f64),
    /// An entry of a map: its key, and what its value is.
    Entry(String, Pattern),
    /// A key of a map.
    Key(Pattern),
}

/// How an interval stands to something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stands {
    /// It is known, at one end at least.
    Anyhow,
    /// It holds it, or a part of it.
    Around,
    /// It lies wholly in it.
    Within,
    /// It lies wholly below it.
    Below,
    /// It begins before its end.
    BelowOrAround,
    /// It lies wholly above it.
    Above,
    /// It ends after its beginning.
    AboveOrAround,
}

impl Stands {
    pub(super) fn of(sign: Sign) -> Self {
        match sign {
            Sign::Equal | Sign::NotEqual => Self::Within,
            Sign::Less => Self::Below,
            Sign::LessOrEqual => Self::BelowOrAround,
            Sign::Greater => Self::Above,
            Sign::GreaterOrEqual => Self::AboveOrAround,
            Sign::Has => Self::Around,
        }
    }
}

impl Test {
    /// Whether one value is what it must be. A message that cannot be read is not.
    pub fn holds(&self, raw: Raw<'_>) -> bool {
        match (self, raw) {
            (Self::Stated, Raw::Bytes(bytes)) => !bytes.is_empty(),
            (Self::Stated, Raw::Number(_) | Raw::Double(_)) => true,
            (Self::OneOf(numbers), Raw::Number(number)) => numbers.contains(&(number as i32)),
            (Self::OneOf(numbers), Raw::Bytes(bytes)) => {
                packed(bytes).any(|number| numbers.contains(&(number as i32)))
            }
            (Self::Int(range), Raw::Number(number)) => range.contains(&whole(number)),
            (Self::Int(range), Raw::Bytes(bytes)) => {
                packed(bytes).any(|number| range.contains(&whole(number)))
            }
            (Self::Float(range), Raw::Double(number)) => range.contains(&number),
            (Self::Float(range), Raw::Bytes(bytes)) => doubles(bytes).any(|n| range.contains(&n)),
            (_, Raw::Bytes(bytes)) => self.holds_message(bytes),
            (_, Raw::Number(_) | Raw::Double(_)) => false,
        }
    }

    fn holds_message(&self, bytes: &[u8]) -> bool {
        let text = || std::str::from_utf8(bytes).unwrap_or_default();
        match self {
            Self::Like(pattern) => !bytes.is_empty() && pattern.fits(text()),
            Self::Holds(words) => text().to_lowercase().contains(words.as_str()),
            Self::Time(range) => micros(bytes).is_some_and(|time| range.contains(&time)),
            Self::Duration(range) => {
                let duration = prost_types::Duration::decode(bytes).ok();
                let seconds = duration.map(|d| d.seconds as f64 + f64::from(d.nanos) / 1e9);
                seconds.is_some_and(|seconds| range.contains(&seconds))
            }
            Self::Span(stands, from, to) => span(bytes, *stands, (*from, *to)),
            Self::Likelihood(stands, probability) => likelihood(bytes, *stands, *probability),
            Self::Entry(key, value) => {
                entry(bytes).is_some_and(|(found, text)| found == *key && value.fits(&text))
            }
            Self::Key(key) => entry(bytes).is_some_and(|(found, _)| key.fits(&found)),
            Self::Stated | Self::OneOf(_) | Self::Int(_) | Self::Float(_) => false,
        }
    }
}

fn whole(number: u64) -> f64 {
    number.cast_signed() as f64
}

fn packed(mut bytes: &[u8]) -> impl Iterator<Item = u64> {
    std::iter::from_fn(move || prost::encoding::decode_varint(&mut bytes).ok())
}

fn doubles(bytes: &[u8]) -> impl Iterator<Item = f64> {
    let chunks = bytes.chunks_exact(8);
    chunks.filter_map(|chunk| Some(f64::from_le_bytes(chunk.try_into().ok()?)))
}

fn micros(bytes: &[u8]) -> Option<i64> {
    us(&prost_types::Timestamp::decode(bytes).ok()?)
}

fn us(time: &prost_types::Timestamp) -> Option<i64> {
    let whole = time.seconds.checked_mul(1_000_000)?;
    whole.checked_add(i64::from(time.nanos / 1_000))
}

/// A span of which neither end is known stands in no way to anything.
fn span(bytes: &[u8], stands: Stands, (from, to): (i64, i64)) -> bool {
    let Ok(span) = TimeSpan::decode(bytes) else {
        return false;
    };
    if span.start.is_none() && span.end.is_none() {
        return false;
    }
    let start = span.start.as_ref().and_then(us).unwrap_or(i64::MIN);
    let end = span.end.as_ref().and_then(us).unwrap_or(i64::MAX);
    match stands {
        Stands::Anyhow => true,
        Stands::Around => start < to && end > from,
        Stands::Within => start >= from && end <= to,
        Stands::Below => end <= from,
        Stands::BelowOrAround => start < to,
        Stands::Above => start >= to,
        Stands::AboveOrAround => end > from,
    }
}

/// A likelihood without numbers stands in no way to a probability: not stated is never low.
fn likelihood(bytes: &[u8], stands: Stands, probability: f64) -> bool {
    let Ok(likelihood) = Likelihood::decode(bytes) else {
        return false;
    };
    let low = likelihood.low.or(likelihood.best);
    let high = likelihood.high.or(likelihood.best);
    let (Some(low), Some(high)) = (low.or(high), high.or(low)) else {
        return false;
    };
    match stands {
        Stands::Anyhow => true,
        Stands::Around => low <= probability && probability <= high,
        Stands::Within => low == probability && high == probability,
        Stands::Below => high < probability,
        Stands::BelowOrAround => high <= probability,
        Stands::Above => low > probability,
        Stands::AboveOrAround => low >= probability,
    }
}

/// An entry of a map of texts.
#[derive(Clone, PartialEq, Message)]
struct Entry {
    #[prost(string, tag = "1")]
    key: String,
    #[prost(string, tag = "2")]
    value: String,
}

fn entry(bytes: &[u8]) -> Option<(String, String)> {
    let Entry { key, value } = Entry::decode(bytes).ok()?;
    Some((key, value))
}
