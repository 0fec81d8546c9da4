//! Whether a task rests, and whether it did all the while that something else was read of it.
//!
//! A proof reads that no waker is left, or who waits for what, and that the task is parked. Each
//! may be so by itself at some moment of a poll: a poll takes the mark of the wake away before the
//! future registers anew, and a capture's poll leaves the state as it was. So what is read counts
//! only between two looks that find the same [`Rest`]. It holds because
//!
//! 1. a poll, a capture's too, says that the task runs and is numbered then, before the future
//!    does anything: whoever reads what it did reads its number afterwards, and whoever reads its
//!    number sees the task running, or parked anew;
//! 2. a wake marks the record before its waker is given back, and a poll takes the mark away after
//!    it was numbered: whoever reads that a waker is gone sees the mark, or the number of the poll;
//! 3. a task parks after the future has registered: whoever sees it parked sees the wakers.

use super::{Phase, Record};
use crate::primitives::atomic::Ordering::{Acquire, Relaxed, Release as ReleaseOrder};

/// One rest of a task: between two polls it is the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rest {
    polls: u64,
    captures: u32,
}

impl Record {
    /// Which rest this is: the task is parked, nobody has woken it, and it is in no poll. Between
    /// two calls that give the same rest it was so all the time.
    pub(crate) fn rest(&self) -> Option<Rest> {
        let rest = self.numbered();
        let is_woken = self.woken.load(Acquire) != 0;
        let is_parked = self.phase.load(Acquire) == Phase::Parked as u8;
        (is_parked && !is_woken && self.numbered() == rest).then_some(rest)
    }

    fn numbered(&self) -> Rest {
        Rest { polls: self.polls.load(Acquire), captures: self.captures.load(Acquire) }
    }

    /// Numbers a poll that only the agent asked for.
    pub(super) fn number_capture(&self) {
        let next = self.captures.load(Relaxed).wrapping_add(1);
        self.captures.store(next, ReleaseOrder);
    }
}

impl Rest {
    /// How many polls there had been.
    pub(crate) fn polls(self) -> u64 {
        self.polls
    }
}
