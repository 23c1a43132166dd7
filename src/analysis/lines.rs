//! The lines of one actor across assessments: one group for each issue and posture.
//!
//! A line stands where it stands now, with the earlier ones that it carries on behind it, wherever
//! they stood. Sources that derive from one another count once, so that an echo is no confirmation.
//! Nothing is folded into a verdict: conflicts are named.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use super::contradictions::{disjoint, opposed};
use super::span::instant;
use crate::model::v1::{self, Posture, TimeSpan};

/// The name of the method, for the basis of an answer.
pub const METHOD: &str = "consolidation of red lines by issue and posture";
/// Where it is published.
pub const SOURCE: &str = "Chancery's own; the grouping stands with LineGroup in the contract";

/// Where words come from: the source of each document, and the sources a source derives from.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Origins {
    /// By document.
    pub source_of: BTreeMap<String, String>,
    /// By source.
    pub derives_from: BTreeMap<String, Vec<String>>,
}

/// Groups the lines of one actor that count, one of each lineage; `earlier` are those that do not,
/// of which they may carry on some.
pub fn consolidate(
    lines: &[v1::RedLine],
    earlier: &[v1::RedLine],
    origins: &Origins,
) -> Vec<v1::LineGroup> {
    let mut groups: BTreeMap<(&str, i32), Vec<&v1::RedLine>> = BTreeMap::new();
    for line in lines {
        groups
            .entry((line.issue.as_str(), line.posture))
            .or_default()
            .push(line);
    }
    let each = groups.into_iter().map(|((issue, posture), mut members)| {
        members.sort_by(|a, b| newest_first(a, b));
        let lineages: Vec<Vec<&v1::RedLine>> =
            members.iter().map(|line| lineage(line, earlier)).collect();
        let others = lines
            .iter()
            .filter(|line| line.issue == issue && !issue.is_empty());
        let conflicts = others.filter(|other| {
            members.iter().any(|line| {
                let apart = disjoint(line.acceptable.as_ref(), other.acceptable.as_ref());
                apart || opposed(line, other)
            })
        });
        let conflicts: BTreeSet<String> = conflicts.map(|line| line.name.clone()).collect();
        let variants: Vec<v1::LineVariant> =
            lineages.iter().filter_map(|lines| variant(lines)).collect();
        let versions = lineages.concat();
        v1::LineGroup {
            issue: issue.to_owned(),
            posture,
            independent_sources: independent(&versions, origins),
            newest: variants
                .first()
                .map(|variant| variant.red_line.clone())
                .unwrap_or_default(),
            since: since(&versions),
            conflicts: conflicts.into_iter().collect(),
            variants,
        }
    });
    each.collect()
}

/// What the lines do not state, and how that was treated.
pub fn unstated(lines: &[v1::RedLine]) -> Vec<v1::basis::Gap> {
    let mut gaps = Vec::new();
    for line in lines {
        let posture = matches!(line.posture(), Posture::Unspecified | Posture::Undetermined);
        let holes = [
            (line.issue.is_empty(), "issue", "a group without an issue"),
            (
                posture,
                "posture",
                "a group without a posture; opposed to none",
            ),
            (
                since(&[line]).is_none(),
                "first_stated",
                "says nothing of since when",
            ),
        ];
        let holes = holes.into_iter().filter(|(hole, _, _)| *hole);
        gaps.extend(holes.map(|(_, field, treatment)| v1::basis::Gap {
            name: line.name.clone(),
            field: field.to_owned(),
            treatment: treatment.to_owned(),
        }));
    }
    gaps
}

/// A line and the earlier ones it carries on, newest first.
fn lineage<'a>(line: &'a v1::RedLine, earlier: &'a [v1::RedLine]) -> Vec<&'a v1::RedLine> {
    let kin = |one: &&v1::RedLine| !line.lineage.is_empty() && one.lineage == line.lineage;
    let mut before: Vec<&v1::RedLine> = earlier.iter().filter(kin).collect();
    before.sort_by(|a, b| newest_first(a, b));
    std::iter::once(line).chain(before).collect()
}

fn newest_first(one: &v1::RedLine, other: &v1::RedLine) -> Ordering {
    let revisions = other.revision.cmp(&one.revision);
    revisions.then_with(|| one.name.cmp(&other.name))
}

fn variant(versions: &[&v1::RedLine]) -> Option<v1::LineVariant> {
    let (newest, earlier) = versions.split_first()?;
    Some(v1::LineVariant {
        red_line: newest.name.clone(),
        earlier: earlier.iter().map(|line| line.name.clone()).collect(),
        revision: newest.revision,
        stance: newest.stance.clone(),
        declared_firmness: newest.declared_firmness,
        assessed_negotiability: newest.assessed_negotiability,
        status: newest.status,
        acceptable: newest.acceptable.clone(),
        attribution: newest.attribution.clone(),
        citation: newest.citations.get(said_in(newest)).cloned(),
        since: since(versions),
    })
}

/// The place of the citation of what a line says: the one for its stance, or the first of all.
pub(super) fn said_in(line: &v1::RedLine) -> usize {
    let of_stance = |one: &v1::Citation| one.supports.iter().any(|field| field == "stance");
    line.citations
        .iter()
        .position(of_stance)
        .unwrap_or_default()
}

/// The earliest time at which any of the lines is said to have been stated.
fn since(lines: &[&v1::RedLine]) -> Option<TimeSpan> {
    let stated = lines.iter().flat_map(|line| {
        let said = line
            .attribution
            .as_ref()
            .and_then(|claim| claim.said.as_ref());
        line.first_stated.as_ref().into_iter().chain(said)
    });
    let dated = stated.filter_map(|span| Some((instant(span.start.as_ref()?), span)));
    dated
        .min_by_key(|(start, _)| *start)
        .map(|(_, span)| span.clone())
}

/// The sources of the lines that do not derive from another one of them. A document without a
/// stated source stands for itself.
fn independent(lines: &[&v1::RedLine], origins: &Origins) -> Vec<String> {
    let cited = lines.iter().flat_map(|line| &line.citations);
    let named = cited.map(|citation| {
        let of_document = origins.source_of.get(&citation.document);
        match (citation.source.is_empty(), of_document) {
            (false, _) => citation.source.clone(),
            (true, Some(source)) if !source.is_empty() => source.clone(),
            (true, _) => citation.document.clone(),
        }
    });
    let all: BTreeSet<String> = named.filter(|name| !name.is_empty()).collect();
    let own = |name: &&String| {
        let above = ancestors(name, origins);
        !all.iter()
            .any(|other| other != *name && above.contains(other))
    };
    all.iter().filter(own).cloned().collect()
}

/// Everything a source derives from, at any remove.
fn ancestors(name: &str, origins: &Origins) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![name.to_owned()];
    while let Some(next) = open.pop() {
        for above in origins.derives_from.get(&next).into_iter().flatten() {
            if above != name && found.insert(above.clone()) {
                open.push(above.clone());
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use prost_types::Timestamp;

    use super::*;
    use crate::model::v1::Posture;

    fn line(name: &str, posture: Posture, revision: i64, source: &str) -> v1::RedLine {
        v1::RedLine {
            name: name.into(),
            lineage: name.into(),
            revision,
            issue: "issues/x".into(),
            posture: posture.into(),
            citations: vec![v1::Citation {
                source: source.into(),
                ..Default::default()
            }],
            first_stated: Some(TimeSpan {
                start: Some(Timestamp {
                    seconds: 1000 - revision,
                    nanos: 0,
                }),
                ..Default::default()
            }),
            ..Default::default()
        }
    }

    #[test]
    fn echoes_count_once_and_lineages_are_one_variant() {
        let mut later = line("b", Posture::Prohibits, 9, "sources/echo");
        later.lineage = "a".into();
        // What is carried on stands with what carries it on, whatever its posture was.
        let earlier = [
            line("a", Posture::Requires, 3, "sources/ministry"),
            line("e", Posture::Prohibits, 2, "sources/gone"),
        ];
        let lines = [
            later,
            line("c", Posture::Prohibits, 5, "sources/agency"),
            line("d", Posture::Requires, 6, "sources/ministry"),
        ];
        let derives = (
            "sources/echo".to_owned(),
            vec!["sources/ministry".to_owned()],
        );
        let origins = Origins {
            derives_from: BTreeMap::from([derives]),
            ..Origins::default()
        };
        let groups = consolidate(&lines, &earlier, &origins);
        let prohibits = &groups[0];
        assert_eq!(
            prohibits.independent_sources,
            ["sources/agency", "sources/ministry"]
        );
        let told: Vec<(&str, usize)> = prohibits
            .variants
            .iter()
            .map(|variant| (variant.red_line.as_str(), variant.earlier.len()))
            .collect();
        assert_eq!(told, [("b", 1), ("c", 0)]);
        assert_eq!(prohibits.conflicts, ["d"]);
        assert_eq!(groups[1].conflicts, ["b", "c"]);
        let since = prohibits.since.as_ref().and_then(|since| since.start);
        assert_eq!(since.map(|start| start.seconds), Some(991));
    }
}
