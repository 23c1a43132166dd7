//! Words of estimation and numbers, both ways.
//!
//! A term has an interval; a probability has a term, or lies in a gap between two. Where bands
//! share a bound the one further from 50 % wins and the answer names the other. A gap is an
//! answer, never filled with the nearest word. The yardsticks stand in `model::estimate`, with
//! their sources. Used by `service` and by the risk matrix.

use crate::error::Error;
use crate::model::estimate::{Band, band_of, bands};
use crate::model::v1::LikelihoodScheme;

/// What a probability is called.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Called {
    /// It has a term.
    Term(&'static Band),
    /// It lies on a bound that two bands share.
    Tie {
        /// The band further from 50 %, which wins.
        band: &'static Band,
        /// The one that would have claimed it too.
        other: &'static Band,
    },
    /// It has none.
    Between {
        /// The next band below; `None` under the lowest.
        below: Option<&'static Band>,
        /// The next band above; `None` over the highest.
        above: Option<&'static Band>,
    },
}

impl Called {
    /// The band whose term is used, if there is one.
    pub fn band(&self) -> Option<&'static Band> {
        match self {
            Self::Term(band) | Self::Tie { band, .. } => Some(band),
            Self::Between { .. } => None,
        }
    }
}

/// What a probability of 0 to 1 is called on a yardstick.
///
/// # Errors
/// PROBABILITY_OUT_OF_RANGE, SCHEME_WITHOUT_BANDS.
pub fn term_of(scheme: LikelihoodScheme, probability: f64) -> Result<Called, Error> {
    let bands = published(scheme)?;
    if !(0.0..=1.0).contains(&probability) {
        let text = format!("\"{probability}\" is not a probability of 0 to 1");
        return Err(Error::invalid(
            "probability",
            "PROBABILITY_OUT_OF_RANGE",
            text,
        ));
    }
    let mut holding = bands.iter().filter(|band| band.holds(probability));
    Ok(match (holding.next(), holding.next()) {
        (Some(low), Some(high)) if from_half(low) > from_half(high) => Called::Tie {
            band: low,
            other: high,
        },
        (Some(low), Some(high)) => Called::Tie {
            band: high,
            other: low,
        },
        (Some(band), None) => Called::Term(band),
        (None, _) => Called::Between {
            below: bands.iter().rev().find(|band| band.high <= probability),
            above: bands.iter().find(|band| band.low >= probability),
        },
    })
}

/// The interval of a term on a yardstick, whatever its case.
///
/// # Errors
/// SCHEME_WITHOUT_BANDS, TERM_UNKNOWN with the terms there are and, where another yardstick has
/// the term, its name.
pub fn interval_of(scheme: LikelihoodScheme, term: &str) -> Result<&'static Band, Error> {
    let bands = published(scheme)?;
    if let Some(band) = band_of(scheme, term) {
        return Ok(band);
    }
    let known: Vec<&str> = bands
        .iter()
        .filter_map(|band| band.terms.first().copied())
        .collect();
    let other = [LikelihoodScheme::Icd203, LikelihoodScheme::Phia]
        .into_iter()
        .find(|other| *other != scheme && band_of(*other, term).is_some());
    let hint = other.map_or_else(String::new, |other| {
        let name = other.as_str_name().trim_start_matches("LIKELIHOOD_SCHEME_");
        format!("; it is one of {name}")
    });
    let text = format!("\"{term}\" is none of {}{hint}", known.join(", "));
    Err(Error::invalid("term", "TERM_UNKNOWN", text))
}

/// Every band that an interval touches, from the lowest; none when it lies in a gap.
///
/// # Errors
/// PROBABILITY_OUT_OF_RANGE, PROBABILITY_ORDER, SCHEME_WITHOUT_BANDS.
pub fn touched(scheme: LikelihoodScheme, low: f64, high: f64) -> Result<Vec<&'static Band>, Error> {
    let bands = published(scheme)?;
    for (field, value) in [("low", low), ("high", high)] {
        if !(0.0..=1.0).contains(&value) {
            let text = format!("\"{value}\" is not a probability of 0 to 1");
            return Err(Error::invalid(field, "PROBABILITY_OUT_OF_RANGE", text));
        }
    }
    if low > high {
        let text = format!("low \"{low}\" is above high \"{high}\"");
        return Err(Error::invalid("low", "PROBABILITY_ORDER", text));
    }
    // The interval as a whole may enclose a band that neither of its ends lies in.
    let inside = |band: &&Band| {
        let reaches = band.holds(low) || band.holds(high);
        reaches || (low <= band.low && band.high <= high)
    };
    Ok(bands.iter().filter(inside).collect())
}

fn published(scheme: LikelihoodScheme) -> Result<&'static [Band], Error> {
    let bands = bands(scheme);
    if bands.is_empty() {
        let text = format!("\"{}\" gives its words no numbers", scheme.as_str_name());
        return Err(Error::invalid("scheme", "SCHEME_WITHOUT_BANDS", text));
    }
    Ok(bands)
}

/// How far the middle of a band is from even.
fn from_half(band: &Band) -> f64 {
    ((band.low + band.high) / 2.0 - 0.5).abs()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const ICD203: LikelihoodScheme = LikelihoodScheme::Icd203;
    const PHIA: LikelihoodScheme = LikelihoodScheme::Phia;

    /// As the answer would read: `a`, `a / b` for a tie, `a | b` for a gap.
    fn said(scheme: LikelihoodScheme, probability: f64) -> String {
        let first = |band: &Band| band.terms[0].to_owned();
        let side = |band: Option<&'static Band>| band.map_or_else(|| "-".to_owned(), first);
        match term_of(scheme, probability).unwrap() {
            Called::Term(band) => first(band),
            Called::Tie { band, other } => format!("{} / {}", first(band), first(other)),
            Called::Between { below, above } => format!("{} | {}", side(below), side(above)),
        }
    }

    #[track_caller]
    fn all(scheme: LikelihoodScheme, expected: &[(f64, &str)]) {
        for (probability, text) in expected {
            assert_eq!(said(scheme, *probability), *text, "{probability}");
        }
    }

    #[test]
    fn every_bound_of_icd_203() {
        all(
            ICD203,
            &[
                (0.0, "- | almost no chance"),
                (0.009, "- | almost no chance"),
                (0.01, "almost no chance"),
                (0.049, "almost no chance"),
                (0.05, "almost no chance / very unlikely"),
                (0.051, "very unlikely"),
                (0.199, "very unlikely"),
                (0.20, "very unlikely / unlikely"),
                (0.201, "unlikely"),
                (0.449, "unlikely"),
                (0.45, "unlikely / roughly even chance"),
                (0.451, "roughly even chance"),
                (0.50, "roughly even chance"),
                (0.549, "roughly even chance"),
                (0.55, "likely / roughly even chance"),
                (0.551, "likely"),
                (0.799, "likely"),
                (0.80, "very likely / likely"),
                (0.801, "very likely"),
                (0.949, "very likely"),
                (0.95, "almost certain / very likely"),
                (0.951, "almost certain"),
                (0.99, "almost certain"),
                (0.991, "almost certain | -"),
                (1.0, "almost certain | -"),
            ],
        );
    }

    #[test]
    fn every_bound_and_gap_of_phia() {
        all(
            PHIA,
            &[
                (0.0, "- | remote chance"),
                (0.001, "remote chance"),
                (0.05, "remote chance"),
                (0.051, "remote chance | highly unlikely"),
                (0.099, "remote chance | highly unlikely"),
                (0.10, "highly unlikely"),
                (0.20, "highly unlikely"),
                (0.21, "highly unlikely | unlikely"),
                (0.25, "unlikely"),
                (0.35, "unlikely"),
                (0.36, "unlikely | realistic possibility"),
                (0.40, "realistic possibility"),
                (0.499, "realistic possibility"),
                (0.50, "realistic possibility | likely"),
                (0.549, "realistic possibility | likely"),
                (0.55, "likely"),
                (0.75, "likely"),
                (0.76, "likely | highly likely"),
                (0.80, "highly likely"),
                (0.90, "highly likely"),
                (0.91, "highly likely | almost certain"),
                (0.95, "almost certain"),
                (0.999, "almost certain"),
                (1.0, "almost certain | -"),
            ],
        );
    }

    #[test]
    fn a_term_has_an_interval_and_a_stranger_is_named() {
        let band = interval_of(ICD203, " Highly Improbable").unwrap();
        assert_eq!((band.low, band.high), (0.05, 0.20));
        let error = interval_of(ICD203, "realistic possibility").unwrap_err();
        assert_eq!(error.reason(), "TERM_UNKNOWN");
        assert!(error.to_string().contains("it is one of PHIA"), "{error}");
        let error = interval_of(LikelihoodScheme::Undeclared, "likely").unwrap_err();
        assert_eq!(error.reason(), "SCHEME_WITHOUT_BANDS");
        for value in [-0.1, 1.1, f64::NAN] {
            let error = term_of(ICD203, value).unwrap_err();
            assert_eq!(error.reason(), "PROBABILITY_OUT_OF_RANGE");
        }
    }

    #[test]
    fn an_interval_touches_bands() {
        let terms = |scheme, low, high| -> Vec<&str> {
            let bands = touched(scheme, low, high).unwrap();
            bands.iter().map(|band| band.terms[0]).collect()
        };
        assert_eq!(
            terms(PHIA, 0.3, 0.6),
            ["unlikely", "realistic possibility", "likely"]
        );
        assert_eq!(terms(PHIA, 0.36, 0.39), [""; 0]);
        assert_eq!(terms(PHIA, 0.49, 0.50), ["realistic possibility"]);
        assert_eq!(terms(ICD203, 0.0, 1.0).len(), 7);
        let error = touched(ICD203, 0.6, 0.5).unwrap_err();
        assert_eq!(error.reason(), "PROBABILITY_ORDER");
    }

    /// The cells of a published table, or `None` with a word where it is not beside the checkout.
    fn table(name: &str) -> Option<Vec<Vec<String>>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/tables");
        let Ok(text) = std::fs::read_to_string(folder.join(name)) else {
            println!("skipped: \"{name}\" is not beside this checkout");
            return None;
        };
        let cells = |line: &str| line.split(',').map(ToOwned::to_owned).collect();
        Some(text.lines().skip(1).map(cells).collect())
    }

    fn percent(cell: &str) -> f64 {
        cell.trim_matches(['~', '>', '<', '%'])
            .parse::<f64>()
            .unwrap()
            / 100.0
    }

    #[test]
    fn the_published_tables_are_met() {
        for (scheme, name, low) in [
            (ICD203, "icd203_likelihood.csv", 3),
            (PHIA, "phia_yardstick.csv", 2),
        ] {
            let Some(rows) = table(name) else { continue };
            assert_eq!(rows.len(), bands(scheme).len());
            for row in rows {
                let band = interval_of(scheme, &row[1].replace("(ly)", "")).unwrap();
                assert_eq!(band.low, percent(&row[low]), "{row:?}");
                assert_eq!(band.high, percent(&row[low + 1]), "{row:?}");
                assert_eq!(band.open, row[low + 1].starts_with('<'), "{row:?}");
                assert_eq!(band.open_low, row[low].starts_with('>'), "{row:?}");
                if scheme == ICD203 {
                    assert_eq!(interval_of(scheme, &row[2]).unwrap(), band);
                }
            }
        }
    }
}
