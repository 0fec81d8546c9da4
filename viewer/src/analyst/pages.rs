//! When to ask the agent for a page of tasks, and which answer belongs to which question.

use std::sync::Arc;
use std::time::Duration;

use taskscope_proto::limits::{MAX_GROUPS_PER_QUERY, MAX_TASKS_PER_QUERY};
use taskscope_proto::model::{Profile, TaskCondition, TaskPage, TaskQuery};

use super::task::Answers;
use crate::analyse::{Filter, Selection, Stays};
use crate::clock::Moment;
use crate::connect::{Failure, PageRequest};
use crate::screen::{Asking, Detail, PAGE, TaskDetail};
use crate::store::Answer;

/// How long a page is good for.
const FRESH: Duration = Duration::from_secs(2);
/// How long to wait for an answer before asking again.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long what is known of one task is good for.
const FRESH_TASK: Duration = Duration::from_millis(800);
/// Tasks that one task spawned which are listed with it.
const MOST_CHILDREN: u32 = 40;

/// Tasks of which it is remembered what they were seen to do, besides the one that is looked at.
const MOST_BEFORE: usize = 16;

/// The requests about what is looked at.
#[derive(Debug, Default)]
pub(super) struct Pages {
    ticket: u64,
    asked: Option<Asked>,
    /// What the agent said of the task that is looked at.
    task: (u64, Answers),
    /// Of those that were looked at before, the latest last: what they were seen to do.
    before: Vec<(u64, Stays)>,
}

#[derive(Debug)]
struct Asked {
    about: About,
    /// The first ticket for this: answers to earlier ones are about something else.
    first_ticket: u64,
    at: Moment,
    answered: bool,
    /// Since when an answer is waited for, if one is.
    since: Moment,
    /// Somebody did not want to wait any longer.
    cancelled: bool,
}

#[derive(Clone, Debug, PartialEq)]
enum About {
    Row(Selection, Vec<TaskCondition>),
    Task(u64),
}

impl Pages {
    /// Another service, or another run, is looked at: nothing was asked.
    pub(super) fn forget(&mut self) {
        self.asked = None;
        self.task = Default::default();
        self.before.clear();
    }

    /// What is asked for, and not answered yet.
    pub(super) fn asking(&self) -> Option<Asking> {
        let asked = self.asked.as_ref().filter(|asked| !asked.answered)?;
        let what = match &asked.about {
            About::Row(..) => "the tasks of this row",
            About::Task(_) => "this task",
        };
        Some(Asking { what, since: asked.since, cancelled: asked.cancelled })
    }

    /// Waits no longer for an answer; whether one was waited for.
    pub(super) fn cancel(&mut self) -> bool {
        let open = self.asked.as_mut().filter(|asked| !asked.answered);
        open.map(|asked| asked.cancelled = true).is_some()
    }

    /// Asks again for what was cancelled.
    pub(super) fn resume(&mut self) {
        self.asked.take_if(|asked| asked.cancelled);
    }

    /// Hands the latest answer to the detail, if it is about the same selection.
    pub(super) fn answer(&mut self, answer: Option<&Answer>, filter: &Filter, detail: &mut Detail) {
        let conditions = filter.conditions();
        let is_filtered = !conditions.is_empty();
        match self.latest(answer, &About::Row(detail.selection.clone(), conditions)) {
            None => {}
            Some(Ok(page)) => {
                detail.page = Some(page.clone());
                detail.unfiltered = is_filtered && !page.heeded;
            }
            Some(Err(failure)) => detail.page_failure = Some(failure.clone()),
        }
    }

    /// What the agent said of this task.
    pub(super) fn of_task(&mut self, answer: Option<&Answer>, id: u64) -> &Answers {
        let latest = self.latest(answer, &About::Task(id)).cloned();
        if self.task.0 != id {
            let at = self.before.iter().position(|(known, _)| *known == id);
            let stays = at.map(|at| self.before.remove(at).1).unwrap_or_default();
            let (old, answers) =
                std::mem::replace(&mut self.task, (id, Answers { stays, ..Answers::default() }));
            self.before.push((old, answers.stays));
            if self.before.len() > MOST_BEFORE {
                self.before.remove(0);
            }
        }
        let (_, answers) = &mut self.task;
        match latest {
            None => {}
            Some(Err(failure)) => answers.failure = Some(failure),
            Some(Ok(page)) => answers.take_in(page, id),
        }
        answers
    }

    fn latest<'a>(
        &mut self,
        answer: Option<&'a Answer>,
        about: &About,
    ) -> Option<&'a Result<Arc<TaskPage>, Failure>> {
        let (asked, answer) = (self.asked.as_mut()?, answer?);
        asked.answered |= answer.ticket == self.ticket;
        (asked.about == *about && answer.ticket >= asked.first_ticket).then_some(&answer.page)
    }

    /// The request to send now for the tasks of a row, if one is due.
    pub(super) fn due(
        &mut self,
        selection: &Selection,
        filter: &Filter,
        members: &[u32],
        profile: &Profile,
        now: Moment,
    ) -> Option<PageRequest> {
        let living = members.iter().filter_map(|&at| profile.groups.get(at as usize));
        let living = living.filter(|group| group.count > 0).map(|group| group.id);
        let groups: Vec<_> = living.take(MAX_GROUPS_PER_QUERY).collect();
        // No groups would mean all tasks.
        if groups.is_empty() {
            return None;
        }
        let query = TaskQuery {
            groups,
            order: selection.order,
            offset: selection.offset,
            limit: u32::try_from(PAGE).unwrap_or(u32::MAX),
            conditions: filter.conditions(),
            ..TaskQuery::default()
        };
        self.ask(About::Row(selection.clone(), filter.conditions()), FRESH, query, now)
    }

    /// The request to send now for one task, if one is due.
    pub(super) fn due_for_task(&mut self, detail: &TaskDetail, now: Moment) -> Option<PageRequest> {
        let query = task_query(detail);
        self.ask(About::Task(detail.id), FRESH_TASK, query, now)
    }

    fn ask(
        &mut self,
        about: About,
        fresh: Duration,
        query: TaskQuery,
        now: Moment,
    ) -> Option<PageRequest> {
        let mut first_ticket = self.ticket + 1;
        let mut since = now;
        if let Some(asked) = self.asked.as_ref().filter(|asked| asked.about == about) {
            let wait = if asked.answered { fresh } else { PATIENCE };
            if asked.cancelled || now.saturating_sub(asked.at) < wait {
                return None;
            }
            first_ticket = asked.first_ticket;
            if !asked.answered {
                since = asked.since;
            }
        }
        self.ticket += 1;
        let (answered, cancelled) = (false, false);
        self.asked = Some(Asked { about, first_ticket, at: now, answered, since, cancelled });
        Some(PageRequest { ticket: self.ticket, query })
    }
}

/// The task, with those around it that are known so far: its parent and who could let it go on.
pub fn task_query(detail: &TaskDetail) -> TaskQuery {
    let mut tasks = vec![detail.id];
    tasks.extend(detail.task().and_then(|task| task.parent));
    tasks.extend(detail.blockers.iter().filter_map(|blocker| blocker.holder));
    tasks.truncate(MAX_TASKS_PER_QUERY);
    TaskQuery {
        children_of: Some(detail.id),
        limit: MOST_CHILDREN + u32::try_from(tasks.len()).unwrap_or(0),
        tasks,
        ..TaskQuery::default()
    }
}
