//! What goes into the ledger: a change, and what became of it.

use std::collections::HashSet;

use crate::error::Error;
use crate::model::Revision;
use crate::model::limits::{Limits, exceeded};
use crate::model::name::Name;
use crate::wire::{body, record};

/// One new version of one resource.
#[derive(Debug, Clone)]
pub struct Effect {
    /// The resource name.
    pub name: String,
    /// The final bytes of the version, without what its position decides.
    pub body: Vec<u8>,
    /// Whether this version deletes the resource.
    pub tombstone: bool,
}

/// A set of new versions that become durable and visible together, or not at all.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// The subject of the caller.
    pub author: String,
    /// The caller's id of the request; empty when none was given.
    pub request_id: String,
    /// SHA-256 of the canonical request.
    pub request_hash: Vec<u8>,
    /// Why, in the caller's words.
    pub reason: String,
    /// When it was proposed, in microseconds since 1970.
    pub proposed_us: i64,
    /// What it was decided on: the revision of each name's newest version, 0 for none. A name that
    /// ends in `/` is an assessment with everything in it.
    pub reads: Vec<(String, Revision)>,
    /// What it does. The order is kept: elements of an assessment are shown in it.
    pub effects: Vec<Effect>,
    /// The effects erase what their names held before.
    pub purge: bool,
    /// Where history is compacted; a change that does so has no effects.
    pub compaction: Option<record::Compaction>,
}

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Committed {
    /// The revision that holds it.
    pub revision: Revision,
    /// Its effective time, in microseconds since 1970.
    pub time_us: i64,
    /// True when the same request had been committed before; nothing was written now.
    pub repeated: bool,
}

impl Change {
    /// Adds a new version of a resource.
    pub fn put(&mut self, name: &str, body: Vec<u8>) {
        self.effects.push(Effect {
            name: name.to_owned(),
            body,
            tombstone: false,
        });
    }

    /// Refuses what no journal should hold.
    pub(super) fn check(&self, limits: &Limits) -> Result<(), Error> {
        if self.effects.is_empty() && self.compaction.is_none() {
            return Err(Error::Internal("a change without effects".to_owned()));
        }
        let allowed = limits.change_effects_max;
        if self.effects.len() > allowed {
            return Err(exceeded(
                "effects",
                "CHANGE_TOO_LARGE",
                self.effects.len(),
                allowed,
            ));
        }
        if self.request_id.len() > limits.request_id_bytes_max {
            let (given, allowed) = (self.request_id.len(), limits.request_id_bytes_max);
            return Err(exceeded(
                "request_id",
                "REQUEST_ID_TOO_LONG",
                given,
                allowed,
            ));
        }
        let (given, allowed) = (self.reason.len(), limits.reason_bytes_max);
        if given > allowed {
            return Err(exceeded("reason", "REASON_TOO_LONG", given, allowed));
        }
        let bytes: usize = self.effects.iter().map(|effect| effect.body.len()).sum();
        if bytes > limits.change_bytes_max {
            return Err(exceeded(
                "effects",
                "CHANGE_TOO_LARGE",
                bytes,
                limits.change_bytes_max,
            ));
        }
        // Once it is in the journal it must apply, now and at every replay.
        for effect in &self.effects {
            let name = Name::parse(&effect.name, "name")?;
            body::indexed(name.kind(), &effect.body)?;
            body::marking(&effect.body)?;
        }
        let mut names = HashSet::new();
        match self
            .effects
            .iter()
            .find(|effect| !names.insert(effect.name.as_str()))
        {
            Some(twice) => Err(Error::Internal(format!(
                "a change writes \"{}\" twice",
                twice.name
            ))),
            None => Ok(()),
        }
    }
}
