//! What a table of a kind shows: a few lines per kind, each a header and the path of a field.
//!
//! Paths are those of canonical proto JSON. The first column (the name) and the last one of an
//! element (its assessment) are the same for every kind and stand in `list`. A field that the
//! text does not state is printed in words, never left blank: "not stated" is a value.

/// What a field shows that the text does not state.
pub(crate) const NOT_STATED: &str = "not stated";

/// What a link or a list shows that leads nowhere.
const NONE: &str = "-";

/// A column of a kind.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    pub(crate) header: &'static str,
    /// Of the field, in JSON: `attribution.mode`.
    pub(crate) path: &'static str,
    /// What is shown when the field is absent.
    pub(crate) absent: &'static str,
}

const fn stated(header: &'static str, path: &'static str) -> Column {
    Column {
        header,
        path,
        absent: NOT_STATED,
    }
}

const fn linked(header: &'static str, path: &'static str) -> Column {
    Column {
        header,
        path,
        absent: NONE,
    }
}

/// An absent marking is TLP:CLEAR.
const MARKING: Column = Column {
    header: "MARKING",
    path: "marking.tlp",
    absent: "clear",
};

type Columns = (&'static str, &'static [Column]);

const COLUMNS: &[Columns] = &[
    (
        "Assessment",
        &[
            stated("TITLE", "title"),
            stated("STATE", "state"),
            linked("SITUATION", "situation"),
            stated("CUTOFF", "informationCutoff"),
            MARKING,
            linked("UPDATED", "updateTime"),
        ],
    ),
    (
        "Document",
        &[
            stated("TITLE", "title"),
            stated("TYPE", "mediaType"),
            stated("BYTES", "sizeBytes"),
            stated("SOURCE", "source"),
            MARKING,
            linked("RECEIVED", "createTime"),
        ],
    ),
    (
        "Actor",
        &[
            stated("TITLE", "title"),
            stated("KIND", "kind"),
            linked("ALIASES", "aliases"),
        ],
    ),
    (
        "Issue",
        &[
            stated("TITLE", "title"),
            linked("ALIASES", "aliases"),
            linked("SITUATION", "situation"),
        ],
    ),
    (
        "Situation",
        &[
            stated("TITLE", "title"),
            linked("PART OF", "parent"),
            stated("SPAN", "span"),
        ],
    ),
    (
        "Source",
        &[
            stated("TITLE", "title"),
            stated("PUBLISHER", "publisher"),
            stated("KIND", "kind"),
            stated("RELIABILITY", "reliability"),
        ],
    ),
    (
        "Place",
        &[
            stated("TITLE", "title"),
            stated("KIND", "kind"),
            stated("COUNTRY", "country"),
            linked("PART OF", "parent"),
        ],
    ),
    (
        "Judgment",
        &[
            stated("STATEMENT", "statement"),
            stated("KEY", "key"),
            stated("LIKELIHOOD", "likelihood"),
            stated("CONFIDENCE", "confidence"),
            stated("CHANGE", "change"),
        ],
    ),
    (
        "Participant",
        &[
            stated("ACTOR", "actor"),
            stated("ROLE", "role"),
            stated("INFLUENCE", "influence"),
            stated("VETO", "veto"),
        ],
    ),
    (
        "RedLine",
        &[
            stated("ACTOR", "actor"),
            stated("ISSUE", "issue"),
            stated("STANCE", "stance"),
            stated("POSTURE", "posture"),
            stated("FIRMNESS", "declaredFirmness"),
            stated("NEGOTIABILITY", "assessedNegotiability"),
        ],
    ),
    (
        "Position",
        &[
            stated("ACTOR", "actor"),
            stated("ISSUE", "issue"),
            stated("IDEAL", "ideal"),
            linked("OPTION", "idealOption"),
            stated("ACCEPTABLE", "acceptable"),
            stated("SALIENCE", "salience"),
            stated("UNCERTAINTY", "uncertainty"),
        ],
    ),
    (
        "Intention",
        &[
            stated("ACTOR", "actor"),
            stated("STATEMENT", "statement"),
            stated("KIND", "kind"),
            stated("LIKELIHOOD", "likelihood"),
            stated("CONFIDENCE", "confidence"),
        ],
    ),
    (
        "FocusArea",
        &[
            stated("TITLE", "title"),
            stated("POTENTIAL OUTCOMES", "potentialOutcomes"),
            linked("RISKS", "risks"),
        ],
    ),
    (
        "Challenge",
        &[
            stated("STATEMENT", "statement"),
            linked("FOCUS AREA", "focusArea"),
        ],
    ),
    (
        "Risk",
        &[
            stated("STATEMENT", "statement"),
            linked("FOCUS AREA", "focusArea"),
            stated("LIKELIHOOD", "likelihood"),
            stated("IMPACTS", "impacts"),
        ],
    ),
    (
        "Tool",
        &[
            stated("TITLE", "title"),
            stated("KIND", "kind"),
            stated("PURPOSE", "purpose"),
            stated("EXPECTED OUTCOMES", "expectedOutcomes"),
            stated("STATUS", "status"),
        ],
    ),
    (
        "Recommendation",
        &[
            stated("STATEMENT", "statement"),
            stated("ADDRESSEE", "addressee"),
            linked("TOOLS", "tools"),
            stated("TIMING", "timing"),
            stated("STATUS", "status"),
        ],
    ),
    (
        "Commitment",
        &[
            stated("PARTY", "party"),
            stated("OBLIGATION", "obligation"),
            stated("VERIFIER", "verifier"),
            stated("DEADLINE", "deadline"),
            stated("STATE", "state"),
            stated("COMPLIANCE", "compliance"),
        ],
    ),
    (
        "Forecast",
        &[
            stated("STATEMENT", "statement"),
            stated("WINDOW", "window"),
            stated("LIKELIHOOD", "likelihood"),
            stated("CONDITION", "condition"),
            stated("OUTCOME", "resolution.outcome"),
        ],
    ),
    (
        "ScenarioSet",
        &[
            stated("TITLE", "title"),
            linked("MEMBERS", "members"),
            stated("STRUCTURE", "structure"),
        ],
    ),
    (
        "Indicator",
        &[
            stated("OBSERVABLE", "observable"),
            stated("THRESHOLD", "threshold"),
            linked("BEARS ON", "bearsOn.target"),
            stated("STATUS", "status"),
        ],
    ),
    (
        "Assumption",
        &[
            stated("STATEMENT", "statement"),
            stated("LINCHPIN", "linchpin"),
            stated("STATUS", "status"),
        ],
    ),
    (
        "Relation",
        &[
            stated("FROM", "from"),
            stated("KIND", "kind"),
            stated("TO", "to"),
            stated("SINCE", "since"),
            stated("STRENGTH", "strength"),
        ],
    ),
];

/// The columns of a kind, by its message.
pub(crate) fn of(message: &str) -> &'static [Column] {
    let found = COLUMNS.iter().find(|(kind, _)| *kind == message);
    found.map_or(&[], |(_, columns)| columns)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cells;
    use chancery::model::kind;

    #[test]
    fn every_kind_has_columns_and_every_path_leads_to_a_field() {
        for kind in kind::kinds() {
            assert!(
                !of(&kind.message).is_empty(),
                "{} has no columns",
                kind.message
            );
            let message = cells::message(&kind.message).expect("a message of the contract");
            for column in of(&kind.message) {
                let leads = cells::leads(&message, column.path);
                assert!(leads, "{} has no field {}", kind.message, column.path);
            }
        }
    }

    #[test]
    fn no_table_is_left_over_and_no_kind_has_two() {
        let mut tables: Vec<&str> = COLUMNS.iter().map(|(message, _)| *message).collect();
        assert!(
            tables.iter().all(|message| kind::of(message).is_some()),
            "{tables:?}"
        );
        tables.sort_unstable();
        tables.dedup();
        assert_eq!(tables.len(), COLUMNS.len());
    }
}
