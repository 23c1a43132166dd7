//! The walk of the README from Rust: `cargo run --example walk -- HOST:PORT ARTICLE`.
//!
//! Nothing is generated: the crate's `client` has the calls, `model::v1` the messages. What it
//! prints is compared with expected.txt, which is the same for every language.
#![allow(clippy::print_stdout, reason = "what it prints is what it is for")]

use std::error::Error;

use chancery::client::{self, Client, Options, Query, Write};
use chancery::model::v1::{
    Assessment, AssessmentState, DeclaredFirmness, EditAssessmentRequest, Element, ElementEdit,
    ImportOptions, Likelihood, Posture, RedLine, Risk, element::Kind, element_edit::Change,
};
use prost_types::FieldMask;
use tokio_stream::StreamExt as _;

type Done = Result<(), Box<dyn Error>>;

#[tokio::main]
async fn main() -> Done {
    let mut arguments = std::env::args().skip(1);
    let (address, article) = match (arguments.next(), arguments.next()) {
        (Some(address), Some(article)) => (address, article),
        _ => return Err("usage: walk HOST:PORT ARTICLE".into()),
    };
    let client = Client::connect(&address, Options::default()).await?;
    read(&client).await?;
    draft(&client, &article).await?;
    write(&client).await?;
    fail(&client).await
}

async fn read(client: &Client) -> Done {
    println!("red lines, three to a page");
    let mut lines = client.stream::<RedLine>(Query {
        page_size: 3,
        ..Query::default()
    });
    while let Some(line) = lines.next().await {
        let line = line?;
        let id = line.name.rsplit('/').next().unwrap_or_default();
        println!("  {id} | {} | {}", line.actor, line.stance);
    }

    println!("the one that claims");
    let query = Query {
        filter: "posture = CLAIMS".to_owned(),
        ..Query::default()
    };
    for found in client.all::<RedLine>(query).await? {
        let line: RedLine = client.get(found.name.as_str()).await?.value;
        println!("  {}", line.name);
        println!("  {}: {}", line.posture().as_str_name(), line.stance);
        for citation in &line.citations {
            let span = span(citation.start, citation.end);
            println!("  bytes {span}: {}", citation.quote);
        }
    }
    Ok(())
}

async fn draft(client: &Client, article: &str) -> Done {
    println!("an article, drafted and not kept");
    let options = ImportOptions {
        media_type: "text/markdown".to_owned(),
        dry_run: true,
        ..ImportOptions::default()
    };
    let drafted = client.import(&std::fs::read(article)?, options).await?;
    let assessment = drafted.assessment.unwrap_or_default();
    println!("  {}", assessment.title);
    for line in &assessment.red_lines {
        let stance = match line.stance.as_str() {
            "" => "not stated",
            stated => stated,
        };
        println!("  red line: {} | {} | {stance}", line.title, line.actor);
    }
    for doubt in &drafted.doubts {
        let place = doubt.span.unwrap_or_default();
        let span = span(place.start, place.end);
        println!("  doubt at {span}: {}", doubt.quote);
    }
    Ok(())
}

/// Where something stands, in bytes of the text; 0 is a place, so what is absent says so.
fn span(start: Option<i32>, end: Option<i32>) -> String {
    let shown = |byte: Option<i32>| byte.map_or("?".to_owned(), |byte| byte.to_string());
    format!("{}..{}", shown(start), shown(end))
}

async fn write(client: &Client) -> Done {
    println!("created twice with one request id, written once");
    let once = Write::once();
    let herring = Assessment {
        title: "The herring talks".to_owned(),
        red_lines: vec![RedLine {
            id: "twelve-miles".to_owned(),
            title: "Twelve miles".to_owned(),
            actor: "actors/norway".to_owned(),
            stance: "No trawler inside twelve miles".to_owned(),
            posture: Posture::Prohibits.into(),
            ..RedLine::default()
        }],
        ..Assessment::default()
    };
    let first = client
        .create(herring.clone(), "herring-talks", &once)
        .await?;
    let again = client.create(herring, "herring-talks", &once).await?;
    let same = if first.etag == again.etag {
        "the same"
    } else {
        "another"
    };
    println!(
        "  {} {}, {same} etag",
        first.name,
        first.state().as_str_name()
    );

    println!("edited: one element changed, one added");
    let name = format!("{}/redLines/twelve-miles", first.name);
    let line: RedLine = client.get(name.as_str()).await?.value;
    let edit = edit_of(&first.name, line.etag);
    for element in client.edit(edit.clone()).await?.elements {
        match element.kind {
            Some(Kind::RedLine(line)) => println!("  {}", line.name),
            Some(Kind::Risk(risk)) => println!("  {}", risk.name),
            other => println!("  {other:?}"),
        }
    }
    let line: RedLine = client.get(name.as_str()).await?.value;
    let firmness = line.declared_firmness().as_str_name();
    println!("  {}: {firmness}, {}", line.title, line.stance);

    println!("the same edit with the etag of before");
    show_failure(client.edit(edit).await)?;

    println!("deleted");
    let gone: Assessment = client.delete(&first.name, &Write::once()).await?;
    let has = if gone.delete_time.is_some() {
        "has"
    } else {
        "has no"
    };
    println!("  {} {has} delete time", gone.name);
    let drafts = Query {
        states: vec![AssessmentState::Draft],
        ..Query::default()
    };
    println!(
        "  drafts left: {}",
        client.all::<Assessment>(drafts).await?.len()
    );
    Ok(())
}

fn edit_of(name: &str, etag: String) -> EditAssessmentRequest {
    let upsert = |kind| Some(Change::Upsert(Element { kind: Some(kind) }));
    let firmer = RedLine {
        id: "twelve-miles".to_owned(),
        declared_firmness: DeclaredFirmness::Absolute.into(),
        ..RedLine::default()
    };
    let added = Risk {
        id: "arrests-at-sea".to_owned(),
        title: "Arrests at sea".to_owned(),
        statement: "Trawlers are arrested before a text is agreed".to_owned(),
        likelihood: Some(Likelihood {
            low: Some(0.2),
            high: Some(0.4),
            ..Likelihood::default()
        }),
        ..Risk::default()
    };
    EditAssessmentRequest {
        name: name.to_owned(),
        edits: vec![
            ElementEdit {
                change: upsert(Kind::RedLine(firmer)),
                update_mask: Some(FieldMask {
                    paths: vec!["declared_firmness".to_owned()],
                }),
                etag,
                ..ElementEdit::default()
            },
            ElementEdit {
                change: upsert(Kind::Risk(added)),
                ..ElementEdit::default()
            },
        ],
        ..EditAssessmentRequest::default()
    }
}

async fn fail(client: &Client) -> Done {
    println!("a filter that cannot be read");
    let query = Query {
        filter: "posture = SOMETIMES AND status = OLD".to_owned(),
        ..Query::default()
    };
    show_failure(client.list::<RedLine>(&query).await)?;

    println!("a draft with two faults, checked and not kept");
    let capelin = Assessment {
        title: "The capelin talks".to_owned(),
        red_lines: vec![RedLine {
            title: "A line of nobody's".to_owned(),
            actor: "nobody".to_owned(),
            ..RedLine::default()
        }],
        risks: vec![Risk {
            statement: "The talks fail".to_owned(),
            likelihood: Some(Likelihood {
                low: Some(0.6),
                high: Some(0.2),
                ..Likelihood::default()
            }),
            ..Risk::default()
        }],
        ..Assessment::default()
    };
    let checked = Write {
        validate_only: true,
        ..Write::default()
    };
    show_failure(client.create(capelin, "", &checked).await)?;

    println!("a name that is not there");
    let name = "assessments/ukraine-talks/redLines/none";
    show_failure(client.get::<RedLine>(name).await)
}

fn show_failure<T>(outcome: Result<T, client::Error>) -> Done {
    let Err(error) = outcome else {
        return Err("the call was expected to fail".into());
    };
    println!("  {}: {}", error.code_name(), error.message());
    println!("  reason {} of {}", error.reason(), error.domain());
    for (key, value) in error.metadata() {
        println!("  {key} = {value}");
    }
    for violation in error.violations() {
        let client::Violation {
            field,
            reason,
            description,
        } = violation;
        println!("  {field}: {reason}: {description}");
    }
    Ok(())
}
