//! What the columns of a table mean, told by the words of their headers, and which columns
//! together make a table of red lines, of focus areas, of tools and so on.
//!
//! A header is read by its head: the last known phrase before a preposition, so that "Implications
//! for Talks" is about implications. Some words mean different things in different company
//! ("Impact", "Goal", "Mechanism"); the set of columns decides. A table whose columns make no
//! known set yields nothing: most tables of a report are not assessments.

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
    /// Scenarios, indicators, figures: what other tables than these are about.
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
             line it will not .. cross*",
        ),
        (
            Role::Issue,
            "issue, topic, demand, question, subject, matter, file, dossier, point, \
             sticking point, theme, dispute, bone of contention, clause, item, what is at stake, \
             subject matter",
        ),
        (
            Role::Stance,
            "stance, position, posture, attitude, view, line, official line, policy, \
             where .. stand*, what .. say*, what .. insist*, what .. demand*, answer, \
             how .. see*, response, declared line, reading, reply, opening bid, declaration, \
             in .. own word, how .. put, how .. put it, how .. phrase*, how .. worded, \
             how .. frame*, wording, formulation, what .. hold*, statement, rhetoric",
        ),
        (
            Role::Implication,
            "implication, meaning, mean* for, what .. mean*, significance, so what, upshot, \
             what follows, bearing, what .. imply, what .. implies, relevance, knock on, \
             read across, negotiability, room for, scope for, in practice, what .. entail*, \
             how .. affect*, what it does to, where .. leave*, what .. rule* out, room left",
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
             what .. break*, how .. unravel*, how .. break*",
        ),
        (
            Role::Tool,
            "tool, instrument, lever, measure, means, device, option, channel, step, \
             course of action, move, method, vehicle, policy option, available means, tactic, \
             strategy, leverage, resource, asset",
        ),
        (Role::Mechanism, "mechanism, how it work*, approach"),
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
            "intention, intent, interest, ambition, what .. want*, what .. seek*, motive, agenda",
        ),
        (
            Role::Likelihood,
            "likelihood, probability, chance, odds, how likely, likely, p",
        ),
        (
            Role::Rating,
            "risk level, risk score, risk rating, threat level, score, rating, grade, level, \
             tier, rank, weight, utility, risk class",
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
            "timing, when, deadline, timeline, window, horizon, date, timeframe, time frame",
        ),
        (Role::Confidence, "confidence"),
        (
            Role::Other,
            "scenario, forecast, indicator, signal, signpost, threshold, trigger, event, commit, \
             parameter, value, count, poll, claim, component, oblast, metric, episode",
        ),
        (
            Role::Aside,
            "note, comment, remark, source, evidence, no, number, id, observation, reference, \
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
    // The number of a scenario is about scenarios.
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

/// A kind of table, with the columns that it is read by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shape {
    /// A line on an issue; several stances are those of several actors.
    RedLines {
        actor: Option<usize>,
        issue: usize,
        stances: Vec<usize>,
        implication: Option<usize>,
    },
    Focus {
        focus: usize,
        outcome: Option<usize>,
        risk: Option<usize>,
    },
    Risks {
        risk: usize,
        effect: Option<usize>,
    },
    /// A column of dangers beside a tool holds its side effects.
    Tools {
        tool: usize,
        purpose: Option<usize>,
        outcome: Option<usize>,
    },
    Recommendations {
        statement: usize,
        addressee: Option<usize>,
    },
    Challenges {
        statement: usize,
    },
    Intentions {
        actor: usize,
        statement: usize,
    },
}

/// The roles of the columns of one header.
#[derive(Debug, Clone)]
pub(super) struct Roles(pub(super) Vec<Role>);

impl Roles {
    /// The first column of one of these roles.
    pub(super) fn column(&self, roles: &[Role]) -> Option<usize> {
        roles
            .iter()
            .find_map(|role| self.0.iter().position(|have| have == role))
    }

    fn has(&self, role: Role) -> bool {
        self.0.contains(&role)
    }

    /// The first column that has one of these roles, or no known one.
    fn subject(&self, roles: &[Role]) -> Option<usize> {
        let first = self.0.iter().position(|role| *role != Role::Aside)?;
        let open = self.0.get(first) == Some(&Role::Unknown);
        self.column(roles).or(open.then_some(first))
    }

    /// The kind of table; `red_lines` says that the words above it speak of red lines.
    pub(super) fn shape(&self, red_lines: bool) -> Option<Shape> {
        if self.has(Role::Other) {
            return None;
        }
        self.lines(red_lines)
            .or_else(|| self.tools())
            .or_else(|| self.focus())
            .or_else(|| self.risks())
            .or_else(|| self.lists())
    }

    fn lines(&self, red_lines: bool) -> Option<Shape> {
        let mut stances: Vec<usize> = self
            .0
            .iter()
            .enumerate()
            .filter(|(_, role)| **role == Role::Stance)
            .map(|(column, _)| column)
            .collect();
        let line = self.column(&[Role::RedLine]);
        let actor = self.column(&[Role::Actor]);
        let follows = [Role::Implication, Role::Effect, Role::Outcome];
        let implication = self.column(&follows);
        let issue = match line {
            Some(line) => match self.column(&[Role::Issue, Role::Focus]) {
                Some(issue) if stances.is_empty() => {
                    stances.push(line);
                    issue
                }
                _ => line,
            },
            None => {
                let certain = red_lines || self.has(Role::Implication) || self.has(Role::Effect);
                if stances.is_empty() || !certain {
                    return None;
                }
                self.subject(&[Role::Issue, Role::Focus])?
            }
        };
        let whole = !stances.is_empty() || implication.is_some() || actor.is_some();
        let actor = actor.filter(|actor| *actor != issue);
        whole.then_some(Shape::RedLines {
            actor,
            issue,
            stances,
            implication,
        })
    }

    fn tools(&self) -> Option<Shape> {
        let purpose = self.column(&[Role::Purpose, Role::Aim, Role::Mechanism]);
        let (gain, effect) = (self.column(&[Role::Outcome]), self.column(&[Role::Effect]));
        let tool = match self.column(&[Role::Tool]) {
            Some(tool) => tool,
            None if self.column(&[Role::Purpose, Role::Aim]).is_some()
                && (self.has(Role::Mechanism) || gain.or(effect).is_some())
                && !self.has(Role::Risk) =>
            {
                self.subject(&[Role::Mechanism, Role::Focus])?
            }
            None => return None,
        };
        // "Intended effect" beside "expected result" says what the tool is for.
        let purpose = purpose
            .filter(|column| *column != tool)
            .or(effect.filter(|_| gain.is_some()));
        let outcome = gain.or(effect);
        let told = purpose.is_some() || outcome.is_some() || self.has(Role::Status);
        told.then_some(Shape::Tools {
            tool,
            purpose,
            outcome,
        })
    }

    fn focus(&self) -> Option<Shape> {
        let risk = self.column(&[Role::Risk]);
        let gain = self.column(&[Role::Outcome]);
        let named = self.column(&[Role::Focus, Role::Issue]);
        let aim = self.column(&[Role::Aim]);
        let (focus, outcome) = match (named, risk, gain) {
            (Some(named), Some(_), _) => (named, gain.or(aim)),
            (Some(named), None, Some(_)) => (named, gain),
            (None, Some(_), Some(_)) => (self.subject(&[Role::Aim, Role::Mechanism])?, gain),
            (None, _, None) | (None, None, _) | (Some(_), None, None) => return None,
        };
        Some(Shape::Focus {
            focus,
            outcome,
            risk,
        })
    }

    fn risks(&self) -> Option<Shape> {
        let risk = self.column(&[Role::Risk])?;
        let effect = self.column(&[Role::Effect, Role::Implication]);
        let graded = self.has(Role::Likelihood) || self.has(Role::Rating);
        let first = self.0.iter().position(|role| *role != Role::Aside) == Some(risk);
        let told = graded || effect.is_some() || self.0.len() > 1;
        (first && told).then_some(Shape::Risks { risk, effect })
    }

    fn lists(&self) -> Option<Shape> {
        // A table that begins with scores says what to do at which score.
        let first = self.0.iter().find(|role| **role != Role::Aside);
        let scored = self.has(Role::Rating) && !self.has(Role::Addressee);
        if scored || matches!(first, Some(Role::Likelihood)) {
            return None;
        }
        let statement = [Role::Intention, Role::Aim];
        if let (Some(actor), Some(statement)) =
            (self.column(&[Role::Actor]), self.column(&statement))
        {
            return Some(Shape::Intentions { actor, statement });
        }
        if let Some(statement) = self.column(&[Role::Recommendation]) {
            let addressee = self.column(&[Role::Addressee, Role::Actor]);
            return Some(Shape::Recommendations {
                statement,
                addressee,
            });
        }
        self.column(&[Role::Challenge])
            .map(|statement| Shape::Challenges { statement })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(header: &str, red_lines: bool) -> Option<Shape> {
        Roles(header.split('|').map(|cell| role(cell.trim())).collect()).shape(red_lines)
    }

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
            ("#", Role::Aside),
            ("Oblast", Role::Other),
            ("", Role::Unknown),
        ] {
            assert_eq!(role(header), expected, "{header}");
        }
    }

    #[test]
    fn columns_make_tables() {
        let lines = |issue, stances: &[usize], implication| Shape::RedLines {
            actor: None,
            issue,
            stances: stances.to_vec(),
            implication,
        };
        assert_eq!(
            shape(
                "Issue | Position of Tehran | What it means for the talks",
                false
            ),
            Some(lines(0, &[1], Some(2)))
        );
        assert_eq!(
            shape("Impact on talks | Beijing's line | Red line", false),
            Some(lines(2, &[1], Some(0)))
        );
        assert_eq!(
            shape("Issue | Red line | Meaning", false),
            Some(lines(0, &[1], Some(2)))
        );
        assert_eq!(shape("Issue | Ankara's view", false), None);
        assert_eq!(
            shape("Issue | Ankara's view", true),
            Some(lines(0, &[1], None))
        );
        assert_eq!(
            shape("Workstream | Danger | Upside", false),
            Some(Shape::Focus {
                focus: 0,
                outcome: Some(2),
                risk: Some(1)
            })
        );
        assert_eq!(
            shape("Instrument | What for | Hoped-for result", false),
            Some(Shape::Tools {
                tool: 0,
                purpose: Some(1),
                outcome: Some(2)
            })
        );
        assert_eq!(shape("Scenario | Probability | Tier", false), None);
        assert_eq!(shape("Oblast | Control", false), None);
        assert_eq!(shape("Strategy | Expected Utility | War Risk", false), None);
    }
}
