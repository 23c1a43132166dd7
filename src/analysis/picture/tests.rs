//! What the pictures show, line by line for the terminal; for SVG what must be in it.

use super::*;

fn caption() -> Caption {
    Caption {
        title: "Risks <of> \"all\" & sundry".to_owned(),
        marking: "TLP:AMBER, for desk".to_owned(),
        notes: vec!["NIST SP 800-30 r1".to_owned()],
        sources: vec!["assessments/a/risks/b".to_owned()],
        revision: 42,
    }
}

fn heat() -> Heat {
    let cell = |level: Option<usize>, names: &[&str], straddles: bool| HeatCell {
        level,
        members: names
            .iter()
            .map(|name| ((*name).to_owned(), straddles))
            .collect(),
    };
    Heat {
        rows: vec!["high".to_owned(), "low".to_owned()],
        columns: vec!["minor".to_owned(), "severe".to_owned()],
        levels: vec!["green".to_owned(), "amber".to_owned(), "red".to_owned()],
        cells: vec![
            vec![
                cell(Some(1), &[], false),
                cell(Some(2), &["blockade", "mines"], true),
                cell(None, &["drift"], false),
            ],
            vec![
                cell(Some(0), &["fog"], false),
                cell(Some(1), &["blockade"], true),
                cell(None, &[], false),
            ],
            vec![
                cell(None, &[], false),
                cell(None, &[], false),
                cell(None, &["?"], false),
            ],
        ],
    }
}

#[test]
fn a_heat_map_in_the_terminal() {
    let expected = "\
Risks <of> \"all\" & sundry

            minor    severe    not stated
high        ·        2* red    1
low         1 green  1* amber  ·
not stated  ·        ·         1

likelihood down, impact across; levels green < amber < red
* straddles rows and stands in each; \"not stated\" has no level
TLP:AMBER, for desk
NIST SP 800-30 r1
source: assessments/a/risks/b
revision 42
";
    assert_eq!(heat().text(&caption(), false), expected);
    let coloured = heat().text(&caption(), true);
    assert!(
        coloured.contains("\u{1b}[48;5;88;38;5;231m2* red  \u{1b}[0m"),
        "{coloured}"
    );
    assert!(
        coloured.contains("  1         \n") || coloured.contains("  1\n"),
        "{coloured}"
    );
}

fn distribution() -> Distribution {
    let bar = |at, share, label: &str| Bar {
        at,
        share,
        label: label.to_owned(),
    };
    let mark = |at, label: &str| Mark {
        at,
        label: label.to_owned(),
    };
    Distribution {
        axis: Axis {
            label: "issues/quota, percent".to_owned(),
            low: 0.0,
            high: 100.0,
            steps: Vec::new(),
        },
        bars: vec![
            bar(60.0, 0.6, "b, c"),
            bar(5.5, 0.3, "a"),
            bar(100.0, 0.1, "d"),
        ],
        marks: vec![mark(47.65, "mean"), mark(60.0, "median")],
    }
}

#[test]
fn a_distribution_in_the_terminal() {
    let expected = "\
Risks <of> \"all\" & sundry

issues/quota, percent
5.5 │████████████████████ 30.0 %  a
 60 │████████████████████████████████████████ 60.0 %  b, c
100 │███████ 10.0 %  d
mean: 47.65
median: 60

TLP:AMBER, for desk
NIST SP 800-30 r1
source: assessments/a/risks/b
revision 42
";
    assert_eq!(distribution().text(&caption()), expected);
}

fn ranges() -> Ranges {
    Ranges {
        axis: Axis {
            label: "issues/quota, percent".to_owned(),
            low: 0.0,
            high: 98.0,
            steps: Vec::new(),
        },
        spans: vec![
            Span {
                label: "iceland".to_owned(),
                min: Some(20.0),
                max: Some(60.0),
                ideal: Some(30.0),
            },
            Span {
                label: "norway".to_owned(),
                min: None,
                max: Some(40.0),
                ideal: None,
            },
        ],
        zone: Some((Some(20.0), Some(40.0))),
        status: "conditional".to_owned(),
    }
}

#[test]
fn ranges_in_the_terminal() {
    let text = ranges().text(&caption());
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[3..7],
        [
            "         0                                               98",
            "iceland            ├────●──────────────┤                     20 to 60",
            "norway   ┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┤                               not stated to 40",
            "zone               ███████████                               20 to 40, conditional",
        ],
        "{text}"
    );
    let closed = Ranges {
        zone: None,
        status: "closed".to_owned(),
        ..ranges()
    };
    assert!(
        closed
            .text(&caption())
            .lines()
            .any(|line| line.trim_end().ends_with("closed"))
    );
}

#[test]
fn steps_are_shown_by_their_labels() {
    let step = |at, label: &str| Mark {
        at,
        label: label.to_owned(),
    };
    let mut ranges = ranges();
    ranges.axis.steps = vec![
        step(0.0, "none"),
        step(20.0, "partner"),
        step(98.0, "member"),
    ];
    let text = ranges.text(&caption());
    assert!(
        text.contains("partner to 60") && text.contains("member"),
        "{text}"
    );
}

/// Names of elements that are opened and not closed, in a drawing made of simple elements only.
fn unbalanced(svg: &str) -> Vec<String> {
    let mut open = Vec::new();
    for tag in svg.split('<').skip(1) {
        let tag = tag.split('>').next().unwrap();
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "{svg}");
        } else if !tag.ends_with('/') {
            open.push(tag.split(' ').next().unwrap().to_owned());
        }
    }
    open
}

#[test]
fn an_svg_stands_by_itself() {
    for svg in [
        heat().svg(&caption()),
        distribution().svg(&caption()),
        ranges().svg(&caption()),
    ] {
        assert_eq!(unbalanced(&svg), [""; 0]);
        assert!(
            svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\""),
            "{svg}"
        );
        assert!(svg.contains("<title>Risks &lt;of&gt; &quot;all&quot; &amp; sundry</title>"));
        assert!(
            svg.contains(">source: assessments/a/risks/b</text>"),
            "{svg}"
        );
        assert!(svg.contains(">revision 42</text>"), "{svg}");
        assert!(svg.contains(">TLP:AMBER, for desk</text>"), "{svg}");
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        assert_eq!(svg.matches("http").count(), 1, "{svg}");
    }
}

#[test]
fn nothing_that_comes_in_breaks_a_picture() {
    let caption = Caption {
        title: "\u{1b}[2J</svg>".to_owned(),
        sources: vec!["x".to_owned(); 100],
        ..Caption::default()
    };
    for svg in [
        Heat::default().svg(&caption),
        Distribution::default().svg(&caption),
        Ranges::default().svg(&caption),
    ] {
        assert_eq!(unbalanced(&svg), [""; 0]);
        assert!(svg.contains("and 88 more sources"));
        assert!(!svg.contains('\u{1b}') && !svg.contains("NaN"), "{svg}");
    }
    let empty = Heat::default().text(&caption, true);
    assert!(empty.contains("not stated"), "{empty}");
    let level = Heat {
        levels: vec!["only".to_owned()],
        cells: vec![vec![HeatCell {
            level: Some(0),
            members: Vec::new(),
        }]],
        ..Heat::default()
    };
    assert!(level.svg(&caption).contains("only"));
}
