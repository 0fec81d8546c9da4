//! How many tasks each group had a minute ago. A console-subscriber does not remember.

use std::collections::{HashMap, VecDeque};

use taskscope_proto::model::{Group, GroupId};

/// How far back it goes.
const MINUTE_MS: u64 = 60_000;
/// Time between two looks.
const STEP_MS: u64 = 5_000;
/// Groups of one look.
const MAX_GROUPS: usize = 50_000;

/// The counts of the last minute.
#[derive(Debug, Default)]
pub(super) struct Past {
    looks: VecDeque<(u64, HashMap<GroupId, u64>)>,
}

impl Past {
    /// Writes into each group what there was of it a minute ago; in the first minute, at the first
    /// look.
    pub(super) fn fill(&self, groups: &mut [Group]) {
        let first = self.looks.front();
        for group in groups {
            let before = first.map(|(_, counts)| counts.get(&group.id).copied().unwrap_or(0));
            group.count_minute_ago = before.unwrap_or(group.count);
        }
    }

    /// Remembers what there is now.
    pub(super) fn note(&mut self, now_ms: u64, groups: &[Group]) {
        let due = self.looks.back().is_none_or(|(at, _)| now_ms >= at.saturating_add(STEP_MS));
        if !due {
            return;
        }
        let counts = groups.iter().take(MAX_GROUPS).map(|group| (group.id, group.count));
        self.looks.push_back((now_ms, counts.collect()));
        let old = now_ms.saturating_sub(MINUTE_MS);
        while self.looks.get(1).is_some_and(|(at, _)| *at <= old) {
            self.looks.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    fn groups(count: u64) -> Vec<Group> {
        let profile = fixture::profile(&[&format!("{count} parked < a:1")]);
        profile.groups.iter().map(|group| Group::clone(group)).collect()
    }

    #[test]
    fn a_group_is_compared_with_a_minute_ago_or_with_the_first_look() {
        let mut past = Past::default();
        let mut before = Vec::new();
        for second in 0..200 {
            let mut now = groups(second);
            past.fill(&mut now);
            before.push(now[0].count_minute_ago);
            past.note(second * 1_000, &now);
        }
        assert_eq!((before[0], before[1], before[59]), (0, 0, 0));
        assert!((135..=140).contains(&before[199]), "{}", before[199]);
        assert!(past.looks.len() <= 14);
    }
}
