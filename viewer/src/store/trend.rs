//! A few samples of a track, kept so that nobody has to walk it to draw it.
//!
//! They are taken at the multiples of a gap, so they stay what they are while time goes on: each new
//! moment adds one at most. Only when the gap grows, while a history is young, all are taken anew.

use std::collections::VecDeque;

use super::track::{Level, Track};

/// What a trend is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trend {
    /// How many tasks there were.
    Tasks,
    /// What they held of the heap.
    Bytes,
}

/// Samples of a trend, with the one of right now.
pub const SAMPLES: usize = 48;

/// Where samples are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Grid {
    /// Steps from one to the next.
    gap: u64,
    /// The latest, in gaps.
    last: u64,
}

impl Grid {
    /// The grid of a stretch of so many steps that ends now.
    pub(super) fn of(span: u64, now: u64) -> Self {
        let gap = span.div_ceil(SAMPLES as u64 - 1).max(1);
        // What there is now changes still.
        Self { gap, last: now.saturating_sub(1) / gap }
    }

    /// The steps at which samples are taken, from this one on.
    pub(super) fn steps_since(self, first: u64) -> impl Iterator<Item = u64> {
        let from = (self.last + 2).saturating_sub(SAMPLES as u64);
        let steps = (from..=self.last).map(move |at| at * self.gap);
        steps.filter(move |step| *step >= first)
    }
}

/// The samples of a track, oldest first. Those of ten thousand groups
/// are added up for each screen, so they lie close together.
#[derive(Debug, Default)]
pub(super) struct Samples {
    grid: Grid,
    /// What there is right now.
    latest: Level,
    counts: VecDeque<u32>,
    /// Begun ones count.
    kib: VecDeque<u32>,
}

impl Samples {
    /// Takes those that are missing. `anew`: the track has another past than before.
    pub(super) fn follow(&mut self, track: &Track, grid: Grid, anew: bool) {
        if anew || self.grid.gap != grid.gap || self.counts.is_empty() {
            self.counts.clear();
            self.kib.clear();
            track.along(grid.steps_since(0)).for_each(|level| self.push(level));
        } else {
            for at in self.grid.last + 1..=grid.last {
                if self.counts.len() + 1 >= SAMPLES {
                    self.counts.pop_front();
                    self.kib.pop_front();
                }
                self.push(track.at(at * grid.gap).unwrap_or_default());
            }
        }
        self.grid = grid;
        self.latest = track.latest();
    }

    fn push(&mut self, level: Level) {
        let number = |number| u32::try_from(number).unwrap_or(u32::MAX);
        self.counts.push_back(number(level.count));
        self.kib.push_back(number(level.bytes.div_ceil(1 << 10)));
    }

    /// Adds the latest of them and of right now to `sums`, the last to the last.
    pub(super) fn add_to(&self, trend: Trend, sums: &mut [u64]) {
        let Some((latest, earlier)) = sums.split_last_mut() else { return };
        let (samples, unit, now) = match trend {
            Trend::Tasks => (&self.counts, 1, self.latest.count),
            Trend::Bytes => (&self.kib, 1 << 10, self.latest.bytes),
        };
        *latest = latest.saturating_add(now);
        let (old, new) = samples.as_slices();
        let (rest, of_new) = earlier.split_at_mut(earlier.len().saturating_sub(new.len()));
        add_last(of_new, new, unit);
        add_last(rest, old, unit);
    }
}

/// The last to the last, several at once: a sample is below 2^42, and there are never as many groups
/// as would make that overflow.
fn add_last(sums: &mut [u64], samples: &[u32], unit: u64) {
    let sums = sums.get_mut(sums.len().saturating_sub(samples.len())..).unwrap_or_default();
    let samples = samples.get(samples.len().saturating_sub(sums.len())..).unwrap_or_default();
    for (sum, sample) in sums.iter_mut().zip(samples) {
        *sum = sum.wrapping_add(u64::from(*sample) * unit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a walk along the whole track says.
    fn walked(track: &Track, grid: Grid, now: u64) -> Vec<u64> {
        let steps = grid.steps_since(0).chain([now]);
        track.along(steps).map(|level| level.count).collect()
    }

    #[test]
    fn samples_say_what_a_walk_along_the_track_says() {
        let mut track = Track::default();
        let mut samples = Samples::default();
        for now in 1..2_000_u64 {
            track.set(now, Level { count: now * 7 % 31, ..Level::default() });
            // Now and then nobody records for a while.
            if now % 97 < 5 {
                continue;
            }
            let grid = Grid::of(now.clamp(60, 600), now);
            samples.follow(&track, grid, false);
            let expected = walked(&track, grid, now);
            let mut sums = vec![0; expected.len()];
            samples.add_to(Trend::Tasks, &mut sums);
            assert_eq!(sums, expected, "at {now}");
        }
    }
}
