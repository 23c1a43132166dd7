//! Whose words a part of a sentence is: the author's own, an official's, an analyst's.
//!
//! "X said that ..." puts what follows into the mouth of X; a word such as "falsely" says that
//! the author rejects it, a denial says that it is not so. The words of one frame never speak for
//! another actor: what X claims of Y is not what Y says.

use super::lexicon::{GOVERNS, PREPOSITIONS, SAYS, Say};
use super::sentence::{Named, Run, Sentence};
use super::who::{People, Sort, Subject};
use crate::import::words::Hit;

/// Words between a verb of saying and what is said at most.
const REACH_WORDS_MAX: usize = 12;

/// What somebody is reported to say.
#[derive(Debug, Clone)]
pub(super) struct Frame<'n> {
    pub(super) who: Subject<'n>,
    pub(super) say: Say,
    /// The words that are said.
    pub(super) said: Run,
    /// The author says that it is false.
    pub(super) rejected: bool,
    /// It was not said in public.
    pub(super) private: bool,
}

impl Frame<'_> {
    /// Whether an actor, rather than somebody who watches, speaks.
    pub(super) fn official(&self) -> bool {
        matches!(self.who.sort, Sort::Actor | Sort::Person)
    }
}

/// What a sentence reports, in order.
pub(super) fn frames<'n>(s: &Sentence<'_, 'n>, people: &People<'n>) -> Vec<Frame<'n>> {
    let mut frames: Vec<Frame<'n>> = Vec::new();
    for hit in SAYS.hits(&s.words) {
        if let Some(frame) = frame(s, people, &hit, &frames) {
            frames.push(frame);
        }
    }
    // What the next speaker says is not said by the one before.
    let begins: Vec<usize> = frames
        .iter()
        .skip(1)
        .map(|frame| frame.who.run.from)
        .collect();
    for (frame, next) in frames.iter_mut().zip(begins) {
        if next > frame.said.from {
            frame.said.to = frame.said.to.min(next);
        }
    }
    frames.extend(according(s, people));
    frames
}

/// The innermost frame that a word stands in.
pub(super) fn voice<'f, 'n>(frames: &'f [Frame<'n>], at: usize) -> Option<&'f Frame<'n>> {
    frames
        .iter()
        .filter(|frame| frame.said.from <= at && at < frame.said.to)
        .max_by_key(|frame| frame.said.from)
}

fn frame<'n>(
    s: &Sentence<'_, 'n>,
    people: &People<'n>,
    hit: &Hit<Say>,
    before: &[Frame<'n>],
) -> Option<Frame<'n>> {
    // "China should tell both that ...": nothing is said yet.
    let unsaid = matches!(
        s.word(hit.first.wrapping_sub(1)),
        "should" | "must" | "could" | "may" | "might" | "can"
    );
    if s.noun(hit.first) || unsaid {
        return None;
    }
    if let Some(frame) = inverted(s, people, hit) {
        return Some(frame);
    }
    let own = people.subject(s, hit.first, 0);
    let last = s.word(hit.first.wrapping_sub(1));
    let follows = s.gap(hit.first).contains(',')
        || matches!(last, "and" | "but" | "also")
        || s.word(hit.first.wrapping_sub(2)) == "and" && last.ends_with("ly");
    let inherited = || {
        let last = before.last().filter(|_| follows)?;
        Some(Subject {
            run: Run {
                from: hit.first,
                to: hit.first,
            },
            ..last.who.clone()
        })
    };
    // "Moscow dismissed the offer and warned that ...": who opens the sentence goes on.
    let opening = || {
        let named = s.named.iter().find(|named| named.first <= 1)?;
        people
            .subject(s, named.after, 0)
            .filter(|_| matches!(last, "and" | "but"))
    };
    let who = if follows { inherited().or(own) } else { own };
    let who = who.or_else(opening)?;
    let said = match content(s, hit) {
        Some(from) => Run {
            from,
            to: ends(s, from),
        },
        None => quoted_before(s, who.run.from)?,
    };
    let near = hit.first.saturating_sub(3)..hit.after + 2;
    let adverb = |known: &[&str]| near.clone().any(|at| known.contains(&s.word(at)));
    Some(Frame {
        say: hit.meaning,
        said,
        rejected: adverb(&[
            "falsely",
            "wrongly",
            "baselessly",
            "erroneously",
            "disingenuously",
        ]),
        private: adverb(&["privately", "private"]),
        who,
    })
}

/// "“...”, said X": who speaks comes after the verb.
fn inverted<'n>(s: &Sentence<'_, 'n>, people: &People<'n>, hit: &Hit<Say>) -> Option<Frame<'n>> {
    const NAME_WORDS_MAX: usize = 8;
    if !s.gap(hit.first).contains(['”', '"']) {
        return None;
    }
    let said = quoted_before(s, hit.first)?;
    let last = s.len().min(hit.after + NAME_WORDS_MAX);
    let open = |at: &usize| *at == hit.after || !s.gap(*at).contains([',', ';']);
    let after = (hit.after..last).take_while(open);
    let ends = |at: usize| {
        people
            .subject(s, at + 1, hit.after)
            .filter(|who| !who.actors.is_empty())
    };
    let mut found = after.into_iter().filter_map(ends);
    Some(Frame {
        who: found.next()?,
        say: hit.meaning,
        said,
        rejected: false,
        private: false,
    })
}

/// "“...,” X said": the words that are said stand before who says them.
fn quoted_before(s: &Sentence, who: usize) -> Option<Run> {
    let opens = s.gap(0).contains(['“', '"']);
    let closes = |at: &usize| s.gap(*at).contains(['”', '"']);
    let to = (1..=who.min(s.len())).rev().find(closes)?;
    opens.then_some(Run { from: 0, to })
}

/// Where the words that are said begin.
fn content(s: &Sentence, hit: &Hit<Say>) -> Option<usize> {
    let last = s.len().min(hit.after + REACH_WORDS_MAX);
    for at in hit.after..last {
        let gap = s.gap(at);
        // "a “special round”" is a quoted term.
        let term = matches!(
            s.word(at - 1),
            "a" | "an" | "the" | "of" | "its" | "their" | "his"
        );
        let quote = gap.contains(['“', '"']) && !term;
        if quote && at + 2 < s.len() && !matches!(hit.meaning, Say::Deny) {
            return Some(at);
        }
        if gap.contains(';') || (gap.contains(':') && at > hit.after) || gap.contains('—') {
            return None;
        }
        if s.word(at) == "that" && at + 2 < s.len() {
            return Some(at + 1);
        }
        let bare = at == hit.after
            && !matches!(hit.meaning, Say::Deny)
            && (s.named_at(at).is_some()
                || matches!(s.word(at), "the" | "it" | "they" | "he" | "she"))
            && ((at..at + 8).any(|at| finite(s.word(at)))
                || hit.meaning == Say::Insist && matches!(s.word(at), "it" | "they" | "we"));
        if bare {
            return Some(at);
        }
    }
    None
}

fn finite(word: &str) -> bool {
    matches!(
        word,
        "will"
            | "would"
            | "is"
            | "are"
            | "has"
            | "have"
            | "was"
            | "were"
            | "may"
            | "could"
            | "might"
            | "can"
            | "cannot"
            | "must"
            | "should"
            | "intend"
            | "plan"
            | "seek"
    )
}

/// Where the words that are said end: the author's own remark follows.
fn ends(s: &Sentence, from: usize) -> usize {
    let remark = |at: &usize| {
        let gap = s.gap(*at);
        let word = s.word(*at);
        let own = matches!(
            word,
            "though" | "although" | "while" | "whereas" | "likely" | "an"
        ) || (word == "but" && matches!(s.word(at + 1), "did" | "has" | "have" | "the"));
        (gap.contains(',') && own)
            || (word == "but" && matches!(s.word(at + 1), "did" | "clarified"))
            || (gap.contains('”') && gap.contains(';'))
    };
    (from + 1..s.len()).find(remark).unwrap_or(s.len())
}

/// "According to X, ..." and "..., according to X".
fn according<'n>(s: &Sentence<'_, 'n>, people: &People<'n>) -> Option<Frame<'n>> {
    let at = (0..s.len()).find(|at| s.word(*at) == "according" && s.word(at + 1) == "to")?;
    let stop = (at + 2..s.len())
        .find(|at| s.gap(*at).contains(','))
        .unwrap_or(s.len());
    let named = s
        .named
        .iter()
        .find(|named| named.first >= at + 2 && named.after <= stop);
    // "Indian officials" speak for India.
    let ranks = [
        "foreign", "prime", "defence", "defense", "interior", "deputy", "senior",
    ];
    let officials = |named: &&Named<'n>| {
        (named.after..stop).all(|at| GOVERNS.contains(&s.word(at)) || ranks.contains(&s.word(at)))
    };
    let own = named.filter(|named| officials(named) && named.actors.len() == 1);
    let person = people.person(s.word(stop.saturating_sub(1)));
    let (sort, actors) = match (own, person.and_then(|person| person.stands_for)) {
        (Some(named), _) => (Sort::Actor, named.actors.clone()),
        (None, Some(actor)) => (Sort::Person, vec![actor]),
        (None, None) => (Sort::Analyst, Vec::new()),
    };
    let said = if PREPOSITIONS.contains(&s.word(at.wrapping_sub(1))) || stop < s.len() && at <= 2 {
        Run {
            from: stop,
            to: s.len(),
        }
    } else {
        s.whole()
    };
    let run = Run { from: at, to: stop };
    Some(Frame {
        who: Subject {
            sort,
            actors,
            run,
            speaker: None,
            surname: None,
        },
        say: Say::Declare,
        said,
        rejected: false,
        private: false,
    })
}
