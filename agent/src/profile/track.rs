//! The counts of one kind of tasks over time: by the second for ten minutes, by the minute for a
//! day. A step has the level of its end, so the sum of kinds is the level of all of them.
//!
//! Only changes are kept, so what stands still costs next to nothing, however long it does.

use std::collections::VecDeque;

/// How far back seconds go.
pub(super) const KEEP_SECONDS: u32 = 600;
/// How far back minutes go.
pub(super) const KEEP_MINUTES: u32 = 1_440;
/// Seconds in a minute.
pub(super) const MINUTE: u32 = 60;

/// How many tasks there are, and what they hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Level {
    pub(super) count: u32,
    /// Of those, in their state for longer than the threshold.
    pub(super) stuck: u32,
    /// What they hold of the heap.
    pub(super) kib: u32,
}

/// Levels, each from a step on until that of the next.
#[derive(Clone, Debug, Default)]
struct Runs(VecDeque<(u32, Level)>);

impl Runs {
    /// Sets the level from a step on. Steps must not go back.
    fn set(&mut self, step: u32, level: Level) {
        // Of two levels at one step the later counts.
        self.0.pop_back_if(|(at, _)| *at == step);
        if self.latest() != level {
            self.0.push_back((step, level));
        }
    }

    fn latest(&self) -> Level {
        self.0.back().map(|(_, level)| *level).unwrap_or_default()
    }

    /// Forgets what was before a step, but for the level that it had then.
    fn forget_before(&mut self, step: u32) {
        while self.0.get(1).is_some_and(|(at, _)| *at <= step) {
            self.0.pop_front();
        }
        // As nothing: that is what there was before the first.
        if self.0.front().is_some_and(|(at, level)| *at <= step && *level == Level::default()) {
            self.0.pop_front();
        }
    }

    fn at(&self, step: u32) -> Level {
        let after = self.0.partition_point(|(at, _)| *at <= step);
        let run = after.checked_sub(1).and_then(|at| self.0.get(at));
        run.map(|(_, level)| *level).unwrap_or_default()
    }
}

/// See the [module](self). Seconds are those of the agent's clock.
#[derive(Clone, Debug, Default)]
pub(super) struct Track {
    seconds: Runs,
    /// Of those minutes that are over.
    minutes: Runs,
    /// The minute that is not over.
    open: u32,
    latest: Level,
    /// The first second that is known, if it is later than that of all others.
    known_since: Option<u32>,
}

impl Track {
    /// A track of something that was not there before this second.
    pub(super) fn new(second: u32) -> Self {
        Self { open: second / MINUTE, ..Self::default() }
    }

    /// Notes the level at a second. Seconds must not go back.
    pub(super) fn note(&mut self, second: u32, level: Level) {
        let minute = second / MINUTE;
        if minute > self.open {
            // What there was lasted until now.
            self.minutes.set(self.open, self.latest);
            self.open = minute;
            self.minutes.forget_before(minute.saturating_sub(KEEP_MINUTES));
        }
        self.seconds.set(second, level);
        self.seconds.forget_before(second.saturating_sub(KEEP_SECONDS));
        self.latest = level;
    }

    /// The level at the last note.
    pub(super) fn latest(&self) -> Level {
        self.latest
    }

    /// The level at a second of the last ten minutes.
    pub(super) fn at_second(&self, second: u32) -> Level {
        self.seconds.at(second)
    }

    /// The level at the end of a minute of the last day.
    pub(super) fn in_minute(&self, minute: u32) -> Level {
        if minute < self.open { self.minutes.at(minute) } else { self.latest }
    }

    /// Whether it is, and has been since this second, zero.
    pub(super) fn is_zero_since(&self, second: u32) -> bool {
        let changed = self.seconds.0.back().is_some_and(|(at, _)| *at > second);
        !changed && self.latest == Level::default()
    }

    /// Since when it stands as it does, as far as that is known.
    pub(super) fn changed_at(&self) -> u32 {
        self.seconds.0.back().map_or(0, |(at, _)| *at)
    }

    /// Whether nothing but zeros is left of it.
    pub(super) fn is_empty(&self) -> bool {
        self.latest == Level::default() && self.seconds.0.is_empty() && self.minutes.0.is_empty()
    }

    /// Forgets all that was before a second.
    pub(super) fn forget_before(&mut self, second: u32) {
        self.seconds.forget_before(second);
        self.seconds.0.shrink_to_fit();
        self.minutes = Runs::default();
        self.known_since = Some(second);
    }

    /// The first second that it knows of; `None` if it knows all that was ever looked at.
    pub(super) fn known_since(&self) -> Option<u32> {
        self.known_since
    }

    /// What it takes up.
    pub(super) fn bytes(&self) -> usize {
        let runs = self.seconds.0.capacity() + self.minutes.0.capacity();
        size_of::<Self>() + runs * size_of::<(u32, Level)>()
    }
}

#[cfg(test)]
mod tests;
