//! What is the matter, in words: the worst groups, one line for all that wait at one place and were
//! spawned at one.

use std::cmp::Reverse;
use std::sync::Arc;

use taskscope_proto::model::{Class, Group, Labels, Location, Profile, State};

use super::table::Making;
use crate::analyse::{PROCESS, chain};
use crate::screen::Trouble;

/// As many as one can take in at a glance.
const MOST: usize = 3;
/// Groups that are looked through for those that belong together.
const LOOKED_AT: usize = 1_000;

/// Groups with one trouble: the worst of them, and how many tasks it is about in all.
struct Case<'a> {
    place: Place<'a>,
    worst: &'a Group,
    labels: Labels,
    sets: usize,
    tasks: u64,
    since_ms: u64,
}

/// What groups with one trouble have in common.
type Place<'a> = (Class, State, Option<&'a Location>, Option<&'a Location>, Option<&'a Arc<str>>);

/// The worst groups with a verdict worse than normal.
pub(super) fn troubles(making: &Making<'_>) -> Vec<Trouble> {
    let profile = making.profile;
    let judged = profile.groups.iter().map(|group| &**group);
    let judged = judged.filter(|group| group.count > 0 && group.verdict.class > Class::Normal);
    let mut worst: Vec<&Group> = judged.collect();
    worst.sort_unstable_by_key(|group| {
        (Reverse((group.verdict.class, group.verdict.points)), group.id)
    });
    let mut cases: Vec<Case<'_>> = Vec::new();
    for group in worst.into_iter().take(LOOKED_AT) {
        let place = place(profile, group);
        let has_room = cases.len() < MOST;
        match cases.iter_mut().find(|case| case.place == place) {
            Some(case) => case.add(group),
            None if has_room => cases.push(Case::new(place, group)),
            None => {}
        }
    }
    cases.iter().map(|case| trouble(making, case)).collect()
}

fn place<'a>(profile: &'a Profile, group: &'a Group) -> Place<'a> {
    let point = group.tree.as_deref().and_then(|tree| tree.await_point.as_deref());
    let spawned_at = profile.origin(group.origin).map(|origin| &origin.spawned_at);
    let waits_at = point.and_then(|frame| frame.location.as_ref());
    // What two processes have alike is two troubles all the same.
    (group.verdict.class, group.state, spawned_at, waits_at, group.labels.get(PROCESS))
}

impl<'a> Case<'a> {
    fn new(place: Place<'a>, worst: &'a Group) -> Self {
        let verdict = &worst.verdict;
        Self {
            place,
            worst,
            labels: worst.labels.clone(),
            sets: 1,
            tasks: verdict.tasks,
            since_ms: verdict.since_ms,
        }
    }

    fn add(&mut self, group: &Group) {
        self.tasks = self.tasks.saturating_add(group.verdict.tasks);
        self.since_ms = self.since_ms.min(group.verdict.since_ms);
        // Detached tasks are another group, and no other labels.
        if group.labels != self.worst.labels {
            let shared = |label: &&taskscope_proto::model::Label| {
                group.labels.get(&label.key) == Some(&label.value)
            };
            self.labels = Labels::new(self.labels.iter().filter(shared).cloned());
            self.sets += 1;
        }
    }
}

fn trouble(making: &Making<'_>, case: &Case<'_>) -> Trouble {
    let group = case.worst;
    let links = chain(making.profile, group);
    Trouble {
        class: group.verdict.class,
        tasks: case.labels.to_string(),
        sets: case.sets,
        count: case.tasks,
        reason: group.verdict.reason.clone(),
        root: links.last().filter(|_| links.len() > 1).map(|link| link.text.clone()),
        since_ms: case.since_ms,
        row: making.row_of(group.id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn what_differs_in_labels_only_is_one_trouble() {
        let mut profile = fixture::profile(&[
            "9 parked task=audit tenant=a @ src/a.rs:1 mutex < src/m.rs:1",
            "7 parked task=audit tenant=b @ src/a.rs:1 mutex < src/m.rs:1",
            "5 parked task=other @ src/b.rs:1 mutex < src/m.rs:2",
            "3 parked task=fine @ src/c.rs:1 mutex < src/m.rs:3",
        ]);
        for (at, points) in [(0, 90), (1, 70), (2, 80)] {
            let group = Arc::make_mut(&mut profile.groups[at]);
            group.verdict.class = Class::Suspect;
            group.verdict.tasks = group.count;
            group.verdict.points = points;
        }
        let making =
            Making { profile: &profile, keys: Vec::new(), matching: vec![0, 1], then: None };
        let found = troubles(&making);
        let found: Vec<_> = found.iter().map(|t| (&*t.tasks, t.sets, t.count)).collect();
        assert_eq!(found, [("task=audit", 2, 16), ("task=other", 1, 5)]);
    }

    #[test]
    fn what_two_processes_have_alike_is_two_troubles() {
        let mut profile = fixture::profile(&[
            "9 parked process=a task=audit class=suspect @ src/a.rs:1 mutex < src/m.rs:1",
            "7 parked process=b task=audit class=suspect @ src/a.rs:1 mutex < src/m.rs:1",
        ]);
        for group in &mut profile.groups {
            let group = Arc::make_mut(group);
            (group.verdict.tasks, group.verdict.points) = (group.count, group.count);
        }
        let making =
            Making { profile: &profile, keys: Vec::new(), matching: vec![0, 1], then: None };
        let found = troubles(&making);
        let found: Vec<_> = found.iter().map(|t| (&*t.tasks, t.count)).collect();
        assert_eq!(found, [("process=a task=audit", 9), ("process=b task=audit", 7)]);
    }
}
