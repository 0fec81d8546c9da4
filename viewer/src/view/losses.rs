//! The honest line at the bottom: what the numbers leave out, and how old they are.

use egui::{Align, Layout, RichText, Ui};

use super::Look;
use super::top::freshness;
use crate::theme;

pub(super) fn show(ui: &mut Ui, look: &Look<'_>) {
    let palette = theme::palette(ui);
    ui.horizontal(|ui| {
        if look.screen.notes.is_empty() {
            let words = RichText::new("Nothing left out").font(theme::small());
            ui.label(words.color(palette.text_faint))
                .on_hover_text("No label set, group, capture or await chain was folded or lost.");
        }
        for note in &look.screen.notes {
            let colour = if note.serious { palette.warm } else { palette.text_faint };
            let words = RichText::new(&note.text).font(theme::small()).color(colour);
            ui.label(words).on_hover_text(&note.meaning);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let words = RichText::new(freshness(look)).font(theme::small());
            ui.label(words.color(palette.text_faint));
            if let Some(marked) = look.screen.marked(look.now) {
                let words = RichText::new(marked).font(theme::small());
                ui.label(words.color(palette.accent)).on_hover_text(
                    "The difference of await trees and the page of the heap compare with it.",
                );
            }
            if let Some(copied) = &look.session.copied {
                let words = RichText::new(format!("copied {copied}")).font(theme::small());
                ui.label(words.color(palette.good));
            }
        });
    });
}
