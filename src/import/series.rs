//! The next document of a series: which of its elements carry on which of the one before.
//!
//! Only proposed, and only when the caller says which assessment is superseded: documents of one
//! week that merely agree in their numbers are never tied. The key of the series decides first
//! (`external_id`), then actor and issue, then the words; each element is carried on once, and
//! what is not alike enough starts a line of its own.

use std::collections::{HashMap, HashSet};

use super::words::folded;
use crate::model::v1;

/// How much of the words of two statements must be the same, by the F1 of their words.
const ALIKE_MIN: f64 = 0.7;
/// How many elements of a kind are compared by their words at most; more are told by key only.
const COMPARED_MAX: usize = 500;

/// What an element is recognised by.
struct Trait {
    name: String,
    lineage: String,
    key: String,
    /// Whose it is, and on which issue; empty when the kind has none.
    place: String,
    actor: String,
    words: Vec<String>,
}

/// One way of recognising an element.
type By = fn(&Trait) -> &str;

macro_rules! carry_each {
    ($new:ident, $old:ident; $($collection:ident $Kind:ident:
        |$e:ident| $actor:expr, $issue:expr, $text:expr;)+) => {$({
        let described = |$e: &v1::$Kind| described(
            ($e.name.as_str(), $e.uid.as_str(), $e.lineage.as_str()),
            $e.external_id.as_str(),
            ($actor, $issue, $text),
        );
        let before: Vec<Trait> = $old.$collection.iter().map(described).collect();
        let after: Vec<Trait> = $new.$collection.iter().map(described).collect();
        for (at, from) in matches(&after, &before) {
            let element = $new.$collection.get_mut(at);
            if let (Some(element), Some(before)) = (element, before.get(from)) {
                element.continues.clone_from(&before.name);
                element.lineage.clone_from(&before.lineage);
            }
        }
    })+};
}

/// Proposes for each element of `new` the one of `old` that it carries on. Names are set on both.
pub fn carry_on(new: &mut v1::Assessment, old: &v1::Assessment) {
    new.supersedes.clone_from(&old.name);
    let first = if old.lineage.is_empty() {
        &old.uid
    } else {
        &old.lineage
    };
    new.lineage.clone_from(first);
    carry_each! { new, old;
        judgments Judgment: |e| "", "", &e.statement;
        participants Participant: |e| &e.actor, "", &e.role;
        red_lines RedLine: |e| &e.actor, &e.issue, &e.title;
        positions Position: |e| &e.actor, &e.issue, &e.title;
        intentions Intention: |e| &e.actor, "", &e.statement;
        focus_areas FocusArea: |e| "", "", &e.title;
        challenges Challenge: |e| "", "", &e.statement;
        risks Risk: |e| "", "", &e.statement;
        tools Tool: |e| "", "", &e.title;
        recommendations Recommendation: |e| &e.addressee, "", &e.statement;
        commitments Commitment: |e| "", "", &e.title;
        forecasts Forecast: |e| "", "", &e.statement;
        scenario_sets ScenarioSet: |e| "", "", &e.title;
        indicators Indicator: |e| "", "", &e.observable;
        assumptions Assumption: |e| "", "", &e.statement;
    }
}

fn described(
    (name, uid, lineage): (&str, &str, &str),
    key: &str,
    (actor, issue, text): (&str, &str, &str),
) -> Trait {
    let place = if actor.is_empty() || issue.is_empty() {
        String::new()
    } else {
        format!("{actor} {issue}")
    };
    Trait {
        name: name.to_owned(),
        lineage: if lineage.is_empty() { uid } else { lineage }.to_owned(),
        key: key.to_owned(),
        place,
        actor: actor.to_owned(),
        words: folded(text).split(' ').map(str::to_owned).collect(),
    }
}

/// Pairs of positions: an element of `after` and the one of `before` that it carries on.
fn matches(after: &[Trait], before: &[Trait]) -> Vec<(usize, usize)> {
    let mut pairs: HashMap<usize, usize> = HashMap::new();
    let mut taken: HashSet<usize> = HashSet::new();
    let by: [By; 2] = [|e| e.key.as_str(), |e| e.place.as_str()];
    for by in by {
        let mut known: HashMap<&str, usize> = HashMap::new();
        for (at, element) in before
            .iter()
            .enumerate()
            .filter(|(at, _)| !taken.contains(at))
        {
            known.entry(by(element)).or_insert(at);
        }
        for (at, element) in after.iter().enumerate() {
            let found = known.get(by(element)).filter(|_| !by(element).is_empty());
            if let Some(from) = found.filter(|from| !taken.contains(*from))
                && !pairs.contains_key(&at)
            {
                pairs.insert(at, *from);
                taken.insert(*from);
            }
        }
    }
    let open: Vec<usize> = (0..after.len())
        .filter(|at| !pairs.contains_key(at))
        .collect();
    let mut likeness: Vec<(f64, usize, usize)> = Vec::new();
    for at in open.into_iter().take(COMPARED_MAX) {
        let free = before.iter().enumerate().take(COMPARED_MAX);
        for (from, element) in free.filter(|(from, _)| !taken.contains(from)) {
            let alike = after.get(at).map_or(0.0, |own| alike(own, element));
            if alike >= ALIKE_MIN {
                likeness.push((alike, at, from));
            }
        }
    }
    likeness.sort_by(|one, other| {
        other
            .0
            .total_cmp(&one.0)
            .then((one.1, one.2).cmp(&(other.1, other.2)))
    });
    for (_, at, from) in likeness {
        if !pairs.contains_key(&at) && taken.insert(from) {
            pairs.insert(at, from);
        }
    }
    let mut pairs: Vec<(usize, usize)> = pairs.into_iter().collect();
    pairs.sort_unstable();
    pairs
}

/// How alike two elements are by their words: 0 where keys or actors differ.
fn alike(one: &Trait, other: &Trait) -> f64 {
    let differ = |one: &str, other: &str| !one.is_empty() && !other.is_empty() && one != other;
    if differ(&one.key, &other.key) || one.actor != other.actor {
        return 0.0;
    }
    let mut left: HashMap<&str, usize> = HashMap::new();
    for word in &other.words {
        *left.entry(word).or_default() += 1;
    }
    let mut same = 0;
    for word in &one.words {
        if let Some(count) = left.get_mut(word.as_str()).filter(|count| **count > 0) {
            *count -= 1;
            same += 1;
        }
    }
    2.0 * f64::from(same) / (one.words.len() + other.words.len()).max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forecast(name: &str, key: &str, statement: &str) -> v1::Forecast {
        v1::Forecast {
            name: format!("assessments/{name}"),
            uid: format!("uid-{name}"),
            external_id: key.to_owned(),
            statement: statement.to_owned(),
            ..v1::Forecast::default()
        }
    }

    fn line(name: &str, actor: &str, issue: &str) -> v1::RedLine {
        v1::RedLine {
            name: format!("assessments/{name}"),
            uid: format!("uid-{name}"),
            actor: actor.to_owned(),
            issue: issue.to_owned(),
            title: issue.to_owned(),
            ..v1::RedLine::default()
        }
    }

    #[test]
    fn key_then_place_then_words_tell_what_carries_on() {
        let old = v1::Assessment {
            name: "assessments/old".to_owned(),
            uid: "first".to_owned(),
            forecasts: vec![
                forecast("old/1", "H1", "The port stays shut for a month"),
                forecast("old/2", "", "The strait is mined by the end of spring"),
            ],
            red_lines: vec![
                line("old/a", "actors/oman", "issues/pilots"),
                line("old/b", "actors/iran", "issues/pilots"),
            ],
            ..v1::Assessment::default()
        };
        let mut new = v1::Assessment {
            forecasts: vec![
                forecast("new/1", "", "The strait is mined by the end of summer"),
                forecast("new/2", "H1", "Shut port"),
                forecast("new/3", "H9", "The port stays shut for a month"),
                forecast("new/4", "", "Nothing of the kind was said before"),
            ],
            red_lines: vec![line("new/b", "actors/iran", "issues/pilots")],
            ..v1::Assessment::default()
        };
        carry_on(&mut new, &old);
        let continues: Vec<&str> = new.forecasts.iter().map(|e| e.continues.as_str()).collect();
        assert_eq!(
            continues,
            ["assessments/old/2", "assessments/old/1", "", ""]
        );
        assert_eq!(new.red_lines[0].continues, "assessments/old/b");
        assert_eq!(new.red_lines[0].lineage, "uid-old/b");
        assert_eq!(
            (new.supersedes.as_str(), new.lineage.as_str()),
            ("assessments/old", "first")
        );
    }

    #[test]
    fn each_element_is_carried_on_once_by_the_one_most_like_it() {
        let old = v1::Assessment {
            forecasts: vec![forecast(
                "old/1",
                "",
                "The fleet leaves the bay before June",
            )],
            ..v1::Assessment::default()
        };
        let mut new = v1::Assessment {
            forecasts: vec![
                forecast("new/1", "", "The fleet leaves the bay before late June"),
                forecast("new/2", "", "The fleet leaves the bay before June"),
            ],
            ..v1::Assessment::default()
        };
        carry_on(&mut new, &old);
        assert_eq!(new.forecasts[0].continues, "");
        assert_eq!(new.forecasts[1].continues, "assessments/old/1");
    }
}
