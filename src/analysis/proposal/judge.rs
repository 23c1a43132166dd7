//! One term against one line: a verdict, and why.

use std::collections::BTreeSet;

use super::reach::{Path, Reach};
use super::terms::{Place, Term};
use crate::analysis::scale;
use crate::model::mutant;
use crate::model::v1::issue::Scale;
use crate::model::v1::{self, Posture, ProposalVerdict as Verdict, TermEffect};

/// What is found of one term and one line. It owns no text: thousands are made and few are told.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Finding {
    pub(super) verdict: Verdict,
    pub(super) why: Why,
    pub(super) margin: Option<Margin>,
}

/// How far a value is from the end of a bound that it is nearest to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Margin {
    /// In the units of the scale; negative is outside.
    pub(super) size: f64,
    value: f64,
    end: f64,
}

/// Why a verdict is what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    Silent,
    SilentOnRequirement,
    SilentWithoutPosture,
    Within,
    AtTheEnd,
    Outside,
    EmptyBound,
    OtherBound,
    Elsewhere,
    NoPlace,
    NoBound,
    NoEffect,
    NoPosture,
    Does,
    Denies,
    Leaves,
    Meets,
    PartOnly,
    SomeOfWhole,
    OtherGiver,
    ConditionMissing,
    ConditionCarried,
    OverlapOnly,
}

const fn plain(verdict: Verdict, why: Why) -> Finding {
    Finding {
        verdict,
        why,
        margin: None,
    }
}

/// The posture by which a line is judged.
fn posture_of(line: &v1::RedLine) -> Posture {
    if mutant::active("posture_ignored") {
        return Posture::Prohibits;
    }
    line.posture()
}

/// What becomes of a line that no term bears on.
pub(super) fn silence(line: &v1::RedLine) -> Finding {
    match posture_of(line) {
        Posture::Requires => plain(Verdict::Unmet, Why::SilentOnRequirement),
        Posture::Unspecified | Posture::Undetermined => {
            plain(Verdict::Undecidable, Why::SilentWithoutPosture)
        }
        Posture::Prohibits | Posture::Refuses | Posture::Claims | Posture::Conditions => {
            plain(Verdict::NotAddressed, Why::Silent)
        }
    }
}

/// Judges one term against one line; `met` are the lines whose condition a term carries.
pub(super) fn judge(
    term: &Term<'_>,
    line: &v1::RedLine,
    scale: Option<&Scale>,
    reach: Reach,
    met: &BTreeSet<&str>,
) -> Finding {
    let posture = posture_of(line);
    let others = !term.giver.is_empty() && !line.actor.is_empty() && term.giver != line.actor;
    if posture == Posture::Refuses && others {
        return plain(Verdict::NotAddressed, Why::OtherGiver);
    }
    if reach == Reach::Overlap {
        return plain(Verdict::Undecidable, Why::OverlapOnly);
    }
    if posture == Posture::Conditions && !met.contains(line.name.as_str()) {
        return plain(Verdict::Undecidable, Why::ConditionMissing);
    }
    if term.elsewhere {
        return plain(Verdict::Undecidable, Why::Elsewhere);
    }
    match (reach, stated(line), term.place) {
        (Reach::Same, Some(bound), Some(place)) => within(bound, place, scale),
        (Reach::Same, Some(_), None) if does_what_is_bounded(posture, term.effect) => {
            plain(Verdict::Undecidable, Why::NoPlace)
        }
        (Reach::Same, None, Some(_)) if term.effect == TermEffect::Unspecified => {
            plain(Verdict::Undecidable, Why::NoBound)
        }
        (Reach::Part, _, _) => of_a_part(posture, term.effect),
        (Reach::Whole, _, _) if term.short() => plain(Verdict::Undecidable, Why::SomeOfWhole),
        (Reach::Same | Reach::Whole | Reach::Overlap, _, _) => by_posture(posture, term.effect),
    }
}

/// The bound of a line, when it states one.
pub(super) fn stated(line: &v1::RedLine) -> Option<&v1::Bound> {
    let bound = line.acceptable.as_ref()?;
    let any = bound.min.is_some() || bound.max.is_some() || !bound.options.is_empty();
    any.then_some(bound)
}

/// Whether a bound would have to say how much of it is too much.
fn does_what_is_bounded(posture: Posture, effect: TermEffect) -> bool {
    match (posture, effect) {
        (Posture::Prohibits | Posture::Refuses, TermEffect::RulesOut) => false,
        (Posture::Requires | Posture::Claims, TermEffect::RulesOut) => false,
        (_, TermEffect::RulesOut | TermEffect::BringsAbout | TermEffect::Unspecified) => true,
    }
}

/// On a scale the declared bound decides.
fn within(bound: &v1::Bound, place: Place<'_>, scale: Option<&Scale>) -> Finding {
    let value = match place {
        Place::At(_) if bound.min.is_none() && bound.max.is_none() => {
            return plain(Verdict::Undecidable, Why::OtherBound);
        }
        Place::At(value) => value,
        Place::Of(_) if bound.options.is_empty() => {
            return plain(Verdict::Undecidable, Why::OtherBound);
        }
        Place::Of(option) if bound.options.iter().any(|accepted| accepted == option) => {
            return plain(Verdict::Respected, Why::Within);
        }
        Place::Of(_) => return plain(Verdict::Crossed, Why::Outside),
    };
    if bound.min.zip(bound.max).is_some_and(|(min, max)| min > max) {
        return plain(Verdict::Undecidable, Why::EmptyBound);
    }
    let below = bound.min.map(|min| (value - min, min));
    let above = bound.max.map(|max| (max - value, max));
    let nearest = below
        .into_iter()
        .chain(above)
        .filter(|(size, end)| *size < 0.0 || !ends_with(scale, *end, bound))
        .min_by(|a, b| a.0.total_cmp(&b.0));
    let Some((size, end)) = nearest else {
        return plain(Verdict::Respected, Why::Within);
    };
    let binary = matches!(scale, Some(Scale::Binary(_)));
    let (verdict, why) = match size {
        size if size < 0.0 => (Verdict::Crossed, Why::Outside),
        size if size > 0.0 || binary => (Verdict::Respected, Why::Within),
        _ => (Verdict::AtLimit, Why::AtTheEnd),
    };
    Finding {
        verdict,
        why,
        margin: Some(Margin { size, value, end }),
    }
}

/// Whether the end of a bound is the end of the scale, beyond which nothing can lie.
fn ends_with(scale: Option<&Scale>, end: f64, bound: &v1::Bound) -> bool {
    let (low, high) = scale::ends(scale).unwrap_or((None, None));
    let lower = bound.min == Some(end) && low.is_some_and(|low| end <= low);
    let upper = bound.max == Some(end) && high.is_some_and(|high| end >= high);
    lower || upper
}

fn by_posture(posture: Posture, effect: TermEffect) -> Finding {
    use TermEffect::{BringsAbout, RulesOut, Unspecified};
    match (posture, effect) {
        (_, Unspecified) => plain(Verdict::Undecidable, Why::NoEffect),
        (Posture::Prohibits | Posture::Refuses, BringsAbout) => plain(Verdict::Crossed, Why::Does),
        (Posture::Prohibits | Posture::Refuses, RulesOut) => plain(Verdict::Respected, Why::Leaves),
        (Posture::Requires | Posture::Claims, BringsAbout) => plain(Verdict::Respected, Why::Meets),
        (Posture::Requires | Posture::Claims, RulesOut) => plain(Verdict::Crossed, Why::Denies),
        (Posture::Conditions, BringsAbout | RulesOut) => {
            plain(Verdict::Respected, Why::ConditionCarried)
        }
        (Posture::Unspecified | Posture::Undetermined, BringsAbout | RulesOut) => {
            plain(Verdict::Undecidable, Why::NoPosture)
        }
    }
}

/// The term does something to a part of what the line is drawn on.
fn of_a_part(posture: Posture, effect: TermEffect) -> Finding {
    use TermEffect::{BringsAbout, RulesOut};
    match (posture, effect) {
        (Posture::Prohibits | Posture::Refuses, RulesOut) | (Posture::Claims, BringsAbout) => {
            plain(Verdict::NotAddressed, Why::PartOnly)
        }
        (Posture::Requires, BringsAbout) => plain(Verdict::Unmet, Why::PartOnly),
        (_, _) => by_posture(posture, effect),
    }
}

impl Margin {
    /// As it is told: an amount of a quantity, named steps of an ordinal scale.
    pub(super) fn told(self, scale: Option<&Scale>) -> v1::ScaleDistance {
        let between = scale::distance(scale, self.end, self.value);
        if self.size < 0.0 {
            negative(between)
        } else {
            between
        }
    }
}

fn negative(distance: v1::ScaleDistance) -> v1::ScaleDistance {
    v1::ScaleDistance {
        amount: distance.amount.map(|amount| -amount),
        steps: distance.steps.map(|steps| -steps),
        ..distance
    }
}

impl Why {
    /// The reason in a sentence.
    pub(super) fn told(self, line: &v1::RedLine, path: Option<&Path>) -> String {
        let term = path.map_or(0, |path| path.term + 1);
        let other = path.and_then(|path| path.issues.first());
        let other = other.map_or("", String::as_str);
        match self {
            Self::Silent => "no term bears on it".to_owned(),
            Self::SilentOnRequirement => "it is required and no term brings it about".to_owned(),
            Self::SilentWithoutPosture => {
                "no term bears on it, and its posture is not stated: silence crosses nothing \
                 that is prohibited and meets nothing that is required"
                    .to_owned()
            }
            Self::Within => format!("term {term} lies within the declared bound"),
            Self::AtTheEnd => format!("term {term} lies on the end of the declared bound"),
            Self::Outside => format!("term {term} lies outside the declared bound"),
            Self::EmptyBound => "its declared bound ends before it begins".to_owned(),
            Self::OtherBound => {
                "its declared bound is of another sort than the scale of its issue".to_owned()
            }
            Self::Elsewhere => {
                format!("term {term} rules out a place on the scale and does not say where it lies")
            }
            Self::NoPlace => {
                format!("it declares a bound, and term {term} names no place on the scale")
            }
            Self::NoBound => {
                format!("term {term} names a place on the scale, and it declares no bound there")
            }
            Self::NoEffect => {
                format!(
                    "term {term} does not state what it does to \"{}\"",
                    line.issue
                )
            }
            Self::NoPosture => "its posture is not stated".to_owned(),
            Self::Does => format!("term {term} does what it rejects"),
            Self::Denies => format!("term {term} rules out what it insists on"),
            Self::Leaves => format!("term {term} rules out what it rejects"),
            Self::Meets => format!("term {term} brings about what it insists on"),
            Self::PartOnly => format!("term {term} is about a part of it only, \"{other}\""),
            Self::SomeOfWhole => format!(
                "term {term} goes some way on \"{other}\", of which it is a part; how far that \
                 goes here is not stated"
            ),
            Self::OtherGiver => {
                format!("term {term} is given by another than the one who refuses")
            }
            Self::ConditionMissing => {
                "it is accepted on a condition, and no term is said to carry it".to_owned()
            }
            Self::ConditionCarried => "a term is said to carry its condition".to_owned(),
            Self::OverlapOnly => format!(
                "term {term} is about \"{other}\", which overlaps; whether it does what the line \
                 is about is not stated"
            ),
        }
    }
}
