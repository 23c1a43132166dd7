//! The program that is killed, and the judge of what it leaves behind. Both are this very binary:
//!
//! ```text
//! CHANCERY_TEST_WRITER=DIR it --ignored --exact writer --nocapture
//!     a ledger and nothing else: writers commit, and print `ack REVISION` after each commit;
//!     with CHANCERY_TEST_COPIES=DIR it is archived, backed up and restored in the end
//! it --ignored --exact check DIR ACKS
//!     exit 0 when everything in the file ACKS is honoured, 3 when something is lost or wrong
//! ```
//! The n-th commit of a writer says so in its reason and in its body: which commits there must be,
//! in which order and with which content, follows from the acknowledgements alone.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use chancery::error::Error;
use chancery::ledger::change::Effect;
use chancery::ledger::restore::{Until, restore};
use chancery::ledger::{At, Ledger};
use chancery::model::limits::Limits;
use chancery::model::v1;
use prost::Message;

use super::rounds;
use crate::ledger::{NOW_US, caller, change, header, line, name, published};

/// Revisions that are left when history is compacted.
const KEPT_REVISIONS: i64 = 20;

/// The exit code for something lost or wrong.
const LOST: i32 = 3;

/// How the writer goes about it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) writers: usize,
    /// Commits of each writer, from where it is; then it stops cleanly.
    pub(crate) commits: usize,
    pub(crate) segment_bytes: u64,
    pub(crate) checkpoint_revisions: i64,
    /// Also purges and compacts, without a pause.
    pub(crate) keeping: bool,
}

impl Plan {
    fn read() -> Self {
        Self {
            writers: rounds("CHANCERY_TEST_WRITERS", 4),
            commits: rounds("CHANCERY_TEST_COMMITS", 100),
            segment_bytes: rounds("CHANCERY_TEST_SEGMENT_BYTES", 64 << 10) as u64,
            checkpoint_revisions: rounds("CHANCERY_TEST_CHECKPOINT", 50) as i64,
            keeping: rounds("CHANCERY_TEST_KEEPING", 0) > 0,
        }
    }

    /// This binary as the writer, in a process of its own.
    pub(crate) fn command(&self, folder: &Path) -> Command {
        let mut command = Command::new(std::env::current_exe().expect("this binary"));
        command
            .args(["--ignored", "--exact", "writer", "--nocapture"])
            .env("CHANCERY_TEST_WRITER", folder)
            .env("CHANCERY_TEST_WRITERS", self.writers.to_string())
            .env("CHANCERY_TEST_COMMITS", self.commits.to_string())
            .env(
                "CHANCERY_TEST_SEGMENT_BYTES",
                self.segment_bytes.to_string(),
            )
            .env(
                "CHANCERY_TEST_CHECKPOINT",
                self.checkpoint_revisions.to_string(),
            )
            .env("CHANCERY_TEST_KEEPING", u8::from(self.keeping).to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub(crate) fn limits(&self) -> Limits {
        Limits {
            segment_bytes: self.segment_bytes,
            checkpoint_revisions: self.checkpoint_revisions,
            disk_free_bytes_min: 0,
            image_rows_min: 1,
            ..Limits::default()
        }
    }
}

/// The revisions that a writer's output acknowledges.
pub(crate) fn acknowledged(output: &str) -> Vec<i64> {
    let acks = output.lines().filter_map(|line| line.strip_prefix("ack "));
    acks.map(|revision| revision.parse().expect("a revision"))
        .collect()
}

/// This binary as the judge, in a process of its own: its exit code and what it says.
#[cfg(feature = "failpoints")]
pub(crate) fn judged(folder: &Path, acks: &[i64]) -> (Option<i32>, String) {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let lines: String = acks.iter().map(|ack| format!("ack {ack}\n")).collect();
    std::fs::write(file.path(), lines).expect("write");
    let output = Command::new(std::env::current_exe().expect("this binary"))
        .args(["--ignored", "--exact", "check"])
        .args([folder, file.path()])
        .output()
        .expect("run the judge");
    let told = [output.stdout, output.stderr].concat();
    (
        output.status.code(),
        String::from_utf8_lossy(&told).into_owned(),
    )
}

/// What a ledger was found to hold.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) head: i64,
    pub(crate) opened: Duration,
}

/// Opens a ledger, and holds it against what was acknowledged: everything is there, each commit
/// once, in the order of its writer, with its own content.
pub(crate) fn audit(folder: &Path, plan: &Plan, acks: &[i64]) -> Result<Held, String> {
    let started = Instant::now();
    let ledger =
        Ledger::open(folder, plan.limits(), NOW_US).map_err(|error| format!("{error:?}"))?;
    let opened = started.elapsed();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime");
    let (head, _next) = runtime.block_on(contents(&ledger))?;
    if let Some(lost) = acks.iter().find(|ack| **ack > head) {
        return Err(format!(
            "revision {lost} was acknowledged, the newest is {head}"
        ));
    }
    Ok(Held { head, opened })
}

async fn contents(ledger: &Ledger) -> Result<(i64, BTreeMap<usize, usize>), String> {
    let head = ledger.status().revision;
    let mut next = BTreeMap::new();
    let mut feed = ledger.watch(0);
    for revision in 1..=head {
        let commit = feed.next().await.ok_or("the feed ended")?;
        let commit = commit.map_err(|error| format!("{error:?}"))?;
        if commit.revision != revision {
            return Err(format!("{} where {revision} belongs", commit.revision));
        }
        let Some((writer, number)) = commit.reason.split_once(' ') else {
            continue;
        };
        let (Ok(writer), Ok(number)) = (writer.parse::<usize>(), number.parse::<usize>()) else {
            return Err(format!("a strange reason: \"{}\"", commit.reason));
        };
        let expected = next.entry(writer).or_insert(0);
        if number != *expected {
            return Err(format!(
                "writer {writer}: {number} where {expected} belongs, at {revision}"
            ));
        }
        *expected += 1;
        if revision < ledger.status().earliest {
            continue;
        }
        let view = ledger.read(caller(), At::Exact(revision), NOW_US).await;
        let view = view.map_err(|error| format!("{error:?}"))?;
        let written = commit.names.last().ok_or("a commit of nothing")?;
        let body = view
            .get(&name(written))
            .map_err(|error| format!("{written} at {revision}: {error:?}"))?;
        let held = v1::RedLine::decode(body).map_err(|error| error.to_string())?;
        if (held.title.as_str(), held.revision) != (commit.reason.as_str(), revision) {
            return Err(format!("revision {revision} is torn: {held:?}"));
        }
    }
    Ok((head, next))
}

/// The mode `check`.
pub(crate) fn check() {
    let mut arguments = std::env::args().skip_while(|argument| argument != "check");
    let (Some(folder), Some(acks)) = (arguments.nth(1), arguments.next()) else {
        println!("skipped: it --ignored --exact check DIR ACKS");
        return;
    };
    let acks = acknowledged(&std::fs::read_to_string(acks).expect("the acknowledgements"));
    match audit(&PathBuf::from(folder), &Plan::read(), &acks) {
        Ok(_held) => {}
        Err(why) => {
            // Not what the test harness would keep for itself.
            writeln!(std::io::stderr(), "{why}").expect("say");
            std::process::exit(LOST);
        }
    }
}

/// Prints a line whole, at once.
fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("{text}\n").as_bytes()).expect("say");
    out.flush().expect("say");
}

/// The mode `writer`.
pub(crate) fn write() {
    let Some(folder) = std::env::var_os("CHANCERY_TEST_WRITER").map(PathBuf::from) else {
        println!("skipped: CHANCERY_TEST_WRITER=DIR it --ignored --exact writer --nocapture");
        return;
    };
    #[cfg(feature = "failpoints")]
    let _scenario = fail::FailScenario::setup();
    // The test's own name stands on this line.
    say("");
    let plan = Plan::read();
    let opened = catch_unwind(AssertUnwindSafe(|| {
        Ledger::open(&folder, plan.limits(), NOW_US)
    }));
    match opened {
        Ok(Ok(ledger)) => {
            let stopped = run(&ledger, &plan);
            let closed = catch_unwind(AssertUnwindSafe(|| ledger.close()));
            for why in &stopped {
                say(&format!("stopped {why}"));
            }
            let done = stopped.is_empty() && closed.is_ok();
            say(if done { "done" } else { "ended" });
        }
        Ok(Err(error)) => say(&format!("refused {error:?}")),
        Err(_panic) => say("refused by a panic"),
    }
    #[cfg(feature = "failpoints")]
    say(&format!(
        "reached {}",
        chancery::ledger::reached::points().join(" ")
    ));
}

/// Commits until every writer is done or stopped; answers why they stopped.
fn run(ledger: &Ledger, plan: &Plan) -> BTreeSet<String> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_time()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let next = match contents(ledger).await {
            Ok((_, next)) => next,
            Err(why) => return BTreeSet::from([why]),
        };
        let mut writers = tokio::task::JoinSet::new();
        for writer in 0..plan.writers {
            let (ledger, commits) = (ledger.clone(), plan.commits);
            let from = next.get(&writer).copied().unwrap_or_default();
            writers.spawn(async move {
                for number in from..from + commits {
                    let committed = ledger.commit(numbered(writer, number)).await;
                    match committed {
                        Ok(committed) => say(&format!("ack {}", committed.revision)),
                        Err(error) => return Some(format!("{error:?}")),
                    }
                }
                None
            });
        }
        let keeping = plan.keeping.then(|| {
            let ledger = ledger.clone();
            tokio::spawn(async move { while erase(&ledger).await.is_ok() {} })
        });
        let mut stopped = BTreeSet::new();
        while let Some(ended) = writers.join_next().await {
            stopped.extend(ended.expect("a writer"));
        }
        if let Some(keeping) = keeping {
            keeping.abort();
        }
        if stopped.is_empty() {
            stopped.extend(erase(ledger).await.err());
        }
        if let Some(copies) = std::env::var_os("CHANCERY_TEST_COPIES").map(PathBuf::from)
            && stopped.is_empty()
        {
            let copied = || copied(ledger, &copies, plan.limits());
            let done = catch_unwind(AssertUnwindSafe(copied));
            stopped.extend(done.unwrap_or_else(|_| Err("a panic".to_owned())).err());
        }
        stopped
    })
}

/// Writes what no writer counts and has it erased again, and all but the latest history with it.
async fn erase(ledger: &Ledger) -> Result<(), String> {
    let head = ledger.status().revision;
    let id = format!("doomed-{head:08}");
    let doomed = format!("assessments/{id}");
    let told = |error| format!("{error:?}");
    let mut written = change(vec![header(&id, published())]);
    written.reason = "doomed".to_owned();
    ledger.commit(written).await.map_err(told)?;
    let mut gone = change(vec![Effect {
        name: doomed.clone(),
        body: Vec::new(),
        tombstone: true,
    }]);
    gone.reason = "purged".to_owned();
    ledger.keeper().await.purge(gone, ()).await.map_err(told)?;
    say(&format!("purged {id}"));
    let keeper = ledger.keeper().await;
    let earliest = (head - KEPT_REVISIONS).max(1);
    let compacted = keeper.compact(earliest, change(Vec::new())).await;
    compacted.map_err(told)?;
    match ledger.names_under(&doomed).as_slice() {
        [] => Ok(()),
        left => Err(format!("still there: {left:?}")),
    }
}

/// Archives the ledger and backs it up, and restores both into a folder beside, where it answers
/// the same.
fn copied(ledger: &Ledger, copies: &Path, limits: Limits) -> Result<(), String> {
    let told = |error| format!("{error:?}");
    let backup = ledger.backup(0).map_err(told)?;
    let mut file = std::fs::File::create(copies.join("backup")).map_err(|e| e.to_string())?;
    let written = backup.write(&mut |bytes| {
        file.write_all(bytes)
            .map_err(|error| Error::Internal(error.to_string()))
    });
    let head = written.map_err(told)?.head;
    let archive = copies.join("archive");
    std::fs::create_dir(&archive).map_err(|e| e.to_string())?;
    ledger.archive_now(&archive).map_err(told)?;
    let folder = copies.join("restored");
    let sources = [archive, copies.join("backup")];
    let restored = restore(&sources, &folder, Until::End, limits);
    let done = restored.map_err(told)?;
    if !(done.compared && done.head == head) {
        return Err(format!("restored otherwise: {done:?}"));
    }
    Ok(())
}

/// The n-th change of a writer.
fn numbered(writer: usize, number: usize) -> chancery::ledger::change::Change {
    let said = format!("{writer} {number}");
    let id = format!("n{}", number % 29);
    let assessment = format!("w{writer}");
    let mut effect = line(&assessment, &id, "actors/x", v1::Posture::Claims);
    let mut body = v1::RedLine::decode(effect.body.as_slice()).expect("a line");
    body.title.clone_from(&said);
    effect.body = body.encode_to_vec();
    let mut effects = vec![effect];
    if number == 0 {
        effects.insert(0, header(&assessment, published()));
    }
    let mut change = change(effects);
    change.request_id.clone_from(&said);
    change.reason = said;
    change
}
