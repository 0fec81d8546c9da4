//! What is the matter with the chosen row, who could help it, and who is at the root.

use egui::{Align, Label, Layout, Margin, RichText, Ui};

use super::group_table::verdict as class_words;
use super::{Look, button};
use crate::analyse::Finding;
use crate::analyse::numbers::{age, counted};
use crate::command::Command;
use crate::screen::Detail;
use crate::theme;

/// Lines of blockers that are shown; the most tasks come first.
const MOST_BLOCKERS: usize = 3;

/// Around what the card says, and around the card: the table above needs every line.
const CARD: Margin = Margin::symmetric(10, 7);
const OUTER: Margin = Margin { left: 6, right: 6, top: 0, bottom: 4 };

/// The verdict in one line, with the way to who waits for whom.
pub(super) fn in_short(ui: &mut Ui, look: &Look<'_>, detail: &Detail, commands: &mut Vec<Command>) {
    let Some(row) = detail.row.and_then(|at| look.screen.table.rows.get(at)) else { return };
    let (finding, palette) = (&row.sum.finding, theme::palette(ui));
    let is_in_graph = is_in_graph(detail, finding);
    if finding.reason.is_empty() && !is_in_graph {
        return;
    }
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if is_in_graph {
                button(ui, Command::ShowWaits, commands);
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                if finding.reason.is_empty() {
                    return;
                }
                let (class, colour) = class_words(finding.class, palette);
                ui.label(RichText::new(class).font(theme::small()).color(colour));
                let words = RichText::new(&*finding.reason).font(theme::small());
                let words = Label::new(words.color(palette.text)).truncate();
                ui.add(words).on_hover_text(&*finding.reason);
            });
        });
    });
}

/// Whether there is something to see of who waits for whom.
fn is_in_graph(detail: &Detail, finding: &Finding) -> bool {
    !detail.blockers.is_empty() || finding.waiting_for_it > 0
}

pub(super) fn show(ui: &mut Ui, look: &Look<'_>, detail: &Detail, commands: &mut Vec<Command>) {
    let Some(row) = detail.row.and_then(|at| look.screen.table.rows.get(at)) else { return };
    let finding = &row.sum.finding;
    if finding.reason.is_empty() && detail.blockers.is_empty() {
        return;
    }
    let palette = theme::palette(ui);
    theme::card(palette).inner_margin(CARD).outer_margin(OUTER).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 3.0;
        ui.spacing_mut().interact_size.y = 14.0;
        let is_in_graph = is_in_graph(detail, finding);
        if finding.reason.is_empty() {
            if is_in_graph {
                button(ui, Command::ShowWaits, commands);
            }
        } else {
            let (class, colour) = class_words(finding.class, palette);
            let since = age(look.screen.age(finding.since_ms, look.now));
            ui.horizontal(|ui| {
                ui.label(RichText::new(class).strong().color(colour));
                let words = format!("for {since}, {}", counted(finding.tasks, "task"));
                ui.label(RichText::new(words).font(theme::small()).color(palette.text_faint));
                if is_in_graph {
                    let right = Layout::right_to_left(Align::Center);
                    ui.with_layout(right, |ui| button(ui, Command::ShowWaits, commands));
                }
            });
            ui.label(RichText::new(&*finding.reason).color(palette.text_strong));
        }
        for blocker in detail.blockers.iter().take(MOST_BLOCKERS) {
            ui.label(RichText::new(blocker).font(theme::small()).color(palette.text));
        }
        let more = detail.blockers.len().saturating_sub(MOST_BLOCKERS);
        if more > 0 {
            let words = format!("and {more} more");
            ui.label(RichText::new(words).font(theme::small()).color(palette.text_faint));
        }
        // A single step is what stands above.
        let links = Some(&detail.chain).filter(|links| links.len() > 2);
        for (step, link) in (0_u8..).zip(links.into_iter().flatten()) {
            let words = RichText::new(&link.text).font(theme::small()).color(palette.text_dim);
            ui.horizontal(|ui| {
                ui.add_space(12.0 * f32::from(step.min(6)));
                ui.label(
                    RichText::new(if step == 0 { "\u{2022}" } else { "\u{203a}" })
                        .color(palette.text_faint),
                );
                ui.add(Label::new(words).truncate()).on_hover_text(&link.text);
            });
        }
        if row.sum.finding.waiting_for_it > 0 {
            let tasks = counted(row.sum.finding.waiting_for_it, "task");
            let verb = if row.sum.finding.waiting_for_it == 1 { "waits" } else { "wait" };
            let words = format!("{tasks} of other groups {verb} for these");
            ui.label(RichText::new(words).font(theme::small()).color(palette.warm));
        }
    });
}
