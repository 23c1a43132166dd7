//! Gives a draft its place: the names of the assessment and of the document it will be stored as.
//!
//! A draft's elements know only their ids, and each other as `{collection}/{id}`, because the
//! reader of a text need not know where the result will lie.

use crate::model::v1;

/// What every kind of element has.
macro_rules! bind_each {
    ($assessment:ident, $document:ident, $($collection:ident $plural:literal;)+) => {$(
        for element in &mut $assessment.$collection {
            element.name = format!("{}/{}/{}", $assessment.name, $plural, element.id);
            absolute(&mut element.rests_on, &$assessment.name);
            for citation in &mut element.citations {
                citation.document = $document.to_owned();
            }
        }
    )+};
}

/// Registry entries that a draft proposes, by their ids.
macro_rules! name_each {
    ($assessment:ident, $($proposed:ident $plural:literal;)+) => {$(
        for entry in &mut $assessment.$proposed {
            entry.name = format!("{}/{}", $plural, entry.id);
        }
    )+};
}

/// Sets every name in a draft: of the assessment, its elements, their links and their citations.
pub fn bind(assessment: &mut v1::Assessment, name: &str, document: &str) {
    assessment.name = name.to_owned();
    assessment.documents = vec![document.to_owned()];
    bind_each! { assessment, document,
        judgments "judgments";
        participants "participants";
        red_lines "redLines";
        positions "positions";
        intentions "intentions";
        focus_areas "focusAreas";
        challenges "challenges";
        risks "risks";
        tools "tools";
        recommendations "recommendations";
        commitments "commitments";
        forecasts "forecasts";
        scenario_sets "scenarioSets";
        indicators "indicators";
        assumptions "assumptions";
        relations "relations";
    }
    name_each! { assessment,
        proposed_actors "actors";
        proposed_issues "issues";
        proposed_sources "sources";
        proposed_situations "situations";
        proposed_places "places";
    }
    let v1::Assessment {
        focus_areas,
        challenges,
        risks,
        tools,
        recommendations,
        scenario_sets,
        indicators,
        ..
    } = assessment;
    for set in scenario_sets {
        absolute(&mut set.members, name);
    }
    for bearing in indicators
        .iter_mut()
        .flat_map(|indicator| &mut indicator.bears_on)
    {
        absolute_one(&mut bearing.target, name);
    }
    for area in focus_areas {
        absolute(&mut area.risks, name);
    }
    for challenge in challenges {
        absolute_one(&mut challenge.focus_area, name);
    }
    for risk in risks {
        absolute_one(&mut risk.focus_area, name);
        absolute(&mut risk.mitigated_by, name);
    }
    for tool in tools {
        absolute(&mut tool.addresses, name);
        absolute(&mut tool.may_cross, name);
    }
    for recommendation in recommendations {
        absolute(&mut recommendation.tools, name);
    }
}

fn absolute(links: &mut [String], assessment: &str) {
    for link in links {
        absolute_one(link, assessment);
    }
}

fn absolute_one(link: &mut String, assessment: &str) {
    if !link.is_empty() {
        *link = format!("{assessment}/{link}");
    }
}

/// Gives every element and proposed entry of a draft an identity, from a stock of fresh ones.
pub fn identify(assessment: &mut v1::Assessment, uids: &[String]) {
    let mut fresh = uids.iter();
    macro_rules! identify_each {
        ($($collection:ident)+) => {$(
            for element in &mut assessment.$collection {
                element.uid = fresh.next().cloned().unwrap_or_default();
            }
        )+};
    }
    assessment.uid = fresh.next().cloned().unwrap_or_default();
    identify_each! {
        proposed_actors proposed_issues proposed_sources proposed_situations proposed_places
        judgments participants red_lines positions intentions focus_areas challenges risks tools
        recommendations commitments forecasts scenario_sets indicators assumptions relations
    }
}
