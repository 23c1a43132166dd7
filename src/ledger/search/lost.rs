//! What must no longer be found, taken out of the text index and of its files.
//!
//! Deleting only marks a document; its words go when its segment is written anew. So every segment
//! that holds deleted documents is, and what was before is deleted, before anybody is told.

use std::sync::Arc;

use roaring::RoaringBitmap;
use tantivy::index::SegmentId;
use tantivy::indexer::{LogMergePolicy, NoMergePolicy};
use tantivy::query::{
    BitSetDocSet, ConstScorer, EnableScoring, Explanation, Query, Scorer, Weight,
};
use tantivy::{DocId, Index, IndexWriter, Score, SegmentReader, TantivyError};

use super::written::among;

/// The documents of some rows, as tantivy deletes by.
#[derive(Debug, Clone)]
pub(super) struct Lost(pub(super) Arc<RoaringBitmap>);

impl Query for Lost {
    fn weight(&self, _scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(self.clone()))
    }
}

impl Weight for Lost {
    fn scorer(&self, segment: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let docs = BitSetDocSet::from(among(segment, &self.0)?);
        Ok(Box::new(ConstScorer::new(docs, boost)))
    }

    fn explain(&self, _: &SegmentReader, _: DocId) -> tantivy::Result<Explanation> {
        let text = "what is deleted has no score".to_owned();
        Err(TantivyError::InvalidArgument(text))
    }
}

/// Writes every segment anew that holds deleted documents. `writer` must not be merging.
pub(super) fn squeeze(index: &Index, writer: &mut IndexWriter) -> tantivy::Result<()> {
    writer.set_merge_policy(Box::new(NoMergePolicy));
    loop {
        let segments = index.searchable_segment_metas()?;
        let holding = segments.iter().filter(|segment| segment.has_deletes());
        let holding: Vec<SegmentId> = holding.map(|segment| segment.id()).collect();
        if holding.is_empty() {
            break;
        }
        writer.merge(&holding).wait()?;
    }
    writer.set_merge_policy(Box::new(LogMergePolicy::default()));
    Ok(())
}
