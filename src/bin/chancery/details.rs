//! One resource in full, as facts: label and value.
//!
//! What the columns of its kind show is always there, in words when it is not stated; everything
//! else only when it is set. The kind's own fields come first, then those that every kind has
//! (attribution, citations), then what the server keeps, each in the order of the contract.

use chancery::model::kind::Kind;
use prost_reflect::{FieldDescriptor, MessageDescriptor};
use serde_json::Value;

use crate::cells::{self, Detail};
use crate::columns::{self, NOT_STATED};
use crate::nouns::parted;
use crate::output::tame;

/// What the server keeps about a resource.
const KEPT: &[&str] = &[
    "uid",
    "etag",
    "revision",
    "createTime",
    "updateTime",
    "lineage",
];

/// Fields up to this number are the same in every kind.
const LAST_SHARED_FIELD: u32 = 20;

/// Said elsewhere: the id by the name, the text of a document below its facts.
const LEFT_OUT: &[&str] = &["id", "text", "original"];

/// Label and value.
pub(crate) type Fact = (String, String);

/// Everything about a resource but its elements.
pub(crate) fn facts(kind: &Kind, value: &Value) -> Vec<Fact> {
    let Some(message) = cells::message(&kind.message) else {
        return Vec::new();
    };
    let mut fields: Vec<FieldDescriptor> = message
        .fields()
        .filter(|field| !LEFT_OUT.contains(&field.json_name()) && !holds_elements(field))
        .collect();
    fields.sort_by_key(place);
    let mut facts = Vec::new();
    for field in fields {
        match value.get(field.json_name()) {
            Some(value) => fact("", &field, value, &mut facts),
            None => absent(kind, &field, &mut facts),
        }
    }
    facts
}

/// What it is, what is said of it, who says so, what the server keeps about it.
fn place(field: &FieldDescriptor) -> (u8, u32) {
    let rank = match field.json_name() {
        "name" | "title" => 0,
        name if KEPT.contains(&name) => 3,
        _ if field.number() > LAST_SHARED_FIELD => 1,
        _ => 2,
    };
    (rank, field.number())
}

/// Every set field of any other message of the contract.
pub(crate) fn all(message: &MessageDescriptor, value: &Value) -> Vec<Fact> {
    let mut facts = Vec::new();
    for field in message.fields() {
        if let Some(value) = value.get(field.json_name()) {
            fact("", &field, value, &mut facts);
        }
    }
    facts
}

/// A field of an assessment that holds elements.
fn holds_elements(field: &FieldDescriptor) -> bool {
    chancery::model::kind::element(field.json_name()).is_some_and(|kind| kind.tag == field.number())
}

fn absent(kind: &Kind, field: &FieldDescriptor, facts: &mut Vec<Fact>) {
    let columns = columns::of(&kind.message).iter();
    let mut shown = columns.filter(|column| column.path == field.json_name());
    if shown.any(|column| column.absent == NOT_STATED) {
        facts.push((label("", field), NOT_STATED.to_owned()));
    }
}

/// A field: a line for each of its values, or a line for each of its fields.
fn fact(prefix: &str, field: &FieldDescriptor, value: &Value, facts: &mut Vec<Fact>) {
    let label = label(prefix, field);
    if let Value::Array(many) = value {
        let words = many
            .iter()
            .filter_map(|one| cells::single(field, one, Detail::Whole));
        let labels = std::iter::once(label).chain(std::iter::repeat(String::new()));
        facts.extend(labels.zip(words.map(|words| tame(&words))));
        return;
    }
    let kind = field.kind();
    match kind.as_message() {
        Some(inner) if opens(inner) && !field.is_map() => {
            for field in inner.fields() {
                if let Some(value) = value.get(field.json_name()) {
                    fact(&label, &field, value, facts);
                }
            }
        }
        _ => {
            if let Some(words) = cells::words(field, value, Detail::Whole) {
                facts.push((label, tame(&words)));
            }
        }
    }
}

/// Whether the fields of a message get lines of their own: those without a short form do.
fn opens(message: &MessageDescriptor) -> bool {
    const SHORT: &[&str] = &["Likelihood", "TimeSpan", "Citation", "Bound"];
    message.parent_file().package_name() == "chancery.v1"
        && !SHORT.contains(&message.name())
        && message.get_field_by_name("etag").is_none()
}

fn label(prefix: &str, field: &FieldDescriptor) -> String {
    format!("{prefix} {}", parted(field.json_name(), ' '))
        .trim_start()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chancery::model::kind;
    use serde_json::json;

    #[test]
    fn facts_tell_what_is_not_stated_and_end_with_what_is_kept() {
        let line = json!({
            "name": "assessments/talks/redLines/nato",
            "id": "nato",
            "revision": "4",
            "attribution": {"asserter": "actors/russia", "mode": "ATTRIBUTION_MODE_DECLARED"},
            "stance": "Absolute\nrejection",
            "implications": ["One.", "Two."],
        });
        let facts = facts(kind::of("RedLine").unwrap(), &line);
        let pairs: Vec<(&str, &str)> = facts
            .iter()
            .map(|(label, text)| (label.as_str(), text.as_str()))
            .collect();
        assert_eq!(
            pairs,
            [
                ("name", "assessments/talks/redLines/nato"),
                ("actor", "not stated"),
                ("issue", "not stated"),
                ("stance", "Absolute rejection"),
                ("posture", "not stated"),
                ("declared firmness", "not stated"),
                ("assessed negotiability", "not stated"),
                ("implications", "One."),
                ("", "Two."),
                ("attribution asserter", "actors/russia"),
                ("attribution mode", "declared"),
                ("revision", "4"),
            ]
        );
    }
}
