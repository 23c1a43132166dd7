//! Behaviour tests.
mod ledger;
mod service;
