//! What can be added up over groups and over the places that they come from.

use std::sync::Arc;

use taskscope_proto::model::{Activity, Group, Held, Origin};

use super::Finding;
use super::holding::difference;
use super::suspicion::growth;

/// What can be added up over groups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// Living tasks.
    pub count: u64,
    /// Those in one state for longer than the threshold.
    pub stuck: u64,
    /// What the agent's verdicts add up to.
    pub finding: Finding,
    /// How many more there are than a minute ago. Exact: groups that are empty by now count too.
    pub growth: i64,
    /// Size of their futures.
    pub future_bytes: u64,
    /// What the living tasks have been doing: sums, and the longest of all.
    pub activity: Activity,
    /// Of the living tasks, those that nobody waits for any more.
    pub detached: u64,
    /// Of the living tasks, those whose parent has ended.
    pub orphans: u64,
    /// Since when the longest of them is in its state, agent's clock.
    pub oldest_since_ms: Option<u64>,
    /// Spawned in the last minute, over all spawn locations that the groups come from.
    pub spawned_per_min: u64,
    /// Ended in the last minute, likewise.
    pub finished_per_min: u64,
    /// Ended by a panic since start, likewise.
    pub panicked: u64,
    /// Message of such a panic.
    pub last_panic: Option<Arc<str>>,
    /// What they hold of the heap, and what those that ended have left.
    pub held: Held,
    /// How many more bytes that is than a minute ago.
    pub bytes_growth: i64,
    /// Allocated in the last minute, over all spawn locations that the groups come from.
    pub allocated_per_min: u64,
}

impl Sum {
    pub(super) fn add_group(&mut self, group: &Group) {
        self.count = self.count.saturating_add(group.count);
        self.stuck = self.stuck.saturating_add(group.stuck);
        self.finding.add(group);
        self.growth = self.growth.saturating_add(growth(group));
        self.future_bytes = self.future_bytes.saturating_add(group.future_bytes);
        self.activity.add(&group.activity);
        let detached = if group.detached { group.count } else { 0 };
        self.detached = self.detached.saturating_add(detached);
        let orphans = if group.orphan { group.count } else { 0 };
        self.orphans = self.orphans.saturating_add(orphans);
        if group.count > 0 {
            let since = self.oldest_since_ms.unwrap_or(u64::MAX).min(group.oldest_since_ms);
            self.oldest_since_ms = Some(since);
        }
        self.held = self.held.and(group.held);
        let grown = difference(group.held.live_bytes, group.live_bytes_minute_ago);
        self.bytes_growth = self.bytes_growth.saturating_add(grown);
    }

    pub(super) fn add_origin(&mut self, origin: &Origin) {
        self.spawned_per_min = self.spawned_per_min.saturating_add(origin.spawned_last_minute);
        self.finished_per_min = self.finished_per_min.saturating_add(origin.finished_last_minute);
        self.panicked = self.panicked.saturating_add(origin.panicked);
        if self.last_panic.is_none() {
            self.last_panic.clone_from(&origin.last_panic);
        }
        let allocated = origin.allocated_bytes_last_minute;
        self.allocated_per_min = self.allocated_per_min.saturating_add(allocated);
    }

    /// Whether all of its tasks have ended and their bytes are all that is left.
    pub fn has_ended(&self) -> bool {
        self.count == 0 && self.held.live_bytes > 0
    }
}
