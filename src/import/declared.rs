//! Items that say what a party did with words, under a heading that names the party.
//!
//! "Insisted on a European seat", "Offered a truce": the item begins with the verb and leaves its
//! subject to the heading. Verbs of insistence and refusal make a red line on the party's own
//! word, verbs of proposal an aim. Where the heading names nobody, or several, nothing is read.

use super::above::Above;
use super::blocks::Item;
use super::collect::{Collector, Value};
use super::elements::{Line, Owner};
use super::words::{Lexicon, words};
use crate::model::v1::{AttributionMode, IntentionKind};
use std::sync::LazyLock;

/// What a verb of speech makes of the words after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    Line,
    Aim,
    /// Told or shown, and neither.
    Other,
}

static VERBS: LazyLock<Lexicon<Said>> = LazyLock::new(|| {
    Lexicon::new(&[
        (
            Said::Line,
            "insisted, insist, demanded, demand, rejected, reject, refused, refuse, ruled out, \
             rule out, dismissed, dismiss, opposed, oppose, will not, would not, refuses to, \
             vowed never, declined, conditioned, required",
        ),
        (
            Said::Aim,
            "proposed, propose, offered, offer, pledged, pledge, vowed, vow, promised, \
             stated .. will, said .. will, announced .. will, declared .. will, stated .. would, \
             said .. would, announced .. would, called for, call for, urged, threatened, \
             threaten, sought, seek, plan to, planned to, intend, intended, aim to, aimed to, \
             want, wanted",
        ),
        (
            Said::Other,
            "described, delivered, confirmed, noted, stated, said, announced",
        ),
    ])
});

/// Reads the items that begin with such a verb; the answer is whether any does.
pub(super) fn read_declared(c: &mut Collector, items: &[Item], above: &Above) -> bool {
    let said: Vec<(&Item, Said)> = items
        .iter()
        .filter_map(|item| Some((item, said(item.text.of(c.text))?)))
        .collect();
    let own = said.iter().any(|(_, said)| *said != Said::Other);
    if !own || said.len() * 2 < items.len() {
        return false;
    }
    let Some(heading) = above.headings.first() else {
        return false;
    };
    let Some(party) = above.told(c, *heading) else {
        return false;
    };
    let owner = Owner {
        mode: Some(AttributionMode::Declared),
        ..party
    };
    for (item, said) in said {
        let value = c.value(item.text);
        let more = item.body.iter().map(|body| c.cite(*body, &[])).collect();
        match said {
            Said::Line => c.red_line(Line {
                owner: owner.clone(),
                issue: value.clone(),
                stance: value,
                implication: Value::default(),
                further: more,
            }),
            Said::Aim => c.intention(&value, &owner, IntentionKind::Unspecified, more),
            Said::Other => {}
        }
    }
    true
}

/// The verb of speech that an item begins with.
fn said(text: &str) -> Option<Said> {
    let words = words(text);
    let first = words.iter().take(6).cloned().collect::<Vec<_>>();
    let hits = VERBS.hits(&first);
    let hit = hits.first().filter(|hit| hit.first == 0)?;
    // "Demand for gas fell": a noun, not what somebody did.
    let verb = first.first().is_some_and(|word| {
        let raw = word.at.of(text).to_lowercase();
        raw.ends_with("ed")
            || raw.ends_with('s')
            || matches!(raw.as_str(), "sought" | "said" | "will" | "would")
    });
    verb.then_some(hit.meaning)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbs_of_speech_are_told_apart() {
        for (text, expected) in [
            ("Insisted on a seat at the table", Some(Said::Line)),
            ("Rejects any foreign base", Some(Said::Line)),
            ("Offered a truce for the talks", Some(Said::Aim)),
            ("Stated that patrols will go on", Some(Said::Aim)),
            ("Described the letter as rude", Some(Said::Other)),
            ("Demand for gas fell", None),
            ("The envoy insisted on it", None),
        ] {
            assert_eq!(said(text), expected, "{text}");
        }
    }
}
