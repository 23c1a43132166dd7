//! Sentences that name a risk or what stands in the way.

use super::PART_WORDS_MIN;
use super::Reading;
use super::lexicon::{DANGERS, GROWS, HARMS, PREPOSITIONS, Say};
use super::sentence::{Part, Run, Tie};
use super::voice::Frame;
use crate::import::collect::Collector;

/// What may happen and should not.
const FEARED: [&str; 7] = [
    "risk", "danger", "threat", "fear", "worry", "concern", "hazard",
];
/// What stands in the way.
const OBSTACLES: [&str; 6] = [
    "obstacle",
    "challenge",
    "hurdle",
    "difficulty",
    "impediment",
    "problem",
];

/// What is bad when it comes.
const HARMFUL: [&str; 22] = [
    "war",
    "conflict",
    "escalation",
    "clash",
    "attack",
    "strike",
    "violence",
    "collapse",
    "crisis",
    "blockade",
    "breakout",
    "failure",
    "miscalculation",
    "accident",
    "instability",
    "coup",
    "famine",
    "default",
    "retaliation",
    "invasion",
    "proliferation",
    "confrontation",
];

/// Words that make one danger stand before others.
const DEGREES: [&str; 14] = [
    "main",
    "chief",
    "principal",
    "primary",
    "key",
    "real",
    "greater",
    "bigger",
    "central",
    "overriding",
    "immediate",
    "serious",
    "other",
    "second",
];

impl<'n> Reading<'_, '_, 'n> {
    /// Reads the risk that a part names.
    pub(super) fn danger(&self, c: &mut Collector<'n>, part: &Part) {
        let frame = self.voice(part);
        if frame.is_some_and(|f| {
            f.rejected || f.say == Say::Deny || (f.official() && f.say != Say::Warn)
        }) {
            return;
        }
        let run = part.run;
        if run.to - run.from < PART_WORDS_MIN || self.anaphoric(run) {
            return;
        }
        let whole = part.tie != Tie::Tail
            && (self.warned(run, frame) || self.harmful(run) || self.grows(run));
        if let Some(told) = self.told(run, &OBSTACLES) {
            self.challenge(c, told);
        } else if let Some(told) = self.told(run, &FEARED).or_else(|| self.there_is(run)) {
            self.risk(c, told);
        } else if whole {
            self.risk(c, run);
        } else if let Some(named) = self.named_danger(run) {
            self.risk(c, named);
        }
    }

    /// "X warned that ... may ...".
    fn warned(&self, run: Run, frame: Option<&Frame<'n>>) -> bool {
        let modal = (run.from..run.to)
            .any(|at| matches!(self.s.word(at), "may" | "could" | "might" | "would"));
        modal && frame.is_some_and(|frame| frame.say == Say::Warn && !frame.official())
    }

    /// "... may fuel ...".
    fn harmful(&self, run: Run) -> bool {
        HARMS
            .hits(self.s.words.get(..run.to).unwrap_or(&[]))
            .iter()
            .any(|hit| {
                let near = hit.first.saturating_sub(3);
                let modal = (near.max(run.from)..hit.first).any(|at| {
                    matches!(
                        self.s.word(at),
                        "may" | "could" | "might" | "would" | "likely" | "threaten" | "risk"
                    )
                });
                let negated =
                    (near..hit.first).any(|at| matches!(self.s.word(at), "not" | "never"));
                // To collapse a tunnel is to do something to it.
                let does = self.s.word(hit.first) == "collapse"
                    && hit.after < run.to
                    && self.s.gap(hit.after).trim().is_empty()
                    && !PREPOSITIONS.contains(&self.s.word(hit.after))
                    && !matches!(self.s.word(hit.after), "if" | "when" | "before" | "after");
                // "... might use the crisis to destabilise ...".
                let aimed = self.s.word(hit.first.wrapping_sub(1)) == "to"
                    && (run.from..hit.first)
                        .any(|at| matches!(self.s.word(at), "may" | "could" | "might"));
                hit.first >= run.from
                    && (modal || aimed)
                    && !does
                    && !negated
                    && !self.relative(run.from, hit.first)
            })
    }

    /// "... increases the risk of ...", "... remains a danger", "... are risk multipliers".
    fn grows(&self, run: Run) -> bool {
        let words = self.s.words.get(..run.to).unwrap_or(&[]);
        for hit in DANGERS.hits(words) {
            if hit.first <= run.from || self.relative(run.from, hit.first) {
                continue;
            }
            let near = run.from.max(hit.first.saturating_sub(6));
            let grows = (near..hit.first)
                .rev()
                .find(|at| GROWS.contains(&self.s.word(*at)));
            let Some(grows) = grows.filter(|grows| *grows > run.from) else {
                continue;
            };
            let being = matches!(self.s.word(grows), "is" | "are" | "remain");
            let negated = (grows.saturating_sub(2)..hit.first).any(|at| {
                matches!(
                    self.s.word(at),
                    "no" | "not" | "little" | "low" | "worth" | "at"
                )
            });
            let multiplied = self.s.word(hit.after - 1) == "multiplier";
            let of = matches!(self.s.word(hit.after), "of" | "that") || hit.after >= run.to;
            if !negated && (multiplied || (!being && of) || (being && hit.after >= run.to)) {
                return true;
            }
        }
        (run.from + 1..run.to).any(|at| {
            let grows = matches!(self.s.word(at), "increase" | "raise" | "heighten");
            let chance = (at + 1..at + 4).any(|at| {
                matches!(
                    self.s.word(at),
                    "probability" | "likelihood" | "chance" | "odd"
                ) && self.s.word(at + 1) == "of"
            });
            // Of a good outcome more likelihood is no danger.
            let harm = (at + 2..run.to).any(|at| HARMFUL.contains(&self.s.word(at)));
            grows && chance && harm && !self.s.noun(at) && !self.relative(run.from, at)
        })
    }

    /// "The main danger is that ...", "My greatest fear is ...": what comes after the verb.
    fn told(&self, run: Run, nouns: &[&str]) -> Option<Run> {
        let danger = |at: &usize| nouns.contains(&self.s.word(*at));
        let at = (run.from..run.to.min(run.from + 6)).find(danger)?;
        let own = (run.from..at).all(|at| self.s.named_at(at).is_none());
        let degree = at.checked_sub(1).is_some_and(|before| {
            let word = self.s.word(before);
            before >= run.from && (word.ends_with("est") || DEGREES.contains(&word))
        });
        let be = (at + 1..run.to.min(at + 8)).find(|at| {
            matches!(self.s.word(*at), "is" | "remain" | "would" | "are")
                && !matches!(self.s.word(at + 1), "not" | "to" | "real" | "low" | "high")
        })?;
        let straight = (at + 1..be).all(|at| !self.s.gap(at).contains(','));
        let mut from = be + 1;
        while matches!(
            self.s.word(from),
            "be" | "that" | "therefore" | "not" | "only"
        ) {
            from += 1;
        }
        // "The main obstacle is mistrust" is said whole.
        let from = if from + 3 <= run.to { from } else { run.from };
        (own && degree && straight && be + 1 < run.to).then_some(Run { from, to: run.to })
    }

    /// "There is also a risk that ...": what comes after "that" or "of".
    fn there_is(&self, run: Run) -> Option<Run> {
        let is = |at: usize| matches!(self.s.word(at), "is" | "are" | "remain");
        if self.s.word(run.from) != "there" || !is(run.from + 1) {
            return None;
        }
        let near = run.from + 2..run.to.min(run.from + 8);
        let at = near
            .clone()
            .find(|at| matches!(self.s.word(*at), "risk" | "danger"))?;
        let none = (run.from + 2..at)
            .any(|at| matches!(self.s.word(at), "no" | "little" | "not" | "low" | "less"));
        let of = matches!(self.s.word(at + 1), "that" | "of");
        (!none && of && at + 4 < run.to).then_some(Run {
            from: at + 2,
            to: run.to,
        })
    }

    /// "the risks of ..." named in passing.
    fn named_danger(&self, run: Run) -> Option<Run> {
        let from = (run.from..run.to.saturating_sub(3)).find(|at| {
            matches!(self.s.word(*at), "risk" | "danger") && self.s.word(at + 1) == "of"
        })?;
        let lowered = (from.saturating_sub(4)..from).any(|at| {
            matches!(
                self.s.word(at),
                "reduce"
                    | "reducing"
                    | "mitigate"
                    | "mitigating"
                    | "avoid"
                    | "avoiding"
                    | "minimi"
                    | "lower"
                    | "lowering"
                    | "limit"
                    | "limiting"
                    | "worth"
                    | "less"
                    | "contain"
                    | "without"
                    | "no"
                    | "prevent"
                    | "manage"
                    | "managing"
                    | "assess"
                    | "at"
            )
        });
        let article = usize::from(from > run.from && self.s.word(from - 1) == "the");
        (!lowered && article == 1).then_some(Run {
            from: from - article,
            to: run.to,
        })
    }

    /// Whether a relative clause stands between two words, so that what follows is its verb.
    pub(super) fn relative(&self, from: usize, to: usize) -> bool {
        (from..to).any(|at| {
            matches!(
                self.s.word(at),
                "that"
                    | "which"
                    | "who"
                    | "whom"
                    | "where"
                    | "whether"
                    | "how"
                    | "what"
                    | "when"
                    | "if"
                    | "why"
                    | "whose"
                    | "unless"
                    | "because"
            )
        })
    }

    /// Whether a part speaks of something outside it: "This would ...".
    pub(super) fn anaphoric(&self, run: Run) -> bool {
        let next = self.s.word(run.from + 1);
        match self.s.word(run.from) {
            "this" | "these" | "those" | "such" => {
                matches!(
                    next,
                    "will"
                        | "would"
                        | "could"
                        | "may"
                        | "might"
                        | "is"
                        | "are"
                        | "was"
                        | "suggest"
                        | "indicate"
                        | "mean"
                        | "include"
                        | "section"
                        | "report"
                        | "paper"
                        | "analysis"
                        | "article"
                        | "scenario"
                        | "study"
                        | "update"
                        | "table"
                        | "too"
                )
            }
            "it" | "they" | "he" | "she" | "both" | "neither" | "either" => {
                !(self.s.word(run.from) == "it"
                    && matches!(next, "is" | "remain" | "seem" | "appear"))
            }
            _ => false,
        }
    }
}
