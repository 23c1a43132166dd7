//! Resource names: `collection/id`, or `assessments/id/collection/id` for an element.
//!
//! A `Name` is checked once, where text enters; everything behind it may rely on the shape.

use std::fmt;

use super::kind::{self, Kind};
use crate::error::Error;

/// Longest id, in bytes.
pub const ID_BYTES_MAX: usize = 63;

/// The collection under which every element lies.
pub const ASSESSMENTS: &str = "assessments";

/// A well-formed resource name, with the kind of what it names.
#[derive(Clone)]
pub struct Name {
    text: String,
    kind: &'static Kind,
}

impl Name {
    /// Reads a name; `field` is where it stood, for the error.
    pub fn parse(text: &str, field: &str) -> Result<Self, Error> {
        let parts: Vec<&str> = text.split('/').collect();
        let kind = match parts.as_slice() {
            [collection, id] if id_fits(id) => kind::top(collection),
            [ASSESSMENTS, assessment, collection, id] if id_fits(assessment) && id_fits(id) => {
                kind::element(collection)
            }
            _ => None,
        };
        kind.map(|kind| Self {
            text: text.to_owned(),
            kind,
        })
        .ok_or_else(|| malformed(text, field))
    }

    /// Reads a name that must be of `kind`.
    pub fn parse_as(kind: &'static Kind, text: &str, field: &str) -> Result<Self, Error> {
        let name = Self::parse(text, field)?;
        if name.kind.ordinal == kind.ordinal {
            return Ok(name);
        }
        let description = format!("\"{text}\" does not name one of {}", kind.pattern());
        Err(Error::invalid(field, "NAME_MALFORMED", description))
    }

    /// The name of a resource that lies under nothing, from a kind and an id that are known to fit.
    pub fn top(kind: &'static Kind, id: &str, field: &str) -> Result<Self, Error> {
        Self::parse_as(kind, &format!("{}/{id}", kind.collection), field)
    }

    /// The name of an element of this assessment.
    pub fn element(&self, kind: &'static Kind, id: &str, field: &str) -> Result<Self, Error> {
        Self::parse_as(
            kind,
            &format!("{}/{}/{id}", self.text, kind.collection),
            field,
        )
    }

    /// The whole name.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The kind of what it names.
    pub fn kind(&self) -> &'static Kind {
        self.kind
    }

    /// The last part.
    pub fn id(&self) -> &str {
        self.text.rsplit('/').next().unwrap_or_default()
    }

    /// The name of the assessment that it is, or lies in.
    pub fn assessment(&self) -> Option<&str> {
        assessment_of(&self.text)
    }
}

/// The name of the assessment that `name` is, or lies in.
pub fn assessment_of(name: &str) -> Option<&str> {
    let rest = name.strip_prefix(ASSESSMENTS)?.strip_prefix('/')?;
    let id = rest.split('/').next()?;
    name.get(..ASSESSMENTS.len() + 1 + id.len())
}

/// Whether `id` fits `^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`.
pub fn id_fits(id: &str) -> bool {
    let bytes = id.as_bytes();
    let inner = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-';
    bytes.len() <= ID_BYTES_MAX
        && bytes.first().is_some_and(u8::is_ascii_lowercase)
        && bytes.last().is_some_and(|last| *last != b'-')
        && bytes.iter().all(inner)
}

fn malformed(text: &str, field: &str) -> Error {
    let shown: String = text.chars().take(100).collect();
    let description = format!(
        "\"{shown}\" is not a resource name; expected collection/id or \
         assessments/id/collection/id, with ids like \"nato-expansion\""
    );
    Error::invalid(field, "NAME_MALFORMED", description)
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Name {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_follow_the_pattern() {
        for good in ["a", "ab", "a1", "a-b", "nato-expansion", &"a".repeat(63)] {
            assert!(id_fits(good), "{good}");
        }
        for bad in [
            "",
            "1a",
            "-a",
            "a-",
            "A",
            "a_b",
            "a.b",
            "ä",
            &"a".repeat(64),
        ] {
            assert!(!id_fits(bad), "{bad}");
        }
    }

    #[test]
    fn names_tell_their_kind_and_their_assessment() {
        let line = Name::parse("assessments/talks/redLines/nato", "name").unwrap();
        assert_eq!(line.kind().message, "RedLine");
        assert_eq!(line.assessment(), Some("assessments/talks"));
        assert_eq!(line.id(), "nato");
        let actor = Name::parse("actors/russia", "name").unwrap();
        assert_eq!(
            (actor.kind().message.as_str(), actor.assessment()),
            ("Actor", None)
        );
        for bad in [
            "",
            "actors",
            "actors/",
            "actors/x/y",
            "redLines/x",
            "assessments/x/actors/y",
        ] {
            assert!(Name::parse(bad, "name").is_err(), "{bad}");
        }
    }
}
