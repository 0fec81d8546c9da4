//! The executor's waker, kept where our own wakers can reach it, and how many of ours live.
//!
//! The executor's waker owns the executor's task, that task owns the future, the future owns
//! the record, and the record holds this slot: a cycle. It is broken by [`WakeSlot::close`]
//! when the future ends. Wakers of ours may live on then, and be on their way to wake; so the
//! executor's waker goes when the future has ended *and* no waker of ours is left. (The
//! executor's own waker, handed out in place of ours, would hold the executor's task just as
//! long.)
//!
//! One word, `state`, says all there is to know:
//!
//! | bits | meaning |
//! |---|---|
//! | `LIVE` and up | how many wakers of ours live, those included that the agent borrows |
//! | `EMPTY` | no waker has been put in yet |
//! | `WRITING` | the polling thread is replacing the waker |
//! | `CLOSED` | the future has ended |
//! | `FOREIGN` | another waker than ours was once handed to the future: the count is not all |
//!
//! Rules, which `tests/loom.rs` checks:
//!
//! 1. Who owns a living waker of ours may read the slot: waking is a read and nothing else.
//! 2. `LIVE` is added to by who owns a living waker, by the thread that polls (which lends one
//!    to the future for the duration of the poll), and by [`WakeSlot::borrow`], which does not
//!    while `EMPTY`, `WRITING` or `CLOSED`.
//! 3. The thread that polls writes the slot, and only when no waker of ours lives: it sets
//!    `WRITING` in the step that finds none. Until it is done nobody else changes `state`.
//! 4. After `CLOSED` the count comes down to none exactly once. Who sees that, takes the
//!    executor's waker out: the closer if there were none, or whoever gives the last one back.
//! 5. Nobody waits for anybody.

#![expect(unsafe_code, reason = "access to the waker is governed by the state word, see the rules")]

use std::task::Waker;

use crate::sync::UnsafeCell;
use crate::sync::atomic::AtomicU64;
use crate::sync::atomic::Ordering::{self, AcqRel, Acquire, Relaxed};

const EMPTY: u64 = 1;
const WRITING: u64 = 2;
const CLOSED: u64 = 4;
const FOREIGN: u64 = 8;
const LIVE: u64 = 16;

/// See the [module](self).
#[derive(Debug)]
pub(crate) struct WakeSlot {
    state: AtomicU64,
    waker: UnsafeCell<Option<Waker>>,
}

// SAFETY: `Waker` is `Send` and `Sync`; shared access to the cell follows the rules above.
unsafe impl Send for WakeSlot {}
// SAFETY: as above.
unsafe impl Sync for WakeSlot {}

/// What [`WakeSlot::set`] did.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Set {
    /// The slot holds the new waker.
    Done,
    /// Wakers of ours live that wake through the old one.
    Busy,
}

/// What is left to do for who took the last step.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Release {
    /// Nothing.
    Kept,
    /// The future has ended and no waker of ours is left: call [`WakeSlot::take`].
    Last,
}

impl WakeSlot {
    pub(crate) fn new() -> Self {
        Self { state: AtomicU64::new(EMPTY), waker: UnsafeCell::new(None) }
    }

    /// Whether the slot already holds a waker like this one.
    ///
    /// # Safety
    /// Only for the thread that polls the future, and not after [`close`](Self::close).
    #[inline]
    pub(crate) unsafe fn will_wake(&self, waker: &Waker) -> bool {
        // SAFETY: by rule 3 nobody but this thread writes; concurrent readers are fine.
        self.waker.with(|slot| unsafe { (*slot).as_ref() }.is_some_and(|w| w.will_wake(waker)))
    }

    /// Puts a clone of `waker` in, unless wakers of ours live.
    ///
    /// # Safety
    /// Only for the thread that polls the future, and not after [`close`](Self::close).
    #[cold]
    pub(crate) unsafe fn set(&self, waker: &Waker) -> Set {
        let state = self.state.load(Relaxed);
        let may_write = state & EMPTY != 0
            || state & !FOREIGN == 0
                && self.state.compare_exchange(state, state | WRITING, Acquire, Relaxed).is_ok();
        if !may_write {
            return Set::Busy;
        }
        // A clone and a drop may run anybody's code. Nobody waits for us meanwhile.
        let new = waker.clone();
        // SAFETY: rule 3: no waker of ours lives, and none comes to life while the slot is
        // `EMPTY` or `WRITING`.
        let old = self.waker.with_mut(|slot| unsafe { (*slot).replace(new) });
        self.state.store(state & FOREIGN, Ordering::Release);
        drop(old);
        Set::Done
    }

    /// Notes that the future was handed another waker than ours.
    #[cold]
    pub(crate) fn note_foreign(&self) {
        self.state.fetch_or(FOREIGN, Relaxed);
    }

    /// One more waker of ours. Only for who rule 2 allows it.
    #[inline]
    pub(crate) fn add(&self) {
        self.state.fetch_add(LIVE, Relaxed);
    }

    /// One waker of ours less.
    #[inline]
    pub(crate) fn release(&self) -> Release {
        let before = self.state.fetch_sub(LIVE, AcqRel);
        if before & !(FOREIGN | EMPTY) == LIVE | CLOSED { Release::Last } else { Release::Kept }
    }

    /// One more waker of ours, for the agent; `false` if there is nothing to wake just now.
    pub(crate) fn borrow(&self) -> bool {
        let mut state = self.state.load(Relaxed);
        while state & (EMPTY | WRITING | CLOSED) == 0 {
            match self.state.compare_exchange_weak(state, state + LIVE, Acquire, Relaxed) {
                Ok(_) => return true,
                Err(now) => state = now,
            }
        }
        false
    }

    /// Wakes the executor's task.
    ///
    /// # Safety
    /// The caller owns a living waker of ours, or [`borrow`](Self::borrow)ed one.
    #[inline]
    pub(crate) unsafe fn wake(&self) {
        self.waker.with(|slot| {
            // SAFETY: rules 3 and 4: nobody writes the slot while a waker of ours lives.
            if let Some(waker) = unsafe { &*slot } {
                waker.wake_by_ref();
            }
        });
    }

    /// Whether wakers of ours live, or other ones that nobody counts may.
    pub(crate) fn may_be_woken(&self) -> bool {
        self.state.load(Acquire) & !(CLOSED | WRITING) != 0
    }

    /// Ends the slot's use if no waker of ours lives; otherwise changes nothing.
    pub(crate) fn close_if_last(&self) -> Release {
        let state = self.state.load(Relaxed);
        let is_last = state & !(EMPTY | FOREIGN) == 0
            && self.state.compare_exchange(state, state | CLOSED, AcqRel, Relaxed).is_ok();
        if is_last { Release::Last } else { Release::Kept }
    }

    /// Ends the slot's use: now, or when the last waker of ours is given back.
    pub(crate) fn close(&self) -> Release {
        let before = self.state.fetch_or(CLOSED, AcqRel);
        if before < LIVE { Release::Last } else { Release::Kept }
    }

    /// Lets go of the executor's waker.
    ///
    /// # Safety
    /// Once, for who was told [`Release::Last`].
    pub(crate) unsafe fn take(&self) {
        // SAFETY: rule 4: no waker of ours lives, none can come to life, the future has ended.
        drop(self.waker.with_mut(|slot| unsafe { (*slot).take() }));
    }
}
