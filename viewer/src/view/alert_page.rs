//! The page of the alerts: what fires, what is about to, what is over, of all services that are open.

use std::sync::Arc;

use egui::accesskit::Role;
use egui::text::{LayoutJob, TextFormat};
use egui::{CentralPanel, Label, Panel, RichText, ScrollArea, Sense, Ui, WidgetInfo};

use super::{Look, button, hint};
use crate::alert::{AlertKey, Hush, Severity};
use crate::analyse::numbers::{age, counted};
use crate::clock::Moment;
use crate::command::Command;
use crate::screen::ShownAlert;
use crate::theme::{self, Palette};

/// What the longest state and severity take up.
const ROOM_FOR_STATE: f32 = 126.0;
/// What the buttons take up.
const ROOM_FOR_BUTTONS: f32 = ACKNOWLEDGE + SILENCE + 28.0;
/// Buttons do not stand further than this from what they are about.
const WIDEST: f32 = 1_100.0;
const ACKNOWLEDGE: f32 = 122.0;
const SILENCE: f32 = 130.0;

pub(super) fn show(ui: &mut Ui, look: &Look<'_>, commands: &mut Vec<Command>) {
    let palette = theme::palette(ui);
    Panel::top("alert page")
        .frame(theme::panel(palette))
        .show(ui, |ui| head(ui, look, palette, commands));
    CentralPanel::default().frame(theme::panel(palette)).show(ui, |ui| {
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 3.0;
            let (alerts, over) = (&look.screen.alerts, &look.screen.alarm.over);
            if alerts.is_empty() {
                let words = "Nothing fires, and nothing is about to.";
                ui.label(RichText::new(words).color(palette.text_dim));
            }
            let chosen = look.session.chosen_alert(look.screen).map(|shown| shown.alert.id());
            for shown in alerts {
                let is_chosen = chosen.as_ref() == Some(&shown.alert.id());
                line(ui, look, shown, is_chosen, commands);
            }
            left_out(ui, look, palette);
            silences(ui, look, palette, commands);
            if !over.is_empty() {
                section(ui, "Over", palette);
            }
            for shown in over {
                let is_chosen = chosen.as_ref() == Some(&shown.alert.id());
                line(ui, look, shown, is_chosen, commands);
            }
        });
    });
}

fn head(ui: &mut Ui, look: &Look<'_>, palette: &Palette, commands: &mut Vec<Command>) {
    ui.horizontal(|ui| {
        ui.label(RichText::new("Alerts").font(theme::heading()).color(palette.text_strong));
        button(ui, Command::Dismiss, commands);
        let notifies = look.session.workspace.notifies;
        let words = format!("Desktop notifications: {}", if notifies { "on" } else { "off" });
        let toggle = ui.add(egui::Button::new(words).selected(notifies));
        if toggle.on_hover_text(hint(&Command::ToggleNotifications)).clicked() {
            commands.push(Command::ToggleNotifications);
        }
        let words = match &look.session.rules_file {
            None => {
                "By the built-in rules. Others: view --rules FILE. For programs: taskscope watch."
                    .to_owned()
            }
            Some(file) => format!("By the rules of {file}. For programs: taskscope watch."),
        };
        ui.add(Label::new(RichText::new(words).color(palette.text_faint)).truncate());
    });
    let desktop = &look.screen.alarm.desktop;
    if !look.session.workspace.notifies {
        return;
    }
    if let Some(failure) = &desktop.failure {
        let missed = counted(desktop.missed, "notification");
        let words = format!("Nothing reaches the desktop: {failure}. {missed} not shown.");
        ui.label(RichText::new(words).color(palette.warm));
    } else if desktop.missed > 0 {
        let missed = counted(desktop.missed, "notification");
        let words = format!("{missed} not shown: the desktop was too slow or did not answer.");
        ui.label(RichText::new(words).color(palette.warm));
    }
}

fn section(ui: &mut Ui, name: &str, palette: &Palette) {
    ui.add_space(12.0);
    ui.label(RichText::new(name).strong().color(palette.text_strong));
}

fn left_out(ui: &mut Ui, look: &Look<'_>, palette: &Palette) {
    let left_out = look.screen.alarm.left_out;
    if left_out > 0 {
        let words = format!("Left out: {}", counted(left_out, "more alert"));
        ui.label(RichText::new(words).color(palette.warm))
            .on_hover_text("Of one rule a hundred alerts are kept, and a thousand counts watched.");
    }
}

/// Those that lie on nothing that is listed above.
fn silences(ui: &mut Ui, look: &Look<'_>, palette: &Palette, commands: &mut Vec<Command>) {
    let now_ms = look.screen.alarm.unix_ms(look.now);
    let is_listed =
        |key: &AlertKey| look.screen.alerts.iter().any(|shown| shown.alert.key() == *key);
    let silences = look.session.hushed.silences.iter();
    let others = silences.filter(|it| it.until_unix_ms > now_ms && !is_listed(&it.alert));
    for (at, silence) in others.enumerate() {
        if at == 0 {
            section(ui, "Silenced", palette);
        }
        ui.horizontal(|ui| {
            let AlertKey { rule, target, subject } = &silence.alert;
            let time = silenced(silence.until_unix_ms, look);
            let words = format!("{rule}, {target}: {subject}, {time}");
            ui.label(RichText::new(&words).color(palette.text));
            let lift = ui.small_button("Lift");
            let name = format!("Lift the silence of {rule}, {target}: {subject}");
            lift.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
            if lift.clicked() {
                commands.push(Command::LiftSilence(silence.alert.clone()));
            }
        });
    }
}

fn silenced(until_unix_ms: u64, look: &Look<'_>) -> String {
    let left = until_unix_ms.saturating_sub(look.screen.alarm.unix_ms(look.now));
    format!("silenced for {} more", age(Moment::from_millis(left)))
}

/// The colour of a severity.
pub(super) fn colour(severity: Severity, palette: &Palette) -> egui::Color32 {
    match severity {
        Severity::Info => palette.text_dim,
        Severity::Warning => palette.warm,
        Severity::Critical => palette.hot,
    }
}

/// When an alert fired, of which service, and what else is to be said of it.
fn circumstances(shown: &ShownAlert, look: &Look<'_>) -> (String, Arc<str>, String) {
    let alert = &shown.alert;
    let who = if alert.process == alert.target { &alert.target } else { &alert.process };
    let ago = |at| age(shown.age(at, look.now));
    let when = match (alert.fired, alert.resolved) {
        (Some(fired), Some(end)) => {
            let lasted = age(end.moment.saturating_sub(fired.moment));
            format!("fired {} ago for {lasted}", ago(fired))
        }
        _ => format!("for {}", ago(alert.since)),
    };
    let mut notes = String::new();
    if shown.file_end.is_some() {
        notes.push_str(" (by the times of the file)");
    }
    match shown.hush {
        Some(Hush::Acknowledged) => notes.push_str(" (acknowledged)"),
        Some(Hush::Silenced(until)) => {
            notes = format!("{notes} ({})", silenced(until, look));
        }
        None => {}
    }
    (when, Arc::clone(who), notes)
}

/// The state of an alert, and its sentence.
fn words(shown: &ShownAlert, look: &Look<'_>) -> (String, String) {
    let alert = &shown.alert;
    let (when, who, notes) = circumstances(shown, look);
    let state = if alert.fired.is_some() { "firing" } else { "pending" };
    let words = format!("{} {when}, {who}: {}{notes}", alert.rule, alert.text);
    // What is over stands below a heading that says so.
    let severity = alert.severity.name();
    let head =
        if alert.resolved.is_some() { severity.into() } else { format!("{state} {severity}") };
    (head, words)
}

/// What tells alerts of one rule apart stands first, and why below it.
fn in_lines(shown: &ShownAlert, look: &Look<'_>, is_loud: bool, palette: &Palette) -> LayoutJob {
    let alert = &shown.alert;
    let (strong, dim) = if is_loud {
        (palette.text_strong, palette.text_dim)
    } else {
        (palette.text_dim, palette.text_dim)
    };
    let subject = alert.subject.to_string();
    let reason = alert.text.strip_prefix(&subject).and_then(|rest| rest.strip_prefix(": "));
    let (when, who, notes) = circumstances(shown, look);
    let mut job = LayoutJob::default();
    let mut add = |words: &str, font, colour| {
        job.append(words, 0.0, TextFormat::simple(font, colour));
    };
    if reason.is_some() {
        add(&subject, theme::mono(), strong);
        add("  ", theme::body(), dim);
    }
    add(
        &format!("{} {when}, {who}", alert.rule),
        theme::body(),
        if reason.is_some() { dim } else { strong },
    );
    let reason = reason.unwrap_or(&alert.text);
    add(&format!("\n{reason}{notes}"), theme::body(), if is_loud { palette.text } else { dim });
    job
}

fn line(
    ui: &mut Ui,
    look: &Look<'_>,
    shown: &ShownAlert,
    is_chosen: bool,
    commands: &mut Vec<Command>,
) {
    let palette = theme::palette(ui);
    let alert = &shown.alert;
    let (head, words) = words(shown, look);
    let is_loud = alert.resolved.is_none() && alert.fired.is_some() && shown.hush.is_none();
    let severity = if is_loud { colour(alert.severity, palette) } else { palette.text_faint };
    let fill = if is_chosen { palette.selected } else { egui::Color32::TRANSPARENT };
    let frame = egui::Frame::new().fill(fill).corner_radius(4).inner_margin(4);
    let drawn = frame.show(ui, |ui| {
        let width = ui.available_width();
        ui.set_width(width);
        ui.horizontal_top(|ui| {
            ui.scope(|ui| {
                ui.set_width(ROOM_FOR_STATE);
                ui.label(RichText::new(&head).strong().color(severity));
            });
            let text = in_lines(shown, look, is_loud, palette);
            let room = (width - ROOM_FOR_STATE - ROOM_FOR_BUTTONS).clamp(160.0, WIDEST);
            let label = ui.scope(|ui| {
                ui.set_width(room);
                ui.add(Label::new(text).sense(Sense::click()).wrap())
            });
            let label = label.inner;
            label.widget_info(|| {
                let name = format!("{head} {words}");
                WidgetInfo::selected(Role::ListBoxOption, true, is_chosen, name)
            });
            if label.on_hover_text(hint(&Command::OpenAlert)).clicked() {
                commands.push(Command::GoToAlert(alert.id()));
            }
            buttons(ui, shown, commands);
        });
    });
    if is_chosen && look.session.alert.is_some() && ui.memory(|m| m.focused().is_none()) {
        let memory = ui.scope_id().with("chosen alert");
        let id = Some(alert.id());
        if ui.data(|data| data.get_temp(memory)).unwrap_or(None) != id {
            drawn.response.scroll_to_me(None);
            ui.data_mut(|data| data.insert_temp(memory, id));
        }
    }
}

fn buttons(ui: &mut Ui, shown: &ShownAlert, commands: &mut Vec<Command>) {
    let id = || shown.alert.id();
    let rule = &shown.alert.rule;
    if shown.alert.resolved.is_none() && !matches!(shown.hush, Some(Hush::Silenced(_))) {
        let known = shown.hush == Some(Hush::Acknowledged);
        let text = if known { "Unacknowledge" } else { Command::Acknowledge.text() };
        let acknowledge = ui.add(slot(text, ACKNOWLEDGE));
        let name = format!("{text}: {rule}, {}", shown.alert.subject);
        acknowledge.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
        if acknowledge.on_hover_text(hint(&Command::Acknowledge)).clicked() {
            commands.push(Command::AcknowledgeThis(id()));
        }
    }
    let is_silent = matches!(shown.hush, Some(Hush::Silenced(_)));
    let text = if is_silent { "Lift the silence" } else { Command::Silence.text() };
    if shown.alert.resolved.is_some() || is_silent {
        ui.add_space(ACKNOWLEDGE + ui.spacing().item_spacing.x);
    }
    let silence = ui.add(slot(text, SILENCE));
    let name = format!("{text}: {rule}, {}", shown.alert.subject);
    silence.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
    if silence.on_hover_text(hint(&Command::Silence)).clicked() {
        commands.push(Command::SilenceThis(id()));
    }
}

/// Buttons of all lines stand below each other.
fn slot(text: &str, width: f32) -> egui::Button<'_> {
    egui::Button::new(text).small().min_size(egui::vec2(width, 20.0))
}

/// In the top line: how many fire, if any does that somebody has to hear of.
pub(super) fn badge(ui: &mut Ui, look: &Look<'_>, commands: &mut Vec<Command>) {
    let palette = theme::palette(ui);
    let firing = look.screen.alerts.iter().filter(|shown| shown.calls());
    let Some(worst) = firing.clone().map(|shown| shown.alert.severity).max() else { return };
    let all = firing.clone().count() as u64;
    let is_own = |shown: &&ShownAlert| Some(&*shown.alert.target) == look.screen.target.as_deref();
    let own = if look.screen.is_of_all { all } else { firing.filter(is_own).count() as u64 };
    let words = match (own, all - own) {
        (own, 0) => counted(own, "alert"),
        (0, others) => format!("{} elsewhere", counted(others, "alert")),
        (own, others) => format!("{}, {others} elsewhere", counted(own, "alert")),
    };
    let fill = if worst == Severity::Critical { palette.hot_soft } else { palette.warm_soft };
    let text = RichText::new(words).color(colour(worst, palette));
    let badge = ui.add(egui::Button::new(text).fill(fill));
    if badge.on_hover_text(hint(&Command::ShowAlerts)).clicked() {
        commands.push(Command::ShowAlerts);
    }
}
