//! `chancery status`: how the server stands; its limits, which are many, only when asked for more.

use chancery::client::Client;
use chancery::wire::json;
use serde_json::Value;

use crate::cells;
use crate::details::{self, Fact};
use crate::failure::{Exit, Failure};
use crate::layout::facts;
use crate::output::{Format, Output, tame};

const MESSAGE: &str = "GetStatusResponse";

pub(crate) async fn perform(client: &Client, output: &mut Output) -> Result<Exit, Failure> {
    let mut status = json::encode(MESSAGE, &client.status().await?)?;
    if let (Format::Table, Some(fields)) = (output.format(), status.as_object_mut()) {
        fields.remove("limits");
    }
    match output.format() {
        Format::Json | Format::Jsonl | Format::Yaml => output.value(&status)?,
        Format::Table | Format::Wide | Format::Name => {
            let mut shown = vec![("endpoint".to_owned(), client.endpoint().to_owned())];
            shown.extend(rows(&status));
            for line in facts(&shown, output.layout()) {
                output.line(&line)?;
            }
        }
    }
    Ok(Exit::Done)
}

/// Everything that is told; of the counts those that are not 0.
fn rows(status: &Value) -> Vec<Fact> {
    let Some(message) = cells::message(MESSAGE) else {
        return Vec::new();
    };
    let mut scalars = status.clone();
    let mut tables = Vec::new();
    if let Some(fields) = scalars.as_object_mut() {
        for (field, keys) in [
            ("counts", ["collection", "count", ""]),
            ("limits", ["name", "value", "unit"]),
        ] {
            tables.push((field, keys, fields.remove(field)));
        }
    }
    let mut rows = details::all(&message, &scalars);
    for (field, [name, number, unit], table) in tables {
        let lines = table
            .as_ref()
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        let lines = lines.filter_map(|line| {
            let text = |key: &str| line.get(key).and_then(Value::as_str).unwrap_or_default();
            let told = !matches!(text(number), "" | "0");
            told.then(|| tame(&format!("{} {} {}", text(name), text(number), text(unit))))
        });
        let labels = std::iter::once(field.to_owned()).chain(std::iter::repeat(String::new()));
        rows.extend(labels.zip(lines));
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn counts_of_nothing_are_not_told() {
        let status = json!({
            "version": "0.1.0",
            "currentRevision": "3",
            "counts": [
                {"collection": "redLines", "count": "3"},
                {"collection": "forecasts"},
                {"collection": "tools", "count": "2"},
            ],
            "limits": [{"name": "page_size_max", "value": "1000", "unit": "items"}],
        });
        let expected = [
            ("version", "0.1.0"),
            ("current revision", "3"),
            ("counts", "redLines 3"),
            ("", "tools 2"),
            ("limits", "page_size_max 1000 items"),
        ];
        let rows = rows(&status);
        let pairs: Vec<_> = rows.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        assert_eq!(pairs, expected);
    }
}
