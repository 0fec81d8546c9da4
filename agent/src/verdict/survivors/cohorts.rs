//! How many tasks were spawned how long ago, in bounded memory.
//!
//! A few moments are remembered, each with the counts at that moment: close together for the last
//! minutes, further apart the longer ago. When there is no room, the moment goes that leaves the
//! smallest gap for its age, so that after any time the gaps grow by about the same factor (as in
//! the exponential histograms of Datar et al. 2002). Between two moments tasks are taken to have
//! been spawned evenly; where that would matter, the caller gets both ends.

use super::super::lifetimes::whole;

/// Modulo 2^32, for what only differences are used of.
pub(crate) fn wrapped(count: u64) -> u32 {
    u32::try_from(count & u64::from(u32::MAX)).unwrap_or(0)
}

/// Time in steps of 16 ms: two years in 32 bits.
pub(crate) fn ticks(ms: u64) -> u32 {
    wrapped(ms >> 4)
}

/// So much later, or 0 if it is earlier: counts that are read at slightly different moments may
/// go back by a task or two.
pub(crate) fn since(now: u32, then: u32) -> u32 {
    let difference = now.wrapping_sub(then);
    if difference > u32::MAX / 2 { 0 } else { difference }
}

/// The counts at a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cut {
    /// In [`ticks`].
    pub(crate) at: u32,
    /// Tasks spawned until then, modulo 2^32.
    pub(crate) spawned: u32,
    /// Tasks that had ended late until then, modulo 2^32.
    pub(crate) late: u32,
}

/// How many were spawned, and ended late, since a moment that lies between two remembered ones.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Since {
    /// Spawned since the remembered moment before.
    pub(crate) most: f64,
    /// Spawned since that moment, had they been spawned evenly.
    pub(crate) likely: f64,
    /// Spawned since the remembered moment after.
    pub(crate) least: f64,
    /// Ended late since the remembered moment before.
    pub(crate) late: f64,
}

/// Moments, the oldest first.
#[derive(Clone, Debug)]
pub(crate) struct Cohorts<const N: usize> {
    cuts: [Cut; N],
    len: u8,
}

impl<const N: usize> Default for Cohorts<N> {
    fn default() -> Self {
        Self { cuts: [Cut::default(); N], len: 0 }
    }
}

impl<const N: usize> Cohorts<N> {
    /// What is remembered, the oldest first.
    pub(crate) fn cuts(&self) -> &[Cut] {
        self.cuts.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// Whether the last moment lies this long ago.
    pub(crate) fn is_due(&self, now: u32, spacing: u32) -> bool {
        self.cuts().last().is_none_or(|last| since(now, last.at) >= spacing)
    }

    /// Remembers a moment.
    pub(crate) fn push(&mut self, cut: Cut) {
        if usize::from(self.len) == N {
            self.thin(cut.at);
        }
        if let Some(place) = self.cuts.get_mut(usize::from(self.len)) {
            *place = cut;
            self.len += 1;
        }
    }

    /// Forgets the moment that is missed least. The oldest stays: it says when it all began.
    fn thin(&mut self, now: u32) {
        let gap = |three: &[Cut]| match three {
            [before, _, after] => {
                f64::from(since(after.at, before.at)) / f64::from(since(now, before.at).max(1))
            }
            _ => f64::INFINITY,
        };
        let gaps = self.cuts().windows(3).map(gap).enumerate();
        let smallest = gaps.min_by(|a, b| a.1.total_cmp(&b.1));
        let at = smallest.map_or(0, |(before, _)| before + 1);
        self.cuts.copy_within(at + 1.., at);
        self.len -= 1;
    }

    /// What happened since `age` ticks before `now`, which is the present.
    pub(crate) fn since(&self, age: u32, now: &Cut) -> Since {
        let spawned = |cut: &Cut| f64::from(since(now.spawned, cut.spawned));
        let late = |cut: &Cut| f64::from(since(now.late, cut.late));
        let cuts = self.cuts();
        let older = cuts.iter().rposition(|cut| since(now.at, cut.at) >= age);
        let after = cuts.get(older.map_or(0, |at| at + 1)).unwrap_or(now);
        let least = spawned(after);
        let Some(before) = older.and_then(|at| cuts.get(at)) else {
            // Before the first look: all that was there then may be younger than that.
            let most = f64::from(now.spawned);
            return Since { most, likely: least, least, late: f64::from(now.late) };
        };
        let most = spawned(before);
        let gap = f64::from(since(after.at, before.at).max(1));
        let share = f64::from(since(now.at, before.at).saturating_sub(age)) / gap;
        let likely = most - (most - least) * share.min(1.0);
        Since { most, likely, least, late: late(before) }
    }

    /// Counts "late" from another age on: what was counted since each moment is scaled.
    pub(crate) fn recount_late(&mut self, before: u32, after: u32, ratio: f64) {
        let len = usize::from(self.len);
        for cut in self.cuts.iter_mut().take(len) {
            let scaled = f64::from(since(before, cut.late)) * ratio;
            // Rounded up: rather one too many that ended.
            let scaled = whole(scaled.ceil()).min(u64::from(u32::MAX / 4));
            cut.late = after.wrapping_sub(wrapped(scaled));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(seconds: u32, spawned: u32) -> Cut {
        Cut { at: ticks(u64::from(seconds) * 1000), spawned, late: 0 }
    }

    #[test]
    fn between_two_moments_tasks_are_spread_evenly() {
        let mut cohorts = Cohorts::<4>::default();
        cohorts.push(cut(100, 1000));
        cohorts.push(cut(200, 3000));
        let now = cut(300, 3500);
        let found = cohorts.since(ticks(150_000), &now);
        assert_eq!((whole(found.most), whole(found.least)), (2500, 500));
        assert!((found.likely - 1500.0).abs() < 1.0, "{found:?}");
        let found = cohorts.since(ticks(50_000), &now);
        assert!((found.likely - 250.0).abs() < 1.0, "{found:?}");
        assert_eq!((whole(found.most), whole(found.least)), (500, 0));
    }

    #[test]
    fn before_the_first_look_nothing_is_known() {
        let mut cohorts = Cohorts::<4>::default();
        cohorts.push(cut(100, 1000));
        let found = cohorts.since(ticks(900_000), &cut(110, 1010));
        let found = [found.most, found.likely, found.least].map(whole);
        assert_eq!(found, [1010, 10, 10]);
    }

    #[test]
    fn gaps_grow_with_age() {
        let mut cohorts = Cohorts::<24>::default();
        let day = 86_400;
        for second in (0..day).step_by(4) {
            cohorts.push(cut(second, second * 10));
        }
        let ages: Vec<u32> =
            cohorts.cuts().iter().map(|cut| since(ticks(86_400_000), cut.at) * 16 / 1000).collect();
        assert_eq!(ages.len(), 24);
        for pair in ages.windows(2) {
            if let [older, younger] = pair {
                assert!(*older <= younger * 9 / 4 + 8, "{ages:?}");
            }
        }
    }

    #[test]
    fn counts_that_go_back_by_one_are_no_flood() {
        assert_eq!(since(5, 6), 0);
        assert_eq!(since(2, u32::MAX), 3);
        let mut cohorts = Cohorts::<4>::default();
        cohorts.push(cut(100, 1000));
        assert!(cohorts.since(ticks(10_000), &cut(110, 999)).most < 1.0);
    }

    #[test]
    fn late_ends_are_scaled_to_another_age() {
        let mut cohorts = Cohorts::<4>::default();
        cohorts.push(Cut { at: 0, spawned: 0, late: 100 });
        cohorts.recount_late(300, 50, 0.1);
        let now = Cut { at: 10, spawned: 0, late: 50 };
        assert!((cohorts.since(5, &now).late - 20.0).abs() < 1e-9);
    }
}
