//! What the contract says of a field: the first word of its comment.
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

static BEHAVIOURS: LazyLock<HashMap<String, Behaviour>> = LazyLock::new(|| {
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
                found.insert(field.full_name().to_owned(), behaviour(comment));
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

/// What the contract says of a field.
pub fn of(field: &FieldDescriptor) -> Behaviour {
    BEHAVIOURS
        .get(field.full_name())
        .copied()
        .unwrap_or(Behaviour::Optional)
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
    }
}
