//! Elements that are one statement: challenges, intentions, recommendations, judgments.
//!
//! Lists give most of them. Each is merged by whose it is and by its words; the title is the
//! statement, or its first words.

use super::chances::{confidence, likelihood};
use super::collect::{Collector, Place, Value, merge, title_of};
use super::elements::{Owner, attribution, by_author};
use super::words::folded;
use crate::model::v1::{
    Attribution, AttributionMode, Challenge, Citation, Endorsement, Intention, IntentionKind,
    Judgment, Recommendation,
};

impl Collector<'_> {
    pub(super) fn challenge(&mut self, statement: &Value, more: Vec<Citation>) {
        let key = ("challenges", String::new(), folded(&statement.text));
        let next = self.draft.challenges.len();
        let Some(place) = self.place(key, next, statement.at) else {
            return;
        };
        let mut citations = vec![self.cite(statement.at, &["statement"])];
        citations.extend(more);
        if place == Place::New {
            let id = self.id("challenges", &title_of(&statement.text));
            self.draft.challenges.push(Challenge {
                id,
                title: title_of(&statement.text),
                attribution: Some(by_author()),
                statement: statement.text.clone(),
                ..Challenge::default()
            });
        }
        let index = if let Place::Known(index) = place {
            index
        } else {
            next
        };
        if let Some(challenge) = self.draft.challenges.get_mut(index) {
            merge(&mut challenge.citations, citations);
        }
    }

    pub(super) fn intention(
        &mut self,
        statement: &Value,
        owner: &Owner,
        kind: IntentionKind,
        more: Vec<Citation>,
    ) {
        let key = ("intentions", owner.actor.clone(), folded(&statement.text));
        let next = self.draft.intentions.len();
        let Some(place) = self.place(key, next, statement.at) else {
            return;
        };
        let mut citations = vec![self.cite(statement.at, &["statement"])];
        if let Some(at) = owner.at {
            citations.push(self.cite(at, &["actor"]));
        }
        citations.extend(more);
        if place == Place::New {
            let id = self.id("intentions", &title_of(&statement.text));
            self.draft.intentions.push(Intention {
                id,
                title: title_of(&statement.text),
                attribution: Some(attribution(owner, "")),
                likelihood: likelihood(&statement.text),
                actor: owner.actor.clone(),
                statement: statement.text.clone(),
                kind: kind.into(),
                ..Intention::default()
            });
        }
        let index = if let Place::Known(index) = place {
            index
        } else {
            next
        };
        if let Some(intention) = self.draft.intentions.get_mut(index) {
            merge(&mut intention.citations, citations);
        }
    }

    pub(super) fn recommendation(&mut self, statement: &Value, to: &Owner, more: Vec<Citation>) {
        let key = ("recommendations", to.actor.clone(), folded(&statement.text));
        let next = self.draft.recommendations.len();
        let Some(place) = self.place(key, next, statement.at) else {
            return;
        };
        let mut citations = vec![self.cite(statement.at, &["statement"])];
        if let Some(at) = to.at {
            citations.push(self.cite(at, &["addressee"]));
        }
        citations.extend(more);
        if place == Place::New {
            let id = self.id("recommendations", &title_of(&statement.text));
            self.draft.recommendations.push(Recommendation {
                id,
                title: title_of(&statement.text),
                attribution: Some(by_author()),
                statement: statement.text.clone(),
                addressee: to.actor.clone(),
                ..Recommendation::default()
            });
        }
        let index = if let Place::Known(index) = place {
            index
        } else {
            next
        };
        if let Some(recommendation) = self.draft.recommendations.get_mut(index) {
            merge(&mut recommendation.citations, citations);
        }
    }

    /// What a party says of the matter: not the author's own judgment, unless the author says so.
    pub(super) fn claim(&mut self, statement: &Value, owner: &Owner, more: Vec<Citation>) {
        let before = self.draft.judgments.len();
        self.judgment(statement, more);
        let at = owner.at.map(|at| self.cite(at, &["attribution"]));
        if let Some(new) = self.draft.judgments.get_mut(before) {
            new.attribution = Some(Attribution {
                asserter: owner.actor.clone(),
                mode: AttributionMode::Declared.into(),
                endorsement: Endorsement::Neutral.into(),
                ..Attribution::default()
            });
            new.key = None;
            merge(&mut new.citations, at.into_iter().collect());
        }
    }

    pub(super) fn judgment(&mut self, statement: &Value, more: Vec<Citation>) {
        let key = ("judgments", String::new(), folded(&statement.text));
        let next = self.draft.judgments.len();
        let Some(place) = self.place(key, next, statement.at) else {
            return;
        };
        let mut citations = vec![self.cite(statement.at, &["statement"])];
        citations.extend(more);
        if place == Place::New {
            let id = self.id("judgments", &title_of(&statement.text));
            self.draft.judgments.push(Judgment {
                id,
                title: title_of(&statement.text),
                attribution: Some(by_author()),
                likelihood: likelihood(&statement.text),
                confidence: confidence(&statement.text),
                statement: statement.text.clone(),
                key: Some(true),
                ..Judgment::default()
            });
        }
        let index = if let Place::Known(index) = place {
            index
        } else {
            next
        };
        if let Some(judgment) = self.draft.judgments.get_mut(index) {
            merge(&mut judgment.citations, citations);
        }
    }
}
