//! The least a server can do that gives the answer `chanceryd` gives: tonic as it comes, one
//! method, a constant. `benches/get.sh` measures the real one beside it.
//!
//! `bare ENDPOINT NAME REQUEST_FILE` asks the `chanceryd` at `ENDPOINT` for the red line `NAME`,
//! writes that request, framed, into `REQUEST_FILE` for h2load, and then answers every call with
//! the very bytes it was given. It takes no request apart and copies no more than it must, so
//! that whatever `chanceryd` costs above it is the price of the product.

use std::convert::Infallible;
use std::error::Error;
use std::future::{Ready, ready};
use std::io::Write;

use bytes::{Buf, BufMut, Bytes};
use chancery::model::v1::GetRedLineRequest;
use prost::Message;
use tokio::net::TcpListener;
use tonic::body::Body;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::{BoxFuture, Context, Poll, Service, http};
use tonic::server::NamedService;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Server};
use tonic::{Request, Response, Status};

const SERVICE: &str = "chancery.v1.AssessmentService";
const PATH: &str = "/chancery.v1.AssessmentService/GetRedLine";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut out = std::io::stdout();
    let [endpoint, name, request_file] = arguments.as_slice() else {
        // `cargo bench` comes by without arguments.
        writeln!(
            out,
            "bare ENDPOINT NAME REQUEST_FILE; benches/get.sh runs it"
        )?;
        return Ok(());
    };
    let request = GetRedLineRequest {
        name: name.clone(),
        read: None,
    };
    let request = Bytes::from(request.encode_to_vec());
    let answer = ask(endpoint, request.clone()).await?;

    let mut framed = vec![0];
    framed.put_u32(u32::try_from(request.len())?);
    framed.put(request);
    std::fs::write(request_file, framed)?;

    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    writeln!(out, "{} {}", listener.local_addr()?, answer.len())?;
    out.flush()?;
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    Server::builder()
        .add_service(Constant(answer))
        .serve_with_incoming(incoming)
        .await?;
    Ok(())
}

/// The answer of the real server, as it comes off the wire.
async fn ask(endpoint: &str, request: Bytes) -> Result<Bytes, Box<dyn Error>> {
    let channel = Channel::from_shared(endpoint.to_owned())?.connect().await?;
    let mut calls = tonic::client::Grpc::new(channel);
    calls.ready().await?;
    let path = http::uri::PathAndQuery::from_static(PATH);
    Ok(calls
        .unary(Request::new(request), path, Raw)
        .await?
        .into_inner())
}

/// The service with its one answer.
#[derive(Clone)]
struct Constant(Bytes);

impl NamedService for Constant {
    const NAME: &'static str = SERVICE;
}

impl Service<http::Request<Body>> for Constant {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Infallible>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let method = Method(self.0.clone());
        Box::pin(async move { Ok(tonic::server::Grpc::new(Raw).unary(method, request).await) })
    }
}

/// The one method.
struct Method(Bytes);

impl Service<Request<Bytes>> for Method {
    type Response = Response<Bytes>;
    type Error = Status;
    type Future = Ready<Result<Response<Bytes>, Status>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _request: Request<Bytes>) -> Self::Future {
        ready(Ok(Response::new(self.0.clone())))
    }
}

/// Messages as the bytes they are.
#[derive(Clone, Copy)]
struct Raw;

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, message: Bytes, out: &mut EncodeBuf<'_>) -> Result<(), Status> {
        out.put(message);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, message: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(message.copy_to_bytes(message.remaining())))
    }
}
