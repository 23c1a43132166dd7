//! Several kinds selected at once: what watch, diff and search have in common.
//!
//! One filter is checked against the fields of every kind. A kind that lacks a field the filter
//! names has nothing that it selects; whatever else is wrong is refused, and so is a filter that
//! names a field no kind has. It opens nothing and reads nothing.

use crate::error::{Error, Problems, Violation};
use crate::ledger::Query;
use crate::model::kind::{self, Kind};
use crate::model::limits::{Limits, exceeded};
use crate::model::v1 as plain;
use crate::query::filter;

/// States of an assessment.
const STATES: usize = 4;

/// What a request says about several kinds.
pub(super) struct Chosen<'a> {
    /// Collections; none is all of `among`.
    pub(super) collections: &'a [String],
    /// The kinds there are to choose from.
    pub(super) among: &'a [&'static Kind],
    /// AIP-160.
    pub(super) filter: &'a str,
    /// States of assessments; none is what is published.
    pub(super) states: &'a [i32],
    /// Also what its author rejects.
    pub(super) rejected: bool,
}

/// Assessments and every kind of element.
pub(super) fn assessed() -> Vec<&'static Kind> {
    kind::of("Assessment")
        .into_iter()
        .chain(kind::elements())
        .collect()
}

/// A query for each kind that is chosen and that the filter fits.
pub(super) fn queries(chosen: &Chosen<'_>, limits: &Limits) -> Result<Vec<Query>, Error> {
    let mut problems = Problems::default();
    let kinds = problems.note(kinds(chosen))?.unwrap_or_default();
    problems.note(few_states(chosen.states))?;
    let states = match chosen.states {
        [] => vec![plain::AssessmentState::Published.into()],
        states => states.to_vec(),
    };
    let mut queries = Vec::new();
    let (mut unfit, mut wrong) = (None, None);
    for kind in kinds {
        match filter::parse(chosen.filter, kind, limits) {
            Ok(filter) => queries.push(Query {
                filter,
                states: states.clone(),
                rejected: chosen.rejected,
                ..Query::of(kind, limits.page_size_max)
            }),
            Err(error) if lacks_fields(&error) => unfit = unfit.or(Some(error)),
            Err(error) => wrong = wrong.or(Some(error)),
        }
    }
    let unfit = unfit.filter(|_| queries.is_empty());
    if let Some(error) = wrong.or(unfit) {
        problems.note::<()>(Err(error))?;
    }
    problems.finish()?;
    Ok(queries)
}

/// Refuses more states than there are: each resource is compared with all of them.
pub(super) fn few_states(states: &[i32]) -> Result<(), Error> {
    let (given, allowed) = (states.len(), STATES);
    if given > allowed {
        return Err(exceeded("states", "STATES_TOO_MANY", given, allowed));
    }
    Ok(())
}

/// Whether all that is wrong with a filter is that the kind has no such fields.
fn lacks_fields(error: &Error) -> bool {
    let unknown = |violation: &Violation| violation.reason == "FILTER_FIELD_UNKNOWN";
    matches!(error, Error::Invalid(violations) if violations.iter().all(unknown))
}

fn kinds(chosen: &Chosen<'_>) -> Result<Vec<&'static Kind>, Error> {
    if chosen.collections.is_empty() {
        return Ok(chosen.among.to_vec());
    }
    let (given, allowed) = (chosen.collections.len(), chosen.among.len());
    if given > allowed {
        return Err(exceeded(
            "collections",
            "COLLECTIONS_TOO_MANY",
            given,
            allowed,
        ));
    }
    let mut problems = Problems::default();
    let mut kinds: Vec<&'static Kind> = Vec::new();
    for (at, collection) in chosen.collections.iter().enumerate() {
        match chosen
            .among
            .iter()
            .find(|kind| kind.collection == *collection)
        {
            Some(kind) => kinds.push(kind),
            None => {
                let known = chosen.among.iter().map(|kind| kind.collection.as_str());
                let known: Vec<&str> = known.collect();
                let text = format!("\"{collection}\" is not one of {}", known.join(", "));
                let field = format!("collections[{at}]");
                problems.add(Violation::new(field, "COLLECTION_UNKNOWN", text));
            }
        }
    }
    problems.finish()?;
    kinds.sort_by_key(|kind| kind.ordinal);
    kinds.dedup_by_key(|kind| kind.ordinal);
    Ok(kinds)
}
