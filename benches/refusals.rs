//! What wrong questions cost: `cargo bench --bench refusals`.
//!
//! Asks a server in this process, over the loopback, each of a list of wrong questions a thousand
//! times: what no field, value or function is, what does not fit, what is not closed, too much of
//! everything, tokens that are forged or another list's, revisions that are not there; of lists and
//! of searches. Each answer must be the named error, 99 of a hundred must take at most 10 ms (the
//! slowest is printed), and memory may not grow by more than 8 MiB; what is over ends the run.

use std::error::Error;
use std::io::Write as _;
use std::time::{Duration, Instant};

use chancery::client::{Client, Options, Query};
use chancery::model::v1::{Actor, ReadOptions, RedLine, SearchElementsRequest, read_options};
use chancery::server::{self, Config};

const REPEATS: usize = 1_000;
const SLOWEST: Duration = Duration::from_millis(10);
const GROWTH_MIB: usize = 8;

type Failure = Box<dyn Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let folder = std::env::temp_dir().join(format!("chancery-refusals-{}", std::process::id()));
    let config = Config {
        data_dir: folder.clone(),
        listen: ([127, 0, 0, 1], 0).into(),
        ..Config::default()
    };
    let running = server::start(config).await?;
    let client = Client::connect(&running.address.to_string(), Options::default()).await?;
    let measured = measured(&client).await;
    running.stop().await;
    std::fs::remove_dir_all(&folder)?;
    measured
}

/// What is asked.
enum Asked {
    List(Query),
    Search(SearchElementsRequest),
}

impl Asked {
    /// The refusal; `None` when it is answered.
    async fn refused(&self, client: &Client) -> Option<chancery::client::Error> {
        match self {
            Self::List(query) => client.list::<RedLine>(query).await.err(),
            Self::Search(request) => client.search(request.clone()).await.err(),
        }
    }
}

/// A wrong question: what it is called, the reason of the answer, what is asked.
type Wrong = (&'static str, &'static str, Asked);

/// Wrong searches.
fn searches() -> Vec<Wrong> {
    let every = || SearchElementsRequest {
        parent: "assessments/-".to_owned(),
        ..SearchElementsRequest::default()
    };
    let words = |query: String| SearchElementsRequest { query, ..every() };
    let peace = || words("peace".to_owned());
    let wrong = [
        ("search: nothing", "QUERY_EMPTY", words(String::new())),
        (
            "search: open quote",
            "QUERY_MALFORMED",
            words("\"peace".to_owned()),
        ),
        (
            "search: short beginning",
            "QUERY_PREFIX_TOO_SHORT",
            words("p*".to_owned()),
        ),
        (
            "search: 500 words",
            "QUERY_TOO_MANY_WORDS",
            words("a ".repeat(500)),
        ),
        (
            "search: 1 MB",
            "QUERY_TOO_LONG",
            words("a".repeat(1_000_000)),
        ),
        (
            "search: unknown field",
            "FILTER_FIELD_UNKNOWN",
            SearchElementsRequest {
                filter: "colour = red".to_owned(),
                ..peace()
            },
        ),
        (
            "search: unknown kind",
            "COLLECTION_UNKNOWN",
            SearchElementsRequest {
                collections: vec!["blueLines".to_owned()],
                ..peace()
            },
        ),
        (
            "search: forged token",
            "PAGE_TOKEN_INVALID",
            SearchElementsRequest {
                page_token: "A".repeat(200),
                ..peace()
            },
        ),
    ];
    let wrong = wrong.into_iter();
    wrong
        .map(|(name, reason, request)| (name, reason, Asked::Search(request)))
        .collect()
}

/// Wrong filters.
fn filters() -> Vec<(&'static str, &'static str, String)> {
    let text = ToOwned::to_owned;
    vec![
        (
            "unknown field",
            "FILTER_FIELD_UNKNOWN",
            text("colour = red"),
        ),
        (
            "unknown enum",
            "FILTER_VALUE_UNKNOWN",
            text("posture = LOUD"),
        ),
        (
            "unknown function",
            "FILTER_FUNCTION_UNKNOWN",
            text("near(actor)"),
        ),
        (
            "type mismatch",
            "FILTER_TYPE_MISMATCH",
            text("create_time > PROHIBITS"),
        ),
        (
            "unterminated string",
            "FILTER_MALFORMED",
            text("actor = \"actors/x"),
        ),
        (
            "200,000 terms",
            "FILTER_TOO_LONG",
            "a=b AND ".repeat(200_000),
        ),
        ("nesting 10,000", "FILTER_TOO_LONG", "(".repeat(10_000)),
        ("nesting 8,000", "FILTER_TOO_DEEP", "(".repeat(8_000)),
        ("1,600 wrong terms", "FILTER_TOO_LONG", "a=b ".repeat(1_600)),
    ]
}

/// Wrong questions with the reason of the answer.
async fn questions(client: &Client) -> Result<Vec<Wrong>, Failure> {
    let token = |token: String| Query {
        page_token: token,
        ..Query::default()
    };
    let two = Query {
        page_size: 2,
        ..Query::default()
    };
    let foreign = client.list::<Actor>(&two).await?.next_page_token;
    let ahead = read_options::Consistency::ExactRevision(1_000_000);
    let ahead = Query {
        read: Some(ReadOptions {
            consistency: Some(ahead),
            ..ReadOptions::default()
        }),
        ..Query::default()
    };
    let forged = "A".repeat(200);
    let long = "A".repeat(1_000_000);
    let others = [
        ("forged token", "PAGE_TOKEN_INVALID", token(forged)),
        ("long token", "PAGE_TOKEN_INVALID", token(long)),
        ("foreign token", "PAGE_TOKEN_INVALID", token(foreign)),
        ("revision to come", "REVISION_IN_FUTURE", ahead),
    ];
    let filters = filters().into_iter().map(|(name, reason, filter)| {
        let query = Query {
            filter,
            ..Query::default()
        };
        (name, reason, query)
    });
    let lists = filters.chain(others);
    let lists = lists.map(|(name, reason, query)| (name, reason, Asked::List(query)));
    Ok(lists.chain(searches()).collect())
}

async fn measured(client: &Client) -> Result<(), Failure> {
    let mut out = std::io::stdout();
    let questions = questions(client).await?;
    // The first of each takes what later ones use again.
    for (_, _, asked) in &questions {
        let _refused = asked.refused(client).await;
    }
    let before = resident();
    for (name, reason, asked) in &questions {
        let mut times = Vec::with_capacity(REPEATS);
        for _ in 0..REPEATS {
            let begun = Instant::now();
            let refused = asked.refused(client).await;
            times.push(begun.elapsed());
            let Some(error) = refused else {
                return Err(format!("{name}: it was answered").into());
            };
            let mut violations = error.violations().iter();
            if error.reason() != *reason && !violations.any(|one| one.reason == *reason) {
                return Err(format!("{name}: {error}").into());
            }
        }
        times.sort_unstable();
        let at = |share: usize| times.get((REPEATS - 1) * share / 1_000).copied();
        let at = |share: usize| at(share).unwrap_or_default();
        let (p50, p99, slowest) = (at(500), at(990), at(1_000));
        writeln!(
            out,
            "{name:24} {reason:24} p50 {p50:>9.1?} p99 {p99:>9.1?} max {slowest:.1?}"
        )?;
        if p99 > SLOWEST {
            return Err(format!("{name}: one in a hundred takes {p99:?}").into());
        }
    }
    let grown = resident().saturating_sub(before);
    writeln!(out, "memory grew by {grown} MiB")?;
    if grown > GROWTH_MIB {
        return Err(format!("memory grew by {grown} MiB").into());
    }
    Ok(())
}

/// What this process holds in memory, the client included.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<usize>().ok());
    kib.unwrap_or(0) >> 10
}
