//! Rows in rows: which of them are open, and how one goes through them.
//!
//! What is open is remembered for each list of keys by itself: who looks through another one for a
//! while finds everything as it was.

use std::sync::Arc;

use super::{Effect, Session};
use crate::analyse::{Key, Nest, Row, Value};
use crate::command::Command;
use crate::screen::Screen;

impl Session {
    /// Which rows are open, if rows lie in rows.
    pub(super) fn nest(&self) -> Option<Arc<Nest>> {
        let remembered = || self.nests.get(&self.keys()).cloned().unwrap_or_default();
        self.workspace.nest.then(remembered)
    }

    fn change_nest(&mut self, change: impl FnOnce(&mut Nest)) {
        let nest = self.nests.entry(self.keys()).or_default();
        change(Arc::make_mut(nest));
    }

    /// Opens the rows that one lies in: it has to be in sight.
    pub(super) fn open_to(&mut self, values: &[Value]) {
        if self.workspace.nest && values.len() > 1 {
            self.change_nest(|nest| nest.open_to(values));
        }
    }

    /// Does it if it is about rows in rows or the order of keys; gives back what is not.
    pub(super) fn perform_on_nest(
        &mut self,
        command: Command,
        screen: &Screen,
    ) -> Result<Vec<Effect>, Command> {
        if self.early.is_too(&command, screen) {
            return Ok(Vec::new());
        }
        match command {
            Command::ToggleNest => self.toggle_nest(screen),
            Command::OpenRow | Command::CloseRow | Command::OpenAllRows | Command::CloseAllRows
                if !screen.table.nested =>
            {
                return Ok(Vec::new());
            }
            Command::OpenAllRows => self.change_nest(|nest| *nest = Nest::all_open()),
            Command::CloseAllRows => {
                self.change_nest(|nest| *nest = Nest::default());
                self.choose_outer(1);
            }
            Command::OpenRow => self.open_chosen(screen),
            Command::CloseRow => self.close_chosen(screen),
            Command::SetOpen(values, open) => {
                self.change_nest(|nest| nest.set(&values, open));
                let lies_in = |chosen: &[Value]| chosen.starts_with(&values);
                if !open && self.selection.as_ref().is_some_and(|row| lies_in(&row.values)) {
                    self.choose_outer(values.len());
                }
            }
            Command::MoveKeyUp(key) => self.move_key(&key, -1),
            Command::MoveKeyDown(key) => self.move_key(&key, 1),
            other => return Err(other),
        }
        Ok(vec![self.asked()])
    }

    fn toggle_nest(&mut self, screen: &Screen) {
        self.workspace.nest = !self.workspace.nest;
        let Some(values) = self.selection.as_ref().map(|row| row.values.clone()) else { return };
        if self.workspace.nest {
            self.open_to(&values);
        } else if values.len() < screen.table.keys.len() {
            // Many rows come of it. Whichever is worst is looked at.
            self.selection = None;
            self.chose_row = false;
        }
    }

    /// Opens the chosen row, or goes to the first row in it.
    fn open_chosen(&mut self, screen: &Screen) {
        match self.chosen(screen).map(|row| (row.opens, row.values.clone())) {
            Some((Some(false), values)) => self.change_nest(|nest| nest.set(&values, true)),
            Some((Some(true), _)) => drop(self.step(screen, 1)),
            Some((None, _)) => {}
            None => drop(self.step(screen, isize::MIN)),
        }
    }

    /// Closes the chosen row, or goes to the one that it lies in.
    fn close_chosen(&mut self, screen: &Screen) {
        match self.chosen(screen).map(|row| (row.opens, row.values.clone())) {
            Some((Some(true), values)) => self.change_nest(|nest| nest.set(&values, false)),
            Some((_, values)) => self.choose_outer(values.len().saturating_sub(1).max(1)),
            None => {}
        }
    }

    fn chosen<'a>(&self, screen: &'a Screen) -> Option<&'a Row> {
        let at = screen.position(&self.selection.as_ref()?.values)?;
        screen.table.rows.get(at)
    }

    /// Chooses the row of so many keys that the chosen one lies in.
    fn choose_outer(&mut self, keys: usize) {
        let chosen = self.selection.as_ref().map(|row| row.values.clone());
        let Some(outer) = chosen.as_ref().and_then(|values| values.get(..keys)) else { return };
        self.chose_row = true;
        self.select(Some(outer.into()));
    }

    /// Moves a key by so many places, if there are so many.
    fn move_key(&mut self, key: &Key, by: isize) {
        let mut keys = self.keys();
        let Some(at) = keys.iter().position(|known| known == key) else { return };
        if let Some(other) = at.checked_add_signed(by).filter(|other| *other < keys.len()) {
            keys.swap(at, other);
            self.group_by(keys);
        }
    }
}

#[cfg(test)]
mod tests;
