//! The help page: every command with its keys, and the language of the filter.

use egui::{Grid, Modal, RichText, ScrollArea, Ui};

use super::button;
use crate::command::Command;
use crate::theme::{self, Palette};

/// Height of a line: there are many.
const LINE: f32 = 19.0;
/// Of the page, where the window has room for it.
const MOST_WIDTH: f32 = 860.0;
/// Of the widest keys and names.
const BESIDE: f32 = 330.0;

const FILTER: [(&str, &str); 13] = [
    ("fetch", "anything known about a group: labels, state, source lines, every frame"),
    ("tenant:acme", "one label"),
    ("tenant=acme", "the whole text; tenant~ac and tenant:ac ask for a part of it"),
    ("label:probe", "the key or the value of any label"),
    ("process:checkout", "one process of all, where several services are open"),
    ("state:parked", "the state; likewise wait:, await: and spawn:"),
    ("is:stuck", "longer in one state than the service's threshold"),
    ("is:growing", "more tasks than a minute ago, or more bytes by more than their error"),
    ("is:outlived", "bytes that outlived the tasks that allocated them"),
    ("bytes>10M", "holds more of the heap; likewise outlived> and tasks>, with < and >= too"),
    ("idle>5m", "longer in its state: rows by their oldest task, the list of tasks one by one"),
    ("age<1h", "spawned that recently, in the list of tasks; with ms, s, m, h and d"),
    ("-timer", "not this; -tenant=acme likewise"),
];

pub(super) fn show(ui: &mut Ui, commands: &mut Vec<Command>) {
    let palette = theme::palette(ui);
    let modal =
        Modal::new(egui::Id::unique("help")).frame(theme::card(palette)).show(ui.ctx(), |ui| {
            // Room for the card's edges and its button, however small the window is.
            let window = ui.ctx().content_rect().size();
            ui.set_width(MOST_WIDTH.min(window.x - 80.0));
            let height = (window.y - 120.0).max(120.0);
            let lists = |ui: &mut Ui| lists(ui, palette);
            ScrollArea::vertical().max_height(height).min_scrolled_height(height).show(ui, lists);
            ui.add_space(10.0);
            button(ui, Command::Dismiss, commands);
        });
    if modal.backdrop_response.clicked() {
        commands.push(Command::Dismiss);
    }
}

fn lists(ui: &mut Ui, palette: &Palette) {
    heading(ui, "Keys", palette);
    // Beside what a key does stand the key and its name.
    let sentence = (ui.available_width() - BESIDE).max(160.0);
    let grid = |name, columns| {
        Grid::new(name).num_columns(columns).spacing([18.0, 3.0]).max_col_width(sentence)
    };
    ui.spacing_mut().interact_size.y = LINE;
    grid("keys", 3).show(ui, |ui| {
        for (title, commands) in Command::SECTIONS {
            ui.vertical(|ui| {
                ui.add_space(8.0);
                ui.label(RichText::new(title).color(palette.text_strong));
            });
            ui.end_row();
            for command in commands {
                let keys: Vec<String> =
                    command.shortcuts().iter().map(ToString::to_string).collect();
                row(ui, &keys.join(", "), command.text(), command.tooltip(), palette);
            }
        }
    });
    ui.add_space(10.0);
    heading(ui, "Filter", palette);
    grid("filter", 2).show(ui, |ui| {
        for (word, meaning) in FILTER {
            ui.label(RichText::new(word).font(theme::mono()).color(palette.accent));
            ui.label(RichText::new(meaning).color(palette.text_dim));
            ui.end_row();
        }
    });
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
