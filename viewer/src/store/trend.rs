//! A few samples of a track, kept so that nobody has to walk it to draw it.
//!
//! They are taken at the multiples of a gap, so they stay what they are while time goes on: each new
//! moment adds one at most. Only when the gap grows, while a history is young, all are taken anew.

use super::track::{Level, Track};

/// What a trend is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trend {
    /// How many tasks there were.
    Tasks,
    /// What they held of the heap.
    Bytes,
}

impl Trend {
    /// What its samples are counted in: tasks, or KiB of which begun ones count.
    pub fn unit(self) -> u64 {
        match self {
            Self::Tasks => 1,
            Self::Bytes => 1 << 10,
        }
    }
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

    /// The earliest, in gaps.
    fn from(self) -> u64 {
        (self.last + 2).saturating_sub(SAMPLES as u64)
    }

    /// The steps at which samples are taken, from this one on.
    pub(super) fn steps_since(self, first: u64) -> impl Iterator<Item = u64> {
        let steps = (self.from()..=self.last).map(move |at| at * self.gap);
        steps.filter(move |step| *step >= first)
    }
}

/// The samples of one track: those of the grid, each in the place of the one that it takes turns
/// with, and what there is right now.
#[derive(Clone, Copy, Debug)]
struct Line {
    taken: [u32; TAKEN],
    now: u32,
}

const NOTHING: Line = Line { taken: [0; TAKEN], now: 0 };

/// All but the one of right now.
const TAKEN: usize = SAMPLES - 1;

impl Line {
    fn take(&mut self, at: u64, sample: u32) {
        if let Some(taken) = self.taken.get_mut(place(at)) {
            *taken = sample;
        }
    }

    /// Adds the latest of them and of right now to `sums`, the last to the last.
    fn add_to(&self, last: u64, sums: &mut [u32]) {
        let Some((now, earlier)) = sums.split_last_mut() else { return };
        *now = now.saturating_add(self.now);
        let (old, new) = {
            let (new, old) = self.taken.split_at(place(last) + 1);
            (old, new)
        };
        let (rest, of_new) = earlier.split_at_mut(earlier.len().saturating_sub(new.len()));
        add_last(of_new, new);
        add_last(rest, old);
    }
}

/// Where the sample at so many gaps lies.
fn place(at: u64) -> usize {
    usize::try_from(at % TAKEN as u64).unwrap_or(0)
}

/// The samples of many tracks. Those of ten thousand are added up for each screen: they lie side
/// by side, and each track is known by its place.
#[derive(Debug, Default)]
pub(super) struct Samples {
    grid: Grid,
    counts: Vec<Line>,
    /// Begun ones count.
    kib: Vec<Line>,
}

impl Samples {
    /// Makes room for one track more, the last, of which all samples are to be taken.
    pub(super) fn push(&mut self) {
        self.counts.push(NOTHING);
        self.kib.push(NOTHING);
    }

    /// Forgets the track at this place, to which the last one moves.
    pub(super) fn swap_remove(&mut self, at: usize) {
        if at < self.counts.len() {
            self.counts.swap_remove(at);
            self.kib.swap_remove(at);
        }
    }

    /// Takes the samples that are missing up to this grid, of each track in its place. With `true`
    /// a track has another past than before.
    pub(super) fn follow<'a>(
        &mut self,
        grid: Grid,
        tracks: impl Iterator<Item = (&'a Track, bool)>,
    ) {
        let same = self.grid.gap == grid.gap;
        let missing = self.grid.last + 1..=grid.last;
        let lines = self.counts.iter_mut().zip(&mut self.kib);
        for ((track, anew), (counts, kib)) in tracks.zip(lines) {
            let mut take = |at, level: Level| {
                counts.take(at, number(level.count));
                kib.take(at, in_kib(level.bytes));
            };
            if same && !anew {
                for at in missing.clone() {
                    take(at, track.at(at * grid.gap).unwrap_or_default());
                }
            } else {
                let all = grid.from()..=grid.last;
                all.zip(track.along(grid.steps_since(0))).for_each(|(at, level)| take(at, level));
            }
            let latest = track.latest();
            (counts.now, kib.now) = (number(latest.count), in_kib(latest.bytes));
        }
        self.grid = grid;
    }

    /// Adds the latest samples of the track at this place and what it has right now to `sums`, the
    /// last to the last, in the trend's unit.
    pub(super) fn add_to(&self, at: usize, trend: Trend, sums: &mut [u32]) {
        let lines = match trend {
            Trend::Tasks => &self.counts,
            Trend::Bytes => &self.kib,
        };
        if let Some(line) = lines.get(at) {
            line.add_to(self.grid.last, sums);
        }
    }
}

fn number(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn in_kib(bytes: u64) -> u32 {
    number(bytes.div_ceil(1 << 10))
}

/// The last to the last, several at once.
fn add_last(sums: &mut [u32], samples: &[u32]) {
    let sums = sums.get_mut(sums.len().saturating_sub(samples.len())..).unwrap_or_default();
    let samples = samples.get(samples.len().saturating_sub(sums.len())..).unwrap_or_default();
    for (sum, sample) in sums.iter_mut().zip(samples) {
        *sum = sum.saturating_add(*sample);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a walk along the whole track says.
    fn walked(track: &Track, grid: Grid, now: u64) -> Vec<u32> {
        let steps = grid.steps_since(0).chain([now]);
        track.along(steps).map(|level| number(level.count)).collect()
    }

    #[test]
    fn samples_say_what_a_walk_along_the_track_says() {
        let mut tracks: Vec<(Track, bool)> = Vec::new();
        let mut samples = Samples::default();
        for now in 1..2_000_u64 {
            // Tracks come and go.
            if now % 83 == 1 {
                tracks.push((Track::default(), true));
                samples.push();
            }
            if now % 211 == 0 {
                tracks.swap_remove(1);
                samples.swap_remove(1);
            }
            for (factor, (track, _)) in (7..).zip(&mut tracks) {
                track.set(now, Level { count: now * factor % 31, ..Level::default() });
            }
            // Now and then nobody records for a while, once for so long that all are too old.
            if now % 97 < 5 || (1_000..1_700).contains(&now) {
                continue;
            }
            let grid = Grid::of(now.clamp(60, 600), now);
            samples.follow(grid, tracks.iter().map(|(track, anew)| (track, *anew)));
            for (at, (track, anew)) in tracks.iter_mut().enumerate() {
                *anew = false;
                let expected = walked(track, grid, now);
                let mut sums = vec![0; expected.len()];
                samples.add_to(at, Trend::Tasks, &mut sums);
                assert_eq!(sums, expected, "of {at} at {now}");
            }
        }
        assert!(tracks.len() > 10);
    }
}
