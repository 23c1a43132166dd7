//! What all verbs that change something share: how the change is meant, the one way to write a
//! resource of whatever kind, and how its outcome is told.

use chancery::client::{Client, Get, View, Write};
use chancery::model::kind::{self, Kind};
use chancery::model::name::Name;
use chancery::model::v1::{
    EditAssessmentRequest, EditAssessmentResponse, Element, ElementEdit, element_edit,
};
use chancery::wire::json;
use clap::Args;
use prost_types::FieldMask;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::cells;
use crate::differences::Difference;
use crate::failure::Failure;
use crate::output::{Format, Output, tame};
use crate::publish::state;
use crate::yaml;

/// How a change is meant.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Terms {
    /// Why; needed to change what is published, and kept with the revision
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "",
        hide_default_value = true
    )]
    pub(crate) reason: String,
    /// Run every check and commit nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// The id of this change: sent twice it takes effect once; made up when not given
    #[arg(long, value_name = "ID")]
    request_id: Option<String>,
}

/// The version that a change was decided on.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct IfMatch {
    /// Only if this is still the etag
    #[arg(long, value_name = "ETAG")]
    if_match: Option<String>,
}

impl IfMatch {
    /// The etag in its quotes, which a shell easily loses; empty when none is given.
    pub(crate) fn etag(&self) -> String {
        match self.if_match.as_deref() {
            None | Some("") => String::new(),
            Some(etag) if etag.starts_with('"') => etag.to_owned(),
            Some(etag) => format!("\"{etag}\""),
        }
    }
}

impl Terms {
    pub(crate) fn request_id(&self) -> String {
        let given = self.request_id.clone();
        given.unwrap_or_else(|| Uuid::now_v7().to_string())
    }

    /// Edits of an assessment's elements, meant so.
    pub(crate) fn edit(&self, parent: &str, edits: Vec<ElementEdit>) -> EditAssessmentRequest {
        EditAssessmentRequest {
            name: parent.to_owned(),
            edits,
            reason: self.reason.clone(),
            request_id: self.request_id(),
            validate_only: self.dry_run,
            ..EditAssessmentRequest::default()
        }
    }

    pub(crate) fn write(&self, etag: &str) -> Write {
        Write {
            etag: etag.to_owned(),
            reason: self.reason.clone(),
            request_id: self.request_id(),
            validate_only: self.dry_run,
            allow_missing: false,
        }
    }

    /// Says that nothing was done, if so.
    pub(crate) fn note(&self, output: &mut Output) -> Result<(), Failure> {
        if self.dry_run {
            output.note("dry run: every check passed, nothing was committed")?;
        }
        Ok(())
    }
}

/// An element put into an edit.
pub(crate) fn upsert(
    kind: &Kind,
    value: &Value,
    mask: &[String],
    etag: &str,
) -> Result<ElementEdit, Failure> {
    let mut letters = kind.message.chars();
    let first = letters.next().map(|letter| letter.to_ascii_lowercase());
    let arm: String = first.into_iter().chain(letters).collect();
    let element: Element = json::decode("Element", json!({ arm: value }))?;
    Ok(ElementEdit {
        change: Some(element_edit::Change::Upsert(element)),
        etag: etag.to_owned(),
        update_mask: (!mask.is_empty()).then(|| FieldMask {
            paths: mask.to_vec(),
        }),
        unlink: false,
    })
}

/// An element taken out by an edit.
pub(crate) fn removal(name: &str, unlink: bool, etag: &str) -> ElementEdit {
    ElementEdit {
        change: Some(element_edit::Change::Remove(name.to_owned())),
        etag: etag.to_owned(),
        update_mask: None,
        unlink,
    }
}

/// Edits the elements of an assessment in one commit.
pub(crate) async fn edit(
    client: &Client,
    parent: &str,
    edits: Vec<ElementEdit>,
    terms: &Terms,
) -> Result<EditAssessmentResponse, Failure> {
    Ok(client.edit(terms.edit(parent, edits)).await?)
}

/// Changes one resource: the fields of `mask`, as the contract writes them; of an element none
/// means all. Answers with what it is afterwards.
pub(crate) async fn update(
    client: &Client,
    name: &Name,
    (value, mask): (&Value, &[String]),
    etag: &str,
    terms: &Terms,
) -> Result<Value, Failure> {
    let kind = name.kind();
    if !kind.is_element() {
        let by = terms.write(etag);
        return Ok(client.update_json(kind, value.clone(), mask, &by).await?);
    }
    let parent = name.assessment().unwrap_or_default();
    let edits = vec![upsert(kind, value, mask, etag)?];
    let answer = edit(client, parent, edits, terms).await;
    let answer = answer.map_err(|failure| failure.placed(own_field))?;
    let answer = json::encode("EditAssessmentResponse", &answer)?;
    Ok(written(&answer).unwrap_or_else(|| json!({ "name": name.as_str() })))
}

/// The one element that an edit wrote.
fn written(answer: &Value) -> Option<Value> {
    let element = answer.get("elements")?.get(0)?.as_object()?;
    element.values().next().cloned()
}

/// `edits[0].upsert.likelihood.low` is the element's own `likelihood.low`.
pub(crate) fn own_field(field: &str) -> String {
    let own = field.strip_prefix("edits[0].upsert");
    match own.map(|own| own.trim_start_matches('.')) {
        Some("") => "element".to_owned(),
        Some(own) => own.to_owned(),
        None => field.to_owned(),
    }
}

/// A resource as the server holds it: as it is, and in the form that can be compared.
pub(crate) async fn present(
    client: &Client,
    name: &Name,
) -> Result<Option<(Value, Value)>, Failure> {
    let get = Get {
        name: name.to_string(),
        view: View::Full,
        ..Get::default()
    };
    let found = match client.get_json(name.kind(), &get).await {
        Ok(found) => found.value,
        Err(error) if error.code_name() == "NOT_FOUND" => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let mut stored = found.clone();
    if let Some(message) = cells::message(&name.kind().message) {
        yaml::strip(&message, &mut stored);
    }
    Ok(Some((found, stored)))
}

/// An assessment without its elements.
pub(crate) fn without_elements(kind: &Kind, value: &Value) -> Value {
    let mut plain = value.clone();
    if let (Some(fields), "Assessment") = (plain.as_object_mut(), kind.message.as_str()) {
        for kind in kind::elements() {
            fields.shift_remove(&kind.collection);
        }
    }
    plain
}

/// The fields to write, as the contract writes them.
pub(crate) fn mask(difference: &Difference, kind: &Kind) -> Vec<String> {
    let Some(message) = cells::message(&kind.message) else {
        return Vec::new();
    };
    let names = difference.tops().into_iter().filter_map(|top| {
        let field = message.get_field_by_json_name(top)?;
        Some(field.name().to_owned())
    });
    names.collect()
}

/// Prints what a resource is after a change.
pub(crate) fn tell(kind: &Kind, value: &Value, output: &mut Output) -> Result<(), Failure> {
    let name = tame(
        value
            .get("name")
            .and_then(Value::as_str)
            .unwrap_or_default(),
    );
    match output.format() {
        Format::Json | Format::Jsonl | Format::Yaml => output.value(value)?,
        Format::Name => output.line(&name)?,
        Format::Table | Format::Wide => {
            let mut line = name;
            if kind.message == "Assessment" {
                line = format!("{line}  {}", state(value));
            }
            if value.get("deleteTime").is_some() {
                line = format!("{line}  deleted");
            }
            if let Some(revision) = value.get("revision").and_then(Value::as_str) {
                line = format!("{line}  revision {}", tame(revision));
            }
            output.line(&line)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_element_can_be_put_into_an_edit() {
        for kind in kind::elements() {
            let edit = upsert(kind, &json!({ "id": "one" }), &[], "").unwrap();
            assert!(edit.change.is_some(), "{}", kind.message);
        }
        assert!(upsert(kind::of("Risk").unwrap(), &json!({ "colour": 1 }), &[], "").is_err());
    }

    #[test]
    fn etags_find_their_quotes_again() {
        let given = |etag: &str| {
            IfMatch {
                if_match: Some(etag.to_owned()),
            }
            .etag()
        };
        assert_eq!(given("4"), "\"4\"");
        assert_eq!(given("\"4\""), "\"4\"");
        assert_eq!(IfMatch::default().etag(), "");
    }

    #[test]
    fn violations_of_an_edit_are_the_elements_own() {
        assert_eq!(
            own_field("edits[0].upsert.likelihood.low"),
            "likelihood.low"
        );
        assert_eq!(own_field("edits[0].upsert"), "element");
        assert_eq!(own_field("reason"), "reason");
    }
}
