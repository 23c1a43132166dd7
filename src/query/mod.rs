//! What a list asks for, before anything is read: filters, order, page tokens.
//!
//! `filter`  `field = literal AND ...`, checked against the kind's table
//! `page`    page tokens: sealed, bound to the request and the caller
//!
//! Parsed and checked here, executed by the ledger. Pure.

pub mod filter;
pub mod page;
