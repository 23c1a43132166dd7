//! Every bound of the system, in one place, with its unit.
//!
//! A bound that is exceeded is a named error that states what was given and what is allowed.
//! Nothing else in the code holds a limit of its own.

use crate::error::Error;

macro_rules! limits {
    ($($(#[doc = $doc:literal])+ $name:ident: $kind:ty = $value:expr, $unit:literal;)+) => {
        /// Every bound of the system.
        #[derive(Debug, Clone, Copy)]
        pub struct Limits {
            $($(#[doc = $doc])+ pub $name: $kind,)+
        }

        impl Default for Limits {
            fn default() -> Self {
                Self { $($name: $value,)+ }
            }
        }

        impl Limits {
            /// Name, value and unit of each, for `Status`.
            pub fn each(&self) -> Vec<(&'static str, u64, &'static str)> {
                vec![$((stringify!($name), self.$name as u64, $unit),)+]
            }
        }
    };
}

limits! {
    /// A document as received.
    document_bytes_max: usize = 4 << 20, "bytes";
    /// An assessment with all its elements, encoded.
    assessment_bytes_max: usize = 3 << 20, "bytes";
    /// Elements of one assessment.
    elements_max: usize = 2_000, "elements";
    /// One element, encoded.
    element_bytes_max: usize = 64 << 10, "bytes";
    /// One registry entry, encoded.
    registry_entry_bytes_max: usize = 64 << 10, "bytes";
    /// Doubts of one import; the rest is counted in the last one.
    doubts_max: usize = 1_000, "doubts";
    /// Columns of one table of a document.
    table_columns_max: usize = 64, "columns";
    /// Rows of one table of a document.
    table_rows_max: usize = 2_000, "rows";
    /// Nesting of lists in a document.
    list_depth_max: usize = 16, "levels";
    /// Items of a page when the request does not say.
    page_size_default: usize = 50, "items";
    /// Items of a page at most; a larger request gets this many.
    page_size_max: usize = 1_000, "items";
    /// Names of one batch.
    batch_names_max: usize = 100, "names";
    /// Encoded items of a page; a page ends early rather than exceed it.
    page_bytes_max: usize = 3 << 20, "bytes";
    /// Length of a filter.
    filter_bytes_max: usize = 8 << 10, "bytes";
    /// Terms of a filter.
    filter_terms_max: usize = 64, "terms";
    /// Brackets within brackets of a filter.
    filter_depth_max: usize = 32, "levels";
    /// Bodies that one page reads because a filter asks for what no index holds.
    filter_bodies_max: usize = 20_000, "bodies";
    /// Resources whose names or times one page compares one by one because a filter asks for them.
    filter_rows_max: usize = 1_000_000, "resources";
    /// Different values of a field that a wildcard is compared with.
    filter_values_max: usize = 100_000, "values";
    /// Fields that a list is ordered by.
    order_fields_max: usize = 4, "fields";
    /// Resources that are sorted by name or time.
    order_rows_max: usize = 1_000_000, "resources";
    /// Resources that are sorted by what no index holds.
    order_bodies_max: usize = 20_000, "bodies";
    /// Resources that are sorted by reading them, where more are divided by the values of an index.
    order_part_rows: usize = 256, "resources";
    /// Different counts that one answer holds.
    counts_max: usize = 10_000, "counts";
    /// Length of a search.
    search_bytes_max: usize = 1 << 10, "bytes";
    /// Words of a search.
    search_words_max: usize = 32, "words";
    /// Letters before a `*`: fewer would begin too many words.
    search_prefix_letters_min: usize = 2, "letters";
    /// Snippets of one hit.
    search_snippets_max: usize = 3, "snippets";
    /// One snippet.
    search_snippet_bytes_max: usize = 240, "bytes";
    /// What the text index gathers in memory before it writes.
    search_heap_bytes: usize = 32 << 20, "bytes";
    /// Versions that the text index has not written yet and holds in memory.
    search_fresh_max: usize = 2_048, "versions";
    /// Length of a page token.
    page_token_bytes_max: usize = 1 << 10, "bytes";
    /// A message that a client sends.
    message_bytes_max: usize = 4 << 20, "bytes";
    /// A request id.
    request_id_bytes_max: usize = 64, "bytes";
    /// The reason of a change.
    reason_bytes_max: usize = 4 << 10, "bytes";
    /// Changes that wait for the committer.
    commit_queue_max: usize = 1_024, "changes";
    /// Changes that one sync makes durable together.
    group_changes_max: usize = 512, "changes";
    /// Bytes that one sync makes durable together.
    group_bytes_max: usize = 8 << 20, "bytes";
    /// Bodies of one change together.
    change_bytes_max: usize = 16 << 20, "bytes";
    /// Resources that one change may touch.
    change_effects_max: usize = 4_096, "resources";
    /// One file of the journal.
    segment_bytes: u64 = 64 << 20, "bytes";
    /// Space that writes leave free on the disk of the data directory.
    disk_free_bytes_min: u64 = 64 << 20, "bytes";
    /// How soon the archive is tried again when something was in its way.
    archive_retry_seconds: u64 = 10, "seconds";
    /// How often history is compacted that is older than is kept.
    history_check_hours: u64 = 24, "hours";
    /// Revisions between two checkpoints of the store.
    checkpoint_revisions: i64 = 100_000, "revisions";
    /// Versions that a start may have to take apart again, rather than keep what they have in a
    /// file.
    image_rows_min: u32 = 16_384, "versions";
    /// How long a repeated request id is recognised.
    request_id_hours: i64 = 24, "hours";
    /// How long a read waits for a revision that is not there yet.
    read_wait_seconds: u64 = 5, "seconds";
    /// How often a write without an etag is tried on a newer state.
    write_attempts_max: usize = 5, "attempts";
    /// Requests that run on the pool for long work at the same time.
    blocking_requests_max: usize = 16, "requests";
    /// Headers of a call.
    header_bytes_max: u32 = 16 << 10, "bytes";
    /// How long a connection may be silent before it is asked.
    keepalive_seconds: u64 = 30, "seconds";
    /// How long it may take to answer that.
    keepalive_answer_seconds: u64 = 10, "seconds";
    /// Connections at the same time; fewer where the system allows fewer open files.
    connections_max: usize = 1_000, "connections";
    /// Calls at the same time on one connection.
    streams_per_connection_max: u32 = 256, "calls";
    /// How long the server waits for calls in flight when it stops.
    drain_seconds: u64 = 8, "seconds";
    /// Watches at the same time.
    watches_max: usize = 1_024, "watches";
    /// Assessments that one watch names.
    watch_names_max: usize = 100, "names";
    /// Messages that wait for the reader of a watch; what follows waits in the journal.
    watch_messages_max: usize = 16, "messages";
    /// How long a reader may take for one message before its watch is ended.
    watch_patience_seconds: u64 = 30, "seconds";
    /// How often progress is told when the request does not say.
    watch_progress_seconds_default: u64 = 30, "seconds";
    /// How often progress may be told at most.
    watch_progress_seconds_min: u64 = 1, "seconds";
    /// How often progress may be told at least.
    watch_progress_seconds_max: u64 = 600, "seconds";
    /// Changed resources that one diff compares.
    diff_resources_max: usize = 20_000, "resources";
    /// How long an upload may be silent.
    upload_idle_seconds: u64 = 30, "seconds";
    /// Terms of one proposal.
    proposal_terms_max: usize = 100, "terms";
    /// The words of one term of a proposal.
    term_text_bytes_max: usize = 4 << 10, "bytes";
    /// Red lines whose condition one term of a proposal carries.
    term_conditions_max: usize = 100, "red lines";
    /// Links followed from an issue to those it is a part of, and to its parts.
    issue_links_max: usize = 8, "links";
    /// Assessments that one scope names.
    scope_assessments_max: usize = 100, "assessments";
    /// Actors or issues that one scope names.
    scope_names_max: usize = 1_000, "names";
    /// Elements that one analysis reads.
    analysis_elements_max: usize = 20_000, "elements";
    /// Links that a trace follows one after the other when the request does not say.
    trace_links_default: usize = 5, "links";
    /// Links that a trace follows one after the other at most.
    trace_links_max: usize = 20, "links";
    /// Resources of one trace.
    trace_resources_max: usize = 1_000, "resources";
    /// Contradictions of one answer.
    contradictions_max: usize = 1_000, "contradictions";
    /// Cells of one matrix of positions.
    position_cells_max: usize = 10_000, "cells";
    /// Issues of one simulation or zone of agreement.
    analysis_issues_max: usize = 32, "issues";
    /// A weight or a place on a scale that an analysis computes with, whatever its sign.
    analysis_number_max: u64 = 1_000_000_000_000_000, "units";
    /// Draws of one analysis that samples.
    analysis_samples_max: usize = 1_000, "draws";
    /// Positions that one question of an analysis assumes.
    overrides_max: usize = 1_000, "overrides";
    /// Actors of one simulation.
    bargaining_actors_max: usize = 128, "actors";
    /// Parties of one zone of agreement.
    zone_parties_max: usize = 128, "parties";
    /// Points of the grid on each issue for a Nash point or a frontier.
    zone_grid_points: usize = 101, "points";
    /// Outcomes that are tried one by one; where there are more, outcomes are sampled.
    zone_outcomes_max: usize = 1_030_301, "outcomes";
    /// Outcomes that are tried where they are sampled.
    zone_samples_max: usize = 100_000, "outcomes";
    /// Points of a frontier in an answer.
    zone_frontier_points_max: usize = 2_000, "points";
    /// Tools of one ranking.
    ranking_tools_max: usize = 500, "tools";
    /// Targets of one ranking.
    ranking_targets_max: usize = 500, "targets";
    /// Criteria of one ranking.
    ranking_criteria_max: usize = 64, "criteria";
    /// Preconditions that the caller of one ranking says are met.
    ranking_preconditions_max: usize = 1_000, "preconditions";
    /// Risks of one matrix.
    matrix_risks_max: usize = 10_000, "risks";
    /// Rows or levels of a matrix that the caller gives.
    matrix_rows_max: usize = 64, "rows";
    /// A word of estimation that is to be read.
    term_bytes_max: usize = 256, "bytes";
    /// A name, a label or a rating of a matrix that the caller gives.
    matrix_label_bytes_max: usize = 128, "bytes";
}

/// The error of a bound that was exceeded.
pub fn exceeded(field: &str, reason: &'static str, given: usize, allowed: usize) -> Error {
    Error::invalid(field, reason, format!("{given} given, {allowed} allowed"))
}
