//! Filters, orders and counts: the index against a scan that knows nothing of it.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::Path;

use chancery::ledger::change::Effect;
use chancery::ledger::{At, Ledger, Query, View};
use chancery::model::limits::Limits;
use chancery::model::v1::{self, AssessmentState as State, DeclaredFirmness as Firmness};
use chancery::query::{filter, order};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use prost::Message;
use tempfile::TempDir;

use crate::ledger::{NOW_US, caller, commit, kind, walk};

const ASSESSMENTS: u32 = 4;
const LINES: u32 = 9;
const DAY: i64 = 86_400;
/// 2026-01-01.
const BEGIN: i64 = 1_767_225_600;

/// Numbers that are drawn one after another.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u32) -> u32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) as u32 % bound
    }

    fn of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u32) as usize].clone()
    }
}

const FIRMNESS: [Firmness; 6] = [
    Firmness::Unspecified,
    Firmness::Floated,
    Firmness::Stated,
    Firmness::Firm,
    Firmness::Absolute,
    Firmness::Undetermined,
];

/// A version of everything that there is.
#[derive(Debug, Clone, Default)]
struct World {
    lines: BTreeMap<String, (i64, v1::RedLine)>,
    headers: BTreeMap<String, v1::Assessment>,
}

fn time(day: u32) -> Option<prost_types::Timestamp> {
    let seconds = BEGIN + i64::from(day) * DAY;
    Some(prost_types::Timestamp { seconds, nanos: 0 })
}

fn line(dice: &mut Dice, name: &str) -> v1::RedLine {
    let maybe = |dice: &mut Dice, text: String| {
        if dice.below(4) == 0 {
            String::new()
        } else {
            text
        }
    };
    let number = dice.below(3);
    let actor = maybe(dice, format!("actors/x{number}"));
    let speaker = format!("actors/x{}", dice.below(3));
    let low = f64::from(dice.below(10)) / 10.0;
    let likelihood = v1::Likelihood {
        low: (dice.below(3) > 0).then_some(low),
        high: (dice.below(3) > 0).then_some(low + 0.1),
        ..Default::default()
    };
    let response = |dice: &mut Dice| v1::red_line::Crossing {
        response: dice.below(6) as i32,
        ..Default::default()
    };
    let (from, to) = (dice.below(20), dice.below(20));
    v1::RedLine {
        name: name.to_owned(),
        id: name.rsplit('/').next().unwrap().to_owned(),
        title: format!("Title {}", dice.below(5)),
        actor,
        declared_firmness: dice.of(&FIRMNESS).into(),
        posture: dice.of(&[0, 1, 2, 100]),
        confidence: (dice.below(2) == 0).then(|| v1::Confidence {
            level: dice.of(&[0, 1, 2, 3, 100]),
            ..Default::default()
        }),
        attribution: (dice.below(3) > 0).then(|| v1::Attribution {
            mode: dice.of(&[0, 3, 5, 100]),
            speaker,
            ..Default::default()
        }),
        outlook: (dice.below(2) == 0).then_some(v1::red_line::Outlook {
            likelihood: Some(likelihood),
            ..Default::default()
        }),
        valid: (dice.below(3) > 0).then(|| v1::TimeSpan {
            start: time(from).filter(|_| from % 3 > 0),
            end: time(from + 1 + to).filter(|_| to % 3 > 0),
            text: "a while".to_owned(),
            ..Default::default()
        }),
        labels: (0..dice.below(3))
            .map(|at| (format!("k{at}"), format!("v{}", dice.below(2))))
            .collect(),
        implications: (0..dice.below(3))
            .map(|_| format!("word {}", dice.below(3)))
            .collect(),
        crossings: (0..dice.below(3)).map(|_| response(dice)).collect(),
        ..Default::default()
    }
}

/// A condition with its text and with what it means, said a second time.
enum Term {
    Actor(u32, bool),
    ActorLike,
    Firmness(&'static str, Firmness),
    Posture(i32, bool),
    Mode,
    Confidence(&'static str),
    Situation(u32),
    State(State),
    High(u32),
    Label(u32, Option<u32>),
    ValidAt(u32),
    StartsBefore(u32),
    Stated(&'static str),
    Revision(i64),
    Crossed(&'static str),
    Mentions(u32),
    Implies(u32),
    Named(u32),
    Words(u32),
    Not(Box<Term>),
    And(Vec<Term>),
    Or(Vec<Term>),
}

fn term(dice: &mut Dice, depth: u32) -> Term {
    let signs = ["<", "<=", ">", ">=", "=", "!="];
    if depth > 0 && dice.below(2) == 0 {
        let several = |dice: &mut Dice| {
            (0..2 + dice.below(2))
                .map(|_| term(dice, depth - 1))
                .collect()
        };
        return match dice.below(4) {
            0 => Term::Not(Box::new(term(dice, depth - 1))),
            1 => Term::Or(several(dice)),
            _ => Term::And(several(dice)),
        };
    }
    match dice.below(19) {
        0 => Term::Actor(dice.below(4), dice.below(3) > 0),
        1 => Term::ActorLike,
        2 | 3 => Term::Firmness(dice.of(&signs), dice.of(&FIRMNESS[1..5])),
        4 => Term::Posture(dice.of(&[1, 2, 100]), dice.below(3) > 0),
        5 => Term::Mode,
        6 => Term::Confidence(dice.of(&signs)),
        7 => Term::Situation(dice.below(3)),
        8 => Term::State(dice.of(&[State::Draft, State::Published])),
        9 => Term::High(dice.below(10)),
        10 => Term::Label(dice.below(3), (dice.below(2) == 0).then_some(0)),
        11 => Term::ValidAt(dice.below(30)),
        12 => Term::StartsBefore(dice.below(20)),
        13 => Term::Stated(dice.of(&["confidence", "actor", "labels", "attribution.mode"])),
        14 => Term::Revision(1 + i64::from(dice.below(90))),
        15 => Term::Crossed(dice.of(&signs)),
        16 => Term::Mentions(dice.below(3)),
        17 => Term::Implies(dice.below(3)),
        _ if dice.below(2) == 0 => Term::Named(dice.below(LINES)),
        _ => Term::Words(dice.below(3)),
    }
}

fn day(day: u32) -> String {
    let date = jiff::Timestamp::from_second(BEGIN + i64::from(day) * DAY).unwrap();
    date.to_string()[..10].to_owned()
}

impl Term {
    fn text(&self) -> String {
        let joined = |terms: &[Term], word: &str| {
            let terms: Vec<String> = terms
                .iter()
                .map(|term| format!("({})", term.text()))
                .collect();
            terms.join(word)
        };
        match self {
            Self::Actor(x, true) => format!("actor = \"actors/x{x}\""),
            Self::Actor(x, false) => format!("actor != actors/x{x}"),
            Self::ActorLike => "actor = \"*1\"".to_owned(),
            Self::Firmness(sign, value) => {
                format!("declared_firmness {sign} {}", value.as_str_name())
            }
            Self::Posture(value, equal) => {
                let name = v1::Posture::try_from(*value).unwrap().as_str_name();
                format!("posture {} {name}", if *equal { "=" } else { "!=" })
            }
            Self::Mode => "attribution.mode = DECLARED".to_owned(),
            Self::Confidence(sign) => format!("confidence.level {sign} MODERATE"),
            Self::Situation(s) => format!("assessment.situation = \"situations/s{s}\""),
            Self::State(state) => format!("assessment.state = {}", state.as_str_name()),
            Self::High(tenths) => format!("outlook.likelihood.high >= 0.{tenths}"),
            Self::Label(key, Some(value)) => format!("labels.k{key} = v{value}"),
            Self::Label(key, None) => format!("labels:k{key}"),
            Self::ValidAt(at) => format!("valid:{}T00:00:00Z", day(*at)),
            Self::StartsBefore(at) => format!("valid.start < \"{}\"", day(*at)),
            Self::Stated(path) => format!("stated({path})"),
            Self::Revision(revision) => format!("revision >= {revision}"),
            Self::Crossed(sign) => format!("crossings.response {sign} PARTIAL"),
            Self::Mentions(x) => format!("mentions(\"actors/x{x}\")"),
            Self::Implies(word) => format!("implications:\"word {word}\""),
            Self::Named(id) => format!("name = \"*/l{id}\""),
            Self::Words(word) => format!("\"WORD {word}\""),
            Self::Not(term) => format!("NOT ({})", term.text()),
            Self::And(terms) => joined(terms, " AND "),
            Self::Or(terms) => joined(terms, " OR "),
        }
    }

    fn holds(&self, (revision, line): &(i64, v1::RedLine), header: &v1::Assessment) -> bool {
        let is = |term: &Term| term.holds(&(*revision, line.clone()), header);
        match self {
            Self::Actor(x, true) => line.actor == format!("actors/x{x}"),
            Self::Actor(x, false) => !line.actor.is_empty() && line.actor != format!("actors/x{x}"),
            Self::ActorLike => line.actor.ends_with('1'),
            Self::Firmness(sign, value) => {
                graded(line.declared_firmness, sign, *value as i32, 1..=4)
            }
            Self::Posture(value, true) => line.posture == *value,
            Self::Posture(value, false) => ![0, 100, *value].contains(&line.posture),
            Self::Mode => line.attribution.as_ref().is_some_and(|a| a.mode == 3),
            Self::Confidence(sign) => {
                let level = line
                    .confidence
                    .as_ref()
                    .map_or(0, |confidence| confidence.level);
                graded(level, sign, 2, 1..=3)
            }
            Self::Situation(s) => header.situation == format!("situations/s{s}"),
            Self::State(state) => header.state == *state as i32,
            Self::High(tenths) => {
                let likelihood = line.outlook.as_ref().and_then(|o| o.likelihood.as_ref());
                let least: f64 = format!("0.{tenths}").parse().unwrap();
                likelihood
                    .and_then(|l| l.high)
                    .is_some_and(|high| high >= least)
            }
            Self::Label(key, value) => {
                let label = line.labels.get(&format!("k{key}"));
                label.is_some_and(|label| value.is_none_or(|value| *label == format!("v{value}")))
            }
            Self::ValidAt(at) => line.valid.as_ref().is_some_and(|span| {
                let at = BEGIN + i64::from(*at) * DAY;
                (span.start.is_some() || span.end.is_some())
                    && span.start.is_none_or(|start| start.seconds <= at)
                    && span.end.is_none_or(|end| at < end.seconds)
            }),
            Self::StartsBefore(at) => {
                let start = line.valid.as_ref().and_then(|span| span.start);
                start.is_some_and(|start| start.seconds < BEGIN + i64::from(*at) * DAY)
            }
            Self::Stated("confidence") => line.confidence.as_ref().is_some_and(|c| c.level != 0),
            Self::Stated("actor") => !line.actor.is_empty(),
            Self::Stated("labels") => !line.labels.is_empty(),
            Self::Stated(_) => line.attribution.as_ref().is_some_and(|a| a.mode != 0),
            Self::Revision(least) => revision >= least,
            Self::Crossed(sign) => {
                let all = || line.crossings.iter().map(|crossing| crossing.response);
                // Of several, none may be equal.
                if *sign == "!=" {
                    let judged = all().any(|response| ![0, 100].contains(&response));
                    return judged && all().all(|response| response != 3);
                }
                all().any(|response| graded(response, sign, 3, 1..=4))
            }
            Self::Mentions(x) => {
                let name = format!("actors/x{x}");
                let speaker = line.attribution.as_ref().map(|a| a.speaker.clone());
                line.actor == name || speaker == Some(name)
            }
            Self::Implies(word) => line.implications.contains(&format!("word {word}")),
            Self::Named(id) => line.name.ends_with(&format!("/l{id}")),
            Self::Words(word) => line.implications.contains(&format!("word {word}")),
            Self::Not(term) => !is(term),
            Self::And(terms) => terms.iter().all(is),
            Self::Or(terms) => terms.iter().any(is),
        }
    }
}

/// Whether a grade compares so; what is not on the scale never does, but is unequal when judged.
fn graded(value: i32, sign: &str, with: i32, scale: std::ops::RangeInclusive<i32>) -> bool {
    let judged = ![0, 100].contains(&value);
    let on = scale.contains(&value);
    match sign {
        "=" => value == with,
        "!=" => judged && value != with,
        "<" => on && value < with,
        "<=" => on && value <= with,
        ">" => on && value > with,
        _ => on && value >= with,
    }
}

/// What a list is ordered by, with the key of a line; what has none comes last.
type Keys = fn(&(i64, v1::RedLine)) -> Vec<(u8, i64, String)>;

fn number(number: i64) -> (u8, i64, String) {
    (0, number, String::new())
}

fn word(text: &str) -> (u8, i64, String) {
    (u8::from(text.is_empty()) * 2, 0, text.to_owned())
}

const ORDERS: [(&str, Keys); 6] = [
    ("", |(revision, _)| vec![number(-revision)]),
    ("update_time desc", |(revision, _)| vec![number(-revision)]),
    ("create_time, revision", |_| Vec::new()),
    ("title", |(_, line)| vec![word(&line.title)]),
    ("declared_firmness desc, actor", |(_, line)| {
        let firmness = match i64::from(line.declared_firmness) {
            0 => (2, 0, String::new()),
            100 => (1, 0, String::new()),
            grade => number(-grade),
        };
        vec![firmness, word(&line.actor)]
    }),
    ("valid.start, actor", |(_, line)| {
        let start = line.valid.as_ref().and_then(|span| span.start);
        let start = start.map_or((2, 0, String::new()), |start| number(start.seconds));
        vec![start, word(&line.actor)]
    }),
];

async fn play(ledger: &Ledger, dice: &mut Dice, steps: u32) -> Vec<(i64, World)> {
    let mut world = World::default();
    let mut worlds = Vec::new();
    for step in 0..steps {
        let assessment = if step < ASSESSMENTS {
            step
        } else {
            dice.below(ASSESSMENTS)
        };
        let above = format!("assessments/a{assessment}");
        let (name, body, tombstone) = if step < ASSESSMENTS || dice.below(6) == 0 {
            let header = v1::Assessment {
                name: above.clone(),
                id: format!("a{assessment}"),
                situation: format!("situations/s{}", dice.below(3)),
                state: dice
                    .of(&[State::Draft, State::Published, State::Published])
                    .into(),
                ..Default::default()
            };
            world.headers.insert(above.clone(), header.clone());
            (above, header.encode_to_vec(), false)
        } else {
            let name = format!("{above}/redLines/l{}", dice.below(LINES));
            let line = line(dice, &name);
            (name, line.encode_to_vec(), dice.below(8) == 0)
        };
        let effect = Effect {
            name: name.clone(),
            body: body.clone(),
            tombstone,
        };
        let revision = commit(ledger, vec![effect]).await.revision;
        if name.contains("/redLines/") {
            let line = v1::RedLine::decode(body.as_slice()).unwrap();
            world.lines.insert(name.clone(), (revision, line));
            if tombstone {
                world.lines.remove(&name);
            }
        }
        worlds.push((revision, world.clone()));
    }
    worlds
}

/// How many filters were compared, and how many looked at fewer versions than there are.
#[derive(Default)]
struct Told {
    compared: Cell<usize>,
    indexed: Cell<usize>,
    found: Cell<usize>,
}

fn compare(view: &View, world: &World, dice: &mut Dice, told: &Told) {
    let term = term(dice, 3);
    let (text, (order_by, keys)) = (term.text(), dice.of(&ORDERS));
    let lines = kind("RedLine");
    let limits = Limits::default();
    let size = 1 + dice.below(6) as usize;
    let mut query = Query::of(lines, size);
    query.filter = filter::parse(&text, lines, &limits).unwrap_or_else(|e| panic!("{text}: {e:?}"));
    query.order = order::parse(order_by, lines, &limits).unwrap();
    if dice.below(2) == 0 {
        query.states = vec![State::Published.into()];
    }
    let mut expected: Vec<&(i64, v1::RedLine)> = world
        .lines
        .values()
        .filter(|held| {
            let header = &world.headers[&held.1.name[.."assessments/a0".len()]];
            let shown = query.states.is_empty() || query.states.contains(&header.state);
            shown && term.holds(held, header)
        })
        .collect();
    if order_by != "create_time, revision" {
        expected.sort_by_key(|held| (keys(held), held.1.name.clone()));
    }
    let mut names: Vec<String> = expected.iter().map(|held| held.1.name.clone()).collect();
    let mut found = walk(view, query.clone(), size);
    if order_by == "create_time, revision" {
        names.sort();
        found.sort();
    }
    assert_eq!(
        found,
        names,
        "{text} order by {order_by:?} at revision {}",
        view.revision()
    );
    query.total = true;
    let page = view.list(&query).unwrap();
    assert_eq!(page.total, Some(names.len()), "{text}");
    told.compared.set(told.compared.get() + 1);
    told.found.set(told.found.get() + names.len());
    let all = view
        .list(&Query {
            size: 1_000,
            ..query.clone()
        })
        .unwrap();
    told.indexed
        .set(told.indexed.get() + usize::from(all.touched < world.lines.len()));
    counted(view, &query, &expected);
}

fn counted(view: &View, query: &Query, expected: &[&(i64, v1::RedLine)]) {
    let facets = ["declared_firmness".to_owned(), "actor".to_owned()];
    let facets = order::facets(&facets, query.kind).unwrap();
    let counts = view.count(query, &facets).unwrap();
    let mut by_hand: BTreeMap<(i32, String), u64> = BTreeMap::new();
    for (_, line) in expected {
        *by_hand
            .entry((line.declared_firmness, line.actor.clone()))
            .or_default() += 1;
    }
    let told: BTreeMap<(i32, String), u64> = counts
        .counts
        .iter()
        .map(|(values, count)| {
            use chancery::model::kind::Value;
            let firmness = match &values[0] {
                Some(Value::Number(number)) => *number,
                _ => 0,
            };
            let actor = match &values[1] {
                Some(Value::Text(text)) => text.to_string(),
                _ => String::new(),
            };
            ((firmness, actor), *count)
        })
        .collect();
    assert_eq!(told, by_hand);
    assert_eq!(counts.total, expected.len() as u64);
}

#[test]
fn an_index_answers_what_a_scan_answers() {
    let told = Told::default();
    let config = ProptestConfig {
        cases: 16,
        failure_persistence: None,
        // That a deliberate mistake fails is enough; its smallest case would take minutes.
        max_shrink_iters: if std::env::var_os("CHANCERY_MUTANT").is_some() {
            0
        } else {
            64
        },
        ..ProptestConfig::default()
    };
    let outcome = TestRunner::new(config).run(&any::<u64>(), |seed| {
        let mut dice = Dice(seed);
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let folder = TempDir::new().unwrap();
            // There are few lines: so that they are divided by the values of an index all the same.
            let limits = Limits {
                order_part_rows: dice.of(&[0, 3, 256]),
                ..crate::ledger::limits()
            };
            let open = |folder: &Path| Ledger::open(folder, limits, NOW_US).expect("a ledger");
            let mut ledger = open(folder.path());
            let worlds = play(&ledger, &mut dice, 90).await;
            if dice.below(3) == 0 {
                ledger.close();
                ledger = open(folder.path());
            }
            for _ in 0..60 {
                let (revision, world) = dice.of(&worlds);
                let at = if dice.below(3) == 0 {
                    worlds.last().unwrap().0
                } else {
                    revision
                };
                let world = if at == revision {
                    &world
                } else {
                    &worlds.last().unwrap().1
                };
                let view = ledger.read(caller(), At::Exact(at), NOW_US).await.unwrap();
                compare(&view, world, &mut dice, &told);
            }
            ledger.close();
        });
        Ok(())
    });
    let Told {
        compared,
        indexed,
        found,
    } = &told;
    println!(
        "filters compared: {}, answered by an index in part: {}, lines found: {}",
        compared.get(),
        indexed.get(),
        found.get()
    );
    outcome.unwrap_or_else(|error| panic!("{error}"));
    assert!(indexed.get() * 3 > compared.get());
}
