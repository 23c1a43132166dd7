//! The shapes in which tables and lists come, and what looks ahead.

use super::{doubted, read, shown};

#[test]
fn scenarios_are_forecasts_with_their_window_and_set() {
    let draft = read(
        "# Lagoon outlook\n\n## Scenarios, 0-90 day window\n\nThey are mutually exclusive.\n\n\
         | ID | Scenario | P (baseline) | P (current) | Resolution |\n|---|---|---:|---:|---|\n\
         | `LG_1` | Truce holds | 0.3 | 0.45 | OPEN |\n| `LG_2` | Blockade | 40% | 35 % | OPEN |\n\
         | **Total** | | | **0.80** | |\n",
    );
    assert_eq!(
        shown(&draft),
        [
            "forecast Truce holds / 0.45 / 0-90 day window",
            "forecast Blockade / 0.35 / 0-90 day window",
            "set Scenarios, 0-90 day window / 2 / EXCLUSIVE",
        ]
    );
    let history = draft.assessment.forecasts.first().map(|f| f.history.len());
    assert_eq!(history, Some(1), "the baseline stays as history");
}

#[test]
fn one_row_may_state_several_probabilities() {
    let draft = read(
        "# Courses\n\n| Option | Utility | Deal probability | War risk |\n|---|---|---|---|\n\
         | Patrols | 1.2 | 61% | 12% |\n| Sanctions | 0.9 | 30% | 140% |\n",
    );
    assert_eq!(
        shown(&draft),
        [
            "forecast Patrols: Deal probability / 0.61 / ",
            "forecast Patrols: War risk / 0.12 / ",
            "forecast Sanctions: Deal probability / 0.3 / ",
        ]
    );
    assert_eq!(doubted(&draft), ["140%"]);
}

#[test]
fn a_second_probability_is_doubted_and_a_scale_is_none() {
    let draft = read(
        "# Odds\n\n| Event | Probability |\n|---|---|\n| A truce by May | 0.4 |\n\n\
         ## Later\n\n| Event | Probability |\n|---|---|\n| A truce by May | 0.6 |\n\n\
         ## Scores\n\n| Trigger event | P (1-5) | I (1-5) |\n|---|---|---|\n| Coup | 2 | 5 |\n",
    );
    assert_eq!(shown(&draft), ["forecast A truce by May / 0.4 / "]);
    assert_eq!(doubted(&draft), ["0.6"]);
}

#[test]
fn indicators_bear_on_the_forecasts_they_name() {
    let draft = read(
        "# Watch\n\n| Scenario ID | P | Window |\n|---|---|---|\n| `LG_STALL` | 0.4 | 60d |\n\n\
         ## Indicators\n\n| Indicator | Scenarios affected | Threshold | Status |\n\
         |---|---|---|---|\n| Dredgers at the reef | `LG_STALL` | Two or more | CROSSED in May |\n\
         | Fuel price | Domestic rules | 0.75 | NOT CROSSED |\n",
    );
    assert_eq!(
        shown(&draft),
        [
            "forecast LG_STALL / 0.4 / 60d",
            "watch Dredgers at the reef / Two or more / lg-stall / CROSSED",
            "watch Fuel price / 0.75 /  / NOT_OBSERVED",
        ]
    );
}

#[test]
fn each_actor_may_have_a_column() {
    let draft = read(
        "# Reef\n\n| Aspect | China | Japan |\n|---|---|---|\n\
         | Survey ships | Must leave the shelf | Have a right to be there |\n\
         | Fishing | Only with a licence | |\n\n\
         ## Figures\n\n| Aspect | China | Japan |\n|---|---|---|\n| Ships | 340 | 154 |\n",
    );
    assert_eq!(
        shown(&draft),
        [
            "line china: Survey ships / Must leave the shelf / ",
            "line japan: Survey ships / Have a right to be there / ",
            "line china: Fishing / Only with a licence / ",
        ]
    );
}

#[test]
fn a_table_that_lost_its_marks_is_still_a_table() {
    let rows = [
        "focus Convoys / Food arrives / mines",
        "focus Talks / A date is set / a-walk-out",
        "risk Mines / convoys",
        "risk A walk-out / talks",
    ];
    for (name, table) in [
        (
            "one cell to a line",
            "Diplomatic focus\nOutcome\nRisk\nConvoys\nFood arrives\nMines\nTalks\n\
             A date is set\nA walk-out\n",
        ),
        (
            "blank lines between",
            "Diplomatic focus\n\nOutcome\n\nRisk\n\nConvoys\n\nFood arrives\n\nMines\n\n\
             Talks\n\nA date is set\n\nA walk-out\n",
        ),
        (
            "columns of blanks",
            "Focus      Outcome         Risk\nConvoys    Food arrives    Mines\n\
             Talks      A date is set   A walk-out\n",
        ),
        (
            "in one line",
            "| Focus | Outcome | Risk | |---|---|---| | Convoys | Food arrives | Mines | \
             | Talks | A date is set | A walk-out |\n",
        ),
    ] {
        let draft = read(&format!(
            "# Relief\n\n{table}\nThe rest of it is a sentence of prose.\n"
        ));
        assert_eq!(shown(&draft), rows, "{name}");
    }
}

#[test]
fn items_state_probabilities_and_risks_keep_theirs() {
    let draft = read(
        "# Lagoon\n\n## What may follow\n\nOutcome probabilities:\n\n- Truce: 61% (CI: 40%-80%)\n\
         - Turnout: 55 seats\n\n## Paths\n\n1. **A pact** (30% probability)\n   - Signed in May\n\
         2. **A stall**: talks with 60% attendance\n\n## Risks\n\n- A clash (34% probability)\n",
    );
    assert_eq!(
        shown(&draft),
        [
            "risk A clash (34% probability) / ",
            "forecast Truce / 0.61 / ",
            "forecast A pact / 0.3 / ",
        ]
    );
    let truce = draft
        .assessment
        .forecasts
        .first()
        .and_then(|f| f.likelihood.clone());
    assert_eq!(truce.map(|l| (l.low, l.high)), Some((Some(0.4), Some(0.8))));
}

#[test]
fn a_judgment_is_the_leading_sentence_of_its_item() {
    let draft = read(
        "# Lagoon\n\n### Key Analytical Judgments\n\n\
         1. **The truce is at its end.** Patrols doubled. Fuel is short.\n\
         2. **The spring window.** It closes within two months. Then rain comes.\n\n\
         ## Scale\n\nKey findings by score:\n\n- 1 = Calm; nothing to report\n- 2 = Tense; watch\n",
    );
    assert_eq!(
        shown(&draft),
        [
            "judgment The truce is at its end.",
            "judgment The spring window. It closes within two months.",
        ]
    );
}

#[test]
fn a_heading_tells_whose_words_its_items_are() {
    let draft = read(
        "# Talks\n\n## Ankara's reply (4 May)\n\n- Insisted on a seat for the islanders\n\
         - Offered a truce for the length of the talks\n- Described the letter as rude\n",
    );
    assert_eq!(
        shown(&draft),
        [
            "line turkey: Insisted on a seat for the islanders / Insisted on a seat for the \
             islanders / ",
            "aim turkey: Offered a truce for the length of the talks",
        ]
    );
}

#[test]
fn labels_of_lines_say_what_the_line_is() {
    let draft = read(
        "# Lagoon\n\n## In short\n\n**BLUF**: The truce will not outlast the rains of this year.\n\
         **RECOMMENDATION**: Open the second harbour before the envoy leaves.\n\
         **FAILURE RISK**: A stall would leave both fleets at sea.\n**DATE**: 4 May 2031\n",
    );
    let shown = shown(&draft);
    for line in [
        "risk A stall would leave both fleets at sea. / ",
        "advice : Open the second harbour before the envoy leaves.",
        "judgment The truce will not outlast the rains of this year.",
    ] {
        assert!(shown.iter().any(|have| have == line), "{line}: {shown:#?}");
    }
}

#[test]
fn advice_has_its_readers_its_times_and_its_bold_line() {
    let draft = read(
        "# Lagoon\n\n**Distribution**: Senior Turkish policymakers\n\n## Recommendations\n\n\
         ### 0-30 days: watch for the signature\n\n- Keep both harbours open to grain\n\n\
         ## Recommendation\n\n**OPEN THE SECOND HARBOUR NOW**\n\n**Rationale**:\n\n- It is empty\n",
    );
    assert_eq!(
        shown(&draft),
        [
            "advice turkey: Keep both harbours open to grain",
            "advice turkey: OPEN THE SECOND HARBOUR NOW",
        ]
    );
}
