//! Sentences that judge: an estimate, an inference, a forecast in words.
//!
//! Parts that judge and stand next to each other are one judgment, so that "likely X, though Y may
//! Z" is not torn apart; parts that only tell are left out of it.

use super::PART_WORDS_MIN;
use super::Reading;
use super::lexicon::{ESTIMATIVE, MODALS, Say};
use super::sentence::{Part, Run, Tie};
use super::voice::Frame;
use super::who::Sort;
use crate::import::collect::Collector;

impl<'n> Reading<'_, '_, 'n> {
    /// Reads the judgments of a sentence.
    pub(super) fn verdicts(&self, c: &mut Collector<'n>, parts: &[Part]) {
        let mut open: Option<Run> = None;
        let mut before = None;
        // "We judge with moderate confidence that ...": said with what is judged.
        let mut lead = None;
        for part in parts {
            let mut part = *part;
            if self.author_says(part.run.to) {
                lead = Some(part.run.from);
                continue;
            }
            if let Some(from) = lead.take() {
                (part.run.from, part.tie) = (from, Tie::Own);
            }
            // "..., but unlikely to last": what is judged stands before.
            let bare = part.tie == Tie::Joined
                && matches!(self.s.word(part.run.from), "unlikely" | "likely");
            if let Some(before) = before.filter(|_| bare) {
                part.run.from = before;
            }
            before = Some(part.run.from);
            let judges = part.tie != Tie::Tail && part.tie != Tie::Aside && self.judges(&part);
            part.run = self.with_what_is_said(part.run);
            let part = &part;
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

    /// "Ankara likely assesses that ..." goes on with what is assessed; "..., and Athens said
    /// that" ends before who says something else.
    fn with_what_is_said(&self, run: Run) -> Run {
        let Some(frame) = self.frames.iter().find(|frame| frame.said.from == run.to) else {
            return run;
        };
        let who = frame.who.run.from.max(run.from);
        let own = ESTIMATIVE.hits(self.s.words.get(..who).unwrap_or(&[]));
        if own.iter().any(|hit| hit.first >= run.from) {
            let joined = matches!(self.s.word(who.wrapping_sub(1)), "and" | "but" | "the");
            let and = matches!(self.s.word(who.wrapping_sub(2)), "and" | "but");
            let to = who - usize::from(joined) - usize::from(joined && and);
            return Run { to, ..run };
        }
        Run {
            to: frame.said.to,
            ..run
        }
    }

    /// Whether words that the author introduces begin at a word.
    fn author_says(&self, at: usize) -> bool {
        let own = |frame: &&Frame<'n>| frame.who.sort == Sort::Author && frame.said.from == at;
        self.frames.iter().any(|frame| own(&frame))
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
            let noun = matches!(
                self.s.word(hit.after - 1),
                "chance" | "odd" | "possibility" | "prospect"
            );
            let attributive = !noun
                && matches!(
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
            // "Abnormal signal spikes" are no inference.
            let named = matches!(self.s.raw(hit.first), "signal" | "point");
            hit.first >= run.from
                && !named
                && (!attributive || self.s.word(hit.after) == "to")
                && !(inferred && hit.first == run.from)
                && (inferred || noun || !self.relative(run.from, hit.first))
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
            // "We could not confirm ..." says what is known, not what will be.
            let unknown = matches!(
                self.s
                    .word(at + 1 + usize::from(self.s.word(at + 1) == "not")),
                "confirm" | "verify" | "independently" | "forecast" | "determine"
            );
            modal
                && !unknown
                && !noun
                && !self.relative(run.from, at)
                && self.s.gap(at).trim().len() <= 1
        })
    }
}
