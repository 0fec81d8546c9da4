//! The column of rows in rows: how deep each lies, whether it is open, and its own value.

use egui::accesskit::Role;
use egui::{Color32, Rect, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};
use egui_extras::TableRow;

use super::super::groups::value_words;
use super::{heat_colour, paint_value};
use crate::analyse::Row;
use crate::analyse::numbers::count;
use crate::command::Command;
use crate::theme::{self, CELL_PAD};
use crate::widgets::{Side, cell_text};

/// As much as its values need, all levels of them.
pub(super) const WIDTH: f32 = 340.0;
const INDENT: f32 = 16.0;
/// Past this depth rows stay in sight rather than to scale.
const DEEPEST: usize = 12;
/// The triangle, and what of the cell belongs to it.
const TRIANGLE: f32 = 4.0;
const OPENER: f32 = 16.0;

/// The cell: a click on the triangle opens or closes the row.
pub(super) fn cell(
    row: &mut TableRow<'_, '_>,
    fill: Option<Color32>,
    data: &Row,
    commands: &mut Vec<Command>,
) {
    row.col(|ui| {
        let palette = theme::palette(ui);
        let whole = ui.max_rect();
        if let Some(fill) = fill {
            ui.painter().rect_filled(whole, 0.0, fill);
        }
        let edge = Rect::from_min_size(whole.min, vec2(3.0, whole.height()));
        ui.painter().rect_filled(edge, 0.0, heat_colour(data.heat, palette));
        let depth = data.values.len().saturating_sub(1).min(DEEPEST);
        let left = edge.right() + CELL_PAD - 2.0;
        for level in 0..depth {
            let x = left + INDENT * level as f32 + OPENER / 2.0;
            ui.painter().vline(x, whole.y_range(), Stroke::new(1.0, palette.line));
        }
        let mut room = whole.with_min_x(left + INDENT * depth as f32);
        room.set_right(whole.right() - CELL_PAD);
        if let Some(open) = data.opens {
            opener(ui, room.with_max_x(room.left() + OPENER), data, open, commands);
        }
        room.set_left(room.left() + OPENER + 2.0);
        let Some(value) = data.values.last() else { return };
        // How many rows there are to see, where they are not seen. Of one there is nothing to say.
        let closed = data.opens == Some(false) && data.inside > 1;
        let closed = closed.then(|| count(data.inside as u64));
        let kept = if closed.is_some() { 30.0 } else { 0.0 };
        let stands = paint_value(ui, room.with_max_x(room.right() - kept), value);
        if let Some(inside) = closed {
            let rest = room.with_min_x(stands.right() + 8.0);
            cell_text(ui, rest, Side::Left, inside, theme::small(), palette.text_faint);
        }
    });
}

fn opener(ui: &Ui, place: Rect, data: &Row, open: bool, commands: &mut Vec<Command>) {
    let palette = theme::palette(ui);
    let response = ui.interact(place, ui.scope_id().with("opener"), Sense::click());
    let colour = if response.hovered() { palette.text_strong } else { palette.text_dim };
    let centre = place.center();
    let (long, short) = (TRIANGLE, TRIANGLE * 0.8);
    let points = if open {
        [vec2(-long, -short), vec2(long, -short), vec2(0.0, long)]
    } else {
        [vec2(-short, -long), vec2(long, 0.0), vec2(-short, long)]
    };
    let points = points.map(|point| pos2(centre.x, centre.y) + point).to_vec();
    ui.painter().add(egui::Shape::convex_polygon(points, colour, Stroke::NONE));
    response.widget_info(|| {
        let value = data.values.last().map(value_words).unwrap_or_default();
        let what = if open { "Close" } else { "Open" };
        WidgetInfo::labeled(Role::Button, true, format!("{what} {value}"))
    });
    let command = Command::SetOpen(data.values.clone(), !open);
    if response.on_hover_text(command.tooltip()).clicked() {
        commands.push(command);
    }
}

/// Where a row stands among the others, in words: `level 2 of 3, closed, 4 rows in it`.
pub(super) fn words(data: &Row, levels: usize) -> String {
    let level = format!("level {} of {levels}", data.values.len());
    let rows = if data.inside == 1 { "row" } else { "rows" };
    match data.opens {
        None => level,
        Some(true) => format!("{level}, open, {} {rows} in it", data.inside),
        Some(false) => format!("{level}, closed, {} {rows} in it", data.inside),
    }
}
