//! Who waits for whom around the chosen row, drawn: who waits on the left, whom they wait for on the
//! right, cycles marked.

use egui::accesskit::Role;
use egui::epaint::CubicBezierShape;
use egui::{
    Align2, CentralPanel, Color32, Panel, Pos2, Rect, RichText, ScrollArea, Sense, Shape, Stroke,
    StrokeKind, Ui, Vec2, WidgetInfo, pos2, vec2,
};

use super::group_table::verdict as class_words;
use super::table::nothing;
use super::{Look, button};
use crate::analyse::numbers::counted;
use crate::analyse::{WaitEdge, WaitGraph, WaitNode};
use crate::command::Command;
use crate::screen::Waits;
use crate::theme::{self, Palette};
use crate::widgets::{Side, cell_text, keep_end};

/// A box, and the room between two.
const BOX: Vec2 = vec2(268.0, 62.0);
const GAP: Vec2 = vec2(150.0, 22.0);
/// Room around the picture; edges that go back need it.
const MARGIN: f32 = 36.0;

pub(super) fn show(ui: &mut Ui, look: &Look<'_>, commands: &mut Vec<Command>) {
    let palette = theme::palette(ui);
    Panel::top("waits").frame(theme::panel(palette)).show(ui, |ui| {
        ui.horizontal(|ui| {
            let heading = RichText::new("Who waits for whom").font(theme::heading());
            ui.label(heading.color(palette.text_strong));
            button(ui, Command::Dismiss, commands);
            let words = match &look.screen.waits {
                Some(waits) => summary(&waits.graph),
                None => String::new(),
            };
            ui.label(RichText::new(words).color(palette.text_dim));
        });
    });
    CentralPanel::default().frame(theme::flush(palette)).show(ui, |ui| {
        let Some(waits) = &look.screen.waits else {
            // Until the analyst has answered.
            nothing(ui, "…");
            return;
        };
        if waits.graph.nodes.is_empty() {
            nothing(ui, "Choose a row first: its tasks are in the middle of the picture.");
        } else if waits.graph.edges.is_empty() {
            nothing(
                ui,
                "Nobody is known to wait for these tasks, and they wait for nobody that is known.\n\
                 Holders are known of locks and channels of the agent's own sync, which \
                 taskscope-tokio puts in the place of tokio's, and of handles that are awaited.",
            );
        } else {
            ScrollArea::both().show(ui, |ui| picture(ui, look, waits, commands));
        }
    });
}

fn summary(graph: &WaitGraph) -> String {
    let mut words = format!(
        "{}, {}",
        counted(graph.nodes.len() as u64, "group"),
        counted(graph.edges.len() as u64, "wait")
    );
    let in_cycle = graph.nodes.iter().filter(|node| node.in_cycle).count();
    if in_cycle > 0 {
        words = format!("{words}, {in_cycle} in a cycle");
    }
    if graph.left_out > 0 {
        words = format!("{words}; {} left out", counted(graph.left_out as u64, "group"));
    }
    words
}

fn picture(ui: &mut Ui, look: &Look<'_>, waits: &Waits, commands: &mut Vec<Command>) {
    let palette = theme::palette(ui);
    let graph = &waits.graph;
    let highest = graph.nodes.iter().map(|node| node.place + 1).max().unwrap_or(1);
    let size = vec2(
        graph.columns as f32 * (BOX.x + GAP.x) - GAP.x + 2.0 * MARGIN,
        highest as f32 * (BOX.y + GAP.y) - GAP.y + 2.0 * MARGIN + GAP.y,
    );
    let fits = size.y <= ui.available_height();
    let size = size.max(ui.available_size());
    let (area, _) = ui.allocate_exact_size(size, Sense::hover());
    // Columns stand in the middle of the height, whatever is in them; where there is more than can be
    // seen at once they all begin at the top, so that the first waits are seen with both their ends.
    let filled = |column| graph.nodes.iter().filter(|node| node.column == column).count();
    let rect_of = |node: &WaitNode| {
        let tall = filled(node.column) as f32 * (BOX.y + GAP.y) - GAP.y;
        let x = area.left() + MARGIN + node.column as f32 * (BOX.x + GAP.x);
        let top = if fits { area.center().y - tall / 2.0 } else { area.top() + GAP.y };
        let y = top + node.place as f32 * (BOX.y + GAP.y);
        Rect::from_min_size(pos2(x, y.max(area.top() + 4.0)), BOX)
    };
    let rects: Vec<Rect> = graph.nodes.iter().map(rect_of).collect();
    let below = rects.iter().map(Rect::bottom).fold(area.top(), f32::max);
    let mut back = 0.0;
    let mut ways = Vec::new();
    for edge in &graph.edges {
        let (Some(from), Some(to)) = (rects.get(edge.from), rects.get(edge.to)) else { continue };
        let way = Way::between(*from, *to, below, back);
        if matches!(way, Way::Back(_)) {
            back += 1.0;
        }
        let width = if edge.in_cycle { 2.0 } else { 1.2 };
        way.draw(ui, Stroke::new(width, colour_of(edge, palette)));
        ways.push((edge, way));
    }
    for (at, (node, rect)) in graph.nodes.iter().zip(&rects).enumerate() {
        let row = waits.rows.get(at).and_then(Option::as_ref);
        if group(ui, node, *rect, (at == 0, row.is_some()), palette)
            && let Some(row) = row
        {
            commands.push(Command::Select(row.clone()));
        }
    }
    for (edge, way) in &ways {
        words_of(ui, look, graph, edge, way.middle(), palette);
    }
}

/// One box; whether it was clicked.
fn group(
    ui: &Ui,
    node: &WaitNode,
    rect: Rect,
    (is_centre, has_row): (bool, bool),
    palette: &Palette,
) -> bool {
    let id = ui.scope_id().with(("node", node.group));
    let response = ui.interact(rect, id, Sense::click());
    let mut words = format!("{} of {}, {}", counted(node.tasks, "task"), node.name, node.does);
    let (class, colour) = class_words(node.class, palette);
    if !class.is_empty() {
        words = format!("{words}; {class}");
    }
    if node.in_cycle {
        words = format!("{words}; in a cycle");
    }
    response.widget_info(|| WidgetInfo::selected(Role::Button, has_row, is_centre, &words));
    let edge = match (node.in_cycle, is_centre) {
        (true, _) => Stroke::new(2.0, palette.hot),
        (false, true) => Stroke::new(2.0, palette.accent),
        (false, false) => Stroke::new(1.0, palette.line_strong),
    };
    let fill = if response.hovered() { palette.hovered } else { palette.raised };
    ui.painter().rect(rect, 6.0, fill, edge, StrokeKind::Inside);
    let line = |at: f32, height: f32| {
        let inside = rect.shrink2(vec2(10.0, 0.0));
        Rect::from_x_y_ranges(inside.x_range(), rect.top() + at..=rect.top() + at + height)
    };
    let title = format!("{}  {}", counted(node.tasks, "task"), node.name);
    cell_text(ui, line(6.0, 18.0), Side::Left, &title, theme::body(), palette.text_strong);
    // The line and what is waited for stand at the end.
    let does = keep_end(ui, &node.does, rect.width() - 20.0, &theme::small());
    cell_text(ui, line(24.0, 16.0), Side::Left, does, theme::small(), palette.text_dim);
    let mut marks: Vec<&str> = vec![&class];
    if node.in_cycle {
        marks.push("in a cycle");
    }
    marks.retain(|mark| !mark.is_empty());
    let colour = if node.in_cycle { palette.hot } else { colour };
    cell_text(ui, line(41.0, 15.0), Side::Left, marks.join(", "), theme::small(), colour);
    let hint = if has_row { "Click to put it in the middle" } else { "The filter leaves it out" };
    response.on_hover_text(format!("{words}\n\n{hint}")).clicked()
}

fn colour_of(edge: &WaitEdge, palette: &Palette) -> Color32 {
    if edge.in_cycle { palette.hot } else { palette.text_dim }
}

/// The way an arrow takes: to the right through the gap, or back below everything.
enum Way {
    On([Pos2; 4]),
    Back([Pos2; 5]),
}

impl Way {
    /// From one box to another; `below` is how low everything reaches, `nth` tells ways back apart.
    fn between(from: Rect, to: Rect, below: f32, nth: f32) -> Self {
        let (start, end) = (from.right_center(), to.left_center());
        if to.left() > from.right() {
            let bend = vec2((end.x - start.x) / 2.0, 0.0);
            return Self::On([start, start + bend, end - bend, end]);
        }
        let start = from.center_bottom() + vec2(8.0 * nth, 0.0);
        let low = below + GAP.y / 2.0 + 14.0 * nth;
        let left = to.left() - 14.0 - 6.0 * nth;
        Self::Back([start, pos2(start.x, low), pos2(left, low), pos2(left, end.y), end])
    }

    /// Where its words stand.
    fn middle(&self) -> Pos2 {
        match self {
            Self::On([a, b, c, d]) => {
                let sum = a.to_vec2() + d.to_vec2() + (b.to_vec2() + c.to_vec2()) * 3.0;
                (sum / 8.0).to_pos2()
            }
            Self::Back([_, from, to, ..]) => from.lerp(*to, 0.5),
        }
    }

    fn draw(&self, ui: &Ui, stroke: Stroke) {
        let (before, end) = match self {
            Self::On(points) => {
                let none = Color32::TRANSPARENT;
                let curve = CubicBezierShape::from_points_stroke(*points, false, none, stroke);
                ui.painter().add(curve);
                (points[2], points[3])
            }
            Self::Back(points) => {
                ui.painter().add(Shape::line(points.to_vec(), stroke));
                (points[3], points[4])
            }
        };
        let direction = (end - before).normalized();
        let side = vec2(-direction.y, direction.x);
        for sign in [-1.0, 1.0] {
            let barb = end - direction * 8.0 + side * 4.5 * sign;
            ui.painter().line_segment([end, barb], stroke);
        }
    }
}

/// What an arrow stands for, in its middle.
fn words_of(
    ui: &Ui,
    look: &Look<'_>,
    graph: &WaitGraph,
    edge: &WaitEdge,
    middle: Pos2,
    palette: &Palette,
) {
    let words = format!("{} × {}", edge.tasks, edge.label);
    let galley = ui.painter().layout_no_wrap(words, theme::small(), colour_of(edge, palette));
    let rect = Rect::from_center_size(middle, galley.size() + vec2(10.0, 4.0));
    ui.painter().rect_filled(rect, 4.0, palette.surface);
    let place = Align2::CENTER_CENTER.align_size_within_rect(galley.size(), rect).min;
    ui.painter().galley(place, galley, palette.text);
    let name = |at: usize| graph.nodes.get(at).map_or("", |node| &*node.name);
    let cycle = if edge.in_cycle { "; in a cycle" } else { "" };
    let about = format!(
        "{} of {} wait for {} {}{cycle}",
        counted(edge.tasks, "task"),
        name(edge.from),
        edge.about,
        name(edge.to)
    );
    let id = ui.scope_id().with(("edge", edge.from, edge.to, &edge.label, look.screen.generation));
    let response = ui.interact(rect, id, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &about));
    response.on_hover_text(about);
}
