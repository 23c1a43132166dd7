//! `chanceryd restore`: an empty data folder filled from backups. No server may run on it.

use std::path::PathBuf;

use chancery::error::Error;
use chancery::ledger::restore::{Until, restore};
use chancery::server::Config;
use clap::Args;

/// The arguments of `restore`.
#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// A backup or an archive's directory; given more than once, then those that continue it
    #[arg(long, value_name = "FILE", required = true)]
    from: Vec<PathBuf>,
    /// Up to this revision [default: all]
    #[arg(long, value_name = "REVISION", conflicts_with = "to_time",
        value_parser = clap::value_parser!(i64).range(1..))]
    to_revision: Option<i64>,
    /// What there was at this time, such as 2026-01-31T12:00:00Z
    #[arg(long, value_name = "TIME")]
    to_time: Option<jiff::Timestamp>,
}

impl Restore {
    /// Restores; what to say about it.
    pub(crate) fn perform(&self, config: Config) -> Result<String, Error> {
        let until = match (self.to_revision, self.to_time) {
            (Some(revision), _) => Until::Revision(revision),
            (None, Some(time)) => Until::Time(time.as_microsecond()),
            (None, None) => Until::End,
        };
        let done = restore(&self.from, &config.data_dir, until, config.limits)?;
        let hex = |bytes: &[u8]| -> String { bytes.iter().map(|b| format!("{b:02x}")).collect() };
        let digest = if done.compared {
            "as backed up"
        } else {
            "of no backup, so there is nothing to compare it with"
        };
        Ok(format!(
            "restored revision {} into \"{}\"\n\
             \x20 records  {}\n  chain    {}\n  digest   {}, {digest}\n",
            done.head.revision,
            config.data_dir.display(),
            done.records,
            hex(&done.head.chain),
            hex(&done.digest),
        ))
    }
}
