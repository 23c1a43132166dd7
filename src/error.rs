//! What can go wrong, said once, without any transport.
//!
//! Every room answers with this one type; `service::status` has the one table that turns it into
//! a gRPC status. What a caller may know stands in the variants; what only the operator may know
//! (`Internal`) is logged and never sent. Used by every room above; imports nothing.

use std::fmt;

/// One thing wrong with a request: where, which rule, and what was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Path of the field, e.g. `risks[2].likelihood.low`.
    pub field: String,
    /// The rule that was broken, in `UPPER_SNAKE_CASE`.
    pub reason: &'static str,
    /// A sentence with the offending value quoted.
    pub description: String,
}

impl Violation {
    /// A violation of `reason` at `field`.
    pub fn new(
        field: impl Into<String>,
        reason: &'static str,
        description: impl Into<String>,
    ) -> Self {
        Self {
            field: field.into(),
            reason,
            description: description.into(),
        }
    }
}

/// Why a request was not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// The request is wrong in itself; all that is wrong with it, at once.
    Invalid(Vec<Violation>),
    /// There is no such resource, or the caller may not see it.
    NotFound {
        /// The name that was asked for.
        name: String,
    },
    /// The name is taken.
    AlreadyExists {
        /// The name that is taken.
        name: String,
    },
    /// The resource is not in a state that allows this.
    Precondition {
        /// The rule, in `UPPER_SNAKE_CASE`.
        reason: &'static str,
        /// The resource concerned.
        name: String,
        /// A sentence.
        description: String,
    },
    /// Somebody else was faster: the version that the request was made on is no longer current.
    Aborted {
        /// The resource concerned.
        name: String,
        /// Its current revision; 0 if there is none.
        current: i64,
    },
    /// A revision or a time that cannot be read.
    OutOfRange {
        /// The rule, in `UPPER_SNAKE_CASE`.
        reason: &'static str,
        /// What was asked for.
        requested: String,
        /// What could be had instead.
        available: String,
    },
    /// A revision that cannot be read any more.
    Compacted {
        /// The revision that was asked for.
        requested: i64,
        /// The earliest one that can be read.
        earliest: i64,
    },
    /// The caller may not do this.
    PermissionDenied {
        /// A sentence.
        description: String,
    },
    /// A resource of the server is used up.
    Exhausted {
        /// The rule, in `UPPER_SNAKE_CASE`.
        reason: &'static str,
        /// A sentence that says what to do.
        description: String,
    },
    /// The server cannot answer now; the same request may succeed later.
    Unavailable {
        /// The rule, in `UPPER_SNAKE_CASE`.
        reason: &'static str,
        /// A sentence.
        description: String,
    },
    /// A watch is ended, and can be taken up again after a revision.
    Interrupted {
        /// Why.
        why: Interruption,
        /// The last revision that was told completely.
        resume_revision: i64,
    },
    /// The method is part of the contract and not built yet.
    Unimplemented {
        /// The method.
        method: &'static str,
    },
    /// A broken invariant. The text is for the operator and is not sent.
    Internal(String),
}

/// Why a watch is ended by the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interruption {
    /// The server is stopping.
    Stopping,
    /// The reader takes too long for a message.
    TooSlow,
}

impl Error {
    /// A request with one thing wrong.
    pub fn invalid(
        field: impl Into<String>,
        reason: &'static str,
        description: impl Into<String>,
    ) -> Self {
        Self::Invalid(vec![Violation::new(field, reason, description)])
    }

    /// There is no `name`.
    pub fn not_found(name: impl Into<String>) -> Self {
        Self::NotFound { name: name.into() }
    }

    /// The rule that was broken, in `UPPER_SNAKE_CASE`: the `reason` of the answer's ErrorInfo.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Invalid(violations) => violations
                .first()
                .map_or("INVALID", |violation| violation.reason),
            Self::NotFound { .. } => "NOT_FOUND",
            Self::AlreadyExists { .. } => "ALREADY_EXISTS",
            Self::Precondition { reason, .. }
            | Self::OutOfRange { reason, .. }
            | Self::Exhausted { reason, .. }
            | Self::Unavailable { reason, .. } => reason,
            Self::Aborted { .. } => "CONFLICT",
            Self::Compacted { .. } => "REVISION_COMPACTED",
            Self::PermissionDenied { .. } => "PERMISSION_DENIED",
            Self::Interrupted { why, .. } => match why {
                Interruption::Stopping => "STOPPING",
                Interruption::TooSlow => "WATCH_TOO_SLOW",
            },
            Self::Unimplemented { .. } => "UNIMPLEMENTED",
            Self::Internal(_) => "INTERNAL",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(violations) => match violations.as_slice() {
                [only] => write!(f, "{}: {}", only.field, only.description),
                many => write!(f, "{} problems with the request", many.len()),
            },
            Self::NotFound { name } => write!(f, "\"{name}\" does not exist"),
            Self::AlreadyExists { name } => write!(f, "\"{name}\" already exists"),
            Self::Precondition {
                name, description, ..
            } => write!(f, "\"{name}\": {description}"),
            Self::Aborted { name, current } => {
                write!(
                    f,
                    "\"{name}\" was changed meanwhile; its etag is now \"{current}\""
                )
            }
            Self::OutOfRange {
                requested,
                available,
                ..
            } => {
                write!(f, "cannot read at {requested}; {available}")
            }
            Self::Compacted {
                requested,
                earliest,
            } => write!(
                f,
                "cannot read at revision {requested}; history was compacted, revision {earliest} \
                 is the earliest"
            ),
            Self::PermissionDenied { description }
            | Self::Exhausted { description, .. }
            | Self::Unavailable { description, .. } => f.write_str(description),
            Self::Interrupted {
                why,
                resume_revision,
            } => {
                let why = match why {
                    Interruption::Stopping => "the server is stopping",
                    Interruption::TooSlow => "messages are taken too slowly",
                };
                write!(f, "{why}; resume at {resume_revision}")
            }
            Self::Unimplemented { method } => write!(f, "{method} is not built yet"),
            Self::Internal(_) => f.write_str("internal error"),
        }
    }
}

impl std::error::Error for Error {}

/// What is wrong with a request so far: everything is reported at once.
#[derive(Debug, Default)]
pub struct Problems(Vec<Violation>);

impl Problems {
    /// Notes what is wrong with one part and goes on; any other error ends the request.
    pub fn note<T>(&mut self, part: Result<T, Error>) -> Result<Option<T>, Error> {
        match part {
            Ok(value) => Ok(Some(value)),
            Err(Error::Invalid(violations)) => {
                self.0.extend(violations);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Notes one more.
    pub fn add(&mut self, violation: Violation) {
        self.0.push(violation);
    }

    /// Everything that was noted, as one error; `Ok` when nothing was.
    pub fn finish(self) -> Result<(), Error> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Error::Invalid(self.0))
        }
    }
}
