//! A field of the contract in words, read from canonical JSON by the contract's descriptors.
//!
//! Codes lose their prefix (`POSTURE_PROHIBITS` is "prohibits"), links can lose their collection,
//! likelihoods, times and citations have forms of their own. What is unspecified is absent here;
//! what stands in its place is the column's business. Words only: where they go is `layout`.

use std::borrow::Cow;

use chancery::model::kind::CONTRACT;
use chancery::model::name::Name;
use prost_reflect::{EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor};
use serde_json::Value;

/// How much of a link and of a time is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Detail {
    /// `russia`, `2026-11-22T18:33Z`
    Short,
    /// `actors/russia`, `2026-11-22T18:33:47.684284Z`
    Whole,
}

/// The message of that name.
pub(crate) fn message(name: &str) -> Option<MessageDescriptor> {
    CONTRACT.get_message_by_name(&format!("chancery.v1.{name}"))
}

/// Whether `path` leads to a field of `message`.
#[cfg(test)]
pub(crate) fn leads(message: &MessageDescriptor, path: &str) -> bool {
    let (first, rest) = step(path);
    match (message.get_field_by_json_name(first), rest) {
        (None, _) => false,
        (Some(_), None) => true,
        (Some(field), Some(rest)) => field
            .kind()
            .as_message()
            .is_some_and(|inner| leads(inner, rest)),
    }
}

/// What stands at `path`, in words; `None` when nothing does.
pub(crate) fn at(
    message: &MessageDescriptor,
    value: &Value,
    path: &str,
    detail: Detail,
) -> Option<String> {
    let (first, rest) = step(path);
    let field = message.get_field_by_json_name(first)?;
    let value = value.get(first)?;
    let Some(rest) = rest else {
        return words(&field, value, detail);
    };
    let kind = field.kind();
    let inner = kind.as_message()?;
    match value.as_array() {
        None => at(inner, value, rest, detail),
        Some(many) => joined(
            many.iter().filter_map(|one| at(inner, one, rest, detail)),
            ", ",
        ),
    }
}

/// A field in words: all of them when it is repeated.
pub(crate) fn words(field: &FieldDescriptor, value: &Value, detail: Detail) -> Option<String> {
    if let Some(many) = value.as_array() {
        let separator = if longwinded(field, many) { "; " } else { ", " };
        return joined(
            many.iter().filter_map(|one| single(field, one, detail)),
            separator,
        );
    }
    match value.as_object().filter(|_| field.is_map()) {
        Some(map) => joined(
            map.iter().map(|(key, one)| format!("{key}={}", plain(one))),
            ", ",
        ),
        None => single(field, value, detail),
    }
}

/// One value of a field in words.
pub(crate) fn single(field: &FieldDescriptor, value: &Value, detail: Detail) -> Option<String> {
    let kind = field.kind();
    if let Kind::Message(inner) = &kind {
        return whole(inner, value, detail);
    }
    if let Kind::Enum(codes) = &kind {
        return code(codes, value);
    }
    if let Some(truth) = value.as_bool() {
        return Some(if truth { "yes" } else { "no" }.to_owned());
    }
    let text = plain(value);
    let shown = if detail == Detail::Short && Name::parse(&text, "").is_ok() {
        last(&text).to_owned()
    } else {
        text.into_owned()
    };
    (!shown.is_empty()).then_some(shown)
}

/// `POSTURE_NON_STARTER` without its prefix, in words.
fn code(codes: &EnumDescriptor, value: &Value) -> Option<String> {
    let code = plain(value);
    let prefix = codes
        .get_value(0)?
        .name()
        .strip_suffix("UNSPECIFIED")?
        .to_owned();
    let short = code.strip_prefix(&prefix).unwrap_or(&code);
    (short != "UNSPECIFIED").then(|| short.to_ascii_lowercase().replace('_', " "))
}

/// A message on one line.
fn whole(message: &MessageDescriptor, value: &Value, detail: Detail) -> Option<String> {
    match message.full_name() {
        "google.protobuf.Timestamp" => Some(moment(value.as_str()?, detail)),
        "google.protobuf.Duration" => Some(value.as_str()?.to_owned()),
        "chancery.v1.Likelihood" => likelihood(value),
        "chancery.v1.TimeSpan" => span(value, detail),
        "chancery.v1.Citation" => Some(citation(value)),
        "chancery.v1.Bound" => bound(value),
        "chancery.v1.ScaleDistance" => distance(value),
        "chancery.v1.Assessment.Section" => Some(section(value)),
        _ if message.get_field_by_name("etag").is_some() => {
            let title = value.get("title").or_else(|| value.get("name"))?;
            Some(plain(title).into_owned())
        }
        _ => {
            let fields = message
                .fields()
                .filter_map(|field| words(&field, value.get(field.json_name())?, detail));
            joined(fields, ", ")
        }
    }
}

/// "very likely, 80-95%": the words of the text, then the numbers.
fn likelihood(value: &Value) -> Option<String> {
    let word = text(value, "term").or_else(|| text(value, "text"));
    let percent = |field: &str| {
        value
            .get(field)?
            .as_f64()
            .map(|part| (part * 1e3).round() / 10.0)
    };
    let numbers = match (percent("best"), percent("low"), percent("high")) {
        (Some(best), _, _) => Some(format!("{best}%")),
        (None, Some(low), Some(high)) => Some(format!("{low}-{high}%")),
        (None, Some(low), None) => Some(format!("at least {low}%")),
        (None, None, Some(high)) => Some(format!("at most {high}%")),
        (None, None, None) => None,
    };
    joined(word.into_iter().chain(numbers), ", ")
}

/// The words of the text, or the two ends; the end is the first instant after.
fn span(value: &Value, detail: Detail) -> Option<String> {
    if let Some(words) = text(value, "text") {
        return Some(words);
    }
    let end = |field: &str| value.get(field)?.as_str().map(|time| moment(time, detail));
    let times = match (end("start"), end("end")) {
        (Some(start), Some(end)) => Some(format!("{start} to {end}")),
        (Some(start), None) => Some(format!("from {start}")),
        (None, Some(end)) => Some(format!("until {end}")),
        (None, None) => None,
    };
    let anchor = text(value, "anchor").map(|anchor| {
        let offset = text(value, "endOffset").or_else(|| text(value, "startOffset"));
        format!("{} after {anchor}", offset.unwrap_or_default())
            .trim_start()
            .to_owned()
    });
    times.or(anchor)
}

/// `documents/d1 120..138 "Absolute rejection"`
fn citation(value: &Value) -> String {
    let place = text(value, "document").or_else(|| text(value, "source"));
    let quote = text(value, "quote").map(|quote| format!("\"{quote}\""));
    joined([place, bytes(value), quote].into_iter().flatten(), " ").unwrap_or_default()
}

/// `2018..3459 How firm Moscow is`
fn section(value: &Value) -> String {
    let title = text(value, "title").unwrap_or_default();
    match bytes(value) {
        Some(bytes) => format!("{bytes} {title}"),
        None => title,
    }
}

fn bytes(value: &Value) -> Option<String> {
    Some(format!("{}..{}", value.get("start")?, value.get("end")?))
}

fn bound(value: &Value) -> Option<String> {
    // As a number of the language: 20 and not 20.0, as everywhere else.
    let number = |field: &str| {
        let number = value.get(field)?;
        let short = number.as_f64().map(|number| number.to_string());
        Some(short.unwrap_or_else(|| plain(number).into_owned()))
    };
    match (number("min"), number("max")) {
        (Some(min), Some(max)) => Some(format!("{min} to {max}")),
        (Some(min), None) => Some(format!("at least {min}")),
        (None, Some(max)) => Some(format!("at most {max}")),
        (None, None) => {
            let options = value.get("options")?.as_array()?;
            joined(
                options.iter().map(|option| plain(option).into_owned()),
                ", ",
            )
        }
    }
}

/// `-2 steps: talks > partnership > membership`, `12.5 km`
fn distance(value: &Value) -> Option<String> {
    let number = |field: &str| value.get(field).and_then(Value::as_f64);
    if let Some(steps) = number("steps") {
        let labels = value.get("stepLabels").and_then(Value::as_array);
        let labels = labels
            .into_iter()
            .flatten()
            .map(|label| plain(label).into_owned());
        let word = if steps.abs() == 1.0 { "step" } else { "steps" };
        let way = joined(labels, " > ").unwrap_or_default();
        return Some(format!("{steps} {word}: {way}"));
    }
    let unit = text(value, "unit").unwrap_or_default();
    Some(
        format!("{} {unit}", number("amount")?)
            .trim_end()
            .to_owned(),
    )
}

/// A time without what says nothing: midnight in UTC is a day. In short, to the minute.
pub(crate) fn moment(time: &str, detail: Detail) -> String {
    const MINUTES: usize = "2026-11-22T18:33".len();
    if let Some(day) = time.strip_suffix("T00:00:00Z") {
        return day.to_owned();
    }
    match (detail, time.get(..MINUTES)) {
        (Detail::Short, Some(minutes)) if time.ends_with('Z') => format!("{minutes}Z"),
        _ => time.to_owned(),
    }
}

/// Whether a comma would not keep the items of a list apart.
fn longwinded(field: &FieldDescriptor, many: &[Value]) -> bool {
    let sentence = |text: &str| text.contains(',') || text.ends_with('.');
    field.kind().as_message().is_some() || many.iter().filter_map(Value::as_str).any(sentence)
}

fn text(value: &Value, field: &str) -> Option<String> {
    value
        .get(field)
        .map(|text| plain(text).into_owned())
        .filter(|text| !text.is_empty())
}

fn plain(value: &Value) -> Cow<'_, str> {
    value
        .as_str()
        .map_or_else(|| Cow::Owned(value.to_string()), Cow::Borrowed)
}

/// The last part of a name.
pub(crate) fn last(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or_default()
}

fn joined(parts: impl Iterator<Item = String>, separator: &str) -> Option<String> {
    let parts: Vec<String> = parts.collect();
    (!parts.is_empty()).then(|| parts.join(separator))
}

fn step(path: &str) -> (&str, Option<&str>) {
    match path.split_once('.') {
        Some((first, rest)) => (first, Some(rest)),
        None => (path, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn cell(kind: &str, value: &Value, path: &str) -> Option<String> {
        at(
            &message(kind).expect("a message"),
            value,
            path,
            Detail::Short,
        )
    }

    #[test]
    fn codes_are_words_and_links_are_short() {
        let line = json!({
            "actor": "actors/russia",
            "posture": "POSTURE_PROHIBITS",
            "assessedNegotiability": "ASSESSED_NEGOTIABILITY_NON_STARTER",
            "declaredFirmness": "DECLARED_FIRMNESS_UNSPECIFIED",
            "implications": ["Talks stall.", "Sanctions stay."],
        });
        let shown = |path| cell("RedLine", &line, path);
        assert_eq!(shown("actor").as_deref(), Some("russia"));
        assert_eq!(shown("posture").as_deref(), Some("prohibits"));
        assert_eq!(
            shown("assessedNegotiability").as_deref(),
            Some("non starter")
        );
        assert_eq!(shown("declaredFirmness"), None);
        assert_eq!(shown("stance"), None);
        assert_eq!(
            shown("implications").as_deref(),
            Some("Talks stall.; Sanctions stay.")
        );
        let whole = at(&message("RedLine").unwrap(), &line, "actor", Detail::Whole);
        assert_eq!(whole.as_deref(), Some("actors/russia"));
    }

    #[test]
    fn likelihoods_show_the_words_and_the_numbers() {
        for (given, shown) in [
            (
                json!({"low": 0.55, "high": 0.8, "term": "likely"}),
                Some("likely, 55-80%"),
            ),
            (json!({"best": 0.0}), Some("0%")),
            (json!({"text": "a real chance"}), Some("a real chance")),
            (json!({}), None),
        ] {
            let risk = json!({ "likelihood": given });
            assert_eq!(
                cell("Risk", &risk, "likelihood").as_deref(),
                shown,
                "{risk}"
            );
        }
    }

    #[test]
    fn times_and_citations_have_their_forms() {
        let risk = json!({
            "horizon": {"start": "2025-01-01T00:00:00Z", "end": "2025-04-01T00:00:00Z"},
            "citations": [{"document": "documents/d1", "start": 0, "end": 4, "quote": "Talk"}],
            "impacts": [
                {"level": "IMPACT_LEVEL_HIGH", "dimension": "IMPACT_DIMENSION_ECONOMIC"},
                {"text": "grave"},
            ],
        });
        let shown = |path| cell("Risk", &risk, path).unwrap();
        assert_eq!(shown("horizon"), "2025-01-01 to 2025-04-01");
        let time = "2026-11-22T18:33:47.684284Z";
        assert_eq!(moment(time, Detail::Short), "2026-11-22T18:33Z");
        assert_eq!(moment(time, Detail::Whole), time);
        assert_eq!(shown("citations"), "documents/d1 0..4 \"Talk\"");
        assert_eq!(shown("impacts"), "high, economic; grave");
    }

    #[test]
    fn paths_go_through_lists() {
        let actor = json!({"memberships": [{"actor": "actors/nato"}, {"actor": "actors/g7"}]});
        assert_eq!(
            cell("Actor", &actor, "memberships.actor").as_deref(),
            Some("nato, g7")
        );
    }
}
