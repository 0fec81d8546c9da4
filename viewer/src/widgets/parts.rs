//! A bar divided into the parts of a whole.

use egui::{Color32, CornerRadius, Rect, Response, Sense, Ui, pos2, vec2};

/// Takes the width that there is and fills it from the left with `parts` of `whole`. A part that
/// is there at all shows. Returns the bar, and which part the pointer is at.
pub fn parts_bar(
    ui: &mut Ui,
    height: f32,
    parts: &[(u64, Color32)],
    whole: u64,
    back: Color32,
) -> (Response, Option<usize>) {
    let size = vec2(ui.available_width(), height);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    ui.painter().rect_filled(rect, CornerRadius::same(3), back);
    let scale = rect.width() / whole.max(1) as f32;
    let mut left = rect.left();
    let mut pointed = None;
    for (at, (part, colour)) in parts.iter().enumerate() {
        if *part == 0 {
            continue;
        }
        let right = (left + (*part as f32 * scale).max(2.0)).min(rect.right());
        let piece = Rect::from_min_max(pos2(left, rect.top()), pos2(right, rect.bottom()));
        ui.painter().rect_filled(piece.with_max_x((right - 1.0).max(left)), 0.0, *colour);
        if response.hover_pos().is_some_and(|pointer| piece.contains(pointer)) {
            pointed = Some(at);
        }
        left = right;
    }
    (response, pointed)
}
