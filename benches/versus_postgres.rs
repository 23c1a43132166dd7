//! The same questions to Chancery and to PostgreSQL on the same rows; `benches/versus_postgres.sh`
//! runs it, and brings PostgreSQL along.
//!
//! `fill DIR ELEMENTS`   writes the elements of `benches/generator.rs` into a ledger in `DIR/data`,
//!                       and every version of it as rows to copy; prints the head and half of it
//! `questions`           what is asked: a line each
//! `sql N REVISION`      question N for PostgreSQL; the revision is the one that "half way" means
//! `ask DIR`             serves `DIR/data` and answers lines `N REVISION SECONDS` with the mean in
//!                       microseconds and the number of items, over gRPC on the loopback

mod generator;

use std::error::Error;
use std::fs::File;
use std::io::{BufRead, BufWriter, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use chancery::client::{Client, Options, Query};
use chancery::ledger::{At, Ledger};
use chancery::model::caller::{Caller, Clearance, Role};
use chancery::model::kind::Value;
use chancery::model::limits::Limits;
use chancery::model::name::Name;
use chancery::model::v1::{self, CountElementsRequest, ReadOptions, read_options::Consistency};
use chancery::server::{self, Config};
use chancery::wire::body;
use prost::Message;

const NOW_US: i64 = 1_893_456_000_000_000;

type Failure = Box<dyn Error + Send + Sync>;

/// Which rows are read: those of now, or those of a revision half way back.
#[derive(Clone, Copy, PartialEq)]
enum When {
    Now,
    HalfWay,
}

/// A question, as Chancery and as PostgreSQL are asked. `order_by` is empty for the latest first;
/// "count" asks for counts by firmness and actor.
struct Question {
    name: &'static str,
    filter: &'static str,
    order_by: &'static str,
    when: When,
    condition: &'static str,
    order: &'static str,
}

const LATEST: &str = "e.from_rev desc, e.name";

const QUESTIONS: [Question; 9] = [
    Question {
        name: "AND, wide",
        filter: "declared_firmness = FIRM AND posture = PROHIBITS",
        order_by: "",
        when: When::Now,
        condition: "e.firmness = 3 and e.posture = 1",
        order: LATEST,
    },
    Question {
        name: "AND, middle",
        filter: "actor = \"actors/x003\" AND declared_firmness >= FIRM",
        order_by: "",
        when: When::Now,
        condition: "e.actor = 'actors/x003' and e.firmness in (3, 4)",
        order: LATEST,
    },
    Question {
        name: "AND, narrow",
        filter: "actor = \"actors/x400\" AND issue = \"issues/i150\"",
        order_by: "",
        when: When::Now,
        condition: "e.actor = 'actors/x400' and e.issue = 'issues/i150'",
        order: LATEST,
    },
    Question {
        name: "AND, with the assessment's",
        filter: "actor = \"actors/x003\" AND assessment.situation = \"situations/s007\"",
        order_by: "",
        when: When::Now,
        condition: "e.actor = 'actors/x003' and a.situation = 'situations/s007'",
        order: LATEST,
    },
    Question {
        name: "OR of five actors",
        filter: "actor = (actors/x001 OR actors/x007 OR actors/x020 OR actors/x055 OR \
                 actors/x300)",
        order_by: "",
        when: When::Now,
        condition: "e.actor in ('actors/x001', 'actors/x007', 'actors/x020', 'actors/x055', \
                    'actors/x300')",
        order: LATEST,
    },
    Question {
        name: "whatever mentions an actor",
        filter: "mentions(\"actors/x400\")",
        order_by: "",
        when: When::Now,
        condition: "e.links @> array['actors/x400']",
        order: LATEST,
    },
    Question {
        name: "by firmness, then actor",
        filter: "",
        order_by: "declared_firmness desc, actor",
        when: When::Now,
        condition: "true",
        order: "e.firmness_rank desc nulls last, e.actor, e.name",
    },
    Question {
        name: "AND, wide, half way back",
        filter: "declared_firmness = FIRM AND posture = PROHIBITS",
        order_by: "",
        when: When::HalfWay,
        condition: "e.firmness = 3 and e.posture = 1",
        order: LATEST,
    },
    Question {
        name: "count by firmness and actor",
        filter: "",
        order_by: "count",
        when: When::Now,
        condition: "true",
        order: "",
    },
];

impl Question {
    /// The question for PostgreSQL, of which `half` is the revision half way.
    fn sql(&self, half: i64) -> String {
        let at = |table: &str| match self.when {
            When::Now => format!("{table}.to_rev is null"),
            When::HalfWay => format!(
                "{table}.from_rev <= {half} and ({table}.to_rev is null or {table}.to_rev > {half})"
            ),
        };
        let from = format!(
            "from elements e join assessments a on a.id = e.assessment and {} where e.kind = \
             'redLines' and {} and a.state = 2 and not e.rejected and {}",
            at("a"),
            at("e"),
            self.condition
        );
        if self.order_by == "count" {
            return format!("select e.firmness, e.actor, count(*) {from} group by 1, 2;\n");
        }
        format!("select e.body {from} order by {} limit 100;\n", self.order)
    }

    async fn ask(&self, client: &Client, half: i64) -> Result<usize, Failure> {
        let read = (self.when == When::HalfWay).then_some(ReadOptions {
            consistency: Some(Consistency::ExactRevision(half)),
            ..ReadOptions::default()
        });
        if self.order_by == "count" {
            let counted = client.count(CountElementsRequest {
                parent: "assessments/-".to_owned(),
                collections: vec!["redLines".to_owned()],
                facets: vec!["declared_firmness".to_owned(), "actor".to_owned()],
                read,
                ..Default::default()
            });
            return Ok(counted.await?.counts.len());
        }
        let query = Query {
            filter: self.filter.to_owned(),
            order_by: self.order_by.to_owned(),
            page_size: 100,
            read,
            ..Query::default()
        };
        Ok(client.list::<v1::RedLine>(&query).await?.items.len())
    }
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let given: Vec<String> = std::env::args()
        .skip(1)
        .filter(|one| one != "--bench")
        .collect();
    let given: Vec<&str> = given.iter().map(String::as_str).collect();
    match given.as_slice() {
        ["fill", folder, elements] => filled(Path::new(folder), elements.parse()?).await,
        ["questions"] => {
            let names = QUESTIONS.iter().map(|question| question.name);
            names.into_iter().try_for_each(say)
        }
        ["sql", number, half] => say(question(number)?.sql(half.parse()?).trim_end()),
        ["ask", folder] => answering(Path::new(folder)).await,
        // `cargo bench` runs every bench: this one is run by its script.
        _ => say("versus_postgres: run benches/versus_postgres.sh"),
    }
}

fn say(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout();
    writeln!(out, "{text}")?;
    Ok(out.flush()?)
}

fn question(number: &str) -> Result<&'static Question, Failure> {
    let question = QUESTIONS.get(number.parse::<usize>()?);
    question.ok_or_else(|| format!("no question {number}").into())
}

async fn filled(folder: &Path, elements: usize) -> Result<(), Failure> {
    let ledger = Ledger::open(&folder.join("data"), Limits::default(), 1)?;
    let plan = generator::Plan {
        elements,
        history: 0.1,
        seed: 7,
    };
    generator::fill(&ledger, plan).await?;
    let head = ledger.status().revision;
    let mut rows = Rows {
        elements: BufWriter::new(File::create(folder.join("elements.tsv"))?),
        assessments: BufWriter::new(File::create(folder.join("assessments.tsv"))?),
    };
    for revision in 2..=head {
        let caller = Caller::new("bench", Role::Operator, Clearance::FULL);
        let view = ledger.read(caller, At::Exact(revision), NOW_US).await?;
        let commit = ledger.commit_at(revision)?.ok_or("no such commit")?;
        for name in &commit.names {
            let name = Name::parse(name, "name")?;
            if name.assessment().is_some() {
                rows.put(&name, revision, &view.get(&name)?)?;
            }
        }
    }
    rows.elements.flush()?;
    rows.assessments.flush()?;
    ledger.close();
    say(&format!("{head} {}", head / 2))
}

/// Rows as `COPY` reads them.
struct Rows {
    elements: BufWriter<File>,
    assessments: BufWriter<File>,
}

impl Rows {
    fn put(&mut self, name: &Name, revision: i64, body: &[u8]) -> Result<(), Failure> {
        let above = name.assessment().unwrap_or_default();
        let id: u32 = above.trim_start_matches("assessments/a").parse()?;
        if !name.kind().is_element() {
            let header = v1::Assessment::decode(body)?;
            let (state, situation) = (header.state, header.situation);
            writeln!(self.assessments, "{id}\t{revision}\t{state}\t{situation}")?;
            return Ok(());
        }
        let kind = name.kind();
        let values = body::indexed(kind, body)?;
        let of = |path: &str| {
            let field = kind.field(path);
            let found = values.iter().find(|(at, _)| Some(*at) == field);
            found.map_or_else(|| "\\N".to_owned(), |(_, value)| told(value))
        };
        let texts = values
            .iter()
            .filter(|(_, value)| matches!(value, Value::Text(_)));
        let links: Vec<String> = texts.map(|(_, value)| told(value)).collect();
        let rejected = of("attribution.endorsement") == "4";
        writeln!(
            self.elements,
            "{}\t{name}\t{id}\t{revision}\t{}\t{}\t{}\t{}\t{rejected}\t{{{}}}\t\\\\x{}",
            kind.collection,
            of("actor"),
            of("issue"),
            of("declared_firmness"),
            of("posture"),
            links.join(","),
            hex(body)
        )?;
        Ok(())
    }
}

fn told(value: &Value) -> String {
    match value {
        Value::Text(text) => text.to_string(),
        Value::Number(number) => number.to_string(),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        use std::fmt::Write as _;
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}

async fn answering(folder: &Path) -> Result<(), Failure> {
    let config = Config {
        data_dir: folder.join("data"),
        listen: ([127, 0, 0, 1], 0).into(),
        ..Config::default()
    };
    let running = server::start(config).await?;
    let client = Client::connect(&running.address.to_string(), Options::default()).await?;
    say("ready")?;
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split_whitespace().collect();
        let [number, half, seconds] = words.as_slice() else {
            return Err(format!("expected \"N REVISION SECONDS\", not \"{line}\"").into());
        };
        let (question, half) = (question(number)?, half.parse()?);
        let lasts = Duration::from_secs_f64(seconds.parse()?);
        let items = question.ask(&client, half).await?;
        let begun = Instant::now();
        let mut asked = 0u32;
        while asked == 0 || begun.elapsed() < lasts {
            question.ask(&client, half).await?;
            asked += 1;
        }
        let mean = begun.elapsed().as_secs_f64() * 1e6 / f64::from(asked);
        say(&format!("{mean:.0} {items}"))?;
    }
    running.stop().await;
    Ok(())
}
