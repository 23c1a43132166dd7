//! What each party accepts along a scale, and the zone that is left.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr;

use super::drawing::{Anchor, Drawing, GREY, INK, LINE, MARGIN, width};
use super::{Axis, Caption};

/// Ranges to draw.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ranges {
    /// The scale.
    pub axis: Axis,
    /// The parties.
    pub spans: Vec<Span>,
    /// The zone, as far as it is stated; `None` when it is closed.
    pub zone: Option<(Option<f64>, Option<f64>)>,
    /// How it stands, such as "conditional".
    pub status: String,
}

/// What one party accepts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Span {
    /// The party.
    pub label: String,
    /// The least; `None` is "not stated".
    pub min: Option<f64>,
    /// The greatest; `None` is "not stated".
    pub max: Option<f64>,
    /// What it wants most; `None` is "not stated" or not asked for.
    pub ideal: Option<f64>,
}

/// The scale in letters and in pixels.
const LETTERS: usize = 50;
const WIDE: f64 = 560.0;
const FILL: &str = "#2c6fbb";
const ZONE: &str = "#1b7837";
const LEGEND: &str = "a bound that is not stated is dotted to the end of the scale";

impl Ranges {
    /// As lines for a terminal.
    pub fn text(&self, caption: &Caption) -> String {
        let labels = self.spans.iter().map(|span| span.label.width());
        let first = labels.max().unwrap_or(0).max("zone".len());
        let (low, high) = (
            self.axis.written(self.axis.low),
            self.axis.written(self.axis.high),
        );
        let gap = LETTERS.saturating_sub(low.width() + high.width());
        let mut text = format!("{}\n\n{}\n", caption.title, self.axis.label);
        let _ = writeln!(text, "{:first$}  {low}{:gap$}{high}", "", "");
        for span in &self.spans {
            let label = &span.label;
            let pad = first - label.width();
            let drawn = self.drawn(span);
            let written = self.range(span.min, span.max);
            let _ = writeln!(text, "{label}{:pad$}  {drawn}  {written}", "");
        }
        let zone = match self.zone {
            Some((min, max)) => {
                let drawn = self.filled(min, max);
                format!("{drawn}  {}, {}", self.range(min, max), self.status)
            }
            None => format!("{:LETTERS$}  {}", "", self.status),
        };
        let _ = writeln!(text, "{:first$}  {zone}", "zone");
        let _ = writeln!(text, "\n● wanted most; {LEGEND}");
        for line in caption.lines() {
            let _ = writeln!(text, "{line}");
        }
        text
    }

    /// As an SVG.
    pub fn svg(&self, caption: &Caption) -> String {
        let mut drawing = Drawing::default();
        let labels = self.spans.iter().map(|span| width(&span.label));
        let left = labels.fold(width("zone"), f64::max) + 2.0 * MARGIN;
        let x = |value: f64| left + WIDE * self.axis.part(value);
        drawing.text(
            (MARGIN, MARGIN + LINE / 2.0),
            Anchor::Start,
            INK,
            &caption.title,
        );
        let top = MARGIN + 3.0 * LINE;
        let bottom = top + 2.0 * LINE * (self.spans.len() + 1) as f64;
        if let Some((min, max)) = self.zone {
            let (from, to) = (min.unwrap_or(self.axis.low), max.unwrap_or(self.axis.high));
            let wide = (x(to) - x(from)).max(2.0);
            drawing.rectangle((x(from), top - LINE), (wide, bottom - top), "#d9f0d3");
        }
        let mut y = top;
        for span in &self.spans {
            drawing.text((left - MARGIN, y + 4.0), Anchor::End, INK, &span.label);
            self.bar(&mut drawing, span, left, y);
            y += 2.0 * LINE;
        }
        drawing.text((left - MARGIN, y + 4.0), Anchor::End, ZONE, "zone");
        let text = match self.zone {
            Some((min, max)) => format!("{}, {}", self.range(min, max), self.status),
            None => self.status.clone(),
        };
        drawing.text((left, y + 4.0), Anchor::Start, ZONE, &text);
        y += LINE;
        drawing.line((left, y), (left + WIDE, y), INK, false);
        for end in [self.axis.low, self.axis.high] {
            let written = self.axis.written(end);
            drawing.text((x(end), y + LINE), Anchor::Middle, INK, &written);
        }
        let middle = left + WIDE / 2.0;
        drawing.text(
            (middle, y + 2.0 * LINE),
            Anchor::Middle,
            INK,
            &self.axis.label,
        );
        let legend = format!("dot: wanted most; shaded: the zone; {LEGEND}");
        drawing.text((MARGIN, y + 3.5 * LINE), Anchor::Start, GREY, &legend);
        drawing.finish(caption)
    }

    fn bar(&self, drawing: &mut Drawing, span: &Span, left: f64, y: f64) {
        let x = |value: f64| left + WIDE * self.axis.part(value);
        let (from, to) = (
            span.min.unwrap_or(self.axis.low),
            span.max.unwrap_or(self.axis.high),
        );
        let stated = span.min.is_some() && span.max.is_some();
        let stroke = if stated { FILL } else { GREY };
        drawing.line((x(from), y), (x(to), y), stroke, !stated);
        for end in [span.min, span.max].into_iter().flatten() {
            drawing.line((x(end), y - 7.0), (x(end), y + 7.0), FILL, false);
        }
        if let Some(ideal) = span.ideal {
            drawing.dot((x(ideal), y), FILL);
        }
        let written = self.range(span.min, span.max);
        drawing.text(
            (left + WIDE + MARGIN, y + 4.0),
            Anchor::Start,
            GREY,
            &written,
        );
    }

    /// A range in words and numbers.
    fn range(&self, min: Option<f64>, max: Option<f64>) -> String {
        let written = |end: Option<f64>| {
            end.map_or_else(|| "not stated".to_owned(), |end| self.axis.written(end))
        };
        format!("{} to {}", written(min), written(max))
    }

    fn place(&self, value: f64) -> usize {
        (self.axis.part(value) * (LETTERS - 1) as f64).round() as usize
    }

    /// A party's range in letters.
    fn drawn(&self, span: &Span) -> String {
        let from = span.min.map(|min| self.place(min));
        let to = span.max.map(|max| self.place(max));
        let ideal = span.ideal.map(|ideal| self.place(ideal));
        let stated = from.is_some() && to.is_some();
        let letters = (0..LETTERS).map(|at| {
            if ideal == Some(at) {
                '●'
            } else if from == Some(at) {
                if to == Some(at) { '│' } else { '├' }
            } else if to == Some(at) {
                '┤'
            } else if from.is_some_and(|from| at < from) || to.is_some_and(|to| at > to) {
                ' '
            } else if stated {
                '─'
            } else {
                '┄'
            }
        });
        letters.collect()
    }

    /// The zone in letters.
    fn filled(&self, min: Option<f64>, max: Option<f64>) -> String {
        let from = min.map_or(0, |min| self.place(min));
        let to = max.map_or(LETTERS - 1, |max| self.place(max));
        let stated = min.is_some() && max.is_some();
        let letters = (0..LETTERS).map(|at| match (from <= at && at <= to, stated) {
            (true, true) => '█',
            (true, false) => '░',
            (false, _) => ' ',
        });
        letters.collect()
    }
}
