//! Bytes that nobody meant: the importer and the decoders of page tokens, filters and records are
//! given arbitrary and mutated input, and must answer or refuse within a second, never crash.
//!
//! Cases are drawn by proptest, so that a failure shrinks and is kept. `CHANCERY_TEST_FUZZ_CASES`
//! sets how many (default 64 a target) and asks for the full sizes and the bound of one second;
//! each target prints how many ran and the slowest. Where the development set lies beside the
//! checkout, its texts are mutated too.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test says what it ran and stops where it cannot"
)]

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use chancery::import::draft;
use chancery::model::kind;
use chancery::model::limits::Limits;
use chancery::model::names::Names;
use chancery::query::{filter, order, page};
use chancery::wire::record;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestError, TestRunner};

const CASES: u32 = 64;
/// No input may take longer.
const LONGEST: Duration = Duration::from_secs(1);

/// How many cases were asked for; a plain test run asks for none, and is not timed.
fn asked() -> Option<u32> {
    let set = std::env::var("CHANCERY_TEST_FUZZ_CASES").ok();
    set.and_then(|cases| cases.parse().ok())
}

/// Runs a target over inputs, and prints what it did.
fn fuzz<T: std::fmt::Debug>(name: &str, inputs: impl Strategy<Value = T>, target: impl Fn(&T)) {
    let config = Config {
        cases: asked().unwrap_or(CASES),
        failure_persistence: None,
        ..Config::default()
    };
    let slowest = std::cell::Cell::new(Duration::ZERO);
    let executions = std::cell::Cell::new(0_u32);
    let result = TestRunner::new(config).run(&inputs, |input| {
        let begun = Instant::now();
        target(&input);
        let took = begun.elapsed();
        slowest.set(slowest.get().max(took));
        executions.set(executions.get() + 1);
        if asked().is_some() && took > LONGEST {
            return Err(TestCaseError::fail(format!("took {took:?}")));
        }
        Ok(())
    });
    println!(
        "{name}: {} executions, slowest {:?}",
        executions.get(),
        slowest.get()
    );
    match result {
        Ok(()) => {}
        Err(TestError::Fail(why, input)) => panic!("{name}: {why} with {input:?}"),
        Err(TestError::Abort(why)) => panic!("{name}: {why}"),
    }
}

/// Reads bytes; every place that a draft tells lies in its text.
fn import(bytes: &[u8]) {
    let Ok(found) = draft(bytes, "text/markdown", Names::builtin(), &Limits::default()) else {
        return;
    };
    for doubt in &found.doubts {
        let span = doubt.span.as_ref().expect("a doubt has a place");
        let at = |end: Option<i32>| usize::try_from(end.unwrap_or(0)).expect("a place");
        let there = found.text.get(at(span.start)..at(span.end));
        assert!(there.is_some(), "a doubt lies within the text");
    }
    for judgment in &found.assessment.judgments {
        for citation in &judgment.citations {
            let at = |end: Option<i32>| usize::try_from(end.unwrap_or(0)).expect("a place");
            let there = found.text.get(at(citation.start)..at(citation.end));
            assert_eq!(there, Some(citation.quote.as_str()));
        }
    }
}

/// Pieces of which texts of the kind are made.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("| Red line | Stance | Implication |\n|---|---|---|\n"),
        Just("| a | b |\n"),
        Just("- **Risk:** "),
        Just("  - "),
        Just("```\n"),
        Just("\n\n"),
        Just("## Recommendations for the EU\n"),
        Just("Moscow said on May 3 that it will never accept "),
        Just("Kyiv denies that "),
        Just("“unfriendly” "),
        Just("could likely fuel further war, but "),
        Just("a 140 % chance of "),
        Just("President "),
        Just("Roe’s goal is to "),
        Just("— — —"),
        Just("; and to "),
        Just("**"),
        Just("[x]("),
        Just("\u{0}\u{1b}[31m"),
        Just("\u{202e}é\u{301}ﬁ"),
        Just("U.S. e.g. No. "),
        Just("they "),
        Just("will not talk unless "),
        Just("insists it is not for sale"),
        Just("## Scenario 1: A truce (40%)\n"),
        Just("## Moscow's narrative\n"),
        Just("1. Will it hold by 1 May 2026? 40% (was 30%)\n"),
        Just("Three risks: a, b and c."),
        Just(": (a) x; (b) y"),
        Just("| Player | Wants | Fears |\n|---|---|---|\n"),
        Just("Likely | 55-80%\n"),
        Just("by Q3 2026 — 12% "),
        Just(": "),
        Just("\r\n"),
        Just("\t"),
    ];
    let word = "\\PC{0,12}";
    let any = prop_oneof![4 => piece.prop_map(str::to_owned), 1 => word];
    proptest::collection::vec(any, 0..400).prop_map(|pieces| pieces.concat())
}

#[test]
fn the_importer_reads_whatever_it_is_given() {
    fuzz(
        "import of bytes",
        proptest::collection::vec(any::<u8>(), 0..4096),
        |bytes| import(bytes),
    );
    fuzz("import of pieces", pieces(), |text| import(text.as_bytes()));
}

#[test]
fn bad_input_of_any_size_is_read_in_time() {
    // A tenth of the size finds what crashes; only the full one finds what is slow.
    let part = if asked().is_some() { 1 } else { 10 };
    let nested: String = (0..6_000 / part)
        .map(|at| {
            format!(
                "{}- Russia may fuel war and item {at} of it\n",
                " ".repeat(at % 40)
            )
        })
        .collect();
    let wide = format!(
        "|{}\n|{}\n|{}\n",
        " a |".repeat(10_000),
        "---|".repeat(10_000),
        " b |".repeat(10_000)
    );
    let texts = [
        ("350 KB of nested lists", nested),
        ("a table of 10,000 columns", wide),
        (
            "a line of 1 MB",
            "Moscow said that it ".repeat(50_000 / part),
        ),
        ("1 MB without a blank", "a".repeat((1 << 20) / part)),
        (
            "1 MB of commas and names",
            "Iran, Iraq, and ".repeat(65_000 / part),
        ),
        ("1 MB of quote marks", "“".repeat(350_000 / part)),
        (
            "fences that never close",
            "```\n~~~\nIran must go.\n".repeat(20_000 / part),
        ),
        (
            "control characters",
            "\u{1}\u{2}\u{7f}\n".repeat(100_000 / part),
        ),
        ("sentences of one letter", "I. A? B! ".repeat(60_000 / part)),
        ("titles without end", "President ".repeat(100_000 / part)),
    ];
    for (name, text) in &texts {
        let begun = Instant::now();
        import(text.as_bytes());
        let took = begun.elapsed();
        println!("{name}: {} bytes in {took:?}", text.len());
        let timed = asked().is_some() && !cfg!(debug_assertions);
        assert!(!timed || took <= LONGEST, "{name} took {took:?}");
    }
}

#[test]
fn texts_of_the_development_set_are_read_however_they_are_damaged() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let Ok(entries) = fs::read_dir(&folder) else {
        println!("skipped: the development set is not beside this checkout");
        return;
    };
    let texts: Vec<Vec<u8>> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|end| end == "txt"))
        .map(|path| fs::read(path).expect("a text"))
        .filter(|text| text.len() < 30_000)
        .collect();
    let edit = (
        any::<prop::sample::Index>(),
        any::<prop::sample::Index>(),
        0..4_u8,
        any::<u8>(),
    );
    let inputs = (
        any::<prop::sample::Index>(),
        proptest::collection::vec(edit, 1..12),
    );
    fuzz("import of damaged texts", inputs, |(which, edits)| {
        let mut text = which.get(&texts).clone();
        for (one, other, what, byte) in edits {
            if text.is_empty() {
                return;
            }
            let (a, b) = (one.index(text.len()), other.index(text.len()));
            let (from, to) = (a.min(b), a.max(b).min(a.min(b) + 600));
            match what {
                0 => drop(text.drain(from..to)),
                1 => text.insert(from, *byte),
                2 => {
                    let copy = text[from..to].to_vec();
                    text.extend(copy);
                }
                _ => text[from] = *byte,
            }
        }
        import(&text);
        import(String::from_utf8_lossy(&text).as_bytes());
    });
}

#[test]
fn page_tokens_are_refused_or_read() {
    let limits = Limits::default();
    let bond = page::Bond {
        key: b"key",
        subject: "local",
        request: b"request",
    };
    let place = page::Place {
        revision: 7,
        item_revision: 5,
        item_name: "assessments/a/risks/b".to_owned(),
    };
    let sealed = page::seal(&place, &bond).expect("a token");
    fuzz("page tokens of any text", "\\PC{0,200}", |token| {
        assert!(
            page::open(token, &bond, &limits).is_err(),
            "{token:?} was never written"
        );
    });
    let damage = (any::<prop::sample::Index>(), "[A-Za-z0-9_=-]");
    fuzz(
        "page tokens with a letter changed",
        damage,
        |(at, letter)| {
            let mut token = sealed.clone();
            let at = at.index(token.len());
            token.replace_range(at..=at, letter);
            let read = page::open(&token, &bond, &limits);
            assert!(
                token == sealed || read.is_err(),
                "{token:?} is not what was written"
            );
        },
    );
}

#[test]
fn filters_are_refused_or_read() {
    let limits = Limits::default();
    let kind = kind::of("Risk").expect("a kind");
    let atom = prop_oneof![
        Just("statement".to_owned()),
        Just("likelihood.best".to_owned()),
        Just("=".to_owned()),
        Just("!=".to_owned()),
        Just("AND".to_owned()),
        Just("OR".to_owned()),
        Just("NOT".to_owned()),
        Just("(".to_owned()),
        Just(")".to_owned()),
        Just("\"".to_owned()),
        Just("\\".to_owned()),
        Just(":*".to_owned()),
        Just("-".to_owned()),
        "\\PC{0,8}",
    ];
    let texts = proptest::collection::vec(atom, 0..200).prop_map(|atoms| atoms.join(" "));
    fuzz("filters", texts, |text| {
        let _ = filter::parse(text, kind, &limits);
    });
    fuzz("orders", "\\PC{0,200}", |text| {
        let _ = order::parse(text, kind, &limits);
    });
}

#[test]
fn records_are_refused_or_read() {
    let bytes = proptest::collection::vec(any::<u8>(), 0..2048);
    fuzz("records", bytes, |bytes| {
        let _ = record::decode(bytes);
    });
}
