//! `chancery head` and `chancery verify`: what the journal contains now, to be kept elsewhere, and
//! whether it still contains what it contained then.

use std::path::PathBuf;

use chancery::client::Client;
use chancery::model::v1;
use chancery::wire::json;
use clap::Args;

use crate::failure::{Exit, Failure};
use crate::output::{Format, Output, tame};

/// The arguments of `verify`.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// A head that `chancery head` printed earlier
    #[arg(long, value_name = "FILE")]
    head: Option<PathBuf>,
}

/// Prints the head: JSON in every format but YAML, since it is made to be kept in a file.
pub(crate) async fn head(client: &Client, output: &mut Output) -> Result<Exit, Failure> {
    let head = json::encode("Head", &client.head().await?)?;
    match output.format() {
        Format::Json | Format::Jsonl | Format::Yaml => output.value(&head)?,
        Format::Table | Format::Wide | Format::Name => output.line(&head.to_string())?,
    }
    Ok(Exit::Done)
}

impl Verify {
    pub(crate) async fn perform(
        &self,
        client: &Client,
        output: &mut Output,
    ) -> Result<Exit, Failure> {
        let head = self.head.as_ref().map(read).transpose()?;
        let kept = head.as_ref().map(|head| head.revision);
        let answer = client.verify(head).await?;
        if output.speaks_values() {
            output.value(&json::encode("VerifyResponse", &answer)?)?;
        } else {
            for line in told(&answer, kept) {
                output.line(&tame(&line))?;
            }
        }
        Ok(match answer.findings.is_empty() {
            true => Exit::Done,
            false => Exit::No,
        })
    }
}

fn read(path: &PathBuf) -> Result<v1::Head, Failure> {
    let unreadable = |why: String| Failure::Here(format!("\"{}\": {why}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))?;
    let value = serde_json::from_str(&text).map_err(|error| unreadable(error.to_string()))?;
    Ok(json::decode("Head", value)?)
}

fn told(answer: &v1::VerifyResponse, kept: Option<i64>) -> Vec<String> {
    if !answer.findings.is_empty() {
        let damaged = answer.findings.iter();
        return damaged
            .map(|finding| format!("damaged  {finding}"))
            .collect();
    }
    let (segments, bytes) = (answer.journal_segments, answer.journal_bytes);
    let revision = answer.revision;
    let sound = format!("sound    revisions 1 to {revision}, {bytes} bytes, {segments} segments");
    let held = match kept {
        Some(kept) => format!("head     revision {kept} and all before it are there"),
        None => "head     none given: an end cut off or rewritten as a whole cannot be told".into(),
    };
    vec![sound, held]
}
