//! Behaviour tests: everything that is promised, through the doors that people use.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::too_many_lines,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test says what it expects and prints its figures; its tables are long"
)]

mod analysis;
mod archive;
mod bargaining;
mod durability;
mod extraction;
mod faults;
mod filters;
mod fuzz;
mod histories;
mod keeping;
mod ledger;
mod lists;
#[cfg(feature = "mutants")]
mod mutants;
mod negotiation;
mod search;
mod service;
mod sight;
mod tidy;
mod transcript;
mod watch;
mod write;

#[test]
#[ignore = "a mode of this binary, in which the suites of `faults` run it"]
fn writer() {
    faults::program::write();
}

#[test]
#[ignore = "a mode of this binary, in which the suites of `faults` run it"]
fn check() {
    faults::program::check();
}
