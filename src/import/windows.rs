//! The time that a heading or lead-in gives to what stands below: "0–30 Day Window", "next 6-12
//! months (to December)".

use super::span::Span;
use super::words::words;

const UNITS: [&str; 12] = [
    "hour", "day", "week", "month", "quarter", "year", "hr", "d", "wk", "mo", "yr", "h",
];

/// Where `span` states a window of time.
pub(super) fn window_in(text: &str, span: Span) -> Option<Span> {
    let part = span.of(text);
    let words = words(part);
    let number = |at: usize| {
        words.get(at).is_some_and(|word| {
            let text = word.at.of(part);
            !text.is_empty() && text.chars().all(|c| c.is_ascii_digit()) && text.len() <= 3
        })
    };
    for (at, word) in words.iter().enumerate() {
        if !number(at) {
            continue;
        }
        let mut after = at + 1;
        let joined = |one: usize, other: usize| {
            let (Some(one), Some(other)) = (words.get(one), words.get(other)) else {
                return false;
            };
            let between = part.get(one.at.end..other.at.start).unwrap_or("");
            matches!(between.trim(), "-" | "–" | "—")
        };
        if number(after) && joined(at, after) {
            after += 1;
        } else if words.get(after).is_some_and(|word| word.text == "to") && number(after + 1) {
            after += 2;
        }
        let Some(unit) = words
            .get(after)
            .filter(|word| UNITS.contains(&word.text.as_str()))
        else {
            continue;
        };
        let mut end = unit.at.end;
        let noun = ["window", "horizon", "outlook", "period"];
        if let Some(next) = words
            .get(after + 1)
            .filter(|next| noun.contains(&next.text.as_str()))
        {
            end = next.at.end;
        }
        let rest = part.get(end..).unwrap_or("");
        if rest.trim_start().starts_with("(to ") || rest.trim_start().starts_with("(through ") {
            end += rest.find(')').map_or(0, |close| close + 1);
        }
        return Some(span.part(word.at.start, end));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_found_in_headings() {
        for (text, expected) in [
            ("Distribution — 0–30 Day Window", Some("0–30 Day Window")),
            (
                "1–6 Month Window (to Dec 2026)",
                Some("1–6 Month Window (to Dec 2026)"),
            ),
            ("Outlook for the next 12 months", Some("12 months")),
            ("The 5 conditions", None),
            ("June 2026", None),
        ] {
            let found = window_in(text, Span::new(0, text.len()));
            assert_eq!(found.map(|at| at.of(text)), expected, "{text}");
        }
    }
}
