//! One record as the profile sees it: a few numbers, read at one moment.

use taskscope_proto::model::State;

use crate::registry::Place;
use crate::sync::atomic::Ordering::Relaxed;
use crate::task::record::{Birth, Kind, Record, Standing};
use crate::task::tracker;

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
    /// The task that spawned it has ended.
    pub(super) orphan: bool,
}

impl TaskView {
    /// Reads the record; `None` for parts and for what has finished.
    pub(super) fn of(record: &Record, parents: &mut Parents) -> Option<Self> {
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
        let dead = parked && is_dead(record, polls);
        let tree = if parked { record.tree() } else { 0 };
        Some(Self {
            key: RawKey {
                labels: record.labels.load(Relaxed),
                labels_in_part: record.labels_in_effect(),
                origin: record.origin.load(Relaxed),
                state,
                tree,
                dead,
            },
            since,
            has_parts: record.parts.load(Relaxed) > 0,
            async_task: kind != Kind::Blocking,
            orphan: !parents.is_alive(record),
        })
    }
}

/// Finds out which parents live. One is looked up once for a run of its children.
#[derive(Debug, Default)]
pub(super) struct Parents {
    last: Option<(u64, bool)>,
}

impl Parents {
    /// Whether the task that spawned this one lives, or there is none.
    fn is_alive(&mut self, child: &Record) -> bool {
        let Birth { parent, parent_place, .. } = child.birth;
        match self.last {
            _ if parent == 0 => true,
            Some((last, alive)) if last == parent => alive,
            _ => {
                let place = Place::from_bits(parent_place);
                let alive = tracker::find(place, parent, |_| ()).is_some();
                self.last = Some((parent, alive));
                alive
            }
        }
    }
}

/// Whether a task that was seen parked has no waker left, so that nothing can wake it.
///
/// Only for tasks that `spawn` made: nobody but the executor polls those, and only because a
/// waker of ours asked for it. Never true by mistake: a wake marks the record before its waker is
/// given back, so if no waker is left, a second look sees the mark.
fn is_dead(record: &Record, polls: u64) -> bool {
    record.made_as == Kind::Task
        && !record.slot.may_be_woken()
        && record.polls() == polls
        && matches!(record.standing(), Standing::Parked { .. })
}
