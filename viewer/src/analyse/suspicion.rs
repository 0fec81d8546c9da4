//! How suspicious a row looks, from counts and ages alone.
//!
//! This is a first impression for the order of rows and their warmth, not a verdict: it knows
//! neither proofs nor survivors.

use std::cmp::Reverse;

use taskscope_proto::model::{Group, Header, Held, Profile, State, WaitKind};

use super::Whole;
use super::holding::{difference, has_grown};
use super::whole::whole_groups;

/// How suspicious a row is. Later means more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Heat {
    /// Nothing to see.
    #[default]
    Calm,
    /// It grows, and nothing in it is stuck (yet).
    Growing,
    /// Something in it is stuck.
    Stuck,
    /// Something in it is stuck, and it grows.
    Piling,
}

impl Heat {
    /// For people, and for those who do not see colours.
    pub fn words(self) -> &'static str {
        match self {
            Self::Calm => "calm",
            Self::Growing => "growing",
            Self::Stuck => "stuck",
            Self::Piling => "stuck and growing",
        }
    }

    /// The same, of tasks whose bytes grow.
    #[must_use]
    pub fn and_growing(self) -> Self {
        match self {
            Self::Calm | Self::Growing => Self::Growing,
            Self::Stuck | Self::Piling => Self::Piling,
        }
    }

    /// Judges counts: living tasks, those of them that count as stuck, and the growth in a minute.
    pub fn of(count: u64, suspicious: u64, growth: i64) -> Self {
        let enough = i64::try_from(count / 20).unwrap_or(i64::MAX).max(2);
        match (suspicious > 0, growth >= enough) {
            (false, false) => Self::Calm,
            (false, true) => Self::Growing,
            (true, false) => Self::Stuck,
            (true, true) => Self::Piling,
        }
    }
}

/// What speaks against some tasks, taken from numbers alone. It adds up over groups.
///
/// Two things count, task by task: being stuck, and there being more of them than a minute ago (in
/// a young process than at its start). Tasks that wait for what the service itself has to do (its
/// channels, locks, other tasks) or that do not wait at all count fully. Tasks that wait only for
/// the outside (a peer that sends, a caller, a timer) are what an idle service consists of: they
/// count a tenth, so they come before others only where they are ten times as many. Of them,
/// timers and listeners are never held to be stuck: their waits are what the code asks for.
///
/// Where the heap is sampled, bytes count as well: those that came in the last minute, if they are
/// more than the error, and a fiftieth of those that are held for sure. The whole heap weighs as
/// much as all tasks together, and as a thousand tasks at least.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Stuck on something of the service's own.
    pub own_stuck: u64,
    /// How many more of these there are than a minute ago.
    pub own_growth: i64,
    /// Stuck on input from outside.
    pub outside_stuck: u64,
    /// How many more there are that wait for the outside.
    pub outside_growth: i64,
    /// Bytes that are held for sure.
    pub held: u64,
    /// All bytes that are held, with their error.
    held_in_all: Held,
    /// How many more that is than a minute ago.
    pub held_growth: i64,
    /// What the whole heap weighs.
    pub heap: HeapWeight,
}

/// What bytes of the heap weigh beside tasks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeapWeight {
    bytes: u64,
    points: u64,
}

impl HeapWeight {
    /// In this profile.
    pub fn of(header: &Header) -> Self {
        let bytes = header.heap.map_or(0, |heap| heap.held.live_bytes);
        let tasks = header.totals.alive().max(LEAST_TASKS);
        Self { bytes, points: tasks.saturating_mul(OWN_POINTS) }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "float to int saturates, and nothing here is negative"
    )]
    fn weigh(self, held: u64, growth: i64) -> u64 {
        let growth = u64::try_from(growth).unwrap_or(0);
        let weighed = held as f64 / 50.0 + growth as f64;
        let share = weighed / self.bytes.max(1) as f64;
        (share.min(1.0) * self.points as f64) as u64
    }
}

/// As many tasks as the heap weighs at least.
const LEAST_TASKS: u64 = 1_000;

/// What a task counts that waits for the service's own things, in points.
const OWN_POINTS: u64 = 10;

impl Evidence {
    /// Takes one more group in.
    pub fn add(&mut self, group: &Group, heap: HeapWeight) {
        self.heap = heap;
        let held = group.held;
        let surely = held.live_bytes.saturating_sub(held.error_bytes);
        self.held = self.held.saturating_add(surely);
        self.held_in_all = self.held_in_all.and(held);
        let growth_of_bytes = difference(held.live_bytes, group.live_bytes_minute_ago);
        self.held_growth = self.held_growth.saturating_add(growth_of_bytes);
        let kinds = waits_for(group);
        if kinds.is_empty() || !kinds.iter().all(waits_outside) {
            self.own_stuck = self.own_stuck.saturating_add(group.stuck);
            self.own_growth = self.own_growth.saturating_add(growth(group));
            return;
        }
        self.outside_growth = self.outside_growth.saturating_add(growth(group));
        if kinds.contains(&WaitKind::IoRead) {
            self.outside_stuck = self.outside_stuck.saturating_add(group.stuck);
        }
    }

    /// Its weight. What shrinks is no better than what stands still.
    pub fn points(&self) -> u64 {
        let grown = |growth: i64| u64::try_from(growth).unwrap_or(0);
        let own = self.own_stuck.saturating_add(grown(self.own_growth));
        let outside = self.outside_stuck.saturating_add(grown(self.outside_growth));
        let has_grown = has_grown(self.held_growth, &self.held_in_all);
        let bytes = self.heap.weigh(self.held, if has_grown { self.held_growth } else { 0 });
        own.saturating_mul(OWN_POINTS).saturating_add(outside).saturating_add(bytes)
    }
}

/// Whether it is up to the world outside when such a wait ends: a timer, a caller, a peer.
pub fn waits_outside(kind: &WaitKind) -> bool {
    kind.is_timer() || matches!(kind, WaitKind::Accept | WaitKind::IoRead)
}

fn waits_for(group: &Group) -> &[WaitKind] {
    let tree = group.tree.as_ref().filter(|_| group.state == State::Parked);
    tree.map_or(&[], |tree| &tree.wait_kinds)
}

/// How many more tasks there are than a minute ago.
pub(super) fn growth(group: &Group) -> i64 {
    let growth = i128::from(group.count) - i128::from(group.count_minute_ago);
    i64::try_from(growth).unwrap_or(if growth < 0 { i64::MIN } else { i64::MAX })
}

/// The groups that have tasks, or of which bytes are left, most suspicious first: by [`Evidence`],
/// then the most tasks, then the oldest.
pub fn most_suspicious_first(profile: &Profile) -> Vec<Whole> {
    let mut groups = whole_groups(profile);
    let heap = HeapWeight::of(&profile.header);
    groups.sort_by_cached_key(|Whole { group, .. }| {
        let mut evidence = Evidence::default();
        evidence.add(group, heap);
        let points = Reverse(evidence.points());
        (points, Reverse(group.count), group.oldest_since_ms, group.id)
    });
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn heat_rises_from_growing_to_stuck_to_both() {
        for (count, stuck, growth, expected) in [
            (100, 0, 0, Heat::Calm),
            (100, 0, 4, Heat::Calm),
            (100, 0, 5, Heat::Growing),
            (3, 0, 1, Heat::Calm),
            (3, 1, 0, Heat::Stuck),
            (3, 1, -2, Heat::Stuck),
            (3, 1, 2, Heat::Piling),
        ] {
            assert_eq!(Heat::of(count, stuck, growth), expected, "{count} {stuck} {growth}");
        }
    }

    fn check(lines: &[&str], expected: &str) {
        let profile = fixture::profile(lines);
        let wholes = most_suspicious_first(&profile);
        let labels = wholes.iter().filter_map(|whole| whole.group.labels.iter().next());
        let order: Vec<&str> = labels.map(|label| &*label.value).collect();
        assert_eq!(order.join(" "), expected);
    }

    #[test]
    fn what_piles_up_comes_before_what_is_idle() {
        // The sample service after 15 s: nothing in the pile is stuck yet, its connections are.
        check(
            &[
                "6 parked stuck=6 was=0 t=connection @ src/a.rs:1 io_read < src/m.rs:1",
                "6 parked stuck=6 was=0 t=client @ src/a.rs:2 io_read < src/m.rs:2",
                "73 parked was=0 t=audit @ src/a.rs:3 mpsc_send < src/m.rs:3",
                "1 parked stuck=1 was=0 t=listener @ src/a.rs:4 accept < src/m.rs:4",
                "3 parked was=0 t=worker @ src/a.rs:5 mutex < src/m.rs:5",
                "1 parked was=0 t=metrics @ src/a.rs:6 interval < src/m.rs:6",
            ],
            "audit worker connection client listener metrics",
        );
        // An hour later: hundreds are stuck in it.
        check(
            &[
                "600 parked stuck=600 was=600 t=idle @ src/a.rs:1 io_read < src/m.rs:1",
                "900 parked stuck=500 was=200 t=audit @ src/a.rs:3 mpsc_send < src/m.rs:3",
                "5 parked stuck=5 was=9 t=locked @ src/a.rs:4 mutex < src/m.rs:4",
                "700 parked stuck=700 was=700 t=asleep @ src/a.rs:5 sleep < src/m.rs:5",
            ],
            "audit idle locked asleep",
        );
        // Connections that leak by the hundred are worse than a few that wait for a lock.
        check(
            &[
                "3 parked stuck=3 was=3 t=locked @ src/a.rs:1 mutex < src/m.rs:1",
                "500 parked was=100 t=leaks @ src/a.rs:2 io_read < src/m.rs:2",
                "0 parked was=90 t=gone @ src/a.rs:3 notify < src/m.rs:3",
                "9 running was=2 t=busy < src/m.rs:4",
            ],
            "leaks busy locked",
        );
    }

    #[test]
    fn moving_from_one_group_to_another_is_no_growth() {
        let profile = fixture::profile(&[
            "0 parked was=80 t=a @ src/a.rs:1 mutex < src/m.rs:1",
            "80 parked was=0 t=a @ src/a.rs:2 notify < src/m.rs:1",
        ]);
        let mut evidence = Evidence::default();
        let heap = HeapWeight::default();
        profile.groups.iter().for_each(|group| evidence.add(group, heap));
        assert_eq!(evidence.points(), 0);
    }
}
