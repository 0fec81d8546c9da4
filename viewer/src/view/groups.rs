//! The groups: by what they are made, filtered and sorted; the table itself is next door.

use egui::accesskit::Role;
use egui::{Align, Layout, RichText, TextEdit, Ui, WidgetInfo};

use super::table::nothing;
use super::{Look, button, group_table, hint, place};
use crate::analyse::numbers::{count, counted};
use crate::analyse::{Column, Filter, Key, Value};
use crate::command::Command;
use crate::theme;

/// Width of the filter, and in a narrow window.
pub(super) const FILTER: f32 = 260.0;
const SHORT_FILTER: f32 = 190.0;
/// In a line narrower than this the number of rows gives way.
const NARROW: f32 = 900.0;
/// What that number takes up where there is a filter, and all that stands beside the filter.
const COUNT: f32 = 170.0;
const BESIDE_FILTER: f32 = 130.0 + COUNT;

pub(super) fn show(ui: &mut Ui, look: &Look<'_>, commands: &mut Vec<Command>) {
    theme::panel(theme::palette(ui)).show(ui, |ui| {
        controls(ui, look, commands);
        if let Some(problem) = Filter::parse(&look.session.workspace.filter).problem() {
            let colour = theme::palette(ui).warm;
            ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
                ui.label(RichText::new(problem).font(theme::small()).color(colour));
            });
        }
    });
    if look.screen.table.rows.is_empty() {
        if look.screen.table.base_groups > 0 {
            nothing_passes(ui, commands);
        } else {
            let words = "No living tasks. Tasks show up here as soon as they are spawned through the \
                         agent.";
            nothing(ui, words);
        }
        return;
    }
    group_table::show(ui, look, commands);
}

fn nothing_passes(ui: &mut Ui, commands: &mut Vec<Command>) {
    ui.vertical_centered(|ui| {
        ui.add_space((ui.available_height() * 0.3).min(60.0));
        let words = RichText::new("No group matches the filter.");
        ui.label(words.color(theme::palette(ui).text_dim));
        if ui.button("Clear the filter").clicked() {
            commands.push(Command::EditFilter(String::new()));
        }
    });
}

/// The line above the table: keys, filter, order.
fn controls(ui: &mut Ui, look: &Look<'_>, commands: &mut Vec<Command>) {
    let palette = theme::palette(ui);
    let width = ui.available_width();
    let filter_width = if width < NARROW { SHORT_FILTER } else { FILTER };
    ui.horizontal(|ui| {
        let room = (width - filter_width - BESIDE_FILTER).max(0.0);
        // Many keys are scrolled through: they must not lie below what is right of them.
        egui::ScrollArea::horizontal()
            .id_salt("keys of the rows")
            .max_width(if width < NARROW { room + COUNT } else { room })
            .auto_shrink(true)
            .show(ui, |ui| keys(ui, look, commands));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let by_suspicion = look.screen.table.sort.column == Column::Suspicion;
            let first = egui::Button::new("Suspicious first").selected(by_suspicion);
            let tooltip = "What is stuck or grows comes first; waits for the outside count less";
            if ui.add(first).on_hover_text(tooltip).clicked() && !by_suspicion {
                commands.push(Command::SortBy(Column::Suspicion));
            }
            filter(ui, look, filter_width, commands);
            if width < NARROW {
                return;
            }
            let rows = look.screen.table.rows.len();
            let words = if look.session.workspace.filter.is_empty() {
                counted(rows as u64, "row")
            } else {
                let (some, all) = (look.screen.table.matching, look.screen.table.base_groups);
                {
                    let rows = counted(rows as u64, "row");
                    format!("{rows}, {} of {} groups", count(some as u64), count(all as u64))
                }
            };
            ui.label(RichText::new(words).font(theme::small()).color(palette.text_faint));
        });
    });
}

/// A button for all keys, and one for each that makes up the rows.
fn keys(ui: &mut Ui, look: &Look<'_>, commands: &mut Vec<Command>) {
    let palette = theme::palette(ui);
    ui.horizontal(|ui| {
        let chooser = egui::Button::new(Command::ChooseKeys.text());
        let chooser = ui.add(chooser.selected(look.session.choosing_keys));
        if chooser.on_hover_text(hint(&Command::ChooseKeys)).clicked() {
            commands.push(Command::ChooseKeys);
        }
        // One key has nothing to put its rows into.
        if look.screen.table.keys.len() > 1 {
            let nest = egui::Button::new(Command::ToggleNest.text());
            let nest = ui.add(nest.selected(look.session.workspace.nest));
            if nest.on_hover_text(hint(&Command::ToggleNest)).clicked() {
                commands.push(Command::ToggleNest);
            }
        }
        // The list of keys beside the table says and does the same, and takes their room.
        let keys = Some(&look.screen.table.keys).filter(|_| !look.session.choosing_keys);
        for key in keys.into_iter().flatten() {
            let chip = RichText::new(format!("{} ×", key.title())).color(palette.accent);
            let chip = ui.add(egui::Button::new(chip).fill(palette.accent_soft));
            chip.widget_info(|| {
                let words = format!("Take {} out of the grouping", key.title());
                WidgetInfo::labeled(Role::Button, true, words)
            });
            if chip.on_hover_text("Take this key out of the grouping").clicked() {
                // Only one key ever stands in for another.
                let chosen = look.session.keys().contains(key);
                let chosen = if chosen { key.clone() } else { Key::AwaitPoint };
                commands.push(Command::ToggleKey(chosen));
            }
        }
    });
}

pub(super) fn filter(ui: &mut Ui, look: &Look<'_>, width: f32, commands: &mut Vec<Command>) {
    let mut line = look.session.workspace.filter.clone();
    // Its own identity: the chips before it come and go, and the focus must not follow them.
    let field = TextEdit::singleline(&mut line)
        .id(egui::Id::unique("filter"))
        .hint_text("filter: task:fetch is:stuck  ( / )")
        .desired_width(width);
    let field = ui.add(field).accessible_name("Filter");
    let asked = look.session.filter_focus;
    let id = field.id.with("focus");
    if ui.data(|data| data.get_temp(id).unwrap_or(0)) != asked {
        ui.data_mut(|data| data.insert_temp(id, asked));
        field.request_focus();
    }
    if field.changed() {
        commands.push(Command::EditFilter(line));
    }
    field.on_hover_text(hint(&Command::FocusFilter));
}

/// The list of keys, each with a box to tick.
pub(super) fn choose_keys(ui: &mut Ui, look: &Look<'_>, commands: &mut Vec<Command>) {
    let palette = theme::palette(ui);
    ui.horizontal(|ui| {
        ui.label(RichText::new("Group by").color(palette.text_strong));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            button(ui, Command::CycleGrouping, commands);
        });
    });
    ui.add_space(4.0);
    let chosen = &look.session.keys();
    egui::ScrollArea::vertical().show(ui, |ui| {
        // Those that make up the rows first, in their order.
        for (at, key) in chosen.iter().enumerate() {
            if !look.screen.available.contains(key) {
                continue;
            }
            ui.horizontal(|ui| {
                tick(ui, key, true, commands);
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    let down = Command::MoveKeyDown(key.clone());
                    move_button(ui, "down", down, at + 1 < chosen.len(), commands);
                    move_button(ui, "up", Command::MoveKeyUp(key.clone()), at > 0, commands);
                });
            });
        }
        if !chosen.is_empty() {
            ui.separator();
        }
        for key in look.screen.available.iter().filter(|key| !chosen.contains(key)) {
            tick(ui, key, false, commands);
        }
    });
}

/// A box to tick for a key.
fn tick(ui: &mut Ui, key: &Key, mut ticked: bool, commands: &mut Vec<Command>) {
    let title = match key {
        Key::Label(_) => RichText::new(key.title()).font(theme::mono()),
        _ => RichText::new(key.title()),
    };
    if ui.checkbox(&mut ticked, title).clicked() {
        commands.push(Command::ToggleKey(key.clone()));
    }
}

/// A button that moves a key up or down.
fn move_button(ui: &mut Ui, word: &str, command: Command, can: bool, commands: &mut Vec<Command>) {
    let (Command::MoveKeyUp(key) | Command::MoveKeyDown(key)) = &command else { return };
    let response = ui.add_enabled(can, egui::Button::new(word).small());
    response.widget_info(|| {
        WidgetInfo::labeled(Role::Button, can, format!("Move {} {word}", key.title()))
    });
    if response.on_hover_text(command.tooltip()).clicked() {
        commands.push(command);
    }
}

/// A value in words, paths without what they all have in common.
pub(super) fn value_words(value: &Value) -> String {
    match value {
        Value::Place(location) => place::short(location),
        other => other.to_string(),
    }
}
