//! Services that come late: the server listens while the ledger is still being opened, and until
//! then answers each call with UNAVAILABLE, when to try again, and how far it is.
//!
//! `AdminService.GetStatus` is answered all the while, for it is what an operator asks then.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use tonic::body::Body;
use tonic::codegen::{Service, http};
use tonic::server::{Grpc, NamedService, UnaryService};
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;

use crate::error::Error;
use crate::ledger::Progress;
use crate::model::v1::{GetStatusRequest, GetStatusResponse};
use crate::service::status_of;

/// The call that is answered before there is a ledger.
const STATUS: &str = "/chancery.v1.AdminService/GetStatus";

type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// A service that is set once the ledger is open.
pub(super) struct Late<S> {
    service: Arc<OnceLock<S>>,
    progress: Arc<Progress>,
}

impl<S> Clone for Late<S> {
    fn clone(&self) -> Self {
        Self {
            service: Arc::clone(&self.service),
            progress: Arc::clone(&self.progress),
        }
    }
}

impl<S> Late<S> {
    pub(super) fn new(progress: &Arc<Progress>) -> Self {
        Self {
            service: Arc::default(),
            progress: Arc::clone(progress),
        }
    }

    /// From now on this one answers.
    pub(super) fn set(&self, service: S) {
        let _again = self.service.set(service);
    }
}

impl<S: NamedService> NamedService for Late<S> {
    const NAME: &'static str = S::NAME;
}

impl<S> Service<http::Request<Body>> for Late<S>
where
    S: Service<http::Request<Body>, Response = http::Response<Body>, Error = Infallible>,
    S: Clone + Send + 'static,
    S::Future: Send + 'static,
{
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Boxed<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        if let Some(service) = self.service.get() {
            return Box::pin(service.clone().call(request));
        }
        let told = self.progress.told();
        if request.uri().path() == STATUS {
            return Box::pin(async move {
                let mut door = Grpc::new(ProstCodec::default());
                Ok(door.unary(Opening(told), request).await)
            });
        }
        let answer = status_of(&not_ready(&told)).into_http();
        Box::pin(std::future::ready(Ok(answer)))
    }
}

fn not_ready(told: &str) -> Error {
    Error::Unavailable {
        reason: "NOT_READY",
        description: format!("the server is not ready yet: {told}"),
    }
}

/// Answers the status of a server that has no ledger yet.
struct Opening(String);

impl UnaryService<GetStatusRequest> for Opening {
    type Response = GetStatusResponse;
    type Future = Boxed<Result<Response<GetStatusResponse>, Status>>;

    fn call(&mut self, _request: Request<GetStatusRequest>) -> Self::Future {
        let answer = GetStatusResponse {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            ready: false,
            alarms: vec![not_ready(&self.0).to_string()],
            activities: vec![std::mem::take(&mut self.0)],
            ..Default::default()
        };
        Box::pin(std::future::ready(Ok(Response::new(answer))))
    }
}
