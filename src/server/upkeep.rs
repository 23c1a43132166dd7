//! What a server does without being asked for: it archives, and compacts history that is older than
//! is kept. Both begin when the ledger is open and end when it is dropped; neither is in the way of
//! a call, and what is in their own way is said in `Status` and in the log, never in an answer.

use std::path::PathBuf;
use std::time::Duration;

use tokio::task::JoinSet;
use tracing::{error, info, warn};

use super::Config;
use crate::error::Error;
use crate::ledger::Ledger;
use crate::ledger::change::Change;

/// The tasks; they end when this is dropped.
pub(super) struct Upkeep {
    _tasks: JoinSet<()>,
}

impl Upkeep {
    pub(super) fn begin(ledger: &Ledger, config: &Config) -> Self {
        let mut tasks = JoinSet::new();
        tasks.spawn(history(ledger.clone(), config.history_keep, config.clock));
        if let Some(dir) = config.archive_dir.clone() {
            tasks.spawn(archive(ledger.clone(), dir));
        }
        Self { _tasks: tasks }
    }
}

async fn archive(ledger: Ledger, dir: PathBuf) {
    if let Err(failure) = ledger.archive(dir).await {
        error!(%failure, "nothing is archived any more");
    }
}

async fn history(ledger: Ledger, keep: Option<Duration>, clock: fn() -> i64) {
    let hours = ledger.limits().history_check_hours;
    let mut checks = tokio::time::interval(Duration::from_secs(hours * 3_600));
    loop {
        checks.tick().await;
        if let Err(failure) = shorten(&ledger, keep, clock()).await {
            warn!(%failure, "history could not be shortened; it is tried again at the next check");
        }
    }
}

/// Compacts what is older than is kept, and ends what an earlier attempt left.
async fn shorten(ledger: &Ledger, keep: Option<Duration>, now_us: i64) -> Result<(), Error> {
    let keeper = ledger.keeper().await;
    let keep_us = keep.and_then(|keep| i64::try_from(keep.as_micros()).ok());
    let status = ledger.status();
    // A clock that is set wrong may not erase anything: time has gone on as far as somebody wrote.
    let reached_us = now_us.min(status.time_us);
    let until = keep_us.map_or(0, |keep_us| ledger.revision_at(reached_us - keep_us));
    if until <= status.earliest {
        return keeper.finish().await.map(drop);
    }
    let change = Change {
        author: "chanceryd".to_owned(),
        reason: "older than history is kept".to_owned(),
        proposed_us: reached_us,
        ..Default::default()
    };
    let done = keeper.compact(until, change).await?;
    info!(
        earliest = done.earliest,
        bytes_erased = done.bytes_erased,
        "history was shortened"
    );
    Ok(())
}
