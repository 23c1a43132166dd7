//! `AdminService`: what an operator asks the server about itself.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use super::wired::admin_service_server::AdminService;
use super::{Answer, Boxed, Door, status, unary};
use crate::error::Error;
use crate::ledger::change::{Change, Effect};
use crate::ledger::verify::Head;
use crate::model::caller::{Caller, Role};
use crate::model::limits::exceeded;
use crate::model::name::Name;
use crate::model::{kind, v1 as plain};
use crate::wire::body::{self, timestamp};

/// A backup as it is sent.
type Pieces = ReceiverStream<Result<plain::BackupResponse, Status>>;

/// Bytes of a backup in one message.
const PIECE_BYTES: usize = 1 << 20;
/// Messages that wait for a slow client.
const PIECES_WAITING: usize = 4;

impl AdminService for Door {
    type BackupStream = Pieces;

    fn backup<'a, 'f>(&'a self, request: tonic::Request<plain::BackupRequest>) -> Boxed<'f, Pieces>
    where
        'a: 'f,
        Self: 'f,
    {
        Box::pin(self.call(request, backup))
    }

    unary! {
        compact(plain::CompactRequest) -> plain::CompactResponse = compact;
        purge(plain::PurgeRequest) -> plain::PurgeResponse = purge;
        get_status(plain::GetStatusRequest) -> plain::GetStatusResponse = get_status;
        get_head(plain::GetHeadRequest) -> plain::Head = get_head;
        verify(plain::VerifyRequest) -> plain::VerifyResponse = verify;
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
        earliest_revision: status.earliest,
        journal_bytes: signed(status.journal_bytes),
        journal_segments: i32::try_from(status.segments).unwrap_or(i32::MAX),
        chain_hash: digits(&status.chain),
        counts: counts.collect(),
        assessments: count("Assessment"),
        documents: count("Document"),
        ready: status.failed.is_none(),
        alarms: status.alarms,
        limits: limits.collect(),
        activities: status.activities,
    };
    Ok((answer, status.revision))
}

/// Starts a backup; what is in its way later ends the stream with a status.
async fn backup(door: Door, caller: Caller, request: plain::BackupRequest) -> Answer<Pieces> {
    operator(&caller)?;
    let backup = door.ledger.backup(request.from_revision)?;
    let revision = backup.revision();
    let (sender, receiver) = mpsc::channel(PIECES_WAITING);
    let first = plain::BackupResponse {
        data: Vec::new(),
        revision,
        bytes_estimate: i64::try_from(backup.bytes_estimate()).unwrap_or(i64::MAX),
    };
    let _room = sender.try_send(Ok(first));
    let failed = sender.clone();
    let idle = Duration::from_secs(door.ledger.limits().upload_idle_seconds);
    tokio::spawn(async move {
        let written = door.long(move || {
            let mut waiting = Vec::with_capacity(PIECE_BYTES);
            backup.write(&mut |bytes| {
                for part in bytes.chunks(PIECE_BYTES) {
                    if waiting.len() + part.len() > PIECE_BYTES {
                        send(&sender, idle, std::mem::take(&mut waiting))?;
                    }
                    waiting.extend_from_slice(part);
                }
                Ok(())
            })?;
            send(&sender, idle, waiting)
        });
        if let Err(error) = written.await {
            let _gone = failed.send(Err(status::status(&error))).await;
        }
    });
    Ok((ReceiverStream::new(receiver), revision))
}

/// Waits for room, but not for ever: a client that does not read must not keep the work alive.
fn send(
    sender: &mpsc::Sender<Result<plain::BackupResponse, Status>>,
    idle: Duration,
    data: Vec<u8>,
) -> Result<(), Error> {
    let piece = plain::BackupResponse {
        data,
        ..Default::default()
    };
    let sending = tokio::time::timeout(idle, sender.send(Ok(piece)));
    match tokio::runtime::Handle::current().block_on(sending) {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(Error::Unavailable {
            reason: "CALLER_GONE",
            description: "nobody takes the backup any more".to_owned(),
        }),
    }
}

async fn get_head(
    door: Door,
    caller: Caller,
    _request: plain::GetHeadRequest,
) -> Answer<plain::Head> {
    operator(&caller)?;
    let status = door.ledger.status();
    let answer = plain::Head {
        store_uuid: status.store_uuid,
        revision: status.revision,
        chain_hash: digits(&status.chain),
        time: Some(timestamp(status.time_us)),
    };
    Ok((answer, status.revision))
}

async fn verify(
    door: Door,
    caller: Caller,
    request: plain::VerifyRequest,
) -> Answer<plain::VerifyResponse> {
    operator(&caller)?;
    let head = request
        .head
        .map(|head| Head::new(head.store_uuid, head.revision, &head.chain_hash))
        .transpose()?;
    let ledger = door.ledger.clone();
    let report = door.long(move || ledger.verify(head.as_ref())).await?;
    let findings = report.finding.iter().map(|finding| {
        // The folder is the operator's, who may run this from anywhere: the file's name says it.
        let file = finding.file.file_name().unwrap_or_default();
        format!(
            "\"{}\" at offset {}, after revision {}: {}",
            file.display(),
            finding.offset,
            finding.after,
            finding.why
        )
    });
    let answer = plain::VerifyResponse {
        revision: report.revision,
        chain_hash: digits(&report.chain),
        journal_bytes: i64::try_from(report.bytes).unwrap_or(i64::MAX),
        journal_segments: i32::try_from(report.segments).unwrap_or(i32::MAX),
        findings: findings.collect(),
    };
    Ok((answer, report.revision))
}

async fn compact(
    door: Door,
    caller: Caller,
    request: plain::CompactRequest,
) -> Answer<plain::CompactResponse> {
    operator(&caller)?;
    let change = Change {
        author: caller.subject().to_owned(),
        proposed_us: (door.clock)(),
        ..Default::default()
    };
    let keeper = door.ledger.keeper().await;
    let done = keeper.compact(request.revision, change).await?;
    let answer = plain::CompactResponse {
        earliest_revision: done.earliest,
        chain_hash: digits(&done.chain),
        digest: digits(&done.digest),
        bytes_erased: i64::try_from(done.bytes_erased).unwrap_or(i64::MAX),
    };
    Ok((answer, door.ledger.status().revision))
}

/// Erases a resource that nothing else links to.
async fn purge(
    door: Door,
    caller: Caller,
    request: plain::PurgeRequest,
) -> Answer<plain::PurgeResponse> {
    operator(&caller)?;
    let name = Name::parse(&request.name, "name")?;
    let limits = door.ledger.limits();
    match request.reason.len() {
        0 => return Err(Error::invalid("reason", "REQUIRED", "a purge says why")),
        given if given > limits.reason_bytes_max => {
            let allowed = limits.reason_bytes_max;
            return Err(exceeded("reason", "REASON_TOO_LONG", given, allowed));
        }
        _ => {}
    }
    let keeper = door.ledger.keeper().await;
    // Alone until it is recorded, so that nobody links to it or writes it meanwhile.
    let alone = Arc::clone(&door.turns).write_owned().await;
    let view = door.latest(&caller).await?;
    let names = door.ledger.names_under(name.as_str());
    if names.is_empty() {
        drop(alone);
        // It may have been purged, and not all of it erased.
        keeper.finish().await?;
        return Err(Error::not_found(name.as_str()));
    }
    let mut change = Change {
        author: caller.subject().to_owned(),
        reason: request.reason,
        proposed_us: (door.clock)(),
        ..Default::default()
    };
    let goes = |one: &String| names.iter().any(|(gone, _)| gone == one);
    for (gone, _) in &names {
        let gone = Name::parse(gone, "name")?;
        if let Some(holder) = view.all_referrers(&gone).into_iter().find(|one| !goes(one)) {
            return Err(Error::Precondition {
                reason: "LINKED",
                name: gone.as_str().to_owned(),
                description: format!("\"{holder}\" links to it; purge or change that first"),
            });
        }
        let Some(stored) = view.unseen(&gone)? else {
            continue;
        };
        change
            .reads
            .push((gone.as_str().to_owned(), stored.revision));
        change.effects.push(Effect {
            name: gone.as_str().to_owned(),
            body: body::only_marking(&stored.body)?,
            tombstone: true,
        });
    }
    let committed = keeper.purge(change, alone).await?;
    let versions: usize = names.iter().map(|(_, versions)| versions).sum();
    let number = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
    let answer = plain::PurgeResponse {
        revision: committed.revision,
        resources: number(names.len()),
        versions: number(versions),
    };
    Ok((answer, committed.revision))
}

/// Refuses everybody but an operator.
fn operator(caller: &Caller) -> Result<(), Error> {
    if caller.role() == Role::Operator {
        return Ok(());
    }
    let description = format!("\"{}\" is not an operator", caller.subject());
    Err(Error::PermissionDenied { description })
}

fn digits(hash: &[u8; 32]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}
