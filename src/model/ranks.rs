//! Which enums have an order, and which: from the least to the greatest.
//!
//! The numbers of the contract say nothing about it: credibility is numbered from the best grade
//! to the worst. A value that is not in the list (not stated, not determined, not known) is
//! neither below nor above any other. Filters and orders of lists use it.

const ORDERED: &[(&str, &[&str])] = &[
    (
        "AssessedNegotiability",
        &["FLEXIBLE", "TRADEABLE", "CONDITIONAL", "NON_STARTER"],
    ),
    ("AssumptionStatus", &["BROKEN", "DOUBTFUL", "HOLDS"]),
    ("ConfidenceLevel", &["LOW", "MODERATE", "HIGH"]),
    (
        "CrossingResponse",
        &["NONE", "VERBAL", "PARTIAL", "ENFORCED"],
    ),
    (
        "DeclaredFirmness",
        &["FLOATED", "STATED", "FIRM", "ABSOLUTE"],
    ),
    (
        "ImpactLevel",
        &["VERY_LOW", "LOW", "MODERATE", "HIGH", "VERY_HIGH"],
    ),
    (
        "InformationCredibility",
        &[
            "IMPROBABLE",
            "DOUBTFUL",
            "POSSIBLY_TRUE",
            "PROBABLY_TRUE",
            "CONFIRMED",
        ],
    ),
    ("SourceReliability", &["E", "D", "C", "B", "A"]),
    (
        "TimePrecision",
        &["YEAR", "QUARTER", "MONTH", "DAY", "EXACT"],
    ),
    ("Tlp", &["CLEAR", "GREEN", "AMBER", "AMBER_STRICT", "RED"]),
];

/// What an author writes where a value cannot be judged: it is a value, and equal to no other.
pub const UNDETERMINED: &str = "UNDETERMINED";

/// The values of an enum from the least to the greatest, without their prefix, if it has an order.
pub fn ascending(name: &str) -> Option<&'static [&'static str]> {
    let found = ORDERED.iter().find(|(ordered, _)| *ordered == name);
    found.map(|(_, values)| *values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::kind::{CONTRACT, short};

    #[test]
    fn every_ordered_value_is_one_of_the_contract() {
        for (name, values) in ORDERED {
            let found = CONTRACT.get_enum_by_name(&format!("chancery.v1.{name}"));
            let found = found.unwrap_or_else(|| panic!("no enum {name}"));
            for value in *values {
                let known = found.values().any(|known| short(&known) == *value);
                assert!(known, "{name} has no {value}");
            }
        }
    }

    #[test]
    fn what_says_that_it_has_an_order_is_in_the_table() {
        let order = ["ascending order", "descending order", "from the "];
        let files = CONTRACT.files();
        let told = files.flat_map(|file| {
            let source = file.file_descriptor_proto().source_code_info.clone();
            let enums: Vec<String> = file.enums().map(|one| one.name().to_owned()).collect();
            let places = source.unwrap_or_default().location.into_iter();
            places
                .filter_map(move |place| match place.path.as_slice() {
                    [5, at] if order.iter().any(|o| place.leading_comments().contains(o)) => {
                        enums.get(usize::try_from(*at).ok()?).cloned()
                    }
                    _ => None,
                })
                .collect::<Vec<_>>()
        });
        let told: Vec<String> = told.collect();
        assert!(told.len() > 5, "{told:?}");
        for name in told {
            assert!(
                ascending(&name).is_some(),
                "{name} says that it has an order"
            );
        }
    }
}
