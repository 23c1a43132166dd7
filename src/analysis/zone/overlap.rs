//! The overlap on one issue: what is left, under which conditions, and what it hangs on.
//!
//! ```text
//! low  = the greatest stated minimum      a quantity is open where low <= high,
//! high = the least stated maximum         steps where one of them lies between the two
//! ```
//!
//! A party whose own bounds leave nothing is set aside: if the others close the issue without it,
//! it is closed, else nothing can be said.

use super::{Acceptance, Condition, End, Hinge, IssueZone, Range, Side, Status};
use crate::analysis::scale::{self, Issue};
use crate::model::v1::issue::Scale;

/// All that one party says on an issue, the strictest end of each.
pub(super) fn range(issue: &Issue, party: &str, said: &[&Acceptance]) -> Range {
    let scale = issue.scale.as_ref();
    let steps = scale::steps(scale);
    let end = |acceptance: &Acceptance, value: f64| End {
        value,
        label: label(&steps, value),
        source: acceptance.source.clone(),
        basis: acceptance.basis,
    };
    let minima = said
        .iter()
        .filter_map(|said| Some(end(said, said.bound.min?)));
    let maxima = said
        .iter()
        .filter_map(|said| Some(end(said, said.bound.max?)));
    let minimum = minima.max_by(|a, b| a.value.total_cmp(&b.value));
    let maximum = maxima.min_by(|a, b| a.value.total_cmp(&b.value));
    let mut options: Option<Vec<String>> = None;
    for accepted in said.iter().map(|said| &said.bound.options) {
        if !accepted.is_empty() {
            let left = options.take().unwrap_or_else(|| accepted.clone());
            options = Some(
                left.into_iter()
                    .filter(|option| accepted.contains(option))
                    .collect(),
            );
        }
    }
    let line = Line { steps };
    let (low, high) = (value(minimum.as_ref()), value(maximum.as_ref()));
    Range {
        party: party.to_owned(),
        contradictory: line.nothing(low, high) || options.as_ref().is_some_and(Vec::is_empty),
        of_options: matches!(scale, Some(Scale::Options(_))),
        minimum,
        maximum,
        options,
    }
}

/// What the ranges of all parties leave.
pub(super) fn overlap(issue: &Issue, ranges: Vec<Range>) -> IssueZone {
    let silent = ranges.iter().filter(|range| range.stated().0 == 0);
    let mut zone = IssueZone {
        issue: issue.name.clone(),
        status: Status::Undecidable,
        undecidable_because: String::new(),
        low: None,
        high: None,
        binding: [Vec::new(), Vec::new()],
        steps: Vec::new(),
        options: Vec::new(),
        conditions: Vec::new(),
        mutual: false,
        hinges: Vec::new(),
        blockers: Vec::new(),
        silent: silent.map(|range| range.party.clone()).collect(),
        ranges,
    };
    match &issue.scale {
        None => zone.undecidable_because = "the scale of the issue is not stated".to_owned(),
        Some(Scale::Options(options)) => choose(&mut zone, &options.ids),
        Some(Scale::Ordinal(_) | Scale::Quantity(_) | Scale::Binary(_)) => {
            let steps = scale::steps(issue.scale.as_ref());
            between(&mut zone, &Line { steps });
        }
    }
    zone
}

/// An ordered scale: its steps, or none for a quantity.
struct Line {
    steps: Vec<(f64, String)>,
}

impl Line {
    /// Whether nothing lies between two ends, as far as they are stated.
    fn nothing(&self, low: Option<f64>, high: Option<f64>) -> bool {
        if self.steps.is_empty() {
            matches!((low, high), (Some(low), Some(high)) if low > high)
        } else {
            self.within(low, high).next().is_none()
        }
    }

    fn within(
        &self,
        low: Option<f64>,
        high: Option<f64>,
    ) -> impl DoubleEndedIterator<Item = &(f64, String)> {
        self.steps.iter().filter(move |(value, _)| {
            low.is_none_or(|low| low <= *value) && high.is_none_or(|high| *value <= high)
        })
    }

    /// The place nearest to an end that something can lie at: the end, or a step.
    fn reach(&self, end: f64, side: Side) -> Option<f64> {
        if self.steps.is_empty() {
            return Some(end);
        }
        let value = |step: &(f64, String)| step.0;
        match side {
            Side::Minimum => self.within(None, Some(end)).map(value).next_back(),
            Side::Maximum => self.within(Some(end), None).map(value).next(),
        }
    }

    /// How many steps one takes on the way, the one at the end included.
    fn count(&self, from: f64, to: f64) -> Option<usize> {
        let taken = self.steps.iter().filter(|(value, _)| {
            (from < *value && *value <= to) || (to <= *value && *value < from)
        });
        (!self.steps.is_empty()).then(|| taken.count())
    }
}

fn label(steps: &[(f64, String)], value: f64) -> Option<String> {
    let step = steps.iter().find(|(step, _)| *step == value);
    step.map(|(_, label)| label.clone())
}

fn value(end: Option<&End>) -> Option<f64> {
    end.map(|end| end.value)
}

impl Range {
    fn end(&self, side: Side) -> Option<f64> {
        match side {
            Side::Minimum => value(self.minimum.as_ref()),
            Side::Maximum => value(self.maximum.as_ref()),
        }
    }
}

impl Side {
    fn other(self) -> Self {
        match self {
            Self::Minimum => Self::Maximum,
            Self::Maximum => Self::Minimum,
        }
    }
}

/// The greatest minimum or the least maximum of all but one party.
fn strictest(ranges: &[Range], side: Side, without: Option<usize>) -> Option<f64> {
    let counted = ranges.iter().enumerate();
    let counted = counted.filter(|(at, range)| Some(*at) != without && !range.contradictory);
    let ends = counted.filter_map(|(_, range)| range.end(side));
    match side {
        Side::Minimum => ends.max_by(f64::total_cmp),
        Side::Maximum => ends.min_by(f64::total_cmp),
    }
}

fn between(zone: &mut IssueZone, line: &Line) {
    let ranges = &zone.ranges;
    let low = strictest(ranges, Side::Minimum, None);
    let high = strictest(ranges, Side::Maximum, None);
    let closed = line.nothing(low, high);
    let complete = ranges.iter().all(|range| range.stated() == (2, 2));
    zone.binding = [(Side::Minimum, low), (Side::Maximum, high)].map(|(side, end)| {
        let binding = ranges
            .iter()
            .filter(|range| end.is_some() && range.end(side) == end);
        binding
            .filter(|range| !range.contradictory)
            .map(|range| range.party.clone())
            .collect()
    });
    if closed {
        let blocks = |at: &usize| {
            let low = strictest(ranges, Side::Minimum, Some(*at));
            !line.nothing(low, strictest(ranges, Side::Maximum, Some(*at)))
        };
        let blockers = (0..ranges.len()).filter(blocks);
        zone.blockers = blockers.map(|at| ranges[at].party.clone()).collect();
    } else {
        zone.steps = line
            .within(low, high)
            .map(|(_, label)| label.clone())
            .collect();
        zone.conditions = conditions(ranges, line, low, high);
        let missing = |side| {
            let mut conditions = zone.conditions.iter();
            conditions.any(|condition| condition.side == Some(side))
        };
        zone.mutual = missing(Side::Minimum) && missing(Side::Maximum);
    }
    zone.hinges = hinges(ranges, line, closed);
    zone.low = low;
    zone.high = high;
    settle(zone, closed, complete);
}

/// The status, once the bounds that count have been compared.
fn settle(zone: &mut IssueZone, closed: bool, complete: bool) {
    let mut own = zone.ranges.iter().filter(|range| range.contradictory);
    zone.status = match own.next() {
        _ if closed => Status::Closed,
        Some(range) => {
            zone.undecidable_because = contradiction(range);
            // What the others leave is no zone, and nothing moves it.
            (zone.low, zone.high) = (None, None);
            zone.options.clear();
            zone.conditions.clear();
            zone.hinges.clear();
            zone.blockers.clear();
            Status::Undecidable
        }
        None if complete => Status::Open,
        None => Status::Conditional,
    };
}

fn contradiction(range: &Range) -> String {
    let said = |end: &End, what: &str| match end.source.as_str() {
        "" => format!("its {what} {}", shown(end.value, end.label.as_deref())),
        source => format!(
            "its {what} {} by {source}",
            shown(end.value, end.label.as_deref())
        ),
    };
    let minimum = range.minimum.as_ref().map(|end| said(end, "minimum"));
    let maximum = range.maximum.as_ref().map(|end| said(end, "maximum"));
    let ends: Vec<String> = minimum.into_iter().chain(maximum).collect();
    let bounds = if ends.is_empty() {
        "its options".to_owned()
    } else {
        ends.join(" and ")
    };
    format!("{} contradicts itself: {bounds} leave nothing", range.party)
}

fn shown(value: f64, label: Option<&str>) -> String {
    label.map_or_else(|| value.to_string(), |label| format!("\"{label}\""))
}

fn conditions(
    ranges: &[Range],
    line: &Line,
    low: Option<f64>,
    high: Option<f64>,
) -> Vec<Condition> {
    let mut found = Vec::new();
    for range in ranges.iter().filter(|range| !range.contradictory) {
        for (side, limit) in [(Side::Minimum, high), (Side::Maximum, low)] {
            if range.end(side).is_some() {
                continue;
            }
            let threshold = limit.and_then(|limit| line.reach(limit, side));
            let label = threshold.and_then(|value| label(&line.steps, value));
            let (end, relation) = match side {
                Side::Minimum => ("minimum", "at most"),
                Side::Maximum => ("maximum", "at least"),
            };
            let text = match threshold {
                Some(value) => {
                    let value = shown(value, label.as_deref());
                    format!("{}'s {end} is {relation} {value}", range.party)
                }
                None => format!("{}'s {end} leaves room for the others", range.party),
            };
            found.push(Condition {
                party: range.party.clone(),
                side: Some(side),
                threshold,
                label,
                options: Vec::new(),
                text,
            });
        }
    }
    found
}

/// Each stated end that opens a closed zone by itself, or beyond which an open one closes.
fn hinges(ranges: &[Range], line: &Line, closed: bool) -> Vec<Hinge> {
    let mut found = Vec::new();
    for (at, range) in ranges
        .iter()
        .enumerate()
        .filter(|(_, range)| !range.contradictory)
    {
        for side in [Side::Minimum, Side::Maximum] {
            let facing = strictest(ranges, side.other(), None);
            let to = facing.and_then(|facing| line.reach(facing, side));
            let (Some(from), Some(to)) = (range.end(side), to) else {
                continue;
            };
            let beyond = match side {
                Side::Minimum => from > to,
                Side::Maximum => from < to,
            };
            let rest = strictest(ranges, side, Some(at));
            let alone = match side {
                Side::Minimum => !line.nothing(rest, facing) && rest.is_none_or(|rest| rest <= to),
                Side::Maximum => !line.nothing(facing, rest) && rest.is_none_or(|rest| rest >= to),
            };
            if closed && !(beyond && alone) {
                continue;
            }
            found.push(Hinge {
                party: range.party.clone(),
                side: Some(side),
                from: Some(from),
                to: Some(to),
                by: line.steps.is_empty().then_some(to - from),
                steps: line.count(from, to),
                label: label(&line.steps, to),
                opens: closed,
            });
        }
    }
    let distance = |hinge: &Hinge| {
        let steps = hinge.steps.map(|steps| steps as f64);
        steps.or(hinge.by.map(f64::abs)).unwrap_or_default()
    };
    found.sort_by(|a, b| distance(a).total_cmp(&distance(b)));
    found
}

/// On an option scale: what all that say something accept.
fn choose(zone: &mut IssueZone, known: &[String]) {
    let stated: Vec<(&str, &Vec<String>)> = zone
        .ranges
        .iter()
        .filter(|range| !range.contradictory)
        .filter_map(|range| Some((range.party.as_str(), range.options.as_ref()?)))
        .collect();
    let refusing = |option: &String| -> Vec<&str> {
        let against = stated
            .iter()
            .filter(|(_, accepted)| !accepted.contains(option));
        against.map(|(party, _)| *party).collect()
    };
    let turn = |party: &str, option: &String, opens: bool| Hinge {
        party: party.to_owned(),
        side: None,
        from: None,
        to: None,
        by: None,
        steps: None,
        label: Some(option.clone()),
        opens,
    };
    let left: Vec<String> = known
        .iter()
        .filter(|option| refusing(option).is_empty())
        .cloned()
        .collect();
    let closed = left.is_empty();
    let mut hinges = Vec::new();
    if closed {
        for option in known {
            if let [only] = refusing(option).as_slice() {
                hinges.push(turn(only, option, true));
            }
        }
    } else if let [last] = left.as_slice() {
        hinges.extend(stated.iter().map(|(party, _)| turn(party, last, false)));
    }
    let blocks = |party: &&str| {
        hinges
            .iter()
            .any(|hinge| hinge.opens && hinge.party == **party)
    };
    let blockers = stated.iter().map(|(party, _)| *party).filter(blocks);
    zone.blockers = blockers.map(ToOwned::to_owned).collect();
    zone.conditions = if closed {
        Vec::new()
    } else {
        options_conditions(&zone.silent, &left)
    };
    let complete = zone.silent.is_empty();
    zone.hinges = hinges;
    zone.options = left;
    settle(zone, closed, complete);
}

fn options_conditions(silent: &[String], left: &[String]) -> Vec<Condition> {
    let silent = silent.iter();
    silent
        .map(|party| Condition {
            party: party.clone(),
            side: None,
            threshold: None,
            label: None,
            options: left.to_vec(),
            text: format!("{party} accepts one of {}", left.join(", ")),
        })
        .collect()
}
