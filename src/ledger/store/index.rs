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

use prost::Message;
use roaring::RoaringBitmap;

use super::row;
use crate::ledger::journal::Locator;
use crate::model::caller::{Clearance, Marking};
use crate::model::kind::{self, Kind, Value};
use crate::model::name::assessment_of;
use crate::model::{Revision, v1};
use crate::wire::body::Position;

/// Number of an assessment, in the order of their creation; `NONE` outside of one.
pub(super) type Ordinal = u32;
const NONE: u32 = u32::MAX;

/// One version of one resource.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) name: Box<str>,
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
    rows: RoaringBitmap,
    /// The newest revision of the header or of any element.
    revision: Revision,
}

/// Everything the store knows, without the bodies.
#[derive(Debug, Default)]
pub(super) struct Index {
    rows: Vec<Row>,
    /// The newest row of each name.
    newest: Vec<u32>,
    live: RoaringBitmap,
    tombstones: RoaringBitmap,
    by_kind: Vec<RoaringBitmap>,
    by_value: HashMap<(u8, u16, Value), RoaringBitmap>,
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
            by_kind: vec![RoaringBitmap::new(); kinds.len()],
            rejected: kinds
                .iter()
                .map(|kind| kind.field("attribution.endorsement"))
                .collect(),
            state,
            ..Self::default()
        }
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

    /// Adds the next row. Rows come in the order of their ids.
    pub(super) fn add(&mut self, name: &str, from: Revision, row: &row::Row) {
        let kind = u8::try_from(row.kind).unwrap_or(u8::MAX);
        let id = self.next_id();
        let marking = row.marking.as_ref().and_then(|bytes| {
            let marking = v1::Marking::decode(bytes.as_slice()).ok()?;
            Some(Box::new(Marking::from(&marking)))
        });
        self.link(row.slot, id);
        let assessment = self.enter(name, from, id);
        if kind::at(kind).is_some_and(|kind| !kind.is_element()) && assessment != NONE {
            self.head_of(
                assessment,
                from,
                row,
                marking.as_deref().cloned().unwrap_or_default(),
            );
        }
        self.live.insert(id);
        if row.tombstone {
            self.tombstones.insert(id);
        }
        if let Some(bitmap) = self.by_kind.get_mut(usize::from(kind)) {
            bitmap.insert(id);
        }
        for (field, value) in row.values() {
            self.by_value
                .entry((kind, field, value))
                .or_default()
                .insert(id);
        }
        self.rows.push(Row {
            name: name.into(),
            kind,
            assessment,
            slot: row.slot,
            next: NONE,
            from,
            created_us: row.created_us,
            updated_us: row.updated_us,
            born: row.born,
            tombstone: row.tombstone,
            body: row.locator(),
            marking,
        });
    }

    /// Ends the version that `id` replaces, if it replaces one.
    fn link(&mut self, slot: u32, id: u32) {
        let Some(newest) = self.newest.get_mut(slot as usize) else {
            return self.newest.push(id);
        };
        let before = std::mem::replace(newest, id);
        self.live.remove(before);
        if let Some(row) = self.rows.get_mut(before as usize) {
            row.next = id;
        }
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
            assessment.revision = from;
        }
        ordinal
    }

    fn head_of(&mut self, ordinal: Ordinal, from: Revision, row: &row::Row, marking: Marking) {
        let state_field = self.state.map(|(_, field)| field);
        let state = row.values().find_map(|(field, value)| match value {
            Value::Number(number) if Some(field) == state_field => Some(number),
            Value::Number(_) | Value::Text(_) => None,
        });
        let header = Header {
            from,
            state: state.unwrap_or(0),
            tombstone: row.tombstone,
            marking,
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
        row.from <= revision && self.row(row.next).is_none_or(|next| next.from > revision)
    }

    /// The header of an assessment as of a revision.
    pub(super) fn header_at(&self, ordinal: Ordinal, revision: Revision) -> Option<&Header> {
        let timeline = &self.assessments.get(ordinal as usize)?.timeline;
        let after = timeline.partition_point(|header| header.from <= revision);
        timeline.get(after.checked_sub(1)?)
    }

    /// Whether the caller may see a row as of `revision`: its marking then, and its present one.
    pub(super) fn covers(&self, clearance: &Clearance, row: &Row, revision: Revision) -> bool {
        let newest = self
            .newest
            .get(row.slot as usize)
            .and_then(|id| self.row(*id));
        let present = newest.unwrap_or(row);
        self.marked(clearance, row, revision) && self.marked(clearance, present, Revision::MAX)
    }

    fn marked(&self, clearance: &Clearance, row: &Row, revision: Revision) -> bool {
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
        for kind in kind::kinds() {
            for (field, at) in kind.fields.iter().zip(0u16..) {
                let leaf = field.path.rsplit('.').next().unwrap_or_default();
                if kind::targets(leaf).is_none() {
                    continue;
                }
                if let Some(rows) =
                    self.by_value
                        .get(&(kind.ordinal, at, Value::Text(target.into())))
                {
                    found |= rows;
                }
            }
        }
        found
    }

    /// The bitmaps that a row of `kind` must be in to have all these values.
    pub(super) fn having(
        &self,
        kind: &Kind,
        parent: Option<&str>,
        values: &[(u16, Value)],
    ) -> Option<Vec<&RoaringBitmap>> {
        let mut bitmaps = vec![self.by_kind.get(usize::from(kind.ordinal))?];
        if let Some(parent) = parent {
            let ordinal = *self.ordinals.get(parent)?;
            bitmaps.push(&self.assessments.get(ordinal as usize)?.rows);
        }
        for (field, value) in values {
            bitmaps.push(self.by_value.get(&(kind.ordinal, *field, value.clone()))?);
        }
        Some(bitmaps)
    }

    /// Rows whose claim the author rejects, where the kind has claims.
    pub(super) fn rejected(&self, kind: &Kind) -> Option<&RoaringBitmap> {
        let field = (*self.rejected.get(usize::from(kind.ordinal))?)?;
        let value = Value::Number(v1::Endorsement::Rejected.into());
        self.by_value.get(&(kind.ordinal, field, value))
    }

    /// The newest version of everything, deleted things included.
    pub(super) fn live(&self) -> &RoaringBitmap {
        &self.live
    }

    /// How many resources of a kind there are now.
    pub(super) fn count(&self, kind: &Kind) -> u64 {
        let of_kind = self.by_kind.get(usize::from(kind.ordinal));
        of_kind.map_or(0, |rows| {
            (rows & &self.live).difference_len(&self.tombstones)
        })
    }

    /// The rows of an assessment, all versions.
    pub(super) fn of_assessment(&self, assessment: &str) -> Option<&RoaringBitmap> {
        let ordinal = *self.ordinals.get(assessment)?;
        self.assessments
            .get(ordinal as usize)
            .map(|assessment| &assessment.rows)
    }

    /// Row ids below this one come after `(revision, name)` when rows are read backwards.
    pub(super) fn cursor(&self, revision: Revision, name: &str) -> u32 {
        let before = |row: &Row| row.from < revision || row.from == revision && *row.name > *name;
        self.rows.partition_point(before) as u32
    }

    /// All rows, for the digest.
    pub(super) fn rows(&self) -> &[Row] {
        &self.rows
    }
}
