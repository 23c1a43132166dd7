//! Breaches of the craft in one assessment.
//!
//! Words are found as whole words, the longest first, whatever their case. What is found quotes
//! the sentence at fault; what is missing names the field. Nothing is changed, and silence about a
//! likelihood is no finding: "not stated" is an honest answer.

mod premises;

use std::collections::{BTreeMap, BTreeSet};

use prost_types::Timestamp;

pub use self::premises::{Premise, Premises};
use super::span;
use crate::model::estimate::{self, Band};
use crate::model::v1::{
    self, LikelihoodOrigin, LikelihoodScheme as Scheme, LintRule as Rule, ScenarioStructure,
};

/// The name of the method, for the basis of an answer.
pub const METHOD: &str = "lint of estimative language, sourcing, premises and validity";
/// Where it is published.
pub const SOURCE: &str = "ICD 203 (2015), PHIA yardstick (2025); the rules stand with LintRule";

const CONFIDENCES: [&str; 3] = ["low confidence", "moderate confidence", "high confidence"];

/// Everything that is found.
pub fn lint(
    assessment: &v1::Assessment,
    premises: &Premises,
    as_of: &Timestamp,
) -> Vec<v1::LintFinding> {
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
    found.extend(premises.gone(assessment));
    found.sort_by(|a, b| (a.rule, &a.name, &a.field).cmp(&(b.rule, &b.name, &b.field)));
    found
}

/// An element as far as the rules look at it.
struct Part<'a> {
    name: &'a str,
    texts: Vec<(&'static str, &'a str)>,
    likelihood: Option<&'a v1::Likelihood>,
    valid: Option<&'a v1::TimeSpan>,
}

fn parts(assessment: &v1::Assessment) -> Vec<Part<'_>> {
    let mut parts = vec![Part {
        name: &assessment.name,
        texts: vec![("summary", assessment.summary.as_str())],
        likelihood: None,
        valid: None,
    }];
    macro_rules! each {
        ($($kind:ident { $($text:ident),* } $(likely $likelihood:ident)?;)+) => {$(
            parts.extend(assessment.$kind.iter().map(|one| Part {
                name: &one.name,
                texts: vec![$((stringify!($text), one.$text.as_str())),*],
                likelihood: None $(.or(one.$likelihood.as_ref()))?,
                valid: one.valid.as_ref(),
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
        let mut from = 0;
        while let Some(at) = left.get(from..).and_then(|rest| place(rest, term)) {
            let (start, end) = (from + at, from + at + term.len());
            if term != REMOTE || of_likelihood(&left, start) {
                found.push(term);
            }
            left.replace_range(start..end, &"_".repeat(term.len()));
            from = end;
        }
    }
    found
}

/// A word of ICD 203 that also means far away.
const REMOTE: &str = "remote";

/// Words of a sentence before "remote" that are looked at.
const WINDOW_WORDS: usize = 8;

/// Whether "remote" at this place of a text speaks of likelihood: alone, right before a word of
/// likelihood, or as what is said of one ("the prospect remains remote"). A remote village does
/// not.
fn of_likelihood(text: &str, at: usize) -> bool {
    // Marks that end a sentence stay with the word before them.
    let parts = |c: char| !c.is_alphanumeric() && !matches!(c, '.' | '!' | '?' | '_');
    let ends = |word: &str| word.ends_with(['.', '!', '?']);
    let plain = |word: &str| {
        let word = word.trim_end_matches(['.', '!', '?']);
        word.trim_end_matches('s').to_owned()
    };
    let before = text.get(..at).unwrap_or_default().rsplit(parts);
    let before = before.filter(|word| !word.is_empty()).take(WINDOW_WORDS);
    let before: Vec<String> = before.take_while(|word| !ends(word)).map(plain).collect();
    let after = text.get(at + REMOTE.len()..).unwrap_or_default();
    let mut after = after.split(parts).filter(|word| !word.is_empty());
    let after = after.next().map(plain).filter(|word| !word.is_empty());
    let of = |word: &String| {
        let nouns = [
            "chance",
            "possibility",
            "possibilitie",
            "prospect",
            "likelihood",
            "odd",
        ];
        nouns.contains(&word.as_str()) || word.starts_with("probabilit")
    };
    let linked = before.first().is_some_and(|word| {
        // Without their "s", as all words here are.
        [
            "i", "are", "wa", "were", "be", "remain", "seem", "appear", "look", "a",
        ]
        .contains(&word.as_str())
    });
    let alone = before.is_empty() && after.is_none();
    alone || after.as_ref().is_some_and(of) || (linked && before.iter().any(of))
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
    if let ([term], [(low, high)]) = (words.as_slice(), percents(sentence).as_slice()) {
        let declared = assessment.yardstick_declared();
        let ends = [low / 100.0, high / 100.0];
        let fits = bands(declared, term).any(|band| ends.iter().all(|end| band.holds(*end)));
        let known = bands(declared, term).next().is_some();
        if known && !fits && quantifies(&lower, term) {
            let range = if low == high {
                low.to_string()
            } else {
                format!("{low} to {high}")
            };
            let text = format!("\"{term}\" does not mean {range} %");
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

/// A piece of a sentence, as far as percentages are concerned.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Piece {
    Number(f64),
    Percent,
    Dash,
    To,
    And,
    /// A bracket opens.
    Open,
    /// A mark within a sentence.
    Mark,
    /// What may stand between a term and its number: "about", "between".
    Filler,
    /// A noun of likelihood.
    Chance,
    Else,
}

fn pieces(sentence: &str) -> Vec<Piece> {
    let dashed = sentence.to_lowercase().replace("per cent", "%");
    let mut apart = String::with_capacity(dashed.len() + 16);
    for letter in dashed.replace("percent", "%").chars() {
        match letter {
            '%' => apart.push_str(" % "),
            '(' | '[' => apart.push_str(" ( "),
            '-' | '\u{2010}'..='\u{2015}' => apart.push_str(" - "),
            letter => apart.push(letter),
        }
    }
    let pieces = apart.split_whitespace().flat_map(|word| {
        let mark = word.ends_with([',', ';', ':']).then_some(Piece::Mark);
        let word = word.trim_matches([')', ']', '.', ',', ';', ':', '~', '\u{2248}']);
        let piece = match (word, word.parse::<f64>()) {
            ("%", _) => Some(Piece::Percent),
            ("-", _) => Some(Piece::Dash),
            ("to", _) => Some(Piece::To),
            ("and", _) => Some(Piece::And),
            ("(", _) => Some(Piece::Open),
            ("", _) => None,
            ("about" | "around" | "roughly" | "some" | "at" | "between" | "from", _) => {
                Some(Piece::Filler)
            }
            ("chance" | "probability" | "likelihood", _) => Some(Piece::Chance),
            (_, Ok(number)) if number.is_finite() => Some(Piece::Number(number)),
            (_, _) => Some(Piece::Else),
        };
        piece.into_iter().chain(mark)
    });
    pieces.collect()
}

/// The percentage that pieces begin with, and how many of them it takes.
fn percent(pieces: &[Piece]) -> Option<((f64, f64), usize)> {
    use Piece::{And, Dash, Number, Percent, To};
    match pieces {
        [Number(low), Dash | To | And, Number(high), Percent, ..] => {
            Some(((low.min(*high), low.max(*high)), 4))
        }
        [
            Number(low),
            Percent,
            Dash | To | And,
            Number(high),
            Percent,
            ..,
        ] => Some(((low.min(*high), low.max(*high)), 5)),
        [Number(number), Percent, ..] => Some(((*number, *number), 2)),
        _ => None,
    }
}

/// The percentages in a sentence: "60 %", "10-20 percent", "between 10 and 20 per cent"; a single
/// one has equal ends.
fn percents(sentence: &str) -> Vec<(f64, f64)> {
    let pieces = pieces(sentence);
    let mut rest = pieces.as_slice();
    let mut found = Vec::new();
    while !rest.is_empty() {
        let (one, taken) = percent(rest).unzip();
        found.extend(one);
        rest = rest.get(taken.unwrap_or(1)..).unwrap_or(&[]);
    }
    found
}

/// Pieces before and after a percentage in which a noun of likelihood is beside it.
const BESIDE: usize = 4;

/// Whether the one percentage of a sentence in lower case says what its one term means: it
/// follows the term at once, stands in brackets after it in one clause, or beside a noun of
/// likelihood. A term that is negated or compared means another number than its own.
fn quantifies(sentence: &str, term: &str) -> bool {
    use Piece::{And, Chance, Dash, Filler, Mark, Open};
    let Some(at) = place(sentence, term) else {
        return false;
    };
    let before = sentence.get(..at).unwrap_or_default();
    let last = before.split_whitespace().next_back().unwrap_or_default();
    let negated = ["not", "less", "more", "never", "hardly", "no"].contains(&last);
    if negated || last.ends_with("n't") || last.ends_with("n\u{2019}t") {
        return false;
    }
    let first = |pieces: &[Piece]| {
        let each = (0..pieces.len()).filter_map(|at| Some((at, percent(pieces.get(at..)?)?.1)));
        each.min()
    };
    let all = pieces(sentence);
    let beside = first(&all).is_some_and(|(at, taken)| {
        let around = at.saturating_sub(BESIDE)..(at + taken + BESIDE).min(all.len());
        all.get(around).is_some_and(|near| near.contains(&Chance))
    });
    let after = pieces(sentence.get(at + term.len()..).unwrap_or_default());
    let follows = first(&after).and_then(|(at, _)| after.get(..at));
    let follows = follows.is_some_and(|lead| {
        let told = lead.iter().rev().find(|piece| **piece != Filler);
        let clause = !lead.contains(&Mark) && !lead.contains(&And);
        let at_once = |piece: &Piece| matches!(piece, Filler | Mark | Open | Dash);
        lead.iter().all(at_once) || told == Some(&Open) && clause
    });
    beside || follows
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
        let sum: f64 = members.filter_map(least).sum();
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

/// What the rules pass over because it is not stated or too far off, and how it was treated.
pub fn unstated(assessment: &v1::Assessment, premises: &Premises) -> Vec<v1::basis::Gap> {
    let gap = |name: &str, field: &str, treatment: &str| v1::basis::Gap {
        name: name.to_owned(),
        field: field.to_owned(),
        treatment: treatment.to_owned(),
    };
    let mut gaps = Vec::new();
    if bands(assessment.yardstick_declared(), "likely")
        .next()
        .is_none()
    {
        let text = "a yardstick of its own; words are held to no numbers";
        gaps.push(gap(&assessment.name, "yardstick_declared", text));
    } else if !matches!(
        assessment.yardstick_declared(),
        Scheme::Icd203 | Scheme::Phia
    ) {
        let text = "words are held to the numbers of ICD 203 and PHIA, whichever fits";
        gaps.push(gap(&assessment.name, "yardstick_declared", text));
    }
    if premises.truncated {
        let text = "there are more premises than are followed; the nearest were looked at";
        gaps.push(gap(&assessment.name, "recommendations.rests_on", text));
    }
    for set in &assessment.scenario_sets {
        if set.structure_stated != Some(true) {
            let text = "whether the outcomes exclude each other is not stated; not added up";
            gaps.push(gap(&set.name, "structure_stated", text));
            continue;
        }
        let members = assessment.forecasts.iter();
        let members = members.filter(|forecast| set.members.contains(&forecast.name));
        for forecast in members.filter(|forecast| least(forecast).is_none()) {
            let text = "adds nothing to the sum of its set";
            gaps.push(gap(&forecast.name, "likelihood", text));
        }
    }
    gaps
}

/// The least probability that a forecast states.
fn least(forecast: &v1::Forecast) -> Option<f64> {
    let likelihood = forecast.likelihood.as_ref()?;
    likelihood.best.or(likelihood.low)
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

#[cfg(test)]
mod tests;
