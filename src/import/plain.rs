//! The words of a marked-up piece of text: what stands in an element beside the verbatim quote.
//!
//! It takes away emphasis, code marks, links' addresses, quote marks at line starts and line
//! breaks, and decodes the few entities met in tables; it never changes a word.

use std::borrow::Cow;

use super::span::blank;

/// How far a link's text or address may reach before it is taken for plain brackets.
const LINK_BYTES_MAX: usize = 2_000;

/// Cells that say that there is nothing.
const NOTHING: [&str; 9] = [
    "-",
    "—",
    "–",
    "n/a",
    "none",
    "tbd",
    "not stated",
    "unknown",
    "?",
];

/// Whether the words of a cell say that there is nothing.
pub(super) fn says_nothing(words: &str) -> bool {
    words.is_empty() || NOTHING.contains(&words.to_lowercase().as_str())
}

/// The words of `raw`, in one line, without pictures before them.
pub(super) fn plain(raw: &str) -> String {
    let mut words = String::with_capacity(raw.len());
    for line in raw.lines() {
        let line = unquoted(line);
        let bare = if line.contains(marks) {
            Cow::Owned(bare(line))
        } else {
            Cow::Borrowed(line)
        };
        for word in bare.split(blank).filter(|word| !word.is_empty()) {
            if !words.is_empty() {
                words.push(' ');
            }
            words.push_str(word);
        }
    }
    let bare = words.trim_start_matches(|c: char| picture(c) || c == ' ');
    if bare.len() < words.len() && !bare.is_empty() {
        words.drain(..words.len() - bare.len());
    }
    words
}

/// A coloured disc, a star or another picture that stands for no word.
fn picture(c: char) -> bool {
    matches!(c, '\u{2600}'..='\u{27bf}' | '\u{2b00}'..='\u{2bff}' | '\u{fe0f}'
        | '\u{1f000}'..='\u{1faff}')
}

fn marks(c: char) -> bool {
    matches!(c, '*' | '_' | '`' | '~' | '[' | '!' | '\\' | '<' | '&')
}

fn unquoted(line: &str) -> &str {
    let mut line = line.trim_start();
    while let Some(rest) = line.strip_prefix('>') {
        line = rest.trim_start();
    }
    line
}

fn bare(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        let after = rest.get(c.len_utf8()..).unwrap_or("");
        rest = match c {
            '*' | '_' if emphasis(&out, after, c) => after.trim_start_matches(c),
            '`' => after,
            '~' if after.starts_with('~') => after.trim_start_matches('~'),
            '!' if link(after).is_some() => link(after).map_or(after, |(_, rest)| rest),
            '[' => match link(rest) {
                Some((text, rest)) => {
                    out.push_str(&bare(text));
                    rest
                }
                None => kept(&mut out, c, after),
            },
            '\\' if after.starts_with(|c: char| c.is_ascii_punctuation()) => {
                let mut chars = after.chars();
                out.extend(chars.next());
                chars.as_str()
            }
            '<' | '&' => match entity(rest) {
                Some((text, rest)) => {
                    out.push_str(text);
                    rest
                }
                None => kept(&mut out, c, after),
            },
            _ => kept(&mut out, c, after),
        };
    }
    out
}

fn kept<'a>(out: &mut String, c: char, after: &'a str) -> &'a str {
    out.push(c);
    after
}

/// A mark of emphasis touches a word on one side only: `5 * 3` and `a_b` have none.
fn emphasis(before: &str, after: &str, mark: char) -> bool {
    let after = after.trim_start_matches(mark);
    let inner = |c: char| c.is_alphanumeric();
    let open = after.starts_with(|c: char| !c.is_whitespace()) && !before.ends_with(inner);
    let close =
        !before.is_empty() && !before.ends_with(char::is_whitespace) && !after.starts_with(inner);
    open || close || (mark == '*' && before.ends_with(inner) && after.starts_with(inner))
}

/// `[text](address)` -> the text and what follows.
fn link(rest: &str) -> Option<(&str, &str)> {
    let near = rest.get(..rest.len().min(LINK_BYTES_MAX)).unwrap_or("");
    let (text, address) = near.strip_prefix('[')?.split_once("](")?;
    let end = address.find(')')?;
    if text.contains('[') {
        return None;
    }
    let after = 1 + text.len() + 2 + end + 1;
    Some((text, rest.get(after..)?))
}

fn entity(rest: &str) -> Option<(&'static str, &str)> {
    const ENTITIES: [(&str, &str); 9] = [
        ("<br>", " "),
        ("<br/>", " "),
        ("<br />", " "),
        ("&amp;", "&"),
        ("&nbsp;", " "),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
    ];
    ENTITIES
        .iter()
        .find_map(|(mark, text)| Some((*text, rest.strip_prefix(mark)?)))
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn markup_goes_and_words_stay() {
        for (raw, words) in [
            ("**Ceasefire** line", "Ceasefire line"),
            ("_a_ *b* `c` ~~d~~", "a b c d"),
            ("5 * 3 and SNAKE_CASE_ID", "5 * 3 and SNAKE_CASE_ID"),
            ("see [the note](http://x.y/z) now", "see the note now"),
            ("Donbas & Crimea, A&amp;B", "Donbas & Crimea, A&B"),
            ("wrapped\n  over > lines", "wrapped over > lines"),
            ("> quoted\n> twice", "quoted twice"),
            ("**🔴 High**: fire", "High: fire"),
            ("a \\| b", "a | b"),
            ("Wait!", "Wait!"),
            ("[open and [closed] end", "[open and [closed] end"),
        ] {
            assert_eq!(plain(raw), words, "{raw}");
        }
    }
}
