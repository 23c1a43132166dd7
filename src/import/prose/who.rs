//! Who a sentence speaks of: the subject of a verb, persons by their titles, pronouns.
//!
//! A person who holds an office stands for the state or organisation; the office is told by the
//! words before the name, once, and the surname alone means the same person from then on. A name
//! behind a preposition is no subject: "sources close to the Kremlin say" is not the Kremlin.
//! What cannot be told stays unknown.

use std::collections::HashMap;

use super::lexicon::{ANALYSTS, GOVERNS, PREPOSITIONS, TITLES};
use super::sentence::{Named, Run, Sentence};
use crate::import::holders::principal;
use crate::import::span::Span;
use crate::model::actors;

/// Words of a title before a name at most.
const TITLE_WORDS_MAX: usize = 10;
/// Words of a person's name at most.
const NAME_WORDS_MAX: usize = 4;
/// Persons kept of one document at most.
const PERSONS_MAX: usize = 4_096;

/// A person met in the text.
#[derive(Debug, Clone)]
pub(super) struct Person<'n> {
    /// Where the name stands whole.
    pub(super) at: Span,
    /// The office as the text has it, with the name.
    pub(super) office: Span,
    /// Whom the person speaks for.
    pub(super) stands_for: Option<&'n str>,
}

/// The persons of a document by surname, and whom pronouns mean.
#[derive(Debug, Default)]
pub(super) struct People<'n> {
    by_surname: HashMap<String, Person<'n>>,
    /// The last subject that "he" or "she" may mean, and the last that "it" or "they" may.
    last_person: Vec<&'n str>,
    last_actor: Vec<&'n str>,
}

/// What sort of subject it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    /// Actors that are known.
    Actor,
    /// A person who stands for them.
    Person,
    /// "we", "this paper".
    Author,
    /// "analysts", or a name that is not known.
    Analyst,
}

/// The subject of a verb.
#[derive(Debug, Clone)]
pub(super) struct Subject<'n> {
    pub(super) sort: Sort,
    pub(super) actors: Vec<&'n str>,
    /// Its words.
    pub(super) run: Run,
    /// The person who speaks, where one is known by name.
    pub(super) speaker: Option<&'n str>,
    /// The surname of a person whom the text introduces.
    pub(super) surname: Option<String>,
}

impl<'n> Subject<'n> {
    fn of(sort: Sort, actors: &[&'n str], run: Run) -> Self {
        Self {
            sort,
            actors: actors.to_vec(),
            run,
            speaker: None,
            surname: None,
        }
    }
}

impl<'n> People<'n> {
    pub(super) fn person(&self, surname: &str) -> Option<&Person<'n>> {
        self.by_surname.get(surname)
    }

    /// A new paragraph: pronouns of the one before mean nothing here.
    pub(super) fn forget(&mut self) {
        self.last_person.clear();
        self.last_actor.clear();
    }

    /// Learns the persons that a sentence gives a title.
    pub(super) fn meet(&mut self, s: &Sentence<'_, 'n>) {
        for title in TITLES.hits(&s.words) {
            let mut name = title.after;
            if matches!(s.word(name), "to" | "of" | "for") {
                let mut at = name + 1 + usize::from(s.word(name + 1) == "the");
                at = s.named_at(at).map_or(at, |named| named.after);
                name = if at > name + 1 { at } else { name };
            }
            let fits = |at: usize| {
                let plain = s.gap(at).chars().all(|c| matches!(c, ' ' | '-' | '.'));
                let known = s
                    .named_at(at)
                    .is_some_and(|named| !is_person(&named.actors));
                s.capital(at) && plain && !known
            };
            let last = (name..name + NAME_WORDS_MAX)
                .take_while(|at| fits(*at))
                .last();
            let Some(last) = last.filter(|_| self.by_surname.len() < PERSONS_MAX) else {
                continue;
            };
            let stands_for = holder(s, title.first, title.after)
                .or_else(|| s.named_at(last).and_then(|named| only(&named.actors)));
            let from = title.first.saturating_sub(TITLE_WORDS_MAX);
            let from = (from..title.first)
                .rev()
                .take_while(|at| s.capital(*at) && s.gap(at + 1).trim().is_empty())
                .last()
                .unwrap_or(title.first);
            let person = Person {
                at: s.place(Run {
                    from: name,
                    to: last + 1,
                }),
                office: s.place(Run { from, to: last + 1 }),
                stands_for: stands_for.map(principal),
            };
            let surname = s.word(last).to_owned();
            let known = self
                .by_surname
                .entry(surname)
                .or_insert_with(|| person.clone());
            if known.stands_for.is_none() {
                known.stands_for = person.stands_for;
            }
        }
    }

    /// The subject of the verb at `verb`, looked for back to `from`.
    pub(super) fn subject(
        &self,
        s: &Sentence<'_, 'n>,
        verb: usize,
        from: usize,
    ) -> Option<Subject<'n>> {
        let mut end = verb;
        while end > from && s.gap(end).trim().is_empty() && passes(s, end - 1) {
            end -= 1;
        }
        // "Roe, a former envoy, believes": the words between the commas tell more of the subject.
        if end > from && s.gap(end).contains(',') {
            end = (from + 1..end).rev().find(|at| s.gap(*at).contains(','))?;
        }
        for _ in 0..4 {
            let head = end.checked_sub(1).filter(|head| *head >= from)?;
            let found = self.head(s, head, from)?;
            if matches!(s.word(head), "it" | "they" | "he" | "she" | "we") {
                return Some(found);
            }
            let Some(before) = before(s, found.run.from, from) else {
                return Some(found);
            };
            if !PREPOSITIONS.contains(&s.word(before)) {
                return Some(found);
            }
            let noun = before.checked_sub(1).filter(|at| *at >= from)?;
            if s.word(before) == "of" && GOVERNS.contains(&s.word(noun)) {
                return Some(found);
            }
            end = before;
        }
        None
    }

    /// What the noun at `head` means as a subject.
    fn head(&self, s: &Sentence<'_, 'n>, head: usize, from: usize) -> Option<Subject<'n>> {
        let word = s.word(head);
        let one = Run {
            from: head,
            to: head + 1,
        };
        let known = |found: &Subject<'n>| !found.actors.is_empty();
        match word {
            "we" | "i" => return Some(Subject::of(Sort::Author, &[], one)),
            "he" | "she" => {
                return Some(Subject::of(Sort::Person, &self.last_person, one)).filter(known);
            }
            "it" | "they" => {
                return Some(Subject::of(Sort::Actor, &self.last_actor, one)).filter(known);
            }
            _ => {}
        }
        if let Some(named) = s.named_at(head) {
            return self.named(s, named, from);
        }
        if let Some(person) = self.person(word).filter(|_| s.capital(head)) {
            let (sort, actors) = match person.stands_for {
                Some(actor) => (Sort::Person, vec![actor]),
                None => (Sort::Analyst, Vec::new()),
            };
            let first = (from..head)
                .rev()
                .take_while(|at| s.capital(*at) && s.gap(at + 1).trim().is_empty())
                .last();
            let run = Run {
                from: first.unwrap_or(head),
                to: head + 1,
            };
            return Some(Subject {
                surname: Some(word.to_owned()),
                ..Subject::of(sort, &actors, run)
            });
        }
        if GOVERNS.contains(&word) {
            let found = governs(s, head, from)?;
            // "The government is determined to": that of whom the sentence before speaks.
            let same = matches!(word, "government" | "regime" | "leadership" | "junta")
                && head > from
                && s.word(head - 1) == "the"
                && self.last_actor.len() == 1;
            if !(found.actors.is_empty() && same) {
                return Some(found);
            }
            let run = Run {
                from: head - 1,
                to: head + 1,
            };
            return Some(Subject::of(Sort::Actor, &self.last_actor, run));
        }
        let shouted = s.raw(head).len() > 1 && !s.raw(head).contains(char::is_lowercase);
        let analyst = ANALYSTS.contains(&word) || (s.capital(head) && (head > from || shouted));
        let further = || PREPOSITIONS.contains(&before(s, head, from).map_or("", |at| s.word(at)));
        (analyst || further()).then(|| Subject::of(Sort::Analyst, &[], one))
    }

    /// A name as a subject, with those named beside it.
    fn named(&self, s: &Sentence<'_, 'n>, named: &Named<'n>, from: usize) -> Option<Subject<'n>> {
        let last = named.after.saturating_sub(1);
        if named.demonym && !s.raw(last).ends_with('s') {
            return None;
        }
        let person = is_person(&named.actors);
        let sort = if person { Sort::Person } else { Sort::Actor };
        let (actors, first) = coordinated(s, named.first, from, only(&named.actors)?);
        let run = Run {
            from: first,
            to: named.after,
        };
        Some(Subject {
            speaker: named.actors.first().copied().filter(|_| person),
            ..Subject::of(sort, &actors, run)
        })
    }

    /// Remembers a subject for the pronouns that follow.
    pub(super) fn remember(&mut self, subject: &Subject<'n>) {
        if subject.actors.is_empty() {
            return;
        }
        match subject.sort {
            Sort::Person => self.last_person.clone_from(&subject.actors),
            Sort::Actor => self.last_actor.clone_from(&subject.actors),
            Sort::Author | Sort::Analyst => {}
        }
    }
}

/// "Israeli officials": a noun that stands for the actor before it, or for one not told.
fn governs<'n>(s: &Sentence<'_, 'n>, head: usize, from: usize) -> Option<Subject<'n>> {
    let near = from.max(head.saturating_sub(4));
    let unbroken =
        |at: &usize| s.gap(at + 1).trim().is_empty() && !PREPOSITIONS.contains(&s.word(*at));
    let mut nouns = (near..head).rev().take_while(unbroken);
    let Some(named) = nouns.find_map(|at| s.named_at(at)) else {
        let run = Run {
            from: head,
            to: head + 1,
        };
        return Some(Subject::of(Sort::Actor, &[], run));
    };
    let (actors, first) = coordinated(s, named.first, from, only(&named.actors)?);
    let run = Run {
        from: first,
        to: head + 1,
    };
    Some(Subject::of(Sort::Actor, &actors, run))
}

fn is_person(candidates: &[&str]) -> bool {
    candidates.iter().all(|actor| {
        let id = actor.strip_prefix("actors/");
        id.is_some_and(|id| actors::kind(id) == Some("PERSON"))
    })
}

fn only<'n>(candidates: &[&'n str]) -> Option<&'n str> {
    match candidates {
        [one] => Some(principal(one)),
        _ => None,
    }
}

/// The last word before a subject that is no article or adjective.
fn before(s: &Sentence, first: usize, from: usize) -> Option<usize> {
    let mut at = first.checked_sub(1)?;
    while at > from
        && matches!(
            s.word(at),
            "the" | "a" | "an" | "its" | "their" | "senior" | "some"
        )
    {
        at -= 1;
    }
    (at >= from && s.gap(first).trim().is_empty()).then_some(at)
}

/// Actors named one after the other: "the United Kingdom, France, and Japan".
fn coordinated<'n>(
    s: &Sentence<'_, 'n>,
    first: usize,
    from: usize,
    last: &'n str,
) -> (Vec<&'n str>, usize) {
    let mut actors = vec![last];
    let mut first = first;
    loop {
        let mut at = first;
        while at > from && s.word(at - 1) == "the" {
            at -= 1;
        }
        let joined =
            at > from && matches!(s.word(at - 1), "and" | "or") && s.gap(at).trim().is_empty();
        let comma = s.gap(if joined { at - 1 } else { at }).contains(',');
        if !(joined || comma && actors.len() > 1) {
            break;
        }
        if joined {
            at -= 1;
        }
        let Some(other) = at
            .checked_sub(1)
            .filter(|at| *at >= from)
            .and_then(|at| s.named_at(at))
        else {
            break;
        };
        let Some(actor) = only(&other.actors) else {
            break;
        };
        if !actors.contains(&actor) {
            actors.push(actor);
        }
        first = other.first;
    }
    actors.reverse();
    (actors, first)
}

/// Whose office a title names: the nearest name before it, or one of which it is.
fn holder<'n>(s: &Sentence<'_, 'n>, title: usize, after: usize) -> Option<&'n str> {
    let near = title.saturating_sub(TITLE_WORDS_MAX);
    let link = |at: &usize| {
        s.capital(*at)
            || matches!(
                s.word(*at),
                "the"
                    | "of"
                    | "first"
                    | "deputy"
                    | "lead"
                    | "former"
                    | "then"
                    | "senior"
                    | "and"
                    | "to"
                    | "for"
                    | "chief"
            )
    };
    let own = s.named_at(title).or_else(|| {
        (near..title)
            .rev()
            .take_while(link)
            .find_map(|at| s.named_at(at))
    });
    let of = || {
        let at = after + 1 + usize::from(s.word(after + 1) == "the");
        s.named_at(at)
            .filter(|_| matches!(s.word(after), "of" | "to" | "for"))
    };
    only(&own.or_else(of)?.actors)
}

/// Whether a word stands between a subject and its verb.
fn passes(s: &Sentence, at: usize) -> bool {
    const BETWEEN: [&str; 54] = [
        "has",
        "have",
        "had",
        "is",
        "are",
        "was",
        "were",
        "be",
        "been",
        "being",
        "also",
        "now",
        "still",
        "further",
        "then",
        "again",
        "not",
        "never",
        "no",
        "longer",
        "will",
        "would",
        "may",
        "might",
        "could",
        "can",
        "must",
        "should",
        "continue",
        "continued",
        "set",
        "itself",
        "themselves",
        "both",
        "each",
        "all",
        "thus",
        "already",
        "soon",
        "just",
        "yet",
        "ever",
        "once",
        "often",
        "always",
        "alway",
        "even",
        "too",
        "doe",
        "do",
        "did",
        "likely",
        "unlikely",
        "far",
    ];
    let word = s.word(at);
    if s.named_at(at).is_some() {
        return false;
    }
    let adverb = word.len() > 4
        && word.ends_with("ly")
        && !s.capital(at)
        && !matches!(word, "family" | "ally" | "supply" | "assembly");
    let linked = word == "to"
        && matches!(
            s.word(at.wrapping_sub(1)),
            "continue" | "continued" | "appear" | "appeared" | "seem"
        );
    BETWEEN.contains(&word) || adverb || linked || matches!(word, "appear" | "appeared" | "seem")
}
