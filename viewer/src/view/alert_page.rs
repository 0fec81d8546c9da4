//! The page of the alerts: what fires and what is about to, of all services that are open.

use egui::accesskit::Role;
use egui::{CentralPanel, Label, Panel, RichText, ScrollArea, Sense, Ui, WidgetInfo};

use super::{Look, button};
use crate::alert::Severity;
use crate::analyse::Scope;
use crate::analyse::numbers::{age, counted};
use crate::command::Command;
use crate::screen::ShownAlert;
use crate::theme::{self, Palette};

/// What the longest state and severity take up.
const ROOM_FOR_STATE: f32 = 118.0;

pub(super) fn show(ui: &mut Ui, look: &Look<'_>, commands: &mut Vec<Command>) {
    let palette = theme::palette(ui);
    Panel::top("alert page").frame(theme::panel(palette)).show(ui, |ui| {
        ui.horizontal(|ui| {
            ui.label(RichText::new("Alerts").font(theme::heading()).color(palette.text_strong));
            button(ui, Command::Dismiss, commands);
            let words =
                "By the built-in rules; `taskscope watch` takes others, and tells programs.";
            ui.label(RichText::new(words).color(palette.text_faint));
        });
    });
    CentralPanel::default().frame(theme::panel(palette)).show(ui, |ui| {
        if look.screen.alerts.is_empty() {
            let words = "Nothing fires, and nothing is about to.";
            ui.label(RichText::new(words).color(palette.text_dim));
            return;
        }
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 6.0;
            for shown in &look.screen.alerts {
                line(ui, look, shown, palette, commands);
            }
        });
    });
}

/// The colour of a severity.
pub(super) fn colour(severity: Severity, palette: &Palette) -> egui::Color32 {
    match severity {
        Severity::Info => palette.text_dim,
        Severity::Warning => palette.warm,
        Severity::Critical => palette.hot,
    }
}

fn line(
    ui: &mut Ui,
    look: &Look<'_>,
    shown: &ShownAlert,
    palette: &Palette,
    commands: &mut Vec<Command>,
) {
    let alert = &shown.alert;
    let since = age(look.now.saturating_sub(alert.since.moment));
    let (state, severity) = match alert.fired {
        Some(_) => ("firing", colour(alert.severity, palette)),
        None => ("pending", palette.text_faint),
    };
    let who = if alert.process == alert.target { &alert.target } else { &alert.process };
    let words = format!("{} for {since}, {who}: {}", alert.rule, alert.text);
    ui.horizontal_top(|ui| {
        let head = format!("{state} {}", alert.severity.name());
        ui.scope(|ui| {
            ui.set_width(ROOM_FOR_STATE);
            ui.label(RichText::new(&head).strong().color(severity));
        });
        let text = RichText::new(&words).color(palette.text);
        let (leads_to, hover) = leads_to(look, shown);
        let sense = if leads_to.is_some() { Sense::click() } else { Sense::hover() };
        let label = ui.add(Label::new(text).sense(sense).wrap());
        let role = if leads_to.is_some() { Role::Button } else { Role::Label };
        label.widget_info(|| WidgetInfo::labeled(role, true, format!("{head} {words}")));
        if let Some(command) = leads_to
            && label.on_hover_text(hover).clicked()
        {
            commands.push(command);
            // Away from this page.
            commands.push(Command::ShowAlerts);
        }
    });
}

/// What a click does, and how that is said.
fn leads_to(look: &Look<'_>, shown: &ShownAlert) -> (Option<Command>, &'static str) {
    let target = &shown.alert.target;
    match &shown.row {
        Some(row) => (Some(Command::Select(row.clone())), "Look at the row closely"),
        None if look.screen.target.as_ref() != Some(target) => {
            (Some(Command::ShowTab(Scope::One(target.clone()))), "Look at this service")
        }
        None => (None, ""),
    }
}

/// In the top line: how many fire, if any does.
pub(super) fn badge(ui: &mut Ui, look: &Look<'_>, commands: &mut Vec<Command>) {
    let palette = theme::palette(ui);
    let firing = look.screen.alerts.iter().filter(|shown| shown.alert.fired.is_some());
    let Some(worst) = firing.clone().map(|shown| shown.alert.severity).max() else { return };
    let words = counted(firing.count() as u64, "alert");
    let fill = if worst == Severity::Critical { palette.hot_soft } else { palette.warm_soft };
    let text = RichText::new(words).color(colour(worst, palette));
    let badge = ui.add(egui::Button::new(text).fill(fill));
    if badge.on_hover_text(super::hint(&Command::ShowAlerts)).clicked() {
        commands.push(Command::ShowAlerts);
    }
}
