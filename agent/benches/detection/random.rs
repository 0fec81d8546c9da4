//! Numbers by chance, from a seed.

/// Splitmix64 (Steele, Lea and Flood 2014).
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// The stream of a seed and a number: different streams for different pairs.
    pub(crate) fn new(seed: u64, number: u64) -> Self {
        let mut random = Self(seed.wrapping_mul(0xD134_2543_DE82_EF95) ^ number.rotate_left(32));
        random.0 = random.bits();
        random.0 ^= random.bits().rotate_left(17);
        random
    }

    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Evenly from 0 to below 1.
    pub(crate) fn share(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Evenly between two numbers.
    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.share()
    }

    /// Between two numbers, each factor as likely.
    pub(crate) fn scale(&mut self, low: f64, high: f64) -> f64 {
        (self.between(low.ln(), high.ln())).exp()
    }

    /// With this probability.
    pub(crate) fn chance(&mut self, share: f64) -> bool {
        self.share() < share
    }

    /// From an exponential distribution of mean 1.
    pub(crate) fn exponential(&mut self) -> f64 {
        -(1.0 - self.share()).ln()
    }

    /// From a normal distribution.
    pub(crate) fn normal(&mut self) -> f64 {
        let angle = std::f64::consts::TAU * self.share();
        (2.0 * self.exponential()).sqrt() * angle.cos()
    }

    /// From a Poisson distribution.
    pub(crate) fn poisson(&mut self, mean: f64) -> u32 {
        if mean > 60.0 {
            let near = mean + mean.sqrt() * self.normal();
            return u32::try_from(crate::lifetimes::whole(near)).unwrap_or(0);
        }
        let (limit, mut product, mut count) = ((-mean).exp(), self.share(), 0);
        while product > limit {
            product *= self.share();
            count += 1;
        }
        count
    }
}
