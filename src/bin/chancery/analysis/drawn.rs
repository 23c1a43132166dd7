//! Pictures of answers: as lines above the tables, and as an SVG in a file.
//!
//! The drawing itself is `analysis::picture`; here an answer is made into what it draws. Names are
//! tamed first, for a picture goes to the terminal as it is.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chancery::analysis::picture::{Axis, Bar, Caption, Distribution, Heat, HeatCell, Mark};
use chancery::analysis::picture::{Ranges, Span};
use chancery::analysis::scale;
use chancery::client::{Client, Get};
use chancery::model::v1::issue::Scale;
use chancery::model::v1::{BargainingOutcome, Basis, FindAgreementZoneResponse, Issue, IssueZone};
use chancery::model::v1::{ReadOptions, RiskMatrixResponse, SimulateBargainingResponse, ZoneState};
use clap::Args;

use super::tell::marking;
use crate::failure::Failure;
use crate::output::{Format, Output, tame};

/// Where a picture is written.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Picture {
    /// Write the picture as SVG to this file; with several issues to one for each, FILE-ISSUE
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

impl Picture {
    /// Whether anybody would see it.
    fn wanted(&self, output: &Output) -> bool {
        self.svg.is_some() || matches!(output.format(), Format::Table | Format::Wide)
    }

    /// Shows a picture where people look, and writes it where it was asked for. `part` tells apart
    /// the pictures of one answer.
    fn show(
        &self,
        part: Option<&str>,
        text: &str,
        svg: &str,
        output: &mut Output,
    ) -> Result<(), Failure> {
        if matches!(output.format(), Format::Table | Format::Wide) {
            for line in text.lines() {
                output.line(line)?;
            }
            output.line("")?;
        }
        let Some(file) = &self.svg else { return Ok(()) };
        let file = part.map_or_else(|| file.clone(), |part| parted(file, part));
        std::fs::write(&file, svg)
            .map_err(|error| Failure::Here(format!("cannot write \"{}\": {error}", file.display())))
    }
}

/// `zone.svg` and `quota`: `zone-quota.svg`.
fn parted(file: &Path, part: &str) -> PathBuf {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let part = part.rsplit('/').next().unwrap_or(part);
    let name = match file.extension() {
        Some(extension) => format!("{stem}-{part}.{}", extension.to_string_lossy()),
        None => format!("{stem}-{part}"),
    };
    file.with_file_name(name)
}

/// What stands around the picture of an answer.
fn caption(title: &str, notes: &[&str], basis: Option<&Basis>) -> Caption {
    let method = basis.map(|basis| format!("{} ({})", basis.method, basis.method_source));
    let notes = method
        .into_iter()
        .chain(notes.iter().map(|note| (*note).to_owned()));
    let inputs = basis
        .map(|basis| basis.inputs.as_slice())
        .unwrap_or_default();
    Caption {
        title: tame(title),
        marking: basis.map_or_else(String::new, |basis| tame(&marking(basis))),
        notes: notes.map(|note| tame(&note)).collect(),
        sources: inputs.iter().map(|input| tame(&input.name)).collect(),
        revision: basis.map_or(0, |basis| basis.read_revision),
    }
}

/// The same for the terminal, where the tables below tell method, inputs, revision and marking.
fn bare(title: &str, notes: &[&str]) -> Caption {
    caption(title, notes, None)
}

/// The issues of an answer, as they were when it was given.
async fn issues<'a>(
    client: &Client,
    names: impl Iterator<Item = &'a String>,
    read: Option<ReadOptions>,
) -> Result<BTreeMap<String, Issue>, Failure> {
    let mut found = BTreeMap::new();
    for name in names {
        let get = Get {
            name: name.clone(),
            read,
            ..Get::default()
        };
        found.insert(name.clone(), client.get::<Issue>(get).await?.value);
    }
    Ok(found)
}

/// The scale of an issue to draw along; where an end is open, as far as there are values.
fn axis(issue: &Issue, values: impl Iterator<Item = f64> + Clone) -> Axis {
    let scale = issue.scale.as_ref();
    let (low, high) = scale::ends(scale).unwrap_or_default();
    let least = values.clone().min_by(f64::total_cmp).unwrap_or_default();
    let greatest = values.max_by(f64::total_cmp).unwrap_or_default();
    let unit = match scale {
        Some(Scale::Quantity(quantity)) => format!(", {}", quantity.unit),
        Some(Scale::Ordinal(_) | Scale::Options(_) | Scale::Binary(_)) | None => String::new(),
    };
    let steps = scale::steps(scale).into_iter().map(|(at, label)| Mark {
        at,
        label: tame(&label),
    });
    Axis {
        label: tame(&format!("{}{unit}", issue.title)),
        low: low.unwrap_or(least),
        high: high.unwrap_or(greatest),
        steps: steps.collect(),
    }
}

/// What each party accepts and the zone, issue by issue.
pub(crate) async fn zones(
    picture: &Picture,
    client: &Client,
    answer: &FindAgreementZoneResponse,
    read: Option<ReadOptions>,
    output: &mut Output,
) -> Result<(), Failure> {
    if !picture.wanted(output) {
        return Ok(());
    }
    let names = answer.issues.iter().map(|zone| &zone.issue);
    let issues = issues(client, names, read).await?;
    let several = answer.issues.len() > 1;
    for zone in &answer.issues {
        // Options have no order to draw them along, and nothing is known of an issue without one.
        let issue = issues.get(&zone.issue);
        let Some(issue) = issue.filter(|issue| scale::ends(issue.scale.as_ref()).is_some()) else {
            continue;
        };
        let ranges = ranges(zone, issue);
        let title = format!("Who accepts what: {}", issue.title);
        let caption = caption(&title, &[], answer.basis.as_ref());
        let part = several.then_some(zone.issue.as_str());
        let (text, svg) = (ranges.text(&bare(&title, &[])), ranges.svg(&caption));
        picture.show(part, &text, &svg, output)?;
    }
    Ok(())
}

fn ranges(zone: &IssueZone, issue: &Issue) -> Ranges {
    let spans: Vec<Span> = zone
        .bounds
        .iter()
        .map(|bound| Span {
            label: id(&bound.actor),
            min: bound.acceptable.as_ref().and_then(|bound| bound.min),
            max: bound.acceptable.as_ref().and_then(|bound| bound.max),
            ideal: bound.ideal,
        })
        .collect();
    let values: Vec<f64> = spans
        .iter()
        .flat_map(|span| [span.min, span.max, span.ideal])
        .flatten()
        .collect();
    Ranges {
        axis: axis(issue, values.iter().copied()),
        spans,
        zone: zone.zone.as_ref().map(|bound| (bound.min, bound.max)),
        status: words(zone.state()).to_owned(),
    }
}

fn words(state: ZoneState) -> &'static str {
    match state {
        ZoneState::Open => "open",
        ZoneState::Point => "open at one point",
        ZoneState::Closed => "closed",
        ZoneState::Conditional => "conditional",
        ZoneState::Undecidable => "undecidable",
        ZoneState::Unspecified => "not told",
    }
}

/// What every picture of a simulation says.
const NOTE: &str = "a model's output, not an estimate: no likelihood of any event follows from it";

/// The outcomes of a simulated decision, issue by issue.
pub(crate) async fn decision(
    picture: &Picture,
    client: &Client,
    answer: &SimulateBargainingResponse,
    read: Option<ReadOptions>,
    output: &mut Output,
) -> Result<(), Failure> {
    if !picture.wanted(output) {
        return Ok(());
    }
    let names = answer.outcomes.iter().map(|outcome| &outcome.issue);
    let issues = issues(client, names, read).await?;
    let several = answer.outcomes.len() > 1;
    for outcome in &answer.outcomes {
        let Some(issue) = issues.get(&outcome.issue) else {
            continue;
        };
        let distribution = distribution(outcome, issue);
        let title = format!("Simulated decision: {}", issue.title);
        let caption = caption(&title, &[NOTE], answer.basis.as_ref());
        let part = several.then_some(outcome.issue.as_str());
        let text = distribution.text(&bare(&title, &[NOTE]));
        picture.show(part, &text, &distribution.svg(&caption), output)?;
    }
    Ok(())
}

fn distribution(outcome: &BargainingOutcome, issue: &Issue) -> Distribution {
    let values = outcome.distribution.iter().map(|weight| weight.value);
    let bars = outcome.distribution.iter().map(|weight| {
        let actors: Vec<String> = weight.actors.iter().map(|actor| id(actor)).collect();
        Bar {
            at: weight.value,
            share: weight.probability,
            label: actors.join(", "),
        }
    });
    let figures = [
        ("expected", Some(outcome.mean)),
        ("weighted mean", outcome.weighted_mean),
        ("weighted median", outcome.weighted_median),
    ];
    let marks = figures.into_iter().filter_map(|(label, at)| {
        let label = label.to_owned();
        Some(Mark { at: at?, label })
    });
    Distribution {
        axis: axis(issue, values),
        bars: bars.collect(),
        marks: marks.collect(),
    }
}

/// The matrix of risks as a heat map.
pub(crate) fn risks(
    picture: &Picture,
    perspective: &str,
    answer: &RiskMatrixResponse,
    output: &mut Output,
) -> Result<(), Failure> {
    let title = match perspective {
        "actors/-" => "Risks, whoever bears them".to_owned(),
        actor => format!("Risks that {} bears", id(actor)),
    };
    let heat = heat(answer);
    let caption = caption(&title, &[], answer.basis.as_ref());
    let text = heat.text(&bare(&title, &[]), output.colours());
    picture.show(None, &text, &heat.svg(&caption), output)
}

fn heat(answer: &RiskMatrixResponse) -> Heat {
    // The last of rows and columns is "not stated", which the picture adds by itself.
    let named = |names: &[String]| -> Vec<String> {
        let names = names.iter().take(names.len().saturating_sub(1));
        names.map(|name| tame(name)).collect()
    };
    let levels: Vec<String> = answer
        .roll_up
        .iter()
        .rev()
        .map(|one| one.rating.clone())
        .collect();
    let mut cells = vec![vec![HeatCell::default(); answer.columns.len()]; answer.rows.len()];
    for cell in &answer.cells {
        let place = usize::try_from(cell.row)
            .ok()
            .zip(usize::try_from(cell.column).ok());
        let found = place.and_then(|(row, column)| cells.get_mut(row)?.get_mut(column));
        if let Some(found) = found {
            found.level = levels.iter().position(|level| *level == cell.rating);
            let members = cell.members.iter();
            let members = members.map(|member| (tame(&member.title), member.straddles));
            found.members = members.collect();
        }
    }
    Heat {
        rows: named(&answer.rows),
        columns: named(&answer.columns),
        levels: levels.iter().map(|level| tame(level)).collect(),
        cells,
    }
}

/// The last part of a name.
fn id(name: &str) -> String {
    tame(name.rsplit('/').next().unwrap_or(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_of_one_answer_have_files_of_their_own() {
        let named = |file: &str| parted(Path::new(file), "issues/quota");
        assert_eq!(named("a/zone.svg"), Path::new("a/zone-quota.svg"));
        assert_eq!(named("zone"), Path::new("zone-quota"));
    }
}
