//! What a caller may not see is not there: one NOT_FOUND for every path that reads, and no trace
//! of it in lists, counts, histories and refusals. Needs callers that differ, so it is built with
//! the feature `test-policy` only.
#![cfg(feature = "test-policy")]

use chancery::auth::Policy;
use chancery::client::{AssessmentServiceClient, DocumentServiceClient, RegistryServiceClient};
use chancery::model::v1::{self, Tlp, element::Kind as Arm};
use chancery::server::{self, Config};
use tempfile::TempDir;
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};

use super::{clock, creation, edition, line, outcome, risk, titled, tool, upsert};

/// Says who calls.
#[derive(Clone)]
struct As(&'static str);

impl Interceptor for As {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        let caller = self.0.parse().expect("a header");
        request
            .metadata_mut()
            .insert("chancery-test-caller", caller);
        Ok(request)
    }
}

type Wire = InterceptedService<Channel, As>;

/// The doors, as one caller finds them.
struct Desk {
    assessments: AssessmentServiceClient<Wire>,
    registry: RegistryServiceClient<Wire>,
    documents: DocumentServiceClient<Wire>,
}

impl Desk {
    fn of(channel: &Channel, caller: &'static str) -> Self {
        let channel = || channel.clone();
        Self {
            assessments: AssessmentServiceClient::with_interceptor(channel(), As(caller)),
            registry: RegistryServiceClient::with_interceptor(channel(), As(caller)),
            documents: DocumentServiceClient::with_interceptor(channel(), As(caller)),
        }
    }
}

fn marked(tlp: Tlp) -> Option<v1::Marking> {
    Some(v1::Marking {
        tlp: tlp.into(),
        ..Default::default()
    })
}

/// Everything there is: an open assessment with a secret risk, a secret assessment, a secret
/// issue and a secret document.
async fn furnish(red: &mut Desk) -> String {
    let open = v1::Assessment {
        risks: vec![
            risk("open"),
            v1::Risk {
                marking: marked(Tlp::Red),
                ..risk("secret")
            },
        ],
        ..titled("Open")
    };
    let secret = v1::Assessment {
        marking: marked(Tlp::Amber),
        risks: vec![risk("inside")],
        ..titled("Secret")
    };
    for (id, given) in [("open", open), ("secret", secret)] {
        red.assessments
            .create_assessment(creation(id, given))
            .await
            .expect("create");
        let publish = v1::PublishAssessmentRequest {
            name: format!("assessments/{id}"),
            ..Default::default()
        };
        red.assessments
            .publish_assessment(publish)
            .await
            .expect("publish");
    }
    let issue = v1::CreateIssueRequest {
        issue: Some(v1::Issue {
            title: "Hidden shoals".into(),
            marking: marked(Tlp::Red),
            ..Default::default()
        }),
        issue_id: "hidden".into(),
        ..Default::default()
    };
    red.registry.create_issue(issue).await.expect("create");
    let part = |part| v1::ImportDocumentRequest { part: Some(part) };
    let options = v1::ImportOptions {
        media_type: "text/plain".into(),
        assessment_id: "read".into(),
        marking: marked(Tlp::Red),
        ..Default::default()
    };
    use v1::import_document_request::Part;
    let parts = [
        part(Part::Options(options)),
        part(Part::Chunk(b"A text for few eyes.".to_vec())),
    ];
    let imported = red
        .documents
        .import_document(tokio_stream::iter(parts))
        .await;
    imported
        .expect("import")
        .into_inner()
        .document
        .expect("a document")
        .name
}

#[tokio::test(flavor = "multi_thread")]
async fn every_read_path_finds_nothing_that_is_marked_too_high() {
    let folder = TempDir::new().unwrap();
    let config = Config {
        data_dir: folder.path().to_owned(),
        listen: ([127, 0, 0, 1], 0).into(),
        policy: Policy::Header,
        clock,
        ..Config::default()
    };
    let running = server::start(config).await.expect("start the server");
    let endpoint = Endpoint::from_shared(format!("http://{}", running.address)).unwrap();
    let channel = endpoint.connect().await.expect("connect");
    let mut red = Desk::of(&channel, "operator-red");
    let document = furnish(&mut red).await;
    let mut green = Desk::of(&channel, "analyst-green");

    macro_rules! hidden {
        ($($door:ident.$call:ident($Request:ident { $($rest:tt)* });)+) => {$(
            let request = || v1::$Request { $($rest)* ..Default::default() };
            let what = stringify!($call $($rest)*);
            assert_eq!(outcome(red.$door.$call(request()).await), "ok", "{what}");
            let told = outcome(green.$door.$call(request()).await);
            assert_eq!(told, "NotFound: NOT_FOUND", "{what}");
        )+};
    }
    let full = v1::AssessmentView::Full as i32;
    hidden! {
        assessments.get_risk(GetRiskRequest { name: "assessments/open/risks/secret".into(), });
        assessments.get_risk(GetRiskRequest { name: "assessments/secret/risks/inside".into(), });
        assessments.get_assessment(GetAssessmentRequest { name: "assessments/secret".into(), });
        assessments.get_assessment(GetAssessmentRequest {
            name: "assessments/secret".into(), view: full,
        });
        assessments.list_risks(ListRisksRequest { parent: "assessments/secret".into(), });
        assessments.batch_get_assessments(BatchGetAssessmentsRequest {
            names: vec!["assessments/open".into(), "assessments/secret".into()],
        });
        assessments.list_assessment_revisions(ListAssessmentRevisionsRequest {
            name: "assessments/secret".into(),
        });
        registry.get_issue(GetIssueRequest { name: "issues/hidden".into(), });
        documents.get_document(GetDocumentRequest { name: document.clone(), });
    }
    // Lists, counts and what is assembled are shorter, and say nothing of it.
    let all = v1::ListRisksRequest {
        parent: "assessments/-".into(),
        include_total_size: true,
        ..Default::default()
    };
    let risks = green
        .assessments
        .list_risks(all)
        .await
        .unwrap()
        .into_inner();
    let names: Vec<&str> = risks.risks.iter().map(|risk| risk.name.as_str()).collect();
    assert_eq!(
        (names.as_slice(), risks.total_size),
        (["assessments/open/risks/open"].as_slice(), Some(1))
    );
    let open = v1::GetAssessmentRequest {
        name: "assessments/open".into(),
        view: full,
        ..Default::default()
    };
    let open = green
        .assessments
        .get_assessment(open)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(open.risks.len(), 1);
    let headers = v1::ListAssessmentsRequest::default();
    let headers = green
        .assessments
        .list_assessments(headers)
        .await
        .unwrap()
        .into_inner();
    let names: Vec<&str> = headers
        .assessments
        .iter()
        .map(|one| one.name.as_str())
        .collect();
    assert_eq!(names, ["assessments/open"]);
    let issues = v1::ListIssuesRequest::default();
    let issues = green
        .registry
        .list_issues(issues)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(issues.issues, []);
    let alias = v1::ResolveIssueRequest {
        alias: "Hidden shoals".into(),
        ..Default::default()
    };
    let found = green
        .registry
        .resolve_issue(alias)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(found.issues, []);
    let documents = v1::ListDocumentsRequest::default();
    let documents = green
        .documents
        .list_documents(documents)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(documents.documents, []);
    let history = v1::ListAssessmentRevisionsRequest {
        name: "assessments/open".into(),
        ..Default::default()
    };
    let history = green
        .assessments
        .list_assessment_revisions(history)
        .await
        .unwrap();
    let history = history.into_inner().revisions;
    let changed: Vec<&String> = history.iter().flat_map(|one| &one.changed).collect();
    assert!(
        changed.iter().all(|name| !name.contains("secret")),
        "{changed:?}"
    );
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_links_to_what_is_marked_higher_and_readers_only_read() {
    let folder = TempDir::new().unwrap();
    let config = Config {
        data_dir: folder.path().to_owned(),
        listen: ([127, 0, 0, 1], 0).into(),
        policy: Policy::Header,
        clock,
        ..Config::default()
    };
    let running = server::start(config).await.expect("start the server");
    let endpoint = Endpoint::from_shared(format!("http://{}", running.address)).unwrap();
    let channel = endpoint.connect().await.expect("connect");
    let mut red = Desk::of(&channel, "operator-red");
    furnish(&mut red).await;
    let addressing = v1::Tool {
        addresses: vec!["assessments/open/risks/secret".into()],
        ..tool("t")
    };
    let hinting = || v1::EditAssessmentRequest {
        reason: "a hint".into(),
        ..edition(
            "assessments/open",
            vec![upsert(Arm::Tool(addressing.clone()))],
        )
    };
    let told = outcome(red.assessments.edit_assessment(hinting()).await);
    assert_eq!(
        told,
        "InvalidArgument: edits[0].upsert.addresses[0] MARKING_NOT_DOMINATED"
    );
    let mut green = Desk::of(&channel, "analyst-green");
    let told = outcome(green.assessments.edit_assessment(hinting()).await);
    assert_eq!(
        told,
        "InvalidArgument: edits[0].upsert.addresses[0] LINK_DANGLING"
    );
    let measured = v1::Assessment {
        red_lines: vec![v1::RedLine {
            issue: "issues/hidden".into(),
            ..line("l")
        }],
        ..titled("Measured")
    };
    let told = outcome(
        red.assessments
            .create_assessment(creation("m", measured))
            .await,
    );
    assert_eq!(
        told,
        "InvalidArgument: red_lines[0].issue MARKING_NOT_DOMINATED"
    );
    let mut reader = Desk::of(&channel, "reader-red");
    let told = outcome(
        reader
            .assessments
            .create_assessment(creation("r", titled("R")))
            .await,
    );
    assert_eq!(told, "PermissionDenied: PERMISSION_DENIED");
    running.stop().await;
}
