//! The executor's waker and ours, from a record's first poll to its end.

#![expect(unsafe_code, reason = "hands the slot's rules through")]

use std::task::Waker;

use super::{Phase, Record};
use crate::primitives::atomic::Ordering::Release as ReleaseOrder;
use crate::registry::Counted;
use crate::task::wake_slot::{Release, Set};

impl Record {
    /// Makes the slot hold the waker of this poll. If it cannot, because wakers of ours wake
    /// through another one, the future has to be polled with that waker itself.
    ///
    /// # Safety
    /// Only for the thread that polls, and not after [`finish`](Self::finish).
    #[inline]
    pub(crate) unsafe fn keep_waker(&self, waker: &Waker) -> Set {
        // SAFETY: the caller's promise is the slot's.
        if unsafe { self.slot.will_wake(waker) } {
            Set::Done
        } else {
            // SAFETY: as above.
            unsafe { self.slot.set(waker) }
        }
    }

    /// Marks the end of the future, and lets go of the executor's waker once no waker of ours
    /// lives.
    ///
    /// Called once. Wakers that live on hold one reference count of the record together: the
    /// last of them gives it back.
    #[inline]
    pub(crate) fn finish(record: &Counted<Self>) {
        record.phase.store(Phase::Finished as u8, ReleaseOrder);
        if !record.slot.is_unused() {
            Self::let_go(record);
        }
    }

    fn let_go(record: &Counted<Self>) {
        if record.slot.close_if_last() == Release::Kept {
            let theirs = Counted::clone(record);
            if record.slot.close() == Release::Kept {
                // Theirs from now on, see `give_back`.
                let _theirs = Counted::into_raw(theirs);
                return;
            }
        }
        // SAFETY: the slot said so, once.
        unsafe { record.slot.take() };
    }

    /// Gives back a waker of ours.
    ///
    /// # Safety
    /// The caller owns that waker, and `record` is what it points to.
    #[inline]
    pub(crate) unsafe fn give_back(record: *const Self) {
        // SAFETY: a living waker keeps the record alive, see rule 5 of the record.
        if unsafe { (*record).slot.release() } == Release::Last {
            // SAFETY: the slot said so, once; and `finish` left a reference count for that.
            unsafe {
                (*record).slot.take();
                drop(Counted::from_raw(record));
            }
        }
    }
}
