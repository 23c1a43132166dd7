//! The gRPC doors: one file per service of the contract, and the five lines every handler is.
//!
//! `assessment` `registry` `document` `analysis` `admin`   the services
//! `list`     get and list, the same for every kind      `count`  how many
//! `import`   a document in, a draft out
//! `mutate`   changes of assessments      `edit`   of their elements, and of the header with them
//! `write`    a change in the making, checked as a whole
//! `entry`    changes of registry entries   `history` the revisions of an assessment
//! `select`   several kinds by one filter  `watch`   changes as they happen
//! `diff`     what changed between two sides, and of one resource
//! `coverage` which sort of silence it is when nothing is found
//! `search`   what is found by its words
//! `status`   errors to statuses
//!
//! A handler identifies the caller, takes the request apart, opens a view or makes a change, and
//! encodes. It decides nothing that a room below could decide, and holds no state.

mod admin;
mod analysis;
mod assessment;
mod count;
mod coverage;
mod diff;
mod document;
mod edit;
mod entry;
mod history;
mod import;
mod list;
mod mutate;
mod registry;
mod search;
mod select;
mod status;
mod watch;
mod write;

use std::pin::Pin;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use tokio::sync::{RwLock, Semaphore};
use tonic::metadata::AsciiMetadataValue;
use tonic::{Request, Response, Status};

use crate::auth::{self, Policy};
use crate::error::{Error, Problems};
use crate::ledger::change::{Change, Committed};
use crate::ledger::{At, Ledger, View};
use crate::model::caller::{Caller, Role};
use crate::model::limits::{Limits, exceeded};
use crate::model::{Revision, v1 as plain};
use crate::wire::body;

pub use self::status::DOMAIN;
pub(crate) use self::status::status as status_of;
pub use self::wired::admin_service_server::AdminServiceServer;
pub use self::wired::analysis_service_server::AnalysisServiceServer;
pub use self::wired::assessment_service_server::AssessmentServiceServer;
pub use self::wired::document_service_server::DocumentServiceServer;
pub use self::wired::registry_service_server::RegistryServiceServer;

/// The server's side of the contract: stored resources are `Lazy`.
#[allow(
    missing_docs,
    unreachable_pub,
    clippy::all,
    clippy::allow_attributes_without_reason,
    clippy::pedantic,
    clippy::large_futures,
    rustdoc::all,
    reason = "generated; documented in the proto files"
)]
mod wired {
    include!(concat!(env!("OUT_DIR"), "/server/chancery.v1.rs"));
}

/// Metadata that says at which revision an answer was read.
pub const REVISION_HEADER: &str = "chancery-revision";

/// What a door needs: the ledger, the policy, the time.
#[derive(Clone)]
pub struct Door {
    ledger: Ledger,
    policy: Policy,
    /// Microseconds since 1970.
    clock: fn() -> i64,
    /// Bounds the requests that work for long.
    long: Arc<Semaphore>,
    /// Changes are made beside each other. What may take a link's target away goes alone: a link
    /// that is being written elsewhere is in nobody's read set. So does what has lost once, that it
    /// cannot lose for ever.
    turns: Arc<RwLock<()>>,
    /// What the registry calls its actors and issues.
    known: Arc<registry::Known>,
    /// Bounds the watches.
    watches: Arc<Semaphore>,
    /// Becomes true when the server stops, which ends the watches.
    stopping: tokio::sync::watch::Sender<bool>,
}

/// What every request that writes says about itself.
struct Mutation {
    request_id: String,
    /// SHA-256 of the request.
    hash: Vec<u8>,
    reason: String,
    /// Make the change, check it, and leave it at that.
    validate_only: bool,
    /// Whether it takes away what others may be linking to meanwhile.
    takes_away: bool,
}

impl Mutation {
    /// Checks what every request that writes says, also one that only asks whether it could.
    fn check(&self, limits: &Limits) -> Result<(), Error> {
        let bounds = [
            (
                "reason",
                "REASON_TOO_LONG",
                self.reason.len(),
                limits.reason_bytes_max,
            ),
            (
                "request_id",
                "REQUEST_ID_TOO_LONG",
                self.request_id.len(),
                limits.request_id_bytes_max,
            ),
        ];
        let mut problems = Problems::default();
        for (field, reason, given, allowed) in bounds {
            if given > allowed {
                problems.note::<()>(Err(exceeded(field, reason, given, allowed)))?;
            }
        }
        problems.finish()
    }
}

/// What became of a request that writes.
enum Outcome<T> {
    /// There was nothing to write.
    Nothing(T),
    /// It was committed; without a value when an earlier copy of the request had been.
    Committed(Option<T>, Committed),
}

/// An answer and the revision it was read at.
type Answer<A> = Result<(A, Revision), Error>;

/// A boxed future, as the generated traits want it.
type Boxed<'f, T> = Pin<Box<dyn Future<Output = Result<Response<T>, Status>> + Send + 'f>>;

/// The methods of a service, a line each: `method(Request) -> Answer = handler;`.
macro_rules! unary {
    ($($method:ident($request:ty) -> $answer:ty = $ask:expr;)+) => {$(
        fn $method<'a, 'f>(
            &'a self,
            request: tonic::Request<$request>,
        ) -> crate::service::Boxed<'f, $answer>
        where
            'a: 'f,
            Self: 'f,
        {
            Box::pin(self.call(request, $ask))
        }
    )+};
}

/// What every request that writes says.
macro_rules! mutation {
    ($request:expr, $reason:expr) => {
        $crate::service::Mutation {
            request_id: $request.request_id.clone(),
            // Only a request with an id is ever told from another one.
            hash: match $request.request_id.as_str() {
                "" => Vec::new(),
                _ => $crate::service::hash(&$request),
            },
            reason: $reason,
            validate_only: $request.validate_only,
            takes_away: false,
        }
    };
}

use {mutation, unary};

impl Door {
    /// Opens the doors onto a ledger.
    pub fn new(ledger: Ledger, policy: Policy, clock: fn() -> i64) -> Self {
        let long = Arc::new(Semaphore::new(ledger.limits().blocking_requests_max));
        let watches = Arc::new(Semaphore::new(ledger.limits().watches_max));
        Self {
            ledger,
            policy,
            clock,
            long,
            turns: Arc::default(),
            known: Arc::default(),
            watches,
            stopping: tokio::sync::watch::Sender::new(false),
        }
    }

    /// Ends the watches, each with the revision to resume at.
    pub fn end_watches(&self) {
        self.stopping.send_replace(true);
    }

    /// The five lines: identify, decode (done by the codec), open and ask (the handler), encode.
    async fn call<Q, A, F>(
        &self,
        request: Request<Q>,
        ask: impl FnOnce(Self, Caller, Q) -> F + Send,
    ) -> Result<Response<A>, Status>
    where
        Q: Send,
        F: Future<Output = Answer<A>> + Send,
    {
        let caller = auth::identify(self.policy, request.metadata());
        let caller = caller.map_err(|error| status::status(&error))?;
        match ask(self.clone(), caller, request.into_inner()).await {
            Ok((message, revision)) => {
                let mut response = Response::new(message);
                let mut value = AsciiMetadataValue::from(revision);
                // Never the same twice: it is not to push out what the connection remembers.
                value.set_sensitive(true);
                response.metadata_mut().insert(REVISION_HEADER, value);
                Ok(response)
            }
            Err(error) => Err(status::status(&error)),
        }
    }

    /// Opens a view as the request's read options say.
    async fn view(&self, caller: Caller, read: Option<&plain::ReadOptions>) -> Result<View, Error> {
        self.opened(caller, moment(read)?).await
    }

    /// Opens a view as read options say that were checked before.
    async fn opened(&self, caller: Caller, moment: Moment) -> Result<View, Error> {
        let view = self.ledger.read(caller, moment.at, (self.clock)()).await?;
        Ok(view.valid_at(moment.valid_us))
    }

    /// Opens the view of an earlier page again.
    fn reopened(&self, caller: Caller, revision: Revision, moment: Moment) -> Result<View, Error> {
        let view = self.ledger.view(caller, revision)?;
        Ok(view.valid_at(moment.valid_us))
    }

    /// The newest view.
    async fn latest(&self, caller: &Caller) -> Result<View, Error> {
        self.ledger
            .read(caller.clone(), At::Latest, (self.clock)())
            .await
    }

    /// Runs work that takes long, with a bound on how much of it runs at the same time.
    async fn long<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let closed = |_| Error::Internal("the pool for long work is closed".to_owned());
        let permit = Arc::clone(&self.long)
            .acquire_owned()
            .await
            .map_err(closed)?;
        let done = tokio::task::spawn_blocking(move || {
            let _held = permit;
            work()
        });
        done.await
            .map_err(|error| Error::Internal(format!("long work: {error}")))?
    }

    /// Commits a change that is made from the newest view, and makes it again when somebody else
    /// was faster. `make` answers no change when there is nothing to write.
    async fn commit<T>(
        &self,
        caller: &Caller,
        mutation: &Mutation,
        make: impl Fn(&View) -> Result<(T, Option<Change>), Error>,
    ) -> Result<Outcome<T>, Error> {
        if caller.role() == Role::Reader {
            let description = format!("\"{}\" may only read", caller.subject());
            return Err(Error::PermissionDenied { description });
        }
        mutation.check(self.ledger.limits())?;
        let mut attempt = 1;
        loop {
            let (_alone, _beside) = match mutation.takes_away || attempt > 1 {
                true => (Some(self.turns.write().await), None),
                false => (None, Some(self.turns.read().await)),
            };
            let earlier = Change {
                author: caller.subject().to_owned(),
                request_id: mutation.request_id.clone(),
                request_hash: mutation.hash.clone(),
                reason: mutation.reason.clone(),
                proposed_us: (self.clock)(),
                ..Default::default()
            };
            if let Some(committed) = self.first_copy(caller, &earlier).await? {
                return Ok(Outcome::Committed(None, committed));
            }
            let (value, change) = match make(&self.latest(caller).await?) {
                Ok(made) => made,
                // The first copy may have been committed since, and be what is in the way.
                Err(error) => match self.first_copy(caller, &earlier).await? {
                    Some(committed) => return Ok(Outcome::Committed(None, committed)),
                    None => return Err(error),
                },
            };
            let Some(made) = change.filter(|_| !mutation.validate_only) else {
                return Ok(Outcome::Nothing(value));
            };
            let change = Change {
                reads: made.reads,
                effects: made.effects,
                ..earlier
            };
            match self.ledger.commit(change).await {
                Ok(committed) => {
                    // What was made here is not what an earlier copy of the request wrote.
                    let value = (!committed.repeated).then_some(value);
                    return Ok(Outcome::Committed(value, committed));
                }
                Err(Error::Aborted { .. }) if attempt < self.ledger.limits().write_attempts_max => {
                    attempt += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// What became of an earlier copy of the same request, once it can be read: it is known a
    /// little before.
    async fn first_copy(
        &self,
        caller: &Caller,
        change: &Change,
    ) -> Result<Option<Committed>, Error> {
        let found = self.ledger.repeated(change)?;
        if let Some(committed) = &found {
            let at = At::AtLeast(committed.revision);
            self.ledger.read(caller.clone(), at, (self.clock)()).await?;
        }
        Ok(found)
    }

    /// A new identity, in the order of time.
    fn uid(&self) -> Result<String, Error> {
        let mut random = [0; 10];
        getrandom::fill(&mut random)
            .map_err(|error| Error::Internal(format!("random bytes: {error}")))?;
        let milliseconds = u64::try_from((self.clock)() / 1_000).unwrap_or(0);
        let uid = uuid::Builder::from_unix_timestamp_millis(milliseconds, &random).into_uuid();
        Ok(uid.to_string())
    }
}

/// SHA-256 of a request in its canonical form.
fn hash(request: &impl prost::Message) -> Vec<u8> {
    Sha256::digest(request.encode_to_vec()).to_vec()
}

/// Which revision of the record is read, and which time in the world.
#[derive(Debug, Clone, Copy)]
struct Moment {
    at: At,
    /// Microseconds since 1970; `None` is any time.
    valid_us: Option<i64>,
}

fn moment(read: Option<&plain::ReadOptions>) -> Result<Moment, Error> {
    use plain::read_options::Consistency;
    let us = |time, field| {
        let off = || Error::invalid(field, "TIME_MALFORMED", "off the scale");
        body::microseconds(time).ok_or_else(off)
    };
    let at = match read.and_then(|read| read.consistency.as_ref()) {
        None | Some(Consistency::Latest(_)) => At::Latest,
        Some(Consistency::AtLeastRevision(revision)) => At::AtLeast(*revision),
        Some(Consistency::ExactRevision(revision)) => At::Exact(*revision),
        Some(Consistency::ReadTime(time)) => At::Time(us(time, "read.read_time")?),
    };
    let valid_at = read.and_then(|read| read.valid_at.as_ref());
    let valid_us = valid_at.map(|time| us(time, "read.valid_at")).transpose()?;
    Ok(Moment { at, valid_us })
}
