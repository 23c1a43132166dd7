//! `WatchAssessments`: a snapshot if it is asked for, then changes as they happen.
//!
//! A task for each watch takes commits from the ledger's cursor and hands messages over, a few
//! ahead of the reader at most; the rest waits in the journal. A commit is one or more messages,
//! the last of which says so: only what was told up to there counts as told. The stream ends, with
//! the revision to resume at, when the server stops or the reader takes too long for a message.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, Sleep, sleep_until, timeout};
use tokio_stream::Stream;
use tonic::Status;

use super::select::{Chosen, assessed, queries};
use super::{Answer, Door, status};
use crate::error::{Error, Interruption, Problems, Violation};
use crate::ledger::follow::{Commit, Watch};
use crate::ledger::{Images, Query, View, Wanted};
use crate::model::Revision;
use crate::model::caller::Caller;
use crate::model::limits::{Limits, exceeded};
use crate::model::name::Name;
use crate::model::v1::{self as plain, watch_assessments_response::Event};
use crate::wire::Lazy;
use crate::wire::{body, watch as written};

type Message = Lazy<plain::WatchAssessmentsResponse>;

/// The stream of a watch.
pub struct Messages {
    messages: mpsc::Receiver<Message>,
    end: oneshot::Receiver<Error>,
    ended: bool,
}

impl Stream for Messages {
    type Item = Result<Message, Status>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if this.ended {
            return Poll::Ready(None);
        }
        if let Some(message) = ready!(this.messages.poll_recv(cx)) {
            return Poll::Ready(Some(Ok(message)));
        }
        // Without a reason the ledger has closed, or nobody listens any more.
        let why = ready!(Pin::new(&mut this.end).poll(cx)).ok();
        this.ended = true;
        Poll::Ready(why.map(|error| Err(status::status(&error))))
    }
}

/// Opens a watch.
pub(super) async fn watch(
    door: Door,
    caller: Caller,
    request: plain::WatchAssessmentsRequest,
) -> Answer<Messages> {
    let limits = *door.ledger.limits();
    let asked = asked(&request, &limits)?;
    let full = |_| Error::Exhausted {
        reason: "WATCHES_EXHAUSTED",
        description: format!(
            "{} watches are open, no more are served",
            limits.watches_max
        ),
    };
    let permit = std::sync::Arc::clone(&door.watches)
        .try_acquire_owned()
        .map_err(full)?;
    let view = door.latest(&caller).await?;
    for name in &asked.names {
        if request.after_revision == 0 && !view.has(name)? {
            return Err(Error::not_found(name.as_str()));
        }
    }
    let wanted = Wanted {
        queries: asked.queries.clone(),
        assessments: crate::ledger::assessments(&asked.names),
        images: asked.images,
    };
    let snapshot = request.after_revision == 0;
    let after = if snapshot {
        view.revision()
    } else {
        request.after_revision
    };
    let watch = door.ledger.follow(caller, wanted, after)?;
    let revision = view.revision();
    let (sender, messages) = mpsc::channel(limits.watch_messages_max);
    let (ended, end) = oneshot::channel();
    let mut stopping = door.stopping.subscribe();
    let mut teller = Teller {
        watch,
        messages: sender,
        told: if snapshot { 0 } else { after },
        asked,
        door,
        sent: Instant::now(),
    };
    tokio::spawn(async move {
        let _held = permit;
        let end = tokio::select! {
            biased;
            _ = stopping.wait_for(|stopping| *stopping) => Err(Interruption::Stopping.into()),
            end = teller.tell(snapshot.then_some(view)) => end,
        };
        if let Err(end) = end {
            let _nobody = ended.send(end.at(teller.told));
        }
    });
    Ok((
        Messages {
            messages,
            end,
            ended: false,
        },
        revision,
    ))
}

/// A request, checked.
struct Asked {
    names: Vec<Name>,
    queries: Vec<Query>,
    images: Images,
    interval: Duration,
}

fn asked(request: &plain::WatchAssessmentsRequest, limits: &Limits) -> Result<Asked, Error> {
    let mut problems = Problems::default();
    let (given, allowed) = (request.names.len(), limits.watch_names_max);
    if given > allowed {
        problems.note::<()>(Err(exceeded("names", "TOO_MANY_NAMES", given, allowed)))?;
    }
    let mut names = Vec::new();
    for (at, name) in request.names.iter().take(allowed).enumerate() {
        let kind = super::list::kind_of("Assessment")?;
        names.extend(problems.note(Name::parse_as(kind, name, &format!("names[{at}]")))?);
    }
    let among = assessed();
    let chosen = Chosen {
        collections: &request.collections,
        among: &among,
        filter: &request.filter,
        states: &request.states,
        rejected: request.show_rejected,
    };
    let queries = problems.note(queries(&chosen, limits))?.unwrap_or_default();
    let interval = problems.note(interval(request.progress_interval.as_ref(), limits))?;
    if request.after_revision < 0 {
        let text = format!("{} given", request.after_revision);
        problems.add(Violation::new("after_revision", "REVISION_NEGATIVE", text));
    }
    problems.finish()?;
    let images = match request.images() {
        plain::WatchImages::None => Images::None,
        plain::WatchImages::Unspecified | plain::WatchImages::After => Images::After,
        plain::WatchImages::BeforeAndAfter => Images::BeforeAndAfter,
    };
    Ok(Asked {
        names,
        queries,
        images,
        interval: interval.unwrap_or_default(),
    })
}

fn interval(given: Option<&prost_types::Duration>, limits: &Limits) -> Result<Duration, Error> {
    let Some(given) = given else {
        return Ok(Duration::from_secs(limits.watch_progress_seconds_default));
    };
    let (least, most) = (
        Duration::from_secs(limits.watch_progress_seconds_min),
        Duration::from_secs(limits.watch_progress_seconds_max),
    );
    let interval = Duration::try_from(*given).ok();
    interval
        .filter(|interval| (least..=most).contains(interval))
        .ok_or_else(|| {
            let (least, most) = (least.as_secs(), most.as_secs());
            let text = format!(
                "{}.{:09} s given, {least} s to {most} s allowed",
                given.seconds, given.nanos
            );
            Error::invalid("progress_interval", "INTERVAL_OUT_OF_BOUNDS", text)
        })
}

/// Why no more is told.
enum End {
    Interrupted(Interruption),
    Failed(Error),
}

impl End {
    fn at(self, resume_revision: Revision) -> Error {
        match self {
            Self::Interrupted(why) => Error::Interrupted {
                why,
                resume_revision,
            },
            Self::Failed(error) => error,
        }
    }
}

impl From<Interruption> for End {
    fn from(why: Interruption) -> Self {
        Self::Interrupted(why)
    }
}

impl From<Error> for End {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// The task of one watch.
struct Teller {
    watch: Watch,
    messages: mpsc::Sender<Message>,
    /// The last revision that was told completely.
    told: Revision,
    asked: Asked,
    door: Door,
    /// When the last message was handed over.
    sent: Instant,
}

impl Teller {
    /// Tells until nobody listens, which is no error.
    async fn tell(&mut self, snapshot: Option<View>) -> Result<(), End> {
        // The end of a snapshot says as much as progress does.
        let mut greeted = snapshot.is_some();
        if let Some(view) = snapshot {
            self.tell_snapshot(&view).await?;
        }
        let mut tick = std::pin::pin!(sleep_until(self.sent + self.asked.interval));
        loop {
            if let Some(commit) = self.watch.step()? {
                self.tell_commit(commit).await?;
                continue;
            }
            self.told = self.watch.position();
            if !self.watch.caught_up() {
                tokio::task::yield_now().await;
                self.tick(tick.as_mut()).await?;
                continue;
            }
            if !greeted {
                greeted = true;
                self.progress().await?;
            }
            let listener = self.messages.clone();
            tokio::select! {
                more = self.watch.more() => if !more { return Ok(()) },
                () = tick.as_mut() => self.tick(tick.as_mut()).await?,
                () = listener.closed() => return Ok(()),
            }
        }
    }

    /// Everything that is seen at the view's revision, then the word that this was all.
    async fn tell_snapshot(&mut self, view: &View) -> Result<(), End> {
        let parents: Vec<Option<Name>> = match self.asked.names.as_slice() {
            [] => vec![None],
            names => names.iter().cloned().map(Some).collect(),
        };
        let time_us = view.time_us();
        for parent in parents {
            for query in self.asked.queries.clone() {
                let mut query = Query {
                    parent: parent.clone(),
                    ..query
                };
                loop {
                    let (reader, asked) = (view.clone(), query.clone());
                    let page = self.door.long(move || reader.list(&asked)).await?;
                    let changes = page.items.iter().map(|item| self.arrived(&query, item));
                    let changes = changes.collect::<Result<Vec<_>, Error>>()?;
                    if !changes.is_empty() {
                        let written = written::commit(view.revision(), time_us, &changes, false);
                        self.send(Lazy::from(written)).await?;
                    }
                    query.after = match page.next {
                        Some(next) => Some(next),
                        None => break,
                    };
                }
            }
        }
        let revision = view.revision();
        let complete = plain::WatchSnapshotComplete { revision };
        self.send(event(Event::SnapshotComplete(complete))).await?;
        self.told = revision;
        Ok(())
    }

    fn arrived(&self, query: &Query, item: &Bytes) -> Result<Bytes, Error> {
        Ok(written::change(&written::Change {
            name: &body::name(item)?,
            kind: query.kind,
            removed: false,
            after: (self.asked.images != Images::None).then_some(item),
            before: None,
        }))
    }

    /// A commit, in messages that stay below what a message may have.
    async fn tell_commit(&mut self, commit: Commit) -> Result<(), End> {
        let Commit {
            revision,
            time_us,
            changes,
        } = commit;
        let mut piece: Vec<Bytes> = Vec::new();
        let mut size = 0;
        for changed in &changes {
            let change = written::change(&written::Change {
                name: &changed.name,
                kind: changed.kind,
                removed: changed.removed,
                after: changed.after.as_ref(),
                before: changed.before.as_ref(),
            });
            if size + change.len() > self.door.ledger.limits().page_bytes_max && !piece.is_empty() {
                let message = written::commit(revision, time_us, &piece, false);
                self.send(Lazy::from(message)).await?;
                piece.clear();
                size = 0;
            }
            size += change.len();
            piece.push(change);
        }
        let message = written::commit(revision, time_us, &piece, true);
        self.send(Lazy::from(message)).await?;
        self.told = revision;
        Ok(())
    }

    /// Tells progress if nothing has been told for an interval, and sets the next time to look.
    async fn tick(&mut self, tick: Pin<&mut Sleep>) -> Result<(), End> {
        if !tick.is_elapsed() {
            return Ok(());
        }
        if self.sent.elapsed() >= self.asked.interval {
            self.progress().await?;
        }
        tick.reset(self.sent + self.asked.interval);
        Ok(())
    }

    async fn progress(&mut self) -> Result<(), End> {
        let revision = self.told;
        let progress = plain::WatchProgress { revision };
        self.send(event(Event::Progress(progress))).await
    }

    /// Hands a message over; waits for a slow reader, but not for ever.
    async fn send(&mut self, message: Message) -> Result<(), End> {
        if let Err(full) = self.messages.try_send(message) {
            let message = full.into_inner();
            let patience = Duration::from_secs(self.door.ledger.limits().watch_patience_seconds);
            // A reader that has gone is noticed where the next commit is waited for.
            let _gone = timeout(patience, self.messages.send(message))
                .await
                .map_err(|_elapsed| Interruption::TooSlow)?;
        }
        self.sent = Instant::now();
        Ok(())
    }
}

fn event(event: Event) -> Message {
    Lazy::value(plain::WatchAssessmentsResponse { event: Some(event) })
}
