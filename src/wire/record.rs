//! The journal's envelopes: how a change is written, and read back.
//!
//! The envelope holds everything but the bodies and is what the hash chain covers; each body is
//! bound to it by the SHA-256 of its salt and itself, so that it could be erased one day while the
//! chain still verifies.

use bytes::Bytes;
use prost::Message;
use sha2::{Digest, Sha256};

use crate::error::Error;

#[allow(
    missing_docs,
    unreachable_pub,
    clippy::all,
    clippy::allow_attributes_without_reason,
    reason = "generated; documented in the proto file"
)]
mod v1 {
    include!(concat!(env!("OUT_DIR"), "/journal/chancery.journal.v1.rs"));
}

pub use v1::{Compaction, Effect, Envelope, Expectation, Genesis};

/// The format this binary writes.
const FORMAT: u32 = 1;

/// SHA-256 of a body and its salt.
pub fn digest(salt: &[u8], body: &[u8]) -> Bytes {
    let mut hash = Sha256::new();
    hash.update(salt);
    hash.update(body);
    Bytes::copy_from_slice(&hash.finalize())
}

/// Writes an envelope in this binary's format.
pub fn encode(mut envelope: Envelope) -> Bytes {
    envelope.format = FORMAT;
    envelope.min_reader = FORMAT;
    envelope.encode_to_vec().into()
}

/// Whether a body is the one that the envelope was made with, or has been erased since: all that is
/// left of an erased body, and of its salt, is zeros.
pub fn holds(effect: &Effect, salt: &[u8], body: &[u8]) -> bool {
    digest(salt, body) == effect.digest || erased(salt, body)
}

/// Whether nothing but zeros is left of a body and its salt.
pub fn erased(salt: &[u8], body: &[u8]) -> bool {
    salt.iter().chain(body).all(|byte| *byte == 0)
}

/// Reads an envelope; refuses one that needs a newer binary.
pub fn decode(bytes: &[u8]) -> Result<Envelope, Error> {
    let envelope = Envelope::decode(bytes)
        .map_err(|error| Error::Internal(format!("journal envelope: {error}")))?;
    if envelope.min_reader > FORMAT {
        let needs = envelope.min_reader;
        let text = format!("the journal needs a reader of format {needs}, this one is {FORMAT}");
        return Err(Error::Internal(text));
    }
    Ok(envelope)
}
