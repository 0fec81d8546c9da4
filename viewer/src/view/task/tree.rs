//! The await tree of one task, line by line.

use egui::accesskit::Role;
use egui::{Rect, RichText, ScrollArea, Sense, Ui, WidgetInfo, vec2};
use taskscope_proto::model::{State, Task};

use super::super::table::nothing;
use super::super::{Look, hint, place};
use crate::analyse::TaskLine;
use crate::command::Command;
use crate::screen::TaskDetail;
use crate::session::frame_text;
use crate::theme;
use crate::widgets::{Side, cell_text, pill};

const LINE: f32 = 22.0;
const INDENT: f32 = 14.0;

pub(super) fn show(
    ui: &mut Ui,
    look: &Look<'_>,
    detail: &TaskDetail,
    task: &Task,
    commands: &mut Vec<Command>,
) {
    let palette = theme::palette(ui);
    theme::panel(palette).show(ui, |ui| {
        ui.horizontal(|ui| {
            let (title, about) = match task.state {
                State::Running => ("Stack", "where it blocks its thread, from the root inwards"),
                _ => ("Awaits", "from the task's root inwards; up and down choose a line"),
            };
            ui.label(RichText::new(title).color(palette.text_strong));
            ui.label(RichText::new(about).font(theme::small()).color(palette.text_faint));
        });
    });
    if detail.lines.is_empty() {
        nothing(ui, without_tree(task));
        return;
    }
    let chosen = detail.line(look.session.task.line);
    // Only what was chosen by hand is brought into sight: who scrolls is let be.
    let memory = ui.scope_id().with("brought into sight");
    let before: Option<Option<usize>> = ui.data(|data| data.get_temp(memory));
    let is_new = before != Some(look.session.task.line);
    ui.data_mut(|data| data.insert_temp(memory, look.session.task.line));
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        for (at, line) in detail.lines.iter().enumerate() {
            let size = vec2(ui.available_width(), LINE);
            let (rect, response) = ui.allocate_exact_size(size, Sense::click());
            let is_chosen = chosen == Some(at);
            let words = words(line);
            response.widget_info(|| {
                WidgetInfo::selected(Role::Button, true, is_chosen, words.join(", "))
            });
            if is_chosen && is_new {
                response.scroll_to_me(None);
            }
            let fill = match (is_chosen, response.hovered()) {
                (true, _) => Some(palette.selected),
                (false, true) => Some(palette.hovered),
                (false, false) => None,
            };
            if let Some(fill) = fill {
                ui.painter().rect_filled(rect, 0.0, fill);
            }
            draw(ui, rect, line);
            if response.clicked() {
                commands.push(Command::PointAtLine(at));
            }
            response.context_menu(|ui| {
                let copy = Command::CopyHere;
                if ui.button(copy.text()).on_hover_text(hint(&copy)).clicked() {
                    commands.push(Command::Copy(frame_text(&line.frame)));
                    ui.close();
                }
            });
            let about = format!("{}\n{}", line.frame.function, words.join(", "));
            response.on_hover_text(about);
        }
    });
}

fn without_tree(task: &Task) -> &'static str {
    match (task.state, &task.tree) {
        (State::Parked, Some(_)) => "It waits for nothing: no live waker will ever wake it.",
        (State::Parked, None) => "Where it waits is not captured yet.",
        (State::New, _) => "It was never polled.",
        _ => "It is not parked: where it waits is known once it does.",
    }
}

fn draw(ui: &Ui, rect: Rect, line: &TaskLine) {
    let palette = theme::palette(ui);
    if line.is_point {
        let edge = Rect::from_min_size(rect.min, vec2(3.0, rect.height()));
        ui.painter().rect_filled(edge, 0.0, palette.accent);
    }
    let depth = line.depth.min(24) as f32;
    let mut room = rect.shrink2(vec2(theme::CELL_PAD, 0.0));
    for level in 0..line.depth.min(24) {
        let x = room.left() + INDENT * level as f32 + 4.0;
        ui.painter().vline(x, rect.y_range(), egui::Stroke::new(1.0, palette.line_strong));
    }
    room = room.with_min_x(room.left() + 4.0 + INDENT * depth);
    let is_dimmed = !line.frame.user || line.secondary;
    let colour = match (line.is_point, is_dimmed) {
        (true, _) => palette.accent,
        (false, true) => palette.text_faint,
        (false, false) => palette.text_strong,
    };
    let stands = cell_text(ui, room, Side::Left, place_of(line), theme::mono(), colour);
    let mut left = stands.right() + 10.0;
    let mut chip = |words: &str, fill, colour| {
        let at = room.left_center().max(egui::pos2(left, 0.0));
        left = pill(ui, egui::pos2(left, at.y), words, fill, colour).right() + 6.0;
    };
    if line.is_point {
        chip("here", palette.accent, palette.surface);
    }
    if let Some(kind) = &line.wait_kind {
        let soft = if line.secondary { palette.line } else { palette.warm_soft };
        let strong = if line.secondary { palette.text_dim } else { palette.warm };
        chip(&kind.to_string(), soft, strong);
        if line.secondary {
            chip("secondary", palette.line, palette.text_dim);
        }
    }
    let colour = if is_dimmed { palette.text_faint } else { palette.text_dim };
    let name = room.with_min_x(left.min(room.right()));
    cell_text(ui, name, Side::Left, &line.frame.function, theme::body(), colour);
}

fn place_of(line: &TaskLine) -> String {
    line.frame.location.as_ref().map_or("(no source line)".into(), place::short)
}

/// What a line says, for those who do not see it.
fn words(line: &TaskLine) -> Vec<String> {
    let mut words = vec![place_of(line), line.frame.function.to_string()];
    words.extend(line.wait_kind.as_ref().map(ToString::to_string));
    for (holds, what) in
        [(line.is_point, "here"), (line.secondary, "secondary"), (!line.frame.user, "library")]
    {
        if holds {
            words.push(what.to_owned());
        }
    }
    words
}
