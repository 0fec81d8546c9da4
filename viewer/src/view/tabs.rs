//! The strip of tabs: the services that are open, and all of them as one.

use egui::accesskit::Role;
use egui::{Panel, RichText, ScrollArea, Sense, Stroke, Ui, WidgetInfo};
use taskscope_proto::model::Class;

use super::{Look, hint};
use crate::analyse::Scope;
use crate::analyse::numbers::{count, counted};
use crate::command::Command;
use crate::fleet::Tab;
use crate::store::Connection;
use crate::theme::{self, Palette};

/// As wide as a tab's name and address may be.
const WIDEST: f32 = 420.0;
/// Between a tab and the line that parts it from the next one.
const GAP: f32 = 6.0;
/// The sign of a state.
const SIGN: f32 = 10.0;

/// Shown only where there is something to choose from.
pub(super) fn show(ui: &mut Ui, look: &Look<'_>, commands: &mut Vec<Command>) {
    if look.session.services.open.len() < 2 {
        return;
    }
    let palette = theme::palette(ui);
    Panel::top("tabs").frame(theme::banner(palette.sunken)).show(ui, |ui| {
        ScrollArea::horizontal().auto_shrink([false, true]).show(ui, |ui| {
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 2.0;
                for (place, scope) in look.session.services.tabs().into_iter().enumerate() {
                    let keys = Command::TABS.get(place).map(hint);
                    one(ui, look, &scope, &keys.unwrap_or_default(), commands);
                }
            });
        });
    });
}

fn one(ui: &mut Ui, look: &Look<'_>, scope: &Scope, hint: &str, commands: &mut Vec<Command>) {
    let palette = theme::palette(ui);
    let tabs = &look.screen.tabs;
    let tab =
        match scope {
            Scope::All => None,
            // Until the analyst has heard of it.
            Scope::One(address) => {
                Some(tabs.iter().find(|tab| tab.address == *address).cloned().unwrap_or_else(
                    || Tab { address: address.clone(), name: address.clone(), ..Tab::default() },
                ))
            }
        };
    let chosen = look.session.services.scope == *scope;
    let (text, words) = match &tab {
        None => all(look, palette),
        Some(tab) => of_service(tab, look, palette),
    };
    if let Some(tab) = &tab {
        ui.add_space(GAP);
        let (between, _) = ui.allocate_exact_size(egui::vec2(1.0, SIGN + 6.0), Sense::hover());
        let stroke = Stroke::new(1.0, palette.line_strong);
        ui.painter().vline(between.center().x, between.y_range(), stroke);
        ui.add_space(GAP);
        sign(ui, tab, palette);
        ui.add_space(2.0);
    }
    let button = egui::Button::new(text).selected(chosen).truncate();
    let shown = ui.scope(|ui| {
        ui.set_max_width(WIDEST);
        ui.add(button)
    });
    let response = shown.inner;
    response.widget_info(|| WidgetInfo::selected(Role::Tab, true, chosen, &words));
    let is_clicked = response.clicked();
    let is_to_close = response.middle_clicked();
    let why = match tab.as_ref().map(|tab| &tab.connection) {
        Some(Connection::Down { failure, .. }) => format!("\n{failure}\n{}", failure.advice),
        _ => String::new(),
    };
    response.on_hover_text(format!("{words}{why}\n\n{hint}"));
    if is_clicked && !chosen {
        commands.push(Command::ShowTab(scope.clone()));
    }
    let Some(tab) = tab else { return };
    let close = egui::Button::new(RichText::new("×").color(palette.text_dim)).frame(false);
    let close = ui.add(close);
    let name = format!("Close the tab of {}", tab.name);
    close.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
    if is_to_close || close.on_hover_text(&name).clicked() {
        commands.push(Command::CloseTab(tab.address));
    }
}

/// A sign for the state: a disc, a ring, a disc with a bar.
fn sign(ui: &mut Ui, tab: &Tab, palette: &Palette) {
    let (rect, _) = ui.allocate_exact_size(egui::Vec2::splat(SIGN), Sense::hover());
    let (centre, radius, paint) = (rect.center(), SIGN / 2.0 - 1.0, ui.painter());
    match tab.connection {
        Connection::Live { .. } => paint.circle_filled(centre, radius, palette.good),
        Connection::Recorded { .. } => paint.circle_filled(centre, radius, palette.accent),
        Connection::Connecting { .. } | Connection::Idle => {
            paint.circle_stroke(centre, radius - 0.5, Stroke::new(1.5, palette.warm))
        }
        Connection::Down { .. } => {
            // Crosses close tabs.
            let bar = egui::vec2(radius * 0.55, 0.0);
            paint.circle_filled(centre, radius, palette.hot);
            paint.line_segment([centre - bar, centre + bar], Stroke::new(2.0, palette.on_hot))
        }
    };
}

/// What is the matter, in a word or two and in a colour.
fn trouble(worst: Class, stuck: u64, palette: &Palette) -> Option<(String, egui::Color32)> {
    let colour = match worst {
        Class::Proven | Class::Suspect => palette.hot,
        Class::Slow => palette.warm,
        Class::Normal if stuck > 0 => palette.warm,
        Class::Normal => return None,
    };
    let stuck = (stuck > 0).then(|| format!("{} stuck", count(stuck)));
    let worst = (worst > Class::Normal).then(|| worst.name().to_owned());
    let words: Vec<String> = worst.into_iter().chain(stuck).collect();
    Some((words.join(", "), colour))
}

fn of_service(tab: &Tab, look: &Look<'_>, palette: &Palette) -> (egui::text::LayoutJob, String) {
    let mut text = Text::default();
    text.add(&tab.name, theme::body(), palette.text_strong);
    let mut words = vec![format!("{}, {}", tab.name, tab.state())];
    if !tab.name.contains(&*tab.address) {
        text.add(&tab.address, theme::mono(), palette.text_faint);
        words.insert(1, format!("at {}", tab.address));
    }
    if tab.run > 1 {
        let run = format!("run {}", tab.run);
        text.add(&run, theme::small(), palette.accent);
        words.push(run);
    }
    if let Some((trouble, colour)) = trouble(tab.worst, tab.stuck, palette) {
        text.add(&trouble, theme::small(), colour);
        words.push(trouble);
    } else if tab.received_at.is_some() {
        words.push("nothing stuck".into());
    }
    if let Some((alerts, colour)) = alerts(look, Some(&tab.address), palette) {
        text.add(&alerts, theme::small(), colour);
        words.push(alerts);
    }
    if tab.is_twin {
        words.push("the same process as an earlier tab".into());
    }
    (text.job, words.join(", "))
}

/// How many alerts fire that somebody has to hear of, of one service or of all.
fn alerts(
    look: &Look<'_>,
    target: Option<&str>,
    palette: &Palette,
) -> Option<(String, egui::Color32)> {
    let calling = look.screen.alerts.iter().filter(|shown| shown.calls());
    let calling =
        calling.filter(|shown| target.is_none_or(|target| *shown.alert.target == *target));
    let worst = calling.clone().map(|shown| shown.alert.severity).max()?;
    let colour = super::alert_page::colour(worst, palette);
    Some((counted(calling.count() as u64, "alert"), colour))
}

fn all(look: &Look<'_>, palette: &Palette) -> (egui::text::LayoutJob, String) {
    let tabs = &look.screen.tabs;
    let mut text = Text::default();
    text.add("All services", theme::body(), palette.text_strong);
    let live = tabs.iter().filter(|tab| tab.is_live()).count();
    let away = tabs.iter().filter(|tab| tab.is_away()).count();
    // The others are files.
    let state = match live + away {
        0 => format!("{} recorded", tabs.len()),
        services => format!("{live} of {services} live"),
    };
    let colour = if away > 0 { palette.warm } else { palette.text_faint };
    text.add(&state, theme::small(), colour);
    let mut words = vec!["All services".to_owned(), state];
    let once = || tabs.iter().filter(|tab| !tab.is_twin);
    let stuck = once().fold(0_u64, |sum, tab| sum.saturating_add(tab.stuck));
    let worst = once().map(|tab| tab.worst).max().unwrap_or_default();
    if let Some((trouble, colour)) = trouble(worst, stuck, palette) {
        text.add(&trouble, theme::small(), colour);
        words.push(trouble);
    }
    if let Some((alerts, colour)) = alerts(look, None, palette) {
        text.add(&alerts, theme::small(), colour);
        words.push(alerts);
    }
    let tasks = once().fold(0_u64, |sum, tab| sum.saturating_add(tab.tasks));
    words.push(counted(tasks, "task"));
    (text.job, words.join(", "))
}

/// Words of several colours in one button.
#[derive(Default)]
struct Text {
    job: egui::text::LayoutJob,
}

impl Text {
    fn add(&mut self, words: &str, font: egui::FontId, colour: egui::Color32) {
        let gap = if self.job.is_empty() { 0.0 } else { 7.0 };
        self.job.append(words, gap, egui::TextFormat::simple(font, colour));
    }
}
