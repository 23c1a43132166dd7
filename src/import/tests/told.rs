//! What headings, labels and the words around figures tell: scenarios, forecast questions, watch
//! lists, a party's own story, the yardstick of probability words, times with their days.

use super::{doubted, read, shown};
use crate::model::v1::{ConfidenceLevel, Endorsement, LikelihoodScheme, TimePrecision};

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
