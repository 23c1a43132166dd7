//! What a file asks for: a resource, or an assessment with its elements, in canonical form.
//!
//! Everything is read and checked before anything is written, and all that is wrong is told at
//! once, where it stands in the file.

use std::collections::BTreeSet;

use chancery::error::{Error, Violation};
use chancery::model::kind::{self, Kind};
use chancery::model::name::Name;
use serde_json::Value;

use crate::cells;
use crate::failure::Failure;
use crate::nouns;
use crate::yaml;

/// A resource as the file has it, in canonical form.
#[derive(Debug)]
pub(crate) struct Wanted {
    pub(crate) name: Name,
    pub(crate) value: Value,
    /// That the file asks for; empty when it names none.
    pub(crate) etag: String,
    /// Where it stands in the file: `redLines[2]`.
    pub(crate) path: String,
}

/// A resource of the file, with its elements if it is an assessment.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) head: Wanted,
    pub(crate) elements: Vec<Wanted>,
}

impl Document {
    pub(crate) fn read(given: &Value, place: &str) -> Result<Self, Failure> {
        let mut problems = Vec::new();
        let name = own_name(given, place)?;
        let mut header = given.clone();
        let mut elements = Vec::new();
        if name.kind().message == "Assessment" {
            for kind in kind::elements() {
                let Some(items) = take(&mut header, kind) else {
                    continue;
                };
                let Some(items) = items.as_array() else {
                    let path = joined(place, &kind.collection);
                    problems.push(Violation::new(path, "JSON_MALFORMED", "this is no list"));
                    continue;
                };
                for (at, item) in items.iter().enumerate() {
                    let path = joined(place, &format!("{}[{at}]", kind.collection));
                    match Wanted::element(&name, kind, item, path) {
                        Ok(wanted) => elements.push(wanted),
                        Err(error) => problems.extend(error),
                    }
                }
            }
        }
        let mut known = BTreeSet::new();
        for wanted in &elements {
            if !known.insert(wanted.name.to_string()) {
                let told = format!("\"{}\" stands there twice", wanted.name);
                let path = format!("{}.id", wanted.path);
                problems.push(Violation::new(path, "ID_DUPLICATE", told));
            }
        }
        match Wanted::new(name, &header, place.to_owned()) {
            Ok(head) if problems.is_empty() => Ok(Self { head, elements }),
            Ok(_) => Err(Error::Invalid(problems).into()),
            Err(more) => Err(Error::Invalid(more.into_iter().chain(problems).collect()).into()),
        }
    }
}

impl Wanted {
    fn new(name: Name, given: &Value, path: String) -> Result<Self, Vec<Violation>> {
        let kind = name.kind();
        let told = if path.is_empty() {
            name.as_str()
        } else {
            path.as_str()
        };
        let Some(message) = cells::message(&kind.message) else {
            return Err(Vec::new());
        };
        let mut value = yaml::canonical(&message, given, told).map_err(|one| vec![one])?;
        if let Some(fields) = value.as_object_mut() {
            fields.insert("name".to_owned(), name.as_str().into());
            fields.insert("id".to_owned(), name.id().into());
        }
        Ok(Self {
            etag: text(given, "etag").to_owned(),
            name,
            value,
            path,
        })
    }

    /// An element must be called something, or applying twice would make two of it.
    fn element(
        parent: &Name,
        kind: &'static Kind,
        given: &Value,
        path: String,
    ) -> Result<Self, Vec<Violation>> {
        let (whole, id) = (text(given, "name"), text(given, "id"));
        let name = match (whole, id) {
            ("", "") => {
                let told = "give it an id, so that applying twice is the same as once";
                return Err(vec![Violation::new(format!("{path}.id"), "REQUIRED", told)]);
            }
            ("", id) => parent.element(kind, id, &format!("{path}.id")),
            (whole, _) => Name::parse_as(kind, whole, &format!("{path}.name")),
        };
        match name {
            Ok(name) if name.assessment() == Some(parent.as_str()) => Self::new(name, given, path),
            Ok(name) => {
                let told = format!("\"{name}\" does not lie in \"{parent}\"");
                let path = format!("{path}.name");
                Err(vec![Violation::new(path, "NAME_ELSEWHERE", told)])
            }
            Err(Error::Invalid(problems)) => Err(problems),
            Err(other) => Err(vec![Violation::new(
                path,
                "NAME_MALFORMED",
                other.to_string(),
            )]),
        }
    }
}

/// What a document is about: its `name`, or, for an assessment, its `id`.
fn own_name(given: &Value, place: &str) -> Result<Name, Failure> {
    let (name, id) = (text(given, "name"), text(given, "id"));
    let told = match (name, id) {
        ("", "") => {
            let told = "say what it is, such as assessments/talks";
            return Err(Error::invalid(joined(place, "name"), "REQUIRED", told).into());
        }
        ("", id) => nouns::within("assessments", id),
        (name, _) => nouns::whole(name),
    };
    Ok(Name::parse(&told, &joined(place, "name"))?)
}

/// Elements of a kind under either of its names, taken out of a header.
fn take(header: &mut Value, kind: &Kind) -> Option<Value> {
    let fields = header.as_object_mut()?;
    let camel = fields.shift_remove(&kind.collection);
    let snake = fields.shift_remove(&kind.field_name);
    camel.or(snake).filter(|items| !items.is_null())
}

fn joined(place: &str, field: &str) -> String {
    match place {
        "" => field.to_owned(),
        place => format!("{place}.{field}"),
    }
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn problems(given: &Value) -> Vec<String> {
        match Document::read(given, "").unwrap_err() {
            Failure::Client(error) => error
                .violations()
                .iter()
                .map(|one| format!("{} {}", one.field, one.reason))
                .collect(),
            other @ (Failure::Probe(_) | Failure::Usage(_) | Failure::Here(_) | Failure::Io(_)) => {
                panic!("{other:?}")
            }
        }
    }

    #[test]
    fn a_document_is_read_with_its_elements_by_either_name() {
        let given = json!({
            "name": "talks", "title": "Talks", "state": "ASSESSMENT_STATE_PUBLISHED",
            "red_lines": [{ "id": "nato", "title": "NATO", "etag": "\"4\"" }],
            "risks": [{ "name": "assessments/talks/risks/war", "statement": "War" }],
        });
        let read = Document::read(&given, "").unwrap();
        assert_eq!(read.head.name.as_str(), "assessments/talks");
        assert_eq!(read.head.value.get("state"), None);
        let names: Vec<&str> = read.elements.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "assessments/talks/redLines/nato",
                "assessments/talks/risks/war"
            ]
        );
        assert_eq!(read.elements[0].etag, "\"4\"");
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        let given = json!({
            "name": "talks", "titel": "Talks",
            "redLines": [
                { "title": "NATO" },
                { "id": "a" }, { "id": "a" },
                { "name": "assessments/other/redLines/b" },
                { "id": "c", "colour": "red" },
            ],
            "risks": "none",
        });
        assert_eq!(
            problems(&given),
            [
                "assessments/talks JSON_MALFORMED",
                "redLines[0].id REQUIRED",
                "redLines[3].name NAME_ELSEWHERE",
                "redLines[4] JSON_MALFORMED",
                "risks JSON_MALFORMED",
                "redLines[2].id ID_DUPLICATE",
            ]
        );
        assert_eq!(problems(&json!({ "title": "Talks" })), ["name REQUIRED"]);
    }
}
