//! Sentences that draw a red line: demands, refusals, conditions, and lines called so.

use super::Reading;
use super::lexicon::{ACTS, Act, SAYS, Say};
use super::sentence::{Part, Run, Tie};
use super::voice::Frame;
use super::who::{Sort, Subject};
use crate::import::collect::Collector;
use crate::import::holders::principal;
use crate::import::words::Hit;
use crate::model::v1::DoubtKind;

/// What one declines to do without drawing a line.
const COURTESIES: [&str; 16] = [
    "comment",
    "say",
    "specify",
    "confirm",
    "answer",
    "elaborate",
    "name",
    "disclose",
    "discuss the",
    "claim",
    "allegation",
    "accusation",
    "report",
    "suggestion",
    "narrative",
    "notion",
];

impl<'n> Reading<'_, '_, 'n> {
    /// Reads the red line that a part draws; the answer says whether there is one.
    pub(super) fn line(&self, c: &mut Collector<'n>, part: &Part) -> bool {
        let frame = self.voice(part);
        if frame.is_some_and(|frame| frame.rejected || frame.say == Say::Deny) {
            return false;
        }
        self.acted(c, part, frame)
            || self.ordered(c, part, frame)
            || self.conditioned(c, part, frame)
            || self.on_terms(c, part, frame)
            || self.withheld(c, part, frame)
            || self.closed(c, part, frame)
            || self.insisted(c, part, frame)
            || self.nominal(c, part, frame)
            || self.main_demand(c, part, frame)
            || self.called(c, part, frame)
    }

    /// "Kyiv demands that ...", "they would not meet ...", and what the same one adds: "...
    /// and refuses ...".
    fn acted(&self, c: &mut Collector<'n>, part: &Part, frame: Option<&Frame<'n>>) -> bool {
        let words = self.s.words.get(..part.run.to).unwrap_or(&[]);
        let mut before: Option<(Subject<'n>, usize)> = None;
        for hit in ACTS.hits(words) {
            if !self.draws(&hit, part) {
                continue;
            }
            let subject = match before.take() {
                Some((subject, end)) if (end + 1..=end + 2).contains(&hit.first) => Some(subject),
                Some(_) => return true,
                None => self.subject(hit.first, part, frame),
            };
            let Some(subject) = subject else {
                self.borne_by_several(c, hit.first);
                self.unheard_of(c, hit.first, part);
                continue;
            };
            let to = self.relents(hit.after, part.run.to);
            let mut issue = hit.after;
            while matches!(
                self.s.word(issue),
                "that" | "on" | "for" | "the" | "to" | "any"
            ) {
                issue += 1;
            }
            let pronoun = matches!(
                self.s.word(issue),
                "his" | "her" | "it" | "them" | "this" | "him" | "these" | "those" | "such"
            );
            let word = issue + 1 == to && self.names_issue(issue);
            if issue + 1 + 3 * usize::from(pronoun) >= to && !word {
                continue;
            }
            let (issue, stance) = (
                Run { from: issue, to },
                Run {
                    from: hit.first,
                    to,
                },
            );
            self.red_line(c, (issue, stance), (&subject.actors, subject.run));
            before = Some((subject, to));
        }
        before.is_some()
    }

    /// Whether a verb of a part is one of demand or refusal that somebody does.
    fn draws(&self, hit: &Hit<Act>, part: &Part) -> bool {
        let line = matches!(hit.meaning, Act::Demand | Act::Refuse);
        if !line || hit.first < part.run.from || self.s.noun(hit.first) {
            return false;
        }
        // "A firm Iranian demand": a verb after one actor would end in "s" or "ed".
        let noun = self.s.raw(hit.first) == "demand"
            && self.s.named_at(hit.first.wrapping_sub(1)).is_some();
        // "Tehran may demand ..." is a forecast of a line.
        let may = matches!(
            self.s.word(hit.first.wrapping_sub(1)),
            "may" | "might" | "could"
        );
        !(noun || may || self.declined(hit.first, hit.after))
    }

    /// Whether a single word can be what is demanded or refused: "rules out federalisation".
    fn names_issue(&self, at: usize) -> bool {
        const LENGTH_MIN: usize = 8;
        let word = self.s.word(at);
        let idle = matches!(word, "outright" | "permission" | "anything" | "everything");
        word.len() >= LENGTH_MIN && !idle && !word.ends_with("ly")
    }

    /// A doubt where a name that is not known demands or refuses.
    fn unheard_of(&self, c: &mut Collector<'n>, verb: usize, part: &Part) {
        let named = |at: &usize| {
            self.s.capital(*at) && self.s.named_at(*at).is_none() && self.s.raw(*at).len() > 1
        };
        let plain = |at: &usize| self.s.gap(at + 1).trim().is_empty();
        let near = (part.run.from..verb).rev();
        let Some(from) = near.take_while(|at| named(at) && plain(at)).last() else {
            return;
        };
        if verb - from > 1 || from > part.run.from {
            let reason = "This name is not known; what it demands or refuses was not read.";
            let at = self.s.place(Run { from, to: verb });
            c.doubts.add(at, DoubtKind::UnknownActor, reason);
        }
    }

    /// Where a line ends and another begins, or what one is ready for: "opposes ... and is
    /// willing to ...", "rejects ... and insists on ...".
    fn relents(&self, from: usize, to: usize) -> usize {
        let turn = |at: &usize| {
            matches!(self.s.word(*at), "and" | "but")
                && (matches!(self.s.word(at + 1), "will" | "would" | "could" | "may")
                    || matches!(self.s.word(at + 1), "is" | "are" | "was" | "were")
                        && matches!(
                            self.s.word(at + 2),
                            "willing" | "ready" | "prepared" | "open"
                        )
                    || self.does(at + 1))
        };
        (from..to).find(turn).unwrap_or(to)
    }

    /// Whether a verb of saying, demanding or aiming in the third person or the past stands here.
    fn does(&self, at: usize) -> bool {
        let at = at
            + usize::from(matches!(
                self.s.word(at),
                "also" | "has" | "have" | "further"
            ));
        let near = self
            .s
            .words
            .get(at..self.s.len().min(at + 3))
            .unwrap_or(&[]);
        let raw = self.s.raw(at);
        let acts = ACTS
            .hits(near)
            .first()
            .copied()
            .filter(|hit| hit.first == 0);
        let says = SAYS.hits(near).first().is_some_and(|hit| hit.first == 0);
        // "refuse to", "insist on": verbs in the plural too.
        let phrase = acts.is_some_and(|hit| hit.after > 1);
        phrase || (acts.is_some() || says) && (raw.ends_with('s') || raw.ends_with("ed"))
    }

    /// Whether what looks like a refusal is none: it is negated, or a matter of courtesy.
    fn declined(&self, first: usize, after: usize) -> bool {
        let negated = (first.saturating_sub(3)..first).any(|at| {
            matches!(
                self.s.word(at),
                "not" | "never" | "didn't" | "doesn't" | "hasn't"
            )
        });
        let next: Vec<&str> = (after..after + 4).map(|at| self.s.word(at)).collect();
        negated || COURTESIES.iter().any(|word| next.contains(word))
    }

    /// "Baku says that Yerevan must ...": what one demands of another.
    fn ordered(&self, c: &mut Collector<'n>, part: &Part, frame: Option<&Frame<'n>>) -> bool {
        let Some(frame) = frame.filter(|frame| frame.official() && !frame.who.actors.is_empty())
        else {
            return false;
        };
        let said = frame.say.asserts();
        let run = part.run;
        let must = (run.from..run.to).find(|at| {
            self.s.word(*at) == "must"
                || (matches!(self.s.word(*at), "has" | "have")
                    && self.s.word(at + 1) == "to"
                    && self.s.word(at + 2) != "say")
        });
        let Some(must) = must.filter(|must| said && *must > run.from && must + 2 < run.to) else {
            return false;
        };
        let subject = self.people.subject(self.s, must, run.from);
        let own = subject.is_some_and(|subject| {
            subject.sort == Sort::Author
                || subject.actors.iter().any(|a| frame.who.actors.contains(a))
        });
        let own = own || matches!(self.s.word(must - 1), "it" | "they" | "he" | "she" | "we");
        if own {
            return false;
        }
        let issue = Run {
            from: must + 1,
            to: run.to,
        };
        self.red_line(c, (issue, run), (&frame.who.actors, frame.who.run));
        true
    }

    /// "... will finally be settled after ...", "only if": what must come first.
    fn conditioned(&self, c: &mut Collector<'n>, part: &Part, frame: Option<&Frame<'n>>) -> bool {
        let Some(frame) = frame.filter(|frame| frame.official() && !frame.who.actors.is_empty())
        else {
            return false;
        };
        let run = part.run;
        let after = |at: usize| {
            matches!(
                self.s.word(at),
                "after" | "once" | "when" | "if" | "until" | "unless"
            )
        };
        let only = (run.from..run.to).find(|at| {
            let word = self.s.word(*at);
            (word == "only" && after(at + 1))
                || (word == "finally" && (at + 1..at + 8).any(after))
                || (word == "not"
                    && (at + 1..at + 8).any(|at| matches!(self.s.word(at), "until" | "unless")))
        });
        let modal = (run.from..run.to)
            .find(|at| matches!(self.s.word(*at), "will" | "would" | "can" | "could"));
        let (Some(_), Some(modal)) = (only, modal) else {
            return false;
        };
        if !frame.say.states() || modal <= run.from {
            return false;
        }
        let issue = Run {
            from: run.from,
            to: modal,
        };
        self.red_line(c, (issue, run), (&frame.who.actors, frame.who.run));
        true
    }

    /// "the Kremlin's refusal to discuss ...", "its demanded guarantees".
    fn nominal(&self, c: &mut Collector<'n>, part: &Part, frame: Option<&Frame<'n>>) -> bool {
        let run = part.run;
        for at in run.from + 1..run.to.saturating_sub(2) {
            let word = self.s.word(at);
            let refusal = matches!(word, "refusal" | "insistence" | "rejection")
                && matches!(self.s.word(at + 1), "to" | "of" | "on" | "that");
            let demanded = word == "demanded"
                && (self.s.words.get(at - 1).is_some_and(|word| word.possessive)
                    || matches!(self.s.word(at - 1), "its" | "their"));
            if !(refusal || demanded) {
                continue;
            }
            let named = self
                .s
                .named_at(at - 1)
                .filter(|named| named.actors.len() == 1);
            let opening = || {
                self.opening(part)
                    .filter(|_| matches!(self.s.word(at - 1), "its" | "their"))
            };
            let Some(named) = named.or_else(opening) else {
                continue;
            };
            let actors: Vec<&'n str> = named.actors.iter().map(|a| principal(a)).collect();
            if frame.is_some_and(|frame| frame.official() && frame.who.actors != actors) {
                continue;
            }
            // "refusal to discuss X" is about X, as is "insistence on X".
            let skipped = match self.s.word(at + 1) {
                "to" => 2,
                _ => usize::from(refusal),
            };
            let issue = Run {
                from: at + 1 + skipped,
                to: run.to,
            };
            let whose = Run {
                from: named.first,
                to: named.after,
            };
            self.red_line(
                c,
                (
                    issue,
                    Run {
                        from: at,
                        to: run.to,
                    },
                ),
                (&actors, whose),
            );
            return true;
        }
        false
    }

    /// "... is a red line for Ankara", "Ankara's red line is ...".
    fn called(&self, c: &mut Collector<'n>, part: &Part, frame: Option<&Frame<'n>>) -> bool {
        let run = part.run;
        let line = |at: &usize| self.s.word(*at) == "red" && self.s.word(at + 1) == "line";
        let Some(at) = (run.from..run.to).find(line) else {
            return false;
        };
        let be = |at: usize| {
            matches!(
                self.s.word(at),
                "is" | "are" | "remain" | "include" | "become"
            )
        };
        let after = at + 2 + usize::from(self.s.word(at + 2) == "for");
        let to = after + usize::from(self.s.word(after) == "the");
        let named = self.s.named_at(to).filter(|_| after == at + 3);
        let before = at.checked_sub(1).and_then(|at| self.s.named_at(at));
        let (named, issue) = match (named, before) {
            (Some(named), _) => {
                let verb = (run.from + 1..at).rev().find(|at| be(*at));
                let Some(verb) = verb else { return false };
                let modal = (run.from..verb).find(|at| {
                    matches!(
                        self.s.word(*at),
                        "may" | "might" | "could" | "would" | "will"
                    )
                });
                (
                    named,
                    Run {
                        from: run.from,
                        to: modal.unwrap_or(verb),
                    },
                )
            }
            (None, Some(named)) if be(at + 2) && at + 4 < run.to => (
                named,
                Run {
                    from: at + 3,
                    to: run.to,
                },
            ),
            (None, _) => match self.for_whom(run).filter(|_| be(at - 1) || be(at - 2)) {
                Some(named) => {
                    let verb = at - if be(at - 1) { 1 } else { 2 };
                    let issue = Run {
                        from: run.from,
                        to: verb,
                    };
                    (named, issue)
                }
                None => return false,
            },
        };
        let actors: Vec<&'n str> = named.actors.iter().map(|a| principal(a)).collect();
        if actors.len() != 1 || frame.is_some_and(|f| f.official() && f.who.actors != actors) {
            return false;
        }
        let whose = Run {
            from: named.first,
            to: named.after,
        };
        self.red_line(c, (issue, run), (&actors, whose));
        true
    }

    /// The name in "For Cairo, ..." before a part.
    fn for_whom(&self, run: Run) -> Option<&super::sentence::Named<'n>> {
        const LEAD_WORDS_MAX: usize = 6;
        let leads = self.s.word(0) == "for" && run.from > 1 && run.from <= LEAD_WORDS_MAX;
        let named = self.s.named.iter().find(|named| named.after == run.from);
        named.filter(|_| leads)
    }

    /// The subject of a verb in a part, when it may speak for itself there.
    pub(super) fn subject(
        &self,
        verb: usize,
        part: &Part,
        frame: Option<&Frame<'n>>,
    ) -> Option<Subject<'n>> {
        let from = if part.tie == Tie::Tail {
            return None;
        } else {
            part.run.from
        };
        // "X said that they ...": they are who speaks.
        let pronoun = matches!(self.s.word(from), "it" | "they" | "he" | "she" | "we")
            && frame.is_some_and(|frame| from == frame.said.from || frame.said.from + 1 == from);
        let subject = match frame.filter(|_| pronoun && verb <= from + 4) {
            Some(frame) => Subject {
                run: frame.who.run,
                ..frame.who.clone()
            },
            None => self.people.subject(self.s, verb, from)?,
        };
        // "Burhan said that the army will not ...": it is the army that he speaks for.
        let speaker = frame.filter(|frame| frame.official() && !frame.who.actors.is_empty());
        let subject = match speaker {
            Some(frame) if subject.sort == Sort::Actor && subject.actors.is_empty() => Subject {
                actors: frame.who.actors.clone(),
                ..subject
            },
            _ => subject,
        };
        let speaks =
            matches!(subject.sort, Sort::Actor | Sort::Person) && !subject.actors.is_empty();
        let own = frame.is_none_or(|frame| !frame.official() || frame.who.actors == subject.actors);
        (speaks && own).then_some(subject)
    }

    /// A doubt where the subject of a verb bears a name of several actors.
    pub(super) fn borne_by_several(&self, c: &mut Collector<'n>, verb: usize) {
        let named = verb.checked_sub(1).and_then(|at| self.s.named_at(at));
        if let Some(named) = named.filter(|named| named.actors.len() > 1) {
            let run = Run {
                from: named.first,
                to: named.after,
            };
            c.ambiguous(self.s.place(run), &named.actors);
        }
    }

    /// The name with which a part opens.
    pub(super) fn opening(&self, part: &Part) -> Option<&super::sentence::Named<'n>> {
        let at = part.run.from + usize::from(self.s.word(part.run.from) == "the");
        self.s
            .named_at(at)
            .filter(|named| named.first == at && named.actors.len() == 1)
    }
}
