//! How many tasks have not moved: they are in both states, and nothing has polled them in between.
//!
//! Groups say since when the oldest and the median of their tasks are in their state. Whoever is in
//! it since before the first moment has not moved, so these two, and the count of stuck tasks where
//! the threshold is longer than the time in between, bound the number from below.

use taskscope_proto::model::{Group, Profile};

use super::Side;
use crate::analyse::pivot::Row;

/// What the ages of the second state are compared with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rest {
    /// When the first state was, on the clock of both; `None` of two runs.
    since_ms: Option<u64>,
    /// Whoever is stuck has been so since before then.
    stuck_count: bool,
}

impl Rest {
    pub(super) fn between(before: Side<'_>, after: Side<'_>, same_run: bool) -> Self {
        let (then, now) = (before.profile.header.now_ms, after.profile.header.now_ms);
        let since_ms = Some(then).filter(|_| same_run && then <= now);
        let stuck_count = now.saturating_sub(then) <= after.process.stuck_after_ms;
        Self { since_ms, stuck_count }
    }

    pub(super) fn is_known(&self) -> bool {
        self.since_ms.is_some()
    }

    /// At least so many tasks of the row have not moved.
    pub(super) fn of(&self, after: &Profile, row: &Row) -> Option<u64> {
        let since_ms = self.since_ms?;
        let groups = row.members.iter().filter_map(|at| after.groups.get(*at as usize));
        Some(groups.map(|group| self.of_group(group, since_ms)).fold(0, u64::saturating_add))
    }

    fn of_group(&self, group: &Group, since_ms: u64) -> u64 {
        if group.count == 0 || group.oldest_since_ms > since_ms {
            return 0;
        }
        // The median is the one in the middle, or the later of two: it counts itself.
        let by_age = if group.median_since_ms <= since_ms { group.count / 2 + 1 } else { 1 };
        let stuck = if self.stuck_count { group.stuck } else { 0 };
        by_age.max(stuck).min(group.count)
    }
}
