//! That something is recorded: into which file, and how much of it there is.

use egui::{Panel, RichText, Ui};

use super::{Look, hint};
use crate::analyse::numbers::{bytes, counted};
use crate::command::Command;
use crate::theme;

pub(super) fn show(ui: &mut Ui, look: &Look<'_>, commands: &mut Vec<Command>) {
    let Some(recording) = &look.session.recording else { return };
    let palette = theme::palette(ui);
    Panel::top("recording").frame(theme::banner(palette.accent_soft)).show(ui, |ui| {
        ui.horizontal_wrapped(|ui| {
            let words = format!("Recording {}", recording.target);
            ui.label(RichText::new(words).color(palette.accent));
            let (states, size) = (recording.taken.states, recording.taken.bytes);
            let taken = format!("{}, {}", counted(states, "state"), bytes(size));
            ui.label(RichText::new(taken).color(palette.text_strong));
            let path = recording.path.display().to_string();
            ui.label(RichText::new(path).font(theme::mono()).color(palette.text));
            if let Some(trouble) = &recording.trouble {
                let words = format!("Nothing comes in: {trouble}.");
                ui.label(RichText::new(words).color(palette.warm));
            }
            button(ui, look, commands);
        });
    });
}

/// Begins a recording, or ends it.
pub(super) fn button(ui: &mut Ui, look: &Look<'_>, commands: &mut Vec<Command>) {
    let is_on = look.session.recording.is_some();
    let text = if is_on { "Stop recording" } else { Command::Record.text() };
    if ui.button(text).on_hover_text(hint(&Command::Record)).clicked() {
        commands.push(Command::Record);
    }
}
