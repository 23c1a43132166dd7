//! A disk that is full, and one that may only be read. Both are file systems of their own, in
//! memory, which takes root to mount; without it the suite says that it skips. What happens inside
//! the ledger is shown by `refusals` as well, by failpoints, on any machine.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use chancery::client::{Client, Options, Query};
use chancery::error::Error;
use chancery::ledger::Ledger;
use chancery::model::v1;
use tempfile::TempDir;

use super::program::Plan;
use crate::durability::{Server, import, names};
use crate::ledger::{NOW_US, commit, digest, header, latest, line, published};

/// A file system in memory, taken away again when it goes.
struct Disk(TempDir);

impl Disk {
    fn mount(megabytes: u32) -> Option<Self> {
        let folder = TempDir::new().unwrap();
        let options = format!("size={megabytes}m");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &options, "chancery-test"])
            .arg(folder.path())
            .output();
        if mounted.is_ok_and(|output| output.status.success()) {
            return Some(Self(folder));
        }
        println!("skipped: a file system cannot be mounted here");
        None
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn remount(&self, how: &str) {
        let done = Command::new("mount")
            .args(["-o", &format!("remount,{how}")])
            .arg(self.path())
            .status()
            .unwrap();
        assert!(done.success());
    }

    /// Fills it up but for so many bytes; the file that does it.
    fn fill(&self, left: u64) -> std::path::PathBuf {
        let free = Command::new("stat")
            .args(["-f", "-c", "%a %S"])
            .arg(self.path())
            .output()
            .unwrap();
        let free = String::from_utf8(free.stdout).unwrap();
        let (blocks, size) = free.trim().split_once(' ').unwrap();
        let free = blocks.parse::<u64>().unwrap() * size.parse::<u64>().unwrap();
        let ballast = self.path().join("ballast");
        let length = free.saturating_sub(left).to_string();
        let filled = Command::new("fallocate")
            .args(["-l", &length])
            .arg(&ballast)
            .status()
            .unwrap();
        assert!(filled.success());
        ballast
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _gone = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

async fn try_import(client: &Client, number: usize) -> Result<(), tonic::Status> {
    let request = v1::CreateAssessmentRequest {
        assessment: Some(v1::Assessment {
            title: format!("Talks {number}"),
            ..Default::default()
        }),
        ..Default::default()
    };
    client
        .assessments()
        .create_assessment(request)
        .await
        .map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_writes_serves_reads_and_recovers() {
    let Some(disk) = Disk::mount(192) else { return };
    let server = Server::start(&disk.path().join("data"), &[]);
    let options = Options {
        attempts_max: 1,
        ..Options::default()
    };
    let client = Client::connect(&server.address, options).await.unwrap();
    import(&client, 1).await;
    let before = names(&client).await;
    let mut longest = Duration::ZERO;
    for left in [32 << 20, 0] {
        let ballast = disk.fill(left);
        for number in 0..20 {
            let refused = try_import(&client, number).await.unwrap_err();
            assert_eq!(refused.code(), tonic::Code::ResourceExhausted, "{refused}");
            assert!(refused.message().contains("make room there"), "{refused}");
        }
        assert_eq!(names(&client).await, before, "reads are served");
        let status = client.status().await.unwrap();
        assert!(
            status
                .alarms
                .iter()
                .any(|alarm| alarm.contains("make room")),
            "{status:?}"
        );
        std::fs::remove_file(ballast).unwrap();
        let started = Instant::now();
        while try_import(&client, 1_000).await.is_err() {
            assert!(started.elapsed() < Duration::from_secs(5));
        }
        longest = longest.max(started.elapsed());
        assert_eq!(client.status().await.unwrap().alarms, [""; 0]);
    }
    let all = client
        .all::<v1::Assessment>(Query::default())
        .await
        .unwrap()
        .len();
    let (code, _) = server.end("-TERM");
    assert_eq!(code, Some(0));
    let server = Server::start(&disk.path().join("data"), &[]);
    let again = server
        .client()
        .await
        .all::<v1::Assessment>(Query::default())
        .await
        .unwrap();
    assert_eq!(again.len(), all);
    println!("a full disk: 40 writes refused, reads served, writing {longest:?} after space came");
}

/// Without the margin, as when somebody else takes the last byte between two looks.
#[tokio::test]
async fn the_last_byte_of_a_disk_loses_nothing() {
    let Some(disk) = Disk::mount(24) else { return };
    let plan = Plan {
        writers: 1,
        commits: 0,
        segment_bytes: 64 << 10,
        checkpoint_revisions: 100,
        keeping: false,
    };
    let folder = disk.path().join("data");
    let ledger = Ledger::open(&folder, plan.limits(), NOW_US).unwrap();
    commit(&ledger, vec![header("talks", published())]).await;
    let mut acknowledged = 0;
    for round in 0..3 {
        let ballast = disk.fill(256 << 10);
        let refused = loop {
            let id = format!("n{}", acknowledged % 40);
            let change =
                crate::ledger::change(vec![line("talks", &id, "actors/x", v1::Posture::Claims)]);
            match ledger.commit(change).await {
                Ok(_) => acknowledged += 1,
                Err(refused) => break refused,
            }
        };
        println!("round {round}: after {acknowledged} commits: {refused:?}");
        let full = matches!(refused, Error::Exhausted { .. });
        let stopped = matches!(refused, Error::Unavailable { .. });
        assert!(full || stopped, "{refused:?}");
        assert!(latest(&ledger).await.digest().is_ok(), "reads are served");
        std::fs::remove_file(ballast).unwrap();
        if stopped {
            break;
        }
        // The store writes behind: that it found no room may come to light only now.
        let after = crate::ledger::change(vec![header("talks", published())]);
        match ledger.commit(after).await {
            Ok(_) => acknowledged += 1,
            Err(Error::Unavailable { .. }) => break,
            Err(refused) => panic!("{refused:?}"),
        }
    }
    let head = latest(&ledger).await.revision();
    assert_eq!(head, acknowledged + 2);
    let before = digest(&ledger).await;
    ledger.close();
    drop(ledger);
    let ledger = Ledger::open(&folder, plan.limits(), NOW_US).unwrap();
    assert!(latest(&ledger).await.revision() >= head);
    let view = ledger.view(crate::ledger::caller(), head).unwrap();
    assert_eq!(view.digest().unwrap(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_may_only_be_read_is_verified_and_not_served() {
    let Some(disk) = Disk::mount(192) else { return };
    let folder = disk.path().join("data");
    let server = Server::start(&folder, &[]);
    import(&server.client().await, 1).await;
    server.end("-TERM");
    disk.remount("ro");
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_chanceryd"))
            .arg("--data-dir")
            .arg(&folder)
            .args(arguments)
            .output()
            .unwrap();
        let told = [output.stdout, output.stderr].concat();
        (
            output.status.code(),
            String::from_utf8_lossy(&told).into_owned(),
        )
    };
    let (code, told) = run(&["verify"]);
    assert!(code == Some(0) && told.contains("sound"), "{told}");
    let (code, told) = run(&["--listen", "127.0.0.1:0"]);
    assert!(
        code == Some(1) && told.contains("Read-only file system"),
        "{told}"
    );
    assert!(told.contains("LOCK"), "it says which file: {told}");
    disk.remount("rw");
    let server = Server::start(&folder, &[]);
    assert_eq!(server.end("-TERM").0, Some(0));
}
