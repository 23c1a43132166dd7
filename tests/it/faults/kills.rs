//! kill -9 under eight writers: nothing acknowledged is lost or torn, the feed has each commit
//! once and in order, and the next start is quick.
//!
//! The same while it purges and compacts without a pause: what was purged is in no file.
//!
//! `CHANCERY_TEST_CYCLES=1000 cargo test --test it faults::kills -- --nocapture`

use std::io::{BufRead, BufReader, Read};
use std::time::Duration;

use tempfile::TempDir;

use super::program::{Plan, acknowledged, audit};
use super::{Dice, rounds};
use crate::keeping::found_in;
use chancery::ledger::verify::verify;

/// A folder is used for so many cycles, so that one also begins with a fresh one now and then.
const CYCLES_PER_FOLDER: usize = 20;

/// Kills the writer after so many acknowledgements; answers all that it said.
fn killed_after(plan: &Plan, folder: &std::path::Path, acks: u64) -> String {
    let mut child = plan.command(folder).spawn().expect("start the writer");
    let mut stdout = BufReader::new(child.stdout.take().expect("stdout"));
    let (mut told, mut seen) = (String::new(), 0);
    while seen < acks && stdout.read_line(&mut told).expect("read") > 0 {
        seen += u64::from(
            told.lines()
                .last()
                .is_some_and(|last| last.starts_with("ack ")),
        );
    }
    child.kill().expect("kill -9");
    child.wait().expect("wait");
    stdout.read_to_string(&mut told).expect("read");
    // The last line may have been cut in the middle of its number.
    told.truncate(told.rfind('\n').map_or(0, |end| end + 1));
    told
}

#[test]
fn what_was_acknowledged_survives_every_kill() {
    let cycles = rounds("CHANCERY_TEST_CYCLES", 12);
    let plan = Plan {
        writers: 8,
        commits: usize::MAX >> 32,
        segment_bytes: 1 << 20,
        checkpoint_revisions: 500,
        keeping: false,
    };
    let mut dice = Dice(cycles as u64);
    let mut folder = TempDir::new().unwrap();
    let mut acks = Vec::new();
    let (mut total, mut kept, mut opened) = (0, 0, Vec::new());
    for cycle in 0..cycles {
        if cycle % CYCLES_PER_FOLDER == 0 {
            folder = TempDir::new().unwrap();
            acks = Vec::new();
        }
        let heard = acknowledged(&killed_after(&plan, folder.path(), 1 + dice.below(160)));
        total += heard.len();
        acks.extend(heard);
        let held =
            audit(folder.path(), &plan, &acks).unwrap_or_else(|why| panic!("cycle {cycle}: {why}"));
        kept += held.head - acks.iter().max().copied().unwrap_or_default();
        opened.push(held.opened);
    }
    opened.sort();
    let percent = |part: usize| opened[(opened.len() - 1) * part / 100];
    println!(
        "{cycles} kills under {} writers, segments of 1 MiB: {total} acknowledged, 0 lost, 0 torn; \
         {kept} more were durable when it died; reopened in {:?} (p50), {:?} (max)",
        plan.writers,
        percent(50),
        percent(100)
    );
    assert!(total >= cycles && percent(100) < Duration::from_secs(60));
}

#[test]
fn what_was_purged_survives_no_kill() {
    let cycles = rounds("CHANCERY_TEST_CYCLES", 8);
    let plan = Plan {
        writers: 2,
        commits: usize::MAX >> 32,
        segment_bytes: 16 << 10,
        checkpoint_revisions: 50,
        keeping: true,
    };
    let mut dice = Dice(cycles as u64 + 1);
    let mut folder = TempDir::new().unwrap();
    let (mut acks, mut purged) = (Vec::new(), Vec::new());
    let (mut total, mut interrupted) = (0, 0);
    for cycle in 0..cycles {
        if cycle % CYCLES_PER_FOLDER == 0 {
            folder = TempDir::new().unwrap();
            (acks, purged) = (Vec::new(), Vec::new());
        }
        let told = killed_after(&plan, folder.path(), 1 + dice.below(60));
        acks.extend(acknowledged(&told));
        let names = told.lines().filter_map(|line| line.strip_prefix("purged "));
        purged.extend(names.map(|id| format!("Assessment {id}")));
        interrupted += usize::from(folder.path().join("ERASING").exists());
        audit(folder.path(), &plan, &acks).unwrap_or_else(|why| panic!("cycle {cycle}: {why}"));
        assert!(!folder.path().join("ERASING").exists());
        let report = verify(folder.path(), None).unwrap();
        assert_eq!(report.finding, None, "cycle {cycle}");
        for text in &purged {
            assert!(
                found_in(folder.path(), text).is_empty(),
                "cycle {cycle}: {text}"
            );
        }
        total += purged.len();
    }
    println!(
        "{cycles} kills while purging and compacting, {interrupted} of them in the middle: \
         {total} looks for what was purged found nothing, 0 lost, every journal sound"
    );
}
