//! `chancery edit NAME`: one resource as YAML in an editor, and what was changed sent back.
//!
//! The change carries the etag that was read, so that nobody else's is lost. What the server
//! refuses is written as comments beside the text; at a terminal the editor opens again, until
//! the text is accepted or closed unchanged. A refused text is never lost: it stays in a file.

use std::fs::{File, OpenOptions};
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use chancery::client::{Client, Violation};
use chancery::error::Error;
use chancery::model::name::Name;
use clap::Args;
use serde_json::Value;
use uuid::Uuid;

use crate::differences::{self, Difference};
use crate::failure::{Exit, Failure};
use crate::nouns;
use crate::output::{Format, Output, tame};
use crate::set::message;
use crate::writes::{self, Terms, mask, present, without_elements};
use crate::yaml;

/// Begins a comment that says what is wrong with the line below it.
const WRONG: &str = "#! ";

/// The arguments of `edit`.
#[derive(Debug, Args)]
pub(crate) struct Edit {
    /// The resource: talks/red-lines/nato, actors/e3, or talks for the header of an assessment
    #[arg(value_name = "NAME")]
    name: String,
    /// The editor; else $VISUAL, $EDITOR or vi
    #[arg(long, value_name = "COMMAND")]
    editor: Option<String>,
    #[command(flatten)]
    terms: Terms,
}

/// What is edited.
struct Subject {
    name: Name,
    before: Value,
    etag: String,
}

impl Edit {
    pub(crate) async fn perform(
        &self,
        client: &Client,
        output: &mut Output,
    ) -> Result<Exit, Failure> {
        let name = Name::parse(&nouns::whole(&self.name), "name")?;
        let Some((found, stored)) = present(client, &name).await? else {
            return Err(Error::not_found(name.as_str()).into());
        };
        let before = without_elements(name.kind(), &stored);
        let etag = found.get("etag").and_then(Value::as_str);
        let subject = Subject {
            etag: etag.unwrap_or_default().to_owned(),
            name,
            before,
        };
        let mut text = first_text(&subject)?;
        let mut refused: Option<Failure> = None;
        loop {
            let edited = match self.opened(&text).await {
                Ok(edited) => edited,
                Err(failure) if refused.is_none() => return Err(failure),
                Err(_given_up) => text.clone(),
            };
            if without_comments(&edited) == without_comments(&text) {
                return match refused {
                    Some(failure) => Err(kept(&subject.name, &text, failure, output)?),
                    None => {
                        output.note("nothing was changed")?;
                        Ok(Exit::Done)
                    }
                };
            }
            let failure = match self.send(client, &subject, &edited, output).await {
                Ok(()) => return Ok(Exit::Done),
                Err(failure) => failure,
            };
            text = annotated(&edited, &failure);
            if !std::io::stdin().is_terminal() {
                return Err(kept(&subject.name, &text, failure, output)?);
            }
            refused = Some(failure);
        }
    }

    async fn send(
        &self,
        client: &Client,
        subject: &Subject,
        edited: &str,
        output: &mut Output,
    ) -> Result<(), Failure> {
        let name = &subject.name;
        let documents = yaml::parse(edited)?;
        let [document] = documents.as_slice() else {
            let sentence = format!("expected one document, found {}", documents.len());
            return Err(Failure::Here(sentence));
        };
        let after = yaml::canonical(&message(name)?, document, name.as_str());
        let mut after = after.map_err(|problem| Failure::from(Error::Invalid(vec![problem])))?;
        let fixed = [("name", name.as_str()), ("id", name.id())];
        for (field, fixed) in fixed {
            let given = after.get(field).and_then(Value::as_str).unwrap_or(fixed);
            if given != fixed {
                let told = format!("\"{given}\" is another resource than \"{fixed}\"");
                return Err(Error::invalid(field, "IMMUTABLE", told).into());
            }
            if let Some(fields) = after.as_object_mut() {
                fields.insert(field.to_owned(), fixed.into());
            }
        }
        let Some(difference) =
            Difference::between(name.as_str(), Some(&subject.before), Some(&after))
        else {
            output.note("nothing was changed")?;
            return Ok(());
        };
        let kind = name.kind();
        let mask = mask(&difference, kind);
        let written = writes::update(client, name, (&after, &mask), &subject.etag, &self.terms);
        let written = written.await?;
        if matches!(output.format(), Format::Table | Format::Wide) {
            differences::print(&[difference], output)?;
        }
        writes::tell(kind, &written, output)?;
        self.terms.note(output)
    }

    /// The text after the editor had it.
    async fn opened(&self, text: &str) -> Result<String, Failure> {
        let path = std::env::temp_dir().join(format!("chancery.{}.yaml", Uuid::now_v7()));
        let mut file = private(&path)?;
        file.write_all(text.as_bytes())?;
        drop(file);
        let said = |variable: &str| std::env::var(variable).ok().filter(|it| !it.is_empty());
        let editor = self
            .editor
            .clone()
            .or_else(|| said("VISUAL"))
            .or_else(|| said("EDITOR"));
        let editor = editor.unwrap_or_else(|| "vi".to_owned());
        let mut command = Command::new("sh");
        // As git does it: the editor may be several words, the file is one.
        command
            .arg("-c")
            .arg(format!("{editor} \"$1\""))
            .arg(&editor)
            .arg(&path);
        // Beside, not in, the runtime: the connection stays alive however long it takes.
        let ended = tokio::task::spawn_blocking(move || command.status()).await;
        let edited = std::fs::read_to_string(&path);
        std::fs::remove_file(&path)?;
        let status = ended.map_err(|error| Failure::Here(error.to_string()))?;
        match status {
            Ok(status) if status.success() => Ok(edited?),
            Ok(status) => {
                let sentence = format!("\"{editor}\" ended with {status}; nothing was changed");
                Err(Failure::Here(sentence))
            }
            Err(error) => Err(Failure::Here(format!("cannot run \"{editor}\": {error}"))),
        }
    }
}

/// A new file that nobody else reads.
fn private(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn first_text(subject: &Subject) -> Result<String, Failure> {
    let mut shown = subject.before.clone();
    if let Some(fields) = shown.as_object_mut() {
        fields.shift_remove("id");
    }
    Ok(format!(
        "# {}\n# A field that is taken out is \"not stated\". Unchanged text changes nothing.\n{}",
        subject.name,
        yaml::write(&shown)?
    ))
}

/// Gives up on a refused text, and says where it is.
fn kept(
    name: &Name,
    text: &str,
    failure: Failure,
    output: &mut Output,
) -> Result<Failure, Failure> {
    let path = keep(name.id(), text)?;
    output.note(&format!("what you wrote is in {}", path.display()))?;
    Ok(failure)
}

/// Puts a refused text where its author finds it, and `apply -f` reads it.
fn keep(id: &str, text: &str) -> Result<PathBuf, Failure> {
    let beside = PathBuf::from(format!("{id}.refused.yaml"));
    let elsewhere = std::env::temp_dir().join(format!("{id}.{}.refused.yaml", Uuid::now_v7()));
    let mut failed = None;
    for path in [beside, elsewhere] {
        match private(&path).and_then(|mut file| file.write_all(text.as_bytes())) {
            Ok(()) => return Ok(path),
            Err(error) => failed = Some(error),
        }
    }
    Err(failed.map_or_else(
        || Failure::Here("cannot keep the text".to_owned()),
        Failure::Io,
    ))
}

fn without_comments(text: &str) -> String {
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'));
    lines.collect::<Vec<_>>().join("\n")
}

/// The text with what is wrong told above the lines concerned.
fn annotated(text: &str, failure: &Failure) -> String {
    let kept = text
        .lines()
        .filter(|line| !line.trim_start().starts_with(WRONG));
    let mut lines: Vec<String> = kept.map(str::to_owned).collect();
    let mut told: Vec<(usize, String)> = Vec::new();
    for violation in failure.violations() {
        let (line, indent) = place(&lines, &violation.field).unwrap_or((0, 0));
        told.push((
            line,
            format!("{}{WRONG}{}", " ".repeat(indent), sentence(violation)),
        ));
    }
    if told.is_empty() {
        let said = failure.lines().into_iter();
        told.extend(said.map(|line| (0, format!("{WRONG}{line}"))));
    }
    // From the last line up, so that those above keep their numbers.
    told.sort_by_key(|(line, _)| *line);
    for (line, comment) in told.into_iter().rev() {
        lines.insert(line.min(lines.len()), comment);
    }
    lines.join("\n") + "\n"
}

fn sentence(violation: &Violation) -> String {
    let field = tame(&violation.field);
    format!(
        "{field}: {} ({})",
        tame(&violation.description),
        tame(&violation.reason)
    )
}

/// The line where a field of the contract, `likelihood.low`, stands in YAML, and its indent.
fn place(lines: &[String], field: &str) -> Option<(usize, usize)> {
    let (mut from, mut indent, mut found) = (0, 0, None);
    for part in field.split('.') {
        let (name, places) = part.split_once('[').unwrap_or((part, ""));
        let key = format!("{}:", camel(name));
        let at = seek(lines, (from, indent), |text| text.starts_with(&key))?;
        found = Some((at, indent));
        from = at + 1;
        let mut inner = indent + 2;
        for number in places
            .split('[')
            .filter_map(|it| it.trim_end_matches(']').parse().ok())
        {
            for item in 0..=number {
                let begin = if item == 0 { from } else { from + 1 };
                from = seek(lines, (begin, indent), |text| text.starts_with("- "))?;
            }
            found = Some((from, indent));
            inner = indent + 2;
        }
        indent = inner;
    }
    found
}

/// The next line at an indent that fits, before the text leaves that indent.
fn seek(
    lines: &[String],
    (from, indent): (usize, usize),
    fits: impl Fn(&str) -> bool,
) -> Option<usize> {
    for (at, line) in lines.iter().enumerate().skip(from) {
        let (Some(margin), Some(text)) = (line.get(..indent), line.get(indent..)) else {
            continue;
        };
        if margin.chars().all(|letter| matches!(letter, ' ' | '-')) {
            if fits(text) {
                return Some(at);
            }
        } else if !line.trim_start().starts_with('#') {
            return None;
        }
    }
    None
}

/// `assessed_negotiability` is `assessedNegotiability` in JSON.
fn camel(snake: &str) -> String {
    let mut words = snake.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let mut letters = word.chars();
        let upper = letters.next().map(|letter| letter.to_ascii_uppercase());
        name + &upper.into_iter().chain(letters).collect::<String>()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
# assessments/talks/risks/war
title: War
likelihood:
  low: 0.5
  high: 0.2
crossings:
- note: one
- note: two
  response: firm
";

    fn refused(fields: &[&str]) -> Failure {
        let problems = fields
            .iter()
            .map(|field| chancery::error::Violation::new(*field, "BAD", "\"it\" is bad"));
        Error::Invalid(problems.collect()).into()
    }

    #[test]
    fn what_is_wrong_is_told_above_its_line() {
        let lines: Vec<String> = TEXT.lines().map(str::to_owned).collect();
        assert_eq!(place(&lines, "likelihood.low"), Some((3, 2)));
        assert_eq!(place(&lines, "crossings[1].response"), Some((8, 2)));
        assert_eq!(place(&lines, "crossings[1]"), Some((7, 0)));
        assert_eq!(place(&lines, "low"), None);
        let text = annotated(TEXT, &refused(&["likelihood.low", "title", "elsewhere"]));
        let comments: Vec<(usize, &str)> = text
            .lines()
            .enumerate()
            .filter(|(_, line)| line.contains(WRONG))
            .collect();
        assert_eq!(
            comments,
            [
                (0, "#! elsewhere: \"it\" is bad (BAD)"),
                (2, "#! title: \"it\" is bad (BAD)"),
                (5, "  #! likelihood.low: \"it\" is bad (BAD)"),
            ]
        );
    }

    #[test]
    fn what_was_wrong_is_not_told_twice() {
        let once = annotated(TEXT, &refused(&["title"]));
        assert_eq!(annotated(&once, &refused(&["title"])), once);
        assert_eq!(without_comments(&once), without_comments(TEXT));
    }
}
