//! A flame graph hanging from its roots: rows of cells, each below the one that it is a part of.

use egui::text::{LayoutJob, TextFormat, TextWrapping};
use egui::{
    Color32, Key, Rect, Response, Sense, Stroke, StrokeKind, Ui, WidgetInfo, accesskit::Role, pos2,
    vec2,
};

use super::keyboard;
use crate::analyse::{Cell, Flame};
use crate::theme;

/// Height of a row.
const ROW: f32 = 21.0;
/// Cells narrower than this are not drawn.
const DRAWN: f32 = 0.6;
/// Cells narrower than this stand side by side.
const SLIVER: f32 = 5.0;
/// Cells at least this wide have room for a word, and are things of their own to a screen reader.
const WIDE: f32 = 36.0;

/// What a cell looks like.
#[derive(Clone, Copy, Debug)]
pub struct CellLook<'a> {
    /// What stands in it, cut off where there is no room.
    pub text: &'a str,
    /// Its colour.
    pub fill: Color32,
    /// The colour of the text.
    pub colour: Color32,
}

/// What the cells of a flame graph stand for. Cells go by their index in [`Flame::cells`].
pub trait Cells {
    /// How a cell looks.
    fn look(&self, cell: usize) -> CellLook<'_>;
    /// A cell as a sentence, for those who do not see it.
    fn words(&self, cell: usize) -> String;
    /// What there is to know of a cell, for who points at it.
    fn about(&self, ui: &mut Ui, cell: usize);
}

/// Draws a flame graph over the width that there is; returns the cell that was clicked. Each cell
/// with room for a word is `seen` with its response. Arrow keys go from one of these to the next;
/// `times_called` counts how often the keyboard was called here: once more, and the first cell takes it.
pub fn flame(
    ui: &mut Ui,
    flame: &Flame,
    cells: &impl Cells,
    times_called: u64,
    mut seen: impl FnMut(&Response, usize),
) -> Option<usize> {
    let size = vec2(ui.available_width(), ROW * flame.rows as f32);
    let (whole, response) = ui.allocate_exact_size(size, Sense::click());
    let visible = ui.clip_rect().intersect(whole);
    let place = |cell: &Cell| place(cell, flame.whole, whole);
    let own_id = |cell: &Cell| response.id.with((cell.node, cell.row));
    let focused = ui.memory(egui::Memory::focused);
    let steered = flame.cells.iter().position(|cell| Some(own_id(cell)) == focused);
    let next = if keyboard::called(ui, response.id, times_called) {
        flame.cells.first()
    } else {
        steered.and_then(|at| pressed(ui, flame, at, |cell| place(cell).width() >= WIDE))
    };
    if let Some(next) = next {
        ui.memory_mut(|memory| memory.request_focus(own_id(next)));
        ui.scroll_to_rect(place(next), None);
        ui.ctx().request_repaint();
    }
    let mut clicked = None;
    let pointed = response.hover_pos();
    let mut hovered = None;
    for (at, cell) in flame.cells.iter().enumerate() {
        let rect = place(cell);
        if rect.top() > visible.bottom() {
            break;
        }
        if rect.bottom() < visible.top() || rect.width() < DRAWN {
            continue;
        }
        let look = cells.look(at);
        if rect.width() >= WIDE {
            let own = ui.interact(rect, own_id(cell), Sense::click());
            own.widget_info(|| WidgetInfo::labeled(Role::Button, true, cells.words(at)));
            paint(ui, rect, look, own.hovered());
            if own.has_focus() {
                keyboard::hold(ui, &own);
                let stroke = Stroke::new(1.5, look.colour);
                let inner = rect.with_max_y(rect.bottom() - 1.0);
                ui.painter().rect_stroke(inner, 2.0, stroke, StrokeKind::Inside);
            }
            seen(&own, at);
            if own.on_hover_ui_at_pointer(|ui| cells.about(ui, at)).clicked() {
                clicked = Some(at);
            }
        } else {
            let here = pointed.is_some_and(|pointer| rect.contains(pointer));
            paint(ui, rect, look, here);
            hovered = if here { Some(at) } else { hovered };
        }
    }
    if let Some(at) = hovered {
        clicked = response.clicked().then_some(at).or(clicked);
        tooltip(response, cells, at);
    }
    clicked
}

/// The cell that an arrow key leads to: outwards, inwards to the heaviest, or to a neighbour.
fn pressed<'a>(
    ui: &Ui,
    flame: &'a Flame,
    at: usize,
    is_wide: impl Fn(&Cell) -> bool,
) -> Option<&'a Cell> {
    let own = flame.cells.get(at)?;
    let took = |key| keyboard::took(ui, key);
    let mut wide = flame.cells.iter().filter(|cell| is_wide(cell));
    if took(Key::ArrowUp) {
        let around = |cell: &&Cell| cell.row + 1 == own.row && cell.start <= own.start;
        wide.rfind(around)
    } else if took(Key::ArrowDown) {
        let end = own.start.saturating_add(own.width);
        wide.find(|cell| cell.row == own.row + 1 && (own.start..end).contains(&cell.start))
    } else if took(Key::ArrowLeft) {
        wide.rfind(|cell| cell.row == own.row && cell.start < own.start)
    } else if took(Key::ArrowRight) {
        wide.find(|cell| cell.row == own.row && cell.start > own.start)
    } else if took(Key::Home) {
        wide.next()
    } else {
        None
    }
}

fn tooltip(response: Response, cells: &impl Cells, at: usize) {
    drop(response.on_hover_ui_at_pointer(|ui| cells.about(ui, at)));
}

fn place(cell: &Cell, whole_weight: u64, whole: Rect) -> Rect {
    let scale = f64::from(whole.width()) / whole_weight.max(1) as f64;
    #[expect(clippy::cast_possible_truncation, reason = "pixels")]
    let (left, width) = ((cell.start as f64 * scale) as f32, (cell.width as f64 * scale) as f32);
    let top = whole.top() + ROW * cell.row as f32;
    Rect::from_min_size(pos2(whole.left() + left, top), vec2(width, ROW))
}

fn paint(ui: &Ui, rect: Rect, look: CellLook<'_>, hovered: bool) {
    // A gap between neighbours, as far as there is room for one: slivers would be a grating.
    let gap = if rect.width() < SLIVER { 0.0 } else { 1.0 };
    let inner = Rect::from_min_max(rect.min, rect.max - vec2(gap, 1.0));
    let fill = if hovered { look.fill.lerp_to_gamma(look.colour, 0.22) } else { look.fill };
    ui.painter().rect_filled(inner, if rect.width() > 8.0 { 2.0 } else { 0.0 }, fill);
    let room = inner.width() - 9.0;
    if rect.width() < WIDE {
        return;
    }
    let format = TextFormat::simple(theme::small(), look.colour);
    let mut job = LayoutJob::single_section(look.text.to_owned(), format);
    job.wrap = TextWrapping::truncate_at_width(room);
    let galley = ui.painter().layout_job(job);
    let at = pos2(inner.left() + 5.0, inner.center().y - galley.size().y / 2.0);
    ui.painter().galley(at, galley, look.colour);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_fill_the_width_in_proportion_to_their_weight() {
        let whole = Rect::from_min_size(pos2(100.0, 50.0), vec2(400.0, 42.0));
        let cell = Cell { node: 7, row: 1, start: u64::MAX / 4, width: u64::MAX / 2 };
        let rect = place(&cell, u64::MAX, whole);
        let expected = Rect::from_min_size(pos2(200.0, 50.0 + ROW), vec2(200.0, ROW));
        assert_eq!(rect, expected);
        let nothing = place(&Cell { start: 0, width: 0, ..cell }, 0, whole);
        assert!(nothing.width() <= 0.0, "{nothing:?}");
    }
}
