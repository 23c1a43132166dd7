//! What headings, labels and the words around figures tell: scenarios, forecast questions, watch
//! lists, a party's own story, the yardstick of probability words, times with their days.

use super::{doubted, read, shown};
use crate::model::v1::{self, ConfidenceLevel, Endorsement, LikelihoodScheme, TimePrecision};

#[test]
fn scenarios_in_headings_are_one_set() {
    let draft = read(
        "# The lagoon in spring\n\n## Scenario 1: A quiet thaw (60%)\n\nBoats return.\n\n\
         *Signposts:* the lamps are lit; no patrols at night.\n\n\
         ## Scenario 2: A late frost (40%)\n\nBoats stay.\n\n\
         The scenarios are exclusive and together exhaustive.\n\n\
         ## Tier I scenarios (P ≥ 0.25)\n\nSee above.\n\n\
         ## Tier II scenarios (5-10%)\n\nSee above.\n",
    );
    assert_eq!(
        shown(&draft),
        [
            "forecast A quiet thaw / 0.6 / ",
            "forecast A late frost / 0.4 / ",
            "set The lagoon in spring / 2 / EXCLUSIVE_EXHAUSTIVE",
            "watch the lamps are lit /  /  / UNSPECIFIED",
            "watch no patrols at night. /  /  / UNSPECIFIED",
        ]
    );
}

#[test]
fn questions_have_their_figure_their_past_and_their_end() {
    let draft = read(
        "# Lagoon, issue 4\n\n## Open\n\n\
         1. Will the lock open before 31 March 2026? **65%** (was 55% in May). Resolves yes if the \
         harbour master says so.\n\
         2. Will the ferry line close by Q3 2026? 1 in 10.\n\
         3. Will both quays be built by 30 June 2026? 140%.\n\n\
         ## Closed\n\n- The pilots go on strike by 1 May 2025: forecast 30%, resolved YES on 3 \
         April.\n",
    );
    assert_eq!(
        shown(&draft),
        [
            "forecast Will the lock open before 31 March 2026? / 0.65 / before 31 March 2026",
            "forecast Will the ferry line close by Q3 2026? / 0.1 / by Q3 2026",
            "forecast The pilots go on strike by 1 May 2025 / 0.3 / by 1 May 2025",
        ]
    );
    assert!(doubted(&draft).iter().any(|quote| quote.contains("140%")));
    let [lock, ferry, strike] = draft.assessment.forecasts.as_slice() else {
        panic!("three forecasts")
    };
    let past = lock.history.first().and_then(|one| one.likelihood.as_ref());
    assert_eq!(past.and_then(|past| past.best), Some(0.55));
    assert!(lock.criterion_true.contains("harbour master"));
    let day = |at: Option<&prost_types::Timestamp>| at.map(|at| at.seconds / 86_400);
    let window = lock.window.as_ref().unwrap();
    assert_eq!(
        (day(window.start.as_ref()), day(window.end.as_ref())),
        (None, Some(20_543))
    );
    assert_eq!(window.precision(), TimePrecision::Day);
    let window = ferry.window.as_ref().unwrap();
    assert_eq!(window.precision(), TimePrecision::Quarter);
    let end = strike
        .resolution
        .as_ref()
        .map(|end| end.outcome().as_str_name());
    assert_eq!(end, Some("FORECAST_OUTCOME_OCCURRED"));
}

#[test]
fn a_party_tells_its_story_and_the_author_does_not_adopt_it() {
    let draft = read(
        "# Lagoon\n\n## Ankara's narrative\n\n- The shoal has always been Turkish.\n\
         - The survey is a provocation.\n\n\
         ## Athens's narrative\n\n- Ankara claimed on 3 May that the maps are forged.\n",
    );
    assert_eq!(
        shown(&draft),
        [
            "judgment The shoal has always been Turkish.",
            "judgment The survey is a provocation.",
        ]
    );
    for judgment in &draft.assessment.judgments {
        let said = judgment.attribution.as_ref().unwrap();
        assert_eq!(said.asserter, "actors/turkey");
        assert_eq!(said.endorsement(), Endorsement::Neutral);
    }
}

#[test]
fn lists_under_the_name_of_an_actor_are_what_the_heading_above_announces() {
    let lines = [
        "line greece: No pipeline without consent / No pipeline without consent / ",
        "line turkey: The straits stay closed / The straits stay closed / ",
    ];
    for text in [
        "# Lagoon\n\n## Red lines\n\n**Greece**\n- No pipeline without consent\n\n\
         **Turkey**\n- The straits stay closed\n",
        "# Lagoon\n\n## Red lines\n\n### Greece\n\n- No pipeline without consent\n\n\
         ### Turkey\n\n- The straits stay closed\n",
        "# Lagoon\n\n## Red lines\n\n**Greece**: No pipeline without consent\n\n\
         **Turkey**: The straits stay closed\n",
    ] {
        assert_eq!(shown(&read(text)), lines, "{text}");
    }
}

#[test]
fn each_row_of_an_actor_holds_what_it_wants_fears_and_refuses() {
    let draft = read(
        "# Lagoon\n\n| Player | Wants | Fears | Will not accept |\n|---|---|---|---|\n\
         | Turkey | A seat | Being bypassed | Foreign escorts |\n\
         | Greece | Insurance | Mines | - |\n| Total | 2 | 2 | 1 |\n",
    );
    assert_eq!(
        shown(&draft),
        [
            "line turkey: Foreign escorts / Foreign escorts / ",
            "aim turkey: A seat",
            "aim turkey: Being bypassed",
            "aim greece: Insurance",
            "aim greece: Mines",
        ]
    );
}

#[test]
fn an_event_with_an_impact_is_a_risk_where_risks_are_announced() {
    let rows = "| ID | What could happen | Chance | Severity |\n|--|--|--|--|\n\
                | R1 | The lock fails | Unlikely (20-30%) | Severe |\n| Total | 1 open | | |\n";
    let shown_under = |title: &str| shown(&read(&format!("# {title}\n\n{rows}")));
    assert_eq!(shown_under("Risk register"), ["risk The lock fails / "]);
    assert_eq!(
        shown_under("Outlook"),
        ["forecast The lock fails / Unlikely (20-30%) / "]
    );
}

#[test]
fn a_column_of_an_unclear_actor_is_a_doubt_and_the_others_are_read() {
    let draft = read(
        "# Lagoon\n\n| Issue | Ankara's position | Athens's position | Brussels' line |\n\
         |--|--|--|--|\n| Shoal | Not for sale | Open to all | Fair play |\n",
    );
    assert_eq!(
        shown(&draft),
        [
            "line turkey: Shoal / Not for sale / ",
            "line greece: Shoal / Open to all / "
        ]
    );
    assert_eq!(doubted(&draft), ["Brussels"]);
}

#[test]
fn words_take_the_yardstick_that_the_document_declares() {
    let scheme = |declared: &str, said: &str| {
        let text = format!(
            "# Lagoon\n\n{declared}\n\n## Outlook\n\nThe lock is {said} to fail in June.\n"
        );
        let draft = read(&text);
        let likelihood = draft
            .assessment
            .judgments
            .first()
            .and_then(|e| e.likelihood.clone());
        likelihood.map(|likelihood| {
            (
                likelihood.term.clone(),
                likelihood.scheme(),
                likelihood.best,
            )
        })
    };
    let told = |term: &str, scheme| Some((term.to_owned(), scheme, None));
    use LikelihoodScheme as S;
    let own = "| Term | Range |\n|--|--|\n| Likely | 60-70% |\n| Unlikely | 10-20% |\n\
               | Almost certain | 97-99% |";
    for (declared, said, expected) in [
        ("We write.", "likely", told("likely", S::Undeclared)),
        ("Terms follow ICD 203.", "likely", told("likely", S::Icd203)),
        (
            "Terms are those of PHIA.",
            "highly likely",
            told("highly likely", S::Phia),
        ),
        (
            "Terms are those of PHIA.",
            "very likely",
            told("very likely", S::Undeclared),
        ),
        (own, "unlikely", told("unlikely", S::Other)),
    ] {
        assert_eq!(scheme(declared, said), expected, "{declared}, {said}");
    }
    let draft = read(&format!("# Lagoon\n\n{own}\n"));
    assert_eq!(
        shown(&draft),
        Vec::<String>::new(),
        "a yardstick foresees nothing"
    );
}

#[test]
fn may_and_would_are_no_likelihood_and_confidence_is_none_either() {
    let draft = read(
        "# Lagoon\n\n## Outlook\n\nThe pilots may return to work in the autumn. A strike would \
         close the lock for weeks. We judge with moderate confidence that the ferry will sail \
         in June. \
         The strike will almost certainly end.\n",
    );
    let all: Vec<(&str, &str, bool)> = draft
        .assessment
        .judgments
        .iter()
        .map(|e| {
            let likelihood = e.likelihood.as_ref();
            let level = e.confidence.as_ref().map(|c| c.level());
            let moderate = level == Some(ConfidenceLevel::Moderate);
            let words = e.statement.split_whitespace().nth(1).unwrap_or("");
            (words, likelihood.map_or("", |l| l.term.as_str()), moderate)
        })
        .collect();
    assert_eq!(
        all,
        [
            ("pilots", "", false),
            ("strike", "", false),
            ("judge", "", true),
            ("strike", "almost certain", false),
        ]
    );
}

#[test]
fn enumerations_within_a_sentence_are_read_as_lists() {
    let draft = read(
        "# Lagoon\n\nTwo obstacles stand out: no common chart and weak logistics.\n\n\
         The next steps for Ankara are: (a) open the lock; (b) pay the pilots; and (c) rest.\n",
    );
    assert_eq!(
        shown(&draft),
        [
            "challenge no common chart",
            "challenge weak logistics",
            "advice turkey: open the lock",
            "advice turkey: pay the pilots",
            "advice turkey: rest",
        ]
    );
}

#[test]
fn a_party_has_a_profile_of_labelled_lines() {
    let draft = read(
        "# Lagoon\n\n## Players\n\n### Greece\n\n\
         - **View:** The survey breaks the accord of last year\n\
         - **Greatest fear:** A pier built overnight\n\
         - **Red line:** No drilling inside the reef\n\
         - **Likely actions:** send two more cutters\n\
         - **Population:** ten million people in all\n\n\
         ### The weather\n\n- **Red line:** none to speak of here\n\n\
         ### Malta\n\n- **Turkish aims:** to buy the pier next year\n\n\
         ### The Norway crisis\n\n- **Red line:** the dock stays shut\n",
    );
    assert_eq!(
        shown(&draft),
        [
            "line greece: No drilling inside the reef / No drilling inside the reef / ",
            "aim greece: A pier built overnight",
            "aim greece: send two more cutters",
            "judgment The survey breaks the accord of last year",
        ]
    );
}

#[test]
fn a_sentence_in_bold_leads_its_item_and_a_line_under_it_explains() {
    let draft = read(
        "# Lagoon\n\n## Recommendations\n\n\
         1. **Send a single envoy.** The two there are compete with each other.\n\
         2. **Pilots** should be paid from the harbour fund at once\n\
         3. Sanction the registrars\n   Registrars in two ports handle most of the flags.\n",
    );
    assert_eq!(
        shown(&draft),
        [
            "advice : Send a single envoy.",
            "advice : Pilots should be paid from the harbour fund at once",
            "advice : Sanction the registrars",
        ]
    );
    let first = draft.assessment.recommendations.first().unwrap();
    let cited: Vec<&str> = first.citations.iter().map(|c| c.quote.as_str()).collect();
    assert_eq!(
        cited,
        [
            "**Send a single envoy.**",
            "The two there are compete with each other."
        ]
    );
}

#[test]
fn what_is_watched_has_its_threshold_in_brackets() {
    let draft = read("# Lagoon\n\n## Watchlist\n\n- Barges at the lock (threshold: nine a day)\n");
    let watched = draft.assessment.indicators.first().unwrap();
    assert_eq!(watched.observable, "Barges at the lock");
    assert_eq!(watched.threshold, "nine a day");
}

#[test]
fn shares_of_a_quantity_are_no_probabilities() {
    let draft = read(
        "# Lagoon\n\n## GDP forecast\n\n- France: 1.2%\n- Malta: 3.1%\n\n\
         ## Forecasts\n\n- A second pier: 30%\n",
    );
    let all: Vec<&str> = draft
        .assessment
        .forecasts
        .iter()
        .map(|f| f.statement.as_str())
        .collect();
    assert_eq!(all, ["A second pier"]);
}

#[test]
fn a_row_may_say_what_the_cells_of_each_actor_are() {
    let draft = read(
        "# Reef\n\n| | China | Japan |\n|---|---|---|\n\
         | Main goal | Keep the survey secret | Map the shelf |\n\
         | Red line | Foreign patrols | |\n\
         | Fear | A court case | Mines |\n\
         | Status of the reef | Chinese soil | A rock |\n",
    );
    assert_eq!(
        shown(&draft),
        [
            "line china: Foreign patrols / Foreign patrols / ",
            "line china: Status of the reef / Chinese soil / ",
            "line japan: Status of the reef / A rock / ",
            "aim china: Keep the survey secret",
            "aim japan: Map the shelf",
            "aim china: A court case",
            "aim japan: Mines",
        ]
    );
}

#[test]
fn a_forecast_has_its_condition_and_its_dated_past() {
    let draft = read(
        "# Lagoon\n\n## Forecasts\n\n| ID | Forecast | Probability | Conditional on |\n\
         |---|---|---|---|\n| LGN-1 | The lock opens | 0.35 | The survey ends |\n\n\
         If the survey ends, the probability of a second pier is 40%.\n\n\
         - A toll on barges: 30% (was 20% on 6 January 2026)\n\n\
         ## Log\n\n| Date | ID | Old P | New P | Reason |\n|---|---|---|---|---|\n\
         | 2026-01-10 | LGN-1 | 0.20 | 0.25 | Ice |\n\
         | 2026-02-01 | LGN-1 | 0.25 | 0.35 | Thaw |\n",
    );
    let [lock, pier, toll] = draft.assessment.forecasts.as_slice() else {
        panic!("{:#?}", draft.assessment.forecasts);
    };
    let day = |made: Option<prost_types::Timestamp>| made.map(|made| made.seconds / 86_400);
    let best = |past: &v1::forecast::Revision| past.likelihood.as_ref().and_then(|l| l.best);
    assert_eq!(lock.condition, "The survey ends");
    assert_eq!(day(lock.made_at), Some(20_485));
    let past: Vec<_> = lock
        .history
        .iter()
        .map(|p| (best(p), day(p.made_at)))
        .collect();
    assert_eq!(past, [(Some(0.2), None), (Some(0.25), Some(20_463))]);
    assert_eq!(pier.condition, "the survey ends");
    let past: Vec<_> = toll
        .history
        .iter()
        .map(|p| (best(p), day(p.made_at)))
        .collect();
    assert_eq!(past, [(Some(0.2), Some(20_459))]);
}

#[test]
fn what_should_not_be_done_is_not_recommended() {
    let draft = read(
        "# Lagoon\n\n## What Norway should not do\n\n- Station ships at the reef\n\n\
         ## What Norway should do\n\n- Publish the survey\n",
    );
    assert_eq!(shown(&draft), ["advice norway: Publish the survey"]);
    assert_eq!(draft.doubts.len(), 1);
}

#[test]
fn somebodys_conditions_and_position_are_lines() {
    let draft = read(
        "# Lagoon\n\n## Oslo's conditions\n\n- A quota for cod\n\n\
         ## Conditions in the port\n\n- Ice until May\n\n\
         ## Valletta's position\n\n- No pier without a vote\n",
    );
    assert_eq!(
        shown(&draft),
        [
            "line norway: A quota for cod / A quota for cod / ",
            "line malta: No pier without a vote / No pier without a vote / ",
        ]
    );
}

#[test]
fn estimates_of_two_times_are_a_forecast_and_its_past() {
    let draft = read(
        "# Lagoon\n\n| No. | Question | Our estimate | Previous estimate | Resolves by |\n\
         |---|---|---|---|---|\n| 1 | Will the lock open? | 45% | 38% | 31 December 2026 |\n",
    );
    let [lock] = draft.assessment.forecasts.as_slice() else {
        panic!("{:#?}", draft.assessment.forecasts);
    };
    assert_eq!(lock.likelihood.as_ref().and_then(|l| l.best), Some(0.45));
    assert_eq!(lock.history.len(), 1);
    assert!(
        lock.window
            .as_ref()
            .is_some_and(|window| window.end.is_some())
    );
}
