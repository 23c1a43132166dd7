//! Filters: AIP-160, of which `field = literal [AND field = literal ...]` is built so far.
//!
//! A literal is quoted, or a bare word; an enum's value is written with or without its prefix.
//! Whatever else the grammar knows is answered with `FILTER_UNSUPPORTED`, what it does not know
//! with `FILTER_MALFORMED`, always with the byte offset, and all problems at once. A value that is
//! not stated is never equal to anything.

use crate::error::{Error, Violation};
use crate::model::kind::{Index, Kind, Value};
use crate::model::limits::{Limits, exceeded};

const FIELD: &str = "filter";

/// Reads a filter on resources of `kind`: values that indexed fields must have.
pub fn parse(text: &str, kind: &Kind, limits: &Limits) -> Result<Vec<(u16, Value)>, Error> {
    if text.len() > limits.filter_bytes_max {
        let (given, allowed) = (text.len(), limits.filter_bytes_max);
        return Err(exceeded(FIELD, "FILTER_TOO_LONG", given, allowed));
    }
    let words = words(text).map_err(|violation| Error::Invalid(vec![violation]))?;
    let terms = words.split(|word| word.kind == Token::Bare && word.text == "AND");
    let mut values = Vec::new();
    let mut violations = Vec::new();
    let given = if words.is_empty() {
        0
    } else {
        terms.clone().count()
    };
    if given > limits.filter_terms_max {
        return Err(exceeded(
            FIELD,
            "FILTER_TOO_LONG",
            given,
            limits.filter_terms_max,
        ));
    }
    for term in terms.take(given) {
        match read_term(term, text.len(), kind) {
            Ok(value) => values.push(value),
            Err(violation) => violations.push(violation),
        }
    }
    if violations.is_empty() {
        Ok(values)
    } else {
        Err(Error::Invalid(violations))
    }
}

/// Refuses an order other than the default, until orders are built.
pub fn order(text: &str) -> Result<(), Error> {
    if text.trim().is_empty() {
        return Ok(());
    }
    let description = format!("\"{text}\" is not supported yet; leave it out for latest first");
    Err(Error::invalid(
        "order_by",
        "FILTER_UNSUPPORTED",
        description,
    ))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Bare,
    Quoted,
    Sign,
}

#[derive(Debug, Clone)]
struct Word {
    kind: Token,
    text: String,
    at: usize,
}

fn words(text: &str) -> Result<Vec<Word>, Violation> {
    let mut words = Vec::new();
    let mut rest = text.char_indices().peekable();
    while let Some((at, first)) = rest.next() {
        let mut word = Word {
            kind: Token::Sign,
            text: first.to_string(),
            at,
        };
        match first {
            _ if first.is_whitespace() => continue,
            '"' | '\'' => {
                word.kind = Token::Quoted;
                word.text = quoted(&mut rest, first)
                    .ok_or_else(|| malformed(at, "a quoted literal is not closed"))?;
            }
            '=' | '<' | '>' | '!' | ':' => {
                if let Some((_, sign)) = rest.next_if(|(_, next)| *next == '=') {
                    word.text.push(sign);
                }
            }
            '(' | ')' | ',' => {}
            _ => {
                word.kind = Token::Bare;
                while let Some((_, next)) = rest.next_if(|(_, next)| bare(*next)) {
                    word.text.push(next);
                }
            }
        }
        words.push(word);
    }
    Ok(words)
}

fn bare(letter: char) -> bool {
    !letter.is_whitespace()
        && !matches!(
            letter,
            '"' | '\'' | '=' | '<' | '>' | '!' | ':' | '(' | ')' | ','
        )
}

fn quoted(rest: &mut impl Iterator<Item = (usize, char)>, end: char) -> Option<String> {
    let mut text = String::new();
    loop {
        match rest.next()?.1 {
            '\\' => text.push(rest.next()?.1),
            letter if letter == end => return Some(text),
            letter => text.push(letter),
        }
    }
}

fn read_term(term: &[Word], end: usize, kind: &Kind) -> Result<(u16, Value), Violation> {
    let at = term.first().map_or(end, |word| word.at);
    match term {
        [] => Err(malformed(at, "a term is missing")),
        [field, sign, literal]
            if field.kind == Token::Bare && sign.text == "=" && literal.kind != Token::Sign =>
        {
            value(field, literal, kind)
        }
        [field, sign, literal, next, ..]
            if field.kind == Token::Bare
                && sign.text == "="
                && literal.kind != Token::Sign
                && next.text == "OR" =>
        {
            Err(violation(
                next.at,
                "FILTER_UNSUPPORTED",
                "OR is not supported yet",
            ))
        }
        [field, sign, ..] if field.kind == Token::Bare && sign.text == "=" => {
            Err(malformed(sign.at, "expected one literal after \"=\""))
        }
        _ => {
            let text = "only \"field = literal [AND ...]\" is supported so far";
            Err(violation(at, "FILTER_UNSUPPORTED", text))
        }
    }
}

fn value(field: &Word, literal: &Word, kind: &Kind) -> Result<(u16, Value), Violation> {
    let Some(position) = kind.field(&field.text) else {
        return Err(unknown(field, kind));
    };
    let index = kind
        .fields
        .get(usize::from(position))
        .map(|field| &field.index);
    let value = match index {
        Some(Index::Text) | None => Some(Value::Text(literal.text.as_str().into())),
        Some(Index::Bool) => match literal.text.as_str() {
            "true" => Some(Value::Number(1)),
            "false" => {
                let text = "\"= false\" is not supported yet";
                return Err(violation(literal.at, "FILTER_UNSUPPORTED", text));
            }
            _ => None,
        },
        Some(Index::Enum(numbers)) => match numbers.get(&literal.text) {
            Some(0) => {
                let text = "what is not stated cannot be compared";
                return Err(violation(literal.at, "FILTER_UNSUPPORTED", text));
            }
            Some(number) => Some(Value::Number(*number)),
            None => None,
        },
    };
    value.map(|value| (position, value)).ok_or_else(|| {
        let text = format!("\"{}\" is not a value of \"{}\"", literal.text, field.text);
        violation(literal.at, "FILTER_VALUE_UNKNOWN", &text)
    })
}

fn unknown(field: &Word, kind: &Kind) -> Violation {
    let name = &field.text;
    let outside = name.strip_prefix("assessment.").is_some();
    let exists = kind.other_fields.iter().any(|other| {
        name == other
            || name
                .strip_prefix(other)
                .is_some_and(|rest| rest.starts_with('.'))
    });
    if exists || outside {
        let text = format!("\"{name}\" cannot be filtered on yet");
        return violation(field.at, "FILTER_UNSUPPORTED", &text);
    }
    let known: Vec<&str> = kind
        .fields
        .iter()
        .map(|field| field.path.as_str())
        .collect();
    let (message, known) = (&kind.message, known.join(", "));
    let text = format!("{message} has no field \"{name}\"; it has {known}");
    violation(field.at, "FILTER_FIELD_UNKNOWN", &text)
}

fn malformed(at: usize, text: &str) -> Violation {
    violation(at, "FILTER_MALFORMED", text)
}

fn violation(at: usize, reason: &'static str, text: &str) -> Violation {
    Violation::new(FIELD, reason, format!("at byte {at}: {text}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{kind, v1};

    fn parsed(text: &str) -> Result<Vec<(String, Value)>, Vec<String>> {
        let kind = kind::of("RedLine").unwrap();
        match parse(text, kind, &Limits::default()) {
            Ok(values) => Ok(values
                .into_iter()
                .map(|(at, value)| (kind.fields[usize::from(at)].path.clone(), value))
                .collect()),
            Err(Error::Invalid(violations)) => Err(violations
                .into_iter()
                .map(|violation| format!("{} {}", violation.reason, violation.description))
                .collect()),
            Err(other) => Err(vec![other.to_string()]),
        }
    }

    #[test]
    fn terms_are_read_with_and_without_quotes_and_prefixes() {
        let expected = vec![
            ("actor".to_owned(), Value::Text("actors/russia".into())),
            (
                "posture".to_owned(),
                Value::Number(v1::Posture::Prohibits.into()),
            ),
        ];
        for text in [
            "actor = \"actors/russia\" AND posture = PROHIBITS",
            "actor=actors/russia AND posture='POSTURE_PROHIBITS'",
        ] {
            assert_eq!(parsed(text).as_ref(), Ok(&expected), "{text}");
        }
        assert_eq!(parsed("  "), Ok(vec![]));
        let nested = parsed("attribution.mode = DECLARED").unwrap();
        assert_eq!(nested[0].0, "attribution.mode");
    }

    #[test]
    fn every_problem_is_told_with_its_place() {
        let found = parsed("nope = 1 AND posture = LOUD AND actor > x AND actor =").unwrap_err();
        let starts = [
            "FILTER_FIELD_UNKNOWN at byte 0:",
            "FILTER_VALUE_UNKNOWN at byte 23:",
            "FILTER_UNSUPPORTED at byte 32:",
            "FILTER_MALFORMED at byte 52:",
        ];
        assert_eq!(found.len(), starts.len(), "{found:#?}");
        for (found, start) in found.iter().zip(starts) {
            assert!(found.starts_with(start), "{found}");
        }
        for (text, reason) in [
            ("actor = \"x", "FILTER_MALFORMED"),
            ("actor = a OR actor = b", "FILTER_UNSUPPORTED"),
            ("(actor = a)", "FILTER_UNSUPPORTED"),
            ("stance = x", "FILTER_UNSUPPORTED"),
            ("posture = UNSPECIFIED", "FILTER_UNSUPPORTED"),
            ("AND", "FILTER_MALFORMED"),
        ] {
            let found = parsed(text).unwrap_err();
            assert!(found[0].starts_with(reason), "{text}: {found:?}");
        }
    }

    #[test]
    fn length_is_bounded() {
        let long = "actor = a AND ".repeat(100) + "actor = a";
        assert!(parsed(&long).unwrap_err()[0].starts_with("FILTER_TOO_LONG"));
        let longer = "a".repeat(10_000);
        assert!(parsed(&longer).unwrap_err()[0].starts_with("FILTER_TOO_LONG"));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_answered(text in ".{0,200}") {
            let _either = parsed(&text);
        }
    }
}
