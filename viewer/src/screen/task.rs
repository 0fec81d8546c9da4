//! One task on a page of its own.

use std::sync::Arc;

use taskscope_proto::model::{Task, TaskPage};

use crate::analyse::{Stays, TaskBlocker, TaskLine};
use crate::connect::Failure;
use crate::source::{Excerpt, Reading};

/// How it stands with what is known of the task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// The agent was asked.
    #[default]
    Asked,
    /// It lives.
    Alive,
    /// It has ended since it was seen last.
    Ended,
    /// The agent cannot be asked for one task: what is known is of when it was listed.
    OlderAgent,
}

/// One task.
#[derive(Clone, Debug, Default)]
pub struct TaskDetail {
    /// Its number.
    pub id: u64,
    /// How it stands with what is known.
    pub standing: Standing,
    /// What is known: a page with the task in it, its parent and its children if they live.
    pub page: Option<Arc<TaskPage>>,
    /// Why the latest request failed.
    pub failure: Option<Failure>,
    /// Its await tree.
    pub lines: Vec<TaskLine>,
    /// The line to look at first.
    pub first_line: Option<usize>,
    /// The source around each line; `None` until it was looked for.
    pub sources: Vec<Option<Arc<Reading>>>,
    /// What it waits for, and who could let it go on.
    pub blockers: Vec<TaskBlocker>,
    /// What it was seen to do since it is looked at.
    pub stays: Stays,
    /// Who woke it last.
    pub woken_by: Option<String>,
    /// How many of those that it spawned are alive; `None` where the agent does not say.
    pub children: Option<u64>,
    /// When the process began, milliseconds of Unix time.
    pub started_unix_ms: u64,
}

impl TaskDetail {
    /// The task, if anything is known of it.
    pub fn task(&self) -> Option<&Task> {
        self.of(self.id)
    }

    /// Another task around it that is alive.
    pub fn of(&self, id: u64) -> Option<&Task> {
        self.page.as_ref()?.tasks.iter().find(|task| task.id == id)
    }

    /// Those that it spawned and that are alive; the first of them, where there are many.
    pub fn spawned(&self) -> impl Iterator<Item = &Task> {
        let tasks = self.page.iter().flat_map(|page| &page.tasks);
        tasks.filter(|task| task.parent == Some(self.id))
    }

    /// The file was changed after the process had started: its lines may be others.
    pub fn is_newer(&self, excerpt: &Excerpt) -> bool {
        excerpt.modified_unix_ms.is_some_and(|modified| modified > self.started_unix_ms)
    }

    /// The line that is looked at, by what the user chose.
    pub fn line(&self, chosen: Option<usize>) -> Option<usize> {
        chosen.filter(|at| *at < self.lines.len()).or(self.first_line)
    }
}
