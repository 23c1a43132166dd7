//! The habits of the house, kept by the tests: what a reviewer would otherwise have to look for.
//!
//! `rust`      floors, names, sizes, headers, and which room may name which crate
//! `contract`  comments and field behaviour of the protos, and that no kind is forgotten
//! `layout`    the top level, the README's tree and its list of what is not built
//!
//! A check is a function from a file to what is wrong with it, so that each can be shown a bad
//! example; the tests here run them over the checkout. It reads files and the embedded
//! descriptors, nothing else.

mod contract;
mod layout;
mod rust;

use std::path::{Path, PathBuf};

/// A text file of the checkout.
struct File {
    /// From the root, with `/` between the parts.
    path: String,
    text: String,
}

impl File {
    fn new(path: &str, text: &str) -> Self {
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
        }
    }
}

/// What is not part of the checkout, or not text.
const SKIPPED: [&str; 5] = ["target", ".git", "chancery-data", "node_modules", ".venv"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every text file below a folder of the checkout.
fn files(folder: &str) -> Vec<File> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for path in entries(&folder) {
            let skipped = path
                .file_name()
                .is_some_and(|name| SKIPPED.iter().any(|s| name == *s));
            if skipped {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(text) = std::fs::read_to_string(&path) {
                let path = path.strip_prefix(root()).unwrap();
                found.push(File {
                    path: path.to_str().unwrap().replace('\\', "/"),
                    text,
                });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

/// Fails with everything that was found, a line each.
#[track_caller]
fn nothing(found: impl IntoIterator<Item = String>) {
    let found: Vec<String> = found.into_iter().collect();
    assert!(
        found.is_empty(),
        "{} found:\n  {}",
        found.len(),
        found.join("\n  ")
    );
}

/// Every file of the checkout whose path fits goes through the check.
#[track_caller]
fn check(folder: &str, extension: &str, check: impl Fn(&File) -> Vec<String>) {
    let files = files(folder);
    let mut fitting = files
        .iter()
        .filter(|file| file.path.ends_with(extension))
        .peekable();
    assert!(fitting.peek().is_some(), "nothing to check in \"{folder}\"");
    nothing(fitting.flat_map(check));
}
