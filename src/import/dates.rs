//! Dates in words: "by 30 June 2026", "April 19 → June 15, 2026", "2026-06-15", "Q3 2026".
//!
//! Only what names its year is read; "in the coming weeks" and "March 8" stay words, since nothing
//! here knows when a text was written. Days are those of UTC, spans are half-open.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span as Length, ToSpan as _};
use prost_types::Timestamp;

use super::span::Span;
use super::words::{Word, words};
use crate::model::v1::{TimePrecision, TimeSpan};

pub(super) const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
/// Longest text that is looked through for dates.
const TEXT_BYTES_MAX: usize = 1_024;

/// Words before the last day of something.
const ENDING: [&str; 6] = ["by", "until", "till", "through", "later", "to"];

/// A stretch of days that some words name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Days {
    first: usize,
    after: usize,
    from: Date,
    to: Date,
    precision: TimePrecision,
}

/// A time that a text states, with the words that state it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dated {
    pub(super) at: Span,
    start: Option<Date>,
    end: Option<Date>,
    precision: TimePrecision,
}

impl Dated {
    /// The day, or the first of several.
    pub(super) fn first_day(&self) -> Option<Timestamp> {
        self.start.and_then(instant)
    }

    /// As a span of time with its words.
    pub(super) fn span(&self, text: &str) -> TimeSpan {
        TimeSpan {
            start: self.start.and_then(instant),
            end: self.end.and_then(instant),
            text: text.to_owned(),
            precision: self.precision.into(),
            ..TimeSpan::default()
        }
    }
}

/// The one time that `text` states; none where it states several.
pub(super) fn dated(text: &str) -> Option<Dated> {
    if text.len() > TEXT_BYTES_MAX || !text.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let words = words(text);
    let found = days(text, &words);
    let (first, last) = (found.first()?, found.last()?);
    let joins = |one: &Days, other: &Days| {
        let between = words.get(one.after..other.first).unwrap_or(&[]);
        between.iter().all(|word| {
            matches!(
                word.text.as_str(),
                "to" | "through" | "until" | "and" | "till"
            )
        })
    };
    let (start, end) = match found.as_slice() {
        [only] => bounds(&words, only),
        [one, other] if joins(one, other) && one.from <= other.from => {
            (Some(one.from), Some(other.to))
        }
        _ => return None,
    };
    let lead = lead(&words, first.first);
    let at = words.get(lead)?.at.join(words.get(last.after - 1)?.at);
    Some(Dated {
        at,
        start,
        end,
        precision: first.precision.max(last.precision),
    })
}

/// How a time stands to the days that are named: by them, before them, after them.
fn bounds(words: &[Word], days: &Days) -> (Option<Date>, Option<Date>) {
    let said = words
        .get(lead(words, days.first)..days.first)
        .unwrap_or(&[]);
    let says = |list: &[&str]| said.iter().any(|word| list.contains(&word.text.as_str()));
    let ending = says(&["end"]);
    if says(&["before"]) {
        (None, Some(if ending { days.to } else { days.from }))
    } else if says(&ENDING) {
        (None, Some(days.to))
    } else if says(&["after"]) {
        (Some(days.to), None)
    } else if says(&["since", "from"]) {
        (Some(days.from), None)
    } else {
        (Some(days.from), Some(days.to))
    }
}

/// Where the words begin that lead to a date: "no later than", "before the end of".
fn lead(words: &[Word], first: usize) -> usize {
    let mut at = first;
    while let Some(before) = at.checked_sub(1)
        && first - before <= 4
        && words.get(before).is_some_and(|word| {
            ENDING.contains(&word.text.as_str())
                || matches!(
                    word.text.as_str(),
                    "before"
                        | "after"
                        | "since"
                        | "from"
                        | "the"
                        | "end"
                        | "of"
                        | "no"
                        | "later"
                        | "than"
                        | "in"
                        | "on"
                        | "during"
                )
        })
    {
        at = before;
    }
    // "of 2026" and "the 2026" alone lead nowhere.
    while at < first
        && words
            .get(at)
            .is_some_and(|word| matches!(word.text.as_str(), "the" | "of" | "than"))
    {
        at += 1;
    }
    at
}

/// Every stretch of days that the words name with its year, in order.
fn days(text: &str, words: &[Word]) -> Vec<Days> {
    let mut found: Vec<Days> = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let one = named(text, words, at, None).or_else(|| {
            // "April 19 → June 15, 2026": the year is said once.
            let year = (at + 2..at + 6).find_map(|next| named(text, words, next, None));
            named(text, words, at, year.map(|next| next.from.year()))
        });
        at = one.map_or(at + 1, |one| one.after);
        found.extend(one);
    }
    found
}

/// The days that the words from `at` on name.
fn named(text: &str, words: &[Word], at: usize, year: Option<i16>) -> Option<Days> {
    let number = |at: usize| -> Option<i16> {
        let raw = words.get(at)?.at.of(text);
        let digits = raw.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let ordinal = matches!(
            raw.get(digits.len()..),
            Some("" | "st" | "nd" | "rd" | "th")
        );
        digits.parse().ok().filter(|_| ordinal && digits.len() <= 4)
    };
    let year_at = |at: usize| number(at).filter(|year| (1900..2200).contains(year));
    let month_at = |at: usize| words.get(at).and_then(|word| month(word.at.of(text)));
    let day_at = |at: usize| {
        let day = number(at).and_then(|day| i8::try_from(day).ok());
        day.filter(|day| (1..=31).contains(day))
    };
    let one = |y, m, d, after| {
        let from = Date::new(y, m, d).ok()?;
        days_of(from, 1.day(), TimePrecision::Day, (at, after))
    };
    // 2026-06-15: the hyphens part words.
    if let (Some(y), Some(m), Some(d)) = (year_at(at), day_at(at + 1), day_at(at + 2))
        && m <= 12
    {
        return one(y, m, d, at + 3);
    }
    if let (Some(d), Some(m)) = (day_at(at), month_at(at + 1)) {
        let told = year_at(at + 2);
        return one(told.or(year)?, m, d, at + 2 + usize::from(told.is_some()));
    }
    if let (Some(m), Some(d)) = (month_at(at), day_at(at + 1)) {
        let told = year_at(at + 2);
        return one(told.or(year)?, m, d, at + 2 + usize::from(told.is_some()));
    }
    // The month of a day that there is not is no time either.
    let dayless = at.checked_sub(1).and_then(day_at).is_none();
    if let (Some(m), Some(y)) = (month_at(at).filter(|_| dayless), year_at(at + 1)) {
        let from = Date::new(y, m, 1).ok()?;
        return days_of(from, 1.month(), TimePrecision::Month, (at, at + 2));
    }
    let quarter = words.get(at).and_then(|word| match word.text.as_str() {
        "q1" => Some(1),
        "q2" => Some(4),
        "q3" => Some(7),
        "q4" => Some(10),
        _ => None,
    });
    if let (Some(m), Some(y)) = (quarter, year_at(at + 1)) {
        let from = Date::new(y, m, 1).ok()?;
        return days_of(from, 3.months(), TimePrecision::Quarter, (at, at + 2));
    }
    // A bare year is one only where a word leads to it and it counts nothing: "to 2000 troops".
    let led = (lead(words, at) < at || words.len() == 1) && !counts(text, words, at);
    let from = Date::new(year_at(at).filter(|_| led)?, 1, 1).ok()?;
    days_of(from, 1.year(), TimePrecision::Year, (at, at + 1))
}

/// Whether the number at this word is followed by what it is a number of.
fn counts(text: &str, words: &[Word], at: usize) -> bool {
    const CLOSES: [&str; 48] = [
        "a", "after", "alone", "an", "and", "are", "as", "at", "because", "before", "but", "by",
        "could", "despite", "during", "even", "for", "from", "had", "has", "if", "in", "is", "it",
        "may", "might", "of", "on", "onward", "or", "over", "should", "since", "than", "that",
        "the", "through", "to", "under", "unless", "until", "was", "were", "when", "while", "will",
        "with", "would",
    ];
    let (Some(number), Some(next)) = (words.get(at), words.get(at + 1)) else {
        return false;
    };
    let between = text.get(number.at.end..next.at.start).unwrap_or("");
    // "2000-strong" counts; any other mark ends the words of the time.
    let joined = between == "-" && next.text.starts_with(char::is_alphabetic);
    joined || between.trim().is_empty() && !CLOSES.contains(&next.text.as_str())
}

fn days_of(
    from: Date,
    length: Length,
    precision: TimePrecision,
    (first, after): (usize, usize),
) -> Option<Days> {
    let to = from.checked_add(length).ok()?;
    Some(Days {
        first,
        after,
        from,
        to,
        precision,
    })
}

/// The month of a word: its name or the first three letters, with a capital.
pub(super) fn month(raw: &str) -> Option<i8> {
    let lower = raw.to_lowercase();
    let whole = raw.starts_with(char::is_uppercase);
    let fits = |name: &&str| **name == lower || lower.len() == 3 && name.starts_with(&lower);
    let at = MONTHS.iter().position(fits).filter(|_| whole)?;
    i8::try_from(at + 1).ok()
}

fn instant(day: Date) -> Option<Timestamp> {
    let at = day.to_zoned(TimeZone::UTC).ok()?.timestamp();
    Some(Timestamp {
        seconds: at.as_second(),
        nanos: 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_with_their_year_are_spans() {
        for (text, expected) in [
            ("by 30 June 2026", Some("by 30 June 2026: ..2026-07-01 Day")),
            (
                "before 31 March 2026",
                Some("before 31 March 2026: ..2026-03-31 Day"),
            ),
            (
                "before the end of 2026",
                Some("before the end of 2026: ..2027-01-01 Year"),
            ),
            (
                "April 19 → June 15, 2026",
                Some("April 19 → June 15, 2026: 2026-04-19..2026-06-16 Day"),
            ),
            ("2026-06-15", Some("2026-06-15: 2026-06-15..2026-06-16 Day")),
            ("Q3 2026", Some("Q3 2026: 2026-07-01..2026-10-01 Quarter")),
            (
                "in December 2026",
                Some("in December 2026: 2026-12-01..2027-01-01 Month"),
            ),
            (
                "since 3rd May 2025",
                Some("since 3rd May 2025: 2025-05-03.. Day"),
            ),
            (
                "12m (to June 2027)",
                Some("to June 2027: ..2027-07-01 Month"),
            ),
            (
                "window closes ~Nov 2026",
                Some("Nov 2026: 2026-11-01..2026-12-01 Month"),
            ),
            ("signed 1 June 2025 and 2 July 2026, 3 May 2024", None),
            ("30 days", None),
            ("March 8", None),
            ("a 2026 model", None),
            (
                "in 2027 or later",
                Some("in 2027: 2027-01-01..2028-01-01 Year"),
            ),
            ("to 2027, 60%", Some("to 2027: ..2028-01-01 Year")),
            ("raises the garrison to 2000 troops: 60%", None),
            ("from 1950 miners to 2100 miners", None),
            ("grows to 2000-strong", None),
            ("31 February 2026", None),
        ] {
            let shown = dated(text).map(|found| {
                let day = |day: Option<Date>| day.map_or(String::new(), |day| day.to_string());
                format!(
                    "{}: {}..{} {:?}",
                    found.at.of(text),
                    day(found.start),
                    day(found.end),
                    found.precision
                )
            });
            assert_eq!(shown.as_deref(), expected, "{text}");
        }
    }
}
