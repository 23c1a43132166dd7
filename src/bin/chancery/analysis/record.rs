//! `chancery lint`, `ladder`, `trace`, `contradictions`: what the record says of itself.

use chancery::client::Client;
use chancery::model::v1::{
    FindContradictionsRequest, GetCommitmentLadderRequest, LintAssessmentRequest, TraceDirection,
    TraceRequest,
};
use clap::Args;
use prost_types::Timestamp;

use super::tell::{Section, tell};
use super::{Whose, Within};
use crate::failure::{Exit, Failure};
use crate::moments::{ReadAt, moment};
use crate::nouns::whole;
use crate::output::Output;

const FINDINGS: &[Section] = &[Section {
    title: "",
    field: "findings",
    message: "LintFinding",
    columns: &[
        ("RULE", "rule"),
        ("ELEMENT", "name"),
        ("FIELD", "field"),
        ("WHAT", "description"),
        ("QUOTE", "quote"),
    ],
    none: Some("no breach of the craft was found"),
}];

const RUNGS: &[Section] = &[
    Section {
        title: "",
        field: "steps",
        message: "LadderStep",
        columns: &[
            ("COMMITMENT", "commitment"),
            ("RUNG", "rung"),
            ("PARTY", "party"),
            ("VERIFIER", "verifier"),
            ("LEVEL", "pamLevel"),
            ("COMPLIANCE", "compliance"),
            ("WHY", "complianceReason"),
            ("MET", "conditionsMet"),
            ("MISSING", "conditionsMissing"),
            ("UNLOCKS", "unlocks"),
            ("UNLOCKED", "unlocked"),
        ],
        none: Some("no commitment is in scope"),
    },
    Section {
        title: "Snap-back",
        field: "steps",
        message: "LadderStep",
        columns: &[
            ("COMMITMENT", "commitment"),
            ("SNAP-BACK", "snapBack.status"),
            ("WHO DECIDES", "snapBack.decider"),
            ("CURE UNTIL", "snapBack.graceEnd"),
            ("BRINGS BACK", "snapBack.restores"),
            ("WHY", "snapBack.reason"),
        ],
        none: None,
    },
    Section {
        title: "Implementation, by theme",
        field: "themes",
        message: "ThemeImplementation",
        columns: &[
            ("THEME", "theme"),
            ("COMMITMENTS", "commitments"),
            ("RATED", "rated"),
            ("IMPLEMENTED", "implementation"),
        ],
        none: None,
    },
    Section {
        title: "Commitments that require each other",
        field: "cycles",
        message: "RequirementCycle",
        columns: &[("COMMITMENTS", "commitments")],
        none: None,
    },
];

const STEPS: &[Section] = &[
    Section {
        title: "",
        field: "nodes",
        message: "TraceNode",
        columns: &[
            ("RESOURCE", "name"),
            ("DISTANCE", "distance"),
            ("TITLE", "title"),
            ("QUOTE", "quote"),
            ("MISSING", "missing"),
        ],
        none: None,
    },
    Section {
        title: "What rests on what",
        field: "links",
        message: "TraceLink",
        columns: &[("THIS", "from"), ("BY", "field"), ("RESTS ON", "to")],
        none: Some("it rests on nothing, and nothing rests on it"),
    },
    Section {
        title: "Resources that rest on each other",
        field: "cycles",
        message: "TraceCycle",
        columns: &[("RESOURCES", "names")],
        none: None,
    },
];

const PAIRS: &[Section] = &[Section {
    title: "",
    field: "contradictions",
    message: "Contradiction",
    columns: &[
        ("KIND", "kind"),
        ("ONE", "first.name"),
        ("SAYS", "first.text"),
        ("IN THE WORDS OF", "first.citation.quote"),
        ("THE OTHER", "second.name"),
        ("SAYS", "second.text"),
        ("IN THE WORDS OF", "second.citation.quote"),
        ("WHILE", "overlap"),
        ("WHY", "reason"),
    ],
    none: Some("no contradiction was found"),
}];

/// The arguments of `lint`.
#[derive(Debug, Args)]
pub(crate) struct Lint {
    /// The assessment
    #[arg(value_name = "ASSESSMENT")]
    name: String,
    /// Judge validity by this day instead of now
    #[arg(long, value_name = "TIME", value_parser = moment)]
    on: Option<Timestamp>,
    #[command(flatten)]
    read: ReadAt,
}

impl Lint {
    pub(crate) async fn perform(
        &self,
        client: &Client,
        output: &mut Output,
    ) -> Result<Exit, Failure> {
        let request = LintAssessmentRequest {
            name: whole(&self.name),
            read: self.read.options(),
            as_of: self.on,
        };
        let answer = client.lint_assessment(request).await?;
        tell("LintAssessmentResponse", &answer, FINDINGS, output)
    }
}

/// The arguments of `ladder`.
#[derive(Debug, Args)]
pub(crate) struct Ladder {
    /// Show only commitments of this theme
    #[arg(long, value_name = "THEME", default_value = "")]
    theme: String,
    /// See the ladder from this day instead of now
    #[arg(long, value_name = "TIME", value_parser = moment)]
    on: Option<Timestamp>,
    #[command(flatten)]
    whose: Whose,
    #[command(flatten)]
    within: Within,
}

impl Ladder {
    pub(crate) async fn perform(
        &self,
        client: &Client,
        output: &mut Output,
    ) -> Result<Exit, Failure> {
        let request = GetCommitmentLadderRequest {
            scope: self.within.scope(&self.whose),
            theme: self.theme.clone(),
            read: self.within.read.options(),
            as_of: self.on,
        };
        let answer = client.get_commitment_ladder(request).await?;
        tell("GetCommitmentLadderResponse", &answer, RUNGS, output)
    }
}

/// The arguments of `trace`.
#[derive(Debug, Args)]
pub(crate) struct Trace {
    /// The resource
    #[arg(value_name = "NAME")]
    name: String,
    /// Follow so many links
    #[arg(
        long,
        value_name = "LINKS",
        default_value_t = 0,
        hide_default_value = true,
        allow_negative_numbers = true
    )]
    depth: i32,
    /// Only what it rests on
    #[arg(long, conflicts_with = "consequences")]
    foundations: bool,
    /// Only what rests on it
    #[arg(long)]
    consequences: bool,
    #[command(flatten)]
    read: ReadAt,
}

impl Trace {
    pub(crate) async fn perform(
        &self,
        client: &Client,
        output: &mut Output,
    ) -> Result<Exit, Failure> {
        let direction = match (self.foundations, self.consequences) {
            (true, _) => TraceDirection::Foundations,
            (_, true) => TraceDirection::Consequences,
            (false, false) => TraceDirection::Unspecified,
        };
        let request = TraceRequest {
            name: whole(&self.name),
            read: self.read.options(),
            direction: direction.into(),
            depth: self.depth,
        };
        let answer = client.trace(request).await?;
        let truncated = answer.truncated;
        let exit = tell("TraceResponse", &answer, STEPS, output)?;
        if truncated {
            output.note("there is more beyond these links; --depth goes further")?;
        }
        Ok(exit)
    }
}

/// The arguments of `contradictions`.
#[derive(Debug, Args)]
pub(crate) struct Contradictions {
    #[command(flatten)]
    whose: Whose,
    #[command(flatten)]
    within: Within,
}

impl Contradictions {
    pub(crate) async fn perform(
        &self,
        client: &Client,
        output: &mut Output,
    ) -> Result<Exit, Failure> {
        let request = FindContradictionsRequest {
            scope: self.within.scope(&self.whose),
            kinds: Vec::new(),
            read: self.within.read.options(),
        };
        let answer = client.find_contradictions(request).await?;
        tell("FindContradictionsResponse", &answer, PAIRS, output)
    }
}
