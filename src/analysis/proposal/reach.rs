//! Which issues a term bears on: its own, those it is a part of or that are parts of it, and those
//! that overlap with it.
//!
//! Parts are followed to a limit of links, overlaps for one link: what overlaps with what overlaps
//! need not touch the first at all.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Issues;
use super::terms::Term;
use crate::model::limits::Limits;
use crate::model::v1::IssueRelationKind;

/// How the issue of a term stands to the issue of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// They are the same.
    Same,
    /// The term's issue is a part of the line's.
    Part,
    /// The line's issue is a part of the term's.
    Whole,
    /// They overlap.
    Overlap,
}

/// How one term comes to an issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Path {
    /// The position of the term.
    pub(super) term: usize,
    pub(super) reach: Reach,
    /// The issues on the way, the term's first.
    pub(super) issues: Vec<String>,
}

impl Path {
    pub(super) fn overlaps(&self) -> bool {
        self.reach == Reach::Overlap
    }
}

/// By issue: the terms that bear on it.
#[derive(Debug, Default)]
pub(super) struct Reaches {
    paths: HashMap<String, Vec<Path>>,
}

/// The links between issues, each way.
#[derive(Default)]
struct Links<'a> {
    wholes: BTreeMap<&'a str, BTreeSet<&'a str>>,
    parts: BTreeMap<&'a str, BTreeSet<&'a str>>,
    overlaps: BTreeMap<&'a str, BTreeSet<&'a str>>,
}

impl<'a> Links<'a> {
    fn of(issues: &'a Issues) -> Self {
        let mut links = Self::default();
        let each = issues
            .values()
            .flat_map(|issue| issue.relations.iter().map(move |to| (issue, to)));
        for (issue, to) in each {
            let (one, other) = (issue.name.as_str(), to.issue.as_str());
            match to.kind() {
                IssueRelationKind::SubissueOf => {
                    links.wholes.entry(one).or_default().insert(other);
                    links.parts.entry(other).or_default().insert(one);
                }
                IssueRelationKind::Overlaps => {
                    links.overlaps.entry(one).or_default().insert(other);
                    links.overlaps.entry(other).or_default().insert(one);
                }
                IssueRelationKind::PreconditionOf | IssueRelationKind::Unspecified => {}
            }
        }
        links
    }
}

impl Reaches {
    /// Where the terms reach.
    pub(super) fn of(terms: &[Term<'_>], issues: &Issues, limits: &Limits) -> Self {
        let links = Links::of(issues);
        let mut reaches = Self::default();
        for (at, term) in terms.iter().enumerate() {
            let start = || vec![term.issue.to_owned()];
            let mut seen = BTreeSet::from([term.issue]);
            reaches.add(at, Reach::Same, start());
            for (reach, next) in [(Reach::Part, &links.wholes), (Reach::Whole, &links.parts)] {
                let mut ends = vec![start()];
                for _link in 0..limits.issue_links_max {
                    ends = reaches.further(at, reach, next, (ends, &mut seen));
                }
            }
            reaches.further(
                at,
                Reach::Overlap,
                &links.overlaps,
                (vec![start()], &mut seen),
            );
        }
        reaches
    }

    /// Goes one link further from where the paths end.
    fn further<'a>(
        &mut self,
        term: usize,
        reach: Reach,
        next: &BTreeMap<&'a str, BTreeSet<&'a str>>,
        (ends, seen): (Vec<Vec<String>>, &mut BTreeSet<&'a str>),
    ) -> Vec<Vec<String>> {
        let mut found = Vec::new();
        for path in ends {
            let last = path.last().map_or("", String::as_str);
            for issue in next.get(last).into_iter().flatten() {
                if seen.insert(issue) {
                    let mut longer = path.clone();
                    longer.push((*issue).to_owned());
                    self.add(term, reach, longer.clone());
                    found.push(longer);
                }
            }
        }
        found
    }

    fn add(&mut self, term: usize, reach: Reach, issues: Vec<String>) {
        let Some(last) = issues.last() else { return };
        let paths = self.paths.entry(last.clone()).or_default();
        paths.push(Path {
            term,
            reach,
            issues,
        });
    }

    /// The terms that bear on an issue, in their order.
    pub(super) fn on(&self, issue: &str) -> &[Path] {
        self.paths.get(issue).map_or(&[], Vec::as_slice)
    }
}
