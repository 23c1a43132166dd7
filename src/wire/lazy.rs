//! A stored resource in an answer: bytes that are copied, or a value that is encoded.
//!
//! The server's generated types hold `Lazy<RedLine>` where the contract says `RedLine`. A read
//! puts the stored bytes in and prost copies them into the response; nothing is decoded. A request
//! that carries a resource is decoded as usual and comes out of `into_value`.

use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::{Buf, BufMut, Bytes};
use prost::encoding::{DecodeContext, WireType};
use prost::{DecodeError, Message};

use crate::error::Error;

static DECODES: AtomicU64 = AtomicU64::new(0);

/// How many stored resources this process has decoded: reads must not move it.
pub fn decodes() -> u64 {
    DECODES.load(Ordering::Relaxed)
}

/// A message as its bytes, or as a value.
#[derive(Debug, Clone)]
pub enum Lazy<T> {
    /// Encoded, not looked into.
    Encoded(Bytes),
    /// Decoded.
    Value(Box<T>),
}

impl<T> Lazy<T> {
    /// A value, to be encoded when it is answered.
    pub fn value(value: T) -> Self {
        Self::Value(Box::new(value))
    }
}

impl<T: Message + Default> Lazy<T> {
    /// The value; decodes if it must.
    pub fn into_value(self) -> Result<T, Error> {
        match self {
            Self::Encoded(bytes) => decode(&bytes),
            Self::Value(value) => Ok(*value),
        }
    }
}

/// Decodes a stored body, and counts it.
pub fn decode<T: Message + Default>(bytes: &[u8]) -> Result<T, Error> {
    DECODES.fetch_add(1, Ordering::Relaxed);
    T::decode(bytes).map_err(|error| Error::Internal(format!("stored body: {error}")))
}

impl<T: Default> Default for Lazy<T> {
    fn default() -> Self {
        Self::Value(Box::default())
    }
}

impl<T> From<Bytes> for Lazy<T> {
    fn from(bytes: Bytes) -> Self {
        Self::Encoded(bytes)
    }
}

impl<T: Message> Lazy<T> {
    fn bytes(&self) -> Bytes {
        match self {
            Self::Encoded(bytes) => bytes.clone(),
            Self::Value(value) => value.encode_to_vec().into(),
        }
    }
}

impl<T: Message> PartialEq for Lazy<T> {
    fn eq(&self, other: &Self) -> bool {
        self.bytes() == other.bytes()
    }
}

impl<T: Message> Eq for Lazy<T> {}

impl<T: Message> Hash for Lazy<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.bytes().hash(state);
    }
}

impl<T: Message + Default> Message for Lazy<T> {
    fn encode_raw(&self, buf: &mut impl BufMut) {
        match self {
            Self::Encoded(bytes) => buf.put_slice(bytes),
            Self::Value(value) => value.encode_raw(buf),
        }
    }

    fn merge_field(
        &mut self,
        tag: u32,
        wire_type: WireType,
        buf: &mut impl Buf,
        ctx: DecodeContext,
    ) -> Result<(), DecodeError> {
        if let Self::Encoded(bytes) = self {
            *self = Self::Value(Box::new(T::decode(bytes.as_ref())?));
        }
        match self {
            Self::Value(value) => value.merge_field(tag, wire_type, buf, ctx),
            Self::Encoded(_) => Ok(()),
        }
    }

    fn encoded_len(&self) -> usize {
        match self {
            Self::Encoded(bytes) => bytes.len(),
            Self::Value(value) => value.encoded_len(),
        }
    }

    fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::v1;

    /// Nested, repeated, map and oneof fields survive either way.
    fn issue() -> v1::Issue {
        let labels = [("desk".to_owned(), "east".to_owned())].into();
        let scale = v1::OrdinalScale {
            points: vec![v1::ordinal_scale::Point {
                value: Some(1.0),
                label: "step".into(),
            }],
        };
        v1::Issue {
            name: "issues/x".into(),
            aliases: vec!["a".into(), "b".into()],
            labels,
            scale: Some(v1::issue::Scale::Ordinal(scale)),
            ..Default::default()
        }
    }

    #[test]
    fn encoded_and_value_write_the_same_bytes() {
        let value = issue();
        let bytes = Bytes::from(value.encode_to_vec());
        let encoded = Lazy::<v1::Issue>::from(bytes.clone());
        let typed = Lazy::value(value.clone());
        assert_eq!(encoded.encode_to_vec(), bytes);
        assert_eq!(typed.encode_to_vec(), bytes);
        assert_eq!(encoded, typed);
        assert_eq!(encoded.encoded_len(), typed.encoded_len());
        assert_eq!(encoded.into_value().unwrap(), value);
    }

    #[test]
    fn a_request_is_decoded_into_a_value() {
        let bytes = issue().encode_to_vec();
        let lazy = Lazy::<v1::Issue>::decode(bytes.as_slice()).unwrap();
        assert!(matches!(lazy, Lazy::Value(_)));
        assert_eq!(lazy.into_value().unwrap(), issue());
    }

    #[test]
    fn merging_into_encoded_bytes_keeps_both_parts() {
        let mut lazy = Lazy::<v1::Issue>::from(Bytes::from(issue().encode_to_vec()));
        let more = v1::Issue {
            title: "more".into(),
            ..Default::default()
        };
        lazy.merge(more.encode_to_vec().as_slice()).unwrap();
        let merged = lazy.into_value().unwrap();
        assert_eq!(
            (merged.name.as_str(), merged.title.as_str()),
            ("issues/x", "more")
        );
    }
}
