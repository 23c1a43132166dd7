//! Editing an assessment: its header and any mix of its elements, all of it or none.
//!
//! Edits of different elements do not conflict; each may carry the etag it was decided on. A
//! removal is decided on everything that lies in the assessment, since anything may link to it.

use prost::Message;
use prost_reflect::DynamicMessage;

use super::mutate::{Applied, apply, assessment, editable, header, mask, match_etag, proposed};
use super::write::{Put, Writing};
use super::{Answer, Door, mutation, wired};
use crate::error::{Error, Violation};
use crate::ledger::View;
use crate::model::caller::Caller;
use crate::model::kind;
use crate::model::limits::exceeded;
use crate::model::name::Name;
use crate::model::v1 as plain;
use crate::wire::{Lazy, body, decode};

/// Edits elements of an assessment, all of them or none.
pub(super) async fn edit(
    door: Door,
    caller: Caller,
    request: wired::EditAssessmentRequest,
) -> Answer<wired::EditAssessmentResponse> {
    let name = assessment(&request.name)?;
    let mut mutation = mutation!(request, request.reason.clone());
    let removes = |edit: &wired::ElementEdit| {
        matches!(edit.change, Some(wired::element_edit::Change::Remove(_)))
    };
    mutation.takes_away = request.edits.iter().any(removes);
    let (count, allowed) = (request.edits.len(), door.ledger.limits().elements_max);
    if count == 0 && request.assessment.is_none() {
        let text = "an edit changes the header or at least one element";
        return Err(Error::invalid("edits", "REQUIRED", text));
    }
    if count > allowed {
        return Err(exceeded("edits", "TOO_MANY_ELEMENTS", count, allowed));
    }
    let edits = request
        .edits
        .iter()
        .map(taken_apart)
        .collect::<Result<Vec<_>, _>>()?;
    let own = Head::given(&name, request.assessment, request.update_mask)?;
    let uid = || door.uid();
    let applied = apply(&door, caller, &mutation, |view| {
        let (header, revision) = header(view, &name)?;
        match_etag(&name, &request.etag, revision)?;
        editable(&name, &header, &mutation.reason)?;
        let mut writing = Writing::on(view, &uid);
        writing.read(name.to_string(), revision);
        writing.proposes(proposed(&header));
        if let Some(own) = &own {
            own.put(&name, &mut writing)?;
        }
        edited(&mut writing, view, &name, &edits)?;
        writing.finish()
    })
    .await?;
    let elements = applied
        .names
        .iter()
        .filter_map(|name| element(&applied, name).transpose());
    let (assessment, revision) = applied.answer(&name)?;
    let response = wired::EditAssessmentResponse {
        assessment: Some(assessment),
        elements: elements.collect::<Result<_, _>>()?,
        revision,
    };
    Ok((response, revision))
}

/// New values of a header that is edited together with elements.
struct Head {
    given: DynamicMessage,
    mask: Vec<String>,
    proposed: Vec<String>,
}

impl Head {
    fn given(
        name: &Name,
        given: Option<Lazy<plain::Assessment>>,
        paths: Option<prost_types::FieldMask>,
    ) -> Result<Option<Self>, Error> {
        let Some(given) = given else { return Ok(None) };
        let given: plain::Assessment = given.into_value()?;
        if !given.name.is_empty() && given.name != name.as_str() {
            let told = format!("\"{}\" is not \"{name}\"", given.name);
            return Err(Error::invalid("assessment.name", "NAME_ELSEWHERE", told));
        }
        let (bytes, _elements) = body::split(&given.encode_to_vec())?;
        let message = body::open(name.kind(), &bytes)?;
        Ok(Some(Self {
            mask: mask(paths, &message),
            proposed: proposed(&given),
            given: message,
        }))
    }

    /// Comes before the elements: they may need what it proposes, and its marking judges them.
    fn put(&self, name: &Name, writing: &mut Writing<'_>) -> Result<(), Error> {
        writing.proposes(self.proposed.iter().cloned());
        let put = Put {
            given: &self.given,
            mask: Some(&self.mask),
            etag: "",
            path: "assessment".to_owned(),
        };
        writing.put(name, put)?;
        writing.judge_lowered(name)
    }
}

/// One edit, with its element open.
struct Edit {
    upsert: Option<DynamicMessage>,
    remove: String,
    etag: String,
    unlink: bool,
    mask: Option<Vec<String>>,
}

fn taken_apart(edit: &wired::ElementEdit) -> Result<Edit, Error> {
    use wired::element_edit::Change as Asked;
    let mut upsert = None;
    let mut remove = String::new();
    match &edit.change {
        Some(Asked::Upsert(element)) => {
            let bytes = element.encode_to_vec();
            upsert = body::only_field(&bytes)?
                .and_then(|(tag, inner)| Some((kind::elements().nth(tag as usize - 1)?, inner)))
                .map(|(kind, inner)| body::open(kind, &inner))
                .transpose()?;
        }
        Some(Asked::Remove(name)) => remove.clone_from(name),
        None => {}
    }
    let mask = edit
        .update_mask
        .clone()
        .map(|mask| mask.paths)
        .filter(|paths| !paths.is_empty());
    Ok(Edit {
        upsert,
        remove,
        etag: edit.etag.clone(),
        unlink: edit.unlink,
        mask,
    })
}

fn edited(
    writing: &mut Writing<'_>,
    view: &View,
    parent: &Name,
    edits: &[Edit],
) -> Result<(), Error> {
    let mut removals = false;
    for (number, edit) in edits.iter().enumerate() {
        let path = format!("edits[{number}]");
        if let Some(given) = &edit.upsert {
            let path = format!("{path}.upsert");
            let put = Put {
                given,
                mask: edit.mask.as_deref(),
                etag: &edit.etag,
                path,
            };
            writing.put_element(parent, put)?;
        } else if edit.remove.is_empty() {
            let text = "an edit upserts an element or removes one";
            writing.problem(Violation::new(path, "REQUIRED", text));
        } else {
            let path = format!("{path}.remove");
            let name = match Name::parse(&edit.remove, &path) {
                Ok(name) => name,
                Err(Error::Invalid(violations)) => {
                    violations.into_iter().for_each(|one| writing.problem(one));
                    continue;
                }
                Err(error) => return Err(error),
            };
            if !name.kind().is_element() || name.assessment() != Some(parent.as_str()) {
                let text = format!("\"{name}\" is not an element of \"{parent}\"");
                writing.problem(Violation::new(path, "NAME_ELSEWHERE", text));
                continue;
            }
            writing.remove(&name, (&edit.etag, edit.unlink), path)?;
            removals = true;
        }
    }
    if removals {
        writing.read(format!("{parent}/"), view.aggregate(parent));
    }
    Ok(())
}

/// An element in the one message that can hold any; `None` for what was removed.
fn element(applied: &Applied, name: &str) -> Result<Option<wired::Element>, Error> {
    let name = Name::parse(name, "name")?;
    let place = kind::elements().position(|kind| kind.ordinal == name.kind().ordinal);
    let Some(place) = place else { return Ok(None) };
    let Some(bytes) = applied.resource(&name)? else {
        return Ok(None);
    };
    decode(&body::framed(place as u32 + 1, &bytes)).map(Some)
}
