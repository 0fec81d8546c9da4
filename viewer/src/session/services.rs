//! Which services are open, and which of them are looked at.

use std::sync::Arc;

use super::{Effect, Overlay, Page, Session};
use crate::analyse::{Key, Scope, Selection};
use crate::analyst::Ask;
use crate::command::Command;
use crate::fleet::MAX_SERVICES;
use crate::workspace::Workspace;

/// The services that are open.
#[derive(Clone, Debug, Default)]
pub struct Services {
    /// Their addresses, in the order in which they were opened.
    pub open: Vec<Arc<str>>,
    /// Which of them are looked at.
    pub scope: Scope,
    /// The run before the present one is looked at.
    pub run_before: bool,
    /// Among all services, rows are not told apart by process.
    pub(super) together: bool,
    /// Those that were open when the viewer was closed the last time.
    last: Vec<Arc<str>>,
    /// What was looked at in scopes that are not looked at now.
    kept: Vec<(Scope, Kept)>,
}

/// What is looked at in a scope.
#[derive(Clone, Debug, Default)]
struct Kept {
    selection: Option<Selection>,
    chose_row: bool,
    at_ms: Option<u64>,
    run_before: bool,
}

impl Services {
    /// None is open, and these were when the viewer was closed the last time.
    pub(super) fn with_last(last: &[String]) -> Self {
        let last = last.iter().take(MAX_SERVICES).map(|address| address.as_str().into()).collect();
        Self { last, ..Self::default() }
    }

    /// The tabs in their order: all as one first, where there are several.
    pub fn tabs(&self) -> Vec<Scope> {
        let all = (self.open.len() > 1).then_some(Scope::All);
        let each = self.open.iter().cloned().map(Scope::One);
        all.into_iter().chain(each).collect()
    }

    /// Those of the last time, if they were several and not all of them are open.
    pub fn last(&self) -> &[Arc<str>] {
        let is_open = |address: &Arc<str>| self.open.contains(address);
        if self.last.len() < 2 || self.last.iter().all(is_open) { &[] } else { &self.last }
    }

    /// The tab so many places to the right, round and round.
    fn beside(&self, by: isize) -> Option<Scope> {
        let tabs = self.tabs();
        let at = tabs.iter().position(|tab| *tab == self.scope).unwrap_or(0);
        let count = tabs.len().cast_signed();
        let next = (at.cast_signed() + by).checked_rem_euclid(count)?;
        tabs.into_iter().nth(next.unsigned_abs())
    }
}

impl Session {
    /// Does what is about services; gives back what is not.
    pub(super) fn perform_on_services(&mut self, command: Command) -> Result<Vec<Effect>, Command> {
        match command {
            Command::Connect(address) => Ok(self.connect(&address)),
            Command::OpenLast => Ok(self.open_last()),
            Command::Disconnect => Ok(self.disconnect()),
            Command::CloseTab(address) => Ok(self.close(&address)),
            Command::ShowTab(scope) => Ok(self.show(scope)),
            Command::NextTab => {
                Ok(self.services.beside(1).map_or(Vec::new(), |tab| self.show(tab)))
            }
            Command::PreviousTab => {
                Ok(self.services.beside(-1).map_or(Vec::new(), |tab| self.show(tab)))
            }
            Command::GoToTab(place) => {
                let tab =
                    self.services.tabs().into_iter().nth(usize::from(place).saturating_sub(1));
                Ok(tab.map_or(Vec::new(), |tab| self.show(tab)))
            }
            Command::ShowRunBefore => {
                self.services.run_before = !self.services.run_before;
                self.at_ms = None;
                Ok(vec![self.asked()])
            }
            other => Err(other),
        }
    }

    fn connect(&mut self, address: &str) -> Vec<Effect> {
        let address = address.trim();
        if address.is_empty() {
            self.address_problem =
                Some("Type the address of an agent, for example 127.0.0.1:6670".into());
            return Vec::new();
        }
        let address: Arc<str> = address.into();
        let mut effects = Vec::new();
        if !self.services.open.contains(&address) {
            if self.services.open.len() >= MAX_SERVICES {
                self.address_problem = Some(format!(
                    "{MAX_SERVICES} services are open, and that is as many as there may be: close \
                     one of them first"
                ));
                return Vec::new();
            }
            self.services.open.push(address.clone());
            effects.push(Effect::Ask(Ask::Open(address.clone())));
        }
        self.workspace.remember(&address);
        self.remember_open();
        (*address).clone_into(&mut self.address);
        (self.address_problem, self.overlay) = (None, None);
        effects.extend(self.show(Scope::One(address)));
        effects
    }

    /// Opens all of them, and looks at them as one.
    pub fn connect_all(&mut self, addresses: &[String]) -> Vec<Effect> {
        let mut effects: Vec<Effect> =
            addresses.iter().flat_map(|address| self.connect(address)).collect();
        if self.services.open.len() > 1 {
            effects.extend(self.show(Scope::All));
        }
        if let Some(problem) = self.address_problem.take() {
            self.remark = Some(problem.into());
        }
        effects
    }

    fn open_last(&mut self) -> Vec<Effect> {
        let last: Vec<String> = self.services.last().iter().map(ToString::to_string).collect();
        self.connect_all(&last)
    }

    /// Lets go of the service that is looked at.
    fn disconnect(&mut self) -> Vec<Effect> {
        match (self.services.scope.clone(), &*self.services.open) {
            (Scope::One(address), _) => self.close(&address),
            (Scope::All, [only]) => self.close(&Arc::clone(only)),
            (Scope::All, _) => {
                self.remark = Some("These are all services: close the tab of one.".into());
                Vec::new()
            }
        }
    }

    fn close(&mut self, address: &Arc<str>) -> Vec<Effect> {
        let Some(at) = self.services.open.iter().position(|open| open == address) else {
            return Vec::new();
        };
        let closed = Scope::One(self.services.open.remove(at));
        self.remember_open();
        let mut effects = vec![Effect::Ask(Ask::Close(address.clone()))];
        let was_shown = self.services.scope == closed;
        let next = match (&*self.services.open, was_shown) {
            ([], _) => Scope::All,
            ([only], _) => Scope::One(only.clone()),
            (more, true) => {
                let next = more.get(at).or(more.last());
                next.map_or(Scope::All, |next| Scope::One(next.clone()))
            }
            (_, false) => self.services.scope.clone(),
        };
        effects.extend(self.show(next));
        self.services.kept.retain(|(scope, _)| *scope != closed);
        effects
    }

    /// What is open is opened again the next time, if one wishes.
    fn remember_open(&mut self) {
        if !self.services.open.is_empty() {
            self.workspace.open = self.services.open.iter().map(ToString::to_string).collect();
        }
    }

    /// Looks at these services, as they were looked at the last time.
    fn show(&mut self, scope: Scope) -> Vec<Effect> {
        if self.services.scope != scope {
            let kept = Kept {
                selection: self.selection.take(),
                chose_row: self.chose_row,
                at_ms: self.at_ms,
                run_before: self.services.run_before,
            };
            let left = std::mem::replace(&mut self.services.scope, scope);
            self.services.kept.retain(|(known, _)| *known != left);
            self.services.kept.push((left, kept));
            let now = &self.services.scope;
            let at = self.services.kept.iter().position(|(known, _)| known == now);
            let kept = at.map(|at| self.services.kept.remove(at).1).unwrap_or_default();
            self.forget_rows();
            (self.selection, self.chose_row) = (kept.selection, kept.chose_row);
            (self.at_ms, self.services.run_before) = (kept.at_ms, kept.run_before);
            // A task is one service's.
            if self.page == Page::Task {
                self.page = Page::Groups;
            }
        }
        if self.overlay == Some(Overlay::Connect) {
            self.overlay = None;
        }
        vec![self.asked()]
    }

    /// By what to group. Among several services the usual rows begin with the process.
    pub fn keys(&self) -> Vec<Key> {
        let mut keys = self.workspace.keys.clone();
        let many = self.services.scope == Scope::All && self.services.open.len() > 1;
        if many && !self.services.together && keys == Workspace::usual_keys() {
            keys.insert(0, Key::Process);
        }
        keys
    }

    pub(super) fn toggle_key(&mut self, key: Key) {
        let mut keys = self.keys();
        if key == Key::Process {
            // Without it they may be the usual ones, and stay without it.
            self.services.together = keys.contains(&key);
        }
        match keys.iter().position(|known| *known == key) {
            Some(at) => drop(keys.remove(at)),
            None if key == Key::Process => keys.insert(0, key),
            None => keys.push(key),
        }
        if keys.split_first() == Some((&Key::Process, &*Workspace::usual_keys())) {
            keys.remove(0);
        }
        self.group_by(keys);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screen::Screen;

    fn session(addresses: &[&str]) -> Session {
        let mut session = Session::default();
        for address in addresses {
            session.perform(Command::Connect((*address).into()), &Screen::default());
        }
        session
    }

    /// `a b [c]`: what is open, and what is looked at.
    fn shown(session: &Session) -> String {
        let word = |tab: &Scope| {
            let name = match tab {
                Scope::All => "all",
                Scope::One(address) => address,
            };
            if *tab == session.services.scope { format!("[{name}]") } else { name.to_owned() }
        };
        session.services.tabs().iter().map(word).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn services_are_added_gone_to_and_closed() {
        let mut session = session(&["a:1"]);
        let mut after = |command: Command, expected: &str| {
            session.perform(command, &Screen::default());
            assert_eq!(shown(&session), expected);
        };
        after(Command::NextTab, "[a:1]");
        after(Command::Connect("b:1".into()), "all a:1 [b:1]");
        after(Command::Connect("c:1".into()), "all a:1 b:1 [c:1]");
        after(Command::Connect("a:1".into()), "all [a:1] b:1 c:1");
        after(Command::PreviousTab, "[all] a:1 b:1 c:1");
        after(Command::PreviousTab, "all a:1 b:1 [c:1]");
        after(Command::NextTab, "[all] a:1 b:1 c:1");
        after(Command::Disconnect, "[all] a:1 b:1 c:1");
        after(Command::GoToTab(3), "all a:1 [b:1] c:1");
        after(Command::GoToTab(9), "all a:1 [b:1] c:1");
        after(Command::CloseTab("a:1".into()), "all [b:1] c:1");
        after(Command::Disconnect, "[c:1]");
        after(Command::Disconnect, "");
        after(Command::Disconnect, "");
    }

    #[test]
    fn one_too_many_is_a_problem_and_is_not_opened() {
        let addresses: Vec<String> = (0..=MAX_SERVICES).map(|port| format!("a:{port}")).collect();
        let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
        let mut session = session(&addresses);
        assert_eq!(session.services.open.len(), MAX_SERVICES);
        let problem = session.address_problem.clone().expect("a problem");
        assert!(problem.starts_with("16 services are open"), "{problem}");
        session.perform(Command::Connect("a:0".into()), &Screen::default());
        assert_eq!(session.address_problem, None, "this one is open");
        assert_eq!(session.services.scope, Scope::One("a:0".into()));
    }

    #[test]
    fn each_tab_keeps_its_row_and_its_moment() {
        let mut session = session(&["a:1", "b:1"]);
        let values = [crate::analyse::Value::Word("x")];
        session.perform(Command::Select(values.into()), &Screen::default());
        session.at_ms = Some(7);
        session.perform(Command::GoToTab(2), &Screen::default());
        assert_eq!((session.selection.is_some(), session.at_ms), (false, None));
        session.perform(Command::GoToTab(3), &Screen::default());
        assert_eq!((session.selection.is_some(), session.at_ms), (true, Some(7)));
    }

    #[test]
    fn among_all_the_usual_rows_begin_with_the_process_until_that_is_taken_out() {
        let mut session = session(&["a:1", "b:1"]);
        assert_eq!(session.keys(), Workspace::usual_keys());
        session.perform(Command::GoToTab(1), &Screen::default());
        let mut after = |key: Key, expected: &[&str]| {
            session.perform(Command::ToggleKey(key), &Screen::default());
            assert_eq!(session.keys().iter().map(Key::word).collect::<Vec<_>>(), expected);
        };
        after(Key::Process, &["task", "await", "wait"]);
        after(Key::Process, &["process", "task", "await", "wait"]);
        after(Key::WaitKind, &["process", "task", "await"]);
        after(Key::Process, &["task", "await"]);
        after(Key::Process, &["process", "task", "await"]);
        after(Key::WaitKind, &["process", "task", "await", "wait"]);
    }

    #[test]
    fn those_of_the_last_time_are_opened_again_at_once() {
        let mut workspace = Workspace::default();
        workspace.open = vec!["a:1".into(), "b:1".into()];
        let mut session = Session::new(workspace, None);
        assert_eq!(session.services.last().len(), 2);
        session.perform(Command::Connect("b:1".into()), &Screen::default());
        assert_eq!(session.workspace.open, ["b:1"]);
        let effects = session.perform(Command::OpenLast, &Screen::default());
        assert!(effects.contains(&Effect::Ask(Ask::Open("a:1".into()))), "{effects:?}");
        assert_eq!(shown(&session), "[all] b:1 a:1");
        assert!(session.services.last().is_empty(), "all of them are open");
    }
}
