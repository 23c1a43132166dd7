//! Page tokens: where a list goes on, and at which revision.
//!
//! A token pins the revision of the first page, so that all pages are one snapshot. It is bound to
//! the request (everything but `page_size`) and to the caller, and authenticated under the store's
//! key; it grants nothing, since every page is checked against the caller's clearance again.
//!
//! ```text
//! base64url( 1 | revision | item revision | item name | first 16 bytes of HMAC-SHA-256 )
//! the MAC covers these fields, the caller's subject and the request
//! ```

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::error::Error;
use crate::model::Revision;
use crate::model::limits::Limits;

const VERSION: u8 = 1;
const MAC_BYTES: usize = 16;
const HEAD_BYTES: usize = 17;

/// Where a list goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The revision that all pages are read at.
    pub revision: Revision,
    /// The revision of the last item.
    pub item_revision: Revision,
    /// The name of the last item.
    pub item_name: String,
}

/// What a token is bound to.
#[derive(Debug, Clone, Copy)]
pub struct Bond<'a> {
    /// The store's key.
    pub key: &'a [u8],
    /// The caller's subject.
    pub subject: &'a str,
    /// The request, canonically, without its token and page size.
    pub request: &'a [u8],
}

/// Writes a token.
pub fn seal(place: &Place, bond: &Bond<'_>) -> Result<String, Error> {
    let mut bytes = vec![VERSION];
    bytes.extend_from_slice(&place.revision.to_be_bytes());
    bytes.extend_from_slice(&place.item_revision.to_be_bytes());
    bytes.extend_from_slice(place.item_name.as_bytes());
    let mac = authenticate(&bytes, bond)?.finalize().into_bytes();
    bytes.extend(mac.iter().take(MAC_BYTES));
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// Reads a token; refuses one that was not written for this request of this caller.
pub fn open(token: &str, bond: &Bond<'_>, limits: &Limits) -> Result<Place, Error> {
    if token.len() > limits.page_token_bytes_max {
        return Err(refused());
    }
    let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_forged| refused())?;
    let split = bytes.len().checked_sub(MAC_BYTES).ok_or_else(refused)?;
    let (payload, mac) = bytes.split_at_checked(split).ok_or_else(refused)?;
    authenticate(payload, bond)?
        .verify_truncated_left(mac)
        .map_err(|_forged| refused())?;
    let (head, name) = payload.split_at_checked(HEAD_BYTES).ok_or_else(refused)?;
    let number = |from: usize| -> Option<Revision> {
        Some(Revision::from_be_bytes(
            head.get(from..from + 8)?.try_into().ok()?,
        ))
    };
    let place = || {
        Some(Place {
            revision: number(1)?,
            item_revision: number(9)?,
            item_name: std::str::from_utf8(name).ok()?.to_owned(),
        })
    };
    place()
        .filter(|_| head.first() == Some(&VERSION))
        .ok_or_else(refused)
}

fn authenticate(payload: &[u8], bond: &Bond<'_>) -> Result<Hmac<Sha256>, Error> {
    let mut mac = Hmac::<Sha256>::new_from_slice(bond.key)
        .map_err(|error| Error::Internal(format!("page token key: {error}")))?;
    for part in [payload, bond.subject.as_bytes(), bond.request] {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    Ok(mac)
}

fn refused() -> Error {
    let text = "not a token of this list for this caller; start again without one";
    Error::invalid("page_token", "PAGE_TOKEN_INVALID", text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BOND: Bond<'_> = Bond {
        key: b"0123",
        subject: "local",
        request: b"list",
    };

    proptest! {
        #[test]
        fn a_token_opens_to_what_was_sealed(
            revision in 0i64.., item_revision in 0i64.., item_name in "[a-z/-]{0,120}"
        ) {
            let place = Place { revision, item_revision, item_name };
            let token = seal(&place, &BOND).unwrap();
            prop_assert_eq!(open(&token, &BOND, &Limits::default()), Ok(place));
        }

        #[test]
        fn a_token_that_was_changed_is_refused(at in 0usize..60, bit in 0u8..6) {
            let place = Place { revision: 7, item_revision: 5, item_name: "actors/x".into() };
            let mut token = seal(&place, &BOND).unwrap().into_bytes();
            let at = at % token.len();
            let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
            let value = alphabet.iter().position(|letter| *letter == token[at]).unwrap();
            token[at] = alphabet[value ^ (1 << bit)];
            let token = String::from_utf8(token).unwrap();
            prop_assert!(open(&token, &BOND, &Limits::default()).is_err());
        }

        #[test]
        fn any_text_is_answered(token in ".{0,200}") {
            prop_assert!(open(&token, &BOND, &Limits::default()).is_err());
        }
    }

    #[test]
    fn a_token_of_another_request_caller_or_store_is_refused() {
        let place = Place {
            revision: 7,
            item_revision: 5,
            item_name: "actors/x".into(),
        };
        let token = seal(&place, &BOND).unwrap();
        for other in [
            Bond {
                key: b"0124",
                ..BOND
            },
            Bond {
                subject: "other",
                ..BOND
            },
            Bond {
                request: b"list2",
                ..BOND
            },
        ] {
            assert!(open(&token, &other, &Limits::default()).is_err());
        }
    }
}
