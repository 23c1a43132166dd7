//! What changed: between two sides, and of one resource through its history.

use super::{Client, Error, Items, Repeat};
use crate::model::v1;

impl Client {
    /// What differs between two sides, a page of it.
    pub async fn diff(
        &self,
        request: v1::DiffAssessmentsRequest,
    ) -> Result<v1::DiffAssessmentsResponse, Error> {
        let answer = self.call(Repeat::Always, request, |request| {
            let mut service = self.assessments();
            async move { service.diff_assessments(request).await }
        });
        Ok(answer.await?.into_inner())
    }

    /// All that differs between two sides, as a stream. What changed since the last visit, at
    /// revision 812:
    ///
    /// ```no_run
    /// use chancery::client::{Client, Options};
    /// use chancery::model::v1::{DiffAssessmentsRequest, ReadOptions, read_options::Consistency};
    /// use tokio_stream::StreamExt as _;
    ///
    /// # async fn example() -> Result<(), chancery::client::Error> {
    /// let client = Client::connect("127.0.0.1:50051", Options::default()).await?;
    /// let mut changes = client.changes(DiffAssessmentsRequest {
    ///     base: "assessments/-".to_owned(),
    ///     base_read: Some(ReadOptions {
    ///         consistency: Some(Consistency::ExactRevision(812)),
    ///         ..Default::default()
    ///     }),
    ///     ..Default::default()
    /// });
    /// while let Some(change) = changes.next().await {
    ///     let change = change?;
    ///     println!("{} {:?}", change.target_name, change.kind());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn changes(&self, request: v1::DiffAssessmentsRequest) -> Items<v1::ResourceDiff> {
        let client = self.clone();
        Items::of(move |page_token| {
            let client = client.clone();
            let request = v1::DiffAssessmentsRequest {
                page_token,
                ..request.clone()
            };
            Box::pin(async move {
                let page = client.diff(request).await?;
                Ok((page.changes, page.next_page_token))
            })
        })
    }

    /// How one resource became what it is, newest change first, a page of it.
    pub async fn history(
        &self,
        request: v1::ListHistoryRequest,
    ) -> Result<v1::ListHistoryResponse, Error> {
        let answer = self.call(Repeat::Always, request, |request| {
            let mut service = self.assessments();
            async move { service.list_history(request).await }
        });
        Ok(answer.await?.into_inner())
    }

    /// All of it, as a stream.
    ///
    /// ```no_run
    /// use chancery::client::{Client, Options};
    /// use tokio_stream::StreamExt as _;
    ///
    /// # async fn example() -> Result<(), chancery::client::Error> {
    /// let client = Client::connect("127.0.0.1:50051", Options::default()).await?;
    /// let mut entries = client.entries("assessments/talks/redLines/nato");
    /// while let Some(entry) = entries.next().await {
    ///     let commit = entry?.commit.unwrap_or_default();
    ///     println!("{} {}: {}", commit.revision, commit.committer, commit.reason);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn entries(&self, name: &str) -> Items<v1::HistoryEntry> {
        let client = self.clone();
        let name = name.to_owned();
        Items::of(move |page_token| {
            let client = client.clone();
            let request = v1::ListHistoryRequest {
                name: name.clone(),
                page_token,
                ..Default::default()
            };
            Box::pin(async move {
                let page = client.history(request).await?;
                Ok((page.entries, page.next_page_token))
            })
        })
    }
}
