//! Who is calling: the only place where a `Caller` is made.
//!
//! The one production policy so far is the local operator: whoever reaches the loopback address is
//! he, with every right. Certificates and tokens come here, and nothing else will change.

use tonic::metadata::MetadataMap;

use crate::error::Error;
use crate::model::caller::{Caller, Clearance, Role};

/// How callers are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// Everybody is the local operator.
    LocalOperator,
    /// The caller is named in the `chancery-test-caller` header: `reader-green`, `desk-amber`.
    #[cfg(feature = "test-policy")]
    Header,
}

/// Tells who is calling.
pub fn identify(policy: Policy, metadata: &MetadataMap) -> Result<Caller, Error> {
    match policy {
        Policy::LocalOperator => {
            let _unused = metadata;
            Ok(Caller::new("local", Role::Operator, Clearance::FULL))
        }
        #[cfg(feature = "test-policy")]
        Policy::Header => named(metadata),
    }
}

/// `ROLE-COLOUR[-GROUP]`, so that a transcript says who asks.
#[cfg(feature = "test-policy")]
fn named(metadata: &MetadataMap) -> Result<Caller, Error> {
    use crate::model::caller::{HEADER, Tlp};

    let denied = |name: &str| Error::PermissionDenied {
        description: format!("no caller \"{name}\""),
    };
    let Some(name) = metadata.get(HEADER).and_then(|name| name.to_str().ok()) else {
        return Ok(Caller::new("local", Role::Operator, Clearance::FULL));
    };
    let mut parts = name.split('-');
    let role = match parts.next() {
        Some("reader") => Role::Reader,
        Some("analyst") => Role::Analyst,
        Some("operator") => Role::Operator,
        _ => return Err(denied(name)),
    };
    let tlp = match parts.next() {
        Some("clear") => Tlp::Clear,
        Some("green") => Tlp::Green,
        Some("amber") => Tlp::Amber,
        Some("strict") => Tlp::AmberStrict,
        Some("red") => Tlp::Red,
        _ => return Err(denied(name)),
    };
    let groups = Some(parts.map(ToOwned::to_owned).collect());
    Ok(Caller::new(name, role, Clearance { tlp, groups }))
}
