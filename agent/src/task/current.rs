//! Which record is being polled on this thread.
//!
//! The polls under way on a thread form a chain of [`PollFrame`]s on its stack, innermost first:
//! a task, the labeled part of it that it polls, and so on. Where the chain begins is kept in
//! [`threads`], because others look at it too.

#![expect(unsafe_code, reason = "frames of the chain live on this thread's stack, see PollFrame")]

use std::cell::Cell;
use std::marker::PhantomData;
use std::ptr;

use super::behalf::Owner;
use super::capture::Chains;
use super::record::{Kind, Record};
use super::woken::Wake;
use super::{stopwatch, threads};
use crate::primitives::atomic::Ordering::Relaxed;
use crate::registry::Counted;

/// One poll under way.
#[derive(Debug)]
pub(crate) struct PollFrame {
    pub(crate) record: *const Record,
    /// The poll that this one is inside of; null for the outermost.
    outer: *const PollFrame,
    /// Where the poll captures to; null when it does not.
    pub(crate) chains: Cell<*mut Chains>,
    /// Whose waker the inner future is polled with: its own, or that of the task around it; null
    /// if that is nobody's.
    pub(crate) waker_of: Cell<*const Record>,
    /// Nobody but the agent asked for the poll.
    pub(crate) quiet: Cell<bool>,
    /// Where the future lies that is polled; 0 for a closure.
    pub(crate) root: usize,
}

thread_local! {
    static WAKE_MODE: Cell<WakeMode> = const { Cell::new(WakeMode::Normal) };
}

impl PollFrame {
    #[inline]
    pub(crate) fn new(record: &Counted<Record>, root: usize) -> Self {
        Self {
            record: record.as_ptr(),
            outer: threads::innermost(),
            chains: Cell::new(ptr::null_mut()),
            waker_of: Cell::new(record.as_ptr()),
            quiet: Cell::new(false),
            root,
        }
    }

    /// Makes this the innermost poll until the guard is dropped. It began `at`.
    #[inline]
    pub(crate) fn enter(&self, at: u64) -> Entered<'_> {
        threads::enter(self, self.outer, at);
        Entered { outer: self.outer, frame: PhantomData }
    }

    /// The poll that this one is inside of.
    #[inline]
    pub(crate) fn outer(&self) -> Option<&PollFrame> {
        // SAFETY: as in `innermost`; the outer poll cannot end before this one.
        unsafe { self.outer.as_ref() }
    }

    #[inline]
    pub(crate) fn record(&self) -> &Record {
        // SAFETY: made from a reference that the poll holds while the frame lives.
        unsafe { &*self.record }
    }
}

/// Ends a [`PollFrame`]'s time as the innermost.
#[must_use]
pub(crate) struct Entered<'a> {
    outer: *const PollFrame,
    frame: PhantomData<&'a PollFrame>,
}

impl Drop for Entered<'_> {
    #[inline]
    fn drop(&mut self) {
        threads::leave(self.outer);
    }
}

/// Runs `read` with the innermost poll of this thread.
#[inline]
pub(crate) fn innermost<R>(read: impl FnOnce(Option<&PollFrame>) -> R) -> R {
    // SAFETY: the pointer is set by `enter`, whose guard borrows the frame and takes the pointer
    // away before the frame ends; the reference does not leave `read`.
    read(unsafe { threads::innermost().as_ref() })
}

/// The labels in effect on this thread.
#[inline]
pub(crate) fn labels() -> u32 {
    innermost(|frame| frame.map_or(0, |frame| frame.record().labels.load(Relaxed)))
}

/// The id of the task being polled on this thread, and its place; 0 for none.
#[inline]
pub(crate) fn task() -> (u64, u64) {
    innermost(|frame| match frame.map(task_of) {
        Some(task) => (task.birth.id, task.birth.place),
        None => (0, 0),
    })
}

/// Whose memory the code allocates that is being polled on this thread.
pub(crate) fn owner() -> Owner {
    innermost(|frame| match frame {
        Some(frame) => Owner::of(task_of(frame), frame.record().labels.load(Relaxed)),
        None => Owner::NOBODY,
    })
}

/// The stack address at which the poll of the current task begins.
pub(crate) fn outermost_address() -> Option<usize> {
    innermost(|frame| frame.map(|frame| ptr::from_ref(outermost_of(frame)).addr()))
}

/// Sets the labels of the innermost record.
pub(crate) fn set_labels(labels: u32) {
    innermost(|frame| {
        if let Some(frame) = frame {
            super::tracker::relabel(frame.record(), labels);
        }
    });
}

/// How wakes on this thread are to be understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WakeMode {
    /// Somebody wants the task to go on.
    Normal,
    /// The agent wants a capture and nothing else.
    Capture,
    /// A task is being polled that nobody but the agent asked for. If it wakes itself meanwhile
    /// (a `FuturesUnordered` does whenever it has polled all it was asked to), so did the agent.
    Quiet,
}

/// Notes a wake of this record, here and now, unless it is the agent's doing.
#[inline]
pub(crate) fn note_wake(record: &Record) {
    if WAKE_MODE.get() != WakeMode::Normal && is_own_wake(record) {
        return;
    }
    record.mark_woken(|| {
        let (at, exact) = stopwatch::wake();
        innermost(|frame| match frame {
            None => Wake { at, exact, by: 0, by_itself: false },
            Some(frame) => {
                let from = task_of(frame);
                let by_itself = ptr::eq(from, record) || record.root_id() == from.birth.id;
                Wake { at, exact, by: from.origin.load(Relaxed), by_itself }
            }
        })
    });
}

#[cold]
fn is_own_wake(record: &Record) -> bool {
    match WAKE_MODE.get() {
        WakeMode::Normal => false,
        WakeMode::Capture => true,
        WakeMode::Quiet => innermost(|frame| {
            let mut frames = std::iter::successors(frame, |frame| frame.outer());
            frames.any(|frame| ptr::eq(frame.record, record))
        }),
    }
}

/// The record of the task that the poll belongs to.
#[inline]
fn task_of(frame: &PollFrame) -> &Record {
    outermost_of(frame).record()
}

/// The poll of the task that the poll of a part belongs to.
#[inline]
pub(crate) fn outermost_of(mut frame: &PollFrame) -> &PollFrame {
    while frame.record().kind() == Kind::Part
        && let Some(outer) = frame.outer()
    {
        frame = outer;
    }
    frame
}

/// Sets the mode until the guard is dropped.
pub(crate) fn enter_mode(mode: WakeMode) -> ModeGuard {
    ModeGuard(WAKE_MODE.replace(mode))
}

/// Puts the mode before back.
#[must_use]
pub(crate) struct ModeGuard(WakeMode);

impl Drop for ModeGuard {
    fn drop(&mut self) {
        WAKE_MODE.set(self.0);
    }
}

/// Wakes the executor's task of a record for a capture, if it can be woken just now.
pub(crate) fn wake_for_capture(record: &Counted<Record>) {
    if record.slot.borrow() {
        let _mode = enter_mode(WakeMode::Capture);
        // SAFETY: borrowed, and given back here, once.
        unsafe {
            record.slot.wake();
            Record::give_back(record.as_ptr());
        }
    }
}
