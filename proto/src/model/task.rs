//! Single tasks, asked for page by page.

use std::sync::Arc;

use super::{GroupId, Labels, Location, Tree};

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
}

impl State {
    /// All states, in the order in which a task goes through them.
    pub const ALL: [Self; 4] = [Self::New, Self::Ready, Self::Running, Self::Parked];

    /// The name that dumps and screens use.
    pub fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Ready => "ready",
            Self::Running => "running",
            Self::Parked => "parked",
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
}
