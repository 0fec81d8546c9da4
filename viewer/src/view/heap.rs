//! The page of the heap: how much there is, who holds it, and where it was allocated.

mod absent;
mod facts;
mod graph;
mod table;

use egui::{Align, CentralPanel, Layout, Panel, RichText, Ui};

use super::table::nothing;
use super::{Look, below, few, groups};
use crate::analyse::numbers::{count, counted};
use crate::analyse::{HeapBy, HeapKey};
use crate::command::Command;
use crate::screen::HeapPage;
use crate::theme;

/// As wide as the choices, the mark and the filter need to stand on one line.
const ROOM_FOR_MARK: f32 = 1_140.0;

pub(super) fn show(ui: &mut Ui, look: &Look<'_>, commands: &mut Vec<Command>) {
    let palette = theme::palette(ui);
    let Some(page) = &look.screen.heap else {
        // Until the analyst has answered.
        CentralPanel::default().frame(theme::flush(palette)).show(ui, |ui| nothing(ui, "…"));
        return;
    };
    if !page.present {
        CentralPanel::default()
            .frame(theme::panel(palette))
            .show(ui, |ui| absent::show(ui, look, commands));
        return;
    }
    Panel::top("heap").frame(theme::panel(palette)).show(ui, |ui| {
        facts::show(ui, page);
        ui.add_space(4.0);
        controls(ui, look, page, commands);
    });
    let height = ui.available_height();
    let few = few(ui, "few in the heap", page.rows.len());
    Panel::bottom(if few { "flame of few" } else { "flame" })
        .frame(theme::flush(palette))
        .default_size(below(height, 0.54, 0.0, page.rows.len(), few))
        .size_range(80.0..=(height - 120.0).max(81.0))
        .resizable(true)
        .show(ui, |ui| graph::show(ui, look, page, commands));
    CentralPanel::default().frame(theme::flush(palette)).show(ui, |ui| {
        if page.rows.is_empty() {
            let words = if page.sites == 0 {
                "No block was sampled yet."
            } else {
                "Nothing in the heap matches the filter."
            };
            nothing(ui, words);
        } else {
            table::show(ui, look, page, commands);
        }
    });
}

/// By what the rows are made, the mark, the filter.
fn controls(ui: &mut Ui, look: &Look<'_>, page: &HeapPage, commands: &mut Vec<Command>) {
    let palette = theme::palette(ui);
    let narrow = ui.available_width() < ROOM_FOR_MARK;
    ui.horizontal(|ui| {
        super::button(ui, Command::Dismiss, commands);
        ui.separator();
        ui.label(RichText::new("Divide by").color(palette.text_dim))
            .on_hover_text("What makes up a row; g goes to the next");
        for by in HeapBy::ALL {
            let choice = egui::Button::new(by.title()).selected(page.asked.by == by);
            let choice = ui.add(choice).on_hover_text(Command::DivideHeap(by).tooltip());
            if choice.clicked() && page.asked.by != by {
                commands.push(Command::DivideHeap(by));
            }
        }
        if !narrow {
            ui.separator();
            mark(ui, look, commands);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            groups::filter(ui, look, groups::FILTER, commands);
            let rows = counted(page.rows.len() as u64, "row");
            let words = if page.matching == page.sites {
                rows
            } else {
                let (some, all) = (count(page.matching as u64), count(page.sites as u64));
                format!("{rows}, {some} of {all} stacks")
            };
            ui.label(RichText::new(words).font(theme::small()).color(palette.text_faint));
        });
    });
    if narrow {
        ui.horizontal(|ui| mark(ui, look, commands));
    }
}

/// The moment from which on growth is counted.
fn mark(ui: &mut Ui, look: &Look<'_>, commands: &mut Vec<Command>) {
    let palette = theme::palette(ui);
    super::button(ui, Command::Mark, commands);
    if look.screen.reference.is_some() {
        // The bar above says with what, and has the button that ends it.
        return;
    }
    let Some(words) = look.screen.marked(look.now) else { return };
    ui.label(RichText::new(words).color(palette.accent));
    super::button(ui, Command::ClearMark, commands);
}

/// What a row is about, paths without what they all have in common.
fn key_words(key: &HeapKey) -> String {
    use super::place::{short, short_file};
    match key {
        HeapKey::Place(location) => short(location),
        HeapKey::Stack(stack) => {
            let user = stack.nodes.iter().rev().filter(|node| node.frame.user);
            let places = user.filter_map(|node| node.frame.location.as_ref());
            let places = places.map(|place| format!("{}:{}", short_file(&place.file), place.line));
            let words = places.collect::<Vec<_>>().join(" ← ");
            if words.is_empty() { key.to_string() } else { words }
        }
        other => other.to_string(),
    }
}
