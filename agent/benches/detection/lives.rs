//! How long healthy tasks live, and what a slow backend makes of it.

use crate::lifetimes::whole;
use crate::random::Random;

/// A distribution of lifetimes, in milliseconds.
#[derive(Clone, Debug)]
pub(crate) enum Lives {
    Exponential {
        mean: f64,
    },
    LogNormal {
        median: f64,
        sigma: f64,
    },
    /// Some take another way, and many times as long: a cache that misses.
    Mixed {
        median: f64,
        sigma: f64,
        share: f64,
        factor: f64,
    },
    /// Index 1.5: a mean, and no variance.
    Pareto {
        least: f64,
    },
    Even {
        most: f64,
    },
    Never,
}

impl Lives {
    /// What a service's requests and jobs are like: milliseconds to seconds.
    pub(crate) fn usual(random: &mut Random) -> Self {
        let median = random.scale(5.0, 5_000.0);
        let sigma = random.between(0.4, 1.2);
        match random.between(0.0, 3.0) {
            x if x < 1.0 => Self::Exponential { mean: median },
            x if x < 2.0 => Self::LogNormal { median, sigma },
            _ => Self::Mixed {
                median,
                sigma: sigma.min(0.9),
                share: random.scale(0.002, 0.2),
                factor: random.scale(5.0, 30.0),
            },
        }
    }

    pub(crate) fn sample(&self, random: &mut Random) -> f64 {
        match *self {
            Self::Exponential { mean } => mean * random.exponential(),
            Self::LogNormal { median, sigma } => median * (sigma * random.normal()).exp(),
            Self::Mixed { median, sigma, share, factor } => {
                let factor = if random.chance(share) { factor } else { 1.0 };
                median * factor * (sigma * random.normal()).exp()
            }
            Self::Pareto { least } => least * (1.0 - random.share()).powf(-1.0 / 1.5),
            Self::Even { most } => most * random.share(),
            Self::Never => f64::INFINITY,
        }
    }

    /// The age by which 99.9 % have finished, in milliseconds.
    pub(crate) fn usual_ms(&self, random: &mut Random) -> u64 {
        let mut many: Vec<f64> = (0..100_000).map(|_| self.sample(random)).collect();
        many.sort_by(f64::total_cmp);
        many.get(99_900).copied().map_or(0, whole)
    }
}

/// When the backend is slow, and how much.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pace {
    /// From when until when at which speed; in order, not overlapping.
    slow: Vec<(u64, u64, f64)>,
}

impl Pace {
    /// Hiccups of half a second to three seconds, one in half an hour: collections, elections.
    pub(crate) fn with_hiccups(random: &mut Random, until_ms: u64) -> Self {
        let mut slow = Vec::new();
        let mut at = 0.0;
        loop {
            at += 1_800_000.0 * random.exponential();
            if at > until_ms as f64 {
                return Self { slow };
            }
            let end = at + random.between(500.0, 3_000.0);
            slow.push((whole(at), whole(end), 0.0));
            at = end;
        }
    }

    /// Slow besides, for a time in which there is no hiccup then.
    pub(crate) fn slow_down(&mut self, from: u64, until: u64, speed: f64) {
        self.slow.retain(|slow| slow.1 < from || slow.0 > until);
        self.slow.push((from, until, speed));
        self.slow.sort_by_key(|slow| slow.0);
    }

    /// When work of so many milliseconds is done that begins then.
    pub(crate) fn done(&self, begins: u64, work: f64) -> u64 {
        if !work.is_finite() {
            return u64::MAX;
        }
        let (mut at, mut left) = (begins as f64, work);
        let next = self.slow.partition_point(|slow| slow.1 <= begins);
        for (from, until, speed) in self.slow.iter().skip(next) {
            let (from, until) = (*from as f64, *until as f64);
            if at + left <= from {
                break;
            }
            left -= (from - at).max(0.0);
            at = at.max(from);
            let possible = (until - at) * speed;
            if left <= possible {
                return whole(at + left / speed);
            }
            left -= possible;
            at = until;
        }
        whole(at + left)
    }
}
