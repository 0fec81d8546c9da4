//! The groups and their identities over time.

use std::collections::HashMap;
use std::sync::Arc;

use rustc_hash::FxBuildHasher;
use taskscope_proto::model::{Group, GroupId, OriginId, State, Tree, Verdict};

use super::activity::{activity, most_frequent};
use super::heap::Holding;
use super::judge::Charges;
use crate::clock::Reading;
use crate::labels::table;
use crate::task::times::Spent;

/// Groups that are told apart. Beyond, tasks of one origin and state share a group.
const MAX_GROUPS: usize = 50_000;

/// What tells groups apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct GroupKey {
    pub(super) labels: u32,
    pub(super) origin: u32,
    pub(super) state: State,
    pub(super) tree: u32,
    pub(super) detached: bool,
    pub(super) orphan: bool,
}

/// The tasks of a group at one moment.
#[derive(Debug, Default)]
pub(super) struct Members {
    /// Ticks since which each is in its state.
    pub(super) since: Vec<u64>,
    pub(super) future_bytes: u64,
    pub(super) polls: u64,
    pub(super) spent: Spent,
    pub(super) woken_by: HashMap<u32, u64, FxBuildHasher>,
    /// How many there were a minute ago, and what they held: bytes.
    pub(super) minute_ago: u64,
    pub(super) bytes_minute_ago: u64,
    pub(super) held: Holding,
    pub(super) charges: Charges,
    pub(super) tree: Option<Arc<Tree>>,
    /// Waiting here for long is what was asked for.
    pub(super) timer: bool,
    /// Nobody tracks them.
    pub(super) untracked: bool,
}

impl Members {
    /// There are none, nothing of theirs is left, and so it was a minute ago.
    fn are_gone(&self) -> bool {
        let now = self.since.len() as u64 + self.held.bytes();
        now == 0 && self.minute_ago == 0 && self.bytes_minute_ago == 0
    }
}

#[derive(Debug)]
struct Entry {
    id: GroupId,
    group: Option<Arc<Group>>,
}

/// All groups that have, or had within a minute, tasks.
#[derive(Debug, Default)]
pub(super) struct Groups {
    entries: HashMap<GroupKey, Entry, FxBuildHasher>,
    next_id: u64,
    folded: u64,
}

impl Groups {
    /// The key under which tasks with this key are counted.
    pub(super) fn admit(&mut self, key: GroupKey) -> (GroupKey, GroupId) {
        let fits = self.entries.len() < MAX_GROUPS || self.entries.contains_key(&key);
        let key = if fits {
            key
        } else {
            self.folded += 1;
            GroupKey { labels: 0, tree: 0, ..key }
        };
        let next_id = &mut self.next_id;
        let entry = self.entries.entry(key).or_insert_with(|| {
            *next_id += 1;
            Entry { id: GroupId(*next_id), group: None }
        });
        (key, entry.id)
    }

    /// The group with this key, if it has, or had within a minute, tasks.
    pub(super) fn find(&self, key: &GroupKey) -> Option<GroupId> {
        self.entries.get(key).map(|entry| entry.id)
    }

    /// What the groups take up, roughly.
    pub(super) fn bytes(&self) -> usize {
        let each = size_of::<(GroupKey, Entry)>() + size_of::<Group>() + 2 * size_of::<usize>();
        self.entries.len() * each
    }

    /// How many keys found no group of their own, over all folds.
    pub(super) fn folded(&self) -> u64 {
        self.folded
    }

    /// Brings all groups up to date and lists them by id. `judge` gives each its verdict.
    pub(super) fn update(
        &mut self,
        mut members: HashMap<GroupKey, Members, FxBuildHasher>,
        clock: &Reading,
        stuck_before: u64,
        mut judge: impl FnMut(&mut Group, &Charges),
    ) -> Vec<Arc<Group>> {
        let mut groups = Vec::with_capacity(self.entries.len());
        self.entries.retain(|key, entry| {
            let Some(members) = members.remove(key) else { return false };
            if members.are_gone() {
                return false;
            }
            let charges = members.charges;
            let mut group = entry.describe(*key, members, clock, stuck_before);
            judge(&mut group, &charges);
            // An unchanged group keeps its `Arc`: those who compare need not look inside.
            match &entry.group {
                Some(before) if **before == group => groups.push(Arc::clone(before)),
                _ => {
                    let group = Arc::new(group);
                    entry.group = Some(Arc::clone(&group));
                    groups.push(group);
                }
            }
            true
        });
        groups.sort_unstable_by_key(|group| group.id);
        groups
    }
}

impl Entry {
    fn describe(
        &self,
        key: GroupKey,
        mut members: Members,
        clock: &Reading,
        stuck_before: u64,
    ) -> Group {
        let count = members.since.len();
        let stuck = members.since.iter().filter(|since| **since < stuck_before).count();
        let oldest = members.since.iter().min().copied();
        let median = (count > 0).then(|| *members.since.select_nth_unstable(count / 2).1);
        let before = self.group.as_deref();
        // What an untracked task waits for is not known: it may be meant to.
        let patient = members.timer || members.untracked && key.state == State::Parked;
        Group {
            id: self.id,
            labels: table::get(key.labels).clone(),
            origin: OriginId(u64::from(key.origin)),
            state: key.state,
            tree: members.tree.or_else(|| before.and_then(|group| group.tree.clone())),
            count: count as u64,
            stuck: if patient { 0 } else { stuck as u64 },
            oldest_since_ms: oldest.map_or(0, |ticks| clock.millis(ticks)),
            median_since_ms: median.map_or(0, |ticks| clock.millis(ticks)),
            future_bytes: members.future_bytes,
            count_minute_ago: members.minute_ago,
            activity: activity(members.polls, &members.spent, clock),
            wakers: most_frequent(&members.woken_by),
            detached: key.detached,
            orphan: key.orphan,
            tracked: !members.untracked,
            held: members.held.held(),
            live_bytes_minute_ago: members.bytes_minute_ago,
            verdict: Verdict::default(),
            blockers: Vec::new(),
            chain: Vec::new(),
            waiting_for_it: 0,
        }
    }
}
