//! The bar at the top: which service, how it stands with it, and how much of it is seen.

use egui::{Align, Layout, RichText, Ui};
use taskscope_proto::model::{Coverage, Totals};

use super::{Look, button, hint};
use crate::analyse::numbers::{age, count, counted};
use crate::command::Command;
use crate::session::Page;
use crate::store::Connection;
use crate::theme::{self, Palette};

/// In a window narrower than this the tasks of each state give way: the timeline has them, too.
const ROOM_FOR_STATES: f32 = 1_240.0;
/// In a window as wide as this every page has its button.
const ROOM_FOR_PAGES: f32 = 1_600.0;
/// Narrower than this, what is left is said in fewer words, and the theme is left to its key.
const ROOM_FOR_WORDS: f32 = 960.0;
/// In hundredths: with fewer of its tasks tracked, a service may well have its leak elsewhere.
const WELL_COVERED: u64 = 95;
/// What the state of the connection takes up beside the target.
const ROOM_FOR_STATE: f32 = 130.0;

pub(super) fn show(ui: &mut Ui, look: &Look<'_>, commands: &mut Vec<Command>) {
    let palette = theme::palette(ui);
    let width = ui.available_width();
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        button(ui, Command::ShowHelp, commands);
        if width >= ROOM_FOR_WORDS {
            let theme = ui.button(look.session.workspace.theme.text());
            if theme.on_hover_text(hint(&Command::SwitchTheme)).clicked() {
                commands.push(Command::SwitchTheme);
            }
        }
        if look.screen.header.is_some() {
            let open = look.session.page == Page::Heap;
            let heap = egui::Button::new(Command::ShowHeap.text()).selected(open);
            if ui.add(heap).on_hover_text(hint(&Command::ShowHeap)).clicked() {
                commands.push(Command::ShowHeap);
            }
            if width >= ROOM_FOR_PAGES {
                for (command, page) in
                    [(Command::ShowRuntime, Page::Runtime), (Command::ShowAlerts, Page::Alerts)]
                {
                    let open = look.session.page == page;
                    let button = egui::Button::new(command.text()).selected(open);
                    if ui.add(button).on_hover_text(hint(&command)).clicked() {
                        commands.push(command);
                    }
                }
            }
        }
        ui.add_space(8.0);
        if let Some(header) = &look.screen.header {
            coverage(ui, header.coverage, width, palette);
            totals(ui, &header.totals, width, palette);
        }
        // What is left of the line. The last of it gives way when the window is narrow.
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            target(ui, look, commands);
            state(ui, look, palette, commands);
            super::alert_page::badge(ui, look, commands);
            process(ui, look, palette);
        });
    });
}

/// The service's name is the button that chooses another one.
fn target(ui: &mut Ui, look: &Look<'_>, commands: &mut Vec<Command>) {
    let palette = theme::palette(ui);
    let command = Command::ShowConnect;
    let Some(target) = &look.screen.target else {
        button(ui, command, commands);
        return;
    };
    let name = look.screen.process.as_ref().map_or("", |process| &*process.name);
    let mut text = egui::text::LayoutJob::default();
    let mut add = |words: &str, font, colour| {
        text.append(words, 0.0, egui::TextFormat::simple(font, colour));
    };
    if !name.is_empty() {
        add(name, theme::body(), palette.text_strong);
        add("  ", theme::body(), palette.text);
    }
    add(target, theme::mono(), palette.text_dim);
    // The state beside it has to have room, whatever the name.
    let widest = (ui.available_width() - ROOM_FOR_STATE).max(80.0);
    let chooser = egui::Button::new(text).truncate();
    let chooser = ui.scope(|ui| {
        ui.set_max_width(widest);
        ui.add(chooser)
    });
    if chooser.inner.on_hover_text(hint(&command)).clicked() {
        commands.push(command);
    }
}

fn state(ui: &mut Ui, look: &Look<'_>, palette: &Palette, commands: &mut Vec<Command>) {
    if look.screen.moment_ms.is_some() {
        let ago = super::banner::moment_ago(look);
        let paused = egui::Button::new(RichText::new(format!("paused, {ago}")).color(palette.warm));
        let hint = format!("{}\n\n{}", "Click for right now", hint(&Command::Pause));
        if ui.add(paused.fill(palette.warm_soft)).on_hover_text(hint).clicked() {
            commands.push(Command::Pause);
        }
        return;
    }
    let (words, colour, fill) = match &look.screen.connection {
        Connection::Idle if look.screen.run.is_before => ("ended", palette.warm, palette.warm_soft),
        Connection::Idle => return,
        Connection::Connecting { .. } => ("connecting", palette.warm, palette.warm_soft),
        Connection::Live { .. } => ("live", palette.good, palette.good_soft),
        Connection::Recorded { .. } => ("recorded", palette.accent, palette.accent_soft),
        Connection::Down { .. } if look.screen.process.is_none() => {
            ("cannot connect", palette.hot, palette.hot_soft)
        }
        Connection::Down { .. } => ("disconnected", palette.hot, palette.hot_soft),
    };
    egui::Frame::new()
        .fill(fill)
        .corner_radius(9)
        .inner_margin(egui::Margin::symmetric(8, 2))
        .show(ui, |ui| ui.label(RichText::new(words).font(theme::small()).color(colour)));
}

fn process(ui: &mut Ui, look: &Look<'_>, palette: &Palette) {
    let Some(process) = &look.screen.process else { return };
    if look.screen.is_of_all {
        // Their tab says how many of them are live.
        return;
    }
    let pid = (process.pid != 0).then(|| format!("pid {}", process.pid));
    let mut words = vec![pid.unwrap_or_else(|| "pid not known".into())];
    if look.screen.header.is_some() {
        let up = look.screen.age(0, look.now);
        words.push(format!("up {}", age(up)));
    }
    if look.screen.run.number > 1 || look.screen.run.is_before {
        words.push(format!("run {}", look.screen.run.number));
    }
    let about = format!("{}\nserved by {}", process.executable, process.agent);
    let label =
        egui::Label::new(RichText::new(words.join("  ·  ")).color(palette.text_dim)).truncate();
    ui.add(label).on_hover_text(about);
}

fn totals(ui: &mut Ui, totals: &Totals, width: f32, palette: &Palette) {
    let states = [
        (totals.new, "new"),
        (totals.ready, "ready"),
        (totals.running, "running"),
        (totals.parked, "parked"),
    ];
    let has_room = width >= ROOM_FOR_STATES;
    for (number, name) in states.into_iter().filter(|(number, _)| has_room && *number > 0) {
        ui.label(RichText::new(format!("{} {name}", count(number))).color(palette.text_dim));
    }
    let alive = counted(totals.alive(), "task");
    ui.label(RichText::new(alive).color(palette.text_strong)).on_hover_text(format!(
        "{} spawned and {} ended since the agent started; of those, {} were aborted and {} panicked",
        count(totals.spawned),
        count(totals.finished),
        count(totals.aborted),
        count(totals.panicked),
    ));
    ui.separator();
}

/// How much of the process the numbers cover. Always there.
fn coverage(ui: &mut Ui, coverage: Coverage, width: f32, palette: &Palette) {
    let (words, colour) = coverage_words(coverage, palette);
    let shown = if width >= ROOM_FOR_WORDS { words.clone() } else { coverage_in_short(coverage) };
    ui.label(RichText::new(shown).color(colour)).on_hover_text(format!(
        "{words}\n\nTasks that the agent tracks, of all tasks alive in the runtimes that it \
         knows. Tasks spawned past the agent are not tracked."
    ));
    ui.separator();
}

fn coverage_words(coverage: Coverage, palette: &Palette) -> (String, egui::Color32) {
    let tracked = count(coverage.tracked);
    match coverage.alive {
        None => (format!("{tracked} tracked, total unknown"), palette.text_dim),
        Some(alive) if alive <= coverage.tracked => {
            (format!("all {tracked} tracked"), palette.text_dim)
        }
        Some(alive) => {
            let percent = coverage.tracked.saturating_mul(100) / alive.max(1);
            let colour = if percent < WELL_COVERED { palette.warm } else { palette.text_dim };
            (format!("{tracked} of {} tracked ({percent} %)", count(alive)), colour)
        }
    }
}

/// The same where there is no room for numbers.
fn coverage_in_short(coverage: Coverage) -> String {
    match coverage.alive {
        None => "coverage unknown".into(),
        Some(alive) if alive <= coverage.tracked => "all tracked".into(),
        Some(alive) => {
            let percent = coverage.tracked.saturating_mul(100) / alive.max(1);
            format!("{percent} % tracked")
        }
    }
}

/// When the numbers were taken, for the line at the bottom.
pub(super) fn freshness(look: &Look<'_>) -> String {
    if look.screen.generation != look.session.generation {
        return "updating…".into();
    }
    if look.screen.moment_ms.is_some() {
        return "paused".into();
    }
    if look.screen.is_final() && !look.screen.is_live() {
        return "the end of the file".into();
    }
    let away = look.screen.tabs.iter().filter(|tab| tab.is_away()).count();
    if look.screen.is_of_all && away > 0 {
        return format!(
            "{} of {} up to date",
            look.screen.tabs.len() - away,
            look.screen.tabs.len()
        );
    }
    let old = look.screen.numbers_age(look.now);
    let is_new = old.as_secs() < 2 && look.screen.is_live();
    if is_new { "up to date".into() } else { format!("{} old", age(old)) }
}
