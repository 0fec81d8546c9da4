//! All patterns by name, and how each of them is run.

use crate::stage::Fate;
use crate::{
    actors, backends, channels, controls, controls_of_locks, ends, joins, locks,
    locks_and_messages, net, signals, streams, threads, wakers,
};

/// How a pattern is run.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pattern {
    /// Healthy cases, then so many leaking ones, then healthy ones beside them.
    Piles(fn(Fate), u32),
    /// The same, but one more leaks now and then.
    Grows(fn(Fate), u32),
    /// As `Piles`, but nothing is started any more once the leaking ones are there.
    Blocks(fn(Fate), u32),
    /// It has a course of its own.
    Runs(fn()),
}

/// Leaking cases of a pattern.
const LEAKS: u32 = 24;

macro_rules! catalogue {
    ($($group:ident { $($name:ident: $pattern:expr,)+ })+) => {
        /// Every pattern by its name.
        pub(crate) const CATALOGUE: &[(&str, Pattern)] = &[
            $($((stringify!($name), {
                use $group::$name::*;
                $pattern
            }),)+)+
        ];
    };
}

use Pattern::{Blocks, Grows, Piles, Runs};

catalogue! {
    channels {
        never_closed: Piles(start, LEAKS),
        no_workers: Piles(start, LEAKS),
        double_send: Piles(start, LEAKS),
        half_cancelled: Piles(start, LEAKS),
        idle_sender: Piles(start, LEAKS),
        consumer_panics: Piles(start, LEAKS),
        watch_never_closed: Piles(start, LEAKS),
        broadcast_never_closed: Piles(start, LEAKS),
    }
    actors {
        mailboxes: Piles(start, LEAKS),
        own_mailbox: Piles(start, LEAKS),
    }
    locks {
        ab_ba: Piles(start, LEAKS),
        double_lock: Piles(start, LEAKS),
        guard_forgotten: Piles(start, LEAKS),
        guard_given_away: Piles(start, LEAKS),
        read_write_read: Piles(start, LEAKS),
        own_lock: Piles(start, LEAKS),
        own_value: Piles(start, LEAKS),
        futurelock: Piles(start, LEAKS),
    }
    locks_and_messages {
        send_under_lock: Piles(start, LEAKS),
        closer_needs_lock: Piles(start, LEAKS),
        stop_under_lock: Piles(start, LEAKS),
    }
    ends {
        start_without_stop: Piles(start, LEAKS),
        first_wins: Piles(start, LEAKS),
        timeout_detaches: Piles(start, LEAKS),
        guard_disarmed: Piles(start, LEAKS),
        waits_instead_of_asking: Piles(start, LEAKS),
        answer_ignored: Piles(start, LEAKS),
        polls_for_ever: Grows(start, LEAKS),
    }
    signals {
        never_notified: Piles(start, LEAKS),
        missed_notify: Piles(start, LEAKS),
        missed_change: Piles(start, LEAKS),
        own_signal: Piles(start, LEAKS),
        own_handle: Piles(start, LEAKS),
        waits_for_itself: Piles(start, LEAKS),
        barrier_short: Piles(start, LEAKS),
        tracker_not_closed: Piles(start, LEAKS),
    }
    wakers {
        no_source: Piles(start, LEAKS),
        empty_stream: Piles(start, LEAKS),
        not_registered: Piles(start, LEAKS),
        stale_waker: Piles(start, LEAKS),
        kept_waker: Piles(start, LEAKS),
    }
    joins {
        join_circle: Piles(start, LEAKS),
        joins_the_dead: Piles(start, LEAKS),
        joins_a_dead_set: Piles(start, LEAKS),
        locked_by_the_dead: Piles(start, LEAKS),
        undrained_set: Piles(start, LEAKS),
    }
    streams {
        buffer_not_polled: Piles(start, LEAKS),
        overload: Runs(run),
    }
    net {
        half_open: Grows(start, LEAKS),
        graceful_shutdown: Grows(start, LEAKS),
    }
    threads {
        blocks_in_poll: Blocks(start, 2),
        blocks_on: Blocks(start, 2),
        blocking_pool_full: Blocks(start, LEAKS),
        set_not_driven: Grows(start, LEAKS),
    }
    controls {
        daily_wave: Runs(run),
        batches: Runs(run),
        daemons: Runs(run),
        worker_pool: Runs(run),
        long_connections: Runs(run),
        accept_loop: Runs(run),
        watchdog: Runs(run),
    }
    backends {
        slow_backend: Runs(run),
        silent_backend: Runs(run),
    }
    controls_of_locks {
        fair_queue: Runs(run),
        readers_and_a_writer: Runs(run),
        guard_handed_on: Runs(run),
        guard_of_a_leaked_lock: Runs(run),
        ab_ba_with_timeouts: Runs(run),
        two_waits_in_one_task: Runs(run),
        lock_of_another_branch: Runs(run),
        busy_locks: Runs(run),
    }
}
