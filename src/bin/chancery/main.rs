//! `chancery`: the command line for people and scripts.
//!
//! One file per verb (`import`, `list`, `get`, `publish`, `resolve`, `status`, `health`), each
//! with its arguments and what it does; `nouns` (how kinds and resources are called),
//! `columns` (what a table of a kind shows), `cells` (a field of the contract in words), `layout`
//! (rows into lines), `output` (where they go, and in which format), `moments` (dates) and
//! `failure` (errors and exit codes) are what the verbs share. It holds no state and knows nothing
//! that the contract does not say: a new kind of element is a line in `columns`.

mod cells;
mod columns;
mod details;
mod failure;
mod get;
mod health;
mod import;
mod layout;
mod list;
mod moments;
mod nouns;
mod output;
mod publish;
mod resolve;
mod status;

use std::process::ExitCode;
use std::time::Duration;

use chancery::client::{Client, DEFAULT_ENDPOINT, Options};
use clap::{Args, Parser, Subcommand};

use failure::{Exit, Failure};
use output::{Format, Output};

const AFTER_HELP: &str = "\
Exit codes:
  0       done
  1       something on this side: a file, an unknown alias, a server that is not ready
  2       the command line is wrong
  64 + n  the server answered with gRPC code n: 67 INVALID_ARGUMENT, 69 NOT_FOUND,
          70 ALREADY_EXISTS, 73 FAILED_PRECONDITION, 74 ABORTED, 75 OUT_OF_RANGE,
          76 UNIMPLEMENTED, 78 UNAVAILABLE (nobody answers there) and so on

Tables fit the terminal. In a pipe they are not wrapped, the first column is the whole name, and
columns are two blanks apart: awk -F '  +'.";

/// Asks a Chancery server, and tells it what is new.
#[derive(Debug, Parser)]
#[command(name = "chancery", version, after_help = AFTER_HELP, arg_required_else_help = true)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    verb: Verb,
}

/// What every verb takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of every command")]
struct Global {
    /// Where the server listens: http://host:port, or host:port
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "CHANCERY_ENDPOINT",
        hide_env_values = true,
        default_value = DEFAULT_ENDPOINT
    )]
    endpoint: String,
    /// How answers and errors are printed
    #[arg(
        short = 'o',
        long,
        global = true,
        value_name = "FORMAT",
        env = "CHANCERY_OUTPUT",
        hide_env_values = true,
        value_enum,
        default_value_t = Format::Table
    )]
    output: Format,
    /// Seconds until a call is given up
    #[arg(
        long,
        global = true,
        value_name = "SECONDS",
        default_value_t = 30,
        value_parser = clap::value_parser!(u64).range(1..=3600)
    )]
    timeout: u64,
    /// Fit tables to so many columns, in a pipe too; 0 never wraps
    #[arg(long, global = true, value_name = "COLUMNS", value_parser = clap::value_parser!(u16))]
    width: Option<u16>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Draft an assessment from an article
    Import(import::Import),
    /// List resources of a kind: red-lines, risks, tools, assessments, actors ...
    List(list::List),
    /// Show one resource
    Get(get::Get),
    /// Publish a draft
    Publish(publish::Publish),
    /// Tell which actor or issue a name means
    Resolve(resolve::Resolve),
    /// Tell how the server stands
    Status,
    /// Ask whether the server is alive or ready: exit 0 if so, else 1
    Health(health::Health),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let mut output = Output::new(cli.global.output, cli.global.width);
    let outcome = run(&cli, &mut output);
    failure::report(outcome, &mut output)
}

fn run(cli: &Cli, output: &mut Output) -> Result<Exit, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let exit = runtime.block_on(perform(cli, output))?;
    output.flush()?;
    Ok(exit)
}

async fn perform(cli: &Cli, output: &mut Output) -> Result<Exit, Failure> {
    match &cli.verb {
        Verb::Import(import) => {
            let text = import.text()?;
            import
                .perform(&connect(&cli.global).await?, &text, output)
                .await
        }
        Verb::List(list) => list.perform(&connect(&cli.global).await?, output).await,
        Verb::Get(get) => {
            let (kind, request) = get.request()?;
            get::perform(&connect(&cli.global).await?, kind, &request, output).await
        }
        Verb::Publish(publish) => publish.perform(&connect(&cli.global).await?, output).await,
        Verb::Resolve(resolve) => resolve.perform(&connect(&cli.global).await?, output).await,
        Verb::Status => status::perform(&connect(&cli.global).await?, output).await,
        Verb::Health(health) => health.perform(&cli.global, output).await,
    }
}

impl Global {
    fn options(&self) -> Options {
        Options {
            deadline: Duration::from_secs(self.timeout),
            ..Options::default()
        }
    }
}

async fn connect(global: &Global) -> Result<Client, Failure> {
    Ok(Client::connect(&global.endpoint, global.options()).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_arguments_fit_together() {
        Cli::command().debug_assert();
    }
}
