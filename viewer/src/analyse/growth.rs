//! Who makes the heap grow, in a sentence: of what came in the last minute most is held by the tasks
//! of one line, or was left by them.

use std::cmp::Reverse;

use rustc_hash::FxHashMap;
use taskscope_proto::model::{Group, GroupId, Held, Label, Labels, Location, OriginId, Profile};

use super::allocations::{allocations, allocations_of};
use super::holding::{difference, has_grown};
use super::numbers::{bytes, counted};
use super::process::PROCESS;

/// Before its first minute is over, everything in a process has grown from nothing.
const YOUNG_MS: u64 = 60_000;
/// Growth of a minute that is worth a line: so many bytes, and this part of all that tasks hold.
const LEAST_BYTES: u64 = 4 << 20;
const LEAST_PART: u64 = 50;

/// The tasks of one line that what they hold has grown of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Growth {
    /// The tasks, by their labels.
    pub tasks: String,
    /// How many label sets they have: `tasks` is what these share.
    pub sets: usize,
    /// How many live.
    pub count: u64,
    /// Bytes that came in the last minute.
    pub grown: u64,
    /// What they hold by now, or have left.
    pub held: Held,
    /// The service's own line that allocated most of it, where that is known.
    pub allocated_at: Option<Location>,
    /// The group that has most of it.
    pub most: GroupId,
}

impl Growth {
    /// The tasks, by what they are called.
    pub fn name(&self) -> &str {
        if self.tasks.is_empty() { "tasks without labels" } else { &self.tasks }
    }

    /// `+40 MiB in the last minute; 200 MiB held by 12 tasks, allocated at src/a.rs:41:9`.
    pub fn words(&self) -> String {
        let grown = bytes(self.grown);
        let Held { live_bytes, outlived_bytes: left, .. } = self.held;
        let have = if is_left(&self.held) {
            format!("{} left by tasks that have ended", bytes(left))
        } else {
            let tasks = counted(self.count, "task");
            format!("{} held by {tasks}", bytes(live_bytes.saturating_sub(left)))
        };
        let sets = match self.sets {
            ..2 => String::new(),
            sets => format!(", of {sets} label sets"),
        };
        let at = self.allocated_at.as_ref().map(|at| format!(", allocated at {at}"));
        format!("+{grown} in the last minute; {have}{sets}{}", at.unwrap_or_default())
    }
}

/// Whether most of it was left by tasks that have ended.
fn is_left(held: &Held) -> bool {
    held.outlived_bytes >= held.live_bytes / 2
}

/// What tasks have of the heap, whatever they do.
#[derive(Clone, Copy, Default)]
struct Share<'a> {
    held: Held,
    before: u64,
    count: u64,
    most: Option<&'a Group>,
}

impl<'a> Share<'a> {
    fn add(&mut self, group: &'a Group) {
        self.held = self.held.and(group.held);
        self.before = self.before.saturating_add(group.live_bytes_minute_ago);
        self.count = self.count.saturating_add(group.count);
        let most = self.most.map_or(0, |most| most.held.live_bytes);
        if group.held.live_bytes > most {
            self.most = Some(group);
        }
    }

    fn grown(&self) -> i64 {
        difference(self.held.live_bytes, self.before)
    }
}

/// The tasks that are spawned at one line, and had the heap grow the most in the last minute; `None`
/// where none did by more than is known for sure and is worth a line.
pub fn growth(profile: &Profile) -> Option<Growth> {
    let heap = profile.header.heap.as_ref()?;
    if profile.header.now_ms < YOUNG_MS {
        return None;
    }
    let least = LEAST_BYTES.max(heap.held.live_bytes / LEAST_PART);
    // Tasks go from state to state and line to line, and their bytes with them: what they hold has
    // not grown by that.
    let mut by_origin: FxHashMap<OriginId, Share<'_>> = FxHashMap::default();
    for group in holding(profile) {
        by_origin.entry(group.origin).or_default().add(group);
    }
    // What two processes have alike grows in two places all the same.
    let mut by_line: FxHashMap<_, (Share<'_>, Vec<OriginId>)> = FxHashMap::default();
    for (id, share) in by_origin {
        if let Some(origin) = profile.origin(id) {
            let line = (&origin.spawned_at, origin.labels.get(PROCESS));
            let (sum, origins) = by_line.entry(line).or_default();
            sum.held = sum.held.and(share.held);
            sum.before = sum.before.saturating_add(share.before);
            origins.push(id);
        }
    }
    let is_worth_it = |share: &Share<'_>| {
        u64::try_from(share.grown()).is_ok_and(|grown| grown >= least)
            && has_grown(share.grown(), &share.held)
    };
    let lines = by_line.into_iter().filter(|(_, (share, _))| is_worth_it(share));
    let (_, (share, origins)) = lines.max_by_key(|(line, (share, _))| (share.grown(), *line))?;
    say(profile, u64::try_from(share.grown()).ok()?, &origins)
}

fn holding(profile: &Profile) -> impl Iterator<Item = &Group> {
    let holds = |group: &&Group| group.held.live_bytes > 0 || group.live_bytes_minute_ago > 0;
    profile.groups.iter().map(|group| &**group).filter(holds)
}

/// Names one label set where most of it is that one's, and what all have in common where not.
fn say(profile: &Profile, sum: u64, origins: &[OriginId]) -> Option<Growth> {
    // An origin has the labels of whoever spawned there; its tasks may have others.
    let mut by_labels: FxHashMap<&Labels, Share<'_>> = FxHashMap::default();
    for group in holding(profile).filter(|group| origins.contains(&group.origin)) {
        by_labels.entry(&group.labels).or_default().add(group);
    }
    let mut shares: Vec<(&Labels, Share<'_>)> = by_labels.into_iter().collect();
    shares.retain(|(_, share)| share.grown() > 0);
    shares.sort_unstable_by_key(|(labels, share)| (Reverse(share.grown()), *labels));
    let (_, worst) = shares.first()?;
    let (first, most) = (u64::try_from(worst.grown()).ok()?, worst.most?);
    let is_one = first >= sum / 4 * 3;
    if is_one {
        shares.truncate(1);
    }
    let mut together = Share::default();
    for (_, share) in &shares {
        together.held = together.held.and(share.held);
        together.count = together.count.saturating_add(share.count);
    }
    let common = |label: &&Label| {
        shares.iter().all(|(labels, _)| labels.get(&label.key) == Some(&label.value))
    };
    let (labels, _) = shares.first()?;
    let tasks = Labels::new(labels.iter().filter(common).cloned()).to_string();
    let found = if is_one {
        allocations(profile, most)
    } else {
        allocations_of(profile, origins, is_left(&together.held))
    };
    let stack = found.first().and_then(|found| found.site.stack.as_ref());
    Some(Growth {
        tasks,
        sets: shares.len(),
        count: together.count,
        grown: if is_one { first } else { sum },
        held: together.held,
        allocated_at: stack.and_then(|stack| stack.await_point.as_ref()?.location.clone()),
        most: most.id,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    const MIB: u64 = 1 << 20;

    /// Groups as `count state has MiB, had MiB, error MiB, labels`, all spawned at one line.
    fn profile(groups: &[(u64, &str, u64, u64, u64, &str)]) -> Profile {
        let line = |(count, state, has, had, error, labels): &(u64, &str, u64, u64, u64, &str)| {
            let left = if *state == "finished" { *has } else { 0 };
            format!(
                "{count} {state} live={} livewas={} left={} error={} {labels} < src/a.rs:1",
                has * MIB,
                had * MIB,
                left * MIB,
                error * MIB
            )
        };
        let lines: Vec<String> = groups.iter().map(line).collect();
        fixture::profile(&lines.iter().map(String::as_str).collect::<Vec<_>>())
    }

    #[track_caller]
    fn check(profile: &Profile, expected: &str) {
        let found = growth(profile);
        let words = found.map(|found| format!("{}: {}", found.name(), found.words()));
        assert_eq!(words.unwrap_or_default(), expected);
    }

    #[test]
    fn what_ended_tasks_left_is_told_with_the_line_that_allocated_it() {
        let mut profile = profile(&[
            (0, "finished", 200, 30, 18, "task=search tenant=t17"),
            (2, "parked", 7, 7, 1, "task=search tenant=t17"),
            (0, "finished", 1, 0, 1, "task=search tenant=t1"),
            (3, "parked", 90, 90, 9, "task=other"),
        ]);
        check(
            &profile,
            "task=search tenant=t17: +170 MiB in the last minute; 200 MiB left by tasks that have ended",
        );
        profile.heap_sites = fixture::sites(&[
            "1 live=100 left=100 of=1 task=search tenant=t17 @ src/main.rs:1 src/a.rs:40",
            "2 live=900 left=900 of=1 task=search tenant=t17 @ src/main.rs:1 src/a.rs:41",
        ]);
        check(
            &profile,
            "task=search tenant=t17: +170 MiB in the last minute; 200 MiB left by tasks that have \
             ended, allocated at src/a.rs:41:1",
        );
        assert_eq!(growth(&profile).map(|found| found.most), Some(GroupId(1)));
        profile.header.now_ms = YOUNG_MS - 1;
        check(&profile, "");
    }

    #[test]
    fn tasks_are_named_by_their_own_labels_and_not_by_those_of_whoever_spawned_them() {
        let mut profile = profile(&[
            (0, "finished", 200, 30, 18, "task=search tenant=t17"),
            (0, "finished", 9, 9, 1, "task=search tenant=t1"),
        ]);
        // Both were spawned by one task, under its labels.
        let mut origin = taskscope_proto::model::Origin::clone(&profile.origins[0]);
        origin.labels = Labels::new([Label { key: "task".into(), value: "listener".into() }]);
        profile.origins = vec![std::sync::Arc::new(origin)];
        for group in &mut profile.groups {
            std::sync::Arc::make_mut(group).origin = OriginId(1);
        }
        check(
            &profile,
            "task=search tenant=t17: +170 MiB in the last minute; 200 MiB left by tasks that have ended",
        );
    }

    #[test]
    fn tasks_that_go_from_state_to_state_make_nothing_grow() {
        check(
            &profile(&[(9, "parked", 100, 0, 5, "task=a"), (0, "running", 0, 100, 0, "task=a")]),
            "",
        );
    }

    #[test]
    fn label_sets_that_grow_alike_are_one_line() {
        let tenants: Vec<String> =
            (0..5).map(|tenant| format!("task=req tenant=t{tenant}")).collect();
        let mut groups: Vec<_> =
            tenants.iter().map(|labels| (10, "parked", 20, 10, 2, &**labels)).collect();
        // One that shrank is none of those that grew.
        groups.push((1, "parked", 10, 12, 1, "task=req tenant=t9"));
        check(
            &profile(&groups),
            "task=req: +48 MiB in the last minute; 100 MiB held by 50 tasks, of 5 label sets",
        );
    }

    #[test]
    fn what_is_within_the_error_or_next_to_nothing_is_not_told() {
        // Within the error; too few bytes; too small a part of what is held.
        for (has, had, error) in [(100, 90, 11), (13, 10, 1), (1_000, 985, 1)] {
            check(&profile(&[(9, "parked", has, had, error, "task=a")]), "");
        }
        check(
            &profile(&[(1, "parked", 100, 90, 9, "")]),
            "tasks without labels: +10 MiB in the last minute; 100 MiB held by 1 task",
        );
    }

    #[test]
    fn without_a_heap_nothing_is_known_to_grow() {
        let mut without = profile(&[(9, "parked", 100, 0, 5, "task=a")]);
        without.header.heap = None;
        check(&without, "");
        let mut nobody = profile(&[(9, "parked", 100, 0, 5, "task=a")]);
        nobody.origins.clear();
        check(&nobody, "");
        assert!(growth(&Profile::default()).is_none());
    }
}
