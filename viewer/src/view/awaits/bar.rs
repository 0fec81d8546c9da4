//! The line above the await trees: their shape, their weight, the search, and what was done to
//! them.

use egui::accesskit::Role;
use egui::{Button, Color32, ComboBox, Label, Response, RichText, TextEdit, Ui, WidgetInfo};

use super::super::{Look, button, hint};
use crate::analyse::{AwaitWeight, Shape};
use crate::command::Command;
use crate::screen::Detail;
use crate::theme::{self, Palette};
use crate::widgets::called;

pub(super) fn show(ui: &mut Ui, look: &Look<'_>, detail: &Detail, commands: &mut Vec<Command>) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = egui::vec2(5.0, 4.0);
        for shape in Shape::ALL {
            let command = match shape {
                Shape::Inverted => hint(&Command::Invert),
                _ => hint(&Command::NextShape),
            };
            let about = format!("{}\n{}", shape.meaning(), command.lines().last().unwrap_or(""));
            let chosen = look.session.workspace.shape == shape;
            let tab = ui.add(Button::new(shape.title()).selected(chosen));
            name(&tab, chosen, &format!("Awaits: {}", shape.title()));
            if tab.on_hover_text(about).clicked() && !chosen {
                commands.push(Command::ShowShape(shape));
            }
        }
        weigh(ui, look, commands);
        let command = Command::ToggleLibraryFrames;
        let shown = !look.session.workspace.fold_library;
        let toggle = ui.add(Button::new(command.text()).selected(shown));
        if toggle.on_hover_text(hint(&command)).clicked() {
            commands.push(command);
        }
        search(ui, look, commands);
    });
    done(ui, look, detail, commands);
}

/// By what frames are weighted.
fn weigh(ui: &mut Ui, look: &Look<'_>, commands: &mut Vec<Command>) {
    let now = look.session.workspace.await_weight;
    let chosen = format!("by {}", now.title().to_lowercase());
    let list = ComboBox::from_id_salt("weigh awaits").selected_text(chosen).width(72.0);
    let list = list.show_ui(ui, |ui| {
        for weight in AwaitWeight::ALL {
            let choice = ui.selectable_label(weight == now, weight.title());
            if choice.on_hover_text(weight.meaning()).clicked() && weight != now {
                commands.push(Command::WeighAwaits(weight));
            }
        }
    });
    let words = format!("Weigh awaits by: {}", now.title());
    list.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, &words));
    let about = format!("{}\n{}", now.meaning(), hint(&Command::NextMeasure));
    list.response.on_hover_text(about);
}

/// A choice is named after what it is a choice of.
fn name(choice: &Response, chosen: bool, words: &str) {
    choice.widget_info(|| WidgetInfo::selected(Role::Button, true, chosen, words));
}

fn search(ui: &mut Ui, look: &Look<'_>, commands: &mut Vec<Command>) {
    let mut text = look.session.awaits.search.clone();
    let field = TextEdit::singleline(&mut text)
        .id(egui::Id::unique("find frame"))
        .hint_text("find  ( Ctrl+F )")
        .desired_width(112.0);
    let field = ui.add(field).accessible_name("Find a frame");
    if called(ui, field.id, look.session.awaits.search_focus) {
        field.request_focus();
    }
    if field.changed() {
        commands.push(Command::FindFrames(text));
    }
    field.on_hover_text(hint(&Command::FindFrame));
}

/// What was done to the ways, each step with a way to take it back; and what the search found.
fn done(ui: &mut Ui, look: &Look<'_>, detail: &Detail, commands: &mut Vec<Command>) {
    let palette = theme::palette(ui);
    let (asked, tree) = (&detail.awaits.asked, &detail.awaits.tree);
    let differs = asked.shape == Shape::Difference;
    let searches = !asked.search.trim().is_empty();
    if asked.transforms.is_empty() && !searches && !differs {
        return;
    }
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = egui::vec2(5.0, 4.0);
        if differs {
            button(ui, Command::Mark, commands);
            if look.screen.marked_ms.is_some() {
                button(ui, Command::ClearMark, commands);
            }
        }
        for (at, transform) in asked.transforms.iter().enumerate() {
            if at > 0 {
                faint(ui, "›", palette);
            }
            let about = format!("{}\nClick to take this step back", transform.meaning());
            if crumb(ui, &transform.words(), &about, palette) {
                commands.push(Command::TakeBack(at));
            }
        }
        if !asked.transforms.is_empty() {
            let words = asked.weight.words(tree.weight);
            faint(ui, &format!("{words} of {}", asked.weight.short(tree.whole)), palette);
        }
        if searches {
            let percent = tree.found as f64 / tree.weight.max(1) as f64 * 100.0;
            let found = asked.weight.words(tree.found);
            let words = match tree.found {
                0 => "no frame matches".to_owned(),
                _ => format!("{found} pass a frame that matches ({percent:.0} %)"),
            };
            whole(ui, &words, palette.warm);
        }
    });
}

fn faint(ui: &mut Ui, words: &str, palette: &Palette) {
    whole(ui, words, palette.text_faint);
}

/// Words that go to the next line together.
fn whole(ui: &mut Ui, words: &str, colour: Color32) {
    ui.add(Label::new(RichText::new(words).font(theme::small()).color(colour)).extend());
}

fn crumb(ui: &mut Ui, words: &str, about: &str, palette: &Palette) -> bool {
    let text = RichText::new(format!("{words} ×")).font(theme::small()).color(palette.accent);
    let crumb = ui.add(Button::new(text).fill(palette.accent_soft));
    crumb.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Take back: {words}")));
    crumb.on_hover_text(about).clicked()
}
