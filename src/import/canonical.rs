//! Bytes as received -> the one text that everything else speaks of.
//!
//! The canonical rendition is UTF-8 without a byte-order mark, with LF line ends; nothing else is
//! changed, so that a quote is what the author wrote. It never guesses an encoding: a document
//! that is not UTF-8 is refused with the place of the first wrong byte.

use super::span::blank;
use crate::error::{Error, Violation};
use crate::model::limits::Limits;

const MARKDOWN: &str = "text/markdown";
const PLAIN: &str = "text/plain";

/// The canonical text, or everything that is wrong with the document.
pub(super) fn canonical(bytes: &[u8], media_type: &str, limits: &Limits) -> Result<String, Error> {
    let mut violations = Vec::new();
    if !readable(media_type) {
        violations.push(Violation::new(
            "media_type",
            "UNSUPPORTED_MEDIA_TYPE",
            format!("\"{media_type}\" cannot be imported; give \"{MARKDOWN}\" or \"{PLAIN}\""),
        ));
    }
    if bytes.len() > limits.document_bytes_max {
        let (given, allowed) = (bytes.len(), limits.document_bytes_max);
        violations.push(Violation::new(
            "document",
            "DOCUMENT_TOO_LARGE",
            format!("{given} bytes given, {allowed} allowed"),
        ));
        return Err(Error::Invalid(violations));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) if text.trim_matches(blank).is_empty() => violations.push(Violation::new(
            "document",
            "EMPTY_DOCUMENT",
            "the document has no text",
        )),
        Ok(text) if violations.is_empty() => return Ok(lf(text)),
        Ok(_) => {}
        Err(error) => violations.push(Violation::new(
            "document",
            "NOT_UTF8",
            format!(
                "byte {} begins no UTF-8 character{}",
                error.valid_up_to(),
                hint(bytes)
            ),
        )),
    }
    Err(Error::Invalid(violations))
}

fn readable(media_type: &str) -> bool {
    let mut parts = media_type
        .split(';')
        .map(|part| part.trim().to_ascii_lowercase());
    let known = parts
        .next()
        .is_some_and(|kind| kind == MARKDOWN || kind == PLAIN);
    known
        && parts.all(|part| match part.strip_prefix("charset=") {
            Some(charset) => matches!(charset.trim_matches('"'), "utf-8" | "utf8" | "us-ascii"),
            None => true,
        })
}

fn hint(bytes: &[u8]) -> &'static str {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        "; it looks like UTF-16, save it as UTF-8"
    } else {
        "; save it as UTF-8"
    }
}

fn lf(text: &str) -> String {
    if text.contains('\r') {
        text.replace("\r\n", "\n").replace('\r', "\n")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reasons(bytes: &[u8], media_type: &str) -> Vec<String> {
        let limits = Limits {
            document_bytes_max: 40,
            ..Limits::default()
        };
        match canonical(bytes, media_type, &limits) {
            Ok(text) => vec![text],
            Err(Error::Invalid(violations)) => violations
                .into_iter()
                .map(|v| format!("{}: {}", v.reason, v.description))
                .collect(),
            Err(other) => vec![other.to_string()],
        }
    }

    #[test]
    fn text_is_made_canonical() {
        assert_eq!(reasons(b"\xef\xbb\xbfa\r\nb\rc", "text/plain"), ["a\nb\nc"]);
        assert_eq!(reasons(b"a", "text/Markdown; charset=UTF-8"), ["a"]);
    }

    #[test]
    fn what_cannot_be_read_is_refused_with_all_reasons() {
        assert_eq!(
            reasons(b" \n\t", "text/plain"),
            ["EMPTY_DOCUMENT: the document has no text"]
        );
        assert_eq!(
            reasons(b"ab\xffc", "text/plain"),
            ["NOT_UTF8: byte 2 begins no UTF-8 character; save it as UTF-8"]
        );
        assert_eq!(
            reasons(&[b'a'; 41], "text/plain"),
            ["DOCUMENT_TOO_LARGE: 41 bytes given, 40 allowed"]
        );
        let both = reasons(b"", "application/pdf");
        assert_eq!(both.len(), 2);
        assert!(
            both.iter()
                .any(|reason| reason.starts_with("UNSUPPORTED_MEDIA_TYPE"))
        );
    }
}
