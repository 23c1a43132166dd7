//! placeholder
pub mod error;
pub mod ledger;
pub mod model;
pub mod wire;
