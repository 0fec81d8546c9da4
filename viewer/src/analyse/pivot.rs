//! The pivot: base groups with equal values in the chosen keys become one row.

use std::ops::{Deref, Range};
use std::sync::Arc;

use rustc_hash::FxHashSet;
use taskscope_proto::model::{OriginId, Profile};

use super::combinations::{Combinations, Level};
use super::holding::{difference, is_there, percent_grown};
use super::{Heat, Key, Sum, Value};

/// All groups with the same values in the chosen keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// One value for each key, or for the first few of them if other rows lie in it.
    pub values: Arc<[Value]>,
    /// Everything that adds up.
    pub sum: Sum,
    /// Since when the median task is in its state, agent's clock.
    pub median_since_ms: Option<u64>,
    /// How suspicious it looks.
    pub heat: Heat,
    /// How many tasks it had at the moment that this one is compared with; `None` without one.
    pub before: Option<u64>,
    /// Indices into the profile's groups.
    pub members: Members,
    /// How many rows lie in it.
    pub inside: usize,
    /// Whether those are shown; `None` where there are none.
    pub opens: Option<bool>,
}

impl Row {
    /// How many tasks there are more than at the moment that this one is compared with.
    pub fn change(&self) -> Option<i64> {
        Some(difference(self.sum.count, self.before?))
    }
}

/// The groups of a row: its part of one list of the groups of all rows.
#[derive(Clone, Debug, Default)]
pub struct Members {
    all: Arc<[u32]>,
    part: Range<usize>,
}

impl Members {
    /// Those of each combination, in their order.
    fn divided(indices: &[u32], level: &Level) -> impl Iterator<Item = Self> {
        let mut parts = vec![0..0_usize; level.len()];
        for &at in &level.of {
            if let Some(part) = parts.get_mut(at as usize) {
                part.end += 1;
            }
        }
        let mut start = 0;
        for part in &mut parts {
            let count = part.end;
            *part = start..start;
            start += count;
        }
        let mut all = vec![0; start];
        for (&index, &at) in indices.iter().zip(&level.of) {
            let Some(part) = parts.get_mut(at as usize) else { continue };
            if let Some(place) = all.get_mut(part.end) {
                *place = index;
                part.end += 1;
            }
        }
        let all: Arc<[u32]> = all.into();
        parts.into_iter().map(move |part| Self { all: Arc::clone(&all), part })
    }
}

impl Deref for Members {
    type Target = [u32];

    fn deref(&self) -> &[u32] {
        self.all.get(self.part.clone()).unwrap_or_default()
    }
}

impl PartialEq for Members {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Members {}

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
    let present = present(profile, indices);
    let combinations = Combinations::of(profile, keys, &present);
    let mut rows =
        combinations.levels().last().map_or_else(Vec::new, |level| rows(profile, &present, level));
    for (at, row) in (0..).zip(&mut rows) {
        row.values = combinations.values(keys.len(), at);
    }
    Pivot { rows, total: total(profile, &present) }
}

/// Of the groups at `indices` those that have something, or had a minute ago.
pub(super) fn present(profile: &Profile, indices: &[u32]) -> Vec<u32> {
    let has_been = |at: &u32| {
        profile.groups.get(*at as usize).is_some_and(|group| {
            is_there(group) || group.count_minute_ago > 0 || group.live_bytes_minute_ago > 0
        })
    };
    indices.iter().copied().filter(has_been).collect()
}

/// A row for each combination that the groups at `indices` have, without its values.
pub(super) fn rows(profile: &Profile, indices: &[u32], level: &Level) -> Vec<Row> {
    let mut rows: Vec<Row> =
        Members::divided(indices, level).map(|members| Row { members, ..Row::default() }).collect();
    for row in &mut rows {
        for group in row.members.iter().filter_map(|&at| profile.groups.get(at as usize)) {
            row.sum.add_group(group);
        }
        finish(row, profile);
    }
    rows
}

/// What the groups at `indices` add up to.
pub(super) fn total(profile: &Profile, indices: &[u32]) -> Sum {
    let mut total = Sum::default();
    for group in indices.iter().filter_map(|&at| profile.groups.get(at as usize)) {
        total.add_group(group);
    }
    add_origins(&mut total, profile, indices.iter());
    total
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
