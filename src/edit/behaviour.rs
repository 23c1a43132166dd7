//! What the contract says of a field: the first word of its comment, and how long a text may be.
//!
//! The words are part of the contract and kept by a test, so they are read rather than repeated.

use std::collections::HashMap;
use std::sync::LazyLock;

use prost_reflect::{FieldDescriptor, MessageDescriptor};

use crate::model::kind::{self, CONTRACT};

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

/// A field of the contract, with what stands of it outside its type.
#[derive(Debug)]
pub struct Told {
    /// The field.
    pub field: FieldDescriptor,
    /// How it may be written.
    pub behaviour: Behaviour,
    /// How long a text may be, in bytes, where the contract says: "up to 4096 bytes".
    pub bytes_max: Option<usize>,
    /// The collections it may point into, if it is a link; none is anywhere.
    pub targets: Option<&'static [&'static str]>,
}

/// By the full name of the message.
static TOLD: LazyLock<HashMap<String, Vec<Told>>> = LazyLock::new(|| {
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
            let told = message.fields().map(|field| {
                let comment = comments.get(field.path()).copied().unwrap_or_default();
                Told {
                    behaviour: behaviour(comment),
                    bytes_max: bytes_max(comment),
                    targets: kind::targets(field.name()),
                    field,
                }
            });
            found.insert(message.full_name().to_owned(), told.collect());
        }
    }
    found
});

fn all(message: MessageDescriptor) -> Vec<MessageDescriptor> {
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

/// The fields of a message, in its order; none of a message that is not the contract's.
pub fn fields(message: &MessageDescriptor) -> &'static [Told] {
    TOLD.get(message.full_name()).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_contract_tells_what_may_be_written() {
        let line = CONTRACT.get_message_by_name("chancery.v1.RedLine").unwrap();
        let of = |name: &str| {
            let mut fields = fields(&line).iter();
            fields.find(|told| told.field.name() == name).unwrap()
        };
        let told = |name: &str| of(name).behaviour;
        assert_eq!(told("etag"), Behaviour::OutputOnly);
        assert_eq!(told("title"), Behaviour::Required);
        assert_eq!(told("actor"), Behaviour::Optional);
        assert_eq!(told("id"), Behaviour::Immutable);
        assert!(of("title").bytes_max.is_some() && of("actor").bytes_max.is_none());
        assert_eq!(of("actor").targets, Some(["actors"].as_slice()));
    }
}
