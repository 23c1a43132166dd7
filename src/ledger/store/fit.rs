//! One resource against a condition: what a watch and a diff ask of a version, and a list of what
//! is not stored. A page is never looked for here, so a plan would cost more than it saves.

use std::ops::RangeBounds;

use super::plan::holders;
use super::read;
use super::values::Known;
use super::view::{Markings, View};
use crate::error::Error;
use crate::model::kind::{self, Kind, Raw, Value};
use crate::model::name::assessment_of;
use crate::query::filter::{Criterion, Expr, Pattern};
use crate::wire::body;

impl View {
    /// Whether one version satisfies a condition; nothing else is asked of it. The assessment it
    /// lies in is seen by whoever sees the version; what a link leads to is judged by `markings`.
    pub(super) fn fits(&self, expr: &Expr, id: u32, markings: Markings) -> Result<bool, Error> {
        let (kind, name, at) = {
            let index = read(&self.store.index);
            let Some(row) = index.row(id) else {
                return Ok(false);
            };
            (row.kind, Box::<str>::from(index.name(row)), row.body)
        };
        let part = |expr: &Expr| self.fits(expr, id, markings);
        let index = || read(&self.store.index);
        Ok(match expr {
            Expr::Every => true,
            Expr::And(parts) => all(parts, part)?,
            Expr::Or(parts) => any(parts, part)?,
            Expr::Not(one) => !part(one)?,
            Expr::Values(field, values) => index().has(id, (kind, *field), values),
            Expr::Like(field, pattern) => {
                let index = index();
                let known = index.sets.values(kind, *field).into_iter();
                let values = known.flat_map(Known::iter);
                let mut fitting = values.filter(|(value, _)| like(pattern, value));
                fitting.any(|(_, rows)| rows.contains(id))
            }
            Expr::Stated(tag) => index()
                .sets
                .stated(kind, *tag)
                .is_some_and(|r| r.contains(id)),
            Expr::Place(place, range) => {
                let index = index();
                let place = index.row(id).and_then(|row| row.at(*place));
                place.is_some_and(|at| range.contains(&at))
            }
            Expr::Named(pattern) => pattern.fits(&name),
            Expr::Parent(of_parent) => {
                let above = assessment_of(&name).unwrap_or_default();
                match self.store.row_at(above, self.revision())? {
                    Some(above) => self.fits(of_parent, above, markings)?,
                    None => false,
                }
            }
            Expr::Through(through) => {
                let index = index();
                let names = holders(self, &index, (through, markings))?;
                let mut links = through.links.iter();
                links.any(|link| index.has(id, (kind, *link), &names))
            }
            Expr::Body(criterion) => {
                let kind = kind::at(kind);
                let kind = kind.ok_or_else(|| Error::Internal(format!("no kind of {name}")))?;
                ask(kind, criterion, &self.body_at(&name, at)?)?
            }
        })
    }
}

fn all(parts: &[Expr], of: impl Fn(&Expr) -> Result<bool, Error>) -> Result<bool, Error> {
    for part in parts {
        if !of(part)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn any(parts: &[Expr], of: impl Fn(&Expr) -> Result<bool, Error>) -> Result<bool, Error> {
    for part in parts {
        if of(part)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a condition asks for something of the assessment that a resource lies in.
pub(super) fn asks_above(expr: &Expr) -> bool {
    asks(expr, &|expr| matches!(expr, Expr::Parent(_)))
}

/// Whether it asks for something of what the resource links to.
pub(super) fn asks_through(expr: &Expr) -> bool {
    asks(expr, &|expr| matches!(expr, Expr::Through(_)))
}

/// Whether something is asked anywhere in a condition.
pub(super) fn asks(expr: &Expr, wanted: &dyn Fn(&Expr) -> bool) -> bool {
    wanted(expr)
        || match expr {
            Expr::And(parts) | Expr::Or(parts) => parts.iter().any(|part| asks(part, wanted)),
            Expr::Not(part) | Expr::Parent(part) => asks(part, wanted),
            Expr::Every
            | Expr::Values(..)
            | Expr::Like(..)
            | Expr::Stated(_)
            | Expr::Place(..)
            | Expr::Named(_)
            | Expr::Through(_)
            | Expr::Body(_) => false,
        }
}

/// Whether a body answers as a criterion asks.
pub(super) fn ask(kind: &Kind, criterion: &Criterion, bytes: &[u8]) -> Result<bool, Error> {
    let mut holds = false;
    if criterion.path.is_empty() {
        body::texts(&kind.descriptor()?, bytes, &mut |text| {
            holds |= criterion.test.holds(Raw::Bytes(text));
        })?;
    } else {
        body::each(bytes, &criterion.path, &mut |raw| {
            holds |= criterion.test.holds(raw);
        })?;
    }
    Ok(holds)
}

/// Whether a resource that is not stored satisfies a condition: its indexed values and its body
/// decide, it has no place in the journal and no assessment.
pub fn satisfies(
    expr: &Expr,
    (kind, name): (&Kind, &str),
    values: &[(u16, Value)],
    bytes: &[u8],
) -> Result<bool, Error> {
    let part = |expr: &Expr| satisfies(expr, (kind, name), values, bytes);
    let of = |field: u16| values.iter().filter(move |(at, _)| *at == field);
    Ok(match expr {
        Expr::Every => true,
        Expr::And(parts) => all(parts, part)?,
        Expr::Or(parts) => any(parts, part)?,
        Expr::Not(one) => !part(one)?,
        Expr::Values(field, values) => of(*field).any(|(_, value)| values.contains(value)),
        Expr::Like(field, pattern) => of(*field).any(|(_, value)| like(pattern, value)),
        Expr::Stated(tag) => body::stated(bytes)?.contains(tag),
        Expr::Named(pattern) => pattern.fits(name),
        Expr::Body(criterion) => ask(kind, criterion, bytes)?,
        Expr::Place(..) | Expr::Parent(_) | Expr::Through(_) => false,
    })
}

/// Whether a value is a text that fits.
pub(super) fn like(pattern: &Pattern, value: &Value) -> bool {
    match value {
        Value::Text(text) => pattern.fits(text),
        Value::Number(_) => false,
    }
}
