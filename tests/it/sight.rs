//! What a caller sees: of the time in the world that he asks about, of what comes into his sight
//! and goes out of it, and nothing of what he may not see in a count, a limit or an error.

use chancery::ledger::change::Effect;
use chancery::ledger::{At, Images, Ledger, Query, Scope, View, Wanted, satisfies};
use chancery::model::caller::{Caller, Clearance, Role, Tlp};
use chancery::model::limits::Limits;
use chancery::model::v1::{self, Posture};
use chancery::query::{filter, order};
use prost::Message;
use tempfile::TempDir;

use crate::keeping::purge;
use crate::ledger::{NOW_US, commit, header, kind, latest, limits, line, name, open, published};

const DAY: i64 = 86_400;

/// May see what is GREEN.
fn green() -> Caller {
    let clearance = Clearance {
        tlp: Tlp::Green,
        groups: None,
    };
    Caller::new("green", Role::Operator, clearance)
}

async fn view(ledger: &Ledger, caller: Caller, at: At) -> View {
    ledger.read(caller, at, NOW_US).await.expect("a view")
}

/// The same resource with other fields merged into it.
fn with(effect: Effect, tag: u32, field: &impl Message) -> Effect {
    let mut body = effect.body;
    prost::encoding::message::encode(tag, field, &mut body);
    Effect { body, ..effect }
}

fn red(effect: Effect) -> Effect {
    let marking = v1::Marking {
        tlp: v1::Tlp::Red.into(),
        ..Default::default()
    };
    with(effect, 19, &marking)
}

fn valid(effect: Effect, from: Option<i64>, to: Option<i64>) -> Effect {
    let time = |day: i64| prost_types::Timestamp {
        seconds: day * DAY,
        nanos: 0,
    };
    let span = v1::TimeSpan {
        start: from.map(time),
        end: to.map(time),
        text: "a while".to_owned(),
        ..Default::default()
    };
    with(effect, 15, &span)
}

fn asked(message: &str, text: &str, order_by: &str) -> Query {
    let kind = kind(message);
    let limits = Limits::default();
    Query {
        filter: filter::parse(text, kind, &limits).expect("a filter"),
        order: order::parse(order_by, kind, &limits).expect("an order"),
        ..Query::of(kind, 100)
    }
}

fn ids(names: &[String]) -> Vec<&str> {
    let mut ids: Vec<&str> = names
        .iter()
        .filter_map(|name| name.rsplit('/').next())
        .collect();
    ids.sort_unstable();
    ids
}

#[tokio::test]
async fn what_does_not_hold_at_a_time_is_left_out_of_every_read() {
    let folder = TempDir::new().unwrap();
    let ledger = open(folder.path());
    let of = |id: &str| line("talks", id, "actors/x", Posture::Prohibits);
    let first = commit(
        &ledger,
        vec![
            header("talks", published()),
            valid(of("april"), Some(90), Some(120)),
            valid(of("since-may"), Some(120), None),
            valid(of("until-march"), None, Some(90)),
            valid(of("in-words"), None, None),
            of("always"),
        ],
    );
    let first = first.await.revision;
    // Later it turns out that it holds until the end of May.
    commit(&ledger, vec![valid(of("april"), Some(90), Some(150))]).await;
    let day = |day: i64| Some(day * DAY * 1_000_000);
    let query = asked("RedLine", "", "");
    for (revision, at, expected) in [
        (2, day(89), &["always", "in-words", "until-march"][..]),
        (2, day(90), &["always", "april", "in-words"]),
        (2, day(120), &["always", "in-words", "since-may"]),
        // What do we believe now about May, and what did we believe before.
        (3, day(130), &["always", "april", "in-words", "since-may"]),
        (2, day(130), &["always", "in-words", "since-may"]),
        (
            3,
            None,
            &["always", "april", "in-words", "since-may", "until-march"],
        ),
    ] {
        let view = view(&ledger, green(), At::Exact(revision))
            .await
            .valid_at(at);
        let listed = view.names(&query).unwrap();
        assert_eq!(ids(&listed), expected, "revision {revision} at {at:?}");
        let by_title = asked("RedLine", "actor = \"actors/x\"", "posture, title");
        assert_eq!(ids(&view.names(&by_title).unwrap()), expected);
        assert_eq!(
            view.count(&query, &[]).unwrap().total,
            expected.len() as u64
        );
        let full = v1::Assessment::decode(view.full(&name("assessments/talks")).unwrap());
        let full: Vec<String> = full
            .unwrap()
            .red_lines
            .into_iter()
            .map(|one| one.name)
            .collect();
        assert_eq!(ids(&full), expected);
        for one in ["april", "since-may", "until-march", "in-words", "always"] {
            let got = view.get(&name(&format!("assessments/talks/redLines/{one}")));
            assert_eq!(got.is_ok(), expected.contains(&one), "{one} at {at:?}");
        }
    }
    // About May, April's line is new; about April nothing has changed but its end.
    let sides = |at| {
        let ledger = &ledger;
        async move {
            let base = view(ledger, green(), At::Exact(first)).await.valid_at(at);
            let target = view(ledger, green(), At::Latest).await.valid_at(at);
            let pairs = target.differing(&base, &[asked("RedLine", "", "")], &Scope::All);
            let pairs = pairs.unwrap();
            let of = |pair: &chancery::ledger::Pair| (pair.base.is_some(), pair.target.is_some());
            pairs.iter().map(of).collect::<Vec<_>>()
        }
    };
    assert_eq!(sides(day(130)).await, [(false, true)]);
    assert_eq!(sides(day(100)).await, [(true, true)]);
    assert_eq!(sides(day(200)).await, []);
    // The span is kept over a restart.
    ledger.close();
    let ledger = open(folder.path());
    let view = latest(&ledger).await.valid_at(day(89));
    assert_eq!(view.names(&query).unwrap().len(), 3);
    ledger.close();
}

/// What a watch of red lines tells a caller, name by name.
fn told(ledger: &Ledger, text: &str, after: i64) -> Vec<(i64, String, bool)> {
    let wanted = Wanted {
        queries: vec![asked("RedLine", text, "")],
        assessments: Default::default(),
        images: Images::After,
    };
    let mut watch = ledger.follow(green(), wanted, after).expect("a watch");
    let mut told = Vec::new();
    while !watch.caught_up() {
        let Some(commit) = watch.step().expect("a step") else {
            continue;
        };
        let changes = commit.changes.into_iter();
        told.extend(changes.map(|one| (commit.revision, one.name, one.removed)));
    }
    told
}

fn in_situation(id: &str, situation: &str) -> Effect {
    let header = v1::Assessment {
        name: format!("assessments/{id}"),
        id: id.to_owned(),
        situation: situation.to_owned(),
        state: published().into(),
        ..Default::default()
    };
    Effect {
        name: header.name.clone(),
        body: header.encode_to_vec(),
        tombstone: false,
    }
}

/// A late watcher as well as one who was there: what an assessment's marking or situation takes out
/// of sight is removed, although the condition asks for something of that assessment.
#[tokio::test]
async fn a_watch_that_asks_for_the_assessment_hears_of_its_marking() {
    let folder = TempDir::new().unwrap();
    let ledger = open(folder.path());
    let talks = || in_situation("talks", "situations/s");
    let nato = line("talks", "nato", "actors/x", Posture::Prohibits);
    commit(&ledger, vec![talks(), nato]).await;
    commit(&ledger, vec![red(talks())]).await;
    commit(&ledger, vec![talks()]).await;
    commit(&ledger, vec![in_situation("talks", "situations/other")]).await;
    let text = "assessment.situation = \"situations/s\"";
    let line = || "assessments/talks/redLines/nato".to_owned();
    let expected = [
        (2, line(), false),
        (3, line(), true),
        (4, line(), false),
        (5, line(), true),
    ];
    assert_eq!(told(&ledger, text, 1), expected);
    commit(&ledger, vec![red(talks())]).await;
    // Nothing is shown late that may no longer be seen; that it went is told.
    let removed: Vec<(i64, bool)> = told(&ledger, text, 2)
        .into_iter()
        .map(|(revision, _, removed)| (revision, removed))
        .collect();
    assert_eq!(removed, [(3, true), (5, true)]);
    ledger.close();
}

fn member(id: &str, group: &str) -> Effect {
    let actor = v1::Actor {
        name: format!("actors/{id}"),
        id: id.to_owned(),
        memberships: vec![v1::actor::Membership {
            actor: group.to_owned(),
            ..Default::default()
        }],
        ..Default::default()
    };
    Effect {
        name: actor.name.clone(),
        body: actor.encode_to_vec(),
        tombstone: false,
    }
}

#[tokio::test]
async fn a_watch_goes_on_past_what_was_purged() {
    let folder = TempDir::new().unwrap();
    let ledger = open(folder.path());
    let of = |id: &str| line("talks", id, "actors/x", Posture::Prohibits);
    let both = vec![
        header("talks", published()),
        valid(of("gone"), Some(90), None),
        valid(of("kept"), Some(90), None),
    ];
    commit(&ledger, both).await;
    purge(&ledger, "assessments/talks/redLines/gone")
        .await
        .unwrap();
    commit(&ledger, vec![valid(of("kept"), Some(91), None)]).await;
    // Asks the bodies, of which some are no more.
    let text = "valid.start >= \"1970-02-01T00:00:00Z\"";
    let told = told(&ledger, text, 1);
    let told: Vec<(i64, &str, bool)> = told
        .iter()
        .map(|(revision, name, removed)| (*revision, name.as_str(), *removed))
        .collect();
    let kept = "assessments/talks/redLines/kept";
    let gone = "assessments/talks/redLines/gone";
    assert_eq!(told, [(2, kept, false), (3, gone, true), (4, kept, false)]);
}

#[tokio::test]
async fn a_watch_and_a_diff_that_ask_for_members_hear_of_those_who_leave() {
    let folder = TempDir::new().unwrap();
    let ledger = open(folder.path());
    let lines = vec![
        header("talks", published()),
        line("talks", "a", "actors/a", Posture::Prohibits),
        line("talks", "b", "actors/b", Posture::Prohibits),
    ];
    commit(
        &ledger,
        vec![member("a", "actors/league"), member("b", "actors/other")],
    )
    .await;
    commit(&ledger, lines).await;
    commit(
        &ledger,
        vec![member("a", "actors/other"), member("b", "actors/league")],
    )
    .await;
    commit(&ledger, vec![red(member("b", "actors/league"))]).await;
    let of = |id: &str| format!("assessments/talks/redLines/{id}");
    let text = "member_of(\"actors/league\")";
    // Whom the caller may no longer know as a member is not shown as one.
    let expected = [(3, of("a"), false), (4, of("a"), true), (5, of("b"), true)];
    assert_eq!(told(&ledger, text, 1), expected);
    let base = view(
        &ledger,
        Caller::new("all", Role::Operator, Clearance::FULL),
        At::Exact(3),
    );
    let base = base.await;
    let queries = [asked("RedLine", text, "")];
    let pairs = latest(&ledger)
        .await
        .differing(&base, &queries, &Scope::All)
        .unwrap();
    let sides = |pair: &chancery::ledger::Pair| {
        let name = pair.name().unwrap().id().to_owned();
        (name, pair.base.is_some(), pair.target.is_some())
    };
    let told: Vec<_> = pairs.iter().map(sides).collect();
    assert_eq!(
        told,
        [("a".to_owned(), true, false), ("b".to_owned(), false, true)]
    );
    ledger.close();
}

/// A store where a caller sees few of many lines, with bounds that the hidden ones would exceed.
async fn mostly_hidden(folder: &TempDir) -> Ledger {
    let limits = Limits {
        filter_values_max: 4,
        filter_rows_max: 4,
        order_rows_max: 4,
        order_bodies_max: 4,
        order_part_rows: 2,
        counts_max: 4,
        diff_resources_max: 5,
        ..limits()
    };
    let ledger = Ledger::open(folder.path(), limits, NOW_US).expect("a ledger");
    commit(&ledger, vec![header("talks", published())]).await;
    for at in 0..12 {
        let actor = format!("actors/x{at}");
        let line = line("talks", &format!("l{at}"), &actor, Posture::Prohibits);
        let line = if at < 4 { line } else { red(line) };
        commit(&ledger, vec![line]).await;
    }
    ledger
}

#[tokio::test]
async fn no_bound_counts_what_is_hidden() {
    let folder = TempDir::new().unwrap();
    let ledger = mostly_hidden(&folder).await;
    let (few, all) = (
        view(&ledger, green(), At::Latest).await,
        latest(&ledger).await,
    );
    let facet = [kind("RedLine").field("actor").unwrap()];
    for (text, order_by, reason) in [
        ("actor = \"*1\"", "", "FILTER_TOO_BROAD"),
        ("name = \"*/l1\"", "", "FILTER_TOO_BROAD"),
        ("create_time > 2020", "", "FILTER_TOO_BROAD"),
        ("", "name desc", "ORDER_TOO_BROAD"),
        ("", "title", "ORDER_TOO_BROAD"),
        ("", "actor desc", "ORDER_TOO_BROAD"),
    ] {
        let query = Query {
            size: 4,
            ..asked("RedLine", text, order_by)
        };
        let seen = few
            .list(&query)
            .unwrap_or_else(|error| panic!("{text} {order_by}: {error}"));
        assert!(seen.next.is_none(), "{text} {order_by}");
        let refused = all.list(&query).map(|page| page.items.len()).unwrap_err();
        assert_eq!(refused.reason(), reason, "{text} {order_by}");
        let words = refused.to_string();
        assert!(words.contains("4 allowed"), "{words}");
    }
    let query = asked("RedLine", "", "");
    assert_eq!(few.count(&query, &facet).unwrap().counts.len(), 4);
    assert_eq!(
        all.count(&query, &facet).unwrap_err().reason(),
        "FACET_TOO_BROAD"
    );
    let queries = [query];
    let base = |caller| view(&ledger, caller, At::Exact(2));
    let pairs = few.differing(&base(green()).await, &queries, &Scope::All);
    assert_eq!(pairs.map(|pairs| pairs.len()), Ok(4));
    let full = Caller::new("all", Role::Operator, Clearance::FULL);
    let refused = all
        .differing(&base(full).await, &queries, &Scope::All)
        .map(|pairs| pairs.len());
    assert_eq!(refused.unwrap_err().reason(), "DIFF_TOO_LARGE");
    ledger.close();
}

/// A built-in actor is a member as the contract says, unless the caller sees what replaced it.
#[tokio::test]
async fn a_hidden_entry_does_not_take_the_place_of_a_built_in_one() {
    let folder = TempDir::new().unwrap();
    let ledger = open(folder.path());
    let austria = line("talks", "a", "actors/austria", Posture::Prohibits);
    commit(&ledger, vec![header("talks", published()), austria]).await;
    commit(&ledger, vec![red(member("austria", "actors/other"))]).await;
    let query = asked("RedLine", "member_of(\"actors/european-union\")", "");
    let few = view(&ledger, green(), At::Latest).await;
    assert_eq!(ids(&few.names(&query).unwrap()), ["a"]);
    assert_eq!(latest(&ledger).await.names(&query).unwrap(), [""; 0]);
    ledger.close();
}

/// A likelihood or a span in words alone is stated, and yet no number that another differs from.
#[test]
fn words_without_numbers_satisfy_no_comparison() {
    let line = v1::RedLine {
        outlook: Some(v1::red_line::Outlook {
            likelihood: Some(v1::Likelihood {
                text: "likely".to_owned(),
                ..Default::default()
            }),
            ..Default::default()
        }),
        valid: Some(v1::TimeSpan {
            text: "for now".to_owned(),
            ..Default::default()
        }),
        ..Default::default()
    };
    let line = line.encode_to_vec();
    let holds = |text: &str| {
        let query = asked("RedLine", text, "");
        satisfies(&query.filter, (query.kind, ""), &[], &line).unwrap()
    };
    for field in ["outlook.likelihood", "valid"] {
        let value = if field == "valid" {
            "2026-04-01"
        } else {
            "0.3"
        };
        for sign in ["=", "!=", "<", "<=", ">", ">=", ":"] {
            assert!(!holds(&format!("{field} {sign} {value}")), "{field} {sign}");
        }
        assert!(holds(&format!("stated({field})")));
    }
}

#[test]
fn many_groups_and_many_values_are_counted_as_by_hand() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let folder = TempDir::new().unwrap();
        let ledger = open(folder.path());
        let mut effects = vec![header("talks", published())];
        for at in 0..300 {
            let actor = format!("actors/x{}", at % 40);
            let posture = [Posture::Prohibits, Posture::Requires][at % 2];
            let mut line = line("talks", &format!("l{at}"), &actor, posture);
            let issue = v1::RedLine {
                issue: format!("issues/i{}", at % 60),
                ..Default::default()
            };
            line.body.extend(issue.encode_to_vec());
            effects.push(line);
        }
        commit(&ledger, effects).await;
        let view = latest(&ledger).await;
        let query = asked("RedLine", "", "");
        let facets = |fields: &[&str]| -> Vec<u16> {
            fields
                .iter()
                .map(|field| query.kind.field(field).unwrap())
                .collect()
        };
        for fields in [
            ["actor", "issue"],
            ["posture", "issue"],
            ["posture", "actor"],
        ] {
            let counts = view.count(&query, &facets(&fields)).unwrap();
            let mut by_hand = std::collections::BTreeMap::new();
            for at in 0..300 {
                let value = |field: &str| match field {
                    "actor" => at % 40,
                    "issue" => at % 60,
                    _ => at % 2,
                };
                *by_hand.entry(fields.map(value)).or_insert(0u64) += 1;
            }
            let mut told: Vec<u64> = counts.counts.iter().map(|(_, count)| *count).collect();
            let mut expected: Vec<u64> = by_hand.into_values().collect();
            told.sort_unstable();
            expected.sort_unstable();
            assert_eq!(told, expected, "{fields:?}");
        }
        ledger.close();
    });
}
