//! How kinds and resources are called on the command line.
//!
//! A kind is called by its collection in kebab case: `red-lines`; `red-line` and `redLines` mean
//! the same. A name may be shortened where nothing is lost: `talks` is `assessments/talks`,
//! `talks/red-lines/nato` is `assessments/talks/redLines/nato`.

use std::sync::LazyLock;

use chancery::model::kind::{self, Kind};
use chancery::model::name::ASSESSMENTS;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

/// A kind, and what it is called.
#[derive(Debug)]
pub(crate) struct Noun {
    pub(crate) kind: &'static Kind,
    /// `red-lines`
    pub(crate) plural: String,
    /// `red-line`
    pub(crate) singular: String,
}

static NOUNS: LazyLock<Vec<Noun>> = LazyLock::new(|| {
    let nouns = kind::kinds().iter().map(|kind| Noun {
        kind,
        plural: parted(&kind.collection, '-'),
        singular: parted(&kind.message, '-'),
    });
    nouns.collect()
});

/// Every kind, in the order of the contract.
pub(crate) fn nouns() -> &'static [Noun] {
    &NOUNS
}

/// What a kind is called.
pub(crate) fn of(kind: &Kind) -> Option<&'static Noun> {
    nouns().get(usize::from(kind.ordinal))
}

/// The kind that goes by `word`.
pub(crate) fn noun(word: &str) -> Option<&'static Noun> {
    let goes = |name: &str| name.eq_ignore_ascii_case(word);
    nouns()
        .iter()
        .find(|noun| goes(&noun.plural) || goes(&noun.singular) || goes(&noun.kind.collection))
}

impl Noun {
    /// What it calls `count` of its kind: `1 red line`, `3 red lines`.
    pub(crate) fn counted(&self, count: usize) -> String {
        let word = if count == 1 {
            &self.singular
        } else {
            &self.plural
        };
        format!("{count} {}", word.replace('-', " "))
    }

    /// `red lines`
    pub(crate) fn words(&self) -> String {
        self.plural.replace('-', " ")
    }
}

/// Takes a kind; the usage error lists them all.
pub(crate) fn parser() -> impl TypedValueParser<Value = &'static Noun> {
    let values = nouns().iter().map(|noun| {
        PossibleValue::new(noun.plural.as_str())
            .alias(noun.singular.as_str())
            .alias(noun.kind.collection.as_str())
    });
    PossibleValuesParser::new(values)
        .try_map(|word| noun(&word).ok_or_else(|| format!("unknown kind \"{word}\"")))
}

/// The whole name of what a person calls `text`; what cannot be understood is left as it is, for
/// the server to refuse.
pub(crate) fn whole(text: &str) -> String {
    let collection = |word: &str| match noun(word) {
        Some(noun) => noun.kind.collection.clone(),
        None => word.to_owned(),
    };
    let parts: Vec<&str> = text.split('/').collect();
    match parts.as_slice() {
        [id] => format!("{ASSESSMENTS}/{id}"),
        [top, id] => format!("{}/{id}", collection(top)),
        [assessment, kind, id] => format!("{ASSESSMENTS}/{assessment}/{}/{id}", collection(kind)),
        [top, assessment, kind, id] => {
            format!("{}/{assessment}/{}/{id}", collection(top), collection(kind))
        }
        _ => text.to_owned(),
    }
}

/// The whole name in `collection`, of an id or of a whole name.
pub(crate) fn within(collection: &str, text: &str) -> String {
    if text.is_empty() || text.contains('/') {
        text.to_owned()
    } else {
        format!("{collection}/{text}")
    }
}

/// `redLines` -> `red-lines`
pub(crate) fn parted(camel: &str, separator: char) -> String {
    let mut words = String::with_capacity(camel.len() + 4);
    for letter in camel.chars() {
        if letter.is_ascii_uppercase() && !words.is_empty() {
            words.push(separator);
        }
        words.push(letter.to_ascii_lowercase());
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_one_name_of_its_own() {
        let mut plurals: Vec<&str> = nouns().iter().map(|noun| noun.plural.as_str()).collect();
        assert!(plurals.contains(&"red-lines") && plurals.contains(&"scenario-sets"));
        plurals.sort_unstable();
        plurals.dedup();
        assert_eq!(plurals.len(), kind::kinds().len());
        for noun in nouns() {
            assert_eq!(of(noun.kind).map(|found| &found.plural), Some(&noun.plural));
            let same = [&noun.plural, &noun.singular, &noun.kind.collection];
            for word in same {
                assert_eq!(
                    super::noun(word).map(|found| found.kind.ordinal),
                    Some(noun.kind.ordinal)
                );
            }
        }
        assert!(super::noun("lines").is_none());
    }

    #[test]
    fn names_may_be_shortened() {
        for (short, long) in [
            ("talks", "assessments/talks"),
            ("actor/russia", "actors/russia"),
            ("actors/russia", "actors/russia"),
            ("talks/red-lines/nato", "assessments/talks/redLines/nato"),
            (
                "assessments/talks/red-line/nato",
                "assessments/talks/redLines/nato",
            ),
            (
                "assessments/talks/redLines/nato",
                "assessments/talks/redLines/nato",
            ),
            ("what/is/this/even/now", "what/is/this/even/now"),
        ] {
            assert_eq!(whole(short), long);
        }
        assert_eq!(within("situations", "ukraine"), "situations/ukraine");
        assert_eq!(
            within("situations", "situations/ukraine"),
            "situations/ukraine"
        );
        assert_eq!(within("situations", ""), "");
    }

    #[test]
    fn counts_speak_english() {
        let lines = noun("red-lines").unwrap();
        assert_eq!(
            (lines.counted(1), lines.counted(0)),
            ("1 red line".into(), "0 red lines".into())
        );
    }
}
