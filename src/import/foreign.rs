//! Words of the page that a text was copied from: advertisements, calls to read on.
//!
//! They are no part of what the author says. A line of them is passed over with a doubt; a cell
//! or item that they ran into is damaged, because nobody can tell what else ran in with them.

use super::words::folded;

/// A whole line that belongs to the page, its words folded.
const LINES: [&str; 18] = [
    "ad",
    "advert",
    "advertisement",
    "article continue after advertisement",
    "article continue below",
    "continue reading",
    "continue reading below",
    "read also",
    "read more",
    "related article",
    "scroll to continue",
    "share this article",
    "sign up for our newsletter",
    "skip advertisement",
    "sponsored content",
    "story continue after advertisement",
    "story continue below",
    "story continue below advertisement",
];

/// Phrases that no author writes inside a sentence.
const PHRASES: [&str; 6] = [
    "article continues below",
    "scroll to continue",
    "sign up for our newsletter",
    "skip advertisement",
    "sponsored content",
    "story continues below",
];

/// Whether a line is nothing but words of the page.
pub(super) fn foreign_line(line: &str) -> bool {
    line.len() <= 60 && line.to_ascii_lowercase().contains(['a', 'o']) && {
        let folded = folded(line);
        LINES.contains(&folded.as_str())
    }
}

/// Whether words of the page ran into a piece of text.
pub(super) fn foreign_within(text: &str) -> bool {
    let shouted = |word: &str| {
        let word = word.trim_matches(|c: char| !c.is_alphabetic());
        matches!(word, "ADVERTISEMENT" | "ADVERTISEMENTS" | "ADVERTORIAL")
    };
    if text.split_whitespace().any(shouted) {
        return true;
    }
    let last = text.split_whitespace().next_back().unwrap_or("");
    if last == "Advertisement" {
        return true;
    }
    let lower = text.to_ascii_lowercase();
    PHRASES.iter().any(|phrase| lower.contains(phrase))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_told_from_the_text() {
        for line in [
            "ADVERTISEMENT",
            "- Advertisement -",
            "Story continues below advertisement",
        ] {
            assert!(foreign_line(line), "{line}");
        }
        assert!(!foreign_line("Advertisement bans and the press"));
        assert!(foreign_within("Keeps the talks going. ADVERTISEMENT"));
        assert!(!foreign_within("A ban on advertisement for arms"));
    }
}
