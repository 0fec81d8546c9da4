//! Single tasks of the made-up service, as its agent would list them.

use taskscope_proto::model::{
    Blocker, Group, Holder, Profile, Relation, Task, TaskFacts, TaskKind, TaskPage, TaskQuery,
    WaitKind,
};

use super::{activity, labels, place};

/// A page of these tasks, as an agent would answer.
pub(crate) fn tasks(profile: &Profile, query: &TaskQuery) -> TaskPage {
    let now_ms = profile.header.now_ms;
    let all = profile
        .groups
        .iter()
        .filter(|group| query.groups.is_empty() || query.groups.binary_search(&group.id).is_ok());
    let mut found = Vec::new();
    let mut total = 0;
    for group in all {
        for i in 0..group.count {
            // What is asked for by number is made only if it is.
            let id = 40_000 + group.id.0 * 1_000 + i;
            let named = query.tasks.contains(&id);
            let is_child = i > 0 && query.children_of == Some(40_000 + group.id.0 * 1_000);
            let any = query.tasks.is_empty() && query.children_of.is_none();
            if !any && !named && !is_child {
                continue;
            }
            let task = task(profile, group, i);
            if !meets(&task, query, now_ms) {
                continue;
            }
            total += 1;
            if total > query.offset && found.len() < query.limit as usize {
                found.push(task);
            }
        }
    }
    if query.tasks.contains(&17) {
        total += 1;
        found.insert(0, listener(profile));
    }
    TaskPage { tasks: found, total, now_ms, heeded: true }
}

fn meets(task: &Task, query: &TaskQuery, now_ms: u64) -> bool {
    let facts = TaskFacts {
        labels: &task.labels,
        state: task.state,
        tree: task.tree.as_deref(),
        spawned_at: &task.spawned_at,
    };
    let (idle, age) = (now_ms - task.since_ms, now_ms - task.spawned_ms);
    query.conditions.iter().all(|one| one.holds_at(idle, age) && one.holds_for(&facts))
}

/// The `i`th of a group. The first of each group spawned the others.
fn task(profile: &Profile, group: &Group, i: u64) -> Task {
    let now_ms = profile.header.now_ms;
    let spread = (now_ms - group.oldest_since_ms) * i / group.count.max(1);
    let since_ms = group.oldest_since_ms + spread;
    let first = 40_000 + group.id.0 * 1_000;
    Task {
        id: first + i,
        labels: group.labels.clone(),
        spawned_at: profile.origin(group.origin).map_or(place(""), |o| o.spawned_at.clone()),
        kind: TaskKind::Async,
        state: group.state,
        since_ms,
        spawned_ms: since_ms.saturating_sub(1_500),
        polls: 3 + i % 5,
        tree: group.tree.clone(),
        parent: Some(if i == 0 { 17 } else { first }),
        future_bytes: 1_312,
        activity: activity(1),
        living_wakers: None,
        woken_by: Some(group.origin),
        detached: false,
        orphan: false,
        proven: false,
        blockers: group.blockers.iter().map(of_one).collect(),
        waiting_for_it: 0,
    }
}

fn of_one(blocker: &Blocker) -> Blocker {
    Blocker { tasks: 1, ..blocker.clone() }
}

/// The task that spawned the first of each group.
fn listener(profile: &Profile) -> Task {
    let group = profile.groups.iter().find(|group| group.id.0 == 9);
    let mut task = task(profile, group.unwrap_or(&profile.groups[0]), 0);
    (task.id, task.parent, task.labels) = (17, None, labels(&[("task", "listen")]));
    task.blockers = vec![Blocker {
        kind: WaitKind::Accept,
        made_at: None,
        tasks: 1,
        relation: Relation::Unknown,
        since_ms: 0,
        holder: None::<Holder>,
        holders: 0,
    }];
    task
}
