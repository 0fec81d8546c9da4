//! Several counts over time, one on the other.

use egui::{Color32, Mesh, Pos2, Rect, Shape, Stroke, Ui, pos2};

/// A layer: its values, oldest first, and its colour.
pub type Layer<'a> = (&'a [u64], Color32);

/// Draws the layers on each other, the first at the bottom, so that `highest` reaches the top of
/// `rect`. The last values are at the right edge, and `steps` of them would fill it.
pub fn stack(ui: &Ui, rect: Rect, layers: &[Layer<'_>], steps: usize, highest: u64) {
    let x = Columns::of(rect, layers.iter().map(|(values, _)| values.len()).max(), steps);
    let height = |sum: u64| rect.bottom() - rect.height() * (sum as f32 / highest.max(1) as f32);
    let mut below: Vec<u64> = Vec::new();
    for (values, colour) in layers {
        below.resize(values.len().max(below.len()), 0);
        let above: Vec<u64> =
            below.iter().zip(*values).map(|(below, value)| below.saturating_add(*value)).collect();
        let mut area = Mesh::default();
        let mut quads = 0;
        for at in 1..values.len() {
            let corner = |at: usize, sums: &[u64]| -> Pos2 {
                pos2(x.at(at), height(sums.get(at).copied().unwrap_or(0)))
            };
            let sides = [(at - 1, &above), (at, &above), (at, &below), (at - 1, &below)];
            for (at, sums) in sides {
                area.colored_vertex(corner(at, sums), *colour);
            }
            area.add_triangle(quads, quads + 1, quads + 2);
            area.add_triangle(quads, quads + 2, quads + 3);
            quads += 4;
        }
        ui.painter().add(Shape::mesh(area));
        below = above;
    }
}

/// Draws a line through the values that are known, `highest` at the top of `rect`.
pub fn curve(
    ui: &Ui,
    rect: Rect,
    values: &[Option<u64>],
    steps: usize,
    highest: u64,
    colour: Color32,
) {
    let x = Columns::of(rect, Some(values.len()), steps);
    let point = |(at, value): (usize, u64)| {
        let share = value as f32 / highest.max(1) as f32;
        pos2(x.at(at), rect.bottom() - rect.height() * share)
    };
    for known in values
        .iter()
        .copied()
        .enumerate()
        .collect::<Vec<_>>()
        .chunk_by(|a, b| a.1.is_some() == b.1.is_some())
    {
        let points: Vec<Pos2> =
            known.iter().filter_map(|(at, value)| Some((*at, (*value)?))).map(point).collect();
        if let [only] = points[..] {
            ui.painter().circle_filled(only, 1.5, colour);
        }
        ui.painter().add(Shape::line(points, Stroke::new(1.5, colour)));
    }
}

/// Where the steps are.
struct Columns {
    right: f32,
    step: f32,
    last: usize,
}

impl Columns {
    fn of(rect: Rect, values: Option<usize>, steps: usize) -> Self {
        let step = rect.width() / steps.saturating_sub(1).max(1) as f32;
        Self { right: rect.right(), step, last: values.unwrap_or(0).saturating_sub(1) }
    }

    fn at(&self, step: usize) -> f32 {
        self.right - self.step * self.last.saturating_sub(step) as f32
    }
}
