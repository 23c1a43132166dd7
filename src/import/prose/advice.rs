//! Sentences by which the author advises: somebody should do something.

use super::PART_WORDS_MIN;
use super::Reading;
use super::lexicon::{BEARERS, DUTIES, GOVERNS, URGES};
use super::sentence::{Part, Run, Tie};
use super::who::Sort;
use crate::import::collect::Collector;

/// Words before a subject that are kept with it.
const LEAD_WORDS_MAX: usize = 10;

/// What should be done with words, not with the world.
const RHETORIC: [&str; 22] = [
    "noted",
    "underestimated",
    "overestimated",
    "understood",
    "seen",
    "viewed",
    "read",
    "remembered",
    "serve",
    "surprise",
    "clear",
    "interpreted",
    "regarded",
    "considered",
    "treated",
    "expected",
    "overstated",
    "understated",
    "ignored",
    "forgotten",
    "emphasized",
    "stressed",
];

impl<'n> Reading<'_, '_, 'n> {
    /// Where a part begins without the words that lead to a subject far from its start.
    fn after_lead(&self, from: usize, verb: usize) -> usize {
        let comma = (from + 1..verb)
            .rev()
            .find(|at| self.s.gap(*at).contains(','));
        comma
            .filter(|at| verb - from > LEAD_WORDS_MAX && verb - at <= 4)
            .unwrap_or(from)
    }

    /// "This paper recommends that ...", where no party to the matter does: what is recommended.
    fn recommended(&self, run: Run) -> Option<usize> {
        let verb = (run.from + 1..run.to.min(run.from + 6)).find(|at| {
            self.s.word(*at) == "recommend" && !self.s.noun(*at) && !self.s.capital(*at)
        })?;
        let party = (run.from..verb).any(|at| self.s.named_at(at).is_some());
        let from = verb + 1 + usize::from(self.s.word(verb + 1) == "that");
        (!party && from + PART_WORDS_MIN <= run.to).then_some(from)
    }

    /// Reads the advice that a part gives; the answer says whether there is one.
    pub(super) fn advice(&self, c: &mut Collector<'n>, part: &Part) -> bool {
        let frame = self.voice(part);
        let run = part.run;
        if frame.is_some() || part.tie == Tie::Tail || run.to - run.from + 1 < PART_WORDS_MIN {
            return false;
        }
        let words = self.s.words.get(..run.to).unwrap_or(&[]);
        if let Some(hit) = URGES.hits(words).iter().find(|hit| hit.first == run.from) {
            let urges = matches!(self.s.word(hit.after), "that" | "to" | "for" | "not");
            if urges || self.s.word(hit.after - 1) == "to" {
                self.recommendation(c, run, None);
                return true;
            }
        }
        if let Some(from) = self.recommended(run) {
            self.recommendation(c, Run { from, to: run.to }, None);
            return true;
        }
        for hit in DUTIES.hits(words) {
            if hit.first <= run.from || self.relative(run.from, hit.first) {
                continue;
            }
            let next = (hit.after..hit.after + 5).any(|at| RHETORIC.contains(&self.s.word(at)));
            let hedged = matches!(
                self.s.word(hit.first - 1),
                "will" | "would" | "may" | "might" | "likely" | "not" | "to" | "there" | "it"
            );
            if next || hedged {
                continue;
            }
            let subject = self.people.subject(self.s, hit.first, run.from);
            let actors = subject
                .as_ref()
                .map_or(&[][..], |subject| subject.actors.as_slice());
            let told = match (self.s.word(hit.first), actors) {
                ("should", _) => true,
                // "Members are advised to ...": whoever they are.
                ("is" | "are", _) => true,
                (_, [_, ..]) => subject.as_ref().is_some_and(|s| s.sort == Sort::Actor),
                (_, []) => {
                    let bearer = self.s.word(hit.first - 1);
                    GOVERNS.contains(&bearer) || BEARERS.contains(&bearer)
                }
            };
            if !told {
                continue;
            }
            let to = match (actors, &subject) {
                ([one], Some(subject)) => Some((*one, subject.run)),
                _ => None,
            };
            self.recommendation(
                c,
                Run {
                    from: self.after_lead(run.from, hit.first),
                    to: run.to,
                },
                to,
            );
            return true;
        }
        false
    }
}
