//! A set of rows, stretch by stretch: what a query may be about, divided by the values of a field.

use roaring::RoaringBitmap;

use super::chunks::chunk_of;
use super::values::Having;

/// Rows of each stretch, none of which is empty.
#[derive(Debug, Clone, Default)]
pub(super) struct Rows {
    stretches: Vec<(u16, RoaringBitmap)>,
}

impl Rows {
    /// Puts the rows of another stretch to them.
    pub(super) fn push(&mut self, chunk: u16, rows: RoaringBitmap) {
        if !rows.is_empty() {
            self.stretches.push((chunk, rows));
        }
    }

    pub(super) fn len(&self) -> u64 {
        self.stretches.iter().map(|(_, rows)| rows.len()).sum()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.stretches.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.stretches.iter().flat_map(|(_, rows)| rows)
    }

    /// Those that are also among `having`.
    pub(super) fn among(&self, having: Having<'_>) -> Self {
        let mut both = Self::default();
        for (chunk, rows) in &self.stretches {
            if let Some(having) = having.chunk(*chunk) {
                both.push(*chunk, rows & having.as_ref());
            }
        }
        both
    }

    /// Those that are not among `others`.
    pub(super) fn without(&mut self, others: &Self) {
        for (chunk, rows) in &others.stretches {
            if let Some((_, mine)) = self.stretches.iter_mut().find(|(mine, _)| mine == chunk) {
                *mine -= rows;
            }
        }
        self.stretches.retain(|(_, rows)| !rows.is_empty());
    }
}

impl FromIterator<u32> for Rows {
    /// From ids in any order.
    fn from_iter<T: IntoIterator<Item = u32>>(ids: T) -> Self {
        let mut ids: Vec<u32> = ids.into_iter().collect();
        ids.sort_unstable();
        let mut rows = Self::default();
        for part in ids.chunk_by(|one, other| chunk_of(*one) == chunk_of(*other)) {
            if let Some(first) = part.first() {
                rows.push(chunk_of(*first), part.iter().copied().collect());
            }
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::super::chunks::Chunks;
    use super::*;

    #[test]
    fn a_set_is_divided_without_a_rest() {
        let mut rows: Rows = [70_000, 3, 5, 70_001].into_iter().collect();
        let mut having = Chunks::one(5);
        having.insert(70_000);
        having.insert(90_000);
        let part = rows.among(Having::Rows(&having));
        assert_eq!(part.iter().collect::<Vec<_>>(), [5, 70_000]);
        rows.without(&part);
        assert_eq!(rows.iter().collect::<Vec<_>>(), [3, 70_001]);
        rows.without(&rows.clone());
        assert!(rows.is_empty());
    }
}
