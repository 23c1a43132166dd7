//! Where to connect and how to print, kept under names: `context save|use|list|show`.
//!
//! What holds: flags > `CHANCERY_*` > the context > defaults. Contexts are a small YAML file in
//! the user's configuration; nothing secret is ever in it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chancery::client::{DEFAULT_ENDPOINT, Options};
use clap::{Subcommand, ValueEnum as _};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::Global;
use crate::failure::{Exit, Failure};
use crate::layout::{facts, grid};
use crate::output::{Format, Output, tame};

/// Seconds until a call is given up when nobody says otherwise.
const TIMEOUT_SECONDS: u64 = 30;

/// What is done with contexts.
#[derive(Debug, Subcommand)]
pub(crate) enum Contexts {
    /// Keep --endpoint, --output and --timeout, as far as they are given, under a name
    Save {
        /// What to call it
        name: String,
    },
    /// Make a context the one that holds
    Use {
        /// Which; "default" is none
        name: String,
    },
    /// List the contexts
    List,
    /// Show what holds, and where it comes from
    Show,
}

/// The file.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Kept {
    #[serde(skip_serializing_if = "Option::is_none")]
    current: Option<String>,
    contexts: BTreeMap<String, Context>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Context {
    #[serde(skip_serializing_if = "Option::is_none")]
    endpoint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timeout: Option<u64>,
}

/// What holds for one run.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) endpoint: String,
    pub(crate) format: Format,
    timeout_seconds: u64,
    context: Option<String>,
    #[cfg(feature = "test-policy")]
    caller: Option<String>,
}

impl Settings {
    /// Before anything was read, and when it cannot be.
    pub(crate) fn bare(global: &Global) -> Self {
        Self::over(global, None, &Context::default(), Format::Table)
    }

    /// With the context that holds, if there is one.
    pub(crate) fn read(global: &Global) -> Result<Self, Failure> {
        let asked = global.context.as_deref().filter(|name| *name != "default");
        let kept = match path(global) {
            Ok(path) => Kept::read(&path)?,
            Err(_nowhere) if asked.is_none() => Kept::default(),
            Err(failure) => return Err(failure),
        };
        let none = global.context.is_some() && asked.is_none();
        let name = asked.map(str::to_owned).or(kept.current).filter(|_| !none);
        let Some(name) = name else {
            return Ok(Self::bare(global));
        };
        let Some(context) = kept.contexts.get(&name) else {
            return Err(Failure::Usage(format!("there is no context \"{name}\"")));
        };
        let output = context.output.as_deref();
        let format = match output.map(|output| Format::from_str(output, true)) {
            None => Format::Table,
            Some(Ok(format)) => format,
            Some(Err(_unknown)) => {
                let sentence = format!("the output of context \"{name}\" is no format");
                return Err(Failure::Here(sentence));
            }
        };
        Ok(Self::over(global, Some(name), context, format))
    }

    fn over(global: &Global, name: Option<String>, context: &Context, format: Format) -> Self {
        let endpoint = global.endpoint.clone().or_else(|| context.endpoint.clone());
        let timeout = global.timeout.or(context.timeout);
        Self {
            endpoint: endpoint.unwrap_or_else(|| DEFAULT_ENDPOINT.to_owned()),
            format: global.output.unwrap_or(format),
            timeout_seconds: timeout.unwrap_or(TIMEOUT_SECONDS),
            context: name,
            #[cfg(feature = "test-policy")]
            caller: global.caller.clone(),
        }
    }

    pub(crate) fn options(&self) -> Options {
        Options {
            deadline: Duration::from_secs(self.timeout_seconds),
            #[cfg(feature = "test-policy")]
            caller: self.caller.clone(),
            ..Options::default()
        }
    }
}

impl Contexts {
    pub(crate) fn perform(
        &self,
        global: &Global,
        settings: &Settings,
        output: &mut Output,
    ) -> Result<Exit, Failure> {
        match self {
            Self::Save { name } => save(&path(global)?, name, global)?,
            Self::Use { name } => use_one(&path(global)?, name)?,
            Self::List => list(&Kept::read(&path(global)?)?, output)?,
            Self::Show => show(settings, output)?,
        }
        Ok(Exit::Done)
    }
}

fn save(path: &Path, name: &str, global: &Global) -> Result<(), Failure> {
    if name == "default" || !chancery::model::name::id_fits(name) {
        let sentence =
            format!("\"{name}\" is no name for a context; take one like \"field-office\"");
        return Err(Failure::Usage(sentence));
    }
    let output = global.output.and_then(|format| format.to_possible_value());
    let context = Context {
        endpoint: global.endpoint.clone(),
        output: output.map(|value| value.get_name().to_owned()),
        timeout: global.timeout,
    };
    if context == Context::default() {
        let sentence = "give what is to be kept: --endpoint, --output or --timeout".to_owned();
        return Err(Failure::Usage(sentence));
    }
    let mut kept = Kept::read(path)?;
    kept.contexts.insert(name.to_owned(), context);
    kept.write(path)
}

fn use_one(path: &Path, name: &str) -> Result<(), Failure> {
    let mut kept = Kept::read(path)?;
    if name != "default" && !kept.contexts.contains_key(name) {
        return Err(Failure::Usage(format!("there is no context \"{name}\"")));
    }
    kept.current = Some(name.to_owned()).filter(|name| name != "default");
    kept.write(path)
}

fn list(kept: &Kept, output: &mut Output) -> Result<(), Failure> {
    let current = |name: &String| kept.current.as_ref() == Some(name);
    match output.format() {
        Format::Json | Format::Yaml | Format::Jsonl => {
            let contexts = kept.contexts.iter().map(|(name, context)| {
                json!({ "name": name, "current": current(name), "endpoint": context.endpoint,
                    "output": context.output, "timeout": context.timeout })
            });
            output.value(&Value::Array(contexts.collect()))?;
        }
        Format::Name => {
            for name in kept.contexts.keys() {
                output.line(&tame(name))?;
            }
        }
        Format::Table | Format::Wide if kept.contexts.is_empty() => output.note("no contexts")?,
        Format::Table | Format::Wide => {
            let or_dash = |text: Option<String>| text.map_or("-".to_owned(), |text| tame(&text));
            let rows = kept.contexts.iter().map(|(name, context)| {
                vec![
                    tame(name),
                    if current(name) { "yes" } else { "no" }.to_owned(),
                    or_dash(context.endpoint.clone()),
                    or_dash(context.output.clone()),
                    or_dash(context.timeout.map(|seconds| seconds.to_string())),
                ]
            });
            let headers = ["NAME", "CURRENT", "ENDPOINT", "OUTPUT", "TIMEOUT"];
            let rows: Vec<Vec<String>> = rows.collect();
            output.grid(&grid(&headers, &rows, output.layout()))?;
        }
    }
    Ok(())
}

fn show(settings: &Settings, output: &mut Output) -> Result<(), Failure> {
    let format = settings.format.to_possible_value();
    let format = format.map_or(String::new(), |value| value.get_name().to_owned());
    let context = settings
        .context
        .clone()
        .unwrap_or_else(|| "default".to_owned());
    let timeout = settings.timeout_seconds;
    match output.format() {
        Format::Json | Format::Yaml | Format::Jsonl => output.value(&json!({
            "context": context, "endpoint": settings.endpoint, "output": format, "timeout": timeout,
        }))?,
        Format::Name => output.line(&tame(&context))?,
        Format::Table | Format::Wide => {
            let told = [
                ("context", tame(&context)),
                ("endpoint", tame(&settings.endpoint)),
                ("output", format),
                ("timeout", format!("{timeout} s")),
            ];
            for line in facts(&told, output.layout()) {
                output.line(&line)?;
            }
        }
    }
    Ok(())
}

/// Where contexts are kept.
fn path(global: &Global) -> Result<PathBuf, Failure> {
    if let Some(path) = &global.contexts {
        return Ok(path.clone());
    }
    let set = |variable: &str| std::env::var_os(variable).filter(|value| !value.is_empty());
    let folder = set("XDG_CONFIG_HOME").map(PathBuf::from);
    let folder = folder.or_else(|| Some(PathBuf::from(set("HOME")?).join(".config")));
    let folder = folder.ok_or_else(|| {
        Failure::Here("cannot tell where contexts are kept: set HOME or give --contexts".to_owned())
    })?;
    Ok(folder.join("chancery").join("contexts.yaml"))
}

impl Kept {
    /// What is kept; nothing when there is no file.
    fn read(path: &Path) -> Result<Self, Failure> {
        let shown = path.display();
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self::default());
            }
            Err(error) => return Err(Failure::Here(format!("cannot read \"{shown}\": {error}"))),
        };
        let kept = serde_norway::from_str(&text);
        kept.map_err(|error| Failure::Here(format!("cannot read \"{shown}\": {error}")))
    }

    /// Puts it in the place of the file at once, so that a reader sees the old or the new.
    fn write(&self, path: &Path) -> Result<(), Failure> {
        let text = serde_norway::to_string(self);
        let text = text.map_err(|error| Failure::Here(error.to_string()))?;
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        folder.map_or(Ok(()), std::fs::create_dir_all)?;
        let fresh = path.with_extension("new");
        std::fs::write(&fresh, text)?;
        Ok(std::fs::rename(&fresh, path)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_hold_over_the_context_and_that_over_the_default() {
        let folder = tempfile::tempdir().unwrap();
        let config = Some(folder.path().join("chancery/contexts.yaml"));
        let given = |endpoint: Option<&str>, output| Global {
            endpoint: endpoint.map(str::to_owned),
            output,
            contexts: config.clone(),
            ..Global::default()
        };
        let path = path(&given(None, None)).unwrap();
        save(&path, "field", &given(Some("field:1"), Some(Format::Json))).unwrap();
        let before = Settings::read(&given(None, None)).unwrap();
        assert_eq!(
            (before.endpoint.as_str(), before.format),
            (DEFAULT_ENDPOINT, Format::Table)
        );
        use_one(&path, "field").unwrap();
        let within = Settings::read(&given(None, None)).unwrap();
        assert_eq!(
            (within.endpoint.as_str(), within.format),
            ("field:1", Format::Json)
        );
        let flagged = Settings::read(&given(Some("here:2"), None)).unwrap();
        assert_eq!(
            (flagged.endpoint.as_str(), flagged.format),
            ("here:2", Format::Json)
        );
        assert!(use_one(&path, "nowhere").is_err());
        assert!(save(&path, "Not A Name", &given(Some("x:1"), None)).is_err());
    }
}
