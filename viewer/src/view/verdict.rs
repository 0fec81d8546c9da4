//! What is the matter with the chosen row, who could help it, and who is at the root.

use egui::{RichText, Ui};

use super::group_table::verdict as class_words;
use super::{Look, button};
use crate::analyse::numbers::{age, counted};
use crate::command::Command;
use crate::screen::Detail;
use crate::theme;

/// Lines of blockers that are shown; the most tasks come first.
const MOST_BLOCKERS: usize = 3;

/// The verdict in one line.
pub(super) fn line(look: &Look<'_>, detail: &Detail) -> Option<String> {
    let row = detail.row.and_then(|at| look.screen.table.rows.get(at))?;
    let finding = &row.row.sum.finding;
    let (class, _) = class_words(finding.class, &theme::DARK);
    (!finding.reason.is_empty()).then(|| format!("{class}: {}", finding.reason))
}

pub(super) fn show(ui: &mut Ui, look: &Look<'_>, detail: &Detail, commands: &mut Vec<Command>) {
    let Some(row) = detail.row.and_then(|at| look.screen.table.rows.get(at)) else { return };
    let finding = &row.row.sum.finding;
    if finding.reason.is_empty() && detail.blockers.is_empty() {
        return;
    }
    let palette = theme::palette(ui);
    theme::card(palette).inner_margin(10).outer_margin(6).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 3.0;
        ui.spacing_mut().interact_size.y = 14.0;
        if !finding.reason.is_empty() {
            let (class, colour) = class_words(finding.class, palette);
            let since = age(look.screen.age(finding.since_ms, look.now));
            ui.horizontal(|ui| {
                ui.label(RichText::new(class).strong().color(colour));
                let words = format!("for {since}, {}", counted(finding.tasks, "task"));
                ui.label(RichText::new(words).font(theme::small()).color(palette.text_faint));
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
                ui.add(egui::Label::new(words).truncate()).on_hover_text(&link.text);
            });
        }
        if row.row.sum.finding.waiting_for_it > 0 {
            let tasks = counted(row.row.sum.finding.waiting_for_it, "task");
            let words = format!("{tasks} of other groups wait for these");
            ui.label(RichText::new(words).font(theme::small()).color(palette.warm));
        }
        if !detail.blockers.is_empty() || finding.waiting_for_it > 0 {
            button(ui, Command::ShowWaits, commands);
        }
    });
}
