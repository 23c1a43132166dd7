//! `chancery search WORDS`: what is found by its words, and where they stand.

use chancery::client::Client;
use chancery::model::v1::SearchElementsRequest;
use chancery::model::v1::search_elements_response::{Hit, Snippet};
use chancery::wire::json;
use clap::Args;
use serde_json::Value;

use crate::failure::{Exit, Failure};
use crate::flags::{Filter, Pages};
use crate::list::{STATES, silence};
use crate::moments::ReadAt;
use crate::nouns::{self, Noun};
use crate::output::{Format, Output, tame};

/// The arguments of `search`.
#[derive(Debug, Args)]
pub(crate) struct Search {
    /// Words that must all be there, in any inflection: 'grain "the corridor" nego* -naval'
    ///
    /// Words in double quotes stand side by side, a * ends the beginning of a word, a word after a
    /// - must not be there.
    #[arg(value_name = "WORDS", required = true)]
    words: Vec<String>,
    /// Only this kind: elements, assessments, documents; may be given several times
    #[arg(long = "kind", value_name = "KIND", value_parser = nouns::parser())]
    kinds: Vec<&'static Noun>,
    /// Only in this assessment; a bare id will do
    #[arg(long, value_name = "ASSESSMENT")]
    parent: Option<String>,
    #[command(flatten)]
    fitting: Filter,
    /// What comes first, e.g. 'update_time desc', of one kind; else the best match
    #[arg(
        long,
        value_name = "FIELDS",
        default_value = "",
        hide_default_value = true
    )]
    order_by: String,
    /// Drafts, superseded and withdrawn work too, not only what is published
    #[arg(long)]
    all_states: bool,
    #[command(flatten)]
    pages: Pages,
    #[command(flatten)]
    read: ReadAt,
}

impl Search {
    pub(crate) async fn perform(
        &self,
        client: &Client,
        output: &mut Output,
    ) -> Result<Exit, Failure> {
        let mut request = self.request();
        let mut hits = Vec::new();
        let (more, total, revision, why) = loop {
            let page = client.search(request.clone()).await?;
            let why = silence(page.coverage());
            hits.extend(page.hits);
            let more = !page.next_page_token.is_empty();
            if !more || !self.pages.all {
                break (more, page.total_size, page.read_revision, why);
            }
            request.page_token = page.next_page_token;
        };
        print((&hits, why), output)?;
        if let Some(total) = total {
            let hits = if total == 1 { "hit" } else { "hits" };
            output.note(&format!(
                "{total} {hits} on all pages at revision {revision}"
            ))?;
        }
        if more {
            output.note(&format!(
                "there are more hits at revision {revision}; --all tells them"
            ))?;
        }
        Ok(Exit::Done)
    }

    fn request(&self) -> SearchElementsRequest {
        let parent = self.parent.as_deref().unwrap_or("-");
        let kinds = self.kinds.iter().map(|noun| noun.kind.collection.clone());
        let states = if self.all_states { &STATES[..] } else { &[] };
        SearchElementsRequest {
            query: self.words.join(" "),
            parent: nouns::within("assessments", parent),
            collections: kinds.collect(),
            filter: self.fitting.filter.clone(),
            order_by: self.order_by.clone(),
            states: states.iter().map(|state| i32::from(*state)).collect(),
            include_total_size: self.pages.total,
            page_size: self.pages.page_size,
            read: self.read.options(),
            ..SearchElementsRequest::default()
        }
    }
}

/// The hits; if there are none, which sort of silence it is.
fn print((hits, why): (&[Hit], Option<&str>), output: &mut Output) -> Result<(), Failure> {
    let encoded = |hit: &Hit| json::encode("SearchElementsResponse.Hit", hit);
    match output.format() {
        Format::Json | Format::Yaml => {
            let hits: Result<_, _> = hits.iter().map(encoded).collect();
            output.value(&Value::Array(hits?))?;
        }
        Format::Jsonl => {
            for hit in hits {
                output.value(&encoded(hit)?)?;
            }
        }
        Format::Name => {
            for hit in hits {
                output.line(&tame(&name(&encoded(hit)?)))?;
            }
        }
        Format::Table | Format::Wide if hits.is_empty() => {
            let why = why.map(|why| format!(": {why}")).unwrap_or_default();
            output.note(&format!("nothing is found{why}"))?;
        }
        Format::Table | Format::Wide => {
            for hit in hits {
                let name = tame(&name(&encoded(hit)?));
                output.line(&format!("{name}  {:.2}", hit.score))?;
                for snippet in &hit.snippets {
                    let text = highlighted(snippet, output.colours());
                    output.line(&format!("    {}: {text}", tame(&snippet.path)))?;
                }
            }
        }
    }
    Ok(())
}

/// The name of what was found, whatever it is.
fn name(hit: &Value) -> String {
    let resource = ["assessment", "document", "element"]
        .into_iter()
        .find_map(|arm| hit.get(arm));
    let own = |resource: &Value| resource.get("name")?.as_str().map(ToOwned::to_owned);
    let inside = |element: &Value| own(element.as_object()?.values().next()?);
    let name = resource.and_then(|resource| own(resource).or_else(|| inside(resource)));
    name.unwrap_or_default()
}

/// A snippet on one line, with the words bold that were found.
fn highlighted(snippet: &Snippet, colours: bool) -> String {
    let mut told = String::new();
    let mut at = 0;
    let mut push = |from: usize, to: usize, bold: bool| {
        let piece = snippet.text.get(from..to).unwrap_or_default();
        let begins = piece.starts_with(char::is_whitespace);
        let ends = !piece.trim().is_empty() && piece.ends_with(char::is_whitespace);
        let words = tame(piece);
        if begins {
            told.push(' ');
        }
        match bold && colours {
            true => told.push_str(&format!("\x1b[1m{words}\x1b[0m")),
            false => told.push_str(&words),
        }
        if ends {
            told.push(' ');
        }
    };
    for highlight in &snippet.highlights {
        let place = |at: i32| usize::try_from(at).unwrap_or(0);
        let (start, end) = (place(highlight.start).max(at), place(highlight.end));
        push(at, start, false);
        push(start, end, true);
        at = end.max(at);
    }
    push(at, snippet.text.len(), false);
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use chancery::model::v1::search_elements_response::Highlight;

    #[test]
    fn words_that_were_found_are_bold_and_nothing_else_reaches_a_terminal() {
        let snippet = Snippet {
            path: "stance".to_owned(),
            text: "No\n grain\x1b[2J ships".to_owned(),
            highlights: vec![
                Highlight { start: 4, end: 9 },
                Highlight { start: 14, end: 19 },
            ],
        };
        assert_eq!(
            highlighted(&snippet, true),
            "No \x1b[1mgrain\x1b[0m\u{fffd}[2J \x1b[1mships\x1b[0m"
        );
        assert_eq!(highlighted(&snippet, false), "No grain\u{fffd}[2J ships");
    }
}
