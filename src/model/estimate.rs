//! Words of estimation: which term a probability has, and which probabilities a term means.
//!
//! Two yardsticks, as published: ICD 203 (2015), whose bands share their bounds, and the UK's PHIA
//! (2025), whose bands leave gaps on purpose. Where a number lies on a shared bound the band
//! further from 50 % wins and the answer says that it was a tie. Probabilities are 0 to 1.

use super::v1::LikelihoodScheme;

/// A band of a yardstick. Both bounds belong to it, unless `open` or `open_low` says otherwise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Band {
    /// The terms, the first being the one that is used.
    pub terms: &'static [&'static str],
    /// Lowest probability.
    pub low: f64,
    /// Highest probability.
    pub high: f64,
    /// Whether the highest is left out.
    pub open: bool,
    /// Whether the lowest is left out.
    pub open_low: bool,
}

const fn band(terms: &'static [&'static str], low: f64, high: f64) -> Band {
    Band {
        terms,
        low,
        high,
        open: false,
        open_low: false,
    }
}

const fn open(terms: &'static [&'static str], low: f64, high: f64) -> Band {
    Band {
        terms,
        low,
        high,
        open: true,
        open_low: false,
    }
}

/// ICD 203, expressions of likelihood.
pub const ICD203: [Band; 7] = [
    band(&["almost no chance", "remote"], 0.01, 0.05),
    band(&["very unlikely", "highly improbable"], 0.05, 0.20),
    band(
        &["unlikely", "improbable", "improbable (improbably)"],
        0.20,
        0.45,
    ),
    band(&["roughly even chance", "roughly even odds"], 0.45, 0.55),
    band(&["likely", "probable", "probable (probably)"], 0.55, 0.80),
    band(&["very likely", "highly probable"], 0.80, 0.95),
    band(
        &["almost certain", "nearly certain", "almost certainly"],
        0.95,
        0.99,
    ),
];

/// PHIA, the probability yardstick.
pub const PHIA: [Band; 7] = [
    Band {
        open_low: true,
        ..band(&["remote chance"], 0.0, 0.05)
    },
    band(&["highly unlikely"], 0.10, 0.20),
    band(&["unlikely"], 0.25, 0.35),
    open(&["realistic possibility"], 0.40, 0.50),
    band(&["likely", "probable", "likely or probable"], 0.55, 0.75),
    band(&["highly likely"], 0.80, 0.90),
    open(&["almost certain"], 0.95, 1.0),
];

/// The bands of a yardstick; none for a scheme that has no published one.
pub fn bands(scheme: LikelihoodScheme) -> &'static [Band] {
    match scheme {
        LikelihoodScheme::Icd203 => &ICD203,
        LikelihoodScheme::Phia => &PHIA,
        LikelihoodScheme::Unspecified | LikelihoodScheme::Other | LikelihoodScheme::Undeclared => {
            &[]
        }
    }
}

/// The band of a term, whatever its case.
pub fn band_of(scheme: LikelihoodScheme, term: &str) -> Option<&'static Band> {
    let term = term.trim();
    bands(scheme).iter().find(|band| {
        band.terms
            .iter()
            .any(|known| known.eq_ignore_ascii_case(term))
    })
}

impl Band {
    /// Whether a probability lies in the band.
    pub fn holds(&self, probability: f64) -> bool {
        let below = if self.open {
            probability < self.high
        } else {
            probability <= self.high
        };
        let above = if self.open_low {
            self.low < probability
        } else {
            self.low <= probability
        };
        above && below
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_fits_its_term_and_the_bounds_do() {
        let likely = band_of(LikelihoodScheme::Icd203, "Likely").unwrap();
        assert!(likely.holds(0.55) && likely.holds(0.80) && !likely.holds(0.81));
        let possible = band_of(LikelihoodScheme::Phia, "realistic possibility").unwrap();
        assert!(possible.holds(0.40) && possible.holds(0.49) && !possible.holds(0.50));
        let remote = band_of(LikelihoodScheme::Phia, "remote chance").unwrap();
        assert!(remote.holds(0.05) && remote.holds(1e-9) && !remote.holds(0.0));
        assert!(band_of(LikelihoodScheme::Phia, "roughly even chance").is_none());
        assert!(bands(LikelihoodScheme::Undeclared).is_empty());
    }
}
