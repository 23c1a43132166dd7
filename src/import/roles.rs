//! Which columns together make a table of red lines, of focus areas, of tools, of forecasts.
//!
//! The roles come from `headers`. A table whose columns make no known set yields nothing: most
//! tables of a report are not assessments.

use super::headers::{Role, role};
use crate::model::names::{Names, Resolution};
use crate::model::v1::IntentionKind;

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
    /// An actor in each row, with columns of what it wants, fears and will not have.
    Positions {
        actor: usize,
        columns: Vec<(usize, Held)>,
    },
    /// What may come true, by name, by key or both, and how likely.
    Forecasts {
        statement: usize,
        key: Option<usize>,
        chances: Vec<usize>,
    },
    /// Former and present probabilities of forecasts that stand elsewhere.
    Revisions {
        key: usize,
        chances: Vec<usize>,
    },
    Indicators {
        observable: usize,
    },
}

/// What a column of such a table holds of the actor of its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Held {
    Wants(IntentionKind),
    /// A danger, or what the actor is afraid of.
    Dreads,
    Refuses,
    /// What the actor says on the issue that the header names.
    Says,
}

/// Whether some words together read as a header: each has a role, and the set makes a table.
/// A cell that is only an actor's name heads the column of its stances.
pub(super) fn heads(cells: &[&str], names: &Names) -> bool {
    let stands = |cell: &str| matches!(names.actor(cell), Resolution::One(_));
    let mut roles: Vec<Role> = cells.iter().map(|cell| role(cell)).collect();
    if roles.first() == Some(&Role::Issue) {
        let open = roles.iter_mut().zip(cells).skip(1);
        let open = open.filter(|(role, cell)| **role == Role::Unknown && stands(cell));
        let mut actors = 0;
        for (role, _) in open {
            *role = Role::Stance;
            actors += 1;
        }
        if actors > 1 && !roles.contains(&Role::Unknown) {
            return true;
        }
    }
    let known = !roles
        .iter()
        .any(|role| matches!(role, Role::Unknown | Role::Other));
    known && Roles(roles).shape(false).is_some()
}

/// Roles of which one makes a table look ahead.
const OUTLOOK: [Role; 11] = [
    Role::Scenario,
    Role::Key,
    Role::Indicator,
    Role::Threshold,
    Role::Affected,
    Role::Criterion,
    Role::Verdict,
    Role::Resolved,
    Role::Scored,
    Role::Change,
    Role::Trigger,
];

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
        if OUTLOOK.iter().any(|role| self.has(*role)) {
            return self.outlook().or_else(|| self.risks());
        }
        self.positions()
            .or_else(|| self.stances(red_lines))
            .or_else(|| self.lines(red_lines))
            .or_else(|| self.tools())
            .or_else(|| self.focus())
            .or_else(|| self.risks())
            .or_else(|| self.lists())
            .or_else(|| self.chances())
    }

    fn all(&self, role: Role) -> Vec<usize> {
        let columns = self.0.iter().enumerate();
        columns
            .filter(|(_, have)| **have == role)
            .map(|(column, _)| column)
            .collect()
    }

    /// Tables that look ahead: forecasts, their revisions, indicators.
    fn outlook(&self) -> Option<Shape> {
        let chances = self.all(Role::Likelihood);
        if let Some(observable) = self.column(&[Role::Indicator]) {
            let told = [
                Role::Threshold,
                Role::Implication,
                Role::Timing,
                Role::Status,
                Role::Affected,
                Role::Resolved,
            ];
            let watched = self.column(&told).is_some() && !self.has(Role::Rating);
            return (watched && chances.is_empty()).then_some(Shape::Indicators { observable });
        }
        if chances.is_empty() {
            return None;
        }
        let key = self.column(&[Role::Key]);
        let dated = self.0.first() == Some(&Role::Timing);
        if let Some(key) = key.filter(|_| dated) {
            return Some(Shape::Revisions { key, chances });
        }
        let named = self.column(&[Role::Scenario]);
        let statement = named.or(key)?;
        Some(Shape::Forecasts {
            statement,
            key: key.filter(|key| *key != statement),
            chances,
        })
    }

    /// Courses or outcomes in rows with a probability each: "Option | Deal probability".
    fn chances(&self) -> Option<Shape> {
        let likely = self.all(Role::Likelihood);
        let first = self.0.iter().position(|role| *role != Role::Aside)?;
        let names = [
            Role::Tool,
            Role::Focus,
            Role::Issue,
            Role::Outcome,
            Role::Unknown,
            Role::Recommendation,
        ];
        let statement = Some(first).filter(|at| self.0.get(*at).is_some_and(|r| names.contains(r)));
        // The risk of something, where other columns are probabilities, is one too.
        let mut chances = likely;
        chances.extend(self.all(Role::Risk));
        chances.sort_unstable();
        (!chances.is_empty()).then_some(())?;
        Some(Shape::Forecasts {
            statement: statement?,
            key: None,
            chances,
        })
    }

    fn positions(&self) -> Option<Shape> {
        let first = self.0.iter().position(|role| *role != Role::Aside)?;
        let actor = Some(first).filter(|at| self.0.get(*at) == Some(&Role::Actor))?;
        let kinds = [
            (Role::Intention, Held::Wants(IntentionKind::Unspecified)),
            (Role::Aim, Held::Wants(IntentionKind::Goal)),
            (Role::RedLine, Held::Refuses),
            (Role::Risk, Held::Dreads),
        ];
        let held = |role: &Role| kinds.iter().find(|(known, _)| known == role);
        let columns = self.0.iter().enumerate();
        let columns: Vec<(usize, Held)> = columns
            .filter_map(|(at, role)| Some((at, held(role)?.1)))
            .collect();
        let other = [Role::Issue, Role::Stance, Role::Implication, Role::Purpose];
        let alone = self.column(&other).is_none();
        (alone && columns.len() > 1).then_some(Shape::Positions { actor, columns })
    }

    /// Actors in rows, and a column for what each says on an issue.
    fn stances(&self, red_lines: bool) -> Option<Shape> {
        let first = self.0.iter().position(|role| *role != Role::Aside)?;
        let actor = Some(first).filter(|at| self.0.get(*at) == Some(&Role::Actor))?;
        let others = self.0.iter().enumerate().skip(actor + 1);
        let columns: Vec<(usize, Held)> = others
            .filter(|(_, role)| **role != Role::Aside)
            .map(|(at, _)| (at, Held::Says))
            .collect();
        let open = |at: &usize| matches!(self.0.get(*at), Some(Role::Unknown | Role::Issue));
        let all = columns.iter().all(|(at, _)| open(at));
        let named = columns
            .iter()
            .all(|(at, _)| self.0.get(*at) == Some(&Role::Issue));
        (all && (red_lines || named) && columns.len() > 1)
            .then_some(Shape::Positions { actor, columns })
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
        assert_eq!(shape("Oblast | Control", false), None);
        assert_eq!(shape("Date | Event | Significance", false), None);
        assert_eq!(shape("# | Indicator | Score (1–5) | Evidence", false), None);
        assert_eq!(
            shape("Scenario Type | Tier | Probability Band", false),
            None
        );
    }

    #[test]
    fn columns_make_tables_that_look_ahead() {
        let forecasts = |statement, key, chances: &[usize]| {
            let chances = chances.to_vec();
            Some(Shape::Forecasts {
                statement,
                key,
                chances,
            })
        };
        for (header, expected) in [
            ("Scenario | Probability | Tier", forecasts(0, None, &[1])),
            ("Ref. | Event | Odds", forecasts(1, None, &[2])),
            (
                "Scenario ID | Scenario Label | Window | P (baseline) | P (current) | ΔP",
                forecasts(1, Some(0), &[3, 4]),
            ),
            ("Scenario ID | P | Window", forecasts(0, None, &[1])),
            (
                "Option | Utility | Deal probability | War risk",
                forecasts(0, None, &[2, 3]),
            ),
            (
                "Timestamp | Scenario ID | Old P | New P | Trigger",
                Some(Shape::Revisions {
                    key: 1,
                    chances: vec![2, 3],
                }),
            ),
            (
                "Signpost | Significance",
                Some(Shape::Indicators { observable: 0 }),
            ),
            (
                "Indicator | Scenarios affected | Threshold",
                Some(Shape::Indicators { observable: 0 }),
            ),
            (
                "Player | Wants | Fears | Will not accept",
                Some(Shape::Positions {
                    actor: 0,
                    columns: vec![
                        (1, Held::Wants(IntentionKind::Unspecified)),
                        (2, Held::Dreads),
                        (3, Held::Refuses),
                    ],
                }),
            ),
            (
                "Risk | Likelihood | Trigger",
                Some(Shape::Risks {
                    risk: 0,
                    effect: None,
                }),
            ),
        ] {
            assert_eq!(shape(header, false), expected, "{header}");
        }
    }
}
