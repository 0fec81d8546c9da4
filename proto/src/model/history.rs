//! What groups, and the whole, looked like before.

use super::{GroupId, State};

/// The length of a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Resolution {
    /// A second: what there was at its end. Kept for ten minutes.
    #[default]
    Second,
    /// A minute: what there was at its end. Kept for a day.
    Minute,
}

impl Resolution {
    /// The length of a step in milliseconds.
    pub fn step_ms(self) -> u64 {
        match self {
            Self::Second => 1_000,
            Self::Minute => 60_000,
        }
    }
}

/// Which history to send. Times are milliseconds on the agent's clock.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryQuery {
    /// Of these groups, at most
    /// [`MAX_GROUPS_PER_HISTORY`](crate::limits::MAX_GROUPS_PER_HISTORY) of them; empty means of
    /// all tasks, by state, and of the process.
    pub groups: Vec<GroupId>,
    /// How fine.
    pub resolution: Resolution,
    /// From when on; 0 for as far back as it goes.
    pub from_ms: u64,
    /// Until when; 0 for now.
    pub to_ms: u64,
}

/// What a [`Series`] is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// The tasks of a group.
    Group(GroupId),
    /// All tracked tasks in a state.
    State(State),
    /// The process: what it takes up, and no tasks.
    Process,
}

/// What there was at one step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Point {
    /// How many tasks.
    pub count: u64,
    /// How many of them were in their state for longer than the threshold.
    pub stuck: u64,
    /// What they held of the heap; of the process what is resident.
    pub live_bytes: u64,
}

/// From a step on, until that of the next, there was as much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// Counts from 0 at the begin of the series.
    pub first: u32,
    /// What there was.
    pub point: Point,
}

/// How much there was, step by step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// Of what.
    pub subject: Subject,
    /// The first step that is known, agent's clock, milliseconds.
    pub from_ms: u64,
    /// How many steps are known; 0 if nothing is.
    pub steps: u32,
    /// What there was; the first begins at step 0.
    pub runs: Vec<Run>,
}

impl Series {
    /// A series of these points.
    pub fn new(subject: Subject, from_ms: u64, points: &[Point]) -> Self {
        let mut runs: Vec<Run> = Vec::new();
        for (first, point) in (0..).zip(points) {
            if runs.last().is_none_or(|run| run.point != *point) {
                runs.push(Run { first, point: *point });
            }
        }
        let steps = u32::try_from(points.len()).unwrap_or(u32::MAX);
        Self { subject, from_ms, steps, runs }
    }

    /// What there was, step by step.
    pub fn points(&self) -> impl Iterator<Item = Point> {
        let ends = self.runs.iter().skip(1).map(|run| run.first).chain([self.steps]);
        self.runs.iter().zip(ends).flat_map(|(run, end)| (run.first..end).map(|_| run.point))
    }
}

/// An answer to a [`HistoryQuery`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryPage {
    /// The agent's clock, milliseconds.
    pub now_ms: u64,
    /// The length of a step.
    pub step_ms: u64,
    /// In the order asked for. The last ones may be missing where one message has no room for all:
    /// ask for them again. Of a group that the agent does not know there is one without steps. Those
    /// of all tasks are followed by that of the process, where the system tells of it.
    pub series: Vec<Series>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_become_runs_and_points_again() {
        for counts in [&[][..], &[3], &[3, 3, 3], &[0, 3, 3, 0, 0, 7]] {
            let point =
                |count: &u64| Point { count: *count, stuck: count / 2, live_bytes: count * 9 };
            let points: Vec<Point> = counts.iter().map(point).collect();
            let series = Series::new(Subject::Group(GroupId(1)), 5, &points);
            assert_eq!(series.points().collect::<Vec<_>>(), points);
            assert!(series.runs.len() <= 4);
        }
    }
}
