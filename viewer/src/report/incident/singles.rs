//! Single tasks of a suspect, in words.

use taskscope_proto::model::{GroupId, Labels, Task};

use super::{Incident, Singles};
use crate::analyse::numbers::{age, counted};
use crate::report::ages;

/// Those of its tasks that have been in their state for longest, a line each.
pub(super) fn longest(incident: &Incident<'_>, worst: GroupId) -> Vec<String> {
    let tasks = incident.singles.longest.get(&worst);
    tasks.into_iter().flatten().map(|task| line(incident, task)).collect()
}

/// `task 17 (task=audit), parked for 33 s after 1 poll, spawned 40 s ago by task 4 (task=request)`.
fn line(incident: &Incident<'_>, task: &Task) -> String {
    let header = &incident.profile.header;
    let [since, spawned] = [task.since_ms, task.spawned_ms].map(|ms| age(ages::since(header, ms)));
    format!(
        "{}, {} for {since} after {}, spawned {spawned} ago {}",
        called(task.id, &task.labels),
        task.state.name(),
        counted(task.polls, "poll"),
        parent(incident.singles, task),
    )
}

fn parent(singles: &Singles, task: &Task) -> String {
    let Some(id) = task.parent else { return "by no tracked task".to_owned() };
    match singles.parents.get(&id) {
        Some(parent) => format!("by {}", called(id, &parent.labels)),
        None if task.orphan => format!("by task {id}, which has ended"),
        None => format!("by task {id}"),
    }
}

fn called(id: u64, labels: &Labels) -> String {
    if labels.is_empty() { format!("task {id}") } else { format!("task {id} ({labels})") }
}
