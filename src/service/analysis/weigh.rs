//! Tools ranked, risks mapped, words of estimation read.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{Answer, Door};
use super::gather::{Gathering, Scope, answer, open};
use crate::analysis::{likelihood, matrix, ranking};
use crate::error::{Error, Problems, Violation};
use crate::model::caller::Caller;
use crate::model::limits::{Limits, exceeded};
use crate::model::v1::{self as plain, interpret_likelihood_request::Given};

const RANKING: (&str, &str) = (
    "weighted sum of criteria, with coverage and stability",
    "Chancery's own; the criteria stand with RankTools in the contract",
);
const READING: &str = "words of estimation";
/// Columns of every matrix: the levels of impact.
const COLUMNS: usize = 5;
const NOT_STATED: &str = "not stated";
/// The beginning of a statement that stands in for a title.
const TITLE_LETTERS: usize = 80;

pub(super) async fn rank_tools(
    door: Door,
    caller: Caller,
    request: plain::RankToolsRequest,
) -> Answer<plain::RankToolsResponse> {
    answer(door, caller, request.read, move |gathering| {
        let limits = gathering.limits();
        let scope = gathering.scope(request.scope)?;
        let mut problems = Problems::default();
        for (at, target) in request.targets.iter().enumerate() {
            problems.note(gathering.target(&format!("targets[{at}]"), target))?;
        }
        let tools: Vec<plain::Tool> = gathering.elements(&scope)?;
        let met = problems.note(met(&request.preconditions_met, &tools, &limits))?;
        let samples = problems.note(draws("draws", request.draws, 1_000))?;
        problems.finish()?;
        gathering.used(request.targets.iter().map(String::as_str))?;
        let titles: BTreeMap<String, String> = tools
            .iter()
            .map(|tool| (tool.name.clone(), tool.title.clone()))
            .collect();
        let question = ranking::Question {
            targets: request.targets,
            tools,
            recommendations: gathering.elements(&scope)?,
            weights: request.weights,
            met: met.unwrap_or_default(),
            stability: ranking::Stability {
                samples: samples.unwrap_or_default(),
                seed: request.seed.unsigned_abs(),
                ..ranking::Stability::default()
            },
        };
        let found = ranking::rank(&question, &limits)?;
        let basis = gathering.basis(RANKING, found.unstated())?;
        Ok(ranked(found, &titles, basis))
    })
    .await
}

/// How often something is drawn; 0 is the default.
pub(super) fn draws(field: &str, given: i32, default: usize) -> Result<usize, Error> {
    match usize::try_from(given) {
        Ok(0) => Ok(default),
        Ok(given) => Ok(given),
        Err(_negative) => {
            let text = format!("{given} given");
            Err(Error::invalid(field, "DRAWS_NEGATIVE", text))
        }
    }
}

/// By tool: those of its preconditions that the caller says are met.
fn met(
    given: &[String],
    tools: &[plain::Tool],
    limits: &Limits,
) -> Result<BTreeMap<String, Vec<String>>, Error> {
    let allowed = limits.ranking_preconditions_max;
    if given.len() > allowed {
        let field = "preconditions_met";
        return Err(exceeded(
            field,
            "PRECONDITIONS_TOO_MANY",
            given.len(),
            allowed,
        ));
    }
    let mut unclaimed: BTreeMap<&str, usize> = BTreeMap::new();
    for (at, words) in given.iter().enumerate() {
        unclaimed.entry(words).or_insert(at);
    }
    let mut met: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let claimed: BTreeSet<&str> = unclaimed.keys().copied().collect();
    for tool in tools {
        let own = tool.preconditions.iter();
        for words in own.filter(|words| claimed.contains(words.as_str())) {
            unclaimed.remove(words.as_str());
            met.entry(tool.name.clone())
                .or_default()
                .push(words.clone());
        }
    }
    let mut problems = Problems::default();
    for (words, at) in unclaimed {
        let field = format!("preconditions_met[{at}]");
        let text = format!("\"{words}\" is a precondition of no tool in scope");
        problems.add(Violation::new(field, "PRECONDITION_UNKNOWN", text));
    }
    problems.finish()?;
    Ok(met)
}

fn ranked(
    found: ranking::Ranking,
    titles: &BTreeMap<String, String>,
    basis: plain::Basis,
) -> plain::RankToolsResponse {
    let title = |name: &str| titles.get(name).cloned().unwrap_or_default();
    let coverage = found.tools.iter().enumerate().map(|(at, tool)| {
        let covered = found.coverage.iter();
        let covered = covered.filter(|(_, by)| by.get(at).copied().unwrap_or_default());
        plain::ToolCoverage {
            tool: tool.clone(),
            title: title(tool),
            addresses: covered.map(|(target, _)| target.clone()).collect(),
        }
    });
    let coverage = coverage.collect();
    let profile = |profile: ranking::Profile| plain::RankedTool {
        title: title(&profile.name),
        tool: profile.name,
        unmet_preconditions: profile.unmet,
        side_effects: profile.side_effects,
        may_cross: profile.may_cross,
        crosses_targets: profile.crosses_targets,
        recommendations: profile.recommended_by,
        ..Default::default()
    };
    let ranked = found.ranked.into_iter().map(|one| {
        let contributions =
            one.contributions
                .into_iter()
                .map(|part| plain::ranked_tool::Contribution {
                    criterion: part.criterion,
                    value: part.value,
                    weight: part.weight,
                    contribution: part.contribution,
                    none_stated: part.none_stated,
                });
        plain::RankedTool {
            rank: count(one.rank),
            score: Some(one.score),
            contributions: contributions.collect(),
            leads: one.leads,
            ..profile(one.profile)
        }
    });
    let ranked = ranked.collect();
    let unranked = found.unranked.into_iter().map(|one| plain::RankedTool {
        not_rated: one.not_rated,
        ..profile(one.profile)
    });
    plain::RankToolsResponse {
        basis: Some(basis),
        coverage,
        uncovered: found.gaps,
        ranked,
        unranked: unranked.collect(),
        stability: found.leader_kept,
        draws: count(found.stability.samples),
        weights: found.weights.into_iter().collect(),
    }
}

fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

pub(super) async fn risk_matrix(
    door: Door,
    caller: Caller,
    request: plain::RiskMatrixRequest,
) -> Answer<plain::RiskMatrixResponse> {
    let earlier = match request.compare_revision {
        0 => None,
        revision => {
            let read = plain::ReadOptions {
                consistency: Some(plain::read_options::Consistency::ExactRevision(revision)),
                valid_at: request.read.as_ref().and_then(|read| read.valid_at),
            };
            Some(open(&door, caller.clone(), Some(read)).await?)
        }
    };
    answer(door, caller, request.read, move |gathering| {
        let definition = match &request.matrix {
            None => matrix::nist(),
            Some(given) => own(given, &gathering.limits())?,
        };
        let whose = whose(gathering, &request.perspective)?;
        let scope = gathering.scope(request.scope.clone())?;
        let sight = matrix::Sight {
            perspective: whose,
            dimension: request.dimension(),
        };
        let (now, titles) = mapped(gathering, &scope, sight, definition.clone())?;
        let movements = match earlier {
            None if now.risks.is_empty() && titles.is_empty() => {
                return Err(Error::invalid("scope", "NO_RISKS", "no risk is in scope"));
            }
            None => Vec::new(),
            Some(mut earlier) => {
                // What was not there yet is no fault of the question: there were no risks then.
                let scope = earlier.there(scope)?;
                let (before, _) = mapped(&mut earlier, &scope, sight, definition)?;
                gathering.absorb(&earlier);
                moved(&before, &now)?
            }
        };
        let method = (now.matrix.name.clone(), now.matrix.source.clone());
        let basis = gathering.basis((&method.0, &method.1), now.unstated())?;
        Ok(plain::RiskMatrixResponse {
            movements,
            compared_revision: request.compare_revision,
            ..charted(now, &titles, basis)
        })
    })
    .await
}

/// Whose risks are mapped; `None` is everybody's.
fn whose<'a>(gathering: &Gathering, perspective: &'a str) -> Result<Option<&'a str>, Error> {
    match perspective {
        "" => {
            let text = "whose risks are mapped is not stated; actors/- maps all together";
            Err(Error::invalid("perspective", "PERSPECTIVE_MISSING", text))
        }
        "actors/-" => Ok(None),
        actor => {
            gathering.known("perspective", actor)?;
            Ok(Some(actor))
        }
    }
}

/// The risks of one view on the matrix.
fn mapped(
    gathering: &mut Gathering,
    scope: &Scope,
    sight: matrix::Sight<'_>,
    definition: matrix::Matrix,
) -> Result<(matrix::RiskMap, BTreeMap<String, String>), Error> {
    let risks: Vec<plain::Risk> = gathering.elements(scope)?;
    let titles = risks.iter().map(|risk| {
        let stated: String = risk.statement.chars().take(TITLE_LETTERS).collect();
        let titled = !risk.title.is_empty();
        let title = if titled { risk.title.clone() } else { stated };
        (risk.name.clone(), title)
    });
    let titles = titles.collect();
    let map = matrix::map(definition, &risks, sight, &gathering.limits())?;
    Ok((map, titles))
}

/// The caller's matrix.
fn own(given: &plain::MatrixDefinition, limits: &Limits) -> Result<matrix::Matrix, Error> {
    let (cells, rows) = (given.cells.len(), given.rows.len());
    let mut problems = Problems::default();
    let sizes = [("rows", rows), ("levels", given.ratings.len())];
    for (field, size) in sizes
        .into_iter()
        .filter(|(_, size)| *size > limits.matrix_rows_max)
    {
        let text = format!("{size} given, {} allowed", limits.matrix_rows_max);
        problems.add(Violation::new(
            format!("matrix.{field}"),
            "TOO_MANY_ROWS",
            text,
        ));
    }
    problems.finish()?;
    let columns: Option<[String; COLUMNS]> = given.columns.clone().try_into().ok();
    let full = cells == rows.saturating_mul(COLUMNS);
    let Some(columns) = columns.filter(|_| full) else {
        let text = format!("{cells} cells do not fill {rows} rows of {COLUMNS} columns");
        return Err(Error::invalid("matrix.cells", "MATRIX_MALFORMED", text));
    };
    let mut problems = Problems::default();
    let mut filled = Vec::new();
    for (at, rating) in given.cells.iter().enumerate() {
        let place = given.ratings.iter().position(|known| known == rating);
        if place.is_none() {
            let text = format!("\"{rating}\" is none of the ratings");
            let field = format!("matrix.cells[{at}]");
            problems.add(Violation::new(field, "RATING_UNKNOWN", text));
        }
        filled.push(place.unwrap_or_default());
    }
    problems.finish()?;
    let rows = given.rows.iter().map(|row| matrix::Row {
        label: row.label.clone(),
        from: row.from,
    });
    let cells = filled.chunks(COLUMNS);
    Ok(matrix::Matrix {
        name: given.name.clone(),
        source: "given by the caller".to_owned(),
        rows: rows.collect(),
        columns,
        levels: given.ratings.clone(),
        cells: cells.filter_map(|row| row.try_into().ok()).collect(),
    })
}

/// The place of a row from the most likely down, "not stated" last.
fn down(map: &matrix::RiskMap, row: Option<usize>) -> usize {
    let rows = map.matrix.rows.len();
    row.map_or(rows, |row| rows.saturating_sub(row + 1))
}

fn charted(
    map: matrix::RiskMap,
    titles: &BTreeMap<String, String>,
    basis: plain::Basis,
) -> plain::RiskMatrixResponse {
    let level = |place: Option<usize>| {
        let label = place.and_then(|place| map.matrix.levels.get(place));
        label.cloned().unwrap_or_default()
    };
    let cells = map.cells.iter().map(|cell| plain::MatrixCell {
        row: count(down(&map, cell.row)),
        column: count(cell.column.unwrap_or(COLUMNS)),
        rating: level(cell.level),
        members: cell
            .members
            .iter()
            .filter_map(|(place, straddles)| {
                let risk = map.risks.get(*place)?;
                Some(plain::matrix_cell::Member {
                    risk: risk.name.clone(),
                    title: titles.get(&risk.name).cloned().unwrap_or_default(),
                    straddles: *straddles,
                })
            })
            .collect(),
    });
    let labels = map.matrix.rows.iter().rev().map(|row| row.label.clone());
    let not_stated = || std::iter::once(NOT_STATED.to_owned());
    let rated = map.counts.iter().enumerate().rev();
    let roll_up = rated.map(|(place, risks)| plain::RatingCount {
        rating: level(Some(place)),
        count: count(*risks),
    });
    plain::RiskMatrixResponse {
        basis: Some(basis),
        matrix: map.matrix.name.clone(),
        rows: labels.chain(not_stated()).collect(),
        columns: map
            .matrix
            .columns
            .iter()
            .cloned()
            .chain(not_stated())
            .collect(),
        cells: cells.collect(),
        roll_up: roll_up.collect(),
        maximum: level(map.maximum),
        borne_by_others: map.borne_by_others.clone(),
        bearer_not_stated: map.bearer_not_stated.clone(),
        without_rating: count(map.without_level),
        ..Default::default()
    }
}

fn moved(
    before: &matrix::RiskMap,
    after: &matrix::RiskMap,
) -> Result<Vec<plain::RiskMovement>, Error> {
    let cells = |map: &matrix::RiskMap, place: Option<usize>| -> Vec<String> {
        let held = map.cells.iter().filter(|cell| {
            cell.members
                .iter()
                .any(|(member, _)| Some(*member) == place)
        });
        let told = held.map(|cell| {
            let row = cell.row.and_then(|row| map.matrix.rows.get(row));
            let row = row.map_or(NOT_STATED, |row| row.label.as_str());
            let column = cell
                .column
                .and_then(|column| map.matrix.columns.get(column));
            format!("{row}/{}", column.map_or(NOT_STATED, String::as_str))
        });
        told.collect()
    };
    let moved = matrix::movement(before, after)?.into_iter();
    let told = moved.filter_map(|one| {
        Some(plain::RiskMovement {
            kind: one.movement.told()?.into(),
            risk: one.name,
            before: cells(before, one.before),
            after: cells(after, one.after),
        })
    });
    Ok(told.collect())
}

pub(super) async fn interpret_likelihood(
    door: Door,
    caller: Caller,
    request: plain::InterpretLikelihoodRequest,
) -> Answer<plain::InterpretLikelihoodResponse> {
    let scheme = request.scheme();
    let source = match scheme {
        plain::LikelihoodScheme::Icd203 => "Intelligence Community Directive 203 (2015)",
        plain::LikelihoodScheme::Phia => "PHIA probability yardstick (2025)",
        plain::LikelihoodScheme::Unspecified
        | plain::LikelihoodScheme::Other
        | plain::LikelihoodScheme::Undeclared => "",
    };
    let found = match &request.given {
        None => {
            let text = "neither a term nor a probability is given";
            return Err(Error::invalid("given", "NOTHING_GIVEN", text));
        }
        Some(Given::Term(term)) if term.len() > door.ledger.limits().term_bytes_max => {
            let allowed = door.ledger.limits().term_bytes_max;
            return Err(exceeded("term", "TERM_TOO_LONG", term.len(), allowed));
        }
        Some(Given::Term(term)) => {
            let band = likelihood::interval_of(scheme, term)?;
            banded(band, format!("\"{term}\" is a term of the yardstick"))
        }
        Some(Given::Probability(given)) => called(&likelihood::term_of(scheme, *given)?, *given),
    };
    // It rests on a published yardstick and no resource: whoever asks may have it.
    answer(door, caller, None, move |gathering| {
        Ok(plain::InterpretLikelihoodResponse {
            basis: Some(gathering.basis((READING, source), Vec::new())?),
            ..found
        })
    })
    .await
}

fn banded(
    band: &crate::model::estimate::Band,
    reason: String,
) -> plain::InterpretLikelihoodResponse {
    let mut terms = band.terms.iter().map(|term| (*term).to_owned());
    plain::InterpretLikelihoodResponse {
        term: terms.next().unwrap_or_default(),
        synonyms: terms.filter(|term| !term.contains('(')).collect(),
        low: Some(band.low),
        high: Some(band.high),
        high_excluded: band.open,
        reason,
        ..Default::default()
    }
}

fn called(found: &likelihood::Called, given: f64) -> plain::InterpretLikelihoodResponse {
    let first = |band: &crate::model::estimate::Band| {
        let term = band.terms.first();
        term.map_or_else(String::new, |term| (*term).to_owned())
    };
    match found {
        likelihood::Called::Term(band) => banded(band, format!("{given} lies in its band")),
        likelihood::Called::Tie { band, other } => plain::InterpretLikelihoodResponse {
            tied_with: first(other),
            ..banded(
                band,
                format!("a tie at {given}: two bands share it; the one further from 50 % wins"),
            )
        },
        likelihood::Called::Between { below, above } => plain::InterpretLikelihoodResponse {
            above_term: below.map(first).unwrap_or_default(),
            below_term: above.map(first).unwrap_or_default(),
            reason: format!("{given} lies in a gap of the yardstick and has no term"),
            ..Default::default()
        },
    }
}
