//! Tables of red lines and stances: one actor's, a row's own, or a column for each actor.

use super::above::Above;
use super::collect::Collector;
use super::elements::{Line, Owner};
use super::rows::GridReader;
use super::span::Span;
use crate::model::names::Resolution;

impl GridReader<'_> {
    pub(super) fn red_lines(
        &self,
        c: &mut Collector,
        (actor, issue, implication): (Option<usize>, usize, Option<usize>),
        stances: &[usize],
    ) {
        let columns = match actor {
            Some(_) => vec![(stances.first().copied(), Owner::default())],
            None => self.owners(c, issue, stances),
        };
        for row in self.rows(c, issue) {
            let Some(issue) = self.key(c, &row, issue) else {
                continue;
            };
            // Actors against actors: a matrix of relations, not of stances on issues.
            let dyad = matches!(c.names.actor(&issue.text), Resolution::One(_));
            if dyad && columns.len() > 1 {
                continue;
            }
            let implication = self.value(c, &row, implication);
            for (stance, owner) in &columns {
                let stance = self.value(c, &row, *stance);
                if stance.text.is_empty() && columns.len() > 1 {
                    continue;
                }
                let owner = match actor {
                    Some(column) => self.party(c, &row, column),
                    None => owner.clone(),
                };
                c.red_line(Line {
                    owner,
                    issue: issue.clone(),
                    stance,
                    implication: implication.clone(),
                    further: Vec::new(),
                });
            }
        }
    }

    /// The columns of stances with whose they are: one column, or one for each actor.
    fn owners(
        &self,
        c: &mut Collector,
        issue: usize,
        stances: &[usize],
    ) -> Vec<(Option<usize>, Owner)> {
        let header = |column: usize| self.grid.header.cells.get(column).copied();
        let alone = Above::default();
        let mut columns = Vec::new();
        if stances.len() > 1 {
            for column in stances {
                let Some(cell) = header(*column) else {
                    continue;
                };
                let owner = alone.owner(c, &[cell], cell);
                if !owner.actor.is_empty() {
                    columns.push((Some(*column), owner));
                }
            }
        }
        if columns.is_empty() {
            let stance = stances.first().copied();
            let own: Vec<Span> = stance
                .into_iter()
                .chain([issue])
                .filter_map(header)
                .collect();
            let owner = self.above.owner(c, &own, self.grid.header.span);
            columns.push((stance, owner));
        }
        columns
    }
}
