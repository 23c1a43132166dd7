//! What a list is a list of, told by the words that introduce it or by the heading above it.
//!
//! "Key challenges facing the talks include:", "What Tehran is after", "Next steps for the EU".
//! Several words may match; the head of the sentence decides: what stands last before the colon,
//! what is counted ("three dangers", "the following risks"), else the first word of the last
//! clause that has one. A list of something else (scenarios, sources, dates) is told too, so that
//! a heading further up is not applied to it.

use std::sync::LazyLock;

use super::span::Span;
use super::words::{Hit, Lexicon, Word, words};
use crate::model::v1::IntentionKind;

/// What a list is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    Challenge,
    Intention(IntentionKind),
    Recommendation,
    Risk,
    RedLine,
    Tool,
    Judgment,
    /// What is to be watched.
    Indicator,
    /// What a party says, which the author need not hold.
    Claim,
    /// Something that is not read from lists.
    Outside,
}

/// A subject and the words that tell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) subject: Subject,
    pub(super) at: Span,
}

static SUBJECTS: LazyLock<Lexicon<Subject>> = LazyLock::new(|| {
    Lexicon::new(&[
        (
            Subject::Challenge,
            "challenge, obstacle, difficult*, hurdle, impediment, complication, stumbling block, \
             barrier, sticking point, dilemma, headache, hard part, hardest part, open question, \
             unresolved, bottleneck, in the way, stand* in .. way, make* .. hard, \
             make* .. harder, problem, constraint, snag, fault line, complicate*, \
             must .. overcome, has to .. overcome, must solve, have to .. overcome, contend with, \
             must contend with, reckon with, must reckon with, grapple with, must grapple with, \
             hindrance, friction, stumbl*, pressure point, hard choice, hard question, \
             nut to crack, knot, face* .. test, confront* .. test, pressing issue, issue .. must, \
             question .. must, may stall, could stall, tough* question, trouble, hampers, \
             hampered by, hold* .. back, slow* .. down, strain on, weigh* on",
        ),
        (
            Subject::Intention(IntentionKind::Unspecified),
            "intention, intent, intend*, want, wanted, seek, seeking, sought, ambition, is after, \
             are after, hope to, hoping to, hope for, motive, agenda, trying to, wish, pursue*, \
             pursuing, looking for, bent on, set on, strive*, endgame, end game, desire, out to, \
             would like, plays for, playing for, what drive*, driv* .. calculation, calculation, \
             calculus, design",
        ),
        (
            Subject::Intention(IntentionKind::Goal),
            "aim, aiming, goal, objective",
        ),
        (Subject::Intention(IntentionKind::Interest), "interest"),
        (
            Subject::Intention(IntentionKind::Plan),
            "plan to, planning to",
        ),
        (
            Subject::Intention(IntentionKind::Fear),
            "fear, greatest fear, afraid of, worst fear, main fear, main worry, biggest worry, \
             main concern, chief concern, greatest concern, core concern",
        ),
        (
            Subject::Intention(IntentionKind::ExpectedAction),
            "likely to, likely action, likely move, expected action, expected move, \
             likely next move, likely next step, expected next step, likely response, \
             likely behavio*, likely course, expected behavio*, what .. will do",
        ),
        (
            Subject::Recommendation,
            "recommend*, advice, advis*, should, ought, need to, must, next step, policy option, \
             way forward, what to do, to do, we propose, paper propose, suggest*, call on, \
             call upon, urge*, do well to, prescription, what .. can do, what .. could do, \
             can still do, priority for, ways to, action item, well advised, best served by, \
             would be wise to, wise to, proposed step, course of action, steps for, \
             practical step, concrete step, has to do, have to do, steps to, action to, \
             would help if, would help to, agenda for, immediate action, urgent action, \
             time sensitive action, required action, priority action, proposed action, \
             near term action, short term action, medium term action, long term action, \
             policy priority, collection priority, action priority, what should be done, \
             what needs to be done, what is to be done, \
             call to action, action required, action needed, immediate step, \
             implementation step, path forward, \
             contingency planning, contingency plan, policy prescription",
        ),
        (
            Subject::Risk,
            "risk, danger, threat, downside, hazard, peril, go wrong, worst case, could derail, \
             may derail, might derail, could unravel, could sink, could spoil, \
             could break .. down, \
             could upset, way .. could fail, ways .. could fail",
        ),
        (
            Subject::RedLine,
            "red line, redline, unacceptable, will not accept, would not accept, non negotiable*, \
             nonnegotiable*, will not cross, deal breaker, dealbreaker, demand, line in the sand, \
             condition for, condition of, condition, precondition, insist* on, will not yield, \
             will not concede, \
             will not give, negotiating position, opening position, stated position, \
             bargaining position, position",
        ),
        (
            Subject::Tool,
            "tool, instrument, lever, toolkit, toolbox, at .. disposal, how executed, \
             how implemented, how it is done, how .. carried out, means of implementation, \
             means of pressure",
        ),
        (
            Subject::Judgment,
            "key judgment, key judgement, key finding, main finding, takeaway, key takeaway, \
             bottom line, bluf, key assessment, key .. judgment, key .. judgement, \
             analytic judgment, analytical judgment, analytic judgement, analytical judgement, \
             main judgment, main judgement, key .. finding, principal finding, key .. assessment, \
             intelligence assessment, key insight, key .. insight, strategic insight, \
             intelligence insight, key point, main point, main conclusion, key conclusion, \
             in brief, key message, main message, headline finding",
        ),
        (
            Subject::Indicator,
            "indicator, signpost, watchlist, watch list, sign to look for, to watch, watch for, \
            warning sign, early warning, trip wire, \
             tripwire, watch item, watchpoint, tell tale sign, change our mind, change our view, \
             change our assessment, change this assessment, change this judgment",
        ),
        (
            Subject::Claim,
            "narrative, talking point, propaganda, disinformation, messaging, storyline, \
             side of the story, version of event, key claim, main claim, following claim, \
             claim that, claimed that",
        ),
        (
            Subject::Outside,
            "scenario, source, reference, \
             further reading, signatory, timeline, chronology, key event, assumption, \
             key development, mitigation, risk mitigation, background, content, criteria, \
             criterion, key fact, metric, key actor, stakeholder, what changed, data point, note, \
             method, methodology, agreed, article, provision, clause, rationale, parameter, \
             success metric, success factor, who implement*, who execute*, decision window, \
             prior state, deliverable, definition, scoring, scale, threshold, state parameter, \
             technical, correction, commit",
        ),
    ])
});

/// Nouns that need not be the head of their phrase.
const NOUNS: [&str; 20] = [
    "challenge",
    "obstacle",
    "problem",
    "constraint",
    "barrier",
    "risk",
    "danger",
    "threat",
    "hazard",
    "intention",
    "aim",
    "goal",
    "objective",
    "interest",
    "ambition",
    "line",
    "demand",
    "tool",
    "instrument",
    "lever",
];
/// Words after a noun with which it still is the head.
const FOLLOWERS: [&str; 52] = [
    "outlook",
    "landscape",
    "picture",
    "dashboard",
    "of",
    "for",
    "in",
    "to",
    "and",
    "or",
    "on",
    "at",
    "from",
    "by",
    "with",
    "before",
    "after",
    "under",
    "over",
    "against",
    "between",
    "behind",
    "beyond",
    "within",
    "vs",
    "versus",
    "include",
    "remain",
    "are",
    "is",
    "ahead",
    "that",
    "which",
    "who",
    "now",
    "today",
    "next",
    "here",
    "below",
    "assessment",
    "profile",
    "register",
    "list",
    "overview",
    "matrix",
    "analysis",
    "factor",
    "level",
    "summary",
    "table",
    "section",
    "map",
];

/// Words that turn a noun into what is to be done about it.
const REDUCES: [&str; 18] = [
    "reduce",
    "reducing",
    "mitigate",
    "mitigating",
    "manage",
    "managing",
    "address",
    "addressing",
    "overcome",
    "overcoming",
    "counter",
    "countering",
    "contain",
    "containing",
    "avoid",
    "avoiding",
    "prevent",
    "tackle",
];

const COUNTS: [&str; 18] = [
    "following",
    "these",
    "those",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "several",
    "main",
    "key",
    "chief",
    "principal",
    "many",
    "few",
    "major",
    "other",
];

/// What `text` says that a list is of; a sentence, a heading or a label.
pub(super) fn subject(text: &str, span: Span) -> Option<Told> {
    let part = span.of(text);
    let words = words(part);
    let mut hits = hits(&words);
    let reduced = |hit: &Hit<Subject>| {
        let from = hit.first.saturating_sub(3);
        let near = words.get(from..hit.first).unwrap_or(&[]);
        near.iter()
            .any(|word| REDUCES.contains(&word.text.as_str()))
    };
    hits.retain(|hit| !reduced(hit) || matches!(hit.meaning, Subject::Recommendation));
    let hit = head(part, &words, &hits)?;
    let first = words.get(hit.first)?.at;
    let last = words.get(hit.after - 1)?.at;
    Some(Told {
        subject: hit.meaning,
        at: span.part(first.start, last.end),
    })
}

/// What a heading says that a list under it is of. Its noun must be the head: under "Drivers of
/// Threat Perceptions" stand no threats.
pub(super) fn headed_subject(text: &str, span: Span) -> Option<Told> {
    let told = subject(text, span)?;
    let rest = text.get(told.at.end..span.end).unwrap_or("");
    let noun = words(told.at.of(text))
        .last()
        .is_some_and(|word| NOUNS.contains(&word.text.as_str()));
    let next = words(rest).into_iter().next();
    let parted = rest
        .trim_start()
        .starts_with(|c: char| !c.is_alphanumeric());
    let heads = next
        .is_none_or(|word| FOLLOWERS.contains(&word.text.as_str()) || word.text.ends_with("ing"));
    (!noun || parted || heads).then_some(told)
}

/// Whether a heading only divides what the one above it announces: by time, or by whose it is.
pub(super) fn divides(heading: &str) -> bool {
    const DIVIDERS: [&str; 22] = [
        "immediate",
        "immediately",
        "short",
        "medium",
        "long",
        "near",
        "term",
        "hour",
        "day",
        "week",
        "month",
        "year",
        "phase",
        "now",
        "later",
        "first",
        "second",
        "third",
        "next",
        "today",
        "priority",
        "urgent",
    ];
    words(heading)
        .iter()
        .any(|word| DIVIDERS.contains(&word.text.as_str()))
}

/// Whether `text` has words of that subject, whatever its head.
pub(super) fn speaks_of(text: &str, span: Span, wanted: Subject) -> bool {
    let words = words(span.of(text));
    hits(&words).iter().any(|hit| hit.meaning == wanted)
}

/// The phrases met; a condition or a position is a line only where it is somebody's and stands for
/// all that is said: "Baku's conditions for a deal", not "Ukraine's position has worsened".
fn hits(words: &[Word]) -> Vec<Hit<Subject>> {
    const NEAR: usize = 3;
    const NEXT: [&str; 9] = [
        "on", "for", "in", "are", "is", "include", "remain", "at", "before",
    ];
    const GROUND: [&str; 9] = [
        "defensive",
        "forward",
        "military",
        "economic",
        "financial",
        "living",
        "field",
        "artillery",
        "humanitarian",
    ];
    let mut hits = SUBJECTS.hits(words);
    hits.retain(|hit| {
        let own = words.get(hit.first).map_or("", |word| word.text.as_str());
        if hit.after > hit.first + 1 || !matches!(own, "condition" | "position") {
            return true;
        }
        let before = words
            .get(hit.first.saturating_sub(NEAR)..hit.first)
            .unwrap_or(&[]);
        let owned = before.iter().any(|word| word.possessive);
        let ground = before
            .iter()
            .any(|word| GROUND.contains(&word.text.as_str()));
        let next = words.get(hit.after);
        owned && !ground && next.is_none_or(|word| NEXT.contains(&word.text.as_str()))
    });
    hits
}

fn head<'h>(part: &str, words: &[Word], hits: &'h [Hit<Subject>]) -> Option<&'h Hit<Subject>> {
    let introduces = part.trim_end_matches(['*', '_', ' ']).ends_with(':');
    if let Some(last) = hits
        .last()
        .filter(|hit| introduces && hit.after == words.len())
    {
        return Some(last);
    }
    let compound = hits.windows(2).find_map(|pair| match pair {
        [one, other] if other.first == one.after => Some(other),
        _ => None,
    });
    if let Some(hit) = compound.filter(|hit| hit.meaning == Subject::Outside) {
        return Some(hit);
    }
    let counted = |hit: &&Hit<Subject>| {
        let before = hit.first.checked_sub(1).and_then(|at| words.get(at));
        let noun = !matches!(hit.meaning, Subject::Recommendation) || introduces;
        noun && before.is_some_and(|word| COUNTS.contains(&word.text.as_str()))
    };
    if let Some(hit) = hits.iter().find(counted) {
        return Some(hit);
    }
    let mut from = 0;
    for (at, pair) in words.windows(2).enumerate() {
        let [one, other] = pair else { continue };
        let between = part.get(one.at.end..other.at.start).unwrap_or("");
        let later = hits.iter().any(|hit| hit.first > at);
        if later && between.contains([',', ';', ':', '—']) {
            from = at + 1;
        }
    }
    hits.iter().find(|hit| hit.first >= from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Option<Subject> {
        subject(text, Span::new(0, text.len())).map(|told| told.subject)
    }

    #[test]
    fn the_head_of_the_sentence_decides() {
        let wants = Subject::Intention(IntentionKind::Unspecified);
        let goal = Subject::Intention(IntentionKind::Goal);
        for (text, expected) in [
            (
                "Key challenges facing US diplomacy include:",
                Some(Subject::Challenge),
            ),
            ("Key Kremlin intentions include:", Some(wants)),
            (
                "Key recommendations include:",
                Some(Subject::Recommendation),
            ),
            ("What Tehran is after", Some(wants)),
            ("Among Ankara’s aims, three stand out:", Some(goal)),
            (
                "To reduce these risks, Brussels should:",
                Some(Subject::Recommendation),
            ),
            (
                "Capitals should watch the following risks:",
                Some(Subject::Risk),
            ),
            ("The envoy faces three hurdles:", Some(Subject::Challenge)),
            (
                "Recommendations for managing the risks include:",
                Some(Subject::Recommendation),
            ),
            ("Mediators would do well to:", Some(Subject::Recommendation)),
            ("Next steps for the EU", Some(Subject::Recommendation)),
            (
                "Negotiators must overcome old mistrust:",
                Some(Subject::Challenge),
            ),
            ("Managing the risks", None),
            ("Baku’s conditions", Some(Subject::RedLine)),
            ("Yerevan’s position on the corridor", Some(Subject::RedLine)),
            ("Yerevan’s position has worsened", None),
            ("Ukraine’s defensive positions", None),
            ("Conditions in the camps", None),
            ("The weather was fine", None),
            ("Scenarios and what they threaten", Some(Subject::Outside)),
        ] {
            assert_eq!(told(text), expected, "{text}");
        }
    }
}
