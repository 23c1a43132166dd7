//! Answers to searches, put together as bytes: what was found is copied, never decoded.
//!
//! Field numbers are those of `SearchElementsResponse`; a test reads back what is written.

use bytes::{Bytes, BytesMut};
use prost::Message;

use super::watch::{frame, resource};
use crate::error::Error;
use crate::model::kind::Kind;
use crate::model::v1;
use crate::model::v1::search_elements_response::Hit;

const RESPONSE_HITS: u32 = 1;
const HIT_ELEMENT: u32 = 1;
/// What is no element, by message.
const HIT_HEADERS: [(&str, u32); 2] = [("Assessment", 4), ("Document", 5)];

/// A `Hit`: `about` without its resource, and the resource.
pub fn hit(about: &Hit, (kind, body): (&Kind, &Bytes)) -> Result<Bytes, Error> {
    let header = HIT_HEADERS
        .iter()
        .find(|(message, _)| *message == kind.message);
    if header.is_none() && !kind.is_element() {
        return Err(Error::Internal(format!("a hit is no {}", kind.message)));
    }
    let mut out = BytesMut::with_capacity(about.encoded_len() + body.len() + 16);
    about.encode_raw(&mut out);
    let header = header.map_or(0, |(_, tag)| *tag);
    resource((header, HIT_ELEMENT), kind, body, &mut out);
    Ok(out.freeze())
}

/// A `SearchElementsResponse`: `about` without its hits, and the hits.
pub fn response(about: &v1::SearchElementsResponse, hits: &[Bytes]) -> Bytes {
    let size: usize = hits.iter().map(|hit| hit.len() + 8).sum();
    let mut out = BytesMut::with_capacity(about.encoded_len() + size);
    for hit in hits {
        frame(RESPONSE_HITS, hit, &mut out);
    }
    about.encode_raw(&mut out);
    out.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::kind;
    use v1::search_elements_response::hit::Resource;

    #[test]
    fn what_is_written_is_read_back() {
        let body = Bytes::from(
            v1::Judgment {
                name: "x".into(),
                ..Default::default()
            }
            .encode_to_vec(),
        );
        let about = Hit {
            score: 1.5,
            paths: vec!["title".into()],
            ..Default::default()
        };
        let found = ["Judgment", "Assessment", "Document"].map(|message| {
            let kind = kind::of(message).unwrap();
            hit(&about, (kind, &body)).unwrap()
        });
        assert!(hit(&about, (kind::of("Actor").unwrap(), &body)).is_err());
        let rest = v1::SearchElementsResponse {
            read_revision: 7,
            total_size: Some(3),
            ..Default::default()
        };
        let read = v1::SearchElementsResponse::decode(response(&rest, &found)).unwrap();
        assert_eq!((read.read_revision, read.total_size), (7, Some(3)));
        let [one, two, three] = read.hits.as_slice() else {
            panic!("{read:?}")
        };
        assert!(matches!(one.resource, Some(Resource::Element(_))));
        assert!(matches!(two.resource, Some(Resource::Assessment(_))));
        assert!(matches!(three.resource, Some(Resource::Document(_))));
        assert_eq!((three.score, three.paths.len()), (1.5, 1));
    }
}
