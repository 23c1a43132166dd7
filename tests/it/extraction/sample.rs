//! The unlabelled documents: each is read, and a sample of what was found is printed to be read
//! against the text by a person.

use std::fmt::Write as _;

use super::corpus;
use super::found::{Found, KINDS, found};
use super::score::misquotes;

const SEED: u64 = 1;
const SAMPLE_MAX: usize = 10;

#[test]
fn unlabelled_documents_are_read() {
    let Some(folder) = corpus::folder() else {
        println!("skipped: the development set is not beside this checkout");
        return;
    };
    let mut out = String::new();
    let mut read = 0;
    for text in corpus::texts(&folder) {
        if corpus::labels(&text).is_some() {
            continue;
        }
        read += 1;
        let draft = corpus::read(&text);
        let all = found(&draft);
        let name = text
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let kinds: Vec<String> = KINDS
            .iter()
            .map(|kind| (kind, all.iter().filter(|found| found.kind == *kind).count()))
            .filter(|(_, count)| *count > 0)
            .map(|(kind, count)| format!("{count} {kind}"))
            .collect();
        let bytes = draft.text.len();
        let _ = writeln!(
            out,
            "\n== {name}: {bytes} bytes, {}, {} doubts",
            kinds.join(", "),
            draft.doubts.len()
        );
        for found in drawn(&all) {
            let (actor, text) = (&found.actor, found.texts.first().map_or("", String::as_str));
            let chance = found
                .probability
                .map_or(String::new(), |p| format!(" P={p}"));
            let _ = writeln!(
                out,
                "  {} {:?}, line {}: {actor} {text}{chance}",
                found.kind, found.construct, found.line
            );
        }
        assert_eq!(misquotes(&draft), Vec::<String>::new(), "{name}");
    }
    println!("{out}");
    assert!(read > 0, "the development set has unlabelled documents");
}

/// At most `SAMPLE_MAX` elements, drawn with a fixed seed, in the order of the text.
fn drawn(all: &[Found]) -> Vec<&Found> {
    let mut state = SEED;
    let mut left: Vec<&Found> = all.iter().collect();
    let mut drawn = Vec::new();
    while !left.is_empty() && drawn.len() < SAMPLE_MAX {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let at = usize::try_from(state >> 33).unwrap_or(0) % left.len();
        drawn.push(left.swap_remove(at));
    }
    drawn.sort_by_key(|found| found.line);
    drawn
}
