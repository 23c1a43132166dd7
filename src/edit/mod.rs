//! What an edit makes of a resource: masks, identity, checks, links.
//!
//! `behaviour`  what the contract says of a field: required, optional, output only, immutable
//! `check`      what a resource must satisfy before it is written; every problem with its path
//! `link`       the names a resource holds: found, judged, taken out
//! `merge`      what was given, put onto what is there
//!
//! Works on every kind alike, by the contract's descriptors: the same walk serves an edit through
//! a generated client and a YAML file. Pure; whether a link's target exists is asked by `service`.

pub mod behaviour;
pub mod check;
pub mod link;
pub mod merge;
