//! The one writer: takes changes, decides, makes them durable in groups, applies, answers.
//!
//! It is a thread of its own. While one group is being synced the next one gathers, so that many
//! writers share one sync. A change is decided against the store plus the group being formed, by
//! the one rule: everything it was decided on still holds. Once the journal or the store has
//! failed nothing is acknowledged until the process is started again; reads go on.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot, watch};
use tracing::{error, warn};

use super::change::{Change, Committed};
use super::disk;
use super::erased::asks;
use super::journal::{self, Appended, Body, Journal, Locator, Position, Record, Stamped};
use super::store::{Request, Store};
use crate::error::Error;
use crate::model::limits::Limits;
use crate::model::{Revision, mutant};
use crate::wire::record;

/// A change and where its answer goes.
pub(super) struct Proposal {
    pub(super) change: Change,
    pub(super) answer: oneshot::Sender<Result<Committed, Error>>,
}

/// Keeps a time that was read from being written to afterwards.
///
/// A commit claims its revision, then looks at the times served, then takes a later stamp. A read
/// as of a time says so first, then waits for the revisions claimed by then.
#[derive(Default)]
pub(super) struct Clock {
    /// The latest time anybody has read as of, in microseconds since 1970.
    pub(super) served_us: AtomicI64,
    /// The newest revision that has or is being given a stamp.
    pub(super) claimed: AtomicI64,
}

/// The committer's state.
pub(super) struct Committer {
    pub(super) journal: Box<dyn Journal>,
    pub(super) store: Arc<Store>,
    pub(super) limits: Limits,
    /// The newest visible revision; readers and watches wait on it.
    pub(super) head: watch::Sender<Revision>,
    /// What reads as of a time and commits tell each other.
    pub(super) clock: Arc<Clock>,
    /// Where the newest visible record stands, for `Status`.
    pub(super) newest: Arc<Mutex<Position>>,
    pub(super) checkpointed: Revision,
    /// Whose disk must keep some space free.
    pub(super) folder: Option<PathBuf>,
    /// Why nothing is acknowledged any more.
    pub(super) failed: watch::Sender<Option<String>>,
}

/// An answer that is given when a group is durable, and to whom.
type Following = (
    oneshot::Sender<Result<Committed, Error>>,
    Result<Committed, Error>,
);

/// A group being formed.
#[derive(Default)]
struct Group {
    stamped: Vec<Stamped>,
    envelopes: Vec<record::Envelope>,
    answers: Vec<oneshot::Sender<Result<Committed, Error>>>,
    /// Names written in this group, with the revisions they will have.
    written: HashMap<String, Revision>,
    requests: HashMap<(String, String), Request>,
    /// Answers that follow from this very group, such as that somebody in it was faster: nobody
    /// may hear of what it holds before it is durable.
    following: Vec<Following>,
    bytes: usize,
}

impl Committer {
    /// Works until every sender is gone; then writes a checkpoint and seals the journal.
    pub(super) fn run(mut self, mut proposals: mpsc::Receiver<Proposal>) {
        while let Some(first) = proposals.blocking_recv() {
            let mut group = Group::default();
            self.admit(&mut group, first);
            while group.stamped.len() < self.limits.group_changes_max
                && group.bytes < self.limits.group_bytes_max / 2
            {
                let Ok(next) = proposals.try_recv() else {
                    break;
                };
                self.admit(&mut group, next);
            }
            self.write(group);
        }
        self.stop();
    }

    /// Decides a change, and puts it into the group if it holds.
    fn admit(&mut self, group: &mut Group, proposal: Proposal) {
        let Proposal { change, answer } = proposal;
        let failure = self.failed.borrow().clone();
        if let Some(why) = failure {
            return reply(answer, Err(stopped(&why)));
        }
        match self.decide(group, &change) {
            Ok(None) => match self.stamp(group, change) {
                Ok(()) => group.answers.push(answer),
                Err(error) => reply(answer, Err(error)),
            },
            Ok(Some(repeat)) if repeat.revision > self.journal.head().revision => {
                group.following.push((answer, Ok(repeat)));
            }
            Ok(Some(repeat)) => reply(answer, Ok(repeat)),
            Err(error) if group.stamped.is_empty() => reply(answer, Err(error)),
            Err(error) => group.following.push((answer, Err(error))),
        }
    }

    /// `Ok(None)` to write it, `Ok(Some)` when the same request has been written before.
    fn decide(&self, group: &Group, change: &Change) -> Result<Option<Committed>, Error> {
        if !change.request_id.is_empty() {
            let key = (change.author.clone(), change.request_id.clone());
            let before = match group.requests.get(&key) {
                Some(request) => Some(request.clone()),
                None => self.store.request(&change.author, &change.request_id)?,
            };
            if let Some(before) = before.filter(|before| remembers(&self.limits, before, change)) {
                return repeat(change, &before).map(Some);
            }
        }
        for (name, expected) in &change.reads {
            let current = match group.written.get(name) {
                Some(revision) => *revision,
                None => self.store.revision_of(name),
            };
            if current != *expected {
                return Err(Error::Aborted {
                    name: name.clone(),
                    current,
                });
            }
        }
        Ok(None)
    }

    fn stamp(&self, group: &mut Group, change: Change) -> Result<(), Error> {
        let last_us = group
            .stamped
            .last()
            .map_or(self.journal.head().time_us, |last| last.time_us);
        let revision = self.journal.head().revision + group.stamped.len() as Revision + 1;
        self.clock.claimed.store(revision, Ordering::SeqCst);
        let served_us = self.clock.served_us.load(Ordering::SeqCst);
        let time_us = change.proposed_us.max(last_us + 1).max(served_us + 1);
        for effect in &change.effects {
            group.written.insert(effect.name.clone(), revision);
            if let Some(assessment) = crate::model::name::assessment_of(&effect.name) {
                group.written.insert(format!("{assessment}/"), revision);
            }
        }
        if !change.request_id.is_empty() {
            let hash = change.request_hash.clone();
            let request = Request {
                revision,
                time_us,
                hash,
            };
            group
                .requests
                .insert((change.author.clone(), change.request_id.clone()), request);
        }
        let (envelope, bodies) = seal(change)?;
        group.bytes += bodies.iter().map(|body| body.bytes.len()).sum::<usize>();
        let encoded = record::encode(envelope.clone());
        group.bytes += encoded.len();
        group.envelopes.push(envelope);
        group.stamped.push(Stamped {
            time_us,
            record: Record {
                envelope: encoded,
                bodies,
            },
        });
        Ok(())
    }

    /// Makes the group durable, applies it, and answers, in this order.
    fn write(&mut self, group: Group) {
        let Group {
            stamped,
            envelopes,
            mut answers,
            following,
            bytes,
            ..
        } = group;
        if stamped.is_empty() {
            return;
        }
        let bodies = bodies_of(&stamped);
        if let Err(refused) = self.space(bytes) {
            return self.turn_away(&refused, answers, following);
        }
        let early = mutant::active("apply_before_append").then(|| stamped.clone());
        let appended = match self.journal.append(stamped) {
            Ok(appended) => appended,
            Err(failure) => {
                self.apply_unwritten(early, &envelopes);
                return self.refuse(&failure, answers, following);
            }
        };
        let head = self.journal.head();
        if let Err(failure) = self.publish(&appended, &envelopes, bodies) {
            error!(%failure, "the store failed; nothing is acknowledged until a restart");
            self.failed
                .send_replace(Some("the store failed".to_owned()));
            return;
        }
        // Only what stands in a closed segment can be erased.
        if envelopes.iter().any(asks)
            && let Err(failure) = self.journal.roll()
        {
            warn!(%failure, "a segment could not be closed; the next start erases what it holds");
        }
        if mutant::active("order_swapped") {
            answers.reverse();
        }
        for (answer, appended) in answers.into_iter().zip(&appended) {
            let Position {
                revision, time_us, ..
            } = appended.position;
            reply(
                answer,
                Ok(Committed {
                    revision,
                    time_us,
                    repeated: false,
                }),
            );
        }
        for (answer, told) in following {
            reply(answer, told);
        }
        if head.revision - self.checkpointed >= self.limits.checkpoint_revisions {
            self.checkpoint(head);
        }
    }

    /// Applies what is durable, and lets readers see it.
    fn publish(
        &self,
        appended: &[Appended],
        envelopes: &[record::Envelope],
        bodies: Vec<Vec<Bytes>>,
    ) -> Result<(), Error> {
        let step = |point| disk::at(point).map_err(|error| Error::Internal(error.to_string()));
        step("commit.apply")?;
        for ((appended, envelope), bodies) in appended.iter().zip(envelopes).zip(bodies) {
            apply(&self.store, appended, envelope, bodies)?;
        }
        step("commit.publish")?;
        let head = self.journal.head();
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner) = head;
        self.head.send_replace(head.revision);
        step("commit.answer")
    }

    /// What a committer would leave behind that applied before it appended.
    fn apply_unwritten(&self, early: Option<Vec<Stamped>>, envelopes: &[record::Envelope]) {
        let mut position = self.journal.head();
        for (stamped, envelope) in early.iter().flatten().zip(envelopes) {
            position = position.next(stamped.time_us, &stamped.record.envelope);
            let nowhere = Locator {
                segment: 1,
                offset: 0,
                len: 0,
                crc: 0,
            };
            let bodies = stamped.record.bodies.iter();
            let located: Vec<_> = bodies.map(|body| (nowhere, body.bytes.clone())).collect();
            let applied = self.store.apply(&position, envelope, &located);
            debug_assert!(applied.is_ok(), "{applied:?}");
        }
    }

    /// Refuses a group that would take the space that the store and the journal need to stay
    /// sound. A file system that does not tell how much it has is not held to it.
    fn space(&self, bytes: usize) -> Result<(), Error> {
        let free = self.folder.as_deref().map(disk::free_bytes);
        let Some(Ok(free)) = free else {
            return Ok(());
        };
        match short_of_space(&self.limits, free, bytes as u64) {
            Some(description) => Err(Error::Exhausted {
                reason: "DISK_NEARLY_FULL",
                description,
            }),
            None => Ok(()),
        }
    }

    /// Answers everybody in a group with the same error and goes on.
    fn turn_away(
        &self,
        refused: &Error,
        answers: Vec<oneshot::Sender<Result<Committed, Error>>>,
        following: Vec<Following>,
    ) {
        warn!(%refused, "a group was refused");
        self.unclaim();
        let following = following.into_iter().map(|(answer, _)| answer);
        answers
            .into_iter()
            .chain(following)
            .for_each(|answer| reply(answer, Err(refused.clone())));
    }

    /// Of the revisions that were claimed nothing came.
    fn unclaim(&self) {
        let head = self.journal.head().revision;
        self.clock.claimed.store(head, Ordering::SeqCst);
        self.head.send_replace(head);
    }

    fn refuse(
        &self,
        failure: &journal::Error,
        answers: Vec<oneshot::Sender<Result<Committed, Error>>>,
        following: Vec<Following>,
    ) {
        let passing = matches!(
            failure,
            journal::Error::Full { .. }
                | journal::Error::TooLarge { .. }
                | journal::Error::TimeBack { .. }
        );
        if !passing {
            error!(%failure, "the journal failed; nothing is acknowledged until a restart");
            self.failed
                .send_replace(Some("the journal failed".to_owned()));
        }
        self.turn_away(&refusal(failure), answers, following);
    }

    fn checkpoint(&mut self, head: Position) {
        match self.store.checkpoint(&head) {
            Ok(()) => self.checkpointed = head.revision,
            Err(failure) => warn!(%failure, "no checkpoint could be written"),
        }
    }

    fn stop(mut self) {
        if self.failed.borrow().is_some() {
            return;
        }
        let head = self.journal.head();
        if head.revision > self.checkpointed {
            self.checkpoint(head);
        }
        if let Err(failure) = self.journal.seal() {
            warn!(%failure, "the journal could not be sealed");
        }
    }
}

/// What to say when so many bytes more would leave too little of what is free.
pub(super) fn short_of_space(limits: &Limits, free: u64, bytes: u64) -> Option<String> {
    let needed = limits.disk_free_bytes_min.saturating_add(bytes);
    (free < needed).then(|| {
        format!(
            "writes need {needed} bytes free on the disk of the data directory and {free} are; \
             make room there and send the request again, nothing need be restarted"
        )
    })
}

fn bodies_of(stamped: &[Stamped]) -> Vec<Vec<Bytes>> {
    let records = stamped.iter().map(|stamped| &stamped.record);
    let bodies = |record: &Record| {
        record
            .bodies
            .iter()
            .map(|body| body.bytes.clone())
            .collect()
    };
    records.map(bodies).collect()
}

/// Applies one appended record to the store.
pub(super) fn apply(
    store: &Store,
    appended: &Appended,
    envelope: &record::Envelope,
    bodies: Vec<Bytes>,
) -> Result<(), Error> {
    let located: Vec<_> = appended.bodies.iter().copied().zip(bodies).collect();
    store.apply(&appended.position, envelope, &located)
}

/// Turns a change into its envelope and its salted bodies.
fn seal(change: Change) -> Result<(record::Envelope, Vec<Body>), Error> {
    let mut effects = Vec::with_capacity(change.effects.len());
    let mut bodies = Vec::with_capacity(change.effects.len());
    for effect in change.effects {
        let salt: [u8; 16] = random()?;
        let digest = record::digest(&salt, &effect.body);
        effects.push(record::Effect {
            name: effect.name,
            digest,
            tombstone: effect.tombstone,
        });
        bodies.push(Body {
            salt,
            bytes: effect.body.into(),
        });
    }
    let reads = change.reads.into_iter();
    let reads = reads
        .map(|(name, revision)| record::Expectation { name, revision })
        .collect();
    let change_id = random::<16>()?;
    let envelope = record::Envelope {
        change_id: Bytes::copy_from_slice(&change_id),
        proposed_time_us: change.proposed_us,
        author: change.author,
        request_id: change.request_id,
        request_hash: change.request_hash.into(),
        reason: change.reason,
        reads,
        effects,
        purge: change.purge,
        compaction: change.compaction,
        ..Default::default()
    };
    Ok((envelope, bodies))
}

/// Random bytes from the system.
pub(super) fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|error| Error::Internal(format!("random bytes: {error}")))?;
    Ok(bytes)
}

/// Whether a request is recent enough to be recognised.
pub(super) fn remembers(limits: &Limits, before: &Request, change: &Change) -> bool {
    let kept_us = limits.request_id_hours.saturating_mul(3_600_000_000);
    change.proposed_us.saturating_sub(before.time_us) < kept_us
}

/// The answer to a request that was committed before; an error when it was another request.
pub(super) fn repeat(change: &Change, before: &Request) -> Result<Committed, Error> {
    if before.hash != change.request_hash {
        let id = &change.request_id;
        let text = format!("\"{id}\" was used before, for another request");
        return Err(Error::invalid("request_id", "REQUEST_ID_REUSED", text));
    }
    Ok(Committed {
        revision: before.revision,
        time_us: before.time_us,
        repeated: true,
    })
}

fn refusal(failure: &journal::Error) -> Error {
    match failure {
        journal::Error::Full { source, .. } if journal::out_of_files(source) => Error::Exhausted {
            reason: "FILES_EXHAUSTED",
            description: "the server has as many files open as it may; raise its limit of open \
                          files, or close connections, and send the request again"
                .to_owned(),
        },
        journal::Error::Full { .. } => Error::Exhausted {
            reason: "DISK_FULL",
            description: "no space is left for the journal; free some and try again".to_owned(),
        },
        journal::Error::TooLarge { given, allowed } => Error::Exhausted {
            reason: "CHANGE_TOO_LARGE",
            description: format!("{given} bytes given, {allowed} allowed"),
        },
        journal::Error::Io { .. }
        | journal::Error::Damaged { .. }
        | journal::Error::Locked { .. }
        | journal::Error::TooNew { .. }
        | journal::Error::Failed
        | journal::Error::TimeBack { .. } => stopped("the journal failed"),
    }
}

/// The answer to a write that nobody will make durable.
pub(super) fn stopped(why: &str) -> Error {
    let description = format!("{why}; writes are refused until the server is restarted");
    Error::Unavailable {
        reason: "NOT_WRITABLE",
        description,
    }
}

/// The caller may have gone; that is his right.
fn reply(answer: oneshot::Sender<Result<Committed, Error>>, result: Result<Committed, Error>) {
    let _gone = answer.send(result);
}
