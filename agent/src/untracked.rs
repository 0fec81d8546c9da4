//! Living tasks that tokio told of and that nobody tracks: what its hooks leave behind.
//!
//! Only a runtime that `taskscope::runtime::install_hooks` was called for tells anything. A tracked
//! task is not among them: `spawn` announces it to the hook ([`announce`]), and a future that is
//! tracked in another way is taken out when it is polled first ([`claim`]).

use std::cell::Cell;
use std::collections::HashMap;
use std::panic::Location;
use std::sync::LazyLock;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU64};

use rustc_hash::FxBuildHasher;

use crate::primitives::Mutex;

/// Tasks that are kept at a time.
const MAX_TASKS: usize = 200_000;
const SHARDS: usize = 64;

/// One task. Times are ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Untracked {
    /// The origin that counts it.
    pub(crate) origin: u32,
    pub(crate) spawned: u64,
    pub(crate) polls: u64,
    /// Since when it is in a poll; 0 outside of polls.
    pub(crate) polled_since: u64,
    /// When its last poll ended; 0 before.
    pub(crate) poll_ended: u64,
}

type Tasks = HashMap<u64, Untracked, FxBuildHasher>;

static TASKS: LazyLock<[Mutex<Tasks>; SHARDS]> =
    LazyLock::new(|| std::array::from_fn(|_| Mutex::new(Tasks::default())));
/// Whether any runtime tells.
static TOLD: AtomicBool = AtomicBool::new(false);
/// Tasks that found no room.
static LOST: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static ANNOUNCED: Cell<Option<&'static Location<'static>>> = const { Cell::new(None) };
}

fn shard(id: u64) -> Option<&'static Mutex<Tasks>> {
    // The low bit of an id is always set.
    TASKS.get((id >> 1) as usize % SHARDS)
}

/// From here on somebody tells.
#[cfg_attr(
    not(all(feature = "runtime-hooks", tokio_unstable)),
    expect(dead_code, reason = "for the hooks")
)]
pub(crate) fn begin() {
    TOLD.store(true, Relaxed);
}

/// A tracked task is about to be spawned at this place, on this thread.
#[inline]
pub(crate) fn announce(spawned_at: &'static Location<'static>) {
    if TOLD.load(Relaxed) {
        ANNOUNCED.set(Some(spawned_at));
    }
}

/// Whether the task that is being spawned at this place is the one that was announced. (One that
/// was announced and went to a runtime that tells nothing is forgotten at the next.)
#[cfg_attr(
    not(all(feature = "runtime-hooks", tokio_unstable)),
    expect(dead_code, reason = "for the hooks")
)]
pub(crate) fn was_announced(spawned_at: &'static Location<'static>) -> bool {
    ANNOUNCED.take() == Some(spawned_at)
}

/// A task was spawned.
#[cfg_attr(
    not(all(feature = "runtime-hooks", tokio_unstable)),
    expect(dead_code, reason = "for the hooks")
)]
pub(crate) fn add(id: u64, origin: u32, now: u64) {
    let Some(shard) = shard(id) else { return };
    let mut tasks = shard.lock();
    if tasks.len() >= MAX_TASKS / SHARDS {
        LOST.fetch_add(1, Relaxed);
        return;
    }
    let task = Untracked { origin, spawned: now, polls: 0, polled_since: 0, poll_ended: 0 };
    tasks.insert(id, task);
}

/// Changes what is known of a task, if it is one of ours.
#[cfg_attr(
    not(all(feature = "runtime-hooks", tokio_unstable)),
    expect(dead_code, reason = "for the hooks")
)]
pub(crate) fn change(id: u64, change: impl FnOnce(&mut Untracked)) {
    if let Some(task) = shard(id).map(Mutex::lock).as_mut().and_then(|tasks| tasks.get_mut(&id)) {
        change(task);
    }
}

/// A task has ended: what was known of it.
#[cfg_attr(
    not(all(feature = "runtime-hooks", tokio_unstable)),
    expect(dead_code, reason = "for the hooks")
)]
pub(crate) fn remove(id: u64) -> Option<Untracked> {
    shard(id)?.lock().remove(&id)
}

/// The task is tracked after all.
pub(crate) fn claim(id: u64) {
    if TOLD.load(Relaxed)
        && let Some(shard) = shard(id)
    {
        shard.lock().remove(&id);
    }
}

/// All of them.
pub(crate) fn all() -> Vec<Untracked> {
    if !TOLD.load(Relaxed) {
        return Vec::new();
    }
    TASKS.iter().flat_map(|shard| shard.lock().values().copied().collect::<Vec<_>>()).collect()
}

/// How many found no room.
pub(crate) fn lost() -> u64 {
    LOST.load(Relaxed)
}
