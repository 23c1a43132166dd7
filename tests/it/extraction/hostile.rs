//! Documents that nobody writes: each is read in bounds, doubted or refused with its reason.

use chancery::error::Error;
use chancery::import::draft;
use chancery::model::limits::Limits;
use chancery::model::names::Names;

use super::hostile_inputs::{Hostile, Taken, hostile};
use super::score::misquotes;

#[test]
fn hostile_documents_are_read_in_bounds_or_refused() {
    let problems: Vec<String> = hostile().iter().filter_map(problem).collect();
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

fn problem(input: &Hostile) -> Option<String> {
    let limits = Limits::default();
    let read = draft(&input.bytes, "text/markdown", Names::builtin(), &limits);
    let said = match (&read, input.taken) {
        (Err(Error::Invalid(violations)), Taken::Refused(reason)) => violations
            .iter()
            .any(|violation| violation.reason == reason),
        (Ok(draft), Taken::Doubted(words)) => draft
            .doubts
            .iter()
            .any(|doubt| doubt.reason.contains(words)),
        (Ok(_), Taken::Read) => true,
        (Ok(_) | Err(_), _) => false,
    };
    if !said {
        let doubts: Vec<String> = read.map_or_else(
            |error| vec![error.to_string()],
            |draft| {
                draft
                    .doubts
                    .into_iter()
                    .take(3)
                    .map(|doubt| doubt.reason)
                    .collect()
            },
        );
        return Some(format!(
            "{}: wanted {:?}, got {doubts:?}",
            input.name, input.taken
        ));
    }
    let draft = read.ok()?;
    let counts = [
        draft.assessment.risks.len(),
        draft.assessment.forecasts.len(),
        draft.assessment.red_lines.len(),
        draft.doubts.len(),
    ];
    let over = counts.iter().any(|count| *count > limits.elements_max);
    let wrong = misquotes(&draft).into_iter().next();
    wrong
        .or_else(|| over.then(|| format!("more than {} elements", limits.elements_max)))
        .map(|problem| format!("{}: {problem}", input.name))
}
