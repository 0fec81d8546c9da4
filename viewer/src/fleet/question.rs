//! A question about single tasks that several agents answer together.

use std::cmp::Reverse;
use std::sync::Arc;

use taskscope_proto::model::{TaskOrder, TaskPage};

use crate::connect::Failure;

/// What was asked, and what came of it so far.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) ticket: u64,
    pub(super) order: TaskOrder,
    /// How many tasks to pass over once they are in one list.
    pub(super) skip: u64,
    pub(super) limit: u32,
    /// The sessions that have not answered yet.
    pub(super) waiting: Vec<u64>,
    /// What the others said, on the common clock.
    pub(super) pages: Vec<TaskPage>,
}

impl Question {
    /// The answer, once all have answered.
    pub(super) fn answer(&mut self) -> Option<TaskPage> {
        if !self.waiting.is_empty() {
            return None;
        }
        let pages = std::mem::take(&mut self.pages);
        Some(together(pages, self.order, self.skip, self.limit))
    }
}

/// One page of many.
fn together(pages: Vec<TaskPage>, order: TaskOrder, skip: u64, limit: u32) -> TaskPage {
    let several = pages.len() > 1;
    let mut all = TaskPage { heeded: true, ..TaskPage::default() };
    for page in pages {
        all.total = all.total.saturating_add(page.total);
        all.now_ms = all.now_ms.max(page.now_ms);
        all.heeded &= page.heeded;
        all.tasks.extend(page.tasks);
    }
    // One agent has put them into this order and left out the others itself.
    if !several {
        return all;
    }
    match order {
        TaskOrder::LongestInState => all.tasks.sort_by_key(|task| task.since_ms),
        TaskOrder::Oldest => all.tasks.sort_by_key(|task| task.spawned_ms),
        TaskOrder::Newest => all.tasks.sort_by_key(|task| Reverse(task.spawned_ms)),
        TaskOrder::MostPolls => all.tasks.sort_by_key(|task| Reverse(task.polls)),
    }
    let skip = usize::try_from(skip).unwrap_or(usize::MAX).min(all.tasks.len());
    all.tasks.drain(..skip);
    all.tasks.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    all
}

/// Why an answer of many is none.
pub(super) fn failed(name: &Arc<str>, failure: &Failure) -> Failure {
    Failure { tried: format!("{}, of {name}", failure.tried), ..failure.clone() }
}

/// Nobody can say which tasks are those so far down a list of several processes.
pub(super) fn too_deep() -> Failure {
    Failure {
        tried: "list the tasks of several processes together".into(),
        cause: "Agents list so many tasks at a time, and this page is further down".into(),
        advice: "Group by process and choose the row of one.".into(),
        hopeless: true,
    }
}
