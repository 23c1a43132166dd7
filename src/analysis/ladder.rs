//! Commitments as a ladder, seen from a day: what is kept, what that unlocks, what snaps back.
//!
//! Compliance is derived from the reports observed by that day. An alleged violation is told and
//! never triggers anything; what triggers is a verified one that is not cured. The degree of
//! implementation is the Peace Accords Matrix' own: the sum of the levels over three times their
//! number, of the commitments that state one.

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
    /// When the verified violation that stands was observed, if that is stated.
    violated: Option<Instant>,
    /// When it was verified as kept.
    kept: Option<Instant>,
}

/// Builds the ladder.
pub fn ladder(commitments: &[v1::Commitment], as_of: &Timestamp) -> Findings {
    let now = instant(as_of);
    let mut points: BTreeMap<&str, Standpoint> = commitments
        .iter()
        .map(|one| (one.name.as_str(), standpoint(one, now)))
        .collect();
    let kept: BTreeMap<String, Instant> = points
        .iter()
        .filter_map(|(name, point)| Some(((*name).to_owned(), point.kept?)))
        .collect();
    let mut gaps = Vec::new();
    for one in commitments {
        if let Some(point) = points.get_mut(one.name.as_str()) {
            overdue(one, now, (point, &kept), &mut gaps);
        }
    }
    let links = requirements(commitments);
    let cycles = cycles(&links);
    let tangled: BTreeSet<&str> = cycles.iter().flatten().copied().collect();
    let rungs = rungs(commitments, &tangled);
    let mut steps: Vec<v1::LadderStep> = commitments
        .iter()
        .map(|one| step(one, now, &points, &rungs))
        .collect();
    steps.sort_by(|a, b| (a.rung, &a.commitment).cmp(&(b.rung, &b.commitment)));
    Findings {
        steps,
        themes: themes(commitments, &mut gaps),
        cycles: cycles
            .iter()
            .map(|cycle| v1::RequirementCycle {
                commitments: cycle.iter().map(|name| (*name).to_owned()).collect(),
            })
            .collect(),
        gaps,
    }
}

fn requirements(commitments: &[v1::Commitment]) -> Links<'_> {
    let each = commitments.iter().map(|one| {
        let required = one
            .requires
            .iter()
            .flat_map(|requires| &requires.commitments);
        (one.name.as_str(), required.map(String::as_str).collect())
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
    let observed = span::at(report.observed.as_ref());
    if observed.is_some_and(|observed| observed > now) {
        return (false, "observed after the day the ladder is seen from");
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
    let mut reports: Vec<&v1::commitment::Report> = one
        .reports
        .iter()
        .filter(|report| counts(report, now).0)
        .collect();
    reports.sort_by_key(|report| span::at(report.observed.as_ref()));
    let at = |kind: Kind, worth: Standing| {
        let mut found = reports.iter().enumerate();
        let last = found.rfind(|(_, report)| report.kind() == kind && standing(report) == worth);
        last.map(|(place, report)| (place, span::at(report.observed.as_ref())))
    };
    let violated = at(Kind::Violation, Standing::Verified);
    let cured = at(Kind::Cure, Standing::Verified);
    let kept = at(Kind::Compliance, Standing::Verified);
    let alleged = at(Kind::Violation, Standing::Alleged);
    let contested = at(Kind::Violation, Standing::Contested);
    let place = |found: Option<(usize, Option<Instant>)>| found.map(|(place, _)| place);
    let settled = place(kept).max(place(cured)).max(place(violated));
    let (compliance, reason) = match (place(violated), place(cured)) {
        (Some(_), cure) if cure < place(violated) => {
            (Compliance::Violated, "a verified violation is not cured")
        }
        _ if place(contested) > settled => (Compliance::Contested, "a violation is contested"),
        _ if place(alleged) > settled => (
            Compliance::AllegedViolation,
            "a violation is alleged and not verified; it sets nothing off",
        ),
        (Some(_), Some(_)) => (Compliance::Cured, "the verified violation is cured"),
        _ if kept.is_some() => (Compliance::Complied, "verified as kept"),
        _ if reports.iter().any(|report| report.kind() == Kind::Progress) => {
            (Compliance::Progressing, "progress is reported")
        }
        _ => (Compliance::Unspecified, "nothing is reported that says it"),
    };
    let stands = compliance == Compliance::Violated;
    Standpoint {
        compliance,
        reason: reason.to_owned(),
        violated: violated.filter(|_| stands).and_then(|(_, at)| at),
        kept: kept.and_then(|(_, at)| at),
    }
}

/// What a deadline makes of a commitment that nothing else is known of.
fn overdue(
    one: &v1::Commitment,
    now: Instant,
    (point, kept): (&mut Standpoint, &BTreeMap<String, Instant>),
    gaps: &mut Vec<v1::basis::Gap>,
) {
    let open = matches!(
        point.compliance,
        Compliance::Unspecified | Compliance::Progressing
    );
    let Some(deadline) = one.deadline.as_ref().filter(|_| open) else {
        return;
    };
    let fixed = deadline.end.as_ref().or(deadline.start.as_ref());
    let offset = deadline
        .end_offset
        .as_ref()
        .or(deadline.start_offset.as_ref());
    let counted = offset.and_then(|offset| {
        let (seconds, nanos) = kept.get(&deadline.anchor)?;
        Some((seconds.saturating_add(offset.seconds), *nanos))
    });
    match fixed.map(instant).or(counted) {
        Some(due) if due <= now => {
            point.compliance = Compliance::Overdue;
            point.reason = "the deadline is past and no compliance is verified".to_owned();
        }
        Some(_) if point.compliance == Compliance::Unspecified => {
            point.compliance = Compliance::Pending;
            point.reason = "it is not due yet".to_owned();
        }
        Some(_) => {}
        None => gaps.push(v1::basis::Gap {
            name: one.name.clone(),
            field: "deadline".to_owned(),
            treatment: "no date follows from it; not judged by it".to_owned(),
        }),
    }
}

/// Whether a commitment is recorded as met.
fn met(name: &str, state: Option<CommitmentState>, points: &BTreeMap<&str, Standpoint>) -> bool {
    let kept = points
        .get(name)
        .is_some_and(|point| matches!(point.compliance, Compliance::Complied | Compliance::Cured));
    kept || state == Some(CommitmentState::Discharged)
}

/// By name: one more than the highest that a commitment requires; -1 on a cycle, and above one.
fn rungs(commitments: &[v1::Commitment], tangled: &BTreeSet<&str>) -> BTreeMap<String, i32> {
    let required = |one: &v1::Commitment| -> Vec<String> {
        let all = one
            .requires
            .iter()
            .flat_map(|requires| &requires.commitments);
        all.cloned().collect()
    };
    let known: BTreeSet<&str> = commitments.iter().map(|one| one.name.as_str()).collect();
    let mut rungs: BTreeMap<String, i32> = BTreeMap::new();
    // Each round settles at least one rung, or nothing is left to settle.
    for _round in 0..=commitments.len() {
        let before = rungs.len();
        for one in commitments {
            if tangled.contains(one.name.as_str()) || rungs.contains_key(&one.name) {
                continue;
            }
            let below: Vec<String> = required(one)
                .into_iter()
                .filter(|name| known.contains(name.as_str()))
                .collect();
            let heights: Option<Vec<i32>> =
                below.iter().map(|name| rungs.get(name).copied()).collect();
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
    points: &BTreeMap<&str, Standpoint>,
    rungs: &BTreeMap<String, i32>,
) -> v1::LadderStep {
    let unknown = Standpoint {
        compliance: Compliance::Unspecified,
        reason: String::new(),
        violated: None,
        kept: None,
    };
    let point = points.get(one.name.as_str()).unwrap_or(&unknown);
    let required = one
        .requires
        .iter()
        .flat_map(|requires| &requires.commitments);
    let (have, miss): (Vec<String>, Vec<String>) =
        required.cloned().partition(|name| met(name, None, points));
    let requirements_met = requirements_met(one, have.len(), miss.len());
    let kept = met(&one.name, Some(one.state()), points);
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
        unlocked: kept && requirements_met == Some(true),
        snap_back: one
            .snap_back
            .as_ref()
            .map(|snap_back| snapped(snap_back, point, now)),
        reports: reports
            .into_iter()
            .map(|report| told(report, now))
            .collect(),
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
    if point.compliance != Compliance::Violated {
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
    if snap_back.grace.is_some() && grace_end.is_none() {
        let reason = "when the violation was observed is not stated, so the grace cannot be dated";
        return (SnapBackStatus::Undecidable, reason);
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
    commitments: &[v1::Commitment],
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
mod tests {
    use prost_types::Duration;

    use super::*;
    use crate::model::v1::commitment::{Report, Requirement, SnapBack};

    fn day(seconds: i64) -> Timestamp {
        Timestamp { seconds, nanos: 0 }
    }

    fn report(kind: Kind, standing: Standing, at: i64) -> Report {
        Report {
            kind: kind.into(),
            standing: standing.into(),
            observed: Some(v1::TimeSpan {
                start: Some(day(at)),
                ..Default::default()
            }),
            ..Default::default()
        }
    }

    fn commitment(id: &str, reports: Vec<Report>) -> v1::Commitment {
        v1::Commitment {
            name: id.to_owned(),
            reports,
            snap_back: Some(SnapBack {
                grace: Some(Duration {
                    seconds: 10,
                    nanos: 0,
                }),
                mode: SnapBackMode::ByDecision.into(),
                decider: "actors/guarantor".into(),
                ..Default::default()
            }),
            ..Default::default()
        }
    }

    fn seen(one: &v1::Commitment, at: i64) -> (Compliance, SnapBackStatus) {
        let found = ladder(std::slice::from_ref(one), &day(at));
        let step = &found.steps[0];
        (step.compliance(), step.snap_back.as_ref().unwrap().status())
    }

    #[test]
    fn an_alleged_violation_never_triggers_and_a_verified_one_does_after_its_grace() {
        let alleged = commitment("a", vec![report(Kind::Violation, Standing::Alleged, 100)]);
        let none = SnapBackStatus::NotTriggered;
        assert_eq!(seen(&alleged, 500), (Compliance::AllegedViolation, none));
        let verified = commitment(
            "a",
            vec![
                report(Kind::Violation, Standing::Verified, 100),
                report(Kind::Cure, Standing::Verified, 200),
            ],
        );
        assert_eq!(seen(&verified, 99), (Compliance::Unspecified, none));
        let grace = (Compliance::Violated, SnapBackStatus::InGrace);
        assert_eq!(seen(&verified, 109), grace);
        let awaiting = (Compliance::Violated, SnapBackStatus::AwaitingDecision);
        assert_eq!(seen(&verified, 110), awaiting);
        assert_eq!(seen(&verified, 200), (Compliance::Cured, none));
        let refuted = commitment("a", vec![report(Kind::Violation, Standing::Refuted, 1)]);
        assert_eq!(seen(&refuted, 500), (Compliance::Unspecified, none));
    }

    #[test]
    fn rungs_unlock_when_they_are_kept_and_what_they_require_is() {
        let kept = |id: &str| commitment(id, vec![report(Kind::Compliance, Standing::Verified, 5)]);
        let mut second = kept("b");
        second.requires = Some(Requirement {
            mode: RequirementMode::All.into(),
            commitments: vec!["a".into(), "c".into()],
        });
        second.pam_level = Some(2);
        let found = ladder(&[second.clone(), kept("a")], &day(10));
        let told: Vec<(&str, i32, bool)> = found
            .steps
            .iter()
            .map(|step| (step.commitment.as_str(), step.rung, step.unlocked))
            .collect();
        assert_eq!(told, [("a", 0, true), ("b", 1, false)]);
        assert_eq!(found.steps[1].conditions_met, ["a"]);
        assert_eq!(found.steps[1].conditions_missing, ["c"]);
        assert_eq!(found.themes[0].implementation, Some(2.0 / 3.0));
        second.requires.as_mut().unwrap().mode = RequirementMode::Any.into();
        let found = ladder(&[second, kept("a")], &day(10));
        assert!(found.steps[1].unlocked);
    }

    #[test]
    fn deadlines_are_judged_by_the_day_and_cycles_are_told() {
        let mut due = commitment("a", Vec::new());
        due.deadline = Some(v1::TimeSpan {
            end: Some(day(50)),
            ..Default::default()
        });
        assert_eq!(seen(&due, 49).0, Compliance::Pending);
        assert_eq!(seen(&due, 50).0, Compliance::Overdue);
        due.requires = Some(Requirement {
            mode: RequirementMode::All.into(),
            commitments: vec!["b".into()],
        });
        let mut other = commitment("b", Vec::new());
        other.requires = Some(Requirement {
            mode: RequirementMode::All.into(),
            commitments: vec!["a".into()],
        });
        let found = ladder(&[due, other], &day(0));
        assert_eq!(found.cycles[0].commitments, ["a", "b"]);
        assert_eq!(found.steps[0].rung, -1);
    }
}
