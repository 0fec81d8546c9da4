//! What the tables have in common: painted cells, and titles that sort.

use egui::accesskit::Role;
use egui::text::LayoutJob;
use egui::{Align, Color32, FontId, Rect, Response, Sense, Stroke, Ui, WidgetInfo};
use egui_extras::TableRow;

use crate::theme::{self, CELL_PAD};
use crate::widgets::{Side, cell_text, share_bar};

/// A cell whose content is painted into its rectangle, padding taken off.
pub(super) fn cell(
    row: &mut TableRow<'_, '_>,
    fill: Option<Color32>,
    paint: impl FnOnce(&Ui, Rect),
) -> Response {
    let (_, response) = row.col(|ui| {
        let rect = ui.max_rect();
        if let Some(fill) = fill {
            ui.painter().rect_filled(rect, 0.0, fill);
        }
        paint(ui, rect.shrink2(egui::vec2(CELL_PAD, 0.0)));
    });
    response
}

/// A cell with a number in it.
pub(super) fn number(
    row: &mut TableRow<'_, '_>,
    fill: Option<Color32>,
    text: &str,
    colour: Color32,
) -> Response {
    cell(row, fill, |ui, rect| {
        cell_text(ui, rect, Side::Right, text, theme::mono(), colour);
    })
}

/// A cell with a number in it, over a bar for its part of the whole.
pub(super) fn part(
    row: &mut TableRow<'_, '_>,
    fill: Option<Color32>,
    text: &str,
    colours: (Color32, Color32),
    (part, whole): (u64, u64),
) -> Response {
    let (colour, bar) = colours;
    cell(row, fill, |ui, rect| {
        let strip =
            Rect::from_x_y_ranges(rect.x_range(), rect.bottom() - 4.5..=rect.bottom() - 1.5);
        // A hundredth would be a dot, and ten rows of them dirt.
        if part.saturating_mul(100) >= whole {
            share_bar(ui, strip, part, whole, (theme::palette(ui).line, bar));
        }
        cell_text(ui, rect, Side::Right, text, theme::mono(), colour);
    })
}

/// What a column's title says and how it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Title<'a> {
    pub(super) text: &'a str,
    pub(super) tooltip: &'a str,
    pub(super) side: Side,
    /// Whether rows are sorted by it, and if so whether the largest comes first.
    pub(super) sorted: Option<bool>,
    /// What a click does, if anything.
    pub(super) click: Option<&'a str>,
}

/// A column's title. Returns whether it was clicked.
pub(super) fn title(row: &mut TableRow<'_, '_>, title: Title<'_>) -> bool {
    let mut clicked = false;
    row.col(|ui| {
        let palette = theme::palette(ui);
        let rect = ui.max_rect();
        let sense = if title.click.is_some() { Sense::click() } else { Sense::hover() };
        let response = ui.interact(rect, ui.scope_id().with("title"), sense);
        let colour = match title.sorted {
            Some(_) => palette.accent,
            None if response.hovered() && title.click.is_some() => palette.text_strong,
            None => palette.text_dim,
        };
        let inner = rect.shrink2(egui::vec2(CELL_PAD, 0.0));
        let font: FontId = theme::small();
        let stands = cell_text(ui, inner, title.side, title.text, font, colour);
        if let Some(descending) = title.sorted {
            arrow(ui, stands, title.side, descending, colour);
        }
        ui.painter().hline(
            rect.x_range(),
            rect.bottom() - 0.5,
            Stroke::new(1.0, palette.line_strong),
        );
        let order = match title.sorted {
            Some(true) => ", largest first",
            Some(false) => ", smallest first",
            None => "",
        };
        if let Some(click) = title.click {
            response.widget_info(|| {
                WidgetInfo::labeled(Role::Button, true, format!("{click} {}{order}", title.text))
            });
        }
        clicked = response.on_hover_text(title.tooltip).clicked();
    });
    clicked
}

/// A small triangle beside a title, drawn because fonts disagree about arrows.
fn arrow(ui: &Ui, stands: Rect, side: Side, descending: bool, colour: Color32) {
    let x = match side {
        Side::Left => stands.right() + 7.0,
        Side::Right => stands.left() - 7.0,
    };
    let (tip, base) = if descending { (2.5, -2.0) } else { (-2.5, 2.0) };
    let centre = egui::pos2(x, stands.center().y);
    let points = vec![
        centre + egui::vec2(-3.5, base),
        centre + egui::vec2(3.5, base),
        centre + egui::vec2(0.0, tip),
    ];
    ui.painter().add(egui::Shape::convex_polygon(points, colour, Stroke::NONE));
}

/// A sentence in the middle of an area that has nothing else to show.
pub(super) fn nothing(ui: &mut Ui, words: &str) {
    let palette = theme::palette(ui);
    let rect = ui.available_rect_before_wrap();
    let at = rect.center_top() + egui::vec2(0.0, (rect.height() * 0.4).min(70.0));
    let widest = (rect.width() - 48.0).max(120.0);
    let mut job = LayoutJob::simple(words.to_owned(), theme::body(), palette.text_dim, widest);
    job.halign = Align::Center;
    let galley = ui.painter().layout_job(job);
    let top = at - egui::vec2(0.0, galley.size().y / 2.0);
    ui.painter().galley(top, galley, palette.text_dim);
    let response = ui.allocate_rect(rect, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, words));
}
