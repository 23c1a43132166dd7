//! Lists against a plain scan of the history, and page walks under writes.

use std::path::Path;

use chancery::ledger::{At, Cursor, Ledger, Query};
use chancery::model::kind::Value;
use chancery::model::v1;
use chancery::query::filter::Expr;
use proptest::prelude::*;
use prost::Message;
use tempfile::TempDir;

use crate::ledger::{
    NOW_US, caller, commit, filled, header, kind, latest, line, open, published, walk,
};

/// One step of a random history.
#[derive(Debug, Clone)]
enum Step {
    Line {
        assessment: u8,
        id: u8,
        actor: u8,
        posture: u8,
        deleted: bool,
    },
    Header {
        assessment: u8,
        published: bool,
    },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0u8..3, 0u8..6, 0u8..3, 1u8..4, prop::bool::weighted(0.2)).prop_map(
            |(assessment, id, actor, posture, deleted)| Step::Line {
                assessment, id, actor, posture, deleted,
            }
        ),
        1 => (0u8..3, any::<bool>())
            .prop_map(|(assessment, published)| Step::Header { assessment, published }),
    ]
}

/// What lies between writing and asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Between {
    Nothing,
    /// A clean stop: what the rows have is kept in a file.
    Restart,
    /// A stop that keeps nothing in that file, which has what was there before the steps.
    Older,
    /// A clean stop, and damage to a byte of that file: how far into it, in parts of 256.
    Damage(u8),
    /// The store is made anew.
    Rebuild,
}

fn between() -> impl Strategy<Value = Between> {
    prop_oneof![
        Just(Between::Nothing),
        Just(Between::Restart),
        Just(Between::Older),
        any::<u8>().prop_map(Between::Damage),
        Just(Between::Rebuild),
    ]
}

impl Between {
    fn happen(self, ledger: Ledger, folder: &Path) -> Ledger {
        if self == Self::Nothing {
            return ledger;
        }
        let image = folder.join("store/values");
        if self != Self::Older {
            ledger.close();
        }
        drop(ledger);
        let mut bytes = std::fs::read(&image).unwrap();
        match self {
            Self::Damage(part) => {
                let at = bytes.len() * usize::from(part) / 256;
                bytes[at] ^= 0x10;
                std::fs::write(&image, bytes).unwrap();
            }
            Self::Rebuild => std::fs::remove_dir_all(folder.join("store")).unwrap(),
            Self::Nothing | Self::Restart | Self::Older => {}
        }
        open(folder)
    }
}

/// What a red line was at a revision, as plain values: the model that lists are compared with.
#[derive(Debug, Clone)]
struct Held {
    revision: i64,
    actor: u8,
    posture: u8,
    deleted: bool,
}

type Model = Vec<(
    i64,
    std::collections::BTreeMap<(u8, u8), Held>,
    [Option<bool>; 3],
)>;

async fn play(ledger: &Ledger, steps: &[Step]) -> Model {
    let mut model: Model = Vec::new();
    let mut held = std::collections::BTreeMap::new();
    let mut states = [None; 3];
    for assessment in 0..3u8 {
        let state = v1::AssessmentState::Draft;
        let done = commit(ledger, vec![header(&format!("a{assessment}"), state)]).await;
        states[usize::from(assessment)] = Some(false);
        model.push((done.revision, held.clone(), states));
    }
    for step in steps {
        let effects = match step {
            Step::Line {
                assessment,
                id,
                actor,
                posture,
                deleted,
            } => {
                let posture = v1::Posture::try_from(i32::from(*posture)).unwrap();
                let actor = format!("actors/x{actor}");
                let mut effect = line(
                    &format!("a{assessment}"),
                    &format!("l{id}"),
                    &actor,
                    posture,
                );
                effect.tombstone = *deleted;
                vec![effect]
            }
            Step::Header {
                assessment,
                published,
            } => {
                let state = if *published {
                    v1::AssessmentState::Published
                } else {
                    v1::AssessmentState::Draft
                };
                vec![header(&format!("a{assessment}"), state)]
            }
        };
        let revision = commit(ledger, effects).await.revision;
        match *step {
            Step::Line {
                assessment,
                id,
                actor,
                posture,
                deleted,
            } => {
                held.insert(
                    (assessment, id),
                    Held {
                        revision,
                        actor,
                        posture,
                        deleted,
                    },
                );
            }
            Step::Header {
                assessment,
                published,
            } => {
                states[usize::from(assessment)] = Some(published);
            }
        }
        model.push((revision, held.clone(), states));
    }
    model
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    /// Every list, at every revision, before and after a stop of any sort, is what a plain
    /// scan of the history says.
    #[test]
    fn lists_agree_with_a_plain_scan_of_the_history(
        steps in prop::collection::vec(step(), 1..40),
        size in 1usize..7,
        actor in 0u8..3,
        posture in 1u8..4,
        only_published in any::<bool>(),
        between in between(),
    ) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let folder = TempDir::new().unwrap();
            let ledger = open(folder.path());
            let before = line("before", "l0", "actors/z", v1::Posture::Claims);
            commit(&ledger, vec![header("before", published()), before]).await;
            let ledger = Between::Restart.happen(ledger, folder.path());
            let model = play(&ledger, &steps).await;
            let ledger = between.happen(ledger, folder.path());
            let lines = kind("RedLine");
            let mut query = Query::of(lines, size);
            let is = |field: &str, value| Expr::value(lines.field(field).unwrap(), value);
            query.filter = is("actor", Value::Text(format!("actors/x{actor}").into()))
                .and(is("posture", Value::Number(posture.into())));
            query.states = if only_published { vec![published().into()] } else { vec![] };
            for (revision, held, states) in model {
                let view = ledger.read(caller(), At::Exact(revision), NOW_US).await.unwrap();
                let mut expected: Vec<(i64, String)> = held
                    .iter()
                    .filter(|(_, held)| !held.deleted && held.actor == actor)
                    .filter(|(_, held)| held.posture == posture)
                    .filter(|((assessment, _), _)| {
                        !only_published || states[usize::from(*assessment)] == Some(true)
                    })
                    .map(|((assessment, id), held)| {
                        (-held.revision, format!("assessments/a{assessment}/redLines/l{id}"))
                    })
                    .collect();
                expected.sort();
                let expected: Vec<String> = expected.into_iter().map(|(_, name)| name).collect();
                assert_eq!(walk(&view, query.clone(), size), expected, "revision {revision}");
                query.total = true;
                assert_eq!(view.list(&query).unwrap().total, Some(expected.len()));
                query.total = false;
            }
        });
    }
}

#[tokio::test]
async fn a_page_walk_under_writes_is_the_snapshot_of_its_first_page() {
    let folder = TempDir::new().unwrap();
    let ledger = filled(folder.path(), 60).await;
    let view = latest(&ledger).await;
    let expected = walk(&view, Query::of(kind("RedLine"), 1), 1000);
    let (stop, mut stopped) = tokio::sync::oneshot::channel::<()>();
    let writer = {
        let ledger = ledger.clone();
        tokio::spawn(async move {
            let mut at = 0;
            while stopped.try_recv().is_err() {
                let line = line(
                    "talks",
                    &format!("l{}", at % 23),
                    "actors/z",
                    v1::Posture::Claims,
                );
                commit(&ledger, vec![line]).await;
                at += 1;
            }
            at
        })
    };
    let mut names = Vec::new();
    let mut query = Query::of(kind("RedLine"), 2);
    loop {
        // A later page is opened anew, as a token does: by revision and cursor.
        let page = ledger
            .view(caller(), view.revision())
            .unwrap()
            .list(&query)
            .unwrap();
        for item in page.items {
            names.push(v1::RedLine::decode(item).unwrap().name);
        }
        let Some(Cursor { revision, name }) = page.next else {
            break;
        };
        query.after = Some(Cursor { revision, name });
        commit(&ledger, vec![header("other", published())]).await;
    }
    stop.send(()).unwrap();
    assert!(writer.await.unwrap() > 0);
    assert_eq!(names, expected);
}
