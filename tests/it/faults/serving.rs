//! The server under hardship: no file left to open, a stop in the middle of work, a store that is
//! being rebuilt.

use std::collections::BTreeSet;
use std::error::Error as _;
use std::path::Path;
use std::time::{Duration, Instant};

use chancery::client::{Client, Options, Query};
use chancery::model::v1;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_stream::StreamExt;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::durability::{Server, import, names};

fn once() -> Options {
    Options {
        attempts_max: 1,
        ..Options::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_files_to_open_accepting_goes_on() {
    let folder = TempDir::new().unwrap();
    let server = Server::start_limited(folder.path(), 48);
    let client = Client::connect(&server.address, once()).await.unwrap();
    import(&client, 1).await;
    let before = names(&client).await;
    let address = server.address.clone();
    for _ in 0..3 {
        let mut flood = Vec::new();
        for _ in 0..120 {
            flood.extend(TcpStream::connect(&address).await.ok());
        }
        assert_eq!(names(&client).await, before, "who is there is served");
        drop(flood);
        // Somebody new comes in once the others are gone.
        let started = Instant::now();
        loop {
            if let Ok(fresh) = Client::connect(&server.address, once()).await
                && fresh.status().await.is_ok()
            {
                break;
            }
            assert!(
                started.elapsed() < Duration::from_secs(20),
                "nobody is let in"
            );
        }
    }
    import(&client, 2).await;
    let (code, log) = server.end("-TERM");
    assert_eq!(code, Some(0), "{log}");
    let told = log.lines().filter(|line| line.contains("connection"));
    println!(
        "without files to open: {} warnings, served on",
        told.count()
    );
}

/// Creates assessments until the server goes; answers those it heard of and how the last ended.
async fn writer(address: String, number: usize) -> (Vec<String>, tonic::Status) {
    let client = Client::connect(&address, once()).await.unwrap();
    let mut made = Vec::new();
    loop {
        let request = v1::CreateAssessmentRequest {
            assessment: Some(v1::Assessment {
                title: format!("Writer {number} talk {}", made.len()),
                ..Default::default()
            }),
            ..Default::default()
        };
        match client.assessments().create_assessment(request).await {
            Ok(created) => made.push(created.into_inner().name),
            Err(status) => return (made, status),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_stop_lets_calls_in_flight_finish_and_ends_streams() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &[]);
    let mut writers = tokio::task::JoinSet::new();
    for number in 0..8 {
        writers.spawn(writer(server.address.clone(), number));
    }
    // A stream that would go on for ever, and an upload that is half done.
    let endpoint = format!("http://{}", server.address);
    let endpoint = tonic::transport::Endpoint::from_shared(endpoint).unwrap();
    let mut health = HealthClient::new(endpoint.connect().await.unwrap());
    let request = HealthCheckRequest {
        service: "readiness".to_owned(),
    };
    let mut watched = health.watch(request).await.unwrap().into_inner();
    assert_eq!(watched.next().await.unwrap().unwrap().status, 1);
    let client = Client::connect(&server.address, once()).await.unwrap();
    let (parts, receiver) = tokio::sync::mpsc::channel(4);
    let part = |part| v1::ImportDocumentRequest { part: Some(part) };
    use v1::import_document_request::Part;
    let options = v1::ImportOptions {
        media_type: "text/markdown".to_owned(),
        publish: true,
        ..Default::default()
    };
    parts.send(part(Part::Options(options))).await.unwrap();
    let head = "# Half done\n\nText.\n\n## Key challenges\n\n";
    parts.send(part(Part::Chunk(head.into()))).await.unwrap();
    let mut documents = client.documents();
    let upload = tokio::spawn(async move {
        let stream = tokio_stream::wrappers::ReceiverStream::new(receiver);
        documents.import_document(stream).await
    });
    // Everybody is at work once the server has something.
    while client.all::<v1::Assessment>(drafts()).await.unwrap().len() < 40 {
        tokio::task::yield_now().await;
    }
    let started = Instant::now();
    server.signal("-TERM");
    // The stream is told first, then ends; only then the upload goes on.
    assert_eq!(
        watched.next().await.unwrap().unwrap().status,
        2,
        "not serving"
    );
    parts
        .send(part(Part::Chunk("- The end\n".into())))
        .await
        .unwrap();
    drop(parts);
    let uploaded = upload
        .await
        .unwrap()
        .expect("a call in flight finishes")
        .into_inner();
    while let Some(Ok(_)) = watched.next().await {}
    let mut made = BTreeSet::new();
    while let Some(done) = writers.join_next().await {
        let (names, status) = done.unwrap();
        // A call that the client had not sent when the connection closed ends there: only such a
        // status has a source.
        let gone = status.code() == tonic::Code::Unavailable || status.source().is_some();
        assert!(gone, "{status}");
        made.extend(names);
    }
    let (code, log) = server.wait();
    let took = started.elapsed();
    assert_eq!(code, Some(0), "{log}");
    assert!(
        !log.contains("cut off") && took < Duration::from_secs(10),
        "{took:?} {log}"
    );
    let server = Server::start(folder.path(), &[]);
    let client = server.client().await;
    let stored = client.all::<v1::Assessment>(drafts()).await.unwrap();
    let stored: BTreeSet<String> = stored.into_iter().map(|one| one.name).collect();
    assert!(made.is_subset(&stored), "what was answered is there");
    assert!(!names(&client).await.is_empty() && uploaded.assessment.is_some());
    println!(
        "stopped in {took:?} with 8 writers ({} answered), an upload and a watch",
        made.len()
    );
}

fn drafts() -> Query {
    Query {
        states: vec![v1::AssessmentState::Draft],
        ..Query::default()
    }
}

/// Breaks a store so that it is rebuilt.
fn broken(folder: &Path) {
    for entry in std::fs::read_dir(folder.join("store/sled")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            std::fs::write(path, [7; 4096]).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_store_is_rebuilt_and_said() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &[]);
    import(&server.client().await, 1).await;
    let before = names(&server.client().await).await;
    server.end("-TERM");
    broken(folder.path());
    let server = Server::start(folder.path(), &[]);
    assert_eq!(names(&server.client().await).await, before);
    let (code, log) = server.end("-TERM");
    assert!(
        code == Some(0) && log.contains("rebuilt from the journal"),
        "{log}"
    );
    assert!(folder.path().join("store/broken").exists());
}

/// While the store is being rebuilt the server listens, and says that it is not ready.
#[cfg(feature = "failpoints")]
#[test]
fn until_the_store_is_rebuilt_callers_are_told_to_come_again() {
    use super::refusals::alone_in;
    use chancery::server::{Config, start};
    alone_in(
        "serving::until_the_store_is_rebuilt_callers_are_told_to_come_again",
        || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(async {
                let folder = TempDir::new().unwrap();
                let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
                let config = Config {
                    data_dir: folder.path().to_owned(),
                    listen: free.local_addr().unwrap(),
                    ..Config::default()
                };
                drop(free);
                let running = start(config.clone()).await.unwrap();
                let address = format!("http://{}", running.address);
                let client = Client::connect(&address, once()).await.unwrap();
                import(&client, 1).await;
                let before = names(&client).await;
                running.stop().await;
                broken(folder.path());

                fail::cfg("rebuild.replay", "pause").unwrap();
                let starting = tokio::spawn(start(config));
                let client = loop {
                    if let Ok(client) = Client::connect(&address, once()).await {
                        break client;
                    }
                    tokio::task::yield_now().await;
                };
                let told = loop {
                    let refused = client.all::<v1::Challenge>(Query::default()).await;
                    let told = format!("{:?}", refused.unwrap_err());
                    assert!(told.contains("NOT_READY"), "{told}");
                    if told.contains("record") {
                        break told;
                    }
                };
                assert!(told.contains("retry_after: Some"), "{told}");
                let status = client.status().await.unwrap();
                assert!(
                    !status.ready && status.alarms[0].contains("of 2"),
                    "{status:?}"
                );
                assert!(status.activities[0].contains("record"), "{status:?}");
                assert_eq!(client.health("readiness").await.unwrap(), "NOT_SERVING");
                assert_eq!(client.health("liveness").await.unwrap(), "SERVING");
                fail::remove("rebuild.replay");
                let running = starting.await.unwrap().unwrap();
                assert_eq!(names(&client).await, before);
                assert_eq!(client.health("readiness").await.unwrap(), "SERVING");
                running.stop().await;
            });
        },
    );
}
