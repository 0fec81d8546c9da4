//! What the agent knows of one task (or of one wrapped part of a task).
//!
//! Who may touch which field, and when:
//!
//! 1. Fields without an atomic are set before the record is shared and never change.
//! 2. `polls`, `poll_started`, `poll_ended` and `phase` are written by the thread that polls, with
//!    plain relaxed stores; everybody may read them. A reader may see a poll's fields half
//!    updated, so it may be off by one poll, never by more.
//! 3. `woken_at` is set to [`WOKEN`] by wakers and to 0 by the polling thread. Wakers read no
//!    clock; whoever first looks at a woken task puts the time in. It is for people; no wake
//!    depends on it.
//! 4. `requests` holds what others ask of the next poll. The poller takes all of it at once.
//! 5. `slot` has rules of its own, see [`WakeSlot`].
//! 6. `tree` belongs to the poll number in `tree_polls`: a later poll makes it stale. The tree of
//!    a part also belongs to the poll number of its task in `tree_root_polls`: when the task has
//!    moved on, the way to the part may be another.

use std::panic::Location;
use std::task::Waker;

use super::span_labels::SpanLabels;
use super::wake_slot::{Set, WakeSlot};
use crate::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use crate::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64};

/// The next poll is the first.
const FIRST_POLL: u32 = 1;
/// The next poll shall capture the await tree.
const CAPTURE: u32 = 2;
/// The future has ended: a poll that comes nevertheless is none of ours. Never taken away.
const FINISHED: u32 = 4;

/// Woken, nobody has looked yet since when.
const WOKEN: u64 = 1;

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

/// What a record is made from; see [`Record`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Birth {
    pub(crate) id: u64,
    pub(crate) parent: u64,
    pub(crate) spawned_at: &'static Location<'static>,
    pub(crate) now: u64,
    pub(crate) kind: Kind,
    pub(crate) future_bytes: u32,
    pub(crate) labels: u32,
    pub(crate) scope: u32,
    pub(crate) origin: u32,
}

/// See the [module](self). Times are ticks of [`clock`](crate::clock).
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) birth: Birth,
    /// Where the registry keeps it.
    pub(crate) place: AtomicU64,

    kind: AtomicU8,
    phase: AtomicU8,
    requests: AtomicU32,
    polls: AtomicU64,
    poll_started: AtomicU64,
    poll_ended: AtomicU64,
    woken_at: AtomicU64,
    pub(crate) slot: WakeSlot,
    /// Nobody waits for the task any more: its handle was dropped before its end.
    pub(crate) detached: AtomicBool,

    /// Labels of this record where nothing inside it says otherwise.
    pub(crate) labels: AtomicU32,
    /// What `labels` was computed from, for a labeled part.
    pub(crate) outer_labels: AtomicU32,
    /// Living parts directly inside this one.
    pub(crate) parts: AtomicU32,
    /// Labels of the span that the task is parked inside of.
    pub(crate) span_labels: SpanLabels,
    /// Labels in effect in the part that parked last.
    pub(crate) inner_labels: AtomicU32,
    /// The origin that counts this task.
    pub(crate) origin: AtomicU32,
    /// For a part: the task it belongs to.
    pub(crate) root: AtomicU64,
    /// For a task: a hash of the executor's own id of it, 0 for none.
    pub(crate) executor_id: AtomicU64,

    tree: AtomicU32,
    tree_polls: AtomicU64,
    tree_root_polls: AtomicU64,
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
    /// The future has ended before; the poll is none of ours.
    pub(crate) finished: bool,
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

impl Record {
    pub(crate) fn new(birth: Birth) -> Self {
        Self {
            birth,
            place: AtomicU64::new(u64::MAX),
            kind: AtomicU8::new(birth.kind as u8),
            phase: AtomicU8::new(Phase::New as u8),
            requests: AtomicU32::new(FIRST_POLL),
            polls: AtomicU64::new(0),
            poll_started: AtomicU64::new(0),
            poll_ended: AtomicU64::new(0),
            woken_at: AtomicU64::new(0),
            slot: WakeSlot::new(),
            detached: AtomicBool::new(false),
            labels: AtomicU32::new(birth.labels),
            outer_labels: AtomicU32::new(u32::MAX),
            parts: AtomicU32::new(0),
            span_labels: SpanLabels::new(),
            inner_labels: AtomicU32::new(0),
            origin: AtomicU32::new(birth.origin),
            root: AtomicU64::new(0),
            executor_id: AtomicU64::new(0),
            tree: AtomicU32::new(0),
            tree_polls: AtomicU64::new(0),
            tree_root_polls: AtomicU64::new(0),
        }
    }

    pub(crate) fn kind(&self) -> Kind {
        match self.kind.load(Relaxed) {
            0 => Kind::Task,
            1 => Kind::Blocking,
            2 => Kind::Undecided,
            _ => Kind::Part,
        }
    }

    /// Settles an undecided record; a part may later turn into a task if it is moved.
    pub(crate) fn set_kind(&self, kind: Kind) {
        self.kind.store(kind as u8, Relaxed);
    }

    pub(crate) fn phase(&self) -> Phase {
        match self.phase.load(Acquire) {
            0 => Phase::New,
            1 => Phase::Running,
            2 => Phase::Parked,
            _ => Phase::Finished,
        }
    }

    pub(crate) fn polls(&self) -> u64 {
        self.polls.load(Relaxed)
    }

    // === the polling thread ===

    /// Marks the begin of a poll. One that no wake asked for is the agent's own doing (a capture,
    /// here or of a part): it is not counted, and the clock of the state goes on.
    #[inline]
    pub(crate) fn begin_poll(&self, now: u64) -> Requests {
        if self.requests.load(Relaxed) != 0 || self.woken_at.load(Relaxed) == 0 {
            return self.begin_special_poll(now);
        }
        self.woken_at.store(0, Relaxed);
        self.count_poll(now);
        Requests::default()
    }

    #[inline]
    fn count_poll(&self, now: u64) {
        self.poll_started.store(now, Relaxed);
        self.polls.store(self.polls.load(Relaxed) + 1, Relaxed);
        self.phase.store(Phase::Running as u8, Relaxed);
    }

    #[cold]
    fn begin_special_poll(&self, now: u64) -> Requests {
        let requests = self.requests.fetch_and(FINISHED, AcqRel);
        if requests & FINISHED != 0 {
            return Requests { finished: true, ..Requests::default() };
        }
        let first_poll = requests & FIRST_POLL != 0;
        let capture = requests & CAPTURE != 0;
        let woken = self.woken_at.swap(0, Relaxed) != 0;
        if woken || first_poll {
            self.count_poll(now);
            if capture {
                // The task may move on in this poll: what it leaves behind must not count. Ask
                // again, once it is parked.
                self.request_capture();
            }
        } else {
            self.poll_started.store(0, Relaxed);
            self.phase.store(Phase::Running as u8, Relaxed);
        }
        let quiet = !woken && !first_poll;
        let capture = match (capture, quiet) {
            (false, _) => CaptureRequest::None,
            (true, true) => CaptureRequest::Now,
            (true, false) => CaptureRequest::Again,
        };
        Requests { first_poll, capture, quiet, finished: false }
    }

    /// Marks the end of a poll that returned `Pending`.
    #[inline]
    pub(crate) fn park(&self, now: u64) {
        if self.poll_started.load(Relaxed) != 0 {
            self.poll_ended.store(now, Relaxed);
        }
        self.phase.store(Phase::Parked as u8, Relaxed);
    }

    /// Marks the end of the future and lets go of the executor's waker.
    pub(crate) fn finish(&self) {
        self.phase.store(Phase::Finished as u8, Release);
        self.requests.fetch_or(FINISHED, AcqRel);
        self.slot.close();
    }

    /// Makes the slot hold the waker of this poll.
    ///
    /// # Safety
    /// Only for the thread that polls, and not after [`finish`](Self::finish).
    #[inline]
    #[expect(unsafe_code, reason = "hands the slot's rule through")]
    pub(crate) unsafe fn keep_waker(&self, waker: &Waker) {
        // SAFETY: the caller's promise is the slot's.
        unsafe {
            if !self.slot.will_wake(waker) && self.slot.set(waker) == Set::Busy {
                // Polled again, we try again; nothing is lost meanwhile but one idle poll.
                waker.wake_by_ref();
            }
        }
    }

    /// Keeps the tree that this poll captured, in a poll of the whole task with that number.
    pub(crate) fn set_tree(&self, tree: u32, root_polls: u64) {
        self.tree_root_polls.store(root_polls, Relaxed);
        self.tree_polls.store(self.polls.load(Relaxed), Relaxed);
        self.tree.store(tree, Release);
    }

    // === wakers ===

    /// Notes the wake and passes it on.
    #[inline]
    pub(crate) fn wake(&self) {
        self.mark_woken();
        self.slot.wake();
    }

    /// Notes a wake.
    #[inline]
    pub(crate) fn mark_woken(&self) {
        if self.woken_at.load(Relaxed) == 0 {
            self.woken_at.store(WOKEN, Relaxed);
        }
    }

    // === everybody ===

    /// Asks the next poll for a capture. Passing on the wake is up to the caller.
    pub(crate) fn request_capture(&self) {
        self.requests.fetch_or(CAPTURE, AcqRel);
    }

    /// Whether a capture that was asked for has not begun.
    pub(crate) fn capture_pending(&self) -> bool {
        self.requests.load(Acquire) & CAPTURE != 0
    }

    /// Takes back a request that nobody answered in time.
    pub(crate) fn withdraw_capture(&self) {
        self.requests.fetch_and(!CAPTURE, AcqRel);
    }

    /// The captured tree (0: none), if it is of the present wait.
    pub(crate) fn tree(&self) -> u32 {
        let tree = self.tree.load(Acquire);
        if self.tree_polls.load(Relaxed) == self.polls.load(Relaxed) { tree } else { 0 }
    }

    /// For a part: its tree (0: none), if it is of the wait of its task since this many polls.
    pub(crate) fn tree_within(&self, root_polls: u64) -> u32 {
        if self.tree_root_polls.load(Relaxed) == root_polls { self.tree() } else { 0 }
    }

    /// What the task is doing and since when. A woken task is `Ready` since the first look.
    pub(crate) fn standing(&self, now: u64) -> Standing {
        let woken = match self.woken_at.load(Relaxed) {
            WOKEN => {
                self.woken_at.compare_exchange(WOKEN, now, Relaxed, Relaxed).map_or(0, |_| now)
            }
            at => at,
        };
        match self.phase() {
            Phase::Finished => Standing::Finished,
            Phase::New => Standing::New,
            // During a capture the start is hidden: the task counts as what it was before.
            Phase::Running => match self.poll_started.load(Relaxed) {
                0 => Standing::Parked { since: self.poll_ended.load(Relaxed) },
                since => Standing::Running { since },
            },
            Phase::Parked if woken != 0 => Standing::Ready { since: woken },
            Phase::Parked => Standing::Parked { since: self.poll_ended.load(Relaxed) },
        }
    }

    /// Labels in effect where the task waits: of the innermost part it is in, if it is in one.
    pub(crate) fn labels_in_effect(&self) -> u32 {
        let inner = self.inner_labels.load(Relaxed);
        let in_part = inner != 0 && self.parts.load(Relaxed) == 1;
        if in_part { inner } else { self.own_labels_in_effect() }
    }

    /// Labels in effect where the task waits, if it does not wait in a part: of the span that it
    /// is in, if it is in one.
    pub(crate) fn own_labels_in_effect(&self) -> u32 {
        let left = self.span_labels.left_in(self.polls());
        let of_span = left.filter(|_| self.phase() == Phase::Parked);
        of_span.unwrap_or_else(|| self.labels.load(Relaxed))
    }
}
