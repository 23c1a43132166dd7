//! The services through the real client against a real server: every kind, every error, pages,
//! consistency, and that reads decode nothing.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use chancery::client::{self, Client, Get, Options, Query, View};
use chancery::ledger::change::Effect;
use chancery::model::kind::{self, CONTRACT, Index};
use chancery::model::v1::{self, read_options::Consistency};
use chancery::server::{self, Config, Running};
use prost::Message;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind as Shape, MapKey, Value};
use tempfile::TempDir;
use tonic::Code;

use crate::ledger::{kind as kind_of, latest};

const NOW_US: i64 = 1_767_225_600_000_000;

fn clock() -> i64 {
    NOW_US
}

async fn serve(folder: &Path) -> (Running, Client) {
    let config = Config {
        data_dir: folder.to_owned(),
        listen: ([127, 0, 0, 1], 0).into(),
        clock,
        ..Config::default()
    };
    let running = server::start(config).await.expect("start the server");
    let options = Options {
        attempts_max: 1,
        ..Options::default()
    };
    let client = Client::connect(&running.address.to_string(), options)
        .await
        .expect("connect");
    (running, client)
}

/// A small article with one of each of the three tables, different for each number.
fn article(number: usize) -> String {
    format!(
        "# Harbour talks {number}\n\n\
         Two coastal states talk about harbour {number}.\n\n\
         ## What Moscow will not give up\n\n\
         | Red line | Kremlin stance | Implication for talks |\n|---|---|---|\n\
         | Port access {number} | Absolute rejection | Non-starter |\n\
         | Pilotage {number} | Mandated | Key bargaining chip |\n\n\
         ## Risks\n\n\
         | Focus | Potential outcome | Risk |\n|---|---|---|\n\
         | Dredging {number} | Deeper channel | Silted berths {number} |\n"
    )
}

async fn import(client: &Client, number: usize, publish: bool) -> v1::ImportDocumentResponse {
    let options = v1::ImportOptions {
        media_type: "text/markdown".to_owned(),
        publish,
        ..Default::default()
    };
    client
        .import(article(number).as_bytes(), options)
        .await
        .expect("import")
}

/// A message with every field set, two deep.
fn filled(message: &prost_reflect::MessageDescriptor, depth: usize) -> DynamicMessage {
    let mut value = DynamicMessage::new(message.clone());
    for field in message.fields() {
        if field.containing_oneof().is_some_and(|group| {
            !field.supports_presence() || group.fields().next() != Some(field.clone())
        }) {
            continue;
        }
        if let Some(one) = sample(&field, depth) {
            let whole = if field.is_list() {
                Value::List(vec![one])
            } else {
                one
            };
            value.set_field(&field, whole);
        }
    }
    value
}

fn sample(field: &FieldDescriptor, depth: usize) -> Option<Value> {
    if field.is_map() {
        let entry = (MapKey::String("desk".into()), Value::String("east".into()));
        return Some(Value::Map([entry].into()));
    }
    Some(match field.kind() {
        Shape::Double => Value::F64(0.25),
        Shape::Int32 => Value::I32(7),
        Shape::Int64 => Value::I64(7),
        Shape::Bool => Value::Bool(true),
        Shape::String => Value::String(format!("text of {}", field.name())),
        Shape::Enum(values) => Value::EnumNumber(values.values().nth(1)?.number()),
        Shape::Message(inner) if inner.full_name() == "google.protobuf.Timestamp" => {
            let mut time = DynamicMessage::new(inner);
            time.set_field_by_name("seconds", Value::I64(1_700_000_000));
            Value::Message(time)
        }
        Shape::Message(inner) if depth > 0 => Value::Message(filled(&inner, depth - 1)),
        _ => return None,
    })
}

/// An element of a kind with everything set that a caller can set.
fn element(kind: &kind::Kind) -> (String, Vec<u8>) {
    let descriptor = CONTRACT.get_message_by_name(&format!("chancery.v1.{}", kind.message));
    let mut message = filled(&descriptor.expect("a message"), 2);
    let name = format!("assessments/all/{}/one", kind.collection);
    message.set_field_by_name("name", Value::String(name.clone()));
    message.set_field_by_name("id", Value::String("one".into()));
    for number in chancery::wire::body::POSITION_FIELDS {
        message.clear_field_by_number(number);
    }
    if let Some(attribution) = message.get_field_by_name_mut("attribution") {
        let attribution = attribution.as_message_mut().expect("a message");
        attribution.clear_field_by_name("endorsement");
    }
    message.clear_field_by_name("marking");
    (name, message.encode_to_vec())
}

/// What the client says of every kind of element: got, listed, listed with a filter on each field.
async fn every_kind(client: &Client) -> Vec<serde_json::Value> {
    let mut seen = Vec::new();
    for kind in kind::elements() {
        let name = format!("assessments/all/{}/one", kind.collection);
        let got = client.get_json(kind, &Get::from(name.as_str())).await;
        let got = got.unwrap_or_else(|error| panic!("{name}: {error}")).value;
        assert_eq!(got["name"], name.as_str());
        let mut filters = vec![String::new()];
        for field in &kind.fields {
            filters.push(match &field.index {
                Index::Enum(numbers) => {
                    let stated: Vec<&String> = numbers
                        .iter()
                        .filter(|(_, n)| **n != 0)
                        .map(|(name, _)| name)
                        .collect();
                    let first = stated
                        .iter()
                        .min_by_key(|name| (numbers[**name], name.len()));
                    format!("{} = {}", field.path, first.expect("a value"))
                }
                Index::Text => {
                    let leaf = field.path.rsplit('.').next().expect("a leaf");
                    let text = if leaf == "id" {
                        "one".into()
                    } else {
                        format!("text of {leaf}")
                    };
                    format!("{} = \"{text}\"", field.path)
                }
                Index::Bool => format!("{} = true", field.path),
            });
        }
        let unset = ["endorsement", "marking.tlp"];
        for filter in filters {
            if unset.iter().any(|unset| filter.contains(unset)) {
                continue;
            }
            let query = Query {
                filter: filter.clone(),
                ..Query::default()
            };
            let page = client.list_json(kind, &query).await;
            let page = page.unwrap_or_else(|error| panic!("{} {filter}: {error}", kind.message));
            assert_eq!(
                page.items,
                std::slice::from_ref(&got),
                "{} {filter}",
                kind.message
            );
        }
        seen.push(got);
    }
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_element_is_stored_read_listed_filtered_and_replayed() {
    let folder = TempDir::new().unwrap();
    let (running, client) = serve(folder.path()).await;
    let mut effects = vec![crate::ledger::header("all", v1::AssessmentState::Published)];
    for kind in kind::elements() {
        let (name, body) = element(kind);
        effects.push(Effect {
            name,
            body,
            tombstone: false,
        });
    }
    assert_eq!(effects.len(), 17, "sixteen kinds and a header");
    running
        .ledger
        .commit(crate::ledger::change(effects))
        .await
        .unwrap();
    let seen = every_kind(&client).await;
    assert_eq!(seen.len(), kind::elements().count());
    for kind in kind::elements() {
        assert!(
            client::served().any(|message| message == kind.message),
            "{}",
            kind.message
        );
    }
    let all = Get {
        name: "assessments/all".into(),
        view: View::Full,
        ..Get::default()
    };
    let full = client
        .get_json(kind_of("Assessment"), &all)
        .await
        .unwrap()
        .value;
    for (kind, element) in kind::elements().zip(&seen) {
        assert_eq!(full[&kind.collection][0], *element, "{}", kind.message);
    }
    let before = latest(&running.ledger).await.digest().unwrap();
    running.stop().await;
    std::fs::remove_dir_all(folder.path().join("store")).unwrap();

    let (running, client) = serve(folder.path()).await;
    assert_eq!(latest(&running.ledger).await.digest().unwrap(), before);
    assert_eq!(every_kind(&client).await, seen);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_text_again_is_no_commit_and_publishing_creates_what_was_proposed() {
    let folder = TempDir::new().unwrap();
    let (running, client) = serve(folder.path()).await;
    let first = import(&client, 1, false).await;
    assert!(!first.unchanged);
    let name = first.assessment.as_ref().unwrap().name.clone();
    assert_eq!(
        client.all::<v1::Issue>(Query::default()).await.unwrap(),
        [],
        "only proposed"
    );
    let revision = running.ledger.status().revision;
    let again = import(&client, 1, false).await;
    assert!(again.unchanged);
    assert_eq!(again.assessment.unwrap().name, name);
    assert_eq!(again.document.unwrap().name, first.document.unwrap().name);
    assert_eq!(
        running.ledger.status().revision,
        revision,
        "nothing was committed"
    );

    assert_eq!(
        client.all::<v1::RedLine>(Query::default()).await.unwrap(),
        [],
        "a draft is hidden"
    );
    client
        .publish(v1::PublishAssessmentRequest {
            name,
            ..Default::default()
        })
        .await
        .unwrap();
    let lines = client.all::<v1::RedLine>(Query::default()).await.unwrap();
    let issues = client.all::<v1::Issue>(Query::default()).await.unwrap();
    assert_eq!((lines.len(), issues.len()), (2, 2));
    for line in &lines {
        assert_eq!(line.actor, "actors/russia");
        assert!(
            issues.iter().any(|issue| issue.name == line.issue),
            "{}",
            line.issue
        );
    }
    running.stop().await;
}

/// A request that must be refused: what it is, what is asked, the code and the reason.
async fn refused(
    what: &str,
    answer: impl Future<Output = Result<(), client::Error>>,
    (code, reason): (Code, &str),
) {
    let error = answer.await.expect_err(what);
    let violations: Vec<String> = error
        .violations()
        .iter()
        .map(|violation| format!("{violation:?}"))
        .collect();
    let told = format!("{what}: {error} {violations:?}");
    assert_eq!(error.code(), code, "{told}");
    assert_eq!(error.reason(), reason, "{told}");
    assert!(!error.message().is_empty(), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_requests_are_refused_by_name_and_write_nothing() {
    use Code::{AlreadyExists, FailedPrecondition, InvalidArgument, NotFound, OutOfRange};
    let folder = TempDir::new().unwrap();
    let (running, client) = serve(folder.path()).await;
    let imported = import(&client, 1, true).await.assessment.unwrap();
    let before = running.ledger.status().revision;
    let get = |name: &'static str| {
        let client = client.clone();
        async move { client.get::<v1::RedLine>(name).await.map(drop) }
    };
    let list = |query: Query| {
        let client = client.clone();
        async move { client.list::<v1::RedLine>(&query).await.map(drop) }
    };
    let filter = |filter: &str| Query {
        filter: filter.to_owned(),
        ..Query::default()
    };
    let read = |consistency| {
        let read = v1::ReadOptions {
            consistency: Some(consistency),
            valid_at: None,
        };
        Query {
            read: Some(read),
            ..Query::default()
        }
    };
    let send = |bytes: Vec<u8>, options: v1::ImportOptions| {
        let client = client.clone();
        async move { client.import(&bytes, options).await.map(drop) }
    };
    let options = v1::ImportOptions::default;

    refused(
        "malformed",
        get("redLines/x"),
        (InvalidArgument, "NAME_MALFORMED"),
    )
    .await;
    refused(
        "other kind",
        get("actors/russia"),
        (InvalidArgument, "NAME_MALFORMED"),
    )
    .await;
    refused(
        "unknown kind",
        get("assessments/a/blueLines/x"),
        (InvalidArgument, "NAME_MALFORMED"),
    )
    .await;
    refused(
        "missing",
        get("assessments/a/redLines/x"),
        (NotFound, "NOT_FOUND"),
    )
    .await;
    refused(
        "or",
        list(filter("actor = b OR")),
        (InvalidArgument, "FILTER_MALFORMED"),
    )
    .await;
    refused(
        "more",
        list(filter("actor > b")),
        (InvalidArgument, "FILTER_TYPE_MISMATCH"),
    )
    .await;
    refused(
        "function",
        list(filter("near(actor)")),
        (InvalidArgument, "FILTER_FUNCTION_UNKNOWN"),
    )
    .await;
    refused(
        "field",
        list(filter("nope = x")),
        (InvalidArgument, "FILTER_FIELD_UNKNOWN"),
    )
    .await;
    let order = Query {
        order_by: "crossings".into(),
        ..Query::default()
    };
    refused("order", list(order), (InvalidArgument, "ORDER_UNSUPPORTED")).await;
    let size = Query {
        page_size: -1,
        ..Query::default()
    };
    refused("size", list(size), (InvalidArgument, "PAGE_SIZE_NEGATIVE")).await;
    for token in ["x", "AAAA", &"A".repeat(5_000)] {
        let token = Query {
            page_token: token.into(),
            ..Query::default()
        };
        refused(
            "token",
            list(token),
            (InvalidArgument, "PAGE_TOKEN_INVALID"),
        )
        .await;
    }
    let parent = Query {
        parent: "assessments/none".into(),
        ..Query::default()
    };
    refused("parent", list(parent), (NotFound, "NOT_FOUND")).await;
    let future = read(Consistency::ExactRevision(99));
    refused("future", list(future), (OutOfRange, "REVISION_IN_FUTURE")).await;
    let time = prost_types::Timestamp {
        seconds: 4_000_000_000,
        nanos: 0,
    };
    let future = read(Consistency::ReadTime(time));
    refused("future", list(future), (OutOfRange, "TIME_IN_FUTURE")).await;
    refused(
        "empty",
        send(vec![], options()),
        (InvalidArgument, "EMPTY_DOCUMENT"),
    )
    .await;
    refused(
        "blank",
        send(b" \n".to_vec(), options()),
        (InvalidArgument, "EMPTY_DOCUMENT"),
    )
    .await;
    refused(
        "latin",
        send(b"caf\xe9 ".to_vec(), options()),
        (InvalidArgument, "NOT_UTF8"),
    )
    .await;
    let large = vec![b'a'; (4 << 20) + 1];
    refused(
        "large",
        send(large, options()),
        (InvalidArgument, "DOCUMENT_TOO_LARGE"),
    )
    .await;
    let media = v1::ImportOptions {
        media_type: "image/png".into(),
        ..options()
    };
    let text = || article(9).into_bytes();
    let unsupported = (InvalidArgument, "UNSUPPORTED_MEDIA_TYPE");
    refused("media", send(text(), media), unsupported).await;
    let taken = v1::ImportOptions {
        assessment_id: imported.id.clone(),
        ..options()
    };
    refused(
        "taken",
        send(text(), taken),
        (AlreadyExists, "ALREADY_EXISTS"),
    )
    .await;
    let id = v1::ImportOptions {
        assessment_id: "No Id".into(),
        ..options()
    };
    refused("id", send(text(), id), (InvalidArgument, "ID_MALFORMED")).await;
    let publish = async {
        let name = imported.name.clone();
        let request = v1::PublishAssessmentRequest {
            name,
            ..Default::default()
        };
        client.publish(request).await.map(drop)
    };
    refused("twice", publish, (FailedPrecondition, "STATE_FORBIDS")).await;
    assert_eq!(
        running.ledger.status().revision,
        before,
        "nothing was written"
    );
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_violations_of_a_request_are_told_at_once() {
    let folder = TempDir::new().unwrap();
    let (running, client) = serve(folder.path()).await;
    let query = Query {
        parent: "nowhere".into(),
        filter: "nope = x AND posture = LOUD".into(),
        order_by: "titel".into(),
        page_size: -1,
        page_token: "forged".into(),
        ..Query::default()
    };
    let error = client.list::<v1::RedLine>(&query).await.unwrap_err();
    let fields: Vec<&str> = error
        .violations()
        .iter()
        .map(|violation| violation.field.as_str())
        .collect();
    assert_eq!(
        fields,
        [
            "filter",
            "filter",
            "order_by",
            "parent",
            "page_size",
            "page_token"
        ]
    );
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_pins_its_snapshot_while_others_write() {
    let folder = TempDir::new().unwrap();
    let (running, client) = serve(folder.path()).await;
    for number in 0..12 {
        import(&client, number, true).await;
    }
    let expected = client.all::<v1::RedLine>(Query::default()).await.unwrap();
    assert_eq!(expected.len(), 24);
    let mut pages = client.pages::<v1::RedLine>(Query {
        page_size: 5,
        ..Query::default()
    });
    let mut walked = Vec::new();
    let mut number = 100;
    while let Some(page) = pages.next().await.unwrap() {
        walked.extend(page.items);
        import(&client, number, true).await;
        number += 1;
    }
    assert_eq!(walked, expected);
    let revision = expected.iter().map(|line| line.revision).max();
    assert!(running.ledger.status().revision > revision.unwrap());

    let first = client
        .list::<v1::RedLine>(&Query {
            page_size: 5,
            ..Query::default()
        })
        .await;
    let page_token = first.unwrap().next_page_token;
    let other = Query {
        page_token,
        filter: "posture = REQUIRES".into(),
        ..Query::default()
    };
    let error = client.list::<v1::RedLine>(&other).await.unwrap_err();
    assert_eq!(
        error.reason(),
        "PAGE_TOKEN_INVALID",
        "a token of another list"
    );
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reflection_and_health_answer_in_both_versions() {
    use tonic_reflection::pb::{v1 as reflection, v1alpha};
    let folder = TempDir::new().unwrap();
    let (running, client) = serve(folder.path()).await;
    assert_eq!(client.health("liveness").await.unwrap(), "SERVING");
    assert_eq!(client.health("readiness").await.unwrap(), "SERVING");
    let endpoint = format!("http://{}", running.address);
    let channel = tonic::transport::Endpoint::from_shared(endpoint)
        .unwrap()
        .connect()
        .await
        .unwrap();
    macro_rules! services {
        ($version:ident) => {{
            use $version::server_reflection_request::MessageRequest;
            use $version::server_reflection_response::MessageResponse;
            let request = $version::ServerReflectionRequest {
                host: String::new(),
                message_request: Some(MessageRequest::ListServices(String::new())),
            };
            let mut calls =
                $version::server_reflection_client::ServerReflectionClient::new(channel.clone());
            let answers = calls
                .server_reflection_info(tokio_stream::iter([request]))
                .await;
            let answer = answers
                .unwrap()
                .into_inner()
                .message()
                .await
                .unwrap()
                .unwrap();
            match answer.message_response {
                Some(MessageResponse::ListServicesResponse(list)) => list
                    .service
                    .into_iter()
                    .map(|service| service.name)
                    .collect::<Vec<_>>(),
                other => panic!("{other:?}"),
            }
        }};
    }
    for services in [services!(reflection), services!(v1alpha)] {
        for service in ["Assessment", "Registry", "Document", "Admin"] {
            let name = format!("chancery.v1.{service}Service");
            assert!(services.contains(&name), "{name} in {services:?}");
        }
        assert!(services.contains(&"grpc.health.v1.Health".to_owned()));
    }
    running.stop().await;
}

/// The count of decodes belongs to the process, so this test runs in one of its own.
#[test]
fn reads_decode_nothing() {
    const ALONE: &str = "CHANCERY_TEST_ALONE";
    if std::env::var_os(ALONE).is_none() {
        let test = "service::reads_decode_nothing";
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture"])
            .env(ALONE, "1")
            .output()
            .unwrap();
        let output = String::from_utf8_lossy(&child.stdout);
        assert!(
            child.status.success(),
            "{output}{}",
            String::from_utf8_lossy(&child.stderr)
        );
        assert!(
            output.contains("decodes during Get, List and FULL: 0"),
            "{output}"
        );
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let folder = TempDir::new().unwrap();
        let (running, client) = serve(folder.path()).await;
        let name = import(&client, 1, true).await.assessment.unwrap().name;
        let before = chancery::wire::decodes();
        let lines = client.all::<v1::RedLine>(Query::default()).await.unwrap();
        client
            .get::<v1::RedLine>(lines[0].name.as_str())
            .await
            .unwrap();
        let full = Get {
            name: name.clone(),
            view: View::Full,
            ..Get::default()
        };
        let full = client.get::<v1::Assessment>(full).await.unwrap().value;
        assert_eq!(full.red_lines, in_the_order_of_the_article(&lines));
        client.get::<v1::Assessment>(name.as_str()).await.unwrap();
        client.all::<v1::Document>(Query::default()).await.unwrap();
        println!(
            "decodes during Get, List and FULL: {}",
            chancery::wire::decodes() - before
        );
        let request = v1::PublishAssessmentRequest {
            name,
            ..Default::default()
        };
        client.publish(request).await.unwrap_err();
        assert!(
            chancery::wire::decodes() > before,
            "a write does decode, so the counter counts"
        );
        running.stop().await;
    });
}

/// FULL keeps the order of the article; a list of what one commit wrote goes by name.
fn in_the_order_of_the_article(lines: &[v1::RedLine]) -> Vec<v1::RedLine> {
    let mut lines = lines.to_vec();
    lines.sort_by_key(|line| line.citations[0].start);
    lines
}

/// How long the writers write: a short cut, unless told otherwise.
fn seconds() -> u64 {
    let told = std::env::var("CHANCERY_TEST_SECONDS").ok();
    told.and_then(|told| told.parse().ok()).unwrap_or(2)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixteen_writers_are_read_at_once_and_never_wait_long() {
    const WRITERS: usize = 16;
    let folder = TempDir::new().unwrap();
    let (running, client) = serve(folder.path()).await;
    let until = Instant::now() + Duration::from_secs(seconds());
    let mut writers = Vec::new();
    for writer in 0..WRITERS {
        let client = client.clone();
        writers.push(tokio::spawn(async move {
            let mut acknowledged: Vec<Instant> = Vec::new();
            let mut number = writer;
            while Instant::now() < until {
                let done = import(&client, number, true).await;
                acknowledged.push(Instant::now());
                let name = done.assessment.unwrap().name;
                let read = client
                    .get::<v1::Assessment>(name.as_str())
                    .await
                    .expect("readable");
                assert_eq!(read.value.state(), v1::AssessmentState::Published);
                number += WRITERS;
            }
            acknowledged
        }));
    }
    let reader = {
        let client = client.clone();
        tokio::spawn(async move {
            let mut lists = 0;
            while Instant::now() < until {
                let page = client
                    .list::<v1::RedLine>(&Query::default())
                    .await
                    .expect("a page");
                assert!(
                    page.items
                        .windows(2)
                        .all(|pair| pair[0].revision >= pair[1].revision)
                );
                lists += 1;
            }
            lists
        })
    };
    let mut all = Vec::new();
    for writer in writers {
        all.extend(writer.await.unwrap());
    }
    all.sort();
    let gap = all.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap();
    let (writes, lists) = (all.len(), reader.await.unwrap());
    println!(
        "16 writers, {} s: {writes} imports, {lists} lists, longest gap {gap:?}",
        seconds()
    );
    assert!(gap < Duration::from_secs(1), "{gap:?}");
    let view = latest(&running.ledger).await;
    let query = chancery::ledger::Query {
        total: true,
        ..chancery::ledger::Query::of(kind_of("Assessment"), 1)
    };
    assert_eq!(
        view.list(&query).unwrap().total,
        Some(writes),
        "nothing was lost"
    );
    let feed_head = running.ledger.status().revision;
    assert_eq!(
        feed_head,
        writes as i64 + 1,
        "one revision an import, and the genesis"
    );
    running.stop().await;
}
