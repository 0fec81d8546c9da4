//! Every pattern of the program `leaks`: its tasks are found, at their line and with their class,
//! in real and in stopped time, and nobody else is suspected.
//!
//! What each pattern is, and why its class is what it is, stands in the pattern's own comment in
//! `tests/src/bin/leaks`.

use serde_json::Value;
use taskscope_tests::leak_suite::{
    Expected, command, dead, leaves_no_tasks, new, parked, place, recovers, running, shows,
    stays_healthy,
};
use taskscope_tests::report::Report;

/// Tests of these patterns, and a list of them.
macro_rules! leaks {
    ($($pattern:ident: [$($expected:expr),+ $(,)?],)+) => {
        $(
            #[test]
            fn $pattern() {
                let expected: &[Expected] = &[$($expected),+];
                shows(stringify!($pattern), expected);
            }
        )+
        const LEAKS: &[&str] = &[$(stringify!($pattern)),+];
    };
}

leaks! {
    never_closed: [parked("worker", "mpsc_recv").suspect()],
    no_workers: [parked("producer", "mpsc_send").suspect()],
    double_send: [parked("handler", "mpsc_send").suspect()],
    half_cancelled: [parked("sender", "mpsc_send").suspect()],
    idle_sender: [
        parked("reader", "mpsc_recv").suspect(),
        parked("session", "notify").suspect(),
    ],
    consumer_panics: [parked("producer", "mpsc_send").suspect()],
    watch_never_closed: [parked("listener", "watch").suspect()],
    broadcast_never_closed: [parked("listener", "broadcast").suspect()],

    mailboxes: [parked("actor", "mpsc_send").count(48).suspect()],
    own_mailbox: [parked("actor", "mpsc_send").suspect()],

    ab_ba: [parked("payer", "mutex").count(48).proven().held_by("payer")],
    double_lock: [parked("payer", "mutex").proven().held_by("payer")],
    guard_forgotten: [parked("request", "mutex").suspect()],
    guard_given_away: [
        parked("request", "mutex").suspect(),
        parked("holder", "oneshot").count(1),
    ],
    read_write_read: [
        parked("reader", "rwlock_read").proven(),
        parked("writer", "rwlock_write").proven().held_by("reader"),
    ],
    own_lock: [parked("batch", "mutex").proven().held_by("batch")],
    own_value: [parked("service", "once_cell").proven().held_by("service")],
    futurelock: [parked("job", "mutex").proven()],

    send_under_lock: [
        parked("producer", "mpsc_send").suspect(),
        parked("consumer", "mutex").suspect().held_by("producer"),
    ],
    closer_needs_lock: [
        parked("publisher", "mpsc_send").suspect(),
        parked("closer", "mutex").suspect().held_by("publisher"),
    ],
    stop_under_lock: [
        parked("stopper", "notify").suspect(),
        parked("worker", "mutex").suspect().held_by("stopper"),
    ],

    start_without_stop: [parked("monitor", "mpsc_recv").suspect()],
    first_wins: [parked("mirror", "oneshot").suspect()],
    timeout_detaches: [parked("fetch", "notify").suspect()],
    guard_disarmed: [parked("session", "cancelled").suspect()],
    waits_instead_of_asking: [parked("flush", "cancelled").suspect()],
    answer_ignored: [parked("handler", "semaphore").suspect()],
    polls_for_ever: [parked("poller", "notify").that_move().suspect_in_the_end()],

    never_notified: [parked("visitor", "notify").suspect()],
    missed_notify: [parked("visitor", "notify").suspect()],
    missed_change: [parked("client", "watch").suspect()],
    own_signal: [parked("loop", "notify").suspect()],
    own_handle: [parked("loop", "join_handle").proven().held_by("loop")],
    waits_for_itself: [parked("stopper", "notify").suspect()],
    barrier_short: [parked("party", "barrier").suspect()],
    tracker_not_closed: [parked("stopper", "notify").suspect()],

    no_source: [dead("session")],
    empty_stream: [dead("session")],
    not_registered: [dead("visitor")],
    stale_waker: [dead("visitor")],

    join_circle: [parked("peer", "join_handle").count(48).proven().held_by("peer")],
    joins_the_dead: [dead("dead"), parked("caller", "join_handle").proven().held_by("dead")],
    joins_a_dead_set: [dead("dead"), parked("caller", "join_set").proven().held_by("dead")],
    locked_by_the_dead: [dead("dead"), parked("request", "mutex").proven().held_by("dead")],

    buffer_not_polled: [
        parked("consumer", "semaphore").suspect(),
        parked("peer", "mpsc_send").suspect(),
    ],
    overload: [parked("message", "semaphore").at_least(300).that_move().slow_or_suspect()],

    half_open: [parked("connection", "io_read").suspect_in_the_end()],
    graceful_shutdown: [
        parked("server", "join_set").at_least(24).suspect().held_by("connection"),
        parked("connection", "io_read").suspect_in_the_end(),
    ],

    blocks_in_poll: [running("charge").counts(2, 1)],
    blocks_on: [running("charge").counts(2, 1)],
    blocking_pool_full: [
        parked("caller", "spawn_blocking").suspect().held_by("query"),
        running("query").count(4).suspect_or_better(),
        new("query").count(20).suspect_or_better(),
    ],
    set_not_driven: [new("plug-in").suspect_in_the_end()],
}

/// Tests that nothing of these patterns is ever above `slow`, and a list of them.
macro_rules! controls {
    ($($control:ident: [$($role:literal),+],)+) => {
        $(
            #[test]
            fn $control() {
                stays_healthy(stringify!($control), &[$($role),+]);
            }
        )+
        const CONTROLS: &[&str] = &[$(stringify!($control)),+];
    };
}

controls! {
    daily_wave: ["listener", "request"],
    batches: ["scheduler"],
    daemons: ["worker", "reloader"],
    slow_backend: ["backend", "request"],
    worker_pool: ["worker"],
    long_connections: ["connection"],
    accept_loop: ["listener"],
    watchdog: ["job", "watchdog"],
    fair_queue: ["regular", "guest"],
    readers_and_a_writer: ["reader", "writer"],
    guard_handed_on: ["printer", "reader"],
    guard_of_a_leaked_lock: ["printer", "author", "reader"],
    ab_ba_with_timeouts: ["source"],
    two_waits_in_one_task: ["payer", "holder"],
    lock_of_another_branch: ["payer", "bank"],
    busy_locks: ["teller", "transfer"],
}

#[test]
fn silent_backend() {
    recovers("silent_backend", "request");
}

/// The heap of the tasks that have ended with this role, if they hold any.
fn left_by<'a>(report: &'a Report, role: &str) -> Result<Option<&'a Value>, String> {
    if report.groups().any(|group| group.role() == role && group.count() > 0) {
        return Err(format!("not every {role} has ended"));
    }
    let ended = report.groups().find(|group| group.role() == role);
    Ok(ended.map(|group| &group.0["heap"]))
}

fn left_bytes(heap: &Value) -> u64 {
    heap["outlived_bytes"].as_u64().unwrap_or(0)
}

#[test]
fn undrained_set() {
    let place = place("undrained_set: request");
    leaves_no_tasks("undrained_set", |report| {
        let heap = left_by(report, "request")?.ok_or("nothing is left")?;
        let at = &heap["allocated_at"][0]["at"];
        let is_there = at["file"] == *place.file && at["line"] == place.line;
        // Of 24 answers of 64 KiB; the sum is an estimate.
        let is_much = left_bytes(heap) > 1 << 20;
        if is_there && is_much { Ok(()) } else { Err(format!("{heap} and not {place:?}")) }
    });
}

#[test]
fn kept_waker() {
    leaves_no_tasks("kept_waker", |report| {
        let left = left_by(report, "reader")?.map_or(0, left_bytes);
        // 200 healthy ones come before the 24 that leak, and each has a page of 16 KiB.
        let are_over = report.number("/totals/finished") > Some(224);
        if are_over && left < 64 << 10 { Ok(()) } else { Err(format!("{left} bytes are left")) }
    });
}

#[test]
fn every_pattern_has_a_test() {
    let output = command().arg("--list").output().unwrap();
    let list = String::from_utf8(output.stdout).unwrap();
    let mut listed: Vec<&str> = list.lines().collect();
    let mut tested = [LEAKS, CONTROLS, &["silent_backend", "undrained_set", "kept_waker"]].concat();
    listed.sort_unstable();
    tested.sort_unstable();
    assert_eq!(listed, tested);
}
