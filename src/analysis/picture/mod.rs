//! Findings where people would rather look: as lines for a terminal and as SVG.
//!
//! `heat`          risks by likelihood and impact
//! `distribution`  how probable each outcome on a scale is
//! `ranges`        what each party accepts, and the zone
//!
//! Each is a function from a small value to a string, so that server, client and tests draw the
//! same. An SVG stands by itself: no script, no outside font or file, and its marking, legend,
//! sources and revision are in it, for pictures travel without their text. What is not stated is
//! drawn as such, never as an empty place. Used by `bin`.

mod distribution;
mod drawing;
mod heat;
mod ranges;

#[cfg(test)]
mod tests;

pub use distribution::{Bar, Distribution};
pub use heat::{Heat, HeatCell};
pub use ranges::{Ranges, Span};

/// What stands around a picture.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Caption {
    /// What it shows.
    pub title: String,
    /// Who may be shown it; empty leaves it to the text around the picture.
    pub marking: String,
    /// The method and what must be known to read it, a line each.
    pub notes: Vec<String>,
    /// The inputs, by name.
    pub sources: Vec<String>,
    /// The revision they were read at; 0 leaves it to the text around the picture.
    pub revision: i64,
}

/// Sources that are named in a picture; the rest is counted.
const SOURCES_SHOWN: usize = 12;

impl Caption {
    /// The lines below a picture.
    fn lines(&self) -> Vec<String> {
        let marking = (!self.marking.is_empty()).then(|| self.marking.clone());
        let mut lines: Vec<String> = marking.into_iter().chain(self.notes.clone()).collect();
        let shown = self.sources.iter().take(SOURCES_SHOWN);
        lines.extend(shown.map(|source| format!("source: {source}")));
        let rest = self.sources.len().saturating_sub(SOURCES_SHOWN);
        if rest > 0 {
            lines.push(format!("and {rest} more sources"));
        }
        if self.revision > 0 {
            lines.push(format!("revision {}", self.revision));
        }
        lines
    }
}

/// A place on the scale of an issue that has a name.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// Where, in the units of the scale.
    pub at: f64,
    /// Its name, such as "median".
    pub label: String,
}

/// The scale a picture is drawn along.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Axis {
    /// What is measured, such as "issues/troops, thousands".
    pub label: String,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// Named steps between them; none on a quantity scale.
    pub steps: Vec<Mark>,
}

impl Axis {
    /// Where a value lies, 0 to 1; values off the scale are drawn at its ends.
    fn part(&self, value: f64) -> f64 {
        let width = self.high - self.low;
        if width > 0.0 {
            ((value - self.low) / width).clamp(0.0, 1.0)
        } else {
            0.5
        }
    }

    /// A value as it is written: the label of its step, or the number.
    fn written(&self, value: f64) -> String {
        let step = self.steps.iter().find(|step| step.at == value);
        step.map_or_else(|| number(value), |step| step.label.clone())
    }
}

/// At most two decimals, without trailing zeros.
fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A share as a percentage.
fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}
