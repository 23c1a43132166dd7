//! What a resource must satisfy before it is written.
//!
//! One walk over the message by its descriptor: required fields, known enum values, and the rules
//! of the shared messages (likelihood, bound, span, citation). Every problem is reported, with its
//! path as a caller would write it: `risks[2].likelihood.low`.

use prost_reflect::{DynamicMessage, ReflectMessage, Value};

use super::behaviour::{self, Behaviour, Told};
use crate::error::Violation;
use crate::model::estimate;
use crate::model::v1::LikelihoodScheme;

/// Everything that is wrong with a message; `path` is where it stands in the request.
pub fn check(message: &DynamicMessage, path: &str) -> Vec<Violation> {
    let mut found = Vec::new();
    walk(message, path, &mut found);
    found
}

fn walk(message: &DynamicMessage, path: &str, found: &mut Vec<Violation>) {
    let descriptor = message.descriptor();
    for told in behaviour::fields(&descriptor) {
        let Told {
            field, behaviour, ..
        } = told;
        let set = message.has_field(field);
        if !set && *behaviour == Behaviour::Required {
            let at = join(path, field.name());
            found.push(Violation::new(at, "REQUIRED", "a value is required"));
        }
        if set && !field.is_map() {
            let at = join(path, field.name());
            each(told, &message.get_field(field), &at, found);
        }
    }
    match descriptor.name() {
        "Likelihood" => likelihood(message, path, found),
        "Bound" => ordered(message, ("min", "max"), ("BOUND_ORDER", path), found),
        "TimeSpan" => span(message, path, found),
        "Citation" => ordered(message, ("start", "end"), ("SPAN_ORDER", path), found),
        _ => {}
    }
}

fn each(told: &Told, value: &Value, at: &str, found: &mut Vec<Violation>) {
    let Some(items) = value.as_list() else {
        return one(told, value, at, found);
    };
    for (place, item) in items.iter().enumerate() {
        one(told, item, &format!("{at}[{place}]"), found);
    }
}

fn one(told: &Told, value: &Value, at: &str, found: &mut Vec<Violation>) {
    if let Some(inner) = value.as_message() {
        if inner.descriptor().parent_file().package_name() == "chancery.v1" {
            walk(inner, at, found);
        }
    } else if let (Some(number), Some(values)) =
        (value.as_enum_number(), told.field.kind().as_enum())
    {
        if values.get_value(number).is_none() {
            let text = format!("\"{number}\" is not a value of {}", values.name());
            found.push(Violation::new(at, "ENUM_UNKNOWN", text));
        }
    } else if let Some(number) = value.as_f64() {
        if !number.is_finite() {
            found.push(Violation::new(
                at,
                "NOT_FINITE",
                format!("\"{number}\" is not a number"),
            ));
        }
    } else if let Some(text) = value.as_str() {
        bounded(told, text, at, found);
    }
}

fn bounded(told: &Told, text: &str, at: &str, found: &mut Vec<Violation>) {
    if text.contains('\0') {
        found.push(Violation::new(
            at,
            "TEXT_MALFORMED",
            "a NUL character is not text",
        ));
    }
    let allowed = told.bytes_max.filter(|allowed| text.len() > *allowed);
    if let Some(allowed) = allowed {
        let told = format!("{} bytes given, {allowed} allowed", text.len());
        found.push(Violation::new(at, "TEXT_TOO_LONG", told));
    }
}

fn likelihood(message: &DynamicMessage, path: &str, found: &mut Vec<Violation>) {
    let numbers: Vec<(&str, f64)> = ["low", "best", "high"]
        .into_iter()
        .filter_map(|name| Some((name, number(message, name)?)))
        .collect();
    for (name, value) in &numbers {
        if !(0.0..=1.0).contains(value) {
            let text = format!("\"{value}\" is not a probability between 0 and 1");
            found.push(Violation::new(
                join(path, name),
                "PROBABILITY_OUT_OF_RANGE",
                text,
            ));
        }
    }
    for pair in numbers.windows(2) {
        let [(lower, less), (higher, more)] = pair else {
            continue;
        };
        if less > more {
            let text = format!("{lower} \"{less}\" is above {higher} \"{more}\"");
            found.push(Violation::new(join(path, lower), "PROBABILITY_ORDER", text));
        }
    }
    term(message, path, found);
}

/// A term of a declared yardstick must be one of its terms, and must fit the number beside it.
fn term(message: &DynamicMessage, path: &str, found: &mut Vec<Violation>) {
    let text = message.get_field_by_name("term");
    let text = text
        .as_deref()
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let scheme = message.get_field_by_name("scheme");
    let scheme = scheme
        .as_deref()
        .and_then(Value::as_enum_number)
        .unwrap_or_default();
    let scheme = LikelihoodScheme::try_from(scheme).unwrap_or_default();
    if text.is_empty() {
        return;
    }
    if estimate::bands(scheme).is_empty() {
        return;
    }
    let at = join(path, "term");
    let Some(band) = estimate::band_of(scheme, &text) else {
        let told = format!("\"{text}\" is not a term of {}", scheme.as_str_name());
        return found.push(Violation::new(at, "TERM_UNKNOWN", told));
    };
    if let Some(best) = number(message, "best").filter(|best| !band.holds(*best)) {
        let (low, high) = (band.low, band.high);
        let told = format!("\"{text}\" means {low} to {high}, the number given is \"{best}\"");
        found.push(Violation::new(at, "TERM_MISMATCH", told));
    }
}

fn ordered(
    message: &DynamicMessage,
    (first, second): (&str, &str),
    (reason, path): (&'static str, &str),
    found: &mut Vec<Violation>,
) {
    if let (Some(low), Some(high)) = (number(message, first), number(message, second))
        && low > high
    {
        let text = format!("{first} \"{low}\" is above {second} \"{high}\"");
        found.push(Violation::new(join(path, first), reason, text));
    }
}

fn span(message: &DynamicMessage, path: &str, found: &mut Vec<Violation>) {
    let time = |name: &str| {
        let time = message
            .get_field_by_name(name)
            .filter(|_| message.has_field_by_name(name))?;
        let time = time.as_message()?;
        Some((number(time, "seconds")?, number(time, "nanos")?))
    };
    if let (Some(start), Some(end)) = (time("start"), time("end"))
        && start > end
    {
        let text = "the start is after the end";
        found.push(Violation::new(join(path, "start"), "SPAN_ORDER", text));
    }
}

/// A number that is set, whatever its type.
fn number(message: &DynamicMessage, name: &str) -> Option<f64> {
    let field = message.descriptor().get_field_by_name(name)?;
    if field.supports_presence() && !message.has_field(&field) {
        return None;
    }
    let value = message.get_field(&field);
    value
        .as_f64()
        .or_else(|| value.as_i32().map(f64::from))
        .or_else(|| value.as_i64().map(|value| value as f64))
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{kind::CONTRACT, v1};
    use prost::Message;

    fn told(risk: &v1::Risk) -> Vec<(String, &'static str)> {
        let descriptor = CONTRACT.get_message_by_name("chancery.v1.Risk").unwrap();
        let message = DynamicMessage::decode(descriptor, risk.encode_to_vec().as_slice()).unwrap();
        let found = check(&message, "risks[2]").into_iter();
        found
            .map(|violation| (violation.field, violation.reason))
            .collect()
    }

    fn risk(likelihood: v1::Likelihood) -> v1::Risk {
        let name = "assessments/a/risks/b".to_owned();
        let statement = "Renewed clashes".to_owned();
        v1::Risk {
            name,
            statement,
            likelihood: Some(likelihood),
            ..Default::default()
        }
    }

    #[test]
    fn a_sound_risk_has_no_problem() {
        let likelihood = v1::Likelihood {
            low: Some(0.55),
            best: Some(0.6),
            high: Some(0.8),
            term: "likely".into(),
            scheme: v1::LikelihoodScheme::Icd203.into(),
            ..Default::default()
        };
        assert_eq!(told(&risk(likelihood)), []);
    }

    #[test]
    fn every_problem_is_told_with_its_path() {
        let mut wrong = risk(v1::Likelihood {
            low: Some(1.5),
            best: Some(0.9),
            high: Some(0.7),
            term: "likely".into(),
            scheme: v1::LikelihoodScheme::Icd203.into(),
            ..Default::default()
        });
        wrong.statement = String::new();
        wrong.title = "long".repeat(1_000);
        wrong.citations = vec![v1::Citation {
            start: Some(5),
            end: Some(2),
            ..Default::default()
        }];
        wrong.attribution = Some(v1::Attribution {
            mode: 77,
            ..Default::default()
        });
        let expected = [
            ("risks[2].attribution.mode", "ENUM_UNKNOWN"),
            ("risks[2].citations[0].start", "SPAN_ORDER"),
            ("risks[2].likelihood.best", "PROBABILITY_ORDER"),
            ("risks[2].likelihood.low", "PROBABILITY_ORDER"),
            ("risks[2].likelihood.low", "PROBABILITY_OUT_OF_RANGE"),
            ("risks[2].likelihood.term", "TERM_MISMATCH"),
            ("risks[2].statement", "REQUIRED"),
            ("risks[2].title", "TEXT_TOO_LONG"),
        ];
        let mut found = told(&wrong);
        found.sort();
        let found: Vec<(&str, &str)> = found
            .iter()
            .map(|(field, reason)| (field.as_str(), *reason))
            .collect();
        assert_eq!(found, expected);
    }
}
