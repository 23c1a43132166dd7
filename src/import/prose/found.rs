//! What the rules found becomes elements of the draft, each with whose words it is.
//!
//! The same statement met before, word for word or all but so, is the element that is there, with
//! a further citation; a number or a "not" that differs makes it another one.

use super::Reading;
use super::lexicon::Say;
use super::sentence::Run;
use super::voice::{Frame, voice};
use crate::import::collect::{Collector, Value};
use crate::import::elements::{Line, Owner, by_author};
use crate::import::plain::plain;
use crate::import::words::words;
use crate::model::v1::{
    ActorKind, Attribution, AttributionMode, DoubtKind, Endorsement, IntentionKind,
};

/// How much of the words of two statements is the same in one that is met again.
const SAME_MIN: f64 = 0.9;
/// First bytes by which a statement met again is looked for.
const HEAD_BYTES: usize = 12;

impl<'n> Reading<'_, '_, 'n> {
    /// The place and words of a run, and how they were said before where they are the same.
    fn value<'k>(&self, c: &Collector, run: Run, known: impl Iterator<Item = &'k str>) -> Value {
        let at = self.s.place(run);
        let text = plain(at.of(c.text));
        let text = known
            .filter(|known| known.get(..HEAD_BYTES) == text.get(..HEAD_BYTES))
            .find(|known| same(known, &text))
            .map_or_else(|| text.clone(), str::to_owned);
        Value { text, at }
    }

    /// Who holds what a part says.
    fn owner(&self, actor: &str, run: Run) -> Owner {
        Owner {
            actor: actor.to_owned(),
            at: Some(self.s.place(run)).filter(|at| !at.is_empty()),
            mode: None,
        }
    }

    /// Whose words stand at a word: the author's, unless somebody is reported.
    pub(super) fn attribution(&self, c: &mut Collector<'n>, at: usize) -> Attribution {
        let Some(frame) = voice(self.frames, at) else {
            return by_author();
        };
        let speaker = match frame.who.speaker {
            Some(known) => known.to_owned(),
            None => self.introduced(c, frame).unwrap_or_default(),
        };
        let mode = if frame.private {
            AttributionMode::ReportedPrivate
        } else {
            AttributionMode::Declared
        };
        let stand = match frame.say {
            Say::Declare | Say::Insist | Say::Claim | Say::Judge | Say::Warn if frame.rejected => {
                Endorsement::Rejected
            }
            Say::Deny => Endorsement::Rejected,
            Say::Declare | Say::Insist | Say::Claim | Say::Judge | Say::Warn => {
                Endorsement::Neutral
            }
        };
        Attribution {
            asserter: frame.who.actors.first().copied().unwrap_or("").to_owned(),
            speaker,
            mode: mode.into(),
            endorsement: stand.into(),
            ..Attribution::default()
        }
    }

    /// The person whom the text introduces by name and office, proposed as an actor.
    fn introduced(&self, c: &mut Collector<'n>, frame: &Frame<'n>) -> Option<String> {
        let person = self.people.person(frame.who.surname.as_deref()?)?;
        let name = plain(person.at.of(c.text));
        let before = c.draft.proposed_actors.len();
        let actor = c.named_or_proposed(&name, person.office)?;
        if let Some(new) = c.draft.proposed_actors.get_mut(before) {
            new.kind = ActorKind::Person.into();
        }
        Some(actor)
    }

    pub(super) fn judgment(&self, c: &mut Collector<'n>, run: Run) {
        let known = c.draft.judgments.iter().map(|e| e.statement.as_str());
        let value = self.value(c, run, known);
        let attribution = self.attribution(c, run.from);
        let before = c.draft.judgments.len();
        c.judgment(&value, Vec::new());
        if let Some(new) = c.draft.judgments.get_mut(before) {
            new.attribution = Some(attribution);
            new.key = None;
        }
    }

    pub(super) fn risk(&self, c: &mut Collector<'n>, run: Run) {
        let known = c.draft.risks.iter().map(|e| e.statement.as_str());
        let value = self.value(c, run, known);
        let attribution = self.attribution(c, run.from);
        let before = c.draft.risks.len();
        c.risk(&value, "", Vec::new());
        if let Some(new) = c.draft.risks.get_mut(before) {
            new.attribution = Some(attribution);
        }
    }

    pub(super) fn challenge(&self, c: &mut Collector<'n>, run: Run) {
        let value = c.value(self.s.place(run));
        let attribution = self.attribution(c, run.from);
        let before = c.draft.challenges.len();
        c.challenge(&value, Vec::new());
        if let Some(new) = c.draft.challenges.get_mut(before) {
            new.attribution = Some(attribution);
        }
    }

    pub(super) fn recommendation(&self, c: &mut Collector<'n>, run: Run, to: Option<(&str, Run)>) {
        let to = match to {
            Some((actor, at)) => self.owner(actor, at),
            None => self.addressee.clone(),
        };
        let known = c.draft.recommendations.iter().map(|e| e.statement.as_str());
        let value = self.value(c, run, known);
        let attribution = self.attribution(c, run.from);
        let before = c.draft.recommendations.len();
        c.recommendation(&value, &to, Vec::new());
        if let Some(new) = c.draft.recommendations.get_mut(before) {
            new.attribution = Some(attribution);
        }
    }

    pub(super) fn intention(
        &self,
        c: &mut Collector<'n>,
        run: Run,
        kind: IntentionKind,
        whose: (&[&'n str], Run),
    ) {
        for actor in whose.0 {
            let own = c.draft.intentions.iter().filter(|e| e.actor == *actor);
            let value = self.value(c, run, own.map(|e| e.statement.as_str()));
            let attribution = self.attribution(c, run.from);
            let before = c.draft.intentions.len();
            c.intention(&value, &self.owner(actor, whose.1), kind, Vec::new());
            if let Some(new) = c.draft.intentions.get_mut(before) {
                new.attribution = Some(attribution);
            }
        }
    }

    /// What a line is about, without when and on what terms it holds.
    fn unconditioned(&self, issue: Run) -> Run {
        let terms = |at: &usize| {
            matches!(
                self.s.word(*at),
                "while" | "until" | "unless" | "before" | "if" | "because" | "although"
            )
        };
        let to = (issue.from + 1..issue.to).find(terms);
        Run {
            to: to.unwrap_or(issue.to),
            ..issue
        }
    }

    /// A red line of each of some actors; its issue is a run within the stance.
    pub(super) fn red_line(
        &self,
        c: &mut Collector<'n>,
        (issue, stance): (Run, Run),
        whose: (&[&'n str], Run),
    ) {
        if issue.to <= issue.from {
            return;
        }
        let issue = c.value(self.s.place(self.unconditioned(issue)));
        let at = self.s.place(stance);
        let stance_value = c.value(at);
        for actor in whose.0 {
            let proposed = c.draft.proposed_issues.len();
            let before = c.draft.red_lines.len();
            let attribution = self.attribution(c, stance.from);
            c.red_line(Line {
                owner: self.owner(actor, whose.1),
                issue: issue.clone(),
                stance: stance_value.clone(),
                ..Line::default()
            });
            if let Some(new) = c.draft.red_lines.get_mut(before) {
                new.attribution = Some(attribution);
            }
            if c.draft.proposed_issues.len() > proposed {
                let reason = "This issue was read from a sentence; it is proposed as a new one.";
                c.doubts.add(issue.at, DoubtKind::Other, reason);
            }
        }
    }
}

/// Whether two statements say the same in all but the same words.
fn same(known: &str, text: &str) -> bool {
    let (one, other) = (words(known), words(text));
    let held = |of: &[crate::import::words::Word], word: &str| of.iter().any(|w| w.text == word);
    let all = one.len() + other.len();
    let both = one.iter().filter(|word| held(&other, &word.text)).count()
        + other.iter().filter(|word| held(&one, &word.text)).count();
    let telling = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_digit())
            || matches!(
                word,
                "not" | "no" | "never" | "cannot" | "unlikely" | "likely"
            )
    };
    let differs = one
        .iter()
        .any(|w| telling(&w.text) && !held(&other, &w.text))
        || other
            .iter()
            .any(|w| telling(&w.text) && !held(&one, &w.text));
    all > 0 && both as f64 / all as f64 >= SAME_MIN && !differs
}
