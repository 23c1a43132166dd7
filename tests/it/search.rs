//! Searches against a plain reading of every text; what may not move a score; what a crash, a
//! damaged file and a purge leave behind.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::Path;

use chancery::client::Client;
use chancery::error::Error;
use chancery::ledger::change::{Change, Effect};
use chancery::ledger::{At, Hit, Ledger, Query, Sought, View};
use chancery::model::caller::{Caller, Clearance, Role, Tlp};
use chancery::model::limits::Limits;
use chancery::model::v1;
use chancery::query::words;
use proptest::prelude::*;
use prost::Message;
use tantivy::directory::{Directory as _, RamDirectory, TerminatingWrite as _};
use tempfile::TempDir;
use tokio_stream::StreamExt as _;

use crate::ledger::{NOW_US, caller, change, commit, copy_into, header, kind, published};
use crate::watch::{Server, draft, patient};

/// Words that are inflections of each other; no two rows share a beginning of three letters.
const FAMILIES: [&[&str]; 10] = [
    &["talk", "talks", "talked", "talking"],
    &["ship", "ships", "shipping"],
    &["corridor", "corridors"],
    &["reject", "rejects", "rejected", "rejecting"],
    &["sanction", "sanctions", "sanctioned"],
    &["harvest", "harvests", "harvesting"],
    &["border", "borders"],
    &["grain", "grains"],
    &["treaty", "treaties"],
    &["withdraw", "withdraws", "withdrawing"],
];

/// A word: its family and which of it.
type Word = (usize, usize);

fn spelt((family, which): Word) -> &'static str {
    FAMILIES[family][which % FAMILIES[family].len()]
}

/// An element's two texts, whether it is for few eyes only.
#[derive(Debug, Clone)]
struct Told {
    title: Vec<Word>,
    statement: Vec<Word>,
    red: bool,
}

#[derive(Debug, Clone)]
enum Step {
    Tell(usize, Told),
    Remove(usize),
    Restart,
}

fn word() -> impl Strategy<Value = Word> {
    (0usize..10, 0usize..4)
}

fn told() -> impl Strategy<Value = Told> {
    let texts = (
        prop::collection::vec(word(), 1..4),
        prop::collection::vec(word(), 0..8),
    );
    (texts, prop::bool::weighted(0.3)).prop_map(|((title, statement), red)| Told {
        title,
        statement,
        red,
    })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => (0usize..24, told()).prop_map(|(id, told)| Step::Tell(id, told)),
        2 => (0usize..24).prop_map(Step::Remove),
        1 => Just(Step::Restart),
    ]
}

/// A part of a search, as the model understands it.
#[derive(Debug, Clone)]
enum Part {
    Phrase(Vec<Word>),
    /// The beginning of a word, of so many letters.
    Prefix(Word, usize),
}

fn part() -> impl Strategy<Value = Part> {
    prop_oneof![
        4 => word().prop_map(|word| Part::Phrase(vec![word])),
        2 => prop::collection::vec(word(), 2..4).prop_map(Part::Phrase),
        1 => (word(), 3usize..7).prop_map(|(word, letters)| Part::Prefix(word, letters)),
    ]
}

impl Part {
    fn written(&self) -> String {
        match self {
            Self::Phrase(words) => {
                let words: Vec<&str> = words.iter().map(|word| spelt(*word)).collect();
                format!("\"{}\"", words.join(" ").to_uppercase())
            }
            Self::Prefix(word, _) => format!("{}*", self.beginning(*word)),
        }
    }

    fn beginning(&self, word: Word) -> &'static str {
        match self {
            Self::Prefix(_, letters) => &spelt(word)[..spelt(word).len().min(*letters)],
            Self::Phrase(_) => spelt(word),
        }
    }

    /// Whether it stands in one of the texts: words of a family for each other, side by side.
    fn holds(&self, told: &Told) -> bool {
        let texts = [&told.title, &told.statement];
        texts.into_iter().any(|text| match self {
            Self::Phrase(words) => text.windows(words.len()).any(|window| {
                let mut pairs = window.iter().zip(words);
                pairs.all(|((here, _), (wanted, _))| here == wanted)
            }),
            Self::Prefix(word, _) => text
                .iter()
                .any(|here| spelt(*here).starts_with(self.beginning(*word))),
        })
    }
}

fn sentence(words: &[Word]) -> String {
    let words: Vec<&str> = words.iter().map(|word| spelt(*word)).collect();
    words.join(", ")
}

fn judgment(id: usize, told: &Told) -> Effect {
    let name = format!("assessments/talks/judgments/j{id}");
    let marking = v1::Marking {
        tlp: v1::Tlp::Red.into(),
        ..Default::default()
    };
    let judgment = v1::Judgment {
        name: name.clone(),
        id: format!("j{id}"),
        title: sentence(&told.title),
        statement: sentence(&told.statement),
        marking: told.red.then_some(marking),
        ..Default::default()
    };
    Effect {
        name,
        body: judgment.encode_to_vec(),
        tombstone: false,
    }
}

fn limits() -> Limits {
    Limits {
        segment_bytes: 1 << 20,
        // Most of a history lies in files, the rest in memory.
        search_fresh_max: 7,
        search_heap_bytes: 15 << 20,
        ..Limits::default()
    }
}

fn open(folder: &Path) -> Ledger {
    Ledger::open(folder, limits(), NOW_US).expect("open the ledger")
}

fn anybody() -> Caller {
    let clearance = Clearance {
        tlp: Tlp::Clear,
        groups: Some(Vec::new()),
    };
    Caller::new("anybody", Role::Reader, clearance)
}

fn sought(query: &str, size: usize) -> Sought {
    Sought {
        words: words::parse(query, &Limits::default()).expect("a search"),
        queries: vec![Query {
            states: vec![published().into()],
            ..Query::of(kind("Judgment"), size)
        }],
        size,
        after: None,
        total: false,
        brief: &[],
    }
}

/// All hits, page after page.
fn hits(ledger: &Ledger, view: &View, mut sought: Sought) -> Vec<Hit> {
    let mut all: Vec<Hit> = Vec::new();
    loop {
        let page = ledger.search(view, &sought).expect("a page");
        assert!(page.hits.len() <= sought.size);
        all.extend(page.hits);
        match page.next {
            Some(next) => sought.after = Some(next),
            None => return all,
        }
    }
}

fn name(hit: &Hit) -> String {
    let judgment = v1::Judgment::decode(hit.body.clone());
    judgment.expect("a judgment").name
}

async fn view(ledger: &Ledger, caller: Caller, at: At) -> View {
    let view = ledger.read(caller, at, NOW_US).await.expect("a view");
    ledger.findable(&view).await.expect("everything is read");
    view
}

/// What there was at each revision.
type History = BTreeMap<i64, BTreeMap<usize, Told>>;

async fn played(folder: &Path, steps: &[Step]) -> (Ledger, History) {
    let mut ledger = open(folder);
    let first = commit(&ledger, vec![header("talks", published())]).await;
    let mut now: BTreeMap<usize, Told> = BTreeMap::new();
    let mut history = History::from([(first.revision, now.clone())]);
    for step in steps {
        let effect = match step {
            Step::Tell(id, told) => {
                now.insert(*id, told.clone());
                judgment(*id, told)
            }
            Step::Remove(id) => match now.remove(id) {
                Some(told) => Effect {
                    tombstone: true,
                    ..judgment(*id, &told)
                },
                None => continue,
            },
            Step::Restart => {
                ledger.close();
                drop(ledger);
                ledger = open(folder);
                continue;
            }
        };
        let committed = commit(&ledger, vec![effect]).await;
        history.insert(committed.revision, now.clone());
    }
    (ledger, history)
}

/// Holds one search against the model, now and at an earlier revision, for two callers.
async fn compared(ledger: &Ledger, history: &History, wanted: &[Part], absent: &[Part]) -> usize {
    let mut query: Vec<String> = wanted.iter().map(Part::written).collect();
    query.extend(absent.iter().map(|part| format!("-{}", part.written())));
    let query = query.join(" ");
    let mut found = 0;
    let revisions = [history.len() - 1, history.len() / 2];
    for (revision, there) in revisions.iter().filter_map(|at| history.iter().nth(*at)) {
        for (caller, sees) in [(caller(), true), (anybody(), false)] {
            let view = view(ledger, caller, At::Exact(*revision)).await;
            let expected: BTreeSet<String> = there
                .iter()
                .filter(|(id, told)| {
                    // A marking of today hides what was open before.
                    let last = history.values().last().and_then(|now| now.get(id));
                    let hidden = told.red || last.is_some_and(|now| now.red);
                    let gone = last.is_none() && ever_red(history, **id);
                    sees || !hidden && !gone
                })
                .filter(|(_, told)| wanted.iter().all(|part| part.holds(told)))
                .filter(|(_, told)| !absent.iter().any(|part| part.holds(told)))
                .map(|(id, _)| format!("assessments/talks/judgments/j{id}"))
                .collect();
            let hits = hits(ledger, &view, sought(&query, 3));
            let names: Vec<String> = hits.iter().map(name).collect();
            let set: BTreeSet<String> = names.iter().cloned().collect();
            assert_eq!(set.len(), names.len(), "{query}: a hit came twice");
            assert_eq!(set, expected, "{query} at revision {revision}");
            assert!(
                hits.windows(2).all(|two| two[0].score >= two[1].score),
                "{query}: the best come first"
            );
            let stands = |hit: &Hit| !hit.standing.paths.is_empty();
            assert!(hits.iter().all(stands), "{query}: words stand somewhere");
            let total = Sought {
                total: true,
                ..sought(&query, 2)
            };
            let counted = ledger.search(&view, &total).expect("a page");
            assert_eq!(counted.total, Some(expected.len()), "{query}");
            let first: Vec<String> = counted.hits.iter().map(name).collect();
            assert_eq!(
                first,
                names[..names.len().min(2)],
                "{query}: both ways alike"
            );
            found += names.len();
        }
    }
    found
}

/// Of what was removed the last marking holds.
fn ever_red(history: &History, id: usize) -> bool {
    let last = history.values().rev().find_map(|there| there.get(&id));
    last.is_some_and(|told| told.red)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn what_is_found_is_what_a_plain_reading_finds(
        steps in prop::collection::vec(step(), 1..60),
        asked in prop::collection::vec(
            (prop::collection::vec(part(), 1..3), prop::collection::vec(part(), 0..2)), 6
        ),
    ) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let folder = TempDir::new().unwrap();
            let (ledger, history) = played(folder.path(), &steps).await;
            for (wanted, absent) in &asked {
                compared(&ledger, &history, wanted, absent).await;
            }
            ledger.close();
        });
    }
}

/// Scores and order, exactly as they are answered.
async fn ranking(ledger: &Ledger, query: &str) -> Vec<(String, u64)> {
    let view = view(ledger, anybody(), At::Latest).await;
    let hits = hits(ledger, &view, sought(query, 4));
    hits.iter()
        .map(|hit| (name(hit), hit.score.to_bits()))
        .collect()
}

/// A few texts for everybody, and `hidden` ones for few eyes between and after them.
async fn among_hidden(folder: &Path, hidden: usize) -> Ledger {
    let ledger = open(folder);
    commit(&ledger, vec![header("talks", published())]).await;
    let secret = Told {
        title: vec![(7, 0), (2, 0)],
        statement: vec![(7, 1); 5],
        red: true,
    };
    for id in 0..20 {
        let open = Told {
            title: vec![(id % 5, 0), (7, 0)],
            statement: vec![(2, 0), (id % 3, 1), (7, id)],
            red: false,
        };
        commit(&ledger, vec![judgment(id, &open)]).await;
        for at in 0..hidden {
            commit(&ledger, vec![judgment(100 + id * hidden + at, &secret)]).await;
        }
    }
    ledger
}

#[tokio::test]
async fn what_is_hidden_moves_no_score_and_no_place() {
    let (alone, beside) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let alone = among_hidden(alone.path(), 0).await;
    let beside = among_hidden(beside.path(), 6).await;
    for query in [
        "grain",
        "corridor grain",
        "\"corridor, talks\"",
        "cor* -ships",
    ] {
        let open = ranking(&alone, query).await;
        assert!(!open.is_empty(), "{query}");
        assert_eq!(ranking(&beside, query).await, open, "{query}");
    }
    let all = view(&beside, caller(), At::Latest).await;
    assert!(hits(&beside, &all, sought("corridor", 50)).len() > 100);
}

#[tokio::test]
async fn whatever_becomes_of_its_files_the_same_is_found() {
    let folder = TempDir::new().unwrap();
    let ledger = among_hidden(folder.path(), 2).await;
    let before = ranking(&ledger, "grain corridor").await;
    ledger.close();
    drop(ledger);
    let files = folder.path().join("search");
    let names: Vec<_> = std::fs::read_dir(&files)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert!(names.len() > 5, "there are files: {names:?}");
    for damaged in names {
        let copy = TempDir::new().unwrap();
        copy_into(folder.path(), copy.path());
        let file = copy.path().join("search").join(&damaged);
        let mut bytes = std::fs::read(&file).unwrap();
        let middle = bytes.len() / 2;
        if let Some(byte) = bytes.get_mut(middle) {
            *byte ^= 0x10;
        }
        std::fs::write(&file, bytes).unwrap();
        let ledger = open(copy.path());
        let found = ranking(&ledger, "grain corridor").await;
        assert_eq!(found, before, "{damaged:?} was damaged");
    }
    std::fs::remove_dir_all(&files).unwrap();
    let ledger = open(folder.path());
    assert_eq!(ranking(&ledger, "grain corridor").await, before, "without");
}

#[tokio::test]
async fn damage_while_it_runs_hides_nothing() {
    let folder = TempDir::new().unwrap();
    let ledger = among_hidden(folder.path(), 6).await;
    let all = view(&ledger, caller(), At::Latest).await;
    let whole = sought("corridor", 200);
    let before = hits(&ledger, &all, whole.clone()).len();
    assert!(before > 100);
    for entry in std::fs::read_dir(folder.path().join("search")).unwrap() {
        std::fs::write(entry.unwrap().path(), []).unwrap();
    }
    let mut refused = 0;
    loop {
        match ledger.search(&all, &whole) {
            Ok(page) => {
                assert_eq!(page.hits.len(), before, "after {refused} refusals");
                break;
            }
            Err(Error::Unavailable { reason, .. }) => assert_eq!(reason, "SEARCH_BEHIND"),
            Err(other) => panic!("{other:?}"),
        }
        refused += 1;
        ledger.findable(&all).await.expect("it is made anew");
    }
    assert!(refused > 0, "the damage was met");
}

#[tokio::test]
async fn what_cannot_be_read_just_now_is_not_thrown_away() {
    let folder = TempDir::new().unwrap();
    let ledger = among_hidden(folder.path(), 2).await;
    let before = ranking(&ledger, "grain corridor").await;
    ledger.close();
    drop(ledger);
    let meta = folder.path().join("search/meta.json");
    let bytes = std::fs::read(&meta).unwrap();
    std::fs::remove_file(&meta).unwrap();
    // Reading a folder is an error of the system that is none of the file's bytes.
    std::fs::create_dir(&meta).unwrap();
    let ledger = Ledger::open(
        folder.path(),
        Limits {
            read_wait_seconds: 1,
            ..limits()
        },
        NOW_US,
    )
    .expect("open the ledger");
    let all = ledger.read(caller(), At::Latest, NOW_US).await.unwrap();
    assert!(ledger.findable(&all).await.is_err());
    assert!(meta.is_dir(), "the files lie there still");
    std::fs::remove_dir(&meta).unwrap();
    std::fs::write(&meta, bytes).unwrap();
    assert_eq!(ranking(&ledger, "grain corridor").await, before);
}

/// Copies a folder that is being written to; what goes away meanwhile is not in the copy.
fn torn(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            torn(&entry.path(), &target);
        } else {
            let _gone = std::fs::copy(entry.path(), target);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn however_it_is_cut_short_a_start_finds_everything() {
    let folder = TempDir::new().unwrap();
    let ledger = open(folder.path());
    commit(&ledger, vec![header("talks", published())]).await;
    let told = Told {
        title: vec![(0, 0), (1, 1)],
        statement: vec![(2, 1); 6],
        red: false,
    };
    for copied in 0..8 {
        for at in 0..25 {
            commit(&ledger, vec![judgment(copied * 25 + at, &told)]).await;
        }
        let copy = TempDir::new().unwrap();
        torn(folder.path(), copy.path());
        let again = open(copy.path());
        let all = view(&again, caller(), At::Latest).await;
        let found = hits(&again, &all, sought("\"talk ship\" corridor", 100));
        assert_eq!(found.len(), (copied + 1) * 25);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_is_found_after_a_kill() {
    let folder = TempDir::new().unwrap();
    let mut listen = "127.0.0.1:0".to_owned();
    for round in 0..3 {
        let server = Server::start(folder.path(), &listen);
        listen.clone_from(&server.address);
        let client = Client::connect(&server.address, patient()).await.unwrap();
        draft(&client, &format!("round-{round}")).await;
        let request = v1::SearchElementsRequest {
            parent: "assessments/-".to_owned(),
            query: "talks round".to_owned(),
            states: vec![v1::AssessmentState::Draft.into()],
            page_size: 1,
            ..Default::default()
        };
        let mut found = client.hits(request);
        for _ in 0..=round {
            found.next().await.expect("a hit").expect("an answer");
        }
        assert!(found.next().await.is_none());
        server.kill();
    }
}

#[tokio::test]
async fn an_index_of_another_history_is_not_believed() {
    let (one, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    among_hidden(one.path(), 1).await.close();
    among_hidden(other.path(), 2).await.close();
    let files = one.path().join("search");
    std::fs::remove_dir_all(&files).unwrap();
    copy_into(&other.path().join("search"), &files);
    let ledger = open(one.path());
    let all = view(&ledger, caller(), At::Latest).await;
    assert_eq!(hits(&ledger, &all, sought("corridor", 50)).len(), 40);
}

/// Every word in the files of a text index, whose files are those of its segments alone.
fn terms(folder: &Path) -> BTreeSet<String> {
    let copy = RamDirectory::create();
    let mut dictionaries = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        dictionaries += usize::from(path.extension().is_some_and(|sort| sort == "term"));
        let bytes = std::fs::read(&path).unwrap();
        let name = Path::new(path.file_name().unwrap());
        let mut file = copy.open_write(name).unwrap();
        file.write_all(&bytes).unwrap();
        file.terminate().unwrap();
    }
    let index = tantivy::Index::open(copy).unwrap();
    let searcher = index.reader().unwrap().searcher();
    assert_eq!(
        searcher.segment_readers().len(),
        dictionaries,
        "nothing is left over"
    );
    let mut terms = BTreeSet::new();
    for segment in searcher.segment_readers() {
        for field in ["stems", "words"] {
            let field = index.schema().get_field(field).unwrap();
            let inverted = segment.inverted_index(field).unwrap();
            let mut stream = inverted.terms().stream().unwrap();
            while stream.advance() {
                terms.insert(String::from_utf8_lossy(stream.key()).into_owned());
            }
        }
    }
    terms
}

#[tokio::test]
async fn what_was_purged_or_compacted_is_in_no_file() {
    let folder = TempDir::new().unwrap();
    let ledger = among_hidden(folder.path(), 1).await;
    let spill = |title: &str| {
        let name = "assessments/talks/judgments/spill".to_owned();
        let judgment = v1::Judgment {
            name: name.clone(),
            title: title.to_owned(),
            ..Default::default()
        };
        let body = judgment.encode_to_vec();
        Effect {
            name,
            body,
            tombstone: false,
        }
    };
    commit(&ledger, vec![spill("Zanzibarquux")]).await;
    commit(&ledger, vec![spill("Xylophonik")]).await;
    let kept = commit(&ledger, vec![spill("Quetzalcoatl")]).await;
    for id in 0..20 {
        let told = Told {
            title: vec![(0, 0)],
            statement: vec![(1, 0)],
            red: false,
        };
        commit(&ledger, vec![judgment(200 + id, &told)]).await;
    }
    let all = view(&ledger, caller(), At::Latest).await;
    assert_eq!(hits(&ledger, &all, sought("quetzalcoatl", 5)).len(), 1);
    let files = folder.path().join("search");
    let stands = |word: &str| terms(&files).contains(word);
    assert!(stands("zanzibarquux") && stands("xylophonik"));

    let keeper = ledger.keeper().await;
    let before = kept.revision - 1;
    keeper.compact(before, change(Vec::new())).await.unwrap();
    assert!(!stands("zanzibarquux"), "compacted");
    assert!(stands("xylophonik") && stands("quetzalcoatl"));
    let purge = Change {
        reason: "spilt".to_owned(),
        ..change(vec![Effect {
            tombstone: true,
            body: Vec::new(),
            ..spill("")
        }])
    };
    ledger.keeper().await.purge(purge, ()).await.unwrap();
    assert!(!stands("xylophonik") && !stands("quetzalcoatl"));
    let all = view(&ledger, caller(), At::Latest).await;
    assert_eq!(hits(&ledger, &all, sought("quetzal*", 5)).len(), 0);
    assert_eq!(hits(&ledger, &all, sought("ships -corridor", 50)).len(), 20);
}
