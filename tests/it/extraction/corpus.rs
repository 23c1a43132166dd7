//! The labelled and the unlabelled documents of the development set, where they lie beside the
//! checkout, and the labels in the terms that `score` compares.
//!
//! The first line of a text says where it came from and is no part of it.

use std::fs;
use std::path::{Path, PathBuf};

use chancery::import::{Draft, draft};
use chancery::model::limits::Limits;
use chancery::model::names::{Names, Resolution};
use serde_json::Value;

use super::found::{Construct, KINDS};

/// Where the development set is; none when this checkout stands alone.
pub(super) fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("CHANCERY_TEST_CORPUS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus"),
        PathBuf::from,
    );
    folder.is_dir().then_some(folder)
}

/// The texts of a folder, in the order of their names.
pub(super) fn texts(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the corpus");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut texts: Vec<PathBuf> = paths
        .filter(|path| {
            path.extension()
                .is_some_and(|end| end == "txt" || end == "md")
        })
        .collect();
    texts.sort();
    texts
}

/// The labels of a text, where it has any.
pub(super) fn labels(text: &Path) -> Option<Labels> {
    let path = text.with_extension("expected.json");
    let json = fs::read_to_string(path).ok()?;
    let value: Value = serde_json::from_str(&json).expect("labels are JSON");
    Some(Labels { value })
}

/// The bytes of a text without the line of its source.
pub(super) fn bytes(text: &Path) -> Vec<u8> {
    let bytes = fs::read(text).expect("a text");
    let own = bytes.starts_with(b"# source:");
    let line = bytes.iter().position(|byte| *byte == b'\n');
    match line.filter(|_| own) {
        Some(end) => bytes.get(end + 1..).unwrap_or(&[]).to_vec(),
        None => bytes,
    }
}

/// What import makes of a text.
pub(super) fn read(text: &Path) -> Draft {
    let markdown = text.extension().is_some_and(|end| end == "md");
    let media_type = if markdown {
        "text/markdown"
    } else {
        "text/plain"
    };
    draft(
        &bytes(text),
        media_type,
        Names::builtin(),
        &Limits::default(),
    )
    .expect("a draft")
}

/// What people found in a text.
pub(super) struct Labels {
    value: Value,
}

/// One thing that people found.
#[derive(Debug, Clone)]
pub(super) struct Label {
    pub(super) construct: Construct,
    pub(super) optional: bool,
    pub(super) actor: Option<String>,
    /// The same in several extents: with and without its issue or purpose, and as it stands.
    pub(super) texts: Vec<String>,
    pub(super) probability: Option<f64>,
    /// Further fields that a found element states too: name and text.
    pub(super) fields: Vec<(&'static str, String)>,
}

impl Labels {
    /// Whether everything of this kind is labelled.
    pub(super) fn exhaustive(&self, kind: &str) -> bool {
        self.strings("exhaustive").any(|known| known == kind)
    }

    pub(super) fn must_not_contain(&self) -> impl Iterator<Item = &str> {
        self.strings("mustNotContain")
    }

    /// The actors of the document; the second list holds those that need not be found.
    pub(super) fn actors(&self) -> (Vec<String>, Vec<String>) {
        let named = |field| self.strings(field).map(resource).collect();
        (named("actors"), named("actorsOptional"))
    }

    pub(super) fn actors_exhaustive(&self) -> bool {
        self.value.get("actorsExhaustive").and_then(Value::as_bool) == Some(true)
    }

    fn strings<'v>(&'v self, field: &str) -> impl Iterator<Item = &'v str> + use<'v> {
        let list = self.value.get(field).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str)
    }

    /// The labels of a kind.
    pub(super) fn of(&self, kind: &str) -> Vec<Label> {
        assert!(KINDS.contains(&kind), "{kind} is a kind");
        let list = self.value.get(kind).and_then(Value::as_array);
        list.into_iter()
            .flatten()
            .map(|item| label(kind, item))
            .collect()
    }
}

fn label(kind: &str, item: &Value) -> Label {
    let text = |field: &str| {
        item.get(field)
            .and_then(Value::as_str)
            .unwrap_or("")
            .to_owned()
    };
    let both = |one: &str, other: &str| vec![format!("{} {}", text(one), text(other)), text(other)];
    let mut texts = match kind {
        "redLines" => both("issue", "stance"),
        "focusAreas" => vec![text("focus")],
        "tools" => vec![
            text("tool"),
            format!("{} {}", text("tool"), text("purpose")),
        ],
        _ => vec![text("text")],
    };
    texts.push(text("quote"));
    let fields: &[(&'static str, &str)] = match kind {
        "redLines" => &[("implication", "implication")],
        "focusAreas" => &[("outcome", "outcome"), ("risk", "risk")],
        "risks" => &[("focus", "focus")],
        "tools" => &[("purpose", "purpose"), ("outcome", "expectedOutcome")],
        "recommendations" => &[("addressee", "addressee")],
        "forecasts" | "indicators" => &[("window", "window"), ("threshold", "threshold")],
        _ => &[],
    };
    let fields = fields.iter().map(|(name, field)| (*name, text(field)));
    Label {
        construct: match text("from").as_str() {
            "table" => Construct::Table,
            "list" => Construct::List,
            "prose" => Construct::Prose,
            other => panic!("a label is from a table, a list or prose, not \"{other}\""),
        },
        optional: item.get("optional").and_then(Value::as_bool) == Some(true),
        actor: Some(text("actor"))
            .filter(|actor| !actor.is_empty())
            .map(|a| resource(&a)),
        texts: texts
            .into_iter()
            .filter(|text| !text.trim().is_empty())
            .collect(),
        probability: item.get("probability").and_then(Value::as_f64),
        fields: fields.filter(|(_, text)| !text.is_empty()).collect(),
    }
}

/// The resource name of an actor that a label names, or its title where it is no known one.
pub(super) fn resource(name: &str) -> String {
    match Names::builtin().actor(name) {
        Resolution::One(resource) => resource.to_owned(),
        Resolution::Unknown | Resolution::Ambiguous(_) => name.to_lowercase(),
    }
}
