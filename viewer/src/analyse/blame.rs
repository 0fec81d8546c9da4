//! Who could let tasks go on, and who is at the root of it, in words.

use std::time::Duration;

use taskscope_proto::model::{
    Blocker, Group, GroupId, Holder, Location, Profile, Relation, State, Tree, WaitKind,
};

use super::numbers::{age, counted};
use super::process::task_number;

/// One group on the way from those that wait to the one at the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// What it does, and what it has to do with the one before.
    pub text: String,
    /// The group; `None` if it is gone.
    pub group: Option<GroupId>,
}

/// What the tasks of a group wait for and who could let them go on: a line for each.
///
/// `mutex made at src/state.rs:12:9 (24 tasks): held by task 17 (task=audit) for 40 s, waiting at
/// src/audit.rs:41:37 for mpsc_send`.
pub fn blockers(profile: &Profile, blockers: &[Blocker]) -> Vec<String> {
    blockers.iter().map(|blocker| sentence(profile, blocker)).collect()
}

fn sentence(profile: &Profile, blocker: &Blocker) -> String {
    let mut text = thing(blocker);
    if blocker.tasks > 1 {
        text = format!("{text} ({})", counted(blocker.tasks, "task"));
    }
    let Some(holder) = blocker.holder else {
        return format!("{text}: {}", nobody(blocker));
    };
    let others = match blocker.holders {
        0 | 1 => String::new(),
        holders => format!(" and {} more", holders - 1),
    };
    let group = holder.group.and_then(|id| find(profile, id));
    let labels = group.map(name).map(|name| format!(" ({name})")).unwrap_or_default();
    let since = match blocker.since_ms {
        0 => String::new(),
        since => {
            let age = age(Duration::from_millis(profile.header.now_ms.saturating_sub(since)));
            if blocker.relation == Relation::Holds {
                format!(" for {age}")
            } else {
                format!(" {age} ago")
            }
        }
    };
    let does = match (group, holder.ended) {
        (_, true) => ", which has ended".to_owned(),
        (Some(group), false) => format!(", {}", does(group)),
        (None, false) => String::new(),
    };
    let relation = relation(blocker);
    format!("{text}: {relation} task {}{labels}{others}{since}{does}", task_number(holder.task))
}

/// The way from a group to the one at the root, the group itself first. Nothing where it waits for
/// nobody that is known.
pub fn chain(profile: &Profile, group: &Group) -> Vec<Link> {
    if group.chain.is_empty() {
        return Vec::new();
    }
    let tasks = counted(group.count, "task");
    let first = format!("{tasks} of {}, {}", name(group), does(group));
    let mut links = vec![Link { text: first, group: Some(group.id) }];
    let mut before = Some(group);
    for (at, id) in group.chain.iter().enumerate() {
        let seen = *id == group.id || group.chain.get(..at).is_some_and(|seen| seen.contains(id));
        let now = find(profile, *id);
        let blocker = before.and_then(|from| from.blockers.iter().find(|b| leads_to(b, *id)));
        let relation = match blocker {
            Some(blocker) => format!("{}, {}", thing(blocker), relation(blocker)),
            None => "usually woken by".to_owned(),
        };
        let text = match now {
            None => format!("{relation} tasks that are gone"),
            Some(now) if seen => format!("{relation} {}: a cycle", name(now)),
            Some(now) => format!("{relation} {}, {}", name(now), does(now)),
        };
        links.push(Link { text, group: now.map(|group| group.id) });
        before = now;
    }
    links
}

fn leads_to(blocker: &Blocker, to: GroupId) -> bool {
    blocker.holder.is_some_and(|holder: Holder| holder.group == Some(to))
}

pub(super) fn find(profile: &Profile, id: GroupId) -> Option<&Group> {
    let at = profile.groups.binary_search_by_key(&id, |group| group.id).ok()?;
    profile.groups.get(at).map(|group| &**group)
}

/// `mutex made at src/state.rs:12:9`.
pub(super) fn thing(blocker: &Blocker) -> String {
    match &blocker.made_at {
        Some(place) => format!("{} made at {place}", blocker.kind),
        None => blocker.kind.to_string(),
    }
}

pub(super) fn relation(blocker: &Blocker) -> &'static str {
    match (blocker.relation, &blocker.kind) {
        (Relation::Unknown, _) => "has to do with",
        (Relation::Holds, _) => "held by",
        (Relation::Joined, _) => "which is the end of",
        (Relation::Received, _) => "received last by",
        (Relation::Sent, WaitKind::Notify) => "notified last by",
        (Relation::Sent, _) => "sent to last by",
        (Relation::Made, _) => "made, and never used since, by",
    }
}

fn nobody(blocker: &Blocker) -> &'static str {
    match blocker.kind {
        WaitKind::Mutex | WaitKind::RwlockRead | WaitKind::RwlockWrite | WaitKind::OnceCell => {
            "no task is known to hold it"
        }
        WaitKind::Semaphore => "no task is known to hold a permit",
        _ => "no task is known to have used its other end",
    }
}

/// What the tasks of a group are called: their labels, or else what they do.
pub(super) fn name(group: &Group) -> String {
    if group.labels.is_empty() {
        "tasks without labels".to_owned()
    } else {
        group.labels.to_string()
    }
}

/// `waiting at src/audit.rs:41:37 for mpsc_send`.
pub(super) fn does(group: &Group) -> String {
    let place = |tree: &Tree| -> Option<Location> { tree.await_point.as_ref()?.location.clone() };
    let tree = group.tree.as_deref();
    let at = tree.and_then(place).map(|place| format!(" at {place}")).unwrap_or_default();
    match group.state {
        State::New => "never polled".to_owned(),
        State::Ready => "ready to run".to_owned(),
        State::Running => format!("running{at}"),
        State::Finished => "ended".to_owned(),
        State::Parked => {
            let kinds: Vec<String> =
                tree.iter().flat_map(|tree| &tree.wait_kinds).map(ToString::to_string).collect();
            let kinds =
                if kinds.is_empty() { String::new() } else { format!(" for {}", kinds.join(", ")) };
            format!("waiting{at}{kinds}")
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::fixture;

    fn profile() -> Profile {
        let mut profile = fixture::profile(&[
            "24 parked task=req @ src/req.rs:10 mutex < src/m.rs:1",
            "1 parked task=writer @ src/writer.rs:20 mpsc_send < src/m.rs:2",
            "1 running task=pump < src/m.rs:3",
        ]);
        let blocker = |kind, made_at, tasks, relation, since: u64, task, group| Blocker {
            kind,
            made_at: Some(fixture::place(made_at)),
            tasks,
            relation,
            since_ms: fixture::NOW_MS.saturating_sub(1_000 * since),
            holder: Some(Holder { task, group: Some(GroupId(group)), ended: false }),
            holders: 1,
        };
        let group = Arc::make_mut(&mut profile.groups[0]);
        group.blockers =
            vec![blocker(WaitKind::Mutex, "src/state.rs:3", 24, Relation::Holds, 40, 17, 2)];
        group.chain = vec![GroupId(2), GroupId(3)];
        let group = Arc::make_mut(&mut profile.groups[1]);
        group.blockers =
            vec![blocker(WaitKind::MpscSend, "src/main.rs:9", 1, Relation::Received, 90, 4, 3)];
        group.chain = vec![GroupId(3)];
        profile
    }

    #[test]
    fn a_lock_says_who_holds_it_since_when_and_what_that_one_does() {
        let profile = profile();
        let words = |at: usize| blockers(&profile, &profile.groups[at].blockers).join("|");
        assert_eq!(
            words(0),
            "mutex made at src/state.rs:3:1 (24 tasks): held by task 17 (task=writer) for 40 s, \
             waiting at src/writer.rs:20:1 for mpsc_send"
        );
        assert_eq!(
            words(1),
            "mpsc_send made at src/main.rs:9:1: received last by task 4 (task=pump) \
             1 m 30 s ago, running"
        );
    }

    #[test]
    fn what_nobody_is_known_to_hold_and_who_has_ended_are_said() {
        let mut profile = profile();
        let group = Arc::make_mut(&mut profile.groups[0]);
        let blocker = &mut group.blockers[0];
        (blocker.since_ms, blocker.tasks, blocker.holders) = (0, 1, 3);
        blocker.holder = Some(Holder { task: 17, group: None, ended: true });
        let words = |profile: &Profile| blockers(profile, &profile.groups[0].blockers).join("|");
        assert_eq!(
            words(&profile),
            "mutex made at src/state.rs:3:1: held by task 17 and 2 more, which has ended"
        );
        Arc::make_mut(&mut profile.groups[0]).blockers[0].holder = None;
        assert_eq!(words(&profile), "mutex made at src/state.rs:3:1: no task is known to hold it");
    }

    #[test]
    fn a_chain_leads_from_those_that_wait_to_the_root() {
        let mut profile = profile();
        let words = |profile: &Profile| {
            let links = chain(profile, &profile.groups[0]);
            links.into_iter().map(|link| link.text).collect::<Vec<_>>()
        };
        let way = [
            "24 tasks of task=req, waiting at src/req.rs:10:1 for mutex",
            "mutex made at src/state.rs:3:1, held by task=writer, waiting at src/writer.rs:20:1 for \
             mpsc_send",
            "mpsc_send made at src/main.rs:9:1, received last by task=pump, running",
        ];
        assert_eq!(words(&profile), way);
        Arc::make_mut(&mut profile.groups[0]).chain = vec![GroupId(2), GroupId(1)];
        assert_eq!(words(&profile)[2], "usually woken by task=req: a cycle");
        assert_eq!(chain(&profile, &profile.groups[2]), []);
    }
}
