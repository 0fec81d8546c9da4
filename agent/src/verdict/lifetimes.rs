//! Durations counted on a fixed grid: four buckets an octave, from 10 ms to three days.
//!
//! The same grid serves lifetimes of tasks that have ended and ages of those that live. Since an
//! age only grows, the tasks that ever reached age `a` are those that ended at `a` or later and
//! those that live and are at least so old: two sums over the grid, at any moment, exactly.
//!
//! Counts are 32 bits wide and wrap around: what matters of a count that has grown for days is by
//! how much it grew.

/// How many buckets there are. The first is for less than [`FIRST_MS`], the last for everything
/// from 3.3 days on.
pub(crate) const BUCKETS: usize = 101;
/// Buckets an octave: each edge is 19 % above the one before.
pub(crate) const PER_OCTAVE: usize = 4;
/// Where the second bucket begins.
pub(crate) const FIRST_MS: u64 = 10;

/// Where each bucket begins, in milliseconds.
static LOWER_MS: [u64; BUCKETS] = lower_edges();

const fn lower_edges() -> [u64; BUCKETS] {
    // 2^(0/4) to 2^(3/4), in millionths.
    let quarters = [1_000_000, 1_189_207, 1_414_214, 1_681_793];
    let mut edges = [0; BUCKETS];
    let mut at = 1;
    while at < BUCKETS {
        let octave = (at - 1) / PER_OCTAVE;
        edges[at] = (FIRST_MS << octave) * quarters[(at - 1) % PER_OCTAVE] / 1_000_000;
        at += 1;
    }
    edges
}

/// The bucket that a duration belongs to.
pub(crate) fn bucket(ms: u64) -> usize {
    if ms < FIRST_MS {
        return 0;
    }
    let octave = (ms / FIRST_MS).ilog2() as usize;
    let first = 1 + octave * PER_OCTAVE;
    if first >= BUCKETS {
        return BUCKETS - 1;
    }
    let later = LOWER_MS.iter().skip(first + 1).take(PER_OCTAVE - 1);
    first + later.take_while(|edge| **edge <= ms).count()
}

/// The first bucket whose durations are all at least this long; the last one if there is none.
pub(crate) fn bucket_from(ms: u64) -> usize {
    let at = bucket(ms);
    if lower_ms(at) == ms { at } else { (at + 1).min(BUCKETS - 1) }
}

/// The shortest duration of a bucket, in milliseconds.
pub(crate) fn lower_ms(bucket: usize) -> u64 {
    LOWER_MS.get(bucket).copied().unwrap_or(u64::MAX)
}

/// Where the next bucket begins; for the last one, a day past its own beginning.
pub(crate) fn upper_ms(bucket: usize) -> u64 {
    match LOWER_MS.get(bucket + 1) {
        Some(edge) => *edge,
        None => lower_ms(BUCKETS - 1) + 86_400_000,
    }
}

/// The whole number next to this one: 0 for what is negative or no number, the largest for what
/// is larger.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "casts from floating point saturate, which is what is wanted"
)]
pub(crate) fn whole(number: f64) -> u64 {
    number.round() as u64
}

/// How many durations were counted, by bucket. Takes 404 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lifetimes {
    counts: [u32; BUCKETS],
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self { counts: [0; BUCKETS] }
    }
}

impl From<[u32; BUCKETS]> for Lifetimes {
    fn from(counts: [u32; BUCKETS]) -> Self {
        Self { counts }
    }
}

impl Lifetimes {
    /// Counts a duration.
    pub(crate) fn add(&mut self, ms: u64) {
        self.add_many(bucket(ms), 1);
    }

    /// Counts several durations of one bucket.
    pub(crate) fn add_many(&mut self, bucket: usize, count: u32) {
        if let Some(counted) = self.counts.get_mut(bucket) {
            *counted = counted.wrapping_add(count);
        }
    }

    /// How many are in a bucket.
    pub(crate) fn count(&self, bucket: usize) -> u32 {
        self.counts.get(bucket).copied().unwrap_or(0)
    }

    /// All counts, by bucket.
    pub(crate) fn counts(&self) -> &[u32; BUCKETS] {
        &self.counts
    }

    /// How many are in this bucket and in all above. Wraps around as the counts do.
    pub(crate) fn at_or_above(&self, bucket: usize) -> u32 {
        self.counts.iter().skip(bucket).fold(0, |sum, count| sum.wrapping_add(*count))
    }

    /// How many there are. Wraps around as the counts do.
    pub(crate) fn total(&self) -> u32 {
        self.at_or_above(0)
    }

    /// The highest bucket in which there is something.
    pub(crate) fn highest(&self) -> Option<usize> {
        self.counts.iter().rposition(|count| *count > 0)
    }

    /// A duration that this share of all does not exceed, in milliseconds; `None` if there are
    /// none. It is the upper edge of a bucket, so at most 19 % above the true one.
    pub(crate) fn quantile_ms(&self, share: f64) -> Option<u64> {
        let total: u64 = self.counts.iter().map(|count| u64::from(*count)).sum();
        if total == 0 {
            return None;
        }
        let wanted = share * total as f64;
        let mut sum = 0;
        let at = self.counts.iter().position(|count| {
            sum += u64::from(*count);
            sum as f64 >= wanted && sum > 0
        });
        Some(upper_ms(at.unwrap_or(BUCKETS - 1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bucket_holds_what_lies_between_its_edges() {
        for at in 0..BUCKETS {
            assert_eq!(bucket(lower_ms(at)), at);
            assert_eq!(bucket(upper_ms(at) - 1), at);
            assert_eq!(bucket_from(lower_ms(at)), at);
            assert_eq!(bucket_from(lower_ms(at) + 1), (at + 1).min(BUCKETS - 1));
        }
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
        assert_eq!((bucket(0), bucket(9), bucket(10), bucket(20)), (0, 0, 1, 1 + PER_OCTAVE));
    }

    #[test]
    fn the_grid_ends_past_three_days() {
        assert!(lower_ms(BUCKETS - 1) > 3 * 86_400_000);
        assert!(lower_ms(BUCKETS - 2) < 3 * 86_400_000);
    }

    #[test]
    fn edges_are_a_fifth_apart() {
        for at in 9..BUCKETS - 1 {
            let ratio = upper_ms(at) as f64 / lower_ms(at) as f64;
            assert!((1.15..1.24).contains(&ratio), "{at}: {ratio}");
        }
    }

    #[test]
    fn quantiles_are_upper_edges() {
        let mut lifetimes = Lifetimes::default();
        assert_eq!(lifetimes.quantile_ms(0.5), None);
        lifetimes.add_many(bucket(80), 999);
        lifetimes.add(5_000);
        assert_eq!(lifetimes.quantile_ms(0.0), Some(upper_ms(bucket(80))));
        assert_eq!(lifetimes.quantile_ms(0.999), Some(upper_ms(bucket(80))));
        assert_eq!(lifetimes.quantile_ms(1.0), Some(upper_ms(bucket(5_000))));
        assert_eq!(lifetimes.highest(), Some(bucket(5_000)));
    }

    #[test]
    fn counts_wrap_around_and_do_not_stop() {
        let mut lifetimes = Lifetimes::from([u32::MAX; BUCKETS]);
        let before = lifetimes.at_or_above(5);
        lifetimes.add(100_000);
        assert_eq!(lifetimes.at_or_above(5).wrapping_sub(before), 1);
    }
}
