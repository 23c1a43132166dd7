//! Which lines without any mark are headings.
//!
//! Articles copied from a page lose the marks of their headings and often the blank lines around
//! them; what is left is a short line in title case between sentences. The rules look at the line
//! and what stands before it, never at its subject.

use super::blocks::ends_sentence;
use super::dates::MONTHS;

/// Longest line that is taken for a heading.
const HEADING_BYTES_MAX: usize = 130;

/// Whether `line` is a heading; `before` is the line of the same run above it, and `alone` says
/// that nothing of its run stands beside it.
pub(super) fn heading_like(line: &str, before: Option<&str>, alone: bool) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    let ends = line.ends_with(['.', '!', ';', ',', ':']);
    let begins = line.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit() || c == '“');
    if ends || !begins || line.len() > HEADING_BYTES_MAX || byline(line, &words) {
        return false;
    }
    if line.ends_with('?') && !alone {
        return false;
    }
    if !before.is_none_or(ends_sentence) {
        return false;
    }
    let shouted = line.chars().any(char::is_alphabetic) && !line.chars().any(char::is_lowercase);
    (words.len() >= 2 && title_case(&words))
        || (shouted && words.len() <= 12)
        || (alone && words.len() <= 12)
}

fn title_case(words: &[&str]) -> bool {
    let long: Vec<&str> = words
        .iter()
        .map(|word| word.trim_start_matches(|c: char| !c.is_alphanumeric()))
        .filter(|word| word.chars().count() >= 4)
        .collect();
    let high = long
        .iter()
        .filter(|word| word.starts_with(|c: char| !c.is_lowercase()))
        .count();
    !long.is_empty() && high * 10 >= long.len() * 7
}

/// "By Jane Roe", "14 March 2026", "Classification: restricted": about the text, not of it.
fn byline(line: &str, words: &[&str]) -> bool {
    let lower = line.to_lowercase();
    let dated = MONTHS.iter().any(|month| lower.contains(month))
        && words.len() <= 6
        && words
            .iter()
            .any(|word| word.trim_matches(|c: char| !c.is_ascii_digit()).len() == 4);
    let labelled = line.split_once(": ").is_some_and(|(label, _)| {
        const LABELS: [&str; 9] = [
            "date",
            "classification",
            "author",
            "authors",
            "version",
            "status",
            "source",
            "document id",
            "last updated",
        ];
        LABELS.contains(&label.trim_matches('*').to_lowercase().as_str())
    });
    lower.starts_with("by ") || dated || labelled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_lines_in_title_case_are_headings() {
        assert!(heading_like(
            "Reading Tehran’s Limits in the Strait",
            Some("It ended."),
            false
        ));
        assert!(!heading_like(
            "Reading Tehran’s Limits in the Strait",
            Some("It went on"),
            false
        ));
        assert!(heading_like("What the mediators can still do", None, true));
        assert!(!heading_like("Officials remain careful", None, false));
        assert!(heading_like("RED LINES", None, false));
        assert!(!heading_like("By Jane Roe", None, true));
        assert!(!heading_like("14 March 2026", None, true));
        assert!(!heading_like("The following obstacles remain:", None, true));
    }
}
