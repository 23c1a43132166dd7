//! Which sort of silence it is when nothing is found: nothing in scope speaks of what is asked
//! about, or something does and does not state this.
//!
//! What is asked about are the resources that the filter names. Any element that names them speaks
//! of them, whatever its kind. Used by lists, counts and the lines of an actor.

use crate::error::Error;
use crate::ledger::{Query, View};
use crate::model::kind;
use crate::model::v1::Coverage;
use crate::query::filter::mentioning;

/// The sort of silence of a query that nothing satisfies.
pub(super) fn silence(view: &View, query: &Query) -> Result<Coverage, Error> {
    Ok(match speaking(view, query)? {
        Some(_) => Coverage::NotStated,
        None => Coverage::NotCovered,
    })
}

/// The name of an element that speaks of what a query is about.
pub(super) fn speaking(view: &View, query: &Query) -> Result<Option<String>, Error> {
    for kind in kind::elements() {
        let speaking = Query {
            parent: query.parent.clone(),
            filter: mentioning(&query.filter, query.kind, kind),
            states: query.states.clone(),
            deleted: query.deleted,
            rejected: query.rejected,
            ..Query::of(kind, 1)
        };
        if let Some(name) = view.names(&speaking)?.pop() {
            return Ok(Some(name));
        }
    }
    Ok(None)
}
