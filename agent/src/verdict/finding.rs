//! What an origin is judged by, and the judgement.

use super::lifetimes::Lifetimes;

/// The counts of one origin at one moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look<'a> {
    /// Monotonic, in milliseconds.
    pub(crate) now_ms: u64,
    /// Tasks spawned so far.
    pub(crate) spawned: u64,
    /// Lifetimes of all tasks that have ended so far.
    pub(crate) finished: &'a Lifetimes,
    /// Ages of the living.
    pub(crate) ages: &'a Lifetimes,
    /// Living tasks that have been parked for longer than the threshold of "stuck" on something
    /// of the service's own: a lock, a channel, another task. Not timers, sockets, accept loops.
    pub(crate) stuck_own: u64,
}

/// What is thought of an origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    /// Nothing to say.
    Normal,
    /// Tasks outlive what was learned, but they do end, or may yet.
    Slow,
    /// Tasks are spawned that never end, and pile up.
    Suspect,
}

/// By which rule something was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Evidence {
    /// More tasks outlive the learned lifetimes than chance allows.
    Survivors,
    /// No task of the origin ever ends, and they become more all the time.
    Floor,
}

/// The judgement, with the numbers for its sentence: "`survived` of `spawned` tasks spawned here
/// since `since_ms` have not finished; before that `finished_share` finished within `within_ms`".
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Finding {
    /// What is thought of the origin.
    pub(crate) class: Class,
    /// By which rule.
    pub(crate) kind: Evidence,
    /// Since when the class is what it is (on the clock of [`Look::now_ms`]).
    pub(crate) class_since_ms: u64,
    /// When the first of the judged tasks were spawned.
    pub(crate) since_ms: u64,
    /// The age beyond which a task of this origin is overdue.
    pub(crate) limit_ms: u64,
    /// Tasks living beyond that age now.
    pub(crate) overdue: u64,
    /// Tasks spawned since `since_ms` that would have had the time to reach `limit_ms`.
    pub(crate) spawned: u64,
    /// How many of those still live.
    pub(crate) survived: u64,
    /// How many of them would have been expected to, by what was learned.
    pub(crate) expected: f64,
    /// The share of all finished tasks ...
    pub(crate) finished_share: f64,
    /// ... that finished within this time, in milliseconds; 0 if none has finished.
    pub(crate) within_ms: u64,
    /// How strong the evidence is, in natural logarithms of likelihood.
    pub(crate) score: f64,
}
