//! Messages of a watch, put together as bytes: the stored resources in them are copied, never
//! decoded, and a message that many readers get need not be made for each.
//!
//! Field numbers are those of `WatchAssessmentsResponse`; a test reads back what is written.

use bytes::{BufMut, Bytes, BytesMut};
use prost::encoding::{
    WireType, bool as boolean, encode_key, encode_varint, encoded_len_varint, int32, int64,
    key_len, message, string,
};

use super::body::timestamp;
use crate::model::kind::{self, Kind};
use crate::model::v1;

const RESPONSE_COMMIT: u32 = 1;
const COMMIT_REVISION: u32 = 1;
const COMMIT_TIME: u32 = 2;
const COMMIT_CHANGES: u32 = 3;
const COMMIT_COMPLETE: u32 = 4;
const CHANGE_KIND: u32 = 1;
const CHANGE_NAME: u32 = 2;
/// An assessment, an element.
const CHANGE_AFTER: (u32, u32) = (3, 4);
const CHANGE_BEFORE: (u32, u32) = (5, 6);

/// One change.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    /// The resource.
    pub name: &'a str,
    /// Its kind: an assessment or an element.
    pub kind: &'static Kind,
    /// Whether it went out of sight.
    pub removed: bool,
    /// As it is.
    pub after: Option<&'a Bytes>,
    /// As it was.
    pub before: Option<&'a Bytes>,
}

/// A `WatchChange`.
pub fn change(change: &Change<'_>) -> Bytes {
    let images = [change.after, change.before].into_iter().flatten();
    let size: usize = images.map(|image| image.len() + 24).sum();
    let mut out = BytesMut::with_capacity(change.name.len() + size + 16);
    let what = if change.removed {
        v1::WatchChangeKind::Removed
    } else {
        v1::WatchChangeKind::Upserted
    };
    int32::encode(CHANGE_KIND, &what.into(), &mut out);
    string::encode(CHANGE_NAME, &change.name.to_owned(), &mut out);
    for (tags, image) in [(CHANGE_AFTER, change.after), (CHANGE_BEFORE, change.before)] {
        if let Some(image) = image {
            resource(tags, change.kind, image, &mut out);
        }
    }
    out.freeze()
}

/// A `WatchAssessmentsResponse` with some of the changes of a commit.
pub fn commit(revision: i64, time_us: i64, changes: &[Bytes], complete: bool) -> Bytes {
    let size: usize = changes
        .iter()
        .map(|one| framed_len(COMMIT_CHANGES, one.len()))
        .sum();
    let mut inner = BytesMut::with_capacity(size + 32);
    int64::encode(COMMIT_REVISION, &revision, &mut inner);
    message::encode(COMMIT_TIME, &timestamp(time_us), &mut inner);
    for change in changes {
        frame(COMMIT_CHANGES, change, &mut inner);
    }
    if complete {
        boolean::encode(COMMIT_COMPLETE, &complete, &mut inner);
    }
    let mut out = BytesMut::with_capacity(framed_len(RESPONSE_COMMIT, inner.len()));
    frame(RESPONSE_COMMIT, &inner, &mut out);
    out.freeze()
}

/// The arm of `Element` that holds a kind; 0 for what is no element.
pub fn arm(kind: &Kind) -> u32 {
    let place = kind::elements().position(|other| other.ordinal == kind.ordinal);
    place.map_or(0, |place| place as u32 + 1)
}

/// A resource: a header in its own field, an element in an `Element`.
pub(super) fn resource(
    (header, element): (u32, u32),
    kind: &Kind,
    image: &Bytes,
    out: &mut BytesMut,
) {
    if kind.is_element() {
        encode_key(element, WireType::LengthDelimited, out);
        let arm = arm(kind);
        encode_varint(framed_len(arm, image.len()) as u64, out);
        frame(arm, image, out);
    } else {
        frame(header, image, out);
    }
}

fn framed_len(tag: u32, len: usize) -> usize {
    key_len(tag) + encoded_len_varint(len as u64) + len
}

pub(super) fn frame(tag: u32, bytes: &[u8], out: &mut BytesMut) {
    encode_key(tag, WireType::LengthDelimited, out);
    encode_varint(bytes.len() as u64, out);
    out.put_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;
    use prost::Message;

    #[test]
    fn the_arms_of_an_element_lie_in_the_order_of_the_kinds() {
        let message = kind::CONTRACT.get_message_by_name("chancery.v1.Element");
        let message = message.unwrap();
        for kind in kind::elements() {
            let field = message.get_field(arm(kind)).unwrap();
            assert_eq!(field.kind().as_message().unwrap().name(), kind.message);
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        for kind in kind::elements() {
            let name = format!("assessments/a/{}/b", kind.collection);
            let body = Bytes::from(
                v1::Judgment {
                    name: name.clone(),
                    ..Default::default()
                }
                .encode_to_vec(),
            );
            let change = change(&Change {
                name: &name,
                kind,
                removed: false,
                after: Some(&body),
                before: Some(&body),
            });
            let written = commit(7, 1_000_001, &[change.clone(), change], true);
            let read = v1::WatchAssessmentsResponse::decode(written).unwrap();
            let Some(v1::watch_assessments_response::Event::Commit(commit)) = read.event else {
                panic!("no commit: {read:?}")
            };
            assert_eq!((commit.revision, commit.commit_complete), (7, true));
            assert_eq!(commit.changes.len(), 2);
            for change in commit.changes {
                assert_eq!(
                    (change.name.as_str(), change.kind()),
                    (name.as_str(), v1::WatchChangeKind::Upserted)
                );
                use v1::watch_change::{Previous, Resource};
                assert!(matches!(change.resource, Some(Resource::Element(_))));
                assert!(matches!(
                    change.previous,
                    Some(Previous::PreviousElement(_))
                ));
            }
        }
    }
}
