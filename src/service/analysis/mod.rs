//! `AnalysisService`: questions over the record, answered by the pure functions of `analysis`.
//!
//! `gather`   what is read under one view, and the basis of the answer: inputs and their marking
//! `deal`     proposals against lines      `record`  lint, ladder, trace, contradictions
//! `actors`   lines of one actor, the matrix of positions
//! `zone`     where parties agree          `bargain` a simulated decision
//! `weigh`    tools ranked, risks mapped, words of estimation
//!
//! A handler gathers under a view, asks a pure function, and sends what it finds with the basis.
//! An answer whose inputs together are marked beyond the caller's clearance is not given.

mod actors;
mod bargain;
mod deal;
mod gather;
mod record;
mod weigh;
mod zone;

use super::wired::analysis_service_server::AnalysisService;
use super::{Door, unary};
use crate::model::v1 as plain;

impl AnalysisService for Door {
    unary! {
        check_proposal(plain::CheckProposalRequest) -> plain::CheckProposalResponse =
            deal::check_proposal;
        lint_assessment(plain::LintAssessmentRequest) -> plain::LintAssessmentResponse =
            record::lint_assessment;
        get_commitment_ladder(plain::GetCommitmentLadderRequest)
            -> plain::GetCommitmentLadderResponse = record::get_commitment_ladder;
        trace(plain::TraceRequest) -> plain::TraceResponse = record::trace;
        find_contradictions(plain::FindContradictionsRequest)
            -> plain::FindContradictionsResponse = record::find_contradictions;
        consolidate_red_lines(plain::ConsolidateRedLinesRequest)
            -> plain::ConsolidateRedLinesResponse = actors::consolidate_red_lines;
        get_position_matrix(plain::GetPositionMatrixRequest)
            -> plain::GetPositionMatrixResponse = actors::get_position_matrix;
    }

    unary! {
        find_agreement_zone(plain::FindAgreementZoneRequest) -> plain::FindAgreementZoneResponse =
            zone::find_agreement_zone;
        simulate_bargaining(plain::SimulateBargainingRequest)
            -> plain::SimulateBargainingResponse = bargain::simulate_bargaining;
        rank_tools(plain::RankToolsRequest) -> plain::RankToolsResponse = weigh::rank_tools;
        risk_matrix(plain::RiskMatrixRequest) -> plain::RiskMatrixResponse = weigh::risk_matrix;
        interpret_likelihood(plain::InterpretLikelihoodRequest)
            -> plain::InterpretLikelihoodResponse = weigh::interpret_likelihood;
    }
}
