//! The server's command line.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use chancery::error::Error;
use chancery::server::{self, Config, telemetry};
use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};

/// Serves structured geopolitical assessments over gRPC from an embedded store.
#[derive(Debug, Parser)]
#[command(name = "chanceryd", version)]
struct Arguments {
    /// The folder that holds the journal and the store
    #[arg(long, env = "CHANCERY_DATA_DIR", default_value = "./chancery-data")]
    data_dir: PathBuf,
    /// The address to listen on
    #[arg(long, env = "CHANCERY_LISTEN", default_value = "127.0.0.1:50051")]
    listen: SocketAddr,
    /// Import and publish a bundled article when nothing is stored yet
    #[arg(long, env = "CHANCERY_SAMPLE")]
    sample: bool,
    /// Listen beyond the loopback although callers are not authenticated
    #[arg(long, env = "CHANCERY_ALLOW_UNAUTHENTICATED_NETWORK")]
    allow_unauthenticated_network: bool,
    /// What is logged: a level, or levels by module
    #[arg(long, env = "CHANCERY_LOG", default_value = "info")]
    log: String,
    /// Log JSON objects instead of text
    #[arg(long, env = "CHANCERY_LOG_JSON")]
    log_json: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let format = if arguments.log_json {
        telemetry::Format::Json
    } else {
        telemetry::Format::Text
    };
    if let Err(error) = telemetry::start(&arguments.log, format) {
        return failed(&format!("--log: {error}"));
    }
    match serve(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(Error::Internal(text)) => failed(&text),
        Err(error) => failed(&error.to_string()),
    }
}

async fn serve(arguments: Arguments) -> Result<(), Error> {
    let internal = |error: std::io::Error| Error::Internal(format!("signals: {error}"));
    let mut terminate = signal(SignalKind::terminate()).map_err(internal)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(internal)?;
    let data_dir = arguments.data_dir.clone();
    let running = server::start(Config {
        data_dir: arguments.data_dir,
        listen: arguments.listen,
        sample: arguments.sample,
        allow_unauthenticated_network: arguments.allow_unauthenticated_network,
        ..Config::default()
    })
    .await?;
    let revision = running.ledger.status().revision;
    let (version, address) = (env!("CARGO_PKG_VERSION"), running.address);
    let _closed = writeln!(
        std::io::stdout(),
        "chanceryd {version}\n  listens on  {address}\n  data in     {}, revision {revision}\n  \
         holds       {}",
        data_dir.display(),
        running.holds()
    );
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    running.stop().await;
    Ok(())
}

fn failed(text: &str) -> ExitCode {
    let _closed = writeln!(std::io::stderr(), "chanceryd: {text}");
    ExitCode::FAILURE
}
