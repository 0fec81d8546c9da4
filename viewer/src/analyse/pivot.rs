//! The pivot: base groups with equal values in the chosen keys become one row.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use taskscope_proto::model::{Activity, Group, Held, Origin, OriginId, Profile};

use super::holding::{difference, is_there, percent_grown};
use super::suspicion::growth;
use super::{Finding, Heat, Key, Value};

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
    fn add_group(&mut self, group: &Group) {
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

    fn add_origin(&mut self, origin: &Origin) {
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

/// All groups with the same values in the chosen keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// One value for each key.
    pub values: Arc<[Value]>,
    /// Everything that adds up.
    pub sum: Sum,
    /// Since when the median task is in its state, agent's clock.
    pub median_since_ms: Option<u64>,
    /// How suspicious it looks.
    pub heat: Heat,
    /// Indices into the profile's groups.
    pub members: Vec<u32>,
}

/// The answer: unsorted rows and what they add up to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pivot {
    /// One row for each combination of values.
    pub rows: Vec<Row>,
    /// Over all rows.
    pub total: Sum,
}

/// Groups the base groups at `indices` by `keys`. Rows that have been empty for a minute and have
/// nothing to say are left out.
pub fn pivot(profile: &Profile, keys: &[Key], indices: &[u32]) -> Pivot {
    let mut rows: Vec<Row> = Vec::new();
    let mut known: FxHashMap<Arc<[Value]>, usize> = FxHashMap::default();
    let mut total = Sum::default();
    let mut values = Vec::with_capacity(keys.len());
    for &index in indices {
        let Some(group) = profile.groups.get(index as usize) else { continue };
        let was_there = group.count_minute_ago > 0 || group.live_bytes_minute_ago > 0;
        if !is_there(group) && !was_there {
            continue;
        }
        let origin = profile.origin(group.origin).map(|origin| &**origin);
        values.clear();
        values.extend(keys.iter().map(|key| key.value(group, origin)));
        let at = if let Some(&at) = known.get(values.as_slice()) {
            at
        } else {
            let at = rows.len();
            let values: Arc<[Value]> = values.as_slice().into();
            known.insert(values.clone(), at);
            rows.push(Row { values, ..Row::default() });
            at
        };
        let Some(row) = rows.get_mut(at) else { continue };
        row.members.push(index);
        row.sum.add_group(group);
        total.add_group(group);
    }
    for row in &mut rows {
        finish(row, profile);
    }
    add_origins(&mut total, profile, rows.iter().flat_map(|row| &row.members));
    Pivot { rows, total }
}

fn finish(row: &mut Row, profile: &Profile) {
    add_origins(&mut row.sum, profile, row.members.iter());
    let groups = row.members.iter().filter_map(|&at| profile.groups.get(at as usize));
    let medians = groups.filter(|g| g.count > 0).map(|g| (g.median_since_ms, g.count)).collect();
    row.median_since_ms = weighted_median(medians);
    // Before its first minute is over, everything in a process has grown from nothing.
    let young = profile.header.now_ms < 60_000;
    let growth = if young { 0 } else { row.sum.growth };
    row.heat = Heat::of(row.sum.count, row.sum.finding.own_stuck, growth);
    let heap = profile.header.heap.as_ref();
    if percent_grown(row.sum.bytes_growth, &row.sum.held, heap) > 0 && !young {
        row.heat = row.heat.and_growing();
    }
    row.heat = row.heat.and_class(row.sum.finding.class);
}

/// Adds each origin once, however many groups come from it.
fn add_origins<'a>(sum: &mut Sum, profile: &Profile, members: impl Iterator<Item = &'a u32>) {
    let mut seen: FxHashSet<OriginId> = FxHashSet::default();
    let mut last = None;
    for group in members.filter_map(|&at| profile.groups.get(at as usize)) {
        // Neighbours often share their origin: spare the look-up.
        if last == Some(group.origin) || (last.is_some() && seen.contains(&group.origin)) {
            continue;
        }
        // A row of one origin never needs the set.
        seen.extend(last.replace(group.origin));
        if let Some(origin) = profile.origin(group.origin) {
            sum.add_origin(origin);
        }
    }
}

/// The value that half of the weight is at or below. Exact when each group's tasks are alike,
/// otherwise as good as medians of medians are.
pub(super) fn weighted_median(mut values: Vec<(u64, u64)>) -> Option<u64> {
    if let [(value, _)] = values[..] {
        return Some(value);
    }
    values.sort_unstable();
    let total: u128 = values.iter().map(|(_, weight)| u128::from(*weight)).sum();
    let mut below = 0;
    for (value, weight) in values {
        below += u128::from(weight);
        if below * 2 >= total {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fixture;

    const LINES: [&str; 5] = [
        "8 parked stuck=8 was=2 age=60 median=30 bytes=800 task=audit tenant=a @ src/audit.rs:41 mpsc_send < src/main.rs:3",
        "2 parked stuck=2 was=2 age=90 median=80 bytes=200 task=audit tenant=b @ src/audit.rs:41 mpsc_send < src/main.rs:3",
        "0 parked was=5 task=audit tenant=b @ src/audit.rs:50 mutex < src/main.rs:3",
        "1 running age=2 median=2 bytes=64 task=fetch < src/main.rs:9",
        "0 parked was=0 task=gone < src/main.rs:11",
    ];

    fn all(profile: &Profile) -> Vec<u32> {
        (0..u32::try_from(profile.groups.len()).expect("few groups")).collect()
    }

    /// `values | count stuck growth oldest median spawned/min`, ages in seconds.
    fn check(keys: &[Key], expected: &[&str]) {
        let profile = fixture::profile(&LINES);
        let pivot = pivot(&profile, keys, &all(&profile));
        let age = |since: Option<u64>| {
            since.map_or("-".into(), |ms| ((fixture::NOW_MS - ms) / 1_000).to_string())
        };
        let lines: Vec<String> = pivot
            .rows
            .iter()
            .map(|row| {
                let values: Vec<String> = row.values.iter().map(Value::to_string).collect();
                let Sum { count, stuck, growth, oldest_since_ms, spawned_per_min, .. } = row.sum;
                let (oldest, median) = (age(oldest_since_ms), age(row.median_since_ms));
                let values = values.join(" ");
                format!("{values} | {count} {stuck} {growth:+} {oldest} {median} {spawned_per_min}")
            })
            .collect();
        assert_eq!(lines, expected);
    }

    #[test]
    fn equal_values_land_in_one_row_and_growth_counts_groups_that_are_empty_by_now() {
        let task = || Key::Label("task".into());
        check(&[task()], &["audit | 10 10 +1 90 30 20", "fetch | 1 0 +0 2 2 10"]);
        check(&[], &[" | 11 10 +1 90 30 30"]);
        check(
            &[task(), Key::AwaitPoint],
            &[
                "audit src/audit.rs:41:1 | 10 10 +6 90 30 20",
                "audit src/audit.rs:50:1 | 0 0 -5 - - 10",
                "fetch (running) | 1 0 +0 2 2 10",
            ],
        );
        check(&[Key::State], &["parked | 10 10 +1 90 30 20", "running | 1 0 +0 2 2 10"]);
    }

    #[test]
    fn the_median_is_weighted_by_tasks() {
        for (values, expected) in [
            (vec![], None),
            (vec![(5, 1)], Some(5)),
            (vec![(9, 1), (1, 1), (5, 1)], Some(5)),
            (vec![(1, 10), (100, 1)], Some(1)),
            (vec![(1, 1), (100, 10)], Some(100)),
            (vec![(1, u64::MAX), (2, u64::MAX)], Some(1)),
        ] {
            assert_eq!(weighted_median(values.clone()), expected, "{values:?}");
        }
    }

    proptest! {
        #[test]
        fn rows_add_up_to_the_total_whatever_the_keys(
            groups in prop::collection::vec((0u64..50, 0u64..50, 0u8..4, 0u8..3, 0u8..3), 0..40),
            chosen in prop::collection::vec(0usize..6, 0..4),
        ) {
            let lines: Vec<String> = groups.iter().map(|(count, was, task, tenant, line)| {
                format!("{count} parked was={was} task={task} tenant={tenant} @ src/a.rs:{line} mutex < src/m.rs:{tenant}")
            }).collect();
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            let profile = fixture::profile(&lines);
            let keys: Vec<Key> = [Key::Label("task".into()), Key::Label("tenant".into())]
                .into_iter().chain(Key::FIXED).collect();
            let keys: Vec<Key> = chosen.iter().map(|&at| keys[at].clone()).collect();
            let pivot = pivot(&profile, &keys, &all(&profile));
            let count: u64 = groups.iter().map(|g| g.0).sum();
            let was: u64 = groups.iter().map(|g| g.1).sum();
            prop_assert_eq!(pivot.rows.iter().map(|r| r.sum.count).sum::<u64>(), count);
            prop_assert_eq!(pivot.total.count, count);
            let growth: i64 = pivot.rows.iter().map(|r| r.sum.growth).sum();
            prop_assert_eq!(growth, count.cast_signed() - was.cast_signed());
            let mut seen = FxHashSet::default();
            prop_assert!(pivot.rows.iter().all(|row| seen.insert(row.values.clone())));
        }
    }
}
