//! Each rule of the craft, broken and kept.

use super::*;

fn rules(assessment: &v1::Assessment) -> Vec<(Rule, String)> {
    let now = Timestamp {
        seconds: 1000,
        nanos: 0,
    };
    let found = lint(assessment, &premises(assessment), &now).into_iter();
    found.map(|one| (one.rule(), one.description)).collect()
}

/// As a service reads them, of the assessment alone.
fn premises(assessment: &v1::Assessment) -> Premises {
    let parts = assessment
        .judgments
        .iter()
        .map(|one| (&one.name, &one.rests_on));
    let rests: BTreeMap<_, _> = parts.collect();
    let read = |name: &str| {
        let broken = assessment.assumptions.iter().any(|one| one.name == name);
        Ok(Premise {
            gone: broken.then_some("is an assumption that is broken"),
            rests_on: rests
                .get(&name.to_owned())
                .copied()
                .cloned()
                .unwrap_or_default(),
        })
    };
    Premises::read(assessment, 100, read).unwrap()
}

fn summary(text: &str) -> v1::Assessment {
    v1::Assessment {
        name: "assessments/a".into(),
        summary: text.into(),
        ..Default::default()
    }
}

#[test]
fn words_of_estimation_are_held_to_their_yardstick() {
    let of = |text: &str| {
        let found = rules(&summary(text));
        found.into_iter().map(|(rule, _)| rule).collect::<Vec<_>>()
    };
    assert_eq!(
        of("A strike is very likely. A truce is a realistic possibility."),
        [Rule::MixedYardsticks]
    );
    assert_eq!(
        of("A strike is likely. We have high confidence in this."),
        []
    );
    assert_eq!(
        of("We judge with high confidence that it is likely."),
        [Rule::LikelihoodWithConfidence]
    );
    assert_eq!(of("It is unlikely (60%)."), [Rule::WordAgainstNumber]);
    assert_eq!(of("It is likely, about 60 percent."), []);
    assert_eq!(
        of("An unlikely-looking likelihood."),
        [],
        "whole words only"
    );
    assert_eq!(
        terms("highly unlikely, unlikely"),
        ["highly unlikely", "unlikely"]
    );
}

#[test]
fn remote_is_a_likelihood_only_where_it_is_said_of_one() {
    let estimates = [
        "The chance of a truce is remote.",
        "A truce is a remote prospect.",
        "The prospects remain remote.",
        "remote",
    ];
    for text in estimates {
        assert_eq!(terms(text), ["remote"], "{text}");
    }
    let places = [
        "Shells fell on a remote village.",
        "The remote villages on the border are likely to be shelled.",
        "The station is remote and hard to reach.",
    ];
    for text in places {
        assert!(!terms(text).contains(&"remote"), "{text}");
    }
}

#[test]
fn percentages_are_read_as_they_are_written() {
    let table: [(&str, &[(f64, f64)]); 8] = [
        ("about 60 %, or 61%.", &[(60.0, 60.0), (61.0, 61.0)]),
        ("60 percent", &[(60.0, 60.0)]),
        ("60 per cent of them", &[(60.0, 60.0)]),
        ("(10-20 %)", &[(10.0, 20.0)]),
        ("10\u{2013}20%", &[(10.0, 20.0)]),
        ("between 10 and 20 per cent", &[(10.0, 20.0)]),
        ("from 10% to 20%", &[(10.0, 20.0)]),
        ("3 of 10 and nan percent", &[]),
    ];
    for (text, expected) in table {
        assert_eq!(percents(text), expected, "{text}");
    }
    let of = |text: &str| {
        rules(&summary(text))
            .into_iter()
            .map(|(rule, _)| rule)
            .next()
    };
    let wrong = Some(Rule::WordAgainstNumber);
    assert_eq!(of("It is unlikely, between 50 and 60 per cent."), wrong);
    assert_eq!(
        of("It is unlikely, 40-60 %."),
        wrong,
        "partly is not enough"
    );
    assert_eq!(of("It is unlikely, 25-35 %."), None);
}

#[test]
fn a_number_is_held_against_a_term_only_where_it_says_what_the_term_means() {
    let of = |text: &str| {
        let found = rules(&summary(text));
        found.into_iter().map(|(rule, _)| rule).collect::<Vec<_>>()
    };
    for text in [
        "Oil fell 3 % and a strike is likely.",
        "A strike is likely and wages fell (3 %).",
        "It is not likely (20 %).",
        "It isn't likely (20 %).",
        "A truce is less likely (20 %).",
        "A strike is likely once a quota of 3 % is passed.",
    ] {
        assert_eq!(of(text), [], "{text}");
    }
    for text in [
        "A strike is likely (20 %).",
        "A strike at the port is likely to last (about 20 %).",
        "A strike is likely, at around 20 per cent.",
        "With a probability of 20 % a strike is likely.",
    ] {
        assert_eq!(of(text), [Rule::WordAgainstNumber], "{text}");
    }
}

#[test]
fn remote_is_looked_at_within_its_sentence() {
    let far = "The chance that the old lighthouse on the northern cape will ever be lit is remote.";
    assert!(!terms(far).contains(&"remote"), "beyond the window");
    assert!(!terms("We weighed the odds. The cape is remote.").contains(&"remote"));
    assert!(!terms("The cape lies remote. Prospects are good.").contains(&"remote"));
    assert!(terms("The odds, we fear, are remote.").contains(&"remote"));
    // The most words that a text of 64 KiB has of it: each is looked at once.
    assert_eq!(terms(&"remote ".repeat(9362)).len(), 0);
}

#[test]
fn what_is_not_stated_is_told() {
    let mut assessment = summary("");
    assessment.scenario_sets = vec![v1::ScenarioSet {
        name: "s".into(),
        ..Default::default()
    }];
    let fields: Vec<String> = unstated(&assessment, &premises(&assessment))
        .into_iter()
        .map(|gap| gap.field)
        .collect();
    assert_eq!(fields, ["yardstick_declared", "structure_stated"]);
}

#[test]
fn coded_numbers_sums_sources_premises_and_validity_are_checked() {
    let mut assessment = summary("");
    let entered = |best: f64, term: &str| {
        Some(v1::Likelihood {
            best: Some(best),
            term: term.into(),
            scheme: Scheme::Icd203.into(),
            origin: LikelihoodOrigin::Entered.into(),
            ..Default::default()
        })
    };
    assessment.forecasts = ["f1", "f2"]
        .map(|name| v1::Forecast {
            name: name.into(),
            likelihood: entered(0.6, "likely"),
            ..Default::default()
        })
        .into();
    assessment.scenario_sets = vec![v1::ScenarioSet {
        name: "s".into(),
        members: vec!["f1".into(), "f2".into()],
        structure: ScenarioStructure::Exclusive.into(),
        structure_stated: Some(true),
        ..Default::default()
    }];
    assessment.risks = vec![v1::Risk {
        name: "r".into(),
        likelihood: entered(0.3, "likely"),
        valid: Some(v1::TimeSpan {
            end: Some(Timestamp {
                seconds: 1000,
                nanos: 0,
            }),
            ..Default::default()
        }),
        ..Default::default()
    }];
    assessment.assumptions = vec![v1::Assumption {
        name: "p".into(),
        status: v1::AssumptionStatus::Broken.into(),
        ..Default::default()
    }];
    assessment.judgments = vec![v1::Judgment {
        name: "j".into(),
        rests_on: vec!["p".into(), "j".into()],
        ..Default::default()
    }];
    assessment.recommendations = vec![v1::Recommendation {
        name: "c".into(),
        rests_on: vec!["j".into()],
        ..Default::default()
    }];
    let found: Vec<Rule> = rules(&assessment)
        .into_iter()
        .map(|(rule, _)| rule)
        .collect();
    let expected = [
        Rule::WordAgainstNumber,
        Rule::ExclusiveOverOne,
        Rule::RiskWithoutSource,
        Rule::PremiseGone,
        Rule::Stale,
    ];
    assert_eq!(found, expected);
    assessment.scenario_sets[0].structure_stated = None;
    assert!(
        !rules(&assessment)
            .iter()
            .any(|(rule, _)| *rule == Rule::ExclusiveOverOne)
    );
}
