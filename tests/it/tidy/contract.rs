//! What the contract must say, read from the descriptors that the server embeds.

use std::collections::BTreeMap;

use chancery::model::kind::{CONTRACT_BYTES, elements};
use prost::Message;
use prost_types::{DescriptorProto, FileDescriptorProto, FileDescriptorSet};

use super::nothing;

/// The kinds of element of the model, as `Assessment` names them.
const KINDS: [&str; 16] = [
    "judgments",
    "participants",
    "redLines",
    "positions",
    "intentions",
    "focusAreas",
    "challenges",
    "risks",
    "tools",
    "recommendations",
    "commitments",
    "forecasts",
    "scenarioSets",
    "indicators",
    "assumptions",
    "relations",
];

/// The first word of a field's comment is its behaviour.
const BEHAVIOURS: [&str; 4] = ["Required.", "Optional.", "Output only.", "Immutable."];

fn contract() -> Vec<FileDescriptorProto> {
    let set = FileDescriptorSet::decode(CONTRACT_BYTES).unwrap();
    set.file
        .into_iter()
        .filter(|file| file.package().starts_with("chancery."))
        .collect()
}

/// The methods of the contract, by service.
pub(super) fn methods() -> BTreeMap<String, Vec<String>> {
    let services = contract().into_iter().flat_map(|file| file.service);
    let named = services.map(|service| {
        let methods = service.method.iter().map(|method| method.name().to_owned());
        (service.name().to_owned(), methods.collect())
    });
    named.collect()
}

/// Walks a file with the paths that its comments are kept under.
struct Walk<'a> {
    file: &'a str,
    comments: BTreeMap<&'a [i32], &'a str>,
    found: Vec<String>,
}

impl<'a> Walk<'a> {
    fn new(file: &'a FileDescriptorProto) -> Self {
        let locations = file.source_code_info.iter().flat_map(|info| &info.location);
        let comments = locations.map(|place| (place.path.as_slice(), place.leading_comments()));
        Self {
            file: file.name(),
            comments: comments.collect(),
            found: Vec::new(),
        }
    }

    /// The comment of a component, which must be there.
    fn comment(&mut self, path: &[i32], name: &str) -> &'a str {
        let comment = self.comments.get(path).map_or("", |comment| comment.trim());
        if comment.is_empty() {
            self.found
                .push(format!("{}: {name} has no comment", self.file));
        }
        comment
    }

    fn message(&mut self, path: &[i32], message: &DescriptorProto) {
        let entry = message
            .options
            .as_ref()
            .is_some_and(|options| options.map_entry());
        if entry {
            return;
        }
        let name = message.name();
        self.comment(path, name);
        for (at, field) in (0..).zip(&message.field) {
            let name = format!("{name}.{}", field.name());
            let comment = self.comment(&[path, &[2, at]].concat(), &name);
            if !comment.is_empty() && !BEHAVIOURS.iter().any(|word| comment.starts_with(word)) {
                self.found
                    .push(format!("{}: {name} does not say how it behaves", self.file));
            }
        }
        for (at, nested) in (0..).zip(&message.nested_type) {
            self.message(&[path, &[3, at]].concat(), nested);
        }
        for (at, values) in (0..).zip(&message.enum_type) {
            self.values(&[path, &[4, at]].concat(), values);
        }
        let synthetic = |at: i32| {
            let mut fields = message.field.iter();
            fields.any(|field| field.oneof_index == Some(at) && field.proto3_optional())
        };
        for (at, choice) in (0..)
            .zip(&message.oneof_decl)
            .filter(|(at, _)| !synthetic(*at))
        {
            let name = format!("{name}.{}", choice.name());
            self.comment(&[path, &[8, at]].concat(), &name);
        }
    }

    fn values(&mut self, path: &[i32], values: &prost_types::EnumDescriptorProto) {
        self.comment(path, values.name());
        for (at, value) in (0..).zip(&values.value) {
            self.comment(&[path, &[2, at]].concat(), value.name());
        }
    }
}

/// Everything in a file that is not commented, and every field that does not say how it behaves.
fn uncommented(file: &FileDescriptorProto) -> Vec<String> {
    let mut walk = Walk::new(file);
    for (at, message) in (0..).zip(&file.message_type) {
        walk.message(&[4, at], message);
    }
    for (at, values) in (0..).zip(&file.enum_type) {
        walk.values(&[5, at], values);
    }
    for (at, service) in (0..).zip(&file.service) {
        walk.comment(&[6, at], service.name());
        for (method_at, method) in (0..).zip(&service.method) {
            walk.comment(&[6, at, 2, method_at], method.name());
        }
    }
    walk.found
}

/// What is missing of a kind: its place in the model, its two methods.
fn missing(kind: &str, modelled: &[&str], methods: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    if !modelled.contains(&kind) {
        found.push(format!("\"{kind}\" is no kind of the model"));
    }
    let mut plural = kind.to_owned();
    plural[..1].make_ascii_uppercase();
    let singular = plural.strip_suffix('s').unwrap_or(&plural);
    for method in [format!("Get{singular}"), format!("List{plural}")] {
        if !methods.contains(&method) {
            found.push(format!("\"{kind}\" has no {method}"));
        }
    }
    found
}

#[test]
fn every_component_is_commented() {
    let contract = contract();
    assert!(contract.len() > 20, "the descriptors are not there");
    nothing(contract.iter().flat_map(uncommented));
}

#[test]
fn every_kind_is_in_the_model_and_in_the_contract() {
    let modelled: Vec<&str> = elements().map(|kind| kind.collection.as_str()).collect();
    let methods = methods();
    let methods = methods.get("AssessmentService").unwrap();
    nothing(
        KINDS
            .iter()
            .flat_map(|kind| missing(kind, &modelled, methods)),
    );
    assert_eq!(modelled.len(), KINDS.len(), "{modelled:?}");
}

mod bad_examples {
    use prost_types::source_code_info::Location;
    use prost_types::{FieldDescriptorProto, SourceCodeInfo};

    use super::*;

    fn file(comments: &[(&[i32], &str)]) -> FileDescriptorProto {
        let field = FieldDescriptorProto {
            name: Some("to".to_owned()),
            ..Default::default()
        };
        let message = DescriptorProto {
            name: Some("Letter".to_owned()),
            field: vec![field],
            ..Default::default()
        };
        let location = comments.iter().map(|(path, comment)| Location {
            path: path.to_vec(),
            leading_comments: Some((*comment).to_owned()),
            ..Default::default()
        });
        FileDescriptorProto {
            name: Some("letter.proto".to_owned()),
            message_type: vec![message],
            source_code_info: Some(SourceCodeInfo {
                location: location.collect(),
            }),
            ..Default::default()
        }
    }

    #[test]
    fn comments() {
        let found = uncommented(&file(&[]));
        let silent = ["Letter has no comment", "Letter.to has no comment"];
        assert_eq!(found, silent.map(|text| format!("letter.proto: {text}")));
        let found = uncommented(&file(&[
            (&[4, 0], "A letter."),
            (&[4, 0, 2, 0], "Who gets it."),
        ]));
        assert_eq!(
            found,
            ["letter.proto: Letter.to does not say how it behaves"]
        );
        let good: [(&[i32], &str); 2] = [
            (&[4, 0], " A letter.\n"),
            (&[4, 0, 2, 0], " Required. Who gets it.\n"),
        ];
        assert_eq!(uncommented(&file(&good)), [""; 0]);
    }

    #[test]
    fn kinds() {
        let methods = ["GetRedLine", "ListRisks"].map(ToOwned::to_owned);
        assert_eq!(
            missing("redLines", &["risks"], &methods),
            [
                "\"redLines\" is no kind of the model",
                "\"redLines\" has no ListRedLines"
            ]
        );
    }
}
