//! The tokio runtimes that tracked tasks were seen on: for coverage, and for what they say of
//! themselves.

mod metrics;

use std::cell::Cell;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use rustc_hash::FxBuildHasher;
use taskscope_proto::limits::MAX_RUNTIMES;
use tokio::runtime::{Handle, Id};

use crate::clock;
use crate::primitives::Mutex;

pub(crate) use metrics::{Reading, WorkerReading};

static RUNTIMES: Mutex<Seen> = Mutex::new(Seen { latest: 0, known: Vec::new() });
/// How often a runtime found no room.
static LEFT_OUT: AtomicU64 = AtomicU64::new(0);

#[derive(Debug)]
struct Seen {
    /// The number that was given last.
    latest: u16,
    /// Services have one or two; tests have many short-lived ones.
    known: Vec<(u16, Handle)>,
}

thread_local! {
    static LAST_NOTED: Cell<Option<(Id, u16)>> = const { Cell::new(None) };
    /// The tick in which this thread looked last.
    static LAST_LOOK: Cell<Option<u64>> = const { Cell::new(None) };
}

/// Remembers the runtime of this thread. While an agent keeps the coarse time, a thread looks
/// once a tick: threads seldom go from one runtime to another.
pub(crate) fn note_current() {
    let tick = clock::coarse();
    if LAST_LOOK.replace(tick) != tick || tick.is_none() {
        look();
    }
}

/// The number of the runtime that was seen last on this thread; 0 for none.
pub(crate) fn current() -> u16 {
    LAST_NOTED.get().map_or(0, |(_, number)| number)
}

#[cold]
fn look() {
    let Ok(handle) = Handle::try_current() else {
        LAST_NOTED.set(None);
        return;
    };
    let id = handle.id();
    if LAST_NOTED.get().is_some_and(|(last, _)| last == id) {
        return;
    }
    LAST_NOTED.set(Some((id, number_of(handle))));
}

/// The number of a runtime, which is given one if it has none and there is room for it.
fn number_of(handle: Handle) -> u16 {
    let id = handle.id();
    let mut runtimes = RUNTIMES.lock();
    if let Some((number, _)) = runtimes.known.iter().find(|(_, known)| known.id() == id) {
        return *number;
    }
    if runtimes.known.len() >= MAX_RUNTIMES {
        runtimes.known.retain(|(_, known)| known.metrics().num_alive_tasks() > 0);
    }
    let number = runtimes.latest.checked_add(1);
    let number = number.filter(|_| runtimes.known.len() < MAX_RUNTIMES);
    let Some(number) = number else {
        LEFT_OUT.fetch_add(1, Relaxed);
        return 0;
    };
    runtimes.latest = number;
    runtimes.known.push((number, handle));
    number
}

/// All tasks alive in the runtimes seen so far; `None` before the first.
pub(crate) fn alive_tasks() -> Option<u64> {
    let runtimes = RUNTIMES.lock();
    let alive = runtimes.known.iter().map(|(_, known)| known.metrics().num_alive_tasks() as u64);
    (!runtimes.known.is_empty()).then(|| alive.sum())
}

/// What the runtimes say of themselves now, in the order in which they were seen.
pub(crate) fn readings() -> Vec<Reading> {
    // The handles are cloned: reading takes locks of the runtimes' own.
    let known = RUNTIMES.lock().known.clone();
    known.iter().map(|(number, handle)| Reading::of(*number, handle)).collect()
}

/// How often there was no room for a runtime that a thread met.
pub(crate) fn left_out() -> u64 {
    LEFT_OUT.load(Relaxed)
}

/// A hash of tokio's id of the task that runs on this thread; 0 outside of tokio's tasks.
pub(crate) fn task_id() -> u64 {
    tokio::task::try_id().map_or(0, hash_of)
}

/// A hash of tokio's id of a task; never 0.
pub(crate) fn hash_of(id: tokio::task::Id) -> u64 {
    FxBuildHasher.hash_one(id) | 1
}
