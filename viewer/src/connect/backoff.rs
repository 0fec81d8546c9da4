//! Pauses between attempts to connect: growing, capped, and spread by chance so that many viewers
//! of one service do not all come back in the same instant.

use std::time::Duration;

/// The first pause, about.
const FIRST: Duration = Duration::from_millis(250);
/// The longest pause, about.
const LONGEST: Duration = Duration::from_secs(5);

/// Computes pauses. Pure: chance comes from the seed.
#[derive(Clone, Debug)]
pub struct Backoff {
    failures: u32,
    random: u64,
}

impl Backoff {
    /// Starts with the shortest pause.
    pub fn new(seed: u64) -> Self {
        // Zero would stay zero in the generator below.
        Self { failures: 0, random: seed | 1 }
    }

    /// How long to wait after one more failure: twice as long as last time, plus or minus a
    /// quarter.
    pub fn pause(&mut self) -> Duration {
        let doubled = FIRST.saturating_mul(1 << self.failures.min(10)).min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        let percent = 75 + u32::try_from(self.next_random() % 51).unwrap_or(25);
        doubled * percent / 100
    }

    /// The connection was up: the next pause is short again.
    pub fn reset(&mut self) {
        self.failures = 0;
    }

    /// Xorshift: plenty for spreading pauses.
    fn next_random(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_cap_and_stay_within_a_quarter() {
        for seed in 0..200 {
            let mut backoff = Backoff::new(seed);
            for about_ms in [250, 500, 1_000, 2_000, 4_000, 5_000, 5_000] {
                let pause = backoff.pause().as_millis();
                let range = about_ms * 3 / 4..=about_ms * 5 / 4;
                assert!(range.contains(&pause), "seed {seed}: {pause} ms, about {about_ms}");
            }
            backoff.reset();
            assert!(backoff.pause() < Duration::from_millis(320));
        }
    }

    #[test]
    fn different_seeds_pause_differently() {
        let first: std::collections::BTreeSet<_> =
            (0..50).map(|seed| Backoff::new(seed * 7919).pause()).collect();
        assert!(first.len() > 10);
    }

    #[test]
    fn a_thousand_failures_do_not_overflow() {
        let mut backoff = Backoff::new(3);
        assert!((0..1_000).all(|_| backoff.pause() <= LONGEST * 5 / 4));
    }
}
