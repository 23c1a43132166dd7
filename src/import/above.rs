//! What stands above a list or table: the sentence that introduces it, its section, its headings.
//!
//! From these it answers whose lines or aims are listed, to whom advice is given, and what a list
//! is of. The nearest words count most; a heading further up counts only where its grammar ties
//! the actor to what is listed.

use std::cell::RefCell;

use super::codes::{self, Code};
use super::collect::Collector;
use super::elements::Owner;
use super::holders::{Holder, addressed, duty, holder, principal, stranger};
use super::plain::plain;
use super::span::Span;
use super::subjects::{Subject, Told, divides, headed_subject, speaks_of, subject};
use crate::model::names::Resolution;
use crate::model::v1::DoubtKind;

/// Sentences of the section that are asked at most.
const SENTENCES_MAX: usize = 12;
/// Words before a name that make it the object of a policy, not the one who follows it.
const ADVERSE: [&str; 9] = [
    "counter", "contain", "deter", "resist", "press", "confront", "against", "isolat", "punish",
];

/// The words above.
#[derive(Debug, Clone, Default)]
pub(super) struct Above {
    /// The last sentence of the paragraph directly above.
    pub(super) lead: Option<Span>,
    /// The paragraphs since the nearest heading, by sentence.
    pub(super) section: Vec<Span>,
    /// Whom those sentences tell to act, as far as they were asked.
    duties: RefCell<Duties>,
    /// The headings, the nearest first.
    pub(super) headings: Vec<Span>,
}

/// The duties that the sentences of a section lay on somebody. Kept, because a section may hold
/// many lists and each sentence shall be read once.
#[derive(Debug, Clone, Default)]
struct Duties {
    /// How many sentences were read.
    read: usize,
    /// The actor and the last sentence that names it.
    told: Option<(String, Span)>,
    /// Several actors are told to act.
    several: bool,
}

impl Above {
    pub(super) fn under(headings: Vec<Span>) -> Self {
        Self {
            headings,
            ..Self::default()
        }
    }

    /// Whether the words right above speak of red lines, or of another subject.
    pub(super) fn speaks_of(&self, text: &str, subject: Subject) -> bool {
        let near = self
            .lead
            .into_iter()
            .chain(self.headings.iter().copied().take(2));
        near.into_iter().any(|span| speaks_of(text, span, subject))
    }

    /// Who holds what stands below, from `own` words (a header) first; a doubt at `place` says
    /// that nobody or several could be found.
    pub(super) fn owner(&self, c: &mut Collector, own: &[Span], place: Span) -> Owner {
        match self.holder(c, own) {
            Ok(Some(owner)) => owner,
            Ok(None) => {
                let reason = "Whose this is cannot be told from the words around it.";
                c.doubts.add(place, DoubtKind::UnknownActor, reason);
                Owner::default()
            }
            Err((at, candidates)) => {
                let candidates: Vec<&str> = candidates.iter().map(String::as_str).collect();
                c.ambiguous(at, &candidates);
                Owner::default()
            }
        }
    }

    /// Whose the words of one header say that its column is.
    pub(super) fn told(&self, c: &Collector, header: Span) -> Option<Owner> {
        self.holder(c, &[header]).ok().flatten()
    }

    /// Whose words stand below; none where the text does not say.
    pub(super) fn claimant(&self, c: &Collector) -> Option<Owner> {
        self.holder(c, &[]).ok().flatten()
    }

    fn holder(&self, c: &Collector, own: &[Span]) -> Result<Option<Owner>, (Span, Vec<String>)> {
        // A sentence that neither introduces what follows nor speaks of lines or aims may name
        // anybody.
        let speaks =
            |lead: &Span| lead.of(c.text).ends_with(':') || subject(c.text, *lead).is_some();
        let near = own.iter().copied().chain(self.lead.filter(speaks));
        for span in near.chain(self.headings.first().copied()) {
            let heads: Vec<Span> = subject(c.text, span)
                .map(|told| told.at)
                .into_iter()
                .collect();
            match holder(c.text, span, &heads, c.names) {
                Holder::One { actor, .. } => return Ok(Some(owner(c.text, actor, span))),
                Holder::Unclear { at, candidates } => {
                    return Err((at, candidates.into_iter().map(str::to_owned).collect()));
                }
                Holder::None => {}
            }
            if let Some(actor) = c.short_form(span) {
                return Ok(Some(owner(c.text, actor, span)));
            }
            let head = heads.first().filter(|_| Some(span) == self.lead);
            if head.is_some_and(|head| stranger(c.text, span, *head).is_some()) {
                return Ok(None);
            }
        }
        let last = self.section.len().saturating_sub(SENTENCES_MAX);
        let section = self.section.get(last..).unwrap_or(&[]);
        let tied = |span: &Span| Some((tied_holder(c, *span)?, *span));
        let said = section.iter().rev().find_map(tied);
        let headed = || self.headings.iter().skip(1).find_map(tied);
        Ok(said
            .or_else(headed)
            .map(|(actor, span)| owner(c.text, actor, span)))
    }

    /// To whom advice below is given; nobody when the text does not say.
    pub(super) fn addressee(&self, c: &Collector) -> Owner {
        let text = c.text;
        let near = self.lead.into_iter().chain(self.headings.first().copied());
        // "For Washington:".
        let bare = |lead: &Span| {
            let words = plain(lead.of(text));
            let words = words.trim_end_matches(':');
            let named = ["For ", "To "]
                .iter()
                .find_map(|start| words.strip_prefix(start))?;
            match c.names.actor(named) {
                Resolution::One(actor) => Some(owner(text, principal(actor), *lead)),
                Resolution::Unknown | Resolution::Ambiguous(_) => None,
            }
        };
        if let Some(owner) = near.clone().find_map(|span| bare(&span)) {
            return owner;
        }
        for span in near {
            let heads: Vec<Span> = subject(text, span)
                .map(|told| told.at)
                .into_iter()
                .collect();
            for found in [
                duty(text, span, c.names),
                addressed(text, span, &heads, c.names),
            ] {
                if let Holder::One { actor, .. } = found {
                    return owner(text, actor, span);
                }
            }
        }
        if let Some((actor, at)) = self.told_to_act(c) {
            return owner(text, &actor, at);
        }
        self.headings
            .first()
            .and_then(|heading| in_heading(c, *heading))
            .or_else(|| c.readers().cloned())
            .unwrap_or_default()
    }

    /// The one actor that the sentences of the section tell to act.
    fn told_to_act(&self, c: &Collector) -> Option<(String, Span)> {
        let mut duties = self.duties.borrow_mut();
        for span in self.section.get(duties.read..).unwrap_or(&[]) {
            if let Holder::One { actor, .. } = duty(c.text, *span, c.names) {
                let other = duties
                    .told
                    .as_ref()
                    .is_some_and(|(known, _)| known != actor);
                duties.several |= other;
                duties.told = Some((actor.to_owned(), *span));
            }
        }
        duties.read = self.section.len();
        duties.told.clone().filter(|_| !duties.several)
    }

    /// What a list below is of, with the words that say so.
    pub(super) fn subject(&self, c: &Collector) -> Result<Option<Told>, Span> {
        let text = c.text;
        let introduces = |lead: &Span| lead.of(text).trim_end_matches(['*', '_']).ends_with(':');
        let stated = |lead: &Span| {
            // "Recommendation: a pause" states something; it introduces nothing.
            let lead = lead.of(text);
            let states = [": ", ":** ", "**: "]
                .iter()
                .any(|mark| lead.contains(mark));
            !states && lead.split_whitespace().count() <= 16
        };
        let lead = self.lead.filter(|lead| introduces(lead) || stated(lead));
        if let Some(told) = lead.and_then(|lead| subject(text, lead)) {
            return Ok(Some(told));
        }
        let Some((heading, told)) = self.headed(c) else {
            return Ok(None);
        };
        // A lead-in about what somebody does, in none of these words, may be of anything.
        if let Some(lead) = self.lead.filter(introduces)
            && !lead.of(text).starts_with("For ")
            && !c.names.mentions(lead.of(text)).is_empty()
        {
            return Err(lead);
        }
        // A heading that names several things does not say which of them this list is of.
        let several = [
            Subject::Challenge,
            Subject::Recommendation,
            Subject::Risk,
            Subject::RedLine,
            Subject::Tool,
            Subject::Judgment,
        ]
        .into_iter()
        .any(|other| other != told.subject && speaks_of(text, heading, other));
        if several && told.subject != Subject::Recommendation {
            return Err(self.lead.unwrap_or(heading));
        }
        Ok(Some(told))
    }

    /// The nearest heading that says what is under it, and what; a heading that only divides
    /// (by time), or names a topic of the judgments announced above it, is passed over.
    fn headed(&self, c: &Collector) -> Option<(Span, Told)> {
        let text = c.text;
        let nearest = *self.headings.first()?;
        let own = headed_subject(text, nearest).map(|told| (nearest, told));
        // "0-30 days: watch for the signature" under "Recommendations" divides these by time.
        let watches = |told: &Told| matches!(told.subject, Subject::Outside | Subject::Indicator);
        let stands = |told: &Told| !watches(told) || !divides(nearest.of(text));
        if own.is_some_and(|(_, told)| stands(&told)) {
            return own;
        }
        self.headed_above(c, nearest).or(own)
    }

    /// What the heading above the nearest one announces, where that one only divides.
    fn headed_above(&self, c: &Collector, nearest: Span) -> Option<(Span, Told)> {
        let text = c.text;
        let above = *self.headings.get(1)?;
        let topic =
            |told: &Told| told.subject == Subject::Judgment && subject(text, nearest).is_none();
        let party = matches!(c.names.actor(&plain(nearest.of(text))), Resolution::One(_));
        let parts = divides(nearest.of(text)) || party;
        let told = headed_subject(text, above).filter(|told| parts || topic(told))?;
        Some((above, told))
    }

    /// Whether a list is known only by a heading above it.
    pub(super) fn only_headed(&self, told: &Told) -> bool {
        self.headings
            .iter()
            .any(|heading| heading.contains(told.at))
    }
}

/// The one actor to whom the grammar of a sentence ties lines or aims that it speaks of.
fn tied_holder<'n>(c: &Collector<'n>, span: Span) -> Option<&'n str> {
    let told = subject(c.text, span)?;
    if !matches!(
        told.subject,
        Subject::Intention(_) | Subject::RedLine | Subject::Claim
    ) {
        return None;
    }
    match holder(c.text, span, &[told.at], c.names) {
        Holder::One {
            actor, tied: true, ..
        } => Some(actor),
        Holder::One { .. } | Holder::None | Holder::Unclear { .. } => None,
    }
}

/// An owner named by the words at `span`.
pub(super) fn owner(text: &str, actor: &str, span: Span) -> Owner {
    let mode = match codes::mode(span.of(text)) {
        Code::One(mode) => Some(mode),
        Code::Unstated | Code::Several => None,
    };
    Owner {
        actor: actor.to_owned(),
        at: Some(span),
        mode,
    }
}

/// The one actor of a heading such as "Recommendations for Strengthening US Efforts".
fn in_heading(c: &Collector, heading: Span) -> Option<Owner> {
    let words = heading.of(c.text).to_lowercase();
    if ADVERSE.iter().any(|word| words.contains(word)) {
        return None;
    }
    match holder(c.text, heading, &[], c.names) {
        Holder::One { actor, .. } => Some(owner(c.text, actor, heading)),
        Holder::None | Holder::Unclear { .. } => None,
    }
}
