//! `chancery lines ACTOR` and `chancery matrix-of-positions`: actors across assessments.

use chancery::client::Client;
use chancery::model::v1::{
    Bound, ConsolidateRedLinesRequest, Coverage, GetPositionMatrixRequest, PositionCell,
};
use chancery::wire::json;
use clap::Args;

use super::tell::{Section, foot, printed, tell};
use super::{Whose, Within};
use crate::cells::last;
use crate::failure::{Exit, Failure};
use crate::layout::grid;
use crate::list::silence;
use crate::nouns::within;
use crate::output::{Output, tame};

const GROUPS: &[Section] = &[Section {
    title: "",
    field: "groups",
    message: "LineGroup",
    columns: &[
        ("ISSUE", "issue"),
        ("POSTURE", "posture"),
        ("LINES", "variants.redLine"),
        ("STANCE", "variants.stance"),
        ("FIRMNESS", "variants.declaredFirmness"),
        ("SINCE", "since"),
        ("INDEPENDENT SOURCES", "independentSources"),
        ("CONFLICTS WITH", "conflicts"),
    ],
    none: None,
}];

/// The arguments of `lines`.
#[derive(Debug, Args)]
pub(crate) struct Lines {
    /// The actor
    #[arg(value_name = "ACTOR")]
    actor: String,
    /// Only its lines on this issue
    #[arg(long, value_name = "ISSUE")]
    issue: Option<String>,
    #[command(flatten)]
    within: Within,
}

impl Lines {
    pub(crate) async fn perform(
        &self,
        client: &Client,
        output: &mut Output,
    ) -> Result<Exit, Failure> {
        let issue = self.issue.as_deref().unwrap_or_default();
        let request = ConsolidateRedLinesRequest {
            actor: within("actors", &self.actor),
            issue: within("issues", issue),
            scope: self.within.scope(&Whose::default()),
            read: self.within.read.options(),
        };
        let answer = client.consolidate_red_lines(request).await?;
        let coverage = answer.coverage();
        let exit = tell("ConsolidateRedLinesResponse", &answer, GROUPS, output)?;
        if let Some(silence) = silence(coverage) {
            output.note(&format!("no line: {silence}"))?;
        }
        Ok(exit)
    }
}

/// The arguments of `matrix-of-positions`.
#[derive(Debug, Args)]
pub(crate) struct MatrixOfPositions {
    #[command(flatten)]
    whose: Whose,
    #[command(flatten)]
    within: Within,
}

impl MatrixOfPositions {
    pub(crate) async fn perform(
        &self,
        client: &Client,
        output: &mut Output,
    ) -> Result<Exit, Failure> {
        let request = GetPositionMatrixRequest {
            scope: self.within.scope(&self.whose),
            read: self.within.read.options(),
        };
        let answer = client.get_position_matrix(request).await?;
        let value = json::encode("GetPositionMatrixResponse", &answer)?;
        if printed(&value, &[], output)? {
            return Ok(Exit::Done);
        }
        let issues = answer.issues.iter().map(|issue| last(issue));
        let headers: Vec<&str> = std::iter::once("ACTOR").chain(issues).collect();
        let rows = answer.cells.chunks(answer.issues.len().max(1));
        let rows = answer.actors.iter().zip(rows).map(|(actor, cells)| {
            let cells = cells.iter().map(words);
            std::iter::once(last(actor).to_owned())
                .chain(cells)
                .collect()
        });
        let rows: Vec<Vec<String>> = rows.collect();
        if answer.cells.is_empty()
            && let Some(silence) = silence(Coverage::NotCovered)
        {
            output.note(&format!("no cell: {silence}"))?;
        }
        output.grid(&grid(&headers, &rows, output.layout()))?;
        let (stated, all) = (answer.stated, answer.cells.len());
        output.line("")?;
        output.line(&format!(
            "{stated} of {all} stated; \"-\" is not covered, \"?\" is covered and not stated"
        ))?;
        foot(&value, output)?;
        Ok(Exit::Done)
    }
}

/// A cell in a few words: what is wanted, what is accepted, which lines are drawn.
fn words(cell: &PositionCell) -> String {
    match cell.coverage() {
        Coverage::NotCovered | Coverage::Unspecified => return "-".to_owned(),
        Coverage::NotStated => return "?".to_owned(),
        Coverage::Stated => {}
    }
    let positions = cell.positions.iter().map(|one| {
        let named = [&one.ideal_label, &one.ideal_option];
        let named = named.into_iter().find(|label| !label.is_empty()).cloned();
        let ideal = named.or_else(|| one.ideal.map(|ideal| ideal.to_string()));
        let wants = ideal.map(|ideal| format!("wants {ideal}"));
        let accepts = one.acceptable.as_ref().and_then(accepts);
        let parts: Vec<String> = wants.into_iter().chain(accepts).collect();
        parts.join(", ")
    });
    let lines = cell.red_lines.iter().map(|one| {
        let code = one.posture().as_str_name();
        let code = code.strip_prefix("POSTURE_").unwrap_or(code);
        code.to_ascii_lowercase()
    });
    let all = positions.chain(lines).filter(|part| !part.is_empty());
    tame(&all.collect::<Vec<_>>().join("; "))
}

fn accepts(bound: &Bound) -> Option<String> {
    match (bound.min, bound.max) {
        (Some(min), Some(max)) => Some(format!("accepts {min} to {max}")),
        (Some(min), None) => Some(format!("accepts {min} and more")),
        (None, Some(max)) => Some(format!("accepts up to {max}")),
        (None, None) if bound.options.is_empty() => None,
        (None, None) => Some(format!("accepts {}", bound.options.join(" or "))),
    }
}
