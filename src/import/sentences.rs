//! Where sentences end, well enough to find the one that introduces a list.

use super::span::Span;

/// Words before a full stop that end no sentence.
const ABBREVIATIONS: [&str; 15] = [
    "mr", "mrs", "ms", "dr", "prof", "gen", "sen", "rep", "gov", "st", "vs", "etc", "e.g", "i.e",
    "approx",
];

/// The sentences of a piece of text, without the blanks between them.
pub(super) fn sentences(text: &str, span: Span) -> Vec<Span> {
    let part = span.of(text);
    let mut found = Vec::new();
    let mut start = 0;
    let mut chars = part.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if !matches!(c, '.' | '!' | '?' | '…') {
            continue;
        }
        let mut end = at + c.len_utf8();
        while let Some((at, c)) = chars.next_if(|(_, c)| closes(*c)) {
            end = at + c.len_utf8();
        }
        let rest = part.get(end..).unwrap_or("");
        let begins = rest.starts_with(char::is_whitespace)
            && rest.trim_start().starts_with(|c: char| !c.is_lowercase());
        if begins && !(c == '.' && abbreviated(part.get(start..at).unwrap_or(""))) {
            found.push(span.part(start, end).trimmed(text));
            start = end;
        }
    }
    let last = span.part(start, part.len()).trimmed(text);
    if !last.is_empty() {
        found.push(last);
    }
    found
}

fn closes(c: char) -> bool {
    matches!(
        c,
        '.' | '!' | '?' | '…' | '"' | '\'' | '”' | '’' | ')' | ']' | '*' | '_'
    )
}

/// Whether the word at the end is an initial or an abbreviation.
fn abbreviated(before: &str) -> bool {
    let word = before.rsplit(char::is_whitespace).next().unwrap_or("");
    let word = word.trim_start_matches(|c: char| !c.is_alphanumeric());
    let initial = word
        .rsplit('.')
        .next()
        .is_some_and(|last| last.chars().count() == 1 && last.chars().all(char::is_uppercase));
    initial || ABBREVIATIONS.contains(&word.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_parted() {
        let text =
            "It held. U.S. envoys met Gen. Roe (twice). “No.” Then: what? Three aims include:";
        let all: Vec<&str> = sentences(text, Span::new(0, text.len()))
            .iter()
            .map(|span| span.of(text))
            .collect();
        assert_eq!(
            all,
            [
                "It held.",
                "U.S. envoys met Gen. Roe (twice).",
                "“No.”",
                "Then: what?",
                "Three aims include:"
            ]
        );
    }
}
