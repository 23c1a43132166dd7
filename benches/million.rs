//! Lists over a million elements: `cargo bench --bench million`.
//!
//! `CHANCERY_BENCH_ELEMENTS` says how many there are instead. What is wrong ends the run; times are
//! only printed.

mod generator;

use std::error::Error;
use std::io::Write as _;
use std::time::Instant;

use chancery::ledger::Ledger;
use chancery::model::limits::Limits;

const ELEMENTS: usize = 1_000_000;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let told = std::env::var("CHANCERY_BENCH_ELEMENTS").ok();
    let elements = told.and_then(|told| told.parse().ok()).unwrap_or(ELEMENTS);
    let folder = std::env::temp_dir().join(format!("chancery-million-{}", std::process::id()));
    let ledger = Ledger::open(&folder, Limits::default(), 1)?;
    let plan = generator::Plan {
        elements,
        history: 0.1,
        seed: 7,
    };
    let begun = Instant::now();
    let written = generator::fill(&ledger, plan).await?;
    let generator::Written { versions, bytes } = written;
    let mut out = std::io::stdout();
    let lasted = begun.elapsed();
    writeln!(
        out,
        "{versions} versions of {elements} elements, {bytes} bytes, in {lasted:?}"
    )?;
    ledger.close();
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}
