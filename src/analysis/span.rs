//! Stretches of time in the world, compared. An end that is not stated is open.

use prost_types::Timestamp;

use crate::model::v1::TimeSpan;

/// Seconds and nanoseconds since 1970.
pub(super) type Instant = (i64, i32);

pub(super) fn instant(time: &Timestamp) -> Instant {
    (time.seconds, time.nanos)
}

/// When a span begins, or ends if that is all that is stated.
pub(super) fn at(span: Option<&TimeSpan>) -> Option<Instant> {
    let span = span?;
    span.start.as_ref().or(span.end.as_ref()).map(instant)
}

/// Whether a span is over at a time.
pub(super) fn over(span: Option<&TimeSpan>, now: Instant) -> bool {
    let end = span.and_then(|span| span.end.as_ref());
    end.is_some_and(|end| instant(end) <= now)
}

/// The time that two spans share; `None` when there is none.
pub(super) fn shared(one: Option<&TimeSpan>, other: Option<&TimeSpan>) -> Option<TimeSpan> {
    let of = |end: fn(&TimeSpan) -> Option<Timestamp>| (one.and_then(end), other.and_then(end));
    let (a, b) = of(|span| span.start);
    let start = match (a, b) {
        (Some(a), Some(b)) => Some(if instant(&a) > instant(&b) { a } else { b }),
        (a, b) => a.or(b),
    };
    let (a, b) = of(|span| span.end);
    let end = match (a, b) {
        (Some(a), Some(b)) => Some(if instant(&a) < instant(&b) { a } else { b }),
        (a, b) => a.or(b),
    };
    let empty = start
        .zip(end)
        .is_some_and(|(start, end)| instant(&start) >= instant(&end));
    (!empty).then_some(TimeSpan {
        start,
        end,
        ..Default::default()
    })
}
