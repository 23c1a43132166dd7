//! What a list asks for, before anything is read: filters, order, page tokens.
//!
//! `filter`  the grammar of AIP-160, checked against the contract
//! `order`   what a list is ordered by, what resources are counted by
//! `page`    page tokens: sealed, bound to the request and the caller
//!
//! Parsed and checked here, executed by the ledger. Pure.

pub mod filter;
pub mod order;
pub mod page;
