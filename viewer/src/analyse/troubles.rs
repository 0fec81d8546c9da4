//! What is the matter, in words: the worst groups, one line for all that wait at one place and were
//! spawned at one.

use std::cmp::Reverse;
use std::sync::Arc;

use rustc_hash::FxHashSet;
use taskscope_proto::model::{Class, Group, GroupId, Labels, Location, Profile, State};

use super::blame::chain;
use super::numbers::counted;
use super::process::PROCESS;

/// More than one can take in at a glance.
const MOST: usize = 6;
/// Groups that are looked through for those that belong together.
const LOOKED_AT: usize = 1_000;

/// Something that is the matter, in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// How bad it is.
    pub class: Class,
    /// The tasks, by their labels.
    pub tasks: String,
    /// How many label sets they have: `tasks` is what these share.
    pub sets: usize,
    /// How many tasks it is about.
    pub count: u64,
    /// Why, in a sentence.
    pub reason: Arc<str>,
    /// Who is at the root of it, if it is somebody else.
    pub root: Option<String>,
    /// Since when, agent's clock.
    pub since_ms: u64,
    /// The worst of its groups.
    pub worst: GroupId,
}

impl Trouble {
    /// The tasks, by what they are called.
    pub fn name(&self) -> &str {
        if self.tasks.is_empty() { "tasks without labels" } else { &self.tasks }
    }

    /// What is the matter with them, and who is at the root of it. `since`: for how long.
    pub fn words(&self, since: &str) -> String {
        // The sentence has its own numbers; of the past there is none.
        let words = match &*self.reason {
            "" => format!("for {since}, {}", counted(self.count, "task")),
            reason if self.sets > 1 => {
                let (tasks, sets) = (counted(self.count, "task"), self.sets);
                format!("{tasks} of {sets} label sets, for {since}. Of the largest: {reason}")
            }
            reason => format!("for {since}: {reason}"),
        };
        match &self.root {
            Some(root) => format!("{words}. At the root: {root}"),
            None => words,
        }
    }
}

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

/// The worst groups with a verdict worse than normal, and at how many places more there are such.
pub fn troubles(profile: &Profile) -> (Vec<Trouble>, usize) {
    let judged = profile.groups.iter().map(|group| &**group);
    let judged = judged.filter(|group| group.count > 0 && group.verdict.class > Class::Normal);
    let mut worst: Vec<&Group> = judged.collect();
    worst.sort_unstable_by_key(|group| {
        (Reverse((group.verdict.class, group.verdict.points)), group.id)
    });
    let mut cases: Vec<Case<'_>> = Vec::new();
    let mut others: FxHashSet<Place<'_>> = FxHashSet::default();
    for (at, group) in worst.into_iter().enumerate() {
        let place = place(profile, group);
        let has_room = cases.len() < MOST;
        match cases.iter_mut().find(|case| case.place == place) {
            Some(case) if at < LOOKED_AT => case.add(group),
            Some(_) => {}
            None if has_room => cases.push(Case::new(place, group)),
            None => drop(others.insert(place)),
        }
    }
    (cases.iter().map(|case| trouble(profile, case)).collect(), others.len())
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

fn trouble(profile: &Profile, case: &Case<'_>) -> Trouble {
    let group = case.worst;
    let links = chain(profile, group);
    Trouble {
        class: group.verdict.class,
        tasks: case.labels.to_string(),
        sets: case.sets,
        count: case.tasks,
        reason: group.verdict.reason.clone(),
        root: links.last().filter(|_| links.len() > 1).map(|link| link.text.clone()),
        since_ms: case.since_ms,
        worst: group.id,
    }
}

/// When, on the agent's clock, the first group got each class that is worse than normal, worst last.
pub fn onsets(profile: &Profile) -> Vec<(u64, Class)> {
    let judged = || profile.groups.iter().filter(|group| group.count > 0);
    let first = |class: Class| {
        let of_class = judged().map(|group| &group.verdict).filter(|v| v.class == class);
        of_class.map(|verdict| (verdict.since_ms, class)).min_by_key(|(since, _)| *since)
    };
    [Class::Slow, Class::Suspect, Class::Proven].into_iter().filter_map(first).collect()
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
        let (found, _) = troubles(&profile);
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
        let (found, _) = troubles(&profile);
        let found: Vec<_> = found.iter().map(|t| (&*t.tasks, t.count)).collect();
        assert_eq!(found, [("process=a task=audit", 9), ("process=b task=audit", 7)]);
    }

    #[test]
    fn a_trouble_in_words() {
        let check = |reason: &str, sets, root: Option<&str>, expected| {
            let trouble = Trouble {
                class: Class::Suspect,
                tasks: String::new(),
                sets,
                count: 12,
                reason: reason.into(),
                root: root.map(str::to_owned),
                since_ms: 0,
                worst: GroupId(1),
            };
            assert_eq!(
                (trouble.name(), &*trouble.words("3 s")),
                ("tasks without labels", expected)
            );
        };
        check("", 1, None, "for 3 s, 12 tasks");
        check("they pile up", 1, None, "for 3 s: they pile up");
        check(
            "they pile up",
            2,
            Some("task=b, running"),
            "12 tasks of 2 label sets, for 3 s. Of the largest: they pile up. At the root: task=b, \
             running",
        );
    }

    #[test]
    fn what_has_no_room_is_counted_by_place() {
        let lines: Vec<String> = (0..9)
            .flat_map(|line| {
                ["a", "b"].map(|tenant| {
                    format!("2 parked class=suspect points={line} about=2 task=t tenant={tenant} @ src/a.rs:{line} mutex < src/m.rs:1")
                })
            })
            .collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let (found, others) = troubles(&fixture::profile(&lines));
        assert_eq!((found.len(), found[0].sets, others), (MOST, 2, 9 - MOST));
        assert_eq!(troubles(&fixture::profile(&lines[..4])).1, 0);
    }
}
