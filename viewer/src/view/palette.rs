//! The commands, found by their names.

use egui::accesskit::Role;
use egui::{Align, Key, Layout, Modal, RichText, ScrollArea, Sense, TextEdit, Ui, WidgetInfo};

use super::Look;
use crate::command::Command;
use crate::theme;

/// Width of the list, and its height in a window that has room for more than its half.
const WIDTH: f32 = 620.0;
const HEIGHT: f32 = 360.0;

pub(super) fn show(ui: &mut Ui, look: &Look<'_>, commands: &mut Vec<Command>) {
    let palette = theme::palette(ui);
    let modal = Modal::new(egui::Id::unique("palette"))
        .frame(theme::card(palette).inner_margin(12))
        .show(ui.ctx(), |ui| content(ui, look, commands));
    if modal.backdrop_response.clicked() {
        commands.push(Command::Dismiss);
    }
}

fn content(ui: &mut Ui, look: &Look<'_>, commands: &mut Vec<Command>) {
    let window = ui.ctx().content_rect().size();
    ui.set_width(WIDTH.min(window.x - 80.0));
    let found = look.session.found();
    let mut text = look.session.palette.clone();
    let field = TextEdit::singleline(&mut text)
        .hint_text("part of a command's name")
        .margin(egui::Margin::symmetric(8, 6))
        .desired_width(f32::INFINITY);
    let field = ui.add(field);
    field.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, "Find a command"));
    let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    if !field.has_focus() && !entered {
        field.request_focus();
    }
    if field.changed() {
        commands.push(Command::EditPalette(text));
    }
    if entered && let Some(command) = found.get(look.session.palette_at) {
        commands.push(Command::Run(Box::new(command.clone())));
    }
    ui.add_space(6.0);
    if found.is_empty() {
        let palette = theme::palette(ui);
        ui.label(RichText::new("No command has these words.").color(palette.text_dim));
    }
    let height = HEIGHT.max(window.y * 0.5).min(window.y - 120.0);
    ScrollArea::vertical().max_height(height).min_scrolled_height(height).show(ui, |ui| {
        let mut section = None;
        for (at, command) in found.iter().enumerate() {
            // What was searched for stands in the order in which it fits.
            let of = command.section().filter(|_| look.session.palette.trim().is_empty());
            if section != of {
                heading(ui, of);
                section = of;
            }
            line(ui, command, at == look.session.palette_at, commands);
        }
    });
}

fn heading(ui: &mut Ui, title: Option<&str>) {
    let colour = theme::palette(ui).text_faint;
    ui.add_space(4.0);
    ui.horizontal(|ui| {
        ui.add_space(theme::CELL_PAD);
        ui.label(RichText::new(title.unwrap_or_default()).font(theme::small()).color(colour));
    });
}

fn line(ui: &mut Ui, command: &Command, is_next: bool, commands: &mut Vec<Command>) {
    let palette = theme::palette(ui);
    let size = egui::vec2(ui.available_width(), theme::ROW_HEIGHT);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    let keys: Vec<String> = command.shortcuts().iter().map(ToString::to_string).collect();
    let keys = keys.join(", ");
    response.widget_info(|| {
        WidgetInfo::selected(Role::Button, true, is_next, format!("{} {keys}", command.text()))
    });
    if is_next {
        response.scroll_to_me(None);
    }
    if is_next || response.hovered() {
        let fill = if is_next { palette.selected } else { palette.hovered };
        ui.painter().rect_filled(rect, 4.0, fill);
    }
    let inside = rect.shrink2(egui::vec2(theme::CELL_PAD, 0.0));
    let mut left = ui.new_child(
        egui::UiBuilder::new().max_rect(inside).layout(Layout::left_to_right(Align::Center)),
    );
    left.label(RichText::new(command.text()).color(palette.text_strong));
    let about = RichText::new(command.tooltip()).font(theme::small()).color(palette.text_dim);
    left.with_layout(Layout::right_to_left(Align::Center), |ui| {
        ui.label(RichText::new(keys).font(theme::mono()).color(palette.text_faint));
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            ui.add(egui::Label::new(about).truncate());
        });
    });
    if response.clicked() {
        commands.push(Command::Run(Box::new(command.clone())));
    }
}
