//! What a task can be and do: the words that its record speaks.

use std::panic::Location;

/// How a record came to be, and what it stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    /// A spawned future: the executor polls it as a root.
    Task,
    /// A closure on a blocking thread.
    Blocking,
    /// A wrapped future that was never polled: nobody knows yet which of the two it will be.
    Undecided,
    /// A wrapped future that another tracked future polls; part of that task.
    Part,
}

/// What the task is in the middle of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Phase {
    New,
    Running,
    Parked,
    Finished,
}

/// Whether a poll shall capture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum CaptureRequest {
    #[default]
    None,
    /// In this poll.
    Now,
    /// In a further poll: this one was asked for by a wake too, and the task may move on in it.
    Again,
}

/// What the poll that begins has to do besides polling.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use]
pub(crate) struct Requests {
    pub(crate) first_poll: bool,
    pub(crate) capture: CaptureRequest,
    /// Nobody but the agent asked for this poll.
    pub(crate) quiet: bool,
}

/// The state of a task as others see it, with the time since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    New,
    Ready { since: u64 },
    Running { since: u64 },
    Parked { since: u64 },
    Finished,
}

/// What a record is made from; see [`Record`](super::record::Record).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Birth {
    pub(crate) id: u64,
    /// Where the registry has it.
    pub(crate) place: u64,
    pub(crate) parent: u64,
    /// Where the registry has, or had, the parent.
    pub(crate) parent_place: u64,
    pub(crate) spawned_at: &'static Location<'static>,
    pub(crate) now: u64,
    pub(crate) future_bytes: u32,
    pub(crate) scope: u32,
}
