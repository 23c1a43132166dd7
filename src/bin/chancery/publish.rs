//! `chancery publish`, `withdraw` and `revise`: the states an assessment goes through.

use chancery::client::Client;
use chancery::model::kind;
use chancery::model::v1::{
    Assessment, PublishAssessmentRequest, ReviseAssessmentRequest, WithdrawAssessmentRequest,
};
use chancery::wire::json;
use clap::Args;
use serde_json::Value;

use crate::cells::{self, Detail};
use crate::failure::{Exit, Failure};
use crate::nouns;
use crate::output::{Output, tame};
use crate::writes::{self, IfMatch, Terms};

/// The arguments of `publish`.
#[derive(Debug, Args)]
pub(crate) struct Publish {
    /// The draft: assessments/talks, or talks
    #[arg(value_name = "NAME")]
    name: String,
    /// The published assessment that it replaces
    #[arg(
        long,
        value_name = "NAME",
        default_value = "",
        hide_default_value = true
    )]
    supersedes: String,
    #[command(flatten)]
    if_match: IfMatch,
    #[command(flatten)]
    terms: Terms,
}

/// The arguments of `withdraw`.
#[derive(Debug, Args)]
pub(crate) struct Withdraw {
    /// The published assessment: assessments/talks, or talks
    #[arg(value_name = "NAME")]
    name: String,
    #[command(flatten)]
    if_match: IfMatch,
    #[command(flatten)]
    terms: Terms,
}

/// The arguments of `revise`.
#[derive(Debug, Args)]
pub(crate) struct Revise {
    /// The published assessment: assessments/talks, or talks
    #[arg(value_name = "NAME")]
    name: String,
    /// The id of the new draft; else one is made of its title
    #[arg(long, default_value = "", hide_default_value = true)]
    id: String,
    /// The title of the new draft; else that of the old one
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "",
        hide_default_value = true
    )]
    title: String,
    /// Take over only elements of these kinds: red-lines,risks
    #[arg(long, value_name = "KIND", value_delimiter = ',', value_parser = nouns::parser())]
    only: Vec<&'static nouns::Noun>,
    #[command(flatten)]
    terms: Terms,
}

impl Publish {
    pub(crate) async fn perform(
        &self,
        client: &Client,
        output: &mut Output,
    ) -> Result<Exit, Failure> {
        let request = PublishAssessmentRequest {
            name: nouns::whole(&self.name),
            etag: self.if_match.etag(),
            supersedes: nouns::within("assessments", &self.supersedes),
            reason: self.terms.reason.clone(),
            request_id: self.terms.request_id(),
            validate_only: self.terms.dry_run,
        };
        tell(&client.publish(request).await?, &self.terms, output)
    }
}

impl Withdraw {
    pub(crate) async fn perform(
        &self,
        client: &Client,
        output: &mut Output,
    ) -> Result<Exit, Failure> {
        let request = WithdrawAssessmentRequest {
            name: nouns::whole(&self.name),
            etag: self.if_match.etag(),
            reason: self.terms.reason.clone(),
            request_id: self.terms.request_id(),
            validate_only: self.terms.dry_run,
        };
        tell(&client.withdraw(request).await?, &self.terms, output)
    }
}

impl Revise {
    pub(crate) async fn perform(
        &self,
        client: &Client,
        output: &mut Output,
    ) -> Result<Exit, Failure> {
        let only = self.only.iter().map(|noun| noun.kind.collection.clone());
        let request = ReviseAssessmentRequest {
            name: nouns::whole(&self.name),
            assessment_id: self.id.clone(),
            title: self.title.clone(),
            collections: only.collect(),
            reason: self.terms.reason.clone(),
            request_id: self.terms.request_id(),
            validate_only: self.terms.dry_run,
        };
        tell(&client.revise(request).await?, &self.terms, output)
    }
}

/// Prints how an assessment stands after a change.
pub(crate) fn tell(
    assessment: &Assessment,
    terms: &Terms,
    output: &mut Output,
) -> Result<Exit, Failure> {
    if let Some(kind) = kind::of("Assessment").filter(|_| !assessment.name.is_empty()) {
        writes::tell(kind, &json::encode("Assessment", assessment)?, output)?;
    }
    terms.note(output)?;
    Ok(Exit::Done)
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
