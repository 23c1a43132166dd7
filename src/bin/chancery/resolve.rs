//! `chancery resolve ALIAS`: which actor, or issue, a text means by a name.

use chancery::client::Client;
use chancery::wire::json;
use clap::Args;
use serde_json::Value;

use crate::failure::{Exit, Failure};
use crate::list::print;
use crate::nouns;
use crate::output::Output;

/// The arguments of `resolve`.
#[derive(Debug, Args)]
pub(crate) struct Resolve {
    /// The name as a text has it: Kremlin, "the White House", E3
    #[arg(value_name = "ALIAS")]
    alias: String,
    /// Look among the issues instead of the actors
    #[arg(long)]
    issue: bool,
}

impl Resolve {
    /// Exit 1 says that nothing goes by that name.
    pub(crate) async fn perform(
        &self,
        client: &Client,
        output: &mut Output,
    ) -> Result<Exit, Failure> {
        let found: Result<Vec<Value>, _> = if self.issue {
            let issues = client.resolve_issue(&self.alias).await?;
            issues
                .iter()
                .map(|issue| json::encode("Issue", issue))
                .collect()
        } else {
            let actors = client.resolve_actor(&self.alias).await?;
            actors
                .iter()
                .map(|actor| json::encode("Actor", actor))
                .collect()
        };
        let (found, word) = (found?, if self.issue { "issue" } else { "actor" });
        if found.is_empty() {
            if output.speaks_values() {
                print_empty(word, output)?;
            }
            output.note(&format!("no {word} goes by the name {:?}", self.alias))?;
            return Ok(Exit::No);
        }
        if let Some(noun) = nouns::noun(word) {
            print(noun, &found, output)?;
        }
        if found.len() > 1 {
            output.note(&format!("{:?} may mean any of {}", self.alias, found.len()))?;
        }
        Ok(Exit::Done)
    }
}

fn print_empty(word: &str, output: &mut Output) -> Result<(), Failure> {
    nouns::noun(word).map_or(Ok(()), |noun| print(noun, &[], output))
}
