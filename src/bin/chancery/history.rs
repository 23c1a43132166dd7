//! `chancery revisions NAME` and `chancery rollback NAME REVISION`: what became of an assessment,
//! and back to where it was.

use chancery::client::Client;
use chancery::model::v1::{ListAssessmentRevisionsRequest, RollbackAssessmentRequest};
use chancery::wire::json;
use clap::Args;
use serde_json::Value;

use crate::cells::{self, Detail};
use crate::failure::{Exit, Failure};
use crate::layout::grid;
use crate::nouns;
use crate::output::{Format, Output, tame};
use crate::publish;
use crate::writes::{IfMatch, Terms};

/// The arguments of `revisions`.
#[derive(Debug, Args)]
pub(crate) struct Revisions {
    /// The assessment: assessments/talks, or talks
    #[arg(value_name = "NAME")]
    name: String,
    /// How many at a time; 0 leaves it to the server
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    page_size: i32,
    /// All pages instead of the first
    #[arg(long)]
    all: bool,
}

/// The arguments of `rollback`.
#[derive(Debug, Args)]
pub(crate) struct Rollback {
    /// The assessment: assessments/talks, or talks
    #[arg(value_name = "NAME")]
    name: String,
    /// The revision to go back to, as `revisions` tells them; a new revision is made of it
    #[arg(value_name = "REVISION")]
    revision: i64,
    #[command(flatten)]
    if_match: IfMatch,
    #[command(flatten)]
    terms: Terms,
}

const HEADERS: [&str; 7] = [
    "REVISION", "TIME", "STATE", "CHANGED", "REMOVED", "BY", "REASON",
];

impl Revisions {
    pub(crate) async fn perform(
        &self,
        client: &Client,
        output: &mut Output,
    ) -> Result<Exit, Failure> {
        let mut request = ListAssessmentRevisionsRequest {
            name: nouns::whole(&self.name),
            page_size: self.page_size,
            ..ListAssessmentRevisionsRequest::default()
        };
        let mut found = Vec::new();
        let more = loop {
            let page = client.revisions(request.clone()).await?;
            for revision in &page.revisions {
                found.push(json::encode("AssessmentRevision", revision)?);
            }
            if page.next_page_token.is_empty() || !self.all {
                break !page.next_page_token.is_empty();
            }
            request.page_token = page.next_page_token;
        };
        print(&found, output)?;
        if more {
            output.note("there are earlier revisions; --all lists them")?;
        }
        Ok(Exit::Done)
    }
}

fn print(revisions: &[Value], output: &mut Output) -> Result<(), Failure> {
    match output.format() {
        Format::Json | Format::Yaml => output.value(&Value::Array(revisions.to_vec()))?,
        Format::Jsonl => revisions.iter().try_for_each(|one| output.value(one))?,
        Format::Name => {
            for revision in revisions {
                output.line(&words(revision, "revision", Detail::Whole).unwrap_or_default())?;
            }
        }
        Format::Table => output.grid(&grid(&HEADERS, &rows(revisions, false), output.layout()))?,
        Format::Wide => output.grid(&grid(&HEADERS, &rows(revisions, true), output.layout()))?,
    }
    Ok(())
}

/// A row per revision: how many resources it changed, or, where there is room, which.
fn rows(revisions: &[Value], named: bool) -> Vec<Vec<String>> {
    let detail = if named { Detail::Whole } else { Detail::Short };
    let rows = revisions.iter().map(|revision| {
        let told = |path: &str| words(revision, path, detail).unwrap_or_else(|| "-".to_owned());
        let count = |path: &str| {
            let names = revision.get(path).and_then(Value::as_array);
            names.map_or(0, Vec::len).to_string()
        };
        let names = |path: &str| if named { told(path) } else { count(path) };
        vec![
            told("revision"),
            told("commitTime"),
            told("state"),
            names("changed"),
            names("removed"),
            told("committer"),
            told("reason"),
        ]
    });
    rows.collect()
}

fn words(revision: &Value, path: &str, detail: Detail) -> Option<String> {
    let message = cells::message("AssessmentRevision")?;
    cells::at(&message, revision, path, detail).map(|words| tame(&words))
}

impl Rollback {
    pub(crate) async fn perform(
        &self,
        client: &Client,
        output: &mut Output,
    ) -> Result<Exit, Failure> {
        let request = RollbackAssessmentRequest {
            name: nouns::whole(&self.name),
            revision: self.revision,
            etag: self.if_match.etag(),
            reason: self.terms.reason.clone(),
            request_id: self.terms.request_id(),
            validate_only: self.terms.dry_run,
        };
        let answer = client.rollback(request).await?;
        let mut assessment = answer.value;
        // The header may be older than the commit that brought its elements back.
        if let (Some(revision), false) = (answer.read_revision, self.terms.dry_run) {
            assessment.revision = revision;
        }
        publish::tell(&assessment, &self.terms, output)
    }
}
