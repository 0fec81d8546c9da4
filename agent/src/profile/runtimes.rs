//! What the runtimes do over time: how busy their workers are, and whether they stand still.
//!
//! **Busy.** A worker tells how long it has been busy only when a stretch of work is over, so one
//! that is stuck in a poll would seem idle. It also tells whether it sleeps. A worker that is
//! awake and of which nothing has changed since the last look has been busy all that time. (Not so
//! on a `current_thread` runtime: nobody may be in `block_on`, which looks the same. There it
//! takes a tracked task that is running.)
//!
//! **Stalls.** A runtime stands still when tracked tasks of it have been ready for a second, and
//! since then no worker has told anything new and no tracked task of it was polled. Where every
//! worker sleeps this is never said: what is ready there waits for something else than a worker,
//! such as a `LocalSet` that nobody drives. An idle runtime has no ready tasks.

use std::collections::VecDeque;
use std::time::Duration;

use taskscope_proto::model::{Runtime, RuntimeFlavor, Stall, State, Worker};

use super::view::TaskView;
use crate::clock::Reading as Clock;
use crate::runtimes::{Reading, WorkerReading};
use crate::task::record::{Kind, Record};

/// Looks over which a worker's busy share is taken: about as many seconds.
const LOOKS: usize = 5;
/// The shortest time between two looks that count.
const SHORTEST_LOOK_MS: u64 = 500;
/// How long a task has to be ready, and a runtime still, to be worth saying.
const STALLED_AFTER: Duration = Duration::from_secs(1);
/// A runtime without tasks that has been still for so long is left out.
const GONE_AFTER_MS: u64 = 60_000;

/// What the records say of the tasks of one runtime.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    number: u16,
    /// Ready for [`STALLED_AFTER`].
    ready: u64,
    running: u64,
    /// When one was polled last, ticks.
    last_polled: u64,
}

/// The tallies of all runtimes, taken while records are read.
#[derive(Debug)]
pub(super) struct Tallies {
    ready_before: u64,
    /// Tasks made by `spawn` that were not polled in [`STALLED_AFTER`]: of which runtime they are
    /// is not known yet.
    never_polled: u64,
    by_runtime: Vec<Tally>,
}

impl Tallies {
    pub(super) fn new(clock: &Clock) -> Self {
        let ready_before = clock.ticks().saturating_sub(clock.ticks_in(STALLED_AFTER));
        Self { ready_before, never_polled: 0, by_runtime: Vec::new() }
    }

    pub(super) fn count(&mut self, record: &Record, view: &TaskView) {
        if !view.async_task {
            return;
        }
        let waits = view.since < self.ready_before;
        if view.key.state == State::New {
            // Others may be futures that nobody has spawned yet.
            self.never_polled += u64::from(waits && record.made_as == Kind::Task);
            return;
        }
        let number = record.runtime.load(crate::primitives::atomic::Ordering::Relaxed);
        let at = self.by_runtime.iter().position(|tally| tally.number == number);
        let at = at.unwrap_or_else(|| {
            self.by_runtime.push(Tally { number, ..Tally::default() });
            self.by_runtime.len() - 1
        });
        let Some(tally) = self.by_runtime.get_mut(at) else { return };
        tally.ready += u64::from(view.key.state == State::Ready && waits);
        tally.running += u64::from(view.key.state == State::Running);
        tally.last_polled = tally.last_polled.max(record.last_polled());
    }

    fn of(&self, number: u16) -> Tally {
        let known = self.by_runtime.iter().find(|tally| tally.number == number);
        known.copied().unwrap_or_default()
    }
}

/// The runtimes over the last seconds.
#[derive(Debug, Default)]
pub(super) struct Runtimes {
    watched: Vec<Watched>,
    /// Runtimes and workers that were too many at the last look.
    pub(super) left_out: u64,
}

#[derive(Debug)]
struct Watched {
    reading: Reading,
    /// The reading at the last look that counted for `busy`, and when that was.
    base: Reading,
    base_at_ms: u64,
    /// Since when no worker has told anything new.
    still_since_ms: u64,
    /// Of each worker, and of each look: how long it was, and how long of it the worker was busy.
    busy: Vec<VecDeque<(u64, u64)>>,
}

impl Runtimes {
    /// Takes a look, and says what is to be said of each runtime.
    pub(super) fn look(
        &mut self,
        clock: &Clock,
        readings: Vec<Reading>,
        tallies: &Tallies,
    ) -> Vec<Runtime> {
        let now_ms = clock.now_millis();
        self.watched.retain(|known| readings.iter().any(|r| r.number == known.reading.number));
        self.left_out = 0;
        let only = readings.len() == 1;
        let mut runtimes = Vec::with_capacity(readings.len());
        for reading in readings {
            let cut = reading.worker_count.saturating_sub(reading.workers.len());
            self.left_out += cut as u64;
            let tally = tallies.of(reading.number);
            let at = self.watched.iter().position(|w| w.reading.number == reading.number);
            let watched = match at.and_then(|at| self.watched.get_mut(at)) {
                Some(watched) => {
                    watched.look(now_ms, reading, tally.running > 0);
                    watched
                }
                None => self.watched.push_mut(Watched::new(now_ms, reading)),
            };
            let never_polled = if only { tallies.never_polled } else { 0 };
            let last_polled_ms = clock.millis(tally.last_polled);
            let stall = watched.stall(now_ms, tally.ready, never_polled, last_polled_ms);
            if !watched.is_gone(now_ms) {
                runtimes.push(watched.describe(stall));
            }
        }
        runtimes
    }
}

impl Watched {
    fn new(now_ms: u64, reading: Reading) -> Self {
        let busy = reading.workers.iter().map(|_| VecDeque::new()).collect();
        Self { base: reading.clone(), reading, base_at_ms: now_ms, still_since_ms: now_ms, busy }
    }

    fn look(&mut self, now_ms: u64, now: Reading, a_task_runs: bool) {
        let moved = |(before, now): (&WorkerReading, &WorkerReading)| {
            (before.busy_ns, before.parks_and_unparks) != (now.busy_ns, now.parks_and_unparks)
        };
        if self.reading.workers.iter().zip(&now.workers).any(moved) {
            self.still_since_ms = now_ms;
        }
        self.reading = now;
        let now = &self.reading;
        let passed_ms = now_ms.saturating_sub(self.base_at_ms);
        if passed_ms < SHORTEST_LOOK_MS {
            return;
        }
        let driven = now.flavor == RuntimeFlavor::MultiThread || a_task_runs;
        let workers = self.base.workers.iter().zip(&now.workers).zip(&mut self.busy);
        for ((before, now), looks) in workers {
            let Some(busy_ms) = busy_ms(before, now, passed_ms, driven) else {
                looks.clear();
                continue;
            };
            looks.push_back((passed_ms, busy_ms.min(passed_ms)));
            if looks.len() > LOOKS {
                looks.pop_front();
            }
        }
        self.base_at_ms = now_ms;
        self.base = now.clone();
    }

    fn stall(
        &self,
        now_ms: u64,
        ready: u64,
        never_polled: u64,
        last_polled_ms: u64,
    ) -> Option<Stall> {
        let parked = |worker: &WorkerReading| worker.parked();
        let parked: Option<Vec<bool>> = self.reading.workers.iter().map(parked).collect();
        let parked = parked?;
        if parked.iter().all(|parked| *parked) {
            return None;
        }
        // A worker that sleeps would take up a task that was never polled.
        let never_polled = if parked.iter().any(|parked| *parked) { 0 } else { never_polled };
        let ready_tasks = ready + never_polled;
        let since_ms = self.still_since_ms.max(last_polled_ms);
        let still = Duration::from_millis(now_ms.saturating_sub(since_ms));
        (ready_tasks > 0 && still >= STALLED_AFTER).then_some(Stall { since_ms, ready_tasks })
    }

    fn is_gone(&self, now_ms: u64) -> bool {
        let still_ms = now_ms.saturating_sub(self.still_since_ms);
        self.reading.alive_tasks == 0 && still_ms > GONE_AFTER_MS
    }

    fn describe(&self, stall: Option<Stall>) -> Runtime {
        let from = &self.reading;
        let worker = |(worker, looks): (&WorkerReading, &VecDeque<(u64, u64)>)| Worker {
            busy_permille: permille(looks),
            parks: worker.parks,
            parked: worker.parked(),
            local_queue_depth: worker.local_queue_depth,
            steals: worker.steals,
        };
        Runtime {
            id: u32::from(from.number),
            flavor: from.flavor,
            worker_count: u32::try_from(from.worker_count).unwrap_or(u32::MAX),
            workers: from.workers.iter().zip(&self.busy).map(worker).collect(),
            alive_tasks: from.alive_tasks,
            global_queue_depth: from.global_queue_depth,
            blocking_threads: from.blocking_threads,
            idle_blocking_threads: from.idle_blocking_threads,
            blocking_queue_depth: from.blocking_queue_depth,
            stall,
        }
    }
}

/// How long of the time between two readings a worker was busy; `None` if that is not known.
fn busy_ms(
    before: &WorkerReading,
    now: &WorkerReading,
    passed_ms: u64,
    driven: bool,
) -> Option<u64> {
    let told_ms = now.busy_ns?.saturating_sub(before.busy_ns?) / 1_000_000;
    let still = before.parks_and_unparks == now.parks_and_unparks && before.busy_ns == now.busy_ns;
    match now.parked()? {
        true => Some(told_ms),
        false if !still => Some(told_ms),
        false => driven.then_some(passed_ms),
    }
}

fn permille(looks: &VecDeque<(u64, u64)>) -> Option<u32> {
    let (passed, busy) = looks.iter().fold((0, 0), |(p, b), (passed, busy)| (p + passed, b + busy));
    let share = (busy * 1_000_u64).checked_div(passed)?;
    u32::try_from(share).ok()
}

#[cfg(test)]
mod tests;
