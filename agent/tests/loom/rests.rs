//! What proofs read of a task that is polled, woken and captured meanwhile.

use std::task::Waker;

use loom::sync::atomic::Ordering::Acquire;
use loom::thread;

use super::registry::Counted;
use super::task::record::Record;
use super::{Executor, Ours, executor, model, poll, record};

/// Whether a task rests without a waker: what `profile/view.rs` looks at, in its order.
fn is_dead(record: &Record) -> bool {
    record.rest().is_some_and(|rest| !record.slot.may_be_woken() && record.rest() == Some(rest))
}

/// A parked task in the hands of `run`, while somebody looks whether it is dead. Its waker goes to
/// `run`, and what wakers are left come back.
fn never_looks_dead(run: fn(&Executor, &Counted<Record>, &Waker, Ours) -> Option<Ours>) {
    model(move || {
        let (task, waker) = executor();
        let record = record();
        assert!(!poll(&record, &waker, || {}));
        let ours = Ours::of(&record);
        let look = {
            let record = record.clone();
            thread::spawn(move || assert!(!is_dead(&record)))
        };
        let left = run(&task, &record, &waker, ours);
        look.join().unwrap();
        drop(left);
        Record::finish(&record);
    });
}

#[test]
fn a_task_that_is_woken_does_not_look_dead() {
    never_looks_dead(|_, record, _, ours| {
        ours.wake_by_ref();
        drop(ours);
        assert!(!record.slot.may_be_woken());
        None
    });
}

#[test]
fn a_task_that_is_woken_and_polled_does_not_look_dead() {
    never_looks_dead(|task, record, waker, ours| {
        let wake = thread::spawn(move || ours.wake_by_ref());
        let mut kept = None;
        if task.wakes.load(Acquire) > 0 {
            poll(record, waker, || kept = Some(Ours::of(record)));
        }
        wake.join().unwrap();
        kept
    });
}

#[test]
fn a_task_that_moves_on_in_a_capture_does_not_look_dead() {
    never_looks_dead(|_, record, waker, ours| {
        record.request_capture();
        let (mut before, mut after) = (Some(ours), None);
        poll(record, waker, || {
            drop(before.take());
            after = Some(Ours::of(record));
        });
        after
    });
}
