//! Coded values from listed words: one table of phrases per code.
//!
//! A code is set only where a listed phrase stands in the cited words and is not negated ("no
//! longer rejects"); where phrases of two codes stand there, none is set and the place becomes a
//! doubt. Everything else stays unspecified: what a document does not state is never "low".

use std::sync::LazyLock;

use super::words::{Hit, Lexicon, Word, words};
use crate::model::v1::{
    AssessedNegotiability, AttributionMode, DeclaredFirmness, ImpactLevel, Posture, ToolKind,
};

/// What the words say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Code<T> {
    /// No listed phrase.
    Unstated,
    One(T),
    /// Phrases of several codes.
    Several,
}

static POSTURES: LazyLock<Lexicon<Posture>> = LazyLock::new(|| {
    Lexicon::new(&[
        (
            Posture::Prohibits,
            "reject*, oppose*, opposing, opposition, unacceptable, inadmissible, will not accept, \
             would not accept, won't accept, not acceptable, never accept*, prohibit*, must not, \
             not be allowed, not tolerate*, intolerable, forbid*, forbidden, no go, not permitted",
        ),
        (
            Posture::Requires,
            "mandated, mandatory, require*, demand, demanded, demanding, insist*, must be, \
             must include, must have, must remain, must stay, obligatory, compulsory, \
             sine qua non, prerequisite, indispensable",
        ),
        (
            Posture::Claims,
            "claim, claimed, claiming, assert* .. sovereignty, assert* .. title, \
             assert* .. ownership, lay* claim, laying claim",
        ),
        (
            Posture::Refuses,
            "refus*, will not discuss, will not negotiate, will not talk, won't discuss, \
             won't negotiate, not up for discussion, not for discussion, declin* to, \
             off the table, unwilling",
        ),
        (
            Posture::Conditions,
            "only if, only when, only after, only in exchange, conditional*, on condition, \
             provided that, subject to, contingent on, in exchange for, in return for, \
             conditioned on",
        ),
    ])
});

static FIRMNESS: LazyLock<Lexicon<DeclaredFirmness>> = LazyLock::new(|| {
    Lexicon::new(&[
        (
            DeclaredFirmness::Absolute,
            "absolute, absolutely, non negotiable, nonnegotiable, not negotiable, \
             not up for negotiation, not open to negotiation, under no circumstance, categorical, \
             categorically, unconditional, unconditionally, without exception, in no case, \
             outright",
        ),
        (
            DeclaredFirmness::Firm,
            "firm, firmly, adamant, adamantly, resolute, resolutely, unwavering, steadfast, \
             insist*, hard line, hardline",
        ),
        (DeclaredFirmness::Floated, "floated, trial balloon, hinted"),
    ])
});

static NEGOTIABILITY: LazyLock<Lexicon<AssessedNegotiability>> = LazyLock::new(|| {
    Lexicon::new(&[
        (
            AssessedNegotiability::NonStarter,
            "non starter, nonstarter, deal breaker, dealbreaker",
        ),
        (
            AssessedNegotiability::Tradeable,
            "bargaining chip, trading chip, tradeable, tradable, can be traded, could be traded, \
             may be traded, open to trade",
        ),
        (
            AssessedNegotiability::Conditional,
            "conditional, only if, contingent on, depend* on, in exchange for, in return for, \
             on condition",
        ),
        (
            AssessedNegotiability::Flexible,
            "flexible, flexibility, room for compromise, open to compromise, room to move, \
             room for manoeuvre, room for maneuver, room for flexibility",
        ),
    ])
});

static TOOLS: LazyLock<Lexicon<ToolKind>> = LazyLock::new(|| {
    Lexicon::new(&[
        (
            ToolKind::BackChannel,
            "back channel, backchannel, secret channel",
        ),
        (
            ToolKind::Negotiation,
            "negotiation, direct talk, proximity talk, summit",
        ),
        (
            ToolKind::Mediation,
            "mediation, mediated, mediator, good office",
        ),
        (
            ToolKind::PublicDiplomacy,
            "public diplomacy, public messaging, messaging campaign",
        ),
        (
            ToolKind::CoalitionCoordination,
            "coalition, allied coordination, alliance coordination, contact group, \
             coordination with allies, allied consultation",
        ),
        (
            ToolKind::MultilateralAction,
            "multilateral*, security council resolution, un resolution, general assembly",
        ),
        (
            ToolKind::LegalAction,
            "arbitration, litigation, legal action, court, tribunal",
        ),
        (
            ToolKind::SanctionsRelief,
            "sanction relief, easing of sanction, lifting of sanction, sanction waiver, \
             relief from sanction",
        ),
        (ToolKind::Sanctions, "sanction, asset freeze, embargo"),
        (
            ToolKind::EconomicInducement,
            "economic incentive, trade incentive, reconstruction fund, investment package, \
             aid package, economic package",
        ),
        (
            ToolKind::EconomicPressure,
            "economic pressure, tariff, export control, price cap",
        ),
        (
            ToolKind::SecurityGuarantee,
            "security guarantee, security assurance",
        ),
        (
            ToolKind::MilitaryAssistance,
            "military assistance, military aid, arms delivery, weapon delivery",
        ),
        (
            ToolKind::MilitaryPressure,
            "military pressure, show of force, naval patrol, freedom of navigation, \
             military exercise, joint patrol",
        ),
        (ToolKind::Ultimatum, "ultimatum"),
        (
            ToolKind::UseOfForce,
            "use of force, military strike, air strike, airstrike",
        ),
        (
            ToolKind::IntelligenceSharing,
            "intelligence sharing, shared intelligence",
        ),
        (
            ToolKind::Verification,
            "verification, inspection, monitoring",
        ),
        (
            ToolKind::PeaceOperation,
            "peacekeep*, peace operation, observer mission",
        ),
        (
            ToolKind::ConfidenceBuilding,
            "confidence building, hotline, prisoner exchange",
        ),
        (ToolKind::Humanitarian, "humanitarian"),
        (ToolKind::CovertOrCyber, "covert, cyber"),
    ])
});

static LEVELS: LazyLock<Lexicon<ImpactLevel>> = LazyLock::new(|| {
    Lexicon::new(&[
        (ImpactLevel::VeryLow, "very low"),
        (ImpactLevel::Low, "low"),
        (ImpactLevel::Moderate, "moderate, medium"),
        (ImpactLevel::High, "high"),
        (ImpactLevel::VeryHigh, "very high"),
    ])
});

static MODES: LazyLock<Lexicon<AttributionMode>> = LazyLock::new(|| {
    Lexicon::new(&[
        (
            AttributionMode::Declared,
            "declare*, declaration, stated, officially, official line, official position, \
             publicly, public position, announce*, on the record, what .. say*, say, said",
        ),
        (
            AttributionMode::ReportedPrivate,
            "privately, in private, private position, behind closed door",
        ),
        (AttributionMode::Inferred, "inferred, judging by conduct"),
    ])
});

/// The estimative words of ICD 203 and of the PHIA yardstick, and comparisons that are none.
static ESTIMATES: LazyLock<Lexicon<&'static str>> = LazyLock::new(|| {
    Lexicon::new(&[
        (
            "",
            "more likely, less likely, most likely, least likely, as likely",
        ),
        ("almost no chance", "almost no chance"),
        ("remote", "remote chance, remote"),
        ("very unlikely", "very unlikely"),
        ("highly improbable", "highly improbable"),
        ("highly unlikely", "highly unlikely"),
        ("unlikely", "unlikely"),
        ("improbable", "improbable"),
        ("realistic possibility", "realistic possibility"),
        ("roughly even chance", "roughly even chance, even chance"),
        ("roughly even odds", "roughly even odds, even odds"),
        ("likely", "likely"),
        ("probable", "probable, probably"),
        ("very likely", "very likely"),
        ("highly likely", "highly likely"),
        ("highly probable", "highly probable"),
        ("almost certain", "almost certain, almost certainly"),
        ("nearly certain", "nearly certain, nearly certainly"),
    ])
});

/// The direction of a line, from its stance.
pub(super) fn posture(text: &str) -> Code<Posture> {
    code(&POSTURES, text)
}

/// How firmly the actor shows it, from its stance.
pub(super) fn firmness(text: &str) -> Code<DeclaredFirmness> {
    code(&FIRMNESS, text)
}

/// What the author thinks could be had, from stance and implication.
pub(super) fn negotiability(text: &str) -> Code<AssessedNegotiability> {
    code(&NEGOTIABILITY, text)
}

/// What sort of tool a title names.
pub(super) fn tool_kind(text: &str) -> Code<ToolKind> {
    code(&TOOLS, text)
}

/// A level on its own, such as a cell of a column of impacts.
pub(super) fn level(text: &str) -> Code<ImpactLevel> {
    code(&LEVELS, text)
}

/// On whose word, from a header, a lead-in or the words themselves.
pub(super) fn mode(text: &str) -> Code<AttributionMode> {
    code(&MODES, text)
}

/// The one estimative term in `text`: the term and its place.
pub(super) fn estimate(text: &str) -> Option<(&'static str, (usize, usize))> {
    let words = words(text);
    let hits = ESTIMATES.hits(&words);
    let terms = hits
        .iter()
        .filter(|hit| !hit.meaning.is_empty() && !negated(text, &words, hit));
    let mut terms: Vec<&Hit<&'static str>> = terms.collect();
    let only = terms.pop().filter(|_| terms.is_empty())?;
    if words
        .get(only.after)
        .is_some_and(|word| word.text == "than")
    {
        return None;
    }
    let first = words.get(only.first)?.at.start;
    let last = words.get(only.after - 1)?.at.end;
    Some((only.meaning, (first, last)))
}

fn code<T: Copy + PartialEq>(lexicon: &Lexicon<T>, text: &str) -> Code<T> {
    let words = words(text);
    let hits = lexicon.hits(&words);
    let mut stated = hits
        .iter()
        .filter(|hit| !negated(text, &words, hit))
        .map(|hit| hit.meaning);
    match stated.next() {
        None => Code::Unstated,
        Some(first) if stated.all(|other| other == first) => Code::One(first),
        Some(_) => Code::Several,
    }
}

/// Whether a negation stands shortly before a phrase, in the same clause.
fn negated<T>(text: &str, words: &[Word], hit: &Hit<T>) -> bool {
    const NEGATORS: [&str; 12] = [
        "not", "no", "never", "without", "neither", "nor", "hardly", "cannot", "deny", "denied",
        "drop", "dropped",
    ];
    let Some(start) = words.get(hit.first).map(|word| word.at.start) else {
        return false;
    };
    let near = words
        .get(hit.first.saturating_sub(3)..hit.first)
        .unwrap_or(&[]);
    near.iter().any(|word| {
        let negator = NEGATORS.contains(&word.text.as_str()) || word.text.ends_with("n't");
        let between = text.get(word.at.end..start).unwrap_or("");
        negator && !between.contains([',', ';', ':', '.', '—'])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listed_words_set_codes() {
        assert_eq!(posture("Absolute rejection"), Code::One(Posture::Prohibits));
        assert_eq!(
            firmness("Absolute rejection"),
            Code::One(DeclaredFirmness::Absolute)
        );
        assert_eq!(
            posture("Claims over the islands"),
            Code::One(Posture::Claims)
        );
        assert_eq!(posture("Mandated"), Code::One(Posture::Requires));
        assert_eq!(
            posture("Accepts only if the base closes"),
            Code::One(Posture::Conditions)
        );
        assert_eq!(posture("Will not discuss it"), Code::One(Posture::Refuses));
        assert_eq!(
            firmness("Non-negotiable"),
            Code::One(DeclaredFirmness::Absolute)
        );
        let chip = AssessedNegotiability::Tradeable;
        assert_eq!(negotiability("Key bargaining chip"), Code::One(chip));
        let no = AssessedNegotiability::NonStarter;
        assert_eq!(negotiability("Non-starter in negotiations"), Code::One(no));
        assert_eq!(
            tool_kind("Calibrated sanctions relief"),
            Code::One(ToolKind::SanctionsRelief)
        );
    }

    #[test]
    fn negated_or_mixed_words_set_none() {
        assert_eq!(posture("No longer rejects observers"), Code::Unstated);
        assert_eq!(posture("Has not demanded it"), Code::Unstated);
        assert_eq!(posture("No base, rejected"), Code::One(Posture::Prohibits));
        assert_eq!(posture("Rejects troops, demands a treaty"), Code::Several);
        assert_eq!(negotiability("No room for compromise"), Code::Unstated);
        assert_eq!(negotiability("Not a non-starter"), Code::Unstated);
        assert_eq!(posture("Open"), Code::Unstated);
    }

    #[test]
    fn estimates_are_listed_words_only() {
        assert_eq!(
            estimate("Attacks very likely to spread"),
            Some(("very likely", (8, 19)))
        );
        assert_eq!(estimate("More likely to fail"), None);
        assert_eq!(estimate("Not likely"), None);
        assert_eq!(estimate("May fail"), None);
        assert_eq!(estimate("Likely at first, unlikely later"), None);
    }
}
