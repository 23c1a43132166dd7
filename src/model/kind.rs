//! The kinds of resource there are, as a table read from the contract itself.
//!
//! Nothing behind this table knows a kind by name: what is stored, indexed, listed and replayed
//! follows from it. An element kind is a repeated field of `Assessment`; a field of its message
//! is indexed when it is an enum or a link, on its own or one message deep (links at any depth).
//! What the contract cannot say (which fields are links) stands in `LINKS`. To add a kind is to add
//! it to the proto.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::error::Error;

use prost_reflect::{
    DescriptorPool, EnumValueDescriptor, FieldDescriptor, Kind as Shape, MessageDescriptor,
};

/// Fields with this number and above hold the elements of an `Assessment`.
const FIRST_ELEMENT_FIELD: u32 = 101;

/// The resources that lie under nothing, with their collections.
const TOP: [(&str, &str); 7] = [
    ("Assessment", "assessments"),
    ("Document", "documents"),
    ("Actor", "actors"),
    ("Issue", "issues"),
    ("Situation", "situations"),
    ("Source", "sources"),
    ("Place", "places"),
];

/// Text fields that hold the name of a resource, with the collections they may point into; an
/// empty list is anywhere. The same name means the same in every kind.
const LINKS: &[(&str, &[&str])] = &[
    ("about", &[]),
    ("actor", &["actors"]),
    ("addressee", &["actors"]),
    ("addresses", &["risks", "redLines", "challenges"]),
    ("asserter", &["actors"]),
    ("beneficiary", &["actors"]),
    ("borne_by", &["actors"]),
    ("caused_by", &[]),
    ("commitments", &["commitments"]),
    ("continues", &[]),
    ("country", &["actors"]),
    ("decider", &["actors"]),
    ("derives_from", &["sources"]),
    ("document", &["documents"]),
    ("documents", &["documents"]),
    ("focus_area", &["focusAreas"]),
    ("from", &["actors"]),
    ("indicators", &["indicators"]),
    ("issue", &["issues"]),
    ("may_cross", &["redLines"]),
    ("members", &["forecasts"]),
    ("mitigated_by", &["tools"]),
    ("on", &[]),
    ("parent", &["situations", "places"]),
    ("party", &["actors"]),
    ("places", &["places"]),
    ("reporter", &["actors"]),
    ("restores", &["tools", "commitments"]),
    ("rests_on", &[]),
    ("risks", &["risks"]),
    ("situation", &["situations"]),
    ("source", &["sources"]),
    ("speaker", &["actors"]),
    ("supersedes", &["assessments"]),
    ("target", &[]),
    ("to", &["actors"]),
    ("tools", &["tools"]),
    ("unlocks", &[]),
    ("verifier", &["actors"]),
    ("wielder", &["actors"]),
];

/// Text fields that are looked up by their whole value without being links.
const KEYS: &[&str] = &[
    "external_id",
    "id",
    "instrument",
    "lineage",
    "sha256",
    "superseded_by",
    "theme",
];

/// The collections that a field of this name may point into, if it is a link; none is anywhere.
pub fn targets(field: &str) -> Option<&'static [&'static str]> {
    LINKS
        .iter()
        .find(|(name, _)| *name == field)
        .map(|(_, targets)| *targets)
}

/// How a field is indexed, and so how a filter may speak of it.
#[derive(Debug, Clone)]
pub enum Index {
    /// By number; the names of the values with and without their prefix.
    Enum(HashMap<String, i32>),
    /// By the whole text.
    Text,
    /// True or false.
    Bool,
}

/// An indexed value of a field.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Value {
    /// An enum's number, or 0 and 1 of a bool.
    Number(i32),
    /// A text.
    Text(Box<str>),
}

/// A value as it stands in a body.
#[derive(Debug, Clone, Copy)]
pub enum Raw<'a> {
    /// A whole number, an enum or a bool.
    Number(u64),
    /// A double.
    Double(f64),
    /// A text, a message or packed numbers.
    Bytes(&'a [u8]),
}

/// An indexed field of a kind.
#[derive(Debug, Clone)]
pub struct Field {
    /// As a filter names it: `posture`, `attribution.mode`.
    pub path: String,
    /// Field numbers from the resource down.
    pub tags: Vec<u32>,
    /// How it is indexed.
    pub index: Index,
}

/// A kind of resource.
#[derive(Debug)]
pub struct Kind {
    /// Position in `kinds()`.
    pub ordinal: u8,
    /// The message, e.g. `RedLine`.
    pub message: String,
    /// The collection, e.g. `redLines`.
    pub collection: String,
    /// The field of `Assessment` that holds elements of this kind; 0 when it is not an element.
    pub tag: u32,
    /// The name of that field, e.g. `red_lines`.
    pub field_name: String,
    /// What is indexed, in the order of the contract.
    pub fields: Vec<Field>,
    /// Every field that a filter cannot speak of yet, so that the error can tell.
    pub other_fields: Vec<String>,
}

impl Kind {
    /// Whether it lies in an assessment.
    pub fn is_element(&self) -> bool {
        self.tag != 0
    }

    /// The shape of its names, for messages.
    pub fn pattern(&self) -> String {
        let parent = if self.is_element() {
            "assessments/{assessment}/"
        } else {
            ""
        };
        format!("{parent}{}/{{id}}", self.collection)
    }

    /// The collection as people say it, e.g. `red lines`.
    pub fn words(&self) -> String {
        let mut words = String::new();
        for letter in self.collection.chars() {
            if letter.is_ascii_uppercase() {
                words.push(' ');
            }
            words.push(letter.to_ascii_lowercase());
        }
        words
    }

    /// What the contract says of it.
    pub fn descriptor(&self) -> Result<MessageDescriptor, Error> {
        CONTRACT
            .get_message_by_name(&format!("chancery.v1.{}", self.message))
            .ok_or_else(|| Error::Internal(format!("the contract has no {}", self.message)))
    }

    /// Position of the indexed field `path`.
    pub fn field(&self, path: &str) -> Option<u16> {
        let at = self.fields.iter().position(|field| field.path == path)?;
        u16::try_from(at).ok()
    }
}

/// The contract's descriptors, comments included, encoded.
pub static CONTRACT_BYTES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/contract.bin"));

/// The contract's descriptors, comments included.
pub static CONTRACT: LazyLock<DescriptorPool> =
    LazyLock::new(|| DescriptorPool::decode(CONTRACT_BYTES).unwrap_or_default());

static KINDS: LazyLock<Vec<Kind>> = LazyLock::new(|| {
    let message = |name: &str| CONTRACT.get_message_by_name(&format!("chancery.v1.{name}"));
    let mut found: Vec<(MessageDescriptor, String, Option<FieldDescriptor>)> = TOP
        .iter()
        .filter_map(|(name, collection)| Some((message(name)?, (*collection).to_owned(), None)))
        .collect();
    let elements = message("Assessment").into_iter().flat_map(|assessment| {
        let fields: Vec<FieldDescriptor> = assessment.fields().collect();
        fields.into_iter().filter_map(|field| {
            let element = field.kind().as_message()?.clone();
            let holds = field.number() >= FIRST_ELEMENT_FIELD;
            holds.then(|| (element, field.json_name().to_owned(), Some(field)))
        })
    });
    found.extend(elements);
    let numbered = (0u8..).zip(found);
    numbered
        .map(|(ordinal, (message, collection, field))| {
            kind(ordinal, &message, collection, field.as_ref())
        })
        .collect()
});

/// Every kind of resource.
pub fn kinds() -> &'static [Kind] {
    &KINDS
}

/// The kind of that position.
pub fn at(ordinal: u8) -> Option<&'static Kind> {
    KINDS.get(usize::from(ordinal))
}

/// The kind of resource that lies under nothing in this collection.
pub fn top(collection: &str) -> Option<&'static Kind> {
    KINDS
        .iter()
        .find(|kind| kind.tag == 0 && kind.collection == collection)
}

/// The kind of element in this collection of an assessment.
pub fn element(collection: &str) -> Option<&'static Kind> {
    KINDS
        .iter()
        .find(|kind| kind.tag != 0 && kind.collection == collection)
}

/// The kind of that message.
pub fn of(message: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.message == message)
}

/// Every kind of element.
pub fn elements() -> impl Iterator<Item = &'static Kind> {
    KINDS.iter().filter(|kind| kind.tag != 0)
}

fn kind(
    ordinal: u8,
    message: &MessageDescriptor,
    collection: String,
    holder: Option<&FieldDescriptor>,
) -> Kind {
    let mut fields = Vec::new();
    let mut other_fields = Vec::new();
    for field in message
        .fields()
        .filter(|field| field.number() < FIRST_ELEMENT_FIELD)
    {
        match index(&field) {
            Some(index) => fields.push(Field {
                path: field.name().to_owned(),
                tags: vec![field.number()],
                index,
            }),
            None => nested(&field, ("", &[]), &mut fields, &mut other_fields),
        }
    }
    Kind {
        ordinal,
        message: message.name().to_owned(),
        collection,
        tag: holder.map_or(0, FieldDescriptor::number),
        field_name: holder.map_or_else(String::new, |field| field.name().to_owned()),
        fields,
        other_fields,
    }
}

/// Messages within messages are looked into this deep; the contract goes no deeper.
const DEPTH_MAX: usize = 4;

/// The fields of a message field; of a plain one, its name among the others.
fn nested(
    field: &FieldDescriptor,
    above: (&str, &[u32]),
    fields: &mut Vec<Field>,
    others: &mut Vec<String>,
) {
    let path = join(above.0, field.name());
    let tags = [above.1, &[field.number()]].concat();
    others.push(path.clone());
    let Some(inner) = field.kind().as_message().cloned() else {
        return;
    };
    let foreign = inner.parent_file().package_name() != "chancery.v1";
    let stored = inner.get_field_by_name("etag").is_some();
    if foreign || stored || field.is_map() || tags.len() >= DEPTH_MAX {
        return;
    }
    for child in inner.fields() {
        let shallow = tags.len() == 1;
        match index(&child).filter(|index| shallow || matches!(index, Index::Text)) {
            Some(index) => fields.push(Field {
                path: join(&path, child.name()),
                tags: [tags.as_slice(), &[child.number()]].concat(),
                index,
            }),
            None => nested(&child, (&path, &tags), fields, others),
        }
    }
}

/// The name of an enum's value without the prefix that all of them have.
pub fn short(value: &EnumValueDescriptor) -> String {
    let zero = value.parent_enum().get_value(0);
    let zero = zero.map(|zero| zero.name().to_owned()).unwrap_or_default();
    let prefix = zero.strip_suffix("UNSPECIFIED").unwrap_or_default();
    let name = value.name();
    name.strip_prefix(prefix).unwrap_or(name).to_owned()
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

fn index(field: &FieldDescriptor) -> Option<Index> {
    let shape = field.kind();
    if shape == Shape::Bool {
        return Some(Index::Bool);
    }
    if shape == Shape::String {
        let known = targets(field.name()).is_some() || KEYS.contains(&field.name());
        return known.then_some(Index::Text);
    }
    let values = shape.as_enum()?;
    let prefix = values
        .get_value(0)?
        .name()
        .strip_suffix("UNSPECIFIED")?
        .to_owned();
    let mut numbers = HashMap::new();
    for value in values.values() {
        numbers.insert(value.name().to_owned(), value.number());
        if let Some(short) = value.name().strip_prefix(&prefix) {
            numbers.insert(short.to_owned(), value.number());
        }
    }
    Some(Index::Enum(numbers))
}
