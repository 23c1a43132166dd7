//! Every kind of element through its whole life, by the contract's table: a kind that the contract
//! has and a part of the write side forgets fails here.

use std::collections::BTreeMap;

use chancery::client::{Get, Query};
use chancery::edit::behaviour::{self, Behaviour};
use chancery::model::kind::{self, CONTRACT, Kind};
use chancery::model::v1::{self, read_options::Consistency};
use prost::Message;
use prost_reflect::{
    DynamicMessage, FieldDescriptor, Kind as Shape, MapKey, MessageDescriptor, Value,
};
use serde_json::Value as Json;

use super::{Desk, edition, remove, titled};
use crate::ledger::latest;

/// Everything that elements of an assessment may link to.
struct World {
    document: String,
    assessment: &'static str,
}

impl World {
    /// A target that a link of this name may have.
    fn target(&self, targets: &[&str]) -> String {
        let inside = |collection| format!("assessments/{}/{collection}/one", self.assessment);
        match targets.first().copied() {
            None => inside("risks"),
            Some("actors") => "actors/russia".to_owned(),
            Some("documents") => self.document.clone(),
            Some("assessments") => "assessments/before".to_owned(),
            Some(top) if kind::top(top).is_some() => format!("{top}/one"),
            Some(collection) => inside(collection),
        }
    }

    /// A message with every field set, also those that only the server writes.
    fn filled(&self, message: &MessageDescriptor, depth: usize) -> DynamicMessage {
        let mut filled = DynamicMessage::new(message.clone());
        for field in message.fields().filter(|field| field.name() != "continues") {
            if let Some(one) = self.sample(&field, depth) {
                let many = field.is_list().then(|| Value::List(vec![one.clone()]));
                filled.set_field(&field, many.unwrap_or(one));
            }
        }
        if message.name() == "Likelihood" {
            for (bound, value) in [("low", 0.6), ("best", 0.7), ("high", 0.75)] {
                filled.set_field_by_name(bound, Value::F64(value));
            }
            filled.set_field_by_name("term", Value::String("likely".into()));
        }
        filled
    }

    fn sample(&self, field: &FieldDescriptor, depth: usize) -> Option<Value> {
        if field.is_map() {
            let entry = (MapKey::String("desk".into()), Value::String("east".into()));
            return Some(Value::Map([entry].into()));
        }
        Some(match field.kind() {
            Shape::Double => Value::F64(0.25),
            Shape::Int32 => Value::I32(7),
            Shape::Int64 => Value::I64(7),
            Shape::Bool => Value::Bool(true),
            Shape::String => Value::String(match kind::targets(field.name()) {
                Some(targets) => self.target(targets),
                None => format!("text of {}", field.name()),
            }),
            Shape::Enum(values) => Value::EnumNumber(values.values().nth(1)?.number()),
            Shape::Message(inner) if depth > 0 => Value::Message(self.filled(&inner, depth - 1)),
            _ => return None,
        })
    }

    /// An element of a kind with everything in it that can be said.
    fn element(&self, kind: &Kind, id: &str) -> DynamicMessage {
        let mut element = self.filled(&kind.descriptor().unwrap(), 4);
        let name = format!("assessments/{}/{}/{id}", self.assessment, kind.collection);
        element.set_field_by_name("name", Value::String(name));
        element.set_field_by_name("id", Value::String(id.into()));
        element
    }

    /// A request's assessment with one element of every kind, each continuing one of "before".
    fn whole(&self, title: &str) -> v1::Assessment {
        let header = titled(title).encode_to_vec();
        let descriptor = CONTRACT.get_message_by_name("chancery.v1.Assessment");
        let mut whole = DynamicMessage::decode(descriptor.unwrap(), header.as_slice()).unwrap();
        for kind in kind::elements() {
            let mut element = self.element(kind, "one");
            if self.assessment != "before" {
                let before = format!("assessments/before/{}/one", kind.collection);
                element.set_field_by_name("continues", Value::String(before));
            }
            whole.set_field_by_name(&kind.field_name, Value::List(vec![Value::Message(element)]));
        }
        whole.transcode_to().unwrap()
    }
}

/// An edit that writes an element of whatever kind.
fn upsert(element: &DynamicMessage, mask: &[&str], etag: &Json) -> v1::ElementEdit {
    use prost_reflect::ReflectMessage;
    let holder = CONTRACT.get_message_by_name("chancery.v1.Element").unwrap();
    let arm = holder
        .fields()
        .find(|arm| arm.kind().as_message() == Some(&element.descriptor()))
        .unwrap_or_else(|| panic!("no edit can hold a {}", element.descriptor().name()));
    let mut holder = DynamicMessage::new(holder);
    holder.set_field(&arm, Value::Message(element.clone()));
    let mut edit = super::upsert(v1::element::Kind::Risk(v1::Risk::default()));
    edit.change = Some(v1::element_edit::Change::Upsert(
        holder.transcode_to().unwrap(),
    ));
    edit.etag = etag.as_str().unwrap_or_default().to_owned();
    if !mask.is_empty() {
        let paths = mask.iter().map(ToString::to_string).collect();
        edit.update_mask = Some(prost_types::FieldMask { paths });
    }
    edit
}

/// What a caller said, without what the server adds.
fn said(kind: &Kind, mut element: Json) -> Json {
    let fields = element.as_object_mut().unwrap();
    for told in behaviour::fields(&kind.descriptor().unwrap()) {
        if told.behaviour == Behaviour::OutputOnly {
            fields.remove(told.field.json_name());
        }
    }
    element
}

fn json(element: &DynamicMessage) -> Json {
    serde_json::to_value(element).unwrap()
}

/// The elements of one id, of every kind, as they are answered.
type Seen = BTreeMap<&'static str, Json>;

async fn seen(desk: &Desk, assessment: &str, id: &str) -> Seen {
    let mut seen = Seen::new();
    for kind in kind::elements() {
        let name = format!("assessments/{assessment}/{}/{id}", kind.collection);
        let got = desk.client.get_json(kind, &Get::from(name.as_str())).await;
        let got = got.unwrap_or_else(|error| panic!("{name}: {error}"));
        seen.insert(&kind.collection, got.value);
    }
    seen
}

/// That of a kind exactly these ids are listed, under a filter.
async fn listed(desk: &Desk, filter: &str, expected: &[&str]) {
    for kind in kind::elements() {
        let query = Query {
            parent: "assessments/all".into(),
            filter: filter.into(),
            ..Query::default()
        };
        let page = desk.client.list_json(kind, &query).await;
        let page = page.unwrap_or_else(|error| panic!("{} {filter}: {error}", kind.message));
        let mut ids: Vec<&str> = page
            .items
            .iter()
            .map(|item| item["id"].as_str().unwrap())
            .collect();
        ids.sort_unstable();
        assert_eq!(ids, expected, "{} where {filter}", kind.message);
    }
}

/// The registry entries and the document that everything links to.
async fn furnished(desk: &Desk) -> World {
    let named = "one".to_owned();
    let mut registry = desk.registry();
    macro_rules! entry {
        ($($create:ident $Request:ident { $entry:ident, $id:ident } $Kind:ident;)+) => {$(
            let entry = v1::$Kind { title: "One".into(), ..Default::default() };
            let request = v1::$Request {
                $entry: Some(entry),
                $id: named.clone(),
                ..Default::default()
            };
            registry.$create(request).await.expect(stringify!($create));
        )+};
    }
    entry! {
        create_issue CreateIssueRequest { issue, issue_id } Issue;
        create_situation CreateSituationRequest { situation, situation_id } Situation;
        create_source CreateSourceRequest { source, source_id } Source;
        create_place CreatePlaceRequest { place, place_id } Place;
    }
    let options = v1::ImportOptions {
        media_type: "text/plain".into(),
        ..Default::default()
    };
    let text = b"The harbour talks go on. Nobody has moved.";
    let imported = desk.client.import(text, options).await.expect("import");
    let world = World {
        document: imported.document.expect("a document").name,
        assessment: "before",
    };
    desk.create("before", world.whole("Before")).await;
    desk.publish("assessments/before").await;
    World {
        assessment: "all",
        ..world
    }
}

#[test]
fn the_table_has_every_kind_that_the_contract_has() {
    let message = |name: &str| CONTRACT.get_message_by_name(name).unwrap();
    let fields = message("chancery.v1.Assessment");
    let held: Vec<String> = fields
        .fields()
        .filter(|field| field.is_list())
        .filter_map(|field| field.kind().as_message().cloned())
        .filter(|inner| inner.get_field_by_name("lineage").is_some())
        .map(|inner| inner.name().to_owned())
        .collect();
    let known: Vec<&str> = kind::elements().map(|kind| kind.message.as_str()).collect();
    assert_eq!(known, held);
    let arms = message("chancery.v1.Element");
    let arms = arms.fields().map(|arm| arm.kind().as_message().cloned());
    let arms: Vec<String> = arms.map(|arm| arm.unwrap().name().to_owned()).collect();
    assert_eq!(known, arms);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_lives_its_whole_life() {
    let desk = Desk::open().await;
    let world = furnished(&desk).await;

    desk.create("all", world.whole("All")).await;
    let first = created(&desk, &world).await;
    edited(&desk, &world, &first).await;
    let desk = brought_back(desk, &world).await;
    carried_on(&desk).await;
    desk.running.stop().await;
}

async fn created(desk: &Desk, world: &World) -> Seen {
    let before = seen(desk, "before", "one").await;
    let first = seen(desk, "all", "one").await;
    for kind in kind::elements() {
        let collection = kind.collection.as_str();
        let got = &first[collection];
        let mut given = said(kind, json(&world.element(kind, "one")));
        given["continues"] = before[collection]["name"].clone();
        assert_eq!(
            said(kind, got.clone()),
            given,
            "{} as created",
            kind.message
        );
        assert_ne!(got["uid"], before[collection]["uid"], "{}", kind.message);
        assert_eq!(
            got["lineage"], before[collection]["uid"],
            "{}",
            kind.message
        );
        assert_ne!(
            got["uid"], "text of uid",
            "only the server gives identities"
        );
        assert_eq!(got.get("compliance"), None, "only the server writes it");
    }
    first
}

async fn edited(desk: &Desk, world: &World, first: &Seen) {
    let name = "assessments/all";
    let keyed = |kind: &Kind, key: &str| {
        let mut element = world.element(kind, "one");
        element.set_field_by_name("external_id", Value::String(key.into()));
        element
    };
    let etag = |kind: &Kind| &first[kind.collection.as_str()]["etag"];
    // By mask: one field is taken over, nothing else changes.
    let edits = kind::elements().map(|kind| {
        let mut sparse = DynamicMessage::new(kind.descriptor().unwrap());
        for field in ["name", "external_id"] {
            let full = keyed(kind, "masked");
            let value = full.get_field_by_name(field).unwrap().into_owned();
            sparse.set_field_by_name(field, value);
        }
        upsert(&sparse, &["external_id"], etag(kind))
    });
    let answer = desk.edit(name, edits.collect()).await;
    assert_eq!(answer.elements.len(), kind::elements().count());
    let masked = seen(desk, "all", "one").await;
    for kind in kind::elements() {
        let (before, after) = (
            &first[kind.collection.as_str()],
            &masked[kind.collection.as_str()],
        );
        let mut expected = said(kind, before.clone());
        expected["externalId"] = "masked".into();
        assert_eq!(
            said(kind, after.clone()),
            expected,
            "{} by mask",
            kind.message
        );
        assert_eq!(
            (&before["uid"], &before["lineage"]),
            (&after["uid"], &after["lineage"])
        );
        assert_eq!(after["revision"], answer.revision.to_string().as_str());
        assert_eq!(after["etag"], format!("\"{}\"", answer.revision).as_str());
    }
    // As a whole: what is not said any more is gone.
    let edits = kind::elements().map(|kind| {
        let mut whole = keyed(kind, "whole");
        whole.clear_field_by_name("labels");
        upsert(&whole, &[], &masked[kind.collection.as_str()]["etag"])
    });
    desk.edit(name, edits.collect()).await;
    let whole = seen(desk, "all", "one").await;
    for kind in kind::elements() {
        let mut expected = said(kind, json(&keyed(kind, "whole")));
        expected.as_object_mut().unwrap().remove("labels");
        let got = &whole[kind.collection.as_str()];
        assert_eq!(
            said(kind, got.clone()),
            expected,
            "{} as a whole",
            kind.message
        );
        assert_eq!(got["uid"], first[kind.collection.as_str()]["uid"]);
    }
    // A second one of each, named by its id alone; then lists and filters tell them apart.
    let edits = kind::elements().map(|kind| {
        let mut second = world.element(kind, "two");
        second.clear_field_by_name("name");
        upsert(&second, &[], &Json::Null)
    });
    desk.edit(name, edits.collect()).await;
    listed(desk, "", &["one", "two"]).await;
    listed(desk, "id = \"two\"", &["two"]).await;
    listed(desk, "external_id = \"whole\"", &["one"]).await;
    listed(desk, "external_id = \"masked\"", &[]).await;
}

/// Removed and rolled back, deleted and undeleted, replayed from the journal: always the same.
async fn brought_back(desk: Desk, world: &World) -> Desk {
    let name = "assessments/all";
    let before = (
        seen(&desk, "all", "one").await,
        seen(&desk, "all", "two").await,
    );
    let revision = desk.revision();
    let names = |kind: &Kind| format!("{name}/{}/two", kind.collection);
    let removals = kind::elements().map(|kind| remove(&names(kind)));
    desk.edit(name, removals.collect()).await;
    listed(&desk, "", &["one"]).await;
    for kind in kind::elements() {
        let gone = desk
            .client
            .get_json(kind, &Get::from(names(kind).as_str()))
            .await;
        assert_eq!(gone.unwrap_err().reason(), "NOT_FOUND", "{}", kind.message);
        let past = Get {
            name: names(kind),
            read: Some(v1::ReadOptions {
                consistency: Some(Consistency::ExactRevision(revision)),
                valid_at: None,
            }),
            ..Get::default()
        };
        let past = desk.client.get_json(kind, &past).await.unwrap().value;
        assert_eq!(past, before.1[kind.collection.as_str()], "the past stays");
    }
    let back = v1::RollbackAssessmentRequest {
        name: name.into(),
        revision,
        ..Default::default()
    };
    desk.calls()
        .rollback_assessment(back)
        .await
        .expect("roll back");
    listed(&desk, "", &["one", "two"]).await;
    let after = (
        seen(&desk, "all", "one").await,
        seen(&desk, "all", "two").await,
    );
    assert_eq!(after.0, before.0, "what was not removed was not written");
    for kind in kind::elements() {
        let collection = kind.collection.as_str();
        let (old, new) = (&before.1[collection], &after.1[collection]);
        assert_eq!(
            said(kind, old.clone()),
            said(kind, new.clone()),
            "{}",
            kind.message
        );
        assert_eq!(
            (&old["uid"], &old["lineage"]),
            (&new["uid"], &new["lineage"])
        );
        assert_ne!(old["revision"], new["revision"]);
    }

    let delete = v1::DeleteAssessmentRequest {
        name: name.into(),
        ..Default::default()
    };
    let deleted = desk
        .calls()
        .delete_assessment(delete)
        .await
        .expect("delete");
    assert!(deleted.into_inner().delete_time.is_some());
    for kind in kind::elements() {
        let hidden = desk
            .client
            .get_json(kind, &Get::from(names(kind).as_str()))
            .await;
        assert_eq!(
            hidden.unwrap_err().reason(),
            "NOT_FOUND",
            "{}",
            kind.message
        );
    }
    let undelete = v1::UndeleteAssessmentRequest {
        name: name.into(),
        ..Default::default()
    };
    desk.calls()
        .undelete_assessment(undelete)
        .await
        .expect("undelete");
    assert_eq!(
        (
            seen(&desk, "all", "one").await,
            seen(&desk, "all", "two").await
        ),
        after
    );

    let digest = latest(&desk.running.ledger).await.digest().unwrap();
    let desk = desk.replayed().await;
    assert_eq!(latest(&desk.running.ledger).await.digest().unwrap(), digest);
    assert_eq!(
        (
            seen(&desk, "all", "one").await,
            seen(&desk, "all", "two").await
        ),
        after
    );
    // What a restart brought back can be written like anything else.
    let again = kind::elements().map(|kind| {
        let etag = &after.1[kind.collection.as_str()]["etag"];
        let mut second = world.element(kind, "two");
        second.set_field_by_name("external_id", Value::String("replayed".into()));
        upsert(&second, &[], etag)
    });
    desk.edit(name, again.collect()).await;
    listed(&desk, "external_id = \"replayed\"", &["two"]).await;
    desk
}

/// A successor carries every element on, in the same line, and links to its own elements.
async fn carried_on(desk: &Desk) {
    let old = [
        seen(desk, "all", "one").await,
        seen(desk, "all", "two").await,
    ];
    desk.publish("assessments/all").await;
    let revise = v1::ReviseAssessmentRequest {
        name: "assessments/all".into(),
        assessment_id: "next".into(),
        ..Default::default()
    };
    let next = desk.calls().revise_assessment(revise).await;
    let next = next.expect("revise").into_inner();
    assert_eq!(next.state(), v1::AssessmentState::Draft);
    assert_eq!(next.supersedes, "assessments/all");
    let new = [
        seen(desk, "next", "one").await,
        seen(desk, "next", "two").await,
    ];
    for (old, new) in old.iter().zip(&new) {
        for kind in kind::elements() {
            let (old, new) = (
                &old[kind.collection.as_str()],
                &new[kind.collection.as_str()],
            );
            let moved = said(kind, old.clone()).to_string();
            let moved = moved.replace("assessments/all/", "assessments/next/");
            let mut expected: Json = serde_json::from_str(&moved).unwrap();
            expected["continues"] = old["name"].clone();
            assert_eq!(
                said(kind, new.clone()),
                expected,
                "{} carried on",
                kind.message
            );
            assert_eq!(new["lineage"], old["lineage"], "{}", kind.message);
            assert_ne!(new["uid"], old["uid"], "{}", kind.message);
        }
    }
    let published = desk.publish("assessments/next").await;
    let superseded = desk.full("assessments/all").await;
    assert_eq!(superseded.state(), v1::AssessmentState::Superseded);
    assert_eq!(superseded.superseded_by, "assessments/next");
    assert_eq!(superseded.revision, published.revision, "in one commit");
    let late = v1::EditAssessmentRequest {
        reason: "too late".into(),
        ..edition("assessments/all", vec![remove("assessments/all/risks/one")])
    };
    let late = desk.calls().edit_assessment(late).await;
    assert_eq!(super::outcome(late), "FailedPrecondition: STATE_FORBIDS");
}
