//! A filter as tokens, each with the byte it begins at.
//!
//! White space is not a token, and yet it counts in AIP-160: `AND` is a keyword only where it
//! stands free, a dot joins only what touches it. So a token knows whether space stands before it.

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    /// A bare word: a field, a number, an enum's value.
    Word,
    /// A literal in quotes, which are taken off.
    Quoted,
    /// A comparator, a bracket, a comma or a dot.
    Sign,
}

/// A piece of a filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) sort: Sort,
    pub(super) text: String,
    /// The byte it begins at.
    pub(super) at: usize,
    /// The byte after it.
    pub(super) end: usize,
    /// Whether white space, or the beginning, stands before it.
    pub(super) spaced: bool,
}

impl Token {
    pub(super) fn sign(&self, text: &str) -> bool {
        self.sort == Sort::Sign && self.text == text
    }
}

/// The tokens of a filter, and where a quoted literal is not closed.
pub(super) fn tokens(text: &str) -> (Vec<Token>, Option<usize>) {
    let mut tokens: Vec<Token> = Vec::new();
    let mut spaced = true;
    let mut at = 0;
    while let Some(first) = text.get(at..).and_then(|rest| rest.chars().next()) {
        if first.is_whitespace() {
            spaced = true;
            at += first.len_utf8();
            continue;
        }
        let rest = text.get(at..).unwrap_or_default();
        let (sort, word, len) = if matches!(first, '"' | '\'') {
            match quoted(rest, first) {
                Some((word, len)) => (Sort::Quoted, word, len),
                None => return (tokens, Some(at)),
            }
        } else if let Some(len) = instant(rest).filter(|_| compared(&tokens)) {
            (
                Sort::Word,
                rest.get(..len).unwrap_or_default().to_owned(),
                len,
            )
        } else if bare(first) {
            let len = rest.find(|letter| !bare(letter)).unwrap_or(rest.len());
            (
                Sort::Word,
                rest.get(..len).unwrap_or_default().to_owned(),
                len,
            )
        } else {
            let two = rest.get(..2).filter(|two| ["<=", ">=", "!="].contains(two));
            let sign = two.map_or_else(|| first.to_string(), ToOwned::to_owned);
            let len = sign.len();
            (Sort::Sign, sign, len)
        };
        tokens.push(Token {
            sort,
            text: word,
            at,
            end: at + len,
            spaced: std::mem::take(&mut spaced),
        });
        at += len;
    }
    (tokens, None)
}

fn bare(letter: char) -> bool {
    !letter.is_whitespace()
        && !matches!(
            letter,
            '.' | '"' | '\'' | '=' | '<' | '>' | '!' | ':' | '(' | ')' | ','
        )
}

/// Whether the next token is what something is compared with.
fn compared(tokens: &[Token]) -> bool {
    let signs = ["=", "!=", "<", "<=", ">", ">=", ":"];
    tokens
        .last()
        .is_some_and(|last| signs.iter().any(|sign| last.sign(sign)))
}

/// The length of a bare time such as `2026-04-01T09:30:00.5Z`, which AIP-160's grammar would take
/// apart at its colons.
fn instant(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let date = bytes.get(..11)?;
    let shaped = date.iter().enumerate().all(|(at, byte)| match at {
        4 | 7 => *byte == b'-',
        10 => *byte == b'T',
        _ => byte.is_ascii_digit(),
    });
    let part = |byte: &u8| byte.is_ascii_alphanumeric() || b"-+:.".contains(byte);
    shaped.then(|| bytes.iter().take_while(|byte| part(byte)).count())
}

/// A literal without its quotes, and the bytes it takes with them.
fn quoted(text: &str, end: char) -> Option<(String, usize)> {
    let mut word = String::new();
    let mut letters = text.char_indices().skip(1);
    loop {
        match letters.next()? {
            (at, letter) if letter == end => return Some((word, at + letter.len_utf8())),
            (_, '\\') => word.push(match letters.next()?.1 {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                other => other,
            }),
            (_, letter) => word.push(letter),
        }
    }
}
