//! A watch that goes on by itself: what the caller sees, then how that changes.
//!
//! It remembers the last revision that was told completely. When the connection breaks, the server
//! stops or says that messages were taken too slowly, it asks again from there; what was told in
//! part is forgotten and told again, so that each commit comes once, whole, in order. A snapshot
//! that was not complete begins anew, and says so. It gives up when nobody answered for the
//! patience it was given; `position` is where another watch would go on.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use tokio_stream::Stream;
use tonic::{Code, Streaming};

use super::retry::Retry;
use super::{Client, Error, Options};
use crate::model::Revision;
use crate::model::v1::{self, watch_assessments_response::Event as Told};

/// Silence of so many progress intervals means that nobody is there any more.
const SILENT_INTERVALS: u32 = 3;

/// What is watched. The default is everything that is published, from a snapshot on.
#[derive(Debug, Clone)]
pub struct Watch {
    /// The assessments; none is all of them.
    pub names: Vec<String>,
    /// The last revision that is known completely; 0 asks for a snapshot first.
    pub after_revision: Revision,
    /// The collections, such as `redLines` or `assessments`; none is all of them.
    pub collections: Vec<String>,
    /// AIP-160; empty selects everything.
    pub filter: String,
    /// The states of assessments to show; none is what is published.
    pub states: Vec<v1::AssessmentState>,
    /// Whether elements that their author rejects are shown too.
    pub show_rejected: bool,
    /// What each change carries.
    pub images: v1::WatchImages,
    /// How often progress is told when nothing else is.
    pub progress_interval: Duration,
    /// How long nobody may answer before it gives up.
    pub patience: Duration,
}

impl Default for Watch {
    fn default() -> Self {
        Self {
            names: Vec::new(),
            after_revision: 0,
            collections: Vec::new(),
            filter: String::new(),
            states: Vec::new(),
            show_rejected: false,
            images: v1::WatchImages::After,
            progress_interval: Duration::from_secs(30),
            patience: Duration::from_secs(60),
        }
    }
}

impl Watch {
    fn request(&self, after_revision: Revision) -> v1::WatchAssessmentsRequest {
        v1::WatchAssessmentsRequest {
            names: self.names.clone(),
            after_revision,
            collections: self.collections.clone(),
            filter: self.filter.clone(),
            states: self.states.iter().map(|state| i32::from(*state)).collect(),
            progress_interval: prost_types::Duration::try_from(self.progress_interval).ok(),
            show_rejected: self.show_rejected,
            images: self.images.into(),
        }
    }
}

/// What a watch tells.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A snapshot begins, and with it everything anew: forget what was told before.
    SnapshotBegins,
    /// A part of the snapshot.
    Snapshot(Vec<v1::WatchChange>),
    /// The snapshot is complete; changes follow.
    SnapshotComplete(Revision),
    /// A commit, whole.
    Commit(v1::WatchCommit),
    /// Nothing at or below this revision will follow.
    Progress(Revision),
}

/// A watch that was opened.
pub struct Watching {
    client: Client,
    watch: Watch,
    stream: Option<Streaming<v1::WatchAssessmentsResponse>>,
    /// The last revision told completely; 0 while there is none.
    position: Revision,
    /// The messages of a commit that is not complete.
    part: Vec<v1::WatchChange>,
    /// Since when nobody has answered, and how to go on.
    away: Option<(Instant, Retry)>,
}

impl Client {
    /// Watches; the first event is asked for with `next`.
    ///
    /// ```no_run
    /// use chancery::client::{Client, Event, Options, Watch};
    ///
    /// # async fn example() -> Result<(), chancery::client::Error> {
    /// let client = Client::connect("127.0.0.1:50051", Options::default()).await?;
    /// let mut watching = client.watch(Watch::default());
    /// loop {
    ///     if let Event::Commit(commit) = watching.next().await? {
    ///         println!("{}: {} changes", commit.revision, commit.changes.len());
    ///     }
    /// }
    /// # }
    /// ```
    pub fn watch(&self, watch: Watch) -> Watching {
        Watching {
            client: self.clone(),
            position: watch.after_revision,
            watch,
            stream: None,
            part: Vec::new(),
            away: None,
        }
    }
}

/// Its next event, and the watch back for the one after it.
type Next = Pin<Box<dyn Future<Output = (Watching, Result<Event, Error>)> + Send>>;

/// The events of a watch as a stream, which ends after an error.
pub struct Events {
    next: Option<Next>,
}

impl Stream for Events {
    type Item = Result<Event, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(next) = &mut self.next else {
            return Poll::Ready(None);
        };
        let (watching, event) = ready!(next.as_mut().poll(context));
        self.next = event.is_ok().then(|| watching.event());
        Poll::Ready(Some(event))
    }
}

impl Watching {
    /// Its events as a stream.
    ///
    /// ```no_run
    /// use chancery::client::{Client, Event, Options, Watch};
    /// use tokio_stream::StreamExt as _;
    ///
    /// # async fn example() -> Result<(), chancery::client::Error> {
    /// let client = Client::connect("127.0.0.1:50051", Options::default()).await?;
    /// let mut events = client.watch(Watch::default()).events();
    /// while let Some(event) = events.next().await {
    ///     println!("{:?}", event?);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn events(self) -> Events {
        Events {
            next: Some(self.event()),
        }
    }

    fn event(mut self) -> Next {
        Box::pin(async move {
            let event = self.next().await;
            (self, event)
        })
    }

    /// The last revision that was told completely: another watch would go on after it.
    pub fn position(&self) -> Revision {
        self.position
    }

    /// The next event; waits for it. After an error the watch has ended.
    pub async fn next(&mut self) -> Result<Event, Error> {
        loop {
            let Some(stream) = &mut self.stream else {
                if self.open().await? && self.position == 0 {
                    return Ok(Event::SnapshotBegins);
                }
                continue;
            };
            let silence = self.watch.progress_interval * SILENT_INTERVALS;
            let told = match tokio::time::timeout(silence, stream.message()).await {
                Ok(Ok(Some(message))) => message.event,
                Ok(Ok(None)) => {
                    self.interrupted(self.broken("the stream ended")).await?;
                    continue;
                }
                Ok(Err(status)) => {
                    let error = Error::answered(&self.client.endpoint, &status);
                    self.interrupted(error).await?;
                    continue;
                }
                Err(_elapsed) => {
                    self.interrupted(self.broken("nothing was heard for long"))
                        .await?;
                    continue;
                }
            };
            self.away = None;
            if let Some(event) = told.and_then(|told| self.heard(told)) {
                return Ok(event);
            }
        }
    }

    /// Takes note of a message; an event when it completes one.
    fn heard(&mut self, told: Told) -> Option<Event> {
        match told {
            Told::Commit(mut commit) if commit.commit_complete => {
                self.position = commit.revision;
                self.part.append(&mut commit.changes);
                commit.changes = std::mem::take(&mut self.part);
                Some(Event::Commit(commit))
            }
            Told::Commit(mut commit) if self.position > 0 => {
                self.part.append(&mut commit.changes);
                None
            }
            Told::Commit(commit) => Some(Event::Snapshot(commit.changes)),
            Told::SnapshotComplete(complete) => {
                self.position = complete.revision;
                Some(Event::SnapshotComplete(complete.revision))
            }
            Told::Progress(progress) => {
                self.position = progress.revision;
                Some(Event::Progress(progress.revision))
            }
        }
    }

    /// Asks for the stream; false when it has to be asked for again.
    async fn open(&mut self) -> Result<bool, Error> {
        let request = self.watch.request(self.position);
        let mut service = self.client.assessments();
        let wait = self.client.options.deadline;
        match tokio::time::timeout(wait, service.watch_assessments(request)).await {
            Ok(Ok(answer)) => {
                self.stream = Some(answer.into_inner());
                return Ok(true);
            }
            Ok(Err(status)) => {
                let error = Error::answered(&self.client.endpoint, &status);
                self.interrupted(error).await?;
            }
            Err(_elapsed) => self.interrupted(self.broken("nobody answered")).await?,
        }
        Ok(false)
    }

    /// Waits before the stream is asked for again, or gives the error back when it is not to be.
    async fn interrupted(&mut self, error: Error) -> Result<(), Error> {
        self.stream = None;
        self.part.clear();
        let slow = error.reason() == "WATCH_TOO_SLOW";
        if error.code() != Code::Unavailable && !slow {
            return Err(error);
        }
        let options = Options {
            deadline: self.watch.patience,
            attempts_max: u32::MAX,
            ..self.client.options.clone()
        };
        let patience = self.watch.patience;
        let (since, retry) = self
            .away
            .get_or_insert_with(|| (Instant::now(), Retry::new(&options)));
        if slow {
            return Ok(());
        }
        if since.elapsed() > patience {
            return Err(error);
        }
        retry.pause(error).await
    }

    fn broken(&self, why: &str) -> Error {
        let message = format!("{}: {why}", self.client.endpoint);
        Error::local(Code::Unavailable, message)
    }
}
