//! The nearest change to each term that respects every decidable line it bears on.
//!
//! Changes are tried in the order of how little they change: keep the term, move it on its scale,
//! turn it round, leave it out. A move goes to the nearest value that lies within every declared
//! bound at once. A line that cannot be decided holds nothing up: it is named beside the change.
//! Where nothing helps, the lines that are in each other's way are named.

use std::collections::BTreeSet;

use super::judge::{judge, stated};
use super::reach::{Reach, Reaches};
use super::terms::{Place, Term};
use super::{ByIssue, Issues, Verdict};
use crate::analysis::scale;
use crate::model::v1::issue::Scale;
use crate::model::v1::{self, Posture, TermChangeKind as Kind, TermEffect};

/// The lines that a term bears on, each with how its issue is reached.
type Touched<'a> = Vec<(&'a v1::RedLine, Reach)>;

/// What would be done to a term.
#[derive(Debug, Clone, PartialEq)]
enum Candidate<'a> {
    Keep(Term<'a>),
    Move(Term<'a>),
    Turn(Term<'a>),
    Strike,
}

/// The nearest change to each term, then what is to be added.
pub(super) fn nearest(
    (terms, met): (&[Term<'_>], &BTreeSet<&str>),
    issues: &Issues,
    reaches: &Reaches,
    by_issue: &ByIssue<'_>,
) -> Vec<v1::TermChange> {
    let mut changes: Vec<v1::TermChange> = terms
        .iter()
        .enumerate()
        .map(|(at, term)| {
            let case = Case {
                at,
                term,
                terms,
                met,
                issues,
                touched: touched(at, reaches, by_issue),
            };
            case.change()
        })
        .collect();
    changes.extend(additions(terms, issues, by_issue));
    changes
}

fn touched<'a>(at: usize, reaches: &Reaches, by_issue: &ByIssue<'a>) -> Touched<'a> {
    let mut found = Vec::new();
    for (issue, lines) in by_issue {
        let paths = reaches.on(issue).iter();
        for path in paths.filter(|path| path.term == at) {
            found.extend(lines.iter().map(|line| (*line, path.reach)));
        }
    }
    found
}

/// One term and the lines it bears on.
struct Case<'a> {
    at: usize,
    term: &'a Term<'a>,
    terms: &'a [Term<'a>],
    /// The lines whose condition a term is said to carry.
    met: &'a BTreeSet<&'a str>,
    issues: &'a Issues,
    touched: Touched<'a>,
}

impl<'a> Case<'a> {
    fn scale(&self, issue: &str) -> Option<&'a Scale> {
        self.issues.get(issue)?.scale.as_ref()
    }

    fn change(&self) -> v1::TermChange {
        let bound = together(self.touched.iter().filter(|(line, _)| self.binds(line)));
        let broken = self.broken(&Candidate::Keep(self.term.clone()));
        let mut in_the_way = BTreeSet::new();
        for candidate in self.candidates(bound.as_ref()) {
            let crossed = self.broken(&candidate);
            if crossed.is_empty() {
                return self.told(&candidate, broken, bound);
            }
            in_the_way.extend(crossed);
        }
        v1::TermChange {
            kind: Kind::None.into(),
            blocked_by: in_the_way.into_iter().map(ToOwned::to_owned).collect(),
            reason: "no change of this term alone respects all of these lines".to_owned(),
            acceptable: bound,
            ..self.blank()
        }
    }

    /// Whether the bound of a line decides where the term may lie, whatever the place.
    fn binds(&self, line: &v1::RedLine) -> bool {
        let scale = self.scale(&line.issue);
        let place = match scale {
            Some(Scale::Options(_)) => Place::Of(""),
            Some(Scale::Ordinal(_) | Scale::Quantity(_) | Scale::Binary(_)) | None => {
                Place::At(0.0)
            }
        };
        let placed = Term {
            effect: TermEffect::Unspecified,
            place: Some(place),
            elsewhere: false,
            ..self.term.clone()
        };
        let same = line.issue == self.term.issue;
        same && matches!(
            judge(&placed, line, scale, Reach::Same, self.met).verdict,
            Verdict::Crossed | Verdict::AtLimit | Verdict::Respected
        )
    }

    /// What may be done to the term, the least change first.
    fn candidates(&self, bound: Option<&v1::Bound>) -> Vec<Candidate<'a>> {
        let mut candidates = vec![Candidate::Keep(self.term.clone())];
        let scale = self.scale(self.term.issue);
        let binary = matches!(scale, Some(Scale::Binary(_)));
        if let (Some(bound), false) = (bound, binary) {
            let places = match self.term.place {
                Some(Place::At(value)) => moved(value, bound, scale).map(Place::At),
                Some(Place::Of(_)) => option(bound, self.touched.as_slice()),
                None => None,
            };
            candidates.extend(places.map(|place| {
                Candidate::Move(Term {
                    place: Some(place),
                    elsewhere: false,
                    ..self.term.clone()
                })
            }));
        }
        let effect = match self.term.effect {
            TermEffect::BringsAbout => Some(TermEffect::RulesOut),
            TermEffect::RulesOut => Some(TermEffect::BringsAbout),
            TermEffect::Unspecified => None,
        };
        candidates.extend(effect.map(|effect| {
            let yes = f64::from(u8::from(effect == TermEffect::BringsAbout));
            let place = (binary && self.term.place.is_some()).then_some(Place::At(yes));
            Candidate::Turn(Term {
                effect,
                place,
                elsewhere: false,
                ..self.term.clone()
            })
        }));
        candidates.push(Candidate::Strike);
        candidates
    }

    /// The lines that the term, so changed, crosses or leaves unmet.
    fn broken(&self, candidate: &Candidate<'_>) -> BTreeSet<&'a str> {
        let term = match candidate {
            Candidate::Keep(term) | Candidate::Move(term) | Candidate::Turn(term) => term,
            Candidate::Strike => return self.left_unmet(),
        };
        let crossed = self.touched.iter().filter(|(line, reach)| {
            let found = judge(term, line, self.scale(&line.issue), *reach, self.met);
            found.verdict == Verdict::Crossed
        });
        crossed.map(|(line, _)| line.name.as_str()).collect()
    }

    /// What is required and would be met by nothing without the term.
    fn left_unmet(&self) -> BTreeSet<&'a str> {
        let beside = self
            .terms
            .iter()
            .enumerate()
            .any(|(at, term)| at != self.at && term.issue == self.term.issue);
        let required = self.touched.iter().filter(|(line, reach)| {
            !beside && *reach == Reach::Same && line.posture() == Posture::Requires
        });
        required.map(|(line, _)| line.name.as_str()).collect()
    }

    fn undecided(&self, candidate: &Candidate<'_>) -> Vec<String> {
        let term = match candidate {
            Candidate::Keep(term) | Candidate::Move(term) | Candidate::Turn(term) => term,
            Candidate::Strike => return Vec::new(),
        };
        let open = self.touched.iter().filter(|(line, reach)| {
            let found = judge(term, line, self.scale(&line.issue), *reach, self.met);
            found.verdict == Verdict::Undecidable
        });
        let mut names: Vec<String> = open.map(|(line, _)| line.name.clone()).collect();
        names.sort();
        names
    }

    fn told(
        &self,
        candidate: &Candidate<'_>,
        broken: BTreeSet<&str>,
        bound: Option<v1::Bound>,
    ) -> v1::TermChange {
        let scale = self.scale(self.term.issue);
        let undecided = self.undecided(candidate);
        let blank = v1::TermChange {
            respects: broken.iter().map(|name| (*name).to_owned()).collect(),
            acceptable: bound.clone(),
            undecided,
            ..self.blank()
        };
        match candidate {
            Candidate::Keep(_) => v1::TermChange {
                kind: Kind::Keep.into(),
                reason: "it crosses no line that can be decided".to_owned(),
                ..blank
            },
            Candidate::Move(term) => v1::TermChange {
                kind: Kind::Move.into(),
                reason: "the nearest place within every declared bound".to_owned(),
                ..self.placed(blank, term, bound)
            },
            Candidate::Turn(term) => {
                let place = match term.place {
                    Some(Place::At(value)) => Some(value),
                    Some(Place::Of(_)) | None => None,
                };
                v1::TermChange {
                    kind: Kind::Turn.into(),
                    reason: "turned round, it respects every line".to_owned(),
                    effect: term.effect.into(),
                    amount: place,
                    step: place.map_or_else(String::new, |value| label(scale, value)),
                    ..blank
                }
            }
            Candidate::Strike => v1::TermChange {
                kind: Kind::Strike.into(),
                reason: "no place on the scale respects every line; without the term none is \
                         crossed"
                    .to_owned(),
                ..blank
            },
        }
    }

    /// A move, with where it goes and how far that is.
    fn placed(
        &self,
        blank: v1::TermChange,
        term: &Term<'_>,
        bound: Option<v1::Bound>,
    ) -> v1::TermChange {
        let scale = self.scale(self.term.issue);
        match (self.term.place, term.place) {
            (Some(Place::At(from)), Some(Place::At(to))) => v1::TermChange {
                amount: Some(to),
                step: label(scale, to),
                distance: Some(scale::distance(scale, from, to)),
                ..blank
            },
            _ => v1::TermChange {
                options: bound.map(|bound| bound.options).unwrap_or_default(),
                ..blank
            },
        }
    }

    fn blank(&self) -> v1::TermChange {
        v1::TermChange {
            term: i32::try_from(self.at).ok(),
            issue: self.term.issue.to_owned(),
            ..Default::default()
        }
    }
}

/// What several bounds leave together; `None` when none is stated. Where they leave nothing, the
/// least is above the greatest, or no option is left.
fn together<'a, 'b: 'a>(
    lines: impl Iterator<Item = &'a (&'b v1::RedLine, Reach)>,
) -> Option<v1::Bound> {
    let holds = |bound: &&v1::Bound| bound.min.zip(bound.max).is_none_or(|(min, max)| min <= max);
    let bounds: Vec<&v1::Bound> = lines
        .filter_map(|(line, _)| stated(line))
        .filter(holds)
        .collect();
    // An empty list states nothing in a line, and says that nothing is left once two have met.
    let options = bounds.iter().map(|bound| &bound.options);
    let options = options.filter(|options| !options.is_empty()).cloned();
    let options = options.reduce(|mut one, other| {
        one.retain(|option| other.contains(option));
        one
    });
    let ends = bounds.into_iter().cloned();
    let ends = ends.reduce(|one, other| v1::Bound {
        min: later(one.min, other.min, f64::max),
        max: later(one.max, other.max, f64::min),
        ..one
    });
    ends.map(|ends| v1::Bound {
        options: options.unwrap_or_default(),
        ..ends
    })
}

fn later(one: Option<f64>, other: Option<f64>, choose: fn(f64, f64) -> f64) -> Option<f64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(choose(one, other)),
        (one, other) => one.or(other),
    }
}

/// The value of the scale within the bound that is nearest to `from`; of two that are as near, the
/// lower one.
fn moved(from: f64, bound: &v1::Bound, scale: Option<&Scale>) -> Option<f64> {
    let inside = |value: f64| {
        bound.min.is_none_or(|min| value >= min) && bound.max.is_none_or(|max| value <= max)
    };
    let steps = scale::steps(scale);
    if steps.is_empty() {
        let low = bound.min.unwrap_or(f64::NEG_INFINITY);
        let high = bound.max.unwrap_or(f64::INFINITY);
        let value = from.max(low).min(high);
        let (least, most) = scale::ends(scale).unwrap_or((None, None));
        let on = least.is_none_or(|least| value >= least) && most.is_none_or(|most| value <= most);
        return (inside(value) && on).then_some(value);
    }
    let place = |value: f64| steps.iter().position(|(step, _)| *step == value);
    let start = place(from)?;
    let near = steps
        .iter()
        .enumerate()
        .filter(|(_, (value, _))| inside(*value));
    near.min_by_key(|(at, _)| at.abs_diff(start))
        .map(|(_, (value, _))| *value)
}

/// An option that every line accepts.
fn option<'a>(bound: &v1::Bound, touched: &[(&'a v1::RedLine, Reach)]) -> Option<Place<'a>> {
    let same = touched.iter().filter(|(_, reach)| *reach == Reach::Same);
    let all = same.filter_map(|(line, _)| stated(line));
    let mut all = all.flat_map(|bound| &bound.options);
    let found = all.find(|option| bound.options.contains(option));
    found.map(|option| Place::Of(option))
}

fn label(scale: Option<&Scale>, value: f64) -> String {
    let steps = scale::steps(scale);
    let found = steps.into_iter().find(|(step, _)| *step == value);
    found.map_or_else(String::new, |(_, label)| label)
}

/// What is required and no term speaks of.
fn additions(terms: &[Term<'_>], issues: &Issues, by_issue: &ByIssue<'_>) -> Vec<v1::TermChange> {
    let silent = by_issue
        .iter()
        .filter(|(issue, _)| !terms.iter().any(|term| term.issue == **issue));
    let required =
        silent.filter(|(_, lines)| lines.iter().any(|line| line.posture() == Posture::Requires));
    required
        .map(|(issue, lines)| addition(issue, lines, issues))
        .collect()
}

fn addition(issue: &str, lines: &[&v1::RedLine], issues: &Issues) -> v1::TermChange {
    let scale = issues.get(issue).and_then(|issue| issue.scale.as_ref());
    let all: Touched<'_> = lines.iter().map(|line| (*line, Reach::Same)).collect();
    let name = |line: &&v1::RedLine| line.name.clone();
    let of = |wanted: &dyn Fn(&v1::RedLine) -> bool| {
        let mut names: Vec<String> = lines.iter().filter(|line| wanted(line)).map(name).collect();
        names.sort();
        names
    };
    let rejecting = |line: &v1::RedLine| {
        matches!(line.posture(), Posture::Prohibits | Posture::Refuses) && stated(line).is_none()
    };
    let open = |line: &v1::RedLine| match line.posture() {
        Posture::Conditions => true,
        Posture::Unspecified | Posture::Undetermined => stated(line).is_none(),
        Posture::Prohibits | Posture::Requires | Posture::Claims | Posture::Refuses => false,
    };
    let acceptable = together(all.iter().filter(|(line, _)| !open(line)));
    let room = acceptable
        .as_ref()
        .is_none_or(|bound| has_room(bound, scale));
    let undecided = of(&open);
    let blank = v1::TermChange {
        issue: issue.to_owned(),
        undecided,
        ..Default::default()
    };
    if !room || lines.iter().any(|line| rejecting(line)) {
        return v1::TermChange {
            kind: Kind::None.into(),
            blocked_by: of(&|line| !open(line)),
            acceptable,
            reason: "what one line requires, another leaves no room for".to_owned(),
            ..blank
        };
    }
    v1::TermChange {
        kind: Kind::Add.into(),
        effect: TermEffect::BringsAbout.into(),
        respects: of(&|line| line.posture() == Posture::Requires),
        acceptable,
        reason: "it is required, and the proposal is silent on it".to_owned(),
        ..blank
    }
}

/// Whether anything on the scale lies within a bound.
fn has_room(bound: &v1::Bound, scale: Option<&Scale>) -> bool {
    if matches!(scale, Some(Scale::Options(_))) {
        return !bound.options.is_empty();
    }
    let (low, high) = scale::ends(scale).unwrap_or((None, None));
    let from = bound.min.or(low).or(bound.max).or(high).unwrap_or(0.0);
    match scale::steps(scale).first() {
        Some((first, _)) => moved(*first, bound, scale).is_some(),
        None => moved(from, bound, scale).is_some(),
    }
}
