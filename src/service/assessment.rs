//! `AssessmentService`: assessments and their elements.

use super::list::{asked, get, kind_of, list, listed};
use super::wired::{self, assessment_service_server::AssessmentService};
use super::{
    Answer, Door, count, diff, edit, entry, history, mutate, mutation, search, unary, watch,
};
use crate::error::{Error, Problems};
use crate::model::caller::Caller;
use crate::model::limits::exceeded;
use crate::model::name::Name;
use crate::model::v1::{self as plain, AssessmentView};
use crate::wire::Lazy;

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
                    Ok(listed!(page, $Response { $items } coverage))
                };
        )+}
    };
}

impl AssessmentService for Door {
    type WatchAssessmentsStream = watch::Messages;

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
        publish_assessment(plain::PublishAssessmentRequest) -> Lazy<plain::Assessment> =
            mutate::publish;
    }

    unary! {
        create_assessment(wired::CreateAssessmentRequest) -> Lazy<plain::Assessment> =
            mutate::create;
        update_assessment(wired::UpdateAssessmentRequest) -> Lazy<plain::Assessment> =
            mutate::update;
        edit_assessment(wired::EditAssessmentRequest) -> wired::EditAssessmentResponse =
            edit::edit;
        delete_assessment(plain::DeleteAssessmentRequest) -> Lazy<plain::Assessment> =
            mutate::delete;
        undelete_assessment(plain::UndeleteAssessmentRequest) -> Lazy<plain::Assessment> =
            |door, caller, request| {
                let mutation = mutation!(request, request.reason.clone());
                let what = (request.name, request.etag);
                entry::undelete((door, caller), "Assessment", what, mutation)
            };
        withdraw_assessment(plain::WithdrawAssessmentRequest) -> Lazy<plain::Assessment> =
            mutate::withdraw;
        revise_assessment(plain::ReviseAssessmentRequest) -> Lazy<plain::Assessment> =
            mutate::revise;
        rollback_assessment(plain::RollbackAssessmentRequest) -> Lazy<plain::Assessment> =
            mutate::rollback;
        batch_get_assessments(plain::BatchGetAssessmentsRequest)
            -> wired::BatchGetAssessmentsResponse = batch_get;
        list_assessment_revisions(plain::ListAssessmentRevisionsRequest)
            -> plain::ListAssessmentRevisionsResponse = history::list_revisions;
        count_elements(plain::CountElementsRequest) -> plain::CountElementsResponse =
            count::count_elements;
        diff_assessments(plain::DiffAssessmentsRequest) -> plain::DiffAssessmentsResponse =
            diff::diff;
        list_history(plain::ListHistoryRequest) -> plain::ListHistoryResponse = diff::history;
        watch_assessments(plain::WatchAssessmentsRequest) -> watch::Messages = watch::watch;
        search_elements(plain::SearchElementsRequest) -> Lazy<plain::SearchElementsResponse> =
            search::search;
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

async fn batch_get(
    door: Door,
    caller: Caller,
    request: plain::BatchGetAssessmentsRequest,
) -> Answer<wired::BatchGetAssessmentsResponse> {
    let (given, allowed) = (request.names.len(), door.ledger.limits().batch_names_max);
    if given > allowed {
        return Err(exceeded("names", "BATCH_TOO_LARGE", given, allowed));
    }
    let full = request.view() == AssessmentView::Full;
    let kind = kind_of("Assessment")?;
    let mut problems = Problems::default();
    let mut names = Vec::new();
    for (at, name) in request.names.iter().enumerate() {
        names.extend(problems.note(Name::parse_as(kind, name, &format!("names[{at}]")))?);
    }
    problems.finish()?;
    let view = door.view(caller, request.read.as_ref()).await?;
    let read_revision = view.revision();
    let read = move || {
        let each = names.iter().map(|name| {
            if full {
                view.full(name)
            } else {
                view.get(name)
            }
        });
        let (mut size, allowed) = (0, view.limits().page_bytes_max);
        each.map(|bytes| {
            let bytes = bytes?;
            size += bytes.len();
            if size > allowed {
                return Err(exceeded("names", "BATCH_TOO_LARGE", size, allowed));
            }
            Ok(Lazy::from(bytes))
        })
        .collect::<Result<Vec<_>, _>>()
    };
    let assessments = door.long(read).await?;
    Ok((
        wired::BatchGetAssessmentsResponse {
            assessments,
            read_revision,
        },
        read_revision,
    ))
}
