//! What stands above a list or table: the sentence that introduces it, its section, its headings.
//!
//! From these it answers whose lines or aims are listed, to whom advice is given, and what a list
//! is of. The nearest words count most; a heading further up counts only where its grammar ties
//! the actor to what is listed.

use super::codes::{self, Code};
use super::collect::Collector;
use super::elements::Owner;
use super::holders::{Holder, addressed, duty, holder, stranger};
use super::span::Span;
use super::subjects::{Subject, Told, speaks_of, subject};
use crate::model::v1::DoubtKind;

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
    /// The headings, the nearest first.
    pub(super) headings: Vec<Span>,
}

impl Above {
    /// Whether the words right above speak of red lines.
    pub(super) fn red_lines(&self, text: &str) -> bool {
        let near = self
            .lead
            .into_iter()
            .chain(self.headings.iter().copied().take(2));
        near.into_iter()
            .any(|span| speaks_of(text, span, Subject::RedLine))
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

    fn holder(&self, c: &Collector, own: &[Span]) -> Result<Option<Owner>, (Span, Vec<String>)> {
        let near = own
            .iter()
            .copied()
            .chain(self.lead)
            .chain(self.headings.first().copied());
        let far = self.headings.iter().skip(1).copied();
        for (span, tied_only) in near
            .map(|span| (span, false))
            .chain(far.map(|span| (span, true)))
        {
            let heads: Vec<Span> = subject(c.text, span)
                .map(|told| told.at)
                .into_iter()
                .collect();
            match holder(c.text, span, &heads, c.names) {
                Holder::None if tied_only => {}
                Holder::None => {
                    if let Some(actor) = c.short_form(span) {
                        return Ok(Some(owner(c.text, actor, span)));
                    }
                    let head = heads.first().filter(|_| Some(span) == self.lead);
                    if head
                        .and_then(|head| stranger(c.text, span, *head))
                        .is_some()
                    {
                        return Ok(None);
                    }
                }
                Holder::One { tied: false, .. } if tied_only => {}
                Holder::Unclear { .. } if tied_only => {}
                Holder::One { actor, .. } => return Ok(Some(owner(c.text, actor, span))),
                Holder::Unclear { at, candidates } => {
                    return Err((at, candidates.into_iter().map(str::to_owned).collect()));
                }
            }
        }
        Ok(None)
    }

    /// To whom advice below is given; nobody when the text does not say.
    pub(super) fn addressee(&self, c: &Collector) -> Owner {
        let text = c.text;
        let near = self.lead.into_iter().chain(self.headings.first().copied());
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
        let mut told: Vec<(&str, Span)> = Vec::new();
        for span in &self.section {
            if let Holder::One { actor, .. } = duty(text, *span, c.names) {
                told.push((actor, *span));
            }
        }
        if let Some((actor, _)) = told.first()
            && told.iter().all(|(other, _)| other == actor)
            && let Some((_, nearest)) = told.last()
        {
            return owner(text, actor, *nearest);
        }
        self.headings
            .first()
            .and_then(|heading| in_heading(c, *heading))
            .unwrap_or_default()
    }

    /// What a list below is of, with the words that say so.
    pub(super) fn subject(&self, text: &str) -> Result<Option<Told>, Span> {
        let introduces = |span: &Span| {
            let lead = span.of(text);
            // "Recommendation: a pause" states something; it introduces nothing.
            let states = lead.contains(": ") || lead.contains(":** ") || lead.contains("**: ");
            lead.trim_end_matches(['*', '_']).ends_with(':')
                || (!states && lead.split_whitespace().count() <= 16)
        };
        let lead = self.lead.filter(introduces);
        if let Some(told) = lead.and_then(|lead| subject(text, lead)) {
            return Ok(Some(told));
        }
        let heading = self
            .headings
            .iter()
            .take(2)
            .find_map(|heading| Some((*heading, subject(text, *heading)?)));
        let Some((heading, told)) = heading else {
            return Ok(None);
        };
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
        .filter(|other| *other != told.subject && speaks_of(text, heading, *other))
        .count();
        if several > 0 && told.subject != Subject::Recommendation {
            return Err(self.lead.unwrap_or(heading));
        }
        Ok(Some(told))
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
