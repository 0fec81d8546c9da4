//! First polls, in which the executor only lends its waker.

use std::sync::Arc as StdArc;

use loom::sync::atomic::Ordering::Acquire;
use loom::thread;

use super::task::record::Record;
use super::{Ours, executor, model, poll, record, wake_for_capture};

/// A future may show its context to threads that end before the poll does.
fn clone_first_on(threads: usize, with_agent: bool) {
    model(move || {
        let (task, waker) = executor();
        let record = record();
        let agent = with_agent.then(|| {
            let record = record.clone();
            thread::spawn(move || wake_for_capture(&record))
        });
        poll(&record, &waker, || {
            let clones: Vec<_> = (0..threads)
                .map(|_| {
                    let record = record.clone();
                    thread::spawn(move || Ours::of(&record).wake_by_ref())
                })
                .collect();
            for clone in clones {
                clone.join().unwrap();
            }
        });
        if let Some(agent) = agent {
            agent.join().unwrap();
        }
        assert_eq!(StdArc::strong_count(&task), 3, "the slot owns one");
        let count = task.wakes.load(Acquire);
        assert!((threads..=threads + usize::from(with_agent)).contains(&count));
        Record::finish(&record);
        drop(waker);
        assert_eq!(StdArc::strong_count(&task), 1);
    });
}

#[test]
fn first_clones_on_two_threads_leave_the_slot_one_waker_and_lose_no_wake() {
    clone_first_on(2, false);
}

#[test]
fn the_first_clone_against_the_agent_leaves_the_slot_one_waker_and_loses_no_wake() {
    clone_first_on(1, true);
}

#[test]
fn a_task_that_ends_in_its_first_poll_keeps_no_waker_unless_it_was_cloned() {
    for cloned in [false, true] {
        model(move || {
            let (task, waker) = executor();
            let record = record();
            let agent = {
                let record = record.clone();
                thread::spawn(move || wake_for_capture(&record))
            };
            // SAFETY: the polling thread; the poll does not return before the end.
            unsafe { record.slot.lend(&waker) };
            let ours = cloned.then(|| Ours::of(&record));
            Record::finish(&record);
            drop((waker, record));
            agent.join().unwrap();
            let owned = StdArc::strong_count(&task) - 1;
            assert_eq!(owned, usize::from(cloned));
            drop(ours);
            assert_eq!(StdArc::strong_count(&task), 1);
        });
    }
}
