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

/// Levels over time, oldest first.
#[derive(Debug, Default)]
pub(super) struct Track {
    /// (step, level from then on).
    changes: VecDeque<(u64, Level)>,
}

impl Track {
    pub(super) const fn new() -> Self {
        Self { changes: VecDeque::new() }
    }

    pub(super) fn set(&mut self, step: u64, level: Level) {
        match self.changes.back_mut() {
            Some((_, last)) if *last == level => {}
            Some((at, last)) if *at == step => *last = level,
            _ => self.changes.push_back((step, level)),
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
        let seen_after = self.changes.iter().rev().find(|(at, _)| *at <= end).copied();
        let old = std::mem::take(&mut self.changes);
        let before = old.iter().copied().filter(|(at, _)| *at < from);
        let after = old.iter().copied().filter(|(at, _)| *at > end);
        let at_end = seen_after.map(|(_, level)| (end, level));
        let remembered = series.runs.iter().map(of_run);
        for (step, level) in before.chain(remembered).chain(at_end).chain(after) {
            self.set(step, level);
        }
    }

    /// Drops what is older than that, but the level at that moment.
    pub(super) fn forget_before(&mut self, step: u64) {
        while self.changes.get(1).is_some_and(|(at, _)| *at <= step) {
            self.changes.pop_front();
        }
    }

    /// Whether there is more to tell than one level.
    pub(super) fn has_changed(&self) -> bool {
        self.changes.len() > 1
    }

    /// The level at that step; `None` before the first that is known.
    pub(super) fn at(&self, step: u64) -> Option<Level> {
        let after = self.changes.partition_point(|(at, _)| *at <= step);
        self.changes.get(after.checked_sub(1)?).map(|(_, level)| *level)
    }

    /// The level at each of these steps, which rise; nothing before the first that is known.
    pub(super) fn along(&self, steps: impl Iterator<Item = u64>) -> impl Iterator<Item = Level> {
        let mut changes = self.changes.iter().peekable();
        let mut level = Level::default();
        steps.map(move |step| {
            while let Some((_, next)) = changes.next_if(|(at, _)| *at <= step) {
                level = *next;
            }
            level
        })
    }

    #[cfg(test)]
    pub(super) fn changes(&self) -> usize {
        self.changes.len()
    }
}
