//! What keeping a million elements costs: `cargo bench --bench keeping`.
//!
//! Verifies the journal, makes the store anew from it, backs it up and brings the backup back, and
//! says how long each took. What can be read must have the same digest every time, or the run ends.
//! `CHANCERY_BENCH_ELEMENTS` says how many there are instead of a million, `CHANCERY_BENCH_FOLDER`
//! where they stay; the folder that `million` keeps will do (`FOLDER/tenth`).

mod generator;

use std::error::Error;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use chancery::error::Error as Refused;
use chancery::ledger::Ledger;
use chancery::ledger::restore::{Until, restore};
use chancery::ledger::verify::verify;
use chancery::model::kind;
use chancery::model::limits::Limits;

const ELEMENTS: usize = 1_000_000;
const NOW_US: i64 = 1_893_456_000_000_000;

type Failure = Box<dyn Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let elements = std::env::var("CHANCERY_BENCH_ELEMENTS").ok();
    let elements = elements.and_then(|told| told.parse().ok());
    let kept = std::env::var_os("CHANCERY_BENCH_FOLDER").map(PathBuf::from);
    let work = std::env::temp_dir().join(format!("chancery-keeping-{}", std::process::id()));
    fs::create_dir(&work)?;
    let folder = kept.unwrap_or_else(|| work.join("store"));
    let outcome = async {
        if !folder.exists() {
            let ledger = Ledger::open(&folder, Limits::default(), 1)?;
            let plan = generator::Plan {
                elements: elements.unwrap_or(ELEMENTS),
                history: 0.1,
                seed: 7,
            };
            generator::fill(&ledger, plan).await?;
            ledger.close();
        }
        measured(&folder, &work)
    };
    let outcome = outcome.await;
    fs::remove_dir_all(&work)?;
    outcome
}

fn measured(folder: &Path, work: &Path) -> Result<(), Failure> {
    let digest = opened(folder)?.read()?;
    let begun = Instant::now();
    let report = verify(folder, None)?;
    if let Some(finding) = report.finding {
        return Err(format!("{finding:?}").into());
    }
    told("verified", begun.elapsed(), report.bytes)?;

    fs::remove_dir_all(folder.join("store"))?;
    let rebuilt = opened(folder)?;
    told("rebuilt", rebuilt.took, report.bytes)?;
    let (revisions, resources) = (rebuilt.ledger.status().revision, rebuilt.resources());
    let second = |count: i64| count as f64 / rebuilt.took.as_secs_f64();
    say(&format!(
        "           {revisions} revisions, {:.0} a second; {resources} resources, {:.0} a second",
        second(revisions),
        second(resources as i64)
    ))?;
    same(digest, rebuilt.read()?)?;

    let copy = work.join("copy");
    let source = opened(folder)?;
    let mut file = File::create(&copy)?;
    let begun = Instant::now();
    let unwritten = |error: std::io::Error| Refused::Internal(error.to_string());
    let trailer = source
        .ledger
        .backup(0)?
        .write(&mut |bytes| file.write_all(bytes).map_err(unwritten))?;
    file.sync_all()?;
    told("backed up", begun.elapsed(), file.metadata()?.len())?;
    source.ledger.close();
    same(digest, trailer.digest)?;

    let begun = Instant::now();
    let back = work.join("back");
    let restored = restore(
        std::slice::from_ref(&copy),
        &back,
        Until::End,
        Limits::default(),
    )?;
    told("restored", begun.elapsed(), file.metadata()?.len())?;
    same(digest, restored.digest)?;
    same(digest, opened(&back)?.read()?)?;
    say("digest     the same before, rebuilt, in the backup, restored and served again")
}

/// A ledger, and how long opening it took.
struct Opened {
    ledger: Ledger,
    took: Duration,
}

fn opened(folder: &Path) -> Result<Opened, Failure> {
    let begun = Instant::now();
    let ledger = Ledger::open(folder, Limits::default(), NOW_US)?;
    let took = begun.elapsed();
    Ok(Opened { ledger, took })
}

impl Opened {
    /// The digest of all that can be read; closes it.
    fn read(self) -> Result<[u8; 32], Failure> {
        let digest = self.ledger.digest(self.ledger.status().revision)?;
        self.ledger.close();
        Ok(digest)
    }

    fn resources(&self) -> u64 {
        let kinds = kind::kinds().iter();
        kinds.map(|kind| self.ledger.count(kind)).sum()
    }
}

fn same(wanted: [u8; 32], found: [u8; 32]) -> Result<(), Failure> {
    (wanted == found)
        .then_some(())
        .ok_or_else(|| "what can be read is not what it was".into())
}

fn told(what: &str, took: Duration, bytes: u64) -> Result<(), Failure> {
    let mib = bytes as f64 / f64::from(1 << 20);
    let speed = mib / took.as_secs_f64();
    say(&format!(
        "{what:10} {took:>8.1?}  {mib:.0} MiB, {speed:.0} MiB/s"
    ))
}

fn say(text: &str) -> Result<(), Failure> {
    Ok(writeln!(std::io::stdout(), "{text}")?)
}
