//! How long the tasks of an origin live, learned from those that have ended.
//!
//! Only the ended teach: a task that never ends never says that this is normal, so an origin that
//! leaks from its first task on is measured against its healthy tasks all the same. The price is
//! that what was seen of a long life lags behind it: ten minutes after the start nobody has lived
//! for an hour. Therefore quantiles are carried on along a heavy tail while there are few
//! ([`Known::usual_ms`]), and whoever judges also looks whether the late still end
//! ([`evidence`]).
//!
//! The counts that come in only grow. What is to be forgotten is remembered and taken off: half of
//! what was learned, every `fade_ms`, once there is enough.
//!
//! [`evidence`]: super::evidence

use super::super::lifetimes::{BUCKETS, Lifetimes, lower_ms};
use super::super::parameters::Parameters;
use super::cohorts::since;

/// Two buckets of the grid are one here: 41 % apart.
const PAIRS: usize = BUCKETS.div_ceil(2);

/// What of the counts is forgotten.
#[derive(Clone, Debug)]
pub(crate) struct Learned {
    forgotten: [u32; PAIRS],
    /// In ticks.
    faded_at: u32,
}

/// The upper 95 % bound of a Poisson mean of which `count` were seen: 3.0 for none, 4.7 for one,
/// 17 for ten (Garwood's exact bound to within 0.1).
fn at_most(count: f64) -> f64 {
    count + 1.645 * (count + 1.0).sqrt() + 1.4
}

impl Learned {
    /// Everything that has ended so far counts.
    pub(crate) fn new(now: u32) -> Self {
        Self { forgotten: [0; PAIRS], faded_at: now }
    }

    /// What is known now. Forgets a half when it is time to.
    pub(crate) fn known(
        &mut self,
        finished: &Lifetimes,
        now: u32,
        fade: u32,
        parameters: &Parameters,
    ) -> Known {
        let mut counts = self.counts(finished);
        let total: u64 = counts.iter().map(|count| u64::from(*count)).sum();
        if since(now, self.faded_at) >= fade {
            self.faded_at = now;
            if total >= u64::from(parameters.fade_from) {
                for (forgotten, count) in self.forgotten.iter_mut().zip(&counts) {
                    *forgotten = forgotten.wrapping_add(count / 2);
                }
                counts = self.counts(finished);
            }
        }
        Known::new(&counts)
    }

    fn counts(&self, finished: &Lifetimes) -> [u32; PAIRS] {
        let mut counts = [0; PAIRS];
        let pairs = finished.counts().chunks(2).zip(&self.forgotten);
        for (count, (pair, forgotten)) in counts.iter_mut().zip(pairs) {
            let sum = pair.iter().fold(0_u32, |sum, count| sum.wrapping_add(*count));
            *count = since_or_all(sum, *forgotten);
        }
        counts
    }
}

/// As [`since`], but a count past 2^31 is believed where nothing is forgotten.
fn since_or_all(sum: u32, forgotten: u32) -> u32 {
    if forgotten == 0 { sum } else { since(sum, forgotten) }
}

/// The learned lifetimes, ready to be asked.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    /// How many lived at least as long as each pair's lower edge.
    beyond: [f64; PAIRS],
    /// The end of the longest life seen, in milliseconds.
    longest_ms: f64,
}

impl Known {
    fn new(counts: &[u32; PAIRS]) -> Self {
        let mut beyond = [0.0; PAIRS];
        let mut sum = 0.0;
        for (beyond, count) in beyond.iter_mut().zip(counts).rev() {
            sum += f64::from(*count);
            *beyond = sum;
        }
        let highest = counts.iter().rposition(|count| *count > 0);
        let longest_ms = highest.map_or(0.0, |pair| lower_ms(2 * pair + 2).min(1 << 40) as f64);
        Self { beyond, longest_ms }
    }

    /// How many lifetimes were learned.
    pub(crate) fn total(&self) -> f64 {
        self.beyond.first().copied().unwrap_or(0.0)
    }

    /// How many of them reached a bucket's lower edge, rounded up to the pair's.
    pub(crate) fn beyond(&self, bucket: usize) -> f64 {
        self.beyond.get(bucket / 2).copied().unwrap_or(0.0)
    }

    /// The age by which the usual share of healthy tasks has finished. Where fewer than
    /// `tail_rank` lie beyond that quantile, the last one that can be read is carried on along
    /// S(a) = S(b) (b/a)^index.
    pub(crate) fn usual_ms(&self, parameters: &Parameters) -> f64 {
        let rest = (1.0 - parameters.usual_share) * self.total();
        let rank = rest.max(parameters.tail_rank);
        let pair = self.beyond.iter().rposition(|beyond| *beyond >= rank).unwrap_or(0);
        let here = self.beyond.get(pair).copied().unwrap_or(0.0);
        let after = self.beyond.get(pair + 1).copied().unwrap_or(0.0);
        let upper = lower_ms(2 * pair + 2).min(1 << 40) as f64;
        let lower = (lower_ms(2 * pair) as f64).max(upper / 2.0);
        // Within the pair by the logarithm of age.
        let share = if here > rank { (here - rank) / (here - after).max(1.0) } else { 0.0 };
        let age = if after >= rank { upper } else { lower * (upper / lower).powf(share.min(1.0)) };
        age * (rank / rest.max(f64::MIN_POSITIVE)).max(1.0).powf(1.0 / parameters.tail_index)
    }

    /// The share of healthy tasks that outlive a bucket's lower edge, at most: the upper 95 %
    /// bound of what was seen; beyond the longest life seen it falls as the tail does. "None of
    /// so many" is never taken for less than one of so many, nor for less than the least share,
    /// which itself falls beyond `limit`.
    pub(crate) fn survival(&self, bucket: usize, limit: usize, parameters: &Parameters) -> f64 {
        let total = self.total().max(1.0);
        let age = lower_ms(bucket).max(1) as f64;
        let beyond = self.beyond(bucket);
        let fall = |from: f64| (from / age).min(1.0).powf(parameters.tail_index);
        let seen =
            if beyond > 0.0 { at_most(beyond) } else { at_most(0.0) * fall(self.longest_ms) };
        let least = parameters.least_survival * fall(lower_ms(limit) as f64);
        (seen.max(1.0) / total).max(least).min(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::lifetimes::{bucket, whole};
    use super::*;

    fn known(lifetimes: &[(u64, u32)]) -> Known {
        let mut finished = Lifetimes::default();
        for (ms, count) in lifetimes {
            finished.add_many(bucket(*ms), *count);
        }
        Learned::new(0).known(&finished, 0, u32::MAX, &Parameters::default())
    }

    #[test]
    fn bounds_are_garwoods() {
        for (count, exact) in [(0.0, 3.0), (1.0, 4.74), (5.0, 10.51), (10.0, 16.96), (100.0, 118.1)]
        {
            assert!((at_most(count) - exact).abs() < 0.25, "{count}: {}", at_most(count));
        }
    }

    #[test]
    fn a_quantile_that_can_be_read_is_read() {
        let usual = known(&[(50, 9_980), (4_000, 20)]).usual_ms(&Parameters::default());
        assert!((3_500.0..5_000.0).contains(&usual), "{usual}");
        let usual = known(&[(50, 100_000), (4_000, 20)]).usual_ms(&Parameters::default());
        assert!((40.0..80.0).contains(&usual), "{usual}");
    }

    #[test]
    fn a_quantile_that_cannot_be_read_is_carried_on() {
        // The third longest of 200 stands for 1.5 %: 15 times as long for 0.1 %.
        let usual = known(&[(50, 200)]).usual_ms(&Parameters::default());
        assert!((600.0..1_000.0).contains(&usual), "{usual}");
    }

    #[test]
    fn survival_falls_with_age_and_with_what_was_seen() {
        let parameters = Parameters::default();
        let limit = bucket(30_000);
        let few = known(&[(50, 200)]);
        let many = known(&[(50, 20_000)]);
        let at = |known: &Known, ms| known.survival(bucket(ms), limit, &parameters);
        assert!((at(&few, 30_000) - 1.0 / 200.0).abs() < 1e-9);
        assert!((at(&many, 30_000) - 1e-4).abs() < 1e-9);
        assert!((at(&many, 300_000) - 1.0 / 20_000.0).abs() < 1e-9);
        let late = known(&[(50, 20_000), (60_000, 100)]);
        assert!((0.005..0.007).contains(&at(&late, 30_000)));
    }

    #[test]
    fn half_is_forgotten_once_there_is_enough() {
        let parameters = Parameters::default();
        let mut finished = Lifetimes::default();
        finished.add_many(bucket(50), 39_999);
        let mut learned = Learned::new(0);
        let total = |known: Known| whole(known.total());
        assert_eq!(total(learned.known(&finished, 100, 100, &parameters)), 39_999);
        finished.add(60_000);
        assert_eq!(total(learned.known(&finished, 150, 100, &parameters)), 40_000);
        let after = learned.known(&finished, 200, 100, &parameters);
        assert_eq!((whole(after.total()), whole(after.beyond(bucket(60_000)))), (20_001, 1));
    }

    #[test]
    fn counts_that_go_back_by_one_do_no_harm() {
        let parameters = Parameters::default();
        let mut learned = Learned::new(0);
        let mut finished = Lifetimes::default();
        finished.add_many(bucket(50), 40_000);
        learned.known(&finished, 200, 100, &parameters);
        learned.forgotten = [7; PAIRS];
        assert!(learned.known(&Lifetimes::default(), 210, 100, &parameters).total() < 1.0);
    }
}
