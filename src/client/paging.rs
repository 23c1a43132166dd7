//! What a list is asked for, and a walk over all its pages.
//!
//! All pages of one walk are one snapshot: the page token pins the revision of the first.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio_stream::Stream;

use super::{Client, Error, Resource, View};
use crate::model::{Revision, v1};

/// What a list is asked for. What the list of a kind has no field for is left out of its request:
/// only elements have a `parent` and `show_rejected`, only they and assessments have `states`,
/// only assessments and documents a `view`.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// The assessment, `assessments/{assessment}`; empty means all of them.
    pub parent: String,
    /// AIP-160; empty selects everything.
    pub filter: String,
    /// Fields as `a, b desc`; empty means latest change first.
    pub order_by: String,
    /// The most items of a page, 1 to 1000; 0 leaves it to the server.
    pub page_size: i32,
    /// The token of the page before; empty for the first.
    pub page_token: String,
    /// Which revision and which time in the world is read; absent is the latest revision.
    pub read: Option<v1::ReadOptions>,
    /// The states of assessments to show; empty means what is published.
    pub states: Vec<v1::AssessmentState>,
    /// Whether deleted resources are shown too.
    pub show_deleted: bool,
    /// Whether elements that their author rejects are shown too.
    pub show_rejected: bool,
    /// Whether `total_size` is counted.
    pub include_total_size: bool,
    /// How much of each is returned.
    pub view: View,
}

/// One page of a list.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// The items, in the order asked for.
    pub items: Vec<T>,
    /// The token of the next page; empty on the last one, and only there.
    pub next_page_token: String,
    /// The revision that was read, the same on every page.
    pub read_revision: Revision,
    /// The number of items on all pages, when asked for.
    pub total_size: Option<i32>,
    /// Of elements: whether there are any; on a first page without any, which sort of silence.
    pub coverage: v1::Coverage,
}

impl Client {
    /// One page of the resources of a kind.
    pub async fn list<T: Resource>(&self, query: &Query) -> Result<Page<T>, Error> {
        T::list(self, query).await
    }

    /// A walk over all pages.
    pub fn pages<T: Resource>(&self, query: Query) -> Pages<'_, T> {
        Pages {
            client: self,
            query: Some(query),
            item: std::marker::PhantomData,
        }
    }

    /// The items of all pages as a stream; a page is asked for when the one before is used up.
    ///
    /// ```no_run
    /// use chancery::client::{Client, Options, Query};
    /// use chancery::model::v1::Risk;
    /// use tokio_stream::StreamExt as _;
    ///
    /// # async fn example() -> Result<(), chancery::client::Error> {
    /// let client = Client::connect("127.0.0.1:50051", Options::default()).await?;
    /// let mut risks = client.stream::<Risk>(Query::default());
    /// while let Some(risk) = risks.next().await {
    ///     println!("{}", risk?.statement);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn stream<T: Resource>(&self, query: Query) -> Items<T> {
        let client = self.clone();
        let first = query.page_token.clone();
        Items::of(move |token| {
            let client = client.clone();
            let mut query = query.clone();
            query.page_token = if token.is_empty() {
                first.clone()
            } else {
                token
            };
            Box::pin(async move {
                let page = T::list(&client, &query).await?;
                Ok((page.items, page.next_page_token))
            })
        })
    }

    /// The items of all pages.
    pub async fn all<T: Resource>(&self, query: Query) -> Result<Vec<T>, Error> {
        let mut pages = self.pages(query);
        let mut items = Vec::new();
        while let Some(page) = pages.next().await? {
            items.extend(page.items);
        }
        Ok(items)
    }
}

/// A walk over the pages of one list; all of them are one snapshot.
#[derive(Debug)]
pub struct Pages<'a, T> {
    client: &'a Client,
    query: Option<Query>,
    item: std::marker::PhantomData<fn() -> T>,
}

impl<T: Resource> Pages<'_, T> {
    /// The next page; `None` after the last. After an error it may be asked again.
    pub async fn next(&mut self) -> Result<Option<Page<T>>, Error> {
        let Some(query) = &mut self.query else {
            return Ok(None);
        };
        let page = T::list(self.client, query).await?;
        if page.next_page_token.is_empty() {
            self.query = None;
        } else {
            query.page_token.clone_from(&page.next_page_token);
        }
        Ok(Some(page))
    }
}

/// A page that was asked for: its items and the token of the next one.
pub(super) type Asked<T> = Pin<Box<dyn Future<Output = Result<(Vec<T>, String), Error>> + Send>>;

/// Asks for the page of a token; the empty one is the first page's.
type Ask<T> = Box<dyn Fn(String) -> Asked<T> + Send + Sync>;

/// The items of all pages of one list, as a stream. It ends after an error.
pub struct Items<T> {
    ask: Ask<T>,
    token: Option<String>,
    ready: VecDeque<T>,
    asked: Option<Asked<T>>,
}

impl<T> Items<T> {
    pub(super) fn of(ask: impl Fn(String) -> Asked<T> + Send + Sync + 'static) -> Self {
        Self {
            ask: Box::new(ask),
            token: Some(String::new()),
            ready: VecDeque::new(),
            asked: None,
        }
    }
}

// Nothing in it is pinned in place: the call is in a box, the items are moved out.
impl<T> Unpin for Items<T> {}

impl<T> Stream for Items<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Poll::Ready(Some(Ok(item)));
            }
            if let Some(asked) = &mut self.asked {
                let page = ready!(asked.as_mut().poll(context));
                self.asked = None;
                match page {
                    Err(error) => return Poll::Ready(Some(Err(error))),
                    Ok((items, next)) => {
                        self.ready.extend(items);
                        self.token = Some(next).filter(|next| !next.is_empty());
                    }
                }
                continue;
            }
            let Some(token) = self.token.take() else {
                return Poll::Ready(None);
            };
            self.asked = Some((self.ask)(token));
        }
    }
}

impl<T> std::fmt::Debug for Items<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Items")
            .field("token", &self.token)
            .field("ready", &self.ready.len())
            .finish_non_exhaustive()
    }
}
