//! Who waits for whom around the chosen row, drawn: who waits on the left, whom they wait for on the
//! right, cycles marked.

use egui::accesskit::Role;
use egui::epaint::CubicBezierShape;
use egui::{
    Align2, Button, CentralPanel, Color32, Panel, Pos2, Rect, RichText, ScrollArea, Sense, Shape,
    Stroke, StrokeKind, Ui, Vec2, WidgetInfo, pos2, vec2,
};

use super::group_table::verdict as class_words;
use super::table::nothing;
use super::{Look, button, hint};
use crate::analyse::numbers::{count, counted};
use crate::analyse::{Crowds, WaitEdge, WaitGraph, WaitNode};
use crate::command::Command;
use crate::screen::Waits;
use crate::theme::{self, Palette};
use crate::widgets::{Side, cell_text, keep_end};

/// A box, the widest that it gets, and the room between two.
const BOX: Vec2 = vec2(268.0, 62.0);
const WIDEST: f32 = 460.0;
const GAP: Vec2 = vec2(150.0, 22.0);
/// Arrows to one box that are drawn along one line, how far that is from the box, and how many such
/// lines have room beside each other.
const BUNDLE: usize = 4;
const GATHERED: f32 = 22.0;
const LINES: usize = 4;
/// How far lines of words on one arrow are from each other.
const WORDS: f32 = 17.0;
/// Room around the picture; edges that go back need it.
const MARGIN: f32 = 36.0;

pub(super) fn show(ui: &mut Ui, look: &Look<'_>, commands: &mut Vec<Command>) {
    let palette = theme::palette(ui);
    Panel::top("waits").frame(theme::panel(palette)).show(ui, |ui| {
        ui.horizontal(|ui| {
            let heading = RichText::new("Who waits for whom").font(theme::heading());
            ui.label(heading.color(palette.text_strong));
            button(ui, Command::Dismiss, commands);
            crowds(ui, look, commands);
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

/// Where several groups wait alike: whether each has a box of its own.
fn crowds(ui: &mut Ui, look: &Look<'_>, commands: &mut Vec<Command>) {
    let one_by_one = look.session.crowds == Crowds::OneByOne;
    let is_crowd = |node: &WaitNode| node.groups > 1;
    let waits = look.screen.waits.as_ref();
    if !one_by_one && !waits.is_some_and(|waits| waits.graph.nodes.iter().any(is_crowd)) {
        return;
    }
    let command = Command::ToggleCrowds;
    let toggle = ui.add(Button::new(command.text()).selected(one_by_one));
    if toggle.on_hover_text(hint(&command)).clicked() {
        commands.push(command);
    }
}

fn summary(graph: &WaitGraph) -> String {
    // A task that waits for one of two is one task.
    let of_node = |(at, node): (usize, &WaitNode)| {
        let own = graph.edges.iter().filter(|edge| edge.from == at);
        own.fold(0_u64, |sum, edge| sum.saturating_add(edge.tasks)).min(node.tasks)
    };
    let waiting = graph.nodes.iter().enumerate().map(of_node);
    let waiting = waiting.fold(0_u64, u64::saturating_add);
    let verb = if waiting == 1 { "waits" } else { "wait" };
    let mut words = format!(
        "{}, {} {verb}",
        counted(graph.nodes.iter().map(|node| node.groups as u64).sum(), "group"),
        counted(waiting, "task")
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
    // A few columns have room for longer names.
    let columns = graph.columns as f32;
    let room = (ui.available_width() - 2.0 * MARGIN + GAP.x) / columns.max(1.0) - GAP.x;
    let wide = vec2(room.clamp(BOX.x, WIDEST), BOX.y);
    let size = vec2(
        columns * (wide.x + GAP.x) - GAP.x + 2.0 * MARGIN,
        highest as f32 * (BOX.y + GAP.y) - GAP.y + 2.0 * MARGIN + GAP.y,
    );
    let fits = size.y <= ui.available_height();
    let spare = (ui.available_width() - size.x).max(0.0);
    let size = size.max(ui.available_size());
    let (area, _) = ui.allocate_exact_size(size, Sense::hover());
    // Columns stand in the middle of the height, whatever is in them; where there is more than can be
    // seen at once they all begin at the top, so that the first waits are seen with both their ends.
    let filled = |column| graph.nodes.iter().filter(|node| node.column == column).count();
    let rect_of = |node: &WaitNode| {
        let tall = filled(node.column) as f32 * (BOX.y + GAP.y) - GAP.y;
        let x = area.left() + spare / 2.0 + MARGIN + node.column as f32 * (wide.x + GAP.x);
        let top = if fits { area.center().y - tall / 2.0 } else { area.top() + GAP.y };
        let y = top + node.place as f32 * (BOX.y + GAP.y);
        Rect::from_min_size(pos2(x, y.max(area.top() + 4.0)), wide)
    };
    let rects: Vec<Rect> = graph.nodes.iter().map(rect_of).collect();
    let below = rects.iter().map(Rect::bottom).fold(area.top(), f32::max);
    let mut back = 0.0;
    let mut ways = Vec::new();
    for edge in &graph.edges {
        let (Some(from), Some(to)) = (rects.get(edge.from), rects.get(edge.to)) else { continue };
        let way = if is_gathered(graph, edge) {
            // Each box has a line of its own.
            let place = graph.nodes.get(edge.to).map_or(0, |node| node.place);
            Way::gathered(*from, *to, GATHERED + 8.0 * (place % LINES) as f32)
        } else {
            Way::between(*from, *to, below, back)
        };
        if matches!(way, Way::Back(_)) {
            back += 1.0;
        }
        let width = if edge.in_cycle { 2.0 } else { 1.2 };
        way.draw(ui, Stroke::new(width, colour_of(edge, palette)));
        ways.push((edge, way));
    }
    for (at, (node, rect)) in graph.nodes.iter().zip(&rects).enumerate() {
        let row = waits.rows.get(at).and_then(Option::as_ref);
        let click = match row {
            _ if node.groups > 1 => Some(Command::ToggleCrowds),
            row => row.map(|row| Command::Select(row.clone())),
        };
        if group(ui, node, *rect, (at == 0, click.as_ref()), palette) {
            commands.extend(click);
        }
    }
    for (at, (edge, way)) in ways.iter().enumerate() {
        // Two waits for one other go the same way: their words stand below each other.
        let same = |(other, _): &&(&WaitEdge, Way)| (other.from, other.to) == (edge.from, edge.to);
        let before = ways.iter().take(at).filter(same).count() as f32;
        let all = ways.iter().filter(same).count() as f32;
        let middle = way.middle() + vec2(0.0, (before - (all - 1.0) / 2.0) * WORDS);
        words_of(ui, look, graph, edge, middle, palette);
    }
}

/// One box; whether it was clicked.
fn group(
    ui: &Ui,
    node: &WaitNode,
    rect: Rect,
    (is_centre, click): (bool, Option<&Command>),
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
    if node.is_root {
        words = format!("{words}; at the root");
    }
    let edge = match (node.in_cycle, is_centre) {
        (true, _) => Stroke::new(2.0, palette.hot),
        (false, true) => Stroke::new(2.0, palette.accent),
        (false, false) if node.is_root => Stroke::new(2.0, palette.warm),
        (false, false) => Stroke::new(1.0, palette.line_strong),
    };
    response.widget_info(|| WidgetInfo::selected(Role::Button, click.is_some(), is_centre, &words));
    let fill = if response.hovered() { palette.hovered } else { palette.raised };
    ui.painter().rect(rect, 6.0, fill, edge, StrokeKind::Inside);
    let line = |at: f32, height: f32| {
        let inside = rect.shrink2(vec2(10.0, 0.0));
        Rect::from_x_y_ranges(inside.x_range(), rect.top() + at..=rect.top() + at + height)
    };
    let title = format!("{}  {}", counted(node.tasks, "task"), node.name);
    cell_text(ui, line(6.0, 18.0), Side::Left, &title, theme::body(), palette.text_strong);
    // The line and what is waited for stand at the end. Nearly all wait: that goes without saying.
    let does = node.does.strip_prefix("waiting at ").unwrap_or(&node.does);
    let does = keep_end(ui, does, rect.width() - 20.0, &theme::small());
    cell_text(ui, line(24.0, 16.0), Side::Left, does, theme::small(), palette.text_dim);
    let mut marks: Vec<&str> = vec![&class];
    if node.in_cycle {
        marks.push("in a cycle");
    }
    if node.is_root {
        marks.push("at the root");
    }
    marks.retain(|mark| !mark.is_empty());
    let colour = match (node.in_cycle, class.is_empty()) {
        (true, _) => palette.hot,
        (false, true) => palette.warm,
        (false, false) => colour,
    };
    cell_text(ui, line(41.0, 15.0), Side::Left, marks.join(", "), theme::small(), colour);
    let hint = match click {
        Some(Command::Select(_)) => "Click to put it in the middle",
        Some(_) => "Click to see each of them",
        None => "The filter leaves it out",
    };
    response.on_hover_text(format!("{words}\n\n{hint}")).clicked()
}

fn colour_of(edge: &WaitEdge, palette: &Palette) -> Color32 {
    if edge.in_cycle { palette.hot } else { palette.text_dim }
}

/// Whether so many wait for the same beside them that their arrows would be a bundle.
fn is_gathered(graph: &WaitGraph, edge: &WaitEdge) -> bool {
    let column = |at: usize| graph.nodes.get(at).map(|node| node.column);
    let is_beside = |edge: &WaitEdge| column(edge.from).map(|at| at + 1) == column(edge.to);
    let alike = graph.edges.iter().filter(|other| other.to == edge.to && is_beside(other));
    is_beside(edge) && alike.count() >= BUNDLE
}

/// The way an arrow takes: to the right through the gap, there along one line for all that go to the
/// same, or back below everything.
enum Way {
    On([Pos2; 4]),
    Gathered([Pos2; 4]),
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

    /// Straight to the line on which all go to the other box.
    fn gathered(from: Rect, to: Rect, before: f32) -> Self {
        let (start, end) = (from.right_center(), to.left_center());
        let line = end.x - before;
        Self::Gathered([start, pos2(line, start.y), pos2(line, end.y), end])
    }

    /// Where its words stand.
    fn middle(&self) -> Pos2 {
        match self {
            Self::On([a, b, c, d]) => {
                let sum = a.to_vec2() + d.to_vec2() + (b.to_vec2() + c.to_vec2()) * 3.0;
                (sum / 8.0).to_pos2()
            }
            Self::Gathered([from, to, ..]) | Self::Back([_, from, to, ..]) => from.lerp(*to, 0.5),
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
            Self::Gathered(points) => {
                ui.painter().add(Shape::line(points.to_vec(), stroke));
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
    let words = format!("{} × {}", count(edge.tasks), edge.label);
    let galley = ui.painter().layout_no_wrap(words, theme::small(), colour_of(edge, palette));
    let rect = Rect::from_center_size(middle, galley.size() + vec2(10.0, 4.0));
    ui.painter().rect_filled(rect, 4.0, palette.surface);
    let place = Align2::CENTER_CENTER.align_size_within_rect(galley.size(), rect).min;
    ui.painter().galley(place, galley, palette.text);
    let name = |at: usize| graph.nodes.get(at).map_or("", |node| &*node.name);
    let cycle = if edge.in_cycle { "; in a cycle" } else { "" };
    let verb = if edge.tasks == 1 { "waits" } else { "wait" };
    let about = format!(
        "{} of {} {verb} for {} {}{cycle}",
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
