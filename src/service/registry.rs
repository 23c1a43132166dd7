//! `RegistryService`: who and what assessments speak of.
//!
//! The built-in actors are a table read under every view: a stored actor of the same id takes the
//! place of the built-in one, and lists show the built-in ones last.

use std::sync::{Arc, Mutex, PoisonError};

use super::list::{Opened, asked, get, list, listed, open, token};
use super::wired::{self, registry_service_server::RegistryService};
use super::{Answer, Door, entry, mutation, unary};
use crate::error::Error;
use crate::ledger::{Cursor, Page, Query, View, satisfies};
use crate::model::caller::{Caller, Clearance};
use crate::model::kind;
use crate::model::name::Name;
use crate::model::names::{Entry, Names, Resolution};
use crate::model::v1 as plain;
use crate::wire::{Lazy, builtin, decode};

/// A get and a list for every kind of entry that has no built-in ones, a line each.
macro_rules! entries {
    ($($Kind:ident: $get:ident($GetRequest:ident),
        $list:ident($ListRequest:ident) -> $Response:ident { $items:ident };)+) => {
        unary! {$(
            $get(plain::$GetRequest) -> Lazy<plain::$Kind> = |door, caller, request| {
                get(door, caller, stringify!($Kind), (request.name, request.read))
            };
            $list(plain::$ListRequest) -> wired::$Response =
                async |door: Door, caller: Caller, request: plain::$ListRequest| {
                    let page = list(&door, caller, stringify!($Kind), asked!(request)).await?;
                    Ok(listed!(page, $Response { $items }))
                };
        )+}
    };
}

/// The five verbs that change an entry, for every kind of entry.
macro_rules! changes {
    ($($Kind:ident $entry:ident: $create:ident($CreateRequest:ident, $id:ident),
        $update:ident($UpdateRequest:ident), $delete:ident($DeleteRequest:ident),
        $undelete:ident($UndeleteRequest:ident), $merge:ident($MergeRequest:ident);)+) => {
        unary! {$(
            $create(wired::$CreateRequest) -> Lazy<plain::$Kind> = |door, caller, request| {
                let mutation = mutation!(request, String::new());
                let what = (request.$entry, request.$id);
                entry::create((door, caller), stringify!($Kind), what, mutation)
            };
            $update(wired::$UpdateRequest) -> Lazy<plain::$Kind> = |door, caller, request| {
                let mutation = mutation!(request, request.reason.clone());
                let update = entry::Update {
                    mask: request.update_mask,
                    allow_missing: request.allow_missing,
                    etag: request.etag,
                };
                entry::update((door, caller), stringify!($Kind), (request.$entry, update), mutation)
            };
            $delete(plain::$DeleteRequest) -> Lazy<plain::$Kind> = |door, caller, request| {
                let mut mutation = mutation!(request, request.reason.clone());
                mutation.takes_away = true;
                let what = (request.name, request.etag, request.allow_missing);
                entry::delete((door, caller), stringify!($Kind), what, mutation)
            };
            $undelete(plain::$UndeleteRequest) -> Lazy<plain::$Kind> = |door, caller, request| {
                let mutation = mutation!(request, request.reason.clone());
                let what = (request.name, request.etag);
                entry::undelete((door, caller), stringify!($Kind), what, mutation)
            };
            $merge(plain::$MergeRequest) -> Lazy<plain::$Kind> = |door, caller, request| {
                let mut mutation = mutation!(request, request.reason.clone());
                mutation.takes_away = true;
                let what = (request.name, request.duplicates, request.etag);
                entry::merge((door, caller), stringify!($Kind), what, mutation)
            };
        )+}
    };
}

impl RegistryService for Door {
    entries! {
        Issue: get_issue(GetIssueRequest),
            list_issues(ListIssuesRequest) -> ListIssuesResponse { issues };
        Situation: get_situation(GetSituationRequest),
            list_situations(ListSituationsRequest) -> ListSituationsResponse { situations };
        Source: get_source(GetSourceRequest),
            list_sources(ListSourcesRequest) -> ListSourcesResponse { sources };
        Place: get_place(GetPlaceRequest),
            list_places(ListPlacesRequest) -> ListPlacesResponse { places };
    }

    unary! {
        get_actor(plain::GetActorRequest) -> Lazy<plain::Actor> = get_actor;
        list_actors(plain::ListActorsRequest) -> wired::ListActorsResponse = list_actors;
        resolve_actor(plain::ResolveActorRequest) -> wired::ResolveActorResponse = resolve_actor;
        resolve_issue(plain::ResolveIssueRequest) -> wired::ResolveIssueResponse = resolve_issue;
    }

    changes! {
        Actor actor: create_actor(CreateActorRequest, actor_id),
            update_actor(UpdateActorRequest),
            delete_actor(DeleteActorRequest), undelete_actor(UndeleteActorRequest),
            merge_actors(MergeActorsRequest);
        Issue issue: create_issue(CreateIssueRequest, issue_id),
            update_issue(UpdateIssueRequest),
            delete_issue(DeleteIssueRequest), undelete_issue(UndeleteIssueRequest),
            merge_issues(MergeIssuesRequest);
        Situation situation: create_situation(CreateSituationRequest, situation_id),
            update_situation(UpdateSituationRequest),
            delete_situation(DeleteSituationRequest), undelete_situation(UndeleteSituationRequest),
            merge_situations(MergeSituationsRequest);
        Source source: create_source(CreateSourceRequest, source_id),
            update_source(UpdateSourceRequest),
            delete_source(DeleteSourceRequest), undelete_source(UndeleteSourceRequest),
            merge_sources(MergeSourcesRequest);
        Place place: create_place(CreatePlaceRequest, place_id),
            update_place(UpdatePlaceRequest),
            delete_place(DeletePlaceRequest), undelete_place(UndeletePlaceRequest),
            merge_places(MergePlacesRequest);
    }
}

async fn get_actor(
    door: Door,
    caller: Caller,
    request: plain::GetActorRequest,
) -> Answer<Lazy<plain::Actor>> {
    let name = Name::parse_as(super::list::kind_of("Actor")?, &request.name, "name")?;
    let view = door.view(caller, request.read.as_ref()).await?;
    Ok((Lazy::from(actor(&view, &name)?), view.revision()))
}

/// The stored actor of that name, or else the built-in one.
fn actor(view: &View, name: &Name) -> Result<bytes::Bytes, Error> {
    match view.get(name) {
        Err(Error::NotFound { .. }) => builtin::actor(name.as_str())
            .map(|actor| actor.bytes.clone())
            .ok_or_else(|| Error::not_found(name.as_str())),
        answered => answered,
    }
}

async fn list_actors(
    door: Door,
    caller: Caller,
    request: plain::ListActorsRequest,
) -> Answer<wired::ListActorsResponse> {
    let asked = asked!(request);
    let Opened {
        query,
        view,
        request,
    } = open(&door, caller, "Actor", &asked).await?;
    let reader = view.clone();
    let page = door.long(move || actors(&reader, &query)).await?;
    let next_page_token = match page.next {
        Some(next) => token(&door, &view, &request, next)?,
        None => String::new(),
    };
    let page = super::list::Listed {
        items: page.items,
        next_page_token,
        read_revision: view.revision(),
        total_size: page.total.and_then(|total| i32::try_from(total).ok()),
        coverage: plain::Coverage::Unspecified,
    };
    Ok(listed!(page, ListActorsResponse { actors }))
}

/// A page of stored actors, then of built-in ones, which stand at revision 0.
fn actors(view: &View, query: &Query) -> Result<Page, Error> {
    let built_in = |after: &&Cursor| after.revision == 0;
    let mut page = if query.after.as_ref().is_some_and(|after| built_in(&after)) {
        let only_counted = Query {
            size: 0,
            after: None,
            ..query.clone()
        };
        view.list(&only_counted)?
    } else {
        view.list(query)?
    };
    let mut shown = Vec::new();
    for actor in builtin::actors() {
        let name = Name::parse(actor.name, "name")?;
        let is = (query.kind, actor.name);
        if satisfies(&query.filter, is, &actor.values, &actor.bytes)? && !view.has(&name)? {
            shown.push(actor);
        }
    }
    page.total = page.total.map(|total| total + shown.len());
    if page.next.is_some() {
        return Ok(page);
    }
    let after = query.after.as_ref().filter(built_in);
    let mut rest = shown
        .into_iter()
        .filter(|actor| after.is_none_or(|after| *actor.name > *after.name));
    let mut last = after.map(|after| after.name.clone());
    for actor in rest
        .by_ref()
        .take(query.size.saturating_sub(page.items.len()))
    {
        page.items.push(actor.bytes.clone());
        last = Some(actor.name.to_owned());
    }
    if rest.next().is_some() {
        page.next = Some(Cursor {
            revision: 0,
            name: last.unwrap_or_default(),
        });
    }
    Ok(page)
}

async fn resolve_actor(
    door: Door,
    caller: Caller,
    request: plain::ResolveActorRequest,
) -> Answer<wired::ResolveActorResponse> {
    let view = door.view(caller, request.read.as_ref()).await?;
    let reader = view.clone();
    let known = Arc::clone(&door.known);
    let names = door.long(move || known.names(&reader)).await?;
    let found = candidates(&request.alias, names.actor(&request.alias))?;
    let actors = found.iter().map(|name| Ok(Lazy::from(actor(&view, name)?)));
    let actors = actors.collect::<Result<Vec<_>, Error>>()?;
    let read_revision = view.revision();
    Ok((
        wired::ResolveActorResponse {
            actors,
            read_revision,
        },
        read_revision,
    ))
}

async fn resolve_issue(
    door: Door,
    caller: Caller,
    request: plain::ResolveIssueRequest,
) -> Answer<wired::ResolveIssueResponse> {
    let view = door.view(caller, request.read.as_ref()).await?;
    let reader = view.clone();
    let known = Arc::clone(&door.known);
    let names = door.long(move || known.names(&reader)).await?;
    let found = candidates(&request.alias, names.issue(&request.alias))?;
    let issues = found.iter().map(|name| Ok(Lazy::from(view.get(name)?)));
    let issues = issues.collect::<Result<Vec<_>, Error>>()?;
    let read_revision = view.revision();
    Ok((
        wired::ResolveIssueResponse {
            issues,
            read_revision,
        },
        read_revision,
    ))
}

fn candidates(alias: &str, resolution: Resolution<'_>) -> Result<Vec<Name>, Error> {
    if alias.trim().is_empty() {
        return Err(Error::invalid("alias", "REQUIRED", "an alias is required"));
    }
    let found = match resolution {
        Resolution::Unknown => Vec::new(),
        Resolution::One(name) => vec![name],
        Resolution::Ambiguous(names) => names,
    };
    found
        .into_iter()
        .map(|name| Name::parse(name, "alias"))
        .collect()
}

/// The names of the registry as they were last read, kept because every import asks for them and
/// few change them.
#[derive(Debug, Default)]
pub(super) struct Known(Mutex<Option<(Sight, Names)>>);

/// What of the registry a view shows. It is the same set of versions whenever clearance, counts and
/// newest revisions are: any other version that came to be shown is newer than all that were.
#[derive(Debug, PartialEq, Eq)]
struct Sight {
    clearance: Clearance,
    actors: (Option<usize>, i64),
    issues: (Option<usize>, i64),
}

impl Known {
    /// What texts may call the actors and issues of this view, the built-in ones included.
    pub(super) fn names(&self, view: &View) -> Result<Names, Error> {
        let sight = sight(view)?;
        {
            let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((known, names)) = kept.as_ref()
                && *known == sight
            {
                return Ok(names.clone());
            }
        }
        let names = names(view)?;
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = Some((sight, names.clone()));
        Ok(names)
    }
}

fn sight(view: &View) -> Result<Sight, Error> {
    let newest = |message: &str| {
        let kind = super::list::kind_of(message)?;
        let query = Query {
            total: true,
            ..Query::of(kind, 1)
        };
        let page = view.list(&query)?;
        Ok::<_, Error>((page.total, page.items.into_iter().next()))
    };
    let (actors, actor) = newest("Actor")?;
    let (issues, issue) = newest("Issue")?;
    let actor = actor
        .map(|bytes| decode::<plain::Actor>(&bytes))
        .transpose()?;
    let issue = issue
        .map(|bytes| decode::<plain::Issue>(&bytes))
        .transpose()?;
    Ok(Sight {
        clearance: view.caller().clearance().clone(),
        actors: (actors, actor.map_or(0, |actor| actor.revision)),
        issues: (issues, issue.map_or(0, |issue| issue.revision)),
    })
}

/// Reads every actor and issue of a view.
fn names(view: &View) -> Result<Names, Error> {
    let mut entries = Vec::new();
    for bytes in all(view, "Actor")? {
        let plain::Actor {
            name,
            title,
            aliases,
            ..
        } = decode(&bytes)?;
        entries.push(Entry {
            name,
            title,
            aliases,
            demonyms: Vec::new(),
        });
    }
    for bytes in all(view, "Issue")? {
        let plain::Issue {
            name,
            title,
            aliases,
            ..
        } = decode(&bytes)?;
        entries.push(Entry {
            name,
            title,
            aliases,
            demonyms: Vec::new(),
        });
    }
    Ok(Names::builtin().with(entries))
}

/// Everything of a kind that the view shows.
fn all(view: &View, message: &str) -> Result<Vec<bytes::Bytes>, Error> {
    let kind = kind::of(message).ok_or_else(|| Error::Internal(format!("no kind {message}")))?;
    let mut query = Query::of(kind, view.limits().page_size_max);
    let mut items = Vec::new();
    loop {
        let page = view.list(&query)?;
        items.extend(page.items);
        match page.next {
            Some(next) => query.after = Some(next),
            None => return Ok(items),
        }
    }
}
