//! What there was of something, step by step: only changes are kept. Whether a step is a second or a
//! minute whoever keeps the track knows.

use std::collections::VecDeque;

use taskscope_proto::model::{Group, Point, Run, Series};

/// What there was of a group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Level {
    /// How many tasks.
    pub count: u64,
    /// How many of them were in their state for longer than the threshold.
    pub stuck: u64,
    /// What they held of the heap.
    pub bytes: u64,
}

impl Level {
    /// What there is of this group.
    pub(super) fn of(group: &Group) -> Self {
        Self { count: group.count, stuck: group.stuck, bytes: group.held.live_bytes }
    }
}

/// From a step on there was as much. There may be many millions of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Change {
    step: u32,
    count: u32,
    stuck: u32,
    /// Begun ones count.
    kib: u32,
}

impl Change {
    fn new(step: u64, level: Level) -> Self {
        let number = |number| u32::try_from(number).unwrap_or(u32::MAX);
        Self {
            step: number(step),
            count: number(level.count),
            stuck: number(level.stuck),
            kib: number(level.bytes.div_ceil(1 << 10)),
        }
    }

    fn step(&self) -> u64 {
        u64::from(self.step)
    }

    fn level(&self) -> Level {
        let Self { count, stuck, kib, .. } = *self;
        Level { count: count.into(), stuck: stuck.into(), bytes: u64::from(kib) << 10 }
    }
}

/// Levels over time, oldest first.
#[derive(Debug, Default)]
pub(super) struct Track {
    changes: VecDeque<Change>,
}

impl Track {
    pub(super) const fn new() -> Self {
        Self { changes: VecDeque::new() }
    }

    pub(super) fn set(&mut self, step: u64, level: Level) {
        let next = Change::new(step, level);
        match self.changes.back_mut() {
            Some(last) if Change { step: next.step, ..*last } == next => {}
            Some(last) if last.step == next.step => *last = next,
            _ => self.changes.push_back(next),
        }
    }

    /// Puts what the agent remembers in the place of what was seen at the same time.
    pub(super) fn fill(&mut self, series: &Series, step_ms: u64) {
        let from = series.from_ms / step_ms;
        let end = from + u64::from(series.steps);
        let of_run = |run: &Run| {
            let Point { count, stuck, live_bytes: bytes } = run.point;
            (from + u64::from(run.first), Level { count, stuck, bytes })
        };
        let old = std::mem::take(&mut self.changes);
        let old = || old.iter().map(|change| (change.step(), change.level()));
        let before = old().filter(|(at, _)| *at < from);
        let after = old().filter(|(at, _)| *at > end);
        let at_end = old().rfind(|(at, _)| *at <= end).map(|(_, level)| (end, level));
        let remembered = series.runs.iter().map(of_run);
        for (step, level) in before.chain(remembered).chain(at_end).chain(after) {
            self.set(step, level);
        }
    }

    /// Drops what is older than that, but the level at that moment.
    pub(super) fn forget_before(&mut self, step: u64) {
        while self.changes.get(1).is_some_and(|change| change.step() <= step) {
            self.changes.pop_front();
        }
    }

    /// The latest level.
    pub(super) fn latest(&self) -> Level {
        self.changes.back().map(Change::level).unwrap_or_default()
    }

    /// Whether there is more to tell than one level.
    pub(super) fn has_changed(&self) -> bool {
        self.changes.len() > 1
    }

    /// The level at that step; `None` before the first that is known.
    pub(super) fn at(&self, step: u64) -> Option<Level> {
        // No two changes are of one step, so after this one come no more changes than steps: of what
        // changes all the time the place is known at once.
        let later = self.changes.back()?.step().saturating_sub(step);
        let later = usize::try_from(later).unwrap_or(usize::MAX);
        let mut at = (self.changes.len() - 1).saturating_sub(later);
        if self.changes.get(at + 1).is_some_and(|next| next.step() <= step) {
            at = self.changes.partition_point(|change| change.step() <= step) - 1;
        }
        self.changes.get(at).filter(|change| change.step() <= step).map(Change::level)
    }

    /// The level at each of these steps, which rise; nothing before the first that is known.
    pub(super) fn along(&self, steps: impl Iterator<Item = u64>) -> impl Iterator<Item = Level> {
        let mut changes = self.changes.iter().peekable();
        let mut level = Level::default();
        steps.map(move |step| {
            while let Some(next) = changes.next_if(|change| change.step() <= step) {
                level = next.level();
            }
            level
        })
    }

    #[cfg(test)]
    pub(super) fn changes(&self) -> usize {
        self.changes.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_level_at_a_step_is_that_of_a_walk_to_it() {
        // What changes at every step, now and then, once, never.
        for gap in [1, 2, 7, 50, 1_000] {
            let mut track = Track::default();
            for step in (20_u64..120).step_by(gap) {
                // For a while it stays as it is.
                let count = if step % 40 < 30 { step } else { 1 };
                track.set(step, Level { count, ..Level::default() });
            }
            for step in 0..140 {
                let walked = track.along(std::iter::once(step)).next();
                assert_eq!(track.at(step), walked.filter(|_| step >= 20), "{gap}, {step}");
            }
        }
        assert_eq!(Track::default().at(5), None);
    }
}
