//! The whole way from text to draft, on short articles of our own.
//!
//! Each test is about one rule and says it in its name; what a draft holds is shown as one line
//! per element, so that a failure reads like the article.

mod shapes;
mod told;

use proptest::prelude::*;

use super::{Draft, draft};
use crate::error::Error;
use crate::model::limits::Limits;
use crate::model::names::Names;
use crate::model::v1::{self, AttributionMode, LikelihoodOrigin};

fn read(text: &str) -> Draft {
    let limits = Limits::default();
    draft(text.as_bytes(), "text/markdown", Names::builtin(), &limits).unwrap()
}

/// One line per element: kind, whose it is, what it says.
fn shown(draft: &Draft) -> Vec<String> {
    let a = &draft.assessment;
    let short = |name: &str| name.rsplit('/').next().unwrap_or("").to_owned();
    let mut lines = Vec::new();
    for e in &a.red_lines {
        let (actor, what) = (short(&e.actor), e.implications.join("; "));
        lines.push(format!("line {actor}: {} / {} / {what}", e.title, e.stance));
    }
    for e in &a.focus_areas {
        let risks: Vec<String> = e.risks.iter().map(|risk| short(risk)).collect();
        let outcomes = e.potential_outcomes.join("; ");
        lines.push(format!(
            "focus {} / {outcomes} / {}",
            e.title,
            risks.join(" ")
        ));
    }
    for e in &a.risks {
        lines.push(format!("risk {} / {}", e.statement, short(&e.focus_area)));
    }
    for e in &a.tools {
        let outcomes = e.expected_outcomes.join("; ");
        lines.push(format!("tool {} / {} / {outcomes}", e.title, e.purpose));
    }
    for e in &a.intentions {
        lines.push(format!("aim {}: {}", short(&e.actor), e.statement));
    }
    lines.extend(
        a.challenges
            .iter()
            .map(|e| format!("challenge {}", e.statement)),
    );
    for e in &a.recommendations {
        lines.push(format!("advice {}: {}", short(&e.addressee), e.statement));
    }
    lines.extend(
        a.judgments
            .iter()
            .map(|e| format!("judgment {}", e.statement)),
    );
    lines.extend(ahead(a));
    lines
}

/// One line per element that looks ahead.
fn ahead(a: &v1::Assessment) -> Vec<String> {
    let short = |name: &str| name.rsplit('/').next().unwrap_or("").to_owned();
    let mut lines = Vec::new();
    for e in &a.forecasts {
        let of = |likelihood: &Option<v1::Likelihood>| {
            let likelihood = likelihood.as_ref();
            likelihood.map_or("-".to_owned(), |l| {
                l.best.map_or(l.text.clone(), |best| best.to_string())
            })
        };
        let window = e.window.as_ref().map_or("", |window| window.text.as_str());
        lines.push(format!(
            "forecast {} / {} / {window}",
            e.statement,
            of(&e.likelihood)
        ));
    }
    for e in &a.scenario_sets {
        let structure = e
            .structure()
            .as_str_name()
            .trim_start_matches("SCENARIO_STRUCTURE_");
        lines.push(format!(
            "set {} / {} / {structure}",
            e.title,
            e.members.len()
        ));
    }
    for e in &a.indicators {
        let targets: Vec<String> = e.bears_on.iter().map(|b| short(&b.target)).collect();
        let status = e
            .status()
            .as_str_name()
            .trim_start_matches("INDICATOR_STATUS_");
        let targets = targets.join(" ");
        lines.push(format!(
            "watch {} / {} / {targets} / {status}",
            e.observable, e.threshold
        ));
    }
    lines
}

fn doubted(draft: &Draft) -> Vec<&str> {
    draft
        .doubts
        .iter()
        .map(|doubt| doubt.quote.as_str())
        .collect()
}

fn citations(a: &v1::Assessment) -> Vec<&v1::Citation> {
    let lines = a.red_lines.iter().flat_map(|e| &e.citations);
    lines
        .chain(a.focus_areas.iter().flat_map(|e| &e.citations))
        .chain(a.risks.iter().flat_map(|e| &e.citations))
        .chain(a.tools.iter().flat_map(|e| &e.citations))
        .chain(a.intentions.iter().flat_map(|e| &e.citations))
        .chain(a.challenges.iter().flat_map(|e| &e.citations))
        .chain(a.recommendations.iter().flat_map(|e| &e.citations))
        .chain(a.judgments.iter().flat_map(|e| &e.citations))
        .chain(a.forecasts.iter().flat_map(|e| &e.citations))
        .chain(a.scenario_sets.iter().flat_map(|e| &e.citations))
        .chain(a.indicators.iter().flat_map(|e| &e.citations))
        .collect()
}

fn place(at: Option<i32>) -> usize {
    at.and_then(|at| usize::try_from(at).ok())
        .unwrap_or(usize::MAX)
}

const STRAIT: &str = "# Who Blinks in the Strait

Convoys wait, insurers count, and nobody yet says who will pay for the pilots on either shore.

What makes the talks hard:
- Escorts that nobody asked for
- Old debts
| Track | What may go wrong | Upside | ||
|---|---|---|---|---|
| Pilotage | A collision | Shared pilots | ||
| Debts | Courts step in (unlikely) | A payment plan |

## Lines of Tehran

Issue | Iran's position | What it means for the talks
--- | --- | ---
Inspections | Under no circumstances acceptable, rejected | Non-starter
Transit fees | Required | A bargaining chip

Washington must choose its words. Next steps:
1. Name one **channel** and keep it.
2. The EU should publish the fees.
";

#[test]
fn an_article_is_read() {
    let draft = read(STRAIT);
    assert_eq!(
        shown(&draft),
        [
            "line iran: Inspections / Under no circumstances acceptable, rejected / Non-starter",
            "line iran: Transit fees / Required / A bargaining chip",
            "focus Pilotage / Shared pilots / a-collision",
            "focus Debts / A payment plan / courts-step-in-unlikely",
            "risk A collision / pilotage",
            "risk Courts step in (unlikely) / debts",
            "challenge Escorts that nobody asked for",
            "challenge Old debts",
            "advice united-states: Washington must choose its words.",
            "advice united-states: Name one channel and keep it.",
            "advice european-union: The EU should publish the fees.",
        ]
    );
    assert_eq!(doubted(&draft), [""; 0]);
    assert_eq!(draft.assessment.title, "Who Blinks in the Strait");
    assert!(draft.assessment.summary.starts_with("Convoys wait"));
}

#[test]
fn codes_come_from_listed_words_and_are_cited() {
    let draft = read(STRAIT);
    let line = &draft.assessment.red_lines[0];
    assert_eq!(line.posture(), v1::Posture::Prohibits);
    assert_eq!(line.declared_firmness(), v1::DeclaredFirmness::Absolute);
    assert_eq!(
        line.assessed_negotiability(),
        v1::AssessedNegotiability::NonStarter
    );
    let cited = line
        .citations
        .iter()
        .find(|c| c.supports.iter().any(|path| path == "posture"));
    assert_eq!(
        cited.unwrap().quote,
        "Under no circumstances acceptable, rejected"
    );
    let named = line
        .citations
        .iter()
        .find(|c| c.supports == ["actor"])
        .unwrap();
    assert_eq!(named.quote, "Iran's position");
    let other = &draft.assessment.red_lines[1];
    assert_eq!(other.declared_firmness(), v1::DeclaredFirmness::Unspecified);
    assert_eq!(
        other.assessed_negotiability(),
        v1::AssessedNegotiability::Tradeable
    );
    let [unstated, stated] = &draft.assessment.risks[..] else {
        panic!("two risks")
    };
    assert_eq!(unstated.likelihood, None);
    let likelihood = stated.likelihood.as_ref().unwrap();
    assert_eq!(
        (likelihood.term.as_str(), likelihood.best),
        ("unlikely", None)
    );
    assert_eq!(likelihood.origin(), LikelihoodOrigin::StatedWord);
}

#[test]
fn line_ends_and_marks_do_not_matter() {
    let windows = format!("\u{feff}{}", STRAIT.replace('\n', "\r\n"));
    assert_eq!(read(&windows), read(STRAIT));
    let bulleted = STRAIT
        .replace("- E", "• E")
        .replace("- Old", "* Old")
        .replace("1. N", "(1) N");
    assert_eq!(shown(&read(&bulleted)), shown(&read(STRAIT)));
}

#[test]
fn a_repeated_table_adds_nothing_and_its_damage_is_doubted() {
    let text = "| Instrument | What for | Hoped-for result |\n|---|---|---|\n\
        | Hotline | Clear up incidents | Fewer shots |\n\
        | Escrow | Pay arrears | Ships released |\n\
        |---|---|---|\n\
        | Instrument | What for | Hoped-for result |\n|---|---|---|\n\
        | Hotline | Clear up incidents | Fewer |\n\
        | Escrow | Pay arrears. In the end it is all a matter of time, as everyone knows. The \
        weeks ahead will show. ADVERTISEMENT |\n";
    let draft = read(text);
    assert_eq!(
        shown(&draft),
        [
            "tool Hotline / Clear up incidents / Fewer shots",
            "tool Escrow / Pay arrears / Ships released",
        ]
    );
    let doubts = doubted(&draft);
    assert_eq!(doubts.len(), 3, "{doubts:?}");
    assert_eq!(doubts[1], "Fewer");
    assert!(doubts[2].starts_with("Pay arrears. In") && doubts[2].ends_with("ADVERTISEMENT"));
    assert_eq!(draft.assessment.tools[0].citations.len(), 5);
}

#[test]
fn a_broken_row_is_one_cell_with_its_tail() {
    let text = "# T\n\n| Tool | Purpose | Outcome |\n|---|---|---|\n| Envoys | Talk | Calm |\n\
        | Radio | Reach both shores | As we went to press the\nguns were heard again. Nobody knew \
        why.\nADVERTISEMENT |\n\nAfter it.\n";
    let draft = read(text);
    assert_eq!(
        shown(&draft),
        [
            "tool Envoys / Talk / Calm",
            "tool Radio / Reach both shores / "
        ]
    );
    assert_eq!(doubted(&draft).len(), 1);
    assert!(doubted(&draft)[0].ends_with("ADVERTISEMENT"));
}

#[test]
fn rows_that_do_not_fit_are_doubted_and_not_guessed() {
    let text = "# Red lines of Ankara\n\n| Red line | Stance |\n|---|---|\n| Islets | Firm |\n\
        | Airspace | Firm | extra |\n| | Firm |\n| Ports |\n";
    let draft = read(text);
    assert_eq!(shown(&draft), ["line turkey: Islets / Firm / "]);
    let rows = ["| Airspace | Firm | extra |", "| | Firm |", "| Ports |"];
    assert_eq!(doubted(&draft), rows);
}

#[test]
fn who_is_not_told_is_not_guessed() {
    let both = read("# T\n\nThe red lines of Iran and Israel:\n- No flights\n");
    assert_eq!(shown(&both), ["line : No flights / No flights / "]);
    assert_eq!(doubted(&both).len(), 1);
    let nobody = read("# T\n\nKey intentions include:\n- Time\n");
    assert_eq!(shown(&nobody), ["aim : Time"]);
    assert_eq!(doubted(&nobody), ["intentions"]);
    let stranger = read("# T\n\n## Aims of Cairo\n\nWhat the junta wants:\n- Time\n");
    assert_eq!(shown(&stranger), ["aim : Time"]);
    let other_end = read("# T\n\n## Red lines in the talks with Iran\n\n- No flights\n");
    assert_eq!(shown(&other_end), [""; 0]);
    assert_eq!(doubted(&other_end), ["Red lines"]);
}

#[test]
fn a_cell_names_its_actor_and_unknown_ones_are_proposed() {
    let text = "| Party | Red line | Position | Consequence for talks |\n|--|--|--|--|\n\
        | Kremlin | Bases | Opposes any | Slower talks |\n\
        | Harbour Council | Fees | Insists on half | Dearer talks |\n";
    let draft = read(text);
    assert_eq!(
        shown(&draft),
        [
            "line russia: Bases / Opposes any / Slower talks",
            "line harbour-council: Fees / Insists on half / Dearer talks",
        ]
    );
    assert_eq!(draft.assessment.proposed_actors[0].title, "Harbour Council");
    assert!(doubted(&draft).contains(&"Harbour Council"));
}

#[test]
fn empty_columns_within_a_header_do_not_shift_the_cells() {
    let text = "# T\n\n| Tool | || Purpose || Outcome | |\n|---|---|---|---|---|---|---|\n\
        | Envoys | Talk | Calm |\n| Radio | || News || Trust | |\n| Ships | Show | | Calm |\n\
        | Fees | Pay |\n";
    let draft = read(text);
    assert_eq!(
        shown(&draft),
        [
            "tool Envoys / Talk / Calm",
            "tool Radio / News / Trust",
            "tool Ships / Show / Calm"
        ]
    );
    assert_eq!(doubted(&draft), ["| Fees | Pay |"]);
}

#[test]
fn tables_are_found_however_they_are_drawn() {
    let expected = ["tool Envoys / Talk / Calm", "tool Radio / News / Trust"];
    for text in [
        "Tool\tPurpose\tOutcome\nEnvoys\tTalk\tCalm\nRadio\tNews\tTrust\n",
        "> | Tool | Purpose | Outcome |\n> |--|--|--|\n> | Envoys | Talk | Calm |\n\
         > | Radio | News | Trust |\n",
        "+---+---+---+\n| Tool | Purpose | Outcome |\n+===+===+===+\n| Envoys | Talk | Calm |\n\
         +---+---+---+\n| Radio | News | Trust |\n+---+---+---+\n",
        "Tool | Purpose | Outcome\nEnvoys | Talk | Calm\nRadio | News | Trust\n",
        "| Tool | Purpose | Outcome |\n|--|--|--|\n\n| Envoys | Talk | Calm |\n\n\
         ADVERTISEMENT\n\n| Radio | News | Trust |\n",
        "| Table 2 | | |\n|--|--|--|\n| **Tool** | _Purpose_ | Outcome |\n|--|--|--|\n\
         | **Envoys** | Talk | Calm |\n|--|--|--|\n| Radio | News | Trust |",
    ] {
        assert_eq!(shown(&read(text)), expected, "{text}");
    }
}

#[test]
fn a_sentence_of_the_section_names_the_holder() {
    let text = "# The Strait\n\n## Limits\n\nTehran has three red lines. They were repeated in \
        May, to the dismay of Riyadh.\n\n| Red line | Stance |\n|--|--|\n| Islands | Firm |\n";
    let draft = read(text);
    assert_eq!(shown(&draft), ["line iran: Islands / Firm / "]);
    let cited = &draft.assessment.red_lines[0].citations;
    assert!(
        cited
            .iter()
            .any(|c| c.quote == "Tehran has three red lines."),
        "{cited:?}"
    );
}

#[test]
fn a_short_form_means_the_one_name_that_ends_in_it() {
    let text = "# T\n\nThe Sudanese Armed Forces hold the port. What the forces want:\n- Fuel\n";
    assert_eq!(shown(&read(text)), ["aim sudanese-armed-forces: Fuel"]);
}

#[test]
fn a_column_per_actor_gives_each_its_line() {
    let text = "## Red lines\n\n| Issue | Tehran's stance | Stance of Riyadh |\n|--|--|--|\n\
        | Islands | Claims all three | Rejects the claim |\n";
    assert_eq!(
        shown(&read(text)),
        [
            "line iran: Islands / Claims all three / ",
            "line saudi-arabia: Islands / Rejects the claim / ",
        ]
    );
}

#[test]
fn tables_of_other_things_yield_nothing() {
    for header in [
        "Oblast | Russian Control",
        "Scenario | Probability | Tier",
        "Poll | Date | Approve",
        "Strategy | Expected Utility | Deal Probability | War Risk | Assessment",
        "Component | Score | Notes",
    ] {
        let cells = header
            .split('|')
            .map(|_| "0.4")
            .collect::<Vec<_>>()
            .join(" | ");
        let dashes = header
            .split('|')
            .map(|_| "---")
            .collect::<Vec<_>>()
            .join("|");
        let draft = read(&format!("# T\n\n{header}\n{dashes}\n{cells}\n{cells}\n"));
        assert_eq!(shown(&draft), [""; 0], "{header}");
    }
}

#[test]
fn a_declared_line_is_the_actors_word() {
    let text = "| Red line | What Beijing publicly says |\n|--|--|\n| Landings | Not accepted |\n";
    let line = read(text).assessment.red_lines.remove(0);
    let attribution = line.attribution.unwrap();
    assert_eq!(attribution.asserter, "actors/china");
    assert_eq!(attribution.mode(), AttributionMode::Declared);
    let text = "| Red line | Beijing's stance |\n|--|--|\n| Landings | Unacceptable |\n";
    let line = read(text).assessment.red_lines.remove(0);
    let attribution = line.attribution.unwrap();
    assert_eq!(attribution.asserter, "");
    assert_eq!(attribution.mode(), AttributionMode::AuthorJudgment);
}

#[test]
fn nested_items_stay_with_theirs_and_labels_speak_for_what_is_under_them() {
    let text = "## Recommendations\n\n- For Washington:\n  - Talk less.\n  - Listen more.\n\
        - For Brussels and others, patience.\n  - It costs little.\n";
    let draft = read(text);
    assert_eq!(
        shown(&draft),
        [
            "advice united-states: Talk less.",
            "advice united-states: Listen more.",
            "advice : For Brussels and others, patience.",
        ]
    );
    let quotes: Vec<&str> = draft.assessment.recommendations[2]
        .citations
        .iter()
        .map(|c| c.quote.as_str())
        .collect();
    assert!(quotes.contains(&"It costs little."));
}

#[test]
fn a_heading_speaks_for_its_list_only_by_its_head() {
    let perceptions = "# T\n\n## Drivers of Threat Perceptions\n\n- Ships were sent.\n";
    assert_eq!(shown(&read(perceptions)), [""; 0]);
    let title = "# Regional Threats\n\n## Contents of this paper\n\n- Purpose\n";
    assert_eq!(shown(&read(title)), [""; 0]);
    let divided = "# T\n\n## Recommendations\n\n### In the short term\n\n- Wait.\n";
    assert_eq!(shown(&read(divided)), ["advice : Wait."]);
    let own = "# T\n\n## Challenges\n\nThe US draft of May obliges Iran to:\n- Close the site\n";
    assert_eq!(shown(&read(own)), [""; 0]);
    assert_eq!(
        doubted(&read(own)),
        ["The US draft of May obliges Iran to:"]
    );
}

#[test]
fn a_label_is_an_owner_only_among_owners() {
    let topics = "## Recommendations\n\n- Iran: map its offers.\n- At home: count votes.\n";
    assert_eq!(
        shown(&read(topics)),
        [
            "advice : Iran: map its offers.",
            "advice : At home: count votes."
        ]
    );
    let owners = "## Red lines\n\n- Iran: no inspections\n- Israel: no enrichment\n";
    assert_eq!(
        shown(&read(owners)),
        [
            "line iran: no inspections / no inspections / ",
            "line israel: no enrichment / no enrichment / ",
        ]
    );
}

#[test]
fn a_rated_risk_keeps_its_rating_apart() {
    let text = "## Key risks\n\n- **Breakout**: HIGH (days)\n- CRITICAL: Regional war\n";
    let draft = read(text);
    assert_eq!(shown(&draft), ["risk Breakout / ", "risk Regional war / "]);
    let rating = |at: usize| {
        draft.assessment.risks[at]
            .stated_rating
            .clone()
            .unwrap()
            .text
    };
    assert_eq!(
        (rating(0), rating(1)),
        ("HIGH (days)".to_owned(), "CRITICAL".to_owned())
    );
    assert_eq!(draft.assessment.risks[0].likelihood, None);
}

#[test]
fn a_recommendation_that_names_a_tool_is_linked() {
    let text = "| Tool | Purpose |\n|--|--|\n| Naval Hotline | Clear up incidents |\n\n\
        Recommendations:\n- Open the naval hotline first.\n- Wait.\n";
    let draft = read(text);
    assert_eq!(
        draft.assessment.recommendations[0].tools,
        ["tools/naval-hotline"]
    );
    assert!(draft.assessment.recommendations[1].tools.is_empty());
}

#[test]
fn elements_past_the_limit_are_one_doubt() {
    let items: String = (0..9).map(|n| format!("- Problem number {n}\n")).collect();
    let text = format!("# T\n\nThe main obstacles:\n{items}");
    let limits = Limits {
        elements_max: 5,
        ..Limits::default()
    };
    let draft = draft(text.as_bytes(), "text/plain", Names::builtin(), &limits).unwrap();
    assert_eq!(draft.assessment.challenges.len(), 5);
    assert_eq!(draft.doubts.len(), 1);
    assert!(draft.doubts[0].quote.starts_with("Problem number 5"));
    assert!(draft.doubts[0].quote.ends_with("Problem number 8"));
}

#[test]
fn ids_are_unique_and_stable() {
    let text = "# T\n\nKey challenges:\n- Trust!\n- Trust, again\n- Trust (again)\n";
    let ids: Vec<String> = read(text)
        .assessment
        .challenges
        .into_iter()
        .map(|challenge| challenge.id)
        .collect();
    assert_eq!(ids, ["trust", "trust-again"]);
    let text = "# T\n\nKey challenges:\n- Zürich\n- Zurich\n";
    let ids: Vec<String> = read(text)
        .assessment
        .challenges
        .into_iter()
        .map(|challenge| challenge.id)
        .collect();
    assert_eq!(ids, ["zurich", "zurich-2"]);
}

#[test]
fn what_is_repeated_over_and_over_is_cited_so_often_and_no_more() {
    let draft = read(&format!(
        "# T\n\nKey challenges:\n{}",
        "- Trust\n".repeat(200)
    ));
    assert_eq!(draft.assessment.challenges[0].citations.len(), 64);
    assert_eq!(draft.doubts.len(), 1);
    let nested = format!(
        "# T\n\nKey challenges:\n- Trust\n{}",
        "  - word ".repeat(9000)
    );
    let quotes: usize = read(&nested).assessment.challenges[0]
        .citations
        .iter()
        .map(|c| c.quote.len())
        .sum();
    assert!(quotes < Limits::default().element_bytes_max);
}

#[test]
fn titles_are_short_and_quotes_whole() {
    let word = "ž".repeat(2000);
    let text = format!("# {word}\n\nKey challenges:\n- {word}\n\nRed lines of Iran:\n- {word} x\n");
    let draft = read(&text);
    let a = &draft.assessment;
    let titles = [&a.title, &a.challenges[0].title, &a.red_lines[0].title];
    assert!(
        titles
            .iter()
            .all(|title| title.len() <= 512 && title.ends_with('…'))
    );
    assert_eq!(a.challenges[0].statement, word);
    assert_eq!(a.challenges[0].citations[0].quote, word);
}

#[test]
fn what_is_no_document_is_refused() {
    let refused = draft(b"x", "text/html", Names::builtin(), &Limits::default());
    assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
}

/// Pieces that meet in articles, in any order.
fn article() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => prop::sample::select(vec![
            "|", "||", "|---|---|", "---", "\n", "\n\n", "\n- ", "\n  * ", "\n1. ", "\n# ", "```",
            "~~~", ":", "**", "_", "[a](b)", "&amp;", "\\|", "’", "“", " — ", "\r\n",
            "\t", "> ",
            "ADVERTISEMENT", "<br>", "\u{feff}", "é", "🛡️", "\u{0}",
        ]).prop_map(str::to_owned),
        4 => prop::sample::select(vec![
            "Red line", "Kremlin Stance", "Implications", "Risk", "Focus", "Outcome", "Tool",
            "Purpose", "Key challenges include:", "What Tehran wants:", "Recommendations",
            "Washington should", "Absolute rejection", "likely", "40 %", "Likelihood", "Party",
        ]).prop_map(str::to_owned),
        1 => "\\PC{0,12}",
    ];
    prop::collection::vec(piece, 0..80).prop_map(|pieces| pieces.join(" "))
}

proptest! {
    #[test]
    fn any_text_is_read_with_true_spans(text in article()) {
        let limits = Limits::default();
        let Ok(draft) = draft(text.as_bytes(), "text/plain", Names::builtin(), &limits) else {
            let bare = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
            prop_assert_eq!(bare, "");
            return Ok(());
        };
        for citation in citations(&draft.assessment) {
            let quoted = draft.text.get(place(citation.start)..place(citation.end));
            prop_assert_eq!(quoted, Some(citation.quote.as_str()));
            prop_assert!(!citation.quote.trim().is_empty());
        }
        for doubt in &draft.doubts {
            let span = doubt.span.as_ref().unwrap();
            let quoted = draft.text.get(place(span.start)..place(span.end));
            prop_assert_eq!(quoted, Some(doubt.quote.as_str()));
            prop_assert!(!doubt.quote.is_empty());
        }
        for section in &draft.assessment.sections {
            prop_assert!(draft.text.get(place(section.start)..place(section.end)).is_some());
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let limits = Limits::default();
        let _ = draft(&bytes, "text/markdown", Names::builtin(), &limits);
    }
}
