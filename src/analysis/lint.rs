//! Breaches of the craft in one assessment.
//!
//! Words are found as whole words, the longest first, whatever their case. What is found quotes
//! the sentence at fault; what is missing names the field. Nothing is changed, and silence about a
//! likelihood is no finding: "not stated" is an honest answer.

use std::collections::{BTreeMap, BTreeSet};

use prost_types::Timestamp;

use super::span;
use crate::model::estimate::{self, Band};
use crate::model::v1::{
    self, AssumptionStatus, LikelihoodOrigin, LikelihoodScheme as Scheme, LintRule as Rule,
    ScenarioStructure,
};

/// The name of the method, for the basis of an answer.
pub const METHOD: &str = "lint of estimative language, sourcing, premises and validity";
/// Where it is published.
pub const SOURCE: &str = "ICD 203 (2015), PHIA yardstick (2025); the rules stand with LintRule";

/// Why a premise no longer carries, by the name of what is rested on; for what lies outside of the
/// assessment.
pub type Gone = BTreeMap<String, &'static str>;

const CONFIDENCES: [&str; 3] = ["low confidence", "moderate confidence", "high confidence"];

/// Everything that is found.
pub fn lint(assessment: &v1::Assessment, gone: &Gone, as_of: &Timestamp) -> Vec<v1::LintFinding> {
    let parts = parts(assessment);
    let mut found = mixed(assessment, &parts);
    for part in &parts {
        for (field, text) in &part.texts {
            for sentence in sentences(text) {
                found.extend(in_sentence(assessment, part.name, field, sentence));
            }
        }
        found.extend(part.likelihood.and_then(|one| against(part.name, one)));
        if span::over(part.valid, span::instant(as_of)) {
            let text = "its validity is over";
            found.push(finding(Rule::Stale, part.name, "valid", text));
        }
    }
    found.extend(exclusive(assessment));
    found.extend(unsourced(assessment));
    found.extend(premises(assessment, &parts, gone));
    found.sort_by(|a, b| (a.rule, &a.name, &a.field).cmp(&(b.rule, &b.name, &b.field)));
    found
}

/// An element as far as the rules look at it.
struct Part<'a> {
    name: &'a str,
    texts: Vec<(&'static str, &'a str)>,
    likelihood: Option<&'a v1::Likelihood>,
    valid: Option<&'a v1::TimeSpan>,
    rests_on: &'a [String],
}

fn parts(assessment: &v1::Assessment) -> Vec<Part<'_>> {
    let mut parts = vec![Part {
        name: &assessment.name,
        texts: vec![("summary", assessment.summary.as_str())],
        likelihood: None,
        valid: None,
        rests_on: &[],
    }];
    macro_rules! each {
        ($($kind:ident { $($text:ident),* } $(likely $likelihood:ident)?;)+) => {$(
            parts.extend(assessment.$kind.iter().map(|one| Part {
                name: &one.name,
                texts: vec![$((stringify!($text), one.$text.as_str())),*],
                likelihood: None $(.or(one.$likelihood.as_ref()))?,
                valid: one.valid.as_ref(),
                rests_on: &one.rests_on,
            }));
        )+};
    }
    each! {
        judgments { statement } likely likelihood;
        participants {};
        red_lines { stance, consequence };
        positions {};
        intentions { statement } likely likelihood;
        focus_areas {};
        challenges { statement };
        risks { statement } likely likelihood;
        tools { purpose };
        recommendations { statement };
        commitments { obligation };
        forecasts { statement } likely likelihood;
        scenario_sets {};
        indicators { observable };
        assumptions { statement };
        relations {};
    }
    parts
}

fn finding(rule: Rule, name: &str, field: &str, description: &str) -> v1::LintFinding {
    v1::LintFinding {
        rule: rule.into(),
        name: name.to_owned(),
        field: field.to_owned(),
        description: description.to_owned(),
        ..Default::default()
    }
}

/// Where a sentence ends: at a mark followed by a blank, or at the end of a line.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| {
        let mut rest = line;
        std::iter::from_fn(move || {
            if rest.trim().is_empty() {
                return None;
            }
            let marks = [". ", "! ", "? "].iter().filter_map(|mark| rest.find(mark));
            let (sentence, after) = match marks.min() {
                Some(at) => rest.split_at(at + 1),
                None => (rest, ""),
            };
            rest = after;
            Some(sentence.trim())
        })
    })
}

/// The terms of either yardstick in a text, longest first where they overlap.
fn terms(text: &str) -> Vec<&'static str> {
    let mut known: Vec<&str> = estimate::ICD203
        .iter()
        .chain(&estimate::PHIA)
        .flat_map(|band| band.terms.iter().copied())
        .filter(|term| !term.contains('('))
        .collect();
    known.sort_by_key(|term| (std::cmp::Reverse(term.len()), *term));
    known.dedup();
    let mut left = text.to_lowercase();
    let mut found = Vec::new();
    for term in known {
        while let Some(at) = place(&left, term) {
            found.push(term);
            left.replace_range(at..at + term.len(), &"_".repeat(term.len()));
        }
    }
    found
}

/// Where a phrase stands as whole words; a hyphen joins words.
fn place(text: &str, phrase: &str) -> Option<usize> {
    let joins = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    text.match_indices(phrase).map(|(at, _)| at).find(|at| {
        let before = text.get(..*at).and_then(|text| text.chars().next_back());
        let after = text
            .get(at + phrase.len()..)
            .and_then(|text| text.chars().next());
        !before.is_some_and(joins) && !after.is_some_and(joins)
    })
}

/// The yardstick that alone has a term.
fn only_of(term: &str) -> Option<Scheme> {
    let icd = estimate::band_of(Scheme::Icd203, term).is_some();
    let phia = estimate::band_of(Scheme::Phia, term).is_some();
    match (icd, phia) {
        (true, false) => Some(Scheme::Icd203),
        (false, true) => Some(Scheme::Phia),
        (_, _) => None,
    }
}

/// Words of two yardsticks in one assessment.
fn mixed(assessment: &v1::Assessment, parts: &[Part<'_>]) -> Vec<v1::LintFinding> {
    let mut used: BTreeMap<i32, Vec<(&str, &'static str, &'static str)>> = BTreeMap::new();
    for part in parts {
        let stated = part
            .likelihood
            .map(|one| ("likelihood.text", one.text.as_str()));
        for (field, text) in part.texts.iter().copied().chain(stated) {
            for term in terms(text) {
                let scheme = only_of(term).map(i32::from);
                let uses = scheme.map(|scheme| used.entry(scheme).or_default());
                uses.into_iter()
                    .for_each(|uses| uses.push((part.name, field, term)));
            }
        }
    }
    let icd = used.remove(&Scheme::Icd203.into()).unwrap_or_default();
    let phia = used.remove(&Scheme::Phia.into()).unwrap_or_default();
    let (Some((one, field, quote)), Some((other, _, word))) = (icd.first(), phia.first()) else {
        return Vec::new();
    };
    let text = format!("\"{quote}\" is a word of ICD 203 alone and \"{word}\" of PHIA alone");
    let name = if one == other {
        one
    } else {
        &assessment.name.as_str()
    };
    let related: BTreeSet<&str> = icd.iter().chain(&phia).map(|(name, _, _)| *name).collect();
    vec![v1::LintFinding {
        quote: (*quote).to_owned(),
        related: related.into_iter().map(ToOwned::to_owned).collect(),
        ..finding(Rule::MixedYardsticks, name, field, &text)
    }]
}

/// What one sentence does wrong.
fn in_sentence(
    assessment: &v1::Assessment,
    name: &str,
    field: &str,
    sentence: &str,
) -> Vec<v1::LintFinding> {
    let mut found = Vec::new();
    let words = terms(sentence);
    let lower = sentence.to_lowercase();
    let confident = CONFIDENCES
        .iter()
        .find(|phrase| place(&lower, phrase).is_some());
    if let (Some(term), Some(confidence)) = (words.first(), confident) {
        let text = format!("the likelihood \"{term}\" and \"{confidence}\" stand in one sentence");
        found.push(v1::LintFinding {
            quote: sentence.to_owned(),
            ..finding(Rule::LikelihoodWithConfidence, name, field, &text)
        });
    }
    if let ([term], [percent]) = (words.as_slice(), percents(sentence).as_slice()) {
        let declared = assessment.yardstick_declared();
        let fits = bands(declared, term).any(|band| band.holds(percent / 100.0));
        let known = bands(declared, term).next().is_some();
        if known && !fits {
            let text = format!("\"{term}\" does not mean {percent} %");
            found.push(v1::LintFinding {
                quote: sentence.to_owned(),
                ..finding(Rule::WordAgainstNumber, name, field, &text)
            });
        }
    }
    found
}

/// The bands a term may mean: of the declared yardstick, or of both where none is declared.
fn bands(declared: Scheme, term: &str) -> impl Iterator<Item = &'static Band> {
    let schemes = match declared {
        Scheme::Icd203 => vec![Scheme::Icd203],
        Scheme::Phia => vec![Scheme::Phia],
        Scheme::Unspecified | Scheme::Undeclared => vec![Scheme::Icd203, Scheme::Phia],
        Scheme::Other => Vec::new(),
    };
    let term = term.to_owned();
    schemes
        .into_iter()
        .filter_map(move |scheme| estimate::band_of(scheme, &term))
}

/// The percentages in a sentence.
fn percents(sentence: &str) -> Vec<f64> {
    let words: Vec<&str> = sentence.split_whitespace().collect();
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let next = words
            .get(at + 1)
            .map(|next| next.trim_end_matches(['.', ',', ';', ')']));
        let bare = word.trim_matches(['(', ')', '.', ',', ';']);
        let number = match bare.strip_suffix('%') {
            Some(number) => number,
            None if matches!(next, Some("%" | "percent")) => bare,
            None => continue,
        };
        found.extend(number.parse::<f64>().ok());
    }
    found
}

/// A coded likelihood whose number does not lie in the band of its term.
fn against(name: &str, likelihood: &v1::Likelihood) -> Option<v1::LintFinding> {
    let stated = matches!(
        likelihood.origin(),
        LikelihoodOrigin::StatedNumber | LikelihoodOrigin::Entered
    );
    let band = estimate::band_of(likelihood.scheme(), &likelihood.term)?;
    let numbers = [likelihood.low, likelihood.best, likelihood.high];
    let off = numbers
        .into_iter()
        .flatten()
        .find(|number| !band.holds(*number))?;
    let text = format!(
        "\"{}\" means {} to {}, and {off} is stated",
        likelihood.term, band.low, band.high
    );
    stated.then(|| v1::LintFinding {
        quote: likelihood.text.clone(),
        ..finding(Rule::WordAgainstNumber, name, "likelihood", &text)
    })
}

/// Exclusive outcomes that exceed certainty together, where the document states the structure.
fn exclusive(assessment: &v1::Assessment) -> Vec<v1::LintFinding> {
    let sets = assessment.scenario_sets.iter().filter(|set| {
        let exclusive = matches!(
            set.structure(),
            ScenarioStructure::Exclusive | ScenarioStructure::ExclusiveExhaustive
        );
        exclusive && set.structure_stated == Some(true)
    });
    let over = sets.filter_map(|set| {
        let members = assessment.forecasts.iter();
        let members = members.filter(|forecast| set.members.contains(&forecast.name));
        let least = members.filter_map(|forecast| {
            let likelihood = forecast.likelihood.as_ref()?;
            likelihood.best.or(likelihood.low)
        });
        let sum: f64 = least.sum();
        (sum > 1.0 + 1e-9).then(|| {
            let text = format!(
                "outcomes that exclude each other add up to {:.4} %",
                sum * 100.0
            );
            v1::LintFinding {
                related: set.members.clone(),
                ..finding(Rule::ExclusiveOverOne, &set.name, "members", &text)
            }
        })
    });
    over.collect()
}

fn unsourced(assessment: &v1::Assessment) -> Vec<v1::LintFinding> {
    let bare = assessment.risks.iter().filter(|risk| {
        risk.citations
            .iter()
            .all(|citation| citation.document.is_empty() && citation.source.is_empty())
    });
    bare.map(|risk| {
        let text = "the risk cites neither a document nor a source";
        finding(Rule::RiskWithoutSource, &risk.name, "citations", text)
    })
    .collect()
}

/// Recommendations that rest, at any remove, on what no longer carries.
fn premises(assessment: &v1::Assessment, parts: &[Part<'_>], gone: &Gone) -> Vec<v1::LintFinding> {
    let rests: BTreeMap<&str, &[String]> = parts
        .iter()
        .map(|part| (part.name, part.rests_on))
        .collect();
    let broken = assessment
        .assumptions
        .iter()
        .filter(|one| one.status() == AssumptionStatus::Broken)
        .map(|one| (one.name.as_str(), "is an assumption that is broken"));
    let outside = gone.iter().map(|(name, why)| (name.as_str(), *why));
    let fallen: BTreeMap<&str, &str> = broken.chain(outside).collect();
    let mut found = Vec::new();
    for recommendation in &assessment.recommendations {
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        let first = recommendation.rests_on.iter().chain(&recommendation.tools);
        let mut open: Vec<&str> = first.map(String::as_str).collect();
        while let Some(name) = open.pop() {
            if !seen.insert(name) {
                continue;
            }
            if let Some(why) = fallen.get(name) {
                let text = format!("it rests on \"{name}\", which {why}");
                found.push(v1::LintFinding {
                    related: vec![name.to_owned()],
                    ..finding(Rule::PremiseGone, &recommendation.name, "rests_on", &text)
                });
            }
            open.extend(
                rests
                    .get(name)
                    .into_iter()
                    .flat_map(|more| more.iter())
                    .map(String::as_str),
            );
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(assessment: &v1::Assessment) -> Vec<(Rule, String)> {
        let now = Timestamp {
            seconds: 1000,
            nanos: 0,
        };
        let found = lint(assessment, &Gone::new(), &now).into_iter();
        found.map(|one| (one.rule(), one.description)).collect()
    }

    fn summary(text: &str) -> v1::Assessment {
        v1::Assessment {
            name: "assessments/a".into(),
            summary: text.into(),
            ..Default::default()
        }
    }

    #[test]
    fn words_of_estimation_are_held_to_their_yardstick() {
        let of = |text: &str| {
            let found = rules(&summary(text));
            found.into_iter().map(|(rule, _)| rule).collect::<Vec<_>>()
        };
        assert_eq!(
            of("A strike is very likely. A truce is a realistic possibility."),
            [Rule::MixedYardsticks]
        );
        assert_eq!(
            of("A strike is likely. We have high confidence in this."),
            []
        );
        assert_eq!(
            of("We judge with high confidence that it is likely."),
            [Rule::LikelihoodWithConfidence]
        );
        assert_eq!(of("It is unlikely (60%)."), [Rule::WordAgainstNumber]);
        assert_eq!(of("It is likely, about 60 percent."), []);
        assert_eq!(
            of("An unlikely-looking likelihood."),
            [],
            "whole words only"
        );
        assert_eq!(
            terms("highly unlikely, unlikely"),
            ["highly unlikely", "unlikely"]
        );
    }

    #[test]
    fn coded_numbers_sums_sources_premises_and_validity_are_checked() {
        let mut assessment = summary("");
        let entered = |best: f64, term: &str| {
            Some(v1::Likelihood {
                best: Some(best),
                term: term.into(),
                scheme: Scheme::Icd203.into(),
                origin: LikelihoodOrigin::Entered.into(),
                ..Default::default()
            })
        };
        assessment.forecasts = ["f1", "f2"]
            .map(|name| v1::Forecast {
                name: name.into(),
                likelihood: entered(0.6, "likely"),
                ..Default::default()
            })
            .into();
        assessment.scenario_sets = vec![v1::ScenarioSet {
            name: "s".into(),
            members: vec!["f1".into(), "f2".into()],
            structure: ScenarioStructure::Exclusive.into(),
            structure_stated: Some(true),
            ..Default::default()
        }];
        assessment.risks = vec![v1::Risk {
            name: "r".into(),
            likelihood: entered(0.3, "likely"),
            valid: Some(v1::TimeSpan {
                end: Some(Timestamp {
                    seconds: 1000,
                    nanos: 0,
                }),
                ..Default::default()
            }),
            ..Default::default()
        }];
        assessment.assumptions = vec![v1::Assumption {
            name: "p".into(),
            status: AssumptionStatus::Broken.into(),
            ..Default::default()
        }];
        assessment.judgments = vec![v1::Judgment {
            name: "j".into(),
            rests_on: vec!["p".into(), "j".into()],
            ..Default::default()
        }];
        assessment.recommendations = vec![v1::Recommendation {
            name: "c".into(),
            rests_on: vec!["j".into()],
            ..Default::default()
        }];
        let found: Vec<Rule> = rules(&assessment)
            .into_iter()
            .map(|(rule, _)| rule)
            .collect();
        let expected = [
            Rule::WordAgainstNumber,
            Rule::ExclusiveOverOne,
            Rule::RiskWithoutSource,
            Rule::PremiseGone,
            Rule::Stale,
        ];
        assert_eq!(found, expected);
        assessment.scenario_sets[0].structure_stated = None;
        assert!(
            !rules(&assessment)
                .iter()
                .any(|(rule, _)| *rule == Rule::ExclusiveOverOne)
        );
    }
}
