//! The arithmetic of the one-turn election, on plain numbers.
//!
//! Positions as parts of the scale, 0 to 1, by actor i and issue k; salience s; capability c.
//!
//! ```text
//! V_ij   = 1 - sqrt( sum_k (s_ik |x_ik - x_jk|)^2 / sum_k s_ik^2 )
//! x(a>b) = sum_i c_i max(0, U_ia - U_ib)          P(a>b) = x(a>b) / (x(a>b) + x(b>a)), or 1/2
//! p_a    ~ prod_{b != a} P(a>b), normalised
//! r_i    = -0.5 + 1.5 (p_i - min p) / (max p - min p)   with U = V over all actors' positions,
//!                                                       the same position twice counting twice
//! U_ij   = V_ij + r_i V_ij (1 - V_ij)                   then p over the distinct positions
//! ```
//!
//! Checked against the published run SOE-Pol-Comp of KTAB in `tests`. Products are sums of
//! logarithms, for a hundred factors near 0 would vanish.

use crate::model::mutant;

/// One election with its tables.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Round {
    /// `[candidate][actor]`: what each actor thinks of each candidate.
    pub utilities: Vec<Vec<f64>>,
    /// `[a][b]`: the weight behind a against b, `x(a>b)`.
    pub support: Vec<Vec<f64>>,
    /// `[a][b]`: the probability that a beats b; 1/2 on the diagonal.
    pub beats: Vec<Vec<f64>>,
    /// By candidate, summing to 1.
    pub probabilities: Vec<f64>,
}

/// Both rounds.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Outcome {
    pub(super) neutral: Round,
    pub(super) risk_attitudes: Vec<f64>,
    pub(super) risk_defined: bool,
    /// By candidate: the actors that hold it.
    pub(super) holders: Vec<Vec<usize>>,
    pub(super) candidate_of: Vec<usize>,
    pub(super) forecast: Round,
}

/// Runs both rounds; all three have an entry for each actor.
pub(super) fn elect(
    positions: &[Vec<f64>],
    saliences: &[Vec<f64>],
    capabilities: &[f64],
) -> Outcome {
    let values: Vec<Vec<f64>> = positions
        .iter()
        .map(|candidate| {
            let actors = positions.iter().zip(saliences);
            actors
                .map(|(own, salience)| value(own, candidate, salience))
                .collect()
        })
        .collect();
    let (holders, candidate_of) = distinct(positions);
    let neutral = round(values, capabilities);
    let mut shares = neutral.probabilities.clone();
    if mutant::active("duplicates_dropped_before_risk") {
        shares = of_distinct(&neutral.utilities, capabilities, &holders, &candidate_of);
    }
    let (risk_attitudes, risk_defined) = attitudes(&shares);
    let aware = firsts(&holders)
        .map(|at| {
            let values = neutral.utilities[at].iter().zip(&risk_attitudes);
            values.map(|(v, r)| v + r * v * (1.0 - v)).collect()
        })
        .collect();
    Outcome {
        forecast: round(aware, capabilities),
        neutral,
        risk_attitudes,
        risk_defined,
        holders,
        candidate_of,
    }
}

/// What an actor thinks of a position: 1 is its own, 0 the far corner. An actor to whom no issue
/// matters is content with every position.
fn value(own: &[f64], candidate: &[f64], salience: &[f64]) -> f64 {
    // Only ratios count, and squares of tiny saliences would vanish.
    let greatest = salience.iter().copied().fold(0.0, f64::max);
    if greatest == 0.0 {
        return 1.0;
    }
    let (mut distance, mut whole) = (0.0, 0.0);
    for ((own, other), salience) in own.iter().zip(candidate).zip(salience) {
        let weight = salience / greatest;
        distance += (weight * (own - other)).powi(2);
        whole += weight * weight;
    }
    1.0 - (distance / whole).sqrt()
}

fn round(utilities: Vec<Vec<f64>>, capabilities: &[f64]) -> Round {
    let count = utilities.len();
    let mut support = vec![vec![0.0; count]; count];
    let mut beats = vec![vec![0.5; count]; count];
    for (a, of_a) in utilities.iter().enumerate() {
        for (b, of_b) in utilities.iter().enumerate().skip(a + 1) {
            let (mut forward, mut back) = (0.0, 0.0);
            for ((in_a, in_b), capability) in of_a.iter().zip(of_b).zip(capabilities) {
                let gain = capability * (in_a - in_b);
                forward += gain.max(0.0);
                back += (-gain).max(0.0);
            }
            support[a][b] = forward;
            support[b][a] = back;
            if forward + back > 0.0 {
                beats[a][b] = forward / (forward + back);
                beats[b][a] = back / (forward + back);
            }
        }
    }
    Round {
        probabilities: shares(&beats),
        utilities,
        support,
        beats,
    }
}

/// `p_a` from the table of who beats whom.
fn shares(beats: &[Vec<f64>]) -> Vec<f64> {
    let logarithms: Vec<f64> = beats
        .iter()
        .enumerate()
        .map(|(a, row)| {
            let others = row.iter().enumerate().filter(|(b, _)| *b != a);
            others.map(|(_, probability)| probability.ln()).sum()
        })
        .collect();
    // Somebody always has a product above 0: a position that beats another for certain is one
    // that all with any weight prefer, and such preferences have no circles.
    let greatest = logarithms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let products: Vec<f64> = logarithms.iter().map(|l| (l - greatest).exp()).collect();
    let sum: f64 = products.iter().sum();
    products.iter().map(|product| product / sum).collect()
}

fn attitudes(shares: &[f64]) -> (Vec<f64>, bool) {
    let least = shares.iter().copied().fold(f64::INFINITY, f64::min);
    let greatest = shares.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let width = greatest - least;
    // Equal shares differ by rounding at most.
    if shares.is_empty() || width <= greatest * 1e-12 {
        return (vec![0.0; shares.len()], false);
    }
    let attitude = |share: &f64| -0.5 + 1.5 * (share - least) / width;
    (shares.iter().map(attitude).collect(), true)
}

/// The actors at each distinct position, in the order of the first, and where each actor is.
fn distinct(positions: &[Vec<f64>]) -> (Vec<Vec<usize>>, Vec<usize>) {
    let mut holders: Vec<Vec<usize>> = Vec::new();
    let mut candidate_of = Vec::new();
    for (actor, position) in positions.iter().enumerate() {
        let known = holders
            .iter()
            .position(|held| held.first().is_some_and(|at| positions[*at] == *position));
        let at = known.unwrap_or(holders.len());
        match holders.get_mut(at) {
            Some(held) => held.push(actor),
            None => holders.push(vec![actor]),
        }
        candidate_of.push(at);
    }
    (holders, candidate_of)
}

fn firsts(holders: &[Vec<usize>]) -> impl Iterator<Item = usize> {
    holders.iter().filter_map(|held| held.first().copied())
}

/// The deliberate mistake: shares of the distinct positions, given to all that hold them.
fn of_distinct(
    values: &[Vec<f64>],
    capabilities: &[f64],
    holders: &[Vec<usize>],
    candidate_of: &[usize],
) -> Vec<f64> {
    let candidates = firsts(holders).map(|at| values[at].clone()).collect();
    let shares = round(candidates, capabilities).probabilities;
    candidate_of.iter().map(|at| shares[*at]).collect()
}
