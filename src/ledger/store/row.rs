//! The rows of the store: small, one per version, in sled under `name \0 !revision`.
//!
//! ```text
//! key    assessments/talks/redLines/nato \0 FF FF FF FF FF FF FC D3     newest version first
//! value  protobuf: id, slot, kind, times, where the body lies, values, marking
//! ```
//! A row never changes once written, so a replay may write it again.

use prost::Message;
use sha2::{Digest, Sha256};

use crate::ledger::journal::Locator;
use crate::model::Revision;
use crate::model::kind::Value;
use crate::wire::body::Ends;

/// Format of keys and rows; another one is a rebuild.
pub(super) const FORMAT: u32 = 4;

/// A row as sled holds it.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Row {
    /// Dense, in commit order.
    #[prost(uint32, tag = "1")]
    pub(super) id: u32,
    /// Dense, one per name.
    #[prost(uint32, tag = "2")]
    pub(super) slot: u32,
    #[prost(uint32, tag = "3")]
    pub(super) kind: u32,
    #[prost(int64, tag = "4")]
    pub(super) created_us: i64,
    #[prost(int64, tag = "5")]
    pub(super) updated_us: i64,
    /// Place among the effects of the change that created the resource.
    #[prost(uint32, tag = "6")]
    pub(super) born: u32,
    #[prost(bool, tag = "7")]
    pub(super) tombstone: bool,
    #[prost(uint32, tag = "8")]
    pub(super) segment: u32,
    #[prost(uint64, tag = "9")]
    pub(super) offset: u64,
    #[prost(uint32, tag = "10")]
    pub(super) len: u32,
    #[prost(fixed32, tag = "11")]
    pub(super) crc: u32,
    /// What it has, encoded: a start that knows it already need not take it apart.
    #[prost(bytes = "vec", tag = "12")]
    pub(super) has: Vec<u8>,
    /// The encoded marking, when the version has one of its own.
    #[prost(bytes = "vec", optional, tag = "13")]
    pub(super) marking: Option<Vec<u8>>,
    /// For which time in the world it holds, if it says so.
    #[prost(message, optional, tag = "15")]
    pub(super) valid: Option<Valid>,
    /// Everything that its name held before has been erased.
    #[prost(bool, tag = "20")]
    pub(super) purged: bool,
}

/// What a version has: what the sets of the index are made of.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Has {
    #[prost(message, repeated, tag = "1")]
    pub(super) fields: Vec<Indexed>,
    /// Numbers of the fields that are set, of those that may be left out.
    #[prost(uint32, repeated, tag = "2")]
    pub(super) stated: Vec<u32>,
}

/// The row's id alone, for who looks the rest up in the index.
#[derive(Clone, Copy, PartialEq, Message)]
pub(super) struct RowId {
    #[prost(uint32, tag = "1")]
    pub(super) id: u32,
}

/// A stretch of time, in microseconds since 1970; an end that is not stated is open.
#[derive(Clone, Copy, PartialEq, Message)]
pub(super) struct Valid {
    #[prost(sint64, optional, tag = "1")]
    pub(super) from: Option<i64>,
    #[prost(sint64, optional, tag = "2")]
    pub(super) to: Option<i64>,
}

impl From<Ends> for Valid {
    fn from((from, to): Ends) -> Self {
        Self { from, to }
    }
}

/// An indexed value in a row.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Indexed {
    #[prost(uint32, tag = "1")]
    pub(super) field: u32,
    #[prost(oneof = "Held", tags = "2, 3")]
    pub(super) value: Option<Held>,
}

/// The value.
#[derive(Clone, PartialEq, prost::Oneof)]
pub(super) enum Held {
    #[prost(int32, tag = "2")]
    Number(i32),
    #[prost(string, tag = "3")]
    Text(String),
}

impl Row {
    pub(super) fn locator(&self) -> Locator {
        Locator {
            segment: self.segment,
            offset: self.offset,
            len: self.len,
            crc: self.crc,
        }
    }
}

impl From<(u16, Value)> for Indexed {
    fn from((field, value): (u16, Value)) -> Self {
        let value = match value {
            Value::Number(number) => Held::Number(number),
            Value::Text(text) => Held::Text(text.into_string()),
        };
        Self {
            field: u32::from(field),
            value: Some(value),
        }
    }
}

/// The key of a version.
pub(super) fn key(name: &str, revision: Revision) -> Vec<u8> {
    let mut key = Vec::with_capacity(name.len() + 9);
    key.extend_from_slice(name.as_bytes());
    key.push(0);
    key.extend_from_slice(&(!revision.cast_unsigned()).to_be_bytes());
    key
}

/// The name and the revision of a key.
pub(super) fn split(key: &[u8]) -> Option<(&str, Revision)> {
    let (name, tail) = key.split_at_checked(key.len().checked_sub(9)?)?;
    let (separator, inverted) = tail.split_first()?;
    let inverted = u64::from_be_bytes(inverted.try_into().ok()?);
    (*separator == 0).then_some(())?;
    Some((std::str::from_utf8(name).ok()?, (!inverted).cast_signed()))
}

/// 64 bits that stand for an entry of the store; the checkpoint holds the XOR of all.
pub(super) fn fingerprint(tree: u8, key: &[u8], value: &[u8]) -> u64 {
    let mut hash = Sha256::new();
    hash.update([tree]);
    hash.update((key.len() as u64).to_be_bytes());
    hash.update(key);
    hash.update(value);
    let digest = hash.finalize();
    digest
        .iter()
        .take(8)
        .fold(0, |sum, byte| (sum << 8) | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn keys_split_back_and_sort_newest_first(
            name in "[a-z/-]{1,40}", one in 0i64.., other in 0i64..
        ) {
            let key_one = key(&name, one);
            prop_assert_eq!(split(&key_one), Some((name.as_str(), one)));
            prop_assert_eq!(key_one.cmp(&key(&name, other)), other.cmp(&one));
        }
    }
}
