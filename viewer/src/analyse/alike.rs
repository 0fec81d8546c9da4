//! Groups that are one matter: they wait at one place for one thing, were spawned at one place and
//! are judged alike. What differs in labels alone is told once.

use std::cmp::Reverse;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use taskscope_proto::limits::MAX_BLOCKERS;
use taskscope_proto::model::{
    Blocker, Class, Group, GroupId, Labels, Location, OriginId, Profile, State, WaitKind,
};

use super::Whole;
use super::holding::is_there;

/// Groups that are one matter.
#[derive(Clone, Debug)]
pub struct Alike {
    /// All of them as one group, with the labels that they share, under the id of the worst.
    pub whole: Whole,
    /// Which groups they are.
    pub members: Vec<GroupId>,
    /// Their labels and how many tasks have them, most tasks first.
    pub label_sets: Vec<(Labels, u64)>,
    /// Where and with which labels they were spawned, that of the worst first.
    pub origins: Vec<OriginId>,
}

/// What they have in common.
type Key<'a> = (Class, State, bool, Option<&'a Location>, Option<&'a Location>, &'a [WaitKind]);

/// All that there is, most suspicious first: by class, points, then the most tasks, then the oldest.
pub fn alike(profile: &Profile) -> Vec<Alike> {
    let mut groups: Vec<&Arc<Group>> = profile.groups.iter().filter(|g| is_there(g)).collect();
    groups.sort_unstable_by_key(|group| {
        let verdict = &group.verdict;
        (Reverse((verdict.class, verdict.points, group.count)), group.id)
    });
    let mut places: FxHashMap<Key<'_>, usize> = FxHashMap::default();
    let mut matters: Vec<Matter<'_>> = Vec::new();
    for group in groups {
        match places.entry(key(profile, group)) {
            Entry::Vacant(place) => {
                place.insert(matters.len());
                matters.push(Matter::new(group));
            }
            Entry::Occupied(place) => {
                if let Some(matter) = matters.get_mut(*place.get()) {
                    matter.add(group);
                }
            }
        }
    }
    let mut found: Vec<Alike> = matters.into_iter().map(Matter::finish).collect();
    found.sort_by_cached_key(|Alike { whole: Whole { group, .. }, .. }| {
        let verdict = Reverse((group.verdict.class, group.verdict.points));
        (verdict, Reverse(group.count), group.oldest_since_ms, group.id)
    });
    found
}

fn key<'a>(profile: &'a Profile, group: &'a Group) -> Key<'a> {
    let tree = group.tree.as_deref();
    let point = tree.and_then(|tree| tree.await_point.as_deref());
    (
        group.verdict.class,
        group.state,
        group.tracked,
        profile.origin(group.origin).map(|origin| &origin.spawned_at),
        point.and_then(|frame| frame.location.as_ref()),
        tree.map_or(&[], |tree| &tree.wait_kinds),
    )
}

/// A matter on its way.
struct Matter<'a> {
    whole: Whole,
    members: Vec<GroupId>,
    sets: FxHashMap<&'a Labels, u64>,
    origins: Vec<OriginId>,
    known_origins: FxHashSet<OriginId>,
}

impl<'a> Matter<'a> {
    fn new(worst: &'a Arc<Group>) -> Self {
        Self {
            whole: Whole::new(worst),
            members: vec![worst.id],
            sets: std::iter::once((&worst.labels, worst.count)).collect(),
            origins: vec![worst.origin],
            known_origins: std::iter::once(worst.origin).collect(),
        }
    }

    fn add(&mut self, group: &'a Group) {
        self.whole.add(group);
        self.members.push(group.id);
        let tasks = self.sets.entry(&group.labels).or_insert_with(|| {
            let shared = self.whole.group.labels.iter();
            let shared = shared.filter(|label| group.labels.get(&label.key) == Some(&label.value));
            self.whole.group.labels = Labels::new(shared.cloned());
            0
        });
        *tasks = tasks.saturating_add(group.count);
        if self.known_origins.insert(group.origin) {
            self.origins.push(group.origin);
        }
    }

    fn finish(self) -> Alike {
        let Self { mut whole, members, sets, origins, .. } = self;
        whole.group.blockers = together(std::mem::take(&mut whole.group.blockers));
        whole.finish();
        let mut label_sets: Vec<(Labels, u64)> =
            sets.into_iter().map(|(labels, tasks)| (labels.clone(), tasks)).collect();
        label_sets.sort_by_cached_key(|(labels, tasks)| (Reverse(*tasks), labels.to_string()));
        Alike { whole, members, label_sets, origins }
    }
}

/// What several groups wait for is one thing.
fn together(blockers: Vec<Blocker>) -> Vec<Blocker> {
    let mut all: Vec<Blocker> = Vec::new();
    for blocker in blockers {
        let is_same = |known: &&mut Blocker| {
            (&known.kind, &known.made_at, known.relation, known.holder)
                == (&blocker.kind, &blocker.made_at, blocker.relation, blocker.holder)
        };
        if let Some(known) = all.iter_mut().find(is_same) {
            known.tasks = known.tasks.saturating_add(blocker.tasks);
            known.holders = known.holders.max(blocker.holders);
            known.since_ms = known.since_ms.min(blocker.since_ms);
        } else if all.len() < 8 * MAX_BLOCKERS {
            all.push(blocker);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use taskscope_proto::model::{Holder, Relation};

    use super::*;
    use crate::fixture;

    #[test]
    fn what_differs_in_labels_alone_is_one_matter() {
        let mut profile = fixture::profile(&[
            "9 parked class=suspect about=9 points=90 was=1 age=5 task=audit tenant=a \
             @ src/a.rs:1 mutex < src/m.rs:1",
            "7 parked class=suspect about=7 points=70 was=2 age=8 task=audit tenant=b \
             @ src/a.rs:1 mutex < src/m.rs:1",
            "5 parked class=slow about=5 points=50 task=audit tenant=c @ src/a.rs:1 mutex < src/m.rs:1",
            "3 parked task=audit tenant=a @ src/a.rs:1 notify < src/m.rs:1",
            "2 parked class=suspect about=2 points=20 task=audit tenant=a \
             @ src/a.rs:2 mutex < src/m.rs:1",
            "1 parked class=suspect about=1 points=99 task=audit tenant=a \
             @ src/a.rs:1 mutex < src/m.rs:2",
        ]);
        for (at, tasks) in [(0, 9), (1, 7)] {
            Arc::make_mut(&mut profile.groups[at]).blockers = vec![Blocker {
                kind: WaitKind::Mutex,
                made_at: None,
                tasks,
                relation: Relation::Holds,
                since_ms: 4,
                holder: Some(Holder { task: 3, group: None, ended: true }),
                holders: 1,
            }];
        }
        let found = alike(&profile);
        let facts: Vec<_> = found
            .iter()
            .map(|one| {
                (one.whole.group.count, one.whole.group.labels.to_string(), one.label_sets.len())
            })
            .collect();
        let tenant = "task=audit tenant=";
        assert_eq!(
            facts,
            [
                (16, "task=audit".to_owned(), 2),
                (1, format!("{tenant}a"), 1),
                (2, format!("{tenant}a"), 1),
                (5, format!("{tenant}c"), 1),
                (3, format!("{tenant}a"), 1),
            ]
        );
        let Alike { whole, members, label_sets, origins } = &found[0];
        assert_eq!(*members, [GroupId(1), GroupId(2)]);
        assert_eq!((label_sets[0].1, label_sets[1].1, origins.len()), (9, 7, 2));
        let group = &whole.group;
        let oldest = (fixture::NOW_MS - group.oldest_since_ms) / 1_000;
        assert_eq!((group.id, group.count_minute_ago, oldest), (GroupId(1), 3, 8));
        assert_eq!((group.verdict.tasks, group.verdict.points), (16, 160));
        assert_eq!(group.blockers.len(), 1);
        assert_eq!(group.blockers[0].tasks, 16);
    }
}
