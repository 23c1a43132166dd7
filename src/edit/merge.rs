//! What was given, put onto what is there.
//!
//! Without a mask the given message replaces the present one; with one, the named paths are taken
//! over. Either way what only the server writes stays as it is, and what was fixed at creation
//! must not change.

use prost_reflect::{DynamicMessage, ReflectMessage, Value};

use super::behaviour::{self, Behaviour, Told};
use crate::error::Violation;

/// The paths of a mask; `None` is all of them.
pub type Mask<'a> = Option<&'a [String]>;

/// The message that results, and what is wrong with the request.
pub fn merge(
    present: Option<&DynamicMessage>,
    given: &DynamicMessage,
    mask: Mask<'_>,
    path: &str,
) -> (DynamicMessage, Vec<Violation>) {
    let mut violations = Vec::new();
    let whole = mask.is_none_or(|mask| mask.iter().any(|path| path == "*"));
    let mut result = match present {
        Some(present) if !whole => present.clone(),
        Some(_) | None => DynamicMessage::new(given.descriptor()),
    };
    if whole {
        for (field, value) in given.fields() {
            result.set_field(&field, value.clone());
        }
    }
    for part in mask.into_iter().flatten().filter(|part| *part != "*") {
        let names: Vec<&str> = part.split('.').collect();
        if !copy(&mut result, given, &names) {
            let text = format!("\"{part}\" is not a field of {}", given.descriptor().name());
            // The mask stands beside what it is of: `edits[2].upsert`, `edits[2].update_mask`.
            let beside = path.rsplit_once('.').map_or("", |(above, _)| above);
            let dot = if beside.is_empty() { "" } else { "." };
            let at = format!("{beside}{dot}update_mask");
            violations.push(Violation::new(at, "MASK_UNKNOWN_PATH", text));
        }
    }
    for told in behaviour::fields(&given.descriptor()) {
        keep(&mut result, present, told, (path, &mut violations));
    }
    (result, violations)
}

/// Copies one path; false when there is no such field.
fn copy(result: &mut DynamicMessage, given: &DynamicMessage, names: &[&str]) -> bool {
    let Some((name, rest)) = names.split_first() else {
        return false;
    };
    let Some(field) = given.descriptor().get_field_by_name(name) else {
        return false;
    };
    if rest.is_empty() {
        if given.has_field(&field) {
            result.set_field(&field, given.get_field(&field).into_owned());
        } else {
            result.clear_field(&field);
        }
        return true;
    }
    if field.is_list() || field.is_map() {
        return false;
    }
    let inner = given.get_field(&field).into_owned();
    match (result.get_field_mut(&field), inner) {
        (Value::Message(into), Value::Message(inner)) => copy(into, &inner, rest),
        _ => false,
    }
}

/// Holds on to what a request cannot write.
fn keep(
    result: &mut DynamicMessage,
    present: Option<&DynamicMessage>,
    Told {
        field, behaviour, ..
    }: &Told,
    (path, violations): (&str, &mut Vec<Violation>),
) {
    let before = present.filter(|present| present.has_field(field));
    match behaviour {
        Behaviour::OutputOnly => match before {
            Some(before) => result.set_field(field, before.get_field(field).into_owned()),
            None => result.clear_field(field),
        },
        Behaviour::Immutable => {
            let Some(before) = before else { return };
            let kept = before.get_field(field).into_owned();
            if result.has_field(field) && *result.get_field(field) != kept {
                let at = [path, field.name()]
                    .iter()
                    .filter(|part| !part.is_empty())
                    .copied()
                    .collect::<Vec<_>>()
                    .join(".");
                violations.push(Violation::new(at, "IMMUTABLE", "it was fixed at creation"));
            }
            result.set_field(field, kept);
        }
        Behaviour::Required | Behaviour::Optional => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{kind::CONTRACT, v1};
    use prost::Message;

    fn line(line: &v1::RedLine) -> DynamicMessage {
        let descriptor = CONTRACT.get_message_by_name("chancery.v1.RedLine").unwrap();
        DynamicMessage::decode(descriptor, line.encode_to_vec().as_slice()).unwrap()
    }

    fn present() -> v1::RedLine {
        v1::RedLine {
            name: "assessments/a/redLines/b".into(),
            id: "b".into(),
            uid: "u".into(),
            title: "Before".into(),
            stance: "firm".into(),
            attribution: Some(v1::Attribution {
                asserter: "actors/a".into(),
                speaker: "actors/b".into(),
                ..Default::default()
            }),
            ..Default::default()
        }
    }

    fn merged(given: v1::RedLine, mask: Mask<'_>) -> (v1::RedLine, Vec<&'static str>) {
        let (result, violations) = merge(Some(&line(&present())), &line(&given), mask, "");
        (
            result.transcode_to().unwrap(),
            violations.iter().map(|one| one.reason).collect(),
        )
    }

    #[test]
    fn without_a_mask_everything_but_the_servers_fields_is_replaced() {
        let given = v1::RedLine {
            title: "After".into(),
            uid: "mine".into(),
            ..Default::default()
        };
        let (result, violations) = merged(given, None);
        assert_eq!((result.title.as_str(), result.uid.as_str()), ("After", "u"));
        assert_eq!((result.stance.as_str(), result.name), ("", present().name));
        assert_eq!(violations, Vec::<&str>::new());
    }

    #[test]
    fn a_mask_takes_over_what_it_names_and_nothing_else() {
        let given = v1::RedLine {
            title: "After".into(),
            ..Default::default()
        };
        let mask = ["title".to_owned(), "attribution.speaker".to_owned()];
        let (result, _) = merged(given, Some(&mask));
        assert_eq!(
            (result.title.as_str(), result.stance.as_str()),
            ("After", "firm")
        );
        let attribution = result.attribution.unwrap();
        assert_eq!(
            (attribution.asserter.as_str(), attribution.speaker.as_str()),
            ("actors/a", "")
        );
    }

    #[test]
    fn unknown_paths_and_fixed_fields_are_told() {
        let given = v1::RedLine {
            id: "other".into(),
            ..Default::default()
        };
        let mask = ["nope".to_owned(), "title.x".to_owned(), "id".to_owned()];
        let (result, violations) = merged(given, Some(&mask));
        assert_eq!(result.id, "b");
        assert_eq!(
            violations,
            ["MASK_UNKNOWN_PATH", "MASK_UNKNOWN_PATH", "IMMUTABLE"]
        );
    }
}
