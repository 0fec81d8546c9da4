//! The flame graph: each frame as wide as what passes through it, from the roots downwards.

use egui::{RichText, ScrollArea, Ui};

use super::super::Look;
use super::frame::{self, Pointed};
use crate::analyse::AwaitNode;
use crate::command::Command;
use crate::screen::{Awaits, Detail};
use crate::theme::{self, Palette};
use crate::widgets::{CellLook, Cells, flame};

pub(super) fn show(
    ui: &mut Ui,
    look: &Look<'_>,
    detail: &Detail,
    pointed: &mut Pointed,
    commands: &mut Vec<Command>,
) {
    let awaits = &detail.awaits;
    let drawn = Drawn { awaits, palette: theme::palette(ui) };
    let margin = egui::Frame::new().inner_margin(egui::Margin::symmetric(12, 4));
    let calls = look.session.awaits.tree_focus;
    let area = ScrollArea::vertical().auto_shrink(false).id_salt("await flame");
    area.min_scrolled_height(0.0).show(ui, |ui| {
        let clicked = margin
            .show(ui, |ui| {
                flame(ui, &awaits.flame, &drawn, calls, |response, at| {
                    let Some(node) = drawn.node(at) else { return };
                    pointed.see(response, node);
                    frame::menu(response, &node.frame, commands);
                })
            })
            .inner;
        if let Some(node) = clicked.and_then(|at| drawn.node(at)) {
            commands.push(frame::focus(&node.frame, look));
        }
    });
}

/// The cells, as the widget wants to know of them.
struct Drawn<'a> {
    awaits: &'a Awaits,
    palette: &'static Palette,
}

impl Drawn<'_> {
    fn node(&self, at: usize) -> Option<&AwaitNode> {
        let cell = self.awaits.flame.cells.get(at)?;
        self.awaits.tree.nodes.get(cell.node as usize)
    }
}

impl Cells for Drawn<'_> {
    fn look(&self, at: usize) -> CellLook<'_> {
        let palette = self.palette;
        let text = self.awaits.labels.get(at).map_or("", String::as_str);
        let row = self.awaits.flame.cells.get(at).map_or(0, |cell| cell.row);
        let Some(node) = self.node(at) else {
            return CellLook { text, fill: palette.flame_library, colour: palette.text };
        };
        let (fill, colour) = match (node.found, node.point.is_some(), node.frame.user) {
            (true, ..) => (palette.flame_found, palette.text_strong),
            (_, true, _) => (palette.flame_point, palette.text_strong),
            (_, _, true) if row % 2 == 1 => (palette.flame_own_odd, palette.text_strong),
            (_, _, true) => (palette.flame_own, palette.text_strong),
            _ => (palette.flame_library, palette.text_dim),
        };
        CellLook { text, fill, colour }
    }

    fn words(&self, at: usize) -> String {
        let Some(node) = self.node(at) else { return String::new() };
        let label = self.awaits.labels.get(at).map_or("", String::as_str);
        let mut words =
            format!("{label}: {}", frame::share(node, &self.awaits.tree, self.awaits.asked.weight));
        let kinds = node.wait_kinds.iter().map(ToString::to_string);
        for what in kinds.chain(node.point.map(|point| point.words().to_owned())) {
            words.push_str(", ");
            words.push_str(&what);
        }
        if node.found {
            words.push_str(", found");
        }
        words
    }

    fn about(&self, ui: &mut Ui, at: usize) {
        let Some(node) = self.node(at) else { return };
        ui.set_max_width(560.0);
        let about = frame::about(node, &self.awaits.tree, self.awaits.asked.weight);
        ui.label(RichText::new(about).color(self.palette.text));
    }
}
