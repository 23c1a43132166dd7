//! A change in the making: resources put and removed, checked together, written together.
//!
//! Every write of an assessment or a registry entry goes through here, whatever method it came by:
//! what is given is put onto what is there (`edit::merge`), checked (`edit::check`), its links
//! judged against what will be there afterwards, and turned into effects with the revisions it was
//! decided on. All problems are told at once, and nothing is half written.

use std::collections::{BTreeMap, BTreeSet};

use prost::Message;
use prost_reflect::{DynamicMessage, ReflectMessage, Value};

use crate::edit::check::check;
use crate::edit::link::{self, Link};
use crate::edit::merge::merge;
use crate::error::{Error, Violation};
use crate::ledger::change::{Change, Effect};
use crate::ledger::{Stored, View};
use crate::model::Revision;
use crate::model::caller::Marking;
use crate::model::kind::{self, Kind};
use crate::model::name::{Name, assessment_of};
use crate::model::slug::{numbered, slug};
use crate::model::v1;
use crate::wire::{body, builtin};

/// The field that names what an element carries on.
const CONTINUES: &str = "continues";

/// Fields whose words make an id when there is no title.
const SPEAKING_FIELDS: [&str; 5] = ["title", "statement", "observable", "obligation", "actor"];

/// What is asked of one resource.
pub(super) struct Put<'a> {
    /// The given message.
    pub(super) given: &'a DynamicMessage,
    /// The fields to take over; `None` is all.
    pub(super) mask: Option<&'a [String]>,
    /// The etag the caller read; empty skips the check.
    pub(super) etag: &'a str,
    /// Where it stands in the request.
    pub(super) path: String,
}

impl<'a> Put<'a> {
    /// The whole message, whatever is there.
    pub(super) fn whole(given: &'a DynamicMessage, path: impl Into<String>) -> Self {
        Self {
            given,
            mask: None,
            etag: "",
            path: path.into(),
        }
    }
}

/// A change in the making.
pub(super) struct Writing<'v> {
    view: &'v View,
    staged: BTreeMap<String, Staged>,
    order: Vec<String>,
    reads: Vec<(String, Revision)>,
    problems: Vec<Violation>,
    removed: Vec<(Name, bool, String)>,
    proposed: Vec<String>,
    uid: &'v dyn Fn() -> Result<String, Error>,
}

/// A resource as it will be.
struct Staged {
    name: Name,
    message: DynamicMessage,
    before: Option<Stored>,
    /// What was there, taken apart, where that has been done.
    was: Option<DynamicMessage>,
    tombstone: bool,
    path: String,
    /// The caller may not see it: a link in it is moved, and nothing is told of it.
    hidden: bool,
}

impl<'v> Writing<'v> {
    /// Begins a change on what the view shows; `uid` gives new identities.
    pub(super) fn on(view: &'v View, uid: &'v dyn Fn() -> Result<String, Error>) -> Self {
        Self {
            view,
            staged: BTreeMap::new(),
            order: Vec::new(),
            reads: Vec::new(),
            problems: Vec::new(),
            removed: Vec::new(),
            proposed: Vec::new(),
            uid,
        }
    }

    /// Names that the assessment proposes, and that links may point to.
    pub(super) fn proposes(&mut self, names: impl IntoIterator<Item = String>) {
        self.proposed.extend(names);
    }

    /// Notes what the change was decided on.
    pub(super) fn read(&mut self, name: String, revision: Revision) {
        self.reads.push((name, revision));
    }

    /// Notes what is wrong with the request.
    pub(super) fn problem(&mut self, violation: Violation) {
        self.problems.push(violation);
    }

    /// What was there before and is not deleted.
    fn present(&self, name: &Name) -> Result<Option<Stored>, Error> {
        Ok(self.view.stored(name)?.filter(|stored| !stored.deleted))
    }

    /// Puts a resource under a name: changes what is there, or creates it.
    pub(super) fn put(&mut self, name: &Name, put: Put<'_>) -> Result<(), Error> {
        self.put_onto(name, self.view.stored(name)?, put)
    }

    /// The same, by somebody who has read what the view has stored under the name.
    pub(super) fn put_onto(
        &mut self,
        name: &Name,
        before: Option<Stored>,
        put: Put<'_>,
    ) -> Result<(), Error> {
        if before.is_none() && self.view.taken(name)? {
            return Err(Error::AlreadyExists {
                name: name.to_string(),
            });
        }
        let live = before.as_ref().filter(|before| !before.deleted);
        let was = live.map(|live| body::open(name.kind(), &live.body));
        let was = was.transpose()?;
        let present = match self.staged.get(name.as_str()) {
            Some(staged) if staged.tombstone => None,
            Some(staged) => Some(&staged.message),
            None => was.as_ref(),
        };
        self.match_etag(name, put.etag, live)?;
        let (mut message, violations) = merge(present, put.given, put.mask, &put.path);
        set(&mut message, "name", name.as_str());
        set(&mut message, "id", name.id());
        match present {
            None => self.identify(&mut message, name.kind(), before.as_ref())?,
            Some(present) if text(present, CONTINUES) != text(&message, CONTINUES) => {
                let uid = text(present, "uid").unwrap_or_default();
                self.inherit_lineage(&mut message, &uid)?;
            }
            Some(_) => {}
        }
        self.problems.extend(violations);
        self.problems.extend(check(&message, &put.path));
        self.stage(Staged {
            name: name.clone(),
            message,
            before,
            was,
            tombstone: false,
            hidden: false,
            path: put.path,
        });
        Ok(())
    }

    /// Puts an element of an assessment, whose name may have to be found; answers it, unless no
    /// name can be made of what is given.
    pub(super) fn put_element(
        &mut self,
        parent: &Name,
        put: Put<'_>,
    ) -> Result<Option<Name>, Error> {
        let message = put.given.descriptor().name().to_owned();
        let kind = kind::of(&message).filter(|kind| kind.is_element());
        let kind = kind.ok_or_else(|| Error::Internal(format!("no element \"{message}\"")))?;
        match self.element_name(parent, kind, &put) {
            Ok(name) => {
                self.put(&name, put)?;
                Ok(Some(name))
            }
            Err(Error::Invalid(violations)) => {
                self.problems.extend(violations);
                self.problems.extend(check(put.given, &put.path));
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Puts an element that must be new, also within this change.
    pub(super) fn put_new_element(&mut self, parent: &Name, put: Put<'_>) -> Result<(), Error> {
        let path = put.path.clone();
        let known = self.staged.len();
        let name = self.put_element(parent, put)?;
        if let Some(name) = name.filter(|_| self.staged.len() == known) {
            let told = format!("\"{name}\" stands there twice");
            self.problem(Violation::new(format!("{path}.id"), "ID_DUPLICATE", told));
        }
        Ok(())
    }

    /// Puts an assessment that is being written into a state.
    pub(super) fn state(&mut self, name: &Name, state: v1::AssessmentState) {
        if let Some(message) = self.message_mut(name) {
            message.set_field_by_name("state", Value::EnumNumber(state.into()));
        }
    }

    /// A resource as it is going to be.
    pub(super) fn message(&self, name: &Name) -> Option<&DynamicMessage> {
        self.staged.get(name.as_str()).map(|staged| &staged.message)
    }

    /// What is there of a resource that is going to be changed.
    pub(super) fn was(&self, name: &Name) -> Option<&DynamicMessage> {
        self.staged.get(name.as_str())?.was.as_ref()
    }

    /// A resource as it is going to be, to be changed further.
    pub(super) fn message_mut(&mut self, name: &Name) -> Option<&mut DynamicMessage> {
        self.staged
            .get_mut(name.as_str())
            .map(|staged| &mut staged.message)
    }

    fn element_name(
        &self,
        parent: &Name,
        kind: &'static Kind,
        put: &Put<'_>,
    ) -> Result<Name, Error> {
        let path = |leaf: &str| format!("{}.{leaf}", put.path);
        if let Some(given) = text(put.given, "name") {
            let name = Name::parse_as(kind, &given, &path("name"))?;
            if name.assessment() == Some(parent.as_str()) {
                return Ok(name);
            }
            let told = format!("\"{given}\" does not lie in \"{parent}\"");
            return Err(Error::invalid(path("name"), "NAME_ELSEWHERE", told));
        }
        if let Some(id) = text(put.given, "id") {
            return parent.element(kind, &id, &path("id"));
        }
        let words = SPEAKING_FIELDS
            .iter()
            .find_map(|field| text(put.given, field));
        let base = words
            .and_then(|words| slug(&words))
            .unwrap_or_else(|| "element".to_owned());
        let mut name = parent.element(kind, &base, &path("id"))?;
        let mut number = 2;
        while self.taken(&name)? {
            name = parent.element(kind, &numbered(&base, number), &path("id"))?;
            number += 1;
        }
        Ok(name)
    }

    /// Whether a name has ever been used, or is about to be.
    fn taken(&self, name: &Name) -> Result<bool, Error> {
        Ok(self.staged.contains_key(name.as_str()) || self.view.taken(name)?)
    }

    /// Gives a resource an identity; what is written again under its name keeps the one it had.
    fn identify(
        &self,
        message: &mut DynamicMessage,
        kind: &Kind,
        before: Option<&Stored>,
    ) -> Result<(), Error> {
        let Some(before) = before else {
            let uid = (self.uid)()?;
            self.inherit_lineage(message, &uid)?;
            set(message, "uid", &uid);
            return Ok(());
        };
        let before = body::open(kind, &before.body)?;
        for field in ["uid", "lineage"] {
            set(message, field, &text(&before, field).unwrap_or_default());
        }
        Ok(())
    }

    /// An element that continues another belongs to the same line.
    fn inherit_lineage(&self, message: &mut DynamicMessage, uid: &str) -> Result<(), Error> {
        if message.descriptor().get_field_by_name("lineage").is_none() {
            return Ok(());
        }
        let from = text(message, CONTINUES).or_else(|| text(message, "supersedes"));
        let mut lineage = uid.to_owned();
        if let Some(from) = from.and_then(|from| Name::parse(&from, CONTINUES).ok())
            && let Some(stored) = self.present(&from)?
        {
            let before = body::open(from.kind(), &stored.body)?;
            lineage = text(&before, "lineage")
                .or_else(|| text(&before, "uid"))
                .unwrap_or(lineage);
        }
        set(message, "lineage", &lineage);
        Ok(())
    }

    /// Removes a resource; links to it are refused, or taken out with it.
    pub(super) fn remove(
        &mut self,
        name: &Name,
        (etag, unlink): (&str, bool),
        path: String,
    ) -> Result<(), Error> {
        self.bury(name, etag, path.clone())?;
        self.removed.push((name.clone(), unlink, path));
        Ok(())
    }

    /// Removes a resource, whatever links to it.
    pub(super) fn bury(&mut self, name: &Name, etag: &str, path: String) -> Result<(), Error> {
        let before = self
            .present(name)?
            .ok_or_else(|| Error::not_found(name.as_str()))?;
        self.match_etag(name, etag, Some(&before))?;
        let message = body::open(name.kind(), &before.body)?;
        let before = Some(before);
        self.stage(Staged {
            name: name.clone(),
            message,
            before,
            was: None,
            tombstone: true,
            hidden: false,
            path,
        });
        Ok(())
    }

    /// Brings back what was deleted, as it was.
    pub(super) fn undelete(&mut self, name: &Name, etag: &str, path: String) -> Result<(), Error> {
        let stored = self
            .view
            .stored(name)?
            .ok_or_else(|| Error::not_found(name.as_str()))?;
        if !stored.deleted {
            return Err(Error::Precondition {
                reason: "NOT_DELETED",
                name: name.to_string(),
                description: "it is not deleted".to_owned(),
            });
        }
        self.match_etag(name, etag, Some(&stored))?;
        let message = body::open(name.kind(), &stored.body)?;
        let before = Some(stored);
        self.stage(Staged {
            name: name.clone(),
            message,
            before,
            was: None,
            tombstone: false,
            hidden: false,
            path,
        });
        Ok(())
    }

    /// What links to a resource and must not do so in vain: what lies in the same assessment, or,
    /// for an entry of a registry, everything. Links between assessments may dangle.
    fn bound_to(&self, name: &Name) -> Vec<String> {
        let mut referrers = self.view.all_referrers(name);
        if let Some(parent) = name.assessment() {
            referrers.retain(|referrer| assessment_of(referrer) == Some(parent));
        }
        referrers
    }

    /// Points every link from one resource to another, or takes them out.
    pub(super) fn relink(&mut self, from: &Name, to: Option<&Name>) -> Result<(), Error> {
        for referrer in self.bound_to(from) {
            let name = Name::parse(&referrer, "name")?;
            if !self.staged.contains_key(name.as_str()) {
                let Some(before) = self.view.unseen(&name)? else {
                    continue;
                };
                self.stage(Staged {
                    name: name.clone(),
                    message: body::open(name.kind(), &before.body)?,
                    path: name.to_string(),
                    hidden: self.present(&name)?.is_none(),
                    before: Some(before),
                    was: None,
                    tombstone: false,
                });
            }
            if let Some(staged) = self.staged.get_mut(name.as_str()) {
                link::replace(&mut staged.message, from.as_str(), to.map(Name::as_str));
                if to.is_none() && !staged.tombstone {
                    // A link that is required cannot be taken out.
                    let found = check(&staged.message, &staged.path);
                    self.problems.extend(found);
                }
            }
        }
        Ok(())
    }

    /// When an assessment's marking is lowered, all that lies in it is judged again.
    pub(super) fn judge_lowered(&mut self, name: &Name) -> Result<(), Error> {
        let Some(staged) = self.staged.get(name.as_str()) else {
            return Ok(());
        };
        let before = staged.before.as_ref().map(|before| before.marking.clone());
        if before.is_none_or(|before| own_marking(&staged.message).dominates(&before)) {
            return Ok(());
        }
        self.read(format!("{name}/"), self.view.aggregate(name));
        for element in self.view.element_names(name)? {
            let element = Name::parse(&element, "name")?;
            let Some(before) = self.present(&element)? else {
                continue;
            };
            self.stage(Staged {
                message: body::open(element.kind(), &before.body)?,
                path: element.to_string(),
                name: element,
                before: Some(before),
                was: None,
                tombstone: false,
                hidden: false,
            });
        }
        Ok(())
    }

    fn stage(&mut self, staged: Staged) {
        let name = staged.name.to_string();
        if !self.staged.contains_key(&name) {
            self.order.push(name.clone());
        }
        self.staged.insert(name, staged);
    }

    fn match_etag(&self, name: &Name, etag: &str, stored: Option<&Stored>) -> Result<(), Error> {
        let current = stored.map_or(0, |stored| stored.revision);
        if etag.is_empty() || etag == format!("\"{current}\"") {
            return Ok(());
        }
        Err(Error::Aborted {
            name: name.to_string(),
            current,
        })
    }

    /// Checks the whole and turns it into a change; `None` when it would change nothing.
    pub(super) fn finish(mut self) -> Result<Option<Change>, Error> {
        self.check_removals()?;
        self.check_links()?;
        self.check_predecessors()?;
        let limits = self.view.limits();
        for staged in self.staged.values() {
            let kind = staged.name.kind();
            let allowed = match kind.message.as_str() {
                "Assessment" => limits.assessment_bytes_max,
                _ if kind.is_element() => limits.element_bytes_max,
                _ => limits.registry_entry_bytes_max,
            };
            let given = staged.message.encoded_len();
            if given > allowed {
                let told = format!("{given} bytes given, {allowed} allowed");
                self.problems
                    .push(Violation::new(&staged.path, "ELEMENT_TOO_LARGE", told));
            }
        }
        self.check_sizes();
        if !self.problems.is_empty() {
            return Err(Error::Invalid(self.problems));
        }
        let mut change = Change {
            reads: self.reads,
            ..Change::default()
        };
        for name in &self.order {
            let Some(staged) = self.staged.get(name) else {
                continue;
            };
            let revision = staged.before.as_ref().map_or(0, |before| before.revision);
            change.reads.push((name.clone(), revision));
            if !staged.same()? {
                let body = staged.message.encode_to_vec();
                let tombstone = staged.tombstone;
                change.effects.push(Effect {
                    name: name.clone(),
                    body,
                    tombstone,
                });
            }
        }
        Ok(Some(change).filter(|change| !change.effects.is_empty()))
    }

    /// An assessment must stay within what one message can hold.
    fn check_sizes(&mut self) {
        let mut grown: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
        for staged in self.staged.values() {
            let Some(parent) = staged.name.assessment() else {
                continue;
            };
            let live = staged.before.as_ref().filter(|before| !before.deleted);
            let before = live.map_or(0, |before| before.body.len() as i64);
            let after = if staged.tombstone {
                0
            } else {
                staged.message.encoded_len() as i64
            };
            let element = i64::from(staged.name.kind().is_element());
            let sum = grown.entry(parent).or_default();
            sum.0 += element * (i64::from(!staged.tombstone) - i64::from(live.is_some()));
            sum.1 += after - before;
        }
        let limits = self.view.limits();
        let mut found = Vec::new();
        for (parent, (count, bytes)) in grown {
            let Ok(name) = Name::parse(parent, "name") else {
                continue;
            };
            let (had, size) = self.view.size(&name);
            let sums = [
                ("TOO_MANY_ELEMENTS", had as i64, count, limits.elements_max),
                (
                    "ASSESSMENT_TOO_LARGE",
                    size as i64,
                    bytes,
                    limits.assessment_bytes_max,
                ),
            ];
            for (reason, had, more, allowed) in sums {
                if more > 0 && had + more > allowed as i64 {
                    let told = format!("{} given, {allowed} allowed", had + more);
                    found.push(Violation::new(parent, reason, told));
                }
            }
        }
        self.problems.extend(found);
    }

    /// What is removed must not be linked to, unless its links go with it.
    fn check_removals(&mut self) -> Result<(), Error> {
        for (name, unlink, path) in std::mem::take(&mut self.removed) {
            if unlink {
                self.relink(&name, None)?;
                continue;
            }
            for referrer in self.bound_to(&name) {
                if self
                    .staged
                    .get(&referrer)
                    .is_none_or(|staged| staged.links_to(&name))
                {
                    let seen = Name::parse(&referrer, "name").and_then(|one| self.present(&one))?;
                    let who =
                        seen.map_or_else(|| "something".to_owned(), |_| format!("\"{referrer}\""));
                    let told = format!("{who} links to \"{name}\"");
                    self.problems.push(Violation::new(&path, "LINKED", told));
                }
            }
        }
        Ok(())
    }

    /// Every link must point to what will be there, and to nothing that is marked higher.
    fn check_links(&mut self) -> Result<(), Error> {
        let mut found = Vec::new();
        let told = |staged: &&Staged| !staged.tombstone && !staged.hidden;
        for staged in self.staged.values().filter(told) {
            let (links, violations) = link::links(&staged.message, &staged.path);
            found.extend(violations);
            let mine = self.marking(staged);
            if !self.view.caller().clearance().covers(&mine) {
                let text = "its marking would be above your own clearance";
                let path = match staged.path.as_str() {
                    "" => "marking".to_owned(),
                    path => format!("{path}.marking"),
                };
                found.push(Violation::new(path, "MARKING_ABOVE_CLEARANCE", text));
            }
            let parent = staged.name.assessment();
            for Link { path, target } in links {
                if let Some(violation) = self.judge(&path, &target, (&mine, parent))? {
                    found.push(violation);
                }
            }
        }
        self.problems.extend(found);
        Ok(())
    }

    /// No element may continue one that continues it. A name that is new, and that nothing here
    /// continues, cannot be the end of such a chain.
    fn check_predecessors(&mut self) -> Result<(), Error> {
        let mut found = Vec::new();
        for staged in self.staged.values().filter(|staged| !staged.tombstone) {
            let first = text(&staged.message, CONTINUES);
            let known = |name: &String| self.staged.contains_key(name);
            if staged.before.is_none() && !first.as_ref().is_some_and(known) {
                continue;
            }
            let mut seen = BTreeSet::new();
            let mut next = first;
            while let Some(name) = next.filter(|name| seen.insert(name.clone())) {
                if name == staged.name.as_str() {
                    let told = format!("\"{name}\" would continue itself");
                    let at = format!("{}.{CONTINUES}", staged.path);
                    found.push(Violation::new(at, "CONTINUES_CYCLE", told));
                    break;
                }
                next = self.predecessor(&name)?;
            }
        }
        self.problems.extend(found);
        Ok(())
    }

    /// What a resource continues, or will continue.
    fn predecessor(&self, name: &str) -> Result<Option<String>, Error> {
        if let Some(staged) = self.staged.get(name) {
            return Ok(text(&staged.message, CONTINUES));
        }
        let Ok(name) = Name::parse(name, CONTINUES) else {
            return Ok(None);
        };
        let Some(stored) = self.view.stored(&name)? else {
            return Ok(None);
        };
        Ok(text(&body::open(name.kind(), &stored.body)?, CONTINUES))
    }

    fn judge(
        &self,
        path: &str,
        target: &Name,
        (mine, parent): (&Marking, Option<&str>),
    ) -> Result<Option<Violation>, Error> {
        let missing = || {
            let told = format!("\"{target}\" does not exist");
            Some(Violation::new(path, "LINK_DANGLING", told))
        };
        let higher = || {
            let told = format!("\"{target}\" has a marking that this one does not dominate");
            Some(Violation::new(path, "MARKING_NOT_DOMINATED", told))
        };
        if let Some(staged) = self.staged.get(target.as_str()) {
            let theirs = self.marking(staged);
            return Ok(match staged.tombstone {
                true => missing(),
                false if mine.dominates(&theirs) => None,
                false => higher(),
            });
        }
        let known = builtin::actor(target.as_str()).is_some()
            || self.proposed.iter().any(|name| name == target.as_str());
        match self.present(target)? {
            Some(stored) if mine.dominates(&stored.marking) => Ok(None),
            Some(_) => Ok(higher()),
            // What another assessment held may go; that is told by reads, not refused here.
            None if known
                || target
                    .assessment()
                    .is_some_and(|other| Some(other) != parent) =>
            {
                let past = self.view.stored(target)?.is_some();
                Ok(if known || past { None } else { missing() })
            }
            None => Ok(missing()),
        }
    }

    /// What a staged resource will be marked with: its own marking, and its assessment's.
    fn marking(&self, staged: &Staged) -> Marking {
        let own = own_marking(&staged.message);
        let Some(parent) = staged
            .name
            .assessment()
            .filter(|parent| *parent != staged.name.as_str())
        else {
            return own;
        };
        match self.staged.get(parent) {
            Some(header) => own.combined(&own_marking(&header.message)),
            None => {
                let header = Name::parse(parent, "name").ok();
                let stored = header.and_then(|header| self.present(&header).ok().flatten());
                stored.map_or(own.clone(), |stored| own.combined(&stored.marking))
            }
        }
    }
}

impl Staged {
    fn links_to(&self, name: &Name) -> bool {
        !self.tombstone
            && link::links(&self.message, "")
                .0
                .iter()
                .any(|link| link.target == *name)
    }

    /// Whether the resource is already as it is to be.
    fn same(&self) -> Result<bool, Error> {
        let Some(before) = &self.before else {
            return Ok(false);
        };
        if before.deleted != self.tombstone {
            return Ok(false);
        }
        match &self.was {
            Some(was) => Ok(*was == self.message),
            None => Ok(body::open(self.name.kind(), &before.body)? == self.message),
        }
    }
}

fn own_marking(message: &DynamicMessage) -> Marking {
    let Some(field) = message.descriptor().get_field_by_name("marking") else {
        return Marking::default();
    };
    if !message.has_field(&field) {
        return Marking::default();
    }
    let value = message.get_field(&field);
    let marking = value.as_message().map(DynamicMessage::encode_to_vec);
    let marking = marking.and_then(|bytes| v1::Marking::decode(bytes.as_slice()).ok());
    marking
        .map(|marking| Marking::from(&marking))
        .unwrap_or_default()
}

/// A text field that is set.
pub(super) fn text(message: &DynamicMessage, field: &str) -> Option<String> {
    let value = message.get_field_by_name(field)?;
    value
        .as_str()
        .filter(|text| !text.is_empty())
        .map(ToOwned::to_owned)
}

/// Sets a text field, if the message has it.
pub(super) fn set(message: &mut DynamicMessage, field: &str, value: &str) {
    if let Some(field) = message.descriptor().get_field_by_name(field) {
        message.set_field(&field, Value::String(value.to_owned()));
    }
}
