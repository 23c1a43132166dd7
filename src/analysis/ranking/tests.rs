//! Rankings worked out by hand.

use super::*;
use crate::model::v1::tool::Rating;

fn tool(name: &str, addresses: &[&str], ratings: &[(&str, i32)]) -> v1::Tool {
    v1::Tool {
        name: name.to_owned(),
        addresses: addresses.iter().map(|name| (*name).to_owned()).collect(),
        ratings: ratings
            .iter()
            .map(|(criterion, score)| Rating {
                criterion: (*criterion).to_owned(),
                score: Some(*score),
                ..Rating::default()
            })
            .collect(),
        ..v1::Tool::default()
    }
}

fn weights(given: &[(&str, f64)]) -> BTreeMap<String, f64> {
    let given = given.iter();
    given
        .map(|(criterion, weight)| ((*criterion).to_owned(), *weight))
        .collect()
}

fn question() -> Question {
    let mut talks = tool("talks", &["risk-1", "line-1"], &[("cost", 5)]);
    talks.preconditions = vec!["a venue".to_owned(), "a mediator".to_owned()];
    talks.may_cross = vec!["line-1".to_owned()];
    Question {
        targets: ["risk-1", "line-1", "risk-2"]
            .map(ToOwned::to_owned)
            .to_vec(),
        tools: vec![
            talks,
            tool("sanctions", &["risk-1"], &[("cost", 2)]),
            tool("cables", &["line-1"], &[]),
        ],
        recommendations: vec![v1::Recommendation {
            name: "talk-first".to_owned(),
            tools: vec!["talks".to_owned()],
            ..v1::Recommendation::default()
        }],
        weights: weights(&[(COVERAGE, 3.0), ("cost", 1.0), (PRECONDITIONS, 1.0)]),
        met: BTreeMap::from([("talks".to_owned(), vec!["a venue".to_owned()])]),
        ..Question::default()
    }
}

fn run(question: &Question) -> Ranking {
    rank(question, &Limits::default()).unwrap()
}

fn reasons(question: &Question) -> Vec<&'static str> {
    let Err(Error::Invalid(violations)) = rank(question, &Limits::default()) else {
        panic!("it was accepted");
    };
    violations
        .iter()
        .map(|violation| violation.reason)
        .collect()
}

#[test]
fn coverage_and_its_gaps_stand_before_the_ranking() {
    let ranking = run(&question());
    assert_eq!(ranking.tools, ["talks", "sanctions", "cables"]);
    let rows: Vec<&[bool]> = ranking
        .coverage
        .iter()
        .map(|(_, row)| row.as_slice())
        .collect();
    assert_eq!(
        rows,
        [
            [true, true, false],
            [true, false, true],
            [false, false, false]
        ]
    );
    assert_eq!(ranking.gaps, ["risk-2"]);
}

#[test]
fn a_score_is_the_sum_of_its_contributions() {
    let ranking = run(&question());
    let talks = &ranking.ranked[0];
    assert_eq!((talks.rank, talks.profile.name.as_str()), (1, "talks"));
    // 3/5 of 2/3, 1/5 of 1 and 1/5 of 1/2.
    let expected = [("cost", 0.2), ("coverage", 0.4), ("preconditions", 0.1)];
    for (part, (criterion, contribution)) in talks.contributions.iter().zip(expected) {
        assert_eq!(part.criterion, criterion);
        assert!((part.contribution - contribution).abs() < 1e-12, "{part:?}");
    }
    assert!((talks.score - 0.7).abs() < 1e-12);
    assert_eq!(talks.profile.unmet, ["a mediator"]);
    assert_eq!(talks.profile.may_cross, ["line-1"]);
    assert_eq!(talks.profile.crosses_targets, ["line-1"]);
    assert_eq!(talks.profile.recommended_by, ["talk-first"]);
    // 3/5 of 1/3, 1/5 of 1/4, and no precondition is stated.
    let sanctions = &ranking.ranked[1];
    assert!((sanctions.score - 0.45).abs() < 1e-12);
    assert!(sanctions.contributions[2].none_stated);
}

#[test]
fn a_tool_without_ratings_is_not_ranked() {
    let ranking = run(&question());
    assert_eq!(ranking.unranked.len(), 1);
    assert_eq!(ranking.unranked[0].profile.name, "cables");
    assert_eq!(ranking.unranked[0].not_rated, ["cost"]);
    // Not even where no rating is weighted; and what has no weight need not be rated.
    let mut question = question();
    question.weights = weights(&[(COVERAGE, 1.0), ("cost", 0.0)]);
    question.tools[1].ratings[0].criterion = "speed".to_owned();
    let ranking = run(&question);
    assert_eq!(ranking.ranked.len(), 2);
    assert_eq!(ranking.unranked[0].not_rated, [""; 0]);
}

#[test]
fn weights_that_are_not_given_are_alike() {
    let mut question = question();
    question.weights.clear();
    let ranking = run(&question);
    let names: Vec<&str> = ranking
        .weights
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(
        names,
        ["cost", COVERAGE, LINES, PRECONDITIONS, SIDE_EFFECTS]
    );
    assert!(
        ranking
            .weights
            .iter()
            .all(|(_, weight)| (weight - 0.2).abs() < 1e-12)
    );
}

#[test]
fn equal_scores_share_a_rank() {
    let mut question = question();
    question.tools = ["a", "b", "c"]
        .map(|name| tool(name, &["risk-1"], &[("cost", 3)]))
        .to_vec();
    question.tools[2].ratings[0].score = Some(1);
    question.met.clear();
    let ranking = run(&question);
    let ranks: Vec<usize> = ranking.ranked.iter().map(|tool| tool.rank).collect();
    assert_eq!(ranks, [1, 1, 3]);
    assert_eq!(ranking.ranked[0].leads, Some(0.5));
    assert_eq!(ranking.leader_kept, Some(1.0));
}

#[test]
fn stability_is_the_share_of_drawn_weights() {
    // One is best by coverage alone, the other by cost alone: who leads is who has more weight.
    let mut question = question();
    question.met.clear();
    question.tools = vec![
        tool("wide", &["risk-1", "line-1", "risk-2"], &[("cost", 1)]),
        tool("cheap", &["nothing"], &[("cost", 5)]),
    ];
    question.weights = weights(&[(COVERAGE, 0.5), ("cost", 0.5)]);
    question.stability = Stability {
        samples: 1_000,
        seed: 9,
        concentration: 2.0,
    };
    let ranking = run(&question);
    assert_eq!(ranking, run(&question));
    // With parameters 1 and 1 the drawn share is uniform.
    let wide = ranking
        .ranked
        .iter()
        .find(|tool| tool.profile.name == "wide")
        .unwrap();
    assert!((wide.leads.unwrap() - 0.5).abs() < 0.05, "{:?}", wide.leads);
    // The share of "wide" is uniform to its power: it leads where x > 1/2, with x ~ Beta(3, 1).
    question.weights = weights(&[(COVERAGE, 0.75), ("cost", 0.25)]);
    question.stability.concentration = 4.0;
    let kept = run(&question).leader_kept.unwrap();
    assert!((kept - 0.875).abs() < 0.03, "{kept}");
    question.stability.samples = 0;
    assert_eq!(run(&question).leader_kept, None);
}

#[test]
fn what_is_wrong_is_named_all_at_once() {
    let mut question = question();
    question.weights = weights(&[("cost", -1.0), ("speed", f64::NAN)]);
    question.tools[1].ratings[0].score = Some(6);
    question.met.insert("tanks".to_owned(), Vec::new());
    question
        .met
        .insert("sanctions".to_owned(), vec!["a vote".to_owned()]);
    question.targets.push("risk-1".to_owned());
    question.stability.concentration = 0.0;
    assert_eq!(
        reasons(&question),
        [
            "CONCENTRATION_NOT_POSITIVE",
            "DUPLICATE",
            "WEIGHT_NEGATIVE",
            "NUMBER_NOT_FINITE",
            "CRITERION_UNKNOWN",
            "RATING_OFF_SCALE",
            "PRECONDITION_UNKNOWN",
            "TOOL_UNKNOWN",
        ]
    );
    assert_eq!(reasons(&Question::default()), ["NO_TARGETS", "NO_TOOLS"]);
    question = self::question();
    question.weights = weights(&[("cost", 0.0)]);
    assert_eq!(reasons(&question), ["WEIGHTS_ZERO"]);
    question = self::question();
    question.targets = (0..501).map(|at| at.to_string()).collect();
    assert_eq!(reasons(&question), ["TOO_MANY_TARGETS"]);
}

mod numbers {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever the weights: refused by name, or every figure is a number.
        #[test]
        fn no_figure_is_ever_not_a_number(
            powers in proptest::collection::vec(-330.0..308.5_f64, 2),
        ) {
            let [coverage, cost] = powers.as_slice() else { unreachable!() };
            let mut question = question();
            question.stability.samples = 20;
            question.weights =
                weights(&[(COVERAGE, 10_f64.powf(*coverage)), ("cost", 10_f64.powf(*cost))]);
            match rank(&question, &Limits::default()) {
                Ok(found) => {
                    let told = format!("{found:?}");
                    prop_assert!(!told.contains("NaN") && !told.contains("inf"), "{told}");
                }
                Err(error) => {
                    let reasons = ["NUMBER_TOO_LARGE", "NUMBER_NOT_FINITE", "WEIGHTS_ZERO"];
                    prop_assert!(reasons.contains(&error.reason()), "{error}");
                }
            }
        }
    }
}
