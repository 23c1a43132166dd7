//! Logs: on stderr, for people or as JSON.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::error::Error;

/// How logs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A line that people read.
    Text,
    /// A JSON object a line.
    Json,
}

/// Whether a filter can be read: `info`, or per module as `chancery=debug,warn`.
pub fn check(filter: &str) -> Result<EnvFilter, Error> {
    EnvFilter::try_new(filter)
        .map_err(|error| Error::invalid("log", "LOG_FILTER_MALFORMED", error.to_string()))
}

/// Starts writing logs.
pub fn start(filter: &str, format: Format) -> Result<(), Error> {
    let builder = tracing_subscriber::fmt()
        .with_env_filter(check(filter)?)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let started = match format {
        Format::Text => builder.with_target(false).try_init(),
        Format::Json => builder.json().try_init(),
    };
    started.map_err(|error| Error::Internal(format!("start logging: {error}")))
}
