//! Single tasks, asked for page by page.

use std::sync::Arc;

use super::{Blocker, GroupId, Labels, Location, OriginId, TaskCondition, Tree};

/// What a task is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    /// Never polled yet.
    New,
    /// Woken, waiting for a worker.
    Ready,
    /// Inside `poll`, or a blocking closure at work.
    Running,
    /// Its last poll returned `Pending`.
    Parked,
    /// Of groups only: their tasks have ended, but blocks that they allocated live on.
    Finished,
}

impl State {
    /// All states of living tasks, in the order in which a task goes through them.
    pub const ALL: [Self; 4] = [Self::New, Self::Ready, Self::Running, Self::Parked];

    /// The name that dumps and screens use.
    pub fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Ready => "ready",
            Self::Running => "running",
            Self::Parked => "parked",
            Self::Finished => "finished",
        }
    }
}

/// Whether an executor polls the task or a blocking thread runs it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TaskKind {
    /// A future.
    #[default]
    Async,
    /// A closure given to `spawn_blocking`.
    Blocking,
}

/// Which await trees a snapshot captures before it answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Capture {
    /// Known trees are kept; parked tasks that have none yet are captured.
    #[default]
    Cached,
    /// Every parked task is captured anew.
    Fresh,
}

/// The order of a page of tasks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum TaskOrder {
    /// Longest in its state first.
    #[default]
    LongestInState,
    /// Spawned first, first.
    Oldest,
    /// Spawned last, first.
    Newest,
    /// Most polls first.
    MostPolls,
}

/// Which tasks to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskQuery {
    /// Only tasks of these groups; empty means all tasks.
    pub groups: Vec<GroupId>,
    /// In which order.
    pub order: TaskOrder,
    /// How many to pass over.
    pub offset: u64,
    /// How many to send, at most [`MAX_TASKS_PER_PAGE`](crate::limits::MAX_TASKS_PER_PAGE).
    pub limit: u32,
    /// Only these tasks; they come before all others, in this order.
    pub tasks: Vec<u64>,
    /// With them, those that this one spawned.
    pub children_of: Option<u64>,
    /// Only tasks that meet all of these.
    pub conditions: Vec<TaskCondition>,
}

/// One task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// Counts from 1 over the life of the process; never used twice.
    pub id: u64,
    /// Labels in effect where it waits.
    pub labels: Labels,
    /// Where it was spawned.
    pub spawned_at: Location,
    /// Future or blocking closure.
    pub kind: TaskKind,
    /// What it does now.
    pub state: State,
    /// Since when, on the agent's clock, milliseconds.
    pub since_ms: u64,
    /// When it was spawned, on the agent's clock, milliseconds.
    pub spawned_ms: u64,
    /// How often it was polled.
    pub polls: u64,
    /// Where it waits, if captured.
    pub tree: Option<Arc<Tree>>,
    /// The task that spawned it, if that one is tracked.
    pub parent: Option<u64>,
    /// Size of its future.
    pub future_bytes: u64,
    /// How it has spent its time.
    pub activity: Activity,
    /// How many wakers of it live, where a console-subscriber tells of it. Agents say it another way
    /// (a task without any waits for nothing), so it is never on the wire.
    pub living_wakers: Option<u64>,
    /// The origin of the task that woke it last; `None` for no tracked task, or never.
    pub woken_by: Option<OriginId>,
    /// Its handle was dropped before it ended: nobody waits for it.
    pub detached: bool,
    /// The task that spawned it has ended.
    pub orphan: bool,
    /// It can never run again by itself.
    pub proven: bool,
    /// What it waits for and who could let it go on, as in [`Group`](super::Group).
    pub blockers: Vec<Blocker>,
    /// How many tasks wait for something that it holds.
    pub waiting_for_it: u64,
}

/// How tasks have spent their time so far, the poll under way left out.
///
/// While an agent runs, durations below 20 ms are measured on a sample of one in sixteen and
/// scaled up; longer ones are all measured, to 10 ms. Counts are exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Activity {
    /// How often they were polled.
    pub polls: u64,
    /// Polls that a wake asked for.
    pub wakes: u64,
    /// Those of them that the task asked for itself, while it was polled.
    pub self_wakes: u64,
    /// Time inside `poll`, microseconds.
    pub running_us: u64,
    /// Time from wake (or spawn) to poll, microseconds.
    pub ready_us: u64,
    /// The longest poll, microseconds.
    pub longest_poll_us: u64,
    /// The longest time from wake (or spawn) to poll, microseconds.
    pub longest_ready_us: u64,
}

impl Activity {
    /// Adds another task's: sums, and the longer of two longest.
    pub fn add(&mut self, other: &Self) {
        self.polls = self.polls.saturating_add(other.polls);
        self.wakes = self.wakes.saturating_add(other.wakes);
        self.self_wakes = self.self_wakes.saturating_add(other.self_wakes);
        self.running_us = self.running_us.saturating_add(other.running_us);
        self.ready_us = self.ready_us.saturating_add(other.ready_us);
        self.longest_poll_us = self.longest_poll_us.max(other.longest_poll_us);
        self.longest_ready_us = self.longest_ready_us.max(other.longest_ready_us);
    }
}

/// One page of tasks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskPage {
    /// The tasks, in the order asked for.
    pub tasks: Vec<Task>,
    /// How many tasks match.
    pub total: u64,
    /// The agent's clock, milliseconds.
    pub now_ms: u64,
    /// Named tasks, children and conditions counted: older agents do not know them.
    pub heeded: bool,
}
