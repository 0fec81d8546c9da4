//! The executor's waker, kept where our own wakers can reach it.
//!
//! The executor's waker owns the executor's task, that task owns the future, the future owns
//! the record, and the record holds this slot: a cycle. It is broken by [`WakeSlot::close`]
//! when the future ends, while wakes may be on their way on other threads. The word `state`
//! keeps them apart:
//!
//! | bits | meaning |
//! |---|---|
//! | `READER` and up | how many threads are inside [`wake`](WakeSlot::wake) |
//! | `WRITING` | the polling thread is replacing the waker |
//! | `MISSED` | a wake came while `WRITING` and could not be delivered |
//! | `CLOSED` | the future has ended; nobody starts to read the waker any more |
//! | `TAKEN` | somebody has taken the waker out, or is about to, alone |
//!
//! Rules, which `tests/loom.rs` checks:
//!
//! 1. Only the thread that polls the future writes the waker, and only between setting
//!    `WRITING` (which needs no reader) and clearing it.
//! 2. A thread reads the waker only after it has added a `READER` to a state that had neither
//!    `WRITING` nor `CLOSED`, and until it takes that `READER` away.
//! 3. After `CLOSED` the waker is taken by the one thread that sets `TAKEN`; it may try as soon
//!    as it sees no other reader. Late readers see `CLOSED` and do not touch the waker.
//! 4. A wake is never lost: who finds `WRITING` sets `MISSED`, and the writer wakes the new
//!    waker itself when it finds `MISSED` at the end.
//! 5. Nobody waits for anybody.

#![expect(unsafe_code, reason = "access to the waker is governed by the state word, see the rules")]

use std::task::Waker;

use crate::sync::UnsafeCell;
use crate::sync::atomic::AtomicU32;
use crate::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};

const WRITING: u32 = 1;
const MISSED: u32 = 2;
const CLOSED: u32 = 4;
const TAKEN: u32 = 8;
const READER: u32 = 16;

/// See the [module](self).
#[derive(Debug)]
pub(crate) struct WakeSlot {
    state: AtomicU32,
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
    /// Somebody is waking through the old waker just now. The caller has to be polled again, or
    /// a later wake could go to the old one only.
    Busy,
}

impl WakeSlot {
    pub(crate) fn new() -> Self {
        Self { state: AtomicU32::new(0), waker: UnsafeCell::new(None) }
    }

    /// Whether the slot already holds a waker like this one.
    ///
    /// # Safety
    /// Only for the thread that polls the future, and not after [`close`](Self::close).
    #[inline]
    pub(crate) unsafe fn will_wake(&self, waker: &Waker) -> bool {
        // SAFETY: by rule 1 nobody but this thread writes; concurrent readers are fine.
        self.waker.with(|slot| unsafe { (*slot).as_ref() }.is_some_and(|w| w.will_wake(waker)))
    }

    /// Puts a clone of `waker` in.
    ///
    /// # Safety
    /// Only for the thread that polls the future, and not after [`close`](Self::close).
    pub(crate) unsafe fn set(&self, waker: &Waker) -> Set {
        // Cloned before the slot is touched: a clone may run anybody's code.
        let new = waker.clone();
        let mut state = self.state.load(Relaxed);
        loop {
            if state >= READER {
                return Set::Busy;
            }
            match self.state.compare_exchange_weak(state, WRITING, AcqRel, Relaxed) {
                Ok(_) => break,
                Err(now) => state = now,
            }
        }
        // SAFETY: rule 1: `WRITING` is set and there was no reader when it was set.
        let old = self.waker.with_mut(|slot| unsafe { (*slot).replace(new) });
        let state = self.state.fetch_and(!(WRITING | MISSED), AcqRel);
        if state & MISSED != 0 {
            waker.wake_by_ref();
        }
        drop(old);
        Set::Done
    }

    /// Wakes the executor's task; does nothing before the first poll and after the end.
    #[inline]
    pub(crate) fn wake(&self) {
        let mut before = self.state.fetch_add(READER, Acquire);
        if before & WRITING != 0 {
            before = self.state.fetch_or(MISSED, AcqRel);
        }
        if before & (WRITING | CLOSED) == 0 {
            self.waker.with(|slot| {
                // SAFETY: rule 2. If the writer was done between the two steps above, it could
                // not start again since, because it needs a state without readers.
                if let Some(waker) = unsafe { &*slot } {
                    waker.wake_by_ref();
                }
            });
        }
        let before = self.state.fetch_sub(READER, AcqRel);
        if before & CLOSED != 0 && before & TAKEN == 0 && before < 2 * READER {
            self.take();
        }
    }

    /// Lets go of the executor's waker, now or as soon as the wakes on their way are done.
    pub(crate) fn close(&self) {
        let before = self.state.fetch_or(CLOSED, AcqRel);
        if before & TAKEN == 0 && before < READER {
            self.take();
        }
    }

    #[cold]
    fn take(&self) {
        if self.state.fetch_or(TAKEN, AcqRel) & TAKEN == 0 {
            // SAFETY: rule 3. `CLOSED` is set, so no thread starts to read; the caller saw no
            // other reader after that; and only one thread gets here.
            drop(self.waker.with_mut(|slot| unsafe { (*slot).take() }));
        }
    }
}
