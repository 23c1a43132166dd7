//! The check of a proposal against declared lines: a verdict for each line, on its own.
//!
//! `terms`  what the proposal says, checked       `reach`  which issues a term bears on
//! `judge`  one term against one line             `change` the nearest change that respects all
//!
//! By posture: what is prohibited or refused is crossed when a term does it, what is required is
//! unmet when the proposal is silent, a claim is crossed when a term denies it, a condition leaves
//! a line undecidable unless the terms carry it; on a scale the declared bound decides. Lines of
//! different sources are never folded into one verdict, and a verdict speaks of a declared line,
//! never of what is acceptable. What is not stated makes a line UNDECIDABLE, never crossed.

mod change;
mod judge;
mod reach;
mod terms;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use self::judge::{Finding, judge};
use self::reach::{Path, Reach, Reaches};
use self::terms::Term;
use crate::analysis::lines::said_in;
use crate::error::Error;
use crate::model::limits::Limits;
use crate::model::name::assessment_of;
use crate::model::v1::{self, Posture, ProposalVerdict as Verdict, RedLineStatus};

/// The name of the method, for the basis of an answer.
pub const METHOD: &str = "red-line check of a proposal, by posture and declared bound";
/// Where it is published.
pub const SOURCE: &str = "Chancery's own; the rules stand with CheckProposal in the contract";

/// Issues by name, as far as the terms and the lines speak of them.
pub type Issues = BTreeMap<String, v1::Issue>;

/// Lines by the issue they are drawn on.
type ByIssue<'a> = BTreeMap<&'a str, Vec<&'a v1::RedLine>>;

/// What was found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Findings {
    /// The lines, the gravest verdict first.
    pub lines: Vec<v1::LineVerdict>,
    /// How many lines have each verdict.
    pub counts: Vec<v1::VerdictCount>,
    /// The nearest change to each term, and what to add.
    pub changes: Vec<v1::TermChange>,
    /// Lines of several assessments that get different verdicts.
    pub disagreements: Vec<v1::VerdictDisagreement>,
    /// The issues by which a term comes to a line, the ends of each way included.
    pub issues: BTreeSet<String>,
    /// What was not stated.
    pub gaps: Vec<v1::basis::Gap>,
}

/// Checks the terms against every line; lines come in the order of their names, which is kept
/// among those of one verdict. Errors: everything that is wrong with the terms.
pub fn check(
    given: &[v1::ProposalTerm],
    issues: &Issues,
    mut lines: Vec<v1::RedLine>,
    limits: &Limits,
) -> Result<Findings, Error> {
    let terms = terms::read(given, issues, limits)?;
    terms::carried(&terms, &lines)?;
    let reaches = Reaches::of(&terms, issues, limits);
    let gaps = standing(&mut lines);
    let by_issue = by_issue(&lines);
    let paths = by_issue.keys().flat_map(|issue| reaches.on(issue));
    let followed = paths.flat_map(|path| path.issues.iter().cloned()).collect();
    let met = terms.iter().flat_map(|term| term.meets);
    let met = met.map(String::as_str).collect();
    let changes = change::nearest((&terms, &met), issues, &reaches, &by_issue);
    let case = Case {
        terms: &terms,
        met: &met,
        issues,
        reaches: &reaches,
    };
    let mut told: Vec<v1::LineVerdict> = lines.into_iter().map(|line| case.verdict(line)).collect();
    let disagreements = disagreements(&told);
    // Verdicts are large: they are moved once, and not compared by what they hold.
    told.sort_by_cached_key(|line| gravity(line.verdict()));
    Ok(Findings {
        issues: followed,
        counts: counts(&told),
        lines: told,
        changes,
        disagreements,
        gaps,
    })
}

/// Takes out the lines that cannot be checked, and says why, and of the others what they lack.
fn standing(lines: &mut Vec<v1::RedLine>) -> Vec<v1::basis::Gap> {
    let mut gaps = Vec::new();
    let mut gap = |line: &v1::RedLine, field: &str, treatment: &str| {
        gaps.push(v1::basis::Gap {
            name: line.name.clone(),
            field: field.to_owned(),
            treatment: treatment.to_owned(),
        });
    };
    lines.retain(|line| {
        if line.status() == RedLineStatus::Abandoned {
            gap(line, "status", "abandoned by the actor; not checked");
            return false;
        }
        if line.issue.is_empty() {
            gap(line, "issue", "not stated; no term can be held against it");
            return false;
        }
        if matches!(line.posture(), Posture::Unspecified | Posture::Undetermined) {
            let text = "not stated; only a declared bound can decide the line";
            gap(line, "posture", text);
        }
        true
    });
    gaps
}

/// The lines by issue. Few issues have many lines: these are counted in by hash and then ordered.
fn by_issue(lines: &[v1::RedLine]) -> ByIssue<'_> {
    let mut groups: HashMap<&str, Vec<&v1::RedLine>> = HashMap::new();
    for line in lines {
        groups.entry(line.issue.as_str()).or_default().push(line);
    }
    groups.into_iter().collect()
}

/// The terms, and where they reach.
struct Case<'a> {
    terms: &'a [Term<'a>],
    met: &'a BTreeSet<&'a str>,
    issues: &'a Issues,
    reaches: &'a Reaches,
}

impl Case<'_> {
    /// The verdict on one line, which is taken apart for the answer.
    fn verdict(&self, line: v1::RedLine) -> v1::LineVerdict {
        let touching = self.reaches.on(&line.issue);
        let issue = touching.first().and_then(|_| self.issues.get(&line.issue));
        let scale = issue.and_then(|issue| issue.scale.as_ref());
        let judged: Vec<(&Path, Finding)> = touching
            .iter()
            .filter_map(|path| {
                let term = self.terms.get(path.term)?;
                Some((path, judge(term, &line, scale, path.reach, self.met)))
            })
            .collect();
        let (deciding, finding) = decide(&line, &judged);
        let margin = finding.margin.map(|margin| margin.told(scale));
        let (verdict, if_it_stands) = disputed(&line, finding.verdict);
        let bearings = judged.iter().map(|(path, finding)| v1::TermBearing {
            term: i32::try_from(path.term).unwrap_or(i32::MAX),
            path: path.issues.clone(),
            verdict: finding.verdict.into(),
            reason: finding.why.told(&line, Some(path)),
            margin: finding.margin.map(|margin| margin.told(scale)),
        });
        let bearings = bearings.collect();
        let reason = finding.why.told(&line, deciding);
        let said_in = said_in(&line);
        v1::LineVerdict {
            revision: line.revision,
            verdict: verdict.into(),
            reason,
            verdict_if_it_stands: if_it_stands.into(),
            margin,
            posture: line.posture,
            declared_firmness: line.declared_firmness,
            assessed_negotiability: line.assessed_negotiability,
            status: line.status,
            bearings,
            red_line: line.name,
            actor: line.actor,
            issue: line.issue,
            title: line.title,
            stance: line.stance,
            acceptable: line.acceptable,
            attribution: line.attribution,
            citation: line.citations.into_iter().nth(said_in),
        }
    }
}

/// The finding that decides a line: the gravest, where a term that only overlaps never outweighs
/// one that speaks of the issue itself, nor one on a part that leaves it unmet one on all of it.
fn decide<'a>(line: &v1::RedLine, judged: &[(&'a Path, Finding)]) -> (Option<&'a Path>, Finding) {
    let direct = judged.iter().filter(|(path, _)| !path.overlaps());
    let spoken = judged.iter().any(|(path, found)| {
        let whole = matches!(path.reach, Reach::Same | Reach::Whole);
        whole && found.verdict != Verdict::NotAddressed
    });
    let gravest = direct
        .filter(|(_, found)| !(spoken && found.verdict == Verdict::Unmet))
        .filter(|(_, found)| found.verdict != Verdict::NotAddressed)
        .min_by(|a, b| {
            let margin = |found: &Finding| found.margin.map_or(f64::INFINITY, |margin| margin.size);
            let grave = |found: &Finding| gravity(found.verdict);
            grave(&a.1)
                .cmp(&grave(&b.1))
                .then(margin(&a.1).total_cmp(&margin(&b.1)))
        });
    if let Some((path, finding)) = gravest {
        return (Some(*path), *finding);
    }
    let overlap = judged.iter().find(|(path, _)| path.overlaps());
    match (judge::silence(line), overlap) {
        (silent, _) if silent.verdict == Verdict::Unmet => (None, silent),
        (_, Some((path, finding))) => (Some(*path), *finding),
        (silent, None) => (judged.first().map(|(path, _)| *path), {
            let beside = judged.first().map(|(_, finding)| finding.why);
            Finding {
                why: beside.unwrap_or(silent.why),
                ..silent
            }
        }),
    }
}

/// A line of which it is disputed whether it stands is not simply crossed.
fn disputed(line: &v1::RedLine, verdict: Verdict) -> (Verdict, Verdict) {
    let grave = matches!(verdict, Verdict::Crossed | Verdict::Unmet);
    if grave && line.status() == RedLineStatus::Disputed {
        (Verdict::Disputed, verdict)
    } else {
        (verdict, Verdict::Unspecified)
    }
}

/// The order in which verdicts are told.
fn gravity(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Crossed => 0,
        Verdict::Unmet => 1,
        Verdict::Disputed => 2,
        Verdict::Undecidable => 3,
        Verdict::AtLimit => 4,
        Verdict::Respected => 5,
        Verdict::NotAddressed => 6,
        Verdict::Unspecified => 7,
    }
}

/// How many lines have each verdict; they are sorted by it.
fn counts(lines: &[v1::LineVerdict]) -> Vec<v1::VerdictCount> {
    let runs = lines.chunk_by(|a, b| a.verdict == b.verdict);
    let counted = runs.filter_map(|run| {
        Some(v1::VerdictCount {
            verdict: run.first()?.verdict,
            count: i32::try_from(run.len()).unwrap_or(i32::MAX),
        })
    });
    counted.collect()
}

/// Actors and issues whose lines from several assessments get different verdicts.
fn disagreements(lines: &[v1::LineVerdict]) -> Vec<v1::VerdictDisagreement> {
    let several = |a: &v1::LineVerdict, b: &v1::LineVerdict| {
        assessment_of(&a.red_line) != assessment_of(&b.red_line)
    };
    if !adjacent(lines.iter(), several) {
        return Vec::new();
    }
    let mut groups: HashMap<(&str, &str), Vec<&v1::LineVerdict>> = HashMap::new();
    for line in lines.iter().filter(|line| !line.actor.is_empty()) {
        let key = (line.actor.as_str(), line.issue.as_str());
        groups.entry(key).or_default().push(line);
    }
    groups.retain(|_, lines| {
        let lines = || lines.iter().copied();
        adjacent(lines(), |a, b| a.verdict != b.verdict) && adjacent(lines(), several)
    });
    let told = groups.into_iter().map(|((actor, issue), mut lines)| {
        lines.sort_by(|a, b| a.red_line.cmp(&b.red_line));
        v1::VerdictDisagreement {
            actor: actor.to_owned(),
            issue: issue.to_owned(),
            red_lines: lines.iter().map(|line| line.red_line.clone()).collect(),
            verdicts: lines.iter().map(|line| line.verdict).collect(),
        }
    });
    let mut told: Vec<v1::VerdictDisagreement> = told.collect();
    told.sort_by(|a, b| (&a.actor, &a.issue).cmp(&(&b.actor, &b.issue)));
    told
}

/// Whether any two neighbours are apart, which two of them are where not all are alike.
fn adjacent<'a>(
    mut lines: impl Iterator<Item = &'a v1::LineVerdict>,
    apart: impl Fn(&v1::LineVerdict, &v1::LineVerdict) -> bool,
) -> bool {
    let Some(mut last) = lines.next() else {
        return false;
    };
    lines.any(|line| apart(std::mem::replace(&mut last, line), line))
}
