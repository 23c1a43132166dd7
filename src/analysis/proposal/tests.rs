//! Every posture against every effect, bounds on every scale, and the nearest change against
//! trying every value.

use proptest::prelude::*;

use super::*;
use crate::model::v1::issue::Scale;
use crate::model::v1::ordinal_scale::Point;
use crate::model::v1::proposal_term::Place;
use crate::model::v1::{Bound, IssueRelationKind, TermChangeKind, TermEffect};

fn issue(name: &str, scale: Option<Scale>) -> v1::Issue {
    v1::Issue {
        name: name.to_owned(),
        scale,
        ..Default::default()
    }
}

fn quantity() -> Option<Scale> {
    Some(Scale::Quantity(v1::QuantityScale {
        unit: "km".into(),
        min: Some(0.0),
        max: Some(20.0),
    }))
}

fn steps() -> Option<Scale> {
    let labels = ["none", "talks", "partnership", "membership"];
    let points = (0i16..).zip(labels).map(|(value, label)| Point {
        value: Some(f64::from(value)),
        label: label.to_owned(),
    });
    Some(Scale::Ordinal(v1::OrdinalScale {
        points: points.collect(),
    }))
}

fn known(list: Vec<v1::Issue>) -> Issues {
    let named = list.into_iter().map(|issue| (issue.name.clone(), issue));
    named.collect()
}

fn line(id: &str, issue: &str, posture: Posture, bound: (Option<f64>, Option<f64>)) -> v1::RedLine {
    let stated = bound.0.is_some() || bound.1.is_some();
    v1::RedLine {
        name: format!("assessments/a/redLines/{id}"),
        actor: "actors/north".into(),
        issue: issue.into(),
        posture: posture.into(),
        acceptable: stated.then(|| Bound {
            min: bound.0,
            max: bound.1,
            options: Vec::new(),
        }),
        ..Default::default()
    }
}

fn term(issue: &str, effect: TermEffect, place: Option<Place>) -> v1::ProposalTerm {
    v1::ProposalTerm {
        issue: issue.into(),
        effect: effect.into(),
        place,
        ..Default::default()
    }
}

fn found(terms: &[v1::ProposalTerm], issues: &Issues, lines: Vec<v1::RedLine>) -> Findings {
    check(terms, issues, lines, &Limits::default()).expect("the terms are good")
}

/// The verdict on the only line.
fn verdict(terms: &[v1::ProposalTerm], issues: &Issues, line: v1::RedLine) -> Verdict {
    found(terms, issues, vec![line]).lines[0].verdict()
}

#[test]
fn each_posture_is_judged_in_its_own_way() {
    let issues = known(vec![issue("issues/x", None), issue("issues/y", None)]);
    use Verdict::{Crossed, NotAddressed, Respected, Undecidable, Unmet};
    let table = [
        (Posture::Prohibits, [Crossed, Respected, NotAddressed]),
        (Posture::Refuses, [Crossed, Respected, NotAddressed]),
        (Posture::Requires, [Respected, Crossed, Unmet]),
        (Posture::Claims, [Respected, Crossed, NotAddressed]),
        (
            Posture::Conditions,
            [Undecidable, Undecidable, NotAddressed],
        ),
        (Posture::Unspecified, [Undecidable; 3]),
        (Posture::Undetermined, [Undecidable; 3]),
    ];
    for (posture, [does, denies, silent]) in table {
        let of = |issue: &str, effect| {
            let line = line("l", "issues/x", posture, (None, None));
            verdict(&[term(issue, effect, None)], &issues, line)
        };
        assert_eq!(
            of("issues/x", TermEffect::BringsAbout),
            does,
            "{posture:?} does"
        );
        assert_eq!(
            of("issues/x", TermEffect::RulesOut),
            denies,
            "{posture:?} denies"
        );
        assert_eq!(
            of("issues/y", TermEffect::BringsAbout),
            silent,
            "{posture:?} silent"
        );
        let unclear = of("issues/x", TermEffect::Unspecified);
        assert_eq!(
            unclear,
            Verdict::Undecidable,
            "{posture:?} without an effect"
        );
    }
}

#[test]
fn on_a_scale_the_declared_bound_decides_and_the_margin_is_in_its_terms() {
    let issues = known(vec![
        issue("issues/x", steps()),
        issue("issues/q", quantity()),
    ]);
    let at = |place| [term("issues/x", TermEffect::Unspecified, Some(place))];
    let upto = |max| line("l", "issues/x", Posture::Prohibits, (None, Some(max)));
    let step = |label: &str| at(Place::Step(label.to_owned()));
    assert_eq!(
        verdict(&step("Talks"), &issues, upto(1.0)),
        Verdict::AtLimit
    );
    assert_eq!(
        verdict(&step("none"), &issues, upto(1.0)),
        Verdict::Respected
    );
    assert_eq!(
        verdict(&step("membership"), &issues, upto(3.0)),
        Verdict::Respected,
        "no further"
    );
    let crossed = found(&step("membership"), &issues, vec![upto(1.0)]);
    let margin = crossed.lines[0].margin.clone().expect("a margin");
    assert_eq!((margin.steps, margin.amount), (Some(-2), None));
    assert_eq!(margin.step_labels, ["talks", "partnership", "membership"]);
    let far = [term(
        "issues/q",
        TermEffect::Unspecified,
        Some(Place::Amount(15.5)),
    )];
    let crossed = found(
        &far,
        &issues,
        vec![line("q", "issues/q", Posture::Claims, (None, Some(12.0)))],
    );
    let margin = crossed.lines[0].margin.clone().expect("a margin");
    assert_eq!((margin.amount, margin.unit.as_str()), (Some(-3.5), "km"));
    let without = line("l", "issues/x", Posture::Prohibits, (None, None));
    assert_eq!(
        verdict(&step("talks"), &issues, without),
        Verdict::Undecidable
    );
    let empty = line("l", "issues/x", Posture::Prohibits, (Some(2.0), Some(1.0)));
    assert_eq!(
        verdict(&step("talks"), &issues, empty),
        Verdict::Undecidable
    );
}

#[test]
fn conditions_givers_and_disputes_are_kept_apart() {
    let issues = known(vec![issue("issues/x", None)]);
    let mut carried = term("issues/x", TermEffect::BringsAbout, None);
    carried.meets = vec!["assessments/a/redLines/l".into()];
    let conditional = line("l", "issues/x", Posture::Conditions, (None, None));
    assert_eq!(
        verdict(&[carried], &issues, conditional),
        Verdict::Respected
    );
    let mut given = term("issues/x", TermEffect::BringsAbout, None);
    given.giver = "actors/south".into();
    let refusing = line("l", "issues/x", Posture::Refuses, (None, None));
    assert_eq!(
        verdict(&[given.clone()], &issues, refusing),
        Verdict::NotAddressed
    );
    let mut disputed = line("l", "issues/x", Posture::Prohibits, (None, None));
    disputed.status = RedLineStatus::Disputed.into();
    let told = found(&[given.clone()], &issues, vec![disputed]);
    assert_eq!(told.lines[0].verdict(), Verdict::Disputed);
    assert_eq!(told.lines[0].verdict_if_it_stands(), Verdict::Crossed);
    let mut gone = line("l", "issues/x", Posture::Prohibits, (None, None));
    gone.status = RedLineStatus::Abandoned.into();
    let told = found(&[given], &issues, vec![gone]);
    assert_eq!(
        (told.lines.len(), told.gaps[0].field.as_str()),
        (0, "status")
    );
}

#[test]
fn related_issues_are_followed_as_far_as_the_record_says() {
    let relate = |name: &str, to: &str, kind: IssueRelationKind| {
        let mut from = issue(name, None);
        from.relations = vec![v1::IssueRelation {
            issue: to.to_owned(),
            kind: kind.into(),
        }];
        from
    };
    let issues = known(vec![
        relate(
            "issues/membership",
            "issues/neutrality",
            IssueRelationKind::Overlaps,
        ),
        relate(
            "issues/bases",
            "issues/membership",
            IssueRelationKind::SubissueOf,
        ),
        issue("issues/neutrality", None),
    ]);
    let joins = [term("issues/membership", TermEffect::BringsAbout, None)];
    let neutral = |posture| line("n", "issues/neutrality", posture, (None, None));
    let told = found(&joins, &issues, vec![neutral(Posture::Requires)]);
    assert_eq!(told.lines[0].verdict(), Verdict::Unmet);
    assert_eq!(told.lines[0].bearings.len(), 1, "the overlap is shown");
    let prohibits = verdict(&joins, &issues, neutral(Posture::Prohibits));
    assert_eq!(prohibits, Verdict::Undecidable);
    let bases = [term("issues/bases", TermEffect::BringsAbout, None)];
    let whole = |posture| line("m", "issues/membership", posture, (None, None));
    assert_eq!(
        verdict(&bases, &issues, whole(Posture::Prohibits)),
        Verdict::Crossed
    );
    assert_eq!(
        verdict(&bases, &issues, whole(Posture::Requires)),
        Verdict::Unmet
    );
    let far = verdict(&bases, &issues, neutral(Posture::Prohibits));
    assert_eq!(
        far,
        Verdict::NotAddressed,
        "a part does not overlap with what the whole does"
    );
    let part = line("b", "issues/bases", Posture::Prohibits, (None, None));
    assert_eq!(verdict(&joins, &issues, part), Verdict::Crossed);
}

#[test]
fn conflicting_assessments_are_told_beside_each_other() {
    let issues = known(vec![issue("issues/x", None)]);
    let mut other = line("l", "issues/x", Posture::Requires, (None, None));
    other.name = "assessments/b/redLines/l".into();
    let lines = vec![
        line("l", "issues/x", Posture::Prohibits, (None, None)),
        other,
    ];
    let told = found(
        &[term("issues/x", TermEffect::BringsAbout, None)],
        &issues,
        lines,
    );
    assert_eq!(told.disagreements.len(), 1);
    assert_eq!(told.changes[0].kind(), TermChangeKind::None);
    assert_eq!(told.changes[0].blocked_by.len(), 2);
}

#[test]
fn everything_wrong_with_the_terms_is_told_at_once() {
    let options = Some(Scale::Options(v1::OptionScale {
        ids: vec!["a".into(), "b".into()],
    }));
    let issues = known(vec![
        issue("issues/x", steps()),
        issue("issues/q", quantity()),
        issue("issues/o", options),
        issue("issues/b", Some(Scale::Binary(v1::BinaryScale {}))),
        issue("issues/n", None),
    ]);
    let unstated = TermEffect::Unspecified;
    let terms = [
        term("issues/unknown", unstated, None),
        term("issues/q", unstated, Some(Place::Amount(f64::NAN))),
        term("issues/q", unstated, Some(Place::Amount(21.0))),
        term("issues/x", unstated, Some(Place::Amount(0.5))),
        term("issues/x", unstated, Some(Place::Step("full".into()))),
        term("issues/o", unstated, Some(Place::Option("c".into()))),
        term("issues/o", unstated, Some(Place::Amount(1.0))),
        term("issues/n", unstated, Some(Place::Amount(1.0))),
        term("issues/b", TermEffect::RulesOut, Some(Place::Amount(1.0))),
    ];
    let Err(Error::Invalid(violations)) = check(&terms, &issues, Vec::new(), &Limits::default())
    else {
        panic!("accepted")
    };
    let told: Vec<(&str, &str)> = violations
        .iter()
        .map(|one| (one.field.as_str(), one.reason))
        .collect();
    let expected = [
        ("terms[0].issue", "ISSUE_UNKNOWN"),
        ("terms[1].amount", "NUMBER_NOT_FINITE"),
        ("terms[2].amount", "VALUE_OFF_SCALE"),
        ("terms[3].amount", "VALUE_OFF_SCALE"),
        ("terms[4].step", "STEP_UNKNOWN"),
        ("terms[5].option", "OPTION_UNKNOWN"),
        ("terms[6].amount", "SCALE_MISMATCH"),
        ("terms[7].amount", "SCALE_MISMATCH"),
        ("terms[8].effect", "TERM_CONTRADICTS_ITSELF"),
    ];
    assert_eq!(told, expected);
    let many = vec![term("issues/n", unstated, None); 101];
    assert!(check(&many, &issues, Vec::new(), &Limits::default()).is_err());
    assert!(check(&[], &issues, Vec::new(), &Limits::default()).is_err());
}

#[test]
fn a_bound_of_another_sort_and_a_place_that_is_ruled_out_decide_nothing() {
    let options = Some(Scale::Options(v1::OptionScale {
        ids: vec!["a".into(), "b".into()],
    }));
    let issues = known(vec![issue("issues/x", steps()), issue("issues/o", options)]);
    let mut of_options = line("l", "issues/x", Posture::Prohibits, (None, None));
    of_options.acceptable = Some(Bound {
        options: vec!["a".into()],
        ..Default::default()
    });
    let step = |effect| {
        [term(
            "issues/x",
            effect,
            Some(Place::Step("membership".into())),
        )]
    };
    let unstated = TermEffect::Unspecified;
    assert_eq!(
        verdict(&step(unstated), &issues, of_options),
        Verdict::Undecidable
    );
    let numbered = line("l", "issues/o", Posture::Prohibits, (None, Some(1.0)));
    let option = [term("issues/o", unstated, Some(Place::Option("a".into())))];
    assert_eq!(verdict(&option, &issues, numbered), Verdict::Undecidable);
    for bound in [(None, Some(1.0)), (None, None)] {
        let line = line("l", "issues/x", Posture::Prohibits, bound);
        let ruled_out = verdict(&step(TermEffect::RulesOut), &issues, line);
        assert_eq!(ruled_out, Verdict::Undecidable);
    }
}

#[test]
fn a_change_respects_what_can_be_decided_and_names_the_rest() {
    let overlaps = v1::Issue {
        relations: vec![v1::IssueRelation {
            issue: "issues/y".into(),
            kind: IssueRelationKind::Overlaps.into(),
        }],
        ..issue("issues/x", steps())
    };
    let issues = known(vec![overlaps, issue("issues/y", None)]);
    let lines = vec![
        line("bound", "issues/x", Posture::Prohibits, (None, Some(2.0))),
        line("if", "issues/x", Posture::Conditions, (None, Some(0.0))),
        line("near", "issues/y", Posture::Prohibits, (None, None)),
    ];
    let place = Some(Place::Step("membership".into()));
    let offered = [term("issues/x", TermEffect::Unspecified, place)];
    let told = found(&offered, &issues, lines);
    let change = &told.changes[0];
    assert_eq!(change.kind(), TermChangeKind::Move);
    assert_eq!(change.step, "partnership", "the condition does not bind");
    let named = |id: &str| format!("assessments/a/redLines/{id}");
    assert_eq!(change.undecided, [named("if"), named("near")]);
}

#[test]
fn a_condition_is_carried_by_name_or_not_at_all() {
    let issues = known(vec![issue("issues/x", None)]);
    let lines = vec![line("l", "issues/x", Posture::Prohibits, (None, None))];
    let mut carries = term("issues/x", TermEffect::BringsAbout, None);
    carries.meets = vec![lines[0].name.clone(), "assessments/a/redLines/z".into()];
    let error = check(&[carries], &issues, lines, &Limits::default()).unwrap_err();
    let Error::Invalid(violations) = error else {
        panic!("{error:?}")
    };
    let reasons: Vec<&str> = violations.iter().map(|one| one.reason).collect();
    assert_eq!(reasons, ["LINE_WITHOUT_CONDITION", "LINE_UNKNOWN"]);
}

fn end() -> impl Strategy<Value = Option<f64>> {
    prop_oneof![
        Just(None),
        (0u8..=20).prop_map(|value| Some(f64::from(value)))
    ]
}

proptest! {
    /// The nearest change against trying every whole value: no value that respects every line is
    /// nearer, and where no move is told there is none.
    #[test]
    fn no_value_that_respects_every_line_is_nearer(
        bounds in proptest::collection::vec((end(), end()), 1..6),
        value in 0u8..=20,
        ordinal in any::<bool>(),
    ) {
        let scale = match ordinal {
            false => quantity(),
            true => Some(Scale::Ordinal(v1::OrdinalScale {
                points: (0u8..=20).map(|value| Point {
                    value: Some(f64::from(value)),
                    label: format!("s{value}"),
                }).collect(),
            })),
        };
        let issues = known(vec![issue("issues/q", scale)]);
        let lines: Vec<v1::RedLine> = (0_usize..).zip(&bounds).map(|(at, bound)| {
            let postures = [Posture::Prohibits, Posture::Claims, Posture::Conditions];
            let posture = postures[at % 3];
            line(&format!("l{at}"), "issues/q", posture, *bound)
        }).collect();
        let at = |value: f64| {
            [term("issues/q", TermEffect::Unspecified, Some(Place::Amount(value)))]
        };
        let respects = |value: f64| {
            let told = found(&at(value), &issues, lines.clone());
            told.lines.iter().all(|line| line.verdict() != Verdict::Crossed)
        };
        let value = f64::from(value);
        let told = found(&at(value), &issues, lines.clone());
        let change = &told.changes[0];
        let good: Vec<f64> = (0u8..=20).map(f64::from).filter(|value| respects(*value)).collect();
        let nearest = good.iter().map(|good| (good - value).abs()).min_by(f64::total_cmp);
        match change.kind() {
            TermChangeKind::Keep => prop_assert_eq!(nearest, Some(0.0)),
            TermChangeKind::Move => {
                let to = change.amount.unwrap();
                prop_assert!(respects(to), "{to}");
                prop_assert_eq!(nearest, Some((to - value).abs()));
            }
            TermChangeKind::Strike => prop_assert_eq!(nearest, None),
            TermChangeKind::Unspecified
            | TermChangeKind::Turn
            | TermChangeKind::Add
            | TermChangeKind::None => prop_assert!(false, "{:?}", change.kind()),
        }
    }
}

#[test]
fn lines_whose_options_share_none_leave_nothing_to_add() {
    let scale = Scale::Options(v1::OptionScale {
        ids: ["a", "b", "c"].map(ToOwned::to_owned).to_vec(),
    });
    let issues = known(vec![
        issue("issues/x", Some(scale)),
        issue("issues/y", None),
    ]);
    let lines = ["a", "b", "c"].map(|option| v1::RedLine {
        acceptable: Some(Bound {
            options: vec![option.to_owned()],
            ..Default::default()
        }),
        ..line(option, "issues/x", Posture::Requires, (None, None))
    });
    let terms = [term("issues/y", TermEffect::BringsAbout, None)];
    let told = found(&terms, &issues, lines.to_vec());
    let change = told.changes.last().unwrap();
    assert_eq!(change.kind(), TermChangeKind::None);
    assert_eq!(change.blocked_by.len(), 3);
}

/// "issues/part" lies within "issues/x", which is measured.
fn nested() -> Issues {
    let relation = v1::IssueRelation {
        kind: IssueRelationKind::SubissueOf.into(),
        issue: "issues/x".into(),
    };
    let part = v1::Issue {
        relations: vec![relation],
        ..issue("issues/part", None)
    };
    known(vec![issue("issues/x", quantity()), part])
}

#[test]
fn a_term_on_a_part_outweighs_none_on_the_issue_itself() {
    let terms = [
        term("issues/part", TermEffect::BringsAbout, None),
        term("issues/x", TermEffect::Unspecified, None),
    ];
    let required = line("l", "issues/x", Posture::Requires, (None, None));
    assert_eq!(
        verdict(&terms[..1], &nested(), required.clone()),
        Verdict::Unmet
    );
    assert_eq!(verdict(&terms, &nested(), required), Verdict::Undecidable);
}

#[test]
fn some_of_a_whole_decides_nothing_of_its_part() {
    let prohibited = line("l", "issues/part", Posture::Prohibits, (None, None));
    let at = |place| [term("issues/x", TermEffect::BringsAbout, place)];
    let of = |place| verdict(&at(place), &nested(), prohibited.clone());
    assert_eq!(of(Some(Place::Amount(2.0))), Verdict::Undecidable);
    assert_eq!(of(Some(Place::Amount(20.0))), Verdict::Crossed);
    assert_eq!(of(None), Verdict::Crossed);
}
