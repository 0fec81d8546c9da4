//! A bar for a part of a whole.

use egui::{Color32, CornerRadius, Rect, Ui};

/// Fills `rect` from the left as far as `part` goes of `whole`. A part that is there at all shows.
pub fn share_bar(ui: &Ui, rect: Rect, part: u64, whole: u64, colours: (Color32, Color32)) {
    let (back, front) = colours;
    let corner = CornerRadius::same(2);
    ui.painter().rect_filled(rect, corner, back);
    if part == 0 || whole == 0 {
        return;
    }
    let share = (part as f32 / whole as f32).clamp(0.0, 1.0);
    let width = (rect.width() * share).max(2.0);
    ui.painter().rect_filled(
        Rect::from_min_size(rect.min, egui::vec2(width, rect.height())),
        corner,
        front,
    );
}
