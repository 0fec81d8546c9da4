//! Whole groups, for reports: whether tasks are detached or orphans does not divide them there.

use std::cmp::Ordering;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use taskscope_proto::limits::{MAX_BLOCKERS, MAX_WAKERS};
use taskscope_proto::model::{Group, Labels, OriginId, Profile, State, Tree, Verdict, Waker};

use super::holding::is_there;
use super::pivot::weighted_median;

/// Tasks that are equal in labels, origin, state and await tree.
#[derive(Clone, Debug)]
pub struct Whole {
    /// All of them as one group, under the smallest of their ids.
    pub group: Group,
    /// How many of them nobody waits for any more.
    pub detached: u64,
    /// How many of them were spawned by a task that has ended.
    pub orphans: u64,
    /// Medians and counts of the parts.
    medians: Vec<(u64, u64)>,
}

type Key<'a> = (&'a Labels, OriginId, State, Option<*const Tree>);

/// The groups that have tasks, or of which something is left.
pub(super) fn whole_groups(profile: &Profile) -> Vec<Whole> {
    let mut places: FxHashMap<Key<'_>, usize> = FxHashMap::default();
    let mut wholes: Vec<Whole> = Vec::new();
    for group in profile.groups.iter().filter(|group| is_there(group)) {
        let key = (&group.labels, group.origin, group.state, group.tree.as_ref().map(Arc::as_ptr));
        match places.entry(key) {
            Entry::Vacant(place) => {
                place.insert(wholes.len());
                wholes.push(Whole::new(group));
            }
            Entry::Occupied(place) => {
                if let Some(whole) = wholes.get_mut(*place.get()) {
                    whole.add(group);
                }
            }
        }
    }
    wholes.iter_mut().for_each(Whole::finish);
    wholes
}

impl Whole {
    pub(super) fn new(group: &Arc<Group>) -> Self {
        Self {
            detached: if group.detached { group.count } else { 0 },
            orphans: if group.orphan { group.count } else { 0 },
            medians: vec![(group.median_since_ms, group.count)],
            group: Group::clone(group),
        }
    }

    /// Once all are added.
    pub(super) fn finish(&mut self) {
        let medians = std::mem::take(&mut self.medians);
        self.group.median_since_ms = weighted_median(medians).unwrap_or_default();
        self.group.wakers.sort_by_key(|waker| (std::cmp::Reverse(waker.tasks), waker.origin));
        self.group.wakers.truncate(MAX_WAKERS);
        self.group.blockers.sort_by_key(|blocker| std::cmp::Reverse(blocker.tasks));
        self.group.blockers.truncate(MAX_BLOCKERS);
    }

    pub(super) fn add(&mut self, other: &Group) {
        let whole = &mut self.group;
        whole.count = whole.count.saturating_add(other.count);
        whole.stuck = whole.stuck.saturating_add(other.stuck);
        whole.oldest_since_ms = whole.oldest_since_ms.min(other.oldest_since_ms);
        whole.future_bytes = whole.future_bytes.saturating_add(other.future_bytes);
        whole.count_minute_ago = whole.count_minute_ago.saturating_add(other.count_minute_ago);
        whole.activity.add(&other.activity);
        whole.held = whole.held.and(other.held);
        let ago = whole.live_bytes_minute_ago.saturating_add(other.live_bytes_minute_ago);
        whole.live_bytes_minute_ago = ago;
        whole.waiting_for_it = whole.waiting_for_it.max(other.waiting_for_it);
        add_verdict(&mut whole.verdict, &other.verdict);
        whole.blockers.extend(other.blockers.iter().cloned());
        if whole.chain.is_empty() {
            whole.chain.clone_from(&other.chain);
        }
        for waker in &other.wakers {
            match whole.wakers.iter_mut().find(|known| known.origin == waker.origin) {
                Some(known) => known.tasks = known.tasks.saturating_add(waker.tasks),
                None => whole.wakers.push(Waker::clone(waker)),
            }
        }
        self.detached = self.detached.saturating_add(if other.detached { other.count } else { 0 });
        self.orphans = self.orphans.saturating_add(if other.orphan { other.count } else { 0 });
        self.medians.push((other.median_since_ms, other.count));
    }
}

/// Points add up; of two classes the worse one counts, with what it is about.
fn add_verdict(sum: &mut Verdict, other: &Verdict) {
    let points = sum.points.saturating_add(other.points);
    match other.class.cmp(&sum.class) {
        Ordering::Less => {}
        Ordering::Equal => {
            sum.tasks = sum.tasks.saturating_add(other.tasks);
            if other.points > sum.points {
                sum.reason = Arc::clone(&other.reason);
            }
        }
        Ordering::Greater => sum.clone_from(other),
    }
    sum.points = points;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn detached_tasks_and_orphans_stand_with_those_that_are_not() {
        let mut profile = fixture::profile(&[
            "3 parked was=1 age=60 median=30 task=a < src/m.rs:1",
            "2 parked was=0 age=90 median=80 task=a < src/m.rs:1",
            "1 parked age=5 median=5 task=b < src/m.rs:1",
        ]);
        let origin = profile.groups[0].origin;
        let group = Arc::make_mut(&mut profile.groups[1]);
        (group.detached, group.orphan, group.origin) = (true, true, origin);
        let wholes = whole_groups(&profile);
        let facts = wholes.iter().map(|whole| {
            let Group { count, count_minute_ago, oldest_since_ms, .. } = whole.group;
            let oldest = (fixture::NOW_MS - oldest_since_ms) / 1_000;
            (count, count_minute_ago, oldest, whole.detached, whole.orphans)
        });
        assert_eq!(facts.collect::<Vec<_>>(), [(5, 1, 90, 2, 2), (1, 1, 5, 0, 0)]);
    }
}
