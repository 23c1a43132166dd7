//! `chancery list KIND`: what there is of a kind, a page or all of it.

use chancery::client::{Client, Page, Query};
use chancery::model::v1::{AssessmentState, Coverage};
use clap::Args;
use serde_json::Value;

use crate::cells::{self, Detail};
use crate::columns::{self, Column};
use crate::failure::{Exit, Failure};
use crate::flags::{Filter, Pages};
use crate::layout::{Grid, Layout, grid};
use crate::moments::ReadAt;
use crate::nouns::{self, Noun};
use crate::output::{Format, Output, tame};
use crate::progress::Progress;

/// Every state of an assessment.
pub(crate) const STATES: [AssessmentState; 4] = [
    AssessmentState::Draft,
    AssessmentState::Published,
    AssessmentState::Superseded,
    AssessmentState::Withdrawn,
];

/// The arguments of `list`.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// What to list; red-line and redLines mean the same as red-lines
    #[arg(value_name = "KIND", value_parser = nouns::parser())]
    noun: &'static Noun,
    /// Only those of this assessment; a bare id will do
    #[arg(long, value_name = "ASSESSMENT")]
    parent: Option<String>,
    /// Drafts, superseded and withdrawn work too, not only what is published
    #[arg(long)]
    all_states: bool,
    #[command(flatten)]
    selection: Selection,
}

/// Which of a kind are listed.
#[derive(Debug, Clone, Args)]
pub(crate) struct Selection {
    #[command(flatten)]
    fitting: Filter,
    /// What comes first, e.g. 'declared_firmness desc, actor'; else the latest change
    #[arg(
        long,
        value_name = "FIELDS",
        default_value = "",
        hide_default_value = true
    )]
    order_by: String,
    #[command(flatten)]
    pages: Pages,
    /// Those that were deleted too
    #[arg(long)]
    deleted: bool,
    #[command(flatten)]
    read: ReadAt,
}

impl List {
    /// The entries of a registry.
    pub(crate) fn of(noun: &'static Noun, selection: Selection) -> Self {
        Self {
            noun,
            parent: None,
            all_states: false,
            selection,
        }
    }

    pub(crate) async fn perform(
        &self,
        client: &Client,
        output: &mut Output,
    ) -> Result<Exit, Failure> {
        let mut query = self.query()?;
        let mut items = Vec::new();
        let streams = matches!(output.format(), Format::Jsonl | Format::Name);
        let progress = (!streams).then(|| Progress::open(format!("listing {}", self.noun.words())));
        let (more, total, revision, silence) = loop {
            let page = client.list_json(self.noun.kind, &query).await?;
            let Page {
                items: found,
                next_page_token,
                read_revision,
                total_size,
                coverage,
            } = page;
            match output.format() {
                Format::Jsonl | Format::Name => print(self.noun, &found, output)?,
                Format::Table | Format::Wide | Format::Json | Format::Yaml => items.extend(found),
            }
            if let Some(progress) = &progress {
                progress.tell(format!("{} {}", items.len(), self.noun.words()));
            }
            if next_page_token.is_empty() || !self.selection.pages.all {
                let more = !next_page_token.is_empty();
                break (more, total_size, read_revision, silence(coverage));
            }
            query.page_token = next_page_token;
        };
        drop(progress);
        if !streams {
            print(self.noun, &items, output)?;
        }
        if let Some(silence) = silence {
            output.note(&format!("no {}: {silence}", self.noun.words()))?;
        }
        if let Some(total) = total {
            let total = usize::try_from(total).unwrap_or(0);
            let counted = self.noun.counted(total);
            output.note(&format!("{counted} on all pages at revision {revision}"))?;
        }
        if more {
            output.note(&format!(
                "there are more {} at revision {revision}; --all lists them",
                self.noun.words()
            ))?;
        }
        Ok(Exit::Done)
    }

    fn query(&self) -> Result<Query, Failure> {
        let kind = self.noun.kind;
        let refuse = |flag: &str| {
            let words = self.noun.words();
            Err(Failure::Usage(format!("{flag} does not apply to {words}")))
        };
        if self.parent.is_some() && !kind.is_element() {
            return refuse("--parent");
        }
        if self.all_states && !kind.is_element() && kind.message != "Assessment" {
            return refuse("--all-states");
        }
        let parent = self.parent.as_deref().unwrap_or_default();
        Ok(Query {
            parent: nouns::within("assessments", parent),
            filter: self.selection.fitting.filter.clone(),
            order_by: self.selection.order_by.clone(),
            include_total_size: self.selection.pages.total,
            page_size: self.selection.pages.page_size,
            show_deleted: self.selection.deleted,
            read: self.selection.read.options(),
            states: if self.all_states {
                STATES.to_vec()
            } else {
                Vec::new()
            },
            ..Query::default()
        })
    }
}

/// Which sort of silence it is that there is nothing.
pub(crate) fn silence(coverage: Coverage) -> Option<&'static str> {
    match coverage {
        Coverage::NotCovered => Some("not covered, nothing in scope speaks of it"),
        Coverage::NotStated => Some("covered and not stated"),
        Coverage::Stated | Coverage::Unspecified => None,
    }
}

/// Resources of one kind in the format asked for.
pub(crate) fn print(noun: &Noun, items: &[Value], output: &mut Output) -> Result<(), Failure> {
    match output.format() {
        Format::Json | Format::Yaml => output.value(&Value::Array(items.to_vec()))?,
        Format::Jsonl => items.iter().try_for_each(|item| output.value(item))?,
        Format::Name => items
            .iter()
            .try_for_each(|item| output.line(&tame(name(item))))?,
        Format::Table | Format::Wide if items.is_empty() && !noun.kind.is_element() => {
            output.note(&format!("no {}", noun.words()))?
        }
        Format::Table | Format::Wide if items.is_empty() => {}
        Format::Wide => output.grid(&wide(noun, items))?,
        Format::Table => {
            output.grid(&table(noun, items, output.layout(), Last::Assessment))?;
            if let (Some(one), Layout::Fitted(_)) = (one_assessment(noun, items), output.layout()) {
                output.note(&format!("in assessments/{}", tame(one)))?;
            }
        }
    }
    Ok(())
}

/// Whether a table of elements ends with their assessment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Last {
    Assessment,
    Nothing,
}

/// Resources of one kind as a table. Where room is short, a column that says the same in every
/// row is left out.
pub(crate) fn table(noun: &Noun, items: &[Value], layout: Layout, last: Last) -> Grid {
    let columns = columns::of(&noun.kind.message);
    let fitted = layout != Layout::Plain;
    let several = noun.kind.is_element() && one_assessment(noun, items).is_none();
    let placed = fitted && several && last == Last::Assessment;
    let headers: Vec<&str> = std::iter::once(if fitted { "ID" } else { "NAME" })
        .chain(columns.iter().map(|column| column.header))
        .chain(placed.then_some("ASSESSMENT"))
        .collect();
    let rows = items.iter().map(|item| {
        let whole = name(item);
        let leading = if fitted { cells::last(whole) } else { whole };
        std::iter::once(tame(leading))
            .chain(columns.iter().map(|column| cell(noun, item, column)))
            .chain(placed.then(|| tame(assessment(item))))
            .collect()
    });
    grid(&headers, &rows.collect::<Vec<Vec<String>>>(), layout)
}

/// The same with whole names, and what the server keeps about each.
fn wide(noun: &Noun, items: &[Value]) -> Grid {
    const KEPT: [(&str, &str); 3] = [
        ("MARKING", "marking.tlp"),
        ("UPDATED", "updateTime"),
        ("ETAG", "etag"),
    ];
    let columns = columns::of(&noun.kind.message);
    let new = |header: &str| columns.iter().all(|column| column.header != header);
    let kept: Vec<(&str, &str)> = KEPT.into_iter().filter(|(header, _)| new(header)).collect();
    let headers: Vec<&str> = std::iter::once("NAME")
        .chain(columns.iter().map(|column| column.header))
        .chain(kept.iter().map(|(header, _)| *header))
        .collect();
    let message = cells::message(&noun.kind.message);
    let words = |item: &Value, path: &str| {
        let message = message.as_ref();
        let words = message.and_then(|message| cells::at(message, item, path, Detail::Whole));
        words.map(|words| tame(&words))
    };
    let rows = items.iter().map(|item| {
        let told = |column: &Column| words(item, column.path).unwrap_or(column.absent.to_owned());
        let aside = |(_, path): &(&str, &str)| words(item, path).unwrap_or("-".to_owned());
        std::iter::once(tame(name(item)))
            .chain(columns.iter().map(told))
            .chain(kept.iter().map(aside))
            .collect()
    });
    grid(&headers, &rows.collect::<Vec<Vec<String>>>(), Layout::Plain)
}

/// The id of the assessment that all elements lie in.
fn one_assessment<'a>(noun: &Noun, items: &'a [Value]) -> Option<&'a str> {
    let first = assessment(items.first().filter(|_| noun.kind.is_element())?);
    items
        .iter()
        .all(|item| assessment(item) == first)
        .then_some(first)
}

fn assessment(item: &Value) -> &str {
    name(item).split('/').nth(1).unwrap_or_default()
}

fn cell(noun: &Noun, item: &Value, column: &Column) -> String {
    let message = cells::message(&noun.kind.message);
    let words = message.and_then(|message| cells::at(&message, item, column.path, Detail::Short));
    words.map_or_else(|| column.absent.to_owned(), |words| tame(&words))
}

fn name(item: &Value) -> &str {
    item.get("name").and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn line(assessment: &str) -> Value {
        json!({
            "name": format!("assessments/{assessment}/redLines/nato-membership"),
            "actor": "actors/russia",
            "issue": "issues/nato-membership",
            "stance": "Absolute rejection",
            "posture": "POSTURE_PROHIBITS",
            "declaredFirmness": "DECLARED_FIRMNESS_ABSOLUTE",
        })
    }

    #[test]
    fn a_pipe_gets_whole_names_on_single_lines() {
        let noun = nouns::noun("red-lines").unwrap();
        let table = table(noun, &[line("talks")], Layout::Plain, Last::Assessment);
        let [only] = table.lines.as_slice() else {
            panic!("{table:#?}")
        };
        let cells: Vec<&str> = only
            .split("  ")
            .map(str::trim)
            .filter(|cell| !cell.is_empty())
            .collect();
        assert_eq!(
            cells,
            [
                "assessments/talks/redLines/nato-membership",
                "russia",
                "nato-membership",
                "Absolute rejection",
                "prohibits",
                "absolute",
                "not stated",
            ]
        );
    }

    #[test]
    fn a_terminal_gets_ids_and_the_assessment_where_there_are_several() {
        let noun = nouns::noun("red-lines").unwrap();
        let headers = |items: &[Value]| {
            table(noun, items, Layout::Fitted(140), Last::Assessment)
                .headers
                .concat()
        };
        let several = headers(&[line("talks"), line("transit")]);
        assert!(
            several.starts_with("ID ") && several.ends_with("ASSESSMENT"),
            "{several}"
        );
        assert!(headers(&[line("talks")]).ends_with("NEGOTIABILITY"));
    }
}
