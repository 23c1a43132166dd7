//! The names a resource holds: found, judged, taken out.
//!
//! A field is a link by its name, and the same name means the same in every kind; what it may point
//! to stands in `model::kind`. Whether the target exists is left to whoever holds a view.

use prost_reflect::{DynamicMessage, ReflectMessage, Value};

use super::behaviour::{self, Behaviour, Told};
use crate::error::Violation;
use crate::model::name::Name;

/// A link in a resource.
#[derive(Debug, Clone)]
pub struct Link {
    /// Where it stands.
    pub path: String,
    /// What it points to.
    pub target: Name,
}

/// Every link in a message, and every one that can point nowhere.
pub fn links(message: &DynamicMessage, path: &str) -> (Vec<Link>, Vec<Violation>) {
    let mut found = (Vec::new(), Vec::new());
    walk(message, path, &mut found);
    found
}

fn walk(message: &DynamicMessage, path: &str, found: &mut (Vec<Link>, Vec<Violation>)) {
    for told in behaviour::fields(&message.descriptor()) {
        let field = &told.field;
        let leads = told.targets.is_some() || field.kind().as_message().is_some();
        if !leads || !message.has_field(field) || field.is_map() {
            continue;
        }
        let at = if path.is_empty() {
            field.name().to_owned()
        } else {
            format!("{path}.{}", field.name())
        };
        let value = message.get_field(field);
        match value.as_list() {
            Some(items) => {
                for (place, item) in items.iter().enumerate() {
                    one(told, item, &format!("{at}[{place}]"), found);
                }
            }
            None => one(told, &value, &at, found),
        }
    }
}

fn one(told: &Told, value: &Value, at: &str, found: &mut (Vec<Link>, Vec<Violation>)) {
    if let Some(inner) = value.as_message() {
        if !is_stored(inner) {
            walk(inner, at, found);
        }
        return;
    }
    let Some(targets) = told.targets else {
        return;
    };
    let text = value.as_str().unwrap_or_default();
    if text.is_empty() {
        return;
    }
    match judge(text, targets, at) {
        Ok(target) => found.0.push(Link {
            path: at.to_owned(),
            target,
        }),
        Err(violation) => found.1.push(violation),
    }
}

/// Entries that a draft proposes are resources of their own.
fn is_stored(message: &DynamicMessage) -> bool {
    message.descriptor().get_field_by_name("etag").is_some()
}

fn judge(text: &str, targets: &[&str], at: &str) -> Result<Name, Violation> {
    let malformed = |text: String| Violation::new(at, "LINK_MALFORMED", text);
    let name = Name::parse(text, at)
        .map_err(|_shape| malformed(format!("\"{text}\" is not a resource name")))?;
    let fits = targets.is_empty() || targets.contains(&name.kind().collection.as_str());
    if fits {
        return Ok(name);
    }
    Err(malformed(format!(
        "\"{text}\" does not name one of {}",
        targets.join(", ")
    )))
}

/// Takes every link to `target` out of a message; answers how many there were.
pub fn unlink(message: &mut DynamicMessage, target: &str) -> usize {
    replace(message, target, None)
}

/// Points every link from `target` to another resource, or takes it out.
pub fn replace(message: &mut DynamicMessage, target: &str, other: Option<&str>) -> usize {
    let mut count = 0;
    for told in behaviour::fields(&message.descriptor()) {
        let field = &told.field;
        if field.is_map() || !message.has_field(field) {
            continue;
        }
        let linked = told.targets.is_some();
        let value = message.get_field_mut(field);
        if let Some(items) = value.as_list_mut() {
            let moved = items
                .iter_mut()
                .map(|item| replace_in(item, linked, target, other));
            count += moved.sum::<usize>();
            items.retain(|item| !linked || item.as_str() != Some(""));
            if other.is_none() {
                items.retain(|item| !item.as_message().is_some_and(lost));
            }
        } else {
            count += replace_in(value, linked, target, other);
        }
    }
    count
}

/// Whether a part cannot stand without the link that was taken out of it.
fn lost(part: &DynamicMessage) -> bool {
    behaviour::fields(&part.descriptor()).iter().any(|told| {
        let needed = told.targets.is_some() && told.behaviour == Behaviour::Required;
        needed && !part.has_field(&told.field)
    })
}

fn replace_in(value: &mut Value, linked: bool, target: &str, other: Option<&str>) -> usize {
    if let Some(inner) = value.as_message_mut() {
        return if is_stored(inner) {
            0
        } else {
            replace(inner, target, other)
        };
    }
    if !linked || value.as_str() != Some(target) {
        return 0;
    }
    *value = Value::String(other.unwrap_or_default().to_owned());
    1
}

/// Turns links into one assessment into links into another, which carries elements of some
/// collections on (none named is all); links to the others are taken out. `continues` stays.
pub fn rebase(message: &mut DynamicMessage, (from, to): (&str, &str), carried: &[String]) {
    let inside = format!("{from}/");
    let continues = message.get_field_by_name("continues");
    let continues = continues.map(std::borrow::Cow::into_owned);
    for Link { target, .. } in links(message, "").0 {
        let Some(rest) = target.as_str().strip_prefix(&inside) else {
            continue;
        };
        let kept = carried.is_empty() || carried.contains(&target.kind().collection);
        let moved = kept.then(|| format!("{to}/{rest}"));
        replace(message, target.as_str(), moved.as_deref());
    }
    if let Some(continues) = continues {
        message.set_field_by_name("continues", continues);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{kind::CONTRACT, v1};
    use prost::Message;

    fn tool() -> DynamicMessage {
        let tool = v1::Tool {
            name: "assessments/a/tools/t".into(),
            wielder: "actors/united-states".into(),
            target: "actors/russia".into(),
            addresses: vec!["assessments/a/risks/r".into(), "actors/x".into()],
            rests_on: vec!["assessments/a/risks/r".into()],
            attribution: Some(v1::Attribution {
                asserter: "actors/united-states".into(),
                ..Default::default()
            }),
            ..Default::default()
        };
        let descriptor = CONTRACT.get_message_by_name("chancery.v1.Tool").unwrap();
        DynamicMessage::decode(descriptor, tool.encode_to_vec().as_slice()).unwrap()
    }

    #[test]
    fn links_are_found_and_judged() {
        let (links, violations) = links(&tool(), "");
        let found: Vec<(&str, &str)> = links
            .iter()
            .map(|link| (link.path.as_str(), link.target.as_str()))
            .collect();
        assert_eq!(
            found,
            [
                ("attribution.asserter", "actors/united-states"),
                ("rests_on[0]", "assessments/a/risks/r"),
                ("wielder", "actors/united-states"),
                ("target", "actors/russia"),
                ("addresses[0]", "assessments/a/risks/r"),
            ]
        );
        let told: Vec<&str> = violations
            .iter()
            .map(|violation| violation.field.as_str())
            .collect();
        assert_eq!(told, ["addresses[1]"]);
    }

    #[test]
    fn links_are_taken_out_and_moved() {
        let mut message = tool();
        assert_eq!(unlink(&mut message, "assessments/a/risks/r"), 2);
        assert_eq!(links(&message, "").0.len(), 3);
        assert_eq!(
            replace(&mut message, "actors/united-states", Some("actors/us")),
            2
        );
        let moved = |link: &&Link| link.target.as_str() == "actors/us";
        assert_eq!(links(&message, "").0.iter().filter(moved).count(), 2);
    }
}
