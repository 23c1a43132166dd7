//! What a path in a filter or an order means: which field of the contract, of which sort.

use prost_reflect::{EnumDescriptor, FieldDescriptor, Kind as Shape, MessageDescriptor};

use crate::error::Error;
use crate::model::kind::{self, Kind};

/// What can be asked of a field.
#[derive(Debug, Clone)]
pub(super) enum Sort {
    Enum(EnumDescriptor),
    Bool,
    Int,
    Float,
    /// Free text.
    Text,
    /// Text that is looked up whole: a link or a key.
    Key,
    Time,
    Duration,
    Span,
    Likelihood,
    /// All entries of a map.
    Map,
    /// The entry of that key.
    Entry(String),
    /// The name of the resource itself.
    Name,
    /// What the place in the journal decides.
    Place(Place),
    /// Any other message, with the fields it has.
    Message(Vec<String>),
}

/// What the place of a version in the journal decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The revision that wrote it.
    Revision,
    /// When the resource was created.
    CreateTime,
    /// When the version was written.
    UpdateTime,
    /// When it was deleted.
    DeleteTime,
}

/// A field that a path leads to.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) path: String,
    /// Field numbers from the resource down.
    pub(super) tags: Vec<u32>,
    pub(super) sort: Sort,
    /// Position in the kind's table, if it is indexed.
    pub(super) index: Option<u16>,
    /// Whether there may be several values.
    pub(super) many: bool,
    /// Whether an unset value is told from the one that is the default.
    pub(super) presence: bool,
}

/// Why there is no such field.
#[derive(Debug)]
pub(super) enum Missing {
    /// The word of that position is no field of the message; those it has.
    Unknown(usize, String, Vec<String>),
    /// The word before that position has no fields.
    Plain(usize, String),
    /// A broken contract.
    Broken(Error),
}

/// Follows a path of words from the resource down.
pub(super) fn find(kind: &Kind, words: &[&str]) -> Result<Found, Missing> {
    let mut message = kind.descriptor().map_err(Missing::Broken)?;
    let mut found = Found {
        path: String::new(),
        tags: Vec::new(),
        sort: Sort::Message(Vec::new()),
        index: None,
        many: false,
        presence: true,
    };
    let mut words = words.iter().enumerate().peekable();
    while let Some((at, word)) = words.next() {
        let Some(field) = field(&message, word, found.tags.is_empty()) else {
            let known = fields(&message, found.tags.is_empty());
            return Err(Missing::Unknown(at, message.name().to_owned(), known));
        };
        if !found.path.is_empty() {
            found.path.push('.');
        }
        found.path.push_str(field.name());
        found.tags.push(field.number());
        found.many |= field.is_list();
        found.presence = field.supports_presence() || field.is_list();
        if field.is_map() {
            found.sort = Sort::Map;
            if let Some((_, key)) = words.next() {
                found.sort = Sort::Entry((*key).to_owned());
            }
            return match words.next() {
                Some((at, _)) => Err(Missing::Plain(at, found.path)),
                None => Ok(found),
            };
        }
        let inner = field.kind().as_message().cloned();
        match (words.peek(), inner) {
            (Some(_), Some(inner)) if ours(&inner) => message = inner,
            (Some((at, _)), _) => return Err(Missing::Plain(*at, found.path)),
            (None, _) => found.sort = sort(&field, found.tags.len() == 1),
        }
    }
    found.index = kind.field(&found.path);
    Ok(found)
}

fn ours(message: &MessageDescriptor) -> bool {
    message.parent_file().package_name() == "chancery.v1"
}

/// The field of that name, which is written as in the contract or in its JSON.
fn field(message: &MessageDescriptor, word: &str, top: bool) -> Option<FieldDescriptor> {
    let field = message.get_field_by_name(word);
    let field = field.or_else(|| message.get_field_by_json_name(word))?;
    let stored = !(top && kind::element(field.json_name()).is_some() && field.is_list());
    (stored || message.name() != "Assessment").then_some(field)
}

fn fields(message: &MessageDescriptor, top: bool) -> Vec<String> {
    let all = message.fields().map(|field| field.name().to_owned());
    all.filter(|name| field(message, name, top).is_some())
        .collect()
}

fn sort(field: &FieldDescriptor, top: bool) -> Sort {
    match (field.name(), top) {
        ("name", true) => return Sort::Name,
        ("revision", true) => return Sort::Place(Place::Revision),
        ("create_time", true) => return Sort::Place(Place::CreateTime),
        ("update_time", true) => return Sort::Place(Place::UpdateTime),
        ("delete_time", true) => return Sort::Place(Place::DeleteTime),
        (_, _) => {}
    }
    match field.kind() {
        Shape::Enum(values) => Sort::Enum(values),
        Shape::Bool => Sort::Bool,
        Shape::Double | Shape::Float => Sort::Float,
        Shape::String | Shape::Bytes => {
            if kind::targets(field.name()).is_some() {
                Sort::Key
            } else {
                Sort::Text
            }
        }
        Shape::Message(inner) => match inner.full_name() {
            "google.protobuf.Timestamp" => Sort::Time,
            "google.protobuf.Duration" => Sort::Duration,
            "chancery.v1.TimeSpan" => Sort::Span,
            "chancery.v1.Likelihood" => Sort::Likelihood,
            _ => Sort::Message(fields(&inner, false)),
        },
        Shape::Int32
        | Shape::Int64
        | Shape::Uint32
        | Shape::Uint64
        | Shape::Sint32
        | Shape::Sint64
        | Shape::Fixed32
        | Shape::Fixed64
        | Shape::Sfixed32
        | Shape::Sfixed64 => Sort::Int,
    }
}
