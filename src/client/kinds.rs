//! Every kind of resource by one table: how it is got, how it is listed.
//!
//! A line of the table is a kind: the shape of its requests, its message, its service, the two
//! calls and the field of the answer. From it follow the typed door (`client.get::<RedLine>`)
//! and the one by `Kind` that answers in canonical proto JSON, for those who do not care which
//! kind it is. To add a kind is to add a line; a test walks the model's table and misses it else.

use std::pin::Pin;

use prost::Message;
use serde_json::Value;
use tonic::Response;

use super::{Client, Error, Page, Query, Repeat};
use crate::model::kind::Kind;
use crate::model::{Revision, v1};
use crate::wire::json;

/// How much of an assessment or a document is returned.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum View {
    /// What the method does unless asked: the same as `Basic`.
    #[default]
    Unspecified,
    /// Without the elements of an assessment, without the text of a document.
    Basic,
    /// Everything.
    Full,
}

impl View {
    fn of_assessment(self) -> i32 {
        i32::from(match self {
            Self::Unspecified => v1::AssessmentView::Unspecified,
            Self::Basic => v1::AssessmentView::Basic,
            Self::Full => v1::AssessmentView::Full,
        })
    }

    fn of_document(self) -> i32 {
        i32::from(match self {
            Self::Unspecified => v1::DocumentView::Unspecified,
            Self::Basic => v1::DocumentView::Basic,
            Self::Full => v1::DocumentView::Full,
        })
    }
}

/// What one resource is asked for.
#[derive(Debug, Clone, Default)]
pub struct Get {
    /// The resource name.
    pub name: String,
    /// Which revision and which time in the world is read; absent is the latest revision.
    pub read: Option<v1::ReadOptions>,
    /// How much is returned; only assessments and documents have views.
    pub view: View,
}

impl From<&str> for Get {
    fn from(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..Self::default()
        }
    }
}

/// One resource, and the revision at which it was read.
#[derive(Debug, Clone)]
pub struct Answer<T> {
    /// The resource.
    pub value: T,
    /// The revision that was read; absent when the server does not say.
    pub read_revision: Option<Revision>,
}

/// A message of the contract that has a name of its own, and two calls.
pub trait Resource: Message + Default + Send + Sized + 'static {
    /// The message, e.g. `RedLine`.
    const MESSAGE: &'static str;

    /// Asks for one.
    fn get(client: &Client, get: &Get) -> impl Future<Output = Result<Answer<Self>, Error>> + Send;

    /// Asks for one page.
    fn list(
        client: &Client,
        query: &Query,
    ) -> impl Future<Output = Result<Page<Self>, Error>> + Send;
}

impl Client {
    /// One resource by name.
    pub async fn get<T: Resource>(&self, get: impl Into<Get>) -> Result<Answer<T>, Error> {
        T::get(self, &get.into()).await
    }

    /// One resource of whatever kind, as canonical proto JSON.
    pub async fn get_json(&self, kind: &Kind, get: &Get) -> Result<Answer<Value>, Error> {
        (calls(kind)?.get)(self, get).await
    }

    /// One page of resources of whatever kind, as canonical proto JSON.
    pub async fn list_json(&self, kind: &Kind, query: &Query) -> Result<Page<Value>, Error> {
        (calls(kind)?.list)(self, query).await
    }
}

type Soon<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// The two calls of a kind, answering in JSON.
struct Calls {
    message: &'static str,
    get: for<'a> fn(&'a Client, &'a Get) -> Soon<'a, Answer<Value>>,
    list: for<'a> fn(&'a Client, &'a Query) -> Soon<'a, Page<Value>>,
}

impl Calls {
    const fn of<T: Resource>() -> Self {
        Self {
            message: T::MESSAGE,
            get: get_json::<T>,
            list: list_json::<T>,
        }
    }
}

/// The messages that have calls, in the order of the contract.
pub fn served() -> impl Iterator<Item = &'static str> {
    CALLS.iter().map(|calls| calls.message)
}

fn calls(kind: &Kind) -> Result<&'static Calls, Error> {
    let found = CALLS.iter().find(|calls| calls.message == kind.message);
    found.ok_or_else(|| {
        let problem = format!("{} has no calls in this client", kind.message);
        Error::from(crate::error::Error::Internal(problem))
    })
}

fn get_json<'a, T: Resource>(client: &'a Client, get: &'a Get) -> Soon<'a, Answer<Value>> {
    Box::pin(async move {
        let answer = T::get(client, get).await?;
        Ok(Answer {
            value: json::encode(T::MESSAGE, &answer.value)?,
            read_revision: answer.read_revision,
        })
    })
}

fn list_json<'a, T: Resource>(client: &'a Client, query: &'a Query) -> Soon<'a, Page<Value>> {
    Box::pin(async move {
        let page = T::list(client, query).await?;
        let items = page.items.iter().map(|item| json::encode(T::MESSAGE, item));
        Ok(Page {
            items: items.collect::<Result<_, _>>()?,
            next_page_token: page.next_page_token,
            read_revision: page.read_revision,
            total_size: page.total_size,
            coverage: page.coverage,
        })
    })
}

pub(super) fn answer<T>(response: Response<T>) -> Answer<T> {
    let revision = response.metadata().get("chancery-revision");
    let revision = revision.and_then(|value| value.to_str().ok()?.parse().ok());
    Answer {
        value: response.into_inner(),
        read_revision: revision,
    }
}

fn parent(query: &Query) -> String {
    match query.parent.as_str() {
        "" => "assessments/-".to_owned(),
        parent => parent.to_owned(),
    }
}

fn states(query: &Query) -> Vec<i32> {
    query.states.iter().copied().map(i32::from).collect()
}

/// The request that gets one resource: `viewed` ones have views.
macro_rules! get_request {
    (assessment, $request:ident, $get:ident) => {
        v1::$request {
            name: $get.name.clone(),
            read: $get.read,
            view: $get.view.of_assessment(),
        }
    };
    (document, $request:ident, $get:ident) => {
        v1::$request {
            name: $get.name.clone(),
            read: $get.read,
            view: $get.view.of_document(),
        }
    };
    ($plain:ident, $request:ident, $get:ident) => {
        v1::$request {
            name: $get.name.clone(),
            read: $get.read,
        }
    };
}

/// The request that lists resources: the fields every kind has, and those of its shape.
macro_rules! list_request {
    (assessment, $request:ident, $query:ident) => {
        list_request!(@ $request, $query, {
            states: states($query),
            view: $query.view.of_assessment(),
        })
    };
    (document, $request:ident, $query:ident) => {
        list_request!(@ $request, $query, { view: $query.view.of_document(), })
    };
    (registry, $request:ident, $query:ident) => {
        list_request!(@ $request, $query, {})
    };
    (element, $request:ident, $query:ident) => {
        list_request!(@ $request, $query, {
            parent: parent($query),
            states: states($query),
            show_rejected: $query.show_rejected,
        })
    };
    (@ $request:ident, $query:ident, { $($field:ident: $value:expr,)* }) => {
        v1::$request {
            page_size: $query.page_size,
            page_token: $query.page_token.clone(),
            filter: $query.filter.clone(),
            order_by: $query.order_by.clone(),
            read: $query.read,
            show_deleted: $query.show_deleted,
            include_total_size: $query.include_total_size,
            $($field: $value,)*
        }
    };
}

/// What a page says of what there is none of: only elements are spoken of or not.
macro_rules! coverage {
    (element, $page:ident) => {
        $page.coverage()
    };
    ($other:ident, $page:ident) => {
        v1::Coverage::Unspecified
    };
}

macro_rules! resources {
    ($($shape:ident $message:ident: $service:ident
        $get:ident($get_request:ident) $list:ident($list_request:ident) $items:ident;)+) => {
        $(impl Resource for v1::$message {
            const MESSAGE: &'static str = stringify!($message);

            async fn get(client: &Client, get: &Get) -> Result<Answer<Self>, Error> {
                let request = get_request!($shape, $get_request, get);
                let response = client.call(Repeat::Always, request, |request| {
                    let mut service = client.$service();
                    async move { service.$get(request).await }
                });
                Ok(answer(response.await?))
            }

            async fn list(client: &Client, query: &Query) -> Result<Page<Self>, Error> {
                let request = list_request!($shape, $list_request, query);
                let response = client.call(Repeat::Always, request, |request| {
                    let mut service = client.$service();
                    async move { service.$list(request).await }
                });
                let page = response.await?.into_inner();
                let coverage = coverage!($shape, page);
                Ok(Page {
                    items: page.$items,
                    next_page_token: page.next_page_token,
                    read_revision: page.read_revision,
                    total_size: page.total_size,
                    coverage,
                })
            }
        })+

        /// A line per kind, from the table below.
        static CALLS: &[Calls] = &[$(Calls::of::<v1::$message>()),+];
    };
}

resources! {
    assessment Assessment: assessments
        get_assessment(GetAssessmentRequest)
        list_assessments(ListAssessmentsRequest) assessments;
    document Document: documents
        get_document(GetDocumentRequest)
        list_documents(ListDocumentsRequest) documents;
    registry Actor: registry
        get_actor(GetActorRequest)
        list_actors(ListActorsRequest) actors;
    registry Issue: registry
        get_issue(GetIssueRequest)
        list_issues(ListIssuesRequest) issues;
    registry Situation: registry
        get_situation(GetSituationRequest)
        list_situations(ListSituationsRequest) situations;
    registry Source: registry
        get_source(GetSourceRequest)
        list_sources(ListSourcesRequest) sources;
    registry Place: registry
        get_place(GetPlaceRequest)
        list_places(ListPlacesRequest) places;
    element Judgment: assessments
        get_judgment(GetJudgmentRequest)
        list_judgments(ListJudgmentsRequest) judgments;
    element Participant: assessments
        get_participant(GetParticipantRequest)
        list_participants(ListParticipantsRequest) participants;
    element RedLine: assessments
        get_red_line(GetRedLineRequest)
        list_red_lines(ListRedLinesRequest) red_lines;
    element Position: assessments
        get_position(GetPositionRequest)
        list_positions(ListPositionsRequest) positions;
    element Intention: assessments
        get_intention(GetIntentionRequest)
        list_intentions(ListIntentionsRequest) intentions;
    element FocusArea: assessments
        get_focus_area(GetFocusAreaRequest)
        list_focus_areas(ListFocusAreasRequest) focus_areas;
    element Challenge: assessments
        get_challenge(GetChallengeRequest)
        list_challenges(ListChallengesRequest) challenges;
    element Risk: assessments
        get_risk(GetRiskRequest)
        list_risks(ListRisksRequest) risks;
    element Tool: assessments
        get_tool(GetToolRequest)
        list_tools(ListToolsRequest) tools;
    element Recommendation: assessments
        get_recommendation(GetRecommendationRequest)
        list_recommendations(ListRecommendationsRequest) recommendations;
    element Commitment: assessments
        get_commitment(GetCommitmentRequest)
        list_commitments(ListCommitmentsRequest) commitments;
    element Forecast: assessments
        get_forecast(GetForecastRequest)
        list_forecasts(ListForecastsRequest) forecasts;
    element ScenarioSet: assessments
        get_scenario_set(GetScenarioSetRequest)
        list_scenario_sets(ListScenarioSetsRequest) scenario_sets;
    element Indicator: assessments
        get_indicator(GetIndicatorRequest)
        list_indicators(ListIndicatorsRequest) indicators;
    element Assumption: assessments
        get_assumption(GetAssumptionRequest)
        list_assumptions(ListAssumptionsRequest) assumptions;
    element Relation: assessments
        get_relation(GetRelationRequest)
        list_relations(ListRelationsRequest) relations;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::kind;

    #[test]
    fn every_kind_of_the_model_has_its_calls() {
        let modelled: Vec<&str> = kind::kinds()
            .iter()
            .map(|kind| kind.message.as_str())
            .collect();
        assert_eq!(modelled, served().collect::<Vec<_>>());
    }

    #[test]
    fn no_parent_means_all_assessments() {
        assert_eq!(parent(&Query::default()), "assessments/-");
        let query = Query {
            parent: "assessments/talks".to_owned(),
            ..Query::default()
        };
        assert_eq!(parent(&query), "assessments/talks");
    }
}
