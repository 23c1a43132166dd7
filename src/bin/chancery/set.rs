//! `chancery set NAME FIELD=VALUE ...`: a few fields of one resource, and nothing else of it.
//!
//! Values are read as the contract's field wants them: text as it stands, codes in words, lists
//! and messages as YAML. Only the fields named are sent, so two people who set different fields
//! of one resource do not get in each other's way.

use chancery::client::Client;
use chancery::error::{Error, Violation};
use chancery::model::name::Name;
use clap::Args;
use prost_reflect::{EnumDescriptor, FieldDescriptor, MessageDescriptor};
use serde_json::{Map, Value};

use crate::cells;
use crate::differences::{self, Difference};
use crate::failure::{Exit, Failure};
use crate::nouns;
use crate::output::{Format, Output};
use crate::writes::{self, IfMatch, Terms, present, without_elements};
use crate::yaml;

/// The arguments of `set`.
#[derive(Debug, Args)]
pub(crate) struct Set {
    /// The resource: talks/red-lines/nato, actors/russia, or talks for an assessment
    #[arg(value_name = "NAME")]
    name: String,
    /// Fields and their values: posture=prohibits, likelihood.low=0.2, 'implications=[One, Two]';
    /// nothing after = makes it "not stated"
    #[arg(value_name = "FIELD=VALUE", required = true)]
    fields: Vec<String>,
    #[command(flatten)]
    if_match: IfMatch,
    #[command(flatten)]
    terms: Terms,
}

impl Set {
    pub(crate) async fn perform(
        &self,
        client: &Client,
        output: &mut Output,
    ) -> Result<Exit, Failure> {
        let name = Name::parse(&nouns::whole(&self.name), "name")?;
        let kind = name.kind();
        let message = message(&name)?;
        let (mut value, mask) = assigned(&message, &self.fields)?;
        let Some((_, stored)) = present(client, &name).await? else {
            return Err(Error::not_found(name.as_str()).into());
        };
        value.insert("name".to_owned(), name.as_str().into());
        let value = Value::Object(value);
        let etag = self.if_match.etag();
        let written = writes::update(client, &name, (&value, &mask), &etag, &self.terms).await?;
        let before = without_elements(kind, &stored);
        let mut after = without_elements(kind, &written);
        yaml::strip(&message, &mut after);
        if self.terms.dry_run {
            after = put(&message, before.clone(), &value, &mask);
        } else if written.get("revision").is_none() {
            // Nothing was to be written, so nothing was answered.
            after.clone_from(&before);
        }
        let difference = Difference::between(name.as_str(), Some(&before), Some(&after));
        match output.format() {
            Format::Table | Format::Wide => {
                differences::print(difference.as_slice(), output)?;
                writes::tell(kind, &written, output)?;
            }
            Format::Json | Format::Yaml | Format::Jsonl | Format::Name => {
                writes::tell(kind, &written, output)?;
            }
        }
        self.terms.note(output)?;
        Ok(Exit::Done)
    }
}

pub(crate) fn message(name: &Name) -> Result<MessageDescriptor, Failure> {
    let message = cells::message(&name.kind().message);
    message.ok_or_else(|| Failure::Here(format!("the contract does not describe \"{name}\"")))
}

/// The fields with their values as JSON, and the mask that names them.
pub(crate) fn assigned(
    message: &MessageDescriptor,
    fields: &[String],
) -> Result<(Map<String, Value>, Vec<String>), Failure> {
    let (mut value, mut mask, mut problems) = (Value::Object(Map::new()), Vec::new(), Vec::new());
    for assignment in fields {
        let Some((path, text)) = assignment.split_once('=') else {
            let sentence = format!("\"{assignment}\" is no FIELD=VALUE");
            return Err(Failure::Usage(sentence));
        };
        match assign(message, path, text, &mut value) {
            Ok(path) => mask.push(path),
            Err(problem) => problems.push(Violation::new(path, problem.0, problem.1)),
        }
    }
    match value {
        Value::Object(value) if problems.is_empty() => Ok((value, mask)),
        Value::Object(_)
        | Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_) => Err(Error::Invalid(problems).into()),
    }
}

type Problem = (&'static str, String);

/// Puts one value where its path leads; the path as the contract writes it.
fn assign(
    message: &MessageDescriptor,
    path: &str,
    text: &str,
    into: &mut Value,
) -> Result<String, Problem> {
    let (first, rest) = match path.split_once('.') {
        Some((first, rest)) => (first, Some(rest)),
        None => (path, None),
    };
    let found = message
        .get_field_by_name(first)
        .or_else(|| message.get_field_by_json_name(first));
    let field = found.ok_or_else(|| {
        let names: Vec<String> = message
            .fields()
            .map(|field| field.name().to_owned())
            .collect();
        let told = format!(
            "{} has no such field; it has {}",
            message.name(),
            names.join(", ")
        );
        ("FIELD_UNKNOWN", told)
    })?;
    let Some(fields) = into.as_object_mut() else {
        return Err(("FIELD_UNKNOWN", "it has no fields".to_owned()));
    };
    let Some(rest) = rest else {
        match text {
            "" => fields.shift_remove(field.json_name()),
            text => fields.insert(field.json_name().to_owned(), read(&field, text)?),
        };
        return Ok(field.name().to_owned());
    };
    let kind = field.kind();
    let inner = kind
        .as_message()
        .filter(|_| !field.is_list() && !field.is_map());
    let inner = inner.ok_or_else(|| ("FIELD_UNKNOWN", format!("\"{first}\" has no fields")))?;
    let empty = || Value::Object(Map::new());
    let below = fields.entry(field.json_name()).or_insert_with(empty);
    let rest = assign(inner, rest, text, below)?;
    Ok(format!("{}.{rest}", field.name()))
}

/// A value as the field wants it.
fn read(field: &FieldDescriptor, text: &str) -> Result<Value, Problem> {
    let kind = field.kind();
    let value = if field.is_list() || field.is_map() || inner(field) {
        let read = serde_norway::from_str::<Value>(text);
        read.map_err(|error| ("VALUE_MALFORMED", error.to_string()))?
    } else if let Some(codes) = kind.as_enum() {
        return code(codes, text);
    } else if matches!(kind, prost_reflect::Kind::Bool) {
        match text {
            "yes" => true.into(),
            "no" => false.into(),
            other => serde_norway::from_str(other).unwrap_or_else(|_| other.into()),
        }
    } else {
        // Numbers as text are what proto JSON takes for every number.
        Value::String(text.to_owned())
    };
    match (kind.as_enum(), value) {
        (Some(codes), Value::Array(items)) => {
            let items = items
                .iter()
                .map(|item| code(codes, item.as_str().unwrap_or_default()));
            items.collect::<Result<Vec<_>, _>>().map(Value::Array)
        }
        (_, value @ Value::String(_)) if field.is_list() => Ok(Value::Array(vec![value])),
        (_, value) => Ok(value),
    }
}

/// Whether the field holds a message that JSON writes with fields of its own.
fn inner(field: &FieldDescriptor) -> bool {
    let kind = field.kind();
    kind.as_message()
        .is_some_and(|inner| inner.parent_file().package_name() == "chancery.v1")
}

/// `non-starter` is `ASSESSED_NEGOTIABILITY_NON_STARTER`.
fn code(codes: &EnumDescriptor, text: &str) -> Result<Value, Problem> {
    let wanted = text.trim().to_ascii_uppercase().replace([' ', '-'], "_");
    let first = codes.get_value(0).map(|value| value.name().to_owned());
    let prefix = first
        .as_deref()
        .and_then(|name| name.strip_suffix("UNSPECIFIED"));
    let prefix = prefix.unwrap_or_default();
    let names: Vec<String> = codes
        .values()
        .map(|value| value.name().to_owned())
        .collect();
    let found = names
        .iter()
        .find(|name| **name == wanted || name.strip_prefix(prefix) == Some(wanted.as_str()));
    let found = found.ok_or_else(|| {
        let short = names.iter().filter_map(|name| name.strip_prefix(prefix));
        let short = short.filter(|name| *name != "UNSPECIFIED");
        let words: Vec<String> = short
            .map(|name| name.to_ascii_lowercase().replace('_', "-"))
            .collect();
        (
            "ENUM_UNKNOWN",
            format!("\"{text}\" is none of {}", words.join(", ")),
        )
    })?;
    Ok(Value::String(found.clone()))
}

/// What is there with the fields of the mask taken over, as the server does it.
fn put(message: &MessageDescriptor, mut before: Value, value: &Value, mask: &[String]) -> Value {
    for path in mask {
        let mut message = message.clone();
        let (mut into, mut from) = (&mut before, Some(value));
        let mut parts = path.split('.').peekable();
        while let Some(part) = parts.next() {
            let Some(field) = message.get_field_by_name(part) else {
                break;
            };
            let key = field.json_name().to_owned();
            let Some(fields) = into.as_object_mut() else {
                break;
            };
            from = from.and_then(|from| from.get(&key));
            if parts.peek().is_none() {
                match from {
                    Some(from) => fields.insert(key, from.clone()),
                    None => fields.shift_remove(&key),
                };
                break;
            }
            into = fields
                .entry(key)
                .or_insert_with(|| Value::Object(Map::new()));
            match field.kind().as_message() {
                Some(inner) => message = inner.clone(),
                None => break,
            }
        }
    }
    before
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn line(fields: &[&str]) -> Result<(Value, Vec<String>), Failure> {
        let fields: Vec<String> = fields.iter().map(ToString::to_string).collect();
        let message = cells::message("RedLine").unwrap();
        assigned(&message, &fields).map(|(value, mask)| (Value::Object(value), mask))
    }

    #[test]
    fn values_are_read_as_their_field_wants_them() {
        let (value, mask) = line(&[
            "posture=prohibits",
            "assessedNegotiability=non starter",
            "stance=no = no",
            "implications=[One, Two]",
            "rests_on=assessments/a/judgments/b",
            "attribution.speaker=actors/russia",
            "issue=",
        ])
        .unwrap();
        assert_eq!(
            value,
            json!({
                "posture": "POSTURE_PROHIBITS",
                "assessedNegotiability": "ASSESSED_NEGOTIABILITY_NON_STARTER",
                "stance": "no = no",
                "implications": ["One", "Two"],
                "restsOn": ["assessments/a/judgments/b"],
                "attribution": {"speaker": "actors/russia"},
            })
        );
        assert_eq!(mask.last().map(String::as_str), Some("issue"));
        assert_eq!(mask[1], "assessed_negotiability");
        assert_eq!(mask[5], "attribution.speaker");
    }

    #[test]
    fn every_wrong_field_is_told() {
        let Err(Failure::Client(error)) = line(&["colour=red", "posture=firm", "title.x=1"]) else {
            panic!("it was taken")
        };
        let reasons: Vec<&str> = error
            .violations()
            .iter()
            .map(|one| one.reason.as_str())
            .collect();
        assert_eq!(reasons, ["FIELD_UNKNOWN", "ENUM_UNKNOWN", "FIELD_UNKNOWN"]);
        assert!(matches!(line(&["colour"]), Err(Failure::Usage(_))));
    }

    #[test]
    fn a_dry_run_foresees_what_the_server_does() {
        let message = cells::message("RedLine").unwrap();
        let before = json!({"stance": "no", "issue": "issues/a", "attribution": {"asserter": "b"}});
        let value = json!({"stance": "yes", "attribution": {"speaker": "c"}});
        let mask = ["stance", "issue", "attribution.speaker"].map(str::to_owned);
        assert_eq!(
            put(&message, before, &value, &mask),
            json!({"stance": "yes", "attribution": {"asserter": "b", "speaker": "c"}})
        );
    }
}
