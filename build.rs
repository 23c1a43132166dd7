//! Compiles the contract, without `protoc`: protox parses, prost and tonic generate.
//!
//! The contract is generated three times, so that every floor gets what it may know:
//! `model` the plain values; `service` the server's side, in which every stored resource is a
//! `Lazy<T>` (encoded bytes that are answered without being decoded); `client` the calls alone.
//! The journal's private records are a package of their own.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use prost::Message as _;
use prost_types::{DescriptorProto, FileDescriptorSet};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

const PACKAGE: &str = "chancery.v1";

/// Messages around stored resources that the server puts together as bytes, since it sends the
/// same one to many.
const WRITTEN: [&str; 4] = [
    "SearchElementsResponse",
    "WatchAssessmentsResponse",
    "WatchCommit",
    "WatchChange",
];

fn main() -> Outcome<()> {
    println!("cargo:rerun-if-changed=proto");
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    let contract = compile(&["proto/chancery/v1"])?;
    let journal = compile(&["proto/chancery/journal/v1"])?;
    std::fs::write(out.join("contract.bin"), contract.encode_to_vec())?;

    generate(&out, "plain", |builder| {
        builder
            .build_server(false)
            .build_client(false)
            .compile_fds(contract.clone())
    })?;
    generate(&out, "server", |builder| {
        outside_the_server(&contract)
            .into_iter()
            .fold(builder.build_client(false), |builder, (proto, rust)| {
                builder.extern_path(proto, rust)
            })
            .compile_fds(contract.clone())
    })?;
    generate(&out, "client", |builder| {
        builder
            .build_server(false)
            .extern_path(format!(".{PACKAGE}"), "crate::model::v1")
            .compile_fds(contract.clone())
    })?;
    generate(&out, "journal", |builder| {
        builder
            .bytes(".")
            .build_server(false)
            .build_client(false)
            .compile_fds(journal)
    })
}

/// Parses every `.proto` file of the folders, with the comments kept for the generated docs.
fn compile(folders: &[&str]) -> Outcome<FileDescriptorSet> {
    let mut files = Vec::new();
    for folder in folders {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path
                .extension()
                .is_some_and(|extension| extension == "proto")
            {
                files.push(path);
            }
        }
    }
    files.sort();
    let mut compiler = protox::Compiler::new(["proto"])?;
    compiler
        .include_imports(true)
        .include_source_info(true)
        .open_files(files)?;
    Ok(compiler.file_descriptor_set())
}

fn generate(
    out: &Path,
    name: &str,
    compile: impl FnOnce(tonic_prost_build::Builder) -> std::io::Result<()>,
) -> Outcome<()> {
    let folder = out.join(name);
    std::fs::create_dir_all(&folder)?;
    let builder = tonic_prost_build::configure()
        .out_dir(&folder)
        .btree_map(".")
        .emit_rerun_if_changed(false);
    compile(builder)?;
    Ok(())
}

/// What the server's side takes from elsewhere: stored resources as `Lazy<T>`, and every message
/// and enum that holds none as the plain type. What remains, and is generated, are the services
/// and the messages around stored resources.
fn outside_the_server(contract: &FileDescriptorSet) -> Vec<(String, String)> {
    let files = || {
        contract
            .file
            .iter()
            .filter(|file| file.package() == PACKAGE)
    };
    let messages: Vec<&DescriptorProto> = files().flat_map(|file| &file.message_type).collect();
    let stored: BTreeSet<String> = messages
        .iter()
        .filter(|message| is_stored(message))
        .map(|m| path(m.name()))
        .collect();
    let mut around = BTreeSet::new();
    loop {
        let known = around.len();
        for message in messages.iter().filter(|message| !is_stored(message)) {
            if mentions(message, &|name| {
                stored.contains(name) || around.contains(name)
            }) {
                around.insert(path(message.name()));
            }
        }
        if around.len() == known {
            break;
        }
    }
    let plain = |name: &str| format!("crate::model::v1::{name}");
    let enums = files()
        .flat_map(|file| &file.enum_type)
        .map(|kind| kind.name());
    let mut paths: Vec<(String, String)> = enums.map(|name| (path(name), plain(name))).collect();
    for name in messages.iter().map(|message| message.name()) {
        if stored.contains(&path(name)) || WRITTEN.contains(&name) {
            paths.push((path(name), format!("crate::wire::Lazy<{}>", plain(name))));
        } else if !around.contains(&path(name)) {
            paths.push((path(name), plain(name)));
        }
    }
    paths
}

/// A stored resource has a name and an etag of its own.
fn is_stored(message: &DescriptorProto) -> bool {
    let first = message
        .field
        .first()
        .is_some_and(|field| field.name() == "name");
    let named = message
        .field
        .iter()
        .any(|field| field.name() == "name" && field.number() == 1);
    let tagged = message
        .field
        .iter()
        .any(|field| field.name() == "etag" && field.number() == 3);
    first && named && tagged && message.field.iter().any(|field| field.name() == "uid")
}

fn mentions(message: &DescriptorProto, known: &dyn Fn(&str) -> bool) -> bool {
    message.field.iter().any(|field| known(field.type_name()))
        || message
            .nested_type
            .iter()
            .any(|nested| mentions(nested, known))
}

fn path(name: &str) -> String {
    format!(".{PACKAGE}.{name}")
}
