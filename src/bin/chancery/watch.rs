//! `chancery watch`: what there is, then every change as it happens.
//!
//! It goes on by itself after a restart of the server. However it ends, the last line on stderr
//! says the revision to resume from.

use std::time::Duration;

use chancery::client::{Client, Event, Watch as Watched, Watching};
use chancery::model::v1::{self, WatchChangeKind, WatchCommit, WatchImages};
use chancery::wire::{body, json};
use clap::Args;
use serde_json::Value;

use crate::differences::Difference;
use crate::failure::{Exit, Failure};
use crate::flags::Filter;
use crate::list::STATES;
use crate::nouns::{self, Noun};
use crate::output::{Format, Output, tame};

/// The arguments of `watch`.
#[derive(Debug, Args)]
pub(crate) struct Watch {
    /// What to watch: assessments, red-lines, risks ...; none is all of it
    #[arg(value_name = "KIND", value_parser = nouns::parser())]
    nouns: Vec<&'static Noun>,
    /// Only this assessment; may be given several times
    #[arg(long, value_name = "ASSESSMENT")]
    parent: Vec<String>,
    #[command(flatten)]
    fitting: Filter,
    /// Drafts, superseded and withdrawn work too, not only what is published
    #[arg(long)]
    all_states: bool,
    /// Go on after this revision instead of beginning with what there is
    #[arg(
        long,
        value_name = "REVISION",
        default_value_t = 0,
        hide_default_value = true
    )]
    after: i64,
    /// Also tell what is different, field by field
    #[arg(long)]
    diff: bool,
    /// Stop when everything that has been committed is told
    #[arg(long)]
    once: bool,
    /// Seconds between words of progress when nothing happens
    #[arg(long, value_name = "SECONDS", default_value_t = 30,
        value_parser = clap::value_parser!(u64).range(1..=600))]
    progress: u64,
}

impl Watch {
    pub(crate) async fn perform(
        &self,
        client: &Client,
        output: &mut Output,
    ) -> Result<Exit, Failure> {
        let mut watching = client.watch(self.watched()?);
        let outcome = self.follow(&mut watching, output).await;
        let position = watching.position();
        // A watch that was refused has told nothing.
        if outcome.is_ok() || position > self.after {
            output.note(&format!(
                "up to revision {position}; go on with --after {position}"
            ))?;
        }
        outcome.map(|()| Exit::Done)
    }

    fn watched(&self) -> Result<Watched, Failure> {
        let states = if self.all_states { &STATES[..] } else { &[] };
        Ok(Watched {
            names: self.parent.iter().map(|name| nouns::whole(name)).collect(),
            after_revision: self.after,
            collections: self
                .nouns
                .iter()
                .map(|noun| noun.kind.collection.clone())
                .collect(),
            filter: self.fitting.filter.clone(),
            states: states.to_vec(),
            images: if self.diff {
                WatchImages::BeforeAndAfter
            } else {
                WatchImages::After
            },
            progress_interval: Duration::from_secs(self.progress),
            ..Watched::default()
        })
    }

    async fn follow(&self, watching: &mut Watching, output: &mut Output) -> Result<(), Failure> {
        let mut interrupt = std::pin::pin!(tokio::signal::ctrl_c());
        let mut snapshot: Vec<v1::WatchChange> = Vec::new();
        loop {
            let event = tokio::select! {
                event = watching.next() => event?,
                _ = interrupt.as_mut() => return Ok(()),
            };
            match event {
                Event::SnapshotBegins => snapshot.clear(),
                Event::Snapshot(changes) => snapshot.extend(changes),
                Event::SnapshotComplete(revision) => {
                    let whole = WatchCommit {
                        revision,
                        changes: std::mem::take(&mut snapshot),
                        ..WatchCommit::default()
                    };
                    self.tell(&whole, output)?;
                    if self.once {
                        return Ok(());
                    }
                }
                Event::Commit(commit) => self.tell(&commit, output)?,
                Event::Progress(_) if self.once => return Ok(()),
                Event::Progress(_) => {}
            }
            output.flush()?;
        }
    }

    /// One commit; a snapshot has no time.
    fn tell(&self, commit: &WatchCommit, output: &mut Output) -> Result<(), Failure> {
        match output.format() {
            Format::Json | Format::Jsonl | Format::Yaml => {
                output.value(&json::encode("WatchCommit", commit)?)?;
            }
            Format::Name => {
                for change in &commit.changes {
                    output.line(&tame(&change.name))?;
                }
            }
            Format::Table | Format::Wide => {
                let time = commit.commit_time.as_ref().and_then(body::microseconds);
                let time = time.and_then(|us| jiff::Timestamp::from_microsecond(us).ok());
                let time = time.map_or_else(|| "as it stands".to_owned(), |time| time.to_string());
                for change in &commit.changes {
                    self.line(commit.revision, &time, change, output)?;
                }
            }
        }
        Ok(())
    }

    fn line(
        &self,
        revision: i64,
        time: &str,
        change: &v1::WatchChange,
        output: &mut Output,
    ) -> Result<(), Failure> {
        let what = match change.kind() {
            WatchChangeKind::Unspecified | WatchChangeKind::Upserted => "upserted",
            WatchChangeKind::Removed => "removed ",
        };
        output.line(&format!(
            "{revision}  {time}  {what}  {}",
            tame(&change.name)
        ))?;
        if self.diff {
            let (before, after) = images(change)?;
            let difference = Difference::between(&change.name, before.as_ref(), after.as_ref());
            let lines = difference.map(|difference| difference.lines(output.layout()));
            for line in lines.iter().flatten().skip(1) {
                output.line(line)?;
            }
        }
        Ok(())
    }
}

/// Both images as JSON, without what the server alone writes.
fn images(change: &v1::WatchChange) -> Result<(Option<Value>, Option<Value>), Failure> {
    let told = json::encode("WatchChange", change)?;
    let image = |header: &str, element: &str| {
        let element = told.get(element).and_then(Value::as_object);
        let element = element.and_then(|arms| arms.values().next());
        let mut image = told.get(header).or(element)?.clone();
        if let Some(fields) = image.as_object_mut() {
            for kept in ["etag", "revision", "createTime", "updateTime", "deleteTime"] {
                fields.remove(kept);
            }
        }
        Some(image)
    };
    Ok((
        image("previousAssessment", "previousElement"),
        image("assessment", "element"),
    ))
}
