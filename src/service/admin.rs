//! `AdminService`: what an operator asks the server about itself.

use super::wired::admin_service_server::AdminService;
use super::{Answer, Door, unary, unbuilt};
use crate::model::caller::{Caller, Role};
use crate::model::{kind, v1 as plain};
use crate::wire::body::timestamp;

/// The stream of a backup.
type Pieces = tokio_stream::Empty<Result<plain::BackupResponse, tonic::Status>>;

impl AdminService for Door {
    type BackupStream = Pieces;

    fn backup<'a, 'f>(
        &'a self,
        _request: tonic::Request<plain::BackupRequest>,
    ) -> super::Boxed<'f, Pieces>
    where
        'a: 'f,
        Self: 'f,
    {
        let error = crate::error::Error::Unimplemented { method: "backup" };
        Box::pin(std::future::ready(Err(super::status::status(&error))))
    }

    unbuilt! {
        compact(plain::CompactRequest) -> plain::CompactResponse;
        purge(plain::PurgeRequest) -> plain::PurgeResponse;
    }

    unary! {
        get_status(plain::GetStatusRequest) -> plain::GetStatusResponse = get_status;
    }
}

async fn get_status(
    door: Door,
    caller: Caller,
    _request: plain::GetStatusRequest,
) -> Answer<plain::GetStatusResponse> {
    // Counts include what is marked above a reader's clearance.
    let operator = caller.role() == Role::Operator;
    let status = door.ledger.status();
    let signed = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let counts = kind::kinds()
        .iter()
        .filter(|_| operator)
        .map(|kind| plain::KindCount {
            collection: kind.collection.clone(),
            count: signed(door.ledger.count(kind)),
        });
    let limits = door
        .ledger
        .limits()
        .each()
        .into_iter()
        .map(|(name, value, unit)| plain::Limit {
            name: name.to_owned(),
            value: signed(value),
            unit: unit.to_owned(),
        });
    let count = |message| match kind::of(message).filter(|_| operator) {
        Some(kind) => signed(door.ledger.count(kind)),
        None => 0,
    };
    let answer = plain::GetStatusResponse {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        store_uuid: status.store_uuid,
        current_revision: status.revision,
        current_time: Some(timestamp(status.time_us)),
        earliest_revision: 1,
        journal_bytes: signed(status.journal_bytes),
        journal_segments: i32::try_from(status.segments).unwrap_or(i32::MAX),
        chain_hash: status
            .chain
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect(),
        counts: counts.collect(),
        assessments: count("Assessment"),
        documents: count("Document"),
        ready: status.failed.is_none(),
        alarms: [status.failed, status.short_of_space]
            .into_iter()
            .flatten()
            .collect(),
        limits: limits.collect(),
    };
    Ok((answer, status.revision))
}
