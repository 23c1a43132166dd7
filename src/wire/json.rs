//! Canonical proto JSON, both ways, by the contract's descriptors.

use prost::Message;
use prost_reflect::{DeserializeOptions, DynamicMessage, SerializeOptions};
use serde_json::Value;

use crate::error::Error;
use crate::model::kind::CONTRACT;

/// A message of the contract as canonical proto JSON. `message` is its name, e.g. `RedLine`.
pub fn encode(message: &str, value: &impl Message) -> Result<Value, Error> {
    decode_dynamic(message, &value.encode_to_vec())?
        .serialize_with_options(serde_json::value::Serializer, &SerializeOptions::new())
        .map_err(|error| Error::Internal(format!("{message} as JSON: {error}")))
}

/// A message of the contract from proto JSON.
pub fn decode<T: Message + Default>(message: &str, value: Value) -> Result<T, Error> {
    let descriptor = descriptor(message)?;
    let options = DeserializeOptions::new().deny_unknown_fields(true);
    DynamicMessage::deserialize_with_options(descriptor, value, &options)
        .map_err(|error| Error::invalid(message, "JSON_MALFORMED", error.to_string()))?
        .transcode_to::<T>()
        .map_err(|error| Error::Internal(format!("{message} from JSON: {error}")))
}

fn decode_dynamic(message: &str, bytes: &[u8]) -> Result<DynamicMessage, Error> {
    DynamicMessage::decode(descriptor(message)?, bytes)
        .map_err(|error| Error::Internal(format!("{message}: {error}")))
}

fn descriptor(message: &str) -> Result<prost_reflect::MessageDescriptor, Error> {
    CONTRACT
        .get_message_by_name(&format!("chancery.v1.{message}"))
        .ok_or_else(|| Error::Internal(format!("the contract has no message {message}")))
}
