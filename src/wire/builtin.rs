//! The built-in actors as they are answered: encoded once, with their indexed values.

use std::collections::HashMap;
use std::sync::LazyLock;

use bytes::Bytes;
use prost::Message;

use super::body;
use crate::model::kind::{self, Value};
use crate::model::{actors as table, v1};

/// A built-in actor, encoded.
#[derive(Debug)]
pub struct Actor {
    /// Its resource name.
    pub name: &'static str,
    /// What is answered.
    pub bytes: Bytes,
    /// Its indexed values, for filters.
    pub values: Vec<(u16, Value)>,
}

static ACTORS: LazyLock<Vec<Actor>> = LazyLock::new(|| {
    let mut actors: Vec<Actor> = table::builtin().iter().map(encode).collect();
    actors.sort_by_key(|actor| actor.name);
    actors
});

static BY_NAME: LazyLock<HashMap<&'static str, &'static Actor>> =
    LazyLock::new(|| ACTORS.iter().map(|actor| (actor.name, actor)).collect());

/// All of them, by name.
pub fn actors() -> &'static [Actor] {
    &ACTORS
}

/// The built-in actor of that name.
pub fn actor(name: &str) -> Option<&'static Actor> {
    BY_NAME.get(name).copied()
}

fn encode(actor: &table::Builtin) -> Actor {
    let name = format!("actors/{}", actor.id);
    let kind = v1::ActorKind::from_str_name(&format!("ACTOR_KIND_{}", actor.kind));
    let aliases = actor.aliases.iter().chain(&actor.demonyms);
    let external_ids = actor.external_ids.iter().map(|id| v1::actor::ExternalId {
        scheme: id.scheme.to_owned(),
        id: id.id.to_owned(),
    });
    let memberships = actor.memberships.iter().map(|membership| {
        let role = format!("MEMBERSHIP_ROLE_{}", membership.role);
        v1::actor::Membership {
            actor: format!("actors/{}", membership.actor),
            role: v1::MembershipRole::from_str_name(&role)
                .unwrap_or_default()
                .into(),
            span: None,
        }
    });
    let value = v1::Actor {
        name: name.clone(),
        id: actor.id.to_owned(),
        title: actor.title.to_owned(),
        kind: kind.unwrap_or_default().into(),
        aliases: aliases.map(|alias| alias.text.to_owned()).collect(),
        external_ids: external_ids.collect(),
        memberships: memberships.collect(),
        built_in: true,
        ..Default::default()
    };
    let bytes = Bytes::from(value.encode_to_vec());
    let values = kind::of("Actor").and_then(|kind| body::indexed(kind, &bytes).ok());
    Actor {
        name: name.leak(),
        bytes,
        values: values.unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_actor_is_encoded_with_its_kind_and_values() {
        let kind = kind::of("Actor").unwrap().field("kind").unwrap();
        assert!(actors().len() > 250);
        for actor in actors() {
            let read = v1::Actor::decode(actor.bytes.clone()).unwrap();
            assert_eq!(read.name, actor.name);
            assert_ne!(read.kind(), v1::ActorKind::Unspecified, "{}", actor.name);
            assert!(
                actor.values.contains(&(kind, Value::Number(read.kind))),
                "{}",
                actor.name
            );
        }
        assert!(actor("actors/russia").is_some());
    }
}
