//! The honest line at the bottom: what the numbers leave out, and how old they are.

use std::time::Duration;

use egui::{Align, Layout, RichText, Ui};

use super::top::freshness;
use super::{Look, button};
use crate::analyse::numbers::age;
use crate::command::Command;
use crate::theme;

/// An answer that takes no longer is not worth a word.
const SOON: Duration = Duration::from_millis(500);

pub(super) fn show(ui: &mut Ui, look: &Look<'_>, commands: &mut Vec<Command>) {
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
            asking(ui, look, commands);
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

/// What the agent was asked a while ago and has not answered, and a way to wait no longer.
fn asking(ui: &mut Ui, look: &Look<'_>, commands: &mut Vec<Command>) {
    let Some(asking) = &look.screen.asking else { return };
    let waits = look.now.saturating_sub(asking.since);
    if asking.cancelled {
        button(ui, Command::RetryNow, commands);
        let words = format!("{}: cancelled", asking.what);
        ui.label(RichText::new(words).font(theme::small()).color(theme::palette(ui).text_faint));
    } else if waits >= SOON && look.screen.is_live() {
        button(ui, Command::CancelAsking, commands);
        let words = format!("asking for {} for {}", asking.what, age(waits));
        ui.label(RichText::new(words).font(theme::small()).color(theme::palette(ui).warm));
    }
}
