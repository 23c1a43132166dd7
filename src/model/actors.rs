//! The built-in actors: states, de-facto authorities, alliances, organisations, informal groups,
//! armed groups, government bodies, and the words a text uses for them.
//!
//! The table is `actors.csv`, compiled in and parsed once. It is the floor under the registry: it
//! is read under every View, and a stored actor of the same id takes its place. It never grows at
//! run time and never says who is entitled to what: a kind or an alias records how texts speak,
//! not who is recognised.
//!
//! [`super::names`] builds its matcher from it, the registry's reads serve it. It is a table of
//! our own rather than a crate so that ids are words (`russia`, not `RU`) and stay put.

use std::collections::HashMap;
use std::sync::LazyLock;

/// One actor of the built-in table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Builtin {
    /// The id: a slug of the name, never a code.
    pub id: &'static str,
    /// What the actor is called in lists.
    pub title: &'static str,
    /// The value of `ActorKind` without its prefix, such as `STATE`.
    pub kind: &'static str,
    /// What else texts call it, the title not repeated.
    pub aliases: Vec<Alias>,
    /// Adjectives and names of its people: weaker evidence than a name.
    pub demonyms: Vec<Alias>,
    /// Ids in other schemes.
    pub external_ids: Vec<ExternalId>,
    /// What it belongs to.
    pub memberships: Vec<Membership>,
}

/// A word or phrase that stands for an actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alias {
    /// As a text writes it.
    pub text: &'static str,
    /// The table says that other actors bear it too ("Brussels", "Korean").
    pub shared: bool,
}

/// An id in a scheme that is not ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExternalId {
    /// The scheme: `iso3166-1-alpha-2` or `wikidata`.
    pub scheme: &'static str,
    /// The id in that scheme.
    pub id: &'static str,
}

/// An actor's place in another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Membership {
    /// The id of the actor it belongs to.
    pub actor: &'static str,
    /// `MEMBER`, `HOLDER`, `OBSERVER` or `PART_OF`.
    pub role: &'static str,
}

struct Table {
    actors: Vec<Builtin>,
    places: Vec<&'static str>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let lines = include_str!("actors.csv")
        .lines()
        .filter(|line| !line.starts_with('#'));
    let (mut actors, mut places) = (Vec::new(), Vec::new());
    for line in lines {
        if let Some(phrases) = line.strip_prefix('!') {
            places.extend(listed(phrases));
        } else {
            actors.extend(actor(line));
        }
    }
    Table { actors, places }
});

/// The table, in the order of the file.
pub fn builtin() -> &'static [Builtin] {
    &TABLE.actors
}

/// Phrases that hold an actor's name and name no actor, such as "South China Sea".
pub fn phrases_that_name_nobody() -> &'static [&'static str] {
    &TABLE.places
}

/// Persons, offices and ministries by id, each with the actor it speaks for, as `actors/{actor}`.
static PRINCIPALS: LazyLock<HashMap<&'static str, String>> = LazyLock::new(|| {
    let by_id: HashMap<&str, &Builtin> = builtin().iter().map(|actor| (actor.id, actor)).collect();
    let speaks = |actor: &Builtin| {
        let ministry = ["Ministry", "Department", "Foreign Office", "Treasury"]
            .iter()
            .any(|word| actor.title.contains(word));
        matches!(actor.kind, "PERSON" | "OFFICE") || (actor.kind == "GOVERNMENT_BODY" && ministry)
    };
    let mut principals = HashMap::new();
    for actor in builtin().iter().filter(|actor| speaks(actor)) {
        let mut at = actor;
        // The table is no deeper than a person of an office of a ministry of a state.
        for _ in 0..4 {
            let above = at.memberships.iter().find(|place| place.role != "OBSERVER");
            match above.and_then(|place| by_id.get(place.actor)) {
                Some(above) if speaks(at) => at = above,
                _ => break,
            }
        }
        principals.insert(actor.id, format!("actors/{}", at.id));
    }
    principals
});

/// The actor, as `actors/{actor}`, for which a person, an office or a ministry speaks; none for
/// every other actor, which speaks for itself.
pub fn principal(id: &str) -> Option<&'static str> {
    PRINCIPALS.get(id).map(String::as_str)
}

/// The kind of a built-in actor.
pub fn kind(id: &str) -> Option<&'static str> {
    static KINDS: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
        builtin()
            .iter()
            .map(|actor| (actor.id, actor.kind))
            .collect()
    });
    KINDS.get(id).copied()
}

/// One line; the tests hold that every line of the file has this form.
fn actor(line: &'static str) -> Option<Builtin> {
    let mut columns = line.split('|').map(str::trim);
    let (id, title, kind) = (columns.next()?, columns.next()?, columns.next()?);
    let (aliases, demonyms) = (columns.next()?, columns.next()?);
    let (external, memberships) = (columns.next()?, columns.next()?);
    Some(Builtin {
        id,
        title,
        kind,
        aliases: listed(aliases).map(alias).collect(),
        demonyms: listed(demonyms).map(alias).collect(),
        external_ids: listed(external).filter_map(external_id).collect(),
        memberships: listed(memberships).map(membership).collect(),
    })
}

fn listed(cell: &'static str) -> impl Iterator<Item = &'static str> {
    cell.split(';')
        .map(str::trim)
        .filter(|item| !item.is_empty())
}

fn alias(text: &'static str) -> Alias {
    match text.strip_prefix('~') {
        Some(text) => Alias { text, shared: true },
        None => Alias {
            text,
            shared: false,
        },
    }
}

fn external_id(text: &'static str) -> Option<ExternalId> {
    let (scheme, id) = text.split_once(':')?;
    let scheme = if scheme == "iso" {
        "iso3166-1-alpha-2"
    } else {
        scheme
    };
    Some(ExternalId { scheme, id })
}

fn membership(text: &'static str) -> Membership {
    let (actor, role) = text.split_once(':').unwrap_or((text, "MEMBER"));
    Membership { actor, role }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    const KINDS: [&str; 14] = [
        "STATE",
        "DE_FACTO_AUTHORITY",
        "ALLIANCE",
        "INTERGOVERNMENTAL_ORGANISATION",
        "INFORMAL_GROUP",
        "GOVERNMENT_BODY",
        "OFFICE",
        "PERSON",
        "ARMED_GROUP",
        "POLITICAL_FACTION",
        "COMPANY",
        "CIVIL_SOCIETY",
        "POPULATION",
        "OTHER",
    ];

    fn slug(id: &str) -> bool {
        let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        (1..=63).contains(&id.len())
            && id.bytes().all(inner)
            && id.starts_with(|first: char| first.is_ascii_lowercase())
            && !id.ends_with('-')
    }

    #[test]
    fn every_line_is_an_actor_with_a_unique_id_and_a_known_kind() {
        let lines = include_str!("actors.csv")
            .lines()
            .filter(|line| !line.starts_with(['#', '!']))
            .count();
        assert_eq!(builtin().len(), lines);
        let mut seen = BTreeSet::new();
        for actor in builtin() {
            assert!(slug(actor.id), "id {:?}", actor.id);
            assert!(seen.insert(actor.id), "id {:?} twice", actor.id);
            assert!(
                KINDS.contains(&actor.kind),
                "kind {:?} of {:?}",
                actor.kind,
                actor.id
            );
            assert!(!actor.title.is_empty(), "no title for {:?}", actor.id);
        }
        assert!(seen.len() > 300, "only {} actors", seen.len());
    }

    #[test]
    fn an_alias_of_two_actors_is_declared_by_both_and_a_declared_one_has_two() {
        let mut bearers: BTreeMap<&str, Vec<(&str, bool)>> = BTreeMap::new();
        for actor in builtin() {
            let words = actor.aliases.iter().chain(&actor.demonyms);
            for word in words {
                bearers
                    .entry(word.text)
                    .or_default()
                    .push((actor.id, word.shared));
            }
            bearers
                .entry(actor.title)
                .or_default()
                .push((actor.id, false));
        }
        for (text, who) in bearers {
            let shared = who.iter().filter(|(_, shared)| *shared).count();
            let expected = if who.len() > 1 { who.len() } else { 0 };
            assert_eq!(shared, expected, "{text:?} is borne by {who:?}");
        }
    }

    #[test]
    fn memberships_point_at_actors_by_a_known_role() {
        let ids: BTreeSet<&str> = builtin().iter().map(|actor| actor.id).collect();
        for actor in builtin() {
            for place in &actor.memberships {
                assert!(
                    ids.contains(place.actor),
                    "{:?} in {:?}",
                    actor.id,
                    place.actor
                );
                let roles = ["MEMBER", "HOLDER", "OBSERVER", "PART_OF"];
                assert!(
                    roles.contains(&place.role),
                    "role {:?} of {:?}",
                    place.role,
                    actor.id
                );
                assert_ne!(place.actor, actor.id);
            }
        }
    }

    #[test]
    fn external_ids_have_the_form_of_their_scheme() {
        let mut seen = BTreeSet::new();
        for actor in builtin() {
            for external in &actor.external_ids {
                let well_formed = match external.scheme {
                    "iso3166-1-alpha-2" => {
                        external.id.len() == 2
                            && external.id.bytes().all(|b| b.is_ascii_uppercase())
                    }
                    "wikidata" => external
                        .id
                        .strip_prefix('Q')
                        .is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_digit())),
                    _ => false,
                };
                assert!(well_formed, "{external:?} of {:?}", actor.id);
                assert!(
                    seen.insert((external.scheme, external.id)),
                    "{external:?} twice"
                );
            }
        }
    }

    #[test]
    fn bodies_have_the_members_the_world_counts() {
        let members = |body: &str| {
            builtin()
                .iter()
                .filter(|actor| actor.kind == "STATE")
                .flat_map(|actor| &actor.memberships)
                .filter(|place| place.actor == body && place.role == "MEMBER")
                .count()
        };
        let counts = [
            ("united-nations", 193),
            ("nato", 32),
            ("european-union", 27),
            ("osce", 57),
            ("g7", 7),
            ("g20", 19),
            ("e3", 3),
            ("p5", 5),
            ("asean", 11),
            ("gulf-cooperation-council", 6),
            ("quad", 4),
            ("aukus", 3),
            ("csto", 6),
            ("shanghai-cooperation-organisation", 10),
        ];
        for (body, expected) in counts {
            assert_eq!(members(body), expected, "members of {body:?}");
        }
    }
}
