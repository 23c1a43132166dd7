//! Commitments as a ladder, seen from a day: what is kept, what that unlocks, what snaps back.
//!
//! Compliance is derived from the reports observed by that day; a report that states no day counts
//! on none and is told as a gap. An alleged violation is told, triggers nothing and takes nothing
//! back; what does is a verified one that is not cured. The degree of implementation is the Peace
//! Accords Matrix' own: the sum of the levels over three times their number, of the commitments
//! that state one.

use std::collections::{BTreeMap, BTreeSet};

use prost_types::Timestamp;

use super::cycles::{Links, cycles};
use super::span::{self, Instant, instant};
use crate::model::mutant;
use crate::model::v1::{
    self, CommitmentReportKind as Kind, CommitmentState, Compliance, ReportStanding as Standing,
    RequirementMode, SnapBackMode, SnapBackStatus,
};

/// The name of the method, for the basis of an answer.
pub const METHOD: &str = "commitment ladder with compliance derived from reports";
/// Where it is published.
pub const SOURCE: &str =
    "levels: Peace Accords Matrix (Kroc Institute); derivation: Chancery's own, in the contract";

/// What was found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Findings {
    /// The steps, by rung and name.
    pub steps: Vec<v1::LadderStep>,
    /// The implementation of each theme.
    pub themes: Vec<v1::ThemeImplementation>,
    /// Commitments that require each other.
    pub cycles: Vec<v1::RequirementCycle>,
    /// What was not stated.
    pub gaps: Vec<v1::basis::Gap>,
}

/// Where a commitment stands on the day.
#[derive(Debug, Clone, PartialEq)]
struct Standpoint {
    compliance: Compliance,
    reason: String,
    /// Whether it counts for those that require it: verified as kept or cured, or discharged.
    met: bool,
    /// Of the verified violations that stand, when the first was observed: others after it give no
    /// new time to cure.
    violated: Option<Instant>,
    /// When it was verified as kept.
    kept: Option<Instant>,
}

/// Builds the ladder of those that are `shown`. The others are there for what depends on them.
pub fn ladder(
    commitments: &[v1::Commitment],
    shown: &BTreeSet<String>,
    as_of: &Timestamp,
) -> Findings {
    let now = instant(as_of);
    let points: BTreeMap<&str, Standpoint> = commitments
        .iter()
        .map(|one| (one.name.as_str(), standpoint(one, now)))
        .collect();
    let kept: BTreeMap<&str, Instant> = points
        .iter()
        .filter_map(|(name, point)| Some((*name, point.kept?)))
        .collect();
    let links = requirements(commitments);
    let cycles = cycles(&links);
    let tangled: BTreeSet<&str> = cycles.iter().flatten().copied().collect();
    let rungs = rungs(commitments, &tangled);
    let seen: Vec<&v1::Commitment> = commitments
        .iter()
        .filter(|one| shown.contains(&one.name))
        .collect();
    let mut gaps: Vec<v1::basis::Gap> = seen
        .iter()
        .flat_map(|one| unstated(one, &points, &kept))
        .collect();
    let mut steps: Vec<v1::LadderStep> = seen
        .iter()
        .filter_map(|one| {
            let point = dated(one, now, points.get(one.name.as_str())?, &kept);
            Some(step(one, now, (&point, &points), &rungs))
        })
        .collect();
    steps.sort_by(|a, b| (a.rung, &a.commitment).cmp(&(b.rung, &b.commitment)));
    Findings {
        steps,
        themes: themes(&seen, &mut gaps),
        cycles: cycles
            .iter()
            .filter(|cycle| cycle.iter().any(|name| shown.contains(*name)))
            .map(|cycle| v1::RequirementCycle {
                commitments: cycle.iter().map(|name| (*name).to_owned()).collect(),
            })
            .collect(),
        gaps,
    }
}

fn requirements(commitments: &[v1::Commitment]) -> Links<'_> {
    let each = commitments.iter().map(|one| {
        (
            one.name.as_str(),
            required(one).map(String::as_str).collect(),
        )
    });
    each.collect()
}

/// What a report is worth here; an allegation stays one.
fn standing(report: &v1::commitment::Report) -> Standing {
    let standing = report.standing();
    if standing == Standing::Alleged && mutant::active("alleged_triggers") {
        return Standing::Verified;
    }
    standing
}

/// Whether a report counts on the day, and why or why not.
fn counts(report: &v1::commitment::Report, now: Instant) -> (bool, &'static str) {
    match span::at(report.observed.as_ref()) {
        None => return (false, "when it was observed is not stated"),
        Some(observed) if observed > now => {
            return (false, "observed after the day the ladder is seen from");
        }
        Some(_) => {}
    }
    match (report.kind(), standing(report)) {
        (Kind::Unspecified | Kind::Undetermined, _) => (false, "what is reported is not stated"),
        (_, Standing::Refuted) => (false, "shown to be false"),
        (Kind::Violation, Standing::Alleged) => {
            (true, "told as an allegation; it sets nothing off")
        }
        (_, Standing::Verified) => (true, "verified"),
        (_, Standing::Contested) => (true, "contested"),
        (_, Standing::Alleged) => (true, "one side's word; it proves nothing"),
        (_, Standing::Unspecified | Standing::Undetermined) => {
            (false, "what the report is worth is not stated")
        }
    }
}

fn standpoint(one: &v1::Commitment, now: Instant) -> Standpoint {
    let mut reports: Vec<(Instant, &v1::commitment::Report)> = one
        .reports
        .iter()
        .filter(|report| counts(report, now).0)
        .filter_map(|report| Some((span::at(report.observed.as_ref())?, report)))
        .collect();
    reports.sort_by_key(|(observed, _)| *observed);
    let places = |kind: Kind, worth: Standing| {
        let found = reports.iter().enumerate();
        let found = found.filter(move |(_, (_, one))| one.kind() == kind && standing(one) == worth);
        found.map(|(place, (observed, _))| (place, *observed))
    };
    let last = |kind, worth| places(kind, worth).next_back();
    let place = |found: Option<(usize, Instant)>| found.map(|(place, _)| place);
    let cured = place(last(Kind::Cure, Standing::Verified));
    let kept = last(Kind::Compliance, Standing::Verified);
    let violations = || places(Kind::Violation, Standing::Verified);
    let violated = violations().find(|(place, _)| Some(*place) > cured);
    let doubted = |worth| {
        let settled = place(kept).max(cured).max(place(violations().next_back()));
        place(last(Kind::Violation, worth)) > settled
    };
    let broken = violations().next().is_some();
    let met = violated.is_none() && (kept.is_some() || cured.is_some());
    let (compliance, reason) = if violated.is_some() {
        (Compliance::Violated, "a verified violation is not cured")
    } else if doubted(Standing::Contested) {
        (Compliance::Contested, "a violation is contested")
    } else if doubted(Standing::Alleged) {
        let reason = "a violation is alleged and not verified; it sets nothing off";
        (Compliance::AllegedViolation, reason)
    } else if broken {
        (Compliance::Cured, "the verified violation is cured")
    } else if met {
        (Compliance::Complied, "verified as kept")
    } else if reports
        .iter()
        .any(|(_, report)| report.kind() == Kind::Progress)
    {
        (Compliance::Progressing, "progress is reported")
    } else {
        (Compliance::Unspecified, "nothing is reported that says it")
    };
    let doubtful = matches!(
        compliance,
        Compliance::Contested | Compliance::AllegedViolation
    );
    let since = if doubtful && met {
        "; it was verified as kept before, and that stands"
    } else {
        ""
    };
    Standpoint {
        compliance,
        reason: format!("{reason}{since}"),
        met: met || one.state() == CommitmentState::Discharged,
        violated: violated.map(|(_, observed)| observed),
        kept: kept.map(|(_, observed)| observed),
    }
}

/// When a commitment is due, where that can be dated.
fn due(deadline: &v1::TimeSpan, kept: &BTreeMap<&str, Instant>) -> Option<Instant> {
    let fixed = deadline.end.as_ref().or(deadline.start.as_ref());
    let offset = deadline
        .end_offset
        .as_ref()
        .or(deadline.start_offset.as_ref());
    let counted = offset.and_then(|offset| {
        let (seconds, nanos) = kept.get(deadline.anchor.as_str())?;
        Some((seconds.saturating_add(offset.seconds), *nanos))
    });
    fixed.map(instant).or(counted)
}

/// What the deadline adds. It is past for what is merely alleged or contested too; what is met, or
/// violated, it no longer concerns.
fn dated(
    one: &v1::Commitment,
    now: Instant,
    point: &Standpoint,
    kept: &BTreeMap<&str, Instant>,
) -> Standpoint {
    let due = one.deadline.as_ref().and_then(|span| due(span, kept));
    let Some(due) = due.filter(|_| !point.met && point.violated.is_none()) else {
        return point.clone();
    };
    let silent = point.compliance == Compliance::Unspecified;
    let (compliance, reason) = match (due <= now, silent) {
        (true, true) => (
            Compliance::Overdue,
            "the deadline is past and no compliance is verified".to_owned(),
        ),
        (true, false) => (
            Compliance::Overdue,
            format!(
                "the deadline is past and no compliance is verified; {}",
                point.reason
            ),
        ),
        (false, true) => (Compliance::Pending, "it is not due yet".to_owned()),
        (false, false) => return point.clone(),
    };
    Standpoint {
        compliance,
        reason,
        ..point.clone()
    }
}

/// What is not stated of one commitment and would bear on where it stands.
fn unstated(
    one: &v1::Commitment,
    points: &BTreeMap<&str, Standpoint>,
    kept: &BTreeMap<&str, Instant>,
) -> Vec<v1::basis::Gap> {
    let gap = |field: String, treatment: &str| v1::basis::Gap {
        name: one.name.clone(),
        field,
        treatment: treatment.to_owned(),
    };
    let mut gaps = Vec::new();
    for (at, report) in one.reports.iter().enumerate() {
        if span::at(report.observed.as_ref()).is_none() {
            let field = format!("reports[{at}].observed");
            gaps.push(gap(field, "the report counts on no day"));
        }
    }
    let open = points
        .get(one.name.as_str())
        .is_some_and(|point| !point.met);
    let deadline = one.deadline.as_ref();
    if open && deadline.is_some_and(|deadline| due(deadline, kept).is_none()) {
        let text = "no date follows from it; not judged by it";
        gaps.push(gap("deadline".to_owned(), text));
    }
    for name in required(one).filter(|name| !points.contains_key(name.as_str())) {
        let text = format!("\"{name}\" is not there, or cannot be seen; not recorded as met");
        gaps.push(gap("requires".to_owned(), &text));
    }
    gaps
}

/// The commitments that one requires.
fn required(one: &v1::Commitment) -> impl Iterator<Item = &String> {
    let requires = one.requires.iter();
    requires.flat_map(|requires| &requires.commitments)
}

/// By name: one more than the highest that a commitment requires; -1 on a cycle, and above one.
fn rungs(commitments: &[v1::Commitment], tangled: &BTreeSet<&str>) -> BTreeMap<String, i32> {
    let known: BTreeSet<&str> = commitments.iter().map(|one| one.name.as_str()).collect();
    let mut rungs: BTreeMap<String, i32> = BTreeMap::new();
    // Each round settles at least one rung, or nothing is left to settle.
    for _round in 0..=commitments.len() {
        let before = rungs.len();
        for one in commitments {
            if tangled.contains(one.name.as_str()) || rungs.contains_key(&one.name) {
                continue;
            }
            let below = required(one).filter(|name| known.contains(name.as_str()));
            let heights: Option<Vec<i32>> = below.map(|name| rungs.get(name).copied()).collect();
            if let Some(heights) = heights {
                let top = heights.into_iter().max().unwrap_or(-1);
                rungs.insert(one.name.clone(), top + 1);
            }
        }
        if rungs.len() == before {
            break;
        }
    }
    rungs
}

fn step(
    one: &v1::Commitment,
    now: Instant,
    (point, points): (&Standpoint, &BTreeMap<&str, Standpoint>),
    rungs: &BTreeMap<String, i32>,
) -> v1::LadderStep {
    let met = |name: &String| points.get(name.as_str()).is_some_and(|point| point.met);
    let (have, miss): (Vec<String>, Vec<String>) = required(one).cloned().partition(met);
    let requirements_met = requirements_met(one, have.len(), miss.len());
    let mut reports: Vec<&v1::commitment::Report> = one.reports.iter().collect();
    reports.sort_by_key(|report| span::at(report.observed.as_ref()));
    v1::LadderStep {
        commitment: one.name.clone(),
        revision: one.revision,
        rung: rungs.get(&one.name).copied().unwrap_or(-1),
        title: one.title.clone(),
        obligation: one.obligation.clone(),
        party: one.party.clone(),
        verifier: one.verifier.clone(),
        theme: one.theme.clone(),
        state: one.state,
        deadline: one.deadline.clone(),
        pam_level: one.pam_level,
        compliance: point.compliance.into(),
        compliance_reason: point.reason.clone(),
        requirements_met,
        conditions_met: have,
        conditions_missing: miss,
        unlocks: one.unlocks.clone(),
        unlocked: point.met && requirements_met == Some(true),
        snap_back: one
            .snap_back
            .as_ref()
            .map(|snap_back| snapped(snap_back, point, now)),
        reports: reports
            .into_iter()
            .map(|report| told(report, now))
            .collect(),
        met: point.met,
    }
}

/// Whether what comes first is met; unknown where neither ALL nor ANY is stated and it matters.
fn requirements_met(one: &v1::Commitment, have: usize, miss: usize) -> Option<bool> {
    let mode = one.requires.as_ref().map(v1::commitment::Requirement::mode);
    match mode {
        None => Some(true),
        Some(RequirementMode::All) => Some(miss == 0),
        Some(RequirementMode::Any) => Some(have > 0 || miss == 0),
        Some(RequirementMode::Unspecified) if miss == 0 => Some(true),
        Some(RequirementMode::Unspecified) if have == 0 => Some(false),
        Some(RequirementMode::Unspecified) => None,
    }
}

fn told(report: &v1::commitment::Report, now: Instant) -> v1::LadderReport {
    let (counts, reason) = counts(report, now);
    v1::LadderReport {
        kind: report.kind,
        standing: report.standing,
        reporter: report.reporter.clone(),
        observed: report.observed.clone(),
        text: report.text.clone(),
        counts,
        reason: reason.to_owned(),
    }
}

fn snapped(
    snap_back: &v1::commitment::SnapBack,
    point: &Standpoint,
    now: Instant,
) -> v1::LadderSnapBack {
    let grace_end = point.violated.zip(snap_back.grace.as_ref());
    let grace_end = grace_end.map(|((seconds, nanos), grace)| Timestamp {
        seconds: seconds.saturating_add(grace.seconds),
        nanos,
    });
    let (status, reason) = status(snap_back, point, grace_end.as_ref(), now);
    v1::LadderSnapBack {
        status: status.into(),
        trigger: snap_back.trigger.clone(),
        mode: snap_back.mode,
        decider: snap_back.decider.clone(),
        grace_end,
        restores: snap_back.restores.clone(),
        reason: reason.to_owned(),
    }
}

fn status(
    snap_back: &v1::commitment::SnapBack,
    point: &Standpoint,
    grace_end: Option<&Timestamp>,
    now: Instant,
) -> (SnapBackStatus, &'static str) {
    if point.violated.is_none() {
        let reason = match point.compliance {
            Compliance::AllegedViolation => "a violation is alleged; only a verified one counts",
            Compliance::Contested => "a violation is contested; only a verified one counts",
            Compliance::Unspecified
            | Compliance::Pending
            | Compliance::Progressing
            | Compliance::Complied
            | Compliance::Overdue
            | Compliance::Violated
            | Compliance::Cured => "no verified violation stands",
        };
        return (SnapBackStatus::NotTriggered, reason);
    }
    if grace_end.is_some_and(|end| now < instant(end)) {
        return (SnapBackStatus::InGrace, "the violation can still be cured");
    }
    match snap_back.mode() {
        SnapBackMode::Automatic => (SnapBackStatus::Triggered, "it takes effect by itself"),
        SnapBackMode::ByDecision if snap_back.decider.is_empty() => (
            SnapBackStatus::AwaitingDecision,
            "it needs a decision; whose is not stated",
        ),
        SnapBackMode::ByDecision => (
            SnapBackStatus::AwaitingDecision,
            "it takes effect when the decider says so",
        ),
        SnapBackMode::Unspecified | SnapBackMode::Undetermined => (
            SnapBackStatus::Undecidable,
            "whether it needs a decision is not stated",
        ),
    }
}

fn themes(
    commitments: &[&v1::Commitment],
    gaps: &mut Vec<v1::basis::Gap>,
) -> Vec<v1::ThemeImplementation> {
    let mut themes: BTreeMap<&str, (i32, Vec<i32>)> = BTreeMap::new();
    for one in commitments {
        let (count, levels) = themes.entry(&one.theme).or_default();
        *count += 1;
        match one.pam_level {
            Some(level) => levels.push(level),
            None => gaps.push(v1::basis::Gap {
                name: one.name.clone(),
                field: "pam_level".to_owned(),
                treatment: "left out of the implementation of its theme".to_owned(),
            }),
        }
    }
    let told = themes.into_iter().map(|(theme, (commitments, levels))| {
        let rated = i32::try_from(levels.len()).unwrap_or(i32::MAX);
        let sum: i32 = levels.iter().sum();
        v1::ThemeImplementation {
            theme: theme.to_owned(),
            commitments,
            rated,
            implementation: (rated > 0).then(|| f64::from(sum) / (3.0 * f64::from(rated))),
        }
    });
    told.collect()
}

#[cfg(test)]
mod tests;
