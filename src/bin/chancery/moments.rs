//! Times as people write them: RFC 3339, or a day, which means its first instant in UTC.

use chancery::model::v1::{ReadOptions, read_options::Consistency};
use clap::Args;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use prost_types::Timestamp;

/// Length of a plain date, `2025-11-20`.
const DATE_BYTES: usize = 10;

const NANOS_PER_SECOND: i128 = 1_000_000_000;

/// At which point of the record a read answers.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ReadAt {
    /// Read what the service held at this revision
    #[arg(long, value_name = "N", conflicts_with = "as_of")]
    at_revision: Option<i64>,
    /// Read what the service held at this time: RFC 3339 like 2025-11-20T14:00:00Z, or a day
    /// like 2025-11-20, which means its first instant in UTC
    #[arg(long, value_name = "TIME", value_parser = moment)]
    as_of: Option<Timestamp>,
    /// Leave out elements that do not hold at this time in the world; with --as-of: what the
    /// service held then about that time
    #[arg(long, value_name = "TIME", value_parser = moment)]
    valid_at: Option<Timestamp>,
}

impl ReadAt {
    pub(crate) fn options(&self) -> Option<ReadOptions> {
        let revision = self.at_revision.map(Consistency::ExactRevision);
        let time = self.as_of.map(Consistency::ReadTime);
        let options = ReadOptions {
            consistency: revision.or(time),
            valid_at: self.valid_at,
        };
        (options != ReadOptions::default()).then_some(options)
    }
}

/// Reads a time; the error is a sentence for the command line.
pub(crate) fn moment(text: &str) -> Result<Timestamp, String> {
    let expected = "expected a time like 2025-11-20T14:00:00Z or a day like 2025-11-20";
    let instant = if text.len() == DATE_BYTES {
        let day = text
            .parse::<Date>()
            .map_err(|error| format!("{expected}: {error}"))?;
        let midnight = day.to_zoned(TimeZone::UTC);
        midnight
            .map_err(|error| format!("{expected}: {error}"))?
            .timestamp()
    } else {
        text.parse::<jiff::Timestamp>()
            .map_err(|error| format!("{expected}: {error}"))?
    };
    let nanos = instant.as_nanosecond();
    let parts = (
        i64::try_from(nanos.div_euclid(NANOS_PER_SECOND)),
        i32::try_from(nanos.rem_euclid(NANOS_PER_SECOND)),
    );
    match parts {
        (Ok(seconds), Ok(nanos)) => Ok(Timestamp { seconds, nanos }),
        (Err(_), _) | (_, Err(_)) => Err(expected.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_its_first_instant() {
        let day = moment("2025-11-20").unwrap();
        assert_eq!(day, moment("2025-11-20T00:00:00Z").unwrap());
        assert_eq!(day.seconds, 1_763_596_800);
        let offset = moment("2025-11-20T02:00:00+02:00").unwrap();
        assert_eq!(day, offset);
    }

    #[test]
    fn parts_of_a_second_count_forward_before_1970_too() {
        let instant = moment("1969-12-31T23:59:59.25Z").unwrap();
        assert_eq!((instant.seconds, instant.nanos), (-1, 250_000_000));
    }

    #[test]
    fn anything_else_is_told() {
        for bad in [
            "",
            "yesterday",
            "2025-13-01",
            "2025-11-20 14h",
            "20.11.2025",
        ] {
            assert!(moment(bad).unwrap_err().contains("expected"), "{bad}");
        }
    }

    #[test]
    fn no_flag_reads_the_latest() {
        assert!(ReadAt::default().options().is_none());
    }
}
