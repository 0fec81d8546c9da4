//! What is wrong, in words, above everything else.

use egui::accesskit::Role;
use egui::{Label, Panel, RichText, Sense, Ui, WidgetInfo};

use super::Look;
use super::group_table::verdict as class_words;
use crate::analyse::numbers::age;
use crate::command::Command;
use crate::screen::FoundTrouble;
use crate::theme::{self, Palette};

/// In a window lower than this the table needs the room more than the second and third line.
const LOW: f32 = 640.0;

pub(super) fn show(ui: &mut Ui, look: &Look<'_>, commands: &mut Vec<Command>) {
    let palette = theme::palette(ui);
    let lines = if ui.available_height() < LOW { 1 } else { look.screen.findings.len() };
    let frame = theme::banner(palette.surface);
    Panel::top("troubles").frame(frame).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        if look.screen.findings.is_empty() {
            nothing(ui, look, palette);
        }
        for (at, trouble) in look.screen.findings.iter().take(lines).enumerate() {
            line(ui, look, trouble, at == 0, palette, commands);
        }
    });
}

fn nothing(ui: &mut Ui, look: &Look<'_>, palette: &Palette) {
    let words = if look.screen.moment_ms.is_some() {
        "Nothing was known to be the matter then."
    } else {
        "Nothing is stuck for ever or piling up, as far as can be told."
    };
    ui.label(RichText::new(words).color(palette.text_dim)).on_hover_text(
        "The agent judges each spawn location by how long its tasks usually live. After a start it \
         takes a while until there is something to compare with.",
    );
}

fn line(
    ui: &mut Ui,
    look: &Look<'_>,
    found: &FoundTrouble,
    whole: bool,
    palette: &Palette,
    commands: &mut Vec<Command>,
) {
    let FoundTrouble { trouble, row } = found;
    let (class, colour) = class_words(trouble.class, palette);
    let since = age(look.screen.age(trouble.since_ms, look.now));
    ui.horizontal(|ui| {
        ui.label(RichText::new(&class).strong().color(colour));
        let tasks = trouble.name();
        ui.label(RichText::new(tasks).font(theme::mono()).color(palette.text_strong));
        let words = trouble.words(&since);
        let text = RichText::new(&words).color(palette.text);
        let label = Label::new(text).sense(Sense::click());
        let label = ui.add(if whole { label.wrap() } else { label.truncate() });
        label.widget_info(|| {
            WidgetInfo::labeled(Role::Button, true, format!("{class} {tasks} {words}"))
        });
        let hover = match row {
            Some(_) => format!("{words}\n\nClick to look at the row closely"),
            None => format!("{words}\n\nThe filter leaves its row out"),
        };
        if label.on_hover_text(hover).clicked()
            && let Some(row) = row
        {
            commands.push(Command::Select(row.clone()));
        }
    });
}
