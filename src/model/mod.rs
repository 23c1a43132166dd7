//! The plain values everything speaks of: no transport, no clock, no I/O.
//!
//! `v1`      the contract's messages, generated: the one definition of every field
//! `kind`    the table of resource kinds and their indexed fields, read from the contract
//! `name`    resource names        `slug`   ids made from titles
//! `caller`  who asks, markings and clearance
//! `names`   what a text may call an actor or an issue      `actors`  the built-in ones
//! `estimate` words of estimation        `limits`  every bound of the system
//! `ranks`   which enums have an order
//! `mutant`  deliberate mistakes, for tests that must catch them
//!
//! The messages are generated rather than written a second time: sixteen kinds twice over, with
//! conversions between, could only drift apart.

pub mod actors;
pub mod caller;
pub mod estimate;
pub mod kind;
pub mod limits;
pub mod mutant;
pub mod name;
pub mod names;
pub mod ranks;
pub mod slug;

/// The contract's messages, as plain values.
#[allow(
    missing_docs,
    unreachable_pub,
    clippy::all,
    clippy::allow_attributes_without_reason,
    clippy::pedantic,
    rustdoc::all,
    reason = "generated; documented in the proto files"
)]
pub mod v1 {
    include!(concat!(env!("OUT_DIR"), "/plain/chancery.v1.rs"));
}

/// A position in the journal: 1 for the first record, 0 before it.
pub type Revision = i64;
