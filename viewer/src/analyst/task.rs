//! The page of one task, put together.

use std::sync::Arc;

use taskscope_proto::model::TaskPage;

use crate::analyse::{Stays, TaskAsk, first_line, task_blockers, task_lines, task_waker};
use crate::screen::{Standing, TaskDetail};
use crate::source::{Found, MOST_PLACES, Search, Wanted};
use crate::store::Store;

/// What the agent said of it, latest first.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    /// The latest answer.
    pub latest: Option<Arc<TaskPage>>,
    /// The latest one with the task in it.
    pub seen: Option<Arc<TaskPage>>,
    /// Why the latest request failed.
    pub failure: Option<crate::connect::Failure>,
    /// What all of them together tell of its states.
    pub stays: Stays,
}

impl Answers {
    /// Takes in what the agent says of the task.
    pub fn take_in(&mut self, page: Arc<TaskPage>, id: u64) {
        self.failure = None;
        if let Some(task) = page.tasks.iter().find(|task| task.id == id) {
            self.stays.note(task);
            self.seen = Some(page.clone());
        }
        self.latest = Some(page);
    }
}

/// What there is to see of the task, from what the agent said of it and what was read of sources.
pub fn task_detail(store: &Store, ask: &TaskAsk, answers: &Answers, found: &Found) -> TaskDetail {
    let id = ask.id;
    let has_it = |page: &&Arc<TaskPage>| page.tasks.iter().any(|task| task.id == id);
    let is_over = is_over(store, ask);
    let latest = answers.latest.as_ref().filter(|_| !is_over);
    let standing = match latest {
        None if is_over => Standing::Ended,
        None => Standing::Asked,
        Some(page) if has_it(&page) => Standing::Alive,
        Some(page) if page.heeded => Standing::Ended,
        Some(_) => Standing::OlderAgent,
    };
    let pages = [latest, answers.seen.as_ref(), ask.known.as_ref()];
    let page = pages.into_iter().flatten().find(has_it).cloned();
    let mut detail = TaskDetail {
        id,
        standing,
        failure: answers.failure.clone(),
        stays: answers.stays.clone(),
        started_unix_ms: store.process().map_or(0, |process| process.started_at_unix_ms),
        ..TaskDetail::default()
    };
    let Some(page) = page else { return detail };
    let heeded = page.heeded && standing == Standing::Alive;
    let others = page.tasks.iter().filter(|task| task.parent != Some(id)).count() as u64;
    detail.children = heeded.then(|| page.total.saturating_sub(others));
    detail.page = Some(page);
    let (Some(task), Some(profile)) = (detail.task(), store.profile()) else { return detail };
    let lines = task.tree.as_ref().map(|tree| task_lines(tree)).unwrap_or_default();
    let blockers = task_blockers(profile, task);
    let woken_by = task_waker(profile, task);
    detail.first_line = first_line(&lines);
    let source = |line: &_| found.at(&wanted(line)?).cloned();
    detail.sources = lines.iter().map(source).collect();
    (detail.lines, detail.blockers, detail.woken_by) = (lines, blockers, woken_by);
    detail
}

/// The service has restarted since the task was chosen: it is gone, and its number may be another's.
pub(super) fn is_over(store: &Store, ask: &TaskAsk) -> bool {
    store.process().is_some_and(|process| process.run_id != ask.run_id)
}

/// The sources that the page shows.
pub fn search_for(detail: &TaskDetail, ask: &TaskAsk) -> Search {
    let mut places: Vec<Wanted> = Vec::new();
    // The service's own code is what people can change: it comes first.
    for own in [true, false] {
        let lines = detail.lines.iter().filter(|line| line.frame.user == own);
        for place in lines.filter_map(wanted) {
            if places.len() < MOST_PLACES && !places.contains(&place) {
                places.push(place);
            }
        }
    }
    Search { places, folders: ask.folders.iter().map(Into::into).collect() }
}

fn wanted(line: &crate::analyse::TaskLine) -> Option<Wanted> {
    let place = line.frame.location.as_ref()?;
    Some(Wanted { file: place.file.clone(), line: place.line })
}
