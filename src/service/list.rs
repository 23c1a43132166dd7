//! Get and list, the same for every kind of resource.

use bytes::Bytes;

use super::coverage::silence;
use super::select::few_states;
use super::{Answer, Door, moment};
use crate::error::{Error, Problems};
use crate::ledger::{Cursor, Query, View};
use crate::model::Revision;
use crate::model::caller::Caller;
use crate::model::kind::{self, Kind};
use crate::model::name::{Name, id_fits};
use crate::model::v1::{self as plain, Coverage};
use crate::query::page::{self, Bond, Place};
use crate::query::{filter, order};
use crate::wire::Lazy;

/// Pages up to this size are read where the request is, if bitmaps find them; others on the pool.
const INLINE_ITEMS: usize = 100;

/// What every list request says.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pub(super) parent: String,
    pub(super) page_size: i32,
    pub(super) page_token: String,
    pub(super) filter: String,
    pub(super) order_by: String,
    pub(super) read: Option<plain::ReadOptions>,
    pub(super) states: Vec<i32>,
    pub(super) show_deleted: bool,
    pub(super) show_rejected: bool,
    pub(super) include_total_size: bool,
}

/// A page, as every list answers it.
pub(super) struct Listed {
    pub(super) items: Vec<Bytes>,
    pub(super) next_page_token: String,
    pub(super) read_revision: Revision,
    pub(super) total_size: Option<i32>,
    pub(super) coverage: Coverage,
}

/// Takes the fields that every list request has out of one; the others by name.
macro_rules! asked {
    ($request:expr $(, $field:ident)*) => {{
        let mut asked = $crate::service::list::Asked::default();
        asked.page_size = $request.page_size;
        asked.page_token = $request.page_token;
        asked.filter = $request.filter;
        asked.order_by = $request.order_by;
        asked.read = $request.read;
        asked.show_deleted = $request.show_deleted;
        asked.include_total_size = $request.include_total_size;
        $(asked.$field = $request.$field;)*
        asked
    }};
}

/// Puts a page into the response of its method.
macro_rules! listed {
    ($page:expr, $Response:ident { $items:ident } $($coverage:ident)?) => {{
        let page: $crate::service::list::Listed = $page;
        let revision = page.read_revision;
        let response = $crate::service::wired::$Response {
            $items: page.items.into_iter().map(Into::into).collect(),
            next_page_token: page.next_page_token,
            read_revision: revision,
            total_size: page.total_size,
            $($coverage: page.$coverage.into(),)?
        };
        (response, revision)
    }};
}

pub(super) use {asked, listed};

/// The kind of a message of the contract.
pub(super) fn kind_of(message: &str) -> Result<&'static Kind, Error> {
    kind::of(message).ok_or_else(|| Error::Internal(format!("no kind \"{message}\"")))
}

/// Gets one resource.
pub(super) async fn get<T>(
    door: Door,
    caller: Caller,
    message: &str,
    (name, read): (String, Option<plain::ReadOptions>),
) -> Answer<Lazy<T>> {
    let name = Name::parse_as(kind_of(message)?, &name, "name")?;
    let view = door.view(caller, read.as_ref()).await?;
    Ok((Lazy::from(view.get(&name)?), view.revision()))
}

/// Lists resources of a kind.
pub(super) async fn list(
    door: &Door,
    caller: Caller,
    message: &str,
    asked: Asked,
) -> Result<Listed, Error> {
    let Opened {
        query,
        view,
        request,
    } = open(door, caller, message, &asked).await?;
    let reader = view.clone();
    let (page, query) = if query.size <= INLINE_ITEMS && query.light() {
        (reader.list(&query)?, query)
    } else {
        let listed = move || Ok((reader.list(&query)?, query));
        door.long(listed).await?
    };
    let coverage = if !page.items.is_empty() || query.after.is_some() {
        Coverage::Stated
    } else if query.kind.is_element() {
        let reader = view.clone();
        door.long(move || silence(&reader, &query)).await?
    } else {
        Coverage::Unspecified
    };
    let next_page_token = match page.next {
        Some(next) => token(door, &view, &request, next)?,
        None => String::new(),
    };
    Ok(Listed {
        items: page.items,
        next_page_token,
        read_revision: view.revision(),
        total_size: page.total.and_then(|total| i32::try_from(total).ok()),
        coverage,
    })
}

/// A list request, checked: what to ask of which view.
pub(super) struct Opened {
    pub(super) query: Query,
    pub(super) view: View,
    /// The request in a canonical form, for the token.
    pub(super) request: Vec<u8>,
}

/// Checks a list request, all of it at once, and opens its view: that of its first page.
pub(super) async fn open(
    door: &Door,
    caller: Caller,
    message: &str,
    asked: &Asked,
) -> Result<Opened, Error> {
    let limits = *door.ledger.limits();
    let kind = kind_of(message)?;
    let mut problems = Problems::default();
    let filter = problems.note(filter::parse(&asked.filter, kind, &limits))?;
    let order = problems.note(order::parse(&asked.order_by, kind, &limits))?;
    let parent = problems.note(parent(&asked.parent, kind))?.flatten();
    let size = problems.note(page_size(asked.page_size, &limits))?;
    problems.note(few_states(&asked.states))?;
    let moment = problems.note(moment(asked.read.as_ref()))?;
    // What is too long has been refused, and is not gone through once more.
    let texts = [&asked.parent, &asked.filter, &asked.order_by];
    let long = texts
        .iter()
        .any(|text| text.len() > limits.filter_bytes_max);
    let request = if long {
        Vec::new()
    } else {
        canonical(message, asked)
    };
    let place = if asked.page_token.is_empty() || long {
        None
    } else {
        let bond = Bond {
            key: door.ledger.page_token_key(),
            subject: caller.subject(),
            request: &request,
        };
        problems.note(page::open(&asked.page_token, &bond, &limits))?
    };
    problems.finish()?;
    let states = states(asked, parent.is_some());
    let untold = || Error::Internal("a problem was not told".to_owned());
    let moment = moment.ok_or_else(untold)?;
    let view = match &place {
        Some(place) => door.reopened(caller, place.revision, moment)?,
        None => door.opened(caller, moment).await?,
    };
    if let Some(parent) = &parent
        && !view.has(parent)?
    {
        return Err(Error::not_found(parent.as_str()));
    }
    let query = Query {
        kind,
        parent,
        filter: filter.unwrap_or_default(),
        order: order.unwrap_or_default(),
        states,
        deleted: asked.show_deleted,
        rejected: asked.show_rejected,
        size: size.unwrap_or(limits.page_size_default),
        after: place.map(|place| Cursor {
            revision: place.item_revision,
            name: place.item_name,
        }),
        total: asked.include_total_size,
    };
    Ok(Opened {
        query,
        view,
        request,
    })
}

/// Writes the token of the next page.
pub(super) fn token(
    door: &Door,
    view: &View,
    request: &[u8],
    next: Cursor,
) -> Result<String, Error> {
    let subject = view.caller().subject();
    let bond = Bond {
        key: door.ledger.page_token_key(),
        subject,
        request,
    };
    let place = Place {
        revision: view.revision(),
        item_revision: next.revision,
        item_name: next.name,
    };
    page::seal(&place, &bond)
}

/// Everything that makes two requests ask for the same list.
fn canonical(message: &str, asked: &Asked) -> Vec<u8> {
    let flags = (asked.show_deleted, asked.show_rejected);
    let words = (&asked.parent, &asked.filter, &asked.order_by);
    format!(
        "{message} {words:?} {:?} {:?} {flags:?}",
        asked.read, asked.states
    )
    .into_bytes()
}

/// `assessments/-` and nothing are all assessments.
fn parent(text: &str, kind: &'static Kind) -> Result<Option<Name>, Error> {
    if !kind.is_element() || text.is_empty() || text == "assessments/-" {
        return Ok(None);
    }
    let fits = text.strip_prefix("assessments/").is_some_and(id_fits);
    if !fits {
        let shown: String = text.chars().take(100).collect();
        let description = format!("\"{shown}\" is not assessments/{{assessment}} or assessments/-");
        return Err(Error::invalid("parent", "NAME_MALFORMED", description));
    }
    Name::parse(text, "parent").map(Some)
}

pub(super) fn page_size(size: i32, limits: &crate::model::limits::Limits) -> Result<usize, Error> {
    let given = usize::try_from(size).map_err(|_negative| {
        Error::invalid("page_size", "PAGE_SIZE_NEGATIVE", format!("{size} given"))
    })?;
    Ok(if given == 0 {
        limits.page_size_default
    } else {
        given.min(limits.page_size_max)
    })
}

/// What is shown unless asked otherwise: published work, or all of an assessment that is named.
fn states(asked: &Asked, named: bool) -> Vec<i32> {
    if asked.states.is_empty() && !named {
        return vec![plain::AssessmentState::Published.into()];
    }
    asked.states.clone()
}
