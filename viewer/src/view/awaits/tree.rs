//! The tree, from the roots inwards or from the waiting lines outwards, line by line.

use egui::accesskit::Role;
use egui::{Rect, Response, Ui, WidgetInfo, pos2, vec2};

use super::super::{Look, hint, place};
use super::frame::{self, Pointed};
use crate::analyse::{AwaitNode, AwaitWeight, Visible, VisibleRow};
use crate::command::Command;
use crate::screen::{Awaits, Detail};
use crate::theme::{self, Palette};
use crate::widgets::{Lines, Side, cell_text, lines, pill, share_bar};

pub(super) const LINE: f32 = 22.0;
const INDENT: f32 = 14.0;
const BAR_WIDTH: f32 = 54.0;

pub(super) fn show(
    ui: &mut Ui,
    look: &Look<'_>,
    detail: &Detail,
    pointed: &mut Pointed,
    commands: &mut Vec<Command>,
) {
    let Awaits { asked, tree, lines: rows, .. } = &detail.awaits;
    let calls = look.session.awaits.tree_focus;
    let name = asked.shape.title();
    let all = Lines { name, height: LINE, count: rows.len(), calls };
    lines(ui, all, |ui, at, rect, response| {
        let Some(row) = rows.get(at) else { return };
        let Some(node) =
            at_row(ui, row, &detail.awaits, rect, response, left(rect, asked.weight), commands)
        else {
            return;
        };
        background(ui, rect, node, response);
        numbers(ui, rect, node, asked.weight, tree.weight);
        frame(ui, indented(ui, rect, left(rect, asked.weight), row.depth), node);
        response.widget_info(|| {
            let mut words = vec![asked.weight.words(node.weight)];
            words.extend(frame::words(node));
            WidgetInfo::labeled(Role::Button, true, words.join(", "))
        });
        pick(look, response, node, pointed, commands);
        response.clone().on_hover_text(frame::about(node, tree, asked.weight));
    });
}

/// Room for a weight: times are long.
pub(super) fn number(weight: AwaitWeight) -> f32 {
    if weight == AwaitWeight::Time { 82.0 } else { 66.0 }
}

fn left(rect: Rect, weight: AwaitWeight) -> f32 {
    rect.left() + number(weight) + BAR_WIDTH + 26.0
}

/// The node of a line; a line of folded frames is dealt with here.
pub(super) fn at_row<'a>(
    ui: &Ui,
    row: &VisibleRow,
    awaits: &'a Awaits,
    rect: Rect,
    response: &Response,
    left: f32,
    commands: &mut Vec<Command>,
) -> Option<&'a AwaitNode> {
    let run = match row.shows {
        Visible::Node(at) => return awaits.tree.nodes.get(at as usize),
        Visible::Folded(run) => run,
    };
    let palette = theme::palette(ui);
    let room = indented(ui, rect, left, row.depth);
    let words = format!("… {run} library frames");
    cell_text(ui, room, Side::Left, words, theme::small(), palette.text_faint);
    let words = format!("{run} library frames folded");
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &words));
    if response.clicked() {
        commands.push(Command::ToggleLibraryFrames);
    }
    response.clone().on_hover_text(hint(&Command::ToggleLibraryFrames));
    None
}

/// What pointer and keyboard do with a line.
pub(super) fn pick(
    look: &Look<'_>,
    response: &Response,
    node: &AwaitNode,
    pointed: &mut Pointed,
    commands: &mut Vec<Command>,
) {
    pointed.see(response, node);
    if response.clicked() {
        commands.push(frame::focus(&node.frame, look));
    }
    frame::menu(response, &node.frame, commands);
}

pub(super) fn background(ui: &Ui, rect: Rect, node: &AwaitNode, response: &Response) {
    let palette = theme::palette(ui);
    if response.hovered() {
        ui.painter().rect_filled(rect, 0.0, palette.hovered);
    }
    if node.point.is_some() {
        ui.painter().rect_filled(rect, 0.0, palette.accent_soft);
        let edge = Rect::from_min_size(rect.min, vec2(3.0, rect.height()));
        ui.painter().rect_filled(edge, 0.0, palette.accent);
    }
}

fn numbers(ui: &Ui, rect: Rect, node: &AwaitNode, weight: AwaitWeight, whole: u64) {
    let palette = theme::palette(ui);
    let left = rect.left() + 8.0;
    let column = Rect::from_x_y_ranges(left..=left + number(weight), rect.y_range());
    let colour = if node.secondary { palette.text_faint } else { palette.text };
    cell_text(ui, column, Side::Right, weight.short(node.weight), theme::mono(), colour);
    let bar = Rect::from_min_size(
        pos2(column.right() + 8.0, rect.center().y - 3.0),
        vec2(BAR_WIDTH, 6.0),
    );
    let front = if node.secondary { palette.line_strong } else { palette.share };
    share_bar(ui, bar, node.weight, whole, (palette.line, front));
}

/// Where the text of a line begins; paints the guides on the way.
pub(super) fn indented(ui: &Ui, rect: Rect, left: f32, depth: u32) -> Rect {
    let palette = theme::palette(ui);
    // Chains can be long: past this depth they stay in sight rather than to scale.
    let depth = depth.min(24);
    for level in 0..depth {
        let x = left + INDENT * level as f32 + 4.0;
        ui.painter().vline(x, rect.y_range(), egui::Stroke::new(1.0, palette.line));
    }
    rect.with_min_x(left + INDENT * depth as f32)
}

/// Paints what a frame is: its line, what happens there, its name.
pub(super) fn frame(ui: &Ui, mut room: Rect, node: &AwaitNode) {
    let palette = theme::palette(ui);
    let dimmed = !node.frame.user || node.secondary;
    let place = node.frame.location.as_ref().map_or("(no source line)".into(), place::short);
    let colour = match (node.point.is_some(), dimmed) {
        (true, _) => palette.accent,
        (false, true) => palette.text_faint,
        (false, false) => palette.text_strong,
    };
    if node.found {
        let width = ui.painter().layout_no_wrap(place.clone(), theme::mono(), colour).size().x;
        let mark = room.shrink2(vec2(0.0, 2.0)).with_max_x(room.left() + width + 4.0);
        ui.painter().rect_filled(mark.translate(vec2(-2.0, 0.0)), 3.0, palette.flame_found);
    }
    let colour = if node.found { palette.text_strong } else { colour };
    let stands = cell_text(ui, room, Side::Left, place, theme::mono(), colour);
    room = chips(ui, room.with_min_x(stands.right() + 10.0), node, palette);
    let colour = if dimmed { palette.text_faint } else { palette.text_dim };
    cell_text(ui, room, Side::Left, &node.frame.function, theme::body(), colour);
}

fn chips(ui: &Ui, mut rest: Rect, node: &AwaitNode, palette: &Palette) -> Rect {
    let mut chip = |words: &str, fill, colour| {
        let stands = pill(ui, rest.left_center(), words, fill, colour);
        rest = rest.with_min_x(stands.right() + 6.0);
    };
    if let Some(point) = node.point {
        chip(point.words(), palette.accent, palette.surface);
    }
    for kind in &node.wait_kinds {
        let fill = if node.secondary { palette.line } else { palette.warm_soft };
        let colour = if node.secondary { palette.text_dim } else { palette.warm };
        chip(&kind.to_string(), fill, colour);
    }
    if node.secondary && !node.wait_kinds.is_empty() {
        chip("secondary", palette.line, palette.text_dim);
    }
    rest
}
