//! The server's command line.

mod restore;
mod settings;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use chancery::error::Error;
use chancery::ledger;
use chancery::ledger::verify::{Head, Report};
use chancery::server::{self, Running, telemetry};
use clap::{Parser, Subcommand};
use settings::Settings;
use tokio::signal::unix::{SignalKind, signal};

/// Serves structured geopolitical assessments over gRPC from an embedded store.
///
/// Every setting is a flag, an environment variable and a key of the configuration file, in this
/// order of precedence.
#[derive(Debug, Parser)]
#[command(name = "chanceryd", version)]
struct Arguments {
    /// A TOML file with settings
    #[arg(long, env = "CHANCERY_CONFIG", global = true)]
    config: Option<PathBuf>,
    #[command(flatten)]
    settings: Settings,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Look at the configuration without starting
    #[command(subcommand)]
    Config(Look),
    /// Fill an empty data folder from backups
    Restore(restore::Restore),
    /// Read the whole journal of a data folder and say whether it is what it was; changes nothing
    Verify {
        /// A head that `chancery head` printed earlier
        #[arg(long, value_name = "FILE")]
        head: Option<PathBuf>,
        /// Read an archive instead of the data folder
        #[arg(long, value_name = "DIR")]
        archive: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
enum Look {
    /// Print the settings that would be in force, as a configuration file
    Print,
    /// Say whether the server would start with these settings
    Check,
}

#[tokio::main]
async fn main() -> ExitCode {
    let Arguments {
        config,
        settings,
        command,
    } = Arguments::parse();
    let done = match layered(config, settings) {
        Ok(settings) => match command {
            None => serve(settings).await,
            Some(Command::Config(Look::Print)) => settings.print().map(|text| say(&text)),
            Some(Command::Config(Look::Check)) => check(&settings),
            Some(Command::Restore(restore)) => {
                restore.perform(settings.config()).map(|text| say(&text))
            }
            Some(Command::Verify { head, archive }) => verify(settings, head, archive),
        },
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Error::Internal(text)) => failed(&text),
        Err(error) => failed(&error.to_string()),
    }
}

/// Flags and environment over the file over the defaults.
fn layered(config: Option<PathBuf>, settings: Settings) -> Result<Settings, Error> {
    let file = config.map_or_else(|| Ok(Settings::default()), |path| Settings::file(&path))?;
    Ok(settings.or(file).or(Settings::defaults()))
}

fn check(settings: &Settings) -> Result<(), Error> {
    telemetry::check(settings.logging().0)?;
    server::guard(&settings.clone().config())?;
    say("the settings are sound\n");
    Ok(())
}

/// Exit 0 when the journal is sound, 1 when it is not or cannot be read.
fn verify(
    settings: Settings,
    head: Option<PathBuf>,
    archive: Option<PathBuf>,
) -> Result<(), Error> {
    let head = head.map(|path| {
        let text = std::fs::read_to_string(&path)
            .map_err(|error| Error::Internal(format!("\"{}\": {error}", path.display())))?;
        Head::parse(&text)
    });
    let head = head.transpose()?;
    let started = Instant::now();
    let report = match &archive {
        Some(archive) => ledger::verify::verify_archive(archive, head.as_ref()),
        None => ledger::verify::verify(&settings.config().data_dir, head.as_ref()),
    }?;
    let seconds = started.elapsed().as_secs_f64();
    if let Some(finding) = &report.finding {
        return Err(Error::Internal(format!(
            "\"{}\" is damaged at offset {}, after revision {}: {}",
            finding.file.display(),
            finding.offset,
            finding.after,
            finding.why
        )));
    }
    let megabytes = report.bytes as f64 / 1e6;
    say(&format!(
        "sound       revisions 1 to {}, {megabytes:.1} MB in {} segments, {:.0} MB/s\n",
        report.revision,
        report.segments,
        megabytes / seconds
    ));
    let chain: String = report
        .chain
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    say(&format!("chain       {chain}\n"));
    for line in remarks(&report, head.as_ref(), archive.is_some()) {
        say(&format!("{line}\n"));
    }
    Ok(())
}

/// What vouches for the end of the journal, and what does not.
fn remarks(report: &Report, head: Option<&Head>, archived: bool) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(revision) = report.checkpoint {
        lines.push(format!("checkpoint  vouches for revision {revision}"));
    }
    match head {
        Some(head) => lines.push(format!("head        revision {} is there", head.revision)),
        None => lines.push(
            "head        none given: an end cut off or rewritten as a whole cannot be told".into(),
        ),
    }
    if report.torn_bytes > 0 {
        lines.push(format!(
            "torn        {} bytes at the end are no record: a write cut short by a crash, unless \
             somebody changed the last group",
            report.torn_bytes
        ));
    } else if !report.sealed && !archived {
        lines.push("seal        none: it was not stopped cleanly, or is in use".to_owned());
    }
    lines
}

async fn serve(settings: Settings) -> Result<(), Error> {
    let (filter, format) = settings.logging();
    telemetry::start(filter, format)?;
    let internal = |error: std::io::Error| Error::Internal(format!("signals: {error}"));
    let mut terminate = signal(SignalKind::terminate()).map_err(internal)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(internal)?;
    // A stop that comes while the store is being rebuilt ends that too.
    let running = tokio::select! {
        running = server::start(settings.config()) => running?,
        _ = terminate.recv() => return Ok(()),
        _ = interrupt.recv() => return Ok(()),
    };
    say(&banner(&running));
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    running.stop().await;
    Ok(())
}

/// What listens where, and what it holds.
fn banner(running: &Running) -> String {
    let status = running.ledger.status();
    let folder = status.folder.unwrap_or_default();
    format!(
        "chanceryd {}\n  listens on  {}\n  data in     {}, revision {}\n  holds       {}\n",
        env!("CARGO_PKG_VERSION"),
        running.address,
        folder.display(),
        status.revision,
        running.holds()
    )
}

/// Prints; whoever stopped listening does not stop the server.
fn say(text: &str) {
    let _closed = write!(std::io::stdout(), "{text}");
    let _closed = std::io::stdout().flush();
}

fn failed(text: &str) -> ExitCode {
    let _closed = writeln!(std::io::stderr(), "chanceryd: {text}");
    ExitCode::FAILURE
}
