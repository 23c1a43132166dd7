//! What is found by its words: a page, or all of it as a stream.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio_stream::Stream;

use super::{Client, Error, Repeat};
use crate::model::v1;
use crate::model::v1::search_elements_response::Hit;

impl Client {
    /// One page of hits, best match first.
    pub async fn search(
        &self,
        request: v1::SearchElementsRequest,
    ) -> Result<v1::SearchElementsResponse, Error> {
        let answer = self.call(Repeat::Always, request, |request| {
            let mut service = self.assessments();
            async move { service.search_elements(request).await }
        });
        Ok(answer.await?.into_inner())
    }

    /// The hits of all pages as a stream; a page is asked for when the one before is used up, and
    /// all are one snapshot.
    ///
    /// ```no_run
    /// use chancery::client::{Client, Options};
    /// use chancery::model::v1::SearchElementsRequest;
    /// use tokio_stream::StreamExt as _;
    ///
    /// # async fn example() -> Result<(), chancery::client::Error> {
    /// let client = Client::connect("127.0.0.1:50051", Options::default()).await?;
    /// let request = SearchElementsRequest {
    ///     parent: "assessments/-".to_owned(),
    ///     query: "\"grain corridor\" nego*".to_owned(),
    ///     ..SearchElementsRequest::default()
    /// };
    /// let mut hits = client.hits(request);
    /// while let Some(hit) = hits.next().await {
    ///     println!("{}", hit?.score);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn hits(&self, request: v1::SearchElementsRequest) -> Hits {
        Hits {
            client: self.clone(),
            request: Some(request),
            ready: VecDeque::new(),
            asked: None,
        }
    }
}

type Asked = Pin<Box<dyn Future<Output = Result<v1::SearchElementsResponse, Error>> + Send>>;

/// The hits of all pages of one search, as a stream. It ends after an error.
pub struct Hits {
    client: Client,
    request: Option<v1::SearchElementsRequest>,
    ready: VecDeque<Hit>,
    asked: Option<Asked>,
}

impl Stream for Hits {
    type Item = Result<Hit, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(hit) = self.ready.pop_front() {
                return Poll::Ready(Some(Ok(hit)));
            }
            if let Some(asked) = &mut self.asked {
                let page = ready!(asked.as_mut().poll(context));
                self.asked = None;
                let request = self.request.take();
                let page = match page {
                    Err(error) => return Poll::Ready(Some(Err(error))),
                    Ok(page) => page,
                };
                self.ready.extend(page.hits);
                let more = request.filter(|_| !page.next_page_token.is_empty());
                self.request = more.map(|request| v1::SearchElementsRequest {
                    page_token: page.next_page_token,
                    ..request
                });
                continue;
            }
            let Some(request) = self.request.clone() else {
                return Poll::Ready(None);
            };
            let client = self.client.clone();
            self.asked = Some(Box::pin(async move { client.search(request).await }));
        }
    }
}

impl std::fmt::Debug for Hits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hits")
            .field("request", &self.request)
            .field("ready", &self.ready.len())
            .finish_non_exhaustive()
    }
}
