//! `chancery rank-tools`, `matrix`, `likelihood`: tools ranked, risks mapped, words read.

use std::collections::BTreeMap;

use chancery::client::Client;
use chancery::model::v1::interpret_likelihood_request::Given;
use chancery::model::v1::{
    InterpretLikelihoodRequest, LikelihoodScheme, RankToolsRequest, RiskMatrixRequest,
    RiskMatrixResponse,
};
use chancery::wire::json;
use clap::{Args, ValueEnum};

use super::drawn::{self, Picture};
use super::tell::{Section, foot, printed, tell};
use super::{Whose, Within};
use crate::cells::last;
use crate::failure::{Exit, Failure};
use crate::layout::grid;
use crate::nouns::{whole, within};
use crate::output::{Output, tame};

const RANKED: &[Section] = &[
    Section {
        title: "Coverage",
        field: "coverage",
        message: "ToolCoverage",
        columns: &[
            ("TOOL", "tool"),
            ("TITLE", "title"),
            ("ADDRESSES", "addresses"),
        ],
        none: Some("no tool is in scope"),
    },
    Section {
        title: "Ranked",
        field: "ranked",
        message: "RankedTool",
        columns: &[
            ("TOOL", "tool"),
            ("RANK", "rank"),
            ("SCORE", "score"),
            ("UNMET", "unmetPreconditions"),
            ("SIDE EFFECTS", "sideEffects"),
            ("MAY CROSS", "mayCross"),
            ("RECOMMENDED BY", "recommendations"),
        ],
        none: None,
    },
    Section {
        title: "Without the ratings that are weighted, unranked",
        field: "unranked",
        message: "RankedTool",
        columns: &[
            ("TOOL", "tool"),
            ("NOT RATED BY", "notRated"),
            ("UNMET", "unmetPreconditions"),
            ("MAY CROSS", "mayCross"),
            ("RECOMMENDED BY", "recommendations"),
        ],
        none: None,
    },
];

const READ: &[(&str, &str)] = &[
    ("term", "term"),
    ("also", "synonyms"),
    ("from", "low"),
    ("to", "high"),
    ("tied with", "tiedWith"),
    ("above", "aboveTerm"),
    ("below", "belowTerm"),
    ("why", "reason"),
];

/// The arguments of `rank-tools`.
#[derive(Debug, Args)]
pub(crate) struct RankTools {
    /// The risks, red lines and challenges to address
    #[arg(value_name = "TARGET", required = true)]
    targets: Vec<String>,
    /// Weigh a criterion; repeatable. Without it all count alike
    #[arg(long = "weight", value_name = "CRITERION=NUMBER", value_parser = weight)]
    weights: Vec<(String, f64)>,
    /// A precondition that is met, word for word; repeatable
    #[arg(long = "met", value_name = "WORDS")]
    met: Vec<String>,
    #[command(flatten)]
    whose: Whose,
    #[command(flatten)]
    within: Within,
}

impl RankTools {
    pub(crate) async fn perform(
        &self,
        client: &Client,
        output: &mut Output,
    ) -> Result<Exit, Failure> {
        let request = RankToolsRequest {
            scope: self.within.scope(&self.whose),
            targets: self.targets.iter().map(|target| whole(target)).collect(),
            weights: self.weights.iter().cloned().collect(),
            read: self.within.read.options(),
            preconditions_met: self.met.clone(),
            draws: 0,
            seed: 1,
        };
        let answer = client.rank_tools(request).await?;
        let uncovered: Vec<&str> = answer.uncovered.iter().map(|name| last(name)).collect();
        let gaps = uncovered.join(", ");
        let stability = answer.stability;
        let exit = tell("RankToolsResponse", &answer, RANKED, output)?;
        if !gaps.is_empty() {
            output.note(&format!("no tool addresses {}", tame(&gaps)))?;
        }
        if let Some(share) = stability {
            output.note(&format!(
                "the leader stays first under {share} of the drawn weights"
            ))?;
        }
        Ok(exit)
    }
}

fn weight(text: &str) -> Result<(String, f64), String> {
    let (criterion, number) = text
        .rsplit_once('=')
        .ok_or_else(|| format!("\"{text}\" is not CRITERION=NUMBER"))?;
    let number = number
        .parse()
        .map_err(|error| format!("\"{number}\": {error}"))?;
    Ok((criterion.to_owned(), number))
}

/// The arguments of `matrix`.
#[derive(Debug, Args)]
pub(crate) struct Matrix {
    /// Whose risks; - maps all together
    #[arg(long, value_name = "ACTOR", allow_hyphen_values = true)]
    perspective: String,
    /// Show how risks moved since this revision
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    since: i64,
    #[command(flatten)]
    picture: Picture,
    #[command(flatten)]
    within: Within,
}

impl Matrix {
    pub(crate) async fn perform(
        &self,
        client: &Client,
        output: &mut Output,
    ) -> Result<Exit, Failure> {
        let request = RiskMatrixRequest {
            scope: self.within.scope(&Whose::default()),
            perspective: within("actors", &self.perspective),
            read: self.within.read.options(),
            compare_revision: self.since,
            ..RiskMatrixRequest::default()
        };
        let answer = client.risk_matrix(request).await?;
        let perspective = within("actors", &self.perspective);
        drawn::risks(&self.picture, &perspective, &answer, output)?;
        let value = json::encode("RiskMatrixResponse", &answer)?;
        if printed(&value, &[], output)? {
            return Ok(Exit::Done);
        }
        let headers = answer.columns.iter().map(String::as_str);
        let headers: Vec<&str> = std::iter::once("LIKELIHOOD \\ IMPACT")
            .chain(headers)
            .collect();
        output.grid(&grid(&headers, &charted(&answer), output.layout()))?;
        output.line("")?;
        for count in &answer.roll_up {
            output.line(&format!("{} {}", count.count, count.rating))?;
        }
        if answer.without_rating > 0 {
            let many = answer.without_rating;
            output.line(&format!(
                "{many} without a rating: likelihood or impact not stated"
            ))?;
        }
        for one in &answer.movements {
            let (before, after) = (one.before.join(", "), one.after.join(", "));
            output.line(&tame(&format!("{}: {before} -> {after}", last(&one.risk))))?;
        }
        foot(&value, output)?;
        Ok(Exit::Done)
    }
}

/// A row for each likelihood, a cell for each impact: the rating, then the risks.
fn charted(answer: &RiskMatrixResponse) -> Vec<Vec<String>> {
    let mut cells: BTreeMap<(i32, i32), String> = BTreeMap::new();
    for cell in &answer.cells {
        let members = cell.members.iter().map(|member| {
            let more = if member.straddles { "~" } else { "" };
            format!("{}{more}", last(&member.risk))
        });
        let members: Vec<String> = members.collect();
        let rating = format!(
            "[{}]",
            if cell.rating.is_empty() {
                "-"
            } else {
                &cell.rating
            }
        );
        let text = tame(&format!("{rating} {}", members.join(", ")));
        cells.insert((cell.row, cell.column), text);
    }
    let rows = (0..).zip(&answer.rows).map(|(row, label)| {
        let each = (0..)
            .zip(&answer.columns)
            .map(|(column, _)| cells.get(&(row, column)).cloned().unwrap_or_default());
        std::iter::once(label.clone()).chain(each).collect()
    });
    rows.collect()
}

/// A published yardstick.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Scheme {
    /// Intelligence Community Directive 203 (United States)
    Icd203,
    /// The PHIA probability yardstick (United Kingdom)
    Phia,
}

/// The arguments of `likelihood`.
#[derive(Debug, Args)]
pub(crate) struct Likelihood {
    /// A word of estimation, or a probability of 0 to 1
    #[arg(value_name = "TERM|NUMBER")]
    given: String,
    /// The yardstick
    #[arg(long, value_enum, default_value = "icd203")]
    scheme: Scheme,
}

impl Likelihood {
    pub(crate) async fn perform(
        &self,
        client: &Client,
        output: &mut Output,
    ) -> Result<Exit, Failure> {
        let scheme = match self.scheme {
            Scheme::Icd203 => LikelihoodScheme::Icd203,
            Scheme::Phia => LikelihoodScheme::Phia,
        };
        let given = match self.given.parse::<f64>() {
            Ok(number) => Given::Probability(number),
            Err(_words) => Given::Term(self.given.clone()),
        };
        let request = InterpretLikelihoodRequest {
            scheme: scheme.into(),
            given: Some(given),
        };
        let answer = client.interpret_likelihood(request).await?;
        let value = json::encode("InterpretLikelihoodResponse", &answer)?;
        if printed(&value, &[], output)? {
            return Ok(Exit::Done);
        }
        let message = crate::cells::message("InterpretLikelihoodResponse");
        let detail = crate::cells::Detail::Whole;
        let facts = READ.iter().filter_map(|(label, path)| {
            let words = crate::cells::at(message.as_ref()?, &value, path, detail)?;
            Some((*label, tame(&words)))
        });
        let facts: Vec<(&str, String)> = facts.collect();
        for line in crate::layout::facts(&facts, output.layout()) {
            output.line(&line)?;
        }
        Ok(Exit::Done)
    }
}
