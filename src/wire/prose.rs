//! What of a stored resource is text to be searched, and under which path it stands.
//!
//! Everything that somebody wrote is: titles, statements, quotes, a document's text. Ids, labels,
//! markings and links between resources are not; a link to an actor, an issue, a situation or a
//! place is the words of its id (`actors/harbour-league`), since that is who is meant. Which fields
//! those are follows from the contract, once for all bodies; the bodies are walked undecoded.

use std::sync::LazyLock;

use prost::encoding::{DecodeContext, WireType, decode_key, skip_field};
use prost_reflect::{FieldDescriptor, Kind as Shape, MessageDescriptor};

use super::body::{damaged, delimited};
use crate::error::Error;
use crate::model::kind::{self, Kind};

/// Texts that are no prose, wherever they stand.
const NOT_PROSE: [&str; 14] = [
    "etag",
    "external_id",
    "field",
    "groups",
    "id",
    "language",
    "lineage",
    "media_type",
    "merged_into",
    "name",
    "sha256",
    "superseded_by",
    "uid",
    "url",
];

/// What is left out as a whole; sections are the headings of the text that a document holds.
const NOT_READ: [&str; 3] = ["marking", "sections", "supports"];

/// Links whose id says who or what is meant.
const SPEAKING: [&str; 4] = ["actors/", "issues/", "situations/", "places/"];

/// Messages within messages are looked into this deep.
const DEPTH_MAX: usize = 4;

/// A text of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Passage<'a> {
    /// The path of its field, such as `citations.quote`.
    pub path: &'static str,
    /// What stands there.
    pub text: &'a str,
}

impl Passage<'_> {
    /// Whether it says what the whole is about.
    pub fn heads(&self) -> bool {
        self.path == "title"
    }
}

struct Field {
    tag: u32,
    path: String,
    holds: Holds,
}

enum Holds {
    Prose,
    Link,
    Message(Vec<Field>),
}

static FIELDS: LazyLock<Vec<Vec<Field>>> = LazyLock::new(|| {
    let of = |kind: &Kind| kind.descriptor().map(|message| fields(&message, "", 0));
    let kinds = kind::kinds().iter();
    kinds.map(|kind| of(kind).unwrap_or_default()).collect()
});

/// Every text of a body, in the order in which they stand.
pub fn passages<'a>(kind: &Kind, body: &'a [u8]) -> Result<Vec<Passage<'a>>, Error> {
    let mut found = Vec::new();
    let fields = FIELDS.get(usize::from(kind.ordinal));
    walk(fields.map_or(&[], Vec::as_slice), body, &mut found)?;
    Ok(found)
}

/// The path of every text there can be, with its kind: another list of them is another index.
pub fn paths() -> Vec<String> {
    fn note(collection: &str, fields: &[Field], paths: &mut Vec<String>) {
        for field in fields {
            match &field.holds {
                Holds::Prose | Holds::Link => paths.push(format!("{collection} {}", field.path)),
                Holds::Message(within) => note(collection, within, paths),
            }
        }
    }
    let mut paths = Vec::new();
    for (kind, fields) in kind::kinds().iter().zip(FIELDS.iter()) {
        note(&kind.collection, fields, &mut paths);
    }
    paths
}

fn fields(message: &MessageDescriptor, above: &str, depth: usize) -> Vec<Field> {
    let fields = message.fields();
    fields
        .filter_map(|field| {
            let path = match above {
                "" => field.name().to_owned(),
                above => format!("{above}.{}", field.name()),
            };
            let holds = holds(&field, &path, depth)?;
            let tag = field.number();
            Some(Field { tag, path, holds })
        })
        .collect()
}

fn holds(field: &FieldDescriptor, path: &str, depth: usize) -> Option<Holds> {
    let name = field.name();
    if field.is_map() || NOT_READ.contains(&name) {
        return None;
    }
    match field.kind() {
        Shape::String if kind::targets(name).is_some() => Some(Holds::Link),
        Shape::String => (!NOT_PROSE.contains(&name)).then_some(Holds::Prose),
        Shape::Message(inner) => {
            let own = inner.parent_file().package_name() == "chancery.v1";
            let stored = inner.get_field_by_name("etag").is_some();
            if !own || stored || depth == DEPTH_MAX {
                return None;
            }
            let within = fields(&inner, path, depth + 1);
            (!within.is_empty()).then_some(Holds::Message(within))
        }
        Shape::Double
        | Shape::Float
        | Shape::Int32
        | Shape::Int64
        | Shape::Uint32
        | Shape::Uint64
        | Shape::Sint32
        | Shape::Sint64
        | Shape::Fixed32
        | Shape::Fixed64
        | Shape::Sfixed32
        | Shape::Sfixed64
        | Shape::Bool
        | Shape::Bytes
        | Shape::Enum(_) => None,
    }
}

fn walk<'a>(
    fields: &'static [Field],
    body: &'a [u8],
    found: &mut Vec<Passage<'a>>,
) -> Result<(), Error> {
    let mut rest = body;
    while !rest.is_empty() {
        let (tag, wire) = decode_key(&mut rest).map_err(damaged)?;
        let field = fields.iter().find(|field| field.tag == tag);
        let (Some(field), WireType::LengthDelimited) = (field, wire) else {
            skip_field(wire, tag, &mut rest, DecodeContext::default()).map_err(damaged)?;
            continue;
        };
        let bytes = delimited(&mut rest)?;
        let text = match &field.holds {
            Holds::Message(within) => {
                walk(within, bytes, found)?;
                continue;
            }
            Holds::Prose => Some(std::str::from_utf8(bytes).map_err(damaged)?),
            Holds::Link => spoken(std::str::from_utf8(bytes).map_err(damaged)?),
        };
        found.extend(text.map(|text| Passage {
            path: &field.path,
            text,
        }));
    }
    Ok(())
}

/// The id of what a link says who is meant by.
fn spoken(link: &str) -> Option<&str> {
    SPEAKING.iter().find_map(|start| link.strip_prefix(start))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::v1;
    use prost::Message;

    #[test]
    fn what_somebody_wrote_is_prose_and_who_is_meant() {
        let line = v1::RedLine {
            name: "assessments/a/redLines/b".into(),
            id: "b".into(),
            title: "Grain lane".into(),
            continues: "assessments/z/redLines/b".into(),
            labels: [("desk".to_owned(), "east".to_owned())].into(),
            actor: "actors/harbour-league".into(),
            stance: "No warships".into(),
            rests_on: vec!["assessments/a/judgments/j".into()],
            citations: vec![v1::Citation {
                document: "documents/d".into(),
                quote: "not one ship".into(),
                ..Default::default()
            }],
            ..Default::default()
        };
        let kind = kind::of("RedLine").unwrap();
        let body = line.encode_to_vec();
        let found = passages(kind, &body).unwrap();
        let found: Vec<(&str, &str)> = found.iter().map(|one| (one.path, one.text)).collect();
        assert_eq!(
            found,
            [
                ("title", "Grain lane"),
                ("citations.quote", "not one ship"),
                ("actor", "harbour-league"),
                ("stance", "No warships"),
            ]
        );
    }
}
