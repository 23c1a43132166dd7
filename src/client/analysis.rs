//! Questions over the record: one method for each of the service. They change nothing, so every
//! one of them may be sent again.

use super::{Client, Error, Repeat};
use crate::model::v1;

macro_rules! questions {
    ($($(#[doc = $doc:literal])+ $method:ident($Request:ident) -> $Response:ident;)+) => {
        impl Client {$(
            $(#[doc = $doc])+
            pub async fn $method(&self, request: v1::$Request) -> Result<v1::$Response, Error> {
                let answer = self.call(Repeat::Always, request, |request| {
                    let mut service = self.analysis();
                    async move { service.$method(request).await }
                });
                Ok(answer.await?.into_inner())
            }
        )+}
    };
}

questions! {
    /// A verdict for each red line in scope, and the nearest change to each term.
    check_proposal(CheckProposalRequest) -> CheckProposalResponse;
    /// Where parties could agree, and which bound opens or closes it.
    find_agreement_zone(FindAgreementZoneRequest) -> FindAgreementZoneResponse;
    /// A simulated collective decision: a model's output, no estimate.
    simulate_bargaining(SimulateBargainingRequest) -> SimulateBargainingResponse;
    /// Which tools address which targets, and how they rank.
    rank_tools(RankToolsRequest) -> RankToolsResponse;
    /// Risks by likelihood and impact.
    risk_matrix(RiskMatrixRequest) -> RiskMatrixResponse;
    /// The numbers of a word of estimation, or the word of a number.
    interpret_likelihood(InterpretLikelihoodRequest) -> InterpretLikelihoodResponse;
    /// What is wrong with the craft of an assessment.
    lint_assessment(LintAssessmentRequest) -> LintAssessmentResponse;
    /// Commitments as a ladder, seen from a day.
    get_commitment_ladder(GetCommitmentLadderRequest) -> GetCommitmentLadderResponse;
    /// What a resource rests on and what rests on it.
    trace(TraceRequest) -> TraceResponse;
    /// Elements that cannot both be right.
    find_contradictions(FindContradictionsRequest) -> FindContradictionsResponse;
    /// One actor's red lines across assessments.
    consolidate_red_lines(ConsolidateRedLinesRequest) -> ConsolidateRedLinesResponse;
    /// Actors by issues, with the holes marked.
    get_position_matrix(GetPositionMatrixRequest) -> GetPositionMatrixResponse;
}
