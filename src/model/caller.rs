//! Who asks, and what he may see.
//!
//! A `Caller` is made by `auth::identify` and nowhere else (the `tidy` test keeps it so); every
//! `View` is opened with one, and every answer is what *his* clearance covers.

use super::{mutant, v1};

/// The header in which a caller names himself, where the test policy holds.
#[cfg(feature = "test-policy")]
pub const HEADER: &str = "chancery-test-caller";

/// Traffic light protocol 2.0, in its order. What is not marked is CLEAR to those who may read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tlp {
    /// May be published.
    Clear,
    /// For the community.
    Green,
    /// For the recipient's organisation and its clients.
    Amber,
    /// For the recipient's organisation.
    AmberStrict,
    /// For the named recipients.
    Red,
}

/// What a resource is marked with: how far it may go, and to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marking {
    /// How far it may go.
    pub tlp: Tlp,
    /// The groups it is for, sorted; `None` is everybody, an empty list nobody.
    pub audience: Option<Vec<String>>,
}

impl Default for Marking {
    fn default() -> Self {
        Self {
            tlp: Tlp::Clear,
            audience: None,
        }
    }
}

impl From<&v1::Marking> for Marking {
    fn from(marking: &v1::Marking) -> Self {
        let tlp = match marking.tlp() {
            v1::Tlp::Unspecified | v1::Tlp::Clear => Tlp::Clear,
            v1::Tlp::Green => Tlp::Green,
            v1::Tlp::Amber => Tlp::Amber,
            v1::Tlp::AmberStrict => Tlp::AmberStrict,
            v1::Tlp::Red => Tlp::Red,
        };
        let audience = marking.audience.as_ref().map(|audience| {
            let mut groups = audience.groups.clone();
            groups.sort();
            groups
        });
        Self { tlp, audience }
    }
}

impl Marking {
    /// Whether whoever may see what is marked with this may also see what is marked with `other`.
    pub fn dominates(&self, other: &Self) -> bool {
        let audience = match (&self.audience, &other.audience) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(mine), Some(theirs)) => mine.iter().all(|group| theirs.contains(group)),
        };
        self.tlp >= other.tlp && audience
    }

    /// What a result derived from both must be marked with.
    pub fn combined(&self, other: &Self) -> Self {
        let audience = match (&self.audience, &other.audience) {
            (None, one) | (one, None) => one.clone(),
            (Some(mine), Some(theirs)) if mutant::active("audience_union") => {
                Some(mine.iter().chain(theirs).cloned().collect())
            }
            (Some(mine), Some(theirs)) => Some(
                mine.iter()
                    .filter(|group| theirs.contains(group))
                    .cloned()
                    .collect(),
            ),
        };
        Self {
            tlp: self.tlp.max(other.tlp),
            audience,
        }
    }
}

/// How far a caller's sight reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clearance {
    /// The highest marking he may see.
    pub tlp: Tlp,
    /// The groups he belongs to; `None` is all of them.
    pub groups: Option<Vec<String>>,
}

impl Clearance {
    /// Everything.
    pub const FULL: Self = Self {
        tlp: Tlp::Red,
        groups: None,
    };

    /// Whether what is marked so may be seen.
    pub fn covers(&self, marking: &Marking) -> bool {
        let among = match (&marking.audience, &self.groups) {
            (None, _) => true,
            (Some(audience), None) => !audience.is_empty(),
            (Some(audience), Some(groups)) => audience.iter().any(|group| groups.contains(group)),
        };
        self.tlp >= marking.tlp && among
    }
}

/// What a caller may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// May read.
    Reader,
    /// May read and write.
    Analyst,
    /// May do everything.
    Operator,
}

/// Who asks.
#[derive(Debug, Clone)]
pub struct Caller {
    subject: String,
    role: Role,
    clearance: Clearance,
}

impl Caller {
    /// Only `auth` may call this.
    pub fn new(subject: impl Into<String>, role: Role, clearance: Clearance) -> Self {
        Self {
            subject: subject.into(),
            role,
            clearance,
        }
    }

    /// The identity that stands in records.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// What he may do.
    pub fn role(&self) -> Role {
        self.role
    }

    /// What he may see.
    pub fn clearance(&self) -> &Clearance {
        &self.clearance
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marking(tlp: Tlp, audience: Option<&[&str]>) -> Marking {
        let audience = audience.map(|groups| groups.iter().map(ToString::to_string).collect());
        Marking { tlp, audience }
    }

    #[test]
    fn clearance_needs_both_the_colour_and_a_group() {
        let desk = Clearance {
            tlp: Tlp::Amber,
            groups: Some(vec!["desk".into()]),
        };
        assert!(desk.covers(&marking(Tlp::Amber, None)));
        assert!(desk.covers(&marking(Tlp::Green, Some(&["desk", "press"]))));
        assert!(!desk.covers(&marking(Tlp::AmberStrict, None)));
        assert!(!desk.covers(&marking(Tlp::Clear, Some(&["press"]))));
        assert!(
            !Clearance::FULL.covers(&marking(Tlp::Clear, Some(&[]))),
            "nobody is nobody"
        );
    }

    #[test]
    fn derived_results_take_the_highest_colour_and_the_intersection() {
        let derived = marking(Tlp::Green, Some(&["a", "b"]))
            .combined(&marking(Tlp::Red, Some(&["b", "c"])))
            .combined(&marking(Tlp::Clear, None));
        assert_eq!(derived, marking(Tlp::Red, Some(&["b"])));
        assert!(derived.dominates(&marking(Tlp::Amber, Some(&["b", "d"]))));
        assert!(!derived.dominates(&marking(Tlp::Amber, Some(&["d"]))));
        assert!(!marking(Tlp::Red, None).dominates(&marking(Tlp::Clear, Some(&["a"]))));
    }
}
