//! Sentences and what they yield: one line an element, own writing.

use super::Reader;
use crate::import::above::Above;
use crate::import::collect::Collector;
use crate::import::span::Span;
use crate::model::limits::Limits;
use crate::model::names::Names;
use crate::model::v1::{Attribution, Endorsement};

/// What a paragraph yields: kind, actor, words; `!` before what the author rejects.
fn read(text: &str) -> Vec<String> {
    let limits = Limits::default();
    let mut c = Collector::new(text, Names::builtin(), &limits);
    let span = Span::new(0, text.len());
    Reader::default().read(&mut c, span, &Above::default(), false);
    let (a, _) = c.finish();
    let id = |actor: &str| actor.replace("actors/", "");
    let mut all = Vec::new();
    for e in &a.red_lines {
        all.push(format!("line {}: {}", id(&e.actor), e.stance));
    }
    for e in &a.intentions {
        all.push(format!("aim {}: {}", id(&e.actor), e.statement));
    }
    for e in &a.risks {
        all.push(format!("risk: {}", e.statement));
    }
    for e in &a.recommendations {
        all.push(format!("advice {}: {}", id(&e.addressee), e.statement));
    }
    for e in &a.judgments {
        all.push(format!("judgment: {}", e.statement));
    }
    all
}

fn said(text: &str) -> Attribution {
    let limits = Limits::default();
    let mut c = Collector::new(text, Names::builtin(), &limits);
    let span = Span::new(0, text.len());
    Reader::default().read(&mut c, span, &Above::default(), false);
    let (a, _) = c.finish();
    let lines = a.red_lines.into_iter().map(|e| e.attribution);
    let aims = a.intentions.into_iter().map(|e| e.attribution);
    lines.chain(aims).flatten().next().unwrap_or_default()
}

#[test]
fn demands_and_refusals_are_red_lines_of_who_makes_them() {
    for (text, line) in [
        (
            "Malta will not discuss its harbours while the fleet is near, and the envoys want a \
             seat before they sign anything.",
            "line malta: will not discuss its harbours while the fleet is near",
        ),
        (
            "Ankara demands that the squadron leave the harbour by June.",
            "line turkey: demands that the squadron leave the harbour by June.",
        ),
        (
            "On Monday Egypt and Jordan said that they would not accept a second crossing there.",
            "line jordan: would not accept a second crossing there.",
        ),
        (
            "Iranian officials refused to discuss the missile programme in Doha.",
            "line iran: refused to discuss the missile programme in Doha.",
        ),
        (
            "Serbian Foreign Minister Jovan Petrov asserted that Kosovo must dissolve the court.",
            "line serbia: Kosovo must dissolve the court.",
        ),
        (
            "Talks stalled over Athens’s refusal to open the archives of the mission.",
            "line greece: refusal to open the archives of the mission.",
        ),
    ] {
        let found = read(text);
        assert!(
            found.iter().any(|found| found == line),
            "{text}\n{found:#?}"
        );
    }
}

#[test]
fn refusals_are_known_by_their_grammar() {
    for (text, line) in [
        (
            "Togo's president said on Monday that Togo will never again host foreign bases.",
            "line togo: will never again host foreign bases.",
        ),
        (
            "Delhi will not resume any talks until Islamabad hands over the suspects.",
            "line india: will not resume any talks until Islamabad hands over the suspects.",
        ),
        (
            "Brazilian diplomats said Brasilia opposes any use of its ports and is willing to host \
             talks.",
            "line brazil: opposes any use of its ports",
        ),
        (
            "Baku considers any detour around Nakhchivan an act of war.",
            "line azerbaijan: considers any detour around Nakhchivan an act of war.",
        ),
        (
            "Athens said on Friday that the twelve-mile right is not for sale.",
            "line greece: the twelve-mile right is not for sale.",
        ),
        (
            "\"We will never ask leave to use our own water,\" Ethiopian Prime Minister Abiy Ahmed \
             told parliament.",
            "line ethiopia: will never ask leave to use our own water",
        ),
        (
            "Tehran insists it keeps the right to enrich.",
            "line iran: it keeps the right to enrich.",
        ),
        (
            "Burhan said that the army will not negotiate before the militia leaves.",
            "line sudanese-armed-forces: will not negotiate before the militia leaves.",
        ),
        (
            "According to Niger's foreign minister, Niamey will not host foreign bases again.",
            "line niger: will not host foreign bases again.",
        ),
        (
            "Malta refuses to sell the dock and insists that the lease be paid in full first.",
            "line malta: the lease be paid in full first",
        ),
        (
            "Malta refuses to sell the dock and insists that the lease be paid in full first.",
            "line malta: refuses to sell the dock",
        ),
        (
            "Oslo’s main demand remains the return of the two pilot boats.",
            "line norway: the return of the two pilot boats",
        ),
        (
            "Oslo is ready to sign the fishing accord only if the quota is cut by half.",
            "line norway: ready to sign the fishing accord only if the quota is cut by half",
        ),
        (
            "\"There will be no dredging until the survey is published\", said Sergei Lavrov on \
             Monday.",
            "line russia: \"There will be no dredging until the survey is published",
        ),
        (
            "For Oslo, the right to inspect the nets is a red line.",
            "line norway: the right to inspect the nets is a red line",
        ),
    ] {
        let found = read(text);
        let line = line.trim_end_matches('.');
        let fits = |found: &String| found.trim_end_matches(['.', ',', '"']) == line;
        assert!(found.iter().any(fits), "{text}\n{found:#?}");
    }
}

#[test]
fn what_an_author_expects_and_what_one_claims_are_no_lines() {
    for text in [
        "Germany will not reach its harvest goal without new tractors on the farms.",
        "Ukraine would lose the harbour unless Europe sends more pilots this spring.",
        "Moscow insists that Ukraine shelled the lighthouse on the cape.",
        "Ankara viewed the final draft of the ferry pact as balanced.",
    ] {
        let found = read(text);
        let line = found.iter().any(|found| found.starts_with("line "));
        assert!(!line, "{text}\n{found:#?}");
    }
    for (text, line) in [
        (
            "Athens will not lift the embargo unless the convoy turns back.",
            "line greece: will not lift the embargo unless the convoy turns back.",
        ),
        (
            "Ankara says it will block the canal plan unless the pilots are paid.",
            "line turkey: will block the canal plan unless the pilots are paid.",
        ),
        (
            "Moscow insists that Ukraine must leave the lighthouse.",
            "line russia: Ukraine must leave the lighthouse.",
        ),
        (
            "Ankara viewed the closing of the canal as unacceptable.",
            "line turkey: viewed the closing of the canal as unacceptable.",
        ),
    ] {
        let found = read(text);
        assert!(
            found.iter().any(|found| found == line),
            "{text}\n{found:#?}"
        );
    }
}

#[test]
fn a_city_speaks_as_a_government_and_not_as_a_place() {
    let line = "line russia: will not attend the summit in May.";
    assert!(
        read("Moscow said that it will not attend the summit in May.").contains(&line.to_owned())
    );
    for text in [
        "Fighting near Moscow went on and the mayor wants calm.",
        "Talks in Geneva ended and a second round in Cairo is planned.",
        "Delegates in Ankara want a pause of a week.",
        "Factories around Tehran refused to open again on Monday.",
        "Trains to Warsaw and Kyiv seek new crews for the summer.",
    ] {
        assert_eq!(read(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn nobody_speaks_for_another() {
    for text in [
        "Moscow claims that Kyiv plans to attack the dam with drones.",
        "Tehran denied that it intends to close the strait to tankers.",
        "India said that Pakistan refuses to hand over the suspects.",
        "Sources close to the Kremlin demand a new command for the fleet.",
        "Will Ankara refuse to open the straits to the convoy?",
        "The Russian demand for a buffer zone surprised the envoys again.",
        "Georgia and its neighbours met in Tbilisi on 3 May for a summit.",
        "He offered services that would solve their immediate problems at home.",
        "Japan did not reject the offer that the envoys had brought along.",
        "All three states declined to comment on the shape of the force.",
    ] {
        assert_eq!(read(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn aims_have_the_actor_that_pursues_them() {
    for (text, aim) in [
        (
            "As talks resume, the Sunak government is trying to keep the fund alive.",
            "aim united-kingdom: Sunak government is trying to keep the fund alive.",
        ),
        (
            "Wagner’s goal in the region has been to guard the mines; to train the guard; and to \
             win the port.",
            "aim wagner-group: to guard the mines; to train the guard; and to win the port.",
        ),
        (
            "Australian Prime Minister Jane Roe said on April 1 that Australia will send \
             two ships.",
            "aim australia: Australia will send two ships.",
        ),
        (
            "Iran retaliated with a single drone, signalling a preference for talks over war.",
            "aim iran: signalling a preference for talks over war.",
        ),
    ] {
        let found = read(text);
        assert!(found.iter().any(|found| found == aim), "{text}\n{found:#?}");
    }
}

#[test]
fn risks_advice_and_judgments_are_the_authors() {
    for (text, expected) in [
        (
            "My greatest fear is that a stray missile is taken for the first shot.",
            "risk: a stray missile is taken for the first shot.",
        ),
        (
            "This paper recommends that the union pay the pilots before the winter.",
            "advice : the union pay the pilots before the winter.",
        ),
        (
            "Ankara likely assesses that the envoys want to leave soon.",
            "judgment: Ankara likely assesses that the envoys want to leave soon.",
        ),
        (
            "A truce that holds through June is a remote possibility.",
            "judgment: A truce that holds through June is a remote possibility.",
        ),
        (
            "The gap in the accord may fuel further violence along the canal.",
            "risk: The gap in the accord may fuel further violence along the canal.",
        ),
        (
            "Waiting until the spring significantly increases the probability of a blockade.",
            "risk: Waiting until the spring significantly increases the probability of a blockade.",
        ),
        (
            "Brussels and the capitals should fund the monitors before the winter comes.",
            "advice : Brussels and the capitals should fund the monitors before the winter comes.",
        ),
        (
            "However, Ankara is unlikely to ratify the protocol this year, as its courts object.",
            "judgment: Ankara is unlikely to ratify the protocol this year",
        ),
        (
            "The talks will likely drag on, though Cairo may have agreed on the first article.",
            "judgment: The talks will likely drag on, though Cairo may have agreed on the first \
             article.",
        ),
    ] {
        let found = read(text);
        assert!(
            found.iter().any(|found| found == expected),
            "{text}\n{found:#?}"
        );
    }
    for text in [
        "The weight of this choice should not be underestimated by anyone involved.",
        "The will of the people to resist has not been broken by the siege.",
        "Should the base reopen, the pact of last May ends for both of them.",
    ] {
        assert_eq!(read(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn a_figure_is_a_probability_only_beside_a_word_that_says_so() {
    let forecasts = |text: &str| -> Vec<(String, Option<f64>)> {
        let limits = Limits::default();
        let mut c = Collector::new(text, Names::builtin(), &limits);
        let span = Span::new(0, text.len());
        Reader::default().read(&mut c, span, &Above::default(), false);
        let (a, doubts) = c.finish();
        let best = |e: &crate::model::v1::Forecast| e.likelihood.as_ref().and_then(|l| l.best);
        let mut all: Vec<_> = a
            .forecasts
            .iter()
            .map(|e| (e.statement.clone(), best(e)))
            .collect();
        all.extend(
            doubts
                .iter()
                .map(|doubt| (format!("doubt: {}", doubt.quote), None)),
        );
        all
    };
    for (text, event, best) in [
        (
            "There is a 40 % chance that the ferry resumes by May.",
            "the ferry resumes by May.",
            0.4,
        ),
        (
            "Experts put the probability of a second closure at 0.25 for now.",
            "a second closure",
            0.25,
        ),
        (
            "There is a one in five chance of a strike on the port.",
            "a strike on the port.",
            0.2,
        ),
    ] {
        assert_eq!(forecasts(text), [(event.to_owned(), Some(best))], "{text}");
    }
    for text in [
        "Trade fell by 40 % after the ferry stopped in the spring.",
        "These scenarios have at least a 30 % probability at the baseline.",
        "The ferry may resume in May, and would carry 300 cars a day.",
    ] {
        assert_eq!(forecasts(text), [], "{text}");
    }
    let impossible = "There is a 140 % chance that the ferry resumes by May.";
    assert_eq!(forecasts(impossible).len(), 1);
    assert!(
        forecasts(impossible)[0].0.starts_with("doubt: 140"),
        "{:?}",
        forecasts(impossible)
    );
}

#[test]
fn a_quotation_is_not_taken_apart() {
    let text = "Putin explained: “It is over. They would be led by the same man. Russia will never \
                accept it.” Nobody asked why.";
    assert_eq!(read(text), Vec::<String>::new());
}

#[test]
fn attribution_tells_asserter_speaker_and_stand() {
    let claimed = said("Lavrov claimed that Russia will not accept foreign troops there.");
    assert_eq!(claimed.asserter, "actors/russia");
    assert_eq!(claimed.speaker, "actors/sergey-lavrov");
    assert_eq!(claimed.endorsement(), Endorsement::Neutral);
    let own = said("Ankara seeks to reopen the route.");
    assert_eq!(
        (own.asserter.as_str(), own.endorsement()),
        ("", Endorsement::Adopted)
    );
    let text = "Kenyan President Jane Roe said that Kenya will never accept a fence.";
    assert_eq!(said(text).speaker, "actors/jane-roe");
    let false_claim = "Lavrov falsely claimed that Russia will not accept foreign troops there.";
    assert_eq!(read(false_claim), Vec::<String>::new());
}

#[test]
fn the_same_statement_met_twice_is_one_element() {
    let text = "Efforts to find other gas likely helped the ministers to refuse the demand. \
                Efforts to find other gas likely helped the ministers to refuse that demand.";
    assert_eq!(read(text).len(), 1);
    let text = "Prices will likely fall by 5 percent in the spring. \
                Prices will likely fall by 7 percent in the spring.";
    assert_eq!(read(text).len(), 2);
}

#[test]
fn dangers_and_advice_stand_in_clauses_of_their_own() {
    for (text, found) in [
        (
            "There is also a risk that the dispute over the nets spills into the election.",
            "risk: the dispute over the nets spills into the election.",
        ),
        (
            "The lock may freeze in March, and food shortages might fuel unrest in the port.",
            "risk: food shortages might fuel unrest in the port.",
        ),
        (
            "Oslo would be well advised to publish the survey before the summer.",
            "advice norway: Oslo would be well advised to publish the survey before the summer.",
        ),
        (
            "Norway wants a quiet summer. The government is determined to keep the dock open.",
            "aim norway: The government is determined to keep the dock open.",
        ),
        (
            "Malta said that it would not pay the toll, while Norway wants a cap on the fees.",
            "aim norway: Norway wants a cap on the fees.",
        ),
    ] {
        let all = read(text);
        assert!(all.iter().any(|one| one == found), "{text}\n{all:#?}");
    }
    let none = read("There is little risk that the dispute over the nets spills into the vote.");
    assert!(none.iter().all(|one| !one.starts_with("risk")), "{none:#?}");
}

#[test]
fn a_name_that_is_not_known_is_doubted_where_it_refuses() {
    let text = "On Friday the Lagoon Peoples Front refused to discuss its harbours with the envoy.";
    let limits = Limits::default();
    let mut c = Collector::new(text, Names::builtin(), &limits);
    let span = Span::new(0, text.len());
    Reader::default().read(&mut c, span, &Above::default(), false);
    let (assessment, doubts) = c.finish();
    assert_eq!(assessment.red_lines, []);
    let quotes: Vec<&str> = doubts.iter().map(|doubt| doubt.quote.as_str()).collect();
    assert_eq!(quotes, ["Lagoon Peoples Front"]);
}
