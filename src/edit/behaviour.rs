//! What the contract says of a field: the first word of its comment, and how long a text may be.
//!
//! The words are part of the contract and kept by a test, so they are read rather than repeated.

use std::collections::HashMap;
use std::sync::LazyLock;

use prost_reflect::FieldDescriptor;

use crate::model::kind::CONTRACT;

/// How a field may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behaviour {
    /// Must be set.
    Required,
    /// May be set.
    Optional,
    /// Set when the resource is created, and never changed.
    Immutable,
    /// Written by the server; what a request says is ignored.
    OutputOnly,
}

/// What a field's comment says.
#[derive(Debug, Clone, Copy)]
struct Told {
    behaviour: Behaviour,
    /// "up to 4096 bytes"
    bytes_max: Option<usize>,
}

static TOLD: LazyLock<HashMap<String, Told>> = LazyLock::new(|| {
    let mut found = HashMap::new();
    for file in CONTRACT.files() {
        let proto = file.file_descriptor_proto();
        let Some(source) = &proto.source_code_info else {
            continue;
        };
        let comments: HashMap<&[i32], &str> = source
            .location
            .iter()
            .map(|location| (location.path.as_slice(), location.leading_comments()))
            .collect();
        for message in file.messages().flat_map(all) {
            for field in message.fields() {
                let comment = comments.get(field.path()).copied().unwrap_or_default();
                let told = Told {
                    behaviour: behaviour(comment),
                    bytes_max: bytes_max(comment),
                };
                found.insert(field.full_name().to_owned(), told);
            }
        }
    }
    found
});

fn all(message: prost_reflect::MessageDescriptor) -> Vec<prost_reflect::MessageDescriptor> {
    let nested = message.child_messages().flat_map(all);
    std::iter::once(message.clone()).chain(nested).collect()
}

fn behaviour(comment: &str) -> Behaviour {
    let comment = comment.trim_start();
    [
        ("Required.", Behaviour::Required),
        ("Output only.", Behaviour::OutputOnly),
        ("Immutable.", Behaviour::Immutable),
    ]
    .iter()
    .find(|(word, _)| comment.starts_with(word))
    .map_or(Behaviour::Optional, |(_, behaviour)| *behaviour)
}

/// The bound in a comment such as "up to 4096 bytes"; of a list, it is each item's.
fn bytes_max(comment: &str) -> Option<usize> {
    let words: Vec<&str> = comment.split_whitespace().collect();
    words.windows(4).find_map(|four| match four {
        ["up", "to", number, unit] if unit.starts_with("bytes") => number.parse().ok(),
        _ => None,
    })
}

/// How a field may be written.
pub fn of(field: &FieldDescriptor) -> Behaviour {
    TOLD.get(field.full_name())
        .map_or(Behaviour::Optional, |told| told.behaviour)
}

/// How long a text may be, in bytes, where the contract says.
pub fn text_bytes_max(field: &FieldDescriptor) -> Option<usize> {
    TOLD.get(field.full_name()).and_then(|told| told.bytes_max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_contract_tells_what_may_be_written() {
        let line = CONTRACT.get_message_by_name("chancery.v1.RedLine").unwrap();
        let told = |name: &str| of(&line.get_field_by_name(name).unwrap());
        assert_eq!(told("etag"), Behaviour::OutputOnly);
        assert_eq!(told("title"), Behaviour::Required);
        assert_eq!(told("actor"), Behaviour::Optional);
        assert_eq!(told("id"), Behaviour::Immutable);
        let bound = |name: &str| text_bytes_max(&line.get_field_by_name(name).unwrap());
        assert!(bound("title").is_some() && bound("actor").is_none());
    }
}
