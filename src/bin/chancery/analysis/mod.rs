//! Questions over the record: `check-proposal`, `zone`, `simulate`, `rank-tools`, `matrix`,
//! `likelihood`, `lint`, `ladder`, `trace`, `contradictions`, `lines`, `matrix-of-positions`, each
//! with its arguments and how its answer is told.
//!
//! `deal`    a proposal, and what it is held against     `record` what the record says of itself
//! `bargain` zone and simulation                         `weigh`  tools, risks, words
//! `actors`  actors across assessments                   `tell`   answers as tables, and their foot
//! `drawn`   answers as pictures, in the terminal and as SVG    `table`  positions from a table

mod actors;
mod bargain;
mod deal;
mod drawn;
mod record;
mod table;
mod tell;
mod weigh;

use chancery::client::Client;
use chancery::model::v1::AnalysisScope;
use clap::{Args, Subcommand};

use crate::failure::{Exit, Failure};
use crate::moments::ReadAt;
use crate::nouns::{whole, within};
use crate::output::Output;

/// A question.
#[derive(Debug, Subcommand)]
pub(crate) enum Question {
    /// Check the terms of a proposal against red lines
    CheckProposal(deal::CheckProposal),
    /// Find where parties could agree
    Zone(bargain::Zone),
    /// Simulate a collective decision: a model's output, no estimate
    Simulate(bargain::Simulate),
    /// Rank tools against risks, red lines and challenges
    RankTools(weigh::RankTools),
    /// Map risks by likelihood and impact
    Matrix(weigh::Matrix),
    /// Read a word of estimation as numbers, or a number as a word
    Likelihood(weigh::Likelihood),
    /// Find breaches of the craft in an assessment
    Lint(record::Lint),
    /// Show commitments as a ladder: kept, unlocked, snapped back
    Ladder(record::Ladder),
    /// Show what a resource rests on and what rests on it
    Trace(record::Trace),
    /// Find elements that cannot both be right
    Contradictions(record::Contradictions),
    /// Show the red lines of one actor across assessments
    Lines(actors::Lines),
    /// Show where every actor stands on every issue, with the holes
    MatrixOfPositions(actors::MatrixOfPositions),
}

impl Question {
    pub(crate) async fn perform(
        &self,
        client: &Client,
        output: &mut Output,
    ) -> Result<Exit, Failure> {
        match self {
            Self::CheckProposal(ask) => ask.perform(client, output).await,
            Self::Zone(ask) => ask.perform(client, output).await,
            Self::Simulate(ask) => ask.perform(client, output).await,
            Self::RankTools(ask) => ask.perform(client, output).await,
            Self::Matrix(ask) => ask.perform(client, output).await,
            Self::Likelihood(ask) => ask.perform(client, output).await,
            Self::Lint(ask) => ask.perform(client, output).await,
            Self::Ladder(ask) => ask.perform(client, output).await,
            Self::Trace(ask) => ask.perform(client, output).await,
            Self::Contradictions(ask) => ask.perform(client, output).await,
            Self::Lines(ask) => ask.perform(client, output).await,
            Self::MatrixOfPositions(ask) => ask.perform(client, output).await,
        }
    }
}

/// Where a question looks.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Within {
    /// Look into this assessment, in any state, instead of everything published; repeatable
    #[arg(long = "assessment", value_name = "NAME")]
    assessments: Vec<String>,
    /// Look also at what authors report and reject
    #[arg(long)]
    rejected: bool,
    #[command(flatten)]
    pub(crate) read: ReadAt,
}

/// Whose elements, and on what, a question looks at.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Whose {
    /// Look only at this actor's; repeatable
    #[arg(long = "actor", value_name = "ACTOR")]
    actors: Vec<String>,
    /// Look only at this issue; repeatable
    #[arg(long = "issue", value_name = "ISSUE")]
    issues: Vec<String>,
}

impl Within {
    pub(crate) fn scope(&self, whose: &Whose) -> Option<AnalysisScope> {
        let each = |collection: &str, names: &[String]| -> Vec<String> {
            names.iter().map(|name| within(collection, name)).collect()
        };
        Some(AnalysisScope {
            assessments: self.assessments.iter().map(|name| whole(name)).collect(),
            actors: each("actors", &whose.actors),
            issues: each("issues", &whose.issues),
            show_rejected: self.rejected,
            ..AnalysisScope::default()
        })
    }
}
