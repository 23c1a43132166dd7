//! Deliberate mistakes, each caught by the test that is there for it: a test that cannot fail is
//! found out.
//!
//! The driver runs this binary again with `CHANCERY_MUTANT=name` and expects the test beside the
//! name to fail; without the mistake the same test passes, as the rest of the suite shows. Run it
//! with `cargo test --all-features --test it mutants`.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// A mistake, as `model::mutant::active` names it, and the test that must notice it.
const CAUGHT: &[(&str, &str)] = &[
    (
        "posture_ignored",
        "analysis::a_line_is_judged_by_its_posture",
    ),
    (
        "alleged_triggers",
        "analysis::an_alleged_violation_triggers_nothing",
    ),
    (
        "audience_union",
        "analysis::a_derived_marking_is_for_those_whom_every_input_is_for",
    ),
    (
        "ack_before_sync",
        "faults::refusals::a_failed_sync_is_never_acknowledged",
    ),
    (
        "apply_before_append",
        "faults::refusals::what_was_not_written_is_never_read",
    ),
    (
        "checkpoint_without_sync",
        "faults::refusals::no_checkpoint_without_its_sync",
    ),
    (
        "duplicates_dropped_before_risk",
        "bargaining::positions_held_twice_count_twice_in_the_attitudes_to_risk",
    ),
    (
        "order_swapped",
        "faults::refusals::each_commit_is_answered_with_its_own_revision",
    ),
    (
        "search_misses_fresh",
        "search::what_is_found_is_what_a_plain_reading_finds",
    ),
    (
        "to_revision_off_by_one",
        "filters::an_index_answers_what_a_scan_answers",
    ),
    (
        "undetermined_satisfies",
        "filters::an_index_answers_what_a_scan_answers",
    ),
    (
        "watch_skips_a_commit",
        "histories::random_histories_read_as_a_naive_model_says",
    ),
];

#[test]
fn every_deliberate_mistake_is_caught() {
    let binary = std::env::current_exe().unwrap();
    let mut passed = Vec::new();
    for (mutant, test) in CAUGHT.iter().copied() {
        let output = Command::new(&binary)
            .args(["--exact", test, "--include-ignored"])
            .env("CHANCERY_MUTANT", mutant)
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            told.contains("running 1 test"),
            "there is no test \"{test}\""
        );
        println!("{mutant}: caught {}", !output.status.success());
        if output.status.success() {
            passed.push(mutant);
        }
    }
    assert_eq!(passed, [""; 0], "not noticed");
}

/// In both directions; the pure rooms may keep theirs to their own unit tests.
#[test]
fn every_mistake_in_the_ledger_is_in_the_list() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut ledger, mut all) = (BTreeSet::new(), BTreeSet::new());
    collect(&source.join("ledger"), &mut ledger);
    collect(&source, &mut all);
    let listed: BTreeSet<String> = CAUGHT.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert!(ledger.is_subset(&listed), "{ledger:?}");
    assert!(listed.is_subset(&all), "{all:?}");
}

/// The names that the source asks `mutant::active` for.
fn collect(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let text: String = text.split_whitespace().collect();
            let names = text.split("mutant::active(\"").skip(1);
            found.extend(names.filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())));
        }
    }
}
