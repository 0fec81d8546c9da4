//! The await tree of the chosen row: where its tasks wait, and how they came there.

use egui::accesskit::Role;
use egui::{Align, Layout, Rect, RichText, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2};

use super::table::nothing;
use super::tasks::ended as ended_words;
use super::{Look, groups, hint, place, verdict};
use crate::analyse::numbers::{age, bytes, count, counted, span};
use crate::analyse::{Merged, MergedNode, Visible, VisibleRow, woken_by};
use crate::command::Command;
use crate::screen::Detail;
use crate::theme::{self, Palette};
use crate::widgets::{Side, cell_text, pill, share_bar};

const LINE: f32 = 22.0;
const INDENT: f32 = 14.0;
const COUNT_WIDTH: f32 = 62.0;
const BAR_WIDTH: f32 = 54.0;

pub(super) fn show(ui: &mut Ui, look: &Look<'_>, commands: &mut Vec<Command>) {
    let Some(detail) = &look.screen.detail else { return };
    let palette = theme::palette(ui);
    theme::panel(palette).show(ui, |ui| heading(ui, look, detail, commands));
    verdict::show(ui, look, detail);
    let fold = look.session.workspace.fold_library;
    let rows = if fold { &detail.folded } else { &detail.unfolded };
    if detail.row.is_none() {
        nothing(ui, "This row is gone: no living task has these values any more.");
        return;
    }
    if rows.is_empty() {
        let row = detail.row.and_then(|at| look.screen.table.rows.get(at));
        let ended = row.filter(|row| row.row.sum.has_ended());
        let words =
            ended.map_or_else(|| without_tree(&detail.tree), |row| ended_words(&row.row.sum));
        nothing(ui, &words);
        return;
    }
    ui.spacing_mut().item_spacing.y = 0.0;
    ScrollArea::vertical().auto_shrink(false).id_salt("tree").show_rows(
        ui,
        LINE,
        rows.len(),
        |ui, range| {
            for row in rows.get(range).unwrap_or_default() {
                line(ui, row, &detail.tree, commands);
            }
        },
    );
}

fn heading(ui: &mut Ui, look: &Look<'_>, detail: &Detail, commands: &mut Vec<Command>) {
    let palette = theme::palette(ui);
    ui.horizontal(|ui| {
        ui.label(RichText::new("Await tree").color(palette.text_strong));
        let values: Vec<String> = detail.selection.values.iter().map(groups::value_words).collect();
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let command = Command::ToggleLibraryFrames;
            let shown = !look.session.workspace.fold_library;
            let toggle = ui.add(egui::Button::new(command.text()).selected(shown));
            if toggle.on_hover_text(hint(&command)).clicked() {
                commands.push(command);
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let words = RichText::new(values.join("  ·  ")).color(palette.text_dim);
                ui.add(egui::Label::new(words).truncate());
            });
        });
    });
    let words = RichText::new(facts(look, detail)).font(theme::small()).color(palette.text_faint);
    ui.add(egui::Label::new(words).truncate());
    if let Some((by, usually)) = woken_by(&detail.wakings, detail.tree.tasks) {
        let often = if usually { "usually" } else { "some" };
        let words = RichText::new(format!("{often} woken by {by}")).font(theme::small());
        ui.add(egui::Label::new(words.color(palette.text_faint)).truncate());
    }
    if let Some(panic) = last_panic(look, detail) {
        let words = RichText::new(panic).font(theme::small()).color(palette.hot);
        ui.add(egui::Label::new(words).truncate());
    }
}

/// What the table does not say about the row.
fn facts(look: &Look<'_>, detail: &Detail) -> String {
    let row = detail.row.and_then(|at| look.screen.table.rows.get(at));
    let mut facts = Vec::new();
    if let Some(row) = row {
        let sum = &row.row.sum;
        facts.push(counted(sum.count, "task"));
        if let Some(since) = sum.oldest_since_ms {
            facts.push(format!("oldest {}", age(look.screen.age(since, look.now))));
        }
        facts.push(format!("futures {}", bytes(sum.future_bytes)));
        if look.screen.header.as_ref().is_some_and(|header| header.heap.is_some()) {
            facts.push(format!("holds {}", bytes(sum.held.live_bytes)));
        }
        if sum.activity.polls > 0 {
            let (running, ready) = (span(sum.activity.running_us), span(sum.activity.ready_us));
            facts.push(format!("{}, {running} in them", counted(sum.activity.polls, "poll")));
            facts.push(format!("{ready} ready"));
            if sum.activity.longest_poll_us > 0 {
                facts.push(format!("longest poll {}", span(sum.activity.longest_poll_us)));
            }
        }
        for (tasks, word) in [(sum.detached, "detached"), (sum.orphans, "orphan")] {
            if tasks > 0 {
                facts.push(format!("{} {word}", count(tasks)));
            }
        }
    }
    if detail.tree.without_tree > 0 && !detail.tree.nodes.is_empty() {
        facts.push(format!("{} without a tree", count(detail.tree.without_tree)));
    }
    if detail.tree.no_waker > 0 {
        facts.push(format!("{} without a live waker", count(detail.tree.no_waker)));
    }
    facts.join("  ·  ")
}

fn last_panic(look: &Look<'_>, detail: &Detail) -> Option<String> {
    let row = look.screen.table.rows.get(detail.row?)?;
    let sum = &row.row.sum;
    let message = sum.last_panic.as_deref().unwrap_or("no message");
    (sum.panicked > 0).then(|| {
        let message = message.lines().next().unwrap_or_default();
        format!("{} panicked since start, the latest: {message}", count(sum.panicked))
    })
}

fn without_tree(tree: &Merged) -> String {
    if tree.no_waker > 0 {
        let tasks = count(tree.no_waker);
        return format!("{tasks} tasks wait for nothing: no live waker will ever wake them.");
    }
    if tree.unknown > 0 {
        let tasks = counted(tree.unknown, "task");
        return format!("The await tree of {tasks} is not known: nobody can look into them.");
    }
    "No await tree: the tasks run, were never polled, or are not captured yet.".into()
}

fn line(ui: &mut Ui, row: &VisibleRow, tree: &Merged, commands: &mut Vec<Command>) {
    let size = vec2(ui.available_width(), LINE);
    match row.shows {
        Visible::Folded(run) => {
            let (rect, response) = ui.allocate_exact_size(size, Sense::click());
            folded(ui, rect, row.depth, run);
            let words = format!("{run} library frames folded");
            response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &words));
            if response.on_hover_text(hint(&Command::ToggleLibraryFrames)).clicked() {
                commands.push(Command::ToggleLibraryFrames);
            }
        }
        Visible::Node(at) => {
            let Some(node) = tree.nodes.get(at as usize) else { return };
            let (rect, response) = ui.allocate_exact_size(size, Sense::click());
            if response.hovered() {
                ui.painter().rect_filled(rect, 0.0, theme::palette(ui).hovered);
            }
            frame(ui, rect, row.depth, node, tree.tasks);
            response.widget_info(|| WidgetInfo::labeled(Role::Button, true, words(node)));
            let full = node.frame.location.as_ref().map(ToString::to_string);
            let full = full.unwrap_or_else(|| node.frame.function.to_string());
            let tooltip = format!("{}\n{full}\nClick to copy", node.frame.function);
            if response.on_hover_text(tooltip).clicked() {
                commands.push(Command::Copy(full));
            }
        }
    }
}

/// Where the text of a line begins; paints the guides on the way.
fn indented(ui: &Ui, rect: Rect, depth: u32, palette: &Palette) -> Rect {
    let left = rect.left() + COUNT_WIDTH + BAR_WIDTH + 26.0;
    // Chains can be long: past this depth they stay in sight rather than to scale.
    let depth = depth.min(24);
    for level in 0..depth {
        let x = left + INDENT * level as f32 + 4.0;
        ui.painter().vline(x, rect.y_range(), egui::Stroke::new(1.0, palette.line));
    }
    rect.with_min_x(left + INDENT * depth as f32)
}

fn folded(ui: &Ui, rect: Rect, depth: u32, run: u32) {
    let palette = theme::palette(ui);
    let words = format!("… {run} library frames");
    let rect = indented(ui, rect, depth, palette);
    cell_text(ui, rect, Side::Left, words, theme::small(), palette.text_faint);
}

fn frame(ui: &Ui, rect: Rect, depth: u32, node: &MergedNode, whole: u64) {
    let palette = theme::palette(ui);
    if node.await_point {
        ui.painter().rect_filled(rect, 0.0, palette.accent_soft);
        let edge = Rect::from_min_size(rect.min, vec2(3.0, rect.height()));
        ui.painter().rect_filled(edge, 0.0, palette.accent);
    }
    let left = rect.left() + 8.0;
    let number = Rect::from_x_y_ranges(left..=left + COUNT_WIDTH, rect.y_range());
    let colour = if node.secondary { palette.text_faint } else { palette.text };
    cell_text(ui, number, Side::Right, count(node.tasks), theme::mono(), colour);
    let bar = Rect::from_min_size(
        pos2(number.right() + 8.0, rect.center().y - 3.0),
        vec2(BAR_WIDTH, 6.0),
    );
    let front = if node.secondary { palette.line_strong } else { palette.share };
    share_bar(ui, bar, node.tasks, whole, (palette.line, front));

    let mut room = indented(ui, rect, depth, palette);
    let dimmed = !node.frame.user || node.secondary;
    let place = node.frame.location.as_ref().map_or("(no source line)".into(), place::short);
    let colour = match (node.await_point, dimmed) {
        (true, _) => palette.accent,
        (false, true) => palette.text_faint,
        (false, false) => palette.text_strong,
    };
    let stands = cell_text(ui, room, Side::Left, place, theme::mono(), colour);
    room = room.with_min_x(stands.right() + 10.0);
    room = chips(ui, room, node, palette);
    let colour = if dimmed { palette.text_faint } else { palette.text_dim };
    cell_text(ui, room, Side::Left, &node.frame.function, theme::body(), colour);
}

fn chips(ui: &Ui, mut rest: Rect, node: &MergedNode, palette: &Palette) -> Rect {
    let mut chip = |words: &str, fill, colour| {
        let stands = pill(ui, rest.left_center(), words, fill, colour);
        rest = rest.with_min_x(stands.right() + 6.0);
    };
    if node.await_point {
        chip(point(node), palette.accent, palette.surface);
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

/// What the tasks do at their await point.
fn point(node: &MergedNode) -> &'static str {
    if node.running { "runs here" } else { "waits here" }
}

/// The line as a sentence, for those who do not see it.
fn words(node: &MergedNode) -> String {
    let place = node.frame.location.as_ref().map_or("no source line".into(), place::short);
    let tasks = counted(node.tasks, "task");
    let mut words = vec![tasks, place, node.frame.function.to_string()];
    words.extend(node.wait_kinds.iter().map(ToString::to_string));
    for (holds, what) in [
        (node.await_point, point(node)),
        (node.secondary, "secondary"),
        (!node.frame.user, "library"),
    ] {
        if holds {
            words.push(what.to_owned());
        }
    }
    words.join(", ")
}
