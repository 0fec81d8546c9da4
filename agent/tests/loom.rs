//! The races of the waker, the record and the registry, in every order that loom finds.
//!
//! The very files of the agent are compiled here against loom's atomics: `crate::sync` below
//! takes the place of the agent's.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]
#![expect(unsafe_code, reason = "the models stand in for the polling thread")]
#![expect(dead_code, reason = "the agent's files hold more than the models use")]

mod sync {
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
    pub(crate) mod wake_slot;
}

#[path = "../src/registry/sharded.rs"]
mod sharded;

use std::panic::Location;
use std::sync::Arc as StdArc;
use std::task::{Wake, Waker};

use loom::sync::atomic::AtomicUsize;
use loom::sync::atomic::Ordering::{AcqRel, Acquire, Release};
use loom::thread;

use sharded::Sharded;
use sync::Arc;
use task::record::{Birth, CaptureRequest, Kind, Record};
use task::wake_slot::{Set, WakeSlot};

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

#[test]
fn wakes_against_the_end_neither_touch_a_freed_waker_nor_leak_it() {
    model(|| {
        let (task, waker) = executor();
        let slot = Arc::new(WakeSlot::new());
        assert_eq!(set(&slot, &waker), Set::Done);
        drop(waker);
        let wakers: Vec<_> = (0..2)
            .map(|_| {
                let slot = slot.clone();
                thread::spawn(move || slot.wake())
            })
            .collect();
        slot.close();
        for waker in wakers {
            waker.join().unwrap();
        }
        slot.wake();
        assert!(task.wakes.load(Acquire) <= 2);
        // The slot lives on in stale wakers, but holds on to nothing.
        assert_eq!(StdArc::strong_count(&task), 1);
    });
}

#[test]
fn a_wake_while_the_waker_is_replaced_reaches_one_of_the_two() {
    model(|| {
        let (old_task, old) = executor();
        let (new_task, new) = executor();
        let slot = Arc::new(WakeSlot::new());
        assert_eq!(set(&slot, &old), Set::Done);
        drop(old);
        let wake = {
            let slot = slot.clone();
            thread::spawn(move || slot.wake())
        };
        let outcome = set(&slot, &new);
        wake.join().unwrap();
        let wakes = (old_task.wakes.load(Acquire), new_task.wakes.load(Acquire));
        assert!(wakes.0 + wakes.1 >= 1, "lost: {wakes:?}");
        if outcome == Set::Busy {
            // Then the old one was being woken, and the caller asks to be polled again.
            assert_eq!(wakes, (1, 0));
            assert_eq!(set(&slot, &new), Set::Done);
        }
        // From here on the new one is woken, and the old one is let go.
        slot.wake();
        assert_eq!(new_task.wakes.load(Acquire), wakes.1 + 1);
        assert_eq!(StdArc::strong_count(&old_task), 1);
        slot.close();
        drop(new);
        assert_eq!(StdArc::strong_count(&new_task), 1);
    });
}

fn record() -> Arc<Record> {
    Arc::new(Record::new(Birth {
        id: 1,
        parent: 0,
        spawned_at: Location::caller(),
        now: 1,
        kind: Kind::Task,
        future_bytes: 0,
        labels: 0,
        scope: 0,
        origin: 0,
    }))
}

/// One poll, as `Tracked::poll` does it. Returns whether it captured.
fn poll(record: &Record, waker: &Waker, inner: impl FnOnce()) -> bool {
    let requests = record.begin_poll(7);
    if requests.finished {
        return false;
    }
    // SAFETY: each model polls from one thread.
    unsafe { record.keep_waker(waker) };
    inner();
    record.park(9);
    match requests.capture {
        CaptureRequest::None => {}
        CaptureRequest::Now => record.set_tree(5, 0),
        CaptureRequest::Again => record.slot.wake(),
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
                record.slot.wake();
            })
        };
        let wake = {
            let (record, ready) = (record.clone(), ready.clone());
            thread::spawn(move || {
                ready.store(1, Release);
                record.wake();
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
        let record = record();
        let place = records.insert(0, record.clone()).unwrap();
        poll(&record, &waker, || {});
        drop(waker);
        let snapshot = {
            let records = records.clone();
            thread::spawn(move || {
                records.for_each(|record| {
                    record.request_capture();
                    record.slot.wake();
                    let _standing = record.standing(11);
                });
            })
        };
        record.finish();
        assert!(records.remove(place).is_some());
        snapshot.join().unwrap();
        assert_eq!(StdArc::strong_count(&task), 1, "the executor's task leaks");
        assert_eq!(Arc::strong_count(&record), 1, "the record leaks");
    });
}

#[test]
fn a_reader_of_the_registry_sees_what_stays_and_only_what_was_there() {
    model(|| {
        let set = Arc::new(Sharded::<usize, 1>::new());
        let kept = set.insert(0, Arc::new(1)).unwrap();
        let gone = set.insert(0, Arc::new(2)).unwrap();
        let writer = {
            let set = set.clone();
            thread::spawn(move || {
                assert_eq!(set.remove(gone).map(|item| *item), Some(2));
                assert!(set.remove(gone).is_none(), "removed twice");
                set.insert(0, Arc::new(3)).unwrap()
            })
        };
        let mut seen = Vec::new();
        set.for_each(|item| seen.push(**item));
        let place = writer.join().unwrap();
        assert_eq!(place, gone, "the free place is used again");
        assert!(seen.iter().filter(|item| **item == 1).count() == 1, "{seen:?}");
        assert!(seen.len() <= 2, "{seen:?}");
        assert!(set.remove(kept).is_some());
        assert!(set.remove(place).is_some());
    });
}
