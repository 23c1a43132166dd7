//! Conditions, checked against the contract: from what was read to what it means.

use super::criterion::{Criterion, Test};
use super::field::{self, Found, Sort};
use super::terms::{compared, stated};
use super::tree::{Argument, Node, Operand, Sign, Term, Word};
use super::{Expr, Problem, Through, broken, missing, violation};
use crate::model::actors;
use crate::model::kind::{self, Index, Kind, Value};

/// Where a path begins that speaks of the assessment an element lies in.
const PARENT: &str = "assessment";

/// What a tree means; what is wrong goes to `problems`, and stands for anything.
pub(super) fn check(node: &Node, kind: &Kind, problems: &mut Vec<Problem>) -> Expr {
    let mut all = |nodes: &[Node]| -> Vec<Expr> {
        nodes
            .iter()
            .map(|node| check(node, kind, problems))
            .collect()
    };
    match node {
        Node::And(nodes) => Expr::And(all(nodes)),
        Node::Or(nodes) => Expr::Or(all(nodes)),
        Node::Not(node) => check(node, kind, problems).negated(),
        Node::Term(term) => term_of(term, kind).unwrap_or_else(|problem| {
            problems.push(problem);
            Expr::Every
        }),
        Node::Broken => Expr::Every,
    }
}

fn term_of(term: &Term, kind: &Kind) -> Result<Expr, Problem> {
    match (&term.left, &term.right) {
        (Operand::Call { name, at, given }, None) => call((name, *at), given, kind),
        (Operand::Call { name, at, .. }, Some(_)) => {
            let text = format!("\"{name}\" is true or not, and not compared with anything");
            Err(violation(*at, "FILTER_TYPE_MISMATCH", &text))
        }
        (Operand::Member(words), None) => Ok(Expr::Body(Criterion {
            path: Vec::new(),
            test: Test::Holds(literal(words).text.to_lowercase()),
        })),
        (Operand::Member(words), Some((sign, argument))) => {
            let (found, inside) = find(words, kind)?;
            let told = argued((&found, *sign), argument)?;
            Ok(if inside {
                Expr::Parent(Box::new(told))
            } else {
                told
            })
        }
    }
}

/// The field that words lead to, and whether it is one of the assessment.
fn find(words: &[Word], kind: &Kind) -> Result<(Found, bool), Problem> {
    let mut path: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    let inside = kind.is_element() && path.len() > 1 && path.first() == Some(&PARENT);
    let skipped = usize::from(inside);
    let above = if inside { kind::of("Assessment") } else { None };
    path.drain(..skipped);
    let at = |place: usize| words.get(place + skipped).map_or(0, |word| word.at);
    let found = field::find(above.unwrap_or(kind), &path);
    found
        .map(|found| (found, inside))
        .map_err(|why| missing(why, &path, at))
}

/// A field compared with a literal, or with several in brackets.
fn argued((found, sign): (&Found, Sign), argument: &Argument) -> Result<Expr, Problem> {
    match argument {
        Argument::Operand(Operand::Member(words)) => compared(found, sign, &literal(words)),
        Argument::Operand(Operand::Call { name, at, .. }) => {
            let text = format!("expected a literal, not the function \"{name}\"");
            Err(violation(*at, "FILTER_TYPE_MISMATCH", &text))
        }
        Argument::Group(node, _) => grouped((found, sign), node),
    }
}

fn grouped(asked: (&Found, Sign), node: &Node) -> Result<Expr, Problem> {
    let each = |nodes: &[Node]| -> Result<Vec<Expr>, Problem> {
        nodes.iter().map(|node| grouped(asked, node)).collect()
    };
    match node {
        Node::And(nodes) => Ok(Expr::And(each(nodes)?)),
        Node::Or(nodes) => Ok(Expr::Or(each(nodes)?)),
        Node::Not(node) => Ok(grouped(asked, node)?.negated()),
        Node::Term(Term {
            left: Operand::Member(words),
            right: None,
        }) => compared(asked.0, asked.1, &literal(words)),
        Node::Term(term) => Err(broken(
            term.left.at(),
            "expected a literal in these brackets",
        )),
        Node::Broken => Ok(Expr::Every),
    }
}

/// Words as one literal: the grammar takes `a.b` for a field of a field.
fn literal(words: &[Word]) -> Word {
    let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    Word {
        text: texts.join("."),
        quoted: words.iter().any(|word| word.quoted),
        at: words.first().map_or(0, |word| word.at),
    }
}

/// What the grammar cannot say.
fn call((name, at): (&str, usize), given: &[Argument], kind: &Kind) -> Result<Expr, Problem> {
    match (name, given) {
        ("stated", [path]) => {
            let words = words(path)?;
            let (found, inside) = find(words, kind)?;
            let told = stated(&found);
            Ok(if inside {
                Expr::Parent(Box::new(told))
            } else {
                told
            })
        }
        ("mentions", [target]) => {
            let target = named(&literal(words(target)?))?;
            let links = links(kind).map(|(at, _)| Expr::value(at, Value::Text(target.clone())));
            Ok(Expr::Or(links.collect()))
        }
        ("member_of", [group]) => {
            let links: Vec<u16> = links(kind)
                .filter(|(_, path)| !path.contains('.') && leads_to_actors(path))
                .map(|(at, _)| at)
                .collect();
            member(links, group, kind, at)
        }
        ("member_of", [path, group]) => {
            let words = words(path)?;
            let (found, inside) = find(words, kind)?;
            let leaf = found.path.rsplit('.').next().unwrap_or_default();
            let link = found.index.filter(|_| leads_to_actors(leaf) && !inside);
            let Some(link) = link else {
                let text = format!("\"{}\" is no link to an actor of this resource", found.path);
                let at = words.first().map_or(at, |word| word.at);
                return Err(violation(at, "FILTER_TYPE_MISMATCH", &text));
            };
            member(vec![link], group, kind, at)
        }
        ("stated" | "mentions" | "member_of", _) => {
            let text = format!(
                "\"{name}\" is given {} arguments, it takes another number",
                given.len()
            );
            Err(violation(at, "FILTER_TYPE_MISMATCH", &text))
        }
        (_, _) => {
            let text = format!("no function \"{name}\"; there are mentions, member_of and stated");
            Err(violation(at, "FILTER_FUNCTION_UNKNOWN", &text))
        }
    }
}

fn words(argument: &Argument) -> Result<&[Word], Problem> {
    match argument {
        Argument::Operand(Operand::Member(words)) => Ok(words),
        Argument::Operand(Operand::Call { .. }) | Argument::Group(_, _) => {
            Err(broken(argument.at(), "expected a field or a name"))
        }
    }
}

fn named(word: &Word) -> Result<Box<str>, Problem> {
    if crate::model::name::Name::parse(&word.text, "name").is_ok() {
        return Ok(word.text.as_str().into());
    }
    let text = format!("\"{}\" is not the name of a resource", word.text);
    Err(violation(word.at, "FILTER_VALUE_UNKNOWN", &text))
}

/// The indexed links of a kind, with their paths.
pub(super) fn links(kind: &Kind) -> impl Iterator<Item = (u16, &str)> {
    (0u16..).zip(&kind.fields).filter_map(|(at, field)| {
        let leaf = field.path.rsplit('.').next().unwrap_or_default();
        let link = matches!(field.index, Index::Text) && kind::targets(leaf).is_some();
        link.then_some((at, field.path.as_str()))
    })
}

fn leads_to_actors(leaf: &str) -> bool {
    kind::targets(leaf) == Some(&["actors"])
}

/// Membership as the registry has it, and the built-in table. It is not followed further: a member
/// of a member is none.
fn member(links: Vec<u16>, group: &Argument, kind: &Kind, at: usize) -> Result<Expr, Problem> {
    let group = named(&literal(words(group)?))?;
    let actor = kind::of("Actor");
    let field = actor.and_then(|actor| actor.field("memberships.actor"));
    let (Some(actor), Some(field)) = (actor, field) else {
        return Err(violation(
            at,
            "FILTER_FUNCTION_UNKNOWN",
            "actors have no members",
        ));
    };
    let value = Value::Text(group.clone());
    if kind.ordinal == actor.ordinal {
        return Ok(Expr::value(field, value));
    }
    let id = group.strip_prefix("actors/").unwrap_or_default();
    let built_in = actors::builtin().iter();
    let besides = built_in.filter(|actor| actor.memberships.iter().any(|one| one.actor == id));
    Ok(Expr::Through(Through {
        links,
        kind: actor.ordinal,
        field,
        value,
        besides: besides
            .map(|actor| format!("actors/{}", actor.id))
            .collect(),
    }))
}

/// Whether a field's values are looked up in the index as texts.
pub(super) fn keyed(found: &Found) -> Option<u16> {
    let text = matches!(found.sort, Sort::Key | Sort::Text);
    found.index.filter(|_| text)
}
