//! Plays one script: a server on an empty folder, and the built client beside it.
//!
//! The client is the binary that a user has; the server runs in this process, so that its clock
//! can be set.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicI64, Ordering};

use chancery::server::{self, Config, Running};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::text;

/// When every script begins.
const BEGINNING: &str = "2026-01-01T00:00:00Z";

/// The time it is in the script that is being played, in microseconds since 1970. Scripts are
/// played one after the other.
static NOW_US: AtomicI64 = AtomicI64::new(0);

/// A server and a folder for the commands.
pub(super) struct Player {
    runtime: Runtime,
    running: Option<Running>,
    folder: TempDir,
    /// Where the server keeps what it holds.
    data: PathBuf,
}

impl Player {
    pub(super) fn start() -> Self {
        let runtime = Runtime::new().unwrap();
        let folder = TempDir::new().unwrap();
        let mut player = Self {
            runtime,
            running: None,
            data: folder.path().join("data"),
            folder,
        };
        std::fs::create_dir(player.desk()).unwrap();
        set_clock(BEGINNING);
        player.resume();
        player
    }

    /// Where the commands run and their files lie.
    fn desk(&self) -> PathBuf {
        self.folder.path().join("desk")
    }

    fn resume(&mut self) {
        let config = Config {
            data_dir: self.data.clone(),
            listen: ([127, 0, 0, 1], 0).into(),
            clock: || NOW_US.load(Ordering::SeqCst),
            #[cfg(feature = "test-policy")]
            policy: chancery::auth::Policy::Header,
            ..Config::default()
        };
        self.running = Some(self.runtime.block_on(server::start(config)).unwrap());
    }

    pub(super) fn stop(&mut self) {
        let running = self.running.take().unwrap();
        self.runtime.block_on(running.stop());
    }

    pub(super) fn file(&self, name: &str, text: &str) {
        std::fs::write(self.desk().join(name), text).unwrap();
    }

    /// Does something to the server.
    pub(super) fn server(&mut self, action: &str) {
        if let Some(time) = action.strip_prefix("clock ") {
            return set_clock(time);
        }
        self.stop();
        match action {
            "restart" => {}
            "delete store" => std::fs::remove_dir_all(self.data.join("store")).unwrap(),
            _ => match action.strip_prefix("serve ") {
                Some(folder) => self.data = self.desk().join(folder),
                None => panic!("\"! {action}\" is not known"),
            },
        }
        self.resume();
    }

    /// Runs a command; what it printed, with the random parts named.
    pub(super) fn command(&self, line: &str, input: &str) -> String {
        let address = self.running.as_ref().unwrap().address;
        let mut child = client(line)
            .current_dir(self.desk())
            .env("CHANCERY_ENDPOINT", format!("http://{address}"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A client that ends before it has read everything is judged by what it prints.
        let _unread = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        let port = format!("127.0.0.1:{}", address.port());
        let printed = text::settled(&printed(output)).replace(&port, "127.0.0.1:PORT");
        printed.replace(env!("CARGO_PKG_VERSION"), "VERSION")
    }
}

/// The client, or the server's own command line, with the words of a line; what follows a bar is
/// the shell's.
fn client(line: &str) -> Command {
    let (own, piped) = match line.split_once(" | ") {
        Some((own, piped)) => (own, Some(piped)),
        None => (line, None),
    };
    let words = text::words(own).unwrap_or_else(|error| panic!("$ {line}\n{error}"));
    let (program, arguments) = words.split_first().unwrap();
    let built = match program.as_str() {
        "chancery" => env!("CARGO_BIN_EXE_chancery"),
        "chanceryd" => env!("CARGO_BIN_EXE_chanceryd"),
        _ => panic!("only the two programs can be run: $ {line}"),
    };
    let mut command = match piped {
        None => Command::new(built),
        Some(piped) => {
            let mut shell = Command::new("sh");
            shell.args(["-c", &format!("\"$0\" \"$@\" | {piped}"), built]);
            shell
        }
    };
    command.args(arguments).env_clear();
    if piped.is_some() {
        command.env("PATH", "/usr/bin:/bin");
    }
    command
}

fn set_clock(time: &str) {
    let time: jiff::Timestamp = time.parse().unwrap();
    NOW_US.store(time.as_microsecond(), Ordering::SeqCst);
}

/// stdout, then stderr, then the exit code if it is not 0.
fn printed(output: Output) -> String {
    let mut lines = String::new();
    for stream in [output.stdout, output.stderr] {
        let text = String::from_utf8(stream).unwrap();
        lines.extend(text.lines().flat_map(|line| [line.trim_end(), "\n"]));
    }
    if !output.status.success() {
        let code = output.status.code().expect("the client was killed");
        lines.push_str(&format!("exit {code}\n"));
    }
    lines.trim_end().to_owned()
}
