//! The history of an assessment: its revisions, newest first, each with who, when and why.

use super::list::{Asked, open, token};
use super::mutate::assessment;
use super::{Answer, Door};
use crate::error::Error;
use crate::ledger::{Cursor, View};
use crate::model::caller::Caller;
use crate::model::name::{Name, assessment_of};
use crate::model::{Revision, v1 as plain};
use crate::wire::body::timestamp;

/// Lists the revisions in which an assessment, or anything in it, changed.
pub(super) async fn list_revisions(
    door: Door,
    caller: Caller,
    request: plain::ListAssessmentRevisionsRequest,
) -> Answer<plain::ListAssessmentRevisionsResponse> {
    let name = assessment(&request.name)?;
    let asked = Asked {
        // The name is part of what a page token is bound to.
        parent: name.to_string(),
        page_size: request.page_size,
        page_token: request.page_token,
        filter: request.filter,
        order_by: request.order_by,
        read: request.read,
        include_total_size: request.include_total_size,
        ..Asked::default()
    };
    if !asked.filter.is_empty() {
        let text = "revisions cannot be filtered yet";
        return Err(Error::invalid("filter", "FILTER_UNSUPPORTED", text));
    }
    let opened = open(&door, caller, "Assessment", &asked).await?;
    let view = opened.view;
    if view.stored(&name)?.is_none() {
        return Err(Error::not_found(name.as_str()));
    }
    let all = view.revisions(&name);
    let total_size = asked
        .include_total_size
        .then(|| i32::try_from(all.len()).unwrap_or(i32::MAX));
    let after = opened
        .query
        .after
        .map_or(Revision::MAX, |cursor| cursor.revision);
    let mut rest = all.into_iter().filter(|revision| *revision < after);
    let page: Vec<Revision> = rest.by_ref().take(opened.query.size).collect();
    let next_page_token = match (rest.next(), page.last()) {
        (Some(_), Some(last)) => {
            let next = Cursor {
                revision: *last,
                name: name.to_string(),
            };
            token(&door, &view, &opened.request, next)?
        }
        (_, _) => String::new(),
    };
    let read_revision = view.revision();
    let revisions = door
        .clone()
        .long(move || {
            page.iter()
                .map(|revision| told(&door, &view, &name, *revision))
                .collect()
        })
        .await?;
    let response = plain::ListAssessmentRevisionsResponse {
        revisions,
        next_page_token,
        read_revision,
        total_size,
    };
    Ok((response, read_revision))
}

fn told(
    door: &Door,
    view: &View,
    name: &Name,
    revision: Revision,
) -> Result<plain::AssessmentRevision, Error> {
    let commit = door.ledger.commit_at(revision)?;
    let commit = commit.ok_or_else(|| Error::Internal(format!("no revision {revision}")))?;
    let mine = |names: &[String]| -> Vec<String> {
        let of = |other: &&String| assessment_of(other) == Some(name.as_str());
        let seen = |other: &&String| {
            Name::parse(other, "name").is_ok_and(|other| view.may_see(&other).unwrap_or(false))
        };
        names.iter().filter(of).filter(seen).cloned().collect()
    };
    let mut changed = mine(&commit.names);
    changed.retain(|name| !commit.deleted.contains(name));
    Ok(plain::AssessmentRevision {
        revision,
        commit_time: Some(timestamp(commit.time_us)),
        committer: commit.author,
        reason: commit.reason,
        state: view.state_at(name, revision),
        changed,
        removed: mine(&commit.deleted),
    })
}
