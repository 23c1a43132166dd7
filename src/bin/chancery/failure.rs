//! What went wrong, as the last words on stderr and as an exit code.
//!
//! The first line is `error CODE` and the resource or a sentence; each violation of a request has
//! a line of its own. With a JSON format the same is one JSON object, so that a script reads both
//! streams with one parser. A reader that goes away (`| head`) is no failure.

use std::io::{self, Write as _};
use std::process::ExitCode;

use chancery::client;
use serde_json::{Value, json};

use crate::output::{Output, tame};

/// gRPC code n becomes exit code 64 + n.
const RPC_EXIT_BASE: u8 = 64;

/// How a verb ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 0
    Done,
    /// 1: the answer is no.
    No,
}

/// Why a verb did not end.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The server, or the way to it.
    Client(client::Error),
    /// The server, or the way to it, asked by a probe: exit 1 whatever it is.
    Probe(client::Error),
    /// The command line, found wrong after it was read; in a sentence.
    Usage(String),
    /// This side, in a sentence.
    Here(String),
    /// Reading or writing.
    Io(io::Error),
}

impl From<client::Error> for Failure {
    fn from(error: client::Error) -> Self {
        Self::Client(error)
    }
}

impl From<chancery::error::Error> for Failure {
    fn from(error: chancery::error::Error) -> Self {
        Self::Client(error.into())
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Says what went wrong, and gives the exit code.
pub(crate) fn report(outcome: Result<Exit, Failure>, output: &mut Output) -> ExitCode {
    let failure = match outcome {
        Ok(exit) => return exit.code(),
        Err(Failure::Io(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            output.abandon();
            return ExitCode::SUCCESS;
        }
        Err(failure) => failure,
    };
    // What was printed before the failure comes out first; nobody is left to hear if that fails.
    let _ = output.flush();
    let text = if output.speaks_values() {
        failure.status().to_string()
    } else {
        failure.lines().join("\n")
    };
    let _ = writeln!(io::stderr().lock(), "{text}");
    failure.code()
}

impl Exit {
    fn code(self) -> ExitCode {
        match self {
            Self::Done => ExitCode::SUCCESS,
            Self::No => ExitCode::from(1),
        }
    }
}

impl Failure {
    /// The same with the fields of its violations called otherwise.
    pub(crate) fn placed(self, place: impl Fn(&str) -> String) -> Self {
        match self {
            Self::Client(error) => Self::Client(error.placed(place)),
            Self::Probe(_) | Self::Usage(_) | Self::Here(_) | Self::Io(_) => self,
        }
    }

    fn code(&self) -> ExitCode {
        ExitCode::from(self.number())
    }

    fn number(&self) -> u8 {
        match self {
            Self::Client(error) => {
                let code = u8::try_from(error.code_number()).unwrap_or_default();
                RPC_EXIT_BASE.saturating_add(code)
            }
            Self::Usage(_) => 2,
            Self::Probe(_) | Self::Here(_) | Self::Io(_) => 1,
        }
    }

    /// Everything that is wrong with the request.
    pub(crate) fn violations(&self) -> &[client::Violation] {
        match self {
            Self::Client(error) | Self::Probe(error) => error.violations(),
            Self::Usage(_) | Self::Here(_) | Self::Io(_) => &[],
        }
    }

    /// What is said of it on stderr.
    pub(crate) fn lines(&self) -> Vec<String> {
        let error = match self {
            Self::Client(error) | Self::Probe(error) => error,
            Self::Usage(sentence) | Self::Here(sentence) => {
                return vec![format!("error {}", tame(sentence))];
            }
            Self::Io(error) => return vec![format!("error {error}")],
        };
        let code = error.code_name();
        let first = match error.violations() {
            [] => format!("error {code} {}", said(error)),
            [_] => format!("error {code}"),
            many => format!("error {code} {} problems with the request", many.len()),
        };
        let violations = error.violations().iter().map(|violation| {
            let rule = parenthesis(&violation.reason);
            format!(
                "  {}: {}{rule}",
                tame(&violation.field),
                tame(&violation.description)
            )
        });
        std::iter::once(first).chain(violations).collect()
    }

    fn status(&self) -> Value {
        let error = match self {
            Self::Client(error) | Self::Probe(error) => error,
            Self::Usage(sentence) | Self::Here(sentence) => return json!({ "message": sentence }),
            Self::Io(error) => return json!({ "message": error.to_string() }),
        };
        let violations = error.violations().iter().map(|violation| {
            json!({
                "field": violation.field,
                "reason": violation.reason,
                "description": violation.description,
            })
        });
        let mut status = json!({
            "code": error.code_number(),
            "status": error.code_name(),
            "message": error.message(),
            "reason": error.reason(),
            "metadata": error.metadata(),
            "violations": violations.collect::<Vec<_>>(),
        });
        if let Some(object) = status.as_object_mut() {
            if !error.resource().is_empty() {
                object.insert("resource".to_owned(), error.resource().into());
            }
            if let Some(wait) = error.retry_after() {
                let seconds = format!("{}s", wait.as_secs_f64());
                object.insert("retryAfter".to_owned(), seconds.into());
            }
        }
        status
    }
}

/// Of what is missing or taken the name says it all.
fn said(error: &client::Error) -> String {
    if matches!(error.code_name(), "NOT_FOUND" | "ALREADY_EXISTS") && !error.resource().is_empty() {
        return tame(error.resource());
    }
    let rule = if error.reason() == error.code_name() {
        String::new()
    } else {
        parenthesis(error.reason())
    };
    format!("{}{rule}", tame(error.message()))
}

fn parenthesis(reason: &str) -> String {
    match reason {
        "" => String::new(),
        reason => format!(" ({})", tame(reason)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chancery::error::{Error, Violation};

    #[test]
    fn a_violation_has_a_line_and_a_rule() {
        let failure = Failure::from(Error::invalid(
            "filter",
            "FILTER_UNSUPPORTED",
            "\"OR\" is new",
        ));
        assert_eq!(
            failure.lines(),
            [
                "error INVALID_ARGUMENT",
                "  filter: \"OR\" is new (FILTER_UNSUPPORTED)"
            ]
        );
        assert_eq!(failure.number(), 67);
        let both = Failure::from(Error::Invalid(vec![
            Violation::new("a", "X", "one"),
            Violation::new("b", "Y", "two"),
        ]));
        assert_eq!(both.lines().len(), 3);
        assert_eq!(both.status()["violations"][1]["reason"], "Y");
    }

    #[test]
    fn this_side_exits_with_one() {
        let failure = Failure::Here("cannot read \"x\"".to_owned());
        assert_eq!((failure.number(), failure.lines().len()), (1, 1));
        assert_eq!(Failure::Usage(String::new()).number(), 2);
        assert_eq!(failure.status()["message"], "cannot read \"x\"");
    }
}
