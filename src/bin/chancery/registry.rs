//! `chancery actors add|get|list|merge`, and the same for issues, situations, sources and places:
//! who and what assessments speak of.

use chancery::client::Client;
use chancery::model::kind::Kind;
use chancery::model::name::Name;
use clap::{Args, Subcommand};
use serde_json::Value;

use crate::failure::{Exit, Failure};
use crate::get::{self, Get};
use crate::list::{List, Selection};
use crate::nouns;
use crate::output::Output;
use crate::set::assigned;
use crate::writes::{self, IfMatch, Terms};

/// What is done with the entries of a registry.
#[derive(Debug, Subcommand)]
pub(crate) enum Registry {
    /// Add an entry
    Add(Add),
    /// Show an entry
    Get(Get),
    /// List the entries
    List(Selection),
    /// Merge duplicates into one entry; every link to them follows
    Merge(Merge),
}

/// The arguments of `add`.
#[derive(Debug, Args)]
pub(crate) struct Add {
    /// What it is called
    #[arg(long, value_name = "TEXT")]
    title: String,
    /// What texts call it too; may be given several times
    #[arg(long = "alias", value_name = "TEXT")]
    aliases: Vec<String>,
    /// Of which kind it is, as the contract has it: state, armed-group, news ...
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// Its id; else one is made of the title
    #[arg(long, default_value = "", hide_default_value = true)]
    id: String,
    /// Other fields: 'options={ids: [in, out]}', country=actors/russia
    #[arg(value_name = "FIELD=VALUE")]
    fields: Vec<String>,
    #[command(flatten)]
    terms: Terms,
}

/// The arguments of `merge`.
#[derive(Debug, Args)]
pub(crate) struct Merge {
    /// The entry that stays
    #[arg(value_name = "NAME")]
    name: String,
    /// Those that are merged into it
    #[arg(value_name = "DUPLICATE", required = true)]
    duplicates: Vec<String>,
    #[command(flatten)]
    if_match: IfMatch,
    #[command(flatten)]
    terms: Terms,
}

impl Registry {
    pub(crate) async fn perform(
        &self,
        collection: &str,
        client: &Client,
        output: &mut Output,
    ) -> Result<Exit, Failure> {
        let Some(noun) = nouns::noun(collection) else {
            return Err(Failure::Usage(format!("\"{collection}\" is no registry")));
        };
        match self {
            Self::Add(add) => add.perform(client, noun.kind, output).await,
            Self::Get(asked) => {
                let wanted = asked.within(collection).requests()?;
                get::perform(client, &wanted, output).await
            }
            Self::List(selection) => {
                let list = List::of(noun, selection.clone());
                list.perform(client, output).await
            }
            Self::Merge(merge) => merge.perform(client, noun.kind, output).await,
        }
    }
}

impl Add {
    async fn perform(
        &self,
        client: &Client,
        kind: &'static Kind,
        output: &mut Output,
    ) -> Result<Exit, Failure> {
        let Some(message) = crate::cells::message(&kind.message) else {
            return Err(Failure::Here(format!(
                "the contract has no {}",
                kind.message
            )));
        };
        let told = self.kind.iter().map(|kind| format!("kind={kind}"));
        let fields: Vec<String> = told.chain(self.fields.iter().cloned()).collect();
        let (mut value, _) = assigned(&message, &fields)?;
        value.insert("title".to_owned(), self.title.as_str().into());
        if !self.aliases.is_empty() {
            if message.get_field_by_name("aliases").is_none() {
                let words = kind.collection.as_str();
                return Err(Failure::Usage(format!("--alias does not apply to {words}")));
            }
            value.insert("aliases".to_owned(), self.aliases.clone().into());
        }
        let by = self.terms.write("");
        let made = client.create_json(kind, Value::Object(value), &self.id, &by);
        let made = made.await?;
        if !self.terms.dry_run {
            writes::tell(kind, &made, output)?;
        }
        self.terms.note(output)?;
        Ok(Exit::Done)
    }
}

impl Merge {
    async fn perform(
        &self,
        client: &Client,
        kind: &'static Kind,
        output: &mut Output,
    ) -> Result<Exit, Failure> {
        let whole = |name: &str| nouns::within(&kind.collection, name);
        let name = Name::parse_as(kind, &whole(&self.name), "name")?;
        let duplicates: Vec<String> = self.duplicates.iter().map(|name| whole(name)).collect();
        let by = self.terms.write(&self.if_match.etag());
        let kept = client.merge_json(kind, name.as_str(), &duplicates, &by);
        let kept = kept.await?;
        writes::tell(kind, &kept, output)?;
        self.terms.note(output)?;
        Ok(Exit::Done)
    }
}
