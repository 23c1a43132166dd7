//! Where answers go, and in which format.
//!
//! One writer, locked once; notes for the eye go to stderr, so that stdout is only ever the
//! answer. Text that came from documents is tamed before a terminal sees it: no control
//! characters, no reversal of direction, no line ends.

use std::io::{self, BufWriter, IsTerminal as _, StdoutLock, Write};

use clap::ValueEnum;
use serde_json::Value;
use terminal_size::{Width, terminal_size};

use crate::layout::{Grid, Layout};

/// Columns of a terminal that does not tell.
const TERMINAL_COLUMNS: u16 = 100;

/// The least columns that are believed.
const TERMINAL_COLUMNS_MIN: u16 = 20;

/// How answers and errors are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Columns for people
    Table,
    /// The same with whole names and more columns, never wrapped
    Wide,
    /// Canonical proto JSON; lists are arrays
    Json,
    /// The same as YAML
    Yaml,
    /// One JSON value per line
    Jsonl,
    /// Resource names, one per line
    Name,
}

/// Stdout, and how to print on it.
pub(crate) struct Output {
    format: Format,
    layout: Layout,
    bold: bool,
    writer: Option<BufWriter<StdoutLock<'static>>>,
}

impl Output {
    pub(crate) fn new(format: Format, width: Option<u16>) -> Self {
        let terminal = io::stdout().is_terminal();
        let layout = match width {
            Some(0) => Layout::Plain,
            _ if format == Format::Wide => Layout::Plain,
            Some(width) => Layout::Fitted(width.max(TERMINAL_COLUMNS_MIN)),
            None if terminal => Layout::Fitted(terminal_columns()),
            None => Layout::Plain,
        };
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let writer = Some(BufWriter::new(io::stdout().lock()));
        Self {
            format,
            layout,
            bold: terminal && !plain && !dumb,
            writer,
        }
    }

    pub(crate) fn format(&self) -> Format {
        self.format
    }

    pub(crate) fn layout(&self) -> Layout {
        self.layout
    }

    /// Whether answers and errors are for machines.
    pub(crate) fn speaks_values(&self) -> bool {
        matches!(self.format, Format::Json | Format::Jsonl | Format::Yaml)
    }

    /// Whether what is printed may be coloured.
    pub(crate) fn colours(&self) -> bool {
        self.bold
    }

    /// A line of the answer.
    pub(crate) fn line(&mut self, line: &str) -> io::Result<()> {
        match &mut self.writer {
            Some(writer) => writeln!(writer, "{line}"),
            None => Ok(()),
        }
    }

    /// An answer that is no text.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.writer {
            Some(writer) => writer.write_all(bytes),
            None => Ok(()),
        }
    }

    /// A table.
    pub(crate) fn grid(&mut self, grid: &Grid) -> io::Result<()> {
        grid.headers
            .iter()
            .try_for_each(|line| self.heading(line))?;
        grid.lines.iter().try_for_each(|line| self.line(line))
    }

    /// A line above others.
    pub(crate) fn heading(&mut self, line: &str) -> io::Result<()> {
        if self.bold && !line.is_empty() {
            return self.line(&format!("\x1b[1m{line}\x1b[0m"));
        }
        self.line(line)
    }

    /// A value as JSON, over several lines or on one, or as YAML.
    pub(crate) fn value(&mut self, value: &Value) -> io::Result<()> {
        let text = match self.format {
            Format::Jsonl => value.to_string(),
            Format::Yaml => serde_norway::to_string(value).map_err(io::Error::other)?,
            Format::Table | Format::Wide | Format::Json | Format::Name => format!("{value:#}"),
        };
        self.line(text.trim_end())
    }

    /// A sentence for the eye, on stderr.
    pub(crate) fn note(&mut self, sentence: &str) -> io::Result<()> {
        self.flush()?;
        writeln!(io::stderr().lock(), "{sentence}")
    }

    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.writer.as_mut().map_or(Ok(()), Write::flush)
    }

    /// Forgets what was not written yet, because nobody reads it.
    pub(crate) fn abandon(&mut self) {
        if let Some(writer) = self.writer.take() {
            drop(writer.into_parts());
        }
    }
}

/// `COLUMNS` if it is set, else what the terminal says.
fn terminal_columns() -> u16 {
    let told = std::env::var("COLUMNS")
        .ok()
        .and_then(|columns| columns.parse().ok());
    let columns = told
        .or_else(|| terminal_size().map(|(Width(columns), _)| columns))
        .unwrap_or(TERMINAL_COLUMNS);
    columns.max(TERMINAL_COLUMNS_MIN)
}

/// Text from elsewhere on one line that does nothing to a terminal.
pub(crate) fn tame(text: &str) -> String {
    let words: Vec<String> = text.split_whitespace().map(harmless).collect();
    words.join(" ")
}

/// Like `tame`, with the line ends kept.
pub(crate) fn tame_lines(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(harmless).collect();
    lines.join("\n")
}

fn harmless(text: &str) -> String {
    let turns = |letter: char| matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let shown = |letter: char| {
        if (letter.is_control() && letter != '\t') || turns(letter) {
            char::REPLACEMENT_CHARACTER
        } else {
            letter
        }
    };
    text.chars().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_elsewhere_does_nothing_to_a_terminal() {
        assert_eq!(tame("a\n  b\tc"), "a b c");
        assert_eq!(tame("\x1b[2Jgone\u{202e}"), "\u{fffd}[2Jgone\u{fffd}");
        assert_eq!(tame_lines("a  b\r\nc\x07"), "a  b\nc\u{fffd}");
    }
}
