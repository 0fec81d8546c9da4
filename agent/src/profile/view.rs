//! One record as the profile sees it: a few numbers, read at one moment.

use std::collections::HashMap;

use rustc_hash::FxBuildHasher;
use taskscope_proto::model::State;

use crate::blocked::{self, Seen};
use crate::primitives::atomic::Ordering::Relaxed;
use crate::registry::Place;
use crate::task::record::{Birth, Kind, Record, Standing};
use crate::task::tracker;

/// What tells tasks apart before symbols are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct RawKey {
    /// Labels of the task itself.
    pub(super) labels: u32,
    /// Labels of the part that it waits in, or runs in.
    pub(super) labels_in_part: u32,
    pub(super) origin: u32,
    pub(super) state: State,
    /// Of a parked task the captured tree; of a running one the stack. 0 if none is known.
    pub(super) tree: u32,
    /// No waker is left.
    pub(super) dead: bool,
    /// The task's handle was dropped before the task ended.
    pub(super) detached: bool,
    /// The task that spawned it has ended.
    pub(super) orphan: bool,
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
    pub(super) fn of(record: &Record, around: &mut Around) -> Option<Self> {
        let kind = record.kind();
        if kind == Kind::Part {
            return None;
        }
        let polls = record.polls();
        let standing = record.standing();
        let (state, since) = match standing {
            Standing::Finished => return None,
            Standing::New => (State::New, record.birth.now),
            Standing::Ready { since } => (State::Ready, since),
            Standing::Running { since } => (State::Running, since),
            Standing::Parked { since } => (State::Parked, since),
        };
        let parked = state == State::Parked;
        let dead = parked && is_dead(record);
        let seen = around.seen(record, state, polls);
        let tree = if parked { record.tree() } else { seen.map_or(0, |seen| seen.stack) };
        Some(Self {
            key: RawKey {
                labels: record.own_labels_in_effect(),
                labels_in_part: seen.map_or_else(|| record.labels_in_effect(), |seen| seen.labels),
                origin: record.origin.load(Relaxed),
                state,
                tree,
                dead,
                detached: record.detached.load(Relaxed),
                orphan: !around.has_parent(record),
            },
            since,
            has_parts: record.parts.load(Relaxed) > 0,
            async_task: kind != Kind::Blocking,
        })
    }
}

/// What is known of tasks besides their records.
#[derive(Debug)]
pub(super) struct Around {
    /// By task: where those are that block their thread.
    blocked: HashMap<u64, Seen, FxBuildHasher>,
    /// The parent that was looked up last, and whether it lives.
    last_parent: Option<(u64, bool)>,
}

impl Around {
    pub(super) fn now() -> Self {
        Self { blocked: blocked::seen(), last_parent: None }
    }

    /// Where a running task is, if it was found blocking in the poll that it is in.
    fn seen(&self, record: &Record, state: State, polls: u64) -> Option<Seen> {
        if state != State::Running || self.blocked.is_empty() {
            return None;
        }
        self.blocked.get(&record.birth.id).copied().filter(|seen| seen.polls == polls)
    }

    /// Whether the task that spawned this one lives, or there is none. A parent is looked up once
    /// for a run of its children.
    fn has_parent(&mut self, child: &Record) -> bool {
        let Birth { parent, parent_place, .. } = child.birth;
        match self.last_parent {
            _ if parent == 0 => true,
            Some((last, alive)) if last == parent => alive,
            _ => {
                let place = Place::from_bits(parent_place);
                let alive = tracker::find(place, parent, |_| ()).is_some();
                self.last_parent = Some((parent, alive));
                alive
            }
        }
    }
}

/// Whether a task that was seen parked has no waker left, so that nothing can wake it.
///
/// Only for tasks that `spawn` made: nobody but the executor polls those, and only because a
/// waker of ours asked for it. Never true by mistake, see [`rest`](crate::task::record::rest).
fn is_dead(record: &Record) -> bool {
    record.made_as == Kind::Task
        && record
            .rest()
            .is_some_and(|rest| !record.slot.may_be_woken() && record.rest() == Some(rest))
}
