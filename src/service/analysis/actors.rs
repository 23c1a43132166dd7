//! Actors across assessments: one actor's lines together, all actors by all issues.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{Answer, Door};
use super::gather::{Gathering, answer};
use crate::analysis::{lines, positions};
use crate::error::{Error, Problems};
use crate::model::caller::Caller;
use crate::model::limits::exceeded;
use crate::model::v1::{self as plain, Coverage};

pub(super) async fn consolidate_red_lines(
    door: Door,
    caller: Caller,
    request: plain::ConsolidateRedLinesRequest,
) -> Answer<plain::ConsolidateRedLinesResponse> {
    answer(door, caller, request.read, move |gathering| {
        let mut problems = Problems::default();
        problems.note(gathering.known("actor", &request.actor))?;
        let issues: Vec<String> = match request.issue.as_str() {
            "" => Vec::new(),
            issue => {
                problems.note(gathering.known("issue", issue))?;
                vec![issue.to_owned()]
            }
        };
        problems.finish()?;
        let mut scope = gathering.scope(request.scope)?;
        scope.actors = vec![request.actor.clone()];
        scope.issues = issues;
        let selection = gathering.selection::<plain::RedLine>(&scope, |_| true)?;
        let found = selection.counted;
        let lineages: BTreeSet<&str> = found.iter().map(|line| line.lineage.as_str()).collect();
        let mut earlier = selection.uncounted;
        earlier.retain(|line| lineages.contains(line.lineage.as_str()));
        gathering.used(earlier.iter().map(|line| line.name.as_str()))?;
        let origins = origins(gathering, found.iter().chain(&earlier))?;
        let coverage = match found.is_empty() {
            true => gathering.silence(&scope)?,
            false => Coverage::Stated,
        };
        Ok(plain::ConsolidateRedLinesResponse {
            groups: lines::consolidate(&found, &earlier, &origins),
            basis: Some(gathering.basis((lines::METHOD, lines::SOURCE), lines::unstated(&found))?),
            coverage: coverage.into(),
        })
    })
    .await
}

/// Where the words of the lines come from, as far as the caller sees it.
fn origins<'a>(
    gathering: &mut Gathering,
    found: impl Iterator<Item = &'a plain::RedLine>,
) -> Result<lines::Origins, Error> {
    let mut origins = lines::Origins::default();
    let mut open: Vec<String> = Vec::new();
    for citation in found.flat_map(|line| &line.citations) {
        open.push(citation.source.clone());
        let known = origins.source_of.contains_key(&citation.document);
        if citation.document.is_empty() || known {
            continue;
        }
        if let Some(document) = gathering.read::<plain::Document>(&citation.document)? {
            open.push(document.source.clone());
            origins
                .source_of
                .insert(citation.document.clone(), document.source);
        }
    }
    while let Some(name) = open.pop() {
        if name.is_empty() || origins.derives_from.contains_key(&name) {
            continue;
        }
        let source = gathering.read::<plain::Source>(&name)?.unwrap_or_default();
        open.extend(source.derives_from.iter().cloned());
        origins.derives_from.insert(name, source.derives_from);
    }
    Ok(origins)
}

pub(super) async fn get_position_matrix(
    door: Door,
    caller: Caller,
    request: plain::GetPositionMatrixRequest,
) -> Answer<plain::GetPositionMatrixResponse> {
    answer(door, caller, request.read, move |gathering| {
        let scope = gathering.scope(request.scope)?;
        let stated: Vec<plain::Position> = gathering.elements(&scope)?;
        let drawn: Vec<plain::RedLine> = gathering.elements(&scope)?;
        let issues: BTreeMap<String, plain::Issue> = gathering.issues()?;
        let record = positions::Record {
            positions: &stated,
            lines: &drawn,
            issues: &issues,
        };
        let (actors, columns, cells) = positions::matrix(record, &scope.actors, &scope.issues);
        let allowed = gathering.limits().position_cells_max;
        if cells.len() > allowed {
            return Err(exceeded("scope", "MATRIX_TOO_LARGE", cells.len(), allowed));
        }
        gathering.used(columns.iter().map(String::as_str))?;
        let of = |coverage| {
            let cells = cells.iter();
            cells.filter(move |cell| cell.coverage() == coverage)
        };
        let gaps = of(Coverage::NotStated).map(|cell| plain::basis::Gap {
            name: format!("{} on {}", cell.actor, cell.issue),
            field: "position".to_owned(),
            treatment: "spoken of and not stated; a hole in the matrix".to_owned(),
        });
        let gaps = gaps.collect();
        let stated = of(Coverage::Stated).count();
        Ok(plain::GetPositionMatrixResponse {
            basis: Some(gathering.basis((positions::METHOD, positions::SOURCE), gaps)?),
            actors,
            issues: columns,
            stated: i32::try_from(stated).unwrap_or(i32::MAX),
            cells,
        })
    })
    .await
}
