//! Single tasks, filtered, sorted and cut to a page.

use std::collections::HashSet;

use rustc_hash::FxBuildHasher;
use taskscope_proto::limits::MAX_TASKS_PER_PAGE;
use taskscope_proto::model::{GroupId, Location, Task, TaskKind, TaskOrder, TaskPage, TaskQuery};

use super::Folder;
use super::activity::{activity, origin};
use super::blockers::OfTasks;
use super::view::{Around, TaskView};
use crate::clock::{self, Reading};
use crate::labels::table;
use crate::registry::Counted;
use crate::task::record::{Kind, Record};
use crate::task::tracker;

/// A task that matches, with what it is sorted by.
struct Match {
    rank: (u64, u64),
    view: TaskView,
    record: Counted<Record>,
}

impl Folder {
    /// The tasks that the query asks for. Groups are those of the last profile.
    pub(crate) fn tasks(&mut self, query: &TaskQuery) -> TaskPage {
        let clock = clock::read();
        let mut found = self.matches(query);
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
        TaskPage { tasks, total, now_ms: clock.now_millis() }
    }

    fn matches(&self, query: &TaskQuery) -> Vec<Match> {
        let wanted: HashSet<GroupId, FxBuildHasher> = query.groups.iter().copied().collect();
        let mut found = Vec::new();
        let mut around = Around::now();
        tracker::for_each(|record| {
            let Some(view) = TaskView::of(record, &mut around) else { return };
            let group = self.group_of.get(&view.key);
            if wanted.is_empty() || group.is_some_and(|id| wanted.contains(id)) {
                let rank = rank(query.order, &view, record);
                found.push(Match { rank, view, record: record.clone() });
            }
        });
        found
    }

    fn describe(&mut self, task: &Match, waits: &OfTasks, clock: &Reading) -> Task {
        let Match { view, record, .. } = task;
        let (group, tree) = self.name(view.key);
        let birth = &record.birth;
        Task {
            id: birth.id,
            labels: table::get(group.labels).clone(),
            spawned_at: Location {
                file: birth.spawned_at.file().into(),
                line: birth.spawned_at.line(),
                column: birth.spawned_at.column(),
            },
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
