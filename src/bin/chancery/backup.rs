//! `chancery backup FILE`: everything the server holds, checked while it comes in.
//!
//! The file gets its name only once it is whole and durable; until then it has `.part` behind it.
//! With `-` the backup goes to stdout and what is said about it to stderr; a stream that ends early
//! has no trailer, and a restore refuses it.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use chancery::client::Client;
use chancery::ledger::backup::{Check, Checked};
use chancery::model::limits::Limits;
use clap::Args;
use serde_json::json;

use crate::failure::{Exit, Failure};
use crate::layout::facts;
use crate::output::{Format, Output};
use crate::progress::Progress;

/// The arguments of `backup`.
#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// The file to write, which must not be there yet; - for stdout
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Only what came after this revision, to continue an earlier backup
    #[arg(long, value_name = "REVISION", default_value_t = 0,
        value_parser = clap::value_parser!(i64).range(0..))]
    from_revision: i64,
}

/// Where the bytes go.
enum Into {
    Stdout,
    /// A file that is not whole yet, and its name once it is.
    File(File, PathBuf),
}

impl Backup {
    pub(crate) async fn perform(
        &self,
        client: &Client,
        output: &mut Output,
    ) -> Result<Exit, Failure> {
        let mut out = self.begin()?;
        match self.receive(client, &mut out, output).await {
            Ok((checked, bytes)) => {
                out.finish()?;
                self.report(&checked, bytes, output)
            }
            Err(failure) => {
                out.abandon();
                Err(failure)
            }
        }
    }

    fn begin(&self) -> Result<Into, Failure> {
        if self.file == Path::new("-") {
            return Ok(Into::Stdout);
        }
        if self.file.exists() {
            let text = format!("\"{}\" is there already", self.file.display());
            return Err(Failure::Here(text));
        }
        let part = part(&self.file);
        let file = File::create(&part)
            .map_err(|error| Failure::Here(format!("\"{}\": {error}", part.display())))?;
        Ok(Into::File(file, self.file.clone()))
    }

    /// Writes what comes and checks it; what it holds, and its bytes.
    async fn receive(
        &self,
        client: &Client,
        out: &mut Into,
        output: &mut Output,
    ) -> Result<(Checked, u64), Failure> {
        let mut check = Check::new(&self.file.display().to_string(), &Limits::default());
        let mut progress = Progress::open("backing up");
        let mut bytes = 0;
        let mut pieces = client.backup(self.from_revision).await?;
        while let Some(piece) = pieces
            .message()
            .await
            .map_err(|status| client.told(&status))?
        {
            if piece.bytes_estimate > 0 {
                let estimate = piece.bytes_estimate.unsigned_abs();
                let told = format!("backing up revision {}", piece.revision);
                progress = Progress::bytes(estimate, told);
            }
            check.feed(&piece.data);
            while check.piece()?.is_some() {}
            out.write(&piece.data, output)?;
            bytes += piece.data.len() as u64;
            progress.came_to(bytes);
        }
        Ok((check.finish()?, bytes))
    }

    fn report(&self, checked: &Checked, bytes: u64, output: &mut Output) -> Result<Exit, Failure> {
        let head = checked.trailer.head;
        let file = self.file.display().to_string();
        let (chain, digest) = (hex(&head.chain), hex(&checked.trailer.digest));
        let continues = checked.begins.revision;
        if self.file == Path::new("-") {
            let text = format!("revision {}  {bytes} bytes  digest {digest}", head.revision);
            output.note(&text)?;
            return Ok(Exit::Done);
        }
        match output.format() {
            Format::Json | Format::Jsonl | Format::Yaml => output.value(&json!({
                "file": file,
                "revision": head.revision.to_string(),
                "fromRevision": continues.to_string(),
                "records": checked.records.to_string(),
                "bytes": bytes.to_string(),
                "chainHash": chain,
                "digest": digest,
            }))?,
            Format::Name => output.line(&file)?,
            Format::Table | Format::Wide => {
                let mut shown = vec![
                    ("file", file),
                    ("revision", head.revision.to_string()),
                    ("records", checked.records.to_string()),
                    ("bytes", bytes.to_string()),
                    ("chain hash", chain),
                    ("digest", digest),
                ];
                if continues > 0 {
                    shown.insert(2, ("continues revision", continues.to_string()));
                }
                for line in facts(&shown, output.layout()) {
                    output.line(&line)?;
                }
            }
        }
        Ok(Exit::Done)
    }
}

impl Into {
    fn write(&mut self, bytes: &[u8], output: &mut Output) -> io::Result<()> {
        match self {
            Self::Stdout => output.bytes(bytes),
            Self::File(file, _) => file.write_all(bytes),
        }
    }

    /// Makes the file durable under its own name.
    fn finish(self) -> io::Result<()> {
        let Self::File(file, path) = self else {
            return Ok(());
        };
        file.sync_all()?;
        fs::rename(part(&path), &path)?;
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    }

    /// Takes away what did not become whole.
    fn abandon(self) {
        if let Self::File(_, path) = self {
            let _left = fs::remove_file(part(&path));
        }
    }
}

fn part(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    PathBuf::from(name)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
