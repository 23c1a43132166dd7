//! `chancery zone` and `chancery simulate`: where parties could agree, and where a collective
//! decision would go.

use std::path::PathBuf;

use chancery::client::Client;
use chancery::model::v1::{
    FindAgreementZoneRequest, FindAgreementZoneResponse, PositionOverride,
    SimulateBargainingRequest, ZoneBounds,
};
use chancery::wire::json;
use clap::{Args, ValueEnum};

use super::drawn::{self, Picture};
use super::tell::{Section, foot, printed, rows};
use super::{Whose, Within, table};
use crate::cells::last;
use crate::failure::{Exit, Failure};
use crate::nouns::within;
use crate::output::{Output, tame};

const ZONES: &[Section] = &[
    Section {
        title: "",
        field: "issues",
        message: "IssueZone",
        columns: &[
            ("ISSUE", "issue"),
            ("ZONE", "state"),
            ("FROM ... TO", "zone"),
            ("STEPS", "stepLabels"),
            ("GAP", "gap"),
            ("BOUND BY", "binding"),
        ],
        none: Some("no party states what it accepts"),
    },
    Section {
        title: "Bounds that open or close it",
        field: "sensitivity",
        message: "BoundShift",
        columns: &[
            ("ISSUE", "issue"),
            ("PARTY", "actor"),
            ("END", "end"),
            ("FROM", "from"),
            ("TO", "to"),
            ("STEP OR OPTION", "label"),
            ("MOVE", "distance"),
            ("OPENS", "opens"),
            ("THE PACKAGE TOO", "turnsPackage"),
        ],
        none: None,
    },
];

/// What supposing something changes.
const DIFFERENCES: Section = Section {
    title: "What it changes",
    field: "outcomes",
    message: "BargainingOutcome",
    columns: &[
        ("ISSUE", "issue"),
        ("MEAN", "meanDifference"),
        ("WEIGHTED MEAN", "weightedMeanDifference"),
        ("MEDIAN", "weightedMedianDifference"),
    ],
    none: None,
};

const OUTCOMES: &[Section] = &[
    Section {
        title: "Model output, no estimate",
        field: "outcomes",
        message: "BargainingOutcome",
        columns: &[
            ("ISSUE", "issue"),
            ("MEAN", "mean"),
            ("MODE", "mode"),
            ("WEIGHTED MEAN", "weightedMean"),
            ("MEDIAN", "weightedMedian"),
            ("LEAST DRAWN", "meanLow"),
            ("MOST DRAWN", "meanHigh"),
        ],
        none: None,
    },
    Section {
        title: "Without what was supposed",
        field: "baseline",
        message: "BargainingOutcome",
        columns: &[
            ("ISSUE", "issue"),
            ("MEAN", "mean"),
            ("MODE", "mode"),
            ("WEIGHTED MEAN", "weightedMean"),
            ("MEDIAN", "weightedMedian"),
            ("LEAST DRAWN", "meanLow"),
            ("MOST DRAWN", "meanHigh"),
        ],
        none: None,
    },
    Section {
        title: "Actors",
        field: "actors",
        message: "BargainingActor",
        columns: &[
            ("ACTOR", "actor"),
            ("INFLUENCE", "influence"),
            ("POSITION", "positions.value"),
            ("FROM", "positions.from"),
            ("FIRST ROUND", "firstProbability"),
            ("ATTITUDE TO RISK", "riskAttitude"),
            ("SHARE", "probability"),
            ("LEAST DRAWN", "probabilityLow"),
            ("MOST DRAWN", "probabilityHigh"),
            ("DIFFERENCE", "probabilityDifference"),
        ],
        none: None,
    },
];

/// Whose word on what is acceptable counts.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Bounds {
    /// What the author estimates
    Positions,
    /// What the party declares
    RedLines,
    /// The stricter of the two
    Both,
}

/// The arguments of `zone`.
#[derive(Debug, Args)]
pub(crate) struct Zone {
    /// The parties
    #[arg(value_name = "PARTY", num_args = 2..)]
    parties: Vec<String>,
    /// Only this issue; repeatable
    #[arg(long = "issue", value_name = "ISSUE")]
    issues: Vec<String>,
    /// Whose word on what is acceptable counts
    #[arg(long, value_enum, default_value = "positions")]
    bounds: Bounds,
    /// Suppose a position: "ACTOR ISSUE min=40 max=60 ideal=50 salience=0.5"; repeatable
    #[arg(long, value_name = "WORDS", value_parser = supposed)]
    suppose: Vec<PositionOverride>,
    /// Also the Nash point and the Pareto frontier (in full with -o json)
    #[arg(long)]
    nash: bool,
    #[command(flatten)]
    picture: Picture,
    #[command(flatten)]
    within: Within,
}

impl Zone {
    pub(crate) async fn perform(
        &self,
        client: &Client,
        output: &mut Output,
    ) -> Result<Exit, Failure> {
        let bounds = match self.bounds {
            Bounds::Positions => ZoneBounds::Positions,
            Bounds::RedLines => ZoneBounds::RedLines,
            Bounds::Both => ZoneBounds::Both,
        };
        let request = FindAgreementZoneRequest {
            scope: self.within.scope(&Whose::default()),
            parties: named("actors", &self.parties),
            issues: named("issues", &self.issues),
            read: self.within.read.options(),
            bounds: bounds.into(),
            overrides: self.suppose.clone(),
            bargaining_solution: self.nash,
        };
        let answer = client.find_agreement_zone(request).await?;
        let read = self.within.read.options();
        drawn::zones(&self.picture, client, &answer, read, output).await?;
        let mut notes = Vec::new();
        if let Some(point) = &answer.nash_point {
            let values = point
                .values
                .iter()
                .map(|at| format!("{} {}", at.issue, at.value));
            let utilities = point.utilities.iter();
            let utilities = utilities.map(|of| format!("{} {:.4}", of.actor, of.utility));
            let (values, utilities): (Vec<_>, Vec<_>) = (values.collect(), utilities.collect());
            notes.push(format!(
                "Nash point: {}; utilities {}",
                values.join(", "),
                utilities.join(", ")
            ));
        }
        if !answer.no_solution_reason.is_empty() {
            notes.push(format!("no Nash point: {}", answer.no_solution_reason));
        }
        let value = json::encode("FindAgreementZoneResponse", &answer)?;
        if !printed(&value, ZONES, output)? {
            for section in ZONES {
                rows(&value, section, output)?;
            }
            conditions(&answer, output)?;
            let package = answer.package_state().as_str_name();
            let package = package.trim_start_matches("ZONE_STATE_").to_lowercase();
            output.line(&format!("all issues together: {package}"))?;
            for (players, what) in [
                (&answer.veto_players, "nothing can be agreed against"),
                (&answer.blockers, "not closed without any one of"),
            ] {
                let players: Vec<&str> = players.iter().map(|name| last(name)).collect();
                if !players.is_empty() {
                    output.line(&format!("{what} {}", tame(&players.join(", "))))?;
                }
            }
            let (stated, all) = (answer.ends_stated, answer.ends);
            output.line(&format!(
                "{stated} of {all} ends of what they accept are stated"
            ))?;
            foot(&value, output)?;
        }
        for note in notes {
            output.note(&note)?;
        }
        Ok(Exit::Done)
    }
}

/// What must hold of the bounds that nobody states, a line each.
fn conditions(answer: &FindAgreementZoneResponse, output: &mut Output) -> Result<(), Failure> {
    for zone in &answer.issues {
        let Some((first, rest)) = zone.conditions.split_first() else {
            continue;
        };
        let issue = last(&zone.issue);
        output.line(&tame(&format!("{issue} is open only if {}", first.text)))?;
        for condition in rest {
            output.line(&format!("  and {}", tame(&condition.text)))?;
        }
        if zone.mutual {
            output.line("  and the bounds that are not stated leave room for each other")?;
        }
        output.line("")?;
    }
    Ok(())
}

/// The arguments of `simulate`.
#[derive(Debug, Args)]
pub(crate) struct Simulate {
    /// The issue that is decided; repeatable. Without it every issue of the table
    #[arg(
        long = "issue",
        value_name = "ISSUE",
        required_unless_present = "table"
    )]
    issues: Vec<String>,
    /// Only these actors; repeatable
    #[arg(long = "actor", value_name = "ACTOR")]
    actors: Vec<String>,
    /// Suppose a position: "ACTOR ISSUE ideal=50 salience=0.5 influence=0.3"; repeatable
    #[arg(long, value_name = "WORDS", value_parser = supposed)]
    suppose: Vec<PositionOverride>,
    /// Suppose every row of a table: a header of actor, issue, ideal, salience, influence, then a
    /// line for each actor and issue. Its actors take part unless --actor names others
    #[arg(long, value_name = "FILE")]
    table: Option<PathBuf>,
    /// How often the inputs are drawn from their stated intervals
    #[arg(
        long,
        value_name = "N",
        default_value_t = 100,
        allow_negative_numbers = true
    )]
    draws: i32,
    /// The seed of the draws
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: i64,
    #[command(flatten)]
    picture: Picture,
    #[command(flatten)]
    within: Within,
}

impl Simulate {
    pub(crate) async fn perform(
        &self,
        client: &Client,
        output: &mut Output,
    ) -> Result<Exit, Failure> {
        let (mut actors, mut issues) =
            (named("actors", &self.actors), named("issues", &self.issues));
        let mut overrides = match &self.table {
            Some(file) => table::read(file, &mut actors, &mut issues)?,
            None => Vec::new(),
        };
        overrides.extend(self.suppose.iter().cloned());
        let request = SimulateBargainingRequest {
            scope: self.within.scope(&Whose::default()),
            actors,
            issues,
            read: self.within.read.options(),
            overrides,
            draws: self.draws,
            seed: self.seed,
            show_pairs: output.speaks_values(),
        };
        let answer = client.simulate_bargaining(request).await?;
        let read = self.within.read.options();
        drawn::decision(&self.picture, client, &answer, read, output).await?;
        let value = json::encode("SimulateBargainingResponse", &answer)?;
        if printed(&value, OUTCOMES, output)? {
            return Ok(Exit::Done);
        }
        for section in OUTCOMES {
            rows(&value, section, output)?;
            if section.field == "baseline" && !answer.baseline.is_empty() {
                rows(&value, &DIFFERENCES, output)?;
            }
        }
        foot(&value, output)?;
        Ok(Exit::Done)
    }
}

fn named(collection: &str, names: &[String]) -> Vec<String> {
    names.iter().map(|name| within(collection, name)).collect()
}

/// Reads `ACTOR ISSUE key=number ...`.
fn supposed(text: &str) -> Result<PositionOverride, String> {
    let mut words = text.split_whitespace();
    let mut found = PositionOverride {
        actor: within("actors", words.next().unwrap_or_default()),
        ..PositionOverride::default()
    };
    for word in words {
        let Some((key, number)) = word.split_once('=') else {
            found.issue = within("issues", word);
            continue;
        };
        table::put(&mut found, key, number)?;
    }
    Ok(found)
}
