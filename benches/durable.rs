//! Durable writes by many clients, against `chanceryd` or etcd: `benches/versus_etcd.sh` runs it.
//!
//! `durable SERVER ENDPOINT CLIENTS SECONDS BYTES`, where SERVER is `chancery` or `etcd`. Each client
//! has a connection and a resource of its own and writes it over and over, waiting for each
//! answer: to `chanceryd` an `UpdateSource`, to etcd a `Put`, with about BYTES of content. The
//! server is somebody else's; only what the client sees is measured. It prints writes per second,
//! the median and the 99th percentile in microseconds, and how many writes there were.

use std::error::Error;
use std::io::Write;
use std::time::{Duration, Instant};

use chancery::client::{Client, Options, RegistryServiceClient};
use chancery::model::v1;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::{Channel, Endpoint};

type Failure = Box<dyn Error + Send + Sync>;

/// etcd's request, as far as it is used.
#[derive(Clone, PartialEq, prost::Message)]
struct PutRequest {
    #[prost(bytes = "vec", tag = "1")]
    key: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

/// etcd's answer, of which nothing is used.
#[derive(Clone, PartialEq, prost::Message)]
struct PutResponse {}

/// A connection to one of the two.
enum Writer {
    Chancery(RegistryServiceClient<Channel>),
    Etcd(tonic::client::Grpc<Channel>),
}

impl Writer {
    async fn connect(server: &str, endpoint: &str) -> Result<Self, Failure> {
        match server {
            "chancery" => {
                let client = Client::connect(endpoint, Options::default()).await?;
                Ok(Self::Chancery(client.registry()))
            }
            "etcd" => {
                let channel = Endpoint::from_shared(format!("http://{endpoint}"))?;
                let channel = channel.connect().await?;
                Ok(Self::Etcd(tonic::client::Grpc::new(channel)))
            }
            other => Err(format!("no server \"{other}\"").into()),
        }
    }

    /// One write that is durable when it returns.
    async fn write(&mut self, client: usize, number: usize, bytes: usize) -> Result<(), Failure> {
        // Four parts, because a label's value has at most 256 bytes; different ones every time.
        let part = |at: usize| {
            let filler = "0123456789abcdef".repeat(16);
            let text = format!("{number}-{at}-{filler}");
            text.chars().take((bytes / 4).min(250)).collect::<String>()
        };
        match self {
            Self::Chancery(calls) => {
                let source = v1::Source {
                    name: format!("sources/writer-{client}"),
                    title: "a writer".to_owned(),
                    labels: (0..4).map(|at| (format!("part-{at}"), part(at))).collect(),
                    ..Default::default()
                };
                calls
                    .update_source(v1::UpdateSourceRequest {
                        source: Some(source),
                        allow_missing: true,
                        ..Default::default()
                    })
                    .await?;
            }
            Self::Etcd(calls) => {
                let request = PutRequest {
                    key: format!("sources/writer-{client}").into_bytes(),
                    value: (0..4).map(part).collect::<String>().into_bytes(),
                };
                calls.ready().await?;
                let path = PathAndQuery::from_static("/etcdserverpb.KV/Put");
                let codec = tonic_prost::ProstCodec::<PutRequest, PutResponse>::default();
                calls
                    .unary(tonic::Request::new(request), path, codec)
                    .await?;
            }
        }
        Ok(())
    }
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut out = std::io::stdout();
    let [server, endpoint, clients, seconds, bytes] = arguments.as_slice() else {
        // `cargo bench` comes by without arguments.
        writeln!(
            out,
            "durable SERVER ENDPOINT CLIENTS SECONDS BYTES; benches/versus_etcd.sh runs it"
        )?;
        return Ok(());
    };
    let (clients, bytes): (usize, usize) = (clients.parse()?, bytes.parse()?);
    let lasting = Duration::from_secs(seconds.parse()?);
    let mut writers = Vec::new();
    for _ in 0..clients {
        writers.push(Writer::connect(server, endpoint).await?);
    }
    let begun = Instant::now();
    let tasks = writers.into_iter().enumerate().map(|(client, mut writer)| {
        tokio::spawn(async move {
            let mut waits = Vec::new();
            while begun.elapsed() < lasting {
                let asked = Instant::now();
                writer.write(client, waits.len(), bytes).await?;
                waits.push(asked.elapsed());
            }
            Ok::<_, Failure>(waits)
        })
    });
    let tasks: Vec<_> = tasks.collect();
    let mut waits = Vec::new();
    for task in tasks {
        waits.extend(task.await??);
    }
    let took = begun.elapsed().as_secs_f64();
    waits.sort_unstable();
    let at = |percent: usize| waits.get((waits.len() * percent / 100).min(waits.len() - 1));
    let us = |percent: usize| at(percent).copied().unwrap_or_default().as_micros();
    writeln!(
        out,
        "{:.0} {} {} {}",
        waits.len() as f64 / took,
        us(50),
        us(99),
        waits.len()
    )?;
    Ok(())
}
