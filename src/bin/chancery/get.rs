//! `chancery get NAME ...`: resources of whatever kinds with everything that is stated of them, all
//! read at one revision.

use chancery::client::{self, Client, View};
use chancery::model::kind::{self, Kind};
use chancery::model::name::Name;
use chancery::model::v1::{ReadOptions, read_options::Consistency};
use clap::{Args, ValueEnum};
use serde_json::Value;

use crate::details;
use crate::failure::{Exit, Failure};
use crate::layout::{Grid, Layout, facts};
use crate::list::{Last, table};
use crate::moments::ReadAt;
use crate::nouns;
use crate::output::{Format, Output, tame_lines};
use crate::publish;

/// The arguments of `get`.
#[derive(Debug, Clone, Args)]
pub(crate) struct Get {
    /// The resource: actors/russia, assessments/talks/redLines/nato, or shorter
    /// talks/red-lines/nato; a bare id is an assessment
    #[arg(value_name = "NAME", required = true)]
    names: Vec<String>,
    /// How much of it; an assessment comes full and a document basic when this is not given
    #[arg(long, value_enum)]
    view: Option<Extent>,
    #[command(flatten)]
    read: ReadAt,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Extent {
    /// Without elements; without the text of a document
    Basic,
    /// Everything
    Full,
}

impl Get {
    /// The same, where a bare id is one of `collection`.
    pub(crate) fn within(&self, collection: &str) -> Self {
        let whole = |name: &String| nouns::within(collection, name);
        Self {
            names: self.names.iter().map(whole).collect(),
            ..self.clone()
        }
    }

    /// The kinds that are asked for, and the requests; a malformed name goes no further.
    pub(crate) fn requests(&self) -> Result<Vec<Wanted>, Failure> {
        self.names.iter().map(|name| self.request(name)).collect()
    }

    fn request(&self, name: &str) -> Result<Wanted, Failure> {
        let name = nouns::whole(name);
        let kind = Name::parse(&name, "name")?.kind();
        let view = match self.view {
            Some(Extent::Basic) => View::Basic,
            Some(Extent::Full) => View::Full,
            None if kind.message == "Assessment" => View::Full,
            None => View::Basic,
        };
        let read = self.read.options();
        Ok((kind, client::Get { name, read, view }))
    }
}

/// A resource that is asked for.
type Wanted = (&'static Kind, client::Get);

/// Whatever the first one was read at, the others are too.
pub(crate) async fn perform(
    client: &Client,
    wanted: &[Wanted],
    output: &mut Output,
) -> Result<Exit, Failure> {
    let mut found: Vec<(&Kind, Value)> = Vec::new();
    let mut read: Option<ReadOptions> = None;
    for (kind, request) in wanted {
        let mut request = request.clone();
        request.read = read.take().or(request.read);
        let answer = client.get_json(kind, &request).await?;
        read = match answer.read_revision.map(Consistency::ExactRevision) {
            None => request.read,
            at => Some(ReadOptions {
                consistency: at,
                ..request.read.unwrap_or_default()
            }),
        };
        found.push((kind, answer.value));
    }
    tell(&found, output)?;
    Ok(Exit::Done)
}

/// One is printed as what it is, several as a list.
fn tell(found: &[(&Kind, Value)], output: &mut Output) -> Result<(), Failure> {
    match (output.format(), found) {
        (Format::Json | Format::Yaml, [(_, one)]) => output.value(one)?,
        (Format::Json | Format::Yaml, several) => {
            let values = several.iter().map(|(_, value)| value.clone());
            output.value(&Value::Array(values.collect()))?;
        }
        (Format::Jsonl, found) => {
            for (_, value) in found {
                output.value(value)?;
            }
        }
        (Format::Name, found) => {
            for (_, value) in found {
                output.line(&publish::name(value))?;
            }
        }
        (Format::Table | Format::Wide, found) => {
            for (at, (kind, value)) in found.iter().enumerate() {
                if at > 0 {
                    output.line("")?;
                }
                show(kind, value, output)?;
            }
        }
    }
    Ok(())
}

/// The facts, then the text of a document, then the elements of an assessment by kind.
pub(crate) fn show(kind: &Kind, value: &Value, output: &mut Output) -> Result<(), Failure> {
    for line in facts(&details::facts(kind, value), output.layout()) {
        output.line(&line)?;
    }
    match kind.message.as_str() {
        "Assessment" => elements(value, output),
        "Document" => text(value, output),
        _ => Ok(()),
    }
}

fn text(document: &Value, output: &mut Output) -> Result<(), Failure> {
    if let Some(text) = document.get("text").and_then(Value::as_str) {
        output.line("")?;
        output.line(&tame_lines(text))?;
    }
    Ok(())
}

/// The elements of an assessment, a table for each kind it has.
pub(crate) fn elements(assessment: &Value, output: &mut Output) -> Result<(), Failure> {
    for (heading, table) in tables(assessment, output.layout()) {
        output.line("")?;
        output.heading(&heading)?;
        output.grid(&table)?;
    }
    Ok(())
}

fn tables(assessment: &Value, layout: Layout) -> Vec<(String, Grid)> {
    let tables = kind::elements().filter_map(|kind| {
        let items = assessment.get(&kind.collection)?.as_array()?;
        let noun = nouns::of(kind)?;
        Some((
            noun.counted(items.len()),
            table(noun, items, layout, Last::Nothing),
        ))
    });
    tables.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_kind_of_element_has_its_table() {
        for kind in kind::elements() {
            let mut assessment = json!({ "name": "assessments/talks" });
            assessment[&kind.collection] = json!([{ "name": "assessments/talks/x/one" }]);
            let tables = tables(&assessment, Layout::Plain);
            let [(heading, table)] = tables.as_slice() else {
                panic!("{}: {tables:?}", kind.collection)
            };
            assert!(heading.starts_with("1 "), "{heading}");
            assert_eq!(table.lines.len(), 1);
        }
    }
}
