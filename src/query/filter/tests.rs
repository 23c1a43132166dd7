//! What filters mean and what is told of wrong ones; the grammar against another reading of it.

use std::ops::Bound::{Excluded, Included, Unbounded};

use proptest::prelude::*;

use super::tree::{Argument, Node, Operand, Sign};
use super::{Criterion, Expr, Pattern, Place, Stands, Test, parser};
use crate::error::Error;
use crate::model::kind::{self, Kind, Value};
use crate::model::limits::Limits;
use crate::model::v1::{DeclaredFirmness as Firmness, Posture};

fn line() -> &'static Kind {
    kind::of("RedLine").unwrap()
}

fn of(kind: &Kind, text: &str) -> Result<Expr, Vec<String>> {
    match super::parse(text, kind, &Limits::default()) {
        Ok(expr) => Ok(expr),
        Err(Error::Invalid(violations)) => Err(violations
            .into_iter()
            .map(|violation| format!("{} {}", violation.reason, violation.description))
            .collect()),
        Err(other) => Err(vec![other.to_string()]),
    }
}

#[track_caller]
fn parsed(text: &str) -> Expr {
    of(line(), text).unwrap_or_else(|problems| panic!("{text}: {problems:#?}"))
}

fn is(path: &str, value: impl Into<i32>) -> Expr {
    Expr::value(line().field(path).unwrap(), Value::Number(value.into()))
}

fn actor(name: &str) -> Expr {
    Expr::value(line().field("actor").unwrap(), Value::Text(name.into()))
}

#[test]
fn terms_are_read_with_and_without_quotes_and_prefixes() {
    let expected = Expr::And(vec![
        actor("actors/russia"),
        is("posture", Posture::Prohibits),
    ]);
    for text in [
        "actor = \"actors/russia\" AND posture = PROHIBITS",
        "actor=actors/russia AND posture='POSTURE_PROHIBITS'",
        "actor:actors/russia posture = PROHIBITS",
    ] {
        assert_eq!(parsed(text), expected, "{text}");
    }
    assert_eq!(parsed("  "), Expr::Every);
    assert_eq!(
        parsed("declaredFirmness = FIRM"),
        is("declared_firmness", Firmness::Firm)
    );
}

#[test]
fn or_binds_tighter_than_and() {
    let [a, b, c] = ["actors/a", "actors/b", "actors/c"].map(actor);
    assert_eq!(
        parsed("actor=actors/a AND actor=actors/b OR actor=actors/c"),
        Expr::And(vec![a.clone(), Expr::Or(vec![b.clone(), c.clone()])])
    );
    let or = Expr::Or(vec![a, b, c]);
    assert_eq!(parsed("actor = (actors/a OR actors/b OR actors/c)"), or);
    let not = Expr::Not(Box::new(actor("actors/a")));
    assert_eq!(
        (parsed("NOT actor=actors/a"), parsed("-actor=actors/a")),
        (not.clone(), not)
    );
}

#[test]
fn only_judged_values_satisfy_a_comparison() {
    let field = line().field("declared_firmness").unwrap();
    let values = |values: &[Firmness]| {
        let values = values.iter().map(|value| Value::Number((*value).into()));
        Expr::Values(field, values.collect())
    };
    let firm = values(&[Firmness::Firm, Firmness::Absolute]);
    assert_eq!(parsed("declared_firmness >= FIRM"), firm);
    assert_eq!(
        parsed("declared_firmness < STATED"),
        values(&[Firmness::Floated])
    );
    assert_eq!(
        parsed("declared_firmness = UNDETERMINED"),
        values(&[Firmness::Undetermined])
    );
    let judged = [
        Firmness::Floated,
        Firmness::Stated,
        Firmness::Firm,
        Firmness::Absolute,
    ];
    let other = values(&judged).and(Expr::Not(Box::new(values(&[Firmness::Firm]))));
    assert_eq!(parsed("declared_firmness != FIRM"), other);
    let told = |text: &str| of(line(), text).unwrap_err().remove(0);
    assert!(told("declared_firmness = UNSPECIFIED").contains("NOT stated(declared_firmness)"));
    assert!(told("declared_firmness > UNDETERMINED").starts_with("FILTER_TYPE_MISMATCH"));
    assert!(told("posture > PROHIBITS").starts_with("FILTER_TYPE_MISMATCH"));
    // The order is that of the grades, not of their numbers.
    let credible = parsed("citations.credibility >= PROBABLY_TRUE");
    let Expr::Values(_, values) = credible else {
        panic!("{credible:?}")
    };
    assert_eq!(values, [Value::Number(1), Value::Number(2)]);
}

#[test]
fn every_sort_of_field_is_compared_in_its_own_way() {
    let body = |path: &[u32], test| {
        Expr::Body(Criterion {
            path: path.to_vec(),
            test,
        })
    };
    let risk = kind::of("Risk").unwrap();
    let april = 1_775_001_600_000_000;
    let day = 86_400_000_000;
    for (text, expected) in [
        (
            "likelihood.high >= 0.2",
            body(&[13, 3], Test::Float((Included(0.2), Unbounded))),
        ),
        (
            "likelihood >= 20%",
            body(&[13], Test::Likelihood(Stands::AboveOrAround, 0.2)),
        ),
        (
            "likelihood:0.2",
            body(&[13], Test::Likelihood(Stands::Around, 0.2)),
        ),
        (
            "horizon.start < 2026-04-01T00:00:00Z",
            body(&[25, 1], Test::Time((Unbounded, Excluded(april)))),
        ),
        (
            "horizon : \"2026-04-01\"",
            body(&[25], Test::Span(Stands::Around, april, april + day)),
        ),
        (
            "create_time > 2026-03-31",
            Expr::Place(Place::CreateTime, (Included(april), Unbounded)),
        ),
        (
            "revision <= 7",
            Expr::Place(Place::Revision, (Unbounded, Included(7))),
        ),
        (
            "labels:env",
            body(&[18], Test::Key(Pattern::Is("env".into()))),
        ),
        (
            "labels.env = prod*",
            body(
                &[18],
                Test::Entry("env".into(), Pattern::Begins("prod".into())),
            ),
        ),
        (
            "sectors:shipping",
            body(&[29], Test::Like(Pattern::Is("shipping".into()))),
        ),
        ("statement:War", body(&[21], Test::Holds("war".into()))),
        ("stated_rating:*", Expr::Stated(24)),
        ("stated(likelihood)", Expr::Stated(13)),
        ("stated(likelihood.low)", body(&[13, 1], Test::Stated)),
        (
            "name = \"*/risks/x\"",
            Expr::Named(Pattern::Ends("/risks/x".into())),
        ),
        ("grain", body(&[], Test::Holds("grain".into()))),
        (
            "caused_by = \"actors/*\"",
            Expr::Like(
                risk.field("caused_by").unwrap(),
                Pattern::Begins("actors/".into()),
            ),
        ),
    ] {
        assert_eq!(of(risk, text), Ok(expected), "{text}");
    }
    let above = kind::of("Assessment").unwrap().field("situation").unwrap();
    let situation = Expr::value(above, Value::Text("situations/s".into()));
    let text = "assessment.situation = \"situations/s\"";
    assert_eq!(parsed(text), Expr::Parent(Box::new(situation)));
    assert!(matches!(parsed("mentions(\"actors/nato\")"), Expr::Or(fields) if fields.len() > 3));
    let Expr::Through(super::Through { links, besides, .. }) =
        parsed("member_of(\"actors/european-union\")")
    else {
        panic!("not through memberships")
    };
    assert_eq!(links, [line().field("actor").unwrap()]);
    assert!(
        besides.contains(&"actors/austria".to_owned()),
        "{besides:?}"
    );
}

#[test]
fn every_problem_is_told_with_its_place() {
    let text = "nope = 1 AND posture = LOUD AND actor > x AND f(x) AND actor =";
    let found = of(line(), text).unwrap_err();
    let starts = [
        "FILTER_FIELD_UNKNOWN at byte 0:",
        "FILTER_VALUE_UNKNOWN at byte 23:",
        "FILTER_TYPE_MISMATCH at byte 40:",
        "FILTER_FUNCTION_UNKNOWN at byte 46:",
        "FILTER_MALFORMED at byte 62:",
    ];
    assert_eq!(found.len(), starts.len(), "{found:#?}");
    for (found, start) in found.iter().zip(starts) {
        assert!(found.starts_with(start), "{found}");
    }
    for (text, start) in [
        ("actor = \"x", "FILTER_MALFORMED at byte 8:"),
        ("AND", "FILTER_MALFORMED at byte 0:"),
        ("(actor = a", "FILTER_MALFORMED at byte 10:"),
        ("actor = a)", "FILTER_MALFORMED at byte 9:"),
        ("attribution.mood = x", "FILTER_FIELD_UNKNOWN at byte 12:"),
        ("actor.name = x", "FILTER_FIELD_UNKNOWN at byte 6:"),
        ("red_lines.actor = x", "FILTER_FIELD_UNKNOWN at byte 0:"),
        (
            "assessment.red_lines.actor = x",
            "FILTER_FIELD_UNKNOWN at byte 11:",
        ),
        ("create_time > tomorrow", "FILTER_TYPE_MISMATCH at byte 14:"),
        (
            "outlook.likelihood.low > high",
            "FILTER_TYPE_MISMATCH at byte 25:",
        ),
        ("mentions(nobody)", "FILTER_VALUE_UNKNOWN at byte 9:"),
        ("stated()", "FILTER_TYPE_MISMATCH at byte 0:"),
        ("attribution = x", "FILTER_TYPE_MISMATCH at byte 14:"),
    ] {
        let found = of(line(), text).unwrap_err();
        assert!(
            found.len() == 1 && found[0].starts_with(start),
            "{text}: {found:?}"
        );
    }
}

#[test]
fn length_terms_and_depth_are_bounded() {
    let told = |text: &str| of(line(), text).unwrap_err();
    let many = "posture = CLAIMS AND ".repeat(100) + "posture = CLAIMS";
    assert_eq!(told(&many).len(), 1, "{:?}", told(&many));
    assert!(told(&many)[0].starts_with("FILTER_TOO_LONG at byte"));
    assert!(told(&"a".repeat(10_000))[0].starts_with("FILTER_TOO_LONG"));
    assert!(told(&"actor = a AND ".repeat(200_000))[0].starts_with("FILTER_TOO_LONG"));
    let wrong = told(&"a=b ".repeat(1_600));
    assert!(wrong[0].starts_with("FILTER_TOO_LONG at byte"), "{wrong:?}");
    assert_eq!(wrong.len(), 65);
    let deep = |levels: usize| "(".repeat(levels) + "posture = CLAIMS" + &")".repeat(levels);
    assert_eq!(parsed(&deep(32)), is("posture", Posture::Claims));
    assert_eq!(told(&deep(33)).len(), 1);
    assert!(told(&deep(4_000))[0].starts_with("FILTER_TOO_DEEP at byte 32"));
    assert!(told(&"f(".repeat(4_000))[0].starts_with("FILTER_TOO_DEEP"));
}

/// A filter as both readings of the grammar put it.
fn canonical(node: &Node) -> String {
    let list = |name: &str, nodes: &[Node]| {
        let parts: Vec<String> = nodes.iter().map(canonical).collect();
        format!("{name}({})", parts.join(" "))
    };
    match node {
        Node::And(nodes) => list("and", nodes),
        Node::Or(nodes) => list("or", nodes),
        Node::Not(node) => format!("not({})", canonical(node)),
        Node::Term(term) => match &term.right {
            None => operand(&term.left),
            Some((sign, right)) => {
                format!(
                    "[{} {} {}]",
                    operand(&term.left),
                    written(*sign),
                    argument(right)
                )
            }
        },
        Node::Broken => "broken".to_owned(),
    }
}

fn written(sign: Sign) -> &'static str {
    let signs = ["=", "!=", "<", "<=", ">", ">=", ":"];
    let found = signs
        .into_iter()
        .find(|text| Sign::read(text) == Some(sign));
    found.expect("a sign")
}

fn operand(operand: &Operand) -> String {
    match operand {
        Operand::Member(words) => {
            let words = words
                .iter()
                .map(|word| format!("{:?}", (&word.text, word.quoted)));
            words.collect::<Vec<_>>().join(".")
        }
        Operand::Call { name, given, .. } => {
            let given: Vec<String> = given.iter().map(argument).collect();
            format!("{name}<{}>", given.join(","))
        }
    }
}

fn argument(given: &Argument) -> String {
    match given {
        Argument::Operand(given) => operand(given),
        Argument::Group(node, _) => canonical(node),
    }
}

mod other {
    //! The same of the crate `aip-160`.
    use aip_160::{Arg, Comparable, Comparator, Expression, Value};

    pub(super) fn canonical(node: &Expression) -> String {
        let list = |name: &str, nodes: &[Expression]| {
            let parts: Vec<String> = nodes.iter().map(canonical).collect();
            format!("{name}({})", parts.join(" "))
        };
        match node {
            Expression::And(nodes) | Expression::Sequence(nodes) => list("and", nodes),
            Expression::Or(nodes) => list("or", nodes),
            Expression::Not(node) => format!("not({})", canonical(node)),
            Expression::Global(comparable) => operand(comparable),
            Expression::Restriction(one) => {
                let sign = match one.comparator {
                    Comparator::Equal => "=",
                    Comparator::NotEqual => "!=",
                    Comparator::LessThan => "<",
                    Comparator::LessThanOrEqual => "<=",
                    Comparator::GreaterThan => ">",
                    Comparator::GreaterThanOrEqual => ">=",
                    Comparator::Has => ":",
                };
                format!(
                    "[{} {sign} {}]",
                    operand(&one.comparable),
                    argument(&one.arg)
                )
            }
        }
    }

    fn operand(comparable: &Comparable) -> String {
        match comparable {
            Comparable::Member(member) => {
                let words = std::iter::once(&member.value).chain(&member.fields);
                let words = words.map(|word| match word {
                    Value::Text(text) => format!("{:?}", (text, false)),
                    Value::String(text) => format!("{:?}", (text, true)),
                });
                words.collect::<Vec<_>>().join(".")
            }
            Comparable::Function(function) => {
                let given: Vec<String> = function.args.iter().map(argument).collect();
                format!("{}<{}>", function.name.join("."), given.join(","))
            }
        }
    }

    fn argument(arg: &Arg) -> String {
        match arg {
            Arg::Comparable(comparable) => operand(comparable),
            Arg::Composite(node) => canonical(node),
        }
    }
}

/// Filters that mostly follow the grammar, with a slip now and then.
fn filters() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        6 => "[a-z_]{1,6}",
        2 => "[a-z]{1,4}\\.[a-z]{1,4}",
        1 => "-?[0-9]{1,3}(\\.[0-9]{1,2})?s?",
        2 => "\"[a-z *\\\\n]{0,6}\"",
        1 => "'[a-z\"]{0,5}'",
        1 => Just("*".to_owned()),
        1 => Just("AND".to_owned()),
        1 => Just("NOT".to_owned()),
    ];
    let sign = prop_oneof![
        Just("="),
        Just(" = "),
        Just("!="),
        Just(" <"),
        Just("<="),
        Just("> "),
        Just(">="),
        Just(":"),
        Just(" : "),
    ];
    let call = (word.clone(), word.clone()).prop_map(|(name, given)| format!("{name}({given})"));
    let term = prop_oneof![
        8 => (word.clone(), sign, word.clone()).prop_map(|(l, s, r)| format!("{l}{s}{r}")),
        2 => word.clone(),
        2 => call,
    ];
    term.prop_recursive(5, 24, 3, |inner| {
        prop_oneof![
            4 => (inner.clone(), inner.clone()).prop_map(|(l, r)| format!("{l} AND {r}")),
            4 => (inner.clone(), inner.clone()).prop_map(|(l, r)| format!("{l} OR {r}")),
            3 => (inner.clone(), inner.clone()).prop_map(|(l, r)| format!("{l} {r}")),
            2 => inner.clone().prop_map(|one| format!("NOT {one}")),
            2 => inner.clone().prop_map(|one| format!("-{one}")),
            3 => inner.clone().prop_map(|one| format!("({one})")),
            1 => inner.clone().prop_map(|one| format!("( {one} )")),
            1 => (inner.clone(), 0usize..40).prop_map(|(one, at)| {
                one.chars().enumerate().filter(|(i, _)| *i != at).map(|(_, c)| c).collect()
            }),
            1 => inner.prop_map(|one| format!("a = ({one})")),
        ]
    })
}

/// Both readings agree on what is a filter and what it says.
#[test]
fn the_grammar_is_read_as_the_crate_aip_160_reads_it() {
    let (read, refused) = (std::cell::Cell::new(0), std::cell::Cell::new(0));
    let limits = Limits {
        filter_terms_max: 1_000,
        ..Limits::default()
    };
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 4_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let outcome = runner.run(&filters(), |text| {
        let mut problems = Vec::new();
        let mine = parser::parse(&text, &limits, &mut problems);
        let theirs = aip_160::parse_filter(&text);
        prop_assert_eq!(
            problems.is_empty(),
            theirs.is_ok(),
            "{:?} {:?}",
            problems,
            theirs
        );
        let Ok(theirs) = theirs else {
            refused.set(refused.get() + 1);
            return Ok(());
        };
        read.set(read.get() + 1);
        let theirs = theirs.expression.as_ref().map(other::canonical);
        prop_assert_eq!(mine.as_ref().map(canonical), theirs);
        Ok(())
    });
    println!(
        "filters read alike: {}, refused by both: {}",
        read.get(),
        refused.get()
    );
    outcome.unwrap_or_else(|error| panic!("{error}"));
    assert!(read.get() > 1_000 && refused.get() > 100);
}

proptest! {
    #[test]
    fn any_text_is_answered(text in ".{0,200}") {
        let _either = of(line(), &text);
    }
}
