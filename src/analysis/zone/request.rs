//! What can be wrong with a question about a zone; all of it is named at once.

use std::collections::BTreeSet;

use super::{Acceptance, Question};
use crate::analysis::scale::{self, Issue};
use crate::error::{Error, Problems, Violation};
use crate::model::limits::Limits;
use crate::model::v1::issue::Scale;

pub(super) fn check(question: &Question, limits: &Limits) -> Result<(), Error> {
    let mut problems = Problems::default();
    counts(question, limits, &mut problems);
    let issues = question.issues.iter().map(|issue| issue.name.as_str());
    twice(&mut problems, "issues", issues);
    let parties = question.parties.iter().map(|party| party.name.as_str());
    twice(&mut problems, "parties", parties.clone());
    let parties: BTreeSet<&str> = parties.collect();
    for acceptance in &question.acceptances {
        let field = match acceptance.source.as_str() {
            "" => format!("overrides[{} on {}]", acceptance.party, acceptance.issue),
            source => source.to_owned(),
        };
        if !parties.contains(acceptance.party.as_str()) {
            let text = format!("\"{}\" is not among the parties", acceptance.party);
            problems.add(Violation::new(&field, "PARTY_UNKNOWN", text));
        }
        match question
            .issues
            .iter()
            .find(|issue| issue.name == acceptance.issue)
        {
            Some(issue) => {
                let field = format!("{field}.bound");
                bound(&mut problems, &field, issue, acceptance, limits);
            }
            None => {
                let text = format!("\"{}\" is not among the issues", acceptance.issue);
                problems.add(Violation::new(field, "ISSUE_UNKNOWN", text));
            }
        }
    }
    problems.finish()
}

fn counts(question: &Question, limits: &Limits, problems: &mut Problems) {
    let mut add = |field: &str, reason, text: String| {
        problems.add(Violation::new(field, reason, text));
    };
    let (issues, parties) = (question.issues.len(), question.parties.len());
    if issues == 0 {
        add("issues", "NO_ISSUES", "no issue is given".to_owned());
    }
    if parties == 0 {
        add("parties", "NO_PARTIES", "no party is given".to_owned());
    }
    let given = [
        (
            "issues",
            "TOO_MANY_ISSUES",
            issues,
            limits.analysis_issues_max,
        ),
        (
            "parties",
            "TOO_MANY_PARTIES",
            parties,
            limits.zone_parties_max,
        ),
    ];
    for (field, reason, given, allowed) in given {
        if given > allowed {
            add(field, reason, format!("{given} given, {allowed} allowed"));
        }
    }
}

fn twice<'a>(problems: &mut Problems, field: &str, names: impl Iterator<Item = &'a str>) {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            let text = format!("\"{name}\" is given twice");
            problems.add(Violation::new(field, "DUPLICATE", text));
        }
    }
}

fn bound(
    problems: &mut Problems,
    field: &str,
    issue: &Issue,
    acceptance: &Acceptance,
    limits: &Limits,
) {
    let bound = &acceptance.bound;
    let ordered = bound.min.is_some() || bound.max.is_some();
    let known: Option<&[String]> = match &issue.scale {
        Some(Scale::Options(options)) => Some(&options.ids),
        Some(Scale::Ordinal(_) | Scale::Quantity(_) | Scale::Binary(_)) => None,
        // Where the scale is not stated the answer is that nothing can be said.
        None => return,
    };
    let mismatch = match known {
        Some(_) => ordered,
        None => !bound.options.is_empty(),
    };
    if mismatch {
        let kind = scale::kind(issue.scale.as_ref());
        let text = format!("\"{}\" has {kind}, and the bound is of another", issue.name);
        problems.add(Violation::new(field, "BOUND_OF_OTHER_SCALE", text));
        return;
    }
    for option in &bound.options {
        if known.is_some_and(|known| !known.contains(option)) {
            let text = format!("\"{option}\" is no option of \"{}\"", issue.name);
            problems.add(Violation::new(field, "OPTION_UNKNOWN", text));
        }
    }
    for end in [bound.min, bound.max].into_iter().flatten() {
        scale::on_scale(problems, field, issue, end, limits);
    }
    if let (Some(min), Some(max)) = (bound.min, bound.max)
        && min > max
    {
        let text = format!("the minimum \"{min}\" is above the maximum \"{max}\"");
        problems.add(Violation::new(field, "BOUNDS_CONTRADICT", text));
    }
}
