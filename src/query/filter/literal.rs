//! What literals mean: patterns, numbers, times, durations.

use std::ops::Bound;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::tree::Sign;

/// Text to compare with; a star at an end stands for anything.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Pattern {
    /// The whole text.
    Is(String),
    /// `text*`
    Begins(String),
    /// `*text`
    Ends(String),
    /// `*text*`
    Holds(String),
}

impl Pattern {
    /// Reads a literal.
    pub(super) fn read(text: &str) -> Self {
        let before = text.strip_prefix('*');
        let after = text.strip_suffix('*');
        match (before, after) {
            (Some(rest), Some(_)) => {
                Self::Holds(rest.strip_suffix('*').unwrap_or_default().to_owned())
            }
            (Some(rest), None) => Self::Ends(rest.to_owned()),
            (None, Some(rest)) => Self::Begins(rest.to_owned()),
            (None, None) => Self::Is(text.to_owned()),
        }
    }

    /// Whether a text fits.
    pub fn fits(&self, text: &str) -> bool {
        match self {
            Self::Is(whole) => text == whole,
            Self::Begins(part) => text.starts_with(part.as_str()),
            Self::Ends(part) => text.ends_with(part.as_str()),
            Self::Holds(part) => text.contains(part.as_str()),
        }
    }
}

/// From where to where.
pub type Range<T> = (Bound<T>, Bound<T>);

/// What compares so with `value`.
pub(super) fn range<T: Copy>(sign: Sign, value: T) -> Range<T> {
    use Bound::{Excluded, Included, Unbounded};
    match sign {
        Sign::Equal | Sign::NotEqual | Sign::Has => (Included(value), Included(value)),
        Sign::Less => (Unbounded, Excluded(value)),
        Sign::LessOrEqual => (Unbounded, Included(value)),
        Sign::Greater => (Excluded(value), Unbounded),
        Sign::GreaterOrEqual => (Included(value), Unbounded),
    }
}

/// What compares so with a stretch of time, whose end is not part of it.
pub(super) fn stretch(sign: Sign, (from, to): (i64, i64)) -> Range<i64> {
    use Bound::{Excluded, Included, Unbounded};
    match sign {
        Sign::Equal | Sign::NotEqual | Sign::Has => (Included(from), Excluded(to)),
        Sign::Less => (Unbounded, Excluded(from)),
        Sign::LessOrEqual => (Unbounded, Excluded(to)),
        Sign::Greater => (Included(to), Unbounded),
        Sign::GreaterOrEqual => (Included(from), Unbounded),
    }
}

/// A number; a percentage is a hundredth.
pub(super) fn number(text: &str) -> Option<f64> {
    let (digits, scale) = match text.strip_suffix('%') {
        Some(digits) => (digits, 100.0),
        None => (text, 1.0),
    };
    let plain = digits.starts_with(|first: char| first.is_ascii_digit() || "-.".contains(first));
    let number: f64 = digits.parse().ok().filter(|_| plain)?;
    number.is_finite().then_some(number / scale)
}

/// A duration in seconds: `20s`, `1.5h`, `3d`.
pub(super) fn seconds(text: &str) -> Option<f64> {
    let units = [('s', 1.0), ('m', 60.0), ('h', 3_600.0), ('d', 86_400.0)];
    let (unit, scale) = units.into_iter().find(|(unit, _)| text.ends_with(*unit))?;
    Some(number(text.strip_suffix(unit)?)? * scale)
}

/// A time in microseconds since 1970, from its first instant to the one after its last: a year, a
/// month, a day or an instant.
pub(super) fn time(text: &str) -> Option<(i64, i64)> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        let from = instant.as_microsecond();
        return Some((from, from + 1));
    }
    let part = |at: usize, len: usize| text.get(at..at + len)?.parse::<i16>().ok();
    let separated = |at: usize| text.as_bytes().get(at) == Some(&b'-');
    let small = |at: usize| part(at, 2).and_then(|part| i8::try_from(part).ok());
    let (month, day) = match text.len() {
        4 => (1, 1),
        7 if separated(4) => (small(5)?, 1),
        10 if separated(4) && separated(7) => (small(5)?, small(8)?),
        _ => return None,
    };
    let first = Date::new(part(0, 4)?, month, day).ok()?;
    let next = match text.len() {
        4 => first.checked_add(1.year()),
        7 => first.checked_add(1.month()),
        _ => first.checked_add(1.day()),
    };
    Some((begin(first)?, begin(next.ok()?)?))
}

fn begin(day: Date) -> Option<i64> {
    let begins = day.to_zoned(TimeZone::UTC).ok()?;
    Some(begins.timestamp().as_microsecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_stretches() {
        let day = 86_400_000_000;
        for (text, from, len) in [
            ("1970", 0, 365 * day),
            ("1970-02", 31 * day, 28 * day),
            ("1970-01-02", day, day),
            ("1970-01-02T00:00:00Z", day, 1),
            ("1970-01-02T01:00:00.5+01:00", day + 500_000, 1),
        ] {
            assert_eq!(time(text), Some((from, from + len)), "{text}");
        }
        for text in [
            "",
            "19",
            "1970-13",
            "1970/01/02",
            "tomorrow",
            "1970-02-30",
            "é123",
        ] {
            assert_eq!(time(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_and_durations() {
        assert_eq!((number("0.2"), number("20%")), (Some(0.2), Some(0.2)));
        assert_eq!((number("-3"), number("1e3")), (Some(-3.0), Some(1_000.0)));
        for text in ["", "inf", "NaN", "x", "1,5", "%"] {
            assert_eq!(number(text), None, "{text}");
        }
        assert_eq!(seconds("1.5h"), Some(5_400.0));
        assert_eq!(seconds("20"), None);
    }

    #[test]
    fn a_star_stands_for_anything() {
        let fits = |pattern: &str, text: &str| Pattern::read(pattern).fits(text);
        assert!(fits("a*", "abc") && fits("*c", "abc") && fits("*b*", "abc") && fits("*", ""));
        assert!(!fits("a", "abc") && !fits("b*", "abc") && !fits("*b", "abc"));
    }
}
