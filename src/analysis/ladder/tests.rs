//! Compliance from reports, day by day: what counts, what it unlocks and what snaps back.

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
        state: CommitmentState::InForce.into(),
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

fn all(commitments: &[v1::Commitment], at: i64) -> Findings {
    let shown = commitments.iter().map(|one| one.name.clone());
    ladder(commitments, &shown.collect(), &day(at))
}

fn seen(one: &v1::Commitment, at: i64) -> (Compliance, SnapBackStatus) {
    let found = all(std::slice::from_ref(one), at);
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
    second.unlocks = vec!["tools/t".into()];
    let mut first = kept("a");
    first.unlocks = vec!["b".into(), "tools/u".into()];
    let found = all(&[second.clone(), first.clone()], 10);
    let told: Vec<(&str, i32, Vec<String>)> = found
        .steps
        .iter()
        .map(|step| (step.commitment.as_str(), step.rung, step.unlocked.clone()))
        .collect();
    assert_eq!(
        told,
        [("a", 0, vec!["tools/u".to_owned()]), ("b", 1, Vec::new())]
    );
    assert_eq!(found.steps[1].conditions_met, ["a"]);
    assert_eq!(found.steps[1].conditions_missing, ["c"]);
    assert_eq!(found.themes[0].implementation, Some(2.0 / 3.0));
    second.requires.as_mut().unwrap().mode = RequirementMode::Any.into();
    let found = all(&[second, first], 10);
    assert_eq!(found.steps[0].unlocked, ["b", "tools/u"]);
    assert_eq!(found.steps[1].unlocked, ["tools/t"]);
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
    let found = all(&[due, other], 0);
    assert_eq!(found.cycles[0].commitments, ["a", "b"]);
    assert_eq!(found.steps[0].rung, -1);
}

#[test]
fn an_allegation_takes_nothing_back_and_hides_no_deadline() {
    let alleged = report(Kind::Violation, Standing::Alleged, 20);
    let verified = report(Kind::Compliance, Standing::Verified, 10);
    let mut one = commitment("a", vec![verified, alleged.clone()]);
    let found = all(std::slice::from_ref(&one), 30);
    let step = &found.steps[0];
    assert_eq!(step.compliance(), Compliance::AllegedViolation);
    assert!(step.met, "{step:?}");
    let mut second = commitment("b", Vec::new());
    second.requires = Some(Requirement {
        mode: RequirementMode::All.into(),
        commitments: vec!["a".into()],
    });
    let found = all(&[one.clone(), second], 30);
    assert_eq!(found.steps[1].conditions_met, ["a"]);
    one.reports = vec![alleged];
    one.deadline = Some(v1::TimeSpan {
        end: Some(day(25)),
        ..Default::default()
    });
    assert_eq!(seen(&one, 24).0, Compliance::AllegedViolation);
    assert_eq!(seen(&one, 25).0, Compliance::Overdue);
    one.state = CommitmentState::Discharged.into();
    let found = all(std::slice::from_ref(&one), 30);
    assert!(found.steps[0].met, "{found:?}");
}

#[test]
fn the_time_to_cure_runs_from_the_first_violation_after_the_last_cure() {
    let violation = |at| report(Kind::Violation, Standing::Verified, at);
    let cure = report(Kind::Cure, Standing::Verified, 50);
    let reports = vec![violation(10), cure, violation(100), violation(105)];
    let one = commitment("a", reports);
    assert_eq!(seen(&one, 109).1, SnapBackStatus::InGrace);
    assert_eq!(seen(&one, 110).1, SnapBackStatus::AwaitingDecision);
}

#[test]
fn a_report_without_a_day_counts_on_none_and_is_told() {
    let undated = Report {
        observed: None,
        ..report(Kind::Violation, Standing::Verified, 0)
    };
    let one = commitment("a", vec![undated]);
    let found = all(std::slice::from_ref(&one), 500);
    let step = &found.steps[0];
    assert_eq!(step.compliance(), Compliance::Unspecified);
    assert!(!step.reports[0].counts);
    assert_eq!(found.gaps[0].field, "reports[0].observed");
}

#[test]
fn what_is_not_shown_still_counts_for_what_requires_it() {
    let kept = commitment("a", vec![report(Kind::Compliance, Standing::Verified, 5)]);
    let mut second = commitment("b", Vec::new());
    second.requires = Some(Requirement {
        mode: RequirementMode::All.into(),
        commitments: vec!["a".into()],
    });
    let found = ladder(&[kept, second], &BTreeSet::from(["b".to_owned()]), &day(10));
    assert_eq!(found.steps.len(), 1);
    assert_eq!((found.steps[0].rung, found.themes[0].commitments), (1, 1));
    assert_eq!(found.steps[0].conditions_met, ["a"]);
}

#[test]
fn what_counts_from_a_commitment_does_not_move_when_it_is_verified_again() {
    let kept = |at| report(Kind::Compliance, Standing::Verified, at);
    let first = commitment("a", vec![kept(10), kept(90)]);
    let mut second = commitment("b", Vec::new());
    second.deadline = Some(v1::TimeSpan {
        anchor: "a".into(),
        end_offset: Some(Duration {
            seconds: 50,
            nanos: 0,
        }),
        ..Default::default()
    });
    let found = all(&[first, second], 100);
    assert_eq!(found.steps[1].compliance(), Compliance::Overdue);
}

#[test]
fn only_what_binds_is_overdue_and_only_past_an_end() {
    let mut one = commitment("a", Vec::new());
    one.deadline = Some(v1::TimeSpan {
        end: Some(day(50)),
        ..Default::default()
    });
    use CommitmentState::{Agreed, Expired, InForce, Proposed, Terminated, Unspecified};
    for state in [Proposed, Terminated, Expired, Unspecified] {
        one.state = state.into();
        let found = all(std::slice::from_ref(&one), 60);
        assert_eq!(found.steps[0].compliance(), Compliance::Unspecified);
        assert_eq!(found.gaps[0].field, "state", "{state:?}");
    }
    for state in [Agreed, InForce] {
        one.state = state.into();
        assert_eq!(seen(&one, 60).0, Compliance::Overdue, "{state:?}");
    }
    one.deadline = Some(v1::TimeSpan {
        start: Some(day(50)),
        ..Default::default()
    });
    let found = all(std::slice::from_ref(&one), 60);
    assert_eq!(found.steps[0].compliance(), Compliance::Unspecified);
    assert_eq!(found.gaps[0].field, "deadline");
}

#[test]
fn what_is_undated_and_may_be_of_after_the_day_is_told() {
    let later = report(Kind::Compliance, Standing::Verified, 40);
    let mut one = commitment("a", vec![later]);
    one.state = CommitmentState::Discharged.into();
    one.pam_level = Some(3);
    let fields = |at| -> Vec<String> {
        let found = all(std::slice::from_ref(&one), at);
        found.gaps.into_iter().map(|gap| gap.field).collect()
    };
    assert_eq!(fields(39), ["state", "pam_level"]);
    assert!(fields(40).is_empty());
}

#[test]
fn an_automatic_snap_back_that_took_effect_is_told_after_the_cure() {
    let reports = |cure| {
        vec![
            report(Kind::Violation, Standing::Verified, 100),
            report(Kind::Cure, Standing::Verified, cure),
        ]
    };
    let mut one = commitment("a", reports(110));
    one.snap_back.as_mut().unwrap().mode = SnapBackMode::Automatic.into();
    let triggered = (Compliance::Cured, SnapBackStatus::Triggered);
    assert_eq!(seen(&one, 120), triggered);
    one.reports = reports(109);
    let spared = (Compliance::Cured, SnapBackStatus::NotTriggered);
    assert_eq!(seen(&one, 120), spared);
}

#[test]
fn a_long_chain_named_from_its_top_settles_at_once() {
    let chain: Vec<v1::Commitment> = (0..20_000)
        .map(|at| v1::Commitment {
            requires: (at < 19_999).then(|| Requirement {
                mode: RequirementMode::All.into(),
                commitments: vec![format!("{:05}", at + 1)],
            }),
            ..commitment(&format!("{at:05}"), Vec::new())
        })
        .collect();
    let found = all(&chain, 10);
    let top = found.steps.last().unwrap();
    assert_eq!((top.commitment.as_str(), top.rung), ("00000", 19_999));
}

#[test]
fn what_does_not_bind_snaps_nothing_back() {
    let mut one = commitment("a", vec![report(Kind::Violation, Standing::Verified, 5)]);
    if let Some(snap_back) = &mut one.snap_back {
        snap_back.mode = SnapBackMode::Automatic.into();
        snap_back.grace = None;
    }
    let statuses = [
        (CommitmentState::InForce, SnapBackStatus::Triggered),
        (CommitmentState::Proposed, SnapBackStatus::NotTriggered),
        (CommitmentState::Terminated, SnapBackStatus::Undecidable),
        (CommitmentState::Unspecified, SnapBackStatus::Undecidable),
    ];
    for (state, wanted) in statuses {
        one.state = state.into();
        let found = all(std::slice::from_ref(&one), 10);
        let told = found.steps[0].snap_back.as_ref().unwrap();
        assert_eq!(told.status(), wanted, "{state:?}: {}", told.reason);
    }
}
