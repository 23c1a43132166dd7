//! Bodies that have been erased, and whether a record asked for it.
//!
//! All that is left of an erased body is zeros, which its hash no longer proves. What proves them
//! is a later record of the same journal: the purge of the name, or the compaction of the revision
//! that replaced the version. Without one somebody else has put them there, or the journal is cut
//! before the record that asked. Used by `verify`, which finds the first, and by `restore`, which
//! must not do the second. It holds names and revisions of what was erased, never bodies.

use std::collections::HashMap;

use crate::model::Revision;
use crate::wire::record;

/// What was erased in the records passed so far.
#[derive(Default)]
pub(super) struct Erased {
    /// The revision, the name, and the revision that replaced the version.
    versions: Vec<(Revision, String, Option<Revision>)>,
    /// The last of these by name.
    last: HashMap<String, usize>,
    purged: HashMap<String, Revision>,
    /// The latest compaction's revision.
    compacted: Revision,
}

/// Whether a record asks for bodies before it to be erased.
pub(super) fn asks(envelope: &record::Envelope) -> bool {
    envelope.purge || envelope.compaction.is_some()
}

impl Erased {
    /// Takes note of a record and its salts and bodies, in the order of the revisions: of what it
    /// has erased, replaces, or asks for.
    pub(super) fn pass<'b>(
        &mut self,
        revision: Revision,
        envelope: &record::Envelope,
        bodies: impl Iterator<Item = (&'b [u8], &'b [u8])>,
    ) {
        for (effect, (salt, body)) in envelope.effects.iter().zip(bodies) {
            let replaced = self.last.remove(&effect.name);
            if let Some(version) = replaced.and_then(|at| self.versions.get_mut(at)) {
                version.2 = Some(revision);
            }
            if envelope.purge {
                self.purged.insert(effect.name.clone(), revision);
            }
            // An empty body may be without a salt's zeros: its hash tells.
            if record::erased(salt, body) && record::digest(salt, body) != effect.digest {
                self.last.insert(effect.name.clone(), self.versions.len());
                self.versions.push((revision, effect.name.clone(), None));
            }
        }
        if let Some(compaction) = &envelope.compaction {
            self.compacted = self.compacted.max(compaction.revision);
        }
    }

    /// The first body that was erased although no record asked for it.
    pub(super) fn unasked(&self) -> Option<(Revision, String)> {
        let asked = |(revision, name, replaced): &&(Revision, String, Option<Revision>)| {
            let purged = self.purged.get(name).is_some_and(|at| at > revision);
            purged || replaced.is_some_and(|at| at <= self.compacted)
        };
        let (revision, name, _) = self.versions.iter().find(|version| !asked(version))?;
        let why = format!("the body of \"{name}\" of revision {revision} was erased unasked");
        Some((*revision, why))
    }
}
