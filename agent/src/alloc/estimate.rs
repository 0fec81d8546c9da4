//! From samples to bytes: what a sampled block stands for, and how sure that is.
//!
//! Bytes are sampled by a Poisson process: the distance from one sample point to the next is
//! exponential with mean `m`, so a block of `s` bytes has a point in it with probability
//!
//! ```text
//! p = 1 - exp(-s / m)
//! ```
//!
//! independently of all other blocks. A sampled block then stands for `1/p` blocks and `s/p` bytes
//! (Horvitz and Thompson, 1952): the sum over the sampled ones is an unbiased estimate of the sum
//! over all. So is, for its variance, the sum of `s² (1-p) / p²`. Blocks much larger than `m` are
//! sampled nearly always and add nearly nothing to it.
//!
//! The stated error is half of a 95 % interval, `1.96 · sqrt(variance + m²)`. The `m²` is that of
//! one more sample: with few samples the estimated variance is too small just where the estimate
//! is, and an interval without it would miss the truth too often. With it, 95 of 100 intervals hold
//! the truth from about five samples on (the test `intervals_hold_the_truth` counts).

/// Half the width of an interval that holds 95 % of a normal distribution, in deviations.
const CONFIDENCE: f64 = 1.96;

/// The chance that a block is sampled.
pub(crate) fn probability(size: usize, mean: u32) -> f64 {
    if mean <= 1 { 1.0 } else { -(-(size as f64) / f64::from(mean)).exp_m1() }
}

/// A sum over sampled blocks.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Sum {
    pub(crate) blocks: f64,
    pub(crate) bytes: f64,
    variance: f64,
    /// The largest mean of those that blocks were sampled with.
    mean: u32,
}

impl Sum {
    /// What one sampled block stands for.
    pub(crate) fn of(size: usize, mean: u32) -> Self {
        // A block of no bytes is never sampled.
        let size = size.max(1);
        let p = probability(size, mean);
        let bytes = size as f64 / p;
        Self { blocks: 1.0 / p, bytes, variance: bytes * bytes * (1.0 - p), mean }
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.blocks += other.blocks;
        self.bytes += other.bytes;
        self.variance += other.variance;
        self.mean = self.mean.max(other.mean);
    }

    /// Half the width of the 95 % interval, in bytes.
    pub(crate) fn error(&self) -> f64 {
        if self.mean <= 1 {
            return 0.0;
        }
        CONFIDENCE * (self.variance + f64::from(self.mean).powi(2)).sqrt()
    }
}

/// A positive number as the nearest whole one.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "float to int saturates, and the number is not negative"
)]
pub(crate) fn whole(number: f64) -> u64 {
    number.round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEAN: u32 = 512 << 10;
    const RUNS: u32 = 1_000;

    /// Draws which of `blocks` are sampled, and sums them up.
    fn draw(random: &mut impl FnMut() -> f64, blocks: &[(usize, u32)]) -> Sum {
        let mut sum = Sum::default();
        for (size, number) in blocks {
            let p = probability(*size, MEAN);
            let sampled = (0..*number).filter(|_| random() < p).count();
            (0..sampled).for_each(|_| sum.add(Sum::of(*size, MEAN)));
        }
        sum
    }

    /// Numbers from 0 to 1, always the same ones (xorshift64*, Vigna 2016).
    fn random() -> impl FnMut() -> f64 {
        let mut state = 0x2545_F491_4F6C_DD1D_u64;
        move || {
            state ^= state >> 12;
            state ^= state << 25;
            state ^= state >> 27;
            (state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) as f64 / (1_u64 << 53) as f64
        }
    }

    #[test]
    fn intervals_hold_the_truth() {
        let mut random = random();
        let cases: [&[(usize, u32)]; 5] = [
            &[(4 << 10, 2_560)],                // 10 MB, 20 samples
            &[(256, 40_960)],                   // the same of small ones
            &[(64 << 10, 1_600)],               // 100 MB
            &[(1 << 20, 30), (100 << 10, 300)], // large ones among others
            &[(16 << 10, 160)],                 // 5 samples
        ];
        for blocks in cases {
            let truth: f64 =
                blocks.iter().map(|(size, number)| *size as f64 * f64::from(*number)).sum();
            let (mut held, mut mean) = (0, 0.0);
            for _ in 0..RUNS {
                let sum = draw(&mut random, blocks);
                held += u32::from((sum.bytes - truth).abs() <= sum.error());
                mean += sum.bytes / f64::from(RUNS);
            }
            let bias = mean / truth - 1.0;
            assert!((935..=990).contains(&held), "{held} of {RUNS} for {blocks:?}");
            // Four standard deviations of the mean of so many runs with as few as five samples.
            assert!(bias.abs() < 0.06, "{:+.1} % for {blocks:?}", bias * 100.0);
        }
    }

    #[test]
    fn with_every_block_sampled_there_is_no_error() {
        let mut sum = Sum::default();
        (1..=10).for_each(|size| sum.add(Sum::of(size, 1)));
        assert_eq!((whole(sum.bytes), whole(sum.blocks), whole(sum.error())), (55, 10, 0));
    }

    #[test]
    fn a_block_stands_for_as_many_as_are_missed_for_it() {
        let small = Sum::of(64, MEAN);
        assert!((small.blocks - 8_192.5).abs() < 1.0, "{small:?}");
        let huge = Sum::of(64 << 20, MEAN);
        assert_eq!((whole(huge.bytes), whole(huge.blocks)), (64 << 20, 1));
        assert!(huge.error() < 1.96 * 1.01 * f64::from(MEAN));
    }
}
