//! Risks by likelihood and impact, as NIST SP 800-30 or the caller's matrix has it.
//!
//! An interval that straddles rows occupies all of them and is marked. What is not stated has a
//! row and a column of its own and no level. Levels are words in order: they are counted and the
//! greatest is named, there is no mean of them. With a perspective only what that actor bears is
//! shown; without one the finding names all bearers that share the map.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use crate::error::{Error, Problems, Violation};
use crate::model::estimate::band_of;
use crate::model::limits::Limits;
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
    /// The names of the columns, from the least impact.
    pub columns: [String; 5],
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

impl Movement {
    /// As the contract has it; `None` for what stayed, which is not told.
    pub fn told(self) -> Option<v1::RiskMovementKind> {
        match self {
            Self::Appeared => Some(v1::RiskMovementKind::Appeared),
            Self::Gone => Some(v1::RiskMovementKind::Gone),
            Self::Rose => Some(v1::RiskMovementKind::Rose),
            Self::Fell => Some(v1::RiskMovementKind::Fell),
            Self::Shifted => Some(v1::RiskMovementKind::Shifted),
            Self::NotComparable => Some(v1::RiskMovementKind::NotComparable),
            Self::Stayed => None,
        }
    }
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

/// NIST SP 800-30 revision 1, table I-2, with its semi-quantitative values as breakpoints.
pub fn nist() -> Matrix {
    let labels = ["very low", "low", "moderate", "high", "very high"];
    let rows = labels.iter().zip([0.0, 0.05, 0.21, 0.80, 0.96]);
    Matrix {
        name: "NIST SP 800-30 r1".to_owned(),
        source: "NIST SP 800-30 revision 1 (2012), table I-2".to_owned(),
        rows: rows
            .map(|(label, from)| Row {
                label: (*label).to_owned(),
                from,
            })
            .collect(),
        columns: labels.map(ToOwned::to_owned),
        levels: labels.map(ToOwned::to_owned).to_vec(),
        cells: vec![
            [0, 0, 0, 1, 1],
            [0, 1, 1, 1, 2],
            [0, 1, 2, 2, 3],
            [0, 1, 2, 3, 4],
            [0, 1, 2, 3, 4],
        ],
    }
}

/// Whose risks a map shows, and what of them.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sight<'a> {
    /// Whose risks; `None` is everybody's on one map.
    pub perspective: Option<&'a str>,
    /// The dimension of the impacts that count; unspecified is any. Who bears a risk does not
    /// depend on it.
    pub dimension: v1::ImpactDimension,
}

/// Places risks in a matrix, for one bearer or for all.
///
/// # Errors
/// [`Error::Invalid`] with everything that is wrong: TOO_MANY_RISKS, TOO_MANY_ROWS, LABEL_TOO_LONG,
/// MATRIX_ROWS, MATRIX_LEVELS, MATRIX_CELLS, PROBABILITY_OUT_OF_RANGE, PROBABILITY_ORDER.
pub fn map(
    matrix: Matrix,
    risks: &[v1::Risk],
    sight: Sight<'_>,
    limits: &Limits,
) -> Result<RiskMap, Error> {
    let perspective = sight.perspective;
    check(&matrix, risks, limits)?;
    let mut found = RiskMap {
        counts: vec![0; matrix.levels.len()],
        matrix,
        perspective: perspective.map(ToOwned::to_owned),
        bearers: Vec::new(),
        risks: Vec::new(),
        cells: Vec::new(),
        without_level: 0,
        maximum: None,
        borne_by_others: Vec::new(),
        bearer_not_stated: Vec::new(),
    };
    let mut bearers = BTreeSet::new();
    for risk in risks {
        let mine = bearers_of(risk);
        match perspective {
            Some(_) if mine.is_empty() => found.bearer_not_stated.push(risk.name.clone()),
            Some(whose) if !mine.contains(whose) => found.borne_by_others.push(risk.name.clone()),
            _ => found.risks.push(placed(&found.matrix, risk, sight)),
        }
        bearers.extend(mine);
    }
    found.bearers = bearers.into_iter().map(ToOwned::to_owned).collect();
    for risk in &found.risks {
        match risk.level {
            Some(level) => found.counts[level] += 1,
            None => found.without_level += 1,
        }
    }
    found.maximum = found.risks.iter().filter_map(|risk| risk.level).max();
    found.cells = cells(&found);
    Ok(found)
}

/// Who bears a risk: those it names, and actors that its impacts fall on.
fn bearers_of(risk: &v1::Risk) -> BTreeSet<&str> {
    let hit = risk.impacts.iter().map(|impact| impact.on.as_str());
    let hit = hit.filter(|on| on.starts_with("actors/"));
    risk.borne_by
        .iter()
        .map(String::as_str)
        .chain(hit)
        .collect()
}

fn placed(matrix: &Matrix, risk: &v1::Risk, sight: Sight<'_>) -> Placed {
    let likelihood = risk
        .likelihood
        .as_ref()
        .map_or(Err(Gap::NotStated), interval);
    let rows: Vec<usize> = match likelihood {
        Ok(interval) => (0..matrix.rows.len())
            .filter(|row| touches(matrix, *row, interval))
            .collect(),
        Err(_) => Vec::new(),
    };
    let best = risk
        .likelihood
        .as_ref()
        .and_then(|likelihood| likelihood.best);
    let impacts: Vec<(Result<usize, Gap>, v1::ImpactDimension)> = risk
        .impacts
        .iter()
        .filter(|impact| counts(risk, impact, sight))
        .map(|impact| (column(impact.level()), impact.dimension()))
        .collect();
    let column = greatest(&impacts);
    let levels = rows.iter().filter_map(|row| {
        let cells = matrix.cells.get(*row)?;
        cells.get(column.ok()?).copied()
    });
    Placed {
        name: risk.name.clone(),
        lineage: risk.lineage.clone(),
        likelihood: likelihood.map(|interval| (interval.low, interval.high, interval.basis)),
        best: best.and_then(|best| (0..matrix.rows.len()).find(|row| matrix.holds(*row, best))),
        level: levels.max(),
        rows,
        column,
        impacts,
    }
}

/// Whether an impact counts: it is of the dimension that is looked at, and for a bearer it falls on
/// that one, or on nobody named of a risk that it bears.
fn counts(risk: &v1::Risk, impact: &v1::risk::Impact, sight: Sight<'_>) -> bool {
    let any = sight.dimension == v1::ImpactDimension::Unspecified;
    if !any && impact.dimension() != sight.dimension {
        return false;
    }
    let Some(whose) = sight.perspective else {
        return true;
    };
    impact.on == whose
        || (!impact.on.starts_with("actors/") && risk.borne_by.iter().any(|name| name == whose))
}

/// The greatest stated level, or why there is none.
fn greatest(impacts: &[(Result<usize, Gap>, v1::ImpactDimension)]) -> Result<usize, Gap> {
    let columns = impacts.iter().map(|(column, _)| *column);
    let stated = columns.clone().filter_map(Result::ok).max();
    let gap = columns.filter_map(Result::err).max();
    stated.ok_or(gap.unwrap_or(Gap::NotStated))
}

fn column(level: v1::ImpactLevel) -> Result<usize, Gap> {
    match level {
        v1::ImpactLevel::VeryLow => Ok(0),
        v1::ImpactLevel::Low => Ok(1),
        v1::ImpactLevel::Moderate => Ok(2),
        v1::ImpactLevel::High => Ok(3),
        v1::ImpactLevel::VeryHigh => Ok(4),
        v1::ImpactLevel::Unspecified => Err(Gap::NotStated),
        v1::ImpactLevel::Undetermined => Err(Gap::CannotBeJudged),
    }
}

#[derive(Debug, Clone, Copy)]
struct Interval {
    low: f64,
    high: f64,
    /// Whether the highest is left out.
    open: bool,
    basis: Basis,
}

/// The probabilities a likelihood leaves.
fn interval(likelihood: &v1::Likelihood) -> Result<Interval, Gap> {
    let stated = |low, high, basis| Interval {
        low,
        high,
        open: false,
        basis,
    };
    match (likelihood.low, likelihood.best, likelihood.high) {
        (Some(low), _, Some(high)) => return Ok(stated(low, high, Basis::Stated)),
        (Some(low), _, None) => return Ok(stated(low, 1.0, Basis::OneEnd)),
        (None, _, Some(high)) => return Ok(stated(0.0, high, Basis::OneEnd)),
        (None, Some(best), None) => return Ok(stated(best, best, Basis::Stated)),
        (None, None, None) => {}
    }
    if likelihood.term.is_empty() && likelihood.text.is_empty() {
        return Err(Gap::NotStated);
    }
    let band = band_of(likelihood.scheme(), &likelihood.term).ok_or(Gap::NoYardstick)?;
    Ok(Interval {
        low: band.low,
        high: band.high,
        open: band.open,
        basis: Basis::Term,
    })
}

impl Matrix {
    /// Where a row ends; the last one ends with 1, which belongs to it.
    fn end(&self, row: usize) -> Option<f64> {
        self.rows.get(row + 1).map(|next| next.from)
    }

    fn holds(&self, row: usize, probability: f64) -> bool {
        let starts = self
            .rows
            .get(row)
            .is_some_and(|row| row.from <= probability);
        starts && self.end(row).is_none_or(|end| probability < end)
    }
}

fn touches(matrix: &Matrix, row: usize, interval: Interval) -> bool {
    let from = matrix.rows.get(row).map_or(0.0, |row| row.from);
    let reaches = if interval.open {
        from < interval.high
    } else {
        from <= interval.high
    };
    reaches && matrix.end(row).is_none_or(|end| interval.low < end)
}

fn cells(map: &RiskMap) -> Vec<Cell> {
    let rows = (0..map.matrix.rows.len()).rev().map(Some).chain([None]);
    let mut cells: Vec<Cell> = rows
        .flat_map(|row| {
            (0..5)
                .map(Some)
                .chain([None])
                .map(move |column| (row, column))
        })
        .map(|(row, column)| Cell {
            row,
            column,
            level: map
                .matrix
                .cells
                .get(row.unwrap_or(usize::MAX))
                .and_then(|cells| cells.get(column?).copied()),
            members: Vec::new(),
        })
        .collect();
    for (at, risk) in map.risks.iter().enumerate() {
        let straddles = risk.rows.len() > 1;
        let none = risk.rows.is_empty().then_some(None);
        for row in risk.rows.iter().copied().map(Some).chain(none) {
            let column = risk.column.ok();
            let cell = cells
                .iter_mut()
                .find(|cell| cell.row == row && cell.column == column);
            if let Some(cell) = cell {
                cell.members.push((at, straddles));
            }
        }
    }
    cells
}

/// What became of each risk between two maps of one matrix and perspective, those of the later
/// map first. Risks are the same when their lineage is, or else their name.
///
/// # Errors
/// MAPS_DIFFER when the two are not of one matrix and perspective.
pub fn movement(before: &RiskMap, after: &RiskMap) -> Result<Vec<Moved>, Error> {
    if before.matrix != after.matrix || before.perspective != after.perspective {
        let text = "the two maps are not of one matrix and one perspective";
        return Err(Error::invalid("perspective", "MAPS_DIFFER", text));
    }
    let known: BTreeMap<&str, usize> = before
        .risks
        .iter()
        .enumerate()
        .map(|(at, risk)| (risk.key(), at))
        .collect();
    let mut moved: Vec<Moved> = after
        .risks
        .iter()
        .enumerate()
        .map(|(at, risk)| {
            let earlier = known.get(risk.key()).copied();
            let movement = earlier
                .and_then(|at| before.risks.get(at))
                .map_or(Movement::Appeared, |earlier| between(earlier, risk));
            Moved {
                name: risk.name.clone(),
                movement,
                before: earlier,
                after: Some(at),
            }
        })
        .collect();
    let still: BTreeSet<&str> = after.risks.iter().map(Placed::key).collect();
    let gone = before.risks.iter().enumerate();
    let gone = gone.filter(|(_, risk)| !still.contains(risk.key()));
    moved.extend(gone.map(|(at, risk)| Moved {
        name: risk.name.clone(),
        movement: Movement::Gone,
        before: Some(at),
        after: None,
    }));
    Ok(moved)
}

impl RiskMap {
    /// What the risks do not state, and how that was treated.
    pub fn unstated(&self) -> Vec<v1::basis::Gap> {
        let gap = |name: &str, field: &str, treatment: &str| v1::basis::Gap {
            name: name.to_owned(),
            field: field.to_owned(),
            treatment: treatment.to_owned(),
        };
        let of_risk = |risk: &Placed| {
            let rows = match risk.likelihood {
                Ok((_, _, Basis::OneEnd)) => Some("one end of the interval; taken as 0 or 1"),
                Ok((_, _, Basis::Stated | Basis::Term)) => None,
                Err(Gap::NotStated) => Some("a row of its own, without a level"),
                Err(Gap::CannotBeJudged) => Some("cannot be judged; a row of its own"),
                Err(Gap::NoYardstick) => {
                    Some("its word is of no declared yardstick; as not stated")
                }
            };
            let passed_over = risk.impacts.iter().any(|(column, _)| column.is_err());
            let column = match risk.column {
                Ok(_) if passed_over => Some("an impact has no level; the greatest of the rest"),
                Ok(_) => None,
                Err(Gap::CannotBeJudged) => Some("cannot be judged; a column of its own"),
                Err(Gap::NotStated | Gap::NoYardstick) => {
                    Some("a column of its own, without a level")
                }
            };
            let rows = rows.map(|text| gap(&risk.name, "likelihood", text));
            let column = column.map(|text| gap(&risk.name, "impacts", text));
            rows.into_iter().chain(column)
        };
        let nobodys = self.bearer_not_stated.iter();
        let nobodys = nobodys.map(|name| gap(name, "borne_by", "on nobody's map"));
        self.risks.iter().flat_map(of_risk).chain(nobodys).collect()
    }
}

impl Placed {
    fn key(&self) -> &str {
        if self.lineage.is_empty() {
            &self.name
        } else {
            &self.lineage
        }
    }
}

fn between(before: &Placed, after: &Placed) -> Movement {
    if before.rows == after.rows && before.column == after.column {
        return Movement::Stayed;
    }
    let (Some(earlier), Some(later)) = (before.level, after.level) else {
        return Movement::NotComparable;
    };
    match later.cmp(&earlier) {
        Ordering::Greater => Movement::Rose,
        Ordering::Less => Movement::Fell,
        Ordering::Equal => Movement::Shifted,
    }
}

fn check(matrix: &Matrix, risks: &[v1::Risk], limits: &Limits) -> Result<(), Error> {
    let mut problems = Problems::default();
    check_labels(&mut problems, matrix, limits);
    let mut add = |field: &str, reason, text: String| {
        problems.add(Violation::new(field, reason, text));
    };
    let rows = matrix.rows.len();
    let given = [
        (
            "risks",
            "TOO_MANY_RISKS",
            risks.len(),
            limits.matrix_risks_max,
        ),
        ("matrix.rows", "TOO_MANY_ROWS", rows, limits.matrix_rows_max),
        (
            "matrix.levels",
            "TOO_MANY_ROWS",
            matrix.levels.len(),
            limits.matrix_rows_max,
        ),
    ];
    for (field, reason, given, allowed) in given {
        if given > allowed {
            add(field, reason, format!("{given} given, {allowed} allowed"));
        }
    }
    let froms: Vec<f64> = matrix.rows.iter().map(|row| row.from).collect();
    let ascend = froms.windows(2).all(|pair| matches!(pair, [a, b] if a < b));
    let first = froms.first().is_some_and(|from| *from == 0.0);
    if !first || !ascend || froms.last().is_some_and(|from| !(0.0..=1.0).contains(from)) {
        let text = format!("{froms:?} do not ascend from 0 and stay in 0 to 1");
        add("matrix.rows", "MATRIX_ROWS", text);
    }
    if matrix.levels.is_empty() {
        add(
            "matrix.levels",
            "MATRIX_LEVELS",
            "no level is given".to_owned(),
        );
    }
    if matrix.cells.len() != rows {
        let text = format!("{} rows of cells for {rows} rows", matrix.cells.len());
        add("matrix.cells", "MATRIX_CELLS", text);
    }
    let levels = matrix.levels.len();
    if let Some(level) = matrix
        .cells
        .iter()
        .flatten()
        .find(|level| **level >= levels)
    {
        let text = format!("\"{level}\" is none of {levels} levels");
        add("matrix.cells", "MATRIX_CELLS", text);
    }
    for (at, risk) in risks.iter().enumerate() {
        if let Some(likelihood) = &risk.likelihood {
            check_likelihood(
                &mut problems,
                &format!("risks[{at}].likelihood"),
                likelihood,
            );
        }
    }
    problems.finish()
}

fn check_labels(problems: &mut Problems, matrix: &Matrix, limits: &Limits) {
    let allowed = limits.matrix_label_bytes_max;
    let labels = matrix.rows.iter().map(|row| &row.label);
    let labels = labels.chain(&matrix.columns).chain(&matrix.levels);
    let mut labels = labels.chain([&matrix.name]);
    if let Some(label) = labels.find(|label| label.len() > allowed) {
        let text = format!("{} given, {allowed} allowed", label.len());
        problems.add(Violation::new("matrix", "LABEL_TOO_LONG", text));
    }
}

fn check_likelihood(problems: &mut Problems, field: &str, likelihood: &v1::Likelihood) {
    let numbers = [likelihood.low, likelihood.best, likelihood.high];
    let given: Vec<f64> = numbers.into_iter().flatten().collect();
    if let Some(number) = given.iter().find(|number| !(0.0..=1.0).contains(*number)) {
        let text = format!("\"{number}\" is not a probability of 0 to 1");
        problems.add(Violation::new(field, "PROBABILITY_OUT_OF_RANGE", text));
    } else if given.windows(2).any(|pair| matches!(pair, [a, b] if a > b)) {
        let text = format!("{given:?} do not ascend");
        problems.add(Violation::new(field, "PROBABILITY_ORDER", text));
    }
}

#[cfg(test)]
mod tests;
