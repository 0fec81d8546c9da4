//! What the user does with the page of one task.

use std::path::PathBuf;
use std::sync::Arc;

use taskscope_proto::model::TaskPage;

use super::{Effect, Page, Session};
use crate::analyse::{TaskAsk, TaskLine};
use crate::command::Command;
use crate::screen::{Screen, TaskDetail};

/// How far Esc leads back.
const MOST_STEPS: usize = 32;
/// Folders that are remembered.
const MOST_FOLDERS: usize = 16;

/// Which task is looked at, and how.
#[derive(Clone, Debug, Default)]
pub struct TaskChoice {
    /// The tasks on the way to the one that is looked at, which is the last.
    pub way: Vec<u64>,
    /// The line of its await tree that was chosen.
    pub line: Option<usize>,
    /// The list of tasks is to take the keyboard; the view that shows it does so and counts.
    pub list_focus: u64,
    /// The run of the service that these are of.
    run_id: u64,
    /// What was known of the task when it was chosen.
    known: Option<Arc<TaskPage>>,
}

impl Session {
    /// The task that is looked at, if that page is open.
    pub(super) fn task_ask(&self) -> Option<TaskAsk> {
        let id = self.task.way.last().copied().filter(|_| self.page == Page::Task)?;
        let folders = self.workspace.source_folders.as_slice().into();
        Some(TaskAsk { id, run_id: self.task.run_id, known: self.task.known.clone(), folders })
    }

    /// Does what is about the page of a task; gives back what is not.
    pub(super) fn perform_on_task(
        &mut self,
        command: Command,
        screen: &Screen,
    ) -> Result<Vec<Effect>, Command> {
        let is_open = self.page == Page::Task;
        match command {
            Command::ShowTask(id) => self.show_task(id, screen),
            Command::EnterTasks => {
                self.task.list_focus += 1;
                return Ok(Vec::new());
            }
            Command::OpenSource => return Ok(self.open_source(screen)),
            Command::PointAtLine(at) => self.task.line = Some(at),
            Command::PreviousRow | Command::NextRow | Command::FirstRow | Command::LastRow
                if is_open =>
            {
                self.step_line(&command, screen);
                return Ok(Vec::new());
            }
            Command::CopyHere if is_open => {
                let line = self.task_line(screen).map(|(_, line)| super::frame_text(&line.frame));
                return line.map_or(Ok(Vec::new()), |text| Err(Command::Copy(text)));
            }
            Command::ToggleFolder(folder) => self.toggle_folder(folder.trim()),
            other => return Err(other),
        }
        Ok(vec![self.asked()])
    }

    /// A step back on the way; true if there was one.
    pub(super) fn dismiss_on_task(&mut self) -> bool {
        if self.page != Page::Task {
            return false;
        }
        self.task.way.pop();
        (self.task.line, self.task.known) = (None, None);
        if self.task.way.is_empty() {
            self.page = Page::Groups;
        }
        true
    }

    fn show_task(&mut self, id: u64, screen: &Screen) {
        if self.page != Page::Task {
            self.task.way.clear();
            self.task.run_id = screen.process.as_ref().map_or(0, |process| process.run_id);
        }
        self.task.known = match &screen.task {
            Some(task) if self.page == Page::Task => task.page.clone(),
            _ => screen.detail.as_ref().and_then(|detail| detail.page.clone()),
        };
        self.task.way.retain(|before| *before != id);
        self.task.way.push(id);
        if self.task.way.len() > MOST_STEPS {
            self.task.way.remove(0);
        }
        self.task.line = None;
        self.page = Page::Task;
    }

    fn task_line<'a>(&self, screen: &'a Screen) -> Option<(&'a TaskDetail, &'a TaskLine)> {
        let detail = screen.task.as_ref()?;
        Some((detail, detail.lines.get(detail.line(self.task.line)?)?))
    }

    fn step_line(&mut self, command: &Command, screen: &Screen) {
        let Some(detail) = &screen.task else { return };
        let Some(last) = detail.lines.len().checked_sub(1) else { return };
        let at = detail.line(self.task.line).unwrap_or(0);
        self.task.line = Some(match command {
            Command::PreviousRow => at.saturating_sub(1),
            Command::NextRow => (at + 1).min(last),
            Command::FirstRow => 0,
            _ => last,
        });
    }

    fn open_source(&mut self, screen: &Screen) -> Vec<Effect> {
        let Some((detail, line)) = self.task_line(screen) else {
            self.remark = Some("Choose a task first: its source lines can be opened.".into());
            return Vec::new();
        };
        let at = detail.line(self.task.line).unwrap_or(0);
        let reading = detail.sources.get(at).and_then(Option::as_ref);
        let path: PathBuf = match reading.map(|reading| &**reading) {
            Some(Ok(excerpt)) => excerpt.path.clone(),
            Some(Err(missing)) => {
                self.remark = Some(missing.to_string().into());
                return Vec::new();
            }
            None => return Vec::new(),
        };
        let place = line.frame.location.as_ref();
        let (line, column) = place.map_or((1, 1), |place| (place.line, place.column));
        vec![Effect::OpenSource { path, line, column }]
    }

    fn toggle_folder(&mut self, folder: &str) {
        let folders = &mut self.workspace.source_folders;
        if let Some(at) = folders.iter().position(|known| known == folder) {
            folders.remove(at);
        } else if !folder.is_empty() {
            folders.insert(0, folder.to_owned());
            folders.truncate(MOST_FOLDERS);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_goes_back_the_way_one_came() {
        let mut session = Session::default();
        let screen = Screen::default();
        for id in [7, 3, 9, 3] {
            session.perform(Command::ShowTask(id), &screen);
        }
        let mut seen = Vec::new();
        while let Some(ask) = session.task_ask() {
            seen.push(ask.id);
            session.perform(Command::Dismiss, &screen);
        }
        assert_eq!((seen, session.page), (vec![3, 9, 7], Page::Groups));
        for id in 0..100 {
            session.perform(Command::ShowTask(id), &screen);
        }
        assert_eq!(session.task.way.len(), MOST_STEPS);
    }

    #[test]
    fn folders_are_added_once_and_taken_out_again() {
        let mut session = Session::default();
        let screen = Screen::default();
        for folder in ["/srv/checkout", " /srv/ledger ", "", "/srv/checkout"] {
            session.perform(Command::ToggleFolder(folder.into()), &screen);
        }
        assert_eq!(session.workspace.source_folders, ["/srv/ledger"]);
    }
}
