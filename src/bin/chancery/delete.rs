//! `chancery delete NAME` and `chancery undelete NAME`, for whatever can be deleted.
//!
//! An assessment and a registry entry are deleted softly and can be brought back; an element is
//! removed by an edit of its assessment and comes back by `rollback`. What others link to stays,
//! unless their links are given up with --unlink.

use chancery::client::Client;
use chancery::model::name::Name;
use chancery::wire::json;
use clap::Args;
use serde_json::Value;

use crate::failure::{Exit, Failure};
use crate::nouns;
use crate::output::{Format, Output};
use crate::writes::{self, IfMatch, Terms};

/// The arguments of `delete`.
#[derive(Debug, Args)]
pub(crate) struct Delete {
    /// The resource: talks/red-lines/nato, actors/e3, or talks for an assessment
    #[arg(value_name = "NAME")]
    name: String,
    /// Of an element: take links to it out of the others, instead of refusing
    #[arg(long)]
    unlink: bool,
    #[command(flatten)]
    if_match: IfMatch,
    #[command(flatten)]
    terms: Terms,
}

/// The arguments of `undelete`.
#[derive(Debug, Args)]
pub(crate) struct Undelete {
    /// What was deleted: talks, or actors/e3
    #[arg(value_name = "NAME")]
    name: String,
    #[command(flatten)]
    if_match: IfMatch,
    #[command(flatten)]
    terms: Terms,
}

impl Delete {
    pub(crate) async fn perform(
        &self,
        client: &Client,
        output: &mut Output,
    ) -> Result<Exit, Failure> {
        let name = Name::parse(&nouns::whole(&self.name), "name")?;
        let etag = self.if_match.etag();
        if name.kind().is_element() {
            self.remove(client, &name, &etag, output).await?;
        } else if self.unlink {
            let sentence = "--unlink applies to elements only".to_owned();
            return Err(Failure::Usage(sentence));
        } else {
            let by = self.terms.write(&etag);
            let gone = client.delete_json(name.kind(), name.as_str(), &by).await?;
            if !self.terms.dry_run {
                writes::tell(name.kind(), &gone, output)?;
            }
        }
        self.terms.note(output)?;
        Ok(Exit::Done)
    }

    async fn remove(
        &self,
        client: &Client,
        name: &Name,
        etag: &str,
        output: &mut Output,
    ) -> Result<(), Failure> {
        let edits = vec![writes::removal(name.as_str(), self.unlink, etag)];
        let parent = name.assessment().unwrap_or_default();
        let answer = writes::edit(client, parent, edits, &self.terms).await;
        let answer = answer.map_err(|failure| failure.placed(own_field))?;
        if self.terms.dry_run {
            return Ok(());
        }
        match output.format() {
            Format::Json | Format::Yaml | Format::Jsonl => {
                let shown: Value = json::encode("EditAssessmentResponse", &answer)?;
                output.value(&shown)?;
            }
            Format::Name => output.line(name.as_str())?,
            Format::Table | Format::Wide => {
                output.line(&format!("{name}  removed  revision {}", answer.revision))?;
            }
        }
        Ok(())
    }
}

impl Undelete {
    pub(crate) async fn perform(
        &self,
        client: &Client,
        output: &mut Output,
    ) -> Result<Exit, Failure> {
        let name = Name::parse(&nouns::whole(&self.name), "name")?;
        if name.kind().is_element() {
            let sentence = "an element comes back by a rollback of its assessment".to_owned();
            return Err(Failure::Usage(sentence));
        }
        let by = self.terms.write(&self.if_match.etag());
        let back = client.undelete_json(name.kind(), name.as_str(), &by).await;
        let back = back?;
        if !self.terms.dry_run {
            writes::tell(name.kind(), &back, output)?;
        }
        self.terms.note(output)?;
        Ok(Exit::Done)
    }
}

/// There is but one edit, so its number says nothing.
fn own_field(field: &str) -> String {
    match field {
        "edits[0].remove" => "name".to_owned(),
        other => other.to_owned(),
    }
}
