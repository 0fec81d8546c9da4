//! The question: by what to group, what to keep, how to sort, what to look at closely.

use std::sync::Arc;

use taskscope_proto::model::TaskOrder;

use super::{Filter, Key, Sort, Value};

/// Which row is looked at closely, and which page of its tasks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// The row's values, one for each key of the query.
    pub values: Arc<[Value]>,
    /// Order of its tasks.
    pub order: TaskOrder,
    /// How many of its tasks to pass over.
    pub offset: u64,
}

/// Everything that decides what the screen shows of a profile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// Counts up with every change: tells a fresh answer from a stale one.
    pub generation: u64,
    /// The columns that make up a row's identity, in their order.
    pub keys: Vec<Key>,
    /// Which base groups count.
    pub filter: Filter,
    /// Order of the rows.
    pub sort: Sort,
    /// The row that is looked at closely.
    pub selection: Option<Selection>,
}
