//! The heap as a whole: a line of numbers, and a bar that shows how memory is divided.

use egui::{Color32, RichText, Sense, Ui, vec2};

use crate::analyse::numbers::bytes;
use crate::analyse::{Fact, Part};
use crate::screen::HeapPage;
use crate::theme::{self, Palette};
use crate::widgets::parts_bar;

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

/// A number with its name below, and the colour of its part of the bar.
fn number(ui: &mut Ui, fact: &Fact, first: bool, palette: &Palette) {
    let response = ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 1.0;
        let colour = if fact.warm { palette.warm } else { palette.text_strong };
        let font = if first { theme::heading() } else { theme::body() };
        // All names stand on one line, however tall the number above is.
        ui.horizontal(|ui| {
            ui.set_min_height(20.0);
            ui.label(RichText::new(&fact.value).font(font).color(colour));
        });
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            if let Some(part) = fact.part {
                let (rect, _) = ui.allocate_exact_size(vec2(8.0, 8.0), Sense::hover());
                ui.painter().rect_filled(rect, 2.0, part_colour(part, palette));
            }
            ui.label(RichText::new(fact.name).font(theme::small()).color(palette.text_faint));
        });
    });
    response.response.on_hover_text(&fact.meaning);
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
