//! Where parties could agree.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{Answer, Door};
use super::gather::{Gathering, answer};
use crate::analysis::scale::{self, Issue};
use crate::analysis::zone::{self, Acceptance, Basis, Party, Side, Status, Wish};
use crate::error::{Error, Problems, Violation};
use crate::model::caller::Caller;
use crate::model::v1::{self as plain, BoundEnd, ZoneBounds, ZoneState};

const METHOD: (&str, &str) = (
    "overlap of acceptable bounds, conditional where a bound is missing",
    "Chancery's own; Nash point: Nash (1950), \"The Bargaining Problem\"",
);
const UTILITY: &str = "sum of salience (1 - |x - ideal| / |bound - ideal|) over the issues, \
                       divided by the sum of saliences; no agreement is 0";

pub(super) async fn find_agreement_zone(
    door: Door,
    caller: Caller,
    request: plain::FindAgreementZoneRequest,
) -> Answer<plain::FindAgreementZoneResponse> {
    answer(door, caller, request.read, move |gathering| {
        let known = gathering.issues()?;
        let mut stated = Stated::read(gathering, &request)?;
        let names = stated.issues(&request);
        if names.is_empty() {
            let text = "none is named, and no party's bound on any is on record";
            return Err(Error::invalid("issues", "NO_ISSUES", text));
        }
        gathering.used(names.iter().map(String::as_str))?;
        let question = zone::Question {
            issues: names
                .iter()
                .filter_map(|name| known.get(name).map(Issue::from))
                .collect(),
            parties: stated.parties.clone(),
            acceptances: stated.acceptances.clone(),
        };
        let limits = gathering.limits();
        let found = zone::agree(&question, &limits)?;
        let mut told = plain::FindAgreementZoneResponse {
            package_state: state(found.status, false).into(),
            veto_players: found.vetoes.clone(),
            blockers: found.blockers.clone(),
            ends_stated: count(found.stated.0),
            ends: count(found.stated.1),
            sensitivity: shifts(&found, &known),
            issues: found
                .issues
                .iter()
                .map(|one| issue_zone(one, &known, &stated))
                .collect(),
            ..Default::default()
        };
        if request.bargaining_solution {
            let search = zone::Search {
                wishes: stated.wishes.clone(),
                frontier: true,
                ..Default::default()
            };
            match zone::solve(&question, &search, &limits) {
                Ok(solved) => solve(&mut told, solved, &question.parties),
                Err(error) => told.no_solution_reason = refusal(&error)?,
            }
        }
        stated.gaps.extend(gaps(&found));
        told.basis = Some(gathering.basis(METHOD, stated.gaps)?);
        Ok(told)
    })
    .await
}

/// What is known of the parties, the request's overrides put in.
struct Stated {
    parties: Vec<Party>,
    acceptances: Vec<Acceptance>,
    wishes: Vec<Wish>,
    /// What was passed over for something else that is stated.
    gaps: Vec<plain::basis::Gap>,
}

impl Stated {
    fn read(
        gathering: &mut Gathering,
        request: &plain::FindAgreementZoneRequest,
    ) -> Result<Self, Error> {
        gathering.supposes(&request.overrides)?;
        let mut problems = Problems::default();
        gathering.all_known(&mut problems, "parties", &request.parties)?;
        gathering.all_known(&mut problems, "issues", &request.issues)?;
        for (at, one) in request.overrides.iter().enumerate() {
            let field = format!("overrides[{at}]");
            problems.note(gathering.known(&format!("{field}.issue"), &one.issue))?;
            if !request.parties.contains(&one.actor) {
                let text = format!("\"{}\" is no party", one.actor);
                problems.add(Violation::new(
                    format!("{field}.actor"),
                    "PARTY_UNKNOWN",
                    text,
                ));
            }
        }
        problems.finish()?;
        let mut scope = gathering.scope(request.scope.clone())?;
        scope.actors = request.parties.clone();
        scope.issues = request.issues.clone();
        let positions: Vec<plain::Position> = gathering.elements(&scope)?;
        let lines: Vec<plain::RedLine> = match request.bounds() {
            ZoneBounds::Unspecified | ZoneBounds::Positions => Vec::new(),
            ZoneBounds::RedLines | ZoneBounds::Both => gathering.elements(&scope)?,
        };
        let participants: Vec<plain::Participant> = gathering.elements(&scope)?;
        let mut gaps = Vec::new();
        let parties = request.parties.iter().map(|name| {
            let of = participants.iter().filter(|one| one.actor == *name);
            party(name, of.collect(), &mut gaps)
        });
        let mut stated = Self {
            parties: parties.collect(),
            acceptances: acceptances(&positions, &lines, request.bounds()),
            wishes: wishes(&positions, &mut gaps),
            gaps,
        };
        for one in &request.overrides {
            stated.suppose(one);
        }
        Ok(stated)
    }

    /// Puts an override in the place of what is recorded.
    fn suppose(&mut self, one: &plain::PositionOverride) {
        if one.min.is_some() || one.max.is_some() {
            let supposed = Acceptance {
                party: one.actor.clone(),
                issue: one.issue.clone(),
                source: String::new(),
                basis: Basis::Supposed,
                bound: plain::Bound {
                    min: one.min,
                    max: one.max,
                    options: Vec::new(),
                },
            };
            zone::suppose(&mut self.acceptances, supposed);
        }
        let of = |wish: &Wish| wish.party == one.actor && wish.issue == one.issue;
        if !self.wishes.iter().any(of) {
            self.wishes.push(Wish {
                party: one.actor.clone(),
                issue: one.issue.clone(),
                ideal: None,
                salience: None,
            });
        }
        for wish in self.wishes.iter_mut().filter(|wish| of(wish)) {
            wish.ideal = one.ideal.or(wish.ideal);
            wish.salience = one.salience.or(wish.salience);
        }
    }

    /// The issues asked for, or all that a party accepts anything on.
    fn issues(&self, request: &plain::FindAgreementZoneRequest) -> Vec<String> {
        if !request.issues.is_empty() {
            return request.issues.clone();
        }
        let each = self.acceptances.iter().map(|one| one.issue.clone());
        let each: BTreeSet<String> = each.collect();
        each.into_iter().collect()
    }
}

fn acceptances(
    positions: &[plain::Position],
    lines: &[plain::RedLine],
    bounds: ZoneBounds,
) -> Vec<Acceptance> {
    let estimated = positions.iter().filter(|_| bounds != ZoneBounds::RedLines);
    let estimated = estimated.map(|one| Acceptance {
        party: one.actor.clone(),
        issue: one.issue.clone(),
        source: one.name.clone(),
        basis: Basis::Estimated,
        bound: one.acceptable.clone().unwrap_or_default(),
    });
    let declared = lines.iter().filter(|line| {
        let stands = line.status() != plain::RedLineStatus::Abandoned;
        stands && line.acceptable.is_some() && !line.issue.is_empty()
    });
    let declared = declared.map(|line| Acceptance {
        party: line.actor.clone(),
        issue: line.issue.clone(),
        source: line.name.clone(),
        basis: Basis::Declared,
        bound: line.acceptable.clone().unwrap_or_default(),
    });
    estimated.chain(declared).collect()
}

/// A party with the veto that any of its participants states; where another denies it, that is
/// told.
fn party(
    name: &str,
    participants: Vec<&plain::Participant>,
    gaps: &mut Vec<plain::basis::Gap>,
) -> Party {
    let veto = participants.iter().filter_map(|one| one.veto).max();
    let denied = participants
        .iter()
        .filter(|one| veto > one.veto && one.veto.is_some());
    gaps.extend(denied.map(|one| gap(&one.name, "veto", "denied here and stated elsewhere; told")));
    Party {
        name: name.to_owned(),
        veto,
    }
}

/// What each party wants; of several positions the newest counts.
fn wishes(positions: &[plain::Position], gaps: &mut Vec<plain::basis::Gap>) -> Vec<Wish> {
    let mut newest: BTreeMap<(&str, &str), &plain::Position> = BTreeMap::new();
    let mut older = Vec::new();
    for one in positions {
        let key = (one.actor.as_str(), one.issue.as_str());
        let kept = newest.entry(key).or_insert(one);
        if one.revision > kept.revision {
            older.push(std::mem::replace(kept, one));
        } else if one.name != kept.name {
            older.push(one);
        }
    }
    let text = "a newer position of the party on the issue counts instead; its bounds hold too";
    gaps.extend(older.into_iter().map(|one| gap(&one.name, "ideal", text)));
    let wishes = newest.into_values().map(|one| Wish {
        party: one.actor.clone(),
        issue: one.issue.clone(),
        ideal: one.ideal,
        salience: one.salience,
    });
    wishes.collect()
}

fn gap(name: &str, field: &str, treatment: &str) -> plain::basis::Gap {
    plain::basis::Gap {
        name: name.to_owned(),
        field: field.to_owned(),
        treatment: treatment.to_owned(),
    }
}

fn state(status: Status, point: bool) -> ZoneState {
    match status {
        Status::Open if point => ZoneState::Point,
        Status::Open => ZoneState::Open,
        Status::Closed => ZoneState::Closed,
        Status::Conditional => ZoneState::Conditional,
        Status::Undecidable => ZoneState::Undecidable,
    }
}

fn end_of(side: Side) -> BoundEnd {
    match side {
        Side::Minimum => BoundEnd::Min,
        Side::Maximum => BoundEnd::Max,
    }
}

fn issue_zone(
    one: &zone::IssueZone,
    known: &BTreeMap<String, plain::Issue>,
    stated: &Stated,
) -> plain::IssueZone {
    let issue = known.get(&one.issue);
    let measure = issue.and_then(|issue| issue.scale.as_ref());
    let (scale_min, scale_max) = scale::ends(measure).unwrap_or((None, None));
    let point = one.low.is_some() && one.low == one.high;
    let unit = match measure {
        Some(plain::issue::Scale::Quantity(quantity)) => quantity.unit.clone(),
        Some(
            plain::issue::Scale::Ordinal(_)
            | plain::issue::Scale::Options(_)
            | plain::issue::Scale::Binary(_),
        )
        | None => String::new(),
    };
    let closed = one.status == Status::Closed;
    let gap = one
        .low
        .zip(one.high)
        .filter(|(low, high)| closed && low > high);
    let binding: BTreeSet<&String> = one.binding.iter().flatten().collect();
    let conditions = one.conditions.iter().map(|condition| plain::ZoneCondition {
        actor: condition.party.clone(),
        end: condition.side.map_or(BoundEnd::Unspecified, end_of).into(),
        threshold: condition.threshold,
        step_label: condition.label.clone().unwrap_or_default(),
        text: condition.text.clone(),
    });
    plain::IssueZone {
        issue: one.issue.clone(),
        title: issue.map(|issue| issue.title.clone()).unwrap_or_default(),
        unit,
        state: state(one.status, point).into(),
        zone: (!closed).then(|| plain::Bound {
            min: one.low,
            max: one.high,
            options: one.options.clone(),
        }),
        step_labels: one.steps.clone(),
        bounds: one
            .ranges
            .iter()
            .map(|range| party_bound(range, &one.issue, stated))
            .collect(),
        conditions: conditions.collect(),
        gap: gap.map(|(low, high)| scale::distance(measure, high, low)),
        binding: binding.into_iter().cloned().collect(),
        scale_min,
        scale_max,
        blockers: one.blockers.clone(),
        mutual: one.mutual,
    }
}

fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

fn party_bound(range: &zone::Range, issue: &str, stated: &Stated) -> plain::PartyBound {
    let ends = || range.minimum.iter().chain(&range.maximum);
    let from: BTreeSet<&String> = ends()
        .map(|end| &end.source)
        .filter(|source| !source.is_empty())
        .collect();
    let mut wishes = stated.wishes.iter();
    let wish = wishes.find(|wish| wish.party == range.party && wish.issue == issue);
    plain::PartyBound {
        actor: range.party.clone(),
        acceptable: Some(plain::Bound {
            min: range.minimum.as_ref().map(|end| end.value),
            max: range.maximum.as_ref().map(|end| end.value),
            options: range.options.clone().unwrap_or_default(),
        }),
        from: from.into_iter().cloned().collect(),
        ideal: wish.and_then(|wish| wish.ideal),
        salience: wish.and_then(|wish| wish.salience),
        overridden: ends().any(|end| end.basis == Basis::Supposed),
    }
}

/// Every bound that opens or closes a zone, the issues in their order, the shortest move first.
fn shifts(found: &zone::Zone, known: &BTreeMap<String, plain::Issue>) -> Vec<plain::BoundShift> {
    let each = found.issues.iter().flat_map(|one| {
        let measure = known.get(&one.issue).and_then(|issue| issue.scale.as_ref());
        one.hinges.iter().map(move |hinge| plain::BoundShift {
            issue: one.issue.clone(),
            actor: hinge.party.clone(),
            end: hinge.side.map_or(BoundEnd::Unspecified, end_of).into(),
            from: hinge.from,
            to: hinge.to,
            label: hinge.label.clone().unwrap_or_default(),
            distance: hinge
                .from
                .zip(hinge.to)
                .map(|(from, to)| scale::distance(measure, from, to)),
            opens: hinge.opens,
            turns_package: found.closed_by.iter().all(|closed| *closed == one.issue),
        })
    });
    each.collect()
}

fn gaps(found: &zone::Zone) -> Vec<plain::basis::Gap> {
    let mut gaps = Vec::new();
    for one in &found.issues {
        let on = |what: &str| format!("{what} on {}", one.issue);
        let silent = one.silent.iter().map(|party| {
            let text = "nothing is stated; the zone depends on it";
            gap(&on(party), "acceptable", text)
        });
        gaps.extend(silent);
        if !one.undecidable_because.is_empty() {
            gaps.push(gap(&on("the zone"), "scale", &one.undecidable_because));
        }
    }
    let vetoes = found.veto_not_stated.iter();
    gaps.extend(vetoes.map(|party| gap(party, "veto", "not told as a veto player")));
    gaps
}

/// Why there is no solution; what is wrong with the server stays an error.
fn refusal(error: &Error) -> Result<String, Error> {
    match error {
        Error::Invalid(violations) => {
            let each = violations
                .iter()
                .map(|one| format!("{}: {}", one.reason, one.description));
            Ok(each.collect::<Vec<_>>().join("; "))
        }
        Error::NotFound { .. }
        | Error::AlreadyExists { .. }
        | Error::Precondition { .. }
        | Error::Aborted { .. }
        | Error::OutOfRange { .. }
        | Error::Compacted { .. }
        | Error::PermissionDenied { .. }
        | Error::Exhausted { .. }
        | Error::Unavailable { .. }
        | Error::Interrupted { .. }
        | Error::Unimplemented { .. }
        | Error::Internal(_) => Err(error.clone()),
    }
}

fn solve(told: &mut plain::FindAgreementZoneResponse, solved: zone::Solution, parties: &[Party]) {
    let issues = &solved.issues;
    let point = |point: &zone::Point| {
        let values = issues
            .iter()
            .zip(&point.outcome)
            .map(|(issue, value)| plain::IssueValue {
                issue: issue.clone(),
                value: *value,
            });
        let utilities = parties.iter().zip(&point.utilities);
        let utilities = utilities.map(|(party, utility)| plain::PartyUtility {
            actor: party.name.clone(),
            utility: *utility,
        });
        (values.collect::<Vec<_>>(), utilities.collect::<Vec<_>>())
    };
    let drawn = |number: Option<usize>| {
        number.map_or(0, |number| i64::try_from(number).unwrap_or(i64::MAX))
    };
    let (values, utilities) = point(&solved.nash);
    let most = solved
        .grid
        .iter()
        .map(|grid| grid.points)
        .max()
        .unwrap_or_default();
    told.nash_point = Some(plain::NashPoint {
        values,
        utilities,
        product: solved.product,
        grid_points: i32::try_from(most).unwrap_or(i32::MAX),
        disagreement: 0.0,
        utility_formula: UTILITY.to_owned(),
        sampled: drawn(solved.sampled),
    });
    told.frontier = solved
        .frontier
        .as_ref()
        .map(|frontier| plain::ParetoFrontier {
            points: frontier
                .points
                .iter()
                .map(|one| {
                    let (values, utilities) = point(one);
                    plain::FrontierPoint { values, utilities }
                })
                .collect(),
            exact: frontier.sampled.is_none(),
            sampled: drawn(frontier.sampled),
        });
}
