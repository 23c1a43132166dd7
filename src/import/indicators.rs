//! What to watch: indicators with their thresholds, what they bear on and what was seen of them.
//!
//! An indicator that names the keys of forecasts is linked to those that the document has, once
//! all of it is read; what it means in general stays words. A status is set only where the cell
//! begins with it.

use std::collections::HashMap;

use super::collect::{Collector, Place, VALUES_MAX, Value, merge, title_of};
use super::elements::by_author;
use super::forecasts::lasting;
use super::span::Span;
use super::words::folded;
use crate::model::v1::{Indicator, IndicatorStatus, indicator};

/// What a row says of an indicator; empty values where it says nothing.
#[derive(Debug, Clone, Default)]
pub(super) struct Watched {
    pub(super) observable: Value,
    pub(super) threshold: Value,
    /// What it would mean.
    pub(super) significance: Value,
    /// The forecasts that it bears on, by their keys.
    pub(super) affected: Value,
    pub(super) window: Value,
    pub(super) status: Value,
    pub(super) observed: Value,
    /// The whole row.
    pub(super) whole: Span,
}

impl Collector<'_> {
    /// An indicator of which only the words are known.
    pub(super) fn watched(&mut self, observable: &Value) {
        let (text, threshold) = thresholded(&observable.text);
        let part = |text: &str| Value {
            text: text.to_owned(),
            at: if text.is_empty() {
                Span::default()
            } else {
                observable.at
            },
        };
        self.indicator(&Watched {
            observable: part(text),
            threshold: part(threshold),
            whole: observable.at,
            ..Watched::default()
        });
    }

    pub(super) fn indicator(&mut self, seen: &Watched) {
        let key = ("indicators", String::new(), folded(&seen.observable.text));
        let Some(place) = self.place(key, self.draft.indicators.len(), seen.whole) else {
            return;
        };
        let mut citations = vec![self.cite(seen.whole, &["observable"])];
        for (value, path) in [
            (&seen.threshold, "threshold"),
            (&seen.window, "window"),
            (&seen.significance, "bears_on"),
            (&seen.affected, "bears_on"),
            (&seen.status, "status"),
        ] {
            if !value.text.is_empty() {
                citations.push(self.cite(value.at, &[path]));
            }
        }
        let index = match place {
            Place::Known(index) => index,
            Place::New => {
                let id = self.id("indicators", &title_of(&seen.observable.text));
                self.draft.indicators.push(Indicator {
                    id,
                    title: title_of(&seen.observable.text),
                    attribution: Some(by_author()),
                    observable: seen.observable.text.clone(),
                    ..Indicator::default()
                });
                self.draft.indicators.len() - 1
            }
        };
        let Some(known) = self.draft.indicators.get_mut(index) else {
            return;
        };
        if known.threshold.is_empty() {
            known.threshold.clone_from(&seen.threshold.text);
        }
        if known.window.is_none() && !seen.window.text.is_empty() {
            known.window = Some(lasting(&seen.window));
        }
        for meaning in [&seen.significance, &seen.affected] {
            let new = known
                .bears_on
                .iter()
                .all(|bearing| bearing.text != meaning.text);
            if !meaning.text.is_empty() && new && known.bears_on.len() < VALUES_MAX {
                known.bears_on.push(indicator::Bearing {
                    text: meaning.text.clone(),
                    ..indicator::Bearing::default()
                });
            }
        }
        if !seen.status.text.is_empty() && known.observations.len() < VALUES_MAX {
            let status = status(&seen.status.text);
            if known.status == 0 {
                known.status = status.into();
            }
            known.observations.push(indicator::Observation {
                observed: (!seen.observed.text.is_empty()).then(|| lasting(&seen.observed)),
                status: status.into(),
                text: seen.status.text.clone(),
                citation: Some(seen.status.at.cite(self.text, &[])),
            });
        }
        merge(&mut known.citations, citations);
    }

    /// Links what an indicator bears on to the forecasts whose keys it names.
    pub(super) fn link_indicators(&mut self) {
        let keyed: HashMap<String, String> = self
            .draft
            .forecasts
            .iter()
            .flat_map(|f| {
                let named = f.statement.split_whitespace().count() == 1;
                let key = if named { &f.statement } else { &f.external_id };
                (!key.is_empty()).then(|| (key.clone(), format!("forecasts/{}", f.id)))
            })
            .collect();
        for indicator in &mut self.draft.indicators {
            let mut linked = Vec::new();
            for bearing in &indicator.bears_on {
                let parts = bearing.text.split([',', ';']).map(str::trim);
                let links: Vec<&String> = parts
                    .filter_map(|part| keyed.get(part))
                    .take(VALUES_MAX)
                    .collect();
                if links.is_empty() {
                    linked.push(bearing.clone());
                }
                linked.extend(links.into_iter().map(|link| indicator::Bearing {
                    target: link.clone(),
                    text: bearing.text.clone(),
                    ..indicator::Bearing::default()
                }));
            }
            linked.truncate(VALUES_MAX);
            indicator.bears_on = linked;
        }
    }
}

/// "Wagons at the border (threshold: 30 a week)": what is observed, and from where on it counts.
fn thresholded(text: &str) -> (&str, &str) {
    let split = ["(threshold: ", "(trigger: ", "(tripwire: "]
        .iter()
        .find_map(|mark| text.split_once(mark));
    match split.map(|(said, rest)| (said.trim_end(), rest.trim_end().strip_suffix(')'))) {
        Some((said, Some(threshold))) if !said.is_empty() => (said, threshold),
        _ => (text, ""),
    }
}

/// What is observed, as far as the first words of a cell say.
fn status(words: &str) -> IndicatorStatus {
    let folded = folded(words);
    let begins = |starts: &[&str]| starts.iter().any(|start| folded.starts_with(start));
    if begins(&[
        "not crossed",
        "not observed",
        "not met",
        "not triggered",
        "no change",
        "green",
    ]) {
        IndicatorStatus::NotObserved
    } else if begins(&["crossed", "triggered", "met", "observed", "red"]) {
        IndicatorStatus::Crossed
    } else if begins(&["emerging", "developing", "approaching", "amber", "yellow"]) {
        IndicatorStatus::Emerging
    } else if begins(&["receded", "subsided"]) {
        IndicatorStatus::Receded
    } else if begins(&["no coverage", "not covered", "no data"]) {
        IndicatorStatus::NoCoverage
    } else if begins(&["status unknown", "unknown", "undetermined"]) {
        IndicatorStatus::Undetermined
    } else {
        IndicatorStatus::Unspecified
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_what_the_cell_begins_with() {
        for (words, expected) in [
            ("CROSSED — confirmed", IndicatorStatus::Crossed),
            ("NOT CROSSED", IndicatorStatus::NotObserved),
            ("LIKELY CROSSED", IndicatorStatus::Unspecified),
            ("Unknown", IndicatorStatus::Undetermined),
        ] {
            assert_eq!(status(words), expected, "{words}");
        }
    }
}
