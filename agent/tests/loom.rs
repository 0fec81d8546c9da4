//! The races of the waker, the record and the registry, in every order that loom finds.
//!
//! The very files of the agent are compiled here against loom's atomics: `crate::primitives` below
//! takes the place of the agent's.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]
#![expect(unsafe_code, reason = "the models stand in for the polling thread")]
#![expect(dead_code, reason = "the agent's files hold more than the models use")]

mod primitives {
    pub(crate) use loom::cell::UnsafeCell;
    pub(crate) use loom::sync::{Arc, atomic};

    #[derive(Debug, Default)]
    pub(crate) struct Mutex<T>(loom::sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub(crate) fn new(value: T) -> Self {
            Self(loom::sync::Mutex::new(value))
        }

        pub(crate) fn lock(&self) -> loom::sync::MutexGuard<'_, T> {
            self.0.lock().unwrap()
        }
    }
}

#[path = "../src/task"]
mod task {
    pub(crate) mod record;
    pub(crate) mod span_labels;
    pub(crate) mod state;
    pub(crate) mod times;
    pub(crate) mod wake_slot;
    pub(crate) mod woken;

    #[path = "waits"]
    pub(crate) mod waits {
        pub(crate) mod entry;
        pub(crate) mod slot;
    }
}

#[path = "../src/registry"]
mod registry {
    mod counted;
    mod sharded;
    pub(crate) use counted::{Counted, Vacant};
    pub(crate) use sharded::{Place, Sharded};
}

#[path = "../src/alloc"]
mod alloc {
    pub(crate) mod live;
    pub(crate) mod sites;
}

/// The models of first polls.
#[path = "loom/first_polls.rs"]
mod first_polls;
/// The models of the sampled heap.
#[path = "loom/heap.rs"]
mod heap;
/// The models of tasks that rest.
#[path = "loom/rests.rs"]
mod rests;
/// The models of the registry alone.
#[path = "loom/rooms.rs"]
mod rooms;
/// The models of what is known of resources.
#[path = "loom/slots.rs"]
mod slots;

use std::panic::Location;
use std::sync::Arc as StdArc;
use std::task::{Wake, Waker};

use loom::sync::atomic::AtomicUsize;
use loom::sync::atomic::Ordering::{AcqRel, Acquire, Release};
use loom::thread;

use primitives::Arc;
use registry::{Counted, Sharded};
use rooms::vacate;
use task::record::{Birth, CaptureRequest, Kind, Record};
use task::wake_slot::{Set, WakeSlot};
use task::woken;

/// An executor's task: counts its wakes, and tells by its reference count whether it is let go.
#[derive(Debug)]
struct Executor {
    wakes: AtomicUsize,
}

impl Wake for Executor {
    fn wake(self: StdArc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &StdArc<Self>) {
        self.wakes.fetch_add(1, AcqRel);
    }
}

fn executor() -> (StdArc<Executor>, Waker) {
    let executor = StdArc::new(Executor { wakes: AtomicUsize::new(0) });
    (executor.clone(), Waker::from(executor))
}

fn model(run: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(run);
}

fn set(slot: &WakeSlot, waker: &Waker) -> Set {
    // SAFETY: each model sets from one thread, the one that polls.
    unsafe { slot.set(waker) }
}

/// A waker of ours, by hand: what the vtable in `task/waker.rs` does.
#[derive(Debug)]
struct Ours(*const Record);

// SAFETY: a waker may go anywhere; the slot counts it.
unsafe impl Send for Ours {}

impl Ours {
    /// As the future clones the waker that it is polled with, or somebody a waker of ours.
    fn of(record: &Counted<Record>) -> Self {
        Self::new(record.as_ptr())
    }

    fn new(record: *const Record) -> Self {
        // SAFETY: the models clone in a poll, or what they own.
        let other = unsafe { (*record).slot.add() };
        assert!(other.is_none(), "clones of the executor's waker equal it");
        Self(record)
    }

    fn record(&self) -> &Record {
        // SAFETY: this waker is counted, so the record lives: what the models put to the test.
        unsafe { &*self.0 }
    }

    fn wake_by_ref(&self) {
        self.record().mark_woken(wake);
        // SAFETY: this waker is counted.
        unsafe { self.record().slot.wake() };
    }
}

impl Clone for Ours {
    fn clone(&self) -> Self {
        Self::new(self.0)
    }
}

impl Drop for Ours {
    fn drop(&mut self) {
        // SAFETY: given back once.
        unsafe { Record::give_back(self.0) };
    }
}

fn wake() -> woken::Wake {
    woken::Wake { at: 8, ..woken::Wake::default() }
}

#[test]
fn wakes_against_the_end_neither_touch_a_freed_waker_nor_leak_it() {
    model(|| {
        let (task, waker) = executor();
        let record = record();
        assert!(!poll(&record, &waker, || {}));
        drop(waker);
        let wakers: Vec<_> = (0..2)
            .map(|_| {
                let ours = Ours::of(&record);
                thread::spawn(move || ours.wake_by_ref())
            })
            .collect();
        Record::finish(&record);
        drop(record);
        for waker in wakers {
            waker.join().unwrap();
        }
        assert_eq!(task.wakes.load(Acquire), 2);
        // Neither a waker nor the record is left, or loom would say so.
        assert_eq!(StdArc::strong_count(&task), 1);
    });
}

#[test]
fn a_waker_cloned_while_the_last_others_go_keeps_the_record() {
    model(|| {
        let (task, waker) = executor();
        let record = record();
        assert!(!poll(&record, &waker, || {}));
        drop(waker);
        let ours = Ours::of(&record);
        let other = thread::spawn(move || {
            let clone = ours.clone();
            drop(ours);
            clone.wake_by_ref();
        });
        let agent = {
            let record = record.clone();
            thread::spawn(move || wake_for_capture(&record))
        };
        Record::finish(&record);
        drop(record);
        other.join().unwrap();
        agent.join().unwrap();
        assert!(task.wakes.load(Acquire) >= 1);
        assert_eq!(StdArc::strong_count(&task), 1);
    });
}

#[test]
fn the_waker_is_replaced_only_when_nobody_can_be_reading_it() {
    model(|| {
        let (old_task, old) = executor();
        let (new_task, new) = executor();
        let record = record();
        assert!(!poll(&record, &old, || {}));
        drop(old);
        let ours = Ours::of(&record);
        let wake = thread::spawn(move || ours.wake_by_ref());
        let agent = {
            let record = record.clone();
            thread::spawn(move || wake_for_capture(&record))
        };
        let first = set(&record.slot, &new);
        wake.join().unwrap();
        agent.join().unwrap();
        let wakes = old_task.wakes.load(Acquire) + new_task.wakes.load(Acquire);
        // The agent's wake may be refused, a waker's never.
        assert!((1..=2).contains(&wakes), "lost: {wakes}");
        if first == Set::Busy {
            assert_eq!(new_task.wakes.load(Acquire), 0);
            assert_eq!(set(&record.slot, &new), Set::Done, "nobody is left to be busy");
        }
        // From here on the new one is woken, and the old one is let go.
        let before = new_task.wakes.load(Acquire);
        Ours::of(&record).wake_by_ref();
        assert_eq!(new_task.wakes.load(Acquire), before + 1);
        assert_eq!(StdArc::strong_count(&old_task), 1);
        Record::finish(&record);
        drop(new);
        assert_eq!(StdArc::strong_count(&new_task), 1);
    });
}

fn record() -> Counted<Record> {
    Counted::unlisted(new_record())
}

fn new_record() -> Record {
    let birth = Birth {
        id: 1,
        place: 0,
        parent: 0,
        parent_place: 0,
        spawned_at: Location::caller(),
        now: 1,
        future_bytes: 0,
        scope: 0,
    };
    Record::new(birth, Kind::Task, 0, 0)
}

/// As `task/current.rs` wakes a task for a capture.
fn wake_for_capture(record: &Counted<Record>) {
    if record.slot.borrow() {
        // SAFETY: borrowed, and given back once.
        unsafe {
            record.slot.wake();
            Record::give_back(record.as_ptr());
        }
    }
}

/// One poll, as `Tracked::poll` does it. Returns whether it captured.
fn poll(record: &Counted<Record>, waker: &Waker, inner: impl FnOnce()) -> bool {
    let (requests, _woken) = record.begin_poll(7);
    // SAFETY: each model polls from one thread, and keeps what is lent before the waker goes.
    unsafe {
        if requests.first_poll {
            record.slot.lend(waker);
        } else {
            assert_eq!(record.keep_waker(waker), Set::Done);
        }
        inner();
        record.slot.keep();
    }
    record.park(9);
    match requests.capture {
        CaptureRequest::None => {}
        CaptureRequest::Now => record.set_tree(5, 0),
        CaptureRequest::Again => wake_for_capture(record),
    }
    requests.capture == CaptureRequest::Now
}

#[test]
fn a_capture_loses_no_wake_and_no_wake_loses_a_capture() {
    model(|| {
        let (task, waker) = executor();
        let record = record();
        let ready = Arc::new(AtomicUsize::new(0));
        let mut seen = 0;
        poll(&record, &waker, || {});
        let capture = {
            let record = record.clone();
            thread::spawn(move || {
                record.request_capture();
                wake_for_capture(&record);
            })
        };
        let wake = {
            let (ours, ready) = (Ours::of(&record), ready.clone());
            thread::spawn(move || {
                ready.store(1, Release);
                ours.wake_by_ref();
            })
        };
        // An executor: polls once for every wake it has not yet answered.
        let mut answered = 0;
        let mut captured_at = None;
        let mut run = |seen: &mut usize| {
            while task.wakes.load(Acquire) > answered {
                answered = task.wakes.load(Acquire);
                if poll(&record, &waker, || *seen = ready.load(Acquire)) {
                    captured_at = Some(record.polls());
                }
            }
        };
        run(&mut seen);
        capture.join().unwrap();
        wake.join().unwrap();
        run(&mut seen);
        assert_eq!(seen, 1, "the wake was lost");
        assert!(captured_at.is_some() && !record.capture_pending(), "the capture was lost");
        // A tree is shown only while it is of the present wait.
        let present = captured_at == Some(record.polls());
        assert_eq!(record.tree(), if present { 5 } else { 0 });
    });
}

#[test]
fn the_end_against_a_snapshot_that_wakes_leaves_nothing_behind() {
    model(|| {
        let (task, waker) = executor();
        let records = Arc::new(Sharded::<Record, 1>::new());
        let vacant = records.vacant(0);
        let place = vacant.place();
        let record = vacant.fill(new_record());
        poll(&record, &waker, || {});
        drop(waker);
        let snapshot = {
            let records = records.clone();
            thread::spawn(move || {
                records.for_each(|record| {
                    record.request_capture();
                    wake_for_capture(record);
                    let _standing = record.standing();
                });
            })
        };
        // As `task/tracker.rs` ends it.
        record.unlist();
        Record::finish(&record);
        if let Some(vacant) = vacate(&records, record, place) {
            records.discard(vacant);
        }
        snapshot.join().unwrap();
        assert_eq!(StdArc::strong_count(&task), 1, "the executor's task leaks");
        assert_eq!(records.rooms(), 0);
    });
}
