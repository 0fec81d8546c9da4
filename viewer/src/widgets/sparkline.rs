//! A count over time, as small as a word.

use egui::{Color32, Pos2, Rect, Shape, Stroke, Ui, pos2};

/// Draws `values` so that the last of them is at the right edge of `rect`, and `steps` of them would
/// fill it; zero at the bottom.
pub fn sparkline(ui: &Ui, rect: Rect, values: &[u32], steps: usize, colour: Color32) {
    let highest = values.iter().copied().max().unwrap_or(0).max(1);
    let step = rect.width() / steps.saturating_sub(1).max(1) as f32;
    let last = values.len().saturating_sub(1);
    let point = |(i, value): (usize, &u32)| -> Pos2 {
        let x = rect.right() - step * (last - i) as f32;
        let y = rect.bottom() - rect.height() * (*value as f32 / highest as f32);
        pos2(x, y)
    };
    let points: Vec<Pos2> = values.iter().enumerate().map(point).collect();
    let soft = colour.gamma_multiply(0.22);
    // One thin quad per step: a polygon of a whole curve is not convex.
    let mut area = egui::Mesh::default();
    for (i, pair) in (0u32..).zip(points.windows(2)) {
        let [a, b] = pair else { continue };
        let corners = [*a, *b, pos2(b.x, rect.bottom()), pos2(a.x, rect.bottom())];
        for corner in corners {
            area.colored_vertex(corner, soft);
        }
        area.add_triangle(i * 4, i * 4 + 1, i * 4 + 2);
        area.add_triangle(i * 4, i * 4 + 2, i * 4 + 3);
    }
    ui.painter().add(Shape::mesh(area));
    if let [only] = points[..] {
        ui.painter().circle_filled(only, 1.5, colour);
    }
    ui.painter().add(Shape::line(points, Stroke::new(1.3, colour)));
}
