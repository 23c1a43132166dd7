//! How probable each outcome on a scale is, with what simpler methods say beside it.

use std::fmt::Write as _;

use super::drawing::{Anchor, Drawing, GREY, INK, LINE, MARGIN, width};
use super::{Axis, Caption, Mark, percent};

/// A distribution to draw.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Distribution {
    /// The scale.
    pub axis: Axis,
    /// The outcomes.
    pub bars: Vec<Bar>,
    /// Mean, median and the like.
    pub marks: Vec<Mark>,
}

/// An outcome.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    /// Where, in the units of the scale.
    pub at: f64,
    /// How probable, 0 to 1.
    pub share: f64,
    /// Who stands there.
    pub label: String,
}

const FILL: &str = "#2c6fbb";
const MARKED: &str = "#b2182b";
/// A bar of everything, in letters and in pixels.
const LETTERS: usize = 40;
const WIDE: f64 = 560.0;
const HIGH: f64 = 200.0;
/// How wide a bar is drawn.
const BAR: f64 = 10.0;

impl Distribution {
    /// As lines for a terminal: an outcome each, in the order of the scale.
    pub fn text(&self, caption: &Caption) -> String {
        let bars = self.sorted();
        let values: Vec<String> = bars.iter().map(|bar| self.axis.written(bar.at)).collect();
        let widest = values
            .iter()
            .map(|value| value.chars().count())
            .max()
            .unwrap_or(0);
        let most = bars.iter().map(|bar| bar.share).fold(0.0, f64::max);
        let mut text = format!("{}\n\n{}\n", caption.title, self.axis.label);
        for (bar, value) in bars.iter().zip(&values) {
            let part = if most > 0.0 { bar.share / most } else { 0.0 };
            let filled = "█".repeat((part * LETTERS as f64).round() as usize);
            let share = percent(bar.share);
            let _ = writeln!(text, "{value:>widest$} │{filled} {share}  {}", bar.label);
        }
        for mark in &self.marks {
            let _ = writeln!(text, "{}: {}", mark.label, self.axis.written(mark.at));
        }
        text.push('\n');
        for line in caption.lines() {
            let _ = writeln!(text, "{line}");
        }
        text
    }

    /// As an SVG: bars over the scale, marks as dashed lines, and who stands where below.
    pub fn svg(&self, caption: &Caption) -> String {
        let mut drawing = Drawing::default();
        let bars = self.sorted();
        let most = bars.iter().map(|bar| bar.share).fold(0.0, f64::max);
        let most = if most > 0.0 { most } else { 1.0 };
        let left = 3.0 * MARGIN;
        let (top, floor) = (MARGIN + 3.0 * LINE, MARGIN + 3.0 * LINE + HIGH);
        let x = |value: f64| left + WIDE * self.axis.part(value);
        drawing.text(
            (MARGIN, MARGIN + LINE / 2.0),
            Anchor::Start,
            INK,
            &caption.title,
        );
        drawing.line((left, floor), (left + WIDE, floor), INK, false);
        for end in [self.axis.low, self.axis.high] {
            let written = self.axis.written(end);
            drawing.text((x(end), floor + LINE), Anchor::Middle, INK, &written);
        }
        let middle = left + WIDE / 2.0;
        drawing.text(
            (middle, floor + 2.0 * LINE),
            Anchor::Middle,
            INK,
            &self.axis.label,
        );
        for bar in &bars {
            let high = HIGH * bar.share / most;
            drawing.rectangle((x(bar.at) - BAR / 2.0, floor - high), (BAR, high), FILL);
        }
        for (at, mark) in self.marks.iter().enumerate() {
            // Each on a height of its own, for marks often fall together.
            let y = top - LINE * (at as f64 % 3.0) + LINE / 2.0;
            drawing.line((x(mark.at), y), (x(mark.at), floor), MARKED, true);
            let text = format!("{} {}", mark.label, self.axis.written(mark.at));
            let fits = x(mark.at) + 4.0 + width(&text) <= left + WIDE;
            let (at, anchor) = if fits {
                (x(mark.at) + 4.0, Anchor::Start)
            } else {
                (x(mark.at) - 4.0, Anchor::End)
            };
            drawing.text((at, y + 4.0), anchor, MARKED, &text);
        }
        let mut y = floor + 3.0 * LINE;
        for bar in &bars {
            y += LINE;
            let (value, share) = (self.axis.written(bar.at), percent(bar.share));
            let text = format!("{value}: {share}  {}", bar.label);
            drawing.text((MARGIN, y), Anchor::Start, INK, &text);
        }
        let legend = "bars: the probability of each outcome; dashed: simpler methods";
        drawing.text((MARGIN, y + LINE), Anchor::Start, GREY, legend);
        drawing.finish(caption)
    }

    fn sorted(&self) -> Vec<&Bar> {
        let mut bars: Vec<&Bar> = self.bars.iter().collect();
        bars.sort_by(|a, b| a.at.total_cmp(&b.at));
        bars
    }
}
