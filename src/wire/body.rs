//! One encoded resource, handled without decoding it.
//!
//! Protobuf lets a message be written in parts: what the position in the journal decides
//! (revision, times, etag) is appended to the stored bytes when they are answered, and a shorter
//! view leaves fields out by skipping them. The indexed fields are read by walking the bytes along
//! the kind's table. Field numbers 1 to 20 mean the same in every stored resource.

use bytes::{BufMut, Bytes, BytesMut};
use prost::Message;
use prost::encoding::{
    DecodeContext, WireType, decode_key, decode_varint, encode_key, encode_varint,
    encoded_len_varint, int64, message, skip_field, string,
};
use prost_reflect::{DynamicMessage, Kind as Shape, MessageDescriptor};
use prost_types::Timestamp;

use crate::error::Error;
use crate::model::kind::{self, Index, Kind, Raw, Value};

const NAME: u32 = 1;
const ETAG: u32 = 3;
const REVISION: u32 = 4;
const CREATE_TIME: u32 = 5;
const UPDATE_TIME: u32 = 6;
const VALID: u32 = 15;
const MARKING: u32 = 19;
const DELETE_TIME: u32 = 20;

/// The fields that the server alone writes, and no body holds.
pub const POSITION_FIELDS: [u32; 5] = [ETAG, REVISION, CREATE_TIME, UPDATE_TIME, DELETE_TIME];

/// What the place of a version in the journal says about it. Times in microseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The revision that wrote this version.
    pub revision: i64,
    /// When the resource was created.
    pub created_us: i64,
    /// When this version was written.
    pub updated_us: i64,
    /// Whether this version deleted it.
    pub deleted: bool,
}

/// A time of the journal as the contract writes it.
pub fn timestamp(us: i64) -> Timestamp {
    let nanos = i32::try_from(us.rem_euclid(1_000_000) * 1_000).unwrap_or(0);
    Timestamp {
        seconds: us.div_euclid(1_000_000),
        nanos,
    }
}

/// A time of the contract as the journal counts it; `None` when it is off the scale.
pub fn microseconds(time: &Timestamp) -> Option<i64> {
    time.seconds
        .checked_mul(1_000_000)?
        .checked_add(i64::from(time.nanos / 1_000))
}

/// The stored bytes, completed by their position: what is answered.
pub fn answer(body: &[u8], position: &Position) -> Bytes {
    let mut out = BytesMut::with_capacity(body.len() + 64);
    out.put_slice(body);
    append_position(&mut out, position);
    out.freeze()
}

fn append_position(out: &mut BytesMut, position: &Position) {
    string::encode(ETAG, &format!("\"{}\"", position.revision), out);
    int64::encode(REVISION, &position.revision, out);
    message::encode(CREATE_TIME, &timestamp(position.created_us), out);
    message::encode(UPDATE_TIME, &timestamp(position.updated_us), out);
    if position.deleted {
        message::encode(DELETE_TIME, &timestamp(position.updated_us), out);
    }
}

/// An assessment with its elements: the answered header, then each answered element in its field.
pub fn assemble<'a>(
    header: &[u8],
    elements: impl Iterator<Item = (u32, &'a Bytes)> + Clone,
) -> Bytes {
    let framed = |len: usize| len + encoded_len_varint(len as u64) + 2 * size_of::<u32>();
    let size: usize = elements.clone().map(|(_, bytes)| framed(bytes.len())).sum();
    let mut out = BytesMut::with_capacity(header.len() + size);
    out.put_slice(header);
    for (tag, bytes) in elements {
        encode_key(tag, WireType::LengthDelimited, &mut out);
        encode_varint(bytes.len() as u64, &mut out);
        out.put_slice(bytes);
    }
    out.freeze()
}

/// Takes an encoded assessment apart: its header, and its elements in their order, each with the
/// number of the field it stood in.
pub fn split(assessment: &[u8]) -> Result<(Bytes, Vec<(u32, Bytes)>), Error> {
    let tags: Vec<u32> = kind::elements().map(|kind| kind.tag).collect();
    let header = without(assessment, &tags)?;
    let mut elements = Vec::new();
    let mut rest = assessment;
    while !rest.is_empty() {
        let (tag, wire) = decode_key(&mut rest).map_err(damaged)?;
        if tags.contains(&tag) && wire == WireType::LengthDelimited {
            elements.push((tag, Bytes::copy_from_slice(delimited(&mut rest)?)));
        } else {
            skip_field(wire, tag, &mut rest, DecodeContext::default()).map_err(damaged)?;
        }
    }
    Ok((header, elements))
}

/// The one message field of a message that has no other, e.g. of a oneof: its number and bytes.
pub fn only_field(message: &[u8]) -> Result<Option<(u32, Bytes)>, Error> {
    let mut rest = message;
    if rest.is_empty() {
        return Ok(None);
    }
    let (tag, wire) = decode_key(&mut rest).map_err(damaged)?;
    if wire != WireType::LengthDelimited {
        return Err(damaged("expected a message"));
    }
    Ok(Some((tag, Bytes::copy_from_slice(delimited(&mut rest)?))))
}

/// A message that holds `bytes` as its field of that number.
pub fn framed(tag: u32, bytes: &Bytes) -> Bytes {
    assemble(&[], std::iter::once((tag, bytes)))
}

/// The name in a body.
pub fn name(body: &[u8]) -> Result<String, Error> {
    text(body, NAME)?.ok_or_else(|| damaged("it has no name"))
}

/// The text field of that number; `None` when it is not set.
pub fn text(body: &[u8], field: u32) -> Result<Option<String>, Error> {
    let mut rest = body;
    while !rest.is_empty() {
        let (tag, wire) = decode_key(&mut rest).map_err(damaged)?;
        if tag == field && wire == WireType::LengthDelimited {
            let text = std::str::from_utf8(delimited(&mut rest)?).map_err(damaged)?;
            return Ok(Some(text.to_owned()));
        }
        skip_field(wire, tag, &mut rest, DecodeContext::default()).map_err(damaged)?;
    }
    Ok(None)
}

/// The same message without the fields of these numbers.
pub fn without(body: &[u8], tags: &[u32]) -> Result<Bytes, Error> {
    let mut out = BytesMut::with_capacity(body.len());
    let mut rest = body;
    while !rest.is_empty() {
        let before = rest;
        let (tag, wire) = decode_key(&mut rest).map_err(damaged)?;
        skip_field(wire, tag, &mut rest, DecodeContext::default()).map_err(damaged)?;
        if !tags.contains(&tag) {
            out.put_slice(before.get(..before.len() - rest.len()).unwrap_or_default());
        }
    }
    Ok(out.freeze())
}

/// A body, taken apart by the contract's descriptors.
pub fn open(kind: &Kind, body: &[u8]) -> Result<DynamicMessage, Error> {
    DynamicMessage::decode(kind.descriptor()?, body).map_err(damaged)
}

/// Every indexed value of the body, with the position of its field in the kind's table.
pub fn indexed(kind: &Kind, body: &[u8]) -> Result<Vec<(u16, Value)>, Error> {
    let mut found = Vec::new();
    walk(kind, body, &mut Vec::new(), &mut found)?;
    found.sort();
    found.dedup();
    Ok(found)
}

/// A body with nothing but the marking of another one.
pub fn only_marking(body: &[u8]) -> Result<Vec<u8>, Error> {
    let marking = marking(body)?.map(|marking| Bytes::from(marking.encode_to_vec()));
    Ok(marking.map_or_else(Vec::new, |bytes| framed(MARKING, &bytes).to_vec()))
}

/// Two ends of a stretch of time; one that is not stated is open.
pub type Ends = (Option<i64>, Option<i64>);

/// From when and until before when the resource says that it holds, in microseconds since 1970;
/// `None` when it states neither.
pub fn valid(body: &[u8]) -> Result<Option<Ends>, Error> {
    let mut found = None;
    each(body, &[VALID], &mut |raw| {
        if let Raw::Bytes(bytes) = raw {
            found = Some(crate::model::v1::TimeSpan::decode(bytes).map_err(damaged));
        }
    })?;
    let span = found.transpose()?.unwrap_or_default();
    let at = |time: &Option<Timestamp>| time.as_ref().and_then(microseconds);
    let ends = (at(&span.start), at(&span.end));
    Ok((ends != (None, None)).then_some(ends))
}

/// The marking field of a body.
pub fn marking(body: &[u8]) -> Result<Option<crate::model::v1::Marking>, Error> {
    let mut rest = body;
    let mut found = None;
    while !rest.is_empty() {
        let (tag, wire) = decode_key(&mut rest).map_err(damaged)?;
        if tag == MARKING && wire == WireType::LengthDelimited {
            let bytes = delimited(&mut rest)?;
            found = Some(crate::model::v1::Marking::decode(bytes).map_err(damaged)?);
        } else {
            skip_field(wire, tag, &mut rest, DecodeContext::default()).map_err(damaged)?;
        }
    }
    Ok(found)
}

/// The numbers of the fields of a body that are set and not empty.
pub fn stated(body: &[u8]) -> Result<Vec<u32>, Error> {
    let mut rest = body;
    let mut found = Vec::new();
    while !rest.is_empty() {
        let (tag, wire) = decode_key(&mut rest).map_err(damaged)?;
        let empty = wire == WireType::LengthDelimited && rest.first() == Some(&0);
        if !empty {
            found.push(tag);
        }
        skip_field(wire, tag, &mut rest, DecodeContext::default()).map_err(damaged)?;
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// Every value that the path leads to, from the resource down.
pub fn each(body: &[u8], path: &[u32], found: &mut impl FnMut(Raw<'_>)) -> Result<(), Error> {
    let Some((wanted, below)) = path.split_first() else {
        found(Raw::Bytes(body));
        return Ok(());
    };
    let mut rest = body;
    while !rest.is_empty() {
        let (tag, wire) = decode_key(&mut rest).map_err(damaged)?;
        match wire {
            _ if tag != *wanted => {
                skip_field(wire, tag, &mut rest, DecodeContext::default()).map_err(damaged)?;
            }
            WireType::Varint => {
                found(Raw::Number(decode_varint(&mut rest).map_err(damaged)?));
            }
            WireType::SixtyFourBit => {
                let (bytes, after) = rest.split_first_chunk().ok_or_else(|| damaged("cut"))?;
                found(Raw::Double(f64::from_le_bytes(*bytes)));
                rest = after;
            }
            WireType::LengthDelimited => each(delimited(&mut rest)?, below, found)?,
            WireType::ThirtyTwoBit | WireType::StartGroup | WireType::EndGroup => {
                skip_field(wire, tag, &mut rest, DecodeContext::default()).map_err(damaged)?;
            }
        }
    }
    Ok(())
}

/// Every text of a message, at any depth.
pub fn texts(
    message: &MessageDescriptor,
    body: &[u8],
    found: &mut impl FnMut(&[u8]),
) -> Result<(), Error> {
    let mut rest = body;
    while !rest.is_empty() {
        let (tag, wire) = decode_key(&mut rest).map_err(damaged)?;
        let shape = message.get_field(tag).map(|field| field.kind());
        match (wire, shape) {
            (WireType::LengthDelimited, Some(Shape::String)) => found(delimited(&mut rest)?),
            (WireType::LengthDelimited, Some(Shape::Message(inner))) => {
                texts(&inner, delimited(&mut rest)?, found)?;
            }
            (_, _) => {
                skip_field(wire, tag, &mut rest, DecodeContext::default()).map_err(damaged)?;
            }
        }
    }
    Ok(())
}

fn walk(
    kind: &Kind,
    body: &[u8],
    path: &mut Vec<u32>,
    found: &mut Vec<(u16, Value)>,
) -> Result<(), Error> {
    let mut rest = body;
    while !rest.is_empty() {
        let (tag, wire) = decode_key(&mut rest).map_err(damaged)?;
        path.push(tag);
        let fields = || kind.fields.iter().zip(0u16..);
        let exact = fields().find(|(field, _)| field.tags == *path);
        let through = fields()
            .any(|(field, _)| field.tags.len() > path.len() && field.tags.starts_with(path));
        match (exact, wire) {
            (Some((field, at)), WireType::Varint) => {
                let number = decode_varint(&mut rest).map_err(damaged)?;
                found.push((at, Value::Number(number as i32)));
                debug_assert!(!matches!(field.index, Index::Text));
            }
            (Some((field, at)), WireType::LengthDelimited) => {
                let bytes = delimited(&mut rest)?;
                match field.index {
                    Index::Text => {
                        let text = std::str::from_utf8(bytes).map_err(damaged)?;
                        found.push((at, Value::Text(text.into())));
                    }
                    Index::Enum(_) | Index::Bool => packed(bytes, at, found)?,
                }
            }
            (None, WireType::LengthDelimited) if through => {
                let inner = delimited(&mut rest)?;
                walk(kind, inner, path, found)?;
            }
            (_, _) => {
                skip_field(wire, tag, &mut rest, DecodeContext::default()).map_err(damaged)?;
            }
        }
        path.pop();
    }
    Ok(())
}

fn packed(mut bytes: &[u8], at: u16, found: &mut Vec<(u16, Value)>) -> Result<(), Error> {
    while !bytes.is_empty() {
        let number = decode_varint(&mut bytes).map_err(damaged)?;
        found.push((at, Value::Number(number as i32)));
    }
    Ok(())
}

pub(super) fn delimited<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], Error> {
    let len = decode_varint(rest).map_err(damaged)?;
    let len = usize::try_from(len).unwrap_or(usize::MAX);
    let (bytes, after) = rest
        .split_at_checked(len)
        .ok_or_else(|| Error::Internal("stored body: a field is cut short".to_owned()))?;
    *rest = after;
    Ok(bytes)
}

pub(super) fn damaged(error: impl std::fmt::Display) -> Error {
    Error::Internal(format!("stored body: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{kind, v1};

    fn line() -> v1::RedLine {
        v1::RedLine {
            name: "assessments/a/redLines/b".into(),
            actor: "actors/russia".into(),
            issue: "issues/nato".into(),
            posture: v1::Posture::Prohibits.into(),
            rests_on: vec![
                "assessments/a/risks/x".into(),
                "assessments/a/risks/y".into(),
            ],
            attribution: Some(v1::Attribution {
                asserter: "actors/russia".into(),
                mode: v1::AttributionMode::Declared.into(),
                ..Default::default()
            }),
            marking: Some(v1::Marking {
                tlp: v1::Tlp::Amber.into(),
                ..Default::default()
            }),
            ..Default::default()
        }
    }

    #[test]
    fn indexed_fields_are_found_on_their_own_and_one_deep() {
        let kind = kind::of("RedLine").unwrap();
        let found = indexed(kind, &line().encode_to_vec()).unwrap();
        let of = |path: &str| -> Vec<Value> {
            let at = kind.field(path).unwrap();
            found
                .iter()
                .filter(|(field, _)| *field == at)
                .map(|(_, v)| v.clone())
                .collect()
        };
        assert_eq!(of("actor"), [Value::Text("actors/russia".into())]);
        assert_eq!(
            of("posture"),
            [Value::Number(v1::Posture::Prohibits as i32)]
        );
        assert_eq!(of("rests_on").len(), 2);
        assert_eq!(
            of("attribution.mode"),
            [Value::Number(v1::AttributionMode::Declared as i32)]
        );
        assert_eq!(of("declared_firmness"), [], "not stated is not a value");
    }

    #[test]
    fn an_answer_is_the_body_and_its_position() {
        let position = Position {
            revision: 812,
            created_us: 1_000_001,
            updated_us: -1,
            deleted: false,
        };
        let answered = answer(&line().encode_to_vec(), &position);
        let read = v1::RedLine::decode(answered).unwrap();
        assert_eq!((read.etag.as_str(), read.revision), ("\"812\"", 812));
        assert_eq!(
            read.create_time,
            Some(Timestamp {
                seconds: 1,
                nanos: 1_000
            })
        );
        assert_eq!(
            read.update_time,
            Some(Timestamp {
                seconds: -1,
                nanos: 999_999_000
            })
        );
        assert_eq!(read.stance, line().stance);
    }

    #[test]
    fn a_shorter_view_skips_fields() {
        let short = without(&line().encode_to_vec(), &[12, MARKING]).unwrap();
        let read = v1::RedLine::decode(short).unwrap();
        assert_eq!(read.attribution, None);
        assert_eq!(read.marking, None);
        assert_eq!(read.actor, "actors/russia");
    }

    #[test]
    fn an_assembled_assessment_decodes_to_its_elements() {
        let header = v1::Assessment {
            title: "t".into(),
            ..Default::default()
        };
        let bytes = Bytes::from(line().encode_to_vec());
        let tag = kind::of("RedLine").unwrap().tag;
        let whole = assemble(
            &header.encode_to_vec(),
            [(tag, &bytes), (tag, &bytes)].into_iter(),
        );
        let read = v1::Assessment::decode(whole).unwrap();
        assert_eq!((read.title.as_str(), read.red_lines.len()), ("t", 2));
        assert_eq!(read.red_lines[0], line());
    }
}
