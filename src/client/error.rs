//! A gRPC status with its details taken apart: what went wrong, where, and what may help.
//!
//! One type for what the server refused, what the connection did and what was refused before it
//! was sent, so that a caller looks at one thing. The texts are the server's own.

use std::collections::BTreeMap;
use std::error::Error as _;
use std::fmt;
use std::time::Duration;

use tonic::{Code, Status};
use tonic_types::{FieldViolation, StatusExt as _};

/// One thing wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Path of the field, e.g. `risks[2].likelihood.low`.
    pub field: String,
    /// The rule that was broken, in `UPPER_SNAKE_CASE`; may be empty.
    pub reason: String,
    /// A sentence with the offending value quoted.
    pub description: String,
}

impl Violation {
    /// A reason that leads the description, as some servers write it, is taken apart too.
    fn told(violation: &FieldViolation) -> Self {
        let description = violation.description.as_str();
        let upper = |letter: char| matches!(letter, 'A'..='Z' | '0'..='9' | '_');
        let lead = description.split_once(": ");
        let lead = lead.filter(|(reason, _)| !reason.is_empty() && reason.chars().all(upper));
        let (reason, description) = match lead {
            Some(parts) if violation.reason.is_empty() => parts,
            Some(_) | None => (violation.reason.as_str(), description),
        };
        Self {
            field: violation.field.clone(),
            reason: reason.to_owned(),
            description: description.to_owned(),
        }
    }
}

/// Why a call was not answered.
#[derive(Clone, PartialEq)]
pub struct Error(Box<Parts>);

#[derive(Debug, Clone, PartialEq)]
struct Parts {
    code: Code,
    message: String,
    reason: String,
    domain: String,
    metadata: BTreeMap<String, String>,
    violations: Vec<Violation>,
    resource: String,
    retry_after: Option<Duration>,
}

impl Error {
    /// The gRPC code.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// The gRPC code as a number, 1 to 16.
    pub fn code_number(&self) -> i32 {
        i32::from(self.0.code)
    }

    /// The gRPC code as the contract writes it, e.g. `NOT_FOUND`.
    pub fn code_name(&self) -> &'static str {
        match self.0.code {
            Code::Ok => "OK",
            Code::Cancelled => "CANCELLED",
            Code::Unknown => "UNKNOWN",
            Code::InvalidArgument => "INVALID_ARGUMENT",
            Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
            Code::NotFound => "NOT_FOUND",
            Code::AlreadyExists => "ALREADY_EXISTS",
            Code::PermissionDenied => "PERMISSION_DENIED",
            Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
            Code::FailedPrecondition => "FAILED_PRECONDITION",
            Code::Aborted => "ABORTED",
            Code::OutOfRange => "OUT_OF_RANGE",
            Code::Unimplemented => "UNIMPLEMENTED",
            Code::Internal => "INTERNAL",
            Code::Unavailable => "UNAVAILABLE",
            Code::DataLoss => "DATA_LOSS",
            Code::Unauthenticated => "UNAUTHENTICATED",
        }
    }

    /// A sentence.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The rule that was broken, in `UPPER_SNAKE_CASE`; empty when the server names none.
    pub fn reason(&self) -> &str {
        &self.0.reason
    }

    /// Who defines the reason, such as `chancery.dev`; empty when the server names none.
    pub fn domain(&self) -> &str {
        &self.0.domain
    }

    /// The values that belong to the reason, such as `earliest` for a compacted revision.
    pub fn metadata(&self) -> &BTreeMap<String, String> {
        &self.0.metadata
    }

    /// Everything that is wrong with the request.
    pub fn violations(&self) -> &[Violation] {
        &self.0.violations
    }

    /// The same with its fields called otherwise, for those who built the request from something
    /// of their own and want to say where it is wrong there.
    #[must_use]
    pub fn placed(mut self, place: impl Fn(&str) -> String) -> Self {
        for violation in &mut self.0.violations {
            violation.field = place(&violation.field);
        }
        self
    }

    /// The name of the resource concerned; empty when the server names none.
    pub fn resource(&self) -> &str {
        &self.0.resource
    }

    /// How long to wait before the call is sent again, when the server says so.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// What did not come from the server.
    pub(super) fn local(code: Code, message: String) -> Self {
        Self(Box::new(Parts {
            code,
            message,
            reason: String::new(),
            domain: String::new(),
            metadata: BTreeMap::new(),
            violations: Vec::new(),
            resource: String::new(),
            retry_after: None,
        }))
    }

    /// Nobody answers at `endpoint`.
    pub(super) fn unreachable(endpoint: &str, cause: &(dyn std::error::Error + 'static)) -> Self {
        let message = format!("cannot reach {endpoint}: {}", root(cause));
        Self::local(Code::Unavailable, message)
    }

    /// What came back from `endpoint` instead of an answer.
    pub(super) fn answered(endpoint: &str, status: &Status) -> Self {
        // Only a status that was made on this side has a source: what happened on the way. A
        // connection that broke is UNKNOWN to the library, CANCELLED for a call that waited for its
        // turn on it, INTERNAL when the server said goodbye; to us nobody is there at the moment.
        if let Some(cause) = status.source() {
            if cause.is::<tonic::transport::Error>()
                || matches!(
                    status.code(),
                    Code::Unavailable | Code::Unknown | Code::Cancelled
                )
            {
                return Self::unreachable(endpoint, cause);
            }
            let message = format!("{endpoint}: {}: {}", status.message(), root(cause));
            return Self::local(status.code(), message);
        }
        let details = status.get_error_details();
        let mut error = Self::local(status.code(), status.message().to_owned());
        let parts = &mut *error.0;
        if let Some(info) = details.error_info() {
            parts.reason.clone_from(&info.reason);
            parts.domain.clone_from(&info.domain);
            parts.metadata = info.metadata.clone().into_iter().collect();
        }
        if let Some(request) = details.bad_request() {
            let violations = request.field_violations.iter();
            parts.violations = violations.map(Violation::told).collect();
        }
        if let Some(resource) = details.resource_info() {
            parts.resource.clone_from(&resource.resource_name);
        }
        parts.retry_after = details.retry_info().and_then(|info| info.retry_delay);
        error
    }
}

impl From<crate::error::Error> for Error {
    /// What this side refused before it was sent, or could not read of an answer.
    fn from(error: crate::error::Error) -> Self {
        let mut message = error.to_string();
        if let crate::error::Error::Internal(detail) = &error {
            message.clone_from(detail);
        }
        if let crate::error::Error::NotFound { name } = error {
            let mut missing = Self::local(Code::NotFound, message);
            missing.0.reason = "NOT_FOUND".to_owned();
            missing.0.resource = name;
            return missing;
        }
        let crate::error::Error::Invalid(violations) = error else {
            return Self::local(Code::Internal, message);
        };
        let mut invalid = Self::local(Code::InvalidArgument, message);
        let first = violations.first().map(|violation| violation.reason);
        invalid.0.reason = first.unwrap_or_default().to_owned();
        invalid.0.violations = violations
            .into_iter()
            .map(|violation| Violation {
                field: violation.field,
                reason: violation.reason.to_owned(),
                description: violation.description,
            })
            .collect();
        invalid
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code_name(), self.0.message)?;
        for violation in &self.0.violations {
            write!(f, "; {}: {}", violation.field, violation.description)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Error {}

/// The innermost cause, which is the one that says something: "connection refused".
fn root(cause: &(dyn std::error::Error + 'static)) -> String {
    let mut innermost = cause;
    while let Some(deeper) = innermost.source() {
        innermost = deeper;
    }
    let text = innermost.to_string();
    let told = text.split(" (os error").next().unwrap_or_default();
    let mut letters = told.chars();
    match letters.next() {
        Some(first) if letters.as_str().starts_with(char::is_lowercase) => {
            format!("{}{}", first.to_lowercase(), letters.as_str())
        }
        Some(_) | None => told.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic_types::ErrorDetails;

    /// As it comes when the server is killed while a call waits for its turn on the connection.
    #[test]
    fn a_call_that_a_broken_connection_cancels_may_be_tried_again() {
        let mut status = Status::cancelled("operation was canceled");
        let cause = std::io::Error::other("connection closed");
        status.set_source(std::sync::Arc::new(cause));
        assert_eq!(Error::answered("here", &status).code(), Code::Unavailable);
        // The same from the server is its answer.
        let told = Status::cancelled("the caller gave up");
        assert_eq!(Error::answered("here", &told).code(), Code::Cancelled);
    }

    #[test]
    fn details_are_taken_apart() {
        let mut details = ErrorDetails::new();
        details
            .set_error_info(
                "FILTER_UNSUPPORTED",
                "chancery",
                [("offset".to_owned(), "4".to_owned())],
            )
            .set_bad_request(vec![FieldViolation {
                field: "filter".to_owned(),
                description: "\"OR\" is not supported".to_owned(),
                reason: "FILTER_UNSUPPORTED".to_owned(),
                localized_message: None,
            }])
            .set_resource_info("chancery.v1.Assessment", "assessments/x", "", "")
            .set_retry_info(Some(Duration::from_secs(2)));
        let status = Status::with_error_details(Code::InvalidArgument, "one problem", details);
        let error = Error::answered("here", &status);
        assert_eq!(
            (error.code_name(), error.code_number()),
            ("INVALID_ARGUMENT", 3)
        );
        assert_eq!(error.reason(), "FILTER_UNSUPPORTED");
        assert_eq!(
            error.metadata().get("offset").map(String::as_str),
            Some("4")
        );
        assert_eq!(error.resource(), "assessments/x");
        assert_eq!(error.retry_after(), Some(Duration::from_secs(2)));
        let [violation] = error.violations() else {
            panic!("{error:?}")
        };
        assert_eq!(violation.field, "filter");
        assert_eq!(violation.reason, "FILTER_UNSUPPORTED");
    }

    #[test]
    fn a_reason_that_leads_the_description_is_found() {
        let told = |text: &str| Violation::told(&FieldViolation::new("name", text));
        let violation = told("NAME_MALFORMED: \"x\" is no name");
        assert_eq!(violation.reason, "NAME_MALFORMED");
        assert_eq!(violation.description, "\"x\" is no name");
        assert_eq!(told("NOT_UTF8: byte 0").reason, "NOT_UTF8");
        assert_eq!(told("expected: a name").reason, "");
    }

    #[test]
    fn a_status_without_details_is_an_error_too() {
        let error = Error::answered("here", &Status::new(Code::Unknown, "what"));
        assert_eq!((error.message(), error.reason()), ("what", ""));
        assert!(error.violations().is_empty());
    }

    #[test]
    fn a_broken_connection_is_nobody_there() {
        let cause = std::io::Error::from_raw_os_error(111);
        let broken = Status::from_error(Box::new(cause));
        let error = Error::answered("host:1", &broken);
        assert_eq!(error.code(), Code::Unavailable, "{error:?}");
        assert_eq!(error.message(), "cannot reach host:1: connection refused");
    }

    #[test]
    fn what_is_refused_before_it_is_sent_keeps_its_violations() {
        let error = Error::from(crate::error::Error::invalid(
            "name",
            "NAME_MALFORMED",
            "\"x\"",
        ));
        assert_eq!(error.code(), Code::InvalidArgument);
        assert_eq!(error.reason(), "NAME_MALFORMED");
        assert_eq!(error.violations().len(), 1);
    }
}
