//! The few marks an SVG needs, with every text escaped.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr;

use super::Caption;

/// Room around a picture.
pub(super) const MARGIN: f64 = 16.0;
/// From one line of text to the next.
pub(super) const LINE: f64 = 18.0;
/// How wide a letter is taken to be; sans-serif at 12 pixels is narrower.
const LETTER: f64 = 7.0;
/// Dark text.
pub(super) const INK: &str = "#1a1a1a";
/// Lines and what is not stated.
pub(super) const GREY: &str = "#8a8a8a";

/// Where a text is held.
#[derive(Debug, Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A drawing in the making.
#[derive(Debug, Default)]
pub(super) struct Drawing {
    marks: String,
    width: f64,
    height: f64,
}

impl Drawing {
    /// The drawing has at least this point in it.
    pub(super) fn reach(&mut self, x: f64, y: f64) {
        self.width = self.width.max(x);
        self.height = self.height.max(y);
    }

    pub(super) fn rectangle(&mut self, (x, y): (f64, f64), (wide, high): (f64, f64), fill: &str) {
        self.reach(x + wide, y + high);
        let place = format!(r#"x="{x:.1}" y="{y:.1}" width="{wide:.1}" height="{high:.1}""#);
        let _ = writeln!(self.marks, r#"  <rect {place} fill="{fill}"/>"#);
    }

    /// A line; dashes say "not stated" or mark a computed place.
    pub(super) fn line(&mut self, from: (f64, f64), to: (f64, f64), stroke: &str, dashed: bool) {
        self.reach(from.0.max(to.0), from.1.max(to.1));
        let dashes = if dashed {
            r#" stroke-dasharray="4 3""#
        } else {
            ""
        };
        let _ = writeln!(
            self.marks,
            r#"  <line x1="{:.1}" y1="{:.1}" x2="{:.1}" y2="{:.1}" stroke="{stroke}"{dashes}/>"#,
            from.0, from.1, to.0, to.1
        );
    }

    pub(super) fn dot(&mut self, (x, y): (f64, f64), fill: &str) {
        self.reach(x, y);
        let _ = writeln!(
            self.marks,
            r#"  <circle cx="{x:.1}" cy="{y:.1}" r="4" fill="{fill}"/>"#
        );
    }

    /// A text, whole: the drawing grows until it fits.
    pub(super) fn text(&mut self, (x, y): (f64, f64), anchor: Anchor, fill: &str, text: &str) {
        let wide = width(text);
        let (anchor, right) = match anchor {
            Anchor::Start => ("start", x + wide),
            Anchor::Middle => ("middle", x + wide / 2.0),
            Anchor::End => ("end", x),
        };
        self.reach(right, y);
        let text = escaped(text);
        let _ = writeln!(
            self.marks,
            r#"  <text x="{x:.1}" y="{y:.1}" text-anchor="{anchor}" fill="{fill}">{text}</text>"#
        );
    }

    /// Closes the drawing with the caption below it.
    pub(super) fn finish(mut self, caption: &Caption) -> String {
        let mut y = self.height + LINE;
        for line in caption.lines() {
            y += LINE;
            self.text((MARGIN, y), Anchor::Start, GREY, &line);
        }
        let (wide, high) = (self.width + MARGIN, self.height + MARGIN);
        let title = escaped(&caption.title);
        format!(
            concat!(
                r#"<svg xmlns="http://www.w3.org/2000/svg" width="{wide:.0}" height="{high:.0}" "#,
                r#"viewBox="0 0 {wide:.0} {high:.0}" role="img" "#,
                r#"font-family="sans-serif" font-size="12">"#,
                "\n  <title>{title}</title>\n",
                "  <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n",
                "{marks}</svg>\n"
            ),
            wide = wide,
            high = high,
            title = title,
            marks = self.marks
        )
    }
}

/// About how wide a text is drawn.
pub(super) fn width(text: &str) -> f64 {
    text.width() as f64 * LETTER
}

/// Text as XML has it; control characters, which XML cannot hold, become spaces.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            letter if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => {
                escaped.push(' ');
            }
            letter => escaped.push(letter),
        }
    }
    escaped
}
