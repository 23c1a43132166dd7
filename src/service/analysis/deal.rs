//! A deal on the table: would it cross a line.

use super::super::{Answer, Door};
use super::gather::answer;
use crate::analysis::proposal;
use crate::error::Problems;
use crate::model::caller::Caller;
use crate::model::limits::exceeded;
use crate::model::v1 as plain;

pub(super) async fn check_proposal(
    door: Door,
    caller: Caller,
    request: plain::CheckProposalRequest,
) -> Answer<plain::CheckProposalResponse> {
    let read = request.read;
    answer(door, caller, read, move |gathering| {
        let scope = gathering.scope(request.scope)?;
        let issues = gathering.issues()?;
        let lines: Vec<plain::RedLine> = gathering.elements(&scope)?;
        let spoken: Vec<String> = lines.iter().map(|line| line.issue.clone()).collect();
        let limits = gathering.limits();
        let mut problems = Problems::default();
        for (at, term) in request.terms.iter().enumerate() {
            if !term.giver.is_empty() {
                problems.note(gathering.known(&format!("terms[{at}].giver"), &term.giver))?;
            }
        }
        let found = problems.note(proposal::check(&request.terms, &issues, lines, &limits))?;
        problems.finish()?;
        let mut found = found.unwrap_or_default();
        let terms = request.terms.iter().map(|term| &term.issue);
        let read = terms.chain(&spoken).chain(&found.issues);
        gathering.used(read.map(String::as_str))?;
        if !request.verdicts.is_empty() {
            found
                .lines
                .retain(|line| request.verdicts.contains(&line.verdict));
        }
        let told = plain::CheckProposalResponse {
            basis: Some(gathering.basis((proposal::METHOD, proposal::SOURCE), found.gaps)?),
            lines: found.lines,
            counts: found.counts,
            changes: found.changes,
            disagreements: found.disagreements,
        };
        fits(&told, limits.message_bytes_max)?;
        Ok(told)
    })
    .await
}

/// An answer over what a message may hold is refused with what to do about it, not cut short.
fn fits(told: &impl prost::Message, allowed: usize) -> Result<(), crate::error::Error> {
    let given = told.encoded_len();
    if given > allowed {
        return Err(exceeded("scope", "ANSWER_TOO_LARGE", given, allowed));
    }
    Ok(())
}
