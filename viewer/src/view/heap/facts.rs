//! The heap as a whole: a line of numbers, and a bar that shows how memory is divided.

use egui::accesskit::Role;
use egui::{Color32, Rect, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::analyse::numbers::bytes;
use crate::analyse::{Fact, Part};
use crate::screen::HeapPage;
use crate::theme::{self, Palette};
use crate::widgets::parts_bar;

/// Height of a number with its name, and of the number alone.
const HEIGHT: f32 = 40.0;
const VALUE: f32 = 22.0;

pub(super) fn show(ui: &mut Ui, page: &HeapPage) {
    let palette = theme::palette(ui);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(18.0, 6.0);
        for (at, fact) in page.facts.iter().enumerate() {
            number(ui, fact, at == 0, palette);
        }
    });
    ui.add_space(2.0);
    let parts: Vec<(u64, Color32)> =
        page.parts.iter().map(|(part, bytes)| (*bytes, part_colour(*part, palette))).collect();
    let (bar, pointed) = parts_bar(ui, 8.0, &parts, page.whole, palette.line);
    let part = pointed.and_then(|at| page.parts.get(at));
    let words = part.map_or_else(
        || format!("Of {}: as much as the process may use, or does", bytes(page.whole)),
        |(part, size)| {
            let fact = page.facts.iter().find(|fact| fact.part == Some(*part));
            let (name, meaning) = fact.map_or(("", ""), |fact| (fact.name, &fact.meaning));
            format!("{name}: {} of {}\n{meaning}", bytes(*size), bytes(page.whole))
        },
    );
    bar.on_hover_text_at_pointer(words);
}

/// A number with its name below, and the colour of its part of the bar. Painted at its own size, so
/// that the line breaks between numbers where the window is narrow.
fn number(ui: &mut Ui, fact: &Fact, first: bool, palette: &Palette) {
    let colour = if fact.warm { palette.warm } else { palette.text_strong };
    let font = if first { theme::heading() } else { theme::body() };
    let paint = ui.painter();
    let value = paint.layout_no_wrap(fact.value.clone(), font, colour);
    let name = paint.layout_no_wrap(fact.name.to_owned(), theme::small(), palette.text_faint);
    let indent = if fact.part.is_some() { 12.0 } else { 0.0 };
    let width = value.size().x.max(indent + name.size().x);
    let (rect, response) = ui.allocate_exact_size(vec2(width, HEIGHT), Sense::hover());
    let below = rect.top() + VALUE;
    let value_at = pos2(rect.left(), below - value.size().y);
    ui.painter().galley(value_at, value, colour);
    if let Some(part) = fact.part {
        let square = Rect::from_min_size(pos2(rect.left(), below + 5.0), vec2(8.0, 8.0));
        ui.painter().rect_filled(square, 2.0, part_colour(part, palette));
    }
    ui.painter().galley(pos2(rect.left() + indent, below + 1.0), name, palette.text_faint);
    let words = format!("{}: {}", fact.name, fact.value);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &words));
    response.on_hover_text(&fact.meaning);
}

fn part_colour(part: Part, palette: &Palette) -> Color32 {
    match part {
        Part::Tasks => palette.accent,
        Part::Outlived => palette.warm,
        Part::Nobody => palette.trend,
        Part::Agent => palette.good,
        Part::Rest => palette.line_strong,
    }
}
