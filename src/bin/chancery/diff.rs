//! `chancery diff` and `chancery history NAME`: what changed between two sides, and how one
//! resource became what it is; with who changed it, when and why.

use chancery::client::Client;
use chancery::model::v1::{
    self, ChangeCommit, DiffAssessmentsRequest, DiffKind, FieldDiff, ListHistoryRequest,
    ReadOptions, read_options::Consistency,
};
use chancery::wire::{body, json};
use clap::Args;
use serde_json::Value;

use crate::differences::{self, Difference, Fate};
use crate::failure::{Exit, Failure};
use crate::flags::Filter;
use crate::list::STATES;
use crate::moments::{self, ReadAt};
use crate::nouns::{self, Noun};
use crate::output::{Format, Output, tame};

/// Stands for every assessment.
const ALL: &str = "assessments/-";

/// The arguments of `diff`.
#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// The assessment: assessments/talks, or talks; none is all that are published
    #[arg(value_name = "ASSESSMENT")]
    base: Option<String>,
    /// Another assessment, such as its successor, instead of the same one later
    #[arg(value_name = "OTHER")]
    target: Option<String>,
    /// Since this revision, or this time; without it both sides are read now
    #[arg(long, value_name = "REVISION|TIME", value_parser = side)]
    since: Option<ReadOptions>,
    /// Up to this revision, or this time, instead of now
    #[arg(long, value_name = "REVISION|TIME", value_parser = side)]
    until: Option<ReadOptions>,
    /// Only this kind; may be given several times
    #[arg(long = "kind", value_name = "KIND", value_parser = nouns::parser())]
    kinds: Vec<&'static Noun>,
    #[command(flatten)]
    fitting: Filter,
    /// Drafts, superseded and withdrawn work too, not only what is published
    #[arg(long)]
    all_states: bool,
    /// Leave out elements that do not hold at this time in the world, on either side
    #[arg(long, value_name = "TIME", value_parser = moments::moment)]
    valid_at: Option<prost_types::Timestamp>,
}

/// The arguments of `history`.
#[derive(Debug, Args)]
pub(crate) struct History {
    /// An assessment or an element: assessments/talks/redLines/nato, or talks/red-lines/nato
    #[arg(value_name = "NAME")]
    name: String,
    /// How many at a time; 0 leaves it to the server
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    page_size: i32,
    /// All pages instead of the first
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    read: ReadAt,
}

/// A revision, or a time.
fn side(text: &str) -> Result<ReadOptions, String> {
    let consistency = match text.parse::<i64>() {
        Ok(revision) => Consistency::ExactRevision(revision),
        Err(_time) => Consistency::ReadTime(moments::moment(text)?),
    };
    Ok(ReadOptions {
        consistency: Some(consistency),
        ..ReadOptions::default()
    })
}

impl Diff {
    pub(crate) async fn perform(
        &self,
        client: &Client,
        output: &mut Output,
    ) -> Result<Exit, Failure> {
        let name = |text: &Option<String>| text.as_deref().map(nouns::whole);
        let states = if self.all_states { &STATES[..] } else { &[] };
        let about = |side: Option<ReadOptions>| match (side, self.valid_at) {
            (None, None) => None,
            (side, valid_at) => Some(ReadOptions {
                valid_at,
                ..side.unwrap_or_default()
            }),
        };
        let mut request = DiffAssessmentsRequest {
            base: name(&self.base).unwrap_or_else(|| ALL.to_owned()),
            base_read: about(self.since),
            target: name(&self.target).unwrap_or_default(),
            target_read: about(self.until),
            collections: self
                .kinds
                .iter()
                .map(|noun| noun.kind.collection.clone())
                .collect(),
            filter: self.fitting.filter.clone(),
            states: states.iter().map(|state| i32::from(*state)).collect(),
            ..DiffAssessmentsRequest::default()
        };
        let mut changes = Vec::new();
        let sides = loop {
            let page = client.diff(request.clone()).await?;
            changes.extend(page.changes);
            if page.next_page_token.is_empty() {
                break (page.base_revision, page.target_revision);
            }
            request.page_token = page.next_page_token;
        };
        match output.format() {
            Format::Json | Format::Yaml => {
                let told = changes.iter().map(|one| json::encode("ResourceDiff", one));
                output.value(&Value::Array(told.collect::<Result<_, _>>()?))?;
            }
            Format::Jsonl => {
                for change in &changes {
                    output.value(&json::encode("ResourceDiff", change)?)?;
                }
            }
            Format::Name => {
                for change in &changes {
                    output.line(&tame(named(change)))?;
                }
            }
            Format::Table | Format::Wide => {
                for change in &changes {
                    told(change, output)?;
                }
            }
        }
        let (base, target) = sides;
        output.note(&format!("from revision {base} to {target}"))?;
        Ok(Exit::Done)
    }
}

fn named(change: &v1::ResourceDiff) -> &str {
    if change.target_name.is_empty() {
        &change.base_name
    } else {
        &change.target_name
    }
}

fn told(change: &v1::ResourceDiff, output: &mut Output) -> Result<(), Failure> {
    difference(named(change), change.kind(), &change.fields, output)?;
    let moved = change.kind() == DiffKind::Changed && change.base_name != change.target_name;
    if moved {
        output.line(&format!("    continues {}", tame(&change.base_name)))?;
    }
    for commit in &change.commits {
        output.line(&format!("    {}", who(commit)))?;
    }
    Ok(())
}

fn difference(
    name: &str,
    kind: DiffKind,
    fields: &[FieldDiff],
    output: &mut Output,
) -> Result<(), Failure> {
    let value = |json: &Option<String>| json.as_deref().and_then(|json| json.parse().ok());
    let difference = Difference {
        name: name.to_owned(),
        fate: match kind {
            DiffKind::Unspecified | DiffKind::Changed => Fate::Changed,
            DiffKind::Added => Fate::Created,
            DiffKind::Removed => Fate::Removed,
        },
        fields: fields
            .iter()
            .map(|field| differences::Field {
                path: field.path.clone(),
                before: value(&field.base_json),
                after: value(&field.target_json),
            })
            .collect(),
    };
    Ok(differences::print(&[difference], output)?)
}

/// `revision 3, 2026-01-08T00:00:00Z, local: as told on Monday`
fn who(commit: &ChangeCommit) -> String {
    let time = commit.commit_time.as_ref().and_then(body::microseconds);
    let time = time.and_then(|us| jiff::Timestamp::from_microsecond(us).ok());
    let time = time.map_or_else(|| "at an unknown time".to_owned(), |time| time.to_string());
    let why = match commit.reason.as_str() {
        "" => String::new(),
        reason => format!(": {}", tame(reason)),
    };
    let (revision, by) = (commit.revision, tame(&commit.committer));
    format!("revision {revision}, {time}, {by}{why}")
}

impl History {
    pub(crate) async fn perform(
        &self,
        client: &Client,
        output: &mut Output,
    ) -> Result<Exit, Failure> {
        let mut request = ListHistoryRequest {
            name: nouns::whole(&self.name),
            page_size: self.page_size,
            read: self.read.options(),
            ..ListHistoryRequest::default()
        };
        let mut entries = Vec::new();
        let more = loop {
            let page = client.history(request.clone()).await?;
            entries.extend(page.entries);
            if page.next_page_token.is_empty() || !self.all {
                break !page.next_page_token.is_empty();
            }
            request.page_token = page.next_page_token;
        };
        match output.format() {
            Format::Json | Format::Yaml => {
                let told = entries.iter().map(|one| json::encode("HistoryEntry", one));
                output.value(&Value::Array(told.collect::<Result<_, _>>()?))?;
            }
            Format::Jsonl => {
                for entry in &entries {
                    output.value(&json::encode("HistoryEntry", entry)?)?;
                }
            }
            Format::Name => {
                for entry in &entries {
                    output.line(&tame(&entry.name))?;
                }
            }
            Format::Table | Format::Wide => {
                for entry in &entries {
                    output.heading(&entry.commit.as_ref().map(who).unwrap_or_default())?;
                    difference(&entry.name, entry.kind(), &entry.fields, output)?;
                }
            }
        }
        if more {
            output.note("there are earlier changes; --all lists them")?;
        }
        Ok(Exit::Done)
    }
}
