//! Risks by likelihood and impact, as NIST SP 800-30 or the caller's matrix has it.
//!
//! An interval that straddles rows occupies all of them and is marked. What is not stated has a
//! row and a column of its own and no level. Levels are words in order: they are counted and the
//! greatest is named, there is no mean of them. With a perspective only what that actor bears is
//! shown; without one the finding names all bearers that share the map.

use crate::model::v1;

/// A matrix: rows of likelihood, the five levels of impact as columns, a level in each cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Matrix {
    /// Its name, for every answer.
    pub name: String,
    /// Where it is published, or "given by the caller".
    pub source: String,
    /// From the least likely; a row goes from its `from` (in) to that of the next (out), the last
    /// one to 1 (in).
    pub rows: Vec<Row>,
    /// The levels in ascending order.
    pub levels: Vec<String>,
    /// `cells[row][impact]`: a place in `levels`.
    pub cells: Vec<[usize; 5]>,
}

/// A row of a matrix.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its name.
    pub label: String,
    /// The least probability in it; 0 for the first.
    pub from: f64,
}

/// Why a risk has no row or no column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gap {
    /// Nothing is stated.
    NotStated,
    /// The author says it cannot be judged.
    CannotBeJudged,
    /// There is a word and no published yardstick that gives it numbers.
    NoYardstick,
}

/// Where the probabilities of a risk came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// An interval or a number of the element.
    Stated,
    /// One end of an interval; the other is taken as 0 or 1.
    OneEnd,
    /// The band of its term on its yardstick.
    Term,
}

/// One risk and where it lies.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed {
    /// The risk, by resource name.
    pub name: String,
    /// Its uid through all its versions; what movement follows.
    pub lineage: String,
    /// The least and greatest probability and where they came from, or why there is none.
    pub likelihood: Result<(f64, f64, Basis), Gap>,
    /// The rows it occupies; none when the likelihood is not stated.
    pub rows: Vec<usize>,
    /// The row of its best estimate, where one is stated.
    pub best: Option<usize>,
    /// The column of its greatest impact, 0 to 4, or why there is none.
    pub column: Result<usize, Gap>,
    /// Every impact that counted: its column and its dimension.
    pub impacts: Vec<(Result<usize, Gap>, v1::ImpactDimension)>,
    /// The greatest level over its cells, a place in `levels`.
    pub level: Option<usize>,
    /// The least level over its cells; another than `level` only where it straddles.
    pub level_least: Option<usize>,
}

/// A cell with members. A risk that straddles is a member of several.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// The row; `None` is the row "not stated".
    pub row: Option<usize>,
    /// The column; `None` is the column "not stated".
    pub column: Option<usize>,
    /// The level; `None` where row or column is "not stated".
    pub level: Option<usize>,
    /// Places in `risks`, with whether the risk straddles rows.
    pub members: Vec<(usize, bool)>,
}

/// A matrix with risks in it.
#[derive(Debug, Clone, PartialEq)]
pub struct RiskMap {
    /// The method.
    pub matrix: Matrix,
    /// Whose risks; `None` is everybody's on one map.
    pub perspective: Option<String>,
    /// Who bears them: more than one name on a map without a perspective is worth a warning.
    pub bearers: Vec<String>,
    /// The risks on the map, in the order given.
    pub risks: Vec<Placed>,
    /// The cells, empty ones too: from the most likely row down, "not stated" last.
    pub cells: Vec<Cell>,
    /// By level: how many risks have it as their greatest.
    pub counts: Vec<usize>,
    /// How many have no level because likelihood or impact is not stated.
    pub without_level: usize,
    /// The greatest level of all; `None` when no risk has one.
    pub maximum: Option<usize>,
    /// With a perspective: risks that others bear.
    pub borne_by_others: Vec<String>,
    /// With a perspective: risks of which nobody says who bears them; they are on no map.
    pub bearer_not_stated: Vec<String>,
}

/// What became of one risk between two sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Movement {
    /// Only in the later set.
    Appeared,
    /// Only in the earlier set.
    Gone,
    /// Its level is greater.
    Rose,
    /// Its level is less.
    Fell,
    /// The level is the same and its cells are others.
    Shifted,
    /// Its cells are the same.
    Stayed,
    /// One of the two has no level.
    NotComparable,
}

/// A risk in two sets.
#[derive(Debug, Clone, PartialEq)]
pub struct Moved {
    /// Its name in the later set, or in the earlier one.
    pub name: String,
    /// What became of it.
    pub movement: Movement,
    /// Its place in the earlier map.
    pub before: Option<usize>,
    /// Its place in the later map.
    pub after: Option<usize>,
}
