//! From pressed keys to commands.

use egui::{Key, Modifiers, Ui};

use super::Look;
use crate::command::{Command, Press};
use crate::session::{Overlay, Page};
use crate::widgets::steering;

/// The commands whose keys were pressed. While somebody types, only keys that type nothing count.
pub(super) fn pressed(ui: &Ui, look: &Look<'_>) -> Vec<Command> {
    let typing = ui.text_edit_focused();
    // egui takes the focus off a field before anybody sees the Escape that did it.
    let memory = ui.scope_id().with("typing");
    let was_typing = ui.data(|data| data.get_temp(memory)).unwrap_or(false);
    ui.data_mut(|data| data.insert_temp(memory, typing));
    let covered = look.session.overlay.is_some();
    // Who goes through the lines of a tree does not go through the rows of the table.
    let steering = steering(ui);
    let nested = look.screen.table.nested && look.session.page == Page::Groups;
    let on_alerts = look.session.page == Page::Alerts;
    let focused = ui.memory(|memory| memory.focused().is_some());
    let mut commands = Vec::new();
    for command in Command::listed().chain(&Command::TABS) {
        for press in command.shortcuts() {
            let counts = match press {
                // Whoever sees a dialog does not see which tab would go.
                // In a field it may be meant for the word before.
                Press::Ctrl('W') => !covered && !typing,
                Press::CtrlTab | Press::CtrlShiftTab | Press::PageUp | Press::PageDown => !covered,
                // Of alerts, on their page only: elsewhere they are somebody else's.
                Press::Enter => on_alerts && !covered && !typing && !focused,
                Press::Ctrl('A' | 'S') => on_alerts && !covered && !typing,
                Press::Ctrl(_) | Press::F1 => true,
                // In a field, Escape leaves the field and does nothing else.
                Press::Escape => covered || !was_typing,
                Press::Up | Press::Down if look.session.overlay == Some(Overlay::Palette) => true,
                Press::Up | Press::Down => !covered && !steering,
                Press::Left | Press::Right | Press::ShiftLeft | Press::ShiftRight => {
                    nested && !typing && !covered && !steering
                }
                Press::Sign('?') => !typing,
                Press::Home | Press::End => !typing && !covered && !steering,
                Press::Sign(_) => !typing && !covered,
            };
            let (modifiers, key) = key(*press);
            if counts && ui.input_mut(|input| take(input, modifiers, key)) {
                commands.push(command.clone());
            }
        }
    }
    commands
}

/// Takes the key out of the input. Shift is part of typing a sign, and of nothing else here.
fn take(input: &mut egui::InputState, modifiers: Modifiers, key: Key) -> bool {
    // On many keyboards the plus is the shifted equals sign.
    if key == Key::Plus && input.consume_key(modifiers, Key::Equals) {
        return true;
    }
    let with_shift = modifiers == Modifiers::NONE
        && key == Key::Questionmark
        && input.consume_key(Modifiers::SHIFT, key);
    with_shift || input.consume_key(modifiers, key)
}

fn key(press: Press) -> (Modifiers, Key) {
    let plain = |key| (Modifiers::NONE, key);
    let sign = |sign: char| Key::from_name(&sign.to_string()).unwrap_or(Key::F35);
    match press {
        Press::Sign('/') => plain(Key::Slash),
        Press::Sign('?') => plain(Key::Questionmark),
        Press::Sign(',') => plain(Key::Comma),
        Press::Sign('.') => plain(Key::Period),
        Press::Sign(letter) => plain(sign(letter)),
        Press::Ctrl('+') => (Modifiers::COMMAND, Key::Plus),
        Press::Ctrl('-') => (Modifiers::COMMAND, Key::Minus),
        Press::Ctrl(letter) => (Modifiers::COMMAND, sign(letter)),
        Press::Up => plain(Key::ArrowUp),
        Press::Down => plain(Key::ArrowDown),
        Press::Left => plain(Key::ArrowLeft),
        Press::Right => plain(Key::ArrowRight),
        Press::ShiftLeft => (Modifiers::SHIFT, Key::ArrowLeft),
        Press::ShiftRight => (Modifiers::SHIFT, Key::ArrowRight),
        Press::Home => plain(Key::Home),
        Press::End => plain(Key::End),
        Press::PageUp => plain(Key::PageUp),
        Press::PageDown => plain(Key::PageDown),
        Press::Escape => plain(Key::Escape),
        Press::F1 => plain(Key::F1),
        Press::Enter => plain(Key::Enter),
        Press::CtrlTab => (Modifiers::COMMAND, Key::Tab),
        Press::CtrlShiftTab => (Modifiers::COMMAND | Modifiers::SHIFT, Key::Tab),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shortcut_is_a_key_that_exists() {
        for press in Command::listed().chain(&Command::TABS).flat_map(Command::shortcuts) {
            assert_ne!(key(*press).1, Key::F35, "{press}");
        }
    }
}
