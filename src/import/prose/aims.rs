//! Sentences that say what an actor is after: intends, plans, has for a goal, pledges, signals.

use super::Reading;
use super::lexicon::{ACTS, AIMS, Act, Say};
use super::sentence::{Part, Run, Tie};
use super::voice::Frame;
use crate::import::collect::Collector;
use crate::import::holders::principal;
use crate::model::v1::IntentionKind;

/// Words between a goal and what it is at most.
const REACH_WORDS_MAX: usize = 8;

impl<'n> Reading<'_, '_, 'n> {
    /// Reads the aim that a part states; the answer says whether there is one.
    pub(super) fn aim(&self, c: &mut Collector<'n>, part: &Part) -> bool {
        let frame = self.voice(part);
        // What one insists on is a line.
        let other = |frame: &Frame| frame.rejected || matches!(frame.say, Say::Deny | Say::Insist);
        if frame.is_some_and(other) {
            return false;
        }
        self.goal(c, part, frame) || self.pursued(c, part, frame) || self.announced(c, part, frame)
    }

    /// "Ankara seeks to ...", "Ankara signals readiness for ...".
    fn pursued(&self, c: &mut Collector<'n>, part: &Part, frame: Option<&Frame<'n>>) -> bool {
        let run = part.run;
        // Ready only on terms is a line.
        if self.terms(run).is_some() {
            return false;
        }
        for hit in ACTS.hits(self.s.words.get(..run.to).unwrap_or(&[])) {
            let kind = match hit.meaning {
                Act::Aim => IntentionKind::Unspecified,
                Act::Pledge => IntentionKind::Plan,
                Act::Signal => IntentionKind::Interest,
                Act::Demand | Act::Refuse => continue,
            };
            let negated = (hit.first.saturating_sub(3)..hit.first)
                .any(|at| matches!(self.s.word(at), "not" | "never" | "no" | "longer"));
            if hit.first < run.from || negated || hit.after >= run.to {
                continue;
            }
            // "members willing to" tells which members.
            let adjective = matches!(self.s.word(hit.first), "willing" | "ready" | "open");
            let be = (hit.first.saturating_sub(2)..hit.first).any(|at| {
                matches!(
                    self.s.word(at),
                    "is" | "are" | "was" | "were" | "be" | "been" | "remain" | "stand"
                )
            });
            if adjective && !be {
                continue;
            }
            if hit.meaning == Act::Signal {
                let Some(named) = self.opening(part) else {
                    continue;
                };
                let participle = self.s.gap(hit.first).contains(',');
                let from = if participle { hit.first } else { run.from };
                let actors: Vec<&'n str> = named.actors.iter().map(|a| principal(a)).collect();
                let whose = Run {
                    from: named.first,
                    to: named.after,
                };
                self.intention(c, Run { from, to: run.to }, kind, (&actors, whose));
                return true;
            }
            if self.s.noun(hit.first) || part.tie == Tie::Tail {
                continue;
            }
            let Some(subject) = self.subject(hit.first, part, frame) else {
                self.borne_by_several(c, hit.first);
                continue;
            };
            let relative = subject.run.from > run.from
                && matches!(self.s.word(subject.run.from - 1), "that" | "which" | "whom");
            if relative {
                continue;
            }
            let from = if hit.meaning == Act::Pledge {
                hit.first
            } else {
                subject.run.from.max(run.from)
            };
            self.intention(
                c,
                Run { from, to: run.to },
                kind,
                (&subject.actors, subject.run),
            );
            return true;
        }
        false
    }

    /// "Ankara's goal is to ...".
    fn goal(&self, c: &mut Collector<'n>, part: &Part, frame: Option<&Frame<'n>>) -> bool {
        let run = part.run;
        for hit in AIMS.hits(self.s.words.get(..run.to).unwrap_or(&[])) {
            if hit.first < run.from {
                continue;
            }
            let near = run.from.max(hit.first.saturating_sub(4));
            let owner = (near..hit.first).rev().find_map(|at| {
                let owned = self.s.words.get(at)?.possessive;
                self.s
                    .named_at(at)
                    .filter(|named| named.actors.len() == 1 && (owned || named.demonym))
            });
            let Some(owner) = owner else { continue };
            let last = run.to.min(hit.after + REACH_WORDS_MAX);
            let be = |at: &usize| {
                matches!(
                    self.s.word(*at),
                    "is" | "are" | "was" | "were" | "been" | "remain" | "be"
                )
            };
            let Some(be) = (hit.after..last).find(be) else {
                continue;
            };
            let Some(to) = (be + 1..last.min(be + 4)).find(|at| self.s.word(*at) == "to") else {
                continue;
            };
            let actors: Vec<&'n str> = owner.actors.iter().map(|a| principal(a)).collect();
            if frame.is_some_and(|f| f.official() && f.who.actors != actors) {
                continue;
            }
            let to_end = self.goes_on(run.to);
            let whose = Run {
                from: owner.first,
                to: owner.after,
            };
            self.intention(
                c,
                Run {
                    from: to,
                    to: to_end,
                },
                IntentionKind::Goal,
                (&actors, whose),
            );
            return true;
        }
        false
    }

    /// The end of an enumeration "to ...; to ...; and to ..." of which a part is the first.
    fn goes_on(&self, end: usize) -> usize {
        let mut to = end;
        for part in self.s.parts(Run {
            from: end,
            to: self.s.len(),
        }) {
            let further = matches!(self.s.word(part.run.from), "to")
                || self.s.word(part.run.from + 1) == "to";
            if !further || part.tie == Tie::Tail {
                break;
            }
            to = part.run.to;
        }
        to
    }

    /// "Ankara said that it will ...": a plan on one's own word.
    fn announced(&self, c: &mut Collector<'n>, part: &Part, frame: Option<&Frame<'n>>) -> bool {
        let Some(frame) = frame.filter(|frame| frame.official() && !frame.who.actors.is_empty())
        else {
            return false;
        };
        let run = part.run;
        let will = (run.from + 1..run.to).find(|at| matches!(self.s.word(*at), "will" | "would"));
        let Some(will) = will.filter(|will| will + 2 < run.to) else {
            return false;
        };
        let negated = matches!(self.s.word(will + 1), "not" | "never" | "no");
        let declared = frame.say.asserts();
        let main = !(run.from..will).any(|at| matches!(self.s.word(at), "that" | "which" | "who"));
        if negated || !declared || !main {
            return false;
        }
        let Some(subject) = self.subject(will, part, Some(frame)) else {
            return false;
        };
        self.intention(c, run, IntentionKind::Plan, (&subject.actors, subject.run));
        true
    }
}
