//! The executor's waker, kept where our own wakers can reach it, and how many of ours live.
//!
//! The executor's waker owns the executor's task, that task owns the future, the future owns
//! the record, and the record holds this slot: a cycle. It is broken by [`WakeSlot::close`]
//! when the future ends. Wakers of ours may live on then, and be on their way to wake; so the
//! executor's waker goes when the future has ended *and* no waker of ours is left. (The
//! executor's own waker, handed out in place of ours, would hold the executor's task just as
//! long.)
//!
//! A task that ends in its first poll, and many do, needs no waker at all. So in the first poll
//! the executor only lends its waker, and the slot gets a clone of its own when the first waker of
//! ours is cloned, or when the task parks.
//!
//! One word, `state`, says all there is to know:
//!
//! | bits | meaning |
//! |---|---|
//! | `LIVE` and up | how many wakers of ours live, those included that the agent borrows |
//! | `EMPTY` | the slot owns no waker yet; in a poll it may hold one that is lent |
//! | `WRITING` | the polling thread is replacing the waker |
//! | `CLOSED` | the future has ended |
//! | `FOREIGN` | another waker than ours was once handed to the future: the count is not all |
//!
//! Rules, which `tests/loom.rs` checks:
//!
//! 1. Who owns a living waker of ours may read the slot: waking is a read and nothing else.
//! 2. `LIVE` is added to by who owns a living waker, by who clones the one that the thread that
//!    polls lends to the future for the duration of the poll, and by [`WakeSlot::borrow`], which
//!    does not while `EMPTY`, `WRITING` or `CLOSED`.
//! 3. The thread that polls writes the slot, and only when no waker of ours lives: it sets
//!    `WRITING` in the step that finds none. Until it is done nobody else changes `state`.
//! 4. After `CLOSED` the count comes down to none exactly once. Who sees that, takes the
//!    executor's waker out: the closer if there were none, or whoever gives the last one back.
//! 5. While `EMPTY`, the thread that polls writes the slot before and after the inner poll. During
//!    it nobody does: those who clone (other threads may, if the future shows them its context)
//!    clone the executor's waker, and who clears `EMPTY` leaves that clone to the slot. That it is
//!    equal to the one that was lent makes this no write.
//! 6. Nobody waits for anybody.

#![expect(unsafe_code, reason = "access to the waker is governed by the state word, see the rules")]

use std::mem::ManuallyDrop;
use std::task::Waker;

use crate::primitives::UnsafeCell;
use crate::primitives::atomic::AtomicU64;
use crate::primitives::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release as ReleaseOrder};

const EMPTY: u64 = 1;
const WRITING: u64 = 2;
const CLOSED: u64 = 4;
const FOREIGN: u64 = 8;
const LIVE: u64 = 16;

/// See the [module](self).
#[derive(Debug)]
pub(crate) struct WakeSlot {
    state: AtomicU64,
    /// Owned unless `EMPTY`.
    waker: UnsafeCell<Option<ManuallyDrop<Waker>>>,
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

/// The wakers that could wake a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Living {
    /// How many of ours, those included that the agent borrows.
    pub(crate) ours: u64,
    /// There may be others, that nobody counts.
    pub(crate) others: bool,
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

    /// Puts `waker` in for the duration of a first poll.
    ///
    /// # Safety
    /// Only for the thread that polls the future, in the first poll that uses the slot, and
    /// [`keep`](Self::keep) or the end has to come before `waker` goes.
    #[inline]
    pub(crate) unsafe fn lend(&self, waker: &Waker) {
        // SAFETY: the same waker once more, never dropped: the original outlives it.
        let lent = ManuallyDrop::new(unsafe { Waker::new(waker.data(), waker.vtable()) });
        // SAFETY: rule 5.
        self.waker.with_mut(|slot| unsafe { *slot = Some(lent) });
    }

    /// Makes the slot own the waker that it was lent, if it does not yet.
    ///
    /// # Safety
    /// Only for the thread that polls the future, after the inner poll.
    pub(crate) unsafe fn keep(&self) {
        let state = self.state.load(Acquire);
        if state & EMPTY == 0 {
            return;
        }
        self.waker.with_mut(|slot| {
            // SAFETY: rule 5, and the waker that was lent is still there.
            let slot = unsafe { &mut *slot };
            if let Some(lent) = slot {
                *slot = Some(ManuallyDrop::new(Waker::clone(lent)));
                self.state.fetch_and(!EMPTY, ReleaseOrder);
            }
        });
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
        let new = ManuallyDrop::new(waker.clone());
        // SAFETY: rule 3: no waker of ours lives, and none comes to life while the slot is
        // `EMPTY` or `WRITING`.
        let old = self.waker.with_mut(|slot| unsafe { (*slot).replace(new) });
        self.state.store(state & FOREIGN, ReleaseOrder);
        if state & EMPTY == 0 {
            drop(old.map(ManuallyDrop::into_inner));
        }
        Set::Done
    }

    /// Notes that the future was handed another waker than ours.
    #[cold]
    pub(crate) fn note_foreign(&self) {
        self.state.fetch_or(FOREIGN, Relaxed);
    }

    /// One more waker of ours; or, if it cannot be one, the waker to use in its place.
    ///
    /// # Safety
    /// Only for who rule 2 allows it.
    #[inline]
    pub(crate) unsafe fn add(&self) -> Option<Waker> {
        if self.state.load(Relaxed) & EMPTY != 0 {
            // SAFETY: the caller's promise.
            return unsafe { self.add_first() };
        }
        self.state.fetch_add(LIVE, ReleaseOrder);
        None
    }

    /// The first waker of ours: from here on the slot owns the executor's.
    #[cold]
    unsafe fn add_first(&self) -> Option<Waker> {
        // A clone may run anybody's code, and panic: nothing has happened yet.
        let executors = self.waker.with(|slot| {
            // SAFETY: the caller clones in a poll under way (rule 2), so nobody writes (rule 5).
            let lent = unsafe { (*slot).as_deref() }?;
            let clone = lent.clone();
            let is_equal = clone.will_wake(lent);
            Some((clone, is_equal))
        });
        match executors {
            Some((clone, false)) => {
                self.note_foreign();
                return Some(clone);
            }
            Some((clone, true)) => {
                let clone = ManuallyDrop::new(clone);
                let mut state = self.state.load(Relaxed);
                while state & EMPTY != 0 {
                    let filled = state - EMPTY + LIVE;
                    match self.state.compare_exchange_weak(state, filled, ReleaseOrder, Relaxed) {
                        Ok(_) => return None,
                        Err(now) => state = now,
                    }
                }
                // Another thread was faster.
                drop(ManuallyDrop::into_inner(clone));
            }
            // Nobody is to be woken: see `capture_once`.
            None => {}
        }
        self.state.fetch_add(LIVE, ReleaseOrder);
        None
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

    /// What is known of the wakers that could wake the task.
    pub(crate) fn living(&self) -> Living {
        let state = self.state.load(Acquire);
        Living { ours: state / LIVE, others: state & FOREIGN != 0 }
    }

    /// Whether wakers of ours live, or other ones that nobody counts may.
    pub(crate) fn may_be_woken(&self) -> bool {
        self.state.load(Acquire) & !(CLOSED | WRITING) != 0
    }

    /// Whether the slot never owned a waker, and none of ours ever lived: nobody is left who could
    /// look at it. For the thread that polls, after the last inner poll.
    pub(crate) fn is_unused(&self) -> bool {
        self.state.load(Acquire) & !FOREIGN == EMPTY
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
        let waker = self.waker.with_mut(|slot| unsafe { (*slot).take() });
        if self.state.load(Relaxed) & EMPTY == 0 {
            drop(waker.map(ManuallyDrop::into_inner));
        }
    }
}
