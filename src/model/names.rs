//! What a text may call an actor or an issue, and the resource it means.
//!
//! Built from the table of [`super::actors`] and, as an overlay, from what the registry stores.
//! It answers two questions: what a whole string means, and where a running text names actors. It
//! never picks among several candidates and never guesses from the context: "Brussels" is three
//! actors here, and whoever asks decides what to do with a doubt. It reads no store and keeps no
//! state, so the importer stays a pure function of its arguments.
//!
//! Text is folded before it is matched (case, accents, curly quotes, dashes, runs of blanks), with
//! a map back to the bytes as received. One automaton holds every name; it is built once for the
//! table and once per overlay, never per document.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, LazyLock};

use aho_corasick::AhoCorasick;

use super::actors;

/// Abbreviations that are also English words: they mean an actor only as written.
const WORDS: [&str; 8] = ["us", "who", "is", "car", "let", "it", "an", "as"];

/// Every name known at one moment.
#[derive(Debug, Clone)]
pub struct Names {
    table: Arc<Index>,
    stored: Option<Arc<Index>>,
}

/// One resource and what it is called.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// The resource name: `actors/russia` or `issues/nato-expansion`.
    pub name: String,
    /// What lists call it; a name like any alias.
    pub title: String,
    /// What else texts call it.
    pub aliases: Vec<String>,
    /// Adjectives and names of its people; none for an issue.
    pub demonyms: Vec<String>,
}

/// What a whole string means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolution<'a> {
    /// Nothing known is called so.
    Unknown,
    /// One resource, by its name.
    One(&'a str),
    /// Several, by name, sorted.
    Ambiguous(Vec<&'a str>),
}

/// How strongly a mention names its actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// "Russian": an adjective or a people.
    Demonym,
    /// "Russia", "Kremlin": a name.
    Name,
}

/// A place in a text that names an actor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention<'a> {
    /// First byte in the text as given.
    pub start: usize,
    /// One past the last byte; a possessive ending is outside.
    pub end: usize,
    /// A name or a demonym.
    pub form: Form,
    /// The actors it may mean, by resource name, sorted; never empty.
    pub candidates: Vec<&'a str>,
}

#[derive(Debug, Default)]
struct Index {
    entries: Vec<Entry>,
    places: HashMap<String, u32>,
    actors: HashMap<String, Vec<Call>>,
    issues: HashMap<String, Vec<Call>>,
    automaton: Option<AhoCorasick>,
    /// One list per pattern of the automaton.
    patterns: Vec<Vec<Call>>,
}

/// One way of calling one entry, or a phrase that holds a name and names nobody.
#[derive(Debug, Clone)]
struct Call {
    entry: Option<u32>,
    form: Form,
    /// Folded but for its capitals.
    written: String,
}

/// A call found in a folded text.
struct Hit<'a> {
    start: usize,
    end: usize,
    means: Option<(&'a str, Form)>,
}

impl Names {
    /// The built-in table.
    pub fn builtin() -> &'static Names {
        static BUILTIN: LazyLock<Names> = LazyLock::new(|| {
            let entries = actors::builtin().iter().map(entry).collect();
            let nobody = actors::phrases_that_name_nobody();
            Names {
                table: Arc::new(Index::build(entries, nobody)),
                stored: None,
            }
        });
        &BUILTIN
    }

    /// These names and `extra` over them: an entry takes the place of one of the same name.
    ///
    /// Costs two reference counts when `extra` is empty.
    pub fn with(&self, extra: impl IntoIterator<Item = Entry>) -> Names {
        let mut extra = extra.into_iter().peekable();
        if extra.peek().is_none() {
            return self.clone();
        }
        let before = self
            .stored
            .iter()
            .flat_map(|stored| &stored.entries)
            .cloned();
        let by_name: BTreeMap<String, Entry> = before
            .chain(extra)
            .map(|entry| (entry.name.clone(), entry))
            .collect();
        let stored = Index::build(by_name.into_values().collect(), &[]);
        Names {
            table: Arc::clone(&self.table),
            stored: Some(Arc::new(stored)),
        }
    }

    /// The actor a whole string means; a name counts before a demonym.
    pub fn actor(&self, alias: &str) -> Resolution<'_> {
        self.resolve(alias, |index| &index.actors)
    }

    /// The issue a whole string means.
    pub fn issue(&self, alias: &str) -> Resolution<'_> {
        self.resolve(alias, |index| &index.issues)
    }

    /// The title of an actor or issue by its resource name.
    pub fn title(&self, name: &str) -> Option<&str> {
        self.indices().find_map(|index| {
            let place = *index.places.get(name)?;
            index
                .entries
                .get(place as usize)
                .map(|entry| entry.title.as_str())
        })
    }

    /// Where `text` names actors: in order, without overlap, the longest name first.
    pub fn mentions(&self, text: &str) -> Vec<Mention<'_>> {
        let folded = Folded::new(text);
        let mut hits: Vec<Hit<'_>> = Vec::new();
        for index in self.indices() {
            self.hits(index, &folded, &mut hits);
        }
        hits.sort_unstable_by_key(|hit| (hit.start, Reverse(hit.end)));
        let mut mentions = Vec::new();
        let mut free = 0;
        for same in hits.chunk_by(|one, next| (one.start, one.end) == (next.start, next.end)) {
            let Some(&Hit { start, end, .. }) = same.first() else {
                continue;
            };
            if start < free {
                continue;
            }
            free = end;
            if let Some((form, candidates)) = strongest(same.iter().filter_map(|hit| hit.means)) {
                let (start, end) = folded.received(start, end);
                mentions.push(Mention {
                    start,
                    end,
                    form,
                    candidates,
                });
            }
        }
        mentions
    }

    fn hits<'a>(&'a self, index: &'a Index, text: &Folded, hits: &mut Vec<Hit<'a>>) {
        let Some(automaton) = &index.automaton else {
            return;
        };
        for found in automaton.find_overlapping_iter(&text.lower) {
            let (start, end) = (found.start(), found.end());
            let Some(calls) = index.patterns.get(found.pattern().as_usize()) else {
                continue;
            };
            if !text.word(start, end) {
                continue;
            }
            for call in calls.iter().filter(|call| text.capitals(start, end, call)) {
                let means = self.visible(index, call);
                // A name that something stored replaced must not hide a shorter one.
                if means.is_some() || call.entry.is_none() {
                    hits.push(Hit { start, end, means });
                }
            }
        }
    }

    fn resolve<'a>(
        &'a self,
        alias: &str,
        calls: impl Fn(&'a Index) -> &'a HashMap<String, Vec<Call>>,
    ) -> Resolution<'a> {
        let written = whole(alias);
        let bare = written.trim_matches(|c: char| !c.is_alphanumeric());
        for written in [written.as_str(), bare] {
            let lower = written.to_lowercase();
            let exact = WORDS.contains(&lower.as_str());
            let known = self.indices().flat_map(|index| {
                let calls = calls(index).get(&lower).into_iter().flatten();
                calls.map(move |call| (index, call))
            });
            let found = known
                .filter(|(_, call)| !exact || call.written == written)
                .filter_map(|(index, call)| self.visible(index, call));
            if let Some((_, names)) = strongest(found) {
                return match names.as_slice() {
                    [one] => Resolution::One(one),
                    _ => Resolution::Ambiguous(names),
                };
            }
        }
        Resolution::Unknown
    }

    fn indices(&self) -> impl Iterator<Item = &Index> {
        self.stored
            .as_deref()
            .into_iter()
            .chain([self.table.as_ref()])
    }

    /// What a call means, unless something stored took the place of its entry.
    fn visible<'a>(&'a self, index: &'a Index, call: &Call) -> Option<(&'a str, Form)> {
        let name = index.entries.get(call.entry? as usize)?.name.as_str();
        let replaced = std::ptr::eq(index, self.table.as_ref())
            && self
                .stored
                .as_ref()
                .is_some_and(|stored| stored.places.contains_key(name));
        (!replaced).then_some((name, call.form))
    }
}

/// The names among the calls, or the demonyms where there is no name.
fn strongest<'a>(calls: impl Iterator<Item = (&'a str, Form)>) -> Option<(Form, Vec<&'a str>)> {
    let calls: Vec<_> = calls.collect();
    let form = calls.iter().map(|(_, form)| *form).max()?;
    let names = calls
        .into_iter()
        .filter(|(_, of)| *of == form)
        .map(|(name, _)| name);
    let sorted: BTreeSet<&str> = names.collect();
    Some((form, sorted.into_iter().collect()))
}

fn entry(actor: &actors::Builtin) -> Entry {
    let text = |alias: &actors::Alias| alias.text.to_owned();
    Entry {
        name: format!("actors/{}", actor.id),
        title: actor.title.to_owned(),
        aliases: actor.aliases.iter().map(text).collect(),
        demonyms: actor.demonyms.iter().map(text).collect(),
    }
}

impl Index {
    fn build(entries: Vec<Entry>, nobody: &[&str]) -> Index {
        let mut index = Index::default();
        for (place, entry) in (0_u32..).zip(&entries) {
            index.places.insert(entry.name.clone(), place);
            let issue = entry.name.starts_with("issues/");
            let calls = if issue {
                &mut index.issues
            } else {
                &mut index.actors
            };
            for name in std::iter::once(&entry.title).chain(&entry.aliases) {
                add(calls, name, Some(place), Form::Name);
            }
            for demonym in &entry.demonyms {
                add(calls, demonym, Some(place), Form::Demonym);
                // "Iraqi", "German": the people take an s; "Chinese" and "French" do not.
                if demonym.ends_with(['n', 'i']) {
                    add(calls, &format!("{demonym}s"), Some(place), Form::Demonym);
                }
            }
        }
        for phrase in nobody {
            add(&mut index.actors, phrase, None, Form::Name);
        }
        let calls = index
            .actors
            .iter()
            .map(|(key, calls)| (key.clone(), calls.clone()));
        let keys: Vec<String>;
        (keys, index.patterns) = calls.unzip();
        index.automaton = AhoCorasick::new(&keys).ok();
        index.entries = entries;
        index
    }
}

fn add(calls: &mut HashMap<String, Vec<Call>>, name: &str, entry: Option<u32>, form: Form) {
    let written = whole(name);
    let key = written.to_lowercase();
    if !key.is_empty() {
        calls.entry(key).or_default().push(Call {
            entry,
            form,
            written,
        });
    }
}

/// A string as a name alone: folded, without article, possessive and surrounding marks.
fn whole(alias: &str) -> String {
    let folded = Folded::new(alias).written;
    let marks = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '*' | '_' | '`');
    let mut name = folded.trim_matches(marks);
    if let Some((article, rest)) = name.split_once(' ')
        && article.eq_ignore_ascii_case("the")
    {
        name = rest;
    }
    let name = name
        .strip_suffix("'s")
        .or(name.strip_suffix("'S"))
        .unwrap_or(name);
    name.trim_matches(marks).to_owned()
}

/// A text folded for matching, with the way back.
struct Folded {
    /// Without accents and typographic variants, capitals kept.
    written: String,
    /// The same in lower case, byte for byte as long.
    lower: String,
    /// For each folded byte the bytes of the received character it came from.
    from: Vec<(usize, usize)>,
}

impl Folded {
    fn new(text: &str) -> Folded {
        let mut folded = Folded {
            written: String::with_capacity(text.len()),
            lower: String::with_capacity(text.len()),
            from: Vec::with_capacity(text.len()),
        };
        for (start, c) in text.char_indices() {
            folded.push(c, start, start + c.len_utf8());
        }
        folded
    }

    fn push(&mut self, c: char, start: usize, end: usize) {
        if c.is_ascii() && !c.is_ascii_whitespace() {
            self.written.push(c);
            self.lower.push(c.to_ascii_lowercase());
            self.from.push((start, end));
            return;
        }
        if c.is_whitespace() && self.written.ends_with(' ') || attaches(c) {
            if let Some(last) = self.from.last_mut() {
                last.1 = end;
            }
            return;
        }
        let mut own = [0; 4];
        let plain = if c.is_whitespace() {
            " "
        } else {
            plain(c).unwrap_or(c.encode_utf8(&mut own))
        };
        for c in plain.chars() {
            let mut lower = c.to_lowercase();
            let small = lower
                .next()
                .filter(|s| s.len_utf8() == c.len_utf8())
                .unwrap_or(c);
            self.written.push(c);
            self.lower.push(small);
            self.from
                .extend(std::iter::repeat_n((start, end), c.len_utf8()));
        }
    }

    /// Whether no letter or digit runs on across either end.
    fn word(&self, start: usize, end: usize) -> bool {
        let inner = |c: char| c.is_alphanumeric() || c == '_';
        let (Some(before), Some(after)) = (self.lower.get(..start), self.lower.get(end..)) else {
            return false;
        };
        let Some(name) = self.lower.get(start..end) else {
            return false;
        };
        let runs_on = name.ends_with(inner) && after.starts_with(inner);
        !before.ends_with(inner) && !runs_on
    }

    /// Whether the text has the capitals that make the call a name, so that neither "us" nor
    /// "turkey" is a state. What is written like an abbreviation must stand exactly so; any other
    /// name may have more capitals than it needs, as in a headline.
    fn capitals(&self, start: usize, end: usize, call: &Call) -> bool {
        let Some(here) = self.written.get(start..end) else {
            return false;
        };
        if abbreviation(&call.written) {
            return here == call.written;
        }
        let mut letters = call.written.chars().zip(here.chars());
        letters.all(|(known, given)| !known.is_uppercase() || given.is_uppercase())
    }

    /// The bytes of the text as received behind a folded span.
    fn received(&self, start: usize, end: usize) -> (usize, usize) {
        let first = self.from.get(start).map_or(0, |from| from.0);
        let last = self
            .from
            .get(end.saturating_sub(1))
            .map_or(first, |from| from.1);
        (first, last)
    }
}

/// One word with a capital after a letter, or of capitals and dots: "US", "LeT", "U.S.".
fn abbreviation(name: &str) -> bool {
    let mut letter = false;
    let mut inner = false;
    for c in name.chars() {
        inner |= letter && c.is_uppercase();
        letter = c.is_alphabetic();
    }
    let dotted = name.ends_with('.') && !name.contains(char::is_lowercase);
    (inner || dotted) && !name.contains(' ')
}

/// Marks that belong to the letter before: combining accents, soft hyphens, joiners.
fn attaches(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{feff}')
}

/// Typographic and accented characters, each row under its plain form.
const PLAIN: [(&str, &str); 34] = [
    ("'", "\u{2018}\u{2019}\u{201b}\u{2bc}\u{2032}\u{b4}"),
    ("\"", "\u{201c}\u{201d}\u{201e}\u{ab}\u{bb}"),
    (
        "-",
        "\u{2010}\u{2011}\u{2012}\u{2013}\u{2014}\u{2015}\u{2212}",
    ),
    ("a", "àáâãäåāăą"),
    ("A", "ÀÁÂÃÄÅĀĂĄ"),
    ("c", "çćč"),
    ("C", "ÇĆČ"),
    ("d", "đð"),
    ("e", "èéêëēęěėə"),
    ("E", "ÈÉÊËĒĘĚĖƏ"),
    ("g", "ğ"),
    ("i", "ìíîïīı"),
    ("I", "ÌÍÎÏĪİ"),
    ("l", "ł"),
    ("L", "Ł"),
    ("n", "ñńň"),
    ("N", "ÑŃŇ"),
    ("o", "òóôõöøōő"),
    ("O", "ÒÓÔÕÖØŌŐ"),
    ("r", "ř"),
    ("R", "Ř"),
    ("s", "šśşș"),
    ("S", "ŠŚŞȘ"),
    ("t", "ţțť"),
    ("T", "ŢȚ"),
    ("u", "ùúûüūůű"),
    ("U", "ÙÚÛÜŪŮŰ"),
    ("y", "ýÿ"),
    ("Y", "Ý"),
    ("z", "žźż"),
    ("Z", "ŽŹŻ"),
    ("ss", "ß"),
    ("ae", "æ"),
    ("oe", "œ"),
];

fn plain(c: char) -> Option<&'static str> {
    PLAIN
        .iter()
        .find(|(_, variants)| variants.contains(c))
        .map(|(plain, _)| *plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> &'static Names {
        Names::builtin()
    }

    fn found(names: &Names, text: &str) -> Vec<(String, Form, Vec<String>)> {
        let ids = |mention: &Mention<'_>| {
            mention
                .candidates
                .iter()
                .map(|name| name.replace("actors/", ""))
                .collect()
        };
        names
            .mentions(text)
            .iter()
            .map(|mention| {
                (
                    text[mention.start..mention.end].to_owned(),
                    mention.form,
                    ids(mention),
                )
            })
            .collect()
    }

    fn ids(text: &str) -> String {
        let found = found(names(), text);
        let ids: Vec<String> = found.iter().map(|(_, _, ids)| ids.join("/")).collect();
        ids.join(" ")
    }

    #[test]
    fn a_whole_string_means_one_actor_however_it_is_written() {
        let cases = [
            ("Kremlin", "russia"),
            ("the Kremlin’s", "russia"),
            (" Moscow ", "russia"),
            ("russia", "russia"),
            ("RUSSIA:", "russia"),
            ("Russian", "russia"),
            ("**Russia**", "russia"),
            ("US", "united-states"),
            ("U.S.", "united-states"),
            ("Washington", "united-states"),
            ("The United\n States", "united-states"),
            ("nato", "nato"),
            ("uk", "united-kingdom"),
            ("Élysée", "france"),
            ("Elysee", "france"),
            ("E\u{301}lyse\u{301}e", "france"),
            ("Côte d’Ivoire", "ivory-coast"),
            ("turkey", "turkey"),
            ("Türkiye", "turkey"),
            ("Kiev", "ukraine"),
            ("Ansar Allah", "houthis"),
            ("Turkish Cypriot", "northern-cyprus"),
            ("Greek Cypriots", "cyprus"),
            ("European partners", "european-allies"),
            ("the West", "west"),
            ("Guinea", "guinea"),
        ];
        for (alias, id) in cases {
            let name = format!("actors/{id}");
            assert_eq!(names().actor(alias), Resolution::One(&name), "{alias:?}");
        }
    }

    #[test]
    fn what_is_an_english_word_is_an_actor_only_as_written() {
        for word in [
            "us",
            "Us",
            "who",
            "is",
            "",
            "the",
            "’s",
            "Ruritania",
            "ussia",
        ] {
            assert_eq!(names().actor(word), Resolution::Unknown, "{word:?}");
        }
    }

    #[test]
    fn a_name_of_several_actors_lists_them_all() {
        let brussels = vec!["actors/belgium", "actors/european-union", "actors/nato"];
        assert_eq!(names().actor("Brussels"), Resolution::Ambiguous(brussels));
        let korea = vec!["actors/north-korea", "actors/south-korea"];
        assert_eq!(
            names().actor("Korean"),
            Resolution::Ambiguous(korea.clone())
        );
        assert_eq!(names().actor("Korea"), Resolution::Ambiguous(korea));
        assert_eq!(
            ids("Congo"),
            "democratic-republic-of-the-congo/republic-of-the-congo"
        );
    }

    #[test]
    fn mentions_stand_on_word_boundaries_with_the_capitals_of_a_name() {
        let cases = [
            ("Russia’s demands, US-led talks", "russia united-states"),
            ("let us talk turkey in their china shop", ""),
            ("Turkey and China", "turkey china"),
            ("TURKEY AND CHINA", "turkey china"),
            ("Romania, not Oman", "romania oman"),
            (
                "Nigeria and Nigerien troops in Niger",
                "nigeria niger niger",
            ),
            (
                "Guinea-Bissau, Papua New Guinea, Equatorial Guinea, Guinea",
                "guinea-bissau papua-new-guinea equatorial-guinea guinea",
            ),
            ("South Sudanese and Sudanese", "south-sudan sudan"),
            (
                "the South China Sea, the West Bank, Latin American states",
                "",
            ),
            (
                "a US Congressman and the US Congress",
                "united-states us-congress",
            ),
            ("the U.S. and the U.N.", "united-states united-nations"),
            (
                "pro-Russian, Sino-Russian, Russo-Ukrainian",
                "russia china russia russia ukraine",
            ),
            ("western Ukraine and Western allies", "ukraine west"),
            ("the Minsk agreements", ""),
            ("Minsk", "belarus"),
            (
                "the UN Security Council of the UN",
                "un-security-council united-nations",
            ),
            ("snake_Russia Russia_x", ""),
            (
                "Let the car go; LeT and CAR",
                "lashkar-e-taiba central-african-republic",
            ),
            ("us congress, US CONGRESS, Us", "us-congress"),
            ("Isis, ISIS and Nato", "islamic-state islamic-state nato"),
        ];
        for (text, expected) in cases {
            assert_eq!(ids(text), expected, "{text:?}");
        }
    }

    #[test]
    fn spans_are_bytes_of_the_text_as_received() {
        let text =
            "\u{feff}«L’E\u{301}lysée» – the United\r\n  States’ Köln, Türkiye’s Russians\u{a0}";
        let found = found(names(), text);
        let spans: Vec<(&str, Form)> = found
            .iter()
            .map(|(text, form, _)| (text.as_str(), *form))
            .collect();
        let expected = [
            ("E\u{301}lysée", Form::Name),
            ("United\r\n  States", Form::Name),
            ("Türkiye", Form::Name),
            ("Russians", Form::Demonym),
        ];
        assert_eq!(spans, expected);
    }

    fn stored(name: &str, title: &str, aliases: &[&str]) -> Entry {
        Entry {
            name: name.to_owned(),
            title: title.to_owned(),
            aliases: aliases.iter().map(|&alias| alias.to_owned()).collect(),
            demonyms: Vec::new(),
        }
    }

    #[test]
    fn a_stored_actor_adds_shares_and_replaces() {
        let names = names().with([
            stored(
                "actors/strait-authority",
                "Strait Authority",
                &["Tehran", "West Bank"],
            ),
            stored("actors/russia", "Russia", &["Third Rome"]),
        ]);
        assert_eq!(
            names.actor("strait authority"),
            Resolution::One("actors/strait-authority")
        );
        assert_eq!(
            names.actor("Tehran"),
            Resolution::Ambiguous(vec!["actors/iran", "actors/strait-authority"])
        );
        assert_eq!(names.actor("Third Rome"), Resolution::One("actors/russia"));
        assert_eq!(names.actor("Kremlin"), Resolution::Unknown);
        assert_eq!(names.mentions("the Kremlin"), Vec::new());
        assert_eq!(names.mentions("the West Bank").len(), 1);
        assert_eq!(names.title("actors/russia"), Some("Russia"));
        assert_eq!(names.title("actors/iran"), Some("Iran"));
        assert_eq!(names.title("actors/ruritania"), None);

        let more = names.with([stored("actors/russia", "Russia", &["Kremlin"])]);
        assert_eq!(more.actor("Kremlin"), Resolution::One("actors/russia"));
        assert_eq!(more.actor("Third Rome"), Resolution::Unknown);
        assert_eq!(
            more.actor("strait authority"),
            Resolution::One("actors/strait-authority")
        );
    }

    #[test]
    fn issues_are_apart_from_actors() {
        let nato = stored(
            "issues/nato-expansion",
            "NATO expansion",
            &["NATO enlargement"],
        );
        let names = names().with([nato]);
        assert_eq!(
            names.issue("the NATO Enlargement"),
            Resolution::One("issues/nato-expansion")
        );
        assert_eq!(names.issue("NATO"), Resolution::Unknown);
        assert_eq!(names.actor("NATO expansion"), Resolution::Unknown);
        assert_eq!(names.title("issues/nato-expansion"), Some("NATO expansion"));
        let found = names.mentions("NATO expansion");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].candidates, ["actors/nato"]);
    }

    #[test]
    fn an_empty_overlay_shares_the_table() {
        let same = names().with([]);
        assert!(Arc::ptr_eq(&same.table, &names().table));
        assert!(same.stored.is_none());
    }

    #[test]
    fn every_built_in_name_resolves_to_its_actor_or_lists_it() {
        for actor in actors::builtin() {
            let own = format!("actors/{}", actor.id);
            let words = actor.aliases.iter().map(|alias| (alias.text, alias.shared));
            for (text, shared) in words.chain([(actor.title, false)]) {
                match names().actor(text) {
                    Resolution::One(name) => assert!(name == own && !shared, "{text:?} is {name}"),
                    Resolution::Ambiguous(all) => {
                        assert!(shared && all.contains(&own.as_str()), "{text:?} is {all:?}");
                    }
                    Resolution::Unknown => panic!("{text:?} of {own} is unknown"),
                }
            }
        }
    }
}
