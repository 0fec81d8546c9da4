//! When to read the clock, and when the tick will do; see [`times`](super::times).

use std::cell::Cell;

use super::record::Record;
use super::threads;
use super::times::{Measured, STRIDE};
use super::woken::Woken;
use crate::clock;

thread_local! {
    /// Polls until the next one that is measured.
    static UNTIL_POLL: Cell<u32> = const { Cell::new(1) };
    /// Wakes until the next one that is measured.
    static UNTIL_WAKE: Cell<u32> = const { Cell::new(1) };
    static RANDOM: Cell<u64> = const { Cell::new(0x9E37_79B9_7F4A_7C15) };
}

/// The start of a poll.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start {
    pub(super) at: u64,
    /// For how many polls this one is measured; 0 if it is not.
    weight: u64,
}

/// Counts down; at the end of the countdown the next one begins, of random length, so that no
/// rhythm of the service's falls in with ours.
#[inline]
fn is_turn(countdown: &'static std::thread::LocalKey<Cell<u32>>) -> bool {
    countdown.with(|left| {
        let next = left.get().wrapping_sub(1);
        left.set(next);
        let turn = next == 0;
        if turn {
            left.set(random_stride());
        }
        turn
    })
}

/// From 1 to 2 * [`STRIDE`] - 1, evenly: on average, `STRIDE`.
#[cold]
#[expect(clippy::cast_possible_truncation, reason = "smaller than twice the stride")]
fn random_stride() -> u32 {
    let mut random = RANDOM.get();
    // Marsaglia's xorshift, "Xorshift RNGs", 2003.
    random ^= random << 13;
    random ^= random >> 7;
    random ^= random << 17;
    RANDOM.set(random);
    (1 + (random >> 32) % (2 * STRIDE - 1)) as u32
}

/// Begins to time a poll.
#[inline]
pub(super) fn start() -> Start {
    match clock::coarse() {
        Some(at) if !is_turn(&UNTIL_POLL) => Start { at, weight: 0 },
        Some(_) => {
            // The first poll of a thread under an agent is always one of these.
            threads::register();
            Start { at: clock::now(), weight: STRIDE }
        }
        None => Start { at: clock::now(), weight: 1 },
    }
}

/// Ends timing a poll; returns when that was.
#[inline]
pub(super) fn stop(start: Start, record: &Record) -> u64 {
    if start.weight == 0 && clock::coarse() == Some(start.at) {
        return start.at;
    }
    measure(start, record)
}

#[cold]
fn measure(start: Start, record: &Record) -> u64 {
    let now = clock::now();
    let took = now.saturating_sub(start.at);
    if let Some(took) = weigh(took, start.weight) {
        record.times.add_poll(took);
    }
    now
}

/// Notes how long a task that is polled now has waited for it.
#[inline]
pub(super) fn note_wait(woken: Woken, start: Start, record: &Record) {
    if !woken.is_of_tick(start.at) {
        measure_wait(woken, start, record);
    }
}

#[cold]
fn measure_wait(woken: Woken, start: Start, record: &Record) {
    let Some(since) = woken.at() else { return };
    let (now, weight) = match (woken.is_exact(), start.weight, clock::coarse()) {
        (true, 0, _) => (clock::now(), STRIDE),
        (true, _, Some(_)) => (start.at, STRIDE),
        (true, _, None) => (start.at, 1),
        (false, ..) => (start.at, 0),
    };
    if let Some(took) = weigh(now.saturating_sub(since), weight) {
        record.times.add_ready(took);
    }
}

/// What a duration counts for. `weight` 0: it is known to the tick only, and at most a tick too
/// long.
fn weigh(ticks: u64, weight: u64) -> Option<Measured> {
    let tick = clock::tick_length();
    let long = ticks >= 2 * tick;
    match weight {
        0 if long => Some(Measured { ticks: ticks - tick, weight: 1 }),
        0 => None,
        _ if long => Some(Measured { ticks, weight: 1 }),
        _ => Some(Measured { ticks, weight }),
    }
}

/// The time of a wake, and whether it is exact.
#[inline]
pub(super) fn wake() -> (u64, bool) {
    match clock::coarse() {
        Some(at) if !is_turn(&UNTIL_WAKE) => (at, false),
        _ => (clock::now(), true),
    }
}
