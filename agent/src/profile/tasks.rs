//! Single tasks, filtered, sorted and cut to a page.

use std::collections::{HashMap, HashSet};

use rustc_hash::FxBuildHasher;
use taskscope_proto::limits::MAX_TASKS_PER_PAGE;
use taskscope_proto::model::{
    GroupId, Location, Task, TaskFacts, TaskKind, TaskOrder, TaskPage, TaskQuery,
};

use super::Folder;
use super::activity::{activity, origin};
use super::blockers::OfTasks;
use super::view::{Around, RawKey, TaskView};
use crate::clock::{self, Reading};
use crate::labels::table;
use crate::registry::Counted;
use crate::task::record::{Kind, Record};
use crate::task::tracker;

/// A task that matches, with what it is sorted by.
struct Match {
    rank: (usize, u64, u64),
    view: TaskView,
    record: Counted<Record>,
}

impl Folder {
    /// The tasks that the query asks for. Groups are those of the last profile.
    pub(crate) fn tasks(&mut self, query: &TaskQuery) -> TaskPage {
        let clock = clock::read();
        let mut found = self.matches(query, &clock);
        let total = found.len() as u64;
        let limit = query.limit.min(MAX_TASKS_PER_PAGE) as usize;
        let from = usize::try_from(query.offset).unwrap_or(usize::MAX).min(found.len());
        let to = from.saturating_add(limit).min(found.len());
        if to < found.len() {
            found.select_nth_unstable_by_key(to, |task| task.rank);
            found.truncate(to);
        }
        found.sort_unstable_by_key(|task| task.rank);
        found.drain(..from.min(found.len()));
        let ids = found.iter().map(|task| task.record.birth.id).collect();
        let mut waits = OfTasks::read(&ids);
        if !waits.places.is_empty() {
            let mut around = Around::now();
            tracker::for_each(|record| {
                if let Some(view) = TaskView::of(record, &mut around) {
                    waits.places.note(record.birth.id, view.key);
                }
            });
        }
        let tasks = found.iter().map(|task| self.describe(task, &waits, &clock)).collect();
        TaskPage { tasks, total, now_ms: clock.now_millis(), heeded: true }
    }

    fn matches(&mut self, query: &TaskQuery, clock: &Reading) -> Vec<Match> {
        let wanted: HashSet<GroupId, FxBuildHasher> = query.groups.iter().copied().collect();
        let named: HashMap<u64, usize, FxBuildHasher> =
            query.tasks.iter().copied().zip(0..).collect();
        let named_only = !named.is_empty() || query.children_of.is_some();
        let mut found = Vec::new();
        let mut around = Around::now();
        tracker::for_each(|record| {
            let place = named.get(&record.birth.id).copied();
            let is_child = query.children_of.is_some_and(|parent| record.birth.parent == parent);
            if named_only && place.is_none() && !is_child {
                return;
            }
            let Some(view) = TaskView::of(record, &mut around) else { return };
            let group = self.group_of.get(&view.key);
            if wanted.is_empty() || group.is_some_and(|id| wanted.contains(id)) {
                let (first, id) = rank(query.order, &view, record);
                let rank = (place.unwrap_or(usize::MAX), first, id);
                found.push(Match { rank, view, record: record.clone() });
            }
        });
        if !query.conditions.is_empty() {
            self.keep(&mut found, query, clock);
        }
        found
    }

    /// Keeps what meets all conditions. What tasks of one place and one key have in common is
    /// looked at once for all of them.
    fn keep(&mut self, found: &mut Vec<Match>, query: &TaskQuery, clock: &Reading) {
        let now_ms = clock.now_millis();
        let mut known: HashMap<(RawKey, usize), bool, FxBuildHasher> = HashMap::default();
        found.retain(|task| {
            let idle_ms = now_ms.saturating_sub(clock.millis(task.view.since));
            let age_ms = now_ms.saturating_sub(clock.millis(task.record.birth.now));
            let conditions = &query.conditions;
            if !conditions.iter().all(|condition| condition.holds_at(idle_ms, age_ms)) {
                return false;
            }
            let at = task.record.birth.spawned_at;
            let key = (task.view.key, std::ptr::from_ref(at).addr());
            *known.entry(key).or_insert_with(|| {
                let (group, tree) = self.name(task.view.key);
                let spawned_at = location(at);
                let facts = TaskFacts {
                    labels: table::get(group.labels),
                    state: task.view.key.state,
                    tree: tree.as_deref(),
                    spawned_at: &spawned_at,
                };
                conditions.iter().all(|condition| condition.holds_for(&facts))
            })
        });
    }

    fn describe(&mut self, task: &Match, waits: &OfTasks, clock: &Reading) -> Task {
        let Match { view, record, .. } = task;
        let (group, tree) = self.name(view.key);
        let birth = &record.birth;
        Task {
            id: birth.id,
            labels: table::get(group.labels).clone(),
            spawned_at: location(birth.spawned_at),
            kind: if record.kind() == Kind::Blocking {
                TaskKind::Blocking
            } else {
                TaskKind::Async
            },
            state: view.key.state,
            since_ms: clock.millis(view.since),
            spawned_ms: clock.millis(birth.now),
            polls: record.polls(),
            tree,
            parent: (birth.parent != 0).then_some(birth.parent),
            future_bytes: u64::from(birth.future_bytes),
            activity: activity(record.polls(), &record.times.read(), clock),
            living_wakers: None,
            woken_by: origin(record.woken_by()),
            detached: view.key.detached,
            orphan: view.key.orphan,
            proven: view.key.dead || self.judge.proofs.since_ms(birth.id).is_some(),
            blockers: waits.blockers(birth.id, &self.group_of, clock),
            waiting_for_it: waits.waiting_for(birth.id),
        }
    }
}

fn location(at: &std::panic::Location<'_>) -> Location {
    Location { file: at.file().into(), line: at.line(), column: at.column() }
}

/// Smaller comes first; the id settles ties, so that pages do not overlap.
fn rank(order: TaskOrder, view: &TaskView, record: &Record) -> (u64, u64) {
    let id = record.birth.id;
    let first = match order {
        TaskOrder::LongestInState => view.since,
        TaskOrder::Oldest => record.birth.now,
        TaskOrder::Newest => record.birth.now.wrapping_neg(),
        TaskOrder::MostPolls => record.polls().wrapping_neg(),
    };
    (first, id)
}
