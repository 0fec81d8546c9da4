//! The help page: every command with its keys, and the language of the filter.

use egui::{Grid, Modal, RichText, Ui};

use super::button;
use crate::command::Command;
use crate::theme::{self, Palette};

const FILTER: [(&str, &str); 8] = [
    ("fetch", "anything known about a group: labels, state, source lines, every frame"),
    ("tenant:acme", "one label"),
    ("state:parked", "the state; likewise wait:, await: and spawn:"),
    ("is:stuck", "longer in one state than the service's threshold"),
    ("is:growing", "more tasks than a minute ago, or more bytes by more than their error"),
    ("is:outlived", "bytes that outlived the tasks that allocated them"),
    ("bytes>10M", "holds more of the heap; likewise outlived> and tasks>, with < and >= too"),
    ("-timer", "not this"),
];

pub(super) fn show(ui: &mut Ui, commands: &mut Vec<Command>) {
    let palette = theme::palette(ui);
    let modal =
        Modal::new(egui::Id::unique("help")).frame(theme::card(palette)).show(ui.ctx(), |ui| {
            ui.set_width(620.0);
            heading(ui, "Keys", palette);
            Grid::new("keys").num_columns(3).spacing([18.0, 5.0]).show(ui, |ui| {
                for command in &Command::LISTED {
                    let keys: Vec<String> =
                        command.shortcuts().iter().map(ToString::to_string).collect();
                    row(ui, &keys.join(", "), command.text(), command.tooltip(), palette);
                }
            });
            ui.add_space(10.0);
            heading(ui, "Filter", palette);
            Grid::new("filter").num_columns(2).spacing([18.0, 5.0]).show(ui, |ui| {
                for (word, meaning) in FILTER {
                    ui.label(RichText::new(word).font(theme::mono()).color(palette.accent));
                    ui.label(RichText::new(meaning).color(palette.text_dim));
                    ui.end_row();
                }
            });
            ui.add_space(10.0);
            button(ui, Command::Dismiss, commands);
        });
    if modal.backdrop_response.clicked() {
        commands.push(Command::Dismiss);
    }
}

fn heading(ui: &mut Ui, text: &str, palette: &Palette) {
    ui.label(RichText::new(text).font(theme::heading()).color(palette.text_strong));
    ui.add_space(4.0);
}

fn row(ui: &mut Ui, keys: &str, text: &str, tooltip: &str, palette: &Palette) {
    ui.label(RichText::new(keys).font(theme::mono()).color(palette.accent));
    ui.label(RichText::new(text).color(palette.text));
    ui.label(RichText::new(tooltip).color(palette.text_dim));
    ui.end_row();
}
