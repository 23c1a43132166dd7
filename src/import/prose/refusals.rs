//! What one will not do, or only on terms, and what one calls settled: lines that no verb of
//! demand or refusal tells, but the grammar of one's own declaration.
//!
//! "Will not" is a line only where the actor says so of itself, or where terms are named; said by
//! the author alone it is a forecast, which `verdicts` reads.

use super::Reading;
use super::lexicon::{CHOSEN, CLOSED, DEEMS, PREPOSITIONS, Say};
use super::sentence::{Part, Run};
use super::voice::Frame;
use crate::import::collect::Collector;
use crate::import::holders::principal;
use crate::import::words::Hit;

impl<'n> Reading<'_, '_, 'n> {
    /// "... said that it will never ...", "Delhi will not ... until ...": what one declares that
    /// one will not do, or on what terms only.
    pub(super) fn withheld(
        &self,
        c: &mut Collector<'n>,
        part: &Part,
        frame: Option<&Frame<'n>>,
    ) -> bool {
        let run = part.run;
        if let Some(frame) = frame.filter(|f| f.official() && f.say.states())
            && let Some(none) = self.none_of_it(run)
        {
            let issue = Run {
                from: none + 1,
                to: run.to,
            };
            self.red_line(c, (issue, run), (&frame.who.actors, frame.who.run));
            return true;
        }
        let will = (run.from + 1..run.to.saturating_sub(2)).find(|at| {
            let (word, next) = (self.s.word(*at), self.s.word(at + 1));
            matches!(word, "will" | "would" | "shall") && matches!(next, "not" | "never")
                || word == "cannot" && frame.is_some()
        });
        let Some(will) = will else {
            return self.threatened(c, part, frame);
        };
        let verb = will + 1 + usize::from(self.s.word(will) != "cannot");
        let idle = [
            "be", "have", "need", "become", "happen", "say", "comment", "help", "work",
        ];
        if idle.contains(&self.s.word(verb)) || self.relative(run.from, will) {
            return false;
        }
        let declares = frame.is_some_and(|frame| frame.official() && frame.say.asserts());
        let terms = (verb + 1..run.to.saturating_sub(1))
            .any(|at| matches!(self.s.word(at), "until" | "unless" | "without"));
        let chosen = terms && frame.is_none() && CHOSEN.contains(&self.s.word(verb));
        if !(declares || chosen) {
            return false;
        }
        let Some(subject) = self.subject(will, part, frame) else {
            return false;
        };
        let (from, to) = (will, run.to);
        let issue = Run { from: verb, to };
        self.red_line(c, (issue, Run { from, to }), (&subject.actors, subject.run));
        true
    }

    /// "Belgrade is ready to sign only if ...": what must come first, of one who is ready.
    pub(super) fn on_terms(
        &self,
        c: &mut Collector<'n>,
        part: &Part,
        frame: Option<&Frame<'n>>,
    ) -> bool {
        let run = part.run;
        let Some(terms) = self.terms(run) else {
            return false;
        };
        let ready = (run.from + 1..terms).find(|at| {
            let willing = matches!(self.s.word(*at), "ready" | "willing" | "prepared");
            willing && matches!(self.s.word(at - 1), "is" | "are" | "only" | "be" | "remain")
                || matches!(self.s.word(*at), "will" | "would")
                    && CHOSEN.contains(&self.s.word(at + 1))
        });
        let Some(ready) = ready.filter(|ready| !self.relative(run.from, *ready)) else {
            return false;
        };
        let Some(subject) = self.subject(ready, part, frame) else {
            return false;
        };
        let issue = Run {
            from: terms,
            to: run.to,
        };
        let stance = Run {
            from: ready,
            to: run.to,
        };
        self.red_line(c, (issue, stance), (&subject.actors, subject.run));
        true
    }

    /// Where the terms begin on which alone something is done: "only if ...", "provided that ...".
    pub(super) fn terms(&self, run: Run) -> Option<usize> {
        let at = (run.from + 3..run.to.saturating_sub(3)).find(|at| {
            let next = self.s.word(at + 1);
            match self.s.word(*at) {
                "only" => matches!(next, "if" | "once" | "after" | "when"),
                "provided" => next == "that",
                "condition" => next == "that" && self.s.word(at - 1) == "on",
                _ => false,
            }
        })?;
        Some(at + 2)
    }

    /// "Belgrade's main demand remains ...": a line named by what it is.
    pub(super) fn main_demand(
        &self,
        c: &mut Collector<'n>,
        part: &Part,
        frame: Option<&Frame<'n>>,
    ) -> bool {
        const REACH: usize = 4;
        const SAYS_OF_IT: [&str; 16] = [
            "not",
            "unlikely",
            "likely",
            "unclear",
            "unacceptable",
            "well",
            "also",
            "no",
            "seen",
            "being",
            "met",
            "still",
            "part",
            "at",
            "far",
            "as",
        ];
        let run = part.run;
        let noun = |at: &usize| {
            let word = self.s.word(*at);
            matches!(word, "demand" | "condition" | "precondition")
        };
        let Some(at) = (run.from + 1..run.to.saturating_sub(REACH)).find(noun) else {
            return false;
        };
        let owner = (run.from.max(at.saturating_sub(REACH))..at)
            .rev()
            .find_map(|near| {
                let owned = self.s.words.get(near)?.possessive;
                self.s
                    .named_at(near)
                    .filter(|named| named.actors.len() == 1 && owned)
            });
        let told = matches!(self.s.word(at + 1), "is" | "are" | "remain" | "include");
        let from = at + 2 + usize::from(self.s.word(at + 2) == "that");
        let first = self.s.word(from);
        let said = SAYS_OF_IT.contains(&first) || first.ends_with("ed") || first.ends_with("ing");
        let Some(owner) = owner.filter(|_| told && !said && from + 2 < run.to) else {
            return false;
        };
        let actors: Vec<&'n str> = owner.actors.iter().map(|a| principal(a)).collect();
        if frame.is_some_and(|f| f.official() && f.who.actors != actors) {
            return false;
        }
        let whose = Run {
            from: owner.first,
            to: owner.after,
        };
        let issue = Run { from, to: run.to };
        self.red_line(c, (issue, issue), (&actors, whose));
        true
    }

    /// "Ankara says it will block the plan unless ...": what must be done lest one acts. Without
    /// a speaker it is what the author expects.
    fn threatened(&self, c: &mut Collector<'n>, part: &Part, frame: Option<&Frame<'n>>) -> bool {
        let run = part.run;
        if !frame.is_some_and(|frame| frame.official() && frame.say.asserts()) {
            return false;
        }
        let will = (run.from + 1..run.to)
            .find(|at| matches!(self.s.word(*at), "will" | "would" | "may" | "might"));
        let Some(will) = will.filter(|at| matches!(self.s.word(*at), "will" | "would")) else {
            return false;
        };
        let unless = (will + 2..run.to.saturating_sub(2)).find(|at| self.s.word(*at) == "unless");
        let Some(unless) = unless.filter(|_| !self.relative(run.from, will)) else {
            return false;
        };
        let Some(subject) = self.subject(will, part, frame) else {
            return false;
        };
        let issue = Run {
            from: unless + 1,
            to: run.to,
        };
        let stance = Run {
            from: will,
            to: run.to,
        };
        self.red_line(c, (issue, stance), (&subject.actors, subject.run));
        true
    }

    /// "There will be no talks ...": where the "no" stands.
    fn none_of_it(&self, run: Run) -> Option<usize> {
        let words = ["there", "will", "be", "no"];
        let would = self.s.word(run.from + 1) == "would";
        let fits = words
            .iter()
            .enumerate()
            .all(|(at, word)| self.s.word(run.from + at) == *word || at == 1 && would);
        (fits && run.from + 5 < run.to).then_some(run.from + 3)
    }

    /// "X is not for sale, Athens said", "Baku considers ... an act of war".
    pub(super) fn closed(
        &self,
        c: &mut Collector<'n>,
        part: &Part,
        frame: Option<&Frame<'n>>,
    ) -> bool {
        let run = part.run;
        let words = self.s.words.get(..run.to).unwrap_or(&[]);
        let hits = CLOSED.hits(words);
        let Some(hit) = hits.iter().find(|hit| hit.first > run.from + 1) else {
            return false;
        };
        let article = matches!(self.s.word(hit.first - 1), "a" | "an" | "as");
        let near = (run.from + 1..hit.first).rev();
        let verb = near.clone().find(|at| {
            let deems = DEEMS.contains(&self.s.word(*at)) && !self.s.noun(*at);
            deems && !matches!(self.s.word(at - 1), "to" | "not" | "be")
        });
        if let Some(verb) = verb.filter(|verb| verb + 1 + usize::from(article) < hit.first)
            && self.predicate(hit, run)
            && let Some(subject) = self.subject(verb, part, frame)
        {
            let issue = Run {
                from: verb + 1,
                to: hit.first - usize::from(article),
            };
            let stance = Run {
                from: verb,
                to: run.to,
            };
            self.red_line(c, (issue, stance), (&subject.actors, subject.run));
            return true;
        }
        let be = near
            .take(2)
            .find(|at| matches!(self.s.word(*at), "is" | "are" | "remain" | "was" | "were"));
        let own = frame.filter(|frame| {
            let said = frame.say.asserts();
            frame.official() && said && !frame.who.actors.is_empty()
        });
        let (Some(be), Some(frame)) = (be, own) else {
            return false;
        };
        let issue = Run {
            from: run.from,
            to: be,
        };
        self.red_line(c, (issue, run), (&frame.who.actors, frame.who.run));
        true
    }

    /// Whether what is called settled is all that is said of it: "the final draft" is not.
    fn predicate(&self, hit: &Hit<()>, run: Run) -> bool {
        let before = self.s.word(hit.first - 1);
        let named = matches!(before, "the" | "this" | "that" | "its" | "their" | "any");
        let next = self.s.word(hit.after);
        let ends = hit.after >= run.to || !self.s.gap(hit.after).trim().is_empty();
        let goes_on = matches!(next, "and" | "or" | "but" | "if" | "unless" | "because");
        !named && (ends || goes_on || PREPOSITIONS.contains(&next))
    }

    /// "Tehran insists it keeps ...": what one insists on, in one's own words. What one insists
    /// was done is a claim.
    pub(super) fn insisted(
        &self,
        c: &mut Collector<'n>,
        part: &Part,
        frame: Option<&Frame<'n>>,
    ) -> bool {
        let own = frame.filter(|f| f.say == Say::Insist && f.official());
        let Some(frame) = own.filter(|f| f.said.from == part.run.from) else {
            return false;
        };
        let insists = (part.run.from..part.run.to).any(|at| match self.s.word(at) {
            "must" | "keep" | "will" | "shall" | "no" | "should" | "cannot" | "only" => true,
            "be" => !matches!(
                self.s.word(at - 1),
                "to" | "can" | "may" | "could" | "would"
            ),
            "right" => matches!(self.s.word(at + 1), "to" | "of"),
            _ => false,
        });
        if frame.who.actors.is_empty() || part.run.to < part.run.from + 3 || !insists {
            return false;
        }
        let (issue, stance) = (part.run, part.run);
        self.red_line(c, (issue, stance), (&frame.who.actors, frame.who.run));
        true
    }
}
