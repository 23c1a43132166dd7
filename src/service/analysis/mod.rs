//! `AnalysisService`: questions over the record, answered by the pure functions of `analysis`.

use super::wired::analysis_service_server::AnalysisService;
use super::{Door, unbuilt};
use crate::model::v1 as plain;

impl AnalysisService for Door {
    unbuilt! {
        check_proposal(plain::CheckProposalRequest) -> plain::CheckProposalResponse;
        find_agreement_zone(plain::FindAgreementZoneRequest) -> plain::FindAgreementZoneResponse;
        simulate_bargaining(plain::SimulateBargainingRequest) -> plain::SimulateBargainingResponse;
        rank_tools(plain::RankToolsRequest) -> plain::RankToolsResponse;
        risk_matrix(plain::RiskMatrixRequest) -> plain::RiskMatrixResponse;
        interpret_likelihood(plain::InterpretLikelihoodRequest)
            -> plain::InterpretLikelihoodResponse;
        lint_assessment(plain::LintAssessmentRequest) -> plain::LintAssessmentResponse;
        get_commitment_ladder(plain::GetCommitmentLadderRequest)
            -> plain::GetCommitmentLadderResponse;
        trace(plain::TraceRequest) -> plain::TraceResponse;
        find_contradictions(plain::FindContradictionsRequest) -> plain::FindContradictionsResponse;
        consolidate_red_lines(plain::ConsolidateRedLinesRequest)
            -> plain::ConsolidateRedLinesResponse;
        get_position_matrix(plain::GetPositionMatrixRequest) -> plain::GetPositionMatrixResponse;
    }
}
