//! `AssessmentService`: assessments and their elements.

use prost::Message;

use super::list::{asked, get, kind_of, list, listed};
use super::wired::{self, assessment_service_server::AssessmentService};
use super::{Answer, Door, Mutation, Outcome, hash, import, not_built, unary, unbuilt};
use crate::error::Error;
use crate::ledger::change::{Change, Effect};
use crate::ledger::{At, View};
use crate::model::caller::Caller;
use crate::model::name::Name;
use crate::model::v1::{self as plain, AssessmentState, AssessmentView};
use crate::wire::{Lazy, body, decode};

/// The stream of a watch, which is not built yet.
type Changes = tokio_stream::Empty<Result<wired::WatchAssessmentsResponse, tonic::Status>>;

/// A get and a list for every kind of element, a line each.
macro_rules! elements {
    ($($Kind:ident: $get:ident($GetRequest:ident),
        $list:ident($ListRequest:ident) -> $Response:ident { $items:ident };)+) => {
        unary! {$(
            $get(plain::$GetRequest) -> Lazy<plain::$Kind> = |door, caller, request| {
                get(door, caller, stringify!($Kind), (request.name, request.read))
            };
            $list(plain::$ListRequest) -> wired::$Response =
                async |door: Door, caller: Caller, request: plain::$ListRequest| {
                    let asked = asked!(request, parent, states, show_rejected);
                    let page = list(&door, caller, stringify!($Kind), asked).await?;
                    Ok(listed!(page, $Response { $items }))
                };
        )+}
    };
}

impl AssessmentService for Door {
    type WatchAssessmentsStream = Changes;

    elements! {
        Judgment: get_judgment(GetJudgmentRequest),
            list_judgments(ListJudgmentsRequest) -> ListJudgmentsResponse { judgments };
        Participant: get_participant(GetParticipantRequest),
            list_participants(ListParticipantsRequest) -> ListParticipantsResponse { participants };
        RedLine: get_red_line(GetRedLineRequest),
            list_red_lines(ListRedLinesRequest) -> ListRedLinesResponse { red_lines };
        Position: get_position(GetPositionRequest),
            list_positions(ListPositionsRequest) -> ListPositionsResponse { positions };
        Intention: get_intention(GetIntentionRequest),
            list_intentions(ListIntentionsRequest) -> ListIntentionsResponse { intentions };
        FocusArea: get_focus_area(GetFocusAreaRequest),
            list_focus_areas(ListFocusAreasRequest) -> ListFocusAreasResponse { focus_areas };
        Challenge: get_challenge(GetChallengeRequest),
            list_challenges(ListChallengesRequest) -> ListChallengesResponse { challenges };
        Risk: get_risk(GetRiskRequest),
            list_risks(ListRisksRequest) -> ListRisksResponse { risks };
        Tool: get_tool(GetToolRequest),
            list_tools(ListToolsRequest) -> ListToolsResponse { tools };
        Recommendation: get_recommendation(GetRecommendationRequest),
            list_recommendations(ListRecommendationsRequest)
            -> ListRecommendationsResponse { recommendations };
        Commitment: get_commitment(GetCommitmentRequest),
            list_commitments(ListCommitmentsRequest) -> ListCommitmentsResponse { commitments };
        Forecast: get_forecast(GetForecastRequest),
            list_forecasts(ListForecastsRequest) -> ListForecastsResponse { forecasts };
        ScenarioSet: get_scenario_set(GetScenarioSetRequest),
            list_scenario_sets(ListScenarioSetsRequest)
            -> ListScenarioSetsResponse { scenario_sets };
        Indicator: get_indicator(GetIndicatorRequest),
            list_indicators(ListIndicatorsRequest) -> ListIndicatorsResponse { indicators };
        Assumption: get_assumption(GetAssumptionRequest),
            list_assumptions(ListAssumptionsRequest) -> ListAssumptionsResponse { assumptions };
        Relation: get_relation(GetRelationRequest),
            list_relations(ListRelationsRequest) -> ListRelationsResponse { relations };
    }

    unary! {
        get_assessment(plain::GetAssessmentRequest) -> Lazy<plain::Assessment> = get_assessment;
        list_assessments(plain::ListAssessmentsRequest) -> wired::ListAssessmentsResponse =
            list_assessments;
        publish_assessment(plain::PublishAssessmentRequest) -> Lazy<plain::Assessment> = publish;
    }

    unbuilt! {
        batch_get_assessments(plain::BatchGetAssessmentsRequest)
            -> wired::BatchGetAssessmentsResponse;
        create_assessment(wired::CreateAssessmentRequest) -> Lazy<plain::Assessment>;
        update_assessment(wired::UpdateAssessmentRequest) -> Lazy<plain::Assessment>;
        delete_assessment(plain::DeleteAssessmentRequest) -> Lazy<plain::Assessment>;
        undelete_assessment(plain::UndeleteAssessmentRequest) -> Lazy<plain::Assessment>;
        edit_assessment(wired::EditAssessmentRequest) -> wired::EditAssessmentResponse;
        withdraw_assessment(plain::WithdrawAssessmentRequest) -> Lazy<plain::Assessment>;
        revise_assessment(plain::ReviseAssessmentRequest) -> Lazy<plain::Assessment>;
        list_assessment_revisions(plain::ListAssessmentRevisionsRequest)
            -> plain::ListAssessmentRevisionsResponse;
        rollback_assessment(plain::RollbackAssessmentRequest) -> Lazy<plain::Assessment>;
        diff_assessments(plain::DiffAssessmentsRequest) -> plain::DiffAssessmentsResponse;
        count_elements(plain::CountElementsRequest) -> plain::CountElementsResponse;
        search_elements(plain::SearchElementsRequest) -> wired::SearchElementsResponse;
        watch_assessments(plain::WatchAssessmentsRequest) -> Changes;
    }
}

async fn get_assessment(
    door: Door,
    caller: Caller,
    request: plain::GetAssessmentRequest,
) -> Answer<Lazy<plain::Assessment>> {
    if request.view() != AssessmentView::Full {
        return get(door, caller, "Assessment", (request.name, request.read)).await;
    }
    let name = Name::parse_as(kind_of("Assessment")?, &request.name, "name")?;
    let view = door.view(caller, request.read.as_ref()).await?;
    let revision = view.revision();
    let full = door.long(move || view.full(&name)).await?;
    Ok((Lazy::from(full), revision))
}

async fn list_assessments(
    door: Door,
    caller: Caller,
    request: plain::ListAssessmentsRequest,
) -> Answer<wired::ListAssessmentsResponse> {
    if request.view() == AssessmentView::Full {
        let text = "a list answers headers; get each assessment for its elements";
        return Err(Error::invalid("view", "VIEW_UNSUPPORTED", text));
    }
    let asked = asked!(request, states);
    let page = list(&door, caller, "Assessment", asked).await?;
    Ok(listed!(page, ListAssessmentsResponse { assessments }))
}

async fn publish(
    door: Door,
    caller: Caller,
    request: plain::PublishAssessmentRequest,
) -> Answer<Lazy<plain::Assessment>> {
    let name = Name::parse_as(kind_of("Assessment")?, &request.name, "name")?;
    if !request.supersedes.is_empty() {
        return not_built("PublishAssessment with supersedes");
    }
    let now_us = (door.clock)();
    let mutation = Mutation {
        request_id: request.request_id.clone(),
        hash: hash(&request),
        reason: request.reason.clone(),
    };
    let outcome = door
        .commit(&caller, &mutation, |view| {
            published(view, &name, &request, now_us)
        })
        .await?;
    let at = match outcome {
        Outcome::Nothing(()) => At::Latest,
        Outcome::Committed(_, committed) => At::Exact(committed.revision),
    };
    let view = door.ledger.read(caller, at, now_us).await?;
    Ok((Lazy::from(view.get(&name)?), view.revision()))
}

/// The change that publishes an assessment; none when nothing is to be written.
fn published(
    view: &View,
    name: &Name,
    request: &plain::PublishAssessmentRequest,
    now_us: i64,
) -> Result<((), Option<Change>), Error> {
    let bytes = view.get(name)?;
    let revision = view.revision_of(name)?.unwrap_or(0);
    let mut header: plain::Assessment = decode(&body::without(&bytes, &body::POSITION_FIELDS)?)?;
    if !request.etag.is_empty() && request.etag != format!("\"{revision}\"") {
        return Err(Error::Aborted {
            name: name.to_string(),
            current: revision,
        });
    }
    if header.state() != AssessmentState::Draft {
        return Err(Error::Precondition {
            reason: "STATE_FORBIDS",
            name: name.to_string(),
            description: format!("only a draft can be published, it is {}", state(&header)),
        });
    }
    let mut change = Change {
        reads: vec![(name.to_string(), revision)],
        ..Default::default()
    };
    import::publish(&mut header, &mut change, view, now_us)?;
    if request.validate_only {
        return Ok(((), None));
    }
    let body = header.encode_to_vec();
    change.effects.push(Effect {
        name: name.to_string(),
        body,
        tombstone: false,
    });
    Ok(((), Some(change)))
}

/// The state as people write it: `DRAFT`.
fn state(header: &plain::Assessment) -> &'static str {
    header
        .state()
        .as_str_name()
        .trim_start_matches("ASSESSMENT_STATE_")
}
