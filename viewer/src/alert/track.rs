//! Samples of counts, kept to see whether they rise.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use rustc_hash::FxHashMap;

use super::Subject;
use super::trend::{Sample, Trend, trend};

/// Samples over the time that is looked back over.
const SAMPLES: f64 = 60.0;
/// Fewer say nothing.
const LEAST: usize = 20;
/// How long it is remembered how much there was: what goes up and down by the day is no rise.
const HIGHS: i64 = 24;
/// Counts that a rule follows.
const MOST: usize = 1_000;

/// The samples of one count.
#[derive(Debug, Default)]
struct Track {
    samples: VecDeque<Sample>,
    /// The least since the last sample: the floor under what comes and goes.
    low: Option<f64>,
    /// When the next sample is due, in seconds; what was before the viewer started is below zero.
    due: Option<f64>,
    /// The most there was in each hour before the samples.
    highs: VecDeque<(i64, f64)>,
    trend: Option<Trend>,
}

impl Track {
    fn take_in(&mut self, value: f64, at: f64, over: Duration) {
        let low = self.low.map_or(value, |low| low.min(value));
        self.low = Some(low);
        if self.due.is_some_and(|due| at < due) {
            return;
        }
        let over = over.as_secs_f64();
        self.due = Some(at + (over / SAMPLES).max(1.0));
        self.samples.push_back((at, low));
        self.low = None;
        let oldest = at - over;
        while let Some((then, value)) = self.samples.pop_front_if(|sample| sample.0 < oldest) {
            self.remember(then, value);
        }
        let known = self.samples.front().map_or(0.0, |first| at - first.0);
        let enough = self.samples.len() >= LEAST && known >= 0.9 * over;
        self.trend = enough.then_some(Trend::Flat);
        self.judge();
    }

    fn remember(&mut self, then: f64, value: f64) {
        #[expect(clippy::cast_possible_truncation, reason = "an hour of the viewer's clock")]
        let hour = (then / 3_600.0).floor() as i64;
        match self.highs.back_mut() {
            Some((last, high)) if *last == hour => *high = high.max(value),
            _ => self.highs.push_back((hour, value)),
        }
        while self.highs.pop_front_if(|(old, _)| *old + HIGHS < hour).is_some() {}
    }

    /// What there was before, and after it what was seen since: as if all of it had been seen.
    fn begin_with(&mut self, before: &[Sample], over: Duration) {
        let seen = std::mem::take(self);
        let end = before.last().map_or(f64::NEG_INFINITY, |last| last.0);
        let since = seen.samples.iter().filter(|sample| sample.0 > end);
        for (at, value) in before.iter().chain(since) {
            self.take_in(*value, *at, over);
        }
        self.remember_too(seen.highs);
    }

    /// How much there was in hours that were seen and that nobody told of once more.
    fn remember_too(&mut self, seen: VecDeque<(i64, f64)>) {
        let mut highs: BTreeMap<i64, f64> = BTreeMap::new();
        for (hour, value) in self.highs.drain(..).chain(seen) {
            let high = highs.entry(hour).or_insert(value);
            *high = high.max(value);
        }
        self.highs = highs.into_iter().collect();
        self.judge();
    }

    /// What the samples do, beside the most there was before them.
    fn judge(&mut self) {
        if self.trend.is_some() {
            let high = self.highs.iter().map(|(_, high)| *high).fold(0.0, f64::max);
            self.trend = Some(trend(self.samples.make_contiguous(), high));
        }
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
            let count = counts.get(subject).copied().unwrap_or(0);
            track.take_in(count as f64, at.as_secs_f64(), over);
            counts.contains_key(subject) || !track.is_empty()
        });
        left_out
    }

    /// Takes in what there was before, of one subject.
    pub(super) fn begin_with(&mut self, subject: Subject, before: &[Sample], over: Duration) {
        self.tracks.entry(subject).or_default().begin_with(before, over);
    }

    /// What is known to rise, or to go on.
    pub(super) fn trends(&self) -> impl Iterator<Item = (&Subject, Trend)> {
        self.tracks.iter().filter_map(|(subject, track)| Some((subject, track.trend?)))
    }

    pub(super) fn clear(&mut self) {
        self.tracks.clear();
    }
}
