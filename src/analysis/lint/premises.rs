//! What the recommendations of an assessment rest on, at any remove and wherever it stands, and
//! which of it no longer carries.
//!
//! The walk is breadth first, meets each premise once, so that a cycle ends it, and is bounded;
//! what lies beyond the bound is owned up to. It does not go behind a premise that has gone. Each
//! is fetched by the caller's own reading, handed in: this room reads nothing.

use std::collections::{BTreeMap, VecDeque};

use super::{Rule, finding};
use crate::error::Error;
use crate::model::v1;

/// One premise.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Premise {
    /// Why it no longer carries; `None` while it does.
    pub gone: Option<&'static str>,
    /// What it rests on itself, by name.
    pub rests_on: Vec<String>,
}

/// The premises of an assessment, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Premises {
    known: BTreeMap<String, Premise>,
    /// Whether there are more than were read.
    pub truncated: bool,
}

impl Premises {
    /// Reads what the recommendations rest on, the nearest first, and at most so many.
    pub fn read(
        assessment: &v1::Assessment,
        most: usize,
        mut premise: impl FnMut(&str) -> Result<Premise, Error>,
    ) -> Result<Self, Error> {
        let mut read = Self::default();
        let first = assessment.recommendations.iter().flat_map(first);
        let mut open: VecDeque<String> = first.map(|(_, name)| name.to_owned()).collect();
        while let Some(name) = open.pop_front() {
            if read.known.contains_key(&name) {
                continue;
            }
            if read.known.len() == most {
                read.truncated = true;
                return Ok(read);
            }
            let found = premise(&name)?;
            if found.gone.is_none() {
                open.extend(found.rests_on.iter().cloned());
            }
            read.known.insert(name, found);
        }
        Ok(read)
    }

    /// Every recommendation with each premise of it that has gone, and the way to it.
    pub(super) fn gone(&self, assessment: &v1::Assessment) -> Vec<v1::LintFinding> {
        let each = assessment.recommendations.iter();
        each.flat_map(|recommendation| self.under(recommendation))
            .collect()
    }

    fn under(&self, recommendation: &v1::Recommendation) -> Vec<v1::LintFinding> {
        let mut found = Vec::new();
        // By premise: the field by which it was come to, and what it was met under.
        let mut ways: BTreeMap<&str, (&str, Option<&str>)> = BTreeMap::new();
        let mut open: VecDeque<&str> = VecDeque::new();
        for (field, name) in first(recommendation) {
            if !ways.contains_key(name) {
                ways.insert(name, (field, None));
                open.push_back(name);
            }
        }
        while let Some(name) = open.pop_front() {
            let Some((premise, (field, _))) = self.known.get(name).zip(ways.get(name).copied())
            else {
                continue;
            };
            if let Some(why) = premise.gone {
                let way = way(name, &ways);
                found.push(v1::LintFinding {
                    related: way.iter().map(|name| (*name).to_owned()).collect(),
                    ..finding(
                        Rule::PremiseGone,
                        &recommendation.name,
                        field,
                        &told(&way, why),
                    )
                });
                continue;
            }
            for next in &premise.rests_on {
                if !ways.contains_key(next.as_str()) {
                    ways.insert(next, (field, Some(name)));
                    open.push_back(next);
                }
            }
        }
        found
    }
}

/// What a recommendation rests on itself: the field and the name.
fn first(one: &v1::Recommendation) -> impl Iterator<Item = (&'static str, &str)> {
    let premises = one.rests_on.iter().map(|name| ("rests_on", name.as_str()));
    premises.chain(one.tools.iter().map(|name| ("tools", name.as_str())))
}

/// The premises on the way to one, that one last.
fn way<'a>(name: &'a str, ways: &BTreeMap<&'a str, (&str, Option<&'a str>)>) -> Vec<&'a str> {
    let above = |name: &&'a str| ways.get(name).and_then(|(_, above)| *above);
    let mut way: Vec<&str> = std::iter::successors(Some(name), above).collect();
    way.reverse();
    way
}

fn told(way: &[&str], why: &str) -> String {
    match way.split_last() {
        Some((last, [])) => format!("it rests on \"{last}\", which {why}"),
        Some((last, between)) => {
            let between = between.join("\", \"");
            format!("it rests, by way of \"{between}\", on \"{last}\", which {why}")
        }
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recommending(rests_on: &[&str], tools: &[&str]) -> v1::Assessment {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        v1::Assessment {
            recommendations: vec![v1::Recommendation {
                name: "r".into(),
                rests_on: names(rests_on),
                tools: names(tools),
                ..Default::default()
            }],
            ..Default::default()
        }
    }

    fn read(assessment: &v1::Assessment, most: usize) -> Premises {
        let premise = |name: &str| {
            let (gone, rests_on) = match name {
                "risk" => (None, vec!["judgment", "risk"]),
                "judgment" => (None, vec!["forecast", "risk"]),
                "forecast" => (None, vec!["assumption", "judgment"]),
                "assumption" => (Some("is broken"), vec!["behind"]),
                "behind" => (Some("is not asked about"), vec![]),
                "tool" => (None, vec!["forecast"]),
                _ => (None, vec![]),
            };
            Ok(Premise {
                gone,
                rests_on: rests_on.into_iter().map(str::to_owned).collect(),
            })
        };
        Premises::read(assessment, most, premise).unwrap()
    }

    fn told_of(assessment: &v1::Assessment, most: usize) -> Vec<(String, String)> {
        let found = read(assessment, most).gone(assessment).into_iter();
        found.map(|one| (one.field, one.description)).collect()
    }

    #[test]
    fn a_chain_is_followed_through_cycles_to_where_it_breaks() {
        let chain = "it rests, by way of \"risk\", \"judgment\", \"forecast\", on \"assumption\", \
                     which is broken";
        let found = told_of(&recommending(&["risk"], &[]), 100);
        assert_eq!(found, [("rests_on".to_owned(), chain.to_owned())]);
        // The shortest way is told, once, and by which field it begins.
        let found = told_of(&recommending(&["risk"], &["tool"]), 100);
        let shorter = "it rests, by way of \"tool\", \"forecast\", on \"assumption\", which is \
                       broken";
        assert_eq!(found, [("tools".to_owned(), shorter.to_owned())]);
        assert_eq!(told_of(&recommending(&["sound"], &[]), 100), []);
    }

    #[test]
    fn what_lies_beyond_the_bound_is_owned_up_to() {
        let assessment = recommending(&["risk"], &[]);
        let premises = read(&assessment, 3);
        assert!(premises.truncated);
        assert_eq!(premises.gone(&assessment), []);
        let premises = read(&assessment, 4);
        assert!(!premises.truncated);
        assert_eq!(premises.gone(&assessment).len(), 1);
    }
}
