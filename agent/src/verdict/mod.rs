//! Verdicts: what can never go on, what piles up, what is only late, and who is to blame.
//!
//! Everything here is arithmetic: no clock, no I/O, no record of a task. Once a pass `profile`
//! hands in what it has counted, and puts what comes out to its groups.
//!
//! Of the tasks of an *origin* (a spawn location with labels): do they pile up, are they late, is
//! all well? How many were spawned, how long those lived that have ended, and how old those are
//! that live make up a [`Look`].
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
//! Of single tasks and of groups:
//!
//! - [`proof`]: which tasks can never run again by themselves.
//! - [`blame`]: from those that wait to those at the root of it.
//! - [`rank`]: how suspicious a group is beside others.
//! - [`reason`]: the sentence that says why.
//!
//! [`Look`]: finding::Look

pub(crate) mod blame;
pub(crate) mod finding;
#[cfg(test)]
mod fixture;
pub(crate) mod floor;
pub(crate) mod lifetimes;
pub(crate) mod parameters;
pub(crate) mod proof;
pub(crate) mod rank;
pub(crate) mod reason;
#[cfg(test)]
mod samples;
pub(crate) mod survivors;
