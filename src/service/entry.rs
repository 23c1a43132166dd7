//! Changing registry entries: the same five verbs for actors, issues, situations, sources, places.

use bytes::Bytes;
use prost::Message;
use prost_reflect::{DynamicMessage, ReflectMessage, Value};

use super::list::kind_of;
use super::mutate::{apply, mask};
use super::write::{Put, Writing, set, text};
use super::{Answer, Door, Mutation};
use crate::edit::link;
use crate::error::{Error, Violation};
use crate::ledger::View;
use crate::ledger::change::Change;
use crate::model::caller::Caller;
use crate::model::kind::Kind;
use crate::model::name::Name;
use crate::model::slug::{numbered, slug};
use crate::wire::{Lazy, body, builtin};

/// Where an entry was moved when it was merged into another.
const MERGED: &str = "merged_into";

/// Creates an entry.
pub(super) async fn create<T: Message + Default>(
    (door, caller): (Door, Caller),
    message: &str,
    (given, id): (Option<Lazy<T>>, String),
    mutation: Mutation,
) -> Answer<Lazy<T>> {
    let kind = kind_of(message)?;
    let given = open(kind, given)?;
    let uid = || door.uid();
    let applied = apply(&door, caller, &mutation, |view| {
        let name = new_name(view, kind, &id, &given)?;
        let mut writing = Writing::on(view, &uid);
        let put = Put::whole(&given, String::new());
        writing.put(&name, put)?;
        writing.finish()
    })
    .await?;
    match applied.names.first() {
        Some(name) => applied.answer(&Name::parse(name, "name")?),
        None => Ok((
            Lazy::from(Bytes::from(given.encode_to_vec())),
            applied.view.revision(),
        )),
    }
}

fn open<T: Message + Default>(
    kind: &Kind,
    given: Option<Lazy<T>>,
) -> Result<DynamicMessage, Error> {
    body::open(kind, &given.unwrap_or_default().encode_to_vec())
}

fn new_name(
    view: &View,
    kind: &'static Kind,
    wanted: &str,
    given: &DynamicMessage,
) -> Result<Name, Error> {
    let free = |name: &Name| -> Result<bool, Error> {
        Ok(!view.taken(name)? && builtin::actor(name.as_str()).is_none())
    };
    if !wanted.is_empty() {
        let name = Name::top(kind, wanted, "id")?;
        let taken = view.stored(&name)?.is_some_and(|stored| !stored.deleted);
        return if taken {
            Err(Error::AlreadyExists {
                name: name.to_string(),
            })
        } else {
            Ok(name)
        };
    }
    let title = text(given, "title").and_then(|title| slug(&title));
    let base = title.unwrap_or_else(|| "entry".to_owned());
    let mut name = Name::top(kind, &base, "id")?;
    let mut number = 2;
    while !free(&name)? {
        name = Name::top(kind, &numbered(&base, number), "id")?;
        number += 1;
    }
    Ok(name)
}

/// What an update asks for besides the entry.
pub(super) struct Update {
    pub(super) mask: Option<prost_types::FieldMask>,
    pub(super) allow_missing: bool,
    pub(super) etag: String,
}

/// Changes an entry; a built-in actor is changed by a stored one that takes its place.
pub(super) async fn update<T: Message + Default>(
    (door, caller): (Door, Caller),
    message: &str,
    (given, update): (Option<Lazy<T>>, Update),
    mutation: Mutation,
) -> Answer<Lazy<T>> {
    let kind = kind_of(message)?;
    let given = open(kind, given)?;
    let name = Name::parse_as(kind, &text(&given, "name").unwrap_or_default(), "name")?;
    let mask = mask(update.mask, &given);
    let uid = || door.uid();
    let applied = apply(&door, caller, &mutation, |view| {
        let stored = view.stored(&name)?;
        let present = stored.as_ref().is_some_and(|stored| !stored.deleted);
        let built_in = builtin::actor(name.as_str()).filter(|_| !present);
        if !present && built_in.is_none() && !update.allow_missing {
            return Err(Error::not_found(name.as_str()));
        }
        let mut writing = Writing::on(view, &uid);
        let changed = match built_in {
            Some(actor) => Some(over(body::open(kind, &actor.bytes)?, &given, &mask)),
            None => None,
        };
        let put = Put {
            given: changed.as_ref().unwrap_or(&given),
            mask: changed.is_none().then_some(mask.as_slice()),
            etag: &update.etag,
            path: String::new(),
        };
        writing.put_onto(&name, stored, put)?;
        keep_scale(view, &name, &mut writing);
        writing.finish()
    })
    .await?;
    applied.answer(&name)
}

/// The built-in actor with the given fields over it.
fn over(mut actor: DynamicMessage, given: &DynamicMessage, mask: &[String]) -> DynamicMessage {
    for field in given.descriptor().fields() {
        if mask.iter().any(|path| path == field.name()) && given.has_field(&field) {
            actor.set_field(&field, given.get_field(&field).into_owned());
        }
    }
    actor.clear_field_by_name("built_in");
    actor
}

/// A scale that positions and lines are measured on does not change any more.
fn keep_scale(view: &View, name: &Name, writing: &mut Writing<'_>) {
    let scales = ["ordinal", "quantity", "options", "binary"];
    let (Some(before), Some(after)) = (writing.was(name), writing.message(name)) else {
        return;
    };
    let changed = scales.iter().any(|scale| {
        let field = before.descriptor().get_field_by_name(scale);
        field.is_some_and(|field| {
            before.has_field(&field) && *before.get_field(&field) != *after.get_field(&field)
        })
    });
    if changed && !view.referrers(name).is_empty() {
        let text = "positions or red lines are measured on this scale; make a new issue";
        writing.problem(Violation::new("scale", "SCALE_FIXED", text));
    }
}

/// Deletes an entry that nothing links to.
pub(super) async fn delete<T: Message + Default>(
    (door, caller): (Door, Caller),
    message: &str,
    (name, etag, allow_missing): (String, String, bool),
    mutation: Mutation,
) -> Answer<Lazy<T>> {
    let name = Name::parse_as(kind_of(message)?, &name, "name")?;
    let uid = || door.uid();
    let applied = apply(&door, caller, &mutation, |view| {
        if allow_missing && !view.has(&name)? {
            return Ok(None);
        }
        let mut writing = Writing::on(view, &uid);
        writing.remove(&name, (&etag, false), "name".to_owned())?;
        writing.finish()
    })
    .await?;
    let bytes = applied.deleted(&name)?;
    let revision = applied.view.revision();
    Ok((bytes.map(Lazy::from).unwrap_or_default(), revision))
}

/// Brings back what was deleted: an entry, or an assessment with its elements.
pub(super) async fn undelete<T: Message + Default>(
    (door, caller): (Door, Caller),
    message: &str,
    (name, etag): (String, String),
    mutation: Mutation,
) -> Answer<Lazy<T>> {
    let name = Name::parse_as(kind_of(message)?, &name, "name")?;
    let uid = || door.uid();
    let applied = apply(&door, caller, &mutation, |view| {
        let mut writing = Writing::on(view, &uid);
        writing.undelete(&name, &etag, "name".to_owned())?;
        writing.finish()
    })
    .await?;
    applied.answer(&name)
}

/// Merges duplicates into one entry: every link to them is moved, in one commit.
pub(super) async fn merge<T: Message + Default>(
    (door, caller): (Door, Caller),
    message: &str,
    (name, duplicates, etag): (String, Vec<String>, String),
    mutation: Mutation,
) -> Answer<Lazy<T>> {
    let kind = kind_of(message)?;
    let name = Name::parse_as(kind, &name, "name")?;
    let each = duplicates.iter().enumerate();
    let duplicates = each
        .map(|(at, duplicate)| Name::parse_as(kind, duplicate, &format!("duplicates[{at}]")))
        .collect::<Result<Vec<_>, _>>()?;
    if duplicates.is_empty() {
        return Err(Error::invalid(
            "duplicates",
            "REQUIRED",
            "name at least one duplicate",
        ));
    }
    if duplicates.contains(&name) {
        let text = format!("\"{name}\" cannot be merged into itself");
        return Err(Error::invalid("duplicates", "MERGE_CYCLE", text));
    }
    let uid = || door.uid();
    let applied = apply(&door, caller, &mutation, |view| {
        merged(view, (&name, &etag), &duplicates, &uid)
    })
    .await?;
    applied.answer(&name)
}

fn merged(
    view: &View,
    (name, etag): (&Name, &str),
    duplicates: &[Name],
    uid: &dyn Fn() -> Result<String, Error>,
) -> Result<Option<Change>, Error> {
    let mut writing = Writing::on(view, uid);
    let stays = view.stored(name)?.filter(|stored| !stored.deleted);
    let mut kept = match (&stays, builtin::actor(name.as_str())) {
        (Some(stays), _) => body::open(name.kind(), &stays.body)?,
        (None, Some(actor)) => body::open(name.kind(), &actor.bytes)?,
        (None, None) => return Err(Error::not_found(name.as_str())),
    };
    kept.clear_field_by_name("built_in");
    for duplicate in duplicates {
        writing.bury(duplicate, "", duplicate.to_string())?;
        writing.relink(duplicate, Some(name))?;
        // A link from the one that stays to the one that goes would point to itself.
        link::unlink(&mut kept, duplicate.as_str());
        if let Some(gone) = writing.message_mut(duplicate) {
            learn(&mut kept, gone);
            set(gone, MERGED, name.as_str());
        }
    }
    writing.put(
        name,
        Put {
            etag,
            ..Put::whole(&kept, "name")
        },
    )?;
    writing.finish()
}

/// What the duplicate was called is an alias of the one that stays.
fn learn(kept: &mut DynamicMessage, gone: &DynamicMessage) {
    let called = |message: &DynamicMessage| -> Vec<Value> {
        let title = text(message, "title").map(Value::String);
        let aliases = message.get_field_by_name("aliases");
        let aliases = aliases.and_then(|aliases| aliases.as_list().map(<[Value]>::to_vec));
        title
            .into_iter()
            .chain(aliases.unwrap_or_default())
            .collect()
    };
    let known = called(kept);
    let learnt: Vec<Value> = called(gone)
        .into_iter()
        .filter(|alias| !known.contains(alias))
        .collect();
    if let Some(Value::List(aliases)) = kept.get_field_by_name_mut("aliases") {
        aliases.extend(learnt);
    }
}
