//! What is kept of a task, of a resource, and of an operation on one.

use std::sync::Arc;

use console_api::{PollStats, async_ops, tasks};
use taskscope_proto::model::{Activity, Labels, Location, OriginId, State, TaskKind};

use super::stamp::{Stamp, micros, stamp};

/// A living task.
#[derive(Clone, Debug)]
pub(super) struct Task {
    /// The number that people know: tokio's if it was sent, otherwise that of the span.
    pub(super) number: u64,
    /// Its labels.
    pub(super) labels: Labels,
    /// Where it was spawned.
    pub(super) spawned_at: Location,
    /// The same and its labels, counted.
    pub(super) origin: OriginId,
    /// Future or closure.
    pub(super) kind: TaskKind,
    /// Size of its future.
    pub(super) bytes: u64,
    /// What it has done so far.
    pub(super) doings: Doings,
}

/// What a task has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Doings {
    /// When it was spawned.
    pub(super) created: Stamp,
    /// Its polls.
    pub(super) polls: Polls,
    /// When it was woken last.
    pub(super) last_wake: Option<Stamp>,
    /// Wakers of it that live.
    pub(super) wakers: u64,
    /// Counts and times.
    pub(super) activity: Activity,
}

/// The polls of a task or of an operation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Polls {
    /// How many.
    pub(super) count: u64,
    /// When the last one began.
    pub(super) started: Option<Stamp>,
    /// When the last one that is over ended.
    pub(super) ended: Option<Stamp>,
}

/// Something that tasks wait for: a lock, a timer.
#[derive(Clone, Debug)]
pub(super) struct Resource {
    /// The last part of its type's name: `Mutex`.
    pub(super) kind: Arc<str>,
    /// The resource that it is a part of.
    pub(super) parent: Option<u64>,
    /// Made by the runtime for something that shows nothing of itself.
    pub(super) internal: bool,
}

/// A future of a resource: somebody acquires, sleeps.
#[derive(Clone, Debug)]
pub(super) struct Op {
    /// Which method made it: `Mutex::lock`.
    pub(super) source: Arc<str>,
    /// The resource.
    pub(super) resource: Option<u64>,
    /// The operation that it is a part of.
    pub(super) parent: Option<u64>,
    /// The task that polled it last.
    pub(super) task: Option<u64>,
    /// Its polls.
    pub(super) polls: Polls,
    /// Its last poll that was told of said that it is done.
    pub(super) ready: bool,
}

impl Doings {
    /// Reads what a service says of a task.
    pub(super) fn read(stats: &tasks::Stats, otherwise: Stamp) -> Self {
        let polls = stats.poll_stats.as_ref().map(Polls::read).unwrap_or_default();
        let busy = stats.poll_stats.as_ref().and_then(|polls| polls.busy_time);
        let activity = Activity {
            polls: polls.count,
            wakes: stats.wakes,
            self_wakes: stats.self_wakes,
            running_us: busy.map_or(0, micros),
            ready_us: stats.scheduled_time.map_or(0, micros),
            ..Activity::default()
        };
        Self {
            created: stats.created_at.map_or(otherwise, stamp),
            polls,
            last_wake: stats.last_wake.map(stamp),
            wakers: stats.waker_clones.saturating_sub(stats.waker_drops),
            activity,
        }
    }

    /// What it does, and since when.
    pub(super) fn state(&self) -> (State, Stamp) {
        let Some(started) = self.polls.started else {
            return (State::New, self.created);
        };
        let Some(ended) = self.polls.ended.filter(|ended| *ended >= started) else {
            return (State::Running, started);
        };
        match self.last_wake {
            // Woken in the poll itself: ready as soon as that was over.
            Some(woken) if woken > started => (State::Ready, woken.max(ended)),
            _ => (State::Parked, ended),
        }
    }
}

impl Polls {
    /// Reads what a service says of polls.
    pub(super) fn read(stats: &PollStats) -> Self {
        Self {
            count: stats.polls,
            started: stats.last_poll_started.map(stamp),
            ended: stats.last_poll_ended.map(stamp),
        }
    }
}

impl Op {
    /// Takes in what a service says of it now.
    pub(super) fn update(&mut self, stats: &async_ops::Stats) {
        self.task = stats.task_id.map(|id| id.id).or(self.task);
        self.polls = stats.poll_stats.as_ref().map(Polls::read).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tasks_state_follows_from_its_stamps() {
        for (started, ended, woken, expected) in [
            (None, None, None, (State::New, 1)),
            (None, None, Some(3), (State::New, 1)),
            (Some(5), None, Some(4), (State::Running, 5)),
            (Some(5), Some(3), Some(4), (State::Running, 5)),
            (Some(5), Some(8), Some(4), (State::Parked, 8)),
            (Some(5), Some(8), Some(5), (State::Parked, 8)),
            (Some(5), Some(8), Some(6), (State::Ready, 8)),
            (Some(5), Some(8), Some(9), (State::Ready, 9)),
        ] {
            let polls = Polls { count: 1, started, ended };
            let doings = Doings { created: 1, polls, last_wake: woken, ..Doings::default() };
            assert_eq!(doings.state(), expected, "{started:?} {ended:?} {woken:?}");
        }
    }
}
