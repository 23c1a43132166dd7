//! `SearchElements`: what is found by its words.
//!
//! One search over several kinds, each with the one filter checked against its own fields. The
//! page token pins the revision and says after which score and name the next page goes on.

use super::coverage::silence;
use super::list::{kind_of, page_size, token};
use super::select::{Chosen, assessed, queries};
use super::{Answer, Door, hash, moment};
use crate::error::{Error, Problems};
use crate::ledger::{Cursor, Hit, Query, Rank, Snippet, Sought, View};
use crate::model::caller::Caller;
use crate::model::kind::Kind;
use crate::model::limits::Limits;
use crate::model::name::Name;
use crate::model::v1 as plain;
use crate::model::v1::search_elements_response::{self as told, Highlight};
use crate::query::page::{self, Bond, Place};
use crate::query::{order, words};
use crate::wire::{Lazy, search as written};

/// Stands for every assessment.
const ALL: &str = "assessments/-";

/// The fields of a document that only its full view has.
const BRIEF: &[(&str, &[u32])] = &[("Document", &super::document::CONTENT)];

/// Finds what a search asks for.
pub(super) async fn search(
    door: Door,
    caller: Caller,
    mut request: plain::SearchElementsRequest,
) -> Answer<Lazy<plain::SearchElementsResponse>> {
    let limits = *door.ledger.limits();
    let page_token = std::mem::take(&mut request.page_token);
    let size = std::mem::take(&mut request.page_size);
    let bound = hash(&request);
    let mut problems = Problems::default();
    let sought = problems.note(sought(&request, &limits))?;
    let size = problems.note(page_size(size, &limits))?;
    let moment = problems.note(moment(request.read.as_ref()))?;
    let place = problems.note(resumed(&door, &caller, &page_token, &bound))?;
    problems.finish()?;
    let (Some((mut sought, parent)), Some(size), Some(moment), Some(place)) =
        (sought, size, moment, place)
    else {
        return Err(Error::Internal("a problem was not told".to_owned()));
    };
    sought.size = size;
    let view = match place {
        None => door.opened(caller, moment).await?,
        Some((revision, rank)) => {
            for query in &mut sought.queries {
                (query.size, query.after) = (size, Some(rank.cursor.clone()));
            }
            sought.after = Some(rank);
            door.reopened(caller, revision, moment)?
        }
    };
    for query in &mut sought.queries {
        query.size = size;
    }
    if let Some(parent) = parent
        && !view.has(&parent)?
    {
        return Err(Error::not_found(parent.as_str()));
    }
    door.ledger.findable(&view).await?;
    let revision = view.revision();
    let asked = door.clone();
    let response = door
        .long(move || answer(&asked, &view, &sought, &bound))
        .await?;
    Ok((response, revision))
}

/// What is searched for, and the assessment it is searched in.
fn sought(
    request: &plain::SearchElementsRequest,
    limits: &Limits,
) -> Result<(Sought, Option<Name>), Error> {
    let mut problems = Problems::default();
    let words = problems.note(words::parse(&request.query, limits))?;
    let parent = match request.parent.as_str() {
        "" | ALL => None,
        named => problems.note(Name::parse_as(kind_of("Assessment")?, named, "parent"))?,
    };
    let every: Vec<i32> = (1..=4).collect();
    let among = among(parent.is_some())?;
    let chosen = Chosen {
        collections: &request.collections,
        among: &among,
        filter: &request.filter,
        states: match (&parent, request.states.is_empty()) {
            (Some(_), true) => &every,
            (_, _) => &request.states,
        },
        rejected: request.show_rejected,
    };
    let mut queries = problems.note(queries(&chosen, limits))?.unwrap_or_default();
    problems.note(ordered(&request.order_by, &mut queries, limits))?;
    problems.finish()?;
    for query in &mut queries {
        query.parent.clone_from(&parent);
    }
    let words = words.ok_or_else(|| Error::Internal("a problem was not told".to_owned()))?;
    let sought = Sought {
        words,
        queries,
        size: 0,
        after: None,
        total: request.include_total_size,
        brief: BRIEF,
    };
    Ok((sought, parent))
}

/// What can be searched; documents lie in no assessment.
fn among(within: bool) -> Result<Vec<&'static Kind>, Error> {
    let mut kinds = assessed();
    if !within {
        kinds.push(kind_of("Document")?);
    }
    Ok(kinds)
}

/// Another order than the best match first is one of the fields of one kind.
fn ordered(text: &str, queries: &mut [Query], limits: &Limits) -> Result<(), Error> {
    if text.trim().is_empty() {
        return Ok(());
    }
    let [query] = queries else {
        let text = "hits of several collections come best match first; name one collection";
        return Err(Error::invalid("order_by", "ORDER_UNSUPPORTED", text));
    };
    query.order = order::parse(text, query.kind, limits)?;
    Ok(())
}

/// The revision of the first page and where the page before ended; `None` for the first one.
fn resumed(
    door: &Door,
    caller: &Caller,
    page_token: &str,
    bound: &[u8],
) -> Result<Option<(i64, Rank)>, Error> {
    if page_token.is_empty() {
        return Ok(None);
    }
    let bond = Bond {
        key: door.ledger.page_token_key(),
        subject: caller.subject(),
        request: bound,
    };
    let place = page::open(page_token, &bond, door.ledger.limits())?;
    let revision = place.revision;
    let broken = || Error::Internal("a page token does not say where to go on".to_owned());
    rank(place)
        .map(|rank| Some((revision, rank)))
        .ok_or_else(broken)
}

/// `{score} {name}`, as a page token holds it.
fn rank(place: Place) -> Option<Rank> {
    let (score, name) = place.item_name.split_once(' ')?;
    Some(Rank {
        score: score.parse().ok()?,
        cursor: Cursor {
            revision: place.item_revision,
            name: name.to_owned(),
        },
    })
}

fn answer(
    door: &Door,
    view: &View,
    sought: &Sought,
    bound: &[u8],
) -> Result<Lazy<plain::SearchElementsResponse>, Error> {
    let found = door.ledger.search(view, sought)?;
    let next_page_token = match found.next {
        None => String::new(),
        Some(Rank { score, cursor }) => {
            let name = format!("{score} {}", cursor.name);
            token(door, view, bound, Cursor { name, ..cursor })?
        }
    };
    let hits = found.hits.iter().map(|hit| {
        let about = about(hit);
        written::hit(&about, (hit.kind, &hit.body))
    });
    let response = plain::SearchElementsResponse {
        hits: Vec::new(),
        next_page_token,
        read_revision: view.revision(),
        total_size: found.total.and_then(|total| i32::try_from(total).ok()),
        coverage: coverage(view, sought, found.hits.is_empty())?.into(),
    };
    let hits = hits.collect::<Result<Vec<_>, Error>>()?;
    Ok(Lazy::from(written::response(&response, &hits)))
}

/// Which sort of silence it is when nothing is found: whatever is said of a document, nobody need
/// have assessed it.
fn coverage(view: &View, sought: &Sought, nothing: bool) -> Result<plain::Coverage, Error> {
    if !nothing || sought.after.is_some() {
        return Ok(plain::Coverage::Stated);
    }
    let mut queries = sought.queries.iter();
    let assessed = queries.find(|query| query.kind.message != "Document");
    assessed.map_or(Ok(plain::Coverage::Unspecified), |query| {
        silence(view, query)
    })
}

/// Everything of a hit but the resource.
fn about(hit: &Hit) -> told::Hit {
    let number = |at: usize| i32::try_from(at).unwrap_or(i32::MAX);
    let snippet = |snippet: &Snippet| {
        let highlights = snippet.highlights.iter().map(|(start, end)| Highlight {
            start: number(*start),
            end: number(*end),
        });
        told::Snippet {
            path: snippet.path.to_owned(),
            text: snippet.text.clone(),
            highlights: highlights.collect(),
        }
    };
    told::Hit {
        score: hit.score,
        paths: hit.standing.paths.iter().map(ToString::to_string).collect(),
        snippets: hit.standing.snippets.iter().map(snippet).collect(),
        resource: None,
    }
}
