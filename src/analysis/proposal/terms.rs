//! What a proposal says, checked against the scales of its issues; everything wrong at once.

use std::collections::BTreeMap;

use super::Issues;
use crate::analysis::scale;
use crate::error::{Error, Problems, Violation};
use crate::model::limits::Limits;
use crate::model::v1::issue::Scale;
use crate::model::v1::proposal_term::Place as Given;
use crate::model::v1::{self, Posture, TermEffect};

/// Where on its scale a term lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Place<'a> {
    /// A value.
    At(f64),
    /// An option.
    Of(&'a str),
}

/// One term.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Term<'a> {
    pub(super) issue: &'a str,
    pub(super) effect: TermEffect,
    pub(super) place: Option<Place<'a>>,
    /// Whether it rules out a place on its scale and no more: it leaves open where it lies.
    pub(super) elsewhere: bool,
    /// The far end of its scale, where the scale says it.
    pub(super) top: Option<f64>,
    pub(super) giver: &'a str,
    pub(super) meets: &'a [String],
}

impl Term<'_> {
    /// Whether it goes some way on its scale and not to the end.
    pub(super) fn short(&self) -> bool {
        match self.place {
            None => false,
            Some(Place::Of(_)) => true,
            Some(Place::At(value)) => {
                self.effect != TermEffect::RulesOut && self.top.is_none_or(|top| value < top)
            }
        }
    }
}

/// Reads the terms.
pub(super) fn read<'a>(
    given: &'a [v1::ProposalTerm],
    issues: &Issues,
    limits: &Limits,
) -> Result<Vec<Term<'a>>, Error> {
    let mut problems = Problems::default();
    if given.is_empty() {
        let text = "a proposal has at least one term";
        problems.add(Violation::new("terms", "TERMS_MISSING", text));
    }
    if given.len() > limits.proposal_terms_max {
        let text = format!(
            "{} given, {} allowed",
            given.len(),
            limits.proposal_terms_max
        );
        problems.add(Violation::new("terms", "TERMS_TOO_MANY", text));
    }
    let mut terms = Vec::new();
    for (at, term) in given.iter().enumerate().take(limits.proposal_terms_max) {
        terms.extend(problems.note(one(at, term, issues, limits))?);
    }
    problems.finish()?;
    Ok(terms)
}

/// Checks the red lines whose condition the terms are said to carry: each is among the lines that
/// are checked, and has one.
pub(super) fn carried(terms: &[Term<'_>], lines: &[v1::RedLine]) -> Result<(), Error> {
    let mut problems = Problems::default();
    let given = terms.iter().enumerate();
    let given = given.flat_map(|(at, term)| term.meets.iter().map(move |name| (at, name)));
    let mut known: Option<BTreeMap<&str, Posture>> = None;
    for (at, name) in given {
        let known = known.get_or_insert_with(|| {
            let each = lines.iter();
            each.map(|line| (line.name.as_str(), line.posture()))
                .collect()
        });
        let (reason, text) = match known.get(name.as_str()) {
            Some(Posture::Conditions) => continue,
            Some(_) => ("LINE_WITHOUT_CONDITION", "is accepted on no condition"),
            None => ("LINE_UNKNOWN", "is no red line in scope"),
        };
        let text = format!("\"{name}\" {text}");
        problems.add(Violation::new(format!("terms[{at}].meets"), reason, text));
    }
    problems.finish()
}

fn one<'a>(
    at: usize,
    given: &'a v1::ProposalTerm,
    issues: &Issues,
    limits: &Limits,
) -> Result<Term<'a>, Error> {
    let field = |name: &str| format!("terms[{at}].{name}");
    let refuse = |name: &str, reason, text: String| Err(Error::invalid(field(name), reason, text));
    let Some(issue) = issues.get(&given.issue) else {
        let text = format!("\"{}\" is no issue that is known", given.issue);
        return refuse("issue", "ISSUE_UNKNOWN", text);
    };
    let words = [("text", given.text.len()), ("meets", given.meets.len())];
    let bounds = [limits.term_text_bytes_max, limits.term_conditions_max];
    for ((name, size), allowed) in words.into_iter().zip(bounds) {
        if size > allowed {
            let text = format!("{size} given, {allowed} allowed");
            return refuse(name, "TERM_TOO_LONG", text);
        }
    }
    let Ok(stated) = TermEffect::try_from(given.effect) else {
        let text = format!("\"{}\" is no effect", given.effect);
        return refuse("effect", "ENUM_UNKNOWN", text);
    };
    let place = match &given.place {
        None => None,
        Some(place) => Some(placed(&field, place, issue, limits)?),
    };
    let follows = match (issue.scale.as_ref(), place) {
        (Some(Scale::Binary(_)), Some(Place::At(value))) if value > 0.5 => TermEffect::BringsAbout,
        (Some(Scale::Binary(_)), Some(Place::At(_))) => TermEffect::RulesOut,
        (_, _) => stated,
    };
    if stated != TermEffect::Unspecified && stated != follows {
        let text = "the effect and the value of the term contradict each other";
        return refuse("effect", "TERM_CONTRADICTS_ITSELF", text.to_owned());
    }
    let binary = matches!(issue.scale, Some(Scale::Binary(_)));
    Ok(Term {
        issue: &given.issue,
        effect: follows,
        elsewhere: follows == TermEffect::RulesOut && place.is_some() && !binary,
        top: scale::ends(issue.scale.as_ref()).and_then(|(_, top)| top),
        place,
        giver: &given.giver,
        meets: &given.meets,
    })
}

/// The place of a term, which its issue's scale must have.
fn placed<'a>(
    field: &dyn Fn(&str) -> String,
    place: &'a Given,
    issue: &v1::Issue,
    limits: &Limits,
) -> Result<Place<'a>, Error> {
    let scale = issue.scale.as_ref();
    let mismatch = |name: &str| {
        let kind = scale::kind(scale);
        let text = format!("\"{}\" has {kind}", issue.name);
        Err(Error::invalid(field(name), "SCALE_MISMATCH", text))
    };
    match (place, scale) {
        (Given::Option(option), Some(Scale::Options(options))) => {
            if options.ids.contains(option) {
                return Ok(Place::Of(option));
            }
            let text = format!("\"{option}\" is not an option of \"{}\"", issue.name);
            Err(Error::invalid(field("option"), "OPTION_UNKNOWN", text))
        }
        (Given::Step(label), Some(Scale::Ordinal(_) | Scale::Binary(_))) => {
            let steps = scale::steps(scale);
            let found = steps
                .iter()
                .find(|(_, known)| known.eq_ignore_ascii_case(label));
            if let Some((value, _)) = found {
                return Ok(Place::At(*value));
            }
            let known: Vec<&str> = steps.iter().map(|(_, label)| label.as_str()).collect();
            let known = known.join("\", \"");
            let text = format!("\"{label}\" is no step of \"{}\": \"{known}\"", issue.name);
            Err(Error::invalid(field("step"), "STEP_UNKNOWN", text))
        }
        (Given::Amount(value), Some(Scale::Ordinal(_) | Scale::Quantity(_) | Scale::Binary(_))) => {
            on_scale(&field("amount"), *value, issue, limits)?;
            Ok(Place::At(*value))
        }
        (Given::Amount(_), _) => mismatch("amount"),
        (Given::Step(_), _) => mismatch("step"),
        (Given::Option(_), _) => mismatch("option"),
    }
}

fn on_scale(field: &str, value: f64, issue: &v1::Issue, limits: &Limits) -> Result<(), Error> {
    let mut problems = Problems::default();
    scale::on_scale(&mut problems, field, &issue.into(), value, limits);
    problems.finish()?;
    let steps = scale::steps(issue.scale.as_ref());
    if !steps.is_empty() && !steps.iter().any(|(step, _)| *step == value) {
        let text = format!("\"{value}\" lies between the steps of \"{}\"", issue.name);
        return Err(Error::invalid(field, "VALUE_OFF_SCALE", text));
    }
    Ok(())
}
