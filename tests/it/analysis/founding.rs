//! The founding article, imported as it is, with what an analyst adds to it: then every question
//! that assessments exist for. `33-questions.txt` asks the same of an article that may be shown.

use std::path::{Path, PathBuf};

use chancery::client::{Client, Query};
use chancery::model::v1::proposal_term::Place;
use chancery::model::v1::{self, Compliance, Posture, ProposalVerdict, SnapBackStatus};
use chancery::model::v1::{TermChangeKind, ZoneState};
use chancery::server::Running;
use prost_types::Timestamp;
use tempfile::TempDir;

use super::{brings_about, served, typed};

const LINES: &str = "assessments/talks/redLines";
const RISKS: &str = "assessments/talks/risks";
const TOOLS: &str = "assessments/talks/tools";
const COMMITMENTS: &str = "assessments/talks/commitments";

/// What an article does not say: influence, positions on scales, and what is reported of promises.
/// Ukraine's least withdrawal is left open.
const ANALYST: &str = "\
name: assessments/talks
title: The founding article
participants:
- {id: russia, actor: actors/russia, influence: 0.5, veto: true}
- {id: ukraine, actor: actors/ukraine, influence: 0.3, veto: true}
- {id: us, actor: actors/united-states, influence: 0.6, veto: false}
positions:
- {id: a, actor: actors/russia, issue: issues/withdrawal, ideal: 0,
    acceptable: {max: 30}, salience: 0.9, uncertainty: 5}
- {id: b, actor: actors/ukraine, issue: issues/withdrawal, ideal: 100, salience: 1, uncertainty: 10}
- {id: c, actor: actors/united-states, issue: issues/withdrawal,
    ideal: 50, acceptable: {min: 20}, salience: 0.4}
assumptions:
- {id: winter, statement: Neither side can attack before the thaw.}
judgments:
- {id: truce, statement: The truce holds until the thaw.,
    restsOn: [assessments/talks/assumptions/winter]}
tools:
- id: sanctions-relief
  title: Calibrated sanctions relief
  addresses:
  - assessments/talks/risks/renewed-clashes
  - assessments/talks/redLines/territorial-integrity
  preconditions: [A verified step]
  mayCross: [assessments/talks/redLines/territorial-integrity]
  ratings: [{criterion: cost, score: 2}]
commitments:
- id: no-shelling
  title: No shelling
  party: actors/russia
  verifier: actors/united-states
  theme: ceasefire
  obligation: Fire no shell across the line.
  state: COMMITMENT_STATE_IN_FORCE
  pamLevel: 1
  unlocks: [assessments/talks/commitments/relief]
  snapBack: {trigger: A verified shelling, mode: SNAP_BACK_MODE_BY_DECISION,
      decider: actors/united-states, restores: [assessments/talks/tools/sanctions-relief]}
  reports:
  - {kind: COMMITMENT_REPORT_KIND_VIOLATION, standing: REPORT_STANDING_ALLEGED,
      reporter: actors/ukraine, observed: {start: 2026-01-10T00:00:00Z}}
  - {kind: COMMITMENT_REPORT_KIND_VIOLATION, standing: REPORT_STANDING_VERIFIED,
      reporter: actors/united-states, observed: {start: 2026-02-01T00:00:00Z}}
- id: relief
  title: Relief of sanctions
  party: actors/united-states
  theme: relief
  obligation: Lift the first list.
  state: COMMITMENT_STATE_AGREED
  requires: {mode: REQUIREMENT_MODE_ALL, commitments: [assessments/talks/commitments/no-shelling]}
";

/// What the analyst types: scales for what the article names, and links between its elements.
const TYPED: [&[&str]; 6] = [
    &[
        "set",
        "issues/nato-expansion",
        "ordinal={points: [{value: 0, label: none}, {value: 1, label: partnership}, \
         {value: 2, label: membership}]}",
        "relations=[{issue: issues/ukraines-neutrality, kind: ISSUE_RELATION_KIND_OVERLAPS}]",
    ],
    &[
        "issues",
        "add",
        "--id",
        "withdrawal",
        "--title",
        "Withdrawal",
        "quantity={unit: percent, min: 0, max: 100}",
    ],
    &["apply", "-f", "analyst.yaml"],
    &[
        "set",
        "talks/red-lines/nato-expansion",
        "acceptable={max: 1}",
    ],
    &[
        "set",
        "talks/tools/back-channel-communications",
        "addresses=[assessments/talks/risks/renewed-clashes]",
        "ratings=[{criterion: cost, score: 5}]",
    ],
    &[
        "set",
        "talks/risks/renewed-clashes",
        "likelihood={low: 0.55, high: 0.8, term: likely, scheme: LIKELIHOOD_SCHEME_ICD203}",
        "impacts=[{level: IMPACT_LEVEL_HIGH}]",
        "borneBy=[actors/ukraine]",
        "restsOn=[assessments/talks/judgments/truce]",
    ],
];

/// The founding article, where it lies beside the checkout.
fn founding() -> Option<PathBuf> {
    let folder = std::env::var_os("CHANCERY_TEST_CORPUS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus"),
        PathBuf::from,
    );
    let article = folder.join("00-seed.txt");
    article.is_file().then_some(article)
}

async fn imported(client: &Client, article: &Path) {
    let text = std::fs::read(article).unwrap();
    let options = v1::ImportOptions {
        media_type: "text/plain".into(),
        assessment_id: "talks".into(),
        publish: true,
        ..Default::default()
    };
    client.import(&text, options).await.unwrap();
}

/// What no article says is added, as an analyst would.
async fn analysed(running: &Running, folder: &Path) {
    std::fs::write(folder.join("analyst.yaml"), ANALYST).unwrap();
    for words in TYPED {
        let words = [words, &["--reason", "as the analyst sees it"]].concat();
        typed(running, folder, &words).await;
    }
}

/// Every answer says what it rests on.
fn rests(basis: Option<v1::Basis>, inputs: usize) {
    let basis = basis.unwrap();
    assert!(basis.read_revision > 0, "{basis:?}");
    assert!(basis.inputs.len() >= inputs, "{basis:?}");
    assert!(!basis.method.is_empty() && !basis.method_source.is_empty());
    assert!(basis.marking.is_some());
}

fn verdict(told: &v1::CheckProposalResponse, line: &str) -> ProposalVerdict {
    let mut lines = told.lines.iter();
    let found = lines.find(|one| one.red_line == line).unwrap();
    let said = found.citation.as_ref();
    assert!(said.is_some_and(|said| !said.quote.is_empty()), "{found:?}");
    found.verdict()
}

#[tokio::test]
async fn the_founding_article_can_be_asked_whether_a_deal_crosses_a_line() {
    let Some(article) = founding() else {
        println!("skipped: the founding article is not beside this checkout");
        return;
    };
    let folder = TempDir::new().unwrap();
    let (running, client) = served(&folder).await;
    imported(&client, &article).await;
    let lines = client.all::<v1::RedLine>(Query::default()).await.unwrap();
    let of = |posture: Posture| {
        let mut found = lines.iter().filter(|line| line.posture() == posture);
        found
            .next()
            .unwrap_or_else(|| panic!("no line {posture:?}: {lines:#?}"))
            .clone()
    };
    let (expansion, neutrality) = (of(Posture::Prohibits), of(Posture::Requires));
    let request = v1::CheckProposalRequest {
        terms: vec![brings_about(&expansion.issue)],
        ..Default::default()
    };
    let told = client.check_proposal(request).await.unwrap();
    assert_eq!(verdict(&told, &expansion.name), ProposalVerdict::Crossed);
    assert_eq!(verdict(&told, &neutrality.name), ProposalVerdict::Unmet);
    let kinds: Vec<TermChangeKind> = told.changes.iter().map(v1::TermChange::kind).collect();
    assert_eq!(kinds, [TermChangeKind::Turn, TermChangeKind::Add]);
    rests(told.basis, 3);
    running.stop().await;
}

#[tokio::test]
async fn with_what_an_analyst_adds_it_can_be_asked_everything() {
    let Some(article) = founding() else {
        println!("skipped: the founding article is not beside this checkout");
        return;
    };
    let folder = TempDir::new().unwrap();
    let (running, client) = served(&folder).await;
    imported(&client, &article).await;
    analysed(&running, folder.path()).await;
    membership_crosses_the_line_by_a_step(&client).await;
    the_zone_depends_on_what_nobody_stated(&client).await;
    a_decision_is_simulated(&client).await;
    tools_are_ranked_after_their_gaps(&client).await;
    relief_snaps_back_when_a_violation_is_verified(&client).await;
    risks_are_mapped(&client).await;
    a_risk_is_traced(&client).await;
    running.stop().await;
}

async fn membership_crosses_the_line_by_a_step(client: &Client) {
    let term = v1::ProposalTerm {
        issue: "issues/nato-expansion".into(),
        place: Some(Place::Step("membership".into())),
        ..Default::default()
    };
    let request = v1::CheckProposalRequest {
        terms: vec![term],
        ..Default::default()
    };
    let told = client.check_proposal(request).await.unwrap();
    let line = |id: &str| format!("{LINES}/{id}");
    let crossed = verdict(&told, &line("nato-expansion"));
    assert_eq!(crossed, ProposalVerdict::Crossed);
    let unmet = verdict(&told, &line("ukraines-neutrality"));
    assert_eq!(unmet, ProposalVerdict::Unmet);
    let silent = verdict(&told, &line("territorial-integrity"));
    assert_eq!(silent, ProposalVerdict::NotAddressed);
    let nearest = &told.changes[0];
    assert_eq!(nearest.kind(), TermChangeKind::Move, "{nearest:?}");
    assert_eq!(nearest.step, "partnership");
    let steps = &nearest.distance.as_ref().unwrap().step_labels;
    assert_eq!(steps.as_slice(), ["membership", "partnership"]);
    assert_eq!(told.changes[1].kind(), TermChangeKind::Add);
    assert_eq!(told.changes[1].issue, "issues/ukraines-neutrality");
    rests(told.basis, 5);
}

async fn the_zone_depends_on_what_nobody_stated(client: &Client) {
    let request = v1::FindAgreementZoneRequest {
        parties: ["russia", "ukraine", "united-states"]
            .map(|id| format!("actors/{id}"))
            .to_vec(),
        ..Default::default()
    };
    let told = client.find_agreement_zone(request.clone()).await.unwrap();
    let mut zones = told.issues.iter();
    let zone = zones
        .find(|zone| zone.issue == "issues/withdrawal")
        .unwrap();
    assert_eq!(zone.state(), ZoneState::Conditional);
    let open = zone.zone.as_ref().unwrap();
    assert_eq!((open.min, open.max), (Some(20.0), Some(30.0)));
    let mut conditions = zone.conditions.iter();
    assert!(
        conditions.any(|one| one.text == "actors/ukraine's minimum is at most 30"),
        "{zone:?}"
    );
    assert_eq!(told.veto_players, ["actors/russia", "actors/ukraine"]);
    rests(told.basis, 4);

    let stubborn = v1::PositionOverride {
        actor: "actors/ukraine".into(),
        issue: "issues/withdrawal".into(),
        min: Some(45.0),
        ..Default::default()
    };
    let told = client
        .find_agreement_zone(v1::FindAgreementZoneRequest {
            overrides: vec![stubborn],
            ..request
        })
        .await
        .unwrap();
    assert_eq!(told.package_state(), ZoneState::Closed);
    let mut opening = told.sensitivity.iter().filter(|shift| shift.opens);
    let shift = opening
        .find(|shift| shift.actor == "actors/russia")
        .unwrap();
    assert_eq!((shift.from, shift.to), (Some(30.0), Some(45.0)));
}

async fn a_decision_is_simulated(client: &Client) {
    let supposed = v1::PositionOverride {
        actor: "actors/ukraine".into(),
        issue: "issues/withdrawal".into(),
        ideal: Some(60.0),
        ..Default::default()
    };
    let request = v1::SimulateBargainingRequest {
        issues: vec!["issues/withdrawal".into()],
        overrides: vec![supposed],
        ..Default::default()
    };
    let told = client.simulate_bargaining(request).await.unwrap();
    assert_eq!(told.origin(), v1::LikelihoodOrigin::ModelOutput);
    let shares: f64 = told.actors.iter().map(|actor| actor.probability).sum();
    assert!((shares - 1.0).abs() < 1e-9, "{told:?}");
    let (with, without) = (&told.outcomes[0], &told.baseline[0]);
    assert!(with.mean < without.mean, "{with:?} {without:?}");
    let (low, high) = (with.mean_low.unwrap(), with.mean_high.unwrap());
    assert!(low < high, "{with:?}");
    rests(told.basis, 6);
}

async fn tools_are_ranked_after_their_gaps(client: &Client) {
    let fragmentation = format!("{RISKS}/diplomatic-fragmentation");
    let request = v1::RankToolsRequest {
        targets: vec![
            format!("{RISKS}/renewed-clashes"),
            format!("{LINES}/territorial-integrity"),
            fragmentation.clone(),
        ],
        weights: [("coverage".to_owned(), 2.0), ("cost".to_owned(), 1.0)].into(),
        ..Default::default()
    };
    let told = client.rank_tools(request).await.unwrap();
    assert_eq!(told.uncovered, [fragmentation]);
    let addresses = |id: &str| {
        let mut tools = told.coverage.iter();
        let tool = tools.find(|one| one.tool == format!("{TOOLS}/{id}"));
        tool.unwrap().addresses.len()
    };
    assert_eq!(addresses("sanctions-relief"), 2);
    assert_eq!(addresses("back-channel-communications"), 1);
    assert_eq!(addresses("public-diplomacy-campaigns"), 0);
    let mut ranked = told.ranked.iter();
    let relief = ranked.find(|one| one.tool == format!("{TOOLS}/sanctions-relief"));
    let relief = relief.unwrap();
    assert_eq!(relief.unmet_preconditions, ["A verified step"]);
    assert_eq!(relief.may_cross, [format!("{LINES}/territorial-integrity")]);
    assert!(!relief.contributions.is_empty() && told.stability.is_some());
    // Nobody rated it by cost, so it has no place, rather than the last.
    let unranked: Vec<&str> = told.unranked.iter().map(|one| one.tool.as_str()).collect();
    assert_eq!(unranked, [format!("{TOOLS}/public-diplomacy-campaigns")]);
    rests(told.basis, 5);
}

async fn relief_snaps_back_when_a_violation_is_verified(client: &Client) {
    let seen = async |day: &str| {
        let at: jiff::Timestamp = day.parse().unwrap();
        let request = v1::GetCommitmentLadderRequest {
            as_of: Some(Timestamp {
                seconds: at.as_second(),
                nanos: 0,
            }),
            ..Default::default()
        };
        let told = client.get_commitment_ladder(request).await.unwrap();
        rests(told.basis, 2);
        let step = |id: &str| {
            let mut steps = told.steps.iter();
            let found = steps.find(|step| step.commitment == format!("{COMMITMENTS}/{id}"));
            found.unwrap().clone()
        };
        (step("no-shelling"), step("relief"))
    };
    let (shelling, _) = seen("2026-01-20T00:00:00Z").await;
    assert_eq!(shelling.compliance(), Compliance::AllegedViolation);
    let snap_back = shelling.snap_back.unwrap();
    assert_eq!(snap_back.status(), SnapBackStatus::NotTriggered);

    let (shelling, relief) = seen("2026-03-01T00:00:00Z").await;
    assert_eq!(shelling.compliance(), Compliance::Violated);
    let snap_back = shelling.snap_back.unwrap();
    assert_eq!(snap_back.status(), SnapBackStatus::AwaitingDecision);
    assert_eq!(snap_back.decider, "actors/united-states");
    assert_eq!(snap_back.restores, [format!("{TOOLS}/sanctions-relief")]);
    assert_eq!(
        relief.conditions_missing,
        [format!("{COMMITMENTS}/no-shelling")]
    );
    assert_eq!((relief.rung, relief.requirements_met), (1, Some(false)));
}

async fn risks_are_mapped(client: &Client) {
    let request = v1::RiskMatrixRequest {
        perspective: "actors/ukraine".into(),
        ..Default::default()
    };
    let told = client.risk_matrix(request).await.unwrap();
    assert_eq!((told.rows.len(), told.columns.len()), (6, 6));
    assert_eq!(told.maximum, "high");
    let clashes = format!("{RISKS}/renewed-clashes");
    let holds = |cell: &&v1::MatrixCell| cell.members.iter().any(|one| one.risk == clashes);
    let cells: Vec<&str> = told
        .cells
        .iter()
        .filter(holds)
        .map(|cell| cell.rating.as_str())
        .collect();
    assert_eq!(cells, ["high", "moderate"], "0.55 to 0.8 touches two rows");
    assert_eq!(told.bearer_not_stated.len(), 2, "{told:?}");
    rests(told.basis, 3);
}

async fn a_risk_is_traced(client: &Client) {
    let request = v1::TraceRequest {
        name: format!("{RISKS}/renewed-clashes"),
        ..Default::default()
    };
    let told = client.trace(request).await.unwrap();
    let distance = |name: &str| {
        let found = told.nodes.iter().find(|node| node.name == name);
        found.map(|node| node.distance)
    };
    assert_eq!(distance("assessments/talks/judgments/truce"), Some(-1));
    assert_eq!(distance("assessments/talks/assumptions/winter"), Some(-2));
    assert_eq!(distance(&format!("{TOOLS}/sanctions-relief")), Some(1));
    let mut documents = told.nodes.iter();
    assert!(documents.any(|node| node.name.starts_with("documents/") && node.distance < 0));
    assert!(told.cycles.is_empty() && !told.truncated);
    rests(told.basis, 5);
}
