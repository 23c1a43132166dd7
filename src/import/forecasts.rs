//! What may come true, and how likely: forecasts, their history and resolution, scenario sets.
//!
//! These functions are given values with their places and know nothing of tables or lists. A
//! forecast is the same as another when a series gives both the same key, or both have the same
//! words and window; a second probability for it is a doubt, never a correction. Probabilities are
//! never made to sum to one, and how scenarios stand to each other is said only where the text
//! says it.

use super::collect::{Collector, Place, VALUES_MAX, Value, label_of, merge, title_of};
use super::dates::dated;
use super::elements::by_author;
use super::odds::{Odds, beside_chance, odds};
use super::span::Span;
use super::words::folded;
use crate::model::v1::{
    Citation, Confidence, DoubtKind, Forecast, ForecastOutcome, IntervalKind, Likelihood,
    LikelihoodOrigin, LikelihoodScheme, ScenarioSet, ScenarioStructure, TimeSpan, forecast,
};

/// Longest statement that is looked through for figures.
pub(super) const STATEMENT_BYTES_MAX: usize = 2_000;

/// What a row or an item says of a forecast; empty values where it says nothing.
#[derive(Debug, Clone, Default)]
pub(super) struct Foreseen {
    pub(super) statement: Value,
    /// The key that the series gives it.
    pub(super) key: Value,
    pub(super) chance: Option<(Likelihood, Span)>,
    /// A former probability, what changed it, and when it was given.
    pub(super) past: Option<(Likelihood, Span)>,
    pub(super) trigger: Value,
    pub(super) past_made: Value,
    /// When the present probability was given.
    pub(super) made: Value,
    /// Without what it is void.
    pub(super) condition: Value,
    pub(super) window: Value,
    pub(super) confidence: Value,
    pub(super) criterion: Value,
    /// What became of it, and when that was known.
    pub(super) verdict: Value,
    pub(super) resolved: Value,
    /// The whole row or item.
    pub(super) whole: Span,
}

/// The probability that a cell states, with the words of the cell.
pub(super) fn stated(cell: &Value) -> Option<Likelihood> {
    let all = odds(&cell.text);
    let one = all.first()?;
    let stated = stated_in(&cell.text, one, all.get(1))?;
    Some(Likelihood {
        text: cell.text.clone(),
        ..stated
    })
}

/// The probability that a text states at `one`; a range right after it, called an interval, is
/// its interval.
pub(super) fn stated_in(text: &str, one: &Odds, next: Option<&Odds>) -> Option<Likelihood> {
    let mut said = Likelihood {
        low: one.low,
        best: one.best,
        high: one.high,
        text: one.at.of(text).to_owned(),
        scheme: LikelihoodScheme::Undeclared.into(),
        origin: LikelihoodOrigin::StatedNumber.into(),
        ..Likelihood::default()
    };
    if one.best.is_none() {
        said.interval = IntervalKind::Range.into();
    }
    let between = |next: &&Odds| {
        text.get(one.at.end..next.at.start)
            .unwrap_or("")
            .to_lowercase()
    };
    let credible = |next: &&Odds| {
        let between = between(next);
        let told = ["ci", "interval", "credible"]
            .iter()
            .any(|word| between.contains(word));
        between.len() <= 24 && told && next.low.is_some() && next.possible()
    };
    if let Some(interval) = next.filter(credible).filter(|_| one.best.is_some()) {
        (said.low, said.high) = (interval.low, interval.high);
        said.interval = IntervalKind::CredibleInterval.into();
    }
    one.possible().then_some(said)
}

/// The probability that a statement holds within its words.
pub(super) fn chance_in(text: &str) -> Option<Likelihood> {
    if text.len() > STATEMENT_BYTES_MAX || !text.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let all = odds(text);
    let one = all
        .iter()
        .find(|one| one.share && beside_chance(text, one))?;
    let next = all.iter().find(|other| other.at.start >= one.at.end);
    stated_in(text, one, next)
}

/// What the words of a cell say became of a forecast.
pub(super) fn outcome(words: &str) -> Option<ForecastOutcome> {
    let folded = folded(words);
    let begins = |starts: &[&str]| {
        starts.iter().any(|start| {
            folded
                .strip_prefix(start)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        })
    };
    if begins(&[
        "true",
        "occurred",
        "yes",
        "happened",
        "confirmed",
        "came true",
    ]) {
        Some(ForecastOutcome::Occurred)
    } else if begins(&[
        "false",
        "did not occur",
        "no",
        "did not happen",
        "not occurred",
    ]) {
        Some(ForecastOutcome::DidNotOccur)
    } else if begins(&["open", "active", "unresolved", "ongoing"]) {
        Some(ForecastOutcome::Open)
    } else if begins(&["pending", "awaiting"]) {
        Some(ForecastOutcome::Awaiting)
    } else if begins(&["void", "annulled", "withdrawn"]) {
        Some(ForecastOutcome::Void)
    } else if begins(&["condition not met"]) {
        Some(ForecastOutcome::ConditionNotMet)
    } else if begins(&["contested", "disputed"]) {
        Some(ForecastOutcome::Contested)
    } else {
        None
    }
}

impl Collector<'_> {
    /// A forecast; the answer is its link.
    pub(super) fn forecast(&mut self, seen: &Foreseen) -> Option<String> {
        let place = self.forecast_place(seen)?;
        let mut citations = vec![self.cite(seen.whole, &["statement"])];
        let index = match place {
            Place::Known(index) => index,
            Place::New => {
                let id = self.id("forecasts", &title_of(&seen.statement.text));
                self.draft.forecasts.push(Forecast {
                    id,
                    title: title_of(&seen.statement.text),
                    external_id: seen.key.text.clone(),
                    attribution: Some(by_author()),
                    statement: seen.statement.text.clone(),
                    ..Forecast::default()
                });
                self.draft.forecasts.len() - 1
            }
        };
        self.chance_of(index, seen, &mut citations);
        self.further(index, seen, &mut citations);
        let forecast = self.draft.forecasts.get_mut(index)?;
        merge(&mut forecast.citations, citations);
        Some(format!("forecasts/{}", forecast.id))
    }

    /// Where the forecast of this key, or of these words and window, stands.
    fn forecast_place(&mut self, seen: &Foreseen) -> Option<Place> {
        let next = self.draft.forecasts.len();
        let words = folded(&seen.statement.text);
        let keyed = ("forecasts", "key".to_owned(), folded(&seen.key.text));
        if !seen.key.text.is_empty() {
            let named = ("forecasts", String::new(), keyed.2.clone());
            if let Some(index) = self.known(&keyed).or_else(|| self.known(&named)) {
                return Some(Place::Known(index));
            }
            let place = self.place(keyed, next, seen.whole)?;
            self.alias(named, next);
            return Some(place);
        }
        let bare = ("forecasts", String::new(), words.clone());
        if let Some(index) = self.known(&bare) {
            let window = self
                .draft
                .forecasts
                .get(index)
                .and_then(|f| f.window.as_ref());
            let known = window.map_or(String::new(), |window| folded(&window.text));
            let own = folded(&seen.window.text);
            if known.is_empty() || own.is_empty() || known == own {
                return Some(Place::Known(index));
            }
            return self.place(("forecasts", own, words), next, seen.whole);
        }
        let place = self.place(bare, next, seen.whole)?;
        let windowed = ("forecasts", folded(&seen.window.text), words);
        self.alias(windowed, next);
        Some(place)
    }

    /// The probability; a second one that differs is a doubt.
    fn chance_of(&mut self, index: usize, seen: &Foreseen, citations: &mut Vec<Citation>) {
        let Some((chance, at)) = seen.chance.clone() else {
            return;
        };
        let Some(known) = self.draft.forecasts.get_mut(index) else {
            return;
        };
        match &known.likelihood {
            None => {
                known.likelihood = Some(chance);
                citations.push(self.cite(at, &["likelihood"]));
            }
            Some(first) if same(first, &chance) => {
                citations.push(self.cite(at, &["likelihood"]));
            }
            Some(first) => {
                let reason = format!(
                    "The text states another probability before: \"{}\".",
                    first.text
                );
                self.doubts.add(at, DoubtKind::Conflict, reason);
            }
        }
    }

    fn further(&mut self, index: usize, seen: &Foreseen, citations: &mut Vec<Citation>) {
        let mut cite =
            |value: &Value, path: &str| citations.push(value.at.cite(self.text, &[path]));
        let Some(known) = self.draft.forecasts.get_mut(index) else {
            return;
        };
        if !seen.window.text.is_empty() && known.window.is_none() {
            known.window = Some(lasting(&seen.window));
            cite(&seen.window, "window");
        }
        if known.window.is_none()
            && let Some(dated) = dated(&seen.statement.text)
        {
            let words = dated.at.of(&seen.statement.text);
            known.window = Some(dated.span(words));
            cite(&seen.statement, "window");
        }
        if !seen.confidence.text.is_empty() && known.confidence.is_none() {
            known.confidence = Some(Confidence {
                text: seen.confidence.text.clone(),
                ..Confidence::default()
            });
            cite(&seen.confidence, "confidence");
        }
        if !seen.criterion.text.is_empty()
            && known.criterion_true.is_empty()
            && known.criterion_false.is_empty()
        {
            (known.criterion_true, known.criterion_false) = criteria(&seen.criterion.text);
            cite(&seen.criterion, "criterion_true");
        }
        if !seen.condition.text.is_empty() && known.condition.is_empty() {
            known.condition.clone_from(&seen.condition.text);
            cite(&seen.condition, "condition");
        }
        if let Some(made) = dated(&seen.made.text).and_then(|made| made.first_day())
            && known.made_at.is_none()
        {
            known.made_at = Some(made);
            cite(&seen.made, "made_at");
        }
        earlier(known, seen, self.text);
        if let Some(outcome) = outcome(&seen.verdict.text)
            && known.resolution.is_none()
        {
            let when = if seen.resolved.text.is_empty() {
                ""
            } else {
                "; "
            };
            known.resolution = Some(forecast::Resolution {
                outcome: outcome.into(),
                text: format!("{}{when}{}", seen.verdict.text, seen.resolved.text),
                ..forecast::Resolution::default()
            });
            cite(&seen.verdict, "resolution");
        }
    }

    /// A set of forecasts under one title. `said` is where the text tells how they stand to each
    /// other.
    pub(super) fn scenario_set(&mut self, title: Span, members: Vec<String>, said: &[Span]) {
        let name = self.value(title);
        let key = ("scenarioSets", String::new(), folded(&name.text));
        let Some(place) = self.place(key, self.draft.scenario_sets.len(), title) else {
            return;
        };
        let structure = said
            .iter()
            .find_map(|at| Some((structure(at.of(self.text))?, *at)));
        let mut citations = vec![self.cite(title, &["title"])];
        citations.extend(structure.map(|(_, at)| self.cite(at, &["structure"])));
        let index = match place {
            Place::Known(index) => index,
            Place::New => {
                let id = self.id("scenarioSets", &name.text);
                self.draft.scenario_sets.push(ScenarioSet {
                    id,
                    title: label_of(&name.text),
                    ..ScenarioSet::default()
                });
                self.draft.scenario_sets.len() - 1
            }
        };
        let Some(set) = self.draft.scenario_sets.get_mut(index) else {
            return;
        };
        for member in members {
            if !set.members.contains(&member) && set.members.len() < VALUES_MAX {
                set.members.push(member);
            }
        }
        if let Some((structure, _)) = structure {
            set.structure = structure.into();
            set.structure_stated = Some(true);
        }
        merge(&mut set.citations, citations);
    }
}

/// Keeps the probability that stood before, once.
fn earlier(known: &mut Forecast, seen: &Foreseen, text: &str) {
    let Some(past) = &seen.past else { return };
    let former = forecast::Revision {
        likelihood: Some(past.0.clone()),
        trigger: seen.trigger.text.clone(),
        citation: Some(past.1.cite(text, &[])),
        made_at: dated(&seen.past_made.text).and_then(|made| made.first_day()),
    };
    let again = known.history.iter().any(|other| {
        let numbers = other.likelihood.as_ref().is_some_and(|l| same(l, &past.0));
        numbers && other.trigger == former.trigger
    });
    if !again && known.history.len() < VALUES_MAX {
        known.history.push(former);
    }
}

pub(super) fn same(one: &Likelihood, other: &Likelihood) -> bool {
    (one.low, one.best, one.high) == (other.low, other.best, other.high)
}

/// A time as it is written, with its days where it names them.
pub(super) fn lasting(window: &Value) -> TimeSpan {
    match dated(&window.text) {
        Some(dated) => dated.span(&window.text),
        None => TimeSpan {
            text: window.text.clone(),
            ..TimeSpan::default()
        },
    }
}

/// What makes a forecast true and what false: "TRUE if: ... FALSE if: ...".
fn criteria(text: &str) -> (String, String) {
    let lower = text.to_ascii_lowercase();
    let find = |mark: &str| lower.find(mark).map(|at| (at, at + mark.len()));
    let part = |from: usize, to: usize| {
        let marks = |c: char| c.is_whitespace() || matches!(c, ':' | '*' | '_' | '.' | ';');
        text.get(from..to)
            .unwrap_or("")
            .trim_matches(marks)
            .to_owned()
    };
    match (find("true if"), find("false if")) {
        (None, None) => (text.to_owned(), String::new()),
        (Some((_, from)), None) => (part(from, text.len()), String::new()),
        (None, Some((_, from))) => (String::new(), part(from, text.len())),
        (Some((one, first)), Some((other, second))) if one < other => {
            (part(first, other), part(second, text.len()))
        }
        (Some((one, first)), Some((_, second))) => (part(first, text.len()), part(second, one)),
    }
}

/// How the scenarios of a set stand to each other, where the words say so.
fn structure(words: &str) -> Option<ScenarioStructure> {
    let folded = folded(words);
    let says = |phrases: &[&str]| phrases.iter().any(|phrase| folded.contains(phrase));
    if says(&[
        "not mutually exclusive",
        "not exclusive",
        "independent of each other",
        "not sum to",
    ]) {
        return Some(ScenarioStructure::Independent);
    }
    let whole = says(&["exhaustive", "sum to 1", "sum to 100", "sum to one"]);
    let exclusive = says(&["mutually exclusive"]) || (whole && says(&["exclusive and"]));
    let exclusive = exclusive && !says(&["not exclusive", "not mutually"]);
    match (exclusive, whole) {
        (true, true) => Some(ScenarioStructure::ExclusiveExhaustive),
        (true, false) => Some(ScenarioStructure::Exclusive),
        (false, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn criteria_are_parted() {
        let parts = |text: &str| criteria(text);
        let two = parts("TRUE if: it holds. FALSE if: it breaks");
        assert_eq!(two, ("it holds".to_owned(), "it breaks".to_owned()));
        assert_eq!(parts("FALSE if: a. TRUE if: b").0, "b");
        assert_eq!(parts("it is signed").0, "it is signed");
    }

    #[test]
    fn the_structure_is_taken_from_words_only() {
        use ScenarioStructure as S;
        assert_eq!(structure("Four scenarios"), None);
        assert_eq!(
            structure("They are mutually exclusive."),
            Some(S::Exclusive)
        );
        assert_eq!(
            structure("These are not mutually exclusive"),
            Some(S::Independent)
        );
        assert_eq!(
            structure("mutually exclusive and collectively exhaustive"),
            Some(S::ExclusiveExhaustive)
        );
    }
}
