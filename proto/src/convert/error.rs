//! What a message from the other side can have wrong.

use thiserror::Error;

/// A message that breaks the schema's rules or a limit.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ConvertError {
    /// A part that every such message has is missing.
    #[error("{what} is missing")]
    Missing {
        /// Which part.
        what: &'static str,
    },
    /// More or longer than the [limits](crate::limits) allow.
    #[error("{what}: {got} is more than limits::{name} ({limit})")]
    Limit {
        /// What there is too much of.
        what: &'static str,
        /// How much of it came.
        got: usize,
        /// The limit's name.
        name: &'static str,
        /// The limit.
        limit: usize,
    },
    /// An enum value that cannot be passed over.
    #[error("unknown {what} {value}: is the other side newer than this one?")]
    UnknownValue {
        /// Of which enum.
        what: &'static str,
        /// The value.
        value: i32,
    },
    /// A reference to an entry that the dictionary does not hold.
    #[error("{what} {id} is not in the dictionary")]
    UnknownId {
        /// What kind of entry.
        what: &'static str,
        /// The id that was used.
        id: u32,
    },
    /// Dictionary entries that do not follow those before them.
    #[error("{what} of the dictionary go on at {got} instead of {expected}")]
    DictionaryGap {
        /// What kind of entries.
        what: &'static str,
        /// The next id.
        expected: u32,
        /// The id that came.
        got: u32,
    },
    /// Runs of a history that do not follow one another.
    #[error("the history of group {group} has runs that make no sense")]
    BrokenSeries {
        /// Of which group.
        group: u64,
    },
    /// A label key without its value.
    #[error("a label set has {got} keys and values, an odd number")]
    OddLabels {
        /// How many came.
        got: usize,
    },
    /// A node that comes before its parent: such trees could be endless.
    #[error("node {node} of an await tree has parent {parent}, which does not come before it")]
    ParentOrder {
        /// Index of the node.
        node: usize,
        /// Index of the parent.
        parent: u32,
    },
}
