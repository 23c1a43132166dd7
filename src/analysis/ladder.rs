//! Commitments as a ladder, seen from a day: what is kept, what that unlocks, what snaps back.
//!
//! Compliance is derived from the reports observed by that day; a report that states no day counts
//! on none and is told as a gap. An alleged violation is told, triggers nothing and takes nothing
//! back; what does is a verified one that is not cured. The degree of implementation is the Peace
//! Accords Matrix' own: the sum of the levels over three times their number, of the commitments
//! that state one.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

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
    /// From when to when a verified violation stood that was cured.
    cured: Vec<(Instant, Instant)>,
    /// When it was first verified as kept: what counts its days from there does not move when it
    /// is verified again.
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
    let mut links = links(commitments);
    let rungs = rungs(&links);
    links.retain(|name, _| !rungs.contains_key(name));
    let cycles = cycles(&links);
    let seen: Vec<&v1::Commitment> = commitments
        .iter()
        .filter(|one| shown.contains(&one.name))
        .collect();
    let mut gaps: Vec<v1::basis::Gap> = seen
        .iter()
        .flat_map(|one| unstated(one, now, &points, &kept))
        .collect();
    let by_name: BTreeMap<&str, &v1::Commitment> = commitments
        .iter()
        .map(|one| (one.name.as_str(), one))
        .collect();
    let mut steps: Vec<v1::LadderStep> = seen
        .iter()
        .filter_map(|one| {
            let point = dated(one, now, points.get(one.name.as_str())?, &kept);
            let mut step = step(one, now, (&point, &points), &rungs);
            let ready = |name: &String| {
                let target = by_name.get(name.as_str());
                target.is_none_or(|target| requirements(target, &points).2 == Some(true))
            };
            if step.met && step.requirements_met == Some(true) {
                step.unlocked = one
                    .unlocks
                    .iter()
                    .filter(|name| ready(name))
                    .cloned()
                    .collect();
            }
            Some(step)
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

fn links(commitments: &[v1::Commitment]) -> Links<'_> {
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
    let mut verified = places(Kind::Compliance, Standing::Verified);
    let kept = verified.next().map(|(_, observed)| observed);
    let violations = || places(Kind::Violation, Standing::Verified);
    let violated = violations().find(|(place, _)| Some(*place) > cured);
    let doubted = |worth| {
        let settled = place(last(Kind::Compliance, Standing::Verified))
            .max(cured)
            .max(place(violations().next_back()));
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
        cured: spells(&reports),
        kept,
    }
}

/// From when to when verified violations stood that were cured, of reports in their order.
fn spells(reports: &[(Instant, &v1::commitment::Report)]) -> Vec<(Instant, Instant)> {
    let mut since = None;
    let mut spells = Vec::new();
    let verified = reports.iter();
    for (observed, report) in verified.filter(|(_, one)| standing(one) == Standing::Verified) {
        if report.kind() == Kind::Violation {
            since.get_or_insert(*observed);
        } else if report.kind() == Kind::Cure {
            spells.extend(since.take().map(|since| (since, *observed)));
        }
    }
    spells
}

/// Whether a deadline can be missed: what is proposed or ended binds nobody.
fn binds(one: &v1::Commitment) -> bool {
    matches!(
        one.state(),
        CommitmentState::Agreed | CommitmentState::InForce
    )
}

/// When a commitment is due, where that can be dated: a span that does not end is never over.
fn due(deadline: &v1::TimeSpan, kept: &BTreeMap<&str, Instant>) -> Option<Instant> {
    let counted = deadline.end_offset.as_ref().and_then(|offset| {
        let anchor = kept.get(deadline.anchor.as_str())?;
        Some(after(*anchor, offset.seconds))
    });
    deadline.end.as_ref().map(instant).or(counted)
}

fn after((seconds, nanos): Instant, more: i64) -> Instant {
    (seconds.saturating_add(more), nanos)
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
    let open = binds(one) && !point.met && point.violated.is_none();
    let Some(due) = due.filter(|_| open) else {
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
    now: Instant,
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
    } else if open && deadline.is_some() && !binds(one) {
        let text = "neither agreed nor in force, as far as stated; not judged by its deadline";
        gaps.push(gap("state".to_owned(), text));
    }
    if known_later(one, now) {
        let text = "undated, and recorded with what came after the day the ladder is seen from";
        if one.state() == CommitmentState::Discharged {
            gaps.push(gap("state".to_owned(), text));
        }
        if one.pam_level.is_some() {
            gaps.push(gap("pam_level".to_owned(), text));
        }
    }
    for name in required(one).filter(|name| !points.contains_key(name.as_str())) {
        let text = format!("\"{name}\" is not there, or cannot be seen; not recorded as met");
        gaps.push(gap("requires".to_owned(), &text));
    }
    gaps
}

/// Whether what is recorded knows of times after the day: what it does not date may be of then.
fn known_later(one: &v1::Commitment, now: Instant) -> bool {
    let observed = one.reports.iter();
    let observed = observed.filter_map(|report| span::at(report.observed.as_ref()));
    let held = one.valid.as_ref().and_then(|valid| valid.start.as_ref());
    observed.chain(held.map(instant)).any(|time| time > now)
}

/// The commitments that one requires.
fn required(one: &v1::Commitment) -> impl Iterator<Item = &String> {
    let requires = one.requires.iter();
    requires.flat_map(|requires| &requires.commitments)
}

/// By name: one more than the highest that a commitment requires; none on a cycle, and above one.
fn rungs<'a>(links: &Links<'a>) -> BTreeMap<&'a str, i32> {
    let mut waiting: BTreeMap<&str, (usize, i32)> = BTreeMap::new();
    let mut above: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, required) in links {
        let known = required.iter().filter(|one| links.contains_key(*one));
        let mut count = 0;
        for one in known {
            above.entry(one).or_default().push(name);
            count += 1;
        }
        waiting.insert(name, (count, 0));
    }
    let free = waiting.iter().filter(|(_, (count, _))| *count == 0);
    let mut settled: VecDeque<(&str, i32)> = free.map(|(name, _)| (*name, 0)).collect();
    let mut rungs = BTreeMap::new();
    while let Some((name, rung)) = settled.pop_front() {
        rungs.insert(name, rung);
        for next in above.get(name).into_iter().flatten() {
            let Some((count, height)) = waiting.get_mut(next) else {
                continue;
            };
            *count -= 1;
            *height = (*height).max(rung + 1);
            if *count == 0 {
                settled.push_back((next, *height));
            }
        }
    }
    rungs
}

fn step(
    one: &v1::Commitment,
    now: Instant,
    (point, points): (&Standpoint, &BTreeMap<&str, Standpoint>),
    rungs: &BTreeMap<&str, i32>,
) -> v1::LadderStep {
    let (have, miss, requirements_met) = requirements(one, points);
    let mut reports: Vec<&v1::commitment::Report> = one.reports.iter().collect();
    reports.sort_by_key(|report| span::at(report.observed.as_ref()));
    v1::LadderStep {
        commitment: one.name.clone(),
        revision: one.revision,
        rung: rungs.get(one.name.as_str()).copied().unwrap_or(-1),
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
        unlocked: Vec::new(),
        snap_back: one
            .snap_back
            .as_ref()
            .map(|snap_back| snapped((one, snap_back), point, now)),
        reports: reports
            .into_iter()
            .map(|report| told(report, now))
            .collect(),
        met: point.met,
    }
}

/// Of what comes first that which is met and that which is not, and whether that will do; unknown
/// where neither ALL nor ANY is stated and it matters.
fn requirements(
    one: &v1::Commitment,
    points: &BTreeMap<&str, Standpoint>,
) -> (Vec<String>, Vec<String>, Option<bool>) {
    let met = |name: &String| points.get(name.as_str()).is_some_and(|point| point.met);
    let (have, miss): (Vec<String>, Vec<String>) = required(one).cloned().partition(met);
    let mode = one.requires.as_ref().map(v1::commitment::Requirement::mode);
    let will_do = match mode {
        None => Some(true),
        Some(RequirementMode::All) => Some(miss.is_empty()),
        Some(RequirementMode::Any) => Some(!have.is_empty() || miss.is_empty()),
        Some(RequirementMode::Unspecified) if miss.is_empty() => Some(true),
        Some(RequirementMode::Unspecified) if have.is_empty() => Some(false),
        Some(RequirementMode::Unspecified) => None,
    };
    (have, miss, will_do)
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
    (one, snap_back): (&v1::Commitment, &v1::commitment::SnapBack),
    point: &Standpoint,
    now: Instant,
) -> v1::LadderSnapBack {
    let grace_end = point.violated.zip(snap_back.grace.as_ref());
    let grace_end = grace_end.map(|(violated, grace)| {
        let (seconds, nanos) = after(violated, grace.seconds);
        Timestamp { seconds, nanos }
    });
    let (status, reason) = match unbinding(one).filter(|_| point.violated.is_some()) {
        Some(unbinding) => unbinding,
        None => status(snap_back, point, grace_end.as_ref(), now),
    };
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

/// What becomes of a violation of what does not bind, or may not.
fn unbinding(one: &v1::Commitment) -> Option<(SnapBackStatus, &'static str)> {
    let undecidable = |why| Some((SnapBackStatus::Undecidable, why));
    match one.state() {
        CommitmentState::Agreed | CommitmentState::InForce => None,
        CommitmentState::Proposed => {
            let why = "it is only proposed; nobody is bound by it";
            Some((SnapBackStatus::NotTriggered, why))
        }
        CommitmentState::Unspecified | CommitmentState::Undetermined => {
            undecidable("whether it is in force is not stated")
        }
        CommitmentState::Suspended => undecidable("it is suspended; since when is not stated"),
        CommitmentState::Discharged | CommitmentState::Terminated | CommitmentState::Expired => {
            undecidable("it has ended; whether it was violated before is not stated")
        }
    }
}

fn status(
    snap_back: &v1::commitment::SnapBack,
    point: &Standpoint,
    grace_end: Option<&Timestamp>,
    now: Instant,
) -> (SnapBackStatus, &'static str) {
    if point.violated.is_none() {
        let lapsed = |(since, until): &(Instant, Instant)| {
            let end = snap_back.grace.as_ref();
            *until >= end.map_or(*since, |grace| after(*since, grace.seconds))
        };
        if snap_back.mode() == SnapBackMode::Automatic && point.cured.iter().any(lapsed) {
            let reason = "it took effect before the violation was cured; whether that was undone \
                          is not stated";
            return (SnapBackStatus::Triggered, reason);
        }
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
