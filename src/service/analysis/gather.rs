//! What an analysis reads under one view, and the basis of its answer.
//!
//! Everything that is read is noted with its revision and marking; the basis names it all and
//! carries the highest level and the intersection of the audiences. Only what the caller may see
//! is ever read, so that what he may not see leaves no trace in the answer.

use std::collections::{BTreeMap, BTreeSet};

use prost::Message;
use prost_types::Timestamp;

use super::super::coverage::speaking;
use super::super::list::kind_of;
use super::super::{Answer, Door};
use crate::error::{Error, Problems, Violation};
use crate::ledger::{Query, View};
use crate::model::Revision;
use crate::model::caller::{Caller, Marking, Tlp};
use crate::model::kind::Value;
use crate::model::limits::{Limits, exceeded};
use crate::model::name::Name;
use crate::model::v1::{self as plain, Coverage};
use crate::query::filter::Expr;
use crate::wire::body::{self, Position};
use crate::wire::builtin;

/// An element as far as a scope selects it.
pub(super) trait Selected: Message + Default {
    const MESSAGE: &'static str;
    fn name(&self) -> &str;
    /// The actors whose element it is; none when its kind has none.
    fn actors(&self) -> Vec<&str>;
    /// The issue it is on, where its kind has one.
    fn issue(&self) -> Option<&str>;
}

macro_rules! selected {
    ($($Kind:ident { $($actor:ident),* } $($issue:ident)?;)+) => {$(
        impl Selected for plain::$Kind {
            const MESSAGE: &'static str = stringify!($Kind);

            fn name(&self) -> &str {
                &self.name
            }

            fn actors(&self) -> Vec<&str> {
                vec![$(self.$actor.as_str()),*]
            }

            fn issue(&self) -> Option<&str> {
                let none: Option<&str> = None;
                none$(.or(Some(self.$issue.as_str())))?
            }
        }
    )+};
}

selected! {
    RedLine { actor } issue;
    Position { actor } issue;
    Participant { actor };
    Commitment { party, beneficiary };
    Forecast {};
    Risk {};
    ScenarioSet {};
    Tool { wielder };
    Recommendation {};
}

/// What is read for one answer.
pub(super) struct Gathering {
    pub(super) view: View,
    valid_at: Option<Timestamp>,
    /// By name and revision: an answer that compares revisions rests on both versions.
    inputs: BTreeSet<(String, Revision)>,
    marking: Marking,
}

/// The part of the record that is looked at, checked.
#[derive(Debug, Clone, Default)]
pub(super) struct Scope {
    assessments: Vec<Name>,
    states: Vec<i32>,
    pub(super) actors: Vec<String>,
    pub(super) issues: Vec<String>,
    rejected: bool,
    /// Whether nothing is selected at all.
    nothing: bool,
}

impl Scope {
    /// The assessments that are looked at; `None` is all.
    fn parents(&self) -> Vec<Option<Name>> {
        if self.nothing {
            return Vec::new();
        }
        if self.assessments.is_empty() {
            return vec![None];
        }
        self.assessments.iter().cloned().map(Some).collect()
    }
}

/// Opens a view and answers from it on the pool for long work.
pub(super) async fn answer<A: Send + 'static>(
    door: Door,
    caller: Caller,
    read: Option<plain::ReadOptions>,
    work: impl FnOnce(&mut Gathering) -> Result<A, Error> + Send + 'static,
) -> Answer<A> {
    let mut gathering = open(&door, caller, read).await?;
    let revision = gathering.view.revision();
    let answer = door.long(move || work(&mut gathering)).await?;
    Ok((answer, revision))
}

/// Opens a view to gather from.
pub(super) async fn open(
    door: &Door,
    caller: Caller,
    read: Option<plain::ReadOptions>,
) -> Result<Gathering, Error> {
    let valid_at = read.as_ref().and_then(|read| read.valid_at);
    let view = door.view(caller, read.as_ref()).await?;
    Ok(Gathering {
        view,
        valid_at,
        inputs: BTreeSet::new(),
        marking: Marking::default(),
    })
}

impl Gathering {
    pub(super) fn limits(&self) -> Limits {
        *self.view.limits()
    }

    /// Checks a scope: everything wrong with it at once, then whether its assessments are there.
    pub(super) fn scope(&self, given: Option<plain::AnalysisScope>) -> Result<Scope, Error> {
        let given = given.unwrap_or_default();
        let limits = self.limits();
        let kind = kind_of("Assessment")?;
        let mut problems = Problems::default();
        let sizes = [
            (
                "assessments",
                given.assessments.len(),
                limits.scope_assessments_max,
            ),
            ("actors", given.actors.len(), limits.scope_names_max),
            ("issues", given.issues.len(), limits.scope_names_max),
        ];
        for (field, size, allowed) in sizes {
            if size > allowed {
                let field = format!("scope.{field}");
                let error = exceeded(&field, "SCOPE_TOO_LARGE", size, allowed);
                problems.note::<()>(Err(error))?;
            }
        }
        problems.finish()?;
        let mut problems = Problems::default();
        let mut assessments: Vec<Name> = Vec::new();
        for (at, name) in given.assessments.iter().enumerate() {
            let field = format!("scope.assessments[{at}]");
            let name = problems.note(Name::parse_as(kind, name, &field))?;
            // Named twice it is still one: its elements are not two records.
            let twice = |name: &Name| assessments.iter().any(|one| one.as_str() == name.as_str());
            assessments.extend(name.filter(|name| !twice(name)));
        }
        self.all_known(&mut problems, "scope.actors", &given.actors)?;
        self.all_known(&mut problems, "scope.issues", &given.issues)?;
        problems.finish()?;
        for name in &assessments {
            if !self.view.has(name)? {
                return Err(Error::not_found(name.as_str()));
            }
        }
        let states = match (given.states.is_empty(), assessments.is_empty()) {
            (true, true) => vec![plain::AssessmentState::Published.into()],
            (_, _) => given.states,
        };
        Ok(Scope {
            assessments,
            states,
            actors: given.actors,
            issues: given.issues,
            rejected: given.show_rejected,
            nothing: false,
        })
    }

    /// A scope as far as its assessments are there at the revision that is read here.
    pub(super) fn there(&self, scope: Scope) -> Result<Scope, Error> {
        let mut there = Vec::new();
        for name in &scope.assessments {
            if self.view.has(name)? {
                there.push(name.clone());
            }
        }
        Ok(Scope {
            // Without any of those named there is nothing, which is not everything.
            nothing: there.is_empty() && !scope.assessments.is_empty(),
            assessments: there,
            ..scope
        })
    }

    /// Notes every name that is malformed or that nothing the caller sees goes by.
    pub(super) fn all_known(
        &self,
        problems: &mut Problems,
        field: &str,
        names: &[String],
    ) -> Result<(), Error> {
        for (at, name) in names.iter().enumerate() {
            let field = format!("{field}[{at}]");
            problems.note(self.known(&field, name))?;
        }
        Ok(())
    }

    /// Refuses the name of an actor or an issue that nothing the caller sees goes by.
    pub(super) fn known(&self, field: &str, text: &str) -> Result<(), Error> {
        let (message, reason) = if field.contains("issue") {
            ("Issue", "ISSUE_UNKNOWN")
        } else {
            ("Actor", "ACTOR_UNKNOWN")
        };
        let name = Name::parse_as(kind_of(message)?, text, field)?;
        if self.view.has(&name)? || builtin::actor(name.as_str()).is_some() {
            return Ok(());
        }
        let text = format!("\"{text}\" is not known");
        Err(Error::Invalid(vec![Violation::new(field, reason, text)]))
    }

    /// Refuses more suppositions than one question may make.
    pub(super) fn supposes(&self, overrides: &[plain::PositionOverride]) -> Result<(), Error> {
        let (given, allowed) = (overrides.len(), self.limits().overrides_max);
        if given > allowed {
            return Err(exceeded("overrides", "OVERRIDES_TOO_MANY", given, allowed));
        }
        Ok(())
    }

    /// The elements of a kind that a scope selects and that hold at the time asked for.
    pub(super) fn elements<T: Selected>(&mut self, scope: &Scope) -> Result<Vec<T>, Error> {
        self.elements_where(scope, |_| true)
    }

    /// Those of them that are wanted; only they become inputs.
    pub(super) fn elements_where<T: Selected>(
        &mut self,
        scope: &Scope,
        wanted: impl Fn(&T) -> bool,
    ) -> Result<Vec<T>, Error> {
        let actors: BTreeSet<&str> = scope.actors.iter().map(String::as_str).collect();
        let issues: BTreeSet<&str> = scope.issues.iter().map(String::as_str).collect();
        let selects = |one: &T| {
            let own = one.actors();
            let actor = actors.is_empty()
                || own.is_empty()
                || own.iter().any(|actor| actors.contains(actor));
            let issue = issues.is_empty() || one.issue().is_none_or(|issue| issues.contains(issue));
            actor && issue && wanted(one)
        };
        let mut found = Vec::new();
        for parent in scope.parents() {
            let most = self.limits().analysis_elements_max;
            let query = Query {
                parent,
                states: scope.states.clone(),
                rejected: scope.rejected,
                ..Query::of(kind_of(T::MESSAGE)?, most + 1)
            };
            let names = self.view.names(&query)?;
            if names.len() > most {
                return Err(exceeded("scope", "SCOPE_TOO_LARGE", names.len(), most));
            }
            for name in names {
                found.extend(self.read_if(&name, selects)?);
            }
        }
        found.sort_by(|a: &T, b: &T| a.name().cmp(b.name()));
        Ok(found)
    }

    /// Which sort of silence it is that a scope holds no line of its actors on its issues. What
    /// breaks it is an input.
    pub(super) fn silence(&mut self, scope: &Scope) -> Result<Coverage, Error> {
        let kind = kind_of("RedLine")?;
        let among = |field: &str, names: &[String]| match kind.field(field) {
            Some(field) if !names.is_empty() => {
                let names = names.iter().map(|name| Value::Text(name.as_str().into()));
                Expr::Values(field, names.collect())
            }
            Some(_) | None => Expr::Every,
        };
        let filter = among("actor", &scope.actors).and(among("issue", &scope.issues));
        for parent in scope.parents() {
            let query = Query {
                parent,
                filter: filter.clone(),
                states: scope.states.clone(),
                rejected: scope.rejected,
                ..Query::of(kind, 1)
            };
            if let Some(name) = speaking(&self.view, &query)? {
                self.used(std::iter::once(name.as_str()))?;
                return Ok(Coverage::NotStated);
            }
        }
        Ok(Coverage::NotCovered)
    }

    /// Every issue the caller sees, by name; only those that are `used` become inputs.
    pub(super) fn issues(&mut self) -> Result<BTreeMap<String, plain::Issue>, Error> {
        let most = self.limits().analysis_elements_max;
        let names = self.view.names(&Query::of(kind_of("Issue")?, most))?;
        let mut found = BTreeMap::new();
        for name in names {
            if let Some((issue, _, _)) = self.decoded::<plain::Issue>(&name)? {
                found.insert(name, issue);
            }
        }
        Ok(found)
    }

    /// Reads one resource and notes it as an input.
    pub(super) fn read<T: Message + Default>(&mut self, name: &str) -> Result<Option<T>, Error> {
        self.read_if(name, |_| true)
    }

    fn read_if<T: Message + Default>(
        &mut self,
        name: &str,
        wanted: impl Fn(&T) -> bool,
    ) -> Result<Option<T>, Error> {
        let Some((value, revision, marking)) = self.decoded::<T>(name)? else {
            return Ok(None);
        };
        if !wanted(&value) {
            return Ok(None);
        }
        self.note(name, revision, &marking);
        Ok(Some(value))
    }

    /// Takes over what another gathering read, such as one at an earlier revision.
    pub(super) fn absorb(&mut self, other: &Self) {
        self.marking = self.marking.combined(&other.marking);
        self.inputs.extend(other.inputs.iter().cloned());
    }

    /// Notes resources that were read already, where they are seen.
    pub(super) fn used<'a>(&mut self, names: impl Iterator<Item = &'a str>) -> Result<(), Error> {
        for name in names {
            let Ok(parsed) = Name::parse(name, "name") else {
                continue;
            };
            match self.view.stored(&parsed)?.filter(|stored| !stored.deleted) {
                Some(stored) => self.note(name, stored.revision, &stored.marking),
                None if builtin::actor(name).is_some() => {
                    self.note(name, 0, &Marking::default());
                }
                None => {}
            }
        }
        Ok(())
    }

    fn note(&mut self, name: &str, revision: Revision, marking: &Marking) {
        self.inputs.insert((name.to_owned(), revision));
        self.marking = self.marking.combined(marking);
    }

    fn decoded<T: Message + Default>(
        &self,
        name: &str,
    ) -> Result<Option<(T, Revision, Marking)>, Error> {
        let parsed = Name::parse(name, "name")?;
        let Some(stored) = self.view.stored(&parsed)?.filter(|stored| !stored.deleted) else {
            return Ok(None);
        };
        let position = Position {
            revision: stored.revision,
            created_us: 0,
            updated_us: 0,
            deleted: false,
        };
        let value = T::decode(body::answer(&stored.body, &position))
            .map_err(|error| Error::Internal(format!("stored body of {name}: {error}")))?;
        Ok(Some((value, stored.revision, stored.marking)))
    }

    /// The basis of the answer. An answer that its own marking keeps from the caller is refused.
    pub(super) fn basis(
        &self,
        (method, source): (&str, &str),
        gaps: Vec<plain::basis::Gap>,
    ) -> Result<plain::Basis, Error> {
        if !self.view.caller().clearance().covers(&self.marking) {
            return Err(Error::Precondition {
                reason: "MARKINGS_EXCLUDE",
                name: "basis.marking".to_owned(),
                description: "no one audience may see all the inputs together; narrow the scope"
                    .to_owned(),
            });
        }
        let inputs = self
            .inputs
            .iter()
            .map(|(name, revision)| plain::basis::Input {
                name: name.clone(),
                revision: *revision,
            });
        Ok(plain::Basis {
            read_revision: self.view.revision(),
            valid_at: self.valid_at,
            method: method.to_owned(),
            method_source: source.to_owned(),
            inputs: inputs.collect(),
            gaps,
            marking: Some(told(&self.marking)),
        })
    }
}

/// A marking as the contract writes it.
fn told(marking: &Marking) -> plain::Marking {
    let tlp = match marking.tlp {
        Tlp::Clear => plain::Tlp::Clear,
        Tlp::Green => plain::Tlp::Green,
        Tlp::Amber => plain::Tlp::Amber,
        Tlp::AmberStrict => plain::Tlp::AmberStrict,
        Tlp::Red => plain::Tlp::Red,
    };
    plain::Marking {
        tlp: tlp.into(),
        audience: marking
            .audience
            .clone()
            .map(|groups| plain::Audience { groups }),
        handling_text: String::new(),
    }
}
