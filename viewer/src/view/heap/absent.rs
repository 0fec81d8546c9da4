//! What the page of the heap says where the service does not tell of its heap: how it would.

use egui::{RichText, Ui};

use super::super::Look;
use crate::command::Command;
use crate::theme;

/// What a service needs.
const CODE: &str = include_str!("allocator.txt");

pub(super) fn show(ui: &mut Ui, look: &Look<'_>, commands: &mut Vec<Command>) {
    let palette = theme::palette(ui);
    ui.add_space((ui.available_height() * 0.2).min(140.0));
    ui.vertical_centered(|ui| {
        ui.set_max_width(720.0);
        let heading = RichText::new("Which tasks hold the memory?").font(theme::heading());
        ui.label(heading.color(palette.text_strong));
        ui.add_space(6.0);
        let who = if look.screen.is_of_all {
            "None of these services tells"
        } else {
            "This service does not tell"
        };
        let words = format!(
            "{who} what is in its heap. Let it allocate through the agent's allocator, around \
             whichever it uses now, and start it again:"
        );
        ui.label(RichText::new(words).color(palette.text_dim));
        ui.add_space(10.0);
        let frame = egui::Frame::new()
            .fill(palette.sunken)
            .stroke(egui::Stroke::new(1.0, palette.line_strong))
            .corner_radius(6)
            .inner_margin(14);
        let left = egui::Layout::top_down(egui::Align::Min);
        frame.show(ui, |ui| {
            ui.with_layout(left, |ui| {
                ui.label(
                    RichText::new(CODE.trim_end()).font(theme::mono()).color(palette.text_strong),
                );
            });
        });
        ui.add_space(12.0);
        let copy = Command::Copy(CODE.into());
        if ui.button("Copy these lines").on_hover_text(copy.tooltip()).clicked() {
            commands.push(copy);
        }
        ui.add_space(4.0);
        if ui.button("Back to the groups").clicked() {
            commands.push(Command::ShowHeap);
        }
    });
}
