//! Pages of single tasks, answered from what is known here. Pure.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::sync::Arc;

use taskscope_proto::limits::MAX_TASKS_PER_PAGE;
use taskscope_proto::model::{State, Task, TaskFacts, TaskOrder, TaskPage, TaskQuery, Tree};

use super::fold::{Moment, Seen, seen};
use super::model::Model;
use super::stamp::ms_between;

/// The page that was asked for.
pub(super) fn page(model: &Model, query: &TaskQuery, moment: Moment) -> TaskPage {
    let wanted: HashSet<_> = query.groups.iter().copied().collect();
    let all = seen(model, moment);
    let named = |seen: &Seen<'_>| match (query.tasks.as_slice(), query.children_of) {
        ([], None) => wanted.is_empty() || wanted.contains(&seen.group),
        // Nobody tells who spawned whom.
        (tasks, _) => tasks.contains(&seen.task.number),
    };
    let mut found: Vec<Seen<'_>> =
        all.filter(|seen| named(seen) && meets(seen, query, moment)).collect();
    // The number last: an order that does not change from page to page.
    let number = |seen: &Seen<'_>| seen.task.number;
    let created = |seen: &Seen<'_>| seen.task.doings.created;
    match query.order {
        TaskOrder::LongestInState => found.sort_by_key(|seen| (seen.since_ms, number(seen))),
        TaskOrder::Oldest => found.sort_by_key(|seen| (created(seen), number(seen))),
        TaskOrder::Newest => found.sort_by_key(|seen| Reverse((created(seen), number(seen)))),
        TaskOrder::MostPolls => {
            found.sort_by_key(|seen| (Reverse(seen.task.doings.polls.count), number(seen)));
        }
    }
    let offset = usize::try_from(query.offset).unwrap_or(usize::MAX);
    let limit = query.limit.min(MAX_TASKS_PER_PAGE) as usize;
    let shown = found.iter().skip(offset).take(limit);
    TaskPage {
        tasks: shown.map(|seen| task(seen, moment)).collect(),
        total: found.len() as u64,
        now_ms: moment.now_ms(),
        heeded: true,
    }
}

fn meets(seen: &Seen<'_>, query: &TaskQuery, moment: Moment) -> bool {
    if query.conditions.is_empty() {
        return true;
    }
    let task = task(seen, moment);
    let facts = TaskFacts {
        labels: &task.labels,
        state: task.state,
        tree: task.tree.as_deref(),
        spawned_at: &task.spawned_at,
    };
    let ago = |since: u64| moment.now_ms().saturating_sub(since);
    let (idle, age) = (ago(task.since_ms), ago(task.spawned_ms));
    query.conditions.iter().all(|one| one.holds_at(idle, age) && one.holds_for(&facts))
}

fn task(seen: &Seen<'_>, moment: Moment) -> Task {
    let from = seen.task;
    let wait_kinds = seen.wait.iter().cloned().collect();
    let tree = Arc::new(Tree { wait_kinds, ..Tree::default() });
    Task {
        id: from.number,
        labels: from.labels.clone(),
        spawned_at: from.spawned_at.clone(),
        kind: from.kind,
        state: seen.state,
        since_ms: seen.since_ms,
        spawned_ms: ms_between(moment.start, from.doings.created),
        polls: from.doings.polls.count,
        tree: (seen.state == State::Parked).then_some(tree),
        parent: None,
        future_bytes: from.bytes,
        activity: from.doings.activity,
        living_wakers: Some(from.doings.wakers),
        woken_by: None,
        detached: false,
        orphan: false,
        proven: false,
        blockers: Vec::new(),
        waiting_for_it: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connect::console::fixture::{at, model, moment, parked, seconds};

    fn ids(order: TaskOrder, offset: u64, limit: u32) -> (Vec<u64>, u64) {
        let model = model(&[
            parked(1, "a").polled(3, 40),
            parked(2, "a").polled(9, 70),
            parked(3, "b").polled(1, 10).created(5),
            parked(4, "a").polled(5, 50).created(30),
        ]);
        let query = TaskQuery { order, offset, limit, ..TaskQuery::default() };
        let page = page(&model, &query, moment(at(100)));
        (page.tasks.iter().map(|task| task.id).collect(), page.total)
    }

    #[test]
    fn tasks_come_in_the_order_asked_for_page_by_page() {
        assert_eq!(ids(TaskOrder::LongestInState, 0, 9), (vec![3, 1, 4, 2], 4));
        assert_eq!(ids(TaskOrder::Oldest, 0, 9), (vec![1, 2, 3, 4], 4));
        assert_eq!(ids(TaskOrder::Newest, 0, 2), (vec![4, 3], 4));
        assert_eq!(ids(TaskOrder::MostPolls, 1, 2), (vec![4, 1], 4));
        assert_eq!(ids(TaskOrder::Oldest, u64::MAX, 9), (vec![], 4));
        assert_eq!(ids(TaskOrder::Oldest, 0, 0), (vec![], 4));
    }

    #[test]
    fn only_tasks_of_the_groups_asked_for_are_listed() {
        let model = model(&[parked(1, "a").polled(3, 40), parked(3, "b").polled(1, 10)]);
        let now = moment(at(100));
        let group = seen(&model, now).find(|seen| seen.task.number == 3).unwrap().group;
        let query = TaskQuery { groups: vec![group], limit: 10, ..TaskQuery::default() };
        let page = page(&model, &query, now);
        assert_eq!((page.tasks.len(), page.total, page.now_ms), (1, 1, 100_000));
        let task = &page.tasks[0];
        assert_eq!(task.labels.to_string(), "task=b");
        assert_eq!((task.since_ms, task.polls), (seconds(10), 1));
    }
}
