//! Counting elements by kind, and by the values of one or two fields.

use super::coverage::silence;
use super::list::{Asked, Opened, kind_of, open};
use super::{Answer, Door};
use crate::error::{Error, Problems};
use crate::ledger::{Counts, View};
use crate::model::caller::Caller;
use crate::model::kind::{self, Index, Kind, Value};
use crate::model::limits::exceeded;
use crate::model::v1::{self as plain, Coverage};
use crate::query::order;

/// Fields that are counted by at most: a table has two sides.
const FACETS_MAX: usize = 2;

/// Counts elements.
pub(super) async fn count_elements(
    door: Door,
    caller: Caller,
    request: plain::CountElementsRequest,
) -> Answer<plain::CountElementsResponse> {
    let given = request.facets.len();
    if given > FACETS_MAX {
        return Err(exceeded("facets", "FACETS_TOO_MANY", given, FACETS_MAX));
    }
    let kinds = kinds(&request.collections)?;
    let asked = Asked {
        parent: request.parent,
        filter: request.filter,
        read: request.read,
        states: request.states,
        show_rejected: request.show_rejected,
        ..Asked::default()
    };
    let mut opened = Vec::new();
    let mut refused = None;
    for kind in kinds {
        let checked = checked(&door, &caller, kind, (&asked, &request.facets)).await;
        match checked {
            Ok(one) => opened.push((kind, one)),
            // Of all kinds those are counted that the question makes sense for.
            Err(error @ Error::Invalid(_)) if request.collections.is_empty() => {
                refused.get_or_insert(error);
            }
            Err(error) => return Err(error),
        }
    }
    let Some((_, (first, _))) = opened.first() else {
        let none = || Error::Internal("the contract has no elements".to_owned());
        return Err(refused.unwrap_or_else(none));
    };
    // All kinds are counted at one revision.
    let view = first.view.clone();
    let read_revision = view.revision();
    let counted = door.long(move || counted(&view, &opened)).await?;
    let answer = plain::CountElementsResponse {
        read_revision,
        ..counted
    };
    Ok((answer, read_revision))
}

fn kinds(collections: &[String]) -> Result<Vec<&'static Kind>, Error> {
    if collections.is_empty() {
        return Ok(kind::elements().collect());
    }
    let (given, allowed) = (collections.len(), kind::elements().count());
    if given > allowed {
        return Err(exceeded(
            "collections",
            "COLLECTIONS_TOO_MANY",
            given,
            allowed,
        ));
    }
    let mut problems = Problems::default();
    let mut kinds = Vec::new();
    for (at, collection) in collections.iter().enumerate() {
        let found = kind::element(collection).ok_or_else(|| {
            let text = format!("\"{collection}\" is no collection of elements");
            Error::invalid(format!("collections[{at}]"), "COLLECTION_UNKNOWN", text)
        });
        kinds.extend(problems.note(found)?);
    }
    problems.finish()?;
    kinds.sort_by_key(|kind| kind.ordinal);
    kinds.dedup_by_key(|kind| kind.ordinal);
    Ok(kinds)
}

/// The question to one kind; all that is wrong with it at once.
async fn checked(
    door: &Door,
    caller: &Caller,
    kind: &'static Kind,
    (asked, facets): (&Asked, &[String]),
) -> Result<(Opened, Vec<u16>), Error> {
    let mut problems = Problems::default();
    let facets = problems.note(order::facets(facets, kind_of(&kind.message)?))?;
    let opened = open(door, caller.clone(), &kind.message, asked).await;
    let opened = problems.note(opened)?;
    problems.finish()?;
    let broken = || Error::Internal("a question without problems is not open".to_owned());
    opened.zip(facets).ok_or_else(broken)
}

fn counted(
    view: &View,
    opened: &[(&'static Kind, (Opened, Vec<u16>))],
) -> Result<plain::CountElementsResponse, Error> {
    let mut answer = plain::CountElementsResponse::default();
    for (kind, (opened, facets)) in opened {
        let Counts { total, counts } = view.count(&opened.query, facets)?;
        answer.total += number(total);
        for (values, count) in counts {
            let values = values.iter().zip(facets);
            answer.counts.push(plain::count_elements_response::Count {
                collection: kind.collection.clone(),
                values: values
                    .map(|(value, facet)| written(kind, *facet, value))
                    .collect(),
                count: number(count),
            });
        }
    }
    let mut coverage = match answer.total {
        0 => Coverage::NotCovered,
        _ => Coverage::Stated,
    };
    for (_, (opened, _)) in opened {
        if coverage == Coverage::NotCovered {
            coverage = silence(view, &opened.query)?;
        }
    }
    answer.set_coverage(coverage);
    Ok(answer)
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A value as a filter writes it; empty when it is not stated.
fn written(kind: &Kind, facet: u16, value: &Option<Value>) -> String {
    let field = kind.fields.get(usize::from(facet));
    match (value, field.map(|field| &field.index)) {
        (None, _) => String::new(),
        (Some(Value::Text(text)), _) => text.to_string(),
        (Some(Value::Number(number)), Some(Index::Enum(numbers))) => {
            let names = numbers.iter().filter(|(_, known)| *known == number);
            let short = names.map(|(name, _)| name).min_by_key(|name| name.len());
            short.map_or_else(|| number.to_string(), ToString::to_string)
        }
        (Some(Value::Number(number)), Some(Index::Bool)) => (*number != 0).to_string(),
        (Some(Value::Number(number)), Some(Index::Text) | None) => number.to_string(),
    }
}
