//! Power cuts. A recorder that is loaded before the writer notes each write, sync and name; a
//! replayer builds the disk as a cut at any moment may leave it; the judge opens that.
//!
//! Both are tools that are not part of this repository. They are looked for in
//! `../shared/tools/powercut`, or where `CHANCERY_POWERCUT` says; without them, or without a C
//! compiler or Python, the suite says that it skips.
//!
//! `CHANCERY_TEST_CUTS=1000 cargo test --test it faults::power -- --nocapture`

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::program::{Plan, acknowledged};
use super::rounds;

/// What becomes of writes that were not synced.
const POLICIES: [&str; 4] = ["none", "random", "torn", "sectors"];

/// The tools' folder, if they are there.
fn tools() -> Option<PathBuf> {
    let named = std::env::var_os("CHANCERY_POWERCUT").map(PathBuf::from);
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/tools/powercut");
    let folder = named.unwrap_or(beside);
    let there = ["recorder.c", "replay.py"];
    let ready = there.iter().all(|file| folder.join(file).exists())
        && ["cc", "python3"].iter().all(|tool| {
            let asked = Command::new(tool).arg("--version").output();
            asked.is_ok_and(|output| output.status.success())
        });
    ready.then_some(folder)
}

/// Runs the writer under the recorder; answers how much it acknowledged.
fn record(tools: &Path, home: &Path, plan: &Plan) -> usize {
    let library = home.join("recorder.so");
    let compiled = Command::new("cc")
        .args(["-O2", "-shared", "-fPIC", "-o"])
        .args([&library, &tools.join("recorder.c")])
        .status()
        .unwrap();
    assert!(compiled.success(), "the recorder does not compile");
    let data = home.join("data");
    std::fs::create_dir(&data).unwrap();
    let output = plan
        .command(&data)
        .env("RECORD_DIR", &data)
        .env("RECORD_LOG", home.join("log"))
        .env("LD_PRELOAD", &library)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(told.lines().any(|line| line == "done"), "{output:?}");
    acknowledged(&told).len()
}

#[test]
fn what_was_acknowledged_survives_every_power_cut() {
    let Some(tools) = tools() else {
        println!("skipped: the recorder and the replayer, a C compiler or Python are not here");
        return;
    };
    let cuts = rounds("CHANCERY_TEST_CUTS", 4);
    let plan = Plan {
        writers: 4,
        commits: if cuts < 100 { 40 } else { 100 },
        segment_bytes: 32 << 10,
        checkpoint_revisions: 40,
        keeping: false,
    };
    let home = TempDir::new().unwrap();
    let acks = record(&tools, home.path(), &plan);
    let base = home.path().join("base");
    std::fs::create_dir(&base).unwrap();
    for (seed, policy) in POLICIES.into_iter().enumerate() {
        let ran = Command::new("python3")
            .arg(tools.join("replay.py"))
            .arg("--dir")
            .arg(home.path().join("data"))
            .arg("--base")
            .arg(&base)
            .arg("--log")
            .arg(home.path().join("log"))
            .args(["--policy", policy, "--names", "strict", "--ack", r"ack \d+"])
            .args([
                "--cuts",
                &cuts.to_string(),
                "--seed",
                &(seed + 1).to_string(),
            ])
            .arg("--")
            .arg(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "check", "{dir}", "{acks}"])
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&ran.stdout);
        println!("{acks} acknowledged; {}", told.trim_end());
        assert!(ran.status.success(), "{told}{ran:?}");
    }
}
