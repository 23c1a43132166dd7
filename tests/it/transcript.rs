//! Transcripts: the client's commands with what they print, read and run from `tests/scripts`.
//!
//! ```text
//! # Prose, for the reader.
//! > strait.md                          a file the commands may name, up to the line `----`
//! The text of the file.
//! ----
//!
//! $ chancery import strait.md          a command, run through the built client; what follows
//!                                      ` | `, such as `head -3`, is done by the shell
//! what it reads from its stdin         (rarely)
//! ----
//! what it prints: stdout, then stderr, then `exit N` if it is not 0
//!
//! ! restart                            stops the server and starts it on the same folder
//! ! delete store                       the same, without the store in between
//! ! serve FOLDER                       stops the server and starts it on another folder
//! $ chanceryd restore ...              the server's own commands, which need no server
//! ! clock 2026-01-08T00:00:00Z         sets the server's clock
//! ```
//! Every script has a server of its own, in this process, on an empty folder and with a clock
//! that stands still at 2026-01-01 until it is set. What is random is written as UID, DOC, HASH,
//! TOKEN and PORT. `UPDATE=1` writes down what is printed now. A new behaviour gets a script; a
//! bug one named by its issue. Scripts in `callers` say by `--as` who asks, and are played in the
//! build with the feature `test-policy` only.

mod player;
mod text;

use std::path::{Path, PathBuf};

use player::Player;

/// A part of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    /// Lines for the reader, blank ones included.
    Prose(String),
    /// A file with its lines.
    File { name: String, lines: String },
    /// A command, what it reads, what it should print.
    Command {
        line: String,
        input: String,
        expected: String,
    },
    /// Something done to the server.
    Server(String),
}

/// Reads a script. Whatever it does not understand is an error that names the line.
fn parse(script: &str) -> Result<Vec<Step>, String> {
    let mut steps = Vec::new();
    let mut lines = script.lines().zip(1..).peekable();
    let until_rule = |lines: &mut std::iter::Peekable<_>, from: usize| {
        let mut text = String::new();
        for (line, _) in lines {
            if line == "----" {
                return Ok(text);
            }
            text.push_str(line);
            text.push('\n');
        }
        Err(format!("line {from}: no \"----\" follows"))
    };
    while let Some((line, number)) = lines.next() {
        let step = match line.split_at_checked(2) {
            Some(("> ", name)) => {
                let lines = until_rule(&mut lines, number)?;
                Step::File {
                    name: name.to_owned(),
                    lines,
                }
            }
            Some(("$ ", command)) => {
                let input = until_rule(&mut lines, number)?;
                let mut expected = String::new();
                while let Some((line, _)) = lines.next_if(|(line, _)| !starts_step(line)) {
                    expected.push_str(line);
                    expected.push('\n');
                }
                let expected = expected.trim_end().to_owned();
                Step::Command {
                    line: command.to_owned(),
                    input,
                    expected,
                }
            }
            Some(("! ", action)) => Step::Server(action.to_owned()),
            _ if line.is_empty() || line.starts_with('#') => Step::Prose(line.to_owned()),
            _ => return Err(format!("line {number}: \"{line}\" is no step")),
        };
        steps.push(step);
    }
    Ok(steps)
}

fn starts_step(line: &str) -> bool {
    ["$ ", "> ", "! ", "#"]
        .iter()
        .any(|start| line.starts_with(start))
}

/// Writes a script as it is read.
fn write(steps: &[Step]) -> String {
    let mut script = String::new();
    for step in steps {
        let text = match step {
            Step::Prose(line) => line.clone(),
            Step::File { name, lines } => format!("> {name}\n{lines}----"),
            Step::Command {
                line,
                input,
                expected,
            } if expected.is_empty() => {
                format!("$ {line}\n{input}----\n")
            }
            Step::Command {
                line,
                input,
                expected,
            } => {
                format!("$ {line}\n{input}----\n{expected}\n")
            }
            Step::Server(action) => format!("! {action}"),
        };
        script.push_str(&text);
        script.push('\n');
    }
    format!("{}\n", script.trim_end())
}

/// Runs a script: the same steps, with what was printed this time.
fn run(steps: &[Step]) -> Vec<Step> {
    let mut player = Player::start();
    let mut done = Vec::new();
    for step in steps {
        match step {
            Step::Prose(_) => {}
            Step::File { name, lines } => player.file(name, lines),
            Step::Server(action) => player.server(action),
            Step::Command { line, input, .. } => {
                let expected = player.command(line, input);
                done.push(Step::Command {
                    line: line.clone(),
                    input: input.clone(),
                    expected,
                });
                continue;
            }
        }
        done.push(step.clone());
    }
    player.stop();
    done
}

fn scripts(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(scripts(&path));
        } else if path.extension().is_some_and(|extension| extension == "txt") {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn the_client_prints_what_the_scripts_say() {
    let mut scripts = scripts(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts"));
    let callers = |path: &PathBuf| {
        path.parent()
            .is_some_and(|folder| folder.ends_with("callers"))
    };
    if cfg!(not(feature = "test-policy")) {
        scripts.retain(|path| !callers(path));
    }
    assert!(!scripts.is_empty(), "no scripts");
    let bless = std::env::var_os("UPDATE").is_some_and(|update| update == "1");
    let mut failed = String::new();
    for path in scripts {
        let script = std::fs::read_to_string(&path).unwrap();
        let steps = parse(&script).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let now = write(&run(&steps));
        if bless {
            std::fs::write(&path, now).unwrap();
        } else if now != script {
            let difference = text::difference(&script, &now);
            failed.push_str(&format!("\n{}\n{difference}", path.display()));
        }
    }
    assert!(
        failed.is_empty(),
        "{failed}\n`UPDATE=1 cargo test` writes down what is printed now"
    );
}

#[test]
fn a_script_is_written_as_it_is_read() {
    let script = "# Prose.\n\n> a.md\n# A title\n\ntext\n----\n\n$ chancery import a.md\n----\n\
                  one\n\n  two\nexit 1\n\n! restart\n\n$ chancery list risks -o json\nfed\n----\n";
    let steps = parse(script).unwrap();
    assert_eq!(steps.len(), 8, "{steps:?}");
    assert!(steps.contains(&Step::Command {
        line: "chancery import a.md".to_owned(),
        input: String::new(),
        expected: "one\n\n  two\nexit 1".to_owned(),
    }));
    assert_eq!(write(&steps), script);
    assert_eq!(
        parse("> a.md\ntext\n"),
        Err("line 1: no \"----\" follows".to_owned())
    );
    assert_eq!(
        parse("text\n"),
        Err("line 1: \"text\" is no step".to_owned())
    );
}
