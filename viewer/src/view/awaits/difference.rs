//! The tree beside that of the marked moment: then, now, and what changed, line by line.

use egui::accesskit::Role;
use egui::{Color32, Rect, Ui, WidgetInfo, vec2};

use super::super::Look;
use super::frame::{self, Pointed};
use super::tree::{LINE, at_row, background, frame, indented, number, pick};
use crate::analyse::{AwaitNode, AwaitQuery, AwaitWeight};
use crate::command::Command;
use crate::screen::{Awaits, Detail};
use crate::theme::{self, Palette};
use crate::widgets::{Lines, Side, cell_text, lines, pill};

/// Room between columns.
const GAP: f32 = 8.0;

pub(super) fn show(
    ui: &mut Ui,
    look: &Look<'_>,
    detail: &Detail,
    pointed: &mut Pointed,
    commands: &mut Vec<Command>,
) {
    let Awaits { asked, tree, lines: rows, .. } = &detail.awaits;
    titles(ui, look, asked);
    let calls = look.session.awaits.tree_focus;
    let name = asked.shape.title();
    let all = Lines { name, height: LINE, count: rows.len(), calls };
    lines(ui, all, |ui, at, rect, response| {
        let Some(row) = rows.get(at) else { return };
        let left = column(rect, 2, asked.weight).right() + 2.0 * GAP;
        let Some(node) = at_row(ui, row, &detail.awaits, rect, response, left, commands) else {
            return;
        };
        let palette = theme::palette(ui);
        background(ui, rect, node, response);
        let (before, now) = (asked.weight.short(node.before), asked.weight.short(node.weight));
        let change = asked.weight.change(node.before, node.weight);
        let (colour, fill, word) = changed(node, palette);
        if let Some(fill) = fill {
            let patch = column(rect, 2, asked.weight).shrink2(vec2(-4.0, 2.0));
            ui.painter().rect_filled(patch, 3.0, fill);
        }
        for (at, text, colour) in
            [(0, &before, palette.text_dim), (1, &now, palette.text), (2, &change, colour)]
        {
            cell_text(ui, column(rect, at, asked.weight), Side::Right, text, theme::mono(), colour);
        }
        let mut room = indented(ui, rect, left, row.depth);
        if let (Some(word), Some(fill)) = (word, fill) {
            let stands = pill(ui, room.left_center(), word, fill, colour);
            room = room.with_min_x(stands.right() + 6.0);
        }
        frame(ui, room, node);
        response.widget_info(|| {
            let weights = format!("{} then, {} now", before, asked.weight.words(node.weight));
            let mut words = vec![weights, change_words(node, &change)];
            words.extend(frame::words(node));
            WidgetInfo::labeled(Role::Button, true, words.join(", "))
        });
        pick(look, response, node, pointed, commands);
        let about = frame::about(node, tree, asked.weight);
        response.clone().on_hover_text(format!("{}\n{about}", change_words(node, &change)));
    });
}

/// The columns of numbers: then, now, change.
fn column(rect: Rect, at: u8, weight: AwaitWeight) -> Rect {
    let left = rect.left() + 8.0 + f32::from(at) * (number(weight) + GAP);
    Rect::from_x_y_ranges(left..=left + number(weight), rect.y_range())
}

fn titles(ui: &mut Ui, look: &Look<'_>, asked: &AwaitQuery) {
    let palette = theme::palette(ui);
    let size = vec2(ui.available_width(), LINE);
    let (rect, response) = ui.allocate_exact_size(size, egui::Sense::hover());
    for (at, text) in [(0, "then"), (1, "now"), (2, "change")] {
        cell_text(
            ui,
            column(rect, at, asked.weight),
            Side::Right,
            text,
            theme::small(),
            palette.text_dim,
        );
    }
    let Some(moment) = look.screen.compared_with(look.now) else { return };
    let words = format!("since {moment}, what changed most first");
    let room = rect.with_min_x(column(rect, 2, asked.weight).right() + 2.0 * GAP);
    cell_text(ui, room, Side::Left, &words, theme::small(), palette.text_dim);
    response.widget_info(|| {
        WidgetInfo::labeled(Role::Label, true, format!("Then, now, change {words}"))
    });
    response.on_hover_text(
        "Then is the marked moment. Red with a plus has grown, green with a minus has shrunk.",
    );
}

/// The colour of a change, of its background, and a word where a number does not say it.
fn changed(
    node: &AwaitNode,
    palette: &Palette,
) -> (Color32, Option<Color32>, Option<&'static str>) {
    let (grown, shrunk) = ((palette.hot, palette.hot_soft), (palette.good, palette.good_soft));
    match (node.before, node.weight) {
        (before, now) if before == now => (palette.text_faint, None, None),
        (0, _) => (grown.0, Some(grown.1), Some("new")),
        (_, 0) => (shrunk.0, Some(shrunk.1), Some("gone")),
        (before, now) if now > before => (grown.0, Some(grown.1), None),
        _ => (shrunk.0, Some(shrunk.1), None),
    }
}

fn change_words(node: &AwaitNode, change: &str) -> String {
    match (node.before, node.weight) {
        (before, now) if before == now => "unchanged".into(),
        (0, _) => format!("new, {change}"),
        (_, 0) => format!("gone, {change}"),
        (before, now) if now > before => format!("grown by {change}"),
        _ => format!("shrunk by {change}"),
    }
}
