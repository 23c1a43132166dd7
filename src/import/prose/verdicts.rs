//! Sentences that judge: an estimate, an inference, a forecast in words.
//!
//! Parts that judge and stand next to each other are one judgment, so that "likely X, though Y may
//! Z" is not torn apart; parts that only tell are left out of it.

use super::PART_WORDS_MIN;
use super::Reading;
use super::lexicon::{ESTIMATIVE, MODALS, Say};
use super::sentence::{Part, Run, Tie};
use crate::import::collect::Collector;

impl<'n> Reading<'_, '_, 'n> {
    /// Reads the judgments of a sentence.
    pub(super) fn verdicts(&self, c: &mut Collector<'n>, parts: &[Part]) {
        let mut open: Option<Run> = None;
        let mut before = None;
        for part in parts {
            let mut part = *part;
            // "..., but unlikely to last": what is judged stands before.
            let bare = part.tie == Tie::Joined
                && matches!(self.s.word(part.run.from), "unlikely" | "likely");
            if let Some(before) = before.filter(|_| bare) {
                part.run.from = before;
            }
            before = Some(part.run.from);
            let part = &part;
            let judges = part.tie != Tie::Tail && part.tie != Tie::Aside && self.judges(part);
            let joins = part.tie == Tie::Joined;
            match open {
                Some(run) if judges && joins => {
                    open = Some(Run {
                        from: run.from,
                        to: part.run.to,
                    })
                }
                Some(run) => {
                    self.verdict(c, run);
                    open = judges.then_some(part.run);
                }
                None => open = judges.then_some(part.run),
            }
        }
        if let Some(run) = open {
            self.verdict(c, run);
        }
    }

    fn verdict(&self, c: &mut Collector<'n>, run: Run) {
        if run.to - run.from >= PART_WORDS_MIN && !self.anaphoric(run) {
            self.judgment(c, run);
        }
    }

    fn judges(&self, part: &Part) -> bool {
        let run = part.run;
        if let Some(frame) = self.voice(part)
            && (frame.official() || frame.rejected || matches!(frame.say, Say::Deny))
        {
            return false;
        }
        let words = self.s.words.get(..run.to).unwrap_or(&[]);
        let estimated = ESTIMATIVE.hits(words).iter().any(|hit| {
            let before = self.s.word(hit.first.wrapping_sub(1));
            let attributive = matches!(
                before,
                "the" | "a" | "an" | "of" | "as" | "any" | "its" | "potential" | "these"
            );
            let inferred = matches!(
                self.s.word(hit.first),
                "suggest"
                    | "indicate"
                    | "imply"
                    | "signal"
                    | "point"
                    | "demonstrate"
                    | "show"
                    | "mean"
                    | "underscore"
            );
            hit.first >= run.from
                && (!attributive || self.s.word(hit.after) == "to")
                && !(inferred && hit.first == run.from)
                && (inferred || !self.relative(run.from, hit.first))
        });
        estimated || self.forecasts(run)
    }

    /// A modal verb in the main clause.
    fn forecasts(&self, run: Run) -> bool {
        (run.from + 1..run.to.saturating_sub(2)).any(|at| {
            let modal =
                MODALS.contains(&self.s.word(at)) && self.s.raw(at).starts_with(char::is_lowercase);
            let noun = matches!(
                self.s.word(at - 1),
                "the" | "their" | "its" | "political" | "a" | "his" | "and"
            );
            modal && !noun && !self.relative(run.from, at) && self.s.gap(at).trim().len() <= 1
        })
    }
}
