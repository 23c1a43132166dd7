//! The one table from what went wrong to a gRPC status.
//!
//! Every status carries ErrorInfo {reason, domain, metadata}; BadRequest with all violations,
//! ResourceInfo on what is missing or taken, RetryInfo where trying again may help. What only the
//! operator may know is logged here and not sent.

use std::collections::HashMap;
use std::time::Duration;

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt};
use tracing::error;

use crate::error::{Error, Interruption, Violation};

/// The domain of every ErrorInfo.
pub const DOMAIN: &str = "chancery.dev";

const RETRY: Duration = Duration::from_millis(200);

/// What a status may hold in details: with the base64 of the wire it must fit a client's 8 KiB of
/// headers (grpcio's default; the smallest there is), or the client sees a broken stream.
const DETAILS_BYTES_MAX: usize = 5 << 10;
const TEXT_BYTES_MAX: usize = 512;

/// The status of an error.
pub(crate) fn status(failure: &Error) -> Status {
    if let Error::Internal(text) = failure {
        error!(failure = text, "internal error");
    }
    let mut details = ErrorDetails::with_error_info(failure.reason(), DOMAIN, metadata(failure));
    match failure {
        Error::Invalid(violations) => {
            details.set_bad_request(told(violations));
        }
        Error::NotFound { name } | Error::AlreadyExists { name } => {
            details.set_resource_info(kind_of(name), name, "", failure.to_string());
        }
        Error::Exhausted { .. } | Error::Unavailable { .. } | Error::Interrupted { .. } => {
            details.set_retry_info(Some(RETRY));
        }
        Error::Precondition { .. }
        | Error::Aborted { .. }
        | Error::OutOfRange { .. }
        | Error::Compacted { .. }
        | Error::PermissionDenied { .. }
        | Error::Unimplemented { .. }
        | Error::Internal(_) => {}
    }
    Status::with_error_details(code(failure), short(&failure.to_string()), details)
}

fn code(failure: &Error) -> Code {
    match failure {
        Error::Invalid(_) => Code::InvalidArgument,
        Error::NotFound { .. } => Code::NotFound,
        Error::AlreadyExists { .. } => Code::AlreadyExists,
        Error::Precondition { .. } => Code::FailedPrecondition,
        Error::Aborted { .. } => Code::Aborted,
        Error::OutOfRange { .. } | Error::Compacted { .. } => Code::OutOfRange,
        Error::PermissionDenied { .. } => Code::PermissionDenied,
        Error::Exhausted { .. } => Code::ResourceExhausted,
        Error::Unavailable { .. } => Code::Unavailable,
        Error::Interrupted { why, .. } => match why {
            Interruption::Stopping => Code::Unavailable,
            Interruption::TooSlow => Code::ResourceExhausted,
        },
        Error::Unimplemented { .. } => Code::Unimplemented,
        Error::Internal(_) => Code::Internal,
    }
}

fn metadata(failure: &Error) -> HashMap<String, String> {
    let pairs: Vec<(&str, String)> = match failure {
        Error::NotFound { name }
        | Error::AlreadyExists { name }
        | Error::Precondition { name, .. } => vec![("name", name.clone())],
        Error::Aborted { name, current } => {
            vec![("name", name.clone()), ("etag", format!("\"{current}\""))]
        }
        Error::OutOfRange {
            requested,
            available,
            ..
        } => {
            vec![
                ("requested", requested.clone()),
                ("available", available.clone()),
            ]
        }
        Error::Compacted {
            requested,
            earliest,
        } => vec![
            ("requested", requested.to_string()),
            ("earliest", earliest.to_string()),
        ],
        Error::Interrupted {
            resume_revision, ..
        } => vec![("resume_revision", resume_revision.to_string())],
        Error::Unimplemented { method } => vec![("method", (*method).to_owned())],
        Error::Invalid(_)
        | Error::PermissionDenied { .. }
        | Error::Exhausted { .. }
        | Error::Unavailable { .. }
        | Error::Internal(_) => Vec::new(),
    };
    pairs
        .into_iter()
        .map(|(key, value)| (key.to_owned(), short(&value)))
        .collect()
}

/// As many as fit, and how many there are besides.
fn told(violations: &[Violation]) -> Vec<FieldViolation> {
    let mut size = 0;
    let mut told: Vec<FieldViolation> = violations
        .iter()
        .map(field)
        .take_while(|one| {
            size += one.field.len() + one.description.len() + one.reason.len() + 16;
            size <= DETAILS_BYTES_MAX
        })
        .collect();
    let more = violations.len() - told.len();
    if more > 0 {
        let mut last = FieldViolation::new("", format!("{more} more problems are not shown"));
        last.reason = "MORE".to_owned();
        told.push(last);
    }
    told
}

/// The beginning of a text that may be as long as a request.
fn short(text: &str) -> String {
    let mut end = text.len().min(TEXT_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default().to_owned()
}

fn field(violation: &Violation) -> FieldViolation {
    let (field, told) = (short(&violation.field), short(&violation.description));
    let mut field = FieldViolation::new(field, told);
    field.reason = violation.reason.to_owned();
    field
}

fn kind_of(name: &str) -> &'static str {
    let parsed = crate::model::name::Name::parse(name, "name");
    parsed.map_or("", |name| name.kind().message.as_str())
}
