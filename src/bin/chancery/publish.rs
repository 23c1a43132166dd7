//! `chancery publish NAME`: a draft becomes the word of the house.

use chancery::client::Client;
use chancery::model::v1::PublishAssessmentRequest;
use chancery::wire::json;
use clap::Args;
use serde_json::Value;
use uuid::Uuid;

use crate::cells::{self, Detail};
use crate::failure::{Exit, Failure};
use crate::nouns;
use crate::output::{Format, Output, tame};

/// The arguments of `publish`.
#[derive(Debug, Args)]
pub(crate) struct Publish {
    /// The draft: assessments/talks, or talks
    #[arg(value_name = "NAME")]
    name: String,
    /// Why; kept with the assessment
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "",
        hide_default_value = true
    )]
    reason: String,
}

impl Publish {
    pub(crate) async fn perform(
        &self,
        client: &Client,
        output: &mut Output,
    ) -> Result<Exit, Failure> {
        let request = PublishAssessmentRequest {
            name: nouns::whole(&self.name),
            reason: self.reason.clone(),
            request_id: Uuid::now_v7().to_string(),
            ..PublishAssessmentRequest::default()
        };
        let assessment = json::encode("Assessment", &client.publish(request).await?)?;
        match output.format() {
            Format::Json | Format::Jsonl => output.json(&assessment)?,
            Format::Name => output.line(&name(&assessment))?,
            Format::Table => {
                let revision = assessment.get("revision").and_then(Value::as_str);
                let revision = revision.unwrap_or_default();
                let line = format!(
                    "{}  {}  revision {revision}",
                    name(&assessment),
                    state(&assessment)
                );
                output.line(&line)?;
            }
        }
        Ok(Exit::Done)
    }
}

/// The name of an assessment.
pub(crate) fn name(assessment: &Value) -> String {
    tame(
        assessment
            .get("name")
            .and_then(Value::as_str)
            .unwrap_or_default(),
    )
}

/// The state of an assessment, as the contract writes it: `PUBLISHED`.
pub(crate) fn state(assessment: &Value) -> String {
    let message = cells::message("Assessment");
    let words = message.and_then(|message| cells::at(&message, assessment, "state", Detail::Short));
    words.unwrap_or_default().to_ascii_uppercase()
}
