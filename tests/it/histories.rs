//! Random histories against a naive model: what is read at every revision, what is listed, what
//! differs between two of them, and what a watch tells two callers of different clearance.
//!
//! The model keeps a whole copy of everything for each revision and looks through all of it; the
//! ledger keeps versions, bitmaps and timelines. `CHANCERY_TEST_HISTORIES` sets how many there are.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use chancery::ledger::change::Effect;
use chancery::ledger::follow::Watch;
use chancery::ledger::{At, Changed, Images, Ledger, Query, Scope, Side, View, Wanted};
use chancery::model::caller::{Caller, Clearance, Role, Tlp};
use chancery::model::limits::Limits;
use chancery::model::v1;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use prost::Message;
use tempfile::TempDir;

use crate::ledger::{change, header, kind, line, name, open, walk};

const ASSESSMENTS: [&str; 2] = ["alpha", "beta"];
const LINES: [&str; 3] = ["one", "two", "three"];
const ACTORS: [&str; 2] = ["actors/russia", "actors/ukraine"];

/// One step of a history.
#[derive(Debug, Clone)]
enum Step {
    /// A header: its state, whether it is RED, whether it is deleted.
    Header(usize, v1::AssessmentState, bool, bool),
    /// Lines of an assessment: which, whose, whether RED, whether removed.
    Lines(usize, Vec<(usize, usize, bool, bool)>),
}

/// A version of something, as the model keeps it.
#[derive(Debug, Clone, PartialEq)]
struct Version {
    revision: i64,
    actor: usize,
    red: bool,
    gone: bool,
    state: v1::AssessmentState,
}

/// Everything at one revision.
type World = BTreeMap<String, Version>;

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let state = prop::sample::select(vec![
        v1::AssessmentState::Draft,
        v1::AssessmentState::Published,
        v1::AssessmentState::Withdrawn,
    ]);
    let rarely = || prop::bool::weighted(0.2);
    let header = (0..2usize, state, rarely(), rarely())
        .prop_map(|(at, state, red, gone)| Step::Header(at, state, red, gone));
    let one = (0..3usize, 0..2usize, rarely(), rarely());
    let lines = (0..2usize, prop::collection::vec(one, 1..3))
        .prop_map(|(at, lines)| Step::Lines(at, lines));
    prop::collection::vec(prop_oneof![1 => header, 3 => lines], 1..24)
}

fn marked(effect: Effect, red: bool, gone: bool) -> Effect {
    let marking = v1::Marking {
        tlp: if red { v1::Tlp::Red } else { v1::Tlp::Clear }.into(),
        ..Default::default()
    };
    // Field 19 of every resource; what is written later is merged into what is there.
    let mut body = effect.body;
    prost::encoding::message::encode(19, &marking, &mut body);
    Effect {
        name: effect.name,
        body,
        tombstone: gone,
    }
}

/// What a step writes, and what becomes of the world.
fn played(step: &Step, revision: i64, world: &mut World) -> Vec<Effect> {
    let mut effects = Vec::new();
    match step {
        Step::Header(at, state, red, gone) => {
            let effect = marked(header(ASSESSMENTS[*at], *state), *red, *gone);
            let version = Version {
                revision,
                actor: 0,
                red: *red,
                gone: *gone,
                state: *state,
            };
            world.insert(effect.name.clone(), version);
            effects.push(effect);
        }
        Step::Lines(at, lines) => {
            let mut seen = BTreeSet::new();
            for (one, actor, red, gone) in lines {
                if !seen.insert(one) {
                    continue;
                }
                let posture = v1::Posture::Prohibits;
                let effect = line(ASSESSMENTS[*at], LINES[*one], ACTORS[*actor], posture);
                let effect = marked(effect, *red, *gone);
                let version = Version {
                    revision,
                    actor: *actor,
                    red: *red,
                    gone: *gone,
                    state: v1::AssessmentState::Unspecified,
                };
                world.insert(effect.name.clone(), version);
                effects.push(effect);
            }
        }
    }
    effects
}

fn caller(red: bool) -> Caller {
    let clearance = Clearance {
        tlp: if red { Tlp::Red } else { Tlp::Green },
        groups: None,
    };
    Caller::new(if red { "red" } else { "green" }, Role::Operator, clearance)
}

/// Whether a name may be seen by its marking, and its assessment's, in a world.
fn cleared(world: &World, name: &str, red: bool) -> bool {
    let of = |name: &str| world.get(name).is_none_or(|version| !version.red || red);
    let parent = name.split('/').take(2).collect::<Vec<_>>().join("/");
    // What stands under no header may not be seen at all.
    of(name) && world.contains_key(&parent) && of(&parent)
}

/// Whether a line is selected: it and its published assessment are there, and it is Russia's.
fn selected(world: &World, name: &str) -> bool {
    let parent = name.split('/').take(2).collect::<Vec<_>>().join("/");
    let stands = world
        .get(&parent)
        .is_some_and(|header| !header.gone && header.state == v1::AssessmentState::Published);
    stands
        && world
            .get(name)
            .is_some_and(|line| !line.gone && line.actor == 0)
}

/// The lines that a list at a revision must answer, latest change first, then by name.
fn expected(then: &World, present: &World, red: bool) -> Vec<(String, i64)> {
    let mut lines: Vec<(String, i64)> = then
        .iter()
        .filter(|(name, _)| name.contains("/redLines/") && selected(then, name))
        .filter(|(name, _)| cleared(then, name, red) && cleared(present, name, red))
        .map(|(name, version)| (name.clone(), version.revision))
        .collect();
    lines.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    lines
}

fn query() -> Query {
    let kind = kind("RedLine");
    let filter = format!("actor = \"{}\"", ACTORS[0]);
    let filter = chancery::query::filter::parse(&filter, kind, &Limits::default());
    let filter = filter.expect("a filter");
    Query {
        filter,
        states: vec![v1::AssessmentState::Published.into()],
        ..Query::of(kind, 2)
    }
}

fn wanted() -> Wanted {
    Wanted {
        queries: vec![query()],
        assessments: HashSet::new(),
        images: Images::BeforeAndAfter,
    }
}

/// Applies what a watch told to a mirror of what its reader sees: name and revision.
fn mirror(mirror: &mut BTreeMap<String, i64>, changes: &[Changed]) {
    for change in changes {
        let image = |bytes: &Option<bytes::Bytes>| {
            let bytes = bytes.clone()?;
            Some(v1::RedLine::decode(bytes).expect("an image"))
        };
        let before = image(&change.before).map(|line| line.revision);
        if let Some(before) = before {
            assert_eq!(mirror.get(&change.name), Some(&before), "{change:?}");
        }
        match image(&change.after) {
            Some(line) => {
                assert_eq!(
                    (line.name.as_str(), change.removed),
                    (change.name.as_str(), false)
                );
                mirror.insert(change.name.clone(), line.revision);
            }
            None => {
                assert!(change.removed, "{change:?}");
                mirror.remove(&change.name);
            }
        }
    }
}

fn told(watch: &mut Watch) -> Vec<(i64, Vec<Changed>)> {
    let mut commits = Vec::new();
    while !watch.caught_up() {
        let commit = watch.step().expect("a step");
        commits.extend(commit.map(|commit| (commit.revision, commit.changes)));
    }
    commits
}

/// Everything that is read of one history: as it grows, and as it was.
async fn compare(ledger: &Ledger, steps: &[Step]) -> usize {
    let mut worlds: Vec<World> = vec![World::new()];
    let mut watches: Vec<(bool, Watch, BTreeMap<String, i64>)> = [false, true]
        .into_iter()
        .map(|red| {
            let watch = ledger.follow(caller(red), wanted(), 1).expect("a watch");
            (red, watch, BTreeMap::new())
        })
        .collect();
    for step in steps {
        let revision = worlds.len() as i64 + 1;
        let mut world = worlds.last().expect("a world").clone();
        let effects = played(step, revision, &mut world);
        let committed = ledger.commit(change(effects)).await.expect("commit");
        assert_eq!(committed.revision, revision);
        worlds.push(world);
        let world = worlds.last().expect("a world");
        for (red, watch, seen) in &mut watches {
            for (_, changes) in told(watch) {
                mirror(seen, &changes);
            }
            let sight: BTreeMap<String, i64> = expected(world, world, *red).into_iter().collect();
            assert_eq!(*seen, sight, "red {red} at {revision}");
        }
    }
    let present = worlds.last().expect("a world");
    let mut compared = 0;
    for (at, world) in worlds.iter().enumerate() {
        let revision = at as i64 + 1;
        for red in [false, true] {
            let read = ledger.read(caller(red), At::Exact(revision), crate::ledger::NOW_US);
            let view = read.await.expect("a view");
            let expected = expected(world, present, red);
            let names: Vec<&String> = expected.iter().map(|(name, _)| name).collect();
            assert_eq!(
                walk(&view, query(), 2),
                names.into_iter().cloned().collect::<Vec<_>>()
            );
            for (of, version) in world {
                let parent = of.split('/').take(2).collect::<Vec<_>>().join("/");
                let stands = world.get(&parent).is_some_and(|header| !header.gone);
                let cleared = cleared(world, of, red) && cleared(present, of, red);
                let there = !version.gone && stands && cleared;
                let got = view.get(&name(of));
                assert_eq!(got.is_ok(), there, "{of} at {revision}, red {red}");
                let revision_of = |bytes: bytes::Bytes| match of.contains("/redLines/") {
                    true => v1::RedLine::decode(bytes).expect("a line").revision,
                    false => v1::Assessment::decode(bytes).expect("a header").revision,
                };
                let got = got.map(revision_of).unwrap_or(version.revision);
                assert_eq!(got, version.revision, "{of} at {revision}");
                compared += 1;
            }
            compared += 1;
        }
    }
    late(ledger, &worlds);
    for (base, _) in worlds.iter().enumerate() {
        for target in base..worlds.len() {
            compared += differences(ledger, &worlds, (base, target)).await;
        }
    }
    compared
}

/// What a diff says of two revisions is what one sees at one of them, at the other, or at both and
/// not the same.
async fn differences(ledger: &Ledger, worlds: &[World], (base, target): (usize, usize)) -> usize {
    let present = worlds.last().expect("a world");
    for red in [false, true] {
        let sight = |at: usize| -> BTreeMap<String, i64> {
            expected(&worlds[at], present, red).into_iter().collect()
        };
        let (was, is) = (sight(base), sight(target));
        let view = async |at: usize| {
            let at = At::Exact(at as i64 + 1);
            let read = ledger.read(caller(red), at, crate::ledger::NOW_US);
            read.await.expect("a view")
        };
        let (earlier, later) = (view(base).await, view(target).await);
        let pairs = later.differing(&earlier, &[query()], &Scope::All);
        let mut told = BTreeMap::new();
        for pair in pairs.expect("a diff") {
            let name = pair.name().expect("a name").to_string();
            let revision = |view: &View, side: &Option<Side>| {
                let body = side.as_ref().map(|side| view.read(side).expect("a body"));
                body.map(|body| v1::RedLine::decode(body).expect("a line").revision)
            };
            let sides = (
                revision(&earlier, &pair.base),
                revision(&later, &pair.target),
            );
            if sides.0 != sides.1 {
                told.insert(name, sides);
            }
        }
        let mut names: BTreeSet<&String> = was.keys().collect();
        names.extend(is.keys());
        let sides = |name: &&String| (was.get(*name).copied(), is.get(*name).copied());
        let differing = names.iter().filter(|name| sides(name).0 != sides(name).1);
        let by_hand: BTreeMap<String, _> = differing
            .map(|name| ((*name).clone(), sides(name)))
            .collect();
        assert_eq!(
            told,
            by_hand,
            "red {red} from {} to {}",
            base + 1,
            target + 1
        );
    }
    2
}

/// A watch that begins after the fact ends with what may be seen now, and shows nothing else.
fn late(ledger: &Ledger, worlds: &[World]) {
    let present = worlds.last().expect("a world");
    for red in [false, true] {
        for after in [1, worlds.len() as i64 / 2 + 1] {
            let mut watch = ledger
                .follow(caller(red), wanted(), after)
                .expect("a watch");
            let then = &worlds[after as usize - 1];
            let mut seen: BTreeMap<String, i64> = expected(then, then, red).into_iter().collect();
            for (revision, changes) in told(&mut watch) {
                let world = &worlds[revision as usize - 1];
                for change in &changes {
                    let shown = change.after.is_some() || change.before.is_some();
                    assert!(!shown || cleared(present, &change.name, red), "{change:?}");
                    if change.removed {
                        seen.remove(&change.name);
                    } else {
                        assert!(selected(world, &change.name), "{change:?}");
                        seen.insert(change.name.clone(), world[&change.name].revision);
                    }
                }
            }
            let sight: BTreeMap<String, i64> =
                expected(present, present, red).into_iter().collect();
            assert_eq!(seen, sight, "red {red} after {after}");
        }
    }
}

#[test]
fn random_histories_read_as_a_naive_model_says() {
    let asked = std::env::var("CHANCERY_TEST_HISTORIES");
    let cases = asked
        .ok()
        .and_then(|cases| cases.parse().ok())
        .unwrap_or(24);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mut runner = TestRunner::new(Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    });
    let compared = std::cell::Cell::new(0);
    let outcome = runner.run(&steps(), |steps| {
        let folder = TempDir::new().expect("a folder");
        let ledger = open(folder.path());
        compared.set(compared.get() + runtime.block_on(compare(&ledger, &steps)));
        ledger.close();
        Ok(())
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
    println!("{cases} histories, {} answers compared", compared.get());
}
