//! The election as a caller of the crate has it; the figures and the published run are checked
//! beside the code. Here is what a deliberate mistake must not pass.

use chancery::analysis::bargaining::{Actor, Measure, Setting, Stand, simulate};
use chancery::analysis::scale::Issue;
use chancery::model::limits::Limits;
use chancery::model::v1::QuantityScale;
use chancery::model::v1::issue::Scale;

/// Two at 0, one at 50, one at 100. Worked out by hand: the shares before attitudes to risk are 24,
/// 24, 27 and 4 of 79. Were the two counted once, they would be 8, 9 and 2 of 19.
#[test]
fn positions_held_twice_count_twice_in_the_attitudes_to_risk() {
    let actor = |name: &str, ideal: f64| Actor {
        name: name.to_owned(),
        capability: Some(Measure::exact(1.0)),
        stands: vec![Stand {
            issue: "issues/x".to_owned(),
            ideal: Some(Measure::exact(ideal)),
            salience: Some(Measure::exact(1.0)),
        }],
    };
    let setting = Setting {
        issues: vec![Issue {
            name: "issues/x".to_owned(),
            scale: Some(Scale::Quantity(QuantityScale {
                unit: "points".to_owned(),
                min: Some(0.0),
                max: Some(100.0),
            })),
        }],
        actors: vec![
            actor("a", 0.0),
            actor("b", 0.0),
            actor("c", 50.0),
            actor("d", 100.0),
        ],
        ..Setting::default()
    };
    let simulation = simulate(&setting, &Limits::default()).unwrap();
    for (standing, expected) in
        simulation
            .standings
            .iter()
            .zip([37.0 / 46.0, 37.0 / 46.0, 1.0, -0.5])
    {
        let found = standing.risk_attitude;
        assert!(
            (found - expected).abs() < 1e-12,
            "{}: {found}",
            standing.actor
        );
    }
}
