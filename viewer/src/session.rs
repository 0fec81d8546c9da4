//! What the user does with the window, as a pure function: a [`Command`] changes the [`Session`]
//! and may have an [`Effect`] outside.

mod alerts;
mod awaits;
mod copy;
mod early;
mod effect;
mod heap;
mod nest;
mod palette;
mod recording;
mod remark;
mod rows;
mod services;
mod task;
mod time;

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::alert::{AlertId, At, Hushed};
use crate::analyse::{Column, Crowds, Filter, HeapQuery, Key, Lens, Nest, Query, Selection};
use crate::analyst::Ask;
use crate::command::Command;
use crate::connect::RecorderState;
use crate::screen::{PAGE, Screen};
use crate::workspace::Workspace;

pub use awaits::{Awaits, frame_text};
pub use early::Early;
pub use effect::Effect;
pub use remark::Remark;
pub use services::Services;
pub use task::TaskChoice;

/// What lies over the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overlay {
    /// The connect dialog.
    Connect,
    /// The help page.
    Help,
    /// The commands, to find one by its name.
    Palette,
}

/// What fills the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Page {
    /// The groups, and the chosen row below.
    #[default]
    Groups,
    /// The heap.
    Heap,
    /// Who waits for whom around the chosen row.
    Waits,
    /// The runtimes, and what it takes to watch them.
    Runtime,
    /// One task.
    Task,
    /// What fires and what is about to.
    Alerts,
}

/// The state of the window itself.
#[derive(Clone, Debug, Default)]
pub struct Session {
    /// What is remembered.
    pub workspace: Workspace,
    /// The services that are open, and which of them are looked at.
    pub services: Services,
    /// What fills the window.
    pub page: Page,
    /// What the page of the heap shows.
    pub heap: HeapQuery,
    /// How the await trees of the chosen row are looked at.
    pub awaits: Awaits,
    /// Which task is looked at, and how.
    pub task: TaskChoice,
    /// What lies over the screen.
    pub overlay: Option<Overlay>,
    /// What stands in the address field.
    pub address: String,
    /// What is wrong with it.
    pub address_problem: Option<String>,
    /// The key chooser is open.
    pub choosing_keys: bool,
    /// The filter field is to take the keyboard; the view that shows it does so and counts.
    pub filter_focus: u64,
    /// What stands in the field of the commands, and which of those found is to be done.
    pub palette: String,
    /// Which of the commands found is to be done.
    pub palette_at: usize,
    /// Which rows are open, of those in rows, for each list of keys that was looked through.
    pub nests: FxHashMap<Vec<Key>, Arc<Nest>>,
    /// The row that is looked at closely.
    pub selection: Option<Selection>,
    /// Rows are chosen by the user, not by the viewer.
    pub chose_row: bool,
    /// What was copied last, for a word of confirmation.
    pub copied: Option<String>,
    /// Something to say once, e.g. that settings could not be read.
    pub remark: Option<Remark>,
    /// The moment that is looked at, agent's clock; `None` for now.
    pub at_ms: Option<u64>,
    /// Counts the queries asked.
    pub generation: u64,
    /// When the newest alert fired that was pointed out or seen.
    pub heeded: At,
    /// The alert that is chosen on their page.
    pub alert: Option<AlertId>,
    /// Alerts of which nothing is to be heard.
    pub hushed: Hushed,
    /// The file that the rules of alerts come from, if they do.
    pub rules_file: Option<String>,
    /// How groups that wait alike are shown.
    pub crowds: Crowds,
    /// What was done before the rows came that it is about.
    pub early: Early,
    /// What is being recorded.
    pub recording: Option<RecorderState>,
}

impl Session {
    /// Begins with what is remembered.
    pub fn new(workspace: Workspace, remark: Option<Remark>) -> Self {
        let address = workspace.recent.first().cloned().unwrap_or_else(|| "127.0.0.1:6670".into());
        let services = Services::with_last(&workspace.open);
        let hushed = Hushed { silences: workspace.silences.clone(), ..Hushed::default() };
        Self { workspace, services, address, remark, hushed, ..Self::default() }
    }

    /// The query as it stands.
    pub fn query(&self) -> Query {
        Query {
            generation: self.generation,
            scope: self.services.scope.clone(),
            run_before: self.services.run_before,
            keys: self.keys(),
            nest: self.nest(),
            filter: Filter::parse(&self.workspace.filter),
            sort: self.workspace.sort,
            selection: self.selection.clone(),
            lens: self.workspace.lens,
            fold: self.workspace.fold_library,
            waits: (self.page == Page::Waits).then_some(self.crowds),
            range: self.workspace.range,
            at_ms: self.at_ms,
            heap: (self.page == Page::Heap).then(|| self.heap.clone()),
            awaits: self.await_query(),
            task: self.task_ask(),
        }
    }

    /// Looks at the first row when a screen comes in and nobody chose one: in an incident the
    /// most suspicious row is what one came for.
    pub fn settle(&mut self, screen: &Screen) -> Option<Effect> {
        if let Some(effect) = self.perform_early(screen) {
            return Some(effect);
        }
        if self.chose_row || screen.generation != self.generation {
            return None;
        }
        let (first, heat) = screen.table.first.as_ref()?;
        let chosen = self.selection.as_ref().and_then(|row| screen.position(&row.values));
        let chosen = chosen.and_then(|at| screen.table.rows.get(at));
        // What the viewer chose by itself it replaces when it is gone, or when worse turns up.
        if chosen.is_some_and(|row| row.heat >= *heat) {
            return None;
        }
        self.select(Some(first.clone()));
        Some(self.asked())
    }

    /// Does it.
    pub fn perform(&mut self, command: Command, screen: &Screen) -> Vec<Effect> {
        let command = match self.perform_on_palette(command, screen) {
            Ok(effects) => return effects,
            Err(command) => command,
        };
        let command = match self.perform_on_alerts(command, screen) {
            Ok(effects) => return effects,
            Err(command) => command,
        };
        let command = match self.perform_on_recording(command, screen) {
            Ok(effects) => return effects,
            Err(command) => command,
        };
        let command = match self.perform_on_task(command, screen) {
            Ok(effects) => return effects,
            Err(command) => command,
        };
        let command = match self.perform_on_heap(command, screen) {
            Ok(effects) => return effects,
            Err(command) => command,
        };
        let command = match self.perform_on_nest(command, screen) {
            Ok(effects) => return effects,
            Err(command) => command,
        };
        let command = match self.perform_on_awaits(command) {
            Ok(effects) => return effects,
            Err(command) => command,
        };
        let command = match self.perform_on_services(command) {
            Ok(effects) => return effects,
            Err(command) => command,
        };
        match command {
            Command::ShowConnect => self.overlay = Some(Overlay::Connect),
            Command::ShowHelp if self.overlay == Some(Overlay::Help) => self.overlay = None,
            Command::ShowHelp => self.overlay = Some(Overlay::Help),
            Command::FocusFilter => self.filter_focus += 1,
            Command::ChooseKeys => self.choosing_keys = !self.choosing_keys,
            Command::ToggleLibraryFrames => {
                self.workspace.fold_library = !self.workspace.fold_library;
                return vec![self.asked()];
            }
            Command::EditAddress(address) => {
                self.address = address;
                self.address_problem = None;
            }
            Command::RetryNow => return vec![Effect::Ask(Ask::Retry)],
            Command::CancelAsking => return vec![Effect::Ask(Ask::Cancel)],
            Command::SwitchTheme => {
                self.workspace.theme = self.workspace.theme.next();
                return vec![Effect::Theme(self.workspace.theme)];
            }
            Command::Larger | Command::Smaller | Command::UsualSize => {
                match command {
                    Command::UsualSize => self.workspace.scale_percent = 100,
                    step => self.workspace.scale(step == Command::Larger),
                }
                return vec![Effect::Scale(self.workspace.scale_factor())];
            }
            Command::CopyText | Command::CopyJson | Command::CopyLink => {
                let Some((name, text)) = copy::row(&command, screen) else { return Vec::new() };
                self.copied = Some(name.to_owned());
                return vec![Effect::Copy(text)];
            }
            Command::Copy(text) => {
                self.copied = Some(text.clone());
                return vec![Effect::Copy(text)];
            }
            Command::Dismiss => return self.dismiss().into_iter().collect(),
            other => return self.ask(other, screen).into_iter().collect(),
        }
        Vec::new()
    }

    /// Commands that change the query.
    fn ask(&mut self, command: Command, screen: &Screen) -> Option<Effect> {
        match command {
            Command::SwitchRange => self.workspace.range = self.workspace.range.other(),
            Command::ShowWaits => self.turn_to(Page::Waits),
            Command::ToggleCrowds => self.crowds = self.crowds.other(),
            Command::ShowRuntime => self.turn_to(Page::Runtime),
            Command::ShowAlerts => self.turn_to(Page::Alerts),
            Command::Pause | Command::StepBack | Command::StepForward | Command::GoTo(_) => {
                self.go(&command, screen)?;
            }
            Command::CycleGrouping => {
                let next = next_grouping(&self.workspace.keys, &screen.available);
                self.services.together = false;
                self.group_by(next);
            }
            Command::ToggleKey(key) => self.toggle_key(key),
            Command::EditFilter(line) => self.workspace.filter = line,
            Command::SortBy(column) => self.sort_by(column),
            Command::SwitchLens => self.workspace.lens = self.workspace.lens.other(),
            Command::Select(values) => {
                self.chose_row = true;
                self.select(Some(values));
            }
            early if self.early.is_too(&early, screen) => return None,
            Command::PreviousRow => self.step(screen, -1)?,
            Command::NextRow => self.step(screen, 1)?,
            Command::FirstRow => self.step(screen, isize::MIN)?,
            Command::LastRow => self.step(screen, isize::MAX)?,
            Command::OrderTasks(order) => {
                let selection = self.selection.as_mut()?;
                selection.order = order;
                selection.offset = 0;
            }
            Command::PreviousPage => self.turn_page(screen, false)?,
            Command::NextPage => self.turn_page(screen, true)?,
            _ => return None,
        }
        Some(self.asked())
    }

    /// To that page, and from it back to the groups.
    fn turn_to(&mut self, page: Page) {
        self.page = if self.page == page { Page::Groups } else { page };
    }

    fn asked(&mut self) -> Effect {
        self.generation += 1;
        let query = Arc::new(self.query());
        self.early.asked(&query);
        Effect::Ask(Ask::Query(query))
    }

    fn forget_rows(&mut self) {
        self.selection = None;
        self.chose_row = false;
        self.heap.chosen = None;
        self.heap.focus = Arc::default();
        self.forget_transforms();
    }

    fn group_by(&mut self, keys: Vec<Key>) {
        self.workspace.keys = keys;
        // A row of other keys is another row.
        self.forget_rows();
    }

    /// Who sorts by bytes wants to see how these went, too.
    fn sort_by(&mut self, column: Column) {
        self.workspace.sort = self.workspace.sort.clicked(column);
        self.workspace.lens = if column.is_of_bytes() { Lens::Bytes } else { Lens::Tasks };
    }

    /// One thing at a time, the topmost first.
    fn dismiss(&mut self) -> Option<Effect> {
        if self.overlay.take().is_some() || std::mem::take(&mut self.choosing_keys) {
            return None;
        }
        if self.remark.take().is_some() {
            return None;
        }
        if self.dismiss_on_task() {
            return Some(self.asked());
        }
        if self.page == Page::Heap {
            self.dismiss_on_heap();
            return Some(self.asked());
        }
        if self.page != Page::Groups {
            self.page = Page::Groups;
            return Some(self.asked());
        }
        if self.dismiss_on_awaits() {
            return Some(self.asked());
        }
        if self.at_ms.take().is_some() {
            return Some(self.asked());
        }
        if std::mem::take(&mut self.services.run_before) {
            return Some(self.asked());
        }
        if !self.workspace.filter.is_empty() {
            self.workspace.filter.clear();
            return Some(self.asked());
        }
        self.selection.take()?;
        self.chose_row = true;
        Some(self.asked())
    }
}

/// The groupings that `g` goes through: the usual one, then each key alone.
fn next_grouping(now: &[Key], available: &[Key]) -> Vec<Key> {
    let mut all = vec![Workspace::usual_keys()];
    all.extend(available.iter().map(|key| vec![key.clone()]));
    let next = all.iter().position(|keys| keys == now).map_or(0, |at| at + 1);
    all.into_iter().cycle().nth(next).unwrap_or_default()
}

#[cfg(test)]
mod tests;
