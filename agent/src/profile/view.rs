//! One record as the profile sees it: a few numbers, read at one moment.

use taskscope_proto::model::State;

use crate::sync::Arc;
use crate::sync::atomic::Ordering::{Acquire, Relaxed};
use crate::sync::atomic::fence;
use crate::task::record::{Kind, Record, Standing};
use crate::task::tracker::OWNERS_WHEN_VISITED;

/// What tells tasks apart before symbols are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct RawKey {
    /// Labels of the task itself.
    pub(super) labels: u32,
    /// Labels of the part that it waits in.
    pub(super) labels_in_part: u32,
    pub(super) origin: u32,
    pub(super) state: State,
    pub(super) tree: u32,
    /// No waker is left.
    pub(super) dead: bool,
}

/// A living task.
#[derive(Clone, Copy, Debug)]
pub(super) struct TaskView {
    pub(super) key: RawKey,
    /// Ticks since which it is in its state.
    pub(super) since: u64,
    pub(super) has_parts: bool,
    pub(super) async_task: bool,
}

impl TaskView {
    /// Reads the record; `None` for parts and for what has finished.
    pub(super) fn of(record: &Arc<Record>, now: u64) -> Option<Self> {
        let kind = record.kind();
        if kind == Kind::Part {
            return None;
        }
        let polls = record.polls();
        let standing = record.standing(now);
        let (state, since) = match standing {
            Standing::Finished => return None,
            Standing::New => (State::New, record.birth.now),
            Standing::Ready { since } => (State::Ready, since),
            Standing::Running { since } => (State::Running, since),
            Standing::Parked { since } => (State::Parked, since),
        };
        let parked = state == State::Parked;
        let dead = parked && is_dead(record, polls, now);
        let tree = if parked { record.tree() } else { 0 };
        Some(Self {
            key: RawKey {
                labels: record.own_labels_in_effect(),
                labels_in_part: record.labels_in_effect(),
                origin: record.origin.load(Relaxed),
                state,
                tree,
                dead,
            },
            since,
            has_parts: record.parts.load(Relaxed) > 0,
            async_task: kind != Kind::Blocking,
        })
    }
}

/// Whether a task that was seen parked has no waker left, so that nothing can wake it.
///
/// Only for tasks that `spawn` made: nobody but the executor polls those, and only because a
/// waker of ours asked for it. Never true by mistake: a wake marks the record before it gives
/// back its reference, so if the reference is gone, a second look sees the mark.
fn is_dead(record: &Arc<Record>, polls: u64, now: u64) -> bool {
    // Each part that is directly inside holds a reference to what it is inside of.
    let owners = OWNERS_WHEN_VISITED + record.parts.load(Relaxed) as usize;
    if record.birth.kind != Kind::Task || Arc::strong_count(record) != owners {
        return false;
    }
    fence(Acquire);
    record.polls() == polls && matches!(record.standing(now), Standing::Parked { .. })
}
