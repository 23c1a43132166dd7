//! What changed: between two sides (`DiffAssessments`), and of one resource through its history
//! (`ListHistory`); each change with its fields, and with who made it, when and why.

use super::list::{page_size, token};
use super::select::{Chosen, assessed, queries};
use super::{Answer, Door, Moment, hash, moment};
use crate::error::{Error, Problems};
use crate::ledger::{Cursor, Pair, Query, Scope, Side, Version, View, lineage};
use crate::model::caller::Caller;
use crate::model::limits::Limits;
use crate::model::name::{Name, assessment_of};
use crate::model::{Revision, v1 as plain};
use crate::query::page::{self, Bond, Place};
use crate::wire::body::timestamp;
use crate::wire::fields;

/// Stands for every assessment.
const ALL: &str = "assessments/-";

/// Changes of a page when the request does not say.
const SIZE_DEFAULT: i32 = 100;

/// Commits told of one change.
const COMMITS_MAX: usize = 10;

/// A diff, checked.
struct Asked {
    scope: Scope,
    queries: Vec<Query>,
    size: usize,
}

/// Compares two sides.
pub(super) async fn diff(
    door: Door,
    caller: Caller,
    mut request: plain::DiffAssessmentsRequest,
) -> Answer<plain::DiffAssessmentsResponse> {
    let limits = *door.ledger.limits();
    let page_token = std::mem::take(&mut request.page_token);
    let page_size = std::mem::take(&mut request.page_size);
    let bound = bound(&request, &limits);
    let mut problems = Problems::default();
    let asked = problems.note(asked(&request, page_size, &limits))?;
    let reads = (
        problems.note(moment(request.base_read.as_ref()))?,
        problems.note(moment(request.target_read.as_ref()))?,
    );
    let place = problems.note(resumed(&door, &caller, &page_token, &bound))?;
    problems.finish()?;
    let (Some(asked), (Some(base), Some(target)), Some(place)) = (asked, reads, place) else {
        return Err(Error::Internal("a problem was not told".to_owned()));
    };
    let (base, target) = match &place {
        Some(place) => (
            door.reopened(caller.clone(), place.item_revision, base)?,
            door.reopened(caller, place.revision, target)?,
        ),
        None => sides(&door, caller, base, target).await?,
    };
    if let Scope::Of(earlier, later) = &asked.scope {
        let seen = |name: &Name| Ok::<bool, Error>(base.has(name)? || target.has(name)?);
        for name in [earlier, later] {
            if !seen(name)? {
                return Err(Error::not_found(name.as_str()));
            }
        }
    }
    let after = place.map(|place| place.item_name);
    let page = door.clone();
    let response = door
        .long(move || compared(&page, (&base, &target), &asked, (after, &bound)))
        .await?;
    let revision = response.target_revision;
    Ok((response, revision))
}

/// Opens both sides; the earlier one must not be later.
async fn sides(
    door: &Door,
    caller: Caller,
    base: Moment,
    target: Moment,
) -> Result<(View, View), Error> {
    let base = door.opened(caller.clone(), base).await?;
    let target = door.opened(caller, target).await?;
    if base.revision() > target.revision() {
        let (base, target) = (base.revision(), target.revision());
        let text = format!("revision {base} is later than revision {target} of the target");
        return Err(Error::invalid("base_read", "DIFF_BACKWARDS", text));
    }
    Ok((base, target))
}

fn asked(
    request: &plain::DiffAssessmentsRequest,
    size: i32,
    limits: &Limits,
) -> Result<Asked, Error> {
    let mut problems = Problems::default();
    let named = |text: &str, field: &str| {
        let kind = super::list::kind_of("Assessment")?;
        match text {
            ALL => Ok(None),
            text => Name::parse_as(kind, text, field).map(Some),
        }
    };
    let base = problems.note(named(&request.base, "base"))?;
    let target = match request.target.as_str() {
        "" => base.clone(),
        target => problems.note(named(target, "target"))?,
    };
    if let (Some(base), Some(target)) = (&base, &target)
        && base.is_some() != target.is_some()
    {
        let text = "one assessment cannot be compared with all";
        problems.note::<()>(Err(Error::invalid("target", "DIFF_UNEVEN", text)))?;
    }
    let (base, target) = (base.flatten(), target.flatten());
    let among = assessed();
    let every: Vec<i32> = (1..=4).collect();
    let chosen = Chosen {
        collections: &request.collections,
        among: &among,
        filter: &request.filter,
        states: match (&base, request.states.is_empty()) {
            (Some(_), true) => &every,
            (_, _) => &request.states,
        },
        rejected: request.show_rejected,
    };
    let queries = problems.note(queries(&chosen, limits))?.unwrap_or_default();
    let size = problems.note(page_size(
        if size == 0 { SIZE_DEFAULT } else { size },
        limits,
    ))?;
    problems.finish()?;
    let scope = match (base, target) {
        (Some(base), Some(target)) => Scope::Of(base, target),
        (_, _) => Scope::All,
    };
    Ok(Asked {
        scope,
        queries,
        size: size.unwrap_or_default(),
    })
}

/// What a page token is bound to. What is far too long is refused, and not gone through before.
fn bound(request: &impl prost::Message, limits: &Limits) -> Vec<u8> {
    let long = request.encoded_len() > 2 * limits.filter_bytes_max;
    if long { Vec::new() } else { hash(request) }
}

/// Where a page goes on; `None` for the first one.
fn resumed(
    door: &Door,
    caller: &Caller,
    page_token: &str,
    bound: &[u8],
) -> Result<Option<Place>, Error> {
    if page_token.is_empty() || bound.is_empty() {
        return Ok(None);
    }
    let bond = Bond {
        key: door.ledger.page_token_key(),
        subject: caller.subject(),
        request: bound,
    };
    page::open(page_token, &bond, door.ledger.limits()).map(Some)
}

/// The key that pairs are ordered by, as a page token holds it.
fn key(pair: &Pair) -> String {
    let (kind, name) = pair.order();
    format!("{kind:03} {name}")
}

fn compared(
    door: &Door,
    (base, target): (&View, &View),
    asked: &Asked,
    (after, bound): (Option<String>, &[u8]),
) -> Result<plain::DiffAssessmentsResponse, Error> {
    let pairs = target.differing(base, &asked.queries, &asked.scope)?;
    let mut changes = Vec::new();
    let mut next_page_token = String::new();
    let mut last = String::new();
    for pair in &pairs {
        let key = key(pair);
        if after.as_ref().is_some_and(|after| key <= *after) {
            continue;
        }
        let Some(change) = changed(door, (base, target), pair)? else {
            continue;
        };
        if changes.len() == asked.size {
            let next = Cursor {
                revision: base.revision(),
                name: last,
            };
            next_page_token = token(door, target, bound, next)?;
            break;
        }
        last = key;
        changes.push(change);
    }
    Ok(plain::DiffAssessmentsResponse {
        changes,
        next_page_token,
        base_revision: base.revision(),
        target_revision: target.revision(),
    })
}

/// What is told of a pair; `None` when nothing differs.
fn changed(
    door: &Door,
    (base, target): (&View, &View),
    pair: &Pair,
) -> Result<Option<plain::ResourceDiff>, Error> {
    let Some(collection) = pair.name().map(Name::kind) else {
        return Ok(None);
    };
    let (kind, line, fields) = match (&pair.base, &pair.target) {
        (None, None) => return Ok(None),
        (None, Some(is)) => (
            plain::DiffKind::Added,
            lineage(&target.read(is)?)?,
            Vec::new(),
        ),
        (Some(was), None) => (
            plain::DiffKind::Removed,
            lineage(&base.read(was)?)?,
            Vec::new(),
        ),
        (Some(was), Some(is)) => {
            let moved = moved(was.name.as_str(), is.name.as_str());
            let sides = (base.read(was)?, target.read(is)?);
            let fields = fields::differing(is.name.kind(), (&sides.0, &sides.1), moved)?;
            (plain::DiffKind::Changed, lineage(&sides.1)?, fields)
        }
    };
    if kind == plain::DiffKind::Changed && fields.is_empty() {
        return Ok(None);
    }
    let name = |side: &Option<Side>| side.as_ref().map(|side| side.name.clone());
    let (was, is) = (name(&pair.base), name(&pair.target));
    let mut commits = Vec::new();
    for name in is
        .iter()
        .chain(was.iter().filter(|was| Some(*was) != is.as_ref()))
    {
        commits.extend(target.written(name, base.revision(), COMMITS_MAX)?);
    }
    if commits.is_empty()
        && let Some(header) = pair.name().and_then(|name| assessment_of(name.as_str()))
    {
        // Nobody wrote it: its assessment brought it or took it away.
        let header = Name::parse(header, "name")?;
        commits = target.written(&header, base.revision(), 1)?;
    }
    commits.sort_unstable_by(|a, b| b.cmp(a));
    commits.dedup();
    commits.truncate(COMMITS_MAX);
    let commits = commits.into_iter().map(|revision| commit(door, revision));
    let told = |name: Option<Name>| name.map_or_else(String::new, |name| name.to_string());
    Ok(Some(plain::ResourceDiff {
        collection: collection.collection.clone(),
        lineage: line,
        base_name: told(was),
        target_name: told(is),
        kind: kind.into(),
        fields,
        commits: commits.collect::<Result<_, _>>()?,
    }))
}

/// The assessments of both names, where they are not the same.
fn moved<'a>(was: &'a str, is: &'a str) -> Option<(&'a str, &'a str)> {
    let both = (assessment_of(was)?, assessment_of(is)?);
    (was != is).then_some(both)
}

fn commit(door: &Door, revision: Revision) -> Result<plain::ChangeCommit, Error> {
    let commit = door.ledger.commit_at(revision)?;
    let commit = commit.ok_or_else(|| Error::Internal(format!("no revision {revision}")))?;
    Ok(plain::ChangeCommit {
        revision,
        commit_time: Some(timestamp(commit.time_us)),
        committer: commit.author,
        reason: commit.reason,
    })
}

/// Tells how one resource became what it is.
pub(super) async fn history(
    door: Door,
    caller: Caller,
    mut request: plain::ListHistoryRequest,
) -> Answer<plain::ListHistoryResponse> {
    let limits = *door.ledger.limits();
    let page_token = std::mem::take(&mut request.page_token);
    let size = std::mem::take(&mut request.page_size);
    let bound = bound(&request, &limits);
    let mut problems = Problems::default();
    let name = problems.note(historic(&request.name))?;
    let size = problems.note(page_size(size, &limits))?;
    let moment = problems.note(moment(request.read.as_ref()))?;
    let place = problems.note(resumed(&door, &caller, &page_token, &bound))?;
    problems.finish()?;
    let (Some(name), Some(size), Some(moment), Some(place)) = (name, size, moment, place) else {
        return Err(Error::Internal("a problem was not told".to_owned()));
    };
    let view = match &place {
        Some(place) => door.reopened(caller, place.revision, moment)?,
        None => door.opened(caller, moment).await?,
    };
    let revision = view.revision();
    let page = door.clone();
    let response = door
        .long(move || told(&page, &view, (name, size), (place, &bound)))
        .await?;
    Ok((response, revision))
}

fn historic(text: &str) -> Result<Name, Error> {
    let name = Name::parse(text, "name")?;
    if name.kind().is_element() || name.kind().message == "Assessment" {
        return Ok(name);
    }
    let text = format!("\"{text}\" is no assessment and no element");
    Err(Error::invalid("name", "NAME_ELSEWHERE", text))
}

fn told(
    door: &Door,
    view: &View,
    (name, size): (Name, usize),
    (place, bound): (Option<Place>, &[u8]),
) -> Result<plain::ListHistoryResponse, Error> {
    let versions = match &place {
        None => view.versions(&name, view.revision(), size + 1)?,
        Some(place) => {
            let name = Name::parse(&place.item_name, "page_token")?;
            let mut versions = view.versions(&name, place.item_revision, size + 2)?;
            versions.drain(..versions.len().min(1));
            versions
        }
    };
    if versions.is_empty() && place.is_none() {
        return Err(Error::not_found(name.as_str()));
    }
    let older = versions.iter().skip(1).map(Some).chain([None]);
    let entries = versions.iter().zip(older).take(size);
    let entries = entries.map(|(version, before)| entry(door, version, before));
    let entries: Vec<plain::HistoryEntry> = entries.collect::<Result<_, _>>()?;
    let last = size.checked_sub(1).and_then(|last| versions.get(last));
    let next_page_token = match last.filter(|_| versions.len() > size) {
        None => String::new(),
        Some(last) => {
            let next = Cursor {
                revision: last.revision,
                name: last.name.clone(),
            };
            token(door, view, bound, next)?
        }
    };
    Ok(plain::ListHistoryResponse {
        entries,
        next_page_token,
        read_revision: view.revision(),
    })
}

fn entry(
    door: &Door,
    version: &Version,
    before: Option<&Version>,
) -> Result<plain::HistoryEntry, Error> {
    let before = before.filter(|before| !before.deleted);
    let (kind, fields) = match before {
        _ if version.deleted => (plain::DiffKind::Removed, Vec::new()),
        None if version.cut => (plain::DiffKind::Changed, Vec::new()),
        None => (plain::DiffKind::Added, Vec::new()),
        Some(before) => {
            let kind = Name::parse(&version.name, "name")?.kind();
            let moved = moved(&before.name, &version.name);
            let sides = (before.body.as_ref(), version.body.as_ref());
            (
                plain::DiffKind::Changed,
                fields::differing(kind, sides, moved)?,
            )
        }
    };
    Ok(plain::HistoryEntry {
        name: version.name.clone(),
        kind: kind.into(),
        fields,
        commit: Some(commit(door, version.revision)?),
    })
}
