//! A document in, a draft out: one change that holds the document, the draft and, on request, its
//! publication with the registry entries it proposes.

use std::sync::Arc;

use prost::Message;
use sha2::{Digest, Sha256};

use super::list::kind_of;
use super::{Answer, Door, Mutation, Outcome, hash, mutate, wired};
use crate::edit::link::{self, Link};
use crate::error::{Error, Problems, Violation};
use crate::import::{self, Draft};
use crate::ledger::change::{Change, Effect};
use crate::ledger::{At, Query, View};
use crate::model::caller::{Caller, Marking};
use crate::model::kind::Value;
use crate::model::limits::{Limits, exceeded};
use crate::model::name::{Name, id_fits};
use crate::model::slug::{numbered, slug};
use crate::model::{
    Revision,
    v1::{self as plain, AssessmentState},
};
use crate::query::filter::Expr;
use crate::wire::body::{self, timestamp};
use crate::wire::{Lazy, builtin, decode};

/// What a text is when nobody says.
const MEDIA_TYPE: &str = "text/markdown";

/// What a text without a heading is called by.
const UNTITLED_WORDS: usize = 8;
const UNTITLED_LETTERS: usize = 80;

/// A document as it was uploaded.
pub(super) struct Upload {
    pub(super) options: plain::ImportOptions,
    pub(super) bytes: Vec<u8>,
}

/// An import that has been read, and waits for its place.
struct Reading {
    options: plain::ImportOptions,
    bytes: Vec<u8>,
    sha256: String,
    draft: Draft,
    /// A fresh id, should the document be new.
    document_id: String,
    uids: Vec<String>,
    spare_uid: String,
    now_us: i64,
}

/// Where an import went.
enum Place {
    /// The same text is there already, in an assessment that was drafted from it.
    Known { document: Name, assessment: Name },
    /// It was given these names.
    Given {
        document: Box<plain::Document>,
        assessment: Box<plain::Assessment>,
    },
}

impl Door {
    /// Reads a document and stores what it says, as the method of the contract does.
    pub async fn import(
        &self,
        caller: Caller,
        options: plain::ImportOptions,
        bytes: Vec<u8>,
    ) -> Result<Revision, Error> {
        let (_, revision) = import(self.clone(), caller, Upload { options, bytes }).await?;
        Ok(revision)
    }
}

/// Reads a document and stores what it says.
pub(super) async fn import(
    door: Door,
    caller: Caller,
    upload: Upload,
) -> Answer<wired::ImportDocumentResponse> {
    let Upload { options, bytes } = upload;
    check(&options, door.ledger.limits())?;
    let mutation = Mutation {
        request_id: options.request_id.clone(),
        hash: [hash(&options), Sha256::digest(&bytes).to_vec()].concat(),
        reason: options.reason.clone(),
        validate_only: false,
        takes_away: false,
    };
    let reading = read(&door, &caller, options, bytes).await?;
    if reading.options.dry_run {
        let view = door.latest(&caller).await?;
        return Ok((preview(&reading, &view)?, view.revision()));
    }
    let outcome = door
        .commit(&caller, &mutation, |view| compose(&reading, view))
        .await?;
    let (place, revision, unchanged) = match outcome {
        Outcome::Nothing(place) => (Some(place), None, true),
        Outcome::Committed(place, committed) => (place, Some(committed.revision), false),
    };
    // What a repeated request committed may have been compacted away since.
    let earliest = door.ledger.status().earliest;
    let at = revision.map_or(At::Latest, |revision| At::Exact(revision.max(earliest)));
    let view = door.ledger.read(caller, at, (door.clock)()).await?;
    let place = place.or(known(&reading, &view)?);
    let (document, assessment) = match place {
        Some(Place::Known {
            document,
            assessment,
        }) => (document, assessment),
        Some(Place::Given {
            document,
            assessment,
        }) => (
            Name::parse(&document.name, "name")?,
            Name::parse(&assessment.name, "name")?,
        ),
        None => {
            return Err(Error::Internal(
                "an import that left nothing behind".to_owned(),
            ));
        }
    };
    let response = wired::ImportDocumentResponse {
        document: Some(Lazy::from(body::without(&view.get(&document)?, &[24, 25])?)),
        assessment: Some(Lazy::from(view.full(&assessment)?)),
        doubts: reading.draft.doubts,
        unchanged,
        revision: view.revision(),
    };
    Ok((response, view.revision()))
}

/// Everything that is wrong with the options.
fn check(options: &plain::ImportOptions, limits: &Limits) -> Result<(), Error> {
    let mut problems = Problems::default();
    if !options.assessment_id.is_empty() && !id_fits(&options.assessment_id) {
        let text = format!(
            "\"{}\" is not an id like \"strait-transit\"",
            options.assessment_id
        );
        problems.note::<()>(Err(Error::invalid(
            "options.assessment_id",
            "ID_MALFORMED",
            text,
        )))?;
    }
    for (message, name, field) in [
        ("Situation", &options.situation, "options.situation"),
        ("Source", &options.source, "options.source"),
        ("Assessment", &options.supersedes, "options.supersedes"),
    ] {
        if !name.is_empty() {
            problems.note(Name::parse_as(kind_of(message)?, name, field))?;
        }
    }
    if options.request_id.len() > limits.request_id_bytes_max {
        let (given, allowed) = (options.request_id.len(), limits.request_id_bytes_max);
        let field = "options.request_id";
        let long = exceeded(field, "REQUEST_ID_TOO_LONG", given, allowed);
        problems.note::<()>(Err(long))?;
    }
    problems.finish()
}

/// Extracts the draft, on the pool for long work.
async fn read(
    door: &Door,
    caller: &Caller,
    options: plain::ImportOptions,
    bytes: Vec<u8>,
) -> Result<Reading, Error> {
    let now_us = (door.clock)();
    let view = door.latest(caller).await?;
    let limits = *door.ledger.limits();
    let uids = (0..=limits.elements_max * 2)
        .map(|_| door.uid())
        .collect::<Result<_, _>>()?;
    let random = door.uid()?;
    let spare_uid = door.uid()?;
    let document_id = format!("d{}", random.rsplit('-').next().unwrap_or_default());
    let known = Arc::clone(&door.known);
    door.long(move || {
        let names = known.names(&view)?;
        let media_type = if options.media_type.is_empty() {
            MEDIA_TYPE
        } else {
            &options.media_type
        };
        let mut draft = import::draft(&bytes, media_type, &names, &limits)?;
        describe(&mut draft.assessment, &options);
        name_untitled(&mut draft);
        let sha256 = Sha256::digest(&bytes)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Ok(Reading {
            options,
            bytes,
            sha256,
            draft,
            document_id,
            uids,
            spare_uid,
            now_us,
        })
    })
    .await
}

/// A text without a heading is called by its first words; the doubt about it stays.
fn name_untitled(draft: &mut Draft) {
    if draft.assessment.title.is_empty() {
        let words: Vec<&str> = draft.text.split_whitespace().take(UNTITLED_WORDS).collect();
        draft.assessment.title = words.join(" ").chars().take(UNTITLED_LETTERS).collect();
    }
}

/// Puts what the caller said into the draft.
fn describe(assessment: &mut plain::Assessment, options: &plain::ImportOptions) {
    if !options.title.is_empty() {
        assessment.title.clone_from(&options.title);
    }
    assessment.marking.clone_from(&options.marking);
    assessment.information_cutoff = options.information_cutoff;
    assessment.situation.clone_from(&options.situation);
    if !options.language.is_empty() {
        assessment.language.clone_from(&options.language);
    }
    assessment.set_state(AssessmentState::Draft);
}

/// What an import would store, without storing it.
fn preview(reading: &Reading, view: &View) -> Result<wired::ImportDocumentResponse, Error> {
    let (document, assessment) = place(reading, view)?;
    let short = plain::Document {
        text: String::new(),
        original: Vec::new(),
        ..document
    };
    Ok(wired::ImportDocumentResponse {
        document: Some(Lazy::value(short)),
        assessment: Some(Lazy::value(assessment)),
        doubts: reading.draft.doubts.clone(),
        unchanged: false,
        revision: view.revision(),
    })
}

/// The change that stores an import; none when the same text is there already.
fn compose(reading: &Reading, view: &View) -> Result<(Place, Option<Change>), Error> {
    if let Some(known) = known(reading, view)? {
        return Ok((known, None));
    }
    let (document, assessment) = place(reading, view)?;
    let mut change = Change::default();
    let mut add = |name: &str, body: Vec<u8>| {
        change.reads.push((name.to_owned(), 0));
        change.effects.push(Effect {
            name: name.to_owned(),
            body,
            tombstone: false,
        });
    };
    if document.revision == 0 {
        add(&document.name, document.encode_to_vec());
    }
    let bytes = assessment.encode_to_vec();
    let allowed = view.limits().assessment_bytes_max;
    if bytes.len() > allowed {
        return Err(exceeded(
            "chunk",
            "ASSESSMENT_TOO_LARGE",
            bytes.len(),
            allowed,
        ));
    }
    let (header, elements) = body::split(&bytes)?;
    for (_, element) in &elements {
        add(&body::name(element)?, element.to_vec());
    }
    if reading.options.publish {
        let mut header: plain::Assessment = decode(&header)?;
        if !header.supersedes.is_empty() {
            let name = Name::parse(&header.name, "name")?;
            mutate::supersede(view, &name, &header, &mut change)?;
        }
        publish(&mut header, &mut change, view, reading.now_us)?;
        let body = header.encode_to_vec();
        change.reads.push((header.name.clone(), 0));
        change.effects.push(Effect {
            name: header.name,
            body,
            tombstone: false,
        });
    } else {
        add(&assessment.name, header.to_vec());
    }
    judge(reading, view, &assessment, &change)?;
    let (document, assessment) = (Box::new(document), Box::new(assessment));
    Ok((
        Place::Given {
            document,
            assessment,
        },
        Some(change),
    ))
}

/// What a draft links to must exist, and must not be marked higher than the draft.
fn judge(
    reading: &Reading,
    view: &View,
    assessment: &plain::Assessment,
    change: &Change,
) -> Result<(), Error> {
    let given = reading.options.marking.as_ref();
    let mine = given.map(Marking::from).unwrap_or_default();
    let mut problems = Problems::default();
    if !view.caller().clearance().covers(&mine) {
        let text = "it would be above your own clearance";
        problems.add(Violation::new(
            "options.marking",
            "MARKING_ABOVE_CLEARANCE",
            text,
        ));
    }
    let proposed = mutate::proposed(assessment);
    for effect in &change.effects {
        let name = Name::parse(&effect.name, "name")?;
        let message = body::open(name.kind(), &effect.body)?;
        for Link { path, target } in link::links(&message, name.as_str()).0 {
            let text = target.as_str();
            let stored = view.stored(&target)?.filter(|stored| !stored.deleted);
            let new = proposed.iter().any(|name| name == text)
                || change.effects.iter().any(|effect| effect.name == text)
                || builtin::actor(text).is_some();
            match stored {
                Some(stored) if !mine.dominates(&stored.marking) => {
                    let told =
                        format!("\"{target}\" has a marking that this one does not dominate");
                    problems.add(Violation::new(path, "MARKING_NOT_DOMINATED", told));
                }
                None if !new => {
                    let told = format!("\"{target}\" does not exist");
                    problems.add(Violation::new(path, "LINK_DANGLING", told));
                }
                Some(_) | None => {}
            }
        }
    }
    problems.finish()
}

/// Marks a header as published, and creates the registry entries that it proposes.
pub(super) fn publish(
    header: &mut plain::Assessment,
    change: &mut Change,
    view: &View,
    now_us: i64,
) -> Result<(), Error> {
    header.set_state(AssessmentState::Published);
    header.publish_time = Some(timestamp(now_us));
    let marking = header.marking.clone();
    let mut entries: Vec<(Name, Vec<u8>)> = Vec::new();
    macro_rules! accept {
        ($($proposed:ident: $Kind:literal;)+) => {$(
            for mut entry in std::mem::take(&mut header.$proposed) {
                let field = concat!(stringify!($proposed), ".name");
                let name = Name::parse_as(kind_of($Kind)?, &entry.name, field)?;
                entry.id = name.id().to_owned();
                entry.marking = marking.clone();
                entries.push((name, entry.encode_to_vec()));
            }
        )+};
    }
    accept! {
        proposed_actors: "Actor";
        proposed_issues: "Issue";
        proposed_sources: "Source";
        proposed_situations: "Situation";
        proposed_places: "Place";
    }
    for (name, body) in entries {
        let twice = change
            .effects
            .iter()
            .any(|effect| effect.name == name.as_str());
        let revision = match view.stored(&name)? {
            Some(stored) if stored.deleted => stored.revision,
            None if !view.taken(&name)? => 0,
            _ => continue,
        };
        if !twice && builtin::actor(name.as_str()).is_none() {
            change.reads.push((name.to_string(), revision));
            change.put(name.as_str(), body);
        }
    }
    Ok(())
}

/// The document and the draft under the names they would have.
fn place(reading: &Reading, view: &View) -> Result<(plain::Document, plain::Assessment), Error> {
    let options = &reading.options;
    let document = match documents(reading, view)?.first() {
        Some(known) => decode(&view.get(known)?)?,
        None => document(reading),
    };
    let mut assessment = reading.draft.assessment.clone();
    let id = match options.assessment_id.as_str() {
        "" => free_id(&assessment.title, view)?,
        given => given.to_owned(),
    };
    let name = Name::top(kind_of("Assessment")?, &id, "options.assessment_id")?;
    if !options.dry_run && view.taken(&name)? {
        return Err(Error::AlreadyExists {
            name: name.to_string(),
        });
    }
    assessment.id = id;
    import::bind(&mut assessment, name.as_str(), &document.name);
    import::identify(&mut assessment, &reading.uids);
    propose_situation(&mut assessment, view, &reading.spare_uid)?;
    carry_on(&mut assessment, options, view)?;
    Ok((document, assessment))
}

/// Says of each element which one it carries on of the assessment that is superseded.
fn carry_on(
    assessment: &mut plain::Assessment,
    options: &plain::ImportOptions,
    view: &View,
) -> Result<(), Error> {
    if options.supersedes.is_empty() {
        return Ok(());
    }
    let field = "options.supersedes";
    let old = Name::parse_as(kind_of("Assessment")?, &options.supersedes, field)?;
    let before: plain::Assessment = decode(&view.full(&old)?)?;
    mutate::supersedable(&old, &before)?;
    import::carry_on(assessment, &before);
    Ok(())
}

fn document(reading: &Reading) -> plain::Document {
    let options = &reading.options;
    let text = reading.draft.text.clone();
    let original = if text.as_bytes() == reading.bytes {
        Vec::new()
    } else {
        reading.bytes.clone()
    };
    let media_type = if options.media_type.is_empty() {
        MEDIA_TYPE
    } else {
        &options.media_type
    };
    plain::Document {
        name: format!("documents/{}", reading.document_id),
        uid: reading.uids.last().cloned().unwrap_or_default(),
        id: reading.document_id.clone(),
        title: reading.draft.assessment.title.clone(),
        marking: options.marking.clone(),
        media_type: media_type.to_owned(),
        sha256: reading.sha256.clone(),
        size_bytes: i32::try_from(reading.bytes.len()).unwrap_or(i32::MAX),
        text,
        original,
        source: options.source.clone(),
        retrieve_time: options.retrieve_time,
        publish_time: options.publish_time,
        language: options.language.clone(),
        url: options.url.clone(),
        ..Default::default()
    }
}

/// The first of `title`, `title-2`, ... that no assessment has.
fn free_id(title: &str, view: &View) -> Result<String, Error> {
    let taken = |id: &str| -> Result<bool, Error> {
        view.taken(&Name::top(
            kind_of("Assessment")?,
            id,
            "options.assessment_id",
        )?)
    };
    let base = slug(title).unwrap_or_else(|| "assessment".to_owned());
    let mut id = base.clone();
    let mut number = 2;
    while taken(&id)? {
        id = numbered(&base, number);
        number += 1;
    }
    Ok(id)
}

/// A situation that does not exist yet is proposed with the draft.
fn propose_situation(
    assessment: &mut plain::Assessment,
    view: &View,
    uid: &str,
) -> Result<(), Error> {
    if assessment.situation.is_empty() {
        return Ok(());
    }
    let name = Name::parse(&assessment.situation, "options.situation")?;
    if !view.has(&name)? {
        assessment.proposed_situations.push(plain::Situation {
            name: name.to_string(),
            id: name.id().to_owned(),
            title: name.id().replace('-', " "),
            uid: uid.to_owned(),
            ..Default::default()
        });
    }
    Ok(())
}

/// Documents with the same bytes.
fn documents(reading: &Reading, view: &View) -> Result<Vec<Name>, Error> {
    matching(view, "Document", "sha256", &reading.sha256)
}

/// The assessment that was drafted from the same bytes, if it is the one that is meant.
fn known(reading: &Reading, view: &View) -> Result<Option<Place>, Error> {
    for document in documents(reading, view)? {
        for assessment in matching(view, "Assessment", "documents", document.as_str())? {
            let meant = &reading.options.assessment_id;
            if meant.is_empty() || meant == assessment.id() {
                return Ok(Some(Place::Known {
                    document,
                    assessment,
                }));
            }
        }
    }
    Ok(None)
}

/// Names of what has that value in that field.
fn matching(view: &View, message: &str, field: &str, value: &str) -> Result<Vec<Name>, Error> {
    let kind = kind_of(message)?;
    let unknown = || Error::Internal(format!("{message}.{field} is not indexed"));
    let field = kind.field(field).ok_or_else(unknown)?;
    let mut query = Query::of(kind, view.limits().page_size_default);
    query.filter = Expr::value(field, Value::Text(value.into()));
    view.names(&query)?
        .iter()
        .map(|name| Name::parse(name, "name"))
        .collect()
}
