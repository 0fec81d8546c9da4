//! The question: by what to group, what to keep, how to sort, what to look at closely.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use taskscope_proto::model::{TaskOrder, TaskPage};

use super::{AwaitQuery, Crowds, Filter, HeapQuery, Key, Nest, Sort, Value};

/// Which row is looked at closely, and which page of its tasks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// The row's values: one for each key of the query, or for the first few of them if it is a row
    /// that others lie in.
    pub values: Arc<[Value]>,
    /// Order of its tasks.
    pub order: TaskOrder,
    /// How many of its tasks to pass over.
    pub offset: u64,
}

/// Through what the groups are looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lens {
    /// How many tasks there are.
    #[default]
    Tasks,
    /// How many bytes of the heap they hold.
    Bytes,
}

impl Lens {
    /// The other one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Tasks => Self::Bytes,
            Self::Bytes => Self::Tasks,
        }
    }
}

/// How long a stretch of time is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Range {
    /// The last ten minutes, by the second.
    #[default]
    Minutes,
    /// The last day, by the minute.
    Day,
}

impl Range {
    /// The other one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Minutes => Self::Day,
            Self::Day => Self::Minutes,
        }
    }
}

/// Which of the open services are looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// All of them as one.
    #[default]
    All,
    /// The one at this address.
    One(Arc<str>),
}

/// Which task is looked at closely.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskAsk {
    /// Its number.
    pub id: u64,
    /// The run of the service that it belongs to: another run counts anew.
    pub run_id: u64,
    /// What was known of it when it was chosen.
    pub known: Option<Arc<TaskPage>>,
    /// Folders that the paths of its source lines may start from.
    pub folders: Arc<[String]>,
}

/// Everything that decides what the screen shows of a profile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// Counts up with every change: tells a fresh answer from a stale one.
    pub generation: u64,
    /// Which services are looked at.
    pub scope: Scope,
    /// The run before the present one is looked at.
    pub run_before: bool,
    /// The columns that make up a row's identity, in their order.
    pub keys: Vec<Key>,
    /// Rows in rows, and which of them are open; `None` for one row for each combination.
    pub nest: Option<Arc<Nest>>,
    /// Which base groups count.
    pub filter: Filter,
    /// Order of the rows.
    pub sort: Sort,
    /// The row that is looked at closely.
    pub selection: Option<Selection>,
    /// What the trends are of.
    pub lens: Lens,
    /// Whether runs of library frames are folded away.
    pub fold: bool,
    /// Whether to show who waits for whom, and how.
    pub waits: Option<Crowds>,
    /// What the trends and the timeline show.
    pub range: Range,
    /// The moment that is looked at, agent's clock, milliseconds; `None` for now.
    pub at_ms: Option<u64>,
    /// The page of the heap, if that is open instead of the groups.
    pub heap: Option<HeapQuery>,
    /// How the await trees of the selected row are shown.
    pub awaits: AwaitQuery,
    /// The page of a task, if that is open instead of the groups.
    pub task: Option<TaskAsk>,
}

impl Query {
    /// Whether the other one asks for the same rows, of the same moment and in the same order.
    pub fn has_rows_of(&self, other: &Self) -> bool {
        self.scope == other.scope
            && self.run_before == other.run_before
            && self.keys == other.keys
            && self.nest == other.nest
            && self.filter == other.filter
            && self.sort == other.sort
            && self.at_ms == other.at_ms
    }
}
