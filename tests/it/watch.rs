//! Watches through the client library against the server as a process that is killed, and through
//! the built client; what ends a stream, and what it says then.
//!
//! `CHANCERY_TEST_WATCH=100,10000,10` sets watchers, commits and kills of the great run.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use chancery::client::{Client, Event, Options, Watch, Write};
use chancery::ledger::Ledger;
use chancery::model::limits::Limits;
use chancery::model::v1;
use chancery::server::{self, Config, Running};
use tempfile::TempDir;
use tonic::Code;

use crate::ledger::NOW_US;

/// A `chanceryd` of its own, on a port that it keeps over its kills.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: String,
}

impl Server {
    pub(crate) fn start(folder: &Path, listen: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_chanceryd"))
            .args(["--listen", listen, "--log", "warn", "--data-dir"])
            .arg(folder)
            .stdout(Stdio::piped())
            .spawn()
            .expect("start chanceryd");
        let stdout = BufReader::new(child.stdout.take().expect("stdout"));
        let told = stdout.lines().map_while(Result::ok);
        let address = told
            .filter(|line| line.contains("listens on"))
            .find_map(|line| Some(line.split_whitespace().last()?.to_owned()))
            .expect("an address");
        let address = address.trim_start_matches("http://").to_owned();
        Self { child, address }
    }

    /// Processor time of all its threads so far.
    fn worked(&self) -> Duration {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.child.id()));
        let tasks = tasks.into_iter().flatten().flatten();
        let ran = tasks.filter_map(|task| {
            let text = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
            text.split_whitespace().next()?.parse::<u64>().ok()
        });
        Duration::from_nanos(ran.sum())
    }

    /// Kills it as a power cut would; answers how long it had worked.
    pub(crate) fn kill(mut self) -> Duration {
        let worked = self.worked();
        self.child.kill().expect("kill");
        self.child.wait().expect("wait");
        worked
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}

pub(crate) fn patient() -> Options {
    Options {
        deadline: Duration::from_secs(60),
        attempts_max: u32::MAX,
        ..Options::default()
    }
}

pub(crate) async fn draft(client: &Client, id: &str) -> String {
    let draft = v1::Assessment {
        title: format!("Talks {id}"),
        ..Default::default()
    };
    let made = client.create(draft, id, &Write::once()).await;
    made.expect("create").name
}

async fn retell(client: &Client, name: &str, number: usize) -> v1::Assessment {
    let changed = v1::Assessment {
        name: name.to_owned(),
        summary: format!("number {number}"),
        ..Default::default()
    };
    let mask = ["summary".to_owned()];
    let changed = client.update(changed, &mask, &Write::once()).await;
    changed.expect("update")
}

fn drafts() -> Watch {
    Watch {
        states: vec![v1::AssessmentState::Draft],
        ..Watch::default()
    }
}

/// What one watcher was told: each revision and the names in it, in the order of telling.
type Told = Vec<(i64, Vec<String>)>;

/// Watches until a commit changes `last`; the revision it began after, and what it was told.
async fn watcher(address: String, watch: Watch) -> (i64, Told) {
    let client = Client::connect(&address, patient()).await.expect("connect");
    let mut watching = client.watch(watch);
    let mut began = watching.position();
    let mut told = Told::new();
    loop {
        match watching.next().await.expect("an event") {
            Event::SnapshotBegins => assert!(told.is_empty(), "a snapshot began anew"),
            Event::Snapshot(_) | Event::Progress(_) => {}
            Event::SnapshotComplete(revision) => began = revision,
            Event::Commit(commit) => {
                let names: Vec<String> = commit.changes.into_iter().map(|one| one.name).collect();
                let last = names.iter().any(|name| name.ends_with("/last"));
                told.push((commit.revision, names));
                if last {
                    return (began, told);
                }
            }
        }
    }
}

/// What the journal says was committed about assessments.
fn committed(folder: &Path) -> BTreeMap<i64, Vec<String>> {
    let ledger = Ledger::open(folder, Limits::default(), NOW_US).expect("open");
    let head = ledger.status().revision;
    let commits = (1..=head).filter_map(|revision| {
        let commit = ledger.commit_at(revision).expect("read").expect("a commit");
        let names: Vec<String> = commit.names;
        (!names.is_empty()).then_some((revision, names))
    });
    let commits = commits.collect();
    ledger.close();
    commits
}

#[tokio::test(flavor = "multi_thread")]
async fn no_commit_is_missing_or_told_twice_across_kills() {
    const WRITERS: usize = 8;
    let asked = std::env::var("CHANCERY_TEST_WATCH").unwrap_or("8,200,3".to_owned());
    let asked: Vec<usize> = asked.split(',').map(|part| part.parse().unwrap()).collect();
    let [watchers, commits, kills] = asked[..] else {
        panic!("watchers,commits,kills")
    };
    let folder = TempDir::new().unwrap();
    let mut server = Server::start(folder.path(), "127.0.0.1:0");
    let address = server.address.clone();
    let client = Client::connect(&address, patient()).await.unwrap();
    let mut names = Vec::new();
    for writer in 0..WRITERS {
        names.push(draft(&client, &format!("w{writer}")).await);
    }
    let began = Instant::now();
    let watches = (0..watchers).map(|number| {
        let watch = Watch {
            // Some begin with a snapshot, the others after what they know.
            after_revision: if number % 2 == 0 { 0 } else { 2 },
            ..drafts()
        };
        tokio::spawn(watcher(address.clone(), watch))
    });
    let watches: Vec<_> = watches.collect();
    let mut worked = Duration::ZERO;
    let each = commits / WRITERS / (kills + 1);
    for round in 0..=kills {
        let writers = names.iter().cloned().map(|name| {
            let client = client.clone();
            tokio::spawn(async move {
                for number in 0..each {
                    retell(&client, &name, round * each + number).await;
                }
            })
        });
        let writers: Vec<_> = writers.collect();
        if round < kills {
            // In the middle of the writing: one of them is half way, the others are anywhere.
            let half = Client::connect(&address, patient()).await.unwrap();
            for number in 0..each / 2 {
                retell(&half, &names[0], number).await;
            }
            worked += server.kill();
            server = Server::start(folder.path(), &address);
        }
        for writer in writers {
            writer.await.unwrap();
        }
    }
    draft(&client, "last").await;
    let mut told = Vec::new();
    for watch in watches {
        told.push(watch.await.unwrap());
    }
    worked += server.kill();
    let expected = committed(folder.path());
    let mut delivered = 0;
    for (began, told) in told {
        let expected = expected.iter().filter(|(revision, _)| **revision > began);
        let expected: Told = expected.map(|(at, names)| (*at, names.clone())).collect();
        delivered += told.len();
        assert_eq!(told.len(), expected.len(), "commits told to one watcher");
        assert_eq!(told, expected, "each commit once, in order");
    }
    println!(
        "{watchers} watchers, {} commits, {kills} kills: {delivered} messages in {:.1?}, none \
         missing, none twice; the server worked {:.1} us for each, its writes included",
        expected.len(),
        began.elapsed(),
        worked.as_secs_f64() * 1e6 / delivered as f64,
    );
}

#[test]
fn the_command_goes_on_after_a_restart_and_says_where_it_stopped() {
    let folder = TempDir::new().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = Server::start(folder.path(), "127.0.0.1:0");
    let address = server.address.clone();
    let client = runtime
        .block_on(Client::connect(&address, patient()))
        .unwrap();
    let name = runtime.block_on(draft(&client, "talks"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_chancery"))
        .args([
            "watch",
            "assessments",
            "--all-states",
            "--endpoint",
            &address,
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(command.stdout.take().unwrap()).lines();
    let mut next = || lines.next().unwrap().unwrap();
    assert!(next().ends_with("upserted  assessments/talks"));
    server.kill();
    let server = Server::start(folder.path(), &address);
    let revision = runtime.block_on(retell(&client, &name, 1)).revision;
    let line = next();
    assert!(line.starts_with(&format!("{revision}  ")), "{line}");
    let stopped = Command::new("kill")
        .args(["-INT", &command.id().to_string()])
        .status();
    assert!(stopped.unwrap().success());
    let output = command.wait_with_output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(
        told.ends_with(&format!("go on with --after {revision}\n")),
        "{told}"
    );
    drop(server);
}

async fn serve(folder: &Path, limits: Limits) -> (Running, Client) {
    let config = Config {
        data_dir: folder.to_owned(),
        listen: ([127, 0, 0, 1], 0).into(),
        limits,
        ..Config::default()
    };
    let running = server::start(config).await.expect("start the server");
    let address = running.address.to_string();
    let client = Client::connect(&address, Options::default()).await;
    (running, client.expect("connect"))
}

/// The raw stream, without a library that hides how it ends.
async fn opened(
    client: &Client,
    after: i64,
) -> Result<tonic::Streaming<v1::WatchAssessmentsResponse>, tonic::Status> {
    let answer = client.assessments().watch_assessments(from(after)).await?;
    Ok(answer.into_inner())
}

fn from(after: i64) -> v1::WatchAssessmentsRequest {
    v1::WatchAssessmentsRequest {
        after_revision: after,
        states: vec![v1::AssessmentState::Draft.into()],
        ..Default::default()
    }
}

/// The reason and the revision to resume at, as a stream's last words say.
fn last_words(status: &tonic::Status) -> (Code, String, String) {
    use tonic_types::StatusExt;
    let details = status.get_error_details();
    let info = details.error_info().cloned().expect("ErrorInfo");
    let resume = info.metadata.get("resume_revision").cloned();
    (status.code(), info.reason, resume.unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_ends_every_stream_with_the_revision_to_resume_at() {
    let folder = TempDir::new().unwrap();
    let (running, client) = serve(folder.path(), Limits::default()).await;
    draft(&client, "one").await;
    let mut stream = opened(&client, 0).await.unwrap();
    let mut complete = 0;
    while complete == 0 {
        let message = stream.message().await.unwrap().expect("a message");
        if let Some(v1::watch_assessments_response::Event::SnapshotComplete(done)) = message.event {
            complete = done.revision;
        }
    }
    let stopping = tokio::spawn(running.stop());
    let status = stream.message().await.expect_err("the end");
    let expected = (
        Code::Unavailable,
        "STOPPING".to_owned(),
        complete.to_string(),
    );
    assert_eq!(last_words(&status), expected, "{status:?}");
    stopping.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_takes_too_long_is_told_where_to_resume() {
    let folder = TempDir::new().unwrap();
    let limits = Limits {
        watch_patience_seconds: 0,
        watch_messages_max: 1,
        watches_max: 1,
        ..Limits::default()
    };
    let (running, client) = serve(folder.path(), limits).await;
    let name = draft(&client, "one").await;
    let summary = "x".repeat(12_000);
    let mut last = 0;
    for _ in 0..40 {
        let changed = v1::Assessment {
            name: name.clone(),
            summary: format!("{summary}{last}"),
            ..Default::default()
        };
        let mask = ["summary".to_owned()];
        let changed = client.update(changed, &mask, &Write::once()).await;
        last = changed.unwrap().revision;
    }
    // A reader with room for little, who takes nothing until his place has been given away.
    let small = tonic::transport::Endpoint::from_shared(format!("http://{}", running.address))
        .unwrap()
        .initial_stream_window_size(Some(1 << 16))
        .initial_connection_window_size(Some(1 << 16));
    let slow = small.connect().await.unwrap();
    let mut slow = chancery::client::AssessmentServiceClient::new(slow);
    let mut stream = slow.watch_assessments(from(2)).await.unwrap().into_inner();
    loop {
        match opened(&client, last).await {
            Ok(_given) => break,
            Err(refused) => assert_eq!(last_words(&refused).1, "WATCHES_EXHAUSTED"),
        }
    }
    let mut told = 2;
    let end = loop {
        match stream.message().await {
            Ok(Some(message)) => {
                if let Some(v1::watch_assessments_response::Event::Commit(commit)) = message.event {
                    assert_eq!(commit.revision, told + 1);
                    told = commit.revision;
                }
            }
            Ok(None) => panic!("the stream ended without a word"),
            Err(status) => break status,
        }
    };
    let expected = (
        Code::ResourceExhausted,
        "WATCH_TOO_SLOW".to_owned(),
        told.to_string(),
    );
    assert_eq!(last_words(&end), expected, "{end:?}");
    assert!(told < last, "it was ended before everything was told");

    drop((stream, slow));
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_watchers_are_told_the_same_and_one_too_many_is_refused() {
    let folder = TempDir::new().unwrap();
    let limits = Limits {
        watches_max: 1_000,
        ..Limits::default()
    };
    let (running, client) = serve(folder.path(), limits).await;
    let name = draft(&client, "one").await;
    let mut clients = Vec::new();
    for _ in 0..5 {
        let address = running.address.to_string();
        clients.push(Client::connect(&address, Options::default()).await.unwrap());
    }
    let mut streams = Vec::new();
    for number in 0..1_000 {
        streams.push(opened(&clients[number % 5], 2).await.unwrap());
    }
    let refused = opened(&client, 2).await.expect_err("one too many");
    let (code, reason, _) = last_words(&refused);
    assert_eq!(
        (code, reason.as_str()),
        (Code::ResourceExhausted, "WATCHES_EXHAUSTED")
    );
    let revision = retell(&client, &name, 1).await.revision;
    for stream in &mut streams {
        loop {
            let message = stream.message().await.unwrap().expect("a message");
            if let Some(v1::watch_assessments_response::Event::Commit(commit)) = message.event {
                assert_eq!((commit.revision, commit.commit_complete), (revision, true));
                break;
            }
        }
    }
    drop(streams);
    drop(clients);
    running.stop().await;
}
