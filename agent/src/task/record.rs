//! What the agent knows of one task (or of one wrapped part of a task).
//!
//! Who may touch which field, and when:
//!
//! 1. Fields without an atomic are set before the record is shared and never change.
//! 2. `polls`, `poll_started`, `poll_ended`, `phase` and `times` are written by the thread that
//!    polls, with plain relaxed stores; everybody may read them. A reader may see a poll's fields
//!    half updated, so it may be off by one poll, never by more.
//! 3. `woken` and `woken_by` are set by wakers and `woken` is set to 0 by the polling thread,
//!    once it has counted the poll. No wake depends on them; proofs do, see [`rest`].
//! 4. `requests` holds what others ask of the next poll. The poller takes all of it at once.
//! 5. `slot` has rules of its own, see [`WakeSlot`]. A waker of ours holds no reference count of
//!    the record: until the future has ended, the future's is there; from then on those that
//!    still live hold one together, see [`finish`](Record::finish).
//! 6. `tree` belongs to the poll number in `tree_polls`: a later poll makes it stale. The tree of
//!    a part also belongs to the poll number of its task in `tree_root_polls`: when the task has
//!    moved on, the way to the part may be another.

pub(crate) mod rest;
mod waking;

use super::span_labels::SpanLabels;
pub(crate) use super::state::{Birth, CaptureRequest, Kind, Phase, Requests, Standing};
use super::times::{Times, low_half};
use super::wake_slot::WakeSlot;
use super::woken::{Wake, Woken};
use crate::primitives::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release as ReleaseOrder};
use crate::primitives::atomic::{AtomicBool, AtomicU8, AtomicU16, AtomicU32, AtomicU64};

/// The next poll shall capture the await tree.
const CAPTURE: u8 = 1;

/// See the [module](self). Times are ticks of [`clock`](crate::clock).
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Record {
    // Touched by every poll and wake: one cache line.
    pub(crate) slot: WakeSlot,
    woken: AtomicU64,
    poll_started: AtomicU64,
    poll_ended: AtomicU64,
    polls: AtomicU64,
    woken_by: AtomicU32,
    phase: AtomicU8,
    requests: AtomicU8,
    kind: AtomicU8,
    /// The task's handle was dropped before the task ended.
    pub(crate) detached: AtomicBool,

    pub(crate) times: Times,

    /// Labels of this record where nothing inside it says otherwise.
    pub(crate) labels: AtomicU32,
    /// Labels of the span that the task is parked inside of.
    pub(crate) span_labels: SpanLabels,
    /// Labels in effect in the part that parked last.
    pub(crate) inner_labels: AtomicU32,
    /// Living parts directly inside this one.
    pub(crate) parts: AtomicU32,
    /// The origin that counts this task.
    pub(crate) origin: AtomicU32,
    tree: AtomicU32,
    tree_polls: AtomicU32,

    pub(crate) birth: Birth,
    /// What it was made as; `kind` is what it turned out to be.
    pub(crate) made_as: Kind,
    /// The number of the runtime that polled it first; 0 for none.
    pub(crate) runtime: AtomicU16,
    /// Polls that only the agent asked for.
    captures: AtomicU32,
    /// For a part: the id of the task it belongs to. For a task: a hash of the executor's own id
    /// of it, 0 for none.
    root_or_executor_id: AtomicU64,
    /// What `labels` was computed from, for a labeled part.
    pub(crate) outer_labels: AtomicU32,
    tree_root_polls: AtomicU32,
}

impl Record {
    pub(crate) fn new(birth: Birth, kind: Kind, labels: u32, origin: u32) -> Self {
        Self {
            slot: WakeSlot::new(),
            woken: AtomicU64::new(0),
            poll_started: AtomicU64::new(0),
            poll_ended: AtomicU64::new(0),
            polls: AtomicU64::new(0),
            woken_by: AtomicU32::new(0),
            phase: AtomicU8::new(Phase::New as u8),
            requests: AtomicU8::new(0),
            kind: AtomicU8::new(kind as u8),
            detached: AtomicBool::new(false),
            times: Times::new(),
            labels: AtomicU32::new(labels),
            span_labels: SpanLabels::new(),
            inner_labels: AtomicU32::new(0),
            parts: AtomicU32::new(0),
            origin: AtomicU32::new(origin),
            tree: AtomicU32::new(0),
            tree_polls: AtomicU32::new(0),
            birth,
            made_as: kind,
            runtime: AtomicU16::new(0),
            captures: AtomicU32::new(0),
            root_or_executor_id: AtomicU64::new(0),
            outer_labels: AtomicU32::new(u32::MAX),
            tree_root_polls: AtomicU32::new(0),
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

    /// The id of the task that this is, or is a part of.
    #[inline]
    pub(crate) fn root_id(&self) -> u64 {
        match self.kind() {
            Kind::Part => self.root_or_executor_id.load(Relaxed),
            _ => self.birth.id,
        }
    }

    /// Makes this a part of the task with that id.
    pub(crate) fn set_part_of(&self, root: u64) {
        self.root_or_executor_id.store(root, Relaxed);
        self.set_kind(Kind::Part);
    }

    /// Makes this a task, for which the executor has an id with this hash.
    pub(crate) fn set_executor_id(&self, hash: u64) {
        self.root_or_executor_id.store(hash, Relaxed);
    }

    /// See [`set_executor_id`](Self::set_executor_id); 0 for parts.
    pub(crate) fn executor_id(&self) -> u64 {
        match self.kind() {
            Kind::Part => 0,
            _ => self.root_or_executor_id.load(Relaxed),
        }
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

    /// The origin of the task that woke this one last; 0 when nobody did, or it was no task.
    pub(crate) fn woken_by(&self) -> u32 {
        self.woken_by.load(Relaxed)
    }

    #[inline]
    fn woken(&self) -> Woken {
        Woken::from_bits(self.woken.load(Relaxed))
    }

    // === the polling thread ===

    /// Whether this is a part that was polled before and that nobody asks anything of.
    #[inline]
    pub(crate) fn is_settled_part(&self) -> bool {
        self.kind.load(Relaxed) == Kind::Part as u8
            && self.phase.load(Relaxed) == Phase::Parked as u8
            && self.requests.load(Relaxed) == 0
    }

    /// Marks the begin of a poll. One that no wake asked for is the agent's own doing (a capture,
    /// here or of a part): it is not counted, and the clock of the state goes on.
    #[inline]
    pub(crate) fn begin_poll(&self, at: u64) -> (Requests, Woken) {
        let woken = self.woken();
        let parked = self.phase.load(Relaxed) == Phase::Parked as u8;
        if woken.is_none() || !parked || self.requests.load(Relaxed) != 0 {
            return self.begin_special_poll(at);
        }
        self.times.count_wake(woken.by_itself());
        self.count_poll(at);
        self.woken.store(Woken::NOT.to_bits(), ReleaseOrder);
        (Requests::default(), woken)
    }

    /// Counts a poll of a part that is polled along with its task.
    #[inline]
    pub(crate) fn count_poll_along(&self) {
        self.polls.store(self.polls.load(Relaxed) + 1, Relaxed);
    }

    #[inline]
    fn count_poll(&self, at: u64) {
        self.poll_started.store(at, Relaxed);
        self.phase.store(Phase::Running as u8, Relaxed);
        self.polls.store(self.polls.load(Relaxed) + 1, ReleaseOrder);
    }

    #[cold]
    fn begin_special_poll(&self, at: u64) -> (Requests, Woken) {
        let phase = self.phase();
        let first_poll = phase == Phase::New;
        let asked = self.requests.load(Relaxed) != 0;
        let capture = asked && self.requests.swap(0, AcqRel) & CAPTURE != 0;
        let woken = self.woken();
        let quiet = woken.is_none() && !first_poll;
        if quiet {
            self.poll_started.store(0, Relaxed);
            self.phase.store(Phase::Running as u8, Relaxed);
            self.number_capture();
        } else {
            self.count_poll(at);
            if capture {
                // The task may move on in this poll: what it leaves behind must not count. Ask
                // again, once it is parked.
                self.request_capture();
            }
        }
        if !woken.is_none() {
            self.times.count_wake(woken.by_itself());
            self.woken.store(Woken::NOT.to_bits(), ReleaseOrder);
        }
        let capture = match (capture, quiet) {
            (false, _) => CaptureRequest::None,
            (true, true) => CaptureRequest::Now,
            (true, false) => CaptureRequest::Again,
        };
        // A spawn is a wake, too: a new task waits for a worker like others.
        let born = Wake { at: self.birth.now, ..Wake::default() };
        let woken = if first_poll { Woken::by(born) } else { woken };
        (Requests { first_poll, capture, quiet }, woken)
    }

    /// Marks the end of a poll that returned `Pending`.
    #[inline]
    pub(crate) fn park(&self, at: u64) {
        if self.poll_started.load(Relaxed) != 0 {
            self.poll_ended.store(at, Relaxed);
        }
        self.phase.store(Phase::Parked as u8, ReleaseOrder);
    }

    /// Keeps the tree that this poll captured, in a poll of the whole task with that number.
    pub(crate) fn set_tree(&self, tree: u32, root_polls: u64) {
        self.tree_root_polls.store(low_half(root_polls), Relaxed);
        self.tree_polls.store(low_half(self.polls()), Relaxed);
        self.tree.store(tree, ReleaseOrder);
    }

    // === wakers ===

    /// Notes a wake. It has to be passed on as well.
    #[inline]
    pub(crate) fn mark_woken(&self, wake: impl FnOnce() -> Wake) {
        if self.woken().is_none() {
            let wake = wake();
            self.woken_by.store(wake.by, Relaxed);
            self.woken.store(Woken::by(wake).to_bits(), Relaxed);
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
        if self.tree_polls.load(Relaxed) == low_half(self.polls()) { tree } else { 0 }
    }

    /// For a part: its tree (0: none), if it is of the wait of its task since this many polls.
    pub(crate) fn tree_within(&self, root_polls: u64) -> u32 {
        if self.tree_root_polls.load(Relaxed) == low_half(root_polls) { self.tree() } else { 0 }
    }

    /// What the task is doing and since when.
    pub(crate) fn standing(&self) -> Standing {
        let woken = self.woken().at();
        match self.phase() {
            Phase::Finished => Standing::Finished,
            Phase::New => Standing::New,
            // During a capture the start is hidden: the task counts as what it was before.
            Phase::Running => match self.poll_started.load(Relaxed) {
                0 => Standing::Parked { since: self.poll_ended.load(Relaxed) },
                since => Standing::Running { since },
            },
            Phase::Parked => match woken {
                Some(since) => Standing::Ready { since },
                None => Standing::Parked { since: self.poll_ended.load(Relaxed) },
            },
        }
    }

    /// When the latest poll began or ended, whichever is known and later; 0 before the first.
    pub(crate) fn last_polled(&self) -> u64 {
        self.poll_started.load(Relaxed).max(self.poll_ended.load(Relaxed))
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
