//! Many clients that write one assessment at once: `cargo bench --bench writers`.
//!
//! 64 clients, a connection each, edit different elements of one assessment: none may see a
//! conflict and every acknowledged edit must be there at the end. Then they all edit the same
//! element with its etag, round after round: exactly one wins each. The server is a real one, in
//! this process, on a folder of its own. What is wrong ends the run; times are only printed.
//! `CHANCERY_BENCH_SECONDS` is how long each half takes, 30 by default.

use std::error::Error;
use std::io::Write;
use std::time::{Duration, Instant};

use chancery::client::{AssessmentServiceClient, Client, Options};
use chancery::model::v1::{self, element::Kind as Arm, element_edit::Change as Asked};
use chancery::server::{self, Config};
use tonic::Code;
use tonic::transport::Channel;

const WRITERS: usize = 64;
const SECONDS: u64 = 30;
const NAME: &str = "assessments/talks";

type Failure = Box<dyn Error + Send + Sync>;
type Calls = AssessmentServiceClient<Channel>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let folder = std::env::temp_dir().join(format!("chancery-writers-{}", std::process::id()));
    let config = Config {
        data_dir: folder.clone(),
        listen: ([127, 0, 0, 1], 0).into(),
        ..Config::default()
    };
    let running = server::start(config).await?;
    let mut clients = Vec::new();
    for _ in 0..WRITERS {
        let options = Options {
            attempts_max: 1,
            ..Options::default()
        };
        clients.push(Client::connect(&running.address.to_string(), options).await?);
    }
    let calls: Vec<Calls> = clients.iter().map(Client::assessments).collect();
    let measured = measured(&calls).await;
    running.stop().await;
    std::fs::remove_dir_all(&folder)?;
    measured
}

async fn measured(calls: &[Calls]) -> Result<(), Failure> {
    let told = std::env::var("CHANCERY_BENCH_SECONDS").ok();
    let seconds = told.and_then(|told| told.parse().ok()).unwrap_or(SECONDS);
    let lasting = Duration::from_secs(seconds);
    let mut first = calls.first().ok_or("no client")?.clone();
    let assessment = v1::Assessment {
        title: "Harbour talks".to_owned(),
        risks: (0..WRITERS).map(|writer| risk(writer, 0)).collect(),
        ..Default::default()
    };
    let request = v1::CreateAssessmentRequest {
        assessment: Some(assessment),
        assessment_id: "talks".to_owned(),
        ..Default::default()
    };
    first.create_assessment(request).await?;
    different(calls, lasting).await?;
    same(calls, lasting).await
}

fn risk(writer: usize, number: usize) -> v1::Risk {
    v1::Risk {
        id: format!("r{writer}"),
        statement: format!("The dredging contract of berth {writer} lapses"),
        title: number.to_string(),
        ..Default::default()
    }
}

fn edit(risk: v1::Risk, etag: &str) -> v1::EditAssessmentRequest {
    let element = v1::Element {
        kind: Some(Arm::Risk(risk)),
    };
    v1::EditAssessmentRequest {
        name: NAME.to_owned(),
        edits: vec![v1::ElementEdit {
            change: Some(Asked::Upsert(element)),
            etag: etag.to_owned(),
            ..Default::default()
        }],
        ..Default::default()
    }
}

async fn full(calls: &Calls) -> Result<v1::Assessment, Failure> {
    let request = v1::GetAssessmentRequest {
        name: NAME.to_owned(),
        view: v1::AssessmentView::Full.into(),
        ..Default::default()
    };
    Ok(calls.clone().get_assessment(request).await?.into_inner())
}

/// Every client edits an element of its own.
async fn different(calls: &[Calls], lasting: Duration) -> Result<(), Failure> {
    let begun = Instant::now();
    let writers = calls
        .iter()
        .cloned()
        .enumerate()
        .map(|(writer, mut calls)| {
            tokio::spawn(async move {
                let mut acknowledged: Vec<(Instant, Duration)> = Vec::new();
                while begun.elapsed() < lasting {
                    let asked = Instant::now();
                    let request = edit(risk(writer, acknowledged.len() + 1), "");
                    calls.edit_assessment(request).await?;
                    acknowledged.push((Instant::now(), asked.elapsed()));
                }
                Ok::<_, tonic::Status>(acknowledged)
            })
        });
    let writers: Vec<_> = writers.collect();
    let mut all = Vec::new();
    let mut counts = Vec::new();
    for writer in writers {
        let acknowledged = writer.await??;
        counts.push(acknowledged.len());
        all.extend(acknowledged);
    }
    let last = calls.first().ok_or("no client")?;
    for (risk, count) in full(last).await?.risks.iter().zip(&counts) {
        if risk.title != count.to_string() {
            let lost = format!("{} is at {} of {count}", risk.name, risk.title);
            return Err(lost.into());
        }
    }
    report(&mut all, counts, begun.elapsed())
}

fn report(
    all: &mut [(Instant, Duration)],
    mut counts: Vec<usize>,
    took: Duration,
) -> Result<(), Failure> {
    all.sort_unstable();
    let gaps = all.iter().zip(all.iter().skip(1));
    let gap = gaps.map(|(one, next)| next.0 - one.0).max();
    let mut waits: Vec<Duration> = all.iter().map(|(_, wait)| *wait).collect();
    waits.sort_unstable();
    counts.sort_unstable();
    let at = |percent: usize| waits.get((waits.len() * percent / 100).min(waits.len() - 1));
    let seconds = took.as_secs_f64();
    let mut out = std::io::stdout();
    writeln!(
        out,
        "{WRITERS} clients, different elements, {seconds:.1} s: {} edits, {:.0}/s, no conflict, \
         nothing lost",
        all.len(),
        all.len() as f64 / seconds
    )?;
    writeln!(
        out,
        "  longest gap between acknowledgements {:.1?}; an edit took {:.1?} (median), {:.1?} \
         (99 %), {:.1?} at most; {} to {} edits a client",
        gap.unwrap_or_default(),
        at(50).copied().unwrap_or_default(),
        at(99).copied().unwrap_or_default(),
        waits.last().copied().unwrap_or_default(),
        counts.first().copied().unwrap_or_default(),
        counts.last().copied().unwrap_or_default(),
    )?;
    Ok(())
}

/// All clients edit one element with the same etag, round after round.
async fn same(calls: &[Calls], lasting: Duration) -> Result<(), Failure> {
    let begun = Instant::now();
    let before = full(calls.first().ok_or("no client")?).await?;
    let mut etag = before.risks.first().ok_or("no risk")?.etag.clone();
    let mut rounds = 0_usize;
    while begun.elapsed() < lasting {
        let writers = calls
            .iter()
            .cloned()
            .enumerate()
            .map(|(writer, mut calls)| {
                let request = edit(risk(0, (rounds + 1) * 1_000_000 + writer), &etag);
                tokio::spawn(async move { calls.edit_assessment(request).await })
            });
        let writers: Vec<_> = writers.collect();
        let mut won = Vec::new();
        for writer in writers {
            match writer.await? {
                Ok(answer) => won.push(answer.into_inner().revision),
                Err(status) if status.code() == Code::Aborted => {}
                Err(status) => return Err(status.into()),
            }
        }
        let [revision] = won.as_slice() else {
            return Err(format!("round {rounds}: {} clients won", won.len()).into());
        };
        etag = format!("\"{revision}\"");
        rounds += 1;
    }
    let seconds = begun.elapsed().as_secs_f64();
    writeln!(
        std::io::stdout(),
        "{WRITERS} clients, one element with its etag, {seconds:.1} s: {rounds} rounds, \
         {:.0}/s, exactly one winner in each",
        rounds as f64 / seconds
    )?;
    Ok(())
}
