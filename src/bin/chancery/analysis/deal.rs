//! `chancery check-proposal`: the terms of a proposal, from flags or a file, and the verdicts.

use std::path::PathBuf;

use chancery::client::{Client, Get};
use chancery::model::v1::issue::Scale;
use chancery::model::v1::proposal_term::Place;
use chancery::model::v1::{CheckProposalRequest, Issue, ProposalTerm, TermEffect};
use chancery::wire::json;
use clap::Args;

use super::tell::{Section, tell};
use super::{Whose, Within};
use crate::failure::{Exit, Failure};
use crate::nouns::within;
use crate::output::Output;
use crate::yaml;

const SECTIONS: &[Section] = &[
    Section {
        title: "",
        field: "counts",
        message: "VerdictCount",
        columns: &[("VERDICT", "verdict"), ("LINES", "count")],
        none: Some("no red line is in scope"),
    },
    Section {
        title: "Line by line",
        field: "lines",
        message: "LineVerdict",
        columns: &[
            ("RED LINE", "redLine"),
            ("ACTOR", "actor"),
            ("VERDICT", "verdict"),
            ("WHY", "reason"),
            ("MARGIN", "margin"),
            ("FIRMNESS", "declaredFirmness"),
            ("NEGOTIABILITY", "assessedNegotiability"),
            ("QUOTE", "citation.quote"),
            ("SAID IN", "citation.document"),
        ],
        none: None,
    },
    Section {
        title: "The nearest change",
        field: "changes",
        message: "TermChange",
        columns: &[
            ("ISSUE", "issue"),
            ("CHANGE", "kind"),
            ("TO", "step"),
            ("VALUE", "amount"),
            ("EFFECT", "effect"),
            ("DISTANCE", "distance"),
            ("RESPECTS", "respects"),
            ("IN THE WAY", "blockedBy"),
            ("UNDECIDED", "undecided"),
            ("WHY", "reason"),
        ],
        none: None,
    },
    Section {
        title: "Assessments disagree",
        field: "disagreements",
        message: "VerdictDisagreement",
        columns: &[
            ("ACTOR", "actor"),
            ("ISSUE", "issue"),
            ("RED LINES", "redLines"),
            ("VERDICTS", "verdicts"),
        ],
        none: None,
    },
];

/// The arguments of `check-proposal`.
#[derive(Debug, Args)]
pub(crate) struct CheckProposal {
    /// A term that brings about what the issue names; repeatable
    #[arg(long, value_name = "ISSUE")]
    does: Vec<String>,
    /// A term that rules it out; repeatable
    #[arg(long = "rules-out", value_name = "ISSUE")]
    rules_out: Vec<String>,
    /// A term at a place on the issue's scale: a number, the label of a step, or an option;
    /// repeatable
    #[arg(long = "set", value_name = "ISSUE=PLACE")]
    set: Vec<String>,
    /// Terms and all else as a CheckProposalRequest in YAML or JSON; - reads stdin. Flags add to it
    #[arg(short, long, value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    whose: Whose,
    #[command(flatten)]
    within: Within,
}

impl CheckProposal {
    pub(crate) async fn perform(
        &self,
        client: &Client,
        output: &mut Output,
    ) -> Result<Exit, Failure> {
        let mut request = self.written()?;
        for term in &self.set {
            request.terms.push(self.placed(client, term).await?);
        }
        let effects = [
            (&self.does, TermEffect::BringsAbout),
            (&self.rules_out, TermEffect::RulesOut),
        ];
        for (issues, effect) in effects {
            request
                .terms
                .extend(issues.iter().map(|issue| ProposalTerm {
                    issue: within("issues", issue),
                    effect: effect.into(),
                    ..ProposalTerm::default()
                }));
        }
        request.scope = request.scope.or_else(|| self.within.scope(&self.whose));
        request.read = request.read.or_else(|| self.within.read.options());
        let answer = client.check_proposal(request).await?;
        tell("CheckProposalResponse", &answer, SECTIONS, output)
    }

    /// What the file says.
    fn written(&self) -> Result<CheckProposalRequest, Failure> {
        let Some(file) = &self.file else {
            return Ok(CheckProposalRequest::default());
        };
        let text = yaml::read(file)?;
        let value = yaml::parse(&text)?.into_iter().next().unwrap_or_default();
        Ok(json::decode("CheckProposalRequest", value)?)
    }

    /// `issue=place`; what kind of place it is follows from the issue's scale.
    async fn placed(&self, client: &Client, text: &str) -> Result<ProposalTerm, Failure> {
        let (issue, place) = text.split_once('=').unwrap_or((text, ""));
        let name = within("issues", issue.trim());
        let place = place.trim();
        let get = Get {
            name: name.clone(),
            read: self.within.read.options(),
            ..Get::default()
        };
        let issue = client.get::<Issue>(get).await?.value;
        let place = match (issue.scale, place.parse::<f64>()) {
            (Some(Scale::Options(_)), _) => Place::Option(place.to_owned()),
            (_, Ok(number)) => Place::Amount(number),
            (_, Err(_)) => Place::Step(place.to_owned()),
        };
        Ok(ProposalTerm {
            issue: name,
            place: Some(place),
            ..ProposalTerm::default()
        })
    }
}
