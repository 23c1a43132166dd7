//! Figures that can be probabilities: "51 %", "0.51", "80-85%", "one in five", "<10%".
//!
//! It reads figures and their ranges where they stand and says whether a word such as
//! "probability" stands beside one. It makes no number from a word and none from nothing: what is
//! no probability by its form (a count, a year, a share of votes) is left to who asks.

use super::span::Span;
use super::words::{Word, words};

/// Words beside which a figure is a probability.
const CHANCE: [&str; 8] = [
    "probability",
    "chance",
    "likelihood",
    "odds",
    "odd",
    "p",
    "prob",
    "probable",
];
/// Words between a figure and the word that makes it a probability.
const NEAR_WORDS_MAX: usize = 4;

/// One figure, or a range of two.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Odds {
    /// Where it stands in the text given, its sign included.
    pub(super) at: Span,
    pub(super) low: Option<f64>,
    pub(super) best: Option<f64>,
    pub(super) high: Option<f64>,
    /// It is written in percent, as "1 in 4" or as a fraction of one.
    pub(super) share: bool,
    pub(super) percent: bool,
}

impl Odds {
    /// Whether every number of it can be a probability.
    pub(super) fn possible(&self) -> bool {
        let numbers = [self.low, self.best, self.high];
        let fits = |value: f64| (0.0..=1.0).contains(&value);
        numbers.into_iter().flatten().all(fits)
            && self
                .low
                .zip(self.high)
                .is_none_or(|(low, high)| low <= high)
    }
}

#[derive(Debug, Clone, Copy)]
struct Figure {
    at: Span,
    value: f64,
    percent: bool,
    decimal: bool,
}

/// The figures of `text` in their order; "1 in 4" and "0.2-0.3" are one each.
pub(super) fn odds(text: &str) -> Vec<Odds> {
    let figures = figures(text);
    let mut odds: Vec<Odds> = Vec::new();
    let mut rest = figures.as_slice();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        let between = |next: &Figure| text.get(first.at.end..next.at.start).unwrap_or("");
        let next = after.first();
        if let Some(next) = next.filter(|next| one_in(between(next)) && next.value > 0.0) {
            odds.push(point(
                first.at.join(next.at),
                first.value / next.value,
                true,
            ));
            rest = after.get(1..).unwrap_or(&[]);
            continue;
        }
        let ranges = |next: &&Figure| {
            let dash = matches!(between(next).trim(), "-" | "–" | "—" | "to" | "and");
            // "By 30 June 2026 — 12%": a date before a dash.
            let parted = between(next).starts_with(' ') && between(next).contains('—');
            let date = !first.percent && next.percent && (first.value > 100.0 || parted);
            dash && !date && (next.percent || (first.decimal && next.decimal && !first.percent))
        };
        if let Some(next) = next.filter(ranges) {
            // The percent sign after a range is that of both ends.
            let whole = next.percent && !first.percent;
            let low = if whole {
                first.value / 100.0
            } else {
                first.value
            };
            odds.push(Odds {
                at: first.at.join(next.at),
                low: Some(low),
                best: None,
                high: Some(next.value),
                share: true,
                percent: next.percent,
            });
            rest = after.get(1..).unwrap_or(&[]);
            continue;
        }
        let mut one = point(first.at, first.value, first.percent || first.decimal);
        one.percent = first.percent;
        bounded(text, &mut one);
        odds.push(one);
    }
    odds.extend(spelled(text));
    odds.sort_by_key(|one| one.at.start);
    odds
}

fn point(at: Span, value: f64, share: bool) -> Odds {
    Odds {
        at,
        low: None,
        best: Some(value),
        high: None,
        share,
        percent: false,
    }
}

/// "<10%" bounds a probability and does not state it.
fn bounded(text: &str, one: &mut Odds) {
    let before = text.get(..one.at.start).unwrap_or("").trim_end();
    let mark = before.chars().next_back().unwrap_or(' ');
    let ends = |phrases: &[&str]| phrases.iter().any(|phrase| before.ends_with(phrase));
    if ends(&[
        " below",
        " under",
        " less than",
        " fewer than",
        " at most",
        " no more than",
    ]) {
        one.high = one.best.take();
        return;
    }
    if ends(&[
        " above",
        " more than",
        " at least",
        " no less than",
        " over",
        " exceeding",
    ]) {
        one.low = one.best.take();
        return;
    }
    if matches!(mark, '<' | '≤') {
        one.high = one.best.take();
    } else if matches!(mark, '>' | '≥') {
        one.low = one.best.take();
    } else {
        return;
    }
    one.at = Span::new(before.len() - mark.len_utf8(), one.at.end);
}

fn one_in(between: &str) -> bool {
    matches!(between.trim_matches(['-', '‑', ' ']), "in" | "out of")
}

fn figures(text: &str) -> Vec<Figure> {
    let mut figures = Vec::new();
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut at = 0;
    while at < bytes.len() {
        if !digit(at) {
            at += 1;
            continue;
        }
        let start = at;
        while digit(at) || (matches!(bytes.get(at), Some(b'.' | b',')) && digit(at + 1)) {
            at += 1;
        }
        let before = text.get(..start).unwrap_or("");
        let joined = before.ends_with(|c: char| c.is_alphabetic() || matches!(c, '_' | '$' | '€'));
        let negative = before.ends_with(['-', '−', '–'])
            && !before
                .trim_end_matches(['-', '−', '–'])
                .ends_with(|c: char| c.is_alphanumeric() || c == '%');
        let number = text.get(start..at).unwrap_or("");
        let digits: String = number.chars().filter(|c| *c != ',').collect();
        let rest = text.get(at..).unwrap_or("");
        let unit = ["%", " %", "\u{a0}%", " percent", " per cent", " pct"];
        let unit = unit.into_iter().find(|unit| rest.starts_with(unit));
        at += unit.map_or(0, str::len);
        let glued = unit.is_none() && rest.starts_with(|c: char| c.is_alphabetic() || c == '_');
        // The nearest double of "65.1e-2", which 65.1 / 100 is not.
        let scaled = if unit.is_some() {
            format!("{digits}e-2")
        } else {
            digits
        };
        let Some(value) = scaled.parse::<f64>().ok().filter(|_| !joined && !glued) else {
            continue;
        };
        figures.push(Figure {
            at: Span::new(start, at),
            value: if negative { -value } else { value },
            percent: unit.is_some(),
            decimal: number.contains('.') && number.matches('.').count() == 1,
        });
    }
    figures
}

/// "one in five".
fn spelled(text: &str) -> Vec<Odds> {
    const NUMBERS: [&str; 11] = [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    ];
    let words = words(text);
    let number = |word: &Word| NUMBERS.iter().position(|name| *name == word.text);
    let mut found = Vec::new();
    for three in words.windows(3) {
        let [one, link, other] = three else { continue };
        let (Some(part), Some(whole)) = (number(one), number(other)) else {
            continue;
        };
        if link.text == "in" && part >= 1 && whole > part {
            let share = part as f64 / whole as f64;
            found.push(point(one.at.join(other.at), share, true));
        }
    }
    found
}

/// Whether a text says no more than that something has a probability.
pub(super) fn chance_words_only(text: &str) -> bool {
    let empty = |word: &Word| {
        CHANCE.contains(&word.text.as_str())
            || matches!(
                word.text.as_str(),
                "a" | "an" | "the" | "with" | "of" | "at" | "about" | "is"
            )
    };
    words(text).iter().all(empty)
}

/// Whether a word beside the figure makes it a probability; "risk" does beside a percentage.
pub(super) fn beside_chance(text: &str, odds: &Odds) -> bool {
    let words = words(text);
    let first = words.iter().position(|word| word.at.end > odds.at.start);
    let after = words.iter().position(|word| word.at.start >= odds.at.end);
    let first = first.unwrap_or(words.len());
    let after = after.unwrap_or(words.len());
    let chance = |word: &Word| CHANCE.contains(&word.text.as_str());
    let risk = |word: &Word| odds.percent && word.text == "risk";
    let open =
        |from: usize, to: usize, marks: &[char]| !text.get(from..to).unwrap_or("").contains(marks);
    let before = words
        .get(first.saturating_sub(NEAR_WORDS_MAX)..first)
        .unwrap_or(&[]);
    let before = before.iter().rev().enumerate().any(|(far, word)| {
        (chance(word) || (far < 2 && risk(word)))
            && open(word.at.end, odds.at.start, &[';', '.', ','])
    });
    let next = words
        .get(after..(after + NEAR_WORDS_MAX).min(words.len()))
        .unwrap_or(&[]);
    before
        || next.iter().enumerate().any(|(far, word)| {
            (chance(word) || (far < 2 && risk(word)))
                && open(odds.at.end, word.at.start, &[';', '.', ',', ')', '—'])
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let show = |one: Odds| {
            let of =
                |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.3}"));
            let mark = if one.possible() { "" } else { " impossible" };
            let near = if beside_chance(text, &one) {
                " chance"
            } else {
                ""
            };
            format!(
                "{} {} {}{mark}{near}",
                of(one.low),
                of(one.best),
                of(one.high)
            )
        };
        odds(text).into_iter().map(show).collect()
    }

    #[test]
    fn figures_are_read_with_their_signs() {
        for (text, expected) in [
            ("0.51", vec!["- 0.510 -"]),
            ("~51 %", vec!["- 0.510 -"]),
            ("80-85%", vec!["0.800 - 0.850"]),
            (
                "by June 2026 — 30%",
                vec!["- 2026.000 - impossible", "- 0.300 -"],
            ),
            ("0.2 to 0.35", vec!["0.200 - 0.350"]),
            ("< 10%", vec!["- - 0.100"]),
            ("is below 5 percent", vec!["- - 0.050"]),
            ("of more than 60%", vec!["0.600 - -"]),
            ("1-in-4", vec!["- 0.250 -"]),
            ("one in five", vec!["- 0.200 -"]),
            ("140%", vec!["- 1.400 - impossible"]),
            ("-0.47", vec!["- -0.470 - impossible"]),
            ("B52 and 12m", vec![]),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn only_words_beside_a_figure_make_it_a_probability() {
        for (text, chance) in [
            ("War risk: 18.7%", true),
            ("a 34% probability", true),
            ("with probability of 0.2", true),
            ("Highest war risk (49.8%)", true),
            ("P=0.37", true),
            ("60% enriched uranium raises the chance of war", false),
            ("93% progress", false),
            ("61% oppose it; the chance is small", false),
        ] {
            let one = odds(text).into_iter().next().unwrap();
            assert_eq!(beside_chance(text, &one), chance, "{text}");
        }
    }
}
