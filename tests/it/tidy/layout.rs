//! What the checkout and its README must look like.

use std::collections::BTreeSet;

use super::contract::methods;
use super::{File, SKIPPED, check, entries, files, nothing, root};

/// What may stand at the top, beside files that begin with a dot.
const TOP: [&str; 10] = [
    "Cargo.toml",
    "Cargo.lock",
    "README.md",
    "LICENSE",
    "build.rs",
    "proto",
    "src",
    "tests",
    "benches",
    "deploy",
];

/// The heading in the README under which the methods stand that answer UNIMPLEMENTED.
const UNBUILT: &str = "## Not built yet";

/// Where this house was built says nothing to anybody else.
const WORKPLACE: &str = concat!("/wo", "rk/");

fn misplaced<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let strange = names
        .into_iter()
        .filter(|name| !name.starts_with('.') && !TOP.contains(name) && !SKIPPED.contains(name));
    strange
        .map(|name| format!("\"{name}\" does not belong at the top"))
        .collect()
}

fn workplace(file: &File) -> Vec<String> {
    let lines = file
        .text
        .lines()
        .enumerate()
        .filter(|(_, line)| line.contains(WORKPLACE));
    lines
        .map(|(at, _)| format!("{}:{}: names the workplace", file.path, at + 1))
        .collect()
}

/// The methods in the `unbuilt! { ... }` lists of a source file, as the contract names them.
fn unbuilt(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for list in text.split("unbuilt! {").skip(1) {
        let list = list.split("\n    }").next().unwrap_or_default();
        let names = list.lines().filter_map(|line| line.trim().split_once('('));
        let names = names.map(|(name, _)| name).filter(|name| {
            !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '_')
        });
        found.extend(names.map(camel));
    }
    found
}

fn camel(snake: &str) -> String {
    let words = snake.split('_').map(|word| {
        let mut word = word.to_owned();
        word[..1].make_ascii_uppercase();
        word
    });
    words.collect()
}

/// Methods of the contract that the README says are not built.
fn admitted(readme: &str, methods: &BTreeSet<String>) -> BTreeSet<String> {
    let section = readme.split(UNBUILT).nth(1).unwrap_or_default();
    let section = section.split("\n## ").next().unwrap_or_default();
    let quoted = section.split('`').skip(1).step_by(2).map(ToOwned::to_owned);
    quoted.filter(|name| methods.contains(name)).collect()
}

/// The rooms in the README's tree: what is indented by two under `src/`.
fn drawn(readme: &str) -> BTreeSet<String> {
    let mut lines = readme.lines().skip_while(|line| *line != "src/").skip(1);
    let mut found = BTreeSet::new();
    for line in lines.by_ref().take_while(|line| line.starts_with("  ")) {
        let name = line.strip_prefix("  ").unwrap_or_default();
        if !name.starts_with(' ') {
            found.extend(name.split_whitespace().next().map(ToOwned::to_owned));
        }
    }
    found
}

/// The rooms that `lib.rs` opens, with the map itself and the binaries.
fn rooms(map: &str, folder: impl Fn(&str) -> bool) -> BTreeSet<String> {
    let opened = map
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    let written = |room: &str| {
        if folder(room) {
            format!("{room}/")
        } else {
            format!("{room}.rs")
        }
    };
    opened
        .map(written)
        .chain(["lib.rs".to_owned(), "bin/".to_owned()])
        .collect()
}

fn difference(what: &str, written: &BTreeSet<String>, real: &BTreeSet<String>) -> Vec<String> {
    let gone = written
        .difference(real)
        .map(|name| format!("{what}: \"{name}\" is not so"));
    let new = real
        .difference(written)
        .map(|name| format!("{what}: \"{name}\" is missing"));
    gone.chain(new).collect()
}

fn readme() -> String {
    std::fs::read_to_string(root().join("README.md")).unwrap()
}

#[test]
fn the_top_level_holds_only_what_belongs_there() {
    let paths = entries(root());
    let names = paths
        .iter()
        .map(|path| path.file_name().unwrap().to_str().unwrap());
    nothing(misplaced(names));
}

#[test]
fn no_file_names_the_workplace() {
    check("", "", workplace);
}

#[test]
fn the_readme_lists_what_is_not_built() {
    let all: BTreeSet<String> = methods().into_values().flatten().collect();
    let doors = files("src/service");
    let unbuilt: BTreeSet<String> = doors.iter().flat_map(|file| unbuilt(&file.text)).collect();
    nothing(
        unbuilt
            .iter()
            .filter(|name| !all.contains(*name))
            .map(|name| format!("unbuilt! lists \"{name}\", which the contract does not have")),
    );
    nothing(difference(UNBUILT, &admitted(&readme(), &all), &unbuilt));
}

#[test]
fn the_readme_draws_the_rooms() {
    let map = std::fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let folder = |room: &str| root().join("src").join(room).is_dir();
    nothing(difference(
        "the README's tree",
        &drawn(&readme()),
        &rooms(&map, folder),
    ));
}

mod bad_examples {
    use super::*;

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn top_level() {
        let found = misplaced(["src", ".ci", "notes.md", "README.md", "scripts"]);
        assert_eq!(found.len(), 2, "{found:?}");
    }

    #[test]
    fn workplaces() {
        let file = File::new("README.md", &format!("fine\nsee {WORKPLACE}x\n"));
        assert_eq!(workplace(&file), ["README.md:2: names the workplace"]);
    }

    #[test]
    fn lists_of_the_unbuilt() {
        let doors = "
    unary! {
        get_x(A) -> B = f;
    }
    unbuilt! {
        merge_x(plain::A) -> B;
        list_y(A)
            -> plain::B;
    }
}
fn later(x: u8) {}";
        assert_eq!(unbuilt(doors), set(&["MergeX", "ListY"]));
        let readme = "# A\n`ListY`\n## Not built yet\n* `MergeX`, `Other`\n## More\n`GetX`";
        let admitted = admitted(readme, &set(&["MergeX", "ListY", "GetX"]));
        assert_eq!(admitted, set(&["MergeX"]));
        let found = difference(
            "list",
            &set(&["MergeX", "GetX"]),
            &set(&["MergeX", "ListY"]),
        );
        assert_eq!(
            found,
            ["list: \"GetX\" is not so", "list: \"ListY\" is missing"]
        );
    }

    #[test]
    fn trees() {
        let readme =
            "text\n```\nsrc/\n  lib.rs   the map\n  model/   values\n           more\n```\n";
        assert_eq!(drawn(readme), set(&["lib.rs", "model/"]));
        let rooms = rooms("//! pub mod x;\npub mod model;\npub mod error;\n", |room| {
            room == "model"
        });
        assert_eq!(rooms, set(&["bin/", "error.rs", "lib.rs", "model/"]));
    }
}
