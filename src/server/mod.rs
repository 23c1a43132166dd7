//! The server put together: configuration, ledger, doors, health, reflection, shutdown; wiring.
//!
//! ```text
//! start: bind, answer "not ready" -> open the ledger -> sample, if asked -> SERVING
//! stop:  readiness NOT_SERVING -> watches end -> no new connections -> streams of health end,
//!        calls in flight end, or the deadline -> checkpoint and seal
//! ```
//! `accept` lets connections in, `late` answers while the ledger is being opened, `upkeep` is what
//! goes on without being asked for.
//! `liveness` stays SERVING through it all. This is the one room that reads the clock.

mod accept;
mod late;
pub mod telemetry;
mod upkeep;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tonic::metadata::MetadataMap;
use tonic::transport::Server;
use tonic::transport::server::Router;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;
use tracing::{info, warn};

use self::late::Late;
use self::upkeep::Upkeep;
use crate::auth::{self, Policy};
use crate::error::Error;
use crate::ledger::{Ledger, Progress};
use crate::model::kind::{CONTRACT_BYTES, kinds};
use crate::model::limits::Limits;
use crate::model::v1::ImportOptions;
use crate::service::{
    AdminServiceServer, AnalysisServiceServer, AssessmentServiceServer, DocumentServiceServer,
    Door, RegistryServiceServer,
};

/// The bundled article.
const SAMPLE: &str = include_str!("sample.md");
const SAMPLE_ID: &str = "ukraine-talks";

/// Health service that stays SERVING as long as the process can answer at all.
const LIVENESS: &str = "liveness";
/// Health service that says whether calls should be sent here.
const READINESS: &str = "readiness";

/// Everything that can be set.
#[derive(Debug, Clone)]
pub struct Config {
    /// Holds `journal/` and `store/`.
    pub data_dir: PathBuf,
    /// Where closed segments of the journal are copied to.
    pub archive_dir: Option<PathBuf>,
    /// How long history is kept; for ever when nothing is said.
    pub history_keep: Option<Duration>,
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Import and publish the bundled article when nothing is stored yet.
    pub sample: bool,
    /// Listen beyond the loopback although nobody is authenticated.
    pub allow_unauthenticated_network: bool,
    /// How callers are told apart.
    pub policy: Policy,
    /// Every bound.
    pub limits: Limits,
    /// Microseconds since 1970.
    pub clock: fn() -> i64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("./chancery-data"),
            archive_dir: None,
            history_keep: None,
            listen: SocketAddr::from(([127, 0, 0, 1], 50051)),
            sample: false,
            allow_unauthenticated_network: false,
            policy: Policy::LocalOperator,
            limits: Limits::default(),
            clock: now_us,
        }
    }
}

/// A server that answers.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// What it serves.
    pub ledger: Ledger,
    stop: oneshot::Sender<()>,
    served: JoinHandle<Result<(), tonic::transport::Error>>,
    health: HealthReporter,
    door: Door,
    drain: Duration,
    upkeep: Upkeep,
}

/// Listens, opens the ledger and answers; returns when calls are answered. Until then they are told
/// that the server is not ready. Dropped before that, it stops opening.
pub async fn start(config: Config) -> Result<Running, Error> {
    guard(&config)?;
    if !config.listen.ip().is_loopback() {
        warn!(listen = %config.listen, "anybody who reaches this address may read and write");
    }
    let listener = TcpListener::bind(config.listen)
        .await
        .map_err(|error| internal(&format!("listen on {}", config.listen), &error))?;
    let address = listener
        .local_addr()
        .map_err(|error| internal("listen", &error))?;
    let incoming = accept::incoming(listener, config.limits.connections_max);
    let opening = Opening(Arc::default());
    let services = Services::new(&opening.0);
    let (health, router) = router(&services, &config.limits).await?;
    let (stop, stopped) = oneshot::channel::<()>();
    let served = tokio::spawn(router.serve_with_incoming_shutdown(incoming, async {
        let _dropped = stopped.await;
    }));
    let ledger = open(&config, Arc::clone(&opening.0)).await?;
    let upkeep = Upkeep::begin(&ledger, &config);
    let door = Door::new(ledger.clone(), config.policy, config.clock);
    if config.sample {
        import_sample(&door, &ledger, config.policy).await?;
    }
    services.set(&door, config.limits.message_bytes_max);
    health
        .set_service_status(READINESS, ServingStatus::Serving)
        .await;
    tokio::spawn(watch_writes(ledger.failed(), health.clone()));
    let drain = Duration::from_secs(config.limits.drain_seconds);
    Ok(Running {
        address,
        ledger,
        stop,
        served,
        health,
        door,
        drain,
        upkeep,
    })
}

async fn open(config: &Config, progress: Arc<Progress>) -> Result<Ledger, Error> {
    let (folder, limits, now) = (config.data_dir.clone(), config.limits, (config.clock)());
    let opening = move || Ledger::open_telling(&folder, limits, now, &progress);
    tokio::task::spawn_blocking(opening)
        .await
        .map_err(|error| internal("open the ledger", &error))?
}

/// An opening, called off when it is no longer waited for.
struct Opening(Arc<Progress>);

impl Drop for Opening {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// The doors, which open when the ledger does.
struct Services {
    assessments: Late<AssessmentServiceServer<Door>>,
    documents: Late<DocumentServiceServer<Door>>,
    registry: Late<RegistryServiceServer<Door>>,
    analysis: Late<AnalysisServiceServer<Door>>,
    admin: Late<AdminServiceServer<Door>>,
}

impl Services {
    fn new(progress: &Arc<Progress>) -> Self {
        Self {
            assessments: Late::new(progress),
            documents: Late::new(progress),
            registry: Late::new(progress),
            analysis: Late::new(progress),
            admin: Late::new(progress),
        }
    }

    fn set(&self, door: &Door, bytes: usize) {
        let door = || door.clone();
        let assessments = AssessmentServiceServer::new(door()).max_decoding_message_size(bytes);
        let documents = DocumentServiceServer::new(door()).max_decoding_message_size(bytes);
        let registry = RegistryServiceServer::new(door()).max_decoding_message_size(bytes);
        let analysis = AnalysisServiceServer::new(door()).max_decoding_message_size(bytes);
        self.assessments.set(assessments);
        self.documents.set(documents);
        self.registry.set(registry);
        self.analysis.set(analysis);
        self.admin.set(AdminServiceServer::new(door()));
    }
}

impl Running {
    /// Stops: no new calls, those in flight end or are cut off at the deadline, everything is
    /// sealed.
    pub async fn stop(self) {
        self.health
            .set_service_status(READINESS, ServingStatus::NotServing)
            .await;
        self.door.end_watches();
        let _gone = self.stop.send(());
        // Whoever watches health has been told; his stream would go on for ever.
        for service in [READINESS, LIVENESS] {
            let mut health = self.health.clone();
            health.clear_service_status(service).await;
        }
        match tokio::time::timeout(self.drain, self.served).await {
            Ok(Ok(Ok(()))) => {}
            Ok(failed) => warn!(?failed, "the server ended with an error"),
            Err(_) => warn!(
                seconds = self.drain.as_secs(),
                "calls were cut off at the deadline"
            ),
        }
        drop(self.upkeep);
        let ledger = self.ledger;
        let closed = tokio::task::spawn_blocking(move || ledger.close()).await;
        info!(clean = closed.is_ok(), "stopped");
    }

    /// What is stored, for people: `1 assessment, 4 red lines, ...`.
    pub fn holds(&self) -> String {
        let some: Vec<String> = kinds()
            .iter()
            .map(|kind| (self.ledger.count(kind), kind.words()))
            .filter(|(count, _)| *count > 0)
            .map(|(count, words)| match count {
                1 => format!("1 {}", words.trim_end_matches('s')),
                many => format!("{many} {words}"),
            })
            .collect();
        if some.is_empty() {
            "nothing yet".to_owned()
        } else {
            some.join(", ")
        }
    }
}

/// The present, in microseconds since 1970.
#[allow(
    clippy::disallowed_methods,
    reason = "the one place where the clock is read"
)]
pub fn now_us() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

/// Whether a server may be started so: nobody is authenticated yet, so the network is off limits
/// unless told in words.
pub fn guard(config: &Config) -> Result<(), Error> {
    let inside = |dir: &PathBuf| dir.starts_with(&config.data_dir);
    if let Some(dir) = config.archive_dir.as_ref().filter(|dir| inside(dir)) {
        let text = format!("\"{}\" lies in the data directory", dir.display());
        return Err(Error::invalid("archive_dir", "ARCHIVE_IN_DATA_DIR", text));
    }
    if config.listen.ip().is_loopback() {
        return Ok(());
    }
    if config.allow_unauthenticated_network {
        return Ok(());
    }
    let text = format!(
        "{} is not a loopback address and callers are not authenticated; \
         --allow-unauthenticated-network listens there all the same",
        config.listen
    );
    Err(Error::invalid("listen", "NETWORK_UNAUTHENTICATED", text))
}

async fn import_sample(door: &Door, ledger: &Ledger, policy: Policy) -> Result<(), Error> {
    if kinds().iter().any(|kind| ledger.count(kind) > 0) {
        return Ok(());
    }
    let caller = auth::identify(policy, &MetadataMap::new())?;
    let options = ImportOptions {
        media_type: "text/markdown".to_owned(),
        assessment_id: SAMPLE_ID.to_owned(),
        publish: true,
        reason: "the bundled sample".to_owned(),
        ..Default::default()
    };
    let revision = door
        .import(caller, options, SAMPLE.as_bytes().to_vec())
        .await?;
    info!(revision, "the sample was imported and published");
    Ok(())
}

async fn router(services: &Services, limits: &Limits) -> Result<(HealthReporter, Router), Error> {
    let (health, health_service) = tonic_health::server::health_reporter();
    health
        .set_service_status(LIVENESS, ServingStatus::Serving)
        .await;
    health
        .set_service_status(READINESS, ServingStatus::NotServing)
        .await;
    let reflection = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(CONTRACT_BYTES)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    let v1 = reflection()
        .build_v1()
        .map_err(|error| internal("reflection", &error))?;
    let v1alpha = reflection()
        .build_v1alpha()
        .map_err(|error| internal("reflection", &error))?;
    let router = Server::builder()
        .max_concurrent_streams(limits.streams_per_connection_max)
        .http2_keepalive_interval(Some(Duration::from_secs(limits.keepalive_seconds)))
        .http2_keepalive_timeout(Some(Duration::from_secs(limits.keepalive_answer_seconds)))
        .http2_max_header_list_size(limits.header_bytes_max)
        .add_service(services.assessments.clone())
        .add_service(services.documents.clone())
        .add_service(services.registry.clone())
        .add_service(services.analysis.clone())
        .add_service(services.admin.clone())
        .add_service(health_service)
        .add_service(v1)
        .add_service(v1alpha);
    Ok((health, router))
}

/// Drops readiness when writes come to be refused.
async fn watch_writes(
    mut failed: tokio::sync::watch::Receiver<Option<String>>,
    health: HealthReporter,
) {
    // An error means that the writer is gone, which is as good as failed.
    let _failed = failed.wait_for(Option::is_some).await.is_ok();
    health
        .set_service_status(READINESS, ServingStatus::NotServing)
        .await;
}

fn internal(doing: &str, error: &dyn std::fmt::Display) -> Error {
    Error::Internal(format!("{doing}: {error}"))
}
