//! The published matrix cell by cell, and where risks fall when things are stated and when not.

use super::*;
use crate::model::v1::{ImpactLevel, Likelihood, LikelihoodScheme};

fn risk(name: &str, low: f64, high: f64, level: ImpactLevel) -> v1::Risk {
    v1::Risk {
        name: name.to_owned(),
        likelihood: Some(Likelihood {
            low: Some(low),
            high: Some(high),
            ..Likelihood::default()
        }),
        impacts: vec![impact(level, "")],
        ..v1::Risk::default()
    }
}

fn impact(level: ImpactLevel, on: &str) -> v1::risk::Impact {
    v1::risk::Impact {
        level: level.into(),
        on: on.to_owned(),
        ..v1::risk::Impact::default()
    }
}

fn placed_on(risks: &[v1::Risk]) -> RiskMap {
    map(nist(), risks, Sight::default(), &Limits::default()).unwrap()
}

const LEVELS: [ImpactLevel; 5] = [
    ImpactLevel::VeryLow,
    ImpactLevel::Low,
    ImpactLevel::Moderate,
    ImpactLevel::High,
    ImpactLevel::VeryHigh,
];

#[test]
fn all_cells_of_nist_sp_800_30() {
    // By row from the most likely, by column from the least impact; initials of the levels.
    let published = [
        (0.97, "VL L M H VH"),
        (0.85, "VL L M H VH"),
        (0.50, "VL L M M H"),
        (0.10, "VL L L L M"),
        (0.01, "VL VL VL L L"),
    ];
    let initials = ["VL", "L", "M", "H", "VH"];
    for (probability, row) in published {
        for (level, expected) in LEVELS.into_iter().zip(row.split(' ')) {
            let map = placed_on(&[risk("r", probability, probability, level)]);
            let found = map.risks[0].level.unwrap();
            assert_eq!(initials[found], expected, "{probability} {level:?}");
        }
    }
}

#[test]
fn the_published_table_is_met() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/data/tables/nist_800_30_table_I2.csv");
    let Ok(table) = std::fs::read_to_string(path) else {
        println!("skipped: the table of NIST SP 800-30 is not beside this checkout");
        return;
    };
    let matrix = nist();
    let named = |label: &str| label.replace(' ', "_");
    let mut cells = 0;
    for line in table.lines().skip(1) {
        let mut parts = line.split(',');
        let row = parts.next().unwrap();
        let row = matrix
            .rows
            .iter()
            .position(|known| named(&known.label) == row)
            .unwrap();
        for (column, level) in parts.enumerate() {
            assert_eq!(named(&matrix.levels[matrix.cells[row][column]]), level);
            cells += 1;
        }
    }
    assert_eq!(cells, 25);
}

#[test]
fn breakpoints_belong_to_the_row_above() {
    let row = |probability: f64| {
        let map = placed_on(&[risk("r", probability, probability, ImpactLevel::Low)]);
        map.risks[0].rows.clone()
    };
    let expected = [
        (0.0, 0),
        (0.049, 0),
        (0.05, 1),
        (0.209, 1),
        (0.21, 2),
        (0.799, 2),
        (0.80, 3),
        (0.959, 3),
        (0.96, 4),
        (1.0, 4),
    ];
    for (probability, expected) in expected {
        assert_eq!(row(probability), [expected], "{probability}");
    }
}

#[test]
fn an_interval_that_straddles_occupies_every_row() {
    let mut likely = risk("likely", 0.0, 0.0, ImpactLevel::High);
    likely.likelihood = Some(Likelihood {
        term: "likely".to_owned(),
        scheme: LikelihoodScheme::Icd203.into(),
        ..Likelihood::default()
    });
    let map = placed_on(&[likely]);
    let found = &map.risks[0];
    assert_eq!(found.likelihood, Ok((0.55, 0.80, Basis::Term)));
    assert_eq!(found.rows, [2, 3]);
    assert_eq!(found.level, Some(3));
    let occupied: Vec<(Option<usize>, Option<usize>)> = map
        .cells
        .iter()
        .filter(|cell| cell.members == [(0, true)])
        .map(|cell| (cell.row, cell.level))
        .collect();
    assert_eq!(occupied, [(Some(3), Some(3)), (Some(2), Some(2))]);
    // It counts once, by its greatest level.
    assert_eq!(map.counts, [0, 0, 0, 1, 0]);
    // An upper bound that is left out touches nothing.
    let mut half = nist();
    half.rows[3].from = 0.5;
    let mut possible = risk("possible", 0.0, 0.0, ImpactLevel::High);
    possible.likelihood = Some(Likelihood {
        term: "realistic possibility".to_owned(),
        scheme: LikelihoodScheme::Phia.into(),
        ..Likelihood::default()
    });
    let map = super::map(half, &[possible], Sight::default(), &Limits::default()).unwrap();
    assert_eq!(map.risks[0].rows, [2]);
}

#[test]
fn what_is_not_stated_is_never_low() {
    let mut nothing = risk("nothing", 0.9, 0.9, ImpactLevel::Unspecified);
    nothing.likelihood = None;
    let mut word = risk("word", 0.0, 0.0, ImpactLevel::High);
    word.likelihood = Some(Likelihood {
        text: "could well".to_owned(),
        ..Likelihood::default()
    });
    let unclear = risk("unclear", 0.9, 0.9, ImpactLevel::Undetermined);
    let mut least = risk("least", 0.3, 1.0, ImpactLevel::High);
    least.likelihood.as_mut().unwrap().high = None;
    let map = placed_on(&[nothing, word, unclear, least]);
    let gaps: Vec<_> = map
        .risks
        .iter()
        .map(|risk| (risk.likelihood.err(), risk.column.err(), risk.level))
        .collect();
    assert_eq!(
        gaps,
        [
            (Some(Gap::NotStated), Some(Gap::NotStated), None),
            (Some(Gap::NoYardstick), None, None),
            (None, Some(Gap::CannotBeJudged), None),
            (None, None, Some(3)),
        ]
    );
    assert_eq!(map.risks[3].likelihood, Ok((0.3, 1.0, Basis::OneEnd)));
    assert_eq!(map.without_level, 3);
    assert_eq!(map.counts.iter().sum::<usize>(), 1);
    let last = map.cells.last().unwrap();
    assert_eq!((last.row, last.column, last.level), (None, None, None));
    assert_eq!(last.members, [(0, false)]);
    assert_eq!(map.cells.len(), 36);
    // The whole map without a level has no maximum.
    let map = placed_on(&[risk("r", 0.5, 0.5, ImpactLevel::Unspecified)]);
    assert_eq!(map.maximum, None);
}

#[test]
fn a_perspective_shows_what_that_actor_bears() {
    let mut shared = risk("shared", 0.5, 0.5, ImpactLevel::High);
    shared.impacts = vec![
        impact(ImpactLevel::VeryHigh, "actors/a"),
        impact(ImpactLevel::VeryLow, "actors/b"),
        impact(ImpactLevel::Low, ""),
    ];
    shared.borne_by = vec!["actors/b".to_owned()];
    let mut theirs = risk("theirs", 0.5, 0.5, ImpactLevel::High);
    theirs.borne_by = vec!["actors/a".to_owned()];
    let nobodys = risk("nobodys", 0.5, 0.5, ImpactLevel::High);
    let risks = [shared, theirs, nobodys];
    let seen = |perspective, dimension| {
        let sight = Sight {
            perspective,
            dimension,
        };
        map(nist(), &risks, sight, &Limits::default()).unwrap()
    };
    let of = |whose| seen(whose, v1::ImpactDimension::Unspecified);
    let b = of(Some("actors/b"));
    assert_eq!(b.risks.len(), 1);
    assert_eq!(b.risks[0].column, Ok(1));
    assert_eq!(b.borne_by_others, ["theirs"]);
    assert_eq!(b.bearer_not_stated, ["nobodys"]);
    // What falls on nobody named falls on those who bear the risk, and "a" is not said to.
    let a = of(Some("actors/a"));
    assert_eq!(a.risks[0].column, Ok(4));
    assert_eq!(a.risks[0].impacts.len(), 1);
    // Who bears a risk does not depend on the dimension that is looked at.
    let a = seen(Some("actors/a"), v1::ImpactDimension::Economic);
    assert_eq!(a.bearer_not_stated, ["nobodys"]);
    assert_eq!(a.risks[0].column, Err(Gap::NotStated));
    let told: Vec<(String, String)> = a
        .unstated()
        .into_iter()
        .map(|gap| (gap.name, gap.field))
        .collect();
    let expected = [
        ("shared", "impacts"),
        ("theirs", "impacts"),
        ("nobodys", "borne_by"),
    ];
    assert_eq!(
        told,
        expected.map(|(name, field)| (name.into(), field.into()))
    );
    let all = of(None);
    assert_eq!(all.bearers, ["actors/a", "actors/b"]);
    assert_eq!(all.risks.len(), 3);
}

#[test]
fn movement_is_told_by_level_and_cell() {
    let mut before = vec![
        risk("stays", 0.5, 0.5, ImpactLevel::High),
        risk("rises", 0.5, 0.5, ImpactLevel::High),
        risk("falls", 0.5, 0.5, ImpactLevel::High),
        risk("shifts", 0.5, 0.5, ImpactLevel::Moderate),
        risk("fades", 0.5, 0.5, ImpactLevel::Moderate),
        risk("goes", 0.5, 0.5, ImpactLevel::Moderate),
    ];
    let mut after = vec![
        risk("stays", 0.6, 0.6, ImpactLevel::High),
        risk("renamed", 0.9, 0.9, ImpactLevel::High),
        risk("falls", 0.1, 0.1, ImpactLevel::High),
        risk("shifts", 0.5, 0.5, ImpactLevel::High),
        risk("fades", 0.5, 0.5, ImpactLevel::Unspecified),
        risk("comes", 0.5, 0.5, ImpactLevel::Moderate),
    ];
    before[1].lineage = "one".to_owned();
    after[1].lineage = "one".to_owned();
    let (before, after) = (placed_on(&before), placed_on(&after));
    let moved = movement(&before, &after).unwrap();
    let found: Vec<(&str, Movement)> = moved
        .iter()
        .map(|moved| (moved.name.as_str(), moved.movement))
        .collect();
    assert_eq!(
        found,
        [
            ("stays", Movement::Stayed),
            ("renamed", Movement::Rose),
            ("falls", Movement::Fell),
            ("shifts", Movement::Shifted),
            ("fades", Movement::NotComparable),
            ("comes", Movement::Appeared),
            ("goes", Movement::Gone),
        ]
    );
    let mut other = after.clone();
    other.perspective = Some("actors/a".to_owned());
    assert_eq!(
        movement(&before, &other).unwrap_err().reason(),
        "MAPS_DIFFER"
    );
}

#[test]
fn a_matrix_of_the_caller_is_checked_and_used() {
    let row = |label: &str, from| Row {
        label: label.to_owned(),
        from,
    };
    let own = Matrix {
        name: "house".to_owned(),
        source: "given by the caller".to_owned(),
        rows: vec![row("rare", 0.0), row("frequent", 0.5)],
        columns: nist().columns,
        levels: vec!["green".to_owned(), "red".to_owned()],
        cells: vec![[0, 0, 0, 0, 1], [0, 0, 1, 1, 1]],
    };
    let risks = [risk("r", 0.4, 0.5, ImpactLevel::Moderate)];
    let limits = Limits::default();
    let map = super::map(own.clone(), &risks, Sight::default(), &limits).unwrap();
    assert_eq!(map.risks[0].level, Some(1));
    let mut bad = own;
    bad.rows[1].from = 0.0;
    bad.cells[0][0] = 2;
    let mut risks = risks;
    risks[0].likelihood.as_mut().unwrap().low = Some(0.6);
    let Err(Error::Invalid(violations)) = super::map(bad, &risks, Sight::default(), &limits) else {
        panic!("it was accepted");
    };
    let reasons: Vec<&str> = violations
        .iter()
        .map(|violation| violation.reason)
        .collect();
    assert_eq!(
        reasons,
        ["MATRIX_ROWS", "MATRIX_CELLS", "PROBABILITY_ORDER"]
    );
    let mut long = nist();
    long.rows[0].label = "x".repeat(129);
    let error = super::map(long, &[], Sight::default(), &limits).unwrap_err();
    assert_eq!(error.reason(), "LABEL_TOO_LONG");
}
