//! Random numbers that repeat: the same seed gives the same draws on every machine.
//!
//! SplitMix64 (Steele, Lea and Flood, 2014), which passes BigCrush and needs eight bytes of state.
//! A method that samples takes a seed and says in its finding which one it was. Never used where
//! a guess must be hard.

/// A source of repeatable draws.
#[derive(Debug, Clone)]
pub(super) struct Draws {
    state: u64,
}

impl Draws {
    pub(super) fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Uniform in 0 (in) to 1 (out), of 53 bits.
    pub(super) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Uniform between two bounds.
    pub(super) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// A place in `0..count`; 0 when there is none.
    pub(super) fn place(&mut self, count: usize) -> usize {
        ((self.unit() * count as f64) as usize).min(count.saturating_sub(1))
    }

    /// Standard normal, by Box and Muller.
    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// Gamma with this shape and scale 1, by Marsaglia and Tsang (2000); 0 for a shape of 0.
    fn gamma(&mut self, shape: f64) -> f64 {
        if shape <= 0.0 {
            return 0.0;
        }
        if shape < 1.0 {
            // Their boost for small shapes.
            let base = self.gamma(shape + 1.0);
            return base * (1.0 - self.unit()).powf(1.0 / shape);
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let v = (1.0 + c * x).powi(3);
            if v > 0.0 && (1.0 - self.unit()).ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return d * v;
            }
        }
    }

    /// Shares that sum to 1, Dirichlet with these parameters; a parameter of 0 always gets 0.
    pub(super) fn dirichlet(&mut self, parameters: &[f64]) -> Vec<f64> {
        let drawn: Vec<f64> = parameters.iter().map(|shape| self.gamma(*shape)).collect();
        let sum: f64 = drawn.iter().sum();
        if sum > 0.0 {
            drawn.iter().map(|share| share / sum).collect()
        } else {
            let sum: f64 = parameters.iter().sum();
            parameters.iter().map(|share| share / sum).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_draws_are_those_of_the_published_generator() {
        let mut draws = Draws::new(1_234_567);
        let expected = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
        ];
        assert_eq!([draws.next(), draws.next(), draws.next()], expected);
    }

    #[test]
    fn shares_have_the_mean_of_their_parameters() {
        let mut draws = Draws::new(7);
        let mut sums = [0.0; 4];
        for _ in 0..20_000 {
            for (sum, share) in sums.iter_mut().zip(draws.dirichlet(&[0.5, 1.5, 0.0, 8.0])) {
                *sum += share / 20_000.0;
            }
        }
        for (mean, expected) in sums.iter().zip([0.05, 0.15, 0.0, 0.8]) {
            assert!((mean - expected).abs() < 0.005, "{mean} for {expected}");
        }
    }
}
