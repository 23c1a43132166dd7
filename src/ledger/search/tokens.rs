//! Texts into the tokens that are indexed, and a search into the tokens that are looked for.
//!
//! Every text is taken apart twice alike: into *stems*, lower case, without accents, English
//! endings cut off, with their positions (words and phrases); and into *words*, the same with their
//! endings, without positions (beginnings of words). A word beyond 255 bytes is no word.

use tantivy::schema::{FAST, Field, IndexRecordOption, Schema, TextFieldIndexing, TextOptions};
use tantivy::tokenizer::{
    AsciiFoldingFilter, Language, LowerCaser, RemoveLongFilter, SimpleTokenizer, Stemmer,
    TextAnalyzer, TokenizerManager,
};

use crate::query::words::{Clause, Words};

const STEMS: &str = "stems";
const WORDS: &str = "words";
/// The field that says which row a document is, and of which kind.
pub(super) const KEY: &str = "key";
const WORD_BYTES_MAX: usize = 255;

/// The fields of the index.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields {
    pub(super) key: Field,
    pub(super) stems: Field,
    pub(super) words: Field,
}

/// What the index holds of a version.
pub(super) fn schema() -> (Schema, Fields) {
    let mut schema = Schema::builder();
    let text = |tokenizer: &str, option: IndexRecordOption, norms: bool| {
        let indexing = TextFieldIndexing::default()
            .set_tokenizer(tokenizer)
            .set_index_option(option)
            .set_fieldnorms(norms);
        TextOptions::default().set_indexing_options(indexing)
    };
    let positions = IndexRecordOption::WithFreqsAndPositions;
    let fields = Fields {
        key: schema.add_u64_field(KEY, FAST),
        stems: schema.add_text_field(STEMS, text(STEMS, positions, true)),
        words: schema.add_text_field(WORDS, text(WORDS, IndexRecordOption::Basic, false)),
    };
    (schema.build(), fields)
}

/// The two ways to take a text apart, for tantivy.
pub(super) fn tokenizers() -> TokenizerManager {
    // Tantivy wants its own "default" also for fields that are no texts.
    let tokenizers = TokenizerManager::default();
    tokenizers.register(STEMS, stems());
    tokenizers.register(WORDS, words());
    tokenizers
}

/// Takes a text apart into stems.
pub(super) fn stems() -> TextAnalyzer {
    TextAnalyzer::builder(SimpleTokenizer::default())
        .filter(RemoveLongFilter::limit(WORD_BYTES_MAX))
        .filter(LowerCaser)
        .filter(AsciiFoldingFilter)
        .filter(Stemmer::new(Language::English))
        .build()
}

/// Takes a text apart into words, the same ones at the same places.
pub(super) fn words() -> TextAnalyzer {
    TextAnalyzer::builder(SimpleTokenizer::default())
        .filter(RemoveLongFilter::limit(WORD_BYTES_MAX))
        .filter(LowerCaser)
        .filter(AsciiFoldingFilter)
        .build()
}

/// What is looked for, as tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Terms {
    pub(super) wanted: Vec<Term>,
    pub(super) absent: Vec<Term>,
}

/// A part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Term {
    /// Stems side by side, or one.
    Phrase(Vec<String>),
    /// What a word begins with.
    Prefix(String),
}

impl Terms {
    /// The tokens of a search; `None` when it asks for what no text can hold.
    pub(super) fn of(sought: &Words) -> Option<Self> {
        let (mut stems, mut words) = (stems(), words());
        let mut terms = |clauses: &[Clause]| {
            let each = clauses.iter().map(|clause| match clause {
                Clause::Phrase(said) => {
                    let stemmed = said.iter().map(|word| only(&mut stems, word));
                    Some(Term::Phrase(stemmed.collect::<Option<_>>()?))
                }
                Clause::Prefix(said) => only(&mut words, said).map(Term::Prefix),
            });
            each.collect::<Vec<Option<Term>>>()
        };
        let absent = terms(&sought.absent).into_iter().flatten().collect();
        let wanted: Option<Vec<Term>> = terms(&sought.wanted).into_iter().collect();
        wanted.map(|wanted| Self { wanted, absent })
    }

    /// Whether beginnings of words are asked for.
    pub(super) fn begins(&self) -> bool {
        let mut terms = self.wanted.iter().chain(&self.absent);
        terms.any(|term| matches!(term, Term::Prefix(_)))
    }
}

/// The token of one word.
fn only(analyzer: &mut TextAnalyzer, word: &str) -> Option<String> {
    let mut stream = analyzer.token_stream(word);
    stream.advance().then(|| stream.token().text.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::limits::Limits;
    use crate::query::words;

    #[test]
    fn inflections_case_and_accents_fall_together() {
        let terms = |text: &str| Terms::of(&words::parse(text, &Limits::default()).unwrap());
        assert_eq!(terms("Negotiating"), terms("negotiations"));
        assert_eq!(terms("ERDOĞAN"), terms("erdogan"));
        assert_eq!(terms("\"Talks, stalled\""), terms("talk-stall"));
        assert_ne!(terms("negotiat*"), terms("negotiate*"));
        assert_eq!(terms(&format!("peace {}", "x".repeat(300))), None);
    }
}
