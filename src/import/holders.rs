//! Whose words, lines, aims or duties a header, lead-in or heading speaks of.
//!
//! "Kremlin Stance", "What Tehran wants from Washington", "Recommendations for the EU": several
//! actors may be named, and the grammar around a name says whether it holds what is spoken of or
//! stands at the other end ("with", "against", "facing"). Where two names stand equally, the
//! answer is unclear and becomes a doubt; nothing here picks the more usual one.

use super::span::Span;
use super::words::{Word, words};
use crate::model::actors;
use crate::model::names::{Mention, Names};

/// Words after which a name is not the holder.
const OTHER_END: [&str; 25] = [
    "with",
    "against",
    "on",
    "over",
    "about",
    "toward",
    "towards",
    "to",
    "between",
    "facing",
    "versus",
    "vs",
    "regarding",
    "concerning",
    "via",
    "through",
    "into",
    "beyond",
    "around",
    "near",
    "across",
    "after",
    "inside",
    "off",
    "within",
];
/// Words between a noun and the name of its holder.
const OWN: [&str; 5] = ["of", "by", "from", "for", "in"];
/// Verbs of which a holder is the subject.
const HOLDS: [&str; 32] = [
    "want",
    "wanted",
    "seek",
    "aim",
    "hope",
    "insist",
    "demand",
    "say",
    "refuse",
    "plan",
    "intend",
    "pursue",
    "will",
    "would",
    "must",
    "should",
    "need",
    "has",
    "have",
    "is",
    "are",
    "stand",
    "draw",
    "drew",
    "hold",
    "calculate",
    "fear",
    "reject",
    "sees",
    "see",
    "ought",
    "won't",
];
/// Of the verbs, those that are as often nouns.
const NOUNS: [&str; 5] = ["aim", "hope", "demand", "plan", "fear"];
/// Subjects that name nobody.
const NO_ONE: [&str; 24] = [
    "it", "they", "he", "she", "who", "this", "that", "what", "both", "we", "all", "each", "one",
    "today", "these", "those", "also", "still", "really", "now", "year", "week", "time", "there",
];
/// Verbs that lay a duty on their subject.
const DUTY: [&str; 8] = [
    "should", "must", "need", "ought", "has", "have", "would", "can",
];

/// How words begin that give advice.
const ADVICE: [&str; 7] = [
    "advis",
    "urge",
    "recommend",
    "counsel",
    "encourag",
    "call",
    "ask",
];

/// Who a piece of text speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Holder<'n> {
    /// Nobody.
    None,
    /// One actor; `tied` when the grammar ties the name to what is spoken of.
    One {
        actor: &'n str,
        at: Span,
        tied: bool,
    },
    /// A name of several actors, or several names that stand equally.
    Unclear { at: Span, candidates: Vec<&'n str> },
}

/// The holder in the text at `span`; `heads` are the words that name what is held.
pub(super) fn holder<'n>(text: &str, span: Span, heads: &[Span], names: &'n Names) -> Holder<'n> {
    let part = span.of(text);
    let words = words(part);
    let heads = positions(span, heads, &words);
    let mut scored: Vec<(usize, Mention<'n>)> = names
        .mentions(part)
        .into_iter()
        .map(|mention| (score(&mention, &words, &heads, names), mention))
        .collect();
    for at in 1..scored.len() {
        let Some([one, other]) = scored.get_mut(at - 1..=at) else {
            continue;
        };
        let between = part.get(one.1.end..other.1.start).unwrap_or("");
        if matches!(between.trim(), "and" | "or" | "&" | ",") {
            let both = if one.0 == 0 { 0 } else { one.0.max(other.0) };
            (one.0, other.0) = (both, both);
        }
    }
    scored.retain(|(score, _)| *score > 0);
    settle(span, scored)
}

/// The words of `text` that name, in the verb's or possessive's grammar, a holder that is no known
/// actor: "What the army wants", "the junta's aims". Pronouns and words such as "both" are none.
pub(super) fn stranger(text: &str, span: Span, head: Span) -> Option<Word> {
    let words = words(span.of(text));
    let at = *positions(span, &[head], &words).first()?;
    let before = words.get(..at)?;
    let known = |word: &Word| NO_ONE.contains(&word.text.as_str());
    let owner = before.iter().rev().find(|word| word.possessive);
    if let Some(owner) = owner {
        return (!known(owner)).then(|| owner.clone());
    }
    let verb = words
        .get(at)
        .is_some_and(|word| HOLDS.contains(&word.text.as_str()));
    let verb = verb
        && words
            .get(at)
            .is_some_and(|word| !NOUNS.contains(&word.text.as_str()));
    let last = before.last().filter(|word| verb && !known(word))?;
    let determined = before
        .iter()
        .any(|word| matches!(word.text.as_str(), "the" | "what"));
    determined.then(|| last.clone())
}

/// Whom an actor speaks for: a person or an office for the state, a ministry for its government.
pub(super) fn principal(actor: &str) -> &str {
    actor
        .strip_prefix("actors/")
        .and_then(actors::principal)
        .unwrap_or(actor)
}

/// Who is told to act: "Washington needs to", "the EU should".
pub(super) fn duty<'n>(text: &str, span: Span, names: &'n Names) -> Holder<'n> {
    let part = span.of(text);
    let words = words(part);
    let scored = names
        .mentions(part)
        .into_iter()
        .filter_map(|mention| {
            let (first, last) = place(&mention, &words)?;
            let next = words.get(last + 1)?;
            let followed = words.get(last + 2).map(|word| word.text.as_str());
            let to = !matches!(next.text.as_str(), "has" | "have") || followed == Some("to");
            let does = DUTY.contains(&next.text.as_str()) && to;
            let before = first.checked_sub(1).and_then(|at| words.get(at));
            let subject = before.is_none_or(|w| !OTHER_END.contains(&w.text.as_str()));
            (does && subject).then_some((4, mention))
        })
        .chain(advised(part, &words, names))
        .collect();
    settle(span, scored)
}

/// Who is given advice: "we advise the EU to", "the EU is urged".
fn advised<'n>(
    part: &str,
    words: &[Word],
    names: &'n Names,
) -> impl Iterator<Item = (usize, Mention<'n>)> {
    let advice = |at: usize| {
        words
            .get(at)
            .is_some_and(|word| ADVICE.iter().any(|start| word.text.starts_with(start)))
    };
    names.mentions(part).into_iter().filter_map(move |mention| {
        let (first, last) = place(&mention, words)?;
        let text = |at: usize| words.get(at).map_or("", |word| word.text.as_str());
        let mut before = first.checked_sub(1);
        while before.is_some_and(|at| matches!(text(at), "the" | "on" | "upon" | "that")) {
            before = before.and_then(|at| at.checked_sub(1));
        }
        let told = before.is_some_and(advice);
        let passive = matches!(text(last + 1), "is" | "are" | "would") && {
            advice(last + 2)
                || (matches!(text(last + 2), "well" | "be" | "also") && advice(last + 3))
        };
        (told || passive).then_some((4, mention))
    })
}

/// To whom something is given: "advice to the EU", "next steps for Washington".
pub(super) fn addressed<'n>(
    text: &str,
    span: Span,
    heads: &[Span],
    names: &'n Names,
) -> Holder<'n> {
    let part = span.of(text);
    let words = words(part);
    let heads = positions(span, heads, &words);
    let scored = names
        .mentions(part)
        .into_iter()
        .filter_map(|mention| {
            let (first, last) = place(&mention, &words)?;
            let before = (0..first)
                .rev()
                .find(|at| words.get(*at).is_some_and(|word| word.text != "the"))?;
            let word = words.get(before)?.text.as_str();
            let near = heads
                .iter()
                .any(|head| *head < before && before - head <= 4);
            // "to the US and European capitals": several are addressed.
            let after = words.get(last + 1).map_or("", |word| word.text.as_str());
            let alone = !matches!(after, "and" | "or");
            (near && alone && matches!(word, "to" | "for")).then_some((4, mention))
        })
        .collect();
    settle(span, scored)
}

/// The words at which the heads begin.
fn positions(span: Span, heads: &[Span], words: &[Word]) -> Vec<usize> {
    heads
        .iter()
        .filter(|head| span.contains(**head))
        .filter_map(|head| {
            words
                .iter()
                .position(|w| span.start + w.at.end > head.start)
        })
        .collect()
}

fn settle<'n>(span: Span, scored: Vec<(usize, Mention<'n>)>) -> Holder<'n> {
    let Some(best) = scored.iter().map(|(score, _)| *score).max() else {
        return Holder::None;
    };
    let mut top = scored
        .into_iter()
        .filter(|(score, _)| *score == best)
        .map(|(_, m)| m);
    let Some(first) = top.next() else {
        return Holder::None;
    };
    let at = span.part(first.start, first.end);
    let mut candidates = first.candidates;
    for other in top {
        candidates.extend(other.candidates.iter().copied());
    }
    for candidate in &mut candidates {
        *candidate = principal(candidate);
    }
    candidates.sort_unstable();
    candidates.dedup();
    match candidates.as_slice() {
        [actor] => Holder::One {
            actor,
            at,
            tied: best > 2,
        },
        _ => Holder::Unclear { at, candidates },
    }
}

/// First and last word of a mention.
fn place(mention: &Mention, words: &[Word]) -> Option<(usize, usize)> {
    let first = words.iter().position(|word| word.at.end > mention.start)?;
    let last = words.iter().rposition(|word| word.at.start < mention.end)?;
    (first <= last).then_some((first, last))
}

/// How well a name fits as the holder: 0 not at all, 1 named, 2 by a possessive, 3 as the subject
/// of a verb, 4 after a head ("stance of Tehran"), 5 before it ("Tehran's stance").
fn score(mention: &Mention, words: &[Word], heads: &[usize], names: &Names) -> usize {
    let Some((first, last)) = place(mention, words) else {
        return 0;
    };
    let mut before = first.checked_sub(1);
    while before
        .and_then(|at| words.get(at))
        .is_some_and(|word| word.text == "the")
    {
        before = before.and_then(|at| at.checked_sub(1));
    }
    let word = before
        .and_then(|at| words.get(at))
        .map_or("", |word| word.text.as_str());
    let preposition = |word: &Word| {
        let word = word.text.as_str();
        OTHER_END.contains(&word) || OWN.contains(&word) || matches!(word, "and" | "or")
    };
    let leads = heads.iter().any(|head| {
        let between = words.get(last + 1..*head).unwrap_or(&[]);
        *head > last && between.len() <= 3 && !between.iter().any(preposition)
    });
    let ascribed = |word: &Word| {
        ["attribut", "ascrib", "imput"]
            .iter()
            .any(|start| word.text.starts_with(start))
    };
    if word == "to" && words.get(..first).unwrap_or(&[]).iter().any(ascribed) {
        return 4;
    }
    if OTHER_END.contains(&word) {
        return 0;
    }
    if word == "in" && !seat(mention, words, (first, last), names) {
        return 0;
    }
    let follows = OWN.contains(&word)
        && heads
            .iter()
            .any(|head| before.is_some_and(|b| *head < b && b - head <= 3));
    if leads {
        return 5;
    }
    if follows {
        return 4;
    }
    let verb = words
        .get(last + 1)
        .is_some_and(|word| HOLDS.contains(&word.text.as_str()));
    if verb && !words.get(last).is_some_and(|word| word.possessive) {
        return 3;
    }
    if words.get(last).is_some_and(|word| word.possessive) {
        2
    } else {
        1
    }
}

/// Whether the name is that of a seat of government: "in Tehran" speaks of those who sit there,
/// "in Iran" of a place.
fn seat(mention: &Mention, words: &[Word], place: (usize, usize), names: &Names) -> bool {
    let named: Vec<&str> = words
        .get(place.0..=place.1)
        .unwrap_or(&[])
        .iter()
        .map(|word| word.text.as_str())
        .collect();
    let named = named.join(" ");
    mention.candidates.iter().any(|actor| {
        names
            .title(actor)
            .is_some_and(|title| title.to_lowercase() != named)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, head: &str) -> String {
        let start = text.find(head).unwrap();
        let heads = [Span::new(start, start + head.len())];
        let heads = if head.is_empty() { &[][..] } else { &heads[..] };
        match holder(text, Span::new(0, text.len()), heads, Names::builtin()) {
            Holder::None => "nobody".to_owned(),
            Holder::One { actor, at, tied } => format!("{actor} {} {tied}", at.of(text)),
            Holder::Unclear { candidates, .. } => format!("unclear {}", candidates.join(" ")),
        }
    }

    #[test]
    fn the_grammar_tells_the_holder() {
        for (text, head, expected) in [
            ("Kremlin Stance", "Stance", "actors/russia Kremlin true"),
            (
                "Russia’s four core red lines",
                "red",
                "actors/russia Russia true",
            ),
            ("Position of Tehran", "Position", "actors/iran Tehran true"),
            (
                "What Moscow wants from Washington:",
                "wants",
                "actors/russia Moscow true",
            ),
            ("Red lines in the talks with Iran", "Red", "nobody"),
            (
                "Iranian aims against Israel",
                "aims",
                "actors/iran Iranian true",
            ),
            (
                "How Iran and Israel see it",
                "",
                "unclear actors/iran actors/israel",
            ),
            ("Managing the issue", "", "nobody"),
        ] {
            assert_eq!(shown(text, head), expected, "{text}");
        }
    }

    #[test]
    fn a_duty_has_its_subject() {
        let text = "With Iran silent, Washington needs to act on Russia.";
        let found = duty(text, Span::new(0, text.len()), Names::builtin());
        assert!(
            matches!(
                found,
                Holder::One {
                    actor: "actors/united-states",
                    ..
                }
            ),
            "{found:?}"
        );
    }
}
