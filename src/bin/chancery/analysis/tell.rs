//! Answers as tables: sections of rows, then what the answer rests on.
//!
//! Values come as canonical JSON and are put in words by the contract's descriptors, as everywhere.
//! What an answer leaves open stands under it, line by line: nothing is passed over in silence.

use chancery::model::v1::{Basis, Tlp, UncountedReason, basis};
use chancery::wire::json;
use prost_reflect::{Kind, MessageDescriptor};
use serde_json::Value;

use crate::cells::{self, Detail};
use crate::columns::NOT_STATED;
use crate::failure::{Exit, Failure};
use crate::layout::grid;
use crate::output::{Format, Output, tame};

/// Rows of one list of an answer.
pub(crate) struct Section {
    /// What stands above them; empty for nothing.
    pub(crate) title: &'static str,
    /// The list, in JSON.
    pub(crate) field: &'static str,
    /// What it is a list of.
    pub(crate) message: &'static str,
    /// Header and path of each column.
    pub(crate) columns: &'static [(&'static str, &'static str)],
    /// What stands there when the list is empty; without it the section is left out.
    pub(crate) none: Option<&'static str>,
}

/// Prints an answer: its sections and its foot for people, all of it for machines.
pub(crate) fn tell<T: prost::Message>(
    message: &str,
    answer: &T,
    sections: &[Section],
    output: &mut Output,
) -> Result<Exit, Failure> {
    let value = json::encode(message, answer)?;
    if printed(&value, sections, output)? {
        return Ok(Exit::Done);
    }
    for section in sections {
        rows(&value, section, output)?;
    }
    foot(&value, output)?;
    Ok(Exit::Done)
}

/// Prints an answer where it is printed without tables; says whether it was.
pub(crate) fn printed(
    value: &Value,
    sections: &[Section],
    output: &mut Output,
) -> Result<bool, Failure> {
    match output.format() {
        Format::Json | Format::Jsonl | Format::Yaml => output.value(value)?,
        Format::Name => {
            let first = sections.first();
            let path = first.and_then(|section| Some((section.field, section.columns.first()?.1)));
            let (field, path) = path.unwrap_or_default();
            let list = value.get(field).and_then(Value::as_array);
            for one in list.into_iter().flatten() {
                output.line(&tame(
                    one.get(path).and_then(Value::as_str).unwrap_or_default(),
                ))?;
            }
        }
        Format::Table | Format::Wide => return Ok(false),
    }
    Ok(true)
}

/// One section of an answer.
pub(crate) fn rows(value: &Value, section: &Section, output: &mut Output) -> Result<(), Failure> {
    let list = value.get(section.field).and_then(Value::as_array);
    let list = list.map(Vec::as_slice).unwrap_or_default();
    let Some(message) = cells::message(section.message) else {
        return Ok(());
    };
    if list.is_empty() {
        if let Some(none) = section.none {
            output.line(none)?;
            output.line("")?;
        }
        return Ok(());
    }
    if !section.title.is_empty() {
        output.line(section.title)?;
    }
    let headers: Vec<&str> = section.columns.iter().map(|(header, _)| *header).collect();
    let detail = match output.format() {
        Format::Wide => Detail::Whole,
        Format::Table | Format::Json | Format::Yaml | Format::Jsonl | Format::Name => Detail::Short,
    };
    let rows = list.iter().map(|one| {
        let cell = |path: &str| {
            let text = figures(&message, one, path, detail)
                .or_else(|| cells::at(&message, one, path, detail));
            text.map_or_else(|| "-".to_owned(), |text| tame(&text))
        };
        section.columns.iter().map(|(_, path)| cell(path)).collect()
    });
    let rows: Vec<Vec<String>> = rows.collect();
    output.grid(&grid(&headers, &rows, output.layout()))?;
    output.line("")?;
    Ok(())
}

/// Numbers and truths at a path. Canonical JSON leaves out a 0 and a no of fields that always have
/// a value; they are told, for here they are answers. Numbers are rounded for the eye, in short.
fn figures(
    message: &MessageDescriptor,
    value: &Value,
    path: &str,
    detail: Detail,
) -> Option<String> {
    let (first, rest) = match path.split_once('.') {
        Some((first, rest)) => (first, Some(rest)),
        None => (path, None),
    };
    let field = message.get_field_by_json_name(first)?;
    let held = value.get(first);
    if let (Some(rest), Kind::Message(inner)) = (rest, field.kind()) {
        let held = held?;
        let many = held.as_array().map(|many| many.iter().collect());
        let each: Vec<&Value> = many.unwrap_or_else(|| vec![held]);
        let told = each
            .into_iter()
            .filter_map(|one| figures(&inner, one, rest, detail));
        let told: Vec<String> = told.collect();
        return (!told.is_empty()).then(|| told.join(", "));
    }
    let always = !field.supports_presence() && !field.is_list();
    let kind = field.kind();
    if matches!(kind, Kind::Double) {
        let number = held.and_then(Value::as_f64);
        let number = number.or(always.then_some(0.0))?;
        return Some(match detail {
            Detail::Short => rounded(number),
            Detail::Whole => number.to_string(),
        });
    }
    if held.is_some() || !always {
        return None;
    }
    if matches!(kind, Kind::Int32 | Kind::Int64) {
        return Some("0".to_owned());
    }
    matches!(kind, Kind::Bool).then(|| "no".to_owned())
}

/// At most four places behind the point.
fn rounded(number: f64) -> String {
    let text = format!("{number:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// What stands under an answer that is told line by line; the rest is counted.
const SHOWN: usize = 20;

/// What an answer rests on: what was not stated or not counted, the method, the revision and the
/// marking.
pub(crate) fn foot(value: &Value, output: &mut Output) -> Result<(), Failure> {
    let Some(basis) = value.get("basis") else {
        return Ok(());
    };
    let basis: Basis = json::decode("Basis", basis.clone())?;
    let gaps = basis.gaps.iter().map(|gap| {
        let (name, field) = (tame(&gap.name), tame(&gap.field));
        format!("{field} of {name}: {}", tame(&gap.treatment))
    });
    under(NOT_STATED, gaps, output)?;
    under("not counted", basis.uncounted.iter().map(uncounted), output)?;
    let inputs = basis.inputs.len();
    let many = if inputs == 1 { "" } else { "s" };
    output.line(&format!(
        "{} ({}); {inputs} input{many} at revision {}; {}",
        tame(&basis.method),
        tame(&basis.method_source),
        basis.read_revision,
        marking(&basis),
    ))?;
    Ok(())
}

fn under(
    what: &str,
    lines: impl ExactSizeIterator<Item = String>,
    output: &mut Output,
) -> Result<(), Failure> {
    let rest = lines.len().saturating_sub(SHOWN);
    for line in lines.take(SHOWN) {
        output.line(&format!("{what}: {line}"))?;
    }
    if rest > 0 {
        output.line(&format!("{what}: {rest} more; -o json tells them all"))?;
    }
    Ok(())
}

fn uncounted(one: &basis::Uncounted) -> String {
    let at = one
        .at
        .map(|at| cells::moment(&at.to_string(), Detail::Short));
    let at = at.unwrap_or_default();
    let why = match one.reason() {
        UncountedReason::Ended => format!("its validity ended {at}"),
        UncountedReason::NotBegun => format!("its validity begins {at}"),
        UncountedReason::CarriedOn => format!("{} carries it on", tame(&one.carried_on_by)),
        UncountedReason::Unspecified => String::new(),
    };
    format!("{}: {why}", tame(&one.name))
}

/// `TLP:AMBER, for a, b`. An answer without a marking is clear: it rests on nothing.
pub(crate) fn marking(basis: &Basis) -> String {
    let marking = basis.marking.clone().unwrap_or_default();
    let level = match marking.tlp() {
        Tlp::Unspecified | Tlp::Clear => "CLEAR",
        Tlp::Green => "GREEN",
        Tlp::Amber => "AMBER",
        Tlp::AmberStrict => "AMBER+STRICT",
        Tlp::Red => "RED",
    };
    match marking.audience.map(|audience| audience.groups) {
        None => format!("TLP:{level}"),
        Some(groups) if groups.is_empty() => format!("TLP:{level}, for nobody"),
        Some(groups) => tame(&format!("TLP:{level}, for {}", groups.join(", "))),
    }
}
