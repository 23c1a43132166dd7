//! Questions over the record, through the doors and on the pure functions: what a caller may not
//! see leaves no trace, the founding article can be asked everything, what cannot be answered is
//! refused by name, and deliberate mistakes are noticed.

mod founding;
mod refused;
mod series;
mod twelve;

use std::path::Path;
use std::process::Command;

use chancery::analysis::{ladder, proposal};
use chancery::client::{Client, Options};
use chancery::model::caller::{Marking, Tlp};
use chancery::model::limits::Limits;
use chancery::model::v1::{self, Compliance, Posture, ProposalVerdict, SnapBackStatus};
use chancery::server::{self, Config, Running};
use tempfile::TempDir;

fn clock() -> i64 {
    1_767_225_600_000_000
}

async fn served(folder: &TempDir) -> (Running, Client) {
    let config = Config {
        data_dir: folder.path().to_owned(),
        listen: ([127, 0, 0, 1], 0).into(),
        clock,
        #[cfg(feature = "test-policy")]
        policy: chancery::auth::Policy::Header,
        ..Config::default()
    };
    let running = server::start(config).await.unwrap();
    let address = running.address.to_string();
    let client = Client::connect(&address, Options::default()).await.unwrap();
    (running, client)
}

/// What the client prints when it is typed in the folder; it must succeed.
async fn typed(running: &Running, folder: &Path, words: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chancery"));
    command
        .args(words)
        .current_dir(folder)
        .env_clear()
        .env("CHANCERY_ENDPOINT", format!("http://{}", running.address));
    let ended = tokio::task::spawn_blocking(move || command.output());
    let output = ended.await.unwrap().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    let wrong = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words:?}: {told}{wrong}");
    told
}

fn line(id: &str, issue: &str, posture: Posture) -> v1::RedLine {
    v1::RedLine {
        name: format!("assessments/a/redLines/{id}"),
        actor: "actors/russia".into(),
        issue: issue.into(),
        posture: posture.into(),
        ..Default::default()
    }
}

fn brings_about(issue: &str) -> v1::ProposalTerm {
    v1::ProposalTerm {
        issue: issue.into(),
        effect: v1::TermEffect::BringsAbout.into(),
        ..Default::default()
    }
}

fn known(names: &[&str]) -> proposal::Issues {
    let each = names.iter().map(|name| {
        let issue = v1::Issue {
            name: (*name).to_owned(),
            ..Default::default()
        };
        ((*name).to_owned(), issue)
    });
    each.collect()
}

#[test]
fn a_line_is_judged_by_its_posture() {
    let issues = known(&["issues/membership", "issues/neutrality"]);
    let lines = vec![
        line("a", "issues/membership", Posture::Prohibits),
        line("b", "issues/neutrality", Posture::Requires),
    ];
    let terms = [brings_about("issues/membership")];
    let found = proposal::check(&terms, &issues, lines, &Limits::default()).unwrap();
    let verdicts: Vec<ProposalVerdict> = found.lines.iter().map(v1::LineVerdict::verdict).collect();
    assert_eq!(verdicts, [ProposalVerdict::Crossed, ProposalVerdict::Unmet]);
}

#[test]
fn an_alleged_violation_triggers_nothing() {
    let commitment = v1::Commitment {
        name: "c".into(),
        snap_back: Some(v1::commitment::SnapBack {
            mode: v1::SnapBackMode::Automatic.into(),
            ..Default::default()
        }),
        reports: vec![v1::commitment::Report {
            kind: v1::CommitmentReportKind::Violation.into(),
            standing: v1::ReportStanding::Alleged.into(),
            observed: Some(v1::TimeSpan {
                start: Some(prost_types::Timestamp::default()),
                ..Default::default()
            }),
            ..Default::default()
        }],
        ..Default::default()
    };
    let shown = std::collections::BTreeSet::from(["c".to_owned()]);
    let found = ladder::ladder(&[commitment], &shown, &prost_types::Timestamp::default());
    let step = &found.steps[0];
    assert_eq!(step.compliance(), Compliance::AllegedViolation);
    let status = step.snap_back.as_ref().unwrap().status();
    assert_eq!(status, SnapBackStatus::NotTriggered);
}

#[test]
fn a_derived_marking_is_for_those_whom_every_input_is_for() {
    let marked = |tlp, groups: &[&str]| Marking {
        tlp,
        audience: Some(groups.iter().map(|group| (*group).to_owned()).collect()),
    };
    let derived = marked(Tlp::Green, &["a", "b"]).combined(&marked(Tlp::Amber, &["b", "c"]));
    assert_eq!(derived, marked(Tlp::Amber, &["b"]));
    let nobody = marked(Tlp::Green, &["a"]).combined(&marked(Tlp::Green, &["c"]));
    assert_eq!(nobody, marked(Tlp::Green, &[]));
}
