//! Writing through the doors: what may be written, what is refused, and that nothing gets lost.
//!
//! `kinds`     every kind of element through its whole life, by the contract's table
//! `states`    every verb in every state of an assessment
//! `links`     what points to what: checked, moved, taken out
//! `refusals`  bad input: the code, the reason and the path of everything that is wrong
//! `requests`  repeated requests, and those that only ask whether they could
//! `markings`  what is hidden is hidden on every read path
//! `crowd`     many writers at once

mod crowd;
mod kinds;
mod links;
mod markings;
mod refusals;
mod requests;
mod states;

use std::fmt::Debug;

use chancery::client::{AssessmentServiceClient, Client, Options, RegistryServiceClient};
use chancery::model::v1::{self, element::Kind as Arm, element_edit::Change as Asked};
use chancery::server::{self, Config, Running};
use tempfile::TempDir;
use tonic::transport::Channel;
use tonic::{Response, Status};
use tonic_types::StatusExt;

const NOW_US: i64 = 1_767_225_600_000_000;

fn clock() -> i64 {
    NOW_US
}

/// A server on a folder of its own, and a client.
struct Desk {
    running: Running,
    client: Client,
    folder: TempDir,
}

impl Desk {
    async fn open() -> Self {
        Self::on(TempDir::new().expect("a folder")).await
    }

    async fn on(folder: TempDir) -> Self {
        let config = Config {
            data_dir: folder.path().to_owned(),
            listen: ([127, 0, 0, 1], 0).into(),
            clock,
            ..Config::default()
        };
        let running = server::start(config).await.expect("start the server");
        let options = Options {
            attempts_max: 1,
            ..Options::default()
        };
        let address = running.address.to_string();
        let client = Client::connect(&address, options).await.expect("connect");
        Self {
            running,
            client,
            folder,
        }
    }

    /// Stops, forgets everything that follows from the journal, and starts again.
    async fn replayed(self) -> Self {
        let Self {
            running, folder, ..
        } = self;
        running.stop().await;
        std::fs::remove_dir_all(folder.path().join("store")).expect("remove the store");
        Self::on(folder).await
    }

    fn calls(&self) -> AssessmentServiceClient<Channel> {
        self.client.assessments()
    }

    fn registry(&self) -> RegistryServiceClient<Channel> {
        self.client.registry()
    }

    fn revision(&self) -> i64 {
        self.running.ledger.status().revision
    }

    async fn create(&self, id: &str, given: v1::Assessment) -> v1::Assessment {
        let answer = self.calls().create_assessment(creation(id, given)).await;
        answer.expect("create").into_inner()
    }

    async fn edit(&self, name: &str, edits: Vec<v1::ElementEdit>) -> v1::EditAssessmentResponse {
        let answer = self.calls().edit_assessment(edition(name, edits)).await;
        answer.expect("edit").into_inner()
    }

    async fn publish(&self, name: &str) -> v1::Assessment {
        let request = v1::PublishAssessmentRequest {
            name: name.to_owned(),
            ..Default::default()
        };
        let answer = self.calls().publish_assessment(request).await;
        answer.expect("publish").into_inner()
    }

    async fn full(&self, name: &str) -> v1::Assessment {
        let request = v1::GetAssessmentRequest {
            name: name.to_owned(),
            view: v1::AssessmentView::Full.into(),
            ..Default::default()
        };
        let answer = self.calls().get_assessment(request).await;
        answer.expect("full").into_inner()
    }
}

fn creation(id: &str, given: v1::Assessment) -> v1::CreateAssessmentRequest {
    v1::CreateAssessmentRequest {
        assessment: Some(given),
        assessment_id: id.to_owned(),
        ..Default::default()
    }
}

fn edition(name: &str, edits: Vec<v1::ElementEdit>) -> v1::EditAssessmentRequest {
    v1::EditAssessmentRequest {
        name: name.to_owned(),
        edits,
        ..Default::default()
    }
}

fn titled(title: &str) -> v1::Assessment {
    v1::Assessment {
        title: title.to_owned(),
        ..Default::default()
    }
}

/// An assessment with risks of these ids.
fn with_risks(ids: &[&str]) -> v1::Assessment {
    v1::Assessment {
        risks: ids.iter().map(|id| risk(id)).collect(),
        ..titled("Harbour talks")
    }
}

fn risk(id: &str) -> v1::Risk {
    v1::Risk {
        id: id.to_owned(),
        statement: format!("The dredging contract of berth {id} lapses"),
        ..Default::default()
    }
}

fn tool(id: &str) -> v1::Tool {
    v1::Tool {
        id: id.to_owned(),
        title: format!("Pilot scheme {id}"),
        ..Default::default()
    }
}

fn line(id: &str) -> v1::RedLine {
    v1::RedLine {
        id: id.to_owned(),
        title: format!("Port access {id}"),
        ..Default::default()
    }
}

fn upsert(arm: Arm) -> v1::ElementEdit {
    v1::ElementEdit {
        change: Some(Asked::Upsert(v1::Element { kind: Some(arm) })),
        ..Default::default()
    }
}

fn remove(name: &str) -> v1::ElementEdit {
    v1::ElementEdit {
        change: Some(Asked::Remove(name.to_owned())),
        ..Default::default()
    }
}

/// What became of a call: "ok", or code and reason, or code and every violation, in order.
fn outcome<T: Debug>(answer: Result<Response<T>, Status>) -> String {
    let Err(status) = answer else {
        return "ok".to_owned();
    };
    let details = status.get_error_details();
    let info = details.error_info().expect("every error has an ErrorInfo");
    assert_eq!(info.domain, "chancery.dev");
    assert!(!status.message().is_empty(), "an error says something");
    let mut violations: Vec<String> = details
        .bad_request()
        .into_iter()
        .flat_map(|request| &request.field_violations)
        .map(|violation| format!("{} {}", violation.field, violation.reason))
        .collect();
    violations.sort();
    if violations.is_empty() {
        violations.push(info.reason.clone());
    }
    format!("{:?}: {}", status.code(), violations.join(", "))
}

/// The etag that an ABORTED call names as the current one.
fn current_etag<T: Debug>(answer: Result<Response<T>, Status>) -> String {
    let status = answer.expect_err("a stale etag");
    assert_eq!(status.code(), tonic::Code::Aborted, "{status}");
    let details = status.get_error_details();
    let info = details.error_info().expect("every error has an ErrorInfo");
    info.metadata["etag"].clone()
}
