//! Issues as the methods see them: a name and a scale, and what may be done with it.
//!
//! Numbers may be computed with on a quantity or a yes-or-no scale; on an ordinal scale there are
//! only named steps, on an option scale only equality. Used by `zone` and `bargaining`.

use crate::error::{Problems, Violation};
use crate::model::limits::Limits;
use crate::model::v1;
use crate::model::v1::issue::Scale;

/// An issue and the scale it is measured on.
#[derive(Debug, Clone, PartialEq)]
pub struct Issue {
    /// The resource name, `issues/{issue}`.
    pub name: String,
    /// The scale; `None` is "not stated".
    pub scale: Option<Scale>,
}

impl From<&v1::Issue> for Issue {
    fn from(issue: &v1::Issue) -> Self {
        Self {
            name: issue.name.clone(),
            scale: issue.scale.clone(),
        }
    }
}

/// What kind of scale it is, in words for an error.
pub fn kind(scale: Option<&Scale>) -> &'static str {
    match scale {
        Some(Scale::Ordinal(_)) => "an ordinal scale",
        Some(Scale::Quantity(_)) => "a quantity scale",
        Some(Scale::Options(_)) => "an option scale",
        Some(Scale::Binary(_)) => "a yes-or-no scale",
        None => "no stated scale",
    }
}

/// The ends of a scale, either of which may be open; `None` where values have no order.
pub fn ends(scale: Option<&Scale>) -> Option<(Option<f64>, Option<f64>)> {
    match scale? {
        Scale::Ordinal(ordinal) => {
            let values = ordinal.points.iter().filter_map(|point| point.value);
            Some((
                values.clone().min_by(f64::total_cmp),
                values.max_by(f64::total_cmp),
            ))
        }
        Scale::Quantity(quantity) => Some((quantity.min, quantity.max)),
        Scale::Binary(_) => Some((Some(0.0), Some(1.0))),
        Scale::Options(_) => None,
    }
}

/// The named steps of a scale in ascending order; none on a quantity or an option scale.
pub fn steps(scale: Option<&Scale>) -> Vec<(f64, String)> {
    match scale {
        Some(Scale::Ordinal(ordinal)) => {
            let points = ordinal.points.iter();
            let mut steps: Vec<(f64, String)> = points
                .filter_map(|point| Some((point.value?, point.label.clone())))
                .collect();
            steps.sort_by(|a, b| a.0.total_cmp(&b.0));
            steps
        }
        Some(Scale::Binary(_)) => vec![(0.0, "no".to_owned()), (1.0, "yes".to_owned())],
        Some(Scale::Quantity(_) | Scale::Options(_)) | None => Vec::new(),
    }
}

/// What lies between two values of a scale.
pub fn distance(scale: Option<&Scale>, from: f64, to: f64) -> v1::ScaleDistance {
    let named = steps(scale);
    if named.is_empty() {
        let unit = match scale {
            Some(Scale::Quantity(quantity)) => quantity.unit.clone(),
            Some(Scale::Ordinal(_) | Scale::Options(_) | Scale::Binary(_)) | None => String::new(),
        };
        return v1::ScaleDistance {
            amount: Some((to - from).abs()),
            unit,
            ..Default::default()
        };
    }
    let (low, high) = (from.min(to), from.max(to));
    let passed = named
        .iter()
        .filter(|(value, _)| low <= *value && *value <= high);
    let mut labels: Vec<String> = passed.map(|(_, label)| label.clone()).collect();
    if from > to {
        labels.reverse();
    }
    v1::ScaleDistance {
        steps: Some(i32::try_from(labels.len().saturating_sub(1)).unwrap_or(i32::MAX)),
        step_labels: labels,
        ..Default::default()
    }
}

/// Notes a value that is no number to compute with or does not lie on the scale; `field` says where
/// it stands.
pub(super) fn on_scale(
    problems: &mut Problems,
    field: &str,
    issue: &Issue,
    value: f64,
    limits: &Limits,
) {
    if let Some(violation) = not_computable(field, value, limits) {
        problems.add(violation);
        return;
    }
    let Some((low, high)) = ends(issue.scale.as_ref()) else {
        return;
    };
    let below = low.is_some_and(|low| value < low);
    let above = high.is_some_and(|high| value > high);
    if below || above {
        let end = |end: Option<f64>| end.map_or("open".to_owned(), |end| end.to_string());
        problems.add(Violation::new(
            field,
            "VALUE_OFF_SCALE",
            format!(
                "\"{value}\" lies off the scale of \"{}\", {} to {}",
                issue.name,
                end(low),
                end(high)
            ),
        ));
    }
}

/// What is wrong with a number: it is none, or so large that sums of its like would be none.
pub(super) fn not_computable(field: &str, value: f64, limits: &Limits) -> Option<Violation> {
    let allowed = limits.analysis_number_max;
    if !value.is_finite() {
        let text = format!("\"{value}\" is not a finite number");
        return Some(Violation::new(field, "NUMBER_NOT_FINITE", text));
    }
    (value.abs() > allowed as f64).then(|| {
        let text = format!("{value:e} given, {allowed} allowed");
        Violation::new(field, "NUMBER_TOO_LARGE", text)
    })
}

/// Notes a weight that is negative or no number to compute with.
pub(super) fn weight(problems: &mut Problems, field: &str, value: f64, limits: &Limits) {
    if let Some(violation) = not_computable(field, value, limits) {
        problems.add(violation);
    } else if value < 0.0 {
        problems.add(Violation::new(
            field,
            "WEIGHT_NEGATIVE",
            format!("\"{value}\" is less than 0"),
        ));
    }
}
