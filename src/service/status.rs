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

use crate::error::{Error, Violation};

/// The domain of every ErrorInfo.
pub const DOMAIN: &str = "chancery.dev";

const RETRY: Duration = Duration::from_millis(200);

/// The status of an error.
pub(super) fn status(failure: &Error) -> Status {
    if let Error::Internal(text) = failure {
        error!(failure = text, "internal error");
    }
    let mut details = ErrorDetails::with_error_info(failure.reason(), DOMAIN, metadata(failure));
    match failure {
        Error::Invalid(violations) => {
            details.set_bad_request(violations.iter().map(field).collect::<Vec<_>>());
        }
        Error::NotFound { name } | Error::AlreadyExists { name } => {
            details.set_resource_info(kind_of(name), name, "", failure.to_string());
        }
        Error::Exhausted { .. } | Error::Unavailable { .. } => {
            details.set_retry_info(Some(RETRY));
        }
        Error::Precondition { .. }
        | Error::Aborted { .. }
        | Error::OutOfRange { .. }
        | Error::PermissionDenied { .. }
        | Error::Unimplemented { .. }
        | Error::Internal(_) => {}
    }
    Status::with_error_details(code(failure), failure.to_string(), details)
}

fn code(failure: &Error) -> Code {
    match failure {
        Error::Invalid(_) => Code::InvalidArgument,
        Error::NotFound { .. } => Code::NotFound,
        Error::AlreadyExists { .. } => Code::AlreadyExists,
        Error::Precondition { .. } => Code::FailedPrecondition,
        Error::Aborted { .. } => Code::Aborted,
        Error::OutOfRange { .. } => Code::OutOfRange,
        Error::PermissionDenied { .. } => Code::PermissionDenied,
        Error::Exhausted { .. } => Code::ResourceExhausted,
        Error::Unavailable { .. } => Code::Unavailable,
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
        Error::Unimplemented { method } => vec![("method", (*method).to_owned())],
        Error::Invalid(_)
        | Error::PermissionDenied { .. }
        | Error::Exhausted { .. }
        | Error::Unavailable { .. }
        | Error::Internal(_) => Vec::new(),
    };
    pairs
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
}

fn field(violation: &Violation) -> FieldViolation {
    let mut field = FieldViolation::new(&violation.field, &violation.description);
    field.reason = violation.reason.to_owned();
    field
}

fn kind_of(name: &str) -> &'static str {
    let parsed = crate::model::name::Name::parse(name, "name");
    parsed.map_or("", |name| name.kind().message.as_str())
}
