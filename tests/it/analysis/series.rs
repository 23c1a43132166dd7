//! Two documents of a series, and two of one week that are none: what is carried on, what a
//! person reads of the difference, and what stays apart. The development set's own documents,
//! where it lies beside the checkout; `21-one-week.txt` shows the same of small ones.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use chancery::client::Query;
use chancery::model::v1;
use tempfile::TempDir;

use super::{served, typed};

/// A document of the development set without the line of its source, copied into a folder.
fn copied(number: &str, folder: &Path) -> Option<PathBuf> {
    let corpus = std::env::var_os("CHANCERY_TEST_CORPUS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus"),
        PathBuf::from,
    );
    let mut entries = std::fs::read_dir(corpus).ok()?.flatten();
    let found = entries.find(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        name.starts_with(number) && name.ends_with(".txt")
    })?;
    let text = std::fs::read_to_string(found.path()).unwrap();
    let (_, body) = text.split_once('\n').unwrap();
    let copy = folder.join(format!("{number}.txt"));
    std::fs::write(&copy, body).unwrap();
    Some(copy)
}

#[tokio::test]
async fn a_later_document_carries_on_what_it_repeats_and_the_difference_can_be_read() {
    let folder = TempDir::new().unwrap();
    let both = copied("42", folder.path()).zip(copied("26", folder.path()));
    if both.is_none() {
        println!("skipped: the development set is not beside this checkout");
        return;
    }
    let data = TempDir::new().unwrap();
    let (running, client) = served(&data).await;
    let first = ["import", "42.txt", "--id", "first", "--publish"];
    typed(&running, folder.path(), &first).await;
    let second = [
        "import",
        "26.txt",
        "--id",
        "second",
        "--supersedes",
        "first",
        "--publish",
    ];
    let told = typed(&running, folder.path(), &second).await;
    println!("{told}");
    let forecasts = client.all::<v1::Forecast>(Query::default()).await.unwrap();
    let carried: Vec<&v1::Forecast> = forecasts
        .iter()
        .filter(|one| !one.continues.is_empty())
        .collect();
    assert!(carried.len() >= 5, "{} are carried on", carried.len());
    for one in &carried {
        let before = one.continues.strip_prefix("assessments/first/forecasts/");
        let key = one.name.rsplit('/').next();
        assert_eq!(before, key, "the key of the series decides");
    }
    let read = typed(&running, folder.path(), &["diff", "first", "second"]).await;
    println!("{}", read.lines().take(40).collect::<Vec<_>>().join("\n"));
    let revised = read
        .lines()
        .filter(|line| line.contains("likelihood.best: 0."));
    assert!(
        revised.count() >= 3,
        "probabilities that were revised: {read}"
    );
}

#[tokio::test]
async fn documents_of_one_week_stay_apart_and_contradict_each_other() {
    let folder = TempDir::new().unwrap();
    let both = copied("24", folder.path()).zip(copied("25", folder.path()));
    if both.is_none() {
        println!("skipped: the development set is not beside this checkout");
        return;
    }
    let data = TempDir::new().unwrap();
    let (running, client) = served(&data).await;
    for (file, id) in [("24.txt", "ledger"), ("25.txt", "baseline")] {
        let words = ["import", file, "--id", id, "--publish"];
        typed(&running, folder.path(), &words).await;
    }
    let forecasts = client.all::<v1::Forecast>(Query::default()).await.unwrap();
    assert!(forecasts.iter().all(|one| one.continues.is_empty()));
    let lineages = forecasts.iter().map(|one| one.lineage.as_str());
    let lineages: BTreeSet<&str> = lineages.filter(|lineage| !lineage.is_empty()).collect();
    let own = forecasts
        .iter()
        .all(|one| one.lineage.is_empty() || one.lineage == one.uid);
    assert!(own, "each is a line of its own: {lineages:?}");
    let at = |number: f64| {
        let best = |one: &&v1::Forecast| {
            let best = one.likelihood.as_ref().and_then(|l| l.best);
            best.is_some_and(|best| (best - number).abs() < 1e-9)
        };
        let names = forecasts.iter().filter(best).map(|one| one.name.as_str());
        let of: BTreeSet<&str> = names.filter_map(|name| name.split('/').nth(1)).collect();
        of.len()
    };
    assert_eq!([at(0.44), at(0.26), at(0.05)], [2, 2, 2], "equal numbers");
    let told = typed(&running, folder.path(), &["contradictions"]).await;
    println!("{told}");
    assert!(
        told.contains("repeated numbers"),
        "one distribution, two sets of outcomes: {told}"
    );
}
