//! Commands found by their names.

use super::{Effect, Overlay, Session};
use crate::command::Command;
use crate::screen::Screen;

impl Session {
    /// The commands whose names have all the words that were typed, in the order of the help page.
    pub fn found(&self) -> Vec<Command> {
        let words = self.palette.to_lowercase();
        let fits = |command: &&Command| {
            let text = format!("{} {}", command.text(), command.tooltip()).to_lowercase();
            words.split_whitespace().all(|word| text.contains(word))
        };
        let listed = Command::listed().filter(|command| **command != Command::ShowPalette);
        let mut found: Vec<Command> = listed.filter(fits).cloned().collect();
        // Whose name has them comes before whose meaning has them.
        let in_name = |command: &Command| {
            let name = command.text().to_lowercase();
            words.split_whitespace().all(|word| name.contains(word))
        };
        found.sort_by_key(|command| !in_name(command));
        found
    }

    /// Does it if it is about the list of commands; gives back what is not.
    pub(super) fn perform_on_palette(
        &mut self,
        command: Command,
        screen: &Screen,
    ) -> Result<Vec<Effect>, Command> {
        let is_open = self.overlay == Some(Overlay::Palette);
        match command {
            Command::ShowPalette if is_open => self.overlay = None,
            Command::ShowPalette => {
                self.overlay = Some(Overlay::Palette);
                self.edit_palette(String::new());
            }
            Command::EditPalette(text) => self.edit_palette(text),
            Command::NextRow if is_open => {
                self.palette_at = (self.palette_at + 1).min(self.found().len().saturating_sub(1));
            }
            Command::PreviousRow if is_open => {
                self.palette_at = self.palette_at.saturating_sub(1);
            }
            Command::Run(command) => {
                self.overlay = None;
                return Ok(self.perform(*command, screen));
            }
            other => return Err(other),
        }
        Ok(Vec::new())
    }

    fn edit_palette(&mut self, text: String) {
        self.palette = text;
        self.palette_at = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_found_by_parts_of_its_name_in_any_order() {
        let mut session = Session::default();
        let screen = Screen::default();
        session.perform(Command::ShowPalette, &screen);
        session.perform(Command::EditPalette("dark light".into()), &screen);
        assert_eq!(session.found(), [Command::SwitchTheme]);
        session.perform(Command::EditPalette("heap".into()), &screen);
        assert_eq!(session.found()[0], Command::ShowHeap, "the name counts first");
        session.perform(Command::EditPalette("no such thing".into()), &screen);
        assert_eq!(session.found(), []);
    }

    #[test]
    fn what_is_run_closes_the_list() {
        let mut session = Session::default();
        let screen = Screen::default();
        session.perform(Command::ShowPalette, &screen);
        session.perform(Command::NextRow, &screen);
        assert_eq!(session.palette_at, 1);
        let chosen = session.found()[session.palette_at].clone();
        session.perform(Command::Run(Box::new(chosen)), &screen);
        assert_eq!(session.overlay, None);
    }
}
