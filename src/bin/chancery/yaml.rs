//! Resources as people write them: YAML, or JSON, one or several in a file.
//!
//! What was written is brought to canonical proto JSON by the contract's descriptors, so that it
//! can be compared with what the server answers; what only the server writes is taken out of both.

use std::io::Read as _;
use std::path::Path;

use chancery::edit::behaviour::{self, Behaviour, Told};
use chancery::error::Violation;
use prost_reflect::{DeserializeOptions, DynamicMessage, MessageDescriptor, SerializeOptions};
use serde::Deserialize as _;
use serde_json::Value;

use crate::failure::Failure;

/// More than this is not read.
const FILE_BYTES_MAX: u64 = 16 << 20;

/// The text of a file, or of stdin when it is called `-`.
pub(crate) fn read(file: &Path) -> Result<String, Failure> {
    let shown = file.display();
    let cannot = |error: std::io::Error| Failure::Here(format!("cannot read \"{shown}\": {error}"));
    let mut text = String::new();
    if file == Path::new("-") {
        let mut stdin = std::io::stdin().lock().take(FILE_BYTES_MAX + 1);
        stdin.read_to_string(&mut text).map_err(cannot)?;
    } else {
        let file = std::fs::File::open(file).map_err(cannot)?;
        let mut file = file.take(FILE_BYTES_MAX + 1);
        file.read_to_string(&mut text).map_err(cannot)?;
    }
    if u64::try_from(text.len()).is_ok_and(|length| length > FILE_BYTES_MAX) {
        let sentence = format!("\"{shown}\" is over {FILE_BYTES_MAX} bytes");
        return Err(Failure::Here(sentence));
    }
    Ok(text)
}

/// What stands in a text: YAML documents, or JSON values; the items of a list count as several.
pub(crate) fn parse(text: &str) -> Result<Vec<Value>, Failure> {
    let malformed = |error: String| Failure::Here(format!("this is no YAML: {error}"));
    let mut found = Vec::new();
    if text.trim_start().starts_with(['{', '[']) {
        let values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
        if let Ok(values) = values.collect::<Result<Vec<_>, _>>() {
            found = values;
        }
    }
    if found.is_empty() {
        for document in serde_norway::Deserializer::from_str(text) {
            let value = Value::deserialize(document);
            found.push(value.map_err(|error| malformed(error.to_string()))?);
        }
    }
    let kept = found.into_iter().filter(|value| !value.is_null());
    let items = kept.flat_map(|value| {
        if let Value::Array(items) = value {
            return items;
        }
        vec![value]
    });
    Ok(items.collect())
}

/// A value as YAML.
pub(crate) fn write(value: &Value) -> Result<String, Failure> {
    serde_norway::to_string(value).map_err(|error| Failure::Here(error.to_string()))
}

/// A message as canonical proto JSON, without what only the server writes.
pub(crate) fn canonical(
    message: &MessageDescriptor,
    value: &Value,
    path: &str,
) -> Result<Value, Violation> {
    let strict = DeserializeOptions::new().deny_unknown_fields(true);
    let malformed = |error: String| Violation::new(path, "JSON_MALFORMED", error);
    let read = DynamicMessage::deserialize_with_options(message.clone(), value, &strict);
    let read = read.map_err(|error| malformed(error.to_string()))?;
    let options = SerializeOptions::new();
    let written = read.serialize_with_options(serde_json::value::Serializer, &options);
    let mut written = written.map_err(|error| malformed(error.to_string()))?;
    strip(message, &mut written);
    Ok(written)
}

/// Takes out what only the server writes, at any depth.
pub(crate) fn strip(message: &MessageDescriptor, value: &mut Value) {
    let Some(fields) = value.as_object_mut() else {
        return;
    };
    for Told {
        field, behaviour, ..
    } in behaviour::fields(message)
    {
        let name = field.json_name();
        if *behaviour == Behaviour::OutputOnly {
            fields.shift_remove(name);
        }
        let kind = field.kind();
        let (Some(inner), Some(value)) = (kind.as_message(), fields.get_mut(name)) else {
            continue;
        };
        if let Value::Array(items) = value {
            items.iter_mut().for_each(|item| strip(inner, item));
        } else if !field.is_map() {
            strip(inner, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cells;
    use serde_json::json;

    #[test]
    fn a_file_may_hold_several_resources_either_way() {
        let names = |text: &str| -> Vec<Value> {
            let values = parse(text).unwrap();
            values.iter().map(|value| value["name"].clone()).collect()
        };
        assert_eq!(names("name: a\n---\nname: b\n"), ["a", "b"]);
        assert_eq!(
            names("[{\"name\": \"a\"},\n\t{\"name\": \"b\"}]"),
            ["a", "b"]
        );
        assert_eq!(names("{\"name\": \"a\"}\n{\"name\": \"b\"}\n"), ["a", "b"]);
        assert_eq!(names("- name: a\n- {name: b}\n"), ["a", "b"]);
        assert_eq!(names("# nothing\n"), Vec::<Value>::new());
        assert!(parse("a: [").is_err());
    }

    #[test]
    fn what_only_the_server_writes_is_taken_out_and_what_is_unknown_is_told() {
        let line = cells::message("RedLine").unwrap();
        let written = json!({"id": "nato", "title": "NATO", "etag": "\"4\"", "revision": 4});
        let read = canonical(&line, &written, "redLines[0]").unwrap();
        assert_eq!(read, json!({"id": "nato", "title": "NATO"}));
        let wrong = canonical(&line, &json!({"colour": "red"}), "redLines[0]").unwrap_err();
        assert_eq!(wrong.field, "redLines[0]");
        assert!(wrong.description.contains("colour"), "{wrong:?}");
    }
}
