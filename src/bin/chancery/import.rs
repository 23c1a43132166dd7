//! `chancery import FILE`: an article becomes a draft, and what is doubtful about it is told.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use chancery::client::Client;
use chancery::model::kind;
use chancery::model::v1::{ImportDocumentResponse, ImportOptions, Marking, Tlp};
use chancery::wire::json;
use clap::{Args, ValueEnum};
use prost_types::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use crate::cells::{self, Detail};
use crate::failure::{Exit, Failure};
use crate::get::elements;
use crate::layout::grid;
use crate::moments::moment;
use crate::nouns::within;
use crate::output::{Format, Output, tame};
use crate::progress::Progress;
use crate::publish::{name, state};

/// More than this is not read; the server allows less and says how much.
const FILE_BYTES_MAX: u64 = 16 << 20;

/// Quotes of doubts are cut after so many letters in a table.
const QUOTE_LETTERS_MAX: usize = 80;

/// The arguments of `import`.
#[derive(Debug, Args)]
pub(crate) struct Import {
    /// The article, Markdown or plain text; - reads stdin
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The id of the assessment; else one is made of its title
    #[arg(long)]
    id: Option<String>,
    /// Publish it in the same commit
    #[arg(long)]
    publish: bool,
    /// Show what would be drafted, and commit nothing
    #[arg(long)]
    dry_run: bool,
    /// The situation it is about: situations/ukraine, or ukraine
    #[arg(long, value_name = "NAME")]
    situation: Option<String>,
    /// After which no information was considered: RFC 3339, or a day, which means its first
    /// instant in UTC
    #[arg(long, value_name = "DATE", value_parser = moment)]
    cutoff: Option<Timestamp>,
    /// Who may see it, by the Traffic Light Protocol
    #[arg(long, value_enum)]
    marking: Option<Level>,
    /// The title; else that of the text
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// The source it comes from: sources/gazette, or gazette
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
    /// The published assessment that it replaces, and whose elements it carries on where they match
    #[arg(long, value_name = "NAME")]
    supersedes: Option<String>,
    /// What the file is; else told by its extension, and Markdown on stdin
    #[arg(long, value_name = "TYPE")]
    media_type: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Level {
    Clear,
    Green,
    Amber,
    AmberStrict,
    Red,
}

impl Import {
    /// The bytes of the file, or of stdin.
    pub(crate) fn text(&self) -> Result<Vec<u8>, Failure> {
        let shown = self.file.display();
        let cannot = |error: io::Error| Failure::Here(format!("cannot read \"{shown}\": {error}"));
        let mut bytes = Vec::new();
        if self.reads_stdin() {
            bounded(io::stdin().lock(), &mut bytes).map_err(cannot)?;
        } else {
            let file = File::open(&self.file).map_err(cannot)?;
            bounded(file, &mut bytes).map_err(cannot)?;
        }
        if u64::try_from(bytes.len()).is_ok_and(|length| length > FILE_BYTES_MAX) {
            let sentence = format!("\"{shown}\" is over {FILE_BYTES_MAX} bytes");
            return Err(Failure::Here(sentence));
        }
        Ok(bytes)
    }

    pub(crate) async fn perform(
        &self,
        client: &Client,
        text: &[u8],
        output: &mut Output,
    ) -> Result<Exit, Failure> {
        let progress = Progress::open(format!("importing {}", self.file.display()));
        let answer = client.import(text, self.options()).await?;
        drop(progress);
        let mut shown = json::encode("ImportDocumentResponse", &answer)?;
        // Canonical JSON leaves empty lists out; whoever counts doubts wants to find them.
        if let Some(fields) = shown.as_object_mut() {
            fields
                .entry("doubts")
                .or_insert_with(|| Value::Array(Vec::new()));
        }
        let assessment = shown.get("assessment").unwrap_or(&Value::Null);
        match output.format() {
            Format::Json | Format::Jsonl | Format::Yaml => output.value(&shown)?,
            Format::Name => output.line(&name(assessment))?,
            Format::Table | Format::Wide => self.tell(&answer, &shown, text, output)?,
        }
        if answer.unchanged {
            let document = answer
                .document
                .as_ref()
                .map_or("", |document| document.name.as_str());
            output.note(&format!(
                "nothing was committed: the same text is already there, as {} from {}",
                name(assessment),
                tame(document)
            ))?;
        }
        Ok(Exit::Done)
    }

    fn options(&self) -> ImportOptions {
        let text = |option: &Option<String>| option.clone().unwrap_or_default();
        let marking = self.marking.map(|level| Marking {
            tlp: i32::from(level.tlp()),
            ..Marking::default()
        });
        let media_type = self.media_type.clone();
        ImportOptions {
            media_type: media_type.unwrap_or_else(|| self.guessed_media_type().to_owned()),
            assessment_id: text(&self.id),
            publish: self.publish,
            dry_run: self.dry_run,
            situation: within("situations", &text(&self.situation)),
            information_cutoff: self.cutoff,
            marking,
            source: within("sources", &text(&self.source)),
            title: text(&self.title),
            supersedes: within("assessments", &text(&self.supersedes)),
            request_id: Uuid::now_v7().to_string(),
            ..ImportOptions::default()
        }
    }

    fn reads_stdin(&self) -> bool {
        self.file == Path::new("-")
    }

    fn guessed_media_type(&self) -> &'static str {
        if self.reads_stdin() {
            return "text/markdown";
        }
        let extension = self
            .file
            .extension()
            .unwrap_or_default()
            .to_ascii_lowercase();
        match extension.to_str() {
            Some("md" | "markdown") => "text/markdown",
            Some("txt" | "text" | "") => "text/plain",
            Some("html" | "htm") => "text/html",
            Some("pdf") => "application/pdf",
            Some(_) | None => "application/octet-stream",
        }
    }

    /// A line about the whole; on a dry run what was understood; then what was not.
    fn tell(
        &self,
        answer: &ImportDocumentResponse,
        shown: &Value,
        text: &[u8],
        output: &mut Output,
    ) -> Result<(), Failure> {
        let assessment = shown.get("assessment").unwrap_or(&Value::Null);
        let revision = if self.dry_run {
            "dry run".to_owned()
        } else {
            format!("revision {}", answer.revision)
        };
        let elements_count: usize = kind::elements()
            .filter_map(|kind| assessment.get(&kind.collection)?.as_array().map(Vec::len))
            .sum();
        output.line(&format!(
            "{}  {}  {revision}  {}  {}",
            name(assessment),
            state(assessment),
            counted(elements_count, "element"),
            counted(answer.doubts.len(), "doubt"),
        ))?;
        if self.supersedes.is_some() {
            let carried: usize = kind::elements()
                .filter_map(|kind| assessment.get(&kind.collection)?.as_array())
                .flatten()
                .filter(|element| element.get("continues").is_some())
                .count();
            let old = assessment
                .get("supersedes")
                .and_then(Value::as_str)
                .unwrap_or("");
            output.line(&format!(
                "carries on {} of {old}",
                counted(carried, "element")
            ))?;
        }
        if self.dry_run {
            elements(assessment, output)?;
        }
        let doubts = shown.get("doubts").and_then(Value::as_array);
        match doubts.map(Vec::as_slice) {
            None | Some([]) => Ok(()),
            Some(doubts) => {
                output.line("")?;
                let rows: Vec<Vec<String>> =
                    doubts.iter().map(|doubt| doubt_row(doubt, text)).collect();
                let headers = ["LINE", "BYTES", "DOUBT", "REASON", "QUOTE"];
                Ok(output.grid(&grid(&headers, &rows, output.layout()))?)
            }
        }
    }
}

impl Level {
    fn tlp(self) -> Tlp {
        match self {
            Self::Clear => Tlp::Clear,
            Self::Green => Tlp::Green,
            Self::Amber => Tlp::Amber,
            Self::AmberStrict => Tlp::AmberStrict,
            Self::Red => Tlp::Red,
        }
    }
}

fn bounded(source: impl Read, bytes: &mut Vec<u8>) -> io::Result<usize> {
    source.take(FILE_BYTES_MAX + 1).read_to_end(bytes)
}

fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

fn doubt_row(doubt: &Value, text: &[u8]) -> Vec<String> {
    let number = |end: &str| {
        let end = doubt
            .get("span")
            .and_then(|span| span.get(end))
            .and_then(Value::as_u64);
        end.and_then(|end| usize::try_from(end).ok())
    };
    let words = |path: &str| {
        let message = cells::message("Doubt");
        let words = message.and_then(|message| cells::at(&message, doubt, path, Detail::Whole));
        tame(&words.unwrap_or_default())
    };
    let quote = words("quote");
    let (start, end) = (number("start"), number("end"));
    let line = start.and_then(|start| line_of(text, start));
    let or_dash = |number: Option<usize>| number.map_or("-".to_owned(), |it| it.to_string());
    vec![
        or_dash(line),
        format!("{}..{}", or_dash(start), or_dash(end)),
        words("kind"),
        words("reason"),
        shortened(&quote),
    ]
}

/// The line, counted from 1, of a byte of the canonical rendition: without a byte-order mark,
/// every line end one byte.
fn line_of(text: &[u8], canonical: usize) -> Option<usize> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let text = std::str::from_utf8(text)
        .ok()?
        .replace("\r\n", "\n")
        .replace('\r', "\n");
    let before = text.as_bytes().get(..canonical)?;
    Some(before.iter().filter(|byte| **byte == b'\n').count() + 1)
}

fn shortened(quote: &str) -> String {
    if quote.chars().count() <= QUOTE_LETTERS_MAX {
        return format!("\"{quote}\"");
    }
    let head: String = quote.chars().take(QUOTE_LETTERS_MAX).collect();
    format!("\"{head}...\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubts_are_found_in_the_file_again() {
        let text = b"\xef\xbb\xbfone\r\ntwo\r\nthree";
        assert_eq!(line_of(text, 0), Some(1));
        assert_eq!(line_of(text, 4), Some(2));
        assert_eq!(line_of(text, 8), Some(3));
        assert_eq!(line_of(text, 999), None);
    }

    #[test]
    fn long_quotes_are_cut_between_letters() {
        assert_eq!(shortened("short"), "\"short\"");
        let long = shortened(&"é".repeat(QUOTE_LETTERS_MAX + 1));
        assert_eq!(long.chars().count(), QUOTE_LETTERS_MAX + 5);
    }
}
