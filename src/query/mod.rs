//! What is asked for, before anything is read: filters, order, page tokens, words.
//!
//! `filter`  the grammar of AIP-160, checked against the contract
//! `order`   what a list is ordered by, what resources are counted by
//! `page`    page tokens: sealed, bound to the request and the caller
//! `words`   the words of a search
//!
//! Parsed and checked here, executed by the ledger. Pure.

pub mod filter;
pub mod order;
pub mod page;
pub mod words;
