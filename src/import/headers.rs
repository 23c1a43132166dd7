//! What the column under a header holds, told by the words of the header.
//!
//! A header is read by its head: the last known phrase before a preposition, so that "Implications
//! for Talks" is about implications. Some words mean different things in different company
//! ("Impact", "Goal", "Outcome"); they have roles of their own, and `roles` decides by the set.

use std::sync::LazyLock;

use super::words::{Hit, Lexicon, Word, words};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Actor,
    RedLine,
    Issue,
    Stance,
    Implication,
    /// Effect, impact, consequence: of whatever the table is about.
    Effect,
    Focus,
    Outcome,
    Risk,
    Tool,
    Mechanism,
    Purpose,
    /// Goal, aim: an actor's intention or a tool's purpose.
    Aim,
    Intention,
    Likelihood,
    Rating,
    Status,
    Addressee,
    Recommendation,
    Challenge,
    Timing,
    Confidence,
    /// What may come true: a scenario, an event, a forecast.
    Scenario,
    /// The key that a series gives to a scenario.
    Key,
    /// What to watch.
    Indicator,
    Threshold,
    /// The scenarios that an indicator bears on.
    Affected,
    /// What makes a forecast true or false.
    Criterion,
    /// What became of a forecast.
    Verdict,
    /// When that was known.
    Resolved,
    /// The score of a forecast that is resolved.
    Scored,
    /// By how much a value changed.
    Change,
    Trigger,
    /// Figures and inventories: what other tables than these are about.
    Other,
    /// Notes, sources, numbers of rows: beside whatever the table is about.
    Aside,
    Unknown,
}

static HEADERS: LazyLock<Lexicon<Role>> = LazyLock::new(|| {
    Lexicon::new(&[
        (
            Role::RedLine,
            "red line, redline, boundary, line in the sand, non negotiable*, nonnegotiable*, \
             bottom line, hard limit, limit, taboo, line .. not .. cross*, line .. will not, \
             line it will not .. cross*, will not accept, won't accept, would not accept, \
             cannot accept, does not accept, no go, refuse, reject, deal breaker, dealbreaker, \
             precondition, unacceptable, absolute limit",
        ),
        (
            Role::Issue,
            "issue, topic, demand, question, subject, matter, file, dossier, point, \
             sticking point, theme, dispute, bone of contention, clause, item, what is at stake, \
             subject matter, aspect, dimension, agenda item",
        ),
        (
            Role::Stance,
            "stance, position, posture, attitude, view, line, official line, policy, \
             where .. stand*, what .. say*, what .. insist*, what .. demand*, answer, \
             how .. see*, response, declared line, reading, reply, opening bid, declaration, \
             opening position, maximalist position, fallback, line on, in .. own word, \
             how .. put, how .. put it, how .. phrase*, how .. worded, \
             how .. frame*, wording, formulation, what .. hold*, statement, rhetoric",
        ),
        (
            Role::Implication,
            "implication, meaning, mean* for, what .. mean*, significance, so what, upshot, \
             what follows, bearing, what .. imply, what .. implies, relevance, knock on, \
             read across, negotiability, room for, scope for, in practice, what .. entail*, \
             why it matter*, why .. matter*, how .. affect*, what it does to, where .. leave*, \
             what .. rule* out, room left",
        ),
        (
            Role::Effect,
            "effect, impact, consequence, repercussion, influence, severity, damage",
        ),
        (
            Role::Focus,
            "focus, focus area, area, initiative, track, workstream, work stream, strand, pillar, \
             line of effort, line of work, effort, basket, domain, sector, field, front, chapter, \
             priority, priority area, work package, theatre, theater",
        ),
        (
            Role::Outcome,
            "outcome, upside, result, payoff, pay off, gain, benefit, opportunity, best case, \
             success, what success*, hoped for, prospect, dividend, reward, what could follow, \
             yield, promise, what .. achieve*, what .. bring*, what .. yield*, what .. hope*, \
             hope, good case, expected, anticipated, end state, prize",
        ),
        (
            Role::Risk,
            "risk, danger, threat, downside, hazard, peril, pitfall, worst case, \
             what .. go wrong, how .. fail*, failure mode, drawback, exposure, vulnerability, \
             fear, weak point, weak spot, breaking point, worry, concern, what threaten*, \
             what fail*, failure, cost of us*, price of us*, side effect, what .. break*, \
             how .. unravel*, how .. break*",
        ),
        (
            Role::Tool,
            "tool, instrument, lever, measure, means, device, option, channel, step, \
             course of action, move, method, vehicle, policy option, available means, tactic, \
             strategy, leverage, resource, asset, pressure point, leverage point, \
             point of leverage, point of pressure, incentive, inducement",
        ),
        (
            Role::Mechanism,
            "mechanism, how it work*, how .. would work, how .. would be used, approach",
        ),
        (
            Role::Purpose,
            "purpose, what for, what it is for, what it's for, meant to, meant for, intended for, \
             designed to, function, use, used for, rationale, why, what it do*, role, task, job, \
             point of it, reason, justification, logic, thinking behind, what .. is for, \
             what .. are for, what .. meant to, what .. do, what .. does, how .. help*",
        ),
        (Role::Aim, "aim, goal, objective, target"),
        (
            Role::Intention,
            "intention, intent, interest, ambition, want, seek, what .. want*, what .. seek*, \
             motive, agenda, is after, likely move, likely action, likely next step, \
             likely next move, next move, expected move, likely response, likely course, \
             likely behavio*",
        ),
        (
            Role::Likelihood,
            "likelihood, probability, chance, odds, how likely, likely, p, prob, our estimate, \
             previous estimate, current estimate, prior estimate, revised estimate, \
             initial estimate, new estimate, last estimate",
        ),
        (
            Role::Rating,
            "risk level, risk score, risk rating, threat level, score, rating, grade, level, \
             tier, rank, weight, utility, risk class, probability band, likelihood band",
        ),
        (Role::Status, "status, state of play, stage"),
        (
            Role::Addressee,
            "addressee, for whom, owner, responsible, who should act, recipient, lead, who acts",
        ),
        (
            Role::Actor,
            "actor, party, state, country, side, player, government, who, capital, holder, \
             stakeholder, delegation, whose, held by, power",
        ),
        (
            Role::Recommendation,
            "recommendation, recommended, recommended action, recommended step, advice, proposal, \
             what to do, next step, action required, what should be done",
        ),
        (
            Role::Challenge,
            "challenge, obstacle, difficulty, hurdle, problem, barrier, impediment",
        ),
        (
            Role::Timing,
            "timing, when, by when, resolve by, deadline, timeline, window, horizon, date, \
            timeframe, time frame, \
             timestamp",
        ),
        (Role::Confidence, "confidence"),
        (
            Role::Scenario,
            "scenario, forecast, event, prediction, contingency, projected development, \
             possible development, scenario label, future, what .. could happen, \
             what .. may happen, what .. might happen",
        ),
        (
            Role::Key,
            "scenario id, forecast id, scenario key, scenario code, scenario number, event id",
        ),
        (
            Role::Indicator,
            "indicator, signal, signpost, warning sign, early warning, what to watch, \
             watch item, watchpoint, tell tale, sign to watch, observable, early sign, \
             what to look for, watch for",
        ),
        (
            Role::Threshold,
            "threshold, trigger level, trigger point, tripwire, trip wire, red flag level",
        ),
        (
            Role::Affected,
            "scenario affected, affected scenario, bear on, linked scenario, forecast affected, \
             related scenario, affect",
        ),
        (
            Role::Criterion,
            "falsification condition, falsification criterion, falsified if, true if, false if, \
             resolution criterion, resolution criteria, resolution condition, resolve if, \
             criterion, criteria, test",
        ),
        (
            Role::Verdict,
            "resolution, verdict, actual outcome, actual result, what happened",
        ),
        (
            Role::Resolved,
            "resolved, resolution date, date resolved, resolved on, date crossed, crossed on, \
             date observed, observed on",
        ),
        (Role::Scored, "brier, brier score, log score"),
        (Role::Change, "delta, δ, δp, change, shift, movement"),
        (Role::Trigger, "trigger, catalyst"),
        (
            Role::Other,
            "commit, parameter, value, count, poll, claim, component, oblast, metric, episode, \
             type, category, classification, seat, vote, approve, disapprove, casualty, figure, \
             cascade node, capability, unit, price, cost",
        ),
        (
            Role::Aside,
            "note, comment, remark, mitigation measure, mitigating action, source, evidence, no, \
             number, id, observation, reference, \
             trend, explanation, mitigation, countermeasure, safeguard",
        ),
    ])
});

/// A cell with more words is no header.
const HEADER_WORDS_MAX: usize = 9;

const PREPOSITIONS: [&str; 17] = [
    "of", "for", "to", "in", "on", "by", "with", "at", "from", "against", "over", "if", "behind",
    "under", "about", "when", "after",
];

/// The role that a header states.
pub(super) fn role(header: &str) -> Role {
    let words = words(header);
    if words.len() > HEADER_WORDS_MAX {
        return Role::Unknown;
    }
    if words.is_empty() {
        return if header.contains('#') {
            Role::Aside
        } else {
            Role::Unknown
        };
    }
    // "On a ceasefire": what is said on it stands below.
    if words.len() > 1 && words.first().is_some_and(|word| word.text == "on") {
        return Role::Issue;
    }
    let hits = HEADERS.hits(&words);
    let Some(first) = hits.first() else {
        return Role::Unknown;
    };
    let mut head: &Hit<Role> = first;
    for pair in hits.windows(2) {
        let [before, hit] = pair else { continue };
        if parted(&words, before.after, hit.first) || parted(&words, head.first, hit.first) {
            break;
        }
        head = hit;
    }
    // The number of a metric is about metrics.
    if head.meaning == Role::Aside && hits.iter().any(|hit| hit.meaning == Role::Other) {
        return Role::Other;
    }
    let question = |role| matches!(role, Role::Implication | Role::Stance | Role::Purpose);
    if question(first.meaning) && words.first().is_some_and(|word| word.text == "what") {
        return first.meaning;
    }
    head.meaning
}

/// Whether a preposition stands outside of any phrase between two positions.
fn parted(words: &[Word], from: usize, to: usize) -> bool {
    let between = words.get(from..to).unwrap_or(&[]);
    between
        .iter()
        .any(|word| PREPOSITIONS.contains(&word.text.as_str()))
}

/// Which of several values of one thing a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Era {
    Past,
    Now,
    Unsaid,
}

/// Whether a header speaks of a former value or of the present one.
pub(super) fn era(header: &str) -> Era {
    const PAST: [&str; 9] = [
        "baseline", "old", "prev", "previous", "prior", "initial", "original", "former", "last",
    ];
    const NOW: [&str; 6] = ["current", "new", "revised", "updated", "latest", "now"];
    let said = |list: &[&str]| {
        words(header)
            .iter()
            .any(|word| list.contains(&word.text.as_str()))
    };
    match (said(&NOW), said(&PAST)) {
        (true, _) => Era::Now,
        (false, true) => Era::Past,
        (false, false) => Era::Unsaid,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_have_roles() {
        for (header, expected) in [
            ("Strategic Red Line", Role::RedLine),
            ("Kremlin Stance", Role::Stance),
            ("Position of Tehran", Role::Stance),
            ("Where Beijing stands", Role::Stance),
            ("Implications for Talks", Role::Implication),
            ("What it means for the talks", Role::Implication),
            ("Effect on the negotiations", Role::Effect),
            ("Diplomatic Focus", Role::Focus),
            ("Line of effort", Role::Focus),
            ("Potential Outcomes", Role::Outcome),
            ("Hoped-for result", Role::Outcome),
            ("Outcome risk", Role::Risk),
            ("Risk Score", Role::Rating),
            ("What could go wrong", Role::Risk),
            ("What for", Role::Purpose),
            ("What it is for", Role::Purpose),
            ("Expected Outcome", Role::Outcome),
            ("On a ceasefire line", Role::Issue),
            ("#", Role::Aside),
            ("Oblast", Role::Other),
            ("Scenario ID", Role::Key),
            ("Scenario", Role::Scenario),
            ("Forecast P", Role::Likelihood),
            ("Expected Window", Role::Timing),
            ("Scenarios Affected", Role::Affected),
            ("Falsification Condition", Role::Criterion),
            ("Date Crossed", Role::Resolved),
            ("ΔP", Role::Change),
            ("Previous estimate", Role::Likelihood),
            ("Resolves by", Role::Timing),
            ("Cost of using it", Role::Risk),
            ("What failure looks like", Role::Risk),
            ("Pressure point", Role::Tool),
            ("Why it matters", Role::Implication),
            ("", Role::Unknown),
        ] {
            assert_eq!(role(header), expected, "{header}");
        }
    }
}
