//! The flame graph: where the bytes were allocated, from the root of the stacks downwards.

use std::sync::Arc;

use egui::{Align, Layout, RichText, ScrollArea, Ui};
use taskscope_proto::model::Frame;

use super::super::table::nothing;
use super::super::{Look, hint};
use super::key_words;
use crate::analyse::numbers::bytes;
use crate::analyse::{Cell, HeapNode, Measure, frame_label};
use crate::command::Command;
use crate::screen::HeapPage;
use crate::theme::{self, Palette};
use crate::widgets::{CellLook, Cells, flame};

/// About how wide a step of the way to the frame in focus is.
const STEP: f32 = 190.0;

pub(super) fn show(ui: &mut Ui, look: &Look<'_>, page: &HeapPage, commands: &mut Vec<Command>) {
    theme::panel(theme::palette(ui)).show(ui, |ui| heading(ui, look, page, commands));
    if page.flame.cells.is_empty() {
        let words = match page.asked.measure {
            _ if page.tree.without_stack > 0 => "No stack is known of what is here.",
            Measure::Live => "Nothing lives here.",
            Measure::Outlived => "Nothing here outlived its task.",
            Measure::Allocated => "Nothing was allocated here.",
            Measure::Grown => "Nothing has grown here since the mark.",
        };
        nothing(ui, words);
        return;
    }
    let drawn = Drawn { page, palette: theme::palette(ui) };
    let margin = egui::Frame::new().inner_margin(egui::Margin::symmetric(12, 0));
    ScrollArea::vertical().auto_shrink(false).id_salt("flame").show(ui, |ui| {
        let clicked = margin
            .show(ui, |ui| {
                flame(ui, &page.flame, &drawn, look.session.awaits.tree_focus, |_, _| {})
            })
            .inner;
        if let Some(cell) = clicked.and_then(|at| page.flame.cells.get(at)) {
            let way = page.tree.way_to(cell.node);
            // A click on what fills the width already leads back to where one came from.
            let again = page.way.last() == Some(&cell.node);
            let shown = if again { way.len().saturating_sub(1) } else { way.len() };
            commands.push(focus(page, way.get(..shown).unwrap_or_default()));
        }
    });
}

fn focus(page: &HeapPage, way: &[u32]) -> Command {
    let frame = |at: &u32| Some(page.tree.nodes.get(*at as usize)?.frame.clone());
    Command::FocusFrame(way.iter().filter_map(frame).collect::<Vec<Arc<Frame>>>().into())
}

fn heading(ui: &mut Ui, look: &Look<'_>, page: &HeapPage, commands: &mut Vec<Command>) {
    let palette = theme::palette(ui);
    ui.horizontal(|ui| {
        ui.label(RichText::new("Allocated from").color(palette.text_strong));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let command = Command::ToggleLibraryFrames;
            let shown = !look.session.workspace.fold_library;
            let toggle = ui.add(egui::Button::new(command.text()).selected(shown));
            if toggle.on_hover_text(hint(&command)).clicked() {
                commands.push(command);
            }
            ui.separator();
            for measure in Measure::ALL.into_iter().rev() {
                if measure == Measure::Grown && look.screen.marked_ms.is_none() {
                    continue;
                }
                let chosen = page.asked.measure == measure;
                let choice = ui.add(egui::Button::new(measure.title()).selected(chosen));
                if choice.on_hover_text(measure.meaning()).clicked() && !chosen {
                    commands.push(Command::WeighHeap(measure));
                }
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                way(ui, page, commands);
            });
        });
    });
}

/// Where one is in the graph, each step a way back.
fn way(ui: &mut Ui, page: &HeapPage, commands: &mut Vec<Command>) {
    let palette = theme::palette(ui);
    ui.spacing_mut().item_spacing.x = 4.0;
    let mut words = bytes(page.flame.whole);
    if page.tree.without_stack > 0 && page.way.is_empty() {
        words = format!("{words}, and {} without a stack", bytes(page.tree.without_stack));
    }
    if let Some(row) = page.chosen.and_then(|at| page.rows.get(at)) {
        let chip = format!("{} ×", shortened(&key_words(&row.key), 48));
        let chip = egui::Button::new(RichText::new(chip).color(palette.accent));
        let chip = ui.add(chip.fill(palette.accent_soft));
        if chip.on_hover_text("Show all rows in the flame graph again").clicked() {
            commands.push(Command::ChooseHeapRow(row.key.clone()));
        }
    }
    if page.way.is_empty() {
        ui.label(RichText::new(words).font(theme::small()).color(palette.text_faint));
        return;
    }
    let step = |ui: &mut Ui, words: &str, tooltip: &str| {
        let text = RichText::new(words).font(theme::small()).color(palette.accent);
        ui.add(egui::Button::new(text).frame(false)).on_hover_text(tooltip).clicked()
    };
    if step(ui, "all", "The whole flame graph") {
        commands.push(focus(page, &[]));
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 1..=6")]
    let steps = (ui.available_width() / STEP).clamp(1.0, 6.0) as usize;
    let left_out = page.way.len().saturating_sub(steps);
    if left_out > 0 {
        ui.label(RichText::new("› …").font(theme::small()).color(palette.text_faint));
    }
    for (at, node) in page.way.iter().enumerate().skip(left_out) {
        let Some(node) = page.tree.nodes.get(*node as usize) else { continue };
        ui.label(RichText::new("›").font(theme::small()).color(palette.text_faint));
        let label = shortened(&frame_label(&node.frame), 30);
        if step(ui, &label, &node.frame.function) {
            commands.push(focus(page, page.way.get(..=at).unwrap_or_default()));
        }
    }
    ui.label(RichText::new(words).font(theme::small()).color(palette.text_faint));
}

/// At most so many characters, the first ones.
fn shortened(text: &str, room: usize) -> String {
    match text.char_indices().nth(room) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default().trim_end()),
        None => text.to_owned(),
    }
}

/// The cells, as the widget wants to know of them.
struct Drawn<'a> {
    page: &'a HeapPage,
    palette: &'static Palette,
}

impl Drawn<'_> {
    fn cell(&self, at: usize) -> Option<(&Cell, &HeapNode)> {
        let cell = self.page.flame.cells.get(at)?;
        Some((cell, self.page.tree.nodes.get(cell.node as usize)?))
    }

    /// Bytes, and which part of the whole they are.
    fn share(&self, node: &HeapNode) -> String {
        let whole = self.page.tree.weight.max(1);
        let percent = node.weight as f64 / whole as f64 * 100.0;
        format!("{}, {percent:.1} % of {}", bytes(node.weight), bytes(whole))
    }
}

impl Cells for Drawn<'_> {
    fn look(&self, at: usize) -> CellLook<'_> {
        let palette = self.palette;
        let text = self.page.slabs.get(at).map_or("", |slab| &slab.label);
        let found = self.page.slabs.get(at).is_some_and(|slab| slab.found);
        let Some((cell, node)) = self.cell(at) else {
            return CellLook { text, fill: palette.flame_library, colour: palette.text };
        };
        let (fill, colour) = match (found, node.allocates, node.frame.user) {
            (true, ..) => (palette.flame_found, palette.text_strong),
            // What leads to the one in focus.
            _ if cell.row < self.page.flame.focus_row => (palette.flame_library, palette.text),
            (_, true, _) => (palette.flame_point, palette.text_strong),
            (_, _, true) if cell.row % 2 == 1 => (palette.flame_own_odd, palette.text_strong),
            (_, _, true) => (palette.flame_own, palette.text_strong),
            _ => (palette.flame_library, palette.text_dim),
        };
        CellLook { text, fill, colour }
    }

    fn words(&self, at: usize) -> String {
        let Some((_, node)) = self.cell(at) else { return String::new() };
        let label = self.page.slabs.get(at).map_or("", |slab| &slab.label);
        format!("{label}: {}", self.share(node))
    }

    fn about(&self, ui: &mut Ui, at: usize) {
        let Some((_, node)) = self.cell(at) else { return };
        let palette = self.palette;
        ui.set_max_width(560.0);
        ui.label(RichText::new(&*node.frame.function).color(palette.text_strong));
        let place = node.frame.location.as_ref().map(ToString::to_string);
        let place = place.unwrap_or_else(|| "no source line".into());
        ui.label(RichText::new(place).font(theme::mono()).color(palette.text_dim));
        ui.label(RichText::new(self.share(node)).color(palette.text_strong));
        let own = match (node.allocates, node.frame.user) {
            (true, _) => "The service's own code, which allocates here",
            (false, true) => "The service's own code",
            (false, false) if node.folded => "Library code, and more of it folded",
            (false, false) => "Library code",
        };
        let words = RichText::new(own).font(theme::small());
        ui.label(words.color(palette.text_faint));
    }
}
