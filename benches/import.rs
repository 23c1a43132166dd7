//! What reading a document costs: time on the processor, bytes a second, peak memory.
//!
//! `cargo bench --bench import`. It reads the founding article and the largest text of the
//! development set five times over where they lie beside the checkout, an article of our own
//! otherwise, and the hostile documents of the tests, one by one.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench prints its figures and stops where it cannot measure"
)]

use std::fs;
use std::path::Path;

use chancery::import::draft;
use chancery::model::limits::Limits;
use chancery::model::names::Names;

#[path = "../tests/it/extraction/hostile_inputs.rs"]
mod hostile_inputs;

use hostile_inputs::Taken;

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let corpus = root.join("../shared/corpus");
    println!(
        "{:<52} {:>9} {:>10} {:>8} {:>9}",
        "document", "bytes", "CPU ms", "MB/s", "peak KiB"
    );
    let own = root.join("tests/articles/strait-transit.md");
    measure(
        "an article of ours",
        &fs::read(own).expect("an article"),
        200,
    );
    if let Ok(seed) = fs::read(corpus.join("00-seed.txt")) {
        measure("the founding article", &seed, 200);
    }
    let mut texts: Vec<(String, Vec<u8>)> = fs::read_dir(&corpus)
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let text = path.extension().is_some_and(|end| end == "txt");
            let name = path.file_stem()?.to_string_lossy().into_owned();
            text.then(|| Some((name, fs::read(&path).ok()?)))?
        })
        .collect();
    texts.sort_by_key(|(_, bytes)| bytes.len());
    for (name, bytes) in &texts {
        measure(name, bytes, 50);
    }
    if let Some((name, bytes)) = texts.last() {
        measure(&format!("{name}, five times over"), &bytes.repeat(5), 20);
    }
    for input in hostile_inputs::hostile() {
        let name = match input.taken {
            Taken::Read => input.name.to_owned(),
            Taken::Doubted(words) => format!("{} (\"{words}\")", input.name),
            Taken::Refused(reason) => format!("{} ({reason})", input.name),
        };
        measure(&name, &input.bytes, 1);
    }
}

/// Reads a document `times` times and prints the mean. The kernel counts a running thread's time
/// by its ticks of a few milliseconds, so one reading alone would often come out as nothing.
fn measure(name: &str, bytes: &[u8], times: usize) {
    let limits = Limits::default();
    let names = Names::builtin();
    let read = || draft(bytes, "text/markdown", names, &limits).map(|draft| draft.doubts.len());
    // The first reading builds the tables of phrases.
    let _ = read();
    forget_peak();
    let before = peak_kib();
    let start = cpu_nanos();
    for _ in 0..times {
        let _ = std::hint::black_box(read());
    }
    let mean = (cpu_nanos() - start) as f64 / 1e6 / times as f64;
    let rate = bytes.len() as f64 / 1e6 / (mean / 1e3);
    let peak = peak_kib().saturating_sub(before);
    println!(
        "{name:<52} {:>9} {mean:>10.2} {rate:>8.1} {peak:>9}",
        bytes.len()
    );
}

/// Time this thread spent on the processor.
fn cpu_nanos() -> u64 {
    let stat = fs::read_to_string("/proc/thread-self/schedstat").expect("schedstat");
    stat.split_whitespace()
        .next()
        .and_then(|nanos| nanos.parse().ok())
        .expect("nanoseconds")
}

/// Most memory held since the last `forget_peak`.
fn peak_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok())
        .expect("VmHWM")
}

fn forget_peak() {
    // Without the right to do so, the peak is that of all documents before.
    let _ = fs::write("/proc/self/clear_refs", "5");
}
