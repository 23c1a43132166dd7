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

mod durability;
mod extraction;
mod ledger;
mod lists;
mod service;
mod tidy;
mod transcript;
mod write;
