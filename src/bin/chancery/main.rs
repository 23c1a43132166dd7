//! `chancery`: the command line for people and scripts.
//!
//! A file per verb or family of verbs: `import`, `list`, `count`, `search`, `get`, `apply`, `edit`,
//! `set`, `delete`, `publish` (withdraw, revise), `history` (revisions, rollback), `registry`
//! (actors and the like), `diff` (history), `watch`, `resolve`, `analysis` (questions over the
//! record),
//! `status`, `verify` (head), `health`, `contexts`, `manual`, each with its arguments and what it
//! does.
//! They share
//!
//! `nouns`, `moments`               how kinds, resources and times are called
//! `columns`, `cells`, `details`    what is shown of a kind, a field of the contract in words
//! `layout`, `output`, `failure`    rows into lines, where they go, errors and exit codes
//! `progress`                       how far a long call has come
//! `yaml`, `wanted`, `differences`  resources as people write them, and what that changes
//! `writes`                         how a change is sent and told
//!
//! It holds no state and knows nothing that the contract does not say: a new kind of element is a
//! line in `columns`.

mod analysis;
mod apply;
mod backup;
mod cells;
mod columns;
mod contexts;
mod count;
mod delete;
mod details;
mod diff;
mod differences;
mod edit;
mod failure;
mod flags;
mod get;
mod health;
mod history;
mod import;
mod keep;
mod layout;
mod list;
mod manual;
mod moments;
mod nouns;
mod output;
mod progress;
mod publish;
mod registry;
mod resolve;
mod search;
mod set;
mod status;
mod verify;
mod wanted;
mod watch;
mod writes;
mod yaml;

use std::path::PathBuf;
use std::process::ExitCode;

use chancery::client::Client;
use clap::{Args, CommandFactory as _, Parser, Subcommand};

use contexts::Settings;
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
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Options of every command")]
struct Global {
    /// Where the server listens: http://host:port, or host:port [default: http://127.0.0.1:50051]
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "CHANCERY_ENDPOINT",
        hide_env_values = true
    )]
    endpoint: Option<String>,
    /// How answers and errors are printed [default: table]
    #[arg(
        short = 'o',
        long,
        global = true,
        value_name = "FORMAT",
        env = "CHANCERY_OUTPUT",
        hide_env_values = true,
        value_enum
    )]
    output: Option<Format>,
    /// Seconds until a call is given up [default: 30]
    #[arg(
        long,
        global = true,
        value_name = "SECONDS",
        env = "CHANCERY_TIMEOUT",
        hide_env_values = true,
        value_parser = clap::value_parser!(u64).range(1..=3600)
    )]
    timeout: Option<u64>,
    /// Fit tables to so many columns, in a pipe too; 0 never wraps
    #[arg(long, global = true, value_name = "COLUMNS", value_parser = clap::value_parser!(u16))]
    width: Option<u16>,
    /// The context that holds for this command; see `context`
    #[arg(
        long,
        global = true,
        value_name = "NAME",
        env = "CHANCERY_CONTEXT",
        hide_env_values = true
    )]
    context: Option<String>,
    /// Where contexts are kept [default: chancery/contexts.yaml in the user's configuration]
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "CHANCERY_CONTEXTS",
        hide_env_values = true
    )]
    contexts: Option<PathBuf>,
    /// As whom to call, of a server that believes it: reader-green
    #[cfg(feature = "test-policy")]
    #[arg(long = "as", global = true, value_name = "CALLER", hide = true)]
    caller: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Draft an assessment from an article
    Import(import::Import),
    /// List resources of a kind: red-lines, risks, tools, assessments, actors ...
    List(list::List),
    /// Count elements by the values of one field or two
    Count(count::Count),
    /// Find elements, assessments and documents by their words
    Search(search::Search),
    /// Show resources, all at one revision
    Get(get::Get),
    /// Make the server hold what a YAML or JSON file says
    Apply(apply::Apply),
    /// Change one resource in an editor
    Edit(edit::Edit),
    /// Change a few fields of one resource
    Set(set::Set),
    /// Delete a resource, or remove an element
    Delete(delete::Delete),
    /// Bring back what was deleted
    Undelete(delete::Undelete),
    /// Publish a draft
    Publish(publish::Publish),
    /// Take published work back
    Withdraw(publish::Withdraw),
    /// Begin a draft that continues published work
    Revise(publish::Revise),
    /// List what became of an assessment, newest first
    Revisions(history::Revisions),
    /// Bring an assessment back to an earlier revision
    Rollback(history::Rollback),
    /// Tell what changed between two revisions, or between an assessment and its successor
    Diff(diff::Diff),
    /// Tell how an assessment or an element became what it is
    History(diff::History),
    /// Tell what there is, and every change as it happens
    Watch(watch::Watch),
    /// Work with actors
    #[command(subcommand)]
    Actors(registry::Registry),
    /// Work with issues
    #[command(subcommand)]
    Issues(registry::Registry),
    /// Work with situations
    #[command(subcommand)]
    Situations(registry::Registry),
    /// Work with sources
    #[command(subcommand)]
    Sources(registry::Registry),
    /// Work with places
    #[command(subcommand)]
    Places(registry::Registry),
    /// Tell which actor or issue a name means
    Resolve(resolve::Resolve),
    #[command(flatten)]
    Question(analysis::Question),
    /// Tell how the server stands
    Status,
    /// Write everything that is stored into a file
    Backup(backup::Backup),
    /// Give up older history
    Compact(keep::Compact),
    /// Erase a resource and all its history
    Purge(keep::Purge),
    /// Print what the journal contains now, to be kept and held against it later
    Head,
    /// Have the whole journal read: exit 0 if it is what it was, else 1
    Verify(verify::Verify),
    /// Ask whether the server is alive or ready: exit 0 if so, else 1
    Health(health::Health),
    /// Keep endpoints and formats under names
    #[command(subcommand)]
    Context(contexts::Contexts),
    /// Print completions for a shell
    Completions(manual::Completions),
    /// Print the manual page
    Man(manual::Man),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let settings = Settings::read(&cli.global);
    let format = match &settings {
        Ok(settings) => settings.format,
        Err(_failure) => Settings::bare(&cli.global).format,
    };
    let mut output = Output::new(format, cli.global.width);
    let outcome = settings.and_then(|settings| run(&cli, &settings, &mut output));
    failure::report(outcome, &mut output)
}

fn run(cli: &Cli, settings: &Settings, output: &mut Output) -> Result<Exit, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let exit = runtime.block_on(perform(cli, settings, output))?;
    output.flush()?;
    Ok(exit)
}

/// What needs no server, or has to be read before one is asked; then the others.
async fn perform(cli: &Cli, settings: &Settings, output: &mut Output) -> Result<Exit, Failure> {
    match &cli.verb {
        Verb::Context(contexts) => contexts.perform(&cli.global, settings, output),
        Verb::Completions(completions) => completions.perform(Cli::command(), output),
        Verb::Man(man) => man.perform(Cli::command(), output),
        Verb::Health(health) => health.perform(settings, output).await,
        Verb::Import(import) => {
            let text = import.text()?;
            import
                .perform(&connect(settings).await?, &text, output)
                .await
        }
        Verb::Apply(apply) => {
            let documents = apply.documents()?;
            let client = connect(settings).await?;
            apply.perform(&client, &documents, output).await
        }
        Verb::Get(get) => {
            let wanted = get.requests()?;
            get::perform(&connect(settings).await?, &wanted, output).await
        }
        verb @ (Verb::List(_)
        | Verb::Count(_)
        | Verb::Search(_)
        | Verb::Edit(_)
        | Verb::Set(_)
        | Verb::Delete(_)
        | Verb::Undelete(_)
        | Verb::Publish(_)
        | Verb::Withdraw(_)
        | Verb::Revise(_)
        | Verb::Revisions(_)
        | Verb::Rollback(_)
        | Verb::Diff(_)
        | Verb::History(_)
        | Verb::Watch(_)
        | Verb::Actors(_)
        | Verb::Issues(_)
        | Verb::Situations(_)
        | Verb::Sources(_)
        | Verb::Places(_)
        | Verb::Resolve(_)
        | Verb::Question(_)
        | Verb::Status
        | Verb::Backup(_)
        | Verb::Compact(_)
        | Verb::Purge(_)
        | Verb::Head
        | Verb::Verify(_)) => ask(verb, &connect(settings).await?, output).await,
    }
}

async fn ask(verb: &Verb, client: &Client, output: &mut Output) -> Result<Exit, Failure> {
    match verb {
        Verb::List(list) => list.perform(client, output).await,
        Verb::Count(count) => count.perform(client, output).await,
        Verb::Search(search) => search.perform(client, output).await,
        Verb::Edit(edit) => edit.perform(client, output).await,
        Verb::Set(set) => set.perform(client, output).await,
        Verb::Delete(delete) => delete.perform(client, output).await,
        Verb::Undelete(undelete) => undelete.perform(client, output).await,
        Verb::Publish(publish) => publish.perform(client, output).await,
        Verb::Withdraw(withdraw) => withdraw.perform(client, output).await,
        Verb::Revise(revise) => revise.perform(client, output).await,
        Verb::Revisions(revisions) => revisions.perform(client, output).await,
        Verb::Rollback(rollback) => rollback.perform(client, output).await,
        Verb::Diff(diff) => diff.perform(client, output).await,
        Verb::History(history) => history.perform(client, output).await,
        Verb::Watch(watch) => watch.perform(client, output).await,
        Verb::Actors(entries) => entries.perform("actors", client, output).await,
        Verb::Issues(entries) => entries.perform("issues", client, output).await,
        Verb::Situations(entries) => entries.perform("situations", client, output).await,
        Verb::Sources(entries) => entries.perform("sources", client, output).await,
        Verb::Places(entries) => entries.perform("places", client, output).await,
        Verb::Resolve(resolve) => resolve.perform(client, output).await,
        Verb::Question(question) => question.perform(client, output).await,
        Verb::Status => status::perform(client, output).await,
        Verb::Backup(backup) => backup.perform(client, output).await,
        Verb::Compact(compact) => compact.perform(client, output).await,
        Verb::Purge(purge) => purge.perform(client, output).await,
        Verb::Head => verify::head(client, output).await,
        Verb::Verify(verify) => verify.perform(client, output).await,
        Verb::Import(_)
        | Verb::Get(_)
        | Verb::Apply(_)
        | Verb::Health(_)
        | Verb::Context(_)
        | Verb::Completions(_)
        | Verb::Man(_) => Ok(Exit::Done),
    }
}

async fn connect(settings: &Settings) -> Result<Client, Failure> {
    Ok(Client::connect(&settings.endpoint, settings.options()).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_fit_together() {
        Cli::command().debug_assert();
    }
}
