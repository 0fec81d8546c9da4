//! A row of narrow columns, each filled from below as far as its share goes.

use egui::{Color32, CornerRadius, Rect, Sense, Ui, vec2};

/// Width of one column, and of the gap between two.
const COLUMN: f32 = 5.0;
const GAP: f32 = 2.0;

/// Takes room for the meters and draws them. `None` is an empty frame; a share goes from 0 to 1.
pub fn meters(
    ui: &mut Ui,
    height: f32,
    shares: &[Option<f32>],
    colour: impl Fn(f32) -> Color32,
    back: Color32,
) -> egui::Response {
    let width = shares.len() as f32 * (COLUMN + GAP) - GAP;
    let (rect, response) = ui.allocate_exact_size(vec2(width.max(0.0), height), Sense::hover());
    let corner = CornerRadius::same(1);
    for (at, share) in shares.iter().enumerate() {
        let left = rect.left() + at as f32 * (COLUMN + GAP);
        let column = Rect::from_min_size(egui::pos2(left, rect.top()), vec2(COLUMN, height));
        ui.painter().rect_filled(column, corner, back);
        if let Some(share) = share {
            let share = share.clamp(0.0, 1.0);
            let filled = column.with_min_y(column.bottom() - (height * share).max(1.0));
            ui.painter().rect_filled(filled, corner, colour(share));
        }
    }
    response
}
