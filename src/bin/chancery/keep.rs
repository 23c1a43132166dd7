//! `chancery compact` and `chancery purge NAME`: less history, and what must be gone for good.
//!
//! Neither can be undone, so each wants a word more than other verbs: `compact` the revision it
//! goes up to, `purge` a reason that stays on record.

use chancery::client::Client;
use chancery::wire::json;
use clap::Args;
use serde_json::Value;

use crate::cells;
use crate::details;
use crate::failure::{Exit, Failure};
use crate::layout::facts;
use crate::nouns;
use crate::output::{Format, Output};

/// The arguments of `compact`.
#[derive(Debug, Args)]
pub(crate) struct Compact {
    /// The revision that is to become the earliest readable; `head` for the newest
    #[arg(long, value_name = "REVISION", value_parser = revision)]
    to_revision: i64,
}

/// The arguments of `purge`.
#[derive(Debug, Args)]
pub(crate) struct Purge {
    /// The resource: talks/red-lines/nato, actors/e3, documents/x, or talks for an assessment
    #[arg(value_name = "NAME")]
    name: String,
    /// Why; it stays on record, so it must not quote what is erased
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// The newest is 0 on the wire.
fn revision(text: &str) -> Result<i64, String> {
    if text == "head" {
        return Ok(0);
    }
    let number = text.parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| "expected a revision or \"head\"".to_owned())
}

impl Compact {
    pub(crate) async fn perform(
        &self,
        client: &Client,
        output: &mut Output,
    ) -> Result<Exit, Failure> {
        let answer = client.compact(self.to_revision).await?;
        report(
            "CompactResponse",
            &json::encode("CompactResponse", &answer)?,
            output,
        )
    }
}

impl Purge {
    pub(crate) async fn perform(
        &self,
        client: &Client,
        output: &mut Output,
    ) -> Result<Exit, Failure> {
        let name = nouns::whole(&self.name);
        let answer = client.purge(&name, &self.reason).await?;
        report(
            "PurgeResponse",
            &json::encode("PurgeResponse", &answer)?,
            output,
        )
    }
}

fn report(message: &str, answer: &Value, output: &mut Output) -> Result<Exit, Failure> {
    match output.format() {
        Format::Json | Format::Jsonl | Format::Yaml => output.value(answer)?,
        Format::Table | Format::Wide | Format::Name => {
            let shown = cells::message(message).map(|message| details::all(&message, answer));
            for line in facts(&shown.unwrap_or_default(), output.layout()) {
                output.line(&line)?;
            }
        }
    }
    Ok(Exit::Done)
}
