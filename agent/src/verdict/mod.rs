//! What is to be thought of the tasks of an origin: do they pile up, are they late, is all well?
//!
//! Everything here is arithmetic over counts: no clock, no I/O, no record of a task. Once a pass
//! somebody hands in how many tasks of an origin (a spawn location with labels) were spawned, how
//! long those lived that have ended, and how old those are that live: a [`Look`].
//!
//! - [`lifetimes`]: the grid on which lifetimes and ages are counted.
//! - [`parameters`]: every number that was chosen, with its meaning and its source.
//! - [`survivors`]: cohorts of spawned tasks against the lifetimes learned from those that ended.
//! - [`floor`]: origins none of whose tasks ever end, and which grow all the same.
//! - [`finding`]: what comes in and what goes out.
//!
//! A count of living tasks says little: by Little's law it is the rate of spawns times the time in
//! the system, so load and slowness raise it too. A leak alone makes tasks that outlive what tasks
//! of their origin live for, and *never end*. So only these are counted.
//!
//! [`Look`]: finding::Look

pub(crate) mod finding;
#[cfg(test)]
mod fixture;
pub(crate) mod floor;
pub(crate) mod lifetimes;
pub(crate) mod parameters;
pub(crate) mod survivors;
