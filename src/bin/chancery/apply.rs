//! `chancery apply -f FILE`: what the server holds becomes what the file says.
//!
//! A file holds assessments with their elements, single elements or registry entries, several
//! after one another if need be. What is missing is created; of what is there only the fields that
//! differ are written, under the etags that were read (or that the file names), so that nobody
//! else's change is lost. Applying the same file again changes nothing. A document of the file is
//! one commit.

use std::collections::BTreeSet;
use std::path::PathBuf;

use chancery::client::Client;
use chancery::model::kind::{self, Kind};
use chancery::model::name::Name;
use chancery::wire::json;
use clap::Args;
use prost_types::FieldMask;
use serde_json::{Value, json};

use crate::differences::{self, Difference, Fate};
use crate::failure::{Exit, Failure};
use crate::output::{Format, Output, tame};
use crate::progress::Progress;
use crate::publish::state;
use crate::wanted::{Document, Wanted};
use crate::writes::{self, Terms, mask, present, without_elements};
use crate::yaml;

/// The arguments of `apply`.
#[derive(Debug, Args)]
pub(crate) struct Apply {
    /// YAML or JSON with the fields of the contract, as `get -o yaml` prints it; - reads stdin
    #[arg(short = 'f', long = "file", value_name = "FILE")]
    file: PathBuf,
    /// Remove elements of an assessment that the file does not have
    #[arg(long)]
    prune: bool,
    /// With --prune: take links to what is removed out too, instead of refusing
    #[arg(long, requires = "prune")]
    unlink: bool,
    #[command(flatten)]
    terms: Terms,
}

/// What is to be done to one resource.
struct Step {
    difference: Difference,
    etag: String,
    wanted: Option<Wanted>,
}

impl Apply {
    pub(crate) fn documents(&self) -> Result<Vec<Value>, Failure> {
        let documents = yaml::parse(&yaml::read(&self.file)?)?;
        if documents.is_empty() {
            let shown = self.file.display();
            return Err(Failure::Here(format!("there is nothing in \"{shown}\"")));
        }
        Ok(documents)
    }

    pub(crate) async fn perform(
        &self,
        client: &Client,
        documents: &[Value],
        output: &mut Output,
    ) -> Result<Exit, Failure> {
        let several = documents.len() > 1;
        let read = documents.iter().enumerate().map(|(at, document)| {
            let place = if several {
                format!("[{at}]")
            } else {
                String::new()
            };
            Document::read(document, &place)
        });
        // All of them are read before the first is written.
        let progress = several.then(|| Progress::pieces(documents.len(), "applying"));
        for document in read.collect::<Result<Vec<_>, _>>()? {
            self.apply(client, document, output).await?;
            progress.iter().for_each(Progress::step);
        }
        drop(progress);
        self.terms.note(output)?;
        Ok(Exit::Done)
    }

    async fn apply(
        &self,
        client: &Client,
        document: Document,
        output: &mut Output,
    ) -> Result<(), Failure> {
        let kind = document.head.name.kind();
        let name = document.head.name.clone();
        let (before, stored) = match present(client, &name).await? {
            Some(found) => found,
            None => return self.create(client, document, output).await,
        };
        let (steps, left) = self.steps(&stored, &before, document);
        let after = self.write(client, &name, &steps).await?;
        let differences: Vec<Difference> = steps.into_iter().map(|step| step.difference).collect();
        let after = match after {
            Some(after) => after,
            None => before,
        };
        self.tell((kind, &after), &differences, output)?;
        if left > 0 && !self.prune {
            let noun = if left == 1 {
                "element is"
            } else {
                "elements are"
            };
            output.note(&format!(
                "{left} {noun} not in the file; --prune removes them"
            ))?;
        }
        Ok(())
    }

    /// What differs, and how many elements the file does not have.
    fn steps(&self, stored: &Value, before: &Value, document: Document) -> (Vec<Step>, usize) {
        let Document { head, elements } = document;
        let mut steps = Vec::new();
        let plain = without_elements(head.name.kind(), stored);
        if let Some(difference) =
            Difference::between(head.name.as_str(), Some(&plain), Some(&head.value))
        {
            let etag = either(&head.etag, before);
            steps.push(Step {
                difference,
                etag,
                wanted: Some(head),
            });
        }
        let mut kept = BTreeSet::new();
        for wanted in elements {
            let there = element(stored, &wanted.name);
            kept.insert(wanted.name.to_string());
            if let Some(difference) =
                Difference::between(wanted.name.as_str(), there, Some(&wanted.value))
            {
                let current = element(before, &wanted.name).unwrap_or(&Value::Null);
                let etag = either(&wanted.etag, current);
                steps.push(Step {
                    difference,
                    etag,
                    wanted: Some(wanted),
                });
            }
        }
        let mut left = 0;
        for item in elements_of(before) {
            let name = text(item, "name");
            if kept.contains(name) {
                continue;
            }
            left += 1;
            if let Some(difference) =
                Difference::between(name, Some(item), None).filter(|_| self.prune)
            {
                let etag = text(item, "etag").to_owned();
                steps.push(Step {
                    difference,
                    etag,
                    wanted: None,
                });
            }
        }
        (steps, left)
    }

    /// Writes the header and the elements in one commit; what the head is afterwards.
    async fn write(
        &self,
        client: &Client,
        name: &Name,
        steps: &[Step],
    ) -> Result<Option<Value>, Failure> {
        let (own, others): (Vec<&Step>, Vec<&Step>) = steps
            .iter()
            .partition(|step| step.difference.name == name.as_str());
        let own = own.first();
        let mut edits = Vec::new();
        for step in &others {
            edits.push(match &step.wanted {
                Some(wanted) => writes::upsert(wanted.name.kind(), &wanted.value, &[], &step.etag)?,
                None => writes::removal(&step.difference.name, self.unlink, &step.etag),
            });
        }
        let wanted = own.and_then(|step| Some((step, step.wanted.as_ref()?)));
        if edits.is_empty() {
            let Some((step, wanted)) = wanted else {
                return Ok(None);
            };
            let mask = mask(&step.difference, name.kind());
            let value = (&wanted.value, mask.as_slice());
            let after = writes::update(client, name, value, &step.etag, &self.terms).await?;
            return Ok(Some(after));
        }
        let mut request = self.terms.edit(name.as_str(), edits);
        if let Some((step, wanted)) = wanted {
            request.etag.clone_from(&step.etag);
            request.assessment = Some(json::decode("Assessment", wanted.value.clone())?);
            let paths = mask(&step.difference, name.kind());
            request.update_mask = Some(FieldMask { paths });
        }
        let answer = client.edit(request).await.map_err(Failure::from);
        let answer =
            answer.map_err(|failure| failure.placed(|field| self.place(field, &others)))?;
        let assessment = answer.assessment.unwrap_or_default();
        let mut header = json::encode("Assessment", &assessment)?;
        // The header keeps the revision it was written at; the reader wants that of the edit.
        if let (Some(fields), false) = (header.as_object_mut(), self.terms.dry_run) {
            fields.insert("revision".to_owned(), answer.revision.to_string().into());
        }
        Ok(Some(header))
    }

    /// `edits[3].upsert.likelihood.low` is `risks[1].likelihood.low` in the file.
    fn place(&self, field: &str, edits: &[&Step]) -> String {
        let found = field.strip_prefix("edits[").and_then(|rest| {
            let (number, rest) = rest.split_once(']')?;
            let step = edits.get(number.parse::<usize>().ok()?)?;
            let path = match &step.wanted {
                Some(wanted) => wanted.path.as_str(),
                None => step.difference.name.as_str(),
            };
            let rest = rest
                .trim_start_matches(".upsert")
                .trim_start_matches(".remove");
            Some(format!("{path}{rest}"))
        });
        let own = || {
            field
                .strip_prefix("assessment.")
                .unwrap_or(field)
                .to_owned()
        };
        found.unwrap_or_else(own)
    }

    async fn create(
        &self,
        client: &Client,
        document: Document,
        output: &mut Output,
    ) -> Result<(), Failure> {
        let Document { head, elements } = document;
        let name = &head.name;
        if name.kind().is_element() {
            let value = (&head.value, [].as_slice());
            let after = writes::update(client, name, value, &head.etag, &self.terms).await?;
            let created = Difference::between(name.as_str(), None, Some(&head.value));
            return self.tell((name.kind(), &after), created.as_slice(), output);
        }
        let mut whole = head.value.clone();
        let mut differences: Vec<Difference> =
            Difference::between(name.as_str(), None, Some(&head.value))
                .into_iter()
                .collect();
        for wanted in &elements {
            let collection = &wanted.name.kind().collection;
            let created = Difference::between(wanted.name.as_str(), None, Some(&wanted.value));
            differences.extend(created);
            if let Some(fields) = whole.as_object_mut() {
                let items = fields
                    .entry(collection.clone())
                    .or_insert_with(|| json!([]));
                items
                    .as_array_mut()
                    .into_iter()
                    .for_each(|items| items.push(wanted.value.clone()));
            }
        }
        let by = self.terms.write("");
        let kind = name.kind();
        let mut after = client.create_json(kind, whole, name.id(), &by).await?;
        if self.terms.dry_run {
            after = json!({ "name": name.as_str() });
        }
        self.tell((kind, &after), &differences, output)
    }

    /// What was changed, resource by resource, then how the whole stands.
    fn tell(
        &self,
        (kind, after): (&Kind, &Value),
        differences: &[Difference],
        output: &mut Output,
    ) -> Result<(), Failure> {
        match output.format() {
            Format::Json | Format::Yaml | Format::Jsonl => {
                let changes: Vec<Value> = differences.iter().map(Difference::json).collect();
                output.value(&json!({ "resource": after, "changes": changes }))?;
            }
            Format::Name => {
                for difference in differences {
                    output.line(&tame(&difference.name))?;
                }
            }
            Format::Table | Format::Wide => {
                differences::print(differences, output)?;
                output.line(&summary(kind, after, differences, self.terms.dry_run))?;
            }
        }
        Ok(())
    }
}

/// `assessments/talks  DRAFT  revision 4  1 created  2 changed`
fn summary(kind: &Kind, after: &Value, differences: &[Difference], dry_run: bool) -> String {
    let mut parts = vec![tame(text(after, "name"))];
    if kind.message == "Assessment" {
        parts.push(state(after));
    }
    match text(after, "revision") {
        _ if dry_run => parts.push("dry run".to_owned()),
        "" => {}
        revision => parts.push(format!("revision {}", tame(revision))),
    }
    for (fate, word) in [
        (Fate::Created, "created"),
        (Fate::Changed, "changed"),
        (Fate::Removed, "removed"),
    ] {
        let count = differences.iter().filter(|one| one.fate == fate).count();
        if count > 0 {
            parts.push(format!("{count} {word}"));
        }
    }
    if differences.is_empty() {
        parts.push("unchanged".to_owned());
    }
    parts.retain(|part| !part.is_empty());
    parts.join("  ")
}

fn elements_of(assessment: &Value) -> impl Iterator<Item = &Value> {
    kind::elements().flat_map(|kind| {
        let items = assessment.get(&kind.collection).and_then(Value::as_array);
        items.into_iter().flatten()
    })
}

fn element<'a>(assessment: &'a Value, name: &Name) -> Option<&'a Value> {
    let items = assessment.get(&name.kind().collection)?.as_array()?;
    items
        .iter()
        .find(|item| text(item, "name") == name.as_str())
}

/// The etag of the file, or else the one that was read.
fn either(given: &str, read: &Value) -> String {
    if given.is_empty() {
        text(read, "etag").to_owned()
    } else {
        given.to_owned()
    }
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}
