//! Which run of a service is looked at, and what it is compared with.

use std::sync::Arc;

/// A comparison with a state of elsewhere, in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// What it is compared with.
    pub with: Arc<str>,
    /// What is most likely the leak.
    pub headline: String,
    /// How many rows there are of each kind of change.
    pub kinds: String,
    /// What else is to be said of the comparison, in sentences.
    pub remarks: Vec<String>,
}

/// Which run of a service is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ShownRun {
    /// Its place among those that were seen, from one on.
    pub number: u32,
    /// It is the one before the present one.
    pub is_before: bool,
    /// There is one before the present one.
    pub has_before: bool,
    /// What it is compared with is the end of the one before, or of elsewhere.
    pub is_marked_before: bool,
}
