//! How a task has spent its time: polls, waits for a worker, wakes.
//!
//! Written by the thread that polls, with plain relaxed stores; everybody may read. Times are
//! ticks of [`clock`](crate::clock).
//!
//! Reading the cycle counter twice a poll would cost more than all the rest of the record's work
//! together. So, while an agent keeps the coarse time ([`clock::coarse`]):
//!
//! - one poll in [`STRIDE`] is measured exactly and stands for that many;
//! - a poll, or a wait for a worker, that goes on for two ticks or more (20 ms) is always
//!   measured, to a tick, and stands for itself.
//!
//! Sums are therefore estimates without bias (Horvitz and Thompson: each measured duration
//! divided by its chance of being measured); counts are exact. Without an agent everything is
//! measured.
//!
//! [`clock::coarse`]: crate::clock::coarse

use crate::primitives::atomic::AtomicU64;
use crate::primitives::atomic::Ordering::Relaxed;

/// One poll in so many is measured, on average.
pub(crate) const STRIDE: u64 = 16;

/// See the [module](self).
#[derive(Debug)]
pub(crate) struct Times {
    /// Polls that a wake asked for.
    wakes: AtomicU64,
    /// Those of them that the task asked for itself, while it was polled.
    self_wakes: AtomicU64,
    /// In polls.
    running: AtomicU64,
    /// From wake to poll, or from spawn to first poll.
    ready: AtomicU64,
    longest_poll: AtomicU64,
    longest_ready: AtomicU64,
}

/// What [`Times`] say at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Spent {
    pub(crate) wakes: u64,
    pub(crate) self_wakes: u64,
    pub(crate) running: u64,
    pub(crate) ready: u64,
    pub(crate) longest_poll: u64,
    pub(crate) longest_ready: u64,
}

impl Spent {
    /// Adds another task's: sums, and the longer of two longest.
    pub(crate) fn add(&mut self, other: &Self) {
        self.wakes += other.wakes;
        self.self_wakes += other.self_wakes;
        self.running = self.running.saturating_add(other.running);
        self.ready = self.ready.saturating_add(other.ready);
        self.longest_poll = self.longest_poll.max(other.longest_poll);
        self.longest_ready = self.longest_ready.max(other.longest_ready);
    }
}

/// A duration, and how many it stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Measured {
    pub(crate) ticks: u64,
    pub(crate) weight: u64,
}

impl Times {
    pub(crate) fn new() -> Self {
        let zero = || AtomicU64::new(0);
        Self {
            wakes: zero(),
            self_wakes: zero(),
            running: zero(),
            ready: zero(),
            longest_poll: zero(),
            longest_ready: zero(),
        }
    }

    #[inline]
    pub(super) fn count_wake(&self, by_itself: bool) {
        add(&self.wakes, 1);
        if by_itself {
            add(&self.self_wakes, 1);
        }
    }

    pub(super) fn add_poll(&self, took: Measured) {
        add(&self.running, took.ticks.saturating_mul(took.weight));
        raise(&self.longest_poll, took.ticks);
    }

    pub(super) fn add_ready(&self, took: Measured) {
        add(&self.ready, took.ticks.saturating_mul(took.weight));
        raise(&self.longest_ready, took.ticks);
    }

    /// What has come together so far. A poll under way is not in it.
    pub(crate) fn read(&self) -> Spent {
        Spent {
            wakes: self.wakes.load(Relaxed),
            self_wakes: self.self_wakes.load(Relaxed),
            running: self.running.load(Relaxed),
            ready: self.ready.load(Relaxed),
            longest_poll: self.longest_poll.load(Relaxed),
            longest_ready: self.longest_ready.load(Relaxed),
        }
    }
}

#[inline]
fn add(sum: &AtomicU64, more: u64) {
    sum.store(sum.load(Relaxed).wrapping_add(more), Relaxed);
}

fn raise(longest: &AtomicU64, ticks: u64) {
    if ticks > longest.load(Relaxed) {
        longest.store(ticks, Relaxed);
    }
}

/// Numbers of polls are compared by their low halves: four billion polls lie between two that
/// look alike.
#[expect(clippy::cast_possible_truncation, reason = "the low half is meant")]
pub(super) fn low_half(polls: u64) -> u32 {
    polls as u32
}
