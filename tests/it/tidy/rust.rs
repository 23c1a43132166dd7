//! What Rust files must look like.

use super::{File, check};

/// The floors from the ground up: a room imports from the floors below its own, never sideways.
const FLOORS: [&[&str]; 7] = [
    &["error"],
    &["model"],
    &["wire", "query", "import", "edit", "analysis", "stix"],
    &["ledger", "auth", "client"],
    &["service", "web"],
    &["server"],
    &["bin"],
];

/// Rooms that may not even use all of what lies below.
const NARROW: [(&str, &[&str]); 2] = [
    ("client", &["error", "model", "wire"]),
    ("ledger", &["error", "model", "wire", "query"]),
];

/// Crates by the start of their names, and the rooms that may name them.
const CRATES: [(&str, &[&str]); 6] = [
    ("sled", &["ledger"]),
    ("tantivy", &["ledger"]),
    ("async_nats", &["ledger"]),
    ("tonic", &["service", "client", "server", "auth"]),
    ("clap", &["bin"]),
    ("terminal_size", &["bin"]),
];

/// Names that say nothing about what is inside.
const DRAWERS: [&str; 14] = [
    "common", "util", "utils", "helper", "helpers", "misc", "shared", "base", "core", "types",
    "manager", "managers", "handler", "handlers",
];

const FILE_LINES_MAX: usize = 800;
const HEADER_LINES_MAX: usize = 25;
const COLUMNS_MAX: usize = 100;

/// `src/ledger/store/view.rs` is in the room `ledger`, `src/error.rs` in `error`; `lib.rs`, which
/// is the map, in none.
fn room(path: &str) -> Option<&str> {
    let inside = path.strip_prefix("src/")?;
    let room = inside.split('/').next()?.trim_end_matches(".rs");
    (room != "lib").then_some(room)
}

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

/// The code with the lines that are comments left empty.
fn code(text: &str) -> String {
    let lines = text.lines();
    let kept = lines.map(|line| {
        if line.trim_start().starts_with("//") {
            ""
        } else {
            line
        }
    });
    kept.collect::<Vec<_>>().join("\n")
}

/// Identifiers with what stands before and after each.
fn words(code: &str) -> Vec<(&str, &str, &str)> {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = code[at..].find(part).map(|offset| at + offset) {
        let end = code[start..]
            .find(|c| !part(c))
            .map_or(code.len(), |offset| start + offset);
        found.push((&code[..start], &code[start..end], &code[end..]));
        at = end;
    }
    found
}

/// What follows a path: one name, or the first names of a `{...}` group.
fn heads(rest: &str) -> Vec<&str> {
    let name = |text: &'_ str| -> usize {
        text.find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(text.len())
    };
    let Some(group) = rest.strip_prefix('{') else {
        return vec![&rest[..name(rest)]];
    };
    let mut found = Vec::new();
    let (mut depth, mut start) = (0, 0);
    for (at, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                let item = group[start..at].trim_start();
                found.push(&item[..name(item)]);
                start = at + 1;
                if letter == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    found
}

/// How many modules deep a file is: `src/error.rs` 1, `src/ledger/mod.rs` 1, one below it 2.
fn depth(path: &str) -> usize {
    let parts = path.trim_start_matches("src/").split('/').count();
    if path.ends_with("/mod.rs") {
        parts - 1
    } else {
        parts
    }
}

/// Whether what follows stands in a module written into the file, as `mod tests {`, which is one
/// deeper than the file.
fn in_inline_module(before: &str) -> bool {
    let opens = |line: &str| line.ends_with('{') && line.contains("mod ");
    let mut edges = before.lines().rev().filter(|line| !line.starts_with(' '));
    edges
        .find(|line| *line == "}" || opens(line))
        .is_some_and(opens)
}

/// The rooms a file names, by `crate::` and by `super::` as far as the root.
fn rooms_named(path: &str, text: &str) -> Vec<String> {
    let code = code(text);
    let mut found = Vec::new();
    for (before, word, after) in words(&code) {
        let Some(rest) = after.strip_prefix("::") else {
            continue;
        };
        if word == "crate" {
            found.extend(heads(rest));
        } else if word == "super" && !before.ends_with("super::") {
            let mut rest = rest;
            let mut up = 1;
            while let Some(further) = rest.strip_prefix("super::") {
                rest = further;
                up += 1;
            }
            if up == depth(path) + usize::from(in_inline_module(before)) {
                found.extend(heads(rest));
            }
        }
    }
    found.into_iter().map(ToOwned::to_owned).collect()
}

fn floors(file: &File) -> Vec<String> {
    let Some(here) = room(&file.path) else {
        return Vec::new();
    };
    let Some(mine) = floor(here) else {
        return vec![format!("{}: \"{here}\" stands on no floor", file.path)];
    };
    let mut found = Vec::new();
    for named in rooms_named(&file.path, &file.text) {
        let Some(theirs) = floor(&named).filter(|_| named != here) else {
            continue;
        };
        let narrow = NARROW.iter().find(|(room, _)| *room == here);
        let barred = narrow.is_some_and(|(_, allowed)| !allowed.contains(&named.as_str()));
        if theirs >= mine || barred {
            found.push(format!(
                "{}: \"{here}\" may not import \"{named}\"",
                file.path
            ));
        }
    }
    found
}

fn crates(file: &File) -> Vec<String> {
    let Some(here) = room(&file.path) else {
        return Vec::new();
    };
    let code = code(&file.text);
    let mut found = Vec::new();
    for (before, word, after) in words(&code) {
        let path_start = after.starts_with("::") && !before.ends_with("::");
        let imported = before.ends_with("use ") || before.ends_with("extern crate ");
        for (name, rooms) in CRATES {
            let whole = word
                .strip_prefix(name)
                .is_some_and(|rest| rest.is_empty() || (name == "tonic" && rest.starts_with('_')));
            if whole && (path_start || imported) && !rooms.contains(&here) {
                found.push(format!("{}: \"{here}\" may not name \"{word}\"", file.path));
            }
        }
    }
    found
}

/// A caller is made by `auth` alone.
fn callers(file: &File) -> Vec<String> {
    let allowed = file.path.starts_with("src/auth/") || file.path == "src/model/caller.rs";
    let made = code(&file.text).contains("Caller::new(");
    let finding = format!("{}: only auth makes a Caller", file.path);
    if made && !allowed {
        vec![finding]
    } else {
        Vec::new()
    }
}

fn names(file: &File) -> Vec<String> {
    let parts = file
        .path
        .split('/')
        .map(|part| part.split('.').next().unwrap_or_default());
    let mut found: Vec<String> = parts
        .filter(|part| DRAWERS.contains(part))
        .map(|part| format!("{}: \"{part}\" is a junk drawer", file.path))
        .collect();
    if file.path.ends_with("/import.proto") {
        found.push(format!("{}: breaks generated Python clients", file.path));
    }
    found
}

fn sizes(file: &File) -> Vec<String> {
    let lines = file.text.lines().count();
    let finding = format!("{}: {lines} lines, {FILE_LINES_MAX} allowed", file.path);
    if lines > FILE_LINES_MAX {
        vec![finding]
    } else {
        Vec::new()
    }
}

/// `buf format` joins what it finds in the parentheses of an rpc, however long it becomes, and a
/// row of a table in a comment cannot be broken.
fn columns(file: &File) -> Vec<String> {
    let whole = if file.path.ends_with(".proto") {
        "rpc "
    } else {
        "//! |"
    };
    let lines = file.text.lines().enumerate();
    let long = lines.filter(|(_, line)| {
        line.chars().count() > COLUMNS_MAX && !line.trim_start().starts_with(whole)
    });
    long.map(|(at, _)| format!("{}:{}: over {COLUMNS_MAX} columns", file.path, at + 1))
        .collect()
}

/// Every module says what it is, in few words; `lib.rs` is the map of the house, and longer.
fn headers(file: &File) -> Vec<String> {
    let lines = file
        .text
        .lines()
        .take_while(|line| line.starts_with("//!"))
        .count();
    match lines {
        0 => vec![format!("{}: no module header", file.path)],
        _ if lines <= HEADER_LINES_MAX || file.path == "src/lib.rs" => Vec::new(),
        _ => vec![format!(
            "{}: header of {lines} lines, {HEADER_LINES_MAX} allowed",
            file.path
        )],
    }
}

#[test]
fn rooms_import_downward_only() {
    check("src", ".rs", floors);
}

#[test]
fn crates_stay_in_their_rooms() {
    check("src", ".rs", crates);
}

#[test]
fn callers_are_made_by_auth_only() {
    check("src", ".rs", callers);
}

#[test]
fn there_are_no_junk_drawers() {
    for folder in ["src", "proto", "tests", "benches"] {
        check(folder, "", names);
    }
}

#[test]
fn files_are_short_enough_to_read() {
    for (folder, extension) in [("src", ".rs"), ("tests", ".rs"), ("proto", ".proto")] {
        check(folder, extension, sizes);
    }
}

#[test]
fn lines_fit() {
    for (folder, extension) in [("src", ".rs"), ("tests", ".rs"), ("proto", ".proto")] {
        check(folder, extension, columns);
    }
}

#[test]
fn every_module_says_what_it_is() {
    for folder in ["src", "tests", "benches"] {
        check(folder, ".rs", headers);
    }
}

mod bad_examples {
    use super::*;

    #[track_caller]
    fn floors_of(path: &str, text: &str) -> Vec<String> {
        super::floors(&File::new(path, text))
    }

    #[test]
    fn floors() {
        let up = floors_of("src/query/page.rs", "use crate::ledger::View;");
        assert_eq!(
            up,
            ["src/query/page.rs: \"query\" may not import \"ledger\""]
        );
        for (path, text) in [
            (
                "src/ledger/mod.rs",
                "use crate::{error::Error, auth::{a, b}};",
            ),
            (
                "src/ledger/mod.rs",
                "use crate::{\n    error::{A, B},\n    import,\n};",
            ),
            (
                "src/wire/body.rs",
                "fn f() -> super::super::query::Filter {}",
            ),
            (
                "src/wire/mod.rs",
                "mod tests {\n    use super::super::query::X;\n}",
            ),
            ("src/wire/mod.rs", "use super::query::X;"),
            ("src/client/mod.rs", "use crate::query::Filter;"),
            ("src/attic/mod.rs", "fn f() {}"),
        ] {
            assert_eq!(floors_of(path, text).len(), 1, "{path}: {text}");
        }
        for (path, text) in [
            (
                "src/ledger/mod.rs",
                "// crate::service is not for us\nuse crate::query::Filter;",
            ),
            (
                "src/service/import.rs",
                "use super::import::x;\nuse crate::import::draft;",
            ),
            (
                "src/wire/mod.rs",
                "mod query;\nmod tests {\n    use super::query::X;\n}",
            ),
            ("src/lib.rs", "pub use crate::server::start;"),
        ] {
            assert_eq!(floors_of(path, text), [""; 0], "{path}: {text}");
        }
    }

    #[test]
    fn crates() {
        for (path, text) in [
            ("src/query/mod.rs", "use tonic::Status;"),
            (
                "src/import/mod.rs",
                "let x = tonic_types::pb::Status::default();",
            ),
            ("src/service/mod.rs", "fn f(db: &sled::Db) {}"),
            ("src/server/mod.rs", "use clap::Parser;"),
        ] {
            assert_eq!(
                super::crates(&File::new(path, text)).len(),
                1,
                "{path}: {text}"
            );
        }
        let allowed = File::new("src/ledger/mod.rs", "// tonic::Status\nuse sled::Db;");
        assert_eq!(super::crates(&allowed), [""; 0]);
    }

    #[test]
    fn the_rest() {
        let of = |path: &str, text: &str| File::new(path, text);
        assert_eq!(
            callers(&of("src/service/list.rs", "Caller::new(\"x\")")).len(),
            1
        );
        assert_eq!(
            callers(&of("src/auth/mod.rs", "Caller::new(\"x\")")).len(),
            0
        );
        assert_eq!(names(&of("src/ledger/utils.rs", "")).len(), 1);
        assert_eq!(names(&of("src/common/mod.rs", "")).len(), 1);
        assert_eq!(names(&of("proto/chancery/v1/import.proto", "")).len(), 1);
        assert_eq!(
            sizes(&of("src/a.rs", &"x\n".repeat(FILE_LINES_MAX + 1))).len(),
            1
        );
        assert_eq!(
            sizes(&of("src/a.rs", &"x\n".repeat(FILE_LINES_MAX))).len(),
            0
        );
        let long = "x".repeat(COLUMNS_MAX + 1);
        assert_eq!(
            columns(&of("src/a.rs", &long)),
            ["src/a.rs:1: over 100 columns"]
        );
        assert_eq!(columns(&of("a.proto", &format!("  rpc {long}"))).len(), 0);
        assert_eq!(headers(&of("src/a.rs", "fn f() {}")).len(), 1);
        assert_eq!(
            headers(&of("src/a.rs", &"//! x\n".repeat(HEADER_LINES_MAX + 1))).len(),
            1
        );
    }
}
