//! Whose poll the code runs in, and whether a future lies in the memory of that task.

use std::task::Waker;

use tokio::task::coop;

use super::entry::Holder;
use crate::clock;
use crate::task::current::{self, PollFrame, outermost_of};
use crate::task::record::Record;
use crate::task::ticket::Ticket;
use crate::task::{threads, waker};

/// See the [module](self).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seat {
    id: u64,
    place: u64,
    since: u64,
    inline: bool,
    pub(super) owner: usize,
    /// Tells the thread from all that live.
    pub(super) thread: usize,
}

/// How a task waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Waiter {
    pub(super) task: Ticket,
    pub(super) since: u64,
    /// The wait was polled with the task's own waker.
    pub(super) direct: bool,
    /// Its future lies in the memory of the task's root future.
    pub(super) inline: bool,
}

/// Whether the address lies in the future that the poll of a whole task polls.
#[inline]
fn is_inline(root: &PollFrame, address: usize) -> bool {
    let bytes = root.record().birth.future_bytes as usize;
    address.wrapping_sub(root.root) < bytes
}

/// The time, without reading the counter: while no agent runs, that of the latest poll.
#[inline]
fn now(task: &Record) -> u64 {
    clock::coarse().unwrap_or_else(|| task.last_polled())
}

/// What an `Arc` keeps in front of its value.
pub(super) const COUNTS: usize = 2 * size_of::<usize>();

/// The address that an `Arc` of this value has, if it lies in one. None has that of a value that asks
/// for more room in front.
#[inline]
pub(crate) fn arc_of<T: ?Sized>(value: &T) -> usize {
    let fits = align_of_val(value) <= COUNTS;
    if fits { std::ptr::from_ref(value).addr().wrapping_sub(COUNTS) } else { usize::MAX }
}

impl Seat {
    /// Of what is held by who holds a reference to it, and got it by awaiting a future that lay
    /// `at` this address at its end. `owner` is the address of what keeps it alive if that is an
    /// `Arc` of its own; 0 if what holds it never leaves that future.
    #[inline]
    pub(crate) fn borrowed(at: usize, owner: usize) -> Self {
        Self { owner, ..Self::here(Some(at)) }
    }

    /// Of what may go anywhere.
    #[inline]
    pub(crate) fn loose() -> Self {
        Self::here(None)
    }

    #[inline]
    fn here(at: Option<usize>) -> Self {
        let thread = threads::this();
        current::innermost(|frame| match frame {
            None => Self {
                id: 0,
                place: u64::MAX,
                since: clock::coarse().unwrap_or(0),
                inline: false,
                owner: 0,
                thread,
            },
            Some(frame) => {
                let root = outermost_of(frame);
                let task = root.record();
                Self {
                    id: task.birth.id,
                    place: task.birth.place,
                    since: now(task),
                    inline: at.is_some_and(|at| is_inline(root, at)),
                    owner: 0,
                    thread,
                }
            }
        })
    }

    /// The id of the current task; 0 for none.
    #[inline]
    pub(crate) fn task() -> u64 {
        current::task().0
    }

    #[inline]
    pub(super) fn holder(&self, permits: u32) -> Holder {
        let Self { id, place, since, inline, .. } = *self;
        Holder { id, place, since, permits, borrowed: inline, seen: None }
    }
}

impl Waiter {
    /// Whoever polls a future at this address with this waker; `None` if that is no task.
    pub(super) fn here(address: usize, waker: &Waker) -> Option<Self> {
        current::innermost(|frame| {
            let root = outermost_of(frame?);
            let task = root.record();
            Some(Self {
                task: Ticket::of(task),
                since: now(task),
                // Without budget the poll was refused: what is waited for has no waker yet.
                direct: waker::is_of(waker, root.record) && coop::has_budget_remaining(),
                inline: is_inline(root, address),
            })
        })
    }

    /// Whether the task is being captured, or polled because it or a part of it shall be.
    pub(super) fn is_looked_at() -> bool {
        current::innermost(|frame| {
            frame.is_some_and(|frame| frame.quiet.get() || !frame.chains.get().is_null())
        })
    }

    /// The time of the poll that a captured task parked in.
    pub(super) fn parked_since() -> Option<u64> {
        current::innermost(|frame| Some(outermost_of(frame?).record().last_polled()))
    }
}

/// The next number in the order in which waits begin.
pub(super) mod order {
    use crate::primitives::atomic::AtomicU64;
    use crate::primitives::atomic::Ordering::{AcqRel, Acquire};

    static LAST: AtomicU64 = AtomicU64::new(1);

    /// A wait begins: all that have this number or less stand in their queues already.
    #[inline]
    pub(in super::super) fn begin() -> u64 {
        LAST.load(Acquire)
    }

    /// A wait stands in its queue.
    pub(in super::super) fn registered() -> u64 {
        LAST.fetch_add(1, AcqRel) + 1
    }
}
