//! Answers what groups looked like in the past.
//!
//! What is remembered is by kinds of tasks before symbols are known. A group is the sum of all
//! kinds that its key stands for, those that are gone included.

use std::collections::HashMap;

use rustc_hash::FxBuildHasher;
use taskscope_proto::limits::MAX_HISTORY_STEPS;
use taskscope_proto::model::{
    GroupId, HistoryPage, HistoryQuery, Point, Resolution, Series, State, Subject,
};

use super::fold::{Folder, only_timers};
use super::origins::are_untracked;
use super::track::{KEEP_MINUTES, KEEP_SECONDS, Level, MINUTE, Track};
use super::view::RawKey;
use crate::clock;

/// The steps that an answer covers: seconds or minutes of the agent's clock.
#[derive(Clone, Copy, Debug)]
struct Range {
    resolution: Resolution,
    from: u32,
    to: u32,
}

impl Range {
    /// Seconds in a step.
    fn unit(self) -> u32 {
        match self.resolution {
            Resolution::Second => 1,
            Resolution::Minute => MINUTE,
        }
    }
}

/// The sum of several tracks.
#[derive(Debug, Default)]
struct Sum {
    /// The first step at which all of it is known, if that is not the first of all.
    known_since: u32,
    points: Vec<Point>,
}

impl Folder {
    /// What groups looked like, or all tasks by state and the process.
    pub(crate) fn history(&mut self, query: &HistoryQuery) -> HistoryPage {
        let now_ms = clock::read().now_millis();
        let step_ms = query.resolution.step_ms();
        let Some(range) = self.range(query) else {
            return HistoryPage { now_ms, step_ms, series: Vec::new() };
        };
        let mut sums: HashMap<Subject, Sum, FxBuildHasher> = HashMap::default();
        let subjects: Vec<Subject> = if query.groups.is_empty() {
            State::ALL.map(Subject::State).into()
        } else {
            query.groups.iter().copied().map(Subject::Group).collect()
        };
        for subject in &subjects {
            let sum = Sum { known_since: range.from, ..Sum::default() };
            sums.insert(*subject, sum);
        }
        for key in self.past.all_keys() {
            let timer = self.is_timer(key);
            let subject = if query.groups.is_empty() {
                (!are_untracked(key.origin)).then_some(Subject::State(key.state))
            } else {
                self.group_with(key).map(Subject::Group)
            };
            let sum = subject.and_then(|subject| sums.get_mut(&subject));
            if let (Some(sum), Some(track)) = (sum, self.past.track(&key)) {
                sum.add(track, range, timer);
            }
        }
        let series = subjects.into_iter().map(|subject| {
            let sum = sums.remove(&subject).unwrap_or_default();
            sum.series(subject, range)
        });
        let mut series: Vec<Series> = series.collect();
        if let (true, Some((since, track))) = (query.groups.is_empty(), self.past.process()) {
            let known_since = range.from.max(since / range.unit());
            let mut sum = Sum { known_since, ..Sum::default() };
            sum.add(track, range, false);
            series.push(sum.series(Subject::Process, range));
        }
        HistoryPage { now_ms, step_ms, series }
    }

    /// The steps that are asked for, kept, and known at all.
    fn range(&self, query: &HistoryQuery) -> Option<Range> {
        let (first, now) = self.past.span()?;
        let (unit, keep) = match query.resolution {
            Resolution::Second => (1, KEEP_SECONDS),
            Resolution::Minute => (MINUTE, KEEP_MINUTES),
        };
        let step = |ms: u64| u32::try_from(ms / query.resolution.step_ms()).unwrap_or(u32::MAX);
        let last = now / unit;
        let to = if query.to_ms == 0 { last } else { step(query.to_ms).min(last) };
        let most = u32::try_from(MAX_HISTORY_STEPS).unwrap_or(u32::MAX).saturating_sub(1);
        let oldest = last.saturating_sub(keep).max(to.saturating_sub(most));
        let from = step(query.from_ms).max(oldest).max(first / unit);
        (from <= to).then_some(Range { resolution: query.resolution, from, to })
    }

    /// The group that tasks of this kind are, or would be, in.
    fn group_with(&mut self, key: RawKey) -> Option<GroupId> {
        if let Some(known) = self.group_of.get(&key) {
            return Some(*known);
        }
        let (wanted, _tree) = self.name(key);
        self.groups.find(&wanted)
    }

    /// Whether such tasks wait because they want to: they are never stuck.
    fn is_timer(&mut self, key: RawKey) -> bool {
        let (_, tree) = self.name(key);
        tree.is_some_and(|tree| only_timers(&tree))
    }
}

impl Sum {
    fn add(&mut self, track: &Track, range: Range, timer: bool) {
        if let Some(since) = track.known_since() {
            self.known_since = self.known_since.max(since.div_ceil(range.unit()));
        }
        self.points.resize((range.to - range.from) as usize + 1, Point::default());
        for (step, point) in (range.from..=range.to).zip(&mut self.points) {
            let Level { count, stuck, kib } = match range.resolution {
                Resolution::Second => track.at_second(step),
                Resolution::Minute => track.in_minute(step),
            };
            point.count += u64::from(count);
            point.stuck += if timer { 0 } else { u64::from(stuck) };
            point.live_bytes += u64::from(kib) << 10;
        }
    }

    fn series(&self, subject: Subject, range: Range) -> Series {
        let skip = self.known_since.saturating_sub(range.from) as usize;
        let points = self.points.get(skip..).unwrap_or_default();
        let from_ms = u64::from(self.known_since) * range.resolution.step_ms();
        Series::new(subject, from_ms, points)
    }
}
