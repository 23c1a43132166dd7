//! Probabilities in running text: a figure beside a word that says that it is one.
//!
//! What may come true must stand in the same part, behind "of" or "that", or before the figure; a
//! figure whose event stands elsewhere yields nothing, one that cannot be a probability a doubt.

use super::PART_WORDS_MIN;
use super::Reading;
use super::lexicon::Say;
use super::sentence::{Part, Run, Tie};
use crate::import::chance_items::condition;
use crate::import::collect::{Collector, Value};
use crate::import::forecasts::{Foreseen, stated_in};
use crate::import::odds::{Odds, beside_chance, odds};
use crate::import::plain::plain;
use crate::model::v1::DoubtKind;

/// Fewest words of what may come true.
const EVENT_WORDS_MIN: usize = 2;

impl<'n> Reading<'_, '_, 'n> {
    /// Reads the forecast that a part states in figures.
    pub(super) fn figure(&self, c: &mut Collector<'n>, part: &Part) -> bool {
        let rejected = self
            .voice(part)
            .is_some_and(|f| f.rejected || f.say == Say::Deny);
        let run = part.run;
        let short = run.to - run.from < PART_WORDS_MIN;
        if rejected || short || part.tie == Tie::Tail || self.anaphoric(run) {
            return false;
        }
        let at = self.s.place(run);
        let text = at.of(c.text);
        if !text.contains(|c: char| c.is_ascii_digit()) && !text.contains(" in ") {
            return false;
        }
        let Some(event) = self.event(run) else {
            return false;
        };
        // "The probability of ... is 0.4": however long what is between, the figure belongs to it.
        let ends = self.s.place(event).end.saturating_sub(at.start);
        let told = |one: &Odds| event.to < run.to && one.share && one.at.start >= ends;
        let all = odds(text);
        let place = all
            .iter()
            .position(|one| beside_chance(text, one) || told(one));
        let Some((place, one)) = place.and_then(|place| Some((place, all.get(place)?))) else {
            return false;
        };
        let Some(likelihood) = stated_in(text, one, all.get(place + 1)) else {
            let reason = "This cannot be a probability; it was left out.";
            let figure = at.part(one.at.start, one.at.end);
            c.doubts.add(figure, DoubtKind::UnclearValue, reason);
            return false;
        };
        let event = self.s.place(event);
        let attribution = self.attribution(c, run.from);
        let before = c.draft.forecasts.len();
        c.forecast(&Foreseen {
            statement: Value {
                text: plain(event.of(c.text)),
                at: event,
            },
            chance: Some((likelihood, at)),
            condition: Value {
                text: condition(&plain(text)).to_owned(),
                at,
            },
            whole: at,
            ..Foreseen::default()
        });
        if let Some(new) = c.draft.forecasts.get_mut(before) {
            new.attribution = Some(attribution);
        }
        true
    }

    /// What a probability is of: "a 40 % chance that ...", "the probability of ... is 0.4".
    fn event(&self, run: Run) -> Option<Run> {
        let chance = (run.from..run.to).find(|at| {
            matches!(
                self.s.word(*at),
                "chance" | "probability" | "likelihood" | "odd" | "odds"
            )
        })?;
        let of = chance + 1;
        if !matches!(self.s.word(of), "of" | "that") {
            return None;
        }
        let stated = |at: &usize| {
            matches!(
                self.s.word(*at),
                "is" | "are" | "stand" | "at" | "was" | "remain"
            ) && (at + 1..at + 4).any(|at| self.s.raw(at).starts_with(|c: char| c.is_ascii_digit()))
        };
        let from = of + 1;
        let to = (from..run.to).find(stated).unwrap_or(run.to);
        let pronoun = matches!(self.s.word(from), "this" | "it" | "them" | "these" | "that");
        (to >= from + EVENT_WORDS_MIN && !pronoun).then_some(Run { from, to })
    }
}
