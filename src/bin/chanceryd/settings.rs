//! The server's settings: flags before environment before file before default.
//!
//! One struct is every layer: clap fills it from flags and environment, serde from the TOML file.
//! A field that a layer leaves out is taken from the next one. A key that is not a setting is an
//! error, so that a slip of the pen does not pass for a default.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use chancery::error::{Error, Violation};
use chancery::model::limits::Limits;
use chancery::server::{Config, telemetry::Format};
use clap::Args;
use serde::{Deserialize, Serialize};

/// A time in whole hours or days, as it is written: `8h`, `90d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Period(Duration);

/// Seconds of each unit, the longest first.
const UNITS: [(char, u64); 2] = [('d', 24 * HOUR_SECONDS), ('h', HOUR_SECONDS)];
const HOUR_SECONDS: u64 = 3_600;

impl FromStr for Period {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let seconds = UNITS.iter().find_map(|(unit, seconds)| {
            let number: u64 = text.strip_suffix(*unit)?.parse().ok()?;
            number.checked_mul(*seconds).filter(|whole| *whole > 0)
        });
        let seconds =
            seconds.ok_or_else(|| format!("\"{text}\" is no time such as \"90d\" or \"8h\""))?;
        Ok(Self(Duration::from_secs(seconds)))
    }
}

impl TryFrom<String> for Period {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Period> for String {
    fn from(Period(period): Period) -> Self {
        let seconds = period.as_secs();
        let whole = UNITS.iter().find(|(_, unit)| seconds % unit == 0);
        whole.map_or_else(Self::new, |(unit, of)| format!("{}{unit}", seconds / of))
    }
}

/// One layer of settings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Settings {
    /// The folder that holds the journal and the store [default: ./chancery-data]
    #[arg(long, env = "CHANCERY_DATA_DIR", global = true)]
    pub(crate) data_dir: Option<PathBuf>,
    /// A directory, best on another disk, that every closed segment of the journal is copied to
    /// [default: none]
    #[arg(long, env = "CHANCERY_ARCHIVE_DIR", global = true, value_name = "DIR")]
    pub(crate) archive_dir: Option<PathBuf>,
    /// How long history is kept, such as 90d or 8h; older history is compacted at start and once a
    /// day [default: for ever]
    #[arg(
        long,
        env = "CHANCERY_HISTORY_KEEP",
        global = true,
        value_name = "TIME"
    )]
    pub(crate) history_keep: Option<Period>,
    /// The address to listen on [default: 127.0.0.1:50051]
    #[arg(long, env = "CHANCERY_LISTEN", global = true)]
    pub(crate) listen: Option<SocketAddr>,
    /// Import and publish a bundled article when nothing is stored yet
    #[arg(long, env = "CHANCERY_SAMPLE", global = true, num_args = 0..=1,
        require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    pub(crate) sample: Option<bool>,
    /// Listen beyond the loopback although callers are not authenticated
    #[arg(long, env = "CHANCERY_ALLOW_UNAUTHENTICATED_NETWORK", global = true, num_args = 0..=1,
        require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    pub(crate) allow_unauthenticated_network: Option<bool>,
    /// How long calls in flight are waited for at the stop [default: 8]
    #[arg(
        long,
        env = "CHANCERY_DRAIN_SECONDS",
        global = true,
        value_name = "SECONDS"
    )]
    pub(crate) drain_seconds: Option<u64>,
    /// What is logged: a level, or levels by module [default: info]
    #[arg(long, env = "CHANCERY_LOG", global = true, value_name = "FILTER")]
    pub(crate) log: Option<String>,
    /// Log JSON objects instead of text
    #[arg(long, env = "CHANCERY_LOG_JSON", global = true, num_args = 0..=1,
        require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    pub(crate) log_json: Option<bool>,
}

impl Settings {
    /// What holds when nobody says otherwise.
    pub(crate) fn defaults() -> Self {
        let config = Config::default();
        Self {
            data_dir: Some(config.data_dir),
            archive_dir: None,
            history_keep: None,
            listen: Some(config.listen),
            sample: Some(config.sample),
            allow_unauthenticated_network: Some(config.allow_unauthenticated_network),
            drain_seconds: Some(config.limits.drain_seconds),
            log: Some("info".to_owned()),
            log_json: Some(false),
        }
    }

    /// Reads the file's layer.
    pub(crate) fn file(path: &Path) -> Result<Self, Error> {
        let wrong = |text: String| {
            let field = path.display().to_string();
            Error::Invalid(vec![Violation::new(field, "CONFIG_MALFORMED", text)])
        };
        let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        toml::from_str(&text).map_err(|error| wrong(error.to_string().trim_end().to_owned()))
    }

    /// This layer over another.
    pub(crate) fn or(self, below: Self) -> Self {
        Self {
            data_dir: self.data_dir.or(below.data_dir),
            archive_dir: self.archive_dir.or(below.archive_dir),
            history_keep: self.history_keep.or(below.history_keep),
            listen: self.listen.or(below.listen),
            sample: self.sample.or(below.sample),
            allow_unauthenticated_network: self
                .allow_unauthenticated_network
                .or(below.allow_unauthenticated_network),
            drain_seconds: self.drain_seconds.or(below.drain_seconds),
            log: self.log.or(below.log),
            log_json: self.log_json.or(below.log_json),
        }
    }

    /// The settings as a file that would say the same.
    pub(crate) fn print(&self) -> Result<String, Error> {
        toml::to_string(self).map_err(|error| Error::Internal(format!("print settings: {error}")))
    }

    /// What is logged, and how.
    pub(crate) fn logging(&self) -> (&str, Format) {
        let format = if self.log_json == Some(true) {
            Format::Json
        } else {
            Format::Text
        };
        (self.log.as_deref().unwrap_or("info"), format)
    }

    /// The server's configuration.
    pub(crate) fn config(self) -> Config {
        let default = Config::default();
        let drain_seconds = self.drain_seconds.unwrap_or(default.limits.drain_seconds);
        Config {
            data_dir: self.data_dir.unwrap_or(default.data_dir),
            archive_dir: self.archive_dir,
            history_keep: self.history_keep.map(|period| period.0),
            listen: self.listen.unwrap_or(default.listen),
            sample: self.sample.unwrap_or(default.sample),
            allow_unauthenticated_network: self
                .allow_unauthenticated_network
                .unwrap_or(default.allow_unauthenticated_network),
            limits: Limits {
                drain_seconds,
                ..default.limits
            },
            ..Config::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_hides_what_lies_below_it() {
        let above = Settings {
            sample: Some(true),
            ..Settings::default()
        };
        let file = Settings {
            sample: Some(false),
            drain_seconds: Some(3),
            ..Settings::default()
        };
        let all = above.or(file).or(Settings::defaults());
        assert_eq!((all.sample, all.drain_seconds), (Some(true), Some(3)));
        assert_eq!(all.log.as_deref(), Some("info"));
        assert_eq!(all.config().limits.drain_seconds, 3);
    }

    #[test]
    fn what_is_printed_reads_back_and_slips_are_told() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("chanceryd.toml");
        let all = Settings {
            archive_dir: Some(PathBuf::from("/mnt/archive")),
            history_keep: Some("90d".parse().unwrap()),
            ..Settings::defaults()
        };
        let printed = all.print().unwrap();
        assert!(printed.contains("history_keep = \"90d\""), "{printed}");
        std::fs::write(&path, printed).unwrap();
        assert_eq!(Settings::file(&path).unwrap(), all);
        let keep = all.clone().config().history_keep.unwrap();
        assert_eq!(keep, Duration::from_secs(90 * 24 * HOUR_SECONDS));
        for slip in ["90", "0d", "d", "-1d", "9 weeks"] {
            assert!(slip.parse::<Period>().is_err(), "{slip}");
        }
        std::fs::write(&path, "lisen = \"127.0.0.1:1\"\n").unwrap();
        let told = Settings::file(&path).unwrap_err().to_string();
        assert!(
            told.contains("lisen") && told.contains("chanceryd.toml"),
            "{told}"
        );
        std::fs::write(&path, "listen = \"nowhere\"\n").unwrap();
        assert!(
            Settings::file(&path)
                .unwrap_err()
                .to_string()
                .contains("line 1")
        );
    }
}
