//! Questions to a million elements: `cargo bench --bench million`.
//!
//! Writes them with `benches/generator.rs`, a tenth of them a second time, and measures: start warm
//! and cold, memory, lists of 100 now and as of a revision half way back, the same with ten times
//! the history, counts, searches. Beside each time stands how many versions were looked at. What is
//! wrong ends the run; times are only printed. `CHANCERY_BENCH_ELEMENTS` says how many there are instead
//! of a million, `CHANCERY_BENCH_HISTORY` how many of them are written ten times over (a tenth),
//! `CHANCERY_BENCH_FOLDER` where they stay and are found again by the next run. Every start is that
//! of a process of its own: what writing left in memory is not the reader's.

mod generator;

use std::error::Error;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use chancery::ledger::{At, Ledger, Query, Sought, View};
use chancery::model::caller::{Caller, Clearance, Role};
use chancery::model::kind::{self, Kind};
use chancery::model::limits::Limits;
use chancery::model::v1::AssessmentState;
use chancery::query::{filter, order, words};

const ELEMENTS: usize = 1_000_000;
const PAGE: usize = 100;
/// Hits of a search.
const TOP: usize = 20;
const ROUNDS: usize = 200;
/// Settings of the process that reads: the folder, and how warm it is.
const READER: &str = "CHANCERY_BENCH_READER";
const HOW: &str = "CHANCERY_BENCH_HOW";
const WARM: &str = "warm";
const NOW_US: i64 = 1_893_456_000_000_000;

type Failure = Box<dyn Error + Send + Sync>;

/// A question: what it is called, the kind, the filter, the order.
type Asked<'a> = (&'a str, &'a str, &'a str, &'a str);

const WIDE: &str = "declared_firmness = FIRM AND posture = PROHIBITS";
const MIDDLE: &str = "actor = \"actors/x003\" AND declared_firmness >= FIRM";
const NARROW: &str = "actor = \"actors/x400\" AND issue = \"issues/i150\"";
const PARENT: &str = "actor = \"actors/x003\" AND assessment.situation = \"situations/s007\"";
const FIVE: &str = "actor = (actors/x001 OR actors/x007 OR actors/x020 OR actors/x055 OR \
    actors/x300)";
const LISTS: [Asked<'static>; 9] = [
    ("everything", "RedLine", "", ""),
    ("AND, wide", "RedLine", WIDE, ""),
    ("AND, middle", "RedLine", MIDDLE, ""),
    ("AND, narrow", "RedLine", NARROW, ""),
    ("AND, with the assessment's", "RedLine", PARENT, ""),
    ("OR of five actors", "RedLine", FIVE, ""),
    ("by update time", "RedLine", WIDE, "update_time desc"),
    (
        "by firmness, then actor",
        "RedLine",
        "",
        "declared_firmness desc, actor",
    ),
    ("a number of the body", "Risk", "likelihood.high >= 0.9", ""),
];
/// Searches, by how frequent their words are: the generator draws them by Zipf's law.
const SEARCHES: [(&str, &str); 9] = [
    ("rare", "x400"),
    ("rare word", "baraka"),
    ("common", "delegation"),
    ("most common", "the"),
    ("two terms", "corridor observers"),
    ("rare and common", "x400 delegation"),
    ("phrase", "\"agreed line\""),
    ("beginning of a word", "monit*"),
    ("one without the other", "observers -corridor"),
];

#[tokio::main]
async fn main() -> Result<(), Failure> {
    if let Some(folder) = std::env::var_os(READER) {
        return reader(Path::new(&folder)).await;
    }
    let elements = told("CHANCERY_BENCH_ELEMENTS").unwrap_or(ELEMENTS);
    let again = told("CHANCERY_BENCH_HISTORY").unwrap_or(elements / 10);
    let kept = std::env::var_os("CHANCERY_BENCH_FOLDER").map(PathBuf::from);
    let folder = kept.clone().unwrap_or_else(|| {
        std::env::temp_dir().join(format!("chancery-million-{}", std::process::id()))
    });
    let outcome = async {
        measured(&folder.join("tenth"), elements, 0.1).await?;
        measured(&folder.join("tenfold"), again, 10.0).await
    };
    let outcome = outcome.await;
    if kept.is_none() {
        std::fs::remove_dir_all(&folder)?;
    }
    outcome
}

fn told(name: &str) -> Option<usize> {
    std::env::var(name).ok().and_then(|told| told.parse().ok())
}

fn say(text: &str) -> Result<(), Failure> {
    Ok(writeln!(std::io::stdout(), "{text}")?)
}

async fn measured(folder: &Path, elements: usize, history: f64) -> Result<(), Failure> {
    if folder.exists() {
        say(&format!("\n{elements} elements, written before"))?;
    } else {
        written(folder, elements, history).await?;
    }
    let cold = forgotten(folder);
    started(
        folder,
        if cold {
            "cold"
        } else {
            "not cold: the page cache stayed"
        },
    )?;
    started(folder, WARM)
}

async fn written(folder: &Path, elements: usize, history: f64) -> Result<(), Failure> {
    let plan = generator::Plan {
        elements,
        history,
        seed: 7,
    };
    let begun = Instant::now();
    let ledger = Ledger::open(folder, Limits::default(), 1)?;
    let generator::Written { versions, bytes } = generator::fill(&ledger, plan).await?;
    let (mib, lasted) = (bytes >> 20, begun.elapsed());
    let now = view(&ledger, At::Latest).await?;
    while ledger.findable(&now).await.is_err() {}
    let behind = begun.elapsed() - lasted;
    ledger.close();
    say(&format!(
        "\n{elements} elements, {versions} versions, {mib} MiB, written in {lasted:.1?}, can be \
         searched {behind:.1?} later"
    ))
}

/// Opens the folder in a process of its own, which asks when the start is a warm one.
fn started(folder: &Path, how: &str) -> Result<(), Failure> {
    let mut reader = std::process::Command::new(std::env::current_exe()?);
    let status = reader.env(READER, folder).env(HOW, how).status()?;
    status
        .success()
        .then_some(())
        .ok_or_else(|| "the reader failed".into())
}

async fn reader(folder: &Path) -> Result<(), Failure> {
    let how = std::env::var(HOW)?;
    let begun = Instant::now();
    let ledger = Ledger::open(folder, Limits::default(), NOW_US)?;
    let (lasted, mib) = (begun.elapsed(), resident());
    say(&format!("start, {how}: {lasted:.2?}, RSS {mib} MiB"))?;
    if how == WARM {
        asked(&ledger).await?;
        counted(&ledger).await?;
        searched(&ledger).await?;
        say(&format!("RSS at the end {} MiB", resident()))?;
    }
    ledger.close();
    Ok(())
}

/// Asks the kernel to forget the files; `dd` can do that without privileges.
fn forgotten(folder: &Path) -> bool {
    let drop = |file: &PathBuf| {
        let mut input = std::ffi::OsString::from("if=");
        input.push(file);
        let dd = std::process::Command::new("dd")
            .arg(input)
            .args(["iflag=nocache", "count=0", "status=none"])
            .status();
        dd.is_ok_and(|status| status.success())
    };
    files(folder).iter().all(drop)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    paths
        .flat_map(|path| {
            if path.is_dir() {
                files(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

/// What this process holds in memory.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<usize>().ok());
    kib.unwrap_or(0) >> 10
}

async fn view(ledger: &Ledger, at: At) -> Result<View, Failure> {
    let caller = Caller::new("bench", Role::Operator, Clearance::FULL);
    Ok(ledger.read(caller, at, NOW_US).await?)
}

fn query((_, message, text, order_by): Asked<'_>) -> Result<Query, Failure> {
    let kind: &'static Kind = kind::of(message).ok_or("no such kind")?;
    let limits = Limits::default();
    Ok(Query {
        filter: filter::parse(text, kind, &limits)?,
        order: order::parse(order_by, kind, &limits)?,
        states: vec![AssessmentState::Published.into()],
        rejected: false,
        ..Query::of(kind, PAGE)
    })
}

async fn asked(ledger: &Ledger) -> Result<(), Failure> {
    let head = ledger.status().revision;
    let now = view(ledger, At::Latest).await?;
    let then = view(ledger, At::Exact(head / 2)).await?;
    say(&format!(
        "{:28} {:>5}  {:>9} {:>9} {:>8}   half way back {:>9} {:>8}",
        "list 100", "items", "p50", "p95", "touched", "p50", "touched"
    ))?;
    for asked in LISTS {
        let query = query(asked)?;
        let (items, p50, p95, touched) = timed(&now, &query)?;
        let (_, past, _, past_touched) = timed(&then, &query)?;
        say(&format!(
            "{:28} {items:>5}  {p50:>9.1?} {p95:>9.1?} {touched:>8}   {:13} {past:>9.1?} \
             {past_touched:>8}",
            asked.0, ""
        ))?;
    }
    Ok(())
}

fn timed(view: &View, query: &Query) -> Result<(usize, Duration, Duration, usize), Failure> {
    let first = match view.list(query) {
        Ok(page) => page,
        Err(error) => {
            say(&format!("  {error}"))?;
            return Ok((0, Duration::ZERO, Duration::ZERO, 0));
        }
    };
    let begun = Instant::now();
    let mut times = Vec::with_capacity(ROUNDS);
    while times.len() < ROUNDS && begun.elapsed() < Duration::from_secs(5) {
        let begun = Instant::now();
        view.list(query)?;
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    let at = |share: usize| {
        times
            .get(times.len() * share / 100)
            .copied()
            .unwrap_or_default()
    };
    Ok((first.items.len(), at(50), at(95), first.touched))
}

async fn counted(ledger: &Ledger) -> Result<(), Failure> {
    let now = view(ledger, At::Latest).await?;
    for (message, facets) in [
        ("RedLine", "declared_firmness"),
        ("RedLine", "declared_firmness,actor"),
        ("Risk", "impacts.level,impacts.dimension"),
    ] {
        let query = query(("count", message, "", ""))?;
        let facets: Vec<String> = facets.split(',').map(ToOwned::to_owned).collect();
        let by = order::facets(&facets, query.kind)?;
        let begun = Instant::now();
        let counts = now.count(&query, &by)?;
        let lasted = begun.elapsed();
        let (total, groups) = (counts.total, counts.counts.len());
        let by = facets.join(", ");
        say(&format!(
            "count {message} by {by}: {groups} of {total} in {lasted:.1?}"
        ))?;
    }
    Ok(())
}

async fn searched(ledger: &Ledger) -> Result<(), Failure> {
    let now = view(ledger, At::Latest).await?;
    let begun = Instant::now();
    while ledger.findable(&now).await.is_err() {}
    say(&format!(
        "text index ready {:.1?} after it was asked; RSS {} MiB",
        begun.elapsed(),
        resident()
    ))?;
    for (called, text) in SEARCHES {
        let limits = Limits::default();
        let mut sought = Sought {
            words: words::parse(text, &limits)?,
            queries: Vec::new(),
            size: TOP,
            after: None,
            total: false,
            brief: &[],
        };
        for kind in kind::elements() {
            sought.queries.push(query((called, &kind.message, "", ""))?);
        }
        let mut times = Vec::with_capacity(ROUNDS);
        let all = Sought {
            total: true,
            ..sought.clone()
        };
        let hits = ledger.search(&now, &all)?.total.unwrap_or_default();
        let begun = Instant::now();
        while times.len() < ROUNDS && begun.elapsed() < Duration::from_secs(5) {
            let begun = Instant::now();
            ledger.search(&now, &sought)?;
            times.push(begun.elapsed());
        }
        times.sort_unstable();
        let at = |share: usize| times.get(times.len() * share / 100).copied();
        let (p50, p95) = (at(50).unwrap_or_default(), at(95).unwrap_or_default());
        say(&format!(
            "search {called:28} {hits:>7} hits  {p50:>9.1?} {p95:>9.1?}"
        ))?;
    }
    Ok(())
}
