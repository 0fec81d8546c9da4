//! Who wakes a group: the edges of the wake graph that end in it.

use std::cmp::Reverse;
use std::sync::Arc;

use taskscope_proto::model::{Group, Origin, Profile, Waker};

use super::numbers::counted;
use super::{Key, Value};

/// Origins that are kept apart when the wakers of many groups come together.
const MOST_WAKERS: usize = 64;

/// Where the wakes of some tasks come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waking {
    /// How many tasks were woken last from there.
    pub tasks: u64,
    /// The tasks that did it, by their spawn location and labels; `None`: no tracked task (a
    /// timer, the I/O driver, another thread), or they were never woken.
    pub by: Option<Arc<Origin>>,
    /// Where most of those that are stuck wait themselves, and how many do.
    pub stuck_at: Option<(Value, u64)>,
}

/// Where the wakes of a group's tasks come from, most tasks first. Origins that are gone are left
/// out.
pub fn wakings(profile: &Profile, wakers: &[Waker]) -> Vec<Waking> {
    let waking = |waker: &Waker| {
        let by = match waker.origin {
            None => None,
            Some(id) => Some(profile.origin(id)?),
        };
        let stuck = by.and_then(|origin| most_stuck(profile, origin));
        let stuck_at = stuck.map(|group| {
            let origin = by.map(|origin| &**origin);
            (Key::AwaitPoint.value(group, origin), group.stuck)
        });
        Some(Waking { tasks: waker.tasks, by: by.cloned(), stuck_at })
    };
    wakers.iter().filter_map(waking).collect()
}

/// Who woke most of these `tasks` last, and whether that was more than half of them:
/// `task=pump (spawned at src/pump.rs:3:5), itself stuck at src/pump.rs:40:33 (4 tasks)`. Nothing
/// where no task woke any.
pub fn woken_by(wakings: &[Waking], tasks: u64) -> Option<(String, bool)> {
    let waking = wakings.iter().find(|waking| waking.by.is_some())?;
    let by = waking.by.as_deref()?;
    let usually = waking.tasks.saturating_mul(2) > tasks;
    let stuck = waking
        .stuck_at
        .as_ref()
        .map(|(place, stuck)| format!(", itself stuck at {place} ({})", counted(*stuck, "task")));
    let place = &by.spawned_at;
    let who = if by.labels.is_empty() {
        format!("a task spawned at {place}")
    } else {
        format!("{} (spawned at {place})", by.labels)
    };
    Some((format!("{who}{}", stuck.unwrap_or_default()), usually))
}

/// The wakers of several groups as one list, most tasks first.
pub(crate) fn together<'a>(groups: impl Iterator<Item = &'a Group>) -> Vec<Waker> {
    let mut all: Vec<Waker> = Vec::new();
    for waker in groups.flat_map(|group| &group.wakers) {
        if let Some(known) = all.iter_mut().find(|known| known.origin == waker.origin) {
            known.tasks = known.tasks.saturating_add(waker.tasks);
        } else if all.len() < MOST_WAKERS {
            all.push(*waker);
        }
    }
    all.sort_by_key(|waker| (Reverse(waker.tasks), waker.origin));
    all
}

fn most_stuck<'a>(profile: &'a Profile, origin: &Origin) -> Option<&'a Group> {
    let groups = profile.groups.iter().map(|group| &**group);
    groups.filter(|group| group.origin == origin.id && group.stuck > 0).max_by_key(|g| g.stuck)
}

#[cfg(test)]
mod tests {
    use taskscope_proto::model::OriginId;

    use super::*;
    use crate::fixture;

    #[test]
    fn who_wakes_may_be_stuck_itself_and_may_be_nobody() {
        let profile = fixture::profile(&[
            "8 parked stuck=8 task=a @ src/a.rs:41 mpsc_recv < src/m.rs:1",
            "2 parked stuck=1 task=b @ src/b.rs:7 mutex < src/m.rs:2",
            "5 parked stuck=3 task=b @ src/b.rs:9 notify < src/m.rs:2",
        ]);
        let by = profile.groups[1].origin;
        let wakers = [
            Waker { origin: Some(by), tasks: 6 },
            Waker { origin: Some(OriginId(999)), tasks: 1 },
            Waker { origin: None, tasks: 1 },
        ];
        let found = wakings(&profile, &wakers);
        let [task, nobody] = &found[..] else { panic!("{found:?}") };
        assert_eq!((task.tasks, task.by.as_ref().map(|origin| origin.id)), (6, Some(by)));
        let (place, stuck) = task.stuck_at.as_ref().expect("stuck");
        assert_eq!((place.to_string(), *stuck), ("src/b.rs:9:1".to_owned(), 3));
        assert_eq!(*nobody, Waking { tasks: 1, by: None, stuck_at: None });
    }

    #[test]
    fn who_woke_most_is_said_with_and_without_labels() {
        let check = |line: &str, expected: &str| {
            let profile = fixture::profile(&[line]);
            let origin = Some(profile.groups[0].origin);
            let found = wakings(&profile, &[Waker { origin, tasks: 6 }]);
            assert_eq!(woken_by(&found, 8), Some((expected.to_owned(), true)));
        };
        check(
            "8 parked stuck=8 task=a @ src/a.rs:41 mpsc_recv < src/m.rs:1",
            "task=a (spawned at src/m.rs:1:1), itself stuck at src/a.rs:41:1 (8 tasks)",
        );
        check("8 parked @ src/a.rs:41 mpsc_recv < src/m.rs:1", "a task spawned at src/m.rs:1:1");
    }
}
