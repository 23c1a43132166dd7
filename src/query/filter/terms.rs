//! One field compared with one literal: by the sort of the field.

use prost_reflect::EnumDescriptor;

use super::check::keyed;
use super::criterion::{Criterion, Stands, Test};
use super::field::{Found, Place, Sort};
use super::literal::{self, Pattern, Range, range, stretch};
use super::tree::{Sign, Word};
use super::{Expr, Problem, violation};
use crate::model::kind::{Value, short};
use crate::model::mutant;
use crate::model::ranks::{UNDETERMINED, ascending};

/// What a comparison asks for.
pub(super) fn compared(found: &Found, sign: Sign, word: &Word) -> Result<Expr, Problem> {
    if word.text == "*" && !matches!(found.sort, Sort::Entry(_)) {
        return match sign {
            Sign::Has | Sign::Equal => Ok(stated(found)),
            Sign::NotEqual => Ok(stated(found).negated()),
            Sign::Less | Sign::LessOrEqual | Sign::Greater | Sign::GreaterOrEqual => {
                Err(mismatch(found, word, "a star is only equal"))
            }
        };
    }
    if sign == Sign::NotEqual {
        let equal = compared(found, Sign::Equal, word)?.negated();
        return Ok(judged(found).and(equal));
    }
    match &found.sort {
        Sort::Enum(values) => enumerated((found, values), sign, word),
        Sort::Bool => flag(found, sign, word),
        Sort::Int | Sort::Float => {
            let number = expect(found, word, literal::number(&word.text), "a number")?;
            let range = range(sign, number);
            let int = matches!(found.sort, Sort::Int);
            Ok(body(
                found,
                if int {
                    Test::Int(range)
                } else {
                    Test::Float(range)
                },
            ))
        }
        Sort::Text | Sort::Key | Sort::Name => text(found, sign, word),
        Sort::Time => {
            let time = expect(found, word, literal::time(&word.text), TIME)?;
            Ok(body(found, Test::Time(stretch(sign, time))))
        }
        Sort::Place(place) => placed((found, *place), sign, word),
        Sort::Duration => {
            let hint = "a duration such as 90s, 1.5h or 3d";
            let seconds = expect(found, word, literal::seconds(&word.text), hint)?;
            Ok(body(found, Test::Duration(range(sign, seconds))))
        }
        Sort::Span => {
            let (from, to) = expect(found, word, literal::time(&word.text), TIME)?;
            Ok(body(found, Test::Span(Stands::of(sign), from, to)))
        }
        Sort::Likelihood => {
            let number = expect(found, word, literal::number(&word.text), "a probability")?;
            Ok(body(found, Test::Likelihood(Stands::of(sign), number)))
        }
        Sort::Map | Sort::Entry(_) if !matches!(sign, Sign::Has | Sign::Equal) => {
            Err(unordered(found, word))
        }
        Sort::Map => Ok(body(found, Test::Key(Pattern::read(&word.text)))),
        Sort::Entry(key) => {
            let value = Pattern::read(&word.text);
            Ok(body(found, Test::Entry(key.clone(), value)))
        }
        Sort::Message(fields) => {
            let text = format!("it is compared by its fields: {}", fields.join(", "));
            Err(mismatch(found, word, &text))
        }
    }
}

const TIME: &str = "a time such as 2026-04-01 or 2026-04-01T09:30:00Z";

/// Whether it is set at all.
pub(super) fn stated(found: &Found) -> Expr {
    match (&found.sort, found.tags.as_slice()) {
        (Sort::Name | Sort::Place(Place::Revision | Place::CreateTime | Place::UpdateTime), _) => {
            Expr::Every
        }
        (Sort::Place(Place::DeleteTime), _) => {
            let ever = (std::ops::Bound::Unbounded, std::ops::Bound::Unbounded);
            Expr::Place(Place::DeleteTime, ever)
        }
        (Sort::Entry(key), _) => body(found, Test::Key(Pattern::Is(key.clone()))),
        (_, [tag]) => Expr::Stated(*tag),
        (_, _) => body(found, Test::Stated),
    }
}

/// Whether it has a value that another could be different from.
fn judged(found: &Found) -> Expr {
    if let Sort::Enum(values) = &found.sort {
        return one_of(found, numbers(values, |name| name != UNDETERMINED));
    }
    // Words alone, "likely" or "in the coming weeks", are stated and yet no number to differ from.
    if matches!(found.sort, Sort::Likelihood) {
        return body(found, Test::Likelihood(Stands::Anyhow, 0.0));
    }
    if matches!(found.sort, Sort::Span) {
        return body(found, Test::Span(Stands::Anyhow, 0, 0));
    }
    // Of a bool that cannot tell unset from false, unset is false.
    if matches!(found.sort, Sort::Bool) && !found.presence {
        return Expr::Every;
    }
    stated(found)
}

fn numbers(values: &EnumDescriptor, keep: impl Fn(&str) -> bool) -> Vec<i32> {
    let stated = values.values().filter(|value| value.number() != 0);
    let kept = stated.filter(|value| keep(&short(value)));
    kept.map(|value| value.number()).collect()
}

fn one_of(found: &Found, numbers: Vec<i32>) -> Expr {
    match found.index {
        Some(field) => Expr::Values(field, numbers.into_iter().map(Value::Number).collect()),
        None => body(found, Test::OneOf(numbers)),
    }
}

fn body(found: &Found, test: Test) -> Expr {
    Expr::Body(Criterion {
        path: found.tags.clone(),
        test,
    })
}

/// The values of an enum from the least to the greatest, those that have a place among them; by
/// number where there is no such order.
pub(super) fn ranked(values: &EnumDescriptor) -> Vec<Value> {
    let number = |name: &&str| {
        let found = values.values().find(|value| short(value) == **name);
        found.map(|value| value.number())
    };
    let all = match ascending(values.name()) {
        Some(ranks) => ranks.iter().filter_map(number).collect(),
        None => numbers(values, |name| name != UNDETERMINED),
    };
    all.into_iter().map(Value::Number).collect()
}

fn enumerated(
    (found, values): (&Found, &EnumDescriptor),
    sign: Sign,
    word: &Word,
) -> Result<Expr, Problem> {
    let named = |value: &prost_reflect::EnumValueDescriptor| {
        value.name() == word.text || short(value) == word.text
    };
    let Some(value) = values.values().find(named) else {
        let known: Vec<String> = values.values().skip(1).map(|value| short(&value)).collect();
        let text = format!(
            "\"{}\" is not a value of \"{}\"; it has {}",
            word.text,
            found.path,
            known.join(", ")
        );
        return Err(violation(word.at, "FILTER_VALUE_UNKNOWN", &text));
    };
    if value.number() == 0 {
        let path = &found.path;
        let text = format!("what is not stated has no value; ask for NOT stated({path})");
        return Err(violation(word.at, "FILTER_VALUE_UNKNOWN", &text));
    }
    if matches!(sign, Sign::Equal | Sign::Has) {
        return Ok(one_of(found, vec![value.number()]));
    }
    let Some(ranks) = ascending(values.name()) else {
        return Err(unordered(found, word));
    };
    let Some(rank) = ranks.iter().position(|rank| *rank == short(&value)) else {
        return Err(mismatch(
            found,
            word,
            "this value is neither above nor below another",
        ));
    };
    let fits = |name: &str| {
        let Some(other) = ranks.iter().position(|rank| *rank == name) else {
            return mutant::active("undetermined_satisfies") && name == UNDETERMINED;
        };
        match sign {
            Sign::Less => other < rank,
            Sign::LessOrEqual => other <= rank,
            Sign::Greater => other > rank,
            Sign::GreaterOrEqual => other >= rank,
            Sign::Equal | Sign::NotEqual | Sign::Has => false,
        }
    };
    Ok(one_of(found, numbers(values, fits)))
}

fn flag(found: &Found, sign: Sign, word: &Word) -> Result<Expr, Problem> {
    if !matches!(sign, Sign::Equal | Sign::Has) {
        return Err(unordered(found, word));
    }
    match word.text.as_str() {
        "true" => Ok(one_of(found, vec![1])),
        "false" if found.presence => Ok(one_of(found, vec![0])),
        "false" => Ok(one_of(found, vec![1]).negated()),
        _ => Err(mismatch(found, word, "it is true or false")),
    }
}

fn text(found: &Found, sign: Sign, word: &Word) -> Result<Expr, Problem> {
    if !matches!(sign, Sign::Equal | Sign::Has) {
        let text = "texts have no order; use = with a star, or :";
        return Err(mismatch(found, word, text));
    }
    let pattern = Pattern::read(&word.text);
    if matches!(found.sort, Sort::Name) {
        return Ok(Expr::Named(pattern));
    }
    if let Some(field) = keyed(found) {
        return Ok(match pattern {
            Pattern::Is(text) => Expr::value(field, Value::Text(text.into())),
            Pattern::Begins(_) | Pattern::Ends(_) | Pattern::Holds(_) => Expr::Like(field, pattern),
        });
    }
    // Of one text ":" asks for a part, of several for one that is so.
    if sign == Sign::Has && !found.many && matches!(pattern, Pattern::Is(_)) {
        return Ok(body(found, Test::Holds(word.text.to_lowercase())));
    }
    Ok(body(found, Test::Like(pattern)))
}

fn placed((found, place): (&Found, Place), sign: Sign, word: &Word) -> Result<Expr, Problem> {
    if place == Place::Revision {
        let number = word.text.parse::<i64>().ok();
        let revision = expect(found, word, number, "a revision")?;
        return Ok(Expr::Place(place, range(sign, revision)));
    }
    let time = expect(found, word, literal::time(&word.text), TIME)?;
    let range: Range<i64> = stretch(sign, time);
    Ok(Expr::Place(place, range))
}

fn expect<T>(found: &Found, word: &Word, value: Option<T>, what: &str) -> Result<T, Problem> {
    value.ok_or_else(|| mismatch(found, word, &format!("it is compared with {what}")))
}

fn unordered(found: &Found, word: &Word) -> Problem {
    mismatch(found, word, "its values have no order; use =, != or :")
}

fn mismatch(found: &Found, word: &Word, why: &str) -> Problem {
    let text = format!(
        "\"{}\" cannot be compared so with \"{}\": {why}",
        found.path, word.text
    );
    violation(word.at, "FILTER_TYPE_MISMATCH", &text)
}
