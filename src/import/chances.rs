//! How likely and how bad: estimative words, columns of likelihood, impact and rating.
//!
//! Words stay beside numbers, and neither is made from the other: no band is looked up for a term,
//! no term for a number. What is not stated stays absent, and a number that cannot be a
//! probability becomes a doubt.

use super::codes;
use super::collect::{Collector, Value, merge};
use super::words::words;
use crate::model::v1::{
    Confidence, ConfidenceLevel, DoubtKind, IntervalKind, Likelihood, LikelihoodOrigin,
    LikelihoodScheme, risk,
};

/// The estimative word that stands in `words`, as a likelihood.
pub(super) fn likelihood(words: &str) -> Option<Likelihood> {
    let (term, (start, end)) = codes::estimate(words)?;
    Some(Likelihood {
        text: words.get(start..end).unwrap_or(term).to_owned(),
        term: term.to_owned(),
        scheme: LikelihoodScheme::Undeclared.into(),
        origin: LikelihoodOrigin::StatedWord.into(),
        ..Likelihood::default()
    })
}

/// How sure the author is, where the words say "with moderate confidence" or the like.
pub(super) fn confidence(text: &str) -> Option<Confidence> {
    let words = words(text);
    let mut found = words.windows(2).filter_map(|pair| {
        let [one, other] = pair else { return None };
        let level = match one.text.as_str() {
            "low" => ConfidenceLevel::Low,
            "moderate" | "medium" => ConfidenceLevel::Moderate,
            "high" => ConfidenceLevel::High,
            _ => return None,
        };
        (other.text == "confidence").then_some((level, one.at.join(other.at)))
    });
    let (level, at) = found.next()?;
    found.next().is_none().then(|| Confidence {
        level: level.into(),
        text: at.of(text).to_owned(),
        ..Confidence::default()
    })
}

/// The likelihood that a cell of a column of likelihoods states, in words or in percent.
fn chance(cell: &str) -> Option<Likelihood> {
    if cell.is_empty() {
        return None;
    }
    let mut stated = likelihood(cell).unwrap_or_else(|| Likelihood {
        scheme: LikelihoodScheme::Undeclared.into(),
        origin: LikelihoodOrigin::StatedWord.into(),
        ..Likelihood::default()
    });
    stated.text = cell.to_owned();
    if !cell.contains(|c: char| c.is_ascii_digit()) {
        return Some(stated);
    }
    let percent = cell.contains('%');
    let mut numbers = Vec::new();
    for number in cell.split(|c: char| !(c.is_ascii_digit() || c == '.')) {
        if number.is_empty() || number == "." {
            continue;
        }
        let value: f64 = number.parse().ok()?;
        numbers.push(if percent { value / 100.0 } else { value });
    }
    if numbers.iter().any(|value| !(0.0..=1.0).contains(value)) {
        return None;
    }
    match numbers.as_slice() {
        [best] => stated.best = Some(*best),
        [low, high] if low <= high => {
            (stated.low, stated.high) = (Some(*low), Some(*high));
            stated.interval = IntervalKind::Range.into();
        }
        _ => return None,
    }
    stated.origin = LikelihoodOrigin::StatedNumber.into();
    Some(stated)
}

/// What further columns say of a risk; empty where there is none.
#[derive(Debug, Clone, Default)]
pub(super) struct Grades {
    pub(super) likelihood: Value,
    pub(super) effect: Value,
    pub(super) rating: Value,
}

impl Collector<'_> {
    /// What the further columns of a row say of a risk.
    pub(super) fn grade(&mut self, link: &str, grades: Grades) {
        let chance = chance(&grades.likelihood.text);
        if !grades.likelihood.text.is_empty() && chance.is_none() {
            let reason = "This is no likelihood that can be read; it was left out.";
            self.doubts
                .add(grades.likelihood.at, DoubtKind::UnclearValue, reason);
        }
        let level = self.one(codes::level(&grades.effect.text), grades.effect.at);
        let mut citations = Vec::new();
        for (value, path) in [
            (&grades.likelihood, "likelihood"),
            (&grades.effect, "impacts"),
            (&grades.rating, "stated_rating"),
        ] {
            if !value.text.is_empty() {
                citations.push(self.cite(value.at, &[path]));
            }
        }
        let id = link.strip_prefix("risks/").unwrap_or(link);
        let Some(risk) = self.draft.risks.iter_mut().rev().find(|risk| risk.id == id) else {
            return;
        };
        if chance.is_some() {
            risk.likelihood = chance;
        }
        if !grades.effect.text.is_empty() && risk.impacts.is_empty() {
            risk.impacts.push(risk::Impact {
                level: level.map_or(0, Into::into),
                text: grades.effect.text,
                ..risk::Impact::default()
            });
        }
        if !grades.rating.text.is_empty() {
            let scale = String::new();
            risk.stated_rating = Some(risk::StatedRating {
                text: grades.rating.text,
                scale,
            });
        }
        merge(&mut risk.citations, citations);
    }
}
