//! Bytes and what they mean: the encodings of stored bodies, records and answers.
//!
//! `lazy`    stored resources in answers, copied as bytes and decoded only when somebody looks
//! `body`    one encoded resource: its indexed fields, its position appended, parts left out
//! `builtin` the built-in actors, encoded
//! `record`  the journal's envelopes
//! `json`    canonical proto JSON, by the contract's descriptors
//! `watch`   messages of a watch    `fields`  what differs between two versions
//! `prose`   the texts of a resource, for search    `search`  answers to searches
//!
//! Pure: no I/O, no clock, no randomness.

pub mod body;
pub mod builtin;
pub mod fields;
pub mod json;
mod lazy;
pub mod prose;
pub mod record;
pub mod search;
pub mod watch;

pub use lazy::{Lazy, decode, decodes};
