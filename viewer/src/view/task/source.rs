//! The source around the line that is looked at.

use egui::accesskit::Role;
use egui::{Align, Layout, Rect, RichText, ScrollArea, Sense, TextEdit, Ui, WidgetInfo, vec2};

use super::super::{Look, hint};
use crate::command::Command;
use crate::screen::TaskDetail;
use crate::source::{Excerpt, Missing};
use crate::theme;
use crate::widgets::{Side, cell_text};

const LINE: f32 = 18.0;
const NUMBERS: f32 = 56.0;

pub(super) fn show(ui: &mut Ui, look: &Look<'_>, detail: &TaskDetail, commands: &mut Vec<Command>) {
    let palette = theme::palette(ui);
    let at = detail.line(look.session.task.line);
    let line = at.and_then(|at| detail.lines.get(at));
    let Some(place) = line.and_then(|line| line.frame.location.as_ref()) else {
        dim(
            ui,
            "No source line is known of this frame: the service has no debug information of it.",
        );
        return;
    };
    let reading = at.and_then(|at| detail.sources.get(at)?.as_deref());
    match reading {
        None => dim(ui, "Looking for the source…"),
        Some(Ok(excerpt)) => {
            heading(ui, detail, excerpt, commands);
            egui::Frame::new().fill(palette.sunken).show(ui, |ui| {
                lines(ui, excerpt, place.line, place.column);
            });
        }
        Some(Err(missing)) => {
            dim(ui, &missing.to_string());
            if matches!(missing, Missing::NotFound { folders, .. } if !folders.is_empty()) {
                folders(ui, look, commands);
            }
        }
    }
}

fn dim(ui: &mut Ui, words: &str) {
    let palette = theme::palette(ui);
    theme::panel(palette).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.label(RichText::new(words).color(palette.text_dim));
    });
}

fn heading(ui: &mut Ui, detail: &TaskDetail, excerpt: &Excerpt, commands: &mut Vec<Command>) {
    let palette = theme::palette(ui);
    theme::panel(palette).show(ui, |ui| {
        ui.horizontal(|ui| {
            ui.label(RichText::new("Source").color(palette.text_strong));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                super::super::button(ui, Command::OpenSource, commands);
                if detail.is_newer(excerpt) {
                    let words = RichText::new("changed since the service started");
                    ui.label(words.color(palette.warm)).on_hover_text(
                        "The service was started before the file was changed last: its lines may \
                         be others.",
                    );
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    let path = excerpt.path.display().to_string();
                    let words = RichText::new(path).font(theme::mono()).color(palette.text_dim);
                    ui.add(egui::Label::new(words).truncate());
                });
            });
        });
    });
}

fn lines(ui: &mut Ui, excerpt: &Excerpt, at: u32, column: u32) {
    let palette = theme::palette(ui);
    ui.spacing_mut().item_spacing.y = 0.0;
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        for (number, text) in (excerpt.first..).zip(&excerpt.lines) {
            let size = vec2(ui.available_width(), LINE);
            let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
            let is_here = number == at;
            if is_here {
                ui.painter().rect_filled(rect, 0.0, palette.accent_soft);
                let edge = Rect::from_min_size(rect.min, vec2(3.0, rect.height()));
                ui.painter().rect_filled(edge, 0.0, palette.accent);
            }
            let margin = rect.with_max_x(rect.left() + NUMBERS - 12.0);
            let colour = if is_here { palette.accent } else { palette.text_faint };
            cell_text(ui, margin, Side::Right, number, theme::mono(), colour);
            let room = rect.with_min_x(rect.left() + NUMBERS);
            let colour = if is_here { palette.text_strong } else { palette.text_dim };
            cell_text(ui, room, Side::Left, text, theme::mono(), colour);
            if is_here {
                under(ui, room, text, column);
                // Once: who reads on is not to be taken back.
                let memory = ui.scope_id().with("line in sight");
                let line = Some((excerpt.path.clone(), at));
                if ui.data(|data| data.get_temp(memory)).unwrap_or(None) != line {
                    response.scroll_to_me(Some(Align::Center));
                    ui.data_mut(|data| data.insert_temp(memory, line));
                }
            }
            let here = if is_here { ", here" } else { "" };
            let words = format!("{number}: {text}{here}");
            response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &words));
        }
    });
}

/// Marks the column; in lines with tabs it stands elsewhere, so only where there are none before.
fn under(ui: &Ui, room: Rect, text: &str, column: u32) {
    let before = (column.saturating_sub(1)) as usize;
    if column == 0 || before >= text.chars().count() || text.starts_with("    \t") {
        return;
    }
    let glyph = ui.fonts_mut(|fonts| fonts.glyph_width(&theme::mono(), 'm'));
    let x = room.left() + glyph * before as f32;
    let mark = Rect::from_x_y_ranges(x..=x + glyph, room.bottom() - 2.5..=room.bottom() - 1.0);
    ui.painter().rect_filled(mark, 0.0, theme::palette(ui).accent);
}

/// Where to look for sources: the remembered folders, and a field for another.
fn folders(ui: &mut Ui, look: &Look<'_>, commands: &mut Vec<Command>) {
    let palette = theme::palette(ui);
    theme::panel(palette).show(ui, |ui| {
        ui.label(RichText::new("Source folder, where such paths begin").color(palette.text_dim));
        let memory = ui.scope_id().with("folder");
        let mut folder: String = ui.data(|data| data.get_temp(memory)).unwrap_or_default();
        ui.horizontal(|ui| {
            let field = TextEdit::singleline(&mut folder)
                .font(theme::mono())
                .hint_text("/path/to/the/service")
                .desired_width(320.0);
            let field = ui.add(field).accessible_name("Source folder");
            let entered =
                field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
            let add = ui.button("Look there").on_hover_text("And remember it");
            if (add.clicked() || entered) && !folder.trim().is_empty() {
                commands.push(Command::ToggleFolder(std::mem::take(&mut folder)));
            }
        });
        ui.data_mut(|data| data.insert_temp(memory, folder));
        ui.horizontal_wrapped(|ui| {
            for folder in &look.session.workspace.source_folders {
                let chip = RichText::new(format!("{folder} ×")).color(palette.accent);
                let command = Command::ToggleFolder(folder.clone());
                let chip = ui.add(egui::Button::new(chip).fill(palette.accent_soft));
                if chip.on_hover_text(hint(&command)).clicked() {
                    commands.push(command);
                }
            }
        });
    });
}
