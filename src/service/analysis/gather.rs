//! What an analysis reads under one view, and the basis of its answer.
//!
//! Everything that is read is noted with its revision and marking; the basis names it all and
//! carries the highest level and the intersection of the audiences. Only what the caller may see
//! is ever read, so that what he may not see leaves no trace in the answer. Elements are counted at
//! one time in the world, that of the read unless another was asked for, and one of each lineage.

use std::collections::{BTreeMap, BTreeSet};

use prost::Message;
use prost_reflect::DynamicMessage;
use prost_types::Timestamp;

use super::super::coverage::speaking;
use super::super::list::kind_of;
use super::super::{Answer, Door};
use crate::analysis::current::{self, Known, Uncounted};
use crate::error::{Error, Problems, Violation};
use crate::ledger::{Query, View};
use crate::model::Revision;
use crate::model::caller::{Caller, Marking, Tlp};
use crate::model::kind::Value;
use crate::model::limits::{Limits, exceeded};
use crate::model::name::Name;
use crate::model::v1::{self as plain, Coverage};
use crate::query::filter::Expr;
use crate::wire::{body, builtin};

/// What tools address.
const TARGETS: [&str; 3] = ["Risk", "RedLine", "Challenge"];

/// Elements that an error names which were not counted.
const NAMES_SHOWN: usize = 3;

/// An element as far as a scope selects it.
pub(super) trait Selected: Message + Default {
    const MESSAGE: &'static str;
    fn name(&self) -> &str;
    /// Gives the first of a lineage, which need not say so, its own uid as the lineage.
    fn settle_lineage(&mut self);
    /// What decides whether it counts at a time.
    fn known(&self) -> Known<'_>;
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

            fn settle_lineage(&mut self) {
                if self.lineage.is_empty() {
                    self.lineage.clone_from(&self.uid);
                }
            }

            fn known(&self) -> Known<'_> {
                Known {
                    name: &self.name,
                    lineage: &self.lineage,
                    continues: &self.continues,
                    created: self.create_time.as_ref(),
                    valid: self.valid.as_ref(),
                }
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
    /// As the request asks, also of which time in the world.
    pub(super) view: View,
    /// The same revision, whatever holds when.
    record: View,
    /// The time of the read.
    time: Timestamp,
    /// The time in the world that was asked for, or that elements were counted at.
    valid_at: Option<Timestamp>,
    /// By name and revision: an answer that compares revisions rests on both versions.
    inputs: BTreeSet<(String, Revision)>,
    uncounted: BTreeMap<String, plain::basis::Uncounted>,
    marking: Marking,
}

/// The elements of a kind that a scope selects.
pub(super) struct Selection<T> {
    /// Those that count.
    pub(super) counted: Vec<T>,
    /// Those that do not, among them what the others carry on.
    pub(super) uncounted: Vec<T>,
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
    let work = move || work(&mut gathering).map_err(|error| gathering.explained(error));
    Ok((door.long(work).await?, revision))
}

/// Opens a view to gather from.
pub(super) async fn open(
    door: &Door,
    caller: Caller,
    read: Option<plain::ReadOptions>,
) -> Result<Gathering, Error> {
    use plain::read_options::Consistency;
    let valid_at = read.as_ref().and_then(|read| read.valid_at);
    let view = door.view(caller, read.as_ref()).await?;
    let time = match read.and_then(|read| read.consistency) {
        Some(Consistency::ExactRevision(_)) => body::timestamp(view.committed_us()),
        Some(Consistency::ReadTime(time)) => time,
        Some(Consistency::Latest(_) | Consistency::AtLeastRevision(_)) | None => {
            body::timestamp((door.clock)())
        }
    };
    Ok(Gathering {
        record: view.clone().valid_at(None),
        view,
        time,
        valid_at,
        inputs: BTreeSet::new(),
        uncounted: BTreeMap::new(),
        marking: Marking::default(),
    })
}

impl Gathering {
    /// The time of the read: now, or that of the revision or the time asked for.
    pub(super) fn time(&self) -> Timestamp {
        self.time
    }

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
        let mut problems = Problems::default();
        let mut supposed: BTreeMap<(&str, &str, &str), f64> = BTreeMap::new();
        for (at, one) in overrides.iter().enumerate() {
            let fields = [
                ("ideal", one.issue.as_str(), one.ideal),
                ("min", one.issue.as_str(), one.min),
                ("max", one.issue.as_str(), one.max),
                ("salience", one.issue.as_str(), one.salience),
                ("influence", "", one.influence),
            ];
            for (field, issue, value) in fields {
                let Some(value) = value else { continue };
                let first = *supposed.entry((&one.actor, issue, field)).or_insert(value);
                if first.to_bits() != value.to_bits() {
                    let text = format!("\"{first}\" was supposed before, and \"{value}\" here");
                    let field = format!("overrides[{at}].{field}");
                    problems.add(Violation::new(field, "OVERRIDE_TWICE", text));
                }
            }
        }
        problems.finish()
    }

    /// Says of an error that nothing is there that some is, and was not counted.
    fn explained(&self, mut error: Error) -> Error {
        if let (Error::Invalid(violations), false) = (&mut error, self.uncounted.is_empty()) {
            let names: Vec<&str> = self.uncounted.keys().map(String::as_str).collect();
            let shown = names.iter().take(NAMES_SHOWN).copied();
            let shown = shown.collect::<Vec<_>>().join("\", \"");
            let rest = match names.len().saturating_sub(NAMES_SHOWN) {
                0 => String::new(),
                rest => format!(" and {rest} more"),
            };
            let none = violations.iter_mut();
            for violation in none.filter(|one| one.reason.starts_with("NO_")) {
                let text = format!("; not counted at the time: \"{shown}\"{rest}");
                violation.description.push_str(&text);
            }
        }
        error
    }

    /// Counts elements at a time in the world unless the request asks for another.
    pub(super) fn count_at(&mut self, time: Timestamp) {
        self.valid_at.get_or_insert(time);
    }

    /// The view of what counts, of all lineages.
    fn counting(&mut self) -> View {
        let at = *self.valid_at.get_or_insert(self.time);
        self.record.clone().valid_at(body::microseconds(&at))
    }

    /// Refuses the name of what tools do not address, or that the caller does not see, or that does
    /// not hold.
    pub(super) fn target(&mut self, field: &str, text: &str) -> Result<(), Error> {
        let name = Name::parse(text, field)?;
        let (reason, what) = if !TARGETS.contains(&name.kind().message.as_str()) {
            ("TARGET_KIND", "is no risk, red line or challenge")
        } else if !self.record.has(&name)? {
            ("TARGET_UNKNOWN", "is not known")
        } else if !self.counting().has(&name)? {
            let text = "does not hold at the time that counts; another can be asked for";
            ("TARGET_NOT_VALID", text)
        } else {
            return Ok(());
        };
        let text = format!("\"{text}\" {what}");
        Err(Error::invalid(field, reason, text))
    }

    /// The elements of a kind that a scope selects and that count.
    pub(super) fn elements<T: Selected>(&mut self, scope: &Scope) -> Result<Vec<T>, Error> {
        self.elements_where(scope, |_| true)
    }

    /// Those of them that are wanted; only they become inputs.
    pub(super) fn elements_where<T: Selected>(
        &mut self,
        scope: &Scope,
        wanted: impl Fn(&T) -> bool,
    ) -> Result<Vec<T>, Error> {
        Ok(self.selection(scope, wanted)?.counted)
    }

    /// The elements of a kind that a scope selects, by name. What counts is decided before it is
    /// asked whose they are and on what: a line that was carried on elsewhere is none here.
    pub(super) fn selection<T: Selected>(
        &mut self,
        scope: &Scope,
        wanted: impl Fn(&T) -> bool,
    ) -> Result<Selection<T>, Error> {
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
        let found = self.all::<T>(scope)?;
        let known: Vec<Known<'_>> = found.iter().map(|(one, ..)| one.known()).collect();
        let at = *self.valid_at.get_or_insert(self.time);
        let told = current::uncounted(&known, &at);
        let told: Vec<Option<plain::basis::Uncounted>> = told
            .into_iter()
            .zip(&known)
            .map(|(why, one)| Some(uncounted(one.name, why?, &known)))
            .collect();
        let mut selection = Selection {
            counted: Vec::new(),
            uncounted: Vec::new(),
        };
        for ((one, revision, marking), why) in found.into_iter().zip(told) {
            if !selects(&one) {
                continue;
            }
            let Some(why) = why else {
                self.note(one.name(), revision, &marking);
                selection.counted.push(one);
                continue;
            };
            self.marking = self.marking.combined(&marking);
            self.uncounted.insert(why.name.clone(), why);
            selection.uncounted.push(one);
        }
        Ok(selection)
    }

    /// The elements of a kind in the assessments of a scope, whenever they hold, by name.
    fn all<T: Selected>(&self, scope: &Scope) -> Result<Vec<(T, Revision, Marking)>, Error> {
        let mut found: Vec<(T, Revision, Marking)> = Vec::new();
        for parent in scope.parents() {
            let most = self.limits().analysis_elements_max;
            let query = Query {
                parent,
                states: scope.states.clone(),
                rejected: scope.rejected,
                ..Query::of(kind_of(T::MESSAGE)?, most + 1)
            };
            let names = self.record.names(&query)?;
            if names.len() > most {
                return Err(exceeded("scope", "SCOPE_TOO_LARGE", names.len(), most));
            }
            for name in names {
                found.extend(self.decoded::<T>(&name)?);
            }
        }
        found.iter_mut().for_each(|(one, ..)| one.settle_lineage());
        found.sort_by(|(a, ..), (b, ..)| a.name().cmp(b.name()));
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
            if let Some(name) = speaking(&self.counting(), &query)? {
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

    /// Reads one resource, whenever it holds, and notes it as an input.
    pub(super) fn read<T: Message + Default>(&mut self, name: &str) -> Result<Option<T>, Error> {
        let Some((value, revision, marking)) = self.decoded::<T>(name)? else {
            return Ok(None);
        };
        self.note(name, revision, &marking);
        Ok(Some(value))
    }

    /// Reads one resource of any kind, whenever it holds, and notes it as an input.
    pub(super) fn message(&mut self, name: &Name) -> Result<Option<DynamicMessage>, Error> {
        let Some(shown) = self.record.shown(name)? else {
            return Ok(None);
        };
        self.note(name.as_str(), shown.revision, &shown.marking);
        body::open(name.kind(), &shown.bytes).map(Some)
    }

    /// Takes over what another gathering read, such as one at an earlier revision.
    pub(super) fn absorb(&mut self, other: &Self) {
        self.marking = self.marking.combined(&other.marking);
        self.inputs.extend(other.inputs.iter().cloned());
        for (name, why) in &other.uncounted {
            self.uncounted
                .entry(name.clone())
                .or_insert_with(|| why.clone());
        }
    }

    /// Notes resources that were read already, where they are seen.
    pub(super) fn used<'a>(&mut self, names: impl Iterator<Item = &'a str>) -> Result<(), Error> {
        let names: BTreeSet<&str> = names.collect();
        for name in names {
            let Ok(parsed) = Name::parse(name, "name") else {
                continue;
            };
            match self.record.shown(&parsed)? {
                Some(shown) => self.note(name, shown.revision, &shown.marking),
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
        let Some(shown) = self.record.shown(&Name::parse(name, "name")?)? else {
            return Ok(None);
        };
        let value = T::decode(shown.bytes)
            .map_err(|error| Error::Internal(format!("stored body of {name}: {error}")))?;
        Ok(Some((value, shown.revision, shown.marking)))
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
            uncounted: self.uncounted.values().cloned().collect(),
        })
    }
}

/// Why an element was not counted, as the contract writes it.
fn uncounted(name: &str, why: Uncounted, known: &[Known<'_>]) -> plain::basis::Uncounted {
    let (at, by) = match why {
        Uncounted::Ended(at) | Uncounted::NotBegun(at) => (Some(at), None),
        Uncounted::CarriedOn(place) => (None, known.get(place)),
    };
    plain::basis::Uncounted {
        name: name.to_owned(),
        reason: why.reason().into(),
        at,
        carried_on_by: by.map_or_else(String::new, |by| by.name.to_owned()),
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
