//! Filters: the whole grammar of AIP-160, checked against the contract, turned into conditions.
//!
//! `lexer` → `tree`, `parser`   text to conditions, with the byte each begins at
//! `field`, `literal`           what paths and literals mean
//! `check`, `terms`             conditions to `Expr`, with all that is wrong, at once
//! `criterion`                  what is asked of a body when no index knows
//! `mention`                    what a condition is about, without what it asks
//!
//! What is not stated satisfies no comparison, and neither does what the author says cannot be
//! judged, except that `= UNDETERMINED` asks for just that. `!=` is a comparison too: stated and
//! different. `NOT` is the rest of everything, what is not stated included. Of a repeated field
//! some value has to satisfy; for `!=`, none may be equal. Nothing is executed here.

mod check;
mod criterion;
mod field;
mod lexer;
mod literal;
mod mention;
mod parser;
mod terms;
#[cfg(test)]
mod tests;
mod tree;

pub use self::criterion::{Criterion, Stands, Test};
pub use self::field::Place;
pub use self::literal::{Pattern, Range};
pub use self::mention::mentioning;

use self::field::{Found, Missing, Sort};
use crate::error::{Error, Violation};
use crate::model::kind::{Kind, Value};
use crate::model::limits::{Limits, exceeded};

const FIELD: &str = "filter";

/// A condition on resources of one kind.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Expr {
    /// Whatever it is.
    #[default]
    Every,
    /// All of these.
    And(Vec<Expr>),
    /// Any of these; none of them is never.
    Or(Vec<Expr>),
    /// Everything but this.
    Not(Box<Expr>),
    /// The indexed field of that position has one of these values.
    Values(u16, Vec<Value>),
    /// The indexed field has a value that fits.
    Like(u16, Pattern),
    /// The field of that number of the resource itself is set.
    Stated(u32),
    /// Its place in the journal lies in a range.
    Place(Place, Range<i64>),
    /// Its name fits.
    Named(Pattern),
    /// Its assessment satisfies this.
    Parent(Box<Expr>),
    /// One of these links points to a resource that has this value, or to one of those named.
    Through(Through),
    /// Its body answers so.
    Body(Criterion),
}

/// What a link must lead to.
#[derive(Debug, Clone, PartialEq)]
pub struct Through {
    /// Indexed links of the kind.
    pub links: Vec<u16>,
    /// The kind they point to, by its position in `kinds()`.
    pub kind: u8,
    /// Its indexed field.
    pub field: u16,
    /// The value that field must have.
    pub value: Value,
    /// Built-in resources that have it, unless a stored one takes their place.
    pub besides: Vec<String>,
}

impl Expr {
    /// The indexed field of that position has this value.
    pub fn value(field: u16, value: Value) -> Self {
        Self::Values(field, vec![value])
    }

    /// Both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Every, other) | (other, Self::Every) => other,
            (Self::And(mut parts), other) => {
                parts.push(other);
                Self::And(parts)
            }
            (one, other) => Self::And(vec![one, other]),
        }
    }

    fn negated(self) -> Self {
        Self::Not(Box::new(self))
    }
}

/// Reads a filter on resources of `kind`.
pub fn parse(text: &str, kind: &Kind, limits: &Limits) -> Result<Expr, Error> {
    if text.len() > limits.filter_bytes_max {
        let (given, allowed) = (text.len(), limits.filter_bytes_max);
        return Err(exceeded(FIELD, "FILTER_TOO_LONG", given, allowed));
    }
    let mut problems = Vec::new();
    let tree = parser::parse(text, limits, &mut problems);
    let expr = tree.map_or(Expr::Every, |tree| check::check(&tree, kind, &mut problems));
    if problems.is_empty() {
        return Ok(expr);
    }
    // What is too long comes first: an answer has room for some of the problems only, and this one
    // is why there are so many.
    problems.sort_by_key(|(at, violation)| (violation.reason != "FILTER_TOO_LONG", *at));
    let told = problems.into_iter().map(|(_, violation)| violation);
    Err(Error::Invalid(told.collect()))
}

/// What is wrong, and at which byte.
type Problem = (usize, Violation);

fn broken(at: usize, text: &str) -> Problem {
    violation(at, "FILTER_MALFORMED", text)
}

fn violation(at: usize, reason: &'static str, text: &str) -> Problem {
    let description = format!("at byte {at}: {text}");
    (at, Violation::new(FIELD, reason, description))
}

/// What can be said of a path that leads nowhere.
fn missing(missing: Missing, words: &[&str], at: impl Fn(usize) -> usize) -> Problem {
    match missing {
        Missing::Unknown(place, message, known) => {
            let word = words.get(place).copied().unwrap_or_default();
            let known = known.join(", ");
            let text = format!("{message} has no field \"{word}\"; it has {known}");
            violation(at(place), "FILTER_FIELD_UNKNOWN", &text)
        }
        Missing::Plain(place, path) => {
            let word = words.get(place).copied().unwrap_or_default();
            let text = format!("\"{path}\" has no fields, so no \"{word}\"");
            violation(at(place), "FILTER_FIELD_UNKNOWN", &text)
        }
        Missing::Broken(error) => violation(at(0), "FILTER_FIELD_UNKNOWN", &error.to_string()),
    }
}

/// How a list can be ordered by a field.
#[derive(Debug, Clone, PartialEq)]
pub enum Key {
    /// By what its place in the journal decides.
    Place(Place),
    /// By name.
    Name,
    /// By the indexed field of that position: its values in their order, where they have one.
    /// What has no place in it comes after, whichever way.
    Indexed(u16, Vec<Value>),
    /// By a field of the body.
    Body(Vec<u32>, Read),
}

/// How a field of a body is read for an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Read {
    /// A whole number.
    Int,
    /// A number.
    Float,
    /// A text.
    Text,
    /// A time.
    Time,
    /// The beginning of a span.
    Span,
}

/// What a field that a list is ordered by, or counted by, is; whether it may have `several` values.
pub(super) fn key(kind: &Kind, path: &str, several: bool) -> Result<Key, (&'static str, String)> {
    let words: Vec<&str> = path.split('.').collect();
    let found = field::find(kind, &words).map_err(|why| {
        let (_, violation) = missing(why, &words, |_| 0);
        let text = violation.description;
        let text = text.strip_prefix("at byte 0: ").unwrap_or(&text).to_owned();
        ("FIELD_UNKNOWN", text)
    })?;
    let Found {
        tags, sort, index, ..
    } = found;
    if found.many && !several {
        let text = format!("\"{path}\" may have several values");
        return Err(("ORDER_UNSUPPORTED", text));
    }
    let body = |read| Ok(Key::Body(tags.clone(), read));
    match (sort, index) {
        (Sort::Name, _) => Ok(Key::Name),
        (Sort::Place(place), _) => Ok(Key::Place(place)),
        (Sort::Enum(values), Some(index)) => Ok(Key::Indexed(index, terms::ranked(&values))),
        (_, Some(index)) => Ok(Key::Indexed(index, Vec::new())),
        (Sort::Int, None) => body(Read::Int),
        (Sort::Float, None) => body(Read::Float),
        (Sort::Text | Sort::Key, None) => body(Read::Text),
        (Sort::Time, None) => body(Read::Time),
        (Sort::Span, None) => body(Read::Span),
        (
            Sort::Enum(_)
            | Sort::Bool
            | Sort::Duration
            | Sort::Likelihood
            | Sort::Map
            | Sort::Entry(_)
            | Sort::Message(_),
            None,
        ) => Err((
            "ORDER_UNSUPPORTED",
            format!("nothing is ordered by \"{path}\""),
        )),
    }
}
