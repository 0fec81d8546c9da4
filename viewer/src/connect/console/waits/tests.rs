//! What the numbers of a console-subscriber allow to be said of a wait.

use super::*;
use crate::connect::console::fixture::{parked, poll_op, told, update, with_op, with_resource};

/// What task 1 waits for, with so many living wakers, after its poll in second 60.
fn wait(
    wakers: u64,
    resources: &[(u64, &str, u64, bool)],
    ops: &[(u64, &str, u64, u64, u64)],
) -> String {
    let first = update(100, &[parked(1, "a").polled(3, 60).wakers(wakers)]);
    let first = resources.iter().fold(first, |update, resource| with_resource(update, *resource));
    let model = told(ops.iter().fold(first, |update, op| with_op(update, *op)));
    shown(&model)
}

fn shown(model: &Model) -> String {
    let kind = Waits::of(model).kind(1, &model.tasks[&1]);
    kind.map_or_else(|| "unknown".to_owned(), |kind| kind.to_string())
}

#[test]
fn each_of_tokios_resources_is_a_wait_of_its_own() {
    for (kind, source, expected) in [
        ("Mutex", "Mutex::lock", "mutex"),
        ("tokio::sync::Mutex", "Mutex::lock_owned", "mutex"),
        ("RwLock", "RwLock::read", "rwlock_read"),
        ("RwLock", "RwLock::write_owned", "rwlock_write"),
        ("RwLock", "RwLock::upgrade", "other(RwLock::upgrade)"),
        ("Semaphore", "Semaphore::acquire", "semaphore"),
        ("Barrier", "Barrier::wait", "barrier"),
        ("Notify", "Notified::await", "notify"),
        ("Sender|Receiver", "Receiver::await", "oneshot"),
        ("Sender|Receiver", "Sender::closed", "other(Sender::closed)"),
        ("Sleep", "Sleep::new_timeout", "sleep"),
        ("Interval", "Interval::tick", "interval"),
        ("Turnstile", "Turnstile::pass", "other(Turnstile::pass)"),
    ] {
        assert_eq!(wait(1, &[(8, kind, 0, false)], &[(9, source, 8, 1, 60)]), expected);
    }
}

#[test]
fn a_part_does_not_count_beside_what_it_is_a_part_of() {
    let resources = [(7, "Mutex", 0, false), (8, "Semaphore", 7, true)];
    let ops = [(9, "Mutex::lock", 7, 1, 60), (10, "Acquire::new", 8, 1, 60)];
    assert_eq!(wait(1, &resources, &ops), "mutex");
    // Only the part was told of: it says what it is a part of.
    assert_eq!(wait(1, &resources, &ops[1..]), "mutex");
}

#[test]
fn a_permit_of_nothing_that_shows_itself_is_a_bounded_channels() {
    assert_eq!(
        wait(1, &[(8, "Semaphore", 0, true)], &[(9, "Acquire::new", 8, 1, 60)]),
        "mpsc_send"
    );
}

#[test]
fn a_tick_polls_a_sleep_of_its_own() {
    let resources = [(7, "Interval", 0, false), (8, "Sleep", 0, false)];
    let ops = [(9, "Interval::tick", 7, 1, 60), (10, "Sleep::new_timeout", 8, 1, 60)];
    assert_eq!(wait(1, &resources, &ops), "interval");
    assert_eq!(wait(2, &resources, &ops), "unknown", "something else holds a waker too");
}

#[test]
fn a_timer_beside_another_wait_is_its_deadline() {
    let resources = [(7, "Mutex", 0, false), (8, "Sleep", 0, false), (11, "Barrier", 0, false)];
    let ops = [
        (9, "Mutex::lock", 7, 1, 60),
        (10, "Sleep::new_timeout", 8, 1, 60),
        (12, "Barrier::wait", 11, 1, 60),
    ];
    assert_eq!(wait(2, &resources, &ops[..2]), "mutex");
    assert_eq!(wait(3, &resources, &ops), "unknown", "several of them");
}

#[test]
fn a_timer_alone_is_no_sleep_where_somebody_else_holds_a_waker() {
    let sleep = ([(8, "Sleep", 0, false)], [(9, "Sleep::new_timeout", 8, 1, 60)]);
    assert_eq!(wait(1, &sleep.0, &sleep.1), "sleep");
    // A receiver with a deadline: tokio does not tell of receivers.
    assert_eq!(wait(2, &sleep.0, &sleep.1), "unknown");
}

#[test]
fn what_the_last_poll_did_not_poll_is_not_waited_for() {
    let sleep = [(8, "Sleep", 0, false)];
    assert_eq!(wait(1, &sleep, &[(9, "Sleep::new_timeout", 8, 1, 59)]), "unknown");
    assert_eq!(wait(1, &sleep, &[(9, "Sleep::new_timeout", 8, 2, 60)]), "unknown", "another's");
    assert_eq!(wait(1, &[], &[]), "unknown");
}

#[test]
fn what_was_found_done_is_not_waited_for() {
    let first = update(100, &[parked(1, "a").polled(3, 60).wakers(1)]);
    let first = with_resource(first, (8, "Sleep", 0, false));
    let mut model = told(with_op(first, (9, "Sleep::new_timeout", 8, 1, 60)));
    model.apply(poll_op(9, true));
    assert_eq!(shown(&model), "unknown");
    model.apply(poll_op(9, false));
    assert_eq!(shown(&model), "sleep");
}

#[test]
fn of_a_task_with_very_many_operations_nothing_is_said() {
    let ops: Vec<_> = (0..40).map(|at| (100 + at, "Sleep::new_timeout", 8, 1, 60)).collect();
    assert_eq!(wait(1, &[(8, "Sleep", 0, false)], &ops), "unknown");
}
