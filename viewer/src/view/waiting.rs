//! What fills the window before there are numbers: no target, connecting, or why it fails.

use egui::{RichText, Ui};

use super::banner::retry_words;
use super::{Look, button, hint};
use crate::analyse::numbers::{age, counted};
use crate::command::Command;
use crate::connect::Failure;
use crate::session::Overlay;
use crate::store::Connection;
use crate::theme;

pub(super) fn show(ui: &mut Ui, look: &Look<'_>, commands: &mut Vec<Command>) {
    if look.session.overlay == Some(Overlay::Connect) && look.screen.target.is_none() {
        // The dialog says it all.
        return;
    }
    let target = look.screen.target.as_deref().unwrap_or_default();
    let space = (ui.available_height() * 0.28).min(220.0);
    ui.add_space(space);
    ui.vertical_centered(|ui| {
        ui.set_max_width(560.0);
        match &look.screen.connection {
            Connection::Idle => idle(ui, look, commands),
            Connection::Connecting { since } => {
                title(ui, &format!("Connecting to {target}"));
                dim(ui, &format!("for {}", age(look.now.saturating_sub(*since))));
                ui.add_space(12.0);
                cancel(ui, commands);
            }
            Connection::Recorded { .. } => {
                title(ui, &format!("Nothing is in {target}"));
                dim(ui, "It has no whole state.");
            }
            Connection::Live { .. } => {
                title(ui, &format!("Connected to {target}"));
                dim(ui, "Waiting for the first state");
                ui.add_space(12.0);
                cancel(ui, commands);
            }
            Connection::Down { failure, attempts, .. } => {
                failed(ui, look, failure, *attempts, commands);
            }
        }
    });
}

fn cancel(ui: &mut Ui, commands: &mut Vec<Command>) {
    if ui.button("Cancel").on_hover_text(hint(&Command::Disconnect)).clicked() {
        commands.push(Command::Disconnect);
    }
}

fn idle(ui: &mut Ui, look: &Look<'_>, commands: &mut Vec<Command>) {
    title(ui, "Which tasks are stuck?");
    dim(ui, "Connect to a service that has the Taskscope agent, or a console-subscriber, in it.");
    ui.add_space(12.0);
    button(ui, Command::ShowConnect, commands);
    recent(ui, look, commands);
}

/// The targets of before, one click each.
pub(super) fn recent(ui: &mut Ui, look: &Look<'_>, commands: &mut Vec<Command>) {
    let last = look.session.services.last();
    if !last.is_empty() {
        ui.add_space(10.0);
        let words = format!("Open the last {} again", last.len());
        let again = ui.button(words);
        if again.on_hover_text(last.join("\n")).clicked() {
            commands.push(Command::OpenLast);
        }
    }
    if look.session.workspace.recent.is_empty() {
        return;
    }
    ui.add_space(14.0);
    ui.label(RichText::new("Recent").font(theme::small()).color(theme::palette(ui).text_faint));
    for target in &look.session.workspace.recent {
        let text = RichText::new(target).font(theme::mono()).color(theme::palette(ui).accent);
        if ui.add(egui::Button::new(text).frame(false)).clicked() {
            commands.push(Command::Connect(target.clone()));
        }
    }
}

fn failed(
    ui: &mut Ui,
    look: &Look<'_>,
    failure: &Failure,
    attempts: u32,
    commands: &mut Vec<Command>,
) {
    let palette = theme::palette(ui);
    let left = egui::Layout::top_down(egui::Align::Min);
    theme::card(palette).show(ui, |ui| {
        ui.with_layout(left, |ui| {
            ui.set_width(ui.available_width());
            ui.label(
                RichText::new(format!("Could not {}", failure.tried))
                    .font(theme::heading())
                    .color(palette.hot),
            );
            ui.add_space(4.0);
            ui.label(RichText::new(&failure.cause).color(palette.text_strong));
            ui.add_space(8.0);
            ui.label(RichText::new(&failure.advice).color(palette.text_dim));
            ui.add_space(14.0);
            ui.horizontal(|ui| {
                button(ui, Command::RetryNow, commands);
                button(ui, Command::ShowConnect, commands);
                let tries = counted(u64::from(attempts), "attempt");
                dim(ui, &format!("{tries}, {}", retry_words(look)));
            });
        })
    });
}

fn title(ui: &mut Ui, text: &str) {
    let colour = theme::palette(ui).text_strong;
    ui.label(RichText::new(text).font(theme::heading()).color(colour));
}

fn dim(ui: &mut Ui, text: &str) {
    let colour = theme::palette(ui).text_dim;
    ui.label(RichText::new(text).color(colour));
}
