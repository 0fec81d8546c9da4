//! Where the tasks of the chosen row allocated what they hold, as a tree of the stacks.

use egui::accesskit::Role;
use egui::{Align, Layout, Rect, RichText, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2};

use super::group_table::with_error;
use super::table::nothing;
use super::{Look, groups, hint, place};
use crate::analyse::numbers::bytes;
use crate::analyse::{HeapNode, HeapTree, Lens, Visible, VisibleRow};
use crate::command::Command;
use crate::screen::{Allocations, Detail};
use crate::theme;
use crate::widgets::{Side, cell_text, pill, share_bar};

const LINE: f32 = 22.0;
const INDENT: f32 = 12.0;
const BYTES_WIDTH: f32 = 62.0;
const BAR_WIDTH: f32 = 40.0;
/// Stacks can be deep: past this they stay in sight rather than to scale.
const DEEPEST: u32 = 16;

pub(super) fn show(ui: &mut Ui, look: &Look<'_>, commands: &mut Vec<Command>) {
    let Some(detail) = &look.screen.detail else { return };
    theme::panel(theme::palette(ui)).show(ui, |ui| heading(ui, look, detail, commands));
    let Some(Allocations { tree, lines, .. }) = &detail.allocations else {
        nothing(ui, "No group of this row passes the filter, or the row is gone.");
        return;
    };
    if lines.is_empty() {
        let words = match look.screen.moment_ms {
            Some(_) => "Where bytes were allocated is known only of right now.",
            None => "No sampled block of these tasks lives.",
        };
        nothing(ui, words);
        return;
    }
    ui.spacing_mut().item_spacing.y = 0.0;
    ScrollArea::vertical().auto_shrink(false).id_salt("allocations").show_rows(
        ui,
        LINE,
        lines.len(),
        |ui, range| {
            for row in lines.get(range).unwrap_or_default() {
                line(ui, row, tree, commands);
            }
        },
    );
}

fn heading(ui: &mut Ui, look: &Look<'_>, detail: &Detail, commands: &mut Vec<Command>) {
    let palette = theme::palette(ui);
    ui.horizontal(|ui| {
        ui.label(RichText::new("Allocations").color(palette.text_strong));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            super::button(ui, Command::ShowHeap, commands);
            if look.screen.table.lens == Lens::Bytes {
                super::button(ui, Command::SwitchLens, commands);
            }
            let values: Vec<String> =
                detail.selection.values.iter().map(groups::value_words).collect();
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let words = RichText::new(values.join("  ·  ")).color(palette.text_dim);
                ui.add(egui::Label::new(words).truncate());
            });
        });
    });
    let row = detail.row.and_then(|at| look.screen.table.rows.get(at));
    let mut facts = Vec::new();
    if let Some(row) = row {
        facts.push(format!("holds {}", with_error(&row.sum.held)));
        if row.sum.held.outlived_bytes > 0 {
            facts.push(format!("{} outlived", bytes(row.sum.held.outlived_bytes)));
        }
    }
    if let Some(allocations) = detail.allocations.as_ref().filter(|all| all.shared) {
        let all = bytes(allocations.tree.weight);
        facts.push(format!("{all} by all tasks spawned there, wherever they wait"));
    }
    let words = RichText::new(facts.join("  ·  ")).font(theme::small());
    ui.add(egui::Label::new(words.color(palette.text_faint)).truncate());
    if let Some(mostly) = detail.allocations.as_ref().and_then(|all| all.mostly.as_ref()) {
        let labels = if mostly.labels.is_empty() {
            "tasks without labels".to_owned()
        } else {
            mostly.labels.to_string()
        };
        let spawned_at = place::short(&mostly.spawned_at);
        let held = bytes(mostly.live_bytes);
        let words = format!("mostly {labels}, spawned at {spawned_at}: {held}");
        let words = RichText::new(words).font(theme::small()).color(palette.text);
        ui.add(egui::Label::new(words).truncate());
    }
}

fn line(ui: &mut Ui, row: &VisibleRow, tree: &HeapTree, commands: &mut Vec<Command>) {
    let size = vec2(ui.available_width(), LINE);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    match row.shows {
        Visible::Folded(run) => {
            let palette = theme::palette(ui);
            let words = format!("… {run} library frames");
            let room = indented(ui, rect, row.depth);
            cell_text(ui, room, Side::Left, words, theme::small(), palette.text_faint);
            let words = format!("{run} library frames folded");
            response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &words));
            if response.on_hover_text(hint(&Command::ToggleLibraryFrames)).clicked() {
                commands.push(Command::ToggleLibraryFrames);
            }
        }
        Visible::Node(at) => {
            let Some(node) = tree.nodes.get(at as usize) else { return };
            if response.hovered() {
                ui.painter().rect_filled(rect, 0.0, theme::palette(ui).hovered);
            }
            frame(ui, rect, row.depth, node, tree.weight);
            response.widget_info(|| WidgetInfo::labeled(Role::Button, true, words(node)));
            let full = node.frame.location.as_ref().map(ToString::to_string);
            let full = full.unwrap_or_else(|| node.frame.function.to_string());
            let percent = node.weight as f64 / tree.weight.max(1) as f64 * 100.0;
            let tooltip = format!(
                "{}\n{full}\n{}, {percent:.1} % of {}\nClick to copy",
                node.frame.function,
                bytes(node.weight),
                bytes(tree.weight),
            );
            if response.on_hover_text(tooltip).clicked() {
                commands.push(Command::Copy(full));
            }
        }
    }
}

/// Where the text of a line begins; paints the guides on the way.
fn indented(ui: &Ui, rect: Rect, depth: u32) -> Rect {
    let palette = theme::palette(ui);
    let left = rect.left() + BYTES_WIDTH + BAR_WIDTH + 26.0;
    let depth = depth.min(DEEPEST);
    for level in 0..depth {
        let x = left + INDENT * level as f32 + 4.0;
        ui.painter().vline(x, rect.y_range(), egui::Stroke::new(1.0, palette.line));
    }
    rect.with_min_x(left + INDENT * depth as f32)
}

fn frame(ui: &Ui, rect: Rect, depth: u32, node: &HeapNode, whole: u64) {
    let palette = theme::palette(ui);
    if node.allocates {
        ui.painter().rect_filled(rect, 0.0, palette.accent_soft);
        let edge = Rect::from_min_size(rect.min, vec2(3.0, rect.height()));
        ui.painter().rect_filled(edge, 0.0, palette.accent);
    }
    let left = rect.left() + 8.0;
    let number = Rect::from_x_y_ranges(left..=left + BYTES_WIDTH, rect.y_range());
    cell_text(ui, number, Side::Right, bytes(node.weight), theme::mono(), palette.text);
    let bar = Rect::from_min_size(
        pos2(number.right() + 8.0, rect.center().y - 3.0),
        vec2(BAR_WIDTH, 6.0),
    );
    share_bar(ui, bar, node.weight, whole, (palette.line, palette.share));

    let mut room = indented(ui, rect, depth);
    let place = node.frame.location.as_ref().map_or("(no source line)".into(), place::short);
    let colour = match (node.allocates, node.frame.user) {
        (true, _) => palette.accent,
        (false, true) => palette.text_strong,
        (false, false) => palette.text_faint,
    };
    let stands = cell_text(ui, room, Side::Left, place, theme::mono(), colour);
    room = room.with_min_x(stands.right() + 10.0);
    if node.allocates {
        let stands =
            pill(ui, room.left_center(), "allocates here", palette.accent, palette.surface);
        room = room.with_min_x(stands.right() + 6.0);
    }
    let colour = if node.frame.user { palette.text_dim } else { palette.text_faint };
    cell_text(ui, room, Side::Left, &node.frame.function, theme::body(), colour);
}

/// The line as a sentence, for those who do not see it.
fn words(node: &HeapNode) -> String {
    let place = node.frame.location.as_ref().map_or("no source line".into(), place::short);
    let mut words = vec![bytes(node.weight), place, node.frame.function.to_string()];
    for (holds, what) in [(node.allocates, "allocates here"), (!node.frame.user, "library")] {
        if holds {
            words.push(what.to_owned());
        }
    }
    words.join(", ")
}
