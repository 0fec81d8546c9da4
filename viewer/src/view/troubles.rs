//! What is wrong, in words, above everything else.

use std::sync::Arc;

use egui::accesskit::Role;
use egui::{Align, Color32, Label, Layout, Panel, RichText, Sense, Ui, WidgetInfo};

use super::group_table::verdict as class_words;
use super::{LOW, Look, is_low};
use crate::analyse::numbers::{age, counted};
use crate::analyse::{Column, Growth, Trouble, Value};
use crate::command::Command;
use crate::screen::{Findings, Found};
use crate::theme::{self, Palette};

/// A window as high as this has room for all of them.
const TALL: f32 = 1_000.0;

/// One of them.
struct Line<'a> {
    /// What it is called, and how that looks.
    class: (String, Color32),
    tasks: &'a str,
    words: String,
    row: Option<&'a Arc<[Value]>>,
}

pub(super) fn show(ui: &mut Ui, look: &Look<'_>, commands: &mut Vec<Command>) {
    let palette = theme::palette(ui);
    let is_low = is_low(ui);
    // The table needs the room more than the second and third line.
    let most = match ui.available_height() {
        height if height < LOW => 1,
        height if height < TALL => 3,
        _ => usize::MAX,
    };
    let Findings { troubles, more, growth } = &look.screen.findings;
    let growth = growth.iter().filter(|_| most > 1 || troubles.is_empty());
    let growth: Vec<Line<'_>> = growth.map(|found| of_growth(found, palette)).collect();
    let shown = troubles.iter().take(most - growth.len());
    let mut lines: Vec<Line<'_>> = shown.map(|found| of_trouble(found, look, palette)).collect();
    let more = more.saturating_add(troubles.len() - lines.len());
    lines.extend(growth);
    let frame = theme::banner(palette.surface);
    Panel::top("troubles").frame(frame).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        if lines.is_empty() {
            nothing(ui, look, palette);
        }
        for (at, one) in lines.iter().enumerate() {
            if at + 1 < lines.len() || more == 0 {
                line(ui, one, at == 0 && !is_low, palette, commands);
                continue;
            }
            ui.horizontal_top(|ui| {
                ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
                    and_more(ui, more, palette, commands);
                    let left = Layout::left_to_right(Align::Min);
                    ui.with_layout(left, |ui| {
                        line(ui, one, at == 0 && !is_low, palette, commands);
                    });
                });
            });
        }
    });
}

fn of_trouble<'a>(found: &'a Found<Trouble>, look: &Look<'_>, palette: &Palette) -> Line<'a> {
    let trouble = &found.what;
    let since = age(look.screen.age(trouble.since_ms, look.now));
    let (class, colour) = class_words(trouble.class, palette);
    Line {
        class: (class, colour),
        tasks: trouble.name(),
        words: trouble.words(&since),
        row: found.row.as_ref(),
    }
}

fn of_growth<'a>(found: &'a Found<Growth>, palette: &Palette) -> Line<'a> {
    let growth = &found.what;
    Line {
        class: ("growing".to_owned(), palette.warm),
        tasks: growth.name(),
        words: growth.words(),
        row: found.row.as_ref(),
    }
}

fn and_more(ui: &mut Ui, more: usize, palette: &Palette, commands: &mut Vec<Command>) {
    let words = RichText::new(format!("and {more} more")).font(theme::small());
    let link = egui::Button::new(words.color(palette.accent)).frame(false);
    let about = format!(
        "{} more where something is the matter. The table has all of them: click for the most \
         suspicious first.",
        counted(more as u64, "place")
    );
    if ui.add(link).on_hover_text(about).clicked() {
        commands.push(Command::SortBy(Column::Suspicion));
    }
}

fn nothing(ui: &mut Ui, look: &Look<'_>, palette: &Palette) {
    let totals = look.screen.header.as_ref().map(|header| &header.totals);
    let is_empty = totals.is_some_and(|totals| totals.spawned == 0 && totals.alive() == 0);
    let words = if is_empty {
        "Nothing to judge yet: no task has been seen."
    } else if look.screen.moment_ms.is_some() {
        "Nothing was known to be the matter then."
    } else {
        "Nothing is stuck for ever or piling up, as far as can be told."
    };
    ui.label(RichText::new(words).color(palette.text_dim)).on_hover_text(
        "The agent judges each spawn location by how long its tasks usually live. After a start it \
         takes a while until there is something to compare with.",
    );
}

fn line(ui: &mut Ui, line: &Line<'_>, whole: bool, palette: &Palette, commands: &mut Vec<Command>) {
    let Line { class: (class, colour), tasks, words, row } = line;
    ui.horizontal_top(|ui| {
        ui.label(RichText::new(class).strong().color(*colour));
        ui.label(RichText::new(*tasks).font(theme::mono()).color(palette.text_strong));
        let text = RichText::new(words).color(palette.text);
        let label = Label::new(text).sense(Sense::click());
        let label = ui.add(if whole { label.wrap() } else { label.truncate() });
        label.widget_info(|| {
            WidgetInfo::labeled(Role::Button, true, format!("{class} {tasks} {words}"))
        });
        let hover = match row {
            Some(_) => format!("{words}\n\nClick to look at the row closely"),
            None => format!("{words}\n\nThe filter leaves its row out"),
        };
        if label.on_hover_text(hover).clicked()
            && let Some(row) = row
        {
            commands.push(Command::Select((*row).clone()));
        }
    });
}
