//! Deadlines, and which calls may be sent again.
//!
//! A call is sent again only when the server said UNAVAILABLE (or could not be reached), only if
//! it may be repeated, and only while its deadline allows. The pause doubles, is shortened at
//! random so that many clients do not return together, and is never shorter than the server asks
//! for by RetryInfo.

use std::time::{Duration, Instant};

use tonic::{Code, Request, Response, Status};

use super::{Client, Error, Options};

/// Whether a call may be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// A read, or a change that the server recognises as the same.
    Always,
    /// A change that would be made twice.
    Never,
}

impl Repeat {
    /// For a change: it may be sent again if the server can recognise it.
    pub fn with(request_id: &str) -> Self {
        if request_id.is_empty() {
            Self::Never
        } else {
            Self::Always
        }
    }
}

impl Client {
    /// Sends a request with the client's deadline, and again while that is allowed.
    ///
    /// `send` passes it to one of the raw calls.
    pub async fn call<Q, A, F, S>(
        &self,
        repeat: Repeat,
        request: Q,
        send: F,
    ) -> Result<Response<A>, Error>
    where
        Q: Clone,
        F: Fn(Request<Q>) -> S,
        S: Future<Output = Result<Response<A>, Status>>,
    {
        let mut retry = Retry::new(&self.options);
        loop {
            let left = retry.left();
            let mut attempt = Request::new(request.clone());
            attempt.set_timeout(left);
            self.introduce(&mut attempt)?;
            let status = match tokio::time::timeout(left, send(attempt)).await {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(status)) => status,
                Err(_elapsed) => return Err(self.too_late()),
            };
            if status.code() == Code::Cancelled && retry.left().is_zero() {
                return Err(self.too_late());
            }
            let error = Error::answered(&self.endpoint, &status);
            match repeat {
                Repeat::Always => retry.pause(error).await?,
                Repeat::Never => return Err(error),
            }
        }
    }

    /// Says who calls; nothing needs to be said yet, outside of the test build.
    #[cfg(not(feature = "test-policy"))]
    pub(super) fn introduce<Q>(&self, _request: &mut Request<Q>) -> Result<(), Error> {
        Ok(())
    }

    /// Says who calls, in the header that the test policy reads.
    #[cfg(feature = "test-policy")]
    pub(super) fn introduce<Q>(&self, request: &mut Request<Q>) -> Result<(), Error> {
        let Some(caller) = &self.options.caller else {
            return Ok(());
        };
        let value = caller.parse().map_err(|_unprintable| {
            Error::local(Code::InvalidArgument, format!("\"{caller}\" is no caller"))
        })?;
        request
            .metadata_mut()
            .insert(crate::model::caller::HEADER, value);
        Ok(())
    }

    fn too_late(&self) -> Error {
        let seconds = self.options.deadline.as_secs_f64();
        let message = format!("no answer from {} within {seconds} s", self.endpoint);
        Error::local(Code::DeadlineExceeded, message)
    }
}

/// How often a call was tried, and until when it may be.
pub(super) struct Retry {
    until: Instant,
    attempts_left: u32,
    backoff: Duration,
    backoff_max: Duration,
}

impl Retry {
    pub(super) fn new(options: &Options) -> Self {
        Self {
            until: Instant::now() + options.deadline,
            attempts_left: options.attempts_max.saturating_sub(1),
            backoff: options.backoff_first,
            backoff_max: options.backoff_max,
        }
    }

    fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }

    /// Waits before the next attempt, or gives the error back when there is none.
    pub(super) async fn pause(&mut self, error: Error) -> Result<(), Error> {
        match self.next(&error) {
            None => Err(error),
            Some(pause) => {
                tokio::time::sleep(pause).await;
                Ok(())
            }
        }
    }

    fn next(&mut self, error: &Error) -> Option<Duration> {
        if error.code() != Code::Unavailable || self.attempts_left == 0 {
            return None;
        }
        self.attempts_left -= 1;
        let pause = shortened(self.backoff).max(error.retry_after().unwrap_or_default());
        self.backoff = self.backoff.saturating_mul(2).min(self.backoff_max);
        (pause < self.left()).then_some(pause)
    }
}

/// Between half and all of `pause`.
fn shortened(pause: Duration) -> Duration {
    let random = getrandom::u32().unwrap_or(u32::MAX);
    pause / 2 + (pause / 2).mul_f64(f64::from(random) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unavailable() -> Error {
        Error::local(Code::Unavailable, "gone".to_owned())
    }

    #[test]
    fn attempts_are_bounded_and_pauses_double() {
        let options = Options {
            attempts_max: 4,
            ..Options::default()
        };
        let mut retry = Retry::new(&options);
        let pauses: Vec<Duration> = std::iter::from_fn(|| retry.next(&unavailable())).collect();
        assert_eq!(pauses.len(), 3);
        for (pause, whole) in pauses.iter().zip([100, 200, 400]) {
            let whole = Duration::from_millis(whole);
            assert!(*pause >= whole / 2 && *pause <= whole, "{pauses:?}");
        }
    }

    #[test]
    fn only_unavailable_is_tried_again() {
        let mut retry = Retry::new(&Options::default());
        for code in [Code::Aborted, Code::Internal, Code::ResourceExhausted] {
            assert_eq!(retry.next(&Error::local(code, String::new())), None);
        }
        assert!(retry.next(&unavailable()).is_some());
    }

    #[test]
    fn no_pause_reaches_beyond_the_deadline() {
        let options = Options {
            deadline: Duration::from_millis(20),
            ..Options::default()
        };
        assert_eq!(Retry::new(&options).next(&unavailable()), None);
    }

    #[test]
    fn a_change_is_repeated_only_with_a_request_id() {
        assert_eq!(Repeat::with(""), Repeat::Never);
        assert_eq!(Repeat::with("7f"), Repeat::Always);
    }
}
