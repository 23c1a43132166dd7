//! Risks by likelihood and impact: a table of counts, coloured by level.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr;

use super::Caption;
use super::drawing::{Anchor, Drawing, GREY, INK, LINE, MARGIN, width};

/// A matrix to draw. Rows from the top, columns from the left; the last of each is "not stated".
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Heat {
    /// The names of the rows, without "not stated".
    pub rows: Vec<String>,
    /// The names of the columns, without "not stated".
    pub columns: Vec<String>,
    /// The names of the levels, in ascending order.
    pub levels: Vec<String>,
    /// `[row][column]`, one more of each than there are names.
    pub cells: Vec<Vec<HeatCell>>,
}

/// A cell to draw.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HeatCell {
    /// A place in `levels`; `None` where likelihood or impact is not stated.
    pub level: Option<usize>,
    /// What is in it, with whether it is in other rows too.
    pub members: Vec<(String, bool)>,
}

const NOT_STATED: &str = "not stated";
/// From the least level to the greatest; told apart in print and by the colour-blind.
const FILLS: [&str; 5] = ["#ffffcc", "#fed976", "#fd8d3c", "#e31a1c", "#800026"];
/// The ink that can be read on each.
const INKS: [&str; 5] = [INK, INK, INK, "#ffffff", "#ffffff"];
/// The same for terminals of 256 colours.
const TERMINAL: [&str; 5] = [
    "48;5;230;38;5;16",
    "48;5;222;38;5;16",
    "48;5;208;38;5;16",
    "48;5;160;38;5;231",
    "48;5;88;38;5;231",
];
const UNSTATED_FILL: &str = "#eeeeee";
/// Members that are named in a cell of an SVG; the rest is counted.
const MEMBERS_SHOWN: usize = 4;
/// Letters of a member's name in a cell.
const NAME_LETTERS: usize = 28;

impl Heat {
    /// As lines for a terminal, in colour where that is wanted.
    pub fn text(&self, caption: &Caption, colour: bool) -> String {
        let names: Vec<&str> = self.named(&self.columns).collect();
        let first = self
            .named(&self.rows)
            .map(UnicodeWidthStr::width)
            .max()
            .unwrap_or(0);
        let widths: Vec<usize> = names
            .iter()
            .enumerate()
            .map(|(at, name)| {
                let cells = self.cells.iter().filter_map(|row| row.get(at));
                let widest = cells.map(|cell| self.short(cell).width()).max();
                widest.unwrap_or(0).max(name.width())
            })
            .collect();
        let mut text = format!("{}\n\n", caption.title);
        let mut line = format!("{:first$}", "");
        for (name, width) in names.iter().zip(&widths) {
            let _ = write!(line, "  {name:width$}");
        }
        let _ = writeln!(text, "{}", line.trim_end());
        for (name, row) in self.named(&self.rows).zip(&self.cells) {
            let mut line = format!("{name:first$}");
            for (cell, width) in row.iter().zip(&widths) {
                let shown = format!("{:width$}", self.short(cell));
                let shade = self.shade(cell.level).filter(|_| colour);
                match shade.and_then(|at| TERMINAL.get(at)) {
                    Some(code) => {
                        let _ = write!(line, "  \u{1b}[{code}m{shown}\u{1b}[0m");
                    }
                    None => {
                        let _ = write!(line, "  {shown}");
                    }
                }
            }
            let _ = writeln!(text, "{}", line.trim_end());
        }
        let _ = writeln!(text, "\nlikelihood down, impact across; {}", self.legend());
        for line in caption.lines() {
            let _ = writeln!(text, "{line}");
        }
        text
    }

    /// As an SVG.
    pub fn svg(&self, caption: &Caption) -> String {
        let mut drawing = Drawing::default();
        let left = self.named(&self.rows).map(width).fold(0.0, f64::max) + 2.0 * MARGIN;
        let names = self.cells.iter().flatten().flat_map(lines);
        let widest = names.map(|name| width(&name)).fold(96.0, f64::max) + MARGIN;
        drawing.text(
            (MARGIN, MARGIN + LINE / 2.0),
            Anchor::Start,
            INK,
            &caption.title,
        );
        let mut y = MARGIN + 3.0 * LINE;
        for (at, name) in self.named(&self.columns).enumerate() {
            let x = left + widest * (at as f64 + 0.5);
            drawing.text((x, y - LINE / 2.0), Anchor::Middle, INK, name);
        }
        for (name, row) in self.named(&self.rows).zip(&self.cells) {
            let most = row.iter().map(|cell| lines(cell).len()).max().unwrap_or(0);
            let high = LINE * most.max(2) as f64 + LINE / 2.0;
            let middle = y + high / 2.0 + 4.0;
            drawing.text((left - MARGIN, middle), Anchor::End, INK, name);
            for (at, cell) in row.iter().enumerate() {
                self.cell(
                    &mut drawing,
                    cell,
                    (left + widest * at as f64, y),
                    (widest, high),
                );
            }
            y += high;
        }
        y += 2.0 * LINE;
        let mut x = MARGIN;
        for (at, level) in self.levels.iter().enumerate() {
            let fill = self.shade(Some(at)).and_then(|at| FILLS.get(at));
            drawing.rectangle((x, y - 11.0), (14.0, 14.0), fill.unwrap_or(&UNSTATED_FILL));
            drawing.text((x + 20.0, y), Anchor::Start, INK, level);
            x += 20.0 + width(level) + MARGIN;
        }
        drawing.text((MARGIN, y + LINE), Anchor::Start, GREY, LEGEND);
        drawing.finish(caption)
    }

    fn cell(&self, drawing: &mut Drawing, cell: &HeatCell, at: (f64, f64), size: (f64, f64)) {
        let shade = self.shade(cell.level);
        let fill = shade.and_then(|at| FILLS.get(at)).unwrap_or(&UNSTATED_FILL);
        let ink = shade.and_then(|at| INKS.get(at)).unwrap_or(&INK);
        drawing.rectangle((at.0 + 1.0, at.1 + 1.0), (size.0 - 2.0, size.1 - 2.0), fill);
        for (line, text) in lines(cell).iter().enumerate() {
            let y = at.1 + LINE * (line as f64 + 1.0);
            drawing.text((at.0 + 8.0, y), Anchor::Start, ink, text);
        }
    }

    fn named<'a>(&self, names: &'a [String]) -> impl Iterator<Item = &'a str> {
        names.iter().map(String::as_str).chain([NOT_STATED])
    }

    /// A place in the palette.
    fn shade(&self, level: Option<usize>) -> Option<usize> {
        let last = self.levels.len().saturating_sub(1);
        let scaled = level? * (FILLS.len() - 1) + last / 2;
        // A single level is the least.
        Some(scaled.checked_div(last).unwrap_or(0))
    }

    /// A cell in a few letters: how many, whether one straddles, and the level.
    fn short(&self, cell: &HeatCell) -> String {
        let star = if cell.members.iter().any(|(_, straddles)| *straddles) {
            "*"
        } else {
            ""
        };
        let level = cell.level.and_then(|level| self.levels.get(level));
        match (cell.members.len(), level) {
            (0, _) => "·".to_owned(),
            (count, Some(level)) => format!("{count}{star} {level}"),
            (count, None) => format!("{count}{star}"),
        }
    }

    fn legend(&self) -> String {
        format!("levels {}\n{LEGEND}", self.levels.join(" < "))
    }
}

const LEGEND: &str = "* straddles rows and stands in each; \"not stated\" has no level";

/// What stands in a cell of an SVG.
fn lines(cell: &HeatCell) -> Vec<String> {
    let shown = cell.members.iter().take(MEMBERS_SHOWN);
    let mut lines: Vec<String> = shown
        .map(|(name, straddles)| {
            let star = if *straddles { "*" } else { "" };
            let mut letters = name.chars();
            let mut short: String = letters.by_ref().take(NAME_LETTERS).collect();
            if letters.next().is_some() {
                short.push('…');
            }
            format!("{short}{star}")
        })
        .collect();
    let rest = cell.members.len().saturating_sub(MEMBERS_SHOWN);
    if rest > 0 {
        lines.push(format!("and {rest} more"));
    }
    lines
}
