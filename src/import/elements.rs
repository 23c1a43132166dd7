//! One function per kind of element: what was read at some place becomes an element of the
//! draft, or is merged into the one that is there.
//!
//! These functions are given values with their places and know nothing of tables or lists. They
//! set codes from the words of those values only.

use super::chances::likelihood;
use super::codes::{self, Code};
use super::collect::{Collector, Place, VALUES_MAX, Value, label_of, merge, title_of};
use super::forecasts::chance_in;
use super::span::Span;
use super::words::folded;
use crate::model::v1::{
    Attribution, AttributionMode, Citation, DoubtKind, Endorsement, FocusArea, RedLine, Risk, Tool,
};

/// Who holds what is read, with the words that say so.
#[derive(Debug, Clone, Default)]
pub(super) struct Owner {
    /// The actor's name; empty when it cannot be told.
    pub(super) actor: String,
    /// Where the text names it.
    pub(super) at: Option<Span>,
    /// On whose word, as far as header or lead-in tell.
    pub(super) mode: Option<AttributionMode>,
}

/// Attribution to an actor by the author, unless the words say that the actor itself spoke.
pub(super) fn attribution(owner: &Owner, words: &str) -> Attribution {
    let told = match codes::mode(words) {
        Code::One(mode) => Some(mode),
        Code::Unstated | Code::Several => owner.mode,
    };
    match told {
        Some(mode) if !owner.actor.is_empty() => Attribution {
            asserter: owner.actor.clone(),
            mode: mode.into(),
            ..Attribution::default()
        },
        _ => by_author(),
    }
}

pub(super) fn by_author() -> Attribution {
    Attribution {
        mode: AttributionMode::AuthorJudgment.into(),
        endorsement: Endorsement::Adopted.into(),
        ..Attribution::default()
    }
}

/// What a row or an item says of a red line.
#[derive(Debug, Clone, Default)]
pub(super) struct Line {
    pub(super) owner: Owner,
    pub(super) issue: Value,
    pub(super) stance: Value,
    pub(super) implication: Value,
    pub(super) further: Vec<Citation>,
}

impl Collector<'_> {
    pub(super) fn red_line(&mut self, line: Line) {
        let at = [line.stance.at, line.implication.at]
            .into_iter()
            .filter(|part| !part.is_empty())
            .fold(line.issue.at, |all, part| all.join(part));
        let key = (
            "redLines",
            line.owner.actor.clone(),
            folded(&line.issue.text),
        );
        let Some(place) = self.place(key, self.draft.red_lines.len(), at) else {
            return;
        };
        let mut citations = vec![self.cite(line.issue.at, &["title", "issue"])];
        if let Some(at) = line.owner.at {
            citations.push(self.cite(at, &["actor"]));
        }
        let coded = self.coded(&line, &mut citations);
        citations.extend(line.further.iter().cloned());
        match place {
            Place::New => {
                let issue = self.issue(&line.issue.text);
                let id = self.id("redLines", &line.issue.text);
                self.draft.red_lines.push(RedLine {
                    id,
                    title: label_of(&line.issue.text),
                    attribution: Some(attribution(&line.owner, &line.stance.text)),
                    citations: Vec::new(),
                    actor: line.owner.actor.clone(),
                    issue,
                    ..coded
                });
                if let Some(new) = self.draft.red_lines.last_mut() {
                    merge(&mut new.citations, citations);
                }
            }
            Place::Known(index) => self.again(index, &line, coded, citations),
        }
    }

    /// Stance, implications and codes, with the citations that carry them.
    fn coded(&mut self, line: &Line, citations: &mut Vec<Citation>) -> RedLine {
        let mut coded = RedLine::default();
        let (stance, implication) = (&line.stance, &line.implication);
        let mut for_stance = vec!["stance"];
        if !stance.text.is_empty() {
            coded.stance.clone_from(&stance.text);
            let posture = self.one(codes::posture(&stance.text), stance.at);
            coded.posture = posture.map_or(0, Into::into);
            for_stance.extend(posture.map(|_| "posture"));
            let firmness = self.one(codes::firmness(&stance.text), stance.at);
            coded.declared_firmness = firmness.map_or(0, Into::into);
            for_stance.extend(firmness.map(|_| "declared_firmness"));
        }
        let mut for_implication = vec!["implications"];
        if !implication.text.is_empty() {
            coded.implications.push(implication.text.clone());
        }
        for (value, supports) in [
            (implication, &mut for_implication),
            (stance, &mut for_stance),
        ] {
            let judged = self.one(codes::negotiability(&value.text), value.at);
            if let Some(judged) = judged.filter(|_| coded.assessed_negotiability == 0) {
                coded.assessed_negotiability = judged.into();
                supports.push("assessed_negotiability");
            }
        }
        for (value, supports) in [(stance, for_stance), (implication, for_implication)] {
            if !value.text.is_empty() {
                citations.push(self.cite(value.at, &supports));
            }
        }
        coded
    }

    fn again(&mut self, index: usize, line: &Line, coded: RedLine, citations: Vec<Citation>) {
        let Some(known) = self.draft.red_lines.get(index) else {
            return;
        };
        let known_stance = known.stance.clone();
        let known_implication = known.implications.first().cloned().unwrap_or_default();
        if !known_stance.is_empty() {
            self.differs(&known_stance, &line.stance, "stance");
        }
        if !known_implication.is_empty() {
            self.differs(&known_implication, &line.implication, "implication");
        }
        let agreed = |value: &Value, known: &str| {
            value.text.is_empty() || known.is_empty() || folded(&value.text) == folded(known)
        };
        let agrees =
            agreed(&line.stance, &known_stance) && agreed(&line.implication, &known_implication);
        let Some(known) = self.draft.red_lines.get_mut(index).filter(|_| agrees) else {
            return;
        };
        if known_stance.is_empty() {
            known.stance = coded.stance;
            known.posture = coded.posture;
            known.declared_firmness = coded.declared_firmness;
        }
        if known_implication.is_empty() {
            known.implications = coded.implications;
        }
        if known.assessed_negotiability == 0 {
            known.assessed_negotiability = coded.assessed_negotiability;
        }
        merge(&mut known.citations, citations);
    }

    /// The one code, or a doubt where the words have several readings.
    pub(super) fn one<T>(&mut self, code: Code<T>, at: Span) -> Option<T> {
        match code {
            Code::One(value) => Some(value),
            Code::Unstated => None,
            Code::Several => {
                let reason = "These words have several readings; no code was set for them.";
                self.doubts.add(at, DoubtKind::UnclearValue, reason);
                None
            }
        }
    }

    /// A risk; the answer is its link.
    pub(super) fn risk(
        &mut self,
        statement: &Value,
        focus: &str,
        more: Vec<Citation>,
    ) -> Option<String> {
        let place = self.risk_place(statement, focus)?;
        let mut citations = vec![self.cite(statement.at, &["statement"])];
        citations.extend(more);
        if let Place::Known(index) = place {
            let known = self.draft.risks.get_mut(index)?;
            if known.focus_area.is_empty() {
                known.focus_area = focus.to_owned();
            }
            merge(&mut known.citations, citations);
            return Some(format!("risks/{}", known.id));
        }
        let id = self.id("risks", &statement.text);
        let link = format!("risks/{id}");
        let mut risk = Risk {
            id,
            title: title_of(&statement.text),
            attribution: Some(by_author()),
            likelihood: likelihood(&statement.text).or_else(|| chance_in(&statement.text)),
            statement: statement.text.clone(),
            focus_area: focus.to_owned(),
            ..Risk::default()
        };
        merge(&mut risk.citations, citations);
        self.draft.risks.push(risk);
        Some(link)
    }

    /// A risk named without a focus area is the same as one of these words that has one; under
    /// two focus areas the same words are two risks.
    fn risk_place(&mut self, statement: &Value, focus: &str) -> Option<Place> {
        let words = folded(&statement.text);
        let next = self.draft.risks.len();
        let bare = ("risks", String::new(), words.clone());
        let under = ("risks", focus.to_owned(), words);
        match self.known(&bare) {
            None => {
                let place = self.place(bare, next, statement.at)?;
                self.alias(under, next);
                Some(place)
            }
            Some(index) if focus.is_empty() => Some(Place::Known(index)),
            Some(index) => {
                let open = self
                    .draft
                    .risks
                    .get(index)
                    .is_some_and(|r| r.focus_area.is_empty());
                if open {
                    self.alias(under, index);
                    return Some(Place::Known(index));
                }
                self.place(under, next, statement.at)
            }
        }
    }

    /// A focus area; the answer is its link.
    pub(super) fn focus_area(&mut self, title: &Value, outcome: &Value) -> Option<String> {
        let key = ("focusAreas", String::new(), folded(&title.text));
        let place = self.place(key, self.draft.focus_areas.len(), title.at)?;
        let mut citations = vec![self.cite(title.at, &["title"])];
        if !outcome.text.is_empty() {
            citations.push(self.cite(outcome.at, &["potential_outcomes"]));
        }
        let index = match place {
            Place::Known(index) => index,
            Place::New => {
                let id = self.id("focusAreas", &title.text);
                self.draft.focus_areas.push(FocusArea {
                    id,
                    title: label_of(&title.text),
                    attribution: Some(by_author()),
                    ..FocusArea::default()
                });
                self.draft.focus_areas.len() - 1
            }
        };
        let known = self.draft.focus_areas.get(index)?;
        let same = |known: &String| folded(known) == folded(&outcome.text);
        let cut = |known: &&String| folded(known).starts_with(&folded(&outcome.text));
        if !outcome.text.is_empty() && !known.potential_outcomes.iter().any(same) {
            if let Some(whole) = known.potential_outcomes.iter().find(cut).cloned() {
                self.differs(&whole, outcome, "outcome");
                citations.pop();
            } else if known.potential_outcomes.len() >= VALUES_MAX {
                let reason = format!("More than {VALUES_MAX} outcomes of one focus area.");
                self.doubts.add(outcome.at, DoubtKind::Limit, reason);
            } else if let Some(area) = self.draft.focus_areas.get_mut(index) {
                area.potential_outcomes.push(outcome.text.clone());
            }
        }
        let area = self.draft.focus_areas.get_mut(index)?;
        merge(&mut area.citations, citations);
        Some(format!("focusAreas/{}", area.id))
    }

    /// Says that a risk belongs to a focus area.
    pub(super) fn link_risk(&mut self, focus: &str, risk: String, at: Span) {
        let cited = self.cite(at, &["risks"]);
        let id = focus.strip_prefix("focusAreas/").unwrap_or(focus);
        let area = self
            .draft
            .focus_areas
            .iter_mut()
            .rev()
            .find(|area| area.id == id);
        if let Some(area) = area {
            if area.risks.len() >= VALUES_MAX {
                let reason = format!("More than {VALUES_MAX} risks of one focus area.");
                self.doubts.add(at, DoubtKind::Limit, reason);
                return;
            }
            if !area.risks.contains(&risk) {
                area.risks.push(risk);
            }
            merge(&mut area.citations, vec![cited]);
        }
    }

    pub(super) fn tool(&mut self, title: &Value, purpose: &Value, outcome: &Value) {
        let key = ("tools", String::new(), folded(&title.text));
        let Some(place) = self.place(key, self.draft.tools.len(), title.at) else {
            return;
        };
        let kind = self.one(codes::tool_kind(&title.text), title.at);
        let supports = if kind.is_some() {
            &["title", "kind"][..]
        } else {
            &["title"][..]
        };
        let mut citations = vec![self.cite(title.at, supports)];
        let index = match place {
            Place::Known(index) => index,
            Place::New => {
                let id = self.id("tools", &title.text);
                self.draft.tools.push(Tool {
                    id,
                    title: label_of(&title.text),
                    attribution: Some(by_author()),
                    kind: kind.map_or(0, Into::into),
                    ..Tool::default()
                });
                self.draft.tools.len() - 1
            }
        };
        let Some(known) = self.draft.tools.get(index) else {
            return;
        };
        let had = (
            known.purpose.clone(),
            known.expected_outcomes.first().cloned(),
        );
        let had = (had.0, had.1.unwrap_or_default());
        let takes = |known: &str, value: &Value| {
            !value.text.is_empty() && (known.is_empty() || folded(known) == folded(&value.text))
        };
        for (known, value, what) in [(&had.0, purpose, "purpose"), (&had.1, outcome, "outcome")] {
            if !known.is_empty() {
                self.differs(known, value, what);
            }
        }
        if takes(&had.0, purpose) {
            citations.push(self.cite(purpose.at, &["purpose"]));
        }
        if takes(&had.1, outcome) {
            citations.push(self.cite(outcome.at, &["expected_outcomes"]));
        }
        let Some(tool) = self.draft.tools.get_mut(index) else {
            return;
        };
        if tool.purpose.is_empty() {
            tool.purpose.clone_from(&purpose.text);
        }
        if tool.expected_outcomes.is_empty() && !outcome.text.is_empty() {
            tool.expected_outcomes.push(outcome.text.clone());
        }
        merge(&mut tool.citations, citations);
    }

    /// What a tool may do besides.
    pub(super) fn side_effect(&mut self, title: &Value, effect: &Value) {
        let index = self.known(&("tools", String::new(), folded(&title.text)));
        if effect.text.is_empty() {
            return;
        }
        let cited = self.cite(effect.at, &["side_effects"]);
        let Some(tool) = index.and_then(|index| self.draft.tools.get_mut(index)) else {
            return;
        };
        let known = tool.side_effects.contains(&effect.text);
        if !known && tool.side_effects.len() < VALUES_MAX {
            tool.side_effects.push(effect.text.clone());
        }
        merge(&mut tool.citations, vec![cited]);
    }
}
