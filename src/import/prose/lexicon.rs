//! What single words and phrases do in a sentence: who speaks, demands, refuses, aims, warns.
//!
//! One table per question. The phrases are folded (singular, lower case), so that "demands" and
//! "demand" are one word; which of them is a verb is decided by the grammar around it, elsewhere.

use std::sync::LazyLock;

use crate::import::words::Lexicon;

/// What somebody does with the words that follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Say {
    /// Says so on the record.
    Declare,
    /// Says so, in the words of an author who keeps a distance.
    Claim,
    /// Says so against those who see it otherwise.
    Insist,
    /// Says that it is not so.
    Deny,
    /// Judges so.
    Judge,
    /// Says that harm may come.
    Warn,
}

impl Say {
    /// Whether what is said is put forward as so.
    pub(super) fn states(self) -> bool {
        matches!(self, Self::Declare | Self::Insist | Self::Claim)
    }

    /// The same of a warning too.
    pub(super) fn asserts(self) -> bool {
        self.states() || self == Self::Warn
    }
}

/// What an actor does about an issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    Demand,
    Refuse,
    Aim,
    Pledge,
    Signal,
}

pub(super) static SAYS: LazyLock<Lexicon<Say>> = LazyLock::new(|| {
    Lexicon::new(&[
        (
            Say::Declare,
            "say, said, saying, state, stated, stating, declare, declared, declaring, announce, \
             announced, announcing, tell, told, telling, note, noted, noting, add, added, adding, \
             reiterat*, reaffirm*, stress, stressed, stressing, emphasi*, re emphasi*, confirm, \
             confirmed, confirming, pledge, pledged, pledging, vow, vowed, promise, promised, \
             write, wrote, report, reported, explain, explained, reassure, reassured, respond, \
             responded, reply, replied, decree, decreed, order, ordered, maintain, maintained, \
             argue, argued, arguing, countered, counter that, made clear, make clear, implied, \
             imply",
        ),
        (Say::Insist, "insist, insisted, insisting"),
        (
            Say::Claim,
            "claim, claimed, claiming, allege, alleged, alleging, assert, asserted, asserting, \
             accuse, accused, accusing, purport*, blame, blamed, portray*",
        ),
        (
            Say::Deny,
            "deny, denied, denying, refute, refuted, refuting, disput*, rebut*, debunk*",
        ),
        (
            Say::Judge,
            "assess, assessed, assesse, judge, judged, believe, believed, estimate, estimated, \
             forecast, forecasted, think, thought, suspect, suspected, predict, predicted, \
             conclude, concluded, expect, expected",
        ),
        (
            Say::Warn,
            "warn, warned, warning, caution, cautioned, cautioning",
        ),
    ])
});

pub(super) static ACTS: LazyLock<Lexicon<Act>> = LazyLock::new(|| {
    Lexicon::new(&[
        (
            Act::Demand,
            "demand, demanded, demanding, insist on, insisted on, insisting on, insist that, \
             insisted that, require that, required that",
        ),
        (
            Act::Refuse,
            "refuse, refused, refusing, refuse to, refused to, refusing to, oppose, opposed, \
             opposing, opposed to, does not recogni*, do not recogni*, did not recogni*, reject, \
             rejected, rejecting, rule out, \
             ruled out, ruling out, decline to, declined to, preclude, precluded, unwilling to, \
             not willing to, not prepared to, not ready to, will not accept, would not accept, \
             will not agree, would not agree, will not allow, would not allow, will not discuss, \
             would not discuss, will not negotiate, would not negotiate, will not meet, \
             would not meet, will not recogni*, would not recogni*, will not tolerate, \
             would not tolerate, will not permit, would not permit, will not give up, \
             would not give up, will not renounce, would not renounce, will not withdraw, \
             would not withdraw, will not concede, would not concede, will not cede, \
             would not cede, will not abandon, would not abandon, will not surrender, \
             would not surrender, will not talk, would not talk, will not compromise, would not \
             compromise, will not yield, \
             would not yield, will not sign, would not sign, \
             vow to veto, vowed to veto, vow to block, vowed to block, threaten to veto, \
             threatened to veto, vowed never to, vow never to, \
             will never accept, will never allow, will never recogni*, will never give up, \
             will never agree, would never accept, would never allow, would never recogni*, \
             would never agree, would never give up, would never cede, would never negotiate, \
             will never negotiate, will never cede, will never surrender, would never surrender, \
             will never tolerate, would never tolerate, will never permit, would never permit, \
             cannot accept, won't accept, won't allow, \
             won't negotiate, won't discuss, won't agree",
        ),
        (
            Act::Aim,
            "intend, intended, seek to, sought to, seeking to, seek, push for, pushing for, \
             pressing for, aim to, aimed to, \
             aiming to, aim at, want, wanted, want to, wanted to, wanting to, willing to, \
             ready to, open to, plan to, planned to, \
             planning to, hope to, hoped to, hoping to, attempt to, attempted to, \
             attempting to, try to, tried to, trying to, strive to, striving to, wish to, \
             wished to, determined to, bent on, aspire to, aspiring to, preparing to, \
             prepare to, prepared to, looking to",
        ),
        (
            Act::Pledge,
            "pledge, pledged, vow to, vowed to, promise to, promised to",
        ),
        (
            Act::Signal,
            "signal .. preference, signaling .. preference, signalling .. preference, \
             signaled .. preference, signalled .. preference, signal .. willingness, \
             prefer, signaled .. willingness, signaling .. willingness, signalling .. willingness, \
             signal .. readiness, signaling .. readiness, signalling .. readiness, \
             signal .. intent*, signaling .. intent*, signalling .. intent*, \
             signal .. interest, signaling .. interest, signalling .. interest",
        ),
    ])
});

/// Nouns of what an actor is after, to be followed by "to" or a form of "be".
pub(super) static AIMS: LazyLock<Lexicon<()>> = LazyLock::new(|| {
    Lexicon::new(&[(
        (),
        "goal, aim, objective, intention, ambition, purpose, intent",
    )])
});

/// Words that say how likely something is or that it follows, without being listed estimates.
pub(super) static ESTIMATIVE: LazyLock<Lexicon<()>> = LazyLock::new(|| {
    Lexicon::new(&[(
        (),
        "likely, unlikely, probably, probable, improbable, almost certain*, nearly certain, \
         possible that, possibly, inevitabl*, necessarily mean, suggest that, suggest, \
         indicate that, imply that, signal, signal that, point to, demonstrate that, show that, \
         mean that, underscore that, appear to, appears to, seem to, seem, poised to, bound to, \
         on track to, remote, high* chance, realistic possibility, all but certain, doubtful, \
         we assess, we judge, potentially, we expect, i expect, we believe, i believe, \
         we estimate, i think, in our view, in my view, in our judgment, in our judgement, \
         in our assessment, more likely than not, even chance, even odds, remote chance, \
         close to collapse, on the brink of, on the verge of, remote possibility, \
         distant possibility, slim chance, little chance, no chance, \
         remote prospect, distant prospect, little prospect, no prospect, \
         small chance, good chance, strong chance, real chance, real possibility, \
         serious possibility, certain to",
    )])
});

/// Modal verbs of a forecast.
pub(super) const MODALS: [&str; 6] = ["will", "would", "could", "may", "might", "cannot"];

/// Modal verbs that lay a duty on their subject.
pub(super) static DUTIES: LazyLock<Lexicon<()>> = LazyLock::new(|| {
    Lexicon::new(&[(
        (),
        "should, must, need to, needs to, ought to, has to, have to, are advised to, \
         is advised to, would do well to, would be wise to, would be well advised to, \
         is well advised to, are well advised to, are urged to, is urged to, are encouraged to, \
         is encouraged to",
    )])
});

/// Beginnings of sentences that recommend without a subject.
pub(super) static URGES: LazyLock<Lexicon<()>> = LazyLock::new(|| {
    Lexicon::new(&[(
        (),
        "it is essential, it is crucial, it is vital, it is imperative, it is critical, \
         it is important, it is necessary, it is high time, it is time, we recommend, \
         would do well to, would be wise to, is well advised to, are well advised to, \
         recommend that",
    )])
});

/// Verbs of harm that may be done.
pub(super) static HARMS: LazyLock<Lexicon<()>> = LazyLock::new(|| {
    Lexicon::new(&[(
        (),
        "fuel, trigger, provoke, spark, ignite, reignite, destabili*, undermine, jeopardi*, \
         escalate, derail, erode, exacerbate, embolden, collapse, spill over, spiral, worsen, \
         imperil, threaten, unravel, backfire, lead to .. war, lead to .. conflict, \
         lead to .. escalation, lead to .. instability, lead to .. violence, lead to .. crisis, \
         lead to .. collapse, result in .. war, result in .. escalation, cause .. collapse, \
         overwhelm, engulf, paralyse, paralyze, cripple, flood, drag .. into, draw .. into, \
         plunge .. into, tip .. into, push .. into, spread to, \
         negatively impact, negatively affect, fall apart, break down, disrupt",
    )])
});

/// Nouns of danger.
pub(super) static DANGERS: LazyLock<Lexicon<()>> =
    LazyLock::new(|| Lexicon::new(&[((), "risk, danger, risk multiplier, existential threat")]));

/// Verbs by which a danger grows.
pub(super) const GROWS: [&str; 18] = [
    "raise",
    "raising",
    "increase",
    "increasing",
    "heighten",
    "heightening",
    "create",
    "creating",
    "pose",
    "posing",
    "carry",
    "present",
    "amplify",
    "compound",
    "elevate",
    "remain",
    "is",
    "are",
];

/// Nouns that stand for the actor before them.
pub(super) const GOVERNS: [&str; 46] = [
    "mission",
    "secretariat",
    "council",
    "commission",
    "embassy",
    "navy",
    "government",
    "administration",
    "regime",
    "leadership",
    "leader",
    "official",
    "authority",
    "president",
    "minister",
    "ministry",
    "parliament",
    "side",
    "delegation",
    "negotiator",
    "diplomat",
    "state",
    "cabinet",
    "junta",
    "spokesman",
    "spokesperson",
    "spokeswoman",
    "envoy",
    "ambassador",
    "chancellor",
    "premier",
    "presidency",
    "capital",
    "military",
    "army",
    "force",
    "command",
    "commander",
    "troop",
    "policymaker",
    "policy",
    "team",
    "group",
    "movement",
    "representative",
    "member",
];

/// Those who judge without a part in the matter.
pub(super) const ANALYSTS: [&str; 16] = [
    "analyst",
    "expert",
    "observer",
    "source",
    "report",
    "study",
    "scholar",
    "researcher",
    "estimate",
    "assessment",
    "author",
    "economist",
    "critic",
    "commentator",
    "journalist",
    "many",
];

/// Words after which a name is no subject.
pub(super) const PREPOSITIONS: [&str; 38] = [
    "around",
    "outside",
    "along",
    "beyond",
    "throughout",
    "after",
    "before",
    "without",
    "to",
    "of",
    "from",
    "with",
    "by",
    "in",
    "for",
    "about",
    "on",
    "against",
    "toward",
    "towards",
    "over",
    "between",
    "among",
    "at",
    "into",
    "within",
    "across",
    "under",
    "through",
    "via",
    "near",
    "inside",
    "than",
    "as",
    "like",
    "including",
    "behind",
    "regarding",
];

/// Words of a title that a person's name follows.
pub(super) static TITLES: LazyLock<Lexicon<()>> = LazyLock::new(|| {
    Lexicon::new(&[(
        (),
        "president, prime minister, minister, foreign minister, defense minister, \
         defence minister, secretary, secretary of state, defense secretary, foreign secretary, \
         secretary general, sec gen, spokesperson, spokesman, spokeswoman, chairman, \
         chairwoman, chairperson, chair, head, chief, ambassador, envoy, negotiator, \
         representative, chancellor, premier, king, crown prince, emir, general, gen, \
         commander, leader, junta leader, military leader, opposition leader, army chief, \
         supreme leader, ayatollah, director, director general, adviser, \
         advisor, speaker, senator, deputy, deputy minister, commissioner, official, fm, cinc, \
         press secretary, undersecretary, governor, strongman",
    )])
});

/// Words that open a sentence and say nothing.
pub(super) const OPENERS: [&str; 50] = [
    "however",
    "therefore",
    "indeed",
    "consequently",
    "additionally",
    "overall",
    "instead",
    "yet",
    "still",
    "but",
    "and",
    "so",
    "thus",
    "moreover",
    "furthermore",
    "nonetheless",
    "nevertheless",
    "meanwhile",
    "finally",
    "first",
    "firstly",
    "second",
    "secondly",
    "third",
    "thirdly",
    "predictably",
    "accordingly",
    "also",
    "ultimately",
    "hence",
    "similarly",
    "conversely",
    "simultaneously",
    "then",
    "alternatively",
    "recently",
    "here",
    "specifically",
    "notably",
    "importantly",
    "crucially",
    "lastly",
    "today",
    "now",
    "that",
    "in short",
    "though",
    "although",
    "rather",
    "as such",
];

/// What is said of something on which nothing is to be had.
pub(super) static CLOSED: LazyLock<Lexicon<()>> = LazyLock::new(|| {
    Lexicon::new(&[(
        (),
        "final, irreversible, irrevocable, inviolable, indivisible, non negotiable, nonnegotiable, \
         not negotiable, not for sale, not up for .. discussion, not up for .. negotiation, \
         not up for .. debate, not open to .. discussion, off the table, not on the table, \
         out of the question, unacceptable, not acceptable, inadmissible, red line, \
         casus belli, act of war, cause for war, cause of war, declaration of war, \
         existential threat",
    )])
});

/// Verbs that say as what one takes something.
pub(super) const DEEMS: [&str; 10] = [
    "consider",
    "considered",
    "regard",
    "regarded",
    "view",
    "viewed",
    "treat",
    "treated",
    "deem",
    "see",
];

/// What one does by choice: not to do it until terms are met is a stand, not a forecast.
pub(super) const CHOSEN: [&str; 33] = [
    "accept",
    "agree",
    "allow",
    "attend",
    "cede",
    "concede",
    "demobilise",
    "demobilize",
    "disarm",
    "discuss",
    "ease",
    "halt",
    "hand",
    "host",
    "join",
    "lift",
    "negotiate",
    "participate",
    "permit",
    "ratify",
    "recognise",
    "recognize",
    "release",
    "renew",
    "reopen",
    "resume",
    "sign",
    "suspend",
    "talk",
    "tolerate",
    "unfreeze",
    "vote",
    "withdraw",
];

/// Those on whom an author lays a duty without naming one of them.
pub(super) const BEARERS: [&str; 12] = [
    "ally",
    "capital",
    "donor",
    "member",
    "partner",
    "mediator",
    "company",
    "investor",
    "institution",
    "community",
    "policymaker",
    "both",
];
