//! The yardstick of probability words that a document declares: by its name, or by a table of its
//! own that gives words their ranges.
//!
//! A word takes its scheme only where the yardstick has that word; without a declaration it stays
//! undeclared. No number is ever looked up for a word.

use super::codes;
use super::odds::odds;
use super::span::Span;
use super::words::words;
use crate::model::estimate::band_of;
use crate::model::v1::{Assessment, Likelihood, LikelihoodScheme};

/// Longest line that gives a word its range.
const LINE_BYTES_MAX: usize = 160;
/// Words that such a line has beside the term and its range at most.
const FURTHER_WORDS_MAX: usize = 8;
/// Fewest words that make a yardstick of one's own.
const TERMS_MIN: usize = 3;
/// How far a bound may lie from that of a published yardstick.
const BOUND_ERROR_MAX: f64 = 0.011;

/// What a document declares.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Yardstick {
    scheme: Option<LikelihoodScheme>,
    /// The terms of a yardstick of its own.
    terms: Vec<&'static str>,
}

/// The yardstick that the text declares.
pub(super) fn yardstick(text: &str) -> Yardstick {
    let mut own: Vec<(&'static str, f64, f64)> = Vec::new();
    let mut named: Vec<LikelihoodScheme> = Vec::new();
    for line in text.lines() {
        named.extend(names(line));
        if own.len() < 16 {
            own.extend(defines(line));
        }
    }
    named.dedup();
    let published = [LikelihoodScheme::Icd203, LikelihoodScheme::Phia];
    let terms: Vec<&'static str> = own.iter().map(|(term, ..)| *term).collect();
    if let [only] = named.as_slice() {
        return Yardstick {
            scheme: Some(*only),
            terms: Vec::new(),
        };
    }
    if own.len() < TERMS_MIN {
        return Yardstick::default();
    }
    let known = published.into_iter().find(|scheme| {
        own.iter().all(|(term, low, high)| {
            band_of(*scheme, term).is_some_and(|band| {
                (band.low - low).abs() < BOUND_ERROR_MAX
                    && (band.high - high).abs() < BOUND_ERROR_MAX
            })
        })
    });
    Yardstick {
        scheme: Some(known.unwrap_or(LikelihoodScheme::Other)),
        terms,
    }
}

/// The published yardstick that a line says is used.
fn names(line: &str) -> Option<LikelihoodScheme> {
    const DECLINES: [&str; 5] = ["not ", "unlike", "rather than", "instead of", "differ"];
    let lower = line.to_lowercase();
    if DECLINES.iter().any(|word| lower.contains(word)) {
        return None;
    }
    let says = |names: &[&str]| names.iter().any(|name| lower.contains(name));
    if says(&["icd 203", "icd-203", "icd203", "community directive 203"]) {
        Some(LikelihoodScheme::Icd203)
    } else if says(&[
        "phia",
        "professional head of intelligence",
        "probability yardstick",
    ]) {
        Some(LikelihoodScheme::Phia)
    } else {
        None
    }
}

/// The term that a line gives a range of percentages: "Likely | 55–75 %".
fn defines(line: &str) -> Option<(&'static str, f64, f64)> {
    if line.len() > LINE_BYTES_MAX || !line.contains('%') {
        return None;
    }
    let all = odds(line);
    let [range] = all.as_slice() else { return None };
    let (low, high) = range.low.zip(range.high).filter(|_| range.percent)?;
    let outside = format!(
        "{} {}",
        Span::new(0, range.at.start).of(line),
        Span::new(range.at.end, line.len()).of(line)
    );
    let (term, _) = codes::estimate(&outside)?;
    let few = words(&outside).len() <= words(term).len() + FURTHER_WORDS_MAX;
    let row = line.contains(['|', '\t', ':', '=']) || line.contains(" means ");
    (few && row && range.possible()).then_some((term, low, high))
}

impl Yardstick {
    /// Gives every word of a draft the scheme that defines it.
    pub(super) fn apply(&self, draft: &mut Assessment) {
        let Some(scheme) = self.scheme else { return };
        let likelihoods = (draft.risks.iter_mut().filter_map(|e| e.likelihood.as_mut()))
            .chain(
                draft
                    .judgments
                    .iter_mut()
                    .filter_map(|e| e.likelihood.as_mut()),
            )
            .chain(
                draft
                    .intentions
                    .iter_mut()
                    .filter_map(|e| e.likelihood.as_mut()),
            )
            .chain(
                draft
                    .forecasts
                    .iter_mut()
                    .filter_map(|e| e.likelihood.as_mut()),
            );
        for likelihood in likelihoods.filter(|said| self.defines(said)) {
            likelihood.scheme = scheme.into();
        }
    }

    fn defines(&self, said: &Likelihood) -> bool {
        let own = self.terms.contains(&said.term.as_str());
        let published = self
            .scheme
            .is_some_and(|scheme| band_of(scheme, &said.term).is_some());
        !said.term.is_empty() && (own || published)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_yardstick_is_declared_by_name_or_table() {
        use LikelihoodScheme as S;
        let own = "Likely | 60-70%\nUnlikely | 20-30%\nAlmost certain | 90-99%";
        let icd = "Likely: 55-80%\nUnlikely: 20-45%\nVery likely: 80-95%";
        for (text, expected) in [
            ("Estimates follow ICD 203.", Some(S::Icd203)),
            ("We use the PHIA probability yardstick.", Some(S::Phia)),
            ("This paper does not use ICD 203.", None),
            ("It is likely that 20-30% of them leave.", None),
            (own, Some(S::Other)),
            (icd, Some(S::Icd203)),
            ("ICD 203 terms.\nPHIA terms.", None),
        ] {
            assert_eq!(yardstick(text).scheme, expected, "{text}");
        }
    }

    #[test]
    fn only_words_of_the_yardstick_take_its_scheme() {
        let said = |term: &str| Likelihood {
            term: term.to_owned(),
            ..Likelihood::default()
        };
        let phia = yardstick("Terms are those of the PHIA yardstick.");
        assert!(phia.defines(&said("highly likely")));
        assert!(
            !phia.defines(&said("very likely")),
            "no word of that yardstick"
        );
        assert!(!phia.defines(&said("")), "a number has no word");
    }
}
