//! The client library: one connection to a `chanceryd`, and everything that can be asked of it.
//!
//! `kinds`   every kind of resource by one table: get it, list it, as a message or as JSON
//! `paging`  what a list is asked for, and a walk over all its pages
//! `write`   create, update, edit, delete, publish, merge and the other changes
//! `import`  a text sent in pieces     `analysis` questions over the record
//! `watch`   changes as they happen, resumed by itself     `diff` what changed, and when
//! `search`  what is found by its words
//! `retry`   deadlines, and which calls may be sent again
//! `error`   a status with its details taken apart
//!
//! A `Client` is a handle: cloning it shares the connection. Every call has a deadline, retries
//! included; only UNAVAILABLE is ever sent again, and of changes only those with a `request_id`.
//! It keeps no state between calls, prints nothing and knows no file. Used by `bin/chancery` and
//! by other people's Rust services; the raw calls (`assessments()` and its like) are there for
//! what has no method of its own yet.

mod admin;
mod analysis;
mod diff;
mod error;
mod import;
mod kinds;
mod paging;
mod retry;
mod search;
mod watch;
mod write;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tonic::transport::{Channel, Endpoint};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::model::v1;

/// The generated calls.
#[allow(
    missing_docs,
    unreachable_pub,
    clippy::all,
    clippy::allow_attributes_without_reason,
    clippy::pedantic,
    rustdoc::all,
    reason = "generated; documented in the proto files"
)]
mod calls {
    include!(concat!(env!("OUT_DIR"), "/client/chancery.v1.rs"));
}

pub use calls::admin_service_client::AdminServiceClient;
pub use calls::analysis_service_client::AnalysisServiceClient;
pub use calls::assessment_service_client::AssessmentServiceClient;
pub use calls::document_service_client::DocumentServiceClient;
pub use calls::registry_service_client::RegistryServiceClient;
pub use error::{Error, Violation};
pub use kinds::{Answer, Get, Resource, View, served};
pub use paging::{Items, Page, Pages, Query};
pub use retry::Repeat;
pub use search::Hits;
pub use watch::{Event, Events, Watch, Watching};
pub use write::{Entry, Writable, Write};

/// Where a server listens when nobody says otherwise.
pub const DEFAULT_ENDPOINT: &str = "http://127.0.0.1:50051";

/// How a client connects, how long it waits and how often it tries.
#[derive(Debug, Clone)]
pub struct Options {
    /// How long a call may take, retries included; sent to the server as `grpc-timeout`.
    pub deadline: Duration,
    /// How long the connection itself may take to come about.
    pub connect_timeout: Duration,
    /// How often a call is sent at most; 1 is never again.
    pub attempts_max: u32,
    /// The pause before the second attempt; it doubles with each further one.
    pub backoff_first: Duration,
    /// The longest pause, unless the server asks for a longer one.
    pub backoff_max: Duration,
    /// The largest answer that is accepted, in bytes.
    pub decode_bytes_max: usize,
    /// As whom to call, of a server that believes what it is told: `reader-green`.
    #[cfg(feature = "test-policy")]
    pub caller: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(5),
            attempts_max: 4,
            backoff_first: Duration::from_millis(100),
            backoff_max: Duration::from_secs(2),
            decode_bytes_max: 16 << 20,
            #[cfg(feature = "test-policy")]
            caller: None,
        }
    }
}

/// A handle on one server; cloning it shares the connection.
///
/// ```no_run
/// use chancery::client::{Client, Options, Query};
/// use chancery::model::v1::RedLine;
///
/// # async fn example() -> Result<(), chancery::client::Error> {
/// let client = Client::connect("127.0.0.1:50051", Options::default()).await?;
/// let query = Query {
///     filter: "posture = PROHIBITS".to_owned(),
///     ..Query::default()
/// };
/// for line in client.all::<RedLine>(query).await? {
///     println!("{}: {}", line.actor, line.stance);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    channel: Channel,
    endpoint: Arc<str>,
    options: Options,
}

impl Client {
    /// Connects to `http://host:port`, or `host:port`. Errors: INVALID_ARGUMENT for an endpoint
    /// that cannot be read, UNAVAILABLE when nobody answers there.
    pub async fn connect(endpoint: &str, options: Options) -> Result<Self, Error> {
        let target = target(endpoint, &options)?;
        let mut retry = retry::Retry::new(&options);
        loop {
            let error = match target.connect().await {
                Ok(channel) => {
                    return Ok(Self {
                        channel,
                        endpoint: endpoint.into(),
                        options,
                    });
                }
                Err(error) => Error::unreachable(endpoint, &error),
            };
            retry.pause(error).await?;
        }
    }

    /// Where the server is, as given to `connect`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The calls about assessments and their elements, without retries or deadline.
    pub fn assessments(&self) -> AssessmentServiceClient<Channel> {
        AssessmentServiceClient::new(self.channel.clone())
            .max_decoding_message_size(self.options.decode_bytes_max)
    }

    /// The calls about documents, without retries or deadline.
    pub fn documents(&self) -> DocumentServiceClient<Channel> {
        DocumentServiceClient::new(self.channel.clone())
            .max_decoding_message_size(self.options.decode_bytes_max)
    }

    /// The calls about actors, issues, situations, sources and places, without retries or
    /// deadline.
    pub fn registry(&self) -> RegistryServiceClient<Channel> {
        RegistryServiceClient::new(self.channel.clone())
            .max_decoding_message_size(self.options.decode_bytes_max)
    }

    /// The questions over the record, without retries or deadline.
    pub fn analysis(&self) -> AnalysisServiceClient<Channel> {
        AnalysisServiceClient::new(self.channel.clone())
            .max_decoding_message_size(self.options.decode_bytes_max)
    }

    /// The calls for those who run the server, without retries or deadline.
    pub fn admin(&self) -> AdminServiceClient<Channel> {
        AdminServiceClient::new(self.channel.clone())
            .max_decoding_message_size(self.options.decode_bytes_max)
    }

    /// The actors that a text may mean by `alias`: none, one, or several when it is ambiguous.
    pub async fn resolve_actor(&self, alias: &str) -> Result<Vec<v1::Actor>, Error> {
        let request = v1::ResolveActorRequest {
            alias: alias.to_owned(),
            ..Default::default()
        };
        let answer = self.call(Repeat::Always, request, |request| {
            let mut service = self.registry();
            async move { service.resolve_actor(request).await }
        });
        Ok(answer.await?.into_inner().actors)
    }

    /// The issues that a text may mean by `alias`: none, one, or several when it is ambiguous.
    pub async fn resolve_issue(&self, alias: &str) -> Result<Vec<v1::Issue>, Error> {
        let request = v1::ResolveIssueRequest {
            alias: alias.to_owned(),
            ..Default::default()
        };
        let answer = self.call(Repeat::Always, request, |request| {
            let mut service = self.registry();
            async move { service.resolve_issue(request).await }
        });
        Ok(answer.await?.into_inner().issues)
    }

    /// Version, revisions, sizes, counts, limits and alarms of the server.
    pub async fn status(&self) -> Result<v1::GetStatusResponse, Error> {
        let answer = self.call(Repeat::Always, v1::GetStatusRequest {}, |request| {
            let mut service = self.admin();
            async move { service.get_status(request).await }
        });
        Ok(answer.await?.into_inner())
    }

    /// How many elements there are, by the values of one or two fields.
    pub async fn count(
        &self,
        request: v1::CountElementsRequest,
    ) -> Result<v1::CountElementsResponse, Error> {
        let answer = self.call(Repeat::Always, request, |request| {
            let mut service = self.assessments();
            async move { service.count_elements(request).await }
        });
        Ok(answer.await?.into_inner())
    }

    /// What the journal contains now.
    pub async fn head(&self) -> Result<v1::Head, Error> {
        let answer = self.call(Repeat::Always, v1::GetHeadRequest {}, |request| {
            let mut service = self.admin();
            async move { service.get_head(request).await }
        });
        Ok(answer.await?.into_inner())
    }

    /// Whether the journal is what it was, and contains what it did.
    pub async fn verify(&self, head: Option<v1::Head>) -> Result<v1::VerifyResponse, Error> {
        let answer = self.call(Repeat::Always, v1::VerifyRequest { head }, |request| {
            let mut service = self.admin();
            async move { service.verify(request).await }
        });
        Ok(answer.await?.into_inner())
    }

    /// What the health service says of `service` (`liveness`, `readiness`), such as "SERVING".
    pub async fn health(&self, service: &str) -> Result<&'static str, Error> {
        let request = HealthCheckRequest {
            service: service.to_owned(),
        };
        let answer = self.call(Repeat::Always, request, |request| {
            let mut service = HealthClient::new(self.channel.clone());
            async move { service.check(request).await }
        });
        let status = ServingStatus::try_from(answer.await?.into_inner().status);
        Ok(status.unwrap_or_default().as_str_name())
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("endpoint", &self.endpoint)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

fn target(endpoint: &str, options: &Options) -> Result<Endpoint, Error> {
    let refused = |why: &str| {
        let description = format!("\"{endpoint}\" {why}; expected http://host:port or host:port");
        Error::from(crate::error::Error::invalid(
            "endpoint",
            "ENDPOINT_MALFORMED",
            description,
        ))
    };
    let uri = match endpoint.split_once("://") {
        None => format!("http://{endpoint}"),
        Some(("http", _)) => endpoint.to_owned(),
        Some(("https", _)) => return Err(refused("asks for TLS, which is not built yet")),
        Some(_) => return Err(refused("has an unknown scheme")),
    };
    match Endpoint::from_shared(uri) {
        Ok(target) if target.uri().port().is_some() && target.uri().path() == "/" => {
            Ok(target.connect_timeout(options.connect_timeout.min(options.deadline)))
        }
        Ok(target) if target.uri().port().is_none() => Err(refused("names no port")),
        Ok(_) => Err(refused("has a path")),
        Err(_unreadable) => Err(refused("is not an address")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_come_with_or_without_their_scheme() {
        let options = Options::default();
        for good in [
            "127.0.0.1:50051",
            "http://localhost:1",
            "[::1]:50051",
            "http://host:50051/",
        ] {
            assert!(target(good, &options).is_ok(), "{good}");
        }
        for (bad, why) in [
            ("https://host:1", "TLS"),
            ("ftp://host:1", "scheme"),
            ("host", "port"),
            ("http://host:1/path", "path"),
            ("a b:1", "address"),
        ] {
            let error = target(bad, &options).unwrap_err();
            assert_eq!(error.code_name(), "INVALID_ARGUMENT", "{bad}");
            let violation = error.violations().first().expect("a violation");
            assert!(violation.description.contains(why), "{bad}: {violation:?}");
        }
    }
}
