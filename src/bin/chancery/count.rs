//! `chancery count KIND --by F[,G]`: how many elements there are, by the values of fields.

use std::collections::BTreeSet;

use chancery::client::Client;
use chancery::model::v1::{CountElementsRequest, CountElementsResponse};
use chancery::wire::json;
use clap::Args;

use crate::failure::{Exit, Failure};
use crate::flags::Filter;
use crate::layout::grid;
use crate::list::{STATES, silence};
use crate::moments::ReadAt;
use crate::nouns::{self, Noun};
use crate::output::{Format, Output, tame};

const MESSAGE: &str = "CountElementsResponse";

/// The arguments of `count`.
#[derive(Debug, Args)]
pub(crate) struct Count {
    /// What to count; every kind of element when left out
    #[arg(value_name = "KIND", value_parser = nouns::parser())]
    noun: Option<&'static Noun>,
    /// By the values of one field, or of two, which makes a table: declared_firmness,actor
    #[arg(long, value_name = "FIELD[,FIELD]", value_delimiter = ',')]
    by: Vec<String>,
    #[command(flatten)]
    fitting: Filter,
    /// Only those of this assessment; a bare id will do
    #[arg(
        long,
        value_name = "ASSESSMENT",
        default_value = "",
        hide_default_value = true
    )]
    parent: String,
    /// Drafts, superseded and withdrawn work too, not only what is published
    #[arg(long)]
    all_states: bool,
    #[command(flatten)]
    read: ReadAt,
}

impl Count {
    pub(crate) async fn perform(
        &self,
        client: &Client,
        output: &mut Output,
    ) -> Result<Exit, Failure> {
        let states = STATES.map(i32::from);
        let parent = nouns::within("assessments", &self.parent);
        let request = CountElementsRequest {
            parent: if parent.is_empty() {
                "assessments/-".to_owned()
            } else {
                parent
            },
            collections: self
                .noun
                .iter()
                .map(|noun| noun.kind.collection.clone())
                .collect(),
            facets: self.by.clone(),
            filter: self.fitting.filter.clone(),
            read: self.read.options(),
            states: if self.all_states {
                states.to_vec()
            } else {
                Vec::new()
            },
            show_rejected: false,
        };
        let counted = client.count(request).await?;
        match output.format() {
            Format::Json | Format::Jsonl | Format::Yaml => {
                output.value(&json::encode(MESSAGE, &counted)?)?;
            }
            Format::Table | Format::Wide | Format::Name => self.table(&counted, output)?,
        }
        Ok(Exit::Done)
    }

    fn table(&self, counted: &CountElementsResponse, output: &mut Output) -> Result<(), Failure> {
        let (headers, rows) = match (self.by.as_slice(), self.noun) {
            ([down, across], Some(_)) => crossed((down, across), counted),
            (by, _) => lines(by, counted),
        };
        if !rows.is_empty() {
            let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
            let table = grid(&headers, &rows, output.layout());
            output.grid(&table)?;
        }
        let why = silence(counted.coverage()).map(|why| format!(": {why}"));
        output.note(&format!(
            "{} at revision {}{}",
            counted.total,
            counted.read_revision,
            why.unwrap_or_default()
        ))?;
        Ok(())
    }
}

/// What an element does not state is nothing in an answer, and something in a table.
fn told(value: &str) -> String {
    match value {
        "" => "not stated".to_owned(),
        value => tame(value),
    }
}

/// A line for each count.
fn lines(by: &[String], counted: &CountElementsResponse) -> (Vec<String>, Vec<Vec<String>>) {
    let mut headers = vec!["KIND".to_owned()];
    headers.extend(by.iter().map(|field| field.to_uppercase()));
    headers.push("COUNT".to_owned());
    let rows = counted.counts.iter().map(|count| {
        let mut row = vec![tame(&count.collection)];
        row.extend(count.values.iter().map(|value| told(value)));
        row.push(count.count.to_string());
        row
    });
    (headers, rows.collect())
}

/// A row for each value of the first field, a column for each of the second.
fn crossed(
    (down, across): (&str, &str),
    counted: &CountElementsResponse,
) -> (Vec<String>, Vec<Vec<String>>) {
    let value = |values: &[String], at: usize| values.get(at).cloned().unwrap_or_default();
    let all = |at: usize| -> BTreeSet<(bool, String)> {
        let values = counted.counts.iter().map(|count| value(&count.values, at));
        values.map(|value| (value.is_empty(), value)).collect()
    };
    let columns = all(1);
    let mut headers = vec![format!(
        "{} \\ {}",
        down.to_uppercase(),
        across.to_uppercase()
    )];
    headers.extend(columns.iter().map(|(_, value)| told(value)));
    let rows = all(0).into_iter().map(|(_, row)| {
        let cells = columns.iter().map(|(_, column)| {
            let is = [&row, column];
            let found = counted
                .counts
                .iter()
                .find(|count| count.values.iter().eq(is));
            found.map_or_else(|| "-".to_owned(), |count| count.count.to_string())
        });
        std::iter::once(told(&row)).chain(cells).collect()
    });
    (headers, rows.collect())
}
