//! The order of a list: `a, b desc`, with the name as tie-break.

use super::filter::{self, Key};
use crate::error::{Error, Violation};
use crate::model::kind::Kind;
use crate::model::limits::{Limits, exceeded};

/// Fields, each with whether the greatest comes first; none is the latest change first, then the
/// name. What is not stated comes last, whichever way.
pub type Order = Vec<(Key, bool)>;

const FIELD: &str = "order_by";

/// Reads an order of resources of `kind`.
pub fn parse(text: &str, kind: &Kind, limits: &Limits) -> Result<Order, Error> {
    let (given, allowed) = (text.len(), limits.filter_bytes_max);
    if given > allowed {
        return Err(exceeded(FIELD, "ORDER_TOO_LONG", given, allowed));
    }
    if text.trim().is_empty() {
        return Ok(Order::new());
    }
    let parts: Vec<&str> = text.split(',').collect();
    let (given, allowed) = (parts.len(), limits.order_fields_max);
    if given > allowed {
        return Err(exceeded(FIELD, "ORDER_TOO_LONG", given, allowed));
    }
    let mut order = Order::new();
    let mut problems = Vec::new();
    let mut at = 0;
    for part in parts {
        let begin = at + part.len() - part.trim_start().len();
        at += part.len() + 1;
        match field(part, kind) {
            Ok(one) => order.push(one),
            Err((reason, text)) => {
                let text = format!("at byte {begin}: {text}");
                problems.push(Violation::new(FIELD, reason, text));
            }
        }
    }
    if problems.is_empty() {
        Ok(order)
    } else {
        Err(Error::Invalid(problems))
    }
}

fn field(part: &str, kind: &Kind) -> Result<(Key, bool), (&'static str, String)> {
    let words: Vec<&str> = part.split_whitespace().collect();
    let (path, descending) = match words.as_slice() {
        [path] | [path, "asc"] => (path, false),
        [path, "desc"] => (path, true),
        _ => {
            let text = format!("expected a field, or a field and \"desc\", not \"{part}\"");
            return Err(("ORDER_MALFORMED", text));
        }
    };
    filter::key(kind, path, false).map(|key| (key, descending))
}

/// Reads the fields that resources of `kind` are counted by.
pub fn facets(paths: &[String], kind: &Kind) -> Result<Vec<u16>, Error> {
    let mut problems = Vec::new();
    let mut facets = Vec::new();
    for (at, path) in paths.iter().enumerate() {
        let field = format!("facets[{at}]");
        match filter::key(kind, path, true) {
            Ok(Key::Indexed(index, _)) => facets.push(index),
            Ok(Key::Place(_) | Key::Name | Key::Body(_, _)) => {
                let text = format!("\"{path}\" is not indexed; count by an enum, a flag or a link");
                problems.push(Violation::new(field, "FACET_UNSUPPORTED", text));
            }
            Err((reason, text)) => problems.push(Violation::new(field, reason, text)),
        }
    }
    if problems.is_empty() {
        Ok(facets)
    } else {
        Err(Error::Invalid(problems))
    }
}
