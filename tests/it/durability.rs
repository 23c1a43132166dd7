//! The server as a process: what its operator does to it, and what power and disks do.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use chancery::client::{Client, Options, Query};
use chancery::model::v1;
use tempfile::TempDir;

use crate::ledger::last_frame;

/// A `chanceryd` of its own.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: String,
    stderr: Option<std::thread::JoinHandle<String>>,
}

impl Server {
    pub(crate) fn start(folder: &Path, flags: &[&str]) -> Self {
        Self::start_with(folder, &[&["--listen", "127.0.0.1:0"], flags].concat())
    }

    fn start_with(folder: &Path, flags: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chanceryd"));
        command.arg("--data-dir").arg(folder).args(flags);
        Self::spawn(command)
    }

    /// A server that may have only so many files open.
    pub(crate) fn start_limited(folder: &Path, files: u32) -> Self {
        let mut command = Command::new("sh");
        let script = format!("ulimit -n {files}; exec \"$@\"");
        command
            .args(["-c", &script, "sh", env!("CARGO_BIN_EXE_chanceryd")])
            .args(["--listen", "127.0.0.1:0", "--data-dir"])
            .arg(folder);
        Self::spawn(command)
    }

    fn spawn(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("start chanceryd");
        let mut stderr = child.stderr.take().expect("stderr");
        let stderr = std::thread::spawn(move || {
            let mut text = String::new();
            stderr.read_to_string(&mut text).expect("read stderr");
            text
        });
        let stdout = BufReader::new(child.stdout.take().expect("stdout"));
        let told = stdout
            .lines()
            .map_while(Result::ok)
            .find(|line| line.contains("listens on"));
        let address = told.and_then(|line| Some(line.split_whitespace().last()?.to_owned()));
        Self {
            child,
            address: address.expect("an address"),
            stderr: Some(stderr),
        }
    }

    pub(crate) async fn client(&self) -> Client {
        let options = Options {
            attempts_max: 1,
            ..Options::default()
        };
        Client::connect(&self.address, options)
            .await
            .expect("connect")
    }

    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill")
            .args([name, &pid])
            .status()
            .expect("kill");
        assert!(sent.success());
    }

    /// Ends it and answers its exit code and its log.
    pub(crate) fn end(self, signal: &str) -> (Option<i32>, String) {
        self.signal(signal);
        self.wait()
    }

    /// Waits until it has ended.
    pub(crate) fn wait(mut self) -> (Option<i32>, String) {
        let status = self.child.wait().expect("wait");
        let log = self.stderr.take().expect("a log").join().expect("the log");
        (status.code(), log)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}

fn warnings(log: &str) -> Vec<&str> {
    log.lines().filter(|line| line.contains("WARN")).collect()
}

pub(crate) async fn import(client: &Client, number: usize) -> String {
    let text =
        format!("# Talks {number}\n\nTwo states talk.\n\n## Key challenges\n\n- Number {number}\n");
    let options = v1::ImportOptions {
        publish: true,
        ..Default::default()
    };
    let done = client
        .import(text.as_bytes(), options)
        .await
        .expect("import");
    done.assessment.expect("an assessment").name
}

pub(crate) async fn names(client: &Client) -> Vec<(String, i64)> {
    let all = client
        .all::<v1::Challenge>(Query::default())
        .await
        .expect("a list");
    all.into_iter()
        .map(|challenge| (challenge.name, challenge.revision))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sample_is_imported_once_and_a_clean_stop_exits_0() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &["--sample"]);
    let lines = server
        .client()
        .await
        .all::<v1::RedLine>(Query::default())
        .await
        .unwrap();
    assert!(lines.len() >= 3);
    let (code, log) = server.end("-TERM");
    assert_eq!((code, warnings(&log)), (Some(0), vec![]), "{log}");

    let server = Server::start(folder.path(), &["--sample"]);
    let again = server
        .client()
        .await
        .all::<v1::RedLine>(Query::default())
        .await
        .unwrap();
    assert_eq!(again, lines);
    let second = Command::new(env!("CARGO_BIN_EXE_chanceryd"))
        .args(["--listen", "127.0.0.1:0", "--data-dir"])
        .arg(folder.path())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(
        !second.status.success() && told.contains("another process"),
        "{told}"
    );
    assert_eq!(server.end("-INT").0, Some(0));
}

#[test]
fn the_network_is_refused_unless_told_in_words() {
    let folder = TempDir::new().unwrap();
    let refused = Command::new(env!("CARGO_BIN_EXE_chanceryd"))
        .args(["--listen", "0.0.0.0:0", "--data-dir"])
        .arg(folder.path())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1));
    assert!(told.contains("--allow-unauthenticated-network"), "{told}");

    let flags = ["--listen", "0.0.0.0:0", "--allow-unauthenticated-network"];
    let server = Server::start_with(folder.path(), &flags);
    let (code, log) = server.end("-TERM");
    assert_eq!((code, warnings(&log).len()), (Some(0), 1), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_keeps_what_it_acknowledged() {
    let folder = TempDir::new().unwrap();
    let mut acknowledged = Vec::new();
    for round in 0..3 {
        let server = Server::start(folder.path(), &[]);
        let client = server.client().await;
        let found: Vec<String> = names(&client)
            .await
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        for name in &acknowledged {
            let prefix = format!("{name}/");
            assert!(
                found.iter().any(|found| found.starts_with(&prefix)),
                "{name} was lost"
            );
        }
        let mut imports = tokio::task::JoinSet::new();
        for number in 0..40 {
            let client = client.clone();
            imports.spawn(async move {
                let text =
                    format!("# R{round} n{number}\n\nText.\n\n## Key challenges\n\n- N {number}\n");
                let options = v1::ImportOptions {
                    publish: true,
                    ..Default::default()
                };
                let done = client.import(text.as_bytes(), options).await.ok()?;
                Some(done.assessment?.name)
            });
        }
        for _ in 0..10 {
            acknowledged.extend(imports.join_next().await.unwrap().unwrap());
        }
        server.end("-KILL");
        while let Some(done) = imports.join_next().await {
            acknowledged.extend(done.unwrap());
        }
    }
    assert!(acknowledged.len() >= 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_last_frame_costs_one_warning_and_nothing_before_it() {
    for signal in ["-TERM", "-KILL"] {
        for truncate in [true, false] {
            let folder = TempDir::new().unwrap();
            let server = Server::start(folder.path(), &[]);
            let client = server.client().await;
            for number in 0..8 {
                import(&client, number).await;
            }
            let all = names(&client).await;
            server.end(signal);
            let (path, start, end) = last_frame(folder.path());
            let half = start + (end - start) / 2;
            let mut bytes = std::fs::read(&path).unwrap();
            if truncate {
                bytes.truncate(half);
            } else {
                bytes[half..end].fill(0);
            }
            std::fs::write(&path, bytes).unwrap();

            let server = Server::start(folder.path(), &[]);
            let after = names(&server.client().await).await;
            // After a clean stop the last frame is the seal; after a kill it is the last import.
            let kept = if signal == "-TERM" {
                &all[..]
            } else {
                &all[1..]
            };
            assert_eq!(after, kept, "{signal} truncate={truncate}");
            let (code, log) = server.end("-TERM");
            assert_eq!((code, warnings(&log).len()), (Some(0), 1), "{signal} {log}");
        }
    }
}

/// Runs `chanceryd` to its end with these arguments and environment.
fn run(arguments: &[&str], environment: &[(&str, &str)]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_chanceryd"))
        .args(arguments)
        .envs(environment.iter().copied())
        .output()
        .expect("run chanceryd");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.code(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

#[test]
fn settings_come_from_flags_then_environment_then_file_then_default() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("chanceryd.toml");
    let text = "listen = \"127.0.0.1:3\"\nlog = \"warn\"\ndrain_seconds = 5\n";
    std::fs::write(&file, text).unwrap();
    let file = file.to_str().unwrap();
    let environment = [
        ("CHANCERY_LISTEN", "127.0.0.1:2"),
        ("CHANCERY_LOG", "debug"),
    ];
    let flags = [
        "--listen",
        "127.0.0.1:1",
        "--config",
        file,
        "config",
        "print",
    ];
    let (code, printed, _) = run(&flags, &environment);
    assert_eq!(code, Some(0));
    for line in [
        "listen = \"127.0.0.1:1\"",
        "log = \"debug\"",
        "drain_seconds = 5",
        "sample = false",
    ] {
        assert!(printed.contains(line), "{line} in {printed}");
    }

    let (code, _, told) = run(&["--listen", "0.0.0.0:1", "config", "check"], &[]);
    assert!(
        code == Some(1) && told.contains("--allow-unauthenticated-network"),
        "{told}"
    );
    let (code, _, told) = run(&["--log", "=,=", "config", "check"], &[]);
    assert!(code == Some(1) && told.contains("log"), "{told}");
    std::fs::write(file, "lisen = 1\n").unwrap();
    let (code, _, told) = run(&["--config", file, "config", "check"], &[]);
    assert!(code == Some(1) && told.contains("lisen"), "{told}");
    assert_eq!(run(&["config", "check"], &[]).0, Some(0));
}

/// Creates an assessment, again and again under one request id, until somebody answers.
async fn create_until_answered(address: String, number: usize) -> String {
    let options = Options {
        attempts_max: 1,
        ..Options::default()
    };
    loop {
        let Ok(client) = Client::connect(&address, options.clone()).await else {
            tokio::task::yield_now().await;
            continue;
        };
        let request = v1::CreateAssessmentRequest {
            assessment: Some(v1::Assessment {
                title: format!("Talks {number}"),
                ..Default::default()
            }),
            request_id: format!("storm-{number}"),
            ..Default::default()
        };
        match client.assessments().create_assessment(request).await {
            Ok(created) => return created.into_inner().name,
            Err(status) => assert_ne!(status.code(), tonic::Code::InvalidArgument, "{status}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_retry_storm_across_kills_has_each_effect_once() {
    const REQUESTS: usize = 96;
    let folder = TempDir::new().unwrap();
    let mut server = Server::start(folder.path(), &[]);
    let address = server.address.clone();
    let mut storm = tokio::task::JoinSet::new();
    for number in 0..REQUESTS {
        // Two copies of each, so that repeats race their first copy too.
        storm.spawn(create_until_answered(address.clone(), number));
        storm.spawn(create_until_answered(address.clone(), number));
    }
    let mut named = Vec::new();
    for _ in 0..3 {
        for _ in 0..REQUESTS / 4 {
            named.push(storm.join_next().await.unwrap().unwrap());
        }
        server.end("-KILL");
        server = Server::start_with(folder.path(), &["--listen", &address]);
    }
    while let Some(name) = storm.join_next().await {
        named.push(name.unwrap());
    }
    assert_eq!(named.len(), 2 * REQUESTS);
    named.sort();
    named.dedup();
    assert_eq!(
        named.len(),
        REQUESTS,
        "both copies were given the same answer"
    );
    let query = Query {
        states: vec![v1::AssessmentState::Draft],
        ..Query::default()
    };
    let all = server
        .client()
        .await
        .all::<v1::Assessment>(query)
        .await
        .unwrap();
    let mut stored: Vec<String> = all.into_iter().map(|assessment| assessment.name).collect();
    stored.sort();
    assert_eq!(stored, named, "each was created once");
    assert_eq!(server.end("-TERM").0, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_that_cannot_be_read_is_said_and_made_again() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &[]);
    import(&server.client().await, 1).await;
    let before = names(&server.client().await).await;
    assert_eq!(server.end("-TERM").0, Some(0));
    let note = folder.path().join("store/checkpoint.json");
    std::fs::write(&note, "{ half").unwrap();

    let server = Server::start(folder.path(), &[]);
    assert_eq!(names(&server.client().await).await, before);
    let (code, log) = server.end("-TERM");
    assert_eq!((code, warnings(&log).len()), (Some(0), 1), "{log}");
    assert!(std::fs::read_to_string(&note).unwrap().contains("chain"));
}
