//! Changes: the calls that write, each with the same few words about how it is meant.
//!
//! What has a name of its own (assessments, the entries of the registries) is created, updated,
//! deleted and brought back by one table, as a message or as JSON; entries are also merged.
//! Elements are written with `edit`, many at once. A change is sent again after UNAVAILABLE only
//! if it carries a `request_id`, which `Write::once` gives it.

use std::pin::Pin;

use prost_types::FieldMask;
use serde_json::Value;

use super::kinds::answer;
use super::{Answer, Client, Error, Repeat, Resource};
use crate::model::kind::Kind;
use crate::model::v1;
use crate::wire::json;

/// How a change is meant. What a method has no field for is left out of its request.
#[derive(Debug, Clone, Default)]
pub struct Write {
    /// The etag that was read; another one in the store answers ABORTED. Empty skips the check.
    pub etag: String,
    /// Why; required once an assessment is published.
    pub reason: String,
    /// The caller's id for the change; a repeat of it returns the first answer. Up to 64 bytes.
    pub request_id: String,
    /// Whether every check runs and nothing is committed.
    pub validate_only: bool,
    /// Whether an update creates what is missing, and a deletion of it succeeds.
    pub allow_missing: bool,
}

impl Write {
    /// A change that takes effect once, however often it is sent.
    pub fn once() -> Self {
        Self {
            request_id: uuid::Uuid::now_v7().to_string(),
            ..Self::default()
        }
    }
}

type Soon<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// A resource that lies under nothing and may be written.
pub trait Writable: Resource {
    /// Creates it under an id, or, when that is empty, under one made of its title.
    fn create<'a>(self, client: &'a Client, id: &str, write: &Write) -> Soon<'a, Self>;

    /// Changes the fields of `mask`; none are all that are set, `*` is everything.
    fn update<'a>(self, client: &'a Client, mask: &[String], write: &Write) -> Soon<'a, Self>;

    /// Deletes it; earlier revisions stay readable.
    fn delete<'a>(client: &'a Client, name: &str, write: &Write) -> Soon<'a, Self>;

    /// Brings it back.
    fn undelete<'a>(client: &'a Client, name: &str, write: &Write) -> Soon<'a, Self>;
}

/// An entry of a registry.
pub trait Entry: Writable {
    /// Merges duplicates into it; whatever links to them links to it afterwards.
    fn absorb<'a>(
        client: &'a Client,
        name: &str,
        duplicates: &[String],
        write: &Write,
    ) -> Soon<'a, Self>;
}

impl Client {
    /// Creates a resource under an id, or, when that is empty, under one made of its title.
    ///
    /// ```
    /// # use chancery::server::{self, Config};
    /// use chancery::client::{Client, Options, Query, Write};
    /// use chancery::model::v1::Actor;
    /// use tokio_stream::StreamExt as _;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let config = Config {
    /// #     data_dir: folder.path().to_owned(),
    /// #     listen: ([127, 0, 0, 1], 0).into(),
    /// #     ..Config::default()
    /// # };
    /// # let running = server::start(config).await?;
    /// # let endpoint = running.address.to_string();
    /// let client = Client::connect(&endpoint, Options::default()).await?;
    /// for title in ["Harbour Guard", "Harbour Watch", "Tug Union"] {
    ///     let actor = Actor {
    ///         title: title.to_owned(),
    ///         ..Actor::default()
    ///     };
    ///     client.create(actor, "", &Write::once()).await?;
    /// }
    /// let merged = ["actors/harbour-watch".to_owned()];
    /// let guard: Actor = client.merge("actors/harbour-guard", &merged, &Write::once()).await?;
    /// assert_eq!(guard.aliases, ["Harbour Watch"]);
    ///
    /// let query = Query {
    ///     page_size: 1,
    ///     ..Query::default()
    /// };
    /// let mut titles = Vec::new();
    /// let mut actors = client.stream::<Actor>(query);
    /// while let Some(actor) = actors.next().await {
    ///     titles.push(actor?.title);
    /// }
    /// assert!(titles.contains(&"Tug Union".to_owned()));
    /// assert!(!titles.contains(&"Harbour Watch".to_owned()));
    ///
    /// let again = client.create(guard, "tug-union", &Write::once()).await;
    /// assert_eq!(again.unwrap_err().code_name(), "ALREADY_EXISTS");
    /// # running.stop().await;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn create<T: Writable>(&self, value: T, id: &str, by: &Write) -> Result<T, Error> {
        value.create(self, id, by).await
    }

    /// Changes the fields of `mask`; none are all that are set, `*` is everything.
    pub async fn update<T: Writable>(
        &self,
        value: T,
        mask: &[String],
        by: &Write,
    ) -> Result<T, Error> {
        value.update(self, mask, by).await
    }

    /// Deletes a resource; earlier revisions stay readable.
    pub async fn delete<T: Writable>(&self, name: &str, by: &Write) -> Result<T, Error> {
        T::delete(self, name, by).await
    }

    /// Brings back what was deleted.
    pub async fn undelete<T: Writable>(&self, name: &str, by: &Write) -> Result<T, Error> {
        T::undelete(self, name, by).await
    }

    /// Merges duplicates into an entry; whatever links to them links to it afterwards.
    pub async fn merge<T: Entry>(
        &self,
        name: &str,
        duplicates: &[String],
        by: &Write,
    ) -> Result<T, Error> {
        T::absorb(self, name, duplicates, by).await
    }

    /// `create` for a resource of whatever kind, in proto JSON.
    pub async fn create_json(
        &self,
        kind: &Kind,
        value: Value,
        id: &str,
        by: &Write,
    ) -> Result<Value, Error> {
        (writes(kind)?.create)(self, value, id, by).await
    }

    /// `update` for a resource of whatever kind, in proto JSON; `mask` as the contract writes it.
    pub async fn update_json(
        &self,
        kind: &Kind,
        value: Value,
        mask: &[String],
        by: &Write,
    ) -> Result<Value, Error> {
        (writes(kind)?.update)(self, value, mask, by).await
    }

    /// `delete` for a resource of whatever kind, answering in proto JSON.
    pub async fn delete_json(&self, kind: &Kind, name: &str, by: &Write) -> Result<Value, Error> {
        (writes(kind)?.delete)(self, name, by).await
    }

    /// `undelete` for a resource of whatever kind, answering in proto JSON.
    pub async fn undelete_json(&self, kind: &Kind, name: &str, by: &Write) -> Result<Value, Error> {
        (writes(kind)?.undelete)(self, name, by).await
    }

    /// `merge` for an entry of whatever kind, answering in proto JSON.
    pub async fn merge_json(
        &self,
        kind: &Kind,
        name: &str,
        duplicates: &[String],
        by: &Write,
    ) -> Result<Value, Error> {
        let merge = MERGES.iter().find(|(message, _)| *message == kind.message);
        let (_, merge) = merge.ok_or_else(|| unwritten(kind, "merged"))?;
        merge(self, name, duplicates, by).await
    }
}

/// The calls of one kind, in JSON.
struct Writes {
    message: &'static str,
    create: for<'a> fn(&'a Client, Value, &str, &Write) -> Soon<'a, Value>,
    update: for<'a> fn(&'a Client, Value, &[String], &Write) -> Soon<'a, Value>,
    delete: for<'a> fn(&'a Client, &str, &Write) -> Soon<'a, Value>,
    undelete: for<'a> fn(&'a Client, &str, &Write) -> Soon<'a, Value>,
}

type Merge = for<'a> fn(&'a Client, &str, &[String], &Write) -> Soon<'a, Value>;

impl Writes {
    const fn of<T: Writable>() -> Self {
        Self {
            message: T::MESSAGE,
            create: |client, value, id, by| match json::decode::<T>(T::MESSAGE, value) {
                Ok(value) => shown(value.create(client, id, by)),
                Err(error) => Box::pin(async { Err(error.into()) }),
            },
            update: |client, value, mask, by| match json::decode::<T>(T::MESSAGE, value) {
                Ok(value) => shown(value.update(client, mask, by)),
                Err(error) => Box::pin(async { Err(error.into()) }),
            },
            delete: |client, name, by| shown(T::delete(client, name, by)),
            undelete: |client, name, by| shown(T::undelete(client, name, by)),
        }
    }
}

fn merge_json<'a, T: Entry>(
    client: &'a Client,
    name: &str,
    duplicates: &[String],
    by: &Write,
) -> Soon<'a, Value> {
    shown(T::absorb(client, name, duplicates, by))
}

fn shown<T: Resource>(soon: Soon<'_, T>) -> Soon<'_, Value> {
    Box::pin(async { Ok(json::encode(T::MESSAGE, &soon.await?)?) })
}

fn writes(kind: &Kind) -> Result<&'static Writes, Error> {
    let found = WRITES.iter().find(|writes| writes.message == kind.message);
    found.ok_or_else(|| unwritten(kind, "written by itself"))
}

fn unwritten(kind: &Kind, how: &str) -> Error {
    let description = format!("{} cannot be {how}", kind.pattern());
    Error::from(crate::error::Error::invalid(
        "name",
        "KIND_UNFIT",
        description,
    ))
}

fn masked(paths: &[String]) -> Option<FieldMask> {
    (!paths.is_empty()).then(|| FieldMask {
        paths: paths.to_vec(),
    })
}

/// Sends a change: the service, the call and the request.
macro_rules! send {
    ($client:ident, $service:ident, $call:ident, $request:expr) => {{
        let request = $request;
        let repeat = Repeat::with(&request.request_id);
        Box::pin(async move {
            let response = $client.call(repeat, request, |request| {
                let mut service = $client.$service();
                async move { service.$call(request).await }
            });
            Ok(response.await?.into_inner())
        })
    }};
}

macro_rules! writable {
    ($($message:ident: $service:ident $field:ident $id:ident
        $create:ident($create_request:ident) $update:ident($update_request:ident)
        $delete:ident($delete_request:ident) $undelete:ident($undelete_request:ident);)+) => {
        $(impl Writable for v1::$message {
            fn create<'a>(self, client: &'a Client, id: &str, by: &Write) -> Soon<'a, Self> {
                send!(client, $service, $create, v1::$create_request {
                    $field: Some(self),
                    $id: id.to_owned(),
                    request_id: by.request_id.clone(),
                    validate_only: by.validate_only,
                })
            }

            fn update<'a>(self, client: &'a Client, mask: &[String], by: &Write) -> Soon<'a, Self> {
                send!(client, $service, $update, v1::$update_request {
                    $field: Some(self),
                    update_mask: masked(mask),
                    allow_missing: by.allow_missing,
                    etag: by.etag.clone(),
                    reason: by.reason.clone(),
                    request_id: by.request_id.clone(),
                    validate_only: by.validate_only,
                })
            }

            fn delete<'a>(client: &'a Client, name: &str, by: &Write) -> Soon<'a, Self> {
                send!(client, $service, $delete, v1::$delete_request {
                    name: name.to_owned(),
                    etag: by.etag.clone(),
                    allow_missing: by.allow_missing,
                    reason: by.reason.clone(),
                    request_id: by.request_id.clone(),
                    validate_only: by.validate_only,
                })
            }

            fn undelete<'a>(client: &'a Client, name: &str, by: &Write) -> Soon<'a, Self> {
                send!(client, $service, $undelete, v1::$undelete_request {
                    name: name.to_owned(),
                    etag: by.etag.clone(),
                    reason: by.reason.clone(),
                    request_id: by.request_id.clone(),
                    validate_only: by.validate_only,
                })
            }
        })+

        static WRITES: &[Writes] = &[$(Writes::of::<v1::$message>()),+];
    };
}

writable! {
    Assessment: assessments assessment assessment_id
        create_assessment(CreateAssessmentRequest) update_assessment(UpdateAssessmentRequest)
        delete_assessment(DeleteAssessmentRequest) undelete_assessment(UndeleteAssessmentRequest);
    Actor: registry actor actor_id
        create_actor(CreateActorRequest) update_actor(UpdateActorRequest)
        delete_actor(DeleteActorRequest) undelete_actor(UndeleteActorRequest);
    Issue: registry issue issue_id
        create_issue(CreateIssueRequest) update_issue(UpdateIssueRequest)
        delete_issue(DeleteIssueRequest) undelete_issue(UndeleteIssueRequest);
    Situation: registry situation situation_id
        create_situation(CreateSituationRequest) update_situation(UpdateSituationRequest)
        delete_situation(DeleteSituationRequest) undelete_situation(UndeleteSituationRequest);
    Source: registry source source_id
        create_source(CreateSourceRequest) update_source(UpdateSourceRequest)
        delete_source(DeleteSourceRequest) undelete_source(UndeleteSourceRequest);
    Place: registry place place_id
        create_place(CreatePlaceRequest) update_place(UpdatePlaceRequest)
        delete_place(DeletePlaceRequest) undelete_place(UndeletePlaceRequest);
}

macro_rules! entries {
    ($($message:ident: $merge:ident($merge_request:ident);)+) => {
        $(impl Entry for v1::$message {
            fn absorb<'a>(
                client: &'a Client,
                name: &str,
                duplicates: &[String],
                by: &Write,
            ) -> Soon<'a, Self> {
                send!(client, registry, $merge, v1::$merge_request {
                    name: name.to_owned(),
                    duplicates: duplicates.to_vec(),
                    etag: by.etag.clone(),
                    reason: by.reason.clone(),
                    request_id: by.request_id.clone(),
                    validate_only: by.validate_only,
                })
            }
        })+

        static MERGES: &[(&str, Merge)] =
            &[$((stringify!($message), merge_json::<v1::$message>)),+];
    };
}

entries! {
    Actor: merge_actors(MergeActorsRequest);
    Issue: merge_issues(MergeIssuesRequest);
    Situation: merge_situations(MergeSituationsRequest);
    Source: merge_sources(MergeSourcesRequest);
    Place: merge_places(MergePlacesRequest);
}

macro_rules! changes {
    ($($(#[$doc:meta])* $method:ident = $call:ident($request:ident) -> $answer:ident;)+) => {
        impl Client {
            $($(#[$doc])*
            pub async fn $method(&self, request: v1::$request) -> Result<v1::$answer, Error> {
                let client = self;
                let sent: Soon<'_, v1::$answer> = send!(client, assessments, $call, request);
                sent.await
            })+
        }
    };
}

changes! {
    /// Adds, changes and removes elements of an assessment, all of them or none.
    edit = edit_assessment(EditAssessmentRequest) -> EditAssessmentResponse;
    /// Publishes a draft.
    publish = publish_assessment(PublishAssessmentRequest) -> Assessment;
    /// Takes published work back.
    withdraw = withdraw_assessment(WithdrawAssessmentRequest) -> Assessment;
    /// Begins a draft that continues published work.
    revise = revise_assessment(ReviseAssessmentRequest) -> Assessment;
}

impl Client {
    /// Brings an assessment back to an earlier revision, by a new commit. The header may stay as it
    /// was; the answer's `read_revision` is that of the commit.
    pub async fn rollback(
        &self,
        request: v1::RollbackAssessmentRequest,
    ) -> Result<Answer<v1::Assessment>, Error> {
        let repeat = Repeat::with(&request.request_id);
        let response = self.call(repeat, request, |request| {
            let mut service = self.assessments();
            async move { service.rollback_assessment(request).await }
        });
        Ok(answer(response.await?))
    }

    /// The revisions in which an assessment changed, newest first, a page of them.
    pub async fn revisions(
        &self,
        request: v1::ListAssessmentRevisionsRequest,
    ) -> Result<v1::ListAssessmentRevisionsResponse, Error> {
        let answer = self.call(Repeat::Always, request, |request| {
            let mut service = self.assessments();
            async move { service.list_assessment_revisions(request).await }
        });
        Ok(answer.await?.into_inner())
    }

    /// Several assessments at one revision, in the order asked for; all of them or none.
    pub async fn batch_get(
        &self,
        request: v1::BatchGetAssessmentsRequest,
    ) -> Result<v1::BatchGetAssessmentsResponse, Error> {
        let answer = self.call(Repeat::Always, request, |request| {
            let mut service = self.assessments();
            async move { service.batch_get_assessments(request).await }
        });
        Ok(answer.await?.into_inner())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::kind;

    #[test]
    fn what_lies_under_nothing_can_be_written_but_documents() {
        let top = kind::kinds().iter().filter(|kind| !kind.is_element());
        let expected: Vec<&str> = top
            .map(|kind| kind.message.as_str())
            .filter(|message| *message != "Document")
            .collect();
        let written: Vec<&str> = WRITES.iter().map(|writes| writes.message).collect();
        assert_eq!(written, expected);
        let merged: Vec<&str> = MERGES.iter().map(|(message, _)| *message).collect();
        assert_eq!(merged, &expected[1..]);
    }

    #[test]
    fn a_change_that_is_made_once_can_be_recognised() {
        let (one, other) = (Write::once(), Write::once());
        assert_ne!(one.request_id, other.request_id);
        assert!((1..=64).contains(&one.request_id.len()));
    }
}
