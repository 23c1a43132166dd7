//! The whole matrix of actors and issues, with its holes marked.
//!
//! A hole is one of two: nothing speaks of the actor and the issue together, or something does and
//! does not state where the actor stands.

use std::collections::{BTreeMap, BTreeSet};

use super::scale;
use crate::model::v1::{self, Bound, Coverage, Posture};

/// The name of the method, for the basis of an answer.
pub const METHOD: &str = "matrix of actors and issues";
/// Where it is published.
pub const SOURCE: &str = "Chancery's own; the two sorts of hole stand with Coverage";

/// What the matrix is made of.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    /// Estimated positions.
    pub positions: &'a [v1::Position],
    /// Declared lines.
    pub lines: &'a [v1::RedLine],
    /// Issues by name.
    pub issues: &'a BTreeMap<String, v1::Issue>,
}

/// The rows, the columns, and every cell, row by row. Rows and columns that are given are kept as
/// they are; otherwise those that occur are taken.
pub fn matrix(
    record: Record<'_>,
    actors: &[String],
    issues: &[String],
) -> (Vec<String>, Vec<String>, Vec<v1::PositionCell>) {
    let lines = || record.lines.iter().filter(|line| !line.issue.is_empty());
    let of_positions = record.positions.iter().map(|one| (&one.actor, &one.issue));
    let of_lines = lines().map(|one| (&one.actor, &one.issue));
    let pairs: Vec<(&String, &String)> = of_positions.chain(of_lines).collect();
    let rows = axis(actors, pairs.iter().map(|(actor, _)| *actor));
    let columns = axis(issues, pairs.iter().map(|(_, issue)| *issue));
    let mut cells: BTreeMap<(&str, &str), v1::PositionCell> = BTreeMap::new();
    for one in record.positions {
        let scale = record
            .issues
            .get(&one.issue)
            .and_then(|issue| issue.scale.as_ref());
        let cell = cells.entry((&one.actor, &one.issue)).or_default();
        cell.positions.push(v1::PositionStated {
            position: one.name.clone(),
            ideal: one.ideal,
            ideal_label: label(scale, one.ideal),
            ideal_option: one.ideal_option.clone(),
            acceptable: one.acceptable.clone(),
            salience: one.salience,
        });
    }
    for one in lines() {
        let cell = cells.entry((&one.actor, &one.issue)).or_default();
        cell.red_lines.push(v1::LineStated {
            red_line: one.name.clone(),
            posture: one.posture,
            declared_firmness: one.declared_firmness,
            acceptable: one.acceptable.clone(),
        });
    }
    let told = rows.iter().flat_map(|actor| {
        let cells = &cells;
        columns.iter().map(move |issue| {
            let cell = cells.get(&(actor.as_str(), issue.as_str())).cloned();
            finished(cell.unwrap_or_default(), actor, issue)
        })
    });
    let told = told.collect();
    (rows, columns, told)
}

fn axis<'a>(given: &[String], found: impl Iterator<Item = &'a String>) -> Vec<String> {
    if !given.is_empty() {
        return given.to_vec();
    }
    let found: BTreeSet<&String> = found.filter(|name| !name.is_empty()).collect();
    found.into_iter().cloned().collect()
}

fn label(scale: Option<&v1::issue::Scale>, value: Option<f64>) -> String {
    let steps = scale::steps(scale).into_iter();
    let mut found = steps.filter(|(step, _)| Some(*step) == value);
    found.next().map(|(_, label)| label).unwrap_or_default()
}

fn finished(mut cell: v1::PositionCell, actor: &str, issue: &str) -> v1::PositionCell {
    cell.positions.sort_by(|a, b| a.position.cmp(&b.position));
    cell.red_lines.sort_by(|a, b| a.red_line.cmp(&b.red_line));
    let positions = cell.positions.iter().any(|one| {
        one.ideal.is_some() || !one.ideal_option.is_empty() || bounded(one.acceptable.as_ref())
    });
    let lines = cell.red_lines.iter().any(|one| {
        let posture = !matches!(one.posture(), Posture::Unspecified | Posture::Undetermined);
        posture || bounded(one.acceptable.as_ref())
    });
    let spoken = !cell.positions.is_empty() || !cell.red_lines.is_empty();
    let coverage = match (spoken, positions || lines) {
        (false, _) => Coverage::NotCovered,
        (true, false) => Coverage::NotStated,
        (true, true) => Coverage::Stated,
    };
    v1::PositionCell {
        actor: actor.to_owned(),
        issue: issue.to_owned(),
        coverage: coverage.into(),
        ..cell
    }
}

fn bounded(bound: Option<&Bound>) -> bool {
    bound.is_some_and(|bound| {
        bound.min.is_some() || bound.max.is_some() || !bound.options.is_empty()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_sorts_of_hole_are_told_apart() {
        let position = |actor: &str, issue: &str, ideal| v1::Position {
            name: format!("{actor}-{issue}"),
            actor: actor.into(),
            issue: issue.into(),
            ideal,
            ..Default::default()
        };
        let positions = [position("a", "x", Some(0.0)), position("b", "y", None)];
        let record = Record {
            positions: &positions,
            lines: &[],
            issues: &BTreeMap::new(),
        };
        let (rows, columns, cells) = matrix(record, &[], &[]);
        assert_eq!(
            (rows, columns),
            (vec!["a".into(), "b".into()], vec!["x".into(), "y".into()])
        );
        let told: Vec<Coverage> = cells.iter().map(v1::PositionCell::coverage).collect();
        let expected = [
            Coverage::Stated,
            Coverage::NotCovered,
            Coverage::NotCovered,
            Coverage::NotStated,
        ];
        assert_eq!(told, expected, "a wish for 0 is stated");
        let (_, _, cells) = matrix(record, &["c".into()], &["x".into()]);
        assert_eq!(cells[0].coverage(), Coverage::NotCovered);
    }
}
