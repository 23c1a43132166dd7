//! The store in memory: every version as a row, what is live, and bitmaps of who has which value.
//!
//! ```text
//! row id   0      1      2      3      4        dense, in commit order; within one commit by
//! from     2      2      3      5      5        name descending, so that rows read backwards are
//! to       5      -      -      -      -        latest first, then by name
//! ```
//! "As of R" is a prefix of the rows and a look at the row that came after. State and marking of an
//! assessment stand in its timeline, not in its elements' rows: publishing rewrites no element.

use std::collections::HashMap;
use std::ops::Bound;

use prost::Message;
use roaring::RoaringBitmap;

use super::chunks::{Chunks, Live, begin};
use super::names::Names;
use super::row;
use super::sets::Sets;
use super::spans::Spans;
use super::values::{Having, Known};
use crate::ledger::journal::Locator;
use crate::model::caller::{Clearance, Marking};
use crate::model::kind::{self, Kind, Value};
use crate::model::mutant;
use crate::model::name::assessment_of;
use crate::model::{Revision, v1};
use crate::query::filter::Place;
use crate::wire::body::Position;

/// Number of an assessment; `NONE` outside of one.
pub(super) type Ordinal = u32;
const NONE: u32 = u32::MAX;

/// One version of one resource.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) kind: u8,
    pub(super) assessment: Ordinal,
    pub(super) slot: u32,
    /// The row that replaced it, or `NONE`.
    next: u32,
    pub(super) from: Revision,
    pub(super) created_us: i64,
    pub(super) updated_us: i64,
    pub(super) born: u32,
    pub(super) tombstone: bool,
    pub(super) body: Locator,
    pub(super) marking: Option<Box<Marking>>,
}

impl Row {
    /// What a condition or an order asks of its place in the journal.
    pub(super) fn at(&self, place: Place) -> Option<i64> {
        match place {
            Place::Revision => Some(self.from),
            Place::CreateTime => Some(self.created_us),
            Place::UpdateTime => Some(self.updated_us),
            Place::DeleteTime => self.tombstone.then_some(self.updated_us),
        }
    }

    /// What stands where a row has not been placed yet.
    fn missing() -> Self {
        Self {
            kind: u8::MAX,
            assessment: NONE,
            slot: NONE,
            next: NONE,
            from: 0,
            created_us: 0,
            updated_us: 0,
            born: 0,
            tombstone: false,
            body: Locator {
                segment: 0,
                offset: 0,
                len: 0,
                crc: 0,
            },
            marking: None,
        }
    }

    /// What its place in the journal says about it.
    pub(super) fn position(&self) -> Position {
        Position {
            revision: self.from,
            created_us: self.created_us,
            updated_us: self.updated_us,
            deleted: self.tombstone,
        }
    }
}

/// A version of an assessment's header, as far as its elements depend on it.
#[derive(Debug)]
pub(super) struct Header {
    from: Revision,
    pub(super) state: i32,
    pub(super) tombstone: bool,
    marking: Marking,
}

#[derive(Debug, Default)]
struct Assessment {
    timeline: Vec<Header>,
    rows: Chunks,
    /// The newest revision of the header or of any element.
    revision: Revision,
}

/// Everything the store knows, without the bodies.
#[derive(Debug, Default)]
pub(super) struct Index {
    rows: Vec<Row>,
    /// The newest row of each name.
    newest: Vec<u32>,
    names: Names,
    live: Live,
    tombstones: Chunks,
    spans: Spans,
    /// Slots whose versions have been erased.
    purged: RoaringBitmap,
    /// How many rows have erased what was before them.
    purges: u32,
    by_kind: Vec<Chunks>,
    pub(super) sets: Sets,
    assessments: Vec<Assessment>,
    ordinals: HashMap<Box<str>, Ordinal>,
    /// Effective time of revision n + 1.
    times: Vec<i64>,
    rejected: Vec<Option<u16>>,
    state: Option<(u8, u16)>,
}

impl Index {
    pub(super) fn new() -> Self {
        let kinds = kind::kinds();
        let state =
            kind::of("Assessment").and_then(|kind| Some((kind.ordinal, kind.field("state")?)));
        Self {
            by_kind: kinds.iter().map(|_| Chunks::default()).collect(),
            rejected: kinds
                .iter()
                .map(|kind| kind.field("attribution.endorsement"))
                .collect(),
            state,
            ..Self::default()
        }
    }

    /// One with room for so many rows.
    pub(super) fn sized(rows: usize) -> Self {
        let mut index = Self::new();
        index.rows.reserve_exact(rows);
        index
    }

    /// The newest revision that has been applied.
    pub(super) fn head(&self) -> Revision {
        self.times.len() as Revision
    }

    /// The effective time of a revision.
    pub(super) fn time(&self, revision: Revision) -> Option<i64> {
        self.times
            .get(usize::try_from(revision.checked_sub(1)?).ok()?)
            .copied()
    }

    /// The greatest revision whose effective time is not after `us`.
    pub(super) fn revision_at(&self, us: i64) -> Revision {
        self.times.partition_point(|time| *time <= us) as Revision
    }

    /// Marks a revision as applied. Its rows have been added before.
    pub(super) fn close(&mut self, time_us: i64) {
        self.times.push(time_us);
    }

    pub(super) fn next_id(&self) -> u32 {
        self.rows.len() as u32
    }

    pub(super) fn next_slot(&self) -> u32 {
        self.newest.len() as u32
    }

    pub(super) fn row(&self, id: u32) -> Option<&Row> {
        self.rows.get(id as usize)
    }

    /// Adds the next row.
    pub(super) fn add(&mut self, name: &str, from: Revision, (row, has): (&row::Row, &row::Has)) {
        let id = self.next_id();
        debug_assert_eq!(row.id, id, "rows are added in the order of their ids");
        self.place((name, from), row);
        self.sets.note((row.kind as u8, id), has);
        self.settle(id);
    }

    /// Puts a row where it belongs, in whatever order: when all are there, they are settled. What
    /// it has is noted in the sets apart from this.
    pub(super) fn place(&mut self, (name, from): (&str, Revision), row: &row::Row) {
        let id = row.id;
        let kind = u8::try_from(row.kind).unwrap_or(u8::MAX);
        let marking = row.marking.as_ref().and_then(|bytes| {
            let marking = v1::Marking::decode(bytes.as_slice()).ok()?;
            Some(Box::new(Marking::from(&marking)))
        });
        if row.purged {
            self.purged.insert(row.slot);
            self.purges += 1;
        }
        if row.tombstone {
            self.tombstones.insert(id);
        }
        if let Some(valid) = row.valid {
            let (from, to) = (valid.from.unwrap_or(i64::MIN), valid.to.unwrap_or(i64::MAX));
            self.spans.add(id, (from, to));
        }
        if let Some(bitmap) = self.by_kind.get_mut(usize::from(kind)) {
            bitmap.insert(id);
        }
        if self.rows.len() <= id as usize {
            self.rows.resize_with(id as usize + 1, Row::missing);
        }
        self.names.put(row.slot, name);
        let placed = Row {
            kind,
            assessment: self.enter(name, from, id),
            slot: row.slot,
            next: NONE,
            from,
            created_us: row.created_us,
            updated_us: row.updated_us,
            born: row.born,
            tombstone: row.tombstone,
            body: row.locator(),
            marking,
        };
        if let Some(place) = self.rows.get_mut(id as usize) {
            *place = placed;
        }
    }

    /// Settles all rows, which have been placed; `None` when one is missing. `head` is the newest
    /// revision, and `time_us` the time of the first.
    pub(super) fn settle_all(&mut self, head: Revision, mut time_us: i64) -> Option<()> {
        self.spans.sort();
        for id in 0..self.next_id() {
            let (from, updated_us) = self.row(id).map(|row| (row.from, row.updated_us))?;
            while self.head() < from.saturating_sub(1) {
                self.close(time_us);
            }
            time_us = updated_us;
            self.settle(id)?;
        }
        while self.head() < head {
            self.close(time_us);
        }
        Some(())
    }

    /// Ties a row to those before it: the version it replaces, the standing of its assessment.
    fn settle(&mut self, id: u32) -> Option<()> {
        let row = self.row(id).filter(|row| row.slot != NONE)?;
        let (slot, kind, assessment) = (row.slot, row.kind, row.assessment);
        let replaced = self.link(slot, id);
        self.live.add(id, replaced);
        if kind::at(kind).is_some_and(|kind| !kind.is_element()) && assessment != NONE {
            self.head_of(assessment, id);
        }
        Some(())
    }

    /// Ends the version that `id` replaces, if it replaces one, and answers it.
    fn link(&mut self, slot: u32, id: u32) -> Option<u32> {
        let Some(newest) = self.newest.get_mut(slot as usize) else {
            self.newest.push(id);
            return None;
        };
        let before = std::mem::replace(newest, id);
        if let Some(row) = self.rows.get_mut(before as usize) {
            row.next = id;
        }
        Some(before)
    }

    /// Notes a row in its assessment, if it has one.
    fn enter(&mut self, name: &str, from: Revision, id: u32) -> Ordinal {
        let Some(parent) = assessment_of(name) else {
            return NONE;
        };
        let ordinal = match self.ordinals.get(parent) {
            Some(ordinal) => *ordinal,
            None => {
                let ordinal = self.assessments.len() as Ordinal;
                self.ordinals.insert(parent.into(), ordinal);
                self.assessments.push(Assessment::default());
                ordinal
            }
        };
        if let Some(assessment) = self.assessments.get_mut(ordinal as usize) {
            assessment.rows.insert(id);
            assessment.revision = assessment.revision.max(from);
        }
        ordinal
    }

    /// The number of the state that a row gives its assessment; 0 for none.
    fn state_of(&self, id: u32) -> i32 {
        let Some((kind, field)) = self.state else {
            return 0;
        };
        let known = self.sets.values(kind, field).into_iter();
        let state = known
            .flat_map(Known::iter)
            .find_map(|(value, rows)| match value {
                Value::Number(number) if rows.contains(id) => Some(number),
                Value::Number(_) | Value::Text(_) => None,
            });
        state.unwrap_or(0)
    }

    fn head_of(&mut self, ordinal: Ordinal, id: u32) {
        let state = self.state_of(id);
        let Some(row) = self.row(id) else {
            return;
        };
        let header = Header {
            from: row.from,
            state,
            tombstone: row.tombstone,
            marking: row.marking.as_deref().cloned().unwrap_or_default(),
        };
        if let Some(assessment) = self.assessments.get_mut(ordinal as usize) {
            assessment.timeline.push(header);
        }
    }

    /// The newest revision of anything in an assessment; 0 if there is no such assessment.
    pub(super) fn aggregate(&self, assessment: &str) -> Revision {
        let ordinal = self
            .ordinals
            .get(assessment)
            .map_or(NONE, |ordinal| *ordinal);
        self.assessments
            .get(ordinal as usize)
            .map_or(0, |assessment| assessment.revision)
    }

    /// Whether a row is the version as of `revision`.
    pub(super) fn current_at(&self, row: &Row, revision: Revision) -> bool {
        let ended = |next: &Row| {
            next.from <= revision
                && !(mutant::active("to_revision_off_by_one") && next.from == revision)
        };
        row.from <= revision && !self.row(row.next).is_some_and(ended)
    }

    /// The rows that had been added at a revision: those below this one.
    pub(super) fn end(&self, revision: Revision) -> u32 {
        self.rows.partition_point(|row| row.from <= revision) as u32
    }

    /// What was added in a range of revisions.
    pub(super) fn added(&self, range: &(Bound<Revision>, Bound<Revision>)) -> (u32, u32) {
        self.between(range, |row| row.from)
    }

    /// What was added in a range of times, in microseconds since 1970.
    pub(super) fn written(&self, range: &(Bound<i64>, Bound<i64>)) -> (u32, u32) {
        self.between(range, |row| row.updated_us)
    }

    fn between(&self, range: &(Bound<i64>, Bound<i64>), key: fn(&Row) -> i64) -> (u32, u32) {
        let below = |bound: Bound<i64>, with: bool| match bound {
            Bound::Included(value) if with => self.rows.partition_point(|row| key(row) <= value),
            Bound::Included(value) => self.rows.partition_point(|row| key(row) < value),
            Bound::Excluded(value) if with => self.rows.partition_point(|row| key(row) < value),
            Bound::Excluded(value) => self.rows.partition_point(|row| key(row) <= value),
            Bound::Unbounded if with => self.rows.len(),
            Bound::Unbounded => 0,
        };
        (below(range.0, false) as u32, below(range.1, true) as u32)
    }

    /// A superset of the rows of a stretch that were live at a revision, of which those below
    /// `end` had been added; `None` is all of them below `end`.
    pub(super) fn live_at(
        &self,
        chunk: u16,
        (revision, end): (Revision, u32),
    ) -> Option<&RoaringBitmap> {
        if revision == self.head() {
            return self.live.now(chunk);
        }
        self.live.before(chunk, end)
    }

    /// Of these rows those that were live at a revision, in order.
    pub(super) fn current<'a>(
        &'a self,
        rows: Having<'a>,
        revision: Revision,
    ) -> impl Iterator<Item = (u32, &'a Row)> {
        let end = self.end(revision);
        let mut chunks = rows.numbers();
        chunks.retain(|chunk| begin(*chunk) < end);
        chunks.reverse();
        let alive = move |chunk: u16| {
            let rows = rows.chunk(chunk).unwrap_or_default();
            let live = self.live_at(chunk, (revision, end));
            live.map_or_else(
                || rows.iter().collect(),
                |live| (rows.as_ref() & live).iter().collect::<Vec<u32>>(),
            )
        };
        let ids = chunks.into_iter().flat_map(alive);
        ids.filter_map(|id| Some((id, self.row(id)?)))
            .filter(move |(_, row)| self.current_at(row, revision))
    }

    /// The header of an assessment as of a revision.
    pub(super) fn header_at(&self, ordinal: Ordinal, revision: Revision) -> Option<&Header> {
        let timeline = &self.assessments.get(ordinal as usize)?.timeline;
        let after = timeline.partition_point(|header| header.from <= revision);
        timeline.get(after.checked_sub(1)?)
    }

    /// Whether the caller may see a row as of `revision`: its marking then, and its present one.
    pub(super) fn covers(&self, clearance: &Clearance, row: &Row, revision: Revision) -> bool {
        if self.purged.contains(row.slot) {
            return false;
        }
        let newest = self
            .newest
            .get(row.slot as usize)
            .and_then(|id| self.row(*id));
        let present = newest.unwrap_or(row);
        self.marked(clearance, row, revision) && self.marked(clearance, present, Revision::MAX)
    }

    /// Whether the own markings of a row, then and now, let the caller see it, whatever its
    /// assessment's do.
    pub(super) fn unmarked(&self, clearance: &Clearance, row: &Row) -> bool {
        if self.purged.contains(row.slot) {
            return false;
        }
        let fits = |row: &Row| {
            let marking = row.marking.as_deref();
            marking.is_none_or(|marking| clearance.covers(marking))
        };
        let newest = || self.row(*self.newest.get(row.slot as usize)?);
        fits(row) && (row.next == NONE || newest().is_none_or(fits))
    }

    /// Whether the markings of an assessment, then and now, let the caller see it.
    pub(super) fn covers_assessment(
        &self,
        clearance: &Clearance,
        ordinal: Ordinal,
        revision: Revision,
    ) -> bool {
        [revision, Revision::MAX].into_iter().all(|revision| {
            let header = self.header_at(ordinal, revision);
            header.is_some_and(|header| clearance.covers(&header.marking))
        })
    }

    /// How many assessments there are; `None` for what lies in none.
    pub(super) fn assessment_count(&self, ordinal: Ordinal) -> Option<usize> {
        (ordinal != NONE).then_some(self.assessments.len())
    }

    /// The rows of the assessment of that number, all versions.
    pub(super) fn in_assessment(&self, ordinal: Ordinal) -> Option<&Chunks> {
        let assessment = self.assessments.get(ordinal as usize);
        assessment.map(|assessment| &assessment.rows)
    }

    /// Whether an indexed field of a row has one of these values.
    pub(super) fn has(&self, id: u32, (kind, field): (u8, u16), values: &[Value]) -> bool {
        let having = |value| self.sets.having(kind, field, value);
        values
            .iter()
            .filter_map(having)
            .any(|rows| rows.contains(id))
    }

    /// Whether a row holds at a time in the world; what states no span holds at any.
    pub(super) fn holds(&self, id: u32, valid_us: Option<i64>) -> bool {
        valid_us.is_none_or(|us| self.spans.holds(id, us))
    }

    /// Whether every body of a row's name has been erased, but for the purge's own.
    pub(super) fn purged(&self, row: &Row) -> bool {
        self.purged.contains(row.slot)
    }

    /// How many rows have erased what was before them.
    pub(super) fn purges(&self) -> u32 {
        self.purges
    }

    /// Whether nobody can read a version any more: it was replaced by then, or purged and is not
    /// the purge's own.
    pub(super) fn lost(&self, row: &Row, earliest: Revision) -> bool {
        let next = self.row(row.next);
        next.is_some_and(|next| self.purged(row) || next.from <= earliest)
    }

    /// Whether the markings of a revision let the caller see a row, whatever they are now.
    pub(super) fn marked(&self, clearance: &Clearance, row: &Row, revision: Revision) -> bool {
        let own = row
            .marking
            .as_deref()
            .is_none_or(|marking| clearance.covers(marking));
        let parent = row.assessment == NONE
            || self
                .header_at(row.assessment, revision)
                .is_some_and(|header| clearance.covers(&header.marking));
        own && parent
    }

    /// The rows that a commit wrote.
    pub(super) fn written_at(&self, revision: Revision) -> std::ops::Range<u32> {
        let first = self.rows.partition_point(|row| row.from < revision);
        let after = self.rows.partition_point(|row| row.from <= revision);
        first as u32..after as u32
    }

    /// The name of a row.
    pub(super) fn name(&self, row: &Row) -> &str {
        self.names.get(row.slot)
    }

    /// The newest row of a name.
    pub(super) fn named(&self, name: &str) -> Option<(u32, &Row)> {
        let slot = self.names.slot(name)?;
        let id = self.newest.get(slot as usize).copied()?;
        Some((id, self.row(id)?))
    }

    /// The newest version of the name with that number.
    pub(super) fn newest(&self, slot: u32) -> Option<&Row> {
        self.row(*self.newest.get(slot as usize)?)
    }

    /// The number of an assessment.
    pub(super) fn ordinal(&self, assessment: &str) -> Option<Ordinal> {
        self.ordinals.get(assessment).copied()
    }

    /// Whether what everything in an assessment depends on is not the same at two revisions:
    /// whether it is there, its state, its marking.
    pub(super) fn stands_differently(
        &self,
        ordinal: Ordinal,
        then: Revision,
        now: Revision,
    ) -> bool {
        let (then, now) = (self.header_at(ordinal, then), self.header_at(ordinal, now));
        let standing = |header: &Header| (header.state, header.tombstone);
        let marking = |header: Option<&Header>| header.map(|header| header.marking.clone());
        now.map(standing) != then.map(standing) || marking(now) != marking(then)
    }

    /// The number of the state of an assessment at a revision; 0 for none.
    pub(super) fn state_at(&self, assessment: &str, revision: Revision) -> i32 {
        let ordinal = self
            .ordinals
            .get(assessment)
            .map_or(NONE, |ordinal| *ordinal);
        self.header_at(ordinal, revision)
            .map_or(0, |header| header.state)
    }

    /// Whether the assessment that a row lies in, if any, is there and not deleted.
    pub(super) fn stands(&self, row: &Row, revision: Revision) -> bool {
        row.assessment == NONE
            || self
                .header_at(row.assessment, revision)
                .is_some_and(|header| !header.tombstone)
    }

    /// What a row is marked with at a revision: its own marking and its assessment's.
    pub(super) fn marking_of(&self, row: &Row, revision: Revision) -> Marking {
        let own = row.marking.as_deref().cloned().unwrap_or_default();
        match self.header_at(row.assessment, revision) {
            Some(header) => own.combined(&header.marking),
            None => own,
        }
    }

    /// The rows that link to a resource, all versions.
    pub(super) fn linking(&self, target: &str) -> RoaringBitmap {
        let mut found = RoaringBitmap::new();
        let target = Value::Text(target.into());
        for kind in kind::kinds() {
            for (field, at) in kind.fields.iter().zip(0u16..) {
                let leaf = field.path.rsplit('.').next().unwrap_or_default();
                if kind::targets(leaf).is_none() {
                    continue;
                }
                if let Some(rows) = self.sets.having(kind.ordinal, at, &target) {
                    found.extend(rows.iter());
                }
            }
        }
        found
    }

    /// The rows of a kind, all versions.
    pub(super) fn of_kind(&self, kind: u8) -> Option<&Chunks> {
        self.by_kind.get(usize::from(kind))
    }

    /// The rows that delete something.
    pub(super) fn tombstones(&self) -> &Chunks {
        &self.tombstones
    }

    /// Rows whose claim the author rejects, where the kind has claims.
    pub(super) fn rejected(&self, kind: u8) -> Option<Having<'_>> {
        let field = (*self.rejected.get(usize::from(kind))?)?;
        self.sets.having(
            kind,
            field,
            &Value::Number(v1::Endorsement::Rejected.into()),
        )
    }

    /// How many resources of a kind there are now.
    pub(super) fn count(&self, kind: &Kind) -> u64 {
        let Some(of_kind) = self.of_kind(kind.ordinal) else {
            return 0;
        };
        let live = |chunk: &u16| {
            let rows = of_kind.chunk(*chunk)?;
            let live = rows.as_ref() & self.live.now(*chunk)?;
            let dead = self.tombstones.chunk(*chunk);
            Some(dead.map_or(live.len(), |dead| live.difference_len(&dead)))
        };
        of_kind.numbers().iter().filter_map(live).sum()
    }

    /// The rows of an assessment, all versions.
    pub(super) fn of_assessment(&self, assessment: &str) -> Option<&Chunks> {
        let ordinal = *self.ordinals.get(assessment)?;
        self.assessments
            .get(ordinal as usize)
            .map(|assessment| &assessment.rows)
    }

    /// Row ids below this one come after `(revision, name)` when rows are read backwards.
    pub(super) fn cursor(&self, revision: Revision, name: &str) -> u32 {
        let before =
            |row: &Row| row.from < revision || row.from == revision && self.name(row) > name;
        self.rows.partition_point(before) as u32
    }

    /// All rows, for the digest.
    pub(super) fn rows(&self) -> &[Row] {
        &self.rows
    }
}
