//! The connect dialog: an address, and those of before.

use egui::{Align, Key, Layout, Modal, RichText, TextEdit, Ui};

use super::waiting::recent;
use super::{Look, button};
use crate::command::Command;
use crate::store::Connection;
use crate::theme;

pub(super) fn show(ui: &mut Ui, look: &Look<'_>, commands: &mut Vec<Command>) {
    let palette = theme::palette(ui);
    let modal = Modal::new(egui::Id::unique("connect"))
        .frame(theme::card(palette))
        .show(ui.ctx(), |ui| content(ui, look, commands));
    if modal.backdrop_response.clicked() {
        commands.push(Command::Dismiss);
    }
}

fn content(ui: &mut Ui, look: &Look<'_>, commands: &mut Vec<Command>) {
    let palette = theme::palette(ui);
    ui.set_width(420.0);
    let heading = RichText::new("Connect to a service").font(theme::heading());
    ui.label(heading.color(palette.text_strong));
    ui.add_space(8.0);
    let label =
        ui.label(RichText::new("Address of its agent, or a recorded file").color(palette.text_dim));
    let mut address = look.session.address.clone();
    let field = TextEdit::singleline(&mut address)
        .font(theme::mono())
        .hint_text("127.0.0.1:6670")
        .margin(egui::Margin::symmetric(8, 6))
        .desired_width(f32::INFINITY);
    let field = ui.add(field).labelled_by(label.id);
    if field.changed() {
        commands.push(Command::EditAddress(address.clone()));
    }
    let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    if !field.has_focus() && ui.memory(|memory| memory.focused().is_none()) && !entered {
        field.request_focus();
    }
    problem(ui, look);
    ui.add_space(10.0);
    ui.horizontal(|ui| {
        let connect = egui::Button::new(RichText::new("Connect").color(palette.text_strong));
        let connect = ui.add(connect.fill(palette.selected));
        if connect.clicked() || entered {
            commands.push(Command::Connect(address));
        }
        button(ui, Command::Dismiss, commands);
        if look.screen.target.is_some() && !look.screen.is_of_all {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                button(ui, Command::Disconnect, commands);
            });
        }
    });
    if !look.session.services.open.is_empty() {
        ui.add_space(6.0);
        let words = "It opens in a tab of its own, beside what is open.";
        ui.label(RichText::new(words).font(theme::small()).color(palette.text_faint));
    }
    recent(ui, look, commands);
}

/// What is wrong with the address, or what came of it last time.
fn problem(ui: &mut Ui, look: &Look<'_>) {
    let palette = theme::palette(ui);
    if let Some(problem) = &look.session.address_problem {
        ui.label(RichText::new(problem).color(palette.hot));
    } else if look.session.services.open.len() == 1
        && let Connection::Down { failure, .. } = &look.screen.connection
    {
        ui.label(RichText::new(failure.to_string()).color(palette.hot));
        ui.label(RichText::new(&failure.advice).color(palette.text_dim));
    }
}
