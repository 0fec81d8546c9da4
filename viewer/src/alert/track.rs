//! Samples of counts, kept to see whether they rise.

use std::collections::VecDeque;
use std::time::Duration;

use rustc_hash::FxHashMap;

use super::Subject;
use super::trend::{Sample, Trend, trend};

/// Samples over the time that is looked back over.
const SAMPLES: u32 = 60;
/// Fewer say nothing.
const LEAST: usize = 20;
/// How long it is remembered how much there was: what goes up and down by the day is no rise.
const HIGHS: u64 = 24;
/// Counts that a rule follows.
const MOST: usize = 1_000;

/// The samples of one count.
#[derive(Debug, Default)]
struct Track {
    samples: VecDeque<Sample>,
    /// The least since the last sample: the floor under what comes and goes.
    low: Option<f64>,
    due: Duration,
    /// The most there was in each hour before the samples.
    highs: VecDeque<(u64, f64)>,
    trend: Option<Trend>,
}

impl Track {
    fn take_in(&mut self, value: u64, at: Duration, over: Duration) {
        let value = value as f64;
        let low = self.low.map_or(value, |low| low.min(value));
        self.low = Some(low);
        if at < self.due {
            return;
        }
        self.due = at + (over / SAMPLES).max(Duration::from_secs(1));
        self.samples.push_back((at.as_secs_f64(), low));
        self.low = None;
        let oldest = at.saturating_sub(over).as_secs_f64();
        while let Some((then, value)) = self.samples.pop_front_if(|sample| sample.0 < oldest) {
            self.remember(then, value);
        }
        let known = self.samples.front().map_or(0.0, |first| at.as_secs_f64() - first.0);
        let enough = self.samples.len() >= LEAST && known >= 0.9 * over.as_secs_f64();
        let high = self.highs.iter().map(|(_, high)| *high).fold(0.0, f64::max);
        self.trend = enough.then(|| trend(self.samples.make_contiguous(), high));
    }

    fn remember(&mut self, then: f64, value: f64) {
        let hour = Duration::from_secs_f64(then.max(0.0)).as_secs() / 3_600;
        match self.highs.back_mut() {
            Some((last, high)) if *last == hour => *high = high.max(value),
            _ => self.highs.push_back((hour, value)),
        }
        while self.highs.pop_front_if(|(old, _)| *old + HIGHS < hour).is_some() {}
    }

    fn is_empty(&self) -> bool {
        self.samples.iter().all(|sample| sample.1 <= 0.0)
    }
}

/// What all counts do that a rule follows.
#[derive(Debug, Default)]
pub(super) struct Tracks {
    tracks: FxHashMap<Subject, Track>,
}

impl Tracks {
    /// Takes in what there is now; what is not named there is gone. How many found no room.
    pub(super) fn take_in(
        &mut self,
        counts: &FxHashMap<Subject, u64>,
        at: Duration,
        over: Duration,
    ) -> u64 {
        let mut left_out = 0;
        for subject in counts.keys() {
            if self.tracks.contains_key(subject) {
                continue;
            }
            if self.tracks.len() < MOST {
                self.tracks.insert(subject.clone(), Track::default());
            } else {
                left_out += 1;
            }
        }
        self.tracks.retain(|subject, track| {
            track.take_in(counts.get(subject).copied().unwrap_or(0), at, over);
            counts.contains_key(subject) || !track.is_empty()
        });
        left_out
    }

    /// What is known to rise, or to go on.
    pub(super) fn trends(&self) -> impl Iterator<Item = (&Subject, Trend)> {
        self.tracks.iter().filter_map(|(subject, track)| Some((subject, track.trend?)))
    }

    pub(super) fn clear(&mut self) {
        self.tracks.clear();
    }
}
