//! What is the matter, in words.

use std::sync::Arc;

use crate::analyse::{Growth, Trouble, Value};

/// What stands above everything else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// The groups with the worst verdicts, worst first.
    pub troubles: Vec<Found<Trouble>>,
    /// At how many places more something is the matter.
    pub more: usize,
    /// Who makes the heap grow.
    pub growth: Option<Found<Growth>>,
}

/// Something that was found of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found<T> {
    /// What it is.
    pub what: T,
    /// The values of the row that the group is in; `None` if the filter leaves it out.
    pub row: Option<Arc<[Value]>>,
}
