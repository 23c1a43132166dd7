//! What differs between two versions of a resource, field by field.
//!
//! Both sides are canonical JSON under the names of the contract, without what only the server
//! writes. Messages are looked into; a list that differs is told as a whole. Where the two sides
//! have different names (a product and its successor), what says so is left out, and links into the
//! one product are taken for links into the other.

use prost_reflect::SerializeOptions;
use serde_json::Value;

use super::body;
use crate::error::Error;
use crate::model::kind::Kind;
use crate::model::v1;

/// What the server writes, and no author means.
const SERVERS: [&str; 8] = [
    "name",
    "uid",
    "etag",
    "revision",
    "create_time",
    "update_time",
    "delete_time",
    "lineage",
];

/// What differs because the two are not the same resource.
const SUCCESSION: [&str; 4] = ["id", "continues", "supersedes", "superseded_by"];

/// The fields that differ, by path. `moved` is the assessment of the earlier side and that of the
/// later one, where they are not the same.
pub fn differing(
    kind: &Kind,
    (base, target): (&[u8], &[u8]),
    moved: Option<(&str, &str)>,
) -> Result<Vec<v1::FieldDiff>, Error> {
    let (mut base, mut target) = (told(kind, base)?, told(kind, target)?);
    if let Some((from, to)) = moved {
        follow(&mut base, from, to);
        for side in [&mut base, &mut target] {
            if let Some(fields) = side.as_object_mut() {
                fields.retain(|name, _| !SUCCESSION.contains(&name.as_str()));
            }
        }
    }
    let mut found = Vec::new();
    compare("", &base, &target, &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

fn told(kind: &Kind, bytes: &[u8]) -> Result<Value, Error> {
    let options = SerializeOptions::new().use_proto_field_name(true);
    let mut value = body::open(kind, bytes)?
        .serialize_with_options(serde_json::value::Serializer, &options)
        .map_err(|error| Error::Internal(format!("{} as JSON: {error}", kind.message)))?;
    if let Some(fields) = value.as_object_mut() {
        fields.retain(|name, _| !SERVERS.contains(&name.as_str()));
    }
    Ok(value)
}

/// Takes links into one assessment for links into another.
fn follow(value: &mut Value, from: &str, to: &str) {
    match value {
        Value::String(text) => {
            if let Some(rest) = text.strip_prefix(from).filter(|rest| rest.starts_with('/')) {
                *text = format!("{to}{rest}");
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| follow(item, from, to)),
        Value::Object(fields) => fields.values_mut().for_each(|item| follow(item, from, to)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn compare(path: &str, base: &Value, target: &Value, found: &mut Vec<v1::FieldDiff>) {
    let (Some(old), Some(new)) = (base.as_object(), target.as_object()) else {
        return;
    };
    let fresh = new.keys().filter(|name| !old.contains_key(*name));
    for name in old.keys().chain(fresh) {
        let path = match path {
            "" => name.clone(),
            path => format!("{path}.{name}"),
        };
        match (old.get(name), new.get(name)) {
            (Some(old), Some(new)) if old == new => {}
            (Some(old @ Value::Object(_)), Some(new @ Value::Object(_))) => {
                compare(&path, old, new, found);
            }
            (old, new) => found.push(v1::FieldDiff {
                path,
                base_json: old.map(Value::to_string),
                target_json: new.map(Value::to_string),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::kind;
    use prost::Message;

    fn line(name: &str, stance: &str) -> v1::RedLine {
        v1::RedLine {
            name: name.into(),
            id: name.rsplit('/').next().unwrap().into(),
            revision: stance.len() as i64,
            stance: stance.into(),
            rests_on: vec![name.replace("redLines", "risks")],
            outlook: (stance != "no").then(|| v1::red_line::Outlook {
                direction: v1::OutlookDirection::Softening.into(),
                ..Default::default()
            }),
            ..Default::default()
        }
    }

    fn told(base: &v1::RedLine, target: &v1::RedLine, moved: Option<(&str, &str)>) -> Vec<String> {
        let sides = (base.encode_to_vec(), target.encode_to_vec());
        let kind = kind::of("RedLine").unwrap();
        let fields = differing(kind, (&sides.0, &sides.1), moved).unwrap();
        let side = |json: Option<String>| json.unwrap_or("-".to_owned());
        fields
            .into_iter()
            .map(|f| format!("{} {} {}", f.path, side(f.base_json), side(f.target_json)))
            .collect()
    }

    #[test]
    fn fields_that_an_author_wrote_are_told_where_they_differ() {
        let (no, never) = (
            line("assessments/a/redLines/x", "no"),
            line("assessments/a/redLines/x", "never"),
        );
        assert_eq!(
            told(&no, &never, None),
            [
                "outlook - {\"direction\":\"OUTLOOK_DIRECTION_SOFTENING\"}",
                "stance \"no\" \"never\""
            ]
        );
        assert_eq!(told(&no, &no, None), [""; 0]);
    }

    #[test]
    fn a_successor_is_compared_as_if_it_were_the_same() {
        let (a, b) = (
            line("assessments/a/redLines/x", "no"),
            line("assessments/b/redLines/x", "no"),
        );
        assert_eq!(
            told(&a, &b, Some(("assessments/a", "assessments/b"))),
            [""; 0]
        );
        assert_eq!(told(&a, &b, None).len(), 1, "the link is another one");
    }
}
