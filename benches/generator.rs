//! Assessments by the million, the same ones for the same seed: what the other benches read.
//!
//! Every kind of element is made from the contract's descriptors, so that a new kind needs no line
//! here: about 1 KB each, 50 to an assessment, actors drawn by Zipf's law from 500 and words from
//! 30,000, every enum with a share that is not stated. `history` more versions of random elements
//! follow the first ones. It writes through the ledger in big changes; it measures nothing.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "most shapes of a field are not made here"
)]

use std::error::Error;

use chancery::ledger::Ledger;
use chancery::ledger::change::Change;
use chancery::model::kind::{self, Kind};
use chancery::model::v1;
use prost::Message;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind as Shape, MessageDescriptor, Value};

/// How many actors there are.
pub(crate) const ACTORS: usize = 500;
const ISSUES: usize = 200;
const SITUATIONS: usize = 100;
const PLACES: usize = 50;
const ELEMENTS_PER_ASSESSMENT: usize = 50;
const ASSESSMENTS_PER_CHANGE: usize = 10;
const VERSIONS_PER_CHANGE: usize = 500;
/// 2026-01-01.
const BEGIN_US: i64 = 1_767_225_600_000_000;
/// Fields that the server alone writes, and the elements in an assessment.
const WRITTEN_BY_SERVER: [&str; 7] = [
    "etag",
    "revision",
    "create_time",
    "update_time",
    "delete_time",
    "marking",
    "citations",
];
/// How many words there are.
const WORDS: usize = 30_000;
/// Those that say little and stand everywhere: the first ranks.
const SMALL: &str = "the to of and a that is by any once while along beyond remains with in";
/// Those that say something, and pairs that stand together: every twentieth rank after these.
const SAYING: [&str; 30] = [
    "delegation",
    "talks",
    "agreed line",
    "corridor",
    "observers",
    "rejects",
    "deployment",
    "grain shipments",
    "withdrawal",
    "signals",
    "monitored",
    "domestic pressure",
    "neutral",
    "northern route",
    "price",
    "ceasefire",
    "inspectors",
    "sanctions",
    "enrichment",
    "border",
    "monitoring",
    "embassy",
    "partial",
    "mediators",
    "pipeline",
    "tribunal",
    "prisoners",
    "buffer zone",
    "monitors",
    "harbour",
];
const SYLLABLES: [&str; 40] = [
    "ba", "cor", "da", "el", "fen", "ga", "hir", "in", "jo", "ka", "lum", "mer", "na", "or", "pel",
    "qui", "ra", "sen", "tal", "ur", "vi", "wen", "xa", "yor", "zel", "bri", "cha", "dro", "fli",
    "gre", "klo", "mno", "pra", "sto", "tri", "vlo", "sko", "phe", "thu", "sme",
];

/// What is to be written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    /// Elements, of all kinds.
    pub(crate) elements: usize,
    /// Further versions per element, on average: 0.1 is one for every tenth.
    pub(crate) history: f64,
    /// Another seed is another world.
    pub(crate) seed: u64,
}

/// What was written.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Written {
    /// Versions of elements.
    pub(crate) versions: usize,
    /// Their bodies, without headers and registries.
    pub(crate) bytes: usize,
}

/// Writes everything that the plan says.
pub(crate) async fn fill(
    ledger: &Ledger,
    plan: Plan,
) -> Result<Written, Box<dyn Error + Send + Sync>> {
    let mut world = World::new(plan);
    let mut written = Written::default();
    ledger.commit(world.registries()?).await?;
    let assessments = plan.elements.div_ceil(ELEMENTS_PER_ASSESSMENT);
    for first in (0..assessments).step_by(ASSESSMENTS_PER_CHANGE) {
        let mut change = world.change();
        for assessment in first..assessments.min(first + ASSESSMENTS_PER_CHANGE) {
            world.assessment(assessment, &mut change)?;
            let begin = assessment * ELEMENTS_PER_ASSESSMENT;
            for element in begin..plan.elements.min(begin + ELEMENTS_PER_ASSESSMENT) {
                written.note(world.element(element, &mut change)?);
            }
        }
        ledger.commit(change).await?;
    }
    let mut rest = (plan.elements as f64 * plan.history) as usize;
    while rest > 0 {
        let mut change = world.change();
        let mut again: Vec<usize> = (0..rest.min(VERSIONS_PER_CHANGE))
            .map(|_| world.below(plan.elements))
            .collect();
        rest -= again.len();
        again.sort_unstable();
        again.dedup();
        for element in again {
            written.note(world.element(element, &mut change)?);
        }
        ledger.commit(change).await?;
    }
    Ok(written)
}

impl Written {
    fn note(&mut self, bytes: usize) {
        self.versions += 1;
        self.bytes += bytes;
    }
}

/// The kind and the name of the element of that number.
pub(crate) fn named(element: usize) -> (&'static Kind, String) {
    let kinds = kind::elements().count().max(1);
    let kind = kind::elements().nth(element % kinds);
    let kind = kind.unwrap_or_else(|| unreachable!("the contract has elements"));
    let (assessment, collection) = (element / ELEMENTS_PER_ASSESSMENT, &kind.collection);
    (
        kind,
        format!("assessments/a{assessment:06}/{collection}/e{element:07}"),
    )
}

/// The words, the dice and the calendar.
struct World {
    state: u64,
    words: Vec<String>,
    /// Cumulated weights of the words and of the actors.
    words_zipf: Vec<f64>,
    zipf: Vec<f64>,
    time_us: i64,
}

/// The words by rank, the most frequent first.
fn vocabulary() -> Vec<String> {
    let mut words: Vec<String> = SMALL.split(' ').map(ToOwned::to_owned).collect();
    let mut saying = SAYING.iter();
    for made in 0.. {
        if words.len() == WORDS {
            break;
        }
        if words.len().is_multiple_of(20)
            && let Some(word) = saying.next()
        {
            words.push((*word).to_owned());
        }
        words.push(word(made));
    }
    words
}

/// The n-th word that nobody uses: two syllables or more, each word another one.
fn word(number: usize) -> String {
    let (mut word, mut rest) = (String::new(), number + SYLLABLES.len());
    while rest > 0 {
        word.push_str(SYLLABLES[rest % SYLLABLES.len()]);
        rest /= SYLLABLES.len();
    }
    word
}

/// The sums of weights up to each.
fn cumulated(weights: impl Iterator<Item = f64>) -> Vec<f64> {
    let sums = weights.scan(0.0, |sum, weight| {
        *sum += weight;
        Some(*sum)
    });
    sums.collect()
}

/// Which of them a number from 0 to 1 falls on.
fn drawn(cumulated: &[f64], unit: f64) -> usize {
    let drawn = unit * cumulated.last().copied().unwrap_or(1.0);
    cumulated
        .partition_point(|sum| *sum < drawn)
        .min(cumulated.len() - 1)
}

impl World {
    fn new(plan: Plan) -> Self {
        Self {
            state: plan.seed,
            words: vocabulary(),
            // Mandelbrot's shift: the first few words of a language are rarer than 1 / rank.
            words_zipf: cumulated((1..=WORDS).map(|rank| 1.0 / (rank as f64 + 2.7))),
            zipf: cumulated((1..=ACTORS).map(|rank| 1.0 / rank as f64)),
            time_us: BEGIN_US,
        }
    }

    /// SplitMix64.
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    /// True once in `n`.
    fn once_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    fn actor(&mut self) -> String {
        let unit = self.unit();
        format!("actors/x{:03}", drawn(&self.zipf, unit))
    }

    fn text(&mut self, words: usize) -> String {
        let mut text = String::new();
        for _ in 0..words {
            let unit = self.unit();
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(&self.words[drawn(&self.words_zipf, unit)]);
        }
        text
    }

    fn change(&mut self) -> Change {
        self.time_us += 60_000_000;
        Change {
            author: "generator".to_owned(),
            proposed_us: self.time_us,
            ..Change::default()
        }
    }

    fn registries(&mut self) -> Result<Change, Box<dyn Error + Send + Sync>> {
        let mut change = self.change();
        let entries = [
            ("Actor", "actors/x", ACTORS),
            ("Issue", "issues/i", ISSUES),
            ("Situation", "situations/s", SITUATIONS),
            ("Place", "places/p", PLACES),
        ];
        for (message, prefix, count) in entries {
            let kind = kind::of(message).ok_or("no such kind")?;
            for number in 0..count {
                let name = format!("{prefix}{number:03}");
                let title = self.text(3);
                let mut entry = DynamicMessage::new(kind.descriptor()?);
                for (field, text) in [("name", &name), ("title", &title)] {
                    entry.try_set_field_by_name(field, Value::String(text.clone()))?;
                }
                change.put(&name, entry.encode_to_vec());
            }
        }
        Ok(change)
    }

    fn assessment(
        &mut self,
        number: usize,
        change: &mut Change,
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        let name = format!("assessments/a{number:06}");
        let state = match self.below(20) {
            0 => v1::AssessmentState::Draft,
            1 => v1::AssessmentState::Superseded,
            _ => v1::AssessmentState::Published,
        };
        let header = v1::Assessment {
            id: format!("a{number:06}"),
            uid: Self::uid(usize::MAX - number),
            title: self.text(6),
            situation: format!("situations/s{:03}", self.below(SITUATIONS)),
            state: state.into(),
            name: name.clone(),
            ..Default::default()
        };
        change.put(&name, header.encode_to_vec());
        Ok(())
    }

    /// The same for every version.
    fn uid(number: usize) -> String {
        let number = (number as u128).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835);
        uuid::Builder::from_random_bytes(number.to_be_bytes())
            .into_uuid()
            .to_string()
    }

    /// Adds a version of an element; answers its size.
    fn element(
        &mut self,
        number: usize,
        change: &mut Change,
    ) -> Result<usize, Box<dyn Error + Send + Sync>> {
        let (kind, name) = named(number);
        let mut element = self.message(&kind.descriptor()?, 0);
        let uid = Self::uid(number);
        let own = [
            ("name", name.clone()),
            ("id", format!("e{number:07}")),
            ("title", self.text(5)),
            ("uid", uid.clone()),
            ("lineage", uid),
        ];
        for (field, text) in own {
            element.try_set_field_by_name(field, Value::String(text))?;
        }
        let mut body = element.encode_to_vec();
        if body.len() < 1_000 {
            let words = (1_000 - body.len()) / 6;
            let mut labels = std::collections::HashMap::new();
            let note = Value::String(self.text(words.max(1)));
            labels.insert(prost_reflect::MapKey::String("note".to_owned()), note);
            element.try_set_field_by_name("labels", Value::Map(labels))?;
            body = element.encode_to_vec();
        }
        let size = body.len();
        change.put(&name, body);
        Ok(size)
    }

    fn message(&mut self, message: &MessageDescriptor, depth: usize) -> DynamicMessage {
        let mut made = DynamicMessage::new(message.clone());
        for field in message.fields() {
            let skipped = WRITTEN_BY_SERVER.contains(&field.name())
                || field.is_map()
                || field
                    .containing_oneof()
                    .is_some_and(|_| !field.supports_presence())
                || depth > 0 && self.once_in(4);
            if skipped {
                continue;
            }
            let count = if field.is_list() { self.below(3) } else { 1 };
            let mut values: Vec<Value> = Vec::new();
            for _ in 0..count {
                values.extend(self.value(&field, depth));
            }
            if field.is_list() {
                made.set_field(&field, Value::List(values));
            } else if let Some(value) = values.pop() {
                made.set_field(&field, value);
            }
        }
        made
    }

    fn value(&mut self, field: &FieldDescriptor, depth: usize) -> Option<Value> {
        match field.kind() {
            Shape::String => self.string(field.name()).map(Value::String),
            Shape::Bool => Some(Value::Bool(self.once_in(5))),
            Shape::Double => Some(Value::F64((self.unit() * 100.0).round() / 100.0)),
            Shape::Int32 => Some(Value::I32(1 + self.below(5) as i32)),
            Shape::Enum(values) => {
                let numbers: Vec<i32> = values.values().map(|value| value.number()).collect();
                let drawn = self.below(numbers.len());
                numbers.get(drawn).map(|number| Value::EnumNumber(*number))
            }
            Shape::Message(inner) if inner.full_name() == "google.protobuf.Timestamp" => {
                let seconds = BEGIN_US / 1_000_000 + self.below(31_536_000) as i64;
                let mut time = DynamicMessage::new(inner);
                time.try_set_field_by_name("seconds", Value::I64(seconds))
                    .ok()?;
                Some(Value::Message(time))
            }
            Shape::Message(inner) if depth < 1 || inner.name() == "Likelihood" => {
                Some(Value::Message(self.message(&inner, depth + 1)))
            }
            _ => None,
        }
    }

    fn string(&mut self, field: &str) -> Option<String> {
        let Some(targets) = kind::targets(field) else {
            let own = ["name", "uid", "id", "title", "lineage", "external_id"];
            let words = match field {
                _ if own.contains(&field) => return None,
                "statement" | "stance" | "observable" => 20,
                _ => 4,
            };
            return Some(self.text(words));
        };
        match targets {
            [] if field == "continues" => None,
            [] => Some(self.actor()),
            [first, ..] => match *first {
                "actors" => Some(self.actor()),
                "issues" => Some(format!("issues/i{:03}", self.below(ISSUES))),
                "situations" => Some(format!("situations/s{:03}", self.below(SITUATIONS))),
                "places" => Some(format!("places/p{:03}", self.below(PLACES))),
                _ => None,
            },
        }
    }
}
