//! Changing assessments: created, edited, published, withdrawn, revised, rolled back.
//!
//! ```text
//! DRAFT --publish--> PUBLISHED --withdraw--> WITHDRAWN
//!                        \--a successor is published--> SUPERSEDED
//! ```
//! A draft is edited freely; what is published only with a reason; the others not at all. Each
//! method is one change, made from the newest view and made again when somebody else was faster.

use bytes::Bytes;
use prost::Message;
use prost_reflect::DynamicMessage;

use super::import;
use super::list::kind_of;
use super::write::{Put, Writing, set};
use super::{Answer, Door, Mutation, Outcome, mutation, wired};
use crate::edit::link::rebase;
use crate::error::{Error, Violation};
use crate::ledger::change::{Change, Committed, Effect};
use crate::ledger::{At, View};
use crate::model::caller::Caller;
use crate::model::kind;
use crate::model::limits::exceeded;
use crate::model::name::Name;
use crate::model::slug::{numbered, slug};
use crate::model::v1::{self as plain, AssessmentState};
use crate::wire::{Lazy, body, decode};

/// The name of an assessment in a request.
pub(super) fn assessment(name: &str) -> Result<Name, Error> {
    Name::parse_as(kind_of("Assessment")?, name, "name")
}

/// The fields of a header that propose registry entries.
const PROPOSALS: [&str; 5] = [
    "proposed_actors",
    "proposed_issues",
    "proposed_sources",
    "proposed_situations",
    "proposed_places",
];

/// What became of a change: the view that shows it, and the names it wrote, if any.
pub(super) struct Applied {
    pub(super) view: View,
    pub(super) names: Vec<String>,
    /// What would have been written, had it not only been asked for.
    planned: Vec<Effect>,
}

impl Applied {
    /// A resource as the change left it, or would leave it; `None` when there is none.
    pub(super) fn resource(&self, name: &Name) -> Result<Option<Bytes>, Error> {
        match self
            .planned
            .iter()
            .find(|effect| effect.name == name.as_str())
        {
            Some(effect) if effect.tombstone => Ok(None),
            Some(effect) => Ok(Some(Bytes::copy_from_slice(&effect.body))),
            None => match self.view.get(name) {
                Err(Error::NotFound { .. }) => Ok(None),
                found => found.map(Some),
            },
        }
    }

    /// A resource that the change deleted, or would delete.
    pub(super) fn deleted(&self, name: &Name) -> Result<Option<Bytes>, Error> {
        match self
            .planned
            .iter()
            .find(|effect| effect.name == name.as_str())
        {
            Some(effect) => Ok(Some(Bytes::copy_from_slice(&effect.body))),
            None => self.view.get_deleted(name),
        }
    }

    /// The answer of a method that answers the resource it changed.
    pub(super) fn answer<T>(&self, name: &Name) -> Answer<Lazy<T>> {
        let bytes = self.resource(name)?;
        let bytes = bytes.ok_or_else(|| Error::not_found(name.as_str()))?;
        Ok((Lazy::from(bytes), self.view.revision()))
    }
}

/// Makes a change; a repeated request is answered with what became of the first copy.
pub(super) async fn apply(
    door: &Door,
    caller: Caller,
    mutation: &Mutation,
    make: impl Fn(&View) -> Result<Option<Change>, Error>,
) -> Result<Applied, Error> {
    let outcome = door
        .commit(&caller, mutation, |view| {
            let change = make(view)?;
            let effects = change.as_ref().map_or(&[][..], |change| &change.effects);
            let names: Vec<_> = effects.iter().map(|effect| effect.name.clone()).collect();
            let planned = mutation.validate_only.then(|| effects.to_vec());
            Ok(((names, planned.unwrap_or_default()), change))
        })
        .await?;
    let (at, (names, planned)) = match outcome {
        Outcome::Nothing(made) => (At::Latest, made),
        Outcome::Committed(Some(made), Committed { revision, .. }) => (At::Exact(revision), made),
        Outcome::Committed(None, Committed { revision, .. }) => {
            let commit = door.ledger.commit_at(revision)?;
            let names = commit.map_or_else(Vec::new, |commit| commit.names);
            // What a repeated request committed may have been compacted away since.
            let earliest = door.ledger.status().earliest;
            (At::Exact(revision.max(earliest)), (names, Vec::new()))
        }
    };
    let view = door.ledger.read(caller, at, (door.clock)()).await?;
    Ok(Applied {
        view,
        names,
        planned,
    })
}

/// The header of an assessment as it is now, with its revision.
pub(super) fn header(view: &View, name: &Name) -> Result<(plain::Assessment, i64), Error> {
    let stored = view.stored(name)?.filter(|stored| !stored.deleted);
    let stored = stored.ok_or_else(|| Error::not_found(name.as_str()))?;
    Ok((decode(&stored.body)?, stored.revision))
}

/// Whether an assessment may be edited, and for what reason.
pub(super) fn editable(name: &Name, header: &plain::Assessment, reason: &str) -> Result<(), Error> {
    match header.state() {
        AssessmentState::Unspecified | AssessmentState::Draft => Ok(()),
        AssessmentState::Published if !reason.trim().is_empty() => Ok(()),
        AssessmentState::Published => {
            let text = "what is published is changed with a reason only";
            Err(Error::invalid("reason", "REASON_REQUIRED", text))
        }
        AssessmentState::Superseded | AssessmentState::Withdrawn => Err(forbidden(
            name,
            &format!("it is {}, and read-only", state(header)),
        )),
    }
}

fn forbidden(name: &Name, description: &str) -> Error {
    let (name, description) = (name.to_string(), description.to_owned());
    Error::Precondition {
        reason: "STATE_FORBIDS",
        name,
        description,
    }
}

/// The state as people write it: `DRAFT`.
pub(super) fn state(header: &plain::Assessment) -> &'static str {
    header
        .state()
        .as_str_name()
        .trim_start_matches("ASSESSMENT_STATE_")
}

pub(super) fn match_etag(name: &Name, etag: &str, current: i64) -> Result<(), Error> {
    if etag.is_empty() || etag == format!("\"{current}\"") {
        return Ok(());
    }
    Err(Error::Aborted {
        name: name.to_string(),
        current,
    })
}

/// The names that a header proposes for the registries.
pub(super) fn proposed(header: &plain::Assessment) -> Vec<String> {
    let actors = header
        .proposed_actors
        .iter()
        .map(|entry| entry.name.clone());
    let issues = header
        .proposed_issues
        .iter()
        .map(|entry| entry.name.clone());
    let sources = header
        .proposed_sources
        .iter()
        .map(|entry| entry.name.clone());
    let situations = header
        .proposed_situations
        .iter()
        .map(|entry| entry.name.clone());
    let places = header
        .proposed_places
        .iter()
        .map(|entry| entry.name.clone());
    actors
        .chain(issues)
        .chain(sources)
        .chain(situations)
        .chain(places)
        .collect()
}

/// Creates an assessment with the elements it carries.
pub(super) async fn create(
    door: Door,
    caller: Caller,
    request: wired::CreateAssessmentRequest,
) -> Answer<Lazy<plain::Assessment>> {
    let mutation = mutation!(request, String::new());
    let given: plain::Assessment = request.assessment.unwrap_or_default().into_value()?;
    let uid = || door.uid();
    let wanted = request.assessment_id;
    let applied = apply(&door, caller, &mutation, |view| {
        created(view, &new_name(view, &wanted, &given.title)?, &given, &uid)
    })
    .await?;
    answer_new(&applied, given)
}

/// The name for a new assessment; what is asked for must be free.
fn new_name(view: &View, wanted: &str, title: &str) -> Result<Name, Error> {
    let kind = kind_of("Assessment")?;
    if !wanted.is_empty() {
        let name = Name::top(kind, wanted, "assessment_id")?;
        return match view.taken(&name)? {
            true => Err(Error::AlreadyExists {
                name: name.to_string(),
            }),
            false => Ok(name),
        };
    }
    let base = slug(title).unwrap_or_else(|| "assessment".to_owned());
    let mut name = Name::top(kind, &base, "assessment_id")?;
    let mut number = 2;
    while view.taken(&name)? {
        name = Name::top(kind, &numbered(&base, number), "assessment_id")?;
        number += 1;
    }
    Ok(name)
}

fn created(
    view: &View,
    name: &Name,
    given: &plain::Assessment,
    uid: &dyn Fn() -> Result<String, Error>,
) -> Result<Option<Change>, Error> {
    let bytes = given.encode_to_vec();
    let (header, elements) = body::split(&bytes)?;
    let (count, allowed) = (elements.len(), view.limits().elements_max);
    if count > allowed {
        return Err(exceeded("assessment", "TOO_MANY_ELEMENTS", count, allowed));
    }
    let mut writing = Writing::on(view, uid);
    writing.proposes(proposed(given));
    let given = body::open(name.kind(), &header)?;
    writing.put(name, Put::whole(&given, String::new()))?;
    writing.state(name, AssessmentState::Draft);
    let mut counts = std::collections::HashMap::new();
    for (tag, bytes) in elements {
        let Some(kind) = kind::elements().find(|kind| kind.tag == tag) else {
            continue;
        };
        let number = counts.entry(tag).or_insert(0_usize);
        let path = format!("{}[{number}]", kind.field_name);
        *number += 1;
        let given = body::open(kind, &bytes)?;
        writing.put_new_element(name, Put::whole(&given, path))?;
    }
    writing.finish()
}

/// Changes the header of an assessment.
pub(super) async fn update(
    door: Door,
    caller: Caller,
    request: wired::UpdateAssessmentRequest,
) -> Answer<Lazy<plain::Assessment>> {
    let mutation = mutation!(request, request.reason.clone());
    let given: plain::Assessment = request.assessment.unwrap_or_default().into_value()?;
    let name = Name::parse_as(kind_of("Assessment")?, &given.name, "assessment.name")?;
    let (bytes, _) = body::split(&given.encode_to_vec())?;
    let given = body::open(name.kind(), &bytes)?;
    let mask = mask(request.update_mask, &given);
    let uid = || door.uid();
    let applied = apply(&door, caller, &mutation, |view| {
        let present = view.stored(&name)?.filter(|stored| !stored.deleted);
        let mut writing = Writing::on(view, &uid);
        match &present {
            Some(stored) => {
                let header: plain::Assessment = decode(&stored.body)?;
                editable(&name, &header, &mutation.reason)?;
                writing.proposes(proposed(&header));
            }
            None if request.allow_missing => {}
            None => return Err(Error::not_found(name.as_str())),
        }
        let created = present.is_none();
        let path = String::new();
        let put = Put {
            given: &given,
            mask: Some(&mask),
            etag: &request.etag,
            path,
        };
        writing.put(&name, put)?;
        if created {
            writing.state(&name, AssessmentState::Draft);
        }
        writing.judge_lowered(&name)?;
        writing.finish()
    })
    .await?;
    applied.answer(&name)
}

/// The fields to take over: those named, or those that are set.
pub(super) fn mask(mask: Option<prost_types::FieldMask>, given: &DynamicMessage) -> Vec<String> {
    match mask {
        Some(mask) if !mask.paths.is_empty() => mask.paths,
        _ => given
            .fields()
            .map(|(field, _)| field.name().to_owned())
            .collect(),
    }
}

/// Deletes an assessment; its elements go out of sight with it.
pub(super) async fn delete(
    door: Door,
    caller: Caller,
    request: plain::DeleteAssessmentRequest,
) -> Answer<Lazy<plain::Assessment>> {
    let name = assessment(&request.name)?;
    let mut mutation = mutation!(request, request.reason.clone());
    mutation.takes_away = true;
    let uid = || door.uid();
    let applied = apply(&door, caller, &mutation, |view| {
        if request.allow_missing && !view.has(&name)? {
            return Ok(None);
        }
        let (header, _) = header(view, &name)?;
        if header.state() != AssessmentState::Draft && mutation.reason.trim().is_empty() {
            let text = "what was published is deleted with a reason only";
            return Err(Error::invalid("reason", "REASON_REQUIRED", text));
        }
        let mut writing = Writing::on(view, &uid);
        writing.read(format!("{name}/"), view.aggregate(&name));
        writing.bury(&name, &request.etag, "name".to_owned())?;
        writing.finish()
    })
    .await?;
    deleted_answer(&applied, &name)
}

/// Publishes a draft; what it supersedes is superseded in the same commit.
pub(super) async fn publish(
    door: Door,
    caller: Caller,
    request: plain::PublishAssessmentRequest,
) -> Answer<Lazy<plain::Assessment>> {
    let name = assessment(&request.name)?;
    let mutation = mutation!(request, request.reason.clone());
    let now_us = (door.clock)();
    let make = |view: &View| published(view, &name, &request, now_us);
    let applied = apply(&door, caller, &mutation, make).await?;
    applied.answer(&name)
}

fn published(
    view: &View,
    name: &Name,
    request: &plain::PublishAssessmentRequest,
    now_us: i64,
) -> Result<Option<Change>, Error> {
    let (mut draft, revision) = header(view, name)?;
    match_etag(name, &request.etag, revision)?;
    if draft.state() != AssessmentState::Draft {
        let told = format!("only a draft can be published, it is {}", state(&draft));
        return Err(forbidden(name, &told));
    }
    let mut change = Change::default();
    change.reads.push((name.to_string(), revision));
    change
        .reads
        .push((format!("{name}/"), view.aggregate(name)));
    draft.state_reason.clone_from(&request.reason);
    if !request.supersedes.is_empty() {
        draft.supersedes.clone_from(&request.supersedes);
    }
    if !draft.supersedes.is_empty() {
        supersede(view, name, &draft, &mut change)?;
    }
    import::publish(&mut draft, &mut change, view, now_us)?;
    change.put(name.as_str(), draft.encode_to_vec());
    Ok(Some(change))
}

/// Puts into a change that what `draft` supersedes is superseded by `name`.
pub(super) fn supersede(
    view: &View,
    name: &Name,
    draft: &plain::Assessment,
    change: &mut Change,
) -> Result<(), Error> {
    let old = Name::parse_as(kind_of("Assessment")?, &draft.supersedes, "supersedes")?;
    if old == *name {
        let text = "an assessment cannot supersede itself";
        return Err(Error::invalid("supersedes", "SUPERSEDES_CYCLE", text));
    }
    let (mut before, revision) = header(view, &old)?;
    supersedable(&old, &before)?;
    before.set_state(AssessmentState::Superseded);
    before.state_reason.clone_from(&draft.state_reason);
    before.superseded_by = name.to_string();
    change.reads.push((old.to_string(), revision));
    change.put(old.as_str(), before.encode_to_vec());
    Ok(())
}

/// Only what is published can be superseded.
pub(super) fn supersedable(name: &Name, header: &plain::Assessment) -> Result<(), Error> {
    if header.state() == AssessmentState::Published {
        return Ok(());
    }
    let told = format!(
        "only what is published can be superseded, it is {}",
        state(header)
    );
    Err(forbidden(name, &told))
}

/// Withdraws what was published; it stays readable, with the reason.
pub(super) async fn withdraw(
    door: Door,
    caller: Caller,
    request: plain::WithdrawAssessmentRequest,
) -> Answer<Lazy<plain::Assessment>> {
    let name = assessment(&request.name)?;
    if request.reason.trim().is_empty() {
        return Err(Error::invalid(
            "reason",
            "REQUIRED",
            "a withdrawal needs a reason",
        ));
    }
    let mutation = mutation!(request, request.reason.clone());
    let applied = apply(&door, caller, &mutation, |view| {
        let (mut header, revision) = header(view, &name)?;
        match_etag(&name, &request.etag, revision)?;
        if header.state() != AssessmentState::Published {
            let told = format!(
                "only what is published is withdrawn, it is {}",
                state(&header)
            );
            return Err(forbidden(&name, &told));
        }
        header.set_state(AssessmentState::Withdrawn);
        header.state_reason.clone_from(&request.reason);
        let mut change = Change::default();
        change.reads.push((name.to_string(), revision));
        change
            .reads
            .push((format!("{name}/"), view.aggregate(&name)));
        change.put(name.as_str(), header.encode_to_vec());
        Ok(Some(change))
    })
    .await?;
    applied.answer(&name)
}

/// Begins a new draft from published work; its elements continue the old ones.
pub(super) async fn revise(
    door: Door,
    caller: Caller,
    request: plain::ReviseAssessmentRequest,
) -> Answer<Lazy<plain::Assessment>> {
    let old = assessment(&request.name)?;
    known_collections(&request.collections)?;
    let mutation = mutation!(request, request.reason.clone());
    let uid = || door.uid();
    let applied = apply(&door, caller, &mutation, |view| {
        let (header, _) = header(view, &old)?;
        if header.state() != AssessmentState::Published {
            let told = format!(
                "only what is published is revised, it is {}",
                state(&header)
            );
            return Err(forbidden(&old, &told));
        }
        let wanted = if request.title.is_empty() {
            header.title.clone()
        } else {
            request.title.clone()
        };
        let name = new_name(view, &request.assessment_id, &wanted)?;
        revised(view, (&old, &name), (&header, &wanted), (&request, &uid))
    })
    .await?;
    answer_new(&applied, plain::Assessment::default())
}

/// A collection that is misspelt would silently carry nothing on.
fn known_collections(wanted: &[String]) -> Result<(), Error> {
    let known = |wanted: &String| kind::elements().any(|kind| kind.collection == *wanted);
    let unknown = wanted.iter().enumerate().filter(|(_, one)| !known(one));
    let violations: Vec<Violation> = unknown
        .map(|(at, one)| {
            let told = format!("\"{one}\" is no kind of element");
            Violation::new(format!("collections[{at}]"), "COLLECTION_UNKNOWN", told)
        })
        .collect();
    if violations.is_empty() {
        return Ok(());
    }
    Err(Error::Invalid(violations))
}

fn revised(
    view: &View,
    (old, name): (&Name, &Name),
    (header, title): (&plain::Assessment, &str),
    (request, uid): (
        &plain::ReviseAssessmentRequest,
        &dyn Fn() -> Result<String, Error>,
    ),
) -> Result<Option<Change>, Error> {
    let mut fresh = plain::Assessment {
        name: String::new(),
        title: title.to_owned(),
        supersedes: old.to_string(),
        ..header.clone()
    };
    fresh.id.clear();
    let mut writing = Writing::on(view, uid);
    let given = body::open(name.kind(), &fresh.encode_to_vec())?;
    writing.put(name, Put::whole(&given, String::new()))?;
    writing.state(name, AssessmentState::Draft);
    for element in view.element_names(old)? {
        let from = Name::parse(&element, "name")?;
        let wanted = &request.collections;
        if !wanted.is_empty() && !wanted.contains(&from.kind().collection) {
            continue;
        }
        let Some(stored) = view.stored(&from)? else {
            continue;
        };
        let mut given = body::open(from.kind(), &stored.body)?;
        set(&mut given, "continues", &element);
        rebase(&mut given, (old.as_str(), name.as_str()), wanted);
        set(&mut given, "name", "");
        let to = name.element(from.kind(), from.id(), "name")?;
        writing.put(&to, Put::whole(&given, element))?;
    }
    writing.finish()
}

/// Brings back what an assessment held at a revision, as a change of its own.
pub(super) async fn rollback(
    door: Door,
    caller: Caller,
    request: plain::RollbackAssessmentRequest,
) -> Answer<Lazy<plain::Assessment>> {
    let name = assessment(&request.name)?;
    let mut mutation = mutation!(request, request.reason.clone());
    mutation.takes_away = true;
    let uid = || door.uid();
    let now_us = (door.clock)();
    let past = door
        .ledger
        .read(caller.clone(), At::Exact(request.revision), now_us)
        .await?;
    let applied = apply(&door, caller, &mutation, |view| {
        let (now, revision) = header(view, &name)?;
        match_etag(&name, &request.etag, revision)?;
        editable(&name, &now, &mutation.reason)?;
        rolled_back((view, &past), &name, &uid)
    })
    .await?;
    applied.answer(&name)
}

fn rolled_back(
    (view, past): (&View, &View),
    name: &Name,
    uid: &dyn Fn() -> Result<String, Error>,
) -> Result<Option<Change>, Error> {
    let (header, _) = header(past, name)?;
    let mut writing = Writing::on(view, uid);
    writing.read(format!("{name}/"), view.aggregate(name));
    writing.proposes(proposed(&header));
    let mut given = body::open(name.kind(), &header.encode_to_vec())?;
    if view.state_at(name, view.revision()) != i32::from(AssessmentState::Draft) {
        // What a draft proposed was created when it was published.
        PROPOSALS
            .iter()
            .for_each(|field| given.clear_field_by_name(field));
    }
    writing.put(name, Put::whole(&given, "name"))?;
    let then = past.element_names(name)?;
    for element in &then {
        let element = Name::parse(element, "name")?;
        let Some(stored) = past.stored(&element)? else {
            continue;
        };
        let given = body::open(element.kind(), &stored.body)?;
        let path = element.to_string();
        writing.put(&element, Put::whole(&given, path))?;
    }
    for element in view.element_names(name)? {
        if !then.contains(&element) {
            let element = Name::parse(&element, "name")?;
            writing.remove(&element, ("", false), element.to_string())?;
        }
    }
    writing.finish()
}

/// A new assessment as it is answered; when nothing was written, what was given.
fn answer_new(applied: &Applied, given: plain::Assessment) -> Answer<Lazy<plain::Assessment>> {
    let names = applied
        .names
        .iter()
        .filter_map(|name| assessment(name).ok());
    match names.into_iter().next() {
        Some(name) => applied.answer(&name),
        None => Ok((Lazy::value(given), applied.view.revision())),
    }
}

/// What was deleted is answered too, with the time it was.
fn deleted_answer(applied: &Applied, name: &Name) -> Answer<Lazy<plain::Assessment>> {
    let bytes = applied.deleted(name)?;
    let revision = applied.view.revision();
    Ok((bytes.map(Lazy::from).unwrap_or_default(), revision))
}
