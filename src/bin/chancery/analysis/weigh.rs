//! `chancery rank-tools`, `matrix`, `likelihood`: tools ranked, risks mapped, words read.

use std::path::{Path, PathBuf};

use chancery::client::Client;
use chancery::model::v1::interpret_likelihood_request::Given;
use chancery::model::v1::{
    ImpactDimension, InterpretLikelihoodRequest, LikelihoodScheme, MatrixDefinition,
    RankToolsRequest, RiskMatrixRequest, RiskMatrixResponse,
};
use chancery::wire::json;
use clap::{Args, ValueEnum};

use super::drawn::{self, Picture};
use super::tell::{Section, foot, printed, rows};
use super::{Whose, Within};
use crate::cells::last;
use crate::failure::{Exit, Failure};
use crate::layout::grid;
use crate::nouns::{whole, within};
use crate::output::{Output, tame};
use crate::yaml;

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
            ("MAY CROSS A TARGET", "crossesTargets"),
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
            ("MAY CROSS A TARGET", "crossesTargets"),
            ("RECOMMENDED BY", "recommendations"),
        ],
        none: None,
    },
];

const MOVED: &[Section] = &[Section {
    title: "Moved since",
    field: "movements",
    message: "RiskMovement",
    columns: &[
        ("RISK", "risk"),
        ("IT", "kind"),
        ("BEFORE", "before"),
        ("NOW", "after"),
    ],
    none: None,
}];

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
        let value = json::encode("RankToolsResponse", &answer)?;
        if printed(&value, RANKED, output)? {
            return Ok(Exit::Done);
        }
        // What nothing addresses comes before what addresses the rest best.
        if !gaps.is_empty() {
            output.line(&format!("no tool addresses {}", tame(&gaps)))?;
        }
        for section in RANKED {
            rows(&value, section, output)?;
        }
        if let Some(share) = stability {
            output.line(&format!(
                "the leader stays first under {share} of the drawn weights"
            ))?;
        }
        foot(&value, output)?;
        Ok(Exit::Done)
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
    /// Only impacts of this dimension: economic, humanitarian, military ...
    #[arg(long, value_name = "WORD", value_parser = dimension)]
    dimension: Option<ImpactDimension>,
    /// A matrix of your own, as YAML or JSON: name, rows (label, from), columns, cells, ratings
    #[arg(long = "matrix", value_name = "FILE")]
    own: Option<PathBuf>,
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
            dimension: self.dimension.unwrap_or_default().into(),
            matrix: self.own.as_deref().map(definition).transpose()?,
            compare_revision: self.since,
        };
        let answer = client.risk_matrix(request).await?;
        let perspective = within("actors", &self.perspective);
        drawn::risks(&self.picture, &perspective, &answer, output)?;
        let value = json::encode("RiskMatrixResponse", &answer)?;
        if printed(&value, &[], output)? {
            return Ok(Exit::Done);
        }
        let headers = ["RISK", "LIKELIHOOD", "IMPACT", "RATING"];
        output.grid(&grid(&headers, &placed(&answer), output.layout()))?;
        output.line("")?;
        let counts = answer.roll_up.iter().filter(|count| count.count > 0);
        let counts: Vec<String> = counts
            .map(|count| format!("{} {}", count.count, count.rating))
            .collect();
        if !counts.is_empty() {
            output.line(&tame(&counts.join(", ")))?;
            output.line("")?;
        }
        if answer.without_rating > 0 {
            let many = answer.without_rating;
            output.line(&format!(
                "{many} without a rating: likelihood or impact not stated"
            ))?;
        }
        for section in MOVED {
            rows(&value, section, output)?;
        }
        let others: Vec<&str> = answer
            .borne_by_others
            .iter()
            .map(|name| last(name))
            .collect();
        if !others.is_empty() {
            output.line(&tame(&format!("borne by others: {}", others.join(", "))))?;
        }
        foot(&value, output)?;
        Ok(Exit::Done)
    }
}

/// Reads a dimension of impact.
fn dimension(text: &str) -> Result<ImpactDimension, String> {
    let coded = text.to_uppercase().replace(['-', ' '], "_");
    let found = ImpactDimension::from_str_name(&format!("IMPACT_DIMENSION_{coded}"));
    found.ok_or_else(|| format!("\"{text}\" is no dimension of impact"))
}

/// Reads a matrix from a file.
fn definition(file: &Path) -> Result<MatrixDefinition, Failure> {
    let text = yaml::read(file)?;
    let mut found = yaml::parse(&text)?.into_iter();
    let (Some(one), None) = (found.next(), found.next()) else {
        let sentence = format!("\"{}\" does not hold one matrix", file.display());
        return Err(Failure::Here(sentence));
    };
    Ok(json::decode("MatrixDefinition", one)?)
}

/// A row for each risk, in the order of the matrix; one that touches several rows has them all.
fn placed(answer: &RiskMatrixResponse) -> Vec<Vec<String>> {
    let label = |labels: &[String], at: i32| {
        let found = usize::try_from(at).ok().and_then(|at| labels.get(at));
        found.cloned().unwrap_or_default()
    };
    // Risks of two assessments may have one id.
    let mut risks: Vec<(&str, Vec<String>)> = Vec::new();
    for cell in &answer.cells {
        let (row, column) = (
            label(&answer.rows, cell.row),
            label(&answer.columns, cell.column),
        );
        let rating = match cell.rating.as_str() {
            "" => "none",
            rating => rating,
        };
        for member in &cell.members {
            let name = member.risk.as_str();
            let known = risks.iter_mut().find(|(known, _)| *known == name);
            match known.map(|(_, told)| told.as_mut_slice()) {
                Some([_, likelihood, _, ratings]) => {
                    likelihood.push_str(&format!(" or {row}"));
                    ratings.push_str(&format!(" or {rating}"));
                }
                Some(_) | None => risks.push((
                    name,
                    vec![
                        last(name).to_owned(),
                        row.clone(),
                        column.clone(),
                        rating.to_owned(),
                    ],
                )),
            }
        }
    }
    risks.into_iter().map(|(_, told)| told).collect()
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
