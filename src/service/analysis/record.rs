//! What the record says of itself: lint, ladder, trace, contradictions.

use std::collections::{BTreeMap, BTreeSet};

use prost::Message;
use prost_reflect::{DynamicMessage, Value};

use super::super::{Answer, Door};
use super::gather::{Gathering, answer};
use crate::analysis::{contradictions, ladder, lint, trace};
use crate::edit::link;
use crate::error::Error;
use crate::model::caller::Caller;
use crate::model::limits::exceeded;
use crate::model::name::{Name, assessment_of};
use crate::model::v1::{self as plain, AssessmentState};
use crate::wire::body;

/// The beginning of a statement that stands in for a title.
const TITLE_LETTERS: usize = 80;

pub(super) async fn lint_assessment(
    door: Door,
    caller: Caller,
    request: plain::LintAssessmentRequest,
) -> Answer<plain::LintAssessmentResponse> {
    let kind = super::super::list::kind_of("Assessment")?;
    let name = Name::parse_as(kind, &request.name, "name")?;
    answer(door, caller, request.read, move |gathering| {
        let as_of = request.as_of.unwrap_or(gathering.time());
        let full = gathering.view.full(&name)?;
        let assessment = plain::Assessment::decode(full)
            .map_err(|error| Error::Internal(format!("assembled assessment: {error}")))?;
        let names = gathering.view.element_names(&name)?;
        let all = std::iter::once(name.as_str()).chain(names.iter().map(String::as_str));
        gathering.used(all)?;
        let most = gathering.limits().trace_resources_max;
        let premises =
            lint::Premises::read(&assessment, most, |text| premise(gathering, &name, text))?;
        let gaps = lint::unstated(&assessment, &premises);
        Ok(plain::LintAssessmentResponse {
            findings: lint::lint(&assessment, &premises, &as_of),
            basis: Some(gathering.basis((lint::METHOD, lint::SOURCE), gaps)?),
            as_of: Some(as_of),
        })
    })
    .await
}

/// A premise of an assessment, wherever it stands, and why it no longer carries.
fn premise(gathering: &mut Gathering, of: &Name, text: &str) -> Result<lint::Premise, Error> {
    let gone = |why| lint::Premise {
        gone: Some(why),
        ..lint::Premise::default()
    };
    let name = Name::parse(text, "rests_on")?;
    let Some(message) = gathering.message(&name)? else {
        return Ok(gone("is not there, or cannot be seen"));
    };
    if let Some(work) = assessment_of(text).filter(|work| *work != of.as_str()) {
        let work = Name::parse(work, "rests_on")?;
        gathering.used([work.as_str()].into_iter())?;
        let revision = gathering.view.revision();
        if gathering.view.state_at(&work, revision) == i32::from(AssessmentState::Withdrawn) {
            return Ok(gone("lies in an assessment that was withdrawn"));
        }
    }
    let status = message.get_field_by_name("status");
    let status = status.as_deref().and_then(Value::as_enum_number);
    let assumed = name.kind().message == "Assumption";
    if assumed && status == Some(plain::AssumptionStatus::Broken.into()) {
        return Ok(gone("is an assumption that is broken"));
    }
    let rests_on = message.get_field_by_name("rests_on");
    let rests_on = rests_on.as_deref().and_then(Value::as_list);
    let names = rests_on.into_iter().flatten().filter_map(Value::as_str);
    Ok(lint::Premise {
        gone: None,
        rests_on: names.map(ToOwned::to_owned).collect(),
    })
}

pub(super) async fn get_commitment_ladder(
    door: Door,
    caller: Caller,
    request: plain::GetCommitmentLadderRequest,
) -> Answer<plain::GetCommitmentLadderResponse> {
    answer(door, caller, request.read, move |gathering| {
        let as_of = request.as_of.unwrap_or(gathering.time());
        let scope = gathering.scope(request.scope)?;
        let theme =
            |one: &plain::Commitment| request.theme.is_empty() || one.theme == request.theme;
        gathering.count_at(as_of);
        let selection = gathering.selection(&scope, theme)?;
        let mut commitments = selection.counted;
        carry_on(&mut commitments, &selection.uncounted);
        let shown = commitments.iter().map(|one| one.name.clone()).collect();
        required(gathering, &mut commitments)?;
        let found = ladder::ladder(&commitments, &shown, &as_of);
        Ok(plain::GetCommitmentLadderResponse {
            basis: Some(gathering.basis((ladder::METHOD, ladder::SOURCE), found.gaps)?),
            as_of: Some(as_of),
            steps: found.steps,
            themes: found.themes,
            cycles: found.cycles,
        })
    })
    .await
}

/// Puts the commitment that counts in the place of an earlier one of its lineage, wherever that is
/// named: what requires the earlier one requires what became of it.
fn carry_on(counted: &mut [plain::Commitment], earlier: &[plain::Commitment]) {
    let newest = counted.iter().map(|one| (&one.lineage, &one.name));
    let newest: BTreeMap<&String, &String> = newest.collect();
    let became = earlier.iter().filter_map(|one| {
        let now = *newest.get(&one.lineage)?;
        Some((one.name.clone(), now.clone()))
    });
    let became: BTreeMap<String, String> = became.collect();
    for one in counted {
        let required = one.requires.iter_mut().flat_map(|one| &mut one.commitments);
        let anchor = one.deadline.iter_mut().map(|deadline| &mut deadline.anchor);
        for name in required.chain(anchor).chain(&mut one.unlocks) {
            if let Some(now) = became.get(name.as_str()) {
                name.clone_from(now);
            }
        }
    }
}

/// Adds what the commitments require, or count their days from, however far down and wherever it
/// stands: what a scope leaves out is not therefore missing.
fn required(
    gathering: &mut Gathering,
    commitments: &mut Vec<plain::Commitment>,
) -> Result<(), Error> {
    let known = commitments.iter().map(|one| one.name.clone());
    let mut known: BTreeSet<String> = known.collect();
    let allowed = gathering.limits().analysis_elements_max;
    let mut next = 0;
    while let Some(one) = commitments.get(next) {
        let required = one.requires.iter().flat_map(|one| &one.commitments);
        let anchor = one.deadline.iter().map(|deadline| &deadline.anchor);
        let names: Vec<String> = required
            .chain(anchor)
            .filter(|name| name.contains("/commitments/") && !known.contains(*name))
            .cloned()
            .collect();
        for name in names {
            commitments.extend(gathering.read::<plain::Commitment>(&name)?);
            known.insert(name);
        }
        if commitments.len() > allowed {
            let given = commitments.len();
            return Err(exceeded("scope", "SCOPE_TOO_LARGE", given, allowed));
        }
        next += 1;
    }
    Ok(())
}

pub(super) async fn trace(
    door: Door,
    caller: Caller,
    request: plain::TraceRequest,
) -> Answer<plain::TraceResponse> {
    Name::parse(&request.name, "name")?;
    let limits = *door.ledger.limits();
    let links = match usize::try_from(request.depth) {
        Ok(0) => limits.trace_links_default,
        Ok(depth) if depth <= limits.trace_links_max => depth,
        Ok(depth) => {
            let allowed = limits.trace_links_max;
            return Err(exceeded("depth", "DEPTH_TOO_LARGE", depth, allowed));
        }
        Err(_negative) => {
            let text = format!("{} given", request.depth);
            return Err(Error::invalid("depth", "DEPTH_NEGATIVE", text));
        }
    };
    let reach = trace::Reach {
        direction: request.direction(),
        links,
        resources: limits.trace_resources_max,
    };
    answer(door, caller, request.read, move |gathering| {
        let found = trace::trace(&request.name, reach, &mut Steps(gathering))?;
        let missing = found.nodes.iter().filter(|node| node.missing);
        let gaps = missing.map(|node| plain::basis::Gap {
            name: node.name.clone(),
            field: "name".to_owned(),
            treatment: "it is not there, or cannot be seen; not followed".to_owned(),
        });
        let gaps = gaps.collect();
        let seen = found.nodes.iter().filter(|node| !node.missing);
        gathering.used(seen.map(|node| node.name.as_str()))?;
        Ok(plain::TraceResponse {
            basis: Some(gathering.basis((trace::METHOD, trace::SOURCE), gaps)?),
            nodes: found.nodes,
            links: found.links,
            cycles: found.cycles,
            truncated: found.truncated,
        })
    })
    .await
}

/// How a trace reads: under the view of the answer.
struct Steps<'g>(&'g Gathering);

impl trace::Reading for Steps<'_> {
    fn known(&mut self, name: &str) -> Result<Option<trace::Known>, Error> {
        let Ok(name) = Name::parse(name, "name") else {
            return Ok(None);
        };
        let body = match self.0.view.get(&name) {
            Ok(body) => body,
            Err(Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let message = body::open(name.kind(), &body)?;
        let (links, _malformed) = link::links(&message, "");
        let rests_on = links.into_iter().filter_map(|link| {
            let last = link.path.rsplit('.').next().unwrap_or_default();
            let field = last.split('[').next().unwrap_or_default();
            let followed = trace::FIELDS.contains(&field) && link.target.as_str() != name.as_str();
            followed.then(|| (field.to_owned(), link.target.as_str().to_owned()))
        });
        let mut rests_on: Vec<(String, String)> = rests_on.collect();
        rests_on.sort();
        rests_on.dedup();
        Ok(Some(trace::Known {
            revision: self.0.view.revision_of(&name)?.unwrap_or_default(),
            title: title(&message),
            quote: quote(&message),
            rests_on,
        }))
    }

    fn resting_on(&mut self, name: &str) -> Result<Vec<String>, Error> {
        let name = Name::parse(name, "name")?;
        Ok(self.0.view.referrers(&name))
    }
}

/// The title of a resource, or the beginning of what it states.
fn title(message: &DynamicMessage) -> String {
    let text = |field: &str| {
        let value = message.get_field_by_name(field)?;
        value
            .as_str()
            .filter(|text| !text.is_empty())
            .map(ToOwned::to_owned)
    };
    let fields = ["title", "statement", "obligation", "observable", "purpose"];
    let found = fields.into_iter().find_map(text).unwrap_or_default();
    found.chars().take(TITLE_LETTERS).collect()
}

fn quote(message: &DynamicMessage) -> String {
    let citations = message.get_field_by_name("citations");
    let first = citations
        .as_ref()
        .and_then(|value| value.as_list()?.first());
    let quote = first
        .and_then(Value::as_message)
        .and_then(|citation| Some(citation.get_field_by_name("quote")?.as_str()?.to_owned()));
    quote.unwrap_or_default()
}

pub(super) async fn find_contradictions(
    door: Door,
    caller: Caller,
    request: plain::FindContradictionsRequest,
) -> Answer<plain::FindContradictionsResponse> {
    answer(door, caller, request.read, move |gathering| {
        let kinds: Vec<plain::ContradictionKind> = request.kinds().collect();
        let scope = gathering.scope(request.scope.clone())?;
        let lines: Vec<plain::RedLine> = gathering.elements(&scope)?;
        let positions: Vec<plain::Position> = gathering.elements(&scope)?;
        let forecasts: Vec<plain::Forecast> = gathering.elements(&scope)?;
        let sets: Vec<plain::ScenarioSet> = gathering.elements(&scope)?;
        let record = contradictions::Record {
            lines: &lines,
            positions: &positions,
            forecasts: &forecasts,
            sets: &sets,
        };
        let most = gathering.limits().contradictions_max;
        let found = contradictions::find(record, &kinds, most);
        let method = (contradictions::METHOD, contradictions::SOURCE);
        Ok(plain::FindContradictionsResponse {
            basis: Some(gathering.basis(method, found.gaps)?),
            contradictions: found.contradictions,
            truncated: found.truncated,
        })
    })
    .await
}
