//! The server's command line.

mod restore;
mod settings;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use chancery::error::Error;
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

async fn serve(settings: Settings) -> Result<(), Error> {
    let (filter, format) = settings.logging();
    telemetry::start(filter, format)?;
    let internal = |error: std::io::Error| Error::Internal(format!("signals: {error}"));
    let mut terminate = signal(SignalKind::terminate()).map_err(internal)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(internal)?;
    let running = server::start(settings.config()).await?;
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
