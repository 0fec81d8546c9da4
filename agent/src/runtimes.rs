//! The tokio runtimes that tracked tasks were seen on: for coverage.

use std::cell::Cell;
use std::hash::BuildHasher;

use rustc_hash::FxBuildHasher;
use tokio::runtime::{Handle, Id};

use crate::clock;
use crate::sync::Mutex;

/// Runtimes that are remembered. Services have one or two; tests have many short-lived ones.
const MAX_RUNTIMES: usize = 32;

static RUNTIMES: Mutex<Vec<Handle>> = Mutex::new(Vec::new());

thread_local! {
    static LAST_NOTED: Cell<Option<Id>> = const { Cell::new(None) };
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

#[cold]
fn look() {
    let Ok(handle) = Handle::try_current() else { return };
    let id = handle.id();
    if LAST_NOTED.replace(Some(id)) == Some(id) {
        return;
    }
    let mut runtimes = RUNTIMES.lock();
    if runtimes.iter().any(|known| known.id() == id) {
        return;
    }
    if runtimes.len() >= MAX_RUNTIMES {
        runtimes.retain(|known| known.metrics().num_alive_tasks() > 0);
    }
    if runtimes.len() < MAX_RUNTIMES {
        runtimes.push(handle);
    }
}

/// All tasks alive in the runtimes seen so far; `None` before the first.
pub(crate) fn alive_tasks() -> Option<u64> {
    let runtimes = RUNTIMES.lock();
    let alive = runtimes.iter().map(|runtime| runtime.metrics().num_alive_tasks() as u64);
    (!runtimes.is_empty()).then(|| alive.sum())
}

/// A hash of tokio's id of the task that runs on this thread; 0 outside of tokio's tasks.
pub(crate) fn task_id() -> u64 {
    tokio::task::try_id().map_or(0, |id| FxBuildHasher.hash_one(id) | 1)
}
