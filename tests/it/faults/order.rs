//! Order: what each name went through can be told as one row of steps, each between its call and
//! its answer (linearizability); whoever follows the feed sees each commit once, in order, also
//! over a restart; nobody waits for long.
//!
//! `CHANCERY_TEST_HISTORIES=10000 CHANCERY_TEST_STALL_SECONDS=60 cargo test --test it
//! faults::order -- --nocapture`

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use chancery::error::Error;
use chancery::ledger::Ledger;
use chancery::model::v1;
use proptest::prelude::*;
use prost::Message;
use tempfile::TempDir;
use tokio::task::JoinSet;

use super::program::Plan;
use super::{Dice, rounds};
use crate::ledger::{NOW_US, change, commit, header, latest, line, name, published};

const PLAN: Plan = Plan {
    writers: 1,
    commits: 0,
    segment_bytes: 4 << 20,
    checkpoint_revisions: 10_000,
    keeping: false,
};
const NAMES: u64 = 2;
const CLIENTS: u64 = 4;
const STEPS: u64 = 5;
/// Histories that are made beside each other.
const BESIDE: usize = 16;

/// What a name holds: the number that was written and the revision; nothing at first.
type State = Option<(u64, i64)>;

/// What was asked, and what was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// What was found.
    Read(State),
    /// Written over whatever was there, at that revision; `None` when nobody heard.
    Write(u64, Option<i64>),
    /// Written over the version of the first revision alone.
    Swap(i64, u64, Option<i64>),
    /// Not written, for the version was the second revision.
    Lost(i64, i64),
}

/// A step between its call and its answer, which may never have come.
#[derive(Debug, Clone, Copy)]
struct Call {
    called: u64,
    answered: u64,
    step: Step,
}

impl Step {
    /// What the name holds afterwards, if the step can come here.
    fn after(self, state: State) -> Option<State> {
        let at = state.map_or(0, |(_, revision)| revision);
        let wrote = |number, revision: Option<i64>| match revision {
            Some(revision) => (revision > at).then_some(Some((number, revision))),
            // Nobody heard which revision it got; one that is read later tells.
            None => Some(Some((number, -1))),
        };
        match self {
            Self::Read(found) => match (found, state) {
                (Some((number, revision)), Some((held, -1))) if number == held => {
                    Some(Some((number, revision)))
                }
                (found, state) => (found == state).then_some(state),
            },
            Self::Write(number, revision) => wrote(number, revision),
            Self::Swap(expected, number, revision) => {
                let fits = at == expected || at == -1;
                fits.then(|| wrote(number, revision)).flatten()
            }
            Self::Lost(expected, current) => {
                let fits = (at == current || at == -1) && current != expected;
                fits.then_some(state)
            }
        }
    }

    fn unheard(self) -> bool {
        matches!(self, Self::Write(_, None) | Self::Swap(_, _, None))
    }
}

/// Whether the calls can be told as one row: the search of Wing and Gong, with what was tried kept.
fn linear(calls: &[Call]) -> bool {
    assert!(calls.len() <= 64);
    let heard = calls
        .iter()
        .enumerate()
        .filter(|(_, call)| !call.step.unheard());
    let wanted: u64 = heard.map(|(at, _)| 1 << at).sum();
    let mut tried = HashSet::new();
    let mut open: Vec<(u64, State)> = vec![(0, None)];
    while let Some((done, state)) = open.pop() {
        if done & wanted == wanted {
            return true;
        }
        if !tried.insert((done, state)) {
            continue;
        }
        let waiting = || {
            calls
                .iter()
                .enumerate()
                .filter(|(at, _)| done & (1 << at) == 0)
        };
        let first_answer = waiting()
            .map(|(_, call)| call.answered)
            .min()
            .unwrap_or(u64::MAX);
        for (at, call) in waiting().filter(|(_, call)| call.called <= first_answer) {
            if let Some(state) = call.step.after(state) {
                open.push((done | 1 << at, state));
            }
        }
    }
    false
}

/// The names and the order of one history.
struct Stage {
    ledger: Ledger,
    id: u64,
    clock: AtomicU64,
    numbers: AtomicU64,
}

impl Stage {
    fn name(&self, which: u64) -> String {
        format!("assessments/h/redLines/n{}-{which}", self.id)
    }

    fn tick(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::SeqCst)
    }

    async fn read(&self, which: u64) -> State {
        let view = latest(&self.ledger).await;
        let body = view.get(&name(&self.name(which))).ok()?;
        let held = v1::RedLine::decode(body).expect("a line");
        Some((held.title.parse().expect("a number"), held.revision))
    }

    /// Writes; a caller who goes away does not hear what became of it.
    async fn write(self: &Arc<Self>, which: u64, expected: Option<i64>, leave: bool) -> Step {
        let number = 1 + self.numbers.fetch_add(1, Ordering::SeqCst);
        let id = self.name(which);
        let id = id.rsplit('/').next().unwrap();
        let mut effect = line("h", id, "actors/x", v1::Posture::Claims);
        let mut body = v1::RedLine::decode(effect.body.as_slice()).expect("a line");
        body.title = number.to_string();
        effect.body = body.encode_to_vec();
        let mut change = change(vec![effect]);
        if let Some(expected) = expected {
            change.reads = vec![(self.name(which), expected)];
        }
        let ledger = self.ledger.clone();
        let writing = tokio::spawn(async move { ledger.commit(change).await });
        if leave {
            tokio::task::yield_now().await;
            writing.abort();
        }
        let revision = match writing.await {
            Ok(Ok(committed)) => Some(committed.revision),
            Ok(Err(Error::Aborted { current, .. })) => {
                return Step::Lost(expected.unwrap_or(-1), current);
            }
            Ok(Err(error)) => panic!("{error:?}"),
            Err(_gone) => None,
        };
        match expected {
            Some(expected) => Step::Swap(expected, number, revision),
            None => Step::Write(number, revision),
        }
    }
}

/// One client's part of a history; the calls with the name that each was about.
async fn client(stage: Arc<Stage>, mut dice: Dice) -> Vec<(u64, Call)> {
    let mut calls = Vec::new();
    let mut seen = [0; NAMES as usize];
    for _ in 0..STEPS {
        let which = dice.below(NAMES);
        let leave = dice.below(10) == 0;
        let called = stage.tick();
        let step = match dice.below(5) {
            0 | 1 => Step::Read(stage.read(which).await),
            2 => stage.write(which, None, leave).await,
            _ => stage.write(which, Some(seen[which as usize]), leave).await,
        };
        let answered = if step.unheard() {
            u64::MAX
        } else {
            stage.tick()
        };
        match step {
            Step::Read(found) => seen[which as usize] = found.map_or(0, |(_, revision)| revision),
            Step::Write(_, Some(at)) | Step::Swap(_, _, Some(at)) | Step::Lost(_, at) => {
                seen[which as usize] = at;
            }
            Step::Write(..) | Step::Swap(..) => {}
        }
        calls.push((
            which,
            Call {
                called,
                answered,
                step,
            },
        ));
    }
    calls
}

/// Makes a history and judges it; answers how many calls were heard and how many were not.
async fn history(ledger: Ledger, id: u64) -> (usize, usize) {
    let stage = Arc::new(Stage {
        ledger,
        id,
        clock: AtomicU64::new(0),
        numbers: AtomicU64::new(0),
    });
    let mut clients = JoinSet::new();
    for number in 0..CLIENTS {
        clients.spawn(client(Arc::clone(&stage), Dice(id * CLIENTS + number)));
    }
    let mut calls = Vec::new();
    while let Some(part) = clients.join_next().await {
        calls.extend(part.expect("a client"));
    }
    for which in 0..NAMES {
        let of_name: Vec<Call> = calls
            .iter()
            .filter(|(about, _)| *about == which)
            .map(|(_, call)| *call)
            .collect();
        assert!(linear(&of_name), "history {id}: {of_name:#?}");
    }
    let unheard = calls.iter().filter(|(_, call)| call.step.unheard()).count();
    (calls.len() - unheard, unheard)
}

/// Follows the feed until it ends; answers where it stands.
async fn follow(ledger: Ledger, after: i64) -> i64 {
    let mut feed = ledger.watch(after);
    drop(ledger);
    let mut seen = after;
    while let Some(commit) = feed.next().await {
        let revision = commit.expect("a commit").revision;
        assert_eq!(revision, seen + 1, "each once and in order");
        seen = revision;
    }
    seen
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn every_history_is_linear_and_the_feed_is_in_order() {
    let histories = rounds("CHANCERY_TEST_HISTORIES", 150);
    let folder = TempDir::new().unwrap();
    let (mut heard, mut unheard, mut followed) = (0, 0, 0);
    let mut ids = 0..histories as u64;
    let half = histories.div_ceil(2);
    for _restart in 0..2 {
        let ledger = Ledger::open(folder.path(), PLAN.limits(), NOW_US).unwrap();
        let following = tokio::spawn(follow(ledger.clone(), followed));
        commit(&ledger, vec![header("h", published())]).await;
        let mut beside = JoinSet::new();
        for id in ids.by_ref().take(half) {
            if beside.len() == BESIDE {
                let (one, other) = beside.join_next().await.unwrap().unwrap();
                (heard, unheard) = (heard + one, unheard + other);
            }
            beside.spawn(history(ledger.clone(), id));
        }
        while let Some(done) = beside.join_next().await {
            let (one, other) = done.unwrap();
            (heard, unheard) = (heard + one, unheard + other);
        }
        // Calls that nobody waits for any more are committed all the same, until it is closed.
        let head = tokio::task::spawn_blocking(move || {
            ledger.close();
            ledger.status().revision
        })
        .await
        .unwrap();
        followed = following.await.unwrap();
        assert_eq!(followed, head, "the feed ends with the last commit");
    }
    println!(
        "{histories} histories of {CLIENTS} clients over {NAMES} names: {heard} calls heard, \
         {unheard} not, 0 violations; the feed gave {followed} commits, each once and in order"
    );
}

/// The judge himself, held against every order there is.
fn any_order(calls: &[Call], state: State) -> bool {
    calls.iter().all(|call| call.step.unheard())
        || (0..calls.len()).any(|at| {
            let mut rest = calls.to_vec();
            let call = rest.remove(at);
            let first = rest.iter().all(|other| call.called <= other.answered);
            let after = call.step.after(state).filter(|_| first);
            after.is_some_and(|after| any_order(&rest, after))
        })
}

fn step() -> impl Strategy<Value = Step> {
    let revision = || 0..4_i64;
    prop_oneof![
        proptest::option::of((1..4_u64, 1..4_i64)).prop_map(Step::Read),
        (1..4_u64, proptest::option::of(1..4_i64)).prop_map(|(n, at)| Step::Write(n, at)),
        (revision(), 1..4_u64, proptest::option::of(1..4_i64))
            .prop_map(|(e, n, at)| Step::Swap(e, n, at)),
        (revision(), 1..4_i64).prop_map(|(e, at)| Step::Lost(e, at)),
    ]
}

fn call() -> impl Strategy<Value = Call> {
    (0..8_u64, 0..6_u64, step()).prop_map(|(called, took, step)| Call {
        called,
        answered: if step.unheard() {
            u64::MAX
        } else {
            called + took
        },
        step,
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 512,
        failure_persistence: None,
        ..Default::default()
    })]

    #[test]
    fn the_judge_agrees_with_all_orders(calls in proptest::collection::vec(call(), 0..6)) {
        prop_assert_eq!(linear(&calls), any_order(&calls, None));
    }
}

#[test]
fn the_judge_knows_a_stale_read() {
    let call = |called, answered, step| Call {
        called,
        answered,
        step,
    };
    let written = call(0, 1, Step::Write(1, Some(5)));
    let again = call(2, 3, Step::Write(2, Some(6)));
    let stale = call(4, 5, Step::Read(Some((1, 5))));
    let fresh = call(4, 5, Step::Read(Some((2, 6))));
    assert!(linear(&[written, again, fresh]));
    assert!(!linear(&[written, again, stale]));
    assert!(linear(&[written, again, Call { called: 2, ..stale }]));
    assert!(!linear(&[written, call(2, 3, Step::Swap(4, 2, Some(6)))]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn of_256_writers_none_waits_for_long() {
    const WRITERS: usize = 256;
    const STALL_MAX: Duration = Duration::from_secs(5);
    let seconds = rounds("CHANCERY_TEST_STALL_SECONDS", 2) as u64;
    let folder = TempDir::new().unwrap();
    let ledger = Ledger::open(folder.path(), PLAN.limits(), NOW_US).unwrap();
    commit(&ledger, vec![header("h", published())]).await;
    let end = Arc::new(AtomicBool::new(false));
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let (ledger, end) = (ledger.clone(), Arc::clone(&end));
        writers.spawn(async move {
            let (mut longest, mut commits) = (Duration::ZERO, 0);
            while !end.load(Ordering::Relaxed) {
                let started = Instant::now();
                let id = format!("n{writer}");
                commit(
                    &ledger,
                    vec![line("h", &id, "actors/x", v1::Posture::Claims)],
                )
                .await;
                longest = longest.max(started.elapsed());
                commits += 1;
            }
            (longest, commits)
        });
    }
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    end.store(true, Ordering::Relaxed);
    let (mut longest, mut commits) = (Duration::ZERO, 0);
    while let Some(done) = writers.join_next().await {
        let (one, many) = done.unwrap();
        longest = longest.max(one);
        commits += many;
    }
    println!("{WRITERS} writers for {seconds} s: {commits} commits, longest wait {longest:?}");
    assert!(longest <= STALL_MAX);
}

/// The clock of the machine goes back and forth; the times of the journal do not.
#[tokio::test]
async fn a_clock_that_jumps_leaves_times_in_order() {
    let folder = TempDir::new().unwrap();
    let ledger = Ledger::open(folder.path(), PLAN.limits(), NOW_US).unwrap();
    let day = 86_400_000_000;
    let mut last = 0;
    for jump in [
        0,
        day,
        -day,
        400 * day,
        -4_000 * day,
        1,
        0,
        -1,
        i64::MIN / 2,
    ] {
        let mut jumped = change(vec![header("h", published())]);
        jumped.proposed_us = NOW_US + jump;
        let committed = ledger.commit(jumped).await.unwrap();
        assert!(committed.time_us > last, "{jump}");
        last = committed.time_us;
    }
    ledger.close();
    drop(ledger);
    let ledger = Ledger::open(folder.path(), PLAN.limits(), 1).unwrap();
    assert!(
        commit(&ledger, vec![header("h", published())])
            .await
            .time_us
            > last
    );
}
