//! How suspicious a group is beside others of its class.
//!
//! Groups are ordered by the class of their verdict, then by points. Points are counted by the
//! task, so that those of several groups may be added up:
//!
//! - A task that is stuck, and one that was not there a minute ago (in a young process: at its
//!   start), count [`OWN`] if what they wait for is the service's own (its channels, locks, other
//!   tasks) or if they do not wait. If they wait only for the outside (a peer that sends, a
//!   caller, a timer), which is what an idle service consists of, they count a tenth; of those,
//!   timers and listeners are never held to be stuck: such waits are what the code asks for.
//! - Growth counts as far as the spawn location has grown too: tasks that move on from one await
//!   point to the next have not become more.
//! - A task that the verdict is about counts [`OWN`] once more, and so does each task of other
//!   groups that waits for this one: the blast radius.
//! - The longer the oldest has been stuck, the more each counts: [`OWN`] again at a hundred times
//!   the threshold, and as much again at ten thousand times.
//! - Where the heap is sampled, bytes count: those that came in the last minute, if they are more
//!   than the error, and a fiftieth of those that are held for sure. The whole heap counts as much
//!   as all tasks together, and as a thousand tasks at least.

use taskscope_proto::model::{Combine, Group, Header, Origin, State, Tree, WaitKind};

/// What a task counts that waits for the service's own things.
const OWN: u64 = 10;
/// What a task counts that waits for the outside.
const OUTSIDE: u64 = 1;
/// As many tasks as the heap weighs at least.
const LEAST_TASKS: u64 = 1_000;
/// Of the bytes that are held for sure, one in so many counts as if it had just come.
const HELD_SHARE: u64 = 50;

/// So many tasks have to be stuck, and so many more to have come than five for each four that
/// went, before there is talk of an overload.
const OVERLOAD: u64 = 20;

/// What all groups of a moment are measured against.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    now_ms: u64,
    stuck_after_ms: u64,
    heap_bytes: u64,
    heap_points: u64,
}

impl Scale {
    pub(crate) fn of(header: &Header, stuck_after_ms: u64) -> Self {
        let tasks = header.totals.alive().max(LEAST_TASKS);
        Self {
            now_ms: header.now_ms,
            stuck_after_ms: stuck_after_ms.max(1),
            heap_bytes: header.heap.map_or(0, |heap| heap.held.live_bytes).max(1),
            heap_points: tasks.saturating_mul(OWN),
        }
    }

    /// The points of a group, see the [module](self). Its verdict has to be there but for these.
    pub(crate) fn points(&self, group: &Group, origin: Option<&Origin>) -> u64 {
        let outside = tree(group).is_some_and(is_outside);
        let weight = if outside { OUTSIDE } else { OWN };
        let reads = || tree(group).is_some_and(|tree| tree.wait_kinds.contains(&WaitKind::IoRead));
        let stuck = if outside && !reads() { 0 } else { group.stuck };
        let tasks = stuck.saturating_mul(weight).saturating_mul(self.age(group)) / OWN;
        let grown = growth(group, origin).saturating_mul(weight);
        let about = group.verdict.tasks.saturating_add(group.waiting_for_it).saturating_mul(OWN);
        let sum = tasks.saturating_add(grown).saturating_add(about);
        sum.saturating_add(self.bytes(group))
    }

    /// How much each stuck task counts for the age of the oldest: [`OWN`], and more.
    fn age(&self, group: &Group) -> u64 {
        let thresholds = self.now_ms.saturating_sub(group.oldest_since_ms) / self.stuck_after_ms;
        let decades = thresholds.checked_ilog10().unwrap_or(0).min(4);
        OWN + OWN * u64::from(decades) / 2
    }

    fn bytes(&self, group: &Group) -> u64 {
        let held = group.held;
        let surely = held.live_bytes.saturating_sub(held.error_bytes);
        let came = held.live_bytes.saturating_sub(group.live_bytes_minute_ago);
        let came = if came > held.error_bytes { came } else { 0 };
        let bytes = u128::from((surely / HELD_SHARE).saturating_add(came).min(self.heap_bytes));
        let points = bytes * u128::from(self.heap_points) / u128::from(self.heap_bytes);
        u64::try_from(points).unwrap_or(u64::MAX)
    }
}

/// How many more tasks there are than a minute ago, as far as the spawn location has grown too.
fn growth(group: &Group, origin: Option<&Origin>) -> u64 {
    let grown = group.count.saturating_sub(group.count_minute_ago);
    let of_origin = origin.map_or(grown, |origin| {
        origin.spawned_last_minute.saturating_sub(origin.finished_last_minute)
    });
    grown.min(of_origin)
}

/// Whether tasks come faster than they go, and wait for the service itself for long.
pub(crate) fn is_overloaded(group: &Group, origin: &Origin) -> bool {
    let (came, went) = (origin.spawned_last_minute, origin.finished_last_minute);
    let parked = group.state == State::Parked && group.stuck >= OVERLOAD;
    parked
        && came >= went.saturating_add(went / 4 + OVERLOAD)
        && !tree(group).is_some_and(is_outside)
}

fn tree(group: &Group) -> Option<&Tree> {
    group.tree.as_deref().filter(|_| group.state == State::Parked)
}

/// Whether it is up to the world outside when the wait ends: to a timer, a caller, a peer. Of
/// several waits any of which will do, one such is enough.
pub(crate) fn is_outside(tree: &Tree) -> bool {
    let outside =
        |kind: &WaitKind| kind.is_timer() || matches!(kind, WaitKind::Accept | WaitKind::IoRead);
    let mut kinds = tree.wait_kinds.iter();
    match tree.combine {
        Combine::AnyOf => kinds.any(outside),
        Combine::One | Combine::AllOf => kinds.len() > 0 && kinds.all(outside),
    }
}

#[cfg(test)]
mod tests;
